/*
 * What a front sums up of what never named an operation: the body of FRONT_SUM,
 * [[[what, count] ...], [source ...]], as it comes from a stranger.
 */
#ifndef CORE_FRONT_SUM_H
#define CORE_FRONT_SUM_H

#include "base/slice.h"
#include "ledger/leaf.h"

enum { FRONT_SUM_SOURCES = 32, FRONT_SUM_SOURCE_MAX = 512 };

struct front_sum {
	size_t n_counts;
	struct front_count {
		unsigned what; /* ascending, 1 to FACT_SUM_MAX */
		int64_t count;
	} counts[FACT_SUM_MAX];
	size_t n_sources;
	struct slice sources[FRONT_SUM_SOURCES]; /* in the body */
};

/* E_GRAMMAR. */
int front_sum_read(struct slice body, struct front_sum *ret_sum);

#endif
