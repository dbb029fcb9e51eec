/*
 * qual_eval.c
 *	  WHERE -> what the API can filter, at run time: the values of operands,
 *	  and what the trees mean with them.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "qual.h"
#include "qual_mono.h"
#include "qual_tree.h"
#include "strset.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* ---- operands ---- */

/*
 * An operand of the time column as timestamptz, in the session's time zone.
 * What is out of range becomes the infinity on its side, which is no bound.
 */
static TimestampTz
operand_time(Datum value, Oid type)
{
	int			overflow = 0;

	switch (type)
	{
		case DATEOID:
			return date2timestamptz_opt_overflow(DatumGetDateADT(value), &overflow);
		case TIMESTAMPOID:
			return timestamp2timestamptz_opt_overflow(DatumGetTimestamp(value), &overflow);
		default:
			return DatumGetTimestampTz(value);
	}
}

/* As interval_cmp sees an interval: months of 30 days, days of 24 hours. */
static double
interval_seconds(const Interval *interval)
{
	return ((double) interval->month * DAYS_PER_MONTH + interval->day) * SECS_PER_DAY +
		(double) interval->time / USECS_PER_SEC;
}

static void
add_value(QualValue *result, Datum value, Oid type)
{
	mono_value_range(value, type, &result->ranges[result->n]);
	switch (type)
	{
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			result->times[result->n++] = operand_time(value, type);
			break;
		case FLOAT4OID:
			result->numbers[result->n++] = DatumGetFloat4(value);
			break;
		case FLOAT8OID:
			result->numbers[result->n++] = DatumGetFloat8(value);
			break;
		case INTERVALOID:
			result->interval = *DatumGetIntervalP(value);
			result->numbers[result->n++] = interval_seconds(DatumGetIntervalP(value));
			break;
		case NUMERICOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
			result->n++;
			break;
		case NAMEOID:
			result->texts[result->n++] = pstrdup(NameStr(*DatumGetName(value)));
			break;
		default:
			result->texts[result->n++] = TextDatumGetCString(value);
			break;
	}
}

static void
make_room(QualValue *result, int nelements)
{
	int			n = Max(nelements, 1);

	result->texts = palloc0(sizeof(char *) * n);
	result->times = palloc0(sizeof(TimestampTz) * n);
	result->ranges = palloc0(sizeof(TimeRange) * n);
	result->numbers = palloc0(sizeof(double) * n);
}

static void
add_elements(QualValue *result, ArrayType *array, Oid element)
{
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *elements;
	bool	   *nulls;
	int			nelements;

	get_typlenbyvalalign(element, &typlen, &typbyval, &typalign);
	deconstruct_array(array, element, typlen, typbyval, typalign,
					  &elements, &nulls, &nelements);
	make_room(result, nelements);
	for (int i = 0; i < nelements; i++)
	{
		if (nulls[i])
			result->has_null = true;
		else
			add_value(result, elements[i], element);
	}
}

/* A value of an operand's type. */
static void
set_value(QualValue *result, Datum value, bool isnull, Oid type)
{
	Oid			element = get_base_element_type(type);

	memset(result, 0, sizeof(QualValue));
	result->isnull = isnull;
	if (isnull)
		return;
	if (OidIsValid(element))
		add_elements(result, DatumGetArrayTypeP(value), element);
	else
	{
		make_room(result, 1);
		add_value(result, value, type);
	}
}

QualValues *
qual_evaluate(List *operands, List *states, ExprContext *econtext)
{
	QualValues *values = palloc0(sizeof(QualValues));
	ListCell   *lc;

	values->n = list_length(operands);
	values->values = palloc0(sizeof(QualValue) * Max(values->n, 1));
	foreach(lc, operands)
	{
		int			i = foreach_current_index(lc);
		bool		isnull;
		Datum		value = ExecEvalExprSwitchContext(list_nth(states, i), econtext, &isnull);

		set_value(&values->values[i], value, isnull, exprType(lfirst(lc)));
	}
	return values;
}

static bool
is_others(Oid funcid, void *context)
{
	return funcid >= FirstNormalObjectId && func_volatile(funcid) == PROVOLATILE_STABLE;
}

static bool
calls_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_others, context) ||
		expression_tree_walker(node, calls_others, context);
}

bool
qual_calls_others(Node *node)
{
	return calls_others(node, NULL);
}

QualValues *
qual_foresee(PlannerInfo *root, List *operands)
{
	QualValues *values = palloc0(sizeof(QualValues));
	ListCell   *lc;

	values->n = list_length(operands);
	values->values = palloc0(sizeof(QualValue) * Max(values->n, 1));
	foreach(lc, operands)
	{
		QualValue  *value = &values->values[foreach_current_index(lc)];
		Const	   *constant = lfirst(lc);

		if (!qual_calls_others((Node *) constant))
			constant = (Const *) estimate_expression_value(root, (Node *) constant);
		if (IsA(constant, Const))
			set_value(value, constant->constvalue, constant->constisnull,
					  constant->consttype);
		else
			value->unknown = true;
	}
	return values;
}

static bool
value_equal(const QualValue *a, const QualValue *b)
{
	if (a->isnull != b->isnull || a->n != b->n || a->has_null != b->has_null)
		return false;
	if (a->isnull)
		return true;
	if (memcmp(a->numbers, b->numbers, sizeof(double) * a->n) != 0 ||
		memcmp(&a->interval, &b->interval, sizeof(Interval)) != 0 ||
		memcmp(a->times, b->times, sizeof(TimestampTz) * a->n) != 0 ||
		memcmp(a->ranges, b->ranges, sizeof(TimeRange) * a->n) != 0)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		if ((a->texts[i] == NULL) != (b->texts[i] == NULL))
			return false;
		if (a->texts[i] != NULL && strcmp(a->texts[i], b->texts[i]) != 0)
			return false;
	}
	return true;
}

bool
qual_values_equal(const QualValues *a, const QualValues *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (!value_equal(&a->values[i], &b->values[i]))
			return false;
	return true;
}

/* ---- texts ---- */

/* What a LIKE pattern's matches all start with; palloc'd. */
static char *
like_prefix(const char *pattern)
{
	StringInfoData prefix;

	initStringInfo(&prefix);
	for (; *pattern != '\0' && *pattern != '%' && *pattern != '_'; pattern++)
	{
		if (*pattern == '\\' && *++pattern == '\0')
			break;
		appendStringInfoChar(&prefix, *pattern);
	}
	return prefix.data;
}

/* Built at the first look-up, beside the texts: there may be 100 000 of them. */
static bool
value_has_text(QualValue *value, const char *text)
{
	if (value->isnull)
		return false;
	if (value->set == NULL)
	{
		value->set = strset_create(GetMemoryChunkContext(value->texts), value->n + 1, NULL);
		for (int i = 0; i < value->n; i++)
			strset_add(value->set, value->texts[i]);
	}
	return strset_lookup(value->set, text) != NULL;
}

bool
qual_text_matches(List *tree, const QualValues *values, const char *text)
{
	QualValue  *value;

	if (tree == NIL)
		return true;
	switch (tree_op(tree))
	{
		case QUAL_AND:
			for (int i = 1; i < list_length(tree); i++)
				if (!qual_text_matches(list_nth(tree, i), values, text))
					return false;
			return true;
		case QUAL_OR:
			for (int i = 1; i < list_length(tree); i++)
				if (qual_text_matches(list_nth(tree, i), values, text))
					return true;
			return false;
		case QUAL_LIKE:
			value = tree_value(tree, values);
			if (value->isnull)
				return false;
			else
			{
				char	   *prefix = like_prefix(value->texts[0]);
				bool		matches = strncmp(text, prefix, strlen(prefix)) == 0;

				pfree(prefix);
				return matches;
			}
		default:
			return value_has_text(tree_value(tree, values), text);
	}
}

static void
append_texts(TextSet *set, const TextSet *more)
{
	if (more->n == 0)
		return;
	if (set->texts == NULL)
		set->texts = palloc(sizeof(char *) * more->n);
	else
		set->texts = repalloc(set->texts, sizeof(char *) * (set->n + more->n));
	memcpy(set->texts + set->n, more->texts, sizeof(char *) * more->n);
	set->n += more->n;
}

static void
remove_repeated(TextSet *set)
{
	strset_hash *seen = strset_create(CurrentMemoryContext, set->n + 1, NULL);
	int			kept = 0;

	for (int i = 0; i < set->n; i++)
		if (strset_add(seen, set->texts[i]))
			set->texts[kept++] = set->texts[i];
	set->n = kept;
	strset_destroy(seen);
}

/*
 * The texts that a tree names, before AND is applied: a finite superset, or
 * all; the same text may come more than once.
 */
static void
named_texts(List *tree, const QualValues *values, TextSet *set)
{
	TextSet		part;

	set->all = true;
	set->n = 0;
	set->texts = NULL;
	switch (tree_op(tree))
	{
		case QUAL_AND:
			for (int i = 1; i < list_length(tree); i++)
			{
				named_texts(list_nth(tree, i), values, &part);
				if (!part.all && (set->all || part.n < set->n))
					*set = part;
			}
			break;
		case QUAL_OR:
			set->all = false;
			for (int i = 1; i < list_length(tree) && !set->all; i++)
			{
				named_texts(list_nth(tree, i), values, &part);
				set->all = part.all;
				append_texts(set, &part);
			}
			break;
		case QUAL_EQ:
			set->all = false;
			part.n = tree_value(tree, values)->n;
			part.texts = tree_value(tree, values)->texts;
			append_texts(set, &part);
			break;
		default:
			set->all = !tree_value(tree, values)->isnull;
			break;
	}
}

/* The only condition of a tree, or NIL when there are several. */
static List *
sole_condition(List *tree)
{
	while (tree != NIL && list_length(tree) == 2 &&
		   (tree_op(tree) == QUAL_AND || tree_op(tree) == QUAL_OR))
		tree = lsecond(tree);
	if (tree == NIL || tree_op(tree) == QUAL_AND || tree_op(tree) == QUAL_OR)
		return NIL;
	return tree;
}

/* Does every text that the tree names satisfy it?  Then there is no need to ask. */
static bool
is_union(List *tree)
{
	if (tree_op(tree) == QUAL_EQ)
		return true;
	if (tree_op(tree) != QUAL_OR && (tree_op(tree) != QUAL_AND || list_length(tree) > 2))
		return false;
	for (int i = 1; i < list_length(tree); i++)
		if (!is_union(list_nth(tree, i)))
			return false;
	return true;
}

void
qual_text_set(List *tree, const QualValues *values, TextSet *set)
{
	int			kept = 0;

	set->all = true;
	set->n = 0;
	set->texts = NULL;
	if (tree == NIL)
		return;
	named_texts(tree, values, set);
	if (set->all)
		return;
	remove_repeated(set);
	if (is_union(tree))
		return;
	for (int i = 0; i < set->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (qual_text_matches(tree, values, set->texts[i]))
			set->texts[kept++] = set->texts[i];
	}
	set->n = kept;
}

void
qual_text_in_list(List *tree, const QualValues *values, TextSet *set)
{
	QualValue  *value;
	TextSet		part;

	set->all = true;
	set->n = 0;
	set->texts = NULL;
	if (tree == NIL)
		return;
	if (tree_op(tree) == QUAL_AND)
	{
		for (int i = 1; i < list_length(tree); i++)
		{
			qual_text_in_list(list_nth(tree, i), values, &part);
			if (set->all || (!part.all && part.n == 0))
				*set = part;
		}
		return;
	}

	/* nothing is equal to NULL, and every list contains an empty one */
	value = tree_value(tree, values);
	if (tree_op(tree) == QUAL_CONTAINS && !value->isnull && !value->has_null && value->n == 0)
		return;
	set->all = false;
	if (value->isnull || value->has_null)
		return;
	set->n = Min(value->n, 1);
	set->texts = value->texts;
}

bool
qual_text_impossible(List *tree, const QualValues *values)
{
	TextSet		set;

	qual_text_set(tree, values, &set);
	return !set.all && set.n == 0;
}

const char *
qual_sole_prefix(List *tree, const QualValues *values)
{
	const char *prefix;

	tree = sole_condition(tree);
	if (tree == NIL || tree_op(tree) != QUAL_LIKE || tree_value(tree, values)->isnull)
		return NULL;
	prefix = like_prefix(tree_value(tree, values)->texts[0]);
	return prefix[0] != '\0' ? prefix : NULL;
}
