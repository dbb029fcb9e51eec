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

GRANT USAGE ON SCHEMA stellantis TO PUBLIC;
GRANT SELECT ON data_catalog TO PUBLIC;
