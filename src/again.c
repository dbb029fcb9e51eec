/*
 * again.c
 *	  A scan that is read again for other times: what lies within a range that
 *	  was read to its end is taken from there.
 *
 * The query keeps the answers (share.c), so that asking the same costs nothing.
 * A nested loop that asks for each trip what happened since would ask for
 * another range each time, and of trips and alerts, which are asked for without
 * an end, for nearly the same rows.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "scan.h"
#include "strset.h"
#include "totals.h"
#include "utils/memutils.h"

/* Reading more rows again takes longer than a request. */
#define MOST_ROWS_AGAIN		20000

/* What has been read of some vehicles, under some filters. */
typedef struct RangesRead
{
	int64		asked;			/* pages; those that were kept do not count */
	MemoryContext context;		/* of what follows; NULL when nothing is */
	TimeRanges	ranges;
	List	   *timestamps;
	double		days;
} RangesRead;

/* The ranges are in another context, and end where the spec's do. */
struct RangesAsked
{
	RangesRead *read;
	TimeRanges	ranges;
	List	   *timestamps;
	double		days;
};

static void
add_texts(StringInfo key, const TextSet *texts)
{
	for (int i = 0; i < texts->n; i++)
		appendStringInfo(key, " %s", texts->texts[i]);
	appendStringInfoChar(key, '\n');
}

/* What is asked for, but for the time; NULL where that is not all there is to it. */
static char *
make_key(const ApiScan *scan, const FetchSpec *spec)
{
	StringInfoData key;
	TextSet		vins;
	ListCell   *lc;

	if (!scan->keep_rows || spec->resource->parent != PARENT_VEHICLE ||
		spec->resource->max_page_size == 0 || !spec->objects.all || !spec->trips.all)
		return NULL;
	qual_text_set(spec->vin_tree, spec->values, &vins);
	if (spec->vin_tree != NIL && vins.all)
		return NULL;
	initStringInfo(&key);
	add_texts(&key, &spec->vehicles);
	add_texts(&key, &vins);
	foreach(lc, spec->filters)
		appendStringInfo(&key, "%s\n", (const char *) lfirst(lc));
	return key.data;
}

static RangesRead *
find(ApiScan *scan, const FetchSpec *spec)
{
	const char *key = make_key(scan, spec);
	StrSetEntry *entry;
	bool		found;

	if (key == NULL)
		return NULL;
	if (scan->ranges_read == NULL)
		scan->ranges_read = strset_create(scan->context, 16, NULL);
	entry = strset_entry(scan->ranges_read, key, scan->context, &found);
	if (!found)
		entry->value = MemoryContextAllocZero(scan->context, sizeof(RangesRead));
	return entry->value;
}

/* Is it within the other in full?  Neither has ranges that touch. */
static bool
is_within(const TimeRanges *ranges, const TimeRanges *other)
{
	int			at = 0;

	for (int i = 0; i < ranges->n; i++)
	{
		const TimeRange *range = &ranges->ranges[i];

		while (at < other->n && other->ranges[at].upper < range->upper)
			at++;
		if (at == other->n || other->ranges[at].lower > range->lower)
			return false;
	}
	return true;
}

/* Has as much been asked as all would have been?  As with ids: see spec.c. */
static bool
is_all_cheaper(const ApiScan *scan, const RangesRead *read)
{
	Totals		totals;
	double		rows;

	totals_get(scan->account->serverid, scan->userid, scan->table.resource, &totals);
	rows = totals_all(&totals);
	return rows <= MOST_ROWS_AGAIN && read->asked >= Max(ceil(rows / scan->table.page_size), 2);
}

void
again_ask(ApiScan *scan, const TimeRanges *ranges, FetchSpec *spec)
{
	RangesRead *read = find(scan, spec);
	RangesAsked *asked;

	scan->asked_ranges = NULL;
	if (read == NULL)
		return;
	if (read->context != NULL && is_within(ranges, &read->ranges))
	{
		spec->timestamps = read->timestamps;
		spec->days = read->days;
		return;
	}
	asked = palloc(sizeof(RangesAsked));
	asked->read = read;
	asked->ranges = *ranges;
	if (is_all_cheaper(scan, read))
	{
		time_ranges_all(&asked->ranges);
		spec->timestamps = NIL;
		spec->days = TOTALS_ALL;
	}
	asked->timestamps = spec->timestamps;
	asked->days = spec->days;
	scan->asked_ranges = asked;
	read->asked++;
}

void
again_answered(ApiScan *scan)
{
	RangesAsked *asked = scan->asked_ranges;
	RangesRead *read;
	MemoryContext old;
	ListCell   *lc;

	scan->asked_ranges = NULL;
	if (asked == NULL)
		return;
	read = asked->read;
	read->asked += scan->rows_answered / scan->table.page_size; /* after the first one */
	if (scan->rows_answered > MOST_ROWS_AGAIN)
		return;
	if (read->context == NULL)
		read->context = AllocSetContextCreate(scan->context, "stellantis_fdw range",
											  ALLOCSET_SMALL_SIZES);
	else if (is_within(&read->ranges, &asked->ranges))
		MemoryContextReset(read->context);
	else
		return;
	old = MemoryContextSwitchTo(read->context);
	time_ranges_widen(&asked->ranges, 0, 0, &read->ranges);
	read->timestamps = NIL;
	foreach(lc, asked->timestamps)
		read->timestamps = lappend(read->timestamps, pstrdup(lfirst(lc)));
	read->days = asked->days;
	MemoryContextSwitchTo(old);
}
