/*
 * token_job.c
 *	  Starting a worker that refreshes tokens, and learning what became of it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "token_job.h"

static void
copy_text(char *to, size_t size, const char *from)
{
	if (from == NULL)
		from = "";
	strlcpy(to, from, size);
	to[pg_mbcliplen(to, strlen(to), size - 1)] = '\0';
}

void
token_failed(TokenReport *report, int sqlerrcode, const char *message, const char *detail,
			 const char *hint)
{
	report->outcome = TOKEN_FAILED;
	report->sqlerrcode = sqlerrcode;
	copy_text(report->message, sizeof(report->message), message);
	copy_text(report->detail, sizeof(report->detail), detail);
	copy_text(report->hint, sizeof(report->hint), hint);
}

/* False when there is no room for it. */
static bool
start_worker(const TokenJob *job, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {0};

	StaticAssertStmt(sizeof(TokenJob) <= BGW_EXTRALEN, "TokenJob is too large");
	snprintf(worker.bgw_name, BGW_MAXLEN, "stellantis_fdw token refresh for user mapping %u", job->umid);
	strlcpy(worker.bgw_type, "stellantis_fdw token refresh", BGW_MAXLEN);
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker.bgw_library_name, "stellantis_fdw", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "stellantis_token_worker", BGW_MAXLEN);
	worker.bgw_notify_pid = MyProcPid;
	memcpy(worker.bgw_extra, job, sizeof(TokenJob));
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

void
token_worker_begin(TokenJob *job, TokenWorker *worker)
{
	worker->umid = job->umid;
	worker->segment = dsm_create(sizeof(TokenReport), DSM_CREATE_NULL_IF_MAXSEGMENTS);
	job->report = DSM_HANDLE_INVALID;
	if (worker->segment != NULL)
	{
		memset(dsm_segment_address(worker->segment), 0, sizeof(TokenReport));
		job->report = dsm_segment_handle(worker->segment);
	}
	if (!start_worker(job, &worker->handle))
		worker->handle = NULL;
}

void
token_worker_end(TokenWorker *worker, TokenReport *report)
{
	memset(report, 0, sizeof(TokenReport));
	if (worker->handle == NULL)
		token_failed(report, ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
					 "could not refresh the access token: no background worker is free",
					 "Nothing has been sent.",
					 "Try again later, or raise max_worker_processes.");
	else if (WaitForBackgroundWorkerShutdown(worker->handle) == BGWH_POSTMASTER_DIED)
		proc_exit(1);
	else if (worker->segment != NULL)
		memcpy(report, dsm_segment_address(worker->segment), sizeof(TokenReport));
	if (worker->segment != NULL)
		dsm_detach(worker->segment);
	if (report->outcome == TOKEN_UNKNOWN)
		token_failed(report, ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION,
					 "could not refresh the access token: the background worker ended early",
					 "It was terminated, or failed before it could say why.",
					 "Try again; the server log may say more.");
}
