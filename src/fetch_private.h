/*
 * fetch_private.h
 *	  The state of a fetch, shared by fetch.c (answers) and ask.c (questions).
 */
#ifndef STELLANTIS_FETCH_PRIVATE_H
#define STELLANTIS_FETCH_PRIVATE_H

#include "collection.h"
#include "fetch.h"

/* An answer that holds rows for the scan. */
typedef struct ReadyPage
{
	dlist_node	node;
	HttpRequest *request;
	Collection *collection;
} ReadyPage;

struct Fetch
{
	FetchSpec	spec;
	HttpGroup  *group;
	Garage	   *garage;
	FetchCounters *counters;
	MemoryContext context;		/* what lives as long as the fetch */
	MemoryContext work;			/* reset for each answer */
	bool		token_untried;	/* it was replaced, and the API has not taken it yet */
	const char **headers;		/* for the resource */
	const char **listing_headers;

	Decoder    *rows;			/* the scan's columns, of pages */
	Decoder    *object;			/* the same, of a single object */
	Decoder    *vehicles;		/* id, vin of the listing; NULL until needed */
	Decoder    *trips;			/* id, start of a trips listing; the same */

	dlist_head	pending;		/* rows to ask for */
	dlist_head	listings;		/* of trips: to ask for when no rows are */
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
	bool		next_asked;		/* the page after the current one is on its way */
	MemoryContext page;			/* reset for each current page */
	int			rows_since_pump;

	Collection *listing;		/* of vehicles, until it is complete, or NULL */
	List	   *suspended;		/* collections whose fault waits for the listing */
	bool		listing_short;	/* the listing lacks what it announced */
	strset_hash *wanted;		/* ids of vehicles; NULL = whatever is listed */
	strset_hash *asked;			/* vehicles, and vehicle/trip pairs, spawned */
	int			answers;		/* for rows, so far */
	int64		emitted;
};

static inline const Account *
account_of(const Fetch *f)
{
	return *f->spec.account;
}

/* in ask.c */

/* The first questions of a fetch. */
extern void ask_first(Fetch *f);

/* A collection's next request waits for its turn. */
extern void ask_again(Fetch *f, Collection *c);

/* The listing of vehicles; nothing if it is being asked already. */
extern void ask_listing(Fetch *f, const char *prefix);

/* A vehicle's trips: to ask for the rows of each, or (suspect) to look for one. */
extern void ask_trips(Fetch *f, const char *vehicle_id, const char *vin,
					  bool vehicle_supplied, Collection *suspect);

/* A vehicle, or a trip, that a listing named. */
extern void ask_listed_vehicle(Fetch *f, const GarageVehicle *vehicle);
extern void ask_trip(Fetch *f, const char *vehicle_id, const char *vin,
					 const char *trip_id, bool vehicle_supplied, bool trip_supplied);

#endif							/* STELLANTIS_FETCH_PRIVATE_H */
