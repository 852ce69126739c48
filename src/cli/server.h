/*
 * Which server, and by which token: from options, the environment, what
 * chancery login has kept, or the state folder of a server on this machine.
 *
 * The token is read from a file straight into a struct secret. It never stands
 * in arguments, the environment, a message or a log.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include <limits.h>

#include "base/secret.h"

#define SERVER_STATE "var" /* as chanceryd has it */

enum { SERVER_URL_MAX = 512, SERVER_TOKEN_MAX = 256 };

/* What is known beforehand; NULL: not given. */
struct server_hints {
	const char *url, *token_file, *state, *ca;
	const char *env_url, *env_token_file;
	const char *env_home, *env_config; /* HOME, XDG_CONFIG_HOME */
};

struct server {
	char url[SERVER_URL_MAX]; /* scheme://host[:port] */
	bool is_local;            /* its host is this machine's loopback */
	char ca[PATH_MAX];        /* certificates to trust; empty: none */
	bool ca_alone;            /* ... instead of the system's */
	struct secret token;
};

/* What is wrong, and what to do, for people. */
struct server_problem {
	char text[PATH_MAX + 400];
};

/*
 * The URL, its checks and the certificates; not the token. E_NOT_FOUND where no
 * server is known, E_INVALID where what was given can't be.
 */
int server_find(const struct server_hints *hints, struct server *ret_server,
    struct server_problem *reterr_problem);

/* The token: E_NOT_FOUND, E_DENIED, E_INVALID, E_NOMEM, E_IO. */
int server_read_token(const struct server_hints *hints, struct server *server,
    struct server_problem *reterr_problem);

/*
 * Where the session is kept that chancery login has opened at a server that was
 * found. E_NOT_FOUND where there is no home folder.
 */
int server_session_path(const struct server_hints *hints,
    const struct server *server, char ret_path[static PATH_MAX]);

void server_free(struct server *server);

/* The state folder, and a path in it. */
const char *server_state(const struct server_hints *hints);
void server_state_path(const struct server_hints *hints, const char *name,
    char ret_path[static PATH_MAX]);

/* What a running server says of itself in its run.json. */
struct server_run {
	char hostname[256];
	uint64_t pid, https, http; /* http 0: not served */
};

/* E_NOT_FOUND where none runs, E_DENIED, E_CORRUPT, E_IO. */
int
server_read_run(const struct server_hints *hints, struct server_run *ret_run);

#endif
