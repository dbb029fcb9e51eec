/*
 * boolexp.c
 *		The expression that joins a monitor's triggers: names, &, |, !, and
 *		parentheses; one server is known to take "or", too.
 *
 * What is always true or always false is refused: the few triggers there are
 * allow trying every case.
 */
#include "commands.h"

#include <ctype.h>

typedef struct Parse
{
	const char *p;
	json_t	   *triggers;
	unsigned	values;			/* a bit for each trigger */
	const char *wrong;			/* or NULL */
} Parse;

static bool parse_or(Parse *s);

static void
blanks(Parse *s)
{
	while (*s->p == ' ')
		s->p++;
}

static bool
wrong(Parse *s, const char *what)
{
	if (s->wrong == NULL)
		s->wrong = what;
	return false;
}

static size_t
name_length(const char *p)
{
	size_t		n = 0;

	while (isalnum((unsigned char) p[n]) || (n > 0 && p[n] && strchr("._", p[n])))
		n++;
	return n;
}

static bool
parse_name(Parse *s)
{
	size_t		n = name_length(s->p);
	const char *at = s->p;

	if (n == 0)
		return wrong(s, "a name is wanted");
	s->p += n;
	for (size_t i = 0; i < json_array_size(s->triggers); i++)
	{
		const char *name = json_string_value(json_object_get(json_array_get(s->triggers, i), "name"));

		if (strlen(name) == n && strncmp(name, at, n) == 0)
			return (s->values >> i & 1) != 0;
	}
	return wrong(s, "a name that no trigger has");
}

static bool
parse_not(Parse *s)
{
	bool		negate = false;
	bool		value;

	for (blanks(s); *s->p == '!'; blanks(s))
	{
		negate = !negate;
		s->p++;
	}
	if (*s->p == '(')
	{
		s->p++;
		value = parse_or(s);
		if (*s->p != ')')
			return wrong(s, "a parenthesis is not closed");
		s->p++;
	}
	else
		value = parse_name(s);
	blanks(s);
	return value != negate;
}

static bool
parse_and(Parse *s)
{
	bool		value = parse_not(s);

	while (s->wrong == NULL && *s->p == '&')
	{
		s->p++;
		value = parse_not(s) && value;
	}
	return value;
}

static bool
parse_or(Parse *s)
{
	bool		value = parse_and(s);

	for (;;)
	{
		if (s->wrong == NULL && *s->p == '|')
			s->p++;
		else if (s->wrong == NULL && name_length(s->p) == 2 && strncmp(s->p, "or", 2) == 0)
			s->p += 2;
		else
			return value;
		value = parse_and(s) || value;
	}
}

/* The triggers have been checked: each has a name. */
bool
boolexp_right(const char *text, json_t *triggers, const char **why)
{
	size_t		n = json_array_size(triggers);
	unsigned	hits = 0;

	/* deep nesting costs stack */
	*why = "too long";
	if (strlen(text) > 1000)
		return false;
	for (unsigned values = 0; values < 1u << n; values++)
	{
		Parse		s = {text, triggers, values, NULL};
		bool		value = parse_or(&s);

		if (s.wrong == NULL && *s.p)
			s.wrong = "an operator is wanted";
		*why = s.wrong;
		if (s.wrong)
			return false;
		hits += value;
	}
	*why = "a constant expression";
	return hits > 0 && hits < 1u << n;
}
