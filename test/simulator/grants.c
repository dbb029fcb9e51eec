/*
 * grants.c
 *		What the OAuth2 side remembers: families of tokens, codes, and counts.
 *
 * A family is what came of one consent: one refresh token that is valid, those
 * that were rotated away (to know one that is used again), and access tokens.
 * Families are few and never moved, so that codes may point at them.
 */
#include "oauth.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static Family **families;
static size_t nfamilies;
static Code **codes;
static size_t ncodes;
static const char *start_refresh = "sim-refresh-token";
static FILE *secrets;			/* or NULL */

OAuthCounters oauth_counters;

/* ---- what nobody else is to see ---- */

/* Several servers may append to the same file. */
bool
secrets_open(const char *path)
{
	secrets = fopen(path, "a");
	return secrets != NULL;
}

/* A token or a code that is given out, or credentials that came, a line each. */
void
secret_note(const char *secret)
{
	if (secrets == NULL)
		return;
	fprintf(secrets, "%s\n", secret);
	fflush(secrets);
}

/* Random, so that no two servers and no two runs ever give out the same. */
void
uuid_make(char *out)
{
	unsigned char b[16];

	if (gnutls_rnd(GNUTLS_RND_NONCE, b, sizeof(b)) < 0)
		abort();
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(out, UUID_LEN + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
			 b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	secret_note(out);
}

static void *
grow(void *list, size_t n, size_t size)
{
	list = realloc(list, (n + 1) * size);
	if (list == NULL)
		abort();
	return list;
}

static char *
token_value(const char *given)
{
	char		fresh[UUID_LEN + 1];

	if (given)
		return sim_strdup(given);
	uuid_make(fresh);
	return sim_strdup(fresh);
}

/* ---- families ---- */

static void
refresh_born(Family *f, const char *value)
{
	f->refresh = token_value(value);
	f->refresh_expires_ms = config.refresh_token_life < 0 ? 0 : machine_ms() + config.refresh_token_life * 1000;
}

/* An enrolment, without an access token yet; refresh NULL: a fresh one. */
Family *
family_new(unsigned scopes, const char *refresh)
{
	static int64_t serial = 0;
	Family	   *f = sim_alloc(sizeof(Family));

	/* numbers begin anew with the first of all */
	f->id = nfamilies == 0 ? (serial = 1) : ++serial;
	f->scopes = scopes;
	refresh_born(f, refresh);
	families = grow(families, nfamilies, sizeof(Family *));
	families[nfamilies++] = f;
	return f;
}

/* An access token of the family; good until the next one. */
Access *
family_issue(Family *f, unsigned scopes, const char *value)
{
	Access	   *a;

	f->access = grow(f->access, f->naccess, sizeof(Access));
	a = &f->access[f->naccess++];
	memset(a, 0, sizeof(*a));
	a->value = token_value(value);
	a->scopes = scopes;
	a->expires_ms = machine_ms() + config.access_token_life * 1000;
	a->requests_left = config.access_token_requests;
	return a;
}

/* A new refresh token; the old one is dead at once, and remembered. */
void
family_rotate(Family *f)
{
	f->spent = grow(f->spent, f->nspent, sizeof(char *));
	f->spent[f->nspent++] = f->refresh;
	refresh_born(f, NULL);
	f->rotations++;
}

void
family_revoke(Family *f, const char *why)
{
	if (f->revoked)
		return;
	f->revoked = why;
	oauth_counters.families_revoked++;
}

int64_t
grants_revoke_all(const char *why)
{
	int64_t		before = oauth_counters.families_revoked;

	for (size_t i = 0; i < nfamilies; i++)
		family_revoke(families[i], why);
	return oauth_counters.families_revoked - before;
}

Family *
family_by_id(int64_t id)
{
	for (size_t i = 0; i < nfamilies; i++)
		if (families[i]->id == id)
			return families[i];
	return NULL;
}

/* The family of a refresh token, valid or spent. */
Family *
family_by_refresh(const char *value, bool *spent)
{
	for (size_t i = nfamilies; i-- > 0;)
	{
		Family	   *f = families[i];

		*spent = false;
		if (strcmp(f->refresh, value) == 0)
			return f;
		*spent = true;
		for (size_t k = f->nspent; k-- > 0;)
			if (strcmp(f->spent[k], value) == 0)
				return f;
	}
	return NULL;
}

/* The newest first: it is the one that is asked with. */
Access *
access_by_value(const char *value, Family **family)
{
	for (size_t i = nfamilies; i-- > 0;)
		for (size_t k = families[i]->naccess; k-- > 0;)
			if (strcmp(families[i]->access[k].value, value) == 0)
			{
				*family = families[i];
				return &families[i]->access[k];
			}
	return NULL;
}

bool
refresh_alive(const Family *f)
{
	return f->revoked == NULL && (f->refresh_expires_ms == 0 || f->refresh_expires_ms > machine_ms());
}

static bool
access_alive(const Family *f, const Access *a)
{
	return f->revoked == NULL && !a->revoked && a->requests_left != 0 &&
		(a->expires_ms == 0 || a->expires_ms > machine_ms());
}

/* A data request with this token: counted, and its scopes; false: refused. */
bool
oauth_token_use(const char *value, unsigned *scopes)
{
	Family	   *f;
	Access	   *a = access_by_value(value, &f);

	if (a == NULL || !access_alive(f, a))
		return false;
	if (a->requests_left > 0)
		a->requests_left--;
	*scopes = a->scopes;
	return true;
}

/* Every access token is too old now, those of the knob "tokens" as well. */
void
grants_expire(void)
{
	int64_t		now = machine_ms();

	for (size_t i = 0; i < nfamilies; i++)
		for (size_t k = 0; k < families[i]->naccess; k++)
			families[i]->access[k].expires_ms = now;
	for (size_t i = 0; i < config.ntokens; i++)
		config.tokens[i].expires_ms = now;
}

/* ---- codes ---- */

Code *
code_new(unsigned scopes, const char *redirect_uri, const char *challenge)
{
	Code	   *c = sim_alloc(sizeof(Code));

	uuid_make(c->value);
	c->scopes = scopes;
	c->redirect_uri = sim_strdup(redirect_uri);
	c->challenge = challenge ? sim_strdup(challenge) : NULL;
	c->expires_ms = machine_ms() + config.code_life * 1000;
	codes = grow(codes, ncodes, sizeof(Code *));
	codes[ncodes++] = c;
	return c;
}

Code *
code_find(const char *value)
{
	for (size_t i = ncodes; i-- > 0;)
		if (strcmp(codes[i]->value, value) == 0)
			return codes[i];
	return NULL;
}

/* ---- start and end ---- */

static void
family_free(Family *f)
{
	for (size_t i = 0; i < f->nspent; i++)
		free(f->spent[i]);
	for (size_t i = 0; i < f->naccess; i++)
		free(f->access[i].value);
	free(f->spent);
	free(f->access);
	free(f->refresh);
	free(f);
}

void
oauth_free(void)
{
	for (size_t i = 0; i < nfamilies; i++)
		family_free(families[i]);
	for (size_t i = 0; i < ncodes; i++)
	{
		free(codes[i]->redirect_uri);
		free(codes[i]->challenge);
		free(codes[i]);
	}
	free(families);
	free(codes);
	families = NULL;
	codes = NULL;
	nfamilies = ncodes = 0;
}

void
oauth_start_token(const char *refresh)
{
	start_refresh = refresh;
}

/* As it is at the start: one enrolment, unless its refresh token is empty. */
void
oauth_reset(void)
{
	oauth_free();
	memset(&oauth_counters, 0, sizeof(oauth_counters));
	if (*start_refresh)
		family_new(scopes_parse(config.start_scopes), start_refresh);
}

/* ---- shown ---- */

static json_t *
date_json(int64_t ms)
{
	char		date[40];

	if (ms == 0)
		return json_null();
	format_date(date, ms / 1000);
	return json_string(date);
}

static json_t *
scopes_json(unsigned scopes)
{
	Buf			b = {0};
	json_t	   *text;

	buf_str(&b, "");
	scopes_text(&b, scopes);
	text = json_string(b.data);
	buf_free(&b);
	return text;
}

static json_t *
access_json(const Family *f, const Access *a)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:b}",
		"access_token", a->value,
		"scope", scopes_json(a->scopes),
		"expires_at", date_json(a->expires_ms),
		"requests_left", a->requests_left >= 0 ? json_integer(a->requests_left) : json_null(),
		"valid", access_alive(f, a));
}

json_t *
family_json(const Family *f)
{
	json_t	   *access = json_array();
	json_t	   *spent = json_array();

	for (size_t i = 0; i < f->naccess; i++)
		json_array_append_new(access, access_json(f, &f->access[i]));
	for (size_t i = 0; i < f->nspent; i++)
		json_array_append_new(spent, json_string(f->spent[i]));
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o}",
		"id", (json_int_t) f->id,
		"scope", scopes_json(f->scopes),
		"refresh_token", refresh_alive(f) ? json_string(f->refresh) : json_null(),
		"refresh_expires_at", date_json(f->refresh_expires_ms),
		"spent_refresh_tokens", spent,
		"access_tokens", access,
		"rotations", (json_int_t) f->rotations,
		"revoked", f->revoked ? json_string(f->revoked) : json_null());
}

static json_t *
code_json(const Code *c)
{
	return json_pack("{s:s, s:o, s:s, s:b, s:o, s:o}",
		"code", c->value,
		"scope", scopes_json(c->scopes),
		"redirect_uri", c->redirect_uri,
		"pkce", c->challenge != NULL,
		"expires_at", date_json(c->expires_ms),
		"family", c->family ? json_integer(c->family->id) : json_null());
}

static json_t *
counters_json(void)
{
	const OAuthCounters *c = &oauth_counters;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"authorize_gets", (json_int_t) c->authorize_gets,
		"token_posts", (json_int_t) c->token_posts,
		"enrolled", (json_int_t) c->enrolled,
		"refreshed", (json_int_t) c->refreshed,
		"refused", (json_int_t) c->refused,
		"throttled", (json_int_t) c->throttled,
		"not_carried_out", (json_int_t) c->not_carried_out,
		"spoiled", (json_int_t) c->spoiled,
		"revoke_posts", (json_int_t) c->revoke_posts,
		"families_revoked", (json_int_t) c->families_revoked,
		"reuse_detected", (json_int_t) c->reuse_detected,
		"code_reuse_detected", (json_int_t) c->code_reuse_detected);
}

json_t *
grants_json(void)
{
	json_t	   *f = json_array();
	json_t	   *c = json_array();

	for (size_t i = 0; i < nfamilies; i++)
		json_array_append_new(f, family_json(families[i]));
	for (size_t i = 0; i < ncodes; i++)
		json_array_append_new(c, code_json(codes[i]));
	return json_pack("{s:o, s:o, s:o}", "families", f, "codes", c, "counters", counters_json());
}
