-- Monitors: triggers, the expression that joins them, what is sent, the limit.
-- simulator: --vehicles 2 --days 1 --token sim-command-token=everything
\ir setup.psql
SELECT no_plan();
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-command-token');
SET search_path = public, tap, stellantis;

--
-- Triggers
--
SELECT is(zone_trigger('away', 'out', 48.8567, 2.2891, 20),
	'{"name": "away", "zone": {"transition": "Out", "place": {"radius": 20, "center": {"longitude": 2.2891, "latitude": 48.8567}}}}'::jsonb, 'zone_trigger');
SELECT is(time_trigger('workday', '8:30', '9 hours', '{Mon,tuesday,WED}', 'daily', 'Europe/Berlin'),
	'{"name": "workday", "time": {"times": [{"start": "PT8H30M", "recurrence": "Daily", "duration": "PT9H", "occurence": {"day": ["Mon", "Tue", "Wed"]}}], "timeZone": "Europe/Berlin"}}'::jsonb, 'time_trigger');
SELECT is(time_trigger('once', '0:00', recurrence => 'None'),
	'{"name": "once", "time": {"times": [{"start": "PT0S", "recurrence": "None"}]}}'::jsonb, 'time_trigger, the least');
SELECT is(time_trigger('long', '0:00', '1 day 00:00:01'),
	'{"name": "long", "time": {"times": [{"start": "PT0S", "recurrence": "Daily", "duration": "PT24H1S"}]}}'::jsonb, 'time_trigger, longer than a day');
SELECT is(data_trigger('low', 'vehicle.energy.electric.level', 'lowerThan', '20'),
	'{"name": "low", "data": {"data": "vehicle.energy.electric.level", "op": "lowerThan", "value": ["20"]}}'::jsonb, 'data_trigger');
SELECT is(data_trigger('a', 'VEHICLE.odometer', given, VARIADIC "values") #>> '{data,op}', op, 'data_trigger: ' || given)
FROM (VALUES ('equalsTo', 'equalsTo', '{1}'::text[]), ('=', 'equalsTo', '{x}'), ('>', 'greaterThan', '{1.5}'), ('<', 'lowerThan', '{-1}'), ('GREATERTHAN', 'greaterThan', '{1e3}'),
	('in', 'includedIn', '{a,b}'), ('IN', 'includedIn', '{a}'), ('onchange', 'onChange', '{}')) AS v (given, op, "values");
SELECT throws_like(call, words, call)
FROM (VALUES
	('SELECT stellantis.zone_trigger(''my_zone'', ''In'', 1, 1, 1)', '%"name": "my_zone"%'),
	('SELECT stellantis.zone_trigger(''1'', ''In'', 1, 1, 1)', '%"name"%'),
	('SELECT stellantis.zone_trigger(''a'', ''Within'', 1, 1, 1)', '%"transition": "Within"%'),
	('SELECT stellantis.zone_trigger(''a'', ''In'', 91, 1, 1)', '%"latitude"%'),
	('SELECT stellantis.zone_trigger(''a'', ''In'', 1, -181, 1)', '%"longitude"%'),
	('SELECT stellantis.zone_trigger(''a'', ''In'', 1, 1, 0)', '%"radius_km": "0"%'),
	('SELECT stellantis.time_trigger(''a'', ''24:00'')', '%"start"%'),
	('SELECT stellantis.time_trigger(''a'', ''8:00'', ''-1 hour'')', '%"duration"%'),
	('SELECT stellantis.time_trigger(''a'', ''8:00'', ''1 month'')', '%"duration"%'),
	('SELECT stellantis.time_trigger(''a'', ''8:00'', ''7 days 00:00:01'')', '%"duration"%'),
	('SELECT stellantis.time_trigger(''a'', ''8:00'', days => ''{Lun}'')', '%"days": "Lun"%'),
	('SELECT stellantis.time_trigger(''a'', ''8:00'', recurrence => ''Weekly'')', '%"recurrence": "Weekly"%'),
	('SELECT stellantis.time_trigger(''a'', ''8:00'', time_zone => ''Europe/Nowhere'')', 'trigger "a" is not one'),
	('SELECT stellantis.data_trigger(''a'', ''vehicle.mileage'', ''>'', ''1'')', '%"operand": "vehicle.mileage"%'),
	('SELECT stellantis.data_trigger(''a'', ''vehicle.odometer'', ''>='', ''1'')', '%"operator": ">="%'),
	('SELECT stellantis.data_trigger(''a'', ''vehicle.odometer'', ''>'')', 'trigger "a" is not one'),
	('SELECT stellantis.data_trigger(''a'', ''vehicle.odometer'', ''>'', ''many'')', 'trigger "a" is not one'),
	('SELECT stellantis.data_trigger(''a'', ''vehicle.odometer'', ''='', ''1'', ''2'')', 'trigger "a" is not one'),
	('SELECT stellantis.data_trigger(''a'', ''vehicle.odometer'', ''in'')', 'trigger "a" is not one')) AS v (call, words);

--
-- create_monitor: what is sent
--
SELECT create_callback('ours', 'https://hooks.example.com/cars') AS callback \gset
SELECT set_config('test.callback', :'callback', false) = '' AS unused \gset

-- The body of the last POST that a call sent, or its error.
CREATE FUNCTION monitor_of(arguments text, vehicle text DEFAULT '{1}') RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.sim_clear();
	EXECUTE tap.expand(format('SELECT stellantis.create_monitor(%s, current_setting(''test.callback''), %s)', vehicle, arguments));
	RETURN (SELECT regexp_replace(line, '^POST \S+ (.*) 202$', '\1') FROM unnest(tap.sim('', '/log?format=text&ids=short&bodies=yes')) AS l(line) WHERE line ~ '^POST');
EXCEPTION WHEN OTHERS THEN
	DECLARE
		detail text;
		hint text;
	BEGIN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
		RETURN concat_ws(' | ', SQLSTATE, SQLERRM, detail, hint, CASE WHEN EXISTS (SELECT 1 FROM unnest(tap.sim('', '/log?format=text')) AS l(line) WHERE line !~ '^GET') THEN 'sent' END);
	END;
END $$;

SELECT is(monitor_of($$'low charge away from home', jsonb_build_array(zone_trigger('away', 'Out', 48.8567, 2.2891, 20), data_trigger('low', 'vehicle.energy.electric.level', '<', '20'),
		time_trigger('workday', '8:30', '9 hours', '{Mon,Tue,Wed,Thu,Fri}', time_zone => 'Europe/Paris')), '(away & low) | (low & !workday)',
		refresh => '10 minutes', extensions => '{vehicle.position,vehicle.status,vehicle.telemetry.vehicle.energies}'$$),
	'{"label":"low charge away from home","subscribeParam":{"refreshEvent":600},"extendedEventParam":["vehicle.position","vehicle.status","vehicle.telemetry.vehicle.energies"],"triggerParam":{"triggers":['
	'{"name":"away","zone":{"transition":"Out","place":{"radius":20,"center":{"longitude":2.2891,"latitude":48.8567}}}},'
	'{"name":"low","data":{"data":"vehicle.energy.electric.level","op":"lowerThan","value":["20"]}},'
	'{"name":"workday","time":{"times":[{"start":"PT8H30M","recurrence":"Daily","duration":"PT9H","occurence":{"day":["Mon","Tue","Wed","Thu","Fri"]}}],"timeZone":"Europe/Paris"}}],'
	'"boolExp":"(away & low) | (low & !workday)"}}', 'everything');
SELECT is(monitor_of($$'l', '[{"name": "a", "data": {"data": "vehicle.trip.start", "op": "onChange"}}, {"name": "b.2", "data": {"op": "EQUALSTO", "data": "vehicle.kinetic.moving", "value": [true], "previous": {"op": "equalsTo", "value": [0]}}}]'$$),
	'{"label":"l","triggerParam":{"triggers":[{"name":"a","data":{"data":"vehicle.trip.start","op":"onChange"}},{"name":"b.2","data":{"data":"vehicle.kinetic.moving","op":"equalsTo","value":["true"],"previous":{"op":"equalsTo","value":["0"]}}}],"boolExp":"a & b.2"}}',
	'by hand; without bool_exp all must come true');
SELECT is(monitor_of($$'l', '[{"name": "t", "time": {"times": [{"start": "2026-03-01T06:45:00+01:00"}, {"start": "6:45", "occurence": {"day": ["mon"], "week": [1, 53]}}]}}]', ' ! ( t ) '$$),
	'{"label":"l","triggerParam":{"triggers":[{"name":"t","time":{"times":[{"start":"2026-03-01T06:45:00+01:00"},{"start":"PT6H45M","occurence":{"day":["Mon"],"week":[1,53]}}]}}],"boolExp":" ! ( t ) "}}', 'times by hand');

--
-- What is refused before anything is sent
--
CREATE FUNCTION refused(arguments text, words text) RETURNS text
LANGUAGE sql AS $$ SELECT tap.matches(public.monitor_of(arguments), '^22023 \| (?!.* sent$).*' || words, 'refused: ' || arguments) $$;
SELECT refused($$'', '[]'$$, '"label".*');
SELECT refused(format($$'l', %L$$, triggers), words)
FROM (VALUES ('{}', 'no list.*'), ('[]', 'has 0 elements.*1 to 5.*'), ('[{}]', 'lacks the member "name".*'),
	('[{"name": "a"}]', 'one of the members zone, time, data.*'),
	('[{"name": "a", "zone": {"transition": "In", "place": {"radius": 1, "center": {"longitude": 1, "latitude": 1}}}, "data": {"data": "vehicle.trip.start", "op": "onChange"}}]', 'no other of them.*'),
	('[{"name": "a", "data": {"data": "vehicle.trip.start", "op": "onChange"}}, {"name": "a", "data": {"data": "vehicle.trip.stop", "op": "onChange"}}]', 'Another trigger has that name.*'),
	('[{"name": "a_b", "data": {"data": "vehicle.trip.start", "op": "onChange"}}]', 'name is "a_b".*letters.*'),
	('[{"name": "a", "data": {"data": "vehicle.trips", "op": "onChange"}}]', 'data is "vehicle.trips".*vehicle.trip.start.*'),
	('[{"name": "a", "data": {"data": "vehicle.trip.start", "op": "<>"}}]', 'op is "<>".*equalsTo.*'),
	('[{"name": "a", "data": {"data": "vehicle.odometer", "op": "greaterThan", "value": ["x"]}}]', 'takes a number.*'),
	('[{"name": "a", "data": {"data": "vehicle.odometer", "op": "greaterThan", "value": []}}]', 'value is empty.*'),
	('[{"name": "a", "data": {"data": "vehicle.odometer", "op": "onChange", "previous": {"op": "lowerThan", "value": ["1", "2"]}}}]', 'one value, not 2.*'),
	('[{"name": "a", "zone": {"transition": "In", "circle": {}}}]', 'unknown member "circle".*transition, place.*'),
	('[{"name": "a", "zone": {"transition": "In", "place": {"radius": 1.5, "center": {"longitude": 1, "latitude": 1}}}}]', 'radius is 1.5.*whole number.*'),
	('[{"name": "a", "zone": {"transition": "In", "place": {"radius": 1, "center": {"longitude": 1e400, "latitude": 1}}}}]', 'longitude is 1.*-180 to 180.*'),
	('[{"name": "a", "time": {"times": []}}]', 'times is empty.*'),
	('[{"name": "a", "time": {"times": [{"start": "2026-03-01"}]}}]', 'start is "2026-03-01".*'),
	('[{"name": "a", "time": {"times": [{"start": "2026-03-01T06:45:00"}]}}]', 'start.*'),
	('[{"name": "a", "time": {"times": [{"start": "2026-02-29T06:45:00Z"}]}}]', 'start.*'),
	('[{"name": "a", "time": {"times": [{"start": "2026-03-01T24:45:00+01:00"}]}}]', 'start.*'),
	('[{"name": "a", "time": {"times": [{"start": "2026-03-01T06:45:00+01:60"}]}}]', 'start.*'),
	('[{"name": "a", "time": {"times": [{"start": "1:00", "occurence": {"week": [54]}}]}}]', 'week\[0\] is 54.*'),
	('[{"name": "a", "time": {"times": [{"start": "1:00"}], "timeZone": "Mars/Base"}}]', 'no time zone "Mars/Base".*'),
	((SELECT jsonb_agg(jsonb_build_object('name', 'a' || i, 'data', '{"data": "vehicle.trip.start", "op": "onChange"}'::jsonb))::text FROM generate_series(1, 6) AS i), 'has 6 elements.*1 to 5.*')) AS v (triggers, words);
SELECT refused(format($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange'), data_trigger('b1', 'vehicle.trip.stop', 'onChange')), %L$$, bool_exp), words || '.*\(a, b1\)')
FROM (VALUES ('', 'ends where a name'), ('c', 'no trigger "c"'), ('b', 'no trigger "b"'), ('a b1', 'operator is wanted at "b1"'), ('a &', 'ends where'), ('& a', 'name is wanted at "& a"'),
	('(a', 'not closed'), ('a)', 'operator is wanted at "\)"'), ('a | !a', 'always true'), ('a & !a', 'never true'), ('a || b1', 'name is wanted at "\| b1"'), ('a and b1', 'operator is wanted'),
	('a = b1', 'operator is wanted')) AS v (bool_exp, words);
SELECT refused($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange')), refresh => '59 s'$$, '"refresh".*60 seconds.*');
SELECT refused($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange')), refresh => '61.5 s'$$, '"refresh".*');
SELECT refused($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange')), extensions => '{vehicle.fuel}'$$, '"extensions": "vehicle.fuel".*vehicle.position.*');
SELECT refused($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange')), extensions => '{vehicle.telemetry.vehicle.fuel}'$$, '"extensions": "vehicle.telemetry.vehicle.fuel".*vehicle.telemetry.vehicle.energies.*');
SELECT matches(monitor_of(format($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange')), %L$$, repeat('(', 100000) || 'a' || repeat(')', 100000))),
	'^54001 \| stack depth', 'parentheses without end');

--
-- What becomes of one
--
CREATE TABLE monitor AS
	SELECT m ->> 'id' AS id, (m ->> 'number')::int AS n FROM jsonb_array_elements(array_to_string(sim('', '/callbacks'), '')::jsonb -> 0 -> 'monitors') AS m;
SELECT is((SELECT count(*) FROM monitor), 3::bigint, 'three have been created');
CREATE FUNCTION told(call text) RETURNS text[]
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.sim_clear();
	EXECUTE tap.expand(format('SELECT stellantis.%s({1}, current_setting(''test.callback''), (SELECT id FROM public.monitor WHERE n = 1))', call));
	RETURN ARRAY(SELECT tap.short_request(line) FROM unnest(tap.sim('', '/log?format=text&ids=short&bodies=yes')) AS l(line));
EXCEPTION WHEN OTHERS THEN
	RETURN ARRAY[SQLSTATE, SQLERRM];
END $$;
SELECT is(told('pause_monitor'), ARRAY['PUT /user/vehicles/{1}/callbacks/callback1/monitors/monitor1/status {"status":"Paused"} 202'], 'pause_monitor');
SELECT is(told('resume_monitor'), ARRAY['PUT /user/vehicles/{1}/callbacks/callback1/monitors/monitor1/status {"status":"Running"} 202'], 'resume_monitor');
SELECT is(told('delete_monitor'), ARRAY['DELETE /user/vehicles/{1}/callbacks/callback1/monitors/monitor1 204'], 'delete_monitor');
SELECT matches(told(call)::text, '^\{42704,"could not .* the API does not know the vehicle, the callback or the monitor"\}$', call || ' of an unknown monitor')
FROM unnest('{pause_monitor,resume_monitor,delete_monitor}'::text[]) AS call;

-- the limit is per vehicle, over all callbacks
SELECT create_callback('other', 'https://hooks.example.com/other', '{Monitor}') AS other \gset
SELECT set_config('test.callback', :'other', false) = '' AS unused \gset
SELECT matches(monitor_of($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange'))$$), '^\{"label"', 'one more: ' || i) FROM generate_series(3, 5) AS i;
SELECT matches(monitor_of($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange'))$$),
	'^53400 \| vehicle ".*" has 5 monitors already \| The API allows 5, over all callbacks: [0-9a-fm]+(, [0-9a-fm]+){4}\. \| Delete one with stellantis.delete_monitor; [^|]*$', 'a sixth is refused, and nothing is sent');
SELECT matches(monitor_of($$'l', jsonb_build_array(data_trigger('a', 'vehicle.trip.start', 'onChange'))$$, '{2}'), '^\{"label"', 'another vehicle has five of its own');

SELECT * FROM finish();
