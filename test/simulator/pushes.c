/*
 * pushes.c
 *		Events, and the list of those on their way to a webhook: what courier.c
 *		is to bring, and what became of it.
 *
 * An event goes by itself or, when the knob push_batch says so, in a batch with
 * others of its callback.  What the webhook does not take (anything but 2xx) is
 * brought again after push_retry_ms, until it is older than push_keep_ms; then
 * the callback has failed.  One push at a time is under way for each callback;
 * one that waits to be tried again lets others pass.
 */
#include "commands.h"

#define STEP_SECONDS 5			/* between two states, on the world's clock */

static Push **pushes;
static size_t npushes;
static int64_t serial;

/* ---- events ---- */

static const char *
member(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static json_t *
date_json(int64_t t)
{
	char		date[40];

	format_date(date, t);
	return json_string(date);
}

/* Without its own part; the attributes are those that belong into the body. */
json_t *
event_new(const Callback *cb, const char *type, int64_t date, json_t *attributes)
{
	json_t	   *list = json_array();
	size_t		i;
	json_t	   *a;

	json_array_foreach(attributes, i, a)
		if (strcmp(member(a, "type"), "Body") == 0)
			json_array_append_new(list, json_pack("{s:s, s:s}", "key", member(a, "key"), "value", member(a, "value")));
	return json_pack("{s:s, s:o, s:s, s:o}", "callbackId", cb->id, "attributes", list, "type", type,
					 "date", date_json(date));
}

/* The state that the action is in. */
void
push_remote_event(Action *a)
{
	const ActionState *s = &a->states[a->at];
	json_t	   *attributes;
	json_t	   *status;
	json_t	   *event;

	if (a->callback->deleted)
		return;
	attributes = attributes_resolve(a->callback, a->body, NULL, a);
	event = event_new(a->callback, "Remote", a->posted + STEP_SECONDS * (int64_t) a->at, attributes);
	status = json_pack("{s:s, s:s}", "type", state_final(s) ? "Done" : "Pending", "status", s->status);
	if (*s->cause)
		json_object_set_new(status, "failureCause", json_string(s->cause));
	if (*s->feedback)
		json_object_set_new(status, "feedbackDetail", json_string(s->feedback));
	json_object_set_new(event, "remoteEvent", json_pack("{s:s, s:s, s:o}", "remoteActionId", a->id,
														"remoteType", a->kind->type, "eventStatus", status));
	push_event(a->callback, event, attributes, config.push_batch > 1);
}

/* ---- the list ---- */

static Push *
push_new(Callback *cb, json_t *body)
{
	Push	   *p = sim_alloc(sizeof(Push));

	p->serial = ++serial;
	p->callback = cb;
	p->headers = json_array();
	p->body = body;
	p->attempts = json_array();
	p->born_ms = p->due_ms = machine_ms();
	pushes = realloc(pushes, (npushes + 1) * sizeof(Push *));
	if (pushes == NULL)
		abort();
	pushes[npushes++] = p;
	return p;
}

static void
drop(Push *p, const char *why)
{
	p->state = PUSH_DROPPED;
	p->why = why;
}

static void
address(Push *p, json_t *attributes)
{
	json_t	   *how = json_object_get(p->callback->subscribe, "callback");
	const char *target = member(json_object_get(how, callback_kind(p->callback)), "target");
	Buf			url = {0};
	size_t		i;
	json_t	   *a;

	buf_str(&url, target);
	json_array_foreach(attributes, i, a)
	{
		if (strcmp(member(a, "type"), "Header") == 0)
			json_array_append_new(p->headers, json_pack("[s, s]", member(a, "key"), member(a, "value")));
		if (strcmp(member(a, "type"), "Query") != 0)
			continue;
		LIT(&url, "&");
		url.data[url.len - 1] = strchr(url.data, '?') ? '&' : '?';
		percent_encode(&url, member(a, "key"));
		LIT(&url, "=");
		percent_encode(&url, member(a, "value"));
	}
	p->url = url.data;
	if (strcmp(callback_kind(p->callback), "webhook") != 0)
		drop(p, "not a webhook");
	else if (!target_loopback(target))
		drop(p, "not plain HTTP on this machine");
	else if (strcmp(p->callback->status, "Running") != 0)
		drop(p, "the callback is not running");
}

static Push *
open_batch(const Callback *cb)
{
	for (size_t i = npushes; i-- > 0;)
		if (pushes[i]->callback == cb && pushes[i]->collecting && pushes[i]->state == PUSH_WAITING &&
			!pushes[i]->under_way)
			return pushes[i];
	return NULL;
}

/* A batch has no headers and parameters of events.  Takes the event and the attributes. */
void
push_event(Callback *cb, json_t *event, json_t *attributes, bool batch)
{
	Push	   *p = batch ? open_batch(cb) : NULL;

	if (p == NULL)
	{
		p = push_new(cb, batch ? json_array() : json_incref(event));
		address(p, batch ? NULL : attributes);
		p->collecting = batch;
		p->due_ms += batch ? config.push_batch_ms : 0;
	}
	if (batch)
	{
		json_array_append(p->body, event);
		if ((int64_t) json_array_size(p->body) >= config.push_batch)
		{
			p->collecting = false;
			p->due_ms = machine_ms();
		}
	}
	json_decref(event);
	json_decref(attributes);
	courier_wake();
}

/* Several at once, by hand.  Takes the array. */
void
push_batch(Callback *cb, json_t *events)
{
	address(push_new(cb, events), NULL);
	courier_wake();
}

void
pushes_of_deleted(const Callback *cb)
{
	for (size_t i = 0; i < npushes; i++)
		if (pushes[i]->callback == cb && pushes[i]->state == PUSH_WAITING)
			drop(pushes[i], "the callback is deleted");
}

/* The courier forgets those that it knows by their numbers alone. */
void
pushes_reset(void)
{
	for (size_t i = 0; i < npushes; i++)
	{
		free(pushes[i]->url);
		json_decref(pushes[i]->headers);
		json_decref(pushes[i]->body);
		json_decref(pushes[i]->attempts);
		free(pushes[i]);
	}
	free(pushes);
	pushes = NULL;
	npushes = 0;
}

/* ---- the courier's side ---- */

static bool
callback_busy(const Callback *cb)
{
	for (size_t i = 0; i < npushes; i++)
		if (pushes[i]->callback == cb && pushes[i]->under_way)
			return true;
	return false;
}

/* The next that is to go now; else NULL and, in due, when to look again. */
Push *
push_next(int64_t now, int64_t *due)
{
	Push	   *next = NULL;

	for (size_t i = 0; i < npushes; i++)
	{
		Push	   *p = pushes[i];

		if (p->state != PUSH_WAITING || p->under_way || strcmp(p->callback->status, "Running") != 0 ||
			callback_busy(p->callback))
			continue;
		if (p->due_ms > now)
			*due = p->due_ms < *due ? p->due_ms : *due;
		else if (next == NULL || p->due_ms < next->due_ms)
			next = p;
	}
	if (next)
		next->under_way = true;
	return next;
}

static Push *
push_by_serial(int64_t wanted)
{
	for (size_t i = 0; i < npushes; i++)
		if (pushes[i]->serial == wanted)
			return pushes[i];
	return NULL;
}

/* Status 0: no answer. */
void
push_result(int64_t wanted, int status, const char *error)
{
	Push	   *p = push_by_serial(wanted);
	int64_t		now = machine_ms();

	if (p == NULL)
		return;
	p->under_way = p->collecting = false;
	json_array_append_new(p->attempts, json_pack("{s:i, s:o, s:I}", "status", status,
												 "error", error ? json_string(error) : json_null(),
												 "at_ms", (json_int_t) now));
	if (p->state != PUSH_WAITING)
		return;
	p->due_ms = now + config.push_retry_ms;
	if (status >= 200 && status < 300)
		p->state = PUSH_DELIVERED;
	else if (p->due_ms > p->born_ms + config.push_keep_ms)
	{
		p->state = PUSH_GIVEN_UP;
		p->callback->status = "Failed";
	}
}

/* ---- shown ---- */

static const char *
state_name(const Push *p)
{
	static const char *const names[] = {"waiting", "delivered", "given up", "dropped"};

	return p->under_way ? "under way" : names[p->state];
}

json_t *
pushes_json(void)
{
	json_t	   *list = json_array();

	for (size_t i = 0; i < npushes; i++)
	{
		const Push *p = pushes[i];

		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:O, s:O, s:s, s:o, s:O}",
			"number", (json_int_t) i + 1, "callback", p->callback->id, "url", p->url,
			"headers", p->headers, "body", p->body, "state", state_name(p),
			"why", p->why ? json_string(p->why) : json_null(), "attempts", p->attempts));
	}
	return list;
}

static void
event_text(Buf *b, json_t *event)
{
	json_t	   *remote = json_object_get(event, "remoteEvent");
	json_t	   *status = json_object_get(remote, "eventStatus");
	json_t	   *monitor = json_object_get(event, "monitorEvent");
	const char *id = member(remote ? remote : monitor, remote ? "remoteActionId" : "monitorId");

	if (remote)
		buf_printf(b, " remote%zu %s %s", action_number(id), member(status, "type"), member(status, "status"));
	else
		buf_printf(b, " monitor%zu", monitor_number(id));
	if (*member(status, "failureCause"))
		buf_printf(b, ":%s", member(status, "failureCause"));
	if (*member(status, "feedbackDetail"))
		buf_printf(b, "/%s", member(status, "feedbackDetail"));
}

/* "callback1 remote1 Done Success: 500 204 delivered"; a batch is in brackets. */
void
pushes_text(Buf *b)
{
	size_t		k;
	json_t	   *one;

	buf_str(b, "");
	for (size_t i = 0; i < npushes; i++)
	{
		const Push *p = pushes[i];

		buf_printf(b, "callback%lld", (long long) p->callback->number);
		if (json_is_array(p->body))
		{
			LIT(b, " [");
			json_array_foreach(p->body, k, one)
			{
				event_text(b, one);
				buf_str(b, k + 1 < json_array_size(p->body) ? "," : "");
			}
			LIT(b, " ]");
		}
		else
			event_text(b, p->body);
		LIT(b, ":");
		json_array_foreach(p->attempts, k, one)
			buf_printf(b, " %lld", (long long) json_integer_value(json_object_get(one, "status")));
		buf_printf(b, " %s\n", state_name(p));
	}
}

/* Number n of the list, or true: all, are brought once more. */
bool
push_again(json_t *which, char *err, size_t errlen)
{
	int64_t		n = json_integer_value(which);

	if (!json_is_true(which) && (!json_is_integer(which) || n < 1 || n > (int64_t) npushes))
		return schema_fail(err, errlen, "again", "true is wanted, or the number of a delivery");
	for (size_t i = 0; i < npushes; i++)
	{
		if ((!json_is_true(which) && (int64_t) i + 1 != n) || pushes[i]->why || pushes[i]->callback->deleted)
			continue;
		pushes[i]->state = PUSH_WAITING;
		pushes[i]->born_ms = pushes[i]->due_ms = machine_ms();
	}
	courier_wake();
	return true;
}
