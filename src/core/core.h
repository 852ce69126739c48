/*
 * Core: the one place where operations are authenticated, decided, done and
 * recorded. This header is what its parts share; engine.h is its outside.
 *
 * Threads. The I/O thread owns channels, admission and open streams. The writer
 * owns the only writing connection and all that must follow its commits.
 * Readers do reads on snapshots. The scribe follows the commits: log folder,
 * checkpoints, subscribers, derived indexes. The checkpointer moves pages out
 * of the write-ahead log.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdatomic.h>

#include "core/challenge.h"
#include "core/core_time.h"
#include "core/ending.h"
#include "ipc/config.h"
#include "op/id.h"
#include "op/words.h"

/* How full the storage is. */
enum {
	CORE_FULL_NOT,
	CORE_FULL_WRITES, /* nothing new is stored */
	CORE_FULL_ALL,    /* what is left is for ends, purges and the log */
};

#define CORE_LOG_FOLDER "log"

struct engine;

struct core {
	struct engine *engine;
	_Atomic(const struct config *) config; /* engine_reload replaces it */
	struct id_key id_key;
	struct challenge_key challenge_key;
	struct core_time time;
	uint8_t boot_id[BOOT_ID_BYTES];
	uint64_t org;           /* the organisation's reference */
	uint64_t everyone;      /* the group that all are in but guests */
	uint64_t guests;        /* the group that these are in, and links */
	uint64_t apps[APP_MAX]; /* by APP_* */
	uint64_t canaries;      /* the record that planted the first ones */
	uint64_t base;          /* the number that the tree's index 0 has */
	uint64_t fence; /* this start's number; each commit requires it */
	int64_t started;
	const char *version;
	char origin[256];
	char log_key[512]; /* the log's verifier key */
	bool key_is_new;   /* it signs from this start on */
	uint64_t schema;   /* the database's as it was found; 0: none */

	struct endings endings; /* the writer's */
	atomic_uint_fast64_t generation;
	atomic_uint_fast64_t memberships;
	atomic_uint_fast64_t durable;   /* the last leaf on stable storage */
	atomic_uint full;               /* CORE_FULL_* */
	atomic_uint_fast64_t blob_room; /* bytes free where blobs stand */
};

/* The configuration now; it stays valid while the engine is open. */
static inline const struct config *
core_config(const struct core *core)
{
	return atomic_load(&core->config);
}

#endif
