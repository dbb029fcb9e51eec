/*
 * words.h
 *	  What people write, and what the API wants to read: weekdays, times of the
 *	  day, instants, words of a list; and how JSON is written.
 */
#ifndef STELLANTIS_WORDS_H
#define STELLANTIS_WORDS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

/* The word of a list ("Level1|Level2") that a text is but for its case; or NULL. */
extern const char *word_of(const char *list, const char *text);

/* Such a list, or one between commas, as "Level1, Level2". */
extern char *words_listed(const char *list);

/* Names in the same way. */
extern char *words_joined(const char *const *names, int nnames);

/* "Mon" of "mon", "MONDAY" and the like; or NULL. */
extern const char *word_weekday(const char *text);
#define HINT_WEEKDAYS	"Weekdays are Monday to Sunday, or Mon to Sun."

/* Is it a name that a trigger can have? */
extern bool word_is_name(const char *text);
#define HINT_NAMES		"A name is letters, then perhaps . or _, then perhaps digits: home, low_1."

/* So many seconds as a duration: "PT6H45M". */
extern char *iso_duration(int64 seconds);

/*
 * Seconds of "6:45", "06:45:30" or "PT6H45M"; -1 if a text is no such thing.
 */
extern int64 seconds_of_duration(const char *text);

/* A finite instant as RFC 3339 in UTC, to the second; NULL if that has no words. */
extern char *rfc3339(TimestampTz instant);

/* A number with all of its digits, as JSON. */
extern void append_json_number(StringInfo out, double number);

/* A text (in the database encoding) as JSON. */
extern void append_json_text(StringInfo out, const char *text);

#endif							/* STELLANTIS_WORDS_H */
