-- Rows asked for by their own ids, by their trips, and by what trips and
-- alarms can be filtered by: the requests, and that the answer is the same as
-- if nothing had been pushed down.
-- simulator: --vehicles 4 --days 20 --telemetry -1
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';
CREATE TABLE event AS
	SELECT v.n, e.* FROM sim_vehicle AS v JOIN (
		SELECT 'alert' AS kind, vehicle_id, id, row_number() OVER (PARTITION BY vehicle_id ORDER BY started_at) AS i FROM cars.alerts
		UNION ALL SELECT 'alarm', vehicle_id, id, row_number() OVER (PARTITION BY vehicle_id ORDER BY created_at) FROM cars.alarms
		UNION ALL SELECT 'collision', vehicle_id, id, row_number() OVER (PARTITION BY vehicle_id ORDER BY created_at) FROM cars.collisions) AS e ON e.vehicle_id = v.id;
CREATE TABLE row_id AS
	SELECT 'trips' AS name, 'trip' AS short, trip AS i, n, id FROM sim_trip
	UNION ALL SELECT kind || 's', kind, i, n, id FROM event;
CREATE TABLE local AS SELECT name, n, i, id, (SELECT v.id FROM sim_vehicle AS v WHERE v.n = r.n) AS vehicle_id FROM row_id AS r WHERE i = 2;
ANALYZE local;
SELECT is((SELECT count(DISTINCT name) FROM row_id WHERE n = 1 AND i = 2), 4::bigint, 'there are two of each');
CREATE FUNCTION pg_temp.id_of(name text, n int, i int) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT quote_literal(id) FROM row_id AS r WHERE r.name = $1 AND r.n = $2 AND r.i = $3
$$;

--
-- Objects by their ids
--
SELECT pushes(format('SELECT * FROM cars.%s WHERE #vehicle_id = {1} AND #id = %s', name, pg_temp.id_of(name, 1, 2)),
			  format(E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/%s/%s2', name, rtrim(name, 's')), name || ': id =, with the VIN')
FROM unnest('{trips,alerts,alarms,collisions}'::text[]) AS name;
SELECT pushes(format('SELECT vehicle_id, id FROM cars.%s WHERE #vehicle_id = {1} AND %s = #id', name, pg_temp.id_of(name, 1, 2)),
			  format('/user/vehicles/{1}/%s/%s2', name, rtrim(name, 's')), name || ': id =')
FROM unnest('{trips,alerts,alarms,collisions}'::text[]) AS name;
-- without its vehicle every vehicle is asked, and one has it
SELECT unnest(ARRAY[
	same_rows(format('SELECT vehicle_id, id FROM cars.%s WHERE #id = %s', name, pg_temp.id_of(name, 1, 2)), name || ': id =, no vehicle: rows'),
	is(requests_of(format('SELECT id FROM cars.%s WHERE id = %s', name, pg_temp.id_of(name, 1, 2))),
	   request_list(format(E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/%s/%s2', name, rtrim(name, 's')) ||
					(SELECT string_agg(format(E'\n/user/vehicles/{%s}/%s/%s 404', v.n, name, btrim(pg_temp.id_of(name, 1, 2), '''')), '') FROM sim_vehicle AS v WHERE v.n > 1)),
	   name || ': id =, no vehicle: requests')])
FROM unnest('{trips,alerts,alarms,collisions}'::text[]) AS name;
-- conditions that an object takes no parameter for are not sent
SELECT pushes('SELECT id FROM cars.trips WHERE #vehicle_id = {1} AND #id = {1.5} AND started_at > ''2026-01-01'' AND distance_km > 0', '/user/vehicles/{1}/trips/trip5', 'id and others');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = {1.5} AND started_at > ''2027-01-01''', '/user/vehicles/{1}/trips/trip5', 'id and a wrong time: requests');
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = {1.5} AND started_at > ''2027-01-01'''), '{}', 'id and a wrong time: no rows');

-- several: one by one, while all of the vehicle's take more requests
\set one '/user/vehicles/{1}/trips/trip3'
\set two '/user/vehicles/{1}/trips/trip3\n/user/vehicles/{1}/trips/trip5'
\set whole '/user/vehicles/{1}/trips?pageSize=60'
SELECT pushes('SELECT id FROM cars.trips WHERE #vehicle_id = {1} AND ' || condition, expected, condition)
FROM (VALUES
	('#id IN ({1.3}, {1.5})', :'two'),
	('#id = ANY (ARRAY[{1.3}, NULL, {1.5}, {1.3}])', :'two'),
	('(#id = {1.3} OR #id = {1.5})', :'two'),
	('(#id = {1.3} AND distance_km >= 0 OR #id = {1.5})', :'two'),
	('#id IN ({1.3}, {1.4}) AND #id IN ({1.3}, {1.5})', :'one'),
	('#id = ANY (ARRAY(SELECT id FROM sim_trip WHERE n = 1 AND trip IN (3, 5)))', :'two'),
	('#id = ANY (ARRAY(SELECT id FROM sim_trip WHERE n = 1 AND trip < 30))', :'whole'),
	('#id IN ({1.1}, {1.2}, {1.3}, {1.4})', E'/user/vehicles/{1}/trips/trip1\n/user/vehicles/{1}/trips/trip2\n/user/vehicles/{1}/trips/trip3\n/user/vehicles/{1}/trips/trip4'),
	('#id IN ({1.1}, {1.2}, {1.3}, {1.4}, {1.5})', :'whole'),
	('(#id = {1.3} OR distance_km < 0)', :'whole'),
	('#id <> {1.3}', :'whole'),
	('#id LIKE left({1.3}, 20) || ''%''', :'whole')
) AS t (condition, expected);
SELECT pushes(format('SELECT id FROM cars.alerts WHERE #vehicle_id = {1} AND #id IN (%s, %s)', pg_temp.id_of('alerts', 1, 1), pg_temp.id_of('alerts', 1, 2)),
			  '/user/vehicles/{1}/alerts?pageSize=60', 'of alerts there is one page: two ids ask for it');
SELECT is(requests_of(format('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND id IN (%s, %s) LIMIT 1', pg_temp.id_of('alerts', 1, 1), pg_temp.id_of('alerts', 1, 2))),
		  ARRAY['/user/vehicles/{1}/alerts?pageSize=60'], 'LIMIT is no hint where ids drop rows');
SELECT same_rows('SELECT id FROM cars.trips WHERE #vehicle_id IN ({1}, {2}) AND #id IN ({1.3}, {2.3})', 'two vehicles'' trips');
SELECT same_rows('SELECT vin, id FROM cars.trips WHERE #vin = {vin2} AND #id = {2.3}', 'by VIN');
SELECT asks_nothing('SELECT id FROM cars.trips WHERE id ' || condition, condition)
FROM (VALUES ('= NULL'), ('= '''''), ('= ''.'''), ('IN ('''', ''..'')'), ('= ANY (''{}'')'), ('= {1.1} AND id = {1.2}')) AS t (condition);
-- generic plans
PREPARE by_ids (text[]) AS SELECT id FROM cars.trips WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1) AND id = ANY ($1);
SELECT array_agg(id) FILTER (WHERE trip IN (3, 5)) AS few, array_agg(id) FILTER (WHERE trip < 30) AS many FROM sim_trip WHERE n = 1 \gset
SET plan_cache_mode = force_generic_plan;
SELECT sim_clear();
CREATE TEMP TABLE executed AS EXECUTE by_ids(:'few');
SELECT asked(:'two', 'a generic plan: two ids');
SELECT sim_clear();
DROP TABLE executed;
CREATE TEMP TABLE executed AS EXECUTE by_ids(:'many');
SELECT asked(:'whole', 'a generic plan: many ids');
SELECT is(count(*), 29::bigint, 'a generic plan: many ids, rows') FROM executed;
RESET plan_cache_mode;

-- joins
SELECT pushes('SELECT r.id FROM local AS l JOIN cars.alerts AS r ON #r.id = l.id AND #r.vehicle_id = l.vehicle_id WHERE l.name = ''alerts'' AND l.n = 1',
			  '/user/vehicles/{1}/alerts/alert2', 'a join by id and vehicle');
SELECT pushes('SELECT r.id FROM local AS l JOIN cars.trips AS r ON #r.id = l.id AND #r.vehicle_id = l.vehicle_id WHERE l.name = ''trips'' AND l.n < 3',
			  E'/user/vehicles/{1}/trips/trip2\n/user/vehicles/{2}/trips/trip2', 'a join of two by id and vehicle');
SELECT same_rows('SELECT r.id FROM local AS l JOIN cars.trips AS r ON #r.id = l.id WHERE l.name = ''trips''', 'a join by id alone');
SELECT same_rows('SELECT l.id, r.id FROM local AS l LEFT JOIN cars.trips AS r ON #r.id = l.id AND #r.vehicle_id = {1}', 'a left join by id');
SELECT same_rows('SELECT l.id, r.n FROM local AS l, LATERAL (SELECT count(*) AS n FROM cars.trips AS t WHERE #t.id = l.id AND #t.vehicle_id = l.vehicle_id) AS r', 'LATERAL by id');

-- A scan that comes back for one id after the other: when it has asked for as
-- many as there are pages, it asks for all of that vehicle's.  Before a session
-- knows better, trips are four pages.
CREATE FUNCTION pg_temp.anew(query text, expected text, description text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	ALTER SERVER sim OPTIONS (ADD request_cost '1');
	ALTER SERVER sim OPTIONS (DROP request_cost);
	RETURN NEXT asks(query, expected, description || ': requests');
	RETURN NEXT same_rows(query, description || ': rows');
END $$;
\set one_of '(SELECT t.distance_km FROM cars.trips AS t WHERE #t.vehicle_id = v.id AND #t.id = s.id)'
SELECT pg_temp.anew('SELECT s.trip, ' || :'one_of' || ' FROM sim_trip AS s JOIN sim_vehicle AS v USING (n) WHERE s.n = 1 AND s.trip <= ' || n,
			  (SELECT string_agg('/user/vehicles/{1}/trips/trip' || i, E'\n') FROM generate_series(1, least(n, 4)) AS i) || CASE WHEN n > 4 THEN E'\n' || :'whole' ELSE '' END,
			  n || ' ids, one after the other')
FROM unnest('{1,4,5,30}'::int[]) AS n;
SELECT asks('SELECT s.trip, ' || :'one_of' || ' FROM sim_trip AS s JOIN sim_vehicle AS v USING (n) WHERE s.n = 1', E'/user/vehicles/{1}/trips/trip1\n' || :'whole', 'when they are known to be one page');
SELECT pg_temp.anew('SELECT x, s.trip, ' || :'one_of' || ' FROM generate_series(1, 5) AS x, sim_trip AS s JOIN sim_vehicle AS v USING (n) WHERE s.n = 1 AND s.trip <= 3',
			E'/user/vehicles/{1}/trips/trip1\n/user/vehicles/{1}/trips/trip2\n/user/vehicles/{1}/trips/trip3', 'the same three ids five times');
SELECT pg_temp.anew('SELECT v.n, s.trip, ' || :'one_of' || ' FROM sim_trip AS s JOIN sim_vehicle AS v USING (n) WHERE s.n < 4 AND s.trip <= 3',
			  (SELECT string_agg(format('/user/vehicles/{%s}/trips/trip%s', v, i), E'\n') FROM generate_series(1, 3) AS v, generate_series(1, 3) AS i), 'three ids of each vehicle');
-- what is fetched then does not depend on what else an outer row says
SELECT pg_temp.anew('SELECT s.trip, ' || replace(:'one_of', 's.id)', 's.id AND #t.started_at >= timestamptz ''2026-01-01'' + s.trip * interval ''1 min'')') ||
			' FROM sim_trip AS s JOIN sim_vehicle AS v USING (n) WHERE s.n = 1 AND s.trip <= 20',
			  (SELECT string_agg('/user/vehicles/{1}/trips/trip' || i, E'\n') FROM generate_series(1, 4) AS i) || E'\n' || :'whole', 'ids and times, one after the other');

-- one row needs no windows of time, whatever its order
CREATE FUNCTION pg_temp.windows(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	ALTER SERVER sim OPTIONS (ADD request_cost '1');
	ALTER SERVER sim OPTIONS (DROP request_cost);
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || expand(query) INTO document;
	RETURN jsonb_path_exists(document, 'strict $.**.Windows');
END $$;
SELECT ok(NOT pg_temp.windows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = {1.3} ORDER BY started_at DESC NULLS LAST LIMIT 1'), 'an id in order: no windows');
SELECT ok(NOT pg_temp.windows('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND trip_id = {1.3} ORDER BY recorded_at DESC NULLS LAST LIMIT 1'), 'a trip in order: no windows');
SELECT ok(pg_temp.windows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km > 5 ORDER BY started_at DESC NULLS LAST LIMIT 1'), 'a distance in order: windows');
SELECT pg_temp.anew('SELECT id, started_at FROM cars.trips WHERE #vehicle_id = {1} AND #id = {1.3} ORDER BY #started_at DESC NULLS LAST LIMIT 1', '/user/vehicles/{1}/trips/trip3', 'an id in order');
SELECT same_rows('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km > 20 ORDER BY started_at DESC NULLS LAST LIMIT 3',
				 'SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km + 0 > 20 ORDER BY started_at + interval ''0'' DESC NULLS LAST LIMIT 3', 'a distance in order');

-- an API that answers the same below every vehicle: once, and under its own
SELECT sim_config('{"any_vehicle": true}');
SELECT same_rows(format('SELECT vehicle_id, id FROM cars.%s WHERE #id = %s', name, pg_temp.id_of(name, 1, 2)), name || ': id =, the API answers below every vehicle')
FROM unnest('{trips,alerts,collisions}'::text[]) AS name;
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {2} AND id = {1.3}'), '{}', 'another vehicle''s trip is none');
SELECT is(rows_of(format('SELECT DISTINCT vehicle_id = {1} FROM cars.%s WHERE trip_id = {1.3}', name)), '{(t)}', name || ': trip_id =, the API answers below every vehicle')
FROM unnest('{telemetry}'::text[]) AS name;
SELECT is(messages_of('SELECT id FROM cars.trips WHERE id = {1.3}'), '{}', 'which is not worth a word');
SELECT sim_reset();
-- an object that does not say whose it is
SELECT sim_fault('{"match": "/trips/trip3 ?$", "times": -1, "fault": {"kind": "edit", "edits": [{"pointer": "/_links", "remove": true}]}}');
SELECT is(rows_of('SELECT id = {1.3} FROM cars.trips WHERE vehicle_id = {1} AND id = {1.3}'), '{(t)}', 'a trip without links');
SELECT sim_heal();
SELECT sim_fault('{"match": "/trips/trip3 ?$", "times": -1, "fault": {"kind": "edit", "edits": [{"pointer": "/_links/vehicle/href", "value": "https://elsewhere.example.com/user/vehicles/another"}]}}');
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND id = {1.3}'), '{}', 'a trip that says it is another vehicle''s');
SELECT sim_heal();

--
-- By trip
--
SELECT t.id AS trip FROM cars.trips AS t JOIN sim_trip AS s ON s.id = t.id
 WHERE s.n = 1 AND t.id IN (SELECT unnest(trip_ids) FROM cars.alerts) ORDER BY t.started_at LIMIT 1 \gset
SELECT 'trip' || trip AS short FROM sim_trip WHERE id = :'trip' \gset
SELECT trip_id AS ctrip, 'trip' || s.trip AS cshort FROM cars.collisions AS c JOIN sim_trip AS s ON s.id = c.trip_id WHERE s.n = 1 ORDER BY c.created_at LIMIT 1 \gset
SELECT pushes('SELECT vehicle_id, trip_id, recorded_at FROM cars.telemetry WHERE #vehicle_id = {1} AND #trip_id = {1.3}',
			  '/user/vehicles/{1}/trips/trip3/telemetry?pageSize=2000', 'telemetry of a trip');
SELECT pushes('SELECT * FROM cars.telemetry WHERE #vehicle_id = {1} AND #trip_id = {1.3}',
			  E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips/trip3/telemetry?extension=location&extension=maintenance&pageSize=2000', 'all telemetry of a trip');
SELECT pushes('SELECT trip_id, recorded_at FROM cars.telemetry WHERE #vehicle_id = {1} AND #trip_id IN ({1.5}, {1.3}, {1.5})',
			  E'/user/vehicles/{1}/trips/trip3/telemetry?pageSize=2000\n/user/vehicles/{1}/trips/trip5/telemetry?pageSize=2000', 'telemetry of two trips');
SELECT pushes(format('SELECT trip_id, recorded_at FROM cars.telemetry WHERE #vehicle_id = {1} AND #trip_id = {1.3} AND #recorded_at BETWEEN %L AND %L', t1, t2),
			  format('/user/vehicles/{1}/trips/trip3/telemetry?timestamps=%s/%s&pageSize=2000',
					 to_char(t1 - interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(t2 + interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
			  'telemetry of a range within a trip')
FROM (SELECT min(recorded_at) + interval '1 min', min(recorded_at) + interval '3 min' FROM cars.telemetry
	  WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1) AND trip_id = (SELECT id FROM sim_trip WHERE n = 1 AND trip = 3)) AS r (t1, t2);
SELECT asks('SELECT recorded_at FROM cars.telemetry WHERE vehicle_id = {1} AND trip_id = {1.3} LIMIT 2', '/user/vehicles/{1}/trips/trip3/telemetry?pageSize=2', 'LIMIT');
SELECT pushes(format('SELECT vehicle_id, id, trip_id FROM cars.collisions WHERE #vehicle_id = {1} AND #trip_id = %L', :'ctrip'),
			  format('/user/vehicles/{1}/trips/%s/collisions?pageSize=60', :'cshort'), 'collisions of a trip');
-- the trip is asked, whatever else is known
SELECT pushes(format('SELECT id, trip_id FROM cars.collisions WHERE #vehicle_id = {1} AND #trip_id = %L AND #id = %L', :'ctrip', min(c.id)),
			  format('/user/vehicles/{1}/trips/%s/collisions?pageSize=60', :'cshort'), 'a collision of a trip')
FROM cars.collisions AS c WHERE trip_id = :'ctrip';
SELECT is(array(SELECT r FROM unnest(requests_of('SELECT recorded_at FROM cars.telemetry WHERE trip_id = {1.3}')) AS r WHERE r !~ ' 404'),
		  request_list(E'/user/vehicles?pageSize=60\n/user/vehicles/{1}/trips/trip3/telemetry?pageSize=2000'), 'a trip of an unknown vehicle: all are asked');
SELECT is(sim_count(), 5, 'a trip of an unknown vehicle: requests');
SELECT same_rows('SELECT vehicle_id, trip_id, recorded_at FROM cars.telemetry WHERE #trip_id = {1.3}', 'a trip of an unknown vehicle: rows');
SELECT pushes('SELECT m.recorded_at FROM sim_trip AS s JOIN cars.telemetry AS m ON #m.trip_id = s.id WHERE s.n = 1 AND s.trip = 3 AND #m.vehicle_id = {1}',
			  '/user/vehicles/{1}/trips/trip3/telemetry?pageSize=2000', 'a join by trip');

-- lists of trips
\set trip_alerts '/user/vehicles/{1}/trips/' :short '/alerts?pageSize=60'
SELECT unnest(ARRAY[
	is(requests_of(query), ARRAY[:'trip_alerts'], condition || ': requests'),
	same_rows(query, replace(query, 'trip_ids', '(trip_ids || NULL::text)'), condition || ': rows')])
FROM (VALUES
	('%L = ANY (trip_ids)'),
	('%L::varchar = ANY (trip_ids)'),
	('trip_ids @> ARRAY[%L]'),
	('trip_ids @> ARRAY[%L, %1$L]'),
	('ARRAY[%L] <@ trip_ids'),
	('trip_ids @> ARRAY(SELECT id FROM sim_trip WHERE id = %L)'),
	('%L = ANY (trip_ids) AND id IS NOT NULL'),
	('%L = ANY (trip_ids) AND %1$L = ANY (trip_ids)')
) AS t (condition), LATERAL (SELECT 'SELECT vehicle_id, id, started_at FROM cars.alerts WHERE vehicle_id = {1} AND ' || format(condition, :'trip')) AS q (query);
SELECT is(rows_of(format('SELECT trip_ids FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids)', :'trip')),
		  rows_of(format('SELECT trip_ids FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids || NULL::text)', :'trip')), 'the list that the row says');
SELECT is(requests_of(query), ARRAY['/user/vehicles/{1}/alerts?pageSize=60'], condition || ': requests')
FROM (VALUES
	('(%L = ANY (trip_ids) OR id = ''x'')'),
	('(%L = ANY (trip_ids) OR ''x'' = ANY (trip_ids))'),
	('%L <> ANY (trip_ids)'),
	('%L = ALL (trip_ids)'),
	('trip_ids && ARRAY[%L]'),
	('trip_ids <@ ARRAY[%L]'),
	('trip_ids @> ''{}'' AND %L <> ''''')
) AS t (condition), LATERAL (SELECT 'SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND ' || format(condition, :'trip')) AS q (query);
SELECT asks_nothing(format('SELECT id FROM cars.alerts WHERE ' || condition, :'trip'), condition)
FROM (VALUES ('NULL = ANY (trip_ids)'), ('trip_ids @> ARRAY[%L, NULL]'), ('trip_ids @> NULL'), (''''' = ANY (trip_ids)'), ('%L = ANY (trip_ids) AND NULL = ANY (trip_ids)')) AS t (condition);
-- two trips of one alert: one is asked, the other is looked for in its rows
SELECT trip_ids[1] AS t1, trip_ids[2] AS t2, id AS both FROM cars.alerts WHERE cardinality(trip_ids) = 2 AND vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1) LIMIT 1 \gset
SELECT is(rows_of(format('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids) AND %L = ANY (trip_ids)', :'t1', :'t2')), ARRAY['(' || :'both' || ')'], 'two trips of an alert');
SELECT is(sim_count(), 1, 'two trips of an alert: one request') FROM requests_of(format('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids) AND %L = ANY (trip_ids)', :'t1', :'t2'));
SELECT is(rows_of(format('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND trip_ids @> ARRAY[%L, %L]', :'t2', :'t1')), ARRAY['(' || :'both' || ')'], 'an array of two trips of an alert');
SELECT asks(format('SELECT id FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids) AND started_at >= ''2026-02-20''', :'trip'),
			format('/user/vehicles/{1}/trips/%s/alerts?timestamps=2026-02-19T00:00:00Z/open&pageSize=60', :'short') || CASE WHEN s.started_at < '2026-02-17' THEN ' 404' ELSE '' END, 'a trip and a time')
FROM cars.trips AS s WHERE s.id = :'trip';
SELECT same_rows('SELECT s.trip, a.id FROM sim_trip AS s JOIN cars.alerts AS a ON s.id = ANY (a.trip_ids) WHERE a.vehicle_id = {1} AND s.n = 1',
				 'SELECT s.trip, a.id FROM sim_trip AS s JOIN cars.alerts AS a ON s.id = ANY (a.trip_ids || NULL::text) WHERE a.vehicle_id = {1} AND s.n = 1', 'a join by a list of trips');

-- the endpoint below the trip says which rows are the trip's, not the row itself
SELECT sim_fault('{"match": "/trips/[^/]+/(telemetry|collisions|alerts)", "times": -1, "fault": {"kind": "edit", "edits": [{"pointer": "/_embedded/*/*/_links", "remove": true}]}}');
SELECT is(rows_of('SELECT count(*) > 1, bool_and(trip_id = {1.3}), bool_and(vehicle_id = {1}) FROM cars.telemetry WHERE vehicle_id = {1} AND trip_id = {1.3}'), '{"(t,t,t)"}', 'telemetry without links');
SELECT is(rows_of(format('SELECT count(*) > 0, bool_and(trip_id = %L) FROM cars.collisions WHERE vehicle_id = {1} AND trip_id = %1$L', :'ctrip')), '{"(t,t)"}', 'collisions without links');
SELECT is(rows_of(format('SELECT DISTINCT trip_ids FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids)', :'trip')), ARRAY['({' || :'trip' || '})'], 'alerts without links');
SELECT sim_heal();
SELECT sim_fault('{"match": "/trips/[^/]+/alerts", "times": -1, "fault": {"kind": "edit", "edits": [{"pointer": "/_embedded/alerts/*/_links/trips", "value": [{"href": "/trips/x"}, 5]}]}}');
SELECT is(rows_of(format('SELECT DISTINCT trip_ids FROM cars.alerts WHERE vehicle_id = {1} AND %L = ANY (trip_ids)', :'trip')), ARRAY['("{x,NULL,' || :'trip' || '}")'], 'alerts with other links');
SELECT sim_heal();

--
-- Distance, duration, kind
--
CREATE FUNCTION pg_temp.filters(condition text, parameter text, unpushed text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND ' || condition, '/user/vehicles/{1}/trips?' || parameter || 'pageSize=60', condition || ': requests')
	UNION ALL
	SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND ' || condition), rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND ' || unpushed), condition || ': rows')
$$;
SELECT pg_temp.filters(condition, parameter, regexp_replace(regexp_replace(condition, '\mdistance_km\M', '(distance_km + 0)', 'g'), '\mduration\M', '(duration + interval ''0'')', 'g'))
FROM (VALUES
	('distance_km > 20', 'distance=19.9-&'),
	('distance_km >= 20', 'distance=19.9-&'),
	('20 < distance_km', 'distance=19.9-&'),
	('distance_km < 20', 'distance=0-20.1&'),
	('distance_km <= 20', 'distance=0-20.1&'),
	('distance_km BETWEEN 10 AND 20.25', 'distance=9.9-20.4&'),
	('distance_km BETWEEN 10.27 AND 20', 'distance=10.1-20.1&'),
	('distance_km > 20::real', 'distance=19.9-&'),
	('distance_km IN (12, 25)', 'distance=11.9-25.1&'),
	('(distance_km < 5 OR distance_km BETWEEN 10 AND 12)', 'distance=0-12.1&'),
	('(distance_km < 5 OR distance_km > 10)', ''),
	('(distance_km < 5 OR done)', ''),
	('distance_km > 0.1', ''),
	('distance_km > 0.2', 'distance=0.1-&'),
	('distance_km >= 0', ''),
	('distance_km > -5', ''),
	('distance_km < 1e300', ''),
	('distance_km > ''-infinity''', ''),
	('distance_km < ''infinity''', ''),
	('distance_km < ''NaN''', ''),
	('distance_km <> 20', ''),
	('NOT distance_km > 20', 'distance=0-20.1&'),
	('distance_km > start_odometer_km / 10000', ''),
	('distance_km > 19 + 0 * random()', ''),
	('distance_km > (SELECT 20.0::float8)', 'distance=19.9-&'),
	('distance_km > 5 AND distance_km > 10 AND distance_km < 30 AND distance_km < 40', 'distance=9.9-30.1&'),
	('duration > ''10 min''', 'duration=599-&'),
	('duration <= ''20 min 0.5 s''', 'duration=0-1202&'),
	('duration BETWEEN ''10 min'' AND ''20 min''', 'duration=599-1201&'),
	('duration < ''1 day''', 'duration=0-86401&'),
	('duration > ''1 day -23:50''', 'duration=599-&'),
	('duration < ''1 mon''', 'duration=0-2592001&'),
	('duration < ''1 year''', 'duration=0-31104001&'),
	('duration < ''100 years''', ''),
	('duration > ''-1 day''', ''),
	('duration > ''1 s''', ''),
	('duration IN (''10 min'', ''30 min'')', 'duration=599-1801&'),
	('duration > ''10 min'' AND distance_km < 20', 'duration=599-&distance=0-20.1&'),
	('distance_km > 20 AND started_at >= ''2026-02-20''', 'timestamps=2026-02-19T00:00:00Z/open&distance=19.9-&')
) AS t (condition, parameter);
SELECT is(rows_of('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND ' || condition), '{}', condition || ': no rows')
FROM (VALUES ('distance_km > 1e300'), ('distance_km > ''infinity'''), ('distance_km = ''NaN'''), ('distance_km >= ''NaN'''), ('distance_km < -5'), ('distance_km > 999999999'),
			 ('duration < ''-1 s'''), ('duration > ''1000 years'''), ('distance_km = 123456.7')) AS t (condition);
SELECT asks_nothing('SELECT id FROM cars.trips WHERE ' || condition, condition)
FROM (VALUES ('distance_km > 20 AND distance_km < 10'), ('distance_km > 20 AND distance_km < 20'), ('distance_km = NULL'), ('distance_km = ANY (''{}'')'), ('distance_km IN (1, 2) AND distance_km IN (7, 8)'),
			 ('duration > ''1 h'' AND duration < ''10 min'''), ('(duration < ''-1 s'' AND duration > ''1 s'' OR distance_km = NULL) AND duration = NULL')) AS t (condition);
-- whatever the API thinks of the bounds
CREATE FUNCTION pg_temp.bounds() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	bounds text;
	trip record;
BEGIN
	FOREACH bounds IN ARRAY '{inclusive,exclusive,half_open}'::text[] LOOP
		PERFORM sim_config(jsonb_build_object('min_max', bounds));
		FOR trip IN SELECT min(distance_km) AS d1, max(distance_km) AS d2, min(duration) AS t1, max(duration) AS t2
					FROM cars.trips WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1) LOOP
			RETURN NEXT same_rows(format('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km BETWEEN %s AND %s', trip.d1, trip.d2),
								  'SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km IS NOT NULL', 'distance: ' || bounds);
			RETURN NEXT same_rows(format('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND duration BETWEEN %L AND %L', trip.t1, trip.t2),
								  'SELECT id FROM cars.trips WHERE vehicle_id = {1} AND duration IS NOT NULL', 'duration: ' || bounds);
		END LOOP;
	END LOOP;
	PERFORM sim_reset();
END $$;
SELECT pg_temp.bounds();
-- of what an outer row says it is not another request each
SELECT asks('SELECT x, (SELECT count(*) FROM cars.trips WHERE vehicle_id = {1} AND distance_km > x) FROM generate_series(1, 3) AS x', :'whole', 'an outer row''s distance');
SELECT asks('SELECT id FROM cars.trips WHERE vehicle_id = {1} AND distance_km > 20 LIMIT 3', '/user/vehicles/{1}/trips?distance=19.9-&pageSize=60', 'LIMIT is no hint');

SELECT unnest(ARRAY[
	asks('SELECT id FROM cars.alarms WHERE vehicle_id = {1} AND ' || condition, '/user/vehicles/{1}/alarms?' || parameter || 'pageSize=60', condition || ': requests'),
	same_rows('SELECT id, kind FROM cars.alarms WHERE vehicle_id = {1} AND ' || condition,
			  'SELECT id, kind FROM cars.alarms WHERE vehicle_id = {1} AND ' || regexp_replace(condition, '\mkind\M', '(kind || '''')', 'g'), condition || ': rows')])
FROM (VALUES
	('kind = ''status''', 'type=vehicle.alarm.status&'),
	('''trigger'' = kind', 'type=vehicle.alarm.trigger&'),
	('kind IN (''trigger'', ''other'')', 'type=vehicle.alarm.trigger&'),
	('kind IN (''status'', ''trigger'')', ''),
	('(kind = ''status'' OR kind = ''trigger'')', ''),
	('kind <> ''status''', ''),
	('(kind = ''status'' OR activation IS NULL)', ''),
	('kind = ''status'' AND created_at >= ''2026-02-10''', 'timestamps=2026-02-09T23:59:59Z/open&type=vehicle.alarm.status&')
) AS t (condition, parameter);
SELECT asks_nothing('SELECT id FROM cars.alarms WHERE ' || condition, condition)
FROM (VALUES ('kind = ''other'''), ('kind = ''Status'''), ('kind = NULL'), ('kind = ''status'' AND kind = ''trigger'''), ('kind = ANY (''{}'')')) AS t (condition);
SELECT * FROM finish();
