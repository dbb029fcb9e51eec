/*
 * catalog.h
 *	  The resources of the API and their columns, as data.  Import, planning,
 *	  decoding, comments, the data_catalog view and docs/tables.md are all
 *	  derived from it; adding a column is one line of catalog.c.
 */
#ifndef STELLANTIS_CATALOG_H
#define STELLANTIS_CATALOG_H

#include "postgres.h"

/*
 * How the JSON found at a column's path becomes a Datum.
 *
 * A column's "paths" is a list of alternatives separated by '|', in order of
 * preference: the first that is there, not null and of the right type wins.
 * A path is steps separated by '.', from the row's object:
 *
 *	name			member of an object
 *	name[2]			element of an array, from 0
 *	name[type=Fuel]	the first element (an object) whose member has that string
 *					value; for list and sum conversions, all such elements.  A
 *					single object in place of the array counts as an array of it.
 *	name[type=Thermic?]	that element, or if there is none, the first of the array
 *	name[]			all elements (list conversions)
 *	a+b				last step of a list: strings of two members, concatenated
 *	name{}			last step: names of the members whose value is true
 *	name{supported}	last step: names of the members whose own member
 *					"supported" is true
 */
typedef enum Conversion
{
	CONV_SCALAR,				/* text, float8, int4, boolean, timestamptz: as the type says */
	CONV_DURATION,				/* ISO 8601 duration -> interval */
	CONV_SECONDS,				/* number of seconds -> interval */
	CONV_LAST_SEGMENT,			/* link -> last segment of its path */
	CONV_ADDRESS,				/* URL -> what is no secret of it: no user, password, query, fragment */
	CONV_LIST,					/* -> text[] */
	CONV_LIST_LAST_SEGMENT,		/* list of links -> text[] of last segments */
	CONV_KEYS,					/* {} and {member} -> text[] */
	CONV_SUM,					/* sum of numbers; NULL when there is none */
	CONV_PRESENCE				/* the alternative's own name, when it is there */
} Conversion;

/* Where a column's value comes from. */
typedef enum ColumnSource
{
	SRC_JSON,					/* the row's JSON object, by path */
	SRC_VEHICLE_ID,				/* the vehicle that was asked */
	SRC_VIN,					/* the listing of /user/vehicles */
	SRC_TRIP_ID,				/* the trip that was asked (waypoints) */
	SRC_CALLBACK_ID,			/* the callback that was asked */
	SRC_TOLERANCE,				/* waypoints: the tolerance asked for, echoed */
	SRC_ACCOUNT					/* the table's option "account" */
} ColumnSource;

/* Table options that change a unit. */
typedef enum UnitOption
{
	UNIT_FIXED,
	UNIT_CONSUMPTION,			/* consumption_unit 'spec': as sent is already L or kWh */
	UNIT_MAX_SPEED				/* max_speed_unit 'm/s': as sent is m/s, not km/h */
} UnitOption;

/* How a condition on a column is sent, as the column's "parameter". */
typedef enum ColumnFilter
{
	FILTER_NONE,
	FILTER_DISTANCE,			/* min-max, km with one decimal */
	FILTER_DURATION,			/* min-max, whole seconds */
	FILTER_KIND					/* one value or several; see "words" */
} ColumnFilter;

/*
 * Extra objects that must be asked for, as a bit mask.  The words on the wire
 * are in catalog_extensions.
 */
#define EXT_BRANDING		0x01
#define EXT_PICTURES		0x02
#define EXT_CAPABILITIES	0x04
#define EXT_LOCATION		0x08
#define EXT_MAINTENANCE		0x10

typedef struct CatalogColumn
{
	const char *name;
	Oid			type;			/* TEXTOID, FLOAT8OID, INT4OID, BOOLOID, TIMESTAMPTZOID, INTERVALOID, TEXTARRAYOID, JSONBOID */
	ColumnSource source;
	Conversion	conversion;
	const char *paths;			/* see above; for other sources than SRC_JSON, the JSON it stands for */
	int			scale_num;		/* value = sent * scale_num / scale_den; both 1 */
	int			scale_den;		/* when the API sends the column's unit */
	UnitOption	unit_option;	/* which table option changes the scale */
	uint32		extensions;		/* EXT_ bits that the column needs */
	const char *unit;			/* "km", "%", "kWh/100 km"; NULL where there is none */
	const char *meaning;		/* one phrase: what it is */
	const char *null_when;		/* when it is NULL, beyond "not sent"; or NULL */
	const char *scope;			/* scope beyond the table's own, or NULL */
	ColumnFilter filter;
	const char *parameter;		/* name on the wire of the filter */
	const char *const *words;	/* FILTER_KIND: each value the column can have, and what is sent for it; ends with NULL */
} CatalogColumn;

/* The shape of what an endpoint answers. */
typedef enum ResourceShape
{
	SHAPE_OBJECT,				/* one object is one row */
	SHAPE_COLLECTION			/* pages of rows */
} ResourceShape;

/* What stands above a resource: whose id its path needs. */
typedef enum ResourceParent
{
	PARENT_ACCOUNT,				/* /user... */
	PARENT_VEHICLE,				/* /user/vehicles/{id}/... */
	PARENT_TRIP,				/* /user/vehicles/{id}/trips/{tid}/... */
	PARENT_CALLBACK				/* /user/vehicles/{id}/callbacks/{cbid}/...: of each callback of the account */
} ResourceParent;

typedef struct Resource
{
	const char *name;			/* table name and option "resource" */
	ResourceParent parent;
	ResourceShape shape;
	const char *endpoint;		/* below the base URL: "/user/vehicles/{id}/trips" */
	const char *object_endpoint;	/* one row by its id, {rid} (of the vehicles {id}); or NULL */
	const char *trip_endpoint;	/* the rows of one trip {tid}, which is authoritative; or NULL */
	const char *trip_column;	/* with it: the column that names the trip, or (text[]) the trips */
	const char *trip_scopes;	/* and the scopes that it requires, comma separated */
	const char *rows_key;		/* SHAPE_COLLECTION: key in _embedded, matched without regard to case */
	const char *row_pointer;	/* SHAPE_OBJECT: member that is the row, or NULL for the whole */
	const char *accept;			/* Accept header */
	const char *scopes;			/* required scopes, comma separated; NULL = none.  The first one imports it. */
	const char *any_scope;		/* without scopes: one of these is required, and gives the rows of its kind */
	bool		answers_without;	/* these scopes: rows come, but for their times without values */
	const char *optional_scopes;	/* scopes without which columns stay NULL; or NULL */
	const char *capability;		/* a part of the scope, as onboardCapabilities call it; or NULL */
	bool		of_events;		/* having none is normal: nothing may have happened */
	const char *time_column;	/* column that timestamps= bounds, or NULL */
	bool		lower_bound_only;	/* trips, alerts: which date is compared is unknown */
	bool		has_id;			/* rows carry the column "id": duplicates over pages are dropped */
	bool		lists_vehicles;	/* its rows are the vehicles that other resources are asked of */
	bool		of_commands;	/* imported as "remote": no data that a car sends */
	bool		takes_locale;
	int			max_page_size;	/* 0 = the endpoint takes no pageSize */
	double		rows_per_parent;	/* planner's guess of rows per account, vehicle, trip, or vehicle and callback */
	double		rows_per_day;	/* the same per vehicle and day of its time column */
	const char *meaning;		/* comment of the table */
	const CatalogColumn *columns;
	int			ncolumns;
} Resource;

/* All resources in the order in which they are imported. */
extern const Resource *const catalog_resources[];
extern const int catalog_nresources;

/* positions read from /status (table option source 'status'). */
extern const Resource catalog_positions_of_status;

/* The first column of a table with the option "account". */
extern const CatalogColumn catalog_account_column;

/* NULL when there is none of that name. */
extern const Resource *catalog_resource(const char *name);
extern const CatalogColumn *catalog_column(const Resource *resource, const char *name);

/*
 * So many of a vehicle's rows are rather asked for one by one, by their ids,
 * than all of its rows page by page.
 */
extern int	catalog_most_ids(const Resource *resource, int page_size);

/* Names on the wire of EXT_ bits, in the order of the bits. */
extern const char *const catalog_extensions[];
#define CATALOG_NEXTENSIONS 5

/* The scopes that are remote schemas of IMPORT FOREIGN SCHEMA. */
extern const char *const catalog_scopes[];
extern const int catalog_nscopes;

#endif							/* STELLANTIS_CATALOG_H */
