/*
 * fetch.c
 *	  Vehicles x trips or callbacks x pages -> one bounded stream of rows.
 *
 * Everything that must be asked is a Collection.  Those that wait to send
 * their next request are in "pending"; answers that belong to the scan's own
 * rows wait in "ready" for their turn, so that a collection's answers are used
 * in their order.  Requests under way and ready answers together stay within
 * the account's concurrency and a bound in bytes, and requests start only
 * while somebody asks for a row.  Listings (of vehicles, of callbacks, of a
 * vehicle's trips) are used up as soon as they arrive and add to "pending".
 */
#include "postgres.h"

#include "error.h"
#include "fetch_private.h"
#include "miscadmin.h"
#include "request.h"
#include "totals.h"
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

/* What the requests carry: the account's token among it. */
void
fetch_set_headers(Fetch *f)
{
	MemoryContext old = MemoryContextSwitchTo(f->context);

	f->headers = request_headers(account_of(f), f->spec.resource->accept);
	f->listing_headers = request_headers(account_of(f), catalog_resource("vehicles")->accept);
	MemoryContextSwitchTo(old);
}

Fetch *
fetch_create(const FetchSpec *spec, ShareScan *share, Garage *garage,
			 FetchCounters *counters)
{
	Fetch	   *f = palloc0(sizeof(Fetch));
	const Resource *resource = spec->resource;

	f->spec = *spec;
	f->share = share;
	f->garage = garage;
	f->counters = counters;
	f->context = CurrentMemoryContext;
	f->work = AllocSetContextCreate(f->context, "stellantis_fdw answer",
									ALLOCSET_DEFAULT_SIZES);
	f->page = AllocSetContextCreate(f->context, "stellantis_fdw page",
									ALLOCSET_SMALL_SIZES);
	fetch_set_headers(f);
	if (resource->shape == SHAPE_COLLECTION)
		f->rows = decoder_create(spec->columns, spec->ncolumns, resource->rows_key, NULL);
	if (resource->shape == SHAPE_OBJECT || !spec->objects.all ||
		(resource->parent == PARENT_ACCOUNT && !spec->vehicles.all))
		f->object = decoder_create(spec->columns, spec->ncolumns, NULL, resource->row_pointer);
	dlist_init(&f->pending);
	dlist_init(&f->listings);
	dlist_init(&f->ready);
	f->asked = strset_create(f->context, 64, NULL);
	ask_first(f);
	return f;
}

/* ---- what answers say ---- */

/* The first page says that there is none.  On the listing that is worth a word. */
static void
no_data(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	FaultContext context;

	if (c->vehicle_id != NULL || !c->resource->lists_vehicles || f->spec.vin_prefix != NULL)
		return;
	collection_context(c, &context);
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("the account has no vehicles"),
			 errdetail("%s", answer_told(answer, &context)),
			 errhint("The owner may have withdrawn the consent, or the car may be in private mode.")));
}

/*
 * For the planner: the API says that there are so many rows of what a
 * collection asks for.
 */
static void
note_total(Fetch *f, const Collection *c, int64 rows)
{
	double		days = TOTALS_ALL;

	/* what another condition thins out, or an id names, says nothing of others */
	if ((!c->paged && c->resource->shape == SHAPE_COLLECTION) ||
		(c->trip_id != NULL && c->resource->parent != PARENT_TRIP) ||
		(c->vehicle_id == NULL && f->spec.vin_prefix != NULL) ||
		(c->role == ROLE_ROWS && (f->spec.has_tolerance || f->spec.filters != NIL)))
		return;
	if (c->role == ROLE_ROWS)
		days = f->spec.days;
	totals_report(account_of(f)->serverid, f->spec.userid, c->resource, days, rows);
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
bool
fetch_note_envelope(Fetch *f, Collection *c, const PageEnvelope *envelope)
{
	int64		before = c->total;

	if (before < 0 && envelope->total >= 0)
		note_total(f, c, envelope->total);
	if (c->role == ROLE_ROWS && envelope->total >= 0)
		f->announced += envelope->total - Max(before, 0);
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

	/* an id that nobody knows is not a vehicle, or a callback, without rows */
	if (c->total < 0 && (c->pages > 0 || !(c->vehicle_supplied || c->callback_supplied)))
		note_total(f, c, c->rows);
	if (c->role == ROLE_VEHICLES)
		f->listing_short = is_short;
	if (c->role == ROLE_CHECK && is_short)
	{
		fetch_convict(f, c);
		return;
	}
	if (c->role == ROLE_CHECK)
		fetch_end_collection(f, c->suspect);	/* no such id: no rows */
	else
		collection_reconcile(c);
	fetch_end_collection(f, c);
}

/* A page's rows are used up.  Asks for the next one, or ends the collection. */
void
fetch_finish_page(Fetch *f, Collection *c, const PageEnvelope *envelope, NextPage next)
{
	const char *wrong;
	char	   *detail = NULL;

	if (envelope->next_token == NULL)
	{
		finish_collection(f, c);
		return;
	}
	wrong = collection_check_page(c, &detail);
	if (wrong == NULL && next == NEXT_UNKNOWN)
		wrong = collection_next_page(c, envelope->next_token, &detail);
	if (wrong != NULL)
		fetch_fail_paging(f, c, wrong, detail);
	else if (next != NEXT_ASKED)
		ask_again(f, c);
}

/* ---- the scan's own pages ---- */

static void
add_ready(Fetch *f, Collection *c, ShareRequest *request)
{
	ReadyPage  *page = MemoryContextAlloc(f->context, sizeof(ReadyPage));

	page->request = request;
	page->collection = c;
	dlist_push_tail(&f->ready, &page->node);
	f->nready++;
	f->ready_bytes += share_held(request);
}

static void
close_page(Fetch *f)
{
	Collection *c = f->current->collection;

	share_release(f->current->request);
	pfree(f->current);
	f->current = NULL;
	fetch_unpin(c);
}

/* The rows of the current page have been decoded. */
static void
end_page(Fetch *f)
{
	Collection *c = f->current->collection;

	/* a total that follows the rows has not been noted yet */
	if (c->total == f->envelope.total || fetch_note_envelope(f, c, &f->envelope))
		fetch_finish_page(f, c, &f->envelope, f->next);
	close_page(f);
}

/* The decoder gave up in the middle of the current page. */
static void
break_page(Fetch *f)
{
	fetch_fail_broken(f, f->current->collection, f->decoder);
	close_page(f);
}

/* Something was asked for by its id, and the page is another's. */
static void
reject_page(Fetch *f)
{
	fetch_fail_content(f, f->current->collection, "the answer is about another object",
				 "Its id is not the one that was asked for.");
	close_page(f);
}

/*
 * What a page says of itself behind its rows.  It may be that the page has been
 * read before, which rows without ids do not show: that is to be known before
 * they go out.  The links usually come first, and no page is read twice.
 */
static bool
read_ahead(Fetch *f, const HttpAnswer *answer)
{
	PageEnvelope envelope;
	DecodeResult result;

	if (f->ends == NULL)
	{
		MemoryContextSwitchTo(f->context);
		f->ends = decoder_create(NULL, 0, f->spec.resource->rows_key, NULL);
		MemoryContextSwitchTo(f->page);
	}
	result = decode_begin(f->ends, answer->body, answer->body_len, &envelope);
	while (result == DECODE_ROW)
		result = decode_row(f->ends, NULL, NULL);
	f->envelope.total = envelope.total;
	f->envelope.next_token = envelope.next_token;
	return result == DECODE_END;
}

/* False if the current page is broken. */
static bool
begin_decoding(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	bool		is_page = c->paged && c->resource->shape == SHAPE_COLLECTION;

	f->decoder = is_page ? f->rows : f->object;
	if (decode_begin(f->decoder, answer->body, answer->body_len, &f->envelope) == DECODE_BROKEN)
		return false;
	if (!is_page || c->resource->has_id || f->envelope.links_seen || f->envelope.complete)
		return true;
	if (read_ahead(f, answer))
		return true;
	f->decoder = f->ends;
	return false;
}

/*
 * Begins to decode the current page and, where its envelope says so, asks for
 * the page after it.  If somebody else has been given this one, that has been
 * done, or nobody may want it.
 */
static void
begin_page(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	const char *wrong;
	char	   *detail = NULL;

	MemoryContextReset(f->page);
	MemoryContextSwitchTo(f->page);
	f->next = NEXT_UNKNOWN;
	collection_begin_page(c);
	f->counters->pages++;
	if (!begin_decoding(f, c, answer))
	{
		break_page(f);
		return;
	}
	if (!fetch_note_envelope(f, c, &f->envelope))
	{
		close_page(f);
		return;
	}
	if (f->envelope.next_token == NULL)
		return;
	wrong = collection_next_page(c, f->envelope.next_token, &detail);
	if (wrong != NULL)
	{
		fetch_fail_paging(f, c, wrong, detail);
		close_page(f);
		return;
	}
	f->next = NEXT_NOTED;
	if (share_is_own(f->current->request))
	{
		f->next = NEXT_ASKED;
		ask_again(f, c);
	}
}

/* ---- answers ---- */

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
		fetch_unusable(f, c, answer);
		return false;
	}
	if (answer->outcome == HTTP_ANSWERED &&
		(answer->status == 204 || (c->pages == 0 && answer_is_no_data(answer))))
	{
		if (answer->status != 204)
			no_data(f, c, answer);
		finish_collection(f, c);
		if (is_vehicles)
			fetch_judge_suspended(f);
	}
	else
		fetch_unusable(f, c, answer);
	return false;
}

/* Takes up the next ready answer: it becomes the current page, if it is one. */
static void
open_page(Fetch *f)
{
	ReadyPage  *page = dlist_container(ReadyPage, node, dlist_pop_head_node(&f->ready));
	Collection *c = page->collection;
	MemoryContext old = CurrentMemoryContext;
	const HttpAnswer *answer;

	f->nready--;
	f->ready_bytes -= share_held(page->request);
	f->current = page;
	MemoryContextReset(f->work);
	MemoryContextSwitchTo(f->work);
	if (!c->ended && has_content(f, c, answer = share_open(page->request)))
		begin_page(f, c, answer);
	else
		close_page(f);
	MemoryContextSwitchTo(old);
}

/* A finished request: the scan's own answers become ready, listings are used. */
static void
handle_answer(Fetch *f, ShareRequest *request)
{
	Collection *c = share_tag(request);
	const HttpAnswer *answer = share_answer(request);
	MemoryContext old = CurrentMemoryContext;

	f->in_flight--;
	if (share_is_own(request))
		fetch_note_token(f, c, answer);
	else
	{
		c->refused = false;
		f->counters->shared++;
	}
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
	if (!c->ended && has_content(f, c, answer = share_open(request)))
		fetch_use_listing(f, c, answer);
	MemoryContextSwitchTo(old);
	share_release(request);
	fetch_unpin(c);
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
			fetch_unpin(c);
			continue;
		}
		initStringInfo(&url);
		appendStringInfoString(&url, c->url);
		request_param(&url, "client_id", account_of(f)->client_id);
		if (c->page_token != NULL)
			request_param(&url, "pageToken", c->page_token);
		c->account = account_of(f);
		share_get(f->share, c->resource, url.data, headers, c->restarts, c);
		pfree(url.data);
		f->in_flight++;
	}
}

/* While rows are decoded the network goes on. */
static void
pump(Fetch *f)
{
	ShareRequest *request;

	f->rows_since_pump = 0;
	if (f->in_flight == 0)
		return;
	http_pump();
	while ((request = share_finished(f->share)) != NULL)
		handle_answer(f, request);
	start_requests(f);
}

/* ---- rows ---- */

/*
 * Is this not what was asked for by its id?  PostgreSQL would drop the row
 * silently.
 */
static bool
is_another(const Fetch *f, const Datum *values, const bool *nulls)
{
	const char *wanted = f->current->collection->object_id;
	int			id = f->spec.id_column;

	return wanted != NULL &&
		(nulls[id] || strcmp(TextDatumGetCString(values[id]), wanted) != 0);
}

/*
 * Does the row say that it is another vehicle's than the one that was asked?
 * The API might answer the same, below whichever vehicle it is asked for the
 * id of an object or of a trip that the query supplied.
 */
static bool
is_of_another_vehicle(const Fetch *f, const Datum *values, const bool *nulls)
{
	const Collection *c = f->current->collection;
	int			vehicle = f->spec.vehicle_column;

	return (c->trip_supplied || c->object_id != NULL) && vehicle >= 0 && !nulls[vehicle] &&
		c->vehicle_id != NULL &&
		strcmp(TextDatumGetCString(values[vehicle]), c->vehicle_id) != 0;
}

/* A decoded row: is it new, and whose is it? */
static bool
accept_row(Fetch *f, Datum *values, bool *nulls, FetchedRow *row)
{
	Collection *c = f->current->collection;
	const char *id = NULL;

	if (c->paged && f->spec.id_column >= 0 && !nulls[f->spec.id_column])
		id = TextDatumGetCString(values[f->spec.id_column]);
	if (!collection_count_row(c, id) || is_of_another_vehicle(f, values, nulls))
		return false;
	c->emitted = true;
	row->vehicle_id = c->vehicle_id;
	row->vin = c->vin;
	row->trip_id = c->trip_id;
	row->callback_id = c->callback_id;

	/* the hint was wrong: from here on the query gets all there is */
	if (++f->emitted >= f->spec.limit)
		f->spec.limit = 0;
	return true;
}

static FetchResult
advance(Fetch *f, Datum *values, bool *nulls, FetchedRow *row, bool may_wait)
{
	for (;;)
	{
		ShareRequest *request;
		bool		pending = false;

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
						return FETCH_ROW;
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
		request = may_wait ? share_wait(f->share) : share_poll(f->share, &pending);
		if (request == NULL)
			return pending ? FETCH_WAIT : FETCH_END;
		handle_answer(f, request);
	}
}

bool
fetch_next(Fetch *f, Datum *values, bool *nulls, FetchedRow *row)
{
	return advance(f, values, nulls, row, true) == FETCH_ROW;
}

FetchResult
fetch_poll(Fetch *f, Datum *values, bool *nulls, FetchedRow *row)
{
	return advance(f, values, nulls, row, false);
}

int64
fetch_announced(const Fetch *f)
{
	return f->announced;
}

void
fetch_end(Fetch *f)
{
	dlist_iter	iter;

	if (f->current != NULL)
		share_release(f->current->request);
	dlist_foreach(iter, &f->ready)
		share_release(dlist_container(ReadyPage, node, iter.cur)->request);
	share_cancel(f->share);
}
