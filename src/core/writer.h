/*
 * The writer: the one thread that changes the database. It takes calls from the
 * queue, does as many as there are in one transaction (group commit, with no
 * timer: a batch ends when the queue is empty, its time is used up, or it is
 * large), commits, and only then lets anything out that they cause.
 *
 * Memory follows the commit: what a batch changes in core's memory is kept at
 * the commit and taken back where the batch is undone.
 */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include "core/call.h"
#include "core/place.h"
#include "core/stream.h"
#include "ledger/tree.h"

struct engine;
struct writer;

/* What leaves core once the batch is durable, in order. */
enum order_type {
	ORDER_REPLY, /* call: to its front, or to its `done` */
	ORDER_OPEN,  /* stream: begin to bring it, or to take its bytes */
	ORDER_CLOSE, /* number: end that stream now */
	ORDER_DROP,  /* bytes: the name of a blob's file that goes */
	ORDER_STATE, /* principal, number: the new state of their files */
	ORDER_NEWS,  /* number, sequence: what it watches has changed */
	ORDER_DATA,  /* number, bytes: for that stream */
	ORDER_DONE,  /* number, status: that stream brings no more */
	ORDER_SIGN,  /* bytes: a checkpoint for the keeper */
	ORDER_ASK,   /* call: the keeper answers what it asks, before it is done
	              */
	ORDER_SAVE,  /* number: a file, to be saved where it is open */
	ORDER_COPY,  /* number, bytes: what that view has selected, to it, of
	                that media type */
	ORDER_EXIT,  /* the outcome of a commit is unknown: core must end */
};

struct order {
	struct order *next;
	enum order_type type;
	struct call *call;
	struct stream_order *stream;
	uint64_t number, principal, sequence;
	unsigned status;    /* STREAM_* */
	struct slice bytes; /* behind the order itself */
};

/* ---- for operations being done ------------------------------------------- */

/*
 * The number of the next leaf, and its context: a context leaf is written
 * before it where there is none yet.
 */
int writer_number(struct writer *writer, struct call *call, uint64_t session,
    uint64_t principal, uint64_t *ret_sequence, uint64_t *ret_context);

/* Writes the leaf of that number, with its openings. */
int writer_put_leaf(struct writer *writer, struct draft *draft,
    uint64_t sequence, int64_t time);

/* A row ended: reads that rest on it are void, streams on it are closed. */
int writer_ended(struct writer *writer, uint64_t ref, uint64_t sequence);

/* A row belongs elsewhere now: the same for reads; streams go on. */
int writer_moved(struct writer *writer, uint64_t ref, uint64_t sequence);

/* Something that was denied before may be allowed now. */
void writer_granted(struct writer *writer);

/* Who is in which group has changed, or a group has ended. */
void writer_regrouped(struct writer *writer);

/* Texts are erased by this batch. */
void writer_erased(struct writer *writer);

/* The files of a principal's space changed, and their size by `bytes`. */
int writer_touch_files(struct writer *writer, uint64_t principal,
    uint64_t sequence, int64_t bytes);

/* What this batch has changed of it, if anything. */
bool writer_files_state(
    struct writer *writer, uint64_t principal, uint64_t *ret_state);
int64_t writer_files_bytes(struct writer *writer, uint64_t principal);

/*
 * A session did something: when, is kept in its row to within minutes. `used`
 * is when it last had, as far as is known.
 */
int writer_touch_session(
    struct writer *writer, uint64_t session, uint64_t credential, int64_t used);

/* Lets an order out when the batch is durable. E_NOMEM. */
int writer_order(struct writer *writer, const struct order *order);

/* The last leaf that is written; durable when no batch is open. */
uint64_t writer_durable(const struct writer *writer);

struct streams *writer_streams(struct writer *writer);
struct db *writer_db(struct writer *writer);

/* ---- the thread ------------------------------------------------------------
 */

/* Opens the writing connection, on the database that recovery left. */
int writer_new(struct engine *engine, struct writer **ret_writer);
void writer_free(struct writer **writer);

/* The thread's body: until the queue is closed and empty. */
void *writer_run(void *writer);

/*
 * Does one system call in a transaction of its own, before the thread starts:
 * for what a start itself records.
 */
int writer_do(struct writer *writer, struct call *call);

/* Counts, for metrics: read without a lock, each by itself right. */
struct writer_counts {
	_Atomic uint64_t operations, batches, batch_max, undone, reruns, waits;
	_Atomic uint64_t commit_ns, wal_bytes, restarts;
	/* Objects of operations, by how they ended. */
	_Atomic uint64_t did[OP_MAX][OUTCOME_MAX];
};
const struct writer_counts *writer_counts(const struct writer *writer);

#endif
