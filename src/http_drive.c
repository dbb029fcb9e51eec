/*
 * http_drive.c
 *	  What is sent when: the backend's queue, its slots, retries, deadlines.
 *
 * A request waits in the queue until one of the http_max_concurrency slots is
 * free and its group's admit callback lets it pass; then it is under way in the
 * multi, until it ends or is put aside to be repeated.
 *
 * Of many accounts none is to starve the others.  A slot goes to the group that
 * has the fewest.  And while others ask, too, fewer than half of all slots are
 * such that their group has another one besides: an account that does not answer
 * does not hold them all.
 *
 * Deadlines count by a clock that runs only while somebody waits, so that a
 * cursor may be left alone for an hour.
 */
#include "postgres.h"

#include "compat.h"
#include "http_mux.h"
#include "http_private.h"
#include "tcop/pquery.h"

/* First backoff and longest one; each is a random part of it. */
#define BACKOFF_START_MS	250
#define BACKOFF_CAP_MS		8000

/* Without a wait for so long, a transfer may have died of being left alone. */
#define IDLE_US				INT64CONST(1000000)

int			http_max_concurrency = 64;

static dlist_head queue = DLIST_STATIC_INIT(queue);
static dlist_head held = DLIST_STATIC_INIT(held);
static dlist_head under_way = DLIST_STATIC_INIT(under_way);
static int	slots_used = 0;		/* under way */
static int	groups_served = 0;	/* that have a slot */
static bool news = false;		/* a request has finished since the last look */

static int64 last_tick = 0;		/* when drive_tick() was called last */
static int64 waited = 0;		/* the clock of waiting, microseconds */
static int64 idle_ended = -1;	/* end of the last long time without a wait */
static int64 idle_ended_waited = -1;

void
drive_tick(bool was_waiting)
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
	int			slots = (state == REQUEST_UNDER_WAY) - (request->state == REQUEST_UNDER_WAY);

	slots_used += slots;
	groups_served -= request->group->slots > 0;
	request->group->slots += slots;
	groups_served += request->group->slots > 0;
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
	request->group->npending--;
	news = true;
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
		!transfer_may_have_left(&request->transfer))
		timeout = s->connect_timeout_ms;
	*timeout_ms = timeout;
	return timeout > 0 ? request->began_waited + (int64) timeout * 1000 : MUX_NEVER;
}

void
drive_end_overdue(void)
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

		/* what was admitted, or is repeated, goes before what was not asked yet */
		set_state(request, REQUEST_QUEUED, NULL);
		dlist_push_head(&queue, &request->in_state);
	}
}

/*
 * Is there a descriptor for one more transfer?  When there is not even one,
 * waiting would not help.
 */
static bool
descriptor_free(void)
{
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

/* Do both groups ask for the query that is running? */
static bool
same_query(const HttpGroup *group, const HttpGroup *own)
{
	if (group == own || (group->portal != NULL && group->portal == ActivePortal))
		return true;
	return own != NULL && own->run != NULL && own->run == group->run;
}

/*
 * Whose turn is it?  Of "own", and of other groups of the query that is
 * running: admit may raise, and its error must not strike another query.
 */
static HttpRequest *
next_queued(const HttpGroup *own)
{
	HttpRequest *next = NULL;
	dlist_iter	iter;

	dlist_foreach(iter, &queue)
	{
		HttpRequest *request = dlist_container(HttpRequest, in_state, iter.cur);
		HttpGroup  *group = request->group;

		if (!same_query(group, own))
			continue;
		if (next == NULL || group->slots < next->group->slots)
			next = request;
		if (group->slots == 0)
			return request;
	}
	if (next != NULL && slots_used - groups_served >= (http_max_concurrency - 1) / 2 &&
		http_others_ask(next->group))
		return NULL;
	return next;
}

/*
 * Sends a request for which there is a slot, or puts it aside for as long as
 * its group's pace demands.
 */
static void
start_request(HttpRequest *request)
{
	HttpGroup  *group = request->group;
	int			delay = 0;

	if (!files_readable(request))
		return;
	if (!request->admitted && group->admit != NULL)
		delay = group->admit(group->admit_arg);
	request->admitted = true;
	if (delay > 0)
		hold(request, delay);
	else
		start_attempt(request);
}

void
drive_start(HttpGroup *own)
{
	HttpRequest *request;

	while (slots_used < http_max_concurrency &&
		   (request = next_queued(own)) != NULL && descriptor_free())
		start_request(request);
}

bool
drive_all(HttpGroup *own)
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
	drive_start(own);
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

void
drive_sleep(int64 moment)
{
	mux_sleep(Min(next_due(), moment));
}

void
drive_look_ended(void)
{
	news = false;
}

int
drive_listen(int max_ms)
{
	int64		due = last_tick;

	if (!news && max_ms != 0)
		due = next_due();
	if (max_ms > 0)
		due = Min(due, last_tick + (int64) max_ms * 1000);
	return mux_listen(due);
}

void
drive_enqueue(HttpRequest *request)
{
	set_state(request, REQUEST_QUEUED, &queue);
	request->group->npending++;
	drive_start(request->group);
}

HttpRequest *
drive_take(HttpGroup *group)
{
	HttpRequest *request;

	if (dlist_is_empty(&group->finished))
		return NULL;
	request = dlist_head_element(HttpRequest, in_state, &group->finished);
	set_state(request, REQUEST_TAKEN, NULL);
	return request;
}

void
http_pump(void)
{
	if (dlist_is_empty(&under_way) && dlist_is_empty(&held) && dlist_is_empty(&queue))
		return;
	drive_tick(false);
	(void) drive_all(NULL);
}

void
drive_drop(HttpRequest *request)
{
	if (request->state == REQUEST_UNDER_WAY)
		transfer_abandon(&request->transfer);
	if (request->state < REQUEST_FINISHED)
		request->group->npending--;
	set_state(request, REQUEST_TAKEN, NULL);
	transfer_close(&request->transfer);
	transfer_free_body(&request->transfer);
	request->answer.body = "";
	request->answer.body_len = 0;
	dlist_delete(&request->in_group);
}
