/*
 * option_value.c
 *	  What option values mean: durations, sizes, URLs, hosts, plain text.
 *
 * No value is repeated in a message from here: any of them may be a secret
 * that was put in the wrong place.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include <curl/curl.h>

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "option.h"
#include "option_value.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

/* GUC */
char	   *allowed_hosts = NULL;

/*
 * The hosts that tokens may be sent to without anybody's leave: the partner
 * API, the older API, and each brand's OAuth host.
 */
static const char *const built_in_hosts[] = {
	"api-cert.groupe-psa.com",
	"api.groupe-psa.com",
	"idpcvs.peugeot.com",
	"idpcvs.citroen.com",
	"idpcvs.driveds.com",
	"idpcvs.opel.com",
	"idpcvs.vauxhall.co.uk",
};

/*
 * Calls an input function on a text of unknown quality.  False when it
 * refuses the text as bad data; any other error goes on its way.
 *
 * PostgreSQL 16 has input functions that report softly; before, catching the
 * error is the only way.  No subtransaction is needed: input functions of
 * built-in types take no resources but memory.
 */
static bool
input_is_valid(PGFunction input, const char *text, Datum *result)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool valid = true;

	PG_TRY();
	{
		*result = DirectFunctionCall3(input, CStringGetDatum(text),
									  ObjectIdGetDatum(InvalidOid),
									  Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		valid = false;
	}
	PG_END_TRY();

	return valid;
}

/*
 * A duration as PostgreSQL's settings write it ('500ms', '30 s', '2min'), a
 * number alone being seconds, or as an interval ('1 day') of fixed length.
 */
const char *
duration_parse(const char *value, double *milliseconds)
{
	double		seconds;
	Datum		datum;
	Interval   *interval;

	if (parse_real(value, &seconds, GUC_UNIT_S, NULL))
	{
		/* whole microseconds, so that 2.3 s is 2300 ms and no hair beside */
		*milliseconds = rint(seconds * 1000000.0) / 1000.0;
		return NULL;
	}

	if (!input_is_valid(interval_in, value, &datum))
		return "The value is not a duration.";
	interval = DatumGetIntervalP(datum);

	/* also how an infinite interval (17 and later) shows */
	if (interval->month != 0)
		return "Months and years have no fixed length.";
	*milliseconds = interval->day * (double) SECS_PER_DAY * 1000.0 +
		interval->time / 1000.0;
	return NULL;
}

/* A size as PostgreSQL's settings write it ('64MB'), a number alone being bytes. */
const char *
size_parse(const char *value, double *bytes)
{
	if (!parse_real(value, bytes, GUC_UNIT_BYTE, NULL))
		return "The value is not a size.";
	*bytes = rint(*bytes);
	return NULL;
}

const char *
integer_parse(const char *value, double *number)
{
	if (!parse_real(value, number, 0, NULL) || *number != rint(*number))
		return "The value is not an integer.";
	return NULL;
}

const char *
real_parse(const char *value, double *number)
{
	if (!parse_real(value, number, 0, NULL))
		return "The value is not a number.";
	return NULL;
}

/*
 * Is it the same for all who read it, whatever their DateStyle and TimeZone, and
 * whenever they do?  Year first, a time, and where it holds.
 */
static bool
is_absolute_time(const char *value)
{
	size_t		year = strspn(value, "0123456789");
	const char *minutes = strchr(value, ':');

	return year >= 4 && value[year] == '-' && minutes != NULL && strpbrk(minutes, "+-Zz") != NULL;
}

const char *
timestamp_check(const char *value)
{
	Datum		datum;

	if (!is_absolute_time(value) || !input_is_valid(timestamptz_in, value, &datum))
		return "The value is not a timestamp with time zone.";
	return NULL;
}

/*
 * What goes into a header or a URL as it is: a space or a line feed in it
 * could add a header of its own.
 */
const char *
token_check(const char *value)
{
	if (*value == '\0')
		return "The value is empty.";
	for (const char *c = value; *c; c++)
	{
		if (*c <= ' ' || *c >= 0x7f)
			return "The value has a space, a control character or a character beyond ASCII.";
	}
	return NULL;
}

const char *
text_check(const char *value)
{
	if (*value == '\0')
		return "The value is empty.";
	for (const unsigned char *c = (const unsigned char *) value; *c; c++)
	{
		if (*c < ' ' || *c == 0x7f)
			return "The value has a control character.";
	}
	return NULL;
}

/* The file itself is not looked at: the validator touches no files. */
const char *
file_check(const char *value)
{
	if (!is_absolute_path(value))
		return "The value is not an absolute path.";
	return text_check(value);
}

/*
 * Copies one part of a URL.  The part is libcurl's memory, so nothing may be
 * raised before it is freed.  False when there is no such part, or no room.
 */
static bool
url_part(CURLU *url, CURLUPart part, unsigned int flags, char *result, size_t size)
{
	char	   *value = NULL;
	bool		copied = false;

	if (curl_url_get(url, part, &value, flags) == CURLUE_OK && value != NULL)
		copied = strlcpy(result, value, size) < size;
	curl_free(value);
	return copied;
}

/*
 * Whether all of a host is what names and addresses are made of.  libcurl
 * decodes %xx in it, and older ones take whatever comes of that.
 */
static bool
host_is_plain(const char *host)
{
	return strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]") == strlen(host);
}

/* The parts of a URL that libcurl has parsed; reports as url_parse() does. */
static const char *
url_read_parts(CURLU *url, UrlParts *parts)
{
	char		scheme[8];
	char		port[8];
	char		path[2];

	if (!url_part(url, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) ||
		(pg_strcasecmp(scheme, "http") != 0 && pg_strcasecmp(scheme, "https") != 0))
		return "The URL's scheme is neither https nor http.";
	if (!url_part(url, CURLUPART_HOST, 0, parts->host, sizeof(parts->host)) ||
		parts->host[0] == '\0')
		return "The URL has no host, or too long a one.";
	if (!host_is_plain(parts->host))
		return "The URL's host has a character that is in no host's name.";
	if (!url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) ||
		(parts->port = atoi(port)) < 1)
		return "The URL's port is not one.";

	parts->plain = pg_strcasecmp(scheme, "http") == 0;
	parts->has_port = url_part(url, CURLUPART_PORT, 0, port, sizeof(port));
	parts->has_path = !url_part(url, CURLUPART_PATH, 0, path, sizeof(path)) ||
		strcmp(path, "/") != 0;
	return NULL;
}

/*
 * Takes a URL apart with libcurl's own parser, so that what is checked here is
 * what libcurl connects to.
 */
const char *
url_parse(const char *value, UrlParts *parts)
{
	CURLU	   *url;
	CURLUcode	code;
	const char *reason;
	const char *authority;

	if ((reason = token_check(value)) != NULL)
		return reason;

	/*
	 * libcurl takes "https:host" and "https:///host" for "https://host", and
	 * an empty query for none.  We append paths to the text, so be stricter.
	 */
	if (pg_strncasecmp(value, "https://", 8) != 0 &&
		pg_strncasecmp(value, "http://", 7) != 0)
		return "The URL's scheme is neither https nor http.";
	authority = strchr(value, ':') + strlen("://");
	if (*authority == '\0' || *authority == '/')
		return "The URL has no host.";
	if (strpbrk(value, "?#") != NULL)
		return "The URL has a query or a fragment.";
	if (strchr(value, '\\') != NULL)
		return "The URL has a backslash.";

	url = curl_url();
	if (url == NULL)
		return "Out of memory.";
	code = curl_url_set(url, CURLUPART_URL, value, CURLU_DISALLOW_USER);
	if (code == CURLUE_OK)
		reason = url_read_parts(url, parts);
	else if (code == CURLUE_USER_NOT_ALLOWED)
		reason = "The URL has a user name or a password, which everyone could read here.";
	else if (code == CURLUE_BAD_PORT_NUMBER)
		reason = "The URL's port is not one.";
	else if (code == CURLUE_NO_HOST)
		reason = "The URL has no host.";
	else
		reason = "The value is not a URL.";
	curl_url_cleanup(url);
	return reason;
}

bool
host_is_built_in(const UrlParts *url)
{
	if (url->plain || url->port != 443)
		return false;
	for (int i = 0; i < lengthof(built_in_hosts); i++)
	{
		if (pg_strcasecmp(url->host, built_in_hosts[i]) == 0)
			return true;
	}
	return false;
}

/*
 * One entry of allowed_hosts: "host" is https, "http://host" plain http,
 * either with or without a port.  Reports as url_parse() does.
 */
static const char *
entry_parse(const char *entry, UrlParts *parts)
{
	const char *reason;

	if (strchr(entry, '*') != NULL)
		return "Hosts are named one by one, without wildcards.";
	if (strstr(entry, "://") == NULL)
		entry = psprintf("https://%s", entry);
	reason = url_parse(entry, parts);
	if (reason == NULL && parts->has_path)
		reason = "A path cannot be allowed, only a host.";
	return reason;
}

bool
host_is_allowed(const UrlParts *url)
{
	List	   *entries;
	ListCell   *lc;

	if (allowed_hosts == NULL ||
		!SplitGUCList(pstrdup(allowed_hosts), ',', &entries))
		return false;
	foreach(lc, entries)
	{
		UrlParts	entry;

		/* loopback is no exception: it is what a forged URL would aim at */
		if (entry_parse(lfirst(lc), &entry) == NULL &&
			entry.plain == url->plain &&
			(!entry.has_port || entry.port == url->port) &&
			pg_strcasecmp(entry.host, url->host) == 0)
			return true;
	}
	return false;
}

char *
host_entry(const UrlParts *url)
{
	const char *scheme = url->plain ? "http://" : "";

	if (url->has_port)
		return psprintf("%s%s:%d", scheme, url->host, url->port);
	return psprintf("%s%s", scheme, url->host);
}

/* Check hook of stellantis_fdw.allowed_hosts. */
bool
check_allowed_hosts(char **newval, void **extra, GucSource source)
{
	List	   *entries;
	ListCell   *lc;

	if (*newval == NULL)
		return true;
	if (!SplitGUCList(pstrdup(*newval), ',', &entries))
	{
		GUC_check_errdetail("List syntax is invalid.");
		return false;
	}
	foreach(lc, entries)
	{
		UrlParts	parts;
		const char *reason = entry_parse(lfirst(lc), &parts);

		if (reason != NULL)
		{
			GUC_check_errdetail("%s", reason);
			GUC_check_errhint("Write \"host\" for https or \"http://host\" for plain http, either with \":port\" for one port alone, separated by commas.");
			return false;
		}
	}
	return true;
}
