/*
 * How many records there are by time: a part of the derived index (index.h).
 * For each second that has records, for each minute and for each hour, and
 * there for all operations and for each: how many, how many of them say that
 * something was denied, and that the server failed. So that a day of many
 * millions is counted by reading some hundred rows.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include "ledger/leaf.h"
#include "store/db.h"

struct tally {
	uint64_t count, denied, failed;
};

/* What a chunk of records adds. */
struct tallies {
	struct tally_row *v;
	size_t n, cap;
	int error; /* sticky */
};

/* The table, in a new index. */
int tally_make_table(struct db *index);

/* One record more. */
void tally_add(struct tallies *tallies, const struct leaf *leaf);

/* All of it into the index, within a transaction. */
int tally_put(struct tallies *tallies, struct db *index);

void tally_forget(struct tallies *tallies);
void tally_free(struct tallies *tallies);

/* The second of a time in ms. */
static inline int64_t
tally_second(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

/* Adds what a record says to a sum. */
void tally_count(struct tally *tally, const struct leaf *leaf);

/*
 * The sum from a second up to another, which is not in it, of that operation or
 * (0) of all.
 */
int tally_sum(struct db *index, uint64_t op, int64_t from, int64_t to,
    struct tally *ret_tally);

/*
 * The first record that the index has from a second on; times ascend with
 * numbers. `none` where there is none.
 */
int tally_first(
    struct db *index, int64_t from, uint64_t none, uint64_t *ret_sequence);

#endif
