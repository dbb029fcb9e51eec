/*
 * plan.h
 *	  What a plan says to the executor: fdw_private of our ForeignScan.
 */
#ifndef STELLANTIS_PLAN_H
#define STELLANTIS_PLAN_H

#include "qual.h"

/* Members of fdw_private, in this order; each is a List. */
typedef enum PlanPrivate
{
	PLAN_TREES,					/* QUAL_NKEYS trees of conditions */
	PLAN_PUSHED,				/* positions in the plan's quals that were used */
	PLAN_ATTRS,					/* attribute numbers that are needed */
	PLAN_LIMIT,					/* one Integer: rows that will likely do, or 0 */
	PLAN_REQUESTS,				/* a Float: requests that are likely sent; an Integer: */
								/* is that for each rescan? */
	PLAN_ORDER					/* see order.h */
} PlanPrivate;

/*
 * May the executor read this node again within one execution?  It says so
 * itself (EXEC_FLAG_REWIND) only for rescans without changed parameters.
 */
extern bool plan_may_be_rescanned(PlannedStmt *stmt, Plan *plan);

/*
 * The Plans and SubPlans above a node, nearest first, as deparsing wants them:
 * the parameters of the node are theirs.  NIL if it is not found.
 */
extern List *plan_ancestors(PlannedStmt *stmt, Plan *plan);

/* Do expressions of a plan have values that may differ from rescan to rescan? */
extern bool plan_has_parameters(List *exprs);

#endif							/* STELLANTIS_PLAN_H */
