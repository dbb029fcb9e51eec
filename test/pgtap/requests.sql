-- What a WHERE asks of the API, and that the answer is the same as if nothing
-- had been pushed down.
-- simulator: --vehicles 4 --days 20 --telemetry 800
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

--
-- The vehicle
--
\set all '/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{2}/trips?pageSize=60\n/user/vehicles/{3}/trips?pageSize=60\n/user/vehicles/{4}/trips?pageSize=60'
\set first '/user/vehicles/{1}/trips?pageSize=60'
\set two '/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{3}/trips?pageSize=60'
\set listed '/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60'
\set listed12 '/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{2}/trips?pageSize=60'
SELECT pushes('SELECT vehicle_id, id FROM cars.trips', :'all', 'no condition');
SELECT pushes('SELECT vehicle_id, vin, id FROM cars.trips', :'all', 'the VIN comes from the listing');
SELECT pushes('SELECT vin, id FROM cars.trips WHERE #vehicle_id = {1}', :'listed', 'the VIN of one vehicle needs the listing');
SELECT pushes('SELECT vehicle_id, id FROM cars.trips WHERE ' || condition, expected, condition)
FROM (VALUES
	('#vehicle_id = {1}', :'first'),
	('{1} = #vehicle_id', :'first'),
	('#vehicle_id = {1}::varchar', :'first'),
	('#vehicle_id IN ({1}, {3})', :'two'),
	('#vehicle_id IN ({1}, {3}, {1})', :'two'),
	('#vehicle_id = ANY (ARRAY[{3}, NULL, {1}])', :'two'),
	('#vehicle_id = ANY (ARRAY[[{3}], [{1}]])', :'two'),
	('#vehicle_id = ANY (string_to_array({3} || '','' || {1}, '',''))', :'two'),
	('#vehicle_id = {1} OR #vehicle_id = {3}', :'two'),
	('(#vehicle_id = {1} AND distance_km > 5) OR #vehicle_id = {3}', :'two'),
	('#vehicle_id IN ({1}, {2}) AND #vehicle_id IN ({4}, {1})', :'first'),
	('#vehicle_id = {1} AND #vehicle_id <> {2}', :'first'),
	('#vehicle_id = {1} AND (random() < 2)', :'first'),
	('#vehicle_id = {1} OR distance_km > 30', :'all'),
	('#vehicle_id = {1} OR #vehicle_id <> {2}', :'all'),
	('#vehicle_id <> {2}', :'all'),
	('#vehicle_id NOT IN ({1}, {2})', :'all'),
	('NOT (#vehicle_id = {1})', :'all'),
	('#vehicle_id >= {1} AND #vehicle_id <= {1}', :'all'),
	('#vehicle_id LIKE left({1}, 20) || ''%''', :'all'),
	('#vehicle_id IS NOT NULL', :'all'),
	('#vehicle_id = {1} IS TRUE', :'first'),
	('(#vehicle_id = {1}) IS NOT FALSE', :'all'),
	('upper(#vehicle_id) = upper({1})', :'all'),
	('#vehicle_id = CASE WHEN random() < 2 THEN {1} END', :'all'),
	('#vehicle_id = CASE WHEN distance_km > 0 THEN {1} END', :'all'),
	('#vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1)', :'first'),
	('#vehicle_id IN (SELECT id FROM sim_vehicle WHERE n = 1)', :'first'),
	('#vehicle_id = ANY (ARRAY(SELECT id FROM sim_vehicle WHERE n IN (1, 3)))', :'two'),
	('#vin = {vin1}', :'listed'),
	('{vin1} = #vin', :'listed'),
	('#vin = {vin1} AND #vehicle_id = {1}', :'listed'),
	('#vin = {vin1} AND #vehicle_id IN ({1}, {2})', :'listed'),
	('#vin = {vin1} OR #vehicle_id = {1}', :'all'),
	('#vin = ANY (ARRAY[{vin1}, ''nowhere''])', :'listed'),
	('#vin IN ({vin1}, {vin1})', :'listed'),
	('#vin = {vin1} OR #vin = {vin2}', :'listed12'),
	('#vin LIKE ''VR3%'' AND #vin = {vin1}', :'listed'),
	('#vin LIKE ''VR3%'' AND NOT done', replace(:'listed12', 'vehicles?', 'vehicles?vinPrefix=VR3&')),
	('#vin LIKE ''VR3UHZKXZPT00000_''', replace(:'listed12', 'vehicles?', 'vehicles?vinPrefix=VR3UHZKXZPT00000&')),
	('#vin LIKE ''VR\3%1''', replace(:'listed12', 'vehicles?', 'vehicles?vinPrefix=VR3&')),
	('#vin LIKE {vin1}', replace(:'listed', 'vehicles?', 'vehicles?vinPrefix=VR3UHZKXZPT000001&')),
	('#vin LIKE ''VR3%'' OR #vin LIKE ''VF7%''',
	 :'listed12' || E'\n/user/vehicles/{3}/trips?pageSize=60'),
	('#vin IS NOT NULL', :'all'),
	('#vin ILIKE ''vr3%''', :'all')
) AS t (condition, expected);

-- a column of another collation, or one whose equality is not that of bytes
CREATE COLLATION nondeterministic (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} COLLATE nondeterministic', :'all', 'a nondeterministic collation');
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = upper({1}) COLLATE nondeterministic'),
		  rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1}'), 'a nondeterministic collation: rows');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} COLLATE "C"', :'first', 'a deterministic collation');

-- every table below a vehicle
SELECT pushes(format('SELECT * FROM cars.%s WHERE #vin = {vin1}', t),
			  E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/' || request, t)
FROM (VALUES
	('status', 'status'),
	('positions', 'lastPosition'),
	('telemetry', 'telemetry?extension=location&extension=maintenance&pageSize=2000'),
	('trips', 'trips?pageSize=60'),
	('alerts', 'alerts?pageSize=60'),
	('alarms', 'alarms?pageSize=60'),
	('collisions', 'collisions?pageSize=60'),
	('maintenance', 'maintenance')
) AS r (t, request);
SELECT pushes(format('SELECT vehicle_id FROM cars.%s WHERE #vehicle_id IN ({1}, {2})', t),
			  format(E'/user/vehicles/{1}/%1$s\n/user/vehicles/{2}/%1$s', request), t)
FROM (VALUES
	('status', 'status'),
	('positions', 'lastPosition'),
	('telemetry', 'telemetry?pageSize=2000'),
	('alerts', 'alerts?pageSize=60'),
	('alarms', 'alarms?pageSize=60'),
	('collisions', 'collisions?pageSize=60'),
	('maintenance', 'maintenance')
) AS r (t, request);

-- the vehicles themselves, and the account
SELECT pushes('SELECT id, vin FROM cars.vehicles', '/user/vehicles?pageSize=60', 'vehicles');
SELECT pushes('SELECT id, vin FROM cars.vehicles WHERE #id = {2}', '/user/vehicles/{2}', 'vehicles.id =');
SELECT pushes('SELECT id, vin FROM cars.vehicles WHERE #id IN ({1}, {2})', E'/user/vehicles/{1}\n/user/vehicles/{2}', 'vehicles.id IN');
SELECT pushes('SELECT id, vin FROM cars.vehicles WHERE #vin LIKE ''VR3%''', '/user/vehicles?vinPrefix=VR3&pageSize=60', 'vehicles.vin LIKE');
SELECT same_rows('SELECT id, vin FROM cars.vehicles WHERE #vin = {vin2}', 'vehicles.vin =');
SELECT asks('SELECT * FROM cars.account', '/user', 'account');

--
-- Time: a condition, and the range that is sent for it
--
CREATE FUNCTION pg_temp.time_ranges() RETURNS TABLE (condition text, range text) LANGUAGE sql AS $$ VALUES
	('#c > ''2026-02-25 10:00''', '2026-02-25T09:59:59Z/open'),
	('#c >= ''2026-02-25 10:00''', '2026-02-25T09:59:59Z/open'),
	('''2026-02-25 10:00'' <= #c', '2026-02-25T09:59:59Z/open'),
	('#c < ''2026-02-25 10:00''', '/2026-02-25T10:00:01Z'),
	('#c <= ''2026-02-25 10:00''', '/2026-02-25T10:00:01Z'),
	('''2026-02-25 10:00'' > #c', '/2026-02-25T10:00:01Z'),
	('#c BETWEEN ''2026-02-15'' AND ''2026-02-25''', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c BETWEEN SYMMETRIC ''2026-02-25'' AND ''2026-02-15''', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c > ''2026-02-14'' AND #c < ''2026-02-26'' AND #c >= ''2026-02-15'' AND #c <= ''2026-02-25''',
	 '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c >= ''2026-02-15 00:00:00.25'' AND #c <= ''2026-02-25 00:00:00.25''', '2026-02-14T23:59:59Z/2026-02-25T00:00:02Z'),
	('#c >= ''2026-02-15 02:00+02'' AND #c < ''2026-02-25 02:00+02''', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c >= ''-infinity'' AND #c < ''2026-02-25''', '/2026-02-25T00:00:01Z'),
	('#c >= ''2026-02-15'' AND #c < ''infinity''', '2026-02-14T23:59:59Z/open'),
	('#c >= ''0044-03-15 BC'' AND #c < ''2026-02-25''', '/2026-02-25T00:00:01Z'),
	('#c >= ''2026-02-15'' AND #c < ''99999-01-01''', '2026-02-14T23:59:59Z/open'),
	('#c >= date ''2026-02-15'' AND #c < date ''2026-02-25''', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('date ''2026-02-15'' <= #c AND date ''2026-02-25'' > #c', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c >= timestamp ''2026-02-15'' AND #c < timestamp ''2026-02-25''', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c >= date ''-infinity'' AND #c < timestamp ''2026-02-25''', '/2026-02-25T00:00:01Z'),
	('#c >= now() - (now() - ''2026-02-15''::timestamptz)', '2026-02-14T23:59:59Z/open'),
	('#c >= (SELECT max(d) FROM (VALUES (timestamptz ''2026-02-15''), (''2026-02-14'')) AS v (d))', '2026-02-14T23:59:59Z/open'),
	('#c >= ''2026-02-15''::date + interval ''1 day''', '2026-02-15T23:59:59Z/open'),
	('(#c, vehicle_id) > (''2026-02-25 10:00'', ''x'')', '2026-02-25T09:59:59Z/open'),
	('(timestamptz ''2026-02-25 10:00'', ''x'') >= (#c, vehicle_id)', '/2026-02-25T10:00:01Z'),
	('(#c, vehicle_id) >= (date ''2026-02-15'', ''x'') AND (#c, vehicle_id) < (date ''2026-02-25'', ''x'')', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('#c <@ tstzrange(''2026-02-15'', ''2026-02-25'')', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z'),
	('tstzrange(''2026-02-15'', NULL, ''()'') @> #c', '2026-02-14T23:59:59Z/open'),
	('#c <@ (SELECT tstzrange(NULL, ''2026-02-25'', ''[]''))', '/2026-02-25T00:00:01Z'),
	('(#c BETWEEN ''2026-02-15'' AND ''2026-02-25'') IS TRUE', '2026-02-14T23:59:59Z/2026-02-25T00:00:01Z')
$$;
SELECT pushes(format('SELECT %1$s FROM cars.%2$s WHERE #vehicle_id = {3} AND (%3$s)', col, t, replace(condition, '#c', '#' || col)),
			  format('/user/vehicles/{3}/%s?timestamps=%s&pageSize=%s', t, range, size),
			  t || ' ' || condition)
FROM (VALUES ('telemetry', 'recorded_at', 2000), ('alarms', 'created_at', 60), ('collisions', 'created_at', 60)) AS t (t, col, size),
	 pg_temp.time_ranges();

-- trips and alerts: the lower bound less a day, and no upper bound
SELECT pushes(format('SELECT started_at FROM cars.%1$s WHERE #vehicle_id = {3} AND (%2$s)', t, replace(condition, '#c', '#started_at')),
			  format('/user/vehicles/{3}/%s?%spageSize=60', t,
					 CASE WHEN range LIKE '/%' THEN '' ELSE
						format('timestamps=%s/open&', to_char((condition ~ '00.25')::int * interval '1 s' +
								split_part(range, '/', 1)::timestamp + interval '1 s' - interval '1 day',
								'YYYY-MM-DD"T"HH24:MI:SS"Z"')) END),
			  t || ' ' || condition)
FROM (VALUES ('trips'), ('alerts')) AS t (t), pg_temp.time_ranges() WHERE condition !~ '00.25';

-- ranges of other types, of what is made of the time; a row's later columns decide
SELECT same_rows('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {3} AND ' || replace(condition, '#c', '#recorded_at'), condition)
FROM (VALUES
	('#c::date <@ daterange(''2026-02-15'', ''2026-02-17'', ''[]'')'),
	('#c::timestamp <@ tsrange(''2026-02-15'', ''2026-02-17'')'),
	('date_trunc(''day'', #c) <@ tstzrange(''2026-02-15'', ''2026-02-17'', ''[]'')'),
	('#c <@ ANY (ARRAY[tstzrange(''2026-02-15'', ''2026-02-17''), ''empty''])'),
	('NOT #c <@ tstzrange(''2026-02-15'', ''2026-02-27'')'),
	('(#c <@ tstzrange(''2026-02-15'', ''2026-02-17'') OR #c > ''2026-02-26'')'),
	('(NOT #c <@ tstzrange(''2026-02-15'', ''2026-02-27'')) IS TRUE'),
	('(#c > ''2026-02-26'') IS NOT TRUE'), ('(#c > ''2026-02-26'') IS NOT FALSE'), ('(#c > ''2026-02-26'') IS NOT UNKNOWN'),
	('(#c, odometer_km) > (SELECT recorded_at, odometer_km FROM cars.telemetry WHERE #vehicle_id = {3} ORDER BY 1 LIMIT 1)'),
	('(odometer_km, #c) > (1, ''2026-02-26'')'),
	('(#c::date, #c) < (''2026-02-20'', ''2026-02-20'')')) AS t (condition);
SELECT alike(array_to_string(requests_of('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {3} AND recorded_at::date <@ daterange(''2026-02-15'', ''2026-02-17'', ''[]'')'), ' '), '%timestamps=2026-02-14T23:59:59Z/2026-02-1%', 'a range of days');
SELECT same_rows('SELECT started_at FROM cars.trips WHERE #vehicle_id = {3} AND (#started_at, id) < (''2026-02-26'', ''x'') ORDER BY #started_at DESC, id DESC LIMIT 5', 'the next page of trips');

-- one instant; one of several; several ranges
SELECT min(recorded_at) AS t1, max(recorded_at) AS t2 FROM cars.telemetry WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 3) \gset
SELECT pushes(format('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {3} AND #recorded_at = %L', :'t1'),
			  format('/user/vehicles/{3}/telemetry?timestamps=%s/%s&pageSize=2000',
					 to_char(:'t1'::timestamp - '1 s'::interval, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
					 to_char(:'t1'::timestamp + '1 s'::interval, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), 'time =');
SELECT same_rows(format('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {3} AND #recorded_at = ANY (ARRAY[%L, NULL, %L]::timestamptz[])',
						:'t2', :'t1'), 'time = ANY');

-- what is asked for is a list of ranges: those that overlap or touch are one
SELECT pushes('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {3} AND ' || replace(condition, '#c', '#recorded_at'),
			  '/user/vehicles/{3}/telemetry?' || range || 'pageSize=2000', condition)
FROM (VALUES
	('(#c BETWEEN ''2026-02-15'' AND ''2026-02-16'' OR #c BETWEEN ''2026-02-20'' AND ''2026-02-25'')',
	 'timestamps=2026-02-14T23:59:59Z/2026-02-16T00:00:01Z&timestamps=2026-02-19T23:59:59Z/2026-02-25T00:00:01Z&'),
	('(#c BETWEEN ''2026-02-20'' AND ''2026-02-25'' OR #c BETWEEN ''2026-02-15'' AND ''2026-02-16'')',
	 'timestamps=2026-02-14T23:59:59Z/2026-02-16T00:00:01Z&timestamps=2026-02-19T23:59:59Z/2026-02-25T00:00:01Z&'),
	('((#c >= ''2026-02-15'' AND #c < ''2026-02-20'') OR (#c >= ''2026-02-19'' AND #c < ''2026-02-25''))',
	 'timestamps=2026-02-14T23:59:59Z/2026-02-25T00:00:01Z&'),
	('((#c >= ''2026-02-15'' AND #c < ''2026-02-20'') OR (#c >= ''2026-02-20 00:00:02'' AND #c < ''2026-02-25''))',
	 'timestamps=2026-02-14T23:59:59Z/2026-02-25T00:00:01Z&'),
	('((#c >= ''2026-02-15'' AND #c < ''2026-02-25'') OR (#c >= ''2026-02-17'' AND #c < ''2026-02-18''))',
	 'timestamps=2026-02-14T23:59:59Z/2026-02-25T00:00:01Z&'),
	('((#c >= ''2026-02-15'' AND #c < ''2026-02-25'') OR (#c >= ''2026-02-18'' AND #c < ''2026-02-17''))',
	 'timestamps=2026-02-14T23:59:59Z/2026-02-25T00:00:01Z&'),
	('(#c < ''2026-02-15'' OR #c >= ''2026-02-25'')',
	 'timestamps=/2026-02-15T00:00:01Z&timestamps=2026-02-24T23:59:59Z/open&'),
	('(#c < ''2026-02-15'' OR #c >= ''2026-02-25'') AND #c > ''2026-02-10'' AND #c < ''2026-02-27''',
	 'timestamps=2026-02-09T23:59:59Z/2026-02-15T00:00:01Z&timestamps=2026-02-24T23:59:59Z/2026-02-27T00:00:01Z&'),
	('(#c < ''2026-02-15'' OR #c >= ''2026-02-25'') AND (#c < ''2026-02-10'' OR #c >= ''2026-02-20'') AND #c > ''2026-02-05''',
	 'timestamps=2026-02-04T23:59:59Z/2026-02-10T00:00:01Z&timestamps=2026-02-24T23:59:59Z/open&'),
	('(#c < ''2026-02-25'' OR #c >= ''2026-02-15'')', ''),
	('(#c < ''2026-02-15'' OR #c >= ''-infinity'')', ''),
	('(#c BETWEEN ''2026-02-15'' AND ''2026-02-16'' OR #c BETWEEN ''20000-01-01'' AND ''20001-01-01'')', '')
) AS t (condition, range);
SELECT asks('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {3} AND recorded_at IN (''2026-02-20 10:00'', ''2026-02-15 10:00'', ''2026-02-15 10:00:02'', ''2026-02-20 10:00'')',
			'/user/vehicles/{3}/telemetry?timestamps=2026-02-15T09:59:59Z/2026-02-15T10:00:03Z&timestamps=2026-02-20T09:59:59Z/2026-02-20T10:00:01Z&pageSize=2000 404', 'a list');
SELECT same_rows('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {3} AND (#recorded_at::date = ''2026-02-15'' OR #recorded_at BETWEEN ''2026-02-20'' AND ''2026-02-25'')',
				 'an expression beside a range');

-- of more than ten those become one that are closest to each other
SELECT asks(format('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {3} AND recorded_at = ANY (%L::timestamptz[])', instants),
			  '/user/vehicles/{3}/telemetry?' || ranges || 'pageSize=2000 404', 'twelve instants')
FROM (SELECT array_agg('2026-02-20'::timestamptz + m * interval '1 min' ORDER BY md5(m::text))
	  FROM unnest('{0,100,200,210,310,410,430,530,630,730,830,930}'::int[]) AS m) AS i (instants),
	 (SELECT string_agg(format('timestamps=%s/%s&', to_char(timestamp '2026-02-20' + f * interval '1 min' - interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
							   to_char(timestamp '2026-02-20' + t * interval '1 min' + interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), '' ORDER BY f)
	  FROM (VALUES (0, 0), (100, 100), (200, 210), (310, 310), (410, 430), (530, 530), (630, 630), (730, 730), (830, 830), (930, 930)) AS r (f, t)) AS x (ranges);
SELECT is(cardinality(regexp_split_to_array(request, 'timestamps=')) - 1, 10, 'ten ranges of a thousand')
FROM unnest(requests_of('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {3} AND recorded_at = ANY (ARRAY(SELECT timestamptz ''2026-02-01'' + i * interval ''37 min'' FROM generate_series(1, 1000) AS i))')) AS request;
SELECT same_rows('SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {3} AND #recorded_at = ANY (ARRAY(SELECT timestamptz ''2026-02-01'' + i * interval ''1 s'' FROM generate_series(1, 900000, 7) AS i))',
				 'many instants');

-- trips and alerts: from the first range on
SELECT pushes('SELECT started_at FROM cars.' || t || ' WHERE #vehicle_id = {3} AND (#started_at BETWEEN ''2026-02-20'' AND ''2026-02-25'' OR #started_at BETWEEN ''2026-02-15'' AND ''2026-02-16'')',
			  '/user/vehicles/{3}/' || t || '?timestamps=2026-02-14T00:00:00Z/open&pageSize=60', t || ': several ranges')
FROM (VALUES ('trips'), ('alerts')) AS t (t);

SELECT asks('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {3} AND ' || condition,
			'/user/vehicles/{3}/telemetry?pageSize=2000', 'no bound: ' || condition)
FROM (VALUES
	('recorded_at <> ''2026-02-25'''),
	('recorded_at IS NOT NULL'),
	('coalesce(recorded_at, now()) > ''2026-02-25'''),
	('to_char(recorded_at, ''YYYY-MM-DD'') = ''2026-02-25'''),
	('extract(month FROM recorded_at) = 2'),
	('(recorded_at > ''2026-02-25'' OR odometer_km > 0)'),
	('recorded_at > clock_timestamp() - interval ''300 days''')
) AS t (condition);

-- days of the session's time zone, also where clocks go forth and back
CREATE FUNCTION pg_temp.in_zone(zone text, query text, expected text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('TimeZone', zone, false);
	RETURN QUERY SELECT tap.pushes(query, expected, zone || ': ' || query);
	PERFORM set_config('TimeZone', 'UTC', false);
END $$;
SELECT sim_config('{"now": "2026-04-03T12:00:00Z"}');
SELECT pg_temp.in_zone(zone, 'SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {1} AND ' || condition,
					   '/user/vehicles/{1}/telemetry?timestamps=' || range || '&pageSize=2000')
FROM (VALUES
	('Europe/Paris', '#recorded_at >= date ''2026-03-28'' AND #recorded_at < date ''2026-03-30''',
	 '2026-03-27T22:59:59Z/2026-03-29T22:00:01Z'),
	('Europe/Paris', '#recorded_at >= ''2026-03-28 02:30'' AND #recorded_at <= timestamp ''2026-03-29 02:30''',
	 '2026-03-28T01:29:59Z/2026-03-29T01:30:01Z'),
	('America/New_York', '#recorded_at >= timestamp ''2026-03-20 00:00'' AND #recorded_at < ''2026-03-20''::date + 2',
	 '2026-03-20T03:59:59Z/2026-03-22T04:00:01Z'),
	('Asia/Kolkata', '#recorded_at >= date ''2026-03-20'' AND #recorded_at < date ''2026-03-22''',
	 '2026-03-19T18:29:59Z/2026-03-21T18:30:01Z')
) AS t (zone, condition, range);
SELECT sim_config('{"now": "2025-10-28T12:00:00Z"}');
SELECT pg_temp.in_zone('Europe/Paris', 'SELECT recorded_at FROM cars.telemetry WHERE #vehicle_id = {1} AND #recorded_at >= date ''2025-10-25'' AND #recorded_at < date ''2025-10-27''',
	'/user/vehicles/{1}/telemetry?timestamps=2025-10-24T21:59:59Z/2025-10-26T23:00:01Z&pageSize=2000');
SELECT sim_config('{"now": "2026-03-01T12:00:00Z"}');

-- relative to now
SELECT matches((requests_of('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND recorded_at >= now() - interval ''7 days'''))[1],
			   '^/user/vehicles/\{1\}/telemetry\?timestamps=[0-9TZ:-]+/open&pageSize=2000', 'now() - interval');
SELECT matches((requests_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND started_at >= current_date - 7'))[1],
			   '^/user/vehicles/\{1\}/trips\?timestamps=[0-9-]+T00:00:00Z/open&pageSize=60', 'current_date - 7');
SELECT is(upper_bound - lower_bound, interval '1 day', 'a start after now')
FROM unnest(requests_of('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND recorded_at >= ''2126-01-01''')) AS r,
	 LATERAL (SELECT substring(r from 'timestamps=([^/]+)')::timestamptz AS lower_bound,
					 substring(r from 'timestamps=[^/]+/([^&]+)')::timestamptz AS upper_bound) AS b;

-- the table option time_slack widens both ends, and replaces what is built in
CREATE FOREIGN TABLE slack_trips (vehicle_id text, id text, started_at timestamptz) SERVER sim OPTIONS (resource 'trips', time_slack '2 h');
CREATE FOREIGN TABLE slack_telemetry (vehicle_id text, recorded_at timestamptz) SERVER sim OPTIONS (resource 'telemetry', time_slack '0');
SELECT pushes('SELECT id FROM slack_trips WHERE #vehicle_id = {1} AND #started_at > ''2026-02-15'' AND #started_at < ''2026-02-25''',
			  '/user/vehicles/{1}/trips?timestamps=2026-02-14T22:00:00Z/2026-02-25T02:00:00Z&pageSize=60', 'time_slack of trips');
SELECT pushes('SELECT id FROM slack_trips WHERE #vehicle_id = {1} AND (#started_at BETWEEN ''2026-02-12'' AND ''2026-02-13'' OR #started_at BETWEEN ''2026-02-15'' AND ''2026-02-25'')',
			  '/user/vehicles/{1}/trips?timestamps=2026-02-11T22:00:00Z/2026-02-13T02:00:00Z&timestamps=2026-02-14T22:00:00Z/2026-02-25T02:00:00Z&pageSize=60', 'time_slack of trips, several ranges');
SELECT pushes('SELECT recorded_at FROM slack_telemetry WHERE #vehicle_id = {1} AND #recorded_at >= ''2026-02-15'' AND #recorded_at <= ''2026-02-25 00:00:00.5''',
			  '/user/vehicles/{1}/telemetry?timestamps=2026-02-15T00:00:00Z/2026-02-25T00:00:01Z&pageSize=2000', 'time_slack 0 of telemetry');

--
-- Parameters
--
PREPARE one (text) AS SELECT id FROM cars.trips WHERE vehicle_id = $1;
PREPARE several (text[]) AS SELECT id FROM cars.trips WHERE vehicle_id = ANY ($1);
PREPARE since (text, timestamptz, timestamptz) AS SELECT id FROM cars.trips WHERE vehicle_id = $1 AND started_at >= $2 AND started_at < $3;
PREPARE by_vin (text) AS SELECT id FROM cars.trips WHERE vin = $1;
PREPARE like_vin (text) AS SELECT id FROM cars.trips WHERE vin LIKE $1;
-- a FOR loop in PL/pgSQL takes no EXECUTE of SQL, a table made by it does
CREATE FUNCTION pg_temp.executes(mode text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	first text := '/user/vehicles/{1}/trips?pageSize=60';
	two text := E'/user/vehicles/{1}/trips?pageSize=60\n/user/vehicles/{3}/trips?pageSize=60';
	r record;
BEGIN
	PERFORM set_config('plan_cache_mode', mode, true);
	FOR r IN
		SELECT * FROM (VALUES
			('one({1})', first, 'vehicle_id || '''' = {1}'),
			('one({3})', replace(first, '1', '3'), 'vehicle_id || '''' = {3}'),
			('several(ARRAY[{1}, NULL, {3}])', two, 'vehicle_id || '''' IN ({1}, {3})'),
			('since({1}, ''2026-02-20'', ''2026-02-22'')', replace(first, '?', '?timestamps=2026-02-19T00:00:00Z/open&'),
			 'vehicle_id || '''' = {1} AND coalesce(started_at, started_at) >= ''2026-02-20'' AND coalesce(started_at, started_at) < ''2026-02-22'''),
			('by_vin({vin1})', E'/user/vehicles?pageSize=60\n' || first, 'vehicle_id || '''' = {1}'),
			('like_vin({vin1})', E'/user/vehicles?vinPrefix=VR3UHZKXZPT000001&pageSize=60\n' || first, 'vehicle_id || '''' = {1}'),
			('like_vin(''%'')', E'/user/vehicles?pageSize=60\n/user/vehicles/{4}/trips?pageSize=60\n/user/vehicles/{2}/trips?pageSize=60\n' || two, 'true')
		) AS t (call, expected, condition)
	LOOP
		PERFORM tap.sim_clear();
		EXECUTE tap.expand('CREATE TEMP TABLE executed AS EXECUTE ' || r.call);
		RETURN NEXT tap.asked(r.expected, mode || ': ' || r.call);
		RETURN NEXT tap.same_rows('SELECT id FROM pg_temp.executed', 'SELECT id FROM cars.trips WHERE ' || r.condition,
								  mode || ': ' || r.call || ': rows');
		DROP TABLE pg_temp.executed;
	END LOOP;
END $$;
SELECT pg_temp.executes('force_custom_plan');
SELECT pg_temp.executes('force_generic_plan');

SELECT * FROM finish();
