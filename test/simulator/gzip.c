/*
 * gzip.c
 *		Compression of answers.
 *
 * The same page is often asked again (benchmarks above all), so compressed
 * bodies are kept, found again by the hash of what they were made from.
 */
#include "sim.h"

#include <zlib.h>

#define SLOTS		256
#define MAX_BYTES	(128 << 20)

typedef struct Slot
{
	uint64_t	hash;
	size_t		len;
	Buf			packed;
} Slot;

static Slot slots[SLOTS];
static size_t kept_bytes;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t
body_hash(const char *p, size_t n)
{
	uint64_t	h = n;
	uint64_t	w;

	for (; n >= 8; p += 8, n -= 8)
	{
		memcpy(&w, p, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; n > 0; p++, n--)
		h = (h ^ (unsigned char) *p) * 1099511628211u;
	return h ^ (h >> 32);
}

void
gzip_cache_clear(void)
{
	pthread_mutex_lock(&cache_lock);
	for (size_t i = 0; i < SLOTS; i++)
		buf_free(&slots[i].packed);
	kept_bytes = 0;
	pthread_mutex_unlock(&cache_lock);
}

static void
cache_put(Slot *s, uint64_t hash, size_t len, const Buf *out)
{
	kept_bytes -= s->packed.len;
	buf_free(&s->packed);
	if (kept_bytes + out->len > MAX_BYTES)
		return;
	s->hash = hash;
	s->len = len;
	buf_put(&s->packed, out->data, out->len);
	kept_bytes += out->len;
}

static bool
gzip_open(z_stream *z)
{
	memset(z, 0, sizeof(*z));
	return deflateInit2(z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
}

static void
gzip_more(z_stream *z, Buf *out, const char *data, size_t len, int flush)
{
	z->next_in = (unsigned char *) (uintptr_t) data;
	z->avail_in = (uInt) len;
	do
	{
		buf_reserve(out, 1 << 16);
		z->next_out = (unsigned char *) out->data + out->len;
		z->avail_out = (uInt) (out->cap - out->len - 1);
		deflate(z, flush);
		out->len = (size_t) ((char *) z->next_out - out->data);
	} while (z->avail_out == 0);
}

bool
gzip_body(Buf *out, const char *data, size_t len)
{
	uint64_t	hash = body_hash(data, len);
	Slot	   *s = &slots[hash % SLOTS];
	z_stream	z;
	bool		found;

	pthread_mutex_lock(&cache_lock);
	found = s->packed.len > 0 && s->hash == hash && s->len == len;
	if (found)
		buf_put(out, s->packed.data, s->packed.len);
	pthread_mutex_unlock(&cache_lock);
	if (found)
		return true;
	if (!gzip_open(&z))
		return false;
	gzip_more(&z, out, data, len, Z_FINISH);
	deflateEnd(&z);
	pthread_mutex_lock(&cache_lock);
	cache_put(s, hash, len, out);
	pthread_mutex_unlock(&cache_lock);
	return true;
}

/* A small body that unpacks to a huge one: blanks are valid before JSON. */
bool
gzip_bomb(Buf *out, const char *data, size_t len, int64_t padding)
{
	static char blanks[1 << 16];
	z_stream	z;

	memset(blanks, ' ', sizeof(blanks));
	if (!gzip_open(&z))
		return false;
	for (; padding > 0; padding -= (int64_t) sizeof(blanks))
		gzip_more(&z, out, blanks, sizeof(blanks), Z_NO_FLUSH);
	gzip_more(&z, out, data, len, Z_FINISH);
	deflateEnd(&z);
	return true;
}
