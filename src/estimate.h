/*
 * estimate.h
 *	  How many rows a scan brings under a list of clauses, and what it costs.
 */
#ifndef STELLANTIS_ESTIMATE_H
#define STELLANTIS_ESTIMATE_H

#include "postgres.h"

#include "nodes/pathnodes.h"
#include "option.h"
#include "qual.h"

#define ESTIMATE_NJOIN_KEYS 3

/* Plan-time state: RelOptInfo.fdw_private. */
typedef struct RelPlan
{
	TableOptions table;
	ServerOptions server;
	QualColumns columns;
} RelPlan;

typedef struct Estimate
{
	double		rows;
	Cost		startup;
	Cost		total;
} Estimate;

/* The key columns whose join clauses make a parameterized path worth while. */
extern const QualKey estimate_join_keys[ESTIMATE_NJOIN_KEYS];

/* Does the clause say which vehicle or trip? */
extern bool estimate_has_join_key(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
								  Expr *clause);

/* A scan under a list of RestrictInfos; "parameterized" is a join's inner side. */
extern void estimate_scan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
						  List *clauses, bool parameterized, Estimate *result);

/* Rows of the whole table. */
extern double estimate_tuples(const RelPlan *plan);

#endif							/* STELLANTIS_ESTIMATE_H */
