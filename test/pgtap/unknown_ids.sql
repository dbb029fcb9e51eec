-- An id that the account's listing does not have is no row, whatever the API
-- answers for it; an id that it has is an error if the API refuses it.
-- simulator: --vehicles 3 --days 5 --telemetry 50
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

CREATE TABLE endpoint (name text, path text);
INSERT INTO endpoint VALUES ('status', 'status'), ('positions', 'lastPosition'), ('telemetry', 'telemetry?pageSize=2000'),
	('trips', 'trips?pageSize=60'), ('alerts', 'alerts?pageSize=60'), ('alarms', 'alarms?pageSize=60'),
	('collisions', 'collisions?pageSize=60'), ('maintenance', 'maintenance'), ('waypoints', 'trips?pageSize=60');

-- Tests: no rows, no warning, and these requests.
CREATE FUNCTION unknown(query text, expected text, description text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT asks(query, expected, description || ': requests')
	UNION ALL
	SELECT is(rows_of(query), '{}', description || ': no rows')
$$;

-- a vehicle
CREATE FUNCTION pg_temp.unknown_vehicle(status int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	listing text := CASE WHEN status = 404 THEN '' ELSE E'/user/vehicles?pageSize=60\n' END;
BEGIN
	PERFORM sim_config(jsonb_build_object('unknown_vehicle', status));
	RETURN QUERY SELECT u FROM endpoint, unknown(format('SELECT vehicle_id FROM cars.%s WHERE vehicle_id = ''x''', name),
		format('%s/user/vehicles/x/%s %s', listing, path, status), format('%s: %s', status, name)) AS u;
	RETURN QUERY SELECT unknown('SELECT id FROM cars.vehicles WHERE id = ''x''', format('%s/user/vehicles/x %s', listing, status),
								status || ': vehicles');
	RETURN QUERY SELECT unknown('SELECT id FROM cars.trips WHERE vehicle_id IN (''x'', ''y'', ''z'')',
		format(E'%1$s/user/vehicles/x/trips?pageSize=60 %2$s\n/user/vehicles/y/trips?pageSize=60 %2$s\n/user/vehicles/z/trips?pageSize=60 %2$s',
			   listing, status), status || ': several, one listing');
	RETURN QUERY SELECT unknown('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = ''x'' AND trip_id = ''t''',
		format('%s/user/vehicles/x/trips/t/wayPoints %s', listing, status), status || ': a trip of it');
	-- with the others' rows
	RETURN NEXT asks('SELECT id FROM cars.trips WHERE vehicle_id IN (''x'', {1})',
		format(E'%s/user/vehicles/x/trips?pageSize=60 %s\n/user/vehicles/{1}/trips?pageSize=60', listing, status), status || ': and a known one: requests');
	RETURN NEXT same_rows('SELECT id FROM cars.trips WHERE #vehicle_id IN (''x'', {1})', status || ': and a known one: rows');
	RETURN NEXT same_rows('SELECT id FROM cars.vehicles WHERE #id IN (''x'', {1}, {2})', status || ': vehicles, and known ones: rows');
	-- where the VIN is needed the listing comes first, and says it all
	RETURN QUERY SELECT unknown('SELECT vin FROM cars.trips WHERE vehicle_id = ''x''', '/user/vehicles?pageSize=60', status || ': with the VIN');
	-- one listing for all the rounds of a join
	RETURN NEXT asks('SELECT t.id FROM (VALUES (''x''), (''y''), (''z'')) AS v (id), LATERAL (SELECT id FROM cars.trips WHERE vehicle_id = v.id OFFSET 0) AS t',
		format(E'%1$s/user/vehicles/x/trips?pageSize=60 %2$s\n/user/vehicles/y/trips?pageSize=60 %2$s\n/user/vehicles/z/trips?pageSize=60 %2$s',
			   listing, status), status || ': one listing for a whole join');
	RETURN NEXT is(messages_of('SELECT id FROM cars.trips WHERE vehicle_id = ''x'''), '{}', status || ': no message');
END $$;
SELECT pg_temp.unknown_vehicle(400);
SELECT pg_temp.unknown_vehicle(403);
SELECT pg_temp.unknown_vehicle(404);

-- other refusals of an id
SELECT sim_config('{"unknown_vehicle": 403}');
CREATE FUNCTION pg_temp.refused(fault jsonb, id text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	PERFORM sim_heal();
	PERFORM sim_fault(jsonb_build_object('match', '/trips', 'times', -1, 'fault', fault));
	PERFORM sim_clear();
	EXECUTE expand('SELECT count(*) FROM cars.trips WHERE vehicle_id = ' || id) INTO n;
	PERFORM sim_heal();
	RETURN n || ' rows';
EXCEPTION WHEN OTHERS THEN
	PERFORM sim_heal();
	RETURN SQLSTATE;
END $$;
ALTER SERVER sim OPTIONS (ADD retries '0');
SELECT unnest(ARRAY[is(pg_temp.refused(fault, '''x'''), '0 rows', 'unknown: ' || fault::text),
					is(pg_temp.refused(fault, '{1}'), sqlstate, 'listed: ' || fault::text)])
FROM (VALUES
	('{"kind": "status", "status": 400}'::jsonb, 'HV000'),
	('{"kind": "status", "status": 403}', '42501'),
	('{"kind": "status", "status": 404, "body": "html"}', 'HV00R'),
	('{"kind": "status", "status": 404, "body": "empty"}', 'HV00R'),
	('{"kind": "status", "status": 404, "body": "gateway"}', 'HV00R'),
	('{"kind": "status", "status": 404, "code": 50000}', 'HV00R'),
	('{"kind": "status", "status": 410}', 'HV000'),
	('{"kind": "status", "status": 422}', 'HV000')
) AS t (fault, sqlstate);
SELECT is(pg_temp.refused('{"kind": "status", "status": 404, "code": 40400}', id), '0 rows', 'no data: ' || id)
FROM (VALUES ('{1}'), ('''x''')) AS t (id);
SELECT is(pg_temp.refused('{"kind": "no_content"}', '{1}'), '0 rows', '204');
-- what says nothing about the id is an error for an unknown one, too
SELECT is(pg_temp.refused(fault, '''x'''), sqlstate, 'unknown: ' || fault::text)
FROM (VALUES
	('{"kind": "status", "status": 401}'::jsonb, '28000'),
	('{"kind": "status", "status": 429}', '53400'),
	('{"kind": "status", "status": 500}', 'HV00L'),
	('{"kind": "reset"}', '08006')
) AS t (fault, sqlstate);
ALTER SERVER sim OPTIONS (DROP retries);

-- a listed vehicle's refusal: once asked, one listing, then the error
SELECT sim_fault('{"match": "/VR3UHZKXZPT000001/trips", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT sim_clear();
SELECT throws_ok(expand('SELECT id FROM cars.trips WHERE vehicle_id = {1}'), '42501', NULL, 'a listed vehicle''s 403');
SELECT asked(E'/user/vehicles/{1}/trips?pageSize=60 403\n/user/vehicles?pageSize=60', 'a listed vehicle''s 403: requests');
SELECT sim_clear();
SELECT throws_ok(expand('SELECT id FROM cars.trips WHERE vin = {vin1}'), '42501', NULL, 'a listed vehicle''s 403, by VIN');
SELECT asked(E'/user/vehicles/{1}/trips?pageSize=60 403\n/user/vehicles?pageSize=60', 'a listed vehicle''s 403, by VIN: requests');
SELECT throws_ok('SELECT id FROM cars.trips', '42501', NULL, 'a listed vehicle''s 403, all vehicles');
SELECT matches((messages_of('SELECT id FROM cars.trips WHERE vehicle_id = {1}'))[1],
			   '^ERROR 42501: could not fetch trips of vehicle ".*" from server "sim": the API denies access$', 'its message');
SELECT matches((messages_of('SELECT vin, id FROM cars.trips WHERE vehicle_id = {1}'))[1], '"VR3UHZKXZPT000001"', 'its message names the VIN that is known');
SELECT sim_heal();
-- a listing that fails leaves the refusal undecided
SELECT sim_fault('{"match": "/user/vehicles\\?", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok('SELECT id FROM cars.trips WHERE vehicle_id = ''x''', '42501', NULL, 'the listing is refused, too');
SELECT sim_heal();

-- a VIN
SELECT unknown('SELECT id FROM cars.trips WHERE vin = ''nowhere''', '/user/vehicles?pageSize=60', 'VIN');
SELECT unknown('SELECT id FROM cars.trips WHERE vin IN (''nowhere'', ''vr3uhzkxzpt000001'', '''')', '/user/vehicles?pageSize=60', 'VINs');
SELECT unknown('SELECT id FROM cars.vehicles WHERE vin = ''nowhere''', '/user/vehicles?pageSize=60', 'VIN of vehicles');
SELECT same_rows('SELECT id FROM cars.trips WHERE #vin IN (''nowhere'', {vin2})', 'VIN, and a known one');

-- a trip
SELECT unknown('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = ''x''', '/user/vehicles/{1}/trips/x/wayPoints 404', 'trip');
SELECT unknown('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {2.1}',
			   '/user/vehicles/{1}/trips/' || id || '/wayPoints 404', 'trip of another vehicle')
FROM sim_trip WHERE n = 2 AND trip = 1;
SELECT same_rows('SELECT recorded_at FROM cars.waypoints WHERE #vehicle_id = {1} AND #trip_id IN (''x'', {1.2})', 'trip, and a known one');
SELECT sim_fault('{"match": "/trips/x/", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT unknown('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = ''x''',
			   E'/user/vehicles/{1}/trips/x/wayPoints 403\n/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60', 'trip, 403');
SELECT unknown('SELECT recorded_at FROM cars.waypoints WHERE vin = {vin1} AND trip_id = ''x''',
			   E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips/x/wayPoints 403\n/user/vehicles/{1}/trips?pageSize=60', 'trip, 403, by VIN');
SELECT sim_heal();
SELECT sim_fault('{"match": "/trip2/", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok(expand('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.2}'), '42501', NULL, 'a listed trip''s 403');
SELECT throws_ok(expand('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1}'), '42501', NULL, 'a listed trip''s 403, all trips');
SELECT sim_heal();

-- what lies below a vehicle
CREATE TABLE object (name text, id text);
INSERT INTO object SELECT 'trips', id FROM sim_trip WHERE n = 1 AND trip = 2;
INSERT INTO object SELECT 'alerts', min(id) FROM cars.alerts WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1);
INSERT INTO object SELECT 'alarms', min(id) FROM cars.alarms WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1);
SELECT is(count(id), 3::bigint, 'there is one of each') FROM object;
INSERT INTO object VALUES ('collisions', 'another');
SELECT unknown(format('SELECT id FROM cars.%s WHERE vehicle_id = {1} AND id = ''x''', name), format('/user/vehicles/{1}/%s/x 404', name), name || ': id') FROM object;
SELECT unknown(format('SELECT id FROM cars.%s WHERE vehicle_id = {2} AND id = %L', name, id), format('/user/vehicles/{2}/%s/%s 404', name, id), name || ': id of another vehicle') FROM object;
SELECT unknown(format('SELECT id FROM cars.%s WHERE id = ''x''', name),
			   format(E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/%1$s/x 404\n/user/vehicles/{2}/%1$s/x 404\n/user/vehicles/{3}/%1$s/x 404', name), name || ': id, no vehicle') FROM object;
SELECT unknown(format('SELECT id FROM cars.%s WHERE vehicle_id = ''x'' AND id = ''x''', name), format(E'/user/vehicles?pageSize=60\n/user/vehicles/x/%s/x 403', name), name || ': id, unknown vehicle') FROM object;
-- refused otherwise: the listing, then all of the vehicle's
CREATE FUNCTION pg_temp.refused_object(status int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	o object;
	whole text;
	query text;
BEGIN
	FOR o IN SELECT * FROM object LOOP
		PERFORM sim_heal();
		PERFORM sim_fault(jsonb_build_object('match', '/' || o.name || '/(x|' || o.id || ') ?$', 'times', -1, 'fault', jsonb_build_object('kind', 'status', 'status', status)));
		whole := format('/user/vehicles/{1}/%s?pageSize=60%s', o.name, CASE o.name WHEN 'collisions' THEN ' 404' ELSE '' END);
		RETURN QUERY SELECT unknown(format('SELECT id FROM cars.%s WHERE vehicle_id = {1} AND id = ''x''', o.name),
			format(E'/user/vehicles/{1}/%s/x %s\n/user/vehicles?pageSize=60\n', o.name, status) || whole, format('%s: %s id', status, o.name));
		RETURN QUERY SELECT unknown(format('SELECT id FROM cars.%s WHERE vin = {vin1} AND id = ''x''', o.name),
			format(E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/%s/x %s\n', o.name, status) || whole, format('%s: %s id, by VIN', status, o.name));
		CONTINUE WHEN o.name = 'collisions';	-- there is none
		query := expand(format('SELECT id FROM cars.%s WHERE vehicle_id = {1} AND id = %L', o.name, o.id));
		RETURN NEXT throws_ok(query, CASE status WHEN 403 THEN '42501' ELSE 'HV000' END, NULL, format('%s: %s, a listed one', status, o.name));
	END LOOP;
END $$;
SELECT pg_temp.refused_object(status) FROM unnest(ARRAY[400, 403, 410, 422]) AS status;
SELECT sim_heal();
-- what says nothing of the id is a fault at once
SELECT sim_fault('{"match": "/trips/x ?$", "times": -1, "fault": {"kind": "status", "status": 402}}');
SELECT throws_ok(expand('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = ''x'''), 'HV000', NULL, 'a refusal that says nothing of the id');
SELECT sim_heal();
-- a collection that cannot be read leaves the refusal as it is
SELECT sim_fault('{"match": "/trips", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok(expand('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = ''x'''), '42501', NULL, 'the collection is refused, too');
SELECT sim_heal();
SELECT same_rows('SELECT id FROM cars.trips WHERE #vehicle_id = {1} AND #id IN (''x'', {1.2})', 'an id, and a known one');

-- rows of a trip
SELECT unknown(format('SELECT vehicle_id FROM cars.%s WHERE vehicle_id = {1} AND %s', name, condition), format('/user/vehicles/{1}/trips/x/%s 404', path), 'trip: ' || name)
FROM (VALUES ('telemetry', 'trip_id = ''x''', 'telemetry?pageSize=2000'), ('alerts', '''x'' = ANY (trip_ids)', 'alerts?pageSize=60'), ('collisions', 'trip_id = ''x''', 'collisions?pageSize=60')) AS t (name, condition, path);
SELECT unknown(format('SELECT vehicle_id FROM cars.%s WHERE vehicle_id = ''x'' AND %s', name, condition), format(E'/user/vehicles?pageSize=60\n/user/vehicles/x/trips/x/%s 403', path), 'trip, unknown vehicle: ' || name)
FROM (VALUES ('telemetry', 'trip_id = ''x''', 'telemetry?pageSize=2000'), ('alerts', '''x'' = ANY (trip_ids)', 'alerts?pageSize=60'), ('collisions', 'trip_id = ''x''', 'collisions?pageSize=60')) AS t (name, condition, path);
SELECT sim_fault('{"match": "/trips/x/", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT unknown(format('SELECT vehicle_id FROM cars.%s WHERE vehicle_id = {1} AND %s', name, condition),
			   format(E'/user/vehicles/{1}/trips/x/%s 403\n/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60', path), 'trip, 403: ' || name)
FROM (VALUES ('telemetry', 'trip_id = ''x''', 'telemetry?pageSize=2000'), ('alerts', '''x'' = ANY (trip_ids)', 'alerts?pageSize=60'), ('collisions', 'trip_id = ''x''', 'collisions?pageSize=60')) AS t (name, condition, path);
SELECT sim_heal();
SELECT sim_fault('{"match": "/trip2/telemetry", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok(expand('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND trip_id = {1.2}'), '42501', NULL, 'a listed trip''s 403, telemetry');
SELECT sim_heal();
SELECT unknown('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND {1.1} = ANY (trip_ids) AND id = ''x''', '/user/vehicles/{1}/trips/trip1/alerts?pageSize=60 404', 'an id of a trip''s alerts');

-- no vehicles at all: a word of warning, and no rows
SELECT sim_config('{"vehicles": 0}');
SET client_min_messages = error;
SELECT is(rows_of('SELECT id FROM cars.trips'), '{}', 'an account without vehicles: trips');
SELECT is(rows_of('SELECT id FROM cars.vehicles'), '{}', 'an account without vehicles: vehicles');
SET client_min_messages = warning;
SELECT is(messages_of('SELECT id FROM cars.vehicles'), '{WARNING 01000: the account has no vehicles}', 'vehicles: the warning');
SELECT is(messages_of('SELECT id FROM cars.trips'), '{WARNING 01000: the account has no vehicles}', 'trips: the warning');
SELECT is(messages_of('SELECT id FROM cars.trips WHERE vin = ''nowhere'''), '{WARNING 01000: the account has no vehicles}', 'by VIN: the warning');
SELECT ok(array_to_string(psql('SELECT id FROM cars.vehicles'), E'\n') ~ 'DETAIL: .*40400.*uuid is [0-9a-f-]{36}', 'its detail has code and uuid');
SELECT sim_config('{"empty": 200}');
SELECT is(messages_of('SELECT id FROM cars.vehicles'), '{}', 'an empty list is no reason to warn');
SELECT is(rows_of('SELECT id FROM cars.trips'), '{}', 'an empty list: trips');
SELECT sim_reset();
-- a wrong base_url does not look like an empty garage
DO $$ BEGIN EXECUTE format('ALTER SERVER sim OPTIONS (SET base_url %L)', current_setting('test.sim_url') || '/wrong'); END $$;
SELECT throws_ok('SELECT * FROM cars.vehicles', 'HV00R', NULL, 'a wrong base_url: vehicles');
SELECT throws_ok('SELECT * FROM cars.trips', 'HV00R', NULL, 'a wrong base_url: trips');
SELECT throws_ok('SELECT * FROM cars.trips WHERE vehicle_id = ''x''', 'HV00R', NULL, 'a wrong base_url: trips of an unknown vehicle');
SELECT * FROM finish();
