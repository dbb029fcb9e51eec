/*
 * model_value.c
 *	  What a JSON value should be as a value of a column's type: from
 *	  PostgreSQL's input functions, and descriptions of what may be given to
 *	  them.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "model.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* Far more than this and PostgreSQL's limits begin to differ from ours. */
#define SURE_DIGITS		1000

bool
model_is_absent(const Tree *tree)
{
	return tree == NULL || tree->type == TREE_NULL;
}

/* ---- what PostgreSQL makes of a string, or that it refuses it ---- */

static bool
input_value(PGFunction input, char *string, Datum *result)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool ok = true;

	PG_TRY();
	{
		*result = DirectFunctionCall3(input, CStringGetDatum(string),
									  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
		ok = false;
	}
	PG_END_TRY();
	return ok;
}

/* UTF-8 in the database encoding, or NULL. */
static char *
to_server(const char *utf8, int len)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *volatile result = NULL;
	char	   *copy = pnstrdup(utf8, len);

	if (strlen(copy) != len || !pg_verify_mbstr(PG_UTF8, copy, len, true))
		return NULL;
	PG_TRY();
	{
		result = GetDatabaseEncoding() == PG_SQL_ASCII ? copy : pg_any_to_server(copy, len, PG_UTF8);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
		result = NULL;
	}
	PG_END_TRY();
	return result;
}

/* ---- texts ---- */

bool
model_text_of(const char *utf8, int len, Datum *result)
{
	char	   *server = to_server(utf8, len);

	if (server != NULL)
		*result = PointerGetDatum(cstring_to_text(server));
	return server != NULL;
}

bool
model_text(const Tree *tree, Datum *result)
{
	int			len;
	char	   *content;

	if (tree->type != TREE_STRING)
		return false;
	content = tree_text(tree->start, tree->len, &len);
	return content != NULL && model_text_of(content, len, result);
}

bool
model_address(const Tree *tree, Datum *result)
{
	int			len;
	char	   *content;
	char	   *rest;
	StringInfoData out;

	if (tree->type != TREE_STRING)
		return false;
	content = tree_text(tree->start, tree->len, &len);
	if (content == NULL)
		return false;
	content[strcspn(content, "?#")] = '\0';
	initStringInfo(&out);
	rest = strstr(content, "://");
	if (rest != NULL)
	{
		rest += 3;
		appendBinaryStringInfo(&out, content, rest - content);
		len = strcspn(rest, "/");
	}
	else
	{
		rest = content;
		len = strlen(rest);
	}
	for (char *at = memchr(rest, '@', len); at != NULL; at = memchr(rest, '@', len))
	{
		len -= at + 1 - rest;
		rest = at + 1;
	}
	appendStringInfoString(&out, rest);
	return model_text_of(out.data, out.len, result);
}

bool
model_last_segment(const Tree *tree, Datum *result)
{
	int			len;
	char	   *content;
	char	   *path;
	char	   *segment;
	StringInfoData out;

	if (tree->type != TREE_STRING)
		return false;
	content = tree_text(tree->start, tree->len, &len);
	if (content == NULL)
		return false;
	content[strcspn(content, "?#")] = '\0';
	path = strstr(content, "://");
	if (path != NULL)
		path += 3 + strcspn(path + 3, "/");
	else
		path = content;
	while (*path != '\0' && path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	segment = strrchr(path, '/');
	segment = segment != NULL ? segment + 1 : path;
	if (*segment == '\0')
		return false;

	initStringInfo(&out);
	for (; *segment != '\0'; segment++)
	{
		unsigned	code;

		if (*segment == '%' && isxdigit((unsigned char) segment[1]) &&
			isxdigit((unsigned char) segment[2]) && sscanf(segment + 1, "%2x", &code) == 1)
		{
			appendStringInfoChar(&out, code);
			segment += 2;
		}
		else
			appendStringInfoChar(&out, *segment);
	}
	return model_text_of(out.data, out.len, result);
}

Datum
model_list(Datum *texts, bool *nulls, int n)
{
	int			dims[1] = {n};
	int			lower[1] = {1};

	if (n == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	return PointerGetDatum(construct_md_array(texts, nulls, 1, dims, lower, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---- numbers ---- */

bool
model_double(const Tree *tree, double *result)
{
	*result = strtod(pnstrdup(tree->start, tree->len), NULL);
	return !isinf(*result);
}

/* Exactly; or false: refused, or beyond what we can be sure of. */
static bool
model_numeric(const Tree *tree, Datum *result, bool *sure)
{
	char	   *number = pnstrdup(tree->start, tree->len);
	char	   *exponent = strpbrk(number, "eE");

	*sure = tree->len < SURE_DIGITS && (exponent == NULL || labs(strtol(exponent + 1, NULL, 10)) < SURE_DIGITS);
	return input_value(numeric_in, number, result);
}

static bool
is_zero(const Tree *tree)
{
	for (int i = 0; i < tree->len && tolower((unsigned char) tree->start[i]) != 'e'; i++)
	{
		if (tree->start[i] >= '1' && tree->start[i] <= '9')
			return false;
	}
	return true;
}

static Datum
numeric_of_int(int64 value)
{
	return DirectFunctionCall1(int8_numeric, Int64GetDatum(value));
}

static bool
numeric_is(PGFunction compare, Datum a, Datum b)
{
	return DatumGetBool(DirectFunctionCall2(compare, a, b));
}

/* Only whole numbers within the type's limits. */
static bool
model_int(const Tree *tree, int64 min, int64 max, int64 *result, bool *unsure)
{
	Datum		number;
	bool		sure;

	*result = 0;
	if (is_zero(tree))
		return true;
	if (!model_numeric(tree, &number, &sure))
	{
		*unsure = sure;
		return false;
	}
	if (!sure)
	{
		/* astronomically large, or with so many places that it is no whole number */
		*unsure = strpbrk(pnstrdup(tree->start, tree->len), "eE") != NULL && tree->len >= SURE_DIGITS;
		return false;
	}
	if (!numeric_is(numeric_eq, number,
					DirectFunctionCall2(numeric_trunc, number, Int32GetDatum(0))) ||
		numeric_is(numeric_lt, number, numeric_of_int(min)) ||
		numeric_is(numeric_gt, number, numeric_of_int(max)))
		return false;
	*result = DatumGetInt64(DirectFunctionCall1(numeric_int8, number));
	return true;
}

/* What is sent, in the column's unit: by way of exact decimals. */
static bool
model_scaled(const Tree *tree, double num, double den, double *result, double *slack)
{
	Datum		number;
	bool		sure;

	*slack = 0;
	if (tree->type != TREE_NUMBER || !model_double(tree, result))
		return false;
	if (num == den)
		return true;
	if (!model_numeric(tree, &number, &sure) || !sure || fabs(*result) < 1e-200 || fabs(*result) > 1e200)
	{
		*result = *result / den * num;
		*slack = 1e9;
		return !isinf(*result);
	}
	number = DirectFunctionCall2(numeric_mul, number, numeric_of_int((int64) num));
	number = DirectFunctionCall2(numeric_div, number, numeric_of_int((int64) den));
	*result = DatumGetFloat8(DirectFunctionCall1(numeric_float8, number));
	*slack = 1;
	return true;
}

static bool
model_float(const Tree *tree, Oid type, double num, double den, ModelValue *result)
{
	double		value;

	if (!model_scaled(tree, num, den, &value, &result->slack))
		return false;
	if (type == FLOAT4OID)
	{
		float		single = strtof(pnstrdup(tree->start, tree->len), NULL);

		result->unsure = num != den;
		result->value = Float4GetDatum(single);
		return !isinf(single);
	}
	result->value = Float8GetDatum(value);
	return true;
}

bool
model_seconds(const Tree *tree, double num, double den, ModelValue *result)
{
	double		value;
	Interval   *interval = palloc0(sizeof(Interval));

	if (!model_scaled(tree, num, den, &value, &result->slack))
		return false;
	value = rint(value * 1000000);
	if (fabs(value) >= 9223372036854775807.0)
		return false;
	interval->time = (int64) value;
	result->value = IntervalPGetDatum(interval);
	return true;
}

/* ---- times ---- */

/* Whether a string has this shape: 9 is a digit, everything else itself. */
static bool
has_shape(const char *s, const char *shape)
{
	for (; *shape != '\0'; shape++, s++)
	{
		if (*shape == '9' ? !isdigit((unsigned char) *s) : *s != *shape)
			return false;
	}
	return true;
}

static bool
has_word(const char *s, const char *words)
{
	for (; *words != '\0'; words += 3)
	{
		if (strncmp(s, words, 3) == 0)
			return true;
	}
	return false;
}

/* What follows the seconds of an RFC 3339 time. */
static bool
is_zone(const char *s)
{
	static const char *const shapes[] = {"99:99", "9999", "99"};

	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return true;
	for (int i = 0; i < lengthof(shapes); i++)
	{
		if ((*s == '+' || *s == '-') && strlen(s + 1) == strlen(shapes[i]) && has_shape(s + 1, shapes[i]))
			return true;
	}
	return false;
}

static bool
is_rfc3339(const char *s, int *places)
{
	*places = 0;
	if (strlen(s) < 20 || !has_shape(s, "9999-99-99") || strchr("Tt ", s[10]) == NULL ||
		!has_shape(s + 11, "99:99:99") || strncmp(s + 11, "24", 2) >= 0)
		return false;
	s += 19;
	if (*s == '.')
	{
		*places = strspn(s + 1, "0123456789");
		if (*places == 0)
			return false;
		s += 1 + *places;
	}
	return is_zone(s);
}

static bool
is_java_date(const char *s)
{
	return strlen(s) == 28 &&
		has_word(s, "MonTueWedThuFriSatSun") && s[3] == ' ' &&
		has_word(s + 4, "JanFebMarAprMayJunJulAugSepOctNovDec") && s[7] == ' ' &&
		has_shape(s + 8, "99 99:99:99 ") && strncmp(s + 11, "24", 2) < 0 &&
		has_word(s + 20, "GMTUTC") && has_shape(s + 23, " 9999");
}

static bool
model_timestamptz(const Tree *tree, ModelValue *result)
{
	int			len;
	char	   *s = tree->type == TREE_STRING ? tree_text(tree->start, tree->len, &len) : NULL;
	int			places = 0;

	if (s == NULL || strlen(s) != len || (!is_rfc3339(s, &places) && !is_java_date(s)))
		return false;
	if (!input_value(timestamptz_in, s, &result->value))
	{
		/* PostgreSQL takes no strings of any length, and no leap second beyond midnight */
		result->unsure = len > 60 || strstr(s, "23:59:60.") != NULL;
		return false;
	}
	result->usec_slack = places > 6 ? 1 : 0;
	return true;
}

/* P1Y2M3W4DT5H6M7.8S: in this order, each once, a fraction in the last only. */
static bool
is_iso_duration(const char *s, char *fraction)
{
	const char *units = "YMWD";
	bool		in_time = false;

	*fraction = '\0';
	if (*s++ != 'P' || *s == '\0')
		return false;
	while (*s != '\0')
	{
		if (!in_time && *s == 'T')
		{
			in_time = true;
			units = "HMS";
			s++;
		}
		if (strspn(s, "0123456789") == 0 || *fraction != '\0')
			return false;
		s += strspn(s, "0123456789");
		if (*s == '.' || *s == ',')
		{
			*fraction = *s++;
			if (strspn(s, "0123456789") == 0)
				return false;
			s += strspn(s, "0123456789");
		}
		units = *s == '\0' ? NULL : strchr(units, *s);
		if (units == NULL)
			return false;
		units++;
		if (*fraction != '\0')
			*fraction = *s;
		s++;
	}
	return true;
}

static bool
model_interval(const Tree *tree, ModelValue *result)
{
	int			len;
	char	   *s = tree->type == TREE_STRING ? tree_text(tree->start, tree->len, &len) : NULL;
	char		fraction;

	if (s == NULL || strlen(s) != len || !is_iso_duration(s, &fraction))
		return false;

	/* PostgreSQL's own: takes no comma, and has its own limits and roundings */
	result->unsure = len > 60 || strspn(s, "PTYMWDHS0123456789.") != len || (fraction != '\0' && fraction != 'S');
	for (char *p = s; *p != '\0'; p++)
		result->unsure |= strspn(p, "0123456789") > 8;
	if (result->unsure)
		return false;
	result->usec_slack = 1;
	return input_value(interval_in, s, &result->value);
}

/* ---- JSON ---- */

static bool
model_json(const Tree *tree, Oid type, ModelValue *result)
{
	char	   *server = to_server(tree->start, tree->len);

	if (server == NULL)
		return false;
	return input_value(type == JSONBOID ? jsonb_in : json_in, server, &result->value);
}

bool
model_scalar(const Tree *tree, Oid type, double num, double den, ModelValue *result)
{
	int64		number;
	bool		ok;

	result->unsure = false;
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			return model_text(tree, &result->value);
		case FLOAT4OID:
		case FLOAT8OID:
			return model_float(tree, type, num, den, result);
		case NUMERICOID:
			return tree->type == TREE_NUMBER && model_numeric(tree, &result->value, &ok);
		case INT2OID:
			ok = tree->type == TREE_NUMBER && model_int(tree, PG_INT16_MIN, PG_INT16_MAX, &number, &result->unsure);
			result->value = Int16GetDatum((int16) (ok ? number : 0));
			return ok;
		case INT4OID:
			ok = tree->type == TREE_NUMBER && model_int(tree, PG_INT32_MIN, PG_INT32_MAX, &number, &result->unsure);
			result->value = Int32GetDatum((int32) (ok ? number : 0));
			return ok;
		case INT8OID:
			ok = tree->type == TREE_NUMBER && model_int(tree, PG_INT64_MIN, PG_INT64_MAX, &number, &result->unsure);
			result->value = Int64GetDatum(ok ? number : 0);
			return ok;
		case BOOLOID:
			result->value = BoolGetDatum(tree->type == TREE_TRUE);
			return tree->type == TREE_TRUE || tree->type == TREE_FALSE;
		case TIMESTAMPTZOID:
			return model_timestamptz(tree, result);
		case INTERVALOID:
			return model_interval(tree, result);
		case JSONOID:
		case JSONBOID:
			return model_json(tree, type, result);
		default:
			elog(ERROR, "no model of type %u", type);
	}
	return false;				/* keep compiler quiet */
}
