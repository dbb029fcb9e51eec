/*
 * ahead.c
 *	  Scans that stand beside each other under an Append or a MergeAppend.
 *
 * A MergeAppend asks one after the other for its first row and waits for each;
 * with many accounts that would take long.  But it is going to ask all of them.
 * So while one of them waits, those that have not been asked yet go on with what
 * they will be asked for, until they have a row at hand.
 *
 * Of both, the accounts' tokens are refreshed at once: who refreshes one waits
 * for nothing else meanwhile.
 */
#include "postgres.h"

#include "compat.h"
#include "executor/executor.h"
#include "plan.h"
#include "scan.h"
#include "token.h"

static ApiScan *
scan_of(const ForeignScanState *node)
{
	return node->fdw_state;
}

void
ahead_refresh(List *nodes)
{
	TokenHolder *holders = palloc(sizeof(TokenHolder) * list_length(nodes));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, nodes)
	{
		ForeignScanState *node = lfirst(lc);
		ApiScan    *scan = scan_of(node);

		if (scan->token_seen)
			continue;
		scan->token_seen = true;
		holders[n].userid = scan->userid;
		holders[n++].serverid = castNode(ForeignScan, node->ss.ps.plan)->fs_server;
	}
	if (n > 1)
		token_refresh_due(holders, n);
	pfree(holders);
}

/* The plans beside this one that are read for certain when this one is. */
static List *
plans_beside(ForeignScanState *node)
{
	PlannedStmt *stmt = node->ss.ps.state->es_plannedstmt;
	List	   *above = plan_ancestors(stmt, node->ss.ps.plan);
	MergeAppend *merge;

	if (above == NIL || !IsA(linitial(above), MergeAppend))
		return NIL;
	merge = linitial_node(MergeAppend, above);
	return compat_prunes_while_running(stmt, merge) ? NIL : merge->mergeplans;
}

/* Makes the node and those beside it known to each other. */
static void
find_fellows(ForeignScanState *node)
{
	EState	   *estate = node->ss.ps.state;
	List	   *plans = plans_beside(node);
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	List	   *fellows = NIL;
	ListCell   *lc;

	if (list_length(plans) > 1)
		foreach(lc, share_owners(scan_of(node)->share))
		{
			ForeignScanState *other = lfirst(lc);

			/* what EvalPlanQual runs again shares, too */
			if (other->ss.ps.state == estate && list_member_ptr(plans, other->ss.ps.plan))
				fellows = lappend(fellows, other);
		}
	MemoryContextSwitchTo(old);

	ahead_refresh(fellows);
	scan_of(node)->fellows_known = true;
	foreach(lc, fellows)
	{
		ApiScan    *scan = scan_of(lfirst(lc));

		scan->fellows = fellows;
		scan->fellows_known = true;
	}
}

bool
ahead_has_fellows(ForeignScanState *node)
{
	if (!scan_of(node)->fellows_known)
		find_fellows(node);
	return scan_of(node)->fellows != NIL;
}

/* Moves without waiting; true when there is a row, or the end. */
static bool
move(ForeignScanState *node)
{
	ApiScan    *scan = scan_of(node);

	scan->may_not_wait = true;
	scan_next(node);
	scan->may_not_wait = false;
	return !scan->waits;
}

/* A row that the executor has been given must stay: only what comes before it. */
static void
look_ahead(ForeignScanState *node)
{
	ApiScan    *scan = scan_of(node);
	MemoryContext old;

	if (scan->asked || scan->at_hand)
		return;
	if (node->ss.ps.chgParam != NULL)
		ExecReScan(&node->ss.ps);
	old = MemoryContextSwitchTo(node->ss.ps.ps_ExprContext->ecxt_per_tuple_memory);
	scan->at_hand = move(node);
	MemoryContextSwitchTo(old);
}

/* The node itself comes last: what its fellows have moved of its is noticed. */
static bool
all_move(void *arg)
{
	ForeignScanState *node = arg;
	ListCell   *lc;

	foreach(lc, scan_of(node)->fellows)
		if (lfirst(lc) != node)
			look_ahead(lfirst(lc));
	return move(node);
}

void
ahead_next(ForeignScanState *node)
{
	if (!move(node))
		http_wait_until(scan_of(node)->group, all_move, node);
}
