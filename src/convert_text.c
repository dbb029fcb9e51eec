/*
 * convert_text.c
 *	  Strings of a JSON document to text: escapes, encodings, links, lists.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "convert.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

void
converter_init(Converter *converter)
{
	memset(converter, 0, sizeof(Converter));
	converter->context = CurrentMemoryContext;
}

/* A buffer of at least "size" bytes; its content is kept. */
char *
convert_reserve(Converter *converter, Size size)
{
	if (converter->buffer == NULL)
	{
		converter->buffer_size = Max(size, 1024);
		converter->buffer = MemoryContextAllocHuge(converter->context,
												   converter->buffer_size);
	}
	else if (size > converter->buffer_size)
	{
		converter->buffer_size = Max(size, 2 * converter->buffer_size);
		converter->buffer = repalloc_huge(converter->buffer, converter->buffer_size);
	}
	return converter->buffer;
}

/* Four hexadecimal digits, which the lexer has checked. */
static pg_wchar
hex_code(const char *s)
{
	pg_wchar	code = 0;

	for (int i = 0; i < 4; i++)
	{
		char		c = s[i];

		code = code * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code;
}

/* The code point of \uXXXX at "s", of a pair perhaps; its length, or 0. */
static int
unicode_escape(const char *s, const char *end, pg_wchar *code)
{
	*code = hex_code(s + 2);
	if (*code == 0 || is_utf16_surrogate_second(*code))
		return 0;
	if (!is_utf16_surrogate_first(*code))
		return 6;
	if (end - s < 12 || s[6] != '\\' || s[7] != 'u' ||
		!is_utf16_surrogate_second(hex_code(s + 8)))
		return 0;
	*code = surrogate_pair_to_codepoint(*code, hex_code(s + 8));
	return 12;
}

/*
 * The inside of a JSON string, which the lexer has accepted, without its
 * escapes.  "result" needs room for "len" bytes: no escape is shorter than what
 * it stands for.  The length, or -1 where there is no such character.
 */
static int
unescape(const char *s, int len, char *result)
{
	static const char letters[] = "bfnrt";
	static const char controls[] = "\b\f\n\r\t";
	const char *end = s + len;
	char	   *out = result;

	while (s < end)
	{
		if (*s != '\\')
			*out++ = *s++;
		else if (s[1] == 'u')
		{
			pg_wchar	code;
			int			consumed = unicode_escape(s, end, &code);

			if (consumed == 0)
				return -1;
			unicode_to_utf8(code, (unsigned char *) out);
			out += pg_utf_mblen((unsigned char *) out);
			s += consumed;
		}
		else
		{
			const char *letter = strchr(letters, s[1]);

			*out++ = letter ? controls[letter - letters] : s[1];
			s += 2;
		}
	}
	return out - result;
}

bool
convert_content(Converter *converter, const JsonSlice *slice,
				const char **content, int *len)
{
	char	   *buffer;

	*content = slice->start + 1;
	*len = slice->len - 2;
	if (memchr(*content, '\\', *len) == NULL)
		return true;

	buffer = convert_reserve(converter, *len + 1);
	*len = unescape(*content, *len, buffer);
	if (*len < 0)
		return false;
	buffer[*len] = '\0';
	*content = buffer;
	return true;
}

bool
convert_is_ascii(const char *s, int len)
{
	for (int i = 0; i < len; i++)
	{
		if (IS_HIGHBIT_SET(s[i]))
			return false;
	}
	return true;
}

/*
 * UTF-8 in the database encoding, as a text; NULL where it is no UTF-8, or the
 * encoding lacks a character.  An SQL_ASCII database takes bytes as they are.
 */
text *
convert_utf8(Converter *converter, const char *s, int len)
{
	int			encoding = GetDatabaseEncoding();
	text	   *result;
	int			consumed;

	if (pg_encoding_verifymbstr(PG_UTF8, s, len) != len)
		return NULL;
	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || convert_is_ascii(s, len))
		return cstring_to_text_with_len(s, len);

	if (!OidIsValid(converter->encoding_proc))
		converter->encoding_proc = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(converter->encoding_proc) ||
		len >= (MaxAllocSize - VARHDRSZ) / MAX_CONVERSION_GROWTH)
		return NULL;
	result = palloc(VARHDRSZ + len * MAX_CONVERSION_GROWTH + 1);
	consumed = pg_do_encoding_conversion_buf(converter->encoding_proc,
											 PG_UTF8, encoding,
											 (unsigned char *) unconstify(char *, s), len,
											 (unsigned char *) VARDATA(result),
											 len * MAX_CONVERSION_GROWTH + 1, true);
	if (consumed != len)
	{
		pfree(result);
		return NULL;
	}
	SET_VARSIZE(result, VARHDRSZ + strlen(VARDATA(result)));
	return result;
}

bool
convert_text(Converter *converter, const JsonSlice *slice, Datum *result)
{
	const char *content;
	int			len;
	text	   *value;

	if (slice->type != JSON_TOKEN_STRING ||
		!convert_content(converter, slice, &content, &len))
		return false;
	value = convert_utf8(converter, content, len);
	*result = PointerGetDatum(value);
	return value != NULL;
}

int
percent_decode(char *s, int len)
{
	char	   *out = s;

	for (int i = 0; i < len; i++)
	{
		if (s[i] == '%' && i + 2 < len &&
			isxdigit((unsigned char) s[i + 1]) && isxdigit((unsigned char) s[i + 2]))
		{
			char		code[] = {s[i + 1], s[i + 2], '\0'};

			*out++ = strtol(code, NULL, 16);
			i += 2;
		}
		else
			*out++ = s[i];
	}
	return out - s;
}

/* The path of a URL: what follows its host, without query and fragment. */
static void
url_path(const char **url, int *len)
{
	const char *s = *url;
	const char *end = s;
	const char *host = NULL;

	for (; end < s + *len && *end != '?' && *end != '#'; end++)
	{
		if (host == NULL && *end == ':' && s + *len - end > 2 &&
			end[1] == '/' && end[2] == '/')
			host = end + 3;
	}
	if (host != NULL)
	{
		for (s = host; s < end && *s != '/'; s++)
			;
	}
	*url = s;
	*len = end - s;
}

/*
 * A URL without what may be a secret in it: user and password, query, fragment.
 * What has no "//" is told from a user and password by nothing, so it is cut
 * likewise.
 */
bool
convert_address(Converter *converter, const JsonSlice *slice, Datum *result)
{
	const char *content;
	const char *path;
	const char *host;
	const char *scheme_end;
	int			len;
	int			path_len;
	char	   *address;
	text	   *value;

	if (slice->type != JSON_TOKEN_STRING ||
		!convert_content(converter, slice, &content, &len))
		return false;
	path = content;
	path_len = len;
	url_path(&path, &path_len);
	len = path + path_len - content;	/* without query and fragment */

	scheme_end = content;
	for (const char *s = content; s + 2 < path && scheme_end == content; s++)
		if (memcmp(s, "://", 3) == 0)
			scheme_end = s + 3;
	host = scheme_end;
	for (const char *s = scheme_end; s < content + len && (s < path || scheme_end == content); s++)
		if (*s == '@')
			host = s + 1;

	address = palloc(len + 1);
	memcpy(address, content, scheme_end - content);
	memcpy(address + (scheme_end - content), host, content + len - host);
	value = convert_utf8(converter, address, len - (host - scheme_end));
	pfree(address);
	*result = PointerGetDatum(value);
	return value != NULL;
}

bool
convert_last_segment(Converter *converter, const JsonSlice *slice, Datum *result)
{
	const char *content;
	int			len;
	int			start;
	char	   *segment;
	text	   *value;

	if (slice->type != JSON_TOKEN_STRING ||
		!convert_content(converter, slice, &content, &len))
		return false;
	url_path(&content, &len);
	while (len > 0 && content[len - 1] == '/')
		len--;
	for (start = len; start > 0 && content[start - 1] != '/'; start--)
		;
	content += start;
	len -= start;
	if (len == 0)
		return false;

	if (memchr(content, '%', len) != NULL)
	{
		/* The content may stand in the buffer itself, which then is large enough. */
		segment = convert_reserve(converter, len);
		memmove(segment, content, len);
		len = percent_decode(segment, len);
		content = segment;
	}
	value = convert_utf8(converter, content, len);
	*result = PointerGetDatum(value);
	return value != NULL;
}

static void
append_element(Converter *converter, Datum element, bool ok)
{
	int			n = converter->nelements;

	if (converter->elements == NULL)
	{
		converter->max_elements = 16;
		converter->elements =
			MemoryContextAlloc(converter->context, 16 * sizeof(Datum));
		converter->element_nulls =
			MemoryContextAlloc(converter->context, 16 * sizeof(bool));
	}
	else if (n == converter->max_elements)
	{
		converter->max_elements *= 2;
		converter->elements =
			repalloc_huge(converter->elements, 2 * n * sizeof(Datum));
		converter->element_nulls =
			repalloc_huge(converter->element_nulls, 2 * n * sizeof(bool));
	}
	converter->elements[n] = ok ? element : (Datum) 0;
	converter->element_nulls[n] = !ok;
	converter->nelements++;
}

void
convert_list_reset(Converter *converter)
{
	converter->nelements = 0;
}

/* A text of both strings. */
static bool
concatenate(Converter *converter, const JsonSlice *first, const JsonSlice *second,
			Datum *result)
{
	Datum		a,
				b;

	if (!convert_text(converter, first, &a))
		return false;
	if (!convert_text(converter, second, &b))
	{
		pfree(DatumGetPointer(a));
		return false;
	}
	*result = DirectFunctionCall2(textcat, a, b);
	pfree(DatumGetPointer(a));
	pfree(DatumGetPointer(b));
	return true;
}

static bool
is_missing(const JsonSlice *slice)
{
	return slice->type == JSON_TOKEN_INVALID || slice->type == JSON_TOKEN_NULL;
}

/* False when a value that is there became a NULL element. */
bool
convert_list_add(Converter *converter, const JsonSlice *first, const JsonSlice *second,
				 bool last_segment)
{
	Datum		element = (Datum) 0;
	bool		ok;

	if (last_segment)
		ok = convert_last_segment(converter, first, &element);
	else if (second != NULL)
		ok = concatenate(converter, first, second, &element);
	else
		ok = convert_text(converter, first, &element);
	append_element(converter, element, ok);
	return ok || is_missing(first) || (second != NULL && is_missing(second));
}

Datum
convert_list_array(Converter *converter)
{
	int			dims[1] = {converter->nelements};
	int			lower[1] = {1};
	ArrayType  *array;

	if (converter->nelements == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	array = construct_md_array(converter->elements, converter->element_nulls,
							   1, dims, lower, TEXTOID, -1, false, TYPALIGN_INT);
	for (int i = 0; i < converter->nelements; i++)
	{
		if (!converter->element_nulls[i])
			pfree(DatumGetPointer(converter->elements[i]));
	}
	return PointerGetDatum(array);
}

/* On the first token of a member's value: whether its name counts. */
static bool
key_counts(Converter *converter, JsonReader *reader, const char *member)
{
	bool		counts = false;
	ReaderStep	step;
	JsonSlice	name;
	const char *content;
	int			len;

	if (member == NULL || reader->lex.token_type != JSON_TOKEN_OBJECT_START)
	{
		counts = (member == NULL && reader->lex.token_type == JSON_TOKEN_TRUE);
		reader_skip(reader);
		return counts;
	}
	for (bool first = true;
		 (step = reader_member(reader, first, &name)) == READER_ITEM;
		 first = false)
	{
		if (convert_content(converter, &name, &content, &len) &&
			len == strlen(member) && memcmp(content, member, len) == 0)
			counts = (reader->lex.token_type == JSON_TOKEN_TRUE);
		reader_skip(reader);
	}
	return counts;
}

/* Of two members of one name the last counts. */
static void
drop_key(Converter *converter, Datum key)
{
	text	   *wanted = DatumGetTextPP(key);

	for (int i = 0; i < converter->nelements; i++)
	{
		text	   *element = (text *) DatumGetPointer(converter->elements[i]);

		if (element == NULL || VARSIZE_ANY(element) != VARSIZE_ANY(wanted) ||
			memcmp(element, wanted, VARSIZE_ANY(wanted)) != 0)
			continue;
		pfree(element);
		converter->nelements--;
		for (; i < converter->nelements; i++)
		{
			converter->elements[i] = converter->elements[i + 1];
			converter->element_nulls[i] = converter->element_nulls[i + 1];
		}
	}
}

bool
convert_keys(Converter *converter, const JsonSlice *object, const char *member,
			 Datum *result)
{
	JsonReader	reader;
	JsonSlice	name;

	if (object->type != JSON_TOKEN_OBJECT_START)
		return false;
	convert_list_reset(converter);
	reader_init(&reader, object->start, object->len);
	reader_next(&reader);
	for (bool first = true;
		 reader_member(&reader, first, &name) == READER_ITEM;
		 first = false)
	{
		bool		counts = key_counts(converter, &reader, member);
		Datum		key = (Datum) 0;
		bool		ok;

		/* The names are few; an absurd number of them can be cancelled. */
		CHECK_FOR_INTERRUPTS();
		if (!counts && converter->nelements == 0)
			continue;
		ok = convert_text(converter, &name, &key);
		if (ok)
			drop_key(converter, key);
		if (counts)
			append_element(converter, key, ok);
		else if (ok)
			pfree(DatumGetPointer(key));
	}
	*result = convert_list_array(converter);
	return true;
}
