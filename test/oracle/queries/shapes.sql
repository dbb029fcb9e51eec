-- What is made of rows: aggregates, groups, windows, order, limits.

--- counts
SELECT count(*), count(started_at), count(DISTINCT vehicle_id), count(*) FILTER (WHERE done) FROM trips;

--- sums and averages, exactly
SELECT vin, sum(distance_km::numeric), avg(distance_km::numeric)::numeric(20, 10), sum(duration), avg(duration), max(duration) FROM trips GROUP BY vin;

--- statistics of floats, by order
SELECT vin, percentile_disc(0.5) WITHIN GROUP (ORDER BY distance_km), percentile_cont(0.25) WITHIN GROUP (ORDER BY distance_km), mode() WITHIN GROUP (ORDER BY distance_km) FROM trips GROUP BY vin;

--- bool_and, bool_or, every
SELECT vin, bool_and(done), bool_or(done), every(distance_km >= 0) FROM trips GROUP BY vin;

--- string_agg, array_agg, jsonb_agg in an order
SELECT vin, string_agg(type, ',' ORDER BY started_at, id), array_agg(severity ORDER BY id), jsonb_agg(active ORDER BY id) FROM alerts GROUP BY vin;

--- string_agg of DISTINCT
SELECT vin, string_agg(DISTINCT kind, ',') FROM alarms GROUP BY vin;

--- GROUP BY an expression
SELECT date_trunc('day', started_at), count(*) FROM trips GROUP BY 1;
SELECT extract(hour FROM started_at), count(*) FROM trips WHERE started_at >= '2026-03-25' GROUP BY extract(hour FROM started_at);
SELECT width_bucket(distance_km, 0, 100, 10), count(*) FROM trips GROUP BY 1;

--- HAVING
SELECT vin, count(*) FROM trips GROUP BY vin HAVING count(*) > 36;
SELECT vehicle_id FROM trips GROUP BY vehicle_id HAVING vehicle_id = :'v1' AND max(distance_km) > 1;
SELECT 'one' FROM trips HAVING count(*) > 0;

--- GROUPING SETS
SELECT vin, done, count(*), grouping(vin, done) FROM trips GROUP BY GROUPING SETS ((vin, done), (vin), (done), ());

--- ROLLUP and CUBE
SELECT vin, severity, count(*) FROM alerts GROUP BY ROLLUP (vin, severity);
SELECT vin, kind, count(*), grouping(vin), grouping(kind) FROM alarms GROUP BY CUBE (vin, kind);
SELECT vin, type, severity, count(*) FROM alerts WHERE started_at >= '2026-03-25' GROUP BY vin, ROLLUP (type, severity);

--- GROUPING SETS without rows
SELECT vin, count(*) FROM trips WHERE started_at >= '2030-01-01' GROUP BY GROUPING SETS ((vin), ());
SELECT 'none', count(*), max(distance_km) FROM trips WHERE vehicle_id = 'nobody';

--- aggregates by sorting and by hashing
SET enable_hashagg = off;
SELECT vin, count(*) FROM telemetry GROUP BY vin;
RESET enable_hashagg; SET enable_sort = off;
SELECT vin, count(*) FROM telemetry GROUP BY vin;
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT recorded_at, vin, count(*) FROM telemetry GROUP BY 1, 2) AS x;

--- DISTINCT
SELECT DISTINCT vin, done FROM trips;
SELECT DISTINCT motorization FROM vehicles;
SELECT DISTINCT faults FROM trips;
SELECT count(DISTINCT (vin, kind)) FROM alarms;

--- DISTINCT ON in a total order
SELECT DISTINCT ON (vehicle_id) vin, started_at, id FROM trips ORDER BY vehicle_id, started_at DESC NULLS LAST, id;

--- DISTINCT ON of two, with a condition on time
SELECT DISTINCT ON (vin, severity) vin, severity, started_at FROM alerts WHERE started_at >= '2026-03-25' ORDER BY vin, severity, started_at DESC, id;

--- DISTINCT ON without an order within
SELECT count(*), count(DISTINCT vehicle_id) FROM (SELECT DISTINCT ON (vehicle_id) vehicle_id, id FROM trips) AS x;

--- ORDER BY
--! ordered
SELECT vin, started_at, id FROM trips ORDER BY started_at, id;

--- ORDER BY DESC: NULLs first
--! ordered
SELECT vin, started_at, id FROM trips ORDER BY started_at DESC, id;

--- ORDER BY NULLS LAST, several, expressions
--! ordered
SELECT vin, started_at, distance_km FROM trips ORDER BY vin DESC, done, started_at DESC NULLS LAST, id;
SELECT vin, severity FROM alerts ORDER BY lower(severity), right(vin, 1), id;
SELECT vin FROM vehicles ORDER BY motorization, vin COLLATE "C" DESC;

--- ORDER BY a column that is not shown
--! ordered
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY distance_km DESC, started_at;

--- ORDER BY with USING, by number, by alias
--! ordered
SELECT vin, odometer_km AS km FROM status ORDER BY odometer_km USING >;
SELECT vin, odometer_km AS km FROM status ORDER BY 1;
SELECT vin, odometer_km AS km FROM status ORDER BY km DESC;

--- ORDER BY and LIMIT
--! ordered
SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT id, distance_km FROM trips ORDER BY distance_km DESC, id LIMIT 5;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at LIMIT 1;

--- ORDER BY, LIMIT and OFFSET
--! ordered
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id LIMIT 5 OFFSET 10;
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id OFFSET 35;
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id LIMIT ALL OFFSET 36;
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at, id LIMIT NULL OFFSET 36;

--- pages, until there is nothing left
--! ordered
SELECT local.each('SELECT id FROM trips WHERE vehicle_id = {v2} ORDER BY started_at, id LIMIT 15 OFFSET {?}', '0', '15', '30', '45', '60') \gexec

--- FETCH FIRST WITH TIES
SELECT vin, done FROM trips ORDER BY done FETCH FIRST 1 ROW WITH TIES;
SELECT started_at::date FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at::date DESC NULLS LAST FETCH FIRST 2 ROWS WITH TIES;

--- LIMIT without an order: so many of them
SELECT count(*), count(n.id) FROM (SELECT id FROM trips LIMIT 10) AS t LEFT JOIN near.trips AS n USING (id);
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT 20) AS t;
SELECT count(*), bool_and(distance_km > 20) FROM (SELECT distance_km FROM trips WHERE distance_km > 20 LIMIT 7) AS t;

--- LIMIT without an order: more than there is
SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT 1000;
SELECT vin FROM status LIMIT 100;
SELECT vin FROM vehicles LIMIT 6;

--- LIMIT without an order: OFFSET
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' OFFSET 30) AS t;
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT 10 OFFSET 30) AS t;
SELECT count(*) + 1 FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' OFFSET 100) AS t;

--- LIMIT asks for no more than it needs
--! requests 2
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT 3) AS t;
SELECT count(*) FROM (SELECT vin FROM vehicles LIMIT 2) AS v;

--- LIMIT of telemetry by pages
SELECT count(*), count(DISTINCT recorded_at) FROM (SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' LIMIT 100) AS t;

--- LIMIT by an expression, a subquery, a parameter
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT 2 + 3) AS t;
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT (SELECT count(*) FROM vehicles)) AS t;
PREPARE l (int) AS SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = local.named('v1') LIMIT $1) AS t;
EXECUTE l (4);
EXECUTE l (NULL);
EXECUTE l (0);
SET plan_cache_mode = force_generic_plan;
EXECUTE l (7);

--- LIMIT that is negative
--! fails
SELECT id FROM trips WHERE vehicle_id = :'v1' LIMIT -1;

--- LIMIT under a join, a group, a window, a set-returning function
SELECT count(*) FROM (SELECT t.id FROM trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id LIMIT 12) AS x;
SELECT count(*) FROM (SELECT vin FROM trips GROUP BY vin LIMIT 3) AS x;
SELECT count(*) FROM (SELECT DISTINCT vin FROM trips LIMIT 3) AS x;
SELECT count(*) FROM (SELECT row_number() OVER () FROM trips LIMIT 50) AS x;
SELECT count(*) FROM (SELECT unnest(remote_capabilities) FROM vehicles LIMIT 9) AS x;
SELECT count(*) FROM (SELECT id FROM trips UNION ALL SELECT id FROM alerts LIMIT 200) AS x;
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' UNION ALL SELECT id FROM alerts WHERE vehicle_id = :'v2' LIMIT 40) AS x;

--- set-returning functions over ours
SELECT id, unnest(faults), unnest(fault_causes) FROM trips WHERE faults IS NOT NULL;
SELECT t.id, f FROM trips AS t, unnest(t.faults) AS f;
SELECT vin, generate_series(1, cardinality(picture_urls)) FROM vehicles;
SELECT v.vin, x.* FROM vehicles AS v LEFT JOIN LATERAL unnest(v.data_capabilities, v.remote_capabilities) AS x ON true;

--- windows
SELECT vin, started_at, row_number() OVER w, lag(distance_km) OVER w, lead(started_at) OVER w, first_value(id) OVER w, count(*) OVER (PARTITION BY vin), sum(distance_km::numeric) OVER w
  FROM trips WHERE started_at >= '2026-03-30' WINDOW w AS (PARTITION BY vehicle_id ORDER BY started_at, id);

--- windows over groups
SELECT vin, date_trunc('day', started_at), count(*), rank() OVER (PARTITION BY vin ORDER BY count(*) DESC), sum(count(*)) OVER (PARTITION BY vin
	ORDER BY date_trunc('day', started_at)) FROM trips WHERE started_at >= '2026-03-28' GROUP BY 1, 2;

--- windows by range and by rows
SELECT recorded_at, count(*) OVER (ORDER BY recorded_at RANGE BETWEEN '3 h' PRECEDING
	AND '3 h' FOLLOWING), max(odometer_km) OVER (ORDER BY recorded_at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM telemetry
	WHERE vehicle_id = :'v1' AND recorded_at >= '2026-04-02';

--- windows: the newest of each
SELECT vin, started_at FROM (SELECT vin, started_at, row_number() OVER (PARTITION BY vehicle_id ORDER BY started_at DESC NULLS LAST, id) AS n FROM trips) AS x WHERE n <= 2;

--- ntile, percent_rank, cume_dist, nth_value
SELECT started_at, ntile(4) OVER w, percent_rank() OVER w, cume_dist() OVER w, nth_value(distance_km, 3) OVER w FROM trips WHERE vehicle_id = :'v1'
	AND started_at IS NOT NULL WINDOW w AS (ORDER BY started_at);

--- gaps between trips
SELECT vin, stopped_at, next - stopped_at AS gap FROM (SELECT vin, stopped_at, lead(started_at) OVER (PARTITION BY vehicle_id
	ORDER BY coalesce(started_at, stopped_at), id) AS next FROM trips) AS x WHERE next - stopped_at > interval '20 h';

--- rows as JSON
SELECT to_jsonb(t) - 'vehicle_id' - 'id' FROM trips AS t WHERE vehicle_id = :'v1' AND started_at >= '2026-04-01';
SELECT jsonb_build_object('vin', vin, 'doors', doors_open, 'belts', belts_unfastened, 'left', charging_remaining) FROM status;
SELECT row_to_json(x) FROM (SELECT vin, started_at, duration FROM trips WHERE vehicle_id = :'v2' AND NOT done) AS x;

--- arrays
SELECT vin, doors_locked, doors_open, belts_unfastened, turn_lights_on, fog_lights_on FROM status WHERE doors_locked IS NOT NULL;
SELECT vin FROM status WHERE 'Driver' = ANY (doors_open) OR doors_open = '{}';
SELECT id, faults FROM trips WHERE faults && '{DataLacking,Unfinished}';
SELECT id FROM trips WHERE faults @> '{Unstarted}' OR faults <@ '{Unfinished}';
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v2' AND array_length(gearbox_modes, 1) > 0;
SELECT sides, severities, array_position(sides, sides[1]) FROM collisions WHERE cardinality(sides) > 1;

--- intervals
SELECT id FROM trips WHERE vehicle_id = :'v1' AND duration > interval '50 min';
SELECT id FROM trips WHERE duration BETWEEN interval '1 day' AND interval '36 h';
SELECT vin, charging_remaining, charging_next_time FROM status WHERE charging_remaining IS NOT NULL OR charging_next_time >= interval '0';
SELECT duration, count(*) FROM trips GROUP BY duration HAVING count(*) > 1;

--- floats at their edges
SELECT id FROM trips WHERE distance_km = 28.3;
SELECT id FROM trips WHERE distance_km IN (28.3, 5.1, 'NaN', 'Infinity');
SELECT count(*) FROM trips WHERE distance_km < 'Infinity' AND distance_km > '-Infinity' AND distance_km <> 'NaN';
SELECT vin FROM maintenance WHERE km_before_maintenance < 0 OR days_before_maintenance < 0;
SELECT count(*), min(avg_speed_kmh), max(avg_speed_kmh), min(electric_kwh_per_100km), max(fuel_l_per_100km) FROM trips WHERE distance_km > 0;
SELECT distance_km::numeric(6, 2), distance_km::int, round(distance_km::numeric, 1), trunc(distance_km) FROM trips WHERE vehicle_id = :'v1';

--- booleans
SELECT count(*) FROM trips WHERE done; SELECT count(*) FROM trips WHERE NOT done; SELECT count(*) FROM trips WHERE done IS NOT TRUE; SELECT count(*)
	FROM trips WHERE done IS NULL OR done;
SELECT vin, moving, charging_plugged, daylight FROM status WHERE moving OR charging_plugged IS NOT FALSE;
SELECT count(*) FILTER (WHERE pedestrian), count(*) FILTER (WHERE tipped_over), count(*) FROM collisions;

--- text
SELECT vin, label FROM vehicles WHERE label ILIKE '%élys%' OR brand = 'Citroën';
SELECT upper(brand), length(label), initcap(label), label || ' ' || vin, format('%s/%s', brand, label) FROM vehicles;
SELECT vin FROM vehicles WHERE label ~ '^[0-9]' OR label SIMILAR TO '%(e-|C)%';
SELECT type, severity FROM alerts WHERE type LIKE '%\_%' OR severity IN ('Information', 'warning', 'Stop');

--- positions within a box and by distance
SELECT vin, latitude, longitude FROM positions WHERE latitude BETWEEN 40 AND 60 AND longitude BETWEEN -10 AND 20;
SELECT p.vin, d.name FROM positions AS p JOIN local.depots AS d ON abs(d.latitude - p.latitude) < 0.001 AND abs(d.longitude - p.longitude) < 0.001;

--- VALUES, TABLE, SELECT INTO, CREATE TABLE AS
TABLE maintenance;
BEGIN;
SELECT * INTO TEMP kept FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-04-01';
SELECT count(*), md5(string_agg(kept::text, ',' ORDER BY id)) FROM kept;
CREATE TEMP TABLE kept2 ON COMMIT DROP AS SELECT * FROM alerts WITH NO DATA;
INSERT INTO kept2 SELECT * FROM alerts WHERE vehicle_id = :'v2';
SELECT count(*), md5(string_agg(kept2::text, ',' ORDER BY id)) FROM kept2;
ROLLBACK;

--- COPY of a query
COPY (SELECT vin, started_at, distance_km, faults FROM trips WHERE started_at >= '2026-04-01') TO STDOUT (FORMAT csv, HEADER);
COPY (SELECT * FROM maintenance) TO STDOUT;

--- a sample of a local table
SELECT count(*) FROM local.drivers AS d TABLESAMPLE bernoulli (100) JOIN status AS s ON s.vehicle_id = d.vehicle_id;

--- an error in the middle of rows
--! fails
SELECT 1 / (odometer_km::int - odometer_km::int) FROM status WHERE vehicle_id = :'v1';
SELECT left(vin, 1)::int FROM vehicles WHERE vin = :'vin1';
