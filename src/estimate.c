/*
 * estimate.c
 *	  How many rows a scan brings under a list of clauses, how many requests it
 *	  takes, and what that costs.
 *
 * Nothing is requested while planning, and nothing of the user mapping is
 * looked at.  How many vehicles there are, and rows of each, is what the API
 * said in this session, else what the catalog supposes (totals.c).
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "compat.h"
#include "estimate.h"
#include "http.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "qual_mono.h"
#include "qual_tree.h"
#include "request_range.h"
#include "utils/timestamp.h"

/*
 * What a request costs beside the time that it takes, as a share of
 * request_cost: the API allows so many a day.  Of requests that run at once
 * the time counts once, but each of them counts against that number.  With an
 * eighth, a full round at the default concurrency of 8 costs as much for its
 * number as for its time; and of two plans that take equally long the one with
 * fewer requests wins.
 */
#define QUOTA_SHARE		(1.0 / 8)

/* What request_cost stands for, where the server's options limit requests in time. */
#define REQUEST_SECONDS	0.05

/* A bound that only the run time knows is supposed to be so long ago, */
#define SUPPOSED_AGE	(7 * USECS_PER_DAY)

/* and an upper one so much later than a lower one. */
#define SUPPOSED_SPAN	USECS_PER_DAY

/* The share of rows that is left by a condition that we do not evaluate. */
#define SUPPOSED_SELECTIVITY	(1.0 / 3)

const QualKey estimate_join_keys[ESTIMATE_NJOIN_KEYS] = {KEY_VEHICLE, KEY_VIN, KEY_TRIP, KEY_CALLBACK,
KEY_ID};

/* What is to be asked for; no request at all when there are no vehicles. */
typedef struct Asked
{
	double		vehicles;
	bool		lists_vehicles;
	double		trips;			/* of each vehicle, to ask for the rows of */
	bool		lists_trips;
	double		callbacks;		/* below each of which every vehicle is asked */
	bool		lists_callbacks;
	double		objects;		/* of each of these, to ask for one by one; else 0 */
	double		parents;		/* vehicles, what is below them, or objects, that have rows */
	double		fetched;		/* rows of each vehicle, or of each trip */
	double		returned;		/* those of them whose time is right */
} Asked;

bool
estimate_has_join_key(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
					  Expr *clause)
{
	for (int i = 0; i < ESTIMATE_NJOIN_KEYS; i++)
		if (qual_clause_has_key(root, rel, &plan->columns, estimate_join_keys[i], clause))
			return true;
	return false;
}

/*
 * The clauses that are not accounted for by which vehicles, trips and times are
 * asked for: they thin out the rows of these.
 */
static List *
other_clauses(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!estimate_has_join_key(root, rel, plan, rinfo->clause) &&
			!qual_clause_has_key(root, rel, &plan->columns, KEY_TIME, rinfo->clause))
			result = lappend(result, rinfo);
	}
	return result;
}

void
estimate_begin(PlannerInfo *root, RelOptInfo *rel, RelPlan *plan)
{
	const Resource *resource = plan->table.resource;
	List	   *clauses = rel->baserestrictinfo;

	plan->vehicles = totals_vehicles(plan->serverid, plan->userid);
	totals_get(plan->serverid, plan->userid, resource, &plan->rows);
	totals_get(plan->serverid, plan->userid, catalog_resource("trips"), &plan->trips);
	totals_get(plan->serverid, plan->userid, catalog_resource("callbacks"), &plan->callbacks);
	rel->tuples = totals_all(&plan->rows) *
		(resource->parent == PARENT_ACCOUNT ? 1 : plan->vehicles) *
		(resource->parent == PARENT_TRIP ? totals_all(&plan->trips) :
		 resource->parent == PARENT_CALLBACK ? totals_all(&plan->callbacks) : 1);
	rel->tuples = clamp_row_est(rel->tuples);

	/* with the clauses it would call functions that we do not */
	rel->baserestrictinfo = NIL;
	set_baserel_size_estimates(root, rel);
	rel->baserestrictinfo = clauses;
	cost_qual_eval(&rel->baserestrictcost, clauses, root);
}

Selectivity
estimate_selectivity(PlannerInfo *root, RelOptInfo *rel, List *clauses)
{
	List	   *plain = NIL;
	Selectivity selectivity = 1;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (qual_calls_others((Node *) rinfo->clause))
			selectivity *= SUPPOSED_SELECTIVITY;
		else
			plain = lappend(plain, rinfo);
	}
	return selectivity * clauselist_selectivity(root, plain, rel->relid, JOIN_INNER, NULL);
}

/* ---- which vehicles and trips ---- */

static bool
is_known(List *tree, const QualValues *values)
{
	if (tree_op(tree) != QUAL_AND && tree_op(tree) != QUAL_OR)
		return !tree_value(tree, values)->unknown;
	for (int i = 1; i < list_length(tree); i++)
		if (!is_known(list_nth(tree, i), values))
			return false;
	return true;
}

/* How many values a tree names; of those that there are, if it does not say. */
static double
named(List *tree, List *operands, const QualValues *values, double all)
{
	int			count;

	if (tree == NIL)
		return all;
	count = qual_tree_count(tree, operands);
	if (is_known(tree, values))
	{
		TextSet		set;

		qual_text_set(tree, values, &set);
		if (!set.all)
			count = set.n;
	}
	return count < 0 ? ceil(all / 3) : count;
}

/* ---- which times ---- */

/* What had to be guessed. */
typedef struct Supposed
{
	bool		any;
	bool		unit;			/* a day, say, to which the column is truncated */
} Supposed;

/* Puts a guess where only the run time will know. */
static void
suppose_times(List *tree, QualValues *values, TimestampTz now, Supposed *supposed)
{
	QualOp		op = tree_op(tree);
	bool		is_chain = list_length(tree) > 2;
	QualValue  *value;

	if (op == QUAL_AND || op == QUAL_OR)
	{
		for (int i = 1; i < list_length(tree); i++)
			suppose_times(list_nth(tree, i), values, now, supposed);
		return;
	}
	value = tree_value(tree, values);
	if (is_chain ? mono_is_known(tree, values) : !value->unknown)
		return;
	supposed->any = true;
	supposed->unit |= is_chain && op == QUAL_EQ;
	value->n = 1;
	value->times = palloc(sizeof(TimestampTz));
	value->times[0] = now - SUPPOSED_AGE +
		(op == QUAL_LT || op == QUAL_LE ? SUPPOSED_SPAN : 0);
}

/* Rows in ranges of time, where those of some length are known. */
static double
rows_in(const Totals *totals, const TimeRanges *ranges, TimestampTz now)
{
	double		rows = 0;

	for (int i = 0; i < ranges->n; i++)
	{
		TimeRange	range = ranges->ranges[i];
		TimestampTz end = Min(range.upper, now);

		if (range.lower == DT_NOBEGIN)
			rows += totals_all(totals) -
				totals_within(totals, ((double) now - end) / USECS_PER_DAY);
		else if (range.lower < end)
			rows += totals_within(totals, ((double) end - range.lower) / USECS_PER_DAY);
	}
	return Max(rows, 0);
}

/* The ranges of time that satisfy the conditions, as far as can be known. */
static void
find_wanted(List *tree, QualValues *values, TimestampTz now, TimeRanges *wanted)
{
	Supposed	supposed = {false, false};
	TimeRanges	found;

	suppose_times(tree, values, now, &supposed);
	qual_time_ranges(tree, values, &found);
	time_ranges_widen(&found, 0, supposed.unit ? SUPPOSED_SPAN : 0, wanted);
	if (wanted->n == 0 && supposed.any)
	{
		/* they do not fit together, but the true ones will */
		wanted->n = 1;
		wanted->ranges = palloc(sizeof(TimeRange));
		wanted->ranges[0].lower = now - SUPPOSED_AGE;
		wanted->ranges[0].upper = now - SUPPOSED_AGE + SUPPOSED_SPAN;
	}
}

/*
 * From the conditions on time: how many rows, and of how many trips.  False if
 * no time can satisfy them.
 */
static bool
ask_for_times(const RelPlan *plan, List *tree, QualValues *values, Asked *asked)
{
	TimestampTz now = GetCurrentStatementStartTimestamp();
	TimeRanges	wanted,
				sent;

	asked->fetched = asked->returned = totals_all(&plan->rows);
	if (tree == NIL)
		return true;
	find_wanted(tree, values, now, &wanted);
	if (wanted.n == 0)
		return false;
	if (plan->table.resource->parent != PARENT_TRIP)
	{
		request_ranges(&plan->table, &wanted, &sent);
		asked->fetched = Max(rows_in(&plan->rows, &sent, now), 1);
		asked->returned = rows_in(&plan->rows, &wanted, now);
	}
	else if (asked->lists_trips)
	{
		/* all rows of most of these trips, or none of them */
		double		trips;

		request_trip_ranges(&wanted, &sent);
		trips = Min(rows_in(&plan->trips, &sent, now), asked->trips);
		asked->returned *= trips > 0 ? Min(rows_in(&plan->trips, &wanted, now) / trips, 1) : 0;
		asked->trips = trips;
	}
	return true;
}

/*
 * Trips and objects are named by ids: whichever vehicles are asked for them,
 * each is one vehicle's alone.
 */
static void
ask_for_named(const RelPlan *plan, const QualTrees *trees, const QualValues *values,
			  Asked *asked)
{
	const Resource *resource = plan->table.resource;
	double		ids;

	asked->parents = asked->vehicles * asked->trips * asked->callbacks;
	if (resource->trip_endpoint != NULL && trees->tree[KEY_TRIP] != NIL)
	{
		asked->trips = qual_trips_are_list(resource) ? 1 :
			named(trees->tree[KEY_TRIP], trees->operands, values, totals_all(&plan->trips));
		asked->parents = asked->trips;
		asked->fetched = Min(asked->fetched,
							 Max(totals_all(&plan->rows) / totals_all(&plan->trips), 1));
		asked->returned = Min(asked->returned, asked->fetched);
	}
	else if (trees->tree[KEY_ID] != NIL)
	{
		ids = named(trees->tree[KEY_ID], trees->operands, values, totals_all(&plan->rows));
		if (ids <= catalog_most_ids(resource, plan->table.page_size))
			asked->objects = asked->parents = ids;
		else
			asked->returned = Min(asked->returned, ids / Max(asked->vehicles, 1));
		if (asked->objects > 0)
			asked->fetched = asked->returned = 1;
	}
}

static void
find_asked(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses,
		   Asked *asked)
{
	const Resource *resource = plan->table.resource;
	QualTrees	trees;
	QualValues *values;
	double		by_vin;

	qual_extract(root, rel, &plan->columns, extract_actual_clauses(clauses, false), &trees);
	values = qual_foresee(root, trees.operands);

	asked->vehicles = named(trees.tree[KEY_VEHICLE], trees.operands, values, plan->vehicles);
	by_vin = named(trees.tree[KEY_VIN], trees.operands, values, plan->vehicles);
	asked->vehicles = Min(asked->vehicles, by_vin);
	asked->lists_vehicles = trees.tree[KEY_VEHICLE] == NIL || plan->need_vin;
	if (resource->parent == PARENT_ACCOUNT && !resource->lists_vehicles)
	{
		asked->vehicles = 1;
		asked->lists_vehicles = false;
	}
	asked->objects = 0;
	asked->lists_trips = resource->parent == PARENT_TRIP && trees.tree[KEY_TRIP] == NIL;
	asked->trips = 1;
	if (resource->parent == PARENT_TRIP)
		asked->trips = named(trees.tree[KEY_TRIP], trees.operands, values,
							 totals_all(&plan->trips));

	asked->lists_callbacks = resource->parent == PARENT_CALLBACK && trees.tree[KEY_CALLBACK] == NIL;
	asked->callbacks = 1;
	if (resource->parent == PARENT_CALLBACK)
		asked->callbacks = named(trees.tree[KEY_CALLBACK], trees.operands, values,
								 totals_all(&plan->callbacks));

	if (asked->callbacks <= 0 ||
		!ask_for_times(plan, trees.tree[KEY_TIME], values, asked) ||
		(plan->table.account != NULL && trees.tree[KEY_ACCOUNT] != NIL &&
		 is_known(trees.tree[KEY_ACCOUNT], values) &&
		 !qual_text_matches(trees.tree[KEY_ACCOUNT], values, plan->table.account)))
		asked->vehicles = 0;
	ask_for_named(plan, &trees, values, asked);
	if (asked->vehicles == 0)
		asked->parents = 0;
}

/* ---- requests ---- */

/* How many requests run at once; not so many that they wait for their turn in time. */
static double
width_of(const RelPlan *plan)
{
	double		width = Min(plan->server.concurrency, http_max_concurrency);

	if (plan->server.requests_per_second > 0)
		width = Min(width, plan->server.requests_per_second * REQUEST_SECONDS);
	return Max(width, 1);
}

/* So many things of so many pages: several things at once, page after page. */
static void
add_requests(const RelPlan *plan, double things, double pages, Estimate *result)
{
	result->requests += things * pages;
	if (things > 0)
		result->rounds += Max(pages, ceil(things * pages / width_of(plan)));
}

static double
pages_of(double rows, int page_size)
{
	return page_size > 0 ? Max(ceil(rows / page_size), 1) : 1;
}

/*
 * How often a join's inner side is likely read: a listing is asked for once,
 * and kept over the rescans.
 */
static double
loops_of(PlannerInfo *root, Relids outer)
{
	double		loops = 0;
	int			relid = -1;

	while ((relid = bms_next_member(outer, relid)) >= 0)
	{
		RelOptInfo *rel = relid < root->simple_rel_array_size ?
			root->simple_rel_array[relid] : NULL;

		if (rel != NULL && rel->rows > 0 && (loops == 0 || rel->rows < loops))
			loops = rel->rows;
	}
	return Max(loops, 1);
}

static void
count_requests(PlannerInfo *root, const RelPlan *plan, Relids outer, const Asked *asked,
			   Estimate *result)
{
	const Resource *resource = plan->table.resource;
	int			list_page_size = catalog_resource("vehicles")->max_page_size;
	double		listing;

	result->requests = result->rounds = result->first = 0;
	if (asked->vehicles <= 0)
		return;
	result->first = 1 + asked->lists_trips;
	if (resource->lists_vehicles && asked->lists_vehicles)
	{
		add_requests(plan, 1, pages_of(plan->vehicles, plan->table.page_size), result);
		return;
	}
	if (asked->lists_vehicles)
	{
		listing = pages_of(plan->vehicles, list_page_size) / loops_of(root, outer);
		result->requests += listing;
		result->rounds += listing;
		result->first += listing;
	}
	if (asked->lists_callbacks)
	{
		/* at the same time */
		listing = pages_of(totals_all(&plan->callbacks),
						   catalog_resource("callbacks")->max_page_size) / loops_of(root, outer);
		result->requests += listing;
		result->rounds = Max(result->rounds, listing);
		result->first = Max(result->first, 1 + listing);
	}
	if (asked->lists_trips)
		add_requests(plan, asked->vehicles,
					 pages_of(totals_all(&plan->trips),
							  catalog_resource("trips")->max_page_size), result);
	if (resource->lists_vehicles)
		add_requests(plan, asked->vehicles, 1, result);
	else if (asked->objects > 0)
		add_requests(plan, asked->vehicles * asked->callbacks * asked->objects, 1, result);
	else
		add_requests(plan, asked->vehicles * asked->trips * asked->callbacks,
					 pages_of(asked->fetched, plan->table.page_size), result);
}

Cost
estimate_request_cost(const RelPlan *plan, double requests, double rounds)
{
	return plan->server.request_cost * (rounds + QUOTA_SHARE * requests);
}

/* ---- all together ---- */

void
estimate_scan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses,
			  Relids outer, Estimate *result)
{
	const Resource *resource = plan->table.resource;
	List	   *others = other_clauses(root, rel, plan, clauses);
	Asked		asked = {0};
	double		parents,
				fetched;

	find_asked(root, rel, plan, clauses, &asked);
	count_requests(root, plan, outer, &asked, result);

	parents = result->parents = asked.parents;
	if (resource->lists_vehicles)
		asked.returned = asked.fetched = 1;	/* these themselves are the rows */
	fetched = parents * asked.fetched;
	result->rows = clamp_row_est(parents * asked.returned *
								 estimate_selectivity(root, rel, others));

	result->startup = rel->baserestrictcost.startup +
		estimate_request_cost(plan, result->first, result->first);
	result->total = rel->baserestrictcost.startup +
		estimate_request_cost(plan, result->requests, result->rounds) +
		(cpu_tuple_cost + rel->baserestrictcost.per_tuple) * fetched;
	result->total = Max(result->total, result->startup);
}
