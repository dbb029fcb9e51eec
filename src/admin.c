/*
 * admin.c
 *	  What can be asked about the wrapper in SQL: the data_catalog view.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "table.h"
#include "utils/builtins.h"

#define DATA_CATALOG_COLUMNS 7

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_data_catalog(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(stellantis_data_catalog);

/* Where the set-returning function stands. */
typedef struct CatalogCursor
{
	int			resource;
	int			column;
} CatalogCursor;

/* Moves to the next column; false after the last one. */
static bool
catalog_next(CatalogCursor *cursor, const Resource **resource, const CatalogColumn **column)
{
	while (cursor->resource < catalog_nresources)
	{
		*resource = catalog_resources[cursor->resource];
		if (cursor->column < (*resource)->ncolumns)
		{
			*column = &(*resource)->columns[cursor->column++];
			return true;
		}
		cursor->resource++;
		cursor->column = 0;
	}
	return false;
}

static void
set_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	*value = text != NULL ? CStringGetTextDatum(text) : (Datum) 0;
}

static Datum
catalog_row(TupleDesc desc, const Resource *resource, const CatalogColumn *column)
{
	Datum		values[DATA_CATALOG_COLUMNS];
	bool		nulls[DATA_CATALOG_COLUMNS];

	set_text(&values[0], &nulls[0], resource->name);
	set_text(&values[1], &nulls[1], column->name);
	set_text(&values[2], &nulls[2], format_type_be(column->type));
	set_text(&values[3], &nulls[3], column->unit);
	set_text(&values[4], &nulls[4], column_scopes(resource, column));
	set_text(&values[5], &nulls[5], column_json_source(column));
	set_text(&values[6], &nulls[6], column_meaning(column));
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

static void
begin_catalog(FunctionCallInfo fcinfo, FuncCallContext *context)
{
	MemoryContext caller = MemoryContextSwitchTo(context->multi_call_memory_ctx);
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != DATA_CATALOG_COLUMNS)
		elog(ERROR, "unexpected row type of data_catalog()");
	context->tuple_desc = BlessTupleDesc(desc);
	context->user_fctx = palloc0(sizeof(CatalogCursor));
	MemoryContextSwitchTo(caller);
}

/* The rows of the view data_catalog: every column of every resource. */
Datum
stellantis_data_catalog(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	const Resource *resource;
	const CatalogColumn *column;

	if (SRF_IS_FIRSTCALL())
	{
		context = SRF_FIRSTCALL_INIT();
		begin_catalog(fcinfo, context);
	}
	context = SRF_PERCALL_SETUP();
	if (!catalog_next(context->user_fctx, &resource, &column))
		SRF_RETURN_DONE(context);
	SRF_RETURN_NEXT(context, catalog_row(context->tuple_desc, resource, column));
}
