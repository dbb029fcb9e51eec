-- Way points lie below a trip; telemetry, alerts and collisions tell of trips.

--- vehicle and trip
--! asks /user/vehicles/{1}/trips/{9}/wayPoints
SELECT recorded_at, latitude, longitude FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip';

--- the trip alone: every vehicle is asked for it
--! requests 7
SELECT count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE trip_id = :'trip';

--- several trips, one of them twice, one nobody's
SELECT trip_id, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id IN (:'trip', :'long', :'trip', 'nobody', NULL) GROUP BY trip_id;

--- trips of two vehicles, each asked for both
SELECT vehicle_id, trip_id, count(*) FROM waypoints WHERE vehicle_id IN (:'v1', :'v2') AND trip_id IN (:'trip', :'nostart') GROUP BY 1, 2;

--- a trip of another vehicle
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = :'v2' AND trip_id = :'trip';

--- a trip that is not there
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = 'nobody';
SELECT 'none', count(*) FROM waypoints WHERE trip_id = 'nobody';
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = 'nobody' AND trip_id = 'nobody';

--- trip ids that cannot be anybody's
--! requests 0
SELECT 'none', count(*) FROM waypoints WHERE trip_id = '';
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id IN ('.', '..', NULL);
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = '..' AND trip_id = :'trip';

--- trip ids with characters that mean something in an address
SELECT local.each('SELECT {n}, count(*) FROM waypoints WHERE vehicle_id = {v1} AND trip_id IN ({?}, {trip})', $$'a/b?c'$$, $$'../trips'$$, $$'a b'$$, $$'%2F'$$, $$'ü'$$, $$'#'$$) \gexec

--- the way points of a car without a start of its trip
SELECT count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = :'v2' AND trip_id = :'nostart';

--- all way points of a car, by time
SELECT recorded_at, trip_id FROM waypoints WHERE vehicle_id = :'v1' AND recorded_at >= '2026-04-02';

--- way points in the middle of a trip that lasts longer than a day
SELECT count(*), count(DISTINCT trip_id), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = :'v1' AND recorded_at >= '2026-03-26 10:00'
	AND recorded_at < '2026-03-26 12:00';

--- way points of a trip whose start is not known, by time
SELECT trip_id, count(*) FROM waypoints WHERE vehicle_id = :'v2' AND recorded_at BETWEEN (SELECT stopped_at - interval '30 min' FROM trips
	WHERE vehicle_id = :'v2' AND id = :'nostart') AND (SELECT stopped_at FROM trips WHERE vehicle_id = :'v2' AND id = :'nostart') GROUP BY 1;

--- way points ahead of the clock
SELECT trip_id, count(*) FROM waypoints WHERE vehicle_id = :'v3' AND recorded_at > '2026-04-03 12:00' GROUP BY 1;

--- trip and time
SELECT count(*), min(recorded_at), max(recorded_at) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND recorded_at >= '2026-03-26'
	AND recorded_at < '2026-03-26 12:00';

--- trip and a time that is not its
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND recorded_at < '2026-03-20';

--- a car by VIN
SELECT count(*), min(recorded_at) FROM waypoints WHERE vin = :'vin4' AND recorded_at > '2026-04-02 12:00';

--- every car, in a short window
SELECT vin, count(*), count(latitude), min(recorded_at) FROM waypoints WHERE recorded_at BETWEEN '2026-04-02 08:00' AND '2026-04-02 09:00' GROUP BY vin;

--- all columns but the keys, of one trip
SELECT recorded_at, altitude_m, heading_deg, signal_quality, position_type, fix_status FROM waypoints WHERE vehicle_id = :'v4' AND trip_id = :'told';

--- conditions that are not sent
SELECT count(*), max(latitude), min(longitude) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND altitude_m > 100 AND heading_deg BETWEEN 90 AND 180;
SELECT count(*) + 1 FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND (latitude, longitude) IN (SELECT latitude, longitude FROM local.depots);

--- trip_id compared otherwise
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id > 'e' AND recorded_at > '2026-04-02';
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id <> :'trip' AND recorded_at < '2026-03-22';
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id LIKE left(:'trip', 10) || '%' AND recorded_at < '2026-03-22';
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id IS NULL AND recorded_at < '2026-03-22';
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND (trip_id = :'trip' OR recorded_at < '2026-03-19');
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = ANY (ARRAY[[:'trip'], [:'long']]) AND NOT (trip_id = :'trip');

--- tolerance_km = 0 leaves out nothing, and is echoed
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0
SELECT recorded_at, latitude, longitude, tolerance_km FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0;
--= near
SELECT recorded_at, latitude, longitude, 0 FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip';

--- tolerance_km leaves out some, and no first or last one
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0.2
SELECT count(*) < (SELECT count(*) FROM near.waypoints WHERE trip_id = :'trip'), count(*) > 2, min(recorded_at), max(recorded_at), min(tolerance_km), max(tolerance_km),
	   count(*) FILTER (WHERE NOT EXISTS (SELECT FROM near.waypoints AS n WHERE n.trip_id = w.trip_id AND (n.recorded_at, n.latitude, n.longitude) IS NOT DISTINCT
	FROM (w.recorded_at, w.latitude, w.longitude)))
  FROM waypoints AS w WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0.2;
--= near
SELECT true, true, min(recorded_at), max(recorded_at), 0.2, 0.2, 0 FROM waypoints WHERE trip_id = :'trip';

--- tolerance_km as a parameter
PREPARE w (float8) AS SELECT count(*), max(tolerance_km) FROM waypoints WHERE vehicle_id = local.named('v1') AND trip_id = local.named('trip') AND tolerance_km = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE w (0);
EXECUTE w (NULL);
--= near
SELECT count(*), 0 FROM waypoints WHERE trip_id = :'trip';
SELECT 0, NULL;

--- tolerance_km: contradictions have no rows
--! requests 0
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0.1 AND tolerance_km = 0.2;
SELECT 'none', count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = NULL;

--- tolerance_km: what cannot be one
--! fails
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = -1;
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 'infinity';
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 'NaN';
--= near
DO $$ BEGIN RAISE EXCEPTION 'tolerance_km must be a finite number that is not negative' USING ERRCODE = '22023'; END $$;
DO $$ BEGIN RAISE EXCEPTION 'tolerance_km must be a finite number that is not negative' USING ERRCODE = '22023'; END $$;
DO $$ BEGIN RAISE EXCEPTION 'tolerance_km must be a finite number that is not negative' USING ERRCODE = '22023'; END $$;

--- tolerance_km otherwise works on NULL
SELECT 1, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km IS NULL;
SELECT 2, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km > 0;
SELECT 3, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km <> 0.1;
SELECT 4, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km IN (0.1, 0.2);
SELECT 5, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND (tolerance_km = 0.1 OR recorded_at > '2026-03-21 07:20');
SELECT 6, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND NOT (tolerance_km = 0.1);
SELECT 7, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND coalesce(tolerance_km, 7) = 7;
SELECT 8, count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km IS NOT DISTINCT FROM NULL;

--- tolerance_km of a joined column is no input
SELECT count(*) FROM (VALUES (0.1::float8), (0.2)) AS t (km) JOIN waypoints AS w ON w.tolerance_km = t.km WHERE w.vehicle_id = :'v1' AND w.trip_id = :'trip';
SELECT count(w.recorded_at), count(*) FROM (VALUES (0.1::float8), (NULL)) AS t (km) LEFT JOIN LATERAL (SELECT * FROM waypoints AS w WHERE w.vehicle_id = :'v1'
	AND w.trip_id = :'trip' AND w.tolerance_km = t.km) AS w ON true;
SELECT count(w.recorded_at), count(*) FROM (VALUES (0.1::float8), (NULL)) AS t (km) LEFT JOIN LATERAL (SELECT * FROM waypoints AS w WHERE w.vehicle_id = :'v1'
	AND w.trip_id = :'trip' AND w.tolerance_km = t.km OFFSET 0) AS w ON true;
SELECT km, (SELECT count(*) FROM waypoints AS w WHERE w.vehicle_id = :'v1' AND w.trip_id = :'trip' AND w.tolerance_km = t.km) FROM (VALUES (0.1::float8), (NULL)) AS t (km);

--- the way points of some trips, by a join
--! requests 4
SELECT t.started_at, count(*), min(w.recorded_at), max(w.recorded_at) FROM trips AS t JOIN waypoints AS w ON w.vehicle_id = t.vehicle_id AND w.trip_id = t.id
 WHERE t.vehicle_id = :'v1' AND t.started_at >= '2026-04-01 10:00' AND t.started_at < '2026-04-02 13:00' GROUP BY t.started_at;

--- the way points of some trips, by trip alone
--! once
SET stellantis_fdw.max_requests = 10000;
SELECT t.started_at, count(*) FROM trips AS t JOIN waypoints AS w ON w.trip_id = t.id WHERE t.vehicle_id = :'v1' AND t.started_at >= '2026-04-02 16:00' GROUP BY t.started_at;

--- trips with and without way points
SELECT t.id, count(w.recorded_at) FROM trips AS t LEFT JOIN waypoints AS w ON w.vehicle_id = t.vehicle_id AND w.trip_id = t.id
 WHERE t.vehicle_id = :'v6' AND t.started_at >= '2026-04-02' GROUP BY t.id;

--- trips of privacy: no way point, or none with a position
SELECT vehicle_id, count(*), count(latitude), count(longitude) FROM waypoints WHERE vehicle_id IN (:'v6', :'v4') AND recorded_at >= '2026-04-02 12:00' GROUP BY 1;
SELECT count(*), count(latitude), count(longitude) FROM waypoints WHERE vehicle_id = :'v6' AND recorded_at >= '2026-04-02';

--- the last way point of each trip of a day
SELECT t.started_at, w.* FROM trips AS t CROSS JOIN LATERAL (SELECT recorded_at, latitude, longitude FROM waypoints WHERE vehicle_id = t.vehicle_id
	AND trip_id = t.id ORDER BY recorded_at DESC LIMIT 1) AS w
 WHERE t.vehicle_id = :'v2' AND t.started_at >= '2026-04-02';

--- telemetry of a trip, by its link
SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told';

--- telemetry of no trip
SELECT vin, count(*) FROM telemetry WHERE trip_id IS NULL AND recorded_at >= '2026-03-30' GROUP BY vin;

--- telemetry joined to trips by the link
SELECT t.started_at, count(*), min(m.recorded_at), max(m.odometer_km) FROM telemetry AS m JOIN trips AS t ON t.vehicle_id = m.vehicle_id AND t.id = m.trip_id
	WHERE t.vehicle_id = :'v4' GROUP BY t.started_at;

--- telemetry of a trip by its times
SELECT t.started_at, m.* FROM trips AS t CROSS JOIN LATERAL (SELECT count(*), max(speed_kmh) FROM telemetry WHERE vehicle_id = t.vehicle_id
	AND recorded_at BETWEEN t.started_at AND t.stopped_at) AS m
 WHERE t.vehicle_id = :'v1' AND t.started_at >= '2026-03-25' AND t.started_at < '2026-03-29';

--- alerts of a trip
SELECT a.id, t.started_at, a.started_at FROM trips AS t JOIN alerts AS a ON a.vehicle_id = t.vehicle_id AND t.id = ANY (a.trip_ids) WHERE t.vehicle_id IN (:'v2', :'v4');

--- trips of alerts, unnested
SELECT a.id, n, u.trip_id = t.id, t.started_at FROM alerts AS a CROSS JOIN LATERAL unnest(a.trip_ids) WITH ORDINALITY AS u (trip_id, n) LEFT
	JOIN trips AS t ON t.vehicle_id = a.vehicle_id AND t.id = u.trip_id WHERE a.vehicle_id = :'v3';

--- alerts by the trips that they name
SELECT id FROM alerts WHERE vehicle_id = :'v3' AND trip_ids && ARRAY(SELECT id FROM trips WHERE vehicle_id = :'v3' AND started_at > '2026-03-28');
SELECT count(*), count(trip_ids) FROM alerts WHERE trip_ids IS NULL OR trip_ids = '{}' OR cardinality(trip_ids) > 1;

--- collisions with their trips
SELECT c.created_at, c.sides, c.severities, t.started_at, t.distance_km FROM collisions AS c LEFT JOIN trips AS t ON t.vehicle_id = c.vehicle_id AND t.id = c.trip_id;

--- collisions of a trip
SELECT c.id FROM collisions AS c WHERE c.vehicle_id = :'v2' AND c.trip_id IN (SELECT id FROM trips WHERE vehicle_id = :'v2' AND started_at >= '2026-03-25');

--- what is within a trip: everything
SELECT t.started_at, (SELECT count(*) FROM telemetry AS m WHERE m.vehicle_id = t.vehicle_id AND m.recorded_at >= t.started_at AND m.recorded_at <= t.stopped_at) AS messages,
	   (SELECT count(*) FROM waypoints AS w WHERE w.vehicle_id = t.vehicle_id AND w.trip_id = t.id) AS points,
	   (SELECT count(*) FROM alerts AS a WHERE a.vehicle_id = t.vehicle_id AND a.started_at BETWEEN t.started_at AND t.stopped_at) AS alerts,
	   (SELECT count(*) FROM alarms AS a WHERE a.vehicle_id = t.vehicle_id AND a.created_at BETWEEN t.started_at AND t.stopped_at) AS alarms,
	   (SELECT count(*) FROM collisions AS c WHERE c.vehicle_id = t.vehicle_id AND c.created_at BETWEEN t.started_at AND t.stopped_at) AS collisions
  FROM trips AS t WHERE t.vehicle_id = :'v2' AND t.started_at >= '2026-03-30' AND t.started_at < '2026-04-02';
