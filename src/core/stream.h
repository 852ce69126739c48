/*
 * Streams: downloads, uploads, tails, pushes. An operation opens one and
 * records the right; a record with totals ends it. While it is open, it is
 * known on which rows its right rests: when one of them ends, so does the
 * stream.
 *
 * The writer's; the I/O thread gets orders.
 */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include "base/map.h"
#include "core/call.h"

struct run;
struct stream;
struct writer;

struct streams {
	struct map by_number;
	struct map by_row; /* reference -> links of streams that rest on it */
	struct stream *began, *ended; /* of the open batch */
	struct stream *news;          /* what they watch has changed in it */
};

/* What the I/O thread is told of a new one. */
struct stream_order {
	uint64_t number;
	const struct op *op;
	size_t front;
	uint64_t front_pid;
	uint64_t principal, session;
	uint64_t ref;            /* its row */
	int64_t expires;         /* when the right ends by itself; 0: never */
	struct stream_plan plan; /* its slices stand in the call */
};

/* How one ended, as whoever carried it says. */
struct stream_ending {
	uint64_t number;
	unsigned status; /* STREAM_* */
	uint64_t bytes;
	bool known; /* false: totals unknown */
	/* Of an upload that came whole: where blobs put it. */
	bool stored;
	struct digest digest, sums;
	char place[80];
	int why; /* of one that did not: what its client is told, or 0 */
	/* Its answer. */
	int code;
};

/*
 * Into the leaf of something that happens in a stream: for whom, on what, and
 * the record of its opening. E_NOT_FOUND where it has ended.
 */
int stream_tell(struct run *run, uint64_t number);

/* Opens the stream that an operation planned, within the batch. */
int stream_begin(struct writer *writer, struct call *call, struct call_op *op);

/* The `system` of a STREAM_END call: arg is a struct stream_ending. */
int stream_end(struct run *run, void *arg);

/* A row has ended: streams that rest on it are ordered closed. */
int streams_close_on(struct writer *writer, uint64_t ref);

/* Ends, at a start, what a crash left open. One leaf each. */
int streams_recover(struct writer *writer);

/*
 * Something in a folder has changed, by the record of that number: those who
 * watch it are told once when the batch is durable.
 */
void
streams_changed(struct streams *streams, uint64_t folder, uint64_t sequence);
int streams_order_news(struct writer *writer);

void streams_commit(struct streams *streams);
void streams_rollback(struct streams *streams);
void streams_free(struct streams *streams);
/* How many are open that rest on a row, counted up to `most`. */
size_t streams_on(const struct streams *streams, uint64_t row, size_t most);

size_t streams_count(const struct streams *streams);

#endif
