/*
 * http_mux.h
 *	  The backend's one libcurl multi behind one pollable descriptor.  Only
 *	  http.c uses it.
 */
#ifndef STELLANTIS_HTTP_MUX_H
#define STELLANTIS_HTTP_MUX_H

#include "postgres.h"

#include <curl/curl.h>

#define MUX_NEVER	PG_INT64_MAX

/* Microseconds of a clock that never goes back. */
extern int64 mux_now(void);

/* Makes the multi, the first time; raises when there can be none. */
extern void mux_require(void);

/*
 * Makes sure that "transfers" may be under way at once: their connections are
 * accounted for with fd.c.  False when fd.c has no descriptor left for one.
 * Call it outside libcurl's callbacks; it may log.
 */
extern bool mux_reserve(int transfers, int limit);

/* The following never raise, and run with all signals blocked. */
extern CURL *mux_easy(void);
extern CURLMcode mux_add(CURL *easy);
extern void mux_remove(CURL *easy);
extern void mux_cleanup(CURL *easy);

/*
 * Moves whatever can be moved without waiting.  True when something was; the
 * caller then asks mux_done() until it gives NULL.
 */
extern bool mux_drive(void);
extern CURL *mux_done(CURLcode *code);

/* Sleeps until the latch is set, a transfer can go on, or "due" is there. */
extern void mux_sleep(int64 due);

/* The set's descriptor, for who waits for it elsewhere; readable from "due" on. */
extern int	mux_listen(int64 due);

#endif							/* STELLANTIS_HTTP_MUX_H */
