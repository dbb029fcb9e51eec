#!/bin/bash
#
# remote_wait.t
#	wait_for_action: every way in which a remote action ends, its own timeout,
#	how often it asks, and where it looks.
#
#	simulator: --vehicles 2 --days 1 --token sim-command-token=everything

. test/harness/tap.sh
. test/harness/session.sh

# Nothing waits for longer, on the busiest machine; and how soon the end of an
# action is to be seen, which is printed.
BOUND_S=30
LATENCY_MS=2000

cars
q "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET access_token 'sim-command-token')"
CALLBACK=$(q "SELECT stellantis.create_callback('ours', 'https://hooks.example.com/cars')")
ID=$(vehicle_id 1)
VIN=$(sim world | jq -r '.vehicles[0].vehicle.vin')
open_session a
open_session control
run a "SET statement_timeout = '$BOUND_S s';"

knobs()
{
	sim config "$1" >/dev/null
}

# act OUTCOME-OR-RULE [FUNCTION]: a remote action that ends so; in ACTION
act()
{
	sim remotes "{\"next\": [$1]}" >/dev/null
	ACTION=$(q "SELECT stellantis.${2:-horn}('$ID')")
}

# await_action [ARGUMENTS]: in session a, status, cause, feedback, final
await_action()
{
	forget_log
	run a "SELECT w.* FROM stellantis.wait_for_action('$ID', '$ACTION'${1:+, $1}) AS w;"
}

# How often the action was asked for.
polls()
{
	sim 'log?format=text' | grep -c '^GET .*/remotes/' || :
}

# ---- every end, and every cause ----

knobs '{"remote_step_ms": 0}'
for end in Success AlreadyDone; do
	act "\"$end\""
	await_action
	is "$SAID $(polls)" "$end|||t 1" "$end, asked once"
done
for feedback in NoCIDBlacklisted CIDBlacklisted; do
	act "\"Success/$feedback\"" lock_doors
	await_action
	is "$SAID" "Success||$feedback|t" "feedback $feedback"
done
CAUSES='GeneralError VehicleError WrongCommand VehicleConnectionTimeout MissingRights NotPossibleDueToVehicleBatteryLevel
	NotPossibleDueToVehiclePrivacyLevel TooManyWakeUpsOverMonth TooManyRequestInShortTime SameActionInProgress
	NotPossibleDueToVehicleStolenState VehicleInUse TooManyRequestSent DoorsOpen VehicleErrorOrCidInside CidInside
	ExternalChargingSystemError VehicleChargingSystemError VehicleIsNotLocked CanceledByDriver VehicleBatteryChargeTooLow'
for cause in $CAUSES; do
	act "\"Failed:$cause\""
	await_action 'progress => true'
	like "$SAID" "(^|"$'\n'")Failed\|$cause\|\|t$" "Failed, $cause"
	like "${SAID//$'\n'/ }" "NOTICE: .* remote action \"$ACTION\": Failed, $cause DETAIL:  [A-Z].*\." "Failed, $cause: is explained"
done
act '"Failed:SomethingNew"'
await_action 'progress => true'
like "$SAID" $'\n''Failed\|SomethingNew\|\|t$' 'a cause that nobody knows'
unlike "$SAID" 'DETAIL' 'a cause that nobody knows: is not explained'

# ---- states on the way ----

knobs '{"remote_step_ms": 100, "remote_advance": "reads"}'
act '{"states": "Accepted,WakingUpVehicle,SentToVehicle,Success"}'
await_action
is "$SAID $(polls)" 'Success|||t 4' 'through four states, one a question'
act '{"states": "Accepted,WakingUpVehicle,WakingUpVehicle,CheckingVehicle,Failed:VehicleError"}'
await_action 'progress => true'
is "$(grep -o 'action ".*' <<<"$SAID" | sed 's/.*": //' | tr '\n' ' ')" 'Accepted WakingUpVehicle CheckingVehicle Failed, VehicleError ' 'a NOTICE at each change, and only then'
act '{"states": "Accepted,SomethingNew,VehicleBatteryChargeTooLow,AlreadyDone"}'
await_action 'progress => true'
is "$(grep -o 'action ".*' <<<"$SAID" | sed 's/.*": //' | tr '\n' ' ')${SAID##*$'\n'}" 'Accepted SomethingNew VehicleBatteryChargeTooLow AlreadyDone AlreadyDone|||t' 'new words are states that may pass'
act '{"states": "None,SentToVehicle,Success"}' wake_up
await_action
is "$SAID" 'Success|||t' 'a state without a status'
await_action "'0 s'"
is "$SAID $(polls)" 'Success|||t 1' 'one that has ended already'

# ---- its own timeout ----

knobs '{"remote_step_ms": 0, "remote_advance": "clock"}'
act '"Never"'
await_action "'0 s'"
is "$SAID $(polls)" 'SentToVehicle|||f 1' 'no time at all: asked once'
await_action "'4 seconds'"
is "$SAID" 'SentToVehicle|||f' 'the time is up: the last state, and not final'
ok "asked at 0, 0.5, 1.5, 3.4 and 4 s, or less often ($(polls))" [ "$(polls)" -le 5 ] && ok 'but several times' [ "$(polls)" -ge 3 ]
gaps=$(sim log | jq -c '[.[] | select(.path | test("/remotes/")) | .start_ms] | [range(1; length) as $i | .[$i] - .[$i - 1]]')
ok "ever less often ($gaps)" [ "$(jq '.[0] >= 450 and .[1] >= 900 and (.[2] // 1900) >= 1800' <<<"$gaps")" = true ]
fault '/remotes/' '{"kind": "stall", "ms": -1}'
await_action "'1 second'"
is "$SQLSTATE $SAID" '00000 |||f' 'nobody answers until the time is up: nothing is known'
heal
fault '/remotes/' '{"kind": "stall", "ms": -1}' '"skip": 1'
await_action "'1 second'"
is "$SQLSTATE $SAID" '00000 SentToVehicle|||f' 'nobody answers any more: the last state'
heal

fault '/remotes/' '{"kind": "stall", "ms": 2000}'
await_action "'4 seconds'"
gap=$(sim log | jq '[.[] | select(.path | test("/remotes/")) | .start_ms] | (.[1] // 1e9) - .[0] | floor')
ok "a slow answer is not followed by a question at once ($gap ms)" [ "$gap" -ge 2400 ]
heal

# what is looked up before does not take longer either
for stalled in '^GET /user/callbacks' '^GET /user/vehicles.vinPrefix'; do
	fault "$stalled" '{"kind": "stall", "ms": -1}'
	run a "SELECT w.* FROM stellantis.wait_for_action('$VIN', '$ACTION', '1 second') AS w;"
	is "$SQLSTATE $SAID" '00000 |||f' "$stalled is not answered: the time is up all the same"
	heal
done

# how soon the end is seen, late in a wait
send a "SELECT w.* FROM stellantis.wait_for_action('$ID', '$ACTION') AS w;"
asked_thrice()
{
	[ "$(polls)" -ge 4 ]
}
forget_log
wait_for 'some questions' asked_thrice
ended=$(now_us)
sim remotes "{\"finish\": \"Success\", \"id\": \"$ACTION\"}" >/dev/null
await a $BOUND_S || :
is "$SAID" 'Success|||t' 'the end comes while it waits'
diag "seen after $(((SAID_AT - ended) / 1000)) ms; to be less than $LATENCY_MS"
ok 'and is seen soon' [ $(((SAID_AT - ended) / 1000)) -lt $((LATENCY_MS * 10)) ]

# ---- questions that fail ----

act '"Never"'
fault '/remotes/' '{"kind": "status", "status": 503}' '"times": 2'
await_action "'0 s'"
is "$SAID $(polls)" 'SentToVehicle|||f 3' 'a failure that passes is no end'
heal
fault '/remotes/' '{"kind": "status", "status": 403}'
await_action
is "$SQLSTATE $(polls)" '42501 1' 'a refusal is'
heal
fault '/remotes/' '{"kind": "bad_json", "body": "{oops"}'
await_action
is "$SQLSTATE $(polls)" '08P01 1' 'so is what cannot be read'
heal
run a 'SET stellantis_fdw.max_requests = 3;'
await_action
is "$SQLSTATE $(asked)" '53400 3' 'questions are counted in max_requests'
run a 'RESET stellantis_fdw.max_requests;'

# ---- words that the API makes up ----

fault '/remotes/' '{"kind": "edit", "edits": [{"pointer": "/status", "value": "Sent\nto sim-command-token"}, {"pointer": "/failureCause", "value": "a\u001bb"}]}'
await_action "'0 s', progress => true"
like "$SAID" 'NOTICE: .*: Sent to \*\*\*, a b' 'they are harmless in a notice'
heal

# ---- interrupted ----

forget_log
send a "SELECT w.* FROM stellantis.wait_for_action('$ID', '$ACTION') AS w;"
asked_once()
{
	[ "$(polls)" -ge 1 ]
}
wait_for 'a question' asked_once
run control "SELECT pg_cancel_backend(${BACKEND[a]});"
await a || :
is "$SQLSTATE" 57014 'a cancel: SQLSTATE'
like "${SAID//$'\n'/ }" "DETAIL:  The remote action \"$ACTION\" goes on without being waited for.*HINT: .*remote_actions" 'a cancel: what is said'

# ---- with the command, in one statement ----

knobs '{"remote_step_ms": 0}'
sim remotes '{"next": ["Success/NoCIDBlacklisted"]}' >/dev/null
forget_log
run a "SELECT w.* FROM stellantis.unlock_doors('$VIN') AS a, LATERAL stellantis.wait_for_action('$VIN', a) AS w;"
is "$SAID" 'Success||NoCIDBlacklisted|t' 'a command and its wait in one statement'
is "$(sim 'log?format=text&ids=short' | sed -E 's/remote[0-9]+/remoteN/')" "GET /user/vehicles?vinPrefix=$VIN&pageSize=60 200
GET /user/callbacks?pageSize=60 200
POST /user/vehicles/$VIN/callbacks/callback1/remotes 202
GET /user/vehicles/$VIN/callbacks/callback1/remotes/remoteN 200" 'which asks for nothing twice'
run a 'BEGIN READ ONLY;'
await_action "'0 s'"
is "$SQLSTATE" 00000 'waiting alone is allowed in a read-only transaction'
run a 'ROLLBACK;'

# ---- below which callback ----

SECOND=$(q "SELECT stellantis.create_callback('second', 'https://hooks.example.com/2')")
THIRD=$(q "SELECT stellantis.create_callback('third', 'https://hooks.example.com/3', '{Monitor}')")
for callback in "$CALLBACK" "$SECOND"; do
	q "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (ADD callback_id '$callback')"
	act '"Success"'
	await_action
	is "$SAID $(asked)" 'Success|||t 1' 'below the mapping'\''s callback_id: one request'
	q "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (SET callback_id '$THIRD')"
	await_action
	is "$SAID" 'Success|||t' 'below another than that'
	q "ALTER USER MAPPING FOR CURRENT_USER SERVER sim OPTIONS (DROP callback_id)"
	await_action
	is "$SAID" 'Success|||t' 'below any that there is'
	q "SELECT stellantis.pause_callback('$callback')"
	await_action
	is "$SAID $(sim 'log?format=text' | grep -c '^GET /user/callbacks')" 'Success|||t 1' 'below one that is paused, with one listing'
	q "SELECT stellantis.resume_callback('$callback')"
done
run a "SELECT stellantis.wait_for_action('$(vehicle_id 2)', '$ACTION');"
is "$SQLSTATE" 42704 'another vehicle'\''s: SQLSTATE'
q "SELECT stellantis.delete_callback('$SECOND')"
await_action
is "$SQLSTATE" 42704 'the callback has been deleted: SQLSTATE'
like "$SAID" "remote action \"$ACTION\" does not exist" 'the callback has been deleted: what is said'
unlike "$SAID" 'goes on' 'and not that it goes on'

done_testing
