/*
 * trigger.c
 *	  Triggers of monitors: zone_trigger(), time_trigger(), data_trigger(), which
 *	  write their JSON, and what checks it, whoever wrote it.
 */
#include "postgres.h"

#include <ctype.h>

#include "argument.h"
#include "form.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "server.h"
#include "trigger.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "words.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_zone_trigger(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_time_trigger(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_data_trigger(PG_FUNCTION_ARGS);

#define MOST_TRIGGERS	5

/* What is watched is a place within half of the earth. */
#define LARGEST_RADIUS_KM	20000

#define TRANSITIONS "In|Out"
#define RECURRENCES "None|Daily"
#define OPERATORS "equalsTo|greaterThan|lowerThan|includedIn|onChange"
#define OPERANDS \
	"vehicle.alert|vehicle.odometer|vehicle.powertrain.status|vehicle.engines.thermic.oil.temp|" \
	"vehicle.energy.electric.level|vehicle.energy.electric.autonomy|vehicle.energy.fuel.level|" \
	"vehicle.energy.fuel.autonomy|vehicle.autonomy|vehicle.energy.charging.status|" \
	"vehicle.energy.charging.plugged|vehicle.energy.charging.type|vehicle.doorsState.lockedState|" \
	"vehicle.doorsState.opening|vehicle.kinetic.moving|vehicle.kinetic.speed|vehicle.trip.start|" \
	"vehicle.trip.stop|vehicle.trip.duration|vehicle.trip.distance|vehicle.trip.state|" \
	"vehicle.safety.beltWarning|environment.air.temp|privacy.state|vehicle.drivingBehavior.mode|" \
	"vehicle.safety.autoECallTriggering|vehicle.preconditioning.airConditioning|" \
	"vehicle.alarm.trigger.type|vehicle.alarm.status.activation"

/* ---- their form ---- */

static const Form center_form[] = {
	{"longitude", FORM_NUMBER,.required = true,.min = -180,.max = 180},
	{"latitude", FORM_NUMBER,.required = true,.min = -90,.max = 90},
	{NULL}
};

static const Form place_form[] = {
	{"radius", FORM_INT,.required = true,.min = 1,.max = LARGEST_RADIUS_KM},
	{"center", FORM_OBJECT,.required = true,.members = center_form},
	{NULL}
};

static const Form zone_form[] = {
	{"transition", FORM_WORD,.required = true,.words = TRANSITIONS},
	{"place", FORM_OBJECT,.required = true,.members = place_form},
	{NULL}
};

static const Form occurence_form[] = {
	{"day", FORM_DAY,.list = true},
	{"week", FORM_INT,.list = true,.min = 1,.max = 53},
	{NULL}
};

static const Form times_form[] = {
	{"start", FORM_START,.required = true},
	{"recurrence", FORM_WORD,.words = RECURRENCES},
	{"duration", FORM_SPAN},
	{"days", FORM_DAY,.list = true,.within = "occurence",.as = "day"},
	{"occurence", FORM_OBJECT,.members = occurence_form},
	{NULL}
};

static const Form time_form[] = {
	{"times", FORM_OBJECT,.required = true,.list = true,.members = times_form},
	{"timeZone", FORM_TEXT},
	{NULL}
};

static const Form previous_form[] = {
	{"op", FORM_WORD,.required = true,.words = OPERATORS},
	{"value", FORM_VALUE,.required = true,.list = true},
	{NULL}
};

static const Form data_form[] = {
	{"data", FORM_WORD,.required = true,.words = OPERANDS},
	{"op", FORM_WORD,.required = true,.words = OPERATORS},
	{"value", FORM_VALUE,.list = true},
	{"previous", FORM_OBJECT,.members = previous_form},
	{NULL}
};

static const Form trigger_form[] = {
	{"name", FORM_NAME,.required = true},
	{"zone", FORM_OBJECT,.members = zone_form},
	{"time", FORM_OBJECT,.members = time_form},
	{"data", FORM_OBJECT,.members = data_form},
	{NULL}
};

/* ---- what a form does not tell ---- */

static void
refuse_trigger(const char *name, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("trigger \"%s\" is not one", name),
			 errdetail_internal("%s", detail),
			 hint != NULL ? errhint("%s", hint) : 0));
}

static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

static char *
text_of(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static bool
is_number(const char *text)
{
	char	   *end;

	(void) strtod(text, &end);
	return *text != '\0' && *end == '\0' && strspn(text, "+-.0123456789eE") == strlen(text);
}

/* How many values does the operator take, and of what kind? */
static void
check_operation(const char *name, JsonbContainer *operation)
{
	const char *op = word_of(OPERATORS, text_of(member(operation, "op")));
	JsonbValue *value = member(operation, "value");
	int			n = value == NULL ? 0 : JsonContainerSize(value->val.binary.data);

	if (strcmp(op, "onChange") == 0)
		return;
	if (strcmp(op, "includedIn") == 0)
	{
		if (n == 0)
			refuse_trigger(name, "The operator includedIn takes values.", NULL);
		return;
	}
	if (n != 1)
		refuse_trigger(name, psprintf("The operator %s takes one value, not %d.", op, n),
					   n > 1 ? "The operator includedIn takes several." : NULL);
	value = getIthJsonbValueFromContainer(value->val.binary.data, 0);
	if (strcmp(op, "equalsTo") != 0 && value->type != jbvNumeric &&
		(value->type != jbvString || !is_number(text_of(value))))
		refuse_trigger(name, psprintf("The operator %s takes a number.", op), NULL);
}

static void
check_trigger(const char *name, JsonbContainer *trigger)
{
	JsonbValue *zone = member(trigger, "zone");
	JsonbValue *time = member(trigger, "time");
	JsonbValue *data = member(trigger, "data");
	JsonbValue *previous;

	if ((zone != NULL) + (time != NULL) + (data != NULL) != 1)
		refuse_trigger(name, "It must have one of the members zone, time, data, and no other of them.",
					   "Make it with stellantis.zone_trigger, stellantis.time_trigger or stellantis.data_trigger.");
	if (time != NULL)
	{
		JsonbValue *zone_name = member(time->val.binary.data, "timeZone");

		if (zone_name != NULL && pg_tzset(text_of(zone_name)) == NULL)
			refuse_trigger(name, psprintf("There is no time zone \"%s\".", text_of(zone_name)),
						   "The view pg_timezone_names has their names.");
	}
	if (data != NULL)
	{
		check_operation(name, data->val.binary.data);
		previous = member(data->val.binary.data, "previous");
		if (previous != NULL)
			check_operation(name, previous->val.binary.data);
	}
}

static bool
is_among(const char *name, List *names)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

/* The form has been checked: each element is an object with a name. */
static List *
check_triggers(Jsonb *triggers)
{
	List	   *names = NIL;

	for (int i = 0; i < JB_ROOT_COUNT(triggers); i++)
	{
		JsonbContainer *trigger = getIthJsonbValueFromContainer(&triggers->root, i)->val.binary.data;
		char	   *name = text_of(member(trigger, "name"));

		if (is_among(name, names))
			refuse_trigger(name, "Another trigger has that name, too.", NULL);
		check_trigger(name, trigger);
		names = lappend(names, name);
	}
	return names;
}

List *
triggers_write(StringInfo out, Jsonb *triggers)
{
	form_write_list(out, triggers, "triggers", trigger_form, 1, MOST_TRIGGERS);
	return check_triggers(triggers);
}

/* ---- the expression that joins them ---- */

/*
 * Evaluated for each way in which triggers can be true or false, by recursive
 * descent.  One server is known to take "or" for "|".
 */
typedef struct BoolExp
{
	const char *text;
	const char *at;
	List	   *names;
	uint32		truths;			/* a bit for each name */
} BoolExp;

static bool bool_exp_or(BoolExp *e);

static void
refuse_bool_exp(const BoolExp *e, const char *what)
{
	StringInfoData names;
	ListCell   *lc;

	initStringInfo(&names);
	foreach(lc, e->names)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", (char *) lfirst(lc));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"bool_exp\": \"%s\"", e->text),
			 errdetail_internal("%s", what),
			 errhint("Join the names of triggers (%s) by &, |, ! and parentheses.", names.data)));
}

static void
skip_blanks(BoolExp *e)
{
	while (isspace((unsigned char) *e->at))
		e->at++;
}

static size_t
name_length(const char *at)
{
	size_t		n = 0;

	while (isalnum((unsigned char) at[n]) || (n > 0 && (at[n] == '.' || at[n] == '_')))
		n++;
	return n;
}

static bool
bool_exp_name(BoolExp *e)
{
	size_t		n = name_length(e->at);
	char	   *name = pnstrdup(e->at, n);
	ListCell   *lc;

	if (n == 0)
		refuse_bool_exp(e, *e->at == '\0' ? "It ends where a name is wanted." :
						psprintf("A name is wanted at \"%s\".", e->at));
	e->at += n;
	foreach(lc, e->names)
		if (strcmp(lfirst(lc), name) == 0)
			return (e->truths >> foreach_current_index(lc) & 1) != 0;
	refuse_bool_exp(e, psprintf("There is no trigger \"%s\".", name));
	return false;
}

static bool
bool_exp_not(BoolExp *e)
{
	bool		negate = false;
	bool		value;

	check_stack_depth();
	for (skip_blanks(e); *e->at == '!'; skip_blanks(e))
	{
		negate = !negate;
		e->at++;
	}
	if (*e->at == '(')
	{
		e->at++;
		value = bool_exp_or(e);
		if (*e->at++ != ')')
			refuse_bool_exp(e, "A parenthesis is not closed.");
	}
	else
		value = bool_exp_name(e);
	skip_blanks(e);
	return value != negate;
}

static bool
bool_exp_and(BoolExp *e)
{
	bool		value = bool_exp_not(e);

	while (*e->at == '&')
	{
		e->at++;
		value = bool_exp_not(e) && value;
	}
	return value;
}

static bool
bool_exp_or(BoolExp *e)
{
	bool		value = bool_exp_and(e);

	for (;;)
	{
		if (*e->at == '|')
			e->at++;
		else if (name_length(e->at) == 2 && strncmp(e->at, "or", 2) == 0)
			e->at += 2;
		else
			return value;
		value = bool_exp_and(e) || value;
	}
}

void
bool_exp_check(const char *text, List *names)
{
	BoolExp		e = {.text = text,.names = names};
	uint32		cases = 1U << list_length(names);
	uint32		hits = 0;

	for (e.truths = 0; e.truths < cases; e.truths++)
	{
		e.at = text;
		hits += bool_exp_or(&e);
		if (*e.at != '\0')
			refuse_bool_exp(&e, psprintf("An operator is wanted at \"%s\".", e.at));
	}
	if (hits == 0 || hits == cases)
		refuse_bool_exp(&e, hits == 0 ? "It is never true." : "It is always true.");
}

/* ---- the functions that write them ---- */

/* One trigger of JSON text, checked as create_monitor() would. */
static Datum
trigger_of(const char *json)
{
	StringInfoData out;
	Datum		list = DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("[%s]", json)));

	initStringInfo(&out);
	(void) triggers_write(&out, DatumGetJsonbP(list));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(out.data + 1, out.len - 2)));
}

static void
begin_trigger(FunctionCallInfo fcinfo, StringInfo json)
{
	char	   *name = required_argument(fcinfo, 0, "name");

	if (!word_is_name(name))
		refuse_argument("name", name, HINT_NAMES);
	initStringInfo(json);
	appendStringInfoString(json, "{\"name\":");
	append_json_text(json, name);
}

/* A word that must be there. */
static const char *
required_word(FunctionCallInfo fcinfo, int argument, const char *name, const char *list)
{
	refuse_null(fcinfo, argument, name);
	return word_argument(fcinfo, argument, name, list);
}

PG_FUNCTION_INFO_V1(stellantis_zone_trigger);

/* zone_trigger(name, transition, latitude, longitude, radius_km) */
Datum
stellantis_zone_trigger(PG_FUNCTION_ARGS)
{
	StringInfoData json;
	int			radius;

	begin_trigger(fcinfo, &json);
	appendStringInfo(&json, ",\"zone\":{\"transition\":\"%s\"", required_word(fcinfo, 1, "transition", TRANSITIONS));
	refuse_null(fcinfo, 2, "latitude");
	refuse_null(fcinfo, 3, "longitude");
	refuse_null(fcinfo, 4, "radius_km");
	check_latitude("latitude", PG_GETARG_FLOAT8(2));
	check_longitude("longitude", PG_GETARG_FLOAT8(3));
	radius = PG_GETARG_INT32(4);
	if (radius < 1 || radius > LARGEST_RADIUS_KM)
		refuse_argument("radius_km", psprintf("%d", radius),
						psprintf("Give whole kilometres from 1 to %d.", LARGEST_RADIUS_KM));
	appendStringInfo(&json, ",\"place\":{\"radius\":%d,\"center\":{\"longitude\":", radius);
	append_json_number(&json, PG_GETARG_FLOAT8(3));
	appendStringInfoString(&json, ",\"latitude\":");
	append_json_number(&json, PG_GETARG_FLOAT8(2));
	appendStringInfoString(&json, "}}}}");
	return trigger_of(json.data);
}

/* A duration that is not negative, of days at most; NULL stays NULL. */
static char *
duration_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	const Interval *interval;

	if (PG_ARGISNULL(argument))
		return NULL;
	interval = PG_GETARG_INTERVAL_P(argument);
	if (interval->month != 0 || interval->day < 0 || interval->day > 7 || interval->time < 0 ||
		interval->time > (7 - interval->day) * USECS_PER_DAY || interval->time % USECS_PER_SEC != 0)
		refuse_argument(name, DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval))),
						"Give whole seconds, a week at most.");
	return iso_duration(interval->day * (int64) SECS_PER_DAY + interval->time / USECS_PER_SEC);
}

PG_FUNCTION_INFO_V1(stellantis_time_trigger);

/* time_trigger(name, start, duration, days, recurrence, time_zone) */
Datum
stellantis_time_trigger(PG_FUNCTION_ARGS)
{
	char	   *start = time_argument(fcinfo, 1, "start");
	char	   *duration = duration_argument(fcinfo, 2, "duration");
	char	   *days = days_argument(fcinfo, 3, "days");
	const char *recurrence = required_word(fcinfo, 4, "recurrence", RECURRENCES);
	char	   *time_zone = text_argument(fcinfo, 5);
	StringInfoData json;

	begin_trigger(fcinfo, &json);
	appendStringInfo(&json, ",\"time\":{\"times\":[{\"start\":\"%s\",\"recurrence\":\"%s\"", start, recurrence);
	if (duration != NULL)
		appendStringInfo(&json, ",\"duration\":\"%s\"", duration);
	if (days != NULL)
		appendStringInfo(&json, ",\"occurence\":{\"day\":%s}", days);
	appendStringInfoString(&json, "}]");
	if (time_zone != NULL)
	{
		appendStringInfoString(&json, ",\"timeZone\":");
		append_json_text(&json, time_zone);
	}
	appendStringInfoString(&json, "}}");
	return trigger_of(json.data);
}

/* The API's name of an operator, which may be given as SQL has it. */
static const char *
operator_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	static const char *const signs[][2] = {{"=", "equalsTo"}, {">", "greaterThan"},
	{"<", "lowerThan"}, {"in", "includedIn"}};
	char	   *given = required_argument(fcinfo, argument, name);
	const char *word = word_of(OPERATORS, given);

	for (int i = 0; word == NULL && i < lengthof(signs); i++)
		if (pg_strcasecmp(given, signs[i][0]) == 0)
			word = signs[i][1];
	if (word == NULL)
		refuse_argument(name, given, psprintf("Valid values are: %s; and =, >, <, in.", words_listed(OPERATORS)));
	return word;
}

static void
append_values(StringInfo json, char **values, int n)
{
	for (int i = 0; i < n; i++)
	{
		appendStringInfoChar(json, i == 0 ? '[' : ',');
		append_json_text(json, values[i]);
	}
	appendStringInfoChar(json, ']');
}

PG_FUNCTION_INFO_V1(stellantis_data_trigger);

/* data_trigger(name, operand, operator, VARIADIC values) */
Datum
stellantis_data_trigger(PG_FUNCTION_ARGS)
{
	const char *operand = required_word(fcinfo, 1, "operand", OPERANDS);
	const char *op = operator_argument(fcinfo, 2, "operator");
	StringInfoData json;
	char	  **values;
	int			n;

	refuse_null(fcinfo, 3, "values");
	n = texts_argument(fcinfo, 3, "values", &values);
	begin_trigger(fcinfo, &json);
	appendStringInfo(&json, ",\"data\":{\"data\":\"%s\",\"op\":\"%s\"", operand, op);
	if (n > 0)
	{
		appendStringInfoString(&json, ",\"value\":");
		append_values(&json, values, n);
	}
	appendStringInfoString(&json, "}}");
	return trigger_of(json.data);
}
