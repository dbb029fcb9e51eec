/*
 * error.c
 *	  What went wrong with a request, in PostgreSQL's words.
 *
 * Text from the far side is not to be trusted: it is shown by way of redact()
 * only.  Nothing here raises for such a text, whatever it holds; a Fault is a
 * value until fault_report().
 */
#include "postgres.h"

#include <ctype.h>
#include <limits.h>

#include "document.h"
#include "error.h"
#include "lib/stringinfo.h"
#include "words.h"

#define MAX_ERROR_BODY	((size_t) 64 * 1024)	/* larger ones are not parsed */
#define MAX_MESSAGE		500
#define MAX_EXCERPT		200
#define MAX_UUID		64
#define MAX_NAME		300		/* ids have some 190 characters */

/* The API's own error document, in whatever shape. */
typedef struct ApiError
{
	int			code;			/* five digits, or 0 when there is none */
	char	   *message;		/* or NULL; redacted */
	char	   *uuid;			/* or NULL */
} ApiError;

/* ---------------------------------------------------------------------
 * The API's error documents
 * ---------------------------------------------------------------------
 */

/* Its members that may say something. */
typedef enum ErrorMember
{
	MEMBER_CODE,
	MEMBER_UUID,
	MEMBER_MESSAGES				/* pairs from here on: see message_of() */
} ErrorMember;

static const char *const member_names[] = {
	"code", "uuid",
	"message", "debug",
	"httpMessage", "moreInformation",
	"error", "error_description"
};

#define NMEMBERS	((int) lengthof(member_names))

/* False when the body is no JSON object. */
static bool
load_document(const HttpAnswer *answer, DocumentMember *members)
{
	if (answer->body_len == 0 || answer->body_len > MAX_ERROR_BODY)
		return false;
	for (int i = 0; i < NMEMBERS; i++)
		members[i].name = member_names[i];
	return document_read(answer->body, answer->body_len, members, NMEMBERS) == DOCUMENT_OBJECT;
}

/* A number, or a string that begins with one. */
static int
code_of(const DocumentMember *members)
{
	const char *text = members[MEMBER_CODE].text;
	double		value = text != NULL ? strtod(text, NULL) : 0;

	return value > 0 && value < INT_MAX ? (int) value : 0;
}

static const char *
said(const DocumentMember *member)
{
	return member->type == JSON_TOKEN_STRING && member->text != NULL && *member->text != '\0' ?
		member->text : NULL;
}

/*
 * The message of whatever shape: the API's own, that of its specification, the
 * gateway's, OAuth's.
 */
static char *
message_of(const DocumentMember *members, const char *const *secrets)
{
	for (int i = MEMBER_MESSAGES; i < NMEMBERS; i += 2)
	{
		const char *first = said(&members[i]);
		const char *second = said(&members[i + 1]);

		if (first != NULL && second != NULL)
			return psprintf("%s: %s", redact(first, secrets, MAX_MESSAGE / 2),
							redact(second, secrets, MAX_MESSAGE / 2));
		if (first != NULL || second != NULL)
			return redact(first != NULL ? first : second, secrets, MAX_MESSAGE);
	}
	return NULL;
}

static const char *const *
secrets_of(const FaultContext *context)
{
	return context != NULL ? context->secrets : NULL;
}

/* Who was asked, for the middle of a sentence. */
static const char *
far_side(const FaultContext *context)
{
	return context != NULL && context->far_side != NULL ? context->far_side : "the API";
}

/* "the API" as the beginning of a sentence. */
static char *
capitalised(const char *text)
{
	char	   *result = pstrdup(text);

	*result = toupper((unsigned char) *result);
	return result;
}

static bool
api_error_parse(const HttpAnswer *answer, const FaultContext *context, ApiError *error)
{
	DocumentMember members[NMEMBERS];

	memset(error, 0, sizeof(ApiError));
	if (!load_document(answer, members))
		return false;
	error->code = code_of(members);
	error->message = message_of(members, secrets_of(context));
	if (said(&members[MEMBER_UUID]) != NULL)
		error->uuid = redact(said(&members[MEMBER_UUID]), secrets_of(context), MAX_UUID);
	return true;
}

bool
answer_is_no_data(const HttpAnswer *answer)
{
	DocumentMember members[NMEMBERS];

	return answer->outcome == HTTP_ANSWERED && answer->status == 404 &&
		load_document(answer, members) && code_of(members) / 100 == 404;
}

char *
answer_told(const HttpAnswer *answer, const FaultContext *context)
{
	StringInfoData out;
	ApiError	error;

	initStringInfo(&out);
	appendStringInfo(&out, "%s answered %d", capitalised(far_side(context)), answer->status);
	if (answer->body_len == 0)
		appendStringInfoString(&out, " with an empty body.");
	else if (api_error_parse(answer, context, &error) &&
			 (error.code != 0 || error.message != NULL))
	{
		if (error.code != 0)
			appendStringInfo(&out, " with code %d", error.code);
		if (error.message != NULL)
			appendStringInfo(&out, ": \"%s\"", error.message);
		if (error.message == NULL || error.message[strlen(error.message) - 1] != '.')
			appendStringInfoChar(&out, '.');
		if (error.uuid != NULL)
			appendStringInfo(&out, "  The request's uuid is %s.", error.uuid);
	}
	else
	{
		if (answer->content_type[0] != '\0')
			appendStringInfo(&out, " with content type \"%s\"",
							 redact(answer->content_type, secrets_of(context), 100));
		if (strchr("{[", answer->body[strspn(answer->body, " \t\r\n")]) != NULL)
			appendStringInfoChar(&out, '.');	/* a car's data are for no log */
		else
			appendStringInfo(&out, ": \"%s\".",
							 redact(answer->body, secrets_of(context), MAX_EXCERPT));
	}
	return out.data;
}

/* ---------------------------------------------------------------------
 * Faults
 * ---------------------------------------------------------------------
 */

/* Names come from the query or from the API. */
static char *
name_word(const char *name, const FaultContext *context)
{
	return redact(name, secrets_of(context), MAX_NAME);
}

char *
fault_subject(const FaultContext *context)
{
	const Resource *resource = context->resource;
	StringInfoData out;

	initStringInfo(&out);
	if (resource != NULL && resource->parent == PARENT_ACCOUNT && context->vehicle != NULL)
	{
		appendStringInfo(&out, "vehicle \"%s\"", name_word(context->vehicle, context));
		return out.data;
	}
	appendStringInfoString(&out, resource != NULL ? resource->name : "data");
	if (context->trip != NULL)
		appendStringInfo(&out, " of trip \"%s\"", name_word(context->trip, context));
	if (context->callback != NULL)
		appendStringInfo(&out, " of callback \"%s\"", name_word(context->callback, context));
	if (context->vehicle != NULL)
		appendStringInfo(&out, " of vehicle \"%s\"", name_word(context->vehicle, context));
	return out.data;
}

/*
 * What was wanted, for the beginning of a message.
 */
static const char *
wanted(const FaultContext *context)
{
	StringInfoData out;

	initStringInfo(&out);
	if (context->action != NULL)
		appendStringInfo(&out, "could not %s", context->action);
	else
		appendStringInfo(&out, "could not fetch %s", fault_subject(context));
	if (context->server_name != NULL)
		appendStringInfo(&out, context->action != NULL ? " for server \"%s\"" : " from server \"%s\"",
						 context->server_name);
	return out.data;
}

static const char *
url_option(const FaultContext *context)
{
	return context->url_option != NULL ? context->url_option : "base_url";
}

static const char *
server_words(const FaultContext *context)
{
	return context->server_name != NULL ?
		psprintf("server \"%s\"", context->server_name) : "the server";
}

static void
set_fault(Fault *fault, int sqlerrcode, const FaultContext *context, const char *reason)
{
	fault->sqlerrcode = sqlerrcode;
	fault->reason = pstrdup(reason);
	fault->message = psprintf("%s: %s", wanted(context), reason);
}

/* The same, of a reason in which %s stands for who was asked. */
static void
set_fault_of(Fault *fault, int sqlerrcode, const FaultContext *context, const char *reason)
{
	set_fault(fault, sqlerrcode, context, psprintf(reason, far_side(context)));
}

static char *
hint_of_403(const FaultContext *context)
{
	const Resource *resource = context->resource;
	const char *scopes;
	bool		of_trip;

	if (resource != NULL && resource->any_scope != NULL)
		return psprintf("The table \"%s\" needs one of the scopes %s, which the vehicle's owner grants at enrolment.",
						resource->name, words_listed(resource->any_scope));
	if (resource == NULL || resource->scopes == NULL)
		return psprintf("Check that the owner has not withdrawn consent, and the brand or realm of %s.",
						server_words(context));
	of_trip = context->trip != NULL && resource->trip_scopes != NULL;
	scopes = of_trip ? resource->trip_scopes : resource->scopes;
	return psprintf("The table \"%s\"%s needs %s %s, which the vehicle's owner grants at enrolment.  "
					"A vehicle of another account, and a wrong brand or realm, are refused likewise.",
					resource->name, of_trip ? ", asked for one trip," : "",
					strchr(scopes, ',') != NULL ? "the scopes" : "the scope", words_listed(scopes));
}

/* In the largest unit that does not make it vague, rounded up. */
static char *
hint_of_429(const HttpAnswer *answer, const FaultContext *context)
{
	static const struct
	{
		int			seconds;
		const char *name;
	}			units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	int64		seconds = Max((answer->retry_after_ms + 999) / 1000, 1);

	if (answer->retry_after_ms < 0)
		return psprintf("Try again later: %s counts requests%s.", far_side(context),
						context->far_side == NULL ? " per second and per 24 hours" : "");
	for (int i = 0;; i++)
	{
		int64		n = (seconds + units[i].seconds - 1) / units[i].seconds;

		if (i == lengthof(units) - 1 || seconds > 2 * units[i].seconds)
			return psprintf("Try again in " INT64_FORMAT " %s%s.", n, units[i].name, n == 1 ? "" : "s");
	}
}

static char *
quota_words(const HttpQuota *quota)
{
	StringInfoData out;

	initStringInfo(&out);
	if (quota->remaining_day >= 0)
	{
		appendStringInfo(&out, "  Requests left for 24 hours: " INT64_FORMAT, quota->remaining_day);
		if (quota->limit_day >= 0)
			appendStringInfo(&out, " of " INT64_FORMAT, quota->limit_day);
		appendStringInfoChar(&out, '.');
	}
	return out.data;
}

static void
fault_of_4xx(Fault *fault, const HttpAnswer *answer, const FaultContext *context)
{
	switch (answer->status)
	{
		case 401:
			set_fault_of(fault, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, context,
						 "%s does not accept the credentials");
			fault->hint = psprintf("Enrol again with stellantis.authorize_url and stellantis.enroll, or set a new access_token with ALTER USER MAPPING; and check client_id, and brand or realm, of %s.",
								   server_words(context));
			break;
		case 403:
			set_fault_of(fault, ERRCODE_INSUFFICIENT_PRIVILEGE, context,
						 "%s denies access");
			fault->hint = hint_of_403(context);
			break;
		case 404:
			if (answer_is_no_data(answer))
			{
				/* on a later page: the first one was there */
				set_fault_of(fault, ERRCODE_FDW_TABLE_NOT_FOUND, context,
							 "%s does not find the rest any more");
				fault->hint = pstrdup(HINT_READ_AGAIN);
				break;
			}
			set_fault_of(fault, ERRCODE_FDW_TABLE_NOT_FOUND, context,
						 "%s does not know this address");
			fault->hint = psprintf("Check the option %s of %s.", url_option(context), server_words(context));
			break;
		case 408:
			set_fault_of(fault, ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION, context,
						 "%s timed out");
			fault->hint = pstrdup("Try again later.");
			break;
		case 429:
			set_fault_of(fault, ERRCODE_CONFIGURATION_LIMIT_EXCEEDED, context,
						 "%s's request quota is exceeded");
			fault->hint = hint_of_429(answer, context);
			fault->detail = psprintf("%s%s", answer_told(answer, context), quota_words(&answer->quota));
			break;
		default:
			set_fault(fault, ERRCODE_FDW_ERROR, context,
					  psprintf("%s rejected the request with status %d", far_side(context), answer->status));
			fault->hint = context->later_page ?
				pstrdup("The first page was not refused; the API may have forgotten how to go on: try again.") :
				psprintf("Check the options of %s%s.",
						 context->action == NULL ? "the foreign table and of " : "", server_words(context));
			break;
	}
}

/* To the detail: how often it was tried, if more than once. */
static void
add_attempts(Fault *fault, const HttpAnswer *answer)
{
	if (answer->attempts > 1)
		fault->detail = psprintf("%s%sThe request was %s %d times.",
								 fault->detail != NULL ? fault->detail : "",
								 fault->detail != NULL ? "  " : "",
								 answer->sent ? "sent" : "tried", answer->attempts);
}

static void
fault_of_status(Fault *fault, const HttpAnswer *answer, const FaultContext *context)
{
	int			status = answer->status;

	if (status >= 500)
	{
		set_fault(fault, ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION, context,
				  psprintf("%s failed with status %d", far_side(context), status));
		fault->hint = psprintf("The fault is %s's and often passes by itself: try again later.", far_side(context));
	}
	else if (status >= 400)
		fault_of_4xx(fault, answer, context);
	else if (status != 200)
	{
		set_fault(fault, ERRCODE_PROTOCOL_VIOLATION, context,
				  psprintf("unexpected status %d from %s", status, far_side(context)));
		fault->hint = psprintf("%scheck the option %s of %s.",
							   status / 100 == 3 && status != 304 ? "Redirects are not followed: " : "If it persists, ",
							   url_option(context), server_words(context));
	}
	else
	{
		set_fault_of(fault, ERRCODE_PROTOCOL_VIOLATION, context,
					 "%s's answer is not JSON");
		fault->hint = psprintf("Check the options %s and proxy of %s.", url_option(context), server_words(context));
	}
	if (fault->detail == NULL)
		fault->detail = answer_told(answer, context);
	add_attempts(fault, answer);
}

/*
 * Transport faults; the detail is libcurl's.  %s is in a reason who was asked,
 * in a hint the option of the URL.
 */
static const struct
{
	HttpOutcome outcome;
	int			sqlerrcode;
	const char *reason;
	const char *hint;
}			transport_faults[] =
{
	{
		HTTP_NAME_FAULT, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		"could not resolve %s's host name",
		"Check the option %s, and name resolution on the database server's host."
	},
	{
		HTTP_CONNECT_FAULT, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		"could not connect to %s",
		"Check the network and firewall of the database server's host, and the options %s, proxy and connect_timeout."
	},
	{
		HTTP_PROXY_FAULT, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		"could not connect through the proxy",
		"Check the option proxy, its user and password included."
	},
	{
		HTTP_TLS_FAULT, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
		"could not establish TLS with %s",
		"Check that ca_file holds the authority that signed the server's certificate, and that cert_file and key_file hold the client certificate issued for client_id."
	},
	{
		HTTP_RESET, ERRCODE_CONNECTION_FAILURE,
		"the connection was lost before %s had answered",
		"Try again later; if it persists, check that the client certificate in cert_file is accepted."
	},
	{
		HTTP_TRUNCATED, ERRCODE_PROTOCOL_VIOLATION,
		"%s's answer is incomplete or malformed",
		"Try again later."
	},
	{
		HTTP_TIMED_OUT, ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION,
		"%s did not answer in time",
		"Try again later, or raise the option request_timeout."
	},
	{
		HTTP_TOO_LARGE, ERRCODE_PROTOCOL_VIOLATION,
		"%s's answer is too large",
		"Raise the option max_response_bytes, or lower page_size of the foreign table."
	},
	{
		HTTP_HEADER_FLOOD, ERRCODE_PROTOCOL_VIOLATION,
		"%s's answer is malformed",
		"Check the options %s and proxy."
	},
	{
		HTTP_OTHER_FAULT, ERRCODE_FDW_ERROR,
		"the request failed",
		"Check the options %s and proxy."
	},
};

static void
fault_of_file(Fault *fault, const HttpAnswer *answer, const FaultContext *context)
{
	set_fault(fault, ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION, context,
			  answer->file != NULL ?
			  psprintf("could not use file \"%s\"", answer->file) :
			  "could not use a certificate or key file");
	fault->hint = psprintf("Check ca_file, cert_file and key_file of %s and key_password of the user mapping: "
						   "the files must be PEM and readable by the database server's operating-system user.",
						   server_words(context));
}

static void
fault_of_transport(Fault *fault, const HttpAnswer *answer, const FaultContext *context)
{
	const char *why = redact(answer->error, context->secrets, MAX_MESSAGE);

	if (answer->outcome == HTTP_FILE_FAULT)
		fault_of_file(fault, answer, context);
	else
	{
		int			i = 0;

		while (i < lengthof(transport_faults) - 1 &&
			   transport_faults[i].outcome != answer->outcome)
			i++;
		set_fault_of(fault, transport_faults[i].sqlerrcode, context, transport_faults[i].reason);
		fault->hint = psprintf(transport_faults[i].hint, url_option(context));
	}
	if (*why != '\0')
		fault->detail = psprintf("%c%s%s", toupper((unsigned char) *why), why + 1,
								 why[strlen(why) - 1] == '.' ? "" : ".");
	add_attempts(fault, answer);
}

static const FaultContext no_context;

Fault *
fault_of_answer(const HttpAnswer *answer, const FaultContext *context)
{
	Fault	   *fault = palloc0(sizeof(Fault));

	if (context == NULL)
		context = &no_context;
	if (answer->outcome == HTTP_ANSWERED)
		fault_of_status(fault, answer, context);
	else
		fault_of_transport(fault, answer, context);
	return fault;
}

Fault *
fault_of_refused_token(const HttpAnswer *answer, const FaultContext *context,
					   const char *why, const char *hint)
{
	Fault	   *fault = fault_of_answer(answer, context);

	fault->detail = psprintf("%s  %s", fault->detail, why);
	if (hint != NULL)
		fault->hint = pstrdup(hint);
	return fault;
}

Fault *
fault_of_content(const FaultContext *context, const char *what, const char *detail)
{
	Fault	   *fault = palloc0(sizeof(Fault));

	if (context == NULL)
		context = &no_context;
	set_fault(fault, ERRCODE_PROTOCOL_VIOLATION, context,
			  redact(what, context->secrets, MAX_MESSAGE));
	if (detail != NULL)
		fault->detail = redact(detail, context->secrets, MAX_MESSAGE);
	fault->hint = psprintf("Try again; if it persists, check the option %s of %s.",
						   url_option(context), server_words(context));
	return fault;
}

void
fault_report(int elevel, const Fault *fault)
{
	ereport(elevel,
			(errcode(fault->sqlerrcode),
			 errmsg_internal("%s", fault->message),
			 fault->detail != NULL ? errdetail_internal("%s", fault->detail) : 0,
			 fault->hint != NULL ? errhint("%s", fault->hint) : 0));
}
