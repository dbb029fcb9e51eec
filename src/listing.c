/*
 * listing.c
 *	  Pages of listings, of vehicles, of callbacks and of a vehicle's trips: used
 *	  up as soon as they arrive, they add to what is asked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fetch_private.h"
#include "request.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Beside the id: the VIN of vehicles, the start of trips. */
static const DecodeColumn vin_column =
{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = "vin",.scale_num = 1,.scale_den = 1};
static const DecodeColumn start_column =
{.type = TIMESTAMPTZOID,.conversion = CONV_SCALAR,.paths = "startedAt",.scale_num = 1,.scale_den = 1};

/* Callbacks are listed to be asked, and to be looked for. */
static Decoder **
place_of_decoder(Fetch *f, const Collection *c)
{
	switch (c->role)
	{
		case ROLE_VEHICLES:
			return &f->vehicles;
		case ROLE_TRIPS:
			return &f->trips;
		default:
			return c->resource->parent == PARENT_ACCOUNT ? &f->callbacks : &f->checked;
	}
}

static Decoder *
listing_decoder(Fetch *f, const Collection *c)
{
	Decoder   **decoder = place_of_decoder(f, c);

	if (*decoder == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(f->context);
		const DecodeColumn columns[] = {
			{.type = TEXTOID,.conversion = CONV_SCALAR,
				.paths = catalog_column(c->resource, "id")->paths,
			.scale_num = 1,.scale_den = 1},
			c->role == ROLE_TRIPS ? start_column : vin_column
		};

		*decoder = decoder_create(columns, lengthof(columns), c->resource->rows_key, NULL);
		MemoryContextSwitchTo(old);
	}
	return *decoder;
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
			ask_listed_trip(f, c->vehicle_id, c->vin, id);
	}
	else if (c->role == ROLE_CALLBACKS)
		ask_listed_callback(f, id);
	else if (strcmp(id, ask_suspected_id(c->suspect)) == 0)
	{
		fetch_found(f, c);
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
	fetch_finish_page(f, c, &envelope, NEXT_UNKNOWN);
	if (is_vehicles && f->listing == NULL)
		fetch_judge_suspended(f);
}
