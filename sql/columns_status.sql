--
-- Every column of status, positions and maintenance, against the simulator's world.
-- simulator: --vehicles 12 --days 3
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.status', '{vehicle_id}', 'TABLE sim.status');

SELECT * FROM sim.compare('cars.positions', '{vehicle_id}', 'TABLE sim.positions');
-- the same table, read from another place
CREATE FOREIGN TABLE positions_of_status (vehicle_id text, vin text, recorded_at timestamptz, latitude float8, longitude float8,
	altitude_m float8, heading_deg float8, signal_quality int, position_type text, fix_status text)
	SERVER sim OPTIONS (resource 'positions', source 'status');
SELECT * FROM sim.compare('positions_of_status', '{vehicle_id}', 'TABLE sim.positions_of_status');

SELECT * FROM sim.compare('cars.maintenance', '{vehicle_id}', 'TABLE sim.maintenance');

-- what it looks like: an electric car that charges, a hybrid on the road, a
-- hydrogen car with the old names only
\x on
-- (without the ids, which are long)
ALTER FOREIGN TABLE cars.status ALTER vehicle_id OPTIONS (ADD field '/none');
SELECT * FROM cars.status WHERE vin IN ('VR3UHZKXZPT000001', 'VR3UHZKXZPT000002', 'W0VVHYDROPT000004') ORDER BY vin;
\x off
SELECT vin, recorded_at, latitude, longitude, altitude_m, heading_deg, signal_quality, position_type, fix_status
  FROM cars.positions ORDER BY vin LIMIT 5;
SELECT vin, days_before_maintenance, km_before_maintenance, created_at, updated_at FROM cars.maintenance ORDER BY vin;
