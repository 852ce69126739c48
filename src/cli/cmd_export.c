/*
 * chancery export: all that somebody has, as files and folders, and what there
 * is to say of them as JSON. What is in DIR/files is stored again by
 * `chancery import`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "cli/format.h"
#include "cli/people.h"
#include "op/shape_json.h"

enum { DEPTH_MAX = 80, PATH_BYTES = 32768 };

struct options {
	bool all;
};

struct export
{
	struct cli *cli;
	bool all;
	const char *account; /* who exports */
	int dir, versions;   /* DIR, and DIR/versions */
	json_t *nodes;       /* of the manifest */
	struct buf path;     /* of what is under way, below DIR */
	struct progress progress;
	uint64_t n_folders, n_files, n_versions;
};

/* ---- local files
 * -------------------------------------------------------------------- */

static const char *
path_of(struct export *ex)
{
	const char *path = buf_cstr(&ex->path);

	return path != NULL ? path : "";
}

static int
fail_local(struct export *ex)
{
	progress_hide(&ex->progress);
	return cli_fail(
	    ex->cli, CLI_FAILED, "%s: %s", path_of(ex), strerror(errno));
}

static int
make_folder(struct export *ex, int dir, const char *name, int *ret_fd)
{
	if (mkdirat(dir, name, 0777) < 0)
		return fail_local(ex);
	*ret_fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? fail_local(ex) : CLI_OK;
}

/* The bytes of a version, as a new file of the time that it says. */
static int
save(struct export *ex, int dir, const char *name, const char *version,
    const char *modified)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	int status, fd = openat(dir, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int64_t ms = 0;

	if (fd < 0)
		return fail_local(ex);
	status = content_fetch(ex->cli, ex->account, version, path_of(ex), fd);
	if (status == CLI_OK && time_from_text(slice_str(modified), &ms) == 0) {
		times[1].tv_sec = ms / 1000;
		times[1].tv_nsec = ms % 1000 * 1000000;
		if (futimens(fd, times) < 0)
			status = fail_local(ex);
	}
	fd_close(&fd);
	return status;
}

/* ---- what there is to say of a folder or file
 * --------------------------------------- */

/* Members that the manifest has as the server tells them. */
static void
copy_members(json_t *to, const json_t *from, const char *const *names)
{
	for (; *names != NULL; names++) {
		json_t *value = json_object_get(from, *names);

		if (value != NULL)
			(void)json_object_set(to, *names, value);
	}
}

static json_t *
describe(struct export *ex, const json_t *node)
{
	static const char *const members[] = {"id", "kind", "type", "size",
	    "created", "modified", "version", NULL};
	json_t *entry = json_object();

	(void)json_object_set_new(entry, "path", json_string(path_of(ex)));
	(void)json_object_set_new(
	    entry, "name", json_string(api_text(node, "name")));
	copy_members(entry, node, members);
	(void)json_array_append(ex->nodes, entry);
	json_decref(entry);
	return entry;
}

/* With whom it is shared, where it is with anybody. */
static int
add_shares(struct export *ex, const json_t *node, json_t *entry)
{
	static const char *const members[] = {
	    "principal", "name", "relation", "created", "expires", NULL};
	json_t *page = NULL, *shares = json_array(), *one, *share;
	int status = api_call(ex->cli, "share.list",
	    api_object("node", json_string(api_text(node, "id")), NULL),
	    path_of(ex), &page);
	size_t i;

	json_array_foreach(json_object_get(page, "list"), i, one)
	{
		share = json_object();
		copy_members(share, one, members);
		(void)json_array_append_new(shares, share);
	}
	if (json_array_size(shares) > 0)
		(void)json_object_set(entry, "shares", shares);
	json_decref(shares);
	json_decref(page);
	return status;
}

static int
add_version(
    struct export *ex, const json_t *version, const char *current, json_t *list)
{
	static const char *const members[] = {"id", "size", "type", "created",
	    "modified", "digest", "by", "label", NULL};
	const char *id = api_text(version, "id");
	json_t *entry = json_object();
	struct buf path = BUF(100);
	int status = CLI_OK;

	copy_members(entry, version, members);
	if (strcmp(id, current) != 0) {
		buf_printf(&path, "versions/%s", id);
		(void)json_object_set_new(
		    entry, "path", api_string(buf_slice(&path)));
		status = save(
		    ex, ex->versions, id, id, api_text(version, "modified"));
		ex->n_versions++;
	}
	(void)json_array_append_new(list, entry);
	buf_free(&path);
	return status;
}

/* All versions, and the bytes of those that aren't current. */
static int
add_versions(struct export *ex, const json_t *node, json_t *entry)
{
	json_t *list = json_array(), *page = NULL, *one, *args;
	int status = CLI_OK;
	bool more = true;
	size_t i;

	args = api_object("file", json_string(api_text(node, "id")), NULL);
	while (more && status == CLI_OK) {
		status = api_call(ex->cli, "version.list", json_incref(args),
		    path_of(ex), &page);
		if (status != CLI_OK)
			break;
		json_array_foreach(json_object_get(page, "list"), i, one)
		{
			if (status == CLI_OK)
				status = add_version(
				    ex, one, api_text(node, "version"), list);
			(void)json_object_set(
			    args, "after", json_object_get(one, "id"));
		}
		more = api_bool(page, "more");
		json_decref(page);
	}
	(void)json_object_set_new(entry, "versions", list);
	json_decref(args);
	return status;
}

/* ---- the tree
 * ------------------------------------------------------------------------- */

static int
export_folder(struct export *ex, const json_t *node, int dir, unsigned depth);

/* A folder or file, into a local folder. */
static int
export_node(struct export *ex, const json_t *node, int dir, unsigned depth)
{
	const char *name = api_text(node, "name");
	bool is_folder = strcmp(api_text(node, "kind"), "folder") == 0;
	size_t length = ex->path.n;
	json_t *entry;
	int fd = -1, status = CLI_OK;

	/* What the server says is a name must be one here. */
	if (name[0] == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    depth > DEPTH_MAX)
		return cli_fail(
		    ex->cli, CLI_FAILED, "%s: is no name for a file", name);
	buf_put_u8(&ex->path, '/');
	buf_put_str(&ex->path, name);
	entry = describe(ex, node);
	if (is_folder) {
		ex->n_folders++;
		status = make_folder(ex, dir, name, &fd);
		if (status == CLI_OK)
			status = export_folder(ex, node, fd, depth + 1);
	} else {
		status = save(ex, dir, name, api_text(node, "version"),
		    api_text(node, "modified"));
		ex->progress.done = ++ex->n_files;
		if (status == CLI_OK && ex->all)
			status = add_versions(ex, node, entry);
	}
	if (status == CLI_OK && ex->all)
		status = add_shares(ex, node, entry);
	fd_close(&fd);
	progress_draw(&ex->progress, false);
	ex->path.n = length;
	return status;
}

struct children {
	struct export *ex;
	int dir;
	unsigned depth;
};

static int
on_child(void *arg, const json_t *node)
{
	const struct children *c = arg;

	return export_node(c->ex, node, c->dir, c->depth);
}

static int
export_folder(struct export *ex, const json_t *node, int dir, unsigned depth)
{
	struct children c = {ex, dir, depth};

	return api_call_pages(ex->cli, "folder.list",
	    api_object("folder", json_string(api_text(node, "id")), NULL),
	    path_of(ex), on_child, &c);
}

/* In the trash names may be equal: each lies in a folder of its own. */
static int
on_trashed(void *arg, const json_t *node)
{
	const struct children *c = arg;
	struct export *ex = c->ex;
	const char *id = api_text(node, "id");
	size_t length = ex->path.n;
	int fd = -1, status;

	buf_printf(&ex->path, "/%s", id);
	status = make_folder(ex, c->dir, id, &fd);
	if (status == CLI_OK)
		status = export_node(ex, node, fd, 1);
	fd_close(&fd);
	ex->path.n = length;
	return status;
}

/* A folder of a principal's, as a folder of DIR. */
static int
export_top(struct export *ex, const char *name, const char *id,
    int (*each)(void *arg, const json_t *node))
{
	struct children c = {.ex = ex, .dir = -1, .depth = 1};
	json_t *top;
	int status;

	buf_clear(&ex->path);
	buf_put_str(&ex->path, name);
	status = make_folder(ex, ex->dir, name, &c.dir);
	top = api_object("id", json_string(id), "name", json_string(name),
	    "kind", json_string("folder"), NULL);
	if (status == CLI_OK && ex->all)
		status = add_shares(ex, top, describe(ex, top));
	if (status == CLI_OK)
		status = api_call_pages(ex->cli, "folder.list",
		    api_object("folder", json_string(id), NULL), name, each,
		    &c);
	json_decref(top);
	fd_close(&c.dir);
	return status;
}

/* ---- the whole
 * ------------------------------------------------------------------------ */

static int
put_manifest(struct export *ex, const json_t *whose)
{
	json_t *manifest = json_pack("{s:i,s:s,s:o,s:s,s:s,s:O}",
	    "chancery_export", 1, "server", ex->cli->server.url, "exported",
	    api_time_value(clock_wall_ms()), "principal",
	    api_text(whose, "principal"), "name", api_text(whose, "name"),
	    "nodes", ex->nodes);
	char *text =
	    manifest != NULL ? json_dumps(manifest, JSON_INDENT(1)) : NULL;
	int status = CLI_OK, r;

	json_decref(manifest);
	if (text == NULL)
		return cli_nomem(ex->cli);
	r = file_replace(ex->dir, "manifest.json", 0666, slice_str(text));
	if (r < 0)
		status = cli_fail_code(ex->cli, r, "manifest.json");
	free(text);
	return status;
}

static int
export_all(struct export *ex, const json_t *whose)
{
	int status = CLI_OK;

	if (ex->all) {
		buf_put_str(&ex->path, "versions");
		status = make_folder(ex, ex->dir, "versions", &ex->versions);
	}
	if (status == CLI_OK)
		status =
		    export_top(ex, "files", api_text(whose, "home"), on_child);
	if (status == CLI_OK && ex->all)
		status = export_top(
		    ex, "trash", api_text(whose, "trash"), on_trashed);
	progress_hide(&ex->progress);
	if (status == CLI_OK)
		status = put_manifest(ex, whose);
	if (status == CLI_OK)
		(void)printf("Exported %s files in %s folders, and %s older "
			     "versions.\n",
		    format_count(ex->n_files).text,
		    format_count(ex->n_folders).text,
		    format_count(ex->n_versions).text);
	return status;
}

/* Another's: by a right that is theirs to see and to end. */
static int
open_other(struct cli *cli, const char *operand, json_t **ret_whose)
{
	char id[API_ID] = "";
	json_t *open = NULL;
	int status = people_find(cli, operand, id);

	if (status == CLI_OK)
		status = api_call(cli, "export.open",
		    api_object("principal", json_string(id), NULL), operand,
		    &open);
	if (status != CLI_OK)
		return status;
	(void)json_object_set_new(open, "principal", json_string(id));
	(void)json_object_set_new(open, "name", json_string(operand));
	*ret_whose = open;
	return CLI_OK;
}

static int
open_local(struct cli *cli, const char *name, int *ret_fd)
{
	if (mkdir(name, 0777) < 0)
		return cli_fail(cli, CLI_FAILED, "%s: %s", name,
		    errno == EEXIST ? "is there already; name a new folder"
				    : strerror(errno));
	*ret_fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0
	           ? cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno))
	           : CLI_OK;
}

static int
run(struct cli *cli, int n, char **operands)
{
	const struct options *options = cli->options;
	struct export ex = {.cli = cli,
	    .all = options->all,
	    .dir = -1,
	    .versions = -1,
	    .path = BUF(PATH_BYTES),
	    .nodes = json_array(),
	    .progress = {.term = &cli->err,
		.what = "files",
		.quiet = !cli->err.is_terminal}};
	json_t *me = NULL, *whose = NULL;
	int status = api_call(cli, "session.get", json_object(), NULL, &me);

	ex.account = api_text(me, "principal");
	if (status == CLI_OK && n > 1)
		status = open_other(cli, operands[0], &whose);
	else if (status == CLI_OK)
		whose = json_incref(me);
	if (status == CLI_OK)
		status = open_local(cli, operands[n - 1], &ex.dir);
	if (status == CLI_OK)
		status = export_all(&ex, whose);
	fd_close(&ex.versions);
	fd_close(&ex.dir);
	buf_free(&ex.path);
	json_decref(ex.nodes);
	json_decref(whose);
	json_decref(me);
	return status;
}

static const struct arg args[] = {
    {"all", 'a', ARG_FLAG, NULL,
	"older versions, the trash, and with whom what is shared, too",
	offsetof(struct options, all)},
};

const struct command command_export = {
    .name = "export",
    .operands = "[WHO] DIR",
    .summary = "write all your files into a local folder",
    .text =
	"Makes DIR, with all folders and files in DIR/files as they are now, "
	"and\n"
	"DIR/manifest.json, which says all else that is known of them. With "
	"--all\n"
	"older versions are in DIR/versions, each named by its id, and what "
	"was\n"
	"thrown away in DIR/trash. `chancery import DIR/files --to PATH\n"
	"--manifest DIR/manifest.json` stores the files again, here or on "
	"another server.\n"
	"\n"
	"Who manages principals may export the files of WHO, when another "
	"administrator\n"
	"has approved it (`chancery approval give`): that takes a right to\n"
	"read them for a day, which shows among WHO's shares (`chancery "
	"share list`)\n"
	"and which WHO can end.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .min = 1,
    .max = 2,
    .run = run,
};
