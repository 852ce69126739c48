/* Records as they leave core: bundles (ledger/bundle.h), put together on a
 * read. */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "base/buf.h"
#include "base/mem.h"
#include "store/db.h"

struct leaf;

enum { RECORD_KEPT = 256 };

/*
 * Leaves that were cited lately, with their openings: records one after the
 * other cite the same few. To be freed, and so emptied, when a text is erased.
 */
struct record_cache {
	struct record_kept {
		uint64_t number;
		struct buf part;
	} kept[RECORD_KEPT];
};

void record_cache_free(struct record_cache *cache);

/*
 * Appends the bundle of a leaf, within a snapshot; cache may be NULL.
 * E_NOT_FOUND, E_CORRUPT where a leaf that it cites is missing, E_LIMIT,
 * E_NOMEM.
 */
int record_put(struct db *db, struct record_cache *cache, struct arena *arena,
    uint64_t sequence, struct buf *buf);

/* Copies a leaf's bytes to the arena. E_NOT_FOUND, E_NOMEM. */
int record_leaf(struct db *db, struct arena *arena, uint64_t sequence,
    struct slice *ret_leaf);

/* The same, read; what it points to stands in the arena. E_CORRUPT, too. */
int record_read(struct db *db, struct arena *arena, uint64_t sequence,
    struct leaf *ret_leaf);

/*
 * The same of the first record from a number on, which it tells: between epochs
 * there are numbers that no record has.
 */
int record_from(struct db *db, struct arena *arena, uint64_t from,
    uint64_t *ret_sequence, struct slice *ret_leaf);

/* The last leaf that the snapshot sees; 0 where there is none. */
int record_last(struct db *db, uint64_t *ret_sequence);

#endif
