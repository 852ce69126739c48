/*
 * The parent process: it owns the listening sockets, starts the roles, gives
 * each the channels that it may have and no other, starts again what dies, and
 * ends them in order. It parses no input but its configuration.
 */
#ifndef PARENT_PARENT_H
#define PARENT_PARENT_H

#include "ipc/channel.h"
#include "ipc/config.h"
#include "ipc/role.h"

enum {
	PARENT_FRONTS_MAX = 64,
	PARENT_CHILDREN =
	    4 + PARENT_FRONTS_MAX, /* keeper, blobs, core, zygote, fronts */
};

enum child_state {
	CHILD_NONE,
	CHILD_STARTING, /* until READY */
	CHILD_RUNNING,
	CHILD_DRAINING,
	CHILD_DRAINED,
	CHILD_DEAD, /* waits for its next start */
};

struct parent;

struct child {
	struct parent *parent;
	enum role role;
	size_t index;
	enum child_state state;
	pid_t pid;
	struct channel *channel;
	char why[256];     /* it is being killed; empty: it isn't */
	uint64_t last_pid; /* of its last process, until somebody told why */
	uint64_t started_ms;
	unsigned failures;          /* in a row */
	struct loop_timer again;    /* of its next start */
	struct loop_timer patience; /* of its drain */
	bool waits;                 /* `again` is set */
};

struct listener {
	enum listener_kind kind;
	int fd;
};

struct parent {
	struct loop *loop;
	struct config config;
	char *state; /* path of the state folder */
	char *config_path;
	char *programs; /* folder of the roles' programs */
	int state_fd;
	struct loop_watch signals;
	struct child children[PARENT_CHILDREN];
	size_t n_children;
	struct listener listeners[ROLE_LISTENERS_MAX];
	size_t n_listeners;
	uint16_t https_port, http_port;
	int certificate;  /* sealed memory, or -1 */
	int assets;       /* the same; empty where there is no web app */
	struct buf notes; /* for core, while there is none: CBOR items */
	size_t n_notes;
	bool stopping, announced;
	int exit_status;
	struct buf out;
};

/* ---- children (children.c)
 * --------------------------------------------------- */

/* The roles that there shall be. */
void children_init(struct parent *parent);

/* The settings of a role, with the ports that are served on, into a buffer. */
void children_put_setup(const struct child *child, struct buf *buf);

/*
 * Whether it can be told something. What changes while it starts comes to it
 * behind what it starts with.
 */
bool children_hears(const struct child *child);

/* Starts whatever is not running and may run now. Called after each change. */
void children_supervise(struct parent *parent);

/* SIGCHLD: takes up the dead. */
void children_reap(struct parent *parent);

/* Goes on with a stop: fronts first, then core, then the others. */
void children_stop(struct parent *parent);

/* Sends a message to every running child of a role. */
void children_send(struct parent *parent, enum role role, enum msg_type type,
    struct slice body);

/* Puts something on the record through core, now or when there is one. */
void
children_note(struct parent *parent, enum msg_type type, struct slice body);

/* ---- listening sockets (listen.c)
 * ---------------------------------------------- */

/* Binds all addresses of the configuration. E_IO, with what failed in the log.
 */
int listen_open(struct parent *parent);

/* Ends them: with the fronts' copies gone, too, who comes is refused. */
void listen_close(struct parent *parent);

/* ---- the state folder (state.c)
 * --------------------------------------------------- */

/* Opens it, makes what is missing, and reads the configuration. */
int state_open(struct parent *parent, const char *hostname);

/* The folder of a role, owned by the role's user where there is one. */
int state_role_folder(struct parent *parent, enum role role, int *ret_fd);

/* The certificate chain as sealed memory: the configured one or the keeper's.
 */
int state_certificate(struct parent *parent);

/* That, as sealed memory: nobody changes it any more. E_IO. */
int state_seal(const char *name, struct slice content, int *ret_fd);

/* Says where it serves: to the terminal, and for the command line. */
void state_announce(struct parent *parent);

/* ---- the web app (assets.c)
 * --------------------------------------------------- */

enum { ASSETS_PROBLEM_MAX = 300 };

/*
 * The pack that a configuration means, checked, as sealed memory: empty where
 * there is none to be. Else what is wrong, in plain words.
 */
int assets_load(const struct parent *parent, const struct config *config,
    int *ret_fd, char ret_problem[ASSETS_PROBLEM_MAX]);

/* ---- configuration (reload.c, certificate.c)
 * ------------------------------------------------------- */

/*
 * What is wrong with the files of a certificate and its key, in plain words, or
 * NULL. It parses what they hold: for a throw-away process only.
 */
const char *certificate_problem(const char *certificate, const char *key);

/* SIGHUP: reads the configuration anew, takes it on whole or not at all. */
void reload(struct parent *parent);

#endif
