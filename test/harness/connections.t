#!/bin/bash
#
# connections.t
#	Connections are few and reused, and replaced where the server does not keep
#	them.  (What is left behind by queries that fail, and connections that die:
#	test/faults/leaks.t and server.t.)
#
#	simulator: --vehicles 20 --page-size 10

. test/harness/tap.sh
. test/harness/session.sh

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

done_testing
