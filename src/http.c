/*
 * http.c
 *	  HTTP for a backend: groups of requests, interruptible waits, retries.
 *
 * A request waits in the backend's queue until one of the http_max_concurrency
 * slots is free and the group's admit callback lets it pass; then it is under
 * way in the multi, until it ends or is put aside to be repeated.  http_mux.c has
 * the multi, http_transfer.c what concerns one transfer.
 *
 * What libcurl or malloc gave belongs to a request and is freed when it
 * finishes, when it is released, or when its group is dropped: on reset of the
 * memory context or on abort of the transaction, whichever comes first.
 * libcurl's callbacks never raise; they set a flag and end the transfer.
 *
 * Deadlines count by a clock that runs only while http_wait() waits, so that a
 * cursor may be left alone for an hour.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "compat.h"
#include "http.h"
#include "http_mux.h"
#include "http_transfer.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/memutils.h"
#include "utils/portal.h"

/* First backoff and longest one; each is a random part of it. */
#define BACKOFF_START_MS	250
#define BACKOFF_CAP_MS		8000

/* Without a wait for so long, a transfer may have died of being left alone. */
#define IDLE_US				INT64CONST(1000000)

typedef enum RequestState
{
	REQUEST_QUEUED,				/* in "queue": for a slot, and to be admitted */
	REQUEST_HELD,				/* in "held": until "due" */
	REQUEST_UNDER_WAY,			/* in "under_way", and in the multi */
	REQUEST_FINISHED,			/* in its group's "finished" */
	REQUEST_TAKEN				/* the caller's; in no list of that kind */
} RequestState;

struct HttpGroup
{
	dlist_node	node;			/* in "groups", until dropped */
	MemoryContext context;
	const HttpSettings *settings;
	HttpAdmit	admit;
	void	   *admit_arg;
	HttpCounters counters;
	dlist_head	requests;		/* all that are not released */
	dlist_head	finished;		/* those of REQUEST_FINISHED, oldest first */
	int			npending;		/* queued, held or under way */
	SubTransactionId subid;		/* whose abort drops it, or invalid */
	Portal		portal;			/* that runs the query; only to be compared */
	bool		files_checked;
	bool		dropped;
	MemoryContextCallback on_reset;
};

struct HttpRequest
{
	dlist_node	in_group;
	dlist_node	in_state;
	HttpGroup  *group;
	RequestState state;
	bool		admitted;		/* for its next transmission; occupies a slot */
	void	   *tag;
	char	   *url;
	int64		due;			/* REQUEST_HELD: when to go on */
	int64		began;			/* start of the attempt, mux_now() */
	int64		began_waited;	/* the same by the clock of waiting */
	int			repeats;		/* retries that count */
	bool		revived;		/* was repeated for a stale connection */
	Transfer	transfer;
	HttpAnswer	answer;
};

int			http_max_concurrency = 64;

static const HttpQuota no_quota = {-1, -1, -1, -1};

static dlist_head groups = DLIST_STATIC_INIT(groups);
static dlist_head queue = DLIST_STATIC_INIT(queue);
static dlist_head held = DLIST_STATIC_INIT(held);
static dlist_head under_way = DLIST_STATIC_INIT(under_way);
static int	slots_used = 0;		/* under way, or admitted and held */

static int64 last_tick = 0;		/* when tick() was called last */
static int64 waited = 0;		/* the clock of waiting, microseconds */
static int64 idle_ended = -1;	/* end of the last long time without a wait */
static int64 idle_ended_waited = -1;

static void on_xact(XactEvent event, void *arg);
static void on_subxact(SubXactEvent event, SubTransactionId mySubid,
					   SubTransactionId parentSubid, void *arg);

void
http_init(void)
{
	RegisterXactCallback(on_xact, NULL);
	RegisterSubXactCallback(on_subxact, NULL);
}

/*
 * To be called whenever control comes back to us: "was_waiting" tells where
 * the time since the last call went.
 */
static void
tick(bool was_waiting)
{
	int64		now = mux_now();

	if (was_waiting)
		waited += now - last_tick;
	else if (now - last_tick > IDLE_US)
	{
		idle_ended = now;
		idle_ended_waited = waited;
	}
	last_tick = now;
}

static void
set_state(HttpRequest *request, RequestState state, dlist_head *list)
{
	if (request->state != REQUEST_TAKEN)
		dlist_delete(&request->in_state);
	request->state = state;
	if (list != NULL)
		dlist_push_tail(list, &request->in_state);
}

static void
finish(HttpRequest *request)
{
	Transfer   *transfer = &request->transfer;
	HttpAnswer *answer = &request->answer;

	transfer_shrink_body(transfer);
	answer->body = transfer->body != NULL ? transfer->body : "";
	answer->body_len = transfer->body_len;
	transfer_close(transfer);
	if (request->admitted)
		slots_used--;
	request->admitted = false;
	request->group->npending--;
	set_state(request, REQUEST_FINISHED, &request->group->finished);
}

/*
 * Ends a request that could not be sent.
 */
static void
finish_unsent(HttpRequest *request, HttpOutcome outcome)
{
	HttpAnswer *answer = &request->answer;

	answer->outcome = outcome;
	answer->status = 0;
	answer->attempts = Max(answer->attempts, 1);
	answer->content_type = answer->address = "";
	answer->error = request->transfer.error;
	finish(request);
}

static bool
files_readable(HttpRequest *request)
{
	HttpGroup  *group = request->group;
	const char *file;

	if (group->files_checked)
		return true;
	file = transfer_unreadable_file(group->settings);
	if (file != NULL)
	{
		strlcpy(request->transfer.error, strerror(errno), CURL_ERROR_SIZE);
		request->answer.file = file;
		finish_unsent(request, HTTP_FILE_FAULT);
		return false;
	}
	group->files_checked = true;
	return true;
}

/*
 * Transmits a request that is admitted.
 */
static void
start_attempt(HttpRequest *request)
{
	HttpGroup  *group = request->group;

	if (!transfer_begin(&request->transfer, request))
	{
		finish_unsent(request, HTTP_OTHER_FAULT);
		return;
	}
	request->began = last_tick;
	request->began_waited = waited;
	request->answer.attempts++;
	group->counters.requests++;
	if (request->answer.attempts > 1)
		group->counters.retried++;
	set_state(request, REQUEST_UNDER_WAY, &under_way);
}

/*
 * True for an attempt that was under way while nobody waited for long, and
 * died before it could have been looked after again.
 */
static bool
died_of_idleness(const HttpRequest *request)
{
	switch (request->answer.outcome)
	{
		case HTTP_CONNECT_FAULT:
		case HTTP_NAME_FAULT:
		case HTTP_RESET:
		case HTTP_TRUNCATED:
		case HTTP_TIMED_OUT:
			return request->began < idle_ended &&
				waited - idle_ended_waited < IDLE_US;
		default:
			return false;
	}
}

/*
 * Milliseconds until a repetition, or -1 when there is to be none.
 */
static int
delay_of_repeat(HttpRequest *request)
{
	const HttpSettings *s = request->group->settings;
	int64		asked = request->answer.retry_after_ms;
	double		backoff;

	if (!transfer_repeatable(&request->transfer, &request->answer))
		return -1;
	if (died_of_idleness(request))
		return 0;
	if (transfer_was_stale(&request->transfer) && !request->revived)
	{
		request->revived = true;
		return 0;
	}
	if (request->repeats >= s->retries)
		return -1;
	if (request->answer.outcome == HTTP_ANSWERED && asked > s->max_retry_wait_ms)
		return -1;

	backoff = BACKOFF_START_MS * (double) (1 << Min(request->repeats, 10));
	backoff = Min(backoff, BACKOFF_CAP_MS) * compat_random();
	request->repeats++;
	if (request->answer.outcome == HTTP_ANSWERED && asked >= 0)
		return (int) asked + (int) backoff;
	return (int) backoff;
}

static void
hold(HttpRequest *request, int delay_ms)
{
	request->due = last_tick + (int64) delay_ms * 1000;
	set_state(request, REQUEST_HELD, &held);
}

/*
 * Decides what becomes of a request one of whose attempts has ended.
 */
static void
attempt_ended(HttpRequest *request, int64 bytes)
{
	int			delay = delay_of_repeat(request);

	request->group->counters.bytes += bytes;
	if (delay < 0)
	{
		finish(request);
		return;
	}
	transfer_free_body(&request->transfer);
	request->admitted = false;
	slots_used--;
	hold(request, delay);
}

/* ---------------------------------------------------------------------
 * Driving
 * ---------------------------------------------------------------------
 */

/*
 * When an attempt's time is up, by the clock of waiting, and how much it was.
 */
static int64
deadline_of(const HttpRequest *request, int *timeout_ms)
{
	const HttpSettings *s = request->group->settings;
	int			timeout = s->request_timeout_ms;

	if (s->connect_timeout_ms > 0 &&
		(timeout <= 0 || s->connect_timeout_ms < timeout) &&
		transfer_connecting(&request->transfer))
		timeout = s->connect_timeout_ms;
	*timeout_ms = timeout;
	return timeout > 0 ? request->began_waited + (int64) timeout * 1000 : MUX_NEVER;
}

static void
end_overdue(void)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &under_way)
	{
		HttpRequest *request = dlist_container(HttpRequest, in_state, iter.cur);
		int			timeout_ms;

		if (deadline_of(request, &timeout_ms) <= waited)
			attempt_ended(request,
						  transfer_time_out(&request->transfer, timeout_ms,
											&request->answer));
	}
}

static void
release_held(void)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &held)
	{
		HttpRequest *request = dlist_container(HttpRequest, in_state, iter.cur);

		if (request->due > last_tick)
			continue;
		if (request->admitted)
			start_attempt(request);
		else
		{
			/* a repetition goes before what was not asked yet */
			dlist_delete(&request->in_state);
			request->state = REQUEST_QUEUED;
			dlist_push_head(&queue, &request->in_state);
		}
	}
}

/*
 * Has a slot for one more transfer.  When not even one descriptor is left,
 * waiting would not help.
 */
static bool
slot_free(void)
{
	if (slots_used >= http_max_concurrency)
		return false;
	if (mux_reserve(slots_used + 1, http_max_concurrency))
		return true;
	if (slots_used == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not open a connection: %m"),
				 errdetail("There are too many open files on the local server."),
				 errhint("Raise the server's max_files_per_process and/or \"ulimit -n\" limits.")));
	return false;
}

/*
 * Starts queued requests of "own", and of other groups of the query that is
 * running: admit may raise, and its error must not strike another query.
 */
static void
start_queued(HttpGroup *own)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &queue)
	{
		HttpRequest *request = dlist_container(HttpRequest, in_state, iter.cur);
		HttpGroup  *group = request->group;
		int			delay = 0;

		if (group != own && (group->portal == NULL || group->portal != ActivePortal))
			continue;
		if (!slot_free())
			break;
		if (!files_readable(request))
			continue;
		if (group->admit != NULL)
			delay = group->admit(group->admit_arg);
		request->admitted = true;
		slots_used++;
		if (delay > 0)
			hold(request, delay);
		else
			start_attempt(request);
	}
}

static bool
drive(HttpGroup *own)
{
	bool		moved = mux_drive();
	CURL	   *easy;
	CURLcode	code;

	while ((easy = mux_done(&code)) != NULL)
	{
		HttpRequest *request = transfer_owner(easy);

		attempt_ended(request,
					  transfer_end(&request->transfer, code, &request->answer));
	}
	if (!dlist_is_empty(&held))
		release_held();
	if (!dlist_is_empty(&queue))
		start_queued(own);
	return moved;
}

/*
 * When there will be something to do besides what libcurl waits for.
 */
static int64
next_due(void)
{
	int64		due = MUX_NEVER;
	dlist_iter	iter;

	dlist_foreach(iter, &held)
		due = Min(due, dlist_container(HttpRequest, in_state, iter.cur)->due);
	dlist_foreach(iter, &under_way)
	{
		int			timeout_ms;
		int64		deadline = deadline_of(dlist_container(HttpRequest, in_state, iter.cur),
										   &timeout_ms);

		if (deadline != MUX_NEVER)
			due = Min(due, last_tick + deadline - waited);
	}
	return due;
}

/* ---------------------------------------------------------------------
 * Groups
 * ---------------------------------------------------------------------
 */

/*
 * Frees whatever does not go with the memory context; the memory itself is
 * the context's.  Must not raise.
 */
static void
request_drop(HttpRequest *request)
{
	if (request->state == REQUEST_UNDER_WAY)
		transfer_abandon(&request->transfer);
	if (request->admitted)
		slots_used--;
	request->admitted = false;
	if (request->state < REQUEST_FINISHED)
		request->group->npending--;
	set_state(request, REQUEST_TAKEN, NULL);
	transfer_close(&request->transfer);
	transfer_free_body(&request->transfer);
	request->answer.body = "";
	request->answer.body_len = 0;
	dlist_delete(&request->in_group);
}

static void
drop_requests(HttpGroup *group)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &group->requests)
		request_drop(dlist_container(HttpRequest, in_group, iter.cur));
}

static void
group_drop(HttpGroup *group)
{
	if (group->dropped)
		return;
	drop_requests(group);
	dlist_delete(&group->node);
	group->dropped = true;
}

static void
on_group_reset(void *arg)
{
	group_drop(arg);
}

/*
 * Contexts may outlive a failed transaction, until the user's ROLLBACK; what
 * is under way must not.
 */
static void
on_xact(XactEvent event, void *arg)
{
	dlist_mutable_iter iter;

	switch (event)
	{
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
			dlist_foreach_modify(iter, &groups)
			{
				HttpGroup  *group = dlist_container(HttpGroup, node, iter.cur);

				if (group->subid != InvalidSubTransactionId)
					group_drop(group);
			}
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PREPARE:
			/* what is left is not this transaction's any more */
			dlist_foreach_modify(iter, &groups)
				dlist_container(HttpGroup, node, iter.cur)->subid = InvalidSubTransactionId;
			break;
		default:
			break;
	}
}

static void
on_subxact(SubXactEvent event, SubTransactionId mySubid,
		   SubTransactionId parentSubid, void *arg)
{
	dlist_mutable_iter iter;

	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	dlist_foreach_modify(iter, &groups)
	{
		HttpGroup  *group = dlist_container(HttpGroup, node, iter.cur);

		if (group->subid != mySubid)
			continue;
		if (event == SUBXACT_EVENT_ABORT_SUB)
			group_drop(group);
		else
			group->subid = parentSubid;
	}
}

/*
 * The (sub)transaction whose abort ends the query that runs.  A cursor that was
 * only read inside a savepoint goes on after ROLLBACK TO it: then it is the one
 * that made the portal.  What runs in a subtransaction begun while the portal
 * ran, as PL/pgSQL's EXCEPTION does, ends with that.
 */
static SubTransactionId
owning_subxact(void)
{
	SubTransactionId current = GetCurrentSubTransactionId();

	if (ActivePortal != NULL && ActivePortal->activeSubid == current &&
		ActivePortal->createSubid != InvalidSubTransactionId)
		return ActivePortal->createSubid;
	return current;
}

HttpGroup *
http_group_create(MemoryContext parent, const HttpSettings *settings,
				  HttpAdmit admit, void *admit_arg)
{
	MemoryContext context;
	HttpGroup  *group;

	mux_require();
	context = AllocSetContextCreate(parent, "stellantis_fdw HTTP",
									ALLOCSET_SMALL_SIZES);
	group = MemoryContextAllocZero(context, sizeof(HttpGroup));
	group->context = context;
	group->settings = settings;
	group->admit = admit;
	group->admit_arg = admit_arg;
	group->subid = owning_subxact();
	group->portal = ActivePortal;
	dlist_init(&group->requests);
	dlist_init(&group->finished);
	dlist_push_tail(&groups, &group->node);
	group->on_reset.func = on_group_reset;
	group->on_reset.arg = group;
	MemoryContextRegisterResetCallback(context, &group->on_reset);
	return group;
}

/*
 * A short result must not be taken for a whole one.
 */
static void
check_usable(const HttpGroup *group)
{
	if (group->dropped)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("requests of this query were dropped when a transaction was rolled back")));
}

static void
copy_headers(HttpRequest *request, const char *const *headers)
{
	for (; headers != NULL && *headers != NULL; headers++)
	{
		if (!transfer_add_header(&request->transfer, *headers))
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
	}
}

static HttpRequest *
start_request(HttpGroup *group, const char *url, const char *const *headers,
			  const char *body, void *tag)
{
	HttpRequest *request;

	check_usable(group);
	mux_require();
	tick(false);
	request = MemoryContextAllocZero(group->context, sizeof(HttpRequest));
	request->url = MemoryContextStrdup(group->context, url);
	request->group = group;
	request->tag = tag;
	request->answer.url = request->url;
	request->answer.retry_after_ms = -1;
	request->answer.quota = no_quota;
	request->transfer.settings = group->settings;
	request->transfer.url = request->url;
	request->state = REQUEST_TAKEN;
	dlist_push_tail(&group->requests, &request->in_group);
	if (body != NULL)
		request->transfer.post = MemoryContextStrdup(group->context, body);

	copy_headers(request, headers);
	set_state(request, REQUEST_QUEUED, &queue);
	group->npending++;
	start_queued(group);
	return request;
}

HttpRequest *
http_get(HttpGroup *group, const char *url, const char *const *headers, void *tag)
{
	return start_request(group, url, headers, NULL, tag);
}

HttpRequest *
http_post(HttpGroup *group, const char *url, const char *const *headers,
		  const char *body, void *tag)
{
	return start_request(group, url, headers, body, tag);
}

void
http_pump(void)
{
	if (dlist_is_empty(&under_way) && dlist_is_empty(&held) && dlist_is_empty(&queue))
		return;
	tick(false);
	(void) drive(NULL);
}

HttpRequest *
http_finished(HttpGroup *group)
{
	HttpRequest *request;

	check_usable(group);
	if (dlist_is_empty(&group->finished))
		return NULL;
	request = dlist_head_element(HttpRequest, in_state, &group->finished);
	set_state(request, REQUEST_TAKEN, NULL);
	return request;
}

HttpRequest *
http_wait(HttpGroup *group)
{
	HttpRequest *request;

	check_usable(group);
	tick(false);
	for (;;)
	{
		bool		moved;

		CHECK_FOR_INTERRUPTS();
		moved = drive(group);
		end_overdue();
		request = http_finished(group);
		if (request != NULL || group->npending == 0)
			return request;
		if (!moved)
			mux_sleep(next_due());
		tick(true);
	}
}

void *
http_tag(const HttpRequest *request)
{
	return request->tag;
}

const HttpAnswer *
http_answer(const HttpRequest *request)
{
	Assert(request->state >= REQUEST_FINISHED);
	return &request->answer;
}

/*
 * A request that a rollback has dropped already is left to its context.
 */
void
http_release(HttpRequest *request)
{
	if (request->group->dropped)
		return;
	request_drop(request);
	pfree(request->url);
	pfree(request);
}

void
http_group_cancel(HttpGroup *group)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &group->requests)
	{
		HttpRequest *request = dlist_container(HttpRequest, in_group, iter.cur);

		if (request->state != REQUEST_TAKEN)
			http_release(request);
	}
}

void
http_group_free(HttpGroup *group)
{
	MemoryContextDelete(group->context);
}

const HttpCounters *
http_group_counters(const HttpGroup *group)
{
	return &group->counters;
}

char *
http_escape(const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char	   *escaped = palloc(strlen(text) * 3 + 1);
	char	   *out = escaped;

	for (const unsigned char *in = (const unsigned char *) text; *in != '\0'; in++)
	{
		if ((*in < 0x80 && isalnum(*in)) || strchr("-._~", *in) != NULL)
			*out++ = *in;
		else
		{
			*out++ = '%';
			*out++ = hex[*in >> 4];
			*out++ = hex[*in & 0xf];
		}
	}
	*out = '\0';
	return escaped;
}
