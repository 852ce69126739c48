/*
 * What a process may still do once it has entered its role: layers of the Linux
 * kernel, each of which must hold or the role is not entered.
 */
#ifndef IPC_SANDBOX_H
#define IPC_SANDBOX_H

#include "base/buf.h"

/* Sets of system calls beyond those that every role needs. */
enum sandbox_calls {
	SANDBOX_FILES = 1 << 0,   /* open, read, write, sync below its folder */
	SANDBOX_THREADS = 1 << 1, /* start threads */
	SANDBOX_ACCEPT = 1 << 2,  /* take connections on sockets that it got */
};

struct sandbox {
	unsigned calls; /* SANDBOX_* */
	int folder;     /* the only folder that can be reached; -1: none */
	unsigned uid;   /* to become, where root started it; 0: stay */
	unsigned files; /* descriptors at most */
};

/*
 * Drops rights, enters Landlock and seccomp, and checks that they hold.
 * E_SANDBOX, with the layer named in the log, where one doesn't. Before the
 * first thread. Descriptors must all be open by now.
 */
int sandbox_enter(const struct sandbox *sandbox);

/*
 * Says of each layer whether this kernel has it, a line each, for `doctor`.
 * E_SANDBOX where a required one is missing.
 */
int sandbox_probe(struct buf *ret_text);

#endif
