-- An API whose messages, alerts and collisions do not say of which trip they are.
-- What it lists below a trip is of that trip nevertheless: the plain tables know
-- it.  A look through all rows finds none of them, so the conditions here are all of
-- the kind that is sent.

--- nothing says so
SELECT 'none', count(trip_id) FROM telemetry WHERE vehicle_id = :'v4';
SELECT 'none', count(trip_ids) FROM alerts;
SELECT 'none', count(trip_id) FROM collisions;
--= near
SELECT 'none', 0 FROM generate_series(1, 3);

--- telemetry of a trip that does not say so
SELECT vehicle_id, recorded_at, trip_id, odometer_km FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told';

--- telemetry of a trip that does not say so, by trip alone
SELECT vin, recorded_at, trip_id FROM telemetry WHERE trip_id = :'told';

--- telemetry of trips that do not say so
SELECT trip_id AS second FROM near.telemetry WHERE vehicle_id = :'v4' AND trip_id <> :'told' ORDER BY recorded_at LIMIT 1 \gset
SELECT trip_id, recorded_at FROM telemetry WHERE vehicle_id = :'v4' AND trip_id IN (:'told', :'second');
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told' AND recorded_at >= '2026-03-25';

--- telemetry of each trip, none of which says so
SELECT t.started_at, m.n, m.last FROM trips AS t CROSS JOIN LATERAL (SELECT count(*) AS n, max(recorded_at) AS last FROM telemetry
	WHERE vehicle_id = t.vehicle_id AND trip_id = t.id) AS m WHERE t.vehicle_id = :'v4' AND t.started_at >= '2026-03-26';

--- what says so, is among what is listed
SELECT 'lost', count(*) FROM (SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v4' AND trip_id || '' = :'told' EXCEPT SELECT recorded_at
	FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told') AS x;
SELECT 'lost', count(*) FROM (SELECT id FROM alerts WHERE trip_ids::text LIKE '%' || :'trip' || '%' EXCEPT SELECT id FROM alerts WHERE :'trip' = ANY (trip_ids)) AS x;
SELECT 'lost', count(*) FROM (SELECT id FROM collisions WHERE trip_id || '' = :'trip' EXCEPT SELECT id FROM collisions WHERE trip_id = :'trip') AS x;

--- collisions of a trip that do not say so
SELECT trip_id AS trip_of, vehicle_id AS of FROM near.collisions WHERE trip_id IS NOT NULL ORDER BY md5(id) LIMIT 1 \gset
SELECT id, vin, trip_id, sides FROM collisions WHERE vehicle_id = :'of' AND trip_id = :'trip_of';
SELECT id, trip_id FROM collisions WHERE trip_id = :'trip_of' AND created_at > '2026-03-01';

--- collisions of each trip, none of which says so
SELECT t.id, c.n FROM trips AS t CROSS JOIN LATERAL (SELECT count(*) AS n FROM collisions WHERE vehicle_id = t.vehicle_id AND trip_id = t.id) AS c
	WHERE t.vehicle_id = :'v2';

--- alerts of a trip that do not say so
SELECT trip_ids[1] AS a, trip_ids[2] AS b, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT id, type, started_at FROM alerts WHERE vehicle_id = :'of' AND :'a' = ANY (trip_ids);
SELECT id, vin FROM alerts WHERE :'b' = ANY (trip_ids);
SELECT id FROM alerts WHERE vehicle_id = :'of' AND trip_ids @> ARRAY[:'a'];

--- alerts of each trip, none of which says so
SELECT t.started_at, a.n FROM trips AS t CROSS JOIN LATERAL (SELECT count(*) AS n FROM alerts WHERE vehicle_id = t.vehicle_id
	AND t.id = ANY (trip_ids)) AS a WHERE t.vehicle_id = :'v2' AND t.started_at >= '2026-03-28';

--- prepared, of trips that do not say so
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, text) AS SELECT recorded_at, trip_id FROM telemetry WHERE vehicle_id = $1 AND trip_id = $2;
EXECUTE p (:'v4', :'told'); EXECUTE p (:'v1', :'told'); EXECUTE p ('nobody', :'told'); EXECUTE p (:'v4', NULL);
