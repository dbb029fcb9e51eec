/*
 * async.c
 *	  Executor callbacks of an Append that asks its accounts all at once.
 *
 * All transfers of the backend are behind one descriptor (http_mux.c), and an
 * event set takes a descriptor only once.  So of the subplans that wait under
 * one Append the first puts it into the set, on behalf of all of them: whatever
 * it brings is found when the next wait is configured, by each subplan itself,
 * also what one of them waits for that another one has asked (share.c).
 * The wait is never begun over the head of something that has come already:
 * the descriptor is then readable from the start.
 *
 * Before 18 (and the minor releases that followed it) PostgreSQL does not look
 * at the latch in that wait, so that no cancel would be seen: there the
 * descriptor becomes readable every few milliseconds.
 */
#include "postgres.h"

#include "compat.h"
#include "executor/execAsync.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "foreign/fdwapi.h"
#include "http.h"
#include "miscadmin.h"
#include "scan.h"
#include "stellantis_fdw.h"

/* How often it is looked for a cancel where the latch is not waited for. */
#define TICK_MS		10

/*
 * A wait that is being configured.  The executor asks the subplans of an Append
 * that are pending one after the other, in their order.  Two such rounds look
 * alike only if something has been requested in between.
 */
static struct
{
	AppendState *append;		/* NULL: the next subplan begins another round */
	int			last;			/* the subplan that was asked last */
	int			max_ms;			/* how long the wait may take; -1: any time */
}			round_of = {NULL, 0, -1};

/* Counts what may have made us look at the network. */
static uint64 disturbances = 0;

/* Is the executor waiting for nothing but us, since the last round? */
static bool waiting = false;

static ApiScan *
scan_of(const AsyncRequest *areq)
{
	return castNode(ForeignScanState, areq->requestee)->fdw_state;
}

/* The next row, if it is here. */
static void
produce(AsyncRequest *areq)
{
	ApiScan    *scan = scan_of(areq);
	TupleTableSlot *slot;

	scan->may_not_wait = true;
	scan->waits = false;
	slot = areq->requestee->ExecProcNodeReal(areq->requestee);
	scan->may_not_wait = false;

	if (!TupIsNull(slot))
		ExecAsyncRequestDone(areq, slot);
	else if (scan->waits)
		ExecAsyncRequestPending(areq);
	else
		ExecAsyncRequestDone(areq, NULL);
}

/* Of the accounts that are going to be asked, in one go. */
static void
refresh_tokens(const AppendState *append)
{
	List	   *nodes = NIL;
	int			i = -1;

	while ((i = bms_next_member(append->as_valid_asyncplans, i)) >= 0)
	{
		ForeignScanState *node = castNode(ForeignScanState, append->appendplans[i]);

		if (node->fdwroutine->ForeignAsyncRequest == async_request)
			nodes = lappend(nodes, node);
	}
	ahead_refresh(nodes);
	list_free(nodes);
}

/* ForeignAsyncRequest: begins to fetch, or goes on. */
void
async_request(AsyncRequest *areq)
{
	if (!scan_of(areq)->token_seen)
		refresh_tokens((AppendState *) areq->requestor);
	disturbances++;
	waiting = false;
	round_of.append = NULL;
	produce(areq);
}

/*
 * The first of a round's subplans: looks at the network once for all of them,
 * and puts the descriptor into the set.
 */
static void
begin_round(AsyncRequest *areq)
{
	AppendState *append = (AppendState *) areq->requestor;

	http_look(scan_of(areq)->group, false);
	round_of.append = append;
	round_of.max_ms = compat_append_has_latch() ? -1 : TICK_MS;
	AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE,
					  http_listen(round_of.max_ms), NULL, areq);
}

/* ForeignAsyncConfigureWait: the request is pending, unless its row has come. */
void
async_configure_wait(AsyncRequest *areq)
{
	AppendState *append = (AppendState *) areq->requestor;
	uint64		before;
	int			max_ms;

	Assert(areq->callback_pending);
	if (round_of.append != append || areq->request_index <= round_of.last)
		begin_round(areq);
	before = ++disturbances;
	max_ms = round_of.max_ms;

	areq->callback_pending = false;
	produce(areq);
	if (areq->request_complete)
	{
		ExecAsyncResponse(areq);
		if (areq->requestee->instrument != NULL)
			InstrUpdateTupleCount(areq->requestee->instrument,
								  TupIsNull(areq->result) ? 0.0 : 1.0);
	}

	/* a row is to be handed out; or a function in a qual has used the network */
	if (areq->request_complete || before != disturbances)
		max_ms = 0;
	round_of.append = append;
	round_of.last = areq->request_index;
	round_of.max_ms = max_ms;
	waiting = append->as_syncdone;
	(void) http_listen(max_ms);
}

/* ForeignAsyncNotify: there is something to do, for this subplan or another. */
void
async_notify(AsyncRequest *areq)
{
	bool		was_waiting = waiting;

	disturbances++;
	waiting = false;
	round_of.append = NULL;
	CHECK_FOR_INTERRUPTS();
	http_look(scan_of(areq)->group, was_waiting);
	produce(areq);
}
