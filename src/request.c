/*
 * request.c
 *	  What goes over the wire: addresses, parameters, headers of a GET.
 */
#include "postgres.h"

#include "common/int.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "request.h"
#include "utils/timestamp.h"

/*
 * "T/" ends at the server's own clock, which may be behind the car's: an open
 * end is sent as an instant this far ahead of ours.
 */
#define OPEN_END_AHEAD	USECS_PER_DAY

/* The last instant that RFC 3339 can write. */
#define LAST_YEAR		9999

/*
 * A bound as RFC 3339 in UTC; false when it cannot be written (infinite,
 * before the year 1, after 9999).
 */
static bool
format_instant(TimestampTz instant, char *buffer, size_t size)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (TIMESTAMP_NOT_FINITE(instant) ||
		timestamp2tm(instant, NULL, &tm, &fsec, NULL, NULL) != 0 ||
		tm.tm_year < 1 || tm.tm_year > LAST_YEAR)
		return false;
	snprintf(buffer, size, "%04d-%02d-%02dT%02d:%02d:%02dZ",
			 tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return true;
}

static TimestampTz
floor_second(TimestampTz t)
{
	TimestampTz rest = t % USECS_PER_SEC;

	return rest < 0 ? t - rest - USECS_PER_SEC : t - rest;
}

TimestampTz
time_moved(TimestampTz t, int64 by)
{
	TimestampTz moved;

	if (TIMESTAMP_NOT_FINITE(t))
		return t;
	if (pg_add_s64_overflow(t, by, &moved) || !IS_VALID_TIMESTAMP(moved))
		return by < 0 ? DT_NOBEGIN : DT_NOEND;
	return moved;
}

/* The same, to the whole second at or before it. */
static TimestampTz
widen(TimestampTz t, int64 by)
{
	t = time_moved(t, by);
	return TIMESTAMP_NOT_FINITE(t) ? t : floor_second(t);
}

char *
request_timestamps(const TimeRange *range, int64 slack)
{
	TimestampTz lower = widen(range->lower, -slack);
	TimestampTz upper = widen(range->upper, slack + USECS_PER_SEC - 1);
	char		from[32],
				until[32];
	bool		has_lower,
				has_upper;

	has_lower = format_instant(lower, from, sizeof(from));
	has_upper = format_instant(upper, until, sizeof(until));
	if (!has_lower && !has_upper)
		return NULL;
	if (!has_lower)
		return psprintf("/%s", until);
	if (!has_upper)
	{
		TimestampTz end = Max(GetCurrentTimestamp(), lower) + OPEN_END_AHEAD;

		if (!format_instant(floor_second(end), until, sizeof(until)))
			return NULL;
	}
	return psprintf("%s/%s", from, until);
}

/* Percent-encoded, from the database encoding. */
static void
append_escaped(StringInfo url, const char *text)
{
	char	   *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	appendStringInfoString(url, http_escape(utf8));
}

void
request_path(StringInfo url, const char *endpoint, const char *vehicle_id,
			 const char *trip_id)
{
	while (*endpoint != '\0')
	{
		if (strncmp(endpoint, "{id}", 4) == 0)
		{
			append_escaped(url, vehicle_id);
			endpoint += 4;
		}
		else if (strncmp(endpoint, "{tid}", 5) == 0)
		{
			append_escaped(url, trip_id);
			endpoint += 5;
		}
		else
			appendStringInfoChar(url, *endpoint++);
	}
}

void
request_param(StringInfo url, const char *name, const char *value)
{
	appendStringInfo(url, "%c%s=", strchr(url->data, '?') == NULL ? '?' : '&', name);
	append_escaped(url, value);
}

void
request_param_int(StringInfo url, const char *name, int value)
{
	request_param(url, name, psprintf("%d", value));
}

void
request_param_extensions(StringInfo url, uint32 extensions)
{
	for (int i = 0; i < CATALOG_NEXTENSIONS; i++)
		if (extensions & (1U << i))
			request_param(url, "extension", catalog_extensions[i]);
}

const char **
request_headers(const Account *account, const char *accept)
{
	const char **headers = palloc0(sizeof(char *) * 4);
	int			n = 0;

	headers[n++] = psprintf("x-introspect-realm: %s", account->realm);
	headers[n++] = psprintf("Accept: %s", accept);
	if (account->access_token != NULL)
		headers[n++] = psprintf("Authorization: Bearer %s", account->access_token);
	return headers;
}

bool
request_id_is_possible(const char *id)
{
	return id[0] != '\0' && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}
