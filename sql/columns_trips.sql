--
-- Every column of trips, against the simulator's world.
-- simulator: --vehicles 6 --days 16
--
\i test/setup.psql
\i test/regress.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.trips', '{vehicle_id,id}', $$
	SELECT w.id, w.vin, o ->> 'id' AS trip_id,
		   sim.d(o, '$.startedAt') AS started_at,
		   sim.d(o, '$.stoppedAt') AS stopped_at,
		   sim.i(o, '$.duration') * interval '1 s' AS duration,
		   sim.f(o, '$.distance') AS distance_km,
		   sim.f(o, '$.startMileage') AS start_odometer_km,
		   sim.scaled(o, '$.kinetic.avgSpeed', 3.6) AS avg_speed_kmh,
		   sim.f(o, '$.kinetic.maxSpeed') AS max_speed_kmh,
		   sim.f(o, '$.startPosition.geometry.coordinates[1]') AS start_latitude,
		   sim.f(o, '$.startPosition.geometry.coordinates[0]') AS start_longitude,
		   sim.f(o, '$.stopPosition.geometry.coordinates[1]') AS stop_latitude,
		   sim.f(o, '$.stopPosition.geometry.coordinates[0]') AS stop_longitude,
		   sim.f(o, '$.startEnergies[*] ? (@.type == "Electric").level') AS start_electric_level_pct,
		   sim.f(o, '$.endEnergies[*] ? (@.type == "Electric").level') AS stop_electric_level_pct,
		   sim.f(o, '$.startEnergies[*] ? (@.type == "Electric").autonomy') AS start_electric_autonomy_km,
		   sim.f(o, '$.endEnergies[*] ? (@.type == "Electric").autonomy') AS stop_electric_autonomy_km,
		   sim.f(o, '$.startEnergies[*] ? (@.type == "Fuel").level') AS start_fuel_level_pct,
		   sim.f(o, '$.endEnergies[*] ? (@.type == "Fuel").level') AS stop_fuel_level_pct,
		   sim.f(o, '$.startEnergies[*] ? (@.type == "Fuel").autonomy') AS start_fuel_autonomy_km,
		   sim.f(o, '$.endEnergies[*] ? (@.type == "Fuel").autonomy') AS stop_fuel_autonomy_km,
		   sim.scaled(o, '$.energyConsumptions[*] ? (@.type == "Electric").consumption', 0.001) AS electric_consumption_kwh,
		   sim.scaled(o, '$.energyConsumptions[*] ? (@.type == "Electric").avgConsumption', 0.001) AS electric_kwh_per_100km,
		   sim.scaled(o, '$.energyConsumptions[*] ? (@.type == "Fuel").consumption', 0.01) AS fuel_consumption_l,
		   sim.scaled(o, '$.energyConsumptions[*] ? (@.type == "Fuel").avgConsumption', 0.01) AS fuel_l_per_100km,
		   (SELECT sum((s ->> 'distance')::numeric)::float8 FROM jsonb_path_query(o, '$.segments[*] ? (@.propulsion == "Electric")') AS s) AS electric_distance_km,
		   (SELECT sum((s ->> 'distance')::numeric)::float8 FROM jsonb_path_query(o, '$.segments[*] ? (@.propulsion == "Thermal")') AS s) AS thermal_distance_km,
		   (SELECT sum((s ->> 'distance')::numeric)::float8 FROM jsonb_path_query(o, '$.segments[*] ? (@.propulsion == "Hybrid")') AS s) AS hybrid_distance_km,
		   sim.b(o, '$.done') AS done,
		   sim.l(o, '$.faults', '$.faults[*].fault') AS faults,
		   CASE WHEN o -> 'faults' IS NOT NULL THEN ARRAY(SELECT e ->> 'cause' FROM jsonb_array_elements(o -> 'faults') WITH ORDINALITY AS q(e, n) ORDER BY n) END AS fault_causes,
		   sim.d(o, '$.createdAt') AS created_at,
		   sim.d(o, '$.updatedAt') AS updated_at
	  FROM sim.world AS w, jsonb_array_elements(doc -> 'trips') AS o $$);

-- the units that owners disagree about
CREATE FOREIGN TABLE trips_otherwise (id text, electric_consumption_kwh float8, electric_kwh_per_100km float8, fuel_consumption_l float8,
	fuel_l_per_100km float8, avg_speed_kmh float8, max_speed_kmh float8)
	SERVER sim OPTIONS (resource 'trips', consumption_unit 'spec', max_speed_unit 'm/s');
SELECT * FROM sim.compare('trips_otherwise', '{id}', $$
	SELECT o ->> 'id', sim.f(o, '$.energyConsumptions[*] ? (@.type == "Electric").consumption'),
		   sim.scaled(o, '$.energyConsumptions[*] ? (@.type == "Electric").avgConsumption', 0.001),
		   sim.f(o, '$.energyConsumptions[*] ? (@.type == "Fuel").consumption'),
		   sim.scaled(o, '$.energyConsumptions[*] ? (@.type == "Fuel").avgConsumption', 0.01),
		   sim.scaled(o, '$.kinetic.avgSpeed', 3.6), sim.scaled(o, '$.kinetic.maxSpeed', 3.6)
	  FROM sim.world AS w, jsonb_array_elements(doc -> 'trips') AS o $$);

-- what it looks like
\x on
-- (without the ids, which are long)
ALTER FOREIGN TABLE cars.trips ALTER vehicle_id OPTIONS (ADD field '/none');
SELECT * FROM cars.trips WHERE vin = 'VR3UHZKXZPT000002' AND started_at < '2026-02-15' ORDER BY started_at LIMIT 1;
SELECT * FROM cars.trips WHERE faults <> '{}' ORDER BY vin, stopped_at LIMIT 2;
