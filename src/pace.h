/*
 * pace.h
 *	  How many requests may be sent, and how fast: max_requests of a statement,
 *	  requests_per_second of a server.
 */
#ifndef STELLANTIS_PACE_H
#define STELLANTIS_PACE_H

#include "account.h"

/*
 * Counts a request that is about to be sent, for the current statement; raises
 * when that is one too many.  Returns for how many milliseconds it must be
 * held back for the account's requests_per_second.  This is an HttpAdmit whose
 * arg points to a "const Account *".
 */
extern int	pace_admit(void *arg);

#endif							/* STELLANTIS_PACE_H */
