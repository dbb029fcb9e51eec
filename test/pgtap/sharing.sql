-- What the scans of one query share: each request is sent once, and all of them
-- see one state of the API; another query asks again.
-- simulator: --vehicles 3 --days 6 --telemetry 300 --token sim-other-access=all
\ir setup.psql
SELECT no_plan();
-- who waits for what never comes is to fail
SET statement_timeout = '120 s';
SET TimeZone = 'UTC';
CREATE TABLE car AS SELECT n, id, vin FROM sim_vehicle;
ANALYZE car;
ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '5');
SELECT id AS v1 FROM car WHERE n = 1 \gset

-- What the tables hold, fetched one by one.
CREATE SCHEMA copy;
SELECT format('CREATE TABLE copy.%I AS SELECT * FROM cars.%1$I', t)
  FROM unnest('{vehicles,status,positions,telemetry,trips,alerts,alarms,maintenance,waypoints}'::text[]) AS t \gexec

-- All pages of the trips of vehicles, as requests.
CREATE FUNCTION trip_pages(VARIADIC vehicles int[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('/user/vehicles/{%s}/trips?pageSize=5', v) ||
					  CASE WHEN page > 1 THEN '&pageToken=page' || page ELSE '' END, E'\n')
	  FROM unnest(vehicles) AS v, generate_series(1, (SELECT (count(*)::int + 4) / 5 FROM copy.trips AS t
			WHERE t.vehicle_id = (SELECT id FROM car WHERE n = v))) AS page
$$;
SELECT cmp_ok(cardinality(request_list(trip_pages(1, 2, 3))), '>', 6, 'trips have several pages');
\set listing '/user/vehicles?pageSize=60'
SELECT :'listing' || E'\n' || trip_pages(1, 2, 3) AS all_trips, :'listing' || E'\n' || trip_pages(1) AS listing_and_one \gset

-- Two tests: the query asks exactly that, and its rows are those of the copies.
CREATE FUNCTION shares(query text, expected text, description text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT asks(query, expected, description || ': requests')
	UNION ALL
	SELECT same_rows(query, replace(query, 'cars.', 'copy.'), description || ': rows')
$$;

-- The sums of a figure over the foreign scans of a query's plan.
CREATE FUNCTION figure(query text, name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' || expand(query) INTO document;
	RETURN (SELECT sum((node ->> name)::bigint) FROM jsonb_path_query(document, 'strict $.**') AS node
			 WHERE jsonb_typeof(node) = 'object' AND node ->> 'Node Type' = 'Foreign Scan');
END $$;

--
-- The same thing twice
--
\set self_join 'SELECT a.id, b.distance_km FROM cars.trips AS a JOIN cars.trips AS b USING (id)'
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT shares(:'self_join', :'all_trips', 'a hash join with itself');
RESET enable_mergejoin;
SET enable_hashjoin = off;
SELECT shares(:'self_join', :'all_trips', 'a merge join with itself');
SET enable_mergejoin = off;
RESET enable_nestloop;
SELECT shares(:'self_join', :'all_trips', 'a nested loop over itself');
SET enable_material = off;
SELECT shares(replace(:'self_join', 'USING (id)', 'ON a.id || '''' = b.id || '''''), :'all_trips', 'a nested loop over itself, nothing materialized');
RESET enable_material;
RESET enable_mergejoin;
RESET enable_hashjoin;
SELECT shares('SELECT id FROM cars.trips UNION ALL SELECT id FROM cars.trips', :'all_trips', 'UNION ALL');
CREATE FUNCTION pg_temp.async_scans(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO document;
	RETURN (SELECT count(*) FROM jsonb_path_query(document, 'strict $.**') AS node WHERE jsonb_typeof(node) = 'object' AND node -> 'Async Capable' = 'true');
END $$;
SELECT is(pg_temp.async_scans('SELECT id FROM cars.trips UNION ALL SELECT id FROM cars.trips'), 2::bigint, 'UNION ALL reads both at once');
-- another account among them, and answers that take their time
CREATE SCHEMA other;
SELECT format('CREATE SERVER other FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand ''peugeot'', base_url %L, auth_url %L, client_id %L)', :'sim_url', :'sim_auth_url', :'sim_client_id') \gexec
CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (access_token 'sim-other-access');
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER other INTO other;
ALTER FOREIGN TABLE other.trips OPTIONS (ADD page_size '5');
SELECT sim_config('{"latency_ms": 20}');
SELECT asks('SELECT id FROM cars.trips UNION ALL SELECT id FROM other.trips UNION ALL SELECT id FROM cars.trips UNION ALL SELECT id FROM other.trips', :'all_trips' || E'\n' || :'all_trips',
			'each account twice, all at once: requests');
SELECT same_rows('SELECT id FROM cars.trips UNION ALL SELECT id FROM other.trips UNION ALL SELECT id FROM cars.trips UNION ALL SELECT id FROM other.trips',
				 'SELECT id FROM copy.trips, generate_series(1, 4)', 'each account twice, all at once: rows');
SELECT sim_reset();
DROP SERVER other CASCADE;
SELECT shares('SELECT id FROM cars.trips WHERE vehicle_id = {1} UNION SELECT id FROM cars.trips WHERE vehicle_id IN ({1}, {2})', trip_pages(1, 2), 'UNION');
SELECT shares('SELECT id FROM cars.trips EXCEPT ALL SELECT id FROM cars.trips WHERE vehicle_id = {2}', :'all_trips', 'EXCEPT');
SELECT shares('WITH w AS NOT MATERIALIZED (SELECT * FROM cars.trips) SELECT a.id, b.vin FROM w AS a JOIN w AS b USING (id)', :'all_trips', 'WITH, used twice');
SELECT shares('WITH w AS MATERIALIZED (SELECT * FROM cars.trips) SELECT a.id, b.vin FROM w AS a JOIN cars.trips AS b USING (id)', :'all_trips', 'WITH, and the table');
SELECT shares('SELECT id, (SELECT max(distance_km) FROM cars.trips) FROM cars.trips', :'all_trips', 'an InitPlan');
SELECT shares('SELECT id FROM cars.trips WHERE start_odometer_km > (SELECT avg(start_odometer_km) FROM cars.trips)', :'all_trips', 'a condition on an InitPlan');
SELECT shares('SELECT id FROM cars.trips WHERE id NOT IN (SELECT id FROM cars.trips WHERE distance_km + 0 > 10)', :'all_trips', 'NOT IN');
SELECT shares('SELECT count(*), max(pg_sleep(1.1)::text) FROM (SELECT FROM cars.trips WHERE vehicle_id = {1} AND started_at >= ''2026-02-28'' LIMIT 1) AS t
	UNION ALL SELECT count(*), '''' FROM cars.trips WHERE vehicle_id = {1} AND started_at >= ''2026-02-28''',
	'/user/vehicles/{1}/trips?timestamps=2026-02-27T00:00:00Z/open&pageSize=5', 'an open end is the same moment in all of a query');
SELECT shares('SELECT count(*) FROM cars.positions UNION ALL SELECT count(*) FROM cars.positions', :'listing' || E'\n/user/vehicles/{1}/lastPosition\n/user/vehicles/{2}/lastPosition\n/user/vehicles/{3}/lastPosition', 'objects');
SELECT shares('SELECT id FROM cars.vehicles WHERE id = {1} UNION ALL SELECT vin FROM cars.vehicles WHERE id = {1}', '/user/vehicles/{1}', 'one vehicle');

--
-- The listing of vehicles
--
SELECT shares('SELECT s.vin, p.latitude, m.km_before_maintenance, count(DISTINCT a.id), count(DISTINCT b.id) FROM cars.status AS s JOIN cars.positions AS p USING (vin)
		JOIN cars.maintenance AS m USING (vin) LEFT JOIN cars.alerts AS a USING (vin) LEFT JOIN cars.alarms AS b USING (vin) GROUP BY 1, 2, 3',
	:'listing' || (SELECT string_agg(format(E'\n/user/vehicles/{%s}/%s', n, e), '')
					 FROM generate_series(1, 3) AS n, unnest('{status,lastPosition,maintenance,alerts?pageSize=60,alarms?pageSize=60}'::text[]) AS e), 'five tables');
SELECT E'\n/user/vehicles/{1}/status\n/user/vehicles/{2}/status\n/user/vehicles/{3}/status' AS statuses \gset
SELECT shares('SELECT v.motorization, s.odometer_km FROM cars.vehicles AS v JOIN cars.status AS s ON s.vin = v.vin', :'listing' || :'statuses', 'vehicles, and a table below');
SELECT shares('SELECT v.label, s.odometer_km FROM cars.vehicles AS v JOIN cars.status AS s ON s.vin = v.vin',
			  '/user/vehicles?extension=branding&pageSize=60' || :'statuses', 'vehicles with an extension, and a table below');
SELECT shares('SELECT s.odometer_km, (SELECT string_agg(label, '' '' ORDER BY vin) FROM cars.vehicles), (SELECT count(picture_urls) FROM cars.vehicles) FROM cars.status AS s',
			  '/user/vehicles?extension=branding&extension=pictures&pageSize=60' || :'statuses', 'all extensions that the query needs');
SELECT shares('SELECT vin FROM cars.status WHERE vin LIKE ''VR3%'' UNION ALL SELECT vin FROM cars.vehicles',
			  :'listing' || E'\n/user/vehicles?vinPrefix=VR3&pageSize=60\n/user/vehicles/{1}/status\n/user/vehicles/{2}/status', 'a listing by prefix is not all of it');
SELECT shares('SELECT vin FROM cars.status WHERE vin LIKE ''VR3%'' UNION ALL SELECT vin FROM cars.vehicles WHERE vin LIKE ''VR3%''',
			  E'/user/vehicles?vinPrefix=VR3&pageSize=60\n/user/vehicles/{1}/status\n/user/vehicles/{2}/status', 'the same prefix');
SELECT asks('SELECT odometer_km FROM cars.status WHERE vehicle_id = ''nobody'' UNION ALL SELECT latitude FROM cars.positions WHERE vehicle_id = ''nobody''',
			E'/user/vehicles/nobody/lastPosition 403\n/user/vehicles/nobody/status 403\n' || :'listing', 'an id that nobody has');
-- an object as a whole is what it is without the others
ALTER FOREIGN TABLE cars.vehicles ADD COLUMN raw jsonb OPTIONS (field '');
SELECT is(rows_of('SELECT (SELECT string_agg(raw::text, '' '' ORDER BY vin) FROM cars.vehicles), max(label) FROM cars.vehicles'),
		  rows_of('SELECT a.raw, b.label FROM (SELECT string_agg(raw::text, '' '' ORDER BY vin) AS raw FROM cars.vehicles) AS a, (SELECT max(label) AS label FROM copy.vehicles) AS b'),
		  'a whole object has no more members because of another scan');
ALTER FOREIGN TABLE cars.vehicles DROP COLUMN raw;
--
-- Scans that are read again
--
SET enable_memoize = off;
\set repeated '(VALUES (1, {1}), (2, {2}), (3, {1}), (4, {2}), (5, {1}), (6, ''nobody''), (7, {1}), (8, ''nobody'')) AS k (k, id)'
SELECT shares('SELECT k, (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = k.id) FROM ' || replace(:'repeated', '''nobody''', '{2}'), trip_pages(1, 2), 'a correlated subquery that comes back');
SELECT shares('SELECT k, t.id FROM ' || replace(:'repeated', '''nobody''', '{2}') || ', LATERAL (SELECT id FROM cars.trips AS t WHERE t.vehicle_id = k.id OFFSET 0) AS t', trip_pages(1, 2), 'LATERAL that comes back');
SELECT shares('SELECT k, t.id FROM ' || :'repeated' || ', LATERAL (SELECT id FROM cars.trips AS t WHERE t.vehicle_id = k.id OFFSET 0) AS t',
			  trip_pages(1, 2) || E'\n/user/vehicles/nobody/trips?pageSize=5 403\n' || :'listing', 'LATERAL with an unknown id');
SELECT shares('SELECT k, t.id FROM ' || replace(:'repeated', '''nobody''', '{2}') || ', LATERAL (SELECT id FROM cars.trips AS t WHERE t.vehicle_id = k.id ORDER BY id LIMIT 2) AS t', trip_pages(1, 2), 'LATERAL and LIMIT');
SELECT shares('SELECT t.id, (SELECT count(*) FROM cars.waypoints AS w WHERE w.vehicle_id = t.vehicle_id AND w.trip_id = t.id) FROM generate_series(1, 2) AS g, cars.trips AS t WHERE t.vehicle_id = {1} AND t.id || '''' IN ({1.2}, {1.3})',
			  trip_pages(1) || E'\n/user/vehicles/{1}/trips/trip2/wayPoints\n/user/vehicles/{1}/trips/trip3/wayPoints', 'way points of trips that come twice');
RESET enable_memoize;
SELECT shares('WITH RECURSIVE r (x, d) AS (SELECT 1, 0::float8 UNION ALL SELECT x + 1, t.d FROM r,
	LATERAL (SELECT max(distance_km) AS d FROM cars.trips WHERE vehicle_id = (ARRAY[{1}, {2}])[1 + x % 2]) AS t WHERE x < 6) SELECT * FROM r', trip_pages(1, 2), 'a recursive query');

--
-- The first reader stops early
--
SELECT shares('SELECT id FROM (SELECT max(id) AS id, count(*) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km >= 0 ORDER BY id || '''' LIMIT 1) AS a) AS m
	UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {1}', trip_pages(1), 'after a sort');
SELECT asks('SELECT count(*) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km > -1 LIMIT 1) AS a UNION ALL SELECT count(*) FROM cars.trips WHERE vehicle_id = {1}',
			trip_pages(1), 'on its first page, the second under way');
SELECT is(rows_of('SELECT count(*) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km > -1 LIMIT 1) AS a UNION ALL SELECT count(*) FROM cars.trips WHERE vehicle_id = {1}'),
		  ARRAY(SELECT format('(%s)', x) FROM unnest(ARRAY[1, (SELECT count(*) FROM copy.trips WHERE vehicle_id = :'v1')]) AS x ORDER BY 1), 'on its first page: rows');
-- and is read from its beginning again, while its second page is under way
SET enable_memoize = off;
SELECT is(rows_of('SELECT k, (SELECT count(*) FROM (SELECT FROM cars.trips AS t WHERE t.vehicle_id = c.id AND distance_km > -1 LIMIT k) AS l)
		FROM generate_series(1, 12) AS k, LATERAL (SELECT id FROM car WHERE n = 1 + k % 2) AS c'),
	ARRAY(SELECT format('(%s,%s)', k, (SELECT count(*) FROM (SELECT FROM copy.trips AS t WHERE t.vehicle_id = c.id LIMIT k) AS l))
		FROM generate_series(1, 12) AS k, LATERAL (SELECT id FROM car WHERE n = 1 + k % 2) AS c ORDER BY 1), 'rescans with other vehicles from the middle');
-- a page that was read before leads to the next one when that is wanted, and not before
SELECT is(figure('SELECT k, (SELECT id FROM cars.trips AS t WHERE t.vehicle_id = c.id AND distance_km > -1 LIMIT 1)
		FROM generate_series(1, 12) AS k, LATERAL (SELECT id FROM car WHERE n = 1 + k % 2) AS c', 'Requests'), 4::bigint, 'what may not be wanted is not asked for again and again');
RESET enable_memoize;

--
-- What is not shared
--
CREATE FUNCTION trips_of(vehicle text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN (SELECT count(*) FROM cars.trips WHERE vehicle_id = vehicle); END $$;
SELECT asks('SELECT trips_of({1}) FROM generate_series(1, 2)', trip_pages(1, 1), 'a function is a query of its own each time');
SELECT asks('SELECT trips_of({1}), count(*) FROM cars.trips WHERE vehicle_id = {1}', trip_pages(1, 1), 'a function, and the query that calls it');
CREATE FUNCTION pg_temp.looped() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 2 LOOP
		PERFORM a.id FROM cars.trips AS a JOIN cars.trips AS b USING (id) WHERE a.vehicle_id = (SELECT id FROM car WHERE n = 1) AND b.vehicle_id = a.vehicle_id;
	END LOOP;
END $$;
SELECT asks('SELECT pg_temp.looped()', trip_pages(1, 1), 'a loop asks in every round, once');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {2}', trip_pages(1, 2), 'other vehicles');
SELECT asks('SELECT count(id) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 2) AS a UNION ALL SELECT count(id) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 3) AS b',
			E'/user/vehicles/{1}/trips?pageSize=2\n/user/vehicles/{1}/trips?pageSize=3', 'pages of another size');
-- another role, another server: not even of the same car
CREATE ROLE tap_sharing_owner LOGIN;
GRANT USAGE ON SCHEMA cars, tap TO tap_sharing_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA cars TO tap_sharing_owner;
CREATE USER MAPPING FOR tap_sharing_owner SERVER sim OPTIONS (access_token 'sim-other-access');
CREATE VIEW owned AS SELECT id, vehicle_id FROM cars.trips;
ALTER VIEW owned OWNER TO tap_sharing_owner;
SELECT asks('SELECT id FROM owned WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {1} UNION ALL
	SELECT id FROM owned WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {1}', trip_pages(1, 1), 'another role''s account');
SELECT is((SELECT array_agg(DISTINCT t ORDER BY t) FROM unnest(sim_log_json('headers', 'token')) AS t), '{sim-access-token,sim-other-access}', 'is asked with its token');
DROP VIEW owned;
DROP USER MAPPING FOR tap_sharing_owner SERVER sim;
DROP OWNED BY tap_sharing_owner;
DROP ROLE tap_sharing_owner;

--
-- One state of the API
--
-- In the middle of a query another car appears, or a page changes.
CREATE FUNCTION pg_temp.configure(knobs jsonb) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM sim_config(knobs); RETURN -1; END $$;
SELECT is(rows_of('SELECT count(*), count(DISTINCT vehicle_id) FROM cars.trips UNION ALL SELECT pg_temp.configure(''{"vehicles": 2}''), 0 UNION ALL SELECT count(*), count(DISTINCT vehicle_id) FROM cars.trips'),
		  ARRAY(SELECT r FROM unnest(ARRAY['(-1,0)'] || ARRAY(SELECT format('(%s,%s)', count(*), count(DISTINCT vehicle_id)) FROM copy.trips, generate_series(1, 2) AS g GROUP BY g)) AS r ORDER BY r COLLATE "C"),
		  'a query sees one state');
SELECT is(rows_of('SELECT count(DISTINCT vehicle_id) FROM cars.trips'), '{(2)}', 'the next one the new one');
SELECT sim_reset();
CREATE FUNCTION pg_temp.seen() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	result text[] := '{}';
BEGIN
	FOR i IN REVERSE 3 .. 2 LOOP
		PERFORM sim_config(jsonb_build_object('vehicles', i));
		result := result || (SELECT array_agg((SELECT count(DISTINCT vehicle_id) FROM cars.trips)::text || (SELECT count(*) FROM cars.vehicles)));
	END LOOP;
	RETURN result;
END $$;
SELECT is(pg_temp.seen(), '{33,22}', 'each query of a loop sees the state of its time');
SELECT sim_reset();
-- rows that shift while pages are read: whoever comes later sees what the first saw
SELECT sim_fault('{"match": "/VR3UHZKXZPT000001/trips", "times": -1, "fault": {"kind": "shift", "inserted": 1}}');
SET client_min_messages = error;
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {1}',
			trip_pages(1) || E'\n/user/vehicles/{1}/trips?pageSize=5&pageToken=page3', 'rows come to the front: requests');
SELECT same_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {1}',
				 'SELECT id FROM copy.trips, generate_series(1, 2) WHERE vehicle_id = {1}', 'rows come to the front: rows');
SELECT sim_heal();
SET client_min_messages = warning;
-- a total that shrinks before a row went out: the listing is read again, by both once
SELECT sim_config('{"page_size": 1}');
SELECT sim_fault('{"match": "GET /user/vehicles\\?", "page": 2, "times": 1, "fault": {"kind": "total", "delta": -1}}');
SELECT asks('SELECT count(*) FROM cars.positions UNION ALL SELECT count(*) FROM cars.positions',
	(SELECT string_agg(:'listing' || page, E'\n') FROM unnest('{"",&pageToken=page2,"",&pageToken=page2,&pageToken=page3}'::text[]) AS page)
	|| E'\n/user/vehicles/{1}/lastPosition\n/user/vehicles/{2}/lastPosition\n/user/vehicles/{3}/lastPosition', 'a listing that is read again');
SELECT sim_reset();

--
-- Faults
--
SELECT sim_fault('{"match": "/VR3UHZKXZPT000002/trips", "times": -1, "fault": {"kind": "status", "status": 403, "code": 40300}}');
SELECT is(sqlerrm, '42501', 'a fault is an error')
  FROM (SELECT substring((rows_of('SELECT a.id FROM cars.trips AS a JOIN cars.trips AS b USING (id)'))[1] FROM 'ERROR (\w+)') AS sqlerrm) AS e;
ALTER SERVER sim OPTIONS (ADD on_vehicle_error 'warn');
SET client_min_messages = error;
SELECT asks('SELECT id FROM cars.trips UNION ALL SELECT id FROM cars.trips', :'listing' || E'\n' || trip_pages(1, 3) || E'\n/user/vehicles/{2}/trips?pageSize=5 403',
			'on_vehicle_error warn: a car that fails is asked once');
SELECT same_rows('SELECT id FROM cars.trips UNION ALL SELECT id FROM cars.trips', 'SELECT id FROM copy.trips, generate_series(1, 2) WHERE vehicle_id <> {2}', 'on_vehicle_error warn: rows');
SELECT is(cardinality(messages_of('SELECT id FROM cars.trips UNION ALL SELECT id FROM cars.trips;')), 2, 'on_vehicle_error warn: both scans say so');
SET client_min_messages = warning;
ALTER SERVER sim OPTIONS (DROP on_vehicle_error);
SELECT sim_heal();
-- a request that is repeated is one
SELECT sim_fault('{"match": "/VR3UHZKXZPT000001/trips", "times": 1, "fault": {"kind": "status", "status": 429, "headers": {"Retry-After": 0}}}');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.trips WHERE vehicle_id = {1}', trip_pages(1) || E'\n/user/vehicles/{1}/trips?pageSize=5 429', 'a request that is repeated');
SELECT sim_reset();

--
-- Limits
--
SET stellantis_fdw.max_requests = 4;
ALTER FOREIGN TABLE cars.trips OPTIONS (SET page_size '60');
SELECT same_rows('SELECT a.id FROM cars.trips AS a JOIN cars.trips AS b USING (id) JOIN cars.trips AS c USING (id)', 'SELECT id FROM copy.trips', 'max_requests counts what is sent');
RESET stellantis_fdw.max_requests;
ALTER FOREIGN TABLE cars.trips OPTIONS (SET page_size '5');

-- what does not fit into work_mem goes to a file, and the file goes with the query;
-- other tests of the cluster have files, too
\set messages 'SELECT count(recorded_at), round(sum(odometer_km)) FROM cars.telemetry'
CREATE FUNCTION files() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM pg_ls_tmpdir() WHERE name LIKE format('pgsql\_tmp%s.%%', pg_backend_pid()) $$;
ALTER FOREIGN TABLE cars.telemetry OPTIONS (ADD page_size '50');
SET work_mem = '64kB';
SELECT shares(:'messages' || ' UNION ALL ' || :'messages', :'listing' || (SELECT string_agg(format(E'\n/user/vehicles/{%s}/telemetry?pageSize=50%s', n, page), '')
	FROM generate_series(1, 3) AS n, unnest('{"",&pageToken=page2,&pageToken=page3,&pageToken=page4,&pageToken=page5,&pageToken=page6}'::text[]) AS page), 'more than work_mem');
SELECT cmp_ok(figure(:'messages' || ' UNION ALL ' || :'messages', 'Temp Written Blocks'), '>', 20::bigint, 'takes a file');
SELECT is(figure(:'messages', 'Temp Written Blocks'), 0::bigint, 'a scan that is alone keeps nothing');
SELECT is(figure('SELECT count(recorded_at) FROM cars.telemetry UNION ALL SELECT count(latitude) FROM cars.positions', 'Temp Written Blocks'), 0::bigint, 'nor does it for the sake of another table');
SET work_mem = '64MB';
SELECT is(figure(:'messages' || ' UNION ALL ' || :'messages', 'Temp Written Blocks'), 0::bigint, 'less than work_mem takes none');
SET work_mem = '64kB';
SELECT is(files(), 0::bigint, 'no file is left');
SELECT is(messages_of('SET work_mem = ''64kB''; ' || :'messages' || ' UNION ALL ' || :'messages' || ';'), '{}', 'and nothing is to be said');
BEGIN;
DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry UNION ALL SELECT recorded_at FROM cars.telemetry;
MOVE 700 IN c;
SELECT is(files(), 1::bigint, 'a cursor in the middle has its file');
CLOSE c;
SELECT is(files(), 0::bigint, 'and none when it is closed');
DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry UNION ALL SELECT recorded_at FROM cars.telemetry;
SAVEPOINT s;
MOVE 700 IN c;
ROLLBACK TO s;
MOVE 700 IN c;
FETCH 1 FROM c \gset got_
SELECT is((SELECT count(*) FROM copy.telemetry WHERE recorded_at = :'got_recorded_at') > 0, true, 'a cursor goes on after the savepoint in which its file was made');
SELECT is(files(), 1::bigint, 'with its file');
COMMIT;
SELECT is(files(), 0::bigint, 'none after the transaction');
BEGIN;
DECLARE c CURSOR FOR SELECT recorded_at FROM cars.telemetry UNION ALL SELECT recorded_at FROM cars.telemetry;
MOVE 700 IN c;
ROLLBACK;
SELECT is(files(), 0::bigint, 'none after a rollback');
BEGIN;
DECLARE h CURSOR WITH HOLD FOR SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = :'v1' UNION ALL SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = :'v1';
MOVE 400 IN h;
COMMIT;
MOVE 100 IN h;
FETCH 100 FROM h \g /dev/null
SELECT is(files() <= 1, true, 'a held cursor has its own rows only');
CLOSE h;
SELECT is(files(), 0::bigint, 'and none when it is closed');
CREATE FUNCTION pg_temp.fails() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM 1 / (count(*) - count(*)) FROM (SELECT recorded_at FROM cars.telemetry UNION ALL SELECT recorded_at FROM cars.telemetry) AS t;
	RETURN 'no error';
EXCEPTION WHEN division_by_zero THEN
	RETURN 'error, ' || public.files() || ' files';
END $$;
SELECT is(pg_temp.fails(), 'error, 0 files', 'none after an error that is caught');
SET temp_file_limit = '128kB';
SELECT throws_ok(:'messages' || ' UNION ALL ' || :'messages', '53400', NULL, 'temp_file_limit holds');
RESET temp_file_limit;
SELECT is(files(), 0::bigint, 'and leaves no file');
RESET work_mem;
ALTER FOREIGN TABLE cars.telemetry OPTIONS (DROP page_size);

--
-- Cursors
--
BEGIN;
SELECT sim_clear();
DECLARE c CURSOR FOR SELECT a.id FROM cars.trips AS a JOIN cars.trips AS b USING (id) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
DECLARE d CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 1 FROM c \g /dev/null
FETCH 1 FROM d \g /dev/null
MOVE ALL IN c;
MOVE ALL IN d;
SELECT asked(trip_pages(1, 1), 'two cursors are two queries');
CLOSE c;
COMMIT;

--
-- EXPLAIN
--
SELECT is(figure(:'self_join', 'Shared Answers'), cardinality(request_list(:'all_trips'))::bigint, 'EXPLAIN ANALYZE: answers that were taken');
SELECT is(figure(:'self_join', 'Requests'), cardinality(request_list(:'all_trips'))::bigint, 'EXPLAIN ANALYZE: requests that were sent');
SELECT is(figure('SELECT id FROM cars.trips', 'Shared Answers'), 0::bigint, 'EXPLAIN ANALYZE: none');
CREATE FUNCTION pg_temp.plan_lines(query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	line text;
	result text[] := '{}';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
		IF line ~ 'Shared' THEN
			result := result || btrim(line);
		END IF;
	END LOOP;
	RETURN result;
END $$;
SELECT matches(pg_temp.plan_lines(:'self_join')::text, '^{"Shared Answers: [1-9]', 'EXPLAIN ANALYZE as text');
SELECT is(pg_temp.plan_lines('SELECT id FROM cars.trips'), '{}', 'EXPLAIN ANALYZE as text: not of none');

SELECT * FROM finish();
