/*
 * compat.h
 *	  Differences between PostgreSQL 14 and 18; the only place that tests
 *	  PG_VERSION_NUM.
 */
#ifndef STELLANTIS_COMPAT_H
#define STELLANTIS_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM >= 180000
#include "access/cmptype.h"
#endif
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_namespace.h"
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "common/jsonapi.h"
#if PG_VERSION_NUM >= 150000
#include "common/pg_prng.h"
#endif
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif
#include "nodes/plannodes.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "parser/scansup.h"
#include "pgtime.h"
#include "utils/acl.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/wait_event.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM < 140000
#error "stellantis_fdw needs PostgreSQL 14 or later"
#endif

/* create_foreignscan_path grew fdw_restrictinfo in 17, disabled_nodes in 18. */
static inline ForeignPath *
compat_create_foreignscan_path(PlannerInfo *root, RelOptInfo *rel,
							   double rows, Cost startup_cost, Cost total_cost,
							   List *pathkeys, Relids required_outer, List *fdw_private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, rel, NULL, rows, 0, startup_cost,
								   total_cost, pathkeys, required_outer, NULL, NIL,
								   fdw_private);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, rel, NULL, rows, startup_cost,
								   total_cost, pathkeys, required_outer, NULL, NIL,
								   fdw_private);
#else
	return create_foreignscan_path(root, rel, NULL, rows, startup_cost,
								   total_cost, pathkeys, required_outer, NULL,
								   fdw_private);
#endif
}

/* A pathkey's direction: a btree strategy number until 17. */
static inline bool
compat_pathkey_is_descending(const PathKey *pathkey)
{
#if PG_VERSION_NUM >= 180000
	return pathkey->pk_cmptype == COMPARE_GT;
#else
	return pathkey->pk_strategy == BTGreaterStrategyNumber;
#endif
}

/* The role whose user mapping a scan uses: a view's owner, or the caller. */
static inline Oid
compat_scan_user(ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Oid			userid;

#if PG_VERSION_NUM >= 160000
	userid = plan->checkAsUser;
#else
	userid = exec_rt_fetch(plan->scan.scanrelid, node->ss.ps.state)->checkAsUser;
#endif
	return OidIsValid(userid) ? userid : GetUserId();
}

/* The same while planning. */
static inline Oid
compat_rel_user(PlannerInfo *root, RelOptInfo *rel)
{
	Oid			userid;

#if PG_VERSION_NUM >= 160000
	userid = rel->userid;
#else
	userid = planner_rt_fetch(rel->relid, root)->checkAsUser;
#endif
	return OidIsValid(userid) ? userid : GetUserId();
}

static inline bool
compat_has_server_usage(Oid serverid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, serverid, roleid, ACL_USAGE) == ACLCHECK_OK;
#else
	return pg_foreign_server_aclcheck(serverid, roleid, ACL_USAGE) == ACLCHECK_OK;
#endif
}

static inline bool
compat_owns_server(Oid serverid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(ForeignServerRelationId, serverid, roleid);
#else
	return pg_foreign_server_ownercheck(serverid, roleid);
#endif
}

static inline bool
compat_may_create_in(Oid nspid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, nspid, roleid, ACL_CREATE) == ACLCHECK_OK;
#else
	return pg_namespace_aclcheck(nspid, roleid, ACL_CREATE) == ACLCHECK_OK;
#endif
}

static inline bool
compat_may_create_schema(Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(DatabaseRelationId, MyDatabaseId, roleid, ACL_CREATE) == ACLCHECK_OK;
#else
	return pg_database_aclcheck(MyDatabaseId, roleid, ACL_CREATE) == ACLCHECK_OK;
#endif
}

static inline bool
compat_owns_relation(Oid relid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relid, roleid);
#else
	return pg_class_ownercheck(relid, roleid);
#endif
}

/*
 * A lexer over a buffer of UTF-8, without escapes: it yields slices of the
 * input.  "lex" is the caller's; nothing is allocated that must be freed.
 */
static inline void
compat_json_lex_init(JsonLexContext *lex, const char *json, size_t len)
{
#if PG_VERSION_NUM >= 170000
	makeJsonLexContextCstringLen(lex, json, len, PG_UTF8, false);
#else
	/*
	 * What makeJsonLexContextCstringLen does, without its palloc: decoding a
	 * page must not allocate per row.
	 */
	memset(lex, 0, sizeof(JsonLexContext));
	lex->input = lex->token_terminator = lex->line_start = unconstify(char *, json);
	lex->line_number = 1;
	lex->input_length = (int) len;
	lex->input_encoding = PG_UTF8;
#endif
}

/*
 * A type's input function on a string that it is known to take: where an error
 * can be asked for without being raised (16 and later), it is false.
 */
static inline bool
compat_input(PGFunction input, char *string, Datum *result)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext escontext = {T_ErrorSaveContext};

	return DirectInputFunctionCallSafe(input, string, InvalidOid, -1,
									   (fmNodePtr) &escontext, result);
#else
	*result = DirectFunctionCall3(input, CStringGetDatum(string),
								  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return true;
#endif
}

/* The name under which our waits show in pg_stat_activity (17 and later). */
static inline uint32
compat_wait_event(const char *name)
{
#if PG_VERSION_NUM >= 170000
	return WaitEventExtensionNew(name);
#else
	return PG_WAIT_EXTENSION;
#endif
}

/* Which of its children a MergeAppend reads may change while the query runs. */
static inline bool
compat_prunes_while_running(PlannedStmt *stmt, MergeAppend *merge)
{
	PartitionPruneInfo *info;
	ListCell   *lc;
	ListCell   *lc2;

#if PG_VERSION_NUM >= 180000
	info = merge->part_prune_index < 0 ? NULL :
		list_nth(stmt->partPruneInfos, merge->part_prune_index);
#else
	info = merge->part_prune_info;
#endif
	if (info == NULL)
		return false;
	foreach(lc, info->prune_infos)
		foreach(lc2, lfirst_node(List, lc))
			if (lfirst_node(PartitionedRelPruneInfo, lc2)->exec_pruning_steps != NIL)
				return true;
	return false;
}

/* Does an Append that waits for its subplans surely look at the latch? */
static inline bool
compat_append_has_latch(void)
{
#if PG_VERSION_NUM >= 180000
	return true;
#else
	return false;
#endif
}

/* A random number from 0 to 1, for jitter. */
static inline double
compat_random(void)
{
#if PG_VERSION_NUM >= 150000
	return pg_prng_double(&pg_global_prng_state);
#else
	return random() / ((double) MAX_RANDOM_VALUE + 1);
#endif
}

/* AT LOCAL is of 17. */
#if PG_VERSION_NUM < 170000
#define F_TIMEZONE_TIMESTAMPTZ InvalidOid
#define F_TIMEZONE_TIMESTAMP InvalidOid
#endif

/* An infinite interval is of 17, too. */
static inline bool
compat_interval_infinite(const Interval *interval)
{
#if PG_VERSION_NUM >= 170000
	return INTERVAL_NOT_FINITE(interval);
#else
	return false;
#endif
}

typedef enum CompatZone
{
	COMPAT_ZONE_FIXED,			/* an abbreviation of one offset */
	COMPAT_ZONE_ABBREV,			/* an abbreviation that has meant several */
	COMPAT_ZONE_FULL			/* *tz, which is NULL if there is no such zone */
} CompatZone;

/* What the name of a time zone means in AT TIME ZONE; offsets count eastwards. */
static inline CompatZone
compat_decode_zone(const char *name, int *offset, pg_tz **tz)
{
	char	   *lower = downcase_truncate_identifier(name, strlen(name), false);
	int			type = UNKNOWN_FIELD;
#if PG_VERSION_NUM >= 160000
	DateTimeErrorExtra extra;

	if (DecodeTimezoneAbbrev(0, lower, &type, offset, tz, &extra) != 0)
		type = UNKNOWN_FIELD;
#else
	type = DecodeTimezoneAbbrev(0, lower, offset, tz);
#endif
	if (type == TZ || type == DTZ)
		return COMPAT_ZONE_FIXED;
	if (type == DYNTZ)
		return COMPAT_ZONE_ABBREV;
	*tz = pg_tzset(name);
	return COMPAT_ZONE_FULL;
}

#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

#endif							/* STELLANTIS_COMPAT_H */
