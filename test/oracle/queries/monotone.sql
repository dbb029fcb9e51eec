-- Conditions on what grows with the time column: days, truncated times, local
-- times, fields, times that are shifted.  Under several time zones, over the change
-- of clocks (that of spring; that of autumn is in autumn/).
--! pairs

--- a day of trips
--! asks /user/vehicles/{1}/trips?timestamps=2026-03-28T00:00:00Z/{open}&pageSize=60
SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' AND started_at::date = '2026-03-29';

--- a day of telemetry
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-28T23:59:59Z/2026-03-30T00:00:01Z&pageSize=2000
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at::date = '2026-03-29';

--- a day of alerts, alarms and collisions
SELECT id FROM alerts WHERE started_at::date = '2026-03-30';
SELECT id FROM alarms WHERE created_at::date = '2026-03-30';
SELECT id FROM collisions WHERE created_at::date = '2026-03-30';

--- a day of way points
SELECT count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND recorded_at::date = '2026-03-26';

--- days by all operators
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND recorded_at::date {?}',
	$$< '2026-03-20'$$, $$<= '2026-03-20'$$, $$= '2026-03-20'$$, $$>= '2026-04-01'$$, $$> '2026-04-01'$$,
	$$<> '2026-03-20'$$, $$BETWEEN '2026-03-20' AND '2026-03-22'$$, $$BETWEEN '2026-03-22' AND '2026-03-20'$$,
	$$NOT BETWEEN '2026-03-19' AND '2026-04-02'$$, $$IN ('2026-03-20', '2026-04-01', NULL)$$, $$= ANY ('{2026-03-20,2026-03-22}'::date[])$$,
	$$NOT IN ('2026-03-20', '2026-04-01')$$, $$IS NOT NULL$$, $$IS NULL$$, $$IS DISTINCT FROM '2026-03-20'$$, $$= NULL$$) \gexec

--- days of trips by all operators
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND started_at::date {?}',
	$$< '2026-03-20'$$, $$<= '2026-03-20'$$, $$= '2026-03-20'$$, $$>= '2026-04-01'$$, $$> '2026-04-01'$$,
	$$<> '2026-03-20'$$, $$BETWEEN '2026-03-20' AND '2026-03-22'$$, $$IN ('2026-03-20', '2026-04-01', NULL)$$, $$IS NOT NULL$$, $$IS NULL$$) \gexec

--- days, the other way round, CAST, date()
SELECT local.each('SELECT {n}, count(*), min(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}', $$date '2026-03-29' = started_at::date$$,
	$$'2026-03-29' <= CAST(started_at AS date)$$, $$date(started_at) = '2026-03-29'$$, $$date(started_at) > date '2026-04-01'$$,
	$$'2026-03-19' > started_at::date$$, $$CAST(started_at AS date) BETWEEN SYMMETRIC '2026-03-30' AND '2026-03-29'$$) \gexec

--- days compared with timestamps
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND recorded_at::date {?}',
	$$< timestamp '2026-03-20 12:00'$$, $$>= timestamp '2026-04-01 00:00'$$, $$> timestamp '2026-04-01 00:00'$$, $$= timestamp '2026-03-20'$$,
	$$= timestamp '2026-03-20 00:00:01'$$,
	$$<= timestamptz '2026-03-20 12:00+00'$$, $$> timestamptz '2026-04-01 00:00+02'$$, $$>= '2026-04-01'::date + interval '1 day'$$, $$> '2026-04-01'::date + 1$$) \gexec

--- days that are infinite, or far away
SELECT local.each('SELECT {n}, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND recorded_at::date {?}', $$< 'infinity'$$,
	$$> '-infinity'$$, $$= 'infinity'$$, $$> 'infinity'$$, $$<= '-infinity'$$, $$> '4713-01-01 BC'$$, $$< '5874897-12-31'$$, $$> '0044-03-15 BC'$$,
	$$= '294276-12-31'$$, $$< '294277-01-01'$$) \gexec

--- days in Paris
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND recorded_at::date {?}',
	$$= '2026-03-28'$$, $$= '2026-03-29'$$, $$= '2026-03-30'$$, $$< '2026-03-29'$$, $$<= '2026-03-29'$$, $$> '2026-03-29'$$, $$>= '2026-03-29'$$,
	$$BETWEEN '2026-03-28' AND '2026-03-29'$$) \gexec

--- days in Kolkata, St. John's, Honolulu, Kiritimati, Chatham
SET TimeZone = 'Asia/Kolkata';
SELECT 1, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = :'v2' AND started_at::date = '2026-03-25';
SET TimeZone = 'America/St_Johns';
SELECT 2, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v2' AND recorded_at::date = '2026-03-25';
SET TimeZone = 'Pacific/Honolulu';
SELECT 3, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = :'v2' AND started_at::date > '2026-04-01';
SET TimeZone = 'Pacific/Kiritimati';
SELECT 4, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = :'v2' AND started_at::date <= '2026-03-20';
SET TimeZone = 'Pacific/Chatham';
SELECT 5, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v2' AND recorded_at::date IN ('2026-03-25', '2026-04-03');

--- a year: without time zones' bounds near
SELECT count(*), min(started_at) FROM trips WHERE extract(year FROM started_at) = 2026 AND vehicle_id = :'v1';
SELECT 'none', count(*) FROM trips WHERE extract(year FROM started_at) = 2025 AND vehicle_id = :'v1';
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND extract(year FROM started_at) > 2025 AND extract(month FROM started_at) = 3;

--- fields of the time: years
SELECT local.each('SELECT {n}, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}', $$extract(year FROM recorded_at) = 2026$$,
	$$extract(year FROM recorded_at) >= 2026$$, $$extract(year FROM recorded_at) < 2026$$, $$extract(year FROM recorded_at) > 2025.5$$,
	$$extract(year FROM recorded_at) = 2026.5$$,
	$$extract(year FROM recorded_at) IN (2024, 2026)$$, $$extract(year FROM recorded_at) = ANY ('{2025,2026}')$$,
	$$extract(year FROM recorded_at) BETWEEN 2025 AND 2027$$, $$date_part('year', recorded_at) = 2026$$, $$date_part('year', recorded_at) > 2025.9$$,
	$$2026 = extract(year FROM recorded_at)$$,
	$$extract(year FROM recorded_at) < 1000000$$, $$extract(year FROM recorded_at) > -5000$$, $$extract(year FROM recorded_at) <> 2026$$,
	$$extract(year FROM recorded_at) = 'NaN'$$, $$extract(year FROM recorded_at) < 'infinity'$$, $$extract(year FROM recorded_at) > '-infinity'$$,
	$$date_part('year', recorded_at) < 'NaN'$$, $$extract(year FROM recorded_at) = NULL$$,
	$$extract(isoyear FROM recorded_at) = 2026$$, $$extract(century FROM recorded_at) = 21$$, $$extract(decade FROM recorded_at) = 202$$,
	$$extract(millennium FROM recorded_at) = 3$$) \gexec

--- fields of the time: epochs
SELECT extract(epoch FROM timestamptz :'at_telemetry') AS epoch \gset
SELECT local.each(replace('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}', '{e}', :'epoch'),
	VARIADIC ARRAY(SELECT replace(c, '{e}', :'epoch') FROM unnest(ARRAY[
	$$extract(epoch FROM recorded_at) = {e}$$, $$extract(epoch FROM recorded_at) < {e}$$, $$extract(epoch FROM recorded_at) <= {e}$$,
	$$extract(epoch FROM recorded_at) > {e}$$, $$extract(epoch FROM recorded_at) >= {e} + 0.5$$,
	$$extract(epoch FROM recorded_at) BETWEEN {e} - 0.000001 AND {e} + 0.000001$$,
	$$date_part('epoch', recorded_at) = {e}$$, $$date_part('epoch', recorded_at) > {e}$$, $$date_part('epoch', recorded_at) <= {e}::float8 + 1e-7$$,
	$$date_part('epoch', recorded_at) >= {e}::float8 - 1e-7$$, $$extract(epoch FROM recorded_at) IN ({e}, 0, NULL)$$, $$extract(epoch FROM recorded_at) > -1e30$$,
	$$extract(epoch FROM recorded_at) < 'NaN'$$, $$date_part('epoch', recorded_at) < 'infinity'$$, $$extract(epoch FROM recorded_at) > '-infinity'$$,
	$$extract(epoch FROM recorded_at)::bigint = {e}::bigint$$, $$round(extract(epoch FROM recorded_at)) = {e}$$,
	$$extract(epoch FROM recorded_at) = '{e}'::numeric(30, 10)$$]) AS u (c))) \gexec

--- fields of the time: epochs of trips
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v2} AND {?}',
	$$extract(epoch FROM started_at) >= 1775000000$$, $$date_part('epoch', started_at) BETWEEN 1774000000 AND 1775000000$$,
	$$extract(epoch FROM started_at) = extract(epoch FROM timestamptz {at_trip})$$, $$extract(epoch FROM started_at) / 1000 > 1775000$$,
	$$extract(epoch FROM started_at) * 1000 >= 1775000000000$$, $$extract(epoch FROM started_at) IS NULL$$) \gexec

--- fields of the time: what does not grow with it
SELECT local.each('SELECT {n}, count(*), min(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}', $$extract(month FROM started_at) = 4$$,
	$$extract(month FROM started_at) >= 4$$, $$extract(month FROM started_at) < 4$$, $$extract(day FROM started_at) = 1$$,
	$$extract(day FROM started_at) > 28$$, $$extract(hour FROM started_at) < 9$$,
	$$extract(quarter FROM started_at) = 2$$, $$extract(week FROM started_at) = 13$$, $$extract(isodow FROM started_at) = 7$$,
	$$extract(doy FROM started_at) > 90$$, $$extract(minute FROM started_at) = 20$$, $$extract(timezone FROM started_at) = 0$$,
	$$extract(julian FROM started_at) > 2461130$$,
	$$extract(year FROM started_at) = 2026 AND extract(month FROM started_at) = 4 AND extract(day FROM started_at) BETWEEN 1 AND 2$$,
	$$extract(month FROM started_at) = 3 OR extract(year FROM started_at) < 2026$$) \gexec

--- fields of the time, by zone
SELECT set_config('TimeZone', z, false) = z, 1 FROM (VALUES ('Pacific/Kiritimati')) AS t (z);
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND extract(year FROM started_at) = 2026 AND extract(month FROM started_at) = 4;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND extract(year FROM started_at AT TIME ZONE 'America/New_York') = 2026;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND extract(epoch FROM started_at AT TIME ZONE 'America/New_York') > 1775000000;

--- truncated times: every unit
SELECT local.each('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND date_trunc(''{?}'', recorded_at) = date_trunc(''{?}'', timestamptz {at_telemetry})',
	'microseconds', 'milliseconds', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'decade', 'century', 'millennium', 'HOUR', 'days', 'yr') \gexec

--- truncated times: every unit, at least
SELECT local.each('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND date_trunc(''{?}'', recorded_at) >= timestamptz {at_telemetry}',
	'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year') \gexec

--- truncated times: every unit, at most
SELECT local.each('SELECT $${?}$$, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND date_trunc(''{?}'', recorded_at) <= timestamptz {at_telemetry}',
	'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year') \gexec

--- truncated times: days by all operators
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND date_trunc(''day'', recorded_at) {?}',
	$$< '2026-03-20'$$, $$<= '2026-03-20'$$, $$= '2026-03-20'$$, $$>= '2026-04-01'$$, $$> '2026-04-01'$$, $$< '2026-03-20 12:00'$$, $$<= '2026-03-20 12:00'$$,
	$$= '2026-03-20 12:00'$$, $$>= '2026-04-01 12:00'$$, $$> '2026-04-01 12:00'$$, $$> '2026-03-31 23:59:59.999999'$$,
	$$< '2026-03-20 00:00:00.000001'$$, $$IN ('2026-03-20', '2026-03-21 12:00', NULL)$$, $$BETWEEN '2026-03-20' AND '2026-03-21'$$, $$<> '2026-03-20'$$,
	$$IS NOT NULL$$, $$= date '2026-03-20'$$, $$< timestamp '2026-03-20 12:00'$$) \gexec

--- truncated times: months and weeks of trips
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$date_trunc('month', started_at) = '2026-04-01'$$, $$date_trunc('month', started_at) = '2026-04-02'$$,
	$$date_trunc('month', started_at) >= '2026-03-02'$$, $$date_trunc('month', started_at) < '2026-04-01'$$, $$date_trunc('week', started_at) = '2026-03-23'$$,
	$$date_trunc('week', started_at) > '2026-03-23'$$, $$date_trunc('week', started_at) BETWEEN '2026-03-24' AND '2026-03-30'$$,
	$$date_trunc('month', started_at) IN ('2026-03-01', '2026-04-01')$$, $$date_trunc('quarter', started_at) = '2026-04-01'$$,
	$$date_trunc('year', started_at) = '2026-01-01'$$) \gexec

--- truncated times: alerts, alarms and collisions
SELECT id FROM alerts WHERE date_trunc('day', started_at) = '2026-03-30';
SELECT id FROM alarms WHERE date_trunc('week', created_at) = '2026-03-30';
SELECT id FROM collisions WHERE date_trunc('month', created_at) = '2026-04-01';

--- truncated times in Paris: hours of the change of clocks
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$date_trunc('hour', recorded_at) = '2026-03-29 01:00'$$, $$date_trunc('hour', recorded_at) = '2026-03-29 03:00'$$,
	$$date_trunc('hour', recorded_at) <= '2026-03-29 03:00'$$, $$date_trunc('hour', recorded_at) > '2026-03-29 01:00'$$,
	$$date_trunc('day', recorded_at) = '2026-03-29'$$, $$date_trunc('day', recorded_at) = '2026-03-29 00:00+01'$$,
	$$date_trunc('day', recorded_at) = '2026-03-29 00:00+02'$$, $$date_trunc('day', recorded_at) > '2026-03-28'$$,
	$$date_trunc('week', recorded_at) = '2026-03-23'$$, $$date_trunc('month', recorded_at) = '2026-03-01'$$, $$date_trunc('month', recorded_at) >= '2026-04-01'$$) \gexec

--- truncated times with a zone
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$date_trunc('day', recorded_at, 'Europe/Paris') = '2026-03-29 00:00+01'$$,
	$$date_trunc('day', recorded_at, 'Europe/Paris') = '2026-03-30 00:00+02'$$, $$date_trunc('day', recorded_at, 'Europe/Paris') = '2026-03-29 00:00+00'$$,
	$$date_trunc('day', recorded_at, 'Asia/Kolkata') >= '2026-04-01 00:00+05:30'$$,
	$$date_trunc('day', recorded_at, 'Asia/Kolkata') > '2026-04-01 00:00+05:30'$$,
	$$date_trunc('month', recorded_at, 'America/New_York') = '2026-04-01 00:00-04'$$, $$date_trunc('week', recorded_at, 'Pacific/Chatham') < '2026-03-30 00:00+13:45'$$,
	$$date_trunc('hour', recorded_at, 'Asia/Kolkata') = '2026-03-29 12:30+00'$$, $$date_trunc('hour', recorded_at, 'Asia/Kolkata') <= '2026-03-19'$$,
	$$date_trunc('year', recorded_at, 'UTC') = '2026-01-01'$$, $$date_trunc('day', recorded_at, '+03') = '2026-03-29 00:00-03'$$,
	$$date_trunc('day', recorded_at, 'EST') = '2026-03-29 00:00-05'$$) \gexec

--- truncated times with a zone, of trips
--! asks /user/vehicles/{1}/trips?timestamps=2026-03-27T23:00:00Z/{open}&pageSize=60
--! asks /user/vehicles/{1}/trips?timestamps=2026-03-30T10:00:00Z/{open}&pageSize=60
SELECT id FROM trips WHERE vehicle_id = :'v1' AND date_trunc('day', started_at, 'Europe/Paris') = '2026-03-29 00:00+01';
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND date_trunc('month', started_at, 'Pacific/Kiritimati') = '2026-04-01 00:00+14';

--- truncated times with a unit or a zone that there is not
--! fails
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v1' AND date_trunc('fortnight', recorded_at) = '2026-03-29';
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v1' AND date_trunc('day', recorded_at, 'Europe/Nowhere') = '2026-03-29';

--- local times: truncated, and shifted
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at AT TIME ZONE 'Europe/Paris' >= '2026-03-29 02:30'$$, $$recorded_at AT TIME ZONE 'Europe/Paris' < '2026-03-29 02:30'$$,
	$$recorded_at AT TIME ZONE 'Europe/Paris' < '2026-03-29 03:00'$$,
	$$recorded_at AT TIME ZONE 'Europe/Paris' >= '2026-03-29 03:00'$$,
	$$recorded_at AT TIME ZONE 'Europe/Paris' BETWEEN '2026-03-29 02:00' AND '2026-03-29 03:00'$$,
	$$recorded_at AT TIME ZONE 'Europe/Paris' = '2026-03-29 02:30'$$, $$(recorded_at AT TIME ZONE 'Europe/Paris')::date = '2026-03-29'$$,
	$$(recorded_at AT TIME ZONE 'Europe/Paris')::date > '2026-03-29'$$,
	$$date_trunc('day', recorded_at AT TIME ZONE 'Europe/Paris') = '2026-03-29'$$,
	$$date_trunc('month', recorded_at AT TIME ZONE 'America/New_York') = '2026-04-01'$$,
	$$extract(year FROM recorded_at AT TIME ZONE 'Asia/Tokyo') = 2026$$, $$recorded_at AT TIME ZONE 'UTC' > '2026-04-02 12:00'$$,
	$$recorded_at AT TIME ZONE 'UTC' > date '2026-04-02'$$) \gexec

--- local times of trips
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$started_at AT TIME ZONE 'Europe/Paris' >= '2026-04-01'$$, $$started_at AT TIME ZONE 'Asia/Kolkata' < '2026-03-19'$$,
	$$(started_at AT TIME ZONE 'America/Los_Angeles')::date = '2026-03-30'$$, $$date_trunc('week', started_at AT TIME ZONE 'Europe/Paris') = '2026-03-30'$$,
	$$started_at AT TIME ZONE 'Europe/Paris' IN ('2026-04-01', '2026-04-02 08:20:00')$$, $$timezone('Europe/Paris', started_at) >= '2026-04-01'$$,
	$$started_at AT TIME ZONE 'Europe/Paris' >= timestamp 'infinity'$$, $$started_at AT TIME ZONE 'Europe/Paris' < timestamp 'infinity'$$,
	$$started_at AT TIME ZONE NULL > '2026-04-01'$$) \gexec

--- local times by intervals and abbreviations
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at AT TIME ZONE interval '-05:00' >= '2026-04-01'$$, $$recorded_at AT TIME ZONE interval '05:30' < '2026-03-19'$$,
	$$recorded_at AT TIME ZONE 'CET' >= '2026-04-01'$$, $$recorded_at AT TIME ZONE 'PST' < '2026-03-19'$$, $$recorded_at AT TIME ZONE '<+0230>-02:30' >= '2026-04-01'$$,
	$$(recorded_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' >= '2026-04-01'$$,
	$$(recorded_at AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Paris' >= '2026-04-01'$$,
	$$(recorded_at AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'Europe/Paris' < '2026-03-29 02:00+00'$$) \gexec

--- a cast to timestamp
SET TimeZone = 'America/New_York';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at::timestamp >= '2026-04-01'$$, $$recorded_at::timestamp < '2026-03-19'$$,
	$$recorded_at::timestamp = (timestamptz {at_telemetry})::timestamp$$, $$recorded_at::timestamp::date = '2026-03-29'$$,
	$$recorded_at::timestamp(0) >= '2026-04-01'$$, $$recorded_at::timestamptz(0) >= '2026-04-01'$$,
	$$recorded_at::timestamptz(3) = {at_telemetry}$$, $$recorded_at::text > '2026-04-01'$$, $$to_char(recorded_at, 'YYYY-MM-DD') = '2026-04-01'$$,
	$$recorded_at::time < '06:00'$$) \gexec

--- times shifted by a fixed interval
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at + interval '1 h' > '2026-04-02'$$, $$recorded_at - interval '1 h' >= '2026-04-02'$$,
	$$recorded_at + interval '90 min' < '2026-03-19'$$, $$recorded_at + interval '-1 us' <= {at_telemetry}$$, $$recorded_at + interval '0' = {at_telemetry}$$,
	$$recorded_at - interval '1 us' = timestamptz {at_telemetry} - interval '1 us'$$, $$interval '2 h' + recorded_at >= '2026-04-02'$$,
	$$recorded_at + interval '100 years' > '2126-04-02'$$, $$recorded_at + interval '1 h' - interval '1 h' > '2026-04-02'$$,
	$$recorded_at - interval '1 h' BETWEEN '2026-03-29' AND '2026-03-30'$$, $$recorded_at + NULL::interval > '2026-04-02'$$,
	$$recorded_at + interval '1 h' IN ('2026-03-18 01:00', '2026-03-19')$$) \gexec

--- times shifted by days and months, over the change of clocks
SET TimeZone = 'Europe/Paris';
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at + interval '1 day' > '2026-03-29 02:30'$$, $$recorded_at + interval '1 day' <= '2026-03-29 03:30'$$,
	$$recorded_at + interval '1 day' BETWEEN '2026-03-29 00:00' AND '2026-03-29 04:00'$$, $$recorded_at - interval '1 day' < '2026-03-29 02:30'$$,
	$$recorded_at - interval '1 day' >= '2026-03-29 03:00'$$,
	$$recorded_at + interval '1 mon' >= '2026-04-30'$$, $$recorded_at + interval '1 mon' < '2026-04-30'$$,
	$$recorded_at - interval '1 mon' > '2026-02-28'$$, $$recorded_at - interval '1 mon' <= '2026-02-28 12:00'$$,
	$$recorded_at - interval '1 mon' = '2026-02-28'$$, $$recorded_at + interval '1 year 2 mons -3 days 4 h' > '2027-05-30'$$,
	$$recorded_at + interval '1 day -24 h' >= '2026-03-29 03:00'$$) \gexec

--- times of trips, shifted
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$started_at + interval '1 h' > '2026-04-02'$$, $$started_at - interval '7 days' >= '2026-03-25'$$, $$started_at + interval '1 mon' < '2026-04-20'$$,
	$$started_at + duration > '2026-04-02'$$, $$started_at - stopped_at < interval '-1 h'$$, $$(started_at + interval '1 day')::date = '2026-03-30'$$,
	$$date_trunc('day', started_at + interval '6 h') = '2026-03-30'$$, $$started_at + interval '1 h' IS NULL$$, $$started_at + interval '1 h' > stopped_at$$) \gexec

--- distances from a time
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$timestamptz '2026-04-03' - recorded_at < interval '2 days'$$, $$timestamptz '2026-04-03' - recorded_at >= interval '14 days 12 h'$$,
	$$timestamptz '2026-04-03' - recorded_at = interval '1 mon -15 days'$$, $$recorded_at - timestamptz '2026-03-18' > interval '14 days'$$,
	$$recorded_at - timestamptz '2026-03-18' <= interval '1 day -1 us'$$, $$recorded_at - {at_telemetry} = interval '0'$$,
	$$timestamptz {at_telemetry} - recorded_at BETWEEN interval '-1 us' AND interval '1 us'$$, $$recorded_at::date - date '2026-03-18' = 3$$,
	$$date '2026-04-03' - recorded_at::date <= 2$$, $$date '2026-04-03' - recorded_at::date > 14$$, $$recorded_at::date - 3 = '2026-03-18'$$,
	$$recorded_at::date + 1 > '2026-04-02'$$, $$NOT (timestamptz '2026-04-03' - recorded_at > interval '1 day')$$,
	$$timestamp '2026-04-03' - recorded_at::timestamp < interval '1 day'$$) \gexec

--- distances from a time, of trips, in an order
--! ordered
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND timestamptz '2026-04-03' - started_at < interval '5 days' ORDER BY started_at LIMIT 3;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND timestamptz '2026-04-03' - started_at > interval '5 days' ORDER BY started_at LIMIT 3;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at - timestamptz '2026-03-18' > interval '5 days' ORDER BY started_at LIMIT 3;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND timestamptz '2026-04-03' - started_at > interval '5 days' ORDER BY started_at DESC LIMIT 3;

--- times shifted beyond everything
SELECT local.each('SELECT {n}, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND {?}',
	$$recorded_at + interval '1 h' > '-infinity'$$, $$recorded_at + interval '1 h' < 'infinity'$$,
	$$recorded_at + interval '1 h' > '294276-12-31 23:59:59.999999+00'$$, $$recorded_at - interval '1 h' < '294276-12-31 23:59:59.999999+00'$$,
	$$recorded_at + interval '6000 years' > '4713-01-01 00:00:00+00 BC'$$,
	$$recorded_at - interval '6000 years' < '4713-01-02 00:00:00+00 BC'$$, $$recorded_at - interval '6000 years' > '4713-01-02 00:00:00+00 BC'$$,
	$$recorded_at + interval '290000 years' < 'infinity'$$) \gexec

--- times shifted out of range
--! fails
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at + interval '300000 years' > '2026-04-01';
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at - interval '7000 years' > '2026-04-01';

--- OR of days
--! asks /user/vehicles/{1}/telemetry?timestamps=2026-03-19T23:59:59Z/2026-03-21T00:00:01Z&timestamps=2026-03-31T23:59:59Z/2026-04-02T00:00:01Z&pageSize=2000
--! asks /user/vehicles/{2}/trips?timestamps=2026-03-19T00:00:00Z/{open}&pageSize=60
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND (recorded_at::date = '2026-03-20' OR recorded_at::date = '2026-04-01');
SELECT count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = :'v2'
	AND (started_at::date = '2026-03-20' OR date_trunc('day', started_at) = '2026-03-25' OR started_at >= '2026-04-03');

--- OR, AND, NOT of what grows with the time
SELECT local.each('SELECT {n}, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = {v1} AND ({?})',
	$$NOT (recorded_at::date < '2026-04-01')$$, $$NOT (recorded_at::date = '2026-03-20')$$,
	$$recorded_at::date = '2026-03-20' AND recorded_at > '2026-03-20 12:00'$$, $$recorded_at::date = '2026-03-20' AND recorded_at::date = '2026-03-21'$$,
	$$date_trunc('month', recorded_at) = '2026-04-01' AND recorded_at::date <> '2026-04-01'$$,
	$$extract(year FROM recorded_at) = 2026 AND (recorded_at::date < '2026-03-19' OR recorded_at::date > '2026-04-02')$$,
	$$recorded_at::date = '2026-03-20' OR odometer_km IS NULL AND recorded_at::date = '2026-03-22'$$,
	$$(recorded_at::date = '2026-03-20') IS TRUE$$, $$(recorded_at::date = '2026-03-20') IS NOT TRUE$$, $$(recorded_at::date = '2026-03-20') = true$$,
	$$CASE WHEN recorded_at::date = '2026-03-20' THEN true END$$, $$coalesce(recorded_at, '2026-03-20')::date = '2026-03-20'$$) \gexec

--- a NULL time and what is made of it
SELECT local.each('SELECT {n}, count(*) FROM trips WHERE vehicle_id = {v2} AND {?}', $$started_at::date IS NULL$$,
	$$date_trunc('day', started_at) IS NULL$$, $$(started_at::date = '2026-03-20') IS UNKNOWN$$, $$extract(year FROM started_at) IS DISTINCT FROM 2026$$,
	$$started_at::date IS NOT DISTINCT FROM NULL$$, $$coalesce(started_at::date, '2026-03-20') = '2026-03-20'$$,
	$$started_at::date < '2030-01-01'$$, $$NOT (started_at::date < '2030-01-01')$$, $$started_at + interval '1 h' IS NOT NULL$$) \gexec

--- the day of a join
SELECT d.n, count(t.id) FROM local.drivers AS d LEFT JOIN trips AS t ON t.vehicle_id = d.vehicle_id AND t.started_at::date = d.since::date GROUP BY 1;
SELECT d.n, x.c FROM local.drivers AS d CROSS JOIN LATERAL (SELECT count(*) AS c FROM trips AS t WHERE t.vehicle_id = d.vehicle_id
	AND t.started_at::date >= d.since::date AND t.started_at::date < d.until::date) AS x;

--- the day of each of some days
SELECT d::date, x.n FROM generate_series(timestamptz '2026-03-27', '2026-03-31', '1 day') AS d CROSS JOIN LATERAL (SELECT count(*) AS n FROM telemetry
	WHERE vehicle_id = :'v1' AND recorded_at::date = d::date) AS x;
SELECT d, (SELECT count(*) FROM trips WHERE vehicle_id = :'v2' AND date_trunc('day', started_at) = d) FROM generate_series(timestamptz '2026-03-27',
	'2026-03-31', '1 day') AS d;

--- the day of each, in Paris
SET TimeZone = 'Europe/Paris';
SELECT d::date, x.n FROM generate_series(timestamptz '2026-03-27', '2026-03-31', '1 day') AS d CROSS JOIN LATERAL (SELECT count(*) AS n FROM telemetry
	WHERE vehicle_id = :'v1' AND recorded_at::date = d::date) AS x;
SELECT m, x.n FROM unnest('{2026-03-01,2026-04-01,NULL,infinity,2026-04-02}'::timestamptz[]) AS m CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips
	WHERE vehicle_id = :'v1' AND date_trunc('month', started_at) = m) AS x;

--- joins by what grows with the time, hashed and merged
SELECT i.what, i.at, count(t.id) FROM local.instants AS i JOIN trips AS t ON t.vehicle_id = i.vehicle_id AND t.started_at::date = i.at::date GROUP BY 1, 2;
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT i.what, i.at, count(t.id) FROM local.instants AS i JOIN trips AS t ON t.vehicle_id = i.vehicle_id
	AND date_trunc('day', t.started_at) = date_trunc('day', i.at) GROUP BY 1, 2;

--- prepared: days
PREPARE p (date) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = local.named('v1') AND started_at::date = $1;
EXECUTE p ('2026-03-29'); EXECUTE p (NULL); EXECUTE p ('infinity');
SET plan_cache_mode = force_generic_plan;
EXECUTE p ('2026-03-29'); EXECUTE p (NULL); EXECUTE p ('infinity'); EXECUTE p ('-infinity'); EXECUTE p ('5874897-12-31'); EXECUTE p ('4713-01-01 BC');
SET TimeZone = 'Asia/Kolkata';
EXECUTE p ('2026-03-29');

--- prepared: truncated times, by unit and zone
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, timestamptz) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1')
	AND date_trunc($1, recorded_at) = $2;
EXECUTE p ('day', '2026-03-29'); EXECUTE p ('month', '2026-04-01'); EXECUTE p ('week', '2026-03-29'); EXECUTE p (NULL, '2026-04-01'); EXECUTE p ('year', NULL);
PREPARE z (text, text, timestamptz) AS SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1')
	AND date_trunc($1, recorded_at, $2) >= $3;
EXECUTE z ('day', 'Europe/Paris', '2026-03-29 00:00+01'); EXECUTE z ('month', 'Asia/Kolkata', '2026-04-01'); EXECUTE z ('day', NULL, '2026-04-01');

--- prepared: local times
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, timestamp) AS SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at AT TIME ZONE $1 >= $2;
EXECUTE p ('Europe/Paris', '2026-03-29 02:30'); EXECUTE p ('Asia/Kolkata', '2026-04-01'); EXECUTE p (NULL, '2026-04-01'); EXECUTE p ('UTC', NULL);
	EXECUTE p ('UTC', 'infinity'); EXECUTE p ('UTC', '-infinity');
PREPARE d (text, date) AS SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND (recorded_at AT TIME ZONE $1)::date = $2;
EXECUTE d ('Europe/Paris', '2026-03-29'); EXECUTE d ('Pacific/Kiritimati', '2026-03-29'); EXECUTE d ('UTC', NULL);

--- prepared: shifted times
SET plan_cache_mode = force_generic_plan;
PREPARE p (interval, timestamptz) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = local.named('v1') AND started_at + $1 > $2;
EXECUTE p ('1 h', '2026-04-02'); EXECUTE p ('-7 days', '2026-03-25'); EXECUTE p ('1 mon', '2026-05-01'); EXECUTE p (NULL, '2026-04-01');
	EXECUTE p ('1 h', NULL); EXECUTE p ('1 h', 'infinity');

--- prepared: years and epochs
SET plan_cache_mode = force_generic_plan;
PREPARE p (numeric) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = local.named('v1') AND extract(year FROM started_at) = $1;
EXECUTE p (2026); EXECUTE p (2025); EXECUTE p (NULL); EXECUTE p ('NaN'); EXECUTE p (99999999); EXECUTE p (-99999999);
PREPARE e (float8) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = local.named('v1') AND date_part('epoch', started_at) >= $1;
EXECUTE e (1775000000); EXECUTE e ('NaN'); EXECUTE e ('-infinity'); EXECUTE e ('infinity'); EXECUTE e (-1e300); EXECUTE e (NULL);

--- prepared: arrays of days
SET plan_cache_mode = force_generic_plan;
PREPARE p (date[]) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = local.named('v1') AND started_at::date = ANY ($1);
EXECUTE p ('{2026-03-29,2026-04-01}'); EXECUTE p ('{}'); EXECUTE p (NULL); EXECUTE p ('{NULL}'); EXECUTE p ('{2026-03-29,NULL,infinity}');

--- days of a subquery, of an InitPlan
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at::date = (SELECT max(started_at)::date FROM local.history WHERE vehicle_id = :'v1');
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND date_trunc('week', started_at) >= (SELECT date_trunc('week', max(started_at)) FROM local.history);
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at::date = (SELECT at::date FROM local.instants WHERE what = 'never');

--- BI tools: months, weeks, days as they write them
SELECT local.each('SELECT {n}, count(*), min(started_at), max(started_at) FROM trips WHERE vehicle_id = {v1} AND {?}',
	$$date_trunc('month', started_at::timestamp) = timestamp '2026-04-01'$$, $$DATE_TRUNC('MONTH', CAST(started_at AS timestamp)) = '2026-04-01'$$,
	$$(started_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Paris')::date = '2026-03-30'$$,
	$$CAST(date_trunc('day', started_at) AS date) BETWEEN '2026-03-29' AND '2026-03-30'$$,
	$$date_trunc('month', started_at) = date_trunc('month', timestamptz '2026-04-15')$$,
	$$started_at >= date_trunc('month', timestamptz '2026-04-15') AND started_at < date_trunc('month', timestamptz '2026-04-15') + interval '1 mon'$$,
	$$CAST(started_at AS date) >= CAST('2026-04-01' AS date) AND CAST(started_at AS date) < CAST('2026-04-03' AS date)$$,
	$$date_trunc('week', (started_at + interval '1 day')::timestamp) + interval '-1 day' = timestamp '2026-03-29'$$,
	$$CAST(extract(year FROM started_at) AS integer) = 2026$$, $$(extract(epoch FROM started_at) * 1000)::bigint >= 1775000000000$$,
	$$floor(extract(epoch FROM started_at) / 3600) * 3600 = 1774857600$$,
	$$to_timestamp(floor(extract(epoch FROM started_at) / 86400) * 86400) = '2026-03-29'$$,
	$$date_bin('1 day', started_at, '2026-01-01') = '2026-03-29'$$, $$date_bin('6 h', started_at, '2026-01-01 03:00') >= '2026-04-01'$$) \gexec

--- days in an order
--! ordered
SELECT started_at::date AS day, id FROM trips WHERE vehicle_id = :'v1' AND started_at::date >= '2026-03-28' ORDER BY started_at DESC LIMIT 5;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND date_trunc('month', started_at) = '2026-03-01' ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at::date <= '2026-03-20' ORDER BY recorded_at DESC LIMIT 4;

--- days of late trips
SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at::date = (timestamptz :'at_late')::date;
SELECT count(*), min(created_at) FROM trips WHERE started_at::date = '2026-03-25' AND created_at::date > '2026-03-26';
SELECT id FROM trips WHERE created_at::date = '2026-03-26' AND vehicle_id = :'v1';

--- days of trips that are ahead of the clock
SELECT id, started_at FROM trips WHERE vehicle_id = :'v3' AND started_at::date = '2026-04-03';
SELECT id FROM trips WHERE vehicle_id = :'v3' AND date_trunc('hour', started_at) = '2026-04-03 12:00';
SELECT id FROM trips WHERE vehicle_id = :'v3' AND started_at + interval '1 h' > '2026-04-03 13:30';

--- a zone that changes between statements
SET TimeZone = 'Asia/Kolkata';
SELECT 1, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at::date = '2026-04-02';
SET TimeZone = 'America/St_Johns';
SELECT 2, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at::date = '2026-04-02';
SET TIME ZONE INTERVAL '-07:45' HOUR TO MINUTE;
SELECT 3, count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND date_trunc('day', recorded_at) = '2026-04-02';

--- a zone that a function sets between planning and reading
CREATE FUNCTION pg_temp.f(z text, d date) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN PERFORM set_config('TimeZone', z, true); SELECT count(*) INTO n FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at::date = d; RETURN n; END $$;
SELECT z, pg_temp.f(z, '2026-03-29') FROM unnest('{UTC,Asia/Kolkata,America/Los_Angeles,Europe/Paris,Pacific/Kiritimati,Pacific/Honolulu}'::text[]) AS z;

--- by the clock: today and the days before
--! now
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at::date >= current_date - :days;
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND date_trunc('day', recorded_at) >= date_trunc('day', now()) - interval '1 day' * :days;
SELECT count(*) + 1 FROM trips WHERE vehicle_id = :'v1' AND started_at::date = current_date;
