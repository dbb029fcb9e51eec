-- What else decides what is asked: the columns that are needed, LIMIT, the
-- locale, and, for waypoints, the trip and the tolerance.
-- simulator: --vehicles 5 --days 12 --telemetry 300
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

--
-- Extensions are asked for when a column needs them
--
SELECT pushes('SELECT ' || columns || ' FROM cars.vehicles', '/user/vehicles?' || extension || 'pageSize=60', columns)
FROM (VALUES
	('id, vin', ''),
	('created_at, motorization', ''),
	('brand', 'extension=branding&'),
	('label', 'extension=branding&'),
	('picture_urls', 'extension=pictures&'),
	('remote_capabilities', 'extension=onboardCapabilities&'),
	('data_capabilities', 'extension=onboardCapabilities&'),
	('vin, label, remote_capabilities', 'extension=branding&extension=onboardCapabilities&'),
	('count(*)', ''),
	('count(brand)', 'extension=branding&'),
	('*', 'extension=branding&extension=pictures&extension=onboardCapabilities&'),
	('vehicles', 'extension=branding&extension=pictures&extension=onboardCapabilities&'),
	('vehicles IS NULL', 'extension=branding&extension=pictures&extension=onboardCapabilities&')
) AS t (columns, extension);
SELECT pushes('SELECT id FROM cars.vehicles WHERE brand = ''Peugeot''', '/user/vehicles?extension=branding&pageSize=60', 'a column of WHERE');
SELECT pushes('SELECT id FROM cars.vehicles ORDER BY label', '/user/vehicles?extension=branding&pageSize=60', 'a column of ORDER BY');
SELECT pushes('SELECT id FROM (SELECT * FROM cars.vehicles) AS v', '/user/vehicles?pageSize=60', 'a column that a subquery names in vain');
SELECT pushes('SELECT * FROM cars.vehicles WHERE #id = {1}',
			  '/user/vehicles/{1}?extension=branding&extension=pictures&extension=onboardCapabilities', 'extensions of one vehicle');
SELECT pushes('SELECT ' || columns || ' FROM cars.telemetry WHERE #vehicle_id = {1}',
			  '/user/vehicles/{1}/telemetry?' || extension || 'pageSize=2000', 'telemetry: ' || columns)
FROM (VALUES
	('recorded_at', ''),
	('speed_kmh, doors_open', ''),
	('latitude', 'extension=location&'),
	('position_at', 'extension=location&'),
	('km_before_maintenance', 'extension=maintenance&'),
	('latitude, days_before_maintenance', 'extension=location&extension=maintenance&'),
	('count(*)', ''),
	('telemetry.recorded_at IS NULL', '')
) AS t (columns, extension);

-- a column that is not needed is not decoded: what is wrong with it does not matter
SELECT sim_fault('{"match": "/trips", "times": -1, "fault": {"kind": "edit", "edits": [
	{"pointer": "/_embedded/trips/*/distance", "value": "far"}, {"pointer": "/_embedded/trips/*/stoppedAt", "value": 7}]}}');
SELECT is(rows_of('SELECT count(distance_km), count(stopped_at), count(started_at) > 0 FROM cars.trips WHERE vehicle_id = {1}'),
		  '{"(0,0,t)"}', 'a value of a wrong type is NULL');
SELECT is(rows_of('SELECT count(*), count(started_at) FROM cars.trips WHERE vehicle_id = {1} AND distance_km IS NULL'),
		  rows_of('SELECT count(*), count(started_at) FROM cars.trips WHERE vehicle_id = {1}'), 'and no other value suffers');
SELECT sim_heal();
SET log_min_messages = warning;
SELECT is(messages_of('SET client_min_messages = debug1; SELECT started_at FROM cars.trips WHERE vehicle_id = {1}'), '{}', 'no warning');
RESET log_min_messages;

--
-- The locale goes with vehicles
--
ALTER SERVER sim OPTIONS (ADD locale 'fr-FR');
SELECT asks('SELECT label FROM cars.vehicles', '/user/vehicles?extension=branding&locale=fr-FR&pageSize=60', 'locale: vehicles');
SELECT asks('SELECT label FROM cars.vehicles WHERE id = {1}', '/user/vehicles/{1}?extension=branding&locale=fr-FR', 'locale: one vehicle');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1}', '/user/vehicles/{1}/trips?pageSize=60', 'locale: trips have none');
SELECT asks('SELECT id FROM cars.trips WHERE vin = {vin1}', E'/user/vehicles?locale=fr-FR&pageSize=60\n/user/vehicles/{1}/trips?pageSize=60',
			'locale: the listing for others has it, so that it can be shared');
ALTER SERVER sim OPTIONS (DROP locale);
SELECT asks('SELECT id FROM cars.vehicles', '/user/vehicles?pageSize=60', 'no locale');

--
-- LIMIT
--
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} ' || tail, '/user/vehicles/{1}/trips?pageSize=' || size, tail)
FROM (VALUES
	('LIMIT 3', 3),
	('LIMIT 1', 1),
	('LIMIT 2 + 1', 3),
	('LIMIT 3 OFFSET 2', 5),
	('FETCH FIRST 3 ROWS ONLY', 3),
	('LIMIT 60', 60),
	('LIMIT 100', 60),
	('LIMIT ALL', 60),
	('LIMIT NULL', 60),
	('OFFSET 3', 60),
	('AND started_at > ''2026-01-01'' IS NOT NULL LIMIT 3', 60),
	('AND start_odometer_km > 5 LIMIT 3', 60),
	('ORDER BY started_at LIMIT 3', 60),
	('ORDER BY started_at DESC LIMIT 1', 60),
	('GROUP BY id LIMIT 3', 60)
) AS t (tail, size);
SELECT asks('SELECT DISTINCT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 3', '/user/vehicles/{1}/trips?pageSize=60', 'DISTINCT, LIMIT');
SELECT asks('SELECT count(*) FROM cars.trips WHERE vehicle_id = {1} LIMIT 1', '/user/vehicles/{1}/trips?pageSize=60', 'count(*), LIMIT');
SELECT asks('SELECT row_number() OVER () FROM cars.trips WHERE vehicle_id = {1} LIMIT 1', '/user/vehicles/{1}/trips?pageSize=60', 'a window, LIMIT');
SELECT asks('SELECT generate_series(1, 3) FROM cars.trips WHERE vehicle_id = {1} LIMIT 6', '/user/vehicles/{1}/trips?pageSize=60', 'a set, LIMIT');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND started_at >= ''2026-02-20'' LIMIT 3',
			'/user/vehicles/{1}/trips?timestamps=2026-02-19T00:00:00Z/open&pageSize=60', 'a range may drop rows, so LIMIT is no hint');
SELECT asks('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} LIMIT 5', '/user/vehicles/{1}/telemetry?pageSize=5', 'telemetry, LIMIT');
SELECT asks('SELECT id FROM cars.vehicles LIMIT 2', '/user/vehicles?pageSize=2', 'vehicles, LIMIT');
SELECT asks('SELECT id FROM cars.trips LIMIT 3', E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=3', 'LIMIT: one vehicle at a time');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id IN ({5}, {1}) LIMIT 3',
			E'/user/vehicles/{5}/trips?pageSize=3 404\n/user/vehicles/{1}/trips?pageSize=3', 'LIMIT: a vehicle without rows is not the end');
SELECT is(rows_of('SELECT count(*) FROM (SELECT id FROM cars.trips WHERE vehicle_id IN ({5}, {1}) LIMIT 3) AS t'), '{(3)}', 'LIMIT: a vehicle without rows: rows');
SELECT is(rows_of('SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 3) AS t'), '{"(3,3)"}', 'LIMIT 3: rows');
SELECT is(rows_of('SELECT count(*) FROM (SELECT id FROM cars.trips LIMIT 1000) AS t'), rows_of('SELECT count(*) FROM cars.trips'), 'LIMIT beyond the end: rows');
-- the hint was wrong: rows that repeat are dropped, and the scan goes on
SELECT sim_fault('{"match": "/trips", "times": -1, "fault": {"kind": "shift", "inserted": 1}}');
SELECT is(rows_of('SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 3) AS t'), '{"(3,3)"}', 'LIMIT, rows shift');
SELECT sim_heal();
-- the subquery's hint says how many rows its reader will take, also if it takes them later
SELECT is(rows_of('SELECT count(*) FROM sim_vehicle AS v, LATERAL (SELECT id FROM cars.trips WHERE vehicle_id = v.id LIMIT 2) AS t'), '{(8)}', 'LATERAL, LIMIT');
-- a reader that stops early has asked for what it read
SELECT sim_clear();
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1) LIMIT 20;
FETCH 5 FROM c \g /dev/null
SELECT asked('/user/vehicles/{1}/trips?pageSize=20', 'a cursor with LIMIT');
MOVE FORWARD ALL FROM c;
SELECT asked('/user/vehicles/{1}/trips?pageSize=20', 'a cursor with LIMIT, to its end');
COMMIT;
-- page_size
ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '10');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 3', '/user/vehicles/{1}/trips?pageSize=3', 'page_size and a lower LIMIT');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 10', '/user/vehicles/{1}/trips?pageSize=10', 'page_size and LIMIT');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} LIMIT 11',
			E'/user/vehicles/{1}/trips?pageSize=10\n/user/vehicles/{1}/trips?pageSize=10&pageToken=page2', 'page_size and a higher LIMIT');
ALTER FOREIGN TABLE cars.trips OPTIONS (DROP page_size);

--
-- Waypoints: the trip, and the tolerance
--
SELECT count(*) AS trips1 FROM sim_trip WHERE n = 1 \gset
SELECT pushes('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id = {1} AND #trip_id = {1.3}',
			  '/user/vehicles/{1}/trips/trip3/wayPoints', 'one trip');
SELECT pushes('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id = {1} AND #trip_id IN ({1.3}, {1.5}, {1.3})',
			  E'/user/vehicles/{1}/trips/trip3/wayPoints\n/user/vehicles/{1}/trips/trip5/wayPoints', 'several trips');
SELECT pushes('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id = {1} AND (#trip_id = {1.3} OR #trip_id = {1.5})',
			  E'/user/vehicles/{1}/trips/trip3/wayPoints\n/user/vehicles/{1}/trips/trip5/wayPoints', 'trips by OR');
SELECT same_rows('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id = {1}', 'all trips of a vehicle');
-- first pages alone: trips of many hours have more
SELECT is(ARRAY(SELECT replace(r, ' 404', '') FROM unnest(requests_of('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1}')) AS r WHERE r !~ 'pageToken'),
		  request_list(E'/user/vehicles/{1}/trips?pageSize=60\n' || string_agg(format('/user/vehicles/{1}/trips/trip%s/wayPoints', trip), E'\n')),
		  'all trips of a vehicle: requests')
FROM sim_trip WHERE n = 1;
SELECT is(rows_of('SELECT count(*) > 0, bool_and(vin = {vin1}) FROM cars.waypoints WHERE trip_id = {1.3}'), '{"(t,t)"}', 'a trip of an unknown vehicle: rows');
SELECT asks('SELECT recorded_at FROM cars.waypoints WHERE trip_id = {1.3}',
			E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips/trip3/wayPoints' ||
			string_agg(format(E'\n/user/vehicles/{%s}/trips/%s/wayPoints 404', v.n, t.id), ''), 'a trip without its vehicle asks all vehicles')
FROM sim_vehicle AS v, sim_trip AS t WHERE v.n > 1 AND t.n = 1 AND t.trip = 3;
SELECT pushes(format('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id = {1} AND #trip_id = {1.3} AND #recorded_at BETWEEN %L AND %L', t1, t2),
			  format('/user/vehicles/{1}/trips/trip3/wayPoints?timestamps=%s/%s',
					 to_char(t1 - interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(t2 + interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
			  'a range within a trip')
FROM (SELECT min(recorded_at) + interval '1 min', min(recorded_at) + interval '3 min' FROM cars.waypoints
	  WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1) AND trip_id = (SELECT id FROM sim_trip WHERE n = 1 AND trip = 3)) AS r (t1, t2);
-- Which trips a range of time can concern is judged by us: a trip whose start
-- is not known may be in no range of the API's.
SELECT cmp_ok((SELECT count(*) FROM cars.trips WHERE started_at IS NULL AND id IN (SELECT trip_id FROM cars.waypoints)), '>', 0::bigint,
			  'there are trips without a start that have waypoints');
SELECT ok('/user/vehicles/{1}/trips?pageSize=60' = ANY (requests_of('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND recorded_at >= ''2026-02-25''')),
		  'the listing of trips for waypoints is not bounded');
SELECT is(asked, wanted, 'trips that began from two days before the range to a day after it, and those without a start, are asked')
FROM (SELECT array_agg(DISTINCT m[1] ORDER BY m[1])
	  FROM unnest(requests_of('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND recorded_at BETWEEN ''2026-02-23'' AND ''2026-02-24''')) AS r,
		   regexp_match(r, '/(trip\d+)/wayPoints') AS m WHERE m IS NOT NULL) AS a (asked),
	 (SELECT array_agg('trip' || s.trip ORDER BY 'trip' || s.trip) FROM cars.trips AS t JOIN sim_trip AS s ON s.id = t.id
	  WHERE s.n = 1 AND (t.started_at BETWEEN '2026-02-21' AND '2026-02-25' OR t.started_at IS NULL)) AS w (wanted);
SELECT is(asked, wanted, 'the same of two ranges: not what lies between them')
FROM (SELECT array_agg(DISTINCT m[1] ORDER BY m[1])
	  FROM unnest(requests_of('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND (recorded_at BETWEEN ''2026-02-14'' AND ''2026-02-15'' OR recorded_at BETWEEN ''2026-02-23'' AND ''2026-02-24'')')) AS r,
		   regexp_match(r, '/(trip\d+)/wayPoints') AS m WHERE m IS NOT NULL) AS a (asked),
	 (SELECT array_agg('trip' || s.trip ORDER BY 'trip' || s.trip) FROM cars.trips AS t JOIN sim_trip AS s ON s.id = t.id
	  WHERE s.n = 1 AND (t.started_at BETWEEN '2026-02-12' AND '2026-02-16' OR t.started_at BETWEEN '2026-02-21' AND '2026-02-25' OR t.started_at IS NULL)) AS w (wanted);
CREATE FUNCTION pg_temp.same_waypoints() RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	date text;
	condition text;
BEGIN
	PERFORM set_config('stellantis_fdw.max_requests', '100000', false);
	FOREACH date IN ARRAY '{startedAt,stoppedAt,createdAt,overlap,contained}'::text[] LOOP
		PERFORM sim_config(jsonb_build_object('trip_date', date));
		FOREACH condition IN ARRAY ARRAY['>= ''2026-02-25''', 'BETWEEN ''2026-02-23'' AND ''2026-02-24''', '< ''2026-02-20''',
				'NOT BETWEEN ''2026-02-16'' AND ''2026-02-24'''] LOOP
			RETURN NEXT same_rows('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #recorded_at ' || condition,
								  format('waypoints %s where the API compares %s', condition, date));
		END LOOP;
	END LOOP;
	PERFORM sim_reset();
	PERFORM set_config('stellantis_fdw.max_requests', '1000', false);
END $$;
SELECT pg_temp.same_waypoints();
SELECT same_rows('SELECT trip_id, recorded_at FROM cars.waypoints WHERE #vehicle_id IN ({1}, {2}) AND #recorded_at >= ''2026-02-24'' AND #recorded_at < ''2026-02-26''',
				 'waypoints of two days');
SELECT same_rows('SELECT vin, trip_id, recorded_at FROM cars.waypoints WHERE #vin = {vin2} AND #recorded_at >= ''2026-02-24''', 'waypoints by VIN');

SELECT asks('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3} AND ' || condition,
			'/user/vehicles/{1}/trips/trip3/wayPoints' || parameter, condition)
FROM (VALUES
	('tolerance_km = 0.05', '?tolerance=0.05'),
	('0.05 = tolerance_km', '?tolerance=0.05'),
	('tolerance_km = 1', '?tolerance=1'),
	('tolerance_km = 0', '?tolerance=0'),
	('tolerance_km = 0.5::real', '?tolerance=0.5'),
	('tolerance_km = (SELECT 0.25::float8)', '?tolerance=0.25'),
	('tolerance_km = 0.05 AND tolerance_km = 0.05', '?tolerance=0.05'),
	('tolerance_km IS NULL', ''),
	('tolerance_km > 0.05', ''),
	('tolerance_km IN (0.05, 0.1)', ''),
	('(tolerance_km = 0.05 OR heading_deg > 0)', '')
) AS t (condition, parameter);
SELECT asks_nothing('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3} AND ' || condition, condition)
FROM (VALUES ('tolerance_km = 0.05 AND tolerance_km = 0.1'), ('tolerance_km = NULL'), ('tolerance_km = (SELECT NULL::float8)')) AS t (condition);
SELECT is(rows_of('SELECT DISTINCT tolerance_km FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3} AND tolerance_km = 0.05'),
		  '{(0.05)}', 'the tolerance is echoed');
SELECT is(rows_of('SELECT count(*) > 0, count(tolerance_km) FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3}'), '{"(t,0)"}', 'without one it is NULL');
SELECT is(rows_of('SELECT count(*) FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3} AND tolerance_km > 0.01'), '{(0)}', 'NULL satisfies no other operator');
SELECT cmp_ok((rows_of('SELECT count(*) FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3} AND tolerance_km = 0.2'))[1], '<>',
			  (rows_of('SELECT count(*) FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3}'))[1], 'a tolerance leaves out points');
SELECT throws_ok(expand('SELECT recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id = {1.3} AND tolerance_km = ' || bad),
				 '22023', NULL, 'tolerance ' || bad)
FROM (VALUES ('-0.1'), ('''NaN'''), ('''Infinity''')) AS t (bad);
-- whatever the order of a join, a column of another table is no tolerance
CREATE TABLE wanted AS SELECT 0.05::float8 AS tolerance, id FROM sim_vehicle WHERE n = 1;
ANALYZE wanted;
SELECT is(rows_of('SELECT count(*) FROM wanted AS w JOIN cars.waypoints AS p ON p.vehicle_id = w.id AND p.tolerance_km = w.tolerance AND p.trip_id = {1.3}'),
		  '{(0)}', 'a tolerance by join');
SELECT * FROM finish();
