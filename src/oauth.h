/*
 * oauth.h
 *	  The OAuth2 server: token requests (RFC 6749) and revocation (RFC 7009),
 *	  each sent at most once.  Knows no catalogs.
 */
#ifndef STELLANTIS_OAUTH_H
#define STELLANTIS_OAUTH_H

#include "account.h"
#include "error.h"

/* What became of a request. */
typedef struct OAuthAnswer
{
	bool		is_enrolment;	/* of an authorization code, not of a refresh token */
	Fault	   *fault;			/* NULL when all is well */
	const char *error;			/* with a fault: OAuth's own code, or NULL */
	bool		final;			/* with a fault: the same again cannot succeed */
	int64		retry_after_ms; /* with a fault: as the server says, or -1 */

	/* Tokens, with a fault too where they came; secrets. */
	char	   *access_token;	/* or NULL */
	char	   *refresh_token;	/* or NULL: the old one stays valid */
	char	   *scope;			/* or NULL: as asked for */
	TimestampTz expires_at;		/* DT_NOEND when not said */
} OAuthAnswer;

/*
 * A new access token, and mostly a new refresh token, for the account's refresh
 * token.  Waits, interruptibly unless interrupts are held off.
 */
extern void oauth_refresh(const Account *account, OAuthAnswer *answer);

/* The first tokens, for an authorization code. */
extern void oauth_exchange(const Account *account, const char *code, const char *redirect_uri,
						   const char *code_verifier, OAuthAnswer *answer);

/* Raises when it is not known where the server is. */
extern void oauth_require_url(const Account *account);

/* Takes the account's refresh token, and all that came of it, back. */
extern void oauth_revoke(const Account *account, OAuthAnswer *answer);

/* Overwrites the tokens. */
extern void oauth_wipe(OAuthAnswer *answer);

#endif							/* STELLANTIS_OAUTH_H */
