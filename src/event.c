/*
 * event.c
 *	  parse_events(jsonb): what the API pushes to a callback, as rows.
 *
 * An event is decoded as rows of the tables are: what is absent, or of another
 * type than it should be, is NULL, and an unknown word passes through.  Nothing
 * depends on the session: a date says its own time zone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "decode.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "server.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_parse_events(PG_FUNCTION_ARGS);

#define MEMBER(t, p)	{.type = t,.conversion = CONV_SCALAR,.paths = p,.scale_num = 1,.scale_den = 1}

/* In the order of the function's columns. */
static const DecodeColumn event_columns[] = {
	MEMBER(TEXTOID, "callbackId"),
	MEMBER(TEXTOID, "type"),
	MEMBER(TIMESTAMPTZOID, "date"),
	MEMBER(JSONBOID, "attributes"),
	MEMBER(TEXTOID, "remoteEvent.remoteActionId"),
	MEMBER(TEXTOID, "remoteEvent.remoteType"),
	MEMBER(TEXTOID, "remoteEvent.eventStatus.type"),
	MEMBER(TEXTOID, "remoteEvent.eventStatus.status"),
	MEMBER(TEXTOID, "remoteEvent.eventStatus.failureCause"),
	MEMBER(TEXTOID, "remoteEvent.eventStatus.feedbackDetail"),
	MEMBER(TEXTOID, "monitorEvent.monitorId"),
	MEMBER(JSONBOID, "monitorEvent.values"),
	MEMBER(JSONBOID, "monitorEvent.extensions"),
	MEMBER(BOOLOID, "monitorEvent.refresh"),
};

#define ATTRIBUTES	3			/* among these */

static JsonbValue *
member(Jsonb *object, const char *name, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(&object->root, name, strlen(name), value);
}

static bool
is_list(Jsonb *document)
{
	return JB_ROOT_IS_ARRAY(document) && !JB_ROOT_IS_SCALAR(document);
}

/* Any of these will do: fields may be missing. */
static bool
is_event(Jsonb *document)
{
	static const char *const names[] = {"callbackId", "remoteEvent", "monitorEvent"};
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(document))
		return false;
	for (int i = 0; i < lengthof(names); i++)
		if (member(document, names[i], &value) != NULL)
			return true;
	return false;
}

/* "position" is its place in a batch, from 1; or 0.  What it holds is not shown. */
static void
check_event(Jsonb *document, int position)
{
	if (is_event(document))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 position > 0 ?
			 errmsg("element %d of the batch is no event", position) :
			 errmsg("the document is no event"),
			 errdetail("An event is a JSON object with a callbackId, a remoteEvent or a monitorEvent."),
			 errhint("Give the body of the request that the API sent to the callback as it is: an event, or an array of events.  A push notification has it in data.mph_message, in base64.")));
}

/* [{"key": "vin", "value": "..."}, ...] as {"vin": "..."}, whatever else is in it left out. */
static Datum
attributes_as_object(Jsonb *list)
{
	JsonbParseState *state = NULL;
	JsonbIterator *it = JsonbIteratorInit(&list->root);
	JsonbValue	element;
	JsonbIteratorToken token;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
	{
		Jsonb	   *attribute;
		JsonbValue	key,
					value;

		if (token != WJB_ELEM || element.type != jbvBinary)
			continue;
		attribute = JsonbValueToJsonb(&element);
		if (!JB_ROOT_IS_OBJECT(attribute) || member(attribute, "key", &key) == NULL ||
			key.type != jbvString || member(attribute, "value", &value) == NULL)
			continue;
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

static void
add_event(ResultRows *rows, Decoder *decoder, Jsonb *document, int position)
{
	char	   *text;
	PageEnvelope envelope;
	Datum		values[lengthof(event_columns)];
	bool		nulls[lengthof(event_columns)];

	check_event(document, position);
	text = JsonbToCString(NULL, &document->root, VARSIZE(document));
	text = pg_server_to_any(text, strlen(text), PG_UTF8);
	if (decode_begin(decoder, text, strlen(text), &envelope) != DECODE_ROW ||
		decode_row(decoder, values, nulls) != DECODE_ROW)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the event cannot be read"),
				 errdetail_internal("%s", decoder_error(decoder))));
	if (!nulls[ATTRIBUTES])
		nulls[ATTRIBUTES] = !is_list(DatumGetJsonbP(values[ATTRIBUTES]));
	if (!nulls[ATTRIBUTES])
		values[ATTRIBUTES] = attributes_as_object(DatumGetJsonbP(values[ATTRIBUTES]));
	rows_add(rows, values, nulls);
}

PG_FUNCTION_INFO_V1(stellantis_parse_events);

/* parse_events(jsonb): an event, or an array of events. */
Datum
stellantis_parse_events(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	Decoder    *decoder;
	ResultRows	rows;

	rows_begin(fcinfo, &rows);
	decoder = decoder_create(event_columns, lengthof(event_columns), NULL, NULL);
	if (!is_list(document))
	{
		add_event(&rows, decoder, document, 0);
		return (Datum) 0;
	}
	for (int i = 0; i < JB_ROOT_COUNT(document); i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(&document->root, i);

		add_event(&rows, decoder, JsonbValueToJsonb(element), i + 1);
	}
	return (Datum) 0;
}
