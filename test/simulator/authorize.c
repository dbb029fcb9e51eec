/*
 * authorize.c
 *		The OAuth2 endpoint where a browser is sent, and sent back from with a
 *		code; and what scopes the owner grants.
 */
#include "oauth.h"

#include <ctype.h>

/* False: one of them is unknown. */
bool
scopes_asked(const char *s, unsigned *scopes)
{
	*scopes = 0;
	while (*(s += strspn(s, ", ")))
	{
		size_t		n = strcspn(s, ", ");
		unsigned	bit = scope_bit(s, n);

		if (bit == 0)
			return false;
		*scopes |= bit;
		s += n;
	}
	return true;
}

/* What the owner grants of it. */
unsigned
scopes_granted(unsigned asked)
{
	return strcmp(config.grant_scopes, "all") == 0 ? asked : asked & scopes_parse(config.grant_scopes);
}

static void
authorize_page(Request *r, const char *what)
{
	r->status = 400;
	r->content_type = "text/html;charset=UTF-8";
	r->body.len = 0;
	buf_printf(&r->body, "<html><head><title>400</title></head><body><h1>Bad Request</h1><p>%s</p></body></html>", what);
}

/* An absolute URI without fragment, and nothing in it that breaks a header. */
static bool
uri_right(const char *uri)
{
	const char *colon = strchr(uri, ':');

	if (colon == NULL || !isalpha((unsigned char) *uri) || strchr(uri, '#'))
		return false;
	for (const char *p = uri; *p; p++)
		if ((unsigned char) *p <= ' ' || (unsigned char) *p >= 0x7f)
			return false;
	return strcspn(uri, "/?") > (size_t) (colon - uri);
}

static void
location_param(Buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_str(b, strchr(b->data, '?') ? "&" : "?");
	buf_printf(b, "%s=", name);
	percent_encode(b, value);
}

static void
redirect_back(Request *r, Buf *location)
{
	r->status = 302;
	answer_header(r, "Location", location->data);
	answer_header(r, "Cache-Control", "no-store");
	buf_free(location);
}

static void
redirect_error(Request *r, const char *uri, const char *error, const char *description)
{
	Buf			location = {0};

	buf_str(&location, uri);
	location_param(&location, "error", error);
	location_param(&location, "error_description", description);
	location_param(&location, "state", request_param(r, "state"));
	redirect_back(r, &location);
}

/* The error of RFC 6749, 4.1.2.1 (and 7636, 4.4.1), or NULL when it is right. */
static const char *
authorize_refusal(Request *r, unsigned *scopes, const char **why)
{
	const char *type = request_param(r, "response_type");
	const char *scope = request_param(r, "scope");
	const char *challenge = request_param(r, "code_challenge");
	const char *method = request_param(r, "code_challenge_method");

	*why = "a parameter is given more than once";
	if (param_repeated(r->params, r->nparams))
		return "invalid_request";
	*why = "response_type is missing";
	if (type == NULL)
		return "invalid_request";
	*why = "response_type must be code";
	if (strcmp(type, "code") != 0)
		return "unsupported_response_type";
	*why = "scope is missing";
	if (scope == NULL || *scope == '\0')
		return "invalid_request";
	*why = "a scope is unknown";
	if (!scopes_asked(scope, scopes))
		return "invalid_scope";
	*why = "code_challenge_method must be S256";
	if ((challenge || method) && (method == NULL || strcmp(method, "S256") != 0))
		return "invalid_request";
	*why = "code_challenge must have 43 characters";
	if (method && (challenge == NULL || strlen(challenge) != 43))
		return "invalid_request";
	*why = "the owner refuses";
	*scopes = scopes_granted(*scopes);
	return config.consent == CONSENT_REFUSED || *scopes == 0 ? "access_denied" : NULL;
}

void
answer_authorize(Request *r)
{
	const char *client = request_param(r, "client_id");
	const char *uri = request_param(r, "redirect_uri");
	const char *error;
	const char *why;
	char		made_up[UUID_LEN + 1];
	unsigned	scopes;
	Buf			location = {0};
	Buf			scope = {0};

	if (strcmp(r->method, "GET") != 0)
		oauth_error(r, 405, "method_not_allowed", "Required Method: GET");
	else if (client == NULL || (config.client_id[0] && strcmp(client, config.client_id) != 0))
		authorize_page(r, "The client is unknown.");
	else if (uri == NULL || !uri_right(uri) || (config.redirect_uri[0] && strcmp(uri, config.redirect_uri) != 0))
		authorize_page(r, "The redirect_uri is missing, or not one that is registered.");
	else if ((error = authorize_refusal(r, &scopes, &why)) != NULL)
		redirect_error(r, uri, error, why);
	else
	{
		buf_str(&location, uri);
		buf_str(&scope, "");
		scopes_text(&scope, scopes);
		location_param(&location, "scope", scope.data);
		location_param(&location, "state", request_param(r, "state"));
		uuid_make(made_up);
		location_param(&location, "code", r->idle ? made_up :
					   code_new(scopes, uri, request_param(r, "code_challenge"))->value);
		redirect_back(r, &location);
		buf_free(&scope);
	}
}
