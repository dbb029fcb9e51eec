/*
 * decode_path.h
 *	  The paths of the wanted columns as one tree that a document is matched
 *	  against; private to the decoder.
 *
 * A node stands for the values at one place of a row.  Whoever wants the
 * values has a slot: the node's own, or one of a list.  Slots and lists are
 * numbered so that those below a node are contiguous: what a member put there
 * is undone, when the member comes again, by clearing a range.
 */
#ifndef STELLANTIS_DECODE_PATH_H
#define STELLANTIS_DECODE_PATH_H

#include "catalog.h"
#include "decode_lex.h"

typedef struct PathNode PathNode;

/* A member of the object at a node. */
typedef struct PathMember
{
	const char *name;			/* UTF-8, unescaped */
	int			len;
	uint64		seen;			/* the visit of an object in which it last came */
	PathNode   *node;
} PathMember;

/* A list that is gathered from the elements of an array. */
typedef struct PathList
{
	PathNode   *part[2];		/* of each element; the second for a+b, or NULL */
	int			id;
} PathList;

typedef enum PathSelection
{
	SELECT_INDEX,				/* name[2] */
	SELECT_POINTER_INDEX,		/* /2 of a pointer: never a lone object */
	SELECT_MATCH,				/* name[type=Fuel], the first */
	SELECT_PREFER,				/* name[type=Thermic?] */
	SELECT_EACH					/* name[], and name[type=Fuel] in a list */
} PathSelection;

/* Elements of the array at a node. */
typedef struct PathSelector
{
	PathSelection selection;
	int			index;
	int			filter;			/* of the node's filters; -1 is none */
	const char *value;			/* that the filter's member must have */
	int			value_len;
	bool		found;			/* in the array at hand */
	PathNode   *node;			/* of the element */
	PathList   *lists;			/* SELECT_EACH */
	int			nlists;
} PathSelector;

/* A member of an array's elements by which they are selected. */
typedef struct PathFilter
{
	const char *name;
	int			len;
	JsonSlice	value;			/* in the element at hand */
} PathFilter;

struct PathNode
{
	int			slot;			/* of the value itself; -1 is none */
	bool		numbered;
	int			slot_begin;		/* slots at and below the node */
	int			slot_end;
	int			list_begin;		/* lists below it */
	int			list_end;
	PathMember *members;
	int			nmembers;
	PathSelector *selectors;
	int			nselectors;
	PathFilter *filters;
	int			nfilters;
};

/* One way to fill a column: one of its paths. */
typedef struct PathAlternative
{
	const char *text;			/* the path, for messages: not NUL-terminated */
	int			text_len;
	const char *name;			/* its last member */
	int			name_len;
	const char *keys_member;	/* name{member}; NULL for name{} */
	PathNode   *node;			/* its value, or NULL for a list */
	PathNode   *list_node;		/* where its list stands */
	int			selector;		/* of list_node, */
	int			list;			/* and the list of that selector */
} PathAlternative;

extern PathNode *path_node_create(void);

/*
 * Adds a column's paths (or pointer) below "root" and returns its alternatives
 * in the current memory context.  Raises when the path is malformed.
 */
extern PathAlternative *path_add_all(PathNode *root, const char *paths,
								 Conversion conversion, int *count);
extern PathAlternative *path_add_pointer(PathNode *root, const char *pointer,
										 bool list, int *count);

/* When all paths are added: numbers slots and lists from those given on. */
extern void path_number(PathNode *node, int *nslots, int *nlists);

extern bool path_conversion_is_list(Conversion conversion);

#endif							/* STELLANTIS_DECODE_PATH_H */
