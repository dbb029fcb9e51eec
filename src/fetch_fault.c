/*
 * fetch_fault.c
 *	  Answers of a fetch that cannot be used: whose fault it is, whether an id
 *	  is merely unknown, whether another access token helps.
 */
#include "postgres.h"

#include "fetch_private.h"
#include "token.h"

void
fetch_end_collection(Fetch *f, Collection *c)
{
	if (c == f->listing)
		f->listing = NULL;
	c->ended = true;
	if (c->pins == 0)
		MemoryContextDelete(c->context);
}

void
fetch_unpin(Collection *c)
{
	if (--c->pins == 0 && c->ended)
		MemoryContextDelete(c->context);
}

void
fetch_convict(Fetch *f, Collection *c)
{
	fetch_fail(f, c->suspect, c->suspect->suspended);
	fetch_end_collection(f, c);
}

/* A callback that exists may still not have the object that is asked for below it. */
void
fetch_found(Fetch *f, Collection *c)
{
	Collection *suspect = c->suspect;

	if (!suspect->callback_supplied || suspect->object_id == NULL)
	{
		fetch_convict(f, c);
		return;
	}
	suspect->callback_supplied = false;
	ask_whether_known(f, suspect);
	fetch_end_collection(f, c);
}

/* Says which rows are missing. */
static void
warn_lacking(const Fetch *f, const Collection *c, const Fault *fault)
{
	const char *why = fault->reason;
	FaultContext context;

	collection_context(c, &context);
	if (c->role == ROLE_TRIPS)
		why = psprintf("could not fetch the vehicle's trips: %s", why);
	context.resource = f->spec.resource;
	ereport(WARNING,
			(errcode(fault->sqlerrcode),
			 errmsg("result lacks %s: %s", fault_subject(&context), why),
			 fault->detail != NULL ? errdetail_internal("%s", fault->detail) : 0,
			 fault->hint != NULL ? errhint("%s", fault->hint) : 0));
}

void
fetch_fail(Fetch *f, Collection *c, Fault *fault)
{
	if (c->role == ROLE_CHECK)
	{
		fetch_convict(f, c);
		return;
	}
	if (!account_of(f)->warn_on_vehicle_error || c->vehicle_id == NULL ||
		fault->sqlerrcode == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION ||
		fault->sqlerrcode == ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION ||
		fault->sqlerrcode == ERRCODE_CONFIGURATION_LIMIT_EXCEEDED)
		fault_report(ERROR, fault);

	warn_lacking(f, c, fault);
	fetch_end_collection(f, c);
}

void
fetch_fail_content(Fetch *f, Collection *c, const char *what, const char *detail)
{
	FaultContext context;

	collection_context(c, &context);
	fetch_fail(f, c, fault_of_content(&context, what, detail));
}

/* The pages do not make a whole. */
void
fetch_fail_paging(Fetch *f, Collection *c, const char *what, const char *detail)
{
	FaultContext context;
	Fault	   *fault;

	collection_context(c, &context);
	fault = fault_of_content(&context, what, detail);
	fault->hint = pstrdup(HINT_READ_AGAIN);
	fetch_fail(f, c, fault);
}

/* The decoder could make nothing of the answer. */
void
fetch_fail_broken(Fetch *f, Collection *c, Decoder *decoder)
{
	fetch_fail_content(f, c, "the answer is not the JSON document that it should be",
				 decoder_error(decoder));
}

/* Did the query supply an id, other than that of a vehicle? */
static bool
is_supplied_otherwise(const Collection *c)
{
	return c->trip_supplied || c->callback_supplied ||
		(c->object_id != NULL && !c->resource->lists_vehicles);
}

/*
 * The API answers 400, 403 or 404 for ids that it does not know.  When the
 * query supplied one, the listings decide whether it exists: if it does not,
 * there are no rows; if it does, the answer was an error after all.
 */
static bool
may_be_unknown_id(const Collection *c, const HttpAnswer *answer)
{
	if (!c->vehicle_supplied && !is_supplied_otherwise(c))
		return false;
	if (answer->outcome != HTTP_ANSWERED || c->pages > 0)
		return false;
	switch (answer->status)
	{
		case 400:
		case 403:
		case 404:
		case 410:
		case 414:
		case 422:
			return true;
		default:
			return false;
	}
}

/*
 * The listing of vehicles is complete: is a suspended collection's fault real?
 * A listing that lacks what it announced proves nothing.
 */
static void
judge(Fetch *f, Collection *c)
{
	bool		listed = !c->vehicle_supplied || garage_has(f->garage, c->vehicle_id);

	if (!listed && f->listing_short)
		fetch_fail(f, c, c->suspended);
	else if (!listed)
		fetch_end_collection(f, c);
	else if (is_supplied_otherwise(c))
		ask_whether_known(f, c);
	else
		fetch_fail(f, c, c->suspended);
}

static void
suspend(Fetch *f, Collection *c, const Fault *fault)
{
	MemoryContext old = MemoryContextSwitchTo(c->context);

	c->suspended = palloc(sizeof(Fault));
	c->suspended->sqlerrcode = fault->sqlerrcode;
	c->suspended->message = pstrdup(fault->message);
	c->suspended->reason = pstrdup(fault->reason);
	c->suspended->detail = fault->detail == NULL ? NULL : pstrdup(fault->detail);
	c->suspended->hint = fault->hint == NULL ? NULL : pstrdup(fault->hint);
	MemoryContextSwitchTo(old);

	if (!c->vehicle_supplied || garage_is_complete(f->garage, NULL))
	{
		judge(f, c);
		return;
	}
	old = MemoryContextSwitchTo(f->context);
	f->suspended = lappend(f->suspended, c);
	MemoryContextSwitchTo(old);
	ask_listing(f, NULL);
}

/* The listing is known to its end: whose ids were unknown? */
void
fetch_judge_suspended(Fetch *f)
{
	List	   *suspended = f->suspended;
	ListCell   *lc;

	if (!f->listing_short)
		garage_end(f->garage);
	f->suspended = NIL;
	foreach(lc, suspended)
		judge(f, lfirst(lc));
}

/* ---- access tokens ---- */

void
fetch_note_token(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	if (!token_note(c->account, answer))
		return;
	c->refused = false;
	if (c->account == account_of(f))
		f->token_untried = false;
}

/*
 * The API refuses the access token: asks again with another one, if there is
 * one to be had.  When the API has refused that too, before it took it once or
 * for the same thing, the fault lies elsewhere.  False: the answer is a fault,
 * of which *refusal says more.
 */
static bool
ask_with_another_token(Fetch *f, Collection *c, TokenRefusal *refusal)
{
	const Account *account;

	memset(refusal, 0, sizeof(TokenRefusal));
	if (c->account == account_of(f))
	{
		if (f->token_untried || c->refused)
		{
			token_refused_again(account_of(f));
			token_refuse_new(account_of(f), NULL, refusal);
			return false;
		}
		account = token_after_refusal(account_of(f), f->spec.userid, f->spec.account_owner,
									  refusal);
		if (account == NULL)
			return false;
		*f->spec.account = account;
		f->token_untried = true;
		fetch_set_headers(f);
	}
	c->refused = true;
	ask_again(f, c);
	return true;
}

void
fetch_unusable(Fetch *f, Collection *c, const HttpAnswer *answer)
{
	FaultContext context;
	TokenRefusal refusal;
	Fault	   *fault;

	collection_context(c, &context);
	if (answer->outcome == HTTP_ANSWERED && answer->status == 401)
	{
		if (ask_with_another_token(f, c, &refusal))
			return;
		if (refusal.fault != NULL)
			fault_report(ERROR, refusal.fault);
		fault = fault_of_refused_token(answer, &context, refusal.why, refusal.hint);
	}
	else
		fault = fault_of_answer(answer, &context);
	if (may_be_unknown_id(c, answer))
		suspend(f, c, fault);
	else
		fetch_fail(f, c, fault);
}
