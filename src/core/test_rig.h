/*
 * The engine in a process of its own folder, for tests: a keeper that signs at
 * once, blobs that are told of, calls that wait for their reply.
 */
#ifndef CORE_TEST_RIG_H
#define CORE_TEST_RIG_H

#include "core/engine.h"

struct rig {
	char folder[64];
	int old_folder; /* the working folder before */
	struct config config;
	struct engine *engine;
	int wake; /* an eventfd */
	char token[64];
	uint8_t log_key[64]; /* Ed25519, secret */
	char log_vkey[512];
	struct context *context;
	uint64_t calls;
	bool exited; /* core said that it must end */
	bool keep_orders;
	struct order *kept, **kept_end; /* all but replies, where keep_orders */
};

/* A folder of its own, nothing in it. */
void rig_init(struct rig *rig);

/* Opens the engine there; an error is returned. */
int rig_open(struct rig *rig);

/* In good order; or as if killed, with nothing written any more. */
void rig_stop(struct rig *rig);

/* Removes the folder. */
void rig_free(struct rig *rig);

/* An answer: the code of one object, and its result in the arena. */
struct answer {
	int code; /* of the operation as a whole, else of the object */
	void *result;
};

/*
 * Does one operation with one argument and waits for its answer. `args` is a
 * struct of the operation's shape, ids as outer ones; token NULL: none.
 */
struct answer rig_do(struct rig *rig, struct arena *arena, enum op_number op,
    const char *token, const void *args);

/* The same with an Idempotency-Key. */
struct answer rig_do_key(struct rig *rig, struct arena *arena,
    enum op_number op, const char *token, const char *key, const void *args);

/* A call without its answer waited for: rig_wait gives it. */
struct call *rig_submit(struct rig *rig, enum op_number op, const char *token,
    const char *key, size_t n, const struct shape *shape, const void *args,
    size_t size);

/* The next reply; the call is the caller's to free. NULL where core exits. */
struct call *rig_wait(struct rig *rig);

/* Takes orders that are there, without waiting. */
void rig_poll(struct rig *rig);

#endif
