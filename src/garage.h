/*
 * garage.h
 *	  The vehicles that the account's listing named.
 */
#ifndef STELLANTIS_GARAGE_H
#define STELLANTIS_GARAGE_H

#include "postgres.h"

#include "utils/palloc.h"

typedef struct GarageVehicle
{
	const char *id;
	const char *vin;			/* or NULL */
} GarageVehicle;

/* Kept by a scan over its rescans. */
typedef struct Garage Garage;

extern Garage *garage_create(MemoryContext parent);

/* Forgets all; "prefix" is the vinPrefix that is asked now, or NULL. */
extern void garage_begin(Garage *garage, const char *prefix);

/* NULL if the vehicle is there already. */
extern const GarageVehicle *garage_add(Garage *garage, const char *id, const char *vin);
extern void garage_end(Garage *garage);

/* Has it been listed to the end, for all VINs or for this prefix? */
extern bool garage_is_complete(const Garage *garage, const char *prefix);

extern int	garage_size(const Garage *garage);
extern const GarageVehicle *garage_nth(const Garage *garage, int n);
extern bool garage_has(const Garage *garage, const char *id);

#endif							/* STELLANTIS_GARAGE_H */
