/*
 * option_value.h
 *	  What option values mean: durations, sizes, URLs, hosts, plain text.
 */
#ifndef STELLANTIS_OPTION_VALUE_H
#define STELLANTIS_OPTION_VALUE_H

#include "postgres.h"

/* The parts of a URL that decide whether it may be used. */
typedef struct UrlParts
{
	bool		plain;			/* http, not https */
	char		host[260];		/* as libcurl understands it; IPv6 in brackets */
	int			port;			/* the scheme's where none is written */
	bool		has_port;		/* the URL writes its port */
	bool		has_path;		/* more than "/" */
} UrlParts;

/*
 * These return NULL, or why the value is refused: a sentence that does not
 * repeat the value.
 */
extern const char *duration_parse(const char *value, double *milliseconds);
extern const char *size_parse(const char *value, double *bytes);
extern const char *integer_parse(const char *value, double *number);
extern const char *real_parse(const char *value, double *number);
extern const char *timestamp_check(const char *value);
extern const char *token_check(const char *value);
extern const char *text_check(const char *value);
extern const char *file_check(const char *value);
extern const char *url_parse(const char *value, UrlParts *parts);

/* True for the vendor's own hosts, over https and at its usual port. */
extern bool host_is_built_in(const UrlParts *url);

/* True if stellantis_fdw.allowed_hosts has an entry for the URL. */
extern bool host_is_allowed(const UrlParts *url);

/* The entry that stellantis_fdw.allowed_hosts would need; palloc'd. */
extern char *host_entry(const UrlParts *url);

#endif							/* STELLANTIS_OPTION_VALUE_H */
