/*
 * order.c
 *	  Rows in the order of their time, at run time: windows, each sorted here.
 *
 * A window is a range of time like one that the query could have named, so
 * what is asked for it holds all of its rows (see scan.c); what else is
 * answered belongs to another window and is left out.  Windows do not overlap
 * and follow each other without a gap, so a row is in exactly one.  The last
 * one has no end but the query's own, and the rows without a time.
 *
 * Each window costs at least one request for each vehicle; a long one costs
 * pages that nobody reads.  The first is as long as half a page of rows, or as
 * what the query wants; if that was not enough, the next ones grow by what was
 * found, and to a page at least, which costs no more.  Where the windows bring
 * enough rows, but conditions drop them, the end may be far: then they grow
 * faster if each also brings again what those before it brought.
 *
 * A window that brings far fewer rows than those before it has likely reached
 * the beginning of the history; and a single vehicle of which nothing was found
 * has not been driven for a while, or never.  The rest is asked for then, and
 * if a single vehicle's first page says that there is much, where it ends is
 * guessed and looked at alone.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "order.h"
#include "utils/timestamp.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

/* More rows than are wanted are aimed at: they do not come evenly. */
#define MARGIN				1.5

/* A vehicle that was not driven lately is not one that never is. */
#define LEAST_ROWS_PER_DAY	(1.0 / 30)

/* How much longer than all windows before it the next one is. */
#define LEAST_GROWTH		1.0
#define MOST_GROWTH			4.0

/* The same where the rows of those are read again, and there are enough of them. */
#define OVERLAP_GROWTH		3.0

/*
 * So many windows without what was expected end the history of several vehicles,
 * of which each is asked for all of it then, unless there were rows enough.
 */
#define MANY_POOR_WINDOWS	2

/* The last window takes the rest. */
#define MAX_WINDOWS			8

/* A window of no more pages is read to its end, */
#define FEW_PAGES			2

/* and any other when it has been guessed so often. */
#define MAX_NARROWINGS		3

/* What the rows of a window say while they come. */
typedef struct Sample
{
	int64		n;				/* rows, those of other windows left out */
	TimestampTz first,
				last,
				oldest,
				newest;
} Sample;

struct Order
{
	OrderPlan	plan;
	MemoryContext context;		/* of the sort */
	TupleDesc	desc;
	Oid			sort_operator;
	TupleTableSlot *sorted;		/* what the sort gives */
	Tuplesortstate *sort;		/* of the current window, or NULL */

	TimeRange	range;			/* the query's */
	TimestampTz now;
	double		rows_per_day;
	int			page;
	double		all;			/* rows that there are, or -1 when that is not known */
	bool		alone;
	bool		overlaps;
	TimestampTz start;			/* where the windows start to grow from, */
	bool		fresh;			/* and do so with the next one */
	TimestampTz edge;			/* how far it has been read, this excluded; */
	TimestampTz edge_before;	/* the same before the current window */
	int			narrowings;
	OrderWindow window;			/* the current one */
	int			windows;		/* so far */
	bool		last;			/* the current window is the last one */
	int64		found;			/* rows in all windows that were read to their end */
	int64		found_before;	/* the same before the current window */
	double		expected;		/* rows in the current window */
	int			poor_windows;	/* that brought far fewer, one after the other */
	Sample		sample;			/* of the current window */
};

static bool
is_descending(const Order *order)
{
	return order->plan.direction == ORDER_DESCENDING;
}

Order *
order_create(const OrderPlan *plan, TupleDesc desc)
{
	Order	   *order = palloc0(sizeof(Order));
	TypeCacheEntry *type = lookup_type_cache(TIMESTAMPTZOID, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);

	order->plan = *plan;
	order->context = CurrentMemoryContext;
	order->desc = desc;
	order->sort_operator = is_descending(order) ? type->gt_opr : type->lt_opr;
	order->sorted = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	return order;
}

static void
end_sort(Order *order)
{
	if (order->sort == NULL)
		return;
	ExecClearTuple(order->sorted);
	tuplesort_end(order->sort);
	order->sort = NULL;
}

void
order_begin(Order *order, const OrderScope *scope)
{
	end_sort(order);
	order->range = scope->range;
	order->now = scope->now;
	order->rows_per_day = Max(scope->rows_per_day, LEAST_ROWS_PER_DAY);
	order->all = scope->all;
	order->page = scope->page;
	order->alone = scope->alone;
	order->overlaps = scope->overlaps;
	order->windows = 0;
	order->narrowings = 0;
	order->poor_windows = 0;
	order->fresh = true;
	order->last = false;
	order->found = 0;
	if (is_descending(order))
	{
		/* the newest rows are not dated ahead of now, but for a clock's skew */
		order->start = Min(scope->range.upper, scope->now);
		order->edge = DT_NOEND;
	}
	else
		order->start = order->edge = scope->range.lower;
}

double
order_first_rows(int wanted, int page_size)
{
	return Max(page_size / 2.0, MARGIN * wanted);
}

/* How much longer than all windows before it the next one is to be. */
static double
next_growth(const Order *order)
{
	int64		missing = order->plan.wanted - order->found;
	int64		to_a_page = order->page - (order->overlaps ? order->found : 0);
	double		growth;

	if (order->found == 0)
		return MOST_GROWTH;
	if (missing > 0)
		growth = MARGIN * missing / order->found;
	else
		growth = order->overlaps ? OVERLAP_GROWTH : LEAST_GROWTH;
	growth = Max(growth, (double) to_a_page / order->found);
	return Min(Max(growth, LEAST_GROWTH), MOST_GROWTH);
}

/* How long the next window is, in microseconds; sets what to expect of it. */
static double
next_width(Order *order)
{
	double		growth;

	if (order->fresh)
	{
		order->expected = 0;
		return USECS_PER_DAY / order->rows_per_day *
			order_first_rows(order->plan.wanted, order->page);
	}
	growth = next_growth(order);
	order->expected = growth * order->found;
	return growth * fabs((double) order->start - (double) order->edge);
}

/* The first row of a single vehicle has not been found yet: is it far away? */
static bool
is_searching(const Order *order)
{
	return order->alone && order->windows > 0 && order->found == 0;
}

/* Counts the window that has been read if it brought far less than expected. */
static void
judge_window(Order *order)
{
	if (order->windows == 0 || order->fresh)
		return;
	if (order->found - order->found_before < order->expected / 2)
		order->poor_windows++;
	else
		order->poor_windows = 0;
}

/* Is there hardly more than what was found, and will be in the next window? */
static bool
is_nearly_all(const Order *order)
{
	if (order->found == 0)
		return false;
	if (order->poor_windows >= MANY_POOR_WINDOWS ||
		(order->poor_windows > 0 && (order->alone || order->found >= order->plan.wanted)))
		return true;
	return order->all >= 0 && order->found + order->expected >= order->all;
}

/* Reaches the window that ends there as far as the query does? */
static bool
is_last(const Order *order, TimestampTz edge)
{
	if (order->windows + 1 >= MAX_WINDOWS || TIMESTAMP_NOT_FINITE(edge))
		return true;
	return is_descending(order) ? edge <= order->range.lower :
		edge > Min(order->range.upper, order->now);
}

const OrderWindow *
order_next_window(Order *order)
{
	bool		descending = is_descending(order);
	TimeRange  *range = &order->window.range;
	TimestampTz edge;
	int64		width;
	bool		rest;			/* to see how much there is */

	if (order->last)
		return NULL;
	judge_window(order);

	/* what is beyond the range of timestamps is an infinity */
	width = (int64) Min(next_width(order), (double) (PG_INT64_MAX / 2));
	edge = time_moved(order->fresh ? order->start : order->edge, descending ? -width : width);
	rest = order->narrowings == 0 && (is_searching(order) || is_nearly_all(order));
	order->last = rest || is_last(order, edge);
	order->window.is_probe = (rest ? order->alone : is_searching(order)) &&
		order->narrowings < MAX_NARROWINGS;
	order->found_before = order->found;
	memset(&order->sample, 0, sizeof(Sample));

	*range = order->range;
	if (descending)
	{
		if (order->windows > 0)
			range->upper = order->edge - 1;
		if (!order->last)
			range->lower = edge;
	}
	else
	{
		if (order->windows > 0)
			range->lower = order->edge;
		if (!order->last)
			range->upper = edge - 1;
	}
	order->window.with_nulls = order->last && order->plan.nulls_wanted;

	order->edge_before = order->edge;
	order->edge = order->last ? range->lower : edge;
	order->windows++;
	order->fresh = false;
	return &order->window;
}

static void
add_to_sample(Sample *sample, TimestampTz time)
{
	if (sample->n == 0)
		sample->first = sample->oldest = sample->newest = time;
	sample->n++;
	sample->last = time;
	sample->oldest = Min(sample->oldest, time);
	sample->newest = Max(sample->newest, time);
}

/*
 * Of "total" rows the sample is a page: when may the first of all be, in our
 * order?  The list may be in any order, which the sample lets guess.  A wrong
 * guess costs a request, not a row.
 */
static TimestampTz
guess_first(const Order *order, int64 total)
{
	const Sample *sample = &order->sample;
	double		span = (double) sample->newest - (double) sample->oldest;
	int64		all = (int64) Min(span / sample->n * total, (double) (PG_INT64_MAX / 2));

	if (is_descending(order))
		return sample->first == sample->oldest && sample->last == sample->newest ?
			time_moved(sample->oldest, all) : sample->newest;
	return sample->first == sample->newest && sample->last == sample->oldest ?
		time_moved(sample->newest, -all) : sample->oldest;
}

bool
order_narrow(Order *order, int64 total)
{
	const Sample *sample = &order->sample;
	double		apart;			/* one row from the next */
	double		width;
	TimestampTz start;

	if (sample->n == 0 ||
		total <= Max((double) order->page * FEW_PAGES, (1 + MOST_GROWTH) * order->found_before))
		return false;
	apart = Max(((double) sample->newest - (double) sample->oldest) / sample->n, 1);
	width = order_first_rows(order->plan.wanted, order->page) * apart;
	start = guess_first(order, total);
	start = is_descending(order) ? Min(start, order->edge_before) : Max(start, order->edge_before);

	/* nothing is gained by a window of the same length */
	if (is_descending(order) ? start - width <= order->window.range.lower :
		start + width >= order->window.range.upper)
		return false;
	order->start = start;
	order->edge = order->edge_before;
	order->rows_per_day = USECS_PER_DAY / apart;
	order->narrowings++;
	order->fresh = true;
	order->last = false;
	order->found = 0;
	end_sort(order);
	return true;
}

static void
begin_sort(Order *order)
{
	MemoryContext old = MemoryContextSwitchTo(order->context);
	Oid			collation = InvalidOid;
	bool		nulls_first = order->plan.nulls_first;

	order->sort = tuplesort_begin_heap(order->desc, 1, &order->plan.attnum,
									   &order->sort_operator, &collation, &nulls_first,
									   work_mem, NULL, false);
	MemoryContextSwitchTo(old);
}

void
order_add(Order *order, TupleTableSlot *slot)
{
	int			at = order->plan.attnum - 1;

	if (slot->tts_isnull[at])
	{
		if (!order->window.with_nulls)
			return;
	}
	else
	{
		TimestampTz time = DatumGetTimestampTz(slot->tts_values[at]);

		if (time < order->window.range.lower || time > order->window.range.upper)
			return;
		add_to_sample(&order->sample, time);
	}
	if (order->sort == NULL)
		begin_sort(order);
	tuplesort_puttupleslot(order->sort, slot);
	order->found++;
}

void
order_sort(Order *order)
{
	if (order->sort != NULL)
		tuplesort_performsort(order->sort);
}

void
order_show_kept(TupleTableSlot *kept, TupleTableSlot *slot)
{
	int			natts = slot->tts_tupleDescriptor->natts;

	slot_getallattrs(kept);
	memcpy(slot->tts_values, kept->tts_values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, kept->tts_isnull, sizeof(bool) * natts);
	ExecStoreVirtualTuple(slot);
}

bool
order_take(Order *order, TupleTableSlot *slot)
{
	if (order->sort == NULL)
		return false;
	if (!tuplesort_gettupleslot(order->sort, true, false, order->sorted, NULL))
	{
		end_sort(order);
		return false;
	}
	order_show_kept(order->sorted, slot);
	return true;
}

int
order_windows(const Order *order)
{
	return order->windows;
}

void
order_end(Order *order)
{
	end_sort(order);
	ExecDropSingleTupleTableSlot(order->sorted);
}
