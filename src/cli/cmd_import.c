/*
 * chancery import: a local tree, stored on the server.
 *
 * Folders first, a level at a time; then, of folders that were there before,
 * what is in them; then the files that are missing or differ. Nothing is ever
 * replaced unseen: a file is stored as a new one, or as the next version of the
 * very one that was found.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/import.h"
#include "cli/path.h"

enum { JOBS_STANDARD = 32 };

struct options {
	const char *to, *manifest;
	struct arg_number jobs;
	bool force;
};

struct import {
	struct cli *cli;
	struct import_tree tree;
	struct store *store;
	struct progress progress;
	uint64_t began;                    /* boot time, ms */
	uint64_t made, next, folders_made; /* files, versions, folders */
	uint64_t moved;
	bool said_waiting;
};

/* Set by an interrupt: what is under way is finished, then it ends. */
static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number UNUSED)
{
	interrupted = 1;
	/* Once more ends it at once. */
	(void)signal(SIGINT, SIG_DFL);
}

/* ---- what the store tells
 * ----------------------------------------------------
 */

static void
on_told(void *arg, const struct store_item *item, enum store_outcome outcome,
    const char *why)
{
	struct import *import = arg;
	struct import_entry *entry = item->arg;

	import->progress.done++;
	if (outcome == STORE_FAILED) {
		import_fail(&import->tree, entry, why);
		return;
	}
	entry->state = IMPORT_DONE;
	entry->existed = outcome == STORE_EXISTED;
	if (item->is_folder)
		import->folders_made += outcome == STORE_MADE;
	else if (outcome == STORE_MADE)
		import->made++;
	else
		import->next++;
}

static void
on_moved(void *arg, uint64_t bytes)
{
	struct import *import = arg;

	import->moved += bytes;
	import->progress.bytes += bytes;
}

/* A moment of work; says once when the server has gone away. */
static int
step(struct import *import)
{
	int r = store_step(import->store);

	if (store_is_waiting(import->store) && !import->said_waiting) {
		import->said_waiting = true;
		progress_hide(&import->progress);
		cli_note(import->cli,
		    "the server is away or busy; what is under way is asked "
		    "again until it is there");
	}
	progress_draw(&import->progress, false);
	return r;
}

/* ---- folders and files
 * --------------------------------------------------------
 */

static bool
folder_failed(const struct import_entry *entry)
{
	return entry->folder != NULL && entry->folder->state == IMPORT_FAILED;
}

/* Adds an entry once there is room; what lies in a lost folder is lost too. */
static int
store_entry(struct import *import, struct import_entry *entry)
{
	int r = 0;

	if (folder_failed(entry)) {
		import_fail(
		    &import->tree, entry, "its folder could not be made");
		return 0;
	}
	while (r == 0 && !store_has_room(import->store))
		r = step(import);
	if (r == 0)
		store_add(import->store, &entry->item);
	return r;
}

static int
drain(struct import *import)
{
	int r = 0;

	while (r == 0 && !store_is_idle(import->store))
		r = step(import);
	return r;
}

/* Folders of one level, whose parents are all there. */
static int
make_level(struct import *import, unsigned depth)
{
	struct import_tree *tree = &import->tree;
	int r = 0;

	for (size_t i = 0; i < tree->n && r == 0 && !interrupted; i++) {
		struct import_entry *entry = tree->entries[i];

		if (entry->item.is_folder && entry->depth == depth &&
		    entry->state == IMPORT_WANTED)
			r = store_entry(import, entry);
	}
	return r < 0 ? r : drain(import);
}

/* The folders above the one that gets the tree: "a", "a/b" of "a/b/c". */
static int
make_above(struct import *import)
{
	struct slice root = import->tree.root;
	struct import_entry above = {.item = {.is_folder = true}};
	int r = 0;

	above.item.arg = &above;
	for (size_t i = 0; i < root.n && r == 0; i++) {
		if (root.p[i] != '/')
			continue;
		above.item.path = slice_first(root, i);
		above.state = IMPORT_WANTED;
		store_add(import->store, &above.item);
		r = drain(import);
		if (r == 0 && above.state == IMPORT_FAILED)
			return cli_fail(import->cli, CLI_FAILED,
			    "the folder %.*s could not be made: %s",
			    SLICE_ARG(above.item.path), above.why);
	}
	return r < 0 ? cli_fail_code(import->cli, r, "making folders") : 0;
}

static void
begin_progress(struct import *import, const char *what, uint64_t total,
    uint64_t total_bytes)
{
	progress_hide(&import->progress);
	import->progress = (struct progress){.term = &import->cli->err,
	    .what = what,
	    .total = total,
	    .total_bytes = total_bytes};
}

static int
make_folders(struct import *import)
{
	struct import_tree *tree = &import->tree;
	struct import_entry *root = tree->entries[0];
	int r = 0, status;

	begin_progress(import, "folders", tree->folders, 0);
	status = make_above(import);
	if (status != CLI_OK)
		return status;
	/* The home folder is there, and has no name to be made by. */
	if (tree->root.n == 0) {
		root->state = IMPORT_DONE;
		root->existed = true;
	}
	for (unsigned d = 1; d <= tree->depth && r == 0 && !interrupted; d++)
		r = make_level(import, d);
	return r < 0 ? cli_fail_code(import->cli, r, "making folders") : CLI_OK;
}

static int
store_files(struct import *import)
{
	struct import_tree *tree = &import->tree;
	int r = 0;

	begin_progress(import, "files", tree->files, tree->bytes);
	for (size_t i = 0; i < tree->n && r == 0 && !interrupted; i++) {
		struct import_entry *entry = tree->entries[i];

		if (!entry->item.is_folder && entry->state == IMPORT_WANTED)
			r = store_entry(import, entry);
	}
	if (r == 0)
		r = drain(import);
	progress_hide(&import->progress);
	return r < 0 ? cli_fail_code(import->cli, r, "storing files") : CLI_OK;
}

/* ---- the summary
 * --------------------------------------------------------------
 */

static size_t
name_all(
    const struct import *import, enum import_state state, const char *title)
{
	const struct import_tree *tree = &import->tree;
	struct buf line = BUF(1 << 20);
	size_t n = 0;

	for (size_t i = 0; i < tree->n; i++) {
		const struct import_entry *entry = tree->entries[i];
		const char *local = entry->item.local;

		if (entry->state != state)
			continue;
		if (n++ == 0)
			(void)printf("%s\n", title);
		buf_clear(&line);
		format_put_text(
		    &line, slice_str(local[0] != '\0' ? local : "."));
		buf_put_str(&line, entry->item.is_folder ? "/: " : ": ");
		format_put_text(&line, slice_str(entry->why));
		(void)printf("  %.*s\n", SLICE_ARG(buf_slice(&line)));
	}
	buf_free(&line);
	return n;
}

static size_t
count(const struct import_tree *tree, enum import_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < tree->n; i++)
		n += tree->entries[i]->state == state &&
		     !tree->entries[i]->item.is_folder;
	return n;
}

static const char *
s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void
print_totals(const struct import *import)
{
	uint64_t files = import->made + import->next;
	uint64_t ms = MAX(clock_boot_ms() - import->began, 1);
	struct format per_second = format_count(files * 1000 / ms);
	struct format rate = format_bytes(import->moved * 1000 / ms);
	size_t there = count(&import->tree, IMPORT_THERE);

	(void)printf("Stored %s file%s (%s) below %.*s in %s",
	    format_count(files).text, s(files),
	    format_bytes(import->moved).text,
	    SLICE_ARG(import->tree.root.n > 0 ? import->tree.root
					      : SLICE("the home folder")),
	    format_span(ms).text);
	if (files > 1)
		(void)printf(": %s files/s, %s/s", per_second.text, rate.text);
	(void)printf(".\n");
	if (import->folders_made > 0)
		(void)printf("Made %s folder%s.\n",
		    format_count(import->folders_made).text,
		    s(import->folders_made));
	if (import->next > 0)
		(void)printf("%s of the files got a new version.\n",
		    format_count(import->next).text);
	if (there > 0)
		(void)printf("%s file%s %s there already, the same.\n",
		    format_count(there).text, s(there),
		    there == 1 ? "was" : "were");
}

static int
summarize(const struct import *import)
{
	const struct import_tree *tree = &import->tree;
	size_t skipped, failed, left;

	skipped = name_all(
	    import, IMPORT_SKIPPED, "Skipped (links are not followed):");
	failed = name_all(import, IMPORT_FAILED, "NOT STORED:");
	left = count(tree, IMPORT_WANTED);
	print_totals(import);
	if (skipped > 0)
		(void)printf("%s link%s and special file%s skipped.\n",
		    format_count(skipped).text, s(skipped),
		    skipped == 1 ? " was" : "s were");
	if (failed > 0)
		return cli_fail(import->cli, CLI_FAILED,
		    "%s of the files and folders %s not stored; they are "
		    "named above",
		    format_count(failed).text, failed == 1 ? "was" : "were");
	if (interrupted || tree->stopped)
		return cli_fail(import->cli, CLI_FAILED,
		    "interrupted with %s file%s left; run it again to go on",
		    format_count(left).text, s(left));
	return CLI_OK;
}

/* ---- an export's manifest
 * ------------------------------------------------------
 */

/* The media types of files by their paths below DIR, as they were exported. */
static json_t *
types_of(const json_t *manifest)
{
	json_t *types = json_object(), *node;
	size_t i;

	json_array_foreach(json_object_get(manifest, "nodes"), i, node)
	{
		const char *path = api_text(node, "path");

		if (strncmp(path, "files/", 6) == 0 && api_has(node, "type"))
			(void)json_object_set(
			    types, path + 6, json_object_get(node, "type"));
	}
	return types;
}

static int
take_types(struct import *import, const char *name)
{
	struct import_tree *tree = &import->tree;
	json_t *manifest = json_load_file(name, 0, NULL), *types;
	int status = CLI_OK;

	if (!json_is_array(json_object_get(manifest, "nodes"))) {
		json_decref(manifest);
		return cli_fail(import->cli, CLI_USAGE,
		    "%s is no manifest of an export", name);
	}
	types = types_of(manifest);
	for (size_t i = 0; i < tree->n; i++) {
		struct import_entry *entry = tree->entries[i];
		const char *type = api_text(types, entry->item.local);

		if (type[0] == '\0' || entry->item.is_folder)
			continue;
		entry->item.type = arena_str(&tree->arena, slice_str(type));
		if (entry->item.type == NULL)
			status = cli_nomem(import->cli);
	}
	json_decref(types);
	json_decref(manifest);
	return status;
}

/* ---- the command
 * --------------------------------------------------------------
 */

/* Where the tree goes: --to, or DIR's own name in the home folder. */
static int
choose_root(struct import *import, const char *dir, const char *to)
{
	char *absolute = to == NULL ? realpath(dir, NULL) : NULL;
	struct buf path = BUF(65536);
	int status = CLI_OK;

	if (to != NULL)
		path_put_clean(&path, slice_str(to));
	else if (absolute != NULL)
		buf_put_slice(&path, path_name(slice_str(absolute)));
	import->tree.root = arena_copy(&import->tree.arena, buf_slice(&path));
	if (import->tree.root.p == NULL)
		status = cli_nomem(import->cli);
	else if (to == NULL && import->tree.root.n == 0)
		status = cli_fail(import->cli, CLI_USAGE,
		    "%s has no name of its own; say where it goes: --to PATH",
		    dir);
	buf_free(&path);
	free(absolute);
	return status;
}

static bool
on_seen(void *arg)
{
	struct import *import = arg;

	import->progress.done = import->tree.files;
	progress_draw(&import->progress, false);
	return !interrupted;
}

static int
look_around(struct import *import, const char *dir)
{
	int r;

	import->tree.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (import->tree.dir < 0)
		return cli_fail(
		    import->cli, CLI_USAGE, "%s: %s", dir, strerror(errno));
	begin_progress(import, "files found", 0, 0);
	r = import_scan(&import->tree, on_seen, import);
	progress_hide(&import->progress);
	return r < 0 ? cli_nomem(import->cli) : CLI_OK;
}

static int
do_import(struct import *import, const struct options *options)
{
	struct store_options store = {
	    .jobs = options->jobs.given ? options->jobs.n : JOBS_STANDARD,
	    .dir = import->tree.dir,
	    .told = on_told,
	    .moved = on_moved,
	    .arg = import};
	int status = store_new(import->cli, &store, &import->store);

	if (status != CLI_OK)
		return status;
	import->began = clock_boot_ms();
	if ((status = make_folders(import)) == CLI_OK &&
	    (interrupted || (status = import_compare(import->cli, &import->tree,
				 options->force)) == CLI_OK))
		status = store_files(import);
	store_free(&import->store);
	if (status != CLI_OK)
		return status;
	return summarize(import);
}

static int
run(struct cli *cli, int n UNUSED, char **operands)
{
	const struct options *options = cli->options;
	struct import import = {.cli = cli, .tree = {.dir = -1}};
	int status;

	if (options->jobs.given &&
	    (options->jobs.n == 0 || options->jobs.n > STORE_JOBS_MAX))
		return cli_fail(
		    cli, CLI_USAGE, "--jobs: from 1 to %d", STORE_JOBS_MAX);
	(void)signal(SIGINT, on_interrupt);
	status = choose_root(&import, operands[0], options->to);
	if (status == CLI_OK)
		status = cli_connect(cli);
	if (status == CLI_OK)
		status = look_around(&import, operands[0]);
	if (status == CLI_OK && options->manifest != NULL)
		status = take_types(&import, options->manifest);
	if (status == CLI_OK)
		status = do_import(&import, options);
	import_tree_free(&import.tree);
	return status;
}

static const struct arg args[] = {
    {"to", 0, ARG_TEXT, "PATH",
	"the folder that gets what is in DIR (default: one of DIR's name in "
	"your home folder)",
	offsetof(struct options, to)},
    {"manifest", 0, ARG_TEXT, "FILE",
	"the manifest.json of an export: the files get the media types that "
	"they had",
	offsetof(struct options, manifest)},
    {"jobs", 'j', ARG_NUMBER, "N",
	"files under way at a time (default 32, at most 256)",
	offsetof(struct options, jobs)},
    {"force", 'f', ARG_FLAG, NULL,
	"store files that are there already too, as new versions",
	offsetof(struct options, force)},
};

const struct command command_import = {
    .name = "import",
    .operands = "DIR",
    .summary = "store a local folder with all that is in it",
    .text =
	"Stores the folders and files below DIR on the server, with their\n"
	"modification times. Files that are there already, the same, are left\n"
	"alone; those that differ get a new version. So it may be run again "
	"at\n"
	"any time, and goes on where it was interrupted. When the connection "
	"is\n"
	"lost or the server starts anew, it waits and asks again; nothing is\n"
	"stored twice.\n"
	"\n"
	"Symbolic links are not followed; they are named at the end, and so "
	"is\n"
	"each file that could not be stored, with the reason. The exit status "
	"is\n"
	"0 only if all was stored.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .min = 1,
    .max = 1,
    .run = run,
};
