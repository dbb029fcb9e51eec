/*
 * enroll.c
 *	  SQL functions for the owner's consent: authorize_url, enroll,
 *	  refresh_token, revoke_token.
 *
 * Nothing is kept between authorize_url() and enroll(), which may run in
 * different sessions.  The state that goes with the browser carries a MAC under
 * the application's secret, so a forged answer is known for one; and the PKCE
 * verifier (RFC 7636) is derived from that state under the same secret.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "compat.h"
#include "convert.h"
#include "digest.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "mapping.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "oauth.h"
#include "option_value.h"
#include "request.h"
#include "server.h"
#include "token.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* PG_FUNCTION_INFO_V1 exports the function itself since PostgreSQL 16 only. */
extern PGDLLEXPORT Datum stellantis_authorize_url(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_enroll(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_refresh_token(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum stellantis_revoke_token(PG_FUNCTION_ARGS);

#define NONCE_BYTES		16

/* ---- the state, and what hangs on it ---- */

/* The caller's account on a server; it may have no tokens yet. */
static const Account *
caller_account(Oid serverid)
{
	const Account *account = account_of_mapping(account_mapping(GetUserId(), serverid),
												CurrentMemoryContext);

	if (account == NULL)
		elog(ERROR, "user mapping not found");
	if (account->client_secret == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("option \"client_secret\" of the user mapping on server \"%s\" is missing",
						account->server_name),
				 errdetail("It is the secret that the vendor gave the application, and goes with every token request."),
				 errhint("Add it to your user mapping, or to that of PUBLIC, with ALTER USER MAPPING ... OPTIONS (ADD client_secret '...').")));
	return account;
}

/* What the consent page sends back with the state. */
static char *
state_mac(const Account *account, const char *redirect_uri, const char *state)
{
	return digest_mac(account->client_secret,
					  psprintf("state\n%s\n%s\n%s", account->client_id, redirect_uri, state));
}

static char *
code_verifier(const Account *account, const char *signed_state)
{
	return digest_mac(account->client_secret, psprintf("code_verifier\n%s", signed_state));
}

/* A scheme of an application's own, as phones have them (RFC 8252, 7.1). */
static bool
is_private_scheme(const char *uri)
{
	size_t		length = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return isalpha((unsigned char) uri[0]) && uri[length] == ':' && uri[length + 1] != '\0' &&
		pg_strncasecmp(uri, "http:", 5) != 0 && pg_strncasecmp(uri, "https:", 6) != 0;
}

/*
 * Raises unless it is an address that ends before the query.  Nothing is sent
 * there by us.
 */
static void
check_redirect_uri(const char *uri)
{
	UrlParts	parts;
	const char *wrong = token_check(uri);

	if (wrong == NULL && strpbrk(uri, "?#") != NULL)
		wrong = "The URL has a query or a fragment.";
	if (wrong == NULL && !is_private_scheme(uri))
		wrong = url_parse(uri, &parts);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid redirect_uri"),
				 errdetail("%s", wrong),
				 errhint("Write the address that is registered for the application, \"https://host/path\", without a query.")));
}

/* ---- authorize_url ---- */

/* The scopes asked for, as the vendor wants them: between commas. */
static char *
scope_list(FunctionCallInfo fcinfo, int argument)
{
	StringInfoData list;
	Datum	   *scopes;
	bool	   *nulls;
	int			nscopes;

	initStringInfo(&list);
	if (PG_ARGISNULL(argument))
	{
		for (int i = 0; i < catalog_nscopes; i++)
			if (strncmp(catalog_scopes[i], "data:", 5) == 0)
				appendStringInfo(&list, "%s%s", list.len > 0 ? "," : "", catalog_scopes[i]);
		return list.data;
	}
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT,
					  &scopes, &nulls, &nscopes);
	for (int i = 0; i < nscopes; i++)
	{
		const char *scope = nulls[i] ? "" : TextDatumGetCString(scopes[i]);

		if (*scope == '\0' || strpbrk(scope, ", ") != NULL || token_check(scope) != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid scope: \"%s\"", scope),
					 errhint("Scopes are words such as \"data:trip\" or \"remote:door:write\".")));
		appendStringInfo(&list, "%s%s", list.len > 0 ? "," : "", scope);
	}
	if (list.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no scopes are asked for"),
				 errhint("Leave the argument out to ask for all that the tables need.")));
	return list.data;
}

PG_FUNCTION_INFO_V1(stellantis_authorize_url);

/*
 * authorize_url(server, redirect_uri, scopes, state, locale): the address of
 * the page where an owner consents (RFC 6749 4.1.1).  Sends nothing.
 */
Datum
stellantis_authorize_url(PG_FUNCTION_ARGS)
{
	const Account *account = caller_account(server_argument(fcinfo, 0));
	char	   *redirect_uri = required_argument(fcinfo, 1, "redirect_uri");
	char	   *scopes = scope_list(fcinfo, 2);
	char	   *state = PG_ARGISNULL(3) ? digest_nonce(NONCE_BYTES) : text_argument(fcinfo, 3);
	char	   *locale = PG_ARGISNULL(4) ? NULL : text_argument(fcinfo, 4);
	StringInfoData url;

	check_redirect_uri(redirect_uri);
	oauth_require_url(account);
	state = psprintf("%s.%s", state, state_mac(account, redirect_uri, state));
	initStringInfo(&url);
	appendStringInfo(&url, "%s/authorize", account->auth_url);
	request_param(&url, "client_id", account->client_id);
	request_param(&url, "response_type", "code");
	request_param(&url, "scope", scopes);
	request_param(&url, "redirect_uri", redirect_uri);
	request_param(&url, "state", state);
	if (locale == NULL && account->locale != NULL)
		locale = pstrdup(account->locale);
	if (locale != NULL)
		request_param(&url, "locale", locale);
	request_param(&url, "code_challenge", digest_of(code_verifier(account, state)));
	request_param(&url, "code_challenge_method", "S256");
	PG_RETURN_TEXT_P(cstring_to_text(url.data));
}

/* ---- enroll ---- */

/* What the browser was sent back with. */
typedef struct Redirected
{
	char	   *uri;			/* up to the query */
	char	   *code;			/* or NULL */
	char	   *state;
	char	   *scope;			/* granted, or NULL */
	char	   *error;
	char	   *error_description;
} Redirected;

/* A parameter's value, decoded; '+' is a blank there. */
static char *
decoded(const char *value, int length)
{
	char	   *result = pnstrdup(value, length);

	for (int i = 0; i < length; i++)
		if (result[i] == '+')
			result[i] = ' ';
	result[percent_decode(result, length)] = '\0';
	return pg_any_to_server(result, strlen(result), PG_UTF8);
}

static void
note_parameter(Redirected *redirected, const char *name, int name_length, char *value)
{
	struct
	{
		const char *name;
		char	  **value;
	}			wanted[] = {
		{"code", &redirected->code},
		{"state", &redirected->state},
		{"scope", &redirected->scope},
		{"error", &redirected->error},
		{"error_description", &redirected->error_description},
	};

	for (int i = 0; i < lengthof(wanted); i++)
		if ((int) strlen(wanted[i].name) == name_length &&
			strncmp(wanted[i].name, name, name_length) == 0)
			*wanted[i].value = value;
}

static void
read_redirected(const char *url, Redirected *redirected)
{
	const char *at;

	memset(redirected, 0, sizeof(Redirected));
	url += strspn(url, " \t\r\n");
	at = url + strcspn(url, "?# \t\r\n");
	redirected->uri = pnstrdup(url, at - url);
	while (*at == '?' || *at == '&')
	{
		const char *name = ++at;
		int			length = strcspn(name, "&# \t\r\n");
		int			name_length = strcspn(name, "=&# \t\r\n");

		if (name[name_length] == '=')
			note_parameter(redirected, name, name_length,
						   decoded(name + name_length + 1, length - name_length - 1));
		at = name + length;
	}
}

/* Is the signed state one that authorize_url() has made for this address? */
static bool
state_is_of(const Account *account, const char *signed_state, const char *uri)
{
	const char *dot = strrchr(signed_state, '.');
	char	   *mac;
	const char *sent;
	unsigned char differs = 0;

	if (dot == NULL)
		return false;
	mac = state_mac(account, uri, pnstrdup(signed_state, dot - signed_state));
	sent = dot + 1;
	if (strlen(sent) != strlen(mac))
		return false;

	/* in a time that does not tell where they differ */
	for (int i = 0; mac[i] != '\0'; i++)
		differs |= mac[i] ^ sent[i];
	return differs == 0;
}

/*
 * The same of the address that a browser shows: it puts a slash after a host
 * that has no path.  What was asked for is put back.
 */
static bool
state_is_genuine(const Account *account, Redirected *redirected)
{
	const char *host = strstr(redirected->uri, "://");
	const char *path = host != NULL ? strchr(host + strlen("://"), '/') : NULL;
	char	   *bare;

	if (state_is_of(account, redirected->state, redirected->uri))
		return true;
	if (path == NULL || strcmp(path, "/") != 0)
		return false;
	bare = pnstrdup(redirected->uri, path - redirected->uri);
	if (!state_is_of(account, redirected->state, bare))
		return false;
	redirected->uri = bare;
	return true;
}

/* Raises unless there is a code of which we asked. */
static void
check_redirected(const Account *account, Redirected *redirected)
{
	if (redirected->state == NULL || (redirected->code == NULL && redirected->error == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the address has no code and state"),
				 errdetail("After the consent the browser is sent to the redirect_uri, with \"code\" and \"state\" in the address."),
				 errhint("Copy the whole address from the browser's address bar.")));
	if (!state_is_genuine(account, redirected))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the address is not the answer to a request of stellantis.authorize_url"),
				 errdetail("Its state was not made for this application and this redirect_uri.  Nothing has been sent."),
				 errhint("Start again with stellantis.authorize_url for server \"%s\".", account->server_name)));
	if (redirected->code == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 strcmp(redirected->error, "access_denied") == 0 ?
				 errmsg("the owner has not given consent") :
				 errmsg("the page where the owner consents has failed"),
				 errdetail("It answered \"%s%s%s\".",
						   redact(redirected->error, account->secrets, 100),
						   redirected->error_description != NULL ? ": " : "",
						   redirected->error_description != NULL ?
						   redact(redirected->error_description, account->secrets, 300) : ""),
				 strcmp(redirected->error, "invalid_scope") == 0 ?
				 errhint("Start again with stellantis.authorize_url, and other scopes.") :
				 errhint("Start again with stellantis.authorize_url.")));
}

/* The options that hold an answer's tokens. */
static int
token_changes(const OAuthAnswer *answer, MappingChange changes[7])
{
	int			n = 0;

	changes[n++] = (MappingChange) {"access_token", answer->access_token};
	changes[n++] = (MappingChange) {"refresh_token", answer->refresh_token};
	changes[n++] = (MappingChange) {"token_expires_at",
		TIMESTAMP_NOT_FINITE(answer->expires_at) ? NULL :
		pstrdup(timestamptz_to_str(answer->expires_at))};
	changes[n++] = (MappingChange) {"scope", answer->scope};
	changes[n++] = (MappingChange) {"refreshed_at",
		answer->access_token == NULL ? NULL : pstrdup(timestamptz_to_str(GetCurrentTimestamp()))};
	changes[n++] = (MappingChange) {"refresh_error", NULL};
	changes[n++] = (MappingChange) {"refresh_blocked", NULL};
	return n;
}

/* A user mapping for the caller, as CREATE USER MAPPING would make it. */
static void
create_mapping(const Account *account, const OAuthAnswer *answer)
{
	CreateUserMappingStmt *statement = makeNode(CreateUserMappingStmt);
	MappingChange changes[7];
	int			n = token_changes(answer, changes);

	statement->user = makeNode(RoleSpec);
	statement->user->roletype = ROLESPEC_CURRENT_USER;
	statement->user->location = -1;
	statement->servername = pstrdup(account->server_name);
	for (int i = 0; i < n; i++)
		if (changes[i].value != NULL)
			statement->options = lappend(statement->options,
										 makeDefElem(pstrdup(changes[i].name),
													 (Node *) makeString(pstrdup(changes[i].value)), -1));
	CreateUserMapping(statement);
}

/* Locks a mapping for a change in this transaction; raises when it cannot. */
static HeapTuple
lock_for_change(Relation rel, Oid umid)
{
	HeapTuple	row = NULL;

	if (mapping_lock(rel, umid, &row) != MAPPING_LOCKED)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("the user mapping is being changed by another transaction"),
				 errdetail("Nothing has been sent."),
				 errhint("Try again when that transaction has ended.")));
	return row;
}

/* The tokens exist here alone: they are flushed to disk even if synchronous_commit is off. */
static void
exchange(const Account *account, const Redirected *redirected, OAuthAnswer *answer)
{
	ForceSyncCommit();
	oauth_exchange(account, redirected->code, redirected->uri,
				   code_verifier(account, redirected->state), answer);
	if (answer->fault != NULL)
		fault_report(ERROR, answer->fault);

	/* some token servers say it only where the consent is given */
	if (answer->scope == NULL && redirected->scope != NULL && text_check(redirected->scope) == NULL)
		answer->scope = redirected->scope;
}

/*
 * Into the caller's own mapping.  It is locked before the code is spent; and
 * no refresh of the old tokens may be under way.
 */
static void
enroll_into(const Account *account, Oid umid, const Redirected *redirected, OAuthAnswer *answer)
{
	Relation	rel = table_open(UserMappingRelationId, RowExclusiveLock);
	MappingChange changes[7];
	HeapTuple	row;
	int			n;

	token_lock(umid);
	row = lock_for_change(rel, umid);
	exchange(account, redirected, answer);
	n = token_changes(answer, changes);
	mapping_write(rel, row, changes, n);
	table_close(rel, NoLock);
	CommandCounterIncrement();
	token_unlock(umid);
}

static void
prevent_read_only(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandDuringRecovery(function);
}

PG_FUNCTION_INFO_V1(stellantis_enroll);

/*
 * enroll(redirected_url, server): the code in the address for tokens (RFC 6749
 * 4.1.3), which go into the caller's user mapping; it is made if there is only
 * PUBLIC's.  Returns the scopes that were granted.  Raises what the token server
 * refuses as 28000.
 */
Datum
stellantis_enroll(PG_FUNCTION_ARGS)
{
	char	   *url = required_argument(fcinfo, 0, "redirected_url");
	Oid			serverid = server_argument(fcinfo, 1);
	const Account *account;
	HeapTuple	own;
	Redirected	redirected;
	OAuthAnswer answer;

	prevent_read_only("enroll()");
	account = caller_account(serverid);
	read_redirected(url, &redirected);
	check_redirected(account, &redirected);
	own = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(GetUserId()),
						  ObjectIdGetDatum(serverid));
	if (HeapTupleIsValid(own))
	{
		Oid			umid = ((Form_pg_user_mapping) GETSTRUCT(own))->oid;

		ReleaseSysCache(own);
		enroll_into(account, umid, &redirected, &answer);
	}
	else
	{
		exchange(account, &redirected, &answer);
		create_mapping(account, &answer);
	}
	oauth_wipe(&answer);
	if (answer.scope == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(answer.scope));
}

/* ---- refresh_token, revoke_token ---- */

PG_FUNCTION_INFO_V1(stellantis_refresh_token);

/*
 * refresh_token(server): new tokens now.  Returns when the new access token
 * expires, or NULL when the token server does not say.
 */
Datum
stellantis_refresh_token(PG_FUNCTION_ARGS)
{
	Oid			serverid = server_argument(fcinfo, 0);
	const Account *account;

	prevent_read_only("refresh_token()");
	account = token_refresh_now(GetUserId(), serverid, CurrentMemoryContext);
	if (TIMESTAMP_NOT_FINITE(account->token_expires_at))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(account->token_expires_at);
}

PG_FUNCTION_INFO_V1(stellantis_revoke_token);

/*
 * revoke_token(server): tells the token server that the caller's tokens are
 * not to be taken any more (RFC 7009), and drops them from the user mapping.
 */
Datum
stellantis_revoke_token(PG_FUNCTION_ARGS)
{
	Oid			serverid = server_argument(fcinfo, 0);
	Oid			umid = account_mapping(GetUserId(), serverid);
	const Account *account;
	Relation	rel;
	HeapTuple	row;
	OAuthAnswer answer;
	OAuthAnswer nothing = {.expires_at = DT_NOEND};
	MappingChange changes[7];
	int			n;

	prevent_read_only("revoke_token()");
	if (!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(GetUserId()),
							   ObjectIdGetDatum(serverid)) &&
		!compat_owns_server(serverid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to revoke the tokens of PUBLIC"),
				 errdetail("The user mapping is shared by all roles: only the server's owner may revoke its tokens.")));
	rel = table_open(UserMappingRelationId, RowExclusiveLock);
	token_lock(umid);
	row = lock_for_change(rel, umid);
	account = caller_account(serverid);
	if (account->refresh_token == NULL && account->access_token == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there are no tokens to revoke for server \"%s\"", account->server_name)));
	oauth_revoke(account, &answer);
	if (answer.fault != NULL)
		fault_report(ERROR, answer.fault);
	n = token_changes(&nothing, changes);
	mapping_write(rel, row, changes, n);
	table_close(rel, NoLock);
	CommandCounterIncrement();
	token_unlock(umid);
	PG_RETURN_VOID();
}
