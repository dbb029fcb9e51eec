/*
 * plan.c
 *	  Planner callbacks: how many rows, at what cost, asking for what.
 *
 * Nothing is requested while planning, and nothing of the user mapping is
 * looked at.  All clauses stay local quals: what is pushed only narrows what
 * is asked for.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "compat.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "option.h"
#include "plan.h"
#include "stellantis_fdw.h"
#include "utils/rel.h"

/* What the planner assumes of an account that it may not ask. */
#define ASSUMED_VEHICLES	10.0
#define ASSUMED_TRIPS		200.0

/* Plan-time state: RelOptInfo.fdw_private. */
typedef struct RelPlan
{
	TableOptions table;
	ServerOptions server;
	QualColumns columns;
} RelPlan;

/* The key columns whose join clauses make a parameterized path worth while. */
static const QualKey join_keys[] = {KEY_VEHICLE, KEY_VIN, KEY_TRIP};

/* ---- estimates ---- */

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

static bool
clause_has_join_key(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, Expr *clause)
{
	for (int i = 0; i < lengthof(join_keys); i++)
		if (qual_clause_has_key(root, rel, &plan->columns, join_keys[i], clause))
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

		if (!clause_has_join_key(root, rel, plan, rinfo->clause))
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

typedef struct Estimate
{
	double		rows;
	Cost		startup;
	Cost		total;
} Estimate;

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
static void
estimate(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses,
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

void
plan_get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	RelPlan    *plan = palloc0(sizeof(RelPlan));
	ForeignTable *table = GetForeignTable(relid);
	TableColumn *columns;
	int			ncolumns;
	Estimate	result;

	options_of_table(relid, &plan->table);
	options_of_server(GetForeignServer(table->serverid)->options, &plan->server);
	columns = table_columns(relid, &plan->table, &ncolumns);
	qual_columns(plan->table.resource, columns, ncolumns, &plan->columns);
	rel->fdw_private = plan;

	rel->tuples = plan->table.resource->rows_per_parent *
		(plan->table.resource->parent == PARENT_ACCOUNT ? 1 : ASSUMED_VEHICLES) *
		(plan->table.resource->parent == PARENT_TRIP ? ASSUMED_TRIPS : 1);
	set_baserel_size_estimates(root, rel);
	estimate(root, rel, plan, rel->baserestrictinfo, false, &result);
	rel->rows = result.rows;
}

/* ---- paths ---- */

static void
add_scan_path(PlannerInfo *root, RelOptInfo *rel, ParamPathInfo *param)
{
	const RelPlan *plan = rel->fdw_private;
	List	   *clauses = rel->baserestrictinfo;
	Estimate	result;

	if (param != NULL)
		clauses = list_concat_copy(clauses, param->ppi_clauses);
	estimate(root, rel, plan, clauses, param != NULL, &result);
	if (param != NULL)
		param->ppi_rows = result.rows;
	add_path(rel, (Path *)
			 compat_create_foreignscan_path(root, rel, result.rows, result.startup,
											result.total,
											param != NULL ? param->ppi_req_outer : NULL,
											NIL));
}

/* Is the member of an equivalence class our key column? */
static bool
is_key_member(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
			  EquivalenceMember *em, void *arg)
{
	Node	   *node = (Node *) em->em_expr;

	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node != NULL && IsA(node, Var) &&
		((Var *) node)->varno == rel->relid &&
		((Var *) node)->varattno == *(AttrNumber *) arg;
}

/* Join clauses on a key, from joininfo and from equivalence classes. */
static List *
key_join_clauses(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, rel->joininfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (join_clause_is_movable_to(rinfo, rel) &&
			clause_has_join_key(root, rel, plan, rinfo->clause))
			result = lappend(result, rinfo);
	}
	if (!rel->has_eclass_joins)
		return result;
	for (int i = 0; i < lengthof(join_keys); i++)
	{
		AttrNumber	attnum = plan->columns.attnum[join_keys[i]];
		List	   *implied;

		if (attnum == 0)
			continue;
		implied = generate_implied_equalities_for_column(root, rel, is_key_member, &attnum,
														 rel->lateral_referencers);
		foreach(lc, implied)
		{
			RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

			if (join_clause_is_movable_to(rinfo, rel) &&
				clause_has_join_key(root, rel, plan, rinfo->clause))
				result = lappend(result, rinfo);
		}
	}
	return result;
}

/*
 * One parameterization for each set of outer relations that names our vehicle
 * or trip, and one for all of them together: a trip_id may come from one
 * relation and the vehicle from another.
 */
static List *
parameterizations(PlannerInfo *root, RelOptInfo *rel, List *clauses)
{
	List	   *result = NIL;
	Relids		all = NULL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Relids		outer = bms_union(rinfo->clause_relids, rel->lateral_relids);

		outer = bms_del_member(outer, rel->relid);
		if (bms_is_empty(outer))
			continue;
		result = list_append_unique_ptr(result,
										get_baserel_parampathinfo(root, rel, outer));
		all = bms_add_members(all, outer);
	}
	if (list_length(result) > 1)
		result = list_append_unique_ptr(result,
										get_baserel_parampathinfo(root, rel, all));
	return result;
}

void
plan_get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	const RelPlan *plan = rel->fdw_private;
	List	   *params = NIL;
	ListCell   *lc;

	/* with LATERAL references even the plain path has a parameterization */
	add_scan_path(root, rel, get_baserel_parampathinfo(root, rel, rel->lateral_relids));
	params = parameterizations(root, rel, key_join_clauses(root, rel, plan));
	foreach(lc, params)
		add_scan_path(root, rel, lfirst(lc));
}

/* ---- plan ---- */

/* Attribute numbers that the query needs; a whole row needs them all. */
static List *
needed_attributes(RelOptInfo *rel, Oid relid, List *clauses)
{
	Bitmapset  *attrs = NULL;
	Relation	relation = table_open(relid, NoLock);
	int			natts = RelationGetNumberOfAttributes(relation);
	List	   *result = NIL;
	bool		whole_row;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &attrs);
	pull_varattnos((Node *) clauses, rel->relid, &attrs);
	whole_row = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs);
	for (int attnum = 1; attnum <= natts; attnum++)
		if (whole_row || bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, attrs))
			result = lappend_int(result, attnum);
	table_close(relation, NoLock);
	return result;
}

/*
 * LIMIT as a hint: how many rows will do.  Only where every row that is
 * fetched counts: one relation, no order, no clause that could drop a row.
 */
static int
limit_hint(PlannerInfo *root, ForeignPath *path, const QualTrees *trees)
{
	if (root->limit_tuples <= 0 || root->limit_tuples > INT_MAX ||
		bms_membership(root->all_baserels) != BMS_SINGLETON ||
		root->query_pathkeys != NIL || path->path.param_info != NULL ||
		!trees->exact)
		return 0;
	return (int) root->limit_tuples;
}

ForeignScan *
plan_get_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path,
			  List *tlist, List *scan_clauses, Plan *outer_plan)
{
	const RelPlan *plan = rel->fdw_private;
	List	   *clauses = extract_actual_clauses(scan_clauses, false);
	QualTrees	trees;
	List	   *tree_list = NIL;
	List	   *private;

	qual_extract(root, rel, &plan->columns, clauses, &trees);
	for (int key = 0; key < QUAL_NKEYS; key++)
		tree_list = lappend(tree_list, trees.tree[key]);
	private = list_make4(tree_list, trees.pushed,
						 needed_attributes(rel, relid, clauses),
						 list_make1(makeInteger(limit_hint(root, path, &trees))));
	return make_foreignscan(tlist, clauses, rel->relid, trees.operands, private,
							NIL, NIL, outer_plan);
}
