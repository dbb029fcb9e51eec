/*
 * estimate.c
 *	  How many rows a scan brings under a list of clauses, how many requests it
 *	  takes, and what that costs.
 *
 * Nothing is requested while planning, and nothing of the user mapping is
 * looked at.
 */
#include "postgres.h"

#include <math.h>

#include "compat.h"
#include "estimate.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"

/* What the planner assumes of an account that it may not ask. */
#define ASSUMED_VEHICLES	10.0
#define ASSUMED_TRIPS		200.0

const QualKey estimate_join_keys[ESTIMATE_NJOIN_KEYS] = {KEY_VEHICLE, KEY_VIN, KEY_TRIP};

/* How many of the assumed number are asked, given what clauses name of them. */
static double
asked(List *tree, List *operands, double assumed)
{
	int			named;

	if (tree == NIL)
		return assumed;
	named = qual_tree_count(tree, operands);
	return named < 0 ? ceil(assumed / 3) : Max(Min((double) named, assumed), 1);
}

bool
estimate_has_join_key(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
					  Expr *clause)
{
	for (int i = 0; i < ESTIMATE_NJOIN_KEYS; i++)
		if (qual_clause_has_key(root, rel, &plan->columns, estimate_join_keys[i], clause))
			return true;
	return false;
}

/* The clauses that do not say which vehicle or trip: they thin out its rows. */
static List *
other_clauses(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!estimate_has_join_key(root, rel, plan, rinfo->clause))
			result = lappend(result, rinfo);
	}
	return result;
}

/* The clauses that narrow the range of time that is asked for. */
static List *
time_clauses(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
		if (qual_clause_has_key(root, rel, &plan->columns, KEY_TIME,
								lfirst_node(RestrictInfo, lc)->clause))
			result = lappend(result, lfirst(lc));
	return result;
}

/* So many requests, "concurrency" of them at once; a join's inner side alone. */
static double
rounds_of(const RelPlan *plan, double requests, bool parameterized)
{
	return parameterized ? requests : ceil(requests / plan->server.concurrency);
}

/*
 * Rows and cost under a list of clauses.  A request costs request_cost; where
 * many are asked, "concurrency" of them run at once.  A parameterized scan is
 * told its vehicle, so it does not fan out, and does not list them each time.
 */
void
estimate_scan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses,
			  bool parameterized, Estimate *result)
{
	const Resource *resource = plan->table.resource;
	List	   *bare = extract_actual_clauses(clauses, false);
	List	   *others = other_clauses(root, rel, plan, clauses);
	QualTrees	trees;
	double		vehicles,
				trips = 1,
				fetched,		/* rows of one vehicle or trip */
				pages,
				rounds;			/* requests one after the other */

	qual_extract(root, rel, &plan->columns, bare, &trees);
	vehicles = asked(trees.tree[KEY_VEHICLE], trees.operands, ASSUMED_VEHICLES);
	vehicles = Min(vehicles, asked(trees.tree[KEY_VIN], trees.operands, ASSUMED_VEHICLES));
	if (resource->parent == PARENT_TRIP)
		trips = asked(trees.tree[KEY_TRIP], trees.operands, ASSUMED_TRIPS);

	result->rows = clauselist_selectivity(root, others, rel->relid, JOIN_INNER, NULL) *
		(resource->parent == PARENT_ACCOUNT && resource->has_id ? vehicles :
		 vehicles * trips * resource->rows_per_parent);
	if (resource->parent == PARENT_ACCOUNT)
		vehicles = 1;
	result->rows = clamp_row_est(result->rows);

	/* pages of one vehicle or trip come one after the other */
	fetched = resource->rows_per_parent *
		clauselist_selectivity(root, time_clauses(root, rel, plan, clauses),
							   rel->relid, JOIN_INNER, NULL);
	pages = plan->table.page_size > 0 ? ceil(fetched / plan->table.page_size) : 1;
	rounds = Max(pages, 1) * rounds_of(plan, vehicles * trips, parameterized);
	if (resource->parent == PARENT_TRIP && trees.tree[KEY_TRIP] == NIL)
		rounds += rounds_of(plan, vehicles, parameterized);
	result->startup = plan->server.request_cost;
	if (resource->parent != PARENT_ACCOUNT && trees.tree[KEY_VEHICLE] == NIL && !parameterized)
	{
		rounds++;				/* the listing */
		result->startup += plan->server.request_cost;
	}
	result->total = Max(result->startup, plan->server.request_cost * rounds) +
		(cpu_tuple_cost + rel->baserestrictcost.per_tuple) * result->rows +
		rel->baserestrictcost.startup;
}

double
estimate_tuples(const RelPlan *plan)
{
	const Resource *resource = plan->table.resource;

	return resource->rows_per_parent *
		(resource->parent == PARENT_ACCOUNT ? 1 : ASSUMED_VEHICLES) *
		(resource->parent == PARENT_TRIP ? ASSUMED_TRIPS : 1);
}
