/*
 * decode_lex.h
 *	  PostgreSQL's JSON lexer as a reader that moves over members, elements
 *	  and whole values; private to the decoder and document.c.
 *
 * Every function leaves the reader on the last token of what it read, and
 * reports a broken document by its result; none of them raises.
 */
#ifndef STELLANTIS_DECODE_LEX_H
#define STELLANTIS_DECODE_LEX_H

#include "compat.h"

/* A value nested deeper than this makes its document broken. */
#define JSON_MAX_NESTING 512

/*
 * A value where it stands in the document, quotes and brackets included.
 * Objects and arrays have the type of their first token; JSON_TOKEN_INVALID,
 * which is 0, says that there is none.
 */
typedef struct JsonSlice
{
	const char *start;
	int			len;
	JsonTokenType type;
} JsonSlice;

/* Copying "lex" is a bookmark: assigned back, it rewinds the reader. */
typedef struct JsonReader
{
	JsonLexContext lex;
	int			depth;			/* objects and arrays that are open */
	uint32		skipped;		/* values, since the document began */
	char		error[128];		/* why the document is broken */
} JsonReader;

typedef enum ReaderStep
{
	READER_BROKEN,
	READER_ITEM,				/* on the first token of the item's value */
	READER_END					/* on the closing bracket */
} ReaderStep;

extern void reader_init(JsonReader *reader, const char *json, size_t len);

/* Always false: the current token does not belong there, or is too deep. */
extern bool reader_unexpected(JsonReader *reader);
extern bool reader_too_deep(JsonReader *reader);

/* To the next token, JSON_TOKEN_END after the last; false if there is none. */
extern bool reader_next(JsonReader *reader);

/* Over the value whose first token is the current one, checking all of it. */
extern bool reader_skip(JsonReader *reader);

static inline bool
reader_next_is(JsonReader *reader, JsonTokenType type)
{
	if (!reader_next(reader))
		return false;
	return reader->lex.token_type == type || reader_unexpected(reader);
}

static inline JsonSlice
reader_token(const JsonReader *reader)
{
	JsonSlice	slice;

	slice.start = reader->lex.token_start;
	slice.len = reader->lex.token_terminator - reader->lex.token_start;
	slice.type = reader->lex.token_type;
	return slice;
}

static inline bool
reader_enter(JsonReader *reader)
{
	return ++reader->depth <= JSON_MAX_NESTING || reader_too_deep(reader);
}

/*
 * To the first token of the next item, from the opening bracket (then it is the
 * first) or the end of the item before it.
 */
static inline ReaderStep
reader_item(JsonReader *reader, bool first, JsonTokenType closing)
{
	if (!reader_next(reader))
		return READER_BROKEN;
	if (reader->lex.token_type == closing)
		return READER_END;
	if (first)
		return READER_ITEM;
	if (reader->lex.token_type != JSON_TOKEN_COMMA)
	{
		reader_unexpected(reader);
		return READER_BROKEN;
	}
	return reader_next(reader) ? READER_ITEM : READER_BROKEN;
}

/* The next member's value, of which the name is passed over. */
static inline ReaderStep
reader_member(JsonReader *reader, bool first, JsonSlice *name)
{
	ReaderStep	step = reader_item(reader, first, JSON_TOKEN_OBJECT_END);

	if (step != READER_ITEM)
		return step;
	if (reader->lex.token_type != JSON_TOKEN_STRING)
	{
		reader_unexpected(reader);
		return READER_BROKEN;
	}
	*name = reader_token(reader);
	return reader_next_is(reader, JSON_TOKEN_COLON) && reader_next(reader) ?
		READER_ITEM : READER_BROKEN;
}

/* The next element. */
static inline ReaderStep
reader_element(JsonReader *reader, bool first)
{
	return reader_item(reader, first, JSON_TOKEN_ARRAY_END);
}

#endif							/* STELLANTIS_DECODE_LEX_H */
