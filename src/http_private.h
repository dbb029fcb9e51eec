/*
 * http_private.h
 *	  Groups and requests, as http.c (who asks, and who owns what) and
 *	  http_drive.c (what is sent when) share them.
 */
#ifndef STELLANTIS_HTTP_PRIVATE_H
#define STELLANTIS_HTTP_PRIVATE_H

#include "postgres.h"

#include "http.h"
#include "http_transfer.h"
#include "lib/ilist.h"
#include "utils/portal.h"

typedef enum RequestState
{
	REQUEST_QUEUED,				/* in "queue": for a slot, and to be admitted */
	REQUEST_HELD,				/* in "held": until "due" */
	REQUEST_UNDER_WAY,			/* in "under_way", and in the multi: it has a slot */
	REQUEST_FINISHED,			/* in its group's "finished" */
	REQUEST_TAKEN				/* the caller's; in no list of that kind */
} RequestState;

struct HttpGroup
{
	dlist_node	node;			/* in "groups", until dropped */
	MemoryContext context;
	const HttpSettings *settings;
	HttpAdmit	admit;
	void	   *admit_arg;
	HttpCounters counters;
	dlist_head	requests;		/* all that are not released */
	dlist_head	finished;		/* those of REQUEST_FINISHED, oldest first */
	int			npending;		/* queued, held or under way */
	int			slots;			/* under way */
	SubTransactionId subid;		/* whose abort drops it, or invalid */
	Portal		portal;			/* that runs the query; only to be compared */
	const void *run;			/* whose groups wait for each other; or NULL */
	bool		files_checked;
	bool		dropped;
	MemoryContextCallback on_reset;
};

struct HttpRequest
{
	dlist_node	in_group;
	dlist_node	in_state;
	HttpGroup  *group;
	RequestState state;
	bool		admitted;		/* for its next transmission */
	void	   *tag;
	char	   *url;
	int64		due;			/* REQUEST_HELD: when to go on */
	int64		began;			/* start of the attempt, mux_now() */
	int64		began_waited;	/* the same by the clock of waiting */
	int			repeats;		/* retries that count */
	bool		revived;		/* was repeated for a stale connection */
	Transfer	transfer;
	HttpAnswer	answer;
};

/* in http.c */

/* Has any other group requests, be they under way, or answers that are not used up? */
extern bool http_others_ask(const HttpGroup *group);

/* in http_drive.c */

/*
 * To be called whenever control comes back to us: "was_waiting" tells where
 * the time since the last call went.
 */
extern void drive_tick(bool was_waiting);

/* A request waits for its turn; what can be sent now is. */
extern void drive_enqueue(HttpRequest *request);

/* Moves what can be moved without waiting; true when something was. */
extern bool drive_all(HttpGroup *own);

/* Sends what the group has in the queue, as far as there are slots. */
extern void drive_start(HttpGroup *own);

/* Ends attempts whose time is up. */
extern void drive_end_overdue(void);

/* Sleeps until there may be something to move, at the latest until "moment". */
extern void drive_sleep(int64 moment);

/*
 * The descriptor to be waited for instead: readable when there may be something
 * to move, at the latest in max_ms unless that is negative.  Nothing is missed
 * that has ended since drive_look_ended().
 */
extern int	drive_listen(int max_ms);
extern void drive_look_ended(void);

/* The oldest finished request of the group, or NULL; it is the caller's now. */
extern HttpRequest *drive_take(HttpGroup *group);

/*
 * Frees whatever of a request does not go with the memory context, and takes
 * it out of all lists.  Must not raise.
 */
extern void drive_drop(HttpRequest *request);

#endif							/* STELLANTIS_HTTP_PRIVATE_H */
