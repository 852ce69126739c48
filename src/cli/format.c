#include "cli/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

struct format
format_bytes(uint64_t bytes)
{
	static const char *const units[] = {
	    "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct format f;
	double n = (double)bytes;
	size_t unit = 0;

	/* What would be rounded up to 1024 is one of the next unit. */
	while (n >= 1023.5 && unit + 1 < ARRAY_SIZE(units)) {
		n /= 1024;
		unit++;
	}
	(void)snprintf(f.text, sizeof(f.text), "%.*f %s",
	    unit > 0 && n < 9.95 ? 1 : 0, n, units[unit]);
	return f;
}

struct format
format_count(uint64_t n)
{
	char digits[24];
	struct format f;
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t to = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			f.text[to++] = ',';
		f.text[to++] = digits[i];
	}
	f.text[to] = '\0';
	return f;
}

struct format
format_span(uint64_t ms)
{
	uint64_t s = ms / 1000;
	struct format f;

	if (s < 60)
		(void)snprintf(f.text, sizeof(f.text), "%" PRIu64 " s", s);
	else if (s < 3600)
		(void)snprintf(f.text, sizeof(f.text),
		    "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(f.text, sizeof(f.text),
		    "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else
		(void)snprintf(f.text, sizeof(f.text),
		    "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
	return f;
}

struct format
format_time(int64_t ms)
{
	time_t s = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
	struct format f;
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL ||
	    strftime(f.text, sizeof(f.text), "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		(void)snprintf(f.text, sizeof(f.text), "%" PRId64 " ms", ms);
	return f;
}

/* ---- text from outside --------------------------------------------------- */

/* A character of valid UTF-8, and its bytes. */
static uint32_t
decode(const uint8_t *p, size_t *ret_n)
{
	if (p[0] < 0x80) {
		*ret_n = 1;
		return p[0];
	}
	if (p[0] < 0xe0) {
		*ret_n = 2;
		return (uint32_t)(p[0] & 31) << 6 | (p[1] & 63);
	}
	if (p[0] < 0xf0) {
		*ret_n = 3;
		return (uint32_t)(p[0] & 15) << 12 |
		       (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
	}
	*ret_n = 4;
	return (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 |
	       (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
}

/* Controls, what ends a line or turns its order, and what has no width. */
static bool
is_unseen(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void
format_put_text(struct buf *buf, struct slice text)
{
	while (text.n > 0) {
		size_t n = 1, max = text.n < 4 ? text.n : 4;
		uint32_t c = 0;

		/* The shortest head that is UTF-8 is one character. */
		while (n <= max && !slice_is_utf8(slice_first(text, n)))
			n++;
		if (n <= max)
			c = decode(text.p, &n);
		else
			n = 1;
		if (is_unseen(c))
			buf_put_str(buf, "\xef\xbf\xbd");
		else
			buf_put(buf, text.p, n);
		text = slice_from(text, n);
	}
}
