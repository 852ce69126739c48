#include "op/words.h"

#include "base/base.h"

#define BEGIN(name, doc) static const struct word name##_words[] = {
#define WORD(number, constant, text, doc) {number, text, doc},
#define END(name) \
	}         \
	;
#include "op/words.def"

static const struct word_list lists[] = {
    [WORDS_UNSET] = {"", "", NULL, 0},
#define BEGIN(name, doc) \
	[WORDS_##name] = {#name, doc, name##_words, ARRAY_SIZE(name##_words)},
#define WORD(number, constant, text, doc)
#define END(name)
#include "op/words.def"
};

const struct word_list *
words_list(enum words which)
{
	BUG_ON((unsigned)which >= ARRAY_SIZE(lists));
	return &lists[which];
}

const char *
words_text(enum words which, unsigned number)
{
	const struct word_list *list = words_list(which);

	for (size_t i = 0; i < list->n; i++)
		if (list->words[i].number == number)
			return list->words[i].text;
	return "unknown";
}

unsigned
words_number(enum words which, struct slice text)
{
	const struct word_list *list = words_list(which);

	for (size_t i = 0; i < list->n; i++)
		if (slice_eq(slice_str(list->words[i].text), text))
			return list->words[i].number;
	return 0;
}

bool
words_is(enum words which, unsigned number)
{
	const struct word_list *list = words_list(which);

	for (size_t i = 0; i < list->n; i++)
		if (list->words[i].number == number)
			return true;
	return false;
}
