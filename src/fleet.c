/*
 * fleet.c
 *	  add_account() and drop_account(): an account as partitions of tables that
 *	  hold the rows of all of them.
 *
 * What an account consists of is made by the same statements that a person
 * would write, as the caller, so PostgreSQL checks his rights and dependencies,
 * and event triggers see it.  The catalog says what belongs to an account:
 * nothing of it is remembered elsewhere.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "account.h"
#include "compat.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "option.h"
#include "nodes/makefuncs.h"
#include "parser/parser.h"
#include "server.h"
#include "stellantis_fdw.h"
#include "table.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "words.h"

/* Partitions are in the schema of this name, so that they are not in the way. */
#define PARTITIONS_OF	"%s_accounts"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_add_account(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_drop_account(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(stellantis_add_account);
PG_FUNCTION_INFO_V1(stellantis_drop_account);

/* ---- statements ---- */

/*
 * Runs a statement.  Not through SPI, whose errors repeat its text: the options
 * of a server may turn out to be secrets that do not belong there.
 */
static void run(const char *format,...) pg_attribute_printf(1, 2);

static void
run(const char *format,...)
{
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&sql, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&sql, needed);
	}
	foreach(lc, raw_parser(sql.data, RAW_PARSE_DEFAULT))
	{
		PlannedStmt *statement = makeNode(PlannedStmt);

		statement->commandType = CMD_UTILITY;
		statement->utilityStmt = lfirst_node(RawStmt, lc)->stmt;
		ProcessUtility(statement, sql.data, false, PROCESS_UTILITY_QUERY, NULL, NULL,
					   None_Receiver, NULL);
		CommandCounterIncrement();
	}
}

/* ---- tables and their parents ---- */

/* Is it a table that accounts' tables can be partitions of? */
static bool
is_parent(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	PartitionKey key = RelationGetPartitionKey(rel);
	bool		result = key != NULL && key->strategy == PARTITION_STRATEGY_LIST &&
		key->partnatts == 1 && key->partattrs[0] > 0 &&
		strcmp(NameStr(TupleDescAttr(RelationGetDescr(rel), key->partattrs[0] - 1)->attname),
			   catalog_account_column.name) == 0;

	table_close(rel, AccessShareLock);
	return result;
}

static void
append_column(StringInfo buf, const char *name, Oid type, int32 typmod)
{
	appendStringInfo(buf, "%s%s %s", buf->len > 0 ? ", " : "", quote_identifier(name),
					 format_type_with_typemod(type, typmod));
}

/* The columns of all accounts' tables of a resource, as long as there is none. */
static char *
columns_of_resource(const Resource *resource)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_column(&buf, catalog_account_column.name, catalog_account_column.type, -1);
	for (int i = 0; i < resource->ncolumns; i++)
		append_column(&buf, resource->columns[i].name, resource->columns[i].type, -1);
	return buf.data;
}

/* The columns that a table has that is to become a partition. */
static char *
columns_of_parent(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		if (!attr->attisdropped)
			append_column(&buf, NameStr(attr->attname), attr->atttypid, attr->atttypmod);
	}
	table_close(rel, AccessShareLock);
	return buf.data;
}

static Oid
require_parent(const char *schema, Oid nspid, const Resource *resource)
{
	const char *name = resource->name;
	Oid			relid = get_relname_relid(name, nspid);

	if (!OidIsValid(relid))
	{
		run("CREATE TABLE %s (%s) PARTITION BY LIST (%s)",
			quote_qualified_identifier(schema, name), columns_of_resource(resource),
			catalog_account_column.name);
		relid = get_relname_relid(name, nspid);
		comment_relation(relid, resource);
	}
	else if (!is_parent(relid))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists in schema \"%s\"", name, schema),
				 errdetail("It is not partitioned by a list of \"%s\", so an account's table cannot be a partition of it.",
						   catalog_account_column.name),
				 errhint("Choose another schema, or rename or drop the relation.")));
	return relid;
}

/* ---- adding ---- */

/* The options of the server, for its statement; '' when there are none. */
static char *
options_of(Jsonb *options)
{
	StringInfoData buf;
	JsonbIterator *it;
	JsonbValue	value;
	JsonbIteratorToken token;
	const char *name = NULL;

	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errhint("Write for example '{\"brand\": \"peugeot\", \"client_id\": \"...\"}'.")));
	initStringInfo(&buf);
	it = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		if (token != WJB_VALUE)
			continue;
		if (value.type != jbvString && value.type != jbvNumeric && value.type != jbvBool)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for option \"%s\"", name),
					 errdetail("It must be a string, a number, or true or false.")));
		appendStringInfo(&buf, "%s%s %s", buf.len > 0 ? ", " : "OPTIONS (", quote_identifier(name),
						 quote_literal_cstr(value.type == jbvString ?
											pnstrdup(value.val.string.val, value.val.string.len) :
											value.type == jbvBool ? (value.val.boolean ? "true" : "false") :
											DatumGetCString(DirectFunctionCall1(numeric_out,
																				NumericGetDatum(value.val.numeric)))));
	}
	if (buf.len > 0)
		appendStringInfoChar(&buf, ')');
	return buf.data;
}

static void
raise_unknown_table(const char *name)
{
	const char **names = palloc(catalog_nresources * sizeof(char *));
	const char *closest;

	for (int i = 0; i < catalog_nresources; i++)
		names[i] = catalog_resources[i]->name;
	closest = closest_match(name, names, catalog_nresources);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
			 errmsg("there is no table \"%s\"", name),
			 errdetail("There are: %s.", words_joined(names, catalog_nresources)),
			 closest != NULL ? errhint("Perhaps you meant \"%s\".", closest) : 0));
}

/* The resources that an array names; all of them when it is NULL. */
static List *
resources_of(ArrayType *tables)
{
	List	   *result = NIL;
	Datum	   *names;
	bool	   *nulls;
	int			n;

	if (tables == NULL)
	{
		for (int i = 0; i < catalog_nresources; i++)
			result = lappend(result, (void *) catalog_resources[i]);
		return result;
	}
	deconstruct_array(tables, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		const char *name = nulls[i] ? "NULL" : TextDatumGetCString(names[i]);
		const Resource *resource = nulls[i] ? NULL : catalog_resource(name);

		if (resource == NULL)
			raise_unknown_table(name);
		result = list_append_unique_ptr(result, (void *) resource);
	}
	return result;
}

static void
check_name(const char *name, List *resources)
{
	ListCell   *lc;

	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("the name of an account must not be empty")));
	foreach(lc, resources)
	{
		const Resource *resource = lfirst(lc);

		if (strlen(resource->name) + 1 + strlen(name) >= NAMEDATALEN)
			ereport(ERROR,
					(errcode(ERRCODE_NAME_TOO_LONG),
					 errmsg("the name of an account is too long"),
					 errdetail("Its table of %s would have a name of more than %d bytes.",
							   resource->name, NAMEDATALEN - 1)));
	}
	if (OidIsValid(get_foreign_server_oid(name, true)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("server \"%s\" already exists", name),
				 errdetail("An account's server has its name."),
				 errhint("Choose another name, or drop the account with stellantis.drop_account.")));
}

static Oid
require_schema(const char *schema)
{
	Oid			nspid = get_namespace_oid(schema, true);

	if (!OidIsValid(nspid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist", schema),
				 errhint("Use CREATE SCHEMA %s.", quote_identifier(schema))));
	return nspid;
}

/*
 * The schema for partitions: one beside that of their parents; made, if need
 * be, by who may.  Who may not has them in that of the parents.
 */
static const char *
require_partitions_schema(const char *schema)
{
	char	   *beside = psprintf(PARTITIONS_OF, schema);
	Oid			nspid = get_namespace_oid(beside, true);

	if (OidIsValid(nspid))
		return compat_may_create_in(nspid, GetUserId()) ? beside : schema;
	if (strlen(beside) >= NAMEDATALEN || !compat_may_create_schema(GetUserId()))
		return schema;
	run("CREATE SCHEMA %s", quote_identifier(beside));
	return beside;
}

static void
add_table(const char *account, const char *schema, const char *partitions, Oid parent,
		  const Resource *resource)
{
	char	   *name = psprintf("%s_%s", resource->name, account);
	char	   *qualified = quote_qualified_identifier(partitions, name);

	run("CREATE FOREIGN TABLE %s (%s) SERVER %s OPTIONS (resource %s, account %s)",
		qualified, columns_of_parent(parent), quote_identifier(account),
		quote_literal_cstr(resource->name), quote_literal_cstr(account));

	/* unlike CREATE ... PARTITION OF it does not wait for queries that are running */
	run("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%s)",
		quote_qualified_identifier(schema, resource->name), qualified,
		quote_literal_cstr(account));
}

/*
 * add_account(name text, options jsonb, into_schema text, tables text[]): how
 * many tables.
 */
Datum
stellantis_add_account(PG_FUNCTION_ARGS)
{
	char	   *name;
	char	   *schema;
	const char *partitions;
	List	   *resources;
	Oid			nspid;
	ListCell   *lc;

	PreventCommandIfReadOnly("stellantis.add_account()");
	name = required_argument(fcinfo, 0, "name");
	if (PG_ARGISNULL(1))
		(void) required_argument(fcinfo, 1, "options");
	schema = required_argument(fcinfo, 2, "into_schema");
	resources = resources_of(PG_ARGISNULL(3) ? NULL : PG_GETARG_ARRAYTYPE_P(3));
	nspid = require_schema(schema);
	check_name(name, resources);

	run("CREATE SERVER %s FOREIGN DATA WRAPPER stellantis_fdw %s", quote_identifier(name),
		options_of(PG_GETARG_JSONB_P(1)));
	partitions = require_partitions_schema(schema);
	foreach(lc, resources)
	{
		const Resource *resource = lfirst(lc);

		add_table(name, schema, partitions, require_parent(schema, nspid, resource), resource);
	}
	PG_RETURN_INT32(list_length(resources));
}

/* ---- dropping ---- */

/* Is the foreign table a partition, with its account as the value? */
static bool
is_of_account(Oid relid)
{
	ListCell   *lc;

	if (!get_rel_relispartition(relid) || !is_parent(get_partition_parent(relid, true)))
		return false;
	foreach(lc, GetForeignTable(relid)->options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, "account") == 0)
			return true;
	return false;
}

/* The account's tables, by OID, so that two callers lock in one order. */
static List *
tables_of_account(Oid serverid)
{
	Relation	rel = table_open(ForeignTableRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	List	   *relids = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_table table = (Form_pg_foreign_table) GETSTRUCT(tuple);

		if (table->ftserver == serverid && is_of_account(table->ftrelid))
			relids = lappend_oid(relids, table->ftrelid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(relids, list_oid_cmp);
	return relids;
}

static char *
qualified_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/*
 * Runs a statement, unless something depends on what it drops: then that stays.
 */
static void
drop_if_unused(const char *statement)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		run("%s", statement);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST &&
			error->sqlerrcode != ERRCODE_INSUFFICIENT_PRIVILEGE)
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

/*
 * Drops an account's table, and what there was for it: the table of all
 * accounts, and the schema for partitions, when it was their last one.
 */
static void
drop_table(Oid relid)
{
	Oid			parent = get_partition_parent(relid, true);
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	bool		beside = strcmp(schema, psprintf(PARTITIONS_OF,
												 get_namespace_name(get_rel_namespace(parent)))) == 0;

	run("DROP FOREIGN TABLE %s", qualified_name(relid));
	if (find_inheritance_children(parent, NoLock) != NIL)
		return;
	drop_if_unused(psprintf("DROP TABLE %s", qualified_name(parent)));
	if (beside)
		drop_if_unused(psprintf("DROP SCHEMA %s", quote_identifier(schema)));
}

static void
drop_mappings(Oid serverid, const char *server)
{
	Relation	rel = table_open(UserMappingRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	List	   *userids = NIL;
	ListCell   *lc;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_user_mapping mapping = (Form_pg_user_mapping) GETSTRUCT(tuple);

		if (mapping->umserver == serverid)
			userids = lappend_oid(userids, mapping->umuser);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	foreach(lc, userids)
		run("DROP USER MAPPING FOR %s SERVER %s", account_role_name(lfirst_oid(lc)),
			quote_identifier(server));
}

static Oid
require_account(const char *name)
{
	Oid			serverid = get_foreign_server_oid(name, true);

	if (!OidIsValid(serverid) || !server_is_ours(GetForeignServer(serverid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("account \"%s\" does not exist", name),
				 errdetail("There is no server of stellantis_fdw of that name.")));
	if (!compat_owns_server(serverid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FOREIGN_SERVER, name);
	return serverid;
}

/* drop_account(name text): how many tables. */
Datum
stellantis_drop_account(PG_FUNCTION_ARGS)
{
	char	   *name;
	Oid			serverid;
	List	   *tables;
	ListCell   *lc;

	PreventCommandIfReadOnly("stellantis.drop_account()");
	name = required_argument(fcinfo, 0, "name");
	serverid = require_account(name);
	tables = tables_of_account(serverid);
	if (tables == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" was not made by stellantis.add_account", name),
				 errdetail("It has no tables that are partitions by account."),
				 errhint("Use DROP SERVER.")));

	foreach(lc, tables)
		drop_table(lfirst_oid(lc));
	drop_mappings(serverid, name);
	run("DROP SERVER %s", quote_identifier(name));
	PG_RETURN_INT32(list_length(tables));
}
