#!/bin/bash
#
# remote.t
#	A command is sent once, whatever becomes of it: errors that do not tell what
#	became of it, cancels, rollbacks, queries that read it twice.  Who may send
#	it; what sends none.  (wait_for_action: remote_wait.t.)
#
#	simulator: --vehicles 4 --days 1 --token sim-command-token=everything

. test/harness/tap.sh
. test/harness/session.sh

cars
q "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-command-token')"
callback=$(q "SELECT stellantis.create_callback('ours', 'https://hooks.example.com/cars')")
ID=$(vehicle_id 1)
VIN=$(sim world | jq -r '.vehicles[0].vehicle.vin')
LOCK="SELECT stellantis.lock_doors('$ID');"
open_session a
open_session control

# How often a command came to the simulator; how often it was carried out.
posts()
{
	sim 'log?format=text' | grep -c '^POST .*/remotes ' || :
}

actions()
{
	sim remotes | jq '.remotes | length'
}

asked_something()
{
	[ "$(asked)" -gt 0 ]
}

posted()
{
	[ "$(posts)" -gt 0 ]
}

# once TITLE SQLSTATE CARRIED-OUT REGEX: what session a said last, and that one
# command was sent
once()
{
	like "$SQLSTATE $(posts) $(($(actions) - BEFORE))" "^$2 1 $3\$" "$1: one POST, SQLSTATE, carried out or not"
	like "${SAID//$'\n'/ }" "$4" "$1: what is said"
}

begin()
{
	forget_log
	BEFORE=$(actions)
}

UNKNOWN='It may have been carried out all the same.*HINT: .*remote_actions'
SENT='has been sent\.  It may be carried out all the same\..*HINT: .*remote_actions'

# ---- answers that do not tell what became of it ----

# unknown TITLE FAULT SQLSTATE CARRIED-OUT [REGEX]: "times": 1, so that a second
# POST would be carried out
unknown()
{
	fault 'POST .*/remotes' "$2" '"times": 1'
	begin
	run a "$LOCK"
	once "$1" "$3" "$4" "${5:-$UNKNOWN}"
	heal
}

unknown '500, not carried out' '{"kind": "status", "status": 500}' HV00L 0
unknown '500, carried out' '{"kind": "status", "status": 500, "after": true}' HV00L 1
unknown '502' '{"kind": "status", "status": 502, "body": "html", "after": true}' HV00L 1
unknown '503' '{"kind": "status", "status": 503, "headers": {"Retry-After": 1}}' HV00L 0
unknown '408' '{"kind": "status", "status": 408}' HV00L 0
unknown 'a reset before the body' '{"kind": "reset_early"}' 08006 0
unknown 'a reset after the body' '{"kind": "reset"}' 08006 0
unknown 'a reset after it was carried out' '{"kind": "reset", "after": true}' 08006 1
unknown 'closed without an answer' '{"kind": "drop", "after": true}' 08006 1
unknown 'a reset amid the answer' '{"kind": "reset_body", "bytes": 20}' '(08006|08P01)' 1
unknown 'an answer that ends early' '{"kind": "truncate", "bytes": 20}' 08P01 1
ACCEPTED='The API has accepted it.*HINT: .*remote_actions'
unknown 'an answer that is no JSON' '{"kind": "bad_json", "body": "{oops"}' 08P01 1 "$ACCEPTED"
unknown 'an answer without the id' '{"kind": "edit", "edits": [{"pointer": "/remoteActionId", "remove": true}, {"pointer": "/_links", "remove": true}]}' 08P01 1 "$ACCEPTED"

# the id in the link alone will do
fault 'POST .*/remotes' '{"kind": "edit", "pointer": "/remoteActionId", "remove": true}' '"times": 1'
run a "$LOCK"
is "$SQLSTATE $SAID" "00000 $(sim remotes | jq -r '.remotes[-1].id')" 'an answer with the id in its link only'
heal

q "ALTER SERVER sim OPTIONS (ADD request_timeout '300 ms')"
unknown 'request_timeout' '{"kind": "stall", "ms": -1}' HV00L 1
unknown 'request_timeout amid the answer' '{"kind": "stall_body", "bytes": 10, "ms": -1}' HV00L 1
q 'ALTER SERVER sim OPTIONS (DROP request_timeout)'

# ---- refusals: it is known that nothing was carried out ----

refused()
{
	fault 'POST .*/remotes' "$2"
	begin
	run a "$LOCK"
	is "$SQLSTATE $(posts) $(($(actions) - BEFORE))" "$3 1 0" "$1: one POST, SQLSTATE"
	unlike "$SAID" 'may have been carried out' "$1: no doubt"
	like "${SAID//$'\n'/ }" "$4" "$1: what is said"
	heal
}

unknown 'an answer of another kind' '{"kind": "content_type", "value": "text/html"}' 08P01 1

refused 400 '{"kind": "status", "status": 400, "code": 40000}' HV000 'HINT:  Nothing was carried out'
refused 403 '{"kind": "status", "status": 403, "code": 40300}' 42501 'HINT: .*remote:door:write'
refused 404 '{"kind": "status", "status": 404, "code": 40400}' 42704 'does not know the vehicle, or the callback'
refused 'a 404 of a gateway' '{"kind": "status", "status": 404, "body": "html"}' HV00R 'HINT: .*base_url'
refused 429 '{"kind": "status", "status": 429, "headers": {"Retry-After": 1}}' 53400 'HINT:  Try again in 1 second'
refused 'a redirect' '{"kind": "redirect", "status": 302, "location": "https://elsewhere.example.com/"}' 08P01 'Redirects are not followed'

# ---- what interrupts the wait ----

# interrupted TITLE SQLSTATE COMMAND...: while the answer is waited for
interrupted()
{
	fault 'POST .*/remotes' '{"kind": "stall", "ms": -1}'
	begin
	send a "$LOCK"
	wait_for 'the command to come' posted
	"${@:3}"
	await a || :
	once "$1" "$2" 1 "$SENT"
	heal
}

cancel()
{
	run control "SELECT pg_cancel_backend(${BACKEND[a]});"
}

terminate()
{
	run control "SELECT pg_terminate_backend(${BACKEND[a]});"
}

run a "SET statement_timeout = '500 ms';"
interrupted statement_timeout 57014 true
run a 'RESET statement_timeout;'
interrupted 'a cancel' 57014 cancel
interrupted 'terminate' 57P01 terminate
close_session a
open_session a

# before it was sent nothing is said of that
fault /callbacks '{"kind": "stall", "ms": -1}'
begin
send a "$LOCK"
wait_for 'the listing to be asked' asked_something
cancel
await a || :
is "$SQLSTATE $(posts)" '57014 0' 'a cancel before it was sent'
unlike "$SAID" 'may be carried out' 'a cancel before it was sent: what is said'
heal

# caught in PL/pgSQL, the detail says it, too
fault 'POST .*/remotes' '{"kind": "stall", "ms": -1}'
begin
run a "SET statement_timeout = '500 ms';" "DO \$\$
DECLARE
	detail text;
BEGIN
	PERFORM stellantis.lock_doors('$ID');
EXCEPTION WHEN query_canceled THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RAISE NOTICE 'caught: %', detail;
END \$\$;" 'RESET statement_timeout;'
like "$SAID" 'caught: The request to lock the doors of vehicle .* has been sent' 'who catches the cancel can read it'
is "$(posts)" 1 'who catches the cancel: one POST'
heal

# ---- transactions and queries ----

# sends TITLE N SQL...: so many commands come of it
sends()
{
	begin
	run a "${@:3}"
	is "$SQLSTATE $(posts)" "00000 $2" "$1"
}

sends 'a rolled-back transaction' 1 'BEGIN;' "$LOCK" 'ROLLBACK;'
sends 'a rolled-back savepoint' 1 'BEGIN;' 'SAVEPOINT s;' "$LOCK" 'ROLLBACK TO s;' 'COMMIT;'
sends 'a CTE that is read twice' 1 "WITH c AS (SELECT stellantis.lock_doors('$ID') AS a) SELECT * FROM c AS x, c AS y;"
sends 'a CTE that nobody reads' 0 "WITH c AS (SELECT stellantis.lock_doors('$ID') AS a) SELECT 1;"
sends EXPLAIN 0 "EXPLAIN $LOCK" "EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM stellantis.lock_doors('$ID') AS a, LATERAL stellantis.wait_for_action('$ID', a) AS w;"
sends 'PREPARE' 0 "PREPARE p AS $LOCK" 'EXPLAIN EXECUTE p;'
sends 'EXECUTE' 1 'EXECUTE p;'
sends 'as many calls as rows' 4 "SELECT stellantis.horn(id) FROM cars.vehicles;"
sends 'a false condition' 0 "SELECT stellantis.lock_doors('$ID') WHERE false;" "SELECT stellantis.lock_doors(id) FROM cars.vehicles WHERE id = 'nobody';"
sends 'LIMIT' 1 "SELECT stellantis.horn(id) FROM cars.vehicles LIMIT 1;"
sends 'LIMIT 0' 0 "SELECT stellantis.horn(id) FROM cars.vehicles LIMIT 0;"
sends 'a condition of a row that is not reached' 0 "SELECT CASE WHEN false THEN stellantis.lock_doors('$ID') END;"

begin
run a 'BEGIN READ ONLY;' "$LOCK"
is "$SQLSTATE $(asked)" '25006 0' 'a read-only transaction: nothing is asked'
like "$SAID" 'cannot execute lock_doors\(\) in a read-only transaction' 'a read-only transaction: what is said'
run a 'ROLLBACK;'
run a 'SET stellantis_fdw.max_requests = 2;'
begin
run a "SELECT stellantis.lock_doors('$VIN');"
is "$SQLSTATE $(asked) $(posts)" '53400 2 0' 'max_requests counts them, and what is asked before'
run a 'SET stellantis_fdw.max_requests = 3;'
sends 'as many requests as max_requests allows' 1 "SELECT stellantis.lock_doors('$VIN');"
run a 'RESET stellantis_fdw.max_requests;'

# ---- a callback that two commands need ----

q 'CREATE ROLE remote_first' -c 'GRANT USAGE ON FOREIGN SERVER sim TO remote_first' \
	-c "CREATE USER MAPPING FOR remote_first SERVER sim OPTIONS (access_token 'sim-command-token')" \
	-c 'GRANT EXECUTE ON FUNCTION stellantis.horn(text, boolean, text) TO remote_first' \
	-c "ALTER SERVER sim OPTIONS (ADD callback_url 'https://hooks.example.com/cars')"
q "SELECT stellantis.pause_callback('$callback')"
run a 'SET ROLE remote_first;'
run control 'SET ROLE remote_first;'
fault '^GET /user/callbacks' '{"kind": "stall", "ms": 500}'
made=$(sim callbacks | jq length)
begin
send a "SELECT stellantis.horn('$ID');"
send control "SELECT stellantis.horn('$ID');"
await a
first=$SQLSTATE
await control
is "$first $SQLSTATE $(posts) $(($(sim callbacks | jq length) - made))" '00000 00000 2 1' 'two commands at once that find no callback make one'
heal
run a 'RESET ROLE;'
run control 'RESET ROLE;'
q "SELECT stellantis.delete_callback('$(sim callbacks | jq -r '.[-1].id')')" -c "SELECT stellantis.resume_callback('$callback')"

# ---- connections ----

sends 'many commands' 5 "SELECT stellantis.horn('$ID') FROM generate_series(1, 5);"
is "$(sim log | jq '[.[] | select(.method == "POST") | .connection] | unique | length')" 5 'each has a connection of its own'

# nobody answers there: it certainly never left, and is tried again
cat >"$WORK/refuse.sql" <<SQL
CREATE SERVER nowhere FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', base_url 'http://127.0.0.1:9/v4', client_id 'x', retries '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere OPTIONS (access_token 'x', callback_id 'c');
SQL
q "$(cat "$WORK/refuse.sql")"
run a "SELECT stellantis.lock_doors('x', 'nowhere');"
is "$SQLSTATE" 08001 'no connection: SQLSTATE'
like "${SAID//$'\n'/ }" 'The request was tried 2 times' 'no connection: tried again, never sent'
unlike "$SAID" 'carried out' 'no connection: no doubt'
q 'DROP SERVER nowhere CASCADE' 2>/dev/null

# ---- what is left behind ----

run a "SET statement_timeout = '30 ms';"
fault 'POST .*/remotes' '{"kind": "stall", "ms": -1}'
run a "$LOCK" "$LOCK"
before=$(descriptors "${BACKEND[a]}")
begin
for ((i = 0; i < 30; i++)); do run a "$LOCK"; done
is "$SQLSTATE $(descriptors "${BACKEND[a]}")" "57014 $before" 'of thirty that were cancelled, no descriptor'
ok "and none was sent twice ($(posts))" [ "$(posts)" -le 30 ]
run a 'RESET statement_timeout;'
heal

# ---- a database of another encoding ----

"$PG_BINDIR/createdb" -E LATIN1 -T template0 --locale=C "${PGDATABASE}_latin"
"$PG_BINDIR/psql" -Xq -v ON_ERROR_STOP=1 -d "${PGDATABASE}_latin" <<SQL
	SET client_encoding = 'UTF8';
	CREATE EXTENSION stellantis_fdw;
	CREATE SERVER sim FOREIGN DATA WRAPPER stellantis_fdw OPTIONS (brand 'peugeot', base_url '$SIM_URL', client_id '$SIM_CLIENT_ID');
	CREATE USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (access_token 'sim-command-token');
	\\o $WORK/latin
	SELECT stellantis.create_callback('Garage à Évreux', 'https://hooks.example.com/latin', '{Monitor}', '[{"type": "Body", "key": "clé", "value": "1"}]');
SQL
is "$(sim callbacks | jq -r '.[-1].subscribe | .label + " " + .callback.webhook.attributes[0].key')" 'Garage à Évreux clé' 'texts go out in UTF-8'

# ---- a token that the API refuses ----

SECRET="client_secret 'sim-client-secret'"
sim oauth '{"scopes": "everything"}' >"$WORK/enrolment"
token=$(jq -r '.access_tokens[0].access_token' "$WORK/enrolment")
refresh=$(jq -r .refresh_token "$WORK/enrolment")
q "CREATE ROLE remote_refresher LOGIN" -c 'GRANT USAGE ON FOREIGN SERVER sim TO remote_refresher' \
	-c "CREATE USER MAPPING FOR remote_refresher SERVER sim OPTIONS (access_token '$token', refresh_token '$refresh', $SECRET)" \
	-c "GRANT EXECUTE ON FUNCTION stellantis.lock_doors(text, text) TO remote_refresher"
q "ALTER SERVER sim OPTIONS (SET auth_url '$SIM_AUTH_URL')"
open_session r -U remote_refresher
run r "$LOCK"
is "$SQLSTATE" 00000 'with a good token'
fault 'POST .*/remotes' '{"kind": "status", "status": 401, "body": "gateway"}' '"times": 1'
begin
run r "$LOCK"
is "$SQLSTATE $(posts) $(($(actions) - BEFORE))" '00000 2 1' 'a 401 is sent once more, with another token'
is "$(sim log | jq '[.[] | select(.method == "POST" and (.path | test("/remotes$"))) | .headers.token] | unique | length')" 2 'which is another one'
heal
fault 'POST .*/remotes' '{"kind": "status", "status": 401, "body": "gateway"}'
begin
run r "$LOCK"
is "$SQLSTATE $(posts) $(($(actions) - BEFORE))" '28000 2 0' 'a 401 whatever the token: no third time'
unlike "$SAID" 'carried out' 'a 401 whatever the token: no doubt'
like "${SAID//$'\n'/ }" 'HINT: .*client_id.*the scope remote:door:write' 'a 401 whatever the token: a scope may be missing'
heal
close_session r

# ---- roles ----

q 'CREATE ROLE remote_reader LOGIN' -c 'GRANT USAGE ON FOREIGN SERVER sim TO remote_reader' \
	-c "CREATE USER MAPPING FOR remote_reader SERVER sim OPTIONS (access_token 'sim-command-token')" \
	-c 'GRANT USAGE ON SCHEMA cars TO remote_reader' -c 'GRANT SELECT ON ALL TABLES IN SCHEMA cars TO remote_reader'
ACTING="pronamespace = 'stellantis'::regnamespace AND prorettype <> 'jsonb'::regtype
	AND proargnames[1] IN ('vehicle', 'callback_id', 'label')"
mapfile -t FUNCTIONS < <(q "SELECT oid::regprocedure FROM pg_proc WHERE $ACTING ORDER BY 1")
is "${#FUNCTIONS[@]}" 25 'functions that act or wait'

open_session r -U remote_reader
run r 'SELECT count(*) FROM cars.vehicles;'
is "$SQLSTATE $SAID" '00000 4' 'a role may read'
# with NULLs: who may not call it is told so first
declare -A CALL
denied=0
forget_log
for function in "${FUNCTIONS[@]}"; do
	CALL[$function]=$(q "SELECT format('SELECT stellantis.%I(%s);', proname, (SELECT string_agg('NULL::' || t::regtype, ', ') FROM unnest(proargtypes) AS t))
		FROM pg_proc WHERE oid = '$function'::regprocedure")
	run r "${CALL[$function]}"
	if [ "$SQLSTATE" = 42501 ]; then denied=$((denied + 1)); else diag "$function: $SQLSTATE $SAID"; fi
done
is "$denied $(asked)" "${#FUNCTIONS[@]} 0" 'who may only read can call none of them'
wrong=
for granted in "${FUNCTIONS[@]}"; do
	q "GRANT EXECUTE ON FUNCTION $granted TO remote_reader"
	may=$(q "SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc WHERE $ACTING AND has_function_privilege('remote_reader', oid, 'EXECUTE')")
	run r "${CALL[$granted]}"
	[ "$may $SQLSTATE" = "$granted 22004" ] || wrong+="$granted: $may $SQLSTATE "
	q "REVOKE EXECUTE ON FUNCTION $granted FROM remote_reader"
done
is "$wrong" '' 'GRANT EXECUTE gives just that function'
q 'GRANT EXECUTE ON FUNCTION stellantis.horn(text, boolean, text) TO remote_reader'
begin
run r "SELECT stellantis.horn('$ID');"
is "$SQLSTATE $(posts)" '00000 1' 'who was granted one can use it'

# a view's owner lends nothing; SECURITY DEFINER does
q "CREATE VIEW cars.locking AS SELECT stellantis.lock_doors('$ID') AS a" -c 'GRANT SELECT ON cars.locking TO remote_reader'
begin
run r 'SELECT * FROM cars.locking;'
is "$SQLSTATE $(posts)" '42501 0' 'a function in a view is called by who reads the view'
q "CREATE FUNCTION cars.lock_ours() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'SELECT stellantis.lock_doors(''$ID'', ''sim'')'" -c 'GRANT EXECUTE ON FUNCTION cars.lock_ours() TO remote_reader'
run r 'SELECT cars.lock_ours() IS NOT NULL;'
is "$SQLSTATE $SAID $(posts)" '00000 t 1' 'SECURITY DEFINER lends one'
q 'CREATE ROLE remote_stranger LOGIN' -c 'GRANT EXECUTE ON FUNCTION stellantis.horn(text, boolean, text) TO remote_stranger'
open_session s -U remote_stranger
begin
run s "SELECT stellantis.horn('$ID', server => 'sim');"
is "$SQLSTATE $(asked)" '42501 0' 'it takes USAGE on the server'
run s "SELECT stellantis.horn('$ID');"
is "$SQLSTATE $(asked)" '42704 0' 'without a name: there is none that could be used'

# ---- what reads sends no command ----

begin
mapfile -t READING < <(
	q "SELECT format('SELECT count(*) FROM %s AS x WHERE x IS NOT NULL;', c.oid::regclass) FROM pg_class AS c
		WHERE c.relkind = 'f' OR (c.relkind = 'v' AND c.relnamespace = 'stellantis'::regnamespace)"
	q "SELECT format('SELECT * FROM stellantis.%I(%s);', proname, CASE WHEN pronargs > 0 THEN '''sim''' ELSE '' END) FROM pg_proc
		WHERE pronamespace = 'stellantis'::regnamespace AND proname IN ('check', 'availability', 'data_catalog', 'token_status')"
)
run a "${READING[@]}"
is "$SQLSTATE" 00000 "what reads: ${#READING[@]} tables, views and functions"
is "$(sim 'log?format=text' | grep -cv '^GET ' || :) $(($(actions) - BEFORE))" '0 0' 'sends only GET, and wakes no car'
cmp=$(sim 'log?format=text' | grep -c '^GET ' || :)
ok "and does ask ($cmp requests)" [ "$cmp" -gt 20 ]
is "$callback" "$(sim callbacks | jq -r '.[0].id')" 'the callback is the one that was made'

done_testing
