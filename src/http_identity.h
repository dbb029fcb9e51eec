/*
 * http_identity.h
 *	  Whose connection is it?  Keeps libcurl from sharing one between clients
 *	  that differ in nothing but their key or its password.
 */
#ifndef STELLANTIS_HTTP_IDENTITY_H
#define STELLANTIS_HTTP_IDENTITY_H

#include "http.h"

/* Room for any path that http_identity_path() makes. */
#define HTTP_IDENTITY_PATH_LEN	4096

/*
 * The path of the settings' cert_file, spelt so that no other key_file and
 * key_password go with the same spelling.  False when there have been too many
 * of them in this backend: then the connection must not be shared at all.
 */
extern bool http_identity_path(const HttpSettings *settings,
							   char path[HTTP_IDENTITY_PATH_LEN]);

#endif							/* STELLANTIS_HTTP_IDENTITY_H */
