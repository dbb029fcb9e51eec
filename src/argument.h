/*
 * argument.h
 *	  Arguments of the functions that act: what a person writes, checked before
 *	  anything is sent, in the API's words.
 */
#ifndef STELLANTIS_ARGUMENT_H
#define STELLANTIS_ARGUMENT_H

#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"

/* Raises (22004) if it is NULL.  "name" is the argument's, here and below. */
extern void refuse_null(FunctionCallInfo fcinfo, int argument, const char *name);

/* Raises (22023): what was given is not what the argument takes; the hint is a sentence. */
extern void refuse_argument(const char *name, const char *given, const char *hint);

/*
 * An id, as it goes into a path; raises (22004, 22023) where that cannot be one.
 */
extern char *id_argument(FunctionCallInfo fcinfo, int argument, const char *name);

/* A text that is neither NULL nor empty. */
extern char *label_argument(FunctionCallInfo fcinfo, int argument, const char *name);

/* A word of a list ("Partial|Full"), in its spelling; NULL stays NULL. */
extern const char *word_argument(FunctionCallInfo fcinfo, int argument, const char *name,
								 const char *list);

/* Words of a list as a JSON array; NULL stays NULL. */
extern char *words_argument(FunctionCallInfo fcinfo, int argument, const char *name,
							const char *list);

/* A time of the day, as a duration from midnight. */
extern char *time_argument(FunctionCallInfo fcinfo, int argument, const char *name);

/* Weekdays as a JSON array; NULL stays NULL. */
extern char *days_argument(FunctionCallInfo fcinfo, int argument, const char *name);

/* Elements of a text[], none of which is NULL. */
extern int	texts_argument(FunctionCallInfo fcinfo, int argument, const char *name, char ***texts);

/* Raise (22023) unless it is so many degrees. */
extern void check_latitude(const char *name, double degrees);
extern void check_longitude(const char *name, double degrees);

#endif							/* STELLANTIS_ARGUMENT_H */
