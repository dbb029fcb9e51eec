/*
 * tree.h
 *	  JSON documents as trees, for the model and the mutator: the plainest
 *	  parser there is, which has nothing in common with the one under test.
 */
#ifndef STELLANTIS_FUZZ_TREE_H
#define STELLANTIS_FUZZ_TREE_H

#include "postgres.h"

#include "lib/stringinfo.h"

typedef enum TreeType
{
	TREE_NULL,
	TREE_FALSE,
	TREE_TRUE,
	TREE_NUMBER,
	TREE_STRING,
	TREE_ARRAY,
	TREE_OBJECT
} TreeType;

typedef struct Tree
{
	TreeType	type;
	const char *start;			/* as it is written, quotes included */
	int			len;
	const char *name;			/* of a member, as it is written; else NULL */
	int			name_len;
	struct Tree **items;		/* elements, or members */
	int			nitems;
	int			max_items;
} Tree;

/* NULL when it is not JSON (RFC 8259), or nested deeper than that. */
extern Tree *tree_parse(const char *json, size_t len, int max_depth, bool *too_deep);

extern void tree_add(Tree *parent, Tree *item);

/* Containers are written from their items, everything else as it was. */
extern void tree_write(StringInfo out, const Tree *tree);

/* What a string stands for, as UTF-8; NULL when that is no text. */
extern char *tree_text(const char *quoted, int quoted_len, int *len);

/* Whether a name or string, as it is written, stands for this. */
extern bool tree_text_is(const char *quoted, int quoted_len, const char *wanted, int len);

/* The member of an object that counts: the last of that name; or NULL. */
extern Tree *tree_member(const Tree *tree, const char *name, int len);

#endif							/* STELLANTIS_FUZZ_TREE_H */
