/*
 * access.c
 *		Who may ask: client id, token, quota, realm and Accept; and the shapes
 *		in which the gateway and the API refuse.
 */
#include "sim.h"

#include <strings.h>

void
answer_header(Request *r, const char *name, const char *value)
{
	buf_printf(&r->headers, "%s: %s\n", name, value);
}

void
answer_error(Request *r, int status, int code, const char *message)
{
	static uint64_t serial = 0;
	char		uuid[33];
	char		date[40];

	hex_id(uuid, 32, 8, ++serial, 0);
	format_date(date, sim_now());
	date[19] = '\0';
	r->status = status;
	r->content_type = "application/json;charset=UTF-8";
	r->body.len = 0;
	buf_printf(&r->body, "{\"code\":%d,\"uuid\":\"%.8s-%.4s-4%.3s-a%.3s-%.12s\",\"message\":", code,
			   uuid, uuid + 8, uuid + 13, uuid + 17, uuid + 20);
	buf_json_str(&r->body, message);
	buf_printf(&r->body, ",\"timestamp\":\"%s.000Z\"}", date);
}

void
answer_gateway(Request *r, int status, const char *title, const char *info)
{
	r->status = status;
	r->content_type = "application/json";
	r->body.len = 0;
	buf_printf(&r->body, "{\"httpCode\":\"%d\",\"httpMessage\":\"%s\",\"moreInformation\":\"%s\"}",
			   status, title, info);
}

/* ---- who asks ---- */

static bool
client_known(Request *r)
{
	const char *client = request_param(r, "client_id");

	if (client != NULL && (config.client_id[0] == '\0' || strcmp(client, config.client_id) == 0))
	{
		snprintf(r->client, sizeof(r->client), "%s", client);
		return true;
	}
	answer_gateway(r, 401, "Unauthorized", "Invalid client id or secret.");
	return false;
}

/* The number of an account, if that is its token; else 0. */
static int64_t
account_of_token(const char *token)
{
	static const char prefix[] = "sim-access-token-";
	int64_t		n;

	if (config.accounts == 0 || strncmp(token, prefix, sizeof(prefix) - 1) != 0 ||
		!query_int(token + sizeof(prefix) - 1, 1, config.accounts, &n))
		return 0;
	return n;
}

bool
account_has(int64_t account, const Vehicle *v)
{
	return account == 0 || v->number % config.accounts == account - 1;
}

static bool
token_valid(Request *r)
{
	const char *a = r->authorization;

	if (a == NULL || strncasecmp(a, "Bearer ", 7) != 0)
	{
		answer_gateway(r, 401, "Unauthorized", "Cannot pass the security checks that are required by the target "
					   "API or operation, Enable debug headers for more details.");
		return false;
	}
	for (size_t i = 0; i < config.ntokens; i++)
	{
		Token	   *t = &config.tokens[i];

		if (strcmp(t->value, a + 7) != 0)
			continue;
		if ((t->expires_ms && t->expires_ms <= machine_ms()) || t->requests_left == 0)
			break;
		if (t->requests_left > 0)
			t->requests_left--;
		r->scopes = t->scopes;
		return true;
	}
	r->account = account_of_token(a + 7);
	if (r->account > 0)
		r->scopes = scopes_parse(config.start_scopes);
	if (r->account > 0 || oauth_token_use(a + 7, &r->scopes))
		return true;
	answer_gateway(r, 401, "Unauthorized", "Token is invalid");
	return false;
}

bool
realm_known(const char *realm)
{
	static const char *const realms[] = {
		"clientsB2CPeugeot", "clientsB2CCitroen", "clientsB2CDS", "clientsB2COpel", "clientsB2CVauxhall"
	};

	for (size_t i = 0; i < lengthof(realms); i++)
		if (strcmp(realm, realms[i]) == 0)
			return true;
	return false;
}

bool
access_realm(Request *r, const Vehicle *v)
{
	bool		known = r->realm && realm_known(r->realm);
	const char *want = config.realm;

	if (strcmp(want, "brand") == 0)
		want = v ? models[v->model].realm : "";
	if (r->realm && *want && strcmp(want, r->realm) == 0)
		return true;
	if (!known)
	{
		answer_gateway(r, 401, "Unauthorized", r->realm ? "Invalid realm" : "Missing realm");
		return false;
	}
	if (*want == '\0')
		return true;
	if (config.realm_status == 0)
		answer_gateway(r, 401, "Unauthorized", "Invalid realm");
	else
		answer_error(r, 403, 40300, "Forbidden: the realm is not that of the vehicle.");
	return false;
}

/* ---- quota ---- */

static void
quota_refuse(Request *r, int64_t wait)
{
	char		text[24];

	if (config.retry_after >= 0)
		wait = config.retry_after;
	snprintf(text, sizeof(text), "%lld", (long long) wait);
	answer_gateway(r, 429, "Too Many Requests", "Rate Limit exceeded");
	answer_header(r, "Retry-After", text);
	answer_header(r, "X-RateLimit-Reset", text);
}

static int64_t
left_of(int64_t quota, int64_t used)
{
	return used >= quota ? 0 : quota - used;
}

/*
 * Counts a request and says what is left, on every answer.  The day is one
 * window from its first request on, the burst a second of the clock.
 */
void
access_count(Request *r)
{
	static int64_t day_began = 0;
	static int64_t second = 0;
	static int64_t in_second = 0;
	int64_t		now = machine_ms();

	if (counters.quota_used == 0 || now - day_began > 86400000)
	{
		day_began = now;
		counters.quota_used = 0;
	}
	if (now / 1000 != second)
	{
		second = now / 1000;
		in_second = 0;
	}
	counters.quota_used++;
	in_second++;
	buf_printf(&r->headers, "X-RateLimit-Limit-1: %lld\nX-RateLimit-Remaining-1: %lld\n"
			   "X-RateLimit-Limit-2: %lld\nX-RateLimit-Remaining-2: %lld\n",
			   (long long) config.quota_day, (long long) left_of(config.quota_day, counters.quota_used),
			   (long long) config.quota_second, (long long) left_of(config.quota_second, in_second));
	if (config.enforce_second && in_second > config.quota_second)
		r->quota_wait = 1;
	else if (config.enforce_day && counters.quota_used > config.quota_day)
		r->quota_wait = (day_began + 86400000 - now) / 1000 + 1;
}

/* The gateway's part: client, token, quota. */
bool
access_granted(Request *r)
{
	if (!client_known(r) || !token_valid(r))
		return false;
	if (r->quota_wait > 0)
		quota_refuse(r, r->quota_wait);
	return r->quota_wait == 0;
}

/* ---- in what form ---- */

static bool
one_of(const char *accept, size_t n, const char *type)
{
	return strlen(type) == n && strncasecmp(accept, type, n) == 0;
}

bool
access_accept(const Request *r, bool geo)
{
	const char *a = r->accept;

	if (a == NULL)
		return true;
	while (*a)
	{
		size_t		n;

		a += strspn(a, " ,");
		n = strcspn(a, ",; ");
		if (one_of(a, n, "*/*") || one_of(a, n, "application/*"))
			return true;
		if (geo ? one_of(a, n, "application/vnd.geo+json") :
			one_of(a, n, "application/hal+json") || one_of(a, n, "application/json"))
			return true;
		a += strcspn(a, ",");
	}
	return false;
}
