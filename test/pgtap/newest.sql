-- The newest (or oldest) rows of a long history are read in windows of time:
-- few requests, and the rows that sorting all of them would give.
-- simulator: --vehicles 3 --days 200 --telemetry 12000 --now real
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';
CREATE TABLE car AS SELECT n, id, vin FROM sim_vehicle;
ANALYZE car;

-- Each statement as the first of a session: nothing is known of the account.
CREATE FUNCTION forget() RETURNS void LANGUAGE sql AS $$
	ALTER SERVER sim OPTIONS (SET cache_ttl '0') $$;

-- How many requests a statement sends, listings of vehicles left out.
CREATE FUNCTION requests(statement text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	sent text[];
BEGIN
	PERFORM forget();
	sent := tap.requests_of(statement);
	IF sent[cardinality(sent)] LIKE 'ERROR%' THEN
		RAISE EXCEPTION '%', sent[cardinality(sent)];
	END IF;
	RETURN (SELECT count(*) FROM unnest(sent) AS r WHERE r NOT LIKE '/user/vehicles?%');
END $$;

-- Two tests: so many requests at most, and the rows, in their order, of a local sort.
CREATE FUNCTION first_rows(query text, most int, description text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	numbered text := 'SELECT row_number() OVER () AS r, q.* FROM (' || query || ') AS q';
	sent int := requests(query);
BEGIN
	RETURN NEXT tap.ok(sent <= most, description || ': requests') ||
		CASE WHEN sent > most THEN E'\n' || tap.diag(sent || ' requests, at most ' || most || ' would do') ELSE '' END;
	PERFORM forget();
	RETURN NEXT tap.same_rows(numbered, description || ': rows');
END $$;

--
-- One vehicle, several, all
--
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 10', 1, 'the last ten trips of a vehicle');
SELECT first_rows('SELECT started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 1', 1, 'the last trip');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 3 OFFSET 4', 1, 'with an offset');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST FETCH FIRST 5 ROWS WITH TIES', 1, 'with ties');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id IN ({1}, {3}) ORDER BY #started_at DESC NULLS LAST LIMIT 10', 2, 'of two vehicles');
SELECT first_rows('SELECT vehicle_id, id FROM cars.trips ORDER BY #started_at DESC NULLS LAST LIMIT 10', 3, 'of all vehicles');
SELECT first_rows('SELECT vin, id FROM cars.trips WHERE vin = {vin2} ORDER BY #started_at DESC NULLS LAST LIMIT 10', 1, 'by VIN');
SELECT first_rows('SELECT vin, id FROM cars.trips WHERE vin LIKE ''VR3%'' ORDER BY #started_at DESC NULLS LAST LIMIT 10', 2, 'by the VIN''s beginning');
SELECT first_rows('SELECT recorded_at, odometer_km FROM cars.telemetry WHERE vehicle_id = {2} ORDER BY #recorded_at DESC NULLS LAST LIMIT 1', 1, 'the last message');
SELECT first_rows('SELECT recorded_at FROM cars.telemetry ORDER BY #recorded_at DESC NULLS LAST LIMIT 100', 3, 'the last messages of all vehicles');
SELECT first_rows('SELECT id, started_at, distance_km FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST, id LIMIT 10', 1, 'a second key is sorted incrementally');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 50', 2, 'fifty');
SELECT first_rows('SELECT max(#started_at) FROM cars.trips WHERE vehicle_id = {1}', 1, 'max()');
SELECT first_rows('SELECT max(#started_at) FROM cars.trips', 3, 'max() of all vehicles');

--
-- DESC puts NULLs first, unless a condition leaves none
--
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND started_at IS NOT NULL ORDER BY #started_at DESC LIMIT 10', 1, 'DESC where IS NOT NULL');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND #started_at < now() - interval ''2 days'' ORDER BY #started_at DESC LIMIT 10', 1, 'DESC under a bound');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND #started_at >= now() - interval ''150 days'' ORDER BY #started_at DESC LIMIT 10', 1, 'DESC within a range');
SELECT cmp_ok(requests('SELECT id FROM cars.trips WHERE vehicle_id = {1} ORDER BY started_at DESC LIMIT 10'), '>', 5, 'plain DESC reads all');
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC LIMIT 10', 100, 'plain DESC');
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST', 100, 'without a limit');
SELECT first_rows('SELECT id, started_at FROM cars.trips ORDER BY #started_at DESC NULLS LAST, id OFFSET 20', 100, 'to the end, NULLs last');

--
-- Oldest first
--
SELECT first_rows('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND #recorded_at >= now() - interval ''100 days'' ORDER BY #recorded_at LIMIT 5', 1, 'the first message since');
SELECT first_rows('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND #recorded_at >= now() - interval ''2000 days'' ORDER BY #recorded_at LIMIT 5', 4, 'the first message since long ago');
SELECT first_rows('SELECT min(#recorded_at) FROM cars.telemetry WHERE vehicle_id = {1} AND #recorded_at > now() - interval ''60 days''', 1, 'min() since');
SELECT first_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND #started_at >= now() - interval ''100 days'' ORDER BY #started_at LIMIT 5', 100, 'trips since: all of them are asked for');

--
-- Each of many
--
SELECT first_rows('SELECT c.n, t.* FROM car AS c, LATERAL (SELECT id, started_at FROM cars.trips WHERE vehicle_id = c.id ORDER BY #started_at DESC NULLS LAST LIMIT 3) AS t ORDER BY c.n, t.started_at DESC', 3, 'the last three of each');
SELECT first_rows('SELECT c.n, (SELECT started_at FROM cars.trips WHERE vehicle_id = c.id ORDER BY #started_at DESC NULLS LAST LIMIT 1) FROM car AS c ORDER BY 1', 3, 'a subquery for each');
SELECT first_rows('SELECT c.n, (SELECT max(#recorded_at) FROM cars.telemetry WHERE vehicle_id = c.id) FROM car AS c ORDER BY 1', 3, 'max() of each');
SELECT first_rows('SELECT * FROM (SELECT ''a'' AS account, * FROM cars.trips UNION ALL SELECT ''b'', * FROM cars.trips) AS u WHERE vehicle_id = {2} ORDER BY #started_at DESC NULLS LAST, account LIMIT 5', 2, 'UNION ALL');

--
-- Conditions that drop rows: the windows widen until there are enough
--
SELECT first_rows('SELECT id, distance_km FROM cars.trips WHERE vehicle_id = {1} AND faults <> ''{}'' ORDER BY #started_at DESC NULLS LAST LIMIT 3', 100, 'a rare thing');
SELECT is(requests('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km < 0 ORDER BY started_at DESC NULLS LAST LIMIT 3') > 1,
		  true, 'none at all: to the end');

-- What is not there is looked for in all, and what is asked of trips and alerts
-- overlaps: it is yet not many times the requests that reading all at once takes.
SELECT cmp_ok(requests('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND start_odometer_km < 0 ORDER BY started_at DESC NULLS LAST LIMIT 1'), '<=', 32, 'what no trip says');
SELECT cmp_ok(requests('SELECT id FROM cars.trips WHERE start_odometer_km < 0 ORDER BY started_at DESC NULLS LAST LIMIT 1'), '<=', 96, 'what no trip of any vehicle says');
SELECT cmp_ok(requests('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND odometer_km < 0 ORDER BY recorded_at DESC NULLS LAST LIMIT 1'), '<=', 20, 'what no message says');

--
-- LIMIT that only the run time knows; cursors; rescans
--
SET plan_cache_mode = force_generic_plan;
PREPARE last_trips (text, int) AS SELECT started_at FROM cars.trips WHERE vehicle_id = $1 ORDER BY started_at DESC NULLS LAST LIMIT $2;
SELECT requests('EXECUTE last_trips ({1}, 5)') AS generic \gset
SELECT cmp_ok(:generic, '<=', 1, 'a generic plan');
CREATE TABLE all_trips AS SELECT id, started_at FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1);
SELECT id AS v1 FROM car WHERE n = 1 \gset
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST, id;
CREATE FUNCTION pg_temp.nth(n int) RETURNS text LANGUAGE sql AS $$ SELECT id FROM all_trips ORDER BY started_at DESC NULLS LAST, id OFFSET n - 1 LIMIT 1 $$;
FETCH ABSOLUTE 3 FROM c \gset got_
SELECT is(:'got_id', pg_temp.nth(3), 'a cursor');
FETCH ABSOLUTE 150 FROM c \gset got_
SELECT is(:'got_id', pg_temp.nth(150), 'far on');
FETCH ABSOLUTE 2 FROM c \gset got_
SELECT is(:'got_id', pg_temp.nth(2), 'and back');
FETCH LAST FROM c \gset got_
SELECT is(:'got_id', pg_temp.nth((SELECT count(*)::int FROM all_trips)), 'the last one');
COMMIT;

--
-- A small work_mem: windows are sorted on disk
--
SET work_mem = '64kB';
SELECT first_rows('SELECT recorded_at, odometer_km, speed_kmh FROM cars.telemetry ORDER BY #recorded_at DESC NULLS LAST, odometer_km LIMIT 4000', 100, 'sorted on disk');
RESET work_mem;

--
-- A car that stands still for long, and one that was never driven
--
SELECT sim_config(jsonb_build_object('now', to_char(now() - interval '70 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 10', 6, 'parked since two months');
SELECT first_rows('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} ORDER BY #recorded_at DESC NULLS LAST LIMIT 1', 6, 'its last message');
SELECT first_rows('SELECT id FROM cars.trips ORDER BY #started_at DESC NULLS LAST LIMIT 10', 100, 'of all');
SELECT sim_config('{"order": "desc"}');
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 10', 4, 'listed newest first');
SELECT sim_config('{"order": "shuffled"}');
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 10', 8, 'listed in no order');
SELECT sim_reset();
SELECT sim_fault('{"match": "/trips", "times": -1, "fault": {"kind": "status", "status": 404, "code": 40400}}');
SELECT is(requests('SELECT id FROM cars.trips WHERE vehicle_id = {1} ORDER BY started_at DESC NULLS LAST LIMIT 10'), 2, 'never driven');
SELECT sim_heal();

--
-- A car that is new: what it has is soon found to be all
--
SELECT sim_config(jsonb_build_object('days', 2, 'order', 'asc', 'now', to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
SELECT first_rows('SELECT id, started_at FROM cars.trips WHERE vehicle_id = {1} ORDER BY #started_at DESC NULLS LAST LIMIT 20', 3, 'a new car');
SELECT first_rows('SELECT id, started_at FROM cars.trips ORDER BY #started_at DESC NULLS LAST LIMIT 60', 12, 'new cars');

SELECT * FROM finish();
