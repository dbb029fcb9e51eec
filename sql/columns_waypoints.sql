--
-- Every column of waypoints, against the simulator's world.
-- simulator: --vehicles 6 --days 2
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
SELECT sim.load_world('wayPoints');

SELECT * FROM sim.compare('cars.waypoints', '{vehicle_id,trip_id,recorded_at}', 'TABLE sim.waypoints');

-- what it looks like
SELECT w.vin, left(trip_id, 8) AS trip, recorded_at, latitude, longitude, altitude_m, heading_deg, signal_quality, position_type, fix_status, tolerance_km
  FROM cars.waypoints AS w WHERE w.vin = 'VR3UHZKXZPT000001'
   AND w.trip_id = (SELECT doc #>> '{trips,0,id}' FROM sim.world WHERE n = 1) AND tolerance_km = 0.5 ORDER BY recorded_at LIMIT 5;
