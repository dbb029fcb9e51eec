/*
 * clock.c
 *		Dates and durations: reading what a request says, printing what an
 *		answer says, and the world's own clock.
 */
#include "sim.h"

#include <ctype.h>
#include <time.h>

/* Howard Hinnant's calendar arithmetic; days are counted from 1970-01-01. */
int64_t
days_from_civil(int64_t y, int m, int d)
{
	int64_t		era;
	unsigned	yoe,
				doy,
				doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned) (y - era * 400);
	doy = (153 * (unsigned) (m + (m > 2 ? -3 : 9)) + 2) / 5 + (unsigned) d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t) doe - 719468;
}

void
civil_from_days(int64_t z, int *y, int *m, int *d)
{
	int64_t		era;
	unsigned	doe,
				yoe,
				doy,
				mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (unsigned) (z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = (int) (doy - (153 * mp + 2) / 5 + 1);
	*m = (int) (mp < 10 ? mp + 3 : mp - 9);
	*y = (int) ((int64_t) yoe + era * 400) + (*m <= 2);
}

static void
two(char *p, int v)
{
	p[0] = (char) ('0' + v / 10 % 10);
	p[1] = (char) ('0' + v % 10);
}

/* Writes 20 characters and a zero. */
void
format_date(char *out, int64_t t)
{
	int64_t		days = t >= 0 ? t / 86400 : (t - 86399) / 86400;
	int			sec = (int) (t - days * 86400);
	int			y,
				m,
				d;

	civil_from_days(days, &y, &m, &d);
	two(out, y / 100);
	two(out + 2, y);
	out[4] = '-';
	two(out + 5, m);
	out[7] = '-';
	two(out + 8, d);
	out[10] = 'T';
	two(out + 11, sec / 3600);
	out[13] = ':';
	two(out + 14, sec / 60 % 60);
	out[16] = ':';
	two(out + 17, sec % 60);
	out[19] = 'Z';
	out[20] = '\0';
}

void
format_http_date(char *out, int64_t t)
{
	time_t		tt = (time_t) t;
	struct tm	tm;

	gmtime_r(&tt, &tm);
	strftime(out, 40, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static bool
digits(const char **p, const char *end, int n, int *out)
{
	int			v = 0;

	for (int i = 0; i < n; i++, (*p)++)
	{
		if (*p >= end || !isdigit((unsigned char) **p))
			return false;
		v = v * 10 + (**p - '0');
	}
	*out = v;
	return true;
}

static bool
literal(const char **p, const char *end, char c)
{
	if (*p >= end || **p != c)
		return false;
	(*p)++;
	return true;
}

static bool
parse_zone(const char **p, const char *end, int *minutes)
{
	int			h,
				m,
				sign;

	*minutes = 0;
	if (literal(p, end, 'Z') || literal(p, end, 'z'))
		return true;
	if (*p >= end || (**p != '+' && **p != '-'))
		return false;
	sign = **p == '-' ? -1 : 1;
	(*p)++;
	if (!digits(p, end, 2, &h) || !literal(p, end, ':') || !digits(p, end, 2, &m) ||
		h > 23 || m > 59)
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

/* RFC 3339, strictly: the whole of the n characters. */
bool
parse_date(const char *s, size_t n, int64_t *ms)
{
	const char *p = s;
	const char *end = s + n;
	int			y, mo, d, h, mi, sec, zone, frac = 0, scale = 100;
	static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (!digits(&p, end, 4, &y) || !literal(&p, end, '-') || !digits(&p, end, 2, &mo) ||
		!literal(&p, end, '-') || !digits(&p, end, 2, &d) ||
		!(literal(&p, end, 'T') || literal(&p, end, 't')) ||
		!digits(&p, end, 2, &h) || !literal(&p, end, ':') || !digits(&p, end, 2, &mi) ||
		!literal(&p, end, ':') || !digits(&p, end, 2, &sec))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > month_days[mo - 1] || h > 23 || mi > 59 || sec > 60)
		return false;
	if (literal(&p, end, '.'))
	{
		if (p >= end || !isdigit((unsigned char) *p))
			return false;
		for (; p < end && isdigit((unsigned char) *p); p++, scale /= 10)
			frac += (*p - '0') * scale;
	}
	if (!parse_zone(&p, end, &zone) || p != end)
		return false;
	*ms = (days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec - zone * 60) * 1000 + frac;
	return true;
}

/*
 * ISO 8601, weeks included.  Years and months have no fixed length; 365 and
 * 30 days are near enough for a filter nobody documents.
 */
bool
parse_duration(const char *s, size_t n, int64_t *ms)
{
	const char *p = s;
	const char *end = s + n;
	bool		in_time = false;
	bool		any = false;
	double		total = 0;

	if (!literal(&p, end, 'P'))
		return false;
	while (p < end)
	{
		double		v = 0,
					scale = 0.1,
					factor;
		bool		digit = false;

		if (!in_time && literal(&p, end, 'T'))
		{
			in_time = true;
			any = false;
			continue;
		}
		for (; p < end && isdigit((unsigned char) *p) && v < 1e9; p++, digit = true)
			v = v * 10 + (*p - '0');
		if (digit && p < end && *p == '.')
			for (p++; p < end && isdigit((unsigned char) *p); p++, scale /= 10)
				v += (*p - '0') * scale;
		if (!digit || p >= end)
			return false;
		if (in_time)
			factor = *p == 'H' ? 3600 : *p == 'M' ? 60 : *p == 'S' ? 1 : -1;
		else
			factor = *p == 'Y' ? 365 * 86400 : *p == 'M' ? 30 * 86400 :
				*p == 'W' ? 7 * 86400 : *p == 'D' ? 86400 : -1;
		if (factor < 0)
			return false;
		v *= factor;
		total += v;
		any = true;
		p++;
	}
	*ms = (int64_t) (total * 1000);
	return any && total < 4e9;
}

int64_t
machine_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The world's present, in seconds: the knob's, or this minute. */
int64_t
sim_now(void)
{
	int64_t		ms;

	if (strcmp(config.now, "real") == 0)
		return machine_ms() / 60000 * 60;
	if (!parse_date(config.now, strlen(config.now), &ms))
		return 0;
	return ms / 1000;
}
