/*
 * pages.c
 *		Collections: which rows were selected, in what order, cut into pages
 *		joined by opaque tokens.
 *
 * A token needs no memory here: it carries the page number, the page size,
 * the clock and the filters of the first page, and a check over these and the
 * path.  So one of another path, or a made-up one, is refused.
 */
#include "sim.h"

void
selection_add(Selection *s, uint32_t row)
{
	if ((s->count & (s->count - 1)) == 0)
	{
		s->rows = realloc(s->rows, (size_t) (s->count ? s->count * 2 : 1) * sizeof(uint32_t));
		if (s->rows == NULL)
			abort();
	}
	s->rows[s->count++] = row;
}

/* Runs come in any order and may overlap; they are merged as they come. */
void
selection_add_run(Selection *s, int64_t first, int64_t count)
{
	int64_t		end = first + count;
	size_t		out = 0;
	size_t		at;

	if (count <= 0)
		return;
	s->runs = realloc(s->runs, (s->nruns + 1) * sizeof(*s->runs));
	if (s->runs == NULL)
		abort();
	for (size_t i = 0; i < s->nruns; i++)
	{
		int64_t		e = s->runs[i].first + s->runs[i].count;

		if (e < first || s->runs[i].first > end)
		{
			s->runs[out++] = s->runs[i];
			continue;
		}
		first = s->runs[i].first < first ? s->runs[i].first : first;
		end = e > end ? e : end;
	}
	for (at = out; at > 0 && s->runs[at - 1].first > first; at--)
		s->runs[at] = s->runs[at - 1];
	s->runs[at].first = first;
	s->runs[at].count = end - first;
	s->nruns = out + 1;
	s->count = 0;
	for (size_t i = 0; i < s->nruns; i++)
		s->count += s->runs[i].count;
}

void
selection_free(Selection *s)
{
	free(s->rows);
	free(s->runs);
	memset(s, 0, sizeof(*s));
}

static int64_t
gcd(int64_t a, int64_t b)
{
	return b == 0 ? a : gcd(b, a % b);
}

/* The i-th row in the order of the knob; shuffling is a stride around. */
static int64_t
selection_row(const Selection *s, int64_t i)
{
	if (config.order == ORDER_DESC)
		i = s->count - 1 - i;
	else if (config.order == ORDER_SHUFFLED && s->count > 2)
	{
		int64_t		stride = s->count / 2 + s->count / 7 + 1;

		while (gcd(stride, s->count) != 1)
			stride++;
		i = (i * (stride % s->count) + s->count / 3) % s->count;
	}
	if (s->rows)
		return s->rows[i];
	for (size_t k = 0; k < s->nruns; k++)
	{
		if (i < s->runs[k].count)
			return s->runs[k].first + i;
		i -= s->runs[k].count;
	}
	return 0;
}

/* ---- tokens ---- */

static void
token_check(char *out, const char *path, const char *payload)
{
	uint64_t	h = 1469598103934665603u;

	for (const char *p = path; *p; p++)
		h = (h ^ (unsigned char) *p) * 1099511628211u;
	for (const char *p = payload; *p; p++)
		h = (h ^ (unsigned char) *p) * 1099511628211u;
	hex_id(out, 32, 9, h, 0);
}

static void
token_make(Buf *b, const Request *r, const char *path, int64_t page, int64_t nonce)
{
	Buf			payload = {0};
	Buf			token = {0};
	char		check[33];

	buf_printf(&payload, "%lld %lld %lld %lld %s", (long long) page, (long long) r->page_size,
			   (long long) r->clock, (long long) nonce, r->filters);
	token_check(check, path, payload.data);
	buf_str(&token, check);
	base64_encode(&token, (unsigned char *) payload.data, payload.len);
	percent_encode(b, token.data);
	buf_free(&payload);
	buf_free(&token);
}

static bool
token_read(const char *token, Buf *payload)
{
	return strlen(token) > 32 && base64_decode(payload, token + 32) && payload->len > 0;
}

/* The page that a token leads to, for the log; 0 when it is no token. */
int64_t
page_token_page(const char *token)
{
	Buf			payload = {0};
	int64_t		page = 0;

	if (token_read(token, &payload))
		page = strtoll(payload.data, NULL, 10);
	buf_free(&payload);
	return page;
}

/* Puts the first page's request in place of this one. */
bool
page_token_open(Request *r, const char *token, const char *path)
{
	Buf			payload = {0};
	char		check[33];
	long long	page,
				size,
				clock,
				nonce;
	int			used = 0;
	bool		ok = false;

	if (token_read(token, &payload))
	{
		token_check(check, path, payload.data);
		ok = strncmp(check, token, 32) == 0 &&
			sscanf(payload.data, "%lld %lld %lld %lld%n", &page, &size, &clock, &nonce, &used) == 4 &&
			payload.data[used] == ' ';
	}
	if (ok)
	{
		r->page = page;
		r->page_size = size;
		r->clock = clock;
		r->from_token = true;
		request_take_filters(r, payload.data + used + 1);
	}
	buf_free(&payload);
	return ok;
}

/* ---- the envelope ---- */

static void
page_link(Buf *b, const Request *r, const char *name, const char *path, int64_t page, int64_t nonce)
{
	LIT(b, "\"");
	buf_str(b, name);
	LIT(b, "\":{\"href\":\"" SIM_HREF);
	buf_str(b, path);
	LIT(b, "?pageToken=");
	token_make(b, r, path, page, nonce);
	LIT(b, "\"}");
}

static void
page_links(Buf *b, const Request *r, const char *path, int64_t pages)
{
	static int64_t nonces = 0;
	int64_t		next = r->page < pages ? r->page + 1 : 0;
	int64_t		nonce = 0;

	if (r->loop)
	{
		next = pages > 0 ? r->page % pages + 1 : 1;
		nonce = ++nonces;
	}
	if (r->repeat_token)
		next = r->page;
	LIT(b, "\"_links\":{");
	page_link(b, r, "self", path, r->page, 0);
	LIT(b, ",");
	page_link(b, r, "first", path, 1, 0);
	LIT(b, ",");
	page_link(b, r, "last", path, pages ? pages : 1, 0);
	if (next > 0 && !r->missing_next)
	{
		LIT(b, ",");
		page_link(b, r, "next", path, next, nonce);
	}
	if (r->page > 1)
	{
		LIT(b, ",");
		page_link(b, r, "prev", path, r->page - 1, 0);
	}
	LIT(b, "}");
}

static void
page_says(Buf *b, const Request *r, const char *path, int64_t pages, int64_t total)
{
	page_links(b, r, path, pages);
	buf_printf(b, ",\"total\":%lld,\"totalPage\":%lld,\"currentPage\":%lld",
			   (long long) (total > 0 ? total : 0), (long long) pages, (long long) r->page);
}

/*
 * indexRange bounds the whole result, the page cuts it.
 *
 * skew is a fault: from the second page on, so many rows have gone from the
 * front of the list (or, negative, have come to it) since the first was read.
 */
void
page_render(Request *r, const char *path, const char *key, Selection *sel,
			const char *what, RowRender render, void *ctx)
{
	Buf		   *b = &r->body;
	int64_t		skew = r->page > 1 ? r->skew : 0;
	int64_t		from = r->index_from;
	int64_t		to = r->index_to < 0 || r->index_to >= sel->count ? sel->count : r->index_to + 1;
	int64_t		total = to > from ? to - from : 0;
	int64_t		pages = (total - skew + r->page_size - 1) / r->page_size;
	int64_t		first = (r->page - 1) * r->page_size + skew;
	int64_t		shown = total - skew + r->total_delta;
	bool		any = false;
	char		message[100];

	if (total == 0 && config.empty == 0)
	{
		snprintf(message, sizeof(message), "Not Found: No %s was found.", what);
		answer_error(r, 404, 40400, message);
		return;
	}
	LIT(b, "{");
	if (!r->links_last)
	{
		page_says(b, r, path, pages, shown);
		LIT(b, ",");
	}
	buf_printf(b, "\"_embedded\":{\"%s\":[", key);
	for (int64_t i = first < 0 ? 0 : first; i < first + r->page_size && i < total; i++)
	{
		if (any)
			LIT(b, ",");
		render(b, r, ctx, selection_row(sel, from + i));
		any = true;
	}
	LIT(b, "]}");
	if (r->links_last)
	{
		LIT(b, ",");
		page_says(b, r, path, pages, shown);
	}
	LIT(b, "}");
	r->status = 200;
}
