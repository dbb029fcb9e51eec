/*
 * request_range.c
 *	  What goes over the wire: ranges of time and of numbers, so that no row is
 *	  missed.
 */
#include "postgres.h"

#include <math.h>

#include "request_range.h"
#include "utils/timestamp.h"
#include "words.h"

/*
 * "T/" ends at the server's own clock, which may be behind the car's: an open
 * end is sent as an instant this far ahead of ours.
 */
#define OPEN_END_AHEAD	USECS_PER_DAY

/* Trips are assumed to last no longer, */
#define LONGEST_TRIP		(2 * USECS_PER_DAY)

/* and no row of a trip to be dated so much before its start. */
#define TRIP_START_SLACK	USECS_PER_DAY

/* How far the date that the API compares may be before the one we show. */
#define LATE_UPLOAD_SLACK	USECS_PER_DAY

/* Bounds may be exclusive, and dates may have fractions of a second. */
#define DEFAULT_SLACK		USECS_PER_SEC

/* So many ranges the API takes in one request. */
#define MAX_TIMESTAMPS	10

/* Distances and durations beyond this are not written. */
#define LARGEST_NUMBER	1e9

static TimestampTz
floor_second(TimestampTz t)
{
	TimestampTz rest = t % USECS_PER_SEC;

	return rest < 0 ? t - rest - USECS_PER_SEC : t - rest;
}

/* To whole seconds. */
static void
round_outwards(TimeRanges *ranges)
{
	for (int i = 0; i < ranges->n; i++)
	{
		TimeRange  *range = &ranges->ranges[i];

		if (!TIMESTAMP_NOT_FINITE(range->lower))
			range->lower = floor_second(range->lower);
		range->upper = time_moved(range->upper, USECS_PER_SEC - 1);
		if (!TIMESTAMP_NOT_FINITE(range->upper))
			range->upper = floor_second(range->upper);
	}
	time_ranges_merge(ranges);
}

static int
by_gap_before(const void *a, const void *b)
{
	const TimeRange *one = *(TimeRange *const *) a;
	const TimeRange *other = *(TimeRange *const *) b;
	int64		gap = one[0].lower - one[-1].upper;
	int64		other_gap = other[0].lower - other[-1].upper;

	return gap > other_gap ? -1 : gap < other_gap;
}

/* The closest neighbours become one, until no more than "most" are left. */
static void
bring_together(TimeRanges *ranges, int most)
{
	TimeRange **by_gap;

	if (ranges->n <= most)
		return;

	/* all but the first, those after the largest gaps at the beginning */
	by_gap = palloc(sizeof(TimeRange *) * (ranges->n - 1));
	for (int i = 1; i < ranges->n; i++)
		by_gap[i - 1] = &ranges->ranges[i];
	qsort(by_gap, ranges->n - 1, sizeof(TimeRange *), by_gap_before);
	for (int i = most - 1; i < ranges->n - 1; i++)
		by_gap[i]->lower = by_gap[i][-1].lower;
	time_ranges_merge(ranges);
	pfree(by_gap);
}

/* One range on the wire; NULL when it would bound nothing. */
static char *
format_range(const TimeRange *range, TimestampTz now)
{
	char	   *from = rfc3339(range->lower);
	char	   *until = rfc3339(range->upper);

	if (from == NULL)
		return until == NULL ? NULL : psprintf("/%s", until);
	if (until == NULL)
		until = rfc3339(floor_second(Max(now, range->lower) + OPEN_END_AHEAD));
	return until == NULL ? NULL : psprintf("%s/%s", from, until);
}

void
request_ranges(const TableOptions *table, const TimeRanges *ranges, TimeRanges *sent)
{
	TimeRange	open_ended;
	TimeRanges	asked = *ranges;
	int64		slack = DEFAULT_SLACK;

	if (table->time_slack_us >= 0)
		slack = table->time_slack_us;
	else if (sends_no_end(table) && ranges->n > 0)
	{
		/*
		 * Which date is compared is not known, but the one we show is never
		 * later than the others (but for a clock's skew).
		 */
		slack = LATE_UPLOAD_SLACK;
		open_ended.lower = ranges->ranges[0].lower;
		open_ended.upper = DT_NOEND;
		asked.n = 1;
		asked.ranges = &open_ended;
	}
	time_ranges_widen(&asked, slack, slack, sent);
}

void
request_trip_ranges(const TimeRanges *ranges, TimeRanges *begun)
{
	time_ranges_widen(ranges, LONGEST_TRIP, TRIP_START_SLACK, begun);
}

List *
request_timestamps(const TimeRanges *ranges, TimestampTz now)
{
	TimeRanges	sent;
	List	   *result = NIL;

	time_ranges_widen(ranges, 0, 0, &sent);
	round_outwards(&sent);
	bring_together(&sent, MAX_TIMESTAMPS);
	for (int i = 0; i < sent.n; i++)
	{
		char	   *range = format_range(&sent.ranges[i], now);

		if (range == NULL)
			return NIL;
		result = lappend(result, range);
	}
	return result;
}

char *
request_min_max(const NumberRange *range, int decimals)
{
	double		steps = pow(10, decimals);
	double		lower = (floor(range->lower * steps) - 1) / steps;
	double		upper = (ceil(range->upper * steps) + 1) / steps;
	bool		has_lower = lower > 0 && lower <= LARGEST_NUMBER;
	bool		has_upper = upper >= 0 && upper <= LARGEST_NUMBER;

	/* without a lower bound the API takes 0 for one, as it does by default */
	if (!has_lower && !has_upper)
		return NULL;
	if (!has_upper)
		return psprintf("%.*f-", decimals, lower);
	if (!has_lower)
		return psprintf("0-%.*f", decimals, upper);
	return psprintf("%.*f-%.*f", decimals, lower, decimals, upper);
}
