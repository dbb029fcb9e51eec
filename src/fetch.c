/*
 * fetch.c
 *	  Vehicles x trips x pages -> one bounded stream of rows.
 *
 * Everything that must be asked is a Collection.  Those that wait to send
 * their next request are in "pending"; answers that belong to the scan's own
 * rows wait in "ready" for their turn, so that a collection's answers are used
 * in their order.  Requests under way and ready answers together stay within
 * the account's concurrency and a bound in bytes, and requests start only
 * while somebody asks for a row.  Listings (of vehicles, of a vehicle's trips)
 * are used up as soon as they arrive and add to "pending".
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "error.h"
#include "fetch_private.h"
#include "miscadmin.h"
#include "request.h"
#include "token.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Answers ready, and under way as far as can be guessed. */
#define WINDOW_BYTES		((int64) 40 * 1024 * 1024)

/*
 * While fewer collections wait, the listing of vehicles goes on beside their
 * rows: a vehicle that is listed last is not to begin when all others end.
 */
#define MANY_WAITING		256

/* Rows decoded between two looks at the network. */
#define ROWS_PER_PUMP		32

/* How often a listing whose total shrank is read again. */
#define MAX_RESTARTS		3

/* Of listings: id and VIN of vehicles, id and start of trips. */
static const DecodeColumn vehicle_columns[] = {
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "id",.scale_num = 1,.scale_den = 1},
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "vin",.scale_num = 1,.scale_den = 1},
};
static const DecodeColumn trip_columns[] = {
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "id",.scale_num = 1,.scale_den = 1},
	{.type = TIMESTAMPTZOID,.conversion = CONV_SCALAR,.paths = "startedAt",.scale_num = 1,.scale_den = 1},
};

static Decoder *
listing_decoder(Fetch *f, const Collection *c)
{
	bool		is_vehicles = c->role == ROLE_VEHICLES;
	Decoder   **decoder = is_vehicles ? &f->vehicles : &f->trips;

	if (*decoder == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(f->context);

		*decoder = decoder_create(is_vehicles ? vehicle_columns : trip_columns, 2,
								  c->resource->rows_key, NULL);
		MemoryContextSwitchTo(old);
	}
	return *decoder;
}

/* What the requests carry: the account's token among it. */
static void
set_headers(Fetch *f)
{
	MemoryContext old = MemoryContextSwitchTo(f->context);

	f->headers = request_headers(account_of(f), f->spec.resource->accept);
	f->listing_headers = request_headers(account_of(f), catalog_resource("vehicles")->accept);
	MemoryContextSwitchTo(old);
}

Fetch *
fetch_create(const FetchSpec *spec, HttpGroup *group, Garage *garage,
			 FetchCounters *counters)
{
	Fetch	   *f = palloc0(sizeof(Fetch));
	const Resource *resource = spec->resource;

	f->spec = *spec;
	f->group = group;
	f->garage = garage;
	f->counters = counters;
	f->context = CurrentMemoryContext;
	f->work = AllocSetContextCreate(f->context, "stellantis_fdw answer",
									ALLOCSET_DEFAULT_SIZES);
	f->page = AllocSetContextCreate(f->context, "stellantis_fdw page",
									ALLOCSET_SMALL_SIZES);
	set_headers(f);
	if (resource->shape == SHAPE_COLLECTION)
		f->rows = decoder_create(spec->columns, spec->ncolumns, resource->rows_key, NULL);
	if (resource->shape == SHAPE_OBJECT || !spec->vehicles.all)
		f->object = decoder_create(spec->columns, spec->ncolumns, NULL, resource->row_pointer);
	dlist_init(&f->pending);
	dlist_init(&f->listings);
	dlist_init(&f->ready);
	f->asked = strset_create(f->context, 64, NULL);
	ask_first(f);
	return f;
}

/* ---- faults ---- */

/* Its memory goes at once, or when the answer comes that is under way. */
static void
end_collection(Fetch *f, Collection *c)
{
	if (c == f->listing)
		f->listing = NULL;
	c->ended = true;
	if (c->pins == 0)
		MemoryContextDelete(c->context);
}

/* A request or an answer of it is done with. */
static void
unpin(Collection *c)
{
	if (--c->pins == 0 && c->ended)
		MemoryContextDelete(c->context);
}

static void fail(Fetch *f, Collection *c, Fault *fault);

/* ROLE_CHECK_TRIP: the suspect's trip is not known to be unknown, so its fault counts. */
static void
convict(Fetch *f, Collection *c)
{
	fail(f, c->suspect, c->suspect->suspended);
	end_collection(f, c);
}

/* Says which rows are missing. */
static void
warn_lacking(const Fetch *f, const Collection *c, const Fault *fault)
{
	const char *why = fault->reason;
	FaultContext context;

	collection_context(c, &context);
	if (c->role == ROLE_TRIPS)
		why = psprintf("could not fetch the vehicle's trips: %s", why);
	context.resource = f->spec.resource;
	ereport(WARNING,
			(errcode(fault->sqlerrcode),
			 errmsg("result lacks %s: %s", fault_subject(&context), why),
			 fault->detail != NULL ? errdetail_internal("%s", fault->detail) : 0,
			 fault->hint != NULL ? errhint("%s", fault->hint) : 0));
}

/*
 * Raises the fault; or, where on_vehicle_error is 'warn' and only this
 * vehicle is concerned, goes on without its rows.
 */
static void
fail(Fetch *f, Collection *c, Fault *fault)
{
	if (c->role == ROLE_CHECK_TRIP)
	{
		convict(f, c);
		return;
	}
	if (!account_of(f)->warn_on_vehicle_error || c->vehicle_id == NULL ||
		fault->sqlerrcode == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION ||
		fault->sqlerrcode == ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION ||
		fault->sqlerrcode == ERRCODE_CONFIGURATION_LIMIT_EXCEEDED)
		fault_report(ERROR, fault);

	warn_lacking(f, c, fault);
	end_collection(f, c);
}

static void
fail_content(Fetch *f, Collection *c, const char *what, const char *detail)
{
	FaultContext context;

	collection_context(c, &context);
	fail(f, c, fault_of_content(&context, what, detail));
}

/* The pages do not make a whole. */
static void
fail_paging(Fetch *f, Collection *c, const char *what, const char *detail)
{
	FaultContext context;
	Fault	   *fault;

	collection_context(c, &context);
	fault = fault_of_content(&context, what, detail);
	fault->hint = pstrdup(TRY_AGAIN);
	fail(f, c, fault);
}

/* The decoder could make nothing of the answer. */
static void
fail_broken(Fetch *f, Collection *c, Decoder *decoder)
{
	fail_content(f, c, "the answer is not the JSON document that it should be",
				 decoder_error(decoder));
}

/*
 * The API answers 400, 403 or 404 for ids that it does not know.  When the
 * query supplied one, the listings decide whether it exists: if it does not,
 * there are no rows; if it does, the answer was an error after all.
 */
static bool
may_be_unknown_id(const Collection *c, const HttpAnswer *answer)
{
	if (!c->vehicle_supplied && !c->trip_supplied)
		return false;
	if (answer->outcome != HTTP_ANSWERED || c->pages > 0)
		return false;
	switch (answer->status)
	{
		case 400:
		case 403:
		case 404:
		case 410:
		case 414:
		case 422:
			return true;
		default:
			return false;
	}
}

/*
 * The listing of vehicles is complete: is a suspended collection's fault real?
 * A listing that lacks what it announced proves nothing.
 */
static void
judge(Fetch *f, Collection *c)
{
	bool		listed = !c->vehicle_supplied || garage_has(f->garage, c->vehicle_id);

	if (!listed && f->listing_short)
		fail(f, c, c->suspended);
	else if (!listed)
		end_collection(f, c);
	else if (c->trip_supplied)
		ask_trips(f, c->vehicle_id, c->vin, false, c);
	else
		fail(f, c, c->suspended);
}

static void
suspend(Fetch *f, Collection *c, const Fault *fault)
{
	MemoryContext old = MemoryContextSwitchTo(c->context);

	c->suspended = palloc(sizeof(Fault));
	c->suspended->sqlerrcode = fault->sqlerrcode;
	c->suspended->message = pstrdup(fault->message);
	c->suspended->reason = pstrdup(fault->reason);
	c->suspended->detail = fault->detail == NULL ? NULL : pstrdup(fault->detail);
	c->suspended->hint = fault->hint == NULL ? NULL : pstrdup(fault->hint);
	MemoryContextSwitchTo(old);

	if (!c->vehicle_supplied || garage_is_complete(f->garage, NULL))
	{
		judge(f, c);
		return;
	}
	old = MemoryContextSwitchTo(f->context);
	f->suspended = lappend(f->suspended, c);
	MemoryContextSwitchTo(old);
	ask_listing(f, NULL);
}

/* ---- what answers say ---- */

/* The first page says that there is none.  On the listing that is worth a word. */
static void
no_data(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	FaultContext context;

	if (c->vehicle_id != NULL || !c->resource->has_id || f->spec.vin_prefix != NULL)
		return;
	collection_context(c, &context);
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("the account has no vehicles"),
			 errdetail("%s", answer_told(answer, &context)),
			 errhint("The owner may have withdrawn the consent, or the car may be in private mode.")));
}

/* application/json, application/hal+json, ...; parameters do not matter. */
static bool
is_json_type(const char *type)
{
	size_t		len = strcspn(type, "; \t");

	return (len > 5 && pg_strncasecmp(type + len - 5, "/json", 5) == 0) ||
		(len > 5 && pg_strncasecmp(type + len - 5, "+json", 5) == 0);
}

/*
 * What the envelope says of the pages to come, as soon as it says it.  Returns
 * false when the collection starts over.
 */
static bool
note_envelope(Fetch *f, Collection *c, const PageEnvelope *envelope)
{
	int64		before = c->total;

	if (!collection_total_shrank(c, envelope->total))
	{
		if (before >= 0 && c->total > before && !c->resource->has_id)
			collection_warn_grown(c, before);
		return true;
	}
	if (!c->emitted && c->pins == 1 && c->restarts < MAX_RESTARTS)
	{
		collection_restart(c);
		ask_again(f, c);
		return false;
	}
	collection_warn_shrunk(c, before);
	return true;
}

/* The last page has been used up. */
static void
finish_collection(Fetch *f, Collection *c)
{
	bool		is_short = c->rows < c->total;

	if (c->role == ROLE_VEHICLES)
		f->listing_short = is_short;
	if (c->role == ROLE_CHECK_TRIP && is_short)
	{
		convict(f, c);
		return;
	}
	if (c->role == ROLE_CHECK_TRIP)
		end_collection(f, c->suspect);	/* no such trip: no rows */
	else
		collection_reconcile(c);
	end_collection(f, c);
}

/* A page's rows are used up.  Asks for the next one, or ends the collection. */
static void
finish_page(Fetch *f, Collection *c, const PageEnvelope *envelope, bool next_asked)
{
	const char *wrong;
	char	   *detail = NULL;

	if (envelope->next_token == NULL)
	{
		finish_collection(f, c);
		return;
	}
	wrong = collection_check_page(c, &detail);
	if (wrong == NULL && !next_asked)
	{
		wrong = collection_next_page(c, envelope->next_token, &detail);
		if (wrong == NULL)
			ask_again(f, c);
	}
	if (wrong != NULL)
		fail_paging(f, c, wrong, detail);
}

/* ---- listings ---- */

/*
 * One row of a listing: false when the rest need not be read, the collection
 * having come to its end.
 */
static bool
use_listed(Fetch *f, Collection *c, Datum *values, bool *nulls)
{
	char	   *id = nulls[0] ? NULL : TextDatumGetCString(values[0]);

	if (id == NULL || !request_id_is_possible(id) || !collection_count_row(c, id))
		return true;
	if (c->role == ROLE_VEHICLES)
	{
		char	   *vin = nulls[1] ? NULL : TextDatumGetCString(values[1]);
		const GarageVehicle *vehicle = garage_add(f->garage, id, vin);

		if (vehicle != NULL && f->spec.resource->parent != PARENT_ACCOUNT &&
			(f->spec.vehicles.all || f->spec.need_vin))
			ask_listed_vehicle(f, vehicle);
	}
	else if (c->role == ROLE_TRIPS)
	{
		if (nulls[1] || !f->spec.prune_trips ||
			(DatumGetTimestampTz(values[1]) >= f->spec.trips_within.lower &&
			 DatumGetTimestampTz(values[1]) <= f->spec.trips_within.upper))
			ask_trip(f, c->vehicle_id, c->vin, id, false, false);
	}
	else if (strcmp(id, c->suspect->trip_id) == 0)
	{
		convict(f, c);
		return false;
	}
	return true;
}

/* The listing is known to its end: whose ids were unknown? */
static void
judge_suspended(Fetch *f)
{
	List	   *suspended = f->suspended;
	ListCell   *lc;

	if (!f->listing_short)
		garage_end(f->garage);
	f->suspended = NIL;
	foreach(lc, suspended)
		judge(f, lfirst(lc));
}

/* A page of a listing is used up as soon as it is there. */
static void
use_listing(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	Decoder    *decoder = listing_decoder(f, c);
	bool		is_vehicles = c->role == ROLE_VEHICLES;
	PageEnvelope envelope;
	Datum		values[2];
	bool		nulls[2];
	DecodeResult result;

	result = decode_begin(decoder, answer->body, answer->body_len, &envelope);
	if (result == DECODE_ROW)
		collection_begin_page(c);
	while (result == DECODE_ROW)
	{
		result = decode_row(decoder, values, nulls);
		if (result == DECODE_ROW && !use_listed(f, c, values, nulls))
			return;
	}
	if (result == DECODE_BROKEN)
	{
		fail_broken(f, c, decoder);
		return;
	}
	f->counters->pages++;
	if (!note_envelope(f, c, &envelope))
		return;
	finish_page(f, c, &envelope, false);
	if (is_vehicles && f->listing == NULL)
		judge_suspended(f);
}

/* ---- the scan's own pages ---- */

static void
add_ready(Fetch *f, Collection *c, HttpRequest *request)
{
	ReadyPage  *page = MemoryContextAlloc(f->context, sizeof(ReadyPage));

	page->request = request;
	page->collection = c;
	dlist_push_tail(&f->ready, &page->node);
	f->nready++;
	f->ready_bytes += http_answer(request)->body_len;
}

static void
close_page(Fetch *f)
{
	Collection *c = f->current->collection;

	http_release(f->current->request);
	pfree(f->current);
	f->current = NULL;
	unpin(c);
}

/* The rows of the current page have been decoded. */
static void
end_page(Fetch *f)
{
	Collection *c = f->current->collection;

	/* a total that follows the rows has not been noted yet */
	if (c->total == f->envelope.total || note_envelope(f, c, &f->envelope))
		finish_page(f, c, &f->envelope, f->next_asked);
	close_page(f);
}

/* The decoder gave up in the middle of the current page. */
static void
break_page(Fetch *f)
{
	fail_broken(f, f->current->collection, f->decoder);
	close_page(f);
}

/* A vehicle was asked for by its id, and its page is another's. */
static void
reject_page(Fetch *f)
{
	fail_content(f, f->current->collection, "the answer is about another vehicle",
				 "Its id is not the one that was asked for.");
	close_page(f);
}

/*
 * Begins to decode the current page and, where its envelope says so, asks for
 * the page after it.
 */
static void
begin_page(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	const char *wrong;
	char	   *detail = NULL;

	MemoryContextReset(f->page);
	MemoryContextSwitchTo(f->page);
	f->next_asked = false;
	f->decoder = c->paged && c->resource->shape == SHAPE_COLLECTION ? f->rows : f->object;
	collection_begin_page(c);
	f->counters->pages++;
	if (decode_begin(f->decoder, answer->body, answer->body_len, &f->envelope) == DECODE_BROKEN)
	{
		break_page(f);
		return;
	}
	if (!note_envelope(f, c, &f->envelope))
	{
		close_page(f);
		return;
	}
	if (f->envelope.next_token == NULL)
		return;
	wrong = collection_next_page(c, f->envelope.next_token, &detail);
	if (wrong != NULL)
	{
		fail_paging(f, c, wrong, detail);
		close_page(f);
	}
	else
	{
		f->next_asked = true;
		ask_again(f, c);
	}
}

/* ---- answers ---- */

/*
 * The API refuses the access token: asks again with another one, if there is
 * one to be had.  When the API has refused that too, before it took it once or
 * for the same thing, the fault lies elsewhere.  False: the answer is a fault,
 * of which *refusal says more.
 */
static bool
ask_with_another_token(Fetch *f, Collection *c, TokenRefusal *refusal)
{
	const Account *account;

	memset(refusal, 0, sizeof(TokenRefusal));
	if (c->account == account_of(f))
	{
		if (f->token_untried || c->refused)
		{
			token_refused_again(account_of(f));
			refusal->why = "The access token had been refreshed just before.";
			refusal->hint = psprintf("Check client_id, and brand or realm, of server \"%s\".",
									 account_of(f)->server_name);
			return false;
		}
		account = token_after_refusal(account_of(f), f->spec.userid, f->spec.account_owner,
									  refusal);
		if (account == NULL)
			return false;
		*f->spec.account = account;
		f->token_untried = true;
		set_headers(f);
	}
	c->refused = true;
	ask_again(f, c);
	return true;
}

static void
handle_unusable(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	FaultContext context;
	TokenRefusal refusal;
	Fault	   *fault;

	collection_context(c, &context);
	if (answer->outcome == HTTP_ANSWERED && answer->status == 401)
	{
		if (ask_with_another_token(f, c, &refusal))
			return;
		if (refusal.fault != NULL)
			fault_report(ERROR, refusal.fault);
		fault = fault_of_refused_token(answer, &context, refusal.why, refusal.hint);
	}
	else
		fault = fault_of_answer(answer, &context);
	if (may_be_unknown_id(c, answer))
		suspend(f, c, fault);
	else
		fail(f, c, fault);
}

/*
 * Is this an answer with content?  One without is dealt with here: zero rows,
 * an id to look up, or a fault.
 */
static bool
has_content(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	bool		is_vehicles = c->role == ROLE_VEHICLES;

	if (answer->outcome == HTTP_ANSWERED && answer->status == 200)
	{
		if (is_json_type(answer->content_type))
			return true;
		handle_unusable(f, c, answer);
		return false;
	}
	if (answer->outcome == HTTP_ANSWERED &&
		(answer->status == 204 || (c->pages == 0 && answer_is_no_data(answer))))
	{
		if (answer->status != 204)
			no_data(f, c, answer);
		finish_collection(f, c);
		if (is_vehicles)
			judge_suspended(f);
	}
	else
		handle_unusable(f, c, answer);
	return false;
}

/* Takes up the next ready answer: it becomes the current page, if it is one. */
static void
open_page(Fetch *f)
{
	ReadyPage  *page = dlist_container(ReadyPage, node, dlist_pop_head_node(&f->ready));
	Collection *c = page->collection;
	const HttpAnswer *answer = http_answer(page->request);
	MemoryContext old = CurrentMemoryContext;

	f->nready--;
	f->ready_bytes -= answer->body_len;
	f->current = page;
	MemoryContextReset(f->work);
	MemoryContextSwitchTo(f->work);
	if (!c->ended && has_content(f, c, answer))
		begin_page(f, c, answer);
	else
		close_page(f);
	MemoryContextSwitchTo(old);
}

/* A token is good for whatever is answered, but by a gateway that has not looked at it. */
static void
note_taken(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	if (answer->outcome != HTTP_ANSWERED || answer->status == 401 ||
		answer->status == 429 || answer->status >= 500)
		return;
	c->refused = false;
	if (c->account == account_of(f))
		f->token_untried = false;
	token_taken(c->account);
}

/* A finished request: the scan's own answers become ready, listings are used. */
static void
handle_answer(Fetch *f, HttpRequest *request)
{
	Collection *c = http_tag(request);
	const HttpAnswer *answer = http_answer(request);
	MemoryContext old = CurrentMemoryContext;

	f->in_flight--;
	note_taken(f, c, answer);
	f->page_bytes = Max(f->page_bytes, (int64) answer->body_len);
	if (c->role == ROLE_ROWS)
	{
		/* so many answers and no row yet: one at a time would take too long */
		if (++f->answers >= account_of(f)->concurrency && f->emitted == 0)
			f->spec.limit = 0;
		add_ready(f, c, request);
		return;
	}
	MemoryContextReset(f->work);
	MemoryContextSwitchTo(f->work);
	if (!c->ended && has_content(f, c, answer))
		use_listing(f, c, answer);
	MemoryContextSwitchTo(old);
	http_release(request);
	unpin(c);
}

/* ---- requests ---- */

/* May one more request be under way? */
static bool
window_is_open(const Fetch *f)
{
	int			busy = f->in_flight + f->nready;

	if (busy == 0)
		return f->spec.limit == 0 || f->current == NULL;

	/* a query that will soon have enough asks for one thing at a time */
	if (f->spec.limit > 0)
		return false;
	return busy < account_of(f)->concurrency &&
		f->ready_bytes + (f->in_flight + 1) * f->page_bytes <= WINDOW_BYTES;
}

/*
 * Is the listing of vehicles to go on before what waits?  Not when nothing is
 * under way: rows are not to wait for it, and a query that will soon have
 * enough, which asks for one thing at a time, may not need it.
 */
static bool
listing_is_next(const Fetch *f)
{
	if (f->next_listing == NULL || f->nwaiting == 0)
		return f->next_listing != NULL;
	return f->in_flight + f->nready > 0 && f->nwaiting < MANY_WAITING;
}

/* Rows go before listings of trips, so that few wait while many are still to be listed. */
static Collection *
next_question(Fetch *f)
{
	dlist_head *queue = dlist_is_empty(&f->pending) ? &f->listings : &f->pending;
	Collection *c;

	if (listing_is_next(f))
	{
		c = f->next_listing;
		f->next_listing = NULL;
		return c;
	}
	if (f->nwaiting == 0)
		return NULL;
	f->nwaiting--;
	return dlist_container(Collection, node, dlist_pop_head_node(queue));
}

static void
start_requests(Fetch *f)
{
	Collection *c;

	while (window_is_open(f) && (c = next_question(f)) != NULL)
	{
		const char **headers = c->role == ROLE_ROWS ? f->headers : f->listing_headers;
		StringInfoData url;

		if (c->ended)
		{
			unpin(c);
			continue;
		}
		initStringInfo(&url);
		appendStringInfoString(&url, c->url);
		request_param(&url, "client_id", account_of(f)->client_id);
		if (c->page_token != NULL)
			request_param(&url, "pageToken", c->page_token);
		c->account = account_of(f);
		http_get(f->group, url.data, headers, c);
		pfree(url.data);
		f->in_flight++;
	}
}

/* While rows are decoded the network goes on. */
static void
pump(Fetch *f)
{
	HttpRequest *request;

	f->rows_since_pump = 0;
	if (f->in_flight == 0)
		return;
	http_pump();
	while ((request = http_finished(f->group)) != NULL)
		handle_answer(f, request);
	start_requests(f);
}

/* ---- rows ---- */

/*
 * Is this not the vehicle that was asked for by its id?  PostgreSQL would drop
 * the row silently.
 */
static bool
is_another(const Fetch *f, const Datum *values, const bool *nulls)
{
	const Collection *c = f->current->collection;
	int			id = f->spec.ncolumns - 1;

	return c->resource->has_id && !c->paged && c->vehicle_id != NULL &&
		(nulls[id] || strcmp(TextDatumGetCString(values[id]), c->vehicle_id) != 0);
}

/* A decoded row: is it new, and whose is it? */
static bool
accept_row(Fetch *f, Datum *values, bool *nulls, FetchedRow *row)
{
	Collection *c = f->current->collection;
	const char *id = NULL;

	if (c->resource->has_id && c->paged && !nulls[f->spec.ncolumns - 1])
		id = TextDatumGetCString(values[f->spec.ncolumns - 1]);
	if (!collection_count_row(c, id))
		return false;
	c->emitted = true;
	row->vehicle_id = c->vehicle_id;
	row->vin = c->vin;
	row->trip_id = c->trip_id;

	/* the hint was wrong: from here on the query gets all there is */
	if (++f->emitted >= f->spec.limit)
		f->spec.limit = 0;
	return true;
}

bool
fetch_next(Fetch *f, Datum *values, bool *nulls, FetchedRow *row)
{
	for (;;)
	{
		HttpRequest *request;

		if (f->current != NULL)
		{
			if (++f->rows_since_pump >= ROWS_PER_PUMP)
				pump(f);
			switch (decode_row(f->decoder, values, nulls))
			{
				case DECODE_ROW:
					if (is_another(f, values, nulls))
					{
						reject_page(f);
						continue;
					}
					if (accept_row(f, values, nulls, row))
						return true;
					CHECK_FOR_INTERRUPTS();
					continue;
				case DECODE_END:
					end_page(f);
					continue;
				case DECODE_BROKEN:
					break_page(f);
					continue;
			}
		}
		if (!dlist_is_empty(&f->ready))
		{
			open_page(f);
			start_requests(f);
			continue;
		}
		start_requests(f);
		request = http_wait(f->group);
		if (request == NULL)
			return false;
		handle_answer(f, request);
	}
}

void
fetch_end(Fetch *f)
{
	dlist_iter	iter;

	if (f->current != NULL)
		http_release(f->current->request);
	dlist_foreach(iter, &f->ready)
		http_release(dlist_container(ReadyPage, node, iter.cur)->request);
	http_group_cancel(f->group);
}
