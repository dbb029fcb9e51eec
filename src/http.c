/*
 * http.c
 *	  HTTP for a backend: groups of requests, interruptible waits, retries.
 *
 * http_drive.c decides what is sent when, http_mux.c has the multi,
 * http_transfer.c what concerns one transfer.
 *
 * What libcurl or malloc gave belongs to a request and is freed when it
 * finishes, when it is released, or when its group is dropped: on reset of the
 * memory context or on abort of the transaction, whichever comes first.
 * libcurl's callbacks never raise; they set a flag and end the transfer.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "http_mux.h"
#include "http_private.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/memutils.h"

static const HttpQuota no_quota = {-1, -1, -1, -1};

static dlist_head groups = DLIST_STATIC_INIT(groups);

static void on_xact(XactEvent event, void *arg);
static void on_subxact(SubXactEvent event, SubTransactionId mySubid,
					   SubTransactionId parentSubid, void *arg);

void
http_init(void)
{
	RegisterXactCallback(on_xact, NULL);
	RegisterSubXactCallback(on_subxact, NULL);
}

static void
drop_requests(HttpGroup *group)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &group->requests)
		drive_drop(dlist_container(HttpRequest, in_group, iter.cur));
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

bool
http_others_ask(const HttpGroup *group)
{
	dlist_iter	iter;

	dlist_foreach(iter, &groups)
	{
		HttpGroup  *other = dlist_container(HttpGroup, node, iter.cur);

		if (other != group && !dlist_is_empty(&other->requests))
			return true;
	}
	return false;
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
start_request(HttpGroup *group, const char *method, const char *url,
			  const char *const *headers, const char *body, void *tag)
{
	HttpRequest *request;

	check_usable(group);
	mux_require();
	drive_tick(false);
	request = MemoryContextAllocZero(group->context, sizeof(HttpRequest));
	request->url = MemoryContextStrdup(group->context, url);
	request->group = group;
	request->tag = tag;
	request->answer.url = request->url;
	request->answer.retry_after_ms = -1;
	request->answer.quota = no_quota;
	request->transfer.settings = group->settings;
	request->transfer.url = request->url;
	request->transfer.method = method;
	request->state = REQUEST_TAKEN;
	dlist_push_tail(&group->requests, &request->in_group);
	if (body != NULL)
		request->transfer.upload = MemoryContextStrdup(group->context, body);

	copy_headers(request, headers);
	drive_enqueue(request);
	return request;
}

HttpRequest *
http_get(HttpGroup *group, const char *url, const char *const *headers, void *tag)
{
	return start_request(group, NULL, url, headers, NULL, tag);
}

HttpRequest *
http_send(HttpGroup *group, const char *method, const char *url,
		  const char *const *headers, const char *body, void *tag)
{
	return start_request(group, method, url, headers, body, tag);
}

HttpRequest *
http_finished(HttpGroup *group)
{
	check_usable(group);
	return drive_take(group);
}

void
http_group_join(HttpGroup *group, const void *run)
{
	group->run = run;
}

/*
 * False if it was not over at that moment of mux_now().
 */
static bool
wait_until(HttpGroup *group, int64 moment, HttpOver over, void *arg)
{
	check_usable(group);
	drive_tick(false);
	for (;;)
	{
		bool		moved;

		CHECK_FOR_INTERRUPTS();
		moved = drive_all(group);
		drive_end_overdue();
		if (over(arg))
			return true;
		if (mux_now() >= moment)
			return false;
		if (!moved)
			drive_sleep(moment);
		drive_tick(true);
	}
}

void
http_wait_until(HttpGroup *group, HttpOver over, void *arg)
{
	(void) wait_until(group, MUX_NEVER, over, arg);
}

static bool
has_finished(void *arg)
{
	HttpGroup  *group = arg;

	return !dlist_is_empty(&group->finished) || group->npending == 0;
}

HttpRequest *
http_wait(HttpGroup *group)
{
	http_wait_until(group, has_finished, group);
	return http_finished(group);
}

/* So many milliseconds from now. */
static int64
moment_in(int64 ms)
{
	return mux_now() + Min(ms, PG_INT32_MAX) * INT64CONST(1000);
}

HttpRequest *
http_wait_for(HttpGroup *group, int64 ms)
{
	if (!wait_until(group, moment_in(ms), has_finished, group))
		return NULL;
	return http_finished(group);
}

static bool
is_never_over(void *arg)
{
	return false;
}

void
http_pause(HttpGroup *group, int64 ms)
{
	(void) wait_until(group, moment_in(ms), is_never_over, NULL);
}

bool
http_may_have_left(const HttpRequest *request)
{
	return request->state == REQUEST_UNDER_WAY && transfer_may_have_left(&request->transfer);
}

const HttpAnswer *
http_peek(const HttpRequest *request)
{
	if (request->group->dropped || request->state < REQUEST_FINISHED)
		return NULL;
	return &request->answer;
}

bool
http_is_dropped(const HttpRequest *request)
{
	return request->group->dropped;
}

void
http_look(HttpGroup *group, bool was_waiting)
{
	check_usable(group);
	drive_tick(was_waiting);
	(void) drive_all(group);
	drive_end_overdue();
	drive_look_ended();
}

void
http_start(HttpGroup *group)
{
	check_usable(group);
	drive_start(group);
}

int
http_listen(int max_ms)
{
	return drive_listen(max_ms);
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
	drive_drop(request);
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
