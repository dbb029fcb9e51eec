#!/bin/bash
#
# tls_tokens.t
#	Mutual TLS with the token server: enrolment, refresh by the worker and
#	revocation show the server's certificate, and what is said when it will not
#	do.  (Data requests: tls.t.  Data requests and check(): check.t.)

. test/harness/tap.sh
. test/harness/session.sh

PASSWORD=sim-key-password
TLS=$WORK/tls
start_simulator tls_tokens --tls-make-ca "$TLS"
printf 'This is no certificate.\n' >"$TLS/junk.pem"
cp "$TLS/client.key" "$TLS/unreadable.key"
chmod 000 "$TLS/unreadable.key"
HTTPS=https://localhost:$SIM_TLS_PORT
CA="ca_file '$TLS/ca.pem'"
OURS="$CA, cert_file '$TLS/client.pem', key_file '$TLS/client.key'"
SECRET="client_secret 'sim-client-secret'"

q 'CREATE EXTENSION stellantis_fdw'
open_session a
run a 'SET client_min_messages = error;'

# server BASE-URL OPTIONS MAPPING-OPTIONS: server "sim", its vehicles, our mapping
server()
{
	run a 'DROP SERVER IF EXISTS sim CASCADE;' "CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw
		OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$1', auth_url '$HTTPS/am/oauth2', retries '0'${2:+, $2});" \
		"CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS ($3);" \
		"CREATE FOREIGN TABLE v (id text) SERVER sim OPTIONS (resource 'vehicles');"
	[ -z "$SAID" ] || diag "$SAID"
}

# A new enrolment whose access token has expired, as far as the mapping knows.
expired_tokens()
{
	sim oauth '{"scopes": "all"}' | jq -r --arg q "'" \
		'"access_token \($q)\(.access_tokens[0].access_token)\($q), refresh_token \($q)\(.refresh_token)\($q)"'
	printf ", token_expires_at '2000-01-01 00:00:00+00', %s\n" "$SECRET"
}

# consent URL: where the browser ends.  The owner's browser has no certificate
# of ours: it takes the simulator's plain port.
consent()
{
	curl -fsS -o "$WORK/consent" -w '%{redirect_url}' "${1/"$HTTPS"/"$SIM_HOST"}"
}

authorize_url()
{
	run a "SELECT stellantis.authorize_url('sim', 'https://app.example.com/callback');"
}

# Token requests that the simulator has seen.
token_requests()
{
	sim stats | jq .oauth_requests
}

# ---- the right certificate, for data and tokens ----

server "$HTTPS/connectedcar/v4" "$OURS" "$SECRET"
authorize_url
REDIRECTED=$(consent "$SAID")
run a "SELECT stellantis.enroll('$REDIRECTED', 'sim');"
like "$SQLSTATE $SAID" '^00000 data:telemetry' 'enrolment'
run a 'SELECT count(*) FROM v;'
is "$SQLSTATE $SAID" '00000 6' 'rows'
sim oauth '{"expire": true}' >/dev/null
run a 'SELECT count(*) FROM v;'
is "$SQLSTATE $SAID" '00000 6' 'a refresh, and rows'
run a "SELECT stellantis.refresh_token('sim') > now();"
is "$SQLSTATE $SAID" '00000 t' 'a refresh when it is asked for'
run a "SELECT stellantis.revoke_token('sim');"
is "$SQLSTATE" 00000 'revocation'
is "$(sim log | jq -c '[.[] | select(.tls | not) | .path]')" '["/am/oauth2/authorize"]' 'all but the browser came by TLS'
is "$(sim oauth | jq -c '.counters | [.enrolled, .refreshed, .revoke_posts]')" '[1,2,1]' 'and all was carried out'

server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" \
	"$(expired_tokens), key_password '$PASSWORD'"
run a 'SELECT count(*) FROM v;'
is "$SQLSTATE $SAID" '00000 6' 'an encrypted key and its password: a refresh, and rows'
server "$HTTPS/connectedcar/v4" "$CA, cert_file '$TLS/both.pem'" "$(expired_tokens)"
run a 'SELECT count(*) FROM v;'
is "$SQLSTATE $SAID" '00000 6' 'both in one file: a refresh, and rows'

# ---- the wrong ones ----

STATE='^08001$'

# said WHO REGEX: the last error: SQLSTATE, message, detail, hint, no secret
said()
{
	like "$SQLSTATE" "$STATE" "  $1: SQLSTATE"
	like "${SAID//$'\n'/ }" "ERROR:  $SQLSTATE: .*$2.*HINT:  .*$3" "  $1: the message"
	unlike "$SAID" 'sim-client-secret|sim-key-password|s3cret|[0-9a-f]{8}-[0-9a-f]{4}-' "  $1: no secret in it"
}

# refused TITLE MESSAGE HINT OPTIONS [MAPPING-OPTIONS]: the data come by plain
# http; what goes to the token server ends with that
refused()
{
	local title=$1 message=$2 hint=$3

	server "$SIM_URL" "$4" "$(expired_tokens)${5:+, $5}"
	BEFORE=$(token_requests)
	run a "SELECT step, found, fix FROM stellantis.check('sim') WHERE NOT ok AND ${STEP:-step = 'token'};"
	like "$SQLSTATE ${SAID//$'\n'/ }" "^00000 [A-Za-z ]*\|.*$message.*\|.*$hint" "$title: check"
	run a "SELECT stellantis.refresh_token('sim');"
	said "$title: refresh_token" "could not refresh the access token for server \"sim\": .*$message" "$hint"
	server "$SIM_URL" "$4" "$(expired_tokens)${5:+, $5}"
	run a 'SELECT count(*) FROM v;'
	said "$title: a query" "could not refresh the access token for server \"sim\": .*$message" "$hint"
	is "$(token_requests)" "$BEFORE" "  $title: no token request"
}

# refused_all: the same; and the other functions
refused_all()
{
	local title=$1 message=$2 hint=$3 url

	refused "$@"
	authorize_url
	url=$(consent "$SAID")
	run a "SELECT stellantis.enroll('$url', 'sim');"
	said "$title: enroll" "could not enrol for server \"sim\": .*$message" "${ENROL_HINT:-$hint}"
	run a "SELECT stellantis.revoke_token('sim');"
	said "$title: revoke_token" "could not revoke the tokens for server \"sim\": .*$message" "${REVOKE_HINT:-$hint}"
	is "$(token_requests)" $((BEFORE + 1)) "  $title: nothing was asked but for the consent"
	# so the code is good yet
	run a "ALTER SERVER sim OPTIONS ($RIGHT);" "SELECT stellantis.enroll('$url', 'sim');"
	like "$SQLSTATE $SAID" '^00000 data:telemetry' "  $title: nothing is lost"
}

RIGHT="SET ca_file '$TLS/ca.pem', ADD cert_file '$TLS/client.pem', ADD key_file '$TLS/client.key'"
refused_all 'another authority' 'could not establish TLS with the token server.*certificate' 'ca_file' "ca_file '$TLS/foreign-ca.pem'"
refused 'no ca_file' 'could not establish TLS with the token server.*certificate' 'ca_file' ''
STEP=true
refused 'a ca_file that is not there' "$TLS/none.pem.*No such file" 'ca_file' "ca_file '$TLS/none.pem'"
STEP=
refused 'a ca_file that is none' "$TLS/junk.pem" 'ca_file' "ca_file '$TLS/junk.pem'"

# The server may hang up without a word: then what happened is not known.
STATE='^0800[16]$'
ENROL_HINT='cert_file'
REVOKE_HINT='cert_file'
refused_all 'no client certificate' '' 'cert_file' "$CA"
RIGHT="SET cert_file '$TLS/client.pem', SET key_file '$TLS/client.key'"
for kind in expired foreign; do
	refused_all "a client certificate: $kind" '' 'cert_file' "$CA, cert_file '$TLS/$kind.pem', key_file '$TLS/$kind.key'"
done
STATE='^08001$'
refused 'a key of another certificate' "$TLS/wrong.key|$TLS/client.pem" 'cert_file and key_file' \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/wrong.key'"
# (to try a password takes a second)
refused 'an encrypted key and another password' "$TLS/locked.key" 'key_password' \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" "key_password 's3cret-but-wrong'"
STEP=true
refused 'a cert_file that is not there' "$TLS/none.pem.*No such file" 'cert_file' \
	"$CA, cert_file '$TLS/none.pem', key_file '$TLS/client.key'"
STEP=
refused 'a key_file that is none' "$TLS/junk.pem" 'key_file' \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/junk.pem'"
if [ "$(id -u)" != 0 ]; then
	STEP=true
	refused 'a key_file that may not be read' "$TLS/unreadable.key.*Permission denied" 'readable by the database server' \
		"$CA, cert_file '$TLS/client.pem', key_file '$TLS/unreadable.key'"
fi

# a gateway that tells after the handshake
sim config '{"tls_client_cert": "optional"}' >/dev/null
server "$SIM_URL" "$CA" "$(expired_tokens)"
run a "SELECT stellantis.refresh_token('sim');"
like "$SQLSTATE ${SAID//$'\n'/ }" '^28000 .*The token server answered 403.*certificate' 'a gateway that answers 403'
sim config '{"tls_client_cert": "required"}' >/dev/null

# ---- nothing of it is told ----

unlike "$(cat "$RUN/cluster/main/log")" 's3cret-but-wrong|sim-key-password' 'no password in the server log'

stop_simulator tls_tokens
done_testing
