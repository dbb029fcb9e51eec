/*
 * scan.h
 *	  The run-time state of a scan, shared by scan.c and explain.c.
 */
#ifndef STELLANTIS_SCAN_H
#define STELLANTIS_SCAN_H

#include "account.h"
#include "fetch.h"
#include "option.h"
#include "order.h"
#include "qual.h"
#include "utils/tuplestore.h"

/* Where one attribute of the scan's rows comes from. */
typedef struct ScanColumn
{
	AttrNumber	attnum;
	ColumnSource source;
	int			position;		/* SRC_JSON: among the decoded columns */
	bool		names_trip;		/* it is what the rows below a trip endpoint have in common */
} ScanColumn;

typedef struct RangesAsked RangesAsked;

typedef struct ApiScan
{
	/* from the plan */
	TableOptions table;
	List	   *trees;			/* QUAL_NKEYS of them */
	List	   *operands;
	List	   *operand_states;
	bool		trips_are_list; /* the table's column of trips is */
	int			limit;
	OrderPlan	order_plan;
	ScanColumn *columns;
	int			ncolumns;
	DecodeColumn *decode;
	int			ndecode;
	int			id_column;		/* among these, or -1 */
	int			vehicle_column; /* the same */
	bool		need_vin;
	uint32		extensions;
	bool		keep_rows;		/* it may be read again */
	bool		lists_all;		/* its rows are the plain listing of vehicles */

	/* of the execution */
	MemoryContext context;
	MemoryContext fetch_context;	/* reset for each fetch */
	MemoryContext row_context;	/* reset for each row */
	MemoryContext spare_context;	/* operands of the fetch before or after */
	MemoryContext values_context;	/* operands of this fetch */
	Oid			userid;			/* whose user mapping is used */
	const Account *account;		/* NULL until the first row is wanted */
	HttpSettings http;			/* the account's, at an address that stays */
	HttpGroup  *group;
	ShareScan  *share;
	Garage	   *garage;
	struct strset_hash *ids_asked;	/* one by one: "vehicle/id"; how many: "vehicle" ("": several) */
	struct strset_hash *ranges_read;	/* by vehicles and filters: see again.c; */
	RangesAsked *asked_ranges;	/* of the current fetch, or NULL; */
	int64		rows_answered;	/* and the rows that it brought so far */
	QualValues *values;
	TextSet		wanted;			/* vehicles that these name */
	Fetch	   *fetch;			/* NULL when the conditions are impossible */
	FetchCounters counters;
	Datum	   *decoded;
	bool	   *decoded_nulls;
	bool		started;
	bool		check_operands; /* parameters may have changed since */
	bool		finished;		/* there are no more rows to fetch */
	bool		may_not_wait;	/* who asks for rows waits elsewhere: async.c */
	bool		waits;			/* so it got none, but there may be more */
	bool		asked;			/* for a row, since it was begun or rescanned */
	bool		at_hand;		/* its slot has what will be asked for next: ahead.c */
	bool		fellows_known;
	List	   *fellows;		/* it and its like under a MergeAppend, or NIL */
	bool		token_seen;		/* the account's was refreshed, if need be, with those beside it */
	Order	   *order;			/* NULL unless rows come in windows of time */
	const OrderWindow *window;	/* that is being read, or NULL */
	int64		window_rows;	/* read of it */
	double		rows_per_day;	/* of a vehicle, as supposed when the windows began; */
	double		rows_of_each;	/* all of its rows; and how many vehicles there are: */
	double		vehicles;		/* -1 where the API has not said it */
	Tuplestorestate *store;		/* rows so far, if keep_rows */
	TupleTableSlot *store_slot;
} ApiScan;

/* in spec.c */

/*
 * From the conditions in scan->values to the questions, about a window of time
 * or (NULL) about all; false when no row can satisfy them.  Allocates in the
 * current memory context.
 */
extern bool scan_make_spec(ApiScan *scan, const OrderWindow *window, FetchSpec *spec);

/* The ids that the query names, without those that cannot be anybody's. */
extern void scan_wanted_ids(const ApiScan *scan, QualKey key, TextSet *ids);

static inline List *
scan_tree(const ApiScan *scan, QualKey key)
{
	return list_nth(scan->trees, key);
}

/* in again.c */

/*
 * Ranges of time are to be asked for, as spec->timestamps says: or, instead,
 * wider ones whose answers are known.  Allocates as scan_make_spec() does.
 */
extern void again_ask(ApiScan *scan, const TimeRanges *ranges, FetchSpec *spec);

/* That has been answered to its end. */
extern void again_answered(ApiScan *scan);

/* in scan.c */

/*
 * Puts the next row into the node's slot, or clears it: at the end, or (waits)
 * for want of a row in a scan that may not wait.
 */
extern void scan_next(ForeignScanState *node);

/* in ahead.c */

/* Refreshes the tokens that our scans need, ForeignScanStates, several at once. */
extern void ahead_refresh(List *nodes);

/* Are there scans beside it that will be asked as well?  Then for scan_next(): */
extern bool ahead_has_fellows(ForeignScanState *node);
extern void ahead_next(ForeignScanState *node);

#endif							/* STELLANTIS_SCAN_H */
