/*
 * oauth.h
 *		What grants.c (families of tokens, codes), oauth.c and authorize.c (the
 *		OAuth2 endpoints) and oauth_control.c (/_sim/oauth) share.
 */
#ifndef OAUTH_H
#define OAUTH_H

#include "sim.h"

#define UUID_LEN	36

typedef struct Access
{
	char	   *value;
	unsigned	scopes;
	int64_t		expires_ms;		/* machine clock; 0 = never */
	int64_t		requests_left;	/* -1 = no limit */
	bool		revoked;
} Access;

/* An enrolment: whatever tokens have come of one consent. */
typedef struct Family
{
	int64_t		id;
	unsigned	scopes;
	char	   *refresh;		/* the one that is valid */
	int64_t		refresh_expires_ms; /* 0 = never */
	char	  **spent;			/* those that were rotated away */
	size_t		nspent;
	Access	   *access;
	size_t		naccess;
	int64_t		rotations;
	const char *revoked;		/* why, or NULL */
} Family;

typedef struct Code
{
	char		value[UUID_LEN + 1];
	unsigned	scopes;
	char	   *redirect_uri;
	char	   *challenge;		/* NULL = without PKCE */
	int64_t		expires_ms;
	Family	   *family;			/* what came of it; NULL = unused */
} Code;

typedef struct OAuthCounters
{
	int64_t		authorize_gets;
	int64_t		token_posts;	/* the sum of the next five */
	int64_t		enrolled;
	int64_t		refreshed;
	int64_t		refused;
	int64_t		throttled;
	int64_t		not_carried_out;
	int64_t		spoiled;		/* carried out, and then a fault */
	int64_t		revoke_posts;
	int64_t		families_revoked;
	int64_t		reuse_detected;
	int64_t		code_reuse_detected;
} OAuthCounters;

extern OAuthCounters oauth_counters;

extern void secret_note(const char *secret);
extern void uuid_make(char *out);
extern Family *family_new(unsigned scopes, const char *refresh);
extern Access *family_issue(Family *f, unsigned scopes, const char *value);
extern void family_rotate(Family *f);
extern void family_revoke(Family *f, const char *why);
extern Family *family_by_id(int64_t id);
extern Family *family_by_refresh(const char *value, bool *spent);
extern Access *access_by_value(const char *value, Family **family);
extern bool refresh_alive(const Family *f);
extern void grants_expire(void);
extern int64_t grants_revoke_all(const char *why);
extern Code *code_new(unsigned scopes, const char *redirect_uri, const char *challenge);
extern Code *code_find(const char *value);
extern json_t *family_json(const Family *f);
extern json_t *grants_json(void);

extern void oauth_error(Request *r, int status, const char *error, const char *description);
extern bool param_repeated(const Param *list, size_t n);
extern bool scopes_asked(const char *s, unsigned *scopes);
extern unsigned scopes_granted(unsigned asked);
extern void answer_authorize(Request *r);

#endif
