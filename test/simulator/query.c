/*
 * query.c
 *		Requests taken apart: path, parameters, time ranges, number ranges.
 */
#include "sim.h"

#include <ctype.h>
#include <strings.h>

#define MAX_FORM	(64 << 10)

static void
param_add(Param **list, size_t *count, const char *s, size_t n)
{
	const char *eq = memchr(s, '=', n);
	size_t		name_len = eq ? (size_t) (eq - s) : n;

	if (n == 0)
		return;
	*list = realloc(*list, (*count + 1) * sizeof(Param));
	if (*list == NULL)
		abort();
	(*list)[*count].name = percent_decode(s, name_len, true);
	(*list)[*count].value = eq ? percent_decode(eq + 1, n - name_len - 1, true) : sim_strdup("");
	(*count)++;
}

/* NAME=VALUE&..., of a query or of a form. */
void
form_parse(Param **list, size_t *count, const char *text)
{
	while (*text)
	{
		size_t		n = strcspn(text, "&");

		param_add(list, count, text, n);
		text += n;
		if (*text == '&')
			text++;
	}
}

void
form_free(Param *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		free(list[i].name);
		free(list[i].value);
	}
	free(list);
}

/* The form in the body, when it says that it is one. */
void
request_form(Request *r)
{
	static const char type[] = "application/x-www-form-urlencoded";
	size_t		n = r->upload_type ? strcspn(r->upload_type, "; ") : 0;

	if (n != sizeof(type) - 1 || strncasecmp(r->upload_type, type, n) != 0 || r->upload.len > MAX_FORM)
		return;
	r->form_text = sim_strdup(r->upload.data ? r->upload.data : "");
	form_parse(&r->form, &r->nform, r->form_text);
}

/* Cuts the path at its slashes; each piece is decoded by itself. */
static void
path_parse(Request *r, const char *path, size_t n)
{
	size_t		base = strlen(SIM_BASE);
	const char *end = path + n;

	r->path = percent_decode(path, n, false);
	r->nsegments = -1;
	if (n < base || strncmp(path, SIM_BASE, base) != 0 || (n > base && path[base] != '/'))
		return;
	r->nsegments = 0;
	path += base;
	while (path < end && r->nsegments < MAX_SEGMENTS)
	{
		size_t		len;

		path++;
		len = 0;
		while (path + len < end && path[len] != '/')
			len++;
		r->segments[r->nsegments++] = percent_decode(path, len, false);
		path += len;
	}
}

void
request_parse(Request *r, const char *raw)
{
	size_t		n = strcspn(raw, "?");

	r->raw = sim_strdup(raw);
	path_parse(r, raw, n);
	if (raw[n] == '?')
		form_parse(&r->params, &r->nparams, raw + n + 1);
	r->page = 1;
	r->index_to = -1;
	r->log_entry = -1;
}

static void
params_free(Request *r)
{
	form_free(r->params, r->nparams);
	r->params = NULL;
	r->nparams = 0;
}

void
request_free(Request *r)
{
	params_free(r);
	for (int i = 0; i < r->nsegments; i++)
		free(r->segments[i]);
	free(r->raw);
	free(r->path);
	free(r->accept);
	free(r->authorization);
	free(r->realm);
	free(r->accept_encoding);
	free(r->http_version);
	free(r->upload_type);
	free(r->form_text);
	form_free(r->form, r->nform);
	free(r->ranges);
	free(r->filters);
	free(r->delivery);
	buf_free(&r->upload);
	json_decref(r->all_headers);
	buf_free(&r->body);
	buf_free(&r->headers);
	free(r);
}

const char *
param_find(const Param *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].value;
	return NULL;
}

const char *
request_param(const Request *r, const char *name)
{
	return param_find(r->params, r->nparams, name);
}

/* The filters of a first page, as a page token carries them. */
static void
filters_keep(Request *r)
{
	Buf			b = {0};

	buf_str(&b, "");
	for (size_t i = 0; i < r->nparams; i++)
	{
		if (strcmp(r->params[i].name, "client_id") == 0 || strcmp(r->params[i].name, "pageToken") == 0)
			continue;
		if (b.len)
			LIT(&b, "&");
		percent_encode(&b, r->params[i].name);
		LIT(&b, "=");
		percent_encode(&b, r->params[i].value);
	}
	free(r->filters);
	r->filters = b.data;
}

/* What a token says counts, whatever else the request says beside it. */
void
request_take_filters(Request *r, const char *filters)
{
	if (filters == NULL)
	{
		filters_keep(r);
		return;
	}
	params_free(r);
	form_parse(&r->params, &r->nparams, filters);
	free(r->filters);
	r->filters = sim_strdup(filters);
}

/* ---- numbers ---- */

bool
query_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	char	   *end;
	size_t		n = strspn(s, "0123456789");

	if (n == 0 || n > 15 || s[n] != '\0')
		return false;
	*out = strtoll(s, &end, 10);
	return *out >= min && *out <= max;
}

/* "5-", "0-9", and a lone "5" as the text of the specification allows. */
bool
query_index_range(Request *r, const char *s)
{
	size_t		n = strspn(s, "0123456789");
	const char *rest = s + n;

	if (n == 0 || n > 15)
		return false;
	r->index_from = strtoll(s, NULL, 10);
	r->index_to = r->index_from;
	if (*rest == '\0')
		return true;
	if (*rest++ != '-')
		return false;
	r->index_to = -1;
	if (*rest == '\0')
		return true;
	return query_int(rest, r->index_from, INT64_MAX, &r->index_to);
}

static const char *
one_bound(const char *s, bool decimal, double *out, bool *any)
{
	size_t		n = strspn(s, "0123456789");
	size_t		f = 0;

	*any = n > 0;
	if (n > 12)
		return NULL;
	if (n > 0 && decimal && s[n] == '.')
	{
		f = strspn(s + n + 1, "0123456789");
		if (f != 1)
			return NULL;
		f++;
	}
	if (n > 0)
		*out = strtod(s, NULL);
	return s + n + f;
}

/* "min-", "min-max"; km have at most one decimal, seconds none. */
bool
query_min_max(const char *s, bool decimal, double *min, double *max)
{
	bool		any;

	*min = 0;
	*max = 1e18;
	s = one_bound(s, decimal, min, &any);
	if (s == NULL || !any || *s++ != '-')
		return false;
	s = one_bound(s, decimal, max, &any);
	return s != NULL && *s == '\0' && *max >= *min;
}

/* ---- time ---- */

static bool
range_add(Request *r, int64_t from, int64_t to)
{
	if (r->nranges >= MAX_RANGES || from > to)
		return false;
	if ((r->nranges & (r->nranges - 1)) == 0)
	{
		r->ranges = realloc(r->ranges, (r->nranges ? r->nranges * 2 : 1) * sizeof(Range));
		if (r->ranges == NULL)
			abort();
	}
	r->ranges[r->nranges++] = (Range) {from, to};
	return true;
}

/*
 * Rn/T/D[/d] and R/T/D[/d]: every D from T on, n times or until now, a range
 * of d, which is a day unless given.
 */
static bool
repeated(Request *r, const char *s)
{
	const char *part[4];
	size_t		len[4];
	int			n = 0;
	int64_t		times = -1,
				t,
				step,
				width = 86400000;

	for (; n < 4; n++)
	{
		part[n] = s;
		len[n] = strcspn(s, "/");
		s += len[n];
		if (*s != '/')
		{
			n++;
			break;
		}
		s++;
		if (n == 3)
			return false;
	}
	if (n < 3 || !parse_date(part[1], len[1], &t) || !parse_duration(part[2], len[2], &step) || step <= 0)
		return false;
	if (n == 4 && len[3] > 0 && !parse_duration(part[3], len[3], &width))
		return false;
	if (len[0] > 1)
	{
		times = 0;
		for (size_t i = 1; i < len[0]; i++)
		{
			if (!isdigit((unsigned char) part[0][i]) || times > MAX_RANGES)
				return false;
			times = times * 10 + (part[0][i] - '0');
		}
	}
	for (int64_t i = 0; times < 0 ? t + i * step <= r->clock * 1000 : i < times; i++)
		if (!range_add(r, t + i * step, t + i * step + width))
			return false;
	return true;
}

static bool
one_timestamps(Request *r, const char *s)
{
	const char *slash = strchr(s, '/');
	const char *rest;
	int64_t		from,
				to;

	if (*s == 'R')
		return repeated(r, s);
	if (slash == NULL || strchr(slash + 1, '/') != NULL)
		return false;
	rest = slash + 1;
	if (slash == s)
		return parse_date(rest, strlen(rest), &to) && range_add(r, INT64_MIN, to);
	if (!parse_date(s, (size_t) (slash - s), &from))
		return false;
	if (*rest == '\0')
	{
		/* until now; what begins after now holds nothing, which is no fault */
		to = r->clock * 1000;
		return range_add(r, from, from > to ? from : to);
	}
	if (*rest == 'P')
	{
		if (!parse_duration(rest, strlen(rest), &to))
			return false;
		return range_add(r, from, from + to);
	}
	return parse_date(rest, strlen(rest), &to) && range_add(r, from, to);
}

bool
query_timestamps(Request *r, const char **why)
{
	int			items = 0;

	for (size_t i = 0; i < r->nparams; i++)
	{
		if (strcmp(r->params[i].name, "timestamps") != 0)
			continue;
		if (++items > 10)
		{
			*why = "Bad Request: more than 10 items in timestamps.";
			return false;
		}
		if (!one_timestamps(r, r->params[i].value))
		{
			*why = "Bad Request: invalid value for timestamps.";
			return false;
		}
	}
	r->ranged = items > 0;
	return true;
}

/* An instant, in seconds, against all the ranges. */
bool
query_ranges_hold(const Request *r, int64_t t)
{
	t *= 1000;
	if (!r->ranged)
		return true;
	for (size_t i = 0; i < r->nranges; i++)
	{
		const Range *g = &r->ranges[i];

		if (config.bounds == BOUNDS_INCLUSIVE ? t >= g->from && t <= g->to :
			config.bounds == BOUNDS_EXCLUSIVE ? t > g->from && t < g->to :
			t >= g->from && t < g->to)
			return true;
	}
	return false;
}

/* The span from a to b, both belonging to it, against all the ranges. */
bool
query_ranges_overlap(const Request *r, int64_t a, int64_t b)
{
	if (!r->ranged)
		return true;
	a *= 1000;
	b *= 1000;
	for (size_t i = 0; i < r->nranges; i++)
	{
		const Range *g = &r->ranges[i];

		if (config.bounds == BOUNDS_INCLUSIVE ? a <= g->to && b >= g->from :
			config.bounds == BOUNDS_EXCLUSIVE ? a < g->to && b > g->from :
			a < g->to && b >= g->from)
			return true;
	}
	return false;
}
