#!/bin/bash
#
# token_roles.t
#	Who may enrol, refresh, revoke and check, with whose tokens, and what the
#	others see of them.  (Whose tokens a query uses: roles.t.)

. test/harness/tap.sh
. test/harness/session.sh

SECRET="client_secret 'sim-client-secret'"
CALLBACK=https://app.example.com/callback
FUNCTIONS=(authorize_url enroll refresh_token revoke_token)

# The options of a new enrolment; $1: what else.
enrolment()
{
	sim oauth "{\"scopes\": \"$1\"}" | jq -r --arg q "'" '{access_token: .access_tokens[0].access_token, refresh_token, scope}
		| to_entries | map("\(.key) \($q)\(.value)\($q)") | join(", ")'
}

psql -Xq -v ON_ERROR_STOP=1 <<SQL
	SET client_min_messages = error;
	CREATE EXTENSION stellantis_fdw;
	CREATE ROLE tk_owner LOGIN;
	CREATE ROLE tk_group NOLOGIN;
	CREATE ROLE tk_reader LOGIN;
	CREATE ROLE tk_stranger LOGIN;
	CREATE ROLE tk_host LOGIN;
	GRANT USAGE ON FOREIGN DATA WRAPPER stellantis_fdw TO tk_host;
	CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw
		OPTIONS (brand 'peugeot', base_url '$SIM_URL', auth_url '$SIM_AUTH_URL', client_id '$SIM_CLIENT_ID', retries '0');
	ALTER SERVER sim OWNER TO tk_host;
	GRANT USAGE ON FOREIGN SERVER sim TO tk_owner, tk_group;
	CREATE USER MAPPING FOR tk_owner SERVER sim OPTIONS ($SECRET, $(enrolment all));
	CREATE USER MAPPING FOR tk_group SERVER sim OPTIONS ($SECRET, $(enrolment data:trip));
	CREATE SCHEMA cars AUTHORIZATION tk_owner;
	CREATE SCHEMA shared AUTHORIZATION tk_group;
	GRANT CREATE ON SCHEMA shared TO tk_group;
	SET SESSION AUTHORIZATION tk_owner;
	IMPORT FOREIGN SCHEMA stellantis FROM SERVER sim INTO cars;
	GRANT USAGE ON SCHEMA cars TO PUBLIC;
	GRANT SELECT ON ALL TABLES IN SCHEMA cars TO PUBLIC;
	CREATE VIEW cars.of_owner AS SELECT * FROM cars.vehicles;
	CREATE FUNCTION cars.check_of_owner() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
		AS 'SELECT count(*) FROM stellantis.check(\$\$sim\$\$) WHERE ok';
	CREATE VIEW cars.status_by_caller AS SELECT * FROM stellantis.token_status;
	GRANT SELECT ON ALL TABLES IN SCHEMA cars TO PUBLIC;
SQL

# as ROLE SQL...: in session a
as()
{
	run a "SET SESSION AUTHORIZATION $1;" "${@:2}"
}

# denied TITLE REGEX: what session a said last, and nothing was sent
denied()
{
	like "$SQLSTATE ${SAID//$'\n'/ }" "$2" "$1"
	is "$(sim 'log?format=text')" '' '  nothing is sent'
}

open_session a
call()
{
	case $1 in
		authorize_url) printf "stellantis.authorize_url('sim', '%s')" "$CALLBACK" ;;
		enroll) printf "stellantis.enroll('%s?code=x&state=y', 'sim')" "$CALLBACK" ;;
		*) printf "stellantis.%s('sim')" "$1" ;;
	esac
}

# ---- EXECUTE ----

forget_log
for function in "${FUNCTIONS[@]}"; do
	as tk_owner "SELECT $(call "$function");"
	denied "PUBLIC may not call $function" "^42501 .*permission denied for function $function"
done
for granted in "${FUNCTIONS[@]}"; do
	q "GRANT EXECUTE ON FUNCTION stellantis.$granted TO tk_owner"
	may=
	for function in "${FUNCTIONS[@]}"; do
		as tk_owner "BEGIN READ ONLY;" "SELECT $(call "$function");"
		[ "$SQLSTATE" = 42501 ] || may+=$function
		run a 'ROLLBACK;'
	done
	is "$may" "$granted" "GRANT of $granted gives that alone"
	q "REVOKE EXECUTE ON FUNCTION stellantis.$granted FROM tk_owner"
done
q "SELECT format('GRANT EXECUTE ON FUNCTION %s TO tk_stranger, tk_reader, tk_owner, tk_host', oid::regprocedure)
	FROM pg_proc WHERE pronamespace = 'stellantis'::regnamespace AND proname = ANY ('{authorize_url,enroll,refresh_token,revoke_token}')" >"$WORK/grants"
run a 'RESET SESSION AUTHORIZATION;' "$(sed 's/$/;/' "$WORK/grants")"

# ---- USAGE, a mapping ----

forget_log
for function in "${FUNCTIONS[@]}"; do
	as tk_stranger "SELECT $(call "$function");"
	denied "$function needs USAGE on the server" '^42501 .*permission denied for foreign server sim'
done
for function in check availability; do
	as tk_reader "SELECT * FROM stellantis.$function('sim');"
	denied "so does $function, whatever one may SELECT" '^42501 .*permission denied for foreign server sim'
	as tk_host "SELECT * FROM stellantis.$function('sim');"
	denied "$function needs a mapping" '^42704 .*user mapping not found for role "tk_host".*HINT:  Use CREATE USER MAPPING'
	as tk_stranger "SELECT * FROM stellantis.$function();"
	denied "without a name: none that could be used" '^42704 .*no server of stellantis_fdw can be used'
done
as tk_owner "SELECT count(*) FILTER (WHERE ok) FROM stellantis.check('sim');" \
	"SELECT count(*) FROM stellantis.availability('sim');"
is "$SAID" $'6\n54' 'who has both may check, without a grant'
as tk_stranger "SELECT count(*) > 200 FROM stellantis.data_catalog;"
is "$SAID" t 'data_catalog is for everybody'
as tk_reader 'SELECT count(*) FROM cars.vehicles;'
is "$SQLSTATE" 42704 'SELECT on a table gives nobody a token'
as tk_reader 'SELECT count(*) FROM cars.of_owner;'
is "$SQLSTATE $SAID" '00000 6' 'a view does: its owner'\''s'

# ---- token_status ----

q "CREATE USER MAPPING FOR PUBLIC SERVER sim OPTIONS ($SECRET)"
seen()
{
	as "$1" 'SELECT role FROM stellantis.token_status ORDER BY 1;'
	is "${SAID//$'\n'/ }" "$2" "token_status for $1: ${2:-nothing}"
}
seen tk_owner 'public tk_owner'
seen tk_host 'public tk_group tk_owner'
seen postgres 'public tk_group tk_owner'
seen tk_reader ''
seen tk_stranger ''
as tk_reader 'SELECT count(*) FROM cars.status_by_caller;'
is "$SAID" 0 'a view of it shows what its reader may see, not its owner'
as postgres 'SET ROLE tk_group;' 'SELECT role, scopes FROM stellantis.token_status ORDER BY 1;' 'RESET ROLE;'
is "$SAID" $'public|\ntk_group|{data:trip}' 'SET ROLE counts'
as postgres 'SELECT * FROM stellantis.token_status;'
unlike "$SAID" 'sim-client-secret|[0-9a-f]{8}-[0-9a-f]{4}' 'no secret in it, not for a superuser either'
for role in tk_owner tk_host tk_reader; do
	as $role 'SELECT usename FROM pg_user_mappings WHERE umoptions IS NOT NULL;'
	case $role in tk_owner) want=tk_owner ;; tk_host) want=public ;; *) want= ;; esac
	is "$SAID" "$want" "pg_user_mappings shows options to $role: ${want:-none}"
done
run a 'RESET SESSION AUTHORIZATION;' 'ALTER SERVER sim OPTIONS (DROP client_id, DROP brand);' 'SELECT count(*) FROM stellantis.token_status;'
is "$SAID" 3 'a server that lacks options is no obstacle'
run a "ALTER SERVER sim OPTIONS (ADD client_id '$SIM_CLIENT_ID', ADD brand 'peugeot');" 'DROP USER MAPPING FOR PUBLIC SERVER sim;'

# ---- whose tokens ----

token_of()
{
	q "SELECT option_value FROM pg_user_mappings, pg_options_to_table(umoptions) WHERE usename = '$1' AND option_name = 'access_token'"
}

# refreshes TITLE ROLE SQL...: it refreshes that role's token, and no other
refreshes()
{
	local owner group
	owner=$(token_of tk_owner)
	group=$(token_of tk_group)
	run a "${@:3}"
	is "$SQLSTATE $([ "$(token_of tk_owner)" = "$owner" ] || echo tk_owner) $([ "$(token_of tk_group)" = "$group" ] || echo tk_group)" \
		"00000 ${2/tk_group/ tk_group}$([ "$2" = tk_group ] || echo ' ')" "$1"
}

sim oauth '{"expire": true}' >/dev/null
as tk_reader 'SELECT 1;'
refreshes "a view refreshes its owner's, for whoever reads" tk_owner 'SELECT count(*) FROM cars.of_owner;'
run a 'SELECT * FROM pg_user_mappings;' 'SELECT * FROM stellantis.token_status;'
unlike "$SAID" "$(token_of tk_owner)" '  who sees nothing of it'
sim oauth '{"expire": true}' >/dev/null
refreshes 'a SECURITY DEFINER function checks and refreshes its owner'\''s' tk_owner 'SELECT cars.check_of_owner();'
is "$SAID" 6 '  and finds what that one would'
as tk_owner "SELECT 1;"
refreshes "refresh_token: the caller's" tk_owner "SELECT stellantis.refresh_token('sim');"
run a 'RESET SESSION AUTHORIZATION;' 'GRANT EXECUTE ON FUNCTION stellantis.refresh_token TO tk_group;'
refreshes 'SET ROLE: that role'\''s, which may not even log in' tk_group 'SET ROLE tk_group;' "SELECT stellantis.refresh_token('sim');"
run a 'RESET ROLE;' 'REVOKE EXECUTE ON FUNCTION stellantis.refresh_token FROM tk_group;'

as tk_host "SELECT stellantis.refresh_token('sim');"
like "$SQLSTATE $SAID" '^42704 .*tk_host' "the server's owner has no use of others' tokens"
as tk_host "SELECT stellantis.revoke_token('sim');"
like "$SQLSTATE $SAID" '^42704 .*tk_host' 'nor may he revoke them by the function'

# a SECURITY DEFINER function lets a role do what it is not granted
run a 'RESET SESSION AUTHORIZATION;' "CREATE FUNCTION cars.refresh_of_owner() RETURNS timestamptz LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp AS 'SELECT stellantis.refresh_token(\$\$sim\$\$)';" 'ALTER FUNCTION cars.refresh_of_owner OWNER TO tk_owner;'
as tk_reader 'SELECT 1;'
refreshes 'also refresh_token, in a SECURITY DEFINER function' tk_owner 'SELECT cars.refresh_of_owner();'

# an enrolment into somebody's own mapping leaves the others alone
group=$(token_of tk_group)
as tk_owner "SELECT stellantis.authorize_url('sim', '$CALLBACK');"
URL=$(curl -fsS -o "$WORK/consent" -w '%{redirect_url}' "$SAID")
as tk_host "SELECT stellantis.enroll('$URL', 'sim');"
like "$SQLSTATE $SAID" '^42704 .*tk_host' 'who has no mapping, nor PUBLIC'\''s secret, cannot enrol'
refreshes 'enroll writes the caller'\''s mapping' tk_owner 'SET SESSION AUTHORIZATION tk_owner;' "SELECT stellantis.enroll('$URL', 'sim');"
is "$(token_of tk_group)" "$group" '  and no other'

# revoked by its owner; the others' are as good as before
as tk_owner "SELECT stellantis.revoke_token('sim');"
as tk_reader 'SELECT count(*) FROM cars.of_owner;'
like "$SQLSTATE ${SAID//$'\n'/ }" '^HV002 .*tk_owner.*HINT:  Enrol' 'revoked: the view says whose token is missing'
sim oauth '{"expire": true}' >/dev/null
as postgres 'SET ROLE tk_group;' 'SELECT count(*) FILTER (WHERE ok) FROM stellantis.check('\''sim'\'');' 'RESET ROLE;'
is "$SAID" 5 "the other one's is as good as it was"

close_session a
psql -Xq <<SQL
	SET client_min_messages = error;
	DROP SERVER sim CASCADE;
	DROP OWNED BY tk_owner, tk_group, tk_reader, tk_stranger, tk_host CASCADE;
	DROP ROLE tk_owner, tk_group, tk_reader, tk_stranger, tk_host;
SQL
done_testing
