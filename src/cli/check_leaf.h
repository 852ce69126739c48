/*
 * What must hold of every leaf of a log beside the tree over it: that it can be
 * read, that it has the number of its place, and that all it refers to came
 * before it.
 */
#ifndef CLI_CHECK_LEAF_H
#define CLI_CHECK_LEAF_H

#include "ledger/leaf.h"
#include "op/op.h"

struct leaf_check {
	struct arena arena;
	uint64_t base;           /* the number of the tree's first entry */
	uint64_t counts[OP_MAX]; /* by operation; 0: of a newer release */
	int64_t first_ms, last_ms;
	char why[200]; /* the last failure, for people */
};

/* The entry at an index, in order from 0 on. 0, or E_CORRUPT, E_NOMEM. */
int
leaf_check_next(struct leaf_check *check, uint64_t index, struct slice entry);

/* The base that a log's first leaf tells. E_CORRUPT, E_NOMEM. */
int leaf_base(struct slice first, uint64_t *ret_base);

#endif
