-- availability(): for each vehicle and table what is to be expected of the
-- simulator's world, and the fewest requests that tell it.
\ir setup.psql
SELECT no_plan();
ALTER SERVER sim OPTIONS (ADD retries '0');
SET jit = off;

--
-- What is to be expected, from the world and from what the token may read
--
CREATE TABLE world (n int PRIMARY KEY, vin text, capabilities text[], present text[]);
CREATE FUNCTION load_world() RETURNS void LANGUAGE sql AS $$
	DELETE FROM public.world;
	INSERT INTO public.world
		SELECT n, v #>> '{vehicle,vin}',
			   ARRAY(SELECT jsonb_array_elements_text(v #> '{vehicle,_embedded,extension,onboardCapabilities,data}')),
			   ARRAY(SELECT key FROM jsonb_each(v) WHERE jsonb_typeof(value) = 'object' OR jsonb_typeof(value) = 'array' AND value <> '[]'
						OR jsonb_typeof(value) = 'number' AND value <> '0')
		FROM jsonb_array_elements(array_to_string(tap.sim('', '/world'), '')::jsonb -> 'vehicles') WITH ORDINALITY AS w(v, n)
$$;
SELECT load_world();

CREATE TABLE kind (pos int, name text, scopes text[], fine text, events boolean, request text);
INSERT INTO kind VALUES
	(1, 'status', '{data:telemetry}', NULL, false, 'status'),
	(2, 'positions', '{data:position}', NULL, false, 'lastPosition'),
	(3, 'telemetry', '{data:telemetry}', NULL, false, 'telemetry?pageSize=1'),
	(4, 'trips', '{data:trip}', NULL, false, 'trips?pageSize=1'),
	(5, 'waypoints', '{data:trip,data:position}', NULL, false, NULL),
	(6, 'alerts', '{data:alert}', NULL, true, 'alerts?pageSize=1'),
	(7, 'alarms', '{data:telemetry}', 'data:telemetry:vehicle:alarm', true, 'alarms?pageSize=1'),
	(8, 'collisions', '{data:collision}', NULL, true, 'collisions?pageSize=1'),
	(9, 'maintenance', '{data:telemetry}', 'data:telemetry:vehicle:maintenance', false, 'maintenance');

-- Does the world have rows of a table?
CREATE FUNCTION has_rows(present text[], name text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE name
		WHEN 'positions' THEN 'lastPosition' = ANY (present)
		WHEN 'telemetry' THEN 'telemetryCount' = ANY (present)
		WHEN 'waypoints' THEN '{trips,lastPosition}' <@ present
		ELSE name = ANY (present) END
$$;

-- "granted" is what the token may read, "noted" whether the mapping says so.
-- A request tells nothing if the scope is known to be missing, or the car is
-- known not to produce the rows.  Whether it produces them is not known as long
-- as the list of capabilities may have been cut to the scopes.
CREATE FUNCTION expected(granted text[], noted boolean) RETURNS TABLE (n int, vin text, name text, asked boolean, state text)
LANGUAGE sql AS $$
	SELECT w.n, w.vin, k.name,
		   k.request IS NOT NULL AND NOT (noted AND (NOT may OR NOT can)),
		   concat_ws(' ', k.pos, array_to_string(k.scopes, ','), true,
					 CASE WHEN may AND has THEN 't' WHEN NOT can AND NOT may THEN '-' WHEN NOT can THEN 'f'
						  WHEN k.fine IS NOT NULL THEN '-' ELSE 't' END,
					 CASE WHEN k.name = 'waypoints' AND '{data:trip}' <@ granted AND NOT public.has_rows(w.present, 'trips') AND
								(NOT noted OR '{data:trip}' <@ w.capabilities) THEN 'f'
						  WHEN NOT may OR (NOT can AND noted) THEN '-' WHEN has THEN 't'
						  WHEN k.events OR k.name = 'waypoints' THEN '-' ELSE 'f' END,
					 CASE WHEN may THEN 't' ELSE 'f' END,
					 CASE WHEN NOT may THEN 'The owner has not granted ' ||
								CASE WHEN noted THEN array_to_string(ARRAY(SELECT unnest(k.scopes) EXCEPT ALL SELECT unnest(granted) ORDER BY 1 DESC), ', ')
									 ELSE array_to_string(k.scopes, ', ') END ||
								' to this application: enrol again, and ask for it.'
						  WHEN NOT can THEN 'The car does not produce it: its onboardCapabilities lack ' ||
								array_to_string(ARRAY(SELECT unnest(k.scopes) EXCEPT ALL SELECT unnest(w.capabilities) ORDER BY 1 DESC), ', ') || '.'
						  WHEN has AND k.name = 'waypoints' THEN 'It comes with trips and positions, which are there.'
						  WHEN has THEN 'It is there.'
						  WHEN k.events THEN 'The API has none of this car: ' || CASE WHEN k.fine IS NULL THEN '' ELSE 'the car does not produce it, or ' END ||
								'nothing has happened, or the service that uploads it is not activated.' END)
	  FROM public.world AS w, public.kind AS k,
		   LATERAL (SELECT k.scopes <@ granted AS may, k.scopes <@ w.capabilities AS can, public.has_rows(w.present, k.name) AS has) AS x
$$;

-- What the function says, in the same form.
CREATE FUNCTION found(OUT vin text, OUT name text, OUT state text) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT a.vin, a.table_name,
		   concat_ws(' ', k.pos, a.scope, a.referenced, coalesce(left(a.produced::text, 1), '-'), coalesce(left(a.uploaded::text, 1), '-'),
					 coalesce(left(a.authorized::text, 1), '-'), a.reason)
	  FROM stellantis.availability('sim') AS a LEFT JOIN public.kind AS k ON k.name = a.table_name
$$;

-- Rows of table "got" that are not to be expected, and those that it lacks.
CREATE FUNCTION differences(granted text[], noted boolean) RETURNS text[] LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
	RETURN ARRAY(SELECT 'extra: ' || d::text FROM (SELECT vin, name, state FROM got EXCEPT ALL SELECT vin, name, state FROM expected(granted, noted)) AS d
				 UNION ALL
				 SELECT 'missing: ' || d::text FROM (SELECT vin, name, state FROM expected(granted, noted) EXCEPT ALL SELECT vin, name, state FROM got) AS d
				 ORDER BY 1);
END $$;

-- Test: every row, and each request that must be made, once.
CREATE FUNCTION as_expected(granted text[], noted boolean, description text) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = public, tap, pg_temp AS $$
DECLARE
	pages int := (SELECT (count(*) + 59) / 60 FROM world);
BEGIN
	PERFORM sim_clear();
	CREATE TEMP TABLE got AS SELECT * FROM found();
	RETURN NEXT is(ARRAY(SELECT regexp_replace(l, ' 40[34]$', '') FROM unnest(sim_log()) AS l WHERE l !~ 'pageToken') || NULL::text,
				   ARRAY(SELECT r FROM (SELECT '/user/vehicles?extension=onboardCapabilities&pageSize=60' AS r
										UNION ALL
										SELECT format('/user/vehicles/%s/%s', coalesce('{' || s.n || '}', e.vin), k.request)
										  FROM expected(granted, noted) AS e JOIN kind AS k USING (name) LEFT JOIN sim_vehicle AS s ON s.n = e.n
										 WHERE e.asked) AS x ORDER BY r COLLATE "C") || NULL::text,
				   description || ': the requests');
	RETURN NEXT is(sim_count(), (SELECT count(*)::int + pages FROM expected(granted, noted) WHERE asked), description || ': how many');
	RETURN NEXT is(differences(granted, noted), '{}', description || ': the rows');
	DROP TABLE got;
END $$;

-- One row: produced, uploaded, authorized.
CREATE FUNCTION one(name text, n int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(f.state, '^\d+ \S+ t(rue)? ', '') FROM public.found() AS f JOIN tap.sim_vehicle AS s USING (vin) WHERE f.name = one.name AND s.n = one.n
$$;

--
-- A token that was set by hand: what it may read is not known
--
SELECT as_expected('{data:telemetry,data:position,data:trip,data:alert,data:collision}', false, 'a token of all scopes, not noted');
SELECT sim_config('{"tokens": {"partial": {"scopes": "data:trip,data:alert"}, "trip": {"scopes": "data:trip"}, "position": {"scopes": "data:position"},
	"all": {"scopes": "all"}}}');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'partial');
SELECT as_expected('{data:trip,data:alert}', false, 'a token of some scopes, not noted');

--
-- Scopes that are noted, as enrol() does
--
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD scope 'data:trip data:alert');
SELECT as_expected('{data:trip,data:alert}', true, 'some scopes');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'position', SET scope 'data:position');
SELECT as_expected('{data:position}', true, 'one scope');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'all', SET scope 'openid data:trip,data:collision data:position data:telemetry,data:alert');
SELECT as_expected('{data:telemetry,data:position,data:trip,data:alert,data:collision}', true, 'all scopes');

--
-- More vehicles than a page of the listing has
--
SELECT sim_config('{"vehicles": 61, "days": 3}');
SELECT load_world();
SELECT as_expected('{data:telemetry,data:position,data:trip,data:alert,data:collision}', true, '61 vehicles');
SELECT is((SELECT count(*) FROM found()), 61 * 9::bigint, '61 vehicles: nine rows each');
SELECT throws_ok('SET LOCAL stellantis_fdw.max_requests = 100; SELECT * FROM stellantis.availability()', '53400', NULL, 'they are too many for a limit of 100 requests');
SELECT sim_reset();
SELECT sim_config('{"tokens": {"all": {"scopes": "all"}}}');
SELECT load_world();

--
-- One condition after the other
--
-- {vehicle 1} of the listing has other capabilities
CREATE FUNCTION capabilities(list text) RETURNS void LANGUAGE sql AS $$
	SELECT tap.sim_fault(jsonb_build_object('match', 'extension=onboardCapabilities', 'times', -1, 'fault', jsonb_build_object('kind', 'edit',
		'pointer', '/_embedded/vehicles/0/_embedded/extension/onboardCapabilities/data', 'raw', list)))
$$;
-- its endpoint answers that
CREATE FUNCTION answer(request text, fault jsonb) RETURNS void LANGUAGE sql AS $$
	SELECT tap.sim_fault(jsonb_build_object('match', 'VR3UHZKXZPT000001/' || request, 'times', -1, 'fault', fault))
$$;
SELECT sim_config('{"vehicles": 2}');
CREATE FUNCTION has_none(request text) RETURNS void LANGUAGE sql AS $$ SELECT public.answer(request, '{"kind": "status", "status": 404, "code": 40400}') $$;

SELECT capabilities('["data:telemetry", "data:alert"]');
SELECT is(one('trips'), 'f - t The car does not produce it: its onboardCapabilities lack data:trip.', 'a scope that the car lacks');
SELECT is(one('waypoints'), 'f - t The car does not produce it: its onboardCapabilities lack data:trip, data:position.', 'two of them');
SELECT is(one('maintenance'), 't t t It is there.', 'a part of a scope that the list does not have, but there are rows');
SELECT is(one('trips', 2), 't t t It is there.', 'another car is not concerned');
SELECT has_none('maintenance');
SELECT is(one('maintenance'), '- f t The API has none of this car: the car does not produce it, or the service that uploads it is not activated, or the car has not sent any yet.',
		  'a part of a scope that the list does not have, and no rows');
SELECT sim_heal();
SELECT capabilities('["data:telemetry:vehicle:alarm"]');
SELECT is(one('status'), 't t t It is there.', 'a part of a scope is enough for the scope');
SELECT has_none('alarms');
SELECT is(one('alarms'), 't - t The API has none of this car: nothing has happened, or the service that uploads it is not activated.', 'no alarms, though the car can tell of them');
SELECT sim_heal();
SELECT sim_fault('{"match": "extension=onboardCapabilities", "times": -1, "fault": {"kind": "edit", "pointer": "/_embedded/vehicles/0/_embedded", "remove": true}}');
SELECT is(one('trips'), 't t t It is there.', 'a car without a list of capabilities, and rows');
SELECT has_none('trips');
SELECT is(one('trips'), '- f t The API has none of this car: the car does not produce it, or the service that uploads it is not activated, or the car has not sent any yet.',
		  'the same without rows');
SELECT is(one('waypoints'), '- f t The API has none of this car: the car does not produce it, or privacy mode hides it, or the service that uploads it is not activated, or the car has not sent any yet.',
		  'no way points without trips');
SELECT sim_heal();

SELECT has_none('trips');
SELECT is(one('trips'), 't f t The API has none of this car: the service that uploads it is not activated, or the car has not sent any yet.', 'no trips');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "edit", "edits": [{"pointer": "/_embedded/trips", "raw": "[]"}, {"pointer": "/total", "raw": "0"}]}');
SELECT is(one('trips'), 't f t The API has none of this car: the service that uploads it is not activated, or the car has not sent any yet.', 'an empty list of them');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "no_content"}');
SELECT is(left(one('trips'), 5), 't f t', 'no content');
SELECT sim_heal();
SELECT has_none('lastPosition');
SELECT is(one('positions'), 't f t The API has none of this car: privacy mode hides it, or the service that uploads it is not activated, or the car has not sent any yet.', 'no position');
SELECT is(one('waypoints'), 't - t It is not known: there are trips, but no last position, so privacy mode may hide these, too.', 'nor, perhaps, way points');
SELECT sim_heal();
SELECT has_none('alerts');
SELECT is(one('alerts'), 't - t The API has none of this car: nothing has happened, or the service that uploads it is not activated.', 'no alerts');
SELECT sim_heal();

--
-- Endpoints that fail
--
SELECT answer('trips', '{"kind": "status", "status": 500}');
SELECT matches(one('trips'), '^t - t It is not known: the API failed with status 500\.  The API answered 500 with code 50000: .* uuid is [-0-9a-f]+\.$', '500');
SELECT matches(one('waypoints'), '^t - t It is not known: the API failed with status 500', '500: way points');
SELECT is(one('alerts'), 't t t It is there.', '500: another table is not concerned');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "status", "status": 403, "code": 40300, "message": "Not for you"}');
SELECT is(regexp_replace(one('trips'), 'uuid is .*', ''), 't - f The API denies it, although the token has the scope: the API denies access.  The API answered 403 with code 40300: "Not for you".  The request''s ',
		  '403, though the scope is granted');
SELECT matches(one('waypoints'), '^t - f The API denies it', '403: way points');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "status", "status": 404, "body": "html"}');
SELECT matches(one('trips'), '^t - t It is not known: the API does not know this address', 'a page of HTML');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "bad_json"}');
SELECT isnt(split_part(one('trips'), ' ', 2), 'f', 'broken JSON is not "none"');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "reset"}');
SELECT matches(one('trips'), '^t - t It is not known: the connection was lost', 'a reset');
SELECT sim_heal();
SELECT answer('trips', '{"kind": "echo_token", "status": 500}');
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 's3cret-token');
SELECT sim_config('{"tokens": {"s3cret-token": {"scopes": "all"}}}');
SELECT matches(one('trips'), '\*\*\*', 'a token that is repeated');
SELECT unalike(one('trips'), '%s3cret%', 'is not shown');
SELECT sim_heal();

-- the listing: as a query of the vehicles would
SELECT sim_fault('{"match": "/user/vehicles.extension", "times": -1, "fault": {"kind": "status", "status": 500}}');
SELECT throws_ok('SELECT * FROM stellantis.availability()', 'HV00L', 'could not fetch vehicles from server "sim": the API failed with status 500', 'the listing fails');
SELECT sim_heal();
SELECT sim_fault('{"match": "/user/vehicles.extension", "times": -1, "fault": {"kind": "truncate_json"}}');
SELECT throws_ok('SELECT * FROM stellantis.availability()', '08P01', NULL, 'the listing is broken');
SELECT sim_heal();
SELECT sim_fault('{"match": "/user/vehicles.extension", "times": -1, "fault": {"kind": "status", "status": 404, "code": 40400}}');
SELECT is_empty('SELECT * FROM stellantis.availability()', 'no vehicles, no rows');
SELECT sim_heal();
SELECT sim_fault('{"match": "/user/vehicles.extension", "times": -1, "fault": {"kind": "page_loop"}}');
SELECT asks('SELECT * FROM stellantis.availability()', E'/user/vehicles?extension=onboardCapabilities&pageSize=60\n/user/vehicles?extension=onboardCapabilities&pageSize=60&pageToken=page1\n
	ERROR 08P01 could not fetch vehicles from server "sim": pages go on without bringing anything new', 'a listing that goes in circles');
SELECT sim_heal();
ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'unknown');
SELECT matches(array_to_string(psql('SELECT * FROM stellantis.availability()'), ' '), '28000: could not fetch vehicles.*Token is invalid.*no refresh_token.*HINT:  Enrol again', 'a wrong token, and no other');

--
-- A token that ends on the way
--
CREATE FUNCTION enrolment(life text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	family jsonb := array_to_string(tap.sim('-H "Content-Type: application/json" --data-binary ' || tap.shell_quote('{"scopes": "all", ' || life || '}'), '/oauth'), '')::jsonb;
BEGIN
	DROP USER MAPPING FOR CURRENT_USER SERVER sim;
	EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (access_token %L, refresh_token %L, scope %L, client_secret %L)',
				   family #>> '{access_tokens,0,access_token}', family ->> 'refresh_token', family ->> 'scope', 'sim-client-secret');
END $$;
SELECT sim_reset();
SELECT enrolment('"requests_left": 10');
SELECT sim_clear();
CREATE TEMP TABLE got AS SELECT * FROM found();
SELECT is(differences('{data:telemetry,data:position,data:trip,data:alert,data:collision}', true), '{}', 'a token that is good for ten requests: all rows');
SELECT is((SELECT count(*) FROM unnest(sim_log()) AS l WHERE l LIKE 'POST %'), 1::bigint, 'by one refresh');
SELECT enrolment('"requests_left": 0');
SELECT sim_clear();
SELECT is((SELECT count(*) FROM found() WHERE state ~ 'It is not known'), 0::bigint, 'one that is refused at the listing');
SELECT is((SELECT count(*) FROM unnest(sim_log()) AS l WHERE l LIKE 'POST %'), 1::bigint, 'by one refresh, too');
-- a 401 that no token mends is no reason to refresh over and over
SELECT sim_reset();
SELECT enrolment('"requests_left": 1000');
SELECT sim_fault('{"match": "/alerts", "times": -1, "fault": {"kind": "status", "status": 401, "body": "gateway", "message": "Token is invalid"}}');
SELECT sim_clear();
SELECT is((SELECT string_agg(DISTINCT name, ',') FROM found() WHERE state ~ 'It is not known: the API does not accept the credentials'), 'alerts', 'a 401 of one endpoint, whatever the token');
SELECT is((SELECT count(*) FROM unnest(sim_log()) AS l WHERE l LIKE 'POST %'), 1::bigint, 'is asked with one more');
SELECT sim_heal();
SELECT * FROM finish();
