/*
 * command.c
 *	  One thing that the API is told to do.
 *
 * A command is sent at most once: nobody but the user knows whether twice would
 * do harm.  The exception is a 401, which refuses it before it can act.  Where
 * it is not known what became of it (no answer, a failure of the server, a
 * cancel while it waits), the error says that, and where to look.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "command.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pace.h"
#include "portability/instr_time.h"
#include "request.h"
#include "strset.h"
#include "token.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define HAL "application/hal+json"

/* Rows of a page of a listing. */
#define PAGE_SIZE	60

/* So long a statement may count on what it has learnt. */
#define FACT_LIFE_US	(60 * USECS_PER_SEC)

/* A question that was begun is given so long, even if the time is up then. */
#define GRACE_MS		2000

/* Bytes of what an answer had, in a message. */
#define MOST_SHOWN		500

#define NOT_JSON		"the answer is not the JSON document that it should be"
#define NOTHING_KNOWN	"It may have been carried out all the same: the answer that would tell is missing."

/* ---- who ---- */

void
command_prevent(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
}

Command *
command_begin(Oid serverid)
{
	Command    *command = palloc0(sizeof(Command));

	command->userid = GetUserId();
	command->account = token_account(command->userid, serverid, CurrentMemoryContext);
	command->group = http_group_create(CurrentMemoryContext, &command->account->http, pace_admit,
									   &command->account);
	return command;
}

char *
path_of(const char *const *segments)
{
	StringInfoData path;

	initStringInfo(&path);
	for (; *segments != NULL; segments++)
	{
		appendStringInfoChar(&path, '/');
		request_escaped(&path, *segments);
	}
	return path.data;
}

/* ---- what a statement has learnt ---- */

/* So many of a kind are kept: for the vehicles that a statement tells something in turn. */
#define MOST_FACTS	64

typedef struct Fact
{
	TimestampTz statement;
	TimestampTz learnt;
	Oid			umid;
	char	   *about;
	char	   *value;			/* NULL: there is no fact here */
} Fact;

static Fact facts[FACT_CALLBACK + 1][MOST_FACTS];

static bool
is_current(const Fact *fact)
{
	return fact->value != NULL && fact->statement == GetCurrentStatementStartTimestamp() &&
		!TimestampDifferenceExceeds(fact->learnt, GetCurrentTimestamp(), FACT_LIFE_US / 1000);
}

const char *
command_recall(const Command *command, CommandFact which, const char *about)
{
	for (int i = 0; i < MOST_FACTS; i++)
	{
		const Fact *fact = &facts[which][i];

		if (is_current(fact) && fact->umid == command->account->umid &&
			strcmp(fact->about, about) == 0)
			return pstrdup(fact->value);
	}
	return NULL;
}

static void
forget(Fact *fact)
{
	if (fact->value != NULL)
		pfree(fact->value);
	if (fact->about != NULL)
		pfree(fact->about);
	memset(fact, 0, sizeof(Fact));
}

void
command_forget(CommandFact which)
{
	for (int i = 0; i < MOST_FACTS; i++)
		forget(&facts[which][i]);
}

/* What is not current gives way, else the one that was learnt first. */
void
command_remember(const Command *command, CommandFact which, const char *about, const char *value)
{
	Fact	   *fact = &facts[which][0];

	for (int i = 1; i < MOST_FACTS && is_current(fact); i++)
		if (!is_current(&facts[which][i]) || facts[which][i].learnt < fact->learnt)
			fact = &facts[which][i];
	forget(fact);
	fact->about = MemoryContextStrdup(TopMemoryContext, about);
	fact->value = MemoryContextStrdup(TopMemoryContext, value);
	fact->umid = command->account->umid;
	fact->statement = GetCurrentStatementStartTimestamp();
	fact->learnt = GetCurrentTimestamp();
}

/* ---- how long ---- */

static int64
now_ms(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MILLISEC(now);
}

void
command_limit(Command *command, int64 ms)
{
	command->until = now_ms() + ms;
}

int64
command_left(const Command *command)
{
	return command->until - now_ms();
}

/* ---- requests ---- */

static const char *const *
headers_of(const Account *account, bool has_body)
{
	const char **headers = request_headers(account, HAL);
	int			n = 0;

	while (headers[n] != NULL)
		n++;
	headers = repalloc(headers, sizeof(char *) * (n + 3));
	if (has_body)
		headers[n++] = "Content-Type: application/json";

	/* older libcurls would first ask whether a long body is welcome */
	headers[n++] = "Expect:";
	headers[n] = NULL;
	return headers;
}

static char *
url_of(const Account *account, const char *path)
{
	StringInfoData url;

	initStringInfo(&url);
	appendStringInfo(&url, "%s%s", account->base_url, path);
	request_param(&url, "client_id", account->client_id);
	return url.data;
}

/* An error strikes while the answer is waited for: was it sent? */
static void
explain_interruption(void *arg)
{
	const Command *command = arg;

	if (command->request == NULL || !http_may_have_left(command->request))
		return;
	errdetail("The request to %s has been sent.  It may be carried out all the same.",
			  command->action);
	errhint("%s", command->look);
}

static void
release(Command *command)
{
	if (command->request != NULL)
		http_release(command->request);
	command->request = NULL;
}

/* NULL when the time to ask is up. */
static const HttpAnswer *
transmit(Command *command, const char *method, const char *path, const char *utf8)
{
	const char *url = url_of(command->account, path);
	const char *const *headers = headers_of(command->account, utf8 != NULL);
	ErrorContextCallback context = {.callback = explain_interruption,.arg = command,
	.previous = error_context_stack};
	HttpRequest *answered;

	release(command);
	if (method == NULL)
	{
		(void) http_get(command->group, url, headers, NULL);
		answered = command->until == 0 ? http_wait(command->group) :
			http_wait_for(command->group, Max(command_left(command), GRACE_MS));
		if (answered == NULL)
		{
			http_group_cancel(command->group);
			return NULL;
		}
	}
	else
	{
		command->request = http_send(command->group, method, url, headers, utf8, NULL);
		error_context_stack = &context;
		answered = http_wait(command->group);
		error_context_stack = context.previous;
	}
	command->request = answered;
	return http_answer(answered);
}

static int
count_of(const char *const *list)
{
	int			n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* The account's and those of the body. */
static const char *const *
all_secrets(const Command *command)
{
	int			n = count_of(command->account->secrets);
	int			more = count_of(command->secrets);
	const char **all = palloc0(sizeof(char *) * (n + more + 1));

	memcpy(all, command->account->secrets, sizeof(char *) * n);
	if (more > 0)
		memcpy(all + n, command->secrets, sizeof(char *) * more);
	return all;
}

static void
fault_context(const Command *command, FaultContext *context)
{
	memset(context, 0, sizeof(FaultContext));
	context->server_name = command->account->server_name;
	context->secrets = all_secrets(command);
	context->action = command->action;
}

/*
 * Another token for one that the API refuses; raises when there is none.
 * "scope" is what it may lack, or NULL.
 */
static void
replace_token(Command *command, const HttpAnswer *answer, const char *scope)
{
	const Account *another = NULL;
	TokenRefusal refusal = {0};
	FaultContext context;

	if (command->replaced)
	{
		if (!command->taken)
			token_refused_again(command->account);
		token_refuse_new(command->account, scope, &refusal);
	}
	else
		another = token_after_refusal(command->account, command->userid, CurrentMemoryContext,
									  &refusal);
	if (another == NULL)
	{
		fault_context(command, &context);
		fault_report(ERROR, refusal.fault != NULL ? refusal.fault :
					 fault_of_refused_token(answer, &context, refusal.why, refusal.hint));
	}
	command->account = another;
	command->replaced = true;
	command->taken = false;
}

/* Sends it, and once more if it was refused for its token. */
static const HttpAnswer *
exchange(Command *command, const char *method, const char *path, const char *utf8)
{
	for (;;)
	{
		const HttpAnswer *answer = transmit(command, method, path, utf8);

		if (answer == NULL)
			return NULL;
		command->taken |= token_note(command->account, answer);
		if (answer->outcome != HTTP_ANSWERED || answer->status != 401)
			return answer;
		replace_token(command, answer, method != NULL ? command->scope : NULL);
	}
}

/* ---- faults ---- */

/*
 * A server that fails may have done so after the deed; a gateway's 502 and 504
 * tell of a server that did not answer.
 */
static bool
fate_is_unknown(const HttpAnswer *answer)
{
	if (answer->outcome != HTTP_ANSWERED)
		return answer->sent;
	return answer->status >= 500 || answer->status == 408;
}

static void
set_message(const Command *command, Fault *fault, int sqlerrcode, const char *reason)
{
	fault->sqlerrcode = sqlerrcode;
	fault->message = psprintf("could not %s for server \"%s\": %s", command->action,
							  command->account->server_name, reason);
}

/* The words of a fault, where those of a refused command are others than those of a table. */
static void
explain_refusal(const Command *command, const HttpAnswer *answer, Fault *fault)
{
	if (answer->outcome != HTTP_ANSWERED)
		return;
	if (answer_is_no_data(answer))
	{
		set_message(command, fault, ERRCODE_UNDEFINED_OBJECT,
					psprintf("the API does not know %s", command->unknown));
		fault->hint = pstrdup("The foreign tables vehicles, callbacks, monitors and remote_actions have the ids that it knows.");
	}
	else if (answer->status == 403 && command->scope != NULL)
		fault->hint = psprintf("It takes the scope %s, which the vehicle's owner grants at enrolment.  "
							   "A vehicle of another account, and a wrong brand or realm, are refused likewise.",
							   command->scope);
	else if (answer->status / 100 == 4 && answer->status != 403 && answer->status != 404 &&
			 answer->status != 408 && answer->status != 429)
		fault->hint = psprintf("Nothing was carried out.%s%s", command->advice != NULL ? "  " : "",
							   command->advice != NULL ? command->advice : "");
}

/* To a fault: it may have been carried out. */
static void
add_doubt(const Command *command, Fault *fault)
{
	fault->detail = psprintf("%s%s%s", fault->detail != NULL ? fault->detail : "",
							 fault->detail != NULL ? "  " : "", NOTHING_KNOWN);
	fault->hint = pstrdup(command->look);
}

static void
fail(const Command *command, const HttpAnswer *answer)
{
	FaultContext context;
	Fault	   *fault;

	fault_context(command, &context);
	fault = fault_of_answer(answer, &context);
	explain_refusal(command, answer, fault);
	if (fate_is_unknown(answer))
		add_doubt(command, fault);
	fault_report(ERROR, fault);
}

/* A 2xx that brings something else: perhaps it was not the API that answered. */
static void
fail_of_kind(const Command *command, const HttpAnswer *answer)
{
	FaultContext context;
	Fault	   *fault;

	fault_context(command, &context);
	fault = fault_of_content(&context, "the API's answer is not JSON", NULL);
	fault->detail = answer_told(answer, &context);
	add_doubt(command, fault);
	fault_report(ERROR, fault);
}

char *
command_shown(const Command *command, const char *text)
{
	return redact(pg_server_to_any(text, strlen(text), PG_UTF8), all_secrets(command), MOST_SHOWN);
}

void
command_broken(const Command *command)
{
	FaultContext context;

	fault_context(command, &context);
	fault_report(ERROR, fault_of_content(&context, NOT_JSON, NULL));
	pg_unreachable();
}

/* Raises: the API has accepted it, but its answer does not say what it should. */
static void
fail_of_id(const Command *command, const char *what)
{
	FaultContext context;
	Fault	   *fault;

	fault_context(command, &context);
	fault = fault_of_content(&context, psprintf("the API's answer does not have the %s's id", what), NULL);
	fault->detail = pstrdup("The API has accepted it: it will be carried out, or has been.");
	fault->hint = pstrdup(command->look);
	fault_report(ERROR, fault);
}

/* ---- what can be asked of a command ---- */

/* An answer may be empty, and need not tell its type. */
static bool
may_be_json(const HttpAnswer *answer)
{
	return answer->body_len == 0 || answer->content_type[0] == '\0' ||
		strstr(answer->content_type, "json") != NULL;
}

const HttpAnswer *
command_send(Command *command, const char *method, const char *path, const char *body)
{
	const char *utf8 = body == NULL ? NULL : pg_server_to_any(body, strlen(body), PG_UTF8);
	const HttpAnswer *answer = exchange(command, method, path, utf8);

	if (answer->outcome == HTTP_ANSWERED && answer->status / 100 == 2)
	{
		if (!may_be_json(answer))
			fail_of_kind(command, answer);
		return answer;
	}

	/* what was looked up for it may not be so any more */
	command_forget(FACT_VEHICLE);
	command_forget(FACT_CALLBACK);
	fail(command, answer);
	return NULL;
}

const HttpAnswer *
command_ask(Command *command, const char *path)
{
	const HttpAnswer *answer = exchange(command, NULL, path, NULL);
	FaultContext context;
	Fault	   *fault;

	if (answer == NULL || command_found_none(answer) ||
		(answer->outcome == HTTP_ANSWERED && answer->status == 200 &&
		 strstr(answer->content_type, "json") != NULL))
		return answer;
	fault_context(command, &context);
	fault = fault_of_answer(answer, &context);
	fault_report(ERROR, fault);
	return NULL;
}

bool
command_found_none(const HttpAnswer *answer)
{
	return answer_is_no_data(answer) ||
		(answer->outcome == HTTP_ANSWERED && answer->status == 204);
}

bool
command_read(const HttpAnswer *answer, const DecodeColumn *columns, int ncolumns, char **texts)
{
	Decoder    *decoder = decoder_create(columns, ncolumns, NULL, NULL);
	Datum	   *values = palloc0(sizeof(Datum) * ncolumns);
	bool	   *nulls = palloc0(sizeof(bool) * ncolumns);
	PageEnvelope envelope;
	bool		is_read = decode_begin(decoder, answer->body, answer->body_len, &envelope) == DECODE_ROW &&
		decode_row(decoder, values, nulls) == DECODE_ROW;

	for (int i = 0; i < ncolumns; i++)
		texts[i] = is_read && !nulls[i] ? TextDatumGetCString(values[i]) : NULL;
	return is_read;
}

char *
command_made(const Command *command, const HttpAnswer *answer, const char *what,
			 const char *member, const char *link)
{
	const DecodeColumn columns[] = {TEXT_MEMBER(member), LINK_MEMBER(link)};
	char	   *read[lengthof(columns)];

	(void) command_read(answer, columns, lengthof(columns), read);
	for (int i = 0; i < lengthof(columns); i++)
		if (read[i] != NULL && request_id_is_possible(read[i]))
			return read[i];
	fail_of_id(command, what);
	return NULL;
}

/* ---- listings ---- */

/* The rows of a page; the token of the next one, or NULL. */
static char *
use_page(Command *command, const HttpAnswer *answer, const char *rows_key,
		 const DecodeColumn *columns, int ncolumns, strset_hash *ids, CommandRow use, void *arg)
{
	Decoder    *decoder = decoder_create(columns, ncolumns, rows_key, NULL);
	Datum	   *values = palloc(sizeof(Datum) * ncolumns);
	bool	   *nulls = palloc(sizeof(bool) * ncolumns);
	FaultContext context;
	PageEnvelope envelope;
	DecodeResult result = decode_begin(decoder, answer->body, answer->body_len, &envelope);
	bool		is_new = false;

	while (result == DECODE_ROW)
	{
		char	   *id;

		result = decode_row(decoder, values, nulls);
		if (result != DECODE_ROW || nulls[0])
			continue;
		id = TextDatumGetCString(values[0]);
		if (!request_id_is_possible(id) || !strset_add(ids, id))
			continue;
		is_new = true;
		use(values, nulls, arg);
	}
	fault_context(command, &context);
	if (result == DECODE_BROKEN)
		fault_report(ERROR, fault_of_content(&context, NOT_JSON, decoder_error(decoder)));
	if (envelope.next_token != NULL && !is_new)
		fault_report(ERROR, fault_of_content(&context, "pages go on without bringing anything new", NULL));
	return envelope.next_token;
}

bool
command_list(Command *command, const char *path, const char *query, const char *rows_key,
			 const DecodeColumn *columns, int ncolumns, CommandRow use, void *arg)
{
	strset_hash *ids = strset_create(CurrentMemoryContext, PAGE_SIZE, NULL);
	char	   *token = NULL;

	do
	{
		const HttpAnswer *answer;
		StringInfoData page;

		initStringInfo(&page);
		appendStringInfo(&page, "%s%s%s", path, query != NULL ? "?" : "", query != NULL ? query : "");
		request_param_int(&page, "pageSize", PAGE_SIZE);
		if (token != NULL)
			request_param(&page, "pageToken", token);
		answer = command_ask(command, page.data);
		if (answer == NULL)
			return false;
		token = command_found_none(answer) ? NULL :
			use_page(command, answer, rows_key, columns, ncolumns, ids, use, arg);
	} while (token != NULL);
	return true;
}

/* ---- the vehicle ---- */

/* Ids are about ten times as long. */
static bool
looks_like_vin(const char *text)
{
	int			length = 0;

	while (isalnum((unsigned char) text[length]))
		length++;
	return length == 17 && text[length] == '\0';
}

typedef struct VehicleSought
{
	const char *vin;
	char	   *id;
} VehicleSought;

static void
note_vehicle(const Datum *values, const bool *nulls, void *arg)
{
	VehicleSought *sought = arg;

	if (!nulls[1] && strcmp(TextDatumGetCString(values[1]), sought->vin) == 0)
		sought->id = TextDatumGetCString(values[0]);
}

/* By the listing, for no path takes a VIN.  NULL when the time is up. */
static const char *
look_up_vin(Command *command, const char *vin)
{
	static const DecodeColumn columns[] = {TEXT_MEMBER("id"), TEXT_MEMBER("vin")};
	VehicleSought sought = {.vin = vin};
	const char *action = command->action;
	bool		is_listed;

	command->action = psprintf("look up vehicle \"%s\"", vin);
	is_listed = command_list(command, "/user/vehicles", psprintf("vinPrefix=%s", vin), "vehicles", columns,
							 lengthof(columns), note_vehicle, &sought);
	command->action = action;
	if (!is_listed)
		return NULL;
	if (sought.id == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("vehicle \"%s\" does not exist on server \"%s\"", vin,
						command->account->server_name),
				 errdetail("The account has no vehicle of that VIN.  Nothing has been sent to a vehicle."),
				 errhint("The foreign table vehicles has those that it has.")));
	return sought.id;
}

const char *
command_vehicle(Command *command, const char *vehicle)
{
	char	   *vin;
	const char *id;

	if (!looks_like_vin(vehicle))
		return vehicle;
	vin = pstrdup(vehicle);
	for (char *c = vin; *c != '\0'; c++)
		*c = pg_toupper((unsigned char) *c);
	id = command_recall(command, FACT_VEHICLE, vin);
	if (id != NULL)
		return id;
	id = look_up_vin(command, vin);
	if (id != NULL)
		command_remember(command, FACT_VEHICLE, vin, id);
	return id;
}
