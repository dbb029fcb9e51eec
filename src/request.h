/*
 * request.h
 *	  What goes over the wire: addresses, parameters, headers of a GET.
 */
#ifndef STELLANTIS_REQUEST_H
#define STELLANTIS_REQUEST_H

#include "account.h"
#include "catalog.h"
#include "lib/stringinfo.h"

/* Appends a segment of a path, or a value: percent-encoded, from the database encoding. */
extern void request_escaped(StringInfo url, const char *text);

/*
 * A path below the base URL with {id}, {tid}, {cbid} and {rid} filled in; the
 * query string follows by request_param().
 */
extern void request_path(StringInfo url, const char *endpoint, const char *vehicle_id,
						 const char *trip_id, const char *callback_id, const char *object_id);

/* Appends "name=value", percent-encoded, with the separator that is due. */
extern void request_param(StringInfo url, const char *name, const char *value);
extern void request_param_int(StringInfo url, const char *name, int value);
extern void request_param_extensions(StringInfo url, uint32 extensions);

/* NULL-terminated header lines for an account; "accept" is the media type. */
extern const char **request_headers(const Account *account, const char *accept);

/* '', '.' and '..' are no ids: as a path segment they would name another resource. */
extern bool request_id_is_possible(const char *id);

#endif							/* STELLANTIS_REQUEST_H */
