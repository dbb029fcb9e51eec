--
-- Values that are not as they should be, and several names for one thing.
-- simulator: --vehicles 1 --days 3
--
\i test/setup.psql
\i test/regress.psql
\pset format unaligned

-- The status of the one vehicle is this document; all columns that are not NULL.
CREATE FUNCTION pg_temp.status(document text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	PERFORM sim.meet('/status', jsonb_build_object('kind', 'status', 'status', 200, 'body', document));
	SELECT jsonb_strip_nulls(to_jsonb(s)) - 'vehicle_id' - 'vin' INTO STRICT result FROM cars.status AS s;
	RETURN result;
END $$;
-- The same for each of some values, put where the document has a %s.
CREATE FUNCTION pg_temp.statuses(document text, "values" text[], VARIADIC columns text[])
RETURNS TABLE (sent text, got text) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH sent IN ARRAY "values" LOOP
		got := (SELECT string_agg(coalesce(pg_temp.status(format(document, sent)) ->> c, 'NULL'), '   ')
				 FROM unnest(columns) AS c);
		RETURN NEXT;
	END LOOP;
END $$;
-- One trip, all of its columns that are not NULL.
CREATE FUNCTION pg_temp.trip(document text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	PERFORM sim.meet('/trips', jsonb_build_object('kind', 'status', 'status', 200, 'body',
		'{"total": 1, "_embedded": {"trips": [' || document || ']}}'));
	SELECT jsonb_strip_nulls(to_jsonb(t)) - 'vehicle_id' - 'vin' INTO STRICT result FROM cars.trips AS t;
	RETURN result;
END $$;

--
-- Nothing at all, in every table: a row of NULLs
--
SELECT pg_temp.status('{}'), pg_temp.status(' { "unknown" : [ { } , { "ignition" : { "type" : "Stop" } } ] } ');
SELECT pg_temp.trip('{}'), pg_temp.trip('{"_links": {}, "more": null}');
CREATE FUNCTION pg_temp.empty(name text, match text, body text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	PERFORM sim.meet(match, jsonb_build_object('kind', 'status', 'status', 200, 'body', body));
	EXECUTE format('SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(t)) - ''vehicle_id'' - ''vin'') FROM cars.%I AS t', name) INTO result;
	RETURN result;
END $$;
SELECT name, pg_temp.empty(name, match, CASE WHEN key IS NULL THEN '{}' ELSE format('{"_embedded": {"%s": [{}, {}]}, "total": 2}', key) END)
  FROM (VALUES ('account', '/user', NULL), ('positions', '/lastPosition', NULL), ('maintenance', '/maintenance', NULL),
			   ('vehicles', '/user/vehicles?', 'vehicles'), ('telemetry', '/telemetry', 'telemetries'), ('trips', '/trips', 'trips'),
			   ('alerts', '/alerts', 'alerts'), ('alarms', '/alarms', 'alarms'), ('collisions', '/collisions', 'collisions')) AS t (name, match, key);

--
-- Values of other types: NULL, and the rest of the row is there
--
SELECT pg_temp.status('{"ignition": {"type": 5, "createdAt": 1772366400}, "kinetic": {"moving": "true", "speed": "82", "acceleration": [1]},
	"odometer": {"mileage": true, "createdAt": {}}, "doorsState": {"lockedStates": "Locked", "opening": {"identifier": "Trunk", "state": "Open"}},
	"privacy": "None", "battery": [{"voltage": 5}], "environment": null, "energies": {"type": "Fuel", "level": 5}, "engines": 7,
	"alarm": {"status": {"activation": null}}, "lastPosition": {"geometry": {"coordinates": {"0": 1}}, "properties": {"signalQuality": "9"}},
	"drivingBehavior": {"mode": "Sport"}}');
SELECT pg_temp.trip('{"id": "t1", "duration": "PT56M35S", "distance": null, "done": "yes", "faults": ["DataLacking"], "kinetic": {"avgSpeed": "10"},
	"segments": [{"propulsion": "Electric", "distance": "far"}, {"propulsion": "Electric", "distance": 1.5}, {"propulsion": "Thermal"}],
	"startEnergies": [null, 5, {"type": "Fuel", "level": {}}, {"type": "Electric", "level": 40}]}');
-- the first twin that is of the right type
SELECT pg_temp.status('{"energies": [{"type": "Fuel", "level": "full"}], "energy": [{"type": "Fuel", "level": 51}],
	"preconditioning": {"airConditioning": {"status": 1, "startingCause": null}},
	"preconditionning": {"airConditioning": {"status": "Enabled", "startingCause": "Immediate"}}}');
-- DEBUG1 says which
SELECT sim.reset();
SELECT sim.edit('/status', '/kinetic/speed', '"fast"', '/createdAt', '"soon"', '/energies/1/extension/electric/charging/remainingTime', '"a while"');
SET client_min_messages = debug1;
SELECT speed_kmh, created_at, charging_remaining FROM cars.status;
RESET client_min_messages;

--
-- Numbers
--
SELECT * FROM pg_temp.statuses('{"odometer": {"mileage": %s}}',
	'{82,82.0,8.2e1,-0,0,-12.5,0.1,1e308,1e309,-1e309,1e-320,1e-400,123456789012345678901234567890,0.30000000000000004,"null"}', 'odometer_km');
SELECT * FROM pg_temp.statuses('{"lastPosition": {"properties": {"signalQuality": %s}}}',
	'{9,9.0,90e-1,9.5,-1,2147483647,2147483648,1e400}', 'signal_quality');
SELECT * FROM pg_temp.statuses('{"energies": [{"type": "Fuel", "extension": {"fuel": {"consumptions": {"total": %s}}}}]}',
	'{507968.48,1,7,33,1e308,5e-324}', 'fuel_total_l');

--
-- Dates: three formats, and what is none
--
SELECT * FROM pg_temp.statuses('{"createdAt": "%s"}', ARRAY[
	'2026-02-01T10:00:00Z', '2017-08-10T13:46:39.652+0000', 'Mon Jun 03 08:35:36 GMT 2019', 'Sat Feb 07 23:59:59 GMT 2026',
	'2026-02-01T10:00:00.5Z', '2026-02-01T10:00:00.123456789Z', '2026-02-01T10:00:00.9999999Z', '2026-02-01T10:00:00+01:00', '2026-02-01T10:00:00-0230',
	'2024-02-29T00:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-02-01T25:00:00Z', '2026-02-01T24:00:00Z', '2026-02-01T23:59:60Z',
	'2026-02-01T10:00:00', '2026-02-01T10:00Z', '2026-02-01', '20260201T100000Z', '2026-02-01 10:00:00Z', '2026-02-01t10:00:00z',
	'0001-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '294277-01-01T00:00:00Z',
	'Mon Jun 03 08:35:36 CEST 2019', 'Tue Jun 03 08:35:36 GMT 2019', 'Mon Juin 03 08:35:36 GMT 2019', 'Mon Jun 31 08:35:36 GMT 2019',
	'now', 'infinity', 'epoch', 'yesterday', '', ' 2026-02-01T10:00:00Z', '2026-02-01T10:00:00Z '], 'created_at');

--
-- Durations
--
SELECT * FROM pg_temp.statuses('{"energies": [{"type": "Electric", "extension": {"electric": {"charging": {"remainingTime": %s}}}}]}', ARRAY[
	'"PT2H55M"', '"PT0S"', '"PT23H30M"', '"PT90M"', '"PT1.5S"', '"PT1H30.25S"', '"P1D"', '"P1DT2H"', '"PT36H"', '"P1W"', '"P1M"', '"P1Y2M3DT4H5M6S"',
	'"-PT5M"', '"PT-5M"', '"PT"', '"P"', '""', '"2:55"', '"2 hours"', '"PT1e3S"', '"PT99999999999H"', '5', 'null'], 'charging_remaining');
SELECT sent, pg_temp.trip(format('{"duration": %s}', sent)) ->> 'duration' AS got
  FROM unnest(ARRAY['3395', '3395.5', '0', '-1', '0.1', '1e3', '172800', '1e300', '"3395"', 'null']) AS sent;

--
-- Text
--
SELECT * FROM pg_temp.statuses('{"drivingBehavior": {"mode": "%s"}}', ARRAY[
	'Éco', '\u00c9co', 'Ökö 经济 🚗', '\ud83d\ude97', '\"\\\/', 'a\tb', '', 'null', ' x ',
	'a\u0000b', '\u0000', 'a\ud800b', '\ude97\ud83d', '\ud83d', '\ud83d\u0041'], 'driving_mode');
-- invalid UTF-8
SELECT sim.meet('/user', '{"kind": "invalid_utf8", "pointer": "/lastName"}');
SELECT first_name, last_name FROM cars.account;
SELECT sim.meet('/user', '{"kind": "lone_surrogate", "pointer": "/lastName"}');
SELECT first_name, last_name FROM cars.account;
SELECT sim.meet('/user', '{"kind": "nul_escape", "pointer": "/lastName"}');
SELECT first_name, last_name FROM cars.account;
-- a name may be written with escapes, too, and may come twice
SELECT pg_temp.status('{"driving\u0042ehavior": {"mo\u0064e": "Eco"}}');
SELECT pg_temp.status('{"drivingBehavior": {"mode": "Eco"}, "drivingBehavior": {"mode": "Sport"}, "odometer": {"mileage": 1, "mileage": 2}}');

--
-- Lists
--
SELECT * FROM pg_temp.statuses('{"doorsState": {"lockedStates": %s}}', ARRAY[
	'[]', 'null', '["Locked"]', '["a", null, "b"]', '["a", 5, true, {"b": "c"}, ["d"], "e"]', '["a\u0000b", "c"]', '["", "NULL", "{", ",", "\""]', '{}', '"Locked"'], 'doors_locked');
SELECT * FROM pg_temp.statuses('{"doorsState": {"opening": %s}}', ARRAY[
	'[]', 'null', '[{"identifier": "Trunk", "state": "Open"}]', '[{"state": "Open", "identifier": "Trunk"}, {"identifier": "Driver", "state": "Closed"}]',
	'[{"identifier": 5, "state": "Open"}, {"state": "Open"}, {"identifier": "Driver"}, {"identifier": "Driver", "state": ["Open"]}, null, 7]'], 'doors_open');
SELECT * FROM pg_temp.statuses('{"lightingSystem": {"turn": %s}}', ARRAY[
	'[{"direction": "Left", "position": "Front", "status": "On"}, {"position": "Rear", "direction": "Right", "status": "On"}]',
	'[{"direction": "Left", "status": "On"}, {"position": "Rear", "status": "On"}]', '[{"direction": "Left", "position": "Front"}]'], 'turn_lights_on');
SELECT pg_temp.trip('{"faults": [{"fault": "Unfinished", "cause": "Connection"}, {"fault": "DataLacking"}, {"cause": "FullPrivacy"}]}');
SELECT pg_temp.trip('{"faults": []}');
SELECT sent, pg_temp.empty('vehicles', '/user/vehicles?', format('{"total": 1, "_embedded": {"vehicles": [{"_embedded": {"extension": {"onboardCapabilities": {"remote": %s}}}}]}}', sent)) #>> '{0,remote_capabilities}'
  FROM unnest(ARRAY['{}', '{"door": {"supported": true}, "horn": {"supported": false}, "lights": {"supported": "true"}, "wakeup": {}, "charging": true, "navigation": {"supported": true}}', '[]', 'null']) AS sent;

--
-- Positions: longitude first, nulls
--
SELECT * FROM pg_temp.statuses('{"lastPosition": {"geometry": {"coordinates": %s}}}', ARRAY[
	'[2.25, 48.5, 35]', '[2.25, 48.5]', '[0, 0, 0]', '[null, null, null]', '[null, 48.5]', '["2.25", 48.5]', '[2.25]', '[]', 'null', '[[2.25, 48.5]]'],
	'latitude', 'longitude', 'altitude_m');
SELECT pg_temp.status('{"lastPosition": {"geometry": null, "properties": {"type": "Estimated", "updatedAt": "2026-02-01T10:00:00Z"}}}');

--
-- Twins: the new name wins, member by member; either order; object or array
--
SELECT pg_temp.status('{"energies": [{"type": "Electric", "level": 60}, {"type": "Fuel", "level": 40}]}');
SELECT pg_temp.status('{"energies": [{"type": "Fuel", "level": 40}, {"type": "Electric", "level": 60}]}');
SELECT pg_temp.status('{"energy": [{"type": "Electric", "level": 61, "autonomy": 210}], "energies": [{"type": "Electric", "level": 60}]}');
SELECT pg_temp.status('{"energies": [{"type": "Electric", "level": 60}], "energy": [{"type": "Electric", "level": 61, "autonomy": 210}]}');
SELECT pg_temp.status('{"energies": [{"type": "Electric", "level": null}], "energy": [{"type": "Electric", "level": 61}]}');
SELECT pg_temp.status('{"energies": [], "energy": {"type": "Electric", "level": 61, "charging": {"status": "InProgress"}}}');
SELECT pg_temp.status('{"energy": {"type": "Electric", "level": 61, "extension": {"electric": {"charging": {"status": "Stopped"}}}}}');
SELECT pg_temp.status('{"energy": [{"type": "Fuel", "level": 1}, {"type": "Electric", "level": 61, "battery": {"load": {"capacity": 46000, "residual": 100}}, "updatedAt": "2026-02-01T10:00:00Z"}]}');
SELECT pg_temp.status('{"energies": [{"type": "Electric", "extension": {"electric": {"battery": {"capacity": 1, "load": {"capacity": 2}}}}}]}');
SELECT pg_temp.status('{"energies": [{"level": 60, "type": "Electric"}, {"type": "Electric", "level": 59, "autonomy": 5}]}');
SELECT pg_temp.status('{"preconditionning": {"airConditioning": {"status": "Enabled", "failureCause": "LowBattery"}}, "preconditioning": {"airConditioning": {"status": "Disabled"}}}');
-- engines: the Thermic one, else the first
SELECT pg_temp.status('{"engines": [{"type": "Electric", "speed": 1}, {"type": "Thermic", "speed": 2, "oil": {"temp": 90}}]}');
SELECT pg_temp.status('{"engines": [{"type": "Electric", "speed": 1, "oil": {"temp": 90}}, {"type": "Other", "speed": 2}]}');
SELECT pg_temp.status('{"engines": [{"speed": 1, "type": "Electric"}, {"speed": 2, "type": "Thermic"}, {"speed": 3, "type": "Thermic"}]}');
SELECT pg_temp.status('{"engines": [{"type": "Thermic", "oil": {"temp": 90}, "extension": {"thermic": {"oil": {"temp": 91}}}}, {"type": "Electric", "speed": 1}]}');
SELECT pg_temp.status('{"engines": []}');
-- times
SELECT pg_temp.status('{"environment": {"luminosity": {"createdAt": "2026-02-01T10:00:00Z", "day": false}, "air": {"createdAt": "2026-02-01T11:00:00Z"}}}');
SELECT pg_temp.status('{"environment": {"luminosity": {"createdAt": "2026-02-01T10:00:00Z", "day": false}, "air": {"temp": 5}}}');
-- extensions before the deprecated members of the root, which stand in for them
SELECT pg_temp.empty('vehicles', '/user/vehicles?', '{"total": 2, "_embedded": {"vehicles": [
	{"brand": "P", "label": "208", "pictures": ["old"], "_embedded": {"extension": {"branding": {"brand": "Peugeot", "label": "e-208"}, "pictures": ["new"]}}},
	{"brand": "P", "label": "208", "pictures": ["old"], "_embedded": {"extension": {"branding": {"brand": null}, "pictures": []}}}]}}');
-- consumptions, by type; segments of one propulsion are summed
SELECT pg_temp.trip('{"energyConsumptions": [{"type": "Electric", "consumption": 4206, "avgConsumption": 11398.4}, {"type": "Fuel", "consumption": 91.512, "avgConsumption": 248}],
	"segments": [{"propulsion": "Electric", "distance": 0.1}, {"propulsion": "Hybrid", "distance": 0}, {"propulsion": "Electric", "distance": 0.2}]}');
SELECT pg_temp.trip('{"energyConsumptions": [], "segments": [], "startEnergies": [], "startPosition": null}');
-- links: the last segment
SELECT sent, pg_temp.empty('collisions', '/collisions', format('{"total": 1, "_embedded": {"collisions": [{"_links": {"trip": {"href": %s}}}]}}', sent)) #>> '{0,trip_id}'
  FROM unnest(ARRAY['"https://api.groupe-psa.com/connectedcar/v4/user/vehicles/v/trips/t1"', '"/trips/t1"', '"t1"', '"https://x/trips/t1?a=b"', '"https://x/trips/t1/"', '"https://x/trips/t%201"', '""', '5', 'null']) AS sent;
SELECT pg_temp.empty('alerts', '/alerts', '{"total": 1, "_embedded": {"alerts": [{"_links": {"trips": [{"href": "https://x/trips/a"}, {}, {"href": 5}, {"href": "https://x/trips/b"}]}}]}}');
SELECT pg_temp.empty('alarms', '/alarms', '{"total": 3, "_embedded": {"alarms": [{"status": {"activation": "Active"}}, {"trigger": {}}, {"status": null, "trigger": {"type": "VehicleLifting"}}]}}');

--
-- Columns of one's own
--
SELECT sim.reset();
CREATE FOREIGN TABLE own (
	vin text,
	whole jsonb OPTIONS (field ''),
	t text OPTIONS (field '/t'), j jsonb OPTIONS (field '/j'), b boolean OPTIONS (field '/b'), i2 smallint OPTIONS (field '/i'),
	i4 integer OPTIONS (field '/i'), i8 bigint OPTIONS (field '/i'), f4 real OPTIONS (field '/f'), f8 float8 OPTIONS (field '/f'),
	n numeric OPTIONS (field '/f'), ts timestamptz OPTIONS (field '/ts'), d interval OPTIONS (field '/d'), l text[] OPTIONS (field '/l'),
	second text OPTIONS (field '/l/1'), odd text OPTIONS (field '/a~1b/~0'), deep text OPTIONS (field '/o/p/0/q'), none text OPTIONS (field '/l/01'))
	SERVER sim OPTIONS (resource 'status');
SELECT vin, whole ->> 'createdAt' AS created_at, whole -> 'odometer' AS odometer, whole ? 'energies' AS energies, t, none FROM own;
SELECT sim.fault('/status', jsonb_build_object('kind', 'status', 'status', 200, 'body',
	'{"t": "é", "j": {"a": [1, "\ud83d\ude97", null]}, "b": true, "i": 32767, "f": 0.1, "ts": "2026-02-01T10:00:00Z", "d": "PT5M", "l": ["x", "y"], "a/b": {"~": "odd"}, "o": {"p": [{"q": "deep"}]}}'));
\x on
SELECT * FROM own;
\x off
-- overflow, other types, and whatever jsonb does not take
SELECT sim.meet('/status', jsonb_build_object('kind', 'status', 'status', 200, 'body',
	'{"t": 5, "j": "a\u0000b", "b": 1, "i": 32768, "f": 1e200, "ts": 5, "d": 5, "l": "x"}'));
\x on
SELECT * FROM own;
\x off
-- jsonb takes everything
CREATE FOREIGN TABLE own_json (x jsonb OPTIONS (field '/x')) SERVER sim OPTIONS (resource 'status');
CREATE FUNCTION pg_temp.own_json(sent text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.status(format('{"x": %s}', sent));
	RETURN (SELECT x FROM own_json);
END $$;
SELECT sent, pg_temp.own_json(sent) AS got
  FROM unnest(ARRAY['5', '82.0', '1e3', '1e400', '"s"', '"\ud800"', 'null', 'true', '[1]', '[]', '{"b": 1.50, "a": 2, "b": 3}', '"é\n"']) AS sent;
