--
-- Every column of callbacks, monitors and remote_actions, against the JSON that
-- was sent, and against what the simulator says of itself.
-- simulator: --vehicles 3 --days 2 --token remote=everything --remote-advance control
--
\i test/setup.psql
\i test/regress.psql
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'remote');
SET client_min_messages = warning;

-- no callback yet: nothing is asked of a vehicle
SELECT (SELECT count(*) FROM cars.callbacks) AS callbacks, (SELECT count(*) FROM cars.monitors) AS monitors, (SELECT count(*) FROM cars.remote_actions) AS remotes;

-- three that are told what to keep for themselves, and one that has not even a label
SELECT stellantis.create_callback('garage', 'https://hooks.example.com/cars', ARRAY['Remote', 'Monitor'],
	'[{"type": "Header", "key": "Authorization", "value": "Bearer kept-secret-1"}, {"type": "Query", "key": "k", "value": "kept-secret-2"}]') IS NOT NULL AS created;
SELECT sim.post('/callbacks', d::jsonb) FROM (VALUES
	('{"create": {"label": "socket", "type": ["Monitor"], "callback": {"websocket": {"target": "wss://someone:kept-secret-3@example.com:444/a/b?token=kept-secret-4",
		"attributes": [{"type": "Body", "key": "k", "value": "kept-secret-6"}]}}}, "status": "Failed"}'),
	('{"create": {"type": ["Remote"], "callback": {"pushnotif": {"devices": ["kept-secret-7"], "attributes": [{"type": "Header", "key": "k", "value": "v"}]}}}}'),
	('{"create": {"label": "another client''s", "callback": {"websocket": {"target": "wss://example.com", "attributes": [{"type": "Body", "key": "k", "value": "v"}]}}}, "client_id": "another"}')) AS v (d);
SELECT count(*) FROM (SELECT stellantis.create_monitor(v.vin, c.id, l, t::jsonb, e) FROM cars.callbacks AS c, cars.vehicles AS v,
	(VALUES ('low', '[{"name": "low", "data": {"data": "vehicle.energy.electric.level", "op": "lowerThan", "value": ["20"]}}]', NULL),
			('away', '[{"name": "out", "zone": {"transition": "Out", "place": {"radius": 20, "center": {"longitude": 2.2891, "latitude": 48.8567}}}},
					   {"name": "fast", "data": {"data": "vehicle.kinetic.speed", "op": "greaterThan", "value": ["130"]}}]', 'out & !fast')) AS m (l, t, e)
	WHERE c.label IN ('garage', 'socket') AND v.vin < 'W') AS m;
SELECT stellantis.pause_monitor(vin, callback_id, id) FROM cars.monitors WHERE label = 'away' AND vin = 'VR3UHZKXZPT000002';
SELECT count(*) FROM (SELECT stellantis.unlock_doors('VR3UHZKXZPT000001'), stellantis.horn('VR3UHZKXZPT000001'), stellantis.wake_up('VR3UHZKXZPT000002'),
	stellantis.navigate_to('VR3UHZKXZPT000002', 48.8, 2.3)) AS r;
SELECT sim.post('/remotes', d::jsonb) FROM (VALUES ('{"finish": "Success/NoCIDBlacklisted", "id": "remote1"}'), ('{"finish": "Failed:VehicleConnectionTimeout", "id": "remote3"}')) AS v (d);

-- what the columns are made of
CREATE FOREIGN TABLE raw_callbacks (o jsonb OPTIONS (field '')) SERVER sim OPTIONS (resource 'callbacks');
CREATE FOREIGN TABLE raw_monitors (vehicle_id text, vin text, callback_id text, o jsonb OPTIONS (field '')) SERVER sim OPTIONS (resource 'monitors');
CREATE FOREIGN TABLE raw_actions (vehicle_id text, vin text, callback_id text, o jsonb OPTIONS (field '')) SERVER sim OPTIONS (resource 'remote_actions');
CREATE FUNCTION pg_temp.texts(a jsonb) RETURNS text[] LANGUAGE sql AS $$ SELECT array_agg(e ORDER BY n) FROM jsonb_array_elements_text(a) WITH ORDINALITY AS x (e, n) $$;

SELECT * FROM sim.compare('cars.callbacks', '{id}', $$ SELECT o ->> 'id', coalesce(o ->> 'label', o #>> '{subscribe,label}'), pg_temp.texts(o #> '{subscribe,type}'),
	(SELECT k FROM jsonb_object_keys(o #> '{subscribe,callback}') AS k),
	regexp_replace(coalesce(o #>> '{subscribe,callback,webhook,target}', o #>> '{subscribe,callback,websocket,target}'), '^(\w+://)(?:[^/@?#]*@)?([^?#]*).*$', '\1\2'),
	o ->> 'status' FROM raw_callbacks $$);
SELECT * FROM sim.compare('cars.monitors', '{vehicle_id,callback_id,id}', $$ SELECT vehicle_id, vin, callback_id, o ->> 'monitorId', o #>> '{monitor,label}',
	o #>> '{monitor,triggerParam,boolExp}', o #> '{monitor,triggerParam,triggers}', o ->> 'status', (o ->> 'createdAt')::timestamptz, (o ->> 'updatedAt')::timestamptz FROM raw_monitors $$);
SELECT * FROM sim.compare('cars.remote_actions', '{vehicle_id,callback_id,id}', $$ SELECT vehicle_id, vin, callback_id, o ->> 'remoteActionId', o ->> 'type', o ->> 'status',
	o ->> 'failureCause', o ->> 'feedbackDetail' FROM raw_actions $$);

-- each is whose the simulator says it is
CREATE TABLE told AS SELECT array_to_string(sim.ask('', '/callbacks'), '')::jsonb AS callbacks, array_to_string(sim.ask('', '/remotes'), '')::jsonb -> 'remotes' AS remotes;
SELECT count(*) FROM (SELECT callback_id, vin, id, status FROM cars.monitors EXCEPT
	SELECT c ->> 'id', m ->> 'vin', m ->> 'id', m ->> 'status' FROM told, jsonb_array_elements(callbacks) AS c, jsonb_array_elements(c -> 'monitors') AS m) AS d;
SELECT count(*) FROM (SELECT callback_id, vin, id, type FROM cars.remote_actions EXCEPT
	SELECT r ->> 'callback', r ->> 'vin', r ->> 'id', r ->> 'type' FROM told, jsonb_array_elements(remotes) AS r) AS d;

-- what they look like
SELECT label, types, kind, target, status FROM cars.callbacks ORDER BY label;
SELECT c.label AS callback, m.vin, m.label, m.bool_exp, m.triggers, m.status, m.created_at, m.updated_at FROM cars.monitors AS m JOIN cars.callbacks AS c ON c.id = m.callback_id ORDER BY 1, 2, 3;
SELECT c.label AS callback, a.vin, a.type, a.status, a.failure_cause, a.feedback_detail FROM cars.remote_actions AS a JOIN cars.callbacks AS c ON c.id = a.callback_id ORDER BY 2, 3;

-- what is to be kept is kept
SELECT count(*) FROM cars.callbacks AS c, cars.monitors AS m, cars.remote_actions AS a WHERE row(c, m, a)::text LIKE '%kept-secret%';
CREATE FUNCTION pg_temp.explained(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (ANALYZE, VERBOSE) ' || query; END $$;
SELECT count(*), count(*) FILTER (WHERE l LIKE '%kept-secret%') FROM pg_temp.explained('TABLE cars.callbacks') AS l HAVING count(*) > 5;

-- addresses
CREATE FUNCTION pg_temp.targets(VARIADIC addresses text[]) RETURNS TABLE (address text, target text) LANGUAGE plpgsql AS $$ BEGIN
	FOREACH address IN ARRAY addresses LOOP
		PERFORM sim.reset();
		PERFORM sim.post('/callbacks', '{"create": {"label": "l", "callback": {"webhook": {"target": "https://example.com", "name": "n", "attributes": [{"type": "Header", "key": "k", "value": "v"}]}}}}');
		PERFORM sim.edit('/user/callbacks', '/_embedded/callbacks/0/subscribe/callback/webhook/target', address);
		SELECT c.target INTO target FROM cars.callbacks AS c;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.targets('"https://example.com"', '"https://example.com/"', '"https://u@example.com/a@b"', '"https://u:p@example.com"', '"https://u:p@q@example.com:8443/a?b=c@d#e"', '"https://example.com?a=b"',
	'"https://example.com#b"', '"https:\/\/u:p@ex\u0061mple.com\/x"', '"u:p@example.com/a"', '"example.com/a"', '"https://"', '""', '"@"', '"?"', '5', 'null', '"a\u0000b"');
