/*
 * callback.h
 *	  Callbacks: where the API pushes events, and below which remote actions are.
 */
#ifndef STELLANTIS_CALLBACK_H
#define STELLANTIS_CALLBACK_H

#include "command.h"
#include "nodes/pg_list.h"

typedef struct Callback
{
	const char *id;
	const char *status;			/* Running, Paused, Failed, or NULL */
	bool		takes_remote;	/* events of remote actions */
} Callback;

/* All of the account (Callback *), by id.  False when the time to ask is up. */
extern bool callback_list(Command *command, List **list);

/* May remote actions go by it?  It runs, and takes their events. */
extern bool callback_serves(const Callback *callback);

/*
 * The callback by which remote actions go, as far as that is known without asking: the
 * user mapping's callback_id, or the statement's choice.  NULL when it is not.
 */
extern const char *callback_known(const Command *command);

/*
 * The same, else the first that may serve, by id.  When there is none, one is
 * made if the server's callback_url says for where, else this raises (55000).
 */
extern const char *callback_choose(Command *command);

#endif							/* STELLANTIS_CALLBACK_H */
