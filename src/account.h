/*
 * account.h
 *	  Server + user mapping -> endpoint and credentials, cached per mapping.
 */
#ifndef STELLANTIS_ACCOUNT_H
#define STELLANTIS_ACCOUNT_H

#include "http.h"

typedef struct Account
{
	Oid			serverid;
	Oid			umid;			/* the user mapping's own OID: the cache's key */
	const char *server_name;
	const char *base_url;		/* without a trailing slash */
	const char *client_id;
	const char *realm;
	const char *locale;			/* or NULL */
	const char *access_token;
	HttpSettings http;
	int			concurrency;
	double		requests_per_second;	/* 0 = no limit */
	bool		warn_on_vehicle_error;	/* on_vehicle_error 'warn' */
	const char *const *secrets; /* NULL-terminated: whatever must never be shown */
} Account;

/*
 * The account of a role on a server: its own mapping, else PUBLIC's.  Raises
 * when there is none (42704) or an option is missing (HV002).  Valid until
 * "owner" is reset, whatever happens to the mapping meanwhile.
 */
extern const Account *account_get(Oid userid, Oid serverid, MemoryContext owner);

extern void account_init(void); /* from _PG_init: syscache callbacks */

#endif							/* STELLANTIS_ACCOUNT_H */
