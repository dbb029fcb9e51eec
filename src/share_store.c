/*
 * share_store.c
 *	  Answers that are kept: in memory, and what does not fit there in a file.
 *
 * Bodies take memory up to work_mem.  From there on new ones are appended to a
 * temporary file; none ever moves, so that whoever reads one from memory needs
 * no copy.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "commands/tablespace.h"
#include "share_store.h"
#include "storage/buffile.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

struct AnswerStore
{
	MemoryContext context;
	ResourceOwner owner;		/* of the file */
	size_t		used;			/* bytes of memory */
	BufFile    *file;			/* NULL until it is needed */
	int			end_fileno;		/* where the next body is written to */
	off_t		end_offset;
};

struct KeptAnswer
{
	HttpAnswer	answer;			/* its body is "" if it is in the file */
	bool		in_file;
	int			fileno;
	off_t		offset;
};

AnswerStore *
store_create(MemoryContext context)
{
	AnswerStore *store = MemoryContextAllocZero(context, sizeof(AnswerStore));

	store->context = context;
	store->owner = CurrentResourceOwner;
	return store;
}

void
store_count(AnswerStore *store, size_t bytes)
{
	store->used += bytes;
}

static char *
keep_text(AnswerStore *store, const char *text)
{
	if (text == NULL)
		return NULL;
	store_count(store, strlen(text) + 1);
	return MemoryContextStrdup(store->context, text);
}

static void
open_file(AnswerStore *store)
{
	ResourceOwner old_owner = CurrentResourceOwner;
	MemoryContext old = MemoryContextSwitchTo(store->context);

	PrepareTempTablespaces();
	CurrentResourceOwner = store->owner;
	store->file = BufFileCreateTemp(false);
	CurrentResourceOwner = old_owner;
	MemoryContextSwitchTo(old);
}

static void
go_to(AnswerStore *store, int fileno, off_t offset)
{
	if (BufFileSeek(store->file, fileno, offset, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not seek in temporary file: %m")));
}

static void
write_body(AnswerStore *store, KeptAnswer *kept, const HttpAnswer *answer)
{
	if (store->file == NULL)
		open_file(store);
	kept->in_file = true;
	kept->fileno = store->end_fileno;
	kept->offset = store->end_offset;
	go_to(store, kept->fileno, kept->offset);
	BufFileWrite(store->file, unconstify(char *, answer->body), answer->body_len);
	BufFileTell(store->file, &store->end_fileno, &store->end_offset);
}

KeptAnswer *
store_keep(AnswerStore *store, const HttpAnswer *answer)
{
	KeptAnswer *kept = MemoryContextAllocZero(store->context, sizeof(KeptAnswer));
	size_t		room = answer->body_len + 1;

	kept->answer = *answer;
	kept->answer.content_type = keep_text(store, answer->content_type);
	kept->answer.url = keep_text(store, answer->url);
	kept->answer.error = keep_text(store, answer->error);
	kept->answer.file = keep_text(store, answer->file);
	kept->answer.address = keep_text(store, answer->address);
	kept->answer.body = "";
	store_count(store, sizeof(KeptAnswer));
	if (answer->body_len == 0)
		return kept;
	if (store->used + room > (size_t) work_mem * 1024)
	{
		write_body(store, kept, answer);
		return kept;
	}
	kept->answer.body = MemoryContextAllocHuge(store->context, room);
	memcpy(unconstify(char *, kept->answer.body), answer->body, room);
	store_count(store, room);
	return kept;
}

const HttpAnswer *
store_answer(const KeptAnswer *kept)
{
	return &kept->answer;
}

const char *
store_body(AnswerStore *store, const KeptAnswer *kept, char **read)
{
	size_t		len = kept->answer.body_len;

	*read = NULL;
	if (!kept->in_file)
		return kept->answer.body;
	*read = MemoryContextAllocHuge(CurrentMemoryContext, len + 1);
	go_to(store, kept->fileno, kept->offset);
	if (BufFileRead(store->file, *read, len) != len)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from temporary file: %m")));
	(*read)[len] = '\0';
	return *read;
}

void
store_close(AnswerStore *store)
{
	if (store->file != NULL)
		BufFileClose(store->file);
	store->file = NULL;
}
