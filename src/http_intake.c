/*
 * http_intake.c
 *	  What an answer brings, as libcurl's callbacks take it in: its body, and
 *	  what is wanted of its headers.
 *
 * The callbacks never raise: they take notes in the Transfer, and end it by
 * returning short when it may not go on.
 */
#include "postgres.h"

#include <ctype.h>
#include <time.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "http_transfer.h"

#define BODY_START			((size_t) 16 * 1024)
#define BODY_TRUST			((curl_off_t) 64 * 1024 * 1024) /* of a Content-Length */
#define MAX_HEADER_BYTES	((size_t) 256 * 1024)
#define LONGEST_WAIT_S		(366.0 * 86400)

/* ---------------------------------------------------------------------
 * Bodies
 *
 * On Linux they are mappings of their own: growing one moves pages and not
 * bytes, what is not written yet takes no memory, and what is freed goes back
 * at once, whatever malloc's state.
 * ---------------------------------------------------------------------
 */

static bool
body_resize(Transfer *transfer, size_t room, bool exact)
{
	void	   *body;

#ifdef __linux__
	room = TYPEALIGN(4096, room);
	if (room == transfer->body_room)
		return true;
	if (transfer->body == NULL)
	{
		body = mmap(NULL, room, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef MADV_NOHUGEPAGE
		/* a huge page would take memory for what may never be written */
		if (body != MAP_FAILED && !exact)
			(void) madvise(body, room, MADV_NOHUGEPAGE);
#endif
	}
	else
		body = mremap(transfer->body, transfer->body_room, room, MREMAP_MAYMOVE);
	if (body == MAP_FAILED)
		return false;
#else
	body = realloc(transfer->body, room);
	if (body == NULL)
		return false;
#endif
	transfer->body = body;
	transfer->body_room = room;
	return true;
}

void
transfer_free_body(Transfer *transfer)
{
	if (transfer->body != NULL)
	{
		if (transfer->method != NULL)
			explicit_bzero(transfer->body, transfer->body_len);
#ifdef __linux__
		(void) munmap(transfer->body, transfer->body_room);
#else
		free(transfer->body);
#endif
	}
	transfer->body = NULL;
	transfer->body_len = transfer->body_room = 0;
}

/*
 * Gives back what a finished body does not need.
 */
void
transfer_shrink_body(Transfer *transfer)
{
	if (transfer->body != NULL)
		(void) body_resize(transfer, transfer->body_len + 1, true);
}

/*
 * Makes room for "len" more bytes and a NUL.  The first time all of an answer
 * that says its length.
 */
static bool
body_make_room(Transfer *transfer, size_t len)
{
	size_t		needed = transfer->body_len + len + 1;
	size_t		room = Max(transfer->body_room * 2, BODY_START);
	curl_off_t	announced = -1;
	bool		exact = false;

	if (needed <= transfer->body_room)
		return true;
	if (transfer->body == NULL && !transfer->encoded)
	{
		(void) curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
								 &announced);
		exact = announced > 0 && announced < BODY_TRUST;
		if (exact)
			room = announced + 1;
	}
	return body_resize(transfer, Max(room, needed), exact);
}

size_t
intake_body(char *data, size_t size, size_t nmemb, void *arg)
{
	Transfer   *transfer = arg;
	int64		limit = transfer->settings->max_response_bytes;
	size_t		len = size * nmemb;

	if (limit > 0 && (int64) (transfer->body_len + len) > limit)
	{
		transfer->too_large = true;
		return 0;
	}
	if (!body_make_room(transfer, len))
	{
		transfer->no_memory = true;
		return 0;
	}
	memcpy(transfer->body + transfer->body_len, data, len);
	transfer->body_len += len;
	transfer->body[transfer->body_len] = '\0';
	return len;
}

/* ---------------------------------------------------------------------
 * Headers
 * ---------------------------------------------------------------------
 */

void
intake_begin(Transfer *transfer)
{
	transfer->encoded = false;
	transfer->quota.limit_day = transfer->quota.remaining_day = -1;
	transfer->quota.limit_second = transfer->quota.remaining_second = -1;
	transfer->content_type[0] = '\0';
	transfer->retry_after[0] = '\0';
	transfer->reset[0] = '\0';
}

/*
 * The older form of a quota header, "name=rate-limit-1,150;", perhaps several
 * in one: the number after the comma, or -1.
 */
static int64
named_quota(const char *value, const char *name)
{
	const char *found = strstr(value, name);

	if (found == NULL || found[strlen(name)] != ',')
		return -1;
	found += strlen(name) + 1;
	while (*found == ' ')
		found++;
	return *found >= '0' && *found <= '9' ? strtoll(found, NULL, 10) : -1;
}

static void
note_quota(const char *value, const char *suffix, int64 *day, int64 *second)
{
	if (*suffix == '\0')
	{
		int64		n;

		if ((n = named_quota(value, "rate-limit-1")) >= 0)
			*day = n;
		if ((n = named_quota(value, "rate-limit-2")) >= 0)
			*second = n;
	}
	else if (*value >= '0' && *value <= '9')
	{
		if (strcmp(suffix, "-1") == 0)
			*day = strtoll(value, NULL, 10);
		else if (strcmp(suffix, "-2") == 0)
			*second = strtoll(value, NULL, 10);
	}
}

static void
note_header(Transfer *transfer, const char *name, const char *value)
{
	static const char limit[] = "x-ratelimit-limit";
	static const char remaining[] = "x-ratelimit-remaining";
	HttpQuota  *quota = &transfer->quota;

	if (pg_strcasecmp(name, "content-type") == 0)
		strlcpy(transfer->content_type, value, sizeof(transfer->content_type));
	else if (pg_strcasecmp(name, "content-encoding") == 0)
		transfer->encoded = true;
	else if (pg_strcasecmp(name, "retry-after") == 0)
		strlcpy(transfer->retry_after, value, sizeof(transfer->retry_after));
	else if (pg_strcasecmp(name, "x-ratelimit-reset") == 0)
		strlcpy(transfer->reset, value, sizeof(transfer->reset));
	else if (pg_strncasecmp(name, limit, sizeof(limit) - 1) == 0)
		note_quota(value, name + sizeof(limit) - 1,
				   &quota->limit_day, &quota->limit_second);
	else if (pg_strncasecmp(name, remaining, sizeof(remaining) - 1) == 0)
		note_quota(value, name + sizeof(remaining) - 1,
				   &quota->remaining_day, &quota->remaining_second);
}

/*
 * The line is not NUL-terminated.  A status line begins another block, of which
 * only the last counts.
 */
size_t
intake_header(char *data, size_t size, size_t nmemb, void *arg)
{
	Transfer   *transfer = arg;
	size_t		len = size * nmemb;
	char		line[HEADER_VALUE_LEN + 64];
	size_t		used = Min(len, sizeof(line) - 1);
	char	   *value;

	transfer->header_bytes += len;
	if (transfer->header_bytes > MAX_HEADER_BYTES)
	{
		transfer->header_flood = true;
		return 0;
	}
	memcpy(line, data, used);
	while (used > 0 && isspace((unsigned char) line[used - 1]))
		used--;
	line[used] = '\0';

	if (strncmp(line, "HTTP/", 5) == 0)
		intake_begin(transfer);
	else if ((value = strchr(line, ':')) != NULL)
	{
		*value++ = '\0';
		while (*value == ' ' || *value == '\t')
			value++;
		note_header(transfer, line, value);
	}
	return len;
}

/*
 * Milliseconds from a Retry-After, leniently: "120", "0.5", "120;w=1", a date.
 * -1 for anything else.
 */
static int64
parse_retry_after(const char *value)
{
	double		seconds;
	char	   *end;

	if (*value == '\0')
		return -1;
	if (*value >= '0' && *value <= '9')
	{
		seconds = strtod(value, &end);
		if (*end != '\0' && *end != ';' && *end != ',' && *end != ' ' && *end != 's')
			return -1;
	}
	else
	{
		time_t		at = curl_getdate(value, NULL);

		if (at == (time_t) -1)
			return -1;
		seconds = Max(difftime(at, time(NULL)), 0);
	}
	return (int64) (Min(seconds, LONGEST_WAIT_S) * 1000);
}

/* The same from an X-RateLimit-Reset, which may be a point in time. */
static int64
parse_reset(const char *value)
{
	int64		ms = -1;

	if (*value >= '0' && *value <= '9')
	{
		double		seconds = strtod(value, NULL);

		if (seconds > 1e9)
			seconds = Max(seconds - (double) time(NULL), 0);
		ms = (int64) (Min(seconds, LONGEST_WAIT_S) * 1000);
	}
	return ms;
}

int64
intake_retry_after(const Transfer *transfer, int status)
{
	int64		ms = parse_retry_after(transfer->retry_after);

	if (ms < 0 && status == 429)
		ms = parse_reset(transfer->reset);
	return ms;
}
