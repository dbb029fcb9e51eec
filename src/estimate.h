/*
 * estimate.h
 *	  How many rows a scan brings under a list of clauses, how many requests it
 *	  takes, and what that costs.
 */
#ifndef STELLANTIS_ESTIMATE_H
#define STELLANTIS_ESTIMATE_H

#include "postgres.h"

#include "nodes/pathnodes.h"
#include "option.h"
#include "qual.h"
#include "totals.h"

#define ESTIMATE_NJOIN_KEYS 5

/* Plan-time state: RelOptInfo.fdw_private. */
typedef struct RelPlan
{
	TableOptions table;
	ServerOptions server;
	QualColumns columns;
	bool		one_by_one;		/* the first of several tables may have all rows that are wanted */
	Oid			serverid;
	Oid			userid;			/* whose mapping will be used */
	bool		need_vin;		/* a listing has it */

	/* what is known of the account: see totals.h */
	double		vehicles;
	Totals		rows;			/* of the table */
	Totals		trips;			/* of a vehicle, for a table that is asked below a trip */
	Totals		callbacks;		/* of the account, for a table that is asked below a callback */
} RelPlan;

typedef struct Estimate
{
	double		rows;
	double		parents;		/* vehicles, or what is below them, that are asked for rows */
	double		requests;		/* in all, */
	double		rounds;			/* and how many of them one after the other, */
	double		first;			/* and before the first row */
	Cost		startup;
	Cost		total;
} Estimate;

/* The key columns whose join clauses make a parameterized path worth while. */
extern const QualKey estimate_join_keys[ESTIMATE_NJOIN_KEYS];

/* Does the clause say which vehicle, trip, callback or object? */
extern bool estimate_has_join_key(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
								  Expr *clause);

/* Fills in what is known of the account, rows of the whole table, and their width. */
extern void estimate_begin(PlannerInfo *root, RelOptInfo *rel, RelPlan *plan);

/* What share of the rows is left by RestrictInfos that nothing is derived from. */
extern Selectivity estimate_selectivity(PlannerInfo *root, RelOptInfo *rel, List *clauses);

/* A scan under a list of RestrictInfos; "outer" are the relations of a join's outer side. */
extern void estimate_scan(PlannerInfo *root, RelOptInfo *rel, const RelPlan *plan,
						  List *clauses, Relids outer, Estimate *result);

/* What "requests", of which "rounds" one after the other, cost. */
extern Cost estimate_request_cost(const RelPlan *plan, double requests, double rounds);

#endif							/* STELLANTIS_ESTIMATE_H */
