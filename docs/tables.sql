-- Writes docs/tables.md: psql -X -f docs/tables.sql > docs/tables.md
--
-- Everything in it comes from the extension's own catalog.  Needs a superuser;
-- asks nothing of the API and leaves nothing behind.
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS stellantis_fdw;
CREATE SERVER tables_md FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot');
CREATE SCHEMA tables_md;
IMPORT FOREIGN SCHEMA stellantis FROM SERVER tables_md INTO tables_md;

\qecho '<!-- Written by docs/tables.sql; do not edit. -->'
\qecho
\qecho '# Tables'
\qecho
\qecho 'What `IMPORT FOREIGN SCHEMA stellantis` brings. The same can be asked with'
\qecho '`SELECT * FROM stellantis.data_catalog`, and stands in the comments of the'
\qecho 'imported tables and columns (`\\d+`).'
\qecho
\qecho 'Every column may be NULL: the API leaves out what a car does not send, and what the'
\qecho 'granted scopes do not open. In the column JSON, `a, else b` is the first of both that'
\qecho 'is there, `x[type=Fuel]` the element of the array `x` whose `type` is `Fuel`,'
\qecho '`x[type=Thermic?]` likewise, or the first element if there is none,'
\qecho '`x[]` every element, `x.a+b` the members `a` and `b` put together, `x{}` the names of'
\qecho 'the members that are true, and `x{a}` of those whose own member `a` is.'

SELECT E'\n## ' || d.table_name || E'\n\n'
       || pg_catalog.obj_description(('tables_md.' || d.table_name)::regclass, 'pg_class')
       || E'\n\n| column | type | unit | scope | JSON | meaning |\n|---|---|---|---|---|---|\n'
       || pg_catalog.string_agg(
            pg_catalog.concat('| ', d.column_name, ' | ', d.data_type, ' | ', d.unit, ' | ',
                              d.scope, ' | `', d.json_source, '` | ', d.meaning, ' |'),
            E'\n' ORDER BY d.n)
  FROM (SELECT *, pg_catalog.row_number() OVER () AS n
          FROM stellantis.data_catalog) d
 GROUP BY d.table_name
 ORDER BY pg_catalog.min(d.n);
ROLLBACK;
