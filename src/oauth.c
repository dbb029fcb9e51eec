/*
 * oauth.c
 *	  The OAuth2 server: token requests and revocation, each sent at most once.
 *
 * A refresh token is mostly good for one use, so what came of a request must be
 * known: a request is never repeated here, and an answer that is only half
 * usable gives at least the tokens that it has.
 */
#include "postgres.h"

#include <math.h>

#include "common/base64.h"
#include "document.h"
#include "mb/pg_wchar.h"
#include "oauth.h"
#include "option_value.h"
#include "request.h"
#include "utils/timestamp.h"

/* An answer has some 2 kB. */
#define MAX_ANSWER_BYTES	((int64) 256 * 1024)

/* One that waits for the answer must not be interrupted, so it must end. */
#define LONGEST_WAIT_MS		60000

/* Of "error" in a refusal: those that are defined have at most 25. */
#define MAX_ERROR_CODE		64

/* A token that is good for longer than that is good for ever. */
#define LONGEST_LIFE_S		(100 * 366 * 86400.0)

typedef enum Purpose
{
	PURPOSE_REFRESH,
	PURPOSE_ENROL,
	PURPOSE_REVOKE
} Purpose;

/* Of a form without secrets but the account's. */
static const char *const no_more[] = {NULL};

static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
}

void
oauth_wipe(OAuthAnswer *answer)
{
	wipe(answer->access_token);
	wipe(answer->refresh_token);
	answer->access_token = answer->refresh_token = NULL;
}

/* ---- requests ---- */

/* RFC 6749 wants the application's secret in UTF-8. */
static char *
in_utf8(char *text)
{
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return text;
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/* The credentials of HTTP Basic: the application itself. */
static char *
client_credentials(const Account *account)
{
	char	   *text = psprintf("%s:%s", account->client_id,
								account->client_secret != NULL ? account->client_secret : "");
	char	   *pair = in_utf8(text);
	int			length = strlen(pair);
	int			room = pg_b64_enc_len(length);
	char	   *encoded = palloc(room + 1);

	/* its argument's type changed in PostgreSQL 18 */
	length = pg_b64_encode((const void *) pair, length, encoded, room);
	if (length < 0)
		elog(ERROR, "could not encode the client id and secret");
	encoded[length] = '\0';
	wipe(text);
	wipe(pair);
	return encoded;
}

/* Appends a field to a form, application/x-www-form-urlencoded. */
static void
add_field(StringInfo form, const char *name, const char *value)
{
	char	   *escaped = http_escape(value);

	appendStringInfo(form, "%s%s=%s", form->len > 0 ? "&" : "", name, escaped);
	wipe(escaped);
}

/*
 * How to reach the server: as the API, but for what must be bounded where
 * nothing else ends the wait.
 */
static const HttpSettings *
settings_of(const Account *account)
{
	HttpSettings *settings = palloc(sizeof(HttpSettings));

	*settings = account->http;
	settings->max_response_bytes = MAX_ANSWER_BYTES;
	if (settings->request_timeout_ms == 0 || settings->request_timeout_ms > LONGEST_WAIT_MS)
		settings->request_timeout_ms = LONGEST_WAIT_MS;
	if (settings->connect_timeout_ms == 0 || settings->connect_timeout_ms > LONGEST_WAIT_MS)
		settings->connect_timeout_ms = LONGEST_WAIT_MS;
	settings->retries = Min(settings->retries, 1);
	return settings;
}

/* ---- answers ---- */

/* The members of an answer that has tokens. */
typedef enum TokenMember
{
	MEMBER_ACCESS_TOKEN,
	MEMBER_REFRESH_TOKEN,
	MEMBER_TOKEN_TYPE,
	MEMBER_EXPIRES_IN,
	MEMBER_SCOPE,
	NMEMBERS
} TokenMember;

static const char *
string_of(const DocumentMember *member)
{
	return member->type == JSON_TOKEN_STRING ? member->text : NULL;
}

/* A token that a header or a form can carry; NULL for anything else. */
static char *
usable_token(const char *token)
{
	return token != NULL && token_check(token) == NULL ? pstrdup(token) : NULL;
}

/* Granted scopes, ASCII between blanks; commas are taken for blanks. */
static char *
scopes_of(const DocumentMember *member)
{
	const char *text = string_of(member);
	char	   *scope;

	if (text == NULL || *text == '\0')
		return NULL;
	scope = pstrdup(text);
	for (char *c = scope; *c != '\0'; c++)
	{
		if (*c == ',')
			*c = ' ';
		if (*c < ' ' || *c >= 0x7f)
			return NULL;
	}
	return scope;
}

/* Seconds, leniently: a string of digits will do. */
static TimestampTz
expiry_of(const DocumentMember *member, TimestampTz sent_at)
{
	double		seconds = -1;
	char	   *end;

	if (member->text != NULL)
	{
		seconds = strtod(member->text, &end);
		if (end == member->text || *end != '\0')
			seconds = -1;
	}

	/* one that has expired when it comes would be refreshed for each query */
	if (!(seconds > 0 && seconds <= LONGEST_LIFE_S))
		return DT_NOEND;
	return sent_at + (TimestampTz) rint(seconds * USECS_PER_SEC);
}

/* The tokens of a document; what is wrong with it, or NULL. */
static const char *
read_tokens(const DocumentMember *members, TimestampTz sent_at, OAuthAnswer *answer)
{
	const char *type = string_of(&members[MEMBER_TOKEN_TYPE]);

	answer->access_token = usable_token(string_of(&members[MEMBER_ACCESS_TOKEN]));
	answer->refresh_token = usable_token(string_of(&members[MEMBER_REFRESH_TOKEN]));
	answer->scope = scopes_of(&members[MEMBER_SCOPE]);
	answer->expires_at = expiry_of(&members[MEMBER_EXPIRES_IN], sent_at);
	if (answer->access_token == NULL)
		return "the token server's answer has no usable access_token";
	if (type != NULL && pg_strcasecmp(type, "Bearer") != 0)
	{
		wipe(answer->access_token);
		answer->access_token = NULL;
		return "the token server's answer has a token_type other than \"Bearer\"";
	}
	return NULL;
}

/* The end of a JSON string that begins at "text", or NULL. */
static const char *
string_end(const char *text)
{
	for (; *text != '\0' && *text != '"'; text++)
		if (*text == '\\' && *++text == '\0')
			return NULL;
	return *text == '"' ? text : NULL;
}

/* The token that stands behind the name of a member. */
static char *
token_behind(const char *name_end)
{
	const char *at = name_end + 1;
	const char *end;
	char	   *text;
	char	   *token;

	at += strspn(at, " \t\r\n");
	if (*at++ != ':')
		return NULL;
	at += strspn(at, " \t\r\n");
	if (*at++ != '"' || (end = string_end(at)) == NULL || memchr(at, '\\', end - at) != NULL)
		return NULL;
	text = pnstrdup(at, end - at);
	token = usable_token(text);
	wipe(text);
	return token;
}

/*
 * A member of the outermost object of a text that is no JSON for something else
 * in it: a number beyond all bounds, invalid UTF-8, an end that is missing.
 */
static char *
salvaged_token(const char *text, const char *name)
{
	int			depth = 0;

	for (; *text != '\0'; text++)
	{
		const char *end;

		if (*text == '{' || *text == '[')
			depth++;
		else if (*text == '}' || *text == ']')
			depth--;
		if (*text != '"')
			continue;
		if ((end = string_end(text + 1)) == NULL)
			return NULL;
		if (depth == 1 && end - text - 1 == (ptrdiff_t) strlen(name) &&
			strncmp(text + 1, name, strlen(name)) == 0)
		{
			char	   *token = token_behind(end);

			if (token != NULL)
				return token;
		}
		text = end;
	}
	return NULL;
}

/* No refresh token is to be lost for a flaw elsewhere in the answer. */
static const char *
salvage_tokens(const char *text, OAuthAnswer *answer)
{
	if (text[strspn(text, " \t\r\n")] == '{')
	{
		answer->access_token = salvaged_token(text, "access_token");
		answer->refresh_token = salvaged_token(text, "refresh_token");
	}
	return answer->access_token != NULL ? NULL : "the token server's answer is not JSON";
}

static void
use_tokens(const HttpAnswer *http, const FaultContext *context, TimestampTz sent_at,
		   OAuthAnswer *answer)
{
	const char *wrong = NULL;
	DocumentMember members[NMEMBERS] = {
		[MEMBER_ACCESS_TOKEN] = {"access_token"},
		[MEMBER_REFRESH_TOKEN] = {"refresh_token"},
		[MEMBER_TOKEN_TYPE] = {"token_type"},
		[MEMBER_EXPIRES_IN] = {"expires_in"},
		[MEMBER_SCOPE] = {"scope"}
	};

	switch (document_read(http->body, http->body_len, members, NMEMBERS))
	{
		case DOCUMENT_OBJECT:
			wrong = read_tokens(members, sent_at, answer);
			document_wipe(members, NMEMBERS);
			break;
		case DOCUMENT_OTHER:
			wrong = "the token server's answer is not a JSON object";
			break;
		case DOCUMENT_BROKEN:
			wrong = salvage_tokens(http->body, answer);
			break;
	}
	if (wrong == NULL)
		return;
	answer->fault = fault_of_content(context, wrong,
									 psprintf("The answer has %zu bytes of content type \"%s\".%s",
											  http->body_len, http->content_type,
											  answer->refresh_token != NULL ?
											  "  The new refresh token that came with it is kept." : ""));
	answer->fault->hint = psprintf("Check the options auth_url and proxy of server \"%s\"; if they are right, enrol again.",
								   context->server_name);
}

/* The "error" of a refusal, RFC 6749 5.2; NULL when the body has none. */
static const char *
error_code(const HttpAnswer *http)
{
	DocumentMember member = {"error"};
	const char *code;

	(void) document_read(http->body, http->body_len, &member, 1);
	code = string_of(&member);
	return code != NULL && *code != '\0' && strlen(code) <= MAX_ERROR_CODE &&
		strspn(code, "abcdefghijklmnopqrstuvwxyz_") == strlen(code) ? code : NULL;
}

/* The token server refuses: is it the owner's consent, or the application? */
static void
refused(const HttpAnswer *http, const FaultContext *context, OAuthAnswer *answer)
{
	bool		is_client = http->status == 401 ||
		(answer->error != NULL && strcmp(answer->error, "invalid_client") == 0);
	bool		is_grant = answer->error != NULL && strcmp(answer->error, "invalid_grant") == 0;
	Fault	   *fault = answer->fault;
	const char *reason = is_grant && answer->is_enrolment ? "the code has been used, or has expired" :
		is_grant ? "the consent has ended" :
		is_client ? "the token server does not accept the application" :
		"the token server refuses the request";

	answer->final = is_grant || is_client;
	fault->sqlerrcode = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
	fault->reason = reason;
	fault->message = psprintf("could not %s for server \"%s\": %s",
							  context->action, context->server_name, reason);
	if (is_grant)
		fault->hint = pstrdup(answer->is_enrolment ? "Start again with stellantis.authorize_url." :
							  "The owner must enrol again: use stellantis.authorize_url and stellantis.enroll.");
	else
		fault->hint = psprintf("Check client_id, brand or realm and auth_url of server \"%s\", and client_secret of the user mapping.",
							   context->server_name);
}

/* The request was sent, and what came of it is not known. */
static char *
hint_of_loss(const HttpAnswer *http, const Account *account, Purpose purpose)
{
	const char *certificate = http->outcome != HTTP_RESET || pg_strncasecmp(http->url, "https:", 6) != 0 ? "" :
		account->http.cert_file != NULL ?
		"  If it persists, check that the client certificate in cert_file is accepted." :
		"  If it persists, the host may demand a client certificate: cert_file, key_file.";

	switch (purpose)
	{
		case PURPOSE_REFRESH:
			return psprintf("The answer is lost, and with it a new refresh token if one was made.  "
							"Try again later; if the token server then refuses, the owner must enrol again.%s",
							certificate);
		case PURPOSE_ENROL:
			return psprintf("The answer is lost, and the code may be spent: start again with stellantis.authorize_url.%s",
							certificate);
		case PURPOSE_REVOKE:
			return psprintf("The answer is lost: the tokens may have been revoked.  Try again later.%s",
							certificate);
	}
	return NULL;
}

static void
use_fault(const HttpAnswer *http, const FaultContext *context, const Account *account,
		  Purpose purpose, OAuthAnswer *answer)
{
	bool		sent = http->outcome == HTTP_RESET || http->outcome == HTTP_TRUNCATED ||
		http->outcome == HTTP_TIMED_OUT || http->outcome == HTTP_TOO_LARGE;

	answer->fault = fault_of_answer(http, context);
	answer->retry_after_ms = http->retry_after_ms;
	if (http->outcome == HTTP_ANSWERED)
		answer->error = error_code(http);
	if (http->outcome == HTTP_ANSWERED && http->status >= 400 && http->status < 500 &&
		http->status != 408 && http->status != 429 &&
		(http->status != 404 || answer->error != NULL))
		refused(http, context, answer);
	else if (sent)
		answer->fault->hint = hint_of_loss(http, account, purpose);
}

/* ---- both ---- */

/*
 * What an error must not show: the account's secrets, those that were sent
 * besides, and the application's in the form in which it was sent.
 */
static const char *const *
secrets_sent(const Account *account, const char *credentials, const char *const *more)
{
	const char **secrets;
	int			n = 0;

	while (account->secrets[n] != NULL)
		n++;
	secrets = palloc0((n + 4) * sizeof(char *));
	memcpy(secrets, account->secrets, n * sizeof(char *));
	secrets[n++] = credentials;
	for (; *more != NULL; more++)
		secrets[n++] = *more;
	return secrets;
}

/*
 * Posts a form and makes of the answer what it is.  Everything is wiped but
 * what "answer" takes.  "more" are secrets of the form, at most two, that the
 * account does not know.
 */
static void
post(const Account *account, const char *url, StringInfo form, const char *const *more,
	 const char *action, Purpose purpose, OAuthAnswer *answer)
{
	FaultContext context = {.server_name = account->server_name,.action = action,
	.url_option = "auth_url",.far_side = "the token server"};
	const char *headers[4] = {NULL, "Accept: application/json",
	"Content-Type: application/x-www-form-urlencoded", NULL};
	HttpGroup  *group = http_group_create(CurrentMemoryContext, settings_of(account), NULL, NULL);
	TimestampTz sent_at = GetCurrentTimestamp();
	char	   *credentials = client_credentials(account);
	char	   *authorization = psprintf("Authorization: Basic %s", credentials);
	HttpRequest *request;
	const HttpAnswer *http;

	memset(answer, 0, sizeof(OAuthAnswer));
	answer->is_enrolment = purpose == PURPOSE_ENROL;
	answer->retry_after_ms = -1;
	answer->expires_at = DT_NOEND;
	context.secrets = secrets_sent(account, credentials, more);
	headers[0] = authorization;
	request = http_send(group, "POST", url, headers, form->data, NULL);
	wipe(authorization);
	explicit_bzero(form->data, form->len);

	request = http_wait(group);
	http = http_answer(request);
	if (http->outcome != HTTP_ANSWERED || http->status / 100 != 2)
		use_fault(http, &context, account, purpose, answer);
	else if (purpose != PURPOSE_REVOKE)
		use_tokens(http, &context, sent_at, answer);
	http_group_free(group);
	wipe(credentials);
}

void
oauth_require_url(const Account *account)
{
	if (account->auth_url == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("option \"auth_url\" of server \"%s\" is missing", account->server_name),
				 errdetail("Tokens are asked for at the OAuth2 server of the brand."),
				 errhint("Set the option brand, or auth_url, of the server.")));
}

void
oauth_refresh(const Account *account, OAuthAnswer *answer)
{
	StringInfoData form;

	oauth_require_url(account);
	initStringInfo(&form);
	add_field(&form, "grant_type", "refresh_token");
	add_field(&form, "refresh_token", account->refresh_token);
	add_field(&form, "realm", account->realm);
	post(account, psprintf("%s/access_token", account->auth_url), &form, no_more,
		 "refresh the access token", PURPOSE_REFRESH, answer);
}

void
oauth_exchange(const Account *account, const char *code, const char *redirect_uri,
			   const char *code_verifier, OAuthAnswer *answer)
{
	const char *more[] = {code, code_verifier, NULL};
	StringInfoData form;

	oauth_require_url(account);
	initStringInfo(&form);
	add_field(&form, "grant_type", "authorization_code");
	add_field(&form, "redirect_uri", redirect_uri);
	add_field(&form, "code", code);
	add_field(&form, "code_verifier", code_verifier);
	post(account, psprintf("%s/access_token", account->auth_url), &form, more,
		 "enrol", PURPOSE_ENROL, answer);
}

void
oauth_revoke(const Account *account, OAuthAnswer *answer)
{
	StringInfoData form,
				url;

	oauth_require_url(account);
	initStringInfo(&form);
	add_field(&form, "token",
			  account->refresh_token != NULL ? account->refresh_token : account->access_token);
	initStringInfo(&url);
	appendStringInfo(&url, "%s/token/revoke", account->auth_url);
	request_param(&url, "realm", account->realm);
	post(account, url.data, &form, no_more, "revoke the tokens", PURPOSE_REVOKE, answer);
}
