/*
 * mapping.c
 *	  Changes the options of a user mapping by its OID.
 *
 * AlterUserMapping() would do it by names, which may change meanwhile, takes no
 * lock that keeps others from changing the row between reading and writing it,
 * and is reached by a statement, whose text the log and pg_stat_statements may
 * keep.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "mapping.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* How often a row that changes under our eyes is looked for again. */
#define MAX_TRIES	10

/* Locks the version of the row that "tuple" is, and reads it anew. */
static TM_Result
lock_version(Relation rel, HeapTuple tuple, HeapTuple *locked)
{
	HeapTupleData target = {.t_self = tuple->t_self,.t_tableOid = RelationGetRelid(rel)};
	TM_FailureData failure;
	Buffer		buffer;
	TM_Result	result;

	result = heap_lock_tuple(rel, &target, GetCurrentCommandId(true), LockTupleExclusive,
							 LockWaitSkip, false, &buffer, &failure);
	if (result == TM_Ok)
		*locked = heap_copytuple(&target);
	ReleaseBuffer(buffer);
	return result;
}

MappingLock
mapping_lock(Relation rel, Oid umid, HeapTuple *tuple)
{
	for (int i = 0; i < MAX_TRIES; i++)
	{
		HeapTuple	seen;
		TM_Result	result;

		AcceptInvalidationMessages();
		seen = SearchSysCacheCopy1(USERMAPPINGOID, ObjectIdGetDatum(umid));
		if (!HeapTupleIsValid(seen))
			return MAPPING_GONE;
		result = lock_version(rel, seen, tuple);
		heap_freetuple(seen);
		if (result == TM_Ok)
			return MAPPING_LOCKED;
		if (result != TM_Updated && result != TM_Deleted)
			return MAPPING_BUSY;
	}
	return MAPPING_BUSY;
}

static bool
has_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
		if (strcmp(((DefElem *) lfirst(lc))->defname, name) == 0)
			return true;
	return false;
}

/* The changes as ALTER USER MAPPING ... OPTIONS would have them. */
static List *
alter_options(List *present, const MappingChange *changes, int nchanges)
{
	List	   *result = NIL;

	for (int i = 0; i < nchanges; i++)
	{
		bool		there = has_option(present, changes[i].name);
		const char *value = changes[i].value;

		if (value == NULL && !there)
			continue;
		result = lappend(result,
						 makeDefElemExtended(NULL, pstrdup(changes[i].name),
											 value == NULL ? NULL : (Node *) makeString(pstrdup(value)),
											 value == NULL ? DEFELEM_DROP :
											 there ? DEFELEM_SET : DEFELEM_ADD, -1));
	}
	return result;
}

void
mapping_write(Relation rel, HeapTuple tuple, const MappingChange *changes, int nchanges)
{
	Datum		values[Natts_pg_user_mapping] = {0};
	bool		nulls[Natts_pg_user_mapping] = {false};
	bool		replaced[Natts_pg_user_mapping] = {false};
	bool		isnull;
	Datum		options = heap_getattr(tuple, Anum_pg_user_mapping_umoptions,
									   RelationGetDescr(rel), &isnull);
	List	   *present = isnull ? NIL : untransformRelOptions(options);
	HeapTuple	changed;

	options = transformGenericOptions(UserMappingRelationId,
									  isnull ? PointerGetDatum(NULL) : options,
									  alter_options(present, changes, nchanges), InvalidOid);
	values[Anum_pg_user_mapping_umoptions - 1] = options;
	nulls[Anum_pg_user_mapping_umoptions - 1] = DatumGetPointer(options) == NULL;
	replaced[Anum_pg_user_mapping_umoptions - 1] = true;
	changed = heap_modify_tuple(tuple, RelationGetDescr(rel), values, nulls, replaced);
	CatalogTupleUpdate(rel, &changed->t_self, changed);
	InvokeObjectPostAlterHook(UserMappingRelationId,
							  ((Form_pg_user_mapping) GETSTRUCT(tuple))->oid, 0);
}

bool
mapping_table_is_locked(void)
{
	Relation	rel = table_open(UserMappingRelationId, AccessShareLock);
	bool		locked = CheckRelationLockedByMe(rel, ShareLock, true);

	table_close(rel, AccessShareLock);
	return locked;
}

bool
mapping_is_ours(Oid umid)
{
	HeapTuple	tuple = SearchSysCache1(USERMAPPINGOID, ObjectIdGetDatum(umid));
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		return false;
	ours = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	ReleaseSysCache(tuple);
	return ours;
}
