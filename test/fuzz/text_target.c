/*
 * text_target.c
 *	  Texts of unknown quality: what the far side says in an error, what is
 *	  redacted, what a user writes as an option.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "error.h"
#include "fuzz.h"
#include "mb/pg_wchar.h"
#include "option.h"
#include "option_value.h"
#include "utils/varlena.h"

const char *const fuzz_secrets[] = {
	"s3cret-token-0001", "pa/ss\"w\\ord+%41", "two w\303\266rds", NULL
};

/* ---- secrets ---- */

static int
hex_of(const char *s, int digits)
{
	char		copy[5] = "";

	for (int i = 0; i < digits; i++)
	{
		if (!isxdigit((unsigned char) s[i]))
			return -1;
		copy[i] = s[i];
	}
	return strtol(copy, NULL, 16);
}

/* As a reader of URLs would see the text. */
static char *
url_read(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	while (*text != '\0')
	{
		int			value = *text == '%' ? hex_of(text + 1, 2) : -1;

		appendStringInfoChar(&out, value > 0 ? value : *text);
		text += value > 0 ? 3 : 1;
	}
	return out.data;
}

/* As a reader of JSON would see it. */
static char *
json_read(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	while (*text != '\0')
	{
		int			code = text[0] == '\\' && text[1] == 'u' ? hex_of(text + 2, 4) : -1;
		char		quoted[9] = "\"\\u0000\"";
		char	   *character;
		int			len;

		if (code > 0)
		{
			memcpy(quoted + 3, text + 2, 4);
			character = tree_text(quoted, 8, &len);
			appendStringInfoString(&out, character != NULL ? character : "?");
			text += 6;
			continue;
		}
		if (*text == '\\' && text[1] != '\0')
			text++;
		appendStringInfoChar(&out, *text++);
	}
	return out.data;
}

static const char *
secret_in(const char *server_text, const char *const *secrets)
{
	char	   *text = as_utf8(server_text);

	for (int i = 0; text != NULL && secrets[i] != NULL; i++)
	{
		char	   *secret = as_utf8(secrets[i]);

		if (secret == NULL)
			continue;
		if (strstr(text, secret) != NULL || strstr(url_read(text), secret) != NULL ||
			strstr(json_read(text), secret) != NULL)
			return secrets[i];
	}
	return NULL;
}

/* What may be shown: valid, on one line, and without secrets. */
static void
check_shown(const char *what, const char *text, const char *const *secrets, size_t maxlen)
{
	const char *secret;

	if (text == NULL)
		return;
	if (strlen(text) > maxlen)
		finding("%s: %zu bytes and not %zu", what, strlen(text), maxlen);
	if (!is_valid_text(text, strlen(text)))
		finding("%s: not in the database encoding", what);
	for (const unsigned char *c = (const unsigned char *) text; *c != '\0'; c++)
	{
		if (*c < ' ' || *c == 0x7f)
			finding("%s: the control character %d", what, *c);
	}
	secret = secret_in(text, secrets);
	if (secret != NULL)
		finding("%s: \"%s\" shows the secret \"%s\"", what, text, secret);
}

/* ---- error.c ---- */

static void
check_fault(const Fault *fault, const char *const *secrets)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int raised = 0;

	check_shown("message", fault->message, secrets, 2000);
	check_shown("detail", fault->detail, secrets, 4000);
	check_shown("hint", fault->hint, secrets, 4000);
	if (strstr(fault->message, fault->reason) == NULL)
		finding("the message \"%s\" has not its reason \"%s\"", fault->message, fault->reason);

	fault_report(WARNING, fault);
	PG_TRY();
	{
		fault_report(ERROR, fault);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		raised = geterrcode();
		FlushErrorState();
	}
	PG_END_TRY();
	if (raised == 0 || raised != fault->sqlerrcode)
		finding("the fault has SQLSTATE %s, raised was %s", pstrdup(unpack_sql_state(fault->sqlerrcode)),
				unpack_sql_state(raised));
}

/* The first line is the content type, or libcurl's words; the rest is the body. */
void
fuzz_error(int choice, const char *text, size_t len)
{
	static const int statuses[] = {200, 204, 302, 400, 401, 403, 404, 406, 408, 410, 429, 500, 503, 599};
	const char *end = memchr(text, '\n', len);
	FaultContext context = {.vehicle = "VR3UHZKXZPT000001",.server_name = "sim",.secrets = fuzz_secrets};
	HttpAnswer	answer = {.outcome = HTTP_ANSWERED,.attempts = 1 + choice % 3,.url = "http://localhost/"};
	char	   *body;
	bool		no_data;

	if (end == NULL)
		return;
	body = malloc(text + len - end);
	if (body == NULL)
		return;
	answer.body_len = text + len - (end + 1);
	memcpy(body, end + 1, answer.body_len);
	body[answer.body_len] = '\0';
	answer.body = body;
	answer.error = answer.content_type = pnstrdup(text, Min(end - text, 255));
	answer.retry_after_ms = (choice & 1) ? -1 : (int64) choice << 30;
	answer.quota = (HttpQuota) {.limit_day = choice - 1,.remaining_day = choice % 5 - 1,.limit_second = -1,.remaining_second = -1};
	context.resource = (choice & 2) ? catalog_resource("trips") : NULL;
	if (choice % 16 == 15)
	{
		answer.outcome = HTTP_NAME_FAULT + (choice >> 4) % (HTTP_OTHER_FAULT - HTTP_NAME_FAULT + 1);
		answer.file = (choice & 0x40) ? "/etc/cert.pem" : NULL;
	}
	else
		answer.status = statuses[choice % lengthof(statuses)];

	no_data = answer_is_no_data(&answer);
	if (no_data && answer.status != 404)
		finding("a %d says that there is nothing", answer.status);
	check_shown("answer", answer_told(&answer, &context), fuzz_secrets, 4000);
	check_fault(fault_of_answer(&answer, &context), fuzz_secrets);
	check_fault(fault_of_content(&context, pnstrdup(text, end - text), body), fuzz_secrets);
	free(body);
}

/* ---- redact.c ---- */

/*
 * The first line is a secret more, the rest the text.  A secret that the
 * marks of redaction, or a blank in place of what is not shown, could make up
 * is no fair one.
 */
void
fuzz_redact(int choice, const char *text, size_t len)
{
	const char *secrets[5];
	const char *end = memchr(text, '\n', len);
	size_t		maxlen = choice * 4;
	int			n = 0;
	char	   *copy;

	if (end == NULL)
		return;
	while (fuzz_secrets[n] != NULL)
	{
		secrets[n] = fuzz_secrets[n];
		n++;
	}
	secrets[n] = pnstrdup(text, end - text);
	if (strlen(secrets[n]) < 8 || !is_valid_text(secrets[n], strlen(secrets[n])) ||
		strpbrk(secrets[n], "*? ") != NULL || text_check(secrets[n]) != NULL)
		secrets[n] = NULL;
	else
		secrets[n + 1] = NULL;

	/* what follows the text is not ours to read */
	copy = malloc(text + len - end);
	if (copy == NULL)
		return;
	memcpy(copy, end + 1, text + len - (end + 1));
	copy[text + len - (end + 1)] = '\0';
	check_shown("redacted", redact(copy, secrets, maxlen), secrets, maxlen);
	check_shown("redacted", redact(copy, secrets, 1000000), secrets, 1000000);
	if (strlen(redact(copy, NULL, 10)) > 10)
		finding("more than 10 bytes");
	free(copy);
}

/* ---- option_value.c ---- */

static void
check_reason(const char *reason, const char *value)
{
	if (reason != NULL && strlen(value) > 12 && strstr(reason, value) != NULL)
		finding("the reason \"%s\" repeats the value", reason);
}

static void
check_number(const char *what, const char *reason, const char *value, double number)
{
	check_reason(reason, value);
	if (reason == NULL && isnan(number) && pg_strncasecmp(value + strspn(value, " \t\r\n\v\f+-"), "nan", 3) != 0)
		finding("\"%s\" as %s is not a number", value, what);
}

static void
check_url(const char *value)
{
	UrlParts	parts;
	UrlParts	again;
	const char *reason = url_parse(value, &parts);
	char	   *entry;
	char	   *setting;
	char	   *saved = allowed_hosts;

	check_reason(reason, value);
	if (reason != NULL)
		return;
	for (const char *c = parts.host; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c > '~' || strchr("/?#@\\\"", *c) != NULL)
			finding("\"%s\" has the host \"%s\"", value, parts.host);
	}
	if (parts.port < 1 || parts.port > 65535)
		finding("\"%s\" has the port %d", value, parts.port);

	/* what the hint tells to write does what it tells */
	entry = host_entry(&parts);
	if ((reason = url_parse(parts.plain ? entry : psprintf("https://%s", entry), &again)) != NULL)
		finding("\"%s\" makes the entry \"%s\": %s", value, entry, reason);
	if (strcmp(parts.host, again.host) != 0 || parts.port != again.port || parts.plain != again.plain || again.has_path)
		finding("\"%s\" makes the entry \"%s\", which is another host", value, entry);
	setting = psprintf("\"other.example\", \"%s\"", entry);
	if (!check_allowed_hosts(&setting, NULL, PGC_S_SESSION))
		finding("\"%s\" makes the setting %s, which is refused", value, setting);
	allowed_hosts = setting;
	if (!host_is_allowed(&parts))
		finding("\"%s\" is not allowed by %s", value, setting);
	allowed_hosts = "other.example";
	if (pg_strcasecmp(parts.host, "other.example") != 0 && host_is_allowed(&parts))
		finding("\"%s\" is allowed, and need not be", value);
	allowed_hosts = saved;
}

void
fuzz_option(int choice, const char *text, size_t len)
{
	char	   *value = pnstrdup(text, len);
	char	   *saved;
	double		number = 0;

	/* PostgreSQL lets no other text come that far */
	if (strlen(value) != len || !is_valid_text(value, len))
		return;
	check_number("duration", duration_parse(value, &number), value, number);
	check_number("size", size_parse(value, &number), value, number);
	check_number("integer", integer_parse(value, &number), value, number);
	check_number("number", real_parse(value, &number), value, number);
	check_reason(timestamp_check(value), value);
	check_reason(text_check(value), value);
	check_reason(file_check(value), value);
	check_reason(token_check(value), value);
	check_url(value);

	saved = value;
	(void) check_allowed_hosts(&saved, NULL, PGC_S_SESSION);
	/* names in documents are UTF-8: a pointer that cannot be is refused, as it should be */
	if (json_pointer_is_valid(value) && strlen(value) < 1000 && as_utf8(value) != NULL)
	{
		DecodeColumn column = {.type = JSONBOID,.pointer = value,.scale_num = 1,.scale_den = 1};

		(void) decoder_create(&column, 1, NULL, NULL);
	}
}
