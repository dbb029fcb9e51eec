/*
 * schema.h
 *		Bodies of requests, told as data: which members an object may have, and
 *		of what kind each is.  Whatever is not told is refused.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "sim.h"

typedef enum FieldKind
{
	F_NAME,						/* a text that is not empty */
	F_TEXT,
	F_BOOL,
	F_WORD,						/* one of the words */
	F_INT,
	F_NUMBER,
	F_DATE,						/* RFC 3339 */
	F_CLOCK,					/* a duration from midnight, below 24 hours */
	F_SPAN,						/* a duration */
	F_START,					/* a date, or a duration from midnight */
	F_OBJECT
} FieldKind;

typedef struct Field
{
	const char *name;			/* NULL ends the list */
	FieldKind	kind;
	bool		required;
	bool		list;			/* an array of such */
	int			least,			/* elements of it */
				most;			/* 0 = any number */
	const char *words;			/* parted by | */
	double		min,			/* of a number; both 0 = any */
				max;
	const struct Field *members;
} Field;

#define DAYS "Mon|Tue|Wed|Thu|Fri|Sat|Sun"

extern bool schema_fail(char *err, size_t errlen, const char *where, const char *what);
extern bool schema_check(json_t *doc, const Field *fields, const char *where, char *err, size_t errlen);
extern const char *schema_one_of(json_t *doc, const char *words, const char *where, char *err, size_t errlen);
extern bool word_in(const char *words, const char *s, size_t n);

#endif
