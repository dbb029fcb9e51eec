-- Callbacks, and the monitors and remote actions below a vehicle and a callback:
-- what is asked, that the answer is the same as if nothing had been pushed down,
-- unknown ids, pages, plans, and what EXPLAIN says.
-- simulator: --vehicles 3 --days 2 --token remote=everything --remote-advance control
\ir setup.psql
SELECT no_plan();
SET TimeZone = 'UTC';
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'remote');

-- what the planner supposes before anything is known
CREATE FUNCTION pg_temp.explained(query text, what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	document jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || expand(query) INTO document;
	RETURN jsonb_path_query_first(document, 'strict $.** ? (@."Node Type" == "Foreign Scan")') ->> what;
END $$;
SELECT sim_clear();
SELECT is(pg_temp.explained('SELECT ' || query, 'Estimated Requests'), requests, query)
FROM (VALUES
	('* FROM cars.callbacks', '1'), ('* FROM cars.callbacks WHERE id = ''x''', '1'), ('* FROM cars.callbacks LIMIT 1', '1'),
	('id FROM cars.monitors', '22'), ('id FROM cars.monitors WHERE vehicle_id = {1}', '3'), ('id FROM cars.monitors WHERE callback_id = ''x''', '11'),
	('id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = ''x''', '1'), ('vin FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = ''x''', '2'),
	('id FROM cars.remote_actions WHERE vehicle_id = {1} AND callback_id IN (''x'', ''y'') AND id = ''z''', '2'), ('id FROM cars.remote_actions WHERE vin = {vin1} AND id = ''z''', '4'),
	('id FROM cars.monitors WHERE callback_id = ANY (''{}'')', '0')
) AS v (query, requests);
SELECT is(pg_temp.explained('SELECT * FROM cars.' || name, 'Plan Rows'), rows, name || ': rows') FROM (VALUES ('callbacks', '2'), ('monitors', '40'), ('remote_actions', '400')) AS v (name, rows);
SELECT is(pg_temp.explained('SELECT ' || query, 'Endpoint') || ': ' || coalesce(pg_temp.explained('SELECT ' || query, 'Vehicles'), '-') || ', ' || coalesce(pg_temp.explained('SELECT ' || query, 'Callbacks'), '-'), expected, query)
FROM (VALUES
	('* FROM cars.callbacks', 'GET /user/callbacks: -, -'), ('* FROM cars.callbacks WHERE id = ''x''', 'GET /user/callbacks/{rid}: -, -'),
	('* FROM cars.monitors WHERE vin LIKE ''V%''', 'GET /user/vehicles/{id}/callbacks/{cbid}/monitors: by VIN, all'),
	('* FROM cars.monitors WHERE vehicle_id = ''v'' AND callback_id IN (''x'', ''y'')', 'GET /user/vehicles/{id}/callbacks/{cbid}/monitors: one, 2'),
	('* FROM cars.remote_actions WHERE callback_id = ''x'' AND id = ''y''', 'GET /user/vehicles/{id}/callbacks/{cbid}/remotes/{rid}: all, one')
) AS v (query, expected);
SELECT asked('', 'planning asks nothing');

-- no callback: it takes no request of a vehicle's to know
SELECT asks('SELECT id FROM cars.monitors', E'/user/callbacks?pageSize=60 404\n/user/vehicles?pageSize=60', 'without callbacks');
SELECT asks('SELECT id FROM cars.monitors WHERE vehicle_id = {1}', '/user/callbacks?pageSize=60 404', 'and without vehicles');

CREATE TABLE callback AS SELECT n, stellantis.create_callback('callback ' || n, 'https://example.com/' || n) AS id FROM generate_series(1, 2) AS n;
CREATE TABLE monitor AS SELECT v.n, c.n AS c, stellantis.create_monitor(v.id, c.id, format('%s below %s', v.n, c.n), jsonb_build_array(stellantis.data_trigger('low', 'vehicle.energy.electric.level', '<', '20'))) AS id
	FROM sim_vehicle AS v, callback AS c WHERE v.n < 3 ORDER BY v.n, c.n;
SELECT stellantis.lock_doors(vin), stellantis.horn(vin), stellantis.lights(vin) FROM sim_vehicle WHERE n = 1 \g /dev/null
-- commands go by the first callback, by id: the second of the simulator, perhaps
CREATE TABLE action AS SELECT a.id, a.vehicle_id, a.callback_id, c.n AS c, row_number() OVER (ORDER BY a.id) AS i FROM cars.remote_actions AS a JOIN callback AS c ON c.id = a.callback_id;
SELECT is((SELECT count(*) FROM action), 3::bigint, 'three actions');
CREATE FUNCTION pg_temp.named(query text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT replace(replace(replace(query, '{c1}', (SELECT quote_literal(id) FROM callback WHERE n = 1)), '{c2}', (SELECT quote_literal(id) FROM callback WHERE n = 2)),
				   '{m}', (SELECT quote_literal(id) FROM monitor WHERE n = 1 AND c = 2))
$$;

--
-- What is asked
--
\set listings '/user/callbacks?pageSize=60\n/user/vehicles?pageSize=60\n'
SELECT pushes(pg_temp.named('SELECT id, status FROM cars.callbacks' || condition), expected, 'callbacks' || condition)
FROM (VALUES ('', '/user/callbacks?pageSize=60'), (' WHERE #id = {c2}', '/user/callbacks/callback2'), (' WHERE #id IN ({c1}, {c2})', '/user/callbacks?pageSize=60'),
			 (' WHERE #id = {c2} AND label <> ''x''', '/user/callbacks/callback2'), (' WHERE label = ''callback 1''', '/user/callbacks?pageSize=60')) AS v (condition, expected);
SELECT pushes(pg_temp.named('SELECT vehicle_id, callback_id, id FROM cars.monitors WHERE ' || condition), expected, condition)
FROM (VALUES
	('true', :'listings' || (SELECT string_agg(format('/user/vehicles/{%s}/callbacks/callback%s/monitors?pageSize=60%s', v.n, c.n, CASE v.n WHEN 3 THEN ' 404' END), E'\n') FROM sim_vehicle AS v, callback AS c)),
	('#vehicle_id = {1}', E'/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback1/monitors?pageSize=60\n/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60'),
	('#vin = {vin2} AND #callback_id = {c1}', E'/user/vehicles?pageSize=60\n/user/vehicles/{2}/callbacks/callback1/monitors?pageSize=60'),
	('#vehicle_id = {1} AND #callback_id = {c2}', '/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60'),
	('#vehicle_id IN ({1}, {2}) AND #callback_id IN ({c1}, {c2}, {c1})', (SELECT string_agg(format('/user/vehicles/{%s}/callbacks/callback%s/monitors?pageSize=60', v, c), E'\n') FROM generate_series(1, 2) AS v, generate_series(1, 2) AS c)),
	('(#vehicle_id = {1} AND #callback_id = {c2})', '/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60'),
	('#vehicle_id = {1} AND #callback_id = {c2} AND #id = {m}', '/user/vehicles/{1}/callbacks/callback2/monitors/monitor2'),
	('#vehicle_id = {1} AND #callback_id = (SELECT c.id FROM callback AS c WHERE c.n = 2)', '/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60'),
	('#vehicle_id = {1} AND #id = {m}', E'/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback1/monitors/monitor2 404\n/user/vehicles/{1}/callbacks/callback2/monitors/monitor2')
) AS v (condition, expected);
SELECT pushes('SELECT a.id, a.type FROM cars.remote_actions AS a WHERE #vehicle_id = {1} AND #callback_id = ' || quote_literal(callback_id), format('/user/vehicles/{1}/callbacks/callback%s/remotes?pageSize=60', c), 'actions of a callback')
FROM action WHERE i = 1;
SELECT pushes(format('SELECT id, type, status FROM cars.remote_actions WHERE #vehicle_id = {1} AND #callback_id = %L AND #id = %L', callback_id, id), format('/user/vehicles/{1}/callbacks/callback%s/remotes/remote', c) ||
			  (SELECT r ->> 'number' FROM jsonb_array_elements(array_to_string(sim('', '/remotes'), '')::jsonb -> 'remotes') AS r WHERE r ->> 'id' = a.id), 'an action')
FROM action AS a;
SELECT asks_nothing('SELECT id FROM cars.monitors WHERE ' || condition, condition)
FROM (VALUES ('callback_id = ''..'''), ('callback_id = NULL'), ('callback_id = ANY (''{}'')'), ('callback_id = ''x'' AND callback_id = ''y''')) AS v (condition);

-- joins: one listing for all rounds, and only what the outer rows name
SELECT asks('SELECT c.label, m.id FROM callback AS k JOIN cars.callbacks AS c ON c.id = k.id, LATERAL (SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = k.id OFFSET 0) AS m',
			E'/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback1/monitors?pageSize=60\n/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60', 'a join by callback');
SELECT asks('SELECT v.n, m.id FROM sim_vehicle AS v, LATERAL (SELECT id FROM cars.monitors WHERE vehicle_id = v.id OFFSET 0) AS m WHERE v.n < 3',
			E'/user/callbacks?pageSize=60\n' || (SELECT string_agg(format('/user/vehicles/{%s}/callbacks/callback%s/monitors?pageSize=60', v, c), E'\n') FROM generate_series(1, 2) AS v, generate_series(1, 2) AS c),
			'the callbacks are listed once for all vehicles');
SELECT asks('SELECT c.label, m.label, a.type FROM cars.callbacks AS c JOIN cars.monitors AS m ON m.callback_id = c.id LEFT JOIN cars.remote_actions AS a ON a.callback_id = c.id AND a.vehicle_id = m.vehicle_id WHERE m.vehicle_id = {1}',
			E'/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback1/monitors?pageSize=60\n/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60\n' ||
			format(E'/user/vehicles/{1}/callbacks/callback%s/remotes?pageSize=60\n/user/vehicles/{1}/callbacks/callback%s/remotes?pageSize=60 404', c, 3 - c), 'three tables share the listing')
FROM action WHERE i = 1;
SELECT same_rows('SELECT c.label, m.label FROM cars.callbacks AS c JOIN cars.monitors AS m ON m.callback_id = c.id', 'SELECT ''callback '' || c, format(''%s below %s'', n, c) FROM monitor', 'a join: rows');

SELECT asks('SELECT id FROM cars.monitors WHERE vehicle_id = {1} UNION ALL SELECT id FROM cars.remote_actions WHERE vehicle_id = {1}',
			E'/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback1/monitors?pageSize=60\n/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60\n' ||
			format(E'/user/vehicles/{1}/callbacks/callback%s/remotes?pageSize=60\n/user/vehicles/{1}/callbacks/callback%s/remotes?pageSize=60 404', c, 3 - c), 'two tables below callbacks share the listing')
FROM action WHERE i = 1;

-- pages, of the listing and of rows
SELECT sim_config('{"page_size": 1}');
SELECT is((SELECT count(*) FROM cars.monitors), 4::bigint, 'pages of one row each');
SELECT is((SELECT count(*) FROM cars.remote_actions WHERE vehicle_id = (SELECT id FROM sim_vehicle WHERE n = 1)), 3::bigint, 'and of actions');
SELECT is((SELECT count(*) FROM cars.callbacks), 2::bigint, 'and of callbacks');
SELECT sim_config('{"page_size": 0}');
SELECT is(rows_of('SELECT count(*) FROM (SELECT id FROM cars.monitors LIMIT 3) AS m'), '{(3)}', 'LIMIT');

--
-- Unknown ids
--
CREATE FUNCTION unknown(query text, expected text, description text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT asks(query, expected, description || ': requests') UNION ALL SELECT is(messages_of(query), '{}', description || ': no message') UNION ALL SELECT is(rows_of(query), '{}', description || ': no rows')
$$;
SELECT unknown('SELECT id FROM cars.callbacks WHERE id = ''abc''', '/user/callbacks/abc 404', 'a callback');
SELECT unknown('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = ''abc''', '/user/vehicles/{1}/callbacks/abc/monitors?pageSize=60 404', 'a callback of monitors');
SELECT unknown(pg_temp.named('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = {c1} AND id = ''abc'''), '/user/vehicles/{1}/callbacks/callback1/monitors/abc 404', 'a monitor');
SELECT unknown(pg_temp.named('SELECT id FROM cars.monitors WHERE vehicle_id = ''abc'' AND callback_id = {c1}'), E'/user/vehicles/abc/callbacks/callback1/monitors?pageSize=60 403\n/user/vehicles?pageSize=60', 'a vehicle');
-- refused for whatever reason: the listings know better
SELECT sim_fault(format('{"match": "abc", "times": -1, "fault": {"kind": "status", "status": %s}}', status)::jsonb) FROM (VALUES (400)) AS v (status);
SELECT unknown('SELECT id FROM cars.callbacks WHERE id = ''abc''', E'/user/callbacks/abc 400\n/user/callbacks?pageSize=60', 'refused: a callback');
SELECT unknown('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = ''abc''', E'/user/vehicles/{1}/callbacks/abc/monitors?pageSize=60 400\n/user/vehicles?pageSize=60\n/user/callbacks?pageSize=60', 'refused: a callback of monitors');
SELECT unknown('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = ''abc'' AND id = ''abd''', E'/user/vehicles/{1}/callbacks/abc/monitors/abd 400\n/user/vehicles?pageSize=60\n/user/callbacks?pageSize=60', 'refused: a callback of a monitor');
SELECT unknown(pg_temp.named('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = {c1} AND id = ''abc'''),
			   E'/user/vehicles/{1}/callbacks/callback1/monitors/abc 400\n/user/vehicles?pageSize=60\n/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback1/monitors?pageSize=60', 'refused: a monitor');
SELECT sim_heal();
-- but what is there is an error
SELECT sim_fault('{"match": "callback2", "times": -1, "fault": {"kind": "status", "status": 400}}');
SELECT alike((rows_of(pg_temp.named('SELECT id FROM cars.' || query)))[1], 'ERROR HV000 could not fetch %', query)
FROM (VALUES ('callbacks WHERE id = {c2}'), ('monitors WHERE vehicle_id = {1} AND callback_id = {c2}'), ('monitors WHERE vehicle_id = {1} AND callback_id = {c2} AND id = {m}'), ('monitors')) AS v (query);
SELECT sim_heal();
SELECT sim_fault('{"match": "monitor2", "times": -1, "fault": {"kind": "status", "status": 400}}');
SELECT is((requests_of(pg_temp.named('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = {c2} AND id = {m}')))[1:3], request_list(E'/user/callbacks?pageSize=60\n/user/vehicles/{1}/callbacks/callback2/monitors/monitor2 400\n/user/vehicles/{1}/callbacks/callback2/monitors?pageSize=60'), 'a monitor that is there: what is asked');
SELECT alike((rows_of(pg_temp.named('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = {c2} AND id = {m}')))[1], 'ERROR HV000 could not fetch monitors of callback "%" of vehicle "%', 'is an error that names it');
SELECT sim_heal();

-- another object than the one that was asked for; another vehicle's fault
SELECT sim_fault('{"match": "monitor2", "times": -1, "fault": {"kind": "edit", "edits": [{"pointer": "/monitorId", "value": "other"}]}}');
SELECT alike((rows_of(pg_temp.named('SELECT id FROM cars.monitors WHERE vehicle_id = {1} AND callback_id = {c2} AND id = {m}')))[1], 'ERROR 08P01 %the answer is about another object', 'an answer about another monitor');
SELECT sim_heal();
SELECT sim_fault('{"match": "VR3UHZKXZPT000002/callbacks", "times": -1, "fault": {"kind": "status", "status": 400}}');
SET client_min_messages = error;
ALTER SERVER sim OPTIONS (ADD on_vehicle_error 'warn');
SELECT is((SELECT count(*) FROM cars.monitors), 2::bigint, 'on_vehicle_error: the rows of the others');
SELECT is((SELECT count(*) FROM unnest(messages_of('SELECT id FROM cars.monitors')) AS m WHERE m ~ '^WARNING HV000: result lacks monitors of callback ".*" of vehicle ".*": '), 2::bigint, 'on_vehicle_error: what is lacking');
SELECT sim_fault('{"match": "user/callbacks.pageSize", "times": -1, "fault": {"kind": "status", "status": 400}}');
SELECT alike((rows_of('SELECT id FROM cars.monitors'))[1], 'ERROR HV000 could not fetch callbacks %', 'without the callbacks there is nothing to go on with');
ALTER SERVER sim OPTIONS (DROP on_vehicle_error);
SET client_min_messages = warning;
SELECT sim_heal();

-- without a scope of remote actions they are refused, and the hint says which there are
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-access-token');
SELECT is((messages_of(format('SELECT id FROM cars.remote_actions WHERE vehicle_id = {1} AND callback_id = %L', callback_id)))[1] ~ '^ERROR 42501: could not fetch remote_actions', true, 'no scope') FROM action WHERE i = 1;
SELECT alike(array_to_string(psql(format('SELECT id FROM cars.remote_actions WHERE vehicle_id = {1} AND callback_id = %L', callback_id)), ' '), '%needs one of the scopes remote:door:write, %', 'no scope: the hint') FROM action WHERE i = 1;
SELECT is((SELECT count(*) FROM cars.monitors), 4::bigint, 'monitors take none');

-- whoever may SELECT reads, and no more
CREATE ROLE callbacks_reader LOGIN;
GRANT USAGE ON SCHEMA cars TO callbacks_reader;
GRANT SELECT ON cars.callbacks, cars.monitors TO callbacks_reader;
SELECT alike((messages_of('SELECT id FROM cars.callbacks', 'callbacks_reader'))[1], '%user mapping not found%', 'a role without a mapping');
CREATE VIEW cars.labels AS SELECT label FROM cars.monitors;
GRANT SELECT ON cars.labels TO callbacks_reader;
SELECT is(cardinality(psql('SELECT label FROM cars.labels', 'callbacks_reader')), 4, 'a view reads with its owner''s');
SELECT alike((messages_of('SELECT id FROM cars.remote_actions', 'callbacks_reader'))[1], '%permission denied%', 'a table that was not granted');
SELECT alike((messages_of('SELECT stellantis.delete_callback(''x'')', 'callbacks_reader'))[1], '%permission denied%', 'nor can it change any');

-- what reads sends no command
SELECT is_empty($$SELECT l FROM unnest(sim_log()) AS l WHERE l !~ '^/user'$$, 'only GET');
SELECT * FROM finish();
