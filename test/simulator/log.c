/*
 * log.c
 *		Every request of the API, as it came and as it was answered, so that a
 *		test can assert what was asked.
 */
#include "commands.h"

typedef struct Entry
{
	char		method[12];
	char	   *raw;
	char	   *accept;
	char	   *accept_encoding;
	char	   *realm;
	char	   *token;			/* NULL = no Authorization */
	char	   *upload_type;
	char	   *form;			/* NULL = none */
	char	   *body;			/* of another kind; NULL = none */
	char		version[12];
	int64_t		connection;
	int			status;			/* 0 = none was sent */
	const char *fault;
	int64_t		bytes;
	int64_t		start_ms;
	int64_t		end_ms;
	bool		tls;
} Entry;

static Entry *entries;
static size_t nentries;
static size_t cap;
static int64_t first_entry;		/* the number of entries[0] */

Counters	counters;

static char *
keep(const char *s)
{
	return s ? sim_strdup(s) : NULL;
}

static void
entry_free(Entry *e)
{
	free(e->raw);
	free(e->accept);
	free(e->accept_encoding);
	free(e->realm);
	free(e->token);
	free(e->upload_type);
	free(e->form);
	free(e->body);
}

/* Throws away the oldest tenth at a time, so that the moving costs little. */
static void
log_trim(void)
{
	size_t		drop = nentries - (size_t) config.log_limit + (size_t) config.log_limit / 10;

	if (nentries <= (size_t) config.log_limit)
		return;
	if (drop > nentries)
		drop = nentries;
	for (size_t i = 0; i < drop; i++)
		entry_free(&entries[i]);
	memmove(entries, entries + drop, (nentries - drop) * sizeof(Entry));
	nentries -= drop;
	first_entry += (int64_t) drop;
}

int64_t
log_begin(const Request *r)
{
	Entry	   *e;

	counters.requests++;
	counters.under_way++;
	if (counters.under_way > counters.most_at_once)
		counters.most_at_once = counters.under_way;
	if (nentries == cap)
	{
		cap = cap ? cap * 2 : 256;
		entries = realloc(entries, cap * sizeof(Entry));
		if (entries == NULL)
			abort();
	}
	e = &entries[nentries++];
	memset(e, 0, sizeof(*e));
	strcpy(e->method, r->method);
	e->raw = keep(r->raw);
	e->accept = keep(r->accept);
	e->accept_encoding = keep(r->accept_encoding);
	e->realm = keep(r->realm);
	e->upload_type = keep(r->upload_type);
	e->form = keep(r->form_text);
	e->body = r->form_text ? NULL : keep(r->upload.data);
	if (r->authorization)
		e->token = keep(strncmp(r->authorization, "Bearer ", 7) == 0 ? r->authorization + 7 : r->authorization);
	snprintf(e->version, sizeof(e->version), "%s", r->http_version ? r->http_version : "");
	e->connection = r->connection;
	e->tls = r->tls;
	e->start_ms = machine_ms();
	log_trim();
	return first_entry + (int64_t) nentries - 1;
}

static Entry *
entry_at(int64_t n)
{
	if (n < first_entry || n >= first_entry + (int64_t) nentries)
		return NULL;
	return &entries[n - first_entry];
}

void
log_status(int64_t entry, int status, const char *fault)
{
	Entry	   *e = entry_at(entry);

	if (status >= 0 && status < (int) lengthof(counters.by_status))
		counters.by_status[status]++;
	if (e == NULL)
		return;
	e->status = status;
	e->fault = fault;
}

void
log_end(int64_t entry, int64_t bytes)
{
	Entry	   *e = entry_at(entry);

	counters.bytes += bytes;
	counters.under_way--;
	if (e == NULL)
		return;
	e->bytes = bytes;
	e->end_ms = machine_ms();
}

void
log_clear(void)
{
	for (size_t i = 0; i < nentries; i++)
		entry_free(&entries[i]);
	first_entry += (int64_t) nentries;
	nentries = 0;
	counters.most_at_once = counters.under_way;
}

void
log_free(void)
{
	log_clear();
	free(entries);
}

/* ---- lines of text ---- */

/* The number of an object within its vehicle, by time, from 1; 0 = unknown. */
static size_t
object_number(Vehicle *v, const char *kind, const char *id)
{
	Event	   *e;
	Trip	   *t;

	if (strcmp(kind, "trips") == 0)
	{
		t = trip_by_id(v, id);
		return t ? (size_t) (t - v->trips) + 1 : 0;
	}
	if (strcmp(kind, "alerts") == 0)
	{
		e = event_by_id(v->alerts, v->nalerts, id);
		return e ? (size_t) (e - v->alerts) + 1 : 0;
	}
	if (strcmp(kind, "alarms") == 0)
	{
		e = event_by_id(v->alarms, v->nalarms, id);
		return e ? (size_t) (e - v->alarms) + 1 : 0;
	}
	if (strcmp(kind, "collisions") == 0)
	{
		e = event_by_id(v->collisions, v->ncollisions, id);
		return e ? (size_t) (e - v->collisions) + 1 : 0;
	}
	return 0;
}

static void
line_path(Buf *b, const Request *r)
{
	Vehicle    *v = NULL;

	for (int i = 0; i < r->nsegments; i++)
	{
		const char *s = r->segments[i];
		size_t		n = 0;

		LIT(b, "/");
		if (i == 2 && strcmp(r->segments[1], "vehicles") == 0)
		{
			v = vehicle_by_id(s);
			if (v)
				s = v->vin;
		}
		else if (i >= 2)
			n = command_number(r->segments[i - 1], s);
		if (n == 0 && v && i >= 4)
			n = object_number(v, r->segments[i - 1], s);
		if (n)
			/* "trips" and "callbacks" without their last letter */
			buf_printf(b, "%.*s%zu", (int) strlen(r->segments[i - 1]) - 1, r->segments[i - 1], n);
		else
			buf_str(b, s);
	}
}

/* Of a form the grant type alone: the rest are secrets. */
static void
line_form(Buf *b, const char *form)
{
	Param	   *list = NULL;
	size_t		n = 0;
	const char *grant;

	if (form == NULL)
		return;
	form_parse(&list, &n, form);
	grant = param_find(list, n, "grant_type");
	if (grant)
		buf_printf(b, " grant_type=%s", grant);
	form_free(list, n);
}

/* On one line. */
static void
line_body(Buf *b, const char *body)
{
	size_t		from = b->len + 1;

	buf_printf(b, " %s", body);
	for (char *p = b->data + from; *p; p++)
		if ((unsigned char) *p < ' ')
			*p = ' ';
}

/*
 * "GET /user/vehicles?pageSize=60": without the base and the client id;
 * "POST /am/oauth2/access_token grant_type=refresh_token"; and, if there is a
 * body, "POST /user/callbacks {...}".
 */
void
request_line(Buf *b, const char *method, const char *raw, const char *form, const char *body, bool short_ids)
{
	Request    *r = sim_alloc(sizeof(Request));
	char		sep = '?';

	request_parse(r, raw);
	buf_printf(b, "%s ", method);
	if (r->nsegments < 0)
		buf_str(b, r->path);
	else if (short_ids)
		line_path(b, r);
	else
		buf_str(b, r->path + strlen(SIM_BASE));
	for (size_t i = 0; i < r->nparams; i++)
	{
		const char *value = r->params[i].value;

		if (strcmp(r->params[i].name, "client_id") == 0)
			continue;
		buf_printf(b, "%c%s=", sep, r->params[i].name);
		sep = '&';
		if (short_ids && strcmp(r->params[i].name, "pageToken") == 0 && page_token_page(value) > 0)
			buf_printf(b, "page%lld", (long long) page_token_page(value));
		else
			buf_str(b, value);
	}
	line_form(b, form);
	if (body)
		line_body(b, body);
	request_free(r);
}

void
log_text(Buf *b, bool short_ids, bool bodies)
{
	buf_str(b, "");
	for (size_t i = 0; i < nentries; i++)
	{
		request_line(b, entries[i].method, entries[i].raw, entries[i].form, bodies ? entries[i].body : NULL, short_ids);
		buf_printf(b, " %d\n", entries[i].status);
	}
}

/* ---- JSON ---- */

static void
member(Buf *b, const char *name, const char *value)
{
	buf_printf(b, ",\"%s\":", name);
	if (value)
		buf_json_str(b, value);
	else
		LIT(b, "null");
}

static void
form_json(Buf *b, const char *form)
{
	Param	   *list = NULL;
	size_t		n = 0;

	LIT(b, ",\"form\":");
	if (form == NULL)
	{
		LIT(b, "null");
		return;
	}
	form_parse(&list, &n, form);
	LIT(b, "{");
	for (size_t i = 0; i < n; i++)
	{
		if (i)
			LIT(b, ",");
		buf_json_str(b, list[i].name);
		LIT(b, ":");
		buf_json_str(b, list[i].value);
	}
	LIT(b, "}");
	form_free(list, n);
}

static void
entry_json(Buf *b, const Entry *e)
{
	Request    *r = sim_alloc(sizeof(Request));

	request_parse(r, e->raw);
	LIT(b, "{\"method\":");
	buf_json_str(b, e->method);
	member(b, "path", r->nsegments >= 0 ? r->path + strlen(SIM_BASE) : r->path);
	LIT(b, ",\"query\":[");
	for (size_t i = 0; i < r->nparams; i++)
	{
		buf_str(b, i ? ",[" : "[");
		buf_json_str(b, r->params[i].name);
		LIT(b, ",");
		buf_json_str(b, r->params[i].value);
		LIT(b, "]");
	}
	LIT(b, "]");
	form_json(b, e->form);
	member(b, "body", e->body);
	LIT(b, ",\"headers\":{\"authorization\":");
	buf_str(b, e->token ? "true" : "false");
	member(b, "token", e->token);
	member(b, "accept", e->accept);
	member(b, "accept-encoding", e->accept_encoding);
	member(b, "x-introspect-realm", e->realm);
	member(b, "content-type", e->upload_type);
	buf_printf(b, "},\"status\":%d,\"bytes\":%lld,\"connection\":%lld,\"tls\":%s", e->status,
			   (long long) e->bytes, (long long) e->connection, e->tls ? "true" : "false");
	member(b, "http_version", e->version);
	member(b, "fault", e->fault);
	buf_printf(b, ",\"start_ms\":%lld,\"end_ms\":", (long long) e->start_ms);
	if (e->end_ms)
		buf_printf(b, "%lld}", (long long) e->end_ms);
	else
		LIT(b, "null}");
	request_free(r);
}

void
log_json(Buf *b)
{
	LIT(b, "[");
	for (size_t i = 0; i < nentries; i++)
	{
		if (i)
			LIT(b, ",\n");
		entry_json(b, &entries[i]);
	}
	LIT(b, "]\n");
}
