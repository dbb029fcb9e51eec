#!/bin/bash
#
# streaming.t
#	Rows come while later pages are still to be asked for; what is not read is
#	not asked for; and a scan of any length takes bounded memory.
#
#	simulator: --vehicles 12 --telemetry 1000 --page-size 10

. test/harness/tap.sh
. test/harness/session.sh

LATENCY=100

cars
ID=$(vehicle_id 1)
open_session a

# timed SQL...: by session a; how long it took, in milliseconds, in TOOK
timed()
{
	local start

	start=$(now_us)
	run a "$@"
	TOOK=$(((SAID_AT - start) / 1000))
}

# quick WORST COMMAND...: some tries to get TOOK within that; the best counts.
# With sanitizers nothing is quick.
quick()
{
	local i best=999999

	for ((i = 0; i < 5 && best > $1; i++)); do
		"${@:2}"
		if [ "$TOOK" -lt "$best" ]; then best=$TOOK; fi
	done
	TOOK=$best
	[ "$best" -le "$1" ] || [ -n "${SANITIZED:-}" ]
}

# ---- the first row ----

sim config "{\"latency_ms\": $LATENCY}" >/dev/null
run a 'SELECT count(*) FROM cars.account;'
SCAN="SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = '$ID'"

one_request()
{
	timed 'SELECT email FROM cars.account;'
}
first_row()
{
	timed "BEGIN; DECLARE c CURSOR FOR $SCAN; FETCH 1 FROM c;"
	run a 'ROLLBACK;'
}
limited()
{
	timed "$SCAN LIMIT 1;"
}

quick 0 one_request || :
one=$TOOK
ok 'one request takes a latency' [ "$one" -ge $LATENCY ]
ok 'so does the first row of a hundred pages' quick $((one * 3 / 2)) first_row
diag "one request: $one ms, the first row: $TOOK ms"
ok 'and that of LIMIT 1' quick $((one * 3 / 2)) limited
diag "LIMIT 1: $TOOK ms"

# ---- ahead by one page, and no more ----

forget_log
run a 'BEGIN;' "DECLARE c CURSOR FOR $SCAN;"
is "$(asked)" 0 'a cursor that is only declared asks for nothing'
run a 'FETCH 1 FROM c;'
sleep 0.4
is "$(asked)" 2 'while the first page is read the second is asked for'
run a 'MOVE 9 IN c;'
sleep 0.3
is "$(asked)" 2 'and nothing else'
run a 'FETCH 1 FROM c;'
sleep 0.3
is "$(asked)" 3 'the third once the second is begun'
run a 'MOVE 20 IN c;'
sleep 0.3
is "$(asked)" 5 'and so on'
run a 'CLOSE c;' 'COMMIT;'
sleep 0.3
is "$(asked)" 5 'a cursor that is closed asks for nothing more'

forget_log
timed "$SCAN LIMIT 25;"
ok 'LIMIT 25 asks for three or four pages of ten' [ "$(asked)" -le 4 ]
forget_log
timed "$SCAN LIMIT 0;"
is "$(asked)" 0 'LIMIT 0 for none'

# The time to decode is hidden behind the latency of the next page: the pages
# of a scan take hardly more than their latencies.
twenty_pages()
{
	timed "SELECT count(*) FROM ($SCAN OFFSET 0 LIMIT 200) AS t;"
}
ok 'twenty pages take hardly more than twenty latencies' quick $((LATENCY * 20 * 13 / 10)) twenty_pages
diag "$TOOK ms"

# ---- many vehicles ----

# Requests of the cursor's scan, less the listing of vehicles.
window()
{
	echo $(($(sim 'log?format=text' | grep -vc 'user/vehicles?' || :)))
}

all_windows()
{
	local concurrency

	for concurrency in 1 4; do
		q "ALTER SERVER sim OPTIONS ($1 concurrency '$concurrency')"
		set -- SET
		forget_log
		run a 'BEGIN;' 'DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry;' 'FETCH 1 FROM c;'
		sleep 1
		diag "concurrency $concurrency: $(window) requests"
		ok "a cursor over many vehicles that nobody reads asks for its window only, $concurrency" \
			[ "$(window)" -le $((concurrency + 1)) ]
		before=$(window)
		sleep 0.5
		is "$(window)" "$before" 'and then for nothing'
		run a 'MOVE 100 IN c;'
		ok 'read on, it asks on' [ "$(window)" -gt "$before" ]
		run a 'ROLLBACK;'
	done
}
all_windows ADD
q "ALTER SERVER sim OPTIONS (SET concurrency '8')"

# A vehicle on the listing's second page does not begin when all others end.
forget_log
run a "SELECT count(recorded_at) FROM cars.telemetry WHERE recorded_at > '2026-02-27';"
is "$(sim 'log?format=text&ids=short' | grep -m 1 page2 | grep -o '^GET /user/vehicles?')" 'GET /user/vehicles?' \
	'the listing goes on before a second page of rows'
forget_log
run a 'SELECT recorded_at FROM cars.telemetry LIMIT 1;'
is "$(asked)" 2 'but not before the first row, which may be enough'

# a row comes with the first answer, not with the slowest vehicle's
fault /telemetry '{"kind": "stall", "ms": 3000}' '"skip": 3, "times": 1'
timed 'BEGIN; DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry; FETCH 30 FROM c;'
run a 'ROLLBACK;'
ok 'rows do not wait for the slowest vehicle' [ "$TOOK" -lt 2500 ]
heal

# ---- memory ----

# Sanitizers take some, too.
FACTOR=$([ -z "${SANITIZED:-}" ] && echo 1 || echo 2)

start_simulator memory --vehicles 8 --telemetry 200000
q "ALTER SERVER sim OPTIONS (SET base_url '$SIM_URL')"
ID=$(vehicle_id 1)

# grown SQL: kB at the peak beyond what the backend had before
grown()
{
	local pid

	close_session a
	open_session a
	run a "SELECT count(*) FROM cars.telemetry WHERE vehicle_id = '$ID' AND recorded_at > '2026-02-28';"
	pid=${BACKEND[a]}
	before=$(status_kb "$pid" VmRSS)
	echo 5 >"/proc/$pid/clear_refs"
	run a "$1"
	GROWN=$(($(status_kb "$pid" VmHWM) - before))
}

grown "SELECT count(recorded_at), count(latitude), count(odometer_km), count(doors_open)
	FROM cars.telemetry WHERE vehicle_id = '$ID';"
is "$SQLSTATE ${SAID%%|*}" '00000 200000' '200 000 rows'
diag "peak: $GROWN kB more"
ok 'take less than 24 MB' [ "$GROWN" -lt $((24576 * FACTOR)) ]
grown "SELECT count(recorded_at) FROM cars.telemetry WHERE recorded_at > '2026-02-26';"
is "$SQLSTATE" 00000 'eight vehicles at once'
diag "$SAID rows; peak: $GROWN kB more"
ok 'take less than 64 MB' [ "$GROWN" -lt $((65536 * FACTOR)) ]
run a 'BEGIN;' 'DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry;' 'FETCH 1 FROM c;'
sleep 1
diag "unread: $(($(status_kb "${BACKEND[a]}" VmRSS) - before)) kB more"
ok 'a cursor over them that nobody reads, too' [ "$(status_kb "${BACKEND[a]}" VmRSS)" -lt $((before + 65536 * FACTOR)) ]
run a 'COMMIT;'
stop_simulator memory

done_testing
