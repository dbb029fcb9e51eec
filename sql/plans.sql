--
-- What is pushed down, as EXPLAIN shows it.  Only our lines of the plan are
-- looked at; every expected value here must hold on all versions.
-- simulator: --vehicles 3 --days 3
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
\pset format unaligned
SELECT sim.load_world();
ANALYZE sim.world;

--
-- As a whole
--
CREATE FUNCTION pg_temp.explain(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		RETURN NEXT line;
	END LOOP;
END $$;
SELECT * FROM pg_temp.explain('SELECT vin FROM cars.vehicles');
SELECT * FROM pg_temp.explain('SELECT vin FROM cars.vehicles WHERE id = ''a''');
SELECT * FROM pg_temp.explain('SELECT * FROM cars.account');
SELECT * FROM pg_temp.explain('SELECT distance_km FROM cars.trips WHERE vin = ''VR3UHZKXZPT000001'' AND started_at >= ''2026-02-01 00:00:00+00'' AND distance_km > 5');
SELECT * FROM pg_temp.explain('SELECT latitude FROM cars.waypoints WHERE vehicle_id = ''a'' AND trip_id = ''t'' AND tolerance_km = 0.05');
SELECT scan, vehicles, pushed FROM sim.plan('SELECT t.distance_km FROM cars.trips AS t WHERE t.vehicle_id = ''a''');

--
-- The vehicle
--
SELECT * FROM sim.plans('cars.trips',
	'true', 'vehicle_id = ''a''', '''a'' = vehicle_id', 'vehicle_id = ''a''::varchar', 'vehicle_id = ''a''::name', 'vehicle_id = NULL',
	'vehicle_id IN (''a'', ''b'')', 'vehicle_id = ANY (ARRAY[''a'', ''b'', ''c''])', 'vehicle_id = ANY (''{}'')', 'vehicle_id = ANY (''{a,a}''::varchar[])',
	'vehicle_id = ''a'' OR vehicle_id = ''b''', '(vehicle_id = ''a'' AND distance_km > 5) OR (done AND vehicle_id = ''b'')',
	'vehicle_id IN (''a'', ''b'') AND vehicle_id = ''a''', '(vehicle_id = ''a'' OR vehicle_id = ''b'') AND (vehicle_id = ''b'' OR vehicle_id = ''c'')',
	'vehicle_id = lower(''A'' || current_user)', 'vehicle_id = current_setting(''test.sim_token'')',
	'vehicle_id = (SELECT max(id) FROM sim.world)', 'vehicle_id = ANY (ARRAY(SELECT id FROM sim.world))',
	'vehicle_id = ANY (string_to_array(current_setting(''test.sim_token''), ''-''))');
-- by VIN
SELECT * FROM sim.plans('cars.trips',
	'vin = ''x''', 'vin = ANY (''{x,y}'')', 'vin IN (''x'', ''y'', ''z'')', 'vin LIKE ''VR3%''', 'vin LIKE ''VR3UHZ_X%''', 'vin LIKE ''VR3%'' AND vin = ''VR3X''',
	'vin = ''x'' OR vin = ''y''', 'vin = ''x'' AND vehicle_id = ''a''', 'vin = (SELECT max(vin) FROM sim.world)');
SELECT * FROM sim.plans('cars.vehicles', 'id = ''a''', 'id IN (''a'', ''b'')', 'vin = ''x''', 'vin LIKE ''VR3%''', 'id = ''a'' AND vin = ''x''', 'brand = ''Peugeot''', 'label LIKE ''e-%''');
SELECT * FROM sim.plans('cars.status', 'vehicle_id = ''a''', 'vin = ''x''', 'odometer_km > 5');
SELECT * FROM sim.plans('cars.positions', 'vehicle_id = ''a''', 'recorded_at > now()');
-- not these: what the API cannot, or a row cannot before it is there
SELECT * FROM sim.plans('cars.trips',
	'vehicle_id <> ''a''', 'vehicle_id NOT IN (''a'', ''b'')', 'NOT vehicle_id = ''a''', 'vehicle_id || '''' = ''a''', 'upper(vehicle_id) = ''A''',
	'vehicle_id > ''a''', 'vehicle_id LIKE ''a%''', 'vehicle_id IS NOT NULL', 'vehicle_id IS NOT DISTINCT FROM ''a''', '(vehicle_id = ''a'') IS NOT FALSE',
	'vehicle_id = vin', 'vehicle_id = id', 'vehicle_id = CASE WHEN done THEN ''a'' END', 'vehicle_id = ''a'' || random()', 'vehicle_id = ANY (ARRAY[''a'', vin])',
	'vehicle_id = ALL (''{a,b}'')', 'vehicle_id = ''a'' OR distance_km > 5', 'vehicle_id = ''a'' OR vin = ''x''', 'vehicle_id::varchar(3) = ''a''', 'vehicle_id::bytea = ''a''',
	'vin ILIKE ''VR3%''', 'vin LIKE ''%3''', 'vin LIKE ''_R3%''', 'vin NOT LIKE ''VR3%''', 'vin ~ ''^VR3''', 'vin SIMILAR TO ''VR3%''', 'vin ^@ ''VR3''', 'left(vin, 3) = ''VR3''',
	'vehicle_id = (SELECT w.id FROM sim.world AS w WHERE w.vin = trips.vin)', 'EXISTS (SELECT FROM sim.world AS w WHERE w.id = trips.vehicle_id OR w.n < 0)');

--
-- The time
--
SET TimeZone = 'Europe/Paris';
SELECT * FROM sim.plans('cars.trips',
	'started_at < ''2026-02-01''', 'started_at <= ''2026-02-01''', 'started_at = ''2026-02-01''', 'started_at >= ''2026-02-01''', 'started_at > ''2026-02-01''', '''2026-02-01'' < started_at',
	'started_at >= timestamp ''2026-02-01 10:00''', 'started_at < date ''2026-02-01''', 'date ''2026-02-01'' <= started_at', 'started_at BETWEEN ''2026-02-01'' AND ''2026-02-02''',
	'started_at > now() - interval ''7 days''', 'started_at >= current_date', 'started_at > clock_timestamp() - interval ''7 days''', 'started_at > statement_timestamp()',
	'started_at >= ''infinity''', 'started_at < ''-infinity''', 'started_at > NULL');
SELECT * FROM sim.plans('cars.trips', 'started_at >= (SELECT now() - max(n) * interval ''1 day'' FROM sim.world)', 'started_at = ANY (''{2026-02-01,2026-02-02}''::timestamptz[])',
	'started_at IN (date ''2026-02-01'', ''2026-02-03'')', 'started_at < ''2026-02-01'' OR started_at >= ''2026-03-01''', 'started_at < ''2026-02-01'' OR (done AND started_at >= ''2026-03-01'')',
	'vehicle_id = ''a'' AND started_at > ''2026-02-01'' AND started_at < ''2026-02-02''', '(vehicle_id = ''a'' AND started_at > ''2026-02-01'') OR (vehicle_id = ''b'' AND started_at < ''2026-01-01'')');
SELECT * FROM sim.plans('cars.trips', 'started_at + interval ''0'' > ''2026-02-01''', 'started_at::date = ''2026-02-01''', 'date_trunc(''day'', started_at) = ''2026-02-01''', 'started_at <> ''2026-02-01''',
	'started_at > stopped_at', 'stopped_at > ''2026-02-01''', 'created_at > ''2026-02-01''', 'started_at IS NULL', 'started_at < ''2026-02-01'' OR done', 'NOT started_at < ''2026-02-01''',
	'started_at > now() - random() * interval ''1 day''', 'started_at > ''2026-02-01''::timestamptz - duration');
SELECT r AS resource, c AS condition, p.vehicles, p.pushed
  FROM (VALUES ('telemetry', 'recorded_at > ''2026-02-01'''), ('waypoints', 'recorded_at > ''2026-02-01'''), ('alerts', 'started_at > ''2026-02-01'''), ('alerts', 'ended_at > ''2026-02-01'''),
			   ('alarms', 'created_at > ''2026-02-01'''), ('alarms', 'started_at > ''2026-02-01'''), ('collisions', 'created_at > ''2026-02-01'''), ('status', 'updated_at > ''2026-02-01'''),
			   ('maintenance', 'created_at > ''2026-02-01''')) AS t (r, c), LATERAL sim.plan(format('SELECT * FROM cars.%I WHERE %s', r, c)) AS p;
SET TimeZone = 'UTC';

--
-- Below a trip
--
SELECT * FROM sim.plans('cars.waypoints', 'trip_id = ''t''', 'trip_id IN (''t'', ''u'')', 'trip_id <> ''t''', 'tolerance_km = 0.05', '0.05 = tolerance_km', 'tolerance_km = 0.05::real', 'tolerance_km = 1',
	'tolerance_km > 0.05', 'tolerance_km = ANY (''{0.05,1}'')', 'tolerance_km = 0.05 OR tolerance_km = 1', 'tolerance_km IS NULL', 'tolerance_km = latitude', 'tolerance_km = random()',
	'tolerance_km = (SELECT max(n) FROM sim.world)');

--
-- Objects by their ids, rows of a trip, filters: what is asked
--
CREATE FUNCTION pg_temp.asks(relation text, VARIADIC conditions text[]) RETURNS TABLE (condition text, endpoint text, pushed text) LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	FOREACH condition IN ARRAY conditions LOOP
		EXECUTE format('EXPLAIN (COSTS OFF, FORMAT JSON) SELECT * FROM %s WHERE vehicle_id = ''a'' AND (%s)', relation, condition) INTO document;
		SELECT node ->> 'Endpoint', (SELECT string_agg(c, '; ') FROM jsonb_array_elements_text(node -> 'Pushed Down') AS c WHERE c !~ '^\(vehicle_id = ')
		  INTO endpoint, pushed
		  FROM jsonb_path_query(document, 'strict $.**') AS node WHERE jsonb_typeof(node) = 'object' AND node ? 'Endpoint' LIMIT 1;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.asks('cars.trips', 'id = ''x''', '''x'' = id', 'id IN (''x'', ''y'')', 'id IN (''1'', ''2'', ''3'', ''4'')', 'id IN (''1'', ''2'', ''3'', ''4'', ''5'')', 'id = ''x'' OR id = ''y''',
	'id = ANY (string_to_array(current_setting(''test.sim_token''), ''-''))', 'id <> ''x''', 'id > ''x''', 'id LIKE ''x%''', 'id = vin', 'id = ''x'' OR done');
SELECT * FROM pg_temp.asks('cars.alerts', 'id = ''x''', 'id IN (''x'', ''y'')', '''t'' = ANY (trip_ids)', 'trip_ids @> ARRAY[''t'', ''u'']', 'trip_ids @> ''{}''', 'ARRAY[''t''] <@ trip_ids',
	'trip_ids @> string_to_array(current_setting(''test.sim_token''), ''-'')', '''t'' = ANY (trip_ids) AND ''u'' = ANY (trip_ids)', '''t'' = ANY (trip_ids) OR ''u'' = ANY (trip_ids)',
	'''t'' = ANY (trip_ids) AND id = ''x''', '''t'' = ALL (trip_ids)', 'trip_ids && ''{t}''', 'trip_ids = ''{t}''', 'id = ANY (trip_ids)');
SELECT * FROM pg_temp.asks('cars.telemetry', 'trip_id = ''t''', 'trip_id IN (''t'', ''u'')', 'trip_id = ANY (string_to_array(current_setting(''test.sim_token''), ''-''))', 'trip_id <> ''t''', 'trip_id IS NULL');
SELECT * FROM pg_temp.asks('cars.collisions', 'trip_id = ''t''', 'id = ''x''', 'trip_id = ''t'' AND id = ''x''');
SELECT * FROM pg_temp.asks('cars.alarms', 'id = ''x''', 'kind = ''status''', 'kind IN (''status'', ''trigger'')', 'kind <> ''status''', 'kind LIKE ''s%''');
SELECT * FROM pg_temp.asks('cars.trips', 'distance_km > 5', '5 >= distance_km', 'distance_km = 5::real', 'distance_km IN (1, 2)', 'distance_km < 5 OR distance_km > 6', 'distance_km <> 5', 'distance_km > start_odometer_km', 'distance_km::numeric > 5',
	'duration > ''1 h''', 'duration BETWEEN ''1 h'' AND ''1 day''', 'duration = ANY (''{1 h,2 h}'')', 'duration + ''1 h'' > ''2 h''', 'duration > random() * interval ''1 h''');
CREATE FOREIGN TABLE own_trips (vehicle_id text, id text OPTIONS (field '/_links/self/href'), distance_km float8 OPTIONS (field '/distance')) SERVER sim OPTIONS (resource 'trips', page_size '10');
SELECT * FROM pg_temp.asks('own_trips', 'id = ''x''', 'distance_km > 5');
CREATE FOREIGN TABLE small_pages (vehicle_id text, id text) SERVER sim OPTIONS (resource 'alerts', page_size '5');
SELECT * FROM pg_temp.asks('small_pages', 'id IN (''1'', ''2'', ''3'', ''4'')', 'id IN (''1'', ''2'', ''3'', ''4'', ''5'')');

--
-- The account, a constant
--
CREATE SCHEMA family;
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER sim INTO family OPTIONS (account 'family');
SELECT * FROM sim.plans('family.trips', 'account = ''family''', 'account = ''other''', 'account IN (''family'', ''other'')', 'account LIKE ''fam%''', 'account <> ''family''', 'account = ''family'' AND vehicle_id = ''a''');

--
-- Columns with an option "field", and columns of other collations
--
CREATE FOREIGN TABLE own (vehicle_id text, vin text OPTIONS (field '/_links/vehicle/href'), started_at timestamptz OPTIONS (field '/createdAt'))
	SERVER sim OPTIONS (resource 'trips');
SELECT * FROM sim.plans('own', 'vin = ''x''', 'started_at > now()', 'vehicle_id = ''a''');
CREATE FOREIGN TABLE c_collation (vehicle_id text COLLATE "C", vin text COLLATE "POSIX") SERVER sim OPTIONS (resource 'trips');
SELECT * FROM sim.plans('c_collation', 'vehicle_id = ''a''', 'vin LIKE ''VR3%''', 'vin = ''x'' COLLATE "C"');
-- a nondeterministic one needs ICU; where that is missing there is nothing to see
CREATE FUNCTION pg_temp.nondeterministic() RETURNS TABLE (vehicles text, pushed text) LANGUAGE plpgsql AS $$
BEGIN
	CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	CREATE FOREIGN TABLE no_case (vehicle_id text COLLATE ignore_case, vin text) SERVER sim OPTIONS (resource 'trips');
	RETURN QUERY SELECT p.vehicles, p.pushed FROM sim.plans('no_case', 'vehicle_id = ''a''', 'vehicle_id = ANY (''{a,b}'')', 'vin = ''x'' COLLATE ignore_case') AS p;
EXCEPTION WHEN feature_not_supported THEN
	RETURN QUERY VALUES ('all', NULL), ('all', NULL), ('all', NULL);
END $$;
SET client_min_messages = warning;
SELECT * FROM pg_temp.nondeterministic();
RESET client_min_messages;

--
-- Parameters
--
PREPARE by_vehicle(text, timestamptz) AS SELECT * FROM cars.trips WHERE vehicle_id = $1 AND started_at >= $2;
SET plan_cache_mode = force_custom_plan;
SELECT vehicles, pushed FROM sim.plan('EXECUTE by_vehicle(''a'', ''2026-02-01'')');
SET plan_cache_mode = force_generic_plan;
SELECT vehicles, replace(pushed, 'initplan', '$n') AS pushed FROM sim.plan('EXECUTE by_vehicle(''a'', ''2026-02-01'')');
PREPARE by_vehicles(text[]) AS SELECT * FROM cars.trips WHERE vehicle_id = ANY ($1);
SELECT vehicles, replace(pushed, 'initplan', '$n') AS pushed FROM sim.plan('EXECUTE by_vehicles(''{a,b}'')');
RESET plan_cache_mode;

--
-- Joins: either side may lead.  What comes from an outer row is told by its
-- name.  Which side of an equality is which depends on the version.
--
CREATE FUNCTION pg_temp.joined(query text) RETURNS TABLE (scan text, vehicles text, pushed text) LANGUAGE sql AS $$
	SELECT p.scan, p.vehicles,
		   (SELECT string_agg(coalesce('(' || least(e[1], e[2]) || ' = ' || greatest(e[1], e[2]) || ')', clause), '; ' ORDER BY n)
			  FROM regexp_split_to_table(p.pushed, '; ') WITH ORDINALITY AS c (clause, n),
				   LATERAL (SELECT regexp_match(clause, '^\(([a-z_.]+) = ([a-z_.]+)\)$') AS e) AS m)
	  FROM sim.plan(query) AS p
$$;
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w JOIN cars.trips AS t ON t.vehicle_id = w.id');
SELECT * FROM pg_temp.joined('SELECT * FROM cars.trips AS t JOIN sim.world AS w ON w.id = t.vehicle_id');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w JOIN cars.trips AS t ON t.vin = w.vin WHERE w.n = 1');
SELECT * FROM pg_temp.joined('SELECT * FROM cars.trips AS t WHERE vehicle_id IN (SELECT id FROM sim.world WHERE n < 2)');
-- many outer rows: one scan of all is cheaper
SELECT * FROM pg_temp.joined('SELECT * FROM (SELECT md5(g::text) AS id FROM generate_series(1, 1000) AS g) AS w JOIN cars.trips AS t ON t.vehicle_id = w.id');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w LEFT JOIN cars.trips AS t ON t.vehicle_id = w.id AND t.started_at > now() - w.n * interval ''1 day''');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w, LATERAL (SELECT * FROM cars.trips AS t WHERE t.vehicle_id = w.id ORDER BY started_at DESC LIMIT 1) AS l');
SELECT * FROM pg_temp.joined('SELECT (SELECT max(distance_km) FROM cars.trips AS t WHERE t.vehicle_id = w.id) FROM sim.world AS w');
SELECT * FROM pg_temp.joined('SELECT * FROM cars.trips AS t, cars.waypoints AS p WHERE p.vehicle_id = t.vehicle_id AND p.trip_id = t.id AND t.vehicle_id = ''a''');
SELECT * FROM pg_temp.joined('SELECT * FROM cars.waypoints AS p, cars.trips AS t WHERE t.id = p.trip_id AND t.vehicle_id = p.vehicle_id AND t.vin = ''x'' AND t.started_at > ''2026-02-01''');
SELECT * FROM pg_temp.joined('SELECT * FROM cars.vehicles AS v, cars.status AS s WHERE s.vehicle_id = v.id AND v.brand = ''Peugeot''');
SELECT * FROM pg_temp.joined('SELECT * FROM cars.trips AS a, cars.trips AS b WHERE a.vehicle_id = b.vehicle_id AND a.vehicle_id = ''a''');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w JOIN cars.alerts AS a ON a.id = w.vin AND a.vehicle_id = w.id WHERE w.n = 1');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w JOIN cars.telemetry AS m ON m.trip_id = w.vin AND m.vehicle_id = w.id');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w JOIN cars.alerts AS a ON w.vin = ANY (a.trip_ids) AND a.vehicle_id = w.id WHERE w.n = 1');
-- filters and tolerance_km are inputs of the scan: an outer row's column does not count
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w, cars.trips AS t WHERE t.vehicle_id = w.id AND t.distance_km > w.n AND w.n = 1');
SELECT * FROM pg_temp.joined('SELECT * FROM sim.world AS w, cars.waypoints AS p WHERE p.vehicle_id = w.id AND p.tolerance_km = w.n');

--
-- LIMIT, ORDER BY and aggregates change nothing of it
--
SELECT * FROM sim.plan('SELECT * FROM cars.trips AS t WHERE vehicle_id = ''a'' LIMIT 3');
SELECT * FROM sim.plan('SELECT count(*) FROM cars.trips AS t WHERE vehicle_id = ''a''');
SELECT * FROM sim.plan('SELECT * FROM cars.trips AS t WHERE vehicle_id = ''a'' ORDER BY started_at DESC LIMIT 3');
SELECT * FROM sim.plan('SELECT * FROM (SELECT * FROM cars.trips AS a UNION ALL SELECT * FROM cars.trips AS b) AS u WHERE vehicle_id = ''a''');

--
-- Planning and EXPLAIN have asked for nothing
--
SELECT * FROM sim.log();
-- and neither do these
SELECT * FROM cars.trips LIMIT 0;
SELECT count(*) FROM cars.trips WHERE false;
SELECT count(*) FROM cars.trips WHERE vehicle_id = NULL;
SELECT count(*) FROM cars.trips WHERE vehicle_id = ANY ('{}');
SELECT count(*) FROM cars.trips WHERE vehicle_id IN ('', '.', '..');
SELECT count(*) FROM cars.trips WHERE vehicle_id = 'a' AND vehicle_id = 'b';
SELECT count(*) FROM cars.trips WHERE started_at > '2026-02-02' AND started_at < '2026-02-01';
SELECT count(*) FROM cars.trips WHERE now() < '2020-01-01';
SELECT count(*) FROM family.trips WHERE account = 'other';
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM cars.trips;
COMMIT;
SELECT * FROM sim.log();

--
-- EXPLAIN ANALYZE says what was asked
--
CREATE FUNCTION pg_temp.analyze(query text) RETURNS TABLE (scan text, first_request text, requests text, retried text, pages text, received text) LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO document;
	RETURN QUERY SELECT node ->> 'Alias',
			regexp_replace(node ->> 'First Request', '/20[0-9TZ:-]+', '/{tomorrow}'),
			node ->> 'Requests', node ->> 'Retried', node ->> 'Pages', ((node ->> 'Bytes')::bigint > 0)::text
		  FROM jsonb_path_query(document, 'strict $.**') AS node
		 WHERE jsonb_typeof(node) = 'object' AND node ->> 'Node Type' = 'Foreign Scan' ORDER BY 1;
END $$;
SELECT * FROM pg_temp.analyze('SELECT * FROM cars.status');
SELECT * FROM pg_temp.analyze('SELECT distance_km FROM cars.trips WHERE vin = ''VR3UHZKXZPT000001'' AND started_at >= ''2026-02-27''');
SELECT * FROM pg_temp.analyze('SELECT speed_kmh, latitude FROM cars.telemetry WHERE vin = ''VR3UHZKXZPT000001''');
SELECT * FROM pg_temp.analyze('SELECT * FROM cars.trips LIMIT 0');
SELECT sim.reset();
SELECT sim.fault('/status', '{"kind": "status", "status": 503, "headers": {"Retry-After": "0"}}', 1);
SELECT * FROM pg_temp.analyze('SELECT * FROM cars.status WHERE vin = ''VR3UHZKXZPT000001''');
