/*
 * buf.c
 *		A growing buffer and the printing of numbers, dates and strings into it.
 *
 * Rows are printed straight into one of these: a page of 2000 telemetry
 * messages is about 5 MB, and printf would take most of the time.
 */
#include "sim.h"

#include <math.h>
#include <stdarg.h>

void *
sim_alloc(size_t size)
{
	void	   *p = calloc(1, size ? size : 1);

	if (p == NULL)
	{
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

char *
sim_strdup(const char *s)
{
	size_t		n = strlen(s) + 1;

	return memcpy(sim_alloc(n), s, n);
}

void
buf_reserve(Buf *b, size_t extra)
{
	size_t		cap = b->cap ? b->cap : 256;

	if (b->len + extra + 1 <= b->cap)
		return;
	while (cap < b->len + extra + 1)
		cap *= 2;
	b->data = realloc(b->data, cap);
	if (b->data == NULL)
	{
		fputs("out of memory\n", stderr);
		abort();
	}
	b->cap = cap;
}

/* Always leaves a zero byte behind the last one, for the str* functions. */
void
buf_put(Buf *b, const char *p, size_t n)
{
	if (b->len + n + 1 > b->cap)
		buf_reserve(b, n);
	memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_str(Buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_printf(Buf *b, const char *fmt,...)
{
	va_list		ap;
	int			n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	buf_reserve(b, (size_t) n);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t) n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t) n;
}

void
buf_int(Buf *b, int64_t v)
{
	char		tmp[24];
	int			i = sizeof(tmp);
	uint64_t	u = v < 0 ? 0 - (uint64_t) v : (uint64_t) v;

	do
	{
		tmp[--i] = (char) ('0' + u % 10);
		u /= 10;
	} while (u != 0);
	if (v < 0)
		tmp[--i] = '-';
	buf_put(b, tmp + i, sizeof(tmp) - (size_t) i);
}

/* A number with exactly so many decimals (at most 6). */
void
buf_fix(Buf *b, double v, int decimals)
{
	static const int64_t scale[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	int64_t		n = llround(v * (double) scale[decimals]);
	int64_t		frac;
	char		tmp[8];

	if (n < 0)
	{
		buf_put(b, "-", 1);
		n = -n;
	}
	buf_int(b, n / scale[decimals]);
	if (decimals == 0)
		return;
	frac = n % scale[decimals];
	tmp[0] = '.';
	for (int i = decimals; i > 0; i--)
	{
		tmp[i] = (char) ('0' + frac % 10);
		frac /= 10;
	}
	buf_put(b, tmp, (size_t) decimals + 1);
}

/* A quoted date, whole seconds and Z. */
void
buf_time(Buf *b, int64_t t)
{
	char		tmp[40];

	tmp[0] = '"';
	format_date(tmp + 1, t);
	tmp[21] = '"';
	buf_put(b, tmp, 22);
}

/* Length of the UTF-8 character at s, or 0 when it is none. */
static size_t
utf8_length(const unsigned char *s)
{
	size_t		n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
		(s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* What is not UTF-8 (a garbage request in the log) is shown byte by byte. */
void
buf_json_str(Buf *b, const char *s)
{
	buf_put(b, "\"", 1);
	while (*s)
	{
		unsigned char c = (unsigned char) *s;
		size_t		n = utf8_length((const unsigned char *) s);

		if (c == '"' || c == '\\')
			buf_put(b, "\\", 1);
		if (c < 0x20 || c == 0x7f || n == 0)
			buf_printf(b, "\\u%04x", c);
		else
			buf_put(b, s, n);
		s += n ? n : 1;
	}
	buf_put(b, "\"", 1);
}

void
buf_free(Buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(Buf *b, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3)
	{
		uint32_t	v = (uint32_t) p[i] << 16;
		char		out[4];

		if (i + 1 < n)
			v |= (uint32_t) p[i + 1] << 8;
		if (i + 2 < n)
			v |= p[i + 2];
		out[0] = base64_digits[v >> 18];
		out[1] = base64_digits[(v >> 12) & 63];
		out[2] = i + 1 < n ? base64_digits[(v >> 6) & 63] : '=';
		out[3] = i + 2 < n ? base64_digits[v & 63] : '=';
		buf_put(b, out, 4);
	}
}

bool
base64_decode(Buf *b, const char *s)
{
	uint32_t	v = 0;
	int			bits = 0;

	for (; *s && *s != '='; s++)
	{
		const char *d = strchr(base64_digits, *s);
		char		c;

		if (d == NULL)
			return false;
		v = (v << 6) | (uint32_t) (d - base64_digits);
		bits += 6;
		if (bits >= 8)
		{
			bits -= 8;
			c = (char) ((v >> bits) & 0xff);
			buf_put(b, &c, 1);
		}
	}
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* In a query '+' is a blank; in a path it is itself. */
char *
percent_decode(const char *s, size_t n, bool plus)
{
	char	   *out = sim_alloc(n + 1);
	size_t		o = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (s[i] == '%' && i + 2 < n && hex_value(s[i + 1]) >= 0 && hex_value(s[i + 2]) >= 0)
		{
			char		c = (char) (hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));

			out[o++] = c ? c : '?';
			i += 2;
		}
		else if (s[i] == '+' && plus)
			out[o++] = ' ';
		else
			out[o++] = s[i];
	}
	return out;
}

void
percent_encode(Buf *b, const char *s)
{
	for (; *s; s++)
	{
		unsigned char c = (unsigned char) *s;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			c == '-' || c == '_' || c == '.' || c == '~')
			buf_put(b, s, 1);
		else
			buf_printf(b, "%%%02X", c);
	}
}
