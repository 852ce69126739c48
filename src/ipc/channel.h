/*
 * A channel: one end of a stream socket to another process, on an event loop.
 *
 * What is sent in a round of the loop leaves in one write at its end. A peer
 * that breaks the grammar of msg.def is told to `broken`, and nothing more is
 * read from it: the owner decides, which is to have it killed and recorded.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "base/loop.h"
#include "ipc/msg.h"

struct channel;

struct channel_handlers {
	/* A message; its body stays until the handler returns. */
	void (*message)(void *arg, struct channel *ch, struct msg *msg);
	/* The peer is gone (E_CLOSED), or broke the grammar (E_GRAMMAR). */
	void (*broken)(void *arg, struct channel *ch, int why);
	/* What was held back has left; optional. */
	void (*drained)(void *arg, struct channel *ch);
};

/* Owns the socket from here on. E_NOMEM, E_IO: then it is closed. */
int channel_new(struct loop *loop, int socket, enum role self, struct peer peer,
    const struct channel_handlers *handlers, void *arg,
    struct channel **ret_channel);

/* Ends it; memory goes when the loop's round is over. */
void channel_free(struct channel **channel);

const struct peer *channel_peer(const struct channel *channel);

/*
 * Queues a message. E_LIMIT or E_NOMEM where it can't be held: the channel is
 * then of no use any more, and `broken` is told at the end of the round.
 */
void channel_send(struct channel *channel, enum msg_type type, uint64_t id,
    struct slice body);

/* The same with a descriptor, which is closed when it has left. */
void channel_send_fd(struct channel *channel, enum msg_type type, uint64_t id,
    struct slice body, int fd);

/* What comes and goes over it holds secrets: none stays in its buffers. */
void channel_hold_secrets(struct channel *channel);

/* Bytes that wait to leave. */
size_t channel_waiting(const struct channel *channel);

/* Stops reading while `on`, for back-pressure. */
void channel_pause(struct channel *channel, bool on);

#endif
