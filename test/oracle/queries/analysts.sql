-- What analysts ask: the questions that dashboards of such cars answer.

--- where every car is now, and how old that is
SELECT v.vin, v.label, p.latitude, p.longitude, timestamptz '2026-04-03 12:00' - p.recorded_at AS age FROM vehicles AS v JOIN positions AS p ON p.vehicle_id = v.id;

--- the fleet: level, range, plugged, doors
SELECT v.vin, s.electric_level_pct, s.electric_autonomy_km, s.fuel_level_pct, s.fuel_autonomy_km, s.charging_plugged, s.charging_status, s.doors_locked, s.doors_open, s.odometer_km
  FROM vehicles AS v LEFT JOIN status AS s ON s.vehicle_id = v.id;

--- eight gauges, a query each
SELECT electric_level_pct FROM status WHERE vehicle_id = :'v1' ORDER BY electric_at DESC LIMIT 1;
SELECT electric_autonomy_km FROM status WHERE vehicle_id = :'v1' ORDER BY electric_at DESC LIMIT 1;
SELECT odometer_km FROM status WHERE vehicle_id = :'v1' ORDER BY odometer_at DESC LIMIT 1;
SELECT charging_status FROM status WHERE vehicle_id = :'v1' ORDER BY updated_at DESC LIMIT 1;
SELECT latitude, longitude FROM positions WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC LIMIT 1;
SELECT air_temp_c FROM status WHERE vehicle_id = :'v1' ORDER BY environment_at DESC LIMIT 1;
SELECT days_before_maintenance FROM maintenance WHERE vehicle_id = :'v1' ORDER BY updated_at DESC LIMIT 1;
SELECT battery_12v_pct FROM status WHERE vehicle_id = :'v1' ORDER BY battery_12v_at DESC LIMIT 1;

--- who is low and not plugged in
SELECT vin, electric_level_pct, fuel_level_pct FROM status WHERE (electric_level_pct < 60 AND charging_plugged IS NOT TRUE) OR fuel_level_pct < 50;

--- the last 50 trips of a car
--! ordered
SELECT started_at, stopped_at, distance_km, duration FROM trips WHERE vehicle_id = :'v1' AND started_at BETWEEN '2026-03-01' AND '2026-04-10' ORDER BY started_at DESC LIMIT 50;

--- km and trips per day, gaps filled
--! ordered
SELECT d::date, coalesce(x.n, 0), coalesce(x.km, 0) FROM generate_series(timestamptz '2026-03-18', '2026-04-03', '1 day') AS d
  LEFT JOIN (SELECT date_trunc('day', started_at) AS day, count(*) AS n, sum(distance_km::numeric) AS km FROM trips WHERE vehicle_id = ANY (ARRAY[:'v1', :'v2'])
	AND started_at >= '2026-03-18' GROUP BY 1) AS x ON x.day = d ORDER BY d;

--- km per week and month, in local time
SELECT date_trunc('week', started_at, 'Europe/Paris'), date_trunc('month', started_at, 'Europe/Paris'), count(*), sum(distance_km::numeric) FROM trips
	WHERE started_at >= '2026-03-18' GROUP BY 1, 2;

--- consumption per 100 km and month, weighted
SELECT vin, date_trunc('month', started_at), round(100 * sum(electric_consumption_kwh::numeric) FILTER (WHERE distance_km IS NOT NULL) / nullif(sum(distance_km::numeric) FILTER (WHERE electric_consumption_kwh IS NOT NULL), 0), 3),
	   round(100 * sum(fuel_consumption_l::numeric) / nullif(sum(distance_km::numeric) FILTER (WHERE fuel_consumption_l IS NOT NULL), 0), 3) FROM trips
	WHERE started_at >= '2026-03-01' GROUP BY 1, 2;

--- consumption against speed
SELECT round(avg_speed_kmh / 5) * 5 AS kmh, count(*), round(avg(electric_kwh_per_100km::numeric), 4), round(avg(fuel_l_per_100km::numeric), 4) FROM trips
	WHERE distance_km > 1 GROUP BY 1;

--- where and how long parked
SELECT started_at, stop_latitude, stop_longitude, lead(started_at) OVER (PARTITION BY vehicle_id ORDER BY started_at) - stopped_at AS parked FROM trips
	WHERE vehicle_id = :'v1' AND started_at >= '2026-03-25';

--- missing trips: holes of the odometer
SELECT vin, started_at, round((start_odometer_km - lag(start_odometer_km + distance_km) OVER w)::numeric, 1) AS hole
	FROM trips WINDOW w AS (PARTITION BY vehicle_id ORDER BY start_odometer_km, id);

--- charging: between trips the level rises
SELECT vin, stopped_at, next_start, before, after FROM (SELECT vin, stopped_at, lead(started_at) OVER w AS next_start, stop_electric_level_pct AS before, lead(start_electric_level_pct) OVER w AS after FROM trips WINDOW w AS (PARTITION BY vehicle_id ORDER BY coalesce(started_at, stopped_at), id)) AS x WHERE after > before;

--- standby: the level falls while the odometer stands
SELECT vin, count(*), min(after - before) FROM (SELECT vin, stop_electric_level_pct AS before, lead(start_electric_level_pct) OVER w AS after FROM trips
	WHERE start_electric_level_pct IS NOT NULL WINDOW w AS (PARTITION BY vehicle_id ORDER BY start_odometer_km, id)) AS x WHERE after <= before GROUP BY vin;

--- alerts that are open, by severity
SELECT v.label, a.severity, a.type, a.started_at FROM alerts AS a JOIN vehicles AS v ON v.id = a.vehicle_id WHERE a.active;

--- the most frequent alerts, and how long they last
SELECT type, count(*), avg(ended_at - started_at) FROM alerts WHERE started_at >= '2026-03-20' GROUP BY type;

--- collisions of a period, with place
SELECT c.created_at, c.sides, w.latitude, w.longitude FROM collisions AS c LEFT JOIN LATERAL (SELECT latitude, longitude FROM waypoints
	WHERE vehicle_id = c.vehicle_id AND trip_id = c.trip_id AND recorded_at <= c.created_at ORDER BY recorded_at DESC LIMIT 1) AS w ON true
	WHERE c.created_at >= '2026-03-28' AND c.vin = 'VR3UHZKXZPT000002';

--- service that is due
SELECT v.vin, m.days_before_maintenance, m.km_before_maintenance FROM maintenance AS m JOIN vehicles AS v ON v.id = m.vehicle_id
	WHERE m.km_before_maintenance < 1500 OR m.days_before_maintenance < 30;

--- use of working hours
SELECT vin, sum(upper(r) - lower(r)) FROM (SELECT vin, tstzrange(started_at, stopped_at) * tstzrange(d + interval '8 h', d + interval '18 h') AS r FROM trips
	JOIN generate_series(timestamptz '2026-03-30', '2026-04-03', '1 day') AS d ON tstzrange(started_at, stopped_at) && tstzrange(d + interval '8 h', d + interval '18 h') WHERE started_at >= '2026-03-28' AND stopped_at >= started_at) AS x GROUP BY vin;

--- cars on the road at once
SELECT m, count(*) FROM generate_series(timestamptz '2026-04-01 06:00', '2026-04-01 22:00', '30 min') AS m JOIN trips AS t ON t.started_at <= m
	AND t.stopped_at > m AND t.started_at >= '2026-03-30' GROUP BY m;

--- the last three trips of each car
SELECT v.vin, t.* FROM vehicles AS v CROSS JOIN LATERAL (SELECT started_at, distance_km FROM trips WHERE vehicle_id = v.id AND started_at IS NOT NULL
	ORDER BY started_at DESC LIMIT 3) AS t;

--- trips per car
SELECT vehicle_id, count(*) FROM trips GROUP BY 1;

--- a heat map
SELECT round(start_latitude::numeric, 1), round(start_longitude::numeric, 1), count(*) FROM trips WHERE started_at >= '2026-03-20' GROUP BY 1, 2;

--- trips that touch a depot
SELECT t.id, d.name FROM trips AS t JOIN local.depots AS d ON (t.start_latitude BETWEEN d.latitude - 0.05 AND d.latitude + 0.05
	AND t.start_longitude BETWEEN d.longitude - 0.05 AND d.longitude + 0.05) WHERE t.started_at >= '2026-03-25';

--- path and signals of one trip
SELECT m.recorded_at, m.speed_kmh, m.odometer_km, m.electric_level_pct FROM telemetry AS m JOIN trips AS r ON m.vehicle_id = r.vehicle_id
	AND m.recorded_at BETWEEN r.started_at AND r.stopped_at WHERE r.vehicle_id = :'v1' AND r.id = :'long';
SELECT recorded_at, latitude, longitude FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip';

--- the same without the vehicle
SELECT count(*), min(m.recorded_at), max(m.recorded_at) FROM telemetry AS m JOIN trips AS r ON m.vehicle_id = r.vehicle_id
	AND m.recorded_at BETWEEN r.started_at AND r.stopped_at WHERE r.id = :'long';

--- a log for the tax office
SELECT to_char(started_at AT TIME ZONE 'Europe/Paris', 'DD.MM.YYYY HH24:MI'), start_odometer_km, start_odometer_km + distance_km, distance_km FROM trips
	WHERE vin = 'VR3UHZKXZPT000001' AND started_at >= timestamptz '2026-03-28 00:00 Europe/Paris' AND started_at < timestamptz '2026-04-01 00:00 Europe/Paris';

--- loading what is new
--! requests 7
BEGIN;
CREATE TEMP TABLE hist AS SELECT * FROM local.history;
INSERT INTO hist SELECT * FROM trips WHERE started_at > (SELECT max(started_at) FROM hist);
SELECT count(*), count(DISTINCT id), max(started_at) FROM hist;
ROLLBACK;

--- what has changed since
SELECT t.id, t.updated_at FROM trips AS t LEFT JOIN local.history AS h USING (id) WHERE t.started_at >= '2026-03-24' AND (h.id IS NULL
	OR h.updated_at <> t.updated_at) AND t.started_at < '2026-03-29';

--- what is gone
SELECT h.id FROM local.history AS h LEFT JOIN trips AS t ON t.vehicle_id = h.vehicle_id AND t.id = h.id WHERE t.id IS NULL OR h.distance_km > 100;

--- states over time, from telemetry
SELECT ignition, count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v2' AND recorded_at >= '2026-04-01' GROUP BY ignition;
SELECT date_bin('6 h', recorded_at, '2026-03-18'), max(speed_kmh), min(battery_12v_pct), count(*) FILTER (WHERE moving) FROM telemetry WHERE vehicle_id = :'v2' GROUP BY 1;

--- the nearest message to each alert
SELECT a.id, m.recorded_at, m.odometer_km FROM alerts AS a CROSS JOIN LATERAL (SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = a.vehicle_id
	AND recorded_at <= a.started_at AND recorded_at > a.started_at - interval '1 day' ORDER BY recorded_at DESC LIMIT 1) AS m WHERE a.vin = 'VR3UHZKXZPT000002';

--- alarms in the night
SELECT vin, kind, trigger_type, created_at FROM alarms WHERE kind = 'trigger' AND (extract(hour FROM created_at AT TIME ZONE 'Europe/Paris') >= 22
	OR extract(hour FROM created_at AT TIME ZONE 'Europe/Paris') < 6);

--- a car's day in one list
SELECT at, what FROM (SELECT started_at AS at, 'trip' AS what, vehicle_id FROM trips UNION ALL SELECT stopped_at, 'stop', vehicle_id FROM trips
	UNION ALL SELECT started_at, 'alert ' || type, vehicle_id FROM alerts UNION ALL SELECT created_at, 'alarm ' || kind, vehicle_id FROM alarms
	UNION ALL SELECT created_at, 'collision', vehicle_id FROM collisions) AS e WHERE vehicle_id = :'v2' AND at >= '2026-04-01' AND at < '2026-04-02';

--- levels at the start and the end of a day
SELECT vin, started_at::date, (array_agg(start_electric_level_pct ORDER BY started_at))[1], (array_agg(stop_electric_level_pct ORDER BY started_at DESC))[1]
	FROM trips WHERE started_at >= '2026-03-28' AND start_electric_level_pct IS NOT NULL GROUP BY 1, 2;

--- the share of electric kilometres
SELECT vin, round(sum(electric_distance_km::numeric) / nullif(sum(coalesce(electric_distance_km, 0)::numeric + coalesce(thermal_distance_km, 0)::numeric + coalesce(hybrid_distance_km, 0)::numeric), 0), 6) FROM trips GROUP BY vin;
