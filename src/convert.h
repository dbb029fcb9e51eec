/*
 * convert.h
 *	  A slice of a JSON document to a Datum; private to the decoder, but for what
 *	  document.c needs of strings, and percent_decode().
 *
 * Nothing here raises for what a document holds: what cannot be converted is
 * false.  Results are allocated in the current memory context, everything else
 * in buffers that are used again.
 */
#ifndef STELLANTIS_CONVERT_H
#define STELLANTIS_CONVERT_H

#include "datatype/timestamp.h"
#include "decode_lex.h"

typedef struct Converter
{
	MemoryContext context;		/* of the buffers */
	char	   *buffer;
	Size		buffer_size;
	Datum	   *elements;		/* of a list */
	bool	   *element_nulls;
	int			nelements;
	int			max_elements;
	Oid			encoding_proc;	/* UTF-8 to the database encoding, once looked up */
} Converter;

extern void converter_init(Converter *converter);

/*
 * The content of a JSON string, unescaped: in the document, or in the buffer,
 * until that is used again.  False when it is no string of characters: \u0000,
 * half a surrogate pair.
 */
extern bool convert_content(Converter *converter, const JsonSlice *slice,
							const char **content, int *len);

/* A buffer of at least "size" bytes, whose content is kept. */
extern char *convert_reserve(Converter *converter, Size size);

/* UTF-8 to the database encoding; NULL where that cannot be. */
extern text *convert_utf8(Converter *converter, const char *s, int len);
extern bool convert_is_ascii(const char *s, int len);

/* In place; a '%' that no two digits follow stays.  The new length. */
extern int	percent_decode(char *s, int len);

extern bool convert_type_is_supported(Oid type);

/* By the type alone (Conversion CONV_SCALAR, CONV_DURATION). */
extern bool convert_scalar(Converter *converter, const JsonSlice *slice, Oid type,
						   double num, double den, Datum *result);
extern bool convert_text(Converter *converter, const JsonSlice *slice, Datum *result);
extern bool convert_seconds(const JsonSlice *slice, double num, double den,
							Datum *result);
extern bool convert_address(Converter *converter, const JsonSlice *slice, Datum *result);
extern bool convert_last_segment(Converter *converter, const JsonSlice *slice,
								 Datum *result);

/* A JSON number; false when it is too large for a double. */
extern bool convert_double(const JsonSlice *slice, double *result);

/* Gathering a text[]: reset, then one call per element, then the array. */
extern void convert_list_reset(Converter *converter);
extern bool convert_list_add(Converter *converter, const JsonSlice *first,
							 const JsonSlice *second, bool last_segment);
extern Datum convert_list_array(Converter *converter);

/* The names of an object's true members, or of its members whose "member" is true. */
extern bool convert_keys(Converter *converter, const JsonSlice *object,
						 const char *member, Datum *result);

/* in convert_time.c */
extern bool parse_timestamp(const char *s, int len, TimestampTz *result);
extern bool parse_duration(const char *s, int len, Interval *result);

#endif							/* STELLANTIS_CONVERT_H */
