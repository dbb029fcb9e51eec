/*
 * decode_walk.h
 *	  The descent into a value by the tree of the wanted paths, which notes the
 *	  wanted values as slices of the document; private to the decoder.
 */
#ifndef STELLANTIS_DECODE_WALK_H
#define STELLANTIS_DECODE_WALK_H

#include "convert.h"
#include "decode_path.h"

typedef enum ListState
{
	LIST_ABSENT,				/* or null */
	LIST_PRESENT,
	LIST_WRONG					/* something that is no array */
} ListState;

/* A list of the row at hand; PathList.id is its number. */
typedef struct ListSlot
{
	ListState	state;
	int			nitems;
	int			max_items;
	JsonSlice (*items)[2];
} ListSlot;

typedef struct Walker
{
	MemoryContext context;
	JsonReader	reader;
	Converter	converter;		/* also for names that are written with escapes */
	JsonSlice  *slots;			/* PathNode.slot is an index of this */
	ListSlot   *lists;			/* PathList.id of this */
	uint64		visits;			/* objects whose members were looked at */
} Walker;

extern void walker_init(Walker *walker, int nslots, int nlists);

/* Forgets what was noted at and below a node. */
extern void walk_clear(Walker *walker, const PathNode *node);

/*
 * From the first token of a value to its last, noting what is wanted of it;
 * false when the document is broken.
 */
extern bool walk_value(Walker *walker, PathNode *node);

/* Whether a JSON string is this one, however it is written. */
extern bool walk_name_is(Walker *walker, const JsonSlice *name,
						 const char *wanted, int wanted_len);

#endif							/* STELLANTIS_DECODE_WALK_H */
