/*
 * backend.c
 *	  libFuzzer inside a backend: the SQL function that runs it, and what it
 *	  calls for each input.
 */
#include "postgres.h"

#include <signal.h>

#include "catalog/pg_type.h"
#include "compat.h"
#include "fmgr.h"
#include "fuzz.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test_one) (const uint8 *, size_t));

PG_FUNCTION_INFO_V1(stellantis_fuzz);
extern PGDLLEXPORT Datum stellantis_fuzz(PG_FUNCTION_ARGS);

static MemoryContext input_context;

void
finding(const char *format,...)
{
	va_list		args;

	fprintf(stderr, "\nFINDING: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	fflush(stderr);
	abort();
}

bool
is_valid_text(const char *s, int len)
{
	if (memchr(s, '\0', len) != NULL)
		return false;
	return GetDatabaseEncoding() == PG_SQL_ASCII || pg_verify_mbstr(GetDatabaseEncoding(), s, len, true);
}

char *
as_utf8(const char *text)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *volatile result = NULL;

	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return pg_verify_mbstr(PG_UTF8, text, strlen(text), true) ? pstrdup(text) : NULL;
	PG_TRY();
	{
		result = pg_server_to_any(text, strlen(text), PG_UTF8);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
	return result;
}

/* Messages are looked at here, and go nowhere. */
static void
check_message(ErrorData *edata)
{
	const char *parts[] = {edata->message, edata->detail, edata->hint};

	if (edata->elevel >= ERROR)
		return;
	edata->output_to_server = edata->output_to_client = false;
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i] != NULL && !is_valid_text(parts[i], strlen(parts[i])))
			finding("a message is not in the database encoding: %s", edata->message);
	}
}

static void
dispatch(const uint8 *data, size_t size)
{
	const char *text;
	size_t		len = size - 2;
	char	   *copy = malloc(len + 1);

	/* exactly as large as it is: what is read beyond is seen */
	if (copy == NULL)
		return;
	memcpy(copy, data + 2, len);
	copy[len] = '\0';
	text = copy;
	log_min_messages = (data[1] & CHOICE_DEBUG) ? DEBUG1 : WARNING;
	switch (data[0])
	{
		case 'c':
			fuzz_collection(data[1], data + 2, len);
			break;
		case 'e':
			fuzz_error(data[1], text, len);
			break;
		case 'h':
			fuzz_headers(data[1], text, len);
			break;
		case 'l':
			fuzz_like(data[1], text, len);
			break;
		case 'o':
			fuzz_option(data[1], text, len);
			break;
		case 'p':
			fuzz_pointer(data[1], text, len);
			break;
		case 'r':
			fuzz_redact(data[1], text, len);
			break;
		default:
			fuzz_decode(data[0], data[1], text, len);
			break;
	}
	free(copy);
}

static int
test_one(const uint8 *data, size_t size)
{
	MemoryContext old;

	if (size < 2)
		return 0;
	old = MemoryContextSwitchTo(input_context);
	PG_TRY();
	{
		dispatch(data, size);
	}
	PG_CATCH();
	{
		ErrorData  *edata;

		MemoryContextSwitchTo(input_context);
		edata = CopyErrorData();
		finding("raised: %s: %s", unpack_sql_state(edata->sqlerrcode), edata->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	MemoryContextReset(input_context);
	return 0;
}

/*
 * stellantis_fuzz(VARIADIC text[]): libFuzzer with these arguments.  Does not
 * return: libFuzzer ends the process.
 */
Datum
stellantis_fuzz(PG_FUNCTION_ARGS)
{
	static const int signals[] = {SIGALRM, SIGINT, SIGTERM, SIGFPE};
	Datum	   *elements;
	bool	   *nulls;
	int			argc;
	char	  **argv;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &argc);
	argv = MemoryContextAllocZero(TopMemoryContext, (argc + 2) * sizeof(char *));
	argv[0] = "stellantis_fuzz";
	for (int i = 0; i < argc; i++)
		argv[i + 1] = MemoryContextStrdup(TopMemoryContext, TextDatumGetCString(elements[i]));
	argc++;

	input_context = AllocSetContextCreate(TopMemoryContext, "fuzz input", ALLOCSET_SMALL_SIZES);
	decode_init();
	mutate_init();
	emit_log_hook = check_message;

	/* libFuzzer takes only those that nobody has taken */
	for (int i = 0; i < lengthof(signals); i++)
		signal(signals[i], SIG_DFL);
	return LLVMFuzzerRunDriver(&argc, &argv, test_one);
}
