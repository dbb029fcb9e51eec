/*
 * explain.c
 *	  What EXPLAIN says of a scan: what will be asked, and what was.
 */
#include "postgres.h"

#include "compat.h"
#include "plan.h"
#include "scan.h"
#include "stellantis_fdw.h"
#include "utils/ruleutils.h"

/* Which callbacks are asked: one, n, all. */
static char *
describe_callbacks(const ApiScan *scan)
{
	List	   *tree = scan_tree(scan, KEY_CALLBACK);
	int			named = qual_tree_count(tree, scan->operands);

	return tree == NIL ? "all" : named < 0 ? "by id" : named == 1 ? "one" : psprintf("%d", named);
}

/* Which vehicles are asked: one, n, by VIN, all. */
static char *
describe_vehicles(const ApiScan *scan)
{
	List	   *tree = scan_tree(scan, KEY_VEHICLE);
	int			named = qual_tree_count(tree, scan->operands);

	if (tree == NIL)
		return scan_tree(scan, KEY_VIN) != NIL ? "by VIN" : "all";
	if (named < 0)
		return "by id";
	return named == 1 ? "one" : psprintf("%d", named);
}

/* What is asked for rows: where only the run time can tell, either of two. */
static char *
describe_endpoint(const ApiScan *scan)
{
	const Resource *resource = scan->table.resource;
	List	   *trips = scan_tree(scan, KEY_TRIP);
	List	   *ids = scan_tree(scan, resource->lists_vehicles ? KEY_VEHICLE : KEY_ID);
	const char *instead = NULL;
	bool		maybe = false;

	if (resource->trip_endpoint != NULL && trips != NIL)
	{
		instead = resource->trip_endpoint;
		maybe = scan->trips_are_list && qual_tree_count(trips, scan->operands) < 0;
	}
	else if (resource->object_endpoint != NULL && ids != NIL)
	{
		instead = resource->object_endpoint;
		maybe = !resource->lists_vehicles &&
			(qual_tree_count(ids, scan->operands) < 0 || plan_has_parameters(scan->operands));
	}
	if (instead == NULL)
		return psprintf("GET %s", resource->endpoint);
	return maybe ? psprintf("GET %s or GET %s", instead, resource->endpoint) :
		psprintf("GET %s", instead);
}

/* Segments of a path that are longer than this are ids, and cut. */
#define LONGEST_SHOWN		24

/*
 * A request for human eyes: ids in the path are cut to their ends, dates in
 * the query are not percent-encoded.
 */
static char *
readable_request(const char *request)
{
	const char *query = strchr(request, '?');
	StringInfoData result;

	initStringInfo(&result);
	while (*request != '\0' && request != query)
	{
		int			len = strcspn(request + 1, "/?") + 1;

		if (len > LONGEST_SHOWN)
			appendStringInfo(&result, "%.5s...%.4s", request, request + len - 4);
		else
			appendBinaryStringInfo(&result, request, len);
		request += len;
	}
	for (; *request != '\0'; request++)
	{
		bool		colon = strncmp(request, "%3A", 3) == 0;

		if (!colon && strncmp(request, "%2F", 3) != 0)
			appendStringInfoChar(&result, *request);
		else
		{
			appendStringInfoChar(&result, colon ? ':' : '/');
			request += 2;
		}
	}
	return result.data;
}

/*
 * The clauses that narrow what is asked, and those that do not.  PostgreSQL's
 * Filter has them all: the former are rechecked as well.
 */
static void
explain_clauses(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *pushed = list_nth(plan->fdw_private, PLAN_PUSHED);
	List	   *context = set_deparse_context_plan(es->deparse_cxt, &plan->scan.plan,
												   plan_ancestors(es->pstmt, &plan->scan.plan));
	bool		useprefix = list_length(es->rtable) > 1 || es->verbose;
	List	   *narrowing = NIL;
	List	   *others = NIL;
	ListCell   *lc;

	foreach(lc, plan->scan.plan.qual)
	{
		char	   *clause = deparse_expression(lfirst(lc), context, useprefix, false);

		if (list_member_int(pushed, foreach_current_index(lc)))
			narrowing = lappend(narrowing, clause);
		else
			others = lappend(others, clause);
	}
	if (narrowing != NIL)
		ExplainPropertyList("Pushed Down", narrowing, es);
	if (others != NIL)
		ExplainPropertyList("Only Checked Here", others, es);
}

/*
 * How many requests are likely: of each loop where the conditions come from
 * outer rows, as PostgreSQL counts rows.  What was sent is told in sum.
 */
static void
explain_requests(ForeignScanState *node, ExplainState *es)
{
	List	   *estimate = list_nth(((ForeignScan *) node->ss.ps.plan)->fdw_private,
									PLAN_REQUESTS);

	ExplainPropertyFloat("Estimated Requests",
						 intVal(lsecond(estimate)) ? "per loop" : NULL,
						 floatVal(linitial(estimate)), 0, es);
}

/* Rows in the order of their time, or why they are not. */
static void
explain_order(const ApiScan *scan, ExplainState *es)
{
	const char *column = scan->table.resource->time_column;

	switch (scan->order_plan.direction)
	{
		case ORDER_NONE:
			break;
		case ORDER_REFUSED:
			ExplainPropertyText("Not Newest First",
								psprintf("%s may be NULL, and NULLs are to come first; use NULLS LAST or %s IS NOT NULL",
										 column, column), es);
			break;
		case ORDER_DESCENDING:
			ExplainPropertyText("Windows", psprintf("%s, newest first", column), es);
			break;
		case ORDER_ASCENDING:
			ExplainPropertyText("Windows", psprintf("%s, oldest first", column), es);
			break;
	}
	if (scan->order != NULL && es->analyze)
		ExplainPropertyInteger("Windows Read", NULL, order_windows(scan->order), es);
}

void
scan_explain(ForeignScanState *node, ExplainState *es)
{
	ApiScan    *scan = node->fdw_state;
	const Resource *resource = scan->table.resource;

	ExplainPropertyText("Endpoint", describe_endpoint(scan), es);
	if (resource->parent != PARENT_ACCOUNT || resource->lists_vehicles)
		ExplainPropertyText("Vehicles", describe_vehicles(scan), es);
	if (resource->parent == PARENT_CALLBACK)
		ExplainPropertyText("Callbacks", describe_callbacks(scan), es);
	explain_clauses(node, es);
	explain_order(scan, es);
	if (es->costs)
		explain_requests(node, es);
	if (scan->group != NULL && es->analyze)
	{
		const HttpCounters *http = http_group_counters(scan->group);

		if (scan->counters.first_request != NULL)
			ExplainPropertyText("First Request",
								psprintf("GET %s", readable_request(scan->counters.first_request)),
								es);
		ExplainPropertyInteger("Requests", NULL, http->requests, es);
		ExplainPropertyInteger("Retried", NULL, http->retried, es);
		if (scan->counters.shared > 0 || es->format != EXPLAIN_FORMAT_TEXT)
			ExplainPropertyInteger("Shared Answers", NULL, scan->counters.shared, es);
		ExplainPropertyInteger("Pages", NULL, scan->counters.pages, es);
		ExplainPropertyInteger("Bytes", NULL, http->bytes, es);
	}
}
