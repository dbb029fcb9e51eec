/*
 * garage.c
 *	  The vehicles that the account's listing named.
 */
#include "postgres.h"

#include "garage.h"
#include "strset.h"
#include "utils/memutils.h"

struct Garage
{
	MemoryContext context;
	bool		complete;
	const char *prefix;			/* vinPrefix of the listing, or NULL */
	int			n;
	int			allocated;
	GarageVehicle **vehicles;	/* each stays where it is until garage_begin() */
	strset_hash *ids;
};

Garage *
garage_create(MemoryContext parent)
{
	Garage	   *garage = MemoryContextAllocZero(parent, sizeof(Garage));

	garage->context = AllocSetContextCreate(parent, "stellantis_fdw garage",
											ALLOCSET_DEFAULT_SIZES);
	garage_begin(garage, NULL);
	return garage;
}

void
garage_begin(Garage *garage, const char *prefix)
{
	MemoryContextReset(garage->context);
	garage->complete = false;
	garage->prefix = prefix == NULL ? NULL : MemoryContextStrdup(garage->context, prefix);
	garage->n = 0;
	garage->allocated = 64;
	garage->vehicles = MemoryContextAlloc(garage->context,
										  sizeof(GarageVehicle *) * garage->allocated);
	garage->ids = strset_create(garage->context, garage->allocated, NULL);
}

const GarageVehicle *
garage_add(Garage *garage, const char *id, const char *vin)
{
	MemoryContext old;
	GarageVehicle *vehicle;

	if (garage_has(garage, id))
		return NULL;
	old = MemoryContextSwitchTo(garage->context);
	vehicle = palloc(sizeof(GarageVehicle));
	vehicle->id = pstrdup(id);
	vehicle->vin = vin == NULL ? NULL : pstrdup(vin);
	if (garage->n == garage->allocated)
	{
		garage->allocated *= 2;
		garage->vehicles = repalloc(garage->vehicles,
									sizeof(GarageVehicle *) * garage->allocated);
	}
	garage->vehicles[garage->n++] = vehicle;
	strset_add(garage->ids, vehicle->id);
	MemoryContextSwitchTo(old);
	return vehicle;
}

void
garage_end(Garage *garage)
{
	garage->complete = true;
}

bool
garage_is_complete(const Garage *garage, const char *prefix)
{
	if (!garage->complete)
		return false;
	return garage->prefix == NULL ||
		(prefix != NULL && strcmp(prefix, garage->prefix) == 0);
}

int
garage_size(const Garage *garage)
{
	return garage->n;
}

const GarageVehicle *
garage_nth(const Garage *garage, int n)
{
	return garage->vehicles[n];
}

bool
garage_has(const Garage *garage, const char *id)
{
	return strset_lookup(garage->ids, id) != NULL;
}
