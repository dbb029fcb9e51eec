#!/bin/bash
#
# fleet.t
#	Two hundred accounts in one query: all are asked at once, within
#	stellantis_fdw.max_concurrency; none waits for a slow one; and whatever
#	ends the query ends it while all of them are pending.
#
#	simulator: --vehicles 400 --accounts 200 --days 3

. test/harness/tap.sh
. test/harness/session.sh

ACCOUNTS=200

accounts()
{
	q 'CREATE EXTENSION stellantis_fdw' -c 'CREATE SCHEMA fleet' -c 'CREATE SCHEMA parts' -c "
		SELECT stellantis.add_account('a' || i, '{\"brand\": \"peugeot\", \"client_id\": \"$SIM_CLIENT_ID\", \"base_url\": \"$SIM_URL\", \"retries\": 0}',
									  'fleet', '{vehicles,status,trips}')
		  FROM generate_series(1, $ACCOUNTS) AS i" -c "DO \$\$
	BEGIN
		FOR i IN 1 .. $ACCOUNTS LOOP
			EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER %I OPTIONS (access_token %L)', 'a' || i, '$SIM_TOKEN-' || i);
		END LOOP;
	END \$\$" >"$WORK/added"
}

stat()
{
	sim stats | jq ".$1"
}

# The nodes of a plan that match.
nodes()
{
	run s "EXPLAIN (COSTS OFF) $2;"
	grep -c "$1" <<<"$SAID" || :
}

# in a cluster of its own: so many new tables make all sessions of one forget
# what they know, and other tests count on that
start_cluster fleet
accounts
open_session s
open_session control
run s "SET stellantis_fdw.max_requests = 100000;" "SET statement_timeout = '50 s';"

# A UNION ALL of all accounts' tables, which are no partitions.
union_all()
{
	local i

	printf 'SELECT account, %s FROM fleet_accounts.%s_a1' "$2" "$1"
	for ((i = 2; i <= ACCOUNTS; i++)); do printf ' UNION ALL SELECT account, %s FROM fleet_accounts.%s_a%d' "$2" "$1" $i; done
}

# ---- all at once, within the budget ----

CARS='SELECT count(*), count(DISTINCT account), count(DISTINCT vin) FROM fleet.vehicles'
is "$(nodes 'Async Foreign Scan' "$CARS")" $ACCOUNTS 'all partitions are asked at once'
is "$(nodes 'Async Foreign Scan' "SELECT count(*) FROM ($(union_all vehicles vin)) AS u")" $ACCOUNTS 'and all members of a UNION ALL'
is "$(asked)" 0 'which the planner only says, and nobody has asked before'
sim config '{"latency_ms": 20}' >/dev/null
forget_log
run s "$CARS;"
is "$SQLSTATE $SAID" '00000 400|200|400' 'each account has its cars'
is "$(asked)" $ACCOUNTS 'and is asked once'
is "$(stat most_at_once)" 64 'as many at once as max_concurrency says'
run s 'SET stellantis_fdw.max_concurrency = 7;'
forget_log
run s "SELECT count(*), count(DISTINCT account) FROM ($(union_all trips id)) AS u;"
TRIPS=$SAID
is "$TRIPS" "$(sim world | jq '[.vehicles[].trips | length] | add')|$ACCOUNTS" 'trips of a UNION ALL: all, of all accounts'
is "$(asked)" $((ACCOUNTS + 400)) 'a listing of each account, and each car'
is "$(stat most_at_once)" 7 'a smaller max_concurrency'
run s 'SET stellantis_fdw.max_concurrency = 1;'
sim config '{"latency_ms": 0}' >/dev/null
forget_log
run s "SELECT count(*), count(DISTINCT account) FROM fleet.trips;"
is "$SAID $(stat most_at_once)" "$TRIPS 1" 'one at a time'
run s 'RESET stellantis_fdw.max_concurrency;'
run s "SELECT md5(string_agg(account || vin || id, ',' ORDER BY account, vin, id)) FROM fleet.trips;"
ROWS=$SAID
run s 'SET enable_async_append = off;' "SELECT md5(string_agg(account || vin || id, ',' ORDER BY account, vin, id)) FROM fleet.trips;" \
	'RESET enable_async_append;'
is "$ROWS" "$SAID" 'the same rows as one account after the other'
run s 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT vin FROM fleet.vehicles;'
is "$(grep -Ec 'Async Foreign Scan .*rows=2(\.00)? loops=1' <<<"$SAID") $(grep -c 'Requests: 1$' <<<"$SAID")" "$ACCOUNTS $ACCOUNTS" 'EXPLAIN ANALYZE counts the rows of each'
run s 'SET stellantis_fdw.max_requests = 150;' "$CARS;" 'SET stellantis_fdw.max_requests = 100000;'
like "$SAID" 'ERROR:  53400: .*more than 150 requests' 'max_requests counts over all accounts'

# ---- no more than needed ----

forget_log
run s 'SELECT account FROM fleet.vehicles LIMIT 2;'
is "$(wc -l <<<"$SAID") $(asked)" '2 1' 'a LIMIT that the first account can satisfy asks no other'
is "$(nodes 'Async Foreign Scan' 'SELECT account FROM fleet.vehicles LIMIT 2')" 0 'so they are not asked at once'
forget_log
run s 'SELECT account, vin FROM fleet.vehicles ORDER BY vin DESC LIMIT 2;'
is "$SQLSTATE $(asked)" "00000 $ACCOUNTS" 'with an ORDER BY all must be'
forget_log
run s "SELECT count(*) FROM fleet.vehicles WHERE account = 'a17';"
is "$SAID $(asked)" '2 1' 'an account that is named is asked alone'
forget_log
run s "SELECT count(*) FROM ($(union_all vehicles vin)) AS u WHERE account IN ('a17', 'a180', 'nobody');"
is "$SAID $(asked)" '4 2' 'so it is in a UNION ALL'
run s "PREPARE p (text) AS SELECT count(*) FROM fleet.vehicles WHERE account = \$1;" 'SET plan_cache_mode = force_generic_plan;'
forget_log
run s "EXECUTE p ('a3');"
is "$SAID $(asked)" '2 1' 'by a parameter'
run s "EXPLAIN (COSTS OFF) EXECUTE p ('a3');" 'RESET plan_cache_mode;'
like "$SAID" 'Subplans Removed: 199' 'which prunes when the query begins'
forget_log
run s "SELECT count(v.vin) FROM (VALUES ('a5'), ('a6')) AS w (a), LATERAL (SELECT vin FROM fleet.vehicles WHERE account = w.a OFFSET 0) AS v;"
is "$SAID $(asked)" '4 2' 'by an outer row'

for order in 'vehicles trips status' 'status trips vehicles' 'status status status'; do
	read -r one two three <<<"$order"
	UNION="SELECT vin FROM fleet_accounts.${one}_a9 UNION ALL SELECT vin FROM fleet_accounts.${two}_a9 UNION ALL SELECT vin FROM fleet_accounts.${three}_a9"
	forget_log
	run s "SELECT count(*) > 5, count(DISTINCT vin) FROM ($UNION) AS u;"
	is "$SQLSTATE $SAID $(asked)" "00000 t|2 $((1 + 2 * $(tr ' ' '\n' <<<"$order" | sort -u | grep -vc vehicles)))" "several tables of an account share what they ask: $order"
done

# ---- in order ----

# pages OPTION: of all tables of trips
pages()
{
	q "DO \$\$ BEGIN FOR i IN 1 .. $ACCOUNTS LOOP
			EXECUTE format('ALTER FOREIGN TABLE fleet_accounts.%I OPTIONS ($1)', 'trips_a' || i);
		END LOOP; END \$\$"
}

# several pages for each car, so that the newest can be had for less than all
pages "ADD page_size ''3''"
run s 'SET enable_sort = off;'

ORDERED='FROM fleet.trips WHERE started_at IS NOT NULL AND distance_km > 0 ORDER BY started_at DESC'
PLAIN='FROM (SELECT * FROM fleet.trips OFFSET 0) AS t WHERE started_at IS NOT NULL AND distance_km > 0 ORDER BY started_at DESC'
is "$(nodes 'Merge Append' "SELECT started_at $ORDERED LIMIT 10")" 1 'the newest of all accounts are merged'
sim config '{"latency_ms": 20}' >/dev/null
forget_log
run s "SELECT array_agg(started_at) FROM (SELECT started_at $ORDERED LIMIT 10) AS t;"
MERGED="$SQLSTATE $SAID"
is "$(stat most_at_once)" 64 'each is not waited for before the next is asked'
run s "SELECT array_agg(started_at) FROM (SELECT started_at $PLAIN LIMIT 10) AS t;"
is "$MERGED" "00000 $SAID" 'and they are the newest'
sim config '{"latency_ms": 0}' >/dev/null
run s "SELECT count(*), md5(string_agg(started_at::text || account, ',')) FROM (SELECT started_at, account FROM (SELECT * $ORDERED LIMIT 100000) AS u ORDER BY started_at, account) AS t;"
MERGED="$SQLSTATE $SAID"
run s "SELECT count(*), md5(string_agg(started_at::text || account, ',')) FROM (SELECT started_at, account FROM (SELECT * $PLAIN) AS u ORDER BY started_at, account) AS t;"
is "$MERGED" "00000 $SAID" 'to the last one'
for of in ORDERED PLAIN; do
	run s "SELECT x, (SELECT array_agg(started_at) FROM (SELECT started_at ${!of/ > 0/ > x} LIMIT x) AS t) FROM unnest('{3,1,9,2}'::int[]) AS x;"
	printf '%s %s\n' "$SQLSTATE" "$SAID" >"$WORK/$of"
done
ok 'read again, and left early' cmp "$WORK/ORDERED" "$WORK/PLAIN"
run s "SELECT x, (SELECT array_agg(started_at) FROM (SELECT started_at ${ORDERED/WHERE/WHERE account > \'a\' || x AND} LIMIT 3) AS t) FROM generate_series(7, 9) AS x;"
HAVE="$SQLSTATE $SAID"
run s "SELECT x, (SELECT array_agg(started_at) FROM (SELECT started_at ${PLAIN/WHERE/WHERE account > \'a\' || x AND} LIMIT 3) AS t) FROM generate_series(7, 9) AS x;"
is "$HAVE" "00000 $SAID" 'of other accounts each time'
fault '' '{"kind": "stall", "ms": -1}' "\"token\": \"$SIM_TOKEN-100\""
forget_log
send s "SELECT started_at $ORDERED LIMIT 1;"
all_but_one()
{
	[ "$(sim log | jq -r '[.[].headers.token] | unique | length') $(stat under_way)" = "$ACCOUNTS 1" ]
}
wait_for 'all to be asked while one is not answered' all_but_one
run control "SELECT pg_cancel_backend(${BACKEND[s]});"
await s 20
is "$SQLSTATE" 57014 'while one is waited for, the others go on; and a cancel ends that, too'
heal
run s 'RESET enable_sort;'
pages 'DROP page_size'

# ---- one that is slow, one that fails ----

fault '' '{"kind": "stall", "ms": -1}' "\"token\": \"$SIM_TOKEN-100\""
run s 'BEGIN;' 'DECLARE c CURSOR FOR SELECT account FROM fleet.vehicles;' 'FETCH 398 FROM c;'
is "$(sort -u <<<"$SAID" | wc -l)" 199 'the cars of 199 accounts are here while the 200th does not answer'
unlike "$SAID" a100 'which is the one that it should be'
heal
run s 'FETCH ALL FROM c;' 'COMMIT;'
is "$SAID" $'a100\na100' 'and its cars come when it does'

# an account of 400 cars that would take all there is
q "CREATE SERVER big FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$SIM_URL', concurrency '64')" \
	-c "CREATE USER MAPPING FOR CURRENT_USER SERVER big OPTIONS (access_token '$SIM_TOKEN')" \
	-c "CREATE SCHEMA big" -c "IMPORT FOREIGN SCHEMA stellantis LIMIT TO (status) FROM SERVER big INTO big OPTIONS (account 'big')"
run s "SELECT count(*) FROM fleet.status;"
STATUS=$SAID
fault '/status' '{"kind": "stall", "ms": -1}' "\"token\": \"$SIM_TOKEN\""
for n in 64 8 2; do
	run s "SET stellantis_fdw.max_concurrency = $n;" 'BEGIN;' \
		'DECLARE c CURSOR FOR SELECT account FROM big.status UNION ALL SELECT account FROM fleet.status;' "FETCH $STATUS FROM c;"
	is "$SQLSTATE $(wc -l <<<"$SAID") $(grep -c big <<<"$SAID")" "00000 $STATUS 0" \
		"one that asks much and is not answered leaves the others their share of $n"
	run s 'ROLLBACK;' 'RESET stellantis_fdw.max_concurrency;'
done
# also one that asks a little at a time
q "ALTER FOREIGN TABLE fleet_accounts.trips_a1 OPTIONS (ADD page_size '2')"
FEW=$(q 'SELECT count(*) FROM fleet_accounts.trips_a1')
for n in 64 8 2; do
	run s "SET stellantis_fdw.max_concurrency = $n;" 'BEGIN;' \
		'DECLARE c CURSOR FOR SELECT account FROM big.status UNION ALL SELECT account FROM fleet_accounts.trips_a1;' "FETCH $FEW FROM c;"
	is "$SQLSTATE $(wc -l <<<"$SAID") $(grep -c big <<<"$SAID")" "00000 $FEW 0" "nor does it take what one has who asks for page after page, of $n"
	run s 'ROLLBACK;' 'RESET stellantis_fdw.max_concurrency;'
done
q 'ALTER FOREIGN TABLE fleet_accounts.trips_a1 OPTIONS (DROP page_size)'
heal

fault '' '{"kind": "status", "status": 503}' "\"token\": \"$SIM_TOKEN-77\""
run s "$CARS;"
like "$SAID" 'ERROR:  HV00L: could not fetch .*from server "a77"' 'the error names the account that fails'
heal
q 'ALTER SERVER a77 OPTIONS (ADD on_vehicle_error '\''warn'\'')'
VIN=$(sim world | jq -r '.vehicles[76].vehicle.vin')
fault "$VIN/trips" '{"kind": "status", "status": 503}'
run s "SELECT count(DISTINCT account), count(DISTINCT vin) FILTER (WHERE account = 'a77') FROM fleet.trips;"
like "$SAID" "WARNING: .*result lacks trips of vehicle \"$VIN\"" 'on_vehicle_error is each account'\''s own'
is "${SAID##*$'\n'}" '200|1' 'and the rows are there'
heal
q 'DROP USER MAPPING FOR CURRENT_USER SERVER a50'
run s "$CARS;"
like "$SAID" 'ERROR:  42704: user mapping not found .* on server "a50"' 'so does the error of one without a user mapping'
q "CREATE USER MAPPING FOR CURRENT_USER SERVER a50 OPTIONS (access_token '$SIM_TOKEN-50')"

# ---- other subplans beside them ----

q 'CREATE TABLE parts.vehicles_local (LIKE fleet.vehicles)' \
	-c "INSERT INTO parts.vehicles_local (account, vin) SELECT 'here', i FROM generate_series(1, 1000) i" \
	-c "ALTER TABLE fleet.vehicles ATTACH PARTITION parts.vehicles_local FOR VALUES IN ('here')"
run s "$CARS;"
is "$SAID" '1400|201|1400' 'a local partition'
if q 'CREATE EXTENSION postgres_fdw' 2>/dev/null; then
	q "CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PGHOST', port '$PGPORT', dbname '$PGDATABASE', async_capable 'true')" \
		-c "CREATE USER MAPPING FOR CURRENT_USER SERVER loop" \
		-c "CREATE FOREIGN TABLE parts.over_there (account text, vin text) SERVER loop OPTIONS (schema_name 'parts', table_name 'vehicles_local')"
	UNION="SELECT account, vin FROM parts.over_there UNION ALL SELECT account, vin FROM fleet_accounts.vehicles_a1
		UNION ALL SELECT account, vin FROM parts.over_there UNION ALL SELECT account, vin FROM fleet_accounts.vehicles_a2"
	is "$(nodes 'Async Foreign Scan' "$UNION")" 4 'beside tables of postgres_fdw'
	run s "SELECT count(*), count(DISTINCT vin) FROM ($UNION) AS u;"
	is "$SQLSTATE $SAID" '00000 2004|1004' 'all rows of both'
	run s "SELECT count(*) FROM ($UNION) AS u, generate_series(1, 3) AS x WHERE x < length(account);"
	is "$SQLSTATE $SAID" "00000 $((2000 * 3 + 4 * 1))" 'also when they are read again'
fi
q 'ALTER TABLE fleet.vehicles DETACH PARTITION parts.vehicles_local'

# a condition that asks in the middle of it all
q "CREATE FUNCTION trips_of(vehicle text, whose text) RETURNS bigint LANGUAGE plpgsql
		AS 'BEGIN RETURN (SELECT count(*) FROM fleet.trips WHERE vehicle_id = vehicle AND account IN (whose, ''a1'', ''a2'')); END'"
run s "SELECT count(*) FROM fleet.vehicles WHERE account IN ('a4', 'a5', 'a6') AND trips_of(id, account) > 0;"
HAVE="$SQLSTATE $SAID"
run s "SELECT count(DISTINCT vin) FROM fleet.trips WHERE account IN ('a4', 'a5', 'a6');"
is "$HAVE" "00000 $SAID" 'a function in a condition that asks accounts itself'

# ---- read again, left early, checked again ----

forget_log
run s 'SELECT x, (SELECT count(*) FROM fleet.vehicles WHERE length(vin) > x) FROM generate_series(1, 3) AS x;'
is "$SAID $(asked)" $'1|400\n2|400\n3|400 '$ACCOUNTS 'a rescan reads what was fetched'
run s 'SELECT x, (SELECT count(*) FROM (SELECT FROM fleet.vehicles WHERE length(vin) > x OFFSET 0 LIMIT x * 60) AS l) FROM generate_series(1, 8) AS x;'
is "$SAID" $'1|60\n2|120\n3|180\n4|240\n5|300\n6|360\n7|400\n8|400' 'and goes on where it was left'
run s "SELECT x, (SELECT count(*) FROM (SELECT FROM fleet.vehicles WHERE account = 'a' || x OR account = 'a' || x + 1 OFFSET 0 LIMIT 3) AS l) FROM generate_series(1, 3) AS x;"
is "$SAID" $'1|3\n2|3\n3|3' 'other accounts each time'
run s "SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM generate_series(1, 9) AS x, LATERAL (SELECT vin FROM fleet.vehicles WHERE account < 'a1' || x LIMIT x) AS l GROUP BY x) AS t;"
is "$SQLSTATE" 00000 'left early, many times'

q 'CREATE TABLE wanted AS SELECT account, vin, 0 AS n FROM fleet.vehicles WHERE account IN ('\''a1'\'', '\''a2'\'')'
run control 'BEGIN;' 'UPDATE wanted SET n = n + 1;'
send s "SELECT w.n, v.account FROM wanted AS w JOIN fleet.vehicles AS v USING (account, vin) ORDER BY v.account, v.vin FOR UPDATE OF w;"
sleep 0.5
run control 'COMMIT;'
await s
is "$SQLSTATE $SAID" $'00000 1|a1\n1|a1\n1|a2\n1|a2' 'rows that were changed meanwhile are checked again'

# ---- ended while all are pending ----

# What is stalled for ever has the simulator's connections until it heals.
stall()
{
	heal
	wait_for 'the simulator to be idle' idle
	fault '' '{"kind": "stall", "ms": -1}'
}

idle()
{
	[ "$(stat under_way)" = 0 ]
}

# all_pending [QUERIES]: of so many, of which the last has not been ended
all_pending()
{
	[ "$(stat under_way)" = $((64 * ${1:-1})) ]
}

stall
run s "SET statement_timeout = 400;" "$CARS;" "RESET statement_timeout;"
is "$(grep -o '57014' <<<"$SAID")" 57014 'statement_timeout ends it'
stall
send s "$CARS;"
wait_for 'all slots to be taken' all_pending
run control "SELECT pg_cancel_backend(${BACKEND[s]});"
await s 20
is "$SQLSTATE" 57014 'a cancel ends it'
sleep 0.1
run s "SELECT 1;"
BEFORE=$(descriptors "${BACKEND[s]}")
for ((i = 0; i < 50; i++)); do
	[ $((i % 10)) != 0 ] || stall
	send s "$CARS;"
	wait_for 'all slots to be taken' all_pending $((i % 10 + 1))
	run control "SELECT pg_cancel_backend(${BACKEND[s]});"
	await s 20
	[ "$SQLSTATE" = 57014 ] || break
done
is "$SQLSTATE $i" '57014 50' 'fifty cancels'
is "$(descriptors "${BACKEND[s]}")" "$BEFORE" 'leave no descriptor behind'
stall
send s "$CARS;"
wait_for 'all slots to be taken' all_pending
run control "SELECT pg_terminate_backend(${BACKEND[s]});"
await s 20 || :
is "$SQLSTATE" 57P01 'so does terminate'
heal
close_session s
open_session s
run s "$CARS;"
is "$SAID" '400|200|400' 'another session has them all'
forget_log
fault '' '{"kind": "status", "status": 503}' "\"token\": \"$SIM_TOKEN-3\""
# besides sockets, which are kept for the next query: event sets, timers
others()
{
	find "/proc/${BACKEND[s]}/fd" -mindepth 1 ! -lname 'socket:*' -printf . | wc -c
}
BEFORE=$(others)
for ((i = 0; i < 20; i++)); do run s "$CARS;"; done
is "$SQLSTATE $(others)" "HV00L $BEFORE" 'errors leave none behind, either'

# ---- while nobody answers, nobody is busy ----

stall
send s "$CARS;"
wait_for 'all slots to be taken' all_pending
ticks()
{
	awk '{ print $14 + $15 }' "/proc/${BACKEND[s]}/stat"
}
BEFORE=$(ticks)
sleep 2
TOOK=$(($(ticks) - BEFORE))
diag "CPU in 2 s of waiting: $((TOOK * 10)) ms"
ok 'a wait for two hundred accounts takes less than half of the CPU' [ $TOOK -lt 100 ]
run control "SELECT pg_cancel_backend(${BACKEND[s]});"
await s 20
heal

# ---- and gone ----

is "$(q "SELECT sum(stellantis.drop_account('a' || i)) FROM generate_series(1, $ACCOUNTS) AS i")" $((ACCOUNTS * 3)) 'all accounts are dropped'
is "$(q "SELECT count(*) FROM pg_foreign_server WHERE srvname <> ALL ('{big,loop}')"),$(q "SELECT count(*) FROM pg_class WHERE relnamespace = 'fleet'::regnamespace")" 0,0 'without a trace'

stop_cluster fleet
done_testing
