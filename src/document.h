/*
 * document.h
 *	  Members of a JSON document that holds no rows: an error, a token.
 */
#ifndef STELLANTIS_DOCUMENT_H
#define STELLANTIS_DOCUMENT_H

#include "decode_lex.h"

typedef enum DocumentKind
{
	DOCUMENT_BROKEN,			/* no JSON */
	DOCUMENT_OBJECT,
	DOCUMENT_OTHER				/* JSON, but no object */
} DocumentKind;

typedef struct DocumentMember
{
	const char *name;			/* the caller's */
	JsonTokenType type;			/* of its value; JSON_TOKEN_INVALID: there is none */
	char	   *text;			/* a string's content, in UTF-8; a number as it is written; or NULL */
} DocumentMember;

/*
 * Looks for members of the outermost object; the last of a name counts.  The
 * document must be NUL-terminated at json[len].  Never raises for what it
 * holds; texts are allocated in the current memory context.
 */
extern DocumentKind document_read(const char *json, size_t len, DocumentMember *members,
								  int nmembers);

/* Overwrites the texts: they may be secrets. */
extern void document_wipe(DocumentMember *members, int nmembers);

#endif							/* STELLANTIS_DOCUMENT_H */
