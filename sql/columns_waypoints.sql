--
-- Every column of waypoints, against the simulator's world.
-- simulator: --vehicles 6 --days 2
--
\i test/setup.psql
\i test/regress.psql
SELECT sim.load_world('wayPoints');

SELECT * FROM sim.compare('cars.waypoints', '{vehicle_id,trip_id,recorded_at}', $$
	SELECT w.id, w.vin, t.key, sim.d(p, '$.properties.createdAt', '$.properties.updatedAt') AS recorded_at,
		   sim.f(p, '$.geometry.coordinates[1]') AS latitude,
		   sim.f(p, '$.geometry.coordinates[0]') AS longitude,
		   sim.f(p, '$.geometry.coordinates[2]') AS altitude_m,
		   sim.f(p, '$.properties.heading') AS heading_deg,
		   sim.i(p, '$.properties.signalQuality') AS signal_quality,
		   sim.t(p, '$.properties.type') AS position_type,
		   sim.t(p, '$.properties.fixStatus') AS fix_status,
		   NULL::float8 AS tolerance_km
	  FROM sim.world AS w, jsonb_each(doc -> 'wayPoints') AS t, jsonb_array_elements(t.value) AS p $$);

-- what it looks like
SELECT w.vin, left(trip_id, 8) AS trip, recorded_at, latitude, longitude, altitude_m, heading_deg, signal_quality, position_type, fix_status, tolerance_km
  FROM cars.waypoints AS w WHERE w.vin = 'VR3UHZKXZPT000001'
   AND w.trip_id = (SELECT doc #>> '{trips,0,id}' FROM sim.world WHERE n = 1) AND tolerance_km = 0.5 ORDER BY recorded_at LIMIT 5;
