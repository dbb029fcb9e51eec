-- Commands: the body that each one sends, what is refused before anything is
-- sent, scopes that are missing, and which callback they go by.
-- simulator: --vehicles 2 --days 1 --token sim-command-token=everything
\ir setup.psql
SELECT no_plan();
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-command-token');
SET search_path = public, tap, stellantis;

-- What is sent that is no GET, with its body, and the error at the end.
CREATE FUNCTION sent_by(statement text) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
	failure text;
BEGIN
	PERFORM tap.sim_clear();
	BEGIN
		EXECUTE tap.expand(statement);
	EXCEPTION WHEN OTHERS THEN
		failure := format('ERROR %s %s', SQLSTATE, SQLERRM);
	END;
	RETURN array_remove((SELECT coalesce(array_agg(tap.short_request(line) ORDER BY n), '{}')
			FROM unnest(tap.sim('', '/log?format=text&ids=short&bodies=yes')) WITH ORDINALITY AS l(line, n)
		   WHERE line !~ '^GET') || failure, NULL);
END $$;

-- Test: a call sends that body to the first vehicle by the first callback, and nothing else.
CREATE FUNCTION sends(call text, body text) RETURNS text
LANGUAGE sql AS $$
	SELECT tap.is(public.sent_by('SELECT stellantis.' || call),
				  ARRAY['POST /user/vehicles/{1}/callbacks/callback1/remotes ' || body || ' 202'], call)
$$;

-- SQLSTATE, message, detail and hint of a statement that fails, and how many requests it sent before.
CREATE FUNCTION failure_of(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text, OUT asked int)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.sim_clear();
	EXECUTE tap.expand(statement);
	asked := tap.sim_count();
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	asked := tap.sim_count();
END $$;

-- Test: a call is refused before anything is sent, and says why.
CREATE FUNCTION refuses(call text, want_state text, want_words text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	f record;
BEGIN
	SELECT * INTO f FROM public.failure_of('SELECT stellantis.' || call);
	IF f.state = want_state AND f.asked = 0 AND concat_ws(E'\n', f.message, f.detail, f.hint) ~ want_words THEN
		RETURN tap.ok(true, 'refused: ' || call);
	END IF;
	RETURN tap.ok(false, 'refused: ' || call) || E'\n' ||
		tap.diag(format(E'%s, %s requests: %s\n%s\n%s\nwanted %s: %s', f.state, f.asked, f.message, f.detail, f.hint, want_state, want_words));
END $$;

--
-- A callback for them all
--
SELECT create_callback('ours', 'https://hooks.example.com/cars') AS callback \gset

--
-- Bodies
--
SELECT sends('lock_doors({vin1})', '{"door":{"state":"Locked"}}');
SELECT sends('lock_doors({1})', '{"door":{"state":"Locked"}}');
SELECT sends('lock_doors(lower({vin1}), ''sim'')', '{"door":{"state":"Locked"}}');
SELECT sends('unlock_doors({vin1})', '{"door":{"state":"Unlocked"}}');
SELECT sends('horn({vin1})', '{"horn":{"state":"Activated"}}');
SELECT sends('horn({vin1}, false)', '{"horn":{"state":"Unactivated"}}');
SELECT sends('lights({vin1})', '{"lights":{"on":true}}');
SELECT sends('lights({vin1}, active => false)', '{"lights":{"on":false}}');
SELECT sends('wake_up({vin1})', '{"wakeUp":{"action":"WakeUp"}}');
SELECT sends('start_charging({vin1})', '{"charging":{"immediate":true}}');
SELECT sends('stop_charging({vin1})', '{"charging":{"immediate":false}}');
SELECT sends('delay_charging({vin1}, ''2099-02-15 01:30:00+01'')', '{"charging":{"schedule":{"nextDelayedTime":"2099-02-15T00:30:00Z"}}}');
SET timezone = 'Asia/Kathmandu';
SELECT sends('delay_charging({vin1}, ''2099-02-15 01:30:00.9'')', '{"charging":{"schedule":{"nextDelayedTime":"2099-02-14T19:45:00Z"}}}');
RESET timezone;
SELECT sends('schedule_charging({vin1}, ''[{"start": "23:30", "end": "6:00", "days": ["mon", "Tuesday", "SUN"], "enabled": true}]'')',
	'{"charging":{"schedule":{"programs":[{"start":"PT23H30M","end":"PT6H","occurence":{"day":["Mon","Tue","Sun"]},"enabled":true}]}}}');
SELECT sends('schedule_charging({vin1}, ''[{"enabled": false, "occurence": {"day": ["Mon"]}, "start": "PT1H2M3S"}, {"start": "0:00", "end": null}]'')',
	'{"charging":{"schedule":{"programs":[{"start":"PT1H2M3S","occurence":{"day":["Mon"]},"enabled":false},{"start":"PT0S"}]}}}');
SELECT sends('set_charging_preferences({vin1}, ''Level3'', ''Partial'')', '{"charging":{"preferences":{"level":"Level3","type":"Partial"}}}');
SELECT sends('set_charging_preferences({vin1}, level => ''level1'')', '{"charging":{"preferences":{"level":"Level1"}}}');
SELECT sends('set_charging_preferences({vin1}, type => ''FULL'')', '{"charging":{"preferences":{"type":"Full"}}}');
SELECT sends('start_preconditioning({vin1})', '{"preconditioning":{"airConditioning":{"immediate":true}}}');
SELECT sends('stop_preconditioning({vin1})', '{"preconditioning":{"airConditioning":{"immediate":false}}}');
SELECT sends('set_preconditioning_program({vin1}, 1, ''6:45'', ''{Monday,tue,FRI}'')',
	'{"preconditioning":{"airConditioning":{"programs":[{"slot":1,"actionsType":"Set","enabled":true,"recurrence":"Daily","start":"PT6H45M","occurence":{"day":["Mon","Tue","Fri"]}}]}}}');
SELECT sends('set_preconditioning_program({vin1}, 4, ''00:00'', ''{Sat}'', false, ''none'')',
	'{"preconditioning":{"airConditioning":{"programs":[{"slot":4,"actionsType":"Set","enabled":false,"recurrence":"None","start":"PT0S","occurence":{"day":["Sat"]}}]}}}');
SELECT sends('delete_preconditioning_program({vin1}, 2)',
	'{"preconditioning":{"airConditioning":{"programs":[{"slot":2,"actionsType":"Delete"}]}}}');
SELECT sends('navigate_to({vin1}, 48.8566, 2.3522)', '{"navigation":{"positions":[{"type":"Point","coordinates":[2.3522,48.8566]}]}}');
SELECT sends('navigate_to({vin1}, ARRAY[48.8566, 45.764], ARRAY[2.3522, 4.8357])',
	'{"navigation":{"positions":[{"type":"Point","coordinates":[2.3522,48.8566]},{"type":"Point","coordinates":[4.8357,45.764]}]}}');
SET extra_float_digits = -10;
SELECT sends('navigate_to({vin1}, -89.123456789012, 179.987654321098)',
	'{"navigation":{"positions":[{"type":"Point","coordinates":[179.987654321098,-89.123456789012]}]}}');
RESET extra_float_digits;
SELECT is(lock_doors((SELECT vin FROM sim_vehicle WHERE n = 1)), (SELECT r ->> 'id' FROM jsonb_array_elements(array_to_string(sim('', '/remotes'), '')::jsonb -> 'remotes') WITH ORDINALITY AS x(r, n) ORDER BY n DESC LIMIT 1), 'the result is the id of the action');
SELECT is(sim_log_json('headers', 'content-type') @> '{application/json}', true, 'a body is said to be JSON');

-- what is asked before
SELECT is(requests_of('SELECT stellantis.lock_doors({vin1})', false),
	ARRAY['/user/vehicles?vinPrefix=' || vin || '&pageSize=60', '/user/callbacks?pageSize=60', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202'],
	'a VIN is looked up, then the callback, then it is sent') FROM sim_vehicle WHERE n = 1;
SELECT is(requests_of('SELECT stellantis.lock_doors({1}), stellantis.horn({1})', false),
	ARRAY['/user/callbacks?pageSize=60', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202'],
	'a statement looks up the callback once, and no vehicle by its id');
SELECT is(requests_of('SELECT stellantis.lock_doors({vin1}), stellantis.horn({vin1})', false),
	ARRAY['/user/vehicles?vinPrefix=' || vin || '&pageSize=60', '/user/callbacks?pageSize=60', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202'],
	'nor a VIN twice') FROM sim_vehicle WHERE n = 1;
SELECT is(requests_of('SELECT stellantis.horn(vin) FROM (VALUES ({vin1}), ({vin2}), ({vin1}), ({vin2})) AS v (vin)', false) || requests_of('SELECT stellantis.horn({vin1})', false),
	ARRAY['/user/vehicles?vinPrefix=' || a.vin || '&pageSize=60', '/user/callbacks?pageSize=60', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202',
		'/user/vehicles?vinPrefix=' || b.vin || '&pageSize=60', 'POST /user/vehicles/{2}/callbacks/callback1/remotes 202', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202',
		'POST /user/vehicles/{2}/callbacks/callback1/remotes 202', 'POST /user/vehicles/{1}/callbacks/callback1/remotes 202'],
	'of two in turn, neither') FROM sim_vehicle AS a, sim_vehicle AS b WHERE (a.n, b.n) = (1, 2);

--
-- Bad values: nothing is sent
--
SELECT refuses('lock_doors('''')', '22023', '"vehicle".*by its VIN');
SELECT refuses('lock_doors(''..'')', '22023', '"vehicle"');
SELECT refuses('lock_doors({vin1}, ''nonsense'')', '42704', 'nonsense');
SELECT refuses('delay_charging({vin1}, ''infinity'')', '22023', '"at".*still to come');
SELECT refuses('delay_charging({vin1}, ''-infinity'')', '22023', '"at"');
SELECT refuses('delay_charging({vin1}, now() - interval ''1 second'')', '22023', '"at".*still to come');
SELECT refuses('delay_charging({vin1}, ''20000-01-01'')', '22023', '"at"');
SELECT refuses(format('schedule_charging({vin1}, %L)', programs), '22023', '"programs"' || words)
FROM (VALUES ('{}', '.*no list'), ('"a"', '.*no list'), ('[]', '.*has 0 elements'), ('[1]', '.*programs\[0\] is 1'),
	('[{}]', '.*lacks the member "start"'), ('[{"start": "24:00"}]', '.*programs\[0\].start is "24:00".*6:45'), ('[{"start": "PT24H"}]', '.*start'),
	('[{"start": 6}]', '.*start is 6'), ('[{"start": "6"}]', '.*start'), ('[{"start": "PT"}]', '.*start'), ('[{"start": "PT1M1H"}]', '.*start'), ('[{"start": "PT1H "}]', '.*start'),
	('[{"start": "6:60"}]', '.*start'), ('[{"start": "6:00:60"}]', '.*start'), ('[{"start": "6:"}]', '.*start'), ('[{"start": "-6:00"}]', '.*start'), ('[{"start": "99999999999999999999:00"}]', '.*start'),
	('[{"start": "6:00"}, {"start": "6:00", "end": "x"}]', '.*programs\[1\].end is "x"'),
	('[{"start": "6:00", "days": ["Mon", "Tues"]}]', '.*programs\[0\].days\[1\] is "Tues".*Monday to Sunday'),
	('[{"start": "6:00", "days": []}]', '.*days is empty.*Monday'), ('[{"start": "6:00", "days": "Mon"}]', '.*days is no list'),
	('[{"start": "6:00", "days": ["Mon"], "occurence": {"day": ["Mon"]}}]', '.*both "days" and "occurence"'),
	('[{"start": "6:00", "occurence": {}}]', '.*programs\[0\].occurence lacks the member "day"'), ('[{"start": "6:00", "occurence": ["Mon"]}]', '.*occurence'),
	('[{"start": "6:00", "enabled": "yes"}]', '.*enabled is "yes".*true, false'),
	('[{"start": "6:00", "ends": "7:00"}]', '.*unknown member "ends".*start, end, days, occurence, enabled')) AS v (programs, words);
SELECT refuses('set_charging_preferences({vin1}, ''Level6'')', '22023', '"level": "Level6".*Level1, Level2, Level3, Level4, Level5');
SELECT refuses('set_charging_preferences({vin1}, type => ''Half'')', '22023', '"type": "Half".*Partial, Full');
SELECT refuses('set_charging_preferences({vin1})', '22004', '"level" and "type"');
SELECT refuses('set_preconditioning_program({vin1}, 0, ''6:45'', ''{Mon}'')', '22023', '"slot": "0".*1 to 4');
SELECT refuses('set_preconditioning_program({vin1}, 5, ''6:45'', ''{Mon}'')', '22023', '"slot": "5"');
SELECT refuses('set_preconditioning_program({vin1}, 1, ''24:00'', ''{Mon}'')', '22023', '"start": "24:00:00".*00:00 to 23:59:59');
SELECT refuses('set_preconditioning_program({vin1}, 1, ''6:45:00.5'', ''{Mon}'')', '22023', '"start".*whole seconds');
SELECT refuses('set_preconditioning_program({vin1}, 1, ''6:45'', ''{}'')', '22023', '"days".*Monday to Sunday');
SELECT refuses('set_preconditioning_program({vin1}, 1, ''6:45'', ''{Mon,Lundi}'')', '22023', '"days": "Lundi".*Mon to Sun');
SELECT refuses('set_preconditioning_program({vin1}, 1, ''6:45'', ''{Mon,NULL}'')', '22004', '"days" must not have a null');
SELECT refuses('set_preconditioning_program({vin1}, 1, ''6:45'', ''{Mon}'', true, ''Weekly'')', '22023', '"recurrence": "Weekly".*None, Daily');
SELECT refuses('delete_preconditioning_program({vin1}, -1)', '22023', '"slot"');
SELECT refuses(format('navigate_to({vin1}, %L::float8, %L::float8)', lat, lon), '22023', words)
FROM (VALUES ('90.1', '0', '"latitude": "90.1".*-90 to 90'), ('-91', '0', '"latitude"'), ('NaN', '0', '"latitude"'), ('Infinity', '0', '"latitude"'),
	('0', '180.5', '"longitude": "180.5".*-180 to 180'), ('0', '-181', '"longitude"'), ('0', 'NaN', '"longitude"'), ('0', '-Infinity', '"longitude"')) AS v (lat, lon, words);
SELECT refuses('navigate_to({vin1}, ''{}''::float8[], ''{}''::float8[])', '22023', '"latitudes".*1 to 10');
SELECT refuses('navigate_to({vin1}, array_fill(1.0::float8, ARRAY[11]), array_fill(1.0::float8, ARRAY[11]))', '22023', '"latitudes" has 11 elements.*1 to 10');
SELECT refuses('navigate_to({vin1}, ''{1,2}''::float8[], ''{7}''::float8[])', '22023', 'not equally long');
SELECT refuses('navigate_to({vin1}, ''{1,NULL}''::float8[], ''{1,2}''::float8[])', '22004', '"latitudes" must not have a null');
SELECT refuses('navigate_to({vin1}, ''{1,2}''::float8[], ''{1,181}''::float8[])', '22023', '"longitudes": "181"');
SELECT refuses('wait_for_action({vin1}, '''')', '22023', '"action_id"');
SELECT refuses('wait_for_action({vin1}, ''a'', ''-1 second'')', '22023', '"timeout" must not be negative');
SELECT refuses('create_callback('''', ''https://a.example.com'')', '22023', '"label"');
SELECT refuses(format('create_callback(''l'', %L)', target), '22023', '"target".*webhook')
FROM unnest(ARRAY['', 'x', 'ftp://a.example.com', 'https://', 'https://a.example.com/?a=b', 'https://u:p@a.example.com', 'https://a b']) AS target;
SELECT refuses('create_callback(''l'', ''https://a.example.com'', ''{Remote,Alarm}'')', '22023', '"types": "Alarm".*Remote, Monitor');
SELECT refuses('create_callback(''l'', ''https://a.example.com'', ''{}'')', '22023', '"types"');
SELECT refuses('create_callback(''l'', ''https://a.example.com'', ''{NULL}'')', '22004', '"types"');
SELECT refuses(format('create_callback(''l'', ''https://a.example.com'', NULL, %L)', attributes), '22023', '"attributes"' || words)
FROM (VALUES ('[]', '.*has 0'), ('[{"type": "Body", "key": "a"}]', '.*lacks the member "value"'), ('[{"type": "Cookie", "key": "a", "value": "b"}]', '.*"Cookie".*Header, Body, Query'),
	('[{"type": "Body", "key": "", "value": "b"}]', '.*key is no text, or an empty one'), ('[{"type": "Body", "key": "k", "value": 87654321}]', '.*value is no text[^7]*$')) AS v (attributes, words);
SELECT refuses('pause_callback('''')', '22023', '"callback_id"');

-- a NULL where there must be none: of every function, every argument that is not optional
CREATE FUNCTION example(name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE name
		WHEN 'vehicle' THEN '{vin1}' WHEN 'active' THEN 'true' WHEN 'at' THEN '''2099-01-01''' WHEN 'programs' THEN '''[{"start": "6:00"}]'''
		WHEN 'slot' THEN '1' WHEN 'start' THEN '''6:45''' WHEN 'days' THEN '''{Mon}''' WHEN 'enabled' THEN 'true' WHEN 'recurrence' THEN '''Daily'''
		WHEN 'latitude' THEN '1' WHEN 'longitude' THEN '1' WHEN 'latitudes' THEN 'ARRAY[1.0]' WHEN 'longitudes' THEN 'ARRAY[1.0]'
		WHEN 'timeout' THEN '''1 s''' WHEN 'progress' THEN 'false' WHEN 'level' THEN '''Level1''' WHEN 'type' THEN '''Full'''
		WHEN 'target' THEN '''https://a.example.com''' WHEN 'transition' THEN '''In''' WHEN 'radius_km' THEN '1'
		WHEN 'operand' THEN '''vehicle.odometer''' WHEN 'operator' THEN '''onChange''' WHEN 'values' THEN 'VARIADIC ''{}'''
		WHEN 'triggers' THEN '''[{"name": "a", "data": {"data": "vehicle.odometer", "op": "onChange"}}]'''
		WHEN 'server' THEN '''sim''' WHEN 'types' THEN 'NULL' WHEN 'attributes' THEN 'NULL' WHEN 'bool_exp' THEN 'NULL' WHEN 'refresh' THEN 'NULL'
		WHEN 'extensions' THEN 'NULL' WHEN 'duration' THEN 'NULL' WHEN 'time_zone' THEN 'NULL'
		ELSE quote_literal(name) END
$$;
CREATE VIEW command AS
	SELECT p.oid, p.oid::regprocedure::text AS signature, p.proname::text AS name, p.proargnames[1:p.pronargs] AS arguments, p.provolatile, p.proparallel, p.proisstrict
	  FROM pg_proc AS p
	 WHERE p.pronamespace = 'stellantis'::regnamespace AND p.proargnames && '{vehicle,callback_id,target,radius_km,operand,time_zone}'
	   AND p.proname NOT IN ('availability') AND p.proargnames[1] IN ('vehicle', 'callback_id', 'label', 'name');
SELECT is((SELECT count(*) FROM command), 28::bigint, 'functions that act, wait, or make a trigger');
SELECT refuses(format('%s(%s)', c.name, (SELECT string_agg(CASE WHEN m <> n THEN example(b) WHEN a = 'values' THEN 'VARIADIC NULL::text[]' ELSE 'NULL::' || t END, ', ' ORDER BY m)
										   FROM unnest(c.arguments) WITH ORDINALITY AS w (b, m), LATERAL (SELECT format_type(p.proargtypes[m - 1], NULL) AS t FROM pg_proc AS p WHERE p.oid = c.oid) AS y)),
			   '22004', format('argument "%s" must not be null', a))
  FROM command AS c, unnest(c.arguments) WITH ORDINALITY AS u (a, n)
 WHERE a NOT IN ('server', 'level', 'type', 'types', 'attributes', 'bool_exp', 'refresh', 'extensions', 'duration', 'time_zone')
   AND NOT (c.name = 'time_trigger' AND a = 'days')
 ORDER BY c.signature, n;
SELECT is_empty($$SELECT signature FROM command WHERE name !~ '_trigger$' AND (provolatile, proparallel, proisstrict) <> ('v', 'u', false)$$, 'all are volatile, parallel unsafe, not strict');
SELECT is_empty($$SELECT signature FROM command AS c JOIN pg_proc AS p USING (oid) WHERE c.name !~ '_trigger$' AND (p.proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) WHERE grantee = 0))$$, 'EXECUTE is revoked from PUBLIC');

--
-- Scopes: each that is missing is named
--
SELECT sim_config('{"tokens": {"sim-command-token": {"scopes": "all"}}}');
SELECT is((SELECT row(state, hint ~ ('takes the scope remote:' || scope || ':write,'))::text FROM failure_of('SELECT stellantis.' || call)), '(42501,t)', 'without remote:' || scope || ':write: ' || call)
FROM (VALUES ('lock_doors({1})', 'door'), ('unlock_doors({1})', 'door'), ('horn({1})', 'horn'), ('lights({1})', 'lights'), ('wake_up({1})', 'wakeup'),
	('start_charging({1})', 'charging'), ('stop_charging({1})', 'charging'), ('delay_charging({1}, ''2099-01-01'')', 'charging'), ('schedule_charging({1}, ''[{"start": "1:00"}]'')', 'charging'),
	('set_charging_preferences({1}, ''Level1'')', 'charging'), ('start_preconditioning({1})', 'preconditioning'), ('stop_preconditioning({1})', 'preconditioning'),
	('set_preconditioning_program({1}, 1, ''6:45'', ''{Mon}'')', 'preconditioning'), ('delete_preconditioning_program({1}, 1)', 'preconditioning'),
	('navigate_to({1}, 1, 1)', 'navigation'), ('navigate_to({1}, ARRAY[1.0], ARRAY[1.0])', 'navigation')) AS v (call, scope);
SELECT sim_config('{"tokens": {"sim-command-token": {"scopes": "everything"}}}');

--
-- What the API does not know
--
SELECT is((SELECT row(state, message, detail ~ 'Nothing has been sent')::text FROM failure_of('SELECT stellantis.lock_doors(''VR3UHZKXZPT000999'')')),
	'(42704,"vehicle ""VR3UHZKXZPT000999"" does not exist on server ""sim""",t)', 'an unknown VIN');
SELECT is(requests_of('SELECT stellantis.lock_doors(''VR3UHZKXZPT00000X'')', false),
	ARRAY['/user/vehicles?vinPrefix=VR3UHZKXZPT00000X&pageSize=60 404', 'ERROR 42704 vehicle "VR3UHZKXZPT00000X" does not exist on server "sim"'], 'nothing is sent to any vehicle for it');
SELECT is((SELECT state FROM failure_of('SELECT stellantis.lock_doors(''nobody'')')), '42501', 'an unknown id is the API''s to refuse');
SELECT is((SELECT row(state, message)::text FROM failure_of('SELECT stellantis.wait_for_action({1}, ''nobody'', ''1 s'')')),
	'(42704,"remote action ""nobody"" does not exist on server ""sim""")', 'an unknown action');
SELECT is((SELECT row(state, message ~ 'does not know the callback')::text FROM failure_of('SELECT stellantis.' || call || '(''nobody'')')), '(42704,t)', call || ' of an unknown callback')
FROM unnest('{pause_callback,resume_callback,delete_callback}'::text[]) AS call;

--
-- Which callback
--
SELECT is(sent_by(format('SELECT stellantis.pause_callback(%L)', :'callback')), ARRAY['PUT /user/callbacks/callback1/status {"status":"Paused"} 202'], 'pause_callback');
SELECT is((SELECT row(state, asked, detail ~ 'Nothing has been sent', hint)::text FROM failure_of('SELECT stellantis.lock_doors({1})')),
	format('(55000,1,t,"Resume the one that there is with SELECT stellantis.resume_callback(''%s'').")', :'callback'), 'the only one is paused');
SELECT is(sent_by(format('SELECT stellantis.resume_callback(%L)', :'callback')), ARRAY['PUT /user/callbacks/callback1/status {"status":"Running"} 202'], 'resume_callback');
SELECT is(sent_by($$SELECT stellantis.create_callback('second', 'https://hooks.example.com/2', '{remote}', '[{"value": "x", "key": "k", "type": "header"}]')$$),
	ARRAY['POST /user/callbacks {"label":"second","type":["Remote"],"callback":{"webhook":{"target":"https://hooks.example.com/2","name":"second","attributes":[{"type":"Header","key":"k","value":"x"}]}}}'], 'create_callback');
SELECT create_callback('monitors', 'https://hooks.example.com/3', '{Monitor}') AS third \gset
CREATE TABLE by_id AS
	SELECT 'callback' || (c ->> 'number') AS name, c ->> 'id' AS id FROM jsonb_array_elements(array_to_string(sim('', '/callbacks'), '')::jsonb) AS c WHERE c #>> '{subscribe,label}' <> 'monitors';
SELECT is(sent_by('SELECT stellantis.lock_doors({1})'), ARRAY[format('POST /user/vehicles/{1}/callbacks/%s/remotes {"door":{"state":"Locked"}} 202', name)],
	'of several that run, the first by id') FROM by_id ORDER BY id COLLATE "C" LIMIT 1;
SELECT sim('-o /dev/null --data-binary ' || shell_quote(format('{"id": "%s", "status": "Failed"}', name)), '/callbacks') FROM (SELECT * FROM by_id ORDER BY id COLLATE "C" LIMIT 1) AS f;
SELECT is(sent_by('SELECT stellantis.lock_doors({1})'), ARRAY[format('POST /user/vehicles/{1}/callbacks/%s/remotes {"door":{"state":"Locked"}} 202', name)],
	'one that has failed is not taken') FROM by_id ORDER BY id COLLATE "C" DESC LIMIT 1;
SELECT format('ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD callback_id %L)', id) FROM by_id ORDER BY id COLLATE "C" LIMIT 1 \gexec
SELECT is(requests_of('SELECT stellantis.lock_doors({1})', false), ARRAY[format('POST /user/vehicles/{1}/callbacks/%s/remotes 202', name)],
	'the mapping''s callback_id, whatever it is, and nothing is asked') FROM by_id ORDER BY id COLLATE "C" LIMIT 1;
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET callback_id 'nobody');
SELECT is((SELECT row(state, message ~ 'does not know the vehicle, or the callback')::text FROM failure_of('SELECT stellantis.lock_doors({1})')), '(42704,t)', 'a callback_id that the API does not know');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (DROP callback_id);
SELECT is(sent_by(format('SELECT stellantis.delete_callback(%L)', id)), ARRAY[format('DELETE /user/callbacks/%s 204', name)], 'delete_callback') FROM by_id;
SELECT is((SELECT row(state, asked, hint ~ 'stellantis.create_callback.*callback_url')::text FROM failure_of('SELECT stellantis.lock_doors({1})')), '(55000,1,t)', 'none is for remote actions');
ALTER SERVER sim OPTIONS (ADD callback_url 'https://hooks.example.com/ours');
SELECT is(sent_by('SELECT stellantis.lock_doors({1})'),
	ARRAY['POST /user/callbacks {"label":"stellantis_fdw","callback":{"webhook":{"target":"https://hooks.example.com/ours","name":"stellantis_fdw","attributes":[{"type":"Body","key":"vin","value":"$vin"}]}}}', 'POST /user/vehicles/{1}/callbacks/callback4/remotes {"door":{"state":"Locked"}} 202'],
	'with the option callback_url one is made');
SELECT is(sent_by('SELECT stellantis.lock_doors({1})'), ARRAY['POST /user/vehicles/{1}/callbacks/callback4/remotes {"door":{"state":"Locked"}} 202'], 'and found again');
SELECT sim_config('{"callback_status": "202", "page_size": 1}');
SELECT create_callback('fifth', 'https://hooks.example.com/5') IS NOT NULL AS made \gset
SELECT is(:'made', 't'::text, 'a callback''s creation may be answered 202');
SELECT is(requests_of('SELECT stellantis.lock_doors({1})') @> '{/user/callbacks?pageSize=60&pageToken=page2}', true, 'all pages of the list are read');
SELECT sim_config('{"callback_status": "200", "page_size": 0}');

-- what a statement does to callbacks itself, it takes into account
CREATE TABLE running AS
	SELECT 'callback' || (c ->> 'number') AS name, c ->> 'id' AS id, row_number() OVER (ORDER BY c ->> 'id' COLLATE "C") AS n
	  FROM jsonb_array_elements(array_to_string(sim('', '/callbacks'), '')::jsonb) AS c WHERE c #>> '{subscribe,label}' <> 'monitors';
SELECT is((SELECT array_agg(r ORDER BY m) FROM unnest(sent_by(format('DO $do$BEGIN PERFORM stellantis.lock_doors({1}); PERFORM stellantis.pause_callback(%L); PERFORM stellantis.lock_doors({1});
		PERFORM stellantis.resume_callback(%1$L); PERFORM stellantis.lock_doors({1}); PERFORM stellantis.delete_callback(%1$L); PERFORM stellantis.lock_doors({1}); END$do$', a.id))) WITH ORDINALITY AS u (r, m) WHERE r ~ '^POST|ERROR'),
	ARRAY(SELECT format('POST /user/vehicles/{1}/callbacks/%s/remotes {"door":{"state":"Locked"}} 202', name) FROM unnest(ARRAY[a.name, b.name, a.name, b.name]) AS name),
	'a callback that the same statement pauses, resumes, deletes') FROM running AS a, running AS b WHERE (a.n, b.n) = (1, 2);

-- an answer without content is an empty list
SELECT sim_fault('{"match": "^GET /user/callbacks", "times": -1, "fault": {"kind": "no_content"}}');
SELECT is((sent_by('SELECT stellantis.lock_doors({1})'))[1] ~ '^POST /user/callbacks ', true, 'a 204 for the callbacks: there are none');
SELECT is((SELECT state FROM failure_of('SELECT stellantis.wait_for_action({1}, ''nobody'', ''1 s'')')), '42704', 'a 204 for the callbacks: an unknown action');
SELECT sim_heal();
SELECT sim_fault('{"match": "^GET /user/vehicles.vinPrefix", "times": -1, "fault": {"kind": "no_content"}}');
SELECT is((SELECT state FROM failure_of('SELECT stellantis.lock_doors({vin1})')), '42704', 'a 204 for the vehicles: an unknown VIN');
SELECT sim_heal();
SELECT sim_fault('{"match": "^GET .*/remotes/", "times": -1, "fault": {"kind": "no_content"}}');
SELECT is((SELECT state FROM failure_of('SELECT stellantis.wait_for_action({1}, ''nobody'', ''1 s'')')), '42704', 'a 204 for the action: an unknown one');
SELECT sim_heal();

-- what cannot be an id is none
SELECT sim_fault('{"match": "^GET /user/callbacks", "times": -1, "fault": {"kind": "edit", "pointer": "/_embedded/callbacks/*/id", "value": ".."}}');
SELECT is((sent_by('SELECT stellantis.lock_doors({1})'))[1] ~ '^POST /user/callbacks ', true, 'callbacks whose ids would lead elsewhere: there are none');
SELECT sim_heal();

-- an answer of another kind than JSON is no success
SELECT sim_fault('{"match": "^(PUT|POST) ", "times": -1, "fault": {"kind": "content_type", "value": "text/html"}}');
SELECT is((SELECT row(state, message ~ 'not JSON', detail ~ 'text/html.*may have been carried out', hint ~ 'callbacks')::text FROM failure_of(format('SELECT stellantis.pause_callback(%L)', id))), '(08P01,t,t,t)', 'pause_callback: HTML')
FROM running WHERE n = 2;
SELECT is((SELECT row(state, message ~ 'not JSON', detail ~ 'may have been carried out')::text FROM failure_of('SELECT stellantis.lock_doors({1})')), '(08P01,t,t)', 'lock_doors: HTML');
SELECT sim_heal();
SELECT sim_fault('{"match": "^PUT ", "times": -1, "fault": {"kind": "status", "status": 200, "body": "empty"}}');
SELECT lives_ok(format('SELECT stellantis.resume_callback(%L)', id), 'resume_callback: an empty answer') FROM running WHERE n = 2;
SELECT sim_heal();
SELECT sim_fault('{"match": "POST .*/remotes", "times": -1, "fault": {"kind": "edit", "pointer": "/remoteActionId", "value": ""}}');
SELECT is(lock_doors(id) <> '', true, 'an empty id in the answer is none: the link has it') FROM sim_vehicle WHERE n = 1;
SELECT sim_heal();

-- what a refusal advises is about what was refused
SELECT sim_fault('{"match": "^(PUT|POST|DELETE) ", "times": -1, "fault": {"kind": "status", "status": 400, "code": 40000}}');
SELECT is((SELECT row(state, hint)::text FROM failure_of(format('SELECT stellantis.' || call, id))), '(HV000,"Nothing was carried out.")', '400: ' || call)
FROM running, unnest(ARRAY['pause_callback(%L)', 'delete_callback(%L)', $$create_callback('l', 'https://hooks.example.com/x')$$]) AS call WHERE n = 2;
SELECT is((SELECT hint ~ '^Nothing was carried out\.  .*remote_capabilities' FROM failure_of('SELECT stellantis.horn({1})')), true, '400: horn');
SELECT sim_heal();
SELECT sim_fault('{"match": "^GET /user/(callbacks|vehicles.vinPrefix)", "times": -1, "fault": {"kind": "status", "status": 403, "code": 40300}}');
SELECT is((SELECT row(state, hint)::text FROM failure_of('SELECT stellantis.horn(' || vehicle || ')')), '(42501,"Check that the owner has not withdrawn consent, and the brand or realm of server ""sim"".")', '403 for what is looked up before: ' || vehicle)
FROM unnest(ARRAY['{1}', '{vin1}']) AS v (vehicle);
SELECT sim_heal();
SELECT bool_and(sent_by(format('SELECT stellantis.delete_callback(%L)', c ->> 'id')) IS NULL) AS unused FROM jsonb_array_elements(array_to_string(sim('', '/callbacks'), '')::jsonb) AS c \gset
SELECT sim_fault('{"match": "^POST /user/callbacks", "times": -1, "fault": {"kind": "status", "status": 400, "code": 40000}}');
SELECT is((SELECT row(state, message, hint)::text FROM failure_of('SELECT stellantis.horn({1})')),
	'(HV000,"could not create a callback for server ""sim"": the API rejected the request with status 400","Nothing was carried out.  Check the option callback_url of server ""sim"".")', '400 for the callback that a command needs');
SELECT sim_heal();
SELECT sim_fault('{"match": "^POST /user/callbacks", "times": -1, "fault": {"kind": "status", "status": 403, "code": 40300}}');
SELECT is((SELECT row(state, message, hint)::text FROM failure_of('SELECT stellantis.horn({1})')),
	'(42501,"could not create a callback for server ""sim"": the API denies access","Check that the owner has not withdrawn consent, and the brand or realm of server ""sim"".")', '403 for the callback that a command needs');
SELECT sim_heal();
SELECT sim_fault('{"match": "^GET /user/callbacks", "fault": {"kind": "status", "status": 400, "code": 40000}}');
SELECT is((SELECT row(state, hint)::text FROM failure_of('SELECT stellantis.horn({1})')), '(HV000,"Check the options of server ""sim"".")', '400 for what is looked up before');
SELECT sim_heal();

-- what a webhook is told to know the API by is in no message
SELECT sim_fault('{"match": "POST /user/callbacks", "times": 2, "fault": {"kind": "status", "status": 400, "code": 40000, "message": "the value hush-hush-1 is not allowed for wholeheartedly"}}');
SELECT is((SELECT row(state, detail ~ 'the value \*\*\* is not allowed for wholeheartedly')::text
			 FROM failure_of($$SELECT stellantis.create_callback('l', 'https://hooks.example.com/x', NULL, '[{"type": "Header", "key": "k", "value": "hush-hush-1"}, {"type": "Body", "key": "k", "value": "a"}]')$$)),
	'(HV000,t)', 'an attribute''s value that the API repeats');
SELECT is((SELECT detail ~ 'the value hush-hush-1 is not' FROM failure_of($$SELECT stellantis.create_callback('l', 'https://hooks.example.com/x')$$)), true, '(which is shown where it is none)');

-- by nobody but a superuser, unless allowed
SELECT lives_ok($$SELECT stellantis.create_callback('here', 'http://127.0.0.1:9/hook')$$, 'plain http by a superuser');

SELECT * FROM finish();
