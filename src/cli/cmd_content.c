/* chancery get, put: the bytes of a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/hash.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "cli/format.h"
#include "cli/path.h"
#include "cli/store.h"

enum { IDLE_MS = 60000, PATH_BYTES = 16384 };

/* ---- get --------------------------------------------------------------------
 */

struct get_options {
	bool force;
};

struct get {
	struct cli *cli;
	int fd;
	const char *name; /* of the local file; NULL: standard output */
	struct buf path;  /* of the request */
	struct sha256 *sha;
	struct buf digest; /* that the server says; empty: none */
	struct progress progress;
	bool begun;
};

/* "sha-256=:BASE64:" (RFC 9530). */
static void
take_digest(struct get *get, struct http_transfer *transfer)
{
	const char *field = http_header(transfer, "repr-digest");
	struct slice s = slice_str(field);

	if (!slice_starts(s, SLICE("sha-256=:")))
		return;
	s = slice_from(s, 9);
	s.n = slice_index(s, ':');
	(void)base64_decode(s, &get->digest);
}

static void
take_head(struct get *get, struct http_transfer *transfer)
{
	const char *length = http_header(transfer, "content-length");
	uint64_t n = 0;

	get->begun = true;
	take_digest(get, transfer);
	if (length != NULL && slice_u64(slice_str(length), UINT64_MAX, &n) == 0)
		get->progress.total_bytes = n;
}

static int
on_bytes(void *arg, struct http_transfer *transfer, struct slice bytes)
{
	struct get *get = arg;

	if (!get->begun)
		take_head(get, transfer);
	sha256_add(get->sha, bytes);
	get->progress.bytes += bytes.n;
	progress_draw(&get->progress, false);
	return file_write(get->fd, bytes);
}

/* As a blob of one's own account; of a file that is its current version. */
static int
put_blob(struct get *get, const char *operand, enum kind kind)
{
	json_t *me = NULL, *node = NULL;
	int status =
	    api_call(get->cli, "session.get", json_object(), NULL, &me);

	if (status == CLI_OK && kind == KIND_FILE)
		status = api_call(get->cli, "node.get",
		    api_place(operand, "node"), operand, &node);
	buf_printf(&get->path, "/jmap/download/%s/%s/file",
	    api_text(me, "principal"),
	    node != NULL ? api_text(node, "version") : operand);
	json_decref(me);
	json_decref(node);
	return status;
}

static int
put_path(struct get *get, const char *operand)
{
	struct buf clean = BUF(8192);

	path_put_clean(&clean, slice_str(operand));
	buf_put_str(&get->path, "/files/");
	path_put_escaped(&get->path, buf_slice(&clean));
	buf_free(&clean);
	return cli_connect(get->cli);
}

static int
put_request(struct get *get, const char *operand)
{
	struct id id;
	bool by_id = id_parse(slice_str(operand), &id) == 0 &&
	             (id.kind == KIND_FILE || id.kind == KIND_VERSION);
	int status =
	    by_id ? put_blob(get, operand, id.kind) : put_path(get, operand);

	if (status == CLI_OK && buf_cstr(&get->path) == NULL)
		return cli_fail(get->cli, CLI_USAGE, "the path is too long");
	return status;
}

static int
fetch(struct get *get, const char *operand)
{
	struct http_call call = {
	    .method = "GET", .data = on_bytes, .idle_ms = IDLE_MS, .arg = get};
	struct http_answer answer;
	struct digest digest;

	sha256_start(get->sha);
	call.path = (const char *)get->path.p;
	http_do(get->cli->http, &call, &answer);
	progress_hide(&get->progress);
	if (answer.error == E_IO || answer.error == E_FULL)
		return cli_fail_code(get->cli, answer.error,
		    get->name != NULL ? get->name : "standard output");
	if (answer.status == 308)
		return cli_fail(get->cli, CLI_FAILED,
		    "%s is a folder; chancery ls lists it", operand);
	if (answer.error != 0 || answer.status != 200)
		return cli_fail_answer(get->cli, &answer, operand);
	digest = sha256_end(get->sha);
	if (get->digest.n > 0 &&
	    !slice_eq(buf_slice(&get->digest), digest_slice(&digest)))
		return cli_fail(get->cli, CLI_FAILED,
		    "%s: the bytes that came are not those that were stored",
		    operand);
	return CLI_OK;
}

int
content_fetch(struct cli *cli, const char *account, const char *id,
    const char *what, int fd)
{
	struct get get = {.cli = cli,
	    .fd = fd,
	    .name = what,
	    .path = BUF(PATH_BYTES),
	    .digest = BUF(SHA256_BYTES),
	    .progress = {.term = &cli->err, .quiet = true}};
	int status = CLI_OK;

	get.sha = sha256_new();
	buf_printf(&get.path, "/jmap/download/%s/%s/file", account, id);
	if (get.sha == NULL || buf_cstr(&get.path) == NULL)
		status = cli_nomem(cli);
	else
		status = fetch(&get, what);
	sha256_free(&get.sha);
	buf_free(&get.path);
	buf_free(&get.digest);
	return status;
}

/* The file gets its name only once it is whole. */
static int
fetch_to_file(struct get *get, const char *operand, bool force)
{
	struct buf part = BUF(PATH_MAX);
	const char *name;
	int status;

	buf_printf(&part, "%s.part", get->name);
	name = buf_cstr(&part);
	if (name == NULL || (!force && access(get->name, F_OK) == 0)) {
		buf_free(&part);
		return cli_fail(get->cli, CLI_FAILED,
		    "%s is there already; --force replaces it", get->name);
	}
	get->fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (get->fd < 0) {
		status = cli_fail(
		    get->cli, CLI_FAILED, "%s: %s", name, strerror(errno));
	} else {
		status = fetch(get, operand);
		if (status == CLI_OK && rename(name, get->name) < 0)
			status = cli_fail(get->cli, CLI_FAILED, "%s: %s",
			    get->name, strerror(errno));
		if (status != CLI_OK)
			(void)unlink(name);
		fd_close(&get->fd);
	}
	buf_free(&part);
	return status;
}

static int
run_get(struct cli *cli, int n, char **operands)
{
	const struct get_options *options = cli->options;
	struct get get = {.cli = cli,
	    .fd = STDOUT_FILENO,
	    .path = BUF(PATH_BYTES),
	    .digest = BUF(SHA256_BYTES)};
	const char *to = n > 1 ? operands[1] : operands[0];
	int status;

	if (n == 1)
		to = (const char *)path_name(slice_str(to)).p;
	get.name = strcmp(n > 1 ? to : "", "-") == 0 ? NULL : to;
	if (to == NULL || to[0] == '\0')
		return cli_fail(
		    cli, CLI_USAGE, "%s names no file", operands[0]);
	get.progress = (struct progress){.term = &cli->err,
	    .quiet = get.name == NULL || !cli->err.is_terminal};
	get.sha = sha256_new();
	status =
	    get.sha == NULL ? cli_nomem(cli) : put_request(&get, operands[0]);
	if (status == CLI_OK)
		status = get.name == NULL
		             ? fetch(&get, operands[0])
		             : fetch_to_file(&get, operands[0], options->force);
	sha256_free(&get.sha);
	buf_free(&get.path);
	buf_free(&get.digest);
	return status;
}

static const struct arg get_args[] = {
    {"force", 'f', ARG_FLAG, NULL, "replace FILE where it is there",
	offsetof(struct get_options, force)},
};

const struct command command_get = {
    .name = "get",
    .operands = "PATH [FILE|-]",
    .summary = "fetch a file",
    .text = "Writes the file at PATH (or the file or version of that id) to "
	    "FILE, by\n"
	    "default one of the same name here; - is standard output. The "
	    "bytes are\n"
	    "checked against the digest that was stored with them.\n",
    .args = get_args,
    .n_args = ARRAY_SIZE(get_args),
    .size = sizeof(struct get_options),
    .min = 1,
    .max = 2,
    .run = run_get,
};

/* ---- put --------------------------------------------------------------------
 */

struct put_options {
	const char *type;
};

struct put {
	struct cli *cli;
	struct progress progress;
	int status;
	const char *what;
};

static void
on_told(void *arg, const struct store_item *item UNUSED,
    enum store_outcome outcome, const char *why)
{
	struct put *put = arg;

	progress_hide(&put->progress);
	if (outcome == STORE_FAILED)
		put->status =
		    cli_fail(put->cli, CLI_FAILED, "%s: %s", put->what, why);
}

static void
on_moved(void *arg, uint64_t bytes)
{
	struct put *put = arg;

	put->progress.bytes += bytes;
}

static int
store_one(struct put *put, const struct store_item *item)
{
	struct store_options options = {.jobs = 1,
	    .dir = AT_FDCWD,
	    .told = on_told,
	    .moved = on_moved,
	    .arg = put};
	struct store *store = NULL;
	int status = store_new(put->cli, &options, &store);

	if (status != CLI_OK)
		return status;
	store_add(store, item);
	while (!store_is_idle(store)) {
		if (store_step(store) < 0) {
			put->status = cli_nomem(put->cli);
			break;
		}
		progress_draw(&put->progress, false);
	}
	store_free(&store);
	return put->status;
}

/* Into a folder under its own name, or to that path. */
static int
choose_target(
    struct cli *cli, const char *file, const char *to, struct buf *path)
{
	bool into = slice_ends(slice_str(to), SLICE("/"));
	json_t *folder = NULL;
	int status = CLI_OK;
	struct id id;

	if (path_is_node_id(slice_str(to), &id))
		return cli_fail(
		    cli, CLI_USAGE, "%s is an id: say where by a path", to);
	if (!into)
		status = api_find_folder(cli, to, &folder);
	path_put_clean(path, slice_str(to));
	if (into || folder != NULL) {
		if (path->n > 0)
			buf_put_u8(path, '/');
		buf_put_slice(path, path_name(slice_str(file)));
	}
	json_decref(folder);
	if (status == CLI_OK && path->error != 0)
		return cli_fail(cli, CLI_USAGE, "the path is too long");
	return status;
}

static int
run_put(struct cli *cli, int n UNUSED, char **operands)
{
	const struct put_options *options = cli->options;
	struct put put = {.cli = cli, .what = operands[0]};
	struct store_item item = {.always = true};
	/* Where links lead to: the store itself follows none. */
	char *local = realpath(operands[0], NULL);
	struct buf path = BUF(8192);
	struct stat st;
	int status;

	if (local == NULL)
		return cli_fail(
		    cli, CLI_USAGE, "%s: %s", operands[0], strerror(errno));
	if (stat(local, &st) < 0 || !S_ISREG(st.st_mode)) {
		free(local);
		return cli_fail(cli, CLI_USAGE, "%s: is no file", operands[0]);
	}
	item.local = local;
	status = choose_target(cli, operands[0], operands[1], &path);
	item.path = buf_slice(&path);
	item.size = (uint64_t)st.st_size;
	item.modified =
	    (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	item.type = options->type != NULL
	                ? options->type
	                : path_media_type(path_name(item.path));
	put.progress = (struct progress){.term = &cli->err,
	    .quiet = !cli->err.is_terminal,
	    .total_bytes = item.size};
	if (status == CLI_OK)
		status = store_one(&put, &item);
	buf_free(&path);
	free(local);
	return status;
}

static const struct arg put_args[] = {
    {"type", 0, ARG_TEXT, "TYPE",
	"its media type (default: by the ending of its name)",
	offsetof(struct put_options, type)},
};

const struct command command_put = {
    .name = "put",
    .operands = "FILE PATH",
    .summary = "store a file",
    .text = "Stores the local FILE at PATH, or under its own name in PATH "
	    "where that\n"
	    "is a folder. A file that is there gets a new version.\n",
    .args = put_args,
    .n_args = ARRAY_SIZE(put_args),
    .size = sizeof(struct put_options),
    .min = 2,
    .max = 2,
    .run = run_put,
};
