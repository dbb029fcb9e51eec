/*
 * share.h
 *	  What the scans of one executor run have been answered: each request is
 *	  sent once, by the scan that comes first; the others take its answer.
 */
#ifndef STELLANTIS_SHARE_H
#define STELLANTIS_SHARE_H

#include "postgres.h"

#include "catalog.h"
#include "datatype/timestamp.h"
#include "http.h"
#include "nodes/execnodes.h"

/* Of how many resources a scan may ask at most. */
#define SHARE_MAX_ASKED		3

/* What a scan may ask for: tells whom its answers could be of use to. */
typedef struct ShareWants
{
	void	   *owner;			/* the caller's */
	Oid			serverid;
	Oid			userid;			/* whose user mapping it is */
	const Resource *asked[SHARE_MAX_ASKED]; /* or NULL */
	bool		repeated;		/* it may be read again under other conditions */
	bool		lists_all;		/* its rows are the plain listing of vehicles */
	uint32		extensions;		/* EXT_ bits; of lists_all */
} ShareWants;

/* A scan's part in its run; and a request of it. */
typedef struct ShareScan ShareScan;
typedef struct ShareRequest ShareRequest;

/*
 * To be called by every scan when it begins, before any scan of the run asks
 * for something.  Lives in the current memory context, as do its requests.
 * They go through "group", which is the scan's alone.
 */
extern ShareScan *share_join(EState *estate, const ShareWants *wants, HttpGroup *group);

/* The owners of the run's scans, in the current memory context. */
extern List *share_owners(const ShareScan *scan);

/* At the scan's end, unless by an error: then the run's memory takes all with it. */
extern void share_leave(ShareScan *scan);

/*
 * The time that "now" is in the requests of the run, so that two scans that
 * want the same ask for the same.
 */
extern TimestampTz share_now(const ShareScan *scan);

/*
 * The extensions with which the plain listing of vehicles is asked for, so
 * that one listing serves all scans of the run.
 */
extern uint32 share_listing_extensions(const ShareScan *scan);

/*
 * As http_get(), unless the same has been asked before, or is being asked, by
 * a scan of the run for the same role.  "headers" must stay.  "age" is how
 * often what this belongs to has been begun anew: answers to questions that
 * are older than that are not taken.
 */
extern ShareRequest *share_get(ShareScan *scan, const Resource *resource, const char *url,
							   const char **headers, int age, void *tag);

/* A request that has been answered, or NULL when none has yet. */
extern ShareRequest *share_finished(ShareScan *scan);

/*
 * Waits, interruptibly, for such a request; NULL when the scan has none under
 * way.  Each is returned once and then is the caller's, until share_release().
 */
extern ShareRequest *share_wait(ShareScan *scan);

/* The same without waiting: then NULL and *pending (see http_look()). */
extern ShareRequest *share_poll(ShareScan *scan, bool *pending);

extern void *share_tag(const ShareRequest *request);

/* Was it sent for this scan, or is it an answer that somebody else was given? */
extern bool share_is_own(const ShareRequest *request);

/* The answer; the body only if it is the scan's own. */
extern const HttpAnswer *share_answer(const ShareRequest *request);

/* The same with its body, which stays until share_release(). */
extern const HttpAnswer *share_open(ShareRequest *request);

/* Bytes that the request takes before it is opened. */
extern size_t share_held(const ShareRequest *request);

extern void share_release(ShareRequest *request);

/* Drops the requests of the scan that have not been returned. */
extern void share_cancel(ShareScan *scan);

#endif							/* STELLANTIS_SHARE_H */
