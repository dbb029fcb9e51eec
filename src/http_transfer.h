/*
 * http_transfer.h
 *	  One request as libcurl sees it: its options, what it brings, how it ends.
 *	  Only http.c uses it.
 */
#ifndef STELLANTIS_HTTP_TRANSFER_H
#define STELLANTIS_HTTP_TRANSFER_H

#include "postgres.h"

#include <curl/curl.h>

#include "http.h"

#define HEADER_VALUE_LEN	256

/*
 * What libcurl and malloc gave is freed by transfer_close() (all but the body)
 * and transfer_free_body(), neither of which raises.
 */
typedef struct Transfer
{
	const HttpSettings *settings;
	const char *url;
	const char *method;			/* of what is sent at most once; NULL = GET */
	char	   *upload;			/* its body, or NULL; wiped when closed */
	struct curl_slist *headers; /* holds the access token: wiped when freed */
	CURL	   *easy;			/* kept from one attempt to the next */

	/* The attempt's, written by libcurl's callbacks. */
	char	   *body;
	size_t		body_len;
	size_t		body_room;
	size_t		header_bytes;
	int			sent;			/* how often it was about to be sent */
	bool		tls_begun;		/* only seen with settings->fresh */
	bool		stale;			/* a kept connection died under it */
	bool		encoded;		/* there is a Content-Encoding */
	bool		too_large;
	bool		no_memory;
	bool		header_flood;
	HttpQuota	quota;
	char		address[64];
	char		content_type[HEADER_VALUE_LEN];
	char		retry_after[64];
	char		reset[64];
	char		error[CURL_ERROR_SIZE];
} Transfer;

/* Adds "Name: value"; false when out of memory. */
extern bool transfer_add_header(Transfer *transfer, const char *line);

/*
 * A file of the settings that cannot be read, or NULL; errno says why.
 */
extern const char *transfer_unreadable_file(const HttpSettings *settings);

/* Starts an attempt; false, with the reason in "error", when it cannot. */
extern bool transfer_begin(Transfer *transfer, void *owner);

/* Who began the transfer of an easy handle. */
extern void *transfer_owner(CURL *easy);

/*
 * False until there are name, connection and TLS: as long as not a byte of the
 * attempt's request can have left.
 */
extern bool transfer_may_have_left(const Transfer *transfer);

/*
 * Ends an attempt, which libcurl has ended with "code", or which we end
 * because its time is up.  Fills in the answer.  Returns the bytes that came
 * over the wire.
 */
extern int64 transfer_end(Transfer *transfer, CURLcode code, HttpAnswer *answer);
extern int64 transfer_time_out(Transfer *transfer, int after_ms, HttpAnswer *answer);

/*
 * Whether the attempt died with a connection that had been kept open, before
 * an answer began: the next one will have a connection of its own.
 */
extern bool transfer_was_stale(const Transfer *transfer);

/* Gives an attempt up. */
extern void transfer_abandon(Transfer *transfer);

/* Whether what went wrong may pass by itself. */
extern bool transfer_repeatable(const Transfer *transfer, const HttpAnswer *answer);

extern void transfer_close(Transfer *transfer);

/* in http_intake.c */

/* Gives back what a finished body does not need; frees it. */
extern void transfer_shrink_body(Transfer *transfer);
extern void transfer_free_body(Transfer *transfer);

/* Forgets the headers of an attempt before. */
extern void intake_begin(Transfer *transfer);

/* CURLOPT_WRITEFUNCTION (of decompressed bytes) and CURLOPT_HEADERFUNCTION. */
extern size_t intake_body(char *data, size_t size, size_t nmemb, void *arg);
extern size_t intake_header(char *data, size_t size, size_t nmemb, void *arg);

/*
 * Milliseconds that the headers ask to wait before the next request: of
 * Retry-After, with a 429 also of X-RateLimit-Reset; -1 when they do not.
 */
extern int64 intake_retry_after(const Transfer *transfer, int status);

#endif							/* STELLANTIS_HTTP_TRANSFER_H */
