/*
 * decode_lex.c
 *	  Reading a JSON document token by token: skipping what is not wanted, and
 *	  the words for a document that is broken.
 *
 * Most tokens are punctuation, or strings without escapes.  Those are read here
 * and all others by json_lex(): that takes a sixth off the time of a page of
 * which little is wanted, half of which was json_lex()'s.
 *
 * The words quote punctuation and bare words only, never a string: an answer
 * may hold what must not get into a log.
 */
#include "postgres.h"

#include <ctype.h>

#include "decode_lex.h"
#include "miscadmin.h"

/* Values skipped between two looks at whether the query is to end. */
#define VALUES_PER_CHECK	4096

void
reader_init(JsonReader *reader, const char *json, size_t len)
{
	compat_json_lex_init(&reader->lex, json, len);
	reader->depth = 0;
	reader->skipped = 0;
	reader->error[0] = '\0';
}

/* Where the current token begins, counted from 1. */
static size_t
token_position(const JsonReader *reader)
{
	const char *at = reader->lex.token_start;

	if (at == NULL)
		at = reader->lex.token_terminator;
	return at - reader->lex.input + 1;
}

/* Says that the "len" bytes of the current token are wrong. */
static void
say_wrong(JsonReader *reader, const char *what, int len)
{
	const char *token = reader->lex.token_start;
	size_t		position = token_position(reader);

	if (token == NULL || position > reader->lex.input_length)
		snprintf(reader->error, sizeof(reader->error),
				 "The document ends too early, at byte %zu.", position - 1);
	else if (*token == '"')
		snprintf(reader->error, sizeof(reader->error),
				 "The string at byte %zu is %s.", position, what);
	else if (*token <= ' ' || *token > '~')
		snprintf(reader->error, sizeof(reader->error),
				 "The character with code %d at byte %zu is %s.",
				 (unsigned char) *token, position, what);
	else
		snprintf(reader->error, sizeof(reader->error),
				 "Token \"%.*s\" is %s at byte %zu.", len, token, what, position);
}

bool
reader_unexpected(JsonReader *reader)
{
	int			len = 0;

	if (reader->lex.token_start != NULL)
		len = Min(reader->lex.token_terminator - reader->lex.token_start, 20);
	say_wrong(reader, "unexpected", len);
	return false;
}

/* Always false: what follows is no token. */
static bool
bad_token(JsonReader *reader, JsonParseErrorType error)
{
	const char *token = reader->lex.token_start;
	int			len = 0;

	/* All other errors are a string's; the "token" may begin within it. */
	if (error != JSON_INVALID_TOKEN)
	{
		snprintf(reader->error, sizeof(reader->error),
				 "The string at byte %zu is invalid.", token_position(reader));
		return false;
	}

	while (len < 20 && (isalnum((unsigned char) token[len]) ||
						(token[len] != '\0' && strchr("+-.", token[len]) != NULL)))
		len++;
	say_wrong(reader, "invalid", Max(len, 1));
	return false;
}

bool
reader_too_deep(JsonReader *reader)
{
	snprintf(reader->error, sizeof(reader->error),
			 "The document is nested deeper than %d levels at byte %zu.",
			 JSON_MAX_NESTING, token_position(reader));
	return false;
}

/* Tokens of one character; for any other it is JSON_TOKEN_INVALID, 0. */
static const uint8 punctuation[256] = {
	['{'] = JSON_TOKEN_OBJECT_START,
	['}'] = JSON_TOKEN_OBJECT_END,
	['['] = JSON_TOKEN_ARRAY_START,
	[']'] = JSON_TOKEN_ARRAY_END,
	[','] = JSON_TOKEN_COMMA,
	[':'] = JSON_TOKEN_COLON
};

/*
 * Behind a string that holds no escape, from its opening quote; NULL if it is
 * another one, or broken.  A NUL ends the document, so that no length need be
 * looked at.
 */
static const char *
plain_string_end(const char *s)
{
	do
		s++;
	while (*s != '"' && *s != '\\' && (unsigned char) *s >= ' ');
	return *s == '"' ? s + 1 : NULL;
}

bool
reader_next(JsonReader *reader)
{
	JsonLexContext *lex = &reader->lex;
	const char *start = lex->token_terminator;
	const char *end = NULL;
	JsonTokenType type = JSON_TOKEN_INVALID;
	JsonParseErrorType result;

	while (*start == ' ' || *start == '\n')
		start++;
	if (start < lex->input + lex->input_length)
	{
		type = punctuation[(unsigned char) *start];
		if (type != JSON_TOKEN_INVALID)
			end = start + 1;
		else if (*start == '"')
		{
			type = JSON_TOKEN_STRING;
			end = plain_string_end(start);
		}
	}
	if (end == NULL)
	{
		result = json_lex(lex);
		return likely(result == JSON_SUCCESS) || bad_token(reader, result);
	}
	lex->prev_token_terminator = lex->token_terminator;
	lex->token_start = unconstify(char *, start);
	lex->token_terminator = unconstify(char *, end);
	lex->token_type = type;
	return true;
}

/* Iterative, so that no document can exhaust the stack. */
bool
reader_skip(JsonReader *reader)
{
	uint8		is_object[JSON_MAX_NESTING + 1];
	int			floor = reader->depth;

	for (;;)
	{
		ReaderStep	step;
		bool		first = false;
		JsonSlice	name;

		/* A document can be all of this, and as large as a server likes. */
		if (++reader->skipped % VALUES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();

		/* On the first token of a value. */
		switch (reader->lex.token_type)
		{
			case JSON_TOKEN_OBJECT_START:
			case JSON_TOKEN_ARRAY_START:
				if (!reader_enter(reader))
					return false;
				is_object[reader->depth] =
					(reader->lex.token_type == JSON_TOKEN_OBJECT_START);
				first = true;
				break;
			case JSON_TOKEN_STRING:
			case JSON_TOKEN_NUMBER:
			case JSON_TOKEN_TRUE:
			case JSON_TOKEN_FALSE:
			case JSON_TOKEN_NULL:
				break;
			default:
				return reader_unexpected(reader);
		}

		/* To the next value, out of what ends before it. */
		for (;;)
		{
			if (reader->depth == floor)
				return true;
			step = is_object[reader->depth]
				? reader_member(reader, first, &name)
				: reader_element(reader, first);
			if (step != READER_END)
				break;
			reader->depth--;
			first = false;
		}
		if (step == READER_BROKEN)
			return false;
	}
}
