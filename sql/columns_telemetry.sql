--
-- Every column of telemetry, against the simulator's world.
-- simulator: --vehicles 6 --days 5 --telemetry 60
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
SELECT sim.load_world('telemetry');

SELECT * FROM sim.compare('cars.telemetry', '{vehicle_id,recorded_at}', 'TABLE sim.telemetry');

-- what it looks like
\x on
-- (without the ids, which are long)
ALTER FOREIGN TABLE cars.telemetry ALTER vehicle_id OPTIONS (ADD field '/none'), ALTER trip_id OPTIONS (ADD field '/none');
SELECT * FROM cars.telemetry WHERE vin = 'VR3UHZKXZPT000002' ORDER BY recorded_at LIMIT 2;
