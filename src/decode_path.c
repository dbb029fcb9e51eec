/*
 * decode_path.c
 *	  The path language of the catalog, and JSON pointers, to a tree.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/string.h"
#include "decode.h"
#include "decode_path.h"
#include "miscadmin.h"

/* Room for one more in an array that grows by doubling. */
#define EXTEND(array, count) \
	do { \
		if ((array) == NULL) \
			(array) = palloc0(sizeof(*(array))); \
		else if (((count) & ((count) - 1)) == 0) \
			(array) = repalloc((array), 2 * (count) * sizeof(*(array))); \
		memset(&(array)[count], 0, sizeof(*(array))); \
	} while (0)

/* A path that is being read. */
typedef struct PathParse
{
	const char *paths;			/* all of them, for the error */
	const char *at;
	const char *end;			/* of this alternative */
	const char *list_step;		/* its bracket that makes a list, or NULL */
	PathAlternative *alternative;
} PathParse;

PathNode *
path_node_create(void)
{
	PathNode   *node = palloc0(sizeof(PathNode));

	node->slot = -1;
	return node;
}

bool
path_conversion_is_list(Conversion conversion)
{
	return conversion == CONV_LIST || conversion == CONV_LIST_LAST_SEGMENT ||
		conversion == CONV_SUM;
}

static PathMember *
node_member(PathNode *node, const char *name, int len)
{
	PathMember *member;

	for (int i = 0; i < node->nmembers; i++)
	{
		member = &node->members[i];
		if (member->len == len && memcmp(member->name, name, len) == 0)
			return member;
	}
	EXTEND(node->members, node->nmembers);
	member = &node->members[node->nmembers++];
	member->name = name;
	member->len = len;
	member->node = path_node_create();
	return member;
}

static int
node_filter(PathNode *node, const char *name, int len)
{
	for (int i = 0; i < node->nfilters; i++)
	{
		if (node->filters[i].len == len &&
			memcmp(node->filters[i].name, name, len) == 0)
			return i;
	}
	EXTEND(node->filters, node->nfilters);
	node->filters[node->nfilters].name = name;
	node->filters[node->nfilters].len = len;
	return node->nfilters++;
}

/* The node's selector that is like "wanted", by its number. */
static int
node_selector(PathNode *node, const PathSelector *wanted)
{
	PathSelector *selector;

	for (int i = 0; i < node->nselectors; i++)
	{
		selector = &node->selectors[i];
		if (selector->selection == wanted->selection &&
			selector->index == wanted->index &&
			selector->filter == wanted->filter &&
			selector->value_len == wanted->value_len &&
			(selector->value_len == 0 ||
			 memcmp(selector->value, wanted->value, wanted->value_len) == 0))
			return i;
	}
	EXTEND(node->selectors, node->nselectors);
	selector = &node->selectors[node->nselectors];
	*selector = *wanted;
	if (selector->node == NULL)
		selector->node = path_node_create();
	return node->nselectors++;
}

static void
malformed(const PathParse *parse)
{
	elog(ERROR, "malformed path \"%s\" at \"%s\"", parse->paths, parse->at);
}

/* Up to one of "stops", or the path's end; at least one character. */
static int
parse_word(PathParse *parse, const char **word, const char *stops)
{
	*word = parse->at;
	while (parse->at < parse->end && strchr(stops, *parse->at) == NULL)
		parse->at++;
	if (parse->at == *word)
		malformed(parse);
	return parse->at - *word;
}

static void
parse_char(PathParse *parse, char c)
{
	if (parse->at == parse->end || *parse->at != c)
		malformed(parse);
	parse->at++;
}

/* From '[' over ']': the node of the element. */
static PathNode *
parse_selector(PathParse *parse, PathNode *node)
{
	PathSelector wanted = {.selection = SELECT_EACH,.filter = -1};
	bool		is_list = (parse->at == parse->list_step);
	const char *word;
	int			len;
	int			number;

	parse_char(parse, '[');
	if (parse->at < parse->end && *parse->at != ']')
	{
		len = parse_word(parse, &word, "=]");
		if (parse->at < parse->end && *parse->at == '=')
		{
			parse->at++;
			wanted.filter = node_filter(node, word, len);
			wanted.value_len = parse_word(parse, &wanted.value, "?]");
			if (!is_list)
				wanted.selection = SELECT_MATCH;
			if (!is_list && parse->at < parse->end && *parse->at == '?')
			{
				parse->at++;
				wanted.selection = SELECT_PREFER;
			}
		}
		else
		{
			wanted.selection = SELECT_INDEX;
			wanted.index = strtoint(word, NULL, 10);
			if (strspn(word, "0123456789") != len)
				malformed(parse);
		}
	}
	parse_char(parse, ']');
	if (wanted.selection == SELECT_EACH && !is_list)
		malformed(parse);

	number = node_selector(node, &wanted);
	if (is_list)
	{
		parse->alternative->list_node = node;
		parse->alternative->selector = number;
	}
	return node->selectors[number].node;
}

/* The last bracket of a list's path, unless it is an index. */
static const char *
find_list_step(const char *path, const char *end)
{
	const char *step = NULL;

	for (const char *p = path; p < end; p++)
	{
		if (*p == '[')
			step = p;
	}
	return step != NULL && isdigit((unsigned char) step[1]) ? NULL : step;
}

/* The value at "node" is itself the array whose elements are the list. */
static PathNode *
each_element(PathAlternative *alternative, PathNode *node)
{
	PathSelector wanted = {.selection = SELECT_EACH,.filter = -1};

	alternative->list_node = node;
	alternative->selector = node_selector(node, &wanted);
	return node->selectors[alternative->selector].node;
}

/* The alternative is the list of the value at "part", or of two values. */
static void
add_list(PathAlternative *alternative, PathNode *part, PathNode *second)
{
	PathSelector *selector =
	&alternative->list_node->selectors[alternative->selector];

	EXTEND(selector->lists, selector->nlists);
	selector->lists[selector->nlists].part[0] = part;
	selector->lists[selector->nlists].part[1] = second;
	alternative->list = selector->nlists++;
	part->slot = 0;
	if (second != NULL)
		second->slot = 0;
}

static void
parse_keys(PathParse *parse)
{
	const char *word;
	int			len;

	parse_char(parse, '{');
	if (parse->at < parse->end && *parse->at != '}')
	{
		len = parse_word(parse, &word, "}");
		parse->alternative->keys_member = pnstrdup(word, len);
	}
	parse_char(parse, '}');
}

static void
parse_alternative(PathParse *parse, PathNode *root, Conversion conversion)
{
	PathAlternative *alternative = parse->alternative;
	PathNode   *node = root;
	PathNode   *parent = root;
	PathNode   *second = NULL;
	const char *word;

	for (;;)
	{
		alternative->name_len = parse_word(parse, &alternative->name, ".[{+");
		parent = node;
		node = node_member(node, alternative->name, alternative->name_len)->node;
		while (parse->at < parse->end && *parse->at == '[')
			node = parse_selector(parse, node);
		if (parse->at == parse->end || *parse->at != '.')
			break;
		parse->at++;
	}

	if (conversion == CONV_KEYS)
		parse_keys(parse);
	if (alternative->list_node != NULL && parse->at < parse->end && *parse->at == '+')
	{
		int			len;

		parse->at++;
		len = parse_word(parse, &word, ".[{+");
		second = node_member(parent, word, len)->node;
	}
	if (parse->at != parse->end)
		malformed(parse);

	if (path_conversion_is_list(conversion))
	{
		if (alternative->list_node == NULL)
			node = each_element(alternative, node);
		add_list(alternative, node, second);
	}
	else
	{
		node->slot = 0;
		alternative->node = node;
	}
}

PathAlternative *
path_add_all(PathNode *root, const char *paths, Conversion conversion, int *count)
{
	PathAlternative *alternatives = NULL;
	PathParse	parse = {.paths = paths};
	const char *next = paths;

	*count = 0;
	do
	{
		EXTEND(alternatives, *count);
		parse.alternative = &alternatives[(*count)++];
		parse.at = next;
		parse.end = next + strcspn(next, "|");
		parse.list_step = path_conversion_is_list(conversion)
			? find_list_step(parse.at, parse.end) : NULL;
		parse.alternative->text = parse.at;
		parse.alternative->text_len = parse.end - parse.at;
		parse_alternative(&parse, root, conversion);
		next = parse.end + 1;
	} while (*parse.end == '|');
	return alternatives;
}

bool
json_pointer_is_valid(const char *pointer)
{
	if (*pointer != '\0' && *pointer != '/')
		return false;
	for (const char *p = pointer; *p != '\0'; p++)
	{
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return false;
	}
	return true;
}

/* A reference token of a pointer, with ~1 and ~0 replaced. */
static char *
unescape_reference(const char *token, int len, int *result_len)
{
	char	   *result = palloc(len + 1);
	int			n = 0;

	for (int i = 0; i < len; i++)
	{
		if (token[i] == '~')
			result[n++] = token[++i] == '1' ? '/' : '~';
		else
			result[n++] = token[i];
	}
	result[n] = '\0';
	*result_len = n;
	return result;
}

/*
 * A number may be a member's name or an element's: both lead to the same node,
 * as a value is either an object or an array.
 */
static PathNode *
pointer_step(PathNode *node, const char *name, int len)
{
	PathNode   *next = node_member(node, name, len)->node;

	if (len > 0 && len < 10 && strspn(name, "0123456789") == len &&
		(name[0] != '0' || len == 1))
	{
		PathSelector wanted = {.selection = SELECT_POINTER_INDEX,.filter = -1};

		wanted.index = strtoint(name, NULL, 10);
		wanted.node = next;
		node_selector(node, &wanted);
	}
	return next;
}

/* The pointer, an option of a column, is in the database encoding. */
PathAlternative *
path_add_pointer(PathNode *root, const char *pointer, bool list, int *count)
{
	PathAlternative *alternative = palloc0(sizeof(PathAlternative));
	PathNode   *node = root;
	const char *at;

	alternative->text = pointer;
	alternative->text_len = strlen(pointer);
	*count = 1;

	if (!json_pointer_is_valid(pointer))
		elog(ERROR, "malformed JSON pointer \"%s\"", pointer);
	at = pg_server_to_any(pointer, strlen(pointer), PG_UTF8);
	while (*at == '/')
	{
		int			len = strcspn(++at, "/");
		char	   *name = unescape_reference(at, len, &alternative->name_len);

		alternative->name = name;
		node = pointer_step(node, name, alternative->name_len);
		at += len;
	}
	if (list)
		add_list(alternative, each_element(alternative, node), NULL);
	else
	{
		node->slot = 0;
		alternative->node = node;
	}
	return alternative;
}

void
path_number(PathNode *node, int *nslots, int *nlists)
{
	/* A pointer's number leads here twice, from its parent alone. */
	if (node->numbered)
		return;
	node->numbered = true;
	check_stack_depth();

	node->slot_begin = *nslots;
	node->list_begin = *nlists;
	if (node->slot >= 0)
		node->slot = (*nslots)++;
	for (int i = 0; i < node->nmembers; i++)
		path_number(node->members[i].node, nslots, nlists);
	for (int i = 0; i < node->nselectors; i++)
	{
		PathSelector *selector = &node->selectors[i];

		for (int j = 0; j < selector->nlists; j++)
			selector->lists[j].id = (*nlists)++;
		path_number(selector->node, nslots, nlists);
	}
	node->slot_end = *nslots;
	node->list_end = *nlists;
}
