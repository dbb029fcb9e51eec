-- The same thing several times in one query: self joins, unions, common table
-- expressions, subqueries that are asked again and again.  However it is joined, and
-- however it is shared, what comes is the same.
--! pairs

--- a self join by id
--! requests 1
SELECT a.vin, b.label FROM vehicles AS a JOIN vehicles AS b ON b.id = a.id;

--- a self join of trips by id
--! requests 1
SELECT a.id, b.distance_km FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';

--- a self join of all trips
--! requests 7
SELECT count(*), count(DISTINCT a.id) FROM trips AS a JOIN trips AS b ON b.id = a.id;

--- a self join by vehicle: trips that follow each other
SELECT a.id, b.id FROM trips AS a JOIN trips AS b ON b.vehicle_id = a.vehicle_id AND b.start_odometer_km = a.start_odometer_km + a.distance_km
	AND b.id <> a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';

--- a self join with other columns on each side
SELECT a.speed_kmh, b.latitude, c.km_before_maintenance FROM telemetry AS a JOIN telemetry AS b USING (vehicle_id, recorded_at)
	JOIN telemetry AS c USING (vehicle_id, recorded_at)
 WHERE a.vehicle_id = :'v1' AND a.recorded_at >= '2026-04-02' AND b.recorded_at >= '2026-04-02' AND c.recorded_at >= '2026-04-02'
	AND b.vehicle_id = :'v1' AND c.vehicle_id = :'v1';

--- a self join with fewer columns first, then more
SELECT a.vin, b.brand, c.picture_urls, d.remote_capabilities FROM vehicles AS a JOIN vehicles AS b USING (id) JOIN vehicles AS c USING (id) JOIN vehicles AS d USING (id);
SELECT (SELECT count(*) FROM vehicles), (SELECT string_agg(label, ',' ORDER BY vin) FROM vehicles), (SELECT count(*) FROM vehicles WHERE picture_urls IS NOT NULL);

--- a self join of ranges that overlap
SELECT count(*), count(b.recorded_at) FROM telemetry AS a LEFT JOIN telemetry AS b ON b.recorded_at = a.recorded_at AND b.vehicle_id = :'v1'
	AND b.recorded_at < '2026-03-26' WHERE a.vehicle_id = :'v1' AND a.recorded_at >= '2026-03-24';

--- a self join of ranges that are the same
--! requests 1
SELECT count(*) FROM telemetry AS a JOIN telemetry AS b USING (recorded_at) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1'
	AND a.recorded_at >= '2026-03-24' AND b.recorded_at >= '2026-03-24';

--- a self join, nested
SET enable_hashjoin = off; SET enable_mergejoin = off;
SELECT a.id, b.distance_km FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
SET enable_material = off;
SELECT a.id, b.distance_km FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';

--- a self join, hashed
SET enable_nestloop = off; SET enable_mergejoin = off;
SELECT a.id, b.distance_km FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
SET work_mem = '64kB';
SELECT count(*) FROM telemetry AS a JOIN telemetry AS b USING (vehicle_id, recorded_at);

--- a self join, merged
SET enable_nestloop = off; SET enable_hashjoin = off;
SELECT a.id, b.distance_km FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
SET work_mem = '64kB';
SELECT count(*) FROM telemetry AS a JOIN telemetry AS b USING (vehicle_id, recorded_at);

--- a self join, half read
SELECT count(*) FROM (SELECT a.id FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1' LIMIT 5) AS x;
SELECT count(*) FROM (SELECT 1 FROM (SELECT recorded_at FROM telemetry LIMIT 10) AS a, (SELECT recorded_at FROM telemetry LIMIT 500) AS b) AS x;

--- one half read, the other in full
SELECT (SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v2' LIMIT 1) AS a), (SELECT count(*) FROM trips WHERE vehicle_id = :'v2'),
	(SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v2' LIMIT 30) AS b);
SELECT count(*) FROM ((SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' LIMIT 7) UNION ALL SELECT recorded_at FROM telemetry
	WHERE vehicle_id = :'v1' UNION ALL (SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' LIMIT 50)) AS x;

--- UNION of the same
--! requests 2
SELECT id FROM trips WHERE vehicle_id = :'v1' UNION SELECT id FROM trips WHERE vehicle_id = :'v1';
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' UNION ALL SELECT id FROM trips WHERE vehicle_id = :'v1') AS x;

--- UNION of the same with other conditions here
SELECT 'long', id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 30 UNION ALL SELECT 'short', id FROM trips WHERE vehicle_id = :'v1'
	AND distance_km < 5 UNION ALL SELECT 'undone', id FROM trips WHERE vehicle_id = :'v1' AND NOT done;

--- UNION of vehicles, one after the other, and all
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' UNION ALL SELECT id FROM trips WHERE vehicle_id = :'v2' UNION ALL SELECT id
	FROM trips WHERE vehicle_id IN (:'v1', :'v2') UNION ALL SELECT id FROM trips) AS x;
SELECT vin, count(*) FROM (SELECT vin FROM status UNION ALL SELECT vin FROM status WHERE vin LIKE 'VR3%' UNION ALL SELECT vin FROM status
	WHERE vehicle_id = :'v1') AS x GROUP BY 1;

--- INTERSECT and EXCEPT of the same
SELECT id FROM trips WHERE vehicle_id = :'v1' INTERSECT SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 30;
SELECT id FROM trips WHERE vehicle_id = :'v1' EXCEPT ALL SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km <= 30;
SELECT 'none', count(*) FROM (SELECT id FROM trips EXCEPT SELECT id FROM trips) AS x;

--- common table expressions of the same
WITH a AS MATERIALIZED (SELECT * FROM trips WHERE vehicle_id = :'v1'), b AS NOT MATERIALIZED (SELECT * FROM trips WHERE vehicle_id = :'v1')
	SELECT count(*), count(b.id), max(c.distance_km) FROM a JOIN b USING (id) JOIN a AS c USING (id) JOIN b AS d USING (id);

--- scalar subqueries of the same
--! requests 1
SELECT (SELECT count(*) FROM trips WHERE vehicle_id = :'v1'), (SELECT max(distance_km) FROM trips WHERE vehicle_id = :'v1'), (SELECT min(started_at)
	FROM trips WHERE vehicle_id = :'v1'), (SELECT count(*) FROM trips WHERE vehicle_id = :'v1' AND done);

--- five tables that need the listing
SELECT s.vin, s.odometer_km, p.recorded_at, m.days_before_maintenance, (SELECT count(*) FROM trips AS t WHERE t.vin = s.vin), (SELECT count(*)
	FROM alerts AS a WHERE a.vin = s.vin)
  FROM status AS s LEFT JOIN positions AS p USING (vin) LEFT JOIN maintenance AS m USING (vin) WHERE s.vin LIKE 'V%';

--- tables by VIN, several prefixes
SELECT a.vin, b.vin, c.vin FROM status AS a LEFT JOIN positions AS b ON b.vin = a.vin AND b.vin LIKE 'VR3%' LEFT
	JOIN maintenance AS c ON c.vin = a.vin AND c.vin LIKE 'VF%';

--- a correlated subquery with repeated keys
SELECT d.n, (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = d.vehicle_id), (SELECT max(t.started_at) FROM trips AS t
	WHERE t.vehicle_id = d.vehicle_id) FROM local.drivers AS d;

--- a correlated subquery with repeated and NULL keys, without memoize
--! requests 5
SET enable_memoize = off;
SELECT x.n, (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = x.v) FROM (VALUES (1, :'v1'), (2, :'v2'), (3, :'v1'), (4, NULL), (5, :'v2'), (6,
	'nobody'), (7, :'v1'), (8, 'nobody'), (9, :'v5'), (10, '')) AS x (n, v);

--- LATERAL with repeated keys and times
SELECT x.n, t.c FROM (VALUES (1, :'v1', '2026-03-25'), (2, :'v1', '2026-04-01'), (3, :'v1', '2026-03-25'), (4, :'v2', '2026-03-25'), (5, :'v1', NULL),
	(6, :'v1', '2026-04-01')) AS x (n, v, at)
 CROSS JOIN LATERAL (SELECT count(*) AS c FROM trips WHERE vehicle_id = x.v AND started_at >= x.at::timestamptz) AS t;

--- nested loops whose inner side is asked again
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off;
SELECT h.id, s.odometer_km > 0 FROM local.history AS h JOIN status AS s ON s.vehicle_id = h.vehicle_id WHERE h.started_at < '2026-03-20';
SELECT h.id, count(a.id) FROM local.history AS h LEFT JOIN alarms AS a ON a.vehicle_id = h.vehicle_id AND a.created_at > '2026-04-01'
	WHERE h.started_at < '2026-03-19' GROUP BY 1;

--- nested loops over all of another
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT count(*) FROM alerts AS a JOIN collisions AS c ON c.vehicle_id = a.vehicle_id AND c.created_at > a.started_at;
SELECT count(*), count(DISTINCT v.id) FROM vehicles AS v CROSS JOIN vehicles AS w;

--- an EXISTS and a NOT EXISTS on the same
SELECT v.vin FROM vehicles AS v WHERE EXISTS (SELECT FROM alarms AS a WHERE a.vehicle_id = v.id) AND NOT EXISTS (SELECT FROM alarms AS a
	WHERE a.vehicle_id = v.id AND a.created_at > '2026-04-03 06:00');
SELECT v.vin FROM vehicles AS v WHERE v.id IN (SELECT vehicle_id FROM trips) AND v.id NOT IN (SELECT vehicle_id FROM trips WHERE distance_km > 800);

--- SubPlans that are hashed and not
SELECT vin, id IN (SELECT vehicle_id FROM trips WHERE distance_km > 700) AS far, id IN (SELECT vehicle_id FROM trips WHERE NOT done) AS undone FROM vehicles;
SELECT vin, (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = v.id AND t.distance_km > (SELECT avg(distance_km) FROM trips AS u
	WHERE u.vehicle_id = v.id)) FROM vehicles AS v;

--- a table and a view of it
CREATE TEMP VIEW mine AS SELECT * FROM trips WHERE vehicle_id = local.named('v1');
SELECT count(*), count(m.id) FROM trips AS t LEFT JOIN mine AS m USING (id);
SELECT count(*) FROM mine AS a JOIN mine AS b USING (id) JOIN mine AS c USING (id);

--- functions within a query ask for themselves
CREATE FUNCTION pg_temp.n(v text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM trips WHERE vehicle_id = v); END $$;
SELECT vin, pg_temp.n(id), (SELECT count(*) FROM trips WHERE vehicle_id = v.id) FROM vehicles AS v;
SELECT count(*), sum(pg_temp.n(vehicle_id)) FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-02';

--- functions in SQL within a query
CREATE FUNCTION pg_temp.far(v text, km float8) RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT id FROM trips WHERE vehicle_id = v AND distance_km > km $$;
SELECT v.vin, count(f) FROM vehicles AS v LEFT JOIN LATERAL pg_temp.far(v.id, 40) AS f ON true GROUP BY 1;
SELECT count(*) FROM pg_temp.far(:'v1', 30) AS a JOIN pg_temp.far(:'v1', 35) AS b ON a = b;

--- two cursors over the same
BEGIN;
DECLARE a CURSOR FOR SELECT x.id FROM trips AS x JOIN trips AS y USING (id) WHERE x.vehicle_id = :'v1' AND y.vehicle_id = :'v1' ORDER BY 1;
DECLARE b CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY 1;
FETCH 3 FROM a; FETCH 3 FROM b; CLOSE a; FETCH 3 FROM b; FETCH ALL FROM b;
COMMIT;

--- a self join that scrolls
--! ordered
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT x.started_at FROM trips AS x JOIN trips AS y USING (id) WHERE x.vehicle_id = :'v1' AND y.vehicle_id = :'v1' ORDER BY 1;
FETCH 4 FROM c; FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH FIRST FROM c; FETCH ABSOLUTE 9 FROM c;
COMMIT;

--- a self join in a savepoint that is rolled back
--! fails
BEGIN;
SAVEPOINT s;
SELECT count(*) FROM trips AS a JOIN trips AS b USING (id) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
SELECT 1 / 0;
ROLLBACK TO s;
SELECT count(*) FROM trips AS a JOIN trips AS b USING (id) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
COMMIT;

--- the same again in the same transaction
BEGIN;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1'; SELECT count(*) FROM trips WHERE vehicle_id = :'v1'; SELECT count(*) FROM trips AS a, trips AS b
	WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1' AND a.id = b.id;
COMMIT;

--- prepared: self joins, generic
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, text) AS SELECT count(*), min(a.started_at) FROM trips AS a JOIN trips AS b ON b.id = a.id WHERE a.vehicle_id = $1 AND b.vehicle_id = $2;
EXECUTE p (:'v1', :'v1'); EXECUTE p (:'v1', :'v2'); EXECUTE p (NULL, :'v1'); EXECUTE p ('nobody', 'nobody'); EXECUTE p (:'v2', :'v2');

--- the same trip's way points, telemetry, alerts, several times
SELECT (SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip'), (SELECT max(recorded_at) FROM waypoints
	WHERE vehicle_id = :'v1' AND trip_id = :'trip'),
	(SELECT count(*) FROM waypoints AS a JOIN waypoints AS b USING (recorded_at) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1'
	AND a.trip_id = :'trip' AND b.trip_id = :'trip');

--- way points once simplified and once not
SELECT (SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long'), (SELECT count(*) < 1000000 FROM waypoints
	WHERE vehicle_id = :'v1' AND trip_id = :'long' AND tolerance_km = 0.5),
	(SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' AND tolerance_km = 0);
--= near
SELECT (SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long'), true, (SELECT count(*) FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long');

--- the newest and all of the same
SELECT t.started_at, x.n FROM (SELECT started_at, vehicle_id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 2) AS t
	CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips WHERE vehicle_id = t.vehicle_id) AS x;
SELECT count(*), max(a.started_at), min(b.started_at) FROM (SELECT * FROM trips ORDER BY started_at DESC NULLS LAST LIMIT 5) AS a
	JOIN trips AS b ON b.vehicle_id = a.vehicle_id;

--- a table twice, with and without a slack of its own
BEGIN;
DO $$ BEGIN
	IF current_setting('search_path') ~ 'cars' THEN
		CREATE FOREIGN TABLE work.other (vehicle_id text, id text, started_at timestamptz, distance_km float8) SERVER sim OPTIONS (resource 'trips', page_size '3');
		CREATE FOREIGN TABLE work.miles (vehicle_id text, id text, avg_speed_kmh float8, max_speed_kmh float8) SERVER sim OPTIONS (resource 'trips', max_speed_unit 'm/s');
	ELSE
		CREATE TABLE work.other AS SELECT vehicle_id, id, started_at, distance_km FROM near.trips;
		CREATE TABLE work.miles AS SELECT vehicle_id, id, avg_speed_kmh, max_speed_kmh * 3.6 AS max_speed_kmh FROM near.trips;
	END IF;
END $$;
SELECT count(*), count(b.id) FROM trips AS a LEFT JOIN work.other AS b USING (vehicle_id, id) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
SELECT a.id, round(b.max_speed_kmh::numeric, 3) = round((a.max_speed_kmh * 3.6)::numeric, 3) FROM trips AS a
	JOIN work.miles AS b USING (vehicle_id, id) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1';
ROLLBACK;

--- data-modifying statements that read the same twice
BEGIN;
CREATE TEMP TABLE kept AS SELECT id, distance_km FROM trips WHERE vehicle_id = :'v1' AND id IN (SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 30);
DELETE FROM kept AS k USING trips AS t WHERE t.id = k.id AND t.vehicle_id = :'v1' AND t.distance_km > 40;
SELECT id, distance_km FROM kept;
UPDATE kept AS k SET distance_km = (SELECT count(*) FROM trips WHERE vehicle_id = :'v1');
SELECT DISTINCT distance_km FROM kept;
ROLLBACK;
