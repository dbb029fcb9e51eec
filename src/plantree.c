/*
 * plantree.c
 *	  Where in a finished plan does a scan stand: can it be read again?
 */
#include "postgres.h"

#include "nodes/plannodes.h"
#include "plan.h"

static bool holds(Plan *tree, Plan *node, bool repeated);

static bool
list_holds(List *trees, Plan *node, bool repeated)
{
	ListCell   *lc;

	foreach(lc, trees)
		if (holds(lfirst(lc), node, repeated))
			return true;
	return false;
}

/*
 * Does the tree hold the node at a place that is read again?  "repeated" says
 * that the tree itself may be.
 */
static bool
holds(Plan *tree, Plan *node, bool repeated)
{
	bool		inner = repeated;

	if (tree == NULL)
		return false;
	if (tree == node)
		return repeated;
	switch (nodeTag(tree))
	{
		case T_Append:
			if (list_holds(((Append *) tree)->appendplans, node, repeated))
				return true;
			break;
		case T_MergeAppend:
			if (list_holds(((MergeAppend *) tree)->mergeplans, node, repeated))
				return true;
			break;
		case T_SubqueryScan:
			if (holds(((SubqueryScan *) tree)->subplan, node, repeated))
				return true;
			break;
		case T_CustomScan:
			if (list_holds(((CustomScan *) tree)->custom_plans, node, true))
				return true;
			break;
		case T_NestLoop:
		case T_RecursiveUnion:
			inner = true;		/* their inner side, once for each outer row or round */
			break;
		default:
			break;
	}
	return holds(outerPlan(tree), node, repeated) || holds(innerPlan(tree), node, inner);
}

bool
plan_may_be_rescanned(PlannedStmt *stmt, Plan *plan)
{
	return holds(stmt->planTree, plan, false) ||
		list_holds(stmt->subplans, plan, true);
}
