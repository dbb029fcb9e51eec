/*
 * qual.h
 *	  WHERE -> what the API can filter.  At plan time clauses become trees of
 *	  conditions on keys; at run time the trees, with their operands' values,
 *	  become the vehicles, trips and times to ask for.  What is asked for is
 *	  always a superset of the answer: PostgreSQL rechecks every clause.
 */
#ifndef STELLANTIS_QUAL_H
#define STELLANTIS_QUAL_H

#include "postgres.h"

#include "catalog.h"
#include "datatype/timestamp.h"
#include "executor/executor.h"
#include "nodes/pathnodes.h"
#include "table.h"

/* The columns whose qualifiers the API, or we before asking it, can use. */
typedef enum QualKey
{
	KEY_ACCOUNT,				/* the constant column "account" */
	KEY_VEHICLE,				/* vehicle_id; id of the vehicles themselves */
	KEY_VIN,
	KEY_ID,						/* id of what is no vehicle */
	KEY_TRIP,					/* the trip, or the list of trips, that a row belongs to */
	KEY_CALLBACK,				/* the callback below which a row is */
	KEY_TIME,					/* the resource's time column */
	KEY_TOLERANCE,				/* tolerance_km of waypoints */
	KEY_DISTANCE,				/* columns with a filter of their own */
	KEY_DURATION,
	KEY_KIND
} QualKey;

#define QUAL_NKEYS 11

/* Which attribute of the relation is which key; 0 where there is none. */
typedef struct QualColumns
{
	AttrNumber	attnum[QUAL_NKEYS];
	bool		trips_are_list; /* KEY_TRIP: a row belongs to several */
} QualColumns;

/*
 * What was found in a list of clauses: plain Lists, so that a plan can be
 * copied.  A key's tree is NIL (no condition), or see qual_tree.h.
 */
typedef struct QualTrees
{
	List	   *tree[QUAL_NKEYS];
	List	   *operands;		/* expressions, for fdw_exprs */
	List	   *pushed;			/* positions of the clauses that were used */
	bool		exact;			/* no clause can drop a row of what is asked */
} QualTrees;

extern void qual_columns(const Resource *resource, const TableColumn *table,
						 int ncolumns, QualColumns *columns);

/* Does a row belong to several trips?  Then KEY_TRIP is a list. */
extern bool qual_trips_are_list(const Resource *resource);

/* Does it say nothing of which vehicles, trips, objects or times are asked? */
extern bool qual_is_filter_key(QualKey key);

/* The key of a column with a filter of its own. */
extern QualKey qual_filter_key(ColumnFilter filter);

/* Finds the conditions in a list of bare clauses (implicitly ANDed). */
extern void qual_extract(PlannerInfo *root, RelOptInfo *rel, const QualColumns *columns,
						 List *clauses, QualTrees *result);

/* True if the clause gives a condition on the key. */
extern bool qual_clause_has_key(PlannerInfo *root, RelOptInfo *rel,
								const QualColumns *columns, QualKey key, Expr *clause);

/* Can the operands have other values when the scan is read again? */
extern bool qual_operands_vary(PlannerInfo *root, List *operands);

/*
 * How many values a key's tree names at most: -1 when only the run time knows
 * (or when it names none, as LIKE does).
 */
extern int	qual_tree_count(List *tree, List *operands);

/* A closed range; DT_NOBEGIN and DT_NOEND where there is no bound. */
typedef struct TimeRange
{
	TimestampTz lower;
	TimestampTz upper;
} TimeRange;

/* The values of the operands at run time. */
typedef struct QualValue
{
	bool		isnull;
	bool		has_null;		/* an element of the array is NULL */
	int			n;				/* elements of an array, NULLs left out; else 1 */
	char	  **texts;			/* text operands, in the database encoding */
	struct strset_hash *set;	/* of the texts, once they are looked up */
	TimestampTz *times;			/* operands of the time column */
	double	   *numbers;		/* tolerance, distance (km), duration (s) */
	bool		unknown;		/* only the run time knows: see qual_foresee() */
	TimeRange  *ranges;			/* values other than texts, as qual_mono.h has them */
	Interval	interval;
} QualValue;

typedef struct QualValues
{
	int			n;
	QualValue  *values;
} QualValues;

/*
 * Evaluates operands ("states" from ExecInitExprList over "operands") into
 * the current memory context.
 */
extern QualValues *qual_evaluate(List *operands, List *states, ExprContext *econtext);

/*
 * Is there a function that PostgreSQL would call for an estimate, and that is
 * not its own?  It may do anything: ask the API, too.
 */
extern bool qual_calls_others(Node *node);

/* The same while planning, as far as they are known: what stays "unknown" is empty. */
extern QualValues *qual_foresee(PlannerInfo *root, List *operands);

extern bool qual_values_equal(const QualValues *a, const QualValues *b);

/* A set of texts: everything, or just these (each once). */
typedef struct TextSet
{
	bool		all;
	int			n;
	char	  **texts;
} TextSet;

extern void qual_text_set(List *tree, const QualValues *values, TextSet *set);

/*
 * The same for a column that is a list of texts: any one of those that the
 * rows' lists all have, or all.
 */
extern void qual_text_in_list(List *tree, const QualValues *values, TextSet *set);

/* Could a row whose text column has this value satisfy the tree? */
extern bool qual_text_matches(List *tree, const QualValues *values, const char *text);

/* The prefix when the tree is nothing but LIKE 'prefix%', else NULL. */
extern const char *qual_sole_prefix(List *tree, const QualValues *values);

/* True when the tree can hold for no value at all. */
extern bool qual_text_impossible(List *tree, const QualValues *values);

/* Ranges in their order, no two of which overlap or touch; none is no time at all. */
typedef struct TimeRanges
{
	int			n;
	TimeRange  *ranges;			/* palloc'd */
} TimeRanges;

/* Does the tree bound the time from below, whatever the values of operands? */
extern bool qual_has_lower_bound(List *tree);

/* The times that can satisfy a tree. */
extern void qual_time_ranges(List *tree, const QualValues *values, TimeRanges *result);

/* All of time. */
extern void time_ranges_all(TimeRanges *ranges);

/* What two have in common; "result" may be one of them. */
extern void time_ranges_intersect(const TimeRanges *a, const TimeRanges *b, TimeRanges *result);

/* Puts ranges in their order, and makes one of those that overlap or touch. */
extern void time_ranges_merge(TimeRanges *ranges);

/* Each range longer by so many microseconds before and after. */
extern void time_ranges_widen(const TimeRanges *ranges, int64 before, int64 after,
							  TimeRanges *result);

/* How many days until "now" they are; 0 when one is without a beginning. */
extern double time_ranges_days(const TimeRanges *ranges, TimestampTz now);

/* A bound moved by microseconds; one that leaves the range of timestamps is none. */
extern TimestampTz time_moved(TimestampTz t, int64 by);

extern bool time_ranges_hold(const TimeRanges *ranges, TimestampTz t);

/* A closed range of numbers, infinite where there is no bound. */
typedef struct NumberRange
{
	bool		empty;
	double		lower;
	double		upper;
} NumberRange;

/* What encloses the numbers that can satisfy a tree. */
extern void qual_number_range(List *tree, const QualValues *values, NumberRange *range);

/*
 * The tolerance asked for.  False when the conditions contradict each other
 * or are NULL; *given is false when there is none.
 */
extern bool qual_tolerance(List *tree, const QualValues *values, bool *given, double *km);

#endif							/* STELLANTIS_QUAL_H */
