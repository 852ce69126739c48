/*
 * A server whose fronts are the test's: chanceryd with the roles' own programs,
 * but for chancery-front, which is hostile_front.c. The test holds the fronts'
 * ends of all their channels, and sends what it likes.
 */
#ifndef TESTS_HOSTILE_SERVER_H
#define TESTS_HOSTILE_SERVER_H

#include <sys/types.h>

#include "ipc/role.h"
#include "ledger/leaf.h"
#include "op/op.h"

enum { SERVER_FRONTS = 64, WAIT_MS = 60000 };

/* A process of the test's, a front mostly. */
struct front {
	size_t index;
	pid_t pid;
	int test; /* to its process: at its end when that is */
	int parent, core, keeper, blobs;
	uint64_t calls, contexts;
	uint64_t closed;   /* the stream that core closed last */
	struct buf in;     /* the message read last */
	struct buf gotten; /* all bodies that it ever got */
};

struct server {
	char folder[64];
	char token[64]; /* the ceremony's */
	const char *programs;
	pid_t pid;
	int listener;
	size_t n_fronts;
	struct front fronts[SERVER_FRONTS]; /* each by its index */
};

/* Starts one and takes its fronts over; each has greeted core. */
void server_start(struct server *server, size_t n_fronts);

/* The same with the fronts that clients get. */
void server_start_real(struct server *server, size_t n_fronts);

/* The same where blobs are the test's; the fronts are what clients get. */
void server_start_blobs(
    struct server *server, size_t n_fronts, struct front *ret_blobs);

/* Takes over a front that was started anew. */
struct front *server_adopt(struct server *server);

/* In good order; the log is whole then. */
void server_stop(struct server *server);
void server_free(struct server *server);

/* Ends the process of a front. */
void front_end(struct front *front);

/* Waits until the process of a front is no more. */
void front_gone(struct front *front);

/* A message as msg.def has it; or anything: what the header says, and bytes. */
void front_send(int socket, enum msg_type type, uint64_t id, struct slice body);
void
front_send_raw(int socket, struct msg_header header, struct slice body, int fd);

/* Tells core of a connection: its number. */
uint64_t front_connect(struct front *front, const char *address);

/* An operation on one object: args is a struct of its shape. Its call's id. */
uint64_t front_call(struct front *front, uint64_t context, const char *token,
    const char *key, enum op_number op, const void *args);

/* The next message of a peer. E_CLOSED, E_TIMEOUT. */
int front_read(struct front *front, int socket, struct msg *ret_msg);

/*
 * Waits for the answer of a call: its code, and its result, a struct of the
 * operation's shape in the arena, where there is one.
 */
int front_answer(struct front *front, uint64_t call, enum op_number op,
    struct arena *arena, void **ret_result);

/* Call and answer in one, by a connection of its own. */
int front_do(struct front *front, struct arena *arena, const char *token,
    enum op_number op, const void *args, void **ret_result);

/* Stores a file of so many bytes by an upload, all of them `fill`. */
struct id
front_upload(struct front *front, struct arena *arena, const char *token,
    struct id folder, const char *name, size_t size, uint8_t fill);

/* The same, with what another front does once blobs wait for the bytes. */
struct id front_upload_with(struct front *front, struct arena *arena,
    const char *token, struct id folder, const char *name, size_t size,
    uint8_t fill, void (*meanwhile)(struct front *other, uint64_t stream),
    struct front *other);

/* Ends a stream as a front does that obeys. */
void front_send_end(
    struct front *front, uint64_t stream, unsigned status, uint64_t bytes);

/* Every record of a stopped server's log, in order. */
void server_log(const struct server *server,
    void (*each)(const struct leaf *leaf, void *arg), void *arg);

/* The value of a fact, or -1; its bytes, or empty. */
int64_t leaf_fact(const struct leaf *leaf, enum fact fact);
struct slice leaf_fact_bytes(const struct leaf *leaf, enum fact fact);

#endif
