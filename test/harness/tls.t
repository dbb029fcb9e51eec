#!/bin/bash
#
# tls.t
#	HTTPS: whom we trust, who we are, and what is said about files and
#	certificates that will not do.

. test/harness/tap.sh
. test/harness/session.sh

PASSWORD=sim-key-password

# ---- the authority and the certificates that the first simulator makes ----

TLS=$WORK/tls

# secure NAME CERTIFICATE [ARGUMENT...]: a simulator; its HTTPS port in PORT
secure()
{
	start_simulator "tls_$1" --tls-make-ca "$TLS" --tls-cert "$TLS/$2.pem" --tls-key "$TLS/$2.key" "${@:3}"
	PORT=$SIM_TLS_PORT
}

secure plain server --tls-client-cert ignored
cp "$TLS/client.key" "$TLS/unreadable.key"
chmod 000 "$TLS/unreadable.key"
printf 'This is no certificate.\n' >"$TLS/junk.pem"
: >"$TLS/empty.pem"

# ---- servers ----

# options of server "sim" instead of those that it had
server_options()
{
	q 'DROP SERVER IF EXISTS sim CASCADE' -c "CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw
			OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url 'https://127.0.0.1:$PORT/connectedcar/v4', retries '1'${1:+, $1})" \
		-c "CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (access_token '$SIM_TOKEN'${2:+, $2})" \
		-c 'DROP SCHEMA IF EXISTS cars CASCADE' -c 'CREATE SCHEMA cars' \
		-c 'IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars' 2>/dev/null
}

# All but the tests of that have a session of their own, and so no connection.
fresh()
{
	close_session a
	open_session a
}

# works TITLE OPTIONS [MAPPING-OPTIONS]
works()
{
	server_options "${@:2}"
	run a 'SELECT count(*) FROM cars.vehicles;'
	is "$SQLSTATE $SAID" '00000 6' "$1"
}

STATE='^08001$'

# refused TITLE REGEX OPTIONS [MAPPING-OPTIONS]: an error 08001 that says so, in
# a new session
refused()
{
	fresh
	refused_here "$@"
}

refused_here()
{
	server_options "${@:3}"
	run a 'SELECT count(*) FROM cars.vehicles;'
	like "$SQLSTATE" "$STATE" "$1: SQLSTATE"
	like "$SAID" "$2" "$1: the message"
	unlike "$SAID" 's3cret|sim-key-password|sim-access-token' "$1: no secret in it"
	like "$SAID" 'HINT:' "$1: a hint"
}

q 'CREATE EXTENSION stellantis_fdw'
open_session a

# ---- whom we trust ----

works 'the right ca_file' "ca_file '$TLS/ca.pem'"
refused 'another authority' 'certificate' "ca_file '$TLS/foreign-ca.pem'"
refused 'no ca_file: the system does not know this authority' 'certificate' ''
refused 'a ca_file that is not there' "$TLS/none.pem.*No such file" "ca_file '$TLS/none.pem'"
if [ "$(id -u)" != 0 ]; then
	chmod 000 "$TLS/foreign-ca.pem"
	refused 'a ca_file that may not be read' "$TLS/foreign-ca.pem.*Permission denied" "ca_file '$TLS/foreign-ca.pem'"
	chmod 644 "$TLS/foreign-ca.pem"
fi
refused 'a ca_file that is none' "$TLS/junk.pem" "ca_file '$TLS/junk.pem'"
refused 'an empty ca_file' "$TLS/empty.pem" "ca_file '$TLS/empty.pem'"
refused 'a directory for a ca_file' "$TLS" "ca_file '$TLS'"
is "$(sim stats | jq '.by_status | keys - ["200"] | length')" 0 'nothing was asked of a server that is not trusted'

# What the system trusts is read when a session first connects, not each time:
# it takes long enough to delay a cancel.  libcurl keeps it since 7.87, and not
# since 8.17, which reads the system's directory besides, whatever it is told.
bundle=$(curl-config --ca)
connection_reads()
{
	local before

	before=$(awk '$1 == "rchar:" { print $2 }' "/proc/${BACKEND[a]}/io")
	run a 'SELECT count(*) FROM cars.vehicles;'
	READ=$(($(awk '$1 == "rchar:" { print $2 }' "/proc/${BACKEND[a]}/io") - before))
}
if ! printf '%s\n' 7.87 "$(pkg-config --modversion libcurl)" 8.16.99 | sort -CV || [ ! -r "$bundle" ]; then
	pass 'the authorities of the system are read once # SKIP this libcurl does not keep them'
else
	fresh
	server_options ''
	connection_reads
	ok 'the authorities of the system are read' [ "$READ" -ge "$(wc -c <"$bundle")" ]
	connection_reads
	ok 'once' [ "$READ" -lt "$(wc -c <"$bundle")" ]
	is "$SQLSTATE" 08001 'and they do not know ours'
fi

# the file changes under the same name: sooner or later this is seen; at once
# by a session that has not connected yet
cp "$TLS/foreign-ca.pem" "$TLS/changing.pem"
refused 'before the file is replaced' certificate "ca_file '$TLS/changing.pem'"
cp "$TLS/ca.pem" "$TLS/changing.pem"
is "$(q 'SELECT count(*) FROM cars.vehicles')" 6 'after the file was replaced, a new session'

# another ca_file must not profit from a connection that the first one made
works 'trusted again' "ca_file '$TLS/ca.pem'"
refused_here 'and distrusted, while there is a connection' certificate "ca_file '$TLS/foreign-ca.pem'"

# ---- how many handshakes ----

works 'a session' "ca_file '$TLS/ca.pem'"
close_session a
sim reset '{}' >/dev/null
open_session a
for ((i = 0; i < 20; i++)); do printf 'SELECT count(*) FROM cars.trips;\n'; done >"$WORK/twenty.sql"
run a "\\i $WORK/twenty.sql"
unlike "$SAID" ERROR 'twenty scans over HTTPS'
handshakes=$(sim stats | jq .tls_handshakes)
diag "$(asked) requests, $handshakes handshakes"
ok 'at most eight handshakes' [ "$handshakes" -le 8 ]
is "$(sim log | jq -r '[.[].tls] | unique | map(tostring) | join(",")')" true 'all of it encrypted'

# ---- a server of another name, one that does not speak TLS ----

PLAIN_PORT=$SIM_PORT
secure elsewhere elsewhere --tls-client-cert ignored
refused 'a certificate of another name' '[Cc]ertificate.*(name|match)|(name|match).*certificate' "ca_file '$TLS/ca.pem'"
PORT=$PLAIN_PORT
refused 'a server that does not speak TLS' 'SSL|TLS' "ca_file '$TLS/ca.pem'"

# ---- who we are ----

secure mutual server
CA="ca_file '$TLS/ca.pem'"
works 'the right certificate and key' "$CA, cert_file '$TLS/client.pem', key_file '$TLS/client.key'"
works 'both in one file' "$CA, cert_file '$TLS/both.pem'"

# With TLS 1.3 a client believes in the connection before the server has seen
# its certificate.  This server then hangs up without a word, so that it cannot
# be told from another loss.
STATE='^0800[16]$'
refused 'no certificate, where one is demanded' 'certificate' "$CA"
refused 'a certificate of another authority' '[Cc]ertificate|alert|handshake' \
	"$CA, cert_file '$TLS/foreign.pem', key_file '$TLS/foreign.key'"
refused 'an expired certificate' '[Cc]ertificate|alert|handshake' \
	"$CA, cert_file '$TLS/expired.pem', key_file '$TLS/expired.key'"
STATE='^08001$'
refused 'a key that belongs to another certificate' "$TLS/wrong.key|$TLS/client.pem" \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/wrong.key'"
works 'an encrypted key and its password' "$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" \
	"key_password '$PASSWORD'"
refused 'an encrypted key and another password' "$TLS/locked.key" \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" "key_password 's3cret-but-wrong'"
refused 'an encrypted key and no password' "$TLS/locked.key" \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'"
works 'a password that is not needed' "$CA, cert_file '$TLS/client.pem', key_file '$TLS/client.key'" \
	"key_password '$PASSWORD'"
refused 'a cert_file that is not there' "$TLS/none.pem.*No such file" \
	"$CA, cert_file '$TLS/none.pem', key_file '$TLS/client.key'"
refused 'a key_file that is not there' "$TLS/none.key.*No such file" \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/none.key'"
if [ "$(id -u)" != 0 ]; then
	refused 'a key_file that may not be read' "$TLS/unreadable.key.*Permission denied" \
		"$CA, cert_file '$TLS/client.pem', key_file '$TLS/unreadable.key'"
fi
refused 'a cert_file that is none' "$TLS/junk.pem" "$CA, cert_file '$TLS/junk.pem', key_file '$TLS/client.key'"
refused 'a key_file that is none' "$TLS/junk.pem" "$CA, cert_file '$TLS/client.pem', key_file '$TLS/junk.pem'"
refused 'a cert_file without its key' "$TLS/client.pem" "$CA, cert_file '$TLS/client.pem'"

# with TLS 1.2 the server's word comes before the handshake is over
PORT=
background openssl s_server -accept 127.0.0.1:0 -tls1_2 -Verify 1 -verify_return_error -CAfile "$TLS/ca.pem" \
	-cert "$TLS/server.pem" -key "$TLS/server.key" -www
listening()
{
	PORT=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$WORK/background")
	[ -n "$PORT" ]
}
wait_for 'openssl s_server' listening
refused 'no certificate, TLS 1.2' 'certificate' "$CA"
refused 'a certificate of another authority, TLS 1.2' 'certificate' \
	"$CA, cert_file '$TLS/foreign.pem', key_file '$TLS/foreign.key'"
PORT=$SIM_TLS_PORT

# the connection of one certificate is not another's, nor is that of one key
works 'with the right certificate again' "$CA, cert_file '$TLS/client.pem', key_file '$TLS/client.key'"
STATE='^0800[16]$'
refused_here 'without it, while there is a connection' 'certificate' "$CA"
STATE='^08001$'
works 'with the right key once more' "$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" \
	"key_password '$PASSWORD'"
refused_here 'with another password, while there is a connection' "$TLS/locked.key" \
	"$CA, cert_file '$TLS/client.pem', key_file '$TLS/locked.key'" "key_password 's3cret-but-wrong'"

# ---- nothing of it is told ----

unlike "$(cat "$RUN/cluster/main/log")" 's3cret-but|sim-key-password' 'no password in the server log'

for name in plain elsewhere mutual; do stop_simulator "tls_$name"; done
done_testing
