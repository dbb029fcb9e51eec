/*
 * decode.c
 *	  JSON -> Datum: a document's rows, of which only the wanted fields are
 *	  looked at.
 *
 * PostgreSQL's lexer runs under a descent by the tree of the wanted paths;
 * everything else is skipped, though all of it is checked to be JSON.  On the
 * way a wanted value is only noted, as a slice of the document, in its slot.
 * When the row is complete, each column takes the first of its alternatives
 * that can be converted.
 *
 * A document is read once from front to back, but for an element that a filter
 * must know before it is descended into: it is read again when it matches.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "decode.h"
#include "decode_walk.h"
#include "miscadmin.h"
#include "utils/builtins.h"

typedef struct DecoderColumn
{
	DecodeColumn wanted;
	PathAlternative *alternatives;
	int			nalternatives;
} DecoderColumn;

/* Where the reader stands between two calls. */
typedef enum DecoderState
{
	STATE_ROWS,					/* in the rows' array */
	STATE_ROW,					/* on the first token of the only row */
	STATE_END,
	STATE_BROKEN
} DecoderState;

struct Decoder
{
	DecoderColumn *columns;
	int			ncolumns;
	const char *rows_key;
	const char *row_pointer;

	PathNode   *row;			/* the columns' paths */
	PathNode   *links;			/* the paths of next and of its href in _links */
	Walker		walker;			/* its slots: the row's, then those of the links */

	DecoderState state;
	bool		rows_seen;
	int64		nrows;
	PageEnvelope *envelope;
	MemoryContext envelope_context;
};

static void
create_column(Decoder *decoder, DecoderColumn *column, const DecodeColumn *wanted)
{
	column->wanted = *wanted;
	if (wanted->scale_num == 0 || wanted->scale_den == 0)
		column->wanted.scale_num = column->wanted.scale_den = 1;
	if (wanted->type == TEXTARRAYOID && wanted->conversion == CONV_SCALAR)
		column->wanted.conversion = CONV_LIST;

	if (wanted->pointer != NULL)
		column->alternatives =
			path_add_pointer(decoder->row, wanted->pointer,
							 path_conversion_is_list(column->wanted.conversion),
							 &column->nalternatives);
	else
		column->alternatives =
			path_add_all(decoder->row, wanted->paths, wanted->conversion,
						 &column->nalternatives);
}

Decoder *
decoder_create(const DecodeColumn *columns, int ncolumns,
			   const char *rows_key, const char *row_pointer)
{
	Decoder    *decoder = palloc0(sizeof(Decoder));
	int			nslots = 0;
	int			nlists = 0;
	int			count;

	decoder->rows_key = rows_key;
	decoder->row_pointer = row_pointer;
	if (row_pointer != NULL && *row_pointer == '/')
		decoder->row_pointer++;
	decoder->state = STATE_END;

	decoder->row = path_node_create();
	decoder->ncolumns = ncolumns;
	decoder->columns = palloc0(Max(ncolumns, 1) * sizeof(DecoderColumn));
	for (int i = 0; i < ncolumns; i++)
		create_column(decoder, &decoder->columns[i], &columns[i]);
	path_number(decoder->row, &nslots, &nlists);

	decoder->links = path_node_create();
	path_add_all(decoder->links, "next|next.href", CONV_SCALAR, &count);
	path_number(decoder->links, &nslots, &nlists);

	walker_init(&decoder->walker, nslots, nlists);
	return decoder;
}

bool
decode_supports_type(Oid type)
{
	return convert_type_is_supported(type);
}

const char *
decoder_error(Decoder *decoder)
{
	return decoder->walker.reader.error;
}

/* The document is JSON, but not what it should be. */
static bool
broken_shape(Decoder *decoder, const char *format,...) pg_attribute_printf(2, 3);

static bool
broken_shape(Decoder *decoder, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	vsnprintf(decoder->walker.reader.error, sizeof(decoder->walker.reader.error), format, args);
	va_end(args);
	return false;
}

/*
 * From slices to Datums.
 */

static const JsonSlice *
alternative_value(Decoder *decoder, const PathAlternative *alternative)
{
	return &decoder->walker.slots[alternative->node->slot];
}

static const ListSlot *
alternative_list(Decoder *decoder, const PathAlternative *alternative,
				 const PathList **path)
{
	const PathSelector *selector =
	&alternative->list_node->selectors[alternative->selector];

	*path = &selector->lists[alternative->list];
	return &decoder->walker.lists[(*path)->id];
}

/* Something is there that cannot be the column's value. */
static void
report_unusable(const DecoderColumn *column, const PathAlternative *alternative)
{
	ereport(DEBUG1,
			(errmsg_internal("field \"%.*s\" cannot be converted to type %s",
							 alternative->text_len, alternative->text,
							 format_type_be(column->wanted.type))));
}

static bool
fill_list(Decoder *decoder, const DecoderColumn *column,
		  const PathAlternative *alternative, Datum *value)
{
	const PathList *path;
	const ListSlot *list = alternative_list(decoder, alternative, &path);
	bool		usable = true;

	if (list->state == LIST_WRONG)
		report_unusable(column, alternative);
	if (list->state != LIST_PRESENT)
		return false;
	convert_list_reset(&decoder->walker.converter);
	for (int i = 0; i < list->nitems; i++)
	{
		const JsonSlice *item = list->items[i];

		CHECK_FOR_INTERRUPTS();
		usable &= convert_list_add(&decoder->walker.converter, &item[0],
								   path->part[1] != NULL ? &item[1] : NULL,
								   column->wanted.conversion == CONV_LIST_LAST_SEGMENT);
	}
	if (!usable)
		report_unusable(column, alternative);
	*value = convert_list_array(&decoder->walker.converter);
	return true;
}

static bool
fill_sum(Decoder *decoder, const DecoderColumn *column,
		 const PathAlternative *alternative, Datum *value)
{
	const PathList *path;
	const ListSlot *list = alternative_list(decoder, alternative, &path);
	bool		found = false;
	bool		usable = list->state != LIST_WRONG;
	double		sum = 0;
	double		number;

	for (int i = 0; i < list->nitems; i++)
	{
		const JsonSlice *item = list->items[i];

		CHECK_FOR_INTERRUPTS();
		if (item->type == JSON_TOKEN_INVALID || item->type == JSON_TOKEN_NULL)
			continue;
		if (item->type != JSON_TOKEN_NUMBER || !convert_double(item, &number))
		{
			usable = false;
			continue;
		}
		sum += number;
		found = true;
	}
	if (found)
		sum = (sum * column->wanted.scale_num) / column->wanted.scale_den;
	if (!usable || isinf(sum))
		report_unusable(column, alternative);
	*value = Float8GetDatum(sum);
	return found && !isinf(sum);
}

static bool
fill_value(Decoder *decoder, const DecoderColumn *column,
		   const PathAlternative *alternative, Datum *value)
{
	const JsonSlice *slice = alternative_value(decoder, alternative);
	const DecodeColumn *wanted = &column->wanted;
	Converter  *converter = &decoder->walker.converter;
	bool		ok;

	if (slice->type == JSON_TOKEN_INVALID || slice->type == JSON_TOKEN_NULL)
		return false;
	switch (wanted->conversion)
	{
		case CONV_SECONDS:
			ok = convert_seconds(slice, wanted->scale_num, wanted->scale_den, value);
			break;
		case CONV_LAST_SEGMENT:
			ok = convert_last_segment(converter, slice, value);
			break;
		case CONV_ADDRESS:
			ok = convert_address(converter, slice, value);
			break;
		case CONV_KEYS:
			ok = convert_keys(converter, slice, alternative->keys_member, value);
			break;
		case CONV_PRESENCE:
			*value = PointerGetDatum(cstring_to_text_with_len(alternative->name,
															  alternative->name_len));
			ok = true;
			break;
		default:
			ok = convert_scalar(converter, slice, wanted->type,
								wanted->scale_num, wanted->scale_den, value);
			break;
	}
	if (!ok)
		report_unusable(column, alternative);
	return ok;
}

static bool
fill_column(Decoder *decoder, const DecoderColumn *column, Datum *value)
{
	for (int i = 0; i < column->nalternatives; i++)
	{
		const PathAlternative *alternative = &column->alternatives[i];
		bool		ok;

		if (alternative->node != NULL)
			ok = fill_value(decoder, column, alternative, value);
		else if (column->wanted.conversion == CONV_SUM)
			ok = fill_sum(decoder, column, alternative, value);
		else
			ok = fill_list(decoder, column, alternative, value);
		if (ok)
			return true;
	}
	return false;
}

/*
 * The document around the rows.
 */

/* total, where it is said to be a whole number. */
static bool
read_total(Decoder *decoder)
{
	JsonSlice	value = reader_token(&decoder->walker.reader);
	Datum		total;

	if (!reader_skip(&decoder->walker.reader))
		return false;
	decoder->envelope->total = -1;
	if (value.type == JSON_TOKEN_NUMBER &&
		convert_scalar(&decoder->walker.converter, &value, INT8OID, 1, 1, &total) &&
		DatumGetInt64(total) >= 0)
		decoder->envelope->total = DatumGetInt64(total);
	return true;
}

/* The parameter pageToken of a URL, decoded; NULL when there is none. */
static char *
page_token(const char *url, int len)
{
	static const char name[] = "pageToken=";
	const char *fragment = memchr(url, '#', len);
	const char *end = fragment != NULL ? fragment : url + len;
	const char *at = memchr(url, '?', end - url);

	while (at != NULL && at < end)
	{
		const char *value = ++at + strlen(name);

		while (at < end && *at != '&')
			at++;
		if (at > value && strncmp(value - strlen(name), name, strlen(name)) == 0)
		{
			char	   *token = pnstrdup(value, at - value);
			int			token_len = percent_decode(token, at - value);

			token[token_len] = '\0';
			return strlen(token) == token_len ? token : NULL;
		}
	}
	return NULL;
}

/* _links, for the next page. */
static bool
read_links(Decoder *decoder)
{
	const PathNode *next = decoder->links->members[0].node;
	const JsonSlice *link = &decoder->walker.slots[next->slot];
	const JsonSlice *href = &decoder->walker.slots[next->members[0].node->slot];
	PageEnvelope *envelope = decoder->envelope;
	JsonTokenType type = decoder->walker.reader.lex.token_type;
	MemoryContext old;
	const char *url;
	int			len;

	walk_clear(&decoder->walker, decoder->links);
	if (!walk_value(&decoder->walker, decoder->links))
		return false;
	if (type != JSON_TOKEN_OBJECT_START && type != JSON_TOKEN_NULL)
		return broken_shape(decoder, "\"_links\" is not an object.");
	envelope->links_seen = true;
	envelope->next_token = NULL;
	if (link->type == JSON_TOKEN_INVALID || link->type == JSON_TOKEN_NULL)
		return true;
	if (href->type == JSON_TOKEN_STRING &&
		convert_content(&decoder->walker.converter, href, &url, &len))
	{
		old = MemoryContextSwitchTo(decoder->envelope_context);
		envelope->next_token = page_token(url, len);
		MemoryContextSwitchTo(old);
	}
	return envelope->next_token != NULL ||
		broken_shape(decoder, "The link to the next page has no pageToken.");
}

static bool
is_rows_key(Decoder *decoder, const JsonSlice *name)
{
	const char *content;
	int			len;

	return convert_content(&decoder->walker.converter, name, &content, &len) &&
		len == strlen(decoder->rows_key) &&
		pg_strncasecmp(content, decoder->rows_key, len) == 0;
}

/* Up to and into the rows' array, or to the end of _embedded. */
static bool
read_embedded(Decoder *decoder, bool first)
{
	JsonReader *reader = &decoder->walker.reader;
	ReaderStep	step;
	JsonSlice	name;

	while ((step = reader_member(reader, first, &name)) == READER_ITEM)
	{
		first = false;
		if (!is_rows_key(decoder, &name))
		{
			if (!reader_skip(reader))
				return false;
			continue;
		}
		if (decoder->rows_seen)
			return broken_shape(decoder, "\"%s\" is there twice.", decoder->rows_key);
		if (reader->lex.token_type != JSON_TOKEN_ARRAY_START)
			return broken_shape(decoder, "\"%s\" is not an array.", decoder->rows_key);
		decoder->rows_seen = true;
		decoder->state = STATE_ROWS;
		return reader_enter(reader);
	}
	reader->depth--;
	return step == READER_END;
}

/* One member of a collection's document. */
static bool
read_collection_member(Decoder *decoder, const JsonSlice *name)
{
	JsonReader *reader = &decoder->walker.reader;

	if (walk_name_is(&decoder->walker, name, "total", 5))
		return read_total(decoder);
	if (walk_name_is(&decoder->walker, name, "_links", 6))
		return read_links(decoder);
	if (!walk_name_is(&decoder->walker, name, "_embedded", 9) ||
		reader->lex.token_type != JSON_TOKEN_OBJECT_START)
		return reader_skip(reader);
	return reader_enter(reader) && read_embedded(decoder, true);
}

/* One member of an object of which a member is the row. */
static bool
read_object_member(Decoder *decoder, const JsonSlice *name)
{
	JsonReader *reader = &decoder->walker.reader;

	if (!walk_name_is(&decoder->walker, name, decoder->row_pointer, strlen(decoder->row_pointer)))
		return reader_skip(reader);
	if (decoder->rows_seen)
		return broken_shape(decoder, "\"%s\" is there twice.", decoder->row_pointer);
	decoder->rows_seen = true;
	if (reader->lex.token_type == JSON_TOKEN_NULL)
		return true;
	decoder->state = STATE_ROW;
	return true;
}

static bool
end_document(Decoder *decoder)
{
	if (!reader_next_is(&decoder->walker.reader, JSON_TOKEN_END))
		return false;
	/* an empty collection may come without its array */
	if (decoder->rows_key != NULL && !decoder->rows_seen && decoder->envelope->total != 0)
		return broken_shape(decoder, "There is no \"%s\" in \"_embedded\".", decoder->rows_key);
	decoder->envelope->complete = true;
	return true;
}

/* Members of the document, until rows can be read or it ends. */
static bool
read_document(Decoder *decoder, bool first)
{
	JsonReader *reader = &decoder->walker.reader;
	ReaderStep	step;
	JsonSlice	name;

	decoder->state = STATE_END;
	while ((step = reader_member(reader, first, &name)) == READER_ITEM)
	{
		bool		ok;

		first = false;
		ok = decoder->rows_key != NULL ? read_collection_member(decoder, &name)
			: read_object_member(decoder, &name);
		if (!ok)
			return false;
		if (decoder->state != STATE_END)
			return true;
	}
	reader->depth--;
	return step == READER_END && end_document(decoder);
}

static bool
begin_document(Decoder *decoder, const char *json, size_t len)
{
	JsonReader *reader = &decoder->walker.reader;

	if (len >= MaxAllocSize)
		return broken_shape(decoder, "The document is too large.");
	/* The lexer lets a NUL pass behind a backslash. */
	if (memchr(json, '\0', len) != NULL)
		return broken_shape(decoder, "There is a NUL character at byte %zu.",
							strlen(json) + 1);
	reader_init(reader, json, len);
	if (!reader_next_is(reader, JSON_TOKEN_OBJECT_START))
		return false;
	if (decoder->rows_key == NULL && decoder->row_pointer == NULL)
	{
		decoder->state = STATE_ROW;
		return true;
	}
	return reader_enter(reader) && read_document(decoder, true);
}

DecodeResult
decode_begin(Decoder *decoder, const char *json, size_t len, PageEnvelope *envelope)
{
	envelope->complete = false;
	envelope->links_seen = false;
	envelope->total = -1;
	envelope->next_token = NULL;
	decoder->envelope = envelope;
	decoder->envelope_context = CurrentMemoryContext;
	decoder->walker.reader.error[0] = '\0';
	decoder->rows_seen = false;
	decoder->nrows = 0;
	if (begin_document(decoder, json, len))
		return DECODE_ROW;
	decoder->state = STATE_BROKEN;
	return DECODE_BROKEN;
}

/* After the row, which was the document or a member of it. */
static bool
leave_row(Decoder *decoder)
{
	if (decoder->row_pointer != NULL)
		return read_document(decoder, false);
	decoder->state = STATE_END;
	return end_document(decoder);
}

/*
 * To the first token of the next row; the state is STATE_END when there is
 * none.
 */
static bool
next_row(Decoder *decoder)
{
	JsonReader *reader = &decoder->walker.reader;
	ReaderStep	step;

	if (decoder->state == STATE_ROWS)
	{
		step = reader_element(reader, decoder->nrows == 0);
		if (step == READER_BROKEN)
			return false;
		if (step == READER_END)
		{
			reader->depth--;
			decoder->state = STATE_END;
			if (!read_embedded(decoder, false))
				return false;
			return read_document(decoder, false);
		}
	}
	decoder->nrows++;
	if (reader->lex.token_type != JSON_TOKEN_OBJECT_START)
		return broken_shape(decoder, "Row " INT64_FORMAT " is not an object.",
							decoder->nrows);
	return true;
}

DecodeResult
decode_row(Decoder *decoder, Datum *values, bool *nulls)
{
	bool		ok = decoder->state != STATE_BROKEN;

	CHECK_FOR_INTERRUPTS();
	if (ok && decoder->state != STATE_END)
		ok = next_row(decoder);
	if (ok && decoder->state == STATE_END)
		return DECODE_END;
	if (ok)
	{
		walk_clear(&decoder->walker, decoder->row);
		ok = walk_value(&decoder->walker, decoder->row);

		/* the only row of a document that is broken behind it is no row */
		if (ok && decoder->state == STATE_ROW)
			ok = leave_row(decoder);
	}
	if (!ok)
	{
		decoder->state = STATE_BROKEN;
		return DECODE_BROKEN;
	}
	for (int i = 0; i < decoder->ncolumns; i++)
	{
		values[i] = (Datum) 0;
		nulls[i] = !fill_column(decoder, &decoder->columns[i], &values[i]);
	}
	return DECODE_ROW;
}
