/*
 * Exact counts of what never became an operation, with the first few sources in
 * detail: handed to core every ten seconds, if there is anything.
 */
#ifndef FRONT_SUM_H
#define FRONT_SUM_H

#include "base/buf.h"

enum sum {
	SUM_NONE,
#define SUM(number, name, word) SUM_##name = (number),
#include "ledger/sum.def"
#undef SUM
	SUM_MAX,
};

enum { SUM_SOURCES = 16, SUM_SOURCE_BYTES = 160, SUM_SECONDS = 10 };

struct sums {
	uint64_t counts[SUM_MAX];
	uint64_t total[SUM_MAX]; /* since the start, for metrics */
	char sources[SUM_SOURCES][SUM_SOURCE_BYTES];
	size_t n_sources;
	unsigned seconds;
};

/* Counts one, from an address (or none). */
void sum_add(struct sums *sums, enum sum what, struct slice address);

/* The body of FRONT_SUM, and new counts from here on. False: nothing was. */
bool sum_take(struct sums *sums, struct buf *ret_body);

const char *sum_word(enum sum what);

#endif
