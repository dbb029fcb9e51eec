--
-- Every column of alerts, alarms and collisions, against the simulator's world.
-- simulator: --vehicles 6 --days 16
--
\i test/setup.psql
\i test/regress.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.alerts', '{vehicle_id,id}', $$
	SELECT w.id, w.vin,
		   sim.t(o, '$.id') AS id,
		   sim.t(o, '$.type') AS type,
		   sim.t(o, '$.severity') AS severity,
		   sim.b(o, '$.active') AS active,
		   sim.d(o, '$.startedAt') AS started_at,
		   sim.d(o, '$.endAt') AS ended_at,
		   sim.f(o, '$.startPosition.geometry.coordinates[1]') AS start_latitude,
		   sim.f(o, '$.startPosition.geometry.coordinates[0]') AS start_longitude,
		   sim.f(o, '$.endPosition.geometry.coordinates[1]') AS end_latitude,
		   sim.f(o, '$.endPosition.geometry.coordinates[0]') AS end_longitude,
		   CASE WHEN o #> '{_links,trips}' IS NOT NULL THEN ARRAY(SELECT substring(e ->> 'href' FROM '[^/]*$') FROM jsonb_array_elements(o #> '{_links,trips}') WITH ORDINALITY AS q(e, n) ORDER BY n) END AS trip_ids,
		   sim.d(o, '$.createdAt') AS created_at,
		   sim.d(o, '$.updatedAt') AS updated_at
	  FROM sim.world AS w, jsonb_array_elements(doc -> 'alerts') AS o $$);

SELECT * FROM sim.compare('cars.alarms', '{vehicle_id,id}', $$
	SELECT w.id, w.vin,
		   sim.t(o, '$.id') AS id,
		   CASE WHEN o ? 'status' THEN 'status' WHEN o ? 'trigger' THEN 'trigger' END AS kind,
		   sim.t(o, '$.status.activation') AS activation,
		   sim.t(o, '$.trigger.type') AS trigger_type,
		   sim.d(o, '$.status.createdAt', '$.trigger.createdAt') AS created_at,
		   sim.d(o, '$.trigger.startAt') AS started_at,
		   sim.f(o, '$.trigger.position.geometry.coordinates[1]') AS latitude,
		   sim.f(o, '$.trigger.position.geometry.coordinates[0]') AS longitude
	  FROM sim.world AS w, jsonb_array_elements(doc -> 'alarms') AS o $$);

SELECT * FROM sim.compare('cars.collisions', '{vehicle_id,id}', $$
	SELECT w.id, w.vin,
		   sim.t(o, '$.id') AS id,
		   sim.d(o, '$.createdAt') AS created_at,
		   substring(o #>> '{_links,trip,href}' FROM '[^/]*$') AS trip_id,
		   CASE WHEN o -> 'details' IS NOT NULL THEN ARRAY(SELECT e ->> 'side' FROM jsonb_array_elements(o -> 'details') WITH ORDINALITY AS q(e, n) ORDER BY n) END AS sides,
		   CASE WHEN o -> 'details' IS NOT NULL THEN ARRAY(SELECT e ->> 'severity' FROM jsonb_array_elements(o -> 'details') WITH ORDINALITY AS q(e, n) ORDER BY n) END AS severities,
		   sim.b(o, '$.tippedOver') AS tipped_over,
		   sim.b(o, '$.pedestrian') AS pedestrian,
		   sim.d(o, '$.updatedAt') AS updated_at
	  FROM sim.world AS w, jsonb_array_elements(doc -> 'collisions') AS o $$);

-- what they look like
\x on
SELECT vin, left(id, 8) AS id, type, severity, active, started_at, ended_at, start_latitude, start_longitude, end_latitude, end_longitude,
	   ARRAY(SELECT left(t, 8) FROM unnest(trip_ids) AS t) AS trip_ids, created_at, updated_at
  FROM cars.alerts WHERE vin = 'VR3UHZKXZPT000002' ORDER BY started_at LIMIT 2;
SELECT vin, left(id, 8) AS id, kind, activation, trigger_type, created_at, started_at, latitude, longitude
  FROM cars.alarms WHERE vin = 'VR3UHZKXZPT000002' ORDER BY created_at LIMIT 2;
SELECT vin, left(id, 8) AS id, created_at, left(trip_id, 8) AS trip_id, sides, severities, tipped_over, pedestrian, updated_at
  FROM cars.collisions WHERE vin = 'VR3UHZKXZPT000002' ORDER BY created_at LIMIT 2;
