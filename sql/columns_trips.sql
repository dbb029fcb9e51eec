--
-- Every column of trips, against the simulator's world.
-- simulator: --vehicles 6 --days 16
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.trips', '{vehicle_id,id}', 'TABLE sim.trips');

-- the units that owners disagree about
CREATE FOREIGN TABLE trips_otherwise (id text, electric_consumption_kwh float8, electric_kwh_per_100km float8, fuel_consumption_l float8,
	fuel_l_per_100km float8, avg_speed_kmh float8, max_speed_kmh float8)
	SERVER sim OPTIONS (resource 'trips', consumption_unit 'spec', max_speed_unit 'm/s');
SELECT * FROM sim.compare('trips_otherwise', '{id}', 'TABLE sim.trips_otherwise');

-- what it looks like
\x on
-- (without the ids, which are long)
ALTER FOREIGN TABLE cars.trips ALTER vehicle_id OPTIONS (ADD field '/none');
SELECT * FROM cars.trips WHERE vin = 'VR3UHZKXZPT000002' AND started_at < '2026-02-15' ORDER BY started_at LIMIT 1;
SELECT * FROM cars.trips WHERE faults <> '{}' ORDER BY vin, stopped_at LIMIT 2;
