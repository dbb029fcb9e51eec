-- The SQL that BI tools send.

--- Metabase: may this be read?
--! requests 0
--! empty
SELECT TRUE AS "_" FROM "trips" WHERE 1 <> 1 LIMIT 0;
SELECT TRUE AS "_" FROM "vehicles" WHERE 1 <> 1 LIMIT 0;

--- Metabase: a fingerprint
SELECT "id", "vin", SUBSTRING("brand", 1, 1234), SUBSTRING("label", 1, 1234), "created_at" FROM "vehicles" LIMIT 10000;
SELECT "trips"."vehicle_id", SUBSTRING("trips"."vin", 1, 1234), "trips"."id", "trips"."started_at", "trips"."distance_km" FROM "trips" LIMIT 10000;

--- Metabase: the values of a column
--! ordered
SELECT "alerts"."type" AS "type" FROM "alerts" GROUP BY "alerts"."type" ORDER BY "alerts"."type" ASC LIMIT 1000;
SELECT "alerts"."severity" AS "severity" FROM "alerts" GROUP BY "alerts"."severity" ORDER BY "alerts"."severity" ASC LIMIT 1000;
SELECT "vehicles"."motorization" AS "motorization" FROM "vehicles" GROUP BY "vehicles"."motorization" ORDER BY "vehicles"."motorization" ASC LIMIT 1000;

--- Metabase: the past days
--! now
SELECT count(*) AS "count" FROM "trips" WHERE ("trips"."started_at" >= CAST((NOW() + (INTERVAL '-1 day') * :days) AS date) AND "trips"."started_at" < CAST(NOW() AS date));
SELECT CAST("trips"."started_at" AS date) AS "started_at", COUNT(*) AS "count" FROM "trips"
	WHERE ("trips"."started_at" >= CAST((NOW() + (INTERVAL '-1 day') * :days) AS date) AND "trips"."started_at" < CAST(NOW() AS date))
	GROUP BY CAST("trips"."started_at" AS date) ORDER BY CAST("trips"."started_at" AS date) ASC;

--- Metabase: the past months
--! now
SELECT DATE_TRUNC('month', "trips"."started_at") AS "started_at", COUNT(*) AS "count", MAX("trips"."distance_km") AS "max" FROM "trips"
	WHERE ("trips"."started_at" >= DATE_TRUNC('month', (NOW() + (INTERVAL '-1 day') * :days))
	AND "trips"."started_at" < DATE_TRUNC('month', (NOW() + (INTERVAL '1 month')))) GROUP BY DATE_TRUNC('month', "trips"."started_at")
	ORDER BY DATE_TRUNC('month', "trips"."started_at") ASC;

--- Metabase: absolute dates
SELECT "alerts"."id" AS "id", "alerts"."type" AS "type" FROM "alerts" WHERE "alerts"."started_at" >= timestamp with time zone '2026-03-28 00:00:00.000Z'
	AND "alerts"."started_at" < timestamp with time zone '2026-04-01 00:00:00.000Z' LIMIT 1048575;
SELECT "t"."id" FROM "trips" AS "t" WHERE "t"."started_at" BETWEEN timestamp with time zone '2026-03-28 00:00:00.000+01:00' AND timestamp with time zone '2026-03-29 00:00:00.000+02:00';

--- Metabase: several values
--! requests 2
SELECT "status"."odometer_km" AS "odometer_km" FROM "status" WHERE ("status"."vehicle_id" = :'v1' OR "status"."vehicle_id" = :'v2') LIMIT 2000;

--- Metabase: one object, by its id alone
SELECT "trips"."vin", "trips"."started_at" FROM "trips" WHERE "trips"."id" = :'trip' LIMIT 2;
SELECT "vehicles"."vin", "vehicles"."label" FROM "vehicles" WHERE "vehicles"."id" = :'v1' LIMIT 2;

--- Metabase: an old field filter
SELECT count(*) FROM trips WHERE CAST("trips"."started_at" AS date) BETWEEN CAST('2026-03-28' AS date) AND CAST('2026-03-30' AS date);

--- Metabase: a summary with a join
SELECT "Vehicles"."label" AS "Vehicles__label", COUNT(*) AS "count" FROM "trips" LEFT JOIN "vehicles" AS "Vehicles" ON "trips"."vehicle_id" = "Vehicles"."id"
	WHERE "trips"."started_at" >= timestamp with time zone '2026-03-28 00:00:00.000Z' GROUP BY "Vehicles"."label" ORDER BY "Vehicles"."label" ASC;

--- Metabase: a nested question
SELECT "source"."vin" AS "vin", COUNT(*) AS "count" FROM (SELECT "trips"."vin" AS "vin", "trips"."started_at" AS "started_at" FROM "trips"
	WHERE "trips"."distance_km" > 10) AS "source" WHERE "source"."started_at" >= timestamp with time zone '2026-03-28 00:00:00.000Z' GROUP BY "source"."vin"
	ORDER BY "source"."vin" ASC LIMIT 10;

--- Metabase: text filters
SELECT count(*) FROM "vehicles" WHERE (LOWER("vehicles"."label") LIKE '%hybrid%') OR ("vehicles"."brand" IS NULL OR "vehicles"."brand" = '') OR ("vehicles"."brand" LIKE 'P%');

--- Metabase: bins
SELECT FLOOR(("trips"."distance_km" / 10.0)) * 10.0 AS "distance_km", COUNT(*) AS "count" FROM "trips"
	GROUP BY FLOOR(("trips"."distance_km" / 10.0)) * 10.0 ORDER BY FLOOR(("trips"."distance_km" / 10.0)) * 10.0 ASC;

--- Grafana: $__timeFilter
--! requests 1
SELECT recorded_at AS "time", speed_kmh FROM telemetry WHERE recorded_at BETWEEN '2026-03-28T00:00:00Z' AND '2026-03-29T20:00:00.123Z' AND vehicle_id IN (:'v1') ORDER BY 1;

--- Grafana: $__timeGroup
SELECT floor(extract(epoch from recorded_at) / 21600) * 21600 AS "time", avg(odometer_km::numeric) FROM telemetry
	WHERE recorded_at BETWEEN '2026-03-28T00:00:00Z' AND '2026-04-03T20:00:00.123Z' AND vehicle_id IN (:'v1', :'v2') GROUP BY 1 ORDER BY 1;
SELECT date_trunc('day', started_at) AT TIME ZONE 'Europe/Paris' AS "time", vin AS metric, sum(distance_km::numeric) AS value FROM trips
	WHERE started_at BETWEEN '2026-03-27T23:00:00Z' AND '2026-04-03T21:59:59.999Z' GROUP BY 1, 2 ORDER BY 1;

--- Grafana: $__timeEpoch, $__unixEpochFilter
SELECT extract(epoch from started_at) AS "time", distance_km FROM trips WHERE vehicle_id IN (:'v1') AND extract(epoch from started_at) >= 1774656000
	AND extract(epoch from started_at) <= 1775000000;

--- Grafana: $__timeFrom and $__timeTo
SELECT min(started_at), max(stopped_at) FROM trips WHERE started_at >= '2026-03-28T00:00:00Z'::timestamptz AND stopped_at <= '2026-04-01T00:00:00Z'::timestamptz
	AND vehicle_id = :'v2';

--- Grafana: a variable
--! requests 1
SELECT id AS __value, label AS __text FROM vehicles ORDER BY 2;

--- Grafana: a variable of many values
--! requests 3
SELECT s.odometer_km AS value FROM status AS s WHERE s.vehicle_id IN (:'v1',:'v2',:'v3');

--- Grafana: all of a variable
SELECT count(*) FROM trips WHERE ('$__all' = '$__all' OR vehicle_id IN ('$__all')) AND started_at BETWEEN '2026-03-28T00:00:00Z' AND '2026-04-01T00:00:00Z';

--- Grafana: the table builder
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
	WHERE CASE WHEN array_length(parse_ident('trips'), 1) = 2 THEN quote_ident(table_schema) = (parse_ident('trips'))[1] AND quote_ident(table_name) = (parse_ident('trips'))[2]
	   ELSE quote_ident(table_name) = 'trips' AND quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
	FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') AS s) END;

--- Grafana: a map
SELECT latitude, longitude, vin AS name, recorded_at AS "time" FROM positions WHERE latitude IS NOT NULL ORDER BY recorded_at DESC;

--- Superset: times by TO_TIMESTAMP
SELECT DATE_TRUNC('day', started_at) AS started_at, COUNT(*) AS count FROM trips
	WHERE started_at >= TO_TIMESTAMP('2026-03-28 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
	AND started_at < TO_TIMESTAMP('2026-04-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('day', started_at) ORDER BY count DESC LIMIT 1000;

--- Superset: dates by TO_DATE
SELECT vin AS vin, COUNT(*) AS count FROM alarms WHERE created_at >= TO_DATE('2026-03-28', 'YYYY-MM-DD')
	AND created_at < TO_DATE('2026-04-01', 'YYYY-MM-DD') GROUP BY vin LIMIT 10000;

--- Superset: the values of a filter
SELECT DISTINCT type AS column_values FROM alerts LIMIT 10000;
SELECT severity AS severity FROM (SELECT * FROM alerts) AS virtual_table GROUP BY severity LIMIT 1000;

--- Superset: a virtual data set
SELECT label AS label, sum(km) AS "SUM(km)" FROM (SELECT v.label, t.distance_km::numeric AS km, t.started_at FROM trips t
	JOIN vehicles v ON v.id = t.vehicle_id) AS virtual_table WHERE started_at >= TO_TIMESTAMP('2026-03-28 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
	GROUP BY label ORDER BY "SUM(km)" DESC LIMIT 100;

--- Superset: series limit, by a join with a group
SELECT date_trunc('day', t.started_at) AS day, t.vin, count(*) FROM trips AS t JOIN (SELECT vin AS vin__, count(*) AS mme FROM trips
	WHERE started_at >= '2026-03-28' GROUP BY vin ORDER BY mme DESC, vin LIMIT 2) AS series ON t.vin = vin__ WHERE t.started_at >= '2026-03-28' GROUP BY 1, 2;

--- Tableau: what columns are there
--! requests 0
--! empty
PREPARE q AS SELECT * FROM trips;
SELECT * FROM trips WHERE 1=0;
SELECT * FROM trips LIMIT 0;
SELECT * FROM (SELECT * FROM trips) "Custom SQL Query" LIMIT 0;

--- Tableau: a cursor of psqlODBC
BEGIN;
declare "SQL_CUR0x1" cursor with hold for SELECT "trips"."vin" AS "vin", COUNT(1) AS "cnt" FROM "trips" "trips"
	WHERE ("trips"."started_at" >= (TIMESTAMP '2026-03-28 00:00:00.000')) GROUP BY 1;
fetch 2 in "SQL_CUR0x1"; fetch 100 in "SQL_CUR0x1";
COMMIT;
fetch 100 in "SQL_CUR0x1"; close "SQL_CUR0x1";

--- Tableau: truncated dates and relative ones
SELECT CAST(TRUNC(EXTRACT(YEAR FROM "trips"."started_at")) AS INTEGER) AS "yr", SUM(CAST("trips"."distance_km" AS numeric)) AS "sum", DATE_TRUNC('WEEK', CAST("trips"."started_at" AS TIMESTAMP) + 1 * INTERVAL '1 DAY') + -1 * INTERVAL '1 DAY' AS "wk" FROM "trips" "trips" WHERE ("trips"."started_at" >= (TIMESTAMP '2026-03-28 00:00:00.000') AND "trips"."started_at" < (TIMESTAMP '2026-04-04 00:00:00.000')) GROUP BY 1, 3;

--- Tableau: a filter by a set
SELECT "t"."vin", COUNT(1) FROM "trips" "t" INNER JOIN (SELECT "trips"."vin" AS "vin", COUNT(1) AS "$__alias__0" FROM "trips" GROUP BY 1
	ORDER BY 2 DESC, 1 ASC LIMIT 3) "t0" ON ("t"."vin" = "t0"."vin") GROUP BY 1;
SELECT "vehicles"."vin" FROM "vehicles" WHERE ((CASE WHEN "vehicles"."brand" IN ('Peugeot', 'Opel') THEN 1 ELSE 0 END) = 1) OR ("vehicles"."motorization" IS NULL);

--- Power BI: a preview
SELECT count(*), count(DISTINCT "id") FROM (select "_"."vehicle_id", "_"."id", "_"."started_at" from "trips" "_" limit 1000) AS x;

--- Power BI: DirectQuery
select * from (select "vin", count(*) as "a0" from (select "$Table"."vin" as "vin", "$Table"."started_at" as "started_at" from "trips" "$Table") "rows" where "started_at" >= timestamp '2026-03-28 00:00:00' and not "vin" is null group by "vin") "ITBL" order by "a0" desc limit 1000001;

--- Power BI: the basetable dance
select "basetable0"."c1", count("basetable0"."c2") as "a0" from (select "v"."label" as "c1", "t"."id" as "c2" from "trips" "t" left outer join "vehicles" "v" on ("t"."vehicle_id" = "v"."id") where ("t"."started_at" < timestamp '2026-04-01 00:00:00' and "t"."started_at" >= timestamp '2026-03-25 00:00:00')) "basetable0" group by "basetable0"."c1" order by "a0" desc, "basetable0"."c1" asc limit 1000001;

--- Power BI: incremental refresh
select "_"."id", "_"."updated_at" from "trips" "_" where "_"."started_at" >= timestamp '2026-03-28 00:00:00' and "_"."started_at" < timestamp '2026-03-29 00:00:00';

--- JDBC: the fifth execution and those after it
--! requests 7
PREPARE "S_1" (text, timestamptz) AS SELECT id, started_at FROM trips WHERE vehicle_id = $1 AND started_at >= $2;
EXECUTE "S_1" (:'v1', '2026-04-01'); EXECUTE "S_1" (:'v1', '2026-04-02'); EXECUTE "S_1" (:'v2', '2026-04-01'); EXECUTE "S_1" (:'v3', '2026-04-01'); EXECUTE "S_1" (:'v1', '2026-04-01'); EXECUTE "S_1" (:'v4', '2026-04-01'); EXECUTE "S_1" (:'v2', '2026-04-03');

--- JDBC: setTimestamp without a type, setObject of dates, arrays
PREPARE "S_2" (unknown, unknown) AS SELECT count(*) FROM trips WHERE vehicle_id = $1 AND started_at >= $2;
EXECUTE "S_2" (:'v1', '2026-03-28 10:00:00+01'); EXECUTE "S_2" (:'v1', '2026-03-28');
PREPARE "S_3" AS SELECT vehicle_id FROM status WHERE vehicle_id = ANY ($1) AND updated_at > $2;
EXECUTE "S_3" (ARRAY[:'v1', :'v2'], '2026-03-28');
PREPARE "S_4" (varchar) AS SELECT vin FROM vehicles WHERE id = $1;
EXECUTE "S_4" (:'v1');

--- JDBC: fetch size, in a transaction
BEGIN;
DECLARE "C_1" NO SCROLL CURSOR WITHOUT HOLD FOR SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' AND started_at >= '2026-03-20';
FETCH FORWARD 10 FROM "C_1"; FETCH FORWARD 10 FROM "C_1"; FETCH FORWARD 10 FROM "C_1"; FETCH FORWARD 10 FROM "C_1";
COMMIT;

--- the extended protocol: parameters
--! needs psql 16
SELECT count(*), min(started_at) FROM trips WHERE vehicle_id = $1 AND started_at >= $2 \bind :v1 2026-04-01 \g
SELECT vin FROM status WHERE vehicle_id = ANY ($1) \bind '{}' \g
SELECT vin FROM status WHERE vin LIKE $1 \bind 'VR3%' \g
SELECT count(*) FROM waypoints WHERE vehicle_id = $1 AND trip_id = $2 \bind :v1 :trip \g
SELECT id FROM trips WHERE vehicle_id = $1 ORDER BY started_at, id LIMIT $2 \bind :v1 3 \g

--- DBeaver, pgAdmin: the first rows, and how many there are
SELECT count(*) FROM (SELECT * FROM trips LIMIT 200) AS x;
SELECT count(*) FROM trips;
SELECT x.* FROM vehicles x WHERE x.vin = 'VR3UHZKXZPT000001';

--- psql: a table by a pattern of \d
SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = (current_schemas(false))[1] AND c.relkind IN ('f', 'r') ORDER BY 1;

--- crosstab by hand
SELECT vin, count(*) FILTER (WHERE severity = 'Information') AS information, count(*) FILTER (WHERE severity = 'Warning') AS warning, count(*) AS all FROM alerts GROUP BY vin;
SELECT vin, kind, count(*) FROM alarms GROUP BY 1, 2 ORDER BY 1, 2 \crosstabview

--- an export
COPY (SELECT v.vin, v.label, t.started_at, t.stopped_at, t.distance_km FROM trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id
	WHERE t.started_at >= '2026-03-30' ORDER BY t.started_at, t.id) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *, NULL '-');
