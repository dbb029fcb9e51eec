/*
 * convert.c
 *	  A slice of a JSON document to a Datum.
 *
 * The API's values are judged here and not by PostgreSQL's input functions,
 * which raise: a field that cannot be converted must become NULL and leave the
 * rest of its page usable.  Where an input function must be called (numeric,
 * jsonb), what it would raise for is found out before.
 */
#include "postgres.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "compat.h"
#include "convert.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/*
 * A jsonb cannot be larger than 256 MB, and may take eight times the bytes of
 * its text ("1," is two; a numeric, its entry and padding are sixteen).
 */
#define MAX_JSONB_TEXT (16 * 1024 * 1024)

/* Digits of a numeric before and after its point. */
#define MAX_NUMERIC_BEFORE 131072
#define MAX_NUMERIC_AFTER 16383

bool
convert_double(const JsonSlice *slice, double *result)
{
	/* A number in a document is followed by a character that ends it. */
	*result = strtod(slice->start, NULL);
	return !isinf(*result);
}

static bool
scaled_double(const JsonSlice *slice, double num, double den, double *result)
{
	if (slice->type != JSON_TOKEN_NUMBER || !convert_double(slice, result))
		return false;

	/*
	 * In long double, so that what was sent in decimals stays short: 11395.7
	 * Wh are 11.3957 kWh, not 11.395700000000001.
	 */
	if (num != den)
		*result = (double) (strtold(slice->start, NULL) * num / den);
	return !isinf(*result);
}

/* How a number is written: the digits that count before and after its point. */
static void
number_digits(const JsonSlice *slice, int64 *before, int64 *after)
{
	const char *s = slice->start + (*slice->start == '-' ? 1 : 0);
	const char *end = slice->start + slice->len;
	int64		exponent = 0;

	*before = *after = 0;
	for (; s < end && isdigit((unsigned char) *s); s++)
		(*before)++;
	if (s < end && *s == '.')
	{
		for (s++; s < end && isdigit((unsigned char) *s); s++)
			(*after)++;
	}
	if (s < end)
	{
		/* Saturates, far beyond what any type can hold. */
		long		parsed = strtol(s + 1, NULL, 10);

		exponent = Max(Min(parsed, INT_MAX), -INT_MAX);
	}
	*before += exponent;
	*after -= exponent;
}

/* Exactly: 82, 82.0 and 8.2e1 are the same, 82.5 is none. */
static bool
convert_integer(const JsonSlice *slice, int64 min, int64 max, int64 *result)
{
	const char *s = slice->start;
	const char *end = s + slice->len;
	bool		negative = (*s == '-');
	int64		value = 0;
	int64		before,
				after;

	if (slice->type != JSON_TOKEN_NUMBER)
		return false;
	number_digits(slice, &before, &after);
	for (s += negative; s < end && *s != 'e' && *s != 'E'; s++)
	{
		int			digit = *s - '0';

		if (*s == '.')
			continue;
		if (before-- > 0)
		{
			if (pg_mul_s64_overflow(value, 10, &value) ||
				pg_add_s64_overflow(value, negative ? -digit : digit, &value))
				return false;
		}
		else if (digit != 0)
			return false;
	}
	for (; before > 0 && value != 0; before--)
	{
		if (pg_mul_s64_overflow(value, 10, &value))
			return false;
	}
	*result = value;
	return value >= min && value <= max;
}

/* As convert_integer(), for a unit that is not the one sent. */
static bool
scaled_integer(const JsonSlice *slice, double num, double den, int64 min, int64 max,
			   int64 *result)
{
	double		value;

	if (num == den)
		return convert_integer(slice, min, max, result);
	if (!scaled_double(slice, num, den, &value) || value != rint(value) ||
		value < (double) min || value >= (double) max + 1)
		return false;
	*result = (int64) value;
	return true;
}

static bool
numeric_fits(const JsonSlice *slice)
{
	const char *s = slice->start;
	const char *end = s + slice->len;
	int64		before,
				after;

	number_digits(slice, &before, &after);

	/*
	 * Zeros in front count for nothing, and zero itself has no other digits;
	 * but there are exponents that PostgreSQL does not read.
	 */
	for (; s < end && strchr("-.0", *s) != NULL; s++)
		before -= *s == '0' ? 1 : 0;
	if (s == end || ((*s == 'e' || *s == 'E') && strtol(s + 1, NULL, 10) < INT_MAX / 2))
		before = 0;
	return before <= MAX_NUMERIC_BEFORE && after <= MAX_NUMERIC_AFTER;
}

/* The slice with a NUL behind it. */
static char *
slice_cstring(Converter *converter, const JsonSlice *slice)
{
	char	   *buffer = convert_reserve(converter, slice->len + 1);

	memcpy(buffer, slice->start, slice->len);
	buffer[slice->len] = '\0';
	return buffer;
}

static bool
convert_numeric(Converter *converter, const JsonSlice *slice, double num, double den,
				Datum *result)
{
	Datum		value;

	if (slice->type != JSON_TOKEN_NUMBER || !numeric_fits(slice) ||
		!compat_input(numeric_in, slice_cstring(converter, slice), &value))
		return false;
	if (num != den)
	{
		value = DirectFunctionCall2(numeric_mul, value,
									NumericGetDatum(int64_to_numeric((int64) num)));
		value = DirectFunctionCall2(numeric_div, value,
									NumericGetDatum(int64_to_numeric((int64) den)));
	}
	*result = value;
	return true;
}

static int
bytes_beyond_ascii(const char *s, int len)
{
	int			n = 0;

	for (int i = 0; i < len; i++)
		n += IS_HIGHBIT_SET(s[i]) ? 1 : 0;
	return n;
}

/* A jsonb holds a string's characters, not its escapes: they must be some. */
static bool
jsonb_string_fits(Converter *converter, const JsonSlice *slice)
{
	const char *content;
	int			len;
	text	   *value;

	if (!convert_content(converter, slice, &content, &len))
		return false;
	if (GetDatabaseEncoding() == PG_UTF8 || content == slice->start + 1 ||
		convert_is_ascii(content, len))
		return true;

	/* SQL_ASCII takes bytes as they are, and no escape of what is not ASCII */
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return bytes_beyond_ascii(content, len) == bytes_beyond_ascii(slice->start, slice->len);
	value = convert_utf8(converter, content, len);
	if (value == NULL)
		return false;
	pfree(value);
	return true;
}

/* Whether jsonb's input would take a value that is known to be JSON. */
static bool
jsonb_fits(Converter *converter, const JsonSlice *slice)
{
	JsonReader	reader;

	if (slice->len > MAX_JSONB_TEXT)
		return false;
	reader_init(&reader, slice->start, slice->len);
	while (reader_next(&reader) && reader.lex.token_type != JSON_TOKEN_END)
	{
		JsonSlice	token = reader_token(&reader);

		if (token.type == JSON_TOKEN_STRING && !jsonb_string_fits(converter, &token))
			return false;
		if (token.type == JSON_TOKEN_NUMBER && !numeric_fits(&token))
			return false;
	}
	return true;
}

static bool
convert_json(Converter *converter, const JsonSlice *slice, Oid type, Datum *result)
{
	text	   *value;
	bool		ok;

	if (type == JSONBOID && !jsonb_fits(converter, slice))
		return false;
	value = convert_utf8(converter, slice->start, slice->len);
	if (value == NULL || type == JSONOID)
	{
		*result = PointerGetDatum(value);
		return value != NULL;
	}
	ok = compat_input(jsonb_in, text_to_cstring(value), result);
	pfree(value);
	return ok;
}

static bool
convert_timestamptz(Converter *converter, const JsonSlice *slice, Datum *result)
{
	const char *content;
	int			len;
	TimestampTz value;

	if (slice->type != JSON_TOKEN_STRING ||
		!convert_content(converter, slice, &content, &len) ||
		!parse_timestamp(content, len, &value))
		return false;
	*result = TimestampTzGetDatum(value);
	return true;
}

static bool
convert_duration(Converter *converter, const JsonSlice *slice, Datum *result)
{
	const char *content;
	int			len;
	Interval	value;
	Interval   *interval;

	if (slice->type != JSON_TOKEN_STRING ||
		!convert_content(converter, slice, &content, &len) ||
		!parse_duration(content, len, &value))
		return false;
	interval = palloc(sizeof(Interval));
	*interval = value;
	*result = IntervalPGetDatum(interval);
	return true;
}

bool
convert_seconds(const JsonSlice *slice, double num, double den, Datum *result)
{
	double		value;
	Interval   *interval;

	if (!scaled_double(slice, num, den, &value))
		return false;
	value = rint(value * USECS_PER_SEC);
	if (!(fabs(value) < (double) PG_INT64_MAX))
		return false;
	interval = palloc0(sizeof(Interval));
	interval->time = (int64) value;
	*result = IntervalPGetDatum(interval);
	return true;
}

static bool
convert_bool(const JsonSlice *slice, Datum *result)
{
	*result = BoolGetDatum(slice->type == JSON_TOKEN_TRUE);
	return slice->type == JSON_TOKEN_TRUE || slice->type == JSON_TOKEN_FALSE;
}

static bool
convert_float(const JsonSlice *slice, Oid type, double num, double den, Datum *result)
{
	double		value;

	if (!scaled_double(slice, num, den, &value))
		return false;
	if (type == FLOAT4OID)
	{
		/* From the text, lest it is rounded twice. */
		float		single = num == den ? strtof(slice->start, NULL) : (float) value;

		*result = Float4GetDatum(single);
		return !isinf(single);
	}
	*result = Float8GetDatum(value);
	return true;
}

static bool
convert_int(const JsonSlice *slice, Oid type, double num, double den, Datum *result)
{
	int64		value;

	switch (type)
	{
		case INT2OID:
			if (!scaled_integer(slice, num, den, PG_INT16_MIN, PG_INT16_MAX, &value))
				return false;
			*result = Int16GetDatum((int16) value);
			return true;
		case INT4OID:
			if (!scaled_integer(slice, num, den, PG_INT32_MIN, PG_INT32_MAX, &value))
				return false;
			*result = Int32GetDatum((int32) value);
			return true;
		default:
			if (!scaled_integer(slice, num, den, PG_INT64_MIN, PG_INT64_MAX, &value))
				return false;
			*result = Int64GetDatum(value);
			return true;
	}
}

bool
convert_type_is_supported(Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case FLOAT8OID:
		case FLOAT4OID:
		case NUMERICOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case BOOLOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case TEXTARRAYOID:
		case JSONOID:
		case JSONBOID:
			return true;
		default:
			return false;
	}
}

bool
convert_scalar(Converter *converter, const JsonSlice *slice, Oid type,
			   double num, double den, Datum *result)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			return convert_text(converter, slice, result);
		case FLOAT8OID:
		case FLOAT4OID:
			return convert_float(slice, type, num, den, result);
		case NUMERICOID:
			return convert_numeric(converter, slice, num, den, result);
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return convert_int(slice, type, num, den, result);
		case BOOLOID:
			return convert_bool(slice, result);
		case TIMESTAMPTZOID:
			return convert_timestamptz(converter, slice, result);
		case INTERVALOID:
			return convert_duration(converter, slice, result);
		case JSONOID:
		case JSONBOID:
			return convert_json(converter, slice, type, result);
		default:
			elog(ERROR, "no JSON is converted to type %u", type);
	}
	return false;				/* keep compiler quiet */
}
