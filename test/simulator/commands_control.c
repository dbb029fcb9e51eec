/*
 * commands_control.c
 *		/_sim/callbacks, /_sim/remotes, /_sim/events, /_sim/deliveries: what the
 *		side that commands has, and what is done to it by hand.
 */
#include "commands.h"

static const char *
text(json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Every member of the object is one of the words. */
static bool
members_known(json_t *o, const char *words, char *err, size_t errlen)
{
	const char *name;
	json_t	   *v;

	if (!json_is_object(o))
		return schema_fail(err, errlen, "", "an object is wanted");
	json_object_foreach(o, name, v)
		if (!word_in(words, name, strlen(name)))
			return schema_fail(err, errlen, name, "unknown member");
	return true;
}

typedef bool (*Deed) (json_t *doc, char *err, size_t errlen);
typedef json_t *(*List) (void);

/* Carries out what the body says, and answers with the list. */
static void
control_post(Request *r, Deed carry_out, List list)
{
	json_t	   *doc = control_upload(r);
	char		err[300];

	if (doc == NULL)
		return;
	if (carry_out(doc, err, sizeof(err)))
		control_json(r, list());
	else
		control_refuse(r, 400, err);
	json_decref(doc);
}

/* ---- /_sim/callbacks ---- */

void
callbacks_get(Request *r)
{
	control_json(r, callbacks_json());
}

/* {"create": {...}, "client_id", "account"}, or {"id", "status"}. */
static bool
callbacks_do(json_t *doc, char *err, size_t errlen)
{
	json_t	   *create = json_object_get(doc, "create");
	const char *client = text(doc, "client_id");
	const char *id = text(doc, "id");
	const char *status = text(doc, "status");
	Callback   *cb = id ? callback_named(id) : NULL;

	if (!members_known(doc, "create|client_id|account|id|status", err, errlen))
		return false;
	if (create)
	{
		if (!callback_right(create, err, errlen))
			return false;
		cb = callback_new(client ? client : config.client_id, json_integer_value(json_object_get(doc, "account")), create);
	}
	if (cb == NULL)
		return schema_fail(err, errlen, "id", "the id of a callback is wanted");
	if (status == NULL)
		return create != NULL || schema_fail(err, errlen, "status", "missing");
	if (strcmp(status, "Running") == 0)
		cb->status = "Running";
	else if (strcmp(status, "Paused") == 0)
		cb->status = "Paused";
	else if (strcmp(status, "Failed") == 0)
		cb->status = "Failed";
	else
		return schema_fail(err, errlen, "status", "Running, Paused or Failed is wanted");
	courier_wake();
	return true;
}

void
callbacks_post(Request *r)
{
	control_post(r, callbacks_do, callbacks_json);
}

/* ---- /_sim/remotes ---- */

static json_t *
remotes_json(void)
{
	return json_pack("{s:o, s:o}", "remotes", actions_json(), "next", action_rules_json());
}

void
remotes_get(Request *r)
{
	control_json(r, remotes_json());
}

static Action *
last_action(void)
{
	Action	   *last = NULL;
	Action	   *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++)
		last = a;
	return last;
}

/* {"next": [...]}, {"advance": n or true, "id"}, {"finish": OUTCOME, "id"}; without an id: the last one. */
static bool
remotes_do(json_t *doc, char *err, size_t errlen)
{
	json_t	   *advance = json_object_get(doc, "advance");
	const char *finish = text(doc, "finish");
	const char *id = text(doc, "id");
	Action	   *a = id ? action_named(id) : last_action();

	if (!members_known(doc, "next|advance|finish|id", err, errlen))
		return false;
	if (json_object_get(doc, "next") && !action_rules_add(json_object_get(doc, "next"), err, errlen))
		return false;
	if (advance == NULL && finish == NULL)
		return true;
	if (a == NULL)
		return schema_fail(err, errlen, "id", "there is no such action");
	if (advance && !json_is_true(advance) && json_integer_value(advance) < 1)
		return schema_fail(err, errlen, "advance", "true is wanted, or a number");
	if (advance)
		action_go_on(a, json_is_true(advance) ? -1 : json_integer_value(advance));
	return finish == NULL || action_finish(a, finish) ||
		schema_fail(err, errlen, "finish", "a final status is wanted, and an action that has none");
}

void
remotes_post(Request *r)
{
	control_post(r, remotes_do, remotes_json);
}

/* ---- /_sim/events ---- */

/* What is given as a text is told as a literal. */
static json_t *
monitor_value(json_t *given)
{
	json_t	   *value = json_object_get(given, "value");
	json_t	   *out = json_pack("{s:O?}", "data", json_object_get(given, "data"));

	if (json_is_string(value))
		json_object_set_new(out, "value", json_pack("{s:s, s:{s:O}}", "type", "string", "body", "literalValue", value));
	else if (value)
		json_object_set(out, "value", value);
	if (json_object_get(given, "previous"))
		json_object_set(out, "previous", json_object_get(given, "previous"));
	return out;
}

/* When none are given: each data trigger's operand, and its first value. */
static json_t *
monitor_values(const Monitor *m, json_t *given)
{
	json_t	   *out = json_array();
	json_t	   *triggers = json_object_get(json_object_get(m->param, "triggerParam"), "triggers");
	size_t		i;
	json_t	   *one;

	json_array_foreach(given, i, one)
		json_array_append_new(out, monitor_value(one));
	if (given)
		return out;
	json_array_foreach(triggers, i, one)
	{
		json_t	   *data = json_object_get(one, "data");
		const char *value = json_string_value(json_array_get(json_object_get(data, "value"), 0));

		if (data == NULL)
			continue;
		one = json_pack("{s:O, s:s}", "data", json_object_get(data, "data"), "value", value ? value : "");
		json_array_append_new(out, monitor_value(one));
		json_decref(one);
	}
	return out;
}

static json_t *
monitor_event(const Monitor *m, json_t *doc, json_t **attributes)
{
	json_t	   *event;
	json_t	   *extensions = json_object_get(doc, "extensions");

	*attributes = attributes_resolve(m->callback, m->param, m, NULL);
	event = event_new(m->callback, "Monitor", sim_now(), *attributes);
	json_object_set_new(event, "monitorEvent", json_pack("{s:s, s:o, s:o, s:b}",
		"monitorId", m->id, "values", monitor_values(m, json_object_get(doc, "values")),
		"extensions", extensions ? json_incref(extensions) : json_array(),
		"refresh", json_is_true(json_object_get(doc, "refresh"))));
	return event;
}

static bool
monitor_fires(const Monitor *m, json_t *doc, char *err, size_t errlen)
{
	json_t	   *times = json_object_get(doc, "times");
	json_int_t	n = times ? json_integer_value(times) : 1;
	json_t	   *batch = json_is_true(json_object_get(doc, "batch")) ? json_array() : NULL;
	json_t	   *attributes;
	json_t	   *event;

	if (n < 1 || n > 100)
	{
		json_decref(batch);
		return schema_fail(err, errlen, "times", "1 to 100 is wanted");
	}
	while (n-- > 0)
	{
		event = monitor_event(m, doc, &attributes);
		if (batch == NULL)
		{
			push_event(m->callback, event, attributes, config.push_batch > 1);
			continue;
		}
		json_array_append_new(batch, event);
		json_decref(attributes);
	}
	if (batch)
		push_batch(m->callback, batch);
	return true;
}

/*
 * {"monitor": ID, "values", "extensions", "refresh", "times", "batch"}: an event
 * of the monitor's; {"callback": ID, "event": anything}: pushed as it is.
 */
static bool
events_do(json_t *doc, char *err, size_t errlen)
{
	const char *monitor = text(doc, "monitor");
	const char *callback = text(doc, "callback");
	json_t	   *event = json_object_get(doc, "event");
	Monitor    *m = monitor ? monitor_named(monitor) : NULL;
	Callback   *cb = callback ? callback_named(callback) : NULL;

	if (!members_known(doc, "monitor|values|extensions|refresh|times|batch|callback|event", err, errlen))
		return false;
	if (cb && event)
	{
		push_event(cb, json_incref(event), json_array(), false);
		return true;
	}
	if (m == NULL || m->deleted)
		return schema_fail(err, errlen, "", "a monitor is wanted, or a callback and an event");
	if (strcmp(m->status, "Running") != 0)
		return schema_fail(err, errlen, "monitor", "it is not running");
	return monitor_fires(m, doc, err, errlen);
}

void
events_post(Request *r)
{
	control_post(r, events_do, pushes_json);
}

/* ---- /_sim/deliveries ---- */

void
deliveries_get(Request *r)
{
	const char *format = request_param(r, "format");

	if (format == NULL || strcmp(format, "text") != 0)
	{
		control_json(r, pushes_json());
		return;
	}
	r->status = 200;
	r->content_type = "text/plain;charset=UTF-8";
	pushes_text(&r->body);
}

/* {"again": n or true} */
static bool
deliveries_do(json_t *doc, char *err, size_t errlen)
{
	return members_known(doc, "again", err, errlen) && push_again(json_object_get(doc, "again"), err, errlen);
}

void
deliveries_post(Request *r)
{
	control_post(r, deliveries_do, pushes_json);
}

void
deliveries_delete(Request *r)
{
	pushes_reset();
	r->status = 204;
}
