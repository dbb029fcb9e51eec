--
-- What the API and the network can answer, as errors.
-- simulator: --vehicles 2 --days 16
--
\i test/setup.psql
\i test/regress.psql
\pset format unaligned
\pset tuples_only on
-- nothing is asked twice, so nothing waits
SELECT sim.option('ADD retries ''0''');

-- What a query says when requests meet a fault.
CREATE FUNCTION pg_temp.say(match text, fault jsonb, query text DEFAULT 'SELECT * FROM cars.status WHERE vin = ''VR3UHZKXZPT000001''')
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM sim.meet(match, fault);
	RETURN fault::text || E'\n' || sim.try(query) || E'\n';
END $$;
-- The same with pages of ten rows; and how many requests were sent.
CREATE FUNCTION pg_temp.say_paged(fault jsonb, page int DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	PERFORM sim.meet('/trips', fault, -1, page, '{"page_size": 10}');
	said := sim.try('SELECT * FROM cars.trips WHERE vin = ''VR3UHZKXZPT000001''');
	RETURN fault::text || E'\n' || said || format(E'\n[%s request(s)]\n', (SELECT count(*) FROM sim.log()));
END $$;
-- The same for some faults, a status.  Libcurl words its details anew now and then.
CREATE FUNCTION pg_temp.say_network(VARIADIC faults text[]) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(pg_temp.say('/status', f::jsonb), '(DETAIL:  )(?!The answer|No whole answer)[^\n]*', '\1<libcurl''s>') FROM unnest(faults) AS f
$$;

--
-- Status codes
--
SELECT pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', status, 'code', status * 100, 'message', 'Simulated'))
  FROM unnest(ARRAY[400, 401, 402, 403, 405, 406, 408, 409, 410, 422, 429, 500, 501, 502, 503, 504, 599]) AS status;
-- of the listing
SELECT pg_temp.say('/user/vehicles?', jsonb_build_object('kind', 'status', 'status', status, 'code', status * 100, 'message', 'Simulated'), 'SELECT vin FROM cars.vehicles')
  FROM unnest(ARRAY[400, 401, 403, 429, 500]) AS status;
SELECT pg_temp.say('/user/vehicles?', '{"kind": "status", "status": 403, "code": 40300, "message": "Simulated"}');
SELECT pg_temp.say('/user', '{"kind": "status", "status": 403, "code": 40300, "message": "Simulated"}', 'SELECT * FROM cars.account');
-- which scope a table needs
SELECT pg_temp.say('/' || part, '{"kind": "status", "status": 403, "code": 40300, "message": "Missing scope"}', format('SELECT * FROM cars.%I WHERE vin = ''VR3UHZKXZPT000001''', name))
  FROM (VALUES ('positions', 'lastPosition'), ('telemetry', 'telemetry'), ('trips', 'trips'), ('waypoints', 'wayPoints'), ('alerts', 'alerts'),
			   ('alarms', 'alarms'), ('collisions', 'collisions'), ('maintenance', 'maintenance')) AS t (name, part);
-- which scopes it needs for one trip
SELECT vehicle_id AS a_vehicle, id AS a_trip FROM cars.trips WHERE vin = 'VR3UHZKXZPT000001' ORDER BY started_at LIMIT 1 \gset
SELECT pg_temp.say('/trips/[0-9a-f]+/' || name, '{"kind": "status", "status": 403, "code": 40300, "message": "Missing scope"}',
				   format('SELECT * FROM cars.%I WHERE vehicle_id = %L AND %L %s', name, :'a_vehicle', :'a_trip', condition))
  FROM (VALUES ('telemetry', '= trip_id'), ('alerts', '= ANY (trip_ids)'), ('collisions', '= trip_id')) AS t (name, condition);
-- Retry-After
SELECT pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 429, 'code', 42900, 'message', 'Too many requests', 'headers', jsonb_build_object('Retry-After', after)))
  FROM unnest(ARRAY['120', '0', '120;w=1', 'soon', '-5', '99999999999999999999']) AS after;
SELECT pg_temp.say('/status', '{"kind": "status", "status": 503, "code": 50300, "message": "Down", "headers": {"Retry-After": "30"}}');
-- one that is longer than may be waited for is not waited for
SELECT sim.option('SET retries ''3'', ADD max_retry_wait ''1''');
SELECT pg_temp.say('/status', '{"kind": "status", "status": 429, "code": 42900, "message": "Too many requests", "headers": {"Retry-After": "3600"}}');
-- what passes by itself does
CREATE FUNCTION pg_temp.passes(fault jsonb, times int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	PERFORM sim.meet('/status', fault, times);
	said := sim.try('SELECT * FROM cars.status WHERE vin = ''VR3UHZKXZPT000001''');
	RETURN said || format(' [%s requests]', (SELECT count(*) FROM sim.log()));
END $$;
SELECT pg_temp.passes('{"kind": "status", "status": 429, "headers": {"Retry-After": "0"}}', 2);
SELECT pg_temp.passes('{"kind": "status", "status": 503, "headers": {"Retry-After": "0"}}', 3);
SELECT pg_temp.passes('{"kind": "status", "status": 503, "headers": {"Retry-After": "0"}}', 4);
SELECT pg_temp.passes('{"kind": "status", "status": 400, "code": 40000}', 1);
SELECT pg_temp.passes('{"kind": "reset"}', 1);
SELECT sim.option('SET retries ''0'', DROP max_retry_wait');

--
-- Shapes of error documents
--
SELECT pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 400, 'body', body)) FROM unnest(ARRAY[
	'gateway', 'html', 'empty', '{}', '[]', '"text"', 'plain text', '{"code": "40001", "message": "A string code"}', '{"code": 40002}',
	'{"message": "no code", "debug": "more of it"}', '{"error": "invalid_request", "error_description": "OAuth''s shape"}',
	'{"code": 40003, "uuid": 7, "message": {"en": "nested"}}', '{"code": 40004, "message": "caf\u00e9 \ud83d\ude97 \u0000 \ud800"}',
	E'{"code": 40005, "message": "two\\nlines\\tand \\u202e\\u001b[31mtricks"}', '{"code": -1, "message": ""}', '{"code": 4e9, "message": "odd code"}',
	E'<html>\n<head><title>Forbidden</title></head>\n<body>gateway</body></html>']) AS body;
SELECT length(pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 400, 'body', format('{"code": 40000, "message": "%s"}', repeat('long ', 1000))))) - 5000 AS longer_than_the_message_by;
SELECT length(pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 400, 'body', repeat('long ', 1000)))) - 5000 AS longer_than_the_body_by;

--
-- 404: zero rows only with a code of 404xx on the first page
--
SELECT pg_temp.say('/trips', jsonb_build_object('kind', 'status', 'status', 404, 'body', body), 'SELECT * FROM cars.trips WHERE vin = ''VR3UHZKXZPT000001''') FROM unnest(ARRAY[
	'{"code": 40400, "message": "No data"}', '{"code": 40499}', '{"code": "40401"}', '{"code": 404}', '{"code": 50000}', '{"message": "no code"}', 'html', 'empty', 'gateway']) AS body;
SELECT pg_temp.say('/status', '{"kind": "status", "status": 404, "code": 40400, "message": "No data"}');
-- a page that there should be
SELECT pg_temp.say_paged('{"kind": "status", "status": 404, "code": 40400, "message": "No data"}', 2);
SELECT pg_temp.say_paged('{"kind": "status", "status": 500, "code": 50000, "message": "Page 2"}', 2);
-- an account without vehicles, or so it seems: zero rows and a warning
SELECT sim.meet('/user/vehicles?', '{"kind": "status", "status": 404, "body": "{\"code\": 40400, \"uuid\": \"11111111-2222-4333-a444-555555555555\", \"message\": \"No vehicle\"}"}');
SELECT count(*) FROM cars.vehicles;
SELECT count(*) FROM cars.trips;
SELECT pg_temp.say('/user/vehicles?', '{"kind": "status", "status": 404, "body": "html"}', 'SELECT * FROM cars.trips');
-- a vehicle that is not the account's is zero rows, whatever its address answers
CREATE FUNCTION pg_temp.nobody(status text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM sim.reset();
	PERFORM sim.post('/config', jsonb_build_object('unknown_vehicle', status));
	RETURN status || ': ' || sim.try('SELECT id FROM cars.trips WHERE vehicle_id = ''nobody-s''') || ' ' || (SELECT string_agg(l, ', ' ORDER BY l COLLATE "C") FROM sim.log() AS l);
END $$;
SELECT pg_temp.nobody(status) FROM unnest(ARRAY['400', '403', '404']) AS status;
SELECT sim.try('SELECT * FROM cars.trips WHERE vin = ''NOBODY'''), sim.try('SELECT * FROM cars.vehicles WHERE id = ''nobody-s''');

--
-- Success that is none
--
SELECT pg_temp.say('/status', fault::jsonb) FROM unnest(ARRAY[
	'{"kind": "no_content"}', '{"kind": "redirect", "status": 301, "location": "https://elsewhere.example.com/"}', '{"kind": "redirect", "status": 302, "location": "http://127.0.0.1:1/"}',
	'{"kind": "redirect", "status": 304}', '{"kind": "redirect", "status": 307}', '{"kind": "status", "status": 202, "body": "{}"}', '{"kind": "status", "status": 206, "body": "{}"}',
	'{"kind": "content_type", "value": "text/html"}', '{"kind": "content_type", "value": "text/plain; charset=UTF-8"}', '{"kind": "content_type", "value": ""}',
	'{"kind": "content_type", "value": "application/json"}', '{"kind": "content_type", "value": "application/problem+json"}', '{"kind": "content_type", "value": "application/vnd.geo+json;charset=ISO-8859-1"}',
	'{"kind": "content_type", "value": "application/jsonp"}', '{"kind": "content_type", "value": "APPLICATION/HAL+JSON"}',
	'{"kind": "status", "status": 200, "body": "empty"}', '{"kind": "status", "status": 200, "body": "html"}', '{"kind": "no_content"}']) AS fault;
SELECT pg_temp.say('/trips', '{"kind": "no_content"}', 'SELECT * FROM cars.trips WHERE vin = ''VR3UHZKXZPT000001''');
SELECT pg_temp.say('/user/vehicles?', '{"kind": "no_content"}', 'SELECT * FROM cars.vehicles');

--
-- Bodies that are no JSON, or not the expected one
--
SELECT pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 200, 'body', body)) FROM unnest(ARRAY[
	'{', '{"a": oops}', '{"a": 1} x', '{"a": 1}{}', 'null', '[]', '5', '"text"', '{"a": "\ud8"}', '{"a": "\x"}', '{''a'': 1}', '{"a": 01}', '{"a": 1,}', '{"a" 1}', ' ', '{"odometer": NaN}',
	E'{"a": "line\nfeed"}', E'\uFEFF{}', '{"a": 1} // comment', 'html {"a": 1}']) AS body;
SELECT pg_temp.say('/trips', jsonb_build_object('kind', 'status', 'status', 200, 'body', body), 'SELECT * FROM cars.trips WHERE vin = ''VR3UHZKXZPT000001''') FROM unnest(ARRAY[
	'{}', '{"total": 0}', '{"total": 0, "_embedded": {}}', '{"total": 1, "_embedded": {}}', '{"_embedded": {"trips": []}}', '{"_embedded": {"trips": null}}', '{"_embedded": {"trips": {}}}', '{"_embedded": []}',
	'{"_embedded": {"trips": [5]}}', '{"_embedded": {"trips": [null, {"id": "t"}]}}', '{"_embedded": {"trips": [[]]}}', '{"_embedded": {"trips": [{"id": "a"}]}, "total": 1, "_embedded": {"trips": [{"id": "b"}]}}',
	'{"trips": [{}]}', '{"total": "many", "_embedded": {"trips": [{"id": "t"}]}}', '{"total": -1, "_embedded": {"trips": [{"id": "t"}]}}', '[{}]', 'null',
	'{"_embedded": {"trips": [{"id": "t"}], "more": [[[[{"trips": [1]}]]]]}}', '{"_embedded": {"trips": [{"id": "t"}, {"id": "t"}]}}']) AS body;
SELECT pg_temp.say('/status', fault::jsonb) FROM unnest(ARRAY['{"kind": "truncate_json", "bytes": 30}', '{"kind": "truncate_json", "bytes": 0}']) AS fault;
SELECT depth, regexp_replace(pg_temp.say('/status', jsonb_build_object('kind', 'deep', 'depth', depth)), 'at byte \d+', 'at byte <n>') FROM unnest(ARRAY[100, 5000, 500000]) AS depth;

--
-- The network
--
SELECT pg_temp.say_network('{"kind": "reset"}', '{"kind": "reset_body", "bytes": 100}', '{"kind": "truncate", "bytes": 100}', '{"kind": "close"}');
-- too large, also when it unpacks to that
SELECT sim.option('ADD max_response_bytes ''1MB''');
SELECT pg_temp.say_network('{"kind": "huge_body", "mb": 2}', '{"kind": "gzip_bomb", "mb": 64}');
SELECT sim.option('DROP max_response_bytes');
-- too late
SELECT sim.option('ADD request_timeout ''200ms''');
SELECT pg_temp.say_network('{"kind": "stall", "ms": 3000}', '{"kind": "stall_body", "bytes": 100, "ms": 3000}');
SELECT sim.option('DROP request_timeout');

--
-- Pages
--
SELECT pg_temp.say_paged(fault::jsonb) FROM unnest(ARRAY['{"kind": "repeat_token"}', '{"kind": "page_loop"}', '{"kind": "missing_next"}', '{"kind": "total", "delta": 5}', '{"kind": "total", "delta": -5}',
	'{"kind": "total", "shrink": 2}', '{"kind": "shift", "inserted": 1}', '{"kind": "shift", "deleted": 1}',
	'{"kind": "edit", "pointer": "/_links/next/href", "value": "https://elsewhere.example.com/?pageToken="}', '{"kind": "edit", "pointer": "/_links/next/href", "value": "https://elsewhere.example.com/#?pageToken=x"}', '{"kind": "edit", "pointer": "/_links/next/href", "value": 5}',
	'{"kind": "edit", "pointer": "/_links/next", "value": null}']) AS fault;

--
-- The token is not shown, whoever says it
--
SELECT pg_temp.say('/status', jsonb_build_object('kind', 'echo_token', 'status', status)) FROM unnest(ARRAY[400, 403, 429, 500]) AS status;
SELECT pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 400, 'body', body)) FROM unnest(ARRAY[
	'sim-access-token', '{"message": "sim-access-token", "debug": "Bearer sim-access-token"}', '{"code": 1, "uuid": "sim-access-token"}', '{"code": 1, "message": "sim\u002daccess-token"}',
	'<p title="sim-access-token">']) AS body;
SELECT pg_temp.say('/status', '{"kind": "content_type", "value": "sim-access-token"}');
-- nor a part of it, where a long message is cut
CREATE FUNCTION pg_temp.shown(n int) RETURNS text LANGUAGE sql AS $$
	SELECT substring(split_part(pg_temp.say('/status', jsonb_build_object('kind', 'status', 'status', 400, 'body', '{"message": "' || repeat('x', n) || 'sim-access-token"}')), E'\nDETAIL', 2) FROM 'x([^x"]*)"')
$$;
SELECT string_agg(DISTINCT pg_temp.shown(n), ' ') FROM generate_series(60, 1040, 140) AS n;

-- nor is what could harm a terminal or forge a line of the log, in a name that the API gives
SELECT sim.meet('/user/vehicles\?', '{"kind": "edit", "pointer": "/_embedded/vehicles/0/vin", "value": "V\u001b[31m\nLOG:  x\u202e sim-access-token"}');
SELECT sim.fault('/status', '{"kind": "status", "status": 500, "code": 50000, "message": "Simulated"}');
SELECT sim.try('SELECT * FROM cars.status');
-- a vehicle that was asked for by its id, and another one came
SELECT sim.reset();
SELECT id AS first_id FROM cars.vehicles WHERE vin = 'VR3UHZKXZPT000001' \gset
SELECT pg_temp.say('/user/vehicles/', jsonb_build_object('kind', 'edit', 'pointer', '/id', 'value', value), format('SELECT vin FROM cars.vehicles WHERE id = %L', :'first_id'))
  FROM unnest(ARRAY['"another"', 'null', '5']::jsonb[]) AS value;
-- the same of what lies below a vehicle
SELECT pg_temp.say('/trips/[0-9a-f]+ ?$', jsonb_build_object('kind', 'edit', 'pointer', '/id', 'value', value), format('SELECT id FROM cars.trips WHERE vehicle_id = %L AND id = %L', :'a_vehicle', :'a_trip'))
  FROM unnest(ARRAY['"another"', 'null', '5']::jsonb[]) AS value;
-- an object that exists, and cannot be had
SELECT pg_temp.say('/trips/[0-9a-f]+ ?$', fault, format('SELECT id FROM cars.trips WHERE vehicle_id = %L AND id = %L', :'a_vehicle', :'a_trip'))
  FROM unnest(ARRAY['{"kind": "status", "status": 403, "code": 40300, "message": "Simulated"}', '{"kind": "status", "status": 404, "body": "html"}',
					'{"kind": "status", "status": 500, "code": 50000, "message": "Simulated"}', '{"kind": "bad_json"}', '{"kind": "content_type", "value": "text/html"}']::jsonb[]) AS fault;
SELECT pg_temp.say('/trips/[0-9a-f]+ ?$', '{"kind": "no_content"}', format('SELECT id FROM cars.trips WHERE vehicle_id = %L AND id = %L', :'a_vehicle', :'a_trip'));

--
-- One vehicle of several: the whole query fails, unless told to warn
--
SELECT pg_temp.say('VR3UHZKXZPT000002/status', '{"kind": "status", "status": 500, "code": 50000, "message": "Simulated"}', 'SELECT * FROM cars.status');
-- a bound on the requests of a statement
SET stellantis_fdw.max_requests = 2;
SELECT sim.reset();
SELECT sim.try('SELECT * FROM cars.status');
SELECT count(*) FROM sim.log();
SELECT sim.try('SELECT * FROM cars.trips');
SELECT sim.try('SELECT * FROM cars.vehicles');
RESET stellantis_fdw.max_requests;

-- a document that is broken behind its only row has none
SELECT sim.option('ADD on_vehicle_error ''warn''');
SELECT pg_temp.say('/lastPosition', '{"kind": "bad_json", "body": "{} {}"}', 'SELECT * FROM cars.positions WHERE vin = ''VR3UHZKXZPT000001''');
