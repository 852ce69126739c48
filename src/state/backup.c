/*
 * backup: the state folder as it is now, while the server runs. First a
 * snapshot of the database, at some record; then the blobs that it names; then
 * the log folder, with a checkpoint that covers that record. What was ended or
 * erased while this went on stands in the log, and a restore does it again.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/format.h"
#include "core/epoch.h"
#include "core/head.h"
#include "core/record.h"
#include "ipc/role.h"
#include "ledger/leaf.h"
#include "state/blobs.h"
#include "state/copy.h"
#include "state/manifest.h"
#include "state/tool.h"
#include "store/migrations.h"

enum {
	/* The server signs each second; one that can't is not waited for. */
	CHECKPOINT_MS = 15000,
	LOOK_MS = 50,
};

struct options {
	const char *keys;
	bool copy;
};

struct backup {
	struct tool *tool;
	const struct options *options;
	char folder[PATH_MAX], keys[PATH_MAX];
	int dir, core; /* of the backup, and its folder "core" */
	struct db *db; /* a reader, in the snapshot */
	struct manifest manifest;
	uint64_t copied, missing;
};

static int
fail(struct backup *b, int code, const char *what)
{
	return tool_fail_code(b->tool, code, what);
}

/* ---- the snapshot
 * ------------------------------------------------------------------- */

static int
read_head(struct backup *b)
{
	struct manifest *m = &b->manifest;
	struct epoch epoch = {.base = 0};
	struct arena arena = {NULL};
	struct slice bytes;
	struct leaf leaf;
	int r;

	while ((r = epoch_after(b->db, epoch.base, &epoch)) > 0)
		;
	if (r == 0)
		r = record_last(b->db, &m->record);
	if (r == 0 &&
	    (r = record_leaf(b->db, &arena, m->record, &bytes)) == 0 &&
	    (r = leaf_decode(bytes, &arena, &leaf)) == 0)
		m->time = leaf.time;
	arena_free(&arena);
	m->base = epoch.base;
	m->schema = migrations_version();
	(void)snprintf(m->origin, sizeof(m->origin), "%s", epoch.origin);
	return r;
}

/*
 * The earlier manifest goes on naming the earlier database until this one's is
 * written: a backup that is cut off leaves the one before.
 */
static int
copy_database(struct backup *b)
{
	char name[64], path[PATH_MAX + 80], listed[80];
	int r;

	if ((r = read_head(b)) < 0)
		return fail(b, r, "core/" HEAD_DATABASE);
	(void)snprintf(
	    name, sizeof(name), "chancery-%" PRIu64 ".db", b->manifest.record);
	(void)snprintf(path, sizeof(path), "%s/core/%s", b->folder, name);
	(void)unlink(path);
	if ((r = db_copy(b->db, path)) < 0)
		return fail(b, r, path);
	(void)snprintf(listed, sizeof(listed), "core/%s", name);
	r = manifest_add(&b->manifest, b->dir, listed);
	return r < 0 ? fail(b, r, path) : TOOL_OK;
}

/* ---- blobs
 * -------------------------------------------------------------------------- */

/*
 * One that went since the snapshot was of no use any more: the log that comes
 * with this backup says that it ended.
 */
static int
copy_blob(struct backup *b, int from, int to, struct stmt *stmt)
{
	struct manifest *m = &b->manifest;
	char place[64], folder[3];
	bool copied;
	int r;

	if (stmt_col_u64(stmt, 1) != 0)
		return 0;
	m->blobs++;
	m->blob_bytes += stmt_col_u64(stmt, 2);
	if (!blobs_place(stmt_col_bytes(stmt, 4), place))
		return E_CORRUPT;
	(void)snprintf(folder, sizeof(folder), "%.2s", place);
	if ((r = file_mkdir(to, folder, 0700)) < 0)
		return r;
	r = copy_file(from, to, place, !b->options->copy, &copied);
	if (r == E_NOT_FOUND) {
		b->missing++;
		return 0;
	}
	b->copied += r == 0 && copied;
	return r;
}

static int
copy_blobs(struct backup *b)
{
	struct stmt *stmt = db_stmt(b->db, SQL_ALL_BLOBS);
	struct progress *progress = &b->tool->progress;
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	int e = 0, r;

	if ((r = file_open(b->tool->state_fd, "blobs", O_RDONLY | O_DIRECTORY,
		 0, &from)) < 0 ||
	    (r = copy_folder(b->dir, "blobs", &to)) < 0)
		return fail(b, r, "blobs");
	progress->what = "blobs";
	while (e == 0 && (r = stmt_step(stmt)) > 0) {
		e = copy_blob(b, from, to, stmt);
		progress->done = b->manifest.blobs;
		progress->bytes = b->manifest.blob_bytes;
		progress_draw(progress, false);
	}
	stmt_done(stmt);
	r = e < 0 ? e : r;
	return r < 0 ? fail(b, r, "blobs") : TOOL_OK;
}

/* Of earlier backups: what no row names goes, for it was erased or purged. */
struct sweep {
	struct db *db;
	int dir;
};

static int
sweep_blob(void *arg, const char *place)
{
	struct sweep *sweep = arg;
	struct stmt *stmt = db_stmt(sweep->db, SQL_BLOB_BY_PLACE);
	int r;

	stmt_bytes(stmt, 1, slice_str(place));
	r = stmt_step(stmt);
	stmt_done(stmt);
	if (r == 0 && unlinkat(sweep->dir, place, 0) < 0)
		r = E_IO;
	return r < 0 ? r : 0;
}

static int
sweep_blobs(struct backup *b)
{
	struct sweep sweep = {b->db, -1};
	int r =
	    file_open(b->dir, "blobs", O_RDONLY | O_DIRECTORY, 0, &sweep.dir);

	if (r == 0)
		r = blobs_each(sweep.dir, sweep_blob, &sweep);
	fd_close(&sweep.dir);
	return r;
}

/* ---- the log
 * ------------------------------------------------------------------------- */

static int
copy_log_folder(struct backup *b, const char *name, uint64_t *ret_size)
{
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	char what[80];
	int r;

	(void)snprintf(what, sizeof(what), "core/%s", name);
	if ((r = file_open(b->tool->core_fd, name, O_RDONLY | O_DIRECTORY, 0,
		 &from)) < 0 ||
	    (r = copy_folder(b->core, name, &to)) < 0 ||
	    (r = copy_log(from, to, ret_size)) < 0)
		return fail(b, r, what);
	return TOOL_OK;
}

static int
copy_earlier_logs(struct backup *b)
{
	struct epoch epoch = {.base = 0};
	uint64_t size;
	int status, r;

	while ((r = epoch_after(b->db, epoch.base, &epoch)) > 0 &&
	       epoch.base != b->manifest.base) {
		char name[48];

		(void)snprintf(name, sizeof(name), "log-%" PRIu64, epoch.base);
		if (faccessat(b->tool->core_fd, name, F_OK, 0) < 0)
			continue;
		if ((status = copy_log_folder(b, name, &size)) != TOOL_OK)
			return status;
	}
	return r < 0 ? fail(b, r, "core/" HEAD_DATABASE) : TOOL_OK;
}

/*
 * Until a checkpoint covers all that is there now, which a server that runs
 * soon has: so the log tells what was ended and erased since the snapshot.
 */
static int
await_checkpoint(struct backup *b)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	uint64_t last = 0, size = 0, start = clock_boot_ms();
	AUTO_CLOSE int dir = -1;
	struct db *db = NULL;
	int r = db_open(HEAD_DATABASE, DB_READER, &db);

	if (r == 0)
		r = record_last(db, &last);
	db_close(&db);
	if (r == 0)
		r = file_open(
		    b->tool->core_fd, "log", O_RDONLY | O_DIRECTORY, 0, &dir);
	while (r == 0 && b->tool->running &&
	       clock_boot_ms() - start < CHECKPOINT_MS &&
	       (r = copy_log_size(dir, &size)) == 0 &&
	       size + b->manifest.base <= last)
		(void)nanosleep(&pause, NULL);
	return r;
}

static int
copy_logs(struct backup *b)
{
	bool copied;
	int status = copy_earlier_logs(b), r;

	if (status != TOOL_OK)
		return status;
	if ((r = await_checkpoint(b)) < 0)
		return fail(b, r, "core/log");
	status = copy_log_folder(b, "log", &b->manifest.size);
	if (status != TOOL_OK)
		return status;
	(void)unlinkat(b->dir, "chancery.conf", 0);
	(void)copy_file(
	    b->tool->state_fd, b->dir, "chancery.conf", false, &copied);
	return TOOL_OK;
}

/* ---- keys
 * ----------------------------------------------------------------------------
 */

static int
copy_keys(struct backup *b)
{
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	int r;

	if (b->options->keys == NULL)
		return TOOL_OK;
	if ((r = file_open(b->tool->state_fd, "keeper", O_RDONLY | O_DIRECTORY,
		 0, &from)) < 0)
		return fail(b, r, "keeper");
	if ((r = copy_folder(AT_FDCWD, b->keys, &to)) < 0)
		return fail(b, r, b->keys);
	/* "signed" is another one each time. */
	(void)unlinkat(to, "signed", 0);
	if ((r = copy_files(from, to)) < 0 || (r = copy_sync(to)) < 0)
		return r == E_EXISTS
		           ? tool_fail(b->tool, TOOL_FAILED,
				 "%s holds other keys already", b->keys)
		           : fail(b, r, b->keys);
	return TOOL_OK;
}

/* ---- all of it
 * ------------------------------------------------------------------------ */

static int
open_target(struct backup *b, const char *folder)
{
	int status = tool_path(b->tool, folder, b->folder), r;

	if (status == TOOL_OK && b->options->keys != NULL)
		status = tool_path(b->tool, b->options->keys, b->keys);
	if (status != TOOL_OK)
		return status;
	if ((r = copy_folder(AT_FDCWD, b->folder, &b->dir)) < 0 ||
	    (r = copy_folder(b->dir, "core", &b->core)) < 0)
		return fail(b, r, b->folder);
	return TOOL_OK;
}

/* One folder is of one server, so that nothing of another one stays in it. */
static int
check_target(struct backup *b)
{
	AUTO_FREE struct manifest *old = mem_alloc(sizeof(*old));
	struct epoch epoch;
	int r = old == NULL ? E_NOMEM : manifest_read(b->dir, old);

	if (r == E_NOT_FOUND)
		return TOOL_OK;
	if (r < 0)
		return fail(b, r, "the manifest of the backup that is there");
	r = epoch_get(b->db, old->base, &epoch);
	if (r == 0 && strcmp(epoch.origin, old->origin) == 0)
		return TOOL_OK;
	return tool_fail(b->tool, TOOL_FAILED,
	    "%s is a backup of another server, %s", b->folder, old->origin);
}

static int
finish(struct backup *b)
{
	AUTO_FREE struct manifest *old = mem_alloc(sizeof(*old));
	int r = copy_sync(b->dir);

	if (old == NULL || r < 0)
		return fail(b, r < 0 ? r : E_NOMEM, b->folder);
	(void)manifest_read(b->dir, old);
	if ((r = manifest_write(&b->manifest, b->dir)) < 0)
		return fail(b, r, b->folder);
	/* Only now is the earlier one of no use. */
	for (size_t i = 0; i < old->n_files; i++)
		if (slice_starts(slice_str(old->files[i].path),
			SLICE("core/chancery-")) &&
		    strcmp(old->files[i].path, b->manifest.files[0].path) != 0)
			(void)unlinkat(b->dir, old->files[i].path, 0);
	r = sweep_blobs(b);
	return r < 0 ? fail(b, r, "blobs") : TOOL_OK;
}

static void
report(struct backup *b)
{
	const struct manifest *m = &b->manifest;

	tool_say(b->tool,
	    "%s holds record %" PRIu64 " and all before it, of %s; %s blobs of "
	    "%s (%s new).",
	    b->folder, m->record, format_time(m->time).text,
	    format_count(m->blobs).text, format_bytes(m->blob_bytes).text,
	    format_count(b->copied).text);
	if (m->size + m->base <= m->record)
		tool_say(b->tool,
		    "No checkpoint covers the last %" PRIu64
		    " of its records: the server didn't sign one.",
		    m->record + 1 - m->base - m->size);
	if (b->missing > 0)
		tool_say(b->tool,
		    "%s blobs went while this ran: of no use any more, or "
		    "chancery-state check names them.",
		    format_count(b->missing).text);
	if (b->options->keys == NULL)
		tool_say(b->tool, "Keys are not in it (see --keys).");
}

static int
back_up(struct backup *b)
{
	int status;

	if ((status = check_target(b)) != TOOL_OK ||
	    (status = copy_database(b)) != TOOL_OK ||
	    (status = copy_blobs(b)) != TOOL_OK ||
	    (status = copy_logs(b)) != TOOL_OK ||
	    (status = copy_keys(b)) != TOOL_OK)
		return status;
	return finish(b);
}

static int
run(struct tool *tool, const void *options, char **operands)
{
	AUTO_FREE struct backup *b = mem_alloc(sizeof(*b));
	int status;

	if (b == NULL)
		return tool_fail_code(tool, E_NOMEM, operands[0]);
	b->tool = tool;
	b->options = options;
	b->dir = b->core = -1;
	status = open_target(b, operands[0]);
	if (status == TOOL_OK)
		status = tool_open(tool);
	if (status == TOOL_OK)
		status = tool_open_database(tool, &b->db);
	if (status == TOOL_OK)
		status = back_up(b);
	progress_hide(&tool->progress);
	if (b->db != NULL)
		db_end(b->db);
	db_close(&b->db);
	if (status == TOOL_OK) {
		report(b);
		status = tool_note(tool,
		    "of record %" PRIu64 " and all before it, %" PRIu64
		    " blobs%s",
		    b->manifest.record, b->manifest.blobs,
		    b->options->keys != NULL ? ", and the keys" : "");
	}
	fd_close(&b->core);
	fd_close(&b->dir);
	return status;
}

static const struct arg args[] = {
    {"keys", 0, ARG_TEXT, "FOLDER",
	"copy the keeper's keys, too, into a folder of their own: without them "
	"a restore leaves passwords and TOTP to be set anew",
	offsetof(struct options, keys)},
    {"copy", 0, ARG_FLAG, NULL, "copy blobs even where they could be linked",
	offsetof(struct options, copy)},
};

const struct tool_command command_backup = {
    .name = "backup",
    .operands = "FOLDER",
    .summary = "copy all of it into a folder, while the server runs",
    .text =
	"FOLDER is made, or brought up to date: what is there already isn't "
	"copied\n"
	"again. On the same disk blobs are linked, not copied; their bytes are "
	"never\n"
	"changed in place. The manifest is written last: a backup that was cut "
	"off\n"
	"leaves the one before. Whoever has --keys' FOLDER can sign in this "
	"server's\n"
	"name: keep it apart.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .n = 1,
    .run = run,
};
