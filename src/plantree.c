/*
 * plantree.c
 *	  Where in a finished plan does a scan stand: can it be read again, and
 *	  what stands above it?
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "plan.h"

/* A node's children, whatever it calls them. */
static List *
children_of(Plan *tree)
{
	List	   *children = NIL;

	switch (nodeTag(tree))
	{
		case T_Append:
			children = list_copy(((Append *) tree)->appendplans);
			break;
		case T_MergeAppend:
			children = list_copy(((MergeAppend *) tree)->mergeplans);
			break;
		case T_SubqueryScan:
			children = list_make1(((SubqueryScan *) tree)->subplan);
			break;
		case T_CustomScan:
			children = list_copy(((CustomScan *) tree)->custom_plans);
			break;
		default:
			break;
	}
	if (outerPlan(tree) != NULL)
		children = lappend(children, outerPlan(tree));
	if (innerPlan(tree) != NULL)
		children = lappend(children, innerPlan(tree));
	return children;
}

/* ---- can it be read again? ---- */

/* May a child be read again within one reading of the node above it? */
static bool
repeats(Plan *tree, Plan *child)
{
	switch (nodeTag(tree))
	{
		case T_NestLoop:
		case T_RecursiveUnion:
			/* once for each outer row or round */
			return child == innerPlan(tree);
		case T_CustomScan:
			return true;
		default:
			return false;
	}
}

/*
 * Does the tree hold the node at a place that is read again?  "repeated" says
 * that the tree itself may be.
 */
static bool
holds(Plan *tree, Plan *node, bool repeated)
{
	ListCell   *lc;

	if (tree == NULL)
		return false;
	if (tree == node)
		return repeated;
	foreach(lc, children_of(tree))
		if (holds(lfirst(lc), node, repeated || repeats(tree, lfirst(lc))))
			return true;
	return false;
}

bool
plan_may_be_rescanned(PlannedStmt *stmt, Plan *plan)
{
	ListCell   *lc;

	if (holds(stmt->planTree, plan, false))
		return true;
	foreach(lc, stmt->subplans)
		if (holds(lfirst(lc), plan, true))
			return true;
	return false;
}

/* ---- what stands above it? ---- */

typedef struct Search
{
	PlannedStmt *stmt;
	Plan	   *wanted;
	List	   *above;			/* of the node that is looked at, nearest first */
} Search;

static bool find_in_plan(Plan *tree, Search *search);

/* In the plan of a subplan, which is itself one of those above. */
static bool
find_in_subplan(SubPlan *subplan, Search *search)
{
	List	   *above = search->above;
	Plan	   *tree = list_nth(search->stmt->subplans, subplan->plan_id - 1);

	search->above = lcons(subplan, list_copy(above));
	if (tree != NULL && find_in_plan(tree, search))
		return true;
	search->above = above;
	return false;
}

static bool
find_in_expression(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubPlan) && find_in_subplan((SubPlan *) node, context))
		return true;
	return expression_tree_walker(node, find_in_expression, context);
}

/* In the subplans of a node's expressions. */
static bool
find_in_expressions(Plan *tree, Search *search)
{
	if (find_in_expression((Node *) tree->initPlan, search) ||
		find_in_expression((Node *) tree->targetlist, search) ||
		find_in_expression((Node *) tree->qual, search))
		return true;
	switch (nodeTag(tree))
	{
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return find_in_expression((Node *) ((Join *) tree)->joinqual, search);
		case T_Result:
			return find_in_expression(((Result *) tree)->resconstantqual, search);
		default:
			return false;
	}
}

/* If true, search->above is what stands above the wanted node. */
static bool
find_in_plan(Plan *tree, Search *search)
{
	List	   *above = search->above;
	ListCell   *lc;

	if (tree == search->wanted)
		return true;
	search->above = lcons(tree, list_copy(above));
	foreach(lc, children_of(tree))
		if (find_in_plan(lfirst(lc), search))
			return true;
	if (find_in_expressions(tree, search))
		return true;
	search->above = above;
	return false;
}

List *
plan_ancestors(PlannedStmt *stmt, Plan *plan)
{
	Search		search = {stmt, plan, NIL};

	return find_in_plan(stmt->planTree, &search) ? search.above : NIL;
}

static bool
is_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC;
	return expression_tree_walker(node, is_parameter, context);
}

bool
plan_has_parameters(List *exprs)
{
	return is_parameter((Node *) exprs, NULL);
}
