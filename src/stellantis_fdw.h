/*
 * stellantis_fdw.h
 *	  What the FDW's rooms share between planner and executor.
 */
#ifndef STELLANTIS_FDW_H
#define STELLANTIS_FDW_H

#include "postgres.h"

#include "catalog.h"
#include "foreign/fdwapi.h"

/* in plan.c */
extern void plan_get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid);
extern void plan_get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid);
extern ForeignScan *plan_get_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid,
								  ForeignPath *best_path, List *tlist,
								  List *scan_clauses, Plan *outer_plan);
extern bool plan_is_async_capable(ForeignPath *path);

/* in scan.c */
extern void scan_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *scan_iterate(ForeignScanState *node);
extern void scan_rescan(ForeignScanState *node);
extern void scan_end(ForeignScanState *node);
extern void scan_explain(ForeignScanState *node, struct ExplainState *es);
extern bool scan_analyze(Relation relation, AcquireSampleRowsFunc *func,
						 BlockNumber *totalpages);

/* in async.c */
extern void async_request(AsyncRequest *areq);
extern void async_configure_wait(AsyncRequest *areq);
extern void async_notify(AsyncRequest *areq);

/* in import.c */
extern List *import_foreign_schema(ImportForeignSchemaStmt *stmt, Oid serverid);
extern void comment_relation(Oid relid, const Resource *resource);

/* GUC stellantis_fdw.max_requests, used by pace.c */
extern int	max_requests;

#endif							/* STELLANTIS_FDW_H */
