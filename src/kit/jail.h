/*
 * Where documents are open: what shuts the zygote and its kits in.
 *
 * Started by root, the zygote has mount, network, IPC and host-name namespaces
 * of its own and a root folder that holds the engine's folders, read-only, and
 * nothing else. Each kit has in addition a user, a process namespace and a
 * mount of its own, an empty file system in memory, bounded, which dies with
 * it. Started by another user there are no namespaces; Landlock shows the same
 * folders then, and the private folder is one below the zygote's, which takes
 * it away when the kit is dead. Seccomp, no_new_privs, Landlock and limits are
 * there for kits in both cases.
 */
#ifndef KIT_JAIL_H
#define KIT_JAIL_H

#include <sys/types.h>

#include "base/base.h"

enum { JAIL_PATH_MAX = 4096 };

struct jail {
	bool root;  /* namespaces */
	int proc;   /* /proc of the machine, while it may be looked at */
	int folder; /* the zygote's */
	char path[JAIL_PATH_MAX]; /* of that folder */
	char
	    engine[JAIL_PATH_MAX]; /* the engine's folder, above its programs */
};

/* What one kit may take. */
struct jail_limits {
	uint64_t memory, folder, cpu_seconds;
};

/*
 * Shuts the calling process in, for good: the zygote, once the engine is
 * loaded. E_SANDBOX.
 */
int jail_enter(struct jail *jail);

/*
 * Forks a process into a cell of its own, number `cell`, which has no limits
 * yet and then calls run(arg), which never returns; `home` is its private
 * folder, as it will see it. E_IO, E_SANDBOX.
 */
int jail_fork(const struct jail *jail, unsigned cell,
    const struct jail_limits *limits, void (*run)(void *arg, const char *home),
    void *arg, pid_t *ret_pid);

/*
 * In the forked process, before it reads anything of the document: limits, and
 * the rest of the sandbox. E_SANDBOX.
 */
int jail_close(const struct jail *jail, unsigned cell,
    const struct jail_limits *limits, const char *home);

/* Takes away what a dead process left in its cell. */
void jail_clear(const struct jail *jail, unsigned cell);

#endif
