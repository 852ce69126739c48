#include "core/words.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/error.h"

static int
fold(struct arena *arena, struct slice name, struct slice *ret_folded)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n = utf8proc_map(name.p, (utf8proc_ssize_t)name.n,
	    &folded, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);

	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? E_NOMEM : E_UTF8;
	*ret_folded = arena_copy(arena, slice_of(folded, (size_t)n));
	mem_free(folded);
	return ret_folded->p != NULL ? 0 : E_NOMEM;
}

/* Spaces, punctuation and what isn't seen set words apart. */
static bool
in_word(utf8proc_int32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
	/* Letters, marks, numbers, symbols; not C, P and Z. */
	return strchr("LMNS", utf8proc_category_string(c)[0]) != NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void
sort_unique(struct name_words *words)
{
	size_t n = 0;

	if (words->n > 1)
		qsort(words->v, words->n, sizeof(words->v[0]), by_bytes);
	for (size_t i = 0; i < words->n; i++)
		if (n == 0 || !slice_eq(words->v[n - 1], words->v[i]))
			words->v[n++] = words->v[i];
	words->n = n;
}

int
words_in_order(
    struct arena *arena, struct slice name, struct name_words *ret_words)
{
	struct slice text;
	size_t start = 0, at = 0;
	int r = fold(arena, name, &text);

	if (r < 0)
		return r;
	ret_words->n = 0;
	while (at <= text.n && ret_words->n < NAME_WORDS_MAX) {
		utf8proc_int32_t c = 0;
		utf8proc_ssize_t n = 1;

		if (at < text.n)
			n = utf8proc_iterate(
			    text.p + at, (utf8proc_ssize_t)(text.n - at), &c);
		if (n < 1)
			return E_UTF8;
		if (at == text.n || !in_word(c)) {
			if (at > start)
				ret_words->v[ret_words->n++] =
				    slice_of(text.p + start, at - start);
			start = at + (size_t)n;
		}
		at += (size_t)n;
	}
	return 0;
}

int
words_split(
    struct arena *arena, struct slice name, struct name_words *ret_words)
{
	int r = words_in_order(arena, name, ret_words);

	if (r == 0)
		sort_unique(ret_words);
	return r;
}

const struct slice *
words_first_with(const struct name_words *words, struct slice prefix)
{
	for (size_t i = 0; i < words->n; i++)
		if (slice_starts(words->v[i], prefix))
			return &words->v[i];
	return NULL;
}
