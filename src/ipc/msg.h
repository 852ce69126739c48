/*
 * Processes and the messages between them: msg.def. Who sent a message is known
 * by the channel that it came over, never by a field.
 */
#ifndef IPC_MSG_H
#define IPC_MSG_H

#include "base/base.h"
#include "base/buf.h"
#include "base/slice.h"

enum role {
	ROLE_NONE,
	ROLE_PARENT,
	ROLE_FRONT,
	ROLE_CORE,
	ROLE_KEEPER,
	ROLE_BLOBS,
	ROLE_ZYGOTE,
	ROLE_KIT,
	ROLE_MAX,
};

const char *role_name(enum role role);

/* A process at the other end, as the parent introduced it. */
struct peer {
	enum role role;
	size_t index; /* which of several of that role */
	uint64_t pid; /* 0: the parent itself */
};

enum msg_type {
	MSG_NONE,
#define MSG(number, name, from, to, min, max, fd) MSG_##name = (number),
#include "ipc/msg.def"
#undef MSG
	MSG_MAX,
};

struct msg {
	unsigned type; /* MSG_*: each receiver takes its own few */
	uint64_t id;
	struct slice body;
	int fd; /* -1, or the receiver's to close */
};

/*
 * Each message on the wire: this header in the machine's byte order (both ends
 * are one machine and one build), then the body.
 */
struct msg_header {
	uint32_t length; /* of the body */
	uint16_t type;
	uint16_t zero;
	uint64_t id;
};

enum {
	MSG_BODY_MAX = 4 << 20,
	/* Of calls that one front has unanswered, all in all. */
	MSG_CALLS_BYTES = 64 << 20,
};

/* "CALL"; "?" for what is none. */
const char *msg_name(unsigned type);

/* True where a peer may send this. */
bool msg_allowed(enum role from, enum role to, unsigned type, size_t length);

/* True where a descriptor comes with it. */
bool msg_has_fd(unsigned type);

/*
 * Blocking, for a role's start and for calls that nothing else waits with. The
 * read waits at most ms; the body is appended to the buffer. E_CLOSED,
 * E_TIMEOUT, E_GRAMMAR.
 */
int msg_write(
    int socket, enum msg_type type, uint64_t id, struct slice body, int fd);
int msg_read(int socket, enum role from, enum role to, int ms, struct buf *body,
    struct msg *ret_msg);

#endif
