/*
 * check.c
 *	  check(server): one request, and what it says about each step on the way
 *	  to the cars.
 *
 * It never raises for a fault of the far side: that is what it is asked for.
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "probe.h"
#include "server.h"
#include "token.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_check(PG_FUNCTION_ARGS);

typedef enum Step
{
	STEP_NAME, STEP_TCP, STEP_TLS, STEP_CERTIFICATE, STEP_CLIENT, STEP_TOKEN, STEP_SCOPES,
	STEP_VEHICLES
} Step;

#define NSTEPS 8

static const char *const step_names[NSTEPS] = {
	"name resolution", "TCP", "TLS", "client certificate", "client id", "token", "scopes",
	"vehicles"
};

typedef enum Verdict
{
	NOT_KNOWN, GOOD, BAD
} Verdict;

typedef struct Finding
{
	Verdict		ok;
	const char *found;
	const char *fix;
} Finding;

typedef struct Check
{
	const Account *account;
	Oid			userid;
	bool		tls;
	bool		refreshed;		/* the access token, on the way */
	int			vehicles;
	Finding		steps[NSTEPS];
} Check;

static void
set_finding(Check *check, Step step, Verdict ok, const char *what, const char *fix)
{
	Finding    *finding = &check->steps[step];

	finding->ok = ok;
	finding->found = what;
	finding->fix = fix;
}

/* ---- the steps that went well ---- */

static void
pass_connection(Check *check, const HttpAnswer *answer, Step until)
{
	const HttpSettings *http = &check->account->http;
	bool		proxied = http->proxy != NULL;
	bool		certified = check->tls && http->cert_file != NULL;
	const char *address = answer->address[0] != '\0' ? pstrdup(answer->address) : NULL;

	if (until > STEP_NAME)
		set_finding(check, STEP_NAME, GOOD, proxied ? "left to the proxy" : address, NULL);
	if (until > STEP_TCP)
		set_finding(check, STEP_TCP, GOOD,
					psprintf("connected to %s%s", proxied ? "the proxy at " : "",
							 address != NULL ? address : "the host"), NULL);
	if (until > STEP_TLS)
		set_finding(check, STEP_TLS, check->tls ? GOOD : NOT_KNOWN,
					check->tls ? "the server's certificate was verified" :
					"none: base_url is plain http", NULL);
	if (until > STEP_CERTIFICATE)
		set_finding(check, STEP_CERTIFICATE, certified ? GOOD : NOT_KNOWN,
					certified ? psprintf("%s was not refused", http->cert_file) : "none is sent",
					NULL);
}

static void
pass_token(Check *check)
{
	TimestampTz expires_at = check->account->token_expires_at;

	set_finding(check, STEP_TOKEN, GOOD,
				psprintf("accepted%s; %s%s", check->refreshed ? " after a refresh" : "",
						 TIMESTAMP_NOT_FINITE(expires_at) ? "when it expires is not known" :
						 expires_at <= GetCurrentTimestamp() ? "should have expired at " : "expires at ",
						 TIMESTAMP_NOT_FINITE(expires_at) ? "" : timestamptz_to_str(expires_at)),
				NULL);
}

static void
check_scopes(Check *check)
{
	const char *scope = check->account->scope;
	StringInfoData missing;

	if (scope == NULL)
	{
		set_finding(check, STEP_SCOPES, NOT_KNOWN, "not known: the access token was set by hand",
					"Enrol with stellantis.authorize_url and stellantis.enroll: then the scopes are noted.");
		return;
	}
	initStringInfo(&missing);
	for (int i = 0; i < catalog_nscopes; i++)
		if (strncmp(catalog_scopes[i], "data:", 5) == 0 && !scope_granted(scope, catalog_scopes[i]))
			appendStringInfo(&missing, "%s%s", missing.len > 0 ? ", " : "", catalog_scopes[i]);
	if (missing.len == 0)
		set_finding(check, STEP_SCOPES, GOOD, scope, NULL);
	else
		set_finding(check, STEP_SCOPES, BAD, psprintf("%s; not granted: %s", scope, missing.data),
					"If their tables are wanted, enrol again, and let the owner grant them.");
}

/* ---- the step that did not ---- */

static void
fail_step(Check *check, Step step, const Fault *fault, const char *fix)
{
	set_finding(check, step, BAD,
				fault->detail != NULL ? psprintf("%s.  %s", fault->reason, fault->detail) :
				fault->reason,
				fix != NULL ? fix : fault->hint);
}

/* Does the host's answer have the word, in whatever case? */
static bool
speaks_of(const HttpAnswer *answer, const char *word)
{
	size_t		length = strlen(word);

	for (const char *c = answer->body; *c != '\0'; c++)
		if (pg_strncasecmp(c, word, length) == 0)
			return true;
	return false;
}

/*
 * An alert is the server's opinion of us: of our certificate, or the lack of
 * one, unless it says otherwise.
 */
static bool
is_alert_of_certificate(const char *error)
{
	return strstr(error, " alert ") != NULL && strstr(error, "version") == NULL &&
		strstr(error, "unrecognized name") == NULL;
}

static Step
step_of_transport(const Check *check, const HttpAnswer *answer)
{
	const HttpSettings *http = &check->account->http;

	switch (answer->outcome)
	{
		case HTTP_NAME_FAULT:
			return STEP_NAME;
		case HTTP_CONNECT_FAULT:
			return answer->tls_begun && http->proxy == NULL ? STEP_TLS : STEP_TCP;
		case HTTP_PROXY_FAULT:
			return STEP_TCP;
		case HTTP_FILE_FAULT:
			return answer->file != NULL && http->ca_file != NULL &&
				strcmp(answer->file, http->ca_file) == 0 ? STEP_TLS : STEP_CERTIFICATE;
		case HTTP_TLS_FAULT:
			return is_alert_of_certificate(answer->error) ? STEP_CERTIFICATE : STEP_TLS;
		case HTTP_RESET:
			/* with TLS 1.3 some servers hang up on a certificate that they do not like */
			return check->tls && !answer->begun ? STEP_CERTIFICATE : STEP_VEHICLES;
		default:
			return STEP_VEHICLES;
	}
}

/* What to do about a client certificate that the host does not like. */
static const char *
fix_of_certificate(const Check *check, bool lost)
{
	const Account *account = check->account;

	if (account->http.cert_file == NULL)
		return psprintf("Set cert_file and key_file of server \"%s\": the host seems to demand a client certificate.",
						account->server_name);
	return psprintf("Check that the certificate in %s has not expired, and is the one that was issued for client_id.%s",
					account->http.cert_file,
					lost ? "  If it is, try again later: connections are lost for other reasons, too." : "");
}

static const char *
fix_of_transport(const Check *check, const HttpAnswer *answer, Step step)
{
	const char *server = check->account->server_name;

	if (step == STEP_CERTIFICATE && answer->outcome != HTTP_FILE_FAULT)
		return fix_of_certificate(check, answer->outcome == HTTP_RESET);
	if (step == STEP_TLS && answer->outcome == HTTP_CONNECT_FAULT)
		return psprintf("Check that host and port in base_url of server \"%s\" speak TLS, or raise connect_timeout.",
						server);
	if (step == STEP_TLS && answer->outcome == HTTP_TLS_FAULT)
		return psprintf("Check that ca_file of server \"%s\" holds the authority that signed the host's certificate, and that base_url has the host's name, and a port that speaks TLS.",
						server);
	return NULL;
}

static void
judge_transport(Check *check, const HttpAnswer *answer, const Fault *fault)
{
	Step		step = step_of_transport(check, answer);

	pass_connection(check, answer, step);
	fail_step(check, step, fault, fix_of_transport(check, answer, step));
	if (step == STEP_TLS && answer->outcome == HTTP_CONNECT_FAULT)
		check->steps[step].found = psprintf("connected, but the host does not answer to TLS.  %s",
											fault->detail);
}

/* The option that a 401 blames, or NULL: the token. */
static const char *
option_refused(const HttpAnswer *answer)
{
	return speaks_of(answer, "client id") || speaks_of(answer, "client_id") ? "client_id" :
		speaks_of(answer, "realm") ? "brand, or realm," : NULL;
}

static void
judge_401(Check *check, const HttpAnswer *answer, const Fault *fault)
{
	const char *server = check->account->server_name;
	const char *option = option_refused(answer);

	if (option != NULL)
		fail_step(check, STEP_CLIENT, fault,
				  psprintf("Check %s of server \"%s\".", option, server));
	else
	{
		set_finding(check, STEP_CLIENT, NOT_KNOWN, "the refusal does not speak of it", NULL);
		fail_step(check, STEP_TOKEN, fault, !check->refreshed ? NULL :
				  psprintf("The token has just been refreshed: check client_id, and brand or realm, of server \"%s\".",
						   server));
	}
}

static void
judge_403(Check *check, const HttpAnswer *answer, const Fault *fault)
{
	/* the API itself, not a gateway before it */
	bool		is_api = speaks_of(answer, "\"code\"");

	if (check->tls && (speaks_of(answer, "certificate") ||
					   (!is_api && check->account->http.cert_file == NULL)))
	{
		fail_step(check, STEP_CERTIFICATE, fault, fix_of_certificate(check, false));
		return;
	}
	if (is_api)
	{
		/* application and token have passed */
		set_finding(check, STEP_CLIENT, GOOD, check->account->client_id, NULL);
		pass_token(check);
		check_scopes(check);
	}
	fail_step(check, STEP_VEHICLES, fault, NULL);
}

static void
judge_refusal(Check *check, const HttpAnswer *answer)
{
	FaultContext context = {.resource = catalog_resource("vehicles"),
		.server_name = check->account->server_name,.secrets = check->account->secrets};
	const Fault *fault = fault_of_answer(answer, &context);

	if (answer->outcome != HTTP_ANSWERED)
	{
		judge_transport(check, answer, fault);
		return;
	}
	pass_connection(check, answer, STEP_CLIENT);
	if (answer->status == 401)
		judge_401(check, answer, fault);
	else if (answer->status == 403)
		judge_403(check, answer, fault);
	else
		fail_step(check, STEP_VEHICLES, fault, NULL);
}

/* ---- all together ---- */

static void
count_vehicle(const char *id, const char *vin, Datum capabilities, bool unknown, void *arg)
{
	((Check *) arg)->vehicles++;
}

static void
judge_content(Check *check, Probe *probe, const HttpAnswer *answer)
{
	char	   *next = NULL;
	const Fault *fault = NULL;

	pass_connection(check, answer, STEP_CLIENT);
	set_finding(check, STEP_CLIENT, GOOD, check->account->client_id, NULL);
	pass_token(check);
	check_scopes(check);
	if (answer->status == 200)
		fault = probe_vehicles(probe, answer, count_vehicle, check, &next);
	if (fault != NULL)
		fail_step(check, STEP_VEHICLES, fault, NULL);
	else if (check->vehicles > 0)
		set_finding(check, STEP_VEHICLES, GOOD,
					psprintf("%d%s", check->vehicles, next != NULL ? " or more" : ""), NULL);
	else
		set_finding(check, STEP_VEHICLES, BAD, "none",
					"The owner may have withdrawn the consent, or the cars may be in private mode.");
}

/* There is no other token, and why. */
static void
fail_token(Check *check, const TokenRefusal *refusal)
{
	const char *said = check->steps[STEP_TOKEN].found;
	const char *fix = check->steps[STEP_TOKEN].fix;

	if (refusal->fault != NULL)
		fail_step(check, STEP_TOKEN, refusal->fault, NULL);
	else if (refusal->why != NULL)
	{
		/* what the API says to no token is no news */
		if (said != NULL && check->account->access_token != NULL)
			said = psprintf("%s%s  %s", said, said[strlen(said) - 1] == '.' ? "" : ".", refusal->why);
		else
			said = refusal->why;
		set_finding(check, STEP_TOKEN, BAD, said, refusal->hint != NULL ? refusal->hint : fix);
	}
}

static const HttpAnswer *
ask_vehicles(Probe *probe)
{
	probe_ask(probe, catalog_resource("vehicles"), NULL, 0, NULL, false, NULL);
	return http_answer(probe_wait(probe));
}

/* A 401 for which another token may be the remedy. */
static bool
is_refused_token(const HttpAnswer *answer)
{
	return answer->outcome == HTTP_ANSWERED && answer->status == 401 &&
		option_refused(answer) == NULL;
}

/* Another token for one that is missing, or refused; false, and why, when there is none. */
static bool
replace_token(Check *check, TokenRefusal *refusal)
{
	const Account *account = check->account;
	const Account *another;

	if (account->access_token == NULL &&
		(account->refresh_token == NULL || account->client_secret == NULL))
	{
		refusal->why = "The user mapping has no access token.";
		refusal->hint = account->refresh_token == NULL ?
			"Enrol with stellantis.authorize_url and stellantis.enroll." :
			psprintf("Add client_secret, with which refresh_token brings one, by ALTER USER MAPPING ... SERVER %s.",
					 quote_identifier(account->server_name));
		return false;
	}
	another = token_after_refusal(account, check->userid, CurrentMemoryContext, refusal);
	if (another == NULL)
		return false;
	check->account = another;
	check->refreshed = true;
	return true;
}

/* Is there no token that a query would send? */
static bool
lacks_token(const Account *account)
{
	return account->access_token == NULL ||
		(account->token_expires_at <= GetCurrentTimestamp() &&
		 account->refresh_token != NULL && !account->refresh_off);
}

/*
 * Asks, and once more with another token when the API wants one.  Without a
 * good token, too: the answer is a refusal, but up to there the way is known.
 */
static void
run_check(Check *check)
{
	TokenRefusal refusal = {0};
	Probe	   *probe;
	const HttpAnswer *answer;
	bool		tried = lacks_token(check->account);

	if (tried)
		(void) replace_token(check, &refusal);
	probe = probe_create(check->account, false);
	answer = ask_vehicles(probe);
	if (is_refused_token(answer) && !tried && replace_token(check, &refusal))
	{
		probe->account = check->account;
		answer = ask_vehicles(probe);
	}
	if (is_refused_token(answer) && check->refreshed)
		token_refused_again(check->account);
	if (probe_has_content(answer) || answer_is_no_data(answer) ||
		(answer->outcome == HTTP_ANSWERED && answer->status == 204))
		judge_content(check, probe, answer);
	else
		judge_refusal(check, answer);
	fail_token(check, &refusal);
}

static void
add_step(ResultRows *rows, Step step, const Finding *finding)
{
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = CStringGetTextDatum(step_names[step]);
	nulls[1] = finding->ok == NOT_KNOWN;
	values[1] = BoolGetDatum(finding->ok == GOOD);
	set_text(&values[2], &nulls[2], finding->found);
	set_text(&values[3], &nulls[3], finding->fix);
	rows_add(rows, values, nulls);
}

PG_FUNCTION_INFO_V1(stellantis_check);

/*
 * check(server): a row for each step on the way to the cars, in their order: ok
 * (NULL: not reached, or not known), what was found, how to mend it.
 */
Datum
stellantis_check(PG_FUNCTION_ARGS)
{
	Oid			serverid = server_argument(fcinfo, 0);
	Check		check = {.userid = GetUserId()};
	ResultRows	rows;

	check.account = account_of_mapping(account_mapping(check.userid, serverid), CurrentMemoryContext);
	check.tls = pg_strncasecmp(check.account->base_url, "https:", 6) == 0;
	rows_begin(fcinfo, &rows);
	run_check(&check);
	for (int i = 0; i < NSTEPS; i++)
		add_step(&rows, i, &check.steps[i]);
	return (Datum) 0;
}
