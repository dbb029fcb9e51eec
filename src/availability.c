/*
 * availability.c
 *	  availability(server): why a table has no rows of a car.
 *
 * The vendor names four conditions, all of which must hold: the API knows the
 * datum (referenced), the car has what measures it (produced), a service that
 * the owner activated sends it (uploaded), the owner lets this application read
 * it (authorized).  The first is the catalog's, the second in the listing, the
 * fourth in the token's scopes: so only what these leave open is asked for, a
 * row of it at most.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
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
	const char *fault;			/* what the API said, if it gave no answer */
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
	List	   *questions;		/* of Supply, that are to be asked */
	int			in_flight;
} Survey;

static bool
is_of_car(const Resource *resource)
{
	return resource->parent != PARENT_ACCOUNT;
}

/* Each of a list between commas, and what "test" says of all of them. */
static bool
each_of(const char *list, bool (*test) (const char *name, const void *arg), const void *arg)
{
	while (*list != '\0')
	{
		size_t		length = strcspn(list, ",");

		if (!test(pnstrdup(list, length), arg))
			return false;
		list += length + (list[length] == ',');
	}
	return true;
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
	if (!each_of(resource->scopes, is_capable, car))
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
	Car		   *car = palloc0(sizeof(Car));

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
			datum->authorized = each_of(resource->scopes, is_granted, granted) ? YES : NO;
		datum->produced = is_produced(resource, car);
	}
	survey->cars = lappend(survey->cars, car);
}

/* Raises unless the listing can be used; another token is tried for. */
static bool
usable_listing(Survey *survey, const HttpAnswer *answer, bool *replaced)
{
	Probe	   *probe = survey->probe;
	FaultContext context = {.resource = catalog_resource("vehicles"),
	.server_name = probe->account->server_name,.secrets = probe->account->secrets};
	TokenRefusal refusal = {0};

	if (probe_has_content(answer))
		return true;
	if (answer->outcome == HTTP_ANSWERED && answer->status == 401 && *replaced)
		token_refused_again(probe->account);
	else if (answer->outcome == HTTP_ANSWERED && answer->status == 401)
	{
		const Account *another = token_after_refusal(probe->account, survey->userid,
													 CurrentMemoryContext, &refusal);

		*replaced = true;
		if (another != NULL)
		{
			probe->account = another;
			return false;
		}
	}
	fault_report(ERROR, refusal.fault != NULL ? refusal.fault : fault_of_answer(answer, &context));
	return false;
}

static void
list_cars(Survey *survey)
{
	const Resource *vehicles = catalog_resource("vehicles");
	strset_hash *tokens = strset_create(CurrentMemoryContext, 8, NULL);
	char	   *token = NULL;
	bool		replaced = false;

	for (;;)
	{
		const HttpAnswer *answer;
		const Fault *fault;

		probe_ask(survey->probe, vehicles, NULL, EXT_CAPABILITIES, token, false, NULL);
		answer = http_answer(probe_wait(survey->probe));
		if (answer_is_no_data(answer) ||
			(answer->outcome == HTTP_ANSWERED && answer->status == 204))
			return;
		if (!usable_listing(survey, answer, &replaced))
			continue;
		fault = probe_vehicles(survey->probe, answer, add_car, survey, &token);
		if (fault != NULL)
			fault_report(ERROR, fault);

		/* a server that goes in circles has said all it can */
		if (token == NULL || !strset_add(tokens, token))
			return;
	}
}

/* ---- what the endpoints answer ---- */

/* Way points are below trips: whether they come follows from the others. */
static bool
is_asked(const Supply *datum)
{
	return datum->resource->parent == PARENT_VEHICLE &&
		datum->authorized != NO && datum->produced != NO;
}

static void
note_answer(Survey *survey, Supply *datum, const HttpAnswer *answer)
{
	FaultContext context = {.resource = datum->resource,.vehicle = datum->car->vin,
	.server_name = survey->probe->account->server_name,.secrets = survey->probe->account->secrets};
	bool		none = answer_is_no_data(answer) ||
		(answer->outcome == HTTP_ANSWERED && answer->status == 204) ||
		(probe_has_content(answer) && probe_is_empty(datum->resource, answer));

	if (none || probe_has_content(answer))
	{
		datum->authorized = YES;
		datum->uploaded = !none ? YES : datum->resource->of_events ? UNKNOWN : NO;
		if (!none)
			datum->produced = YES;
		return;
	}
	if (answer->outcome == HTTP_ANSWERED && answer->status == 403)
		datum->authorized = NO;
	datum->fault = fault_of_answer(answer, &context)->detail;
	if (datum->fault == NULL)
		datum->fault = fault_of_answer(answer, &context)->reason;
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
			probe_ask(survey->probe, datum->resource, datum->car->id, 0, NULL, true, datum);
			survey->in_flight++;
		}
		request = probe_wait(survey->probe);
		if (request != NULL)
		{
			survey->in_flight--;
			note_answer(survey, http_tag(request), http_answer(request));
			http_release(request);
		}
	} while (request != NULL);
}

/* Way points come when trips do, and positions. */
static void
derive_waypoints(Car *car)
{
	Truth		trips = UNKNOWN,
				positions = UNKNOWN;

	for (int i = 0; i < catalog_nresources; i++)
	{
		if (car->data[i].resource == catalog_resource("trips"))
			trips = car->data[i].uploaded;
		else if (car->data[i].resource == catalog_resource("positions"))
			positions = car->data[i].uploaded;
	}
	for (int i = 0; i < catalog_nresources; i++)
		if (car->data[i].resource->parent == PARENT_TRIP)
			car->data[i].uploaded = trips == NO || positions == NO ? NO :
				trips == YES && positions == YES ? YES : UNKNOWN;
}

/* ---- rows ---- */

static const char *
reason_of(const Supply *datum)
{
	const char *scopes = column_scopes(datum->resource, NULL);

	if (datum->authorized == NO)
		return psprintf("The owner has not granted %s to this application: enrol again, and ask for it.", scopes);
	if (datum->produced == NO)
		return psprintf("The car does not produce it: its onboardCapabilities lack %s.",
						scopes);
	if (datum->fault != NULL)
		return psprintf("It is not known: %s", datum->fault);
	if (datum->uploaded == NO)
		return "The API has none of this car: the service that uploads it is not activated, or the car has not sent any yet.";
	if (datum->uploaded == YES)
		return "It is there.";
	if (datum->resource->of_events)
		return "The API has none of this car: nothing has happened, or the service that uploads it is not activated.";
	return "It is not known whether the car uploads it.";
}

static void
set_truth(Datum *value, bool *isnull, Truth truth)
{
	*isnull = truth == UNKNOWN;
	*value = BoolGetDatum(truth == YES);
}

static void
add_row(ResultRows *rows, const Supply *datum)
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
	set_text(&values[8], &nulls[8], reason_of(datum));
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

		derive_waypoints(car);
		for (int i = 0; i < catalog_nresources; i++)
			if (is_of_car(catalog_resources[i]))
				add_row(&rows, &car->data[i]);
	}
	return (Datum) 0;
}
