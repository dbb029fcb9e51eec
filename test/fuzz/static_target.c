/*
 * static_target.c
 *	  Functions that are static in the extension: their files are compiled as a
 *	  part of this one, in place of the objects of their own.
 */
#include "../../src/http_intake.c"
#include "../../src/qual_eval.c"

#include "catalog/pg_collation.h"
#include "fuzz.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* ---- what an answer's headers say ---- */

static void
check_quota(const HttpQuota *quota)
{
	if (quota->limit_day < -1 || quota->remaining_day < -1 ||
		quota->limit_second < -1 || quota->remaining_second < -1)
		finding("a quota is negative");
}

static void
check_wait(const char *header, int64 ms)
{
	if (ms < -1 || ms > (int64) (LONGEST_WAIT_S * 1000))
		finding("\"%s\" makes " INT64_FORMAT " ms", header, ms);
}

/* Each line is a header, as libcurl hands it over. */
void
fuzz_headers(int choice, const char *text, size_t len)
{
	Transfer	transfer;
	const char *end = text + len;

	memset(&transfer, 0, sizeof(transfer));
	intake_begin(&transfer);
	for (const char *at = text; at < end;)
	{
		const char *newline = memchr(at, '\n', end - at);
		size_t		line_len = (newline != NULL ? newline + 1 : end) - at;
		char	   *line = malloc(line_len);

		/* nothing ends a header but its length */
		if (line == NULL)
			return;
		memcpy(line, at, line_len);
		if (intake_header(line, 1, line_len, &transfer) != line_len && !transfer.header_flood)
			finding("a header was not taken");
		free(line);
		at += line_len;
	}
	check_quota(&transfer.quota);
	check_wait(transfer.retry_after, parse_retry_after(transfer.retry_after));
	check_wait(transfer.reset, parse_reset(transfer.reset));
	if (strlen(transfer.content_type) >= sizeof(transfer.content_type))
		finding("a content type without an end");
}

/* ---- LIKE ---- */

/* A pattern (the first line), and a text that it may match (the rest). */
void
fuzz_like(int choice, const char *text, size_t len)
{
	MemoryContext context = CurrentMemoryContext;
	const char *end = memchr(text, '\n', len);
	char	   *pattern;
	char	   *value;
	volatile bool matches = false;
	QualValue	operand = {.n = 1};
	QualValues	values = {.n = 1,.values = &operand};
	List	   *tree = list_make2(makeInteger(QUAL_LIKE), makeInteger(0));

	if (end == NULL)
		return;
	pattern = pnstrdup(text, end - text);
	value = pnstrdup(end + 1, text + len - (end + 1));
	if (!is_valid_text(pattern, strlen(pattern)) || !is_valid_text(value, strlen(value)))
		return;
	PG_TRY();
	{
		matches = DatumGetBool(DirectFunctionCall2Coll(textlike, C_COLLATION_OID,
													   CStringGetTextDatum(value),
													   CStringGetTextDatum(pattern)));
	}
	PG_CATCH();
	{
		/* a pattern that ends with its escape */
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
	operand.texts = &pattern;
	if (matches && !qual_text_matches(tree, &values, value))
		finding("\"%s\" is LIKE \"%s\", but not with our prefix", value, pattern);
	(void) qual_sole_prefix(tree, &values);
}
