/*
 * redact.c
 *	  Text from the far side, made fit to be shown: without secrets however
 *	  they are spelt, valid in the database encoding, harmless, and cut.
 *	  Never raises for what such a text holds.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "compat.h"
#include "error.h"
#include "lib/stringinfo.h"

/* Bytes; nothing that is shown of a text is beyond. */
#define MOST_LOOKED_AT	((size_t) 64 * 1024)

/* How a secret may be written. */
typedef enum Spelling
{
	SPELT_RAW,
	SPELT_URL,					/* %xx, and '+' for a space */
	SPELT_JSON					/* \/, \", \uxxxx */
} Spelling;

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
hex_pair(const char *text)
{
	int			high = hex_digit(text[0]);
	int			low = high < 0 ? -1 : hex_digit(text[1]);

	return low < 0 ? -1 : high * 16 + low;
}

/* The code of \uxxxx at "text", or -1. */
static int
json_code(const char *text)
{
	int			high;
	int			low;

	if (text[0] != '\\' || text[1] != 'u' || (high = hex_pair(text + 2)) < 0)
		return -1;
	low = hex_pair(text + 4);
	return low < 0 ? -1 : high * 256 + low;
}

/*
 * The character of \uxxxx at "text", of a pair perhaps, as UTF-8; returns how
 * many bytes that took, 0 if it is none.
 */
static size_t
read_json_escape(const char *text, char *utf8)
{
	int			code = json_code(text);
	int			second;
	size_t		len = 6;

	if (code <= 0)
		return 0;
	if (is_utf16_surrogate_first(code) && (second = json_code(text + 6)) >= 0 &&
		is_utf16_surrogate_second(second))
	{
		code = surrogate_pair_to_codepoint(code, second);
		len = 12;
	}
	unicode_to_utf8(code, (unsigned char *) utf8);
	utf8[pg_utf_mblen((unsigned char *) utf8)] = '\0';
	return len;
}

/*
 * Reads one character (a byte, where bytes are spelt) as UTF-8; returns how
 * many bytes that took.
 */
static size_t
read_spelt(const char *text, Spelling spelling, char utf8[MAX_UNICODE_EQUIVALENT_STRING])
{
	int			value;
	size_t		len;

	utf8[0] = *text;
	utf8[1] = '\0';
	if (spelling == SPELT_URL)
	{
		if (*text == '%' && (value = hex_pair(text + 1)) > 0)
		{
			utf8[0] = (char) value;
			return 3;
		}
		if (*text == '+')
			utf8[0] = ' ';
	}
	else if (spelling == SPELT_JSON && *text == '\\' && text[1] != '\0')
	{
		if ((len = read_json_escape(text, utf8)) > 0)
			return len;
		utf8[0] = text[1];
		return 2;
	}
	return 1;
}

/*
 * The length of "secret" at the start of "text" in one spelling, or 0.
 */
static size_t
match_spelt(const char *text, const char *secret, Spelling spelling)
{
	const char *at = text;

	while (*secret != '\0')
	{
		char		utf8[MAX_UNICODE_EQUIVALENT_STRING];
		size_t		len;

		if (*at == '\0')
			return 0;
		len = read_spelt(at, spelling, utf8);
		if (strncmp(secret, utf8, strlen(utf8)) == 0)
			secret += strlen(utf8);
		else if (*at == '+' && *secret == '+')
			secret++;			/* which may have been left as it is */
		else
			return 0;
		at += len;
	}
	return at - text;
}

/*
 * The longest secret at the start of "text", or 0.
 */
static size_t
match_secret(const char *text, const char *const *secrets)
{
	size_t		longest = 0;

	for (; secrets != NULL && *secrets != NULL; secrets++)
	{
		for (Spelling spelling = SPELT_RAW; spelling <= SPELT_JSON; spelling++)
		{
			size_t		len = match_spelt(text, *secrets, spelling);

			longest = Max(longest, len);
		}
	}
	return longest;
}

/*
 * Converts as much as can be converted, each other character to '?'; palloc'd.
 */
static char *
convert_leniently(const char *text, int from, int to)
{
	int			left = strlen(text);
	StringInfoData out;
	Oid			proc;

	if (from == to || to == PG_SQL_ASCII || from == PG_SQL_ASCII)
		return pstrdup(text);

	initStringInfo(&out);
	proc = FindDefaultConversionProc(from, to);
	while (left > 0)
	{
		int			chunk = Min(left, 1024);
		int			room = chunk * MAX_CONVERSION_GROWTH + 1;
		int			done = 0;

		if (OidIsValid(proc))
		{
			enlargeStringInfo(&out, room);
			done = pg_do_encoding_conversion_buf(proc, from, to,
												 unconstify(unsigned char *, (const unsigned char *) text),
												 chunk,
												 (unsigned char *) out.data + out.len,
												 room, true);
			out.len += strlen(out.data + out.len);
		}
		if (done == 0)
		{
			bool		ascii = (unsigned char) *text < 0x80;

			appendStringInfoChar(&out, ascii ? *text : '?');
			done = Min(pg_encoding_mblen(from, text), left);
		}
		text += done;
		left -= done;
	}
	return out.data;
}

/*
 * Characters that would break up or disguise a line of the log: controls, line
 * separators, changes of writing direction.
 */
static bool
is_harmful(const unsigned char *c, int len)
{
	if (len == 1)
		return *c < 0x20 || *c == 0x7f;
	if (len == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (len == 3 && c[0] == 0xe2)
		return (c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
			(c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
	return false;
}

/*
 * Appends the UTF-8 of "text" to "out", up to maxlen bytes.  Secrets are
 * looked for in the text itself, so that none is seen in part where it is cut.
 * A text may be as large as an answer, and hold next to nothing that is shown:
 * so much of it is looked at.
 */
static void
append_redacted(StringInfo out, const char *text, const char *const *secrets, size_t maxlen)
{
	size_t		left = strnlen(text, MOST_LOOKED_AT);

	while (left > 0 && out->len < maxlen)
	{
		size_t		len = match_secret(text, secrets);

		if (len > 0)
			appendStringInfoString(out, "***");
		else
		{
			int			valid = pg_encoding_verifymbchar(PG_UTF8, text, (int) Min(left, 4));

			len = Max(valid, 1);
			if (valid < 0)
				appendStringInfoChar(out, '?');
			else if (!is_harmful((const unsigned char *) text, valid))
				appendBinaryStringInfo(out, text, valid);
			else if (out->len > 0 && out->data[out->len - 1] != ' ')
				appendStringInfoChar(out, ' ');
		}
		text += len;
		left -= Min(len, left);
	}
}

/*
 * The secrets as the far side would write them: in UTF-8.
 */
static const char *const *
secrets_in_utf8(const char *const *secrets)
{
	int			n = 0;
	const char **copies;

	if (secrets == NULL || GetDatabaseEncoding() == PG_UTF8)
		return secrets;
	while (secrets[n] != NULL)
		n++;
	copies = palloc0((n + 1) * sizeof(char *));
	for (int i = 0; i < n; i++)
		copies[i] = convert_leniently(secrets[i], GetDatabaseEncoding(), PG_UTF8);
	return copies;
}

/* The most bytes that one of the secrets takes, in any spelling. */
static size_t
longest_spelling(const char *const *secrets)
{
	size_t		longest = 0;

	for (; secrets != NULL && *secrets != NULL; secrets++)
		longest = Max(longest, strlen(*secrets) * strlen("\\u0000"));
	return longest;
}

char *
redact(const char *text, const char *const *secrets, size_t maxlen)
{
	const char *const *wanted = secrets_in_utf8(secrets);
	StringInfoData clean;
	StringInfoData utf8;
	char	   *result;
	int			len;

	/*
	 * Twice: what is not shown leaves a blank or a '?', which may be just what
	 * the rest lacked to be a secret.
	 */
	initStringInfo(&clean);
	append_redacted(&clean, text, wanted, maxlen + longest_spelling(wanted));
	initStringInfo(&utf8);
	append_redacted(&utf8, clean.data, wanted, maxlen);
	result = convert_leniently(utf8.data, PG_UTF8, GetDatabaseEncoding());
	len = strlen(result);
	if (len > maxlen)
		result[pg_mbcliplen(result, len, (int) maxlen)] = '\0';
	pfree(clean.data);
	pfree(utf8.data);
	return result;
}
