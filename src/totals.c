/*
 * totals.c
 *	  How many rows there are: what the API said of it in this session.
 *
 * Means over what was asked of one role's account: rows of a vehicle, of a
 * trip, or of the account itself; all of them, and those of ranges of time, by
 * the length of the range.  It is forgotten when the server or the user mapping
 * changes (a refreshed token is such a change, too), and ends with the session.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "storage/itemptr.h"
#include "totals.h"
#include "utils/hsearch.h"
#include "utils/syscache.h"

/* So many accounts' resources are remembered; at the next one all is forgotten. */
#define MOST_ENTRIES	4096

/* What is older than so many reports counts little. */
#define MANY_REPORTS	500.0

/* Who asks for less than an hour knows why: it says nothing of other hours. */
#define LEAST_DAYS		(1.0 / 24)

/* The days after which a range may be recent, for totals_rows_per_day(). */
#define RECENT_DAYS		7.0

/*
 * Lengths of a range, in days: a day, a week, a month, a quarter, a year (each
 * with what a request is widened by), more.
 */
static const double span_limits[TOTALS_NSPANS - 1] = {2.5, 9, 33, 95, 370};

typedef struct Mean
{
	double		reports;		/* 0: none, the others mean nothing */
	double		days;
	double		rows;
} Mean;

typedef struct TotalsKey
{
	Oid			serverid;
	Oid			userid;
	const Resource *resource;
} TotalsKey;

/* Of which states of the server and the mapping something holds. */
typedef struct Version
{
	TransactionId server_xmin;
	ItemPointerData server_tid;
	TransactionId mapping_xmin;
	ItemPointerData mapping_tid;
} Version;

typedef struct TotalsEntry
{
	TotalsKey	key;
	Version		version;
	Mean		all;
	Mean		spans[TOTALS_NSPANS];
} TotalsEntry;

/* NULL until there is something to remember; in TopMemoryContext. */
static HTAB *totals = NULL;

static TotalsKey
make_key(Oid serverid, Oid userid, const Resource *resource)
{
	TotalsKey	key;

	memset(&key, 0, sizeof(key));	/* hashed as bytes */
	key.serverid = serverid;
	key.userid = userid;
	key.resource = resource;
	return key;
}

static void
note_tuple(HeapTuple tuple, TransactionId *xmin, ItemPointer tid)
{
	if (!HeapTupleIsValid(tuple))
		return;
	*xmin = HeapTupleHeaderGetRawXmin(tuple->t_data);
	*tid = tuple->t_self;
	ReleaseSysCache(tuple);
}

static void
current_version(const TotalsKey *key, Version *version)
{
	HeapTuple	mapping;

	memset(version, 0, sizeof(Version));	/* compared as bytes */
	note_tuple(SearchSysCache1(FOREIGNSERVEROID, ObjectIdGetDatum(key->serverid)),
			   &version->server_xmin, &version->server_tid);
	mapping = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(key->userid),
							  ObjectIdGetDatum(key->serverid));
	if (!HeapTupleIsValid(mapping))
		mapping = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								  ObjectIdGetDatum(key->serverid));
	note_tuple(mapping, &version->mapping_xmin, &version->mapping_tid);
}

static void
create_table(void)
{
	HASHCTL		control = {.keysize = sizeof(TotalsKey),.entrysize = sizeof(TotalsEntry)};

	totals = hash_create("stellantis_fdw totals", 64, &control, HASH_ELEM | HASH_BLOBS);
}

/* The entry of a key, new or old; without what was said before a change. */
static TotalsEntry *
enter(const TotalsKey *key)
{
	Version		version;
	TotalsEntry *entry;
	bool		found;

	current_version(key, &version);
	if (totals != NULL && hash_get_num_entries(totals) >= MOST_ENTRIES &&
		hash_search(totals, key, HASH_FIND, NULL) == NULL)
	{
		hash_destroy(totals);
		totals = NULL;
	}
	if (totals == NULL)
		create_table();
	entry = hash_search(totals, key, HASH_ENTER, &found);
	if (!found || memcmp(&entry->version, &version, sizeof(version)) != 0)
	{
		memset((char *) entry + sizeof(TotalsKey), 0, sizeof(TotalsEntry) - sizeof(TotalsKey));
		memcpy(&entry->version, &version, sizeof(version));
	}
	return entry;
}

/* The same, or NULL when there is none that holds. */
static const TotalsEntry *
look_up(const TotalsKey *key)
{
	Version		version;
	const TotalsEntry *entry;

	if (totals == NULL)
		return NULL;
	current_version(key, &version);
	entry = hash_search(totals, key, HASH_FIND, NULL);
	if (entry == NULL || memcmp(&entry->version, &version, sizeof(version)) != 0)
		return NULL;
	return entry;
}

static void
add_to_mean(Mean *mean, double days, double rows)
{
	mean->reports = Min(mean->reports + 1, MANY_REPORTS);
	mean->days += (days - mean->days) / mean->reports;
	mean->rows += (rows - mean->rows) / mean->reports;
}

void
totals_report(Oid serverid, Oid userid, const Resource *resource, double days, double rows)
{
	TotalsKey	key = make_key(serverid, userid, resource);
	TotalsEntry *entry;
	int			span = 0;

	if (days != TOTALS_ALL && days < LEAST_DAYS)
		return;
	entry = enter(&key);
	while (span < TOTALS_NSPANS - 1 && days > span_limits[span])
		span++;
	add_to_mean(days == TOTALS_ALL ? &entry->all : &entry->spans[span], days, rows);
}

void
totals_get(Oid serverid, Oid userid, const Resource *resource, Totals *result)
{
	TotalsKey	key = make_key(serverid, userid, resource);
	const TotalsEntry *entry = look_up(&key);

	result->resource = resource;
	result->all = -1;
	result->nspans = 0;
	if (entry == NULL)
		return;
	if (entry->all.reports > 0)
		result->all = entry->all.rows;
	for (int i = 0; i < TOTALS_NSPANS; i++)
	{
		const Mean *mean = &entry->spans[i];

		if (mean->reports == 0)
			continue;
		result->spans[result->nspans].days = mean->days;
		result->spans[result->nspans].rows = mean->rows;
		result->nspans++;
	}
}

double
totals_all(const Totals *t)
{
	double		rows = t->resource->rows_per_parent;

	if (t->all >= 0)
		return t->all;
	for (int i = 0; i < t->nspans; i++)
		rows = Max(rows, t->spans[i].rows);
	return rows;
}

/*
 * Along a line from no rows in no time through what was seen; never more than
 * all of them.
 */
double
totals_within(const Totals *t, double days)
{
	double		last_days = 0,
				last_rows = 0;

	if (t->nspans == 0)
		return Min(t->resource->rows_per_day * days, totals_all(t));
	for (int i = 0; i < t->nspans; i++)
	{
		double		span_days = t->spans[i].days;
		double		span_rows = Max(t->spans[i].rows, last_rows);

		if (days <= span_days)
			return last_rows + (span_rows - last_rows) *
				(days - last_days) / (span_days - last_days);
		last_days = span_days;
		last_rows = span_rows;
	}
	last_rows *= days / last_days;
	return t->all >= 0 ? Min(last_rows, t->all) : last_rows;
}

double
totals_vehicles(Oid serverid, Oid userid)
{
	Totals		t;

	totals_get(serverid, userid, catalog_resource("vehicles"), &t);
	return totals_all(&t);
}

double
totals_rows_per_day(Oid serverid, Oid userid, const Resource *resource)
{
	Totals		t;

	totals_get(serverid, userid, resource, &t);
	return totals_within(&t, RECENT_DAYS) / RECENT_DAYS;
}
