/*
 * tree.c
 *	  JSON documents as trees.
 */
#include "postgres.h"

#include "tree.h"

typedef struct Parser
{
	const char *at;
	const char *end;
	int			depth;			/* that is left */
	bool		too_deep;
} Parser;

static Tree *parse_value(Parser *parser);

void
tree_add(Tree *parent, Tree *item)
{
	if (parent->nitems == parent->max_items)
	{
		parent->max_items = Max(4, 2 * parent->max_items);
		parent->items = parent->items == NULL ?
			palloc(parent->max_items * sizeof(Tree *)) :
			repalloc(parent->items, parent->max_items * sizeof(Tree *));
	}
	parent->items[parent->nitems++] = item;
}

static bool
next_is(const Parser *parser, char c)
{
	return parser->at < parser->end && *parser->at == c;
}

static bool
take(Parser *parser, char c)
{
	if (!next_is(parser, c))
		return false;
	parser->at++;
	return true;
}

static void
skip_blanks(Parser *parser)
{
	while (parser->at < parser->end && *parser->at != '\0' &&
		   strchr(" \t\r\n", *parser->at) != NULL)
		parser->at++;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Over a string, whose first quote is next. */
static bool
skip_string(Parser *parser)
{
	if (!take(parser, '"'))
		return false;
	while (parser->at < parser->end)
	{
		unsigned char c = *parser->at++;

		if (c == '"')
			return true;
		if (c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (parser->at == parser->end)
			return false;
		c = *parser->at++;
		if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
			return false;
		for (int i = 0; c == 'u' && i < 4; i++)
		{
			if (parser->at == parser->end || !is_hex(*parser->at++))
				return false;
		}
	}
	return false;
}

static int
skip_digits(Parser *parser)
{
	const char *from = parser->at;

	while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
		parser->at++;
	return parser->at - from;
}

static bool
skip_number(Parser *parser)
{
	take(parser, '-');
	if (!take(parser, '0') && skip_digits(parser) == 0)
		return false;
	if (take(parser, '.') && skip_digits(parser) == 0)
		return false;
	if (take(parser, 'e') || take(parser, 'E'))
	{
		if (!take(parser, '+'))
			take(parser, '-');
		if (skip_digits(parser) == 0)
			return false;
	}
	return true;
}

static bool
skip_word(Parser *parser, const char *word)
{
	size_t		len = strlen(word);

	if (parser->end - parser->at < len || memcmp(parser->at, word, len) != 0)
		return false;
	parser->at += len;
	return true;
}

/* An array's or object's items, after its bracket. */
static bool
parse_items(Parser *parser, Tree *tree)
{
	char		close = tree->type == TREE_OBJECT ? '}' : ']';

	skip_blanks(parser);
	if (take(parser, close))
		return true;
	do
	{
		const char *name = NULL;
		int			name_len = 0;
		Tree	   *item;

		skip_blanks(parser);
		if (tree->type == TREE_OBJECT)
		{
			name = parser->at;
			if (!skip_string(parser))
				return false;
			name_len = parser->at - name;
			skip_blanks(parser);
			if (!take(parser, ':'))
				return false;
		}
		item = parse_value(parser);
		if (item == NULL)
			return false;
		item->name = name;
		item->name_len = name_len;
		tree_add(tree, item);
		skip_blanks(parser);
	} while (take(parser, ','));
	return take(parser, close);
}

static bool
parse_container(Parser *parser, Tree *tree)
{
	bool		ok;

	parser->at++;
	if (parser->depth == 0)
	{
		parser->too_deep = true;
		return false;
	}
	parser->depth--;
	ok = parse_items(parser, tree);
	parser->depth++;
	return ok;
}

static Tree *
parse_value(Parser *parser)
{
	Tree	   *tree = palloc0(sizeof(Tree));
	bool		ok = false;

	skip_blanks(parser);
	tree->start = parser->at;
	if (parser->at == parser->end)
		return NULL;
	switch (*parser->at)
	{
		case '{':
			tree->type = TREE_OBJECT;
			ok = parse_container(parser, tree);
			break;
		case '[':
			tree->type = TREE_ARRAY;
			ok = parse_container(parser, tree);
			break;
		case '"':
			tree->type = TREE_STRING;
			ok = skip_string(parser);
			break;
		case 't':
			tree->type = TREE_TRUE;
			ok = skip_word(parser, "true");
			break;
		case 'f':
			tree->type = TREE_FALSE;
			ok = skip_word(parser, "false");
			break;
		case 'n':
			tree->type = TREE_NULL;
			ok = skip_word(parser, "null");
			break;
		default:
			tree->type = TREE_NUMBER;
			ok = skip_number(parser);
			break;
	}
	tree->len = parser->at - tree->start;
	return ok ? tree : NULL;
}

Tree *
tree_parse(const char *json, size_t len, int max_depth, bool *too_deep)
{
	Parser		parser = {.at = json,.end = json + len,.depth = max_depth};
	Tree	   *tree = parse_value(&parser);

	skip_blanks(&parser);
	*too_deep = parser.too_deep;
	return parser.at == parser.end ? tree : NULL;
}

void
tree_write(StringInfo out, const Tree *tree)
{
	bool		object = tree->type == TREE_OBJECT;

	if (!object && tree->type != TREE_ARRAY)
	{
		appendBinaryStringInfo(out, tree->start, tree->len);
		return;
	}
	appendStringInfoChar(out, object ? '{' : '[');
	for (int i = 0; i < tree->nitems; i++)
	{
		const Tree *item = tree->items[i];

		if (i > 0)
			appendStringInfoChar(out, ',');
		if (object && item->name != NULL)
			appendBinaryStringInfo(out, item->name, item->name_len);
		else if (object)
			appendStringInfoString(out, "\"\"");
		if (object)
			appendStringInfoChar(out, ':');
		tree_write(out, item);
	}
	appendStringInfoChar(out, object ? '}' : ']');
}

static unsigned
hex4(const char *s)
{
	char		digits[5];

	memcpy(digits, s, 4);
	digits[4] = '\0';
	return strtoul(digits, NULL, 16);
}

static char *
put_utf8(char *out, unsigned code)
{
	if (code < 0x80)
		*out++ = code;
	else if (code < 0x800)
	{
		*out++ = 0xc0 | code >> 6;
		*out++ = 0x80 | (code & 0x3f);
	}
	else if (code < 0x10000)
	{
		*out++ = 0xe0 | code >> 12;
		*out++ = 0x80 | (code >> 6 & 0x3f);
		*out++ = 0x80 | (code & 0x3f);
	}
	else
	{
		*out++ = 0xf0 | code >> 18;
		*out++ = 0x80 | (code >> 12 & 0x3f);
		*out++ = 0x80 | (code >> 6 & 0x3f);
		*out++ = 0x80 | (code & 0x3f);
	}
	return out;
}

char *
tree_text(const char *quoted, int quoted_len, int *len)
{
	const char *s = quoted + 1;
	const char *end = quoted + quoted_len - 1;
	char	   *result = palloc(quoted_len + 1);
	char	   *out = result;

	while (s < end)
	{
		unsigned	code;

		if (*s != '\\')
		{
			*out++ = *s++;
			continue;
		}
		s += 2;
		switch (s[-1])
		{
			case 'b':
				*out++ = '\b';
				break;
			case 'f':
				*out++ = '\f';
				break;
			case 'n':
				*out++ = '\n';
				break;
			case 'r':
				*out++ = '\r';
				break;
			case 't':
				*out++ = '\t';
				break;
			case 'u':
				code = hex4(s);
				s += 4;
				if (code >= 0xd800 && code < 0xdc00 && end - s >= 6 &&
					s[0] == '\\' && s[1] == 'u' && hex4(s + 2) >= 0xdc00 && hex4(s + 2) < 0xe000)
				{
					code = 0x10000 + ((code - 0xd800) << 10) + (hex4(s + 2) - 0xdc00);
					s += 6;
				}
				if (code == 0 || (code >= 0xd800 && code < 0xe000))
					return NULL;
				out = put_utf8(out, code);
				break;
			default:
				*out++ = s[-1];
				break;
		}
	}
	*out = '\0';
	*len = out - result;
	return result;
}

bool
tree_text_is(const char *quoted, int quoted_len, const char *wanted, int len)
{
	int			have_len;
	char	   *have;

	if (memchr(quoted, '\\', quoted_len) == NULL)
		return quoted_len - 2 == len && memcmp(quoted + 1, wanted, len) == 0;
	have = tree_text(quoted, quoted_len, &have_len);
	return have != NULL && have_len == len && memcmp(have, wanted, len) == 0;
}

Tree *
tree_member(const Tree *tree, const char *name, int len)
{
	if (tree == NULL || tree->type != TREE_OBJECT)
		return NULL;
	for (int i = tree->nitems - 1; i >= 0; i--)
	{
		if (tree_text_is(tree->items[i]->name, tree->items[i]->name_len, name, len))
			return tree->items[i];
	}
	return NULL;
}
