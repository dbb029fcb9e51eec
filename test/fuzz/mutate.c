/*
 * mutate.c
 *	  libFuzzer's mutator, taught what a JSON document is.
 *
 * An input that is JSON is changed as a tree, most of the time: subtrees are
 * swapped, moved, repeated, dropped; names become those that the catalog
 * knows; values those at which something may happen.  Everything else, and
 * that too now and then, is changed byte by byte.
 */
#include "postgres.h"

#include "fuzz.h"
#include "tree.h"
#include "utils/memutils.h"

extern size_t LLVMFuzzerMutate(uint8 *data, size_t size, size_t max_size);
extern size_t LLVMFuzzerCustomMutator(uint8 *data, size_t size, size_t max_size, unsigned seed);
extern size_t LLVMFuzzerCustomCrossOver(const uint8 *data1, size_t size1, const uint8 *data2, size_t size2,
										uint8 *out, size_t max_size, unsigned seed);

#define MAX_NODES	4096
#define MAX_WORDS	1024

static MemoryContext context;
static const char *words[MAX_WORDS];
static int	nwords;
static uint64 state;

/* Values at which something may happen. */
static const char *const scalars[] = {
	"null", "true", "false", "0", "-0", "-0.0", "0.0", "1", "-1", "82", "82.0", "8.2e1", "820e-1", "82.5", "0.1",
	"1e308", "1e309", "-1e309", "1e-308", "1e-400", "4.9e-324", "1.7976931348623157e308", "1e999", "1e-999",
	"1e99999999999", "1e-99999999999", "1e131071", "1e131072", "1e-16383", "1e-16384", "0e999999999999",
	"2147483647", "2147483648", "-2147483648", "-2147483649", "32767", "32768", "-32769",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"92233720368547758070e-1", "9.223372036854775807e18", "12345678901234567890", "123456789012345678901234567890",
	"3.4028236e38", "1e38", "1e39", "9007199254740993", "11395.7", "0.30000000000000004", "9223372036854.775807",
	"\"\"", "\" \"", "\"Electric\"", "\"Fuel\"", "\"Thermic\"", "\"Open\"", "\"On\"", "\"Omission\"", "\"82\"",
	"\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud83d\\ude97\"", "\"\\ud83d\"", "\"\\ude97\\ud83d\"", "\"\\ud83dx\"",
	"\"\\u00e9\"", "\"\303\251\"", "\"\\u20ac\"", "\"\342\202\254\"", "\"\360\237\232\227\"", "\"\357\277\277\"",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\177\"", "\"\\u007f\\u001f\"", "\"\\uFEFF\"", "\"\\uFFFF\"",
	"\"\377\"", "\"\303\"", "\"\300\200\"", "\"\355\240\200\"", "\"\364\220\200\200\"", "\"\342\200\256x\"",
	"\"2026-02-13T17:32:10Z\"", "\"2026-02-13T17:32:10.5+01:00\"", "\"2026-02-13 17:32:10.1234567-0130\"",
	"\"2026-02-13t17:32:60z\"", "\"9999-12-31T23:59:60.9999999-15:59\"", "\"0001-01-01T00:00:00+15:59\"",
	"\"0000-01-01T00:00:00Z\"", "\"2024-02-29T00:00:00+16\"", "\"2023-02-29T00:00:00Z\"", "\"2026-02-13T24:00:00Z\"",
	"\"2026-02-13\"", "\"2026-02-13T17:32Z\"", "\"2026-02-13T17:32:10\"", "\"2026-02-13T17:32:10.Z\"",
	"\"Fri Feb 13 17:32:10 GMT 2026\"", "\"Mon Feb 30 17:32:10 UTC 2026\"", "\"Fri Feb 13 17:32:10 CET 2026\"", "\"now\"",
	"\"PT0S\"", "\"PT1H23M\"", "\"P1Y2M3W4DT5H6M7.8S\"", "\"PT1,5H\"", "\"P0.5Y\"", "\"P0.5M\"", "\"P1.5W\"", "\"P\"",
	"\"PT\"", "\"P1DT\"", "\"PT5M3H\"", "\"-PT5M\"", "\"PT99999999999H\"", "\"P178956970Y8M\"", "\"P2147483648D\"",
	"\"PT9223372036854S\"", "\"PT0.0000005S\"", "\"PT0.999999999999S\"",
	"\"https://x/a/b?c=d#e\"", "\"/user/vehicles/1/trips/t%31%zz%\"", "\"https://x\"", "\"a/\"", "\"%00\"", "\"%ff\"", "\"?\"",
	"{\"href\":\"https://x/y?pageToken=abc%3D\"}", "{\"href\":\"?a=b&pageToken=&pageToken=x#pageToken=y\"}",
	"{}", "[]", "[[]]", "[{}]", "[null]", "{\"type\":\"Fuel\"}", "{\"\":null}",
};

/* ---- chance ---- */

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n == 0 ? 0 : (unsigned) (state >> 16) % n;
}

static const char *
pick_scalar(void)
{
	return scalars[chance(lengthof(scalars))];
}

static char *
pick_word(void)
{
	return psprintf("\"%s\"", words[chance(nwords)]);
}

/* ---- a number, a date, a duration, as they come ---- */

static char *
some_number(void)
{
	StringInfoData out;

	initStringInfo(&out);
	if (chance(3) == 0)
		appendStringInfoChar(&out, '-');
	for (int n = chance(4) == 0 ? 25 : 1 + chance(5); n > 0; n--)
		appendStringInfoChar(&out, '1' + chance(9));
	if (chance(2) == 0)
	{
		appendStringInfoChar(&out, '.');
		for (int n = 1 + chance(chance(4) == 0 ? 25 : 4); n > 0; n--)
			appendStringInfoChar(&out, '0' + chance(10));
	}
	if (chance(3) == 0)
		appendStringInfo(&out, "e%s%u", chance(2) == 0 ? "-" : chance(2) == 0 ? "+" : "",
						 chance(chance(3) == 0 ? 400 : 30));
	return out.data;
}

static char *
some_date(void)
{
	static const char *const zones[] = {"Z", "z", "+01:00", "-0330", "+15", "+15:59", "-16:00", "", "+1"};
	static const char *const days[] = {"Mon", "Sun", "Xyz"};
	static const char *const months[] = {"Jan", "Feb", "Jun", "Dec", "jan"};

	if (chance(3) == 0)
		return psprintf("\"%s %s %02u %02u:%02u:%02u %s %04u\"", days[chance(3)], months[chance(5)], chance(33),
						chance(25), chance(61), chance(62), chance(4) == 0 ? "UTC" : "GMT", chance(4) == 0 ? chance(10000) : 2026);
	return psprintf("\"%04u-%02u-%02u%c%02u:%02u:%02u%s%s\"", chance(4) == 0 ? chance(10000) : 2026,
					chance(14), chance(33), "TTt x"[chance(5)], chance(25), chance(61), chance(62),
					chance(2) == 0 ? psprintf(".%.*u", 1 + chance(9), chance(1000000000)) : "", zones[chance(lengthof(zones))]);
}

static char *
some_duration(void)
{
	static const char units[] = "YMWDTHMS";
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "\"P");
	for (int i = 0; i < lengthof(units) - 1; i++)
	{
		if (units[i] == 'T')
			appendStringInfoString(&out, chance(8) == 0 ? "" : "T");
		else if (chance(2) == 0)
			appendStringInfo(&out, "%u%s%c", chance(chance(4) == 0 ? 2000000000 : 100),
							 chance(8) == 0 ? psprintf("%c%u", chance(4) == 0 ? ',' : '.', chance(1000000)) : "", units[i]);
	}
	appendStringInfoChar(&out, '"');
	return out.data;
}

/* A string or name, some of whose characters are written as escapes. */
static char *
escaped(const char *quoted, int len)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < len; i++)
	{
		unsigned char c = quoted[i];

		if (i == 0 || i == len - 1 || c == '\\' || quoted[i - 1] == '\\' || c >= 0x80 || chance(3) != 0)
			appendStringInfoChar(&out, c);
		else
			appendStringInfo(&out, chance(2) == 0 ? "\\u%04x" : "\\u%04X", c);
	}
	return out.data;
}

/* Its bytes changed, between its quotes. */
static char *
garbled(const char *quoted, int len)
{
	size_t		max = len + 16;
	char	   *result = palloc(max + 1);

	memcpy(result, quoted, len);
	len = 1 + LLVMFuzzerMutate((uint8 *) result + 1, Max(len - 2, 0), max - 2);
	result[len++] = '"';
	result[len] = '\0';
	return result;
}

/* ---- trees ---- */

static Tree *
leaf(const char *text)
{
	bool		too_deep;
	Tree	   *tree = tree_parse(text, strlen(text), 100, &too_deep);

	if (tree != NULL)
		return tree;

	/* no JSON: goes out as it is */
	tree = palloc0(sizeof(Tree));
	tree->type = TREE_STRING;
	tree->start = text;
	tree->len = strlen(text);
	return tree;
}

static Tree *
some_value(void)
{
	switch (chance(8))
	{
		case 0:
			return leaf(some_number());
		case 1:
			return leaf(some_date());
		case 2:
			return leaf(some_duration());
		default:
			return leaf(pick_scalar());
	}
}

typedef struct Nodes
{
	Tree	   *at[MAX_NODES];
	int			n;
} Nodes;

static void
gather(Tree *tree, Nodes *nodes)
{
	if (nodes->n < MAX_NODES)
		nodes->at[nodes->n++] = tree;
	for (int i = 0; i < tree->nitems; i++)
		gather(tree->items[i], nodes);
}

static Nodes *
nodes_of(Tree *tree)
{
	Nodes	   *nodes = palloc(sizeof(Nodes));

	nodes->n = 0;
	gather(tree, nodes);
	return nodes;
}

/* The node becomes that value, and keeps its name. */
static void
become(Tree *node, const Tree *value)
{
	const char *name = node->name;
	int			name_len = node->name_len;

	*node = *value;
	node->name = name;
	node->name_len = name_len;

	/* its items are its own: a value may be put in more than one place */
	if (node->max_items > 0)
	{
		node->items = palloc(node->max_items * sizeof(Tree *));
		memcpy(node->items, value->items, node->nitems * sizeof(Tree *));
	}
}

static void
rename_node(Tree *node)
{
	if (node->name != NULL && chance(3) == 0)
		node->name = escaped(node->name, node->name_len);
	else if (node->name != NULL && chance(6) == 0)
		node->name = garbled(node->name, node->name_len);
	else
		node->name = pick_word();
	node->name_len = strlen(node->name);
}

static void
change_value(Tree *node)
{
	bool		is_string = node->type == TREE_STRING && node->len >= 2;

	if (is_string && chance(4) == 0)
		become(node, leaf(escaped(node->start, node->len)));
	else if (is_string && chance(3) == 0)
		become(node, leaf(garbled(node->start, node->len)));
	else
		become(node, some_value());
}

static void
wrap(Tree *node, bool in_array)
{
	Tree	   *copy = palloc(sizeof(Tree));
	Tree		outer = {.type = in_array ? TREE_ARRAY : TREE_OBJECT};

	*copy = *node;
	if (!in_array)
		rename_node(copy);
	tree_add(&outer, copy);
	become(node, &outer);
}

/* An item is dropped, repeated, moved, or added. */
static void
change_items(Tree *node)
{
	int			i = chance(node->nitems);
	int			j = chance(node->nitems);
	Tree	   *item = node->nitems > 0 ? node->items[i] : NULL;
	Tree	   *other;

	switch (item == NULL ? 3 : chance(4))
	{
		case 0:
			node->items[i] = node->items[node->nitems - 1];
			node->nitems--;
			break;
		case 1:
			other = palloc(sizeof(Tree));
			*other = *item;
			tree_add(node, other);
			if (chance(2) == 0)
				change_value(other);
			break;
		case 2:
			node->items[i] = node->items[j];
			node->items[j] = item;
			break;
		default:
			other = palloc0(sizeof(Tree));
			become(other, some_value());
			rename_node(other);
			tree_add(node, other);
			break;
	}
}

static void
change_tree(Tree *root)
{
	Nodes	   *nodes = nodes_of(root);
	Tree	   *node = nodes->at[chance(nodes->n)];
	bool		container = node->type == TREE_ARRAY || node->type == TREE_OBJECT;

	switch (chance(8))
	{
		case 0:
			wrap(node, chance(2) == 0);
			break;
		case 1:
			if (node->nitems > 0)
				become(node, node->items[chance(node->nitems)]);
			break;
		case 2:
			/* of its own descendants it may not become a part */
			if (node->nitems == 0)
				become(node, nodes->at[chance(nodes->n)]);
			break;
		case 3:
			rename_node(node);
			break;
		case 4:
			for (int depth = chance(40) == 0 ? 480 + chance(60) : 0; depth > 0; depth--)
				wrap(node, true);
			break;
		case 5:
			if (container)
			{
				change_items(node);
				break;
			}
			/* FALLTHROUGH */
		default:
			if (container && chance(4) != 0)
				change_items(node);
			else
				change_value(node);
			break;
	}
}

/* A node that has become a copy of one above it would never end. */
static bool
is_finite(const Tree *tree, int depth, int *left)
{
	if (depth > 1500 || --*left < 0)
		return false;
	for (int i = 0; i < tree->nitems; i++)
	{
		if (!is_finite(tree->items[i], depth + 1, left))
			return false;
	}
	return true;
}

/* ---- documents ---- */

/* Where the document of an input begins: behind a pointer's line. */
static size_t
document_offset(const uint8 *data, size_t size)
{
	const uint8 *newline;

	if (data[0] != 'p')
		return 2;
	newline = memchr(data + 2, '\n', size - 2);
	return newline != NULL ? newline + 1 - data : 2;
}

static bool
has_document(const uint8 *data)
{
	return strchr("cehlor", data[0]) == NULL || data[0] == '\0';
}

static Tree *
document_of(const uint8 *data, size_t size)
{
	size_t		offset;
	bool		too_deep;
	char	   *copy;

	if (size < 3 || !has_document(data))
		return NULL;
	offset = document_offset(data, size);
	copy = palloc(size - offset + 1);
	memcpy(copy, data + offset, size - offset);
	return tree_parse(copy, size - offset, 600, &too_deep);
}

/* The tree in place of the document; 0 when that cannot be. */
static size_t
put_document(const uint8 *data, size_t size, const Tree *tree, uint8 *out, size_t max_size)
{
	size_t		offset = document_offset(data, size);
	int			left = 20000;
	StringInfoData text;

	if (!is_finite(tree, 0, &left))
		return 0;
	initStringInfo(&text);
	tree_write(&text, tree);

	/* now and then it breaks off */
	if (chance(50) == 0)
		text.len = chance(text.len + 1);
	if (offset + text.len > max_size)
		return 0;
	memmove(out, data, offset);
	memcpy(out + offset, text.data, text.len);
	return offset + text.len;
}

/* A secret, in one spelling or another, into a text that may show it. */
static size_t
put_secret(uint8 *data, size_t size, size_t max_size)
{
	const char *secret = fuzz_secrets[chance(3)];
	size_t		at = 2 + chance(size - 1);
	unsigned	spelling = chance(4);
	StringInfoData out;

	initStringInfo(&out);
	for (; *secret != '\0'; secret++)
	{
		unsigned char c = *secret;

		if (spelling == 1 && chance(2) == 0)
			appendStringInfo(&out, "%%%02x", c);
		else if (spelling == 2 && (c == '"' || c == '\\' || c == '/'))
			appendStringInfo(&out, "\\%c", c);
		else if (spelling == 2 && chance(3) == 0)
			appendStringInfo(&out, "\\u00%02X", c);
		else
			appendStringInfoChar(&out, spelling == 1 && c == ' ' ? '+' : c);
	}
	if (chance(8) == 0)
		out.len = chance(out.len);
	if (size + out.len > max_size)
		return 0;
	memmove(data + at + out.len, data + at, size - at);
	memcpy(data + at, out.data, out.len);
	return size + out.len;
}

static size_t
mutate(uint8 *data, size_t size, size_t max_size)
{
	Tree	   *tree;
	size_t		result = 0;

	if (size >= 2 && chance(24) == 0)
	{
		data[chance(2)] = chance(3) == 0 ? chance(256) : "ACFFLMNPQRSTUVWcehloppr0123"[chance(27)];
		return size;
	}
	if (size > 2 && (data[0] == 'e' || data[0] == 'r') && chance(4) == 0)
		result = put_secret(data, size, max_size);
	else if (chance(6) != 0 && (tree = document_of(data, size)) != NULL)
	{
		for (int n = 1 + chance(3); n > 0; n--)
		{
			int			left = 20000;

			if (is_finite(tree, 0, &left))
				change_tree(tree);
		}
		result = put_document(data, size, tree, data, max_size);
	}
	if (result > 0)
		return result;

	/* the first two bytes choose what all others mean: seldom */
	if (size > 2 && max_size > 2 && chance(16) != 0)
		return 2 + LLVMFuzzerMutate(data + 2, size - 2, max_size - 2);
	return LLVMFuzzerMutate(data, size, max_size);
}

size_t
LLVMFuzzerCustomMutator(uint8 *data, size_t size, size_t max_size, unsigned seed)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	size_t		result;

	state = seed * UINT64CONST(0x9E3779B97F4A7C15) + 1;
	result = mutate(data, size, max_size);
	MemoryContextSwitchTo(old);
	MemoryContextReset(context);
	return result;
}

/* A value of the other document in place of one of this. */
size_t
LLVMFuzzerCustomCrossOver(const uint8 *data1, size_t size1, const uint8 *data2, size_t size2,
						  uint8 *out, size_t max_size, unsigned seed)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Tree	   *first;
	Tree	   *second;
	size_t		result = 0;

	state = seed * UINT64CONST(0x9E3779B97F4A7C15) + 1;
	first = document_of(data1, size1);
	second = first == NULL ? NULL : document_of(data2, size2);
	if (second != NULL)
	{
		Nodes	   *to = nodes_of(first);
		Nodes	   *from = nodes_of(second);

		become(to->at[chance(to->n)], from->at[chance(from->n)]);
		result = put_document(data1, size1, first, out, max_size);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(context);
	return result;
}

/* ---- words ---- */

static void
add_word(const char *word, int len)
{
	for (int i = 0; i < nwords; i++)
	{
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
			return;
	}
	if (len > 0 && nwords < MAX_WORDS)
		words[nwords++] = MemoryContextStrdup(TopMemoryContext, pnstrdup(word, len));
}

static void
add_words(const char *text)
{
	while (*text != '\0')
	{
		int			len = strcspn(text, ".|[]{}+=?,/");

		add_word(text, len);
		text += len;
		text += strspn(text, ".|[]{}+=?,/");
	}
}

/* Every name that a path of the catalog has, and those around the rows. */
void
mutate_init(void)
{
	context = AllocSetContextCreate(TopMemoryContext, "fuzz mutator", ALLOCSET_DEFAULT_SIZES);
	add_words("total._embedded._links.next.href._EMBEDDED.0.1.2.00.a.~");
	for (int i = 0; i < catalog_nresources; i++)
	{
		const Resource *resource = catalog_resources[i];

		if (resource->rows_key != NULL)
			add_words(resource->rows_key);
		for (int j = 0; j < resource->ncolumns; j++)
			add_words(resource->columns[j].paths);
	}
	add_words(catalog_positions_of_status.row_pointer);
}
