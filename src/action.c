/*
 * action.c
 *	  wait_for_action(): what becomes of a remote action.
 *
 * The API tells that to a callback; who has none that hears it must ask.  The
 * questions come ever more slowly, but no answer is seen later than two seconds
 * after it could have been.
 */
#include "postgres.h"

#include "argument.h"
#include "callback.h"
#include "catalog/pg_type.h"
#include "command.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "server.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_wait_for_action(PG_FUNCTION_ARGS);

/*
 * From one question to the next: at first, and at most.  That and the way of an
 * answer are less than two seconds.
 */
#define FIRST_STEP_MS	500
#define LONGEST_STEP_MS	1900

typedef struct ActionState
{
	char	   *status;
	char	   *failure_cause;
	char	   *feedback_detail;
} ActionState;

typedef struct Wait
{
	Command    *command;
	const char *vehicle_id;
	const char *action_id;
	const char *callback_id;	/* below which it is; NULL when not known yet */
	bool		progress;
	ActionState state;
} Wait;

/* What the API's words for a failure mean. */
static const struct
{
	const char *cause;
	const char *meaning;
}			meanings[] =
{
	{"GeneralError", "Something failed, and the API does not know what."},
	{"VehicleError", "The vehicle could not do it."},
	{"WrongCommand", "The vehicle does not know this command."},
	{"VehicleConnectionTimeout", "The vehicle could not be reached: it is without a network, in deep sleep after days without a drive, or its battery is flat."},
	{"MissingRights", "The owner's services or consent do not cover it, or the vehicle does not support it."},
	{"NotPossibleDueToVehicleBatteryLevel", "The vehicle's battery is too low."},
	{"VehicleBatteryChargeTooLow", "The vehicle's battery is too low."},
	{"NotPossibleDueToVehiclePrivacyLevel", "The vehicle is in privacy mode."},
	{"TooManyWakeUpsOverMonth", "The vehicle was woken too often this month: it must be awake already, or the month be over."},
	{"TooManyRequestInShortTime", "Too many commands came in a short time: try again in some minutes."},
	{"TooManyRequestSent", "Too many commands were sent: try again later."},
	{"SameActionInProgress", "An action of the same kind is still in progress: wait for that one."},
	{"NotPossibleDueToVehicleStolenState", "The vehicle is reported as stolen."},
	{"VehicleInUse", "The vehicle is in use."},
	{"DoorsOpen", "A door is open."},
	{"VehicleErrorOrCidInside", "The vehicle could not do it, or a key is inside."},
	{"CidInside", "A key is inside the vehicle."},
	{"ExternalChargingSystemError", "The charging station reports an error."},
	{"VehicleChargingSystemError", "The vehicle's charging system reports an error."},
	{"VehicleIsNotLocked", "The vehicle is not locked."},
	{"CanceledByDriver", "The driver has cancelled it."},
};

static const char *
meaning_of(const char *cause)
{
	for (int i = 0; cause != NULL && i < lengthof(meanings); i++)
		if (strcmp(meanings[i].cause, cause) == 0)
			return meanings[i].meaning;
	return NULL;
}

static bool
is_final(const ActionState *state)
{
	return state->status != NULL &&
		(strcmp(state->status, "Success") == 0 || strcmp(state->status, "AlreadyDone") == 0 ||
		 strcmp(state->status, "Failed") == 0);
}

/* ---- asking ---- */

static bool
is_same(const char *a, const char *b)
{
	return a == NULL ? b == NULL : b != NULL && strcmp(a, b) == 0;
}

static void
tell_progress(const Wait *wait)
{
	const ActionState *state = &wait->state;
	const char *meaning = meaning_of(state->failure_cause);
	const char *cause = state->failure_cause;

	if (meaning == NULL)
		meaning = meaning_of(state->status);
	ereport(NOTICE,
			(errmsg("remote action \"%s\": %s%s%s", wait->action_id,
					command_shown(wait->command, state->status), cause != NULL ? ", " : "",
					cause != NULL ? command_shown(wait->command, cause) : ""),
			 meaning != NULL ? errdetail_internal("%s", meaning) : 0));
}

static void
note_state(Wait *wait, const HttpAnswer *answer)
{
	static const DecodeColumn columns[] = {TEXT_MEMBER("status"), TEXT_MEMBER("failureCause"),
	TEXT_MEMBER("feedbackDetail")};
	ActionState before = wait->state;
	char	   *read[lengthof(columns)];

	if (!command_read(answer, columns, lengthof(columns), read))
		command_broken(wait->command);
	if (read[0] == NULL)
		return;
	wait->state.status = read[0];
	wait->state.failure_cause = read[1];
	wait->state.feedback_detail = read[2];
	if (wait->progress && !(is_same(before.status, read[0]) && is_same(before.failure_cause, read[1])))
		tell_progress(wait);
}

typedef enum Asked
{
	IS_THERE,
	IS_NOT_THERE,
	IS_LATE						/* no answer in time */
} Asked;

static Asked
ask_below(Wait *wait, const char *callback_id)
{
	const HttpAnswer *answer = command_ask(wait->command,
										   command_path("user", "vehicles", wait->vehicle_id, "callbacks", callback_id,
														"remotes", wait->action_id));

	if (answer == NULL)
		return IS_LATE;
	if (command_found_none(answer))
		return IS_NOT_THERE;
	wait->callback_id = callback_id;
	note_state(wait, answer);
	return IS_THERE;
}

static void
no_action(const Wait *wait)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("remote action \"%s\" does not exist on server \"%s\"", wait->action_id,
					wait->command->account->server_name),
			 errdetail("The API does not know it of this vehicle, below any callback of the account."),
			 errhint("The foreign table remote_actions has those that it knows.")));
}

/* Below those that may serve a command, or those that may not; "asked" has been. */
static Asked
ask_among(Wait *wait, List *callbacks, bool serving, const char *asked)
{
	ListCell   *lc;

	foreach(lc, callbacks)
	{
		const Callback *callback = lfirst(lc);
		Asked		answer;

		if (callback_serves(callback) != serving || is_same(callback->id, asked))
			continue;
		answer = ask_below(wait, callback->id);
		if (answer != IS_NOT_THERE)
			return answer;
	}
	return IS_NOT_THERE;
}

/*
 * Below the callback that a command would take now, else below each of the
 * others.
 */
static Asked
look_for(Wait *wait)
{
	const char *known = callback_known(wait->command);
	Asked		asked = known == NULL ? IS_NOT_THERE : ask_below(wait, known);
	List	   *callbacks;

	if (asked != IS_NOT_THERE)
		return asked;
	if (!callback_list(wait->command, &callbacks))
		return IS_LATE;
	asked = ask_among(wait, callbacks, true, known);
	if (asked == IS_NOT_THERE)
		asked = ask_among(wait, callbacks, false, known);
	if (asked == IS_NOT_THERE)
		no_action(wait);
	return asked;
}

static Asked
ask(Wait *wait)
{
	Asked		asked;

	if (wait->callback_id == NULL)
		return look_for(wait);
	asked = ask_below(wait, wait->callback_id);
	if (asked == IS_NOT_THERE)
		no_action(wait);
	return asked;
}

/* A cancel ends the waiting, not the action. */
static void
explain_interruption(void *arg)
{
	const Wait *wait = arg;

	if (wait->callback_id == NULL ||
		(geterrcode() != ERRCODE_QUERY_CANCELED && geterrcode() != ERRCODE_ADMIN_SHUTDOWN))
		return;
	errdetail("The remote action \"%s\" goes on without being waited for.", wait->action_id);
	errhint("Wait for it with stellantis.wait_for_action again, or look at it in the foreign table remote_actions.");
}

/* Until it has ended, or the time is up. */
static void
wait_until_final(Wait *wait)
{
	ErrorContextCallback context = {.callback = explain_interruption,.arg = wait,
	.previous = error_context_stack};
	const Command *command = wait->command;
	int64		step = FIRST_STEP_MS;

	error_context_stack = &context;
	for (;;)
	{
		int64		before = command_left(command);
		int64		left;

		if (ask(wait) == IS_LATE || is_final(&wait->state) || (left = command_left(command)) <= 0)
			break;

		/* an answer that took long, by retries perhaps, is not followed by a question at once */
		http_pause(command->group, Min(Max(step - (before - left), FIRST_STEP_MS), left));
		step = Min(step * 2, LONGEST_STEP_MS);
	}
	error_context_stack = context.previous;
}

/* ---- wait_for_action ---- */

static int64
timeout_argument(FunctionCallInfo fcinfo, int argument)
{
	const Interval *interval;
	double		ms;

	refuse_null(fcinfo, argument, "timeout");
	interval = PG_GETARG_INTERVAL_P(argument);
	ms = interval->time / 1000.0 + (interval->month * 30.0 + interval->day) * 86400000.0;
	if (ms < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"timeout\" must not be negative")));
	return (int64) Min(ms, (double) PG_INT32_MAX);
}

PG_FUNCTION_INFO_V1(stellantis_wait_for_action);

/*
 * wait_for_action(vehicle, action_id, timeout, server, progress): the state in
 * which the action has ended, or the last one before the time was up.
 */
Datum
stellantis_wait_for_action(PG_FUNCTION_ARGS)
{
	char	   *vehicle = id_argument(fcinfo, 0, "vehicle");
	char	   *action_id = id_argument(fcinfo, 1, "action_id");
	int64		timeout_ms = timeout_argument(fcinfo, 2);
	Wait		wait = {.action_id = action_id};
	TupleDesc	desc;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	refuse_null(fcinfo, 4, "progress");
	wait.progress = PG_GETARG_BOOL(4);
	wait.command = command_begin(server_argument(fcinfo, 3));
	wait.command->action = psprintf("ask for remote action \"%s\"", action_id);
	wait.command->unknown = "the remote action";
	command_limit(wait.command, timeout_ms);
	wait.vehicle_id = command_vehicle(wait.command, vehicle);
	if (wait.vehicle_id != NULL)
		wait_until_final(&wait);

	set_text(&values[0], &nulls[0], wait.state.status);
	set_text(&values[1], &nulls[1], wait.state.failure_cause);
	set_text(&values[2], &nulls[2], wait.state.feedback_detail);
	values[3] = BoolGetDatum(is_final(&wait.state));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
