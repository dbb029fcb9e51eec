/*
 * spec.c
 *	  From the conditions of a query to the questions: which vehicles, trips and
 *	  objects, what times, which filters.
 *
 * What is asked for is a superset of what satisfies the conditions.
 */
#include "postgres.h"

#include <math.h>

#include "request.h"
#include "request_range.h"
#include "scan.h"
#include "strset.h"
#include "totals.h"
#include "utils/timestamp.h"

static void
ask_for_time(const ApiScan *scan, const TimeRanges *ranges, FetchSpec *spec, TimeRanges *sent)
{
	TimestampTz now = share_now(scan->share);

	request_ranges(&scan->table, ranges, sent);
	spec->timestamps = request_timestamps(sent, now);
	if (spec->timestamps != NIL)
		spec->days = time_ranges_days(sent, now);
	else
		time_ranges_all(sent);

	/*
	 * Which trips may have rows in the ranges?  Their listing cannot be asked for
	 * the ranges: a trip whose start is not known might be in no range, and its
	 * rows would be lost.
	 */
	if (scan->table.resource->parent == PARENT_TRIP)
	{
		spec->prune_trips = true;
		request_trip_ranges(ranges, &spec->trips_within);
	}
}

static void
check_tolerance(double km)
{
	if (!(km >= 0) || isinf(km))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("tolerance_km must be a finite number that is not negative"),
				 errdetail("It is the tolerance, in km, with which the API simplifies the waypoints of a trip."),
				 errhint("Use a condition such as tolerance_km = 0.05.")));
}

void
scan_wanted_ids(const ApiScan *scan, QualKey key, TextSet *ids)
{
	int			kept = 0;

	if (key == KEY_TRIP && scan->trips_are_list)
		qual_text_in_list(scan_tree(scan, key), scan->values, ids);
	else
		qual_text_set(scan_tree(scan, key), scan->values, ids);
	for (int i = 0; i < ids->n; i++)
		if (request_id_is_possible(ids->texts[i]))
			ids->texts[kept++] = ids->texts[i];
	ids->n = kept;
}

/* Of the values that the column can have, those that the query wants; false if none. */
static bool
ask_for_kinds(const CatalogColumn *column, const TextSet *kinds, FetchSpec *spec)
{
	List	   *filters = NIL;
	bool		all = true;	/* then there is no need to say so */

	for (const char *const *word = column->words; *word != NULL; word += 2)
	{
		bool		wanted = kinds->all;

		for (int i = 0; i < kinds->n && !wanted; i++)
			wanted = strcmp(kinds->texts[i], *word) == 0;
		if (wanted)
			filters = lappend(lappend(filters, (char *) column->parameter), (char *) word[1]);
		all &= wanted;
	}
	if (!all)
		spec->filters = list_concat(spec->filters, filters);
	return filters != NIL;
}

static bool
is_impossible(const TextSet *ids)
{
	return !ids->all && ids->n == 0;
}

/* How many ids of these vehicles the scan has asked for, with these. */
static int64
count_ids(ApiScan *scan, const FetchSpec *spec)
{
	const char *whose = spec->vehicles.n == 1 ? spec->vehicles.texts[0] : "";
	int64		n = 0;
	bool		found;
	StrSetEntry *entry;

	if (scan->ids_asked == NULL)
		scan->ids_asked = strset_create(scan->context, 16, NULL);
	for (int i = 0; i < spec->objects.n; i++)
	{
		strset_entry(scan->ids_asked, psprintf("%s/%s", whose, spec->objects.texts[i]), scan->context, &found);
		n += !found;
	}
	entry = strset_entry(scan->ids_asked, whose, scan->context, &found);
	n += (intptr_t) entry->value;
	entry->value = (void *) (intptr_t) n;
	return n;
}

/*
 * A scan that is read again and again, each time for other ids, is better off
 * with all of a vehicle's rows, which the query keeps, when it has asked for as
 * many ids as those are pages.  May it still ask for these?
 */
static bool
may_ask_one_by_one(ApiScan *scan, const FetchSpec *spec)
{
	int64		n = count_ids(scan, spec);
	Totals		totals;

	totals_get(scan->account->serverid, scan->userid, spec->resource, &totals);
	return n <= spec->objects.n || n <= ceil(totals_all(&totals) / scan->table.page_size);
}

/*
 * Which vehicles, trips, callbacks and objects?  False when there can be none.  *keep is
 * set where what is asked for is to serve other ids, too.
 */
static bool
ask_for_ids(ApiScan *scan, FetchSpec *spec, bool *keep)
{
	spec->vehicles = scan->wanted;
	scan_wanted_ids(scan, KEY_TRIP, &spec->trips);
	scan_wanted_ids(scan, KEY_CALLBACK, &spec->callbacks);
	scan_wanted_ids(scan, KEY_ID, &spec->objects);
	if (is_impossible(&spec->vehicles) || is_impossible(&spec->trips) ||
		is_impossible(&spec->callbacks) || is_impossible(&spec->objects) ||
		qual_text_impossible(scan_tree(scan, KEY_VIN), scan->values))
		return false;
	if (spec->objects.all)
		return true;
	if (spec->objects.n > catalog_most_ids(spec->resource, scan->table.page_size))
		spec->objects.all = true;	/* the plan could not tell */
	else if (!may_ask_one_by_one(scan, spec))
		*keep = spec->objects.all = true;
	return true;
}

/* Conditions on a column that has a parameter of its own; false when none can hold. */
static bool
ask_for_filter(const ApiScan *scan, const CatalogColumn *column, QualKey key, FetchSpec *spec)
{
	List	   *tree = scan_tree(scan, key);
	NumberRange range;
	TextSet		kinds;
	char	   *min_max;

	if (tree == NIL)
		return true;
	if (key == KEY_KIND)
	{
		qual_text_set(tree, scan->values, &kinds);
		return ask_for_kinds(column, &kinds, spec);
	}
	qual_number_range(tree, scan->values, &range);
	if (range.empty)
		return false;
	min_max = request_min_max(&range, column->filter == FILTER_DISTANCE ? 1 : 0);
	if (min_max != NULL)
		spec->filters = lappend(lappend(spec->filters, (char *) column->parameter), min_max);
	return true;
}

/* What the plan says of every question. */
static void
begin_spec(ApiScan *scan, FetchSpec *spec)
{
	memset(spec, 0, sizeof(FetchSpec));
	spec->account = &scan->account;
	spec->userid = scan->userid;
	spec->account_owner = scan->context;
	spec->resource = scan->table.resource;
	spec->columns = scan->decode;
	spec->ncolumns = scan->ndecode;
	spec->id_column = scan->id_column;
	spec->vehicle_column = scan->vehicle_column;
	spec->need_vin = scan->need_vin;
	spec->extensions = scan->extensions;
	spec->days = TOTALS_ALL;
	spec->lists_all = scan->lists_all;
	spec->page_size = scan->table.page_size;
	spec->limit = scan->limit;
	if (scan->limit > 0 && scan->limit < spec->page_size)
		spec->page_size = scan->limit;
}

bool
scan_make_spec(ApiScan *scan, const OrderWindow *window, FetchSpec *spec)
{
	TimeRanges	ranges;
	TimeRanges	sent;
	bool		any_time = scan_tree(scan, KEY_TIME) == NIL;
	bool		keep = false;

	begin_spec(scan, spec);
	if (scan->table.account != NULL &&
		!qual_text_matches(scan_tree(scan, KEY_ACCOUNT), scan->values, scan->table.account))
		return false;

	if (!ask_for_ids(scan, spec, &keep))
		return false;
	for (int i = 0; i < spec->resource->ncolumns; i++)
	{
		const CatalogColumn *column = &spec->resource->columns[i];

		if (column->filter != FILTER_NONE &&
			!ask_for_filter(scan, column, qual_filter_key(column->filter), spec))
			return false;
	}

	spec->vin_tree = scan_tree(scan, KEY_VIN);
	spec->values = scan->values;
	if (spec->vehicles.all)
		spec->vin_prefix = qual_sole_prefix(spec->vin_tree, scan->values);

	qual_time_ranges(scan_tree(scan, KEY_TIME), scan->values, &ranges);
	if (window != NULL)
	{
		TimeRange	range = window->range;
		TimeRanges	within = {1, &range};

		time_ranges_intersect(&ranges, &within, &ranges);
		any_time = window->with_nulls;
		if (window->is_probe)
			spec->limit = spec->page_size + 1;
	}
	if (ranges.n == 0)
		return false;
	time_ranges_all(&sent);
	if (!any_time && !keep)
		ask_for_time(scan, &ranges, spec, &sent);
	again_ask(scan, &sent, spec);

	if (scan_tree(scan, KEY_TOLERANCE) != NIL)
	{
		if (!qual_tolerance(scan_tree(scan, KEY_TOLERANCE), scan->values,
							&spec->has_tolerance, &spec->tolerance_km))
			return false;
		check_tolerance(spec->tolerance_km);
	}
	return true;
}
