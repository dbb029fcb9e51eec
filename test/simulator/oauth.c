/*
 * oauth.c
 *		The OAuth2 endpoints: access_token and token/revoke; authorize.c has the
 *		third.
 *
 * A fault may want a request answered as ever without its being carried out
 * (Request.idle): then what is answered is made up, and nothing changes.
 */
#include "oauth.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <strings.h>

#define AUTHORIZE	OAUTH_BASE "/authorize"
#define ACCESS_TOKEN	OAUTH_BASE "/access_token"
#define REVOKE		OAUTH_BASE "/token/revoke"

/* What a token answer says. */
typedef struct Tokens
{
	unsigned	scopes;
	char	   *access;
	char	   *refresh;		/* NULL = not said */
} Tokens;

/* ---- the shapes of answers ---- */

void
oauth_error(Request *r, int status, const char *error, const char *description)
{
	r->status = status;
	r->content_type = "application/json;charset=UTF-8";
	r->body.len = 0;
	LIT(&r->body, "{\"error\":");
	buf_json_str(&r->body, error);
	LIT(&r->body, ",\"error_description\":");
	buf_json_str(&r->body, description);
	LIT(&r->body, "}");
}

static void
invalid_request(Request *r, const char *description)
{
	oauth_error(r, 400, "invalid_request", description);
}

static void
invalid_grant(Request *r)
{
	oauth_error(r, 400, "invalid_grant", "grant is invalid");
}

static void
base64url(Buf *b, const void *p, size_t n)
{
	size_t		from = b->len;

	base64_encode(b, p, n);
	for (size_t i = from; i < b->len; i++)
	{
		if (b->data[i] == '+')
			b->data[i] = '-';
		else if (b->data[i] == '/')
			b->data[i] = '_';
	}
	while (b->len > from && b->data[b->len - 1] == '=')
		b->data[--b->len] = '\0';
}

/* A JWT in form; nobody is to believe its signature. */
static void
id_token(Buf *b)
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"RS256\"}";
	static const char signature[] = "simulated, not signed";
	long long	now = (long long) (machine_ms() / 1000);
	Buf			claims = {0};

	buf_printf(&claims, "{\"sub\":\"sim-user\",\"aud\":\"sim-client\",\"iat\":%lld,\"exp\":%lld}", now, now + 3600);
	base64url(b, header, sizeof(header) - 1);
	LIT(b, ".");
	base64url(b, claims.data, claims.len);
	LIT(b, ".");
	base64url(b, signature, sizeof(signature) - 1);
	buf_free(&claims);
}

static void
answer_tokens(Request *r, const Tokens *t)
{
	Buf		   *b = &r->body;

	r->status = 200;
	r->content_type = "application/json;charset=UTF-8";
	answer_header(r, "Cache-Control", "no-store");
	answer_header(r, "Pragma", "no-cache");
	LIT(b, "{\"scope\":\"");
	scopes_text(b, t->scopes);
	LIT(b, "\"");
	if (config.expires_in[0] == '\0')
		buf_printf(b, ",\"expires_in\":%lld", (long long) config.access_token_life);
	else if (strcmp(config.expires_in, "absent") != 0)
		buf_printf(b, ",\"expires_in\":%s", config.expires_in);
	LIT(b, ",\"token_type\":\"Bearer\"");
	if (t->refresh)
	{
		LIT(b, ",\"refresh_token\":");
		buf_json_str(b, t->refresh);
	}
	LIT(b, ",\"id_token\":\"");
	id_token(b);
	LIT(b, "\",\"access_token\":");
	buf_json_str(b, t->access);
	LIT(b, "}");
}

/* ---- who asks ---- */

/*
 * HTTP Basic.  RFC 6749 wants id and secret form-encoded first, the vendor does
 * not say so: either will do.
 */
static bool
credentials_fit(const char *given)
{
	Buf			plain = {0};
	const char *colon;
	bool		fit = false;

	buf_str(&plain, "");
	if (base64_decode(&plain, given) && strlen(plain.data) == plain.len && (colon = strchr(plain.data, ':')) != NULL)
	{
		size_t		n = (size_t) (colon - plain.data);
		char	   *id = percent_decode(plain.data, n, true);
		char	   *secret = percent_decode(colon + 1, strlen(colon + 1), true);

		fit = (config.client_id[0] == '\0' || strcmp(id, config.client_id) == 0) &&
			(config.client_secret[0] == '\0' || strcmp(secret, config.client_secret) == 0 ||
			 strcmp(colon + 1, config.client_secret) == 0);
		free(id);
		free(secret);
	}
	buf_free(&plain);
	return fit;
}

static bool
client_authenticated(Request *r)
{
	const char *a = r->authorization;
	bool		basic = a && strncasecmp(a, "Basic ", 6) == 0;

	if (basic)
		secret_note(a + 6);
	if (basic && credentials_fit(a + 6))
		return true;
	oauth_error(r, 401, "invalid_client", "Client authentication failed");
	answer_header(r, "WWW-Authenticate", "Basic realm=\"/\"");
	return false;
}

static const char *
form_value(const Request *r, const char *name)
{
	const char *value = param_find(r->form, r->nform, name);

	return value && *value ? value : NULL;
}

/* The realm may stand in the form or behind the path. */
static bool
realm_right(Request *r)
{
	const char *realm = form_value(r, "realm");

	if (realm == NULL)
		realm = request_param(r, "realm");
	if (config.token_realm == TOKEN_REALM_IGNORED || (realm == NULL && config.token_realm == TOKEN_REALM_CHECKED))
		return true;
	if (realm == NULL)
		invalid_request(r, "realm is missing");
	else if (config.realm[0] && strcmp(config.realm, "brand") != 0 ? strcmp(config.realm, realm) != 0 : !realm_known(realm))
		invalid_request(r, "realm is unknown");
	else
		return true;
	return false;
}

bool
param_repeated(const Param *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(list[i].name, list[k].name) == 0)
				return true;
	return false;
}

/* What is common to the two POSTs. */
static bool
post_right(Request *r)
{
	if (strcmp(r->method, "POST") != 0)
	{
		oauth_error(r, 405, "method_not_allowed", "Required Method: POST");
		answer_header(r, "Allow", "POST");
	}
	else if (r->form_text == NULL)
		invalid_request(r, "the body is not application/x-www-form-urlencoded");
	else if (param_repeated(r->form, r->nform))
		invalid_request(r, "a parameter is given more than once");
	else
		return client_authenticated(r) && realm_right(r);
	return false;
}

/* ---- throttling ---- */

static int64_t *posted;			/* when; at most token_limit of them count */
static size_t nposted;

static void
posted_forget(int64_t before)
{
	size_t		old = 0;

	while (old < nposted && posted[old] <= before)
		old++;
	if (old > 0)
		memmove(posted, posted + old, (nposted - old) * sizeof(int64_t));
	nposted -= old;
}

void
oauth_throttle_clear(void)
{
	free(posted);
	posted = NULL;
	nposted = 0;
}

/* True: too many in the window, and refused. */
static bool
throttled(Request *r)
{
	int64_t		now = machine_ms();
	int64_t		window = config.token_window * 1000;
	int64_t		wait;
	char		text[24];

	if (config.token_limit == 0)
		return false;
	posted_forget(now - window);
	if ((int64_t) nposted < config.token_limit)
	{
		posted = realloc(posted, (nposted + 1) * sizeof(int64_t));
		if (posted == NULL)
			abort();
		posted[nposted++] = now;
		return false;
	}
	if (config.throttle_status == THROTTLE_400)
	{
		invalid_request(r, "too many requests");
		return true;
	}
	wait = (posted[nposted - (size_t) config.token_limit] + window - now + 999) / 1000;
	if (config.retry_after >= 0)
		wait = config.retry_after;
	snprintf(text, sizeof(text), "%lld", (long long) wait);
	answer_gateway(r, 429, "Too Many Requests", "Rate Limit exceeded");
	answer_header(r, "Retry-After", text);
	return true;
}

/* ---- POST access_token ---- */

/* Without a challenge there must be no verifier, and the other way round. */
static bool
verifier_fits(const Code *c, const char *verifier)
{
	unsigned char hash[32];
	size_t		n = verifier ? strlen(verifier) : 0;
	Buf			b = {0};
	bool		fits;

	if (c->challenge == NULL || verifier == NULL)
		return c->challenge == NULL && verifier == NULL;
	if (n < 43 || n > 128 || gnutls_hash_fast(GNUTLS_DIG_SHA256, verifier, n, hash) < 0)
		return false;
	base64url(&b, hash, sizeof(hash));
	fits = strcmp(b.data, c->challenge) == 0;
	buf_free(&b);
	return fits;
}

/* True: the code is good; else it has been refused. */
static bool
code_right(Request *r, const Code *c)
{
	const char *uri = form_value(r, "redirect_uri");

	if (c && c->family && !r->idle && c->family->revoked == NULL)
	{
		oauth_counters.code_reuse_detected++;
		family_revoke(c->family, "code reuse");
	}
	if (c && c->family == NULL && c->expires_ms > machine_ms() && uri && strcmp(uri, c->redirect_uri) == 0 &&
		verifier_fits(c, form_value(r, "code_verifier")))
		return true;
	invalid_grant(r);
	return false;
}

static void
grant_code(Request *r, Tokens *t)
{
	const char *code = form_value(r, "code");
	Code	   *c;

	if (code == NULL || form_value(r, "redirect_uri") == NULL)
	{
		invalid_request(r, "code or redirect_uri is missing");
		return;
	}
	c = code_find(code);
	if (!code_right(r, c))
		return;
	t->scopes = c->scopes;
	if (r->idle)
		return;
	c->family = family_new(c->scopes, NULL);
	t->access = sim_strdup(family_issue(c->family, c->scopes, NULL)->value);
	t->refresh = sim_strdup(c->family->refresh);
	oauth_counters.enrolled++;
}

static bool
refresh_right(Request *r, Family *f, bool spent)
{
	if (f && spent && !r->idle && f->revoked == NULL)
	{
		oauth_counters.reuse_detected++;
		family_revoke(f, "reuse");
	}
	if (f && !spent && refresh_alive(f))
		return true;
	invalid_grant(r);
	return false;
}

static void
grant_refresh(Request *r, Tokens *t)
{
	const char *refresh = form_value(r, "refresh_token");
	const char *scope = form_value(r, "scope");
	bool		spent;
	Family	   *f;

	if (refresh == NULL)
	{
		invalid_request(r, "refresh_token is missing");
		return;
	}
	f = family_by_refresh(refresh, &spent);
	if (!refresh_right(r, f, spent))
		return;
	t->scopes = f->scopes;
	if (scope && (!scopes_asked(scope, &t->scopes) || (t->scopes & ~f->scopes)))
	{
		t->scopes = 0;
		oauth_error(r, 400, "invalid_scope", "a scope is unknown, or was not granted");
		return;
	}
	t->scopes = scopes_granted(t->scopes);
	if (t->scopes == 0)
	{
		invalid_grant(r);
		return;
	}
	if (!r->idle)
	{
		if (config.rotate == ROTATE_YES)
			family_rotate(f);
		t->access = sim_strdup(family_issue(f, t->scopes, NULL)->value);
		oauth_counters.refreshed++;
	}
	if (config.rotate == ROTATE_NO || (config.rotate == ROTATE_YES && !r->idle))
		t->refresh = sim_strdup(f->refresh);
}

/* Tokens that nobody will know again. */
static void
tokens_made_up(Tokens *t, bool refresh)
{
	char		uuid[UUID_LEN + 1];

	uuid_make(uuid);
	t->access = sim_strdup(uuid);
	uuid_make(uuid);
	if (t->refresh == NULL && refresh)
		t->refresh = sim_strdup(uuid);
}

static void
access_token_grant(Request *r)
{
	const char *grant = form_value(r, "grant_type");
	Tokens		t = {0};

	if (!post_right(r))
		return;
	if (grant == NULL)
		invalid_request(r, "grant_type is missing");
	else if (strcmp(grant, "authorization_code") == 0)
		grant_code(r, &t);
	else if (strcmp(grant, "refresh_token") == 0)
		grant_refresh(r, &t);
	else
		oauth_error(r, 400, "unsupported_grant_type", "Grant type is not supported");
	if (t.scopes == 0)
		return;
	if (r->idle)
		tokens_made_up(&t, strcmp(grant, "refresh_token") != 0 || config.rotate == ROTATE_YES);
	answer_tokens(r, &t);
	free(t.access);
	free(t.refresh);
}

static void
answer_access_token(Request *r)
{
	if (strcmp(r->method, "POST") == 0 && !r->idle && throttled(r))
	{
		oauth_counters.throttled++;
		return;
	}
	access_token_grant(r);
	if (r->status != 200)
		oauth_count_refusal(r);
}

/* ---- POST token/revoke ---- */

static void
answer_revoke(Request *r)
{
	const char *token;
	Family	   *f;
	Access	   *a;
	bool		spent;

	if (!post_right(r))
		return;
	token = form_value(r, "token");
	if (token == NULL)
		token = form_value(r, "refresh_token");
	if (token == NULL)
	{
		invalid_request(r, "token is missing");
		return;
	}
	r->status = 200;
	if (r->idle)
		return;
	/* a token that is unknown, or dead already, is as good as revoked */
	f = family_by_refresh(token, &spent);
	if (f && !spent)
		family_revoke(f, "revoke");
	a = access_by_value(token, &f);
	if (a)
		a->revoked = true;
}

/* ---- the whole ---- */

bool
oauth_mine(const Request *r)
{
	return strncmp(r->path, OAUTH_BASE "/", sizeof(OAUTH_BASE)) == 0;
}

static bool
token_post(const Request *r)
{
	return strcmp(r->method, "POST") == 0 && strcmp(r->path, ACCESS_TOKEN) == 0;
}

/* What has come, whatever becomes of it. */
void
oauth_count(const Request *r)
{
	counters.oauth_requests++;
	oauth_counters.token_posts += token_post(r);
	oauth_counters.revoke_posts += strcmp(r->method, "POST") == 0 && strcmp(r->path, REVOKE) == 0;
	oauth_counters.authorize_gets += strcmp(r->method, "GET") == 0 && strcmp(r->path, AUTHORIZE) == 0;
}

void
oauth_count_refusal(const Request *r)
{
	oauth_counters.refused += token_post(r) && !r->idle;
}

/* How a fault struck a token request: before it was carried out, or after. */
void
oauth_count_fault(const Request *r, bool carried_out)
{
	if (!token_post(r))
		return;
	if (carried_out)
		oauth_counters.spoiled++;
	else
		oauth_counters.not_carried_out++;
}

void
oauth_answer(Request *r)
{
	if (strcmp(r->path, AUTHORIZE) == 0)
		answer_authorize(r);
	else if (strcmp(r->path, ACCESS_TOKEN) == 0)
		answer_access_token(r);
	else if (strcmp(r->path, REVOKE) == 0)
		answer_revoke(r);
	else
		oauth_error(r, 404, "not_found", "No such endpoint");
}
