/*
 * collection.c
 *	  The state of one thing that is asked for page by page, and its guards.
 *
 * A server may repeat a page token, link pages in a circle, shift rows between
 * pages while they are read, or announce a total that it does not deliver.
 * None of this may go unnoticed: a repeated row is dropped, what is missing is
 * told, and what cannot end is an error.
 */
#include "postgres.h"

#include "collection.h"
#include "utils/memutils.h"

/* Pages in a row without a new row, after which there is no point in going on. */
#define MAX_BARREN_PAGES	2

Collection *
collection_create(MemoryContext parent, CollectionRole role, const Resource *resource,
				  const Account *account)
{
	MemoryContext context = AllocSetContextCreate(parent, "stellantis_fdw collection",
												  ALLOCSET_SMALL_SIZES);
	Collection *c = MemoryContextAllocZero(context, sizeof(Collection));

	c->context = context;
	c->role = role;
	c->resource = resource;
	c->account = account;
	c->paged = true;
	c->total = -1;
	c->largest_total = -1;
	return c;
}

void
collection_restart(Collection *c)
{
	c->page_token = NULL;
	c->pages = 0;
	c->barren = 0;
	c->rows = 0;
	c->total = -1;
	c->largest_total = -1;
	c->restarts++;
	c->tokens = NULL;
	for (int i = 0; i < 2; i++)
	{
		if (c->ids_context[i] != NULL)
			MemoryContextDelete(c->ids_context[i]);
		c->ids_context[i] = NULL;
		c->ids[i] = NULL;
	}
}

void
collection_begin_page(Collection *c)
{
	c->pages++;
	c->page_rows = 0;
	if (!c->resource->has_id || !c->paged)
		return;

	/* what was this page becomes the one before; the one before is forgotten */
	c->this_page = 1 - c->this_page;
	if (c->ids_context[c->this_page] != NULL)
		MemoryContextReset(c->ids_context[c->this_page]);
	else
		c->ids_context[c->this_page] =
			AllocSetContextCreate(c->context, "stellantis_fdw page ids",
								  ALLOCSET_SMALL_SIZES);
	c->ids[c->this_page] = strset_create(c->ids_context[c->this_page], 64, NULL);
}

bool
collection_count_row(Collection *c, const char *id)
{
	if (id != NULL && c->ids[c->this_page] != NULL)
	{
		strset_hash *before = c->ids[1 - c->this_page];

		if (strset_lookup(c->ids[c->this_page], id) != NULL)
			return false;
		strset_add(c->ids[c->this_page],
				   MemoryContextStrdup(c->ids_context[c->this_page], id));
		if (before != NULL && strset_lookup(before, id) != NULL)
			return false;
	}
	c->rows++;
	c->page_rows++;
	return true;
}

const char *
collection_next_page(Collection *c, const char *token, char **detail)
{
	if (c->tokens == NULL)
		c->tokens = strset_create(c->context, 16, NULL);
	token = MemoryContextStrdup(c->context, token);
	if (!strset_add(c->tokens, token))
	{
		*detail = psprintf("Page %d names as the next page one that was asked for already.", c->pages);
		return "the API's pages go in circles";
	}
	c->page_token = token;
	return NULL;
}

const char *
collection_check_page(Collection *c, char **detail)
{
	c->barren = c->page_rows > 0 ? 0 : c->barren + 1;
	if (c->barren >= MAX_BARREN_PAGES)
	{
		*detail = psprintf("Pages %d to %d brought nothing new, and there is still a next page.",
						   c->pages - c->barren + 1, c->pages);
		return "the API's pages go on without bringing anything new";
	}
	if (c->largest_total >= 0 && c->rows >= c->largest_total)
	{
		*detail = psprintf("The total is %lld, and after page %d, with %lld rows received, there is still a next page.%s",
						   (long long) c->largest_total, c->pages, (long long) c->rows,
						   c->resource->has_id ? "" : "  Rows may have come twice.");
		return "the API has more pages than its total explains";
	}
	return NULL;
}

bool
collection_total_shrank(Collection *c, int64 total)
{
	bool		shrank = total >= 0 && total < c->total;

	if (total >= 0)
		c->total = total;
	c->largest_total = Max(c->largest_total, total);
	return shrank;
}

void
collection_context(const Collection *c, FaultContext *context)
{
	memset(context, 0, sizeof(FaultContext));
	context->resource = c->resource;
	context->vehicle = c->vin != NULL ? c->vin : c->vehicle_id;
	context->trip = c->trip_id;
	context->callback = c->callback_id;
	context->later_page = c->page_token != NULL;
	context->server_name = c->account->server_name;

	/* an answer may repeat the token that was sent, be it replaced meanwhile */
	context->secrets = c->account->secrets;
}

/* "trips of vehicle ..." for messages. */
static char *
describe(const Collection *c)
{
	FaultContext context;

	if (c->vehicle_id == NULL)
		return psprintf("%s of the account", c->resource->name);
	collection_context(c, &context);
	return fault_subject(&context);
}

void
collection_reconcile(Collection *c)
{
	if (!c->paged || c->rows >= c->total || c->warned)
		return;
	c->warned = true;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("received %lld of %lld %s", (long long) c->rows,
					(long long) c->total, describe(c)),
			 errdetail("The API announced more rows than its pages held; the result may be incomplete."),
			 errhint("%s", HINT_READ_AGAIN)));
}

/* The total is not what it was on the page before. */
static void
warn_changed(Collection *c, const char *how, int64 before, const char *detail)
{
	if (c->warned)
		return;
	c->warned = true;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("total of %s %s from %lld to %lld while its pages were read",
					describe(c), how, (long long) before, (long long) c->total),
			 errdetail("%s", detail),
			 errhint("%s", HINT_READ_AGAIN)));
}

void
collection_warn_shrunk(Collection *c, int64 before)
{
	warn_changed(c, "shrank", before,
				 "Rows may have moved to a page that was read already; the result may be incomplete.");
}

void
collection_warn_grown(Collection *c, int64 before)
{
	warn_changed(c, "grew", before,
				 "Rows may have moved to a page that was not read yet, and be in the result twice.");
}
