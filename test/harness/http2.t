#!/bin/bash
#
# http2.t
#	Requests share one connection where the server speaks HTTP/2: nghttpx, with
#	TLS and ALPN, before the simulator.
#
#	simulator: --vehicles 12 --latency-ms 60

. test/harness/tap.sh
. test/harness/session.sh

command -v nghttpx >/dev/null || skip_all 'nghttpx is missing (Debian: nghttp2-proxy)'
[[ $(curl --version) == *HTTP2* ]] || skip_all 'this libcurl has no HTTP/2'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$WORK/server.key" -out "$WORK/server.pem" 2>>"$WORK/openssl"

# A port that is free now; nghttpx cannot choose one.
free_port()
{
	local port

	while :; do
		port=$((20000 + RANDOM % 10000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	printf '%s' "$port"
}

listening()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

start_nghttpx()
{
	# shellcheck disable=SC2016
	local format='$alpn $remote_port $status $request'

	background nghttpx --conf=/dev/null --frontend="127.0.0.1,$PORT" --backend="127.0.0.1,$SIM_PORT" \
		--workers=1 --no-ocsp --errorlog-file="$WORK/errors" --accesslog-file="$ACCESS" \
		--accesslog-format="$format" "$WORK/server.key" "$WORK/server.pem"
	wait_for nghttpx listening
}

PORT=$(free_port)
ACCESS=$WORK/access
start_nghttpx

# The access log since the last time: "protocol port status request"; a line
# comes when the answer has been sent.
SEEN=0
entries()
{
	tail -n "+$((SEEN + 1))" "$ACCESS"
}

has_entries()
{
	[ "$(entries | wc -l)" -ge "$1" ]
}

forget_entries()
{
	SEEN=$(wc -l <"$ACCESS")
}

column()
{
	entries | awk -v n="$1" '{ print $n }' | sort -u | paste -sd' '
}

cars
q "ALTER SERVER sim OPTIONS (SET base_url 'https://127.0.0.1:$PORT/connectedcar/v4', ADD ca_file '$WORK/server.pem')"
expected=$(psql -XAtq -c "ALTER SERVER sim OPTIONS (SET base_url '$SIM_URL')" -c 'SELECT count(*) FROM cars.trips' \
	-c "ALTER SERVER sim OPTIONS (SET base_url 'https://127.0.0.1:$PORT/connectedcar/v4')")

# ---- one connection ----

open_session a
forget_log
forget_entries
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'the same rows as over HTTP/1.1'
requests=$(asked)
wait_for "$requests lines in the log" has_entries "$requests"
is "$(column 1)" h2 'each request arrives by HTTP/2'
is "$(column 2 | wc -w)" 1 'over one connection'
is "$(most_at_once)" 8 'eight at once'
port=$(column 2)

forget_entries
for ((i = 0; i < 20; i++)); do printf 'SELECT count(*) FROM cars.maintenance;\n'; done >"$WORK/twenty.sql"
run a "\\i $WORK/twenty.sql"
unlike "$SAID" ERROR 'twenty queries'
wait_for 'lines in the log' has_entries 20
is "$(column 2)" "$port" 'over the same connection'

# ---- a stream that ends before its time ----

# Faults work on requests as the simulator gets them, over HTTP/1.1.
open_session control
for kind in '{"kind": "stall", "ms": -1}' '{"kind": "drip", "bytes": 20, "ms": 10}'; do
	fault /trips "$kind"
	forget_entries
	send a 'SELECT count(*) FROM cars.trips;'
	wait_for 'the query to wait' waiting "${BACKEND[a]}"
	sleep 0.3
	start=$(now_us)
	send control "SELECT pg_cancel_backend(${BACKEND[a]});"
	await a
	took=$((SAID_AT - start))
	is "$SQLSTATE" 57014 "cancelled amid $kind"
	diag "$((took / 1000)) ms"
	await control
	heal
	run a 'SELECT count(*) FROM cars.trips;'
	is "$SQLSTATE $SAID" "00000 $expected" 'the next query works'
	wait_for 'lines in the log' has_entries "$requests"
	is "$(column 2)" "$port" 'over the same connection'
done

# one of eight fails: the others' connection stays
fault /trips '{"kind": "status", "status": 500}' '"skip": 4, "times": 1'
q "ALTER SERVER sim OPTIONS (ADD retries '0')"
forget_entries
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE" HV00L 'one answer of many is an error'
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'the next query works'
wait_for 'lines in the log' has_entries "$requests"
is "$(column 2)" "$port" 'over the same connection'

# ---- two cursors on one connection ----

forget_entries
run a BEGIN\; 'DECLARE c CURSOR FOR SELECT vehicle_id FROM cars.trips;' \
	'DECLARE d CURSOR FOR SELECT vehicle_id FROM cars.trips;' 'FETCH 1 FROM c;' 'FETCH 1 FROM d;' \
	'CLOSE c;' 'FETCH ALL FROM d;' 'COMMIT;'
is "$SQLSTATE $(wc -l <<<"$SAID")" "00000 $((expected + 1))" 'a cursor that is closed amid its requests leaves the other alone'
is "$(column 2)" "$port" 'over the same connection'

# ---- the server hangs up ----

forget_entries
kill "${BACKGROUND[0]}"
wait "${BACKGROUND[0]}" || :
run a 'SELECT count(*) FROM cars.trips;'
like "$SQLSTATE" '^0800[16]$' 'nghttpx is gone'
start_nghttpx
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'and back: the session works'

done_testing
