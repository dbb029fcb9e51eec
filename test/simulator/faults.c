/*
 * faults.c
 *		What goes wrong on purpose: the rules, which request they strike, and
 *		what they do to its answer.
 *
 * A fault acts before the answer is made (it replaces it, bends the paging or
 * says how it travels) or after it (it edits the body).  One rule strikes a
 * request: the first that fits and has times left.
 *
 * Whether a request that changes something is carried out all the same is
 * another matter: a fault that replaces the answer strikes before, and one that
 * spoils it after, unless its member "after" says otherwise.
 */
#include "sim.h"

#include <regex.h>
#include <stddef.h>

typedef struct Rule
{
	char	   *match;
	char	   *token;			/* whose requests; empty = anybody's */
	regex_t		re;
	bool		has_re;
	int64_t		page;			/* 0 = any */
	int64_t		skip;
	int64_t		times;			/* -1 = for ever */
	int64_t		hits;
	json_t	   *fault;			/* an object, or an array of them */
} Rule;

static Rule *rules;
static size_t nrules;

typedef struct Kind
{
	const char *name;
	bool		(*before) (Request *r, json_t *f);	/* true: it is the answer */
	void		(*after) (Request *r, json_t *f);
	bool		replaces;
	bool		early;			/* strikes when the headers have come */
	size_t		flag;			/* where in the Request it sets one; 0 = nowhere */
} Kind;

static int64_t
number(json_t *f, const char *key, int64_t otherwise)
{
	json_t	   *v = json_object_get(f, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static const char *
text(json_t *f, const char *key, const char *otherwise)
{
	const char *v = json_string_value(json_object_get(f, key));

	return v ? v : otherwise;
}

static Delivery *
delivery(Request *r)
{
	if (r->delivery == NULL)
	{
		r->delivery = sim_alloc(sizeof(Delivery));
		r->delivery->reset_after = r->delivery->truncate_after = r->delivery->stall_after = -1;
	}
	return r->delivery;
}

/* A header may not break out of its line. */
static void
safe_header(Request *r, const char *name, const char *value)
{
	if (strpbrk(name, "\r\n:") == NULL && strpbrk(value, "\r\n") == NULL)
		answer_header(r, name, value);
}

static void
fault_headers(Request *r, json_t *f)
{
	const char *name;
	json_t	   *value;
	char		tmp[64];

	json_object_foreach(json_object_get(f, "headers"), name, value)
	{
		if (json_is_string(value))
			safe_header(r, name, json_string_value(value));
		else if (json_is_integer(value))
		{
			snprintf(tmp, sizeof(tmp), "%lld", (long long) json_integer_value(value));
			safe_header(r, name, tmp);
		}
	}
	if (json_object_get(f, "retry_after_date"))
	{
		format_http_date(tmp, machine_ms() / 1000 + number(f, "retry_after_date", 0));
		answer_header(r, "Retry-After", tmp);
	}
}

/* ---- before ---- */

static bool
before_status(Request *r, json_t *f)
{
	int			status = (int) number(f, "status", 500);
	const char *body = text(f, "body", "json");

	if (status < 200 || status > 599)
		status = 500;
	if (strcmp(body, "gateway") == 0)
		answer_gateway(r, status, text(f, "title", "Error"), text(f, "message", "Simulated fault"));
	else
	{
		answer_error(r, status, (int) number(f, "code", status * 100), text(f, "message", "Simulated fault"));
		if (strcmp(body, "html") == 0)
		{
			r->content_type = "text/html";
			r->body.len = 0;
			buf_printf(&r->body, "<html><head><title>%d</title></head><body><h1>%d</h1><p>%s</p></body></html>",
					   status, status, text(f, "message", "Simulated fault"));
		}
		else if (strcmp(body, "empty") == 0)
		{
			r->content_type = NULL;
			r->body.len = 0;
		}
		else if (strcmp(body, "json") != 0)
		{
			r->body.len = 0;
			buf_str(&r->body, body);
		}
	}
	fault_headers(r, f);
	return true;
}

static bool
before_redirect(Request *r, json_t *f)
{
	answer_error(r, (int) number(f, "status", 302), 30200, "Moved");
	safe_header(r, "Location", text(f, "location", "https://elsewhere.example.com/"));
	fault_headers(r, f);
	return true;
}

static bool
before_no_content(Request *r, json_t *f)
{
	r->status = 204;
	r->content_type = NULL;
	fault_headers(r, f);
	return true;
}

static bool
before_reset(Request *r, json_t *f)
{
	(void) f;
	delivery(r)->reset = true;
	return true;
}

static bool
before_drop(Request *r, json_t *f)
{
	(void) f;
	delivery(r)->drop = true;
	return true;
}

static bool
before_stall(Request *r, json_t *f)
{
	delivery(r)->stall_ms = number(f, "ms", -1);
	return false;
}

static bool
before_reset_body(Request *r, json_t *f)
{
	delivery(r)->reset_after = number(f, "bytes", 100);
	return false;
}

static bool
before_stall_body(Request *r, json_t *f)
{
	delivery(r)->stall_after = number(f, "bytes", 100);
	delivery(r)->stall_body_ms = number(f, "ms", -1);
	return false;
}

static bool
before_truncate(Request *r, json_t *f)
{
	delivery(r)->truncate_after = number(f, "bytes", 100);
	return false;
}

static bool
before_drip(Request *r, json_t *f)
{
	delivery(r)->drip_bytes = number(f, "bytes", 10);
	delivery(r)->drip_ms = number(f, "ms", 100);
	return false;
}

static bool
before_huge_body(Request *r, json_t *f)
{
	delivery(r)->pad_bytes = number(f, "mb", 16) << 20;
	return false;
}

static bool
before_gzip_bomb(Request *r, json_t *f)
{
	delivery(r)->bomb_bytes = number(f, "mb", 256) << 20;
	return false;
}

static bool
before_huge_header(Request *r, json_t *f)
{
	int64_t		n = number(f, "bytes", 20000);

	delivery(r)->huge_header = n > 300000 ? 300000 : n;
	return false;
}

static bool
before_close(Request *r, json_t *f)
{
	(void) f;
	delivery(r)->close = true;
	return false;
}

static int64_t
request_page(const Request *r)
{
	const char *token = request_param(r, "pageToken");

	return token ? page_token_page(token) : 1;
}

static bool
before_total(Request *r, json_t *f)
{
	r->total_delta = number(f, "delta", 0) - number(f, "shrink", 0) * (request_page(r) - 1);
	return false;
}

static bool
before_shift(Request *r, json_t *f)
{
	r->skew = (int) (number(f, "deleted", 0) - number(f, "inserted", 0));
	return false;
}

/* What a careless server would do: say the secret back. */
static bool
before_echo_token(Request *r, json_t *f)
{
	int			status = (int) number(f, "status", 400);
	Buf			b = {0};

	buf_printf(&b, "Invalid request. Authorization: %s", r->authorization ? r->authorization : "");
	answer_error(r, status, (int) number(f, "code", status * 100), b.data);
	buf_free(&b);
	fault_headers(r, f);
	return true;
}

/* ---- after ---- */

static void
after_content_type(Request *r, json_t *f)
{
	const char *value = text(f, "value", "text/html");

	r->content_type = NULL;
	if (*value)
		safe_header(r, "Content-Type", value);
}

static void
after_truncate_json(Request *r, json_t *f)
{
	int64_t		n = number(f, "bytes", (int64_t) r->body.len / 2);

	if (n >= 0 && (size_t) n < r->body.len)
		r->body.len = (size_t) n;
}

static void
after_bad_json(Request *r, json_t *f)
{
	r->body.len = 0;
	buf_str(&r->body, text(f, "body", "{\"_links\": {\"self\": oops, }"));
}

static void
edit_one(Request *r, json_t *edit)
{
	const char *pointer = text(edit, "pointer", "/");

	if (json_is_true(json_object_get(edit, "remove")))
		edit_body(r, pointer, NULL, NULL);
	else if (json_is_string(json_object_get(edit, "raw")))
		edit_body(r, pointer, NULL, text(edit, "raw", "null"));
	else if (json_object_get(edit, "value"))
		edit_body(r, pointer, json_object_get(edit, "value"), NULL);
}

static void
after_edit(Request *r, json_t *f)
{
	json_t	   *list = json_object_get(f, "edits");
	size_t		i;
	json_t	   *edit;

	if (list == NULL)
		edit_one(r, f);
	json_array_foreach(list, i, edit)
		edit_one(r, edit);
}

static void
after_invalid_utf8(Request *r, json_t *f)
{
	edit_body(r, text(f, "pointer", "/simulated"), NULL, "\"caf\xe9 \xff\xc0\x80\"");
}

static void
after_lone_surrogate(Request *r, json_t *f)
{
	edit_body(r, text(f, "pointer", "/simulated"), NULL, "\"a\\ud800b\"");
}

static void
after_nul_escape(Request *r, json_t *f)
{
	edit_body(r, text(f, "pointer", "/simulated"), NULL, "\"a\\u0000b\"");
}

static void
after_deep(Request *r, json_t *f)
{
	int64_t		depth = number(f, "depth", 10000);
	Buf			raw = {0};

	buf_str(&raw, "");
	for (int64_t i = 0; i < depth; i++)
		LIT(&raw, "[");
	for (int64_t i = 0; i < depth; i++)
		LIT(&raw, "]");
	edit_body(r, text(f, "pointer", "/simulated"), NULL, raw.data);
	buf_free(&raw);
}

static const Kind kinds[] = {
	{"status", before_status, NULL, true, false, 0},
	{"redirect", before_redirect, NULL, true, false, 0},
	{"no_content", before_no_content, NULL, true, false, 0},
	{"reset", before_reset, NULL, true, false, 0},
	{"drop", before_drop, NULL, true, false, 0},
	{"reset_early", NULL, NULL, true, true, 0},
	{"reset_body", before_reset_body, NULL, false, false, 0},
	{"stall", before_stall, NULL, false, false, 0},
	{"stall_body", before_stall_body, NULL, false, false, 0},
	{"truncate", before_truncate, NULL, false, false, 0},
	{"drip", before_drip, NULL, false, false, 0},
	{"huge_body", before_huge_body, NULL, false, false, 0},
	{"gzip_bomb", before_gzip_bomb, NULL, false, false, 0},
	{"huge_header", before_huge_header, NULL, false, false, 0},
	{"close", before_close, NULL, false, false, 0},
	{"repeat_token", NULL, NULL, false, false, offsetof(Request, repeat_token)},
	{"page_loop", NULL, NULL, false, false, offsetof(Request, loop)},
	{"missing_next", NULL, NULL, false, false, offsetof(Request, missing_next)},
	{"links_last", NULL, NULL, false, false, offsetof(Request, links_last)},
	{"total", before_total, NULL, false, false, 0},
	{"shift", before_shift, NULL, false, false, 0},
	{"echo_token", before_echo_token, NULL, true, false, 0},
	{"headers", NULL, fault_headers, false, false, 0},
	{"content_type", NULL, after_content_type, false, false, 0},
	{"truncate_json", NULL, after_truncate_json, false, false, 0},
	{"bad_json", NULL, after_bad_json, false, false, 0},
	{"edit", NULL, after_edit, false, false, 0},
	{"invalid_utf8", NULL, after_invalid_utf8, false, false, 0},
	{"lone_surrogate", NULL, after_lone_surrogate, false, false, 0},
	{"nul_escape", NULL, after_nul_escape, false, false, 0},
	{"deep", NULL, after_deep, false, false, 0},
};

static const Kind *
kind_of(json_t *f)
{
	const char *name = text(f, "kind", "");

	for (size_t i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- rules ---- */

static bool
one_valid(json_t *f)
{
	json_t	   *after = json_object_get(f, "after");

	return json_is_object(f) && kind_of(f) && (after == NULL || json_is_boolean(after));
}

static bool
fault_valid(json_t *fault, char *err, size_t errlen)
{
	size_t		i;
	json_t	   *f;

	if (one_valid(fault))
		return true;
	if (json_is_array(fault) && json_array_size(fault) > 0)
	{
		json_array_foreach(fault, i, f)
			if (!one_valid(f))
				break;
		if (i == json_array_size(fault))
			return true;
	}
	snprintf(err, errlen, "\"fault\" wants an object with a known \"kind\" (and \"after\" true or false), or a list of such");
	return false;
}

bool
faults_add(json_t *rule, char *err, size_t errlen)
{
	Rule		r = {0};

	if (!fault_valid(json_object_get(rule, "fault"), err, errlen))
		return false;
	r.match = sim_strdup(text(rule, "match", ""));
	r.token = sim_strdup(text(rule, "token", ""));
	r.has_re = *r.match && regcomp(&r.re, r.match, REG_EXTENDED | REG_NOSUB) == 0;
	r.page = number(rule, "page", 0);
	r.skip = number(rule, "skip", 0);
	r.times = number(rule, "times", 1);
	r.fault = json_incref(json_object_get(rule, "fault"));
	rules = realloc(rules, (nrules + 1) * sizeof(Rule));
	if (rules == NULL)
		abort();
	rules[nrules++] = r;
	return true;
}

void
faults_clear(void)
{
	for (size_t i = 0; i < nrules; i++)
	{
		free(rules[i].match);
		free(rules[i].token);
		if (rules[i].has_re)
			regfree(&rules[i].re);
		json_decref(rules[i].fault);
	}
	free(rules);
	rules = NULL;
	nrules = 0;
	timer_release_stalled();
}

json_t *
faults_json(void)
{
	json_t	   *list = json_array();

	for (size_t i = 0; i < nrules; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:O}",
			"match", rules[i].match, "token", rules[i].token, "page", (json_int_t) rules[i].page,
			"skip", (json_int_t) rules[i].skip, "times", (json_int_t) rules[i].times,
			"hits", (json_int_t) rules[i].hits, "fault", rules[i].fault));
	return list;
}

static bool
is_of_token(const Request *r, const char *token)
{
	const char *a = r->authorization;

	return *token == '\0' || (a && strncasecmp(a, "Bearer ", 7) == 0 && strcmp(a + 7, token) == 0);
}

static bool
rule_fits(const Rule *rule, const char *line, const char *short_line)
{
	if (*rule->match == '\0' || strstr(line, rule->match) || strstr(short_line, rule->match))
		return true;
	return rule->has_re && (regexec(&rule->re, line, 0, NULL, 0) == 0 ||
							regexec(&rule->re, short_line, 0, NULL, 0) == 0);
}

static bool
is_early(json_t *fault)
{
	return json_is_object(fault) && kind_of(fault)->early;
}

/* The fault that strikes this request (to be released), or NULL; early: before its body has come. */
json_t *
faults_find(Request *r, bool early)
{
	Buf			line = {0};
	Buf			short_line = {0};
	const char *body = r->form_text ? NULL : r->upload.data;
	json_t	   *found = NULL;

	if (nrules == 0)
		return NULL;
	request_line(&line, r->method, r->raw, r->form_text, body, false);
	request_line(&short_line, r->method, r->raw, r->form_text, body, true);
	for (size_t i = 0; i < nrules && found == NULL; i++)
	{
		Rule	   *rule = &rules[i];

		if (is_early(rule->fault) != early || rule->times == 0 || (rule->page && rule->page != request_page(r)) ||
			!is_of_token(r, rule->token) || !rule_fits(rule, line.data, short_line.data))
			continue;
		if (rule->skip > 0)
		{
			rule->skip--;
			continue;
		}
		if (rule->times > 0)
			rule->times--;
		rule->hits++;
		found = json_incref(rule->fault);
	}
	buf_free(&line);
	buf_free(&short_line);
	return found;
}

/* True: one of them takes the answer's place. */
bool
fault_replaces(json_t *fault)
{
	size_t		i;
	json_t	   *f;

	if (json_is_object(fault))
		return kind_of(fault)->replaces;
	json_array_foreach(fault, i, f)
		if (fault_replaces(f))
			return true;
	return false;
}

/* True: all of them strike after the request was carried out. */
bool
fault_carried_out(json_t *fault)
{
	json_t	   *after = json_object_get(fault, "after");
	size_t		i;
	json_t	   *f;

	if (json_is_object(fault))
		return after ? json_is_true(after) : !kind_of(fault)->replaces;
	json_array_foreach(fault, i, f)
		if (!fault_carried_out(f))
			return false;
	return true;
}

/* The name for the log: that of the first fault. */
const char *
fault_name(json_t *fault)
{
	const Kind *k = fault ? kind_of(json_is_array(fault) ? json_array_get(fault, 0) : fault) : NULL;

	return k ? k->name : NULL;
}

static bool
one_before(Request *r, json_t *f)
{
	const Kind *k = kind_of(f);

	if (k && k->flag)
		*(bool *) ((char *) r + k->flag) = true;
	return k && k->before && k->before(r, f);
}

static void
one_after(Request *r, json_t *f)
{
	const Kind *k = kind_of(f);

	if (k && k->after)
		k->after(r, f);
}

/* True when the fault is the answer already. */
bool
fault_before(Request *r, json_t *fault)
{
	bool		answered = false;
	size_t		i;
	json_t	   *f;

	if (json_is_object(fault))
		return one_before(r, fault);
	json_array_foreach(fault, i, f)
		answered = one_before(r, f) || answered;
	return answered;
}

void
fault_after(Request *r, json_t *fault)
{
	size_t		i;
	json_t	   *f;

	if (json_is_object(fault))
		one_after(r, fault);
	json_array_foreach(fault, i, f)
		one_after(r, f);
}
