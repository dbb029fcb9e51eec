/*
 * edit.c
 *		Values of an answer replaced or removed at JSON pointers, for faults.
 */
#include "sim.h"

#define MARK "@simulated@"

/* The next piece of a pointer, decoded; returns what follows it. */
static const char *
pointer_piece(const char *p, char *out, size_t max)
{
	size_t		n = 0;

	for (p++; *p && *p != '/'; p++)
	{
		char		c = *p;

		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		if (n + 1 < max)
			out[n++] = c;
	}
	out[n] = '\0';
	return p;
}

static void edit_at(json_t *node, const char *pointer, json_t *value);

static void
edit_member(json_t *node, const char *key, const char *rest, json_t *value)
{
	if (*rest)
		edit_at(json_object_get(node, key), rest, value);
	else if (value == NULL)
		json_object_del(node, key);
	else
		json_object_set_new(node, key, json_deep_copy(value));
}

static void
edit_element(json_t *node, size_t i, const char *rest, json_t *value)
{
	if (*rest)
		edit_at(json_array_get(node, i), rest, value);
	else if (value == NULL)
		json_array_remove(node, i);
	else
		json_array_set_new(node, i, json_deep_copy(value));
}

/* A JSON pointer whose pieces may be *, every member or element. */
static void
edit_at(json_t *node, const char *pointer, json_t *value)
{
	char		piece[256];
	const char *rest = pointer_piece(pointer, piece, sizeof(piece));
	bool		all = strcmp(piece, "*") == 0;
	void	   *tmp;
	const char *key;
	json_t	   *child;

	if (json_is_array(node))
	{
		for (size_t i = json_array_size(node); i-- > 0;)
			if (all || (*piece && strspn(piece, "0123456789") == strlen(piece) && strtoull(piece, NULL, 10) == i))
				edit_element(node, i, rest, value);
	}
	else if (json_is_object(node) && all)
	{
		json_object_foreach_safe(node, tmp, key, child)
			edit_member(node, key, rest, value);
	}
	else if (json_is_object(node))
		edit_member(node, piece, rest, value);
}

/* Puts raw text where the mark is; it need not be JSON at all. */
static void
replace_marks(Buf *body, const char *raw)
{
	Buf			out = {0};
	const char *p = body->data;
	const char *m;

	while ((m = strstr(p, "\"" MARK "\"")) != NULL)
	{
		buf_put(&out, p, (size_t) (m - p));
		buf_str(&out, raw);
		p = m + strlen(MARK) + 2;
	}
	buf_str(&out, p);
	buf_free(body);
	*body = out;
}

/*
 * Puts value, or raw text, at the pointer of the answer; removes what is there
 * when both are NULL.  A body that is not JSON stays as it is.
 */
void
edit_body(Request *r, const char *pointer, json_t *value, const char *raw)
{
	json_t	   *doc = json_loadb(r->body.data ? r->body.data : "", r->body.len, JSON_DECODE_ANY, NULL);
	json_t	   *mark = json_string(MARK);
	json_t	   *put = raw ? mark : value;
	char	   *dump;

	if (doc == NULL)
	{
		json_decref(mark);
		return;
	}
	if (*pointer == '/')
		edit_at(doc, pointer, put);
	else if (*pointer == '\0' && put)
	{
		json_decref(doc);
		doc = json_deep_copy(put);
	}
	dump = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	r->body.len = 0;
	buf_str(&r->body, dump ? dump : "");
	if (raw)
		replace_marks(&r->body, raw);
	free(dump);
	json_decref(doc);
	json_decref(mark);
}
