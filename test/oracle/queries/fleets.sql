-- Several accounts: partitions of one parent, and UNION ALL.  Here two, the second of
-- which has every second car of the first.
--! pairs

--- all of both
SELECT account, count(*), min(started_at), max(started_at) FROM all_trips GROUP BY account;

--- all columns of both
SELECT * FROM all_trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-01';

--- the cars of both
SELECT account, vin, label, motorization FROM all_vehicles;
SELECT account, vin, odometer_km FROM all_status;

--- one account
SELECT count(*), min(started_at) FROM all_trips WHERE account = 'family';
SELECT vin, odometer_km FROM all_status WHERE account = 'company';

--- one account: the others are asked for nothing
--! requests 7
SELECT count(*), count(DISTINCT account) FROM all_status WHERE account = 'family';

--- one account and one car
--! requests 1
SELECT account, count(*), min(started_at) FROM all_alerts WHERE account = 'company' AND vehicle_id = :'v2' GROUP BY 1;

--- no account
--! requests 0
SELECT 'none', count(*) FROM all_trips WHERE account = 'other';
SELECT 'none', count(*) FROM all_trips WHERE account = '';
SELECT 'none', count(*) FROM all_trips WHERE account = NULL;
SELECT 'none', count(*) FROM all_trips WHERE account IS NULL;
SELECT 'none', count(*) FROM all_trips WHERE account = ANY ('{}');

--- accounts by lists and OR
SELECT account, count(*) FROM all_trips WHERE account IN ('family', 'other') GROUP BY 1;
SELECT account, count(*) FROM all_trips WHERE account = 'family' OR account = 'company' GROUP BY 1;
SELECT account, count(*) FROM all_trips WHERE account = 'family' AND vehicle_id = :'v1' OR account = 'company' AND vehicle_id = :'v2' GROUP BY 1;

--- accounts by other operators
SELECT account, count(*) FROM all_status WHERE account <> 'family' GROUP BY 1;
SELECT account, count(*) FROM all_status WHERE account > 'd' GROUP BY 1;
SELECT account, count(*) FROM all_status WHERE account LIKE 'fam%' GROUP BY 1;
SELECT account, count(*) FROM all_status WHERE upper(account) = 'FAMILY' GROUP BY 1;
SELECT account, count(*) FROM all_status WHERE account NOT IN ('company') GROUP BY 1;
SELECT account, count(*) FROM all_status WHERE account IS NOT NULL GROUP BY 1;

--- accounts at run time
SELECT account, count(*) FROM all_trips WHERE account = (SELECT 'family'::text || left(value, 0) FROM local.names WHERE name = 'v1') GROUP BY 1;
SELECT x.a, (SELECT count(*) FROM all_trips AS t WHERE t.account = x.a AND t.vehicle_id = :'v1') FROM (VALUES ('family'), ('company'), ('other'),
	(NULL), ('family')) AS x (a);
SELECT x.a, t.n FROM (VALUES ('family'), ('company'), ('other'), (NULL)) AS x (a) LEFT JOIN LATERAL (SELECT count(*) AS n FROM all_trips
	WHERE account = x.a AND vehicle_id = :'v2') AS t ON true;

--- accounts at run time, prepared
PREPARE p (text, text) AS SELECT account, count(*) FROM all_trips WHERE account = $1 AND vehicle_id = $2 GROUP BY 1;
EXECUTE p ('family', :'v1'); EXECUTE p ('company', :'v1'); EXECUTE p ('company', :'v2');
SET plan_cache_mode = force_generic_plan;
EXECUTE p ('family', :'v1'); EXECUTE p ('company', :'v2'); EXECUTE p ('other', :'v1'); EXECUTE p (NULL, :'v1'); EXECUTE p ('family', NULL);

--- accounts without pruning
SET enable_partition_pruning = off;
SELECT account, count(*) FROM all_trips WHERE account = 'family' GROUP BY 1;
SELECT 'none', count(*) FROM all_trips WHERE account = 'other';

--- a car of both accounts
SELECT account, vin, count(*) FROM all_trips WHERE vehicle_id = :'v1' GROUP BY 1, 2;
SELECT account, vin, count(*) FROM all_trips WHERE vin = :'vin2' GROUP BY 1, 2;
SELECT account, vin, count(*) FROM all_trips WHERE vin LIKE 'VR3%' GROUP BY 1, 2;

--- a range of both
SELECT account, count(*), min(recorded_at) FROM all_telemetry WHERE recorded_at >= '2026-04-02' AND recorded_at < '2026-04-03' GROUP BY 1;
SELECT account, id FROM all_alarms WHERE created_at::date = '2026-03-30';
SELECT account, id FROM all_alerts WHERE started_at BETWEEN '2026-03-25' AND '2026-03-26' OR started_at >= '2026-04-02';

--- nobody's car, and a car that has little
SELECT 'none', count(*) FROM all_trips WHERE vehicle_id = 'nobody';
SELECT 'none', count(*) FROM all_trips WHERE vehicle_id = :'v5';
SELECT account, count(*) FROM all_telemetry WHERE vehicle_id = :'v5' GROUP BY 1;

--- a trip of both, by id
SELECT account, id, started_at FROM all_trips WHERE id = :'nostart';
SELECT account, id, started_at FROM all_trips WHERE id = :'trip';
SELECT account, id FROM all_trips WHERE id IN (:'trip', :'long', 'nobody') AND vehicle_id = :'v1';

--- UNION ALL of both
SELECT account, count(*) FROM (SELECT * FROM family_trips UNION ALL SELECT * FROM company_trips) AS x GROUP BY 1;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM family_trips WHERE vehicle_id = :'v1' UNION ALL SELECT id FROM company_trips WHERE vehicle_id = :'v1') AS x;

--- UNION ALL of both, and a condition from above
SELECT account, id FROM (SELECT account, id, vehicle_id, started_at FROM family_trips UNION ALL SELECT account, id, vehicle_id, started_at
	FROM company_trips) AS x WHERE vehicle_id = :'v1' AND started_at >= '2026-04-01';
SELECT account, count(*) FROM (SELECT account, vehicle_id FROM family_trips UNION ALL SELECT account, vehicle_id FROM company_trips) AS x
	WHERE account = 'family' GROUP BY 1;

--- UNION ALL of eight
SELECT a, count(*), count(DISTINCT id) FROM (SELECT 1 AS a, id FROM family_alarms UNION ALL SELECT 2, id FROM company_alarms UNION ALL SELECT 3, id
	FROM alarms UNION ALL SELECT 4, id FROM family_alarms WHERE kind = 'trigger'
	UNION ALL SELECT 5, id FROM company_alarms WHERE created_at >= '2026-04-01' UNION ALL SELECT 6, id FROM family_alerts UNION ALL SELECT 7, id
	FROM company_alerts UNION ALL SELECT 8, id FROM trips) AS x GROUP BY 1;

--- UNION ALL with a local table
SELECT what, count(*) FROM (SELECT 'history' AS what, id FROM local.history UNION ALL SELECT 'family', id FROM family_trips UNION ALL
	SELECT 'company', id FROM company_trips) AS x GROUP BY 1;

--- UNION ALL without any concurrency
SET stellantis_fdw.max_concurrency = 1;
SELECT account, count(*) FROM all_trips GROUP BY 1;
SELECT account, vin, odometer_km FROM all_status;
SET stellantis_fdw.max_concurrency = 2;
SELECT account, count(*), max(recorded_at) FROM all_telemetry GROUP BY 1;

--- without async, and in order
SET enable_async_append = off;
SELECT account, count(*) FROM all_trips GROUP BY 1;
SELECT account, started_at FROM all_trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST, account LIMIT 4;

--- half read
SELECT count(*) FROM (SELECT id FROM all_trips LIMIT 7) AS x;
SELECT count(*) FROM (SELECT id FROM all_trips LIMIT 300) AS x;
SELECT count(*) FROM (SELECT 1 FROM all_telemetry WHERE recorded_at >= '2026-03-25' LIMIT 100 OFFSET 60) AS x;
SELECT count(*) FROM (SELECT id FROM all_trips WHERE distance_km > 300 LIMIT 3) AS x;

--- joins between accounts
SELECT f.id, c.distance_km FROM family_trips AS f JOIN company_trips AS c USING (id) WHERE f.vehicle_id = :'v1' AND c.vehicle_id = :'v1';
SELECT f.vin, count(c.id) FROM family_vehicles AS f LEFT JOIN company_alarms AS c ON c.vehicle_id = f.id GROUP BY 1;
SELECT count(*) FROM family_trips AS f FULL JOIN company_trips AS c USING (id);

--- joins between accounts, nested, hashed, merged
SET enable_hashjoin = off; SET enable_mergejoin = off;
SELECT f.vin, s.odometer_km FROM family_vehicles AS f JOIN company_status AS s ON s.vehicle_id = f.id;
SET enable_hashjoin = on; SET enable_nestloop = off;
SELECT f.vin, s.odometer_km FROM family_vehicles AS f JOIN company_status AS s ON s.vehicle_id = f.id;
SET enable_hashjoin = off; SET enable_mergejoin = on;
SELECT f.vin, s.odometer_km FROM family_vehicles AS f JOIN company_status AS s ON s.vehicle_id = f.id;

--- joins of the parents
SELECT v.account, v.vin, count(t.id) FROM all_vehicles AS v LEFT JOIN all_trips AS t ON t.account = v.account AND t.vehicle_id = v.id
	AND t.started_at >= '2026-04-01' GROUP BY 1, 2;
SELECT a.account, b.account, count(*) FROM all_trips AS a JOIN all_trips AS b USING (id) WHERE a.vehicle_id = :'v1' AND b.vehicle_id = :'v1' GROUP BY 1, 2;

--- joins of the parents, partition by partition
SET enable_partitionwise_join = on; SET enable_partitionwise_aggregate = on;
SELECT v.account, v.vin, count(t.id) FROM all_vehicles AS v LEFT JOIN all_trips AS t ON t.account = v.account AND t.vehicle_id = v.id GROUP BY 1, 2;
SELECT account, count(*), max(distance_km) FROM all_trips GROUP BY account;

--- LATERAL over the parents
SELECT v.account, v.vin, t.started_at FROM all_vehicles AS v LEFT JOIN LATERAL (SELECT started_at FROM all_trips WHERE account = v.account
	AND vehicle_id = v.id ORDER BY started_at DESC NULLS LAST LIMIT 1) AS t ON true;
SELECT d.n, x.c FROM local.drivers AS d CROSS JOIN LATERAL (SELECT count(*) AS c FROM all_trips WHERE vehicle_id = d.vehicle_id AND started_at >= d.since) AS x;

--- rescans of a parent
SET enable_material = off; SET enable_memoize = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
SELECT x.v, t.n FROM (VALUES (:'v1'), (:'v2'), (:'v1'), (NULL), ('nobody'), (:'v3')) AS x (v) CROSS JOIN LATERAL (SELECT count(*) AS n FROM all_trips
	WHERE vehicle_id = x.v) AS t;
SELECT count(*) FROM local.drivers AS d CROSS JOIN (SELECT account FROM all_status) AS s;

--- a parent, several times
SELECT (SELECT count(*) FROM all_trips), (SELECT max(started_at) FROM all_trips WHERE account = 'family'), (SELECT count(*) FROM all_trips WHERE vehicle_id = :'v1');
SELECT count(*) FROM all_status AS a JOIN all_status AS b USING (account, vehicle_id);

--- the newest of both
--! ordered
SELECT recorded_at FROM all_telemetry ORDER BY recorded_at DESC NULLS LAST LIMIT 13;
SELECT created_at, account FROM all_alarms ORDER BY created_at DESC NULLS LAST, account LIMIT 9;
SELECT started_at, account FROM all_trips WHERE started_at < '2026-03-25' ORDER BY started_at DESC, account LIMIT 9;

--- the newest of both, by MergeAppend
--! ordered
SET enable_sort = off; SET enable_incremental_sort = off;
SELECT started_at FROM all_trips WHERE started_at >= '2026-03-30' ORDER BY started_at DESC;
SELECT recorded_at FROM (SELECT recorded_at FROM family_telemetry WHERE vehicle_id = :'v1' UNION ALL SELECT recorded_at FROM company_telemetry
	WHERE vehicle_id = :'v2') AS x ORDER BY recorded_at DESC NULLS LAST LIMIT 9;

--- the newest of each account
SELECT DISTINCT ON (account) account, started_at FROM all_trips ORDER BY account, started_at DESC NULLS LAST;
SELECT x.a, t.started_at FROM (VALUES ('family'), ('company'), ('other')) AS x (a) LEFT JOIN LATERAL (SELECT started_at FROM all_trips
	WHERE account = x.a ORDER BY started_at DESC NULLS LAST LIMIT 2) AS t ON true;

--- a cursor over both
BEGIN;
DECLARE c CURSOR FOR SELECT account, id FROM all_trips WHERE started_at >= '2026-04-01';
FETCH 3 FROM c \g /dev/null
SELECT count(*) FROM all_status;
MOVE ALL FROM c;
COMMIT;

--- a cursor over both that scrolls
--! ordered
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT account, started_at FROM all_trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST, account;
FETCH 4 FROM c; FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH ABSOLUTE 9 FROM c;
COMMIT;

--- two cursors over both at once
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM all_trips;
DECLARE b CURSOR FOR SELECT recorded_at FROM all_telemetry WHERE recorded_at >= '2026-04-01';
MOVE 5 FROM a; MOVE 5 FROM b; MOVE 100 FROM a; MOVE ALL FROM b; MOVE ALL FROM a;
SELECT count(*) FROM all_trips;
COMMIT;

--- a parent in a function and a DO block
CREATE FUNCTION pg_temp.n(a text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM all_trips WHERE account = a); END $$;
SELECT a, pg_temp.n(a) FROM unnest('{family,company,other,NULL}'::text[]) AS a;
SELECT account, vin, pg_temp.n(account) FROM all_vehicles WHERE vin = :'vin1';

--- a parent that is written from
BEGIN;
CREATE TEMP TABLE kept AS SELECT * FROM all_trips WHERE started_at >= '2026-04-01';
SELECT account, count(*), max(started_at) FROM kept GROUP BY 1;
INSERT INTO kept SELECT * FROM all_trips WHERE account = 'family' AND vehicle_id = :'v1';
SELECT account, count(*) FROM kept GROUP BY 1;
ROLLBACK;

--- a partition that is local
BEGIN;
DO $$ BEGIN
	IF current_setting('search_path') ~ 'cars' THEN
		CREATE TABLE work.archive (LIKE fleet.all_trips);
		INSERT INTO work.archive SELECT 'archive', * FROM near.trips WHERE started_at < '2026-03-25';
		ALTER TABLE fleet.all_trips ATTACH PARTITION work.archive FOR VALUES IN ('archive');
	ELSE
		INSERT INTO fleet_near.all_trips SELECT 'archive', * FROM near.trips WHERE started_at < '2026-03-25';
	END IF;
END $$;
SELECT account, count(*) FROM all_trips GROUP BY 1;
SELECT account, count(*) FROM all_trips WHERE account IN ('archive', 'family') AND vehicle_id = :'v1' GROUP BY 1;
SELECT started_at, account FROM all_trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST, account OFFSET 60;
ROLLBACK;

--- a partition that fails
--! fails
BEGIN;
SET LOCAL stellantis_fdw.max_requests = 9;
SELECT count(*) FROM all_trips;
--= near
DO $$ BEGIN RAISE EXCEPTION 'statement needs more than 9 requests to the API' USING ERRCODE = '53400'; END $$;

--- tableoid and whole rows of both
SELECT tableoid::regclass::text ~ 'trips', account, count(*) FROM all_trips WHERE vehicle_id = :'v1' GROUP BY 1, 2;
SELECT to_jsonb(t) ->> 'account', count(*) FROM all_status AS t GROUP BY 1;
