#!/bin/bash
#
# parallel.t
#	Many scans at once: of ten backends, of two sessions, of one query, of the
#	functions that it calls, of cursors that are read in turn; and an error in
#	one of them is not the others'.
#
#	simulator: --vehicles 8 --page-size 7 --latency-ms 5

. test/harness/tap.sh
. test/harness/session.sh

PSQLS=10

cars
ID1=$(vehicle_id 1)
ID2=$(vehicle_id 2)

# What the tables hold, according to the simulator itself.
world_count()
{
	sim world | jq "[.vehicles[] | .$1 | length] | add"
}
TRIPS=$(world_count trips)
TRIPS1=$(sim world | jq '.vehicles[0].trips | length')
TRIPS2=$(sim world | jq '.vehicles[1].trips | length')

# ---- ten backends ----

cat >"$WORK/mixed.sql" <<SQL
	SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) FROM cars.trips;
	SELECT count(*), md5(string_agg(t::text, ',' ORDER BY vin)) FROM cars.status AS t;
	SELECT vin, count(*), round(sum(distance_km)::numeric, 3) FROM cars.trips GROUP BY vin ORDER BY vin;
	SELECT v.vin, count(t.id), count(DISTINCT p.recorded_at) FROM cars.vehicles AS v
		LEFT JOIN cars.trips AS t ON t.vehicle_id = v.id LEFT JOIN cars.positions AS p ON p.vehicle_id = v.id
		GROUP BY v.vin ORDER BY v.vin;
	SELECT count(*) FROM cars.alerts;
SQL
"$PG_BINDIR/psql" -XAtq -f "$WORK/mixed.sql" >"$WORK/expected" 2>&1
is "$(head -n 1 "$WORK/expected" | cut -d'|' -f1)" "$TRIPS" 'one backend counts as many trips as there are'
pids=()
for ((i = 0; i < PSQLS; i++)); do
	"$PG_BINDIR/psql" -XAtq -f "$WORK/mixed.sql" >"$WORK/got.$i" 2>&1 &
	pids+=($!)
done
wait "${pids[@]}"
for ((i = 0; i < PSQLS; i++)); do
	ok "backend $i of $PSQLS at once has the same rows" cmp "$WORK/expected" "$WORK/got.$i"
done

# ---- two sessions, one of which is waiting ----

open_session a
open_session b
fault /alerts '{"kind": "stall", "ms": -1}'
send a 'SELECT count(*) FROM cars.alerts;'
wait_for 'the first to wait' waiting "${BACKEND[a]}"
run b 'SELECT count(*) FROM cars.trips;'
is "$SQLSTATE $SAID" "00000 $TRIPS" 'a session works while another one waits'
heal
await a
is "$SQLSTATE $SAID" "00000 $(world_count alerts)" 'which then gets its answer'

# ---- parallel query: the scan is the leader's ----

run a 'SET force_parallel_mode = on;' 'SET debug_parallel_query = on;' 'SET parallel_setup_cost = 0;' 'SET parallel_tuple_cost = 0;' \
	'SELECT count(*) FROM cars.trips;' 'RESET ALL;'
is "$SQLSTATE ${SAID##*$'\n'}" "00000 $TRIPS" 'under a planner that wants workers'

# ---- scans within scans ----

q "CREATE FUNCTION trips_of(vehicle text) RETURNS bigint LANGUAGE plpgsql
		AS 'BEGIN RETURN (SELECT count(*) FROM cars.trips WHERE vehicle_id = vehicle); END'" \
	-c "CREATE FUNCTION fails_for(vehicle text) RETURNS bigint LANGUAGE plpgsql
		AS 'BEGIN RETURN (SELECT count(*) FROM cars.maintenance WHERE vehicle_id = vehicle);
			EXCEPTION WHEN OTHERS THEN RETURN -1; END'"
NESTED='SELECT vin, trips_of(id) FROM cars.vehicles ORDER BY vin;'
run a "$NESTED"
is "$SQLSTATE $SAID" "00000 $(q 'SELECT vin, count(*) FROM cars.trips GROUP BY vin
	UNION ALL SELECT vin, 0 FROM cars.vehicles WHERE id NOT IN (SELECT vehicle_id FROM cars.trips) ORDER BY vin')" \
	'a function that scans, for each row of a scan'

# a row of the outer scan, then all of an inner one, with the outer's requests under way
sim config '{"page_size": 20}' >/dev/null
run a "SELECT count(*), sum(n) FROM (SELECT id, trips_of('$ID2') AS n FROM cars.trips WHERE vehicle_id = '$ID1' OFFSET 0) AS t;"
is "$SQLSTATE $SAID" "00000 $TRIPS1|$((TRIPS1 * TRIPS2))" 'the same while later pages of the outer scan are asked for'
sim config '{"page_size": 7}' >/dev/null

fault 'VR3UHZKXZPT000002/maintenance' '{"kind": "status", "status": 400}'
run a "SELECT vin, fails_for(id) FROM cars.vehicles WHERE vin IN ('VR3UHZKXZPT000001', 'VR3UHZKXZPT000002') ORDER BY vin;"
is "$SQLSTATE $SAID" '00000 VR3UHZKXZPT000001|1
VR3UHZKXZPT000002|-1' 'an inner scan whose error is caught leaves the outer one alone'
run a "SELECT count(*), count(*) FILTER (WHERE n = -1) FROM
	(SELECT id, fails_for(vehicle_id) AS n FROM cars.trips WHERE vehicle_id IN ('$ID1', '$ID2') OFFSET 0) AS t;"
is "$SQLSTATE $SAID" "00000 $((TRIPS1 + TRIPS2))|$TRIPS2" 'also between its pages'
heal

# ---- cursors ----

run a 'BEGIN;' "DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = '$ID1';" \
	"DECLARE d CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = '$ID2';"
for ((i = 0; i < 8; i++)); do printf 'FETCH 3 FROM c;\nFETCH 4 FROM d;\n'; done >"$WORK/turns.sql"
run a "\\i $WORK/turns.sql"
one=$(awk '(NR - 1) % 7 < 3' <<<"$SAID" | sort -u)
two=$(awk '(NR - 1) % 7 >= 3' <<<"$SAID" | sort -u)
run a 'FETCH ALL FROM d;'
two=$(printf '%s\n%s\n' "$two" "$SAID" | sort)
run a 'FETCH ALL FROM c;' 'COMMIT;'
one=$(printf '%s\n%s\n' "$one" "$SAID" | sort)
is "$one" "$(sim world | jq -r '.vehicles[0].trips[].id' | sort)" 'two cursors in turn: the first has its rows'
is "$two" "$(sim world | jq -r '.vehicles[1].trips[].id' | sort)" 'and the second its own'

# an error in one, within a savepoint
fault 'VR3UHZKXZPT000002/trips' '{"kind": "bad_json"}' '"page": 3'
run a 'BEGIN;' "DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = '$ID1';" \
	"DECLARE d CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = '$ID2';" \
	'FETCH 3 FROM c;' 'FETCH 3 FROM d;'
is "$(wc -l <<<"$SAID")" 6 'two cursors begin'
run a 'SAVEPOINT s;' 'FETCH ALL FROM d;'
is "$SQLSTATE" 08P01 'the one breaks'
run a 'ROLLBACK TO s;' 'FETCH ALL FROM c;'
is "$SQLSTATE $(wc -l <<<"$SAID")" "00000 $((TRIPS1 - 3))" 'the other has all of its rows'
run a 'FETCH 1 FROM d;'
unlike "$SQLSTATE" 00000 'the broken one stays so: a short result is none'
run a 'ROLLBACK;'
heal

# a cursor that was declared within a savepoint goes with it, its requests too
run a 'BEGIN;' "DECLARE c CURSOR FOR SELECT id FROM cars.trips;" 'FETCH 1 FROM c;' 'SAVEPOINT s;' \
	"DECLARE d CURSOR FOR SELECT id FROM cars.trips;" 'FETCH 1 FROM d;' 'ROLLBACK TO s;'
forget_log
run a 'FETCH ALL FROM c;' 'COMMIT;'
is "$SQLSTATE $(wc -l <<<"$SAID")" "00000 $((TRIPS - 1))" 'a cursor goes on after another was rolled back'

# first read within a savepoint that is rolled back
run a 'BEGIN;' "DECLARE c CURSOR FOR SELECT id FROM cars.trips;" 'SAVEPOINT s;' 'FETCH 1 FROM c;' 'ROLLBACK TO s;' \
	'FETCH ALL FROM c;' 'COMMIT;'
is "$SQLSTATE $(wc -l <<<"$SAID")" "00000 $TRIPS" 'so does one that was first read within what is rolled back'

run a 'BEGIN;' 'DECLARE c CURSOR WITH HOLD FOR SELECT id FROM cars.trips;' 'COMMIT;' 'FETCH ALL FROM c;' 'CLOSE c;'
is "$SQLSTATE $(wc -l <<<"$SAID")" "00000 $TRIPS" 'a cursor that is held survives its transaction'

# ---- the same table many times in one query ----

run a "SELECT count(*) FROM cars.trips AS a JOIN cars.trips AS b USING (id) JOIN cars.trips AS c USING (id);"
is "$SQLSTATE $SAID" "00000 $TRIPS" 'a table joined with itself'
run a "SELECT count(*) FROM (SELECT id FROM cars.trips UNION ALL SELECT id FROM cars.trips) AS t;"
is "$SQLSTATE $SAID" "00000 $((TRIPS * 2))" 'and appended to itself'

done_testing
