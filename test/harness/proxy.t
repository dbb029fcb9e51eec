#!/bin/bash
#
# proxy.t
#	The server's option "proxy" is used, and the environment's proxies are not.

. test/harness/tap.sh
. test/harness/session.sh

compile test/harness/forward_proxy.c
PROGRAM=$COMPILED

# proxy NAME [STATUS]: a proxy; its log is $WORK/NAME.log, its port in PORT
proxy()
{
	background "$PROGRAM" "$WORK/$1.port" "$WORK/$1.log" "${@:2}"
	wait_for_file "$WORK/$1.port"
	PORT=$(cat "$WORK/$1.port")
}

requests()
{
	wc -l <"$WORK/$1.log"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1,DNS:api.example.com -keyout "$WORK/server.key" -out "$WORK/server.pem" 2>>"$WORK/openssl"
start_simulator proxy --tls-port 0 --tls-cert "$WORK/server.pem" --tls-key "$WORK/server.key"

proxy good
GOOD=http://127.0.0.1:$PORT
proxy environment
ENVIRONMENT=http://127.0.0.1:$PORT
proxy demanding 407
DEMANDING=http://127.0.0.1:$PORT
proxy failing 502
FAILING=http://127.0.0.1:$PORT

# Whatever libcurl would listen to, in the environment of all backends.
http_proxy=$ENVIRONMENT https_proxy=$ENVIRONMENT HTTPS_PROXY=$ENVIRONMENT all_proxy=$ENVIRONMENT \
	ALL_PROXY=$ENVIRONMENT no_proxy='*' NO_PROXY='*' start_cluster proxy
cars
open_session a
run a 'CREATE TEMP TABLE e (v text);' "COPY e FROM PROGRAM 'printenv http_proxy';" 'TABLE e;'
is "$SAID" "$ENVIRONMENT" 'a proxy is in the environment'

# ---- none ----

run a 'SELECT count(*) FROM cars.trips;'
expected=$SAID
is "$SQLSTATE" 00000 'without the option'
needed=$(asked)
HTTPS=https://127.0.0.1:$SIM_TLS_PORT/connectedcar/v4
q "ALTER SERVER sim OPTIONS (SET base_url '$HTTPS', ADD ca_file '$WORK/server.pem')"
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'the same by HTTPS'
is "$(requests environment)" 0 'the proxies of the environment are not asked'

# ---- one ----

q "ALTER SERVER sim OPTIONS (ADD proxy '$GOOD')"
forget_log
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'by HTTPS through a proxy'
like "$(sort -u "$WORK/good.log")" "^CONNECT 127\.0\.0\.1:$SIM_TLS_PORT HTTP/1\.[01]\$" 'which sees nothing but CONNECT'
is "$(asked)" "$needed" 'the requests arrive'
for _ in {1..9}; do run a 'SELECT count(*) FROM cars.trips;'; done
ok 'over few tunnels, which are reused' [ "$(requests good)" -le 8 ]

# a name that only the proxy could resolve is not resolved here
q "ALTER SERVER sim OPTIONS (SET base_url 'https://api.example.com:$SIM_TLS_PORT/connectedcar/v4')"
run a 'SELECT count(*) FROM cars.trips;'
like "$(tail -n 1 "$WORK/good.log")" "^CONNECT api.example.com:" 'the proxy resolves the name'

q "ALTER SERVER sim OPTIONS (SET base_url '$SIM_URL')"
: >"$WORK/good.log"
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'by HTTP through a proxy'
is "$(requests good)" "$needed" 'which sees each request'
like "$(head -n 1 "$WORK/good.log")" "^GET $SIM_URL/user/vehicles" 'with its whole address'
is "$(requests environment)" 0 'still not those of the environment'

# the connections of the one are not for the other
q 'ALTER SERVER sim OPTIONS (DROP proxy)'
: >"$WORK/good.log"
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID $(requests good)" "00000 $expected 0" 'no proxy again'

# ---- proxies that do not work ----

q "ALTER SERVER sim OPTIONS (ADD retries '0')"

# refused TITLE PROXY BASE_URL
refused()
{
	q 'ALTER SERVER sim OPTIONS (DROP proxy)' 2>/dev/null || :
	q "ALTER SERVER sim OPTIONS (ADD proxy '$2', SET base_url '$3')"
	run a 'SELECT count(*) FROM cars.trips;'
	like "$SQLSTATE" "${4:-^08001$}" "$1: SQLSTATE"
	like "$SAID" '[Pp]roxy' "$1: the message speaks of the proxy"
}

refused 'nobody there' 'http://127.0.0.1:9' "$HTTPS"
refused 'nobody there, HTTP' 'http://127.0.0.1:9' "$SIM_URL"
refused 'a proxy that demands a password' "$DEMANDING" "$HTTPS"
refused 'a proxy that demands a password, HTTP' "$DEMANDING" "$SIM_URL"
refused 'a proxy that fails' "$FAILING" "$HTTPS"
run a 'SELECT count(*) FROM cars.account;'
q "ALTER SERVER sim OPTIONS (SET proxy '$GOOD')"
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'a proxy that works, afterwards'

stop_cluster proxy
stop_simulator proxy
done_testing
