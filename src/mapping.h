/*
 * mapping.h
 *	  Changes the options of a user mapping by its OID: what ALTER USER MAPPING
 *	  does, without names, statements and their traces.
 */
#ifndef STELLANTIS_MAPPING_H
#define STELLANTIS_MAPPING_H

#include "postgres.h"

#include "access/htup.h"
#include "utils/relcache.h"

/* An option that gets a value, or (value NULL) goes. */
typedef struct MappingChange
{
	const char *name;
	const char *value;
} MappingChange;

typedef enum MappingLock
{
	MAPPING_LOCKED,
	MAPPING_GONE,				/* dropped */
	MAPPING_BUSY				/* another transaction is changing it */
} MappingLock;

/*
 * Locks the row of a mapping until the end of the transaction, without
 * waiting: the newest version of it, a copy, is in *tuple.  "rel" is
 * pg_user_mapping, opened with RowExclusiveLock.
 */
extern MappingLock mapping_lock(Relation rel, Oid umid, HeapTuple *tuple);

/*
 * Changes options of a row that mapping_lock() has locked.  The validator is
 * not asked: what a token server has sent must not be lost to an opinion.
 */
extern void mapping_write(Relation rel, HeapTuple tuple, const MappingChange *changes,
						  int nchanges);

/*
 * True if this very transaction has made, or changed, the mapping: then no
 * other process sees it as we do.
 */
extern bool mapping_is_ours(Oid umid);

/* True if this transaction keeps others from changing any mapping. */
extern bool mapping_table_is_locked(void);

#endif							/* STELLANTIS_MAPPING_H */
