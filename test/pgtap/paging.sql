-- Pages, and servers that get them wrong; limits and retries.
-- simulator: --vehicles 3 --days 12 --telemetry 95
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';

-- Whatever is asked here, as it is without paging.
CREATE TABLE sample (name text PRIMARY KEY, query text, want text[]);
INSERT INTO sample (name, query) VALUES
	('vehicles', 'SELECT id, vin FROM cars.vehicles'),
	('telemetry', 'SELECT vehicle_id, recorded_at FROM cars.telemetry'),
	('trips', 'SELECT vehicle_id, id FROM cars.trips'),
	('waypoints', 'SELECT trip_id, recorded_at FROM cars.waypoints WHERE vehicle_id = {1} AND trip_id IN ({1.1}, {1.2}, {1.3}, {1.4})'),
	('alerts', 'SELECT vehicle_id, id FROM cars.alerts'),
	('alarms', 'SELECT vehicle_id, id FROM cars.alarms'),
	('collisions', 'SELECT vehicle_id, id FROM cars.collisions');
UPDATE sample SET want = rows_of(query);
CREATE FUNCTION pg_temp.have(name text) RETURNS text[] LANGUAGE sql AS $$ SELECT rows_of(query) FROM sample AS s WHERE s.name = have.name $$;

--
-- Pages
--
SELECT sim_config('{"page_size": 2}');
SELECT is(rows_of(query), want, 'pages of 2: ' || name) FROM sample ORDER BY name;
SELECT cmp_ok(cardinality(want), '>', 2, 'there is more than a page: ' || name) FROM sample ORDER BY name;
SELECT sim_config('{"page_size": 1, "order": "shuffled"}');
SELECT is(rows_of(query), want, 'pages of 1: ' || name) FROM sample WHERE name <> 'telemetry' ORDER BY name;
SELECT sim_config('{"page_size": 0, "order": "asc"}');
-- next links name another host: only their token is taken, the rest stays ours
SELECT sim_config('{"page_size": 20}');
SELECT asks('SELECT latitude FROM cars.telemetry WHERE vehicle_id = {1} AND recorded_at >= ''2026-02-01''',
	string_agg('/user/vehicles/{1}/telemetry?timestamps=2026-01-31T23:59:59Z/open&extension=location&pageSize=2000' ||
			   CASE n WHEN 1 THEN '' ELSE '&pageToken=page' || n END, E'\n'), 'each page is asked from our server, with our filters')
FROM generate_series(1, 5) AS n;
SELECT sim_config('{"page_size": 1}');
SELECT asks('SELECT id FROM cars.alerts WHERE vin = {vin2}',
	(SELECT string_agg('/user/vehicles?pageSize=60' || CASE n WHEN 1 THEN '' ELSE '&pageToken=page' || n END, E'\n') FROM generate_series(1, 3) AS n) || E'\n' ||
	(SELECT string_agg('/user/vehicles/{2}/alerts?pageSize=60' || CASE n WHEN 1 THEN '' ELSE '&pageToken=page' || n END, E'\n')
	 FROM generate_series(1, (SELECT cardinality(rows_of('SELECT id FROM cars.alerts WHERE vehicle_id = {2}')))) AS n), 'the listing is paged, too');
-- page_size
SELECT sim_config('{"page_size": 0}');
ALTER FOREIGN TABLE cars.trips OPTIONS (ADD page_size '7');
SELECT is(pg_temp.have('trips'), want, 'the table option page_size') FROM sample WHERE name = 'trips';
SELECT is((requests_of('SELECT id FROM cars.trips WHERE vehicle_id = {1}'))[1:2],
		  request_list(E'/user/vehicles/{1}/trips?pageSize=7\n/user/vehicles/{1}/trips?pageSize=7&pageToken=page2'), 'is sent');
SELECT throws_ok('ALTER FOREIGN TABLE cars.trips OPTIONS (SET page_size ''61'')', NULL, NULL, 'is no more than the endpoint takes');
ALTER FOREIGN TABLE cars.trips OPTIONS (DROP page_size);
-- sorted without a sort is nothing that a scan claims
SELECT sim_config('{"page_size": 3, "order": "desc"}');
SELECT is(ARRAY(SELECT started_at FROM cars.trips WHERE started_at IS NOT NULL ORDER BY started_at),
		  ARRAY(SELECT started_at FROM (SELECT started_at + interval '0' AS started_at FROM cars.trips OFFSET 0) AS t WHERE started_at IS NOT NULL ORDER BY 1), 'ORDER BY');
SELECT sim_reset();

--
-- Pages that go wrong.  The messages are those of a session of its own.
--
SELECT sim_config('{"page_size": 5}');
SELECT cardinality(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1}')) AS n1 \gset
CREATE FUNCTION pg_temp.with_fault(fault jsonb, script text, more jsonb DEFAULT '{}') RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	said text[];
BEGIN
	PERFORM sim_heal();
	PERFORM sim_fault('{"match": "/VR3UHZKXZPT000001/trips", "times": -1}'::jsonb || jsonb_build_object('fault', fault) || more);
	PERFORM sim_clear();
	said := psql(script);
	PERFORM sim_heal();
	RETURN ARRAY(SELECT regexp_replace(l, '^.*?(ERROR|WARNING):  ', '\1 ') FROM unnest(said) AS l WHERE l !~ '^(LOCATION|HINT|DETAIL):');
END $$;
\set count 'SELECT count(*), count(DISTINCT id) FROM cars.trips WHERE vehicle_id = {1};'
SELECT is(pg_temp.with_fault('{"kind": "shift", "inserted": 1}', :'count'),
		  ARRAY[format('WARNING 01000: received %s of %s trips of vehicle "%s"', :n1, :n1 + 1, (SELECT id FROM sim_vehicle WHERE n = 1)), format('%s|%s', :n1, :n1)],
		  'a row comes to the front: those that repeat are dropped');
SELECT is(pg_temp.with_fault('{"kind": "shift", "inserted": 1}', replace(:'count', 'vehicle_id = {1}', 'vin = {vin1}')),
		  ARRAY[format('WARNING 01000: received %s of %s trips of vehicle "VR3UHZKXZPT000001"', :n1, :n1 + 1), format('%s|%s', :n1, :n1)],
		  'a row comes to the front: by VIN');
SELECT is((pg_temp.with_fault('{"kind": "shift", "inserted": 5}', :'count'))[2], format('%s|%s', :n1, :n1), 'a whole page of rows comes to the front');
SELECT is((pg_temp.with_fault('{"kind": "shift", "deleted": 1}', :'count'))[1] ~ '^WARNING 01000: total of trips of vehicle "[^"]+" shrank from \d+ to \d+ while',
		  true, 'a row goes from the front');
SELECT matches((pg_temp.with_fault('{"kind": "repeat_token"}', :'count'))[1], '^ERROR 08P01: .*trips of vehicle "', 'a repeated token');
SELECT cmp_ok(sim_count(), '<=', 4, 'is noticed soon');
-- rows without ids: none goes out twice before it is noticed, be they shared, or the links behind them
ALTER SERVER sim OPTIONS (ADD on_vehicle_error 'warn');
SELECT is(pg_temp.with_fault(fault, query, more || '{"match": "/VR3UHZKXZPT000001/telemetry"}'),
		  array_fill(format('WARNING 08P01: result lacks telemetry of vehicle "%s": the API''s pages go in circles', (SELECT id FROM sim_vehicle WHERE n = 1)), ARRAY[parts]) || format('%s|5', 5 * parts),
		  format('a repeated token, %s scan%s, no ids: %s %s', parts, CASE parts WHEN 1 THEN '' ELSE 's' END, fault, more))
FROM (VALUES (1, 'SELECT count(*), count(DISTINCT recorded_at) FROM cars.telemetry WHERE vehicle_id = {1};'),
			 (2, 'SELECT count(*), count(DISTINCT recorded_at) FROM (SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} UNION ALL SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1}) AS t;')) AS q (parts, query),
	 (VALUES ('{"kind": "repeat_token"}'::jsonb), ('[{"kind": "repeat_token"}, {"kind": "links_last"}]')) AS f (fault),
	 (VALUES ('{}'::jsonb), ('{"page": 2}')) AS m (more);
ALTER SERVER sim OPTIONS (DROP on_vehicle_error);
SELECT is(pg_temp.with_fault('{"kind": "links_last"}', 'SELECT count(*), count(DISTINCT recorded_at) FROM cars.telemetry WHERE vehicle_id = {1};', '{"match": "/telemetry"}'), '{95|95}', 'links behind the rows');
SELECT is(pg_temp.with_fault('{"kind": "links_last"}', 'SELECT count(*), count(DISTINCT id) FROM cars.trips;', '{"match": "/trips"}'), ARRAY[format('%s|%s', cardinality(want), cardinality(want))], 'of trips') FROM sample WHERE name = 'trips';
SELECT matches((pg_temp.with_fault('{"kind": "page_loop"}', :'count'))[1], '^ERROR 08P01: .*trips of vehicle "', 'a loop with fresh tokens');
SELECT cmp_ok(sim_count(), '<=', (:n1 / 5 + 4)::int, 'is noticed soon');
SELECT matches((pg_temp.with_fault('{"kind": "total", "delta": -6}', :'count'))[1], '^ERROR 08P01: .*trips of vehicle ".*more pages than its total explains', 'more pages than the total');
SELECT is(pg_temp.with_fault('{"kind": "total", "delta": 3}', :'count'),
		  ARRAY[format('WARNING 01000: received %s of %s trips of vehicle "%s"', :n1, :n1 + 3, (SELECT id FROM sim_vehicle WHERE n = 1)), format('%s|%s', :n1, :n1)],
		  'a total that is too large');
SELECT is(cardinality(pg_temp.with_fault('{"kind": "total", "delta": -1}', :'count')), 1, 'a total that is a little too small is no reason to speak');
SELECT is(pg_temp.with_fault('{"kind": "missing_next"}', :'count'),
		  ARRAY[format('WARNING 01000: received 5 of %s trips of vehicle "%s"', :n1, (SELECT id FROM sim_vehicle WHERE n = 1)), '5|5'],
		  'a page without a next link');
SELECT is(pg_temp.with_fault('{"kind": "missing_next"}', :'count', '{"page": 2}'),
		  ARRAY[format('WARNING 01000: received 10 of %s trips of vehicle "%s"', :n1, (SELECT id FROM sim_vehicle WHERE n = 1)), '10|10'],
		  'a second page without a next link');
-- pages are explained by what was announced first
SELECT is((pg_temp.with_fault('{"kind": "total", "shrink": 1}', :'count'))[2], format('%s|%s', :n1, :n1), 'a total that shrinks from page to page: rows');
SELECT matches((pg_temp.with_fault('{"kind": "total", "shrink": 1}', :'count'))[1], '^WARNING 01000: total of trips of vehicle "[^"]+" shrank from \d+ to \d+ while', 'a total that shrinks: the warning');
SELECT is(pg_temp.with_fault('{"kind": "no_content"}', :'count'), '{0|0}', '204');
SELECT matches((pg_temp.with_fault('{"kind": "no_content"}', :'count', '{"page": 2}'))[1], '^WARNING 01000: received 5 of ', '204 in the middle');
SELECT matches((pg_temp.with_fault('{"kind": "status", "status": 404, "code": 40400}', :'count', '{"page": 2}'))[1], '^ERROR HV00R: ', '404 in the middle');
-- the same happens to the listing
CREATE FUNCTION pg_temp.with_listing_fault(fault jsonb, script text) RETURNS text[] LANGUAGE sql AS $$
	SELECT pg_temp.with_fault(fault, script, '{"match": "/user/vehicles\\?"}')
$$;
SELECT sim_config('{"page_size": 1}');
SELECT is(pg_temp.with_listing_fault('{"kind": "shift", "inserted": 1}', 'SELECT count(*) FROM cars.vehicles;'),
		  '{"WARNING 01000: received 3 of 4 vehicles of the account",3}', 'the listing: a row comes to the front');
SELECT is((pg_temp.with_listing_fault('{"kind": "shift", "inserted": 1}', 'SELECT count(DISTINCT vehicle_id), count(*) - count(DISTINCT id) FROM cars.trips;'))[2],
		  '3|0', 'the listing: no vehicle is asked twice');
SELECT matches((pg_temp.with_listing_fault('{"kind": "page_loop"}', 'SELECT count(*) FROM cars.trips;'))[1], '^ERROR 08P01: ', 'the listing: a loop');
SELECT is(pg_temp.with_listing_fault('{"kind": "missing_next"}', 'SELECT count(DISTINCT vehicle_id) FROM cars.trips;'),
		  '{"WARNING 01000: received 1 of 3 vehicles of the account",1}', 'the listing: no next link');
-- nothing of it was used: it is read again
SELECT is(pg_temp.with_fault('{"kind": "total", "delta": -1}', 'SELECT count(DISTINCT vehicle_id) FROM cars.status;',
							 '{"match": "/user/vehicles\\?", "page": 2, "times": 1}'), '{3}', 'the listing: a total that shrinks once');
SELECT is(ARRAY(SELECT r FROM unnest(sim_log(false)) AS r WHERE r LIKE '/user/vehicles?%'),
		  '{/user/vehicles?pageSize=60,/user/vehicles?pageSize=60&pageToken=page2,
			/user/vehicles?pageSize=60,/user/vehicles?pageSize=60&pageToken=page2,/user/vehicles?pageSize=60&pageToken=page3}',
		  'the listing: it is read again');
SELECT sim_reset();

--
-- Limits
--
SET stellantis_fdw.max_requests = 3;
SELECT throws_ok('SELECT count(*) FROM cars.trips', '53400', 'statement needs more than 3 requests to the API', 'max_requests');
SELECT lives_ok(expand('SELECT count(*) FROM cars.trips WHERE vehicle_id = {1}'), 'counts each statement anew');
SELECT lives_ok(expand('SELECT count(*) FROM cars.trips WHERE vehicle_id IN ({1}, {2}, {3})'), 'as many as that are allowed');
SELECT throws_ok(expand('SELECT (SELECT count(*) FROM cars.trips WHERE vehicle_id IN ({1}, {2})), (SELECT count(*) FROM cars.alerts WHERE vehicle_id IN ({1}, {2}))'),
				 '53400', NULL, 'all scans of a statement');
SELECT throws_ok(expand('SELECT x, t.id FROM (VALUES ({1}), ({2}), ({3}), (''x'')) AS v (x), LATERAL (SELECT id FROM cars.trips WHERE vehicle_id = x OFFSET 0) AS t'),
				 '53400', NULL, 'all rescans');
SELECT throws_ok(expand('DO $do$ BEGIN FOR i IN 1 .. 4 LOOP PERFORM count(*) FROM cars.trips WHERE vehicle_id = {1}; END LOOP; END $do$'),
				 '53400', NULL, 'all of what a function does');
SELECT sim_fault('{"match": "/trips", "times": 3, "fault": {"kind": "status", "status": 503}}');
SELECT throws_ok(expand('SELECT count(*) FROM cars.trips WHERE vehicle_id = {1}'), '53400', NULL, 'retries, too');
SELECT sim_heal();
SELECT sim_clear();
SELECT throws_ok('SELECT count(*) FROM cars.trips', '53400', NULL, 'again');
SELECT cmp_ok(sim_count(), '<=', 3, 'no more are sent');
RESET stellantis_fdw.max_requests;
SELECT lives_ok('SELECT count(*) FROM cars.trips', 'the setting is reset');

ALTER SERVER sim OPTIONS (ADD requests_per_second '10');
SELECT clock_timestamp() AS t0 \gset
SELECT is(pg_temp.have('trips'), want, 'requests_per_second: rows') FROM sample WHERE name = 'trips';
SELECT cmp_ok(clock_timestamp() - :'t0', '>=', interval '0.28 s', 'requests_per_second: four requests take three intervals');
ALTER SERVER sim OPTIONS (DROP requests_per_second);

--
-- Retries
--
CREATE FUNCTION pg_temp.after(times int, fault jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	PERFORM sim_heal();
	PERFORM sim_fault(jsonb_build_object('match', '/trips', 'times', times, 'fault', fault));
	PERFORM sim_clear();
	EXECUTE expand('SELECT count(*) FROM cars.trips WHERE vehicle_id = {1}') INTO n;
	PERFORM sim_heal();
	RETURN n || ' after ' || sim_count();
EXCEPTION WHEN OTHERS THEN
	PERFORM sim_heal();
	RETURN SQLSTATE || ' after ' || sim_count();
END $$;
SELECT is(pg_temp.after(1, fault), :n1 || ' after 2', 'once: ' || fault::text)
FROM (VALUES
	('{"kind": "status", "status": 408}'::jsonb),
	('{"kind": "status", "status": 429, "headers": {"Retry-After": 0}}'),
	('{"kind": "status", "status": 429, "headers": {"Retry-After": 1}}'),
	('{"kind": "status", "status": 500}'),
	('{"kind": "status", "status": 502, "body": "html"}'),
	('{"kind": "status", "status": 503, "headers": {"Retry-After": "soon"}}'),
	('{"kind": "status", "status": 503, "headers": {"Retry-After": "-1"}}'),
	('{"kind": "status", "status": 503, "retry_after_date": 1}'),
	('{"kind": "status", "status": 503, "retry_after_date": -3600}'),
	('{"kind": "status", "status": 504, "body": "empty"}'),
	('{"kind": "reset"}')
) AS t (fault);
SELECT is(pg_temp.after(9, fault), sqlstate || ' after 1', 'not again: ' || fault::text)
FROM (VALUES
	('{"kind": "status", "status": 406}'::jsonb, 'HV000'),
	('{"kind": "status", "status": 501}', 'HV00L'),
	('{"kind": "redirect"}', '08P01'),
	('{"kind": "bad_json"}', '08P01'),
	('{"kind": "truncate_json"}', '08P01'),
	('{"kind": "content_type", "value": "text/html"}', '08P01'),
	('{"kind": "status", "status": 429, "headers": {"Retry-After": 3600}}', '53400'),
	('{"kind": "status", "status": 429, "retry_after_date": 3600}', '53400')
) AS t (fault, sqlstate);
SELECT cmp_ok(t1 - t0, '>=', interval '1 s', 'Retry-After is waited for')
FROM (SELECT clock_timestamp() AS t0 OFFSET 0) AS a,
	 LATERAL (SELECT pg_temp.after(1, '{"kind": "status", "status": 429, "headers": {"Retry-After": 1}}') || (t0 IS NULL) AS x OFFSET 0) AS b,
	 LATERAL (SELECT clock_timestamp() AS t1 WHERE x IS NOT NULL OFFSET 0) AS c;
ALTER SERVER sim OPTIONS (ADD retries '2', ADD max_retry_wait '100 ms');
SELECT is(pg_temp.after(2, '{"kind": "status", "status": 503}'), :n1 || ' after 3', 'retries: as often as that');
SELECT is(pg_temp.after(3, '{"kind": "status", "status": 503}'), 'HV00L after 3', 'retries: and no more');
-- in a session of its own, whose connections are new: libcurl itself asks again on one that was idle
SELECT sim_fault('{"match": "/trips", "times": 3, "fault": {"kind": "reset"}}');
SELECT sim_clear();
SELECT matches((messages_of('SELECT count(*) FROM cars.trips WHERE vehicle_id = {1};'))[1], '^ERROR 08006: ', 'retries: of lost connections, too');
SELECT is(sim_count(), 3, 'retries: of lost connections, as often as that');
SELECT sim_heal();
SELECT is(pg_temp.after(1, '{"kind": "status", "status": 429, "headers": {"Retry-After": 1}}'), '53400 after 1', 'max_retry_wait');
ALTER SERVER sim OPTIONS (SET retries '0');
SELECT is(pg_temp.after(1, '{"kind": "status", "status": 503}'), 'HV00L after 1', 'no retries');
ALTER SERVER sim OPTIONS (DROP retries, DROP max_retry_wait);

--
-- One vehicle of several fails
--
SELECT sim_fault('{"match": "/VR3UHZKXZPT000002/", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok('SELECT count(*) FROM cars.trips', '42501', NULL, 'on_vehicle_error: error is the default');
ALTER SERVER sim OPTIONS (ADD on_vehicle_error 'warn');
SELECT is(psql('SELECT count(DISTINCT vehicle_id), count(*) = ' || (SELECT count(*) FROM sample, unnest(want) AS w, sim_vehicle AS v
																	WHERE name = 'trips' AND v.n <> 2 AND w LIKE '(' || v.id || ',%')
			   || ' FROM cars.trips;') @> '{2|t}', true, 'warn: the others'' rows are there');
SELECT matches((messages_of('SELECT count(*) FROM cars.trips;'))[1], '^WARNING 42501: result lacks trips of vehicle "VR3UHZKXZPT000002": ', 'warn: the warning');
SELECT is(cardinality(messages_of('SELECT count(*) FROM cars.trips;')), 1, 'warn: once');
SELECT is(cardinality(messages_of('SELECT count(*) FROM cars.waypoints WHERE vin = {vin2};')), 1, 'warn: waypoints');
SELECT is(cardinality(messages_of('SELECT count(*) FROM cars.status;')), 1, 'warn: status');
SELECT sim_heal();
SELECT sim_fault('{"match": "/user/vehicles\\?", "times": -1, "fault": {"kind": "status", "status": 403}}');
SELECT throws_ok('SELECT count(*) FROM cars.trips', '42501', NULL, 'warn: the listing is no vehicle''s');
SELECT sim_heal();
SELECT sim_fault('{"match": "/VR3UHZKXZPT000002/", "times": -1, "fault": {"kind": "status", "status": 401}}');
SELECT throws_ok('SELECT count(*) FROM cars.trips', '28000', NULL, 'warn: nor are the credentials');
SELECT sim_heal();
SELECT sim_fault('{"match": "/VR3UHZKXZPT000002/", "times": -1, "fault": {"kind": "bad_json"}}');
SELECT matches((messages_of('SELECT count(*) FROM cars.trips;'))[1], '^WARNING 08P01: result lacks trips of vehicle "VR3UHZKXZPT000002": ', 'warn: an answer that is no JSON');
SELECT sim_heal();
-- rows of its first pages have gone out: the warning says that the rest is missing
SELECT sim_config('{"page_size": 5}');
SELECT sim_fault('{"match": "/VR3UHZKXZPT000002/", "times": -1, "page": 2, "fault": {"kind": "status", "status": 403}}');
SELECT matches((messages_of('SELECT count(*) FROM cars.trips;'))[1], '^WARNING 42501: result lacks trips of vehicle "VR3UHZKXZPT000002": ', 'warn: a later page');
SELECT sim_reset();
ALTER SERVER sim OPTIONS (DROP on_vehicle_error);

--
-- Compression
--
SELECT sim_config('{"gzip": true}');
SELECT is(rows_of(query), want, 'gzip: ' || name) FROM sample ORDER BY name;
SELECT sim_clear();
SELECT count(*) FROM cars.telemetry \g /dev/null
SELECT sum(b::bigint) AS zipped FROM unnest(sim_log_json('bytes')) AS b \gset
SELECT ok(bool_and(e ~ 'gzip'), 'gzip is asked for') FROM unnest(sim_log_json('headers', 'accept-encoding')) AS e;
SELECT sim_config('{"gzip": false}');
SELECT is(rows_of(query), want, 'no gzip: ' || name) FROM sample ORDER BY name;
SELECT sim_clear();
SELECT count(*) FROM cars.telemetry \g /dev/null
SELECT cmp_ok(sum(b::bigint), '>', 2 * :zipped::numeric, 'and it pays') FROM unnest(sim_log_json('bytes')) AS b;
SELECT * FROM finish();
