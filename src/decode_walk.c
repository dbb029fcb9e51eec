/*
 * decode_walk.c
 *	  The descent into a value by the tree of the wanted paths.
 *
 * Each walk_ function that reads is called on the first token of a value and
 * returns on its last, or false when the document is broken.  Its recursion
 * is bounded by the nesting that the reader allows.
 */
#include "postgres.h"

#include "decode_walk.h"

void
walker_init(Walker *walker, int nslots, int nlists)
{
	memset(walker, 0, sizeof(Walker));
	walker->context = CurrentMemoryContext;
	walker->slots = palloc0(Max(nslots, 1) * sizeof(JsonSlice));
	walker->lists = palloc0(Max(nlists, 1) * sizeof(ListSlot));
	converter_init(&walker->converter);
}

/* Forgets what was noted at and below a node. */
void
walk_clear(Walker *walker, const PathNode *node)
{
	for (int i = node->slot_begin; i < node->slot_end; i++)
		walker->slots[i].type = JSON_TOKEN_INVALID;
	for (int i = node->list_begin; i < node->list_end; i++)
	{
		walker->lists[i].state = LIST_ABSENT;
		walker->lists[i].nitems = 0;
	}
}

/* Whether a member's name, as written, is this one. */
bool
walk_name_is(Walker *walker, const JsonSlice *name, const char *wanted, int wanted_len)
{
	const char *content;
	int			len;

	if (name->len - 2 == wanted_len && memcmp(name->start + 1, wanted, wanted_len) == 0 &&
		memchr(wanted, '\\', wanted_len) == NULL)
		return true;
	return memchr(name->start, '\\', name->len) != NULL &&
		convert_content(&walker->converter, name, &content, &len) &&
		len == wanted_len && memcmp(content, wanted, wanted_len) == 0;
}

/* The wanted member of this name, or NULL. */
static PathMember *
find_member(Walker *walker, PathNode *node, const JsonSlice *name)
{
	const char *content = name->start + 1;
	int			len = name->len - 2;

	if (memchr(content, '\\', len) != NULL &&
		!convert_content(&walker->converter, name, &content, &len))
		return NULL;
	for (int i = 0; i < node->nmembers; i++)
	{
		PathMember *member = &node->members[i];

		if (member->len == len && memcmp(member->name, content, len) == 0)
			return member;
	}
	return NULL;
}

static bool
walk_members(Walker *walker, PathNode *node)
{
	JsonReader *reader = &walker->reader;
	uint64		visit = ++walker->visits;
	ReaderStep	step;
	JsonSlice	name;

	if (!reader_enter(reader))
		return false;
	for (bool first = true;
		 (step = reader_member(reader, first, &name)) == READER_ITEM;
		 first = false)
	{
		PathMember *member = find_member(walker, node, &name);

		if (member == NULL)
		{
			if (!reader_skip(reader))
				return false;
			continue;
		}
		/* Of two members of one name the last counts, as in jsonb. */
		if (member->seen == visit)
			walk_clear(walker, member->node);
		member->seen = visit;
		if (!walk_value(walker, member->node))
			return false;
	}
	reader->depth--;
	return step == READER_END;
}

/* Reads an element for the members by which it is selected. */
static bool
read_filters(Walker *walker, PathNode *node)
{
	JsonReader *reader = &walker->reader;
	ReaderStep	step;
	JsonSlice	name;

	if (!reader_enter(reader))
		return false;
	for (bool first = true;
		 (step = reader_member(reader, first, &name)) == READER_ITEM;
		 first = false)
	{
		for (int i = 0; i < node->nfilters; i++)
		{
			PathFilter *filter = &node->filters[i];

			if (walk_name_is(walker, &name, filter->name, filter->len))
				filter->value = reader_token(reader);
		}
		if (!reader_skip(reader))
			return false;
	}
	reader->depth--;
	return step == READER_END;
}

static bool
filter_matches(Walker *walker, const PathNode *node, const PathSelector *selector)
{
	const JsonSlice *value;

	if (selector->filter < 0)
		return true;
	value = &node->filters[selector->filter].value;
	return value->type == JSON_TOKEN_STRING &&
		walk_name_is(walker, value, selector->value, selector->value_len);
}

/*
 * Whether an element of an array is selected.  "alone" says that it is an
 * object in the array's place, which is no list.
 */
static bool
is_selected(Walker *walker, const PathNode *node, PathSelector *selector,
			int index, bool alone)
{
	switch (selector->selection)
	{
		case SELECT_INDEX:
			return selector->index == index;
		case SELECT_POINTER_INDEX:
			return selector->index == index && !alone;
		case SELECT_EACH:
			return !alone && filter_matches(walker, node, selector);
		case SELECT_MATCH:
		case SELECT_PREFER:
			if (!selector->found && filter_matches(walker, node, selector))
			{
				selector->found = true;
				return true;
			}
			/* The first one stands in until a better one comes. */
			return selector->selection == SELECT_PREFER && index == 0 && !selector->found;
	}
	return false;
}

/* The element just decoded becomes an item of the selector's lists. */
static void
append_to_lists(Walker *walker, const PathSelector *selector)
{
	for (int i = 0; i < selector->nlists; i++)
	{
		const PathList *path = &selector->lists[i];
		ListSlot   *list = &walker->lists[path->id];

		if (list->nitems == list->max_items)
		{
			Size		max = Max(8, 2 * (Size) list->max_items);

			if (list->items == NULL)
				list->items = MemoryContextAlloc(walker->context, max * sizeof(*list->items));
			else
				list->items = repalloc_huge(list->items, max * sizeof(*list->items));
			list->max_items = max;
		}
		for (int j = 0; j < 2; j++)
		{
			if (path->part[j] != NULL)
				list->items[list->nitems][j] = walker->slots[path->part[j]->slot];
		}
		list->nitems++;
	}
}

/* An element is read once to be filtered, and once for each selector. */
static bool
walk_element(Walker *walker, PathNode *node, int index, bool alone)
{
	JsonReader *reader = &walker->reader;
	JsonLexContext bookmark = reader->lex;
	bool		is_read = false;

	for (int i = 0; i < node->nfilters; i++)
		node->filters[i].value.type = JSON_TOKEN_INVALID;
	if (node->nfilters > 0 && reader->lex.token_type == JSON_TOKEN_OBJECT_START)
	{
		if (!read_filters(walker, node))
			return false;
		is_read = true;
	}
	for (int i = 0; i < node->nselectors; i++)
	{
		PathSelector *selector = &node->selectors[i];

		if (!is_selected(walker, node, selector, index, alone))
			continue;
		if (is_read)
			reader->lex = bookmark;
		walk_clear(walker, selector->node);
		if (!walk_value(walker, selector->node))
			return false;
		append_to_lists(walker, selector);
		is_read = true;
	}
	return is_read || reader_skip(reader);
}

/* A value that elements are wanted of, before it is looked into. */
static void
begin_selectors(Walker *walker, PathNode *node, JsonTokenType type)
{
	for (int i = 0; i < node->nselectors; i++)
	{
		PathSelector *selector = &node->selectors[i];

		selector->found = false;
		for (int j = 0; j < selector->nlists; j++)
		{
			ListSlot   *list = &walker->lists[selector->lists[j].id];

			list->nitems = 0;
			list->state = type == JSON_TOKEN_ARRAY_START ? LIST_PRESENT
				: type == JSON_TOKEN_NULL ? LIST_ABSENT : LIST_WRONG;
		}
	}
}

static bool
walk_elements(Walker *walker, PathNode *node)
{
	JsonReader *reader = &walker->reader;
	ReaderStep	step;
	int			index;

	if (!reader_enter(reader))
		return false;
	for (index = 0; (step = reader_element(reader, index == 0)) == READER_ITEM; index++)
	{
		if (!walk_element(walker, node, index, false))
			return false;
	}
	reader->depth--;
	return step == READER_END;
}

/* An object: first as the one element of an array, where one is looked for. */
static bool
walk_object(Walker *walker, PathNode *node)
{
	JsonReader *reader = &walker->reader;

	if (node->nselectors > 0)
	{
		JsonLexContext bookmark = reader->lex;

		if (!walk_element(walker, node, 0, true))
			return false;
		if (node->nmembers == 0)
			return true;
		reader->lex = bookmark;
	}
	return walk_members(walker, node);
}

bool
walk_value(Walker *walker, PathNode *node)
{
	JsonReader *reader = &walker->reader;
	JsonSlice	value = reader_token(reader);
	bool		ok;

	if (node->nselectors > 0)
		begin_selectors(walker, node, value.type);
	if (value.type == JSON_TOKEN_OBJECT_START && node->nmembers + node->nselectors > 0)
		ok = walk_object(walker, node);
	else if (value.type == JSON_TOKEN_ARRAY_START && node->nselectors > 0)
		ok = walk_elements(walker, node);
	else
		ok = reader_skip(reader);
	if (!ok)
		return false;
	if (node->slot >= 0)
	{
		value.len = reader->lex.token_terminator - value.start;
		walker->slots[node->slot] = value;
	}
	return true;
}
