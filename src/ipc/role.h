/*
 * How a role comes to life. The parent forks and executes the role's program
 * with one channel, descriptor 3, and nothing else; over it come the settings,
 * the channels to the peers that this role may have, and the descriptors that
 * it needs; then START. The role then drops what it may not do.
 */
#ifndef IPC_ROLE_H
#define IPC_ROLE_H

#include "base/mem.h"
#include "ipc/channel.h"
#include "ipc/config.h"

enum {
	ROLE_PARENT_FD = 3,
	ROLE_PEERS_MAX = 80,
	ROLE_LISTENERS_MAX = 16,
};

enum listener_kind {
	LISTENER_NONE,
	LISTENER_HTTPS,
	LISTENER_HTTP_LOCAL, /* loopback, while the host name is localhost */
};

struct role_fd {
	struct peer peer; /* or */
	enum listener_kind listener;
	int fd;
};

struct role_setup {
	enum role self;
	size_t index;
	struct config config;
	struct arena arena;
	struct role_fd peers[ROLE_PEERS_MAX];
	size_t n_peers;
	struct role_fd listeners[ROLE_LISTENERS_MAX];
	size_t n_listeners;
	int certificate, assets, tls_key, folder; /* -1: none */
};

/*
 * A role's program: what it does itself, between what all of them do. Its
 * functions get arg; those that may be NULL say so.
 */
struct role_program {
	enum role role;
	void *arg;
	/* The program's own, filled before they are needed. */
	struct role_setup *setup; /* its config is the present one */
	struct loop **loop;
	struct channel **parent;

	/* Before the role is entered: what is possible only then. Or NULL. */
	int (*prepare)(void *arg);
	/* Enters the role in a way of its own: E_SANDBOX. NULL: role_enter. */
	int (*enter)(void *arg);
	/*
	 * The role is entered; loop and parent are there. Descriptors that it
	 * takes out of the setup it sets to -1 there.
	 */
	int (*start)(void *arg);
	/* A peer, at the start or later; its descriptor is the program's. */
	int (*add_peer)(void *arg, struct role_fd *peer);
	/* There is another configuration. Or NULL. */
	int (*configured)(void *arg);
	/*
	 * Another message of the parent. A descriptor that is left in it is
	 * closed. E_GRAMMAR where the role knows none such. Or NULL.
	 */
	int (*message)(void *arg, struct msg *msg);
	/* To end what is under way, and then the loop. NULL: the loop. */
	void (*drain)(void *arg);
	/* The loop has ended. Or NULL. */
	void (*end)(void *arg);
};

/*
 * Runs it: reads from the parent until START, enters the role, starts, and says
 * that it is ready; takes what the parent sends; ends with the loop, or when
 * the parent is gone. Signals are set as all roles have them: SIGPIPE ignored,
 * the terminal's left to the parent. Returns the program's exit status.
 */
int role_main(const struct role_program *program);

/* A peer, and its descriptor, from a PEER message. E_GRAMMAR. */
int role_take_peer(struct msg *msg, struct role_fd *ret_peer);

/*
 * Tells the parent of a peer whose channel is of no use any more, by the code
 * that `broken` was told: who broke the grammar or reads nothing is killed, and
 * that is recorded; who closed it should be dead, or will be.
 */
void role_tell_broken(struct channel *parent, const struct peer *peer, int why);

/* Has a peer killed, and that recorded, for a reason in plain words. */
void role_tell_kill(
    struct channel *parent, const struct peer *peer, const char *why);

/* The configuration in the body of a later SETUP. E_GRAMMAR. */
int role_take_config(struct slice body, struct config *ret_config);

/*
 * Enters the role for good: its folder becomes the working folder, everything
 * but the given descriptors and `files` more is closed, the sandbox is entered.
 * E_SANDBOX.
 */
int role_enter(const struct role_setup *setup);

/*
 * Signals as all roles have them. For what loads a library that sets its own.
 */
void role_set_signals(void);

/* The user that a role becomes where root started it. */
unsigned role_uid(enum role role);

/* A peer that was introduced before the START, or NULL. */
struct role_fd *
role_peer(struct role_setup *setup, enum role role, size_t index);

/* The body of HELLO: this build's id. Both ends of a channel compare it. */
struct slice role_build_id(void);

/* Body of SETUP. */
void role_put_setup(struct buf *buf, size_t index, const struct config *config);

#endif
