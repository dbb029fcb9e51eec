/*
 * schema.c
 *		Bodies of requests checked against lists of fields.
 *
 * What is wrong is said with its place: "door.state: one of Locked|Unlocked is
 * wanted".
 */
#include "schema.h"

bool
schema_fail(char *err, size_t errlen, const char *where, const char *what)
{
	snprintf(err, errlen, "%s%s%s", where, *where ? ": " : "", what);
	return false;
}

/* One of the words parted by |. */
bool
word_in(const char *words, const char *s, size_t n)
{
	for (;;)
	{
		size_t		len = strcspn(words, "|");

		if (len == n && strncmp(words, s, n) == 0)
			return true;
		if (words[len] == '\0')
			return false;
		words += len + 1;
	}
}

static bool
text_right(json_t *v, const Field *f, const char **what)
{
	const char *s = json_string_value(v);
	size_t		n = json_string_length(v);
	int64_t		ms;
	bool		date;
	bool		span;

	*what = "a text is wanted";
	if (s == NULL)
		return false;
	date = parse_date(s, n, &ms);
	if (f->kind == F_DATE)
	{
		*what = "a date of RFC 3339 is wanted";
		return date;
	}
	span = parse_duration(s, n, &ms) && ms >= 0;
	if (f->kind == F_SPAN)
	{
		*what = "a duration of ISO 8601 is wanted";
		return span;
	}
	if (f->kind == F_CLOCK || f->kind == F_START)
	{
		*what = "a duration from midnight is wanted";
		return (span && ms < 86400000) || (f->kind == F_START && date);
	}
	*what = "the text is empty";
	return f->kind == F_TEXT || n > 0;
}

static bool
number_right(json_t *v, const Field *f, const char **what)
{
	*what = f->kind == F_INT ? "a whole number is wanted" : "a number is wanted";
	if (f->kind == F_INT ? !json_is_integer(v) : !json_is_number(v))
		return false;
	*what = "the number is out of its limits";
	return (f->min == 0 && f->max == 0) || (json_number_value(v) >= f->min && json_number_value(v) <= f->max);
}

static bool
one_right(json_t *v, const Field *f, const char *where, char *err, size_t errlen)
{
	const char *what = "";
	bool		right = false;
	char		words[200];

	switch (f->kind)
	{
		case F_OBJECT:
			return schema_check(v, f->members, where, err, errlen);
		case F_BOOL:
			right = json_is_boolean(v);
			what = "true or false is wanted";
			break;
		case F_WORD:
			right = json_is_string(v) && word_in(f->words, json_string_value(v), json_string_length(v));
			if (strlen(f->words) < sizeof(words) - 20)
				snprintf(words, sizeof(words), "one of %.180s is wanted", f->words);
			else
				strcpy(words, "an unknown word");
			what = words;
			break;
		case F_INT:
		case F_NUMBER:
			right = number_right(v, f, &what);
			break;
		default:
			right = text_right(v, f, &what);
	}
	return right || schema_fail(err, errlen, where, what);
}

static bool
list_right(json_t *v, const Field *f, const char *where, char *err, size_t errlen)
{
	char		place[160];
	char		what[80];
	size_t		n = json_array_size(v);

	if (!json_is_array(v))
		return schema_fail(err, errlen, where, "a list is wanted");
	if (n < (size_t) f->least || (f->most > 0 && n > (size_t) f->most))
	{
		snprintf(what, sizeof(what), f->most > 0 ? "a list of %d to %d is wanted" : "a list of at least %d is wanted",
				 f->least, f->most);
		return schema_fail(err, errlen, where, what);
	}
	for (size_t i = 0; i < n; i++)
	{
		snprintf(place, sizeof(place), "%.120s[%zu]", where, i);
		if (!one_right(json_array_get(v, i), f, place, err, errlen))
			return false;
		for (size_t k = 0; f->kind == F_WORD && k < i; k++)
			if (json_equal(json_array_get(v, k), json_array_get(v, i)))
				return schema_fail(err, errlen, place, "given twice");
	}
	return true;
}

static const Field *
field_find(const Field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

bool
schema_check(json_t *doc, const Field *fields, const char *where, char *err, size_t errlen)
{
	char		place[160];
	const char *dot = *where ? "." : "";
	const char *name;
	json_t	   *v;

	if (!json_is_object(doc))
		return schema_fail(err, errlen, where, "an object is wanted");
	json_object_foreach(doc, name, v)
	{
		const Field *f = field_find(fields, name);

		snprintf(place, sizeof(place), "%.120s%s%.32s", where, dot, name);
		if (f == NULL)
			return schema_fail(err, errlen, place, "unknown member");
		if (!(f->list ? list_right(v, f, place, err, errlen) : one_right(v, f, place, err, errlen)))
			return false;
	}
	for (const Field *f = fields; f->name; f++)
	{
		if (!f->required || json_object_get(doc, f->name))
			continue;
		snprintf(place, sizeof(place), "%.120s%s%s", where, dot, f->name);
		return schema_fail(err, errlen, place, "missing");
	}
	return true;
}

/* The one of the members that is there, as the object names it; NULL and why, when it is not one. */
const char *
schema_one_of(json_t *doc, const char *words, const char *where, char *err, size_t errlen)
{
	const char *found = NULL;
	const char *name;
	json_t	   *v;
	char		what[200];

	json_object_foreach(doc, name, v)
	{
		if (!word_in(words, name, strlen(name)))
			continue;
		if (found)
		{
			found = NULL;
			break;
		}
		found = name;
	}
	if (found == NULL)
	{
		snprintf(what, sizeof(what), "exactly one of %.160s is wanted", words);
		schema_fail(err, errlen, where, what);
	}
	return found;
}
