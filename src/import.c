/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA, and the comments on foreign tables.
 *
 * Nothing here asks the API: the tables are the catalog's.  IMPORT FOREIGN
 * SCHEMA can only create tables, not comment them, so an event trigger of the
 * extension does that at the end of the command, for tables made by CREATE
 * FOREIGN TABLE too.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_table.h"
#include "commands/comment.h"
#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "compat.h"
#include "executor/spi.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "option.h"
#include "server.h"
#include "stellantis_fdw.h"
#include "storage/lmgr.h"
#include "table.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "words.h"

#define ALL_TABLES "stellantis"
#define REMOTE_TABLES "remote"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_comment_new_tables(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_comment_tables(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(stellantis_comment_new_tables);
PG_FUNCTION_INFO_V1(stellantis_comment_tables);

/* Is "scope" the first that the resource requires? */
static bool
imported_by_scope(const Resource *resource, const char *scope)
{
	size_t		len = strlen(scope);

	return resource->scopes != NULL &&
		strncmp(resource->scopes, scope, len) == 0 &&
		(resource->scopes[len] == '\0' || resource->scopes[len] == ',');
}

/* account and vehicles need no scope and come with each scope. */
static bool
resource_in_schema(const Resource *resource, const char *remote_schema)
{
	if (strcmp(remote_schema, ALL_TABLES) == 0)
		return true;
	if (resource->of_commands || strcmp(remote_schema, REMOTE_TABLES) == 0)
		return resource->of_commands && strcmp(remote_schema, REMOTE_TABLES) == 0;
	return resource->scopes == NULL || imported_by_scope(resource, remote_schema);
}

static void
raise_unknown_schema(const char *remote_schema)
{
	int			nnames = catalog_nscopes + 2;
	const char **names = palloc(nnames * sizeof(char *));
	const char *closest;

	names[0] = ALL_TABLES;
	names[1] = REMOTE_TABLES;
	memcpy(names + 2, catalog_scopes, catalog_nscopes * sizeof(char *));
	closest = closest_match(remote_schema, names, nnames);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
			 errmsg("remote schema \"%s\" does not exist", remote_schema),
			 errdetail("There are \"%s\", which has every table, \"%s\", which has those of commands, and the scopes %s.",
					   ALL_TABLES, REMOTE_TABLES, words_joined(catalog_scopes, catalog_nscopes)),
			 closest != NULL ?
			 errhint("Perhaps you meant \"%s\".", closest) : 0));
}

static void
check_remote_schema(const char *remote_schema)
{
	if (strcmp(remote_schema, ALL_TABLES) == 0 || strcmp(remote_schema, REMOTE_TABLES) == 0)
		return;
	for (int i = 0; i < catalog_nscopes; i++)
	{
		if (strcmp(remote_schema, catalog_scopes[i]) == 0)
			return;
	}
	raise_unknown_schema(remote_schema);
}

/* The value of the import option "account", or NULL. */
static const char *
import_account(List *options)
{
	const char *account = NULL;
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "account") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\"", def->defname),
					 errhint("IMPORT FOREIGN SCHEMA takes the option \"account\" alone; set others with ALTER FOREIGN TABLE.")));
		if (account != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("option \"%s\" provided more than once", def->defname)));
		account = defGetString(def);
	}
	return account;
}

static bool
table_is_listed(List *tables, const char *name)
{
	ListCell   *lc;

	foreach(lc, tables)
	{
		if (strcmp(lfirst_node(RangeVar, lc)->relname, name) == 0)
			return true;
	}
	return false;
}

static void
raise_unknown_table(const char *name, const char *remote_schema)
{
	const char **names = palloc(catalog_nresources * sizeof(char *));
	const char *closest;
	const Resource *elsewhere = catalog_resource(name);
	int			nnames = 0;

	for (int i = 0; i < catalog_nresources; i++)
	{
		if (resource_in_schema(catalog_resources[i], remote_schema))
			names[nnames++] = catalog_resources[i]->name;
	}
	closest = closest_match(name, names, nnames);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
			 errmsg("remote schema \"%s\" has no table \"%s\"", remote_schema, name),
			 errdetail("Its tables are: %s.", words_joined(names, nnames)),
			 elsewhere != NULL ?
			 errhint("\"%s\" is in the remote schema \"%s\".", name, ALL_TABLES) :
			 closest != NULL ? errhint("Perhaps you meant \"%s\".", closest) : 0));
}

/* A table of LIMIT TO that is not there is a mistake; one of EXCEPT does no harm. */
static void
check_limit_to(ImportForeignSchemaStmt *stmt)
{
	ListCell   *lc;

	if (stmt->list_type != FDW_IMPORT_SCHEMA_LIMIT_TO)
		return;
	foreach(lc, stmt->table_list)
	{
		const char *name = lfirst_node(RangeVar, lc)->relname;
		const Resource *resource = catalog_resource(name);

		if (resource == NULL || !resource_in_schema(resource, stmt->remote_schema))
			raise_unknown_table(name, stmt->remote_schema);
	}
}

static bool
table_is_wanted(ImportForeignSchemaStmt *stmt, const Resource *resource)
{
	if (!resource_in_schema(resource, stmt->remote_schema))
		return false;
	switch (stmt->list_type)
	{
		case FDW_IMPORT_SCHEMA_LIMIT_TO:
			return table_is_listed(stmt->table_list, resource->name);
		case FDW_IMPORT_SCHEMA_EXCEPT:
			return !table_is_listed(stmt->table_list, resource->name);
		case FDW_IMPORT_SCHEMA_ALL:
			break;
	}
	return true;
}

static void
append_column(StringInfo buf, const CatalogColumn *column, bool first)
{
	appendStringInfo(buf, "%s\n  %s %s", first ? "" : ",",
					 quote_identifier(column->name), format_type_be(column->type));
}

static char *
create_statement(const Resource *resource, const char *server_name, const char *account)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE FOREIGN TABLE %s (", quote_identifier(resource->name));
	if (account != NULL)
		append_column(&buf, &catalog_account_column, true);
	for (int i = 0; i < resource->ncolumns; i++)
		append_column(&buf, &resource->columns[i], i == 0 && account == NULL);
	appendStringInfo(&buf, "\n) SERVER %s OPTIONS (resource %s",
					 quote_identifier(server_name), quote_literal_cstr(resource->name));
	if (account != NULL)
		appendStringInfo(&buf, ", account %s", quote_literal_cstr(account));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* ImportForeignSchema: the CREATE FOREIGN TABLE statements. */
List *
import_foreign_schema(ImportForeignSchemaStmt *stmt, Oid serverid)
{
	ForeignServer *server = GetForeignServer(serverid);
	const char *account = import_account(stmt->options);
	List	   *commands = NIL;

	check_remote_schema(stmt->remote_schema);
	check_limit_to(stmt);
	for (int i = 0; i < catalog_nresources; i++)
	{
		if (table_is_wanted(stmt, catalog_resources[i]))
			commands = lappend(commands,
							   create_statement(catalog_resources[i], server->servername, account));
	}
	return commands;
}

static bool
is_our_table(Oid relid)
{
	return SearchSysCacheExists1(FOREIGNTABLEREL, ObjectIdGetDatum(relid)) &&
		server_is_ours(GetForeignServer(GetForeignServerIdByRelId(relid)));
}

/*
 * What the table shows, or NULL.  Unlike options_of_table() it never raises:
 * nobody's command may fail for want of a comment.
 */
static const Resource *
resource_of_table(Oid relid)
{
	const Resource *resource = NULL;
	bool		from_status = false;
	ListCell   *lc;

	foreach(lc, GetForeignTable(relid)->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "resource") == 0)
			resource = catalog_resource(defGetString(def));
		else if (strcmp(def->defname, "source") == 0)
			from_status = strcmp(defGetString(def), "status") == 0;
	}
	if (from_status && resource != NULL &&
		strcmp(resource->name, catalog_positions_of_status.name) == 0)
		return &catalog_positions_of_status;
	return resource;
}

/* Columns that do not fit the catalog are left alone: a query will complain. */
static void
comment_column(Oid relid, const Resource *resource, Form_pg_attribute attr)
{
	const char *field = option_of_column(relid, attr->attnum);
	const CatalogColumn *column = table_catalog_column(resource, NameStr(attr->attname));
	char	   *comment;

	if (field != NULL)
		comment = field[0] == '\0' ?
			pstrdup("The whole JSON object of the row.") :
			psprintf("JSON pointer %s of the row.", field);
	else if (column != NULL && column->type == attr->atttypid && attr->atttypmod == -1)
		comment = column_comment(resource, column);
	else
		return;
	CreateComments(relid, RelationRelationId, attr->attnum, comment);
}

/* The caller holds a lock on the table, which shows the resource. */
void
comment_relation(Oid relid, const Resource *resource)
{
	Relation	rel = table_open(relid, NoLock);
	TupleDesc	desc = RelationGetDescr(rel);

	CreateComments(relid, RelationRelationId, 0, resource_comment(resource));
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped)
			comment_column(relid, resource, TupleDescAttr(desc, i));
	}
	table_close(rel, NoLock);
}

static void
comment_table(Oid relid)
{
	const Resource *resource = resource_of_table(relid);

	if (resource != NULL)
		comment_relation(relid, resource);
}

/*
 * The relations that the command made, in the current memory context.  Every
 * name is qualified and there is no operator: search_path does not matter.
 */
static List *
new_relations(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *relids = NIL;

	SPI_connect();
	if (SPI_execute("SELECT classid, objid, objsubid"
					" FROM pg_catalog.pg_event_trigger_ddl_commands()", false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the commands of the event trigger");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[3];
		bool		isnull = false;
		MemoryContext spi;

		for (int k = 0; k < 3 && !isnull; k++)
			values[k] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, k + 1, &isnull);
		if (isnull || DatumGetObjectId(values[0]) != RelationRelationId ||
			DatumGetInt32(values[2]) != 0)
			continue;
		spi = MemoryContextSwitchTo(caller);
		relids = list_append_unique_oid(relids, DatumGetObjectId(values[1]));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return relids;
}

/* Event trigger: comments our tables among those that the command made. */
Datum
stellantis_comment_new_tables(PG_FUNCTION_ARGS)
{
	List	   *relids;
	ListCell   *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" can only be called by an event trigger",
						"stellantis.comment_new_tables")));

	relids = new_relations();
	foreach(lc, relids)
	{
		if (is_our_table(lfirst_oid(lc)))
			comment_table(lfirst_oid(lc));
	}
	PG_RETURN_NULL();
}

/* Our foreign tables of a schema, by OID, so that two callers lock in one order. */
static List *
our_tables_of_schema(Oid nspid)
{
	Relation	rel = table_open(ForeignTableRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	List	   *relids = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			relid = ((Form_pg_foreign_table) GETSTRUCT(tuple))->ftrelid;

		if (get_rel_namespace(relid) == nspid && is_our_table(relid))
			relids = lappend_oid(relids, relid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(relids, list_oid_cmp);
	return relids;
}

/* False when the table is gone, or is not the caller's. */
static bool
lock_own_table(Oid relid)
{
	if (!compat_owns_relation(relid, GetUserId()))
		return false;
	LockRelationOid(relid, ShareUpdateExclusiveLock);
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		return true;
	UnlockRelationOid(relid, ShareUpdateExclusiveLock);
	return false;
}

/*
 * comment_tables(schema text): comments anew those of our tables in the schema
 * that the caller owns; how many.
 */
Datum
stellantis_comment_tables(PG_FUNCTION_ARGS)
{
	char	   *schema;
	List	   *relids;
	ListCell   *lc;
	int			ncommented = 0;

	PreventCommandIfReadOnly("stellantis.comment_tables()");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("schema must not be null")));
	schema = text_to_cstring(PG_GETARG_TEXT_PP(0));
	relids = our_tables_of_schema(LookupExplicitNamespace(schema, false));

	foreach(lc, relids)
	{
		if (!lock_own_table(lfirst_oid(lc)))
			continue;
		comment_table(lfirst_oid(lc));
		ncommented++;
	}
	if (relids != NIL && ncommented == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of the foreign tables in schema \"%s\"", schema)));
	PG_RETURN_INT32(ncommented);
}
