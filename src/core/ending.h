/*
 * Endings: which rows that enforce something (sessions, credentials, grants,
 * places in folders ...) were ended lately, by their references.
 *
 * A right that was found at a snapshot holds exactly as long as none of the
 * rows that it rests on has ended. So the writer, asked to record a read that
 * was decided earlier, need not decide again: it looks these rows up here.
 *
 * Owned by the writer's thread. What a batch adds is taken back where the batch
 * is rolled back.
 */
#ifndef CORE_ENDING_H
#define CORE_ENDING_H

#include "base/map.h"

enum { ENDINGS_KEPT = 65536 };

struct endings {
	struct map rows; /* reference -> the ending leaf's number */
	uint64_t *ring;  /* references in order, ENDINGS_KEPT of them */
	size_t head, n;
	uint64_t last;     /* the newest ending leaf */
	uint64_t complete; /* everything ended after this leaf is known here */
	size_t batch;      /* how many the open batch has added */
	uint64_t batch_last;
};

/* Everything before the leaf `at` counts as unknown. E_NOMEM. */
int endings_init(struct endings *endings, uint64_t at);
void endings_free(struct endings *endings);

/* The leaf `sequence` ends a row. E_NOMEM. */
int endings_add(struct endings *endings, uint64_t ref, uint64_t sequence);

void endings_commit(struct endings *endings);
void endings_rollback(struct endings *endings);

/*
 * 1 where none of the rows has ended after the leaf `at`, 0 where one has, or
 * where `at` is too old to tell.
 */
int endings_none(
    const struct endings *endings, const uint64_t *refs, size_t n, uint64_t at);

#endif
