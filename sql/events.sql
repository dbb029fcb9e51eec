--
-- parse_events(): events as the API pushes them, one or many; what is absent,
-- wrong, or no event at all.  (That they can be received: test/harness/events.t.)
-- simulator: --vehicles 1 --days 1
--
\i test/setup.psql
\i test/regress.psql
\x on

-- a command's
SELECT * FROM stellantis.parse_events('{"callbackId": "7f3c2a90-5b1e-4c8d-a6f7-21d0e9b4c358", "attributes": [{"key": "vin", "value": "VR3UHZKXZPT000001"}, {"key": "kept", "value": "secret"}],
	"type": "Remote", "date": "2026-02-14T08:12:30Z", "remoteEvent": {"remoteActionId": "909b4acb3bf8d1a7ec20f5bc244d21f0fbe2e52f", "remoteType": "Doors",
	"eventStatus": {"type": "Done", "status": "Failed", "failureCause": "VehicleConnectionTimeout", "feedbackDetail": "CIDBlacklisted"}}}');
-- a monitor's
SELECT * FROM stellantis.parse_events('{"callbackId": "7f3c2a90-5b1e-4c8d-a6f7-21d0e9b4c358", "attributes": [], "type": "Monitor", "date": "2026-02-14T10:02:17.5+01:00",
	"monitorEvent": {"monitorId": "c7ee0021", "values": [{"data": "vehicle.energy.electric.level", "value": {"type": "string", "body": {"literalValue": "19.5"}}, "previous": "20.5"}],
	"extensions": [{"type": "vehicle.position", "body": [{"position": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.3522, 48.8566, 35.0]}}}]}], "refresh": false}}');
\x off

-- a batch, in its order; none; NULL
SELECT callback_id, type, remote_action_id, progress, status, monitor_id FROM stellantis.parse_events('[
	{"callbackId": "c", "type": "Remote", "remoteEvent": {"remoteActionId": "a", "eventStatus": {"type": "Pending", "status": "Accepted"}}},
	{"callbackId": "c", "type": "Remote", "remoteEvent": {"remoteActionId": "a", "eventStatus": {"type": "Done", "status": "Success"}}},
	{"callbackId": "c", "type": "Monitor", "monitorEvent": {"monitorId": "m"}}]');
SELECT count(*) FROM stellantis.parse_events('[]');
SELECT count(*) FROM stellantis.parse_events(NULL);
SELECT count(*), count(DISTINCT remote_action_id) FROM stellantis.parse_events((SELECT jsonb_agg(jsonb_build_object('callbackId', 'c', 'remoteEvent', jsonb_build_object('remoteActionId', n))) FROM generate_series(1, 100) AS n));
SELECT count(*), count(DISTINCT remote_action_id) FROM stellantis.parse_events((SELECT jsonb_agg(jsonb_build_object('callbackId', 'c', 'remoteEvent', jsonb_build_object('remoteActionId', n::text))) FROM generate_series(1, 100) AS n));

-- what is absent, null, of another type, unknown
SELECT n, e FROM (VALUES (1, '{"callbackId": "c"}'::jsonb), (2, '{"remoteEvent": {}}'), (3, '{"monitorEvent": null}'), (4, '{"callbackId": 5, "type": [], "date": "yesterday", "remoteEvent": "x", "monitorEvent": []}'),
	(5, '{"callbackId": "c", "type": "Telepathy", "unknown": {"deep": [1]}, "date": null, "remoteEvent": {"remoteActionId": "a", "eventStatus": {"type": "Sideways", "status": "New", "else": 1}}}'),
	(6, '{"callbackId": "c", "date": "Sat, 14 Feb 2026 08:12:30 GMT", "monitorEvent": {"values": {"a": 1}, "extensions": "x", "refresh": "yes"}}')) AS v (n, d), stellantis.parse_events(d) AS e ORDER BY n;
-- attributes
SELECT a, attributes FROM (VALUES ('[]'::jsonb), ('[{"key": "a", "value": "b"}, {"key": "a", "value": "c"}, {"key": "d", "value": null}, {"key": "e", "value": {"f": [1]}}]'), ('[1, null, [], {}, {"key": "a"}, {"value": "b"}, {"key": 1, "value": 2}]'),
	('{"a": "b"}'), ('"a"'), ('null')) AS v (a), stellantis.parse_events(jsonb_build_object('callbackId', 'c', 'attributes', a));
-- dates do not depend on the session
SET TimeZone = 'America/New_York';
SELECT date AT TIME ZONE 'UTC' AS utc FROM stellantis.parse_events('[{"callbackId": "c", "date": "2026-07-01T12:00:00Z"}, {"callbackId": "c", "date": "2026-07-01T12:00:00"}, {"callbackId": "c", "date": "2026-07-01T12:00:00.25+05:30"}]');
SET TimeZone = 'UTC';

-- no events
SELECT sim.try(format('SELECT * FROM stellantis.parse_events(%L)', d)) FROM unnest(ARRAY['{}', '5', '"x"', 'null', 'true', '{"type": "Remote", "remote": {"secret": "kept"}}', '[[]]', '[{"callbackId": "c"}, {"kept": "secret"}]', '{"data": {"mph_message": "eyJ9"}}']) AS d;

-- the function itself
SELECT provolatile, proisstrict, proparallel FROM pg_proc WHERE oid = 'stellantis.parse_events(jsonb)'::regprocedure;
CREATE ROLE events_nobody;
SET ROLE events_nobody;
SELECT status FROM stellantis.parse_events('{"remoteEvent": {"eventStatus": {"status": "Success"}}}');
RESET ROLE;
DROP ROLE events_nobody;
SELECT count(*) AS requests FROM sim.log();
