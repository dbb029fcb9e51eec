/*
 * decode_target.c
 *	  A document through the decoder, beside the model, PostgreSQL's own JSON
 *	  parser, and the decoder itself with other columns.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "fuzz.h"
#include "storage/lmgr.h"
#include "table.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* A foreign table, and what is decoded for it. */
typedef struct Shape
{
	char		letter;			/* in the table "shapes" */
	const Resource *resource;
	DecodeColumn *columns;
	const char **names;
	int			ncolumns;
} Shape;

/* All that came of decoding a document. */
typedef struct Decoded
{
	bool		broken;
	char		error[200];
	int			nrows;
	int			ncolumns;
	Datum	   *values;			/* row by row */
	bool	   *nulls;
	PageEnvelope envelope;
} Decoded;

static Shape *shapes;
static int	nshapes;

/* ---- shapes ---- */

static void
add_column(Shape *shape, const char *name, DecodeColumn column)
{
	shape->names[shape->ncolumns] = name;
	shape->columns[shape->ncolumns++] = column;
}

/* What a scan of all columns would decode. */
static void
read_shape(Oid relid, Shape *shape)
{
	TableOptions options;
	TableColumn *columns;
	int			n;

	options_of_table(relid, &options);
	columns = table_columns(relid, &options, &n);
	shape->resource = options.resource;
	shape->columns = palloc0((n + 1) * sizeof(DecodeColumn));
	shape->names = palloc0((n + 1) * sizeof(char *));
	for (int i = 0; i < n; i++)
	{
		const TableColumn *column = &columns[i];

		if (column->attnum == 0 || (column->field == NULL && column->catalog->source != SRC_JSON))
			continue;
		add_column(shape, column->name, (DecodeColumn)
				   {
					   .type = column->type,
					   .conversion = column->field == NULL ? column->catalog->conversion : CONV_SCALAR,
					   .paths = column->field == NULL ? column->catalog->paths : NULL,
					   .pointer = column->field,
					   .scale_num = column->scale_num,
					   .scale_den = column->scale_den
				   });
	}
}

void
decode_init(void)
{
	SPI_connect();
	if (SPI_execute("SELECT letter, shape::oid FROM shapes ORDER BY letter", true, 0) != SPI_OK_SELECT ||
		SPI_processed == 0)
		elog(ERROR, "this database has no shapes");
	nshapes = SPI_processed;
	shapes = MemoryContextAllocZero(TopMemoryContext, nshapes * sizeof(Shape));
	for (int i = 0; i < nshapes; i++)
	{
		bool		isnull;
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Oid			relid = DatumGetObjectId(SPI_getbinval(tuple, desc, 2, &isnull));
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		LockRelationOid(relid, AccessShareLock);
		read_shape(relid, &shapes[i]);
		MemoryContextSwitchTo(old);
		shapes[i].letter = DatumGetChar(SPI_getbinval(tuple, desc, 1, &isnull));
	}
	SPI_finish();
}

/* ---- decoding ---- */

static void
keep_row(Decoded *decoded, const Datum *values, const bool *nulls)
{
	int			n = decoded->ncolumns;
	int			rows = decoded->nrows++;

	decoded->values = rows == 0 ? palloc(Max(n, 1) * sizeof(Datum)) :
		repalloc(decoded->values, (rows + 1) * Max(n, 1) * sizeof(Datum));
	decoded->nulls = rows == 0 ? palloc(Max(n, 1) * sizeof(bool)) :
		repalloc(decoded->nulls, (rows + 1) * Max(n, 1) * sizeof(bool));
	memcpy(decoded->values + rows * n, values, n * sizeof(Datum));
	memcpy(decoded->nulls + rows * n, nulls, n * sizeof(bool));
}

static void
decode(Decoder *decoder, int ncolumns, const char *json, size_t len, Decoded *decoded)
{
	Datum	   *values = palloc0(Max(ncolumns, 1) * sizeof(Datum));
	bool	   *nulls = palloc0(Max(ncolumns, 1) * sizeof(bool));
	MemoryContext context = CurrentMemoryContext;
	DecodeResult result;

	memset(decoded, 0, sizeof(Decoded));
	decoded->ncolumns = ncolumns;
	result = decode_begin(decoder, json, len, &decoded->envelope);
	while (result == DECODE_ROW)
	{
		result = decode_row(decoder, values, nulls);
		if (result == DECODE_ROW)
			keep_row(decoded, values, nulls);
	}
	if (CurrentMemoryContext != context)
		finding("the decoder left another memory context");
	decoded->broken = result == DECODE_BROKEN;
	strlcpy(decoded->error, decoded->broken ? decoder_error(decoder) : "", sizeof(decoded->error));
}

static void
check_error_text(const Decoded *decoded)
{
	size_t		len = strlen(decoded->error);

	if (!decoded->broken)
		return;
	if (len < 10 || decoded->error[len - 1] != '.' || strpbrk(decoded->error, "\t\n\r") != NULL)
		finding("the decoder's words are no sentence: %s", decoded->error);
	for (size_t i = 0; i < len; i++)
	{
		if (decoded->error[i] < ' ' || decoded->error[i] > '~')
			finding("the decoder's words have the character %d", decoded->error[i]);
	}
}

/* ---- values ---- */

static const char *
shown(Oid type, Datum value, bool isnull)
{
	Oid			output;
	bool		varlena;

	if (isnull)
		return "NULL";
	getTypeOutputInfo(type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

static void
check_text(const char *name, Datum value)
{
	text	   *t = DatumGetTextPP(value);

	if (!is_valid_text(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)))
		finding("%s: the text is none in the database encoding", name);
}

/* What any value of the type must be. */
static void
check_value(const char *name, Oid type, Datum value)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case JSONOID:
			check_text(name, value);
			break;
		case FLOAT8OID:
			if (isnan(DatumGetFloat8(value)) || isinf(DatumGetFloat8(value)))
				finding("%s: the number is not finite", name);
			break;
		case FLOAT4OID:
			if (isnan(DatumGetFloat4(value)) || isinf(DatumGetFloat4(value)))
				finding("%s: the number is not finite", name);
			break;
		case TIMESTAMPTZOID:
			if (!IS_VALID_TIMESTAMP(DatumGetTimestampTz(value)))
				finding("%s: the time is out of range", name);
			break;
		case NUMERICOID:
			if (numeric_is_nan(DatumGetNumeric(value)) || numeric_is_inf(DatumGetNumeric(value)))
				finding("%s: the number is not finite", name);
			break;
		case TEXTARRAYOID:
			{
				Datum	   *elements;
				bool	   *nulls;
				int			n;

				deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
								  &elements, &nulls, &n);
				for (int i = 0; i < n; i++)
				{
					if (!nulls[i])
						check_text(name, elements[i]);
				}
				break;
			}
		default:
			break;
	}
	(void) shown(type, value, false);
}

/* Equal to the last bit. */
static bool
same(Oid type, Datum a, bool a_null, Datum b, bool b_null)
{
	int16		len;
	bool		byval;

	if (a_null || b_null)
		return a_null == b_null;
	get_typlenbyval(type, &len, &byval);
	return datumIsEqual(a, b, byval, len);
}

static bool
near_double(double a, double b, double slack)
{
	return a == b || fabs(a - b) <= slack * Max(fabs(b) * 2.3e-16, 5e-324);
}

/* Equal but for what the model leaves open. */
static bool
agrees(Oid type, Datum value, bool isnull, const ModelValue *model)
{
	if (model->unsure || isnull || model->isnull)
		return model->unsure || isnull == model->isnull;
	if (same(type, value, false, model->value, false))
		return true;
	if (type == FLOAT8OID)
		return near_double(DatumGetFloat8(value), DatumGetFloat8(model->value), model->slack);
	if (type == TIMESTAMPTZOID)
		return llabs(DatumGetTimestampTz(value) - DatumGetTimestampTz(model->value)) <= model->usec_slack;
	if (type == INTERVALOID)
	{
		Interval   *a = DatumGetIntervalP(value);
		Interval   *b = DatumGetIntervalP(model->value);

		return a->month == b->month && a->day == b->day &&
			(llabs(a->time - b->time) <= model->usec_slack || near_double(a->time, b->time, model->slack));
	}
	return false;
}

/* ---- against the others ---- */

static void
check_against_model(const Shape *shape, const Decoded *decoded, const ModelDocument *model)
{
	if (decoded->broken != model->broken)
		finding("the decoder says \"%s\", the model %s", decoded->broken ? decoded->error : "fine",
				model->broken ? "that it is broken" : "that it is fine");
	if (model->is_json ? decoded->nrows != model->nrows : decoded->nrows < model->nrows)
		finding("the decoder found %d rows, the model %d", decoded->nrows, model->nrows);
	for (int row = 0; row < model->nrows; row++)
	{
		for (int i = 0; i < shape->ncolumns; i++)
		{
			int			at = row * shape->ncolumns + i;
			Oid			type = shape->columns[i].type;
			ModelValue	want;

			model_column(&shape->columns[i], model->rows[row], &want);
			if (!agrees(type, decoded->values[at], decoded->nulls[at], &want))
				finding("row %d, column %s: the decoder has %s, the model %s", row + 1, shape->names[i],
						shown(type, decoded->values[at], decoded->nulls[at]),
						shown(type, want.value, want.isnull));
		}
	}
	if (decoded->broken)
		return;
	if (!decoded->envelope.complete)
		finding("the envelope is not complete at the end");
	if (decoded->envelope.total != model->total)
		finding("the decoder has total " INT64_FORMAT ", the model " INT64_FORMAT,
				decoded->envelope.total, model->total);
	if ((decoded->envelope.next_token == NULL) != (model->next_token == NULL) ||
		(model->next_token != NULL && strcmp(decoded->envelope.next_token, model->next_token) != 0))
		finding("the decoder has page token %s, the model %s",
				decoded->envelope.next_token != NULL ? decoded->envelope.next_token : "NULL",
				model->next_token != NULL ? model->next_token : "NULL");
}

/* Where PostgreSQL's parser, whose lexer is the decoder's, sees JSON. */
static void
check_against_parser(const char *json, size_t len, const ModelDocument *model)
{
	JsonLexContext lex;
	bool		is_json;

	if (model->too_deep)
		return;
	compat_json_lex_init(&lex, json, len);
	is_json = pg_parse_json(&lex, &nullSemAction) == JSON_SUCCESS;

	/* its lexer lets a NUL pass behind a backslash */
	if (is_json && memchr(json, '\0', len) != NULL)
		is_json = false;
	if (is_json != model->is_json)
		finding("PostgreSQL says that the document is %sJSON, the model that it is %sJSON",
				is_json ? "" : "no ", model->is_json ? "" : "no ");
}

/* The same document again, with the same decoder. */
static void
check_again(const Shape *shape, Decoder *decoder, const char *json, size_t len, const Decoded *first)
{
	Decoded		again;

	decode(decoder, shape->ncolumns, json, len, &again);
	if (again.broken != first->broken || again.nrows != first->nrows ||
		again.envelope.total != first->envelope.total || strcmp(again.error, first->error) != 0)
		finding("decoded again, the document has another end: \"%s\", then \"%s\"", first->error, again.error);
	for (int i = 0; i < first->nrows * shape->ncolumns; i++)
	{
		int			column = i % shape->ncolumns;

		if (!same(shape->columns[column].type, first->values[i], first->nulls[i],
				  again.values[i], again.nulls[i]))
			finding("decoded again, column %s is %s and not %s", shape->names[column],
					shown(shape->columns[column].type, again.values[i], again.nulls[i]),
					shown(shape->columns[column].type, first->values[i], first->nulls[i]));
	}
}

/* Some of the columns, alone. */
static void
check_subset(const Shape *shape, int choice, const char *rows_key, const char *row_pointer,
			 const char *json, size_t len, const Decoded *all)
{
	DecodeColumn *columns = palloc(Max(shape->ncolumns, 1) * sizeof(DecodeColumn));
	int		   *which = palloc(Max(shape->ncolumns, 1) * sizeof(int));
	unsigned	random = CHOICE_SUBSET(choice) * 2654435761u;
	bool		single = CHOICE_SUBSET(choice) % 2 == 0;
	int			n = 0;
	Decoded		some;

	for (int i = 0; i < shape->ncolumns; i++)
	{
		random = random * 1103515245 + 12345;
		if (single ? i == (CHOICE_SUBSET(choice) + len) % shape->ncolumns : (random >> 16) % 4 == 0)
		{
			columns[n] = shape->columns[i];
			which[n++] = i;
		}
	}
	decode(decoder_create(columns, n, rows_key, row_pointer), n, json, len, &some);
	if (some.broken != all->broken || some.nrows != all->nrows)
		finding("%d columns: %d rows, %s; all columns: %d rows, %s", n, some.nrows,
				some.broken ? "broken" : "fine", all->nrows, all->broken ? "broken" : "fine");
	for (int i = 0; i < some.nrows * n; i++)
	{
		int			column = which[i % n];
		int			at = (i / n) * shape->ncolumns + column;
		Oid			type = shape->columns[column].type;

		if (!same(type, some.values[i], some.nulls[i], all->values[at], all->nulls[at]))
			finding("column %s is %s among %d columns, and %s among all", shape->names[column],
					shown(type, some.values[i], some.nulls[i]), n,
					shown(type, all->values[at], all->nulls[at]));
	}
}

static void
fuzz_shape(const Shape *shape, int choice, const char *json, size_t len)
{
	bool		object = shape->resource->rows_key == NULL || (choice & CHOICE_OBJECT) != 0;
	const char *rows_key = object ? NULL : shape->resource->rows_key;
	const char *row_pointer = object ? shape->resource->row_pointer : NULL;
	Decoder    *decoder = decoder_create(shape->columns, shape->ncolumns, rows_key, row_pointer);
	ModelDocument model;
	Decoded		decoded;

	decode(decoder, shape->ncolumns, json, len, &decoded);
	check_error_text(&decoded);
	if (object && decoded.broken && decoded.nrows > 0)
		finding("a broken document has a row");
	for (int i = 0; i < decoded.nrows * shape->ncolumns; i++)
	{
		if (!decoded.nulls[i])
			check_value(shape->names[i % shape->ncolumns],
						shape->columns[i % shape->ncolumns].type, decoded.values[i]);
	}
	model_document(json, len, rows_key, row_pointer == NULL ? NULL :
				   row_pointer + (*row_pointer == '/' ? 1 : 0), &model);
	check_against_parser(json, len, &model);
	check_against_model(shape, &decoded, &model);
	check_again(shape, decoder, json, len, &decoded);
	check_subset(shape, choice, rows_key, row_pointer, json, len, &decoded);
}

/* A letter that is none chooses some shape, too. */
void
fuzz_decode(int letter, int choice, const char *json, size_t len)
{
	const Shape *shape = &shapes[letter % nshapes];

	for (int i = 0; i < nshapes; i++)
	{
		if (shapes[i].letter == letter)
			shape = &shapes[i];
	}
	fuzz_shape(shape, choice, json, len);
}

void
fuzz_pointer(int choice, const char *text, size_t len)
{
	static const Oid types[] = {JSONBOID, JSONOID, TEXTOID, TEXTARRAYOID, FLOAT8OID, NUMERICOID,
		INT2OID, INT4OID, INT8OID, BOOLOID, TIMESTAMPTZOID, INTERVALOID, FLOAT4OID, VARCHAROID};
	static const char *names[lengthof(types)];
	DecodeColumn columns[lengthof(types)];
	Resource	resource = {.rows_key = "trips"};
	Shape		shape = {.resource = &resource,.columns = columns,.names = names,.ncolumns = lengthof(types)};
	const char *end = memchr(text, '\n', len);
	char	   *pointer;

	if (end == NULL)
		return;
	pointer = pnstrdup(text, end - text);
	if (strlen(pointer) != end - text || !is_valid_text(pointer, end - text) ||
		!json_pointer_is_valid(pointer) || strlen(pointer) > 1000 || as_utf8(pointer) == NULL)
		return;
	memset(columns, 0, sizeof(columns));
	for (int i = 0; i < lengthof(types); i++)
	{
		names[i] = format_type_be(types[i]);
		columns[i].type = types[i];
		columns[i].pointer = pointer;
		columns[i].scale_num = columns[i].scale_den = 1;
	}
	fuzz_shape(&shape, choice, end + 1, text + len - (end + 1));
}
