/*
 * table.h
 *	  A foreign table's columns against the catalog, and words about them.
 */
#ifndef STELLANTIS_TABLE_H
#define STELLANTIS_TABLE_H

#include "postgres.h"

#include "access/attnum.h"
#include "catalog.h"
#include "option.h"

/* Where the values of one column of a foreign table come from. */
typedef struct TableColumn
{
	AttrNumber	attnum;			/* 0: dropped, or computed by PostgreSQL; then nothing else is set */
	const char *name;
	Oid			type;
	const CatalogColumn *catalog;	/* NULL when "field" says where */
	const char *field;			/* JSON pointer into the row, or NULL */
	int			scale_num;		/* with the table's options on units */
	int			scale_den;
} TableColumn;

/*
 * The columns of a foreign table that the caller has locked: an array indexed
 * by attribute number - 1, in the current memory context.  The option "field"
 * wins over a catalog column of the same name, so that a later catalog does not
 * break a table; such a column is not the catalog's, and no qualifier on it
 * means anything to the API.  Raises for a column that cannot be filled.
 */
extern TableColumn *table_columns(Oid relid, const TableOptions *options, int *ncolumns);

/* A column of the resource, or "account"; NULL when there is none. */
extern const CatalogColumn *table_catalog_column(const Resource *resource, const char *name);

/* The names of a resource's columns, for closest_match(). */
extern const char **resource_column_names(const Resource *resource);

/* Words about the catalog, palloc'd; NULL when there is nothing to say. */
extern char *column_json_source(const CatalogColumn *column);
extern char *column_meaning(const CatalogColumn *column);
extern char *column_scopes(const Resource *resource, const CatalogColumn *column);
extern char *column_comment(const Resource *resource, const CatalogColumn *column);
extern char *resource_comment(const Resource *resource);

#endif							/* STELLANTIS_TABLE_H */
