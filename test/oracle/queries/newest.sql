-- The newest first, or the oldest of a range, and only so many of them: what is
-- read in windows must be what a full list has.  Nothing here depends on the clock
-- of the world: today.t runs it again in one whose clock is the machine's.
--! pairs
--! pages

--- trips: the newest, the two newest, the ten newest, of one car
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 1;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 2;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 10;

--- trips: none, the first page, all, of one car
--! ordered
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 0;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 61;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT ALL;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 1000;

--- trips: no more than nothing
--! requests 0
--! empty
SELECT started_at, id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 0;
SELECT id FROM trips ORDER BY started_at DESC LIMIT 0;

--- trips: the newest of all cars
--! ordered
SELECT vin, started_at FROM trips ORDER BY started_at DESC NULLS LAST LIMIT 1;
SELECT vin, started_at FROM trips ORDER BY started_at DESC NULLS LAST LIMIT 10;

--- trips: the newest 61 of all cars
--! ordered
SELECT vehicle_id, started_at FROM trips ORDER BY started_at DESC NULLS LAST LIMIT 61;

--- trips: the newest of some cars
--! ordered
SELECT vehicle_id, started_at FROM trips WHERE vehicle_id IN (:'v1', :'v3') ORDER BY started_at DESC NULLS LAST LIMIT 7;
SELECT vin, started_at FROM trips WHERE vin IN (:'vin2', :'vin5', 'nowhere') ORDER BY started_at DESC NULLS LAST LIMIT 3;

--- trips: the newest of cars by the beginning of the VIN
--! ordered
SELECT vin, started_at FROM trips WHERE vin LIKE 'VR3%' ORDER BY started_at DESC NULLS LAST LIMIT 6;

--- trips: the newest of a car that has none
--! empty
SELECT started_at FROM trips WHERE vehicle_id = :'v5' ORDER BY started_at DESC NULLS LAST LIMIT 3;

--- trips: the newest of nobody
--! empty
SELECT started_at FROM trips WHERE vehicle_id = 'nobody' ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at FROM trips WHERE vehicle_id = NULL ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at FROM trips WHERE vin = 'nowhere' ORDER BY started_at DESC NULLS LAST LIMIT 3;

--- trips: NULLs first
--! ordered
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC LIMIT 1;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC LIMIT 3;
SELECT started_at FROM trips ORDER BY started_at DESC LIMIT 8;

--- trips: NULLs first, said outright
--! ordered
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS FIRST LIMIT 2;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at NULLS FIRST LIMIT 2;

--- trips: plain DESC where there are no NULLs
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at IS NOT NULL ORDER BY started_at DESC LIMIT 4;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at > '-infinity' ORDER BY started_at DESC LIMIT 4;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at < 'infinity' ORDER BY started_at DESC LIMIT 4;

--- trips: plain DESC from an instant on
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'mid' ORDER BY started_at DESC LIMIT 4;
SELECT started_at, vin FROM trips WHERE started_at >= :'mid' ORDER BY started_at DESC LIMIT 15;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'recent' ORDER BY started_at DESC;

--- trips: plain DESC until an instant
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at < :'mid' ORDER BY started_at DESC LIMIT 4;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at <= :'mid' ORDER BY started_at DESC NULLS LAST LIMIT 1;
SELECT started_at, vin FROM trips WHERE started_at < :'mid' ORDER BY started_at DESC LIMIT 15;

--- trips: plain DESC with what is not strict
--! ordered
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1'
	AND (started_at < :'mid' OR started_at IS NULL) ORDER BY started_at DESC LIMIT 4;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' AND coalesce(started_at, :'mid') >= :'mid'
	ORDER BY started_at DESC LIMIT 4;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' AND started_at IS DISTINCT FROM :'mid'
	ORDER BY started_at DESC LIMIT 2;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' AND (started_at > :'mid') IS NOT FALSE
	ORDER BY started_at DESC LIMIT 2;

--- trips: plain DESC where a strict clause is one of two
--! ordered
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' AND (started_at >= :'mid' OR id = :'trip')
	ORDER BY started_at DESC LIMIT 30;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1'
	AND (started_at < :'mid' OR distance_km > 10) ORDER BY started_at DESC LIMIT 3;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1'
	AND (started_at < :'mid' OR started_at > :'recent') ORDER BY started_at DESC LIMIT 12;

--- trips: the newest of a range
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'mid' AND started_at < :'recent' ORDER BY started_at DESC LIMIT 5;
SELECT started_at, vin FROM trips WHERE started_at BETWEEN :'mid' AND timestamptz :'mid' + interval '2 days' ORDER BY started_at DESC;

--- trips: the oldest of a range
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'mid' ORDER BY started_at LIMIT 1;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at > :'mid' ORDER BY started_at LIMIT 10;
SELECT started_at, vin FROM trips WHERE started_at >= :'mid' ORDER BY started_at ASC NULLS LAST LIMIT 7;
SELECT started_at, vin FROM trips WHERE started_at >= :'mid' ORDER BY started_at ASC NULLS FIRST LIMIT 7;

--- trips: the oldest of all
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at LIMIT 2;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at < :'mid' ORDER BY started_at LIMIT 2;
SELECT started_at, vin FROM trips ORDER BY started_at LIMIT 7;

--- trips: the oldest of those that are to come
--! ordered
--! empty
SELECT started_at, id FROM trips WHERE started_at >= '2100-01-01' ORDER BY started_at LIMIT 2;
SELECT started_at, id FROM trips WHERE started_at >= '2100-01-01' ORDER BY started_at DESC LIMIT 2;
SELECT started_at, id FROM trips WHERE started_at < '1990-01-01' ORDER BY started_at DESC LIMIT 2;

--- trips: OFFSET
--! ordered
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3 OFFSET 2;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST OFFSET 30;
SELECT started_at, vin FROM trips ORDER BY started_at DESC NULLS LAST LIMIT 3 OFFSET 20;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3 OFFSET 1000;

--- trips: pages of ten
--! ordered
SELECT local.each('SELECT started_at, id FROM trips WHERE vehicle_id = {v2} ORDER BY started_at DESC NULLS LAST LIMIT 10 OFFSET {?}', '0', '10', '20',
	'30', '40', '50') \gexec

--- trips: pages by the last one's time
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v2' AND started_at < (SELECT min(started_at) FROM (SELECT started_at FROM trips
	WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 10) AS t) ORDER BY started_at DESC LIMIT 10;

--- trips: WITH TIES
SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES;
SELECT started_at::date FROM trips WHERE vehicle_id = :'v1' AND started_at IS NOT NULL ORDER BY started_at::date DESC FETCH FIRST 2 ROWS WITH TIES;
SELECT started_at, id FROM trips ORDER BY started_at DESC FETCH FIRST 1 ROW WITH TIES;

--- telemetry: ties of all cars
--! ordered
SELECT recorded_at FROM telemetry ORDER BY recorded_at DESC LIMIT 1;
SELECT recorded_at FROM telemetry ORDER BY recorded_at DESC LIMIT 13;
SELECT recorded_at FROM telemetry ORDER BY recorded_at DESC LIMIT 10 OFFSET 5;

--- telemetry: WITH TIES
SELECT recorded_at, vin FROM telemetry ORDER BY recorded_at DESC FETCH FIRST 1 ROW WITH TIES;
SELECT recorded_at, vin FROM telemetry ORDER BY recorded_at DESC FETCH FIRST 7 ROWS WITH TIES;
SELECT recorded_at, vin FROM telemetry WHERE recorded_at >= :'mid' ORDER BY recorded_at FETCH FIRST 7 ROWS WITH TIES;

--- telemetry: ties put in order by another column
--! ordered
SELECT recorded_at, vin FROM telemetry ORDER BY recorded_at DESC, vin LIMIT 20;
SELECT recorded_at, vin FROM telemetry ORDER BY recorded_at DESC, vin DESC LIMIT 4;
SELECT recorded_at, vin FROM telemetry WHERE recorded_at >= :'mid' ORDER BY recorded_at, vin LIMIT 20;

--- telemetry: the newest of one car
--! ordered
SELECT recorded_at, odometer_km, speed_kmh FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC LIMIT 1;
SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC NULLS LAST LIMIT 10;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC LIMIT 61;

--- telemetry: the newest of one car, of some columns only
--! ordered
SELECT odometer_km FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC NULLS LAST LIMIT 2;
SELECT latitude, km_before_maintenance FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC NULLS LAST LIMIT 2;

--- telemetry: the newest that tells something
--! ordered
SELECT recorded_at, electric_level_pct FROM telemetry WHERE vehicle_id = :'v1' AND electric_level_pct IS NOT NULL ORDER BY recorded_at DESC LIMIT 3;
SELECT recorded_at, speed_kmh FROM telemetry WHERE vehicle_id = :'v2' AND speed_kmh > 50 ORDER BY recorded_at DESC NULLS LAST LIMIT 2;
SELECT recorded_at, trip_id FROM telemetry WHERE trip_id IS NOT NULL ORDER BY recorded_at DESC NULLS LAST, vin LIMIT 4;

--- telemetry: the newest of something that there never was
--! empty
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND speed_kmh > 1000 ORDER BY recorded_at DESC LIMIT 1;
SELECT recorded_at FROM telemetry WHERE speed_kmh < 0 ORDER BY recorded_at DESC NULLS LAST LIMIT 5;

--- telemetry: the oldest of a range
--! ordered
SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= :'mid' ORDER BY recorded_at LIMIT 3;
SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at > :'at_telemetry' ORDER BY recorded_at LIMIT 3;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= :'mid' AND recorded_at < :'recent' ORDER BY recorded_at;

--- telemetry: the newest before an instant, and the oldest after
--! ordered
SELECT local.each('SELECT {n}, recorded_at FROM telemetry WHERE vehicle_id = {v1} AND {?} LIMIT 1',
	'recorded_at < {at_telemetry} ORDER BY recorded_at DESC', 'recorded_at <= {at_telemetry} ORDER BY recorded_at DESC',
	'recorded_at > {at_telemetry} ORDER BY recorded_at', 'recorded_at >= {at_telemetry} ORDER BY recorded_at',
	'recorded_at < {at_telemetry} ORDER BY recorded_at', 'recorded_at > {at_telemetry} ORDER BY recorded_at DESC',
	'recorded_at = {at_telemetry} ORDER BY recorded_at DESC') \gexec

--- alerts, alarms and collisions: the newest
--! ordered
SELECT started_at, type FROM alerts WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT created_at, kind FROM alarms WHERE vehicle_id = :'v2' ORDER BY created_at DESC NULLS LAST LIMIT 3;
SELECT created_at, sides FROM collisions WHERE vehicle_id = :'v2' ORDER BY created_at DESC NULLS LAST LIMIT 3;

--- alerts, alarms and collisions: the newest of all cars
--! ordered
SELECT started_at, vin FROM alerts ORDER BY started_at DESC NULLS LAST LIMIT 12;
SELECT created_at, vin FROM alarms ORDER BY created_at DESC NULLS LAST LIMIT 12;
SELECT created_at, vin FROM collisions ORDER BY created_at DESC NULLS LAST LIMIT 12;

--- alerts, alarms and collisions: all of them in order
--! ordered
SELECT started_at, id FROM alerts ORDER BY started_at DESC NULLS LAST;
SELECT created_at FROM alarms ORDER BY created_at DESC NULLS LAST;
SELECT created_at FROM collisions ORDER BY created_at DESC NULLS LAST LIMIT 1000;

--- alerts that still go on, the newest first
--! ordered
SELECT started_at, id FROM alerts WHERE ended_at IS NULL ORDER BY started_at DESC NULLS LAST LIMIT 5;
SELECT started_at, id FROM alerts WHERE active ORDER BY started_at DESC NULLS LAST;
SELECT started_at, id FROM alerts WHERE vehicle_id = :'v1' AND ended_at - started_at > interval '12 h' ORDER BY started_at DESC NULLS LAST LIMIT 2;

--- alarms by kind, the newest first
--! ordered
SELECT created_at, trigger_type FROM alarms WHERE kind = 'trigger' ORDER BY created_at DESC NULLS LAST LIMIT 4;
SELECT created_at, activation FROM alarms WHERE vehicle_id = :'v2' AND kind = 'status' ORDER BY created_at DESC NULLS LAST LIMIT 4;

--- way points, the newest first
--! ordered
SELECT recorded_at, latitude FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'long' ORDER BY recorded_at DESC NULLS LAST LIMIT 5;
SELECT recorded_at FROM waypoints WHERE vehicle_id = :'v1' AND trip_id = :'trip' ORDER BY recorded_at DESC LIMIT 3;
SELECT recorded_at FROM waypoints WHERE vehicle_id = :'v1' AND recorded_at >= :'recent' ORDER BY recorded_at DESC LIMIT 3;

--- trips that drop out of the newest
--! ordered
SELECT started_at, distance_km FROM trips WHERE vehicle_id = :'v1' AND distance_km > 40 ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at, distance_km FROM trips WHERE distance_km > 300 ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v2' AND NOT done ORDER BY started_at DESC NULLS LAST LIMIT 3;

--- trips of which there is one, long ago
--! ordered
SELECT started_at, id FROM trips WHERE id = :'trip' ORDER BY started_at DESC NULLS LAST LIMIT 1;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND duration > interval '1 day' ORDER BY started_at DESC NULLS LAST LIMIT 1;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND id || '' = :'trip' ORDER BY started_at DESC NULLS LAST LIMIT 1;

--- trips without a start come last
--! ordered
SELECT started_at, vin FROM trips WHERE started_at IS NULL OR started_at < :'mid' ORDER BY started_at DESC NULLS LAST, vin;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v2' AND started_at IS NULL
	ORDER BY started_at DESC NULLS LAST LIMIT 2;
SELECT CASE WHEN started_at IS NOT NULL THEN id END AS id, started_at FROM trips WHERE vehicle_id = :'v2' AND faults IS NOT NULL
	ORDER BY started_at DESC NULLS LAST LIMIT 100;

--- late trips, the newest first
--! ordered
SELECT started_at, id FROM trips WHERE created_at - stopped_at > interval '1 day' ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at <= :'at_late' ORDER BY started_at DESC LIMIT 1;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'at_late' ORDER BY started_at LIMIT 1;

--- trips by when they were uploaded, not by the time column
--! ordered
SELECT created_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY created_at DESC NULLS LAST, id LIMIT 4;
SELECT stopped_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY stopped_at DESC NULLS LAST, id LIMIT 4;
SELECT created_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'mid' ORDER BY created_at DESC, id LIMIT 4;

--- the time column and others
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST, id LIMIT 5;
SELECT started_at, id FROM trips ORDER BY started_at DESC NULLS LAST, id DESC, vin LIMIT 8;
SELECT vin, started_at FROM trips ORDER BY vin, started_at DESC NULLS LAST LIMIT 9;
SELECT done, started_at FROM trips WHERE vehicle_id = :'v2' ORDER BY done, started_at DESC NULLS LAST LIMIT 9;

--- incremental sort, and none
--! ordered
SELECT recorded_at, vin FROM telemetry WHERE recorded_at >= :'mid' ORDER BY recorded_at DESC, vin LIMIT 40;
SET enable_incremental_sort = off;
SELECT recorded_at, vin FROM telemetry WHERE recorded_at >= :'mid' ORDER BY recorded_at DESC, vin LIMIT 40;

--- without sorting, where it can be
--! ordered
SET enable_sort = off;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC LIMIT 3;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at LIMIT 3;
SELECT started_at, vin FROM trips WHERE started_at >= :'mid' ORDER BY started_at DESC;

--- without sorting: all in order
--! ordered
SET enable_sort = off;
SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST;
SELECT recorded_at FROM telemetry ORDER BY recorded_at DESC NULLS LAST;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= :'mid' ORDER BY recorded_at;

--- an order by the time, dressed up
--! ordered
SELECT started_at + interval '1 h', id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at + interval '1 h' DESC NULLS LAST LIMIT 3;
SELECT started_at::date AS day, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at::date DESC NULLS LAST, id LIMIT 3;
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY -extract(epoch FROM started_at) LIMIT 3;
SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at AT TIME ZONE 'UTC' DESC NULLS LAST LIMIT 3;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at USING > LIMIT 3;

--- an order and a volatile condition
--! ordered
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND random() >= 0 ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at > clock_timestamp() - interval '100 years' ORDER BY started_at DESC LIMIT 3;

--- in a subquery
--! ordered
SELECT max(distance_km) FROM (SELECT distance_km FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 5) AS t;
SELECT count(*), min(started_at), sum(distance_km::numeric) FROM (SELECT * FROM trips ORDER BY started_at DESC NULLS LAST LIMIT 25) AS t;
SELECT id FROM trips WHERE id IN (SELECT id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 2) ORDER BY 1;

--- in an expression
SELECT (SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 1), (SELECT recorded_at FROM telemetry
	WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC LIMIT 1);
SELECT vin, (SELECT max(started_at) FROM trips WHERE vehicle_id = v.id), (SELECT started_at FROM trips WHERE vehicle_id = v.id
	ORDER BY started_at DESC NULLS LAST LIMIT 1) FROM vehicles AS v;

--- min and max, which are such queries
SELECT max(started_at), min(started_at) FROM trips WHERE vehicle_id = :'v1';
SELECT max(started_at) FROM trips;
SELECT max(recorded_at), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v1';
SELECT max(recorded_at) FROM telemetry WHERE recorded_at < :'mid';
SELECT min(created_at) FROM alarms WHERE created_at >= :'mid';
SELECT max(started_at) FROM trips WHERE vehicle_id = :'v5';

--- the last of each car, by LATERAL
SELECT v.vin, t.started_at, t.id FROM vehicles AS v CROSS JOIN LATERAL (SELECT started_at, id FROM trips WHERE vehicle_id = v.id
	ORDER BY started_at DESC NULLS LAST LIMIT 1) AS t;

--- the last three of each car, by LEFT JOIN LATERAL
SELECT v.vin, t.started_at FROM vehicles AS v LEFT JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = v.id
	ORDER BY started_at DESC NULLS LAST LIMIT 3) AS t ON true;

--- the last of each car and of several tables
SELECT v.vin, t.started_at, m.recorded_at, a.created_at FROM vehicles AS v
  LEFT JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = v.id ORDER BY started_at DESC NULLS LAST LIMIT 1) AS t ON true
  LEFT JOIN LATERAL (SELECT recorded_at FROM telemetry WHERE vehicle_id = v.id ORDER BY recorded_at DESC LIMIT 1) AS m ON true
  LEFT JOIN LATERAL (SELECT created_at FROM alarms WHERE vehicle_id = v.id ORDER BY created_at DESC NULLS LAST LIMIT 1) AS a ON true;

--- the last before a time of another table
SELECT d.n, t.started_at FROM local.drivers AS d LEFT JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = d.vehicle_id
	AND started_at < coalesce(d.until, 'infinity') ORDER BY started_at DESC LIMIT 1) AS t ON true;
SELECT i.what, i.at, m.recorded_at FROM local.instants AS i LEFT JOIN LATERAL (SELECT recorded_at FROM telemetry WHERE vehicle_id = i.vehicle_id
	AND recorded_at <= i.at ORDER BY recorded_at DESC LIMIT 1) AS m ON true;

--- the next after a time of another table
SELECT i.what, i.at, m.recorded_at FROM local.instants AS i LEFT JOIN LATERAL (SELECT recorded_at FROM telemetry WHERE vehicle_id = i.vehicle_id
	AND recorded_at > i.at ORDER BY recorded_at LIMIT 1) AS m ON true;
SELECT t.id, m.* FROM (SELECT * FROM near.trips WHERE vehicle_id = :'v2' ORDER BY md5(id) LIMIT 5) AS t CROSS
	JOIN LATERAL (SELECT recorded_at, odometer_km FROM telemetry WHERE vehicle_id = t.vehicle_id AND recorded_at >= t.stopped_at ORDER BY recorded_at LIMIT 1) AS m;

--- LATERAL with a limit of the outer row's
SELECT x.n, x.v, count(t.id), min(t.started_at) FROM (VALUES (0, :'v1'), (1, :'v1'), (10, :'v2'), (2, :'v1'), (NULL, :'v3'), (61, :'v2'), (3,
	'nobody'), (3, NULL)) AS x (n, v)
  LEFT JOIN LATERAL (SELECT id, started_at FROM trips WHERE vehicle_id = x.v ORDER BY started_at DESC NULLS LAST LIMIT x.n) AS t ON true GROUP BY 1, 2;

--- LATERAL with a limit of the outer row's, over the same car
SELECT n, (SELECT min(started_at) FROM (SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT n) AS t)
	FROM unnest('{3,1,40,0,7,1,100}'::int[]) AS n;
SELECT n, (SELECT started_at FROM trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST OFFSET n LIMIT 1) FROM unnest('{5,0,39,41,1,20}'::int[]) AS n;

--- LATERAL with a bound of the outer row's, back and forth
SELECT d.at, x.n, x.first FROM unnest(ARRAY[:'recent', :'mid', :'at_telemetry', 'infinity', '-infinity', NULL, :'recent']::timestamptz[]) AS d (at)
 CROSS JOIN LATERAL (SELECT count(*) AS n, min(recorded_at) AS first FROM (SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1'
	AND recorded_at <= d.at ORDER BY recorded_at DESC LIMIT 4) AS t) AS x;

--- the newest of each group: DISTINCT ON
SELECT DISTINCT ON (vehicle_id) vin, started_at FROM trips ORDER BY vehicle_id, started_at DESC NULLS LAST;
SELECT DISTINCT ON (started_at::date) started_at::date AS day, started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at::date, started_at DESC NULLS LAST;
SELECT DISTINCT ON (started_at) started_at, vin FROM trips WHERE started_at >= :'recent' ORDER BY started_at DESC, vin LIMIT 3;

--- the newest of each group: row_number()
SELECT vin, started_at, n FROM (SELECT vin, started_at, row_number() OVER (PARTITION BY vehicle_id ORDER BY started_at DESC NULLS LAST) AS n
	FROM trips) AS t WHERE n <= 2 AND started_at IS NOT NULL;
SELECT started_at, n FROM (SELECT started_at, row_number() OVER (ORDER BY started_at DESC NULLS LAST) AS n FROM trips WHERE vehicle_id = :'v1') AS t WHERE n <= 4;

--- windows along the time
--! ordered
SELECT recorded_at, lag(odometer_km) OVER w, lead(recorded_at) OVER w FROM telemetry WHERE vehicle_id = :'v1' WINDOW w AS (ORDER BY recorded_at DESC)
	ORDER BY recorded_at DESC LIMIT 6;
SELECT started_at, lead(started_at) OVER (ORDER BY started_at DESC NULLS LAST) FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 6;
SELECT recorded_at, rank() OVER (ORDER BY recorded_at DESC) FROM telemetry ORDER BY recorded_at DESC LIMIT 14;

--- DISTINCT, GROUP BY the time, in order
--! ordered
SELECT DISTINCT recorded_at FROM telemetry ORDER BY recorded_at DESC LIMIT 5;
SELECT recorded_at, count(*) FROM telemetry GROUP BY recorded_at ORDER BY recorded_at DESC LIMIT 5;
SELECT started_at, count(*) FROM trips WHERE vehicle_id = :'v1' GROUP BY started_at ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT date_trunc('day', started_at), count(*) FROM trips GROUP BY 1 ORDER BY 1 DESC NULLS LAST LIMIT 3;

--- two tables, one order
--! ordered
SELECT at, what FROM (SELECT started_at AS at, 'trip' AS what FROM trips WHERE vehicle_id = :'v2' UNION ALL SELECT created_at, 'alarm' FROM alarms
	WHERE vehicle_id = :'v2') AS x ORDER BY at DESC NULLS LAST LIMIT 9;
SELECT at FROM (SELECT started_at AS at FROM trips WHERE vehicle_id = :'v2' UNION ALL SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1'
	UNION ALL SELECT started_at FROM alerts) AS x ORDER BY at DESC NULLS LAST LIMIT 20;

--- two ordered halves, one order
--! ordered
(SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3) UNION ALL (SELECT started_at FROM trips
	WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 3) ORDER BY 1 DESC LIMIT 4;
SELECT * FROM ((SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3) UNION (SELECT started_at FROM trips
	WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 5)) AS x ORDER BY 1 DESC;

--- two tables merged without sorting
--! ordered
SET enable_sort = off;
SELECT at FROM (SELECT started_at AS at FROM trips WHERE vehicle_id = :'v2' AND started_at IS NOT NULL UNION ALL SELECT created_at FROM alarms
	WHERE vehicle_id = :'v2' AND created_at IS NOT NULL) AS x ORDER BY at DESC LIMIT 12;

--- a join by merging on the time
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT a.recorded_at, a.odometer_km, b.odometer_km FROM telemetry AS a JOIN telemetry AS b ON b.recorded_at = a.recorded_at WHERE a.vehicle_id = :'v1'
	AND b.vehicle_id = :'v2' AND a.recorded_at >= :'recent';
SELECT count(*) FROM telemetry AS a JOIN telemetry AS b ON b.recorded_at = a.recorded_at WHERE a.vehicle_id = :'v1';
SELECT i.what, t.id FROM local.instants AS i JOIN trips AS t ON t.started_at = i.at;

--- a join by merging on the time, outer
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT a.id, b.created_at FROM trips AS a LEFT JOIN alarms AS b ON b.created_at = a.started_at WHERE a.vehicle_id = :'v1';
SELECT count(*), count(a.recorded_at), count(b.recorded_at) FROM (SELECT * FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= :'mid') AS a
	FULL JOIN (SELECT * FROM telemetry WHERE vehicle_id = :'v2' AND recorded_at < :'recent') AS b USING (recorded_at);

--- the newest of a join
--! ordered
SELECT t.started_at, v.label FROM trips AS t JOIN vehicles AS v ON v.id = t.vehicle_id ORDER BY t.started_at DESC NULLS LAST LIMIT 5;
SELECT t.started_at, d.name FROM trips AS t JOIN local.drivers AS d ON d.vehicle_id = t.vehicle_id ORDER BY t.started_at DESC NULLS LAST, d.name LIMIT 9;
SELECT t.started_at, a.id FROM trips AS t LEFT JOIN alerts AS a ON a.vehicle_id = t.vehicle_id AND a.started_at BETWEEN t.started_at AND t.stopped_at
	WHERE t.vehicle_id = :'v2' ORDER BY t.started_at DESC NULLS LAST, a.id LIMIT 9;

--- the newest of a semijoin and an antijoin
--! ordered
SELECT started_at, id FROM trips AS t WHERE EXISTS (SELECT FROM alerts AS a WHERE a.vehicle_id = t.vehicle_id AND t.id = ANY (a.trip_ids))
	ORDER BY started_at DESC NULLS LAST LIMIT 3;
SELECT started_at, id FROM trips AS t WHERE t.vehicle_id = :'v2' AND NOT EXISTS (SELECT FROM alerts AS a WHERE a.vehicle_id = t.vehicle_id
	AND t.id = ANY (a.trip_ids)) ORDER BY started_at DESC NULLS LAST LIMIT 3;

--- a cursor in order, row by row
--! ordered
BEGIN;
DECLARE c CURSOR FOR SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST;
FETCH c; FETCH 2 FROM c; MOVE 5 FROM c; FETCH 3 FROM c; FETCH ALL FROM c; FETCH c;
COMMIT;

--- a cursor in order, of all cars
--! ordered
BEGIN;
DECLARE c CURSOR FOR SELECT started_at, vin FROM trips ORDER BY started_at DESC NULLS LAST, vin;
FETCH 3 FROM c; FETCH 30 FROM c; FETCH ALL FROM c;
COMMIT;

--- a cursor in order that goes back and forth
--! ordered
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at IS NOT NULL ORDER BY started_at DESC;
FETCH 3 FROM c; FETCH PRIOR FROM c; FETCH BACKWARD 2 FROM c; FETCH LAST FROM c; FETCH FIRST FROM c; FETCH ABSOLUTE 7 FROM c; FETCH ABSOLUTE -2
	FROM c; FETCH RELATIVE -3 FROM c; MOVE BACKWARD ALL IN c; FETCH 2 FROM c; FETCH BACKWARD ALL FROM c;
COMMIT;

--- a cursor in order WITH HOLD
--! ordered
BEGIN;
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' ORDER BY recorded_at DESC LIMIT 12;
FETCH 2 FROM c;
COMMIT;
FETCH 4 FROM c; FETCH BACKWARD 2 FROM c; FETCH ALL FROM c; CLOSE c;

--- two cursors in order at once
--! ordered
BEGIN;
DECLARE a CURSOR FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST;
DECLARE b CURSOR FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'mid' ORDER BY started_at;
FETCH 2 FROM a; FETCH 2 FROM b; FETCH 3 FROM a; FETCH 3 FROM b; FETCH 20 FROM a; FETCH ALL FROM b; FETCH ALL FROM a;
COMMIT;

--- a cursor in order, around a savepoint
--! ordered
BEGIN;
DECLARE c CURSOR FOR SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST;
FETCH 3 FROM c;
SAVEPOINT s;
FETCH 3 FROM c; SELECT max(created_at) FROM alarms WHERE vehicle_id = :'v2';
ROLLBACK TO s;
FETCH 10 FROM c;
COMMIT;

--- psql's own cursor, in order
--! ordered
\set FETCH_COUNT 3
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 8;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at >= :'recent' ORDER BY recorded_at;
\set FETCH_COUNT 0

--- prepared: a limit that changes
--! ordered
PREPARE p (int) AS SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = local.named('v1')
	ORDER BY started_at DESC NULLS LAST LIMIT $1;
EXECUTE p (1); EXECUTE p (3); EXECUTE p (0); EXECUTE p (NULL); EXECUTE p (2); EXECUTE p (61); EXECUTE p (5);
SET plan_cache_mode = force_generic_plan;
EXECUTE p (1); EXECUTE p (3); EXECUTE p (0); EXECUTE p (NULL); EXECUTE p (2);

--- prepared: a vehicle and a limit that change
--! ordered
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, int, int) AS SELECT started_at, CASE WHEN started_at IS NOT NULL THEN id END AS id FROM trips WHERE vehicle_id = $1
	ORDER BY started_at DESC NULLS LAST LIMIT $2 OFFSET $3;
EXECUTE p (:'v1', 3, 0); EXECUTE p (:'v2', 3, 0); EXECUTE p (:'v1', 2, 10); EXECUTE p ('nobody', 3, 0); EXECUTE p (NULL, 3, 0); EXECUTE p (:'v2',
	NULL, 38); EXECUTE p (:'v5', 3, NULL);

--- prepared: bounds and a limit that change
--! ordered
SET plan_cache_mode = force_generic_plan;
PREPARE p (timestamptz, timestamptz, int) AS SELECT recorded_at FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at >= $1
	AND recorded_at < $2 ORDER BY recorded_at DESC LIMIT $3;
EXECUTE p (:'mid', :'recent', 3); EXECUTE p (:'mid', 'infinity', 2); EXECUTE p ('-infinity', :'mid', 2); EXECUTE p (:'recent', :'mid', 2);
	EXECUTE p (NULL, :'mid', 2); EXECUTE p ('-infinity', 'infinity', 1);
PREPARE a (timestamptz, int) AS SELECT recorded_at FROM telemetry WHERE vehicle_id = local.named('v1') AND recorded_at >= $1 ORDER BY recorded_at LIMIT $2;
EXECUTE a (:'mid', 3); EXECUTE a ('-infinity', 2); EXECUTE a ('infinity', 2); EXECUTE a (NULL, 2); EXECUTE a (:'recent', NULL);

--- prepared: a filter that is switched on and off
--! ordered
SET plan_cache_mode = force_generic_plan;
PREPARE p (float8) AS SELECT started_at, id FROM trips WHERE vehicle_id = local.named('v1') AND ($1 IS NULL OR distance_km > $1)
	ORDER BY started_at DESC NULLS LAST LIMIT 2;
EXECUTE p (NULL); EXECUTE p (40); EXECUTE p (300); EXECUTE p (5000);

--- a function that asks for the newest
CREATE FUNCTION pg_temp.last(v text, n int) RETURNS timestamptz LANGUAGE sql AS $$ SELECT min(started_at) FROM (SELECT started_at FROM trips WHERE vehicle_id = v ORDER BY started_at DESC NULLS LAST LIMIT n) AS t $$;
SELECT v.vin, n, pg_temp.last(v.id, n) FROM vehicles AS v, unnest('{1,50}'::int[]) AS n WHERE v.vin LIKE 'VR3%';
CREATE FUNCTION pg_temp.first(v text, at timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT started_at FROM trips WHERE vehicle_id = v AND started_at >= at ORDER BY started_at LIMIT 1); END $$;
SELECT i.at, pg_temp.first(i.vehicle_id, i.at) FROM local.instants AS i WHERE what IN ('trip', 'alert', 'always');

--- a loop that ends early
DO $$ DECLARE r record; n int := 0; BEGIN FOR r IN SELECT started_at FROM trips WHERE vehicle_id = local.named('v1') ORDER BY started_at DESC NULLS LAST LOOP n := n + 1; EXIT WHEN n = 2; END LOOP; END $$;
CREATE FUNCTION pg_temp.f() RETURNS SETOF timestamptz LANGUAGE plpgsql AS $$ DECLARE r record; n int := 0; BEGIN FOR r IN SELECT started_at FROM trips WHERE vehicle_id = local.named('v1') ORDER BY started_at DESC NULLS LAST LOOP n := n + 1; RETURN NEXT r.started_at; EXIT WHEN n = 5; END LOOP; END $$;
SELECT pg_temp.f();

--- rescans of an ordered scan
SET enable_material = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off;
SELECT d.n, t.started_at FROM local.drivers AS d LEFT JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = d.vehicle_id
	ORDER BY started_at DESC NULLS LAST LIMIT 2) AS t ON true;
SELECT d.n, t.started_at FROM local.drivers AS d CROSS JOIN (SELECT started_at FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 2) AS t;

--- a recursive walk from trip to trip before it
--! ordered
WITH RECURSIVE w AS (SELECT 1 AS n, (SELECT max(started_at) FROM trips WHERE vehicle_id = :'v1') AS at UNION ALL SELECT n + 1, (SELECT started_at
	FROM trips WHERE vehicle_id = :'v1' AND started_at < w.at ORDER BY started_at DESC LIMIT 1) FROM w WHERE n < 6 AND at IS NOT NULL) SELECT n, at FROM w;

--- the median, the nth, the last but one
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY started_at) FROM trips WHERE vehicle_id = :'v1';
SELECT nth_value(started_at, 2) OVER (ORDER BY started_at DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM trips
	WHERE vehicle_id = :'v1' LIMIT 1;
SELECT (array_agg(id ORDER BY started_at DESC NULLS LAST))[1:3] FROM trips WHERE vehicle_id = :'v1';
SELECT string_agg(started_at::text, ',' ORDER BY started_at DESC NULLS LAST) FROM (SELECT started_at FROM trips WHERE vehicle_id = :'v1'
	ORDER BY started_at DESC NULLS LAST LIMIT 3) AS t;

--- a partitioned parent of two accounts, in order
--! ordered
SELECT started_at, account FROM all_trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST, account LIMIT 5;
SELECT started_at FROM all_trips ORDER BY started_at DESC NULLS LAST LIMIT 12;
SELECT started_at FROM all_trips WHERE started_at >= :'mid' ORDER BY started_at LIMIT 12;

--- a partitioned parent, merged without sorting
--! ordered
SET enable_sort = off;
SELECT started_at FROM all_trips WHERE vehicle_id = :'v2' ORDER BY started_at DESC NULLS LAST LIMIT 5;
SELECT started_at FROM all_trips WHERE vehicle_id = :'v2' AND started_at >= :'mid' ORDER BY started_at DESC;
SELECT started_at FROM all_trips WHERE started_at >= :'mid' ORDER BY started_at LIMIT 12;

--- a view, a CTE, a security barrier, in order
--! ordered
WITH t AS MATERIALIZED (SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 4)
	SELECT a.started_at, b.id FROM t AS a JOIN t AS b USING (id) ORDER BY 1 DESC;
WITH t AS NOT MATERIALIZED (SELECT started_at, id FROM trips WHERE vehicle_id = :'v1') SELECT started_at, id FROM t ORDER BY started_at DESC NULLS LAST LIMIT 2;
CREATE TEMP VIEW last_trips WITH (security_barrier) AS SELECT * FROM trips WHERE done;
SELECT started_at, id FROM last_trips WHERE vehicle_id = :'v1' ORDER BY started_at DESC NULLS LAST LIMIT 3;

--- an order under another zone, and a bound of a day
--! ordered
SET TimeZone = 'Asia/Kolkata';
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at < (timestamptz :'recent')::date ORDER BY started_at DESC LIMIT 2;
SELECT started_at, id FROM trips WHERE vehicle_id = :'v1' AND started_at::date <= (timestamptz :'recent')::date ORDER BY started_at DESC LIMIT 2;

--- an order and a set of bounds
--! ordered
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND (started_at < :'mid' OR started_at BETWEEN :'recent'
	AND timestamptz :'recent' + interval '1 day') ORDER BY started_at DESC LIMIT 9;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND recorded_at = ANY (ARRAY[:'mid', :'at_telemetry', NULL]::timestamptz[]) ORDER BY recorded_at DESC LIMIT 2;
SELECT recorded_at FROM telemetry WHERE recorded_at BETWEEN :'at_telemetry' AND :'at_telemetry' ORDER BY recorded_at DESC LIMIT 9;

--- an order and bounds that contradict each other
--! empty
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at > :'recent' AND started_at < :'mid' ORDER BY started_at DESC LIMIT 2;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at = NULL ORDER BY started_at DESC LIMIT 2;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at > 'infinity' ORDER BY started_at DESC LIMIT 2;
SELECT started_at FROM trips WHERE vehicle_id = :'v1' AND started_at < '-infinity' ORDER BY started_at DESC LIMIT 2;

--- an order of tables that have no time to ask by
--! ordered
SELECT updated_at, vin FROM status ORDER BY updated_at DESC NULLS LAST, vin LIMIT 3;
SELECT recorded_at, vin FROM positions ORDER BY recorded_at DESC NULLS LAST, vin LIMIT 3;
SELECT created_at, vin FROM vehicles ORDER BY created_at DESC, vin LIMIT 2;
SELECT updated_at, vin FROM maintenance ORDER BY updated_at DESC NULLS LAST, vin LIMIT 2;

--- a limit without an order, of a range
SELECT count(*) FROM (SELECT id FROM trips WHERE vehicle_id = :'v1' AND started_at >= :'mid' LIMIT 3) AS t;
SELECT count(*), count(n.id) FROM (SELECT id FROM trips WHERE started_at < :'mid' LIMIT 12) AS t JOIN near.trips AS n USING (id) WHERE n.started_at < :'mid';

--- locked, though nothing can be
--! ordered
SELECT d.n, t.started_at FROM local.drivers AS d CROSS JOIN LATERAL (SELECT started_at FROM trips WHERE vehicle_id = d.vehicle_id
	ORDER BY started_at DESC NULLS LAST LIMIT 1) AS t ORDER BY d.n FOR UPDATE OF d;
