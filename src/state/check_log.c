/*
 * check: the leaves of the database against the log folder, epoch by epoch. For
 * each entry there are three witnesses: the database's leaf, the bundle's entry
 * and the hash in the tile. Where they differ, the one that the other two speak
 * against is named; the tree goes on with what those two say.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/check_leaf.h"
#include "core/core.h"
#include "keeper/log_key.h"
#include "ledger/folder_private.h"
#include "state/check.h"
#include "store/meta.h"

enum { TRIES = 5 };

/* ---- the checkpoints
 * ------------------------------------------------------------- */

static void
open_checkpoint(struct check *check, struct check_epoch *e)
{
	struct buf note = BUF(NOTE_MAX);
	struct checkpoint c;
	struct note_key key;
	int r = file_read(e->dir, FOLDER_CHECKPOINT, &note);

	/* An epoch that has just begun, or one whose end came at once. */
	if (r == E_NOT_FOUND) {
		buf_free(&note);
		return;
	}
	if (r == 0 && (r = folder_read_key(e->dir, &key)) < 0)
		check_problem(check, "log: core/%s/" FOLDER_VKEY ": %s",
		    e->folder, error_text(r));
	if (r == 0 && strcmp(key.name, e->epoch.origin) != 0)
		check_problem(check,
		    "log: core/%s/" FOLDER_VKEY " is another log's key",
		    e->folder);
	if (r == 0 && (r = checkpoint_open(buf_slice(&note), &key, 1, &c)) < 0)
		check_problem(check,
		    "log: core/%s/" FOLDER_CHECKPOINT
		    " is not signed by the log's key (%s)",
		    e->folder, error_text(r));
	if (r == 0) {
		e->checkpoint.size = c.size;
		e->root = c.root;
	}
	buf_free(&note);
}

int
check_checkpoints(struct check *check)
{
	for (size_t i = 0; i < check->n_epochs; i++)
		if (check->epochs[i].dir >= 0)
			open_checkpoint(check, &check->epochs[i]);
	return 0;
}

/* ---- one bundle
 * ------------------------------------------------------------------ */

struct walk {
	struct check *check;
	const struct check_epoch *epoch;
	struct stmt *leaves; /* of all epochs, under way */
	bool has_row;        /* it stands on a row */

	struct edge edge; /* what was found so far */
	struct leaf_check order;
	struct keeper_word {
		uint64_t size;
		struct digest root;
	} keeper; /* of the present epoch; size 0: not known */

	/* Of the bundle under way. */
	uint64_t index;
	unsigned width;  /* entries that there must be */
	unsigned stored; /* ... and that the folder must have */
	bool has_bundle, has_tile;
	struct buf rows;      /* as a bundle; empty where one is missing */
	bool row[TILE_WIDTH]; /* it is in the database */
	struct slice row_bytes[TILE_WIDTH];
	struct buf bundle;
	struct digest tile[TILE_WIDTH];
};

static void
tile_problem(struct walk *w, const struct tile_path *path, const char *text)
{
	char name[TILE_PATH_MAX];

	tile_path_text(path, name);
	check_problem(
	    w->check, "log: core/%s/%s: %s", w->epoch->folder, name, text);
}

/* The rows of this bundle's numbers; those that are missing are left out. */
static int
take_rows(struct walk *w)
{
	uint64_t first = w->epoch->epoch.base + w->index * TILE_WIDTH;
	size_t at[TILE_WIDTH] = {0}, n[TILE_WIDTH] = {0};
	int r = 0;

	buf_clear(&w->rows);
	memset(w->row, 0, sizeof(w->row));
	while (r >= 0) {
		uint64_t number;
		struct slice body;

		if (!w->has_row) {
			r = stmt_step(w->leaves);
			if (r <= 0)
				break;
			w->has_row = true;
		}
		number = stmt_col_u64(w->leaves, 0);
		if (number >= first + w->width)
			break;
		w->has_row = false;
		w->check->leaves++;
		if (number < first) {
			check_problem(w->check,
			    "database: record %" PRIu64
			    " has a number that no epoch has",
			    number);
			continue;
		}
		body = stmt_col_bytes(w->leaves, 1);
		at[number - first] = w->rows.n;
		n[number - first] = body.n;
		w->row[number - first] = true;
		buf_put_slice(&w->rows, body);
	}
	for (unsigned i = 0; i < w->width; i++)
		if (w->row[i])
			w->row_bytes[i] = slice_first(
			    slice_from(buf_slice(&w->rows), at[i]), n[i]);
	return r < 0 ? r : w->rows.error;
}

static int
take_file(struct walk *w, const struct tile_path *path, int r, bool *ret_has)
{
	*ret_has = r == 0;
	if (r == E_NOT_FOUND) {
		/* The server's next checkpoint takes its partials away. */
		if (path->width == TILE_WIDTH || !w->check->tool->running)
			tile_problem(w, path, "the file is missing");
	} else if (r == E_CORRUPT) {
		tile_problem(w, path,
		    "the file is damaged: its size or shape "
		    "is wrong");
	} else if (r < 0) {
		return r;
	}
	return 0;
}

static int
take_files(struct walk *w)
{
	struct tile_path entries = entries_path(w->index, w->stored);
	struct tile_path hashes = hashes_path(0, w->index, w->stored);
	int dir = w->epoch->dir, r;

	w->has_bundle = w->has_tile = false;
	if (w->stored == 0 || dir < 0)
		return 0;
	r = take_file(w, &entries,
	    folder_read_bundle(dir, &entries, &w->bundle), &w->has_bundle);
	return r < 0
	           ? r
	           : take_file(w, &hashes,
			 folder_read_tile(dir, &hashes, w->tile), &w->has_tile);
}

static void
entry_problem(struct walk *w, unsigned i, const char *text)
{
	struct tile_path path = entries_path(w->index, w->stored);
	char name[TILE_PATH_MAX];

	tile_path_text(&path, name);
	check_problem(w->check,
	    "log: core/%s/%s: the entry of record %" PRIu64 " %s",
	    w->epoch->folder, name,
	    w->epoch->epoch.base + w->index * TILE_WIDTH + i, text);
}

static void
hash_problem(struct walk *w, unsigned i)
{
	struct tile_path path = hashes_path(0, w->index, w->stored);
	char name[TILE_PATH_MAX];

	tile_path_text(&path, name);
	check_problem(w->check,
	    "log: core/%s/%s: the hash of record %" PRIu64 " is not its leaf's",
	    w->epoch->folder, name,
	    w->epoch->epoch.base + w->index * TILE_WIDTH + i);
}

static void
row_problem(struct walk *w, unsigned i, const char *text)
{
	check_problem(w->check, "database: record %" PRIu64 " %s",
	    w->epoch->epoch.base + w->index * TILE_WIDTH + i, text);
}

/*
 * One entry by its witnesses: its hash, and the bytes to go on with, .p NULL
 * where nobody has them.
 */
static struct slice
judge(struct walk *w, unsigned i, bool has_entry, struct slice entry,
    struct digest *ret_hash)
{
	bool has_row = w->row[i], has_hash = w->has_tile && i < w->stored;
	struct digest row = {.b = {0}}, bundle = {.b = {0}}, tile = {.b = {0}};
	bool row_is_bundle, row_is_tile, bundle_is_tile;

	if (has_row)
		row = tree_leaf_hash(w->row_bytes[i]);
	if (has_entry)
		bundle = tree_leaf_hash(entry);
	if (has_hash)
		tile = w->tile[i];
	row_is_bundle = has_row && has_entry && digest_eq(&row, &bundle);
	row_is_tile = has_row && has_hash && digest_eq(&row, &tile);
	bundle_is_tile = has_entry && has_hash && digest_eq(&bundle, &tile);
	if (!has_row)
		row_problem(w, i, "is missing");
	else if (bundle_is_tile && !row_is_bundle)
		row_problem(w, i, "is damaged: the log holds another leaf");
	else if (has_entry && !row_is_bundle && row_is_tile)
		entry_problem(w, i, "is damaged");
	else if (has_entry && !row_is_bundle)
		entry_problem(w, i, "is not the leaf of the database");
	if (has_hash && !row_is_tile && !bundle_is_tile &&
	    (has_row || has_entry))
		hash_problem(w, i);
	if (has_row && (!bundle_is_tile || row_is_bundle))
		*ret_hash = row;
	else if (bundle_is_tile || !has_hash)
		*ret_hash = bundle;
	else
		*ret_hash = tile;
	if (has_row && (!bundle_is_tile || row_is_bundle))
		return w->row_bytes[i];
	return has_entry ? entry : SLICE_NONE;
}

/* ---- the tree
 * -------------------------------------------------------------------- */

/* A tile that is full now, above the leaves: those were judged one by one. */
static int
check_full(void *arg, unsigned level, uint64_t index, const struct digest *hash)
{
	struct walk *w = arg;
	struct tile_path path = hashes_path(level, index, TILE_WIDTH);
	struct digest stored[TILE_WIDTH];
	bool has;
	int r;

	if (level == 0 || w->epoch->dir < 0 ||
	    tile_width(level, index, w->epoch->checkpoint.size) != TILE_WIDTH)
		return 0;
	r = take_file(
	    w, &path, folder_read_tile(w->epoch->dir, &path, stored), &has);
	if (r == 0 && has && memcmp(stored, hash, TILE_BYTES) != 0)
		tile_problem(w, &path, "a hash is not that of the tile below");
	return r;
}

/* The partial tiles above the leaves at the checkpoint's size. */
static int
check_partials(struct walk *w)
{
	uint64_t size = w->epoch->checkpoint.size;

	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		struct digest stored[TILE_WIDTH];
		struct tile_path path;
		bool has;
		int r;

		if (w->epoch->dir < 0 ||
		    folder_partial(size, level, &path) == 0)
			continue;
		r = take_file(w, &path,
		    folder_read_tile(w->epoch->dir, &path, stored), &has);
		if (r < 0)
			return r;
		if (has && memcmp(stored, w->edge.hash[level],
			       path.width * sizeof(stored[0])) != 0)
			tile_problem(
			    w, &path, "a hash is not that of the tile below");
	}
	return 0;
}

/* What was signed at this size must be the tree's root here. */
static int
check_roots(struct walk *w)
{
	struct digest root;

	if (w->edge.size == w->keeper.size) {
		root = edge_root(&w->edge);
		if (!digest_eq(&root, &w->keeper.root))
			check_problem(w->check,
			    "log: core/%s does not continue what the keeper "
			    "signed last, at size %" PRIu64,
			    w->epoch->folder, w->edge.size);
	}
	if (w->edge.size != w->epoch->checkpoint.size)
		return 0;
	root = edge_root(&w->edge);
	if (!digest_eq(&root, &w->epoch->root))
		check_problem(w->check,
		    "log: core/%s/" FOLDER_CHECKPOINT
		    ": the signed root is not that of the records",
		    w->epoch->folder);
	return check_partials(w);
}

static int
add_entry(struct walk *w, unsigned i, bool has_entry, struct slice entry)
{
	uint64_t index = w->edge.size;
	struct digest hash;
	struct slice bytes = judge(w, i, has_entry, entry, &hash);
	int r;

	if ((r = edge_add(&w->edge, &hash, check_full, w)) < 0 ||
	    (r = check_roots(w)) < 0 || bytes.p == NULL)
		return r;
	r = leaf_check_next(&w->order, index, bytes);
	if (r == E_CORRUPT) {
		check_problem(w->check, "log: record %" PRIu64 ": %s",
		    w->epoch->epoch.base + index, w->order.why);
		w->order.base = w->epoch->epoch.base;
		return 0;
	}
	return r < 0 ? r : check_effect(w->check, bytes);
}

static int
check_bundle(struct walk *w)
{
	struct slice rest = SLICE_NONE, entry;
	int r;

	if ((r = take_rows(w)) < 0 || (r = take_files(w)) < 0)
		return r;
	if (w->has_bundle)
		rest = buf_slice(&w->bundle);
	for (unsigned i = 0; i < w->width && r >= 0; i++) {
		bool has = entry_bundle_next(&rest, &entry) > 0;

		r = add_entry(w, i, has, entry);
	}
	return r < 0 ? r : 0;
}

/* ---- one epoch
 * ------------------------------------------------------------------- */

static void
begin_epoch(struct walk *w, const struct check_epoch *e)
{
	arena_free(&w->order.arena);
	w->order = (struct leaf_check){.base = e->epoch.base};
	memset(&w->edge, 0, sizeof(w->edge));
	w->epoch = e;
	w->keeper.size = 0;
}

/* Which the tree must be, by what was kept of it. */
static int
check_end(struct walk *w, bool present)
{
	struct digest expect = w->epoch[1].epoch.root, root;
	struct head head;
	int r;

	root = edge_root(&w->edge);
	if (present) {
		if ((r = head_get(w->check->db, &head)) < 0)
			return r;
		expect = tree_root(&head.tree);
		if (head.tree.size != w->edge.size)
			check_problem(w->check,
			    "database: the tree that it keeps is of %" PRIu64
			    " records, and %" PRIu64 " stand there",
			    head.tree.size, w->edge.size);
	}
	if (!digest_eq(&root, &expect))
		check_problem(w->check,
		    "database: the root that it keeps of core/%s is not that "
		    "of its records",
		    w->epoch->folder);
	if (w->epoch->checkpoint.size > w->edge.size)
		check_problem(w->check,
		    "log: core/%s/" FOLDER_CHECKPOINT " signs %" PRIu64
		    " records, and the database has %" PRIu64,
		    w->epoch->folder, w->epoch->checkpoint.size, w->edge.size);
	if (w->keeper.size > w->edge.size)
		check_problem(w->check,
		    "log: the keeper has signed %" PRIu64
		    " records, and the database has %" PRIu64
		    ": an older copy was put back",
		    w->keeper.size, w->edge.size);
	return 0;
}

static int
check_epoch(struct walk *w, bool present)
{
	const struct check_epoch *e = w->epoch;
	uint64_t size =
	    e->last >= e->epoch.base ? e->last + 1 - e->epoch.base : 0;
	struct progress *progress = &w->check->tool->progress;
	int r = 0;

	/* One that has not begun has none yet. */
	if (e->dir < 0 && size > 0)
		check_problem(
		    w->check, "log: the folder core/%s is missing", e->folder);

	for (w->index = 0; w->index * TILE_WIDTH < size && r == 0; w->index++) {
		w->width = (unsigned)MIN(
		    size - w->index * TILE_WIDTH, (uint64_t)TILE_WIDTH);
		w->stored =
		    MIN(tile_width(0, w->index, e->checkpoint.size), w->width);
		r = check_bundle(w);
		progress->done = w->check->leaves;
		progress_draw(progress, false);
	}
	return r < 0 ? r : check_end(w, present);
}

/* The keeper's own file; a server that runs may have replaced it since. */
static void
take_keeper(struct walk *w)
{
	struct log_key_signed last;
	AUTO_CLOSE int dir = -1;

	if (file_open(w->check->tool->state_fd, "keeper",
		O_RDONLY | O_DIRECTORY, 0, &dir) < 0 ||
	    log_key_read_signed(dir, &last) < 0)
		return;
	if (strcmp(last.origin, w->epoch->epoch.origin) != 0)
		check_problem(w->check,
		    "log: the keeper signs %s, and the database is that of %s",
		    last.origin, w->epoch->epoch.origin);
	else if (!w->check->tool->running ||
		 last.size <= w->epoch->last + 1 - w->epoch->epoch.base)
		w->keeper = (struct keeper_word){last.size, last.root};
}

int
check_log(struct check *check)
{
	AUTO_FREE struct walk *w = mem_alloc(sizeof(*w));
	int r = 0;

	if (w == NULL)
		return E_NOMEM;
	w->check = check;
	w->rows = BUF(ENTRY_BUNDLE_MAX);
	w->bundle = BUF(ENTRY_BUNDLE_MAX);
	w->leaves = db_stmt(check->db, SQL_LEAF_AFTER);
	stmt_u64(w->leaves, 1, 0);
	stmt_u64(w->leaves, 2, INT64_MAX);
	check->tool->progress.what = "records";
	check->tool->progress.total = 0;
	for (size_t i = 0; i < check->n_epochs && r == 0; i++) {
		bool present = i + 1 == check->n_epochs;

		begin_epoch(w, &check->epochs[i]);
		if (present)
			take_keeper(w);
		r = check_epoch(w, present);
	}
	stmt_done(w->leaves);
	arena_free(&w->order.arena);
	buf_free(&w->rows);
	buf_free(&w->bundle);
	return r;
}
