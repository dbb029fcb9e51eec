/*
 * form.c
 *	  JSON that a caller gives: checked, and written as the API is to read it.
 *
 * Whatever a form does not tell is refused: a member that is misspelt would
 * otherwise change nothing, and nobody would know.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "convert.h"
#include "fmgr.h"
#include "form.h"
#include "utils/builtins.h"
#include "words.h"

/* Where one is in the caller's JSON, for messages: "programs[0].start". */
typedef struct Place
{
	const char *argument;
	const char *path;
} Place;

static void write_object(StringInfo out, JsonbContainer *object, const Place *place,
						 const Form *members);

/* ---- messages ---- */

/* "detail" is what is wrong at the place, "hint" a sentence or NULL. */
static void
refuse(const Place *place, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value in argument \"%s\"", place->argument),
			 errdetail_internal("%s %s.", place->path, detail),
			 hint != NULL ? errhint("%s", hint) : 0));
}

static char *
names_of(const Form *members)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const Form *m = members; m->name != NULL; m++)
		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "", m->name);
	return psprintf("Valid members are: %s.", out.data);
}

static const char *
hint_of(const Form *form)
{
	switch (form->kind)
	{
		case FORM_TEXT:
			return "A text is wanted that is not empty.";
		case FORM_VALUE:
			return "A text, a number, true or false is wanted.";
		case FORM_NAME:
			return HINT_NAMES;
		case FORM_BOOL:
			return "Valid values are: true, false.";
		case FORM_WORD:
			return psprintf("Valid values are: %s.", words_listed(form->words));
		case FORM_INT:
			return psprintf("A whole number from %.0f to %.0f is wanted.", form->min, form->max);
		case FORM_NUMBER:
			return psprintf("A number from %.0f to %.0f is wanted.", form->min, form->max);
		case FORM_DAY:
			return HINT_WEEKDAYS;
		case FORM_TIME:
			return "Write a time of the day as \"6:45\" or \"PT6H45M\".";
		case FORM_SPAN:
			return "Write a duration as \"6:45\" or \"PT6H45M\".";
		case FORM_START:
			return "Write a time of the day as \"6:45\" or \"PT6H45M\", or an instant as \"2026-03-01T06:45:00Z\".";
		case FORM_OBJECT:
			return names_of(form->members);
	}
	return NULL;
}

static char *
number_text(Numeric number)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number)));
}

static char *
shown(const JsonbValue *value)
{
	if (value->type == jbvString)
		return psprintf("is \"%s\", which it cannot be",
						pnstrdup(value->val.string.val, Min(value->val.string.len, 100)));
	if (value->type == jbvNumeric)
		return psprintf("is %s, which it cannot be", number_text(value->val.numeric));
	return psprintf("is of another kind (%s)", JsonbTypeName(unconstify(JsonbValue *, value)));
}

/* ---- values ---- */

/* As RFC 3339 writes it, and one that there is. */
static bool
is_instant(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	const char *at = text;
	TimestampTz instant;

	for (const char *f = form; *f != '\0'; f++, at++)
		if (*f == 'd' ? !isdigit((unsigned char) *at) : *at != *f)
			return false;
	return (strcmp(at, "Z") == 0 || (strlen(at) == 6 && at[3] == ':')) &&
		parse_timestamp(text, strlen(text), &instant);
}

/* A text as the API is to read it; NULL if it is none of that kind. */
static const char *
text_of_kind(const Form *form, const char *text)
{
	int64		seconds;

	switch (form->kind)
	{
		case FORM_TEXT:
		case FORM_VALUE:
			return *text != '\0' ? text : NULL;
		case FORM_NAME:
			return word_is_name(text) ? text : NULL;
		case FORM_WORD:
			return word_of(form->words, text);
		case FORM_DAY:
			return word_weekday(text);
		case FORM_START:
			if (is_instant(text))
				return text;
			/* FALLTHROUGH */
		case FORM_TIME:
		case FORM_SPAN:
			seconds = seconds_of_duration(text);
			if (seconds < 0 || (form->kind != FORM_SPAN && seconds >= 24 * 3600))
				return NULL;
			return iso_duration(seconds);
		default:
			return NULL;
	}
}

static bool
number_fits(const Form *form, Numeric numeric)
{
	double		number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
															NumericGetDatum(numeric)));

	if (!isfinite(number) || (form->min != form->max && (number < form->min || number > form->max)))
		return false;
	return form->kind != FORM_INT || number == rint(number);
}

/* Appends a value that is no list; raises unless it is of the form's kind. */
static void
write_one(StringInfo out, const JsonbValue *value, const Place *place, const Form *form)
{
	const char *text = NULL;

	if (form->kind == FORM_OBJECT && value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data))
	{
		write_object(out, value->val.binary.data, place, form->members);
		return;
	}
	if (form->kind == FORM_BOOL && value->type == jbvBool)
	{
		appendStringInfoString(out, value->val.boolean ? "true" : "false");
		return;
	}
	if ((form->kind == FORM_INT || form->kind == FORM_NUMBER) &&
		value->type == jbvNumeric && number_fits(form, value->val.numeric))
	{
		append_json_number(out, DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
																   NumericGetDatum(value->val.numeric))));
		return;
	}
	if (value->type == jbvString)
		text = text_of_kind(form, pnstrdup(value->val.string.val, value->val.string.len));
	else if (form->kind == FORM_VALUE && value->type == jbvNumeric)
		text = number_text(value->val.numeric);
	else if (form->kind == FORM_VALUE && value->type == jbvBool)
		text = value->val.boolean ? "true" : "false";
	if (text == NULL)
		refuse(place, form->kind == FORM_TEXT ? "is no text, or an empty one" : shown(value), hint_of(form));
	append_json_text(out, text);
}

static void
write_list(StringInfo out, JsonbContainer *list, const Place *place, const Form *form)
{
	Place		element = {.argument = place->argument};
	int			n = JsonContainerSize(list);

	if (n == 0)
		refuse(place, "is empty", hint_of(form));
	for (int i = 0; i < n; i++)
	{
		element.path = psprintf("%s[%d]", place->path, i);
		appendStringInfoChar(out, i == 0 ? '[' : ',');
		write_one(out, getIthJsonbValueFromContainer(list, i), &element, form);
	}
	appendStringInfoChar(out, ']');
}

static void
write_value(StringInfo out, const JsonbValue *value, const Place *place, const Form *form)
{
	if (!form->list)
		write_one(out, value, place, form);
	else if (value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data))
		write_list(out, value->val.binary.data, place, form);
	else
		refuse(place, "is no list", hint_of(form));
}

/* ---- objects ---- */

/* NULL if it has no such member; a null is none. */
static JsonbValue *
member_of(JsonbContainer *object, const char *name)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

/* Raises if the object has a member that the form does not tell. */
static void
refuse_unknown(JsonbContainer *object, const Place *place, const Form *members)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		const Form *m = members;
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		while (m->name != NULL && strcmp(m->name, key) != 0)
			m++;
		if (m->name == NULL)
			refuse(place, psprintf("has an unknown member \"%s\"", key), names_of(members));
	}
}

static bool
is_given(JsonbContainer *object, const Form *members, const char *name)
{
	if (member_of(object, name) != NULL)
		return true;
	for (const Form *m = members; m->name != NULL; m++)
		if (m->within != NULL && strcmp(m->within, name) == 0 &&
			member_of(object, m->name) != NULL)
			return true;
	return false;
}

static void
write_member(StringInfo out, JsonbContainer *object, const Place *place, const Form *members,
			 const Form *m, int *written)
{
	JsonbValue *value = member_of(object, m->name);
	Place		inner = {.argument = place->argument,
	.path = psprintf("%s.%s", place->path, m->name)};

	if (value == NULL)
	{
		if (m->required && !is_given(object, members, m->name))
			refuse(place, psprintf("lacks the member \"%s\"", m->name), hint_of(m));
		return;
	}
	if (m->within != NULL && member_of(object, m->within) != NULL)
		refuse(place, psprintf("has both \"%s\" and \"%s\"", m->name, m->within), NULL);
	if ((*written)++ > 0)
		appendStringInfoChar(out, ',');
	if (m->within != NULL)
		appendStringInfo(out, "\"%s\":{\"%s\":", m->within, m->as);
	else
		appendStringInfo(out, "\"%s\":", m->name);
	write_value(out, value, &inner, m);
	if (m->within != NULL)
		appendStringInfoChar(out, '}');
}

static void
write_object(StringInfo out, JsonbContainer *object, const Place *place, const Form *members)
{
	int			written = 0;

	refuse_unknown(object, place, members);
	appendStringInfoChar(out, '{');
	for (const Form *m = members; m->name != NULL; m++)
		write_member(out, object, place, members, m, &written);
	appendStringInfoChar(out, '}');
}

void
form_write_list(StringInfo out, Jsonb *list, const char *argument, const Form *members,
				 int least, int most)
{
	Place		place = {.argument = argument,.path = argument};
	Form		element = {.kind = FORM_OBJECT,.list = true,.members = members};
	int			n;

	if (!JB_ROOT_IS_ARRAY(list) || JB_ROOT_IS_SCALAR(list))
		refuse(&place, "is no list", "Give an array of objects, such as jsonb_build_array makes.");
	n = JB_ROOT_COUNT(list);
	if (n == 0 && least == 0)
	{
		appendStringInfoString(out, "[]");
		return;
	}
	if (n < least || (most > 0 && n > most))
		refuse(&place, psprintf("has %d elements", n),
			   most > 0 ? psprintf("Give %d to %d.", least, most) : psprintf("Give %d at least.", least));
	write_list(out, &list->root, &place, &element);
}
