/*
 * server.c
 *	  Which foreign server a function is about, and the rows that one returns.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "commands/defrem.h"
#include "compat.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "server.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * Told by the handler's name: looking up its C function would load the library
 * of somebody else's wrapper.
 */
bool
server_is_ours(const ForeignServer *server)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	char	   *handler;

	if (!OidIsValid(wrapper->fdwhandler))
		return false;
	handler = get_func_name(wrapper->fdwhandler);
	return handler != NULL && strcmp(handler, "stellantis_fdw_handler") == 0;
}

static bool
has_mapping(Oid userid, Oid serverid)
{
	return SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
								 ObjectIdGetDatum(serverid)) ||
		SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
							  ObjectIdGetDatum(serverid));
}

/* The one server that the caller can use: USAGE, and a mapping. */
static Oid
only_server(void)
{
	Relation	rel = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	Oid			found = InvalidOid;
	int			count = 0;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Oid			serverid = ((Form_pg_foreign_server) GETSTRUCT(tuple))->oid;

		if (compat_has_server_usage(serverid, GetUserId()) &&
			has_mapping(GetUserId(), serverid) &&
			server_is_ours(GetForeignServer(serverid)))
		{
			found = serverid;
			count++;
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (count != 1)
		ereport(ERROR,
				(errcode(count == 0 ? ERRCODE_UNDEFINED_OBJECT : ERRCODE_AMBIGUOUS_FUNCTION),
				 count == 0 ? errmsg("no server of stellantis_fdw can be used") :
				 errmsg("there are %d servers of stellantis_fdw that can be used", count),
				 errdetail("Without its argument \"server\" the function takes the one for which you have USAGE and a user mapping."),
				 count == 0 ? errhint("Ask for a user mapping and for USAGE on the server.") :
				 errhint("Name the server.")));
	return found;
}

Oid
server_argument(FunctionCallInfo fcinfo, int argument)
{
	char	   *name = text_argument(fcinfo, argument);
	ForeignServer *server;

	if (name == NULL)
		return only_server();
	server = GetForeignServerByName(name, false);
	if (!server_is_ours(server))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not one of stellantis_fdw", name),
				 errdetail("Its foreign data wrapper is \"%s\".",
						   GetForeignDataWrapper(server->fdwid)->fdwname),
				 errhint("Name a server that was made with FOREIGN DATA WRAPPER stellantis_fdw.")));
	if (!compat_has_server_usage(server->serverid, GetUserId()))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FOREIGN_SERVER, name);
	return server->serverid;
}

char *
text_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

char *
required_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
	return text_argument(fcinfo, argument);
}

void
rows_begin(FunctionCallInfo fcinfo, ResultRows *rows)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		(result->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	if (get_call_result_type(fcinfo, NULL, &rows->desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	old = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	rows->desc = CreateTupleDescCopy(rows->desc);
	rows->store = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0,
										false, work_mem);
	MemoryContextSwitchTo(old);
	result->returnMode = SFRM_Materialize;
	result->setResult = rows->store;
	result->setDesc = rows->desc;
}

void
rows_add(ResultRows *rows, Datum *values, bool *nulls)
{
	tuplestore_putvalues(rows->store, rows->desc, values, nulls);
}

void
set_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	*value = text != NULL ? CStringGetTextDatum(text) : (Datum) 0;
}
