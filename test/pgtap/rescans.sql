-- Scans that are read again, in part, later, within other statements, or as
-- somebody else.
-- simulator: --vehicles 3 --days 6 --telemetry 100 --token sim-other-access=all
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';
CREATE TABLE car AS SELECT n, id, vin FROM sim_vehicle;
ANALYZE car;
\set listing '/user/vehicles?pageSize=60'
\set one '/user/vehicles/{1}/trips?pageSize=60'
\set three '/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{2}/trips?pageSize=60\n/user/vehicles/{3}/trips?pageSize=60'

--
-- Joins: each vehicle is asked once, the listing is asked once
--
SELECT pushes('SELECT c.n, t.id FROM car AS c JOIN cars.trips AS t ON #t.vehicle_id = c.id WHERE c.n = 1', :'one', 'a join on the vehicle');
SELECT pushes('SELECT c.n, t.id FROM car AS c JOIN cars.trips AS t ON #t.vin = c.vin WHERE c.n = 1', :'listing' || E'\n' || :'one', 'a join on the VIN');
SELECT pushes('SELECT c.n, t.id FROM car AS c LEFT JOIN cars.trips AS t ON #t.vehicle_id = c.id WHERE c.n = 1', :'one', 'a left join');
SELECT pushes('SELECT c.n, t.id FROM car AS c, LATERAL (SELECT * FROM cars.trips AS t WHERE #t.vehicle_id = c.id LIMIT 100) AS t', :'three', 'LATERAL');
SELECT pushes('SELECT c.n, t.id FROM car AS c, LATERAL (SELECT * FROM cars.trips AS t WHERE #t.vin = c.vin LIMIT 100) AS t',
			  :'listing' || E'\n' || :'three', 'LATERAL by VIN: one listing');
SELECT pushes('SELECT c.n, t.vin, t.id FROM car AS c, LATERAL (SELECT * FROM cars.trips AS t WHERE #t.vehicle_id = c.id LIMIT 100) AS t',
			  :'listing' || E'\n' || :'three', 'LATERAL with the VIN: one listing');
SELECT pushes('SELECT c.n, (SELECT count(*) FROM cars.trips AS t WHERE #t.vehicle_id = c.id) FROM car AS c', :'three', 'a correlated subquery');
SELECT pushes('SELECT c.n, (SELECT count(*) FROM cars.trips AS t WHERE #t.vin = c.vin) FROM car AS c', :'listing' || E'\n' || :'three', 'a correlated subquery by VIN');
SELECT pushes('SELECT c.n FROM car AS c WHERE EXISTS (SELECT FROM cars.trips AS t WHERE #t.vehicle_id = c.id AND t.distance_km > c.n OFFSET 0)', :'three', 'EXISTS');
SELECT pushes('SELECT c.n, (SELECT max(t.distance_km) FROM cars.trips AS t WHERE #t.vehicle_id = c.id AND #t.started_at >= c.since)
	FROM (VALUES (1, {1}, timestamptz ''2026-02-24''), (2, {2}, ''2026-02-26'')) AS c (n, id, since)',
	E'/user/vehicles/{1}/trips?timestamps=2026-02-23T00:00:00Z/open&pageSize=60\n/user/vehicles/{2}/trips?timestamps=2026-02-25T00:00:00Z/open&pageSize=60',
	'an outer row''s vehicle and time');
SELECT pushes('SELECT t.id, (SELECT count(*) FROM cars.waypoints AS w WHERE w.vehicle_id = t.vehicle_id AND w.trip_id = t.id AND heading_deg >= 0)
	FROM cars.trips AS t WHERE #t.vehicle_id = {1} AND t.id = {1.2}',
	E'/user/vehicles/{1}/trips/trip2\n/user/vehicles/{1}/trips/trip2/wayPoints', 'a trip''s waypoints');
-- the same values: not again
SELECT asks('SELECT x, (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = c.id) FROM car AS c, generate_series(1, 3) AS x WHERE c.n = 1', :'one',
			'the same value three times');
SELECT asks('SELECT x, (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = {1} AND t.distance_km > x) FROM generate_series(1, 5) AS x', :'one',
			'a parameter that is not pushed does not matter');
SELECT same_rows('SELECT x, (SELECT count(*) FROM cars.trips AS t WHERE #t.vehicle_id = {1} AND t.distance_km > x) FROM generate_series(1, 5) AS x',
				 'a parameter that is not pushed: rows');

--
-- Other times: what lies within a range that was read to its end is not asked for
--
SELECT pushes('SELECT since, (SELECT count(*) FROM cars.trips WHERE #vehicle_id = {1} AND #started_at >= since)
	FROM (VALUES (timestamptz ''2026-02-24''), (''2026-02-26''), (''2026-02-25''), (NULL), (''2026-02-26 01:00'')) AS v (since)',
	'/user/vehicles/{1}/trips?timestamps=2026-02-23T00:00:00Z/open&pageSize=60', 'since then, oldest first');
SELECT pushes('SELECT since, (SELECT count(*) FROM cars.trips WHERE #vehicle_id = {1} AND #started_at >= since)
	FROM (VALUES (timestamptz ''2026-02-28''), (''2026-02-27''), (''2026-02-26''), (''2026-02-25''), (''2026-02-24'')) AS v (since)',
	E'/user/vehicles/{1}/trips?timestamps=2026-02-27T00:00:00Z/open&pageSize=60\n/user/vehicles/{1}/trips?timestamps=2026-02-26T00:00:00Z/open&pageSize=60\n' || :'one',
	'newest first: soon all are asked for');
SELECT pushes('SELECT c.n, since, (SELECT count(*) FROM cars.alerts WHERE #vehicle_id = c.id AND #started_at BETWEEN since AND since + interval ''1 day'')
	FROM car AS c, (VALUES (timestamptz ''2026-02-24''), (''2026-02-26'')) AS v (since) WHERE c.n < 3',
	E'/user/vehicles/{1}/alerts?timestamps=2026-02-23T00:00:00Z/open&pageSize=60\n/user/vehicles/{2}/alerts?timestamps=2026-02-23T00:00:00Z/open&pageSize=60',
	'each vehicle has ranges of its own');
SELECT pushes('SELECT since, (SELECT count(*) FROM cars.trips WHERE #vin = {vin1} AND #started_at >= since)
	FROM (VALUES (timestamptz ''2026-02-24''), (''2026-02-26'')) AS v (since)',
	:'listing' || E'\n/user/vehicles/{1}/trips?timestamps=2026-02-23T00:00:00Z/open&pageSize=60', 'by VIN');
SELECT pushes('SELECT since, (SELECT count(*) FROM cars.telemetry WHERE #vehicle_id = {1} AND #recorded_at BETWEEN since AND since + span)
	FROM (VALUES (timestamptz ''2026-02-24'', interval ''3 days''), (''2026-02-25'', ''1 day''), (''2026-02-26'', ''2 days'')) AS v (since, span)',
	E'/user/vehicles/{1}/telemetry?timestamps=2026-02-23T23:59:59Z/2026-02-27T00:00:01Z&pageSize=2000\n/user/vehicles/{1}/telemetry?timestamps=2026-02-25T23:59:59Z/2026-02-28T00:00:01Z&pageSize=2000',
	'a range that is not within it is asked for');
SELECT pushes('SELECT since, (SELECT count(*) FROM cars.telemetry WHERE #vehicle_id = {1} AND (#recorded_at < since OR #recorded_at > since + interval ''2 days''))
	FROM (VALUES (timestamptz ''2026-02-25''), (''2026-02-26'')) AS v (since)',
	E'/user/vehicles/{1}/telemetry?timestamps=/2026-02-25T00:00:01Z&timestamps=2026-02-26T23:59:59Z/open&pageSize=2000\n/user/vehicles/{1}/telemetry?timestamps=/2026-02-26T00:00:01Z&timestamps=2026-02-27T23:59:59Z/open&pageSize=2000',
	'nor is one with a hole within one with another');
ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '1');
SELECT cmp_ok(cardinality(tap.requests_of('SELECT since, (SELECT count(*) FROM cars.trips WHERE vehicle_id = {1} AND started_at >= since)
	FROM generate_series(timestamptz ''2026-03-01'', ''2026-02-23'', ''-2 hours'') AS since')), '<=',
	3 * cardinality(tap.requests_of('SELECT count(*) FROM cars.trips WHERE vehicle_id = {1}')), 'it is pages that count');
ALTER FOREIGN TABLE cars.trips OPTIONS (DROP page_size);
SELECT asks('SELECT since, (SELECT count(*) FROM (SELECT FROM cars.trips WHERE vehicle_id = {1} AND started_at >= since LIMIT 1) AS l)
	FROM (VALUES (timestamptz ''2026-02-24''), (''2026-02-25'')) AS v (since)',
	E'/user/vehicles/{1}/trips?timestamps=2026-02-23T00:00:00Z/open&pageSize=60\n/user/vehicles/{1}/trips?timestamps=2026-02-24T00:00:00Z/open&pageSize=60',
	'what was not read to its end is no such range');
SELECT same_rows('SELECT t.id, (SELECT max(#p.started_at) FROM cars.trips AS p WHERE #p.vehicle_id = t.vehicle_id AND #p.started_at < t.started_at)
	FROM cars.trips AS t WHERE #t.vehicle_id = {2}', 'the trip before each: rows');
SELECT cmp_ok(cardinality(tap.requests_of('SELECT t.id, (SELECT max(p.started_at) FROM cars.trips AS p WHERE p.vehicle_id = t.vehicle_id AND p.started_at < t.started_at)
	FROM cars.trips AS t WHERE t.vehicle_id = {2}')), '<=', 3, 'the trip before each: requests');
SELECT asks('SELECT x, t.id FROM generate_series(1, 3) AS x, cars.trips AS t WHERE t.vehicle_id = {1}', :'one', 'a cross join');
SELECT asks('SELECT x FROM generate_series(1, 3) AS x WHERE x NOT IN (SELECT distance_km FROM cars.trips WHERE vehicle_id = {1})', :'one', 'NOT IN');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SET enable_memoize = off;
SELECT pushes('SELECT x, t.id FROM generate_series(1, 3) AS x JOIN cars.trips AS t ON t.distance_km > x WHERE #t.vehicle_id = {1}', :'one', 'a nested loop, nothing materialized');
SELECT pushes('SELECT x, t.id FROM generate_series(1, 3) AS x LEFT JOIN cars.trips AS t ON t.start_odometer_km > 40 AND #t.vehicle_id = {1}', :'one', 'a nested left join, nothing materialized');
SELECT pushes('SELECT a.id, b.id FROM cars.trips AS a JOIN cars.alerts AS b ON b.started_at BETWEEN a.started_at AND a.stopped_at WHERE #a.vehicle_id = {1} AND #b.vehicle_id = {1}',
			  :'one' || E'\n/user/vehicles/{1}/alerts?pageSize=60', 'a nested loop of two of ours');
-- a scan that was left in the middle is read from its beginning again
SELECT same_rows('SELECT x, (SELECT count(*) FROM (SELECT FROM cars.trips AS t WHERE #t.vehicle_id = {1} LIMIT x) AS l) FROM generate_series(1, 9) AS x', 'rescans from the middle');
SELECT asks('SELECT x, (SELECT count(*) FROM (SELECT FROM cars.trips AS t WHERE t.vehicle_id = {1} LIMIT x) AS l) FROM generate_series(1, 9) AS x', :'one', 'rescans from the middle: requests');
-- kept rows that do not fit into work_mem
SET work_mem = '64kB';
SELECT is(array_agg(DISTINCT n), ARRAY[300::bigint], 'rows that are kept in a file')
	FROM (SELECT x, count(DISTINCT t) AS n FROM generate_series(1, 4) AS x,
			LATERAL (SELECT vehicle_id, recorded_at, odometer_km FROM cars.telemetry WHERE repeat('z', 280 + x) > vehicle_id OFFSET 0) AS t
		   WHERE length(t.vehicle_id) = 190 GROUP BY x) AS counts;
RESET work_mem;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
RESET enable_memoize;
SELECT pushes('WITH RECURSIVE r (x, d) AS (SELECT 1, 0::float8 UNION ALL
	SELECT x + 1, t.distance_km FROM r, cars.trips AS t WHERE #t.vehicle_id = {1} AND t.id = {1.1} AND x < 4) SELECT * FROM r', '/user/vehicles/{1}/trips/trip1', 'a recursive query');
SELECT pushes('WITH w AS MATERIALIZED (SELECT * FROM cars.trips WHERE #vehicle_id = {1}) SELECT a.id FROM w AS a JOIN w AS b USING (id)',
			  :'listing' || E'\n' || :'one', 'a common table expression');

--
-- Cursors
--
CREATE TABLE trip_list AS SELECT row_number() OVER () AS r, id FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1);
SELECT cmp_ok(count(*), '>', 8::bigint, 'enough trips') FROM trip_list;
CREATE FUNCTION pg_temp.trip(r bigint) RETURNS text LANGUAGE sql AS $$ SELECT id FROM trip_list WHERE r = $1 $$;
SELECT id AS v1 FROM car WHERE n = 1 \gset

BEGIN;
SELECT sim_clear();
DECLARE c SCROLL CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 3 FROM c \g /dev/null
FETCH 1 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(4), 'FETCH');
FETCH PRIOR FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(3), 'FETCH PRIOR');
FETCH ABSOLUTE 7 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(7), 'FETCH ABSOLUTE');
FETCH FIRST FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(1), 'FETCH FIRST');
FETCH LAST FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip((SELECT max(r) FROM trip_list)), 'FETCH LAST');
MOVE BACKWARD 2 FROM c;
FETCH RELATIVE 0 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip((SELECT max(r) - 2 FROM trip_list)), 'MOVE BACKWARD');
MOVE BACKWARD ALL FROM c;
FETCH NEXT FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(1), 'MOVE BACKWARD ALL');
SELECT asked(:'one', 'a scroll cursor asks once');
COMMIT;

-- held
SELECT sim_clear();
BEGIN;
DECLARE h CURSOR WITH HOLD FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 2 FROM h \g /dev/null
COMMIT;
FETCH 1 FROM h \gset got_
SELECT is(:'got_id', pg_temp.trip(3), 'a held cursor goes on after the transaction');
CLOSE h;
SELECT asked(:'one', 'a held cursor asks once');

-- idle, while others ask
ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '1');
BEGIN;
SELECT sim_clear();
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 1 FROM c \g /dev/null
SELECT is(count(*) > 0, true, 'another query, while a cursor is idle') FROM cars.alerts;
SELECT pg_sleep(0.3);
MOVE FORWARD 2 FROM c;
SELECT is(count(*) > 0, true, 'another query of the same table, while a cursor is idle') FROM cars.trips;
FETCH 1 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(4), 'an idle cursor goes on');
-- two cursors take turns
DECLARE d CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 5 FROM d \g /dev/null
FETCH 1 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(5), 'two cursors: the first');
FETCH 1 FROM d \gset got_
SELECT is(:'got_id', pg_temp.trip(6), 'two cursors: the second');
COMMIT;
-- a cursor that nobody reads on asks for no more than a page ahead
BEGIN;
SELECT sim_clear();
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 1 FROM c \g /dev/null
SELECT pg_sleep(0.2);
SELECT cmp_ok(cardinality(sim_log()), '<=', 2, 'a cursor that is not read on');
ROLLBACK;
SELECT is(count(*), (SELECT count(*) FROM trip_list), 'after a rollback with a cursor open') FROM cars.trips WHERE vehicle_id = :'v1';

-- subtransactions
BEGIN;
SAVEPOINT s;
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 2 FROM c \g /dev/null
ROLLBACK TO s;
SELECT throws_ok('FETCH c', '34000', NULL, 'a cursor of a subtransaction ends with it');
SELECT is(count(*), (SELECT count(*) FROM trip_list), 'and the next query works') FROM cars.trips WHERE vehicle_id = :'v1';
COMMIT;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
SAVEPOINT s;
FETCH 2 FROM c \g /dev/null
ROLLBACK TO s;
FETCH 1 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(3), 'a cursor first read in a savepoint that is rolled back');
FETCH FORWARD ALL FROM c \g /dev/null
COMMIT;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 2 FROM c \g /dev/null
SAVEPOINT s;
FETCH 2 FROM c \g /dev/null
SELECT throws_ok('SELECT 1 / (count(*) - count(*)) FROM cars.alerts', '22012', NULL, 'an error in between');
RELEASE s;
FETCH 1 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(5), 'a cursor goes on after a savepoint and an error');
COMMIT;
-- a scan that failed leaves others as they are
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = :'v1';
FETCH 2 FROM c \g /dev/null
SELECT sim_fault('{"match": "/alerts", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok('SELECT count(*) FROM cars.alerts', '42501', NULL, 'another scan fails');
SELECT sim_heal();
FETCH 1 FROM c \gset got_
SELECT is(:'got_id', pg_temp.trip(3), 'a cursor goes on after another scan failed');
COMMIT;
ALTER FOREIGN TABLE cars.trips OPTIONS (DROP page_size);

-- loops of PL/pgSQL
CREATE FUNCTION pg_temp.loop(in_block boolean) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	v record;
	t record;
	result text[] := '{}';
BEGIN
	FOR v IN SELECT * FROM car ORDER BY n LOOP
		FOR t IN SELECT id, started_at FROM cars.trips WHERE vehicle_id = v.id ORDER BY started_at LOOP
			IF in_block THEN
				BEGIN
					result := result || (v.n || ' ' || t.id);
					IF t.started_at > '2026-02-26' THEN
						PERFORM count(*) FROM cars.alerts WHERE vehicle_id = v.id;
						RAISE division_by_zero;
					END IF;
				EXCEPTION WHEN division_by_zero THEN
					NULL;
				END;
			ELSE
				result := result || (v.n || ' ' || t.id);
			END IF;
		END LOOP;
	END LOOP;
	RETURN result;
END $$;
SELECT is(pg_temp.loop(true), pg_temp.loop(false), 'a loop with exception blocks');
CREATE FUNCTION pg_temp.survives() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := '';
	t text;
BEGIN
	FOREACH t IN ARRAY '{trips,alerts,collisions}'::text[] LOOP
		BEGIN
			EXECUTE format('SELECT count(*) FROM cars.%s', t);
			result := result || 'ok ';
		EXCEPTION WHEN insufficient_privilege THEN
			result := result || 'refused ';
		END;
	END LOOP;
	RETURN result;
END $$;
SELECT sim_fault('{"match": "/alerts", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT is(pg_temp.survives(), 'ok refused ok ', 'an error that is caught');
SELECT sim_heal();
-- a loop that ends early
CREATE FUNCTION pg_temp.first_of_each() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	FOR i IN 1 .. 20 LOOP
		FOR t IN SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1) LOOP
			RETURN NEXT t.id;
			EXIT;
		END LOOP;
	END LOOP;
END $$;
SELECT is(count(*), 20::bigint, 'loops that end early') FROM pg_temp.first_of_each();

-- a prepared statement asks whenever it is executed
PREPARE again AS SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1);
SELECT sim_clear();
EXECUTE again \g /dev/null
EXECUTE again \g /dev/null
SELECT asked(:'one' || E'\n' || :'one', 'a prepared statement');

--
-- Where tables stand for us
--
CREATE VIEW trip_view AS SELECT * FROM cars.trips;
SELECT asks('SELECT id FROM trip_view WHERE vehicle_id = {1}', :'one', 'a view');
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM cars.trips WHERE start_odometer_km > 5;
SELECT pushes('SELECT id FROM barrier WHERE #vehicle_id = {1}', :'one', 'a security barrier view');
CREATE FUNCTION leaky(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RETURN true; END $$;
SELECT pushes('SELECT id FROM barrier WHERE #vehicle_id = {1} AND leaky(id)', :'one', 'a security barrier view and a leaky function');
CREATE MATERIALIZED VIEW kept AS SELECT id, vin, started_at FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1);
SELECT same_rows('SELECT id FROM kept', 'SELECT id FROM trip_list', 'a materialized view');
SELECT asks('REFRESH MATERIALIZED VIEW kept', :'listing' || E'\n' || :'one', 'REFRESH MATERIALIZED VIEW');
SELECT asks_nothing('SELECT * FROM kept', 'reading it');
SELECT sim_clear();
COPY (SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1)) TO PROGRAM 'cat >/dev/null';
SELECT asked(:'one', 'COPY (SELECT) TO');
SELECT is(array_length(run_program(format('%s/psql -XAtq -h %s -p %s -U postgres %s -c %L', (SELECT setting FROM pg_config WHERE name = 'BINDIR'),
		current_setting('unix_socket_directories'), current_setting('port'), current_database(),
		'COPY (SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1)) TO STDOUT')), 1),
	(SELECT count(*)::int FROM trip_list), 'COPY (SELECT) TO STDOUT');
SELECT throws_ok('COPY cars.trips TO PROGRAM ''cat''', '42809', NULL, 'COPY of the table itself is PostgreSQL''s to refuse');
SELECT throws_ok('INSERT INTO cars.trips (id) VALUES (''x'')', NULL, NULL, 'INSERT');
SELECT throws_ok('UPDATE cars.trips SET id = ''x''', NULL, NULL, 'UPDATE');
SELECT throws_ok('DELETE FROM cars.trips', NULL, NULL, 'DELETE');
CREATE TABLE local_trip (id text PRIMARY KEY, note text);
INSERT INTO local_trip SELECT id FROM trip_list;
SELECT lives_ok('SELECT * FROM local_trip AS l JOIN cars.trips AS t USING (id) FOR UPDATE OF l', 'FOR UPDATE of a local table');
SELECT lives_ok('SELECT * FROM local_trip AS l JOIN cars.trips AS t USING (id) FOR UPDATE', 'FOR UPDATE of all');
SELECT lives_ok('UPDATE local_trip AS l SET note = t.distance_km FROM cars.trips AS t WHERE t.id = l.id', 'UPDATE ... FROM');
SELECT is(count(*), (SELECT count(*) FROM trip_list), 'UPDATE ... FROM: rows') FROM local_trip WHERE note IS NOT NULL;
SELECT lives_ok('DELETE FROM local_trip AS l USING cars.trips AS t WHERE t.id = l.id', 'DELETE ... USING');
SELECT is(count(*), 0::bigint, 'DELETE ... USING: rows') FROM local_trip;
SELECT lives_ok('INSERT INTO local_trip SELECT id, vin FROM cars.trips ON CONFLICT DO NOTHING', 'INSERT ... SELECT');
SELECT is((rows_of('SELECT (t).id, t IS NULL, t.tableoid::regclass FROM cars.trips AS t WHERE vehicle_id = {1}'))[1],
		  (SELECT format('(%s,f,cars.trips)', min(id)) FROM trip_list), 'a whole row, and tableoid');
SELECT is(rows_of('SELECT row_to_json(t) ->> ''id'' FROM cars.trips AS t WHERE vehicle_id = {1}'), ARRAY(SELECT format('(%s)', id) FROM trip_list ORDER BY 1), 'row_to_json');
SELECT is(rows_of('SELECT count(*), count(*) FILTER (WHERE distance_km > 10) FROM cars.trips WHERE vehicle_id = {1}'),
		  rows_of('SELECT count(*), count(*) FILTER (WHERE distance_km > 10) FROM cars.trips WHERE vehicle_id || '''' = {1}'), 'count(*)');

--
-- Accounts as partitions
--
CREATE SCHEMA a;
CREATE SCHEMA b;
SELECT format('CREATE SERVER other FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand ''peugeot'', base_url %L, auth_url %L, client_id %L)',
			  :'sim_url', :'sim_auth_url', :'sim_client_id') \gexec
CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (access_token 'sim-other-access');
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER sim INTO a OPTIONS (account 'a');
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER other INTO b OPTIONS (account 'b');
CREATE TABLE all_trips (LIKE a.trips) PARTITION BY LIST (account);
ALTER TABLE all_trips ATTACH PARTITION a.trips FOR VALUES IN ('a');
ALTER TABLE all_trips ATTACH PARTITION b.trips FOR VALUES IN ('b');
CREATE FUNCTION pg_temp.tokens(query text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
	PERFORM sim_clear();
	EXECUTE expand(query);
	RETURN ARRAY(SELECT DISTINCT t FROM unnest(sim_log_json('headers', 'token')) AS t ORDER BY 1);
END $$;
SELECT is(pg_temp.tokens('SELECT id FROM all_trips WHERE vehicle_id = {1}'), '{sim-access-token,sim-other-access}', 'partitions: both accounts');
SELECT is(rows_of('SELECT account, count(*) FROM all_trips GROUP BY account'),
		  ARRAY(SELECT format('(%s,%s)', x, (SELECT count(*) FROM cars.trips)) FROM unnest('{a,b}'::text[]) AS x), 'partitions: rows of both');
SELECT is(pg_temp.tokens('SELECT id FROM all_trips WHERE account = ''b'''), '{sim-other-access}', 'partitions: account =');
SELECT is(pg_temp.tokens('SELECT id FROM all_trips WHERE account = (SELECT ''a'')'), '{sim-access-token}', 'partitions: account = an InitPlan');
SELECT is(pg_temp.tokens('SELECT id FROM all_trips WHERE account = ''c'''), '{}', 'partitions: account of none');
SELECT is(pg_temp.tokens('SELECT * FROM (SELECT * FROM a.trips UNION ALL SELECT * FROM b.trips) AS u WHERE account = ''b'''), '{sim-other-access}', 'UNION ALL: account =');
SELECT is(rows_of('SELECT a.account, b.account, count(*) FROM a.trips AS a JOIN b.trips AS b USING (id) GROUP BY 1, 2'),
		  ARRAY(SELECT format('(a,b,%s)', count(*)) FROM cars.trips), 'a join over two servers');
SELECT is(rows_of('SELECT account, count(*) FROM all_trips JOIN car ON car.id = vehicle_id WHERE n = 2 GROUP BY account'),
		  ARRAY(SELECT format('(%s,%s)', x, (SELECT count(*) FROM cars.trips JOIN car ON car.id = vehicle_id WHERE n = 2)) FROM unnest('{a,b}'::text[]) AS x),
		  'a join with partitions');

--
-- As whom
--
CREATE ROLE tap_rescans_reader LOGIN;
CREATE ROLE tap_rescans_owner LOGIN;
GRANT USAGE ON SCHEMA cars, tap TO tap_rescans_reader, tap_rescans_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA cars TO tap_rescans_owner;
GRANT SELECT ON car TO PUBLIC;
CREATE USER MAPPING FOR tap_rescans_owner SERVER sim OPTIONS (access_token 'sim-other-access');
CREATE VIEW owned AS SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1);
ALTER VIEW owned OWNER TO tap_rescans_owner;
GRANT SELECT ON owned TO tap_rescans_reader;
SELECT is(pg_temp.tokens('SELECT * FROM owned'), '{sim-other-access}', 'a view asks as its owner');
SELECT is(messages_of('SELECT count(*) FROM owned', 'tap_rescans_reader'), '{}', 'a view''s reader needs no mapping');
CREATE FUNCTION defined() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN RETURN (SELECT count(*) FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1)); END $$;
ALTER FUNCTION defined() OWNER TO tap_rescans_owner;
SELECT is(pg_temp.tokens('SELECT defined()'), '{sim-other-access}', 'a SECURITY DEFINER function asks as its owner');
SELECT is(psql('SELECT defined() > 0', 'tap_rescans_reader'), '{t}', 'its caller needs no mapping');
SELECT is(messages_of('SELECT count(*) FROM cars.trips', 'tap_rescans_reader'), '{ERROR 42501: permission denied for foreign table trips}', 'without SELECT');
GRANT SELECT ON ALL TABLES IN SCHEMA cars TO tap_rescans_reader;
SELECT ok(array_to_string(messages_of('SELECT count(*) FROM cars.trips', 'tap_rescans_reader'), '') LIKE 'ERROR 42704: user mapping not found for %', 'without a mapping');
SELECT is(messages_of('EXPLAIN SELECT * FROM cars.trips', 'tap_rescans_reader'), '{}', 'EXPLAIN needs no mapping');
CREATE USER MAPPING FOR PUBLIC SERVER sim OPTIONS (access_token 'sim-other-access');
SELECT is(psql('SELECT count(*) > 0 FROM cars.trips', 'tap_rescans_reader'), '{t}', 'the mapping of PUBLIC');
SELECT is(pg_temp.tokens('SELECT id FROM cars.trips'), '{sim-access-token}', 'one''s own mapping goes before that of PUBLIC');
-- a role that is taken within a session
SELECT sim_clear();
SET ROLE tap_rescans_owner;
SELECT count(*) FROM cars.trips \g /dev/null
RESET ROLE;
SELECT is(ARRAY(SELECT DISTINCT unnest(sim_log_json('headers', 'token'))), '{sim-other-access}', 'SET ROLE');
-- a prepared plan does not hold on to a token, a mapping or a role
PREPARE who AS SELECT id FROM cars.trips;
EXECUTE who \g /dev/null
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-other-access');
SELECT sim_clear();
EXECUTE who \g /dev/null
SELECT is(ARRAY(SELECT DISTINCT unnest(sim_log_json('headers', 'token'))), '{sim-other-access}', 'a new token is used at once');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-none');
SELECT throws_ok('SELECT id FROM cars.trips', '28000', NULL, 'a token that is not known');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-other-access');
DO $$ BEGIN EXECUTE format('ALTER SERVER sim OPTIONS (SET base_url %L)', current_setting('test.sim_url') || '/wrong'); END $$;
SELECT throws_ok('EXECUTE who', 'HV00R', NULL, 'a new base_url is used at once');
DO $$ BEGIN EXECUTE format('ALTER SERVER sim OPTIONS (SET base_url %L)', current_setting('test.sim_url')); END $$;
SELECT lives_ok('EXECUTE who', 'and back');
BEGIN;
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-none');
SELECT throws_ok('SELECT id FROM cars.trips', '28000', NULL, 'a token of this transaction');
ROLLBACK;
SELECT lives_ok('SELECT id FROM cars.trips', 'which is rolled back');
DROP USER MAPPING FOR CURRENT_USER SERVER sim;
SELECT lives_ok('SELECT id FROM cars.trips', 'a mapping that is gone leaves that of PUBLIC');
DROP USER MAPPING FOR PUBLIC SERVER sim;
SELECT throws_ok('SELECT id FROM cars.trips', '42704', NULL, 'no mapping at all');
SELECT * FROM finish();
DROP OWNED BY tap_rescans_reader, tap_rescans_owner CASCADE;
DROP ROLE tap_rescans_reader, tap_rescans_owner;
