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
	SANDBOX_ENGINE = 1 << 3,  /* run an office suite */
	SANDBOX_ZYGOTE = 1 << 4,  /* fork such processes, and shut them in */
};

/*
 * The flags by which a process that runs the engine clones itself to save, and
 * no library ever does: CLONE_IO | SIGCHLD.
 */
#define SANDBOX_SAVE_FLAGS (0x80000000UL | 17UL)

/* A folder or file that can be reached beside the own folder. */
struct sandbox_path {
	const char *path; /* passed over where there is none */
	bool write;
};

struct sandbox {
	unsigned calls; /* SANDBOX_* */
	int folder;     /* the only folder that can be reached; -1: none */
	unsigned uid;   /* to become, where root started it; 0: stay */
	unsigned files; /* descriptors at most */
	/* To read and to run, or to write. */
	const struct sandbox_path *paths;
	size_t n_paths;
	/*
	 * A descriptor of /proc, where the root folder is another by now; 0: it
	 * is in its place.
	 */
	int proc;
	/*
	 * It has a user and a root folder of its own, and mounts below that:
	 * Landlock would forbid it.
	 */
	bool no_landlock;
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
