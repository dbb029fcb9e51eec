-- Several ranges of time at once, and ranges of other columns: distance and
-- duration of trips, the kind of alarms.
--! pairs

--- one range, as OR
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at BETWEEN '2026-03-20' AND '2026-03-21' OR false);

--- two ranges that lie apart
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-19T23:59:59Z/2026-03-21T00:00:01Z&timestamps=2026-03-31T23:59:59Z/2026-04-02T00:00:01Z&pageSize=2000
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at BETWEEN '2026-03-20' AND '2026-03-21' OR recorded_at BETWEEN '2026-04-01' AND '2026-04-02');

--- two ranges that overlap
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-19T23:59:59Z/2026-03-23T00:00:01Z&pageSize=2000
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at BETWEEN '2026-03-20' AND '2026-03-22' OR recorded_at BETWEEN '2026-03-21' AND '2026-03-23');

--- two ranges that touch
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-19T23:59:59Z/2026-03-22T00:00:01Z&pageSize=2000
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at >= '2026-03-20'
	AND recorded_at < '2026-03-21' OR recorded_at >= '2026-03-21' AND recorded_at < '2026-03-22');

--- two ranges with a gap of a second
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at < :'at_telemetry' OR recorded_at > timestamptz :'at_telemetry' + interval '1 s');

--- two ranges with a gap of one instant
SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at < :'at_telemetry' OR recorded_at > :'at_telemetry');

--- a range within another
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-19T23:59:59Z/2026-03-24T00:00:01Z&pageSize=2000
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at BETWEEN '2026-03-20' AND '2026-03-24' OR recorded_at BETWEEN '2026-03-21' AND '2026-03-22');

--- three ranges of trips
--! asks /user/vehicles/{2}/trips?timestamps=2026-03-18T00:00:00Z/{open}&pageSize=60
SELECT id, started_at FROM trips WHERE vehicle_id = :'v2' AND (started_at BETWEEN '2026-03-19' AND '2026-03-20' OR started_at BETWEEN '2026-03-25'
	AND '2026-03-26' OR started_at BETWEEN '2026-04-01' AND '2026-04-02');

--- three ranges of alerts, alarms and collisions
SELECT id FROM alerts WHERE (started_at BETWEEN '2026-03-19' AND '2026-03-21' OR started_at BETWEEN '2026-03-25' AND '2026-03-27' OR started_at >= '2026-04-02');
SELECT id FROM alarms WHERE (created_at BETWEEN '2026-03-19' AND '2026-03-21' OR created_at BETWEEN '2026-03-25' AND '2026-03-27' OR created_at >= '2026-04-02');
SELECT id FROM collisions WHERE (created_at BETWEEN '2026-03-19' AND '2026-03-21' OR created_at BETWEEN '2026-03-25' AND '2026-03-27' OR created_at >= '2026-04-02');

--- one to fifteen hours of a day each
SELECT format('SELECT %s, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = %L AND (%s)', n, :'v1',
	string_agg(format($$recorded_at BETWEEN '2026-03-%s 00:00' AND '2026-03-%s 12:00'$$, 17 + i, 17 + i), ' OR '))
	FROM generate_series(1, 14) AS n, generate_series(1, n) AS i GROUP BY n ORDER BY n \gexec

--- one to fifteen hours of trips
SELECT format('SELECT %s, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = %L AND (%s)', n, :'v2',
	string_agg(format($$started_at BETWEEN timestamptz '2026-03-17' + interval '%s day' AND timestamptz '2026-03-17 12:00' + interval '%s day'$$, i, i),
	' OR ')) FROM generate_series(3, 15, 4) AS n, generate_series(1, n) AS i GROUP BY n ORDER BY n \gexec

--- fifteen ranges, not in their order, some twice
SELECT format('SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = %L AND (%s)', :'v1',
	string_agg(format($$recorded_at >= timestamptz '2026-03-18' + interval '%s h' AND recorded_at < timestamptz '2026-03-18' + interval '%s h'$$, i * 7 % 16 * 20, i * 7 % 16 * 20 + 9),
	' OR ')) FROM generate_series(1, 24) AS i \gexec

--- fifteen ranges that make one
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-17T23:59:59Z/2026-04-02T00:00:01Z&pageSize=2000
SELECT format('SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = %L AND (%s)', :'v1',
	string_agg(format($$recorded_at >= date '2026-03-18' + %s AND recorded_at < date '2026-03-18' + %s$$, i, i + 1), ' OR ')) FROM generate_series(0, 14) AS i \gexec

--- twelve instants and more
SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY(SELECT recorded_at
	FROM near.telemetry WHERE vehicle_id = :'v1' ORDER BY md5(recorded_at::text) LIMIT 12));
SELECT count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at = ANY (ARRAY(SELECT started_at FROM near.trips WHERE vehicle_id = :'v2' ORDER BY md5(id) LIMIT 20));

--- instants or a range
SELECT local.each('SELECT {n}, recorded_at FROM telemetry WHERE vehicle_id = {v1} AND ({?})',
	$$recorded_at = ANY (ARRAY[{at_telemetry}, '2026-03-18']::timestamptz[]) OR recorded_at >= '2026-04-03'$$,
	$$recorded_at IN ({at_telemetry}, '2026-03-18') OR recorded_at BETWEEN '2026-03-29' AND '2026-03-29 12:00'$$,
	$$recorded_at = ANY ('{}'::timestamptz[]) OR recorded_at >= '2026-04-03'$$,
	$$recorded_at = ANY (NULL::timestamptz[]) OR recorded_at >= '2026-04-03'$$,
	$$recorded_at = ANY ('{NULL}'::timestamptz[]) OR recorded_at = {at_telemetry}$$,
	$$recorded_at = ANY ('{infinity,-infinity}'::timestamptz[]) OR recorded_at = {at_telemetry}$$) \gexec

--- AND within OR within AND
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND ({?})',
	$$recorded_at > '2026-03-20' AND (recorded_at < '2026-03-21' OR recorded_at > '2026-03-25' AND (recorded_at < '2026-03-26' OR recorded_at > '2026-04-01'))$$,
	$$(recorded_at < '2026-03-21' OR recorded_at > '2026-04-01') AND (recorded_at < '2026-03-19' OR recorded_at > '2026-04-02')$$,
	$$(recorded_at BETWEEN '2026-03-19' AND '2026-03-22' OR recorded_at BETWEEN '2026-03-25' AND '2026-03-28') AND (recorded_at BETWEEN '2026-03-21' AND '2026-03-26')$$,
	$$(recorded_at < '2026-03-20' OR recorded_at > '2026-04-01') AND recorded_at BETWEEN '2026-03-21' AND '2026-03-30'$$,
	$$((recorded_at > '2026-03-20' AND recorded_at < '2026-03-21') OR (recorded_at > '2026-03-22' AND recorded_at < '2026-03-23')) AND ((recorded_at > '2026-03-20 12:00' AND recorded_at < '2026-03-22 12:00') OR recorded_at > '2026-04-01')$$,
	$$recorded_at < '2026-03-19' OR (recorded_at > '2026-03-25' AND speed_kmh IS NOT NULL AND recorded_at < '2026-03-26') OR recorded_at >= '2026-04-03'$$,
	$$(recorded_at > '2026-04-01' OR speed_kmh > 50) AND (recorded_at > '2026-04-02' OR odometer_km IS NULL)$$) \gexec

--- AND within OR within AND, of trips
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND ({?})',
	$$started_at > '2026-03-20' AND (started_at < '2026-03-21' OR started_at > '2026-03-25' AND (started_at < '2026-03-26' OR started_at > '2026-04-01'))$$,
	$$(started_at < '2026-03-21' OR started_at > '2026-04-01') AND (started_at < '2026-03-19' OR started_at > '2026-04-02')$$,
	$$(started_at BETWEEN '2026-03-19' AND '2026-03-22' AND distance_km > 10) OR (started_at BETWEEN '2026-03-25' AND '2026-03-28' AND distance_km > 20)$$,
	$$started_at < '2026-03-19' OR started_at IS NULL$$,
	$$(started_at < '2026-03-19' OR started_at > '2026-04-02') AND started_at IS NOT NULL$$,
	$$NOT (started_at BETWEEN '2026-03-19' AND '2026-04-02')$$,
	$$NOT (started_at < '2026-03-19' OR started_at BETWEEN '2026-03-20' AND '2026-03-31')$$) \gexec

--- either of two vehicles, each with a range of its own
SELECT vin, started_at FROM trips WHERE (vehicle_id = :'v1' AND started_at >= '2026-04-02') OR (vehicle_id = :'v2' AND started_at < '2026-03-19');
SELECT vehicle_id, recorded_at FROM telemetry WHERE (vehicle_id = :'v1' AND recorded_at >= '2026-04-03') OR (vehicle_id = :'v2'
	AND recorded_at < '2026-03-18 12:00') OR (vehicle_id = :'v1' AND recorded_at = :'at_telemetry');

--- ranges of way points of a trip
SELECT count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long'
	AND (recorded_at < timestamptz :'long_from' + interval '1 h' OR recorded_at > timestamptz :'long_to' - interval '1 h');
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND recorded_at IN (:'long_from', :'long_to');

--- ranges of way points of a car
--! once
SELECT count(*), count(DISTINCT trip_id) FROM waypoints WHERE vehicle_id = :'v1' AND (recorded_at BETWEEN '2026-03-20' AND '2026-03-21' OR recorded_at >= '2026-04-02');

--- ranges of parameters
PREPARE p (timestamptz, timestamptz, timestamptz, timestamptz) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry
	WHERE vehicle_id = local.named('v1') AND (recorded_at BETWEEN $1 AND $2 OR recorded_at BETWEEN $3 AND $4);
EXECUTE p ('2026-03-20', '2026-03-21', '2026-04-01', '2026-04-02');
SET plan_cache_mode = force_generic_plan;
EXECUTE p ('2026-03-20', '2026-03-21', '2026-04-01', '2026-04-02');
EXECUTE p ('2026-03-20', '2026-04-01', '2026-03-25', '2026-03-28');
EXECUTE p ('2026-03-20', '2026-03-21', NULL, '2026-04-02');
EXECUTE p (NULL, NULL, NULL, NULL);
EXECUTE p ('-infinity', '2026-03-19', '2026-04-03', 'infinity');
EXECUTE p ('2026-03-21', '2026-03-20', '2026-04-01', '2026-04-02');

--- ranges of the columns of another table
SELECT d.n, x.c FROM local.drivers AS d CROSS JOIN LATERAL (SELECT count(*) AS c FROM trips AS t WHERE t.vehicle_id = d.vehicle_id
	AND (t.started_at < d.since OR t.started_at >= d.until)) AS x;
SELECT d.n, count(t.id) FROM local.drivers AS d LEFT JOIN trips AS t ON t.vehicle_id = d.vehicle_id AND (t.started_at BETWEEN d.since
	AND d.since + interval '2 days' OR t.started_at BETWEEN d.until - interval '1 day' AND d.until) GROUP BY 1;

--- ranges by timestamps and dates, in Paris
SET TimeZone = 'Europe/Paris';
SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at >= date '2026-03-29'
	AND recorded_at < date '2026-03-30' OR recorded_at BETWEEN timestamp '2026-03-20' AND timestamp '2026-03-21');
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND (started_at < date '2026-03-19' OR started_at >= timestamp '2026-04-02 12:00');

--- ranges beyond everything
SELECT local.each('SELECT {n}, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND ({?})',
	$$recorded_at < '-infinity' OR recorded_at > '2026-04-03'$$, $$recorded_at > 'infinity' OR recorded_at > '2026-04-03'$$,
	$$recorded_at < '2026-03-18 12:00' OR recorded_at > '294276-12-31 23:59:59.999999+00'$$,
	$$recorded_at < '4713-01-02 00:00:00+00 BC' OR recorded_at = {at_telemetry}$$,
	$$recorded_at BETWEEN '0044-03-15 BC' AND '2026-03-18 12:00' OR recorded_at BETWEEN '2026-04-03' AND '9999-12-31'$$,
	$$recorded_at >= '-infinity' OR recorded_at = '2026-03-18'$$, $$recorded_at < '2026-03-20' OR recorded_at > '2026-03-19'$$) \gexec

--- either of ranges of two columns
SELECT id FROM trips WHERE vehicle_id = :'v1' AND (started_at < '2026-03-19' OR stopped_at > '2026-04-02 12:00');
SELECT id FROM trips WHERE vehicle_id = :'v1' AND (started_at BETWEEN '2026-03-19' AND '2026-03-20' OR created_at BETWEEN '2026-04-01' AND '2026-04-02');
SELECT id FROM alarms WHERE vehicle_id = :'v2' AND (created_at < '2026-03-20' OR started_at > '2026-04-01' OR created_at = started_at);

--- ranges that are all empty
--! requests 0
SELECT 'none', count(*) FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at > '2026-04-01'
	AND recorded_at < '2026-03-20' OR recorded_at = NULL OR recorded_at = ANY ('{}'));
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND (started_at BETWEEN '2026-04-01' AND '2026-03-20' OR started_at BETWEEN '2026-05-01' AND '2026-04-20');

--- ranges before there was anything, and after
SELECT 'none', count(*) FROM telemetry WHERE recorded_at < '2026-01-01' OR recorded_at > '2026-06-01';
SELECT 'none', count(*) FROM trips WHERE started_at BETWEEN '2025-01-01' AND '2025-02-01' OR started_at BETWEEN '2026-06-01' AND '2026-06-02';

--- ranges around instants of trips
SELECT local.each('SELECT {n}, id, started_at FROM trips WHERE vehicle_id = {v2} AND ({?})',
	$$started_at BETWEEN timestamptz {at_trip} - interval '1 us' AND timestamptz {at_trip} + interval '1 us' OR started_at = '2026-03-18'$$,
	$$started_at > timestamptz {at_trip} - interval '1 us' AND started_at < timestamptz {at_trip} + interval '1 us' OR started_at > '2026-04-03 11:35'$$,
	$$started_at = {at_trip} OR started_at = timestamptz {at_trip} + interval '1 s'$$) \gexec

--- a late trip in the first of two ranges
SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' AND (started_at BETWEEN timestamptz :'at_late' - interval '1 min'
	AND timestamptz :'at_late' + interval '1 min' OR started_at >= '2026-04-02');
SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' AND (started_at BETWEEN '2026-03-18' AND '2026-03-18 12:00' OR started_at = :'at_late');

--- trips by distance: equal to a stored one, and next to it
SELECT id, distance_km FROM trips WHERE distance_km = 28.3;
SELECT id, distance_km FROM trips WHERE vehicle_id = :'v1' AND distance_km >= 28.3 AND distance_km <= 28.3;
SELECT id FROM trips WHERE distance_km > 28.299999999999 AND distance_km < 28.300000000001;

--- trips by distance, around a stored one
SELECT distance_km AS km FROM near.trips WHERE vehicle_id = :'v2' ORDER BY md5(id) LIMIT 1 \gset
SELECT format('SELECT %L, count(*), min(distance_km), max(distance_km) FROM trips WHERE vehicle_id = %L AND distance_km %s %s', op || apart, :'v2', op, :km + apart)
  FROM unnest('{<,<=,=,>=,>}'::text[]) AS o (op), unnest('{-0.1,-0.0000000001,0,0.0000000001,0.1}'::float8[]) AS d (apart) \gexec

--- trips by distance, between
SELECT count(*), min(distance_km), max(distance_km) FROM trips WHERE distance_km BETWEEN 10 AND 20;
SELECT count(*) FROM trips WHERE distance_km BETWEEN 20 AND 10;
SELECT count(*) FROM trips WHERE distance_km BETWEEN SYMMETRIC 20 AND 10;
SELECT count(*) FROM trips WHERE distance_km NOT BETWEEN 10 AND 40;

--- trips by distance: 0, less, infinite, and no number
SELECT local.each('SELECT {n}, count(*) FROM trips WHERE vehicle_id = {v1} AND distance_km {?}', '= 0', '>= 0', '> 0', '< 0', '>= -1', '<= -0.0',
	'> ''-0''', '= ''NaN''', '< ''NaN''', '> ''NaN''', '<> ''NaN''',
	'< ''infinity''', '>= ''infinity''', '<= ''-infinity''', '> ''-infinity''', '= ''infinity''', '> 1e308', '< 1e-300', '> -1e308',
	'BETWEEN ''-infinity'' AND ''infinity''', 'BETWEEN ''-infinity'' AND ''NaN''', '= NULL') \gexec

--- trips by distance: numbers of other types
SELECT local.each('SELECT {n}, count(*) FROM trips WHERE vehicle_id = {v1} AND distance_km {?}', '> 20', '> 20::int2', '> 20::bigint',
	'> 20.05::numeric', '= 28.3::numeric', '= 28.3::float4', '>= 28.3::float4', '< 28.3::float4',
	'> 20::float8', '> (SELECT avg(distance_km) FROM local.history)', '> least(20, 30)', '> 0.1 + 0.2', '> 9007199254740993') \gexec

--- trips by distance: lists
SELECT id, distance_km FROM trips WHERE distance_km IN (28.3, 5.1, 'NaN', 'infinity', NULL);
SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km = ANY (ARRAY[28.3, NULL, -1]::float8[]);
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND distance_km > ANY (ARRAY[30, 20]::float8[]);
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND distance_km > ALL (ARRAY[30, 20]::float8[]);
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND distance_km = ANY ('{}'::float8[]);

--- trips by distance: OR, AND, NOT
SELECT local.each('SELECT {n}, count(*), min(id) FROM trips WHERE vehicle_id = {v1} AND ({?})', 'distance_km < 5 OR distance_km > 40', 'distance_km > 40 OR distance_km < 5',
	'(distance_km > 30 AND distance_km < 40) OR (distance_km > 5 AND distance_km < 10)',
	'distance_km BETWEEN 25 AND 45 OR distance_km BETWEEN 30 AND 35',
	'distance_km < 5 OR distance_km IS NULL', 'NOT (distance_km < 30)', 'NOT (distance_km BETWEEN 5 AND 40)',
	'(distance_km > 5 AND distance_km < 10) OR (distance_km > 30 AND distance_km < 40)', 'distance_km > 30 OR started_at >= ''2026-04-02''',
	'distance_km > 30 AND distance_km < 10',
	'(distance_km > 30) IS NOT TRUE', 'distance_km > 30 OR done', '(distance_km < 20 OR distance_km > 30) AND (distance_km < 10 OR distance_km > 40)') \gexec

--- trips by distance and time
SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 20 AND started_at >= '2026-03-25' AND started_at < '2026-04-01';
SELECT vin, count(*) FROM trips WHERE distance_km >= 100 AND started_at < '2026-03-29' GROUP BY vin;
SELECT id FROM trips WHERE (started_at < '2026-03-20' OR started_at > '2026-04-02') AND distance_km > 35;

--- trips by duration: equal to a stored one, and next to it
SELECT duration AS d FROM near.trips WHERE vehicle_id = :'v2' ORDER BY md5(id) LIMIT 1 \gset
SELECT id, duration FROM trips WHERE duration = :'d';
SELECT format('SELECT %L, count(*), min(duration), max(duration) FROM trips WHERE vehicle_id = %L AND duration %s interval %L + interval %L', op || apart, :'v2', op, :'d', apart)
  FROM unnest('{<,<=,=,>=,>}'::text[]) AS o (op), unnest('{-1 s,-1 us,0,1 us,1 s}'::text[]) AS d (apart) \gexec

--- trips by duration, between
SELECT count(*), min(duration), max(duration) FROM trips WHERE duration BETWEEN '10 min' AND '20 min';
SELECT count(*) FROM trips WHERE duration BETWEEN '20 min' AND '10 min';
SELECT id FROM trips WHERE duration > '1 day' AND duration < '36 h';

--- trips by duration: days and months, and both mixed
SELECT local.each('SELECT {n}, count(*), max(duration) FROM trips WHERE vehicle_id = {v1} AND duration {?}', $$> '1 day'$$, $$< '1 day'$$,
	$$> '24 h'$$, $$< '1 mon'$$, $$> '1 mon'$$, $$< '1 year'$$, $$> '1 day 9 h'$$, $$= '33:00:07'$$, $$= '1 day 9:00:07'$$,
	$$>= '1 day 09:00:07'$$, $$<= '1 day 09:00:07'$$, $$< '1 mon -29 days'$$, $$> '1 mon -29 days'$$, $$> '1 mon -30 days'$$, $$> '-1 mon 31 days'$$,
	$$< '2 mon -59 days'$$, $$> '1 day -23:50:00'$$, $$< '1 day -23:50:00'$$, $$> '-1 day'$$, $$< '-1 day'$$, $$> '-1 mon'$$,
	$$= '0'$$, $$> '0'$$, $$>= '-0:00:01'$$, $$< '178000000 years'$$, $$> '-178000000 years'$$, $$< '2147483647 days'$$, $$> '-2147483648 days'$$, $$= NULL$$) \gexec

--- trips by duration: fractions of a second
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND duration > '10 min 0.5 s';
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND duration BETWEEN '599.999999 s' AND '1800.000001 s';

--- trips by duration: lists, OR, NOT
SELECT local.each('SELECT {n}, count(*), min(duration) FROM trips WHERE vehicle_id = {v1} AND ({?})', $$duration IN ('33:00:07', '10 min', NULL)$$,
	$$duration = ANY ('{33:00:07,00:00:00}'::interval[])$$, $$duration < '12 min' OR duration > '1 h'$$, $$duration > '1 h' OR duration < '12 min'$$,
	$$duration BETWEEN '40 min' AND '50 min' OR duration BETWEEN '10 min' AND '15 min'$$, $$NOT (duration < '1 h')$$,
	$$duration > '1 h' OR distance_km > 40$$, $$duration > '1 h' AND distance_km > 40$$, $$duration < '12 min' OR duration IS NULL$$,
	$$duration <> '33:00:07'$$, $$duration > ALL ('{10 min,20 min}'::interval[])$$) \gexec

--- trips by duration, distance, time and vehicle
SELECT id FROM trips WHERE vehicle_id IN (:'v1', :'v2') AND duration > '20 min' AND distance_km BETWEEN 10 AND 40 AND started_at >= '2026-03-28';
SELECT count(*) FROM trips WHERE vin LIKE 'W0V%' AND duration <= '15 min' AND distance_km <= 10;

--- trips by distance: parameters
SET plan_cache_mode = force_generic_plan;
PREPARE p (float8, float8) AS SELECT count(*), min(distance_km) FROM trips WHERE vehicle_id = local.named('v1') AND distance_km >= $1 AND distance_km < $2;
EXECUTE p (10, 20); EXECUTE p (NULL, 20); EXECUTE p ('NaN', 'NaN'); EXECUTE p ('-infinity', 'infinity'); EXECUTE p (20, 10); EXECUTE p (-5, 0); EXECUTE p (28.3, 'NaN');
PREPARE n (numeric) AS SELECT count(*) FROM trips WHERE vehicle_id = local.named('v1') AND distance_km > $1;
EXECUTE n (28.25); EXECUTE n (NULL);

--- trips by duration: parameters
--! asks /user/vehicles/{1}/trips?duration=0-1201&pageSize=60
--! asks /user/vehicles/{1}/trips?duration=0-2592001&pageSize=60
--! asks /user/vehicles/{1}/trips?duration=599-86401&pageSize=60
SET plan_cache_mode = force_generic_plan;
PREPARE p (interval, interval) AS SELECT count(*), min(duration) FROM trips WHERE vehicle_id = local.named('v1') AND duration >= $1 AND duration <= $2;
EXECUTE p ('10 min', '1 day'); EXECUTE p (NULL, '1 day'); EXECUTE p ('1 mon -30 days', '1 mon'); EXECUTE p ('-1 day', '20 min'); EXECUTE p ('1 h', '1 min');

--- trips by distance and duration of others
SELECT h.id, x.n FROM (SELECT * FROM local.history ORDER BY id LIMIT 4) AS h CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips
	WHERE vehicle_id = h.vehicle_id AND distance_km > h.distance_km AND duration <= h.duration + interval '10 min') AS x;
SELECT x.km, t.n FROM (VALUES (10::float8), (NULL), ('NaN'), (-1), ('infinity')) AS x (km) CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips
	WHERE vehicle_id = :'v1' AND distance_km < x.km) AS t;
SELECT a.id, b.id FROM trips AS a JOIN trips AS b ON b.vehicle_id = a.vehicle_id AND b.distance_km = a.distance_km AND b.id > a.id WHERE a.vehicle_id = :'v1';

--- trips by distance and duration that are computed
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND distance_km * 2 > 60;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND distance_km > start_odometer_km / 1000;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND duration > stopped_at - started_at;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND duration >= stopped_at - started_at;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND extract(epoch FROM duration) > 1800;

--- trips by distance and duration without these columns
SELECT id, started_at FROM trips WHERE vehicle_id = :'v2' AND distance_km < 6;
SELECT id FROM trips WHERE vehicle_id = :'v2' AND duration > '50 min';
SELECT count(*) FROM trips WHERE distance_km > 30;

--- trips by distance, in an order, with a limit
SELECT id, distance_km FROM trips WHERE distance_km > 30 ORDER BY distance_km DESC, id LIMIT 5;
SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 20 ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 20 LIMIT 3) AS t;

--- alarms by kind
SELECT count(*), min(created_at), max(created_at) FROM alarms WHERE vehicle_id = :'v2' AND kind = 'trigger';
SELECT count(*), min(created_at), max(created_at) FROM alarms WHERE kind = 'status';
SELECT id, trigger_type FROM alarms WHERE kind = 'trigger';

--- alarms by kinds
SELECT kind, count(*) FROM alarms WHERE kind IN ('status', 'trigger') GROUP BY 1;
SELECT kind, count(*) FROM alarms WHERE kind = ANY ('{trigger,NULL,none}') GROUP BY 1;
SELECT kind, count(*) FROM alarms WHERE kind = 'status' OR kind = 'trigger' GROUP BY 1;

--- alarms by a kind that there is not
--! requests 0
SELECT 'none', count(*) FROM alarms WHERE kind = 'none';
SELECT 'none', count(*) FROM alarms WHERE kind = 'Trigger';
SELECT 'none', count(*) FROM alarms WHERE kind = '';
SELECT 'none', count(*) FROM alarms WHERE kind = NULL;
SELECT 'none', count(*) FROM alarms WHERE kind = ANY ('{}');
SELECT 'none', count(*) FROM alarms WHERE kind = 'trigger' AND kind = 'status';
SELECT 'none', count(*) FROM alarms WHERE kind = 'trigger,status';

--- alarms by kind otherwise
SELECT local.each('SELECT {n}, count(*) FROM alarms WHERE vehicle_id = {v2} AND {?}', $$kind <> 'trigger'$$, $$kind NOT IN ('trigger', 'none')$$,
	$$kind > 'status'$$, $$kind LIKE 'trig%'$$, $$kind = lower('TRIGGER')$$, $$kind::varchar = 'trigger'$$, $$kind IS NOT NULL$$,
	$$(kind = 'trigger' OR created_at > '2026-04-01')$$, $$NOT (kind = 'trigger')$$, $$kind = 'trigger' COLLATE "C"$$,
	$$(kind = 'trigger' AND created_at < '2026-03-25' OR kind = 'status' AND created_at > '2026-04-01')$$) \gexec

--- alarms by kind and time
SELECT id FROM alarms WHERE kind = 'trigger' AND created_at >= '2026-03-25' AND created_at < '2026-04-01';
SELECT id FROM alarms WHERE vehicle_id = :'v2' AND kind = 'status' AND (created_at < '2026-03-20' OR created_at > '2026-04-02');

--- alarms by kind: parameters and joins
SET plan_cache_mode = force_generic_plan;
PREPARE p (text) AS SELECT count(*) FROM alarms WHERE vehicle_id = local.named('v2') AND kind = $1;
EXECUTE p ('trigger'); EXECUTE p ('status'); EXECUTE p (NULL); EXECUTE p ('none'); EXECUTE p ('');
SELECT k.kind, count(a.id) FROM (VALUES ('status'), ('trigger'), ('none'), (NULL)) AS k (kind) LEFT JOIN alarms AS a ON a.kind = k.kind GROUP BY 1;
SELECT k.kind, a.n FROM (VALUES ('status'), ('trigger'), ('none'), (NULL), ('a&b')) AS k (kind) CROSS JOIN LATERAL (SELECT count(*) AS n FROM alarms
	WHERE vehicle_id = :'v2' AND kind = k.kind) AS a;

--- alarms by kind and their other columns
SELECT count(*), count(activation) FROM alarms WHERE kind = 'trigger' AND activation IS NULL;
SELECT count(*) FROM alarms WHERE kind = 'status' AND trigger_type IS NULL AND started_at IS NULL;
SELECT trigger_type, count(*) FROM alarms WHERE kind = 'trigger' AND trigger_type <> '' GROUP BY 1;
