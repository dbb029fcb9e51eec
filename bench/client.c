/*
 * client.c
 *	  What times the extension: a client of PostgreSQL that measures how long
 *	  statements take, what they cost their backend, and how fast they end when
 *	  they are told to.
 *
 * "usage" tells what it does.  Where to connect is in the environment (PGHOST
 * and so on).  Times are in microseconds, memory is in kB.
 *
 * The backend is looked at from outside, in /proc: its processor time in
 * schedstat (of its main thread, which does all but resolve names), its memory
 * in status, whose high-water mark clear_refs resets.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
"usage: client [-w SQL]... MODE\n"
"  -w SQL               is run before anything is measured\n"
"  run SQL              wall time, CPU and memory of one statement\n"
"  repeat N SQL         the same over N times the statement\n"
"  first SQL            until the first row of a cursor\n"
"  end N HOW SQL        N times: how long a statement takes to end, by HOW:\n"
"                       cancel, timeout, terminate, first (a new session's\n"
"                       first statement is cancelled, at any moment)\n"
"  churn N MS SQL       N scans cancelled within MS: what they leave behind\n";

/* A statement to be ended is left alone for so long, and up to so much more. */
#define SETTLE_US		12000
#define SETTLE_MORE_US	8000

/* A new session needs longer until it waits. */
#define NEW_SESSION_US	15000

/* What a first statement has to do besides waiting is done by then. */
#define FIRST_US		40000

/* What ends after this has not been ended. */
#define HANG_MS			30000

static const char **warm;
static int	nwarm = 0;

static void fail(const char *format,...) __attribute__((format(printf, 1, 2), noreturn));

static void
fail(const char *format,...)
{
	va_list		args;

	fputs("client: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ---- the backend in /proc ---- */

static FILE *
open_proc(int pid, const char *name, const char *mode)
{
	char		path[64];
	FILE	   *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, mode);
	if (file == NULL)
		fail("%s: %m", path);
	return file;
}

static int64_t
backend_cpu(int pid)
{
	FILE	   *file = open_proc(pid, "schedstat", "r");
	long long	ns;

	if (fscanf(file, "%lld", &ns) != 1)
		fail("cannot read the schedstat of %d", pid);
	fclose(file);
	return ns / 1000;
}

/* VmRSS, VmHWM, RssAnon */
static long
backend_kb(int pid, const char *field)
{
	FILE	   *file = open_proc(pid, "status", "r");
	char		line[256];
	long		kb = -1;
	size_t		len = strlen(field);

	while (kb < 0 && fgets(line, sizeof(line), file) != NULL)
	{
		if (strncmp(line, field, len) == 0 && line[len] == ':')
			kb = strtol(line + len + 1, NULL, 10);
	}
	fclose(file);
	if (kb < 0)
		fail("there is no %s in the status of %d", field, pid);
	return kb;
}

static void
forget_peak(int pid)
{
	FILE	   *file = open_proc(pid, "clear_refs", "w");

	if (fputs("5", file) < 0 || fclose(file) != 0)
		fail("cannot reset the high-water mark of %d", pid);
}

static int
backend_descriptors(int pid)
{
	char		path[64];
	DIR		   *dir;
	int			n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		fail("%s: %m", path);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

/* ---- statements ---- */

static PGconn *
open_connection(void)
{
	PGconn	   *conn = PQconnectdb("");

	if (PQstatus(conn) != CONNECTION_OK)
		fail("%s", PQerrorMessage(conn));
	return conn;
}

static bool
succeeded(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK;
}

/* Its first value, to be freed by the caller; NULL if it has none. */
static char *
execute(PGconn *conn, const char *sql)
{
	PGresult   *result = PQexec(conn, sql);
	char	   *value = NULL;

	if (!succeeded(result))
		fail("%s%s", PQerrorMessage(conn), sql);
	if (PQntuples(result) > 0 && PQnfields(result) > 0)
		value = strdup(PQgetvalue(result, 0, 0));
	else if (*PQcmdTuples(result) != '\0')
		value = strdup(PQcmdTuples(result));
	PQclear(result);
	return value;
}

static PGconn *
open_session(void)
{
	PGconn	   *conn = open_connection();

	for (int i = 0; i < nwarm; i++)
		free(execute(conn, warm[i]));
	return conn;
}

static void
measure(int times, const char *sql)
{
	PGconn	   *conn = open_session();
	int			pid = PQbackendPID(conn);
	long		idle = backend_kb(pid, "VmRSS");
	char	   *value = NULL;
	int64_t		cpu,
				wall;

	forget_peak(pid);
	cpu = backend_cpu(pid);
	wall = now_us();
	for (int i = 0; i < times; i++)
	{
		free(value);
		value = execute(conn, sql);
	}
	wall = now_us() - wall;
	cpu = backend_cpu(pid) - cpu;
	printf("wall=%lld cpu=%lld peak=%ld value=%s\n", (long long) wall, (long long) cpu,
		   backend_kb(pid, "VmHWM") - idle, value != NULL ? value : "");
	free(value);
	PQfinish(conn);
}

static void
measure_first_row(const char *sql)
{
	PGconn	   *conn = open_session();
	char	   *declare;
	char	   *value;
	int64_t		wall = now_us();

	if (asprintf(&declare, "BEGIN; DECLARE c CURSOR FOR %s", sql) < 0)
		fail("out of memory");
	free(execute(conn, declare));
	value = execute(conn, "FETCH 1 FROM c");
	wall = now_us() - wall;
	printf("wall=%lld value=%s\n", (long long) wall, value != NULL ? value : "");
	free(value);
	free(declare);
	free(execute(conn, "ROLLBACK"));
	PQfinish(conn);
}

/* ---- ending statements ---- */

typedef enum EndHow
{
	BY_CANCEL,
	BY_TIMEOUT,
	BY_TERMINATE,
	BY_FIRST_CANCEL
} EndHow;

static void
check_state(const PGresult *result, const char *wanted)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (state == NULL || strcmp(state, wanted) != 0)
		fail("a statement ends otherwise than it should: %s", PQresultErrorMessage(result));
}

/* Frees a result, and what comes after it. */
static void
drain(PGconn *conn, PGresult *result)
{
	while (result != NULL)
	{
		PQclear(result);
		result = PQgetResult(conn);
	}
}

/* When the error that was waited for is here. */
static int64_t
await_error(PGconn *conn, const char *state)
{
	struct pollfd pfd = {PQsocket(conn), POLLIN, 0};
	PGresult   *result;
	int64_t		at;

	while (PQisBusy(conn))
	{
		if (poll(&pfd, 1, HANG_MS) <= 0)
			fail("a statement does not end");
		if (!PQconsumeInput(conn))
			break;
	}
	at = now_us();
	result = PQgetResult(conn);
	check_state(result, state);
	drain(conn, result);
	return at;
}

static void
post(PGconn *conn, const char *sql)
{
	if (!PQsendQuery(conn, sql) || PQflush(conn) != 0)
		fail("%s", PQerrorMessage(conn));
}

/*
 * Is it at it?  A backend that has not begun would not see a cancel, and a
 * statement that has ended by itself would spoil the sample.
 */
static void
require_busy(PGconn *victim, PGconn *control)
{
	struct pollfd pfd = {PQsocket(victim), POLLIN, 0};
	char		question[128];
	bool		busy = false;

	snprintf(question, sizeof(question),
			 "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND state = 'active'",
			 PQbackendPID(victim));
	for (int i = 0; i < 1000 && !busy; i++)
	{
		char	   *active = execute(control, question);

		busy = strcmp(active, "1") == 0;
		free(active);
		if (poll(&pfd, 1, 0) != 0)
		{
			PQconsumeInput(victim);
			fail("a statement does not wait: %s", PQresultErrorMessage(PQgetResult(victim)));
		}
	}
	if (!busy)
		fail("a statement does not begin");
}

/* By another session's pg_cancel_backend() or pg_terminate_backend(). */
static int64_t
end_by_signal(PGconn *victim, PGconn *control, const char *sql, const char *function,
			  int settle, const char *state)
{
	char		order[64];
	int64_t		sent,
				took;

	snprintf(order, sizeof(order), "SELECT %s(%d)", function, PQbackendPID(victim));
	post(victim, sql);
	usleep(settle);
	require_busy(victim, control);
	sent = now_us();
	post(control, order);
	took = await_error(victim, state) - sent;
	drain(control, PQgetResult(control));
	return took;
}

/* By statement_timeout, which is counted from when the server gets it. */
static int64_t
end_by_timeout(PGconn *victim, const char *sql, int settle)
{
	char		order[64];
	int			timeout = settle / 1000;
	int64_t		sent;

	snprintf(order, sizeof(order), "SET statement_timeout = %d", timeout);
	free(execute(victim, order));
	sent = now_us();
	post(victim, sql);
	return await_error(victim, "57014") - sent - timeout * INT64_C(1000);
}

static int64_t
end_once(PGconn *victim, PGconn *control, EndHow how, const char *sql)
{
	int			settle = SETTLE_US + random() % SETTLE_MORE_US;

	switch (how)
	{
		case BY_CANCEL:
			return end_by_signal(victim, control, sql, "pg_cancel_backend", settle, "57014");
		case BY_TIMEOUT:
			return end_by_timeout(victim, sql, settle);
		case BY_TERMINATE:
			return end_by_signal(victim, control, sql, "pg_terminate_backend",
								 settle + NEW_SESSION_US, "57P01");
		case BY_FIRST_CANCEL:
			return end_by_signal(victim, control, sql, "pg_cancel_backend",
								 random() % FIRST_US, "57014");
	}
	return 0;
}

static void
measure_end(int times, EndHow how, const char *sql)
{
	bool		new_session = how == BY_TERMINATE || how == BY_FIRST_CANCEL;
	PGconn	   *control = open_connection();
	PGconn	   *victim = open_session();

	srandom(1);
	for (int i = 0; i < times; i++)
	{
		if (i > 0 && new_session)
		{
			PQfinish(victim);
			victim = open_session();
		}
		printf("%lld\n", (long long) end_once(victim, control, how, sql));
	}
	PQfinish(victim);
	PQfinish(control);
}

/* ---- what is left behind ---- */

/* At any moment of a scan: one that came before it or after it does not count. */
static void
cancel_scans(PGconn *victim, PGconn *control, int times, int within_ms, const char *sql)
{
	char		order[64];
	int			tries = 0;

	snprintf(order, sizeof(order), "SELECT pg_cancel_backend(%d)", PQbackendPID(victim));
	for (int cancelled = 0; cancelled < times;)
	{
		PGresult   *result;

		if (tries++ > 3 * times)
			fail("scans end before they are cancelled");
		post(victim, sql);
		usleep(random() % (within_ms * 1000));
		free(execute(control, order));
		result = PQgetResult(victim);
		if (!succeeded(result))
		{
			check_state(result, "57014");
			cancelled++;
		}
		drain(victim, result);
	}
}

static void
measure_churn(int times, int within_ms, const char *sql)
{
	PGconn	   *control = open_connection();
	PGconn	   *victim = open_session();
	int			pid = PQbackendPID(victim);
	int			descriptors;
	long		kb;

	srandom(1);
	cancel_scans(victim, control, times / 10, within_ms, sql);
	free(execute(victim, warm[nwarm - 1]));
	descriptors = backend_descriptors(pid);
	kb = backend_kb(pid, "RssAnon");
	cancel_scans(victim, control, times, within_ms, sql);
	free(execute(victim, warm[nwarm - 1]));
	printf("cancelled=%d descriptors=%d kb=%ld\n", times,
		   backend_descriptors(pid) - descriptors, backend_kb(pid, "RssAnon") - kb);
	PQfinish(victim);
	PQfinish(control);
}

/* ---- the whole ---- */

static EndHow
how_of(const char *word)
{
	if (strcmp(word, "cancel") == 0)
		return BY_CANCEL;
	if (strcmp(word, "timeout") == 0)
		return BY_TIMEOUT;
	if (strcmp(word, "terminate") == 0)
		return BY_TERMINATE;
	if (strcmp(word, "first") == 0)
		return BY_FIRST_CANCEL;
	fail("%s is no way to end a statement", word);
}

int
main(int argc, char **argv)
{
	const char *mode;
	int			option;
	int			n;

	warm = calloc(argc, sizeof(char *));
	while ((option = getopt(argc, argv, "+w:")) == 'w')
		warm[nwarm++] = optarg;
	argv += optind;
	n = argc - optind;
	mode = n > 0 && option == -1 ? argv[0] : "";

	if (strcmp(mode, "run") == 0 && n == 2)
		measure(1, argv[1]);
	else if (strcmp(mode, "repeat") == 0 && n == 3)
		measure(atoi(argv[1]), argv[2]);
	else if (strcmp(mode, "first") == 0 && n == 2)
		measure_first_row(argv[1]);
	else if (strcmp(mode, "end") == 0 && n == 4)
		measure_end(atoi(argv[1]), how_of(argv[2]), argv[3]);
	else if (strcmp(mode, "churn") == 0 && n == 4 && nwarm > 0)
		measure_churn(atoi(argv[1]), atoi(argv[2]), argv[3]);
	else
	{
		fputs(usage, stderr);
		return 2;
	}
	return 0;
}
