-- What script/demo shows.  Variables: sim_url, sim_token, sim_client_id.
\set ECHO queries
\echo
\echo A server (the simulator), who you are there, and the tables
CREATE EXTENSION stellantis_fdw;
CREATE SERVER demo FOREIGN DATA WRAPPER stellantis_fdw
  OPTIONS (brand 'peugeot', base_url :'sim_url', client_id :'sim_client_id');
CREATE USER MAPPING FOR CURRENT_USER SERVER demo OPTIONS (access_token :'sim_token');
CREATE SCHEMA cars;
IMPORT FOREIGN SCHEMA stellantis FROM SERVER demo INTO cars;

\echo
\echo Your fleet
SELECT vin, brand, label, motorization FROM cars.vehicles ORDER BY vin;

\echo Where each is now, and how full
SELECT v.vin, s.latitude, s.longitude, s.odometer_km, s.electric_level_pct AS electric_pct,
       s.fuel_level_pct AS fuel_pct, s.position_at
  FROM cars.vehicles v LEFT JOIN cars.status s ON s.vehicle_id = v.id ORDER BY v.vin;

\echo 'The trips of the last week, by electricity'
SELECT vin, started_at, duration, distance_km, round(electric_kwh_per_100km::numeric, 1) AS kwh_per_100km
  FROM cars.trips
 WHERE started_at >= now() - interval '7 days' AND electric_kwh_per_100km IS NOT NULL
 ORDER BY started_at DESC LIMIT 12;

\echo The week of each vehicle
SELECT vin, count(*) AS trips, round(sum(distance_km)) AS km,
       round((100 * sum(electric_consumption_kwh) / nullif(sum(distance_km) FILTER (WHERE electric_consumption_kwh IS NOT NULL), 0))::numeric, 1) AS kwh_per_100km
  FROM cars.trips
 WHERE started_at >= now() - interval '7 days'
 GROUP BY vin ORDER BY vin;

\echo One vehicle, one day: the WHERE becomes the request
\set ECHO none
SELECT vin FROM cars.vehicles WHERE motorization = 'Electric' ORDER BY vin LIMIT 1 \gset
\set ECHO queries
\pset tuples_only on
\pset format unaligned
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
SELECT started_at, distance_km FROM cars.trips
 WHERE vin = :'vin' AND started_at >= now() - interval '1 day';
