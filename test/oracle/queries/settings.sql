-- What a session may have set, and odd ways to say the usual.

--- styles of dates and intervals
SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard';
SELECT started_at, duration, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= '28.03.2026' AND started_at < '30/03/2026 12:00';
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at BETWEEN '02.04.2026' AND '03.04.2026';
SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601';
SELECT created_at FROM alarms WHERE vehicle_id = :'v2' AND created_at > '28.03.2026';
SELECT vin, charging_remaining, charging_next_time, updated_at FROM status;
SET DateStyle = 'Postgres, MDY'; SET IntervalStyle = 'postgres_verbose';
SELECT started_at, duration FROM trips WHERE vehicle_id = :'v2' AND started_at >= '04/01/2026';

--- few digits of floats
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0
--! asks /user/vehicles/{1}/trips?distance=28.1-&pageSize=60
SET extra_float_digits = -14;
SELECT distance_km, avg_speed_kmh FROM trips WHERE vehicle_id = :'v1' AND distance_km > 28.25;
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0;
--= near
SET extra_float_digits = -14;
SELECT distance_km, avg_speed_kmh FROM trips WHERE vehicle_id = :'v1' AND distance_km > 28.25;
SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip';

--- few digits of floats: tolerance_km is sent with all of them
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0.00123456789
SET extra_float_digits = -14;
SELECT min(recorded_at), max(recorded_at), bool_and(tolerance_km = 0.00123456789) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0.00123456789;
--= near
SELECT min(recorded_at), max(recorded_at), true FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip';

--- tolerance_km of a subquery, a function, an expression
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0.2
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0.2
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0.25
--! asks /user/vehicles/{1}/trips/{9}/wayPoints?tolerance=0.5
SELECT min(recorded_at), max(tolerance_km) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = (SELECT count(*)::float8 / 5
	FROM local.names WHERE name = 'v1');
SELECT min(recorded_at), max(tolerance_km) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0.2 AND tolerance_km = 0.1 * 2;
SELECT min(recorded_at), max(tolerance_km) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND tolerance_km = 0.25::float4;
SELECT min(recorded_at), max(tolerance_km) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' AND greatest(0.5, 0.2) = tolerance_km;
--= near
SELECT min(recorded_at), t FROM waypoints, unnest('{0.2,0.2,0.25,0.5}'::float8[]) WITH ORDINALITY AS u (t, n) WHERE vehicle_id = :'v1' AND trip_id = :'trip' GROUP BY n, t;

--- other settings of values
SET array_nulls = off; SET bytea_output = 'escape'; SET quote_all_identifiers = on; SET xmloption = 'document';
SELECT vin, picture_urls, remote_capabilities FROM vehicles;
SELECT id, faults, fault_causes FROM trips WHERE faults IS NOT NULL;
SELECT vehicle_id FROM status WHERE vehicle_id = ANY (ARRAY[:'v1', NULL]);

--- transform_null_equals
SET transform_null_equals = on;
SELECT count(*) FROM trips WHERE vehicle_id = :'v2' AND started_at = NULL;
SELECT count(*) FROM status WHERE vehicle_id = NULL OR vin = :'vin1';

--- strings with backslashes
SET standard_conforming_strings = off; SET escape_string_warning = off; SET backslash_quote = on;
SELECT vin FROM status WHERE vin LIKE 'VR\\3%' OR vin = 'VF7SXHNSSNT00000\x33';

--- client encodings
SET client_encoding = 'LATIN1';
SELECT brand, label FROM vehicles;
SET client_encoding = 'SQL_ASCII';
SELECT brand, label FROM vehicles WHERE brand LIKE 'Citro%';
SET client_encoding = 'WIN1252';
SELECT first_name FROM account;

--- workers wherever they may be
--! once
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT vin, count(*), max(started_at) FROM trips WHERE started_at >= '2026-03-28' GROUP BY vin;
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id;
SELECT v.vin, (SELECT count(*) FROM alarms AS a WHERE a.vehicle_id = v.id AND a.created_at >= '2026-03-28') FROM vehicles AS v;

--- compiled expressions
--! once
SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0;
SELECT count(*), max(started_at) FROM trips WHERE vehicle_id = lower(:'v1') AND started_at >= timestamptz '2026-04-03' - interval '9 days' AND distance_km * 2 > 20;
SELECT d.name, count(t.id) FROM local.drivers AS d LEFT JOIN LATERAL (SELECT id FROM trips WHERE vehicle_id = d.vehicle_id
	AND started_at >= d.since OFFSET 0) AS t ON true GROUP BY d.n, d.name;
SELECT vin, md5(string_agg(s::text, ',' ORDER BY vin)) FROM status AS s GROUP BY vin;

--- domains
BEGIN;
CREATE DOMAIN work.vehicle AS text CHECK (VALUE <> 'x');
CREATE DOMAIN work.moment AS timestamptz;
CREATE DOMAIN work.day AS date;
SELECT 1, odometer_km FROM status WHERE vehicle_id = :'v1'::work.vehicle;
SELECT 2, vehicle_id FROM status WHERE vehicle_id = ANY (ARRAY[:'v1', :'v2']::work.vehicle[]);
SELECT 3, count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-01'::work.moment AND started_at < '2026-04-02'::work.day;
SELECT 4, vin FROM status WHERE vin LIKE 'VR3%'::work.vehicle;
ROLLBACK;

--- a domain whose check fails
--! fails
BEGIN;
CREATE DOMAIN work.vehicle AS text CHECK (VALUE <> 'x');
SELECT odometer_km FROM status WHERE vehicle_id = ('x' || left(:'v1', 0))::work.vehicle;
ROLLBACK;

--- an operator class of patterns, and other families
SELECT 1, vin FROM status WHERE vin ~>=~ 'VR3' AND vin ~<~ 'VR4';
SELECT 2, vehicle_id FROM status WHERE vehicle_id ~<=~ :'v1' AND vehicle_id ~>=~ :'v1';
SELECT 3, vin FROM status WHERE vehicle_id::bytea = :'v1'::bytea;

--- a row of a subquery
SELECT 1, id FROM alarms WHERE (vehicle_id, created_at) = (SELECT vehicle_id, at FROM local.instants WHERE what = 'alarm' ORDER BY at LIMIT 1);
SELECT 2, count(*) FROM trips WHERE (vehicle_id, started_at) >= (SELECT :'v1', timestamptz '2026-04-01') AND vehicle_id = :'v1';

--- ONLY, aliases of columns, schemas spelt out
SELECT count(*) FROM ONLY trips WHERE vehicle_id = :'v1';
SELECT a, c FROM vehicles AS v (a, b, c) WHERE b = :'vin1';
SELECT t.z FROM (SELECT vin FROM vehicles) AS t (z) ORDER BY t.z;

--- LATERAL that stops early, of many pages
SELECT v.vin, t.n FROM vehicles AS v CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM telemetry WHERE vehicle_id = v.id LIMIT 40) AS x) AS t;
SELECT n, (SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT n) AS x) FROM generate_series(0, 40, 8) AS n;
SELECT count(DISTINCT x.id) FROM vehicles AS v CROSS JOIN LATERAL (SELECT id FROM trips WHERE vehicle_id = v.id OFFSET 5 LIMIT 10) AS x;

--- many scans at once
SELECT (SELECT count(*) FROM trips WHERE vehicle_id = :'v1'), (SELECT count(*) FROM trips WHERE vehicle_id = :'v2'), (SELECT count(*) FROM trips
	WHERE vehicle_id = :'v3'), (SELECT count(*) FROM alerts), (SELECT count(*) FROM alarms), (SELECT count(*) FROM collisions),
	   (SELECT count(*) FROM status), (SELECT count(*) FROM positions), (SELECT count(*) FROM maintenance), (SELECT count(*) FROM vehicles), (SELECT count(*)
	FROM account), (SELECT count(*) FROM telemetry WHERE vehicle_id = :'v5');
SELECT count(*) FROM (SELECT id FROM trips UNION ALL SELECT id FROM alerts UNION ALL SELECT id FROM alarms UNION ALL SELECT id FROM collisions
	UNION ALL SELECT vehicle_id FROM telemetry UNION ALL SELECT vehicle_id FROM status UNION ALL SELECT id FROM vehicles) AS x;

--- a table of some columns, in another order, one dropped, one without the key
BEGIN;
DO $$ BEGIN
	IF current_setting('search_path') ~ 'cars' THEN
		CREATE FOREIGN TABLE work.some (distance_km float8, started_at timestamptz, done boolean, vehicle_id text, id text) SERVER sim OPTIONS (resource 'trips');
		CREATE FOREIGN TABLE work.bare (odometer_km float8) SERVER sim OPTIONS (resource 'status');
		ALTER FOREIGN TABLE work.some DROP COLUMN done;
		ALTER FOREIGN TABLE work.some ADD COLUMN faults text[];
	ELSE
		CREATE TABLE work.some AS SELECT distance_km, started_at, vehicle_id, id, faults FROM near.trips;
		CREATE TABLE work.bare AS SELECT odometer_km FROM near.status;
	END IF;
END $$;
SELECT * FROM work.some WHERE vehicle_id = :'v1' AND started_at >= '2026-03-29';
SELECT s FROM work.some AS s WHERE faults IS NOT NULL;
SELECT * FROM work.bare;
SELECT v.vin, s.distance_km FROM vehicles AS v JOIN work.some AS s ON s.vehicle_id = v.id AND s.started_at >= '2026-04-02';
ROLLBACK;

--- more requests than are allowed
--! fails
SET stellantis_fdw.max_requests = 3;
SELECT count(*) FROM trips;
--= near
DO $$ BEGIN RAISE EXCEPTION 'statement needs more than 3 requests to the API' USING ERRCODE = '53400'; END $$;
