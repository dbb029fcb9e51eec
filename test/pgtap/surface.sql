-- What users see: the extension's objects, the tables, their columns, their
-- comments, and who may use what.
-- simulator: --vehicles 1 --days 1
\ir setup.psql
SELECT no_plan();

--
-- The extension
--
SELECT has_extension('stellantis_fdw');
SELECT is(nspname, 'stellantis', 'its schema') FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = extnamespace WHERE extname = 'stellantis_fdw';
SELECT is(row(relocatable, superuser, trusted, schema)::text, '(f,t,f,stellantis)', 'its control file')
FROM pg_available_extension_versions WHERE name = 'stellantis_fdw' AND installed;
SELECT schema_owner_is('stellantis', 'postgres');
SELECT set_eq($$SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend
				WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
				  AND classid <> 'pg_type'::regclass -- a view's row type, from 17 on
				  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stellantis_fdw')$$,
	ARRAY['foreign-data wrapper stellantis_fdw',
		  'event trigger stellantis_fdw_comments',
		  'function stellantis.stellantis_fdw_handler()',
		  'function stellantis.stellantis_fdw_validator(text[],oid)',
		  'function stellantis.comment_new_tables()',
		  'function stellantis.comment_tables(text)',
		  'function stellantis.add_account(text,jsonb,text,text[])',
		  'function stellantis.drop_account(text)',
		  'function stellantis.data_catalog()',
		  'view stellantis.data_catalog',
		  'function stellantis.authorize_url(text,text,text[],text,text)',
		  'function stellantis.enroll(text,text)',
		  'function stellantis.refresh_token(text)',
		  'function stellantis.revoke_token(text)',
		  'function stellantis.token_status()',
		  'view stellantis.token_status',
		  'function stellantis."check"(text)',
		  'function stellantis.availability(text)',
		  'function stellantis.lock_doors(text,text)',
		  'function stellantis.unlock_doors(text,text)',
		  'function stellantis.horn(text,boolean,text)',
		  'function stellantis.lights(text,boolean,text)',
		  'function stellantis.wake_up(text,text)',
		  'function stellantis.start_charging(text,text)',
		  'function stellantis.stop_charging(text,text)',
		  'function stellantis.delay_charging(text,timestamp with time zone,text)',
		  'function stellantis.schedule_charging(text,jsonb,text)',
		  'function stellantis.set_charging_preferences(text,text,text,text)',
		  'function stellantis.start_preconditioning(text,text)',
		  'function stellantis.stop_preconditioning(text,text)',
		  'function stellantis.set_preconditioning_program(text,integer,time without time zone,text[],boolean,text,text)',
		  'function stellantis.delete_preconditioning_program(text,integer,text)',
		  'function stellantis.navigate_to(text,double precision,double precision,text)',
		  'function stellantis.navigate_to(text,double precision[],double precision[],text)',
		  'function stellantis.wait_for_action(text,text,interval,text,boolean)',
		  'function stellantis.create_callback(text,text,text[],jsonb,text)',
		  'function stellantis.pause_callback(text,text)',
		  'function stellantis.resume_callback(text,text)',
		  'function stellantis.delete_callback(text,text)',
		  'function stellantis.create_monitor(text,text,text,jsonb,text,text,interval,text[])',
		  'function stellantis.pause_monitor(text,text,text,text)',
		  'function stellantis.resume_monitor(text,text,text,text)',
		  'function stellantis.delete_monitor(text,text,text,text)',
		  'function stellantis.zone_trigger(text,text,double precision,double precision,integer)',
		  'function stellantis.time_trigger(text,time without time zone,interval,text[],text,text)',
		  'function stellantis.data_trigger(text,text,text,text[])',
		  'function stellantis.parse_events(jsonb)'], 'its objects');
CREATE VIEW member AS
	SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stellantis_fdw');
SELECT is_empty($$SELECT objid::regprocedure FROM member WHERE classid = 'pg_proc'::regclass AND obj_description(objid, 'pg_proc') IS NULL$$, 'every function has a comment');
SELECT is_empty($$SELECT objid::regclass FROM member WHERE classid = 'pg_class'::regclass AND obj_description(objid, 'pg_class') IS NULL$$, 'every view has a comment');
SELECT is_empty($$SELECT objid FROM member WHERE classid IN ('pg_foreign_data_wrapper'::regclass, 'pg_event_trigger'::regclass)
				  AND obj_description(objid, classid::regclass::name) IS NULL$$, 'the wrapper and the event trigger have comments');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'stellantis'::regnamespace
				  AND oid NOT IN (SELECT objid FROM member WHERE classid = 'pg_proc'::regclass)$$, 'nothing else lives in the schema');
SELECT is_empty($$SELECT objid::regprocedure FROM member, pg_proc AS p WHERE classid = 'pg_proc'::regclass AND p.oid = objid
				  AND (prosecdef OR prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('c', 'sql')))$$, 'no function runs as its owner');
SELECT is_empty($$SELECT objid::regprocedure FROM member, pg_proc AS p WHERE classid = 'pg_proc'::regclass AND p.oid = objid
				  AND provolatile = 'v' AND proparallel <> 'u'$$, 'what is volatile is not parallel safe');
SELECT is(row(evtevent, evtenabled, evttags)::text, '(ddl_command_end,O,"{""IMPORT FOREIGN SCHEMA"",""CREATE FOREIGN TABLE""}")', 'the event trigger')
FROM pg_event_trigger WHERE evtname = 'stellantis_fdw_comments';
SELECT is(fdwoptions, NULL::text[], 'the wrapper has no options') FROM pg_foreign_data_wrapper WHERE fdwname = 'stellantis_fdw';

--
-- The tables.  After a column: f float8, b boolean, t timestamptz, i interval,
-- n integer, j jsonb, [] text[]; nothing is text.
--
CREATE TABLE expected (pos serial, name text, columns text);
INSERT INTO expected (name, columns) VALUES
('account', 'email, first_name, last_name, created_at t, updated_at t'),
('vehicles', 'id, vin, brand, label, motorization, picture_urls[], data_capabilities[], remote_capabilities[], created_at t, updated_at t'),
('status', 'vehicle_id, vin, created_at t, updated_at t, ignition, ignition_at t, powertrain_status, powertrain_at t, moving b, speed_kmh f,
	acceleration_mps2 f, kinetic_at t, odometer_km f, odometer_at t, electric_level_pct f, electric_autonomy_km f, electric_at t,
	battery_capacity_wh f, battery_residual_wh f, battery_health_pct f, battery_resistance_pct f, charging_plugged b, charging_status,
	charging_mode, charging_type, charging_rate_kmh f, charging_power_level, charging_remaining i, charging_next_time i, fuel_kind,
	fuel_level_pct f, fuel_autonomy_km f, fuel_instant_l_per_100km f, fuel_total_l f, fuel_at t, battery_12v_pct f, battery_12v_at t,
	oil_level_pct f, oil_temp_c f, coolant_level_pct f, coolant_temp_c f, engine_speed_rpm f, doors_locked[], doors_open[], doors_at t,
	belts_unfastened[], ecall_triggering, safety_at t, preconditioning_status, preconditioning_starting_cause,
	preconditioning_failure_cause, preconditioning_at t, air_temp_c f, daylight b, environment_at t, driving_mode, turn_lights_on[],
	fog_lights_on[], alarm_activation, alarm_activation_at t, alarm_trigger, alarm_trigger_at t, privacy, privacy_at t, latitude f,
	longitude f, altitude_m f, heading_deg f, signal_quality n, position_type, fix_status, position_at t'),
('positions', 'vehicle_id, vin, recorded_at t, latitude f, longitude f, altitude_m f, heading_deg f, signal_quality n, position_type, fix_status'),
('telemetry', 'vehicle_id, vin, recorded_at t, trip_id, ignition, powertrain_status, moving b, speed_kmh f, acceleration_mps2 f, odometer_km f,
	electric_level_pct f, electric_autonomy_km f, battery_capacity_wh f, battery_residual_wh f, battery_health_pct f,
	battery_resistance_pct f, charging_plugged b, charging_status, charging_mode, charging_type, charging_rate_kmh f,
	charging_power_level, charging_remaining i, charging_next_time i, fuel_kind, fuel_level_pct f, fuel_autonomy_km f,
	fuel_instant_l_per_100km f, fuel_total_l f, battery_12v_pct f, oil_level_pct f, oil_temp_c f, coolant_level_pct f, coolant_temp_c f,
	engine_speed_rpm f, doors_locked[], doors_open[], belts_unfastened[], ecall_triggering, air_temp_c f, daylight b, driving_mode,
	turn_lights_on[], fog_lights_on[], alarm_activation, alarm_trigger, privacy, gearbox_modes[], gearbox_ratio, wipers_active b,
	wipers_speed, park_assist_front[], park_assist_rear[], adas_accr, adas_lvv b, adas_rvv, adas_aebs, adas_afil, adas_artiv, adas_bsm,
	adas_esp b, adas_abs b, adas_fse b, adas_sli_kmh f, adas_rlka, adas_llka, adas_rgi, latitude f, longitude f, altitude_m f,
	heading_deg f, signal_quality n, position_type, fix_status, position_at t, days_before_maintenance f, km_before_maintenance f'),
('trips', 'vehicle_id, vin, id, started_at t, stopped_at t, duration i, distance_km f, start_odometer_km f, avg_speed_kmh f, max_speed_kmh f,
	start_latitude f, start_longitude f, stop_latitude f, stop_longitude f, start_electric_level_pct f, stop_electric_level_pct f,
	start_electric_autonomy_km f, stop_electric_autonomy_km f, start_fuel_level_pct f, stop_fuel_level_pct f, start_fuel_autonomy_km f,
	stop_fuel_autonomy_km f, electric_consumption_kwh f, electric_kwh_per_100km f, fuel_consumption_l f, fuel_l_per_100km f,
	electric_distance_km f, thermal_distance_km f, hybrid_distance_km f, done b, faults[], fault_causes[], created_at t, updated_at t'),
('waypoints', 'vehicle_id, vin, trip_id, recorded_at t, latitude f, longitude f, altitude_m f, heading_deg f, signal_quality n, position_type,
	fix_status, tolerance_km f'),
('alerts', 'vehicle_id, vin, id, type, severity, active b, started_at t, ended_at t, start_latitude f, start_longitude f, end_latitude f,
	end_longitude f, trip_ids[], created_at t, updated_at t'),
('alarms', 'vehicle_id, vin, id, kind, activation, trigger_type, created_at t, started_at t, latitude f, longitude f'),
('collisions', 'vehicle_id, vin, id, created_at t, trip_id, sides[], severities[], tipped_over b, pedestrian b, updated_at t'),
('maintenance', 'vehicle_id, vin, days_before_maintenance f, km_before_maintenance f, created_at t, updated_at t'),
('callbacks', 'id, label, types[], kind, target, status'),
('monitors', 'vehicle_id, vin, callback_id, id, label, bool_exp, triggers j, status, created_at t, updated_at t'),
('remote_actions', 'vehicle_id, vin, callback_id, id, type, status, failure_cause, feedback_detail');
CREATE VIEW expected_column AS
	SELECT name, n, (regexp_match(btrim(c, E' \n\t'), '^\w+'))[1] AS attname,
		CASE substring(btrim(c, E' \n\t') from '(\[\]| \w)$')
			WHEN ' f' THEN 'double precision' WHEN ' b' THEN 'boolean' WHEN ' t' THEN 'timestamp with time zone'
			WHEN ' i' THEN 'interval' WHEN ' n' THEN 'integer' WHEN ' j' THEN 'jsonb' WHEN '[]' THEN 'text[]' ELSE 'text' END AS type
	FROM expected, unnest(string_to_array(columns, ',')) WITH ORDINALITY AS u (c, n);
CREATE VIEW actual_column AS
	SELECT c.relname AS name, c.relnamespace::regnamespace::text AS schema, a.attrelid, a.attnum::bigint AS n, a.attname::text, format_type(a.atttypid, a.atttypmod) AS type,
		   a.attnotnull, a.attcollation
	FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
	WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'f';
SELECT foreign_tables_are('cars', ARRAY(SELECT name FROM expected));
SELECT is(ARRAY(SELECT format('%s %s', a.attname, a.type) FROM actual_column AS a WHERE a.schema = 'cars' AND a.name = e.name ORDER BY n),
		  ARRAY(SELECT format('%s %s', c.attname, c.type) FROM expected_column AS c WHERE c.name = e.name ORDER BY n), 'columns of ' || name)
FROM expected AS e ORDER BY pos;
SELECT is_empty($$SELECT name, attname FROM actual_column WHERE schema = 'cars' AND type ~ 'json' AND (name, attname) <> ('monitors', 'triggers')$$, 'no json, but triggers');
SELECT is_empty($$SELECT name, attname FROM actual_column WHERE schema = 'cars' AND attnotnull$$, 'every column may be NULL');
SELECT is_empty($$SELECT name, attname FROM actual_column WHERE schema = 'cars' AND attcollation NOT IN (0, 100)$$, 'no collation of their own');
SELECT is_empty($$SELECT name FROM actual_column WHERE schema = 'cars' AND name NOT IN ('account', 'vehicles', 'callbacks')
				  GROUP BY name HAVING (array_agg(attname ORDER BY n))[1:2] <> '{vehicle_id,vin}'$$, 'what is below a vehicle begins with vehicle_id, vin');
SELECT is_empty($$SELECT name, attname FROM actual_column WHERE schema = 'cars' AND (attname ~ '_at$') <> (type = 'timestamp with time zone')$$, 'times, and they alone, end in _at');

-- comments
SELECT is_empty($$SELECT name FROM expected WHERE coalesce(obj_description(('cars.' || name)::regclass, 'pg_class'), '') !~ '^[A-Z].*\.$'$$, 'every table has a comment of sentences');
SELECT is_empty($$SELECT name, attname FROM actual_column WHERE schema = 'cars' AND coalesce(col_description(attrelid, n::int), '') !~ '^[A-Z0-9].*\.$'$$, 'every column has a comment of sentences');
SELECT is_empty($$SELECT a.name, a.attname FROM actual_column AS a JOIN stellantis.data_catalog AS d ON d.table_name = a.name AND d.column_name = a.attname
				  WHERE schema = 'cars' AND d.unit IS NOT NULL AND strpos(col_description(attrelid, n::int), 'Unit: ' || d.unit || '.') = 0$$, 'comments tell the unit');
SELECT is_empty($$SELECT a.name, a.attname FROM actual_column AS a JOIN stellantis.data_catalog AS d ON d.table_name = a.name AND d.column_name = a.attname
				  WHERE schema = 'cars' AND strpos(col_description(attrelid, n::int), d.json_source) = 0$$, 'comments tell the source');

-- the catalog agrees
SELECT set_eq('SELECT table_name, column_name, data_type FROM stellantis.data_catalog', 'SELECT name, attname, type FROM expected_column', 'data_catalog');
SELECT is_empty($$SELECT * FROM stellantis.data_catalog WHERE meaning IS NULL OR json_source IS NULL$$, 'data_catalog tells what each is');
SELECT columns_are('stellantis', 'data_catalog', ARRAY['table_name', 'column_name', 'data_type', 'unit', 'scope', 'json_source', 'meaning']);
SELECT is_empty($$SELECT * FROM stellantis.data_catalog WHERE (data_type = 'double precision') <> (unit IS NOT NULL)$$, 'what is measured has a unit');
SELECT is_empty(format($$SELECT * FROM stellantis.data_catalog WHERE column_name ~ '_%s$' AND unit IS DISTINCT FROM %L$$, suffix, unit), 'the unit of _' || suffix)
FROM (VALUES ('km', 'km'), ('kmh', 'km/h'), ('pct', '%'), ('wh', 'Wh'), ('kwh', 'kWh'), ('kwh_per_100km', 'kWh/100 km'), ('l_per_100km', 'L/100 km'),
			 ('temp_c', '°C'), ('rpm', 'rpm'), ('mps2', 'm/s2'), ('deg', 'degrees'), ('altitude_m', 'm')) AS u (suffix, unit)
WHERE suffix NOT IN ('km', 'l_per_100km', 'temp_c', 'rpm');

--
-- Import
--
CREATE FUNCTION pg_temp.imported(what text, options text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	CREATE SCHEMA imported;
	PERFORM sim_clear();
	EXECUTE format('IMPORT FOREIGN SCHEMA %s FROM SERVER sim INTO imported %s', what, options);
	SELECT string_agg(relname, ' ' ORDER BY oid) INTO result FROM pg_class WHERE relnamespace = 'imported'::regnamespace AND relkind = 'f';
	IF sim_count() > 0 THEN
		result := 'asked the API';
	END IF;
	DROP SCHEMA imported CASCADE;
	RETURN result;
END $$;
SET client_min_messages = error;
SELECT is(pg_temp.imported(what), want, 'IMPORT ' || what)
FROM (VALUES
	('stellantis', 'account vehicles status positions telemetry trips waypoints alerts alarms collisions maintenance callbacks monitors remote_actions'),
	('"remote"', 'callbacks monitors remote_actions'),
	('remote EXCEPT (monitors)', 'callbacks remote_actions'),
	('"data:trip"', 'account vehicles trips waypoints'),
	('"data:position"', 'account vehicles positions'),
	('"data:telemetry"', 'account vehicles status telemetry alarms maintenance'),
	('"data:alert"', 'account vehicles alerts'),
	('"data:collision"', 'account vehicles collisions'),
	('stellantis LIMIT TO (trips, vehicles)', 'vehicles trips'),
	('stellantis EXCEPT (account, telemetry, waypoints)', 'vehicles status positions trips alerts alarms collisions maintenance callbacks monitors remote_actions'),
	('"data:trip" LIMIT TO (trips)', 'trips')
) AS t (what, want);
SET client_min_messages = warning;
SELECT throws_ok('IMPORT FOREIGN SCHEMA nonsense FROM SERVER sim INTO cars', 'HV00Q', NULL, 'IMPORT of an unknown schema') ;
SELECT throws_ok('IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars', '42P07', NULL, 'IMPORT over what is there');
SELECT throws_ok('IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars OPTIONS (acount ''a'')', 'HV00D', NULL, 'IMPORT with an unknown option');
CREATE SCHEMA family;
IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO family OPTIONS (account 'o''family');
SELECT is(ARRAY(SELECT format('%s %s %s', a.n, a.attname, a.type) FROM actual_column AS a WHERE a.schema = 'family' AND a.name = e.name ORDER BY n),
		  '1 account text'::text || ARRAY(SELECT format('%s %s %s', c.n + 1, c.attname, c.type) FROM expected_column AS c WHERE c.name = e.name ORDER BY n),
		  'with the option account, it is the first column of ' || name)
FROM expected AS e ORDER BY pos;
SELECT is(rows_of('SELECT DISTINCT account FROM family.vehicles'), '{(o''family)}', 'and the same in every row');
SELECT is_empty($$SELECT name, attname FROM actual_column WHERE schema = 'family' AND col_description(attrelid, n::int) IS NULL$$, 'comments there, too');

-- tables that are made by hand
CREATE FOREIGN TABLE by_hand (distance_km float8, "Vin" text OPTIONS (field '/id'), id text, all_of_it jsonb OPTIONS (field '')) SERVER sim OPTIONS (resource 'trips');
SELECT isnt(obj_description('by_hand'::regclass), NULL, 'CREATE FOREIGN TABLE comments the table');
SELECT isnt(col_description('by_hand'::regclass, 1), NULL, 'and its columns');
COMMENT ON COLUMN by_hand.id IS 'mine';
COMMENT ON COLUMN cars.trips.id IS NULL;
SELECT is(stellantis.comment_tables('cars'), 14, 'comment_tables says how many');
SELECT isnt(col_description('cars.trips'::regclass, 3), NULL, 'comment_tables repairs');
SELECT is(col_description('by_hand'::regclass, 3), 'mine', 'and leaves other schemas alone');
SELECT throws_ok('SELECT stellantis.comment_tables(''nonsense'')', '3F000', NULL, 'comment_tables of no schema');

--
-- Privileges
--
CREATE ROLE tap_surface_nobody LOGIN;
SELECT ok(has_schema_privilege('tap_surface_nobody', 'stellantis', 'USAGE'), 'PUBLIC may look into the schema');
SELECT ok(NOT has_schema_privilege('tap_surface_nobody', 'stellantis', 'CREATE'), 'but create nothing there');
SELECT ok(has_table_privilege('tap_surface_nobody', 'stellantis.data_catalog', 'SELECT'), 'PUBLIC may read data_catalog');
SELECT ok(NOT has_table_privilege('tap_surface_nobody', 'stellantis.data_catalog', 'INSERT, UPDATE, DELETE'), 'and not write it');
SELECT ok(NOT has_foreign_data_wrapper_privilege('tap_surface_nobody', 'stellantis_fdw', 'USAGE'), 'PUBLIC may not create servers');
SELECT ok(NOT has_server_privilege('tap_surface_nobody', 'sim', 'USAGE'), 'nor use one');
SELECT is(psql('SELECT count(*) > 200 FROM stellantis.data_catalog', 'tap_surface_nobody'), '{t}', 'PUBLIC reads data_catalog');
SELECT is(messages_of('CREATE SERVER mine FOREIGN DATA WRAPPER stellantis_fdw', 'tap_surface_nobody'),
		  '{ERROR 42501: permission denied for foreign-data wrapper stellantis_fdw}', 'PUBLIC creates no server');
SELECT is(messages_of('SELECT * FROM cars.trips', 'tap_surface_nobody'), '{ERROR 42501: permission denied for schema cars}', 'PUBLIC reads no cars');
-- comment_tables comments the caller's own tables alone
GRANT USAGE, CREATE ON SCHEMA family TO tap_surface_nobody;
GRANT USAGE ON FOREIGN SERVER sim TO tap_surface_nobody;
COMMENT ON FOREIGN TABLE family.trips IS 'not yours';
SELECT is(psql('CREATE FOREIGN TABLE family.own (id text) SERVER sim OPTIONS (resource ''trips'');
				SELECT obj_description(''family.own''::regclass) IS NOT NULL;
				SELECT stellantis.comment_tables(''family'');', 'tap_surface_nobody'), '{t,1}', 'comment_tables: the caller''s own tables');
SELECT is(obj_description('family.trips'::regclass), 'not yours', 'comment_tables: not those of others');

-- dropping the extension drops it all
SELECT throws_ok('DROP EXTENSION stellantis_fdw', '2BP01', NULL, 'DROP EXTENSION says what depends on it');
SET client_min_messages = error;
SELECT lives_ok('DROP EXTENSION stellantis_fdw CASCADE', 'DROP EXTENSION ... CASCADE');
SELECT is_empty($$SELECT * FROM pg_event_trigger$$, 'no event trigger stays');
SELECT lives_ok('CREATE EXTENSION stellantis_fdw', 'it can be created again');
SELECT * FROM finish();
DROP OWNED BY tap_surface_nobody CASCADE;
DROP ROLE tap_surface_nobody;
