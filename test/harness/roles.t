#!/bin/bash
#
# roles.t
#	Whose tokens a query uses, and that nobody else gets to see them.  In a
#	cluster of its own, which logs all that it can.

. test/harness/tap.sh
. test/harness/session.sh

OUR_TOKEN=s3cret-of-owner
PUBLIC_TOKEN=s3cret-of-public

# at that level the postmaster logs its environment
unset SIM_TOKEN PGOPTIONS
start_cluster roles log_min_messages=debug5
for token in owner reader public new; do
	TOKENS+=${TOKENS:+, }"\"s3cret-of-$token\": {\"scopes\": \"all\"}"
done
sim config "{\"tokens\": {$TOKENS}}" >/dev/null

# Whose token came with the requests since the last time.
tokens()
{
	sim log | jq -r '[.[].headers.token] | unique | join(" ")'
	forget_log
}

# used TITLE WANT SQL...: by session a
used()
{
	forget_log
	run a "${@:3}"
	is "$SQLSTATE $(tokens)" "00000 $2" "$1"
}

psql -Xq -v ON_ERROR_STOP=1 <<SQL
	CREATE EXTENSION stellantis_fdw;
	CREATE ROLE car_owner LOGIN;
	CREATE ROLE car_reader LOGIN;
	CREATE ROLE car_stranger LOGIN;
	CREATE ROLE car_host LOGIN;
	CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw
		OPTIONS (brand 'peugeot', base_url '$SIM_URL', client_id '$SIM_CLIENT_ID', retries '0');
	GRANT USAGE ON FOREIGN SERVER sim TO car_owner;
	CREATE USER MAPPING FOR car_owner SERVER sim
		OPTIONS (access_token '$OUR_TOKEN', refresh_token 's3cret-refresh', client_secret 's3cret-client', key_password 's3cret-key');
	CREATE USER MAPPING FOR car_reader SERVER sim OPTIONS (access_token 's3cret-of-reader');
	CREATE SCHEMA cars AUTHORIZATION car_owner;
	SET SESSION AUTHORIZATION car_owner;
	IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars;
	GRANT USAGE ON SCHEMA cars TO PUBLIC;
	GRANT SELECT ON ALL TABLES IN SCHEMA cars TO PUBLIC;
	CREATE VIEW cars.of_owner AS SELECT * FROM cars.vehicles;
	GRANT SELECT ON cars.of_owner TO PUBLIC;
	CREATE FUNCTION cars.of_definer() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
		SET search_path = cars, pg_temp AS 'BEGIN RETURN (SELECT count(*) FROM cars.vehicles); END';
	CREATE FUNCTION cars.of_invoker() RETURNS bigint LANGUAGE plpgsql
		AS 'BEGIN RETURN (SELECT count(*) FROM cars.vehicles); END';
	CREATE FUNCTION cars.fetch_for(c refcursor) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
		SET search_path = cars, pg_temp AS 'DECLARE r record; BEGIN FETCH c INTO r; RETURN r.vin; END';
SQL

# ---- whose mapping ----

open_session a -U car_reader
used "a role's own mapping" s3cret-of-reader 'SELECT count(*) FROM cars.vehicles;'
used "a view: its owner's" "$OUR_TOKEN" 'SELECT count(*) FROM cars.of_owner;'
used "SECURITY DEFINER: the function's owner's" "$OUR_TOKEN" 'SELECT cars.of_definer();'
used "otherwise the caller's" s3cret-of-reader 'SELECT cars.of_invoker();'
used 'both in one query' "$OUR_TOKEN s3cret-of-reader" \
	'SELECT count(*) FROM cars.of_owner AS v JOIN cars.vehicles AS t USING (id);'
used "a cursor that a SECURITY DEFINER function reads: the role's that opened it" s3cret-of-reader 'BEGIN;' \
	'DECLARE c CURSOR FOR SELECT vin FROM cars.vehicles;' "SELECT cars.fetch_for('c');" 'COMMIT;'
close_session a

open_session a
used "SET ROLE: that role's" s3cret-of-reader 'SET ROLE car_reader;' 'SELECT count(*) FROM cars.vehicles;'
used 'SET ROLE to another' "$OUR_TOKEN" 'SET ROLE car_owner;' 'SELECT count(*) FROM cars.vehicles;'
run a 'RESET ROLE;' 'PREPARE p AS SELECT count(*) FROM cars.vehicles;' 'SET plan_cache_mode = force_generic_plan;'
used 'a prepared statement: the role that executes it' s3cret-of-reader 'SET ROLE car_reader;' 'EXECUTE p;'
used 'the same, another role' "$OUR_TOKEN" 'RESET ROLE;' 'SET ROLE car_owner;' 'EXECUTE p;'
used 'a cursor keeps the role that opened it' "$OUR_TOKEN" 'BEGIN;' \
	'DECLARE c CURSOR FOR SELECT vin FROM cars.vehicles;' 'RESET ROLE;' 'SET ROLE car_reader;' 'FETCH ALL FROM c;' 'COMMIT;' 'RESET ROLE;'
if [ "$(q "SELECT current_setting('server_version_num')::int >= 150000")" = t ]; then
	q 'CREATE VIEW cars.of_caller WITH (security_invoker) AS SELECT * FROM cars.vehicles' \
		-c 'GRANT SELECT ON cars.of_caller TO PUBLIC'
	used "a view with security_invoker: the caller's" s3cret-of-reader 'SET ROLE car_reader;' \
		'SELECT count(*) FROM cars.of_caller;' 'RESET ROLE;'
fi
close_session a

# ---- no mapping; PUBLIC's ----

open_session a -U car_stranger
run a 'SELECT count(*) FROM cars.vehicles;'
is "$SQLSTATE" 42704 'a role without mapping: SQLSTATE'
like "$SAID" 'car_stranger' 'the message names the role'
like "$SAID" 'HINT:  .*CREATE USER MAPPING FOR car_stranger SERVER sim' 'the hint is the statement that helps'
used 'such a role can use what is lent to it' "$OUR_TOKEN" 'SELECT count(*) FROM cars.of_owner;'
q "CREATE USER MAPPING FOR PUBLIC SERVER sim OPTIONS (access_token '$PUBLIC_TOKEN')"
used "PUBLIC's mapping is for all who have none" "$PUBLIC_TOKEN" 'SELECT count(*) FROM cars.vehicles;'

# ---- mappings that change ----

q "CREATE USER MAPPING FOR car_stranger SERVER sim OPTIONS (access_token 's3cret-of-reader')"
used 'a mapping of its own, by another session, is used by the next query' s3cret-of-reader 'SELECT count(*) FROM cars.vehicles;'
q "ALTER USER MAPPING FOR car_stranger SERVER sim OPTIONS (SET access_token 's3cret-of-new')"
used 'so is a new token' s3cret-of-new 'SELECT count(*) FROM cars.vehicles;'
run a 'PREPARE p AS SELECT count(*) FROM cars.vehicles;' 'EXECUTE p;'
q "ALTER USER MAPPING FOR car_stranger SERVER sim OPTIONS (SET access_token '$OUR_TOKEN')"
used 'also by a prepared statement' "$OUR_TOKEN" 'EXECUTE p;'
q 'DROP USER MAPPING FOR car_stranger SERVER sim'
used "when it is dropped, PUBLIC's again" "$PUBLIC_TOKEN" 'SELECT count(*) FROM cars.vehicles;'
q 'DROP USER MAPPING FOR PUBLIC SERVER sim'
run a 'SELECT count(*) FROM cars.vehicles;'
is "$SQLSTATE" 42704 'when that is dropped, none'
q "ALTER SERVER sim OPTIONS (SET base_url 'http://127.0.0.1:9/')"
run a 'SELECT count(*) FROM cars.of_owner;'
is "$SQLSTATE" 08001 'a server changed by another session, too'
q "ALTER SERVER sim OPTIONS (SET base_url '$SIM_URL')"

# ---- secrets ----

run a 'SELECT * FROM pg_user_mappings;' 'SELECT umoptions FROM pg_user_mapping;' \
	'SELECT * FROM information_schema.user_mapping_options;'
unlike "$SAID" s3cret 'who may only read sees no secret in the catalogs'
run a 'EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM cars.of_owner;' \
	'EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT * FROM cars.of_owner;'
like "$SAID" 'Foreign Scan' 'EXPLAIN ANALYZE VERBOSE shows the scan'
unlike "$SAID" s3cret 'and no secret'
run a 'SELECT * FROM pg_stat_activity;' 'SELECT * FROM pg_locks;' 'SELECT * FROM pg_backend_memory_contexts;' \
	'SELECT * FROM pg_prepared_statements;' 'SELECT * FROM pg_cursors;'
unlike "$SAID" s3cret 'none in the views of the system'
for kind in '{"kind": "echo_token", "status": 400}' '{"kind": "echo_token", "status": 401}' \
	'{"kind": "echo_token", "status": 403}' '{"kind": "echo_token", "status": 500}' \
	"{\"kind\": \"bad_json\", \"body\": \"{\\\"a\\\": $OUR_TOKEN}\"}" "{\"kind\": \"bad_json\", \"body\": \"$OUR_TOKEN\"}" \
	"{\"kind\": \"redirect\", \"status\": 302, \"location\": \"https://elsewhere.example.com/$OUR_TOKEN\"}" \
	"{\"kind\": \"content_type\", \"value\": \"$OUR_TOKEN\"}" '{"kind": "reset"}'; do
	fault /user "$kind"
	run a 'SELECT * FROM cars.of_owner;'
	unlike "$SQLSTATE$SAID" "^00000|s3cret" "none in the error of $kind"
	heal
done
send a 'SELECT pg_sleep(0.3), count(*) FROM cars.of_owner;'
sleep 0.1
unlike "$(q 'SELECT * FROM pg_stat_activity')" s3cret 'none in pg_stat_activity of a superuser'
await a

# ---- a server whose owner is no superuser ----

close_session a
open_session a -U car_host
run a "CREATE SERVER own FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot');"
is "$SQLSTATE" 42501 'USAGE on the wrapper is PostgreSQL'\''s to demand'
q 'GRANT USAGE ON FOREIGN DATA WRAPPER stellantis_fdw TO car_host' -c "GRANT CREATE ON DATABASE postgres TO car_host"
OWN="CREATE SERVER own FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', client_id '$SIM_CLIENT_ID', base_url '$SIM_URL');"
run a "$OWN"
is "$SQLSTATE" 42501 'a foreign host and plain http take a superuser'
like "$SAID" 'HINT:.*stellantis_fdw.allowed_hosts' 'or an entry in a setting, says the hint'
run a "SET stellantis_fdw.allowed_hosts = '*';"
is "$SQLSTATE" 42501 'which is a superuser'\''s'
entry=$(sed -n 's/.*to add "\(.*\)" to stellantis_fdw.allowed_hosts.*/\1/p' "$RUN/cluster/roles/log" | tail -n 1)
q "LOAD 'stellantis_fdw'" -c "ALTER SYSTEM SET stellantis_fdw.allowed_hosts = '$entry'" -c 'SELECT pg_reload_conf()' >/dev/null
close_session a
sleep 0.2
open_session a -U car_host
run a "$OWN"
is "$SQLSTATE" 00000 "with the entry that the hint names ($entry) it is allowed"
run a "ALTER SERVER own OPTIONS (ADD ca_file '/etc/passwd');"
is "$SQLSTATE" 42501 'a file is not'
run a "ALTER SERVER own OPTIONS (ADD proxy 'http://127.0.0.1:9');"
is "$SQLSTATE" 42501 'nor another port'
run a "CREATE USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (access_token 's3cret-of-reader');" \
	'CREATE SCHEMA own;' 'IMPORT FOREIGN SCHEMA stellantis FROM SERVER own INTO own;'
used 'its owner reads from it' s3cret-of-reader 'SELECT count(*) FROM own.vehicles;'
q "LOAD 'stellantis_fdw'" -c 'ALTER SYSTEM RESET stellantis_fdw.allowed_hosts' -c 'SELECT pg_reload_conf()' >/dev/null

# ---- the log ----

like "$(cat "$RUN/cluster/roles/log")" 'DEBUG:' 'the server log has it all'
leaks=$(grep -n s3cret "$RUN/cluster/roles/log" | head -n 5 || :)
is "$leaks" '' 'but no secret'

stop_cluster roles
done_testing
