/*
 * remotes.c
 *		Remote actions: sent to a vehicle by way of a callback, and read again.
 *		What becomes of them is in remote_states.c.
 */
#include "commands.h"

static Action **actions;
static size_t nactions;

/* ---- the store ---- */

static Action *
action_new(const Call *c, const RemoteKind *kind)
{
	Action	   *a = sim_alloc(sizeof(Action));

	a->number = (int64_t) nactions + 1;
	hex_id(a->id, 40, 22, (uint64_t) a->number, 0);
	a->callback = c->callback;
	memcpy(a->vehicle, c->v->id, sizeof(a->vehicle));
	memcpy(a->vin, c->v->vin, sizeof(a->vin));
	a->kind = kind;
	a->body = json_incref(c->doc);
	a->posted = sim_now();
	actions = realloc(actions, (nactions + 1) * sizeof(Action *));
	if (actions == NULL)
		abort();
	actions[nactions++] = a;
	return a;
}

static void
action_free(Action *a)
{
	json_decref(a->body);
	free(a->states);
	free(a);
}

void
actions_reset(void)
{
	for (size_t i = 0; i < nactions; i++)
		action_free(actions[i]);
	free(actions);
	actions = NULL;
	nactions = 0;
	action_states_reset();
}

/* In the order of their numbers; NULL behind the last. */
Action *
action_at(size_t i)
{
	return i < nactions ? actions[i] : NULL;
}

/* Below the callback and the vehicle of the path. */
static bool
is_here(const Call *c, const Action *a)
{
	return a->callback == c->callback && strcmp(a->vehicle, c->v->id) == 0;
}

Action *
action_of(const Call *c, const char *id)
{
	for (size_t i = 0; i < nactions; i++)
		if (strcmp(actions[i]->id, id) == 0 && is_here(c, actions[i]))
			return actions[i];
	return NULL;
}

size_t
action_number(const char *id)
{
	for (size_t i = 0; i < nactions; i++)
		if (strcmp(actions[i]->id, id) == 0)
			return i + 1;
	return 0;
}

/* By its id, or as the log calls it: remote2. */
Action *
action_named(const char *id)
{
	size_t		n = action_number(id);
	char		name[32];

	for (size_t i = 0; i < nactions && n == 0; i++)
	{
		snprintf(name, sizeof(name), "remote%zu", i + 1);
		if (strcmp(name, id) == 0)
			n = i + 1;
	}
	return n ? actions[n - 1] : NULL;
}

static json_t *
state_json(const ActionState *s)
{
	return json_pack("{s:o, s:o, s:o}",
		"status", *s->status ? json_string(s->status) : json_null(),
		"failureCause", *s->cause ? json_string(s->cause) : json_null(),
		"feedbackDetail", *s->feedback ? json_string(s->feedback) : json_null());
}

json_t *
actions_json(void)
{
	json_t	   *list = json_array();

	for (size_t i = 0; i < nactions; i++)
	{
		const Action *a = actions[i];
		json_t	   *past = json_array();
		json_t	   *ahead = json_array();

		for (size_t k = 0; k < a->nstates; k++)
			json_array_append_new(k <= a->at ? past : ahead, state_json(&a->states[k]));
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:O, s:o, s:o, s:I, s:b}",
			"number", (json_int_t) a->number, "id", a->id, "vin", a->vin, "callback", a->callback->id,
			"callback_number", (json_int_t) a->callback->number, "type", a->kind->type, "body", a->body,
			"states", past, "ahead", ahead, "reads", (json_int_t) a->reads, "done", action_done(a)));
	}
	return list;
}

/* ---- answers ---- */

static void
remote_links(Buf *b, const Action *a, bool posted)
{
	Buf			self = {0};
	Buf			callback = {0};

	buf_printf(&self, "\"%s\":{\"href\":\"" SIM_HREF "/user/vehicles/%s/callbacks/%s/remotes/%s\"}",
			   posted ? "remote" : "self", a->vehicle, a->callback->id, a->id);
	buf_printf(&callback, "\"callback\":{\"href\":\"" SIM_HREF "/user/callbacks/%s\"}", a->callback->id);
	buf_printf(b, "{\"_links\":{%s,%s},\"remoteActionId\":\"%s\",\"type\":\"%s\"", posted ? callback.data : self.data,
			   posted ? self.data : callback.data, a->id, a->kind->type);
	buf_free(&self);
	buf_free(&callback);
}

static void
remote_render(Buf *b, const Action *a)
{
	const ActionState *s = &a->states[a->at];

	remote_links(b, a, false);
	if (*s->status)
		buf_printf(b, ",\"status\":\"%s\"", s->status);
	LIT(b, ",\"remote\":");
	buf_json(b, a->body);
	if (*s->cause)
		buf_printf(b, ",\"failureCause\":\"%s\"", s->cause);
	if (*s->feedback)
		buf_printf(b, ",\"feedbackDetail\":\"%s\"", s->feedback);
	LIT(b, "}");
}

static void
remote_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	(void) r;
	(void) ctx;
	remote_render(b, actions[row]);
}

/* Those whose scope was granted; with none of the scopes there is no list. */
void
answer_remotes(Call *c)
{
	Selection	sel = {0};
	Buf			path = {0};

	if ((c->r->scopes & SCOPE_REMOTE) == 0)
	{
		answer_error(c->r, 403, 40300, "Forbidden: every scope of a remote is missing.");
		return;
	}
	for (size_t i = 0; i < nactions; i++)
		if (is_here(c, actions[i]) && (c->r->scopes & actions[i]->kind->scope))
			selection_add(&sel, (uint32_t) i);
	buf_printf(&path, "/user/vehicles/%s/callbacks/%s/remotes", c->v->id, c->callback->id);
	page_render(c->r, path.data, "remoteActions", &sel, "remote action", remote_row, c);
	selection_free(&sel);
	buf_free(&path);
}

static bool
scope_given(Request *r, const RemoteKind *kind)
{
	char		message[100];

	if (r->scopes & kind->scope)
		return true;
	snprintf(message, sizeof(message), "Forbidden: the scope %s is missing.", kind->scope_name);
	answer_error(r, 403, 40300, message);
	return false;
}

void
answer_remote(Call *c)
{
	if (!scope_given(c->r, c->action->kind))
		return;
	remote_render(&c->r->body, c->action);
	if (!c->r->idle)
		action_read(c->action);
}

void
answer_remote_post(Call *c)
{
	char		err[300];
	const RemoteKind *kind = remote_kind_of(c->doc, err, sizeof(err));
	Action	   *a;

	if (kind == NULL)
	{
		body_wrong(c->r, err);
		return;
	}
	if (!scope_given(c->r, kind))
		return;
	if (!remote_right(kind, c->doc, err, sizeof(err)))
	{
		body_wrong(c->r, err);
		return;
	}
	if (!callback_takes(c->callback, "Remote"))
	{
		body_wrong(c->r, "the callback is not for remotes");
		return;
	}
	a = action_new(c, kind);
	c->r->status = 202;
	remote_links(&c->r->body, a, true);
	LIT(&c->r->body, "}");
	if (c->r->idle)
		action_free(actions[--nactions]);
	else
		action_begin(a, c->v);
}
