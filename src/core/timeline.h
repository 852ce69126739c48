/*
 * How many records fit a query, by time: exact, whatever their number. By time
 * alone, or by operation, sums of the index tell it (tally.h). What asks for
 * more goes by the index's terms, of which one call looks at so many; and what
 * the index doesn't cover yet is read from the log itself, so many records.
 * Where that doesn't suffice, the counting ends at a whole second.
 */
#ifndef CORE_TIMELINE_H
#define CORE_TIMELINE_H

#include "core/place.h"
#include "core/search.h"
#include "core/tally.h"

enum {
	TIMELINE_SPANS_MAX = 200,
	TIMELINE_ROWS = 1000000, /* that one call looks at, of the index */
	TIMELINE_LEAVES = 20000, /* and of the log itself */
};

struct timeline_of {
	struct search *search; /* its bounds in time and number don't count */
	int64_t since, span;   /* in seconds */
	size_t n;              /* spans, one behind the other */
	int64_t rows, leaves;  /* to look at, at most */
};

struct timeline_told {
	struct tally sums[TIMELINE_SPANS_MAX];
	int64_t until; /* counted up to this second */
	uint64_t size; /* the last record there was */
};

/* ret_told->until is the end of the last span, or earlier: see above. */
int timeline_count(struct place *place, const struct timeline_of *of,
    struct timeline_told *ret_told);

#endif
