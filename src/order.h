/*
 * order.h
 *	  Rows in the order of their time, for a query that likely stops early:
 *	  the API promises no order, so windows of time are read one after the
 *	  other, from the newest (or oldest) on, and each is sorted here.
 */
#ifndef STELLANTIS_ORDER_H
#define STELLANTIS_ORDER_H

#include "postgres.h"

#include "estimate.h"
#include "executor/tuptable.h"
#include "qual.h"

/* Decided when planning; a List of Integers in the plan, in this order. */
typedef enum OrderDirection
{
	ORDER_NONE,					/* as the answers come */
	ORDER_REFUSED,				/* the same: asked for descending, with NULLs first */
	ORDER_DESCENDING,
	ORDER_ASCENDING
} OrderDirection;

typedef struct OrderPlan
{
	OrderDirection direction;
	AttrNumber	attnum;			/* of the time column */
	bool		nulls_first;	/* how the query has it; there are none then */
	bool		nulls_wanted;	/* rows without a time satisfy the query: they come last */
	int			wanted;			/* rows that will likely do */
} OrderPlan;

/* ---- at plan time: order_plan.c ---- */

/*
 * What the query's order means for a scan under these RestrictInfos.
 * order->direction says whether a path is worth while; *pathkeys is what it is
 * sorted by.
 */
extern void order_plan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
					   List *clauses, OrderPlan *order, List **pathkeys);

/* Or do its rows come as the answers do? */
static inline bool
order_is_by_windows(const OrderPlan *order)
{
	return order->direction == ORDER_DESCENDING || order->direction == ORDER_ASCENDING;
}

/* The cost of such a scan, given that of one that reads all in any order. */
extern void order_estimate(const RelPlan *plan, const OrderPlan *order, const Estimate *full,
						   Estimate *result);

/* How many rows a first window is to hold that one request for each vehicle brings. */
extern double order_first_rows(int wanted, int page_size);

extern List *order_to_list(const OrderPlan *order);
extern void order_from_list(List *list, OrderPlan *order);

/* ---- at run time: order.c ---- */

/*
 * A kept row as a virtual tuple of the scan's slot.  Nothing is copied: it is
 * good for as long as the kept one.
 */
extern void order_show_kept(TupleTableSlot *kept, TupleTableSlot *slot);

typedef struct Order Order;

typedef struct OrderWindow
{
	TimeRange	range;
	bool		with_nulls;		/* rows without a time are part of it */
	bool		is_probe;		/* order_narrow() may be called after a page of it */
} OrderWindow;

/* Lives in the current memory context; "desc" is that of the rows. */
extern Order *order_create(const OrderPlan *plan, TupleDesc desc);

/* What the windows are of. */
typedef struct OrderScope
{
	TimeRange	range;			/* the query's */
	TimestampTz now;
	double		rows_per_day;	/* to expect of all vehicles together */
	double		all;			/* rows that they have, or -1 when the API has not said it */
	int			page;			/* how many rows one request brings */
	bool		alone;			/* only one vehicle is asked */
	bool		overlaps;		/* what is asked for a window brings the rows of those before it, too */
} OrderScope;

/* Begins with the first window. */
extern void order_begin(Order *order, const OrderScope *scope);

/* The next window, or NULL when all has been read. */
extern const OrderWindow *order_next_window(Order *order);

/* A row that was read for the window; it is left out if it is in another one. */
extern void order_add(Order *order, TupleTableSlot *slot);

/*
 * A page of a probe has been added, and its first answer has announced so many
 * rows in all.  True when reading it to its end would cost more than to look
 * again: the window is given up, and the next one is narrower.
 */
extern bool order_narrow(Order *order, int64 total);

/* The window is complete. */
extern void order_sort(Order *order);

/*
 * The window's next row, as a virtual tuple that is valid until the next call;
 * false when there is none.
 */
extern bool order_take(Order *order, TupleTableSlot *slot);

extern int	order_windows(const Order *order);	/* so far */

/* Frees what memory contexts do not: temporary files, pinned descriptors. */
extern void order_end(Order *order);

#endif							/* STELLANTIS_ORDER_H */
