/*
 * collection.h
 *	  One thing that is asked for page by page: its address, what its pages
 *	  said, and the guards against a server that goes in circles.
 */
#ifndef STELLANTIS_COLLECTION_H
#define STELLANTIS_COLLECTION_H

#include "account.h"
#include "decode.h"
#include "error.h"
#include "lib/ilist.h"
#include "strset.h"

/* What a collection is asked for. */
typedef enum CollectionRole
{
	ROLE_ROWS,					/* its rows are the scan's */
	ROLE_VEHICLES,				/* the listing: its rows are vehicles to ask */
	ROLE_TRIPS,					/* its rows are trips whose rows are asked */
	ROLE_CALLBACKS,				/* its rows are callbacks, below which rows are asked */
	ROLE_CHECK					/* is the id of "suspect" among its rows? */
} CollectionRole;

typedef struct Collection
{
	dlist_node	node;			/* in the fetch's list of those waiting to ask */
	MemoryContext context;		/* holds this struct and all it points to */
	CollectionRole role;
	const Resource *resource;	/* what it lists */
	const char *url;			/* without client_id and pageToken */
	bool		paged;			/* pages of rows, or one object */
	const char *vehicle_id;		/* or NULL */
	const char *vin;			/* or NULL when not known */
	const char *trip_id;		/* or NULL */
	const char *callback_id;	/* or NULL */
	const char *object_id;		/* of the one row that is asked for, or NULL */
	bool		vehicle_supplied;	/* the id came from the query, not from a listing */
	bool		trip_supplied;
	bool		callback_supplied;	/* and is not known to exist */
	struct Collection *suspect; /* ROLE_CHECK: whose trip, callback or object is looked for */
	Fault	   *suspended;		/* raised unless an id turns out to be unknown */
	int			pins;			/* requests waiting or under way, answers not used up */
	bool		ended;			/* nobody wants its answers any more */
	const Account *account;		/* whose token its last request carried, or will */
	bool		refused;		/* so it was with the token before that one */

	/* paging */
	const char *page_token;		/* of the next request; NULL for the first page */
	int			pages;			/* answers so far */
	int			barren;			/* pages in a row that brought nothing new */
	int64		rows;			/* without repeated ones */
	int64		page_rows;		/* the same, of this page */
	int64		total;			/* as last said; -1 = never */
	int64		largest_total;	/* that was ever said */
	int			restarts;
	bool		emitted;		/* rows went out: it cannot be restarted */
	bool		warned;
	strset_hash *tokens;		/* page tokens seen */
	strset_hash *ids[2];		/* ids of this page, and of the one before */
	MemoryContext ids_context[2];
	int			this_page;		/* which of the two is this page's */
} Collection;

extern Collection *collection_create(MemoryContext parent, CollectionRole role,
									 const Resource *resource, const Account *account);

/* For the words of a fault. */
extern void collection_context(const Collection *c, FaultContext *context);

/* Back to the first page: nothing of it has been used. */
extern void collection_restart(Collection *c);

/* A page begins. */
extern void collection_begin_page(Collection *c);

/* Counts a row; false when its id was on the page before (or on this one). */
extern bool collection_count_row(Collection *c, const char *id);

/*
 * Takes note of the page token of the next page.  Returns what is wrong, in
 * the style of an error message, with a detail; or NULL.
 */
extern const char *collection_next_page(Collection *c, const char *token, char **detail);

/* At the end of a page that names a next one: does that make sense? */
extern const char *collection_check_page(Collection *c, char **detail);

/* Takes note of a page's total; true when it has shrunk. */
extern bool collection_total_shrank(Collection *c, int64 total);

/* At the end: a WARNING when there were fewer rows than the total says. */
extern void collection_reconcile(Collection *c);

/* WARNING that the total grew where repeated rows cannot be told. */
extern void collection_warn_grown(Collection *c, int64 before);

/* WARNING that the total shrank after rows went out. */
extern void collection_warn_shrunk(Collection *c, int64 before);

#endif							/* STELLANTIS_COLLECTION_H */
