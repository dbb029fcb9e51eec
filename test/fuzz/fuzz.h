/*
 * fuzz.h
 *	  What the files of the fuzz module share.
 *
 * An input is two bytes, which choose what is done with the rest, and the
 * rest.  See README.md for the bytes.
 */
#ifndef STELLANTIS_FUZZ_H
#define STELLANTIS_FUZZ_H

#include "postgres.h"

#include "decode.h"
#include "model.h"

/* What of an input its second byte says. */
#define CHOICE_OBJECT	0x01	/* one object, not a page of rows */
#define CHOICE_DEBUG	0x02	/* messages at DEBUG1 are written */
#define CHOICE_SUBSET(choice) ((choice) >> 2)

/*
 * Raised by nobody: says what is wrong and ends the process, so that the input
 * is kept.
 */
extern void finding(const char *format,...) pg_attribute_printf(1, 2) __attribute__((noreturn));

/* Whether a text is one in the database encoding. */
extern bool is_valid_text(const char *s, int len);

/* A text of the database encoding in UTF-8; NULL when that cannot be. */
extern char *as_utf8(const char *text);

/* in decode_target.c */

/* Reads the table "shapes" (setup.psql): foreign tables, each a shape to decode. */
extern void decode_init(void);
extern void fuzz_decode(int letter, int choice, const char *json, size_t len);

/* A pointer (first line) into a document (the rest). */
extern void fuzz_pointer(int choice, const char *text, size_t len);

/* in collection_target.c */
extern void fuzz_collection(int choice, const uint8 *ops, size_t len);

/* in text_target.c: of error.c, redact.c, option_value.c */
extern const char *const fuzz_secrets[];
extern void fuzz_error(int choice, const char *text, size_t len);
extern void fuzz_redact(int choice, const char *text, size_t len);
extern void fuzz_option(int choice, const char *text, size_t len);

/* in static_target.c: of http_intake.c, qual_eval.c */
extern void fuzz_headers(int choice, const char *text, size_t len);
extern void fuzz_like(int choice, const char *text, size_t len);

/* in mutate.c */
extern void mutate_init(void);

#endif							/* STELLANTIS_FUZZ_H */
