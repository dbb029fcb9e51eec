/*
 * qual_invert.c
 *	  From a range of what a function gives to a range of what it takes: one
 *	  inverter for each kind of function that qual_mono.c knows.
 *
 * What comes out may be larger than it need be, and never smaller.  What no
 * car can have lived is cut off, so that all arithmetic is far from where
 * PostgreSQL's raises errors.  Local time does not only rise: where clocks go
 * back it repeats itself, so a range of it comes of all times from the first
 * that may be in it to the last.
 */
#include "postgres.h"

#include "common/int.h"
#include "compat.h"
#include "parser/scansup.h"
#include "pgtime.h"
#include "qual_mono.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

/* Numbers are in millionths. */
#define MILLION		INT64CONST(1000000)

/* 1970 and 2499: before and after there are no trips. */
#define FIRST_TIME	((int64) (UNIX_EPOCH_JDATE - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)
#define LAST_TIME	(INT64CONST(182622) * USECS_PER_DAY)

/* No interval that anybody adds is longer: 1000 years. */
#define LONGEST_MONTHS	(1000 * MONTHS_PER_YEAR)
#define LONGEST_TIME	(INT64CONST(366000) * USECS_PER_DAY)

/*
 * Local time is within this of UTC: what a POSIX time zone can say is less
 * than a week, and a day more is looked at to find out what a local time means.
 */
#define ZONE_WINDOW		(8 * USECS_PER_DAY)

/* The same for an abbreviation, which means what real time zones do. */
#define ABBREV_OFFSET	(26 * USECS_PER_HOUR)

/* ---- bounds ---- */

/* A range of times so that PostgreSQL's functions take its bounds. */
static void
cut(TimeRange *range)
{
	if (range->lower < FIRST_TIME)
		range->lower = DT_NOBEGIN;
	else
		range->lower = Min(range->lower, LAST_TIME);
	if (range->upper > LAST_TIME)
		range->upper = DT_NOEND;
	else
		range->upper = Max(range->upper, FIRST_TIME);
}

/* Moves the bounds; one that leaves what numbers there are is none. */
static void
move(TimeRange *range, int64 lower, int64 upper)
{
	if (range->lower != DT_NOBEGIN && pg_add_s64_overflow(range->lower, lower, &range->lower))
		range->lower = DT_NOBEGIN;
	if (range->upper != DT_NOEND && pg_add_s64_overflow(range->upper, upper, &range->upper))
		range->upper = DT_NOEND;
}

static int64
floor_div(int64 number, int64 by)
{
	return number / by - (number % by < 0 ? 1 : 0);
}

void
invert_nothing(const MonoStep *step, TimeRange *range)
{
}

/* ---- time zones ---- */

/* One that has no pg_tz is an abbreviation, whose offset is between two. */
typedef struct Zone
{
	pg_tz	   *tz;
	int64		least;			/* local time less UTC */
	int64		greatest;
} Zone;

/* A stretch of UTC in which the offset is the same. */
typedef struct Stretch
{
	int64		end;			/* the first microsecond after it */
	int64		offset;
} Stretch;

/*
 * What "name" means; NULL is the session's time zone.  For date_trunc an
 * abbreviation that has meant several offsets is the time zone in which it has,
 * for AT TIME ZONE it is the one that was meant at the time.
 */
static bool
find_zone(const QualValue *name, bool truncates, Zone *zone)
{
	int			offset = 0;

	zone->least = zone->greatest = 0;
	zone->tz = session_timezone;
	if (name == NULL)
		return true;
	switch (compat_decode_zone(name->texts[0], &offset, &zone->tz))
	{
		case COMPAT_ZONE_FIXED:
			zone->tz = NULL;
			zone->least = zone->greatest = offset * USECS_PER_SEC;
			return true;
		case COMPAT_ZONE_ABBREV:
			if (truncates)
				break;
			zone->tz = NULL;
			zone->least = -ABBREV_OFFSET;
			zone->greatest = ABBREV_OFFSET;
			return true;
		case COMPAT_ZONE_FULL:
			break;
	}

	/* one that counts leap seconds has more than offsets */
	return zone->tz != NULL && pg_tz_acceptable(zone->tz);
}

static void
find_stretch(const Zone *zone, int64 at, Stretch *stretch)
{
	pg_time_t	seconds = floor_div(at, USECS_PER_SEC) -
		floor_div(FIRST_TIME, USECS_PER_SEC);
	pg_time_t	boundary;
	long int	before,
				after;
	int			before_dst,
				after_dst;

	stretch->offset = pg_localtime(&seconds, zone->tz)->tm_gmtoff * USECS_PER_SEC;
	stretch->end = DT_NOEND;
	if (pg_next_dst_boundary(&seconds, &before, &before_dst, &boundary, &after, &after_dst,
							 zone->tz) == 1)
		stretch->end = boundary * USECS_PER_SEC + FIRST_TIME;
}

/* The first and the last time whose local time is at least, at most "local". */
static void
times_of(const Zone *zone, int64 local, int64 *first, int64 *last)
{
	Stretch		stretch;

	*first = DT_NOBEGIN;
	*last = DT_NOEND;
	for (int64 at = local - ZONE_WINDOW; at <= local + ZONE_WINDOW; at = stretch.end)
	{
		find_stretch(zone, at, &stretch);
		if (*first == DT_NOBEGIN && local - stretch.offset < stretch.end)
			*first = Max(at, local - stretch.offset);
		if (local - stretch.offset >= at)
			*last = Min(stretch.end - 1, local - stretch.offset);
	}
}

/* From local times to the times that have them. */
static void
local_to_times(const Zone *zone, TimeRange *range)
{
	int64		unused;

	cut(range);
	if (zone->tz == NULL)
	{
		move(range, -zone->greatest, -zone->least);
		return;
	}
	if (range->lower != DT_NOBEGIN)
		times_of(zone, range->lower, &range->lower, &unused);
	if (range->upper != DT_NOEND)
		times_of(zone, range->upper, &unused, &range->upper);
}

/*
 * The earliest local time that means "time" or later, or the latest that means
 * "time" or earlier.
 */
static int64
extreme_reading(const Zone *zone, int64 time, bool earliest)
{
	int64		result = earliest ? DT_NOEND : DT_NOBEGIN;
	int64		next;
	Stretch		stretch,
				after;

	for (int64 at = time - ZONE_WINDOW; at <= time + ZONE_WINDOW; at = next)
	{
		int64		end;

		find_stretch(zone, at, &stretch);
		next = end = stretch.end;
		if (end != DT_NOEND)
		{
			/* local times that are left out are read as if clocks went on */
			find_stretch(zone, end, &after);
			end += Max(after.offset - stretch.offset, 0);
		}
		if (earliest && Max(at, time) < end)
			result = Min(result, Max(at, time) + stretch.offset);
		if (!earliest && at <= time)
			result = Max(result, Min(end - 1, time) + stretch.offset);
	}
	return result;
}

/*
 * From times to the local times that mean them.  A local time that clocks leave
 * out means what it would if they had not been changed yet; of one that comes
 * twice both meanings count.
 */
static void
times_to_local(const Zone *zone, TimeRange *range)
{
	TimeRange	local = {DT_NOBEGIN, DT_NOEND};

	cut(range);
	if (zone->tz == NULL)
	{
		move(range, zone->least, zone->greatest);
		return;
	}
	if (range->lower != DT_NOBEGIN)
		local.lower = extreme_reading(zone, range->lower, true);
	if (range->upper != DT_NOEND)
		local.upper = extreme_reading(zone, range->upper, false);
	*range = local;
}

void
invert_to_local(const MonoStep *step, TimeRange *range)
{
	Zone		zone;

	if (find_zone(step->nargs > 0 ? step->args[0] : NULL, false, &zone))
		local_to_times(&zone, range);
	else
		no_bounds(range);
}

void
invert_to_utc(const MonoStep *step, TimeRange *range)
{
	Zone		zone;

	if (find_zone(step->nargs > 0 ? step->args[0] : NULL, false, &zone))
		times_to_local(&zone, range);
	else
		no_bounds(range);
}

/* ---- what is cut off or rounded ---- */

/* The units of date_trunc. */
static const struct
{
	int			unit;
	Interval	length;
}			units[] = {
	{DTK_MICROSEC, {.time = 1}},
	{DTK_MILLISEC, {.time = 1000}},
	{DTK_SECOND, {.time = USECS_PER_SEC}},
	{DTK_MINUTE, {.time = USECS_PER_MINUTE}},
	{DTK_HOUR, {.time = USECS_PER_HOUR}},
	{DTK_DAY, {.day = 1}},
	{DTK_WEEK, {.day = 7}},
	{DTK_MONTH, {.month = 1}},
	{DTK_QUARTER, {.month = 3}},
	{DTK_YEAR, {.month = 12}},
};

static const Interval *
unit_length(const char *name)
{
	char	   *lower = downcase_truncate_identifier(name, strlen(name), false);
	int			unit;

	if (DecodeUnits(0, lower, &unit) == UNITS)
		for (int i = 0; i < lengthof(units); i++)
			if (units[i].unit == unit)
				return &units[i].length;
	return NULL;
}

static int64
plus(int64 local, const Interval *length)
{
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(local),
												 IntervalPGetDatum(length)));
}

/* Both bounds are local times. */
static void
local_trunc(const char *unit, const Interval *length, TimeRange *range)
{
	Datum		name = CStringGetTextDatum(unit);
	int64		start;

	cut(range);
	if (range->lower != DT_NOBEGIN)
	{
		start = DatumGetTimestamp(DirectFunctionCall2(timestamp_trunc, name,
													  TimestampGetDatum(range->lower)));
		range->lower = start == range->lower ? start : plus(start, length);
	}
	if (range->upper != DT_NOEND)
	{
		start = DatumGetTimestamp(DirectFunctionCall2(timestamp_trunc, name,
													  TimestampGetDatum(range->upper)));
		range->upper = plus(start, length) - 1;
	}
}

void
invert_to_date(const MonoStep *step, TimeRange *range)
{
	static const Interval day = {.day = 1};

	local_trunc("day", &day, range);
	if (step->function->flags & MONO_UTC)
		invert_to_local(step, range);
}

/*
 * Of a timestamptz, less than a day is cut off with the offset kept; a day or
 * more by way of the local time.
 */
void
invert_trunc(const MonoStep *step, TimeRange *range)
{
	const char *unit = step->args[0]->texts[0];
	const Interval *length = unit_length(unit);
	Zone		zone;

	if (length == NULL)
		no_bounds(range);
	else if (!(step->function->flags & MONO_UTC))
		local_trunc(unit, length, range);
	else if (length->time > 0)
		move(range, 0, length->time - 1);
	else if (find_zone(step->nargs > 1 ? step->args[1] : NULL, true, &zone))
	{
		times_to_local(&zone, range);
		local_trunc(unit, length, range);
		local_to_times(&zone, range);
	}
	else
		no_bounds(range);
}

/* Wherever the bins begin, each begins at most its length before a time in it. */
void
invert_bin(const MonoStep *step, TimeRange *range)
{
	const Interval *stride = &step->args[0]->interval;
	TimeRange	length = step->args[0]->ranges[0];

	if (stride->month != 0 || length.upper <= 0 || length.upper > LONGEST_TIME)
		no_bounds(range);
	else
		move(range, 0, length.upper);
}

/* To some number of decimals of a second, at least none. */
void
invert_round(const MonoStep *step, TimeRange *range)
{
	move(range, -USECS_PER_SEC / 2, USECS_PER_SEC / 2);
}

/* What is rounded to an integer is compared with one. */
void
invert_integer(const MonoStep *step, TimeRange *range)
{
	if (range->lower != DT_NOBEGIN)
		range->lower = -floor_div(-range->lower, MILLION) * MILLION;
	if (range->upper != DT_NOEND)
		range->upper = floor_div(range->upper, MILLION) * MILLION;
	move(range, -MILLION / 2, MILLION / 2);
}

/* ---- + and - ---- */

/* Takes months or days away from local times. */
static void
local_shift(int months, int days, TimeRange *range)
{
	Interval	back = {.day = -days, .month = -months};

	cut(range);
	if (range->lower != DT_NOBEGIN)
		range->lower = plus(range->lower, &back);
	if (range->upper != DT_NOEND)
		range->upper = plus(range->upper, &back);

	/* the last days of a month are all moved to the last of a shorter one */
	if (months != 0)
		move(range, 0, 4 * USECS_PER_DAY);
}

/* An interval's months, days and time are added one after the other. */
void
invert_shift(const MonoStep *step, TimeRange *range)
{
	const Interval *given = &step->args[0]->interval;
	int			sign = step->function->flags & MONO_MINUS ? -1 : 1;
	Zone		zone = {.tz = NULL};

	if (compat_interval_infinite(given) || labs(given->month) > LONGEST_MONTHS ||
		labs(given->day) > LONGEST_TIME / USECS_PER_DAY ||
		given->time > LONGEST_TIME || given->time < -LONGEST_TIME)
	{
		no_bounds(range);
		return;
	}
	if (step->function->flags & MONO_UTC)
		zone.tz = session_timezone;
	move(range, -sign * given->time, -sign * given->time);
	if (given->day != 0)
	{
		times_to_local(&zone, range);
		local_shift(0, sign * given->day, range);
		local_to_times(&zone, range);
	}
	if (given->month != 0)
	{
		times_to_local(&zone, range);
		local_shift(sign * given->month, 0, range);
		local_to_times(&zone, range);
	}
}

/* column - other, or other - column */
void
invert_distance(const MonoStep *step, TimeRange *range)
{
	const QualValue *other = step->args[0];
	TimeRange	at = other->ranges[0];

	/* a timestamptz may be infinite, and then has no range */
	if (at.lower != at.upper)
	{
		no_bounds(range);
		return;
	}
	if (step->function->column == 1)
	{
		TimeRange	length = *range;

		range->lower = length.upper == DT_NOEND ? DT_NOBEGIN : -length.upper;
		range->upper = length.lower == DT_NOBEGIN ? DT_NOEND : -length.lower;
	}
	move(range, at.lower, at.lower);
}

/* The same of dates, which are whole days from each other. */
void
invert_days(const MonoStep *step, TimeRange *range)
{
	const int64 scale = USECS_PER_DAY / MILLION;

	if (range->lower != DT_NOBEGIN && pg_mul_s64_overflow(range->lower, scale, &range->lower))
		range->lower = DT_NOBEGIN;
	if (range->upper != DT_NOEND && pg_mul_s64_overflow(range->upper, scale, &range->upper))
		range->upper = DT_NOEND;
	invert_distance(step, range);
}

/* ---- fields ---- */

/* The first moment of a year, or something that will be cut off. */
static int64
year_start(int64 year)
{
	if (year < 1970)
		return FIRST_TIME - 1;
	if (year > 2499)
		return LAST_TIME + 2;
	return (int64) (date2j((int) year, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
}

static void
invert_year(const MonoStep *step, TimeRange *range)
{
	if (range->lower != DT_NOBEGIN)
		range->lower = year_start(-floor_div(-range->lower, MILLION));
	if (range->upper != DT_NOEND)
		range->upper = year_start(floor_div(range->upper, MILLION) + 1) - 1;
	cut(range);
	if (step->function->flags & MONO_UTC)
	{
		Zone		zone;

		find_zone(NULL, false, &zone);
		local_to_times(&zone, range);
	}
}

/* Seconds since 1970, of a local time as if it were UTC. */
static void
invert_epoch(const MonoStep *step, TimeRange *range)
{
	move(range, FIRST_TIME, FIRST_TIME);

	/* a float8 is rounded to less than this for 200 000 years to come */
	if (step->function->flags & MONO_INEXACT)
		move(range, -USECS_PER_SEC, USECS_PER_SEC);
}

void
invert_field(const MonoStep *step, TimeRange *range)
{
	const char *name = step->args[0]->texts[0];
	char	   *lower = downcase_truncate_identifier(name, strlen(name), false);
	int			field;
	int			type = DecodeUnits(0, lower, &field);

	if (type == UNITS && field == DTK_YEAR)
		invert_year(step, range);
	else if (DecodeSpecial(0, lower, &field) == RESERV && field == DTK_EPOCH)
		invert_epoch(step, range);
	else
		no_bounds(range);
}
