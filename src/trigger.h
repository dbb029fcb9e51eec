/*
 * trigger.h
 *	  Triggers of monitors, and the expression that joins them.
 */
#ifndef STELLANTIS_TRIGGER_H
#define STELLANTIS_TRIGGER_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/*
 * Appends triggers as the API is to read them, and gives their names (char *).
 * Raises (22023) unless they are triggers.
 */
extern List *triggers_write(StringInfo out, Jsonb *triggers);

/*
 * Raises (22023) unless the text joins triggers of those names by &, |, ! and
 * parentheses, and is not always true or always false.
 */
extern void bool_exp_check(const char *text, List *names);

#endif							/* STELLANTIS_TRIGGER_H */
