/*
 * digest.h
 *	  SHA-256, HMAC and base64url, as OAuth2 wants them.
 */
#ifndef STELLANTIS_DIGEST_H
#define STELLANTIS_DIGEST_H

#include "postgres.h"

/* SHA-256 of a text (RFC 7636: a code_challenge), base64url without padding. */
extern char *digest_of(const char *text);

/* HMAC-SHA256 (RFC 2104) under a key that is a text, in the same form. */
extern char *digest_mac(const char *key, const char *text);

/* Random bytes, in the same form; raises when there are none to be had. */
extern char *digest_nonce(int nbytes);

/* Room for a fingerprint and its NUL. */
#define FINGERPRINT_SIZE	17

/*
 * Tells two secrets apart without telling what they are.  NULL is a value,
 * too.
 */
extern void digest_fingerprint(const char *a, const char *b, char result[FINGERPRINT_SIZE]);

#endif							/* STELLANTIS_DIGEST_H */
