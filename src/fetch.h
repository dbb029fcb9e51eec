/*
 * fetch.h
 *	  Vehicles x trips or callbacks x pages -> one bounded stream of rows.
 */
#ifndef STELLANTIS_FETCH_H
#define STELLANTIS_FETCH_H

#include "postgres.h"

#include "account.h"
#include "catalog.h"
#include "decode.h"
#include "garage.h"
#include "qual.h"
#include "share.h"

/* What one scan (or one of its rescans) asks for. */
typedef struct FetchSpec
{
	const Account **account;	/* the scan's; replaced when its token is refused */
	Oid			userid;			/* whose mapping it is */
	MemoryContext account_owner;	/* what an account is held for */
	const Resource *resource;

	/* vehicles */
	TextSet		vehicles;		/* ids asked for by the query, or all */
	bool		need_vin;		/* the VIN is wanted or filtered on: ask the listing */
	List	   *vin_tree;		/* condition on the VIN, with its values */
	const QualValues *values;
	const char *vin_prefix;		/* vinPrefix of the listing, or NULL */

	/* trips, for a resource that lies or can be asked below them */
	TextSet		trips;			/* ids asked for by the query, or all */
	bool		prune_trips;	/* of listed trips, ask only those that may */
	TimeRanges	trips_within;	/* have begun in these ranges */

	/* callbacks, for a resource that lies below them */
	TextSet		callbacks;		/* ids asked for by the query, or all */

	/* rows that are asked one by one */
	TextSet		objects;		/* ids asked for by the query, or all */

	/* the request itself */
	List	   *timestamps;		/* values (char *) of timestamps= */
	double		days;			/* how long these are: see totals.h; 0 = not known */
	List	   *filters;		/* further parameters: name, value (char *), name, value, ... */
	bool		has_tolerance;
	double		tolerance_km;
	uint32		extensions;		/* EXT_ bits */
	bool		lists_all;		/* the plain listing of vehicles would do as well */
	int			page_size;
	double		limit;			/* rows after which the query is likely done; 0 = unknown */

	/* decoding */
	const DecodeColumn *columns;
	int			ncolumns;
	int			id_column;		/* the row's id, among them; or -1 */
	int			vehicle_column; /* the vehicle that the row itself names; or -1 */
} FetchSpec;

/* What a row belongs to, beside its own JSON. */
typedef struct FetchedRow
{
	const char *vehicle_id;		/* NULL for rows of the account itself */
	const char *vin;			/* NULL unless the listing was asked */
	const char *trip_id;		/* NULL unless below a trip */
	const char *callback_id;	/* NULL unless below a callback */
} FetchedRow;

/* For EXPLAIN. */
typedef struct FetchCounters
{
	MemoryContext context;		/* of first_request */
	int64		pages;			/* answers that held rows, of listings too */
	int64		shared;			/* answers that had been given to another scan, or before */
	char	   *first_request;	/* path and query of the first request for rows */
} FetchCounters;

typedef struct Fetch Fetch;

/*
 * Prepares to fetch; asks nothing yet.  Everything but answers lives in the
 * current memory context.
 */
extern Fetch *fetch_create(const FetchSpec *spec, ShareScan *share, Garage *garage,
						   FetchCounters *counters);

/*
 * The next row: decoded values in the current memory context.  False at the
 * end.  A fault is raised, or, where the server's on_vehicle_error says so and
 * it is one vehicle's alone, shown as a WARNING.
 */
extern bool fetch_next(Fetch *fetch, Datum *values, bool *nulls, FetchedRow *row);

typedef enum FetchResult
{
	FETCH_ROW,
	FETCH_END,
	FETCH_WAIT
} FetchResult;

/*
 * The same for who must not wait: FETCH_WAIT when the next row is still on its
 * way (see http_listen()).
 */
extern FetchResult fetch_poll(Fetch *fetch, Datum *values, bool *nulls, FetchedRow *row);

/* How many rows the API has announced so far, of all vehicles that have answered. */
extern int64 fetch_announced(const Fetch *fetch);

/*
 * Drops what is under way and frees the answers at hand; the memory context
 * of fetch_create() can be reset then.  Not needed where the scan ends.
 */
extern void fetch_end(Fetch *fetch);

#endif							/* STELLANTIS_FETCH_H */
