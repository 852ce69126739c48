/*
 * Words of names, for search by name: runs of letters, digits and marks, folded
 * so that words are equal whatever their case or form. A writing without spaces
 * is one word as far as it goes; it is found by how it begins.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "base/mem.h"
#include "base/slice.h"

enum {
	NAME_WORDS_MAX = 128,
	WORD_KEY_MAX = 48, /* bytes of a word that the index holds */
};

/* Different words, sorted by their bytes; they stand in the arena. */
struct name_words {
	struct slice v[NAME_WORDS_MAX];
	size_t n;
};

/* E_NOMEM; E_UTF8 for what is none. */
int words_split(
    struct arena *arena, struct slice name, struct name_words *ret_words);

/* The same as they come, repeats included. */
int words_in_order(
    struct arena *arena, struct slice name, struct name_words *ret_words);

/* The first that begins so, or NULL. */
const struct slice *
words_first_with(const struct name_words *words, struct slice prefix);

/* What the index holds of a word. */
static inline struct slice
word_key(struct slice word)
{
	return slice_first(word, WORD_KEY_MAX);
}

#endif
