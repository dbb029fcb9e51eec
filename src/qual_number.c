/*
 * qual_number.c
 *	  WHERE -> what the API can filter, at run time: which range of numbers,
 *	  which tolerance.
 */
#include "postgres.h"

#include <math.h>

#include "qual.h"
#include "qual_tree.h"

/* The range of one condition.  NaN is greater than all other numbers. */
static void
condition_range(QualOp op, const QualValue *value, NumberRange *range)
{
	double		least = INFINITY,
				greatest = -INFINITY;

	range->empty = value->isnull || value->n == 0;
	for (int i = 0; i < value->n; i++)
	{
		double		number = isnan(value->numbers[i]) ? INFINITY : value->numbers[i];

		least = Min(least, number);
		greatest = Max(greatest, number);
	}
	range->lower = op == QUAL_LT || op == QUAL_LE ? -INFINITY :
		op == QUAL_GT ? nextafter(least, INFINITY) : least;
	range->upper = op == QUAL_GT || op == QUAL_GE ? INFINITY :
		op == QUAL_LT ? nextafter(greatest, -INFINITY) : greatest;
}

static void
tree_range(List *tree, const QualValues *values, NumberRange *range)
{
	NumberRange part;
	QualOp		op = tree_op(tree);

	if (op != QUAL_AND && op != QUAL_OR)
	{
		condition_range(op, tree_value(tree, values), range);
		return;
	}

	/* AND: the intersection; OR: whatever covers all of it */
	range->empty = (op == QUAL_OR);
	range->lower = -INFINITY;
	range->upper = INFINITY;
	for (int i = 1; i < list_length(tree); i++)
	{
		tree_range(list_nth(tree, i), values, &part);
		if (op == QUAL_AND)
		{
			range->empty |= part.empty;
			range->lower = Max(range->lower, part.lower);
			range->upper = Min(range->upper, part.upper);
		}
		else if (range->empty)
			*range = part;
		else if (!part.empty)
		{
			range->lower = Min(range->lower, part.lower);
			range->upper = Max(range->upper, part.upper);
		}
	}
	range->empty |= range->lower > range->upper;
}

void
qual_number_range(List *tree, const QualValues *values, NumberRange *range)
{
	range->empty = false;
	range->lower = -INFINITY;
	range->upper = INFINITY;
	if (tree != NIL)
		tree_range(tree, values, range);
}

bool
qual_tolerance(List *tree, const QualValues *values, bool *given, double *km)
{
	*given = false;
	for (int i = 1; i < list_length(tree); i++)
	{
		const QualValue *value = tree_value(list_nth(tree, i), values);

		if (value->isnull || (*given && *km != value->numbers[0]))
			return false;
		*given = true;
		*km = value->numbers[0];
	}
	return true;
}
