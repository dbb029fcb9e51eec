/*
 * model.h
 *	  What decoding a document should give, found in the plainest way: a tree of
 *	  it, each column's paths followed from the top, and PostgreSQL's own input
 *	  functions where these can tell.
 */
#ifndef STELLANTIS_FUZZ_MODEL_H
#define STELLANTIS_FUZZ_MODEL_H

#include "postgres.h"

#include "decode.h"
#include "tree.h"

/* What a document is, rows first and then how it ends. */
typedef struct ModelDocument
{
	bool		is_json;		/* not too deep, either */
	bool		too_deep;
	bool		broken;			/* it ends as DECODE_BROKEN */
	int			nrows;			/* before that */
	Tree	  **rows;
	int64		total;			/* as in PageEnvelope */
	char	   *next_token;
} ModelDocument;

extern void model_document(const char *json, size_t len, const char *rows_key,
						   const char *row_pointer, ModelDocument *result);

/* What a column of a row should be. */
typedef struct ModelValue
{
	bool		isnull;
	Datum		value;
	double		slack;			/* float8: how far off a rounding may be, in ULPs */
	int64		usec_slack;		/* of a time */
	bool		unsure;			/* anything may be right */
} ModelValue;

extern void model_column(const DecodeColumn *column, Tree *row, ModelValue *result);

/* in model_value.c; each returns false for what cannot be converted */
extern bool model_is_absent(const Tree *tree);
extern bool model_scalar(const Tree *tree, Oid type, double num, double den, ModelValue *result);
extern bool model_text(const Tree *tree, Datum *result);
extern bool model_text_of(const char *utf8, int len, Datum *result);
extern bool model_double(const Tree *tree, double *result);
extern bool model_seconds(const Tree *tree, double num, double den, ModelValue *result);
extern bool model_address(const Tree *tree, Datum *result);
extern bool model_last_segment(const Tree *tree, Datum *result);

/* A text[] of texts, some of which are NULL. */
extern Datum model_list(Datum *texts, bool *nulls, int n);

#endif							/* STELLANTIS_FUZZ_MODEL_H */
