-- What the planner supposes of rows and requests, what it chooses by that, and
-- what EXPLAIN says of it.
-- simulator: --vehicles 400 --days 3 --telemetry 20 --now real --token sim-other-access=all
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';
CREATE TABLE car AS SELECT n, id, vin FROM sim_vehicle;
CREATE TABLE two AS SELECT * FROM car WHERE n <= 2;
CREATE TABLE three AS SELECT * FROM car WHERE n <= 3;
ANALYZE car, two, three;
SELECT sim_clear();

-- EXPLAIN's nodes, each with what stands above it.
CREATE FUNCTION pg_temp.nodes(query text, options text DEFAULT '') RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	EXECUTE format('EXPLAIN (%s FORMAT JSON) ', options) || tap.expand(query) INTO document;
	RETURN QUERY SELECT node FROM jsonb_path_query(document, 'strict $.**') AS node
				  WHERE jsonb_typeof(node) = 'object' AND node ? 'Node Type';
END $$;
CREATE FUNCTION pg_temp.scan(query text, alias text, options text DEFAULT '') RETURNS jsonb LANGUAGE sql AS $$
	SELECT node FROM pg_temp.nodes(query, options) AS node WHERE node ->> 'Alias' = alias AND node ->> 'Node Type' = 'Foreign Scan'
$$;
CREATE FUNCTION pg_temp.rows_supposed(query text, alias text) RETURNS float8 LANGUAGE sql AS $$
	SELECT (pg_temp.scan(query, alias) ->> 'Plan Rows')::float8
$$;
CREATE FUNCTION pg_temp.requests_supposed(query text, alias text) RETURNS int LANGUAGE sql AS $$
	SELECT (pg_temp.scan(query, alias) ->> 'Estimated Requests')::int
$$;

--
-- Before anything is known: the catalog's guesses
--
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'ten vehicles');
SELECT is(pg_temp.requests_supposed('SELECT odometer_km FROM cars.status', 'status'), 11, 'the listing, and their states');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.trips WHERE started_at >= now() - interval ''7 days''', 'trips'), 210::float8,
		  'three trips a day');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.trips WHERE started_at BETWEEN now() - interval ''40 days'' AND now() - interval ''39 days''', 'trips'),
		  30::float8, 'a day long ago');
SELECT is(pg_temp.requests_supposed('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND started_at BETWEEN now() - interval ''40 days'' AND now() - interval ''39 days''', 'trips'),
		  3, 'trips are asked for from there on to now');
SELECT is(pg_temp.requests_supposed('SELECT id FROM cars.alarms WHERE vehicle_id = {1} AND created_at BETWEEN now() - interval ''900 days'' AND now() - interval ''899 days''', 'alarms'),
		  1, 'alarms only from there to the end of the range');
SELECT is(pg_temp.requests_supposed('SELECT id FROM cars.vehicles WHERE id = {1}', 'vehicles'), 1, 'a vehicle by its id');
SELECT is(pg_temp.requests_supposed('SELECT * FROM cars.account', 'account'), 1, 'the account');
SELECT is(pg_temp.requests_supposed('SELECT odometer_km FROM cars.status WHERE vehicle_id IN ({1}, {2}, {1})', 'status'), 2, 'ids are counted once each');
SELECT is(pg_temp.requests_supposed('SELECT vin, odometer_km FROM cars.status WHERE vehicle_id IN ({1}, {2})', 'status'), 3, 'the VIN takes the listing');
SELECT is(pg_temp.requests_supposed('SELECT odometer_km FROM cars.status WHERE vin = {vin1}', 'status'), 2, 'by VIN');
SELECT is(pg_temp.requests_supposed('SELECT latitude FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = ''t''', 'waypoints'), 1, 'a trip''s waypoints');
SELECT is(pg_temp.requests_supposed('SELECT latitude FROM cars.waypoints WHERE vehicle_id = {1}', 'waypoints'), 204, 'the waypoints of 200 trips, in pages of 60');
SELECT is(pg_temp.requests_supposed('SELECT id FROM cars.trips LIMIT 3', 'trips'), 2, 'a few rows of the first vehicle are enough');
SELECT is(pg_temp.requests_supposed('SELECT id FROM cars.trips ORDER BY distance_km LIMIT 3', 'trips'), 41, 'but not when they are sorted');

-- what cannot be, or is another account's, takes none
CREATE SCHEMA family;
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER sim INTO family OPTIONS (account 'family');
SELECT is(pg_temp.requests_supposed('SELECT * FROM ' || source, regexp_replace(source, '^\w+\.(\w+).*', '\1')), 0, source)
FROM (VALUES
	('cars.trips WHERE vehicle_id = ANY (''{}'')'),
	('cars.trips WHERE vehicle_id IN ({1}, {2}) AND vehicle_id IN ({3}, {4})'),
	('cars.trips WHERE started_at > now() AND started_at < now() - interval ''1 day'''),
	('family.trips WHERE account = ''other''')
) AS t (source);

-- a value that only the run time knows
PREPARE since (text, timestamptz, timestamptz) AS SELECT id FROM cars.trips WHERE vehicle_id = $1 AND started_at >= $2 AND started_at < $3;
SET plan_cache_mode = force_generic_plan;
SELECT is(pg_temp.rows_supposed('EXECUTE since({1}, now() - interval ''90 days'', now())', 'trips'), 3::float8, 'unknown bounds: a day');
SELECT is(pg_temp.requests_supposed('EXECUTE since({1}, now() - interval ''90 days'', now())', 'trips'), 1, 'an unknown vehicle is one');
PREPARE until (text, timestamptz) AS SELECT id FROM cars.trips WHERE vehicle_id = $1 AND started_at >= now() - interval '3 days' AND started_at < $2;
SELECT is(pg_temp.rows_supposed('EXECUTE until({1}, now())', 'trips'), 3::float8, 'half of it is known: a day, too');
PREPARE on_day (text, date) AS SELECT id FROM cars.trips WHERE vehicle_id = $1 AND started_at::date = $2;
SELECT is(pg_temp.rows_supposed('EXECUTE on_day({1}, ''2026-03-01'')', 'trips'), 3::float8, 'an unknown day');
PREPARE at_instant (text, timestamptz) AS SELECT id FROM cars.trips WHERE vehicle_id = $1 AND started_at = $2;
SELECT is(pg_temp.rows_supposed('EXECUTE at_instant({1}, now())', 'trips'), 1::float8, 'an unknown instant');
SET plan_cache_mode = force_custom_plan;
SELECT is(pg_temp.rows_supposed('EXECUTE on_day({1}, current_date - 1)', 'trips'), 3::float8, 'a known day');
SELECT is(pg_temp.rows_supposed('EXECUTE since({1}, now() - interval ''30 days'', now())', 'trips'), 90::float8, 'bounds of a custom plan');
RESET plan_cache_mode;
SELECT is(sim_count(), 0, 'nothing has been asked');
-- a function of the user's may ask: it is not called for an estimate
CREATE FUNCTION first_vehicle() RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT min(id) FROM cars.vehicles); END $$;
CREATE FUNCTION last_seen() RETURNS timestamptz STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(updated_at) FROM cars.vehicles); END $$;
CREATE FUNCTION mileage() RETURNS float8 STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM cars.vehicles); END $$;
SELECT is(sim_count(), 0, query || ' (' || n || ' nodes)')
FROM (VALUES
	('SELECT * FROM cars.status WHERE vehicle_id = first_vehicle()'),
	('SELECT * FROM cars.trips WHERE started_at >= last_seen()'),
	('SELECT * FROM cars.trips WHERE started_at BETWEEN last_seen() - interval ''1 day'' AND last_seen()'),
	('SELECT * FROM cars.trips WHERE distance_km > mileage() AND updated_at > last_seen()'),
	('SELECT * FROM cars.trips WHERE distance_km > mileage() OR vehicle_id = first_vehicle()'),
	('SELECT * FROM cars.trips AS t JOIN cars.status AS s USING (vehicle_id) WHERE t.vehicle_id = first_vehicle() AND t.distance_km > s.odometer_km + mileage()'),
	('SELECT * FROM cars.trips AS t, LATERAL (SELECT * FROM cars.alerts AS a WHERE a.vehicle_id = t.vehicle_id AND a.started_at > last_seen() OFFSET 0) AS l')
) AS q (query), LATERAL (SELECT count(*) AS n FROM pg_temp.nodes(query)) AS nodes;

--
-- What the API has said
--
SELECT is(count(*), 400::bigint, 'the listing') FROM cars.vehicles;
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'the vehicles are known');
SELECT is(pg_temp.requests_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 7, 'and how many pages they are');
SELECT is(pg_temp.requests_supposed('SELECT odometer_km FROM cars.status', 'status'), 407, 'and how many states');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.status', 'status'), 400::float8, 'which are as many');

CREATE FUNCTION pg_temp.near(have float8, want float8, description text) RETURNS text LANGUAGE sql AS $$
	SELECT tap.ok(have BETWEEN want * 0.75 AND want * 1.25, format('%s (%s of %s)', description, have, want))
$$;
-- runs a query, and compares what the next plan supposes
CREATE FUNCTION pg_temp.learns(source text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	alias text := regexp_replace(source, '^\w+\.(\w+).*', '\1');
	n bigint;
BEGIN
	PERFORM set_config('stellantis_fdw.max_requests', '1000000', true);
	EXECUTE 'SELECT count(*) FROM ' || tap.expand(source) INTO n;
	RETURN NEXT pg_temp.near(pg_temp.rows_supposed('SELECT * FROM ' || source, alias), n, source);
	RETURN NEXT tap.is(pg_temp.scan('SELECT id_or_not FROM (SELECT vehicle_id AS id_or_not FROM ' || source || ' OFFSET 0) AS o', alias, 'ANALYZE,') ->> 'Requests',
					   pg_temp.requests_supposed('SELECT vehicle_id FROM ' || source, alias)::text, source || ': requests');
END $$;
SELECT pg_temp.learns(source)
FROM (VALUES
	('cars.maintenance'),
	('cars.alerts'),
	('cars.trips'),
	('cars.trips WHERE started_at >= now() - interval ''1 day'''),
	('cars.trips WHERE started_at::date = current_date - 1'),
	('cars.telemetry WHERE recorded_at >= now() - interval ''1 day'''),
	('cars.telemetry WHERE recorded_at BETWEEN now() - interval ''2 days'' AND now() - interval ''1 day'''),
	('cars.telemetry')
) AS t (source);
-- what says nothing of the whole
SELECT count(*) FROM cars.vehicles WHERE vin LIKE 'VR3%' \g /dev/null
SELECT count(*) FROM cars.vehicles WHERE id = (SELECT id FROM car WHERE n = 1) \g /dev/null
SELECT count(*) FROM cars.status WHERE vin LIKE 'VR3UHZKXZPT00000_' \g /dev/null
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'a prefix or an id is not all');
-- a range that was not asked for: along the line between those that were
SELECT pg_temp.near(pg_temp.rows_supposed('SELECT * FROM cars.telemetry WHERE recorded_at >= now() - interval ''36 hours''', 'telemetry'),
					(SELECT count(*) FROM cars.telemetry WHERE recorded_at >= now() - interval '36 hours'), 'between what is known');
SELECT pg_temp.near(pg_temp.rows_supposed('SELECT * FROM cars.telemetry WHERE recorded_at < now() - interval ''36 hours''', 'telemetry'),
					(SELECT count(*) FROM cars.telemetry WHERE recorded_at < now() - interval '36 hours'), 'the other end');
SELECT pg_temp.near(pg_temp.rows_supposed('SELECT * FROM cars.telemetry WHERE recorded_at >= now() - interval ''9 years''', 'telemetry'),
					(SELECT count(*) FROM cars.telemetry), 'no more than all');
-- every shape: nothing is asked for the estimate, and it is right
CREATE FUNCTION pg_temp.estimates(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	node jsonb;
	asked int;
BEGIN
	PERFORM set_config('stellantis_fdw.max_requests', '1000000', true);
	PERFORM tap.sim_clear();
	PERFORM count(*) FROM pg_temp.nodes(query);
	RETURN NEXT tap.is(tap.sim_count(), 0, 'EXPLAIN: ' || query);
	SELECT n INTO STRICT node FROM pg_temp.nodes(query, 'ANALYZE,') AS n WHERE n ->> 'Node Type' = 'Foreign Scan';
	asked := tap.sim_count();
	RETURN NEXT tap.is(ARRAY[node ->> 'Estimated Requests', node ->> 'Requests'], ARRAY[asked, asked]::text[], query);
END $$;
-- way points come in pages, of which a long trip has several
SELECT quote_literal((array_agg(id ORDER BY duration))[1]) AS short1, quote_literal((array_agg(id ORDER BY duration))[2]) AS short2
  FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1) \gset
SELECT pg_temp.estimates(query)
FROM (VALUES
	('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = {1.2}'),
	('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id IN ({1.1}, {1.2})'),
	('SELECT id FROM cars.trips WHERE id = {1.2}'),
	('SELECT id FROM cars.trips WHERE vin = {vin1} AND id = {1.2}'),
	('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND {1.2} = ANY (trip_ids)'),
	('SELECT id FROM cars.collisions WHERE vehicle_id = {1} AND trip_id = {1.2}'),
	('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND trip_id = {1.2}'),
	('SELECT latitude FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id IN (' || :'short1' || ', ' || :'short2' || ')'),
	('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km BETWEEN 5 AND 20'),
	('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND duration < ''1 h'''),
	('SELECT id FROM cars.alarms WHERE vehicle_id = {1} AND kind = ''status'''),
	('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND (recorded_at > now() - interval ''1 day'' OR recorded_at < now() - interval ''2 days'')'),
	('SELECT id FROM cars.trips WHERE vehicle_id IN ({1}, {2}) AND date_trunc(''day'', started_at) = current_date'),
	('SELECT id FROM cars.trips WHERE vehicle_id = {1} ORDER BY started_at DESC NULLS LAST LIMIT 1'),
	('SELECT id FROM cars.trips WHERE vin = {vin1} ORDER BY started_at DESC NULLS LAST LIMIT 1'),
	('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND started_at::date BETWEEN current_date - 1 AND current_date'),
	('SELECT id FROM cars.vehicles WHERE id IN ({1}, {2}, {3})'),
	('SELECT odometer_km FROM cars.status WHERE vehicle_id = ANY (''{}'')')
) AS q (query);

-- it is a role's own
CREATE ROLE costs_other;
GRANT USAGE ON SCHEMA cars, tap TO costs_other;
GRANT SELECT ON ALL TABLES IN SCHEMA cars TO costs_other;
GRANT SELECT ON sim_vehicle, sim_trip TO costs_other;
CREATE USER MAPPING FOR costs_other SERVER sim OPTIONS (access_token 'sim-other-access');
GRANT USAGE ON FOREIGN SERVER sim TO costs_other;
-- which has changed the server
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'all is forgotten when the server changes');
SELECT count(*) FROM cars.vehicles \g /dev/null
SET ROLE costs_other;
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'another role knows nothing of it');
RESET ROLE;
CREATE VIEW others_view AS SELECT * FROM cars.vehicles;
ALTER VIEW others_view OWNER TO costs_other;
SELECT is(pg_temp.rows_supposed('SELECT * FROM others_view', 'vehicles'), 10::float8, 'nor its view, whoever reads it');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'one''s own mapping is untouched by that');

--
-- What it chooses
--
-- How often each scan of ours is read, and what the query sends.
CREATE FUNCTION pg_temp.sends(query text, expected int, description text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('stellantis_fdw.max_requests', '1000000', true);
	PERFORM tap.sim_clear();
	EXECUTE tap.expand(query);
	RETURN tap.is(tap.sim_count(), expected, description);
END $$;
SELECT pg_temp.sends(query, expected, query)
FROM (VALUES
	-- a sweep of all, hashed, beats 400 requests one after the other
	('SELECT * FROM car AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 407),
	('SELECT * FROM cars.status AS s WHERE s.vehicle_id IN (SELECT id FROM car)', 407),
	('SELECT * FROM car AS c WHERE EXISTS (SELECT FROM cars.status AS s WHERE s.vehicle_id = c.id)', 407),
	-- two or three of the fleet are asked one by one
	('SELECT * FROM two AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 2 + 7),
	('SELECT s.odometer_km FROM two AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 2),
	('SELECT s.odometer_km FROM three AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 3),
	('SELECT s.odometer_km FROM cars.status AS s RIGHT JOIN three AS c ON s.vehicle_id = c.id', 3),
	('SELECT s.odometer_km FROM cars.status AS s WHERE s.vehicle_id IN (SELECT id FROM three)', 3),
	('SELECT s.odometer_km FROM cars.status AS s WHERE s.vehicle_id = ANY (ARRAY(SELECT id FROM three))', 3),
	('SELECT s.odometer_km FROM cars.status AS s WHERE EXISTS (SELECT FROM three AS c WHERE c.id = s.vehicle_id)', 3),
	('SELECT c.n FROM three AS c WHERE NOT EXISTS (SELECT FROM cars.status AS s WHERE c.id = s.vehicle_id)', 3),
	('SELECT s.odometer_km FROM three AS c, LATERAL (SELECT * FROM cars.status WHERE vehicle_id = c.id) AS s', 3),
	('SELECT s.odometer_km FROM three AS c, LATERAL (SELECT * FROM cars.status WHERE vehicle_id = c.id LIMIT 1) AS s', 3),
	('SELECT t.id FROM three AS c JOIN cars.trips AS t ON t.vehicle_id = c.id AND t.started_at >= now() - interval ''1 day''', 3),
	-- once for each of a day's trips
	('SELECT w.latitude FROM cars.trips AS t JOIN cars.waypoints AS w ON w.vehicle_id = t.vehicle_id AND w.trip_id = t.id WHERE t.vehicle_id = {1} AND t.started_at >= now() - interval ''1 day''',
	 1 + (SELECT count(*)::int FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1) AND started_at >= now() - interval '1 day'))
) AS t (query, expected);
SELECT is(pg_temp.requests_supposed('SELECT s.odometer_km FROM three AS c JOIN cars.status AS s ON s.vin = c.vin', 's'), 3,
		  'by VIN: three times a state, and once seven pages of the listing');
-- four one after the other take longer than all of 16, but they are fewer
SELECT sim_config('{"vehicles": 16}');
ALTER SERVER sim OPTIONS (ADD concurrency '8');
SELECT is(count(*), 16::bigint, 'sixteen vehicles') FROM cars.vehicles;
SELECT pg_temp.sends('SELECT s.odometer_km FROM car AS c JOIN cars.status AS s ON s.vehicle_id = c.id WHERE c.n <= 4', 4, 'four of sixteen');
SELECT pg_temp.sends('SELECT s.odometer_km FROM car AS c JOIN cars.status AS s ON s.vehicle_id = c.id WHERE c.n <= 8', 17, 'eight of sixteen');
SELECT sim_config('{"vehicles": 400}');
-- nothing known of this account
ALTER SERVER sim OPTIONS (SET concurrency '9');
SELECT is(pg_temp.scan('SELECT s.odometer_km FROM three AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 's') ->> 'Vehicles', 'one', 'three of ten are asked one by one');
SELECT is(pg_temp.scan('SELECT s.odometer_km FROM car AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 's') ->> 'Vehicles', 'all', 'not all of them');
ALTER SERVER sim OPTIONS (SET concurrency '1');
SELECT is(pg_temp.scan('SELECT s.odometer_km FROM (SELECT * FROM car WHERE n <= 8) AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 's') ->> 'Vehicles', 'one',
		  'eight of ten, where one request waits for the other');
ALTER SERVER sim OPTIONS (SET concurrency '8', ADD requests_per_second '20');
SELECT is(pg_temp.scan('SELECT s.odometer_km FROM (SELECT * FROM car WHERE n <= 8) AS c JOIN cars.status AS s ON s.vehicle_id = c.id', 's') ->> 'Vehicles', 'one',
		  'the same where so many a second are allowed');
ALTER SERVER sim OPTIONS (DROP requests_per_second);

--
-- It is forgotten when the server or the mapping changes
--
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'the server has changed');
SELECT count(*) FROM cars.vehicles \g /dev/null
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'known again');
ALTER USER MAPPING FOR costs_other SERVER sim OPTIONS (ADD scope 'openid');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'another''s mapping has changed');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD scope 'openid');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'the mapping has changed');
SELECT count(*) FROM cars.vehicles \g /dev/null
CREATE USER MAPPING FOR PUBLIC SERVER sim OPTIONS (access_token 'sim-other-access');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'that of PUBLIC does not count beside it');
DROP USER MAPPING FOR CURRENT_USER SERVER sim;
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'now it does, and is another');
SELECT count(*) FROM cars.vehicles \g /dev/null
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 400::float8, 'which is known now');
ALTER USER MAPPING FOR PUBLIC SERVER sim OPTIONS (ADD scope 'openid');
SELECT is(pg_temp.rows_supposed('SELECT * FROM cars.vehicles', 'vehicles'), 10::float8, 'the mapping of PUBLIC has changed');
CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (access_token :'sim_token');
DROP USER MAPPING FOR PUBLIC SERVER sim;
SELECT sim_config('{"unknown_vehicle": 404}');
SELECT count(*) FROM cars.trips WHERE vehicle_id = 'nobody' \g /dev/null
SELECT is(pg_temp.rows_supposed('SELECT id FROM cars.trips WHERE vehicle_id = {1}', 'trips'), 200::float8, 'that nobody has trips says nothing of others');
-- one page is enough: it says how many rows there are
SELECT count(*) FROM (SELECT FROM cars.trips WHERE vehicle_id = (SELECT id FROM car WHERE n = 1) LIMIT 1) AS l \g /dev/null
SELECT is(pg_temp.rows_supposed('SELECT id FROM cars.trips WHERE vehicle_id = {1}', 'trips'),
		  (SELECT count(*)::float8 FROM sim_trip WHERE n = 1), 'a page says how many rows there are');

--
-- How it is told
--
CREATE FUNCTION pg_temp.explained(query text, options text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('EXPLAIN (%s) ', options) || tap.expand(query);
END $$;
\set joined 'SELECT s.odometer_km FROM three AS c JOIN cars.status AS s ON s.vehicle_id = c.id AND s.odometer_km > 0'
SELECT is(jsonb_typeof(pg_temp.scan(:'joined', 's', 'ANALYZE,') -> property), type, property)
FROM (VALUES ('Endpoint', 'string'), ('Vehicles', 'string'), ('Pushed Down', 'array'), ('Only Checked Here', 'array'), ('Estimated Requests', 'number'),
			 ('First Request', 'string'), ('Requests', 'number'), ('Retried', 'number'), ('Pages', 'number'), ('Bytes', 'number')) AS p (property, type);
SELECT is(pg_temp.scan(:'joined', 's') -> 'Only Checked Here', '["(s.odometer_km > ''0''::double precision)"]', 'what is only checked here');
SELECT is(pg_temp.scan(:'joined', 's') ->> 'Estimated Requests', '1', 'one for each outer row');
SELECT is(pg_temp.scan(:'joined', 's', 'ANALYZE,') ->> 'Requests', '3', 'three in all');
SELECT is(array_agg(btrim(line) ORDER BY n) FILTER (WHERE line ~ 'Requests:'), ARRAY['Estimated Requests: 1 per loop', 'Requests: 3'], 'as text')
FROM pg_temp.explained(:'joined', 'ANALYZE') WITH ORDINALITY AS e (line, n);
SELECT is(array_agg(btrim(line) ORDER BY n) FILTER (WHERE line ~ 'Requests:'), ARRAY['Estimated Requests: 1'], 'without loops')
FROM pg_temp.explained('SELECT odometer_km FROM cars.status WHERE vehicle_id = {1}', 'COSTS') WITH ORDINALITY AS e (line, n);
-- a scan that is read once for all outer rows has no loops of its own
SELECT is(array_agg(btrim(line)) FILTER (WHERE line ~ 'Requests:'), ARRAY['Estimated Requests: 1'], 'an uncorrelated subquery''s result')
FROM pg_temp.explained('SELECT odometer_km FROM cars.status WHERE vehicle_id = (SELECT max(id) FROM three)', 'COSTS') AS line;
SELECT is(array_agg(btrim(line)) FILTER (WHERE line ~ 'Requests:'), ARRAY['Estimated Requests: 1 per loop'], 'a correlated subquery')
FROM pg_temp.explained('SELECT (SELECT odometer_km FROM cars.status WHERE vehicle_id = c.id) FROM three AS c', 'COSTS') AS line;
SELECT is(count(*), 0::bigint, 'like costs, it can be left out') FROM pg_temp.explained(:'joined', 'COSTS OFF') AS line WHERE line ~ 'Requests';
SELECT is(array_agg(btrim(line) ORDER BY n), ARRAY['Endpoint: "GET /user/vehicles/{id}/status"', 'Vehicles: "one"', 'Pushed Down:', 'Only Checked Here:', 'Estimated Requests: 1', 'Requests: 3'], 'YAML')
FROM pg_temp.explained(:'joined', 'ANALYZE, FORMAT YAML') AS document, regexp_split_to_table(document, '\n') WITH ORDINALITY AS e (line, n)
WHERE line ~ 'Endpoint|Vehicles|Pushed|Only|Requests';
-- where PostgreSQL has been built with libxml
CREATE FUNCTION pg_temp.xml_values() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	document text;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT XML) ' || tap.expand('SELECT odometer_km FROM cars.status WHERE vehicle_id = {1} AND odometer_km > 0') INTO document;
	RETURN xpath('//e:Estimated-Requests/text() | //e:Pushed-Down/e:Item/text()', document::xml, '{{e,http://www.postgresql.org/2009/explain}}')::text[];
EXCEPTION WHEN feature_not_supported THEN
	RETURN NULL;
END $$;
SELECT is(coalesce(pg_temp.xml_values(), ARRAY[format('(vehicle_id = %s::text)', expand('{1}')), '1']), ARRAY[format('(vehicle_id = %s::text)', expand('{1}')), '1'], 'XML');
SELECT unalike(string_agg(line, ''), '%sim-access-token%', 'nothing secret') FROM pg_temp.explained(:'joined', 'ANALYZE, VERBOSE') AS line;
-- every shape of plan tells whose columns are asked with
SELECT is((SELECT jsonb_agg(clause ORDER BY clause) FROM jsonb_array_elements_text(pg_temp.scan(query, 't') -> 'Pushed Down') AS clause), expected::jsonb, query)
FROM (VALUES
	('SELECT * FROM three AS c, LATERAL (SELECT * FROM cars.trips AS t WHERE t.vehicle_id = c.id AND t.started_at > now() - c.n * interval ''1 day'' LIMIT 1) AS l',
	 '["(t.started_at > (now() - ((c.n)::double precision * ''1 day''::interval)))", "(t.vehicle_id = c.id)"]'),
	('SELECT c.n, (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = c.id) FROM three AS c', '["(t.vehicle_id = c.id)"]'),
	('SELECT c.n FROM three AS c WHERE c.n = (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = c.id)', '["(t.vehicle_id = c.id)"]'),
	('SELECT c.n FROM three AS c LEFT JOIN three AS d ON c.n = d.n AND c.n < (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = c.id)', '["(t.vehicle_id = c.id)"]'),
	('SELECT * FROM three AS c, LATERAL (SELECT * FROM two AS d, LATERAL (SELECT * FROM cars.trips AS t WHERE t.vehicle_id = c.id AND t.started_at > now() - d.n * interval ''1 day'' LIMIT 1) AS k LIMIT 5) AS l',
	 '["(t.started_at > (now() - ((d.n)::double precision * ''1 day''::interval)))", "(t.vehicle_id = c.id)"]'),
	('WITH w AS MATERIALIZED (SELECT c.n, (SELECT count(*) FROM cars.trips AS t WHERE t.vehicle_id = c.id) FROM three AS c) SELECT * FROM w AS a, w AS b', '["(t.vehicle_id = c.id)"]'),
	('SELECT * FROM three AS c, LATERAL (SELECT id FROM cars.trips AS t WHERE t.vehicle_id = c.id UNION ALL SELECT id FROM cars.alerts AS a WHERE a.vehicle_id = c.id LIMIT 9) AS u', '["(t.vehicle_id = c.id)"]')
) AS q (query, expected);

--
-- No cost that is none
--
ALTER SERVER sim OPTIONS (ADD request_cost '0');
CREATE FUNCTION pg_temp.is_sane(query text, cost text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	sane boolean;
BEGIN
	EXECUTE format('ALTER SERVER sim OPTIONS (SET request_cost %L)', cost);
	SELECT bool_and((node ->> 'Startup Cost')::float8 BETWEEN 0 AND (node ->> 'Total Cost')::float8
					AND (node ->> 'Total Cost')::float8 < 'Infinity' AND (node ->> 'Plan Rows')::float8 BETWEEN 0 AND 1e30
					AND coalesce((node ->> 'Estimated Requests')::float8, 0) BETWEEN 0 AND 1e15)
	  INTO sane FROM pg_temp.nodes(query) AS node;
	RETURN tap.ok(sane, format('request_cost %s: %s', cost, query));
END $$;
SELECT pg_temp.is_sane(query, cost)
FROM (VALUES ('0'), ('1000'), ('1e9')) AS c (cost),
	 (VALUES
		('SELECT * FROM cars.waypoints'),
		('SELECT * FROM cars.waypoints WHERE recorded_at < ''-infinity'''),
		('SELECT * FROM cars.waypoints WHERE recorded_at >= ''infinity'''),
		('SELECT * FROM cars.trips WHERE started_at < ''4713-01-01 BC'''),
		('SELECT * FROM cars.trips WHERE started_at > ''294276-01-01'''),
		('SELECT * FROM cars.trips WHERE started_at = ANY (''{}'')'),
		('SELECT * FROM cars.trips WHERE started_at IN (now(), now() - interval ''1 year'')'),
		('SELECT * FROM cars.trips WHERE started_at < ''2020-01-01'' OR started_at > ''2025-01-01'''),
		('SELECT * FROM cars.trips AS a, cars.trips AS b, cars.trips AS c WHERE a.vehicle_id = b.vehicle_id AND b.vehicle_id = c.vehicle_id AND b.started_at > a.stopped_at'),
		('SELECT * FROM cars.trips AS a JOIN cars.waypoints AS w ON w.trip_id = a.id AND w.vehicle_id = a.vehicle_id, cars.alerts AS b WHERE b.vehicle_id = a.vehicle_id'),
		('SELECT * FROM cars.vehicles AS v, LATERAL (SELECT * FROM cars.trips AS t WHERE t.vehicle_id = v.id AND t.vin = v.vin LIMIT 3) AS l'),
		('SELECT * FROM cars.vehicles AS v WHERE EXISTS (SELECT FROM cars.trips AS t WHERE t.vehicle_id = v.id AND t.vin = v.vin)'),
		('SELECT * FROM cars.status WHERE vin LIKE ''VR3%'' OR vin = (SELECT max(vin) FROM car)')
	 ) AS q (query);

SELECT * FROM finish();
