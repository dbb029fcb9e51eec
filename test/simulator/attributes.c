/*
 * attributes.c
 *		What a callback, a monitor or a remote has added to its events: headers
 *		and query parameters of the request, and members of the body; and where
 *		events may be sent at all.
 */
#include "commands.h"
#include "oauth.h"

#include <curl/curl.h>
#include <strings.h>

#define ATTRIBUTE(list_name, list_words) \
	const Field list_name[] = { \
		{.name = "type", .kind = F_WORD, .required = true, .words = list_words}, \
		{.name = "key", .kind = F_NAME, .required = true}, \
		{.name = "value", .kind = F_TEXT, .required = true}, \
		{0} \
	}

ATTRIBUTE(attributes_webhook, "Header|Body|Query");
ATTRIBUTE(attributes_websocket, "Body");
ATTRIBUTE(attributes_pushnotif, "Header|Body");
ATTRIBUTE(attributes_any, "Header|Body|Query");

/* Of a monitor or a remote, for one kind of callback. */
const Field callback_attributes[] = {
	{.name = "webhook", .kind = F_OBJECT, .list = true, .members = attributes_webhook},
	{.name = "websocket", .kind = F_OBJECT, .list = true, .members = attributes_websocket},
	{.name = "pushnotif", .kind = F_OBJECT, .list = true, .members = attributes_pushnotif},
	{0}
};

static const char *
member(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* A header may not break out of its line. */
bool
attributes_safe(json_t *list, const char *where, char *err, size_t errlen)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t		i;
	json_t	   *a;

	json_array_foreach(list, i, a)
	{
		const char *key = member(a, "key");

		if (strcmp(member(a, "type"), "Header") != 0)
			continue;
		if (strspn(key, token) != strlen(key))
			return schema_fail(err, errlen, where, "the key is no name of a header");
		for (const char *p = member(a, "value"); *p; p++)
			if ((unsigned char) *p < ' ' || *p == 0x7f)
				return schema_fail(err, errlen, where, "the value does not fit into a header");
	}
	return true;
}

/*
 * Values of attributes and tokens of devices are secrets, unless they are
 * variables; what is shorter than eight would be found everywhere.
 */
void
secrets_of(json_t *doc)
{
	const char *name;
	const char *text;
	json_t	   *v;
	size_t		i;

	json_object_foreach(doc, name, v)
	{
		if (json_object_get(doc, "key") && strcmp(name, "value") == 0 && (text = json_string_value(v)) != NULL &&
			*text != '$' && strlen(text) >= 8)
			secret_note(text);
		if (strcmp(name, "devices") == 0)
			for (i = 0; i < json_array_size(v); i++)
				if ((text = json_string_value(json_array_get(v, i))) != NULL && strlen(text) >= 8)
					secret_note(text);
		secrets_of(v);
	}
	json_array_foreach(doc, i, v)
		secrets_of(v);
}

/* ---- variables ---- */

/* The documents mix cases, so does this. */
static const char *
variable(const char *name, const Callback *cb, const Monitor *m, const Action *a)
{
	const struct
	{
		const char *name;
		const char *value;
	}			all[] = {
		{"$vin", m ? m->vin : a ? a->vin : NULL},
		{"$CallbackID", cb->id},
		{"$CallbackLabel", member(cb->subscribe, "label")},
		{"$MonitorID", m ? m->id : NULL},
		{"$MonitorLabel", m ? member(m->param, "label") : NULL},
		{"$RemoteType", a ? a->kind->type : NULL},
		{"$RemoteStatus", a ? a->states[a->at].status : NULL},
		{"$RemoteLabel", a ? member(a->body, "label") : NULL},
	};

	for (size_t i = 0; i < lengthof(all); i++)
		if (all[i].value && strcasecmp(all[i].name, name) == 0)
			return all[i].value;
	return name;
}

static void
resolve_list(json_t *out, json_t *list, const Callback *cb, const Monitor *m, const Action *a)
{
	size_t		i;
	json_t	   *one;

	json_array_foreach(list, i, one)
		json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "type", member(one, "type"),
											 "key", member(one, "key"),
											 "value", variable(member(one, "value"), cb, m, a)));
}

/* The callback's, then the monitor's or the remote's own (the body that made it). */
json_t *
attributes_resolve(const Callback *cb, json_t *own, const Monitor *m, const Action *a)
{
	const char *kind = callback_kind(cb);
	json_t	   *out = json_array();
	json_t	   *how = json_object_get(json_object_get(cb->subscribe, "callback"), kind);
	json_t	   *more = json_object_get(own, "callbackAttributes");

	if (more == NULL)
		more = json_object_get(json_object_get(own, "subscribeParam"), "callbackAttributes");
	resolve_list(out, json_object_get(how, "attributes"), cb, m, a);
	resolve_list(out, json_object_get(own, "attributes"), cb, m, a);
	resolve_list(out, json_object_get(more, kind), cb, m, a);
	return out;
}

/* ---- targets ---- */

/* Plain HTTP on this machine: nothing is ever sent elsewhere. */
bool
target_loopback(const char *target)
{
	CURLU	   *u = curl_url();
	char	   *scheme = NULL;
	char	   *host = NULL;
	bool		loopback = false;

	if (u && curl_url_set(u, CURLUPART_URL, target, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		loopback = strcmp(scheme, "http") == 0 &&
			(strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
			 (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host)));
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return loopback;
}
