/*
 * http_identity.c
 *	  Whose connection is it?
 *
 * When libcurl looks for a connection that it can use again, it compares the
 * paths of client certificates as strings, but neither the keys nor their
 * passwords.  A role that does not know the password of a key could so ride on
 * a connection that another role's query has left in this backend.  Each
 * pair of key and password is therefore given a number, and the certificate's
 * path as many "/." in front: the same file, another string.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "http_identity.h"

/* More of them in one backend do not happen, but by somebody's trying. */
#define MAX_IDENTITIES	1000

/* Fingerprints of the pairs seen, by number. */
static uint64 identities[MAX_IDENTITIES];
static int	nidentities = 0;

static uint64
fingerprint(const char *text, uint64 seed)
{
	return text == NULL ? seed :
		hash_bytes_extended((const unsigned char *) text, strlen(text) + 1, seed);
}

/* The number of a pair, or -1 when there is none left. */
static int
identity_number(const HttpSettings *settings)
{
	uint64		pair = fingerprint(settings->key_password,
								   fingerprint(settings->key_file, 1));

	for (int i = 0; i < nidentities; i++)
		if (identities[i] == pair)
			return i;
	if (nidentities == MAX_IDENTITIES)
		return -1;
	identities[nidentities] = pair;
	return nidentities++;
}

bool
http_identity_path(const HttpSettings *settings, char path[HTTP_IDENTITY_PATH_LEN])
{
	int			number = identity_number(settings);
	size_t		at = 0;

	/* the first one, mostly the only one, has the path as it was given */
	for (int i = 0; i < number; i++)
	{
		path[at++] = '/';
		path[at++] = '.';
	}
	return strlcpy(path + at, settings->cert_file, HTTP_IDENTITY_PATH_LEN - at) <
		HTTP_IDENTITY_PATH_LEN - at && number >= 0;
}
