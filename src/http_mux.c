/*
 * http_mux.c
 *	  The backend's one libcurl multi behind one pollable descriptor.
 *
 * The descriptor is an epoll set that holds libcurl's sockets and a timerfd
 * (elsewhere a kqueue with a timer in it).  So it alone tells whether there is
 * something to do, be it data, libcurl's timers or ours: that is what
 * WaitLatchOrSocket(), and the executor's event sets, can wait for.
 *
 * The multi lives as long as the backend, for the sake of its connections.
 * libcurl's callbacks only take notes and change the set; nothing in them may
 * raise.  libcurl resolves names in threads, which must not get the backend's
 * signals: they inherit the mask of whoever calls libcurl, so all signals are
 * blocked meanwhile.
 */
#include "postgres.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/timerfd.h>
#else
#include <fcntl.h>
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#endif

#include "compat.h"
#include "http_mux.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/latch.h"

/* Sockets that are told to libcurl per look at the set. */
#define MAX_EVENTS		64

/* Descriptors for connections are reserved in such portions. */
#define RESERVE_STEP	8

/*
 * Descriptors besides connections: the set, its timer, and the pair by which
 * libcurl can wake up a multi.  Those that live only while a name is resolved
 * or a second address is tried are not accounted for.
 */
#define BASE_DESCRIPTORS	4

typedef struct MuxEvent
{
	int			fd;
	int			what;			/* CURL_CSELECT_ bits; 0 = let libcurl look */
} MuxEvent;

static CURLM *multi = NULL;
static CURLSH *share = NULL;	/* TLS sessions, which outlive connections */
static int	set_fd = -1;
static int	timer_fd = -1;		/* epoll only */
static int	base_acquired = 0;
static int	reserved = 0;		/* connections accounted for with fd.c */
static int	transfers_added = 0;
static int64 curl_due = MUX_NEVER;	/* when libcurl wants to be called */
static int64 armed = MUX_NEVER; /* what the set's timer is set to */
static bool pushed = false;		/* by mux_add(), since the last mux_drive() */
static int	set_errno = 0;		/* a change of the set that failed */
static bool broken = false;		/* the multi is of no use any more */

static bool set_open(void);
static bool set_watch(int fd, bool in, bool out);
static void set_arm(int64 due);
static int	set_poll(MuxEvent *events);

int64
mux_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/*
 * Blocks all signals but those that a fault of the CPU raises.
 */
static void
block_signals(sigset_t *saved)
{
	sigset_t	all;

	sigfillset(&all);
	sigdelset(&all, SIGTRAP);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigprocmask(SIG_SETMASK, &all, saved);
}

static void
restore_signals(const sigset_t *saved)
{
	sigprocmask(SIG_SETMASK, saved, NULL);
}

/* ---------------------------------------------------------------------
 * The set, as epoll or as kqueue
 * ---------------------------------------------------------------------
 */

#ifdef __linux__

static bool
set_open(void)
{
	struct epoll_event ev = {0};

	set_fd = epoll_create1(EPOLL_CLOEXEC);
	if (set_fd < 0)
		return false;
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	ev.events = EPOLLIN;
	ev.data.fd = timer_fd;
	return timer_fd >= 0 &&
		epoll_ctl(set_fd, EPOLL_CTL_ADD, timer_fd, &ev) == 0;
}

/*
 * A socket that was closed has left the set by itself, and its number may be
 * another socket's now: so neither its absence nor its presence is a fault.
 */
static bool
set_watch(int fd, bool in, bool out)
{
	struct epoll_event ev = {0};

	ev.events = (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0);
	ev.data.fd = fd;
	if (!in && !out)
	{
		(void) epoll_ctl(set_fd, EPOLL_CTL_DEL, fd, &ev);
		return true;
	}
	if (epoll_ctl(set_fd, EPOLL_CTL_MOD, fd, &ev) == 0)
		return true;
	return errno == ENOENT && epoll_ctl(set_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static void
set_arm(int64 due)
{
	struct itimerspec spec = {0};

	if (due == armed)
		return;
	if (due != MUX_NEVER)
	{
		spec.it_value.tv_sec = due / 1000000;
		spec.it_value.tv_nsec = (due % 1000000) * 1000;
	}
	if (timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
		elog(ERROR, "could not set timer: %m");
	armed = due;
}

static int
set_poll(MuxEvent *events)
{
	struct epoll_event ready[MAX_EVENTS];
	int			nready = epoll_wait(set_fd, ready, MAX_EVENTS, 0);
	int			n = 0;

	for (int i = 0; i < nready; i++)
	{
		if (ready[i].data.fd == timer_fd)
		{
			uint64		expirations;

			/* clears it; which timer it was, the clock tells */
			if (read(timer_fd, &expirations, sizeof(expirations)) > 0)
				armed = MUX_NEVER;
			continue;
		}
		events[n].fd = ready[i].data.fd;
		events[n].what = ((ready[i].events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
			((ready[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0);
		n++;
	}
	return n;
}

#else							/* kqueue */

#define TIMER_IDENT 1

static bool
set_open(void)
{
	set_fd = kqueue();
	return set_fd >= 0 && fcntl(set_fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool
set_change(int fd, int16 filter, bool on)
{
	struct kevent ev;

	EV_SET(&ev, fd, filter, on ? EV_ADD : EV_DELETE, 0, 0, 0);
	return kevent(set_fd, &ev, 1, NULL, 0, NULL) == 0 || !on;
}

static bool
set_watch(int fd, bool in, bool out)
{
	bool		ok = set_change(fd, EVFILT_READ, in);

	return set_change(fd, EVFILT_WRITE, out) && ok;
}

static void
set_arm(int64 due)
{
	struct kevent ev;
	int64		ms = 0;

	if (due == armed)
		return;
	if (due != MUX_NEVER)
		ms = Min(Max((due - mux_now() + 999) / 1000, 1), INT_MAX);
	EV_SET(&ev, TIMER_IDENT, EVFILT_TIMER,
		   due != MUX_NEVER ? EV_ADD | EV_ONESHOT : EV_DELETE, 0, ms, 0);

	/* one that has fired is gone already */
	if (kevent(set_fd, &ev, 1, NULL, 0, NULL) < 0 && due != MUX_NEVER)
		elog(ERROR, "could not set timer: %m");
	armed = due;
}

static int
set_poll(MuxEvent *events)
{
	struct kevent ready[MAX_EVENTS];
	struct timespec zero = {0};
	int			nready = kevent(set_fd, NULL, 0, ready, MAX_EVENTS, &zero);
	int			n = 0;

	for (int i = 0; i < nready; i++)
	{
		if (ready[i].filter == EVFILT_TIMER)
		{
			armed = MUX_NEVER;
			continue;
		}
		events[n].fd = (int) ready[i].ident;
		events[n].what = ready[i].filter == EVFILT_READ ?
			CURL_CSELECT_IN : CURL_CSELECT_OUT;
		n++;
	}
	return n;
}

#endif

/* ---------------------------------------------------------------------
 * The multi
 * ---------------------------------------------------------------------
 */

/* CURLMOPT_SOCKETFUNCTION; must not raise. */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	bool		in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
	bool		out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;

	if (set_watch(fd, in, out))
		return 0;
	set_errno = errno;
	return -1;
}

/* CURLMOPT_TIMERFUNCTION; must not raise. */
static int
on_timer(CURLM *m, long timeout_ms, void *arg)
{
	curl_due = timeout_ms < 0 ? MUX_NEVER : mux_now() + (int64) timeout_ms * 1000;
	return 0;
}

/*
 * libcurl is never de-initialized: another extension may be using it.
 */
static void
require_libcurl(void)
{
	static enum
	{
		UNTRIED, USABLE, UNUSABLE
	}			state = UNTRIED;
	sigset_t	saved;

	if (state == UNTRIED)
	{
		CURLcode	rc;

		block_signals(&saved);
		rc = curl_global_init(CURL_GLOBAL_ALL);
		restore_signals(&saved);
		state = rc == CURLE_OK ? USABLE : UNUSABLE;

		if (state == USABLE &&
			!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS))
			ereport(WARNING,
					(errmsg("a query that waits for a name server cannot be canceled"),
					 errdetail("libcurl was built without asynchronous name resolution.")));
	}
	if (state == UNUSABLE)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("could not initialize libcurl")));
}

static void
require_set(void)
{
	while (base_acquired < BASE_DESCRIPTORS)
	{
		if (!AcquireExternalFD())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
					 errmsg("could not open descriptors for HTTP: %m")));
		base_acquired++;
	}
	if (set_fd >= 0)
		return;
	if (!set_open())
	{
		int			saved_errno = errno;

		if (timer_fd >= 0)
			close(timer_fd);
		if (set_fd >= 0)
			close(set_fd);
		timer_fd = set_fd = -1;
		errno = saved_errno;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not open descriptors for HTTP: %m")));
	}
	armed = MUX_NEVER;
}

/*
 * After a fault of the multi itself a new one is made, once nothing is in the
 * old one.
 */
static void
discard_broken(void)
{
	sigset_t	saved;

	if (!broken || transfers_added > 0)
		return;
	block_signals(&saved);
	curl_multi_cleanup(multi);
	restore_signals(&saved);
	multi = NULL;
	broken = false;
	curl_due = MUX_NEVER;
	set_errno = 0;
	while (reserved > 0)
	{
		ReleaseExternalFD();
		reserved--;
	}
}

void
mux_require(void)
{
	CURLM	   *made;
	sigset_t	saved;

	discard_broken();
	if (multi != NULL)
		return;
	require_libcurl();
	require_set();

	block_signals(&saved);
	if (share == NULL && (share = curl_share_init()) != NULL)
		curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	made = curl_multi_init();
	if (made != NULL &&
		(curl_multi_setopt(made, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
		 curl_multi_setopt(made, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
		 curl_multi_setopt(made, CURLMOPT_PIPELINING, (long) CURLPIPE_MULTIPLEX) != CURLM_OK))
	{
		curl_multi_cleanup(made);
		made = NULL;
	}
	restore_signals(&saved);

	if (made == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory"),
				 errdetail("Failed to make a libcurl multi handle.")));
	multi = made;
}

/*
 * libcurl is told never to have more connections, idle ones included, than are
 * accounted for; so what is reserved stays so while the backend lives, unless
 * the limit sinks.
 */
bool
mux_reserve(int transfers, int limit)
{
	int			wanted = reserved;

	if (transfers > reserved)
		wanted = Min(TYPEALIGN(RESERVE_STEP, transfers), limit);
	else if (reserved > limit && transfers_added == 0)
		wanted = limit;
	if (wanted == reserved)
		return true;

	while (reserved > wanted)
	{
		ReleaseExternalFD();
		reserved--;
	}
	while (reserved < wanted && AcquireExternalFD())
		reserved++;

	/* a maximum of 0 would mean none */
	if (reserved > 0)
	{
		curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long) reserved);
		curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) reserved);
	}
	return transfers <= reserved;
}

CURL *
mux_easy(void)
{
	CURL	   *easy;
	sigset_t	saved;

	block_signals(&saved);
	easy = curl_easy_init();
	if (easy != NULL && share != NULL)
		curl_easy_setopt(easy, CURLOPT_SHARE, share);
	restore_signals(&saved);
	return easy;
}

/*
 * Adds a transfer and gives it its first push, so that its request is sent now
 * and not only when somebody waits.  It may even have ended thereby.
 */
CURLMcode
mux_add(CURL *easy)
{
	CURLMcode	rc;
	sigset_t	saved;
	int			running;

	block_signals(&saved);
	rc = curl_multi_add_handle(multi, easy);
	if (rc == CURLM_OK)
	{
		transfers_added++;
		pushed = true;
		curl_due = MUX_NEVER;
		if (curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running) != CURLM_OK)
			broken = true;
	}
	restore_signals(&saved);
	return rc;
}

void
mux_remove(CURL *easy)
{
	sigset_t	saved;

	block_signals(&saved);
	(void) curl_multi_remove_handle(multi, easy);
	restore_signals(&saved);
	transfers_added--;
}

void
mux_cleanup(CURL *easy)
{
	sigset_t	saved;

	block_signals(&saved);
	curl_easy_cleanup(easy);
	restore_signals(&saved);
}

static void
report_broken(CURLMcode rc)
{
	if (set_errno != 0)
	{
		errno = set_errno;
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("could not watch a connection: %m")));
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("could not drive HTTP transfers: %s",
					rc != CURLM_OK ? curl_multi_strerror(rc) : "internal error of libcurl")));
}

bool
mux_drive(void)
{
	MuxEvent	events[MAX_EVENTS];
	CURLMcode	rc = CURLM_OK;
	sigset_t	saved;
	bool		moved = pushed;
	int			n;
	int			running;

	pushed = false;
	if (broken)
		report_broken(CURLM_OK);
	if (transfers_added == 0)
		return moved;

	n = set_poll(events);
	if (n <= 0 && (curl_due == MUX_NEVER || curl_due > mux_now()))
		return moved;

	block_signals(&saved);
	for (int i = 0; i < n && rc == CURLM_OK; i++)
		rc = curl_multi_socket_action(multi, events[i].fd, events[i].what, &running);
	if (rc == CURLM_OK && curl_due <= mux_now())
	{
		curl_due = MUX_NEVER;
		rc = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	restore_signals(&saved);

	if (rc != CURLM_OK || set_errno != 0)
	{
		broken = true;
		report_broken(rc);
	}
	return true;
}

/*
 * The easy handle of a transfer that has ended, or NULL.  It is still in the
 * multi.
 */
CURL *
mux_done(CURLcode *code)
{
	CURLMsg    *msg;
	int			left;

	while (multi != NULL && (msg = curl_multi_info_read(multi, &left)) != NULL)
	{
		if (msg->msg == CURLMSG_DONE)
		{
			*code = msg->data.result;
			return msg->easy_handle;
		}
	}
	return NULL;
}

int
mux_listen(int64 due)
{
	if (transfers_added > 0)
		due = Min(due, curl_due);
	set_arm(pushed ? Min(due, mux_now()) : due);
	return set_fd;
}

void
mux_sleep(int64 due)
{
	static uint32 wait_event = 0;
	int			events;

	due = Min(due, curl_due);
	if (pushed || due <= mux_now())
		return;
	if (wait_event == 0)
		wait_event = compat_wait_event("StellantisHttp");

	set_arm(due);
	events = WaitLatchOrSocket(MyLatch,
							   WL_LATCH_SET | WL_SOCKET_READABLE | WL_EXIT_ON_PM_DEATH,
							   set_fd, -1L, wait_event);
	if (events & WL_LATCH_SET)
		ResetLatch(MyLatch);
}
