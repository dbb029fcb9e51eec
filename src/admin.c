/*
 * admin.c
 *	  What can be asked about the wrapper in SQL, without asking the API: the
 *	  views data_catalog and token_status.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "account.h"
#include "catalog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "compat.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "option.h"
#include "server.h"
#include "table.h"
#include "token.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_data_catalog(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_token_status(PG_FUNCTION_ARGS);

/* ---- data_catalog ---- */

static void
add_column(ResultRows *rows, const Resource *resource, const CatalogColumn *column)
{
	Datum		values[7];
	bool		nulls[7];

	set_text(&values[0], &nulls[0], resource->name);
	set_text(&values[1], &nulls[1], column->name);
	set_text(&values[2], &nulls[2], format_type_be(column->type));
	set_text(&values[3], &nulls[3], column->unit);
	set_text(&values[4], &nulls[4], column_scopes(resource, column));
	set_text(&values[5], &nulls[5], column_json_source(column));
	set_text(&values[6], &nulls[6], column_meaning(column));
	rows_add(rows, values, nulls);
}

PG_FUNCTION_INFO_V1(stellantis_data_catalog);

/* The rows of the view data_catalog: every column of every resource. */
Datum
stellantis_data_catalog(PG_FUNCTION_ARGS)
{
	ResultRows	rows;

	rows_begin(fcinfo, &rows);
	for (int i = 0; i < catalog_nresources; i++)
		for (int j = 0; j < catalog_resources[i]->ncolumns; j++)
			add_column(&rows, catalog_resources[i], &catalog_resources[i]->columns[j]);
	return (Datum) 0;
}

/* ---- token_status ---- */

/*
 * Who may see the state of a mapping: as for its options in pg_user_mappings,
 * and everybody who uses PUBLIC's.
 */
static bool
may_see(Oid mapped, const ForeignServer *server)
{
	Oid			role = GetUserId();

	if (superuser() || compat_owns_server(server->serverid, role))
		return true;
	return (mapped == role || !OidIsValid(mapped)) &&
		compat_has_server_usage(server->serverid, role);
}

/* Scopes between blanks as an array. */
static Datum
scope_array(const char *scope)
{
	ArrayBuildState *state = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	while (*scope != '\0')
	{
		size_t		length = strcspn(scope, " ,");

		if (length > 0)
			accumArrayResult(state, PointerGetDatum(cstring_to_text_with_len(scope, length)),
							 false, TEXTOID, CurrentMemoryContext);
		scope += length + (scope[length] != '\0');
	}
	return makeArrayResult(state, CurrentMemoryContext);
}

static void
set_time(Datum *value, bool *isnull, TimestampTz time)
{
	*isnull = TIMESTAMP_NOT_FINITE(time);
	*value = TimestampTzGetDatum(time);
}

static void
add_mapping(ResultRows *rows, const ForeignServer *server, Form_pg_user_mapping mapping)
{
	const Account *account = account_look(mapping->oid, CurrentMemoryContext);
	Datum		values[6] = {0};
	bool		nulls[6] = {false};

	if (account == NULL)
		return;
	set_text(&values[0], &nulls[0], server->servername);
	set_text(&values[1], &nulls[1], MappingUserName(mapping->umuser));
	nulls[2] = account->scope == NULL;
	if (!nulls[2])
		values[2] = scope_array(account->scope);
	set_time(&values[3], &nulls[3], account->token_expires_at);
	set_time(&values[4], &nulls[4], account->refreshed_at);
	set_text(&values[5], &nulls[5],
			 token_error_is_current(account) ? account->refresh_error : NULL);
	rows_add(rows, values, nulls);
}

PG_FUNCTION_INFO_V1(stellantis_token_status);

/* The rows of the view token_status: one a user mapping that the caller may see. */
Datum
stellantis_token_status(PG_FUNCTION_ARGS)
{
	Relation	rel = table_open(UserMappingRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	ResultRows	rows;
	HeapTuple	tuple;

	rows_begin(fcinfo, &rows);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_user_mapping mapping = (Form_pg_user_mapping) GETSTRUCT(tuple);
		ForeignServer *server = GetForeignServer(mapping->umserver);

		if (server_is_ours(server) && may_see(mapping->umuser, server))
			add_mapping(&rows, server, mapping);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return (Datum) 0;
}
