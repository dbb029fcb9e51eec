--
-- Every column of alerts, alarms and collisions, against the simulator's world.
-- simulator: --vehicles 6 --days 16
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.alerts', '{vehicle_id,id}', 'TABLE sim.alerts');

SELECT * FROM sim.compare('cars.alarms', '{vehicle_id,id}', 'TABLE sim.alarms');

SELECT * FROM sim.compare('cars.collisions', '{vehicle_id,id}', 'TABLE sim.collisions');

-- what they look like
\x on
SELECT vin, left(id, 8) AS id, type, severity, active, started_at, ended_at, start_latitude, start_longitude, end_latitude, end_longitude,
	   ARRAY(SELECT left(t, 8) FROM unnest(trip_ids) AS t) AS trip_ids, created_at, updated_at
  FROM cars.alerts WHERE vin = 'VR3UHZKXZPT000002' ORDER BY started_at LIMIT 2;
SELECT vin, left(id, 8) AS id, kind, activation, trigger_type, created_at, started_at, latitude, longitude
  FROM cars.alarms WHERE vin = 'VR3UHZKXZPT000002' ORDER BY created_at LIMIT 2;
SELECT vin, left(id, 8) AS id, created_at, left(trip_id, 8) AS trip_id, sides, severities, tipped_over, pedestrian, updated_at
  FROM cars.collisions WHERE vin = 'VR3UHZKXZPT000002' ORDER BY created_at LIMIT 2;
