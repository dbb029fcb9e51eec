/*
 * ask.c
 *	  Which questions a fetch consists of: listings, vehicles, trips, callbacks.
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "fetch_private.h"
#include "request.h"

void
ask_again(Fetch *f, Collection *c)
{
	c->pins++;
	if (c->role == ROLE_VEHICLES)
	{
		f->next_listing = c;
		return;
	}
	dlist_push_tail(c->role == ROLE_ROWS ? &f->pending : &f->listings, &c->node);
	f->nwaiting++;
}

/* The address of a collection; parameters follow. */
static void
begin_url(Fetch *f, StringInfo url, const char *endpoint, const Collection *c)
{
	initStringInfo(url);
	appendStringInfoString(url, account_of(f)->base_url);
	request_path(url, endpoint, c->vehicle_id, c->trip_id, c->callback_id, c->object_id);
}

/* Many collections may wait: what they keep is small. */
static void
keep_url(Collection *c, StringInfo url)
{
	c->url = MemoryContextStrdup(c->context, url->data);
	pfree(url->data);
}

static const char *
copy_text(Collection *c, const char *text)
{
	return text == NULL ? NULL : MemoryContextStrdup(c->context, text);
}

static void
set_whose(Collection *c, const Whose *whose)
{
	c->vehicle_id = copy_text(c, whose->vehicle_id);
	c->vin = copy_text(c, whose->vin);
	c->trip_id = copy_text(c, whose->trip_id);
	c->callback_id = copy_text(c, whose->callback_id);
	c->object_id = copy_text(c, whose->object_id);
	c->vehicle_supplied = whose->vehicle_supplied;
	c->trip_supplied = whose->trip_supplied;
	c->callback_supplied = whose->callback_supplied;
}

static void
add_locale(Fetch *f, StringInfo url, const Resource *resource)
{
	if (resource->takes_locale && account_of(f)->locale != NULL)
		request_param(url, "locale", account_of(f)->locale);
}

/* All of its digits, whatever extra_float_digits says. */
static void
add_tolerance(Fetch *f, StringInfo url)
{
	char		km[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (!f->spec.has_tolerance)
		return;
	double_to_shortest_decimal_buf(f->spec.tolerance_km, km);
	request_param(url, "tolerance", km);
}

/* What a collection of rows is asked for, beside its address. */
static void
add_conditions(Fetch *f, StringInfo url)
{
	const FetchSpec *spec = &f->spec;
	ListCell   *lc;

	foreach(lc, spec->timestamps)
		request_param(url, "timestamps", lfirst(lc));
	for (int i = 0; i < list_length(spec->filters); i += 2)
		request_param(url, list_nth(spec->filters, i), list_nth(spec->filters, i + 1));
	add_tolerance(f, url);
}

/* Rows of the scan's resource: pages, or one object, which takes no conditions. */
static void
ask_rows(Fetch *f, const char *endpoint, bool paged, const Whose *whose)
{
	const FetchSpec *spec = &f->spec;
	Collection *c = collection_create(f->context, ROLE_ROWS, spec->resource, account_of(f));
	StringInfoData url;

	c->paged = paged;
	set_whose(c, whose);
	begin_url(f, &url, endpoint, c);
	if (paged)
		add_conditions(f, &url);
	request_param_extensions(&url, paged && spec->lists_all ?
							 share_listing_extensions(f->share) : spec->extensions);
	add_locale(f, &url, spec->resource);
	if (paged && spec->resource->parent == PARENT_ACCOUNT && spec->vin_prefix != NULL)
		request_param(&url, "vinPrefix", spec->vin_prefix);
	if (paged && spec->page_size > 0)
		request_param_int(&url, "pageSize", spec->page_size);
	keep_url(c, &url);

	if (f->counters->first_request == NULL)
		f->counters->first_request =
			MemoryContextStrdup(f->counters->context,
								c->url + strlen(account_of(f)->base_url));
	ask_again(f, c);
}

void
ask_listing(Fetch *f, const char *prefix)
{
	const Resource *resource = catalog_resource("vehicles");
	Collection *c;
	StringInfoData url;

	if (f->listing != NULL)
		return;
	garage_begin(f->garage, prefix);
	c = collection_create(f->context, ROLE_VEHICLES, resource, account_of(f));
	begin_url(f, &url, resource->endpoint, c);
	request_param_extensions(&url, share_listing_extensions(f->share));
	add_locale(f, &url, resource);
	if (prefix != NULL)
		request_param(&url, "vinPrefix", prefix);
	request_param_int(&url, "pageSize", resource->max_page_size);
	keep_url(c, &url);
	f->listing = c;
	ask_again(f, c);
}

/* All callbacks, all of a vehicle's trips, ...: not the scan's rows. */
static Collection *
ask_all(Fetch *f, CollectionRole role, const Resource *resource, const Whose *whose)
{
	Collection *c = collection_create(f->context, role, resource, account_of(f));
	StringInfoData url;

	set_whose(c, whose);
	begin_url(f, &url, resource->endpoint, c);
	request_param_int(&url, "pageSize", resource->max_page_size);
	keep_url(c, &url);
	ask_again(f, c);
	return c;
}

const char *
ask_suspected_id(const Collection *suspect)
{
	return suspect->callback_supplied ? suspect->callback_id :
		suspect->object_id != NULL ? suspect->object_id : suspect->trip_id;
}

void
ask_whether_known(Fetch *f, Collection *suspect)
{
	Whose		whose = {.vehicle_id = suspect->vehicle_id,.vin = suspect->vin,
	.callback_id = suspect->callback_id};
	const Resource *resource = suspect->object_id != NULL ? suspect->resource :
		catalog_resource("trips");

	if (suspect->callback_supplied)
	{
		resource = catalog_resource("callbacks");
		memset(&whose, 0, sizeof(whose));
	}
	ask_all(f, ROLE_CHECK, resource, &whose)->suspect = suspect;
}

/* False if it has been asked already. */
static bool
first_time(Fetch *f, const Whose *whose)
{
	const char *const ids[] = {whose->vehicle_id, whose->trip_id, whose->callback_id, whose->object_id};
	StringInfoData key;
	char	   *kept;

	initStringInfo(&key);
	for (int i = 0; i < lengthof(ids); i++)
		appendStringInfo(&key, "/%s", ids[i] != NULL ? ids[i] : "");
	kept = MemoryContextStrdup(f->context, key.data);
	pfree(key.data);
	return strset_add(f->asked, kept);
}

static void
ask_trip(Fetch *f, const Whose *whose)
{
	const Resource *resource = f->spec.resource;

	if (first_time(f, whose))
		ask_rows(f, resource->parent == PARENT_TRIP ? resource->endpoint : resource->trip_endpoint,
				 true, whose);
}

void
ask_listed_trip(Fetch *f, const char *vehicle_id, const char *vin, const char *trip_id)
{
	ask_trip(f, &(Whose) {.vehicle_id = vehicle_id,.vin = vin,.trip_id = trip_id});
}

/* Single rows by their ids, which the query supplied; or all that there are. */
static void
ask_objects_or_all(Fetch *f, const Whose *whose)
{
	const FetchSpec *spec = &f->spec;
	const Resource *resource = spec->resource;
	Whose		one = *whose;

	if (spec->objects.all)
	{
		ask_rows(f, resource->endpoint, resource->shape == SHAPE_COLLECTION, whose);
		return;
	}
	for (int i = 0; i < spec->objects.n; i++)
	{
		one.object_id = spec->objects.texts[i];
		if (first_time(f, &one))
			ask_rows(f, resource->object_endpoint, false, &one);
	}
}

/* ---- vehicles x callbacks: whichever is known first waits for the others ---- */

static void
ask_below_callback(Fetch *f, const Whose *vehicle, const char *callback_id)
{
	Whose		whose = *vehicle;

	whose.callback_id = callback_id;
	whose.callback_supplied = !f->spec.callbacks.all;
	if (first_time(f, &whose))
		ask_objects_or_all(f, &whose);
}

static const char *
add_callback(Fetch *f, const char *callback_id)
{
	MemoryContext old = MemoryContextSwitchTo(f->context);
	char	   *kept = pstrdup(callback_id);

	f->callbacks_known = lappend(f->callbacks_known, kept);
	MemoryContextSwitchTo(old);
	return kept;
}

void
ask_listed_callback(Fetch *f, const char *callback_id)
{
	const char *kept = add_callback(f, callback_id);
	ListCell   *lc;

	foreach(lc, f->crossed)
		ask_below_callback(f, lfirst(lc), kept);
}

static void
ask_below_callbacks(Fetch *f, const Whose *whose)
{
	MemoryContext old = MemoryContextSwitchTo(f->context);
	Whose	   *vehicle = palloc(sizeof(Whose));
	ListCell   *lc;

	*vehicle = *whose;
	vehicle->vehicle_id = pstrdup(whose->vehicle_id);
	vehicle->vin = whose->vin == NULL ? NULL : pstrdup(whose->vin);
	f->crossed = lappend(f->crossed, vehicle);
	MemoryContextSwitchTo(old);
	foreach(lc, f->callbacks_known)
		ask_below_callback(f, vehicle, lfirst(lc));
}

static void
ask_callbacks(Fetch *f)
{
	const TextSet *named = &f->spec.callbacks;

	if (named->all)
		ask_all(f, ROLE_CALLBACKS, catalog_resource("callbacks"), &(Whose) {0});
	else
		for (int i = 0; i < named->n; i++)
			add_callback(f, named->texts[i]);
}

/* ---- vehicles ---- */

/*
 * A vehicle to ask; "supplied" when its id comes from the query and has not
 * been seen in a listing.
 */
static void
ask_vehicle(Fetch *f, const char *id, const char *vin, bool supplied)
{
	const FetchSpec *spec = &f->spec;
	const Resource *resource = spec->resource;
	Whose		whose = {.vehicle_id = id,.vin = vin,.vehicle_supplied = supplied};

	if (!first_time(f, &whose))
		return;
	if (resource->parent == PARENT_CALLBACK)
		ask_below_callbacks(f, &whose);
	else if (resource->parent == PARENT_ACCOUNT)
	{
		whose.object_id = id;
		ask_rows(f, resource->object_endpoint, false, &whose);
	}
	else if (!spec->trips.all)
	{
		whose.trip_supplied = true;
		for (int i = 0; i < spec->trips.n; i++)
		{
			whose.trip_id = spec->trips.texts[i];
			ask_trip(f, &whose);
		}
	}
	else if (resource->parent == PARENT_TRIP)
		ask_all(f, ROLE_TRIPS, catalog_resource("trips"), &whose);
	else
		ask_objects_or_all(f, &whose);
}

/* Nothing, if the query cannot want it. */
void
ask_listed_vehicle(Fetch *f, const GarageVehicle *vehicle)
{
	const FetchSpec *spec = &f->spec;

	if (spec->vin_tree != NIL &&
		(vehicle->vin == NULL ||
		 !qual_text_matches(spec->vin_tree, spec->values, vehicle->vin)))
		return;
	if (f->wanted != NULL && strset_lookup(f->wanted, vehicle->id) == NULL)
		return;
	ask_vehicle(f, vehicle->id, vehicle->vin, false);
}

void
ask_first(Fetch *f)
{
	const FetchSpec *spec = &f->spec;
	const Resource *resource = spec->resource;

	if (resource->parent == PARENT_CALLBACK)
		ask_callbacks(f);
	if (resource->parent == PARENT_ACCOUNT && (spec->vehicles.all || !resource->lists_vehicles))
		ask_objects_or_all(f, &(Whose) {0});
	else if (resource->parent != PARENT_ACCOUNT && (spec->vehicles.all || spec->need_vin))
	{
		if (!spec->vehicles.all)
		{
			f->wanted = strset_create(f->context, spec->vehicles.n, NULL);
			for (int i = 0; i < spec->vehicles.n; i++)
				strset_add(f->wanted, spec->vehicles.texts[i]);
		}
		if (garage_is_complete(f->garage, spec->vin_prefix))
			for (int i = 0; i < garage_size(f->garage); i++)
				ask_listed_vehicle(f, garage_nth(f->garage, i));
		else
			ask_listing(f, spec->vin_prefix);
	}
	else
		for (int i = 0; i < spec->vehicles.n; i++)
			ask_vehicle(f, spec->vehicles.texts[i], NULL, true);
}
