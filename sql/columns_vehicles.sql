--
-- Every column of account and vehicles, against the simulator's world.
-- simulator: --vehicles 6 --days 3
--
\i test/setup.psql
\i test/regress.psql
\i test/world.psql
SELECT sim.load_world();

SELECT * FROM sim.compare('cars.account', '{email}', 'TABLE sim.account');
SELECT * FROM cars.account;

SELECT * FROM sim.compare('cars.vehicles', '{id}', 'TABLE sim.vehicles');
\x on
SELECT left(id, 8) AS id, vin, brand, label, motorization, picture_urls, data_capabilities, remote_capabilities, created_at, updated_at
  FROM cars.vehicles ORDER BY vin;
