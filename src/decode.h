/*
 * decode.h
 *	  JSON -> Datum: the bytes of an answer to rows, decoding only the columns
 *	  that are wanted.  Knows no network.
 */
#ifndef STELLANTIS_DECODE_H
#define STELLANTIS_DECODE_H

#include "catalog.h"

/* One wanted column. */
typedef struct DecodeColumn
{
	Oid			type;
	Conversion	conversion;
	const char *paths;			/* as in CatalogColumn */
	const char *pointer;		/* instead of paths: an RFC 6901 JSON pointer ("" = the whole row) */
	int			scale_num;
	int			scale_den;
} DecodeColumn;

typedef struct Decoder Decoder;

/*
 * A decoder for documents of one shape.  Lives in the current memory context;
 * "columns" is copied, its strings are not.
 *
 * rows_key: for a collection, the key in _embedded whose array holds the rows
 * (matched without regard to case); NULL when the document itself is the row.
 * row_pointer: for a single object, the member that is the row, or NULL.
 */
extern Decoder *decoder_create(const DecodeColumn *columns, int ncolumns,
							   const char *rows_key, const char *row_pointer);

/* True if a JSON pointer is well formed (RFC 6901). */
extern bool json_pointer_is_valid(const char *pointer);

/* True if a column of this type can be filled by the option "field". */
extern bool decode_supports_type(Oid type);

/* What a collection's document says of itself. */
typedef struct PageEnvelope
{
	bool		complete;		/* false: members after the rows are not read yet */
	bool		links_seen;		/* _links is read */
	int64		total;			/* rows over all pages; -1 when not said (yet) */
	char	   *next_token;		/* pageToken of the next link, decoded; NULL when there is none (yet) */
} PageEnvelope;

typedef enum DecodeResult
{
	DECODE_ROW,
	DECODE_END,
	DECODE_BROKEN				/* not JSON, or not of the shape: see decoder_error() */
} DecodeResult;

/*
 * Begins a document.  "json" must be NUL-terminated at json[len] and stay
 * valid until the last decode_row().  Reads members up to the rows only, so
 * that in the usual order (_links, total, _embedded) the next page is known
 * before the first row is decoded.  Returns DECODE_ROW when rows can be read,
 * or DECODE_BROKEN.  A document without the rows' array is broken; an empty
 * array is zero rows.  The envelope is allocated in the current context.
 */
extern DecodeResult decode_begin(Decoder *decoder, const char *json, size_t len,
								 PageEnvelope *envelope);

/*
 * The next row: values and nulls, one per column, allocated in the current
 * memory context.  At DECODE_END the envelope of decode_begin() is complete,
 * and the whole document has been checked to be JSON.
 */
extern DecodeResult decode_row(Decoder *decoder, Datum *values, bool *nulls);

/* Why a document is broken, e.g. "Token \"}\" is invalid at byte 17." */
extern const char *decoder_error(Decoder *decoder);

#endif							/* STELLANTIS_DECODE_H */
