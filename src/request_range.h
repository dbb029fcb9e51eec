/*
 * request_range.h
 *	  What goes over the wire: ranges of time and of numbers.
 */
#ifndef STELLANTIS_REQUEST_RANGE_H
#define STELLANTIS_REQUEST_RANGE_H

#include "datatype/timestamp.h"
#include "option.h"
#include "qual.h"

/* What is asked for so that no row of these ranges is missed: longer ones. */
extern void request_ranges(const TableOptions *table, const TimeRanges *ranges,
						   TimeRanges *sent);

/* When trips may have begun that have rows in these ranges. */
extern void request_trip_ranges(const TimeRanges *ranges, TimeRanges *begun);

/*
 * The values of timestamps= (char *) for ranges, widened to whole seconds, no
 * more than the API takes; NIL when they would bound nothing.  An open end is
 * sent as a moment well after "now".
 */
extern List *request_timestamps(const TimeRanges *ranges, TimestampTz now);

/*
 * "min-max" for a range of numbers, rounded outwards to so many decimals and
 * one step wider; NULL when it would bound nothing.
 */
extern char *request_min_max(const NumberRange *range, int decimals);

#endif							/* STELLANTIS_REQUEST_RANGE_H */
