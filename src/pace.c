/*
 * pace.c
 *	  How many requests may be sent, and how fast.  Both are kept per backend.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pace.h"
#include "portability/instr_time.h"
#include "stellantis_fdw.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

/* When a server may next be asked. */
typedef struct ServerPace
{
	Oid			serverid;		/* hash key */
	int64		next;			/* microseconds of a clock that only runs forward */
} ServerPace;

/*
 * max_requests counts over the whole statement that the client sent, with all
 * that it runs in functions; such a statement is known by its start time.
 */
static void
count_request(void)
{
	static TimestampTz statement = 0;
	static int	sent = 0;

	if (statement != GetCurrentStatementStartTimestamp())
	{
		statement = GetCurrentStatementStartTimestamp();
		sent = 0;
	}
	if (sent >= max_requests)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("statement needs more than %d requests to the API", max_requests),
				 errdetail("The limit is the setting \"stellantis_fdw.max_requests\"; %d requests have been sent.",
						   sent),
				 errhint("Add a condition on the vehicle or on the time column, or raise the setting.")));
	sent++;
}

static ServerPace *
server_pace(Oid serverid)
{
	static HTAB *servers = NULL;
	ServerPace *pace;
	bool		found;

	if (servers == NULL)
	{
		HASHCTL		ctl;

		ctl.keysize = sizeof(Oid);
		ctl.entrysize = sizeof(ServerPace);
		servers = hash_create("stellantis_fdw pace", 8, &ctl, HASH_ELEM | HASH_BLOBS);
	}
	pace = hash_search(servers, &serverid, HASH_ENTER, &found);
	if (!found)
		pace->next = 0;
	return pace;
}

/* Requests are spread evenly: each takes the next free slot. */
static int
hold_back(const Account *account)
{
	ServerPace *pace = server_pace(account->serverid);
	double		distance = USECS_PER_SEC / account->requests_per_second;
	instr_time	clock;
	int64		now,
				slot;

	INSTR_TIME_SET_CURRENT(clock);
	now = INSTR_TIME_GET_MICROSEC(clock);
	slot = Max(pace->next, now);
	pace->next = slot + (int64) Min(distance, (double) USECS_PER_DAY);
	return (int) Min((slot - now + 999) / 1000, INT_MAX);
}

int
pace_admit(void *arg)
{
	const Account *account = *(const Account **) arg;

	count_request();
	return account->requests_per_second > 0 ? hold_back(account) : 0;
}
