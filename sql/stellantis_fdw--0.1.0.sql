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
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 270;
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

GRANT USAGE ON SCHEMA stellantis TO PUBLIC;
GRANT SELECT ON data_catalog TO PUBLIC;
GRANT SELECT ON token_status TO PUBLIC;
