-- Ranges of time: what is sent, and what must be the same whichever date the API
-- compares and whether its bounds are inclusive.

--- telemetry: an open range
--! requests 1
SELECT recorded_at, speed_kmh FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= '2026-04-01 12:00';

--- telemetry: both ends, exactly these
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-29T21:59:59Z/2026-03-31T00:00:01Z&pageSize=2000
SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= '2026-03-29 22:00' AND recorded_at < '2026-03-31';

--- telemetry: an open end is a day ahead
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-31T23:59:59Z/{open}&extension=location&pageSize=2000
SELECT recorded_at, latitude FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= '2026-04-01';

--- telemetry: an open beginning
--! asks /user/vehicles/{1}/telemetry?timestamps=/2026-03-20T00:00:01Z&extension=maintenance&pageSize=2000
SELECT recorded_at, km_before_maintenance FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at < '2026-03-20';

--- trips: a day early, and no end
--! asks /user/vehicles/{1}/trips?timestamps=2026-03-26T00:00:00Z/{open}&pageSize=60
SELECT started_at, distance_km FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-03-27' AND started_at < '2026-03-28';

--- trips: no beginning: all
--! asks /user/vehicles/{1}/trips?pageSize=60
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at < '2026-03-25';

--- alerts: a day early, and no end
--! asks /user/vehicles/{2}/alerts?timestamps=2026-03-24T12:00:00Z/{open}&pageSize=60
SELECT started_at, type FROM alerts WHERE vehicle_id = :'v2' AND started_at BETWEEN '2026-03-25 12:00' AND '2026-04-01';

--- alarms and collisions: both ends
--! asks /user/vehicles/{2}/alarms?timestamps=2026-03-24T23:59:59Z/2026-04-01T00:00:01Z&pageSize=60
--! asks /user/vehicles/{2}/collisions?timestamps=2026-03-24T23:59:59Z/2026-04-01T00:00:01Z&pageSize=60
SELECT created_at, kind FROM alarms WHERE vehicle_id = :'v2' AND created_at BETWEEN '2026-03-25' AND '2026-04-01';
SELECT created_at, sides FROM collisions WHERE vehicle_id = :'v2' AND created_at BETWEEN '2026-03-25' AND '2026-04-01';

--- telemetry around an instant
SELECT local.around('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}', 'recorded_at', 'at_telemetry') \gexec

--- trips around an instant
SELECT local.around('SELECT $${?}$$, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_trip') \gexec

--- alerts around an instant
SELECT local.around('SELECT $${?}$$, count(*), min(started_at), max(started_at) FROM alerts WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_alert') \gexec

--- alarms around an instant
SELECT local.around('SELECT $${?}$$, count(*), min(created_at), max(created_at) FROM alarms WHERE vehicle_id = {v2} AND {?}', 'created_at', 'at_alarm') \gexec

--- collisions around an instant
SELECT local.around('SELECT $${?}$$, count(*), min(created_at), max(created_at) FROM collisions WHERE vehicle_id = {v2} AND {?}', 'created_at', 'at_collision') \gexec

--- way points of a trip around an instant
SELECT local.around('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = {v1} AND trip_id = {trip} AND {?}', 'recorded_at', 'at_waypoint') \gexec

--- way points of a car around an instant
--! once
SELECT local.around('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = {v1} AND {?}', 'recorded_at', 'at_waypoint') \gexec

--- telemetry around an instant, as timestamp
SELECT local.around('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}', 'recorded_at', 'at_telemetry', 'timestamp') \gexec

--- trips around an instant, as timestamp
SELECT local.around('SELECT $${?}$$, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_trip', 'timestamp') \gexec

--- trips and alarms around the midnight before an instant
SELECT local.around('SELECT $${?}$$, count(*), min(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_trip', 'date') \gexec
SELECT local.around('SELECT $${?}$$, count(*), min(created_at) FROM alarms WHERE vehicle_id = {v2} AND {?}', 'created_at', 'at_alarm', 'date') \gexec

--- between, around an instant of telemetry
SELECT local.between('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}', 'recorded_at', 'at_telemetry') \gexec

--- between, around an instant of trips
SELECT local.between('SELECT $${?}$$, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_trip') \gexec

--- between, around an instant of alerts
SELECT local.between('SELECT $${?}$$, count(*), min(started_at), max(started_at) FROM alerts WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_alert') \gexec

--- between, around an instant of alarms and collisions
SELECT local.between('SELECT $${?}$$, count(*), min(created_at), max(created_at) FROM alarms WHERE vehicle_id = {v2} AND {?}', 'created_at', 'at_alarm') \gexec
SELECT local.between('SELECT $${?}$$, count(*), min(created_at), max(created_at) FROM collisions WHERE vehicle_id = {v2} AND {?}', 'created_at', 'at_collision') \gexec

--- the first and the last trip of all, at their very bounds
SELECT 1, id FROM trips WHERE vehicle_id = :'v1' AND started_at <= (SELECT min(started_at) FROM local.history WHERE vehicle_id = :'v1');
SELECT 2, count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at > (SELECT min(started_at) FROM local.history WHERE vehicle_id = :'v1');
SELECT 3, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-02 19:20:20' AND started_at <= '2026-04-02 19:20:20';
SELECT 4, count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at > '2026-04-02 19:20:20';

--- a trip that is ahead of the clock
SELECT started_at, distance_km, done FROM trips WHERE vehicle_id = :'v3' AND started_at > '2026-04-03 12:00';

--- the trip under way
SELECT started_at, stopped_at, done FROM trips WHERE vehicle_id = :'v2' AND started_at > '2026-04-03 11:00';

--- trips that began long before they came
SELECT id, started_at, created_at FROM trips WHERE created_at - stopped_at > interval '1 day' AND started_at >= '2026-03-20' AND started_at < '2026-04-01';

--- each late trip, by the minute in which it began
SELECT h.id, t.n, t.id = h.id FROM local.history AS h CROSS JOIN LATERAL (SELECT count(*) AS n, min(id) AS id FROM trips WHERE vehicle_id = h.vehicle_id
	AND started_at >= h.started_at AND started_at < h.started_at + interval '1 min') AS t
 WHERE h.created_at - h.stopped_at > interval '1 day';

--- around a late trip
SELECT local.between('SELECT $${?}$$, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}', 'started_at', 'at_late') \gexec

--- each alert that lasted, by the minute in which it began
SELECT h.id, a.n, a.id = h.id FROM near.alerts AS h CROSS JOIN LATERAL (SELECT count(*) AS n, min(id) AS id FROM alerts WHERE vehicle_id = h.vehicle_id
	AND started_at BETWEEN h.started_at AND h.started_at + interval '1 min') AS a
 WHERE h.ended_at IS NULL OR h.ended_at - h.started_at > interval '12 h';

--- late trips, by the day on which they came
SELECT id, started_at FROM trips WHERE created_at >= '2026-03-25' AND created_at < '2026-03-27';

--- a trip that lasts longer than a day, by a time within it
SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at <= '2026-03-26' AND stopped_at >= '2026-03-26';

--- trips without a start satisfy no comparison
SELECT 1, count(*) FROM trips WHERE vehicle_id = :'v2' AND (started_at < '2030-01-01' OR started_at >= '2030-01-01');
SELECT 2, id FROM trips WHERE vehicle_id = :'v2' AND started_at IS NULL;
SELECT 3, count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at IS NOT NULL;
SELECT 4, count(*) FROM trips WHERE vehicle_id = :'v2' AND NOT (started_at < '2026-03-25');
SELECT 5, id FROM trips WHERE vehicle_id = :'v2' AND (started_at >= '2026-04-02') IS UNKNOWN;
SELECT 6, count(*) FROM trips WHERE vehicle_id = :'v2' AND (started_at >= '2026-04-02') IS NOT TRUE;
SELECT 7, count(*) FROM trips WHERE vehicle_id = :'v2' AND coalesce(started_at, '2026-04-02') >= '2026-04-02';

--- a range, or no start
--! requests 1
SELECT id FROM trips WHERE vehicle_id = :'v2' AND (started_at >= '2026-04-02' OR started_at IS NULL);

--- OR of ranges
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-19T23:59:59Z/2026-03-21T00:00:01Z&timestamps=2026-03-27T23:59:59Z/2026-03-29T00:00:01Z&pageSize=2000
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at BETWEEN '2026-03-28' AND '2026-03-29' OR recorded_at BETWEEN '2026-03-20' AND '2026-03-21');

--- OR of ranges of all kinds
SELECT local.each('SELECT {n}, recorded_at FROM telemetry WHERE vehicle_id = {v1} AND ({?})',
	$$recorded_at < '2026-03-18 02:00' OR recorded_at > '2026-04-03 06:00'$$,
	$$recorded_at = {at_telemetry} OR recorded_at = '2026-03-18' OR recorded_at IN ('2026-03-29', NULL)$$,
	$$(recorded_at > '2026-03-20' AND recorded_at < '2026-03-20 06:00') OR (recorded_at > '2026-03-20 05:00' AND recorded_at <= '2026-03-20 12:00')$$,
	$$(recorded_at > '2026-03-25' AND recorded_at < '2026-03-24') OR recorded_at = {at_telemetry}$$,
	$$recorded_at > '2026-04-03' OR (recorded_at < '2026-03-20' AND odometer_km IS NULL AND false)$$,
	$$recorded_at > '2026-04-03' OR (recorded_at < '2026-03-19' AND recorded_at > '2026-03-18 20:00' AND latitude IS NOT NULL)$$,
	$$recorded_at < '2026-03-19' AND (recorded_at > '2026-03-18 12:00' OR recorded_at < '2026-03-18 02:00')$$,
	$$NOT (recorded_at < '2026-04-03' OR recorded_at > '2026-04-03 06:00')$$,
	$$NOT (recorded_at NOT BETWEEN '2026-04-03' AND '2026-04-03 06:00')$$,
	$$recorded_at BETWEEN SYMMETRIC '2026-04-03 06:00' AND '2026-04-03'$$,
	$$recorded_at >= '2026-04-03' AND recorded_at <> '2026-04-03'$$,
	$$recorded_at >= '2026-04-03' AND (speed_kmh > 0 OR recorded_at < '2026-04-03 03:00')$$,
	$$speed_kmh > 60 OR recorded_at > '2026-04-03 09:00'$$,
	$$CASE WHEN recorded_at > '2026-04-03' THEN true END$$) \gexec

--- a range that is empty, and one of a single instant
SELECT 1, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at > :'at_telemetry' AND recorded_at < :'at_telemetry';
SELECT 2, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= :'at_telemetry' AND recorded_at <= :'at_telemetry';
SELECT 3, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at BETWEEN '2026-04-01' AND '2026-03-31';
SELECT 4, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at > :'at_telemetry' AND recorded_at < timestamptz :'at_telemetry' + interval '2 us';
SELECT 5, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = :'at_telemetry' AND recorded_at = timestamptz :'at_telemetry' + interval '1 s';

--- several bounds: the narrowest
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at > '2026-03-20' AND recorded_at >= '2026-03-21' AND recorded_at < '2026-03-25'
	AND recorded_at <= '2026-03-22' AND recorded_at <> '2026-03-21';

--- IN and = ANY of instants
SELECT 1, id FROM trips WHERE vehicle_id = :'v2' AND started_at IN (:'at_trip', '2026-01-01', NULL);
SELECT 2, id FROM trips WHERE vehicle_id = :'v2' AND started_at = ANY (ARRAY[:'at_trip', NULL, :'at_trip']::timestamptz[]);
SELECT 3, recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY(SELECT at FROM local.instants WHERE what = 'telemetry'));
SELECT 4, id FROM collisions WHERE created_at = ANY (SELECT at FROM local.instants);
SELECT 5, id FROM alarms WHERE vehicle_id = :'v2' AND created_at IN (SELECT at FROM local.instants UNION SELECT :'at_alarm');
SELECT 6, count(*) FROM alarms WHERE created_at <> ALL (ARRAY(SELECT at FROM local.instants WHERE at IS NOT NULL));
SELECT 7, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY[date '2026-03-29', '2026-03-30', NULL]::timestamptz[]);
SELECT 8, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY[timestamp '2026-03-29']::timestamp[]);
SELECT 9, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY[date '2026-03-29']::date[]);
SELECT 10, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at > ANY (ARRAY['2026-04-01', '2026-03-30']::timestamptz[]);
SELECT 11, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at > ALL (ARRAY['2026-04-01', '2026-03-30']::timestamptz[]);

--- arrays of instants with infinities, empty, or of NULLs
SELECT 1, count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at = ANY (ARRAY['-infinity', :'at_trip', 'infinity']::timestamptz[]);
SELECT 2, count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at = ANY ('{infinity}'::timestamptz[]);
SELECT 3, count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at = ANY ('{}'::timestamptz[]);
SELECT 4, count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at = ANY ('{NULL}'::timestamptz[]);
SELECT 5, count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY['-infinity', :'at_telemetry']::timestamptz[]);

--- infinities, and times before Christ
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at >= '-infinity'$$, $$recorded_at > '-infinity'$$, $$recorded_at <= 'infinity'$$, $$recorded_at < 'infinity'$$, $$recorded_at = 'infinity'$$,
	$$recorded_at < '-infinity'$$, $$recorded_at > 'infinity'$$, $$recorded_at >= 'infinity'$$, $$recorded_at <= '-infinity'$$,
	$$recorded_at > '0044-03-15 BC' AND recorded_at < '2026-03-19'$$, $$recorded_at < '0044-03-15 BC'$$, $$recorded_at > '4713-01-01 00:00:00+00 BC'$$,
	$$recorded_at < '294276-12-31 23:59:59+00'$$, $$recorded_at > '294276-12-31 23:59:59.999999+00'$$, $$recorded_at < '9999-12-31' AND recorded_at >= '2026-04-03'$$,
	$$recorded_at < '99999-01-01'$$, $$recorded_at > date '-infinity' AND recorded_at < date '2026-03-19'$$, $$recorded_at < date 'infinity'$$, $$recorded_at > date 'infinity'$$,
	$$recorded_at < date '5874897-12-31'$$, $$recorded_at > date '4713-01-01 BC'$$, $$recorded_at > timestamp '-infinity'$$, $$recorded_at < timestamp 'infinity' AND recorded_at > timestamp '2026-04-03'$$,
	$$recorded_at > 'epoch'$$, $$recorded_at BETWEEN '-infinity' AND 'infinity'$$, $$recorded_at BETWEEN 'infinity' AND '-infinity'$$,
	$$recorded_at >= timestamp '294276-12-31 23:59:59.999999'$$, $$recorded_at <= timestamp '4713-01-01 00:00:00 BC'$$) \gexec
SELECT local.each('SELECT {n}, count(*), min(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$started_at >= '-infinity'$$, $$started_at > 'infinity'$$, $$started_at < 'infinity'$$, $$started_at > '0044-03-15 BC'$$, $$started_at > '4713-01-01 00:00:00+00 BC'$$, $$started_at < date 'infinity'$$, $$started_at > date '0001-01-01'$$,
	$$started_at = '-infinity'$$, $$started_at BETWEEN '-infinity' AND '2026-03-20'$$) \gexec

--- a bound that is no date
--! fails
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at > 'someday';
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at > '2026-02-30';

--- a bound that fails when it is computed
--! fails
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at > make_timestamptz(2026, 13, 1, 0, 0, 0);
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at > '2026-03-01'::timestamptz + make_interval(days => 1 / (length('') + 0));

--- fractions of a second
SELECT local.each('SELECT {n}, count(*), min(created_at), max(created_at) FROM alarms WHERE vehicle_id = {v2} AND {?}',
	$$created_at > timestamptz {at_alarm} - interval '0.5 s' AND created_at < timestamptz {at_alarm} + interval '0.5 s'$$,
	$$created_at >= timestamptz {at_alarm} + interval '0.000001 s'$$, $$created_at <= timestamptz {at_alarm} - interval '0.000001 s'$$,
	$$created_at >= timestamptz {at_alarm} - interval '0.999999 s' AND created_at <= timestamptz {at_alarm} + interval '0.999999 s'$$) \gexec

--- bounds that are computed
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$started_at >= timestamptz '2026-04-03' - interval '7 days'$$, $$started_at >= '2026-04-03'::date - 7$$, $$started_at >= date_trunc('month', timestamptz '2026-04-03 10:00')$$,
	$$started_at >= to_timestamp(1774915200)$$, $$started_at >= to_timestamp('2026-04-01', 'YYYY-MM-DD')$$, $$started_at >= to_date('01.04.2026', 'DD.MM.YYYY')$$,
	$$started_at >= make_date(2026, 4, 1)$$, $$started_at >= make_timestamptz(2026, 4, 1, 0, 0, 0)$$, $$started_at >= timestamp '2026-04-01 00:00' AT TIME ZONE 'Europe/Paris'$$,
	$$started_at >= timestamptz '2026-04-01 00:00+02' AT TIME ZONE 'UTC'$$, $$started_at >= greatest('2026-04-01', timestamptz '2026-03-01', NULL)$$,
	$$started_at >= (SELECT max(at) FROM local.instants WHERE what = 'trip' AND vehicle_id = {v1}) OR started_at < '2026-03-19'$$,
	$$started_at >= coalesce((SELECT at FROM local.instants WHERE what = 'never'), '2026-04-01')$$, $$started_at - interval '1 day' >= '2026-04-01'$$, $$started_at + interval '0' >= '2026-04-01'$$,
	$$started_at >= stopped_at - interval '20 min'$$, $$started_at >= created_at - interval '20 min'$$) \gexec

--- functions of the time column
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$started_at::date = '2026-03-29'$$, $$CAST(started_at AS date) BETWEEN '2026-03-28' AND '2026-03-29'$$, $$date_trunc('day', started_at) = '2026-03-29'$$,
	$$date_trunc('week', started_at, 'Europe/Paris') = '2026-03-30 00:00+02'$$, $$extract(hour FROM started_at) BETWEEN 6 AND 8$$, $$extract(dow FROM started_at) IN (0, 6)$$,
	$$to_char(started_at, 'YYYY-MM') = '2026-04'$$, $$date_part('epoch', started_at) > 1775000000$$, $$(started_at, stopped_at) OVERLAPS (timestamptz '2026-03-26', timestamptz '2026-03-27')$$,
	$$tstzrange(started_at, stopped_at) @> timestamptz '2026-03-26'$$, $$tstzrange('2026-03-29', '2026-03-30') @> started_at$$, $$started_at <@ tstzrange('2026-03-29', '2026-03-30', '[]')$$,
	$$age(timestamptz '2026-04-03', started_at) < interval '2 days'$$, $$isfinite(started_at) AND started_at > '2026-04-02'$$, $$started_at AT TIME ZONE 'Asia/Kolkata' > '2026-04-02 18:00'$$) \gexec

--- other time columns of trips
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}',
	$$stopped_at > '2026-04-01'$$, $$stopped_at <= '2026-03-20' AND started_at > '2026-03-18'$$, $$created_at >= '2026-03-30' AND started_at < '2026-03-30'$$, $$updated_at > created_at$$,
	$$updated_at = created_at AND started_at >= '2026-04-01'$$, $$stopped_at IS NULL$$, $$stopped_at - started_at > duration$$, $$created_at > stopped_at + interval '1 day'$$) \gexec

--- other time columns of alerts, alarms and collisions
SELECT local.each('SELECT {n}, count(*), min(started_at) FROM alerts WHERE {?}',
	$$ended_at IS NULL$$, $$ended_at > '2026-04-01'$$, $$ended_at - started_at > interval '10 h' AND started_at >= '2026-03-25'$$, $$created_at >= '2026-04-01'$$, $$updated_at < '2026-03-25'$$, $$active AND started_at < '2026-04-03'$$) \gexec
SELECT local.each('SELECT {n}, count(*), min(created_at) FROM alarms WHERE {?}',
	$$started_at IS NULL$$, $$started_at > '2026-04-01'$$, $$started_at < created_at$$, $$started_at IS NOT NULL AND created_at > '2026-03-25'$$) \gexec
SELECT local.each('SELECT {n}, count(*), min(created_at) FROM collisions WHERE {?}', $$updated_at > created_at$$, $$updated_at >= '2026-04-01'$$, $$created_at BETWEEN '2026-03-25' AND '2026-03-30'$$) \gexec

--- the times of status, around themselves
SELECT local.each('SELECT {n}, vin, {?} FROM status WHERE {?} <= ''2026-04-03 11:59:20'' AND {?} > ''2026-03-01''',
	'created_at', 'updated_at', 'ignition_at', 'powertrain_at', 'kinetic_at', 'odometer_at', 'electric_at', 'fuel_at', 'battery_12v_at', 'doors_at', 'safety_at', 'preconditioning_at', 'environment_at', 'alarm_activation_at', 'alarm_trigger_at', 'privacy_at', 'position_at') \gexec

--- the times of positions and maintenance
SELECT vin, recorded_at FROM positions WHERE recorded_at >= '2026-04-03 11:59:30' OR recorded_at < '2026-04-03';
SELECT vin, updated_at FROM maintenance WHERE updated_at > '2026-03-01' AND created_at < '2026-04-03 12:00';

--- under Paris time, over the change of clocks
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v4} AND {?}',
	$$recorded_at >= '2026-03-29' AND recorded_at < '2026-03-30'$$, $$recorded_at >= date '2026-03-29' AND recorded_at < date '2026-03-30'$$,
	$$recorded_at >= timestamp '2026-03-29 01:59:59' AND recorded_at <= timestamp '2026-03-29 03:00:00'$$, $$recorded_at > timestamp '2026-03-29 02:30' AND recorded_at < timestamp '2026-03-29 06:00'$$,
	$$recorded_at >= '2026-03-29 02:30' AND recorded_at < '2026-03-29 05:00'$$, $$recorded_at >= '2026-03-28 02:30'::timestamptz + interval '1 day' AND recorded_at < '2026-03-30'$$,
	$$recorded_at BETWEEN timestamp '2026-03-29 02:00' AND timestamp '2026-03-29 03:00'$$, $$recorded_at = timestamp '2026-03-29 02:00'$$, $$recorded_at::date = '2026-03-29'$$,
	$$recorded_at >= date '2026-03-28' + interval '1 day' AND recorded_at < date '2026-03-29' + 1$$, $$date_trunc('day', recorded_at) = '2026-03-29'$$,
	$$recorded_at >= date_trunc('day', timestamptz '2026-03-29 12:00') AND recorded_at < date_trunc('day', timestamptz '2026-03-29 12:00') + interval '1 day'$$) \gexec
SELECT date_trunc('day', started_at), count(*), min(started_at), max(stopped_at) FROM trips WHERE vehicle_id = :'v6' AND started_at >= '2026-03-28'
	AND started_at < '2026-03-31' GROUP BY 1;

--- trips and alarms under Paris time, over the change of clocks
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v4} AND {?}',
	$$started_at >= '2026-03-29' AND started_at < '2026-03-30'$$, $$started_at >= date '2026-03-29' AND started_at < date '2026-03-30'$$, $$started_at >= timestamp '2026-03-29 02:30'$$, $$started_at >= timestamp '2026-03-29 03:30'$$) \gexec
SELECT local.each('SELECT {n}, count(*), min(created_at), max(created_at) FROM alarms WHERE vehicle_id = {v4} AND {?}',
	$$created_at >= '2026-03-29' AND created_at < '2026-03-30'$$, $$created_at >= date '2026-03-29' AND created_at < date '2026-03-31'$$, $$created_at BETWEEN timestamp '2026-03-25 02:30' AND timestamp '2026-03-30 02:30'$$) \gexec

--- under St. John's time, half an hour off
SET TimeZone = 'America/St_Johns';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at >= date '2026-03-29' AND recorded_at < date '2026-03-30'$$, $$recorded_at >= timestamp '2026-03-29 21:30' AND recorded_at <= timestamp '2026-03-30 00:00'$$, $$recorded_at > '2026-04-02 21:30'$$, $$recorded_at = '2026-03-28 21:30'$$) \gexec
SELECT local.around('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}', 'recorded_at', 'at_telemetry', 'timestamp') \gexec
SELECT local.around('SELECT $${?}$$, count(*), min(created_at) FROM collisions WHERE vehicle_id = {v2} AND {?}', 'created_at', 'at_collision', 'date') \gexec

--- under Kolkata time, a day that begins the evening before
SET TimeZone = 'Asia/Kolkata';
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}',
	$$started_at >= date '2026-03-29' AND started_at < date '2026-03-30'$$, $$started_at::date = '2026-03-29'$$, $$started_at >= timestamp '2026-03-29 05:30'$$, $$started_at < '2026-03-19 05:30'$$, $$started_at = (timestamptz {at_trip})::timestamp$$) \gexec
SELECT local.around('SELECT $${?}$$, count(*), min(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}', 'started_at', 'at_trip', 'date') \gexec

--- under zones of odd kinds
SELECT set_config('TimeZone', z, false), 1 FROM (VALUES ('Pacific/Chatham')) AS t (z);
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-01' AND recorded_at < timestamp '2026-04-01 12:00';
SET TIME ZONE INTERVAL '-07:45' HOUR TO MINUTE;
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-01' AND recorded_at < timestamp '2026-04-01 12:00';
SET TimeZone = '<+0230>-02:30';
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-01' AND recorded_at < timestamp '2026-04-01 12:00';
SET TimeZone = 'Pacific/Kiritimati';
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at >= date '2026-04-01' AND started_at < timestamp '2026-04-01 12:00';

--- a zone that changes between statements of a transaction
BEGIN;
SET LOCAL TimeZone = 'Asia/Kolkata';
SELECT 1, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-02';
SET LOCAL TimeZone = 'America/St_Johns';
SELECT 2, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-02';
SAVEPOINT s;
SET LOCAL TimeZone = 'Pacific/Honolulu';
SELECT 3, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-02';
ROLLBACK TO s;
SELECT 4, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= date '2026-04-02';
COMMIT;

--- a zone that changes between executions of a generic plan
SET plan_cache_mode = force_generic_plan;
PREPARE since (date) AS SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at >= $1;
EXECUTE since ('2026-04-02');
SET TimeZone = 'Asia/Kolkata';
EXECUTE since ('2026-04-02');
SET TimeZone = 'America/Los_Angeles';
EXECUTE since ('2026-04-02');

--- by the clock: now() less an interval
--! now
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at >= now() - interval :'ago';
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= now() - interval :'ago' AND recorded_at < now();
SELECT count(*), min(created_at) FROM alarms WHERE created_at >= current_timestamp - interval :'ago';
SELECT count(*), min(started_at) FROM alerts WHERE started_at > localtimestamp - interval :'ago' AND started_at < statement_timestamp();

--- by the clock: days
--! now
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at >= current_date - :days;
SELECT count(*), min(created_at) FROM alarms WHERE created_at >= current_date - :days AND created_at < current_date - :days + 3;
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at >= date_trunc('day', now() - interval :'ago');
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= 'today'::date - :days;

--- a volatile bound is not sent, and right
--! now
--! asks /user/vehicles/{2}/alarms?pageSize=60
--! asks /user/vehicles/{2}/alarms?pageSize=60
SELECT count(*), min(created_at) FROM alarms WHERE vehicle_id = :'v2' AND created_at >= clock_timestamp() - interval :'ago';
SELECT count(*), min(created_at) FROM alarms WHERE vehicle_id = :'v2' AND created_at >= timestamptz '2026-03-26' + interval '1 us' * (random() * 0);

--- the instants of a local table as bounds
SELECT i.at, count(t.recorded_at), min(t.recorded_at) FROM local.instants AS i
  LEFT JOIN LATERAL (SELECT recorded_at FROM telemetry AS t WHERE t.vehicle_id = i.vehicle_id AND t.recorded_at BETWEEN i.at AND i.at + interval '6 h') AS t ON true
 GROUP BY i.what, i.vehicle_id, i.at;

--- equality with the instants of a local table
SELECT i.what, i.at, x.* FROM local.instants AS i
 CROSS JOIN LATERAL (SELECT 'trip', t.id FROM trips AS t WHERE t.vehicle_id = i.vehicle_id AND t.started_at = i.at
					 UNION ALL SELECT 'alarm', a.id FROM alarms AS a WHERE a.vehicle_id = i.vehicle_id AND a.created_at = i.at
					 UNION ALL SELECT 'alert', a.id FROM alerts AS a WHERE a.vehicle_id = i.vehicle_id AND a.started_at = i.at
					 UNION ALL SELECT 'collision', c.id FROM collisions AS c WHERE c.vehicle_id = i.vehicle_id AND c.created_at = i.at) AS x;

--- a month without anything
SELECT 'none', count(*) FROM telemetry WHERE recorded_at >= '2026-05-01' AND recorded_at < '2026-06-01';
SELECT 'none', count(*) FROM trips WHERE started_at >= '2026-05-01';
SELECT 'none', count(*) FROM alarms WHERE created_at < '2020-01-01';
SELECT 'none', count(*) FROM alerts WHERE started_at BETWEEN '2020-01-01' AND '2020-12-31';
SELECT 'none', count(*) FROM collisions WHERE created_at BETWEEN '2020-01-01' AND '2020-12-31';

--- every table of every car, in a window
SELECT 'telemetry', vin, count(*) FROM telemetry WHERE recorded_at >= '2026-03-28' AND recorded_at < '2026-03-30' GROUP BY vin;
SELECT 'trips', vin, count(*), count(stopped_at) FROM trips WHERE started_at >= '2026-03-28' AND started_at < '2026-03-30' GROUP BY vin;
SELECT 'alerts', vin, count(*), count(ended_at) FROM alerts WHERE started_at >= '2026-03-28' AND started_at < '2026-03-30' GROUP BY vin;
SELECT 'alarms', vin, count(*) FROM alarms WHERE created_at >= '2026-03-28' AND created_at < '2026-03-30' GROUP BY vin;
SELECT 'collisions', vin, count(*) FROM collisions WHERE created_at >= '2026-03-28' AND created_at < '2026-03-30' GROUP BY vin;
