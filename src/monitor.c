/*
 * monitor.c
 *	  Monitors: what the API is to watch of a vehicle, and to tell a callback.
 */
#include "postgres.h"

#include "argument.h"
#include "callback.h"
#include "catalog/pg_type.h"
#include "command.h"
#include "server.h"
#include "trigger.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "words.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_create_monitor(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_pause_monitor(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_resume_monitor(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_delete_monitor(PG_FUNCTION_ARGS);

/* Of a vehicle, over all callbacks of the application and the owner. */
#define MOST_MONITORS	5

/* Seconds from one event of a state that lasts to the next. */
#define SHORTEST_REFRESH	60

#define EXTENSIONS \
	"vehicle.doorsState|vehicle.status|vehicle.maintenance|vehicle.position|vehicle.telemetry|" \
	"vehicle.alerts|vehicle.alarm|vehicle.trip"
#define TELEMETRY "vehicle.telemetry."
#define PARTS_OF_TELEMETRY \
	"environment|privacy|vehicle|vehicle.adas|vehicle.battery|vehicle.doorsState|vehicle.energies|" \
	"vehicle.engines|vehicle.ignition|vehicle.lightingSystem|vehicle.safety|vehicle.transmission|" \
	"vehicle.alarm.status|vehicle.alarm.trigger|vehicle.wipingBlades"

#define LOOK "The foreign table monitors shows whether it was."

static Command *
begin(FunctionCallInfo fcinfo, int server, const char *action)
{
	Command    *command = command_begin(server_argument(fcinfo, server));

	command->action = action;
	command->look = LOOK;
	command->unknown = "the vehicle, the callback or the monitor";
	command->scope = "of the data that it watches, such as data:telemetry";
	return command;
}

/* ---- the limit ---- */

static void
note_monitor(const Datum *values, const bool *nulls, void *arg)
{
	StringInfo	ids = arg;

	appendStringInfo(ids, "%s%s", ids->len > 0 ? ", " : "", TextDatumGetCString(values[0]));
	ids->cursor++;
}

/* Raises (53400) if the vehicle has as many monitors as the API allows. */
static void
check_limit(Command *command, const char *vehicle, const char *vehicle_id)
{
	static const DecodeColumn columns[] = {TEXT_MEMBER("monitorId")};
	const char *action = command->action;
	StringInfoData ids;			/* whose "cursor" counts them */
	List	   *callbacks;
	ListCell   *lc;

	initStringInfo(&ids);
	(void) callback_list(command, &callbacks);
	foreach(lc, callbacks)
	{
		const Callback *callback = lfirst(lc);

		command->action = psprintf("list the monitors of vehicle \"%s\"", vehicle);
		(void) command_list(command, command_path("user", "vehicles", vehicle_id, "callbacks", callback->id,
										   "monitors"),
					 NULL, "monitors", columns, lengthof(columns), note_monitor, &ids);
	}
	command->action = action;
	if (ids.cursor >= MOST_MONITORS)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("vehicle \"%s\" has %d monitors already", vehicle, ids.cursor),
				 errdetail("The API allows %d, over all callbacks: %s.", MOST_MONITORS,
						   command_shown(command, ids.data)),
				 errhint("Delete one with stellantis.delete_monitor; the foreign table monitors shows what each is for.")));
}

/* ---- create_monitor ---- */

/* What an event may bring besides; NULL if it is no such thing. */
static const char *
extension_of(const char *text)
{
	const char *word = word_of(EXTENSIONS, text);
	size_t		length = strlen(TELEMETRY);

	if (word != NULL || pg_strncasecmp(text, TELEMETRY, length) != 0)
		return word;
	word = word_of(PARTS_OF_TELEMETRY, text + length);
	return word == NULL ? NULL : psprintf("%s%s", TELEMETRY, word);
}

/* As a JSON array; NULL stays NULL. */
static char *
extensions_argument(FunctionCallInfo fcinfo, int argument)
{
	StringInfoData out;
	char	  **texts;
	int			n;

	if (PG_ARGISNULL(argument))
		return NULL;
	n = texts_argument(fcinfo, argument, "extensions", &texts);
	if (n == 0)
		return NULL;
	initStringInfo(&out);
	for (int i = 0; i < n; i++)
	{
		const char *word = extension_of(texts[i]);

		if (word == NULL)
			refuse_argument("extensions", texts[i],
							psprintf("Valid values are: %s; and a part of telemetry, such as vehicle.telemetry.vehicle.energies.",
									 words_listed(EXTENSIONS)));
		appendStringInfo(&out, "%c\"%s\"", i == 0 ? '[' : ',', word);
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

/* In seconds; -1 for NULL. */
static int
refresh_argument(FunctionCallInfo fcinfo, int argument)
{
	const Interval *interval;
	double		seconds;

	if (PG_ARGISNULL(argument))
		return -1;
	interval = PG_GETARG_INTERVAL_P(argument);
	seconds = interval->time / (double) USECS_PER_SEC +
		(interval->month * 30.0 + interval->day) * SECS_PER_DAY;
	if (seconds < SHORTEST_REFRESH || seconds > PG_INT32_MAX || seconds != (int) seconds)
		refuse_argument("refresh", DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval))),
						psprintf("Give %d seconds at least, in whole seconds.", SHORTEST_REFRESH));
	return (int) seconds;
}

/* All of them. */
static char *
joined(List *names)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, names)
		appendStringInfo(&out, "%s%s", out.len > 0 ? " & " : "", (char *) lfirst(lc));
	return out.data;
}

/* The body that create_monitor()'s arguments make. */
static char *
monitor_body(FunctionCallInfo fcinfo)
{
	char	   *label = label_argument(fcinfo, 2, "label");
	char	   *bool_exp = text_argument(fcinfo, 4);
	int			refresh = refresh_argument(fcinfo, 6);
	char	   *extensions = extensions_argument(fcinfo, 7);
	StringInfoData body;
	List	   *names;

	refuse_null(fcinfo, 3, "triggers");
	initStringInfo(&body);
	appendStringInfoString(&body, "{\"label\":");
	append_json_text(&body, label);
	if (refresh >= 0)
		appendStringInfo(&body, ",\"subscribeParam\":{\"refreshEvent\":%d}", refresh);
	if (extensions != NULL)
		appendStringInfo(&body, ",\"extendedEventParam\":%s", extensions);
	appendStringInfoString(&body, ",\"triggerParam\":{\"triggers\":");
	names = triggers_write(&body, PG_GETARG_JSONB_P(3));
	if (bool_exp == NULL)
		bool_exp = joined(names);
	bool_exp_check(bool_exp, names);
	appendStringInfoString(&body, ",\"boolExp\":");
	append_json_text(&body, bool_exp);
	appendStringInfoString(&body, "}}");
	return body.data;
}

PG_FUNCTION_INFO_V1(stellantis_create_monitor);

/*
 * create_monitor(vehicle, callback_id, label, triggers, bool_exp, server, refresh,
 * extensions): returns its id.
 */
Datum
stellantis_create_monitor(PG_FUNCTION_ARGS)
{
	char	   *vehicle = id_argument(fcinfo, 0, "vehicle");
	char	   *callback_id = id_argument(fcinfo, 1, "callback_id");
	char	   *body = monitor_body(fcinfo);
	const HttpAnswer *answer;
	const char *vehicle_id;
	Command    *command;

	command_prevent("create_monitor()");
	command = begin(fcinfo, 5, psprintf("create a monitor of vehicle \"%s\"", vehicle));
	vehicle_id = command_vehicle(command, vehicle);
	check_limit(command, vehicle, vehicle_id);
	answer = command_send(command, "POST",
						  command_path("user", "vehicles", vehicle_id, "callbacks", callback_id,
									   "monitors"), body);
	PG_RETURN_TEXT_P(cstring_to_text(command_made(command, answer, "monitor", "monitorId",
												  "_links.monitor.href|_links.self.href")));
}

/* ---- pause, resume, delete ---- */

/* Another status, or (NULL) no monitor any more. */
static void
change(FunctionCallInfo fcinfo, const char *function, const char *verb, const char *status)
{
	char	   *vehicle = id_argument(fcinfo, 0, "vehicle");
	char	   *callback_id = id_argument(fcinfo, 1, "callback_id");
	char	   *monitor_id = id_argument(fcinfo, 2, "monitor_id");
	const char *vehicle_id;
	Command    *command;

	command_prevent(function);
	command = begin(fcinfo, 3, psprintf("%s monitor \"%s\"", verb, monitor_id));
	vehicle_id = command_vehicle(command, vehicle);
	if (status != NULL)
		(void) command_send(command, "PUT",
							command_path("user", "vehicles", vehicle_id, "callbacks", callback_id, "monitors",
										 monitor_id, "status"),
							psprintf("{\"status\":\"%s\"}", status));
	else
		(void) command_send(command, "DELETE",
							command_path("user", "vehicles", vehicle_id, "callbacks", callback_id, "monitors",
										 monitor_id), NULL);
}

PG_FUNCTION_INFO_V1(stellantis_pause_monitor);

/* pause_monitor(vehicle, callback_id, monitor_id, server) */
Datum
stellantis_pause_monitor(PG_FUNCTION_ARGS)
{
	change(fcinfo, "pause_monitor()", "pause", "Paused");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(stellantis_resume_monitor);

/* resume_monitor(vehicle, callback_id, monitor_id, server) */
Datum
stellantis_resume_monitor(PG_FUNCTION_ARGS)
{
	change(fcinfo, "resume_monitor()", "resume", "Running");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(stellantis_delete_monitor);

/* delete_monitor(vehicle, callback_id, monitor_id, server) */
Datum
stellantis_delete_monitor(PG_FUNCTION_ARGS)
{
	change(fcinfo, "delete_monitor()", "delete", NULL);
	PG_RETURN_VOID();
}
