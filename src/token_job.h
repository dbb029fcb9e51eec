/*
 * token_job.h
 *	  What token.c (the backend that needs a token) and token_worker.c (the
 *	  worker that brings it) know of each other.
 */
#ifndef STELLANTIS_TOKEN_JOB_H
#define STELLANTIS_TOKEN_JOB_H

#include "account.h"
#include "digest.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"

/* What the worker is to do: in BackgroundWorker.bgw_extra. */
typedef struct TokenJob
{
	Oid			dbid;
	Oid			umid;
	dsm_handle	report;			/* DSM_HANDLE_INVALID: nobody wants to know */
	bool		at_once;		/* although the last refresh failed a moment ago */
	bool		note_refusal;	/* no refresh: note that the API refuses the token */
	char		stale[FINGERPRINT_SIZE];	/* of the access token that is to go */
} TokenJob;

typedef enum TokenOutcome
{
	TOKEN_UNKNOWN,				/* the worker ended without a word */
	TOKEN_GOOD,					/* there is another one */
	TOKEN_FAILED
} TokenOutcome;

/* What the worker says when it is done: in dynamic shared memory. */
typedef struct TokenReport
{
	TokenOutcome outcome;
	int			sqlerrcode;		/* the rest: TOKEN_FAILED */
	char		message[1024];
	char		detail[1024];
	char		hint[1024];
} TokenReport;

/* TOKEN_FAILED: texts that are too long are cut, detail and hint may be NULL. */
extern void token_failed(TokenReport *report, int sqlerrcode, const char *message,
						 const char *detail, const char *hint);

/* A worker, as seen by who has started it. */
typedef struct TokenWorker
{
	Oid			umid;
	BackgroundWorkerHandle *handle; /* NULL: there was no room for it */
	dsm_segment *segment;		/* NULL: it cannot report */
} TokenWorker;

extern void token_worker_begin(TokenJob *job, TokenWorker *worker);

/*
 * Waits for its end, and says what became of it.  The waiting can be interrupted,
 * which the worker does not notice.
 */
extern void token_worker_end(TokenWorker *worker, TokenReport *report);

/*
 * Heavyweight locks of a mapping, by their "objsubid" in pg_locks: the first is
 * held by the backend that waits for a worker, so that there is one worker at
 * most; the second by the worker, should that backend have been cancelled.
 */
#define TOKEN_LOCK_BACKEND	1
#define TOKEN_LOCK_WORKER	2

extern bool token_acquire(Oid umid, uint16 which, bool wait);
extern void token_release(Oid umid, uint16 which);

/* Which access token is it? */
extern void token_fingerprint(const Account *account, char result[FINGERPRINT_SIZE]);

/*
 * Why the account's token cannot be refreshed: a sentence, with a hint or none.
 * NULL when it can.
 */
extern const char *token_obstacle(const Account *account, bool at_once, const char **hint);

/*
 * The value of the option refresh_blocked: whose refresh failed how often, and
 * until when none is tried ("final": never again with the same tokens).  The
 * refresh token is the one that will be in the mapping.
 */
extern char *token_block(const Account *account, const char *refresh_token, bool final,
						 int64 retry_after_ms);

#endif							/* STELLANTIS_TOKEN_JOB_H */
