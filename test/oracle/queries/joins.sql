-- Joins, under every way in which PostgreSQL may execute them.

--- vehicles and status
SELECT v.label, v.motorization, s.odometer_km, s.electric_level_pct, s.fuel_level_pct FROM vehicles AS v JOIN status AS s ON s.vehicle_id = v.id;

--- the same the other way round
SELECT v.label, s.odometer_km FROM status AS s JOIN vehicles AS v ON v.id = s.vehicle_id;

--- vehicles and status by VIN
SELECT v.label, s.odometer_km FROM vehicles AS v JOIN status AS s USING (vin);

--- one vehicle's status: not six
--! asks /user/vehicles?extension=branding&pageSize=60
--! asks /user/vehicles/{1}/status
SELECT v.label, s.odometer_km FROM vehicles AS v JOIN status AS s ON s.vehicle_id = v.id WHERE v.motorization = 'Electric';

--- LEFT JOIN: a car without a status
SELECT v.vin, s.odometer_km, s.vehicle_id IS NULL FROM vehicles AS v LEFT JOIN status AS s ON s.vehicle_id = v.id;

--- RIGHT JOIN
SELECT v.vin, s.odometer_km FROM status AS s RIGHT JOIN vehicles AS v ON v.id = s.vehicle_id;

--- FULL JOIN of two of ours
SELECT s.vin, p.vin, s.odometer_km, p.latitude FROM status AS s FULL JOIN positions AS p ON p.vehicle_id = s.vehicle_id;

--- FULL JOIN with a local table
SELECT d.n, d.name, s.vin, s.odometer_km FROM local.drivers AS d FULL JOIN status AS s ON s.vehicle_id = d.vehicle_id;

--- FULL JOIN on several conditions
SELECT d.n, t.id FROM local.drivers AS d FULL JOIN (SELECT * FROM trips WHERE started_at >= '2026-04-01') AS t ON t.vehicle_id = d.vehicle_id AND t.vin = d.vin;

--- a local table, ours inside
SELECT d.name, s.odometer_km FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id;

--- a local table by VIN
SELECT d.name, s.odometer_km FROM local.drivers AS d JOIN status AS s ON s.vin = d.vin;

--- a local table by both
SELECT d.name, s.odometer_km FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id AND s.vin = d.vin;

--- a local table and time
SELECT d.name, t.id, t.started_at FROM local.drivers AS d JOIN trips AS t ON t.vehicle_id = d.vehicle_id AND t.started_at >= d.since AND (d.until IS NULL
	OR t.started_at < d.until);

--- a local table and time, outer
SELECT d.name, count(t.id), min(t.started_at), max(t.started_at) FROM local.drivers AS d LEFT JOIN trips AS t ON t.vehicle_id = d.vehicle_id
	AND t.started_at BETWEEN d.since AND d.until GROUP BY d.n, d.name;

--- the foreign side nullable, with a condition above
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE s.odometer_km IS NULL;

--- the foreign side nullable, with a condition within
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id AND s.odometer_km > 20000;

--- the foreign side nullable, with a constant of its own
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id AND s.vehicle_id = :'v1';

--- the local side nullable, with a condition on it in ON
SELECT s.vin, d.name FROM status AS s LEFT JOIN local.drivers AS d ON d.vehicle_id = s.vehicle_id AND d.limit_kmh > 100;

--- an outer join that a condition makes an inner one
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE s.odometer_km > 0;

--- outer joins in a row
SELECT d.name, v.label, s.odometer_km, p.latitude, m.days_before_maintenance
  FROM local.drivers AS d LEFT JOIN vehicles AS v ON v.id = d.vehicle_id LEFT JOIN status AS s ON s.vehicle_id = v.id LEFT
	JOIN positions AS p ON p.vehicle_id = s.vehicle_id LEFT JOIN maintenance AS m ON m.vehicle_id = d.vehicle_id;

--- an outer join under an outer join
SELECT d.name, x.* FROM local.drivers AS d LEFT JOIN (vehicles AS v LEFT JOIN maintenance AS m ON m.vehicle_id = v.id) AS x ON x.id = d.vehicle_id;

--- an outer join that is not needed
SELECT v.vin FROM vehicles AS v LEFT JOIN (SELECT DISTINCT vehicle_id FROM status) AS s ON s.vehicle_id = v.id;

--- the trips of a car with its label
SELECT v.label, t.started_at, t.distance_km FROM trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id WHERE t.vin = :'vin2' AND t.started_at >= '2026-04-01';

--- five tables
SELECT v.vin, v.label, s.odometer_km, p.latitude, m.days_before_maintenance, t.id FROM vehicles AS v JOIN status AS s ON s.vehicle_id = v.id
	JOIN positions AS p ON p.vehicle_id = v.id
  JOIN maintenance AS m ON m.vehicle_id = s.vehicle_id JOIN trips AS t ON t.vehicle_id = p.vehicle_id AND t.started_at >= '2026-04-02';

--- all tables of a vehicle
SELECT count(*), count(DISTINCT t.id), count(DISTINCT a.id), count(DISTINCT l.id), count(DISTINCT c.id) FROM vehicles AS v LEFT
	JOIN trips AS t ON t.vehicle_id = v.id AND t.started_at > '2026-04-01'
  LEFT JOIN alerts AS a ON a.vehicle_id = v.id AND a.started_at > '2026-04-01' LEFT JOIN alarms AS l ON l.vehicle_id = v.id
	AND l.created_at > '2026-04-01' LEFT JOIN collisions AS c ON c.vehicle_id = v.id AND c.created_at > '2026-04-01';

--- NATURAL JOIN
SELECT vin, odometer_km, latitude, recorded_at FROM (SELECT vehicle_id, vin, odometer_km FROM status) AS s NATURAL
	JOIN (SELECT vehicle_id, vin, latitude, recorded_at FROM positions) AS p;

--- CROSS JOIN
SELECT v.vin, a.email FROM vehicles AS v CROSS JOIN account AS a;

--- a cross product of two of ours
SELECT count(*), count(DISTINCT s.vin), count(DISTINCT p.vin) FROM status AS s, positions AS p;

--- an inequality join
SELECT a.vin, b.vin FROM status AS a JOIN status AS b ON a.odometer_km < b.odometer_km;

--- self join of trips: the next one
SELECT a.started_at, b.started_at FROM trips AS a JOIN trips AS b ON b.vehicle_id = a.vehicle_id AND b.start_odometer_km = a.start_odometer_km + a.distance_km
	WHERE a.vehicle_id = :'v1';

--- self join of trips: those at the same time
SELECT a.vin, b.vin, a.started_at, b.started_at FROM trips AS a JOIN trips AS b ON a.vehicle_id < b.vehicle_id AND a.started_at < b.stopped_at
	AND b.started_at < a.stopped_at WHERE a.started_at >= '2026-04-01' AND b.started_at >= '2026-04-01';

--- self join of status by level
SELECT a.vin, b.vin FROM status AS a LEFT JOIN status AS b ON b.fuel_kind = a.fuel_kind AND b.vehicle_id <> a.vehicle_id;

--- a rescan with the same values asks once
--! requests 3
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off;
SELECT d.n, s.odometer_km FROM (SELECT * FROM local.drivers WHERE n <= 3) AS d CROSS JOIN (SELECT * FROM status WHERE vehicle_id = :'v1') AS s;
SELECT d.n, s.odometer_km FROM generate_series(1, 5) AS d (n), LATERAL (SELECT odometer_km FROM status WHERE vehicle_id = :'v1' OFFSET 0) AS s;
SELECT n, (SELECT odometer_km FROM status WHERE vehicle_id = :'v1' AND n > 0) FROM generate_series(1, 5) AS d (n);

--- parameters that come again
--! requests 3
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT n, s.odometer_km FROM (VALUES (1, :'v1'), (2, :'v1'), (3, :'v2'), (4, :'v2'), (5, NULL), (6, '')) AS d (n, v), LATERAL (SELECT odometer_km FROM status
	WHERE vehicle_id = d.v OFFSET 0) AS s;
SELECT count(*) FROM status WHERE vehicle_id = :'v3';

--- every join method: inner
SELECT local.each('RESET ALL; {?}; SELECT {n}, v.label, s.odometer_km FROM vehicles AS v JOIN status AS s ON s.vehicle_id = v.id', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off', 'SET enable_hashjoin = off; SET enable_nestloop = off', 'SET enable_mergejoin = off; SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off') \gexec

--- every join method: left
SELECT local.each('RESET ALL; {?}; SELECT {n}, d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off', 'SET enable_hashjoin = off; SET enable_nestloop = off', 'SET enable_mergejoin = off; SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off') \gexec

--- every join method: full
SELECT local.each('RESET ALL; {?}; SELECT {n}, d.name, s.odometer_km FROM local.drivers AS d FULL JOIN status AS s ON s.vehicle_id = d.vehicle_id', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off') \gexec

--- every join method: semi
SELECT local.each('RESET ALL; {?}; SELECT {n}, d.name FROM local.drivers AS d WHERE EXISTS (SELECT FROM trips AS t WHERE t.vehicle_id = d.vehicle_id AND t.distance_km > 30)', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off', 'SET enable_hashjoin = off; SET enable_nestloop = off', 'SET enable_mergejoin = off; SET enable_nestloop = off', 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off; SET enable_hashagg = off') \gexec

--- every join method: anti
SELECT local.each('RESET ALL; {?}; SELECT {n}, d.name FROM local.drivers AS d WHERE NOT EXISTS (SELECT FROM status AS s WHERE s.vehicle_id = d.vehicle_id)', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off', 'SET enable_hashjoin = off; SET enable_nestloop = off', 'SET enable_mergejoin = off; SET enable_nestloop = off', 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off') \gexec

--- every join method: trips and way points
--! once
SELECT local.each('RESET ALL; {?}; SELECT {n}, t.id, count(*), min(w.recorded_at) FROM trips AS t JOIN waypoints AS w ON w.vehicle_id = t.vehicle_id AND w.trip_id = t.id WHERE t.vehicle_id = {v1} AND t.started_at >= ''2026-04-02'' GROUP BY t.id', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off', 'SET enable_hashjoin = off; SET enable_nestloop = off', 'SET enable_mergejoin = off; SET enable_nestloop = off', 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off') \gexec

--- every join method: three tables
SELECT local.each('RESET ALL; {?}; SELECT {n}, d.name, v.label, a.id FROM local.drivers AS d JOIN vehicles AS v ON v.id = d.vehicle_id LEFT JOIN alerts AS a ON a.vehicle_id = v.id AND a.started_at > d.since', 'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET enable_nestloop = off',
	'SET enable_hashjoin = off; SET enable_mergejoin = off', 'SET enable_hashjoin = off; SET enable_nestloop = off', 'SET enable_mergejoin = off; SET enable_nestloop = off', 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off') \gexec

--- the order of joins as it is written
SET join_collapse_limit = 1; SET from_collapse_limit = 1;
SELECT d.name, v.label, s.odometer_km, t.id FROM local.drivers AS d JOIN (vehicles AS v JOIN status AS s ON s.vehicle_id = v.id) ON v.id = d.vehicle_id
	JOIN trips AS t ON t.vehicle_id = s.vehicle_id AND t.started_at >= '2026-04-02';
SELECT d.name, v.label FROM (trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id) JOIN local.drivers AS d ON d.vehicle_id = t.vehicle_id WHERE t.distance_km > 40;

--- geqo
SET geqo_threshold = 2; SET geqo_seed = 0.5;
SELECT v.vin, s.odometer_km, p.latitude, m.days_before_maintenance FROM vehicles AS v JOIN status AS s ON s.vehicle_id = v.id LEFT
	JOIN positions AS p ON p.vehicle_id = v.id LEFT JOIN maintenance AS m ON m.vehicle_id = v.id;

--- little memory: batches of a hash join, sorts on disk, rows that are kept on disk
SET work_mem = '64kB'; SET enable_nestloop = off;
SELECT count(*), sum(w.n) FROM trips AS t JOIN (SELECT vehicle_id, trip_id, count(*) AS n FROM waypoints WHERE vehicle_id = :'v1'
	GROUP BY 1, 2) AS w ON w.vehicle_id = t.vehicle_id AND w.trip_id = t.id WHERE t.vehicle_id = :'v1';
SELECT count(*), md5(string_agg(a.recorded_at::text, ',' ORDER BY a.recorded_at DESC, a.vin)) FROM telemetry AS a
	JOIN telemetry AS b ON b.recorded_at = a.recorded_at AND b.vehicle_id = a.vehicle_id;
SET enable_hashjoin = off;
SELECT count(*) FROM telemetry AS a JOIN telemetry AS b ON b.recorded_at = a.recorded_at AND b.vin = a.vin;
RESET enable_nestloop; SET enable_mergejoin = off; SET enable_material = off;
SELECT count(*) FROM generate_series(1, 3) AS n, telemetry AS b WHERE vehicle_id = :'v1';

--- rows that are kept on disk, and read again
SET work_mem = '64kB'; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off;
SELECT n, count(*), md5(string_agg(b::text, ',' ORDER BY b.recorded_at)) FROM generate_series(1, 3) AS n, LATERAL (SELECT * FROM telemetry
	WHERE vehicle_id = :'v2' OFFSET 0) AS b GROUP BY n;
SELECT n, count(DISTINCT t.recorded_at), min(length(t.vehicle_id)), count(DISTINCT t.vehicle_id), count(DISTINCT (t.vin, t.vehicle_id))
	FROM generate_series(1, 4) AS n, LATERAL (SELECT vehicle_id, recorded_at, odometer_km, vin FROM telemetry WHERE repeat('z', 280 + n) > vehicle_id OFFSET 0) AS t GROUP BY n;
SELECT d.n, t.id, t.started_at, t.faults FROM local.drivers AS d CROSS JOIN LATERAL (SELECT * FROM trips WHERE vehicle_id = :'v1' OFFSET 0) AS t WHERE d.n <= 3;
SELECT d.n, d.name, w.recorded_at, w.trip_id FROM local.drivers AS d LEFT JOIN LATERAL (SELECT * FROM waypoints WHERE vehicle_id = :'v1'
	AND trip_id = :'trip' OFFSET 0) AS w ON w.recorded_at > d.since WHERE d.n <= 4;
SELECT n, a.id, b.id FROM generate_series(1, 2) AS n, LATERAL (SELECT a.id, a.type FROM alerts AS a
	WHERE vehicle_id = :'v2' OFFSET 0) AS a, LATERAL (SELECT b.id, b.kind FROM alarms AS b WHERE vehicle_id = :'v2' OFFSET 0) AS b;

--- a cursor that scrolls over rows on disk
BEGIN;
SET LOCAL work_mem = '64kB';
DECLARE c SCROLL CURSOR FOR SELECT id, started_at, distance_km, faults, vin FROM trips;
MOVE ALL IN c; MOVE ABSOLUTE 0 IN c;
FETCH ALL FROM c;
MOVE ABSOLUTE 50 IN c;
MOVE ABSOLUTE 0 IN c;
FETCH ALL FROM c;
COMMIT;

--- no parallel worker gets hold of a foreign scan
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT v.vin, count(*), max(i.at) FROM vehicles AS v JOIN local.instants AS i ON i.vehicle_id = v.id GROUP BY v.vin;
SELECT count(*) FROM near.waypoints AS w JOIN trips AS t ON t.id = w.trip_id WHERE t.vehicle_id = :'v1';

--- LATERAL: the last trip of each car
SELECT v.label, t.started_at FROM vehicles AS v CROSS JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = v.id AND started_at >= '2026-03-28'
	ORDER BY started_at DESC LIMIT 1) AS t;

--- LATERAL: the last three, for a prefix of VINs
--! asks /user/vehicles?extension=branding&vinPrefix=VR3&pageSize=60
--! asks /user/vehicles/{1}/trips?timestamps=2026-03-27T00:00:00Z/{open}&pageSize=60
--! asks /user/vehicles/{2}/trips?timestamps=2026-03-27T00:00:00Z/{open}&pageSize=60
SELECT v.label, t.* FROM vehicles AS v CROSS JOIN LATERAL (SELECT started_at, distance_km FROM trips WHERE vehicle_id = v.id AND started_at >= '2026-03-28'
	ORDER BY started_at DESC LIMIT 3) AS t WHERE v.vin LIKE 'VR3%';

--- LATERAL: outer, with nothing for one
SELECT v.vin, t.started_at FROM vehicles AS v LEFT JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = v.id ORDER BY started_at DESC NULLS LAST LIMIT 1) AS t ON true;

--- LATERAL: bounds from the outer row
SELECT d.name, x.* FROM local.drivers AS d CROSS JOIN LATERAL (SELECT count(*), min(recorded_at), max(recorded_at) FROM telemetry
	WHERE vehicle_id = d.vehicle_id AND recorded_at >= d.since AND recorded_at < d.until) AS x;

--- LATERAL: bounds that are infinite, NULL, or the wrong way round
SELECT b.n, count(t.id) FROM (VALUES (1, timestamptz '-infinity', timestamptz '2026-03-20'), (2, NULL, '2026-03-20'), (3, '2026-04-01', 'infinity'), (4, '2026-04-01', '2026-03-01'), (5, '2026-03-20', NULL), (6, '2026-03-20', '2026-03-21')) AS b (n, low, high)
  LEFT JOIN LATERAL (SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at >= b.low AND started_at < b.high OFFSET 0) AS t ON true GROUP BY b.n;

--- LATERAL: ids that are there, are not, are impossible, and come again
SELECT i.n, s.odometer_km FROM (VALUES (1, :'v1'), (2, 'nobody'), (3, NULL), (4, ''), (5, '..'), (6, :'v1'), (7, :'v5'), (8, 'nobody'), (9, :'v2')) AS i (n, id) LEFT JOIN LATERAL (SELECT odometer_km FROM status WHERE vehicle_id = i.id OFFSET 0) AS s ON true;

--- LATERAL: VINs and prefixes from the outer row
SELECT i.n, s.vin FROM (VALUES (1, :'vin1'), (2, 'nowhere'), (3, NULL), (4, ''), (5, :'vin1'), (6, :'vin2')) AS i (n, vin) LEFT JOIN LATERAL (SELECT vin
	FROM status WHERE vin = i.vin OFFSET 0) AS s ON true;
SELECT i.n, s.vin FROM (VALUES (1, 'VR3%'), (2, 'X%'), (3, NULL), (4, '%'), (5, 'V%'), (6, 'VR3%')) AS i (n, vin) LEFT JOIN LATERAL (SELECT vin FROM status
	WHERE vin LIKE i.vin OFFSET 0) AS s ON true;

--- LATERAL: arrays from the outer row
SELECT a.n, s.vehicle_id FROM (VALUES (1, ARRAY[:'v1', :'v2']), (2, '{}'), (3, NULL), (4, ARRAY[NULL, :'v1']), (5, ARRAY['nobody', :'v3'])) AS a (n, ids) LEFT
	JOIN LATERAL (SELECT vehicle_id FROM status WHERE vehicle_id = ANY (a.ids) OFFSET 0) AS s ON true;

--- LATERAL within LATERAL
SELECT v.vin, t.started_at, w.n FROM vehicles AS v CROSS JOIN LATERAL (SELECT id, started_at FROM trips WHERE vehicle_id = v.id
	AND started_at >= '2026-04-02' ORDER BY started_at LIMIT 2) AS t
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM waypoints WHERE vehicle_id = v.id AND trip_id = t.id) AS w;

--- LATERAL with a union of ours
SELECT v.vin, e.* FROM vehicles AS v CROSS JOIN LATERAL (SELECT 'alert', started_at FROM alerts WHERE vehicle_id = v.id AND started_at >= '2026-04-01'
	UNION ALL SELECT 'alarm', created_at FROM alarms WHERE vehicle_id = v.id AND created_at >= '2026-04-01') AS e (what, at);

--- LATERAL that is pulled up
SELECT d.name, s.odometer_km FROM local.drivers AS d, LATERAL (SELECT * FROM status WHERE status.vehicle_id = d.vehicle_id) AS s;

--- LATERAL with a reference beside the join's
SELECT d.name, t.n FROM local.drivers AS d JOIN LATERAL (SELECT d.limit_kmh AS limit_kmh, vehicle_id, count(*) AS n FROM trips
	WHERE distance_km > d.limit_kmh - 90 GROUP BY vehicle_id) AS t ON t.vehicle_id = d.vehicle_id;

--- LATERAL that is pulled up, with a reference to another than it is joined to
SELECT d.n, v.vin, x.km, x.kmh FROM local.drivers AS d CROSS JOIN vehicles AS v LEFT
	JOIN LATERAL (SELECT s.vehicle_id, s.odometer_km AS km, coalesce(d.limit_kmh, 1) AS kmh FROM status AS s) AS x ON x.vehicle_id = v.id;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT d.n, v.vin, x.km, x.kmh FROM local.drivers AS d CROSS JOIN vehicles AS v LEFT
	JOIN LATERAL (SELECT s.vehicle_id, s.odometer_km AS km, coalesce(d.limit_kmh, 1) AS kmh FROM status AS s) AS x ON x.vehicle_id = v.id WHERE d.n < 4;

--- a function over an outer row's column
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = lower(d.vehicle_id);
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON upper(s.vehicle_id) = upper(d.vehicle_id);
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = coalesce(d.vehicle_id, :'v4');
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = CASE d.n WHEN 1 THEN d.vehicle_id WHEN 2 THEN '' WHEN 3 THEN 'x/y' END;

--- a join condition with OR
SELECT d.n, s.vin FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id OR s.vin = d.vin;
SELECT d.n, s.vin FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id OR s.odometer_km < 5000;

--- a join on equality and on an array of the outer row
SELECT v.vin, s.vin FROM vehicles AS v JOIN status AS s ON s.vehicle_id = ANY (ARRAY[v.id, NULL, 'nobody']);

--- equivalence classes: a constant reaches all
--! requests 4
SELECT s.odometer_km, p.latitude, m.days_before_maintenance FROM status AS s JOIN positions AS p ON p.vehicle_id = s.vehicle_id
	JOIN maintenance AS m ON m.vehicle_id = p.vehicle_id WHERE m.vehicle_id = :'v1' AND s.vin = :'vin1';

--- equivalence classes: two columns of ours, and contradictions
SELECT s.vin FROM status AS s JOIN vehicles AS v ON v.id = s.vehicle_id AND v.vin = s.vin WHERE v.id = :'v1';
SELECT count(*) + 1 FROM status AS s JOIN vehicles AS v ON v.id = s.vehicle_id WHERE v.id = :'v1' AND s.vehicle_id = :'v2';
SELECT count(*) + 1 FROM status WHERE vehicle_id = vin;
SELECT vin FROM status WHERE vehicle_id = vehicle_id;

--- times joined to times
SELECT a.id, c.id FROM alarms AS a JOIN collisions AS c ON c.vehicle_id = a.vehicle_id AND c.created_at = a.created_at;
SELECT a.id, t.id FROM alerts AS a JOIN trips AS t ON t.vehicle_id = a.vehicle_id AND a.started_at BETWEEN t.started_at AND t.stopped_at WHERE a.started_at >= '2026-03-28';
SELECT m.recorded_at, s.updated_at FROM telemetry AS m JOIN status AS s ON s.vehicle_id = m.vehicle_id AND m.recorded_at > s.updated_at - interval '12 h';

--- a merge join over time, both sides unordered
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT a.vin, count(*) FROM telemetry AS a JOIN telemetry AS b ON a.recorded_at = b.recorded_at WHERE a.recorded_at >= '2026-04-01'
	AND b.recorded_at >= '2026-04-01' GROUP BY a.vin;
SELECT t.id, d.name FROM trips AS t FULL JOIN local.drivers AS d ON d.vehicle_id = t.vehicle_id WHERE t.distance_km > 40 OR t.id IS NULL;

--- joins to functions and values
SELECT s.vin, g FROM status AS s JOIN generate_series(0, 30000, 5000) AS g ON s.odometer_km >= g AND s.odometer_km < g + 5000;
SELECT t.id, x.w FROM trips AS t JOIN (VALUES (0::float8, 10::float8, 'short'), (10, 40, 'mid'), (40, 10000, 'long')) AS x (a, b, w) ON t.distance_km >= x.a
	AND t.distance_km < x.b WHERE t.vehicle_id = :'v1';

--- a day grid, gaps filled
SELECT g::date, count(t.id), sum(t.distance_km::numeric) FROM generate_series('2026-03-18'::date, '2026-04-03', '1 day') AS g LEFT
	JOIN trips AS t ON t.vehicle_id = :'v1' AND t.started_at >= g AND t.started_at < g + interval '1 day' GROUP BY g;

--- UPDATE and DELETE of local tables by ours
BEGIN;
CREATE TEMP TABLE garage AS SELECT n, vehicle_id, NULL::float8 AS km FROM local.drivers;
UPDATE garage SET km = s.odometer_km FROM status AS s WHERE s.vehicle_id = garage.vehicle_id;
SELECT * FROM garage;
DELETE FROM garage USING maintenance AS m WHERE m.vehicle_id = garage.vehicle_id AND m.days_before_maintenance < 0;
DELETE FROM garage WHERE vehicle_id NOT IN (SELECT id FROM vehicles);
SELECT * FROM garage;
INSERT INTO garage (n, vehicle_id) SELECT 100, vehicle_id FROM alerts WHERE active RETURNING *;
UPDATE garage SET km = (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = garage.vehicle_id AND t.started_at >= '2026-04-01') WHERE n < 4 RETURNING n, km;
ROLLBACK;

--- MERGE, where there is one
--! needs psql 15
BEGIN;
CREATE TEMP TABLE garage AS SELECT DISTINCT vehicle_id, NULL::float8 AS km FROM local.drivers WHERE n < 4 AND vehicle_id IS NOT NULL;
MERGE INTO garage AS g USING status AS s ON g.vehicle_id = s.vehicle_id WHEN MATCHED THEN UPDATE SET km = s.odometer_km WHEN NOT MATCHED THEN INSERT VALUES (s.vehicle_id, -1);
SELECT * FROM garage;
ROLLBACK;

--- INSERT ON CONFLICT of a history
BEGIN;
CREATE TEMP TABLE history (LIKE local.history);
CREATE UNIQUE INDEX ON history (id);
INSERT INTO history SELECT * FROM local.history;
INSERT INTO history SELECT * FROM trips WHERE started_at >= (SELECT max(started_at) - interval '2 days' FROM local.history)
    ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at;
SELECT count(*), count(DISTINCT id), max(started_at), md5(string_agg(h::text, ',' ORDER BY id)) FROM history AS h;
ROLLBACK;
