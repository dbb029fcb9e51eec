/*
 * availability.c
 *	  availability(server): why a table has no rows of a car.
 *
 * The vendor names four conditions, all of which must hold: the API knows the
 * datum (referenced), the car has what measures it (produced), a service that
 * the owner activated sends it (uploaded), the owner lets this application read
 * it (authorized).  The first is the catalog's, the second in the listing, the
 * fourth in the token's scopes, when they are known: so only what these leave
 * open is asked for, a row of it at most.
 *
 * Whether the listing names only what the token may read is not documented.
 * So that a capability is missing there tells something of the car only where
 * the scope is known to be granted.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "probe.h"
#include "server.h"
#include "strset.h"
#include "table.h"
#include "token.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_availability(PG_FUNCTION_ARGS);

typedef enum Truth
{
	UNKNOWN, YES, NO
} Truth;

/* One table of one car. */
typedef struct Supply
{
	const Resource *resource;
	struct Car *car;
	Truth		produced;
	Truth		uploaded;
	Truth		authorized;
	const char *fault;			/* what the API said, if it gave no rows */
	const Account *asked_by;	/* whose token went with the question */
} Supply;

typedef struct Car
{
	const char *id;
	const char *vin;
	bool		unknown;		/* its capabilities */
	char	  **capabilities;
	int			ncapabilities;
	Supply	   *data;			/* of each of the catalog's resources */
} Car;

typedef struct Survey
{
	Probe	   *probe;
	Oid			userid;
	List	   *cars;
	strset_hash *ids;			/* of these */
	List	   *questions;		/* of Supply, that are to be asked */
	int			in_flight;
	bool		replaced;		/* the token, on the way */
} Survey;

static bool
is_of_car(const Resource *resource)
{
	return resource->parent != PARENT_ACCOUNT && !resource->of_commands;
}

typedef bool (*NameTest) (const char *name, const void *arg);

/* Those of a list between commas of which "test" says no; NULL if there are none. */
static const char *
lacking(const char *list, NameTest test, const void *arg)
{
	StringInfoData missing;

	initStringInfo(&missing);
	while (*list != '\0')
	{
		size_t		length = strcspn(list, ",");
		const char *name = pnstrdup(list, length);

		if (!test(name, arg))
			appendStringInfo(&missing, "%s%s", missing.len > 0 ? ", " : "", name);
		list += length + (list[length] == ',');
	}
	return missing.len > 0 ? missing.data : NULL;
}

static bool
is_granted(const char *scope, const void *granted)
{
	return scope_granted(granted, scope);
}

/*
 * Has the car the capability, or some of it?  Names are paths of words between
 * colons: one that has "data:telemetry:vehicle:alarm" has "data:telemetry".
 */
static bool
is_capable(const char *name, const void *arg)
{
	const Car  *car = arg;
	size_t		length = strlen(name);

	for (int i = 0; i < car->ncapabilities; i++)
	{
		const char *has = car->capabilities[i];

		if (strncmp(has, name, length) == 0 && (has[length] == '\0' || has[length] == ':'))
			return true;
	}
	return false;
}

/*
 * Does the car produce the table's rows?  A car whose list lacks a part of a
 * scope may still have it: not all lists are that fine.
 */
static Truth
is_produced(const Resource *resource, const Car *car)
{
	if (car->unknown)
		return UNKNOWN;
	if (lacking(resource->scopes, is_capable, car) != NULL)
		return NO;
	return resource->capability == NULL || is_capable(resource->capability, car) ? YES : UNKNOWN;
}

/* ---- the listing ---- */

static void
note_capabilities(Car *car, Datum capabilities)
{
	Datum	   *names;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(capabilities), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &n);
	car->capabilities = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			car->capabilities[car->ncapabilities++] = TextDatumGetCString(names[i]);
}

static void
add_car(const char *id, const char *vin, Datum capabilities, bool unknown, void *arg)
{
	Survey	   *survey = arg;
	const char *granted = survey->probe->account->scope;
	Car		   *car;

	if (!strset_add(survey->ids, id))
		return;					/* it has moved to the next page meanwhile */
	car = palloc0(sizeof(Car));
	car->id = id;
	car->vin = vin;
	car->unknown = unknown;
	if (!unknown)
		note_capabilities(car, capabilities);
	car->data = palloc0(sizeof(Supply) * catalog_nresources);
	for (int i = 0; i < catalog_nresources; i++)
	{
		const Resource *resource = catalog_resources[i];
		Supply	   *datum = &car->data[i];

		datum->resource = resource;
		datum->car = car;
		if (!is_of_car(resource))
			continue;
		if (granted != NULL)
			datum->authorized = lacking(resource->scopes, is_granted, granted) == NULL ? YES : NO;
		datum->produced = is_produced(resource, car);
	}
	survey->cars = lappend(survey->cars, car);
}

/*
 * Another token for one that the API refuses; false, with the reason, when
 * there is none.  A token may end amid the survey, but not twice: then a 401 is
 * how an endpoint refuses a scope.
 */
static bool
replace_token(Survey *survey, const Account *refused, TokenRefusal *refusal)
{
	Probe	   *probe = survey->probe;
	const Account *another;

	memset(refusal, 0, sizeof(TokenRefusal));
	if (probe->account != refused)
		return true;
	if (survey->replaced)
	{
		if (survey->cars == NIL)
			token_refused_again(refused);
		token_refuse_new(refused, NULL, refusal);
		return false;
	}
	another = token_after_refusal(refused, survey->userid, CurrentMemoryContext, refusal);
	if (another == NULL)
		return false;
	probe->account = another;
	survey->replaced = true;
	return true;
}

/* Raises unless the listing can be used, or be asked for with another token. */
static bool
usable_listing(Survey *survey, const HttpAnswer *answer)
{
	const Account *account = survey->probe->account;
	FaultContext context = {.resource = catalog_resource("vehicles"),
	.server_name = account->server_name,.secrets = account->secrets};
	TokenRefusal refusal;

	if (probe_has_content(answer))
		return true;
	if (answer->outcome != HTTP_ANSWERED || answer->status != 401)
		fault_report(ERROR, fault_of_answer(answer, &context));
	if (!replace_token(survey, account, &refusal))
		fault_report(ERROR, refusal.fault != NULL ? refusal.fault :
					 fault_of_refused_token(answer, &context, refusal.why, refusal.hint));
	return false;
}

/* The cars of a page; raises when it is broken, or brings nothing new. */
static void
use_listing(Survey *survey, const HttpAnswer *answer, char **next)
{
	FaultContext context = {.resource = catalog_resource("vehicles"),
	.server_name = survey->probe->account->server_name,.secrets = survey->probe->account->secrets};
	int			before = list_length(survey->cars);
	const Fault *fault = probe_vehicles(survey->probe, answer, add_car, survey, next);

	if (fault == NULL && *next != NULL && list_length(survey->cars) == before)
		fault = fault_of_content(&context, "pages go on without bringing anything new", NULL);
	if (fault != NULL)
		fault_report(ERROR, fault);
}

static void
list_cars(Survey *survey)
{
	char	   *token = NULL;

	survey->ids = strset_create(CurrentMemoryContext, 64, NULL);
	for (;;)
	{
		const HttpAnswer *answer;

		probe_ask(survey->probe, catalog_resource("vehicles"), NULL, EXT_CAPABILITIES, token,
				  false, NULL);
		answer = http_answer(probe_wait(survey->probe));
		if (token == NULL &&
			(answer_is_no_data(answer) ||
			 (answer->outcome == HTTP_ANSWERED && answer->status == 204)))
			return;
		if (!usable_listing(survey, answer))
			continue;
		use_listing(survey, answer, &token);
		if (token == NULL)
			return;
	}
}

/* ---- what the endpoints answer ---- */

/*
 * Way points are below trips: whether they come follows from the others.  What
 * the car does not produce is asked for only to learn about the scope.
 */
static bool
is_asked(const Supply *datum)
{
	return datum->resource->parent == PARENT_VEHICLE && datum->authorized != NO &&
		(datum->produced != NO || datum->authorized == UNKNOWN);
}

/* No rows: the API refuses, or fails. */
static void
note_fault(Survey *survey, Supply *datum, const HttpAnswer *answer)
{
	FaultContext context = {.resource = datum->resource,.vehicle = datum->car->vin,
	.server_name = survey->probe->account->server_name,.secrets = survey->probe->account->secrets};
	const Fault *fault = fault_of_answer(answer, &context);

	if (answer->outcome == HTTP_ANSWERED && answer->status == 403)
		datum->authorized = NO;
	datum->fault = fault->detail == NULL ? fault->reason :
		psprintf("%s.  %s", fault->reason, fault->detail);
}

/* False: it is to be asked again. */
static bool
note_answer(Survey *survey, Supply *datum, const HttpAnswer *answer)
{
	TokenRefusal refusal;
	bool		none = answer_is_no_data(answer) ||
		(answer->outcome == HTTP_ANSWERED && answer->status == 204) ||
		(probe_has_content(answer) && probe_is_empty(datum->resource, answer));

	if (answer->outcome == HTTP_ANSWERED && answer->status == 401 &&
		replace_token(survey, datum->asked_by, &refusal))
		return false;
	if (none || probe_has_content(answer))
	{
		if (!datum->resource->answers_without)
			datum->authorized = YES;
		datum->uploaded = !none ? YES : datum->resource->of_events ? UNKNOWN : NO;
	}
	else
		note_fault(survey, datum, answer);
	return true;
}

/* All questions, so many at once as the server's option concurrency says. */
static void
ask_cars(Survey *survey)
{
	HttpRequest *request;

	do
	{
		while (survey->questions != NIL && survey->in_flight < survey->probe->account->concurrency)
		{
			Supply	   *datum = linitial(survey->questions);

			survey->questions = list_delete_first(survey->questions);
			datum->asked_by = survey->probe->account;
			probe_ask(survey->probe, datum->resource, datum->car->id, 0, NULL, true, datum);
			survey->in_flight++;
		}
		request = probe_wait(survey->probe);
		if (request != NULL)
		{
			Supply	   *datum = http_tag(request);

			survey->in_flight--;
			if (!note_answer(survey, datum, http_answer(request)))
				survey->questions = lappend(survey->questions, datum);
			http_release(request);
		}
	} while (request != NULL || survey->questions != NIL);
}

/* What the endpoints that do not answer without the scopes have said of them. */
static Truth
learned(const Survey *survey, const char *scopes)
{
	ListCell   *lc;

	foreach(lc, survey->cars)
	{
		const Car  *car = lfirst(lc);

		for (int i = 0; i < catalog_nresources; i++)
		{
			const Supply *datum = &car->data[i];

			if (datum->authorized != UNKNOWN && !datum->resource->answers_without &&
				strcmp(datum->resource->scopes, scopes) == 0)
				return datum->authorized;
		}
	}
	return UNKNOWN;
}

/* The conclusions, when all is asked. */
static void
settle(const Survey *survey, Supply *datum)
{
	if (datum->authorized == UNKNOWN && datum->resource->answers_without)
		datum->authorized = learned(survey, datum->resource->scopes);
	if (datum->authorized == NO && datum->resource->answers_without)
		datum->uploaded = UNKNOWN;	/* there are rows, of nothing */
	if (datum->authorized != NO && datum->uploaded == YES)
		datum->produced = YES;

	/* a list of capabilities may have been cut to the scopes */
	if (datum->authorized != YES && datum->produced == NO)
		datum->produced = UNKNOWN;
}

static Supply *
supply_of(Car *car, const char *table)
{
	for (int i = 0; i < catalog_nresources; i++)
		if (strcmp(car->data[i].resource->name, table) == 0)
			return &car->data[i];
	return NULL;
}

static Truth
both(Truth a, Truth b)
{
	return a == NO || b == NO ? NO : a == YES && b == YES ? YES : UNKNOWN;
}

/*
 * Way points come when trips do, and positions.  A car that hides where it is
 * now may have told it before.
 */
static void
derive_waypoints(Car *car)
{
	const Supply *trips = supply_of(car, "trips");
	const Supply *positions = supply_of(car, "positions");
	Supply	   *waypoints = supply_of(car, "waypoints");

	if (waypoints->authorized != NO)
		waypoints->authorized = both(trips->authorized, positions->authorized);
	waypoints->produced = both(trips->produced, positions->produced);
	waypoints->uploaded = trips->uploaded == NO ? NO :
		both(trips->uploaded, positions->uploaded) == YES ? YES : UNKNOWN;
	waypoints->fault = trips->fault != NULL ? trips->fault : positions->fault;
}

static void
settle_car(const Survey *survey, Car *car)
{
	for (int i = 0; i < catalog_nresources; i++)
		if (car->data[i].resource->parent == PARENT_VEHICLE)
			settle(survey, &car->data[i]);
	derive_waypoints(car);
	settle(survey, supply_of(car, "waypoints"));
}

/* ---- rows ---- */

static const char *
reason_of_denial(const Supply *datum, const char *granted)
{
	const char *scopes = granted == NULL ? NULL :
		lacking(datum->resource->scopes, is_granted, granted);

	if (granted != NULL && scopes == NULL)
		return psprintf("The API denies it, although the token has the scope: %s", datum->fault);
	return psprintf("The owner has not granted %s to this application: enrol again, and ask for it.",
					scopes != NULL ? scopes : column_scopes(datum->resource, NULL));
}

/* There are none; which of the conditions may be to blame. */
static const char *
reason_of_none(const Supply *datum)
{
	const Resource *resource = datum->resource;
	bool		is_position = strstr(resource->scopes, "data:position") != NULL;

	return psprintf("The API has none of this car: %s%s%sthe service that uploads it is not activated%s.",
					datum->produced == YES ? "" : "the car does not produce it, or ",
					resource->of_events ? "nothing has happened, or " : "",
					is_position ? "privacy mode hides it, or " : "",
					resource->of_events ? "" : ", or the car has not sent any yet");
}

static const char *
reason_of(const Supply *datum, const char *granted)
{
	if (datum->authorized == NO)
		return reason_of_denial(datum, granted);
	if (datum->produced == NO)
	{
		const char *missing = lacking(datum->resource->scopes, is_capable, datum->car);

		return psprintf("The car does not produce it: its onboardCapabilities lack %s.",
						missing != NULL ? missing : column_scopes(datum->resource, NULL));
	}
	if (datum->uploaded == YES)
		return datum->resource->parent == PARENT_VEHICLE ? "It is there." :
			"It comes with trips and positions, which are there.";
	if (datum->fault != NULL)
		return psprintf("It is not known: %s", datum->fault);
	if (datum->resource->parent == PARENT_TRIP && datum->uploaded == UNKNOWN)
		return "It is not known: there are trips, but no last position, so privacy mode may hide these, too.";
	return reason_of_none(datum);
}

static void
set_truth(Datum *value, bool *isnull, Truth truth)
{
	*isnull = truth == UNKNOWN;
	*value = BoolGetDatum(truth == YES);
}

static void
add_row(ResultRows *rows, const Supply *datum, const char *granted)
{
	Datum		values[9];
	bool		nulls[9] = {false};

	set_text(&values[0], &nulls[0], datum->car->id);
	set_text(&values[1], &nulls[1], datum->car->vin);
	set_text(&values[2], &nulls[2], datum->resource->name);
	set_text(&values[3], &nulls[3], datum->resource->scopes);
	values[4] = BoolGetDatum(true);
	set_truth(&values[5], &nulls[5], datum->produced);
	set_truth(&values[6], &nulls[6], datum->uploaded);
	set_truth(&values[7], &nulls[7], datum->authorized);
	set_text(&values[8], &nulls[8], reason_of(datum, granted));
	rows_add(rows, values, nulls);
}

PG_FUNCTION_INFO_V1(stellantis_availability);

/*
 * availability(server): a row for each car of the caller and each table: the
 * four conditions (NULL: cannot be known), and a sentence that says which one
 * fails.  Raises as a query of the vehicles would.
 */
Datum
stellantis_availability(PG_FUNCTION_ARGS)
{
	Survey		survey = {.userid = GetUserId()};
	Oid			serverid = server_argument(fcinfo, 0);
	ResultRows	rows;
	ListCell   *lc;

	survey.probe = probe_create(token_account(survey.userid, serverid, CurrentMemoryContext), true);
	rows_begin(fcinfo, &rows);
	list_cars(&survey);
	foreach(lc, survey.cars)
	{
		Car		   *car = lfirst(lc);

		for (int i = 0; i < catalog_nresources; i++)
			if (is_asked(&car->data[i]))
				survey.questions = lappend(survey.questions, &car->data[i]);
	}
	ask_cars(&survey);
	foreach(lc, survey.cars)
	{
		Car		   *car = lfirst(lc);

		settle_car(&survey, car);
		for (int i = 0; i < catalog_nresources; i++)
			if (is_of_car(catalog_resources[i]))
				add_row(&rows, &car->data[i], survey.probe->account->scope);
	}
	return (Datum) 0;
}
