/*
 * listing.c
 *	  Pages of listings, of vehicles and of a vehicle's trips: used up as soon
 *	  as they arrive, they add to what is asked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fetch_private.h"
#include "request.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Of listings: id and VIN of vehicles, id and start of trips; of others the id. */
static const DecodeColumn vehicle_columns[] = {
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "id",.scale_num = 1,.scale_den = 1},
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "vin",.scale_num = 1,.scale_den = 1},
};
static const DecodeColumn trip_columns[] = {
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "id",.scale_num = 1,.scale_den = 1},
	{.type = TIMESTAMPTZOID,.conversion = CONV_SCALAR,.paths = "startedAt",.scale_num = 1,.scale_den = 1},
};

static Decoder *
listing_decoder(Fetch *f, const Collection *c)
{
	Decoder   **decoder = c->role == ROLE_VEHICLES ? &f->vehicles :
		c->role == ROLE_TRIPS ? &f->trips : &f->checked;

	if (*decoder == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(f->context);

		*decoder = decoder_create(c->role == ROLE_TRIPS ? trip_columns : vehicle_columns, 2,
								  c->resource->rows_key, NULL);
		MemoryContextSwitchTo(old);
	}
	return *decoder;
}

/* The id that is looked for in a listing: of a trip, or of an object. */
static const char *
suspected_id(const Collection *c)
{
	return c->suspect->object_id != NULL ? c->suspect->object_id : c->suspect->trip_id;
}

/*
 * One row of a listing: false when the rest need not be read, the collection
 * having come to its end.
 */
static bool
use_listed(Fetch *f, Collection *c, Datum *values, bool *nulls)
{
	char	   *id = nulls[0] ? NULL : TextDatumGetCString(values[0]);

	if (id == NULL || !request_id_is_possible(id) || !collection_count_row(c, id))
		return true;
	if (c->role == ROLE_VEHICLES)
	{
		char	   *vin = nulls[1] ? NULL : TextDatumGetCString(values[1]);
		const GarageVehicle *vehicle = garage_add(f->garage, id, vin);

		if (vehicle != NULL && f->spec.resource->parent != PARENT_ACCOUNT &&
			(f->spec.vehicles.all || f->spec.need_vin))
			ask_listed_vehicle(f, vehicle);
	}
	else if (c->role == ROLE_TRIPS)
	{
		if (nulls[1] || !f->spec.prune_trips ||
			time_ranges_hold(&f->spec.trips_within, DatumGetTimestampTz(values[1])))
			ask_trip(f, c->vehicle_id, c->vin, id, false, false);
	}
	else if (strcmp(id, suspected_id(c)) == 0)
	{
		fetch_convict(f, c);
		return false;
	}
	return true;
}

/* A page of a listing is used up as soon as it is there. */
void
fetch_use_listing(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	Decoder    *decoder = listing_decoder(f, c);
	bool		is_vehicles = c->role == ROLE_VEHICLES;
	PageEnvelope envelope;
	Datum		values[2];
	bool		nulls[2];
	DecodeResult result;

	result = decode_begin(decoder, answer->body, answer->body_len, &envelope);
	if (result == DECODE_ROW)
		collection_begin_page(c);
	while (result == DECODE_ROW)
	{
		result = decode_row(decoder, values, nulls);
		if (result == DECODE_ROW && !use_listed(f, c, values, nulls))
			return;
	}
	if (result == DECODE_BROKEN)
	{
		fetch_fail_broken(f, c, decoder);
		return;
	}
	f->counters->pages++;
	if (!fetch_note_envelope(f, c, &envelope))
		return;
	fetch_finish_page(f, c, &envelope, false);
	if (is_vehicles && f->listing == NULL)
		fetch_judge_suspended(f);
}
