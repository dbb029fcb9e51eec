/*
 * account.h
 *	  Server + user mapping -> endpoint and credentials, cached per mapping.
 */
#ifndef STELLANTIS_ACCOUNT_H
#define STELLANTIS_ACCOUNT_H

#include "datatype/timestamp.h"
#include "http.h"

typedef struct Account
{
	Oid			serverid;
	Oid			umid;			/* the user mapping's own OID: the cache's key */
	const char *server_name;
	const char *base_url;		/* without a trailing slash */
	const char *auth_url;		/* the same, or NULL */
	const char *client_id;
	const char *realm;
	const char *locale;			/* or NULL */
	const char *callback_url;	/* of events, or NULL */
	const char *callback_id;	/* the mapping's, or NULL */
	const char *access_token;	/* or NULL: a refresh will bring one */
	const char *refresh_token;	/* or NULL */
	const char *client_secret;	/* the mapping's, else PUBLIC's, or NULL */
	const char *scope;			/* as granted, or NULL when not known */
	TimestampTz token_expires_at;	/* DT_NOEND when not known */
	TimestampTz refreshed_at;	/* DT_NOBEGIN when not known */
	const char *refresh_error;	/* of the last refresh, or NULL */
	const char *refresh_blocked;	/* see token.c, or NULL */
	bool		refresh_off;	/* option refresh of the server */
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

/*
 * The same of one user mapping, which may lack tokens; NULL when there is no
 * such mapping (any more).
 */
extern const Account *account_of_mapping(Oid umid, MemoryContext owner);

/* The same, whatever options the server lacks: for who looks, and asks nothing. */
extern const Account *account_look(Oid umid, MemoryContext owner);

/* The user mapping that account_get() would use; raises when there is none. */
extern Oid	account_mapping(Oid userid, Oid serverid);

/* How statements name a mapping's role: quoted, or PUBLIC for InvalidOid. */
extern const char *account_role_name(Oid userid);

extern void account_init(void); /* from _PG_init: syscache callbacks */

#endif							/* STELLANTIS_ACCOUNT_H */
