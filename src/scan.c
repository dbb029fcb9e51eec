/*
 * scan.c
 *	  Executor callbacks: operands -> what to ask for -> rows.
 *
 * Nothing is looked up or asked before the first row is wanted.  A scan that
 * may be read again keeps its rows, so that a rescan under the same conditions
 * asks nothing.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/executor.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "pace.h"
#include "plan.h"
#include "scan.h"
#include "stellantis_fdw.h"
#include "table.h"
#include "token.h"
#include "totals.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* ---- begin ---- */

/* A text of the row's own that no column shows; its position. */
static int
add_hidden_column(ApiScan *scan, const char *paths, Conversion conversion)
{
	DecodeColumn hidden = {.type = TEXTOID,.conversion = conversion,.paths = paths,
	.scale_num = 1,.scale_den = 1};

	scan->decode[scan->ndecode] = hidden;
	return scan->ndecode++;
}

static void
add_decode_column(ApiScan *scan, const TableColumn *column)
{
	DecodeColumn *decode = &scan->decode[scan->ndecode++];

	decode->type = column->type;
	decode->conversion = column->catalog != NULL ? column->catalog->conversion : CONV_SCALAR;
	decode->paths = column->catalog != NULL ? column->catalog->paths : NULL;
	decode->pointer = column->field;
	decode->scale_num = column->scale_num;
	decode->scale_den = column->scale_den;
}

/* May objects or trips of a vehicle be asked for by ids that the query supplies? */
static bool
asks_below_vehicle(const ApiScan *scan)
{
	const Resource *resource = scan->table.resource;

	return scan_tree(scan, KEY_ID) != NIL ||
		(resource->trip_endpoint != NULL && scan_tree(scan, KEY_TRIP) != NIL);
}

/* Which columns are needed, where they come from, and what must be decoded. */
static void
plan_columns(ApiScan *scan, Oid relid, List *attrs)
{
	int			ncolumns;
	const Resource *resource = scan->table.resource;
	TableColumn *table = table_columns(relid, &scan->table, &ncolumns);
	ListCell   *lc;

	scan->columns = palloc0(sizeof(ScanColumn) * Max(list_length(attrs), 1));
	scan->decode = palloc0(sizeof(DecodeColumn) * (list_length(attrs) + 2));
	foreach(lc, attrs)
	{
		const TableColumn *column = &table[lfirst_int(lc) - 1];
		ScanColumn *target = &scan->columns[scan->ncolumns];

		if (column->attnum == 0)
			continue;
		scan->ncolumns++;
		target->attnum = column->attnum;
		target->source = column->catalog != NULL ? column->catalog->source : SRC_JSON;
		target->position = scan->ndecode;
		if (column->catalog != NULL)
			scan->extensions |= column->catalog->extensions;
		target->names_trip = column->catalog != NULL && resource->trip_column != NULL &&
			strcmp(column->catalog->name, resource->trip_column) == 0;
		if (target->source == SRC_JSON)
			add_decode_column(scan, column);
		else if (target->source == SRC_VIN)
			scan->need_vin = true;
	}
	scan->id_column = resource->has_id ? add_hidden_column(scan, catalog_column(resource, "id")->paths, CONV_SCALAR) : -1;
	scan->vehicle_column = asks_below_vehicle(scan) ?
		add_hidden_column(scan, "_links.vehicle.href|_links.vehicles.href", CONV_LAST_SEGMENT) : -1;
	scan->decoded = palloc0(sizeof(Datum) * Max(scan->ndecode, 1));
	scan->decoded_nulls = palloc0(sizeof(bool) * Max(scan->ndecode, 1));
}

/*
 * Are the scan's rows those of the listing that tables below a vehicle need?
 * An object as a whole (a column of the user's) is not to have more members
 * because another scan wants them.
 */
static bool
is_plain_listing(const ApiScan *scan)
{
	const Resource *resource = scan->table.resource;

	if (!resource->lists_vehicles ||
		scan_tree(scan, KEY_VEHICLE) != NIL ||
		scan->limit > 0 || scan->table.page_size != resource->max_page_size)
		return false;
	for (int i = 0; i < scan->ndecode; i++)
		if (scan->decode[i].pointer != NULL)
			return false;
	return true;
}

/* The scan will share with others of the query what they and it may ask for. */
static void
join_run(ForeignScanState *node, ApiScan *scan)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	const Resource *resource = scan->table.resource;
	ShareWants	wants = {.owner = node,.serverid = plan->fs_server,.userid = scan->userid};
	MemoryContext old;

	scan->lists_all = is_plain_listing(scan);
	wants.lists_all = scan->lists_all;
	wants.extensions = scan->extensions;
	wants.repeated = scan->keep_rows && plan_has_parameters(plan->fdw_exprs);
	wants.asked[0] = resource;
	if (resource->parent != PARENT_ACCOUNT)
		wants.asked[1] = catalog_resource("vehicles");
	if (resource->parent == PARENT_TRIP || scan_tree(scan, KEY_TRIP) != NIL)
		wants.asked[2] = catalog_resource("trips");
	else if (resource->parent == PARENT_CALLBACK)
		wants.asked[2] = catalog_resource("callbacks");

	old = MemoryContextSwitchTo(scan->context);
	scan->share = share_join(node->ss.ps.state, &wants, scan->group);
	MemoryContextSwitchTo(old);
}

void
scan_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Oid			relid = RelationGetRelid(node->ss.ss_currentRelation);
	ApiScan    *scan = palloc0(sizeof(ApiScan));

	node->fdw_state = scan;
	options_of_table(relid, &scan->table);
	scan->trees = list_nth(plan->fdw_private, PLAN_TREES);
	scan->operands = plan->fdw_exprs;
	scan->trips_are_list = qual_trips_are_list(scan->table.resource);
	scan->limit = intVal(linitial(list_nth(plan->fdw_private, PLAN_LIMIT)));
	order_from_list(list_nth(plan->fdw_private, PLAN_ORDER), &scan->order_plan);
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;

	/* whose mapping it is: the role's that begins, whoever reads a cursor on */
	scan->userid = compat_scan_user(node);
	plan_columns(scan, relid, list_nth(plan->fdw_private, PLAN_ATTRS));
	scan->operand_states = ExecInitExprList(plan->fdw_exprs, &node->ss.ps);
	scan->keep_rows = (eflags & EXEC_FLAG_REWIND) != 0 ||
		plan_may_be_rescanned(node->ss.ps.state->es_plannedstmt, &plan->scan.plan);

	scan->context = AllocSetContextCreate(CurrentMemoryContext, "stellantis_fdw scan",
										  ALLOCSET_DEFAULT_SIZES);
	scan->fetch_context = AllocSetContextCreate(scan->context, "stellantis_fdw fetch",
												ALLOCSET_DEFAULT_SIZES);
	scan->row_context = AllocSetContextCreate(scan->context, "stellantis_fdw row",
											  ALLOCSET_DEFAULT_SIZES);
	scan->values_context = AllocSetContextCreate(scan->context, "stellantis_fdw operands",
												 ALLOCSET_SMALL_SIZES);
	scan->spare_context = AllocSetContextCreate(scan->context, "stellantis_fdw operands",
												ALLOCSET_SMALL_SIZES);
	scan->counters.context = scan->context;

	/*
	 * The group belongs to the transaction in which the scan began, also when
	 * its first row is fetched in a subtransaction of it (a cursor).
	 */
	scan->group = http_group_create(scan->context, &scan->http, pace_admit, &scan->account);
	scan->garage = garage_create(scan->context);
	join_run(node, scan);
}

/* ---- account and fetch ---- */

static void
find_account(ForeignScanState *node, ApiScan *scan)
{
	const ForeignScan *plan = castNode(ForeignScan, node->ss.ps.plan);

	scan->account = token_account(scan->userid, plan->fs_server, scan->context);
	scan->http = scan->account->http;
}

/* Asks for what is in a window of time, or (NULL) for all. */
static void
ask(ApiScan *scan, const OrderWindow *window)
{
	FetchSpec	spec;
	MemoryContext old;

	if (scan->fetch != NULL)
		fetch_end(scan->fetch);
	MemoryContextReset(scan->fetch_context);
	scan->fetch = NULL;
	scan->asked_ranges = NULL;
	scan->rows_answered = 0;
	old = MemoryContextSwitchTo(scan->fetch_context);
	if (scan_make_spec(scan, window, &spec))
		scan->fetch = fetch_create(&spec, scan->share, scan->garage, &scan->counters);
	MemoryContextSwitchTo(old);
}

/* Rows are kept from here on: those of other operands are forgotten. */
static void
begin_store(ForeignScanState *node, ApiScan *scan)
{
	MemoryContext old;

	if (scan->store != NULL)
	{
		tuplestore_clear(scan->store);
		return;
	}
	old = MemoryContextSwitchTo(scan->context);
	scan->store = tuplestore_begin_heap(false, false, work_mem);
	tuplestore_set_eflags(scan->store, EXEC_FLAG_REWIND);
	scan->store_slot = MakeSingleTupleTableSlot(RelationGetDescr(node->ss.ss_currentRelation),
												&TTSOpsMinimalTuple);
	MemoryContextSwitchTo(old);
}

/* How many rows are there likely to be?  Negative where nobody knows. */
static void
expect_rows(ApiScan *scan)
{
	const Resource *resource = scan->table.resource;
	Oid			serverid = scan->account->serverid;
	Totals		vehicles;
	Totals		rows;

	scan->rows_per_day = totals_rows_per_day(serverid, scan->userid, resource);
	totals_get(serverid, scan->userid, resource, &rows);
	scan->rows_of_each = resource->parent == PARENT_VEHICLE ? rows.all : -1;
	totals_get(serverid, scan->userid, catalog_resource("vehicles"), &vehicles);
	scan->vehicles = scan_tree(scan, KEY_VIN) == NIL ? vehicles.all : -1;
}

/* The first window of the query's range of time is to be asked for next. */
static void
begin_order(ForeignScanState *node, ApiScan *scan)
{
	const Resource *resource = scan->table.resource;
	OrderScope	scope = {.range = {DT_NOBEGIN, DT_NOEND},.now = share_now(scan->share),
	.page = scan->table.page_size,.overlaps = sends_no_end(&scan->table)};
	TimeRanges	ranges;
	const TextSet *wanted = &scan->wanted;
	double		parents;
	MemoryContext old;

	/* what is learnt meanwhile must not make other requests of the same windows */
	if (scan->order == NULL)
	{
		old = MemoryContextSwitchTo(scan->context);
		scan->order = order_create(&scan->order_plan, RelationGetDescr(node->ss.ss_currentRelation));
		MemoryContextSwitchTo(old);
		expect_rows(scan);
	}
	old = MemoryContextSwitchTo(scan->row_context);
	qual_time_ranges(scan_tree(scan, KEY_TIME), scan->values, &ranges);
	if (ranges.n > 0)
	{
		scope.range.lower = ranges.ranges[0].lower;
		scope.range.upper = ranges.ranges[ranges.n - 1].upper;
	}
	parents = wanted->all ? scan->vehicles : wanted->n;
	scope.rows_per_day = scan->rows_per_day * (wanted->all ? 1 : Max(wanted->n, 1));
	scope.all = scan->rows_of_each >= 0 && parents >= 0 ? scan->rows_of_each * parents : -1;
	scope.alone = !wanted->all && wanted->n == 1 && resource->parent == PARENT_VEHICLE;
	order_begin(scan->order, &scope);
	MemoryContextSwitchTo(old);
}

/* Begins to fetch for the operands in scan->values. */
static void
start_fetch(ForeignScanState *node, ApiScan *scan)
{
	if (scan->keep_rows)
		begin_store(node, scan);
	if (scan->account == NULL)
		find_account(node, scan);
	if (order_is_by_windows(&scan->order_plan))
		begin_order(node, scan);
	else
		ask(scan, NULL);
	scan->window = NULL;
	scan->waits = scan->finished = false;
}

/*
 * Evaluates the operands.  True if they are not those that the scan was
 * started with.
 */
static bool
evaluate_operands(ForeignScanState *node, ApiScan *scan)
{
	MemoryContext old;
	QualValues *values;
	bool		changed;

	MemoryContextReset(scan->spare_context);
	old = MemoryContextSwitchTo(scan->spare_context);
	values = qual_evaluate(scan->operands, scan->operand_states, node->ss.ps.ps_ExprContext);
	MemoryContextSwitchTo(old);

	changed = scan->values == NULL || !qual_values_equal(values, scan->values);
	if (changed)
	{
		MemoryContext other = scan->values_context;

		scan->values_context = scan->spare_context;
		scan->spare_context = other;
		scan->values = values;
		old = MemoryContextSwitchTo(scan->values_context);
		scan_wanted_ids(scan, KEY_VEHICLE, &scan->wanted);
		MemoryContextSwitchTo(old);
	}
	return changed;
}

/* ---- rows ---- */

/*
 * A row's list of trips, with the one below which it was asked: it is of that
 * trip, whatever it says itself.
 */
static Datum
list_with_trip(Datum list, bool isnull, const char *trip_id)
{
	Datum	   *trips = NULL;
	Datum	   *values;
	bool	   *nulls = NULL;
	bool	   *value_nulls;
	int			n = 0;
	int			lower_bound = 1;

	if (!isnull)
		deconstruct_array(DatumGetArrayTypeP(list), TEXTOID, -1, false, TYPALIGN_INT,
						  &trips, &nulls, &n);
	values = palloc(sizeof(Datum) * (n + 1));
	value_nulls = palloc(sizeof(bool) * (n + 1));
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i] && strcmp(TextDatumGetCString(trips[i]), trip_id) == 0)
			return list;
		values[i] = trips[i];
		value_nulls[i] = nulls[i];
	}
	values[n] = CStringGetTextDatum(trip_id);
	value_nulls[n] = false;
	n++;
	return PointerGetDatum(construct_md_array(values, value_nulls, 1, &n, &lower_bound,
											  TEXTOID, -1, false, TYPALIGN_INT));
}

/* Of a row that was asked for below a trip, the column that names its trips. */
static Datum
trip_value(const ApiScan *scan, const ScanColumn *column, const char *trip_id)
{
	if (!scan->trips_are_list)
		return CStringGetTextDatum(trip_id);
	return list_with_trip(scan->decoded[column->position],
						  scan->decoded_nulls[column->position], trip_id);
}

static Datum
source_value(const ApiScan *scan, const ScanColumn *column, const FetchedRow *row,
			 bool *isnull)
{
	const char *text = NULL;

	switch (column->source)
	{
		case SRC_JSON:
			*isnull = scan->decoded_nulls[column->position];
			if (column->names_trip && row->trip_id != NULL)
			{
				*isnull = false;
				return trip_value(scan, column, row->trip_id);
			}
			return scan->decoded[column->position];
		case SRC_TOLERANCE:
			{
				bool		given;
				double		km = 0;

				qual_tolerance(scan_tree(scan, KEY_TOLERANCE), scan->values, &given, &km);
				*isnull = !given;
				return Float8GetDatum(km);
			}
		case SRC_VEHICLE_ID:
			text = row->vehicle_id;
			break;
		case SRC_VIN:
			text = row->vin;
			break;
		case SRC_TRIP_ID:
			text = row->trip_id;
			break;
		case SRC_CALLBACK_ID:
			text = row->callback_id;
			break;
		case SRC_ACCOUNT:
			text = scan->table.account;
			break;
	}
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* The next row from the network, as a virtual tuple; false when there is none (yet). */
static bool
next_answered(ApiScan *scan, TupleTableSlot *slot)
{
	MemoryContext old;
	FetchedRow	row;
	FetchResult result;

	scan->waits = false;
	if (scan->fetch == NULL)
		return false;
	MemoryContextReset(scan->row_context);
	old = MemoryContextSwitchTo(scan->row_context);
	if (scan->may_not_wait)
		result = fetch_poll(scan->fetch, scan->decoded, scan->decoded_nulls, &row);
	else
		result = fetch_next(scan->fetch, scan->decoded, scan->decoded_nulls, &row) ?
			FETCH_ROW : FETCH_END;
	if (result == FETCH_END)
		again_answered(scan);
	else if (result == FETCH_ROW)
	{
		scan->rows_answered++;
		memset(slot->tts_isnull, true, sizeof(bool) * slot->tts_tupleDescriptor->natts);
		for (int i = 0; i < scan->ncolumns; i++)
		{
			int			at = scan->columns[i].attnum - 1;

			slot->tts_values[at] = source_value(scan, &scan->columns[i], &row,
												&slot->tts_isnull[at]);
		}
		ExecStoreVirtualTuple(slot);
	}
	MemoryContextSwitchTo(old);
	scan->waits = result == FETCH_WAIT;
	return result == FETCH_ROW;
}

/*
 * Reads a window, or gives it up for a narrower one.  The page after a probe's
 * first one is not asked for before that is decided.  False when the rest is
 * still to come.
 */
static bool
read_window(ApiScan *scan, TupleTableSlot *slot)
{
	int64		probed = scan->window->is_probe ? scan->table.page_size : 0;

	while (next_answered(scan, slot))
	{
		order_add(scan->order, slot);
		ExecClearTuple(slot);
		if (++scan->window_rows == probed &&
			order_narrow(scan->order, fetch_announced(scan->fetch)))
		{
			scan->window = NULL;
			return true;
		}
	}
	if (scan->waits)
		return false;
	order_sort(scan->order);
	scan->window = NULL;
	return true;
}

/* The same in the order of their time: window after window is read, and sorted. */
static bool
next_ordered(ApiScan *scan, TupleTableSlot *slot)
{
	while (scan->window != NULL || !order_take(scan->order, slot))
	{
		if (scan->window == NULL)
		{
			scan->window = order_next_window(scan->order);
			if (scan->window == NULL)
				return false;
			scan->window_rows = 0;
			ask(scan, scan->window);
		}
		if (!read_window(scan, slot))
			return false;
	}
	return true;
}

static bool
fetch_row(ApiScan *scan, TupleTableSlot *slot)
{
	bool		found;

	if (scan->finished)
		return false;
	found = scan->order != NULL ? next_ordered(scan, slot) : next_answered(scan, slot);
	scan->finished = !found && !scan->waits;
	return found;
}

/*
 * The next of the rows that were kept; false when the rest is to be fetched.
 * A row from the store's file is allocated in the current memory context, and
 * freed by the slot when the next one comes: it must live as long as the slot,
 * not as long as the executor's row.
 */
static bool
stored_row(ApiScan *scan, TupleTableSlot *slot)
{
	MemoryContext old;
	bool		found;

	if (scan->store == NULL || tuplestore_ateof(scan->store))
		return false;
	old = MemoryContextSwitchTo(scan->context);
	found = tuplestore_gettupleslot(scan->store, true, false, scan->store_slot);
	MemoryContextSwitchTo(old);
	if (!found)
		return false;
	order_show_kept(scan->store_slot, slot);
	return true;
}

void
scan_next(ForeignScanState *node)
{
	ApiScan    *scan = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	scan->waits = false;
	if (!scan->started || scan->check_operands)
	{
		bool		changed = evaluate_operands(node, scan);

		if (changed || !scan->started || scan->store == NULL)
			start_fetch(node, scan);
		else
			tuplestore_rescan(scan->store);
		scan->started = true;
		scan->check_operands = false;
	}
	if (!stored_row(scan, slot) && fetch_row(scan, slot) && scan->store != NULL)
		tuplestore_puttupleslot(scan->store, slot);
}

TupleTableSlot *
scan_iterate(ForeignScanState *node)
{
	ApiScan    *scan = node->fdw_state;

	scan->asked = true;
	if (scan->at_hand)
		scan->at_hand = false;
	else if (!scan->may_not_wait && ahead_has_fellows(node))
		ahead_next(node);
	else
		scan_next(node);
	return node->ss.ss_ScanTupleSlot;
}

void
scan_rescan(ForeignScanState *node)
{
	ApiScan    *scan = node->fdw_state;

	if (scan->started)
		scan->check_operands = true;
	scan->asked = scan->at_hand = false;
}

void
scan_end(ForeignScanState *node)
{
	ApiScan    *scan = node->fdw_state;

	if (scan == NULL || scan->context == NULL)
		return;
	share_leave(scan->share);
	if (scan->store != NULL)
		tuplestore_end(scan->store);
	if (scan->store_slot != NULL)
		ExecDropSingleTupleTableSlot(scan->store_slot);
	if (scan->order != NULL)
		order_end(scan->order);
	MemoryContextDelete(scan->context);
	node->fdw_state = NULL;
}

/*
 * ANALYZE is refused: it would fetch the account's whole history.  As part of
 * a partitioned table ours is skipped, with PostgreSQL's warning, for the sake
 * of the others.
 */
bool
scan_analyze(Relation relation, AcquireSampleRowsFunc *func, BlockNumber *totalpages)
{
	if (has_superclass(RelationGetRelid(relation)))
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot analyze foreign table \"%s\"", RelationGetRelationName(relation)),
			 errdetail("Analyzing would fetch the whole history of the account from the API.  "
					   "Row counts and costs are estimated without statistics.")));
}
