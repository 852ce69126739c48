/*
 * restore: a new state folder from a backup, as a new epoch of the log. What
 * the log folders tell beyond the backup's database (the backup's own, and a
 * mirror's) is proven against the log's key, kept, and gone through: what was
 * ended or erased there is ended and erased here, by the same records. What was
 * made there is lost.
 *
 * All is built in a folder beside, which gets its name at the very end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/format.h"
#include "core/apps/files/files.h"
#include "core/head.h"
#include "core/record.h"
#include "ipc/role.h"
#include "keeper/people_key.h"
#include "ledger/leaf.h"
#include "ledger/verify.h"
#include "op/op.h"
#include "state/blobs.h"
#include "state/copy.h"
#include "state/epochs.h"
#include "state/manifest.h"
#include "state/tool.h"
#include "store/meta.h"
#include "store/migrations.h"

struct options {
	const char *mirror, *keys;
};

struct restore {
	struct tool *tool;
	const struct options *options;
	char backup[PATH_MAX], mirror[PATH_MAX], keys[PATH_MAX];
	char part[PATH_MAX + 16]; /* where it is built */
	struct manifest manifest;
	int from, to, core; /* the backup; what is built; its core folder */

	struct db *db;
	struct note_key key;   /* of the backup's epoch */
	struct epochs_now was; /* as the backup's database has it */
	struct head head;      /* with the tree, which grows by what is known */
	uint64_t known;        /* the last record that is known */
	int64_t known_time;    /* its time; 0: not beyond the backup */
	struct log_key_signed last;
	bool has_people_key; /* so that passwords can be checked */
	char origin[NOTE_NAME_MAX + 1];

	uint64_t ended, erased;
	/* What lives, for the report. */
	uint64_t credentials, grants, principals;
};

static int
fail(struct restore *s, int code, const char *what)
{
	return tool_fail_code(s->tool, code, what);
}

/* ---- what is known beyond the database
 * ------------------------------------------------- */

static int
run_two(struct restore *s, enum sql sql, uint64_t a, uint64_t b)
{
	struct stmt *stmt = db_stmt(s->db, sql);

	stmt_u64(stmt, 1, a);
	stmt_u64(stmt, 2, b);
	return stmt_run(stmt);
}

static int
run_one(struct restore *s, enum sql sql, uint64_t a)
{
	struct stmt *stmt = db_stmt(s->db, sql);

	stmt_u64(stmt, 1, a);
	return stmt_run(stmt);
}

/*
 * A blob that was taken away while the backup ran: its file isn't there. Of
 * others housekeeping takes care again.
 */
static int
end_blob(struct restore *s, const struct leaf *leaf, uint64_t ref)
{
	struct stmt *stmt = db_stmt(s->db, SQL_BLOB_GET);
	char place[64], path[80];
	bool gone = false;
	int r;

	stmt_u64(stmt, 1, ref);
	r = stmt_step(stmt);
	if (r > 0 && blobs_place(stmt_col_bytes(stmt, 4), place)) {
		(void)snprintf(path, sizeof(path), "blobs/%s", place);
		gone = faccessat(s->from, path, F_OK, 0) < 0;
	}
	stmt_done(stmt);
	if (r < 0 || !gone)
		return r < 0 ? r : 0;
	return run_two(s, SQL_BLOB_END, ref, leaf->sequence);
}

/*
 * An end, by the record that made it: a row of whatever kind has that number. A
 * purged folder or file is due at once where it was erased, else as it was.
 */
static int
end_row(struct restore *s, const struct leaf *leaf, uint64_t ref)
{
	static const enum sql ends[] = {SQL_PRINCIPAL_END, SQL_CREDENTIAL_END,
	    SQL_SESSION_END, SQL_TUPLE_END, SQL_UNIT_END, SQL_REQUEST_END,
	    SQL_NODE_END};
	int64_t due =
	    leaf->time + (int64_t)FILES_PURGED_DAYS * 24 * 3600 * 1000;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if ((r = run_two(s, ends[i], ref, leaf->sequence)) < 0)
			return r;
		if (db_changes(s->db) == 0)
			continue;
		s->ended++;
		if (ends[i] == SQL_PRINCIPAL_END &&
		    ((r = run_one(s, SQL_FIND_FORGET, ref)) < 0 ||
			(r = run_one(s, SQL_STAR_OF_PRINCIPAL, ref)) < 0))
			return r;
		return ends[i] == SQL_NODE_END
		           ? run_two(s, SQL_PURGE_PUT, ref, (uint64_t)due)
		           : 0;
	}
	return end_blob(s, leaf, ref);
}

/* The same as subject.erase does. */
static int
erase(struct restore *s, const struct leaf *leaf, uint64_t principal)
{
	int r;

	if ((r = run_one(s, SQL_OPENING_ERASE, principal)) < 0 ||
	    (r = run_two(s, SQL_PRINCIPAL_ERASE, principal, leaf->sequence)) <
		0 ||
	    (r = run_one(s, SQL_CREDENTIAL_ERASE, principal)) < 0 ||
	    (r = run_one(s, SQL_PURGE_NOW, principal)) < 0)
		return r;
	s->erased++;
	return 0;
}

/* What an operation did to a principal that it didn't end. */
static int
again_on(struct restore *s, const struct leaf *leaf, uint64_t principal)
{
	switch (leaf->op) {
	case OP_SUBJECT_ERASE:
		return erase(s, leaf, principal);
	case OP_PRINCIPAL_SUSPEND:
		s->ended++;
		return run_two(
		    s, SQL_PRINCIPAL_SUSPEND, principal, leaf->sequence);
	case OP_PRINCIPAL_RESUME:
		return run_two(s, SQL_PRINCIPAL_SUSPEND, principal, 0);
	default:
		return 0;
	}
}

static int
again(struct restore *s, const struct leaf *leaf)
{
	for (size_t i = 0; i < leaf->n_objects && leaf->outcome == 0; i++) {
		const struct leaf_object *o = &leaf->objects[i];
		int r = 0;

		if (o->outcome != 0)
			continue;
		for (size_t k = 0; k < o->n_ended && r == 0; k++)
			r = end_row(s, leaf, o->ended[k]);
		for (size_t k = 0; k < o->n_numbers && r == 0; k++)
			if (o->numbers[k].key == FACT_TARGET)
				r = again_on(
				    s, leaf, (uint64_t)o->numbers[k].value);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The same record as here, byte by byte. */
static int
compare(struct restore *s, uint64_t sequence, struct slice entry)
{
	struct stmt *stmt = db_stmt(s->db, SQL_LEAF_GET);
	bool same;
	int r;

	stmt_u64(stmt, 1, sequence);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	same = slice_eq(stmt_col_bytes(stmt, 0), entry);
	stmt_done(stmt);
	return same ? 0 : E_INCONSISTENT;
}

static int
take_leaf(struct restore *s, uint64_t sequence, struct slice entry)
{
	struct stmt *stmt = db_stmt(s->db, SQL_LEAF_PUT);
	struct arena arena = {NULL};
	struct digest hash = tree_leaf_hash(entry);
	struct leaf leaf;
	int r;

	stmt_u64(stmt, 1, sequence);
	stmt_bytes(stmt, 2, entry);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	r = leaf_decode(entry, &arena, &leaf);
	if (r == 0 && leaf.sequence != sequence)
		r = E_CORRUPT;
	if (r == 0)
		r = again(s, &leaf);
	if (r == 0) {
		tree_append_leaf_hash(&s->head.tree, &hash);
		s->known = sequence;
		s->known_time = leaf.time;
		/* No record of the new epoch is older than those. */
		s->head.mark.ms = MAX(s->head.mark.ms, leaf.time);
	}
	arena_free(&arena);
	return r;
}

static int
on_entry(void *arg, uint64_t index, struct slice entry)
{
	struct restore *s = arg;
	uint64_t sequence = s->was.epoch.base + index;
	struct progress *progress = &s->tool->progress;

	progress->done = index + 1;
	progress_draw(progress, false);
	return sequence <= s->known ? compare(s, sequence, entry)
	                            : take_leaf(s, sequence, entry);
}

/*
 * Goes through a log folder of the same epoch, proving it: *ret_size is what it
 * holds. Nothing that it says stands unless all of it does.
 */
static int
take_log(struct restore *s, int dir, const char *path, uint64_t *ret_size)
{
	struct note_key keys[2] = {s->key};
	struct verify_options options = {
	    .keys = keys, .n_keys = 1, .entry = on_entry, .arg = s};
	struct folder_problem problem = {.text = ""};
	struct verify_result result = {.size = 0};
	int r;

	*ret_size = 0;
	if (copy_log_size(dir, ret_size) == 0 && *ret_size == 0)
		return TOOL_OK;
	if (folder_read_key(dir, &keys[1]) == 0 &&
	    strcmp(keys[1].name, keys[0].name) == 0 &&
	    memcmp(&keys[1], &keys[0], sizeof(keys[0])) != 0) {
		tool_say(s->tool,
		    "%s is signed by a later key of the log, which its "
		    "log.vkey names and the\nbackup can't know.",
		    path);
		options.n_keys = 2;
	}
	s->tool->progress.what = "records";
	r = verify_folder(dir, &options, &result, &problem);
	if (r < 0)
		return tool_fail(s->tool, TOOL_FAILED, "%s/%s: %s (%s)", path,
		    problem.path,
		    r == E_INCONSISTENT ? "it is not the log that the backup "
					  "is of, or its past was changed"
					: problem.text,
		    error_text(r));
	*ret_size = result.size;
	return TOOL_OK;
}

/* ---- beforehand
 * -------------------------------------------------------------------------- */

static int
open_backup(struct restore *s, const char *backup)
{
	int status = tool_path(s->tool, backup, s->backup), r;

	if (status != TOOL_OK)
		return status;
	if ((r = file_open(
		 AT_FDCWD, s->backup, O_RDONLY | O_DIRECTORY, 0, &s->from)) < 0)
		return fail(s, r, s->backup);
	r = manifest_read(s->from, &s->manifest);
	if (r == E_NOT_FOUND)
		return tool_fail(s->tool, TOOL_FAILED,
		    "%s is no backup, or one that was cut off: it has no "
		    "manifest",
		    s->backup);
	if (r == E_VERSION || s->manifest.schema > migrations_version())
		return tool_fail(s->tool, TOOL_FAILED,
		    "%s was written by a newer version", s->backup);
	if (r == 0 && s->manifest.schema < migrations_version())
		return tool_fail(s->tool, TOOL_FAILED,
		    "%s is of an older version (schema %" PRIu64
		    "): restore it with that one, then start this one",
		    s->backup, s->manifest.schema);
	if (r == 0 && s->manifest.n_files == 0)
		r = E_SYNTAX;
	return r < 0 ? fail(s, r, "the backup's manifest") : TOOL_OK;
}

static int
verify_backup(struct restore *s)
{
	const char *path = "";
	int r = manifest_verify(&s->manifest, s->from, &path);

	if (r == 0)
		return TOOL_OK;
	return tool_fail(s->tool, TOOL_FAILED, "%s/%s: %s", s->backup, path,
	    r == E_DAMAGED ? "it is damaged" : error_text(r));
}

static bool
is_empty(const char *path)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	bool empty = true;

	if (dir == NULL)
		return errno == ENOENT;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			empty = false;
	(void)closedir(dir);
	return empty;
}

static int
open_target(struct restore *s)
{
	char given[PATH_MAX];
	int status, r;

	(void)snprintf(given, sizeof(given), "%s", s->tool->state);
	if ((status = tool_path(s->tool, given, s->tool->state)) != TOOL_OK)
		return status;
	if (!is_empty(s->tool->state))
		return tool_fail(s->tool, TOOL_FAILED,
		    "%s is there and not empty: a restore goes into a new "
		    "folder",
		    s->tool->state);
	(void)snprintf(s->part, sizeof(s->part), "%s.part", s->tool->state);
	if (!is_empty(s->part))
		return tool_fail(s->tool, TOOL_FAILED,
		    "%s is left of a restore that was cut off: remove it",
		    s->part);
	if ((r = copy_folder(AT_FDCWD, s->part, &s->to)) < 0 ||
	    (r = copy_folder(s->to, "core", &s->core)) < 0)
		return fail(s, r, s->part);
	s->tool->state_fd = s->to;
	s->tool->core_fd = s->core;
	return TOOL_OK;
}

/* ---- the parts
 * ------------------------------------------------------------------------------
 */

static int
copy_database(struct restore *s)
{
	AUTO_CLOSE int folder = -1;
	const char *name = strrchr(s->manifest.files[0].path, '/');
	bool copied;
	int r;

	name = name != NULL ? name + 1 : s->manifest.files[0].path;
	if ((r = file_open(
		 s->from, "core", O_RDONLY | O_DIRECTORY, 0, &folder)) < 0 ||
	    (r = copy_file(folder, s->core, name, false, &copied)) < 0)
		return fail(s, r, s->manifest.files[0].path);
	if (renameat(s->core, name, s->core, HEAD_DATABASE) < 0 ||
	    fchdir(s->core) < 0)
		return fail(s, error_from_errno(errno), s->part);
	return TOOL_OK;
}

static int
open_database(struct restore *s)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	int r = db_open(HEAD_DATABASE, DB_WRITER, &s->db);

	if (r == 0)
		r = db_begin(s->db);
	if (r == 0)
		r = epochs_now(s->db, &s->was);
	if (r == 0)
		r = head_get(s->db, &s->head);
	if (r == 0)
		r = meta_get(s->db, "log_key", &text);
	if (r == 0)
		r = note_key_parse(buf_slice(&text), &s->key);
	buf_free(&text);
	s->known = s->was.last;
	return r < 0 ? fail(s, r, "the backup's database") : TOOL_OK;
}

/*
 * The old server's keeper, or a copy of it: its certificate, the key to
 * people's secrets, its last word.
 */
static int
take_keys(struct restore *s)
{
	static const char *const names[] = {
	    "tls.key", "tls.crt", PEOPLE_KEY_FILE};
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	bool copied;
	int r = copy_folder(s->to, "keeper", &to);

	if (r < 0)
		return fail(s, r, s->part);
	if (s->options->keys == NULL)
		return TOOL_OK;
	if ((r = file_open(
		 AT_FDCWD, s->keys, O_RDONLY | O_DIRECTORY, 0, &from)) < 0)
		return fail(s, r, s->keys);
	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		r = copy_file(from, to, names[i], false, &copied);
		s->has_people_key |=
		    r == 0 && strcmp(names[i], PEOPLE_KEY_FILE) == 0;
		r = r == E_NOT_FOUND ? 0 : r;
	}
	if (r == 0)
		r = log_key_read_signed(from, &s->last);
	return r < 0 && r != E_NOT_FOUND ? fail(s, r, s->keys) : TOOL_OK;
}

/*
 * The log of the epoch that ends here, and what it tells: from the backup, and
 * from the mirror where that has more. The longer one is kept.
 */
static int
take_logs(struct restore *s)
{
	AUTO_CLOSE int backup = -1;
	AUTO_CLOSE int mirror = -1;
	AUTO_CLOSE int kept = -1;
	uint64_t size = 0, mirrored = 0, copied;
	char name[48];
	int status, r;

	if ((r = file_open(
		 s->from, "core/log", O_RDONLY | O_DIRECTORY, 0, &backup)) < 0)
		return fail(s, r, "the backup's log");
	if ((status = take_log(s, backup, "the backup's log", &size)) !=
	    TOOL_OK)
		return status;
	if (s->options->mirror != NULL) {
		if ((r = file_open(AT_FDCWD, s->mirror, O_RDONLY | O_DIRECTORY,
			 0, &mirror)) < 0)
			return fail(s, r, s->mirror);
		if ((status = take_log(s, mirror, s->mirror, &mirrored)) !=
		    TOOL_OK)
			return status;
	}
	(void)snprintf(name, sizeof(name), "log-%" PRIu64, s->was.epoch.base);
	if ((r = copy_folder(s->core, name, &kept)) < 0 ||
	    (r = copy_files(backup, kept)) < 0 ||
	    (r = copy_log(mirrored > size ? mirror : backup, kept, &copied)) <
		0)
		return fail(s, r, name);
	return TOOL_OK;
}

static int
copy_earlier_logs(struct restore *s)
{
	struct epoch epoch = {.base = 0};
	int r;

	while ((r = epoch_after(s->db, epoch.base, &epoch)) > 0 &&
	       epoch.base < s->was.epoch.base) {
		AUTO_CLOSE int from = -1;
		AUTO_CLOSE int to = -1;
		char path[64];
		uint64_t size;

		(void)snprintf(
		    path, sizeof(path), "core/log-%" PRIu64, epoch.base);
		r = file_open(s->from, path, O_RDONLY | O_DIRECTORY, 0, &from);
		if (r == E_NOT_FOUND)
			continue;
		if (r < 0 || (r = copy_folder(s->to, path, &to)) < 0 ||
		    (r = copy_log(from, to, &size)) < 0)
			return fail(s, r, path);
	}
	return r < 0 ? fail(s, r, HEAD_DATABASE) : TOOL_OK;
}

/* Each is proven on its way. */
static int
take_blob(struct restore *s, int from, int to, struct stmt *stmt)
{
	char place[64], folder[3];
	struct slice name = stmt_col_bytes(stmt, 4);
	bool copied;
	int r;

	if (stmt_col_u64(stmt, 1) != 0)
		return 0;
	r = blobs_verify(from, name, stmt_col_u64(stmt, 2),
	    stmt_col_bytes(stmt, 3), stmt_col_bytes(stmt, 5));
	if (r < 0 || !blobs_place(name, place)) {
		progress_hide(&s->tool->progress);
		(void)fprintf(stderr,
		    "chancery-state: restore: blob %.*s of the backup is %s\n",
		    SLICE_ARG(name), r == E_NOT_FOUND ? "missing" : "damaged");
		return r < 0 ? r : E_DAMAGED;
	}
	(void)snprintf(folder, sizeof(folder), "%.2s", place);
	if ((r = file_mkdir(to, folder, 0700)) < 0)
		return r;
	return copy_file(from, to, place, true, &copied);
}

static int
take_blobs(struct restore *s)
{
	struct stmt *stmt = db_stmt(s->db, SQL_ALL_BLOBS);
	struct progress *progress = &s->tool->progress;
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	int e = 0, r;

	if ((r = file_open(
		 s->from, "blobs", O_RDONLY | O_DIRECTORY, 0, &from)) < 0 ||
	    (r = copy_folder(s->to, "blobs", &to)) < 0)
		return fail(s, r, "blobs");
	progress->what = "blobs";
	progress->done = 0;
	while (e == 0 && (r = stmt_step(stmt)) > 0) {
		e = take_blob(s, from, to, stmt);
		progress->done++;
		progress_draw(progress, false);
	}
	stmt_done(stmt);
	r = e < 0 ? e : r;
	return r < 0 ? fail(s, r, "blobs") : TOOL_OK;
}

/* ---- the new epoch
 * ---------------------------------------------------------------------------
 */

/* The head with what is known now, so that time goes on from there. */
static int
begin_epoch(struct restore *s)
{
	struct epochs_now now = s->was;
	uint64_t ever = s->known, fence;
	struct buf text = BUF(NOTE_VKEY_MAX);
	AUTO_CLOSE int keeper = -1;
	struct note_key key;
	int r;

	if (s->last.size > 0 && strcmp(s->last.origin, now.epoch.origin) == 0)
		ever = MAX(ever, now.epoch.base + s->last.size - 1);
	now.last = s->known;
	now.root = tree_root(&s->head.tree);
	epochs_new_origin(now.epoch.origin, s->origin);
	if ((r = head_take_fence(s->db, &fence)) < 0 ||
	    (r = head_put(s->db, &s->head, fence)) < 0 ||
	    (r = epochs_begin(
		 s->db, &now, s->was.last, ever, &s->last, s->origin)) < 0 ||
	    (r = file_open(
		 s->to, "keeper", O_RDONLY | O_DIRECTORY, 0, &keeper)) < 0 ||
	    (r = log_key_replace(keeper, s->origin, &key)) < 0)
		return fail(s, r, s->part);
	note_key_put(&key, &text);
	r = text.error != 0 ? text.error
	                    : meta_put(s->db, "log_key", buf_slice(&text));
	buf_free(&text);
	if (r == 0)
		r = db_commit(s->db);
	return r < 0 ? fail(s, r, s->part) : TOOL_OK;
}

static int
count(struct restore *s, enum sql sql, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(s->db, sql);
	int r;

	*ret_n = 0;
	while ((r = stmt_step(stmt)) > 0)
		*ret_n += stmt_col_u64(stmt, 1) == 0;
	return r;
}

/* One file, with nothing of it in a write-ahead log. */
static int
close_database(struct restore *s)
{
	uint64_t left = 0;
	int r;

	if ((r = count(s, SQL_ALL_CREDENTIALS, &s->credentials)) == 0 &&
	    (r = count(s, SQL_ALL_TUPLES, &s->grants)) == 0 &&
	    (r = count(s, SQL_ALL_PRINCIPALS, &s->principals)) == 0 &&
	    (r = db_checkpoint(s->db, true, &left)) == 0 && left > 0)
		r = E_BUSY;
	if (r < 0)
		return fail(s, r, s->part);
	db_close(&s->db);
	(void)unlink(HEAD_DATABASE "-wal");
	(void)unlink(HEAD_DATABASE "-shm");
	return TOOL_OK;
}

/* What nobody can know, in plain words. */
static void
report_unknown(struct restore *s)
{
	tool_say(s->tool,
	    "What came after record %" PRIu64 " is NOT KNOWN. If any of these "
	    "was ended, revoked or\nerased after %s, it lives again: %s "
	    "credentials, %s rights, %s\nprincipals, and purged files. Go "
	    "through them before people come back.",
	    s->known,
	    format_time(s->known_time != 0 ? s->known_time : s->manifest.time)
		.text,
	    format_count(s->credentials).text, format_count(s->grants).text,
	    format_count(s->principals).text);
	if (s->last.size > s->head.tree.size)
		tool_say(s->tool,
		    "The keeper had signed %" PRIu64 " records more than are "
		    "known here.",
		    s->last.size - s->head.tree.size);
}

static void
report(struct restore *s)
{
	tool_say(s->tool,
	    "%s stands at record %" PRIu64 " of %s; a new epoch of the log, "
	    "%s, begins at its first start.",
	    s->tool->state, s->was.last, format_time(s->manifest.time).text,
	    s->origin);
	if (s->known > s->was.last)
		tool_say(s->tool,
		    "The log tells of %" PRIu64 " later records, up to %" PRIu64
		    ": %s ends and %s erasures among them\nwere done again; "
		    "what else they did is lost.",
		    s->known - s->was.last, s->known,
		    format_count(s->ended).text, format_count(s->erased).text);
	report_unknown(s);
	if (!s->has_people_key)
		tool_say(s->tool,
		    "The key to people's secrets (keeper/" PEOPLE_KEY_FILE
		    ") is not here: passwords and TOTP must be\nset anew, by "
		    "recovery or an administrator. Passkeys, app passwords and "
		    "tokens work on.");
}

/* The folder gets its name when all of it stands on the disk. */
static int
finish(struct restore *s)
{
	static const enum role roles[] = {ROLE_CORE, ROLE_KEEPER, ROLE_BLOBS};
	bool copied;
	int status, r;

	(void)copy_file(s->from, s->to, "chancery.conf", false, &copied);
	status = tool_note(s->tool,
	    "from a backup of record %" PRIu64 ", known up to %" PRIu64
	    "; ends done again %" PRIu64 ", erasures %" PRIu64 "%s",
	    s->was.last, s->known, s->ended, s->erased,
	    s->options->mirror != NULL ? "" : "; without a mirror");
	if (status != TOOL_OK)
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if ((r = copy_give(
			 s->to, role_name(roles[i]), role_uid(roles[i]))) < 0)
			return fail(s, r, s->part);
	if ((r = copy_sync(s->to)) < 0)
		return fail(s, r, s->part);
	if (rename(s->part, s->tool->state) < 0)
		return fail(s, error_from_errno(errno), s->tool->state);
	return TOOL_OK;
}

static int
build(struct restore *s)
{
	int status;

	if ((status = copy_database(s)) != TOOL_OK ||
	    (status = open_database(s)) != TOOL_OK ||
	    (status = take_keys(s)) != TOOL_OK ||
	    (status = take_logs(s)) != TOOL_OK ||
	    (status = copy_earlier_logs(s)) != TOOL_OK ||
	    (status = take_blobs(s)) != TOOL_OK)
		return status;
	status = begin_epoch(s);
	return status == TOOL_OK ? close_database(s) : status;
}

static int
run(struct tool *tool, const void *options, char **operands)
{
	AUTO_FREE struct restore *s = mem_alloc(sizeof(*s));
	int status;

	if (s == NULL)
		return tool_fail_code(tool, E_NOMEM, operands[0]);
	s->tool = tool;
	s->options = options;
	s->from = s->to = s->core = -1;
	status = open_backup(s, operands[0]);
	if (status == TOOL_OK && s->options->mirror != NULL)
		status = tool_path(tool, s->options->mirror, s->mirror);
	if (status == TOOL_OK && s->options->keys != NULL)
		status = tool_path(tool, s->options->keys, s->keys);
	if (status == TOOL_OK)
		status = verify_backup(s);
	if (status == TOOL_OK)
		status = open_target(s);
	if (status == TOOL_OK)
		status = build(s);
	if (status == TOOL_OK)
		status = finish(s);
	progress_hide(&tool->progress);
	if (status == TOOL_OK)
		report(s);
	else if (s->to >= 0)
		tool_say(tool, "What was built so far stands in %s.", s->part);
	db_close(&s->db);
	fd_close(&s->core);
	fd_close(&s->to);
	fd_close(&s->from);
	return status;
}

static const struct arg args[] = {
    {"mirror", 0, ARG_TEXT, "FOLDER",
	"a mirror of the log (chancery log mirror): what it tells of ends and "
	"erasures after the backup is done again",
	offsetof(struct options, mirror)},
    {"keys", 0, ARG_TEXT, "FOLDER",
	"the old keeper's folder, or the one of backup --keys: its certificate "
	"and the key to people's secrets are taken on, and what it signed last",
	offsetof(struct options, keys)},
};

const struct tool_command command_restore = {
    .name = "restore",
    .operands = "BACKUP --state NEW",
    .summary = "make a new state folder from a backup",
    .text =
	"NEW is a folder that isn't there yet. Everything is proven on its "
	"way: "
	"the\n"
	"database by the manifest, the log by its key, each file by its "
	"digest. "
	"The\n"
	"server's log goes on as a new epoch, under a new origin and key: its "
	"first\n"
	"record names what came before, and numbers go on far above all that "
	"was ever\n"
	"known. Give --mirror if there is one: without it nobody knows what "
	"was "
	"revoked\n"
	"or erased after the backup, and that lives again. Without --keys "
	"passwords and\n"
	"TOTP must be set anew.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .n = 1,
    .run = run,
};
