/*
 * Core's I/O thread: channels to the other processes, admission of calls, open
 * streams. What the engine orders is sent from here, in order.
 */
#ifndef CORE_IO_H
#define CORE_IO_H

#include "base/loop.h"
#include "core/engine.h"
#include "core/io_document.h"
#include "core/place.h"
#include "ipc/channel.h"
#include "ipc/role.h"

enum { IO_FRONTS_MAX = 64, IO_BLOB_FOLDERS = 256 };

/* A front, as far as core knows it. */
struct io_front {
	struct io *io;
	size_t index;
	struct channel *channel; /* NULL: it is gone */
	bool greeted;            /* its build id was right */
	struct map contexts;     /* its connections: number -> struct context */
	size_t in_flight;        /* calls not answered */
	size_t in_flight_bytes;
	size_t most_in_flight;    /* that it may have had since it began */
	uint64_t sums, summed_at; /* sums it may send, as of that second */
	uint64_t closed;          /* streams, that it was told to close */
};

/* A stream that is open. */
struct io_stream {
	struct io *io;
	uint64_t number;
	size_t front;
	uint64_t front_pid;
	const struct op *op;
	uint64_t principal, session;
	bool at_blobs;          /* an upload: blobs say how it ended */
	uint64_t limit;         /* the bytes that it takes */
	bool ending;            /* its end is on its way to the record */
	int64_t expires;        /* when its right ends by itself; 0: never */
	unsigned given_up;      /* an upload: why its front gave it up, or 0 */
	struct loop_timer obey; /* set while the front is to close it */
	uint64_t closed_before; /* its front had closed so many when told */
	bool again;             /* it has its time once more */
	struct loop_task gone;
};

struct io {
	struct loop *loop;
	struct role_setup setup;
	uint8_t boot_id[BOOT_ID_BYTES];
	struct engine *engine;
	struct loop_watch orders; /* an eventfd */
	struct loop_timer second;
	struct channel *parent, *keeper, *blobs;
	struct io_front fronts[IO_FRONTS_MAX];
	struct map streams; /* number -> struct io_stream */
	struct io_documents documents;
	struct map sessions; /* session -> how many calls are under way */
	struct map asks;  /* number -> the call that the keeper is asked for */
	uint64_t asked;   /* the last number */
	struct map tries; /* whom secrets are tried of, and from where */
	struct place place; /* whom a secret belongs to, for admission */
	/* Calls of this round of the loop, submitted together at its end. */
	struct call *taken, **taken_end;
	size_t n_taken;
	struct loop_task submit;
	struct buf out;
	struct buf keeper_key; /* what the keeper said at the start */
	bool draining, stopped;
	pthread_t join;
	uint64_t seconds, scanned;
	bool collecting; /* an operation of housekeeping is under way */
};

/* ---- fronts (io_front.c)
 * ------------------------------------------------------ */

/* Takes a channel to a front on; an older one of that index is gone. */
int io_front_add(struct io *io, struct role_fd *in);

/* The channel to that front while it is that process; else NULL. */
struct channel *io_front_channel(struct io *io, size_t index, uint64_t pid);

/* How many calls wait for core. */
size_t io_waiting(const struct io *io);

/* Sends a reply, and frees the call. */
void io_front_reply(struct io *io, struct call *call);

/* Has a front killed, and that recorded. */
void io_front_kill(struct io *io, size_t index, const char *why);

/* True once none is connected: what they had to tell is here. */
bool io_fronts_gone(const struct io *io);

/* ---- streams (io_stream.c)
 * ---------------------------------------------------- */

/* An open stream, or NULL. */
struct io_stream *io_stream_get(struct io *io, uint64_t number);

void io_stream_open(struct io *io, const struct stream_order *order);
void io_stream_close(struct io *io, uint64_t number, unsigned status);
/* The same, for a reason that its client is told. */
void io_stream_close_because(struct io *io, uint64_t number, unsigned status,
    int code, struct slice why);
void io_stream_data(struct io *io, uint64_t number, struct slice bytes);
void io_stream_state(struct io *io, uint64_t principal, uint64_t state);
/* What a stream watches has changed, by the record of that number. */
void io_stream_news(struct io *io, uint64_t number, uint64_t sequence);

/* Those whose right has ended by itself are closed: every second. */
void io_streams_expire(struct io *io);

/* A front says that one of its streams has ended. */
void io_stream_ended(
    struct io *io, size_t front, uint64_t number, struct slice body);
void io_stream_taken(
    struct io *io, size_t front, uint64_t number, struct slice body);

/* A front is gone, with all that it carried. */
void io_streams_orphaned(struct io *io, size_t front);

/* All are closed: the server is to stop. */
void io_streams_drain(struct io *io);

/* ---- the keeper's answers (io_ask.c)
 * ---------------------------------------------------- */

/*
 * Asks the keeper for a call, which goes on to the writer with the answer; or
 * without one, and why. Whose secrets are tried too often, and from where, is
 * slowed before anything is hashed.
 */
void io_ask(struct io *io, struct call *call);
void io_answered(struct io *io, struct msg *msg);

/* The keeper is gone: nothing that it was asked will be answered. */
void io_asks_unanswered(struct io *io);

/* A try that doesn't count: it was right, or nobody has looked. */
void io_ask_not_counted(struct io *io, const struct call *call);

/* Forgets whom nobody tries any more: every minute. */
void io_tries_trim(struct io *io);

/* ---- blobs (io_blob.c)
 * --------------------------------------------------------- */

int io_blobs_add(struct io *io, struct role_fd *in);
void io_blobs_drop(struct io *io, struct slice place);
void io_blobs_send(struct io *io, const struct stream_order *order);
void io_blobs_expect(struct io *io, const struct stream_order *order);

/* The server's own operations, every minute: what is over goes. */
void io_housekeeping(struct io *io);

/* Ends a stream on the record. */
void io_submit_ending(struct io *io, const struct stream_ending *ending);

#endif
