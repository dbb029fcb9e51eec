/*
 * token.c
 *	  Access tokens that are good, as seen by the backend that needs one.
 *
 * A refresh token is good for one use, and the new one must outlive this
 * backend's transaction, whatever becomes of that.  So a background worker does
 * it (token_worker.c), and the backend waits for its end.  It may be cancelled
 * meanwhile: the worker goes on.
 *
 * All backends that need the same token take the same lock first, and look
 * again once they have it: mostly another one has done the work.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_user_mapping.h"
#include "compat.h"
#include "mapping.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "token.h"
#include "token_job.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define ENROL_HINT			"Enrol again with stellantis.authorize_url and stellantis.enroll."

/* A token is refreshed so long before its end, or a tenth of its life. */
#define REFRESH_AHEAD		(60 * USECS_PER_SEC)

/* After a refresh that failed none is tried for so long, doubled each time. */
#define BLOCK_START_MS		INT64CONST(10000)
#define BLOCK_CAP_MS		INT64CONST(300000)

/* So long after a refresh the API's first refusal of the new token may come. */
#define JUDGEMENT_US		(1 * USECS_PER_SEC)

/* Whose token the API has taken last; only to be compared, it may be gone. */
static const Account *taken = NULL;

/* ---- locks ---- */

static void
set_tag(LOCKTAG *tag, Oid umid, uint16 which)
{
	SET_LOCKTAG_OBJECT(*tag, MyDatabaseId, UserMappingRelationId, umid, which);
}

bool
token_acquire(Oid umid, uint16 which, bool wait)
{
	LOCKTAG		tag;

	set_tag(&tag, umid, which);
	return LockAcquire(&tag, ExclusiveLock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

void
token_release(Oid umid, uint16 which)
{
	LOCKTAG		tag;

	set_tag(&tag, umid, which);
	LockRelease(&tag, ExclusiveLock, false);
}

void
token_lock(Oid umid)
{
	(void) token_acquire(umid, TOKEN_LOCK_BACKEND, true);
	(void) token_acquire(umid, TOKEN_LOCK_WORKER, true);
}

/*
 * For one that is going to wait for a worker: waits, interruptibly, also for
 * the worker of somebody who was cancelled.
 */
static bool
lock_for_worker(Oid umid, bool wait)
{
	if (!token_acquire(umid, TOKEN_LOCK_BACKEND, wait))
		return false;
	if (!token_acquire(umid, TOKEN_LOCK_WORKER, wait))
	{
		token_release(umid, TOKEN_LOCK_BACKEND);
		return false;
	}
	token_release(umid, TOKEN_LOCK_WORKER);
	return true;
}

void
token_unlock(Oid umid)
{
	token_release(umid, TOKEN_LOCK_WORKER);
	token_release(umid, TOKEN_LOCK_BACKEND);
}

/* ---- what an account's options say ---- */

/* A token server may give the same token again: that is another one, too. */
void
token_fingerprint(const Account *account, char result[FINGERPRINT_SIZE])
{
	char		when[32];

	snprintf(when, sizeof(when), INT64_FORMAT, account->refreshed_at);
	digest_fingerprint(account->access_token, when, result);
}

/* Whom refresh_error and refresh_blocked concern: all that a refusal may be about. */
static void
credentials_fingerprint(const Account *account, const char *refresh_token,
						char result[FINGERPRINT_SIZE])
{
	char	   *application = psprintf("%s\n%s\n%s\n%s", account->client_id, account->realm,
									   account->auth_url != NULL ? account->auth_url : "",
									   account->client_secret != NULL ? account->client_secret : "");

	digest_fingerprint(refresh_token, application, result);
	explicit_bzero(application, strlen(application));
	pfree(application);
}

/* The third part of refresh_blocked: none is tried until enrolment, or until then. */
#define FOR_EVER	"infinity"
#define LAST_SECOND INT64CONST(253402300799)	/* of the year 9999 */

/*
 * The block as token_block() wrote it: whose, how many failures, until when in
 * Unix time.  False when it is of other tokens.  A role can write anything
 * there, which must not stop who reads it.
 */
static bool
read_block(const Account *account, int *failures, TimestampTz *until)
{
	char		whose[FINGERPRINT_SIZE];
	char		noted[FINGERPRINT_SIZE];
	char		when[24];
	char	   *end;
	int64		second;

	if (account->refresh_blocked == NULL ||
		sscanf(account->refresh_blocked, "%16s %d %23s", noted, failures, when) != 3)
		return false;
	credentials_fingerprint(account, account->refresh_token, whose);
	if (strcmp(whose, noted) != 0)
		return false;
	*failures = Max(*failures, 0);
	*until = DT_NOEND;
	if (strcmp(when, FOR_EVER) == 0)
		return true;
	second = strtoll(when, &end, 10);
	if (end == when || *end != '\0' || second < 0 || second > LAST_SECOND)
		return false;
	*until = time_t_to_timestamptz((pg_time_t) second);
	return true;
}

bool
token_error_is_current(const Account *account)
{
	int			failures;
	TimestampTz until;

	return account->refresh_error != NULL && read_block(account, &failures, &until);
}

char *
token_block(const Account *account, const char *refresh_token, bool final, int64 retry_after_ms)
{
	char		whose[FINGERPRINT_SIZE];
	int			failures = 0;
	TimestampTz until;
	int64		delay_ms;

	credentials_fingerprint(account, refresh_token, whose);
	if (!read_block(account, &failures, &until))
		failures = 0;
	if (final)
		return psprintf("%s %d " FOR_EVER, whose, Min(failures, INT_MAX - 1) + 1);
	delay_ms = Min(BLOCK_START_MS << Min(failures, 10), BLOCK_CAP_MS);
	until = GetCurrentTimestamp() + Max(delay_ms, retry_after_ms) * 1000;
	return psprintf("%s %d %lld", whose, Min(failures, INT_MAX - 1) + 1,
					(long long) timestamptz_to_time_t(until + USECS_PER_SEC - 1));
}

const char *
token_obstacle(const Account *account, bool at_once, const char **hint)
{
	int			failures;
	TimestampTz until;
	const char *server = quote_identifier(account->server_name);

	*hint = NULL;
	if (account->refresh_token == NULL)
		return "The access token cannot be refreshed: the user mapping has no refresh_token.";
	if (account->refresh_off)
	{
		*hint = psprintf("If no other database refreshes the same tokens, use ALTER SERVER %s OPTIONS (SET refresh 'on').", server);
		return "The access token is not refreshed: the server's option \"refresh\" is off.";
	}
	if (account->client_secret == NULL)
	{
		*hint = psprintf("Add client_secret with ALTER USER MAPPING ... SERVER %s.", server);
		return "The access token cannot be refreshed: the user mapping has no client_secret.";
	}
	if (account->auth_url == NULL)
	{
		*hint = psprintf("Use ALTER SERVER %s OPTIONS (ADD brand '...').", server);
		return "The access token cannot be refreshed: the server has neither brand nor auth_url.";
	}
	if (!read_block(account, &failures, &until) || until <= GetCurrentTimestamp())
		return NULL;
	if (TIMESTAMP_IS_NOEND(until))
	{
		*hint = "If the owner's consent has ended, enrol again with stellantis.authorize_url and stellantis.enroll; if the application's secret has changed, set client_secret.";
		return psprintf("The token server has refused to refresh it: %s.",
						account->refresh_error != NULL ? account->refresh_error : "unknown error");
	}
	if (at_once)
		return NULL;
	*hint = psprintf("Try again after %s, or call stellantis.refresh_token.", timestamptz_to_str(until));
	return psprintf("The last attempt to refresh it failed: %s.",
					account->refresh_error != NULL ? account->refresh_error : "unknown error");
}

/* The same for this backend: could a new token be stored, and be seen by us? */
static const char *
obstacle_here(const Account *account, bool at_once, const char **hint)
{
	const char *obstacle = token_obstacle(account, at_once, hint);

	if (obstacle != NULL)
		return obstacle;
	if (RecoveryInProgress())
	{
		*hint = "Query the primary server, which refreshes it and passes it on.";
		return "The access token cannot be refreshed: this server is a standby, which cannot store a new one.";
	}
	if (mapping_is_ours(account->umid))
	{
		*hint = "Commit the transaction first.";
		return "The access token cannot be refreshed: this transaction has itself changed the user mapping.";
	}
	if (mapping_table_is_locked())
	{
		*hint = "End the transaction first.";
		return "The access token cannot be refreshed: this transaction has itself locked pg_user_mapping.";
	}
	return NULL;
}

/* ---- refreshing ---- */

/* A report as a fault, in the current memory context. */
static const Fault *
fault_of_report(const TokenReport *report)
{
	Fault	   *fault = palloc0(sizeof(Fault));

	fault->sqlerrcode = report->sqlerrcode;
	fault->message = pstrdup(report->message);
	fault->reason = fault->message;
	fault->detail = report->detail[0] != '\0' ? pstrdup(report->detail) : NULL;
	fault->hint = report->hint[0] != '\0' ? pstrdup(report->hint) : NULL;
	return fault;
}

typedef enum Patience
{
	PATIENCE_NONE,				/* the token is good yet: neither waits nor raises */
	PATIENCE_NORMAL,
	PATIENCE_AT_ONCE			/* somebody asks for it: also soon after a failure */
} Patience;

/*
 * Begins to bring about that the mapping has another access token than the one of
 * that fingerprint.  False if there is nothing to do, or an obstacle.
 */
static bool
begin_replacing(Oid umid, const char *stale, Patience patience, TokenWorker *worker)
{
	TokenJob	job = {.dbid = MyDatabaseId,.umid = umid,.at_once = patience == PATIENCE_AT_ONCE};
	const Account *account;
	char		present[FINGERPRINT_SIZE];
	const char *hint;

	if (!lock_for_worker(umid, patience != PATIENCE_NONE))
		return false;
	AcceptInvalidationMessages();
	account = account_of_mapping(umid, CurrentMemoryContext);
	if (account != NULL)
	{
		token_fingerprint(account, present);
		if (strcmp(present, stale) == 0 && obstacle_here(account, job.at_once, &hint) == NULL)
		{
			strlcpy(job.stale, stale, sizeof(job.stale));
			token_worker_begin(&job, worker);
			return true;
		}
	}
	token_release(umid, TOKEN_LOCK_BACKEND);
	return false;
}

static void
end_replacing(TokenWorker *worker, TokenReport *report)
{
	token_worker_end(worker, report);
	AcceptInvalidationMessages();
	token_release(worker->umid, TOKEN_LOCK_BACKEND);
}

/*
 * Both, in a memory context of its own, where what is read of the mapping does
 * not stay.  Returns the fault of a refresh that failed, or NULL.
 */
static const Fault *
replace(const Account *account, Patience patience)
{
	TokenReport report = {.outcome = TOKEN_GOOD};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "stellantis_fdw token",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	char		stale[FINGERPRINT_SIZE];
	TokenWorker worker;

	token_fingerprint(account, stale);
	if (begin_replacing(account->umid, stale, patience, &worker))
		end_replacing(&worker, &report);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return report.outcome == TOKEN_FAILED ? fault_of_report(&report) : NULL;
}

/* When the token is to be replaced, before it ends. */
static TimestampTz
due_at(const Account *account)
{
	int64		ahead = REFRESH_AHEAD;

	if (TIMESTAMP_NOT_FINITE(account->token_expires_at))
		return account->token_expires_at;
	if (!TIMESTAMP_NOT_FINITE(account->refreshed_at))
		ahead = Min(ahead, Max(account->token_expires_at - account->refreshed_at, 0) / 10);
	return account->token_expires_at - ahead;
}

/* Is there no token that could be sent, as far as is known? */
static bool
has_expired(const Account *account)
{
	return account->access_token == NULL || account->token_expires_at <= GetCurrentTimestamp();
}

/* Or is it about to? */
static bool
is_due(const Account *account)
{
	return has_expired(account) || due_at(account) <= GetCurrentTimestamp();
}

/* Raises: there is no token that could be sent. */
static void
refuse_expired(const Account *account, const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 account->access_token == NULL ?
			 errmsg("there is no access token for server \"%s\"", account->server_name) :
			 errmsg("the access token for server \"%s\" has expired", account->server_name),
			 errdetail_internal("%s", why),
			 errhint("%s", hint != NULL ? hint : ENROL_HINT)));
}

const Account *
token_account(Oid userid, Oid serverid, MemoryContext owner)
{
	const Account *account = account_get(userid, serverid, owner);
	bool		expired;
	const char *obstacle;
	const char *hint;

	if (!is_due(account))
		return account;
	expired = has_expired(account);
	obstacle = obstacle_here(account, false, &hint);
	if (obstacle == NULL)
	{
		const Fault *fault = replace(account, expired ? PATIENCE_NORMAL : PATIENCE_NONE);

		if (fault != NULL)
			fault_report(expired ? ERROR : DEBUG1, fault);
		account = account_get(userid, serverid, owner);
		expired = has_expired(account);
		obstacle = obstacle_here(account, false, &hint);
	}

	/* one that never could be refreshed is for the API to judge: clocks differ */
	if (expired && obstacle != NULL &&
		(account->access_token == NULL ||
		 (account->refresh_token != NULL && !account->refresh_off)))
		refuse_expired(account, obstacle, hint);
	return account;
}

/* So many workers of ours at once leave some for others. */
static int
most_workers(void)
{
	return Max(max_worker_processes / 2, 1);
}

/* The first of a queue of workers; false if it failed, and the account needed it. */
static bool
end_first(List **queue, TokenReport *report)
{
	TokenWorker *worker = linitial(*queue);
	const Account *account;

	*queue = list_delete_first(*queue);
	end_replacing(worker, report);
	if (report->outcome != TOKEN_FAILED || worker->handle == NULL)
		return true;
	account = account_of_mapping(worker->umid, CurrentMemoryContext);
	return account != NULL && !has_expired(account);
}

static bool
is_under_way(List *queue, Oid umid)
{
	ListCell   *lc;

	foreach(lc, queue)
		if (((TokenWorker *) lfirst(lc))->umid == umid)
			return true;
	return false;
}

void
token_refresh_due(const TokenHolder *holders, int n)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "stellantis_fdw token",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	List	   *queue = NIL;
	bool		ok = true;
	TokenReport report;

	for (int i = 0; i < n && ok; i++)
	{
		const Account *account = account_get(holders[i].userid, holders[i].serverid, context);
		char		stale[FINGERPRINT_SIZE];
		TokenWorker *worker;

		if (!is_due(account) || is_under_way(queue, account->umid))
			continue;
		if (list_length(queue) >= most_workers())
			ok = end_first(&queue, &report);
		token_fingerprint(account, stale);
		worker = palloc(sizeof(TokenWorker));
		if (ok && begin_replacing(account->umid, stale, PATIENCE_NONE, worker))
			queue = lappend(queue, worker);
	}
	while (queue != NIL && ok)
		ok = end_first(&queue, &report);
	MemoryContextSwitchTo(old);
	if (!ok)
		fault_report(ERROR, fault_of_report(&report));
	MemoryContextDelete(context);
}

/* Has the mapping another token than the one that was refused? */
static bool
is_another(const Account *account, const Account *refused)
{
	return account->access_token != NULL &&
		(refused->access_token == NULL ||
		 strcmp(account->access_token, refused->access_token) != 0);
}

/*
 * A token that another backend has only just brought: in a moment that one will
 * know whether the API takes it, and if not will keep us all from refreshing
 * again.  Returns the account as it is then.
 */
static const Account *
await_judgement(const Account *refused, const Account *now, Oid userid, MemoryContext owner)
{
	static uint32 wait_event = 0;
	const char *hint;

	if (wait_event == 0)
		wait_event = compat_wait_event("StellantisToken");
	while (now->access_token != NULL && !is_another(now, refused) && refused != taken)
	{
		TimestampTz at = GetCurrentTimestamp();

		if (at < now->refreshed_at || at - JUDGEMENT_US >= now->refreshed_at ||
			obstacle_here(now, false, &hint) != NULL)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 20, wait_event);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		AcceptInvalidationMessages();
		now = account_get(userid, refused->serverid, owner);
	}
	return now;
}

const Account *
token_after_refusal(const Account *account, Oid userid, MemoryContext owner,
					TokenRefusal *refusal)
{
	const Account *now;

	memset(refusal, 0, sizeof(TokenRefusal));

	/* this may be amid a query that began long ago */
	AcceptInvalidationMessages();
	now = account_get(userid, account->serverid, owner);
	now = await_judgement(account, now, userid, owner);
	if (is_another(now, account))
		return now;
	refusal->why = obstacle_here(now, false, &refusal->hint);
	if (refusal->why != NULL)
		return NULL;
	refusal->fault = replace(now, PATIENCE_NORMAL);
	if (refusal->fault != NULL)
		return NULL;
	now = account_get(userid, account->serverid, owner);
	if (is_another(now, account))
		return now;

	/* another backend has tried in vain while we waited for it */
	refusal->why = obstacle_here(now, false, &refusal->hint);
	if (refusal->why == NULL)
	{
		refusal->why = "The access token was refreshed, but the token server gave the same one again.";
		refusal->hint = ENROL_HINT;

		/* not at the next query again */
		token_refused_again(now);
	}
	return NULL;
}

void
token_refuse_new(const Account *account, const char *scope, TokenRefusal *refusal)
{
	refusal->why = "The access token had been refreshed just before.";
	refusal->hint = psprintf("Check client_id, and brand or realm, of server \"%s\"%s%s.",
							 account->server_name,
							 scope != NULL ? "; and that the vehicle's owner has granted the scope " : "",
							 scope != NULL ? scope : "");
}

/* A token is good for whatever is answered, but by a gateway that has not looked at it. */
bool
token_note(const Account *account, const HttpAnswer *answer)
{
	if (answer->outcome != HTTP_ANSWERED || answer->status == 401 ||
		answer->status == 429 || answer->status >= 500)
		return false;
	taken = account;
	return true;
}

void
token_refused_again(const Account *account)
{
	TokenJob	job = {.dbid = MyDatabaseId,.umid = account->umid,.note_refusal = true};
	TokenWorker worker;
	TokenReport report;
	const Account *now;
	const char *hint;

	if (RecoveryInProgress())
		return;
	token_fingerprint(account, job.stale);
	(void) lock_for_worker(account->umid, true);
	AcceptInvalidationMessages();
	now = account_of_mapping(account->umid, CurrentMemoryContext);

	/* others have been refused likewise, and may have noted it */
	if (now != NULL && obstacle_here(now, false, &hint) == NULL)
	{
		token_worker_begin(&job, &worker);
		token_worker_end(&worker, &report);
		AcceptInvalidationMessages();
	}
	token_release(account->umid, TOKEN_LOCK_BACKEND);
}

const Account *
token_refresh_now(Oid userid, Oid serverid, MemoryContext owner)
{
	const Account *account = account_get(userid, serverid, owner);
	const char *hint;
	const char *obstacle = obstacle_here(account, true, &hint);

	if (obstacle == NULL)
	{
		const Fault *fault = replace(account, PATIENCE_AT_ONCE);

		if (fault != NULL)
			fault_report(ERROR, fault);
		account = account_get(userid, serverid, owner);
		obstacle = token_obstacle(account, true, &hint);
	}
	if (obstacle != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("could not refresh the access token for server \"%s\"", account->server_name),
				 errdetail_internal("%s", obstacle),
				 errhint("%s", hint != NULL ? hint : ENROL_HINT)));
	return account;
}
