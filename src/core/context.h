/*
 * A context: a connection to a front as the front describes it (address, user
 * agent, TLS), to which the records of its operations refer. Its leaf is
 * written with the first operation that cites it, one for each session that
 * uses the connection.
 *
 * Counted, because two own it: the table of the front's connections, on the I/O
 * thread, and each call under way. What it says never changes; which leaves
 * stand for it is the writer's alone.
 */
#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

#include <stdatomic.h>

#include "base/mem.h"
#include "ledger/leaf.h"

enum { CONTEXT_SESSIONS = 4, CONTEXT_ADDRESS_MAX = 64, CONTEXT_TLS_MAX = 128 };

struct context {
	atomic_uint owners;
	size_t front;
	uint64_t connection; /* the front's number for it */
	unsigned listener;   /* enum listener_kind */
	struct slice address, tls;
	struct opening agent; /* cut: a million of them must fit */
	bool claimed; /* the address came from a trusted proxy's header */

	/* The writer's: leaves of the sessions that used it last. */
	struct context_leaf {
		uint64_t session; /* 0: none */
		uint64_t leaf;    /* 0: not written */
	} leaves[CONTEXT_SESSIONS];
	size_t next_leaf;
};

/* From the body of a CONTEXT message. E_GRAMMAR, E_NOMEM. */
int context_new(size_t front, uint64_t connection, struct slice body,
    struct context **ret_context);

struct context *context_hold(struct context *context);

/* Gives an owner's share back, and the memory with the last one. */
void context_drop(struct context **context);

/*
 * A number for where it came from, never 0, for limits: of an IPv6 address the
 * network, for whoever has one of them has 2^64.
 */
uint64_t context_source(const struct context *context);

/* The leaf that stands for this context and session, or 0. */
uint64_t context_leaf_get(const struct context *context, uint64_t session);

/* Where its number is to be kept: valid until context_leaf_new is called next.
 */
struct context_leaf *context_leaf_new(struct context *context);

#endif
