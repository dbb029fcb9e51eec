/*
 * digest.c
 *	  SHA-256, HMAC and base64url, as OAuth2 wants them.
 *
 * By way of PostgreSQL's function sha256(bytea): what is below it has another
 * interface in each version, and no HMAC before 15.
 */
#include "postgres.h"

#include "common/base64.h"
#include "compat.h"
#include "digest.h"
#include "fmgr.h"
#include "utils/fmgrprotos.h"

#define SHA256_SIZE		32
#define SHA256_BLOCK	64

static void
sha256(const void *data, size_t size, uint8 result[SHA256_SIZE])
{
	bytea	   *input = palloc(VARHDRSZ + size);
	bytea	   *output;

	SET_VARSIZE(input, VARHDRSZ + size);
	memcpy(VARDATA(input), data, size);
	output = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(input)));
	memcpy(result, VARDATA_ANY(output), SHA256_SIZE);
	explicit_bzero(input, VARHDRSZ + size);
	pfree(input);
	pfree(output);
}

static char *
base64url(const uint8 *data, int size)
{
	int			room = pg_b64_enc_len(size);
	char	   *text = palloc(room + 1);
	int			length = pg_b64_encode((const void *) data, size, text, room);

	if (length < 0)
		elog(ERROR, "could not encode base64");
	while (length > 0 && text[length - 1] == '=')
		length--;
	text[length] = '\0';
	for (char *c = text; *c != '\0'; c++)
	{
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
	}
	return text;
}

char *
digest_of(const char *text)
{
	uint8		hash[SHA256_SIZE];

	sha256(text, strlen(text), hash);
	return base64url(hash, SHA256_SIZE);
}

char *
digest_mac(const char *key, const char *text)
{
	size_t		length = strlen(text);
	uint8	   *inner = palloc(SHA256_BLOCK + length);
	uint8		outer[SHA256_BLOCK + SHA256_SIZE];
	uint8		block[SHA256_BLOCK] = {0};
	uint8		mac[SHA256_SIZE];

	if (strlen(key) > SHA256_BLOCK)
		sha256(key, strlen(key), block);
	else
		memcpy(block, key, strlen(key));
	for (int i = 0; i < SHA256_BLOCK; i++)
	{
		inner[i] = block[i] ^ 0x36;
		outer[i] = block[i] ^ 0x5c;
	}
	memcpy(inner + SHA256_BLOCK, text, length);
	sha256(inner, SHA256_BLOCK + length, outer + SHA256_BLOCK);
	sha256(outer, sizeof(outer), mac);

	explicit_bzero(block, sizeof(block));
	explicit_bzero(outer, sizeof(outer));
	explicit_bzero(inner, SHA256_BLOCK);
	return base64url(mac, SHA256_SIZE);
}

char *
digest_nonce(int nbytes)
{
	uint8	   *bytes = palloc(nbytes);

	if (!pg_strong_random(bytes, nbytes))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	return base64url(bytes, nbytes);
}

void
digest_fingerprint(const char *a, const char *b, char result[FINGERPRINT_SIZE])
{
	char	   *both = psprintf("%s\n%s", a != NULL ? a : "", b != NULL ? b : "");
	char	   *digest = digest_of(both);

	strlcpy(result, digest, FINGERPRINT_SIZE);
	explicit_bzero(both, strlen(both));
	pfree(both);
	pfree(digest);
}
