-- When nothing need be asked, nothing is; and what is asked is well formed.
-- simulator: --vehicles 2 --days 5 --telemetry 100
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

-- planning
SELECT asks_nothing(statement, statement)
FROM (VALUES
	('EXPLAIN SELECT * FROM cars.trips'),
	('EXPLAIN (VERBOSE) SELECT * FROM cars.trips AS t JOIN cars.vehicles AS v ON v.id = t.vehicle_id WHERE t.vin = {vin1}'),
	('EXPLAIN SELECT * FROM cars.waypoints WHERE vehicle_id = (SELECT max(id) FROM cars.vehicles)'),
	('EXPLAIN (FORMAT json) SELECT * FROM cars.vehicles, cars.status, cars.trips, cars.alerts, cars.telemetry'),
	('PREPARE planned AS SELECT * FROM cars.trips WHERE vehicle_id = $1'),
	('EXPLAIN EXECUTE planned({1})'),
	('DECLARE unread CURSOR WITH HOLD FOR SELECT 1 FROM cars.trips LIMIT 0'),
	('CREATE VIEW planned_view AS SELECT * FROM cars.trips'),
	('CREATE TABLE empty_copy AS SELECT * FROM cars.trips WITH NO DATA'),
	('CREATE MATERIALIZED VIEW empty_view AS SELECT * FROM cars.trips WITH NO DATA'),
	('SELECT 1 FROM pg_class WHERE relkind = ''f'''),
	('CREATE SCHEMA imported_again; IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO imported_again')
) AS t (statement);
SELECT throws_ok('ANALYZE cars.trips', '0A000', NULL, 'ANALYZE is refused');
SELECT asks_nothing('DO $do$ BEGIN ANALYZE cars.trips; EXCEPTION WHEN feature_not_supported THEN NULL; END $do$', 'ANALYZE asks nothing');
SELECT asks_nothing('ANALYZE', 'ANALYZE of the whole database leaves our tables out');

-- conditions that no row can satisfy
SELECT asks_nothing('SELECT * FROM cars.' || t || ' WHERE ' || condition, t || ': ' || condition)
FROM (VALUES
	('trips', 'false'),
	('trips', 'NULL'),
	('trips', '1 = (SELECT 2)'),
	('trips', 'vehicle_id = NULL'),
	('trips', 'vehicle_id = NULL::text'),
	('trips', 'vehicle_id = (SELECT NULL::text)'),
	('trips', 'vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 99)'),
	('trips', 'vehicle_id = ANY (''{}'')'),
	('trips', 'vehicle_id = ANY (''{NULL}'')'),
	('trips', 'vehicle_id = ANY (NULL::text[])'),
	('trips', 'vehicle_id = ANY (ARRAY(SELECT id FROM sim_vehicle WHERE n = 99))'),
	('trips', 'vehicle_id = '''''),
	('trips', 'vehicle_id = ''.'''),
	('trips', 'vehicle_id = ''..'''),
	('trips', 'vehicle_id IN ('''', ''.'', ''..'', NULL)'),
	('trips', 'vehicle_id = {1} AND vehicle_id = {2}'),
	('trips', 'vehicle_id = {1} AND vehicle_id IN ({2}, ''x'')'),
	('trips', 'vehicle_id = {1} AND (vehicle_id = {2} OR vehicle_id = ''x'')'),
	('trips', 'vin = NULL'),
	('trips', 'vin = ANY (''{}'')'),
	('trips', 'vin LIKE NULL'),
	('trips', 'vin = {vin1} AND vin = {vin2}'),
	('trips', 'vin = {vin1} AND vin LIKE ''W0V%'''),
	('trips', 'vehicle_id = {1} AND vin = NULL'),
	('trips', 'started_at = NULL'),
	('trips', 'started_at > NULL'),
	('trips', 'started_at > ''2026-02-25'' AND started_at < ''2026-02-25'''),
	('trips', 'started_at >= ''2026-02-25'' AND started_at < ''2026-02-25'''),
	('trips', 'started_at > ''2026-02-25'' AND started_at <= ''2026-02-25'''),
	('trips', 'started_at BETWEEN ''2026-02-25'' AND ''2026-02-24'''),
	('trips', 'started_at >= ''2026-02-25'' AND started_at <= (SELECT NULL::timestamptz)'),
	('trips', 'started_at = ANY (''{}''::timestamptz[])'),
	('telemetry', 'recorded_at >= ''2026-02-25'' AND recorded_at < date ''2026-02-25'''),
	('telemetry', 'recorded_at > ''2026-02-25'' AND recorded_at < ''2026-02-25 00:00:00.000001'''),
	('vehicles', 'id = NULL'),
	('vehicles', 'id IN ('''', ''..'')'),
	('vehicles', 'vin = NULL'),
	('waypoints', 'vehicle_id = {1} AND trip_id = NULL'),
	('waypoints', 'vehicle_id = {1} AND trip_id = '''''),
	('waypoints', 'vehicle_id = {1} AND trip_id IN (''.'', ''..'')'),
	('waypoints', 'trip_id = ''a'' AND trip_id = ''b'''),
	('waypoints', 'recorded_at > ''2026-02-25'' AND recorded_at < ''2026-02-24'''),
	('waypoints', 'vehicle_id = '''' AND trip_id = ''x''')
) AS c (t, condition);
SELECT is(rows_of('SELECT * FROM cars.trips WHERE vehicle_id IN ('''', ''.'', ''..'')'), '{}', 'ids that are no path segments: no rows');

-- an impossible part of an OR does no harm
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = NULL OR vehicle_id = {1}', '/user/vehicles/{1}/trips?pageSize=60', 'NULL OR vehicle');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id IN ('''', {1}, ''..'')', '/user/vehicles/{1}/trips?pageSize=60', 'odd ids among others');

-- what the executor never reads
SELECT asks_nothing(statement, statement)
FROM (VALUES
	('SELECT * FROM cars.trips LIMIT 0'),
	('SELECT * FROM cars.trips WHERE vin = {vin1} ORDER BY started_at LIMIT 0'),
	('SELECT * FROM cars.trips LIMIT (SELECT 0)'),
	('SELECT * FROM sim_vehicle AS v LEFT JOIN cars.trips AS t ON t.vehicle_id = v.id AND false'),
	('SELECT * FROM sim_vehicle AS v JOIN cars.trips AS t ON t.vehicle_id = v.id WHERE v.n = 99'),
	('SELECT * FROM sim_vehicle AS v, LATERAL (SELECT * FROM cars.trips WHERE vehicle_id = v.id LIMIT 0) AS t'),
	('SELECT CASE WHEN false THEN (SELECT count(*) FROM cars.trips) END'),
	('SELECT coalesce(1, (SELECT count(*) FROM cars.trips))'),
	('SELECT 1 WHERE 1 = 2 AND EXISTS (SELECT FROM cars.trips)')
) AS t (statement);
-- a join with nothing on its other side
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT asks_nothing('SELECT * FROM (SELECT id FROM sim_vehicle WHERE n = 99) AS v JOIN cars.trips AS t ON t.vehicle_id = v.id', 'a nested loop without outer rows');
SELECT asks_nothing('SELECT t.id FROM (VALUES (NULL::text), (''''), (''..'')) AS v (id),
	LATERAL (SELECT id FROM cars.trips WHERE vehicle_id = v.id OFFSET 0) AS t', 'a nested loop over NULL and odd ids');
RESET enable_hashjoin;
RESET enable_mergejoin;

-- parameters
PREPARE p (text, timestamptz) AS SELECT * FROM cars.trips WHERE vehicle_id = $1 AND started_at >= $2;
PREPARE pa (text[]) AS SELECT * FROM cars.trips WHERE vehicle_id = ANY ($1);
PREPARE pl (bigint) AS SELECT * FROM cars.trips LIMIT $1;
CREATE FUNCTION pg_temp.nothing(mode text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	call text;
BEGIN
	PERFORM set_config('plan_cache_mode', mode, true);
	FOREACH call IN ARRAY ARRAY['p(NULL, ''2026-02-20'')', 'p({1}, NULL)', 'p('''', ''2026-02-20'')',
								'pa(NULL)', 'pa(''{}'')', 'pa(''{NULL,"",.,..}'')', 'pl(0)'] LOOP
		PERFORM tap.sim_clear();
		EXECUTE tap.expand('CREATE TEMP TABLE executed AS EXECUTE ' || call);
		RETURN NEXT tap.asked('', mode || ': ' || call);
		DROP TABLE pg_temp.executed;
	END LOOP;
END $$;
SELECT pg_temp.nothing('force_custom_plan');
SELECT pg_temp.nothing('force_generic_plan');

-- a cursor that is opened and not read
BEGIN;
SELECT sim_clear();
DECLARE c CURSOR FOR SELECT * FROM cars.trips;
SELECT asked('', 'DECLARE CURSOR');
CLOSE c;
SELECT asked('', 'CLOSE');
COMMIT;

-- account = another
CREATE SCHEMA family;
IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO family OPTIONS (account 'family');
SELECT asks_nothing('SELECT * FROM family.trips WHERE ' || condition, condition)
FROM (VALUES
	('account = ''other'''),
	('account = ANY (''{other,another}'')'),
	('account LIKE ''oth%'''),
	('account = ''other'' OR account = ''another'''),
	('account = (SELECT ''other'')'),
	('account = NULL'),
	('account = ''Family'''),
	('account = ''other'' AND vehicle_id = {1}')
) AS t (condition);
SELECT asks('SELECT account, id FROM family.trips WHERE vehicle_id = {1} AND ' || condition, '/user/vehicles/{1}/trips?pageSize=60', condition)
FROM (VALUES
	('account = ''family'''),
	('account IN (''other'', ''family'')'),
	('account LIKE ''fam%'''),
	('account <> ''other'''),
	('(account = ''other'' OR distance_km > 0)')
) AS t (condition);
SELECT is(rows_of('SELECT DISTINCT account FROM family.trips'), '{(family)}', 'the account is in every row');
SELECT asks_nothing('SELECT * FROM family.account WHERE account = ''other''', 'account of the account');
SELECT asks_nothing('SELECT * FROM family.vehicles WHERE account = ''other''', 'account of vehicles');

-- the VIN costs a listing when it is selected or filtered on, and not else
SELECT asks('SELECT ' || columns || ' FROM cars.trips WHERE vehicle_id = {1}' || more, expected, columns || more)
FROM (VALUES
	('id', '', '/user/vehicles/{1}/trips?pageSize=60'),
	('count(*)', '', '/user/vehicles/{1}/trips?pageSize=60'),
	('vehicle_id', ' ORDER BY id', '/user/vehicles/{1}/trips?pageSize=60'),
	('vin', '', E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'),
	('*', '', E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'),
	('trips', '', E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'),
	('id', ' AND vin IS NOT NULL', E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'),
	('id', ' ORDER BY vin', E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'),
	('id', ' AND vin = ''nowhere''', '/user/vehicles?pageSize=60')
) AS t (columns, more, expected);
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vin = ''nowhere'''), '{}', 'a VIN that is not listed: no rows');
SELECT asks('SELECT id FROM cars.trips WHERE vin LIKE ''nowhere%''', '/user/vehicles?vinPrefix=nowhere&pageSize=60 404', 'a prefix that is not listed');
SELECT is(messages_of('SELECT id FROM cars.trips WHERE vin LIKE ''nowhere%'''), '{}', 'and nobody is warned');

-- ids are percent-encoded
SELECT sim_config('{"unknown_vehicle": 404}');
CREATE FUNCTION pg_temp.raw_path(statement text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.sim_clear();
	EXECUTE tap.expand(statement);
	RETURN tap.sim_log_json('path');
END $$;
SELECT is(pg_temp.raw_path(format('SELECT id FROM cars.trips WHERE vehicle_id = %L', id)), ARRAY['/user/vehicles/' || id || '/trips'], 'id ' || id)
FROM (VALUES ('a?b#c%'), ('a b'), ('é€😀'), ('a&b=c'), ('%2F'), ('a;b:c@d'), ('...'), ('"<>\^`{|}'), ('+'), ('~-_.')) AS t (id);
SELECT is(pg_temp.raw_path('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = ''a?b#c%'''),
		  ARRAY(SELECT '/user/vehicles/' || id || '/trips/a?b#c%/wayPoints' FROM sim_vehicle WHERE n = 1), 'a trip''s id');
-- a slash within an id stays within its segment
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} || ''/trips'''), '{}', 'an id with a slash');
SELECT is(rows_of('SELECT id FROM cars.vehicles WHERE id = {1} || ''/status'''), '{}', 'a vehicle with a slash');
SELECT is(rows_of('SELECT id FROM cars.vehicles WHERE id = ''x/../'' || {1}'), '{}', 'a vehicle with dots');
SELECT is(rows_of('SELECT id FROM cars.vehicles WHERE id = {1} || ''?x=y'''), '{}', 'a vehicle with a question mark');
SELECT asks('SELECT id FROM cars.trips WHERE vin LIKE ''a b&c%''', '/user/vehicles?vinPrefix=a b&c&pageSize=60 404', 'a prefix');
SELECT * FROM finish();
