-- Which vehicles are asked.

--- no condition: the listing, then every vehicle
--! asks /user/vehicles?pageSize=60
--! asks /user/vehicles/{1}/status
--! asks /user/vehicles/{2}/status
--! asks /user/vehicles/{3}/status
--! asks /user/vehicles/{4}/status
--! asks /user/vehicles/{5}/status
--! asks /user/vehicles/{6}/status
SELECT vin, odometer_km FROM status;

--- vehicle_id =
--! asks /user/vehicles/{1}/status
SELECT odometer_km FROM status WHERE vehicle_id = :'v1';

--- vehicle_id = and the VIN
--! asks /user/vehicles?pageSize=60
--! asks /user/vehicles/{1}/status
SELECT vin, odometer_km FROM status WHERE vehicle_id = :'v1';

--- the constant first
--! asks /user/vehicles/{1}/status
SELECT odometer_km FROM status WHERE :'v1' = vehicle_id;

--- vehicle_id as varchar, name (which cuts it), char
--! requests 4
SELECT 'varchar', odometer_km FROM status WHERE vehicle_id = :'v1'::varchar;
SELECT 'name', count(*) FROM status WHERE vehicle_id = :'v1'::name;
SELECT 'char', odometer_km FROM status WHERE vehicle_id = :'v1'::char(200);

--- vehicle_id with blanks behind
--! requests 3
SELECT count(*) + 10 FROM status WHERE vehicle_id = rpad(:'v1', 200) OR vehicle_id = :'v2';

--- IN, with repetitions: each vehicle once
--! asks /user/vehicles/{1}/status
--! asks /user/vehicles/{2}/status
SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id IN (:'v1', :'v2', :'v1', :'v2', :'v2');

--- = ANY of an array with NULLs and repetitions
--! asks /user/vehicles/{1}/status
--! asks /user/vehicles/{3}/status
SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id = ANY (ARRAY[:'v1', NULL, :'v3', :'v1', NULL]);

--- = ANY of an array of two dimensions
--! requests 2
SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id = ANY (ARRAY[[:'v1', :'v3'], [NULL, :'v1']]);

--- = ANY of an array from a function
--! requests 2
SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id = ANY (string_to_array(:'v1' || ',' || :'v3', ','));

--- = ANY of an array from a subquery
--! requests 2
SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id = ANY (ARRAY(SELECT vehicle_id FROM local.drivers WHERE n IN (1, 2, 4)));

--- an empty array, one of NULL alone, no array
--! requests 0
SELECT 'empty', count(*) FROM status WHERE vehicle_id = ANY ('{}');
SELECT 'null', count(*) FROM status WHERE vehicle_id = ANY (ARRAY[NULL]::text[]);
SELECT 'no array', count(*) FROM status WHERE vehicle_id = ANY (NULL::text[]);

--- = ALL
SELECT 'one', vehicle_id FROM status WHERE vehicle_id = ALL (ARRAY[:'v1']);
SELECT 'none', count(*) FROM status WHERE vehicle_id = ALL (ARRAY[:'v1', :'v2']);
SELECT 'empty', count(*) FROM status WHERE vehicle_id = ALL ('{}');

--- <> ANY, <> ALL
SELECT 'any', vehicle_id FROM status WHERE vehicle_id <> ANY (ARRAY[:'v1', :'v2']);
SELECT 'all', vehicle_id FROM status WHERE vehicle_id <> ALL (ARRAY[:'v1', :'v2']);
SELECT 'all, a NULL', count(*) FROM status WHERE vehicle_id <> ALL (ARRAY[:'v1', NULL]);

--- OR of equalities
--! requests 2
SELECT vehicle_id, odometer_km FROM status WHERE vehicle_id = :'v1' OR vehicle_id = :'v3' OR vehicle_id = :'v1';

--- OR of ANDs
--! requests 2
SELECT id FROM trips
 WHERE (vehicle_id = :'v1' AND distance_km > 30) OR (vehicle_id = :'v3' AND distance_km < 10 AND done);

--- AND of lists: what they share
--! asks /user/vehicles/{2}/status
SELECT vehicle_id FROM status WHERE vehicle_id IN (:'v1', :'v2') AND vehicle_id IN (:'v2', :'v3');

--- AND of lists that share nothing
--! requests 0
SELECT 'none', count(*) FROM status WHERE vehicle_id IN (:'v1', :'v2') AND vehicle_id = :'v3';

--- AND of an equality and of what is not sent
--! asks /user/vehicles/{1}/status
SELECT vehicle_id FROM status WHERE vehicle_id = :'v1' AND vehicle_id <> :'v2' AND odometer_km > 0;

--- an OR with something else: all vehicles
--! requests 7
SELECT vehicle_id FROM status WHERE vehicle_id = :'v1' OR odometer_km > 20000;

--- a deep tree of ANDs and ORs
--! requests 3
SELECT vehicle_id, id FROM trips
 WHERE ((vehicle_id = :'v1' OR (vehicle_id = :'v2' AND (distance_km > 10 OR vehicle_id = :'v2'))) AND NOT (distance_km < 5))
	OR (vehicle_id = ANY (ARRAY[:'v3', NULL]) AND started_at IS NULL);

--- NOT
--! requests 7
SELECT vehicle_id FROM status WHERE NOT (vehicle_id = :'v1' OR vehicle_id = :'v2');

--- NOT of NOT
SELECT vehicle_id FROM status WHERE NOT (NOT (vehicle_id = :'v1'));

--- De Morgan
SELECT vehicle_id FROM status WHERE NOT (vehicle_id <> :'v1' AND vehicle_id <> :'v3');

--- an equality as a value
SELECT vehicle_id = :'v1', (vehicle_id = :'v1') IS TRUE, (vehicle_id = NULL) IS UNKNOWN FROM status;

--- (an equality) IS TRUE, IS NOT FALSE, IS NOT DISTINCT FROM
SELECT 1, vehicle_id FROM status WHERE (vehicle_id = :'v1') IS TRUE;
SELECT 2, vehicle_id FROM status WHERE (vehicle_id = :'v1') IS NOT FALSE;
SELECT 3, vehicle_id FROM status WHERE vehicle_id IS NOT DISTINCT FROM :'v1';
SELECT 4, count(*) FROM status WHERE vehicle_id IS DISTINCT FROM :'v1';

--- CASE, COALESCE and NULLIF around the column
SELECT 1, vehicle_id FROM status WHERE CASE vehicle_id WHEN :'v1' THEN true WHEN :'v2' THEN odometer_km > 0 END;
SELECT 2, vehicle_id FROM status WHERE coalesce(vehicle_id, '') = :'v1';
SELECT 3, vehicle_id FROM status WHERE nullif(vehicle_id, :'v1') IS NULL;

--- CASE and COALESCE on the other side
--! requests 2
SELECT 1, vehicle_id FROM status WHERE vehicle_id = CASE WHEN length(:'v1') > 10 THEN :'v1' ELSE :'v2' END;
SELECT 2, vehicle_id FROM status WHERE vehicle_id = coalesce(NULL, nullif('', ''), :'v1');

--- comparisons of order
SELECT 1, vehicle_id FROM status WHERE vehicle_id >= :'v1' AND vehicle_id <= :'v1';
SELECT 2, vehicle_id FROM status WHERE vehicle_id > :'v1';
SELECT 3, vehicle_id FROM status WHERE vehicle_id BETWEEN '0' AND '9';

--- = NULL, <> NULL, an equality with a NULL of an expression
--! requests 0
SELECT 1, count(*) FROM status WHERE vehicle_id = NULL;
SELECT 2, count(*) FROM status WHERE vehicle_id = nullif('a', 'a');
SELECT 3, count(*) FROM status WHERE vehicle_id IN (NULL, NULL);

--- IS NULL, IS NOT NULL
SELECT 1, count(*) FROM status WHERE vehicle_id IS NULL;
SELECT 2, vehicle_id FROM status WHERE vehicle_id IS NOT NULL;
SELECT 3, count(*) FROM status WHERE vehicle_id IS NULL OR vehicle_id = :'v1';

--- ids that cannot be anybody's
--! requests 0
SELECT 'empty', count(*) FROM trips WHERE vehicle_id = '';
SELECT 'dot', count(*) FROM trips WHERE vehicle_id = '.';
SELECT 'dots', count(*) FROM trips WHERE vehicle_id IN ('..', '.', '');

--- an id that is not there: the listing decides
--! asks /user/vehicles/nobody/status 403
--! asks /user/vehicles?pageSize=60
SELECT 'none', count(*) FROM status WHERE vehicle_id = 'nobody';

--- ids that are not there, in every table
SELECT 'status', count(*) FROM status WHERE vehicle_id = :'nobody';
SELECT 'positions', count(*) FROM positions WHERE vehicle_id = :'nobody';
SELECT 'telemetry', count(*) FROM telemetry WHERE vehicle_id = :'nobody';
SELECT 'trips', count(*) FROM trips WHERE vehicle_id = :'nobody';
SELECT 'waypoints', count(*) FROM waypoints WHERE vehicle_id = :'nobody' AND trip_id = :'trip';
SELECT 'waypoints 2', count(*) FROM waypoints WHERE vehicle_id = :'nobody';
SELECT 'alerts', count(*) FROM alerts WHERE vehicle_id = :'nobody';
SELECT 'alarms', count(*) FROM alarms WHERE vehicle_id = :'nobody';
SELECT 'collisions', count(*) FROM collisions WHERE vehicle_id = :'nobody';
SELECT 'maintenance', count(*) FROM maintenance WHERE vehicle_id = :'nobody';
SELECT 'vehicles', count(*) FROM vehicles WHERE id = :'nobody';

--- an id that is not there beside two that are
--! requests 4
SELECT vehicle_id FROM status WHERE vehicle_id IN (:'v1', 'nobody', :'v2');

--- ids with characters that mean something in an address
SELECT local.each('SELECT {n}, count(*) FROM status WHERE vehicle_id IN ({?}, {v1})',
	$$'a/b?c'$$, $$'a%2Fb'$$, $$'../status'$$, $$'a b'$$, $$'a#b'$$, $$'a&b=c'$$, $$'%'$$, $$'%zz'$$, $$'+'$$, $$';'$$, $$'"'$$, $$'\'$$, $$'{id}'$$, $$' '$$, $$E'\n'$$, $$E'\t\x7f'$$, $$'ä'$$, $$'車'$$, $$'😀'$$, $$'...'$$, $$'%2e%2e'$$) \gexec

--- very long ids
--! once
SELECT length(v), (SELECT count(*) FROM status WHERE vehicle_id IN (v, :'v1')) FROM (VALUES (repeat('a', 1000)), (repeat('b', 20000)), (:'v1' || :'v1')) AS t (v);

--- an id in capitals is another
SELECT count(*) FROM status WHERE vehicle_id IN (upper(:'v1'), :'v2');

--- vin =
--! asks /user/vehicles?pageSize=60
--! asks /user/vehicles/{1}/status
SELECT odometer_km FROM status WHERE vin = 'VR3UHZKXZPT000001';

--- vin of a car that has no row
--! requests 2
SELECT 'none', count(*) FROM status WHERE vin = :'vin5';

--- vin IN, with one that is not there
--! requests 3
SELECT vin, odometer_km FROM status WHERE vin IN (:'vin1', :'vin4', 'VR3UHZKXZPT999999', :'vin1');

--- vin that is not there, empty, NULL
SELECT 1, count(*) FROM status WHERE vin = 'VR3UHZKXZPT999999';
SELECT 2, count(*) FROM status WHERE vin = '';
SELECT 3, count(*) FROM status WHERE vin = NULL;
SELECT 4, count(*) FROM status WHERE vin IS NULL;
SELECT 5, count(*) FROM status WHERE vin = 'ä' OR vin = '..';

--- vin and vehicle_id that agree
--! requests 2
SELECT vin FROM status WHERE vin = :'vin1' AND vehicle_id = :'v1';

--- vin and vehicle_id that do not
--! requests 1
SELECT 'none', count(*) FROM status WHERE vin = :'vin1' AND vehicle_id = :'v2';

--- vin or vehicle_id
--! requests 7
SELECT vin FROM status WHERE vin = :'vin1' OR vehicle_id = :'v2';

--- a tree of VINs and ids
SELECT vin FROM status WHERE (vin = :'vin1' OR vin = :'vin2') AND (vehicle_id = :'v2' OR vehicle_id = :'v3');

--- vin LIKE a prefix
--! asks /user/vehicles?vinPrefix=VR3&pageSize=60
--! asks /user/vehicles/{1}/status
--! asks /user/vehicles/{2}/status
SELECT odometer_km FROM status WHERE vin LIKE 'VR3%';

--- vin LIKE of all kinds
SELECT local.each('SELECT {n}, vin FROM status WHERE vin LIKE {?}',
	$$'%'$$, $$'%1'$$, $$'V%'$$, $$'W0V%6'$$, $$'VR3UHZKXZPT00000_'$$, $$'_R3%'$$, $$'VR3UHZKXZPT000001'$$, $$'vr3%'$$, $$'VR\3%'$$, $$'VR3\U%'$$, $$'VR3!%' ESCAPE '!'$$,
	$$'VR3!UHZ%' ESCAPE '!'$$, $$'VR%%%3%UH%'$$, $$'__3%'$$, $$'VR3\%%'$$, $$'VR3#_%' ESCAPE '#'$$, $$'W0V' || '%'$$, $$concat('V', 'F7%')$$, $$'VR3%' ESCAPE ''$$, $$'\V\R3%'$$) \gexec
SELECT 'none', count(*) FROM status WHERE vin LIKE 'XX%' OR vin LIKE '' OR vin LIKE NULL;

--- LIKE patterns that end amiss
--! fails
SELECT 1, count(*) FROM status WHERE vin LIKE 'VR3\';
SELECT 2, count(*) FROM status WHERE vin LIKE 'XX\';
SELECT 3, count(*) FROM status WHERE vin LIKE 'VR3%' ESCAPE 'ab';
SELECT 4, vin FROM status WHERE vin LIKE 'VR3UHZKXZPT000001\';

--- NOT LIKE, ILIKE, SIMILAR TO, regular expressions, starts_with, ^@
SELECT 1, vin FROM status WHERE vin NOT LIKE 'VR3%';
SELECT 2, vin FROM status WHERE vin ILIKE 'vr3%';
SELECT 3, vin FROM status WHERE vin SIMILAR TO 'VR3%(1|2)';
SELECT 4, vin FROM status WHERE vin ~ '^VR3';
SELECT 5, vin FROM status WHERE vin ~* '^vr3.*2$';
SELECT 6, vin FROM status WHERE vin !~ '^VR3';
SELECT 7, vin FROM status WHERE starts_with(vin, 'W0V');
SELECT 8, vin FROM status WHERE vin ^@ 'W0V';
SELECT 9, vin FROM status WHERE NOT (vin LIKE 'VR3%');

--- several LIKEs
SELECT 1, vin FROM status WHERE vin LIKE 'VR3%' AND vin LIKE '%2';
SELECT 2, vin FROM status WHERE vin LIKE 'VR3%' OR vin LIKE 'VF7%';
SELECT 3, vin FROM status WHERE vin LIKE 'VR3%' AND vin = :'vin2';
SELECT 4, vin FROM status WHERE vin LIKE 'VR3%' AND vehicle_id = :'v2';
SELECT 5, vin FROM status WHERE vin LIKE ANY (ARRAY['VR3%', 'W0VV%']);
SELECT 6, vin FROM status WHERE vin LIKE ALL (ARRAY['VR3%', '%1']);

--- a LIKE of prefixes that rule each other out
--! requests 1
SELECT 'none', count(*) FROM status WHERE vin LIKE 'VR3%' AND vin LIKE 'VF7%';

--- collations
SELECT 1, vin FROM status WHERE vin = 'VR3UHZKXZPT000001' COLLATE "C";
SELECT 2, vin FROM status WHERE vin COLLATE "POSIX" = 'VR3UHZKXZPT000001';
SELECT 3, vin FROM status WHERE vin LIKE 'VR3%' COLLATE "C";
SELECT 4, vin FROM status WHERE vin > 'VR3' COLLATE "C" AND vin < 'VR4';
SELECT 5, vehicle_id FROM status WHERE vehicle_id COLLATE "C" IN (:'v1', :'v2');
SELECT 6, vin FROM status WHERE vin = 'a' COLLATE "C" OR vin = 'b' COLLATE "POSIX";

--- a collation under which case does not matter
BEGIN;
CREATE COLLATION work.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT 1, vin FROM status WHERE vin = 'vr3uhzkxzpt000001' COLLATE work.loose;
SELECT 2, vin FROM status WHERE vin COLLATE work.loose IN ('vr3uhzkxzpt000001', 'VR3uhzkxzpt000002');
SELECT 3, count(*) FROM trips WHERE vehicle_id = upper(:'v1') COLLATE work.loose;
SELECT 4, brand FROM vehicles WHERE vin = lower(:'vin3') COLLATE work.loose;
ROLLBACK;

--- vehicles: id =
--! asks /user/vehicles/{1}
SELECT vin, motorization FROM vehicles WHERE id = :'v1';

--- vehicles: id IN, with ids that are not there
SELECT vin, brand FROM vehicles WHERE id IN (:'v1', 'nobody', '', :'v3', 'a/b');

--- vehicles: several ids: each is asked
--! asks /user/vehicles/{1}?extension=branding
--! asks /user/vehicles/{3}?extension=branding
SELECT vin, brand FROM vehicles WHERE id = :'v1' OR id = :'v3' OR id = :'v1';

--- vehicles: a VIN
--! asks /user/vehicles?extension=branding&pageSize=60
SELECT id, label FROM vehicles WHERE vin = :'vin2';

--- vehicles: a prefix
--! asks /user/vehicles?vinPrefix=W0V&pageSize=60
SELECT id, motorization FROM vehicles WHERE vin LIKE 'W0V%';

--- vehicles: a prefix that nobody has
SELECT 'none', count(*) FROM vehicles WHERE vin LIKE 'ZZZ%';

--- vehicles: id and VIN
SELECT 1, label FROM vehicles WHERE id = :'v1' AND vin = :'vin1';
SELECT 2, count(*) FROM vehicles WHERE id = :'v1' AND vin = :'vin2';
SELECT 3, label FROM vehicles WHERE id = :'v1' OR vin = :'vin2';

--- vehicles: conditions on what is in arrays
SELECT 1, vin FROM vehicles WHERE 'door' = ANY (remote_capabilities);
SELECT 2, vin FROM vehicles WHERE remote_capabilities @> '{horn,lights}';
SELECT 3, vin, cardinality(picture_urls) FROM vehicles WHERE picture_urls[1] LIKE 'https://%';
SELECT 4, vin, data_capabilities FROM vehicles WHERE array_length(data_capabilities, 1) > 2;
SELECT 5, v.vin, c FROM vehicles AS v, unnest(remote_capabilities) AS c;

--- vehicles: a column alone asks for the extension that it needs
--! asks /user/vehicles?pageSize=60
--! asks /user/vehicles?extension=branding&pageSize=60
--! asks /user/vehicles?extension=pictures&pageSize=60
--! asks /user/vehicles?extension=onboardCapabilities&pageSize=60
--! asks /user/vehicles?pageSize=60
SELECT motorization FROM vehicles;
SELECT brand FROM vehicles;
SELECT picture_urls FROM vehicles;
SELECT data_capabilities FROM vehicles;
SELECT count(*) FROM vehicles;

--- the account
SELECT email, first_name, last_name FROM account WHERE email LIKE 'zo%';
SELECT 'none', count(*) FROM account WHERE email = 'nobody@example.com';
SELECT created_at, updated_at FROM account WHERE updated_at > created_at AND first_name = 'Zoë';

--- impossible conditions ask nothing
--! requests 0
SELECT 1, count(*) FROM trips WHERE false;
SELECT 2, count(*) FROM trips WHERE 1 = 0 AND vehicle_id = :'v1';
SELECT 3, count(*) FROM trips WHERE NULL;
SELECT 4, count(*) FROM trips WHERE vehicle_id = :'v1' AND started_at < '2026-03-01' AND started_at > '2026-03-02';
SELECT 5, count(*) FROM trips WHERE started_at = ANY ('{}'::timestamptz[]);
SELECT 6, count(*) FROM vehicles WHERE id = '';
SELECT 7, count(*) FROM waypoints WHERE trip_id = NULL;
SELECT 8, count(*) FROM waypoints WHERE trip_id IN ('.', '');
SELECT 9, count(*) FROM trips WHERE vin = ANY ('{}'::text[]);
SELECT 10, count(*) FROM trips WHERE vin LIKE NULL;
SELECT 11, count(*) FROM waypoints WHERE tolerance_km = NULL;
SELECT 12, count(*) FROM trips WHERE current_setting('server_version_num')::int < 0;

--- LIMIT 0, EXPLAIN-like probes ask nothing
--! requests 0
SELECT 'none' FROM trips LIMIT 0;
SELECT count(*) FROM (SELECT * FROM trips LIMIT 0) AS t WHERE id <> 'x';
SELECT 'probe' WHERE NOT EXISTS (SELECT FROM trips LIMIT 0);

--- row comparisons
SELECT 1, id FROM trips WHERE (vehicle_id, distance_km) = (:'v1', 28.3);
SELECT 2, id FROM trips WHERE (vehicle_id, done) IN ((:'v1', false), (:'v3', false));
SELECT 3, id FROM trips WHERE ROW (vehicle_id, started_at) >= ROW (:'v1', timestamptz '2026-04-01') AND vehicle_id = :'v1';
SELECT 4, count(*) FROM trips WHERE (vin, vehicle_id) <> (:'vin1', :'v1');
SELECT 5, id FROM trips WHERE ROW (vehicle_id, done) IS NOT DISTINCT FROM ROW (:'v2', false);

--- system columns and the whole row
SELECT tableoid::regclass::text LIKE '%trips', count(*) FROM trips WHERE vehicle_id = :'v1' GROUP BY 1;
SELECT t FROM trips AS t WHERE vehicle_id = :'v1' AND NOT done;
SELECT (t).id, t IS NULL, t IS NOT NULL FROM trips AS t WHERE t.vehicle_id = :'v1';
SELECT to_jsonb(s) - 'vehicle_id' FROM status AS s WHERE s.vehicle_id = :'v1';

--- no columns at all
SELECT FROM status WHERE vehicle_id = :'v1';
SELECT count(*) FROM (SELECT FROM status) AS s;
SELECT 1 FROM trips WHERE vehicle_id = :'v2';
SELECT count(*), count(NULL) FROM trips;
