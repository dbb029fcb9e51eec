/*
 * callbacks.c
 *		Callbacks: where an application wants events to go.  Each belongs to a
 *		client and a user; others do not see it.
 */
#include "commands.h"

#include <curl/curl.h>

static Callback **callbacks;
static size_t ncallbacks;

/* ---- bodies ---- */

static const Field webhook[] = {
	{.name = "target", .kind = F_NAME, .required = true},
	{.name = "name", .kind = F_NAME, .required = true},
	{.name = "attributes", .kind = F_OBJECT, .list = true, .members = attributes_webhook},
	{0}
};

static const Field websocket[] = {
	{.name = "target", .kind = F_NAME, .required = true},
	{.name = "attributes", .kind = F_OBJECT, .list = true, .members = attributes_websocket},
	{0}
};

static const Field pushnotif[] = {
	{.name = "devices", .kind = F_NAME, .list = true, .least = 1},
	{.name = "attributes", .kind = F_OBJECT, .list = true, .members = attributes_pushnotif},
	{0}
};

static const Field kinds[] = {
	{.name = "webhook", .kind = F_OBJECT, .members = webhook},
	{.name = "websocket", .kind = F_OBJECT, .members = websocket},
	{.name = "pushnotif", .kind = F_OBJECT, .members = pushnotif},
	{0}
};

static const Field subscribe[] = {
	{.name = "label", .kind = F_TEXT},
	{.name = "type", .kind = F_WORD, .list = true, .least = 1, .words = "Monitor|Remote"},
	{.name = "callback", .kind = F_OBJECT, .required = true, .members = kinds},
	{0}
};

/*
 * A webhook is to be reached over HTTPS, a websocket over wss; here plain HTTP
 * to this machine will do as well, for it is where events are really pushed to.
 */
static bool
target_right(const char *kind, const char *target)
{
	const char *scheme = strcmp(kind, "websocket") == 0 ? "wss://" : "https://";
	CURLU	   *u;
	bool		right;

	if (target == NULL)
		return true;
	if (strchr(target, '#') || strpbrk(target, " \t\r\n\"<>"))
		return false;
	if (strcmp(kind, "webhook") == 0 && target_loopback(target))
		return true;
	if (strncmp(target, scheme, strlen(scheme)) != 0)
		return false;
	u = curl_url();
	right = u && curl_url_set(u, CURLUPART_URL, target, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
	curl_url_cleanup(u);
	return right;
}

bool
callback_right(json_t *doc, char *err, size_t errlen)
{
	json_t	   *callback;
	json_t	   *one;
	json_t	   *attributes;
	const char *kind;
	char		where[60];

	if (!schema_check(doc, subscribe, "", err, errlen))
		return false;
	callback = json_object_get(doc, "callback");
	kind = schema_one_of(callback, "webhook|websocket|pushnotif", "callback", err, errlen);
	if (kind == NULL)
		return false;
	one = json_object_get(callback, kind);
	attributes = json_object_get(one, "attributes");
	snprintf(where, sizeof(where), "callback.%s.attributes", kind);
	if (!attributes_safe(attributes, where, err, errlen))
		return false;
	if (config.callback_attributes == 0 && json_array_size(attributes) == 0)
		return schema_fail(err, errlen, where, "at least one is wanted");
	snprintf(where, sizeof(where), "callback.%s.target", kind);
	return target_right(kind, json_string_value(json_object_get(one, "target"))) ||
		schema_fail(err, errlen, where, strcmp(kind, "websocket") == 0 ? "an address that begins with wss:// is wanted" :
					"an address that begins with https:// is wanted");
}

/* ---- the store ---- */

Callback *
callback_new(const char *client, int64_t account, json_t *doc)
{
	Callback   *cb = sim_alloc(sizeof(Callback));
	char		hex[33];

	cb->number = (int64_t) ncallbacks + 1;
	hex_id(hex, 32, 20, (uint64_t) cb->number, 0);
	snprintf(cb->id, sizeof(cb->id), "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
	snprintf(cb->client, sizeof(cb->client), "%s", client);
	cb->account = account;
	cb->subscribe = json_incref(doc);
	cb->status = "Running";
	callbacks = realloc(callbacks, (ncallbacks + 1) * sizeof(Callback *));
	if (callbacks == NULL)
		abort();
	callbacks[ncallbacks++] = cb;
	return cb;
}

static bool
is_mine(const Request *r, const Callback *cb)
{
	return !cb->deleted && cb->account == r->account && strcmp(cb->client, r->client) == 0;
}

/* The requester's, or NULL. */
Callback *
callback_of(const Request *r, const char *id)
{
	for (size_t i = 0; i < ncallbacks; i++)
		if (strcmp(callbacks[i]->id, id) == 0 && is_mine(r, callbacks[i]))
			return callbacks[i];
	return NULL;
}

size_t
callback_number(const char *id)
{
	for (size_t i = 0; i < ncallbacks; i++)
		if (strcmp(callbacks[i]->id, id) == 0)
			return i + 1;
	return 0;
}

/* By its id, or as the log calls it: callback2.  Whoever's it is. */
Callback *
callback_named(const char *id)
{
	size_t		n = callback_number(id);
	char		name[32];

	for (size_t i = 0; i < ncallbacks && n == 0; i++)
	{
		snprintf(name, sizeof(name), "callback%zu", i + 1);
		if (strcmp(name, id) == 0)
			n = i + 1;
	}
	return n ? callbacks[n - 1] : NULL;
}

/* Without types it takes both. */
bool
callback_takes(const Callback *cb, const char *type)
{
	json_t	   *types = json_object_get(cb->subscribe, "type");
	size_t		i;
	json_t	   *one;

	if (types == NULL)
		return true;
	json_array_foreach(types, i, one)
		if (strcmp(json_string_value(one), type) == 0)
			return true;
	return false;
}

const char *
callback_kind(const Callback *cb)
{
	json_t	   *callback = json_object_get(cb->subscribe, "callback");

	return json_object_get(callback, "webhook") ? "webhook" :
		json_object_get(callback, "websocket") ? "websocket" : "pushnotif";
}

static void
callback_free(Callback *cb)
{
	json_decref(cb->subscribe);
	free(cb);
}

void
callbacks_reset(void)
{
	for (size_t i = 0; i < ncallbacks; i++)
		callback_free(callbacks[i]);
	free(callbacks);
	callbacks = NULL;
	ncallbacks = 0;
}

json_t *
callbacks_json(void)
{
	json_t	   *list = json_array();

	for (size_t i = 0; i < ncallbacks; i++)
	{
		const Callback *cb = callbacks[i];

		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:I, s:s, s:b, s:O, s:o}",
			"number", (json_int_t) cb->number, "id", cb->id, "client_id", cb->client,
			"account", (json_int_t) cb->account, "status", cb->status, "deleted", cb->deleted,
			"subscribe", cb->subscribe, "monitors", monitors_json(cb)));
	}
	return list;
}

/* ---- answers ---- */

static void
callback_render(Buf *b, const Callback *cb)
{
	json_t	   *label = json_object_get(cb->subscribe, "label");

	buf_printf(b, "{\"_links\":{\"self\":{\"href\":\"" SIM_HREF "/user/callbacks/%s\"}}", cb->id);
	if (label)
	{
		LIT(b, ",\"label\":");
		buf_json_str(b, json_string_value(label));
	}
	buf_printf(b, ",\"id\":\"%s\",\"subscribe\":", cb->id);
	buf_json(b, cb->subscribe);
	buf_printf(b, ",\"status\":\"%s\"}", cb->status);
}

/* What POST and PUT answer: here the id has another name. */
static void
callback_ref(Request *r, int status, const Callback *cb, const char *said)
{
	r->status = status;
	buf_printf(&r->body, "{\"_links\":{\"callback\":{\"href\":\"" SIM_HREF "/user/callbacks/%s\"}},"
			   "\"callbackId\":\"%s\",\"status\":\"%s\"}", cb->id, cb->id, said);
}

static void
callback_row(Buf *b, Request *r, void *ctx, int64_t row)
{
	(void) r;
	(void) ctx;
	callback_render(b, callbacks[row]);
}

void
answer_callbacks(Call *c)
{
	Selection	sel = {0};

	for (size_t i = 0; i < ncallbacks; i++)
		if (is_mine(c->r, callbacks[i]) &&
			(c->states == 0 || ((c->states & 1) && callback_takes(callbacks[i], "Remote")) ||
			 ((c->states & 2) && callback_takes(callbacks[i], "Monitor"))))
			selection_add(&sel, (uint32_t) i);
	page_render(c->r, "/user/callbacks", "callbacks", &sel, "callback", callback_row, c);
	selection_free(&sel);
}

void
answer_callback(Call *c)
{
	callback_render(&c->r->body, c->callback);
}

void
answer_callback_post(Call *c)
{
	char		err[300];
	Callback   *cb;

	if (!callback_right(c->doc, err, sizeof(err)))
	{
		body_wrong(c->r, err);
		return;
	}
	cb = callback_new(c->r->client, c->r->account, c->doc);
	callback_ref(c->r, config.callback_status == 0 ? 200 : 202, cb, cb->status);
	/* one that is only said to have been made */
	if (c->r->idle)
		callback_free(callbacks[--ncallbacks]);
}

/* The whole body anew; what it was is gone. */
void
answer_callback_put(Call *c)
{
	char		err[300];

	if (!callback_right(c->doc, err, sizeof(err)))
	{
		body_wrong(c->r, err);
		return;
	}
	callback_ref(c->r, 202, c->callback, c->callback->status);
	if (c->r->idle)
		return;
	json_decref(c->callback->subscribe);
	c->callback->subscribe = json_incref(c->doc);
}

/* With its monitors; and no pending remote will be reported any more. */
void
answer_callback_delete(Call *c)
{
	c->r->status = 204;
	c->r->content_type = NULL;
	if (c->r->idle)
		return;
	c->callback->deleted = true;
	monitors_of_deleted(c->callback);
	pushes_of_deleted(c->callback);
}

void
answer_callback_status(Call *c)
{
	const char *said = strcmp(json_string_value(json_object_get(c->doc, "status")), "Paused") == 0 ? "Paused" : "Running";

	callback_ref(c->r, 202, c->callback, said);
	if (c->r->idle)
		return;
	c->callback->status = said;
	courier_wake();
}
