/*
 * document.c
 *	  Members of a JSON document that holds no rows: an error, a token.
 *
 * No library does this: PostgreSQL and the JSON libraries have functions of one
 * name (json_object), and where a library is not linked with -Bsymbolic, its own
 * calls of it reach PostgreSQL's.
 */
#include "postgres.h"

#include "convert.h"
#include "document.h"

static void
take_value(Converter *converter, const JsonSlice *value, DocumentMember *member)
{
	const char *content;
	int			len;

	document_wipe(member, 1);
	member->type = value->type;
	if (value->type == JSON_TOKEN_STRING && convert_content(converter, value, &content, &len))
		member->text = pnstrdup(content, len);
	else if (value->type == JSON_TOKEN_NUMBER)
		member->text = pnstrdup(value->start, value->len);
}

static DocumentMember *
find_member(Converter *converter, const JsonSlice *name, DocumentMember *members, int nmembers)
{
	const char *content;
	int			len;

	if (!convert_content(converter, name, &content, &len))
		return NULL;
	for (int i = 0; i < nmembers; i++)
		if (strlen(members[i].name) == len && memcmp(members[i].name, content, len) == 0)
			return &members[i];
	return NULL;
}

/* To the end of the outermost object; false if it is broken. */
static bool
read_object(JsonReader *reader, Converter *converter, DocumentMember *members, int nmembers)
{
	JsonSlice	name;
	ReaderStep	step;
	bool		first = true;

	if (!reader_enter(reader))
		return false;
	while ((step = reader_member(reader, first, &name)) == READER_ITEM)
	{
		DocumentMember *member = find_member(converter, &name, members, nmembers);
		JsonSlice	value = reader_token(reader);

		first = false;
		if (!reader_skip(reader))
			return false;
		if (member != NULL)
			take_value(converter, &value, member);
	}
	reader->depth--;
	return step == READER_END;
}

DocumentKind
document_read(const char *json, size_t len, DocumentMember *members, int nmembers)
{
	JsonReader	reader;
	Converter	converter;
	bool		is_object,
				ok;

	for (int i = 0; i < nmembers; i++)
	{
		members[i].type = JSON_TOKEN_INVALID;
		members[i].text = NULL;
	}

	/* the lexer lets a NUL pass behind a backslash */
	if (len >= MaxAllocSize || memchr(json, '\0', len) != NULL)
		return DOCUMENT_BROKEN;
	reader_init(&reader, json, len);
	if (!reader_next(&reader))
		return DOCUMENT_BROKEN;
	is_object = reader.lex.token_type == JSON_TOKEN_OBJECT_START;
	converter_init(&converter);
	ok = is_object ? read_object(&reader, &converter, members, nmembers) : reader_skip(&reader);
	if (converter.buffer != NULL)
		explicit_bzero(converter.buffer, converter.buffer_size);
	if (!ok || !reader_next_is(&reader, JSON_TOKEN_END))
	{
		document_wipe(members, nmembers);
		return DOCUMENT_BROKEN;
	}
	return is_object ? DOCUMENT_OBJECT : DOCUMENT_OTHER;
}

void
document_wipe(DocumentMember *members, int nmembers)
{
	for (int i = 0; i < nmembers; i++)
	{
		if (members[i].text != NULL)
			explicit_bzero(members[i].text, strlen(members[i].text));
		members[i].type = JSON_TOKEN_INVALID;
		members[i].text = NULL;
	}
}
