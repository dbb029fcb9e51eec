/*
 * error.h
 *	  What went wrong with a request, in PostgreSQL's words: HTTP status and
 *	  transport faults -> SQLSTATE, message, detail, hint; redaction.
 */
#ifndef STELLANTIS_ERROR_H
#define STELLANTIS_ERROR_H

#include "catalog.h"
#include "http.h"

/* A fault that is not raised yet: a vehicle's may become a WARNING. */
typedef struct Fault
{
	int			sqlerrcode;
	char	   *message;		/* primary message: lower case, no full stop */
	const char *reason;			/* its end, which does not say whose rows */
	char	   *detail;			/* sentences, or NULL */
	char	   *hint;			/* sentences, or NULL */
} Fault;

/* What was asked, for the words of a fault; any may be NULL. */
typedef struct FaultContext
{
	const Resource *resource;	/* the table whose rows were asked for */
	const char *vehicle;		/* VIN if known, else vehicle id */
	const char *trip;			/* id, where the rows are those of a trip */
	const char *callback;		/* the same of a callback */
	bool		later_page;		/* not the first one */
	const char *server_name;	/* the foreign server */
	const char *action;			/* what could not be done, if not to fetch rows */
	const char *url_option;		/* option that names the host, if not base_url */
	const char *far_side;		/* who was asked, if not "the API" */
	const char *const *secrets; /* NULL-terminated: never to be shown */
} FaultContext;

/*
 * The fault of an answer that is not usable: anything but a 2xx, or a
 * transport fault.  Allocates in the current memory context; never raises.
 */
extern Fault *fault_of_answer(const HttpAnswer *answer, const FaultContext *context);

/*
 * A 200 whose content is unusable (not JSON, page loop, ...): ERRCODE
 * 08P01.  "what" says it in PostgreSQL's style, e.g. "the API's pages go in
 * circles"; "detail" is a sentence, or NULL.
 */
extern Fault *fault_of_content(const FaultContext *context, const char *what,
							   const char *detail);

/* The hint where pages do not fit together. */
#define HINT_READ_AGAIN	"The data may have changed while they were read: try again."

/* Whose rows, e.g. 'trips of vehicle "..."'; palloc'd. */
extern char *fault_subject(const FaultContext *context);

/* Raise a fault at ERROR, or show it at WARNING. */
extern void fault_report(int elevel, const Fault *fault);

/*
 * What the far side said of a request that it refused, as a sentence: status,
 * its own code and message, the request's uuid.
 */
extern char *answer_told(const HttpAnswer *answer, const FaultContext *context);

/*
 * The fault of a 401 to which there is no other token: "why" is a sentence, and
 * "hint" what to do, or NULL where the 401 itself says that best.
 */
extern Fault *fault_of_refused_token(const HttpAnswer *answer, const FaultContext *context,
									 const char *why, const char *hint);

/* True for a 404 whose JSON body carries a code of 404xx: "there is none". */
extern bool answer_is_no_data(const HttpAnswer *answer);

/* in redact.c */

/*
 * A palloc'd copy of "text" in which every secret is replaced by "***",
 * and which is valid in the database encoding; at most maxlen bytes.
 */
extern char *redact(const char *text, const char *const *secrets, size_t maxlen);

#endif							/* STELLANTIS_ERROR_H */
