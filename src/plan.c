/*
 * plan.c
 *	  Planner callbacks: paths, and the plan: asking for what.
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
#include "estimate.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "option.h"
#include "order.h"
#include "plan.h"
#include "stellantis_fdw.h"
#include "utils/rel.h"

/* ---- size ---- */

/* Must the query see VINs?  They come with a listing of the vehicles. */
static bool
needs_vin(RelOptInfo *rel, const QualColumns *columns)
{
	Bitmapset  *attrs = NULL;
	ListCell   *lc;

	if (columns->attnum[KEY_VIN] == 0)
		return false;
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &attrs);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause, rel->relid, &attrs);
	return bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs) ||
		bms_is_member(columns->attnum[KEY_VIN] - FirstLowInvalidHeapAttributeNumber, attrs);
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
	plan->serverid = table->serverid;
	plan->userid = compat_rel_user(root, rel);
	plan->need_vin = plan->table.resource->parent != PARENT_ACCOUNT &&
		needs_vin(rel, &plan->columns);
	rel->fdw_private = plan;

	estimate_begin(root, rel, plan);
	estimate_scan(root, rel, plan, rel->baserestrictinfo, NULL, &result);
	rel->rows = result.rows;
}

/* ---- paths ---- */

static List *
path_clauses(RelOptInfo *rel, ParamPathInfo *param)
{
	return param == NULL ? rel->baserestrictinfo :
		list_concat_copy(rel->baserestrictinfo, param->ppi_clauses);
}

static Node *
make_number(double number)
{
	return (Node *) makeFloat(psprintf("%.17g", number));
}

/*
 * A path's fdw_private: how many requests it is likely to send, how many of
 * them before its first row, and how its rows come.
 */
static void
add_one_path(PlannerInfo *root, RelOptInfo *rel, ParamPathInfo *param,
			 const Estimate *estimate, List *pathkeys, const OrderPlan *order)
{
	add_path(rel, (Path *)
			 compat_create_foreignscan_path(root, rel, estimate->rows, estimate->startup,
											estimate->total, pathkeys,
											param != NULL ? param->ppi_req_outer : NULL,
											list_make3(make_number(estimate->requests),
													   make_number(estimate->first),
													   order_to_list(order))));
}

static void
add_scan_path(PlannerInfo *root, RelOptInfo *rel, ParamPathInfo *param, Estimate *result)
{
	OrderPlan	order = {.direction = ORDER_NONE};

	estimate_scan(root, rel, rel->fdw_private, path_clauses(rel, param),
				  param != NULL ? param->ppi_req_outer : NULL, result);
	if (param != NULL)
		param->ppi_rows = result->rows;
	add_one_path(root, rel, param, result, NIL, &order);
}

/* The path whose rows come in the order that the query wants, if it is another. */
static void
add_ordered_path(PlannerInfo *root, RelOptInfo *rel, ParamPathInfo *param,
				 const Estimate *full)
{
	const RelPlan *plan = rel->fdw_private;
	OrderPlan	order;
	List	   *pathkeys;
	Estimate	result;

	order_plan(root, rel, plan, path_clauses(rel, param), &order, &pathkeys);
	if (!order_is_by_windows(&order))
		return;
	order_estimate(plan, &order, full, &result);
	add_one_path(root, rel, param, &result, pathkeys, &order);
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
			estimate_has_join_key(root, rel, plan, rinfo->clause))
			result = lappend(result, rinfo);
	}
	if (!rel->has_eclass_joins)
		return result;
	for (int i = 0; i < ESTIMATE_NJOIN_KEYS; i++)
	{
		AttrNumber	attnum = plan->columns.attnum[estimate_join_keys[i]];
		List	   *implied;

		if (attnum == 0)
			continue;
		implied = generate_implied_equalities_for_column(root, rel, is_key_member, &attnum,
														 rel->lateral_referencers);
		foreach(lc, implied)
		{
			RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

			if (join_clause_is_movable_to(rinfo, rel) &&
				estimate_has_join_key(root, rel, plan, rinfo->clause))
				result = lappend(result, rinfo);
		}
	}
	return result;
}

/*
 * One parameterization for each set of outer relations that names our vehicle,
 * trip or callback, and one for all of them together: a trip_id may come from one
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

/*
 * Will the query end after so many rows, whichever they are?  Only where every
 * row that is fetched counts: one relation, no order, no clause that could drop
 * a row.
 */
static bool
any_rows_will_do(PlannerInfo *root, const QualTrees *trees)
{
	return root->limit_tuples > 0 && root->limit_tuples <= INT_MAX &&
		bms_membership(root->all_baserels) == BMS_SINGLETON &&
		root->query_pathkeys == NIL && trees->exact;
}

/*
 * Does a page list the vehicles?  Then to ask for single ones saves nothing,
 * and the page is one that scans of other tables may need anyway.
 */
static bool
is_one_page(const RelPlan *plan)
{
	const Resource *resource = plan->table.resource;

	return resource->lists_vehicles &&
		plan->vehicles <= plan->table.page_size;
}

void
plan_get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	RelPlan    *plan = rel->fdw_private;
	QualTrees	trees;
	List	   *params = NIL;
	ParamPathInfo *lateral;
	Estimate	result;
	ListCell   *lc;

	qual_extract(root, rel, &plan->columns,
				 extract_actual_clauses(rel->baserestrictinfo, false), &trees);
	plan->one_by_one = any_rows_will_do(root, &trees);

	/* with LATERAL references even the plain path has a parameterization */
	lateral = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	add_scan_path(root, rel, lateral, &result);
	add_ordered_path(root, rel, lateral, &result);
	if (is_one_page(plan))
		return;
	params = parameterizations(root, rel, key_join_clauses(root, rel, plan));
	foreach(lc, params)
		add_scan_path(root, rel, lfirst(lc), &result);
}

/*
 * May the accounts under an Append be asked at once?  Not where the first of
 * them may have all the rows that are wanted.
 */
bool
plan_is_async_capable(ForeignPath *path)
{
	const RelPlan *plan = path->path.parent->fdw_private;

	return !plan->one_by_one;
}

/* ---- plan ---- */

/*
 * Attribute numbers that the query needs; a whole row needs them all.  Of
 * "sorted_by" (or 0) the scan itself needs the values.
 */
static List *
needed_attributes(RelOptInfo *rel, Oid relid, List *clauses, AttrNumber sorted_by)
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
		if (whole_row || attnum == sorted_by ||
			bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, attrs))
			result = lappend_int(result, attnum);
	table_close(relation, NoLock);
	return result;
}

/* LIMIT as a hint: how many rows will do. */
static int
limit_hint(PlannerInfo *root, ForeignPath *path, const QualTrees *trees)
{
	if (path->path.param_info != NULL || !any_rows_will_do(root, trees))
		return 0;
	return (int) root->limit_tuples;
}

/* For EXPLAIN: a whole number of requests; fewer if fewer rows will do. */
static double
likely_requests(const ForeignPath *path, int limit)
{
	double		requests = floatVal(linitial(path->fdw_private));
	double		first = floatVal(lsecond(path->fdw_private));

	if (limit > 0 && limit < path->path.rows)
		requests = first + (requests - first) * limit / path->path.rows;
	return requests > 0 ? Max(rint(requests), 1) : 0;
}

/*
 * How the rows come: as the path says, or as the answers do and with the
 * reason why not newest first, for EXPLAIN.
 */
static void
path_order(PlannerInfo *root, RelOptInfo *rel, ForeignPath *path, OrderPlan *order)
{
	List	   *pathkeys;

	order_from_list(lthird(path->fdw_private), order);
	if (order_is_by_windows(order))
		return;
	order_plan(root, rel, rel->fdw_private, path_clauses(rel, path->path.param_info),
			   order, &pathkeys);
	if (order_is_by_windows(order))
		order->direction = ORDER_NONE;
}

/*
 * What the scan will be told.  Ids of objects are nothing to it where rows of a
 * trip are asked for, or where all rows of a vehicle take fewer requests.
 */
static void
extract_for_scan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan, List *clauses,
				 QualTrees *trees)
{
	const Resource *resource = plan->table.resource;
	QualColumns columns = plan->columns;

	qual_extract(root, rel, &columns, clauses, trees);
	if (trees->tree[KEY_ID] == NIL)
		return;
	if ((resource->trip_endpoint != NULL && trees->tree[KEY_TRIP] != NIL) ||
		qual_tree_count(trees->tree[KEY_ID], trees->operands) >
		catalog_most_ids(resource, plan->table.page_size))
	{
		columns.attnum[KEY_ID] = 0;
		qual_extract(root, rel, &columns, clauses, trees);
	}
}

ForeignScan *
plan_get_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path,
			  List *tlist, List *scan_clauses, Plan *outer_plan)
{
	const RelPlan *plan = rel->fdw_private;
	List	   *clauses = extract_actual_clauses(scan_clauses, false);
	QualTrees	trees;
	List	   *tree_list = NIL;
	OrderPlan	order;
	List	   *private;
	int			limit;

	path_order(root, rel, path, &order);
	extract_for_scan(root, rel, plan, clauses, &trees);
	for (int key = 0; key < QUAL_NKEYS; key++)
		tree_list = lappend(tree_list, trees.tree[key]);
	limit = limit_hint(root, path, &trees);
	private = list_make5(tree_list, trees.pushed,
						 needed_attributes(rel, relid, clauses,
										   order_is_by_windows(&order) ? order.attnum : 0),
						 list_make1(makeInteger(limit)),
						 list_make2(make_number(likely_requests(path, limit)),
									makeInteger(qual_operands_vary(root, trees.operands))));
	private = lappend(private, order_to_list(&order));
	return make_foreignscan(tlist, clauses, rel->relid, trees.operands, private,
							NIL, NIL, outer_plan);
}
