#!/bin/bash
#
# connections.t
#	Connections are few and reused; one that has died while nobody looked is
#	replaced; nothing is left behind by queries that fail.  SOAK=N repeats that
#	last part N times.
#
#	simulator: --vehicles 20 --page-size 10 --telemetry 3000

. test/harness/tap.sh
. test/harness/session.sh

SOAK=${SOAK:-1}
QUERIES=200
NAME=connections

# A simulator of our own, with the file's knobs, to be killed and started again
# at the same port.
another()
{
	start_simulator $NAME --vehicles 20 --page-size 10 --telemetry 3000 --port "${1:-0}"
}

# ends it like a crash
kill_simulator()
{
	local pid

	pid=$(cat "$RUN/simulator/$NAME/pid")
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || :
}

connections_used()
{
	sim log | jq '[.[].connection] | unique | length'
}

set_option()
{
	q "ALTER SERVER sim OPTIONS ($1)"
}

# ---- how many ----

cars
ID=$(vehicle_id 1)
sim config '{"latency_ms": 30}' >/dev/null
forget_log
open_session a
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE" 00000 'all trips of 20 cars'
is "$(most_at_once)" 8 'eight requests at once, as option concurrency says by default'
ok 'over as many connections' [ "$(connections_used)" -le 8 ]

for n in 1 3; do
	close_session a
	[ $n != 1 ] || set_option "ADD concurrency '1'"
	[ $n = 1 ] || set_option "SET concurrency '$n'"
	forget_log
	open_session a
	run a 'SELECT count(*) FROM cars.maintenance;'
	is "$(most_at_once)" $n "concurrency $n: requests at once"
	ok "concurrency $n: connections" [ "$(connections_used)" -le $n ]
done
set_option "SET concurrency '8'"

close_session a
forget_log
open_session a
run a 'SET stellantis_fdw.max_concurrency = 2;' 'SELECT count(*) FROM cars.maintenance;'
is "$SQLSTATE $(most_at_once)" '00000 2' 'stellantis_fdw.max_concurrency bounds the whole backend'
forget_log
run a 'SELECT count(*) FROM cars.maintenance AS m JOIN cars.status AS s USING (vehicle_id);'
is "$SQLSTATE $(most_at_once)" '00000 2' 'over the scans of a join, too'

# ---- reused ----

sim config '{"latency_ms": 0}' >/dev/null
close_session a
forget_log
open_session a
for ((i = 0; i < 100; i++)); do
	case $((i % 4)) in
		0) printf 'SELECT count(*) FROM cars.positions;\n' ;;
		1) printf 'SELECT count(*) FROM cars.trips WHERE vehicle_id = %s;\n' "'$ID'" ;;
		2) printf 'SELECT * FROM cars.vehicles LIMIT 1;\n' ;;
		3) printf 'SELECT 1 FROM cars.status WHERE vin = %s;\n' "'VR3UHZKXZPT000001'" ;;
	esac
done >"$WORK/hundred.sql"
run a "\\i $WORK/hundred.sql"
unlike "$SAID" ERROR '100 queries in a session'
used=$(connections_used)
diag "$(asked) requests over $used connections"
ok '100 queries in a session share eight connections' [ "$used" -le 8 ]

# a connection that the server does not keep is simply replaced
fault . '{"kind": "close"}'
run a 'SELECT count(*) FROM cars.positions;' 'SELECT count(*) FROM cars.vehicles;'
is "$SQLSTATE ${SAID##*$'\n'}" '00000 20' 'a server that closes each connection'
heal

# ---- what is left behind ----

# One vehicle's trips are the target, so that a fault strikes at once.
cat >"$WORK/fail.sql" <<-SQL
	SELECT count(*) FROM cars.trips WHERE vehicle_id = '$ID';
SQL
CANCEL="SET statement_timeout = 15; SELECT count(*) FROM cars.trips; RESET statement_timeout;"

# failing N: queries that fail in five ways, each meeting the next rule
failing()
{
	local i

	for ((i = 0; i < $1; i++)); do cat "$WORK/fail.sql"; done >"$WORK/failing.sql"
	heal
	for ((i = 0; i < $1; i += 5)); do
		printf '%s\n' '{"kind": "status", "status": 500}' '{"kind": "reset_body", "bytes": 9}' '{"kind": "bad_json"}' \
			'{"kind": "truncate", "bytes": 50}' '{"kind": "content_type", "value": "text/html"}'
	done | jq -c '{match: "/trips", times: 1, fault: .}' | jq -cs . >"$WORK/faults"
	curl -fsS -o "$WORK/answer" -H 'Content-Type: application/json' --data-binary "@$WORK/faults" "$SIM_CONTROL/faults"
	run a "\\i $WORK/failing.sql"
	FAILED=$(grep -c 'ERROR:  ' <<<"$SAID" || :)
}

# cancelled N: so many amid a stall, so many amid a drip
cancelled()
{
	local i kind

	heal
	for ((i = 0; i < $1; i++)); do printf '%s\n' "$CANCEL"; done >"$WORK/cancelled.sql"
	FAILED=0
	for kind in '{"kind": "stall", "ms": -1}' '{"kind": "drip", "bytes": 10, "ms": 5}'; do
		fault /trips "$kind" '"skip": 3'
		run a "\\i $WORK/cancelled.sql"
		FAILED=$((FAILED + $(grep -c 'ERROR:  57014' <<<"$SAID" || :)))
		heal
	done
}

settle()
{
	run a 'SELECT count(*) FROM cars.trips;'
}

set_option "ADD retries '0'"
close_session a
open_session a
pid=${BACKEND[a]}
failing 50
cancelled 25
settle
files=$(descriptors "$pid")
memory=$(status_kb "$pid" RssAnon)
for ((round = 1; round <= SOAK; round++)); do
	failing $QUERIES
	is "$FAILED" $QUERIES "$QUERIES queries fail"
	cancelled $((QUERIES / 2))
	is "$FAILED" $QUERIES "$QUERIES queries are cancelled"
done
settle
is "$SQLSTATE" 00000 'the session works afterwards'
ok 'with no more descriptors than before' [ "$(descriptors "$pid")" -le "$files" ]
diag "descriptors: $files, then $(descriptors "$pid"); memory: $memory kB, then $(status_kb "$pid" RssAnon) kB"
ok 'and no more memory' [ "$(status_kb "$pid" RssAnon)" -le $((memory + 1024)) ]
settled()
{
	# one of them is the question's own
	[ "$(sim stats | jq .open_connections)" -le 9 ]
}
ok 'the server has no more connections than that' wait_for 'connections to close' settled
close_session a

# ---- while a cursor is idle ----

another
q "ALTER SERVER sim OPTIONS (SET base_url '$SIM_URL')"
open_session a
run a 'SELECT count(*) FROM cars.trips;'
expected=$SAID
run a 'BEGIN;' 'DECLARE c CURSOR FOR SELECT id FROM cars.trips;' 'FETCH 5 FROM c;'
is "$SQLSTATE $(wc -l <<<"$SAID")" '00000 5' 'a cursor begins'
kill_simulator
another "$SIM_PORT"
sleep 1.5
run a 'MOVE 40 IN c;' 'FETCH ALL FROM c;' 'COMMIT;'
is "$SQLSTATE $(wc -l <<<"$SAID")" "00000 $((expected - 45))" \
	'it goes on, although the server has meanwhile closed all connections'

# The second page is asked for when the first is begun; it ends while nobody
# waits for it.  With option retries 0 (see above) nothing else is repeated.
fault /telemetry '[{"kind": "stall", "ms": 500}, {"kind": "reset"}]' '"page": 2, "times": 1'
forget_log
run a 'BEGIN;' "DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = '$ID';" 'FETCH 5 FROM c;'
sleep 2
run a 'FETCH 20 FROM c;' 'COMMIT;'
is "$SQLSTATE $(wc -l <<<"$SAID")" '00000 20' 'a request that died while its cursor was idle is repeated'
like "$(sim 'log?format=text&ids=short')" 'pageToken=page2 0.*pageToken=page2 200' 'as the server saw'
heal
# for ever: libcurl itself asks again when a connection that it reuses turns out dead
fault /telemetry '{"kind": "reset"}' '"page": 2'
run a "SELECT count(recorded_at) FROM cars.telemetry WHERE vehicle_id = '$ID' AND recorded_at > '2026-02-28';"
is "$SQLSTATE" 08006 'while one that died under our eyes is not'
heal

# ---- a server dies, and returns ----

kill_simulator
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE" 08001 'a server that is not there'
like "$SAID" '[Cc]onnect' 'the message speaks of the connection'
another "$SIM_PORT"
run a 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $expected" 'it is back: the same session works'

# amid a scan that is being waited for
sim config '{"latency_ms": 100}' >/dev/null
send a 'SELECT count(*) FROM cars.trips;'
sleep 0.25
kill_simulator
await a
like "$SQLSTATE" '^0800[16]$' 'a server that dies amid a scan'

set_option "SET retries '5'"
another "$SIM_PORT"
sim config '{"latency_ms": 100}' >/dev/null
send a 'SELECT count(*) FROM cars.trips;'
sleep 0.25
kill_simulator
another "$SIM_PORT"
await a
is "$SQLSTATE $SAID" "00000 $expected" 'with retries, one that dies and returns amid a scan'
stop_simulator $NAME

done_testing
