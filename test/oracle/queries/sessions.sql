-- What a session does with a query: cursors, prepared statements, PL/pgSQL,
-- views, materialized ones, transactions, locks.

--- a cursor, row by row
BEGIN;
DECLARE c CURSOR FOR SELECT started_at, distance_km FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id;
FETCH c; FETCH 3 FROM c; FETCH NEXT FROM c; MOVE 5 FROM c; FETCH FORWARD 2 FROM c; FETCH ALL FROM c; FETCH c;
COMMIT;

--- a cursor without an order
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-03-25';
FETCH 3 FROM c; FETCH 4 FROM c; FETCH ALL FROM c;
COMMIT;

--- a cursor that goes back and forth
--! ordered
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at IS NOT NULL ORDER BY started_at;
FETCH 5 FROM c; FETCH PRIOR FROM c; FETCH BACKWARD 2 FROM c; FETCH FIRST FROM c; FETCH LAST FROM c; FETCH ABSOLUTE 7 FROM c; FETCH ABSOLUTE -3
	FROM c; FETCH RELATIVE 2 FROM c; FETCH RELATIVE -30 FROM c;
MOVE BACKWARD ALL IN c; FETCH NEXT FROM c; FETCH ABSOLUTE 0 FROM c; FETCH ABSOLUTE 1000 FROM c; FETCH BACKWARD ALL FROM c; FETCH RELATIVE 0 FROM c;
COMMIT;

--- a cursor that scrolls over bare rows: what comes again is the same
--! requests 1
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v1';
CREATE TEMP TABLE a (n serial, id text);
DO $$ DECLARE c refcursor := 'c'; x text; BEGIN
	FOR i IN 1 .. 20 LOOP FETCH c INTO x; INSERT INTO a (id) VALUES (x); END LOOP;
	FOR i IN REVERSE 19 .. 1 LOOP FETCH PRIOR FROM c INTO x; IF x IS DISTINCT FROM (SELECT id FROM a WHERE n = i) THEN RAISE EXCEPTION 'row % differs', i; END IF; END LOOP;
	FETCH ABSOLUTE 15 FROM c INTO x; IF x IS DISTINCT FROM (SELECT id FROM a WHERE n = 15) THEN RAISE EXCEPTION 'row 15 differs'; END IF;
END $$;
SELECT count(DISTINCT id) FROM a;
MOVE ABSOLUTE 0 IN c;
FETCH ALL FROM c;
COMMIT;

--- a cursor WITH HOLD, after its transaction
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id;
FETCH 2 FROM c;
COMMIT;
FETCH 2 FROM c; FETCH ALL FROM c; CLOSE c;

--- a cursor WITH HOLD that scrolls
--! ordered
BEGIN;
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT vin, odometer_km FROM status ORDER BY vin;
FETCH 3 FROM c;
COMMIT;
FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH FIRST FROM c; FETCH ABSOLUTE 2 FROM c; FETCH ALL FROM c;

--- a cursor WITH HOLD outside of a transaction
DECLARE c CURSOR WITH HOLD FOR SELECT vin FROM vehicles;
FETCH 2 FROM c \g /dev/null
FETCH ALL FROM c \g /dev/null
SELECT name, is_holdable FROM pg_cursors;
CLOSE c;

--- a cursor WITH HOLD whose transaction fails
--! fails
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT vin FROM vehicles;
FETCH 1 FROM c \g /dev/null
SELECT 1 / 0;
COMMIT;
FETCH 1 FROM c;

--- two cursors at once, read in turn
BEGIN;
DECLARE a CURSOR FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id;
DECLARE b CURSOR FOR SELECT created_at FROM alarms WHERE vehicle_id = :'v2' ORDER BY created_at, id;
FETCH 2 FROM a; FETCH 2 FROM b; FETCH 3 FROM a; FETCH 3 FROM b; FETCH ALL FROM a; FETCH ALL FROM b;
COMMIT;

--- two cursors on one table
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v1';
DECLARE b CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v2';
MOVE 5 FROM a; MOVE 10 FROM b; MOVE 7 FROM a; MOVE ALL FROM b;
SELECT count(*) FROM trips WHERE vehicle_id = :'v3';
MOVE ALL FROM a;
COMMIT;

--- a cursor that nobody reads
--! requests 0
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM trips;
SELECT 'nothing yet';
CLOSE c;
COMMIT;

--- a cursor over a join, outer and lateral
BEGIN;
DECLARE c CURSOR FOR SELECT v.vin, t.started_at FROM vehicles AS v LEFT JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = v.id
	ORDER BY started_at DESC NULLS LAST LIMIT 2) AS t ON true ORDER BY v.vin, t.started_at;
FETCH 3 FROM c; FETCH 100 FROM c;
COMMIT;

--- a savepoint that is rolled back amid a cursor
BEGIN;
DECLARE c CURSOR FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id;
FETCH 3 FROM c;
SAVEPOINT s;
FETCH 3 FROM c;
SELECT count(*) FROM alarms WHERE vehicle_id = :'v2';
ROLLBACK TO s;
FETCH 3 FROM c;
RELEASE s;
FETCH ALL FROM c;
COMMIT;

--- a savepoint that is rolled back before a cursor's first row
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v1' AND distance_km > 30;
SAVEPOINT s;
SELECT count(*) FROM trips WHERE vehicle_id = :'v2';
ROLLBACK TO s;
FETCH ALL FROM c;
COMMIT;

--- a cursor that a savepoint takes away
--! fails
BEGIN;
SAVEPOINT s;
DECLARE c CURSOR FOR SELECT id FROM trips WHERE vehicle_id = :'v1';
MOVE 3 FROM c;
ROLLBACK TO s;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1';
FETCH 1 FROM c;
ROLLBACK;

--- an error in a savepoint, and on with it
--! fails
BEGIN;
SELECT count(*) FROM trips WHERE vehicle_id = :'v1';
SAVEPOINT s;
SELECT 1 / (count(*) - count(*)) FROM trips WHERE vehicle_id = :'v1';
ROLLBACK TO s;
SELECT count(*) FROM trips WHERE vehicle_id = :'v2';
COMMIT;

--- psql's own cursor
\set FETCH_COUNT 7
SELECT vin, id, started_at FROM trips WHERE started_at >= '2026-03-20';
SELECT * FROM maintenance;
\set FETCH_COUNT 0

--- WHERE CURRENT OF a cursor over ours
--! fails
BEGIN;
CREATE TEMP TABLE mine AS SELECT n FROM local.drivers;
DECLARE c CURSOR FOR SELECT vin FROM vehicles;
MOVE 1 FROM c;
DELETE FROM mine WHERE CURRENT OF c;
ROLLBACK;

--- WHERE CURRENT OF a cursor over a local table joined to ours
BEGIN;
CREATE TEMP TABLE mine AS SELECT n, vehicle_id FROM local.drivers;
DECLARE c CURSOR FOR SELECT m.n FROM mine AS m WHERE m.vehicle_id = ANY (ARRAY(SELECT vehicle_id FROM status)) FOR UPDATE OF m;
FETCH 1 FROM c;
DELETE FROM mine WHERE CURRENT OF c;
SELECT n FROM mine;
ROLLBACK;

--- prepared: custom plans
PREPARE p (text, timestamptz) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = $1 AND started_at >= $2;
EXECUTE p (:'v1', '2026-03-25');
EXECUTE p (:'v2', '2026-04-01');
EXECUTE p ('nobody', '2026-04-01');
EXECUTE p ('', '2026-04-01');
EXECUTE p (NULL, '2026-04-01');
EXECUTE p (:'v1', NULL);
EXECUTE p (:'v1', '-infinity');
EXECUTE p (:'v1', 'infinity');

--- prepared: a generic plan
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, timestamptz) AS SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = $1 AND started_at >= $2;
EXECUTE p (:'v1', '2026-03-25');
EXECUTE p (:'v2', '2026-04-01');
EXECUTE p ('nobody', '2026-04-01');
EXECUTE p ('..', '2026-04-01');
EXECUTE p (NULL, '2026-04-01');
EXECUTE p (:'v1', NULL);
EXECUTE p (:'v1', '-infinity');
EXECUTE p (:'v1', 'infinity');

--- prepared: the sixth execution
--! requests 8
PREPARE p (text) AS SELECT vehicle_id = $1, odometer_km FROM status WHERE vehicle_id = $1;
EXECUTE p (:'v1'); EXECUTE p (:'v2'); EXECUTE p (:'v3'); EXECUTE p (:'v1'); EXECUTE p (:'v2'); EXECUTE p (:'v3'); EXECUTE p (:'v1'); EXECUTE p (:'v4');

--- prepared: arrays
SET plan_cache_mode = force_generic_plan;
PREPARE p (text[]) AS SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id = ANY ($1);
EXECUTE p (ARRAY[:'v1', :'v2', NULL, :'v1']);
EXECUTE p ('{}');
EXECUTE p (NULL);
EXECUTE p (ARRAY[NULL]::text[]);
EXECUTE p (ARRAY[[:'v3']]);

--- prepared: VINs, patterns and prefixes
SET plan_cache_mode = force_generic_plan;
PREPARE p (text) AS SELECT vin FROM status WHERE vin LIKE $1;
EXECUTE p ('VR3%'); EXECUTE p ('%'); EXECUTE p (''); EXECUTE p (NULL); EXECUTE p ('%1'); EXECUTE p ('VR3UHZKXZPT000001'); EXECUTE p ('XX%');
PREPARE q (text) AS SELECT vin FROM status WHERE vin = $1;
EXECUTE q (:'vin1'); EXECUTE q (''); EXECUTE q (NULL); EXECUTE q ('nowhere');

--- prepared: bounds of all types
SET plan_cache_mode = force_generic_plan;
PREPARE d (date, date) AS SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at >= $1 AND recorded_at < $2;
EXECUTE d ('2026-03-28', '2026-03-30'); EXECUTE d ('infinity', '2026-03-30'); EXECUTE d ('2026-03-28', 'infinity'); EXECUTE d (NULL, '2026-03-30'); EXECUTE d ('2026-03-30', '2026-03-28');
PREPARE s (timestamp) AS SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at >= $1;
EXECUTE s ('2026-03-28'); EXECUTE s ('-infinity'); EXECUTE s (NULL);
PREPARE i (timestamptz[]) AS SELECT recorded_at FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at = ANY ($1);
EXECUTE i (ARRAY[:'at_telemetry', NULL]::timestamptz[]); EXECUTE i ('{}'); EXECUTE i (NULL); EXECUTE i ('{2026-03-18,infinity}');
PREPARE v (interval) AS SELECT count(*) FROM trips WHERE vehicle_id = local.named('v1') AND started_at >= timestamptz '2026-04-03' - $1;
EXECUTE v ('7 days'); EXECUTE v ('1 mon'); EXECUTE v (NULL);

--- prepared: a condition that a parameter switches off
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, timestamptz) AS SELECT count(*) FROM trips WHERE ($1 IS NULL OR vehicle_id = $1) AND ($2 IS NULL OR started_at >= $2);
EXECUTE p (NULL, NULL); EXECUTE p (:'v1', NULL); EXECUTE p (NULL, '2026-04-01'); EXECUTE p (:'v1', '2026-04-01');
PREPARE c (text, timestamptz) AS SELECT count(*) FROM trips WHERE vehicle_id = coalesce($1, vehicle_id) AND started_at >= coalesce($2, started_at);
EXECUTE c (NULL, NULL); EXECUTE c (:'v1', '2026-04-01'); EXECUTE c (:'v1', NULL);

--- prepared: LIKE, IN and OR with parameters
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, text) AS SELECT vehicle_id FROM status WHERE vehicle_id IN ($1, $2) OR vehicle_id = $1;
EXECUTE p (:'v1', :'v2'); EXECUTE p (:'v1', NULL); EXECUTE p (NULL, NULL); EXECUTE p ('', 'nobody');

--- prepared: joins and way points
SET plan_cache_mode = force_generic_plan;
PREPARE w (text, text) AS SELECT count(*), min(recorded_at) FROM waypoints WHERE vehicle_id = $1 AND trip_id = $2;
EXECUTE w (:'v1', :'trip'); EXECUTE w (:'v1', NULL); EXECUTE w (NULL, :'trip'); EXECUTE w (:'v2', :'trip'); EXECUTE w (:'v1', '');
PREPARE j (text) AS SELECT v.label, s.odometer_km FROM vehicles AS v JOIN status AS s ON s.vehicle_id = v.id WHERE v.id = $1;
EXECUTE j (:'v1'); EXECUTE j (:'v5'); EXECUTE j (NULL);

--- prepared: invalidated by DDL
PREPARE p AS SELECT count(*) FROM status WHERE vehicle_id = local.named('v1');
EXECUTE p;
BEGIN; CREATE TABLE work.other (n int); COMMIT; DROP TABLE work.other;
EXECUTE p;
DISCARD PLANS;
EXECUTE p;

--- CREATE TABLE AS EXECUTE
BEGIN;
PREPARE p (text) AS SELECT id, started_at FROM trips WHERE vehicle_id = $1;
CREATE TEMP TABLE kept AS EXECUTE p (:'v1');
SELECT count(*), max(started_at) FROM kept;
ROLLBACK;

--- PL/pgSQL: a loop
CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE t record;
BEGIN
	FOR t IN SELECT vin, count(*) AS n FROM trips WHERE started_at >= '2026-03-30' GROUP BY vin ORDER BY vin LOOP RETURN NEXT t.vin || ': ' || t.n; END LOOP;
END $$;
SELECT pg_temp.f();

--- PL/pgSQL: a loop that ends early
--! requests 1
CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpgsql AS $$
DECLARE t record; n int := 0;
BEGIN
	FOR t IN SELECT id FROM trips WHERE vehicle_id = local.named('v1') LOOP n := n + 1; EXIT WHEN n = 5; END LOOP;
	RETURN n;
END $$;
SELECT pg_temp.f();

--- PL/pgSQL: exceptions within a loop over ours
CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE t record; x int;
BEGIN
	FOR t IN SELECT id, started_at, distance_km FROM trips WHERE vehicle_id = local.named('v1') ORDER BY started_at, id LOOP
		BEGIN
			x := 100 / (CASE WHEN t.distance_km > 30 THEN 0 ELSE 1 END);
			PERFORM count(*) FROM alarms WHERE vehicle_id = local.named('v2');
			RETURN NEXT t.started_at::text;
		EXCEPTION WHEN division_by_zero THEN
			RETURN NEXT 'too far: ' || t.id;
		END;
	END LOOP;
END $$;
SELECT pg_temp.f();

--- PL/pgSQL: an exception that ends the loop, and on with another query
CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE t record; n int := 0;
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			FOR t IN SELECT id FROM trips WHERE vehicle_id = local.named('v1') LOOP n := n + 1; IF n % 7 = 0 THEN RAISE EXCEPTION 'seven'; END IF; END LOOP;
		EXCEPTION WHEN raise_exception THEN
			RETURN NEXT SQLERRM || ' ' || n || ' ' || (SELECT count(*) FROM trips WHERE vehicle_id = local.named('v2') AND started_at >= '2026-04-01');
		END;
	END LOOP;
END $$;
SELECT pg_temp.f();

--- PL/pgSQL: loops within loops
CREATE FUNCTION pg_temp.f() RETURNS TABLE (vin text, trip timestamptz, messages bigint) LANGUAGE plpgsql AS $$
DECLARE v record; t record;
BEGIN
	FOR v IN SELECT s.id, s.vin FROM vehicles AS s WHERE s.vin LIKE 'VR3%' LOOP
		FOR t IN SELECT started_at, stopped_at FROM trips WHERE vehicle_id = v.id AND started_at >= '2026-04-02' LOOP
			vin := v.vin; trip := t.started_at;
			SELECT count(*) INTO messages FROM telemetry WHERE vehicle_id = v.id AND recorded_at BETWEEN t.started_at AND t.stopped_at;
			RETURN NEXT;
		END LOOP;
	END LOOP;
END $$;
SELECT * FROM pg_temp.f();

--- PL/pgSQL: cursors that are bound, scroll, and are moved
CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE c SCROLL CURSOR (v text) FOR SELECT started_at FROM trips WHERE vehicle_id = v AND started_at IS NOT NULL ORDER BY started_at; at timestamptz;
BEGIN
	OPEN c (local.named('v1'));
	FETCH c INTO at; RETURN NEXT at; FETCH LAST FROM c INTO at; RETURN NEXT at; MOVE BACKWARD 3 FROM c; FETCH PRIOR
	FROM c INTO at; RETURN NEXT at; FETCH ABSOLUTE 2 FROM c INTO at; RETURN NEXT at;
	CLOSE c;
	FOR r IN c (local.named('v2')) LOOP RETURN NEXT r.started_at; END LOOP;
END $$;
SELECT pg_temp.f();

--- PL/pgSQL: a refcursor that is returned
BEGIN;
CREATE FUNCTION pg_temp.f(refcursor) RETURNS refcursor LANGUAGE plpgsql AS $$ BEGIN OPEN $1 FOR SELECT vin, odometer_km FROM status ORDER BY vin; RETURN $1; END $$;
SELECT pg_temp.f('mine');
FETCH 2 FROM mine; FETCH ALL FROM mine;
COMMIT;

--- PL/pgSQL: a DO block whose transactions end within
CREATE TABLE work.marks (n int);
DO $$
DECLARE r record; n int := 0;
BEGIN
	FOR r IN SELECT vin FROM vehicles ORDER BY vin LOOP n := n + 1; INSERT INTO work.marks VALUES (n); IF n % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF; END LOOP;
END $$;
SELECT n FROM work.marks;
DROP TABLE work.marks;

--- PL/pgSQL: dynamic SQL with USING, and STRICT
--! fails
CREATE FUNCTION pg_temp.f(v text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE x text;
BEGIN
	EXECUTE 'SELECT vin FROM status WHERE vehicle_id = $1 AND updated_at > $2' INTO STRICT x USING v, timestamptz '2026-01-01';
	RETURN x;
END $$;
SELECT pg_temp.f(:'v1');
SELECT pg_temp.f('nobody');

--- PL/pgSQL: static SQL six times and more
CREATE FUNCTION pg_temp.f(v text, low timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM trips WHERE vehicle_id = v AND started_at >= low; RETURN n; END $$;
SELECT i, pg_temp.f((ARRAY[:'v1', :'v2', NULL, 'nobody'])[1 + i % 4], CASE WHEN i < 12 THEN timestamptz '2026-03-18' + i * interval '1 day' END) FROM generate_series(1, 14) AS i;

--- PL/pgSQL: RETURN QUERY
CREATE FUNCTION pg_temp.f(v text) RETURNS SETOF trips LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM trips WHERE vehicle_id = v AND started_at >= '2026-04-01'; END $$;
SELECT id, started_at FROM pg_temp.f(:'v1');

--- SQL functions that are inlined
--! requests 1
CREATE FUNCTION pg_temp.trips_of(v text, low timestamptz) RETURNS TABLE (id text, started_at timestamptz) LANGUAGE sql STABLE AS $$ SELECT id, started_at FROM trips WHERE vehicle_id = v AND started_at >= low $$;
SELECT * FROM pg_temp.trips_of(:'v1', '2026-03-25') AS t WHERE t.started_at < '2026-04-01';

--- SQL functions over an outer row
CREATE FUNCTION pg_temp.trips_of(v text, low timestamptz) RETURNS TABLE (id text, started_at timestamptz) LANGUAGE sql STABLE AS $$ SELECT id, started_at FROM trips WHERE vehicle_id = v AND started_at >= low $$;
CREATE FUNCTION pg_temp.odometer(v text) RETURNS float8 LANGUAGE sql STABLE AS $$ SELECT odometer_km FROM status WHERE vehicle_id = v $$;
SELECT d.name, count(t.id), max(t.started_at) FROM local.drivers AS d LEFT JOIN LATERAL pg_temp.trips_of(d.vehicle_id, d.since) AS t ON true GROUP BY d.n, d.name;
SELECT name, pg_temp.odometer(vehicle_id) FROM local.drivers;

--- SQL functions that are not inlined
CREATE FUNCTION pg_temp.f(v text) RETURNS TABLE (id text, at timestamptz) LANGUAGE sql VOLATILE SECURITY DEFINER AS $$ SELECT id, created_at FROM alarms WHERE vehicle_id = v $$;
SELECT count(*), max(at) FROM pg_temp.f(:'v2');
CREATE FUNCTION pg_temp.g(v text, out n bigint, out last timestamptz) LANGUAGE sql STABLE SET work_mem = '1MB' AS $$ SELECT count(*), max(created_at) FROM alarms WHERE vehicle_id = v $$;
SELECT d.name, g.* FROM local.drivers AS d, pg_temp.g(d.vehicle_id) AS g;

--- a function of an aggregate's row
CREATE FUNCTION pg_temp.kmh(t trips) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT round((t.distance_km / (extract(epoch FROM t.duration) / 3600))::numeric, 3) $$;
SELECT t.started_at, pg_temp.kmh(t) FROM trips AS t WHERE t.vehicle_id = :'v1' AND t.duration > interval '0';

--- a view
--! requests 1
CREATE TEMP VIEW long_trips AS SELECT vehicle_id, id, started_at, distance_km FROM trips WHERE distance_km > 20;
SELECT * FROM long_trips WHERE vehicle_id = :'v1' AND started_at >= '2026-03-25';

--- a view over a view over a join
CREATE TEMP VIEW fleet AS SELECT v.id, v.vin, v.label, s.odometer_km, s.electric_level_pct, m.days_before_maintenance FROM vehicles AS v LEFT
	JOIN status AS s ON s.vehicle_id = v.id LEFT JOIN maintenance AS m ON m.vehicle_id = v.id;
CREATE TEMP VIEW due AS SELECT * FROM fleet WHERE days_before_maintenance < 215 OR odometer_km > 20000;
SELECT vin, label, odometer_km FROM due;
SELECT label FROM due WHERE id = :'v3';
SELECT vin FROM fleet WHERE vin LIKE 'VR%';

--- a view with security_barrier: conditions on time still go through
--! requests 2
CREATE TEMP VIEW mine WITH (security_barrier) AS SELECT * FROM trips WHERE vin = 'VR3UHZKXZPT000001';
SELECT id, started_at FROM mine WHERE started_at >= '2026-04-01';

--- a view with security_barrier, and a condition that would tell
CREATE TEMP VIEW mine WITH (security_barrier) AS SELECT vehicle_id, vin, started_at FROM trips WHERE vin = 'VR3UHZKXZPT000001';
CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'told %', $1; RETURN true; END $$;
SELECT count(*) FROM mine WHERE pg_temp.tell(right(vin, 1)) AND started_at >= '2026-04-02 19:00';

--- a view of windows, by vehicle
CREATE TEMP VIEW parked AS SELECT vehicle_id, vin, stopped_at AS since, lead(started_at) OVER w AS until, lead(start_odometer_km) OVER w - (start_odometer_km + distance_km) AS hole FROM trips WINDOW w AS (PARTITION BY vehicle_id, vin ORDER BY coalesce(started_at, stopped_at), id);
SELECT since, until, round(hole::numeric, 1) FROM parked WHERE vehicle_id = :'v1';
SELECT count(*) FROM parked WHERE vin = :'vin2' AND until - since > interval '10 h';

--- a materialized view
BEGIN;
CREATE MATERIALIZED VIEW work.kept AS SELECT id, vin, started_at, distance_km FROM trips WHERE started_at >= '2026-03-25';
SELECT count(*), max(started_at) FROM work.kept;
REFRESH MATERIALIZED VIEW work.kept;
SELECT count(*), md5(string_agg(k::text, ',' ORDER BY id)) FROM work.kept AS k;
ROLLBACK;

--- a materialized view refreshed CONCURRENTLY
CREATE MATERIALIZED VIEW work.kept AS SELECT id, vin, started_at, distance_km FROM trips WHERE started_at >= '2026-03-25' WITH NO DATA;
REFRESH MATERIALIZED VIEW work.kept;
CREATE UNIQUE INDEX ON work.kept (id);
REFRESH MATERIALIZED VIEW CONCURRENTLY work.kept;
SELECT count(*), md5(string_agg(k::text, ',' ORDER BY id)) FROM work.kept AS k;
DROP MATERIALIZED VIEW work.kept;

--- a rule and a trigger that read ours
BEGIN;
CREATE TABLE work.log (vehicle_id text, km float8);
CREATE FUNCTION work.fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.km := (SELECT odometer_km FROM status WHERE vehicle_id = NEW.vehicle_id); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON work.log FOR EACH ROW EXECUTE FUNCTION work.fill();
INSERT INTO work.log SELECT vehicle_id FROM local.drivers;
SELECT * FROM work.log;
ROLLBACK;

--- FOR UPDATE of a local table joined to ours
BEGIN;
SELECT d.name, s.odometer_km FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE d.limit_kmh > 100 FOR UPDATE OF d;
SELECT d.name FROM local.drivers AS d WHERE d.vehicle_id IN (SELECT vehicle_id FROM alerts WHERE active) FOR SHARE;
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id FOR NO KEY UPDATE OF d SKIP LOCKED;
COMMIT;

--- FOR UPDATE of ours
SELECT vin FROM vehicles FOR UPDATE;

--- FOR UPDATE, the local row having been changed meanwhile: it still fits
--! before UPDATE local.drivers SET limit_kmh = 90, name = 'Ada' WHERE n = 1; BEGIN; UPDATE local.drivers SET limit_kmh = 95, name = 'Ada II' WHERE n = 1
--! meanwhile COMMIT
SELECT d.name, d.limit_kmh, s.odometer_km, s.vin FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE d.limit_kmh < 100 FOR UPDATE OF d;
UPDATE local.drivers SET limit_kmh = 90, name = 'Ada' WHERE n = 1;

--- FOR UPDATE, the local row having been changed meanwhile: it does not fit any more
--! before BEGIN; UPDATE local.drivers SET limit_kmh = 195 WHERE n = 1
--! meanwhile COMMIT
SELECT d.name, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE d.limit_kmh < 100 FOR UPDATE OF d;
UPDATE local.drivers SET limit_kmh = 90 WHERE n = 1;

--- FOR UPDATE, the local row pointing to another car meanwhile
--! before BEGIN; UPDATE local.drivers SET vehicle_id = local.named('v4') WHERE n = 1
--! meanwhile COMMIT
SELECT d.n, d.name, s.vin, s.odometer_km FROM local.drivers AS d JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE d.n IN (1, 3) FOR UPDATE OF d;
UPDATE local.drivers SET vehicle_id = local.named('v1') WHERE n = 1;

--- FOR UPDATE with a nested loop, the row pointing to another car meanwhile
--! before BEGIN; UPDATE local.drivers SET vehicle_id = local.named('v4') WHERE n = 1
--! meanwhile COMMIT
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off;
SELECT d.n, s.vin, s.odometer_km FROM local.drivers AS d LEFT JOIN status AS s ON s.vehicle_id = d.vehicle_id WHERE d.n IN (1, 3) FOR UPDATE OF d;
UPDATE local.drivers SET vehicle_id = local.named('v1') WHERE n = 1;

--- UPDATE of a local table from ours, the row having been changed meanwhile
--! before UPDATE local.drivers SET limit_kmh = 90 WHERE n = 1; BEGIN; UPDATE local.drivers SET limit_kmh = 91 WHERE n = 1
--! meanwhile COMMIT
UPDATE local.drivers AS d SET limit_kmh = d.limit_kmh + s.odometer_km FROM status AS s WHERE s.vehicle_id = d.vehicle_id
	AND d.n IN (1, 3, 4) RETURNING d.n, d.limit_kmh - s.odometer_km, s.vin;
UPDATE local.drivers AS d SET limit_kmh = (ARRAY[90, 110, 130])[d.n] WHERE d.n IN (1, 3);
UPDATE local.drivers SET limit_kmh = NULL WHERE n = 4;

--- DELETE of a local row by a subquery over ours, the row having been changed meanwhile
--! before DELETE FROM local.drivers WHERE n = 50; INSERT INTO local.drivers SELECT 50, vehicle_id, vin, 'Zed', since, until, 1 FROM local.drivers WHERE n = 1; BEGIN; UPDATE local.drivers SET limit_kmh = 2 WHERE n = 50
--! meanwhile COMMIT
DELETE FROM local.drivers AS d WHERE d.n = 50 AND EXISTS (SELECT FROM trips AS t WHERE t.vehicle_id = d.vehicle_id AND t.started_at >= '2026-04-01') RETURNING d.name, d.limit_kmh;

--- a change and ours, EvalPlanQual over an aggregate of ours
--! before UPDATE local.drivers SET limit_kmh = 90 WHERE n = 1; BEGIN; UPDATE local.drivers SET limit_kmh = 92 WHERE n = 1
--! meanwhile COMMIT
SELECT d.n, d.limit_kmh, x.n FROM local.drivers AS d CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips AS t WHERE t.vehicle_id = d.vehicle_id
	AND t.distance_km < d.limit_kmh) AS x WHERE d.n IN (1, 2) FOR UPDATE OF d;
UPDATE local.drivers SET limit_kmh = 90 WHERE n = 1;

--- transactions of every kind
BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; SELECT count(*) FROM trips WHERE vehicle_id = :'v1'; COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT vin FROM vehicles WHERE id = :'v2'; ROLLBACK;
SET default_transaction_read_only = on; SELECT count(*) FROM alarms;

--- changing ours
--! fails
DELETE FROM status WHERE vehicle_id = 'nobody' RETURNING vin;
--= near
DO $$ BEGIN RAISE EXCEPTION 'cannot delete from foreign table "status"' USING ERRCODE = '0A000'; END $$;

--- several statements in one message
SELECT count(*) FROM trips WHERE vehicle_id = :'v1'\; SELECT count(*) FROM trips WHERE vehicle_id = :'v2'\; SELECT vin FROM vehicles;

--- EXPLAIN asks nothing, and can be asked everything
--! requests 0
BEGIN;
CREATE FUNCTION pg_temp.plans(q text) RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE x json; BEGIN EXECUTE 'EXPLAIN (VERBOSE, FORMAT json) ' || q INTO x; RETURN x IS NOT NULL; END $$;
SELECT pg_temp.plans('SELECT * FROM trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id LEFT JOIN status AS s USING (vehicle_id) WHERE started_at >= now() - interval ''7 days''');
ROLLBACK;
