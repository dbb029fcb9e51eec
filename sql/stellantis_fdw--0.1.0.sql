/* sql/stellantis_fdw--0.1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION stellantis_fdw" to load this file. \quit

-- The wrapper

CREATE FUNCTION stellantis_fdw_handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT;
COMMENT ON FUNCTION stellantis_fdw_handler() IS
  'callbacks of the foreign data wrapper stellantis_fdw';

CREATE FUNCTION stellantis_fdw_validator(text[], oid)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT;
COMMENT ON FUNCTION stellantis_fdw_validator(text[], oid) IS
  'checks options of the foreign data wrapper stellantis_fdw';

CREATE FOREIGN DATA WRAPPER stellantis_fdw
  HANDLER stellantis_fdw_handler
  VALIDATOR stellantis_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER stellantis_fdw IS
  'Stellantis connected-car web API';

-- Comments on foreign tables

CREATE FUNCTION comment_new_tables()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'stellantis_comment_new_tables'
LANGUAGE C;
COMMENT ON FUNCTION comment_new_tables() IS
  'comments the foreign tables of stellantis_fdw that a command has just created';

CREATE EVENT TRIGGER stellantis_fdw_comments
  ON ddl_command_end
  WHEN TAG IN ('IMPORT FOREIGN SCHEMA', 'CREATE FOREIGN TABLE')
  EXECUTE FUNCTION comment_new_tables();
COMMENT ON EVENT TRIGGER stellantis_fdw_comments IS
  'comments the foreign tables of stellantis_fdw when they are created';

-- Anybody may call it: it comments the caller's own tables alone.
CREATE FUNCTION comment_tables(schema text)
RETURNS integer
AS 'MODULE_PATHNAME', 'stellantis_comment_tables'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION comment_tables(text) IS
  'comments anew the caller''s foreign tables of stellantis_fdw in a schema; returns how many';

-- Accounts whose tables are partitions of tables of all accounts

CREATE FUNCTION add_account(
  name text,
  options jsonb,
  into_schema text,
  tables text[] DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'stellantis_add_account'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION add_account(text, jsonb, text, text[]) IS
  'makes a server of that name with these options, and its tables partitions of those in the schema, which hold the rows of all accounts; returns how many';

CREATE FUNCTION drop_account(name text)
RETURNS integer
AS 'MODULE_PATHNAME', 'stellantis_drop_account'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION drop_account(text) IS
  'drops what add_account made, and the user mappings: tokens as well; returns how many tables';

REVOKE EXECUTE ON FUNCTION add_account(text, jsonb, text, text[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION drop_account(text) FROM PUBLIC;

-- What there is

CREATE FUNCTION data_catalog(
  OUT table_name text,
  OUT column_name text,
  OUT data_type text,
  OUT unit text,
  OUT scope text,
  OUT json_source text,
  OUT meaning text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stellantis_data_catalog'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 290;
COMMENT ON FUNCTION data_catalog() IS
  'rows of the view data_catalog';

CREATE VIEW data_catalog AS
SELECT table_name, column_name, data_type, unit, scope, json_source, meaning
  FROM data_catalog();
COMMENT ON VIEW data_catalog IS
  'every column that IMPORT FOREIGN SCHEMA brings: its type, unit, scope, JSON source and meaning';

-- The owner's consent: tokens

CREATE FUNCTION authorize_url(
  server text DEFAULT NULL,
  redirect_uri text DEFAULT NULL,
  scopes text[] DEFAULT NULL,
  state text DEFAULT NULL,
  locale text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_authorize_url'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION authorize_url(text, text, text[], text, text) IS
  'address of the page where the owner of the cars consents';

CREATE FUNCTION enroll(redirected_url text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_enroll'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION enroll(text, text) IS
  'takes the address to which the browser was sent after the consent, and stores the tokens in the caller''s user mapping; returns the scopes that were granted';

CREATE FUNCTION refresh_token(server text DEFAULT NULL)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'stellantis_refresh_token'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION refresh_token(text) IS
  'refreshes the caller''s access token at once; returns when the new one expires';

CREATE FUNCTION revoke_token(server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_revoke_token'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION revoke_token(text) IS
  'revokes the caller''s tokens and drops them from the user mapping';

REVOKE EXECUTE ON FUNCTION authorize_url(text, text, text[], text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION enroll(text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION refresh_token(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION revoke_token(text) FROM PUBLIC;

CREATE FUNCTION token_status(
  OUT server text,
  OUT role text,
  OUT scopes text[],
  OUT expires_at timestamptz,
  OUT refreshed_at timestamptz,
  OUT last_error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stellantis_token_status'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION token_status() IS
  'rows of the view token_status';

CREATE VIEW token_status AS
SELECT server, role, scopes, expires_at, refreshed_at, last_error
  FROM token_status();
COMMENT ON VIEW token_status IS
  'the tokens of the user mappings that the caller may see: scopes, expiry, last refresh, and why it failed; no secret';

-- How things stand

CREATE FUNCTION "check"(
  server text DEFAULT NULL,
  OUT step text,
  OUT ok boolean,
  OUT found text,
  OUT fix text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stellantis_check'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 8;
COMMENT ON FUNCTION "check"(text) IS
  'asks the API for the vehicles, and says of each step on the way whether it went well, and how to mend it; one or two requests';

CREATE FUNCTION availability(
  server text DEFAULT NULL,
  OUT vehicle_id text,
  OUT vin text,
  OUT table_name text,
  OUT scope text,
  OUT referenced boolean,
  OUT produced boolean,
  OUT uploaded boolean,
  OUT authorized boolean,
  OUT reason text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stellantis_availability'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 90;
COMMENT ON FUNCTION availability(text) IS
  'for each vehicle and table the four conditions without which there are no data, and a sentence that says which one fails';

-- Commands: each call is sent, once, whatever becomes of the transaction

CREATE FUNCTION lock_doors(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_lock_doors'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION lock_doors(text, text) IS
  'locks the doors of a car; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION lock_doors(text, text) FROM PUBLIC;

CREATE FUNCTION unlock_doors(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_unlock_doors'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION unlock_doors(text, text) IS
  'unlocks the doors of a car; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION unlock_doors(text, text) FROM PUBLIC;

CREATE FUNCTION horn(vehicle text, active boolean DEFAULT true, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_horn'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION horn(text, boolean, text) IS
  'sounds the horn of a car, or silences it; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION horn(text, boolean, text) FROM PUBLIC;

CREATE FUNCTION lights(vehicle text, active boolean DEFAULT true, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_lights'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION lights(text, boolean, text) IS
  'switches the lights of a car on or off; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION lights(text, boolean, text) FROM PUBLIC;

CREATE FUNCTION wake_up(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_wake_up'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION wake_up(text, text) IS
  'wakes a car, so that it sends its state; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION wake_up(text, text) FROM PUBLIC;

CREATE FUNCTION start_charging(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_start_charging'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION start_charging(text, text) IS
  'starts charging a car that is plugged in; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION start_charging(text, text) FROM PUBLIC;

CREATE FUNCTION stop_charging(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_stop_charging'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION stop_charging(text, text) IS
  'stops charging a car; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION stop_charging(text, text) FROM PUBLIC;

CREATE FUNCTION delay_charging(vehicle text, at timestamptz, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_delay_charging'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION delay_charging(text, timestamptz, text) IS
  'lets the next charging of a car begin at a moment; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION delay_charging(text, timestamptz, text) FROM PUBLIC;

CREATE FUNCTION schedule_charging(vehicle text, programs jsonb, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_schedule_charging'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION schedule_charging(text, jsonb, text) IS
  'gives a car programs for charging, [{"start": "22:30", "end": "6:00", "days": ["Mon"], "enabled": true}]; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION schedule_charging(text, jsonb, text) FROM PUBLIC;

CREATE FUNCTION set_charging_preferences(
  vehicle text,
  level text DEFAULT NULL,
  type text DEFAULT NULL,
  server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_set_charging_preferences'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_charging_preferences(text, text, text, text) IS
  'sets how fast (Level1 to Level5) and how far (Partial, Full) a car is charged; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION set_charging_preferences(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION start_preconditioning(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_start_preconditioning'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION start_preconditioning(text, text) IS
  'starts heating or cooling a car; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION start_preconditioning(text, text) FROM PUBLIC;

CREATE FUNCTION stop_preconditioning(vehicle text, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_stop_preconditioning'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION stop_preconditioning(text, text) IS
  'stops heating or cooling a car; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION stop_preconditioning(text, text) FROM PUBLIC;

CREATE FUNCTION set_preconditioning_program(
  vehicle text,
  slot integer,
  start time,
  days text[],
  enabled boolean DEFAULT true,
  recurrence text DEFAULT 'Daily',
  server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_set_preconditioning_program'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_preconditioning_program(text, integer, time, text[], boolean, text, text) IS
  'lets a car be warm or cool at a time of some weekdays, in one of the slots 1 to 4; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION set_preconditioning_program(text, integer, time, text[], boolean, text, text) FROM PUBLIC;

CREATE FUNCTION delete_preconditioning_program(vehicle text, slot integer, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_delete_preconditioning_program'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION delete_preconditioning_program(text, integer, text) IS
  'deletes a program for preconditioning; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION delete_preconditioning_program(text, integer, text) FROM PUBLIC;

CREATE FUNCTION navigate_to(vehicle text, latitude float8, longitude float8, server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_navigate_to'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION navigate_to(text, float8, float8, text) IS
  'sends a destination to a car; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION navigate_to(text, float8, float8, text) FROM PUBLIC;

CREATE FUNCTION navigate_to(vehicle text, latitudes float8[], longitudes float8[], server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_navigate_to_many'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION navigate_to(text, float8[], float8[], text) IS
  'sends up to ten positions to a car, the last of which is the destination; returns the id of the remote action';
REVOKE EXECUTE ON FUNCTION navigate_to(text, float8[], float8[], text) FROM PUBLIC;

CREATE FUNCTION wait_for_action(
  vehicle text,
  action_id text,
  timeout interval DEFAULT '3 minutes',
  server text DEFAULT NULL,
  progress boolean DEFAULT false,
  OUT status text,
  OUT failure_cause text,
  OUT feedback_detail text,
  OUT final boolean)
RETURNS record
AS 'MODULE_PATHNAME', 'stellantis_wait_for_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION wait_for_action(text, text, interval, text, boolean) IS
  'waits until a remote action has ended, or the time is up; with progress, a NOTICE at each change';
REVOKE EXECUTE ON FUNCTION wait_for_action(text, text, interval, text, boolean) FROM PUBLIC;

CREATE FUNCTION create_callback(
  label text,
  target text,
  types text[] DEFAULT NULL,
  attributes jsonb DEFAULT NULL,
  server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_create_callback'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION create_callback(text, text, text[], jsonb, text) IS
  'tells the API a webhook to which it is to push events (types Remote, Monitor; NULL: both); returns the id of the callback';
REVOKE EXECUTE ON FUNCTION create_callback(text, text, text[], jsonb, text) FROM PUBLIC;

CREATE FUNCTION pause_callback(callback_id text, server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_pause_callback'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pause_callback(text, text) IS
  'lets the API push no events to a callback for now';
REVOKE EXECUTE ON FUNCTION pause_callback(text, text) FROM PUBLIC;

CREATE FUNCTION resume_callback(callback_id text, server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_resume_callback'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION resume_callback(text, text) IS
  'lets the API push events to a callback again';
REVOKE EXECUTE ON FUNCTION resume_callback(text, text) FROM PUBLIC;

CREATE FUNCTION delete_callback(callback_id text, server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_delete_callback'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION delete_callback(text, text) IS
  'deletes a callback, and its monitors';
REVOKE EXECUTE ON FUNCTION delete_callback(text, text) FROM PUBLIC;

CREATE FUNCTION create_monitor(
  vehicle text,
  callback_id text,
  label text,
  triggers jsonb,
  bool_exp text DEFAULT NULL,
  server text DEFAULT NULL,
  refresh interval DEFAULT NULL,
  extensions text[] DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'stellantis_create_monitor'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION create_monitor(text, text, text, jsonb, text, text, interval, text[]) IS
  'lets the API watch a car, and tell a callback when the triggers, joined by bool_exp (NULL: all of them), come true; returns the id of the monitor';
REVOKE EXECUTE ON FUNCTION create_monitor(text, text, text, jsonb, text, text, interval, text[]) FROM PUBLIC;

CREATE FUNCTION pause_monitor(vehicle text, callback_id text, monitor_id text, server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_pause_monitor'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pause_monitor(text, text, text, text) IS
  'stops a monitor for now';
REVOKE EXECUTE ON FUNCTION pause_monitor(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION resume_monitor(vehicle text, callback_id text, monitor_id text, server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_resume_monitor'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION resume_monitor(text, text, text, text) IS
  'lets a monitor watch again';
REVOKE EXECUTE ON FUNCTION resume_monitor(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION delete_monitor(vehicle text, callback_id text, monitor_id text, server text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'stellantis_delete_monitor'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION delete_monitor(text, text, text, text) IS
  'deletes a monitor';
REVOKE EXECUTE ON FUNCTION delete_monitor(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION zone_trigger(
  name text,
  transition text,
  latitude float8,
  longitude float8,
  radius_km integer)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stellantis_zone_trigger'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION zone_trigger(text, text, float8, float8, integer) IS
  'trigger for create_monitor: the car enters (In) or leaves (Out) a circle';

CREATE FUNCTION time_trigger(
  name text,
  start time,
  duration interval DEFAULT NULL,
  days text[] DEFAULT NULL,
  recurrence text DEFAULT 'Daily',
  time_zone text DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stellantis_time_trigger'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION time_trigger(text, time, interval, text[], text, text) IS
  'trigger for create_monitor: a time of the day begins; the API takes it for that of Europe/Paris unless time_zone names another';

CREATE FUNCTION data_trigger(
  name text,
  operand text,
  operator text,
  VARIADIC "values" text[] DEFAULT '{}')
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stellantis_data_trigger'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION data_trigger(text, text, text, text[]) IS
  'trigger for create_monitor: what the car tells of an operand compares so with a value: equalsTo (=), greaterThan (>), lowerThan (<), includedIn (in), or onChange';

-- Events, as the API pushes them to a callback

CREATE FUNCTION parse_events(
  events jsonb,
  OUT callback_id text,
  OUT type text,
  OUT date timestamptz,
  OUT attributes jsonb,
  OUT remote_action_id text,
  OUT remote_type text,
  OUT progress text,
  OUT status text,
  OUT failure_cause text,
  OUT feedback_detail text,
  OUT monitor_id text,
  OUT "values" jsonb,
  OUT extensions jsonb,
  OUT refresh boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stellantis_parse_events'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION parse_events(jsonb) IS
  'a pushed event, or an array of them, as rows; attributes are an object of their keys and values';

GRANT USAGE ON SCHEMA stellantis TO PUBLIC;
GRANT SELECT ON data_catalog TO PUBLIC;
GRANT SELECT ON token_status TO PUBLIC;
