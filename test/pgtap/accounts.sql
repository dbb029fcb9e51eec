-- add_account and drop_account: what they make and undo, for whom; and that
-- only accounts that are wanted are asked.
-- simulator: --vehicles 6 --accounts 3 --days 3
\ir setup.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.options() RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('brand', 'peugeot', 'base_url', current_setting('test.sim_url'),
							  'client_id', current_setting('test.sim_client_id'), 'retries', 0) $$;
CREATE FUNCTION pg_temp.mapping(n int, server text, role text DEFAULT 'CURRENT_USER') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE USER MAPPING FOR %s SERVER %I OPTIONS (access_token %L)', role, server, 'sim-access-token-' || n);
END $$;
-- The error, whole.
CREATE FUNCTION pg_temp.fails(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text; detail text; hint text;
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END $$;
-- What there is of relations, servers, mappings and schemas, to be compared.
CREATE FUNCTION pg_temp.objects() RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(o ORDER BY o) FROM (
		SELECT 'relation ' || oid::regclass FROM pg_class WHERE relkind IN ('f', 'p') AND oid >= 16384
		UNION ALL SELECT 'server ' || srvname FROM pg_foreign_server
		UNION ALL SELECT 'mapping ' || srvname || ' ' || usename FROM pg_user_mappings
		UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_temp|^pg_toast_temp') AS u (o) $$;
CREATE TEMP TABLE before AS SELECT pg_temp.objects() AS objects;

--
-- What they make
--
CREATE SCHEMA fleet;
SELECT is(stellantis.add_account('family', pg_temp.options(), 'fleet'), 14, 'add_account: as many tables as there are');
SELECT is(srvoptions, ARRAY['brand=peugeot', 'retries=0', 'base_url=' || :'sim_url', 'client_id=' || :'sim_client_id'], 'a server of that name with those options')
FROM pg_foreign_server WHERE srvname = 'family';
SELECT is(ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'fleet'::regnamespace AND relkind = 'p' ORDER BY 1),
		  ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'cars'::regnamespace AND relkind = 'f' ORDER BY 1), 'tables of the names that IMPORT gives');
SELECT is(count(*), 14::bigint, 'and nothing else in that schema') FROM pg_class WHERE relnamespace = 'fleet'::regnamespace;
SELECT is(ARRAY(SELECT inhparent::regclass::text || ' ' || inhrelid::regclass FROM pg_inherits WHERE inhrelid = 'fleet_accounts.trips_family'::regclass),
		  ARRAY['fleet.trips fleet_accounts.trips_family'], 'the account''s tables are partitions, in a schema beside it');
SELECT is(pg_get_partkeydef('fleet.trips'::regclass), 'LIST (account)', 'by account');
SELECT is(pg_get_expr(relpartbound, oid), 'FOR VALUES IN (''family'')', 'of its name') FROM pg_class WHERE oid = 'fleet_accounts.trips_family'::regclass;
SELECT is(ftoptions, ARRAY['resource=trips', 'account=family'], 'whose options say what they are') FROM pg_foreign_table WHERE ftrelid = 'fleet_accounts.trips_family'::regclass;
CREATE FUNCTION pg_temp.columns(relid regclass) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(format('%s %s: %s', attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)) ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = relid AND attnum > 0 $$;
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA stellantis FROM SERVER family INTO imported OPTIONS (account 'family');
SELECT is(pg_temp.columns(format('fleet.%I', relname)::regclass), pg_temp.columns(oid), relname || ': columns and comments as of IMPORT')
FROM pg_class WHERE relnamespace = 'imported'::regnamespace ORDER BY relname;
SELECT is(pg_temp.columns(format('fleet_accounts.%I', relname || '_family')::regclass), pg_temp.columns(oid), relname || ': so the partition''s')
FROM pg_class WHERE relnamespace = 'imported'::regnamespace ORDER BY relname;
SELECT is(obj_description(format('fleet.%I', relname)::regclass), obj_description(oid), relname || ': and the table''s comment')
FROM pg_class WHERE relnamespace = 'imported'::regnamespace ORDER BY relname;
DROP SCHEMA imported CASCADE;
SELECT is_empty($$SELECT * FROM pg_user_mappings WHERE srvname = 'family'$$, 'no user mapping: that is the owner''s');

SELECT is(stellantis.add_account('my company', pg_temp.options() || '{"on_vehicle_error": "warn"}', 'fleet', '{trips,vehicles}'), 2, 'another account, of two tables');
SELECT is(stellantis.add_account('Third', pg_temp.options(), 'fleet', ARRAY['vehicles', 'vehicles']), 1, 'a table named twice');
SELECT pg_temp.mapping(1, 'family'), pg_temp.mapping(2, 'my company'), pg_temp.mapping(3, 'Third') \g /dev/null
SELECT results_eq('SELECT account, array_agg(vin ORDER BY vin) FROM fleet.vehicles GROUP BY account ORDER BY account COLLATE "C"',
	$$VALUES ('Third', ARRAY['VF7SXHNSSNT000003', 'W0VZTSXZPNT000006']), ('family', ARRAY['VR3UHZKXZPT000001', 'W0VVHYDROPT000004']),
			 ('my company', ARRAY['VR1ABCDSSNT000005', 'VR3UHZKXZPT000002'])$$, 'each account has its own cars');

--
-- Who is asked
--
CREATE FUNCTION pg_temp.tokens(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.sim_clear();
	EXECUTE statement;
	RETURN (SELECT coalesce(string_agg(right(t, 1), '' ORDER BY t), '') FROM unnest(tap.sim_log_json('headers', 'token')) AS t);
END $$;
SELECT is(pg_temp.tokens('SELECT count(*) FROM fleet.vehicles'), '123', 'without a condition all are');
SELECT is(pg_temp.tokens($$SELECT count(*) FROM fleet.vehicles WHERE account = 'my company'$$), '2', 'a constant');
SELECT is(pg_temp.tokens($$SELECT count(*) FROM fleet.vehicles WHERE account IN ('Third', 'family', 'nobody')$$), '13', 'a list');
SELECT is(pg_temp.tokens($$SELECT count(*) FROM fleet.vehicles WHERE account = 'nobody'$$), '', 'nobody');
SELECT is(pg_temp.tokens($$SELECT count(*) FROM fleet.vehicles WHERE account > 'a' COLLATE "C"$$), '123', 'what PostgreSQL cannot prune by asks');
SET plan_cache_mode = force_generic_plan;
PREPARE of_account (text) AS SELECT count(*) FROM fleet.vehicles WHERE account = $1;
SELECT is(pg_temp.tokens('EXECUTE of_account (''family'')'), '1', 'a parameter');
RESET plan_cache_mode;
SELECT is(pg_temp.tokens($$SELECT count(*) FROM fleet.vehicles WHERE account = (SELECT min(a) FROM unnest(ARRAY['my company', 'zzz']) AS a)$$), '2', 'a subquery');
CREATE TABLE customer (account text, name text);
INSERT INTO customer VALUES ('family', 'f'), ('Third', 't');
ANALYZE customer;
SELECT is(pg_temp.tokens('SELECT count(*) FROM customer AS c, LATERAL (SELECT vin FROM fleet.vehicles AS v WHERE v.account = c.account OFFSET 0) AS v'), '13', 'LATERAL');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT is(pg_temp.tokens('SELECT count(*) FROM customer AS c JOIN fleet.vehicles AS v USING (account) JOIN fleet.trips AS t ON t.vehicle_id = v.id AND t.account = v.account WHERE c.name = ''f'''),
		  '11123', 'a join: all listings, as no row of theirs is known before, but the trips of one account alone');
RESET enable_hashjoin;
RESET enable_mergejoin;
CREATE VIEW two AS SELECT account, vin FROM fleet_accounts.vehicles_family UNION ALL SELECT account, vin FROM fleet_accounts."vehicles_Third";
SELECT is(pg_temp.tokens('SELECT count(*) FROM two'), '13', 'a view with UNION ALL');
SELECT is(pg_temp.tokens($$SELECT count(*) FROM two WHERE account = 'Third'$$), '3', 'of which one is wanted');
SELECT is(pg_temp.tokens('PREPARE of_view (text) AS SELECT count(*) FROM two WHERE account = $1; SET LOCAL plan_cache_mode = force_generic_plan; EXECUTE of_view (''family'')'),
		  '1', 'by a parameter');
DROP VIEW two;

--
-- Mistakes
--
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('family', pg_temp.options(), 'fleet')$$),
	'42710 | server "family" already exists | An account''s server has its name. | Choose another name, or drop the account with stellantis.drop_account.', 'a name that is taken');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options(), 'nowhere')$$),
	'3F000 | schema "nowhere" does not exist | Use CREATE SCHEMA nowhere.', 'a schema that is missing');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options(), 'fleet', '{trip}')$$),
	'HV00R | there is no table "trip" | There are: account, vehicles, status, positions, telemetry, trips, waypoints, alerts, alarms, collisions, maintenance, callbacks, monitors, remote_actions. | Perhaps you meant "trips".', 'a table that is none');
SELECT alike(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options(), 'fleet', ARRAY[NULL])$$), 'HV00R | %', 'NULL as a table');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options(), 'cars')$$),
	'42P07 | relation "account" already exists in schema "cars" | It is not partitioned by a list of "account", so an account''s table cannot be a partition of it. | Choose another schema, or rename or drop the relation.',
	'a schema that has tables of IMPORT');
SELECT alike(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options() || '{"clientid": "y"}', 'fleet')$$), 'HV00D | invalid option "clientid"%Perhaps you meant%', 'an option that is none');
SELECT alike(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options() || '{"concurrency": 1000}', 'fleet')$$), '22023 | %concurrency%', 'a value out of range');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', '{"brand": null}', 'fleet')$$),
	'22023 | invalid value for option "brand" | It must be a string, a number, or true or false.', 'a value that is null');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', '["brand"]', 'fleet')$$),
	'22023 | options must be a JSON object | Write for example ''{"brand": "peugeot", "client_id": "..."}''.', 'options that are no object');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account(NULL, pg_temp.options(), 'fleet')$$), '22004 | argument "name" must not be null', 'no name');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', NULL, 'fleet')$$), '22004 | argument "options" must not be null', 'no options');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options(), NULL)$$), '22004 | argument "into_schema" must not be null', 'no schema');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('', pg_temp.options(), 'fleet')$$), '42602 | the name of an account must not be empty', 'an empty name');
SELECT is(pg_temp.fails($$SELECT stellantis.add_account(repeat('n', 52), pg_temp.options(), 'fleet')$$),
	'42622 | the name of an account is too long | Its table of maintenance would have a name of more than 63 bytes.', 'a name that is too long');
SELECT alike(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options() || '{"client_secret": "s3cr3t"}', 'fleet')$$), 'HV00D | %user mapping%', 'a secret does not belong there');
SELECT is(array_to_string(psql(format($$SELECT stellantis.add_account('x', '{"client_secret": "hush-hush"}', 'fleet');$$)), E'\n') ~ 'hush-hush.*CONTEXT|CONTEXT.*hush-hush', false,
		  'and is not repeated');
SELECT is(pg_temp.fails($$SELECT stellantis.drop_account('nobody')$$), '42704 | account "nobody" does not exist | There is no server of stellantis_fdw of that name.', 'an account that is none');
SELECT is(pg_temp.fails($$SELECT stellantis.drop_account('sim')$$),
	'55000 | server "sim" was not made by stellantis.add_account | It has no tables that are partitions by account. | Use DROP SERVER.', 'a server that add_account has not made');
SELECT is(pg_temp.fails($$SELECT stellantis.drop_account(NULL)$$), '22004 | argument "name" must not be null', 'no name to drop');
BEGIN READ ONLY;
SELECT alike(pg_temp.fails($$SELECT stellantis.add_account('x', pg_temp.options(), 'fleet')$$), '25006 | %', 'a READ ONLY transaction: adding');
SELECT alike(pg_temp.fails($$SELECT stellantis.drop_account('family')$$), '25006 | %', 'and dropping');
ROLLBACK;
SELECT is_empty($$SELECT 1 FROM pg_foreign_server WHERE srvname = 'x' UNION ALL SELECT 1 FROM pg_class WHERE relname ~ '_x$'$$, 'nothing is left of what failed');
CREATE VIEW depends AS SELECT * FROM fleet_accounts.trips_family;
SELECT alike(pg_temp.fails($$SELECT stellantis.drop_account('family')$$), '2BP01 | cannot drop foreign table fleet_accounts.trips_family because other objects depend on it%', 'a view of the account''s own table');
SELECT is(count(*), 14::bigint, 'all or nothing') FROM pg_class WHERE relname ~ '_family$' AND relkind = 'f';
DROP VIEW depends;

--
-- Whose account it is
--
CREATE ROLE accounts_maker;
CREATE ROLE accounts_reader;
GRANT USAGE ON SCHEMA tap TO accounts_maker, accounts_reader;
CREATE SCHEMA made AUTHORIZATION accounts_maker;
SET ROLE accounts_maker;
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('mine', '{"brand": "peugeot", "client_id": "c"}', 'made')$$), '42501 | permission denied for function add_account', 'EXECUTE is not everybody''s');
SELECT is(pg_temp.fails($$SELECT stellantis.drop_account('family')$$), '42501 | permission denied for function drop_account', 'nor to drop');
RESET ROLE;
GRANT EXECUTE ON FUNCTION stellantis.add_account(text, jsonb, text, text[]), stellantis.drop_account(text) TO accounts_maker;
SET ROLE accounts_maker;
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('mine', '{"brand": "peugeot", "client_id": "c"}', 'made')$$), '42501 | permission denied for foreign-data wrapper stellantis_fdw', 'it takes USAGE on the wrapper');
RESET ROLE;
GRANT USAGE ON FOREIGN DATA WRAPPER stellantis_fdw TO accounts_maker;
SET stellantis_fdw.allowed_hosts = 'http://127.0.0.1';
SET ROLE accounts_maker;
SELECT is(pg_temp.fails($$SELECT stellantis.add_account('mine', pg_temp.options(), 'fleet')$$), '42501 | permission denied for schema fleet', 'and CREATE on the schema');
SELECT is(stellantis.add_account('mine', pg_temp.options(), 'made', '{vehicles}'), 1, 'that is enough');
SELECT is(array_agg(oid::regclass || ' ' || relowner::regrole ORDER BY relname), '{"made.vehicles accounts_maker","made.vehicles_mine accounts_maker"}',
		  'who may not make a schema has the partitions beside their table') FROM pg_class WHERE relname IN ('vehicles', 'vehicles_mine') AND relnamespace = 'made'::regnamespace;
SELECT pg_temp.mapping(2, 'mine') \g /dev/null
SELECT is(count(*), 2::bigint, 'and it works') FROM made.vehicles;
SELECT is(pg_temp.fails($$SELECT stellantis.drop_account('family')$$), '42501 | must be owner of foreign server family', 'another''s account is not dropped');
GRANT USAGE ON SCHEMA made TO accounts_reader;
GRANT SELECT ON made.vehicles TO accounts_reader;
RESET ROLE;
SELECT pg_temp.mapping(3, 'mine', 'accounts_reader') \g /dev/null
SET ROLE accounts_reader;
SELECT is(array_agg(vin ORDER BY vin), '{VF7SXHNSSNT000003,W0VZTSXZPNT000006}', 'who may read the table of all reads it with his own mapping') FROM made.vehicles;
RESET ROLE;
DROP USER MAPPING FOR accounts_reader SERVER mine;
SET ROLE accounts_reader;
SELECT alike(pg_temp.fails('SELECT count(*) FROM made.vehicles'), '42704 | user mapping not found for role "accounts_reader" on server "mine"%', 'without one the error names the account');
RESET ROLE;
SELECT pg_temp.mapping(3, 'mine', 'PUBLIC') \g /dev/null
GRANT CREATE ON DATABASE test_pgtap_accounts_sql TO accounts_maker;
SET ROLE accounts_maker;
SELECT is(stellantis.add_account('second', pg_temp.options(), 'made', '{vehicles}'), 1, 'who may make a schema');
SELECT is('made_accounts.vehicles_second'::regclass::text, 'made_accounts.vehicles_second', 'has one made');
SELECT is(stellantis.drop_account('mine'), 1, 'the owner drops his account, and the mappings of others');
SELECT is(stellantis.drop_account('second'), 1, 'and the other one');
RESET ROLE;
SELECT is_empty($$SELECT 1 FROM pg_class WHERE relnamespace = 'made'::regnamespace$$, 'nothing is left of them');
SELECT hasnt_schema('made_accounts');

--
-- What is not quite as it was made
--
ALTER TABLE fleet.vehicles ADD COLUMN note text;
ALTER TABLE fleet.vehicles DROP COLUMN label;
SELECT is(stellantis.add_account('late', pg_temp.options(), 'fleet', '{vehicles}'), 1, 'a table whose columns were changed');
SELECT is(ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = 'fleet_accounts.vehicles_late'::regclass AND attnum > 0 ORDER BY attnum),
		  ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = 'fleet.vehicles'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum), 'is followed');
ALTER TABLE fleet.vehicles DROP COLUMN note;
SELECT stellantis.drop_account('late') \g /dev/null
ALTER SERVER family RENAME TO kin;
SELECT is(stellantis.drop_account('kin'), 14, 'a server that was renamed');
SELECT is(ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'fleet'::regnamespace ORDER BY 1), '{trips,vehicles}', 'tables go with their last account');
CREATE VIEW dashboard AS SELECT account, count(*) FROM fleet.trips GROUP BY account;
SELECT is(stellantis.drop_account('my company'), 2, 'a table that a view needs');
SELECT is(ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'fleet'::regnamespace ORDER BY 1), '{trips,vehicles}', 'stays');
SELECT is_empty('SELECT * FROM dashboard', 'empty');
SELECT is(stellantis.drop_account('Third'), 1, 'the last one');
SELECT is(stellantis.add_account('family', pg_temp.options(), 'fleet', '{trips}'), 1, 'and from the beginning again');
SELECT is(stellantis.drop_account('family'), 1, 'and again');
DROP VIEW dashboard;
DROP TABLE fleet.trips;
DROP SCHEMA fleet, made;
SELECT is(pg_temp.objects(), objects, 'in the end all is as before') FROM before;
REVOKE ALL ON DATABASE test_pgtap_accounts_sql FROM accounts_maker;
DROP OWNED BY accounts_maker, accounts_reader;
DROP ROLE accounts_maker, accounts_reader;
SELECT * FROM finish();
