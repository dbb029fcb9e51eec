/*
 * token.h
 *	  Access tokens that are good: refreshed when they are about to expire, or
 *	  when the API refuses them.
 */
#ifndef STELLANTIS_TOKEN_H
#define STELLANTIS_TOKEN_H

#include "account.h"
#include "error.h"

/*
 * As account_get(), with an access token that has not expired as far as is
 * known.  Refreshes it if need be; raises when it has expired and a refresh
 * failed.
 */
extern const Account *token_account(Oid userid, Oid serverid, MemoryContext owner);

/* A role, and a server whose account it uses. */
typedef struct TokenHolder
{
	Oid			userid;
	Oid			serverid;
} TokenHolder;

/*
 * Refreshes the tokens of several accounts, several at once, where they have
 * expired or are about to.  What cannot be refreshed here and now is left to
 * token_account(); raises when a refresh that must be has failed.
 */
extern void token_refresh_due(const TokenHolder *holders, int n);

/* Why there is no other token. */
typedef struct TokenRefusal
{
	const Fault *fault;			/* of a refresh that was tried and failed; or else */
	const char *why;			/* a sentence: why none was tried, */
	const char *hint;			/* and what to do; NULL where the 401 itself says that best */
} TokenRefusal;

/*
 * The API refuses the access token of "account" (401).  Returns the role's
 * account with another one, refreshed if need be; NULL when none can be had.
 */
extern const Account *token_after_refusal(const Account *account, Oid userid, MemoryContext owner,
										  TokenRefusal *refusal);

/*
 * Takes note of an answer to a request that carried the account's token: true if
 * the API has taken it, which is no mistake of a refresh, then.
 */
extern bool token_note(const Account *account, const HttpAnswer *answer);

/*
 * The words, where that account's token is one that it gave a moment ago.  What
 * was asked takes "scope", which may be what it lacks; or NULL.
 */
extern void token_refuse_new(const Account *account, const char *scope, TokenRefusal *refusal);

/*
 * The API refuses also the token that token_after_refusal() gave: keeps it from
 * being refreshed over and over for a fault that lies elsewhere.
 */
extern void token_refused_again(const Account *account);

/* A refresh whether it is due or not; raises when it fails. */
extern const Account *token_refresh_now(Oid userid, Oid serverid, MemoryContext owner);

/*
 * Keeps refreshes of the mapping away until token_unlock(), or the end of the
 * (sub)transaction.
 */
extern void token_lock(Oid umid);
extern void token_unlock(Oid umid);

/* True when refresh_error is about the tokens that the account has now. */
extern bool token_error_is_current(const Account *account);

#endif							/* STELLANTIS_TOKEN_H */
