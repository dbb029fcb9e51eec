/*
 * argument.c
 *	  Arguments of the functions that act.
 */
#include "postgres.h"

#include <math.h>

#include "argument.h"
#include "catalog/pg_type.h"
#include "request.h"
#include "server.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"
#include "words.h"

void
refuse_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
}

void
refuse_argument(const char *name, const char *given, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\": \"%s\"", name, given),
			 errhint("%s", hint)));
}

char *
id_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	char	   *id = required_argument(fcinfo, argument, name);

	if (!request_id_is_possible(id))
		refuse_argument(name, id, "Give an id as the foreign tables show it; a vehicle also by its VIN.");
	return id;
}

char *
label_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	char	   *label = required_argument(fcinfo, argument, name);

	if (*label == '\0')
		refuse_argument(name, label, "Give a text that is not empty.");
	return label;
}

const char *
word_argument(FunctionCallInfo fcinfo, int argument, const char *name, const char *list)
{
	char	   *given = text_argument(fcinfo, argument);
	const char *word = given == NULL ? NULL : word_of(list, given);

	if (given != NULL && word == NULL)
		refuse_argument(name, given, psprintf("Valid values are: %s.", words_listed(list)));
	return word;
}

int
texts_argument(FunctionCallInfo fcinfo, int argument, const char *name, char ***texts)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	*texts = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" must not have a null", name)));
		(*texts)[i] = TextDatumGetCString(elements[i]);
	}
	return n;
}

typedef const char *(*WordTest) (const char *text, const char *list);

/* The elements, as "test" writes them, as a JSON array; NULL stays NULL. */
static char *
list_argument(FunctionCallInfo fcinfo, int argument, const char *name, WordTest test,
			  const char *list, const char *hint)
{
	StringInfoData out;
	char	  **texts;
	int			n;

	if (PG_ARGISNULL(argument))
		return NULL;
	n = texts_argument(fcinfo, argument, name, &texts);
	if (n == 0)
		refuse_argument(name, "{}", hint);
	initStringInfo(&out);
	for (int i = 0; i < n; i++)
	{
		const char *word = test(texts[i], list);

		if (word == NULL)
			refuse_argument(name, texts[i], hint);
		appendStringInfoChar(&out, i == 0 ? '[' : ',');
		append_json_text(&out, word);
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

static const char *
of_list(const char *text, const char *list)
{
	return word_of(list, text);
}

char *
words_argument(FunctionCallInfo fcinfo, int argument, const char *name, const char *list)
{
	return list_argument(fcinfo, argument, name, of_list, list,
						 psprintf("Valid values are: %s.", words_listed(list)));
}

static const char *
of_week(const char *text, const char *list)
{
	return word_weekday(text);
}

char *
days_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	return list_argument(fcinfo, argument, name, of_week, NULL, HINT_WEEKDAYS);
}

char *
time_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	TimeADT		time;

	refuse_null(fcinfo, argument, name);
	time = PG_GETARG_TIMEADT(argument);
	if (time >= USECS_PER_DAY || time % USECS_PER_SEC != 0)
		refuse_argument(name, DatumGetCString(DirectFunctionCall1(time_out, TimeADTGetDatum(time))),
						"Give a time from 00:00 to 23:59:59, in whole seconds.");
	return iso_duration(time / USECS_PER_SEC);
}

static void
check_degrees(const char *name, double degrees, int limit)
{
	if (!isfinite(degrees) || degrees < -limit || degrees > limit)
		refuse_argument(name, DatumGetCString(DirectFunctionCall1(float8out, Float8GetDatum(degrees))),
						psprintf("Give degrees from %d to %d.", -limit, limit));
}

void
check_latitude(const char *name, double degrees)
{
	check_degrees(name, degrees, 90);
}

void
check_longitude(const char *name, double degrees)
{
	check_degrees(name, degrees, 180);
}
