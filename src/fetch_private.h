/*
 * fetch_private.h
 *	  The state of a fetch, shared by fetch.c (rows), ask.c (questions),
 *	  listing.c and fetch_fault.c (answers that hold none).
 */
#ifndef STELLANTIS_FETCH_PRIVATE_H
#define STELLANTIS_FETCH_PRIVATE_H

#include "collection.h"
#include "fetch.h"

/* An answer that holds rows for the scan. */
typedef struct ReadyPage
{
	dlist_node	node;
	ShareRequest *request;
	Collection *collection;
} ReadyPage;

/* What has become of the page after the current one. */
typedef enum NextPage
{
	NEXT_UNKNOWN,
	NEXT_NOTED,					/* its token has been seen */
	NEXT_ASKED
} NextPage;

/* Whose rows are asked for; what does not apply is NULL. */
typedef struct Whose
{
	const char *vehicle_id;
	const char *vin;
	const char *trip_id;
	const char *callback_id;
	const char *object_id;		/* of one row alone */

	/* these ids come from the query, and have not been seen in a listing */
	bool		vehicle_supplied;
	bool		trip_supplied;
	bool		callback_supplied;
} Whose;

struct Fetch
{
	FetchSpec	spec;
	ShareScan  *share;
	Garage	   *garage;
	FetchCounters *counters;
	MemoryContext context;		/* what lives as long as the fetch */
	MemoryContext work;			/* reset for each answer */
	bool		token_untried;	/* it was replaced, and the API has not taken it yet */
	const char **headers;		/* for the resource */
	const char **listing_headers;

	Decoder    *rows;			/* the scan's columns, of pages */
	Decoder    *object;			/* the same, of a single object */
	Decoder    *ends;			/* no columns, only what stands around the rows; NULL until needed */
	Decoder    *vehicles;		/* id, vin of the listing; NULL until needed */
	Decoder    *trips;			/* id, start of a trips listing; the same */
	Decoder    *callbacks;		/* ids of callbacks; the same */
	Decoder    *checked;		/* ids among which a suspect's is looked for; the same */

	dlist_head	pending;		/* rows to ask for */
	dlist_head	listings;		/* of trips or callbacks: to ask for when no rows are */
	Collection *next_listing;	/* of vehicles, when it is to be asked for, or NULL */
	int			nwaiting;		/* in pending and listings */
	dlist_head	ready;
	int			in_flight;
	int			nready;
	int64		ready_bytes;
	int64		page_bytes;		/* the largest answer so far */

	ReadyPage  *current;		/* being decoded, or NULL */
	Decoder    *decoder;		/* of the current page */
	PageEnvelope envelope;		/* of the current page */
	NextPage	next;			/* the page after the current one */
	MemoryContext page;			/* reset for each current page */
	int			rows_since_pump;

	Collection *listing;		/* of vehicles, until it is complete, or NULL */
	List	   *suspended;		/* collections whose fault waits for the listing */
	bool		listing_short;	/* the listing lacks what it announced */
	strset_hash *wanted;		/* ids of vehicles; NULL = whatever is listed */
	List	   *crossed;		/* vehicles whose rows are asked below each callback: Whose */
	List	   *callbacks_known;	/* their ids (char *) */
	strset_hash *asked;			/* what has been spawned: see first_time() */
	int			answers;		/* for rows, so far */
	int64		emitted;
	int64		announced;		/* rows, by the totals of what they are asked of */
};

static inline const Account *
account_of(const Fetch *f)
{
	return *f->spec.account;
}

/* in fetch.c */

/* What the requests carry: the account's token among it. */
extern void fetch_set_headers(Fetch *f);

/*
 * What the envelope says of the pages to come, as soon as it says it.  Returns
 * false when the collection starts over.
 */
extern bool fetch_note_envelope(Fetch *f, Collection *c, const PageEnvelope *envelope);

/* A page's rows are used up.  Asks for the next one, or ends the collection. */
extern void fetch_finish_page(Fetch *f, Collection *c, const PageEnvelope *envelope,
							  NextPage next);

/* in listing.c */

/* Takes up a page of a listing, an answer with content. */
extern void fetch_use_listing(Fetch *f, Collection *c, const HttpAnswer *answer);

/* in fetch_fault.c */

/* Its memory goes at once, or when the answer comes that is under way. */
extern void fetch_end_collection(Fetch *f, Collection *c);

/* A request or an answer of it is done with. */
extern void fetch_unpin(Collection *c);

/*
 * Raises the fault; or, where on_vehicle_error is 'warn' and only this
 * vehicle is concerned, goes on without its rows.
 */
extern void fetch_fail(Fetch *f, Collection *c, Fault *fault);

/*
 * The same: of content that is wrong, of pages that do not make a whole, of a
 * document of which the decoder could make nothing.
 */
extern void fetch_fail_content(Fetch *f, Collection *c, const char *what, const char *detail);
extern void fetch_fail_paging(Fetch *f, Collection *c, const char *what, const char *detail);
extern void fetch_fail_broken(Fetch *f, Collection *c, Decoder *decoder);

/* ROLE_CHECK: the suspect's id is not known to be unknown, so its fault counts. */
extern void fetch_convict(Fetch *f, Collection *c);

/* ROLE_CHECK: the suspect's id is there.  That convicts it, or leads to its next id. */
extern void fetch_found(Fetch *f, Collection *c);

/* The listing of vehicles is known to its end: whose ids were unknown? */
extern void fetch_judge_suspended(Fetch *f);

/* Takes note whether the API takes the access token. */
extern void fetch_note_token(Fetch *f, Collection *c, const HttpAnswer *answer);

/* An answer without content: an unknown id, a token to be replaced, or a fault. */
extern void fetch_unusable(Fetch *f, Collection *c, const HttpAnswer *answer);

/* in ask.c */

/* The first questions of a fetch. */
extern void ask_first(Fetch *f);

/* A collection's next request waits for its turn. */
extern void ask_again(Fetch *f, Collection *c);

/* The listing of vehicles; nothing if it is being asked already. */
extern void ask_listing(Fetch *f, const char *prefix);

/*
 * All among which the callback, the trip or the object of a suspect must be, if
 * it exists; and the id that is looked for.
 */
extern void ask_whether_known(Fetch *f, Collection *suspect);
extern const char *ask_suspected_id(const Collection *suspect);

/* A vehicle, a trip, or a callback that a listing named. */
extern void ask_listed_vehicle(Fetch *f, const GarageVehicle *vehicle);
extern void ask_listed_trip(Fetch *f, const char *vehicle_id, const char *vin, const char *trip_id);
extern void ask_listed_callback(Fetch *f, const char *callback_id);

#endif							/* STELLANTIS_FETCH_PRIVATE_H */
