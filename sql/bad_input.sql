--
-- What users get wrong: tables, columns, servers, mappings, statements.
-- simulator: --vehicles 1 --days 2
--
\i test/setup.psql
\i test/regress.psql
\pset format unaligned
\pset tuples_only on

-- A table made for one query, and what the query says.
CREATE FUNCTION pg_temp.of_table(columns text, options text, query text DEFAULT 'SELECT * FROM bad_table') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE format('CREATE FOREIGN TABLE bad_table (%s) SERVER sim OPTIONS (%s)', columns, options);
	said := sim.try(query);
	DROP FOREIGN TABLE bad_table;
	RETURN said || E'\n';
EXCEPTION WHEN OTHERS THEN
	RETURN format(E'(at once) %s: %s\n', SQLSTATE, SQLERRM);
END $$;

--
-- Tables and columns
--
SELECT columns || ' | ' || options || E'\n' || pg_temp.of_table(columns, options) FROM (VALUES
	('vin text', 'resource ''trip'''), ('vin text', 'resource ''Trips'''), ('vin text', 'resource '''''), ('vin text', 'source ''status'''),
	('vin text', 'resource ''remote_action'''), ('vin text', 'resource ''positions'', source ''lastKnown'''),
	('vin text, distance float8', 'resource ''trips'''), ('"VIN" text', 'resource ''trips'''), ('speed_kmh float8', 'resource ''trips'''),
	('distance_km text', 'resource ''trips'''), ('distance_km numeric(6,1)', 'resource ''trips'''), ('distance_km integer', 'resource ''trips'''),
	('started_at timestamp', 'resource ''trips'''), ('started_at timestamptz(0)', 'resource ''trips'''), ('duration interval hour to minute', 'resource ''trips'''),
	('vin varchar(17)', 'resource ''vehicles'''), ('faults text', 'resource ''trips'''), ('faults varchar[]', 'resource ''trips'''), ('done text', 'resource ''trips'''),
	('account text, vin text', 'resource ''trips'''), ('account integer', 'resource ''trips'', account ''a'''),
	('a point OPTIONS (field ''/a'')', 'resource ''trips'''), ('a varchar(5) OPTIONS (field ''/a'')', 'resource ''trips'''), ('a json OPTIONS (field ''/a'')', 'resource ''trips'''),
	('a text[] OPTIONS (field '''')', 'resource ''trips'''), ('a text OPTIONS (field ''a'')', 'resource ''trips'''),
	('a date OPTIONS (field ''/startedAt'')', 'resource ''trips'''), ('a int[] OPTIONS (field ''/a'')', 'resource ''trips''')) AS t (columns, options);
-- no column, some column, all there are
SELECT pg_temp.of_table('', 'resource ''vehicles''', 'SELECT FROM bad_table'), pg_temp.of_table('', 'resource ''vehicles''', 'SELECT count(*) FROM bad_table');
SELECT pg_temp.of_table('label text, id text', 'resource ''vehicles''', 'SELECT label FROM bad_table WHERE id IS NOT NULL');
-- a name of the catalog may be a field of one's own
SELECT pg_temp.of_table('distance_km integer OPTIONS (field ''/distance'')', 'resource ''trips''');
-- only EXPLAIN: wrong tables are found there, too, and nothing is asked
SELECT sim.reset();
SELECT pg_temp.of_table('distance float8', 'resource ''trips''', 'EXPLAIN SELECT * FROM bad_table');
SELECT * FROM sim.log();

--
-- Columns changed after the import
--
ALTER FOREIGN TABLE cars.trips RENAME distance_km TO distance;
SELECT sim.try('SELECT vin FROM cars.trips');
ALTER FOREIGN TABLE cars.trips RENAME distance TO distance_km;
ALTER FOREIGN TABLE cars.trips ALTER distance_km TYPE numeric;
SELECT sim.try('SELECT vin FROM cars.trips');
ALTER FOREIGN TABLE cars.trips ALTER distance_km TYPE float8;
ALTER FOREIGN TABLE cars.trips ADD COLUMN note text;
SELECT sim.try('SELECT vin FROM cars.trips');
ALTER FOREIGN TABLE cars.trips DROP COLUMN note, DROP COLUMN id;
ALTER FOREIGN TABLE cars.trips ADD COLUMN id text;
SELECT sim.try('SELECT vin, id FROM cars.trips WHERE id IS NOT NULL LIMIT 1');
-- a partition, a child
CREATE TABLE fleet (account text, vin text, label text) PARTITION BY LIST (account);
CREATE FOREIGN TABLE fleet_a PARTITION OF fleet FOR VALUES IN ('a') SERVER sim OPTIONS (resource 'vehicles', account 'a');
CREATE FOREIGN TABLE fleet_b PARTITION OF fleet FOR VALUES IN ('b') SERVER sim OPTIONS (resource 'vehicles', account 'other');
SELECT * FROM fleet WHERE account = 'a';
SELECT * FROM fleet_b;
SELECT sim.try('INSERT INTO fleet VALUES (''a'', ''x'', ''y'')');

--
-- Statements that are not for such tables
--
SELECT statement || E'\n' || sim.try(statement) || E'\n' FROM unnest(ARRAY[
	'INSERT INTO cars.trips (vin) VALUES (''x'')', 'UPDATE cars.trips SET vin = ''x''', 'DELETE FROM cars.trips', 'TRUNCATE cars.trips',
	'INSERT INTO cars.trips (vin) SELECT vin FROM cars.vehicles', 'UPDATE cars.vehicles SET label = ''x'' WHERE vin = ''x'' RETURNING *',
	'COPY cars.trips (vin) FROM PROGRAM ''echo x''', 'COPY (SELECT vin FROM cars.vehicles) TO PROGRAM ''cat >/dev/null''', 'COPY cars.vehicles TO PROGRAM ''cat >/dev/null''',
	'ANALYZE cars.trips', 'ALTER FOREIGN TABLE cars.trips ADD PRIMARY KEY (id)',
	'SELECT vin FROM cars.vehicles FOR UPDATE', 'SELECT ctid FROM cars.vehicles', 'SELECT vin FROM cars.vehicles TABLESAMPLE SYSTEM (10)',
	'CREATE TABLE bad_copy AS SELECT vin FROM cars.vehicles', 'CREATE MATERIALIZED VIEW bad_view AS SELECT vin FROM cars.vehicles']) AS statement;
\set VERBOSITY terse
ANALYZE cars.trips;
VACUUM cars.trips;
\set VERBOSITY default
-- nor with them what they are partitions of
SELECT sim.try('ANALYZE fleet');
-- a cursor goes back only if it keeps the rows
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT vin FROM cars.vehicles;
FETCH NEXT FROM c;
FETCH NEXT FROM c;
FETCH PRIOR FROM c;
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT vin FROM cars.vehicles;
MOVE ALL IN c;
SELECT sim.try('FETCH PRIOR FROM c');
ROLLBACK;

--
-- Servers and mappings
--
-- A server made for one query.
CREATE FUNCTION pg_temp.of_server(options text, mapping text DEFAULT NULL, query text DEFAULT 'SELECT * FROM bad_table') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	options := replace(replace(options, 'SIM_URL', current_setting('test.sim_url')), 'SIM_HOST', replace(current_setting('test.sim_control'), '/_sim', ''));
	EXECUTE 'CREATE SERVER bad FOREIGN DATA WRAPPER stellantis_fdw ' || CASE WHEN options <> '' THEN 'OPTIONS (' || options || ')' ELSE '' END;
	CREATE FOREIGN TABLE bad_table (vin text) SERVER bad OPTIONS (resource 'vehicles');
	IF mapping IS NOT NULL THEN
		EXECUTE 'CREATE USER MAPPING FOR CURRENT_USER SERVER bad' || CASE WHEN mapping <> '' THEN ' OPTIONS (' || mapping || ')' ELSE '' END;
	END IF;
	said := sim.try(query);
	DROP SERVER bad CASCADE;
	RETURN said || E'\n';
EXCEPTION WHEN OTHERS THEN
	RETURN format(E'(at once) %s: %s\n', SQLSTATE, SQLERRM);
END $$;
SET client_min_messages = warning;
SELECT options || coalesce(' | ' || mapping, '') || E'\n' || pg_temp.of_server(options, mapping) FROM (VALUES
	('', NULL), ('brand ''peugeot''', NULL), ('brand ''peugeot''', ''), ('brand ''peugeot'', client_id ''x''', ''),
	('client_id ''x''', 'access_token ''some-token'''), ('brand ''peugeot'', client_id ''x''', 'refresh_token ''some-token'''),
	('brand ''peugeot'', client_id ''x'', cert_file ''/no/such/file'', key_file ''/no/such/file''', 'access_token ''some-token'''),
	('brand ''peugeot'', client_id ''x'', ca_file ''/no/such/file''', 'access_token ''some-token'''),
	-- the simulator is there, but
	('brand ''peugeot'', base_url ''SIM_URL'', client_id ''sim-client'', retries ''0''', 'access_token ''wrong-token'''),
	('brand ''peugeot'', base_url ''SIM_URL'', client_id ''wrong-client'', retries ''0''', 'access_token ''sim-access-token'''),
	('realm ''clientsB2CNobody'', base_url ''SIM_URL'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token'''),
	('brand ''peugeot'', base_url ''SIM_HOST/connectedcar/v3'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token'''),
	('brand ''peugeot'', base_url ''SIM_HOST'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token'''),
	('brand ''peugeot'', base_url ''SIM_HOST/_sim'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token'''),
	('brand ''peugeot'', base_url ''SIM_HOST/_sim/world'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token'''),
	('brand ''peugeot'', base_url ''SIM_URL'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token''')) AS t (options, mapping);
-- a wrong realm for a known brand
SELECT sim.reset();
SELECT sim.post('/config', '{"realm": "clientsB2CCitroen"}');
SELECT pg_temp.of_server('brand ''peugeot'', base_url ''SIM_URL'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token''');
SELECT sim.post('/config', '{"realm_status": "401"}');
SELECT pg_temp.of_server('brand ''peugeot'', base_url ''SIM_URL'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token''');
SELECT sim.reset();
-- nobody listens; libcurl words its detail anew now and then
SELECT regexp_replace(pg_temp.of_server('brand ''peugeot'', base_url ''http://127.0.0.1:1/'', client_id ''sim-client'', retries ''0''', 'access_token ''sim-access-token'''), 'DETAIL:  [^\n]*', 'DETAIL:  <libcurl''s>');
SELECT regexp_replace(pg_temp.of_server('brand ''peugeot'', base_url ''SIM_URL'', client_id ''sim-client'', retries ''0'', proxy ''http://127.0.0.1:1''', 'access_token ''sim-access-token'''), 'DETAIL:  [^\n]*', 'DETAIL:  <libcurl''s>');
RESET client_min_messages;

--
-- Roles
--
CREATE ROLE regress_stellantis_analyst;
GRANT USAGE ON SCHEMA cars, sim TO regress_stellantis_analyst;
SET ROLE regress_stellantis_analyst;
SELECT sim.try('SELECT vin FROM cars.vehicles');
SELECT sim.try('IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars');
SELECT sim.try('CREATE SERVER mine FOREIGN DATA WRAPPER stellantis_fdw');
RESET ROLE;
GRANT SELECT ON cars.vehicles TO regress_stellantis_analyst;
SET ROLE regress_stellantis_analyst;
-- no mapping of one's own
SELECT sim.try('SELECT vin FROM cars.vehicles');
-- a view asks as its owner
RESET ROLE;
CREATE VIEW cars.plates AS SELECT vin FROM cars.vehicles;
GRANT SELECT ON cars.plates TO regress_stellantis_analyst;
SET ROLE regress_stellantis_analyst;
SELECT * FROM cars.plates;
-- nobody sees another's token
SELECT option_name FROM pg_user_mappings, pg_options_to_table(umoptions) WHERE srvname = 'sim';
RESET ROLE;
DROP OWNED BY regress_stellantis_analyst;
DROP ROLE regress_stellantis_analyst;

--
-- Settings
--
SELECT setting || E'\n' || sim.try(setting) || E'\n' FROM unnest(ARRAY[
	'SET stellantis_fdw.max_requests = 0', 'SET stellantis_fdw.max_requests = -1', 'SET stellantis_fdw.max_requests = ''many''',
	'SET stellantis_fdw.max_concurrency = 0', 'SET stellantis_fdw.max_concurrency = 100000', 'RESET stellantis_fdw.max_requests']) AS setting;
-- other ways to call what only PostgreSQL calls
SELECT sim.try('SELECT stellantis.stellantis_fdw_handler()'), sim.try('SELECT stellantis.stellantis_fdw_validator(NULL, NULL)');
