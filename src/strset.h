/*
 * strset.h
 *	  A set of strings: ids and page tokens seen.  Members are not copied,
 *	  but by strset_entry().
 */
#ifndef STELLANTIS_STRSET_H
#define STELLANTIS_STRSET_H

#include "postgres.h"

#include "common/hashfn.h"

typedef struct StrSetEntry
{
	const char *key;
	void	   *value;			/* the user's, NULL at first */
	char		status;
} StrSetEntry;

#define SH_PREFIX strset
#define SH_ELEMENT_TYPE StrSetEntry
#define SH_KEY_TYPE const char *
#define SH_KEY key
#define SH_HASH_KEY(tb, key) hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* False if it was there already. */
static inline bool
strset_add(strset_hash *set, const char *key)
{
	bool		found;
	StrSetEntry *entry = strset_insert(set, key, &found);

	if (!found)
		entry->value = NULL;
	return !found;
}

/* Its entry; a new one gets a copy of the key in that context. */
static inline StrSetEntry *
strset_entry(strset_hash *set, const char *key, MemoryContext context, bool *found)
{
	StrSetEntry *entry = strset_lookup(set, key);
	bool		again;

	*found = entry != NULL;
	if (entry != NULL)
		return entry;
	entry = strset_insert(set, MemoryContextStrdup(context, key), &again);
	entry->value = NULL;
	return entry;
}

#endif							/* STELLANTIS_STRSET_H */
