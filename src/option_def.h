/*
 * option_def.h
 *	  The options as data, for the validator and the readers.
 */
#ifndef STELLANTIS_OPTION_DEF_H
#define STELLANTIS_OPTION_DEF_H

#include "postgres.h"

#include "catalog.h"
#include "lib/stringinfo.h"

/* Where an option may stand; bits. */
#define ON_SERVER	0x1
#define ON_MAPPING	0x2
#define ON_TABLE	0x4
#define ON_COLUMN	0x8

typedef struct OptionContext
{
	Oid			catalog;
	int			bit;
	const char *noun;
	const char *statement;		/* what sets an option there */
} OptionContext;

/* What a value must look like. */
typedef enum OptionKind
{
	KIND_ANY,					/* written by the refresh: must never be refused */
	KIND_TEXT,					/* no control characters */
	KIND_TOKEN,					/* goes into a header or a URL as it is */
	KIND_FILE,					/* absolute path */
	KIND_URL,					/* API, OAuth: the host needs leave */
	KIND_PROXY,					/* the same, and no path */
	KIND_CALLBACK,				/* URL that we never connect to */
	KIND_TIMESTAMP,
	KIND_POINTER,				/* RFC 6901 */
	KIND_BOOLEAN,
	KIND_CHOICE,				/* one of "choices" */
	KIND_RESOURCE,				/* one of the catalog's */
	KIND_INTEGER,				/* from here on numbers: see is_number() */
	KIND_REAL,
	KIND_DURATION,				/* milliseconds */
	KIND_SIZE					/* bytes */
} OptionKind;

typedef struct OptionDef
{
	const char *name;
	int			contexts;
	OptionKind	kind;
	const char *initial;		/* default, or NULL where there is none */
	double		min;			/* numbers only */
	double		max;
	const char *const *choices; /* KIND_CHOICE; NULL-terminated */
	bool		secret;
	const char *unused;			/* why it has no effect yet, or NULL */
} OptionDef;

/* What a brand decides, as the vendor's documentation lists it. */
typedef struct Brand
{
	const char *name;
	const char *realm;
	const char *auth_url;
} Brand;

/* in option_def.c */
extern const OptionDef option_defs[];
extern const int option_ndefs;
extern const OptionContext option_contexts[];
extern const int option_ncontexts;

/* The option of that name in one of the contexts (bits), or NULL. */
extern const OptionDef *find_option(const char *name, int contexts);

/* The context of a system catalog, or NULL for those without options. */
extern const OptionContext *find_context(Oid catalog);

/* "name" may be NULL; NULL when there is no such brand. */
extern const Brand *find_brand(const char *name);

/* in option_check.c: these raise when the value is not what the option takes */
extern void check_value(const OptionDef *def, const char *value);
extern const Resource *check_resource(const OptionDef *def, const char *value);

/* The value of a number, in the unit of its kind. */
extern double number_of(const OptionDef *def, const char *value);

/* Raises when setting the value takes more than owning the object. */
extern void check_privilege(const OptionDef *def, const char *value);

/* How to write a value of the option, or NULL where the detail says enough. */
extern const char *option_hint(const OptionDef *def);

#endif							/* STELLANTIS_OPTION_DEF_H */
