/*
 * command.h
 *	  One thing that the API is told to do: the account that may, the vehicle
 *	  that is meant, what is asked before, and the request itself.
 */
#ifndef STELLANTIS_COMMAND_H
#define STELLANTIS_COMMAND_H

#include "account.h"
#include "decode.h"
#include "error.h"
#include "fmgr.h"

typedef struct Command
{
	const char *action;			/* what is done, in the words of an error: "could not ..." */
	const char *scope;			/* what may be missing when that is denied, or NULL */
	const char *look;			/* a sentence: how to see whether it was carried out */
	const char *advice;			/* a sentence: what to do if it is rejected; or NULL */
	const char *unknown;		/* after "the API does not know": what its path names */
	const char *const *secrets; /* of its body, as in FaultContext; or NULL */
	Oid			userid;
	const Account *account;		/* may be replaced when its token is */
	HttpGroup  *group;
	HttpRequest *request;		/* the last one, whose answer was given out */
	bool		replaced;		/* the token has been, once */
	bool		taken;			/* the API has taken the token that it is now */
	int64		until;			/* set by command_limit(); 0: as long as it takes */
} Command;

/*
 * First thing in a function: raises (25006) in a read-only transaction, as all are on a
 * standby.  "function" is its name with "()".
 */
extern void command_prevent(const char *function);

/* In the current memory context: the account of the caller; may refresh its token. */
extern Command *command_begin(Oid serverid);

/*
 * From now on, for so many milliseconds something may be asked; a question that has begun is
 * given some more.  What is sent is waited for as long as it takes.
 */
extern void command_limit(Command *command, int64 ms);

/* How many of them are left; negative when that is over. */
extern int64 command_left(const Command *command);

/*
 * The id of a vehicle that is given by that or by its VIN, which the account's
 * listing knows; raises (42704) when it does not.  NULL when the time is up.
 */
extern const char *command_vehicle(Command *command, const char *vehicle);

/* "/first/second/...", percent-encoded. */
#define command_path(...) path_of((const char *const[]) {__VA_ARGS__, NULL})
extern char *path_of(const char *const *segments);

/*
 * Sends a command at most once (once more if it was refused for its token), and
 * gives its answer, a 2xx.  Raises otherwise, and says so if it may have been
 * carried out.  "body" is JSON in the database encoding, or NULL.  The answer is
 * good until the next request.
 */
extern const HttpAnswer *command_send(Command *command, const char *method, const char *path,
									  const char *body);

/*
 * The id of what a command has made, by the answer: the member's, else the end
 * of a link.  Raises if there is none, and says that the API has accepted it.
 */
extern char *command_made(const Command *command, const HttpAnswer *answer, const char *what,
						  const char *member, const char *link);

/*
 * Asks for one thing.  NULL when the time is up; else a 200 with JSON, or one
 * that says that there is none.  Raises otherwise.
 */
extern const HttpAnswer *command_ask(Command *command, const char *path);

/* Does an answer to that say that there is none? */
extern bool command_found_none(const HttpAnswer *answer);

/*
 * Asks for all pages of a listing; "use" is called for each row, whose first
 * column is its id.  "query" is what its address ends with, or NULL.  False when the
 * time is up.
 */
typedef void (*CommandRow) (const Datum *values, const bool *nulls, void *arg);
extern bool command_list(Command *command, const char *path, const char *query,
						 const char *rows_key, const DecodeColumn *columns, int ncolumns,
						 CommandRow use, void *arg);

/*
 * The columns of an answer that is one object, NULL where it has none.  Texts, as
 * C strings.  False, and all NULL, if it is no JSON.
 */
extern bool command_read(const HttpAnswer *answer, const DecodeColumn *columns, int ncolumns,
						 char **texts);

/* What an answer had, as a message may show it: in one line, without secrets, cut. */
extern char *command_shown(const Command *command, const char *text);

/* Raises: an answer to what was asked cannot be read. */
extern void command_broken(const Command *command) __attribute__((noreturn));

/*
 * What one statement need not ask twice: the id of a VIN, the callback that was
 * chosen.  NULL when it is not known, or was learnt a minute ago.
 */
typedef enum CommandFact
{
	FACT_VEHICLE,
	FACT_CALLBACK
} CommandFact;

extern const char *command_recall(const Command *command, CommandFact fact, const char *about);
extern void command_remember(const Command *command, CommandFact fact, const char *about,
							 const char *value);
extern void command_forget(CommandFact fact);

/* A text column of an answer, by the catalog's kind of path. */
#define TEXT_MEMBER(path) \
	{.type = TEXTOID,.conversion = CONV_SCALAR,.paths = (path),.scale_num = 1,.scale_den = 1}
#define LINK_MEMBER(path) \
	{.type = TEXTOID,.conversion = CONV_LAST_SEGMENT,.paths = (path),.scale_num = 1,.scale_den = 1}
#define LIST_MEMBER(path) \
	{.type = TEXTARRAYOID,.conversion = CONV_LIST,.paths = (path),.scale_num = 1,.scale_den = 1}

#endif							/* STELLANTIS_COMMAND_H */
