/*
 * stellantis_fdw.c
 *	  Entry points of the library: settings and the handler.
 */
#include "postgres.h"

#include <limits.h>

#include "account.h"
#include "compat.h"
#include "fmgr.h"
#include "http.h"
#include "option.h"
#include "stellantis_fdw.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "stellantis_fdw",.version = "0.1.0");
#else
PG_MODULE_MAGIC;
#endif

extern PGDLLEXPORT void _PG_init(void);

extern PGDLLEXPORT Datum stellantis_fdw_handler(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(stellantis_fdw_handler);

int			max_requests;

void
_PG_init(void)
{
	DefineCustomIntVariable("stellantis_fdw.max_requests",
							"Requests that one statement may send to the API.",
							"Counts every data request of all scans of the statement, "
							"retries and listings included.",
							&max_requests, 1000, 1, INT_MAX,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("stellantis_fdw.max_concurrency",
							"Requests that one backend may have under way at once, over all servers.",
							NULL,
							&http_max_concurrency, 64, 1, 1000,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("stellantis_fdw.allowed_hosts",
							   "Hosts beyond the built-in ones that any server owner may name in base_url, auth_url and proxy.",
							   "Comma separated; \"host\" allows https, \"http://host\" plain http, "
							   "either with \":port\" for one port alone.",
							   &allowed_hosts, "",
							   PGC_SUSET, GUC_LIST_INPUT, check_allowed_hosts, NULL, NULL);
	MarkGUCPrefixReserved("stellantis_fdw");

	http_init();
	account_init();
}

/* The callbacks of CREATE FOREIGN DATA WRAPPER stellantis_fdw. */
Datum
stellantis_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = plan_get_rel_size;
	routine->GetForeignPaths = plan_get_paths;
	routine->GetForeignPlan = plan_get_plan;
	routine->BeginForeignScan = scan_begin;
	routine->IterateForeignScan = scan_iterate;
	routine->ReScanForeignScan = scan_rescan;
	routine->EndForeignScan = scan_end;
	routine->ExplainForeignScan = scan_explain;
	routine->IsForeignPathAsyncCapable = plan_is_async_capable;
	routine->ForeignAsyncRequest = async_request;
	routine->ForeignAsyncConfigureWait = async_configure_wait;
	routine->ForeignAsyncNotify = async_notify;
	routine->AnalyzeForeignTable = scan_analyze;
	routine->ImportForeignSchema = import_foreign_schema;

	PG_RETURN_POINTER(routine);
}
