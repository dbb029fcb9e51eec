/*
 * remote.c
 *	  What a vehicle can be told: doors, horn, lights, waking up, charging,
 *	  preconditioning, navigation.
 *
 * Each function checks its arguments, writes the body that the API wants, and
 * sends it; the rest is common to all.  They return the id of the remote action,
 * of which wait_for_action() says what becomes of it.
 */
#include "postgres.h"

#include "argument.h"
#include "callback.h"
#include "catalog/pg_type.h"
#include "command.h"
#include "server.h"
#include "form.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "words.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_lock_doors(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_unlock_doors(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_horn(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_lights(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_wake_up(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_start_charging(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_stop_charging(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_delay_charging(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_schedule_charging(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_set_charging_preferences(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_start_preconditioning(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_stop_preconditioning(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_set_preconditioning_program(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_delete_preconditioning_program(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_navigate_to(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_navigate_to_many(PG_FUNCTION_ARGS);

#define SCOPE(name)		"remote:" name ":write"

#define MOST_POSITIONS	10

/* ---- what all have in common ---- */

/* Sends "body" to the vehicle of the first argument; the function's result. */
static Datum
send_remote(FunctionCallInfo fcinfo, const char *function, const char *verb, const char *scope,
			int server, const char *body)
{
	char	   *vehicle = id_argument(fcinfo, 0, "vehicle");
	const HttpAnswer *answer;
	Command    *command;
	const char *vehicle_id;
	const char *callback_id;

	command_prevent(function);
	command = command_begin(server_argument(fcinfo, server));
	command->action = psprintf("%s vehicle \"%s\"", verb, vehicle);
	command->scope = scope;
	command->unknown = "the vehicle, or the callback";
	command->look = "Before you send it again, look at what the API knows of the vehicle's actions, in the foreign table remote_actions, or at the vehicle.";
	command->advice = "Not every vehicle takes every command: the column remote_capabilities of the foreign table vehicles names those that it takes.";
	vehicle_id = command_vehicle(command, vehicle);
	callback_id = callback_choose(command);

	answer = command_send(command, "POST",
						  command_path("user", "vehicles", vehicle_id, "callbacks", callback_id,
									   "remotes"), body);
	return PointerGetDatum(cstring_to_text(command_made(command, answer, "action", "remoteActionId",
														"_links.remote.href|_links.self.href")));
}

/* ---- doors, horn, lights, waking up ---- */

PG_FUNCTION_INFO_V1(stellantis_lock_doors);

/* lock_doors(vehicle, server) */
Datum
stellantis_lock_doors(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "lock_doors()", "lock the doors of", SCOPE("door"), 1,
					   "{\"door\":{\"state\":\"Locked\"}}");
}

PG_FUNCTION_INFO_V1(stellantis_unlock_doors);

/* unlock_doors(vehicle, server) */
Datum
stellantis_unlock_doors(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "unlock_doors()", "unlock the doors of", SCOPE("door"), 1,
					   "{\"door\":{\"state\":\"Unlocked\"}}");
}

PG_FUNCTION_INFO_V1(stellantis_horn);

/* horn(vehicle, active, server) */
Datum
stellantis_horn(PG_FUNCTION_ARGS)
{
	bool		active;

	refuse_null(fcinfo, 1, "active");
	active = PG_GETARG_BOOL(1);
	return send_remote(fcinfo, "horn()", active ? "sound the horn of" : "silence the horn of",
					   SCOPE("horn"), 2,
					   active ? "{\"horn\":{\"state\":\"Activated\"}}" :
					   "{\"horn\":{\"state\":\"Unactivated\"}}");
}

PG_FUNCTION_INFO_V1(stellantis_lights);

/* lights(vehicle, active, server) */
Datum
stellantis_lights(PG_FUNCTION_ARGS)
{
	bool		active;

	refuse_null(fcinfo, 1, "active");
	active = PG_GETARG_BOOL(1);
	return send_remote(fcinfo, "lights()", active ? "switch on the lights of" : "switch off the lights of",
					   SCOPE("lights"), 2,
					   active ? "{\"lights\":{\"on\":true}}" : "{\"lights\":{\"on\":false}}");
}

PG_FUNCTION_INFO_V1(stellantis_wake_up);

/* wake_up(vehicle, server) */
Datum
stellantis_wake_up(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "wake_up()", "wake", SCOPE("wakeup"), 1,
					   "{\"wakeUp\":{\"action\":\"WakeUp\"}}");
}

/* ---- charging ---- */

PG_FUNCTION_INFO_V1(stellantis_start_charging);

/* start_charging(vehicle, server) */
Datum
stellantis_start_charging(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "start_charging()", "start charging", SCOPE("charging"), 1,
					   "{\"charging\":{\"immediate\":true}}");
}

PG_FUNCTION_INFO_V1(stellantis_stop_charging);

/* stop_charging(vehicle, server) */
Datum
stellantis_stop_charging(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "stop_charging()", "stop charging", SCOPE("charging"), 1,
					   "{\"charging\":{\"immediate\":false}}");
}

PG_FUNCTION_INFO_V1(stellantis_delay_charging);

/* delay_charging(vehicle, at, server): next time, charging begins at that moment. */
Datum
stellantis_delay_charging(PG_FUNCTION_ARGS)
{
	TimestampTz at;
	char	   *sent;

	refuse_null(fcinfo, 1, "at");
	at = PG_GETARG_TIMESTAMPTZ(1);
	sent = rfc3339(at);
	if (sent == NULL || at <= GetCurrentTimestamp())
		refuse_argument("at", DatumGetCString(DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(at))),
						"Give a moment that is still to come, such as now() + interval '2 hours'.");
	return send_remote(fcinfo, "delay_charging()", "delay the charging of", SCOPE("charging"), 2,
					   psprintf("{\"charging\":{\"schedule\":{\"nextDelayedTime\":\"%s\"}}}", sent));
}

static const Form occurence_form[] = {
	{"day", FORM_DAY,.required = true,.list = true},
	{NULL}
};

static const Form charging_program_form[] = {
	{"start", FORM_TIME,.required = true},
	{"end", FORM_TIME},
	{"days", FORM_DAY,.list = true,.within = "occurence",.as = "day"},
	{"occurence", FORM_OBJECT,.members = occurence_form},
	{"enabled", FORM_BOOL},
	{NULL}
};

PG_FUNCTION_INFO_V1(stellantis_schedule_charging);

/* schedule_charging(vehicle, programs, server) */
Datum
stellantis_schedule_charging(PG_FUNCTION_ARGS)
{
	StringInfoData body;

	refuse_null(fcinfo, 1, "programs");
	initStringInfo(&body);
	appendStringInfoString(&body, "{\"charging\":{\"schedule\":{\"programs\":");
	form_write_list(&body, PG_GETARG_JSONB_P(1), "programs", charging_program_form, 1, 0);
	appendStringInfoString(&body, "}}}");
	return send_remote(fcinfo, "schedule_charging()", "schedule the charging of", SCOPE("charging"), 2,
					   body.data);
}

PG_FUNCTION_INFO_V1(stellantis_set_charging_preferences);

/* set_charging_preferences(vehicle, level, type, server): either may be NULL. */
Datum
stellantis_set_charging_preferences(PG_FUNCTION_ARGS)
{
	const char *level = word_argument(fcinfo, 1, "level", "Level1|Level2|Level3|Level4|Level5");
	const char *type = word_argument(fcinfo, 2, "type", "Partial|Full");
	StringInfoData body;

	if (level == NULL && type == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("arguments \"level\" and \"type\" must not both be null")));
	initStringInfo(&body);
	appendStringInfoString(&body, "{\"charging\":{\"preferences\":{");
	if (level != NULL)
		appendStringInfo(&body, "\"level\":\"%s\"", level);
	if (type != NULL)
		appendStringInfo(&body, "%s\"type\":\"%s\"", level != NULL ? "," : "", type);
	appendStringInfoString(&body, "}}}");
	return send_remote(fcinfo, "set_charging_preferences()", "set the charging preferences of",
					   SCOPE("charging"), 3, body.data);
}

/* ---- preconditioning ---- */

PG_FUNCTION_INFO_V1(stellantis_start_preconditioning);

/* start_preconditioning(vehicle, server) */
Datum
stellantis_start_preconditioning(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "start_preconditioning()", "start preconditioning", SCOPE("preconditioning"), 1,
					   "{\"preconditioning\":{\"airConditioning\":{\"immediate\":true}}}");
}

PG_FUNCTION_INFO_V1(stellantis_stop_preconditioning);

/* stop_preconditioning(vehicle, server) */
Datum
stellantis_stop_preconditioning(PG_FUNCTION_ARGS)
{
	return send_remote(fcinfo, "stop_preconditioning()", "stop preconditioning", SCOPE("preconditioning"), 1,
					   "{\"preconditioning\":{\"airConditioning\":{\"immediate\":false}}}");
}

static int
slot_argument(FunctionCallInfo fcinfo, int argument)
{
	int			slot;

	refuse_null(fcinfo, argument, "slot");
	slot = PG_GETARG_INT32(argument);
	if (slot < 1 || slot > 4)
		refuse_argument("slot", psprintf("%d", slot), "A vehicle has the slots 1 to 4.");
	return slot;
}

PG_FUNCTION_INFO_V1(stellantis_set_preconditioning_program);

/* set_preconditioning_program(vehicle, slot, start, days, enabled, recurrence, server) */
Datum
stellantis_set_preconditioning_program(PG_FUNCTION_ARGS)
{
	int			slot = slot_argument(fcinfo, 1);
	char	   *start = time_argument(fcinfo, 2, "start");
	char	   *days;
	const char *recurrence;

	refuse_null(fcinfo, 3, "days");
	days = days_argument(fcinfo, 3, "days");
	refuse_null(fcinfo, 4, "enabled");
	refuse_null(fcinfo, 5, "recurrence");
	recurrence = word_argument(fcinfo, 5, "recurrence", "None|Daily");
	return send_remote(fcinfo, "set_preconditioning_program()", "set a preconditioning program of",
					   SCOPE("preconditioning"), 6,
					   psprintf("{\"preconditioning\":{\"airConditioning\":{\"programs\":[{\"slot\":%d,\"actionsType\":\"Set\","
								"\"enabled\":%s,\"recurrence\":\"%s\",\"start\":\"%s\",\"occurence\":{\"day\":%s}}]}}}",
								slot, PG_GETARG_BOOL(4) ? "true" : "false", recurrence, start, days));
}

PG_FUNCTION_INFO_V1(stellantis_delete_preconditioning_program);

/* delete_preconditioning_program(vehicle, slot, server) */
Datum
stellantis_delete_preconditioning_program(PG_FUNCTION_ARGS)
{
	int			slot = slot_argument(fcinfo, 1);

	return send_remote(fcinfo, "delete_preconditioning_program()", "delete a preconditioning program of",
					   SCOPE("preconditioning"), 2,
					   psprintf("{\"preconditioning\":{\"airConditioning\":{\"programs\":[{\"slot\":%d,\"actionsType\":\"Delete\"}]}}}",
								slot));
}

/* ---- navigation ---- */

/* GeoJSON has the longitude first. */
static void
append_position(StringInfo body, double latitude, double longitude)
{
	appendStringInfoString(body, "{\"type\":\"Point\",\"coordinates\":[");
	append_json_number(body, longitude);
	appendStringInfoChar(body, ',');
	append_json_number(body, latitude);
	appendStringInfoString(body, "]}");
}

#define NAVIGATION_BEGIN	"{\"navigation\":{\"positions\":["
#define NAVIGATION_END		"]}}"

static Datum
navigate(FunctionCallInfo fcinfo, const char *body)
{
	return send_remote(fcinfo, "navigate_to()", "send a destination to", SCOPE("navigation"), 3, body);
}

PG_FUNCTION_INFO_V1(stellantis_navigate_to);

/* navigate_to(vehicle, latitude, longitude, server) */
Datum
stellantis_navigate_to(PG_FUNCTION_ARGS)
{
	StringInfoData body;

	refuse_null(fcinfo, 1, "latitude");
	refuse_null(fcinfo, 2, "longitude");
	check_latitude("latitude", PG_GETARG_FLOAT8(1));
	check_longitude("longitude", PG_GETARG_FLOAT8(2));
	initStringInfo(&body);
	appendStringInfoString(&body, NAVIGATION_BEGIN);
	append_position(&body, PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2));
	appendStringInfoString(&body, NAVIGATION_END);
	return navigate(fcinfo, body.data);
}

/* The degrees of an array without NULLs; returns how many. */
static int
degrees_argument(FunctionCallInfo fcinfo, int argument, const char *name, Datum **degrees)
{
	bool	   *nulls;
	int			n;

	refuse_null(fcinfo, argument, name);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, degrees, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" must not have a null", name)));
	if (n < 1 || n > MOST_POSITIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" has %d elements", name, n),
				 errhint("Give 1 to %d positions, the last of which is the destination.", MOST_POSITIONS)));
	return n;
}

PG_FUNCTION_INFO_V1(stellantis_navigate_to_many);

/* navigate_to(vehicle, latitudes, longitudes, server): the last is the destination. */
Datum
stellantis_navigate_to_many(PG_FUNCTION_ARGS)
{
	Datum	   *latitudes;
	Datum	   *longitudes;
	int			n = degrees_argument(fcinfo, 1, "latitudes", &latitudes);
	StringInfoData body;

	if (degrees_argument(fcinfo, 2, "longitudes", &longitudes) != n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments \"latitudes\" and \"longitudes\" are not equally long")));
	initStringInfo(&body);
	appendStringInfoString(&body, NAVIGATION_BEGIN);
	for (int i = 0; i < n; i++)
	{
		check_latitude("latitudes", DatumGetFloat8(latitudes[i]));
		check_longitude("longitudes", DatumGetFloat8(longitudes[i]));
		if (i > 0)
			appendStringInfoChar(&body, ',');
		append_position(&body, DatumGetFloat8(latitudes[i]), DatumGetFloat8(longitudes[i]));
	}
	appendStringInfoString(&body, NAVIGATION_END);
	return navigate(fcinfo, body.data);
}
