#include "cli/server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "wire/http.h"

enum { RUN_MAX = 4096 };

static void
    PRINTF_LIKE(2, 3) say(struct server_problem *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->text, sizeof(p->text), format, args);
	va_end(args);
}

/* ---- the state folder ---------------------------------------------------- */

const char *
server_state(const struct server_hints *hints)
{
	return hints->state != NULL ? hints->state : SERVER_STATE;
}

void
server_state_path(const struct server_hints *hints, const char *name,
    char ret_path[static PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%s/%s", server_state(hints), name);
}

static uint64_t
member_u64(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

int
server_read_run(const struct server_hints *hints, struct server_run *ret_run)
{
	char path[PATH_MAX];
	struct buf text = BUF(RUN_MAX);
	const char *hostname;
	json_t *root = NULL;
	int fd, r = 0;

	server_state_path(hints, "run.json", path);
	/* Opened here, for errno: E_IO says too little to people. */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? E_DENIED : error_from_errno(errno);
	(void)close(fd);
	r = file_read(AT_FDCWD, path, &text);
	if (r == 0)
		root = json_loadb((const char *)text.p, text.n, 0, NULL);
	hostname = json_string_value(json_object_get(root, "hostname"));
	if (r == 0 && (hostname == NULL || member_u64(root, "https") == 0 ||
			  strlen(hostname) >= sizeof(ret_run->hostname)))
		r = E_CORRUPT;
	if (r == 0) {
		*ret_run = (struct server_run){.pid = member_u64(root, "pid"),
		    .https = member_u64(root, "https"),
		    .http = member_u64(root, "http")};
		(void)snprintf(ret_run->hostname, sizeof(ret_run->hostname),
		    "%s", hostname);
	}
	json_decref(root);
	buf_free(&text);
	return r;
}

/* ---- the URL ------------------------------------------------------------- */

static bool
host_is_local(struct slice authority)
{
	struct slice host = slice_first(authority, slice_index(authority, ':'));

	return slice_eq_nocase(host, SLICE("localhost")) ||
	       slice_eq(host, SLICE("127.0.0.1")) ||
	       slice_eq(slice_first(authority, 5), SLICE("[::1]"));
}

/* scheme://host[:port], with at most a slash behind it. */
static int
take_url(const char *text, struct server *server, struct server_problem *p)
{
	struct slice url = slice_str(text), rest;
	bool tls = slice_starts(url, SLICE("https://"));

	if (!tls && !slice_starts(url, SLICE("http://"))) {
		say(p,
		    "'%.200s' is no address of a server; it looks like "
		    "https://office.example.org",
		    text);
		return E_INVALID;
	}
	if (slice_ends(url, SLICE("/")))
		url.n--;
	rest = slice_from(url, tls ? 8 : 7);
	if (rest.n == 0 || !http_authority_ok(rest) ||
	    url.n >= sizeof(server->url)) {
		say(p,
		    "'%.200s' is no address of a server: host and port only, "
		    "as in https://office.example.org:8443",
		    text);
		return E_INVALID;
	}
	server->is_local = host_is_local(rest);
	if (!tls && !server->is_local) {
		say(p,
		    "'%.200s' would send the token in the clear over the "
		    "network; use https://",
		    text);
		return E_INVALID;
	}
	memcpy(server->url, url.p, url.n);
	server->url[url.n] = '\0';
	return 0;
}

static int
url_of_state(const struct server_hints *hints, struct server *server,
    struct server_problem *p)
{
	struct server_run run = {.https = 0};
	char url[SERVER_URL_MAX];
	int r = server_read_run(hints, &run);

	if (r == E_NOT_FOUND) {
		say(p,
		    "no server runs on the state folder '%s'; start one "
		    "(make run), or say where it is: --state FOLDER or "
		    "--url URL",
		    server_state(hints));
		return r;
	}
	if (r == E_DENIED) {
		say(p,
		    "'%s/run.json' may not be read by you; run this as who "
		    "started the server, or use --url and --token-file",
		    server_state(hints));
		return r;
	}
	if (r < 0) {
		say(p, "'%s/run.json' can't be read: %s", server_state(hints),
		    error_text(r));
		return r;
	}
	(void)snprintf(
	    url, sizeof(url), "https://%s:%" PRIu64, run.hostname, run.https);
	return take_url(url, server, p);
}

static const char *
given_url(const struct server_hints *hints)
{
	return hints->url != NULL ? hints->url : hints->env_url;
}

/* Without --ca: what a server on this machine signed for itself. */
static int
take_ca(const struct server_hints *hints, struct server *server,
    struct server_problem *p)
{
	if (hints->ca == NULL) {
		server_state_path(hints, "keeper/tls.crt", server->ca);
		if (access(server->ca, R_OK) < 0)
			server->ca[0] = '\0';
		return 0;
	}
	(void)snprintf(server->ca, sizeof(server->ca), "%s", hints->ca);
	server->ca_alone = true;
	if (access(server->ca, R_OK) == 0)
		return 0;
	say(p, "--ca '%s': %s", server->ca, strerror(errno));
	return E_INVALID;
}

int
server_find(const struct server_hints *hints, struct server *ret_server,
    struct server_problem *reterr_problem)
{
	struct server server = {.is_local = false};
	int r = given_url(hints) != NULL
	            ? take_url(given_url(hints), &server, reterr_problem)
	            : url_of_state(hints, &server, reterr_problem);

	if (r == 0)
		r = take_ca(hints, &server, reterr_problem);
	if (r == 0)
		*ret_server = server;
	return r;
}

/* ---- the token ----------------------------------------------------------- */

/* A file for each server: "~/.config/chancery/sessions/https_localhost_8443".
 */
int
server_session_path(const struct server_hints *hints,
    const struct server *server, char ret_path[static PATH_MAX])
{
	const char *config = hints->env_config, *home = hints->env_home;
	char name[SERVER_URL_MAX];
	size_t n = 0;
	int length;

	/* The specification has relative ones ignored. */
	if (config != NULL && config[0] != '/')
		config = NULL;
	if (config == NULL && (home == NULL || home[0] != '/'))
		return E_NOT_FOUND;
	for (const char *c = server->url; *c != '\0'; c++)
		if (*c != '/')
			name[n++] = (char)(*c == ':' ? '_' : *c);
	name[n] = '\0';
	length = snprintf(ret_path, PATH_MAX, "%s%s/chancery/sessions/%s",
	    config != NULL ? config : home, config != NULL ? "" : "/.config",
	    name);
	return length > 0 && length < PATH_MAX ? 0 : E_NOT_FOUND;
}

/*
 * Where it stands. That of the state folder goes to the server of that folder
 * only: an address that was given by hand may be another's.
 */
static int
find_token(const struct server_hints *hints, const struct server *server,
    char path[static PATH_MAX], struct server_problem *p)
{
	const char *given = hints->token_file != NULL ? hints->token_file
	                                              : hints->env_token_file;

	if (given == NULL && server_session_path(hints, server, path) == 0 &&
	    access(path, F_OK) == 0)
		return 0;
	if (given == NULL && given_url(hints) != NULL && hints->state == NULL) {
		say(p, "sign in first: chancery login; or say which token to "
		       "use: --token-file FILE or CHANCERY_TOKEN_FILE");
		return E_NOT_FOUND;
	}
	if (given != NULL)
		(void)snprintf(path, PATH_MAX, "%s", given);
	else
		server_state_path(hints, "token", path);
	return 0;
}

static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

static int
read_token(int fd, struct secret *ret_token)
{
	struct secret file;
	size_t n = 0;
	ssize_t got;
	int r = secret_alloc(SERVER_TOKEN_MAX + 1, &file);

	if (r < 0)
		return r;
	do {
		got = read(fd, file.p + n, file.n - n);
		if (got > 0)
			n += (size_t)got;
	} while ((got > 0 && n < file.n) || (got < 0 && errno == EINTR));
	while (n > 0 && (file.p[n - 1] == '\n' || file.p[n - 1] == '\r'))
		n--;
	if (got < 0)
		r = E_IO;
	else if (n > SERVER_TOKEN_MAX || !is_token(slice_of(file.p, n)))
		r = E_INVALID;
	else
		r = secret_copy(slice_of(file.p, n), ret_token);
	secret_free(&file);
	return r;
}

int
server_read_token(const struct server_hints *hints, struct server *server,
    struct server_problem *reterr_problem)
{
	AUTO_CLOSE int fd = -1;
	char path[PATH_MAX];
	int r = find_token(hints, server, path, reterr_problem);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		r = errno == EACCES ? E_DENIED : error_from_errno(errno);
		say(reterr_problem,
		    "the token file '%s': %s; say which one: --token-file FILE",
		    path, strerror(errno));
		return r;
	}
	r = read_token(fd, &server->token);
	if (r == E_INVALID)
		say(reterr_problem,
		    "'%s' holds no token: it must be one line of text", path);
	else if (r < 0)
		say(reterr_problem, "the token file '%s': %s", path,
		    error_text(r));
	return r;
}

void
server_free(struct server *server)
{
	secret_free(&server->token);
}
