/*
 * collection_target.c
 *	  The guards of collection.c, beside plain lists of what they have seen.
 */
#include "postgres.h"

#include "collection.h"
#include "fuzz.h"
#include "utils/memutils.h"

#define MAX_SEEN 4096

typedef struct Seen
{
	int			this_page[MAX_SEEN];
	int			before[MAX_SEEN];
	bool		tokens[256];
	int			nthis;
	int			nbefore;
	int64		rows;
	int64		page_rows;
	int64		total;
	int64		largest;
	int			barren;
} Seen;

static bool
contains(const int *ids, int n, int id)
{
	for (int i = 0; i < n; i++)
	{
		if (ids[i] == id)
			return true;
	}
	return false;
}

static void
forget(Seen *seen)
{
	memset(seen, 0, sizeof(Seen));
	seen->total = seen->largest = -1;
}

static void
turn_page(Collection *c, Seen *seen)
{
	collection_begin_page(c);
	memcpy(seen->before, seen->this_page, sizeof(seen->before));
	seen->nbefore = seen->nthis;
	seen->nthis = 0;
	seen->page_rows = 0;
}

static void
count_row(Collection *c, Seen *seen, int id)
{
	bool		is_new = collection_count_row(c, id == 0 ? NULL : psprintf("row%d", id));
	bool		want = id == 0 || !(contains(seen->this_page, seen->nthis, id) ||
									contains(seen->before, seen->nbefore, id));

	if (is_new != want)
		finding("row %d is %s", id, is_new ? "new, and was seen" : "not new, and was not seen");
	if (id != 0 && seen->nthis < MAX_SEEN && !contains(seen->this_page, seen->nthis, id))
		seen->this_page[seen->nthis++] = id;
	seen->rows += want;
	seen->page_rows += want;
}

static void
next_page(Collection *c, Seen *seen, int token)
{
	char	   *detail = NULL;
	const char *wrong = collection_next_page(c, psprintf("token%d", token), &detail);

	if ((wrong != NULL) != seen->tokens[token])
		finding("page token %d: %s", token, wrong != NULL ? wrong : "taken a second time");
	seen->tokens[token] = true;
}

static void
check_page(Collection *c, Seen *seen)
{
	char	   *detail = NULL;
	const char *wrong = collection_check_page(c, &detail);

	seen->barren = seen->page_rows > 0 ? 0 : seen->barren + 1;
	if ((wrong != NULL) != (seen->barren >= 2 || (seen->largest >= 0 && seen->rows >= seen->largest)))
		finding("a page that brought " INT64_FORMAT " rows: %s", seen->page_rows,
				wrong != NULL ? wrong : "nothing wrong");
}

static void
note_total(Collection *c, Seen *seen, int total)
{
	bool		shrank = collection_total_shrank(c, total);

	if (shrank != (total >= 0 && total < seen->total))
		finding("a total of %d after " INT64_FORMAT, total, seen->total);
	seen->total = total >= 0 ? total : seen->total;
	seen->largest = Max(seen->largest, total);
}

void
fuzz_collection(int choice, const uint8 *ops, size_t len)
{
	static const Account account;	/* is only named in warnings */
	Collection *c = collection_create(CurrentMemoryContext, ROLE_ROWS, catalog_resource("trips"),
									  &account);
	Seen	   *seen = palloc(sizeof(Seen));

	forget(seen);
	turn_page(c, seen);
	for (size_t i = 0; i + 1 < len && i < 2 * MAX_SEEN; i += 2)
	{
		int			value = ops[i + 1];

		switch (ops[i] % 16)
		{
			case 0:
				turn_page(c, seen);
				break;
			case 1:
				next_page(c, seen, value);
				break;
			case 2:
				check_page(c, seen);
				break;
			case 3:
				note_total(c, seen, value - 1);
				break;
			case 4:
				collection_restart(c);
				forget(seen);
				turn_page(c, seen);
				break;
			default:
				count_row(c, seen, value);
				break;
		}
		if (c->rows != seen->rows || c->page_rows != seen->page_rows || c->total != seen->total)
			finding("after step %zu the counts differ", i / 2);
	}
	c->vehicle_id = "vehicle";
	collection_reconcile(c);
	MemoryContextDelete(c->context);
}
