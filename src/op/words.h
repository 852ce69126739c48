/* Enumerations with a number for leaves and a word for people: words.def. */
#ifndef OP_WORDS_H
#define OP_WORDS_H

#include "base/slice.h"

#define BEGIN(name, doc) enum { name##_UNSET,
#define WORD(number, constant, text, doc) constant = (number),
#define END(name)  \
	name##_MAX \
	}          \
	;
#include "op/words.def"

enum words {
	WORDS_UNSET,
#define BEGIN(name, doc) WORDS_##name,
#define WORD(number, constant, text, doc)
#define END(name)
#include "op/words.def"
	WORDS_MAX,
};

struct word {
	unsigned number;
	const char *text;
	const char *doc;
};

struct word_list {
	const char *name;
	const char *doc;
	const struct word *words;
	size_t n;
};

const struct word_list *words_list(enum words which);

/* The text of a number, "unknown" where it has none. */
const char *words_text(enum words which, unsigned number);

/* True where the list has that number. */
bool words_is(enum words which, unsigned number);

/* The number of a text, 0 where it has none. */
unsigned words_number(enum words which, struct slice text);

#endif
