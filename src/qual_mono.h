/*
 * qual_mono.h
 *	  Conditions on a function of the time column that only rises, or only
 *	  falls: CAST(started_at AS date) = d, date_trunc('month', started_at) >= m.
 *	  qual_mono.c has the functions that are known, and finds a chain of them
 *	  around the column; qual_invert.c turns a range of what one gives into a
 *	  range of what it takes.
 *
 * Such a range (a TimeRange) is of int64, whatever the type of its values:
 *	  timestamptz			 as it is
 *	  timestamp, date		 timestamp; a date is its midnight
 *	  interval				 microseconds, as interval_cmp sees them
 *	  numbers				 in millionths
 */
#ifndef STELLANTIS_QUAL_MONO_H
#define STELLANTIS_QUAL_MONO_H

#include "postgres.h"

#include "qual.h"

/* The most arguments that a function has beside the one with the column. */
#define MONO_NARGS 2

/* Properties of functions. */
#define MONO_UTC	0x01		/* what it takes is a timestamptz */
#define MONO_MINUS	0x02		/* it takes its interval away */
#define MONO_INEXACT 0x04		/* it gives a float8 */
#define MONO_FALLS	0x08		/* what it gives falls when its argument rises */

struct MonoStep;

/*
 * Makes of a range of what the function gives one that holds every argument
 * for which it gives that.  It raises no error: what cannot be computed, or
 * what the function would refuse, is no bound.
 */
typedef void (*MonoInvert) (const struct MonoStep *step, TimeRange *range);

typedef struct MonoFunction
{
	Oid			oid;
	int			column;			/* which argument has the column, from 0 */
	int			flags;
	MonoInvert	invert;
} MonoFunction;

/* A function of a chain at run time. */
typedef struct MonoStep
{
	const MonoFunction *function;
	int			nargs;
	const QualValue *args[MONO_NARGS];	/* the other arguments; none is NULL */
} MonoStep;

/* The range that holds everything. */
static inline void
no_bounds(TimeRange *range)
{
	range->lower = DT_NOBEGIN;
	range->upper = DT_NOEND;
}

extern void invert_nothing(const MonoStep *step, TimeRange *range);
extern void invert_to_local(const MonoStep *step, TimeRange *range);
extern void invert_to_utc(const MonoStep *step, TimeRange *range);
extern void invert_to_date(const MonoStep *step, TimeRange *range);
extern void invert_trunc(const MonoStep *step, TimeRange *range);
extern void invert_bin(const MonoStep *step, TimeRange *range);
extern void invert_round(const MonoStep *step, TimeRange *range);
extern void invert_shift(const MonoStep *step, TimeRange *range);
extern void invert_distance(const MonoStep *step, TimeRange *range);
extern void invert_days(const MonoStep *step, TimeRange *range);
extern void invert_field(const MonoStep *step, TimeRange *range);
extern void invert_integer(const MonoStep *step, TimeRange *range);

/* ---- plan time ---- */

/* A call of a known function. */
typedef struct MonoCall
{
	int			function;		/* its number */
	Node	   *inner;			/* the argument that is to have the column */
	List	   *args;			/* the others */
} MonoCall;

/*
 * What a node calls.  A difference is two functions, of the one side and of
 * the other: "after" is -1, or the number of the one that did not do.
 */
extern bool mono_find(Node *node, int after, MonoCall *call);

/* Can values of these types be compared so that ranges come of it? */
extern bool mono_comparable(Oid chain, Oid operand);

/*
 * The number of the function that an operator between values of these types
 * applies to that of the chain before it compares; -1 if none.
 */
extern int	mono_promotion(Oid chain, Oid operand);

/* ---- run time ---- */

/* The least range that holds a value; all for a type that has none. */
extern void mono_value_range(Datum value, Oid type, TimeRange *range);

/* Does what the chain gives fall when the column rises? */
extern bool mono_falls(List *condition);

/* False while planning, when an operand is one that only the run time knows. */
extern bool mono_is_known(List *condition, const QualValues *values);

/* The ranges of the column that can satisfy a condition with a chain. */
extern void mono_ranges(List *condition, const QualValues *values, TimeRanges *result);

#endif							/* STELLANTIS_QUAL_MONO_H */
