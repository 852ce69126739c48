#include "core/opaque.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/base.h"
#include "base/secret.h"

/* Letters of which Hangul is composed: what NFC left of them is not of today's.
 */
static bool
is_old_jamo(utf8proc_int32_t c)
{
	return (c >= 0x1100 && c <= 0x11ff) || (c >= 0xa960 && c <= 0xa97f) ||
	       (c >= 0xd7b0 && c <= 0xd7ff);
}

/* The FreeformClass of RFC 8264, 4.3, but for its rules of context. */
static bool
is_allowed(utf8proc_int32_t c)
{
	static const utf8proc_category_t refused[] = {UTF8PROC_CATEGORY_CC,
	    UTF8PROC_CATEGORY_CF, UTF8PROC_CATEGORY_CN, UTF8PROC_CATEGORY_CO,
	    UTF8PROC_CATEGORY_CS, UTF8PROC_CATEGORY_ZL, UTF8PROC_CATEGORY_ZP};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (utf8proc_category(c) == refused[i])
			return false;
	return !utf8proc_get_property(c)->ignorable && !is_old_jamo(c);
}

static bool
are_allowed(struct slice s)
{
	while (s.n > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
		    utf8proc_iterate(s.p, (utf8proc_ssize_t)s.n, &c);

		if (n <= 0 || !is_allowed(c))
			return false;
		s = slice_from(s, (size_t)n);
	}
	return true;
}

/* Every space is the one of the keyboard. */
static utf8proc_int32_t
map_space(utf8proc_int32_t c, void *data UNUSED)
{
	return utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ? ' ' : c;
}

int
opaque_prepare(struct slice in, struct buf *ret_out)
{
	utf8proc_uint8_t *text = NULL;
	utf8proc_ssize_t n;
	struct slice out;
	int r = 0;

	if (!slice_is_utf8(in))
		return E_UTF8;
	if (in.n == 0)
		return E_INVALID;
	n = utf8proc_map_custom(in.p, (utf8proc_ssize_t)in.n, &text,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE, map_space, NULL);
	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? E_NOMEM : E_INVALID;
	out = slice_of(text, (size_t)n);
	if (!are_allowed(out))
		r = E_INVALID;
	if (r == 0) {
		buf_put_slice(ret_out, out);
		r = ret_out->error;
	}
	secret_wipe(text, (size_t)n);
	free(text);
	return r;
}
