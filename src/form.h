/*
 * form.h
 *	  JSON that a caller gives, told as data: which members an object may have,
 *	  and of what kind each is.
 */
#ifndef STELLANTIS_FORM_H
#define STELLANTIS_FORM_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef enum FormKind
{
	FORM_TEXT,					/* not empty; shown by no message */
	FORM_VALUE,					/* the same, or a number or a boolean, written as a text */
	FORM_NAME,					/* of a trigger: letters, perhaps . or _, perhaps digits */
	FORM_BOOL,
	FORM_WORD,					/* one of the words, whatever its case */
	FORM_INT,
	FORM_NUMBER,
	FORM_DAY,					/* "Monday", "Mon" */
	FORM_TIME,					/* of the day: "6:45", "PT6H45M" */
	FORM_SPAN,					/* the same, longer perhaps than a day */
	FORM_START,				/* FORM_TIME, or an instant as RFC 3339 has it */
	FORM_OBJECT
} FormKind;

typedef struct Form
{
	const char *name;			/* NULL ends the list */
	FormKind	kind;
	bool		required;
	bool		list;			/* an array of such, not empty */
	const char *words;			/* between | */
	double		min;			/* of a number; both 0 = any */
	double		max;
	const struct Form *members;
	const char *within;			/* is written as a member of an object of that name ... */
	const char *as;				/* ... under this one: then either may be given */
} Form;

/*
 * Appends an array of objects as the API is to read it: members in the order of
 * the form, words in its spelling.  Raises (22023) unless it is such an array,
 * of "least" to "most" elements (0 = any number); "argument" is its name.
 */
extern void form_write_list(StringInfo out, Jsonb *list, const char *argument,
							 const Form *members, int least, int most);

#endif							/* STELLANTIS_FORM_H */
