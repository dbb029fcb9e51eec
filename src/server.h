/*
 * server.h
 *	  Which foreign server a function is about, and the rows that one returns.
 */
#ifndef STELLANTIS_SERVER_H
#define STELLANTIS_SERVER_H

#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "utils/tuplestore.h"

/* Is it a server of this wrapper? */
extern bool server_is_ours(const ForeignServer *server);

/*
 * The server that an argument names, or (NULL) the only one of this wrapper
 * that the caller can use.  Raises when there is none such (42704), when there
 * are several (42725), and without USAGE on it (42501).
 */
extern Oid	server_argument(FunctionCallInfo fcinfo, int argument);

/* A text argument as a C string, or NULL. */
extern char *text_argument(FunctionCallInfo fcinfo, int argument);

/* The same of one that must be there; raises (22004) naming it. */
extern char *required_argument(FunctionCallInfo fcinfo, int argument, const char *name);

/* Rows of a set-returning function that gives them all at once. */
typedef struct ResultRows
{
	Tuplestorestate *store;
	TupleDesc	desc;
} ResultRows;

extern void rows_begin(FunctionCallInfo fcinfo, ResultRows *rows);
extern void rows_add(ResultRows *rows, Datum *values, bool *nulls);

/* NULL stays NULL. */
extern void set_text(Datum *value, bool *isnull, const char *text);

#endif							/* STELLANTIS_SERVER_H */
