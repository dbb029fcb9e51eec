/*
 * share_store.h
 *	  Answers that are kept: in memory, and what does not fit there in a file.
 */
#ifndef STELLANTIS_SHARE_STORE_H
#define STELLANTIS_SHARE_STORE_H

#include "postgres.h"

#include "http.h"

typedef struct AnswerStore AnswerStore;
typedef struct KeptAnswer KeptAnswer;

/*
 * All that it keeps lives in "context", and in a file of the resource owner of
 * the moment: an error takes both away.
 */
extern AnswerStore *store_create(MemoryContext context);

/* Memory that is used for something else than answers, but counts. */
extern void store_count(AnswerStore *store, size_t bytes);

/* A copy; it stays where it is while the store lives. */
extern KeptAnswer *store_keep(AnswerStore *store, const HttpAnswer *answer);

/* The answer; only store_body() has its body. */
extern const HttpAnswer *store_answer(const KeptAnswer *kept);

/*
 * The body, NUL-terminated.  *read is what was palloc'd for it in the current
 * memory context, or NULL.
 */
extern const char *store_body(AnswerStore *store, const KeptAnswer *kept, char **read);

/* At the end of a query that had no error; the memory goes with the context. */
extern void store_close(AnswerStore *store);

#endif							/* STELLANTIS_SHARE_STORE_H */
