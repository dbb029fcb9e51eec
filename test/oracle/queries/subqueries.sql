-- Subqueries: semi and anti joins, correlated ones, InitPlans, CTEs, recursion.

--- IN a subquery over a local table
SELECT vin, odometer_km FROM status WHERE vehicle_id IN (SELECT vehicle_id FROM local.drivers WHERE limit_kmh >= 100);

--- IN a subquery over a local table with NULLs among it
SELECT vin FROM status WHERE vehicle_id IN (SELECT vehicle_id FROM local.drivers);

--- NOT IN with NULLs: nobody
SELECT 'none', count(*) FROM status WHERE vehicle_id NOT IN (SELECT vehicle_id FROM local.drivers);

--- NOT IN without NULLs
SELECT vin FROM status WHERE vehicle_id NOT IN (SELECT vehicle_id FROM local.drivers WHERE vehicle_id IS NOT NULL AND n < 5);

--- NOT IN a list with NULL, without
SELECT 1, count(*) FROM status WHERE vehicle_id NOT IN (:'v1', NULL);
SELECT 2, vin FROM status WHERE vehicle_id NOT IN (:'v1', 'nobody', '');

--- NOT IN a subquery over ours
SELECT vin FROM vehicles WHERE id NOT IN (SELECT vehicle_id FROM status);
SELECT n FROM local.drivers WHERE vehicle_id NOT IN (SELECT vehicle_id FROM maintenance);
SELECT n FROM local.drivers WHERE (vehicle_id IN (SELECT vehicle_id FROM maintenance)) IS NOT TRUE;

--- IN a subquery over ours
SELECT vin FROM vehicles WHERE id IN (SELECT vehicle_id FROM alerts WHERE active);
SELECT id FROM trips WHERE vehicle_id IN (SELECT id FROM vehicles WHERE motorization = 'Hydrogen') AND distance_km > 20;

--- IN of several columns
SELECT id FROM trips WHERE (vehicle_id, id) IN (SELECT vehicle_id, trip_id FROM collisions);
SELECT id FROM alarms WHERE (vehicle_id, created_at) IN (SELECT vehicle_id, at FROM local.instants);

--- EXISTS, NOT EXISTS
SELECT vin FROM vehicles AS v WHERE EXISTS (SELECT FROM collisions AS c WHERE c.vehicle_id = v.id AND c.pedestrian);
SELECT vin FROM vehicles AS v WHERE NOT EXISTS (SELECT FROM status AS s WHERE s.vehicle_id = v.id);
SELECT t.id FROM trips AS t WHERE EXISTS (SELECT FROM collisions AS c WHERE c.vehicle_id = t.vehicle_id AND c.created_at BETWEEN t.started_at AND t.stopped_at)
	AND t.started_at >= '2026-03-25';

--- EXISTS that is not correlated
SELECT name FROM local.drivers WHERE EXISTS (SELECT FROM alerts WHERE active);
SELECT 'none' WHERE NOT EXISTS (SELECT FROM trips WHERE vehicle_id = 'nobody');
SELECT vin FROM status WHERE EXISTS (SELECT FROM local.drivers WHERE name = 'Nobody') OR odometer_km > 0;

--- the requests of an EXISTS that is true: no more than it needs
SELECT count(*) FROM local.drivers WHERE EXISTS (SELECT FROM trips WHERE vehicle_id = :'v1');

--- EXISTS under OR: a hashed or a correlated subplan
SELECT v.vin FROM vehicles AS v WHERE v.motorization = 'Electric' OR EXISTS (SELECT FROM alerts AS a WHERE a.vehicle_id = v.id AND a.active);
SELECT v.vin FROM vehicles AS v WHERE v.motorization = 'Electric' OR v.id IN (SELECT vehicle_id FROM alerts WHERE active);

--- correlated scalars
SELECT vin, (SELECT odometer_km FROM status AS s WHERE s.vehicle_id = v.id), (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = v.id
	AND t.started_at >= '2026-04-01') FROM vehicles AS v;

--- correlated scalars over time
SELECT vin, (SELECT max(started_at) FROM trips AS t WHERE t.vehicle_id = p.vehicle_id AND t.started_at < p.recorded_at) FROM positions AS p;

--- a correlated scalar that finds nothing, and one that finds too much
--! fails
SELECT n, (SELECT odometer_km FROM status AS s WHERE s.vehicle_id = d.vehicle_id) FROM local.drivers AS d;
SELECT (SELECT id FROM trips AS t WHERE t.vehicle_id = v.id) FROM vehicles AS v WHERE v.vin = :'vin1';

--- a correlated scalar with ORDER BY and LIMIT
SELECT vin, (SELECT distance_km FROM trips AS t WHERE t.vehicle_id = v.id AND t.started_at IS NOT NULL ORDER BY started_at DESC LIMIT 1) FROM vehicles AS v;

--- a correlated subquery in the condition
SELECT t.id FROM trips AS t WHERE t.vehicle_id = :'v1' AND t.distance_km > (SELECT avg(u.distance_km) FROM local.history AS u WHERE u.vehicle_id = t.vehicle_id);
SELECT v.vin FROM vehicles AS v WHERE 30 < (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = v.id);

--- a correlated subquery two levels up
SELECT v.vin, (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = v.id AND EXISTS (SELECT FROM alerts AS a WHERE a.vehicle_id = v.id
	AND a.started_at BETWEEN t.started_at AND t.stopped_at)) FROM vehicles AS v WHERE v.vin IN (:'vin2', :'vin3');

--- an InitPlan as a bound
--! requests 1
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = :'v1' AND started_at > (SELECT max(started_at) - interval '2 days' FROM local.history WHERE vehicle_id = :'v1');

--- an InitPlan over ours as a bound
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= (SELECT max(started_at) FROM trips WHERE vehicle_id = :'v1'
	AND started_at < '2026-04-02');

--- an InitPlan as the vehicle
--! requests 2
SELECT odometer_km FROM status WHERE vehicle_id = (SELECT id FROM vehicles WHERE vin = :'vin3');

--- an InitPlan without a result, or with NULL
--! requests 0
SELECT 'none', count(*) FROM trips WHERE vehicle_id = (SELECT vehicle_id FROM local.drivers WHERE n = 0);
SELECT 'none', count(*) FROM trips WHERE vehicle_id = (SELECT vehicle_id FROM local.drivers WHERE n = 6);
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at >= (SELECT at FROM local.instants WHERE what = 'never');

--- an InitPlan with too many results
--! fails
SELECT count(*) FROM trips WHERE vehicle_id = (SELECT vehicle_id FROM local.drivers);

--- an InitPlan that is never looked at
--! requests 1
SELECT count(*) FROM status WHERE vehicle_id = :'v1' OR (vehicle_id = :'v2' AND false AND odometer_km > (SELECT max(odometer_km) FROM status));

--- minimum and maximum
SELECT min(started_at), max(started_at), min(distance_km), max(distance_km) FROM trips WHERE vehicle_id = :'v1';
SELECT max(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at < '2026-03-30';

--- the row of a maximum
SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' AND started_at = (SELECT max(started_at) FROM trips WHERE vehicle_id = :'v1');
SELECT vin FROM status WHERE odometer_km >= ALL (SELECT odometer_km FROM status WHERE odometer_km IS NOT NULL);

--- ANY and ALL of subqueries
SELECT vin FROM status WHERE odometer_km < ANY (SELECT odometer_km FROM status WHERE vin LIKE 'VR3%');
SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at > ALL (SELECT started_at FROM local.history WHERE vehicle_id = :'v1');

--- ARRAY of a subquery
SELECT v.vin, ARRAY(SELECT t.distance_km FROM trips AS t WHERE t.vehicle_id = v.id AND t.started_at >= '2026-04-02' ORDER BY t.started_at) FROM vehicles AS v;

--- a subquery in FROM, with its own conditions
SELECT x.vehicle_id, x.n FROM (SELECT vehicle_id, count(*) AS n FROM trips WHERE done GROUP BY vehicle_id) AS x WHERE x.vehicle_id IN (:'v1', :'v2') AND x.n > 1;

--- a condition that goes into a subquery
--! requests 1
SELECT * FROM (SELECT vehicle_id, distance_km * 2 AS twice, started_at FROM trips) AS x WHERE x.vehicle_id = :'v1' AND x.started_at >= '2026-04-01';

--- a condition that goes into a UNION ALL
--! requests 2
SELECT * FROM (SELECT vehicle_id, 'alert' AS what, started_at AS at FROM alerts UNION ALL SELECT vehicle_id, 'alarm', created_at FROM alarms) AS e
	WHERE e.vehicle_id = :'v2' AND e.at >= '2026-03-28';

--- a condition that goes through GROUP BY and DISTINCT
--! requests 2
SELECT * FROM (SELECT vehicle_id, max(distance_km) FROM trips GROUP BY vehicle_id) AS x WHERE vehicle_id = :'v1';
SELECT * FROM (SELECT DISTINCT vehicle_id, done FROM trips) AS x WHERE vehicle_id = :'v1';

--- a condition that goes through a window by vehicle
--! requests 1
SELECT * FROM (SELECT vehicle_id, started_at, lag(stopped_at) OVER (PARTITION BY vehicle_id ORDER BY started_at, id) AS before FROM trips) AS x WHERE x.vehicle_id = :'v1';

--- a condition that does not go through LIMIT
SELECT count(*) <= 20 AS few, count(*) FILTER (WHERE vehicle_id <> :'v1') AS others FROM (SELECT vehicle_id FROM trips ORDER BY vehicle_id, id LIMIT 20) AS x
	WHERE x.vehicle_id = :'v1';

--- CTEs
WITH t AS (SELECT * FROM trips WHERE started_at >= '2026-04-01'), s AS (SELECT vehicle_id, odometer_km FROM status)
SELECT t.vin, count(*), max(s.odometer_km) FROM t JOIN s USING (vehicle_id) GROUP BY t.vin;

--- a CTE that is materialized is read once
--! requests 1
WITH v AS MATERIALIZED (SELECT id, vin FROM vehicles) SELECT a.vin, count(*) FROM v AS a JOIN v AS b ON a.vin <= b.vin GROUP BY a.vin;

--- a CTE that is not: what both scans want is fetched once
--! requests 1
WITH v AS NOT MATERIALIZED (SELECT id, vin FROM vehicles) SELECT a.vin, b.vin FROM v AS a JOIN v AS b ON a.id = b.id;

--- a CTE that nobody reads, one that is read partly
WITH t AS MATERIALIZED (SELECT * FROM trips) SELECT 'nobody';
WITH t AS MATERIALIZED (SELECT id FROM trips WHERE vehicle_id = :'v1') SELECT count(*) FROM (SELECT * FROM t LIMIT 3) AS x;

--- CTEs that build on each other
WITH v AS (SELECT id FROM vehicles WHERE vin LIKE 'VR3%'), t AS (SELECT t.* FROM trips AS t WHERE t.vehicle_id IN (SELECT id FROM v)
	AND t.started_at >= '2026-04-01'), d AS (SELECT vehicle_id, sum(distance_km::numeric) AS km FROM t GROUP BY 1)
SELECT d.km, (SELECT count(*) FROM t WHERE t.vehicle_id = d.vehicle_id) FROM d;

--- CTEs that change local tables
BEGIN;
CREATE TEMP TABLE seen (id text);
WITH new AS (INSERT INTO seen SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-01' RETURNING id) SELECT count(*), (SELECT count(*)
	FROM alerts WHERE vehicle_id = :'v2') FROM new;
WITH gone AS (DELETE FROM seen WHERE id IN (SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-02') RETURNING id) SELECT t.started_at
	FROM gone JOIN trips AS t USING (id) WHERE t.vehicle_id = :'v1';
SELECT count(*) FROM seen;
ROLLBACK;

--- a recursion over trips: from odometer to odometer
WITH RECURSIVE chain AS (
	SELECT id, started_at, stopped_at, 1 AS n FROM trips WHERE vehicle_id = :'v1' AND started_at = (SELECT min(started_at) FROM local.history WHERE vehicle_id = :'v1')
	UNION ALL
	SELECT x.id, x.started_at, x.stopped_at, c.n + 1 FROM chain AS c CROSS JOIN LATERAL (SELECT * FROM trips WHERE vehicle_id = :'v1'
	AND started_at > c.stopped_at ORDER BY started_at LIMIT 1) AS x WHERE c.n < 12)
SELECT n, started_at FROM chain;

--- a recursion whose inner scan is read again each round
--! requests 2
WITH RECURSIVE days AS (SELECT timestamptz '2026-03-30' AS d, 0::bigint AS n UNION ALL SELECT days.d + interval '1 day', (SELECT count(*) FROM alarms AS a
	WHERE a.vehicle_id = :'v2' AND coalesce(a.created_at, a.started_at)::date = days.d::date) FROM days WHERE days.d < '2026-04-03') SELECT d, n FROM days;
SELECT count(*) FROM alarms WHERE vehicle_id = :'v2';

--- a recursion with a join
WITH RECURSIVE r AS (SELECT 0::float8 AS km, 0 AS n UNION SELECT s.odometer_km, r.n + 1 FROM r JOIN status AS s ON s.odometer_km > r.km
	WHERE r.n < 3) SELECT n, count(*), max(km) FROM r GROUP BY n;

--- a recursion over local rows, ours in the first part
WITH RECURSIVE r AS (SELECT vehicle_id, 1 AS n FROM maintenance UNION ALL SELECT d.vehicle_id, r.n + 1 FROM r
	JOIN local.drivers AS d ON d.vehicle_id = r.vehicle_id WHERE r.n < 4) SELECT n, count(*) FROM r GROUP BY n;

--- set operations
SELECT vehicle_id FROM status EXCEPT SELECT vehicle_id FROM positions;
SELECT id FROM vehicles INTERSECT SELECT vehicle_id FROM maintenance;
SELECT id FROM vehicles EXCEPT ALL SELECT vehicle_id FROM trips;
SELECT vin FROM vehicles UNION SELECT vin FROM local.drivers;
SELECT kind FROM alarms INTERSECT ALL (SELECT 'status' FROM generate_series(1, 5));
(SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at LIMIT 2) UNION ALL (SELECT id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 2);

--- a UNION ALL of tables of several accounts
CREATE TEMP VIEW all_trips AS SELECT 'mine' AS account, * FROM trips UNION ALL SELECT 'theirs', * FROM local.history;
SELECT account, count(*), max(started_at) FROM all_trips WHERE vehicle_id = :'v1' AND started_at >= '2026-03-25' GROUP BY account;
SELECT account, count(*) FROM all_trips WHERE account = 'theirs' GROUP BY account;
SELECT account, id FROM all_trips ORDER BY distance_km DESC, id, account LIMIT 5;

--- partitions of several accounts
BEGIN;
CREATE SCHEMA family;
CREATE TABLE family.trips (account text, LIKE near.trips);
DO $$ BEGIN
	IF current_setting('search_path') ~ 'cars' THEN
		DROP TABLE family.trips;
		IMPORT FOREIGN SCHEMA stellantis LIMIT TO (trips) FROM SERVER sim INTO family OPTIONS (account 'family');
	ELSE
		INSERT INTO family.trips SELECT 'family', * FROM near.trips;
	END IF;
END $$;
CREATE TABLE family.all_trips (LIKE family.trips) PARTITION BY LIST (account);
ALTER TABLE family.all_trips ATTACH PARTITION family.trips FOR VALUES IN ('family');
CREATE TABLE family.other PARTITION OF family.all_trips DEFAULT;
INSERT INTO family.other SELECT 'other', * FROM local.history;
SELECT account, vin, count(*) FROM family.all_trips WHERE started_at >= '2026-03-25' GROUP BY account, vin;
SELECT count(*) FROM family.all_trips WHERE account = 'family' AND vehicle_id = :'v1';
SELECT account, count(*) FROM family.all_trips WHERE account IN ('family', 'nobody') GROUP BY 1;
SELECT account, count(*) FROM family.all_trips WHERE account LIKE 'o%' GROUP BY 1;
SELECT count(*) FROM family.trips WHERE account <> 'family' OR account IS NULL;
SELECT account, started_at FROM family.all_trips WHERE vehicle_id = :'v1' AND started_at >= '2026-03-26' ORDER BY started_at DESC, account LIMIT 6;
SELECT t.account, v.label, count(*) FROM family.all_trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id WHERE t.started_at >= '2026-04-01' GROUP BY 1, 2;
SELECT d.name, count(t.id) FROM local.drivers AS d LEFT JOIN family.all_trips AS t ON t.vehicle_id = d.vehicle_id AND t.started_at >= d.since GROUP BY d.n, d.name;
SELECT a.account, b.account, count(*) FROM family.all_trips AS a JOIN family.all_trips AS b USING (id) GROUP BY 1, 2;
PREPARE p (text) AS SELECT account, count(*) FROM family.all_trips WHERE account = $1 GROUP BY 1;
SET LOCAL plan_cache_mode = force_generic_plan;
EXECUTE p ('family');
EXECUTE p ('other');
ROLLBACK;

--- inheritance
BEGIN;
CREATE TABLE work.parent (LIKE near.alarms);
INSERT INTO work.parent SELECT * FROM near.alarms WHERE kind = 'trigger';
DO $$ BEGIN EXECUTE format('ALTER %s TABLE %I.alarms INHERIT work.parent', CASE WHEN current_setting('search_path') ~ 'cars' THEN 'FOREIGN' END, (current_schemas(false))[1]); END $$;
SELECT kind, count(*), max(created_at) FROM work.parent WHERE created_at >= '2026-03-25' GROUP BY kind;
SELECT count(*) FROM ONLY work.parent;
SELECT p.id FROM work.parent AS p JOIN local.drivers AS d ON d.vehicle_id = p.vehicle_id WHERE p.kind = 'trigger';
ROLLBACK;
