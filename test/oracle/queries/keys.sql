-- By id: trips, alerts, alarms and collisions of their own, and what lies below a
-- trip.  What a trip's endpoint says and what the whole list says of that trip
-- are the same in the simulator's world.
--! pairs

--- a trip by id and vehicle
--! asks /user/vehicles/{1}/trips/{9}
SELECT id, started_at, distance_km, duration, faults FROM trips WHERE vehicle_id = :'v1' AND id = :'trip';

--- a trip by id alone
--! requests 7
SELECT vehicle_id, vin, id, started_at, stopped_at FROM trips WHERE id = :'trip';

--- a trip by id and VIN
--! asks /user/vehicles?pageSize=60
--! asks /user/vehicles/{1}/trips/{9}
SELECT vin, started_at FROM trips WHERE vin = :'vin1' AND id = :'trip';

--- a trip by id and the beginning of a VIN
SELECT vin, started_at FROM trips WHERE vin LIKE 'VR3%' AND id = :'trip';

--- a trip of another vehicle, by id
--! empty
SELECT id FROM trips WHERE vehicle_id = :'v2' AND id = :'trip';

--- a trip of several vehicles, by id
SELECT vehicle_id, id FROM trips WHERE vehicle_id IN (:'v1', :'v2', :'v3') AND id = :'trip';

--- a trip by an id that is nobody's
SELECT 'none', count(*) FROM trips WHERE id = 'nobody';
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND id = 'nobody';
SELECT 'none', count(*) FROM trips WHERE vehicle_id = 'nobody' AND id = :'trip';
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'nobody' AND id = :'trip';
SELECT 'none', count(*) FROM trips WHERE vin = 'nowhere' AND id = :'trip';

--- a vehicle that has no trips, and a trip's id
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v5' AND id = :'trip';

--- trips by ids: one twice, one nobody's, one NULL
SELECT id, started_at FROM trips WHERE id IN (:'trip', :'long', :'trip', 'nobody', NULL);

--- trips by ids and vehicle
SELECT id, started_at FROM trips WHERE vehicle_id = :'v1' AND id = ANY (ARRAY[:'trip', :'long', :'nostart', NULL, :'long']);

--- trips of several vehicles, by ids
SELECT vin, id FROM trips WHERE vehicle_id IN (:'v1', :'v2') AND id IN (:'trip', :'nostart');

--- trips by ids, all but one ruled out
SELECT id FROM trips WHERE id IN (:'trip', :'long') AND id <> :'long';
SELECT id FROM trips WHERE id IN (:'trip', :'long') AND id = :'long';
SELECT id FROM trips WHERE id = :'trip' AND id IN (:'nostart', :'trip') AND vehicle_id IN (:'v2', :'v1');

--- either of two ids
SELECT id, distance_km FROM trips WHERE id = :'trip' OR id = :'long' OR id = 'nobody';
SELECT vin, id FROM trips WHERE (id = :'trip' OR id = :'nostart') AND vehicle_id = :'v2';

--- either an id or something else
SELECT id FROM trips WHERE id = :'trip' OR started_at >= '2026-04-03';
SELECT id FROM trips WHERE vehicle_id = :'v1' AND (id = :'trip' OR distance_km > 100);
SELECT id FROM trips WHERE id = :'trip' OR vehicle_id = :'v3' AND started_at > '2026-04-02';

--- an id and a vehicle, or another id and another vehicle
SELECT vin, id FROM trips WHERE (vehicle_id = :'v1' AND id = :'trip') OR (vehicle_id = :'v2' AND id = :'nostart');
SELECT vin, id FROM trips WHERE (vehicle_id = :'v1' AND id = :'nostart') OR (vehicle_id = :'v2' AND id = :'trip') OR (vehicle_id = :'v1' AND id = :'long');

--- an id within the times of another
SELECT 'none', count(*) FROM trips WHERE id = :'trip' AND started_at >= '2026-04-01';
SELECT 'none', count(*) FROM trips WHERE id = :'trip' AND started_at IS NULL;
SELECT id FROM trips WHERE id = :'nostart' AND started_at IS NULL;
SELECT id FROM trips WHERE vehicle_id = :'v1' AND id = :'trip' AND started_at = :'trip_from' AND done AND distance_km > 0;

--- an id and times around it
SELECT local.around('SELECT $${?}$$, count(*), min(id) = {trip} FROM trips WHERE id = {trip} AND vehicle_id = {v1} AND {?}', 'started_at', 'trip_from') \gexec

--- ids that are NULL
--! requests 0
SELECT 'none', count(*) FROM trips WHERE id = NULL;
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND id = NULL::text;
SELECT 'none', count(*) FROM trips WHERE id IN (NULL, NULL) AND vehicle_id = :'v1';
SELECT 'none', count(*) FROM trips WHERE id = ANY (NULL::text[]);
SELECT 'none', count(*) FROM trips WHERE id = ANY ('{}');
SELECT 'none', count(*) FROM alerts WHERE id = ANY (ARRAY[NULL]::text[]);

--- ids of trips and events that cannot be
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND id IN ('', '.', '..');
SELECT 'none', count(*) FROM alerts WHERE id = '';
SELECT 'none', count(*) FROM alarms WHERE vehicle_id = :'v2' AND id = '..';
SELECT 'none', count(*) FROM collisions WHERE id IN ('.', NULL);

--- ids of trips with characters that mean something in an address
SELECT local.each('SELECT {n}, count(*) FROM trips WHERE vehicle_id = {v1} AND id IN ({?}, {trip})', $$'a/b?c'$$, $$'../trips'$$, $$'a b'$$,
	$$'%2F'$$, $$'ü'$$, $$'#'$$, $$'wayPoints'$$) \gexec
SELECT local.each('SELECT {n}, count(*) FROM alerts WHERE vehicle_id = {v2} AND id = {?}', $$'a/b?c'$$, $$'?timestamps=x'$$, $$'%2e%2e'$$, $$repeat('y', 2000)$$) \gexec

--- ids spelt otherwise
SELECT 'none', count(*) FROM trips WHERE id = upper(:'trip');
SELECT 'none', count(*) FROM trips WHERE id = :'trip' || ' ';
SELECT 'none', count(*) FROM trips WHERE id = left(:'trip', -1);
SELECT id FROM trips WHERE id::bpchar = (:'trip' || '  ')::bpchar;
SELECT id FROM trips WHERE upper(id) = upper(:'trip') AND vehicle_id = :'v1';

--- ids by a collation
SELECT id FROM trips WHERE id = :'trip' COLLATE "C" AND vehicle_id = :'v1';
SELECT count(*) FROM trips WHERE id >= :'trip' COLLATE "C" AND id <= :'trip' COLLATE "C" AND vehicle_id = :'v1';

--- ids by other operators
SELECT count(*) FROM trips WHERE id <> :'trip' AND vehicle_id = :'v1';
SELECT count(*) FROM trips WHERE NOT (id = :'trip') AND vehicle_id = :'v1';
SELECT count(*) FROM trips WHERE id <> ALL (ARRAY[:'trip', :'long']) AND vehicle_id = :'v1';
SELECT id FROM trips WHERE id LIKE left(:'trip', 20) || '%';
SELECT count(*) FROM trips WHERE (id = :'trip') IS NOT TRUE AND vehicle_id = :'v1';
SELECT count(*) FROM trips WHERE id > :'trip' AND vehicle_id = :'v1';
SELECT id FROM trips WHERE id IS NOT DISTINCT FROM :'trip' AND vehicle_id = :'v1';

--- ids of types that are not text
SELECT id FROM trips WHERE id = :'trip'::varchar;
SELECT id FROM trips WHERE id = ANY (ARRAY[:'trip', :'long']::varchar[]) AND vehicle_id = :'v1';
SELECT 'none', count(*) FROM trips WHERE id = :'trip'::name;

--- ids that are computed
SELECT id FROM trips WHERE id = (SELECT max(value) FROM local.names WHERE name = 'trip');
SELECT id FROM trips WHERE id = ANY (ARRAY(SELECT value FROM local.names WHERE name IN ('trip', 'long', 'nobody')));
SELECT id FROM trips WHERE id IN (SELECT value FROM local.names WHERE name IN ('trip', 'long', 'nostart', 'nobody'));
SELECT id FROM trips WHERE id = local.named('trip') AND vehicle_id = local.named('v1');
SELECT 'none', count(*) FROM trips WHERE id = (SELECT value FROM local.names WHERE name = 'there is none');

--- ids as rows
SELECT id FROM trips WHERE (vehicle_id, id) = (:'v1', :'trip');
SELECT id FROM trips WHERE (vehicle_id, id) IN ((:'v1', :'trip'), (:'v2', :'nostart'), (:'v2', :'long'));
SELECT id FROM trips WHERE (vehicle_id, id) IN (SELECT v.value, t.value FROM local.names AS v, local.names AS t WHERE v.name = 'v1' AND t.name IN ('trip', 'long'));

--- ids and an order and a limit
SELECT id, started_at FROM trips WHERE id IN (:'trip', :'long', :'nostart') ORDER BY started_at DESC NULLS LAST LIMIT 2;
SELECT id FROM trips WHERE id = :'trip' LIMIT 1;
SELECT id FROM trips WHERE id = :'trip' ORDER BY started_at OFFSET 0 LIMIT 5;
SELECT 'none', count(*) FROM (SELECT id FROM trips WHERE id = :'trip' OFFSET 1) AS t;

--- an alert by id
SELECT id AS alert, vehicle_id AS of FROM near.alerts ORDER BY md5(id) LIMIT 1 \gset
SELECT vin, type, severity, started_at, ended_at, trip_ids FROM alerts WHERE id = :'alert';
SELECT vin, type FROM alerts WHERE id = :'alert' AND vehicle_id = :'of';
SELECT 'none', count(*) FROM alerts WHERE id = :'alert' AND vehicle_id IN (:'v1', :'v2', :'v3', :'v4', :'v6') AND vehicle_id <> :'of';

--- alerts by ids, and a time
SELECT array_agg(id ORDER BY md5(id)) AS alerts FROM (SELECT id FROM near.alerts ORDER BY md5(id) LIMIT 4) AS a \gset
SELECT id, type FROM alerts WHERE id = ANY (:'alerts');
SELECT count(*), min(started_at) FROM alerts WHERE id = ANY (:'alerts') AND started_at >= '2026-03-26';
SELECT count(*), min(started_at) FROM alerts WHERE id = ANY (:'alerts') AND (active OR started_at < '2026-03-26');

--- an alarm by id
SELECT id AS alarm, vehicle_id AS of FROM near.alarms ORDER BY md5(id) LIMIT 1 \gset
SELECT vin, kind, activation, trigger_type, created_at FROM alarms WHERE id = :'alarm';
SELECT kind FROM alarms WHERE id = :'alarm' AND vehicle_id = :'of';
SELECT 'none', count(*) FROM alarms WHERE id = :'alarm' AND vehicle_id = :'nobody';

--- alarms by id and kind, which is the other's or its own
SELECT id AS alarm, kind FROM near.alarms WHERE vehicle_id = :'v2' ORDER BY md5(id) LIMIT 1 \gset
SELECT id FROM alarms WHERE id = :'alarm' AND kind = :'kind';
SELECT 'none', count(*) FROM alarms WHERE id = :'alarm' AND kind <> :'kind';
SELECT id FROM alarms WHERE vehicle_id = :'v2' AND id = :'alarm' AND kind IN ('status', 'trigger');
SELECT 'none', count(*) FROM alarms WHERE vehicle_id = :'v2' AND id = :'alarm' AND kind = 'none';

--- a collision by id
SELECT id AS collision, vehicle_id AS of FROM near.collisions ORDER BY md5(id) LIMIT 1 \gset
SELECT vin, created_at, trip_id, sides, severities FROM collisions WHERE id = :'collision';
SELECT created_at FROM collisions WHERE id = :'collision' AND vehicle_id = :'of' AND created_at > '2026-03-01';

--- a collision by id and trip
SELECT id AS collision, trip_id AS trip_of, vehicle_id AS of FROM near.collisions WHERE trip_id IS NOT NULL ORDER BY md5(id) LIMIT 1 \gset
SELECT id, trip_id FROM collisions WHERE id = :'collision' AND trip_id = :'trip_of' AND vehicle_id = :'of';
SELECT id, trip_id FROM collisions WHERE id = :'collision' AND trip_id = :'trip_of';
SELECT 'none', count(*) FROM collisions WHERE id = :'collision' AND trip_id = :'trip';
SELECT 'none', count(*) FROM collisions WHERE id = :'collision' AND trip_id IS NULL;

--- ids of one table in another
SELECT 'none', count(*) FROM alerts WHERE id = :'trip';
SELECT 'none', count(*) FROM alarms WHERE id IN (SELECT id FROM near.alerts WHERE vehicle_id = :'v2' LIMIT 2);
SELECT 'none', count(*) FROM collisions WHERE vehicle_id = :'v1' AND id = :'trip';

--- a vehicle's id that is given twice
SELECT id FROM trips WHERE vehicle_id = :'v1' AND vehicle_id = :'v1' AND id = :'trip';
SELECT 'none', count(*) FROM trips WHERE vehicle_id = :'v1' AND vehicle_id = :'v2' AND id = :'trip';

--- join on a trip's id
SELECT d.name, t.started_at FROM (VALUES ('a', :'trip'), ('b', :'long'), ('c', 'nobody'), ('d', NULL), ('e', '')) AS d (name, id) JOIN trips AS t ON t.id = d.id;
SELECT d.name, t.started_at FROM (VALUES ('a', :'trip'), ('b', :'long'), ('c', 'nobody'), ('d', NULL), ('e', '')) AS d (name, id) LEFT JOIN trips AS t ON t.id = d.id;

--- join on id and vehicle, of a local table
SELECT h.id, t.distance_km FROM local.history AS h JOIN trips AS t ON t.vehicle_id = h.vehicle_id AND t.id = h.id WHERE h.started_at < '2026-03-19';
SELECT count(*), count(t.id) FROM local.history AS h LEFT JOIN trips AS t ON t.vehicle_id = h.vehicle_id AND t.id = h.id AND t.distance_km > 20
	WHERE h.started_at < '2026-03-20';

--- LATERAL on a trip's id
SELECT h.id, t.distance_km FROM (SELECT * FROM local.history ORDER BY id LIMIT 5) AS h CROSS JOIN LATERAL (SELECT distance_km FROM trips
	WHERE vehicle_id = h.vehicle_id AND id = h.id OFFSET 0) AS t;
SELECT h.id, t.distance_km FROM (SELECT id FROM local.history ORDER BY id LIMIT 3) AS h LEFT JOIN LATERAL (SELECT distance_km FROM trips
	WHERE id = h.id OFFSET 0) AS t ON true;

--- LATERAL on ids that are NULL, unknown, impossible
SELECT x.id, t.n FROM (VALUES (NULL), ('nobody'), (''), ('..'), (:'trip'), (:'trip')) AS x (id) CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips
	WHERE vehicle_id = :'v1' AND id = x.id) AS t;

--- nested loops over a trip's id
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT h.id, t.distance_km FROM (SELECT * FROM local.history ORDER BY id LIMIT 4) AS h JOIN trips AS t ON t.vehicle_id = h.vehicle_id AND t.id = h.id;

--- trips of alerts, by their ids
SELECT a.id, t.started_at FROM alerts AS a JOIN trips AS t ON t.vehicle_id = a.vehicle_id AND t.id = ANY (a.trip_ids) WHERE a.vehicle_id = :'v2';
SELECT a.id, t.n FROM alerts AS a CROSS JOIN LATERAL (SELECT count(*) AS n FROM trips WHERE vehicle_id = a.vehicle_id AND id = ANY (a.trip_ids)) AS t
	WHERE a.vehicle_id = :'v4';

--- EXISTS by id
SELECT h.id FROM local.history AS h WHERE h.started_at < '2026-03-20' AND EXISTS (SELECT FROM trips AS t WHERE t.vehicle_id = h.vehicle_id
	AND t.id = h.id AND t.distance_km > 10);
SELECT count(*) FROM local.history AS h WHERE h.started_at < '2026-03-20' AND NOT EXISTS (SELECT FROM trips AS t WHERE t.vehicle_id = h.vehicle_id
	AND t.id = h.id AND t.distance_km > 10);

--- a correlated subquery by id
SELECT h.id, (SELECT distance_km FROM trips AS t WHERE t.vehicle_id = h.vehicle_id AND t.id = h.id) FROM local.history AS h WHERE h.vehicle_id = :'v1'
	AND h.started_at < '2026-03-21';

--- prepared: an id, custom and generic
--! requests 5
PREPARE p (text, text) AS SELECT id, started_at FROM trips WHERE vehicle_id = $1 AND id = $2;
EXECUTE p (:'v1', :'trip'); EXECUTE p (:'v1', NULL); EXECUTE p (NULL, :'trip'); EXECUTE p (:'v2', :'trip');
SET plan_cache_mode = force_generic_plan;
EXECUTE p (:'v1', :'trip'); EXECUTE p (:'v1', NULL); EXECUTE p (NULL, :'trip'); EXECUTE p (:'v2', :'trip'); EXECUTE p (:'v1', ''); EXECUTE p (:'v1', 'nobody');

--- prepared: ids, generic
SET plan_cache_mode = force_generic_plan;
PREPARE p (text[]) AS SELECT id, vehicle_id FROM trips WHERE id = ANY ($1);
EXECUTE p (ARRAY[:'trip', :'long', NULL, 'nobody', '']); EXECUTE p ('{}'); EXECUTE p (NULL); EXECUTE p (ARRAY[[:'trip']]);

--- many ids that only the run time knows
SET plan_cache_mode = force_generic_plan;
SELECT array_agg(id ORDER BY md5(id)) AS ids FROM (SELECT id FROM near.trips WHERE vehicle_id = :'v1' ORDER BY md5(id) LIMIT 7) AS t \gset
PREPARE p (text[]) AS SELECT id, started_at FROM trips WHERE vehicle_id = local.named('v1') AND id = ANY ($1);
EXECUTE p (:'ids'); EXECUTE p ((:'ids'::text[])[1:4]); EXECUTE p ((:'ids'::text[])[3:7] || ARRAY[NULL, 'nobody']); EXECUTE p ((:'ids'::text[])[2:2]);
SELECT array_agg(id ORDER BY md5(id)) AS ids FROM (SELECT id FROM near.alarms WHERE vehicle_id = :'v2' ORDER BY md5(id) LIMIT 4) AS t \gset
PREPARE a (text[]) AS SELECT id, kind FROM alarms WHERE vehicle_id = local.named('v2') AND id = ANY ($1);
EXECUTE a (:'ids'); EXECUTE a ((:'ids'::text[])[1:2]); EXECUTE a ((:'ids'::text[])[4:4]);

--- many ids of a subquery, or of another row
SELECT id FROM trips WHERE vehicle_id = :'v1' AND id = ANY (ARRAY(SELECT id FROM local.history WHERE vehicle_id = :'v1' ORDER BY md5(id) LIMIT 9));
SELECT x.n, count(t.id), min(t.started_at) FROM generate_series(1, 9, 2) AS x (n) LEFT JOIN LATERAL (SELECT id, started_at FROM trips
	WHERE vehicle_id = :'v1' AND id = ANY ((SELECT array_agg(id ORDER BY md5(id)) FROM local.history WHERE vehicle_id = :'v1')[1:x.n])) AS t ON true GROUP BY 1;

--- telemetry of a trip
--! asks /user/vehicles/{4}/trips/{25}/telemetry?pageSize=2000
SELECT vehicle_id, recorded_at, trip_id, odometer_km FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told';

--- telemetry of a trip, by trip alone
--! requests 7
SELECT vin, recorded_at, trip_id FROM telemetry WHERE trip_id = :'told';

--- telemetry of a trip, without its id
SELECT recorded_at, speed_kmh FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told';
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told';

--- telemetry of a trip with positions and maintenance
--! asks /user/vehicles/{4}/trips/{25}/telemetry?extension=location&extension=maintenance&pageSize=2000
SELECT recorded_at, latitude, longitude, position_at, km_before_maintenance FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told';

--- telemetry of the trip of another vehicle
SELECT 'none', count(*) FROM telemetry WHERE vehicle_id = :'v1' AND trip_id = :'told';

--- telemetry of trips, one twice, one NULL, one nobody's
SELECT trip_id AS second FROM near.telemetry WHERE vehicle_id = :'v4' AND trip_id <> :'told' ORDER BY recorded_at LIMIT 1 \gset
SELECT trip_id, recorded_at FROM telemetry WHERE vehicle_id = :'v4' AND trip_id IN (:'told', :'second', :'told', NULL, 'nobody', '');
SELECT trip_id, recorded_at FROM telemetry WHERE trip_id = ANY (ARRAY[:'told', :'second', :'trip']);

--- telemetry of either trip, or of a time
SELECT trip_id, recorded_at FROM telemetry WHERE vehicle_id = :'v4' AND (trip_id = :'told' OR recorded_at >= '2026-04-03 06:00');
SELECT trip_id, recorded_at FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told' AND recorded_at >= '2026-03-29';
SELECT 'none', count(*) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told' AND recorded_at < '2026-03-20';

--- telemetry of a trip around an instant of it
SELECT min(recorded_at) AS at_told FROM near.telemetry WHERE trip_id = :'told' \gset
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told' AND recorded_at <= :'at_told';
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told' AND recorded_at > :'at_told';
SELECT count(*), min(recorded_at) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id = :'told'
	AND recorded_at BETWEEN timestamptz :'at_told' - interval '1 us' AND timestamptz :'at_told' + interval '1 us';

--- telemetry of no trip, and of any
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id IS NULL;
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id IS NOT NULL;
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v4' AND trip_id <> :'told';
SELECT count(*) FROM telemetry WHERE vehicle_id = :'v4' AND (trip_id = :'told') IS NOT TRUE;

--- telemetry of a trip whose start is not known
SELECT 'none', count(*) FROM telemetry WHERE vehicle_id = :'v2' AND trip_id = :'nostart' AND recorded_at < '2026-03-01';
SELECT 'of it', count(*) FROM telemetry WHERE vehicle_id = :'v2' AND trip_id = :'nostart';
SELECT 'of a long one', count(*), min(recorded_at), max(recorded_at) FROM telemetry WHERE vehicle_id = :'v1' AND trip_id = :'long';

--- telemetry of trips, by a join
SELECT t.started_at, m.recorded_at FROM trips AS t JOIN telemetry AS m ON m.vehicle_id = t.vehicle_id AND m.trip_id = t.id WHERE t.vehicle_id = :'v1'
	AND t.started_at >= '2026-03-24';
SELECT t.started_at, count(m.recorded_at) FROM trips AS t LEFT JOIN telemetry AS m ON m.vehicle_id = t.vehicle_id AND m.trip_id = t.id
	WHERE t.vehicle_id = :'v2' AND t.started_at >= '2026-03-28' GROUP BY 1;

--- telemetry of each trip, by LATERAL
SELECT t.started_at, m.n, m.last FROM trips AS t CROSS JOIN LATERAL (SELECT count(*) AS n, max(recorded_at) AS last FROM telemetry
	WHERE vehicle_id = t.vehicle_id AND trip_id = t.id) AS m WHERE t.vehicle_id = :'v4' AND t.started_at >= '2026-03-28';

--- telemetry of each trip, by the trip alone
SELECT t.started_at, (SELECT count(*) FROM telemetry AS m WHERE m.trip_id = t.id) FROM trips AS t WHERE t.vehicle_id = :'v4' AND t.started_at >= '2026-04-02';

--- telemetry of a trip by a prepared statement
SET plan_cache_mode = force_generic_plan;
PREPARE p (text, text) AS SELECT recorded_at, trip_id FROM telemetry WHERE vehicle_id = $1 AND trip_id = $2;
EXECUTE p (:'v4', :'told'); EXECUTE p (:'v1', :'told'); EXECUTE p (:'v4', NULL); EXECUTE p (NULL, :'told'); EXECUTE p (:'v4', 'nobody'); EXECUTE p (:'v4', '..');

--- telemetry of a trip in an order
--! ordered
SELECT recorded_at, trip_id FROM telemetry WHERE vehicle_id = :'v1' AND trip_id = :'long' ORDER BY recorded_at DESC LIMIT 3;
SELECT recorded_at FROM telemetry WHERE vehicle_id = :'v1' AND trip_id = :'long' ORDER BY recorded_at;

--- collisions by a trip, and by a time
SELECT trip_id AS trip_of, vehicle_id AS of FROM near.collisions WHERE trip_id IS NOT NULL ORDER BY md5(id) LIMIT 1 \gset
SELECT id, created_at, trip_id, sides FROM collisions WHERE vehicle_id = :'of' AND trip_id = :'trip_of';
SELECT id, vin, trip_id FROM collisions WHERE trip_id = :'trip_of';
SELECT id FROM collisions WHERE trip_id = :'trip_of' AND created_at >= '2026-03-18';
SELECT 'none', count(*) FROM collisions WHERE trip_id = :'trip_of' AND created_at > '2026-04-03 11:00';

--- collisions of no trip, of none of ours, of several
SELECT count(*) FROM collisions WHERE trip_id IS NULL;
SELECT 'none', count(*) FROM collisions WHERE trip_id = :'trip';
SELECT 'none', count(*) FROM collisions WHERE trip_id = '' OR trip_id = 'nobody';
SELECT id FROM collisions WHERE trip_id IN (SELECT trip_id FROM near.collisions WHERE vehicle_id IN (:'v1', :'v2'));
SELECT id FROM collisions WHERE vehicle_id = :'v2' AND trip_id = ANY (ARRAY(SELECT trip_id FROM near.collisions));

--- collisions of each trip
SELECT t.id, c.id FROM trips AS t JOIN collisions AS c ON c.vehicle_id = t.vehicle_id AND c.trip_id = t.id WHERE t.vehicle_id = :'v2';
SELECT t.id, c.n FROM trips AS t CROSS JOIN LATERAL (SELECT count(*) AS n FROM collisions WHERE vehicle_id = t.vehicle_id AND trip_id = t.id) AS c
	WHERE t.vehicle_id = :'v1' AND t.started_at >= '2026-03-31';

--- alerts that name a trip
SELECT trip_ids[1] AS trip_of, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT id, type, trip_ids FROM alerts WHERE vehicle_id = :'of' AND :'trip_of' = ANY (trip_ids);
SELECT id, vin FROM alerts WHERE :'trip_of' = ANY (trip_ids);

--- alerts of a trip that is the second of two
SELECT trip_ids[2] AS trip_of, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT id, started_at, trip_ids FROM alerts WHERE vehicle_id = :'of' AND :'trip_of' = ANY (trip_ids);
SELECT id FROM alerts WHERE vehicle_id = :'of' AND trip_ids @> ARRAY[:'trip_of'];

--- alerts of a trip by containment
SELECT trip_ids[1] AS a, trip_ids[2] AS b, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT id FROM alerts WHERE vehicle_id = :'of' AND trip_ids @> ARRAY[:'a', :'b'];
SELECT id FROM alerts WHERE trip_ids @> ARRAY[:'b', :'a', :'a'];
SELECT id FROM alerts WHERE vehicle_id = :'of' AND ARRAY[:'a'] <@ trip_ids;
SELECT id FROM alerts WHERE vehicle_id = :'of' AND trip_ids && ARRAY[:'a', :'b', 'nobody'];
SELECT id FROM alerts WHERE vehicle_id = :'of' AND trip_ids = ARRAY[:'a', :'b'];
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND trip_ids @> '{}';
SELECT 'none', count(*) FROM alerts WHERE vehicle_id = :'of' AND trip_ids @> ARRAY[:'a', NULL];
SELECT 'none', count(*) FROM alerts WHERE vehicle_id = :'of' AND trip_ids @> ARRAY[:'a', 'nobody'];
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND trip_ids <@ ARRAY[:'a', :'b'];

--- alerts of a trip, and NULL, and none
SELECT 'none', count(*) FROM alerts WHERE NULL = ANY (trip_ids);
SELECT 'none', count(*) FROM alerts WHERE 'nobody' = ANY (trip_ids);
SELECT 'none', count(*) FROM alerts WHERE '' = ANY (trip_ids);
SELECT 'none', count(*) FROM alerts WHERE vehicle_id = :'v1' AND '..' = ANY (trip_ids);

--- alerts of a trip otherwise
SELECT trip_ids[1] AS a, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND :'a' <> ALL (trip_ids);
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND NOT (:'a' = ANY (trip_ids));
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND :'a' = ALL (trip_ids);
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND :'a' < ANY (trip_ids);
SELECT count(*) FROM alerts WHERE vehicle_id = :'of' AND (:'a' = ANY (trip_ids) OR active);
SELECT id FROM alerts WHERE vehicle_id = :'of' AND trip_ids[1] = :'a';

--- alerts of a trip within a time
SELECT trip_ids[1] AS a, vehicle_id AS of, started_at AS at FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT id FROM alerts WHERE vehicle_id = :'of' AND :'a' = ANY (trip_ids) AND started_at >= :'at';
SELECT id FROM alerts WHERE vehicle_id = :'of' AND :'a' = ANY (trip_ids) AND started_at <= :'at';
SELECT 'none', count(*) FROM alerts WHERE vehicle_id = :'of' AND :'a' = ANY (trip_ids) AND started_at > '2026-04-03 11:30';

--- alerts of two trips, both or either
SELECT trip_ids[1] AS a, trip_ids[2] AS b, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
SELECT id FROM alerts WHERE vehicle_id = :'of' AND :'a' = ANY (trip_ids) AND :'b' = ANY (trip_ids);
SELECT id FROM alerts WHERE vehicle_id = :'of' AND (:'a' = ANY (trip_ids) OR :'b' = ANY (trip_ids));
SELECT 'none', count(*) FROM alerts WHERE vehicle_id = :'of' AND :'a' = ANY (trip_ids) AND 'nobody' = ANY (trip_ids);

--- alerts of each trip
SELECT t.id, a.id FROM trips AS t JOIN alerts AS a ON a.vehicle_id = t.vehicle_id AND t.id = ANY (a.trip_ids) WHERE t.vehicle_id = :'v2' AND t.started_at >= '2026-03-25';
SELECT t.started_at, a.n FROM trips AS t CROSS JOIN LATERAL (SELECT count(*) AS n FROM alerts WHERE vehicle_id = t.vehicle_id
	AND t.id = ANY (trip_ids)) AS a WHERE t.vehicle_id = :'v2' AND t.started_at >= '2026-03-30';
SELECT t.id FROM trips AS t WHERE t.vehicle_id = :'v4' AND EXISTS (SELECT FROM alerts AS a WHERE a.vehicle_id = t.vehicle_id AND t.id = ANY (a.trip_ids));

--- alerts of a trip by a prepared statement
SET plan_cache_mode = force_generic_plan;
SELECT trip_ids[1] AS a, vehicle_id AS of FROM near.alerts WHERE cardinality(trip_ids) = 2 ORDER BY md5(id) LIMIT 1 \gset
PREPARE p (text, text) AS SELECT id FROM alerts WHERE vehicle_id = $1 AND $2 = ANY (trip_ids);
EXECUTE p (:'of', :'a'); EXECUTE p (:'of', NULL); EXECUTE p (:'v5', :'a'); EXECUTE p (:'of', ''); EXECUTE p (:'of', 'nobody');

--- everything of one trip
SELECT (SELECT count(*) FROM telemetry WHERE vehicle_id = :'v1' AND trip_id = :'long') AS messages, (SELECT count(*) FROM waypoints
	WHERE vehicle_id = :'v1' AND trip_id = :'long') AS points,
	(SELECT count(*) FROM alerts WHERE vehicle_id = :'v1' AND :'long' = ANY (trip_ids)) AS alerts, (SELECT count(*) FROM collisions
	WHERE vehicle_id = :'v1' AND trip_id = :'long') AS collisions,
	(SELECT distance_km FROM trips WHERE vehicle_id = :'v1' AND id = :'long') AS km;

--- a table without the column vehicle_id, by id
BEGIN;
DO $$ BEGIN
	IF current_setting('search_path') ~ 'cars' THEN
		CREATE FOREIGN TABLE work.bare (id text, distance_km float8) SERVER sim OPTIONS (resource 'trips');
		CREATE FOREIGN TABLE work.told (trip_id text, speed_kmh float8) SERVER sim OPTIONS (resource 'telemetry');
		CREATE FOREIGN TABLE work.named (sent text OPTIONS (field '/id'), vin text) SERVER sim OPTIONS (resource 'trips');
	ELSE
		CREATE TABLE work.bare AS SELECT id, distance_km FROM near.trips;
		CREATE TABLE work.told AS SELECT trip_id, speed_kmh FROM near.telemetry;
		CREATE TABLE work.named AS SELECT id AS sent, vin FROM near.trips;
	END IF;
END $$;
SELECT distance_km FROM work.bare WHERE id = :'trip';
SELECT count(*) FROM work.told WHERE trip_id = :'told';
SELECT vin FROM work.named WHERE sent = :'trip';
ROLLBACK;
