/*
 * probe.h
 *	  Single requests of the functions that ask how things stand: check() and
 *	  availability().
 */
#ifndef STELLANTIS_PROBE_H
#define STELLANTIS_PROBE_H

#include "account.h"
#include "catalog.h"
#include "decode.h"
#include "error.h"
#include "http.h"

typedef struct Probe
{
	const Account *account;		/* may be replaced when its token is */
	HttpSettings http;
	HttpGroup  *group;
} Probe;

/*
 * In the current memory context.  "patient": with the account's
 * retries; otherwise one attempt, and all the way from name resolution on.
 */
extern Probe *probe_create(const Account *account, bool patient);

/*
 * Asks for a resource of a vehicle (NULL: of the account); "token" is the page's,
 * or NULL; one row is enough if "one".
 */
extern void probe_ask(Probe *probe, const Resource *resource, const char *vehicle_id,
					  uint32 extensions, const char *token, bool one, void *tag);

/* Waits for the next answer; NULL when nothing is under way. */
extern HttpRequest *probe_wait(Probe *probe);

/* True if this is a 200 with JSON. */
extern bool probe_has_content(const HttpAnswer *answer);

/* True if a collection's answer, which has content, has no rows. */
extern bool probe_is_empty(const Resource *resource, const HttpAnswer *answer);

/*
 * The listing of vehicles: id, vin and onboardCapabilities.data as text[].
 * Calls "use" for each; false, with the reason as a fault, when an answer is
 * broken.  *next is the token of the next page, or NULL.
 */
typedef void (*ProbeVehicle) (const char *id, const char *vin, Datum capabilities, bool unknown,
							  void *arg);
extern const Fault *probe_vehicles(Probe *probe, const HttpAnswer *answer, ProbeVehicle use,
								   void *arg, char **next);

/* True if the scopes (between blanks or commas) have it. */
extern bool scope_granted(const char *scopes, const char *scope);

#endif							/* STELLANTIS_PROBE_H */
