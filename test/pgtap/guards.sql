-- What must not happen: answers that depend on the plan, silence about what is
-- missing, work that grows with the square of a list, costs that are no numbers.
-- simulator: --vehicles 3 --days 12 --telemetry 300
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

--
-- tolerance_km is an input: a column of another query is none, whatever the plan
--
CREATE TABLE tolerance AS SELECT 0.05::float8 AS km, i FROM generate_series(1, 2) AS i;
ANALYZE tolerance;
SELECT is(rows_of('SELECT count(*) FROM tolerance AS t WHERE i < 0 OR EXISTS (
	SELECT 1 FROM cars.waypoints AS w WHERE w.vehicle_id = {1} AND w.trip_id = {1.3} AND w.tolerance_km = t.km)'),
	'{(0)}', 'tolerance_km of an outer query, by a subplan');
ALTER SERVER sim OPTIONS (ADD request_cost '0');
SELECT is(rows_of('SELECT count(*) FROM tolerance AS t WHERE i < 0 OR EXISTS (
	SELECT 1 FROM cars.waypoints AS w WHERE w.vehicle_id = {1} AND w.trip_id = {1.3} AND w.tolerance_km = t.km)'),
	'{(0)}', 'the same by another subplan');
ALTER SERVER sim OPTIONS (DROP request_cost);
SELECT is(rows_of('SELECT count(*) FROM tolerance AS t, LATERAL (SELECT * FROM cars.waypoints AS w
	WHERE w.vehicle_id = {1} AND w.trip_id = {1.3} AND w.tolerance_km = t.km OFFSET 0) AS l'),
	'{(0)}', 'tolerance_km of an outer row');
SELECT is(rows_of('SELECT count(*) > 0, min(tolerance_km) FROM cars.waypoints
	WHERE vehicle_id = {1} AND trip_id = {1.3} AND tolerance_km = (SELECT min(km) FROM tolerance)'),
	'{"(t,0.05)"}', 'tolerance_km by an uncorrelated subquery');

--
-- A listing that lacks what it announced acquits nobody
--
SELECT sim_config('{"page_size": 7}');
SELECT sim_fault('{"match": "wayPoints", "times": -1, "fault": {"kind": "status", "status": 403, "code": 40300}}');
SELECT throws_ok(expand('SELECT * FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.20}'), '42501', NULL,
				 'a listed trip that is refused');
SELECT is_empty(expand('SELECT * FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = ''nobody'''), 'an unlisted trip that is refused');
SELECT sim_fault('{"match": "/trips\\?", "times": -1, "fault": {"kind": "missing_next"}}');
SELECT throws_ok(expand('SELECT * FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.20}'), '42501', NULL,
				 'a listed trip that is refused, by a short listing');
SELECT sim_heal();
SELECT sim_fault('{"match": "/status", "times": -1, "fault": {"kind": "status", "status": 403, "code": 40300}}');
SELECT sim_fault('{"match": "/vehicles\\?", "times": -1, "fault": {"kind": "total", "delta": 2}}');
SET client_min_messages = error;
SELECT throws_ok('SELECT * FROM (SELECT ignition FROM cars.status WHERE vehicle_id = ''nobody'') AS s', '42501', NULL,
				 'an unknown vehicle, by a short listing');
RESET client_min_messages;
SELECT sim_reset();

--
-- With 'warn' one vehicle may be missing, not the API
--
CREATE SERVER nowhere FOREIGN DATA WRAPPER stellantis_fdw
	OPTIONS (brand 'peugeot', base_url 'http://127.0.0.1:9/connectedcar/v4', client_id 'x', on_vehicle_error 'warn', retries '0');
CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere OPTIONS (access_token 'x');
CREATE SCHEMA nowhere;
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER nowhere INTO nowhere;
SELECT throws_ok('SELECT id FROM nowhere.trips WHERE vehicle_id = ''x''', '08001', NULL, 'warn: an API that is not there');

--
-- A request that is sent again for a connection that died is counted
--
ALTER SERVER sim OPTIONS (ADD retries '0');
SELECT is(rows_of('SELECT count(*) > 0 FROM cars.status'), '{(t)}', 'connections are open');
SELECT sim_fault('{"match": "/status", "times": 1, "fault": {"kind": "reset"}}');
SELECT is(cardinality(requests_of('SELECT ignition FROM cars.status WHERE vehicle_id = {1}')), 2, 'a reset of a kept connection: asked again');
SELECT sim_fault('{"match": "/status", "times": 1, "fault": {"kind": "reset"}}');
SET stellantis_fdw.max_requests = 1;
SELECT throws_ok(expand('SELECT ignition FROM cars.status WHERE vehicle_id = {1}'), '53400', NULL, 'and counted in max_requests');
RESET stellantis_fdw.max_requests;
SELECT sim_heal();
SELECT is(rows_of('SELECT count(*) > 0 FROM cars.status'), '{(t)}', 'connections are open again');
SELECT sim_fault('{"match": "/status", "times": -1, "fault": {"kind": "reset"}}');
SELECT throws_ok(expand('SELECT ignition FROM cars.status WHERE vehicle_id = {1}'), '08006', NULL, 'resets without end');
SELECT sim_clear();
SELECT throws_ok(expand('SELECT ignition FROM cars.status WHERE vehicle_id = {1}'), '08006', NULL, 'resets without end, again');
SELECT cmp_ok(cardinality(sim_log()), '<=', 2, 'are asked for at most once more, and only for a kept connection');
SELECT sim_reset();
ALTER SERVER sim OPTIONS (DROP retries);

--
-- Long lists
--
SET statement_timeout = '30s';
SELECT is_empty('SELECT 1 FROM cars.trips WHERE vehicle_id = ANY (ARRAY(SELECT ''a'' || i FROM generate_series(1, 100000) AS i))
	AND vehicle_id = ANY (ARRAY(SELECT ''b'' || i FROM generate_series(1, 100000) AS i))', 'two lists without a common id');
SELECT is(rows_of('SELECT count(vin) > 0 FROM cars.trips WHERE vehicle_id = ANY (ARRAY(SELECT i::text FROM generate_series(1, 100000) AS i) || {1}::text)'),
		  '{(t)}', 'one known id among many');
SELECT is(rows_of('SELECT count(*) > 0 FROM cars.trips WHERE ' || string_agg(format('vin = %L', i), ' OR ') || ' OR vin = {vin1}'),
		  '{(t)}', 'a long OR') FROM generate_series(1, 3000) AS i;
RESET statement_timeout;

--
-- Costs are numbers
--
CREATE FUNCTION pg_temp.cost(query text) RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Total Cost';
END $$;
SELECT cmp_ok(pg_temp.cost('SELECT * FROM cars.trips WHERE vehicle_id = ANY (''{}''::text[])'), '<', 1e9::float8, 'an empty list has a cost');

SELECT * FROM finish();
