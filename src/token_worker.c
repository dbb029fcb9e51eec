/*
 * token_worker.c
 *	  The background worker that refreshes one user mapping's tokens, and ends.
 *
 * From the moment that the refresh token is sent until the new one is on disk,
 * nothing may stop the worker: interrupts are held off, the row is locked
 * beforehand, and the transaction commits with a flush of its own whatever the
 * database's settings are.  What is left is a crash of the whole server between
 * the token server's answer and that commit.
 *
 * It runs as the bootstrap superuser, since a mapping's role may not be allowed
 * to log in, and without SQL, whose text logs and statistics could keep.
 */
#include "postgres.h"

#include <signal.h>

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_user_mapping.h"
#include "mapping.h"
#include "miscadmin.h"
#include "oauth.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "token_job.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* A token that was refused anew is left alone for so long. */
#define REFUSAL_BLOCK_MS	INT64CONST(300000)

/* How often, and after how long, a row that somebody else has locked is tried again. */
#define BUSY_TRIES			10
#define BUSY_WAIT_MS		20

extern PGDLLEXPORT void stellantis_token_worker(Datum arg);

/* ---- what is told to the backend that waits ---- */

static TokenReport *
attach_report(const TokenJob *job)
{
	dsm_segment *segment = job->report == DSM_HANDLE_INVALID ? NULL : dsm_attach(job->report);

	if (segment == NULL)
		return NULL;			/* it was cancelled */
	dsm_pin_mapping(segment);
	return dsm_segment_address(segment);
}

static void
set_busy(TokenReport *report, const char *why)
{
	token_failed(report, ERRCODE_LOCK_NOT_AVAILABLE,
				 psprintf("could not refresh the access token: %s by another transaction", why),
				 "Nothing has been sent.", "Try again when that transaction has ended.");
}

/* An error: of lock_timeout, or one that nobody foresaw. */
static void
set_unforeseen(TokenReport *report)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	ErrorData  *error = CopyErrorData();

	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		set_busy(report, "pg_user_mapping is locked");
	else
		token_failed(report, error->sqlerrcode, error->message, error->detail, error->hint);
	MemoryContextSwitchTo(old);
}

/* ---- the work ---- */

/* The transaction must commit, and be flushed, whatever the database says. */
static void
settle_settings(void)
{
	static const char *const settings[][2] = {
		{"synchronous_commit", "local"},	/* a dead standby must not hold it up */
		{"statement_timeout", "0"},
		/* a backend that has locked the catalog itself must not wait for us */
		{"lock_timeout", "10s"},
		{"idle_in_transaction_session_timeout", "0"},
		{"transaction_timeout", "0"},	/* since PostgreSQL 17 */
		{"default_transaction_read_only", "off"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_deferrable", "off"},
	};

	for (int i = 0; i < lengthof(settings); i++)
		if (GetConfigOption(settings[i][0], true, false) != NULL)
			SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

/* What the mapping is to hold after an answer. */
static void
store_answer(Relation rel, HeapTuple row, const Account *account, const OAuthAnswer *answer)
{
	MappingChange changes[8];
	int			n = 0;
	const Fault *fault = answer->fault;

	if (answer->access_token != NULL)
	{
		changes[n++] = (MappingChange) {"access_token", answer->access_token};
		changes[n++] = (MappingChange) {"token_expires_at",
			TIMESTAMP_NOT_FINITE(answer->expires_at) ? NULL :
			pstrdup(timestamptz_to_str(answer->expires_at))};
		changes[n++] = (MappingChange) {"refreshed_at",
			pstrdup(timestamptz_to_str(GetCurrentTimestamp()))};
	}
	if (answer->refresh_token != NULL)
		changes[n++] = (MappingChange) {"refresh_token", answer->refresh_token};
	if (answer->scope != NULL)
		changes[n++] = (MappingChange) {"scope", answer->scope};
	changes[n++] = (MappingChange) {"refresh_error",
		fault == NULL ? NULL : answer->error == NULL ? fault->reason :
		psprintf("%s: %s", answer->error, fault->reason)};
	changes[n++] = (MappingChange) {"refresh_blocked",
		fault == NULL ? NULL :
		token_block(account, answer->refresh_token != NULL ? answer->refresh_token :
					account->refresh_token, answer->final, answer->retry_after_ms)};
	Assert(n <= lengthof(changes));
	mapping_write(rel, row, changes, n);
}

/* The API refuses even the token that it was given last. */
static void
note_refusal(Relation rel, HeapTuple row, const Account *account)
{
	OAuthAnswer answer = {.expires_at = DT_NOEND,.retry_after_ms = REFUSAL_BLOCK_MS};
	Fault		fault = {.reason = "the API does not accept the new access token either"};

	answer.fault = &fault;
	store_answer(rel, row, account, &answer);
}

/* Under the row's lock: sends, stores, commits; nothing in between can stop it. */
static void
refresh_row(Relation rel, HeapTuple row, const Account *account, TokenReport *report)
{
	OAuthAnswer answer;

	CHECK_FOR_INTERRUPTS();
	HOLD_INTERRUPTS();
	SetConfigOption("lock_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	oauth_refresh(account, &answer);
	store_answer(rel, row, account, &answer);
	if (answer.fault == NULL)
		report->outcome = TOKEN_GOOD;
	else
		token_failed(report, answer.fault->sqlerrcode, answer.fault->message,
					 answer.fault->detail, answer.fault->hint);
	oauth_wipe(&answer);
}

static void
work_on_row(const TokenJob *job, Relation rel, HeapTuple row, TokenReport *report)
{
	const Account *account;
	const char *obstacle;
	const char *hint;
	char		present[FINGERPRINT_SIZE];

	AcceptInvalidationMessages();
	account = account_of_mapping(job->umid, CurrentMemoryContext);
	token_fingerprint(account, present);
	if (strcmp(present, job->stale) != 0)
		report->outcome = TOKEN_GOOD;	/* somebody was faster */
	else if (job->note_refusal)
	{
		note_refusal(rel, row, account);
		report->outcome = TOKEN_GOOD;
	}
	else if ((obstacle = token_obstacle(account, job->at_once, &hint)) != NULL)
		token_failed(report, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
					 psprintf("could not refresh the access token for server \"%s\"", account->server_name),
					 obstacle, hint);
	else
		refresh_row(rel, row, account, report);
}

/* Who changes a mapping mostly commits at once: so much is waited for. */
static MappingLock
lock_row(const TokenJob *job, Relation rel, HeapTuple *row)
{
	MappingLock result;

	for (int i = 0; (result = mapping_lock(rel, job->umid, row)) == MAPPING_BUSY && i < BUSY_TRIES; i++)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, BUSY_WAIT_MS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return result;
}

static void
work(const TokenJob *job, TokenReport *report)
{
	Relation	rel;
	HeapTuple	row;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	(void) token_acquire(job->umid, TOKEN_LOCK_WORKER, true);
	rel = table_open(UserMappingRelationId, RowExclusiveLock);
	switch (lock_row(job, rel, &row))
	{
		case MAPPING_LOCKED:
			work_on_row(job, rel, row, report);
			break;
		case MAPPING_GONE:
			token_failed(report, ERRCODE_UNDEFINED_OBJECT,
						 "could not refresh the access token: the user mapping has been dropped",
						 "Nothing has been sent.", NULL);
			break;
		case MAPPING_BUSY:
			set_busy(report, "the user mapping is being changed");
			break;
	}
	table_close(rel, NoLock);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

void
stellantis_token_worker(Datum arg)
{
	TokenJob	job;
	TokenReport own = {0};
	TokenReport *told;

	memcpy(&job, MyBgworkerEntry->bgw_extra, sizeof(job));

	/* the default ends the process wherever it is */
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(job.dbid, InvalidOid, 0);
	settle_settings();
	told = attach_report(&job);

	PG_TRY();
	{
		work(&job, &own);
	}
	PG_CATCH();
	{
		set_unforeseen(&own);
		if (told != NULL)
			memcpy(told, &own, sizeof(own));
		PG_RE_THROW();
	}
	PG_END_TRY();

	/* only now: what is told is on disk */
	if (told != NULL)
		memcpy(told, &own, sizeof(own));
	if (InterruptHoldoffCount > 0)
		RESUME_INTERRUPTS();
}
