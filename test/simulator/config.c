/*
 * config.c
 *		The knobs: one table for the command line, the control endpoint and
 *		--help.
 */
#include "commands.h"

#include <stdarg.h>
#include <strings.h>

typedef enum KnobType
{
	KNOB_INT, KNOB_BOOL, KNOB_ENUM, KNOB_TEXT
} KnobType;

typedef struct Knob
{
	const char *name;
	KnobType	type;
	size_t		offset;
	size_t		size;			/* of a text */
	int64_t		min;
	int64_t		max;
	const char *choices;		/* of an enum, parted by | */
	const char *initial;
	bool		world;			/* a change makes the world anew */
	const char *help;
} Knob;

Config		config;
static Config kept;
pthread_mutex_t sim_lock = PTHREAD_MUTEX_INITIALIZER;

#define AT(field) offsetof(Config, field)
#define INT_KNOB(n, lo, hi, init, w, h) {#n, KNOB_INT, AT(n), 0, lo, hi, NULL, init, w, h}
#define BOOL_KNOB(n, init, h) {#n, KNOB_BOOL, AT(n), 0, 0, 1, NULL, init, false, h}
#define ENUM_KNOB(n, c, init, h) {#n, KNOB_ENUM, AT(n), 0, 0, 0, c, init, false, h}
#define TEXT_KNOB(n, init, w, h) {#n, KNOB_TEXT, AT(n), sizeof(config.n), 0, 0, NULL, init, w, h}

static const Knob knobs[] = {
	INT_KNOB(seed, 0, INT64_MAX, "1", true, "what the world is made from"),
	INT_KNOB(vehicles, 0, 100000, "6", true, "number of vehicles"),
	INT_KNOB(accounts, 0, 10000, "0", false, "the vehicles are shared out among so many, whose tokens are sim-access-token-1, -2, ..."),
	INT_KNOB(days, 1, 4000, "30", true, "days of history before now"),
	INT_KNOB(telemetry, -1, 2000000000, "-1", true, "exactly so many telemetry messages per vehicle; -1: one a minute while driving"),
	TEXT_KNOB(now, "2026-03-01T12:00:00Z", true, "the world's clock: an RFC 3339 date, or 'real'"),
	ENUM_KNOB(trip_date, "startedAt|stoppedAt|createdAt|overlap|contained", "startedAt", "which date of a trip 'timestamps' compares"),
	ENUM_KNOB(alert_date, "startedAt|endAt|createdAt|overlap|contained", "startedAt", "which date of an alert 'timestamps' compares"),
	ENUM_KNOB(bounds, "inclusive|exclusive|half_open", "inclusive", "bounds of 'timestamps' ranges"),
	ENUM_KNOB(min_max, "inclusive|exclusive|half_open", "inclusive", "bounds of 'distance' and 'duration'"),
	ENUM_KNOB(order, "asc|desc|shuffled", "asc", "order of every list"),
	ENUM_KNOB(empty, "404|200", "404", "how an empty collection is answered"),
	ENUM_KNOB(unknown_vehicle, "400|403|404", "403", "status for a vehicle id that is not the account's"),
	BOOL_KNOB(any_vehicle, "false", "a trip, alert, alarm or collision is found by its id below any vehicle"),
	INT_KNOB(page_size, 0, 2000, "0", false, "the server's own cap on rows per page; 0: none"),
	INT_KNOB(latency_ms, 0, 3600000, "0", false, "wait before every answer, blocking no other connection"),
	BOOL_KNOB(gzip, "true", "compress for clients that accept it"),
	ENUM_KNOB(tls_client_cert, "required|optional|ignored", "required", "with a client CA: without a right certificate the handshake fails, or a request is answered 403, or nothing is asked"),
	TEXT_KNOB(client_id, "sim-client", false, "the application's client id; empty: any"),
	TEXT_KNOB(realm, "", false, "empty: any of the five clientsB2C... realms; 'brand': the vehicle's brand's; else exactly this one"),
	ENUM_KNOB(realm_status, "401|403", "403", "status for a known but wrong realm"),
	INT_KNOB(quota_day, 0, INT64_MAX, "100000", false, "X-RateLimit-Limit-1"),
	INT_KNOB(quota_second, 0, INT64_MAX, "100", false, "X-RateLimit-Limit-2"),
	BOOL_KNOB(enforce_day, "false", "429 when the daily quota is used up"),
	BOOL_KNOB(enforce_second, "false", "429 when the burst quota is used up"),
	INT_KNOB(retry_after, -1, 1000000, "-1", false, "seconds in the Retry-After of such a 429; -1: the true time"),
	INT_KNOB(log_limit, 0, 100000000, "200000", false, "requests kept in the log (the oldest go)"),
	TEXT_KNOB(client_secret, "sim-client-secret", false, "the application's secret; empty: any"),
	TEXT_KNOB(redirect_uri, "", false, "the registered one; empty: any"),
	ENUM_KNOB(consent, "given|refused", "given", "what the owner says to an enrolment"),
	TEXT_KNOB(grant_scopes, "all", false, "what the owner grants of the scopes asked for: all, or a list"),
	INT_KNOB(code_life, 0, 1000000, "60", false, "seconds"),
	INT_KNOB(access_token_life, 0, 1000000000, "3599", false, "seconds"),
	INT_KNOB(access_token_requests, -1, INT64_MAX, "-1", false, "after so many data requests an access token has expired; -1: never"),
	INT_KNOB(refresh_token_life, -1, 1000000000, "-1", false, "seconds; -1: for ever"),
	TEXT_KNOB(expires_in, "", false, "what a token answer says; empty: the truth, 'absent', or a number"),
	ENUM_KNOB(rotate, "yes|no|absent", "yes", "a refresh gives a new refresh token, says the old one again, or says none"),
	ENUM_KNOB(token_realm, "ignored|checked|required", "ignored", "the realm of a token request"),
	INT_KNOB(token_limit, 0, 1000000, "0", false, "token requests in a window; 0: any number"),
	INT_KNOB(token_window, 1, 1000000, "1800", false, "seconds"),
	ENUM_KNOB(throttle_status, "429|400", "429", "how one too many is answered"),
	INT_KNOB(token_latency_ms, 0, 3600000, "0", false, "wait before the answers of the OAuth2 endpoints, besides latency_ms"),
	TEXT_KNOB(start_scopes, "all", false, "of the enrolment made at the start, and of the accounts' tokens: all, everything, or a list"),
	ENUM_KNOB(callback_status, "200|202", "200", "how the creation of a callback is answered"),
	ENUM_KNOB(callback_attributes, "required|optional", "required", "whether a callback is to have an attribute at least"),
	TEXT_KNOB(remote_outcome, "auto", false, "how a remote ends: auto, Success, AlreadyDone, Failed:CAUSE, any of them with /FEEDBACK; or Never"),
	TEXT_KNOB(remote_states, "", false, "the states of a remote, in order, STATUS[:CAUSE][/FEEDBACK],...; empty: those that lead to remote_outcome"),
	INT_KNOB(remote_step_ms, 0, 86400000, "100", false, "from one state of a remote to the next"),
	ENUM_KNOB(remote_advance, "clock|reads|control", "clock", "what makes a remote go on: the time, each read of it, or the control endpoint"),
	INT_KNOB(remote_reads, 0, 1000000, "0", false, "a remote does not end before it was read so often"),
	ENUM_KNOB(remote_asleep, "auto|yes|no", "auto", "whether a remote has to wake the vehicle; auto: unless it drives, or was reached a short time ago"),
	INT_KNOB(remote_awake_ms, 0, 86400000, "180000", false, "how long a vehicle stays awake"),
	INT_KNOB(remote_limit, 0, 1000000, "0", false, "remotes of a vehicle in a window; 0: any number"),
	INT_KNOB(remote_window, 1, 1000000, "1200", false, "seconds"),
	INT_KNOB(wakeup_quota, -1, 1000000, "-1", false, "how often a month a vehicle is woken; -1: any number of times"),
	INT_KNOB(push_batch, 1, 100, "1", false, "events in a push; 1: each by itself, not in an array"),
	INT_KNOB(push_batch_ms, 0, 86400000, "1000", false, "how long a batch waits to be full"),
	INT_KNOB(push_retry_ms, 1, 86400000, "10000", false, "before an event that was not taken is pushed again"),
	INT_KNOB(push_keep_ms, 0, 1000000000, "259200000", false, "then it is given up, and its callback has failed"),
	INT_KNOB(push_timeout_ms, 1, 86400000, "10000", false, "how long a webhook may take"),
};

static const struct
{
	const char *name;
	unsigned	bit;
}			scope_names[] = {
	{"data:telemetry", SCOPE_TELEMETRY},
	{"data:position", SCOPE_POSITION},
	{"data:trip", SCOPE_TRIP},
	{"data:alert", SCOPE_ALERT},
	{"data:collision", SCOPE_COLLISION},
	{"data:vehicle:devices:pnc", SCOPE_PNC},
	{"remote:door:write", SCOPE_DOOR},
	{"remote:preconditioning:write", SCOPE_PRECONDITIONING},
	{"remote:horn:write", SCOPE_HORN},
	{"remote:charging:write", SCOPE_CHARGING},
	{"remote:lights:write", SCOPE_LIGHTS},
	{"remote:wakeup:write", SCOPE_WAKEUP},
	{"remote:navigation:write", SCOPE_NAVIGATION},
	/* these are granted and shown, and open nothing here */
	{"openid", 0x2000},
	{"profile", 0x4000},
	{"email", 0x8000},
};

static int64_t *
knob_int(const Knob *k)
{
	return (int64_t *) ((char *) &config + k->offset);
}

static char *
knob_text(const Knob *k)
{
	return (char *) &config + k->offset;
}

static bool
fail(char *err, size_t errlen, const char *fmt,...)
{
	va_list		ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return false;
}

/* Command lines say --trip-date, JSON says trip_date: both are one. */
static const Knob *
knob_find(const char *name)
{
	for (size_t i = 0; i < lengthof(knobs); i++)
	{
		const char *a = knobs[i].name;
		const char *b = name;

		while (*a && (*a == *b || (*a == '_' && *b == '-')))
			a++, b++;
		if (*a == '\0' && *b == '\0')
			return &knobs[i];
	}
	return NULL;
}

bool
config_is_flag(const char *name)
{
	const Knob *k = knob_find(name);

	return k != NULL && k->type == KNOB_BOOL;
}

static bool
set_enum(const Knob *k, const char *value)
{
	const char *p = k->choices;
	int64_t		n = 0;

	/* trips stop and alerts end; either word will do for either */
	if (strcmp(value, "stoppedAt") == 0 && k->offset == AT(alert_date))
		value = "endAt";
	if (strcmp(value, "endAt") == 0 && k->offset == AT(trip_date))
		value = "stoppedAt";
	for (;; n++)
	{
		size_t		len = strcspn(p, "|");

		if (strlen(value) == len && strncmp(p, value, len) == 0)
		{
			*knob_int(k) = n;
			return true;
		}
		if (p[len] == '\0')
			return false;
		p += len + 1;
	}
}

/* As JSON writes a whole number, however long. */
static bool
number_like(const char *s)
{
	s += *s == '-';
	return *s && strspn(s, "0123456789") == strlen(s) && (*s != '0' || s[1] == '\0');
}

bool
config_set_text(const char *name, const char *value, char *err, size_t errlen)
{
	const Knob *k = knob_find(name);
	char	   *end;
	int64_t		v;
	int64_t		ms;

	if (k == NULL)
		return fail(err, errlen, "unknown knob \"%s\"", name);
	switch (k->type)
	{
		case KNOB_INT:
			v = strtoll(value, &end, 10);
			if (*value == '\0' || *end != '\0' || v < k->min || v > k->max)
				return fail(err, errlen, "bad value \"%s\" for \"%s\"", value, name);
			*knob_int(k) = v;
			return true;
		case KNOB_BOOL:
			if (strcmp(value, "true") == 0 || strcmp(value, "1") == 0 || strcmp(value, "on") == 0)
				*knob_int(k) = 1;
			else if (strcmp(value, "false") == 0 || strcmp(value, "0") == 0 || strcmp(value, "off") == 0)
				*knob_int(k) = 0;
			else
				return fail(err, errlen, "\"%s\" wants true or false", name);
			return true;
		case KNOB_ENUM:
			if (!set_enum(k, value))
				return fail(err, errlen, "\"%s\" wants one of %s", name, k->choices);
			return true;
		case KNOB_TEXT:
			if (strlen(value) >= k->size)
				return fail(err, errlen, "value of \"%s\" is too long", name);
			if (k->offset == AT(now) && strcmp(value, "real") != 0 &&
				!parse_date(value, strlen(value), &ms))
				return fail(err, errlen, "\"now\" wants an RFC 3339 date or \"real\"");
			if (k->offset == AT(expires_in) && *value && strcmp(value, "absent") != 0 && !number_like(value))
				return fail(err, errlen, "\"expires_in\" wants \"absent\" or a number");
			if (k->offset == AT(remote_outcome) && !outcome_right(value))
				return fail(err, errlen, "\"remote_outcome\" wants auto, Never, or a final status");
			if (k->offset == AT(remote_states) && !states_right(value))
				return fail(err, errlen, "\"remote_states\" wants at most 16 of STATUS[:CAUSE][/FEEDBACK], parted by commas");
			strcpy(knob_text(k), value);
			return true;
	}
	return false;
}

static void
knob_print(const Knob *k, Buf *b)
{
	const char *p = k->choices;

	switch (k->type)
	{
		case KNOB_INT:
			buf_int(b, *knob_int(k));
			break;
		case KNOB_BOOL:
			buf_str(b, *knob_int(k) ? "true" : "false");
			break;
		case KNOB_ENUM:
			for (int64_t n = *knob_int(k); n > 0; n--)
				p += strcspn(p, "|") + 1;
			buf_put(b, p, strcspn(p, "|"));
			break;
		case KNOB_TEXT:
			buf_str(b, knob_text(k));
			break;
	}
}

/* ---- tokens ---- */

unsigned
scope_bit(const char *name, size_t n)
{
	for (size_t i = 0; i < lengthof(scope_names); i++)
		if (strlen(scope_names[i].name) == n && strncmp(scope_names[i].name, name, n) == 0)
			return scope_names[i].bit;
	return 0;
}

/* Scopes parted by blanks or commas; "all" is every data scope. */
unsigned
scopes_parse(const char *s)
{
	unsigned	bits = 0;

	if (strcmp(s, "all") == 0)
		return SCOPE_DATA;
	if (strcmp(s, "everything") == 0)
		return SCOPE_EVERYTHING;
	while (*s)
	{
		size_t		n = strcspn(s, ", ");

		bits |= scope_bit(s, n);
		s += n;
		s += strspn(s, ", ");
	}
	return bits;
}

/* Their names, parted by blanks. */
void
scopes_text(Buf *b, unsigned scopes)
{
	const char *sep = "";

	for (size_t i = 0; i < lengthof(scope_names); i++)
	{
		if (!(scopes & scope_names[i].bit))
			continue;
		buf_printf(b, "%s%s", sep, scope_names[i].name);
		sep = " ";
	}
}

static void
token_put(const char *value, unsigned scopes, int64_t expires_ms, int64_t left)
{
	Token	   *t = NULL;

	for (size_t i = 0; i < config.ntokens; i++)
		if (strcmp(config.tokens[i].value, value) == 0)
			t = &config.tokens[i];
	if (t == NULL)
	{
		config.tokens = realloc(config.tokens, (config.ntokens + 1) * sizeof(Token));
		if (config.tokens == NULL)
			abort();
		t = &config.tokens[config.ntokens++];
		t->value = sim_strdup(value);
	}
	t->scopes = scopes;
	t->expires_ms = expires_ms;
	t->requests_left = left;
}

bool
config_add_token(const char *spec, char *err, size_t errlen)
{
	const char *eq = strchr(spec, '=');
	char	   *name;

	if (eq == NULL || eq == spec)
		return fail(err, errlen, "--token wants TOKEN=scope,scope");
	name = sim_strdup(spec);
	name[eq - spec] = '\0';
	token_put(name, scopes_parse(eq + 1), 0, -1);
	free(name);
	return true;
}

static void
tokens_free(Config *c)
{
	for (size_t i = 0; i < c->ntokens; i++)
		free(c->tokens[i].value);
	free(c->tokens);
	c->tokens = NULL;
	c->ntokens = 0;
}

static bool
token_from_json(const char *name, json_t *obj, char *err, size_t errlen)
{
	json_t	   *scopes = json_object_get(obj, "scopes");
	json_t	   *at = json_object_get(obj, "expires_at");
	json_t	   *in = json_object_get(obj, "expires_in");
	json_t	   *left = json_object_get(obj, "requests_left");
	unsigned	bits = 0;
	int64_t		expires = 0;
	size_t		i;
	json_t	   *item;

	if (!json_is_object(obj))
		return fail(err, errlen, "token \"%s\" wants an object", name);
	if (json_is_string(scopes))
		bits = scopes_parse(json_string_value(scopes));
	else
		json_array_foreach(scopes, i, item)
			if (json_is_string(item))
				bits |= scopes_parse(json_string_value(item));
	if (scopes == NULL)
		bits = SCOPE_DATA;
	if (json_is_string(at))
	{
		if (!parse_date(json_string_value(at), json_string_length(at), &expires))
			return fail(err, errlen, "expires_at wants an RFC 3339 date");
	}
	else if (json_is_integer(at))
		expires = json_integer_value(at) * 1000;
	if (json_is_integer(in))
		expires = machine_ms() + json_integer_value(in) * 1000;
	token_put(name, bits, expires, json_is_integer(left) ? json_integer_value(left) : -1);
	return true;
}

static json_t *
tokens_json(void)
{
	json_t	   *all = json_object();

	for (size_t i = 0; i < config.ntokens; i++)
	{
		Token	   *t = &config.tokens[i];
		json_t	   *scopes = json_array();
		char		date[40];

		for (size_t s = 0; s < lengthof(scope_names); s++)
			if (t->scopes & scope_names[s].bit)
				json_array_append_new(scopes, json_string(scope_names[s].name));
		format_date(date, t->expires_ms / 1000);
		json_object_set_new(all, t->value, json_pack("{s:o, s:o, s:o}",
			"scopes", scopes,
			"expires_at", t->expires_ms ? json_string(date) : json_null(),
			"requests_left", t->requests_left >= 0 ? json_integer(t->requests_left) : json_null()));
	}
	return all;
}

/* ---- the whole ---- */

void
config_defaults(void)
{
	char		err[200];

	memset(&config, 0, sizeof(config));
	for (size_t i = 0; i < lengthof(knobs); i++)
		if (!config_set_text(knobs[i].name, knobs[i].initial, err, sizeof(err)))
			abort();
	token_put("sim-access-token", SCOPE_DATA, 0, -1);
}

static bool
set_one_json(const char *name, json_t *value, char *err, size_t errlen)
{
	char		number[32];

	if (json_is_string(value))
		return config_set_text(name, json_string_value(value), err, errlen);
	if (json_is_boolean(value))
		return config_set_text(name, json_is_true(value) ? "true" : "false", err, errlen);
	if (json_is_integer(value))
	{
		snprintf(number, sizeof(number), "%lld", (long long) json_integer_value(value));
		return config_set_text(name, number, err, errlen);
	}
	return fail(err, errlen, "bad value for \"%s\"", name);
}

/* All of the object or nothing of it. */
bool
config_set_json(json_t *obj, char *err, size_t errlen)
{
	Config		before = config;
	const char *name;
	json_t	   *value;
	const char *token;
	json_t	   *tok;
	bool		remake = false;
	bool		ok = true;

	if (!json_is_object(obj))
		return fail(err, errlen, "the configuration wants an object");
	config.tokens = NULL;
	config.ntokens = 0;
	json_object_foreach(obj, name, value)
	{
		if (strcmp(name, "tokens") == 0)
		{
			if (!json_is_object(value))
				ok = fail(err, errlen, "\"tokens\" wants an object");
			else
				json_object_foreach(value, token, tok)
					ok = ok && token_from_json(token, tok, err, errlen);
		}
		else if (set_one_json(name, value, err, errlen))
			remake = remake || knob_find(name)->world;
		else
			ok = false;
		if (!ok)
			break;
	}
	if (!ok)
	{
		tokens_free(&config);
		config = before;
		return false;
	}
	if (json_object_get(obj, "tokens") == NULL)
	{
		config.tokens = before.tokens;
		config.ntokens = before.ntokens;
	}
	else
		tokens_free(&before);
	if (remake)
		world_make();
	return true;
}

json_t *
config_json(void)
{
	json_t	   *obj = json_object();

	for (size_t i = 0; i < lengthof(knobs); i++)
	{
		const Knob *k = &knobs[i];
		Buf			b = {0};

		if (k->type == KNOB_INT)
			json_object_set_new(obj, k->name, json_integer(*knob_int(k)));
		else if (k->type == KNOB_BOOL)
			json_object_set_new(obj, k->name, json_boolean(*knob_int(k)));
		else
		{
			knob_print(k, &b);
			json_object_set_new(obj, k->name, json_string(b.data ? b.data : ""));
		}
		buf_free(&b);
	}
	json_object_set_new(obj, "tokens", tokens_json());
	return obj;
}

static void
tokens_copy(Config *to, const Config *from)
{
	to->tokens = sim_alloc(from->ntokens * sizeof(Token));
	to->ntokens = from->ntokens;
	for (size_t i = 0; i < from->ntokens; i++)
	{
		to->tokens[i] = from->tokens[i];
		to->tokens[i].value = sim_strdup(from->tokens[i].value);
	}
}

/* Remembers what the command line said, for config_reset. */
void
config_keep(void)
{
	kept = config;
	tokens_copy(&kept, &config);
}

void
config_reset(void)
{
	bool		remake = config.seed != kept.seed || config.vehicles != kept.vehicles ||
		config.days != kept.days || config.telemetry != kept.telemetry ||
		strcmp(config.now, kept.now) != 0;

	tokens_free(&config);
	config = kept;
	tokens_copy(&config, &kept);
	if (remake)
		world_make();
}

void
config_free(void)
{
	tokens_free(&config);
	tokens_free(&kept);
}

void
config_help(FILE *f)
{
	for (size_t i = 0; i < lengthof(knobs); i++)
	{
		const Knob *k = &knobs[i];
		char		flag[40];

		snprintf(flag, sizeof(flag), "--%s", k->name);
		for (char *p = flag; *p; p++)
			if (*p == '_')
				*p = '-';
		fprintf(f, "  %-18s %s", flag, k->help);
		if (k->choices)
			fprintf(f, " [%s]", k->choices);
		fprintf(f, " (default %s)\n", *k->initial ? k->initial : "empty");
	}
}
