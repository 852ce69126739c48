/*
 * A slice: bytes that somebody else owns. Parsers take and give slices; nothing
 * in them ends in NUL.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *p;
	size_t n;
};

#define SLICE_NONE ((struct slice){NULL, 0})
/* A slice of a string constant. */
#define SLICE(text) ((struct slice){(const uint8_t *)(text), sizeof(text) - 1})
/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).n, (const char *)(s).p

static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){(const uint8_t *)p, n};
}

static inline struct slice
slice_str(const char *text)
{
	return slice_of(text, text != NULL ? strlen(text) : 0);
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The part from offset on; empty where there is none. */
static inline struct slice
slice_from(struct slice s, size_t offset)
{
	if (offset >= s.n)
		return SLICE_NONE;
	return (struct slice){s.p + offset, s.n - offset};
}

/* The first n bytes, or all where there are fewer. */
static inline struct slice
slice_first(struct slice s, size_t n)
{
	return (struct slice){s.p, n < s.n ? n : s.n};
}

/* As strcmp: bytewise, the shorter first. */
int slice_cmp(struct slice a, struct slice b);

bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);

/* Equal, ASCII letters compared without case. */
bool slice_eq_nocase(struct slice a, struct slice b);

/* Where byte c stands first; s.n where it doesn't. */
size_t slice_index(struct slice s, uint8_t c);

/*
 * Cuts s at the first c: ret_head is what stands before, *s what stands after.
 * False, with head all and *s empty, where there is no c.
 */
bool slice_cut(struct slice *s, uint8_t c, struct slice *ret_head);

/* Without the spaces and tabs at both ends. */
struct slice slice_trim(struct slice s);

/*
 * A decimal number: digits only, no sign, no leading zero but "0" itself, at
 * most max. E_SYNTAX, or E_LIMIT where it is larger.
 */
int slice_u64(struct slice s, uint64_t max, uint64_t *ret_value);

/* Valid UTF-8 of RFC 3629: no overlong forms, no surrogates. */
bool slice_is_utf8(struct slice s);

/* Length of the longest prefix of at most n bytes that cuts no character. */
size_t slice_utf8_cut(struct slice s, size_t n);

#endif
