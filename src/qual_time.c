/*
 * qual_time.c
 *	  WHERE -> what the API can filter, at run time: which ranges of time.
 */
#include "postgres.h"

#include "common/int.h"
#include "qual.h"
#include "qual_mono.h"
#include "qual_tree.h"
#include "utils/timestamp.h"

static int
by_lower_bound(const void *a, const void *b)
{
	TimestampTz one = ((const TimeRange *) a)->lower;
	TimestampTz other = ((const TimeRange *) b)->lower;

	return one < other ? -1 : one > other;
}

/* Do they overlap, or touch?  "later" does not begin before "range". */
static bool
continues(const TimeRange *range, const TimeRange *later)
{
	/* no bound is next to nothing */
	return later->lower == DT_NOBEGIN || later->lower - 1 <= range->upper;
}

void
time_ranges_merge(TimeRanges *ranges)
{
	int			kept = 0;

	if (ranges->n < 2)
		return;
	qsort(ranges->ranges, ranges->n, sizeof(TimeRange), by_lower_bound);
	for (int i = 1; i < ranges->n; i++)
	{
		TimeRange  *last = &ranges->ranges[kept];

		if (continues(last, &ranges->ranges[i]))
			last->upper = Max(last->upper, ranges->ranges[i].upper);
		else
			ranges->ranges[++kept] = ranges->ranges[i];
	}
	ranges->n = kept + 1;
}

void
time_ranges_all(TimeRanges *ranges)
{
	ranges->n = 1;
	ranges->ranges = palloc(sizeof(TimeRange));
	ranges->ranges[0].lower = DT_NOBEGIN;
	ranges->ranges[0].upper = DT_NOEND;
}

void
time_ranges_intersect(const TimeRanges *a, const TimeRanges *b, TimeRanges *result)
{
	TimeRange  *common = palloc(sizeof(TimeRange) * Max(a->n + b->n, 1));
	int			n = 0;

	for (int i = 0, j = 0; i < a->n && j < b->n;)
	{
		TimeRange	both;

		both.lower = Max(a->ranges[i].lower, b->ranges[j].lower);
		both.upper = Min(a->ranges[i].upper, b->ranges[j].upper);
		if (both.lower <= both.upper)
			common[n++] = both;
		if (a->ranges[i].upper < b->ranges[j].upper)
			i++;
		else
			j++;
	}
	result->n = n;
	result->ranges = common;
}

TimestampTz
time_moved(TimestampTz t, int64 by)
{
	TimestampTz moved;

	if (TIMESTAMP_NOT_FINITE(t))
		return t;
	if (pg_add_s64_overflow(t, by, &moved) || !IS_VALID_TIMESTAMP(moved))
		return by < 0 ? DT_NOBEGIN : DT_NOEND;
	return moved;
}

void
time_ranges_widen(const TimeRanges *ranges, int64 before, int64 after, TimeRanges *result)
{
	result->n = ranges->n;
	result->ranges = palloc(sizeof(TimeRange) * Max(ranges->n, 1));
	for (int i = 0; i < ranges->n; i++)
	{
		result->ranges[i].lower = time_moved(ranges->ranges[i].lower, -before);
		result->ranges[i].upper = time_moved(ranges->ranges[i].upper, after);
	}
	time_ranges_merge(result);
}

double
time_ranges_days(const TimeRanges *ranges, TimestampTz now)
{
	double		days = 0;

	for (int i = 0; i < ranges->n; i++)
	{
		TimestampTz end = Min(ranges->ranges[i].upper, now);

		if (ranges->ranges[i].lower == DT_NOBEGIN)
			return 0;
		if (end > ranges->ranges[i].lower)
			days += ((double) end - ranges->ranges[i].lower) / USECS_PER_DAY;
	}
	return days;
}

bool
time_ranges_hold(const TimeRanges *ranges, TimestampTz t)
{
	int			low = 0,
				high = ranges->n;

	/* the first range that does not end before */
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (ranges->ranges[middle].upper < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->n && ranges->ranges[low].lower <= t;
}

/* The range of one comparison. */
static TimeRange
comparison_range(QualOp op, TimestampTz t)
{
	TimeRange	range = {DT_NOBEGIN, DT_NOEND};

	if (TIMESTAMP_NOT_FINITE(t))
		return range;

	/* microseconds are whole: an exclusive bound is the next inclusive one */
	if (op == QUAL_EQ || op == QUAL_GE || op == QUAL_GT)
		range.lower = op == QUAL_GT ? t + 1 : t;
	if (op == QUAL_EQ || op == QUAL_LE || op == QUAL_LT)
		range.upper = op == QUAL_LT ? t - 1 : t;
	return range;
}

/* A condition's ranges: one, or one for each element of an array. */
static void
condition_ranges(QualOp op, const QualValue *value, TimeRanges *result)
{
	result->n = value->isnull ? 0 : value->n;
	result->ranges = palloc(sizeof(TimeRange) * Max(result->n, 1));
	for (int i = 0; i < result->n; i++)
		result->ranges[i] = comparison_range(op, value->times[i]);
	time_ranges_merge(result);
}

static void
append_ranges(TimeRanges *ranges, const TimeRanges *more)
{
	ranges->ranges = repalloc(ranges->ranges, sizeof(TimeRange) * Max(ranges->n + more->n, 1));
	memcpy(ranges->ranges + ranges->n, more->ranges, sizeof(TimeRange) * more->n);
	ranges->n += more->n;
}

static void
tree_ranges(List *tree, const QualValues *values, TimeRanges *result)
{
	TimeRanges	part;
	QualOp		op = tree_op(tree);

	if (op != QUAL_AND && op != QUAL_OR)
	{
		/* planning supposes what is not known yet of the column itself */
		if (list_length(tree) > 2 && mono_is_known(tree, values))
			mono_ranges(tree, values, result);
		else
			condition_ranges(op, tree_value(tree, values), result);
		return;
	}
	time_ranges_all(result);
	result->n = (op == QUAL_AND ? 1 : 0);
	for (int i = 1; i < list_length(tree); i++)
	{
		tree_ranges(list_nth(tree, i), values, &part);
		if (op == QUAL_AND)
			time_ranges_intersect(result, &part, result);
		else
			append_ranges(result, &part);
	}
	time_ranges_merge(result);
}

void
qual_time_ranges(List *tree, const QualValues *values, TimeRanges *result)
{
	if (tree != NIL)
		tree_ranges(tree, values, result);
	else
		time_ranges_all(result);
}

bool
qual_has_lower_bound(List *tree)
{
	QualOp		op;
	bool		of_any = false,
				of_all = true;

	if (tree == NIL)
		return false;
	op = tree_op(tree);
	if (op != QUAL_AND && op != QUAL_OR)
	{
		bool		falls = list_length(tree) > 2 && mono_falls(tree);

		return op == QUAL_EQ || (falls ? op == QUAL_LE || op == QUAL_LT :
								 op == QUAL_GE || op == QUAL_GT);
	}
	for (int i = 1; i < list_length(tree); i++)
	{
		bool		has = qual_has_lower_bound(list_nth(tree, i));

		of_any |= has;
		of_all &= has;
	}
	return op == QUAL_AND ? of_any : of_all;
}
