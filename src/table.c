/*
 * table.c
 *	  A foreign table's columns against the catalog, and words about them.
 *
 * A foreign table may be written by hand or altered after its import: a column
 * is found by its name, and must have the catalog's type, because values are
 * decoded to that type and no other.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "decode.h"
#include "lib/stringinfo.h"
#include "table.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "words.h"

static void raise_unknown_column(Relation rel, const Resource *resource,
								 const char *name) __attribute__((noreturn));

const CatalogColumn *
table_catalog_column(const Resource *resource, const char *name)
{
	if (strcmp(name, catalog_account_column.name) == 0)
		return &catalog_account_column;
	return catalog_column(resource, name);
}

const char **
resource_column_names(const Resource *resource)
{
	const char **names = palloc(resource->ncolumns * sizeof(char *));

	for (int i = 0; i < resource->ncolumns; i++)
		names[i] = resource->columns[i].name;
	return names;
}

static void
raise_unknown_column(Relation rel, const Resource *resource, const char *name)
{
	const char **names = resource_column_names(resource);
	const char *closest = closest_match(name, names, resource->ncolumns);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_COLUMN_NAME),
			 errmsg("column \"%s\" of foreign table \"%s\" is not a column of resource \"%s\"",
					name, RelationGetRelationName(rel), resource->name),
			 errdetail("The columns of \"%s\" are: %s.",
					   resource->name, words_joined(names, resource->ncolumns)),
			 closest != NULL ?
			 errhint("Perhaps you meant \"%s\". Any other field of the row takes the column option \"field\" with its JSON pointer.",
					 closest) :
			 errhint("Any other field of the row takes the column option \"field\" with its JSON pointer.")));
}

static void
raise_missing_account(Relation rel)
{
	const char *quoted = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
													RelationGetRelationName(rel));

	ereport(ERROR,
			(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
			 errmsg("foreign table \"%s\" has a column \"account\" but no option \"account\"",
					RelationGetRelationName(rel)),
			 errdetail("The option is the value of the column."),
			 errhint("Add it with ALTER FOREIGN TABLE %s OPTIONS (ADD account 'name'), or drop the column.",
					 quoted)));
}

/* A type modifier would promise a precision that decoded values do not have. */
static void
check_catalog_type(Relation rel, Form_pg_attribute attr, const CatalogColumn *catalog)
{
	const char *expected;

	if (attr->atttypid == catalog->type && attr->atttypmod == -1)
		return;
	expected = format_type_be(catalog->type);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			 errmsg("column \"%s\" of foreign table \"%s\" has an unexpected type",
					NameStr(attr->attname), RelationGetRelationName(rel)),
			 errdetail("The column is of type %s but is expected to be of type %s.",
					   format_type_with_typemod(attr->atttypid, attr->atttypmod), expected),
			 errhint("Change it with ALTER FOREIGN TABLE %s ALTER COLUMN %s TYPE %s.",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												RelationGetRelationName(rel)),
					 quote_identifier(NameStr(attr->attname)), expected)));
}

static void
check_field_type(Relation rel, Form_pg_attribute attr)
{
	if (decode_supports_type(attr->atttypid) && attr->atttypmod == -1)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			 errmsg("column \"%s\" of foreign table \"%s\" has a type that the option \"field\" does not support",
					NameStr(attr->attname), RelationGetRelationName(rel)),
			 errdetail("The column is of type %s.",
					   format_type_with_typemod(attr->atttypid, attr->atttypmod)),
			 decode_supports_type(attr->atttypid) ?
			 errhint("Leave out the type modifier.") :
			 errhint("Type jsonb takes any field.")));
}

/* The factor from what is sent to the column's unit, on this table. */
static void
apply_unit_option(TableColumn *column, const TableOptions *options)
{
	column->scale_num = column->catalog->scale_num;
	column->scale_den = column->catalog->scale_den;

	if (column->catalog->unit_option == UNIT_CONSUMPTION && options->consumption_as_spec)
		column->scale_num = column->scale_den = 1;
	else if (column->catalog->unit_option == UNIT_MAX_SPEED && options->max_speed_in_mps)
	{
		column->scale_num = 18;
		column->scale_den = 5;
	}
}

static void
resolve_column(Relation rel, Form_pg_attribute attr, const TableOptions *options,
			   TableColumn *column)
{
	column->attnum = attr->attnum;
	column->name = pstrdup(NameStr(attr->attname));
	column->type = attr->atttypid;
	column->field = option_of_column(RelationGetRelid(rel), attr->attnum);
	if (column->field != NULL)
	{
		check_field_type(rel, attr);
		column->scale_num = column->scale_den = 1;
		return;
	}

	column->catalog = table_catalog_column(options->resource, column->name);
	if (column->catalog == NULL)
		raise_unknown_column(rel, options->resource, column->name);
	if (column->catalog->source == SRC_ACCOUNT && options->account == NULL)
		raise_missing_account(rel);
	check_catalog_type(rel, attr, column->catalog);
	apply_unit_option(column, options);
}

/* Values of virtual generated columns (18 and later) are never asked of us. */
static bool
has_no_source(Form_pg_attribute attr)
{
#ifdef ATTRIBUTE_GENERATED_VIRTUAL
	if (attr->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
		return true;
#endif
	return attr->attisdropped;
}

TableColumn *
table_columns(Oid relid, const TableOptions *options, int *ncolumns)
{
	Relation	rel = table_open(relid, NoLock);
	TupleDesc	desc = RelationGetDescr(rel);
	TableColumn *columns = palloc0(Max(desc->natts, 1) * sizeof(TableColumn));

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		if (!has_no_source(attr))
			resolve_column(rel, attr, options, &columns[i]);
	}
	*ncolumns = desc->natts;
	table_close(rel, NoLock);
	return columns;
}

/* "a, else b", or "(a, else b) * 18/5" where a unit is converted. */
char *
column_json_source(const CatalogColumn *column)
{
	StringInfoData buf;
	bool		several = strchr(column->paths, '|') != NULL;
	bool		scaled = column->scale_num != 1 || column->scale_den != 1;

	initStringInfo(&buf);
	if (several && scaled)
		appendStringInfoChar(&buf, '(');
	for (const char *p = column->paths; *p != '\0'; p++)
	{
		if (*p == '|')
			appendStringInfoString(&buf, ", else ");
		else
			appendStringInfoChar(&buf, *p);
	}
	if (several && scaled)
		appendStringInfoChar(&buf, ')');
	if (column->scale_num != 1)
		appendStringInfo(&buf, " * %d", column->scale_num);
	if (column->scale_den != 1)
		appendStringInfo(&buf, " / %d", column->scale_den);
	if (column->unit_option == UNIT_CONSUMPTION)
		appendStringInfoString(&buf, " (as sent with consumption_unit 'spec')");
	else if (column->unit_option == UNIT_MAX_SPEED)
		appendStringInfoString(&buf, " (* 18 / 5 with max_speed_unit 'm/s')");
	return buf.data;
}

char *
column_meaning(const CatalogColumn *column)
{
	if (column->null_when == NULL)
		return pstrdup(column->meaning);
	return psprintf("%s; NULL when %s", column->meaning, column->null_when);
}

/* The table's scopes and the column's own. */
char *
column_scopes(const Resource *resource, const CatalogColumn *column)
{
	if (resource->any_scope != NULL)
		return psprintf("one of %s", words_listed(resource->any_scope));
	if (resource->scopes == NULL)
		return NULL;
	if (column != NULL && column->scope != NULL)
		return psprintf("%s, %s", words_listed(resource->scopes), column->scope);
	return words_listed(resource->scopes);
}

/* A phrase as a sentence. */
static void
append_sentence(StringInfo buf, const char *phrase)
{
	appendStringInfoChar(buf, pg_ascii_toupper((unsigned char) phrase[0]));
	appendStringInfoString(buf, phrase + 1);
	appendStringInfoChar(buf, '.');
}

char *
column_comment(const Resource *resource, const CatalogColumn *column)
{
	StringInfoData buf;
	char	   *scopes = column_scopes(resource, column);

	initStringInfo(&buf);
	append_sentence(&buf, column->meaning);
	if (column->unit != NULL)
		appendStringInfo(&buf, " Unit: %s.", column->unit);
	appendStringInfo(&buf, " %s: %s.", column->source == SRC_JSON ? "JSON" : "Source",
					 column_json_source(column));
	if (scopes != NULL && column->source == SRC_JSON)
		appendStringInfo(&buf, " Scope: %s.", scopes);
	if (column->null_when != NULL)
		appendStringInfo(&buf, " NULL when %s.", column->null_when);
	return buf.data;
}

char *
resource_comment(const Resource *resource)
{
	StringInfoData buf;
	char	   *scopes = column_scopes(resource, NULL);

	initStringInfo(&buf);
	append_sentence(&buf, resource->meaning);
	appendStringInfo(&buf, " Endpoint: %s.", resource->endpoint);
	if (scopes != NULL)
		appendStringInfo(&buf, " Scope: %s.", scopes);
	if (resource->optional_scopes != NULL)
		appendStringInfo(&buf, " Some columns are NULL without the scope %s.", resource->optional_scopes);
	return buf.data;
}
