/*
 * order_plan.c
 *	  Rows in the order of their time, at plan time: does the query want it, is
 *	  it worth while, what does it cost?
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "order.h"
#include "utils/typcache.h"

/* How many rows are wanted when the plan does not know. */
#define ASSUMED_WANTED		10

/*
 * Who reads windows to their end has asked for the first one in vain: so much
 * beside it does the rest cost, as a share of reading all at once.
 */
#define READING_ALL			1.0

/* Trips of a vehicle in a window. */
#define SUPPOSED_TRIPS		10

/* The time column, as the query refers to it. */
static Var *
time_var(RelOptInfo *rel, const RelPlan *plan)
{
	return makeVar(rel->relid, plan->columns.attnum[KEY_TIME], TIMESTAMPTZOID, -1,
				   InvalidOid, 0);
}

/* Do the clauses leave out rows without a time? */
static bool
excludes_nulls(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses)
{
	Var		   *var = time_var(rel, plan);
	ListCell   *lc;

	foreach(lc, clauses)
	{
		Expr	   *clause = lfirst_node(RestrictInfo, lc)->clause;

		/* whatever bounds the time is strict */
		if (qual_clause_has_key(root, rel, &plan->columns, KEY_TIME, clause))
			return true;
		if (IsA(clause, NullTest) && ((NullTest *) clause)->nulltesttype == IS_NOT_NULL &&
			equal(((NullTest *) clause)->arg, var))
			return true;
	}
	return false;
}

/* Is it our time column that the pathkey is about? */
static bool
is_time_pathkey(RelOptInfo *rel, const RelPlan *plan, const PathKey *pathkey)
{
	TypeCacheEntry *type = lookup_type_cache(TIMESTAMPTZOID, TYPECACHE_BTREE_OPFAMILY);

	return pathkey->pk_opfamily == type->btree_opf &&
		!pathkey->pk_eclass->ec_has_volatile &&
		find_ec_member_matching_expr(pathkey->pk_eclass, (Expr *) time_var(rel, plan),
									 rel->relids) != NULL;
}

/* Filters of their own thin out the rows of what is asked for. */
static bool
has_filter(const QualTrees *trees)
{
	for (int key = 0; key < QUAL_NKEYS; key++)
		if (trees->tree[key] != NIL && qual_is_filter_key(key))
			return true;
	return false;
}

/* So many rows will do; those that other conditions drop do not count. */
static int
rows_wanted(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses)
{
	double		wanted = ASSUMED_WANTED;
	List	   *others = NIL;
	ListCell   *lc;

	if (root->limit_tuples > 0)
		wanted = root->limit_tuples;
	else if (root->tuple_fraction >= 1)
		wanted = root->tuple_fraction;

	foreach(lc, clauses)
	{
		QualTrees	trees;
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		qual_extract(root, rel, &plan->columns, list_make1(rinfo->clause), &trees);
		if (trees.pushed == NIL || has_filter(&trees))
			others = lappend(others, rinfo);
	}
	wanted /= Max(estimate_selectivity(root, rel, others), 0.01);
	return (int) Min(Max(wanted, 1), INT_MAX / 2);
}

/*
 * What is the whole of a vehicle's rows one page, or is what the windows would
 * ask for always the same, there is nothing to gain.
 */
static bool
has_windows(const RelPlan *plan, bool descending)
{
	const Resource *resource = plan->table.resource;

	if (plan->columns.attnum[KEY_TIME] == 0)
		return false;
	if (!descending && sends_no_end(&plan->table))
		return false;
	return resource->parent == PARENT_TRIP ||
		totals_all(&plan->rows) > plan->table.page_size;
}

void
order_plan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses,
		   OrderPlan *order, List **pathkeys)
{
	PathKey    *pathkey;
	bool		descending;
	QualTrees	trees;

	memset(order, 0, sizeof(OrderPlan));
	if (root->query_pathkeys == NIL || root->tuple_fraction <= 0)
		return;
	pathkey = linitial_node(PathKey, root->query_pathkeys);
	descending = compat_pathkey_is_descending(pathkey);
	if (!has_windows(plan, descending) || !is_time_pathkey(rel, plan, pathkey))
		return;

	/* one trip, or one object, is one request, in whatever order */
	qual_extract(root, rel, &plan->columns, extract_actual_clauses(clauses, false), &trees);
	if (trees.tree[KEY_TRIP] != NIL || trees.tree[KEY_ID] != NIL)
		return;

	order->attnum = plan->columns.attnum[KEY_TIME];
	order->nulls_first = pathkey->pk_nulls_first;
	order->nulls_wanted = !excludes_nulls(root, rel, plan, clauses);
	order->wanted = rows_wanted(root, rel, plan, clauses);
	if (descending)
		order->direction = order->nulls_wanted && order->nulls_first ? ORDER_REFUSED :
			ORDER_DESCENDING;
	else if (qual_has_lower_bound(trees.tree[KEY_TIME]))
		order->direction = ORDER_ASCENDING;
	*pathkeys = list_make1(pathkey);
}

/*
 * What is paid before the first row is one window; who reads them to their end
 * pays more than for all at once.
 */
void
order_estimate(const RelPlan *plan, const OrderPlan *order, const Estimate *full,
			   Estimate *result)
{
	double		rows = order_first_rows(order->wanted, plan->table.page_size);
	double		pages = plan->table.page_size > 0 ? ceil(rows / plan->table.page_size) : 1;
	double		parents = full->parents;
	double		window;

	/* of each vehicle's trips a window has a few */
	if (plan->table.resource->parent == PARENT_TRIP)
		parents = Min(parents, plan->vehicles * SUPPOSED_TRIPS);
	window = Min(parents * pages + full->first - 1, full->requests);

	*result = *full;
	result->requests = result->first = window;
	result->startup = Max(full->startup,
						  estimate_request_cost(plan, window,
												full->rounds * window / Max(full->requests, 1)));
	result->total = result->startup + READING_ALL * full->total;
}

List *
order_to_list(const OrderPlan *order)
{
	return list_make5(makeInteger(order->direction), makeInteger(order->attnum),
					  makeInteger(order->nulls_first), makeInteger(order->nulls_wanted),
					  makeInteger(order->wanted));
}

void
order_from_list(List *list, OrderPlan *order)
{
	order->direction = intVal(linitial(list));
	order->attnum = intVal(lsecond(list));
	order->nulls_first = intVal(lthird(list)) != 0;
	order->nulls_wanted = intVal(lfourth(list)) != 0;
	order->wanted = intVal(list_nth(list, 4));
}
