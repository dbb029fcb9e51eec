#!/bin/bash
#
# enroll.t
#	From the owner's consent to his rows, in SQL: authorize_url, enroll,
#	refresh_token, revoke_token; what they refuse, and that nothing is sent then.
#	In a cluster of its own, because of the standby.

. test/harness/tap.sh
. test/harness/session.sh

start_cluster enroll
SECRET="client_secret 'sim-client-secret'"
CALLBACK=https://app.example.com/callback

q 'CREATE EXTENSION stellantis_fdw' -c 'CREATE ROLE car_owner LOGIN' -c 'CREATE ROLE car_keeper LOGIN'
open_session a
run a 'SET client_min_messages = error;'

# server [OPTIONS [MAPPING-OPTIONS]]: server "sim", its vehicles, our mapping
server()
{
	local mapping=${2-$SECRET}

	run a 'RESET SESSION AUTHORIZATION;' 'DROP SERVER IF EXISTS sim CASCADE;' "CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw
		OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$SIM_URL', auth_url '$SIM_AUTH_URL', retries '0'${1:+, $1});" \
		"CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS ($mapping);" \
		"CREATE FOREIGN TABLE v (id text) SERVER sim OPTIONS (resource 'vehicles');" 'GRANT SELECT ON v TO PUBLIC;'
	[ -z "$SAID" ] || diag "$SAID"
}

# authorize [ARGUMENTS]: the address of the page in URL
authorize()
{
	run a "SELECT stellantis.authorize_url(${1-"'sim', '$CALLBACK'"});"
	URL=$SAID
}

# The owner consents (or not): where his browser ends, in URL.
consent()
{
	URL=$(curl -fsS -D - -o "$WORK/consent" "$URL" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
}

enroll()
{
	run a "SELECT stellantis.enroll('${1-$URL}'${2-, 'sim'});"
}

# refused TITLE SQLSTATE REGEX: what session a said last; and that nothing was sent
refused()
{
	is "$SQLSTATE" "$2" "$1: SQLSTATE"
	like "${SAID//$'\n'/ }" "$3" "$1: the message"
	is "$(sim 'log?format=text')" '' "$1: nothing is sent"
}

# option NAME: of our mapping
option()
{
	q "SELECT option_value FROM pg_user_mappings, pg_options_to_table(umoptions) WHERE srvname = 'sim' AND usename = '${2-postgres}' AND option_name = '$1'"
}

# The names of all of them.
options()
{
	q "SELECT string_agg(option_name, ' ' ORDER BY option_name) FROM pg_user_mappings, pg_options_to_table(umoptions) WHERE srvname = 'sim' AND usename = '${1-postgres}'"
}

# parameter NAME: of the last request for the page, as it came
parameter()
{
	sim log | jq -r --arg name "$1" '[.[] | select(.path | endswith("/authorize"))][-1].query | map(select(.[0] == $name)[1]) | join(" ")'
}

# ---- the whole way ----

server
forget_log
authorize
like "$URL" "^$SIM_AUTH_URL/authorize\?client_id=$SIM_CLIENT_ID&response_type=code&scope=" 'the page of consent'
is "$(sim 'log?format=text')" '' 'authorize_url sends nothing'
consent
like "$URL" "^$CALLBACK\?.*code=" 'the browser comes back with a code'
is "$(sim oauth | jq '.codes[-1].pkce')" true 'which is bound to a verifier'
enroll
is "$SQLSTATE $SAID" '00000 data:telemetry data:position data:trip data:alert data:collision' 'enroll says which scopes were granted'
is "$(sim log | jq -c '[.[-1].form | keys[]]')" '["code","code_verifier","grant_type","redirect_uri"]' 'the code went with its verifier'
run a 'SELECT count(*) FROM v;'
is "$SQLSTATE $SAID" '00000 6' 'rows'
is "$(options)" 'access_token client_secret refresh_token refreshed_at scope token_expires_at' 'what is in the mapping'
is "$(option access_token)" "$(sim oauth | jq -r '.families[-1].access_tokens[-1].access_token')" 'the access token'
is "$(option refresh_token)" "$(sim oauth | jq -r '.families[-1].refresh_token')" 'the refresh token'
run a "SELECT server, role, array_length(scopes, 1), expires_at BETWEEN now() + '59 min' AND now() + '60 min', refreshed_at BETWEEN now() - interval '1 min' AND now(), last_error IS NULL FROM stellantis.token_status;"
is "$SAID" 'sim|postgres|5|t|t|t' 'token_status'

# ---- what the page is asked ----

authorize "'sim', '$CALLBACK'"
consent
is "$(parameter scope)" 'data:trip,data:position,data:telemetry,data:alert,data:collision' 'by default the scopes of all tables'
is "$(parameter response_type) $(parameter code_challenge_method) $(parameter redirect_uri)" "code S256 $CALLBACK" 'the code, a challenge, the way back'
like "$(parameter code_challenge)" '^[A-Za-z0-9_-]{43}$' 'the challenge'
is "$(parameter locale)" '' 'no locale, unless one is set'
first=$(parameter state)
like "$first" '^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$' 'the state is a nonce with a MAC'
authorize
consent
ok 'and another each time' [ "$(parameter state)" != "$first" ]
authorize "redirect_uri => '$CALLBACK', scopes => '{data:trip, remote:door:write}', state => 'a b&c=ä.é', locale => 'fr-FR'"
consent
is "$(parameter scope) $(parameter locale)" 'data:trip,remote:door:write fr-FR' 'given scopes and locale'
like "$(parameter state)" '^a b&c=ä\.é\.[A-Za-z0-9_-]{43}$' 'a given state'
enroll
is "$SQLSTATE" 00000 'which comes back whole'
authorize "'sim', '$CALLBACK', state => 'x'"
first=$URL
authorize "'sim', '$CALLBACK', state => 'x'"
is "$URL" "$first" 'the same state, the same address'
run a "ALTER SERVER sim OPTIONS (ADD locale 'de-DE');"
authorize
consent
is "$(parameter locale)" de-DE "the server's locale"

# the scopes of a table alone; those that do not exist
forget_log
for scopes in '{}' '{NULL}' '{""}' '{data:trip data:alert}' '{"data:trip,data:alert"}' '{"data:trip
x"}'; do
	authorize "'sim', '$CALLBACK', scopes => '$scopes'"
	refused "scopes $(tr '\n' ' ' <<<"$scopes")" 22023 '(invalid scope|no scopes are asked for).*HINT:  '
done
authorize "'sim', '$CALLBACK', scopes => '{data:nonsense}'"
consent
forget_log
enroll
refused 'an unknown scope, which the page refuses' 28000 'page where the owner consents has failed.*invalid_scope.*HINT:  .*other scopes'

# the way back
authorize "'sim'"
refused 'no redirect_uri' 22004 '"redirect_uri" must not be null'
for uri in '' callback /callback https:// "$CALLBACK?a=b" "$CALLBACK#x" 'https://user:pass@app.example.com/' 'https://app.example.com/a b' 'https:callback'; do
	authorize "'sim', '$uri'"
	refused "redirect_uri \"$uri\"" 22023 'invalid redirect_uri.*DETAIL:  .*HINT:  Write the address that is registered'
done
for uri in http://localhost:8080/callback https://app.example.com https://app.example.com/ myapp://oauth2redirect/fr com.example.app:/callback; do
	authorize "'sim', '$uri'"
	consent
	# a browser shows a path
	URL=${URL/#https:\/\/app.example.com\?/https:\/\/app.example.com\/?}
	enroll
	is "$SQLSTATE $(sim log | jq -r '.[-1].form.redirect_uri')" "00000 $uri" "redirect_uri \"$uri\""
done
authorize
consent
URL="
	$URL#top "
enroll
is "$SQLSTATE" 00000 'blanks around the address, and a fragment, do no harm'

# ---- what the owner grants ----

sim config '{"grant_scopes": "data:trip,data:alert"}' >/dev/null
authorize
consent
enroll
is "$SQLSTATE $SAID $(option scope)" '00000 data:trip data:alert data:trip data:alert' 'scopes granted in part'
sim config '{"consent": "refused"}' >/dev/null
authorize
consent
forget_log
enroll
refused 'the owner refuses' 28000 'owner has not given consent.*DETAIL:  .*access_denied: the owner refuses.*HINT:'
sim reset '{}' >/dev/null
authorize
consent
fault access_token '{"kind": "edit", "edits": [{"pointer": "/scope", "remove": true}]}'
enroll
is "$SQLSTATE $SAID $(option scope)" \
	'00000 data:telemetry data:position data:trip data:alert data:collision data:telemetry data:position data:trip data:alert data:collision' \
	'scopes that the token server says only at the page'
heal
authorize
consent
fault access_token '{"kind": "edit", "edits": [{"pointer": "/refresh_token", "remove": true}, {"pointer": "/expires_in", "remove": true}]}'
enroll
is "$SQLSTATE $(options)" '00000 access_token client_secret refreshed_at scope' 'no refresh token, and it is not known when the other expires'
heal

# ---- forgeries ----

authorize
consent
GOOD=$URL
forget_log
enroll "${GOOD/state=/state=x}"
refused 'an altered state' 28000 'not the answer to a request.*Nothing has been sent.*HINT:  Start again.*"sim"'
# the last of the 43 characters that are 32 bytes has bits to spare: take the first
mac=${GOOD#*state=*.}
mac=${mac%%&*}
case $mac in A*) other=B${mac#?} ;; *) other=A${mac#?} ;; esac
enroll "${GOOD/"$mac"/"$other"}"
refused 'an altered MAC' 28000 'not the answer'
enroll "${GOOD/.$mac/}"
refused 'none' 28000 'not the answer'
enroll "${GOOD/.$mac/.}"
refused 'an empty one' 28000 'not the answer'
enroll "${GOOD/"$CALLBACK"/https:\/\/evil.example.com\/callback}"
refused 'another host' 28000 'not the answer'
enroll "${GOOD/"$CALLBACK"/"$CALLBACK"\/}"
refused 'another path' 28000 'not the answer'
for url in '' "$CALLBACK" "$CALLBACK?state=x" "$CALLBACK?code=x" 'nonsense' "${GOOD/\?/#}"; do
	enroll "$url"
	refused "no code or state: \"${url:0:40}\"" 22023 'no code and state.*HINT:  Copy the whole address'
done
run a "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET client_secret 'another');"
enroll "$GOOD"
refused 'another client_secret' 28000 'not the answer'
run a "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET client_secret 'sim-client-secret');" \
	"ALTER SERVER sim OPTIONS (SET client_id 'another');"
enroll "$GOOD"
refused 'another application' 28000 'not the answer'
run a "ALTER SERVER sim OPTIONS (SET client_id '$SIM_CLIENT_ID');" "SELECT stellantis.enroll(NULL, 'sim');"
refused 'NULL' 22004 '"redirected_url" must not be null'
enroll "${GOOD/$CALLBACK\?/"$CALLBACK?error=access_denied&"}"
is "$SQLSTATE" 00000 'and the address itself is good yet'

# ---- codes ----

before=$(option access_token)
enroll "$GOOD"
is "$SQLSTATE" 28000 'a code that comes again'
like "${SAID//$'\n'/ }" 'the code has been used, or has expired.*invalid_grant.*HINT:  Start again with stellantis.authorize_url' '  what is said'
is "$(option access_token)" "$before" '  the mapping is as it was'
sim config '{"code_life": 0}' >/dev/null
authorize
consent
enroll
is "$SQLSTATE" 28000 'a code that has expired'
sim reset '{}' >/dev/null
# the verifier hangs on the state: another code is not ours, though the state is
authorize "'sim', '$CALLBACK', state => 'one'"
consent
one=$URL
authorize "'sim', '$CALLBACK', state => 'two'"
consent
code=${URL#*code=}
enroll "${one%code=*}code=${code%%&*}"
is "$SQLSTATE" 28000 "another consent's code"
like "$SAID" 'invalid_grant' '  what is said'
run a "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET client_secret 's3cret-but-wrong');"
authorize
consent
enroll
is "$SQLSTATE" 28000 'a wrong client_secret'
like "${SAID//$'\n'/ }" 'does not accept the application.*HINT:  Check client_id.*client_secret' '  what is said'
unlike "$SAID" s3cret '  but not the secret'

# ---- where it is not allowed ----

server
authorize
consent
GOOD=$URL
forget_log
for function in "enroll('$GOOD', 'sim')" "refresh_token('sim')" "revoke_token('sim')"; do
	run a 'BEGIN READ ONLY;' "SELECT stellantis.$function;" 'ROLLBACK;'
	like "$SAID" '25006: cannot execute .*() in a read-only transaction' "${function%%(*} in a READ ONLY transaction"
done
is "$(sim 'log?format=text')" '' '  nothing is sent'

run a 'BEGIN;' "SELECT stellantis.enroll('$GOOD', 'sim') <> '';" 'SELECT count(*) FROM v;' 'ROLLBACK;'
is "$SAID" $'t\n6' 'the same transaction uses the tokens'
is "$(options)" client_secret 'when it is rolled back, there are none'
authorize
consent
run a 'BEGIN;' 'SAVEPOINT s;' "SELECT stellantis.enroll('$URL', 'sim') <> '';" 'ROLLBACK TO s;' 'SELECT count(*) FROM v;' 'COMMIT;'
like "$SAID" $'^t\nERROR:  HV002: .*access_token' 'a savepoint, too'
authorize
consent
forget_log
open_session b
run b 'BEGIN;' "ALTER USER MAPPING FOR postgres SERVER sim OPTIONS (ADD callback_id 'x');"
enroll
refused 'while another transaction changes the mapping' 55P03 'being changed by another transaction.*Nothing has been sent.*HINT:  Try again'
run b 'ROLLBACK;'
enroll
is "$SQLSTATE" 00000 'and afterwards'

# into a mapping that has more, and that has failed
server '' "$SECRET, key_password 'kept', callback_id 'kept', access_token 's3cret-old', refresh_token 's3cret-old', token_expires_at '2000-01-01 00:00:00+00'"
run a 'SELECT count(*) FROM v;'
like "$SQLSTATE $(option refresh_error)" '^28000 invalid_grant' 'a refresh that has failed'
run a 'SELECT last_error IS NOT NULL FROM stellantis.token_status;'
is "$SAID" t '  token_status tells it'
authorize
consent
enroll
is "$(options)" 'access_token callback_id client_secret key_password refresh_token refreshed_at scope token_expires_at' \
	'enrolment clears it, and leaves the other options'
is "$(option key_password) $(option callback_id)" 'kept kept' '  as they were'
run a 'SELECT count(*) FROM v;' 'SELECT last_error IS NULL FROM stellantis.token_status;'
is "$SAID" $'6\nt' '  rows again'

# ---- a secret that PUBLIC's mapping holds ----

server
q 'DROP USER MAPPING FOR postgres SERVER sim' -c "CREATE USER MAPPING FOR PUBLIC SERVER sim OPTIONS ($SECRET)" \
	-c 'GRANT USAGE ON FOREIGN SERVER sim TO car_owner' \
	-c 'GRANT EXECUTE ON FUNCTION stellantis.authorize_url, stellantis.enroll, stellantis.refresh_token, stellantis.revoke_token TO car_owner, car_keeper'
run a 'SET SESSION AUTHORIZATION car_owner;' 'SELECT count(*) FROM v;'
like "${SAID//$'\n'/ }" 'HV002.*access_token.*"public".*HINT:  Enrol with stellantis.authorize_url' 'before the enrolment'
authorize "redirect_uri => '$CALLBACK'"
consent
enroll "$URL" ''
is "$SQLSTATE" 00000 'the caller gets a mapping of his own'
is "$(options car_owner)" 'access_token refresh_token refreshed_at scope token_expires_at' '  without the secret'
is "$(options public)" client_secret "  and PUBLIC's is as it was"
run a 'SELECT count(*) FROM v;' 'SELECT usename, umoptions IS NULL FROM pg_user_mappings ORDER BY 1;'
is "$SAID" $'6\ncar_owner|f\npublic|t' '  he has rows, and does not see the secret'
sim oauth '{"expire": true}' >/dev/null
run a 'SELECT count(*) FROM v;'
is "$SAID" 6 '  which goes with the refresh'
run a "SELECT stellantis.refresh_token() > now() + '50 min';"
is "$SAID" t 'refresh_token returns when the new one expires'
run a "SELECT stellantis.revoke_token();"
is "$SQLSTATE $(options car_owner)" '00000 ' 'revoke_token empties his mapping'
run a 'SELECT count(*) FROM v;'
like "${SAID//$'\n'/ }" 'HV002.*access_token.*car_owner.*HINT:  Enrol' '  and queries say so'
authorize
consent
enroll
run a 'SELECT count(*) FROM v;'
is "$SAID" 6 'he can enrol again'
q 'DROP USER MAPPING FOR PUBLIC SERVER sim'
sim oauth '{"expire": true}' >/dev/null
run a 'SELECT count(*) FROM v;'
like "${SAID//$'\n'/ }" '28000.*no client_secret.*HINT:  Add client_secret' 'without the secret there is no refresh'
authorize
like "${SAID//$'\n'/ }" 'HV002.*client_secret.*is missing.*HINT:  Add it to your user mapping, or to that of PUBLIC' 'and no enrolment'

# PUBLIC's own tokens
q 'DROP USER MAPPING FOR car_owner SERVER sim'
q "CREATE USER MAPPING FOR PUBLIC SERVER sim OPTIONS ($SECRET, refresh_token '$(sim oauth '{"scopes": "all"}' | jq -r .refresh_token)')"
run a 'SELECT count(*) FROM v;'
is "$SAID" 6 "PUBLIC's tokens are refreshed for whoever asks"
forget_log
run a 'SELECT stellantis.revoke_token();'
refused 'but not revoked' 42501 "only the server's owner"
run a 'RESET SESSION AUTHORIZATION;'
q 'ALTER SERVER sim OWNER TO car_keeper' -c 'GRANT USAGE ON FOREIGN DATA WRAPPER stellantis_fdw TO car_keeper' 2>/dev/null ||
	q 'GRANT USAGE ON FOREIGN DATA WRAPPER stellantis_fdw TO car_keeper' -c 'ALTER SERVER sim OWNER TO car_keeper'
run a 'SET SESSION AUTHORIZATION car_keeper;' "SELECT stellantis.revoke_token('sim');"
is "$SQLSTATE $(options public)" '00000 client_secret' "but by the server's owner"
run a 'RESET SESSION AUTHORIZATION;'
q 'ALTER SERVER sim OWNER TO postgres'

# ---- refresh_token, revoke_token ----

server
forget_log
run a "SELECT stellantis.refresh_token('sim');"
refused 'refresh_token without tokens' HV002 'access_token.*missing.*HINT:  Enrol'
run a "SELECT stellantis.revoke_token('sim');"
refused 'revoke_token without tokens' 55000 'no tokens to revoke'
server '' "$SECRET, access_token '$SIM_TOKEN'"
forget_log
run a "SELECT stellantis.refresh_token('sim');"
refused 'refresh_token with an access token alone' 28000 'no refresh_token.*HINT:  Enrol again'
run a "SELECT stellantis.revoke_token('sim');"
is "$SQLSTATE $(options) $(sim log | jq -r '.[0].form.token')" "00000 client_secret $SIM_TOKEN" 'revoke_token with an access token alone'
sim reset '{}' >/dev/null

server
authorize
consent
enroll
first=$(option refresh_token)
run a 'BEGIN;' "SELECT stellantis.refresh_token('sim') IS NOT NULL;" 'ROLLBACK;'
ok 'a refresh outlives the rollback' [ "$(option refresh_token)" != "$first" ]
is "$(option refresh_token)" "$(sim oauth | jq -r '.families[-1].refresh_token')" '  the mapping has the one that is good'
sim config '{"expires_in": "absent"}' >/dev/null
run a "SELECT stellantis.refresh_token('sim') IS NULL;"
is "$SAID" t 'NULL, when the token server does not say how long'
sim reset '{}' >/dev/null
server
authorize
consent
enroll
forget_log
run a 'BEGIN;' "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD callback_id 'x');" "SELECT stellantis.refresh_token('sim');"
refused 'a refresh after a change in the same transaction' 28000 'this transaction has itself changed.*HINT:  Commit'
run a 'ROLLBACK;'
fault token/revoke '{"kind": "status", "status": 500}'
first=$(options)
run a "SELECT stellantis.revoke_token('sim');"
is "$SQLSTATE $(options)" "HV00L $first" 'a revocation that fails leaves the tokens'
like "$SAID" 'the token server failed with status 500' '  what is said'
heal
run a 'BEGIN;' "SELECT stellantis.revoke_token('sim');" 'ROLLBACK;' 'SELECT count(*) FROM v;'
like "$SQLSTATE ${SAID//$'\n'/ }" '^28000 .*the consent has ended.*HINT:  The owner must enrol again' 'one that is rolled back is not undone'

# ---- which server ----

server
run a "CREATE SERVER other FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'opel', client_id '$SIM_CLIENT_ID', base_url '$SIM_URL', auth_url '$SIM_AUTH_URL');" \
	'CREATE FOREIGN DATA WRAPPER foreign_wrapper;' 'CREATE SERVER foreign_server FOREIGN DATA WRAPPER foreign_wrapper;' \
	'CREATE USER MAPPING FOR PUBLIC SERVER foreign_server;'
forget_log
authorize "redirect_uri => '$CALLBACK'"
is "$SQLSTATE" 00000 'left out: the only one for which there is a mapping'
run a "CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS ($SECRET);"
for call in "authorize_url(redirect_uri => '$CALLBACK')" "enroll('$CALLBACK?code=x&state=y')" 'refresh_token()' 'revoke_token()'; do
	run a "SELECT stellantis.$call;"
	refused "two of them, ${call%%(*}" 42725 'there are 2 servers.*HINT:  Name the server'
done
run a "SELECT stellantis.authorize_url('foreign_server', '$CALLBACK');"
refused "another wrapper's" 42809 'foreign_wrapper.*HINT:  Name a server'
run a "SELECT stellantis.authorize_url('nonsense', '$CALLBACK');"
refused 'no such server' 42704 'nonsense'
run a 'SET SESSION AUTHORIZATION car_keeper;' "SELECT stellantis.authorize_url(redirect_uri => '$CALLBACK');"
refused 'none that he may use' 42704 'no server of stellantis_fdw can be used.*USAGE and a user mapping'
run a "SELECT stellantis.authorize_url('other', '$CALLBACK');"
refused 'one without USAGE' 42501 'permission denied for foreign server other'
run a 'RESET SESSION AUTHORIZATION;' 'DROP SERVER other CASCADE;' \
	"ALTER SERVER sim OPTIONS (DROP brand, DROP auth_url, ADD realm 'clientsB2CPeugeot');"
authorize
refused 'a server without brand and auth_url' HV002 'auth_url.*missing.*HINT:  Set the option brand, or auth_url'

# ---- a standby ----

server
authorize
consent
enroll
run a 'CREATE EXTENSION IF NOT EXISTS stellantis_fdw;'
authorize
consent
mkdir -p "$RUN/cluster/enroll_standby"
"$PG_BINDIR/pg_basebackup" -D "$RUN/cluster/enroll_standby/data" -c fast -R --no-sync >"$WORK/basebackup" 2>&1
printf "unix_socket_directories = '%s'\n" "$RUN/cluster/enroll_standby" >>"$RUN/cluster/enroll_standby/data/postgresql.conf"
run_cluster enroll_standby
close_session a
PGHOST=$RUN/cluster/enroll_standby open_session a
run a 'SELECT pg_is_in_recovery();'
is "$SAID" t 'a standby'
run a 'SELECT count(*) FROM v;'
is "$SAID" 6 'has rows while the token is good'
forget_log
enroll
refused 'enroll there' 25006 'cannot execute enroll'
run a "SELECT stellantis.refresh_token('sim');"
refused 'refresh_token there' 25006 'cannot execute refresh_token'
run a "SELECT stellantis.revoke_token('sim');"
refused 'revoke_token there' 25006 'cannot execute revoke_token'
authorize
is "$SQLSTATE" 00000 'authorize_url is harmless'
close_session a
stop_cluster enroll_standby immediate

# ---- the log ----

leaks=$(grep -nE 's3cret|sim-client-secret|code=[0-9a-f]{8}' "$RUN/cluster/enroll/log" | head -n 5 || :)
is "$leaks" '' 'no secret in the server log'
close_session b
stop_cluster enroll
done_testing
