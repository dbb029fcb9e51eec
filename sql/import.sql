--
-- IMPORT FOREIGN SCHEMA, comments, and the view data_catalog.
-- simulator: --vehicles 1 --days 2
--
\i test/setup.psql
\i test/regress.psql
\pset format unaligned

CREATE SCHEMA other;
-- Imports, says which tables came, and drops them.
CREATE FUNCTION pg_temp.import(clauses text, options text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	tables text;
	name text;
BEGIN
	EXECUTE format('IMPORT FOREIGN SCHEMA %s FROM SERVER sim INTO other %s', clauses, options);
	SELECT string_agg(relname, ' ' ORDER BY oid) INTO tables FROM pg_class WHERE relnamespace = 'other'::regnamespace AND relkind = 'f';
	FOR name IN SELECT unnest(string_to_array(tables, ' ')) LOOP
		EXECUTE format('DROP FOREIGN TABLE other.%I', name);
	END LOOP;
	RETURN tables;
END $$;

--
-- Every remote schema
--
SELECT name, pg_temp.import(quote_ident(name)) AS tables
  FROM unnest(ARRAY['stellantis', 'data:trip', 'data:position', 'data:telemetry', 'data:alert', 'data:collision', 'remote']) AS name;
-- an unquoted name is folded like any other
SELECT pg_temp.import('STELLANTIS LIMIT TO (Trips)');

--
-- Which tables
--
SELECT clauses, pg_temp.import(clauses) AS tables FROM unnest(ARRAY[
	'stellantis LIMIT TO (trips)', 'stellantis LIMIT TO (waypoints, account, trips, trips)', '"data:trip" LIMIT TO (vehicles, trips)',
	'stellantis EXCEPT (telemetry, waypoints)', '"data:alert" EXCEPT (account, vehicles)', 'stellantis EXCEPT (nothing_like_it)',
	'"data:alert" EXCEPT (account, vehicles, alerts)']) AS clauses;

--
-- The definitions
--
SELECT table_name, string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS columns,
	   (SELECT string_agg(option_name || '=' || option_value, ', ') FROM pg_options_to_table(ftoptions)) AS options
  FROM pg_attribute, pg_foreign_table, LATERAL (SELECT relname AS table_name FROM pg_class WHERE oid = ftrelid) AS c
 WHERE attrelid = ftrelid AND attnum > 0 AND ftrelid::regclass::text LIKE 'cars.%' GROUP BY table_name, ftrelid, ftoptions ORDER BY ftrelid;
-- in the same command, every table and every column has its comment
SELECT c.relname, count(*) AS columns, count(d.description) AS comments, count(DISTINCT d.description) AS different
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_description AS d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
 WHERE c.relnamespace = 'cars'::regnamespace GROUP BY c.oid, c.relname ORDER BY c.oid;
SELECT relname, obj_description(oid, 'pg_class') FROM pg_class WHERE relnamespace = 'cars'::regnamespace ORDER BY oid;
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'cars.trips'::regclass AND attnum > 0 ORDER BY attnum;
SELECT relname || '.' || attname, col_description(attrelid, attnum) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
 WHERE (relname, attname) IN (('vehicles', 'label'), ('status', 'battery_capacity_wh'), ('status', 'latitude'), ('telemetry', 'latitude'),
							  ('waypoints', 'tolerance_km'), ('waypoints', 'trip_id'), ('alarms', 'kind'), ('account', 'email'), ('callbacks', 'target'), ('monitors', 'triggers'), ('monitors', 'callback_id'))
   AND relnamespace = 'cars'::regnamespace ORDER BY attrelid, attnum;

--
-- The view says the same: every column of every table, with its type
--
SELECT count(*) FROM (
	(SELECT table_name, column_name, data_type FROM stellantis.data_catalog EXCEPT ALL
	 SELECT relname, attname, format_type(atttypid, atttypmod) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	  WHERE relnamespace = 'cars'::regnamespace AND attnum > 0)
	UNION ALL
	(SELECT relname, attname, format_type(atttypid, atttypmod) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	  WHERE relnamespace = 'cars'::regnamespace AND attnum > 0
	 EXCEPT ALL SELECT table_name, column_name, data_type FROM stellantis.data_catalog)) AS difference;
-- what a column says of itself agrees with its comment
SELECT count(*) FROM stellantis.data_catalog d JOIN pg_attribute a ON a.attrelid = ('cars.' || d.table_name)::regclass AND a.attname = d.column_name
 WHERE strpos(col_description(attrelid, attnum), coalesce(d.unit, '')) = 0
	OR strpos(lower(col_description(attrelid, attnum)), lower(split_part(d.meaning, '; NULL when', 1))) = 0
	OR strpos(col_description(attrelid, attnum), d.json_source) = 0;
-- measures have a unit, and the name's suffix is that unit's; others have none
SELECT data_type, unit, count(*), string_agg(DISTINCT substring(column_name FROM '_(?:per_100km|[a-z0-9]+)$'), ' ') AS suffixes
  FROM stellantis.data_catalog WHERE unit IS NOT NULL OR data_type = 'double precision' GROUP BY data_type, unit ORDER BY data_type, unit COLLATE "C";
SELECT data_type, count(*) FROM stellantis.data_catalog GROUP BY data_type ORDER BY data_type;
SELECT table_name, string_agg(DISTINCT scope, '; ') AS scopes FROM stellantis.data_catalog GROUP BY table_name ORDER BY table_name;
SELECT * FROM stellantis.data_catalog WHERE table_name = 'maintenance' OR (table_name, column_name) IN (('trips', 'avg_speed_kmh'), ('trips', 'max_speed_kmh'), ('trips', 'fuel_consumption_l'));

--
-- The option account: a constant first column
--
SELECT pg_temp.import('stellantis LIMIT TO (vehicles, maintenance)', 'OPTIONS (account ''the family'')');
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (vehicles, maintenance) FROM SERVER sim INTO other OPTIONS (account 'Müller''s "fleet"');
SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
  FROM pg_attribute WHERE attrelid IN ('other.vehicles'::regclass, 'other.maintenance'::regclass) AND attnum = 1 ORDER BY 1;
SELECT ftrelid::regclass, ftoptions FROM pg_foreign_table WHERE ftrelid::regclass::text LIKE 'other.%' ORDER BY 1;
SELECT account, vin, km_before_maintenance FROM other.maintenance;
SELECT sim.reset();
SELECT count(*) FROM other.maintenance WHERE account = 'another';
SELECT * FROM sim.log();
SELECT count(*) FROM other.maintenance WHERE account = 'Müller''s "fleet"';
SELECT * FROM sim.log();
DROP FOREIGN TABLE other.vehicles, other.maintenance;

--
-- Refused
--
\pset tuples_only on
SELECT sim.try(format('IMPORT FOREIGN SCHEMA %s FROM SERVER sim INTO other %s', clauses, options)) FROM (VALUES
	('public', ''), ('"Stellantis"', ''), ('"data:trips"', ''), ('"data:telemetry "', ''), ('remotes', ''), ('""', ''),
	('stellantis LIMIT TO (trip)', ''), ('stellantis LIMIT TO (positions, garage)', ''), ('"data:trip" LIMIT TO (alerts)', ''),
	('stellantis LIMIT TO ("Trips")', ''), ('remote LIMIT TO (callbacks, trips)', ''), ('"data:telemetry" LIMIT TO (monitors)', ''),
	('stellantis', 'OPTIONS (acount ''x'')'), ('stellantis', 'OPTIONS (resource ''trips'')'), ('stellantis', 'OPTIONS (account '''')'),
	('stellantis', 'OPTIONS (account ''a'', account ''b'')')) AS t (clauses, options);
SELECT count(*) FROM pg_class WHERE relnamespace = 'other'::regnamespace;
-- twice into one schema
SELECT sim.try('IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars');
\pset tuples_only off

--
-- Comments of tables made by hand, and repairs
--
CREATE FOREIGN TABLE other.mine (vin text, odometer_km float8, raw jsonb OPTIONS (field ''), gmp text OPTIONS (field '/engines/0/gmpStatus'), "wrong type" text)
	SERVER sim OPTIONS (resource 'status');
CREATE FOREIGN TABLE other.places (recorded_at timestamptz, speed_kmh text) SERVER sim OPTIONS (resource 'positions', source 'status');
CREATE TABLE other.plain (vin text);
CREATE FOREIGN DATA WRAPPER mute;
CREATE SERVER mute FOREIGN DATA WRAPPER mute;
CREATE FOREIGN TABLE other.foreigner (vin text) SERVER mute;
CREATE FUNCTION pg_temp.comments() RETURNS TABLE (object text, comment text) LANGUAGE sql AS $$
	SELECT c.relname || coalesce('.' || a.attname, ''), d.description
	  FROM pg_class c JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass
	  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
	 WHERE relnamespace = 'other'::regnamespace ORDER BY c.oid, d.objsubid
$$;
SELECT * FROM pg_temp.comments();
-- what the owner says stays, until comment_tables() is told to comment anew
COMMENT ON COLUMN other.mine.vin IS 'mine';
COMMENT ON FOREIGN TABLE other.mine IS NULL;
CREATE FOREIGN TABLE other.later (vin text) SERVER sim OPTIONS (resource 'vehicles');
SELECT * FROM pg_temp.comments() WHERE object LIKE 'mine%';
ALTER FOREIGN TABLE other.mine ADD COLUMN ignition text, DROP COLUMN "wrong type";
SELECT stellantis.comment_tables('other');
SELECT * FROM pg_temp.comments() WHERE object LIKE 'mine%';
SELECT stellantis.comment_tables('cars'), stellantis.comment_tables('public');
SELECT sim.try('SELECT stellantis.comment_tables(''no such schema'')'), sim.try('SELECT stellantis.comment_tables(NULL)');
BEGIN READ ONLY;
SELECT sim.try('SELECT stellantis.comment_tables(''other'')');
ROLLBACK;
-- others' tables are left alone
CREATE ROLE regress_stellantis_reader;
GRANT USAGE ON SCHEMA other TO regress_stellantis_reader;
GRANT CREATE ON SCHEMA other TO regress_stellantis_reader;
GRANT USAGE ON FOREIGN SERVER sim TO regress_stellantis_reader;
GRANT USAGE ON SCHEMA sim TO regress_stellantis_reader;
SET ROLE regress_stellantis_reader;
SELECT sim.try('SELECT stellantis.comment_tables(''other'')');
SELECT sim.try('SELECT stellantis.comment_tables(''cars'')');
-- a user who is no superuser imports, and has the comments
IMPORT FOREIGN SCHEMA stellantis LIMIT TO (account) FROM SERVER sim INTO other;
SELECT * FROM pg_temp.comments() WHERE object LIKE 'account%';
SELECT stellantis.comment_tables('other');
SELECT count(*) FROM stellantis.data_catalog;
RESET ROLE;
SELECT sim.try('SELECT stellantis.comment_new_tables()');
DROP OWNED BY regress_stellantis_reader;
DROP ROLE regress_stellantis_reader;

--
-- Nothing of all this asked the API anything
--
SELECT sim.reset();
IMPORT FOREIGN SCHEMA "data:alert" EXCEPT (account) FROM SERVER sim INTO other;
SELECT stellantis.comment_tables('other');
SELECT count(*) > 200 FROM stellantis.data_catalog;
SELECT * FROM sim.log();
-- servers and tables are the user's: the extension does not take them along
\set VERBOSITY terse
DROP EXTENSION stellantis_fdw;
