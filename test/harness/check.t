#!/bin/bash
#
# check.t
#	check(): for each thing that may stand between a server and its rows, which
#	of the eight steps is false, what is found there, and what is advised.  It
#	never raises for a fault of the far side.

. test/harness/tap.sh
. test/harness/session.sh

TLS=$WORK/tls
start_simulator check --tls-make-ca "$TLS"
HTTPS=https://127.0.0.1:$SIM_TLS_PORT
CA="ca_file '$TLS/ca.pem'"
OURS="$CA, cert_file '$TLS/client.pem', key_file '$TLS/client.key'"

printf 'This is no certificate.\n' >"$TLS/junk.pem"
q 'CREATE EXTENSION stellantis_fdw'
open_session a
run a 'SET client_min_messages = error;' "SET timezone = 'UTC';"

# ---- servers ----

# server BASE-URL [OPTIONS [MAPPING-OPTIONS]]: server "sim", and our mapping
server()
{
	local mapping=${3-"access_token '$SIM_TOKEN'"}

	run a 'DROP SERVER IF EXISTS sim CASCADE;' "CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw
		OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$1', auth_url '$SIM_AUTH_URL'${2:+, $2});" \
		"CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS ($mapping);"
	[ -z "$SAID" ] || diag "$SAID"
}

# options CHANGES: of the mapping
options()
{
	run a "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS ($1);"
	[ -z "$SAID" ] || diag "$SAID"
}

# enrolment: the options of a mapping with the tokens of a new one
enrolment()
{
	sim oauth '{"scopes": "all"}' | jq -r --arg q "'" '{access_token: .access_tokens[0].access_token, refresh_token, scope}
		| to_entries | map("\(.key) \($q)\(.value)\($q)") | join(", ")'
}
SECRET="client_secret 'sim-client-secret'"

# ---- what it says ----

# Of the last check, a step each.
STEPS=()
VERDICTS=()
FOUND=()
FIXES=()

# check TITLE VERDICTS: a verdict a step: t, f, or - for NULL
check()
{
	local step ok found fix

	run a "SELECT step, ok, replace(found, E'\n', ' '), replace(fix, E'\n', ' ') FROM stellantis.check('sim');"
	STEPS=() VERDICTS=() FOUND=() FIXES=()
	while IFS='|' read -r step ok found fix; do
		STEPS+=("$step") VERDICTS+=("${ok:--}") FOUND+=("$found") FIXES+=("$fix")
	done <<<"$SAID"
	is "$SQLSTATE ${VERDICTS[*]}" "00000 $2" "$1"
}

# step N FOUND FIX: regular expressions of what the Nth step, or the false one
# (N: f), says; an empty one: nothing
step()
{
	local n

	if [ "$1" != f ]; then
		n=$(($1 - 1))
	else
		for n in "${!VERDICTS[@]}" 8; do [ "${VERDICTS[n]-f}" != f ] || break; done
	fi
	like "${FOUND[n]-no such step}" "${2:-^\$}" "  found: ${2:-nothing}"
	like "${FIXES[n]-no such step}" "${3:-^\$}" "  fix: ${3:-none}"
}

# ---- all well ----

server "$HTTPS/connectedcar/v4" "$OURS" "$(enrolment), $SECRET, token_expires_at '2100-01-01 00:00:00+00'"
forget_log
check 'all is well' 't t t t t t t t'
printf -v order '%s,' "${STEPS[@]}"
is "$order" 'name resolution,TCP,TLS,client certificate,client id,token,scopes,vehicles,' 'the steps, in their order'
is "$(sim 'log?format=text')" 'GET /user/vehicles?pageSize=60 200' 'one request'
step 1 '^127\.0\.0\.1$' ''
step 2 '^connected to 127\.0\.0\.1$' ''
step 3 '^the server.s certificate was verified$' ''
step 4 "^$TLS/client.pem was not refused\$" ''
step 5 "^$SIM_CLIENT_ID\$" ''
step 6 '^accepted; expires at 2100-01-01 00:00:00\+00$' ''
step 7 '^data:telemetry data:position data:trip data:alert data:collision data:vehicle:devices:pnc$' ''
step 8 '^6$' ''

# it goes all the way, although the session has a connection
run a 'CREATE FOREIGN TABLE v (id text) SERVER sim OPTIONS (resource '\''vehicles'\'');' 'SELECT count(*) FROM v;'
is "$SAID" 6 'a query of the same session'
before=$(sim stats | jq .tls_handshakes)
check 'and a check' 't t t t t t t t'
is "$(($(sim stats | jq .tls_handshakes) - before))" 1 'has a handshake of its own'
run a 'BEGIN READ ONLY;' 'SELECT count(*) FILTER (WHERE ok) FROM stellantis.check();' 'COMMIT;'
is "$SAID" 8 'in a READ ONLY transaction, and without the name of the only server'
run a 'SELECT count(*) FILTER (WHERE ok) FROM stellantis.check(NULL);'
is "$SAID" 8 'NULL is the only server, too'

server "$SIM_URL"
check 'plain http, a token that was set by hand' 't t - - t t - t'
step 3 'plain http' ''
step 4 '^none is sent$' ''
step 6 '^accepted; when it expires is not known$' ''
step 7 'set by hand' 'authorize_url'

# ---- the way there ----

server https://no-such-host.invalid/connectedcar/v4 "connect_timeout '5 s'"
check 'a name that does not resolve' 'f - - - - - - -'
step f '^could not resolve .*no-such-host\.invalid' 'base_url.*name resolution'

server https://127.0.0.1:9/connectedcar/v4
check 'a closed port' 't f - - - - - -'
step 1 '^127\.0\.0\.1$|^$' ''
step f '^could not connect to the API\. .*(port |:)9' 'firewall.*base_url'

server "$SIM_URL" "proxy 'http://127.0.0.1:9'"
check 'a proxy that is not there' 't f - - - - - -'
step 1 '^left to the proxy$' ''
step f 'through the proxy' 'option proxy'

compile test/harness/silent_port.c
background "$COMPILED" "$WORK/silent"
background "$COMPILED" "$WORK/full" full
wait_for_file "$WORK/silent"
wait_for_file "$WORK/full"
SILENT=127.0.0.1:$(cat "$WORK/silent")
server "https://$SILENT/connectedcar/v4" "connect_timeout '200 ms'"
check 'a port that says nothing to TLS' 't t f - - - - -'
step f 'connected, but the host does not answer to TLS\.  .' 'base_url.*speak TLS.*connect_timeout'
server "http://$SILENT/connectedcar/v4" "request_timeout '200 ms'"
check 'a port that says nothing to a request' 't t - - - - - f'
step f '^the API did not answer in time.*200 ms' 'request_timeout'
server "https://127.0.0.1:$(cat "$WORK/full")/connectedcar/v4" "connect_timeout '200 ms'"
check 'a port that takes no connection' 't f - - - - - -'
step f '^could not connect to the API' 'connect_timeout'

# ---- TLS ----

server "$HTTPS/connectedcar/v4" "ca_file '$TLS/foreign-ca.pem'"
check 'an authority that we do not trust' 't t f - - - - -'
step f 'certificate' 'ca_file of server "sim"'
server "$HTTPS/connectedcar/v4"
check 'no ca_file, and the system does not know it' 't t f - - - - -'
step f 'certificate' 'ca_file of server "sim"'
server "$HTTPS/connectedcar/v4" "ca_file '$TLS/none.pem'"
check 'a ca_file that is not there' 't t f - - - - -'
step f "$TLS/none.pem.*No such file" 'ca_file'
server "https://127.0.0.1:$SIM_PORT/connectedcar/v4" "$CA"
check 'https to a port of plain http' 't t f - - - - -'
step f 'TLS' 'base_url.*port that speaks TLS'

server "$HTTPS/connectedcar/v4" "$CA"
check 'no client certificate where one is demanded' 't t t f - - - -'
step f 'connection was lost|certificate' 'Set cert_file and key_file of server "sim"'
for kind in expired foreign; do
	server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/$kind.pem', key_file '$TLS/$kind.key'"
	check "a client certificate: $kind" 't t t f - - - -'
	step f 'connection was lost|certificate' "$TLS/$kind.pem has not expired.*issued for client_id"
done
server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/client.pem', key_file '$TLS/wrong.key'"
check 'a key of another certificate' 't t t f - - - -'
step f "$TLS/wrong.key" 'cert_file and key_file'
server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" "access_token '$SIM_TOKEN', key_password 'wrong'"
check 'an encrypted key and another password' 't t t f - - - -'
step f "$TLS/locked.key" 'key_password'
options "SET key_password 'sim-key-password'"
check 'and its own password' 't t t t t t - t'
for file in none.pem junk.pem; do
	server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/$file', key_file '$TLS/client.key'"
	check "a cert_file that will not do: $file" 't t t f - - - -'
	step f "$TLS/$file" 'cert_file'
done

# a gateway that tells after the handshake
sim config '{"tls_client_cert": "optional"}' >/dev/null
server "$HTTPS/connectedcar/v4" "$CA"
check 'a gateway that answers 403 without a certificate' 't t t f - - - -'
step f '403.*certificate' 'Set cert_file and key_file of server "sim"'
server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/expired.pem', key_file '$TLS/expired.key'"
check 'and with one that has expired' 't t t f - - - -'
step f '403.*certificate' "$TLS/expired.pem has not expired"
sim config '{"tls_client_cert": "required"}' >/dev/null

# ---- the application ----

server "$SIM_URL"
run a "ALTER SERVER sim OPTIONS (SET client_id 'another');"
check 'a wrong client id' 't t - - f - - -'
step f 'client id' '^Check client_id of server "sim"\.$'
server "$SIM_URL" "realm 'nonsense'"
check 'an unknown realm' 't t - - f - - -'
step f '[Rr]ealm' '^Check brand, or realm, of server "sim"\.$'
sim config '{"realm": "clientsB2COpel"}' >/dev/null
server "$SIM_URL"
check "another brand's realm" 't t - - t t - f'
step f '403.*realm' 'brand or realm'
sim reset '{}' >/dev/null

# ---- the token ----

server "$SIM_URL" '' "access_token 's3cret-but-wrong'"
check 'a wrong token, and no other' 't t - - - f - -'
step 5 'does not speak of it' ''
step f '401.*Token is invalid.*no refresh_token' 'Enrol again with stellantis.authorize_url and stellantis.enroll.*new access_token'
unlike "${FOUND[*]} ${FIXES[*]}" s3cret '  it is not shown'

server "$SIM_URL" '' "$(enrolment), $SECRET"
sim oauth '{"expire": true}' >/dev/null
forget_log
check 'an expired token that can be refreshed' 't t - - t t t t'
step 6 '^accepted after a refresh; expires at 20' ''
is "$(sim 'log?format=text' | paste -sd,)" \
	'GET /user/vehicles?pageSize=60 401,POST /am/oauth2/access_token grant_type=refresh_token 200,GET /user/vehicles?pageSize=60 200' \
	'  by one refresh'

sim oauth '{"expire": true}' >/dev/null
sim oauth '{"revoke": true}' >/dev/null
check 'and one whose consent has ended' 't t - - - f - -'
step f 'the consent has ended.*400.*invalid_grant' 'owner must enrol again.*authorize_url.*enroll'
forget_log
check 'the same again' 't t - - - f - -'
step f 'The token server has refused to refresh it: invalid_grant' 'enrol again'
is "$(sim 'log?format=text' | grep -c POST || :)" 0 '  without another token request'

server "$SIM_URL" '' "$(enrolment), $SECRET"
run a "ALTER SERVER sim OPTIONS (SET auth_url 'http://127.0.0.1:9/am/oauth2');"
sim oauth '{"expire": true}' >/dev/null
check 'a token server that cannot be reached' 't t - - - f - -'
step f 'could not connect to the token server.*(port |:)9' 'firewall.*auth_url'

server "$SIM_URL" "refresh 'off'" "$(enrolment), $SECRET"
sim oauth '{"expire": true}' >/dev/null
check 'refresh is off' 't t - - - f - -'
step f 'option "refresh" is off' "refresh 'on'"

server "$SIM_URL" '' "$(enrolment)"
sim oauth '{"expire": true}' >/dev/null
check 'no client_secret' 't t - - - f - -'
step f 'no client_secret' 'Add client_secret'

server "$SIM_URL" '' "$(enrolment), token_expires_at '2000-01-01 00:00:00+00'"
check 'a token that should have expired, which queries do not send' 't t - - t f t t'
step f '^accepted; should have expired at 2000-01-01 00:00:00\+00\.  .*no client_secret\.$' 'Add client_secret'

server "$SIM_URL" '' "$(enrolment), $SECRET"
fault /user '{"kind": "status", "status": 401, "body": "gateway", "message": "Token is invalid"}'
forget_log
check 'a token that is refused though it is new' 't t - - - f - -'
step f '401.*Token is invalid' 'just been refreshed.*client_id, and brand or realm'
check 'the same again' 't t - - - f - -'
step f '401.*Token is invalid.*does not accept the new access token either' 'Try again after'
is "$(sim 'log?format=text' | grep -c POST || :)" 1 '  with one token request in all'
heal

# ---- no token yet ----

server "$HTTPS/connectedcar/v4" "$OURS" "$SECRET"
check 'before the enrolment, the way is known' 't t t t - f - -'
step f '^The user mapping has no access token\.$' '^Enrol with stellantis.authorize_url and stellantis.enroll\.$'
server "$SIM_URL" '' "refresh_token 's3cret-refresh'"
check 'a refresh token without the secret that goes with it' 't t - - - f - -'
step f 'no access token' 'Add client_secret'
server "$SIM_URL" '' "refresh_token '$(sim oauth '{"scopes": "all"}' | jq -r .refresh_token)', $SECRET"
check 'a refresh token alone' 't t - - t t t t'
step 6 'after a refresh' ''

# ---- scopes ----

server "$SIM_URL" '' "$(enrolment), $SECRET"
options "SET scope 'data:trip data:alert'"
check 'scopes granted in part' 't t - - t t f t'
step f '^data:trip data:alert; not granted: data:position, data:telemetry, data:collision$' 'enrol again'

# ---- the API ----

sim reset '{}' >/dev/null
server "$SIM_URL"

# api TITLE FAULT FOUND FIX [VERDICTS]
api()
{
	fault /user "$2"
	check "$1" "${5:-t t - - - - - f}"
	step f "$3" "$4"
	heal
}

api '403' '{"kind": "status", "status": 403, "code": 40300}' '403 with code 40300' 'withdrawn consent' 't t - - t t - f'
api '429' '{"kind": "status", "status": 429, "body": "gateway", "headers": {"Retry-After": 7}}' 'quota is exceeded.*Requests left' '^Try again in 7 seconds'
api '500' '{"kind": "status", "status": 500}' 'failed with status 500.*uuid' 'try again later'
api '503 of a gateway' '{"kind": "status", "status": 503, "body": "html"}' 'failed with status 503' 'try again later'
api 'a page of HTML, 404' '{"kind": "status", "status": 404, "body": "html"}' 'does not know this address.*404.*text/html' '^Check the option base_url of server "sim"\.$'
api 'a page of HTML, 200' '{"kind": "status", "status": 200, "body": "html"}' 'answer is not JSON' 'base_url and proxy'
api 'a redirect' '{"kind": "redirect", "status": 302, "location": "https://elsewhere.example.com/"}' 'status 302' 'base_url'
api 'a body cut short' '{"kind": "truncate", "bytes": 100}' 'incomplete' '[Tt]ry again'
api 'JSON cut short' '{"kind": "truncate_json"}' 'not the JSON document' 'base_url' 't t - - t t - f'
api 'a reset' '{"kind": "reset"}' 'connection was lost' '[Tt]ry again'
api 'no vehicles' '{"kind": "status", "status": 404, "code": 40400}' '^none$' 'withdrawn the consent' 't t - - t t - f'
api 'no content' '{"kind": "no_content"}' '^none$' 'withdrawn the consent' 't t - - t t - f'
api 'no vehicles, an empty list' '{"kind": "edit", "edits": [{"pointer": "/_embedded/vehicles", "raw": "[]"}, {"pointer": "/total", "raw": "0"}]}' \
	'^none$' 'withdrawn the consent' 't t - - t t - f'

sim config '{"vehicles": 61}' >/dev/null
check 'more vehicles than a page has' 't t - - t t - t'
step 8 '^60 or more$' ''
sim reset '{}' >/dev/null

# whatever is sent, the token is not shown
fault /user '{"kind": "echo_token", "status": 401}'
check 'a server that repeats the token' 't t - - - f - -'
unlike "${FOUND[*]} ${FIXES[*]}" sim-access-token '  which is not shown'
heal

# ---- it can be interrupted ----

fault /user '{"kind": "stall", "ms": -1}'
run a "SET statement_timeout = '300ms';" "SELECT * FROM stellantis.check('sim');" 'RESET statement_timeout;'
like "$SAID" '57014: canceling statement due to statement timeout' 'statement_timeout'
send a "SELECT * FROM stellantis.check('sim');"
wait_for 'the request' eval "[ \"\$(sim log | jq 'map(select(.end_ms == null)) | length')\" -gt 0 ]"
q "SELECT pg_cancel_backend(${BACKEND[a]})" >/dev/null
await a 10
is "$SQLSTATE" 57014 'pg_cancel_backend'
heal
server "$SIM_URL" '' "refresh_token '$(sim oauth '{"scopes": "all"}' | jq -r .refresh_token)', $SECRET"
fault access_token '{"kind": "stall", "ms": 1500}'
send a "SELECT * FROM stellantis.check('sim');"
wait_for 'the token request' eval "[ \"\$(sim stats | jq .oauth_requests)\" -gt 0 ]"
q "SELECT pg_cancel_backend(${BACKEND[a]})" >/dev/null
await a 10
is "$SQLSTATE" 57014 'while the token is refreshed'
heal
refreshed()
{
	[ "$(q 'SELECT count(refreshed_at) FROM stellantis.token_status')" = 1 ]
}
wait_for 'the worker, which goes on' refreshed
check 'and then' 't t - - t t t t'

# ---- what it is not asked of ----

run a 'ALTER SERVER sim OPTIONS (DROP client_id);' 'SELECT * FROM stellantis.check();'
like "$SAID" 'HV002.*client_id.*HINT:  Use ALTER SERVER sim OPTIONS \(ADD client_id' 'what the server lacks is an error, with the statement that mends it'
run a 'DROP USER MAPPING FOR CURRENT_USER SERVER sim;' "SELECT * FROM stellantis.check('sim');"
is "$SQLSTATE" 42704 'no mapping, too'

stop_simulator check
done_testing
