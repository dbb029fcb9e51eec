/*
 * guard.h
 *	  To be included before anything else (-include) in a build with
 *	  AddressSanitizer: what the extension pallocs ends where it ends.
 *
 * To AddressSanitizer, memory is what malloc gave, and PostgreSQL gives chunks
 * out of blocks: who reads beyond one reads the next.  So each chunk gets some
 * bytes more than it was asked for, which are poisoned until it is freed, or
 * its context reset.  PostgreSQL itself, which is not built with sanitizers, is
 * not watched, but for what it hands to functions like memcpy.
 */
#ifndef STELLANTIS_GUARD_H
#define STELLANTIS_GUARD_H

#include "postgres.h"

#include <sanitizer/asan_interface.h>

#include "utils/memutils.h"

/* Weak: each file has them, and the linker takes one. */
#define GUARD_DATA	__attribute__((weak, visibility("hidden")))
#define GUARD		__attribute__((weak, visibility("hidden"), no_sanitize("coverage")))

#define GUARD_BYTES		16
#define GUARD_BUCKETS	4096

typedef struct GuardedContext GuardedContext;

/* A chunk whose end is poisoned. */
typedef struct Guarded
{
	char	   *chunk;
	Size		size;			/* asked for */
	GuardedContext *owner;
	struct Guarded *next;		/* in its bucket */
	struct Guarded *above;		/* of the same context */
	struct Guarded *below;
} Guarded;

struct GuardedContext
{
	MemoryContext context;
	Guarded    *first;
	GuardedContext *next;		/* in its bucket */
	MemoryContextCallback on_reset;
};

GUARD_DATA Guarded *guarded_chunks[GUARD_BUCKETS];
GUARD_DATA GuardedContext *guarded_contexts[GUARD_BUCKETS];

static inline Size
guard_bucket(const void *pointer)
{
	return ((uintptr_t) pointer >> 4) * 2654435761u / 16 % GUARD_BUCKETS;
}

GUARD void
guard_drop(Guarded *guarded)
{
	Guarded   **at = &guarded_chunks[guard_bucket(guarded->chunk)];

	while (*at != guarded)
		at = &(*at)->next;
	*at = guarded->next;
	if (guarded->above != NULL)
		guarded->above->below = guarded->below;
	else
		guarded->owner->first = guarded->below;
	if (guarded->below != NULL)
		guarded->below->above = guarded->above;
	ASAN_UNPOISON_MEMORY_REGION(guarded->chunk + guarded->size, GUARD_BYTES);
	free(guarded);
}

/* A context is reset or deleted. */
GUARD void
guard_reset(void *arg)
{
	GuardedContext *owner = arg;
	GuardedContext **at = &guarded_contexts[guard_bucket(owner->context)];

	while (owner->first != NULL)
		guard_drop(owner->first);
	while (*at != owner)
		at = &(*at)->next;
	*at = owner->next;
	free(owner);
}

GUARD GuardedContext *
guard_context(MemoryContext context)
{
	GuardedContext **bucket = &guarded_contexts[guard_bucket(context)];
	GuardedContext *owner = *bucket;

	while (owner != NULL && owner->context != context)
		owner = owner->next;
	if (owner != NULL)
		return owner;
	owner = calloc(1, sizeof(GuardedContext));
	if (owner == NULL)
		abort();
	owner->context = context;
	owner->next = *bucket;
	*bucket = owner;
	owner->on_reset.func = guard_reset;
	owner->on_reset.arg = owner;
	MemoryContextRegisterResetCallback(context, &owner->on_reset);
	return owner;
}

/* The chunk has GUARD_BYTES more than "size". */
GUARD void *
guard_end(MemoryContext context, void *chunk, Size size)
{
	Guarded    *guarded = calloc(1, sizeof(Guarded));
	Guarded   **bucket = &guarded_chunks[guard_bucket(chunk)];

	if (guarded == NULL)
		abort();
	guarded->chunk = chunk;
	guarded->size = size;
	guarded->owner = guard_context(context);
	guarded->next = *bucket;
	*bucket = guarded;
	guarded->below = guarded->owner->first;
	if (guarded->below != NULL)
		guarded->below->above = guarded;
	guarded->owner->first = guarded;
	ASAN_POISON_MEMORY_REGION(guarded->chunk + size, GUARD_BYTES);
	return chunk;
}

/* False for a chunk that PostgreSQL has made. */
GUARD bool
guard_release(void *chunk)
{
	Guarded    *guarded = guarded_chunks[guard_bucket(chunk)];

	while (guarded != NULL && guarded->chunk != chunk)
		guarded = guarded->next;
	if (guarded == NULL)
		return false;
	guard_drop(guarded);
	return true;
}

GUARD void *
guarded_alloc(MemoryContext context, Size size)
{
	return guard_end(context, MemoryContextAllocHuge(context, size + GUARD_BYTES), size);
}

GUARD void *
guarded_alloc_small(MemoryContext context, Size size)
{
	if (!AllocSizeIsValid(size))
		return MemoryContextAlloc(context, size);	/* which raises */
	return guarded_alloc(context, size);
}

GUARD void *
guarded_alloc_zero(MemoryContext context, Size size)
{
	return memset(guarded_alloc_small(context, size), 0, size);
}

GUARD void *
guarded_repalloc(void *chunk, Size size)
{
	MemoryContext context = GetMemoryChunkContext(chunk);

	if (!guard_release(chunk))
		return repalloc_huge(chunk, size);
	return guard_end(context, repalloc_huge(chunk, size + GUARD_BYTES), size);
}

GUARD void *
guarded_repalloc_small(void *chunk, Size size)
{
	if (!AllocSizeIsValid(size))
		return repalloc(chunk, size);	/* which raises */
	return guarded_repalloc(chunk, size);
}

GUARD void
guarded_free(void *chunk)
{
	(void) guard_release(chunk);
	pfree(chunk);
}

GUARD char *
guarded_strndup(MemoryContext context, const char *s, Size len)
{
	char	   *copy = guarded_alloc_small(context, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

#define palloc(size)						guarded_alloc_small(CurrentMemoryContext, (size))
#define palloc0(size)						guarded_alloc_zero(CurrentMemoryContext, (size))
#define repalloc(chunk, size)				guarded_repalloc_small((chunk), (size))
#define repalloc_huge(chunk, size)			guarded_repalloc((chunk), (size))
#define pfree(chunk)						guarded_free(chunk)
#define MemoryContextAlloc(context, size)	guarded_alloc_small((context), (size))
#define MemoryContextAllocZero(context, size)	guarded_alloc_zero((context), (size))
#define MemoryContextAllocHuge(context, size)	guarded_alloc((context), (size))
#define MemoryContextStrdup(context, s)		guarded_strndup((context), (s), strlen(s))
#define pstrdup(s)							guarded_strndup(CurrentMemoryContext, (s), strlen(s))
#define pnstrdup(s, len)					guarded_strndup(CurrentMemoryContext, (s), strnlen((s), (len)))

#endif							/* STELLANTIS_GUARD_H */
