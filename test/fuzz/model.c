/*
 * model.c
 *	  What decoding a document should give: its rows, what it says of itself,
 *	  and each column's value, from catalog.h's description of the paths.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "model.h"
#include "utils/builtins.h"

#define MAX_DEPTH 512

/* ---- the document around the rows ---- */

static bool
name_is(const Tree *member, const char *name)
{
	return tree_text_is(member->name, member->name_len, name, strlen(name));
}

static bool
name_is_rows_key(const Tree *member, const char *rows_key)
{
	int			len;
	char	   *name = tree_text(member->name, member->name_len, &len);

	return name != NULL && len == strlen(rows_key) && strncasecmp(name, rows_key, len) == 0;
}

static int
hex_value(char c)
{
	return isdigit((unsigned char) c) ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

/* "%41" is A; a '%' that no two digits follow stays.  The new length. */
static int
percent_decoded(char *s, int len)
{
	int			n = 0;

	for (int i = 0; i < len; i++)
	{
		if (s[i] == '%' && len - i > 2 && isxdigit((unsigned char) s[i + 1]) &&
			isxdigit((unsigned char) s[i + 2]))
		{
			s[n++] = hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]);
			i += 2;
		}
		else
			s[n++] = s[i];
	}
	s[n] = '\0';
	return n;
}

/* The first pageToken of a URL's query, or NULL. */
static char *
page_token_of(char *url, int len)
{
	char	   *fragment = memchr(url, '#', len);
	char	   *query;
	char	   *end = fragment != NULL ? fragment : url + len;

	query = memchr(url, '?', end - url);
	while (query != NULL)
	{
		char	   *parameter = query + 1;

		query = memchr(parameter, '&', end - parameter);
		if ((query != NULL ? query : end) - parameter > 10 && strncmp(parameter, "pageToken=", 10) == 0)
		{
			int			n = (query != NULL ? query : end) - parameter - 10;
			char	   *token = pnstrdup(parameter + 10, n);

			/* one with a NUL in it is none */
			n = percent_decoded(token, n);
			return strlen(token) == n ? token : NULL;
		}
	}
	return NULL;
}

static void
model_total(const Tree *tree, ModelDocument *result)
{
	ModelValue	value;

	result->total = -1;
	if (model_scalar(tree, INT8OID, 1, 1, &value) && DatumGetInt64(value.value) >= 0)
		result->total = DatumGetInt64(value.value);
}

/* False when the links are not what they should be. */
static bool
model_links(const Tree *tree, ModelDocument *result)
{
	Tree	   *next = tree_member(tree, "next", 4);
	Tree	   *href = tree_member(next, "href", 4);
	char	   *url;
	int			len;

	if (tree->type != TREE_OBJECT && tree->type != TREE_NULL)
		return false;
	result->next_token = NULL;
	if (model_is_absent(next))
		return true;
	if (href == NULL || href->type != TREE_STRING)
		return false;
	url = tree_text(href->start, href->len, &len);
	if (url != NULL)
		result->next_token = page_token_of(url, len);
	return result->next_token != NULL;
}

/* False when the document breaks there. */
static bool
model_rows(const Tree *rows, ModelDocument *result)
{
	for (int i = 0; i < rows->nitems; i++)
	{
		if (rows->items[i]->type != TREE_OBJECT)
			return false;
		result->rows = result->rows == NULL ? palloc(sizeof(Tree *)) :
			repalloc(result->rows, (result->nrows + 1) * sizeof(Tree *));
		result->rows[result->nrows++] = rows->items[i];
	}
	return true;
}

static bool
model_embedded(const Tree *embedded, const char *rows_key, bool *seen, ModelDocument *result)
{
	for (int i = 0; embedded->type == TREE_OBJECT && i < embedded->nitems; i++)
	{
		if (!name_is_rows_key(embedded->items[i], rows_key))
			continue;
		if (*seen || embedded->items[i]->type != TREE_ARRAY)
			return false;
		*seen = true;
		if (!model_rows(embedded->items[i], result))
			return false;
	}
	return true;
}

static bool
model_collection(const Tree *root, const char *rows_key, ModelDocument *result)
{
	bool		seen = false;

	for (int i = 0; i < root->nitems; i++)
	{
		const Tree *member = root->items[i];

		if (name_is(member, "total"))
			model_total(member, result);
		else if (name_is(member, "_links") && !model_links(member, result))
			return false;
		else if (name_is(member, "_embedded") && !model_embedded(member, rows_key, &seen, result))
			return false;
	}
	return seen || result->total == 0;
}

static bool
model_object(Tree *root, const char *row_pointer, ModelDocument *result)
{
	Tree		row = {.type = TREE_ARRAY};
	bool		seen = false;

	if (row_pointer == NULL)
	{
		tree_add(&row, root);
		return model_rows(&row, result);
	}
	for (int i = 0; i < root->nitems; i++)
	{
		if (!name_is(root->items[i], row_pointer))
			continue;
		if (seen)
			return false;
		seen = true;
		row.nitems = 0;
		tree_add(&row, root->items[i]);
		if (root->items[i]->type != TREE_NULL && !model_rows(&row, result))
			return false;
	}
	return true;
}

void
model_document(const char *json, size_t len, const char *rows_key,
			   const char *row_pointer, ModelDocument *result)
{
	Tree	   *root;

	memset(result, 0, sizeof(ModelDocument));
	result->total = -1;
	root = tree_parse(json, len, MAX_DEPTH, &result->too_deep);
	result->is_json = root != NULL;
	if (root == NULL || root->type != TREE_OBJECT)
		result->broken = true;
	else if (rows_key != NULL)
		result->broken = !model_collection(root, rows_key, result);
	else if (!model_object(root, row_pointer, result))
	{
		/* one row, which counts only when the document is whole */
		result->broken = true;
		result->nrows = 0;
	}
}

/* ---- a column's paths ---- */

/* An alternative being followed. */
typedef struct Path
{
	const char *at;
	const char *end;
	const char *list_step;		/* of a list: the bracket that makes it, or NULL */
	const char *name;			/* the last member's */
	int			name_len;
} Path;

static bool
is_list(Conversion conversion)
{
	return conversion == CONV_LIST || conversion == CONV_LIST_LAST_SEGMENT || conversion == CONV_SUM;
}

static int
word_len(const Path *path, const char *stops)
{
	int			len = 0;

	while (path->at + len < path->end && strchr(stops, path->at[len]) == NULL)
		len++;
	return len;
}

/* [type=Fuel]: whether the element is such a one. */
static bool
has_value(const Tree *element, const char *name, int name_len, const char *value, int value_len)
{
	Tree	   *member = tree_member(element, name, name_len);

	return member != NULL && member->type == TREE_STRING &&
		tree_text_is(member->start, member->len, value, value_len);
}

/* The element of a bracket's inside; a lone object stands for an array of it. */
static Tree *
select_element(Tree *tree, const char *inside, int len)
{
	const char *equals = memchr(inside, '=', len);
	bool		prefer = inside[len - 1] == '?';
	Tree	  **items = tree->type == TREE_OBJECT ? &tree : tree->items;
	int			n = tree->type == TREE_OBJECT ? 1 : tree->type == TREE_ARRAY ? tree->nitems : 0;

	if (equals == NULL)
		return atoi(inside) < n ? items[atoi(inside)] : NULL;
	for (int i = 0; i < n; i++)
	{
		if (has_value(items[i], inside, equals - inside, equals + 1,
					  inside + len - (equals + 1) - (prefer ? 1 : 0)))
			return items[i];
	}
	return prefer && n > 0 ? items[0] : NULL;
}

/* Whether an element belongs to a list. */
static bool
is_listed(const Tree *element, const char *inside, int len)
{
	const char *equals = len > 0 ? memchr(inside, '=', len) : NULL;

	return equals == NULL ||
		has_value(element, inside, equals - inside, equals + 1, inside + len - (equals + 1));
}

/* Follows names and brackets up to the list's bracket, or the end. */
static Tree *
follow(Path *path, Tree *tree)
{
	for (;;)
	{
		if (path->at < path->end && *path->at == '.')
			path->at++;
		if (path->at == path->end || strchr("{+", *path->at) != NULL || path->at == path->list_step)
			return tree;
		if (*path->at == '[')
		{
			int			len = strcspn(path->at + 1, "]");

			tree = tree == NULL ? NULL : select_element(tree, path->at + 1, len);
			path->at += len + 2;
		}
		else
		{
			path->name = path->at;
			path->name_len = word_len(path, ".[{+");
			tree = tree_member(tree, path->name, path->name_len);
			path->at += path->name_len;
		}
	}
}

static bool
model_keys(const Path *path, const Tree *object, ModelValue *result)
{
	const char *inside = path->at + 1;
	int			inside_len = strcspn(inside, "}");
	Datum	   *names;
	bool	   *nulls;
	int			n = 0;

	if (object->type != TREE_OBJECT)
		return false;
	names = palloc(Max(object->nitems, 1) * sizeof(Datum));
	nulls = palloc(Max(object->nitems, 1) * sizeof(bool));
	for (int i = 0; i < object->nitems; i++)
	{
		Tree	   *member = object->items[i];
		Tree	   *flag = inside_len > 0 ? tree_member(member, inside, inside_len) : member;
		int			len;
		char	   *name = tree_text(member->name, member->name_len, &len);
		Tree		as_string = {.type = TREE_STRING,.start = member->name,.len = member->name_len};

		if (flag == NULL || flag->type != TREE_TRUE)
			continue;
		nulls[n] = !model_text(&as_string, &names[n]);

		/* of several of one name the last counts; one that is no text is like no other */
		if (!nulls[n] && tree_member(object, name, len) != member)
			continue;
		n++;
	}
	result->value = model_list(names, nulls, n);
	return true;
}

static bool
list_element(const DecodeColumn *column, Path *rest, Tree *element, Datum *result)
{
	Path		first = *rest;
	Path		second;
	Datum		texts[2];
	Tree	   *parent = element;
	Tree	   *value = follow(&first, element);

	if (column->conversion == CONV_LIST_LAST_SEGMENT)
		return value != NULL && model_last_segment(value, result);
	if (first.at == first.end)
		return value != NULL && model_text(value, result);

	/* a+b: members of the same object */
	second = (Path) {.at = first.at + 1,.end = first.end};
	value = tree_member(parent, first.name, first.name_len);
	if (value == NULL || !model_text(value, &texts[0]))
		return false;
	value = follow(&second, parent);
	if (value == NULL || !model_text(value, &texts[1]))
		return false;
	*result = PointerGetDatum(cstring_to_text(psprintf("%s%s", TextDatumGetCString(texts[0]),
													   TextDatumGetCString(texts[1]))));
	return true;
}

static bool
model_sum(const DecodeColumn *column, const Tree *array, Path *rest, const char *inside,
		  int inside_len, ModelValue *result)
{
	double		sum = 0;
	bool		found = false;

	for (int i = 0; i < array->nitems; i++)
	{
		Path		path = *rest;
		Tree	   *value;
		double		number;

		if (!is_listed(array->items[i], inside, inside_len))
			continue;
		value = follow(&path, array->items[i]);
		if (value == NULL || value->type != TREE_NUMBER || !model_double(value, &number))
			continue;
		sum += number;
		found = true;
	}
	sum = sum * column->scale_num / column->scale_den;
	result->value = Float8GetDatum(sum);
	return found && !isinf(sum);
}

static bool
model_list_column(const DecodeColumn *column, Tree *array, Path *path, ModelValue *result)
{
	const char *inside = "";
	int			inside_len = 0;
	Datum	   *texts;
	bool	   *nulls;
	int			n = 0;

	if (path->at < path->end)
	{
		inside = path->at + 1;
		inside_len = strcspn(inside, "]");
		path->at += inside_len + 2;
	}
	if (array == NULL || array->type != TREE_ARRAY)
		return false;
	if (column->conversion == CONV_SUM)
		return model_sum(column, array, path, inside, inside_len, result);

	texts = palloc(Max(array->nitems, 1) * sizeof(Datum));
	nulls = palloc(Max(array->nitems, 1) * sizeof(bool));
	for (int i = 0; i < array->nitems; i++)
	{
		if (!is_listed(array->items[i], inside, inside_len))
			continue;
		nulls[n] = !list_element(column, path, array->items[i], &texts[n]);
		n++;
	}
	result->value = model_list(texts, nulls, n);
	return true;
}

/* A value that is there, as the column's conversion says. */
static bool
model_convert(const DecodeColumn *column, const Path *path, const Tree *tree, ModelValue *result)
{
	if (model_is_absent(tree))
		return false;
	switch (column->conversion)
	{
		case CONV_SECONDS:
			return model_seconds(tree, column->scale_num, column->scale_den, result);
		case CONV_LAST_SEGMENT:
			return model_last_segment(tree, &result->value);
		case CONV_ADDRESS:
			return model_address(tree, &result->value);
		case CONV_KEYS:
			return model_keys(path, tree, result);
		case CONV_PRESENCE:
			result->value = PointerGetDatum(cstring_to_text_with_len(path->name, path->name_len));
			return true;
		default:
			return model_scalar(tree, column->type, column->scale_num, column->scale_den, result);
	}
}

static bool
model_path(const DecodeColumn *column, Path *path, Tree *row, ModelValue *result)
{
	Tree	   *tree;

	if (is_list(column->conversion))
	{
		for (const char *p = path->at; p < path->end; p++)
		{
			if (*p == '[')
				path->list_step = isdigit((unsigned char) p[1]) ? NULL : p;
		}
	}
	tree = follow(path, row);
	if (is_list(column->conversion))
		return model_list_column(column, tree, path, result);
	return model_convert(column, path, tree, result);
}

/* ---- pointers ---- */

/* RFC 6901. */
static Tree *
follow_pointer(const char *pointer, Tree *tree)
{
	while (*pointer == '/' && tree != NULL)
	{
		char		name[8192];
		int			len = 0;
		char	   *end;

		for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++)
		{
			if (*pointer == '~')
				name[len++] = *++pointer == '1' ? '/' : '~';
			else
				name[len++] = *pointer;
		}
		name[len] = '\0';
		if (tree->type == TREE_ARRAY)
		{
			unsigned long index = strtoul(name, &end, 10);

			tree = len > 0 && len < 10 && strspn(name, "0123456789") == len && *end == '\0' &&
				(name[0] != '0' || len == 1) && index < tree->nitems ? tree->items[index] : NULL;
		}
		else
			tree = tree_member(tree, name, len);
	}
	return tree;
}

static bool
model_pointer(const DecodeColumn *column, Tree *row, ModelValue *result)
{
	char	   *pointer = pg_server_to_any(column->pointer, strlen(column->pointer), PG_UTF8);
	Tree	   *tree = follow_pointer(pointer, row);
	Path		path = {.at = "",.end = ""};
	DecodeColumn list = *column;

	if (column->type != TEXTARRAYOID)
		return model_convert(column, &path, tree, result);
	list.conversion = CONV_LIST;
	path.end = path.at;
	return model_list_column(&list, tree, &path, result);
}

void
model_column(const DecodeColumn *column, Tree *row, ModelValue *result)
{
	const char *at = column->paths;

	memset(result, 0, sizeof(ModelValue));
	if (column->pointer != NULL)
	{
		result->isnull = !model_pointer(column, row, result);
		return;
	}
	for (;;)
	{
		Path		path = {.at = at,.end = at + strcspn(at, "|")};

		memset(result, 0, sizeof(ModelValue));
		if (model_path(column, &path, row, result))
			return;
		if (result->unsure)
			return;
		at += strcspn(at, "|");
		if (*at++ == '\0')
			break;
	}
	result->isnull = true;
}
