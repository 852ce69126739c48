/*
 * The scribe follows the commits on a thread and a connection of its own: it
 * writes the log folder, asks the keeper for checkpoints, and brings records,
 * leaves and checkpoints to the streams that follow the log. Nothing waits for
 * it, and all it makes can be made again from the database.
 */
#ifndef CORE_SCRIBE_H
#define CORE_SCRIBE_H

#include "core/stream.h"
#include "ledger/folder.h"

struct engine;
struct scribe;

enum { SCRIBE_CHECKPOINT_MS = 1000 };

/* Items in the body of STREAM_DATA: [kind, number, bytes]. */
enum scribe_item {
	SCRIBE_RECORD = 1,     /* a bundle, by its number */
	SCRIBE_LEAF = 2,       /* a leaf's bytes, by its number */
	SCRIBE_CHECKPOINT = 3, /* a signed note, by its tree size */
	SCRIBE_STATE = 4,      /* the new state of a principal's files */
	SCRIBE_END = 5,        /* nothing more comes */
};

/*
 * Opens the log folder, and brings it up to the last commit. E_CORRUPT, with
 * what is damaged in the log, where leaves don't match the tree that the writer
 * kept; E_INCONSISTENT where the log doesn't continue what the keeper signed.
 */
int
scribe_new(struct engine *engine, struct slice log_key, uint64_t signed_size,
    const struct digest *signed_root, struct scribe **ret_scribe);
void scribe_free(struct scribe **scribe);

/* The thread's body. */
void *scribe_run(void *scribe);

/* Ends the thread: when all is followed, with a last checkpoint. */
void scribe_stop(struct scribe *scribe);

/* Something was committed. */
void scribe_wake(struct scribe *scribe);

/* A stream of the log begins, has taken bytes, or has ended. */
int scribe_begin(struct scribe *scribe, const struct stream_order *order);
void scribe_taken(struct scribe *scribe, uint64_t number, uint64_t bytes);
void scribe_end(struct scribe *scribe, uint64_t number);

/* The keeper's answer to ORDER_SIGN. */
void scribe_signed(struct scribe *scribe, int code, struct slice note);

/* Another keeper runs, and says what it, or those before it, signed last. */
void
scribe_keeper(struct scribe *scribe, uint64_t size, const struct digest *root);

/* Texts were erased: no copy of them may leave any more. */
void scribe_forget(struct scribe *scribe);

/* The size that the last stored checkpoint signs. */
uint64_t scribe_checkpoint_size(struct scribe *scribe);

/* When that was stored; 0: there is none. */
int64_t scribe_checkpoint_time(struct scribe *scribe);

/* A mirror that followed the log since the start. */
struct scribe_mirror {
	uint64_t stream; /* its number */
	uint64_t size;   /* of the last checkpoint that was sent to it */
	bool live;
};

enum { SCRIBE_MIRRORS = 16 };

/* Those that began last, the newest first: how many. */
size_t scribe_mirrors(struct scribe *scribe,
    struct scribe_mirror ret_mirrors[static SCRIBE_MIRRORS]);

#endif
