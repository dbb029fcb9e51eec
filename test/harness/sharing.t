#!/bin/bash
#
# sharing.t
#	Scans that wait for each other's requests: one that gives up, a cancel, a
#	token that ends meanwhile, and what is run again for a row that another
#	session has changed.
#
#	simulator: --vehicles 3 --days 6

. test/harness/tap.sh
. test/harness/session.sh

cars
q "ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '5')"
q 'CREATE TABLE copy AS SELECT * FROM cars.trips'
ID1=$(vehicle_id 1)
ID2=$(vehicle_id 2)
ROWS1=$(q "SELECT count(*) FROM copy WHERE vehicle_id = '$ID1'")
open_session a
open_session b

# Requests that have this in their line, with short ids.
asked_like()
{
	sim 'log?format=text&ids=short' | grep -c -e "$1" || :
}

# Requests that were answered, and how many of them were different ones.
answered_and_different()
{
	sim 'log?format=text' | awk '/ 200$/ { n++; seen[$0] = 1 } END { for (i in seen) d++; print n, d }'
}

waits_for_lock()
{
	[ "$(q "SELECT wait_event_type FROM pg_stat_activity WHERE pid = ${BACKEND[$1]}")" = Lock ]
}

# ---- one waits for what another one has asked for ----

# The first part stops on its first page, when the second one is asked for.
FIRST="SELECT id FROM cars.trips WHERE vehicle_id = '$ID1' AND distance_km > -1 LIMIT 1"
BOTH="SELECT count(*) FROM ($FIRST) AS first UNION ALL SELECT count(*) FROM cars.trips WHERE vehicle_id = '$ID1';"
fault 'VR3UHZKXZPT000001/trips.*page2' '{"kind": "stall", "ms": -1}'
forget_log
send a "$BOTH"
wait_for 'the second part to wait' waiting "${BACKEND[a]}"
sleep 0.3
is "$(asked)" 2 'the second part waits for the page that the first part has asked for'
run b "SELECT pg_cancel_backend(${BACKEND[a]});"
ok 'and a cancel ends that' await a 20
is "$SQLSTATE" 57014 'at once'
send a "SET statement_timeout = '300 ms';" "$BOTH"
ok 'so does a timeout' await a 20
is "$SQLSTATE" 57014 'of the statement'
heal
run a 'RESET statement_timeout;' "$BOTH"
is "$SAID" "1"$'\n'"$ROWS1" 'then the same query works'

# ---- one gives up what another one waits for ----

# In the first round c.id's scan asks for a second page, which is slow; the
# other scan comes to wait for it.  In the second round the first one gives it
# up for another vehicle; in the third the other one cannot do without.
fault 'VR3UHZKXZPT000001/trips.*page2' '{"kind": "stall", "ms": 60000}' '"times": 1'
forget_log
run a "SET statement_timeout = '20 s'; SET enable_memoize = off;" "SELECT string_agg(l.n::text, ' ' ORDER BY k)
	FROM (VALUES (1, '$ID1', 6), (2, '$ID2', 6), (3, '$ID2', 1000)) AS c (k, id, most),
	LATERAL (SELECT id FROM cars.trips WHERE vehicle_id = c.id AND distance_km > -1 LIMIT 1) AS t,
	LATERAL (SELECT count(*) AS n FROM (SELECT FROM cars.trips WHERE distance_km > -1 LIMIT c.most) AS m) AS l;"
heal
is "$SQLSTATE $SAID" "00000 6 6 $(q 'SELECT count(*) FROM copy')" 'who waited for what was given up has its rows'
is "$(asked_like 'VR3UHZKXZPT000001/trips.*page2')" 2 'and has asked itself'
is "$(asked_like 'VR3UHZKXZPT000001/trips')" 3 'for that only'
run a 'RESET statement_timeout;'

# ---- one waits for what another one could not send yet ----

# A trigger that waits until the transaction ends runs when there is no portal.
# The first part stops when the first of three vehicles has answered; there is
# one slot, so that the others are still to be sent.
q "CREATE TABLE event (n int)" -c "CREATE FUNCTION count_trips() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	INSERT INTO event SELECT count(*) FROM (SELECT FROM cars.trips WHERE distance_km > -1 LIMIT 1) AS t
		UNION ALL SELECT count(*) FROM cars.trips;
	RETURN NULL;
END \$\$" -c "CREATE CONSTRAINT TRIGGER count_trips AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (NEW.n = 0) EXECUTE FUNCTION count_trips()"
sim config '{"latency_ms": 50}' >/dev/null
forget_log
send a "SET stellantis_fdw.max_concurrency = 1; INSERT INTO event VALUES (0);"
ok 'who waits sends it' await a 30
if [ -z "$SQLSTATE" ]; then
	q "SELECT pg_terminate_backend(${BACKEND[a]})" >"$WORK/terminated"
	close_session a
	open_session a
fi
is "$(q "SELECT string_agg(n::text, ' ' ORDER BY n) FROM event")" "0 1 $(q 'SELECT count(*) FROM copy')" 'and has its rows'
read -r answered different <<<"$(answered_and_different)"
is "$answered" "$different" 'of requests that are sent once'
run a 'RESET stellantis_fdw.max_concurrency;'
sim config '{"latency_ms": 0}' >/dev/null

# ---- a token ends in between ----

JOIN="SELECT count(*), count(DISTINCT a.id) FROM cars.trips AS a JOIN cars.trips AS b USING (id);"
q "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD refresh_token 'sim-refresh-token', ADD client_secret 'sim-client-secret')"
sim config '{"tokens": {"sim-access-token": {"scopes": "all", "requests_left": 3}}}' >/dev/null
forget_log
run a "$JOIN"
is "$SQLSTATE $SAID" "00000 $(q 'SELECT count(*) FROM copy')|$(q 'SELECT count(*) FROM copy')" 'a token that ends in the middle: rows'
read -r answered different <<<"$(answered_and_different)"
is "$answered" "$different" 'and nothing is answered twice'
ok 'the token did end' [ "$(sim log | jq '[.[] | select(.status == 401)] | length')" -gt 0 ]

# ---- a row that another session has changed ----

q 'CREATE TABLE car (id text, n int)' -c "INSERT INTO car VALUES ('$ID1', 0), ('$ID2', 0)"
run a 'BEGIN;' "UPDATE car SET n = 1 WHERE id = '$ID1';"
forget_log
send b "UPDATE car SET n = n + 10 WHERE (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = car.id) > n;"
wait_for 'the other session to wait for the row' waits_for_lock b
before=$(asked)
run a 'COMMIT;'
await b
is "$SQLSTATE $(q 'SELECT string_agg(n::text, $$ $$ ORDER BY n) FROM car')" '00000 10 11' 'and goes on with what it has become'
is "$(asked_like 'VR3UHZKXZPT000001/trips')" $(((ROWS1 + 4) / 5)) 'for which nothing is asked again'
ok 'that had been asked before' [ "$before" -ge $(((ROWS1 + 4) / 5)) ]

# ---- descriptors ----

run a "SELECT count(*) FROM cars.account;"
before=$(descriptors "${BACKEND[a]}")
q "ALTER FOREIGN TABLE cars.telemetry OPTIONS (ADD page_size '20')"
for ((i = 0; i < 10; i++)); do
	run a "SET work_mem = '64kB';" "SELECT 1 / (count(*) - count(*)) FROM (SELECT recorded_at FROM cars.telemetry UNION ALL SELECT recorded_at FROM cars.telemetry) AS t;"
	is "$SQLSTATE" 22012 'an error when there is a file'
done
ok 'ten such files leave no descriptor' [ "$(descriptors "${BACKEND[a]}")" -le $((before + 8)) ]
is "$(q "SELECT count(*) FROM pg_ls_tmpdir() WHERE name LIKE 'pgsql_tmp${BACKEND[a]}.%'")" 0 'and no file'

done_testing
