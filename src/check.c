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
		set_finding(check, STEP_CERTIFICATE,
					check->tls && http->cert_file != NULL ? GOOD : NOT_KNOWN,
					check->tls && http->cert_file != NULL ?
					psprintf("%s was not refused", http->cert_file) : "none is sent", NULL);
}

static void
pass_token(Check *check)
{
	TimestampTz expires_at = check->account->token_expires_at;

	set_finding(check, STEP_TOKEN, GOOD,
				psprintf("accepted%s; %s%s", check->refreshed ? " after a refresh" : "",
						 TIMESTAMP_NOT_FINITE(expires_at) ? "when it expires is not known" : "expires at ",
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
					"Enrol again, and let the owner grant them, if their tables are wanted.");
}

/* ---- the step that did not ---- */

static void
fail_step(Check *check, Step step, Verdict ok, const Fault *fault)
{
	set_finding(check, step, ok,
				fault->detail != NULL ? psprintf("%s.  %s", fault->message, fault->detail) :
				fault->message,
				fault->hint);
}

static Step
step_of_transport(const Check *check, const HttpAnswer *answer)
{
	const char *ca_file = check->account->http.ca_file;

	switch (answer->outcome)
	{
		case HTTP_NAME_FAULT:
			return STEP_NAME;
		case HTTP_CONNECT_FAULT:
		case HTTP_PROXY_FAULT:
			return STEP_TCP;
		case HTTP_FILE_FAULT:
			return answer->file != NULL && ca_file != NULL && strcmp(answer->file, ca_file) == 0 ?
				STEP_TLS : STEP_CERTIFICATE;
		case HTTP_TLS_FAULT:
			/* an alert is the server's opinion of us */
			return strstr(answer->error, " alert ") != NULL ? STEP_CERTIFICATE : STEP_TLS;
		default:
			return STEP_CLIENT;
	}
}

/* Does the API's refusal speak of the application, not of the token? */
static bool
speaks_of_client(const HttpAnswer *answer)
{
	for (const char *c = answer->body; *c != '\0'; c++)
		if (pg_strncasecmp(c, "client id", 9) == 0 || pg_strncasecmp(c, "client_id", 9) == 0)
			return true;
	return false;
}

static void
judge_refusal(Check *check, const HttpAnswer *answer)
{
	FaultContext context = {.resource = catalog_resource("vehicles"),
		.server_name = check->account->server_name,.secrets = check->account->secrets};
	const Fault *fault = fault_of_answer(answer, &context);

	if (answer->outcome != HTTP_ANSWERED)
	{
		Step		step = step_of_transport(check, answer);

		pass_connection(check, answer, step);
		fail_step(check, step, step == STEP_CLIENT ? NOT_KNOWN : BAD, fault);
		return;
	}
	pass_connection(check, answer, STEP_CLIENT);
	if (answer->status == 401 && !speaks_of_client(answer))
	{
		set_finding(check, STEP_CLIENT, NOT_KNOWN, "the API refuses without speaking of it", NULL);
		fail_step(check, STEP_TOKEN, BAD, fault);
	}
	else if (answer->status == 403)
	{
		set_finding(check, STEP_CLIENT, GOOD, check->account->client_id, NULL);
		check_scopes(check);
		fail_step(check, STEP_VEHICLES, BAD, fault);
	}
	else
	{
		/* a 5xx, a 429, a page of HTML, ... do not blame the client id */
		fail_step(check, STEP_CLIENT, answer->status == 401 ? BAD : NOT_KNOWN, fault);
	}
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
		fail_step(check, STEP_VEHICLES, BAD, fault);
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
		fail_step(check, STEP_TOKEN, BAD, refusal->fault);
	else if (refusal->why != NULL)
		set_finding(check, STEP_TOKEN, BAD,
					psprintf("%s%s%s", said != NULL ? said : "", said != NULL ? "  " : "", refusal->why),
					refusal->hint != NULL ? refusal->hint : fix);
}

static const HttpAnswer *
ask_vehicles(Probe *probe)
{
	probe_ask(probe, catalog_resource("vehicles"), NULL, 0, NULL, false, NULL);
	return http_answer(probe_wait(probe));
}

static bool
is_refused_token(const HttpAnswer *answer)
{
	return answer->outcome == HTTP_ANSWERED && answer->status == 401 && !speaks_of_client(answer);
}

/* Another token for one that is missing, or refused; false, and why, when there is none. */
static bool
replace_token(Check *check, TokenRefusal *refusal)
{
	const Account *another;

	if (check->account->refresh_token == NULL && check->account->access_token == NULL)
	{
		refusal->why = "The user mapping has no access_token.";
		refusal->hint = "Enrol with stellantis.authorize_url and stellantis.enroll.";
		return false;
	}
	another = token_after_refusal(check->account, check->userid, CurrentMemoryContext, refusal);
	if (another == NULL)
		return false;
	check->account = another;
	check->refreshed = true;
	return true;
}

/* Asks, and once more with another token when the API wants one. */
static void
run_check(Check *check)
{
	TokenRefusal refusal = {0};
	Probe	   *probe;
	const HttpAnswer *answer;

	if (check->account->access_token == NULL && !replace_token(check, &refusal))
	{
		fail_token(check, &refusal);
		return;
	}
	probe = probe_create(check->account, false);
	answer = ask_vehicles(probe);
	if (is_refused_token(answer) && !check->refreshed && replace_token(check, &refusal))
	{
		probe->account = check->account;
		answer = ask_vehicles(probe);
		if (is_refused_token(answer))
			token_refused_again(check->account);
	}
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
