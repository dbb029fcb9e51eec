/*
 * convert_time.c
 *	  Dates and durations as the API writes them.
 *
 * PostgreSQL's own input functions are not used: they raise, they depend on
 * the session's settings, and they accept what is no date of this API ("now",
 * a time without a zone).
 */
#include "postgres.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>

#include "convert.h"
#include "utils/datetime.h"

/* Exactly "n" digits; moves on.  Strings end in '"' or NUL, which is no digit. */
static bool
take_digits(const char **at, int n, int *value)
{
	int			v = 0;

	for (int i = 0; i < n; i++)
	{
		unsigned	digit = (unsigned char) (*at)[i] - '0';

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	*at += n;
	*value = v;
	return true;
}

static bool
take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* One of the three-letter words in "words", counted from 0. */
static bool
take_word(const char **at, const char *words, int *which)
{
	for (int i = 0; words[3 * i] != '\0'; i++)
	{
		if (strncmp(*at, words + 3 * i, 3) == 0)
		{
			*at += 3;
			*which = i;
			return true;
		}
	}
	return false;
}

/* hh:mm:ss; a leap second is the one after it, as in PostgreSQL. */
static bool
take_time(const char **at, int *seconds)
{
	int			hour,
				minute,
				second;

	if (!take_digits(at, 2, &hour) || !take_char(at, ':') ||
		!take_digits(at, 2, &minute) || !take_char(at, ':') ||
		!take_digits(at, 2, &second) ||
		hour > 23 || minute > 59 || second > 60)
		return false;
	*seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

/* The digits after the point, rounded to microseconds. */
static bool
take_fraction(const char **at, int *usec)
{
	int			n = 0;

	*usec = 0;
	for (; isdigit((unsigned char) **at); (*at)++, n++)
	{
		if (n < 6)
			*usec = *usec * 10 + (**at - '0');
		else if (n == 6 && **at >= '5')
			(*usec)++;
	}
	for (int i = n; i < 6; i++)
		*usec *= 10;
	return n > 0;
}

/* Z, +hh:mm, +hhmm or +hh, in seconds east of Greenwich. */
static bool
take_zone(const char **at, int *seconds)
{
	int			sign = (**at == '-') ? -1 : 1;
	int			hour,
				minute = 0;

	*seconds = 0;
	if (take_char(at, 'Z') || take_char(at, 'z'))
		return true;
	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take_digits(at, 2, &hour))
		return false;
	if (take_char(at, ':') || isdigit((unsigned char) **at))
	{
		if (!take_digits(at, 2, &minute))
			return false;
	}
	*seconds = sign * (hour * 60 + minute) * 60;
	return hour <= MAX_TZDISP_HOUR && minute <= 59;
}

static bool
day_exists(int year, int month, int day)
{
	return year >= 1 && month >= 1 && month <= MONTHS_PER_YEAR &&
		day >= 1 && day <= day_tab[isleap(year)][month - 1];
}

static TimestampTz
make_timestamp(int year, int month, int day, int64 seconds, int usec)
{
	int64		days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;

	return days * USECS_PER_DAY + seconds * USECS_PER_SEC + usec;
}

/* 2026-02-13T17:32:10.5Z */
static bool
parse_rfc3339(const char *s, const char *end, TimestampTz *result)
{
	int			year,
				month,
				day,
				seconds,
				usec = 0,
				zone;

	if (!take_digits(&s, 4, &year) || !take_char(&s, '-') ||
		!take_digits(&s, 2, &month) || !take_char(&s, '-') ||
		!take_digits(&s, 2, &day) || !day_exists(year, month, day))
		return false;
	if (!take_char(&s, 'T') && !take_char(&s, 't') && !take_char(&s, ' '))
		return false;
	if (!take_time(&s, &seconds))
		return false;
	if (take_char(&s, '.') && !take_fraction(&s, &usec))
		return false;
	if (!take_zone(&s, &zone) || s != end)
		return false;
	*result = make_timestamp(year, month, day, seconds - zone, usec);
	return true;
}

/* Mon Jun 03 08:35:36 GMT 2019 */
static bool
parse_java_date(const char *s, const char *end, TimestampTz *result)
{
	int			weekday,
				month,
				day,
				seconds,
				zone,
				year;

	if (!take_word(&s, "MonTueWedThuFriSatSun", &weekday) || !take_char(&s, ' ') ||
		!take_word(&s, "JanFebMarAprMayJunJulAugSepOctNovDec", &month) ||
		!take_char(&s, ' ') ||
		!take_digits(&s, 2, &day) || !take_char(&s, ' ') ||
		!take_time(&s, &seconds) || !take_char(&s, ' ') ||
		!take_word(&s, "GMTUTC", &zone) || !take_char(&s, ' ') ||
		!take_digits(&s, 4, &year) || s != end ||
		!day_exists(year, month + 1, day))
		return false;
	*result = make_timestamp(year, month + 1, day, seconds, 0);
	return true;
}

/* "s" is followed by a character that is in no date, as a string's quote. */
bool
parse_timestamp(const char *s, int len, TimestampTz *result)
{
	if (len > 0 && isdigit((unsigned char) s[0]))
		return parse_rfc3339(s, s + len, result);
	return parse_java_date(s, s + len, result);
}

/* What one of a unit is; units in the order in which a duration has them. */
typedef struct DurationUnit
{
	char		letter;
	bool		time;			/* after T */
	int			months;
	int			days;
	int64		usec;
} DurationUnit;

static const DurationUnit duration_units[] = {
	{'Y', false, MONTHS_PER_YEAR, 0, 0},
	{'M', false, 1, 0, 0},
	{'W', false, 0, 7, 0},
	{'D', false, 0, 1, 0},
	{'H', true, 0, 0, USECS_PER_HOUR},
	{'M', true, 0, 0, USECS_PER_MINUTE},
	{'S', true, 0, 0, USECS_PER_SEC}
};

/* Digits, and perhaps a point and digits. */
static bool
take_number(const char **at, double *value, bool *fraction)
{
	const char *start = *at;
	double		scale = 1;

	*value = 0;
	*fraction = false;
	for (; isdigit((unsigned char) **at); (*at)++)
		*value = *value * 10 + (**at - '0');
	if (*at == start)
		return false;
	if (**at == '.' || **at == ',')
	{
		start = ++(*at);
		for (; isdigit((unsigned char) **at); (*at)++)
		{
			if (*at - start >= 9)
				continue;
			*value = *value * 10 + (**at - '0');
			scale *= 10;
		}
		*value /= scale;
		*fraction = true;
		return *at > start;
	}
	return true;
}

/* A unit's fraction goes into the smaller field, a month having 30 days. */
static void
add_unit(const DurationUnit *unit, double value, double *months, double *days,
		 double *usec)
{
	double		whole = floor(value * unit->months);
	double		rest_days = (value * unit->months - whole) * DAYS_PER_MONTH +
		value * unit->days;

	*months += whole;
	*days += floor(rest_days);
	*usec += rint((rest_days - floor(rest_days)) * USECS_PER_DAY + value * unit->usec);
}

/*
 * P1Y2M3DT4H5M6.7S: each unit once, in this order, only the last with a
 * fraction; a sign is in no duration of this API.
 */
bool
parse_duration(const char *s, int len, Interval *result)
{
	const char *end = s + len;
	bool		in_time = false;
	bool		fraction = false;
	int			unit = 0;
	double		months = 0,
				days = 0,
				usec = 0,
				value;

	if (!take_char(&s, 'P') || s == end)
		return false;
	while (s < end)
	{
		if (fraction)
			return false;
		if (!in_time && take_char(&s, 'T'))
			in_time = true;
		if (!take_number(&s, &value, &fraction))
			return false;
		while (unit < lengthof(duration_units) &&
			   (duration_units[unit].letter != *s || duration_units[unit].time != in_time))
			unit++;
		if (unit == lengthof(duration_units))
			return false;
		add_unit(&duration_units[unit++], value, &months, &days, &usec);
		s++;
	}
	if (months > INT_MAX || days > INT_MAX || usec >= (double) PG_INT64_MAX)
		return false;
	result->month = (int32) months;
	result->day = (int32) days;
	result->time = (int64) usec;
	return true;
}
