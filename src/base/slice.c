#include "base/slice.h"

#include "base/base.h"

int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = MIN(a.n, b.n);
	int r = n != 0 ? memcmp(a.p, b.p, n) : 0;

	if (r != 0)
		return r;
	return (a.n > b.n) - (a.n < b.n);
}

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq(slice_first(s, prefix.n), prefix);
}

bool
slice_ends(struct slice s, struct slice suffix)
{
	if (s.n < suffix.n)
		return false;
	return slice_eq(slice_from(s, s.n - suffix.n), suffix);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

size_t
slice_index(struct slice s, uint8_t c)
{
	const uint8_t *at = s.n != 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : s.n;
}

bool
slice_cut(struct slice *s, uint8_t c, struct slice *ret_head)
{
	size_t at = slice_index(*s, c);
	bool found = at < s->n;

	*ret_head = slice_first(*s, at);
	*s = slice_from(*s, at + 1);
	return found;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct slice
slice_trim(struct slice s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = slice_from(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

int
slice_u64(struct slice s, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
		return E_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return E_SYNTAX;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, s.p[i] - '0', &value))
			return E_LIMIT;
	}
	if (value > max)
		return E_LIMIT;
	*ret_value = value;
	return 0;
}

/*
 * Length of the character at the start of s, 0 where none is valid (the table
 * of RFC 3629, section 4).
 */
static size_t
utf8_char(struct slice s)
{
	uint8_t c = s.p[0], low = 0x80, high = 0xbf;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (s.n < n || s.p[1] < low || s.p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
slice_is_utf8(struct slice s)
{
	while (s.n > 0) {
		size_t n = utf8_char(s);

		if (n == 0)
			return false;
		s = slice_from(s, n);
	}
	return true;
}

size_t
slice_utf8_cut(struct slice s, size_t n)
{
	if (s.n <= n)
		return s.n;
	while (n > 0 && (s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}
