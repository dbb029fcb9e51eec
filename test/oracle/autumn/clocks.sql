-- What grows with the time column, over the changes of clocks in autumn: an hour
-- comes twice, and what is truncated or local falls back.  Telemetry is told every
-- half hour, on the half hour.

--- Paris: the hours around the change
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND date_trunc(''hour'', recorded_at) {?}',
	$$= '2025-10-26 02:00+02'$$, $$= '2025-10-26 02:00+01'$$, $$= '2025-10-26 02:00'$$, $$= '2025-10-26 01:00'$$, $$= '2025-10-26 03:00'$$,
	$$< '2025-10-26 02:00+02'$$, $$<= '2025-10-26 02:00+02'$$, $$> '2025-10-26 02:00+02'$$, $$>= '2025-10-26 02:00+01'$$, $$> '2025-10-26 02:00+01'$$,
	$$< '2025-10-26 02:00+01'$$, $$<= '2025-10-26 02:00+01'$$, $$BETWEEN '2025-10-26 02:00+02' AND '2025-10-26 02:00+01'$$) \gexec

--- Paris: the day of the change, and those beside it
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND recorded_at::date {?}',
	$$= '2025-10-25'$$, $$= '2025-10-26'$$, $$= '2025-10-27'$$, $$< '2025-10-26'$$, $$<= '2025-10-26'$$, $$> '2025-10-26'$$, $$>= '2025-10-26'$$,
	$$IN ('2025-10-25', '2025-10-27')$$, $$BETWEEN '2025-10-26' AND '2025-10-27'$$, $$<> '2025-10-26'$$) \gexec

--- Paris: days, weeks, months, quarters truncated
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$date_trunc('day', recorded_at) = '2025-10-26'$$, $$date_trunc('day', recorded_at) = '2025-10-26 00:00+02'$$,
	$$date_trunc('day', recorded_at) = '2025-10-26 00:00+01'$$, $$date_trunc('day', recorded_at) > '2025-10-26'$$, $$date_trunc('day', recorded_at) <= '2025-10-26'$$,
	$$date_trunc('day', recorded_at) >= '2025-10-26 00:00:01'$$, $$date_trunc('week', recorded_at) = '2025-10-20'$$,
	$$date_trunc('week', recorded_at) = '2025-10-27'$$, $$date_trunc('month', recorded_at) = '2025-11-01'$$,
	$$date_trunc('month', recorded_at) < '2025-11-01'$$, $$date_trunc('quarter', recorded_at) = '2025-10-01'$$,
	$$date_trunc('minute', recorded_at) = '2025-10-26 02:30+01'$$) \gexec

--- Paris: local times that come twice
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND recorded_at AT TIME ZONE ''Europe/Paris'' {?}',
	$$= '2025-10-26 02:00'$$, $$= '2025-10-26 02:30'$$, $$< '2025-10-26 02:30'$$, $$<= '2025-10-26 02:00'$$, $$> '2025-10-26 02:30'$$, $$>= '2025-10-26 02:30'$$,
	$$< '2025-10-26 02:00'$$, $$>= '2025-10-26 03:00'$$, $$> '2025-10-26 02:59:59'$$, $$BETWEEN '2025-10-26 02:00' AND '2025-10-26 02:30'$$,
	$$BETWEEN '2025-10-26 02:30' AND '2025-10-26 03:00'$$, $$IN ('2025-10-26 02:30', '2025-10-26 03:30')$$,
	$$= ANY ('{2025-10-26 02:00,2025-10-26 01:30}'::timestamp[])$$, $$<> '2025-10-26 02:30'$$) \gexec

--- Paris: what is made of local times that come twice
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$(recorded_at AT TIME ZONE 'Europe/Paris')::date = '2025-10-26'$$,
	$$date_trunc('hour', recorded_at AT TIME ZONE 'Europe/Paris') = '2025-10-26 02:00'$$,
	$$date_trunc('hour', recorded_at AT TIME ZONE 'Europe/Paris') > '2025-10-26 01:00'$$,
	$$date_trunc('hour', recorded_at AT TIME ZONE 'Europe/Paris') <= '2025-10-26 02:00'$$,
	$$date_trunc('day', recorded_at AT TIME ZONE 'Europe/Paris') = '2025-10-26'$$,
	$$date_trunc('month', recorded_at AT TIME ZONE 'Europe/Paris') = '2025-11-01'$$, $$(recorded_at AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'Europe/Paris' = recorded_at$$,
	$$(recorded_at AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'Europe/Paris' >= '2025-10-26 02:00+01'$$,
	$$(recorded_at AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'Europe/Paris' < '2025-10-26 02:00+01'$$,
	$$(recorded_at AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'UTC' = '2025-10-26 02:30+00'$$,
	$$extract(epoch FROM recorded_at AT TIME ZONE 'Europe/Paris') = 1761445800$$) \gexec

--- Paris: casts to timestamp
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at::timestamp = '2025-10-26 02:30'$$, $$recorded_at::timestamp < '2025-10-26 02:30'$$, $$recorded_at::timestamp >= '2025-10-26 02:30'$$,
	$$recorded_at::timestamp::date = '2025-10-26'$$, $$recorded_at = timestamp '2025-10-26 02:30'$$, $$recorded_at < timestamp '2025-10-26 02:30'$$,
	$$recorded_at >= timestamp '2025-10-26 02:30'$$, $$recorded_at BETWEEN timestamp '2025-10-26 02:00' AND timestamp '2025-10-26 03:00'$$,
	$$recorded_at < date '2025-10-27' AND recorded_at >= date '2025-10-26'$$, $$recorded_at::timestamp(0) = '2025-10-26 02:00'$$) \gexec

--- Paris: times shifted by days and months
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at + interval '1 day' > '2025-10-26 02:30+01'$$, $$recorded_at + interval '1 day' <= '2025-10-26 02:30+02'$$,
	$$recorded_at + interval '1 day' = '2025-10-26 02:30+01'$$, $$recorded_at + interval '1 day' BETWEEN '2025-10-26 02:00+02' AND '2025-10-26 03:00+01'$$,
	$$recorded_at - interval '1 day' < '2025-10-26 02:30+01'$$, $$recorded_at - interval '1 day' >= '2025-10-26 02:30+02'$$,
	$$recorded_at - interval '1 day' = '2025-10-26 02:30+02'$$, $$recorded_at + interval '24 h' = '2025-10-26 02:30+02'$$,
	$$recorded_at + interval '1 mon' >= '2025-11-26 02:30'$$, $$recorded_at - interval '1 mon' < '2025-09-26 02:30'$$,
	$$recorded_at + interval '1 day -24 h' = '2025-10-26 02:30+02'$$, $$recorded_at + interval '1 mon' <= '2025-11-30'$$,
	$$recorded_at + interval '1 mon' = '2025-11-30'$$, $$recorded_at - interval '1 mon' = '2025-09-30'$$,
	$$recorded_at - interval '1 mon' > '2025-09-30'$$, $$recorded_at - interval '1 mon' <= '2025-09-30 12:00'$$) \gexec

--- Paris: the same under UTC, with the zone said
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$date_trunc('day', recorded_at, 'Europe/Paris') = '2025-10-25 22:00+00'$$,
	$$date_trunc('day', recorded_at, 'Europe/Paris') = '2025-10-26 23:00+00'$$,
	$$date_trunc('day', recorded_at, 'Europe/Paris') >= '2025-10-26 00:00+00'$$, $$date_trunc('hour', recorded_at, 'Europe/Paris') = '2025-10-26 00:00+00'$$,
	$$date_trunc('hour', recorded_at, 'Europe/Paris') = '2025-10-26 01:00+00'$$,
	$$date_trunc('hour', recorded_at, 'Europe/Paris') > '2025-10-26 00:00+00'$$,
	$$date_trunc('week', recorded_at, 'Europe/Paris') <= '2025-10-19 22:00+00'$$, $$date_trunc('month', recorded_at, 'Europe/Paris') = '2025-10-31 23:00+00'$$) \gexec

--- New York: the day of the change
SET TimeZone = 'America/New_York';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at::date = '2025-11-02'$$, $$recorded_at::date < '2025-11-02'$$, $$date_trunc('hour', recorded_at) = '2025-11-02 01:00-04'$$,
	$$date_trunc('hour', recorded_at) = '2025-11-02 01:00-05'$$, $$date_trunc('hour', recorded_at) > '2025-11-02 01:00-04'$$,
	$$date_trunc('day', recorded_at) = '2025-11-02'$$,
	$$recorded_at::timestamp BETWEEN '2025-11-02 01:00' AND '2025-11-02 01:30'$$, $$recorded_at + interval '1 day' = '2025-11-02 01:30'$$,
	$$recorded_at AT TIME ZONE 'America/New_York' > '2025-11-02 01:30'$$, $$date_trunc('month', recorded_at) = '2025-11-01'$$) \gexec

--- Havana: midnight comes twice
SET TimeZone = 'America/Havana';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at::date = '2025-11-02'$$, $$recorded_at::date = '2025-11-01'$$, $$recorded_at::date < '2025-11-02'$$,
	$$recorded_at::date >= '2025-11-02'$$, $$recorded_at::date > '2025-11-01'$$, $$date_trunc('day', recorded_at) = '2025-11-02'$$,
	$$date_trunc('day', recorded_at) = '2025-11-02 00:00-04'$$,
	$$date_trunc('day', recorded_at) = '2025-11-02 00:00-05'$$, $$date_trunc('day', recorded_at) > '2025-11-01'$$,
	$$date_trunc('day', recorded_at) >= '2025-11-02 00:00-05'$$, $$date_trunc('day', recorded_at) < '2025-11-02 00:00-05'$$,
	$$date_trunc('hour', recorded_at) <= '2025-11-02 00:00-04'$$, $$recorded_at >= date '2025-11-02'$$, $$recorded_at::timestamp = '2025-11-02 00:30'$$,
	$$recorded_at AT TIME ZONE 'America/Havana' < '2025-11-02 00:30'$$, $$date_trunc('week', recorded_at) = '2025-10-27'$$,
	$$(recorded_at AT TIME ZONE 'America/Havana')::date = '2025-11-02'$$) \gexec

--- Beirut: the evening before falls back into the day before
SET TimeZone = 'Asia/Beirut';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at::date = '2025-10-25'$$, $$recorded_at::date = '2025-10-26'$$, $$recorded_at::date <= '2025-10-25'$$,
	$$recorded_at::date > '2025-10-25'$$, $$date_trunc('day', recorded_at) = '2025-10-25'$$, $$date_trunc('day', recorded_at) = '2025-10-26'$$,
	$$date_trunc('day', recorded_at) > '2025-10-25'$$,
	$$date_trunc('day', recorded_at) < '2025-10-26'$$, $$date_trunc('hour', recorded_at) = '2025-10-25 23:00+03'$$,
	$$date_trunc('hour', recorded_at) = '2025-10-25 23:00+02'$$, $$recorded_at::timestamp >= '2025-10-25 23:30'$$,
	$$recorded_at::timestamp < '2025-10-25 23:30'$$, $$recorded_at AT TIME ZONE 'Asia/Beirut' = '2025-10-25 23:30'$$,
	$$(recorded_at AT TIME ZONE 'Asia/Beirut')::date > '2025-10-25'$$) \gexec

--- Cairo, and zones without any change
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$(recorded_at AT TIME ZONE 'Africa/Cairo')::date = '2025-10-30'$$, $$(recorded_at AT TIME ZONE 'Africa/Cairo')::date = '2025-10-31'$$,
	$$(recorded_at AT TIME ZONE 'Africa/Cairo')::date <= '2025-10-30'$$, $$date_trunc('day', recorded_at, 'Africa/Cairo') = '2025-10-29 21:00+00'$$,
	$$date_trunc('day', recorded_at, 'Africa/Cairo') > '2025-10-29 21:00+00'$$,
	$$(recorded_at AT TIME ZONE 'Asia/Kolkata')::date = '2025-10-26'$$, $$(recorded_at AT TIME ZONE 'Australia/Lord_Howe')::date = '2025-10-26'$$,
	$$date_trunc('hour', recorded_at, 'Australia/Lord_Howe') = '2025-10-26 01:00+00'$$, $$date_trunc('day', recorded_at, 'Pacific/Chatham') = '2025-10-25 10:15+00'$$) \gexec

--- trips of the days of the change
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE {?}', $$started_at::date = '2025-10-26'$$,
	$$started_at::date IN ('2025-10-25', '2025-10-27')$$, $$date_trunc('day', started_at) = '2025-10-26'$$,
	$$date_trunc('week', started_at) = '2025-10-20'$$, $$date_trunc('month', started_at) = '2025-11-01'$$,
	$$started_at AT TIME ZONE 'Europe/Paris' BETWEEN '2025-10-26 08:00' AND '2025-10-26 20:00'$$,
	$$started_at + interval '1 day' < '2025-10-26 12:00'$$, $$(started_at AT TIME ZONE 'America/New_York')::date = '2025-11-02'$$,
	$$extract(year FROM started_at) = 2025 AND extract(month FROM started_at) = 11$$) \gexec

--- alerts, alarms, way points of the days of the change
SET TimeZone = 'Europe/Paris';
SELECT id FROM alerts WHERE started_at::date BETWEEN '2025-10-25' AND '2025-10-27';
SELECT id FROM alarms WHERE date_trunc('week', created_at) = '2025-10-20';
SELECT count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND recorded_at::date = (timestamptz :'long_to')::date;

--- each day of a month of Paris, each of New York
SET TimeZone = 'Europe/Paris';
SELECT d::date, x.n FROM generate_series(timestamptz '2025-10-24', '2025-10-29', '1 day') AS d CROSS JOIN LATERAL (SELECT count(*) AS n FROM telemetry
	WHERE vehicle_id = :'v1' AND recorded_at::date = d::date) AS x;
SELECT d, x.n FROM generate_series(timestamptz '2025-10-25 22:00+00', '2025-10-26 03:00+00', '1 h') AS d CROSS JOIN LATERAL (SELECT count(*) AS n
	FROM telemetry WHERE vehicle_id = :'v1' AND date_trunc('hour', recorded_at) = d) AS x;
SET TimeZone = 'America/New_York';
SELECT d, (SELECT count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= d AND recorded_at < d + interval '1 day')
	FROM generate_series(timestamptz '2025-10-31', '2025-11-03', '1 day') AS d;

--- each local half hour of the night of the change
SELECT t, x.n, x.first, y.n FROM generate_series(timestamp '2025-10-26 01:00', '2025-10-26 03:30', '30 min') AS t
 CROSS JOIN LATERAL (SELECT count(*) AS n, min(recorded_at) AS first FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at AT TIME ZONE 'Europe/Paris' = t) AS x
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at AT TIME ZONE 'Europe/Paris' < t AND recorded_at >= '2025-10-25') AS y;

--- prepared, over several zones
SET plan_cache_mode = force_generic_plan;
PREPARE p (date) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at::date = $1;
PREPARE t (timestamptz) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1')
	AND date_trunc('day', recorded_at) = $1;
PREPARE s (interval, timestamptz) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at + $1 >= $2;
PREPARE l (text, timestamp) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1')
	AND recorded_at AT TIME ZONE $1 = $2;
EXECUTE p ('2025-10-26'); EXECUTE t ('2025-10-26'); EXECUTE s ('1 day', '2025-10-26 02:30');
SET TimeZone = 'Europe/Paris';
EXECUTE p ('2025-10-26'); EXECUTE t ('2025-10-26'); EXECUTE s ('1 day', '2025-10-26 02:30+01'); EXECUTE s ('-1 day', '2025-10-26 02:30+02');
SET TimeZone = 'America/Havana';
EXECUTE p ('2025-11-02'); EXECUTE t ('2025-11-02'); EXECUTE t ('2025-11-02 00:00-05'); EXECUTE s ('1 day', '2025-11-02 00:30');
EXECUTE l ('Europe/Paris', '2025-10-26 02:30'); EXECUTE l ('America/Havana', '2025-11-02 00:30'); EXECUTE l ('Asia/Beirut', '2025-10-25 23:00');
	EXECUTE l ('UTC', '2025-10-26 02:30');

--- in an order, over the change
--! ordered
SET TimeZone = 'Europe/Paris';
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at::date = '2025-10-26' ORDER BY recorded_at LIMIT 8;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at::date <= '2025-10-26' ORDER BY recorded_at DESC LIMIT 3;
SELECT recorded_at::timestamp AS local, recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND date_trunc('day', recorded_at) = '2025-10-26'
	ORDER BY recorded_at::timestamp, recorded_at LIMIT 9;
