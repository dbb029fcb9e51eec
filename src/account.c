/*
 * account.c
 *	  Server + user mapping -> endpoint and credentials, cached per mapping.
 *
 * An account is built once and never changed.  When its mapping or its server
 * changes it is only marked stale: those who hold it keep it until their
 * memory context is reset, the next to ask gets a new one.  What nobody holds
 * is freed when it is stale or when there are many, its secrets wiped.
 */
#include "postgres.h"

#include <string.h>

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "account.h"
#include "catalog/pg_user_mapping.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "option.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/*
 * Beyond so many, accounts that nobody holds are dropped: a pooled session
 * may act for any number of roles.
 */
#define MANY_ACCOUNTS	64

/* access_token, refresh_token, client_secret, key_password */
#define MAX_SECRETS		4

typedef struct CachedAccount
{
	Account		account;		/* first: account_get() returns its address */
	MemoryContext context;		/* holds this and all of its strings */
	uint32		mapping_hash;	/* in the syscaches, for invalidation */
	uint32		server_hash;
	bool		borrows;		/* client_secret is, or would be, PUBLIC's */
	int			pins;			/* owners that have not been reset yet */
	bool		current;		/* in account_cache */
	bool		stale;			/* set by callbacks, at any moment */
	const char *secrets[MAX_SECRETS + 1];
} CachedAccount;

typedef struct CacheEntry
{
	Oid			umid;			/* key */
	CachedAccount *cached;
} CacheEntry;

static HTAB *account_cache = NULL;

/* Counts invalidations, so that one amid the building of an account shows. */
static uint64 invalidations = 0;

/* True when some account in the cache may be stale. */
static bool some_stale = false;

/*
 * A mapping or a server has changed.  May be called whenever a lock is taken:
 * sets flags, frees nothing.
 */
static void
account_invalidate(Datum arg, int cacheid, uint32 hash)
{
	HASH_SEQ_STATUS scan;
	CacheEntry *entry;

	invalidations++;
	if (account_cache == NULL)
		return;
	hash_seq_init(&scan, account_cache);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		CachedAccount *cached = entry->cached;

		/* a hash of 0 stands for all of them */
		if (hash == 0 ||
			(cacheid == USERMAPPINGOID && (cached->mapping_hash == hash || cached->borrows)) ||
			(cacheid == FOREIGNSERVEROID && cached->server_hash == hash))
			cached->stale = some_stale = true;
	}
}

void
account_init(void)
{
	CacheRegisterSyscacheCallback(USERMAPPINGOID, account_invalidate, (Datum) 0);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, account_invalidate, (Datum) 0);
}

/* Frees an account that nobody holds.  Never raises. */
static void
account_destroy(CachedAccount *cached)
{
	Assert(cached->pins == 0);
	if (cached->current)
		hash_search(account_cache, &cached->account.umid, HASH_REMOVE, NULL);
	for (int i = 0; cached->secrets[i] != NULL; i++)
		explicit_bzero(unconstify(char *, cached->secrets[i]),
					   strlen(cached->secrets[i]));
	MemoryContextDelete(cached->context);
}

/* Frees the accounts that nobody holds: the stale ones, or all. */
static void
account_sweep(bool all)
{
	HASH_SEQ_STATUS scan;
	CacheEntry *entry;

	/* reset first: what a callback marks from here on is for the next sweep */
	some_stale = false;
	hash_seq_init(&scan, account_cache);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->cached->pins == 0 && (all || entry->cached->stale))
			account_destroy(entry->cached);
	}
}

/* Reset callback of an owner's memory context. */
static void
account_unpin(void *arg)
{
	CachedAccount *cached = arg;

	cached->pins--;
	if (cached->pins == 0 && (cached->stale || !cached->current))
		account_destroy(cached);
}

/* ------------------------------------------------------------------------
 * What may be missing
 * ------------------------------------------------------------------------
 */

const char *
account_role_name(Oid userid)
{
	return OidIsValid(userid) ?
		quote_identifier(GetUserNameFromId(userid, false)) : "PUBLIC";
}

/* Raises: nothing gives the role access to the server. */
static void
mapping_lacks(Oid userid, Oid serverid)
{
	const char *server = GetForeignServer(serverid)->servername;

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("user mapping not found for role \"%s\" on server \"%s\"",
					MappingUserName(userid), server),
			 errdetail("A user mapping holds the tokens with which a role reads the cars of an account."),
			 errhint("Use CREATE USER MAPPING FOR %s SERVER %s OPTIONS (access_token '...').",
					 account_role_name(userid), quote_identifier(server))));
}

/*
 * The user mapping of a role: its own, else PUBLIC's.  Reads the catalog
 * itself, because GetUserMapping() tells neither which of the two it found
 * nor what to do when there is none.  The tuple is to be released.
 */
static HeapTuple
find_mapping(Oid userid, Oid serverid)
{
	HeapTuple	tuple;

	tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
							ObjectIdGetDatum(serverid));
	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(serverid));
	if (!HeapTupleIsValid(tuple))
		mapping_lacks(userid, serverid);
	return tuple;
}

/* Raises: the server lacks an option. */
static void
server_lacks(const Account *account, const char *option, const char *why,
			 const char *assignment)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
			 errmsg("option \"%s\" of server \"%s\" is missing", option, account->server_name),
			 errdetail("%s", why),
			 errhint("Use ALTER SERVER %s OPTIONS (ADD %s).",
					 quote_identifier(account->server_name), assignment)));
}

/* Raises unless the server has what every request needs. */
static void
check_server(const Account *account)
{
	if (account->client_id == NULL)
		server_lacks(account, "client_id",
					 "Every request carries the client id that the vendor gave the application.",
					 "client_id '...'");
	if (account->realm == NULL)
		server_lacks(account, "brand",
					 "Every request names a realm: that of the brand (peugeot, citroen, ds, opel or vauxhall), or the option \"realm\".",
					 "brand '...'");
	if (account->http.key_file != NULL && account->http.cert_file == NULL)
		server_lacks(account, "cert_file",
					 "The option \"key_file\" is the private key of a client certificate.",
					 "cert_file '...'");
}

/* Raises unless the mapping has a token, or what brings one. */
static void
check_tokens(const Account *account, Oid mapped)
{
	if (account->access_token != NULL ||
		(account->refresh_token != NULL && account->client_secret != NULL))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
			 errmsg("option \"access_token\" of the user mapping for \"%s\" on server \"%s\" is missing",
					MappingUserName(mapped), account->server_name),
			 errdetail("Every request carries the access token of the cars' owner."),
			 errhint("Enrol with stellantis.authorize_url and stellantis.enroll, or use ALTER USER MAPPING FOR %s SERVER %s OPTIONS (ADD access_token '...').",
					 account_role_name(mapped), quote_identifier(account->server_name))));
}

/* ------------------------------------------------------------------------
 * Building
 * ------------------------------------------------------------------------
 */

/* A copy in the current memory context; NULL stays NULL. */
static const char *
copy(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

/* A copy of a URL to which paths that begin with a slash can be appended. */
static const char *
copy_base_url(const char *url)
{
	char	   *result = pstrdup(url);
	size_t		length = strlen(result);

	while (length > 0 && result[length - 1] == '/')
		result[--length] = '\0';
	return result;
}

/* Copies a secret, and notes it as one. */
static const char *
copy_secret(CachedAccount *cached, const char *text)
{
	int			count = 0;

	if (text == NULL)
		return NULL;
	while (cached->secrets[count] != NULL)
		count++;
	Assert(count < MAX_SECRETS);
	return cached->secrets[count] = pstrdup(text);
}

static void
fill_from_server(Account *account, ForeignServer *server, const ServerOptions *options)
{
	account->serverid = server->serverid;
	account->server_name = pstrdup(server->servername);
	account->base_url = copy_base_url(options->base_url);
	account->auth_url = options->auth_url == NULL ? NULL : copy_base_url(options->auth_url);
	account->client_id = copy(options->client_id);
	account->realm = copy(options->realm);
	account->locale = copy(options->locale);
	account->callback_url = copy(options->callback_url);
	account->http.proxy = copy(options->proxy);
	account->http.ca_file = copy(options->ca_file);
	account->http.cert_file = copy(options->cert_file);
	account->http.key_file = copy(options->key_file);
	account->http.connect_timeout_ms = options->connect_timeout_ms;
	account->http.request_timeout_ms = options->request_timeout_ms;
	account->http.max_response_bytes = options->max_response_bytes;
	account->http.retries = options->retries;
	account->http.max_retry_wait_ms = options->max_retry_wait_ms;
	account->concurrency = options->concurrency;
	account->requests_per_second = options->requests_per_second;
	account->warn_on_vehicle_error = options->warn_on_vehicle_error;
	account->refresh_off = options->refresh_off;
}

/* A point in time as the validator has accepted it. */
static TimestampTz
time_of(const char *text, TimestampTz otherwise)
{
	if (text == NULL)
		return otherwise;
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

static void
fill_from_mapping(CachedAccount *cached, const MappingOptions *options)
{
	Account    *account = &cached->account;

	account->access_token = copy_secret(cached, options->access_token);
	account->http.key_password = copy_secret(cached, options->key_password);
	account->refresh_token = copy_secret(cached, options->refresh_token);
	account->client_secret = copy_secret(cached, options->client_secret);
	account->secrets = cached->secrets;

	account->callback_id = copy(options->callback_id);
	account->scope = copy(options->scope);
	account->token_expires_at = time_of(options->token_expires_at, DT_NOEND);
	account->refreshed_at = time_of(options->refreshed_at, DT_NOBEGIN);
	account->refresh_error = copy(options->refresh_error);
	account->refresh_blocked = copy(options->refresh_blocked);
}

/* The option list of a mapping's tuple. */
static List *
mapping_options(HeapTuple tuple)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
										Anum_pg_user_mapping_umoptions, &isnull);

	return isnull ? NIL : untransformRelOptions(datum);
}

/*
 * The secret of the application, where the role's own mapping has none: that
 * of PUBLIC's mapping, so that owners can enrol without being told it.
 */
static const char *
borrowed_secret(Oid serverid)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
										ObjectIdGetDatum(serverid));
	MappingOptions options;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	options_of_mapping(mapping_options(tuple), &options);
	ReleaseSysCache(tuple);
	return options.client_secret;
}

/*
 * Builds an account in a memory context of its own, which is made permanent
 * only once nothing can fail any more.
 */
static CachedAccount *
account_build(ForeignServer *server, HeapTuple mapping)
{
	Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(mapping);
	ServerOptions server_options;
	MappingOptions options;
	MemoryContext context;
	MemoryContext caller;
	CachedAccount *cached;

	options_of_server(server->options, &server_options);
	options_of_mapping(mapping_options(mapping), &options);

	context = AllocSetContextCreate(CurrentMemoryContext, "stellantis_fdw account",
									ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	cached = palloc0(sizeof(CachedAccount));
	cached->context = context;
	cached->account.umid = form->oid;
	cached->mapping_hash = GetSysCacheHashValue1(USERMAPPINGOID,
												 ObjectIdGetDatum(form->oid));
	cached->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID,
												ObjectIdGetDatum(server->serverid));
	fill_from_server(&cached->account, server, &server_options);
	cached->borrows = options.client_secret == NULL && OidIsValid(form->umuser);
	if (cached->borrows)
		options.client_secret = borrowed_secret(server->serverid);
	fill_from_mapping(cached, &options);
	MemoryContextSwitchTo(caller);
	return cached;
}

/* ------------------------------------------------------------------------
 * The cache
 * ------------------------------------------------------------------------
 */

static void
cache_create(void)
{
	HASHCTL		ctl;

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(CacheEntry);
	ctl.hcxt = CacheMemoryContext;
	account_cache = hash_create("stellantis_fdw accounts", 16, &ctl,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The account of a mapping when it is in the cache and still good, or NULL. */
static CachedAccount *
cache_lookup(Oid umid, Oid serverid)
{
	CacheEntry *entry = hash_search(account_cache, &umid, HASH_FIND, NULL);

	if (entry == NULL || entry->cached->stale ||
		entry->cached->account.serverid != serverid)
		return NULL;
	return entry->cached;
}

/*
 * Puts an account in the cache, in the place of a stale one for the same
 * mapping, which goes when its last holder does.
 */
static void
cache_insert(CachedAccount *cached)
{
	CacheEntry *entry;
	bool		found;

	entry = hash_search(account_cache, &cached->account.umid, HASH_ENTER, &found);
	if (found)
	{
		entry->cached->current = false;
		if (entry->cached->pins == 0)
			account_destroy(entry->cached);
	}
	entry->cached = cached;
	cached->current = true;
	MemoryContextSetParent(cached->context, CacheMemoryContext);
}

/*
 * The account of a mapping's tuple, from the cache or built; held until
 * "owner" is reset.
 */
static const Account *
cached_account(HeapTuple mapping, MemoryContext owner)
{
	Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(mapping);
	MemoryContextCallback *callback = MemoryContextAllocZero(owner, sizeof(MemoryContextCallback));
	uint64		before = invalidations;
	CachedAccount *cached;

	if (account_cache == NULL)
		cache_create();
	cached = cache_lookup(form->oid, form->umserver);
	if (cached == NULL)
	{
		cached = account_build(GetForeignServer(form->umserver), mapping);
		account_sweep(hash_get_num_entries(account_cache) >= MANY_ACCOUNTS);
		cache_insert(cached);

		/* something changed while we read: good for this caller only */
		if (invalidations != before)
			cached->stale = some_stale = true;
	}
	else if (some_stale)
		account_sweep(false);

	cached->pins++;
	callback->func = account_unpin;
	callback->arg = cached;
	MemoryContextRegisterResetCallback(owner, callback);
	return &cached->account;
}

const Account *
account_get(Oid userid, Oid serverid, MemoryContext owner)
{
	HeapTuple	mapping = find_mapping(userid, serverid);
	const Account *account = cached_account(mapping, owner);

	check_server(account);
	check_tokens(account, ((Form_pg_user_mapping) GETSTRUCT(mapping))->umuser);
	ReleaseSysCache(mapping);
	return account;
}

const Account *
account_look(Oid umid, MemoryContext owner)
{
	HeapTuple	mapping = SearchSysCache1(USERMAPPINGOID, ObjectIdGetDatum(umid));
	const Account *account;

	if (!HeapTupleIsValid(mapping))
		return NULL;
	account = cached_account(mapping, owner);
	ReleaseSysCache(mapping);
	return account;
}

const Account *
account_of_mapping(Oid umid, MemoryContext owner)
{
	const Account *account = account_look(umid, owner);

	if (account != NULL)
		check_server(account);
	return account;
}

Oid
account_mapping(Oid userid, Oid serverid)
{
	HeapTuple	mapping = find_mapping(userid, serverid);
	Oid			umid = ((Form_pg_user_mapping) GETSTRUCT(mapping))->oid;

	ReleaseSysCache(mapping);
	return umid;
}
