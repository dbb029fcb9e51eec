/*
 * http.h
 *	  HTTP for a backend: one libcurl multi behind one pollable descriptor,
 *	  interruptible waits, retries.  Knows no tables and no JSON.
 */
#ifndef STELLANTIS_HTTP_H
#define STELLANTIS_HTTP_H

#include "postgres.h"

#include "utils/palloc.h"

/* How to reach a host.  Owned by the caller; must outlive the group. */
typedef struct HttpSettings
{
	const char *proxy;			/* URL, or NULL for none (environment ignored) */
	const char *ca_file;		/* PEM, or NULL for the system's */
	const char *cert_file;		/* PEM, or NULL */
	const char *key_file;		/* PEM, or NULL */
	const char *key_password;	/* or NULL */
	int			connect_timeout_ms; /* name, TCP, TLS; 0 = none */
	int			request_timeout_ms; /* one attempt, counted while waiting; 0 = none */
	int64		max_response_bytes; /* body after decompression; 0 = none */
	int			retries;		/* repeats of a GET after the first attempt */
	int			max_retry_wait_ms;	/* a longer Retry-After fails at once */
	bool		fresh;			/* not over a connection that was kept open */
} HttpSettings;

typedef enum HttpOutcome
{
	HTTP_ANSWERED,				/* a whole HTTP answer, whatever its status */
	HTTP_NAME_FAULT,			/* DNS */
	HTTP_CONNECT_FAULT,			/* TCP, or connect_timeout */
	HTTP_PROXY_FAULT,
	HTTP_TLS_FAULT,				/* handshake, the server's certificate */
	HTTP_FILE_FAULT,			/* ca_file, cert_file or key_file unusable */
	HTTP_RESET,					/* connection lost before a whole answer */
	HTTP_TRUNCATED,				/* body shorter than announced, bad encoding */
	HTTP_TIMED_OUT,				/* request_timeout */
	HTTP_TOO_LARGE,				/* max_response_bytes */
	HTTP_HEADER_FLOOD,			/* headers without end */
	HTTP_OTHER_FAULT
} HttpOutcome;

/* Quota headers as last sent by the API; -1 where a header is missing. */
typedef struct HttpQuota
{
	int64		limit_day;
	int64		remaining_day;
	int64		limit_second;
	int64		remaining_second;
} HttpQuota;

/* The end of a request: of its last attempt. */
typedef struct HttpAnswer
{
	HttpOutcome outcome;
	int			status;			/* HTTP status, 0 unless HTTP_ANSWERED */
	const char *body;			/* NUL-terminated, decompressed; never NULL */
	size_t		body_len;
	const char *content_type;	/* as sent, or "" */
	const char *url;			/* what was asked, as given to http_get() */
	int64		retry_after_ms; /* Retry-After or X-RateLimit-Reset, or -1 */
	const char *error;			/* libcurl's words for a transport fault, or "" */
	const char *file;			/* HTTP_FILE_FAULT: which file, or NULL */
	const char *address;		/* of the host or proxy that was connected to, or "" */
	bool		tls_begun;		/* TCP was established: later faults are TLS's or the host's; */
								/* told only of a "fresh" request */
	bool		sent;			/* the last transmission has left, or a part of it may have */
	bool		begun;			/* the host has said something */
	int			attempts;		/* transmissions, at least 1 */
	HttpQuota	quota;
} HttpAnswer;

/* Sums over a group's life, for EXPLAIN. */
typedef struct HttpCounters
{
	int64		requests;		/* transmissions, retries included */
	int64		retried;		/* of these, retries */
	int64		bytes;			/* bodies as they came over the wire */
} HttpCounters;

typedef struct HttpGroup HttpGroup;
typedef struct HttpRequest HttpRequest;

/*
 * Called in the caller's own frame right before each transmission, retries
 * included, so it may raise.  Counts it; returns how many milliseconds it must
 * still be held back (0 = now).  Not called again for the same transmission.
 */
typedef int (*HttpAdmit) (void *arg);

/*
 * A group is what one scan asks.  It lives in a child of "parent"; when that
 * context is reset, or the (sub)transaction that made the group aborts, its
 * transfers are dropped and its malloc'ed memory freed.
 */
extern HttpGroup *http_group_create(MemoryContext parent, const HttpSettings *settings,
									HttpAdmit admit, void *admit_arg);

/*
 * Starts a GET.  "headers" is a NULL-terminated array of "Name: value" lines,
 * copied.  "tag" is the caller's.
 */
extern HttpRequest *http_get(HttpGroup *group, const char *url,
							 const char *const *headers, void *tag);

/*
 * Starts a request that changes something: "method" (POST, PUT, DELETE) must
 * outlive it; "body" is copied, and may be NULL.  It is sent at most once, on a
 * connection of its own: only an attempt that certainly never left (no name,
 * no connection) is repeated.  The body and its answer's are taken for
 * secrets, and wiped when they are freed.
 */
extern HttpRequest *http_send(HttpGroup *group, const char *method, const char *url,
							  const char *const *headers, const char *body, void *tag);

/* Drives all transfers of this backend without waiting. */
extern void http_pump(void);

/* A finished request of the group, or NULL when none has finished yet. */
extern HttpRequest *http_finished(HttpGroup *group);

/*
 * For who waits in an event set of the executor's, instead of http_wait_until():
 *
 * http_look() drives all transfers without waiting; "was_waiting" says that
 * nothing but an answer has been waited for since the last call.  http_start()
 * sends what can be sent of a group's requests, and of those of its query.
 * After a look, and when all has been taken that had finished by then,
 * http_listen() gives the descriptor that becomes readable when it is time for
 * the next look, at the latest in max_ms (-1: whenever).  Requests may be made
 * in between.
 */
extern void http_look(HttpGroup *group, bool was_waiting);
extern void http_start(HttpGroup *group);
extern int	http_listen(int max_ms);

/*
 * Waits, interruptibly, for a finished request of the group; NULL when it has
 * none under way.  Each finished request is returned once and then is the
 * caller's, until http_release().
 */
extern HttpRequest *http_wait(HttpGroup *group);

/* The same, for so many milliseconds: then NULL, and what is under way stays so. */
extern HttpRequest *http_wait_for(HttpGroup *group, int64 ms);

/* Waits so long, interruptibly, whatever of the group finishes meanwhile. */
extern void http_pause(HttpGroup *group, int64 ms);

/* May a request that has not finished have left, wholly or in part? */
extern bool http_may_have_left(const HttpRequest *request);

/*
 * Groups of the same run wait for each other's requests: who waits sends also
 * what those of the others have still to send.
 */
extern void http_group_join(HttpGroup *group, const void *run);

/*
 * Waits, interruptibly, until "over" says so.  It is asked whenever something
 * may have moved, in the caller's own frame, so it may raise and ask for more.
 */
typedef bool (*HttpOver) (void *arg);
extern void http_wait_until(HttpGroup *group, HttpOver over, void *arg);

/*
 * The answer of a request that has finished, for somebody whose request it is
 * not, and only until he gives up control; or NULL.
 */
extern const HttpAnswer *http_peek(const HttpRequest *request);

/* Is it never going to finish?  A rollback has dropped it. */
extern bool http_is_dropped(const HttpRequest *request);

extern void *http_tag(const HttpRequest *request);
extern const HttpAnswer *http_answer(const HttpRequest *request);
extern void http_release(HttpRequest *request);

/* Drops all requests of the group, finished or not. */
extern void http_group_cancel(HttpGroup *group);

/* Drops the group itself, with all answers that were taken from it. */
extern void http_group_free(HttpGroup *group);

extern const HttpCounters *http_group_counters(const HttpGroup *group);

/* Percent-encodes a path segment or a query value (UTF-8); palloc'd. */
extern char *http_escape(const char *text);

/* GUC stellantis_fdw.max_concurrency: transfers of this backend at once. */
extern int	http_max_concurrency;

extern void http_init(void);	/* from _PG_init: callbacks, no libcurl yet */

#endif							/* STELLANTIS_HTTP_H */
