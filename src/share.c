/*
 * share.c
 *	  What the scans of one executor run have been answered.
 *
 * A run is what belongs to one EState: a query in a function, or in a loop, is
 * one of its own, and sees new data.  Its scans share single answers, pages of
 * collections; as a page's token leads to the next one, whoever follows sees
 * the collection in the state in which the first one saw it.
 *
 * A request under way belongs to the scan that asked first.  Another one that
 * wants the same waits for it and takes a copy, which the run keeps; so does
 * the asker itself when it is done with an answer.  If the asker gives up
 * before, whoever waits asks itself.  Nothing is kept of what nobody else is
 * going to ask.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "share.h"
#include "share_store.h"
#include "strset.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * For so long the same moment is "now"; less than what the end of an open
 * range is ahead of it.
 */
#define NOW_LASTS		USECS_PER_HOUR

typedef struct ShareRun
{
	dlist_node	node;			/* in "runs" */
	EState	   *estate;			/* to be compared only */
	MemoryContext context;		/* holds this struct, entries and answers */
	AnswerStore *store;
	strset_hash *entries;
	dlist_head	scans;
	TimestampTz now;
	MemoryContextCallback on_reset;
} ShareRun;

/* What is known of one request. */
typedef struct ShareEntry
{
	int			age;			/* of "kept" or "asker" */
	KeptAnswer *kept;			/* the answer, once anybody else needs it */
	ShareRequest *asker;		/* not released yet, or NULL */
} ShareEntry;

struct ShareScan
{
	dlist_node	node;			/* in its run's list */
	ShareRun   *run;
	ShareWants	wants;
	HttpGroup  *group;
	MemoryContext context;		/* holds this struct and the requests */
	dlist_head	requests;		/* all that are not released */
	dlist_head	waiting;		/* those of SHARE_WAITING, oldest first */
	int			nout;			/* asked or waiting */
};

typedef enum ShareState
{
	SHARE_ASKED,				/* sent by this scan */
	SHARE_WAITING,				/* for another one's answer */
	SHARE_TAKEN					/* the caller's */
} ShareState;

struct ShareRequest
{
	dlist_node	in_scan;
	dlist_node	in_waiting;
	ShareScan  *scan;
	ShareEntry *entry;			/* NULL if nobody else is going to ask that */
	ShareState	state;
	void	   *tag;
	int			age;
	char	   *url;			/* SHARE_WAITING: in case that it must be sent */
	const char **headers;
	HttpRequest *http;			/* the scan's own, or */
	KeptAnswer *kept;			/* what another one was answered */
	HttpAnswer	opened;			/* that with its body */
	char	   *read;			/* the body, if it had to be read from the file */
};

static dlist_head runs = DLIST_STATIC_INIT(runs);

/* ---- runs ---- */

/* Also after an error: then all that belongs to the run's scans goes, too. */
static void
on_run_reset(void *arg)
{
	dlist_delete(&((ShareRun *) arg)->node);
}

/* What EvalPlanQual runs again belongs to the query. */
static EState *
main_estate(EState *estate)
{
	while (estate->es_epq_active != NULL)
		estate = estate->es_epq_active->parentestate;
	return estate;
}

static ShareRun *
create_run(EState *estate)
{
	MemoryContext context = AllocSetContextCreate(estate->es_query_cxt, "stellantis_fdw share",
												  ALLOCSET_DEFAULT_SIZES);
	ShareRun   *run = MemoryContextAllocZero(context, sizeof(ShareRun));

	run->estate = estate;
	run->context = context;
	run->store = store_create(context);
	run->entries = strset_create(context, 64, NULL);
	run->now = GetCurrentTimestamp();
	dlist_init(&run->scans);
	dlist_push_head(&runs, &run->node);
	run->on_reset.func = on_run_reset;
	run->on_reset.arg = run;
	MemoryContextRegisterResetCallback(context, &run->on_reset);
	return run;
}

static ShareRun *
run_of(EState *estate)
{
	dlist_iter	iter;

	estate = main_estate(estate);
	dlist_foreach(iter, &runs)
	{
		ShareRun   *run = dlist_container(ShareRun, node, iter.cur);

		if (run->estate == estate)
			return run;
	}
	return create_run(estate);
}

ShareScan *
share_join(EState *estate, const ShareWants *wants, HttpGroup *group)
{
	ShareScan  *scan = palloc0(sizeof(ShareScan));

	scan->run = run_of(estate);
	scan->wants = *wants;
	scan->group = group;
	scan->context = CurrentMemoryContext;
	dlist_init(&scan->requests);
	dlist_init(&scan->waiting);
	dlist_push_tail(&scan->run->scans, &scan->node);
	http_group_join(group, scan->run);
	return scan;
}

List *
share_owners(const ShareScan *scan)
{
	List	   *owners = NIL;
	dlist_iter	iter;

	dlist_foreach(iter, &scan->run->scans)
		owners = lappend(owners, dlist_container(ShareScan, node, iter.cur)->wants.owner);
	return owners;
}

void
share_leave(ShareScan *scan)
{
	ShareRun   *run = scan->run;
	dlist_iter	iter;

	dlist_foreach(iter, &scan->requests)
	{
		ShareRequest *request = dlist_container(ShareRequest, in_scan, iter.cur);

		if (request->entry != NULL && request->entry->asker == request)
			request->entry->asker = NULL;
	}
	dlist_delete(&scan->node);
	if (!dlist_is_empty(&run->scans))
		return;
	store_close(run->store);
	MemoryContextDelete(run->context);
}

TimestampTz
share_now(const ShareScan *scan)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now - scan->run->now > NOW_LASTS || now < scan->run->now)
		scan->run->now = now;
	return scan->run->now;
}

/* ---- who may ask the same ---- */

static bool
may_ask(const ShareWants *wants, const Resource *resource)
{
	for (int i = 0; i < SHARE_MAX_ASKED; i++)
		if (wants->asked[i] != NULL &&
			strcmp(wants->asked[i]->endpoint, resource->endpoint) == 0)
			return true;
	return false;
}

static bool
same_account(const ShareScan *a, const ShareScan *b)
{
	return a->wants.serverid == b->wants.serverid && a->wants.userid == b->wants.userid;
}

/* May another scan, or this one when it is read again, want the same answer? */
static bool
is_worth_keeping(const ShareScan *scan, const Resource *resource)
{
	dlist_iter	iter;

	if (scan->wants.repeated)
		return true;
	dlist_foreach(iter, &scan->run->scans)
	{
		ShareScan  *other = dlist_container(ShareScan, node, iter.cur);

		if (other != scan && same_account(other, scan) && may_ask(&other->wants, resource))
			return true;
	}
	return false;
}

uint32
share_listing_extensions(const ShareScan *scan)
{
	uint32		extensions = 0;
	dlist_iter	iter;

	dlist_foreach(iter, &scan->run->scans)
	{
		ShareScan  *other = dlist_container(ShareScan, node, iter.cur);

		if (other->wants.lists_all && same_account(other, scan))
			extensions |= other->wants.extensions;
	}
	return extensions;
}

/* ---- requests ---- */

static ShareEntry *
find_entry(ShareScan *scan, const char *accept, const char *url)
{
	ShareRun   *run = scan->run;
	char	   *key = psprintf("%u %u %s\n%s", scan->wants.serverid, scan->wants.userid,
							   accept, url);
	bool		found;
	StrSetEntry *slot = strset_entry(run->entries, key, run->context, &found);

	if (!found)
	{
		slot->value = MemoryContextAllocZero(run->context, sizeof(ShareEntry));
		store_count(run->store, strlen(key) + 1 + sizeof(ShareEntry) + sizeof(StrSetEntry));
	}
	pfree(key);
	return slot->value;
}

/* What all may take for what the API says, and not only whoever was told. */
static bool
is_for_all(const HttpAnswer *answer)
{
	return answer->outcome == HTTP_ANSWERED && answer->status != 401 && answer->status != 429;
}

/* The asker's answer is there: keeps a copy of it, if others may have it. */
static void
keep(ShareRun *run, ShareEntry *entry)
{
	const HttpAnswer *answer = http_peek(entry->asker->http);

	if (entry->kept == NULL && answer != NULL && is_for_all(answer))
		entry->kept = store_keep(run->store, answer);
}

static void
send_request(ShareRequest *request, const char *url)
{
	ShareEntry *entry = request->entry;

	request->http = http_get(request->scan->group, url, request->headers, request);
	request->state = SHARE_ASKED;
	if (entry == NULL)
		return;
	entry->asker = request;
	entry->age = Max(entry->age, request->age);
	entry->kept = NULL;
}

ShareRequest *
share_get(ShareScan *scan, const Resource *resource, const char *url,
		  const char **headers, int age, void *tag)
{
	ShareRequest *request = MemoryContextAllocZero(scan->context, sizeof(ShareRequest));

	request->scan = scan;
	request->headers = headers;
	request->age = age;
	request->tag = tag;
	request->state = SHARE_TAKEN;
	dlist_push_tail(&scan->requests, &request->in_scan);
	if (is_worth_keeping(scan, resource))
		request->entry = find_entry(scan, resource->accept, url);
	if (request->entry == NULL || request->entry->age < age ||
		(request->entry->kept == NULL && request->entry->asker == NULL))
		send_request(request, url);
	else
	{
		request->url = MemoryContextStrdup(scan->context, url);
		request->state = SHARE_WAITING;
		dlist_push_tail(&scan->waiting, &request->in_waiting);
	}
	scan->nout++;
	return request;
}

/*
 * Has what a request waits for come?  When it is not going to, the request is
 * sent.
 */
static bool
has_come(ShareRequest *request)
{
	ShareEntry *entry = request->entry;
	ShareRequest *asker = entry->asker;

	if (entry->kept == NULL && asker != NULL)
	{
		if (http_peek(asker->http) == NULL && !http_is_dropped(asker->http))
			return false;
		keep(request->scan->run, entry);
	}
	if (entry->kept != NULL)
	{
		request->kept = entry->kept;
		return true;
	}
	dlist_delete(&request->in_waiting);
	send_request(request, request->url);
	return false;
}

static ShareRequest *
take(ShareRequest *request)
{
	request->state = SHARE_TAKEN;
	request->scan->nout--;
	return request;
}

ShareRequest *
share_finished(ShareScan *scan)
{
	dlist_mutable_iter iter;
	HttpRequest *http;

	dlist_foreach_modify(iter, &scan->waiting)
	{
		ShareRequest *request = dlist_container(ShareRequest, in_waiting, iter.cur);

		if (has_come(request))
		{
			dlist_delete(&request->in_waiting);
			return take(request);
		}
	}
	http = http_finished(scan->group);
	return http == NULL ? NULL : take(http_tag(http));
}

typedef struct Awaited
{
	ShareScan  *scan;
	ShareRequest *request;
} Awaited;

static bool
is_over(void *arg)
{
	Awaited    *awaited = arg;

	awaited->request = share_finished(awaited->scan);
	return awaited->request != NULL || awaited->scan->nout == 0;
}

ShareRequest *
share_wait(ShareScan *scan)
{
	Awaited		awaited = {scan, NULL};

	http_wait_until(scan->group, is_over, &awaited);
	return awaited.request;
}

ShareRequest *
share_poll(ShareScan *scan, bool *pending)
{
	ShareRequest *request;

	http_start(scan->group);
	request = share_finished(scan);
	*pending = request == NULL && scan->nout > 0;
	return request;
}

void *
share_tag(const ShareRequest *request)
{
	return request->tag;
}

bool
share_is_own(const ShareRequest *request)
{
	return request->http != NULL;
}

const HttpAnswer *
share_answer(const ShareRequest *request)
{
	return request->http != NULL ? http_answer(request->http) : store_answer(request->kept);
}

const HttpAnswer *
share_open(ShareRequest *request)
{
	MemoryContext old;

	if (request->http != NULL)
		return http_answer(request->http);
	if (request->opened.body == NULL)
	{
		request->opened = *store_answer(request->kept);
		old = MemoryContextSwitchTo(request->scan->context);
		request->opened.body = store_body(request->scan->run->store, request->kept,
										  &request->read);
		MemoryContextSwitchTo(old);
	}
	return &request->opened;
}

size_t
share_held(const ShareRequest *request)
{
	return request->http != NULL ? http_answer(request->http)->body_len : 0;
}

void
share_release(ShareRequest *request)
{
	ShareEntry *entry = request->entry;

	if (entry != NULL && entry->asker == request)
	{
		keep(request->scan->run, entry);
		entry->asker = NULL;
	}
	if (request->state == SHARE_WAITING)
		dlist_delete(&request->in_waiting);
	if (request->state != SHARE_TAKEN)
		request->scan->nout--;
	if (request->http != NULL)
		http_release(request->http);
	if (request->read != NULL)
		pfree(request->read);
	if (request->url != NULL)
		pfree(request->url);
	dlist_delete(&request->in_scan);
	pfree(request);
}

void
share_cancel(ShareScan *scan)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &scan->requests)
	{
		ShareRequest *request = dlist_container(ShareRequest, in_scan, iter.cur);

		if (request->state != SHARE_TAKEN)
			share_release(request);
	}
}
