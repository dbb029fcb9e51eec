/*
 * catalog_column.h
 *	  Words for the tables of columns in catalog.c and catalog_remote.c.
 */
#ifndef STELLANTIS_CATALOG_COLUMN_H
#define STELLANTIS_CATALOG_COLUMN_H

#include "catalog.h"
#include "catalog/pg_type.h"

/*
 * One column.  The variable arguments are further members of CatalogColumn,
 * by designator.
 */
#define COLUMN(n, t, p, m, ...) \
	{.name = n, .type = t, .paths = p, .meaning = m, __VA_ARGS__}
#define UNSCALED(n, t, p, m, ...) \
	COLUMN(n, t, p, m, .scale_num = 1, .scale_den = 1, __VA_ARGS__)

#define TEXT(n, p, m, ...)		UNSCALED(n, TEXTOID, p, m, __VA_ARGS__)
#define FLAG(n, p, m, ...)		UNSCALED(n, BOOLOID, p, m, __VA_ARGS__)
#define TIME(n, p, m, ...)		UNSCALED(n, TIMESTAMPTZOID, p, m, __VA_ARGS__)
#define INTEGER(n, p, m, ...)	UNSCALED(n, INT4OID, p, m, __VA_ARGS__)
#define JSON(n, p, m, ...)		UNSCALED(n, JSONBOID, p, m, __VA_ARGS__)
#define LIST(n, p, m, ...) \
	UNSCALED(n, TEXTARRAYOID, p, m, .conversion = CONV_LIST, __VA_ARGS__)
#define KEYS(n, p, m, ...) \
	UNSCALED(n, TEXTARRAYOID, p, m, .conversion = CONV_KEYS, __VA_ARGS__)
#define DURATION(n, p, m, ...) \
	UNSCALED(n, INTERVALOID, p, m, .conversion = CONV_DURATION, __VA_ARGS__)
#define MEASURE(n, p, u, m, ...) \
	UNSCALED(n, FLOAT8OID, p, m, .unit = u, __VA_ARGS__)
#define SCALED(n, p, num, den, u, m, ...) \
	COLUMN(n, FLOAT8OID, p, m, .scale_num = num, .scale_den = den, .unit = u, __VA_ARGS__)

/* The first two columns of every table below a vehicle. */
#define VEHICLE_COLUMNS \
	TEXT("vehicle_id", "/user/vehicles: id", "id of the vehicle", .source = SRC_VEHICLE_ID), \
	TEXT("vin", "/user/vehicles: vin", "vehicle identification number", .source = SRC_VIN, \
		 .null_when = "the account's listing does not give it")

#define CREATED_AT(m)	TIME("created_at", "createdAt", m)
#define UPDATED_AT(m)	TIME("updated_at", "updatedAt", m)

#define HAL "application/hal+json"
#define COLUMNS(array) .columns = array, .ncolumns = lengthof(array)

/* in catalog_remote.c */
extern const Resource catalog_callbacks;
extern const Resource catalog_monitors;
extern const Resource catalog_remote_actions;

#endif							/* STELLANTIS_CATALOG_COLUMN_H */
