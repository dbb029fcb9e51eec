/*
 * ask.c
 *	  Which questions a fetch consists of: the listing, vehicles, trips.
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
	request_path(url, endpoint, c->vehicle_id, c->trip_id, c->object_id);
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
set_vehicle(Collection *c, const char *vehicle_id, const char *vin)
{
	c->vehicle_id = copy_text(c, vehicle_id);
	c->vin = copy_text(c, vin);
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

/* Whose rows are asked for; all but the vehicle may be NULL. */
typedef struct Whose
{
	const char *vehicle_id;
	const char *vin;
	const char *trip_id;
	const char *object_id;
} Whose;

/* Rows of the scan's resource: pages, or one object, which takes no conditions. */
static Collection *
ask_rows(Fetch *f, const char *endpoint, bool paged, const Whose *whose)
{
	const FetchSpec *spec = &f->spec;
	Collection *c = collection_create(f->context, ROLE_ROWS, spec->resource, account_of(f));
	StringInfoData url;

	c->paged = paged;
	set_vehicle(c, whose->vehicle_id, whose->vin);
	c->trip_id = copy_text(c, whose->trip_id);
	c->object_id = copy_text(c, whose->object_id);
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
	return c;
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

/* All of a vehicle's trips, alerts, ...: not the scan's rows. */
static Collection *
ask_all_of_vehicle(Fetch *f, CollectionRole role, const Resource *resource,
				   const char *vehicle_id, const char *vin)
{
	Collection *c = collection_create(f->context, role, resource, account_of(f));
	StringInfoData url;

	set_vehicle(c, vehicle_id, vin);
	begin_url(f, &url, resource->endpoint, c);
	request_param_int(&url, "pageSize", resource->max_page_size);
	keep_url(c, &url);
	ask_again(f, c);
	return c;
}

void
ask_whether_known(Fetch *f, Collection *suspect)
{
	Collection *c = ask_all_of_vehicle(f, ROLE_CHECK,
									   suspect->object_id != NULL ? suspect->resource :
									   catalog_resource("trips"),
									   suspect->vehicle_id, suspect->vin);

	c->suspect = suspect;
}

/* False if the vehicle (or the trip or object of it) has been asked already. */
static bool
first_time(Fetch *f, const char *vehicle_id, const char *below)
{
	char	   *key = below == NULL ? MemoryContextStrdup(f->context, vehicle_id) :
		MemoryContextStrdup(f->context, psprintf("%s/%s", vehicle_id, below));

	return strset_add(f->asked, key);
}

void
ask_trip(Fetch *f, const char *vehicle_id, const char *vin, const char *trip_id,
		 bool vehicle_supplied, bool trip_supplied)
{
	const Resource *resource = f->spec.resource;
	Whose		whose = {vehicle_id, vin, trip_id, NULL};
	Collection *c;

	if (!first_time(f, vehicle_id, trip_id))
		return;
	c = ask_rows(f, resource->parent == PARENT_TRIP ? resource->endpoint : resource->trip_endpoint,
				 true, &whose);
	c->vehicle_supplied = vehicle_supplied;
	c->trip_supplied = trip_supplied;
}

/* One row by its id, which the query supplied. */
static void
ask_object(Fetch *f, const char *vehicle_id, const char *vin, const char *object_id,
		   bool vehicle_supplied)
{
	Whose		whose = {vehicle_id, vin, NULL, object_id};
	Collection *c;

	if (!first_time(f, vehicle_id, object_id))
		return;
	c = ask_rows(f, f->spec.resource->object_endpoint, false, &whose);
	c->vehicle_supplied = vehicle_supplied;
}

/*
 * A vehicle to ask; "supplied" when its id comes from the query and has not
 * been seen in a listing.
 */
static void
ask_vehicle(Fetch *f, const char *id, const char *vin, bool supplied)
{
	const FetchSpec *spec = &f->spec;
	const Resource *resource = spec->resource;
	Whose		whose = {id, vin, NULL, NULL};
	Collection *c;

	if (!first_time(f, id, NULL))
		return;
	if (resource->parent == PARENT_ACCOUNT)
		ask_object(f, id, vin, id, supplied);
	else if (!spec->trips.all)
		for (int i = 0; i < spec->trips.n; i++)
			ask_trip(f, id, vin, spec->trips.texts[i], supplied, true);
	else if (!spec->objects.all)
		for (int i = 0; i < spec->objects.n; i++)
			ask_object(f, id, vin, spec->objects.texts[i], supplied);
	else if (resource->parent == PARENT_TRIP)
	{
		c = ask_all_of_vehicle(f, ROLE_TRIPS, catalog_resource("trips"), id, vin);
		c->vehicle_supplied = supplied;
	}
	else
	{
		c = ask_rows(f, resource->endpoint, resource->shape == SHAPE_COLLECTION, &whose);
		c->vehicle_supplied = supplied;
	}
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

	if (resource->parent == PARENT_ACCOUNT && (spec->vehicles.all || !resource->has_id))
		ask_rows(f, resource->endpoint, resource->shape == SHAPE_COLLECTION, &(Whose) {0});
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
