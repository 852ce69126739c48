#include "ledger/verify.h"

#include "base/mem.h"
#include "ledger/folder_private.h"

/* Bundles between two reports of progress. */
enum { PROGRESS_BUNDLES = 256 };

struct verify {
	int dir;
	const struct verify_options *options;
	struct folder_problem *problem;

	struct buf note; /* what checkpoint points into */
	struct checkpoint checkpoint;
	bool has_since;
	struct checkpoint since;

	struct edge edge; /* recomputed */
	struct buf bundle;
	struct digest stored[TILE_WIDTH]; /* the tile file being compared */
};

static const char *
read_problem_text(int r, enum tile_kind kind)
{
	if (r == E_NOT_FOUND)
		return "the file is missing";
	if (r != E_CORRUPT)
		return "the file can't be read";
	return kind == TILE_KIND_HASHES ? "the tile has the wrong size"
	                                : "the bundle doesn't hold exactly the "
	                                  "entries that it should";
}

static int
read_problem(struct verify *v, int r, const struct tile_path *path)
{
	return folder_problem(
	    v->problem, r, v->dir, path, read_problem_text(r, path->kind));
}

static int
entry_problem(struct verify *v, int code, const struct tile_path *path,
    uint64_t index, const char *text)
{
	(void)folder_problem(v->problem, code, v->dir, path, text);
	v->problem->has_index = true;
	v->problem->index = index;
	return code;
}

static const char *
note_problem_text(int r)
{
	switch (r) {
	case E_NOT_FOUND:
		return "the checkpoint is missing";
	case E_SYNTAX:
	case E_LIMIT:
	case E_CORRUPT:
		return "the checkpoint can't be read";
	case E_DIGEST:
		return "the checkpoint's signature is wrong";
	case E_UNAUTHENTICATED:
		return "the checkpoint is not signed by a given key of its "
		       "log";
	default:
		return "the checkpoint could not be checked";
	}
}

static int
open_checkpoint(struct verify *v)
{
	const struct verify_options *options = v->options;
	int r = folder_read_file(v->dir, FOLDER_CHECKPOINT, &v->note);

	if (r == 0)
		r = checkpoint_open(buf_slice(&v->note), options->keys,
		    options->n_keys, &v->checkpoint);
	if (r < 0)
		return folder_problem_top(
		    v->problem, r, FOLDER_CHECKPOINT, note_problem_text(r));
	return 0;
}

/* The older checkpoint: of the same log, and not of a longer one. */
static int
open_since(struct verify *v)
{
	const struct verify_options *options = v->options;
	int r;

	if (options->since.n == 0)
		return 0;
	r = checkpoint_open(
	    options->since, options->keys, options->n_keys, &v->since);
	if (r < 0)
		return folder_problem_top(
		    v->problem, r, "", note_problem_text(r));
	v->has_since = true;
	if (!slice_eq(v->since.origin, v->checkpoint.origin))
		return folder_problem_top(v->problem, E_INCONSISTENT, "",
		    "the older checkpoint is another log's");
	if (v->since.size > v->checkpoint.size)
		return folder_problem_top(v->problem, E_INCONSISTENT,
		    FOLDER_CHECKPOINT,
		    "the log is shorter than the older checkpoint says");
	return 0;
}

static bool
key_is_given(const struct verify_options *options, const struct note_key *key)
{
	for (size_t i = 0; i < options->n_keys; i++)
		if (memcmp(&options->keys[i], key, sizeof(*key)) == 0)
			return true;
	return false;
}

/* The folder's own copy of the key, where it has one, says nothing else. */
static int
check_vkey(struct verify *v)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	struct slice rest, vkey;
	struct note_key key;
	int r = folder_read_file(v->dir, FOLDER_VKEY, &text);

	rest = buf_slice(&text);
	if (r == 0 && (!slice_cut(&rest, '\n', &vkey) || rest.n > 0))
		r = E_SYNTAX;
	if (r == 0)
		r = note_key_parse(vkey, &key);
	if (r == 0 && !key_is_given(v->options, &key))
		r = E_CORRUPT;
	buf_free(&text);
	if (r == 0 || r == E_NOT_FOUND)
		return 0;
	if (r == E_NOMEM || r == E_IO)
		return folder_problem_top(
		    v->problem, r, FOLDER_VKEY, "the file can't be read");
	return folder_problem_top(v->problem, E_CORRUPT, FOLDER_VKEY,
	    "the key is not one of those given");
}

/*
 * Which of two trees' edges is the signed one? A full tile's root stands in the
 * tile above; a partial one's only in the signed root. stored replaces what was
 * computed, which is not needed any more.
 */
static int
find_truth(struct verify *v, const struct tile_path *tile, bool *ret_stored,
    bool *ret_computed)
{
	struct digest *hash = v->edge.hash[0];
	struct digest stored, computed, truth = v->checkpoint.root;

	if (tile->width == TILE_WIDTH) {
		struct digest above[TILE_WIDTH];
		uint64_t index = tile->index / TILE_WIDTH;
		struct tile_path path = hashes_path(
		    1, index, tile_width(1, index, v->checkpoint.size));
		int r = folder_read_tile(v->dir, &path, above);

		if (r < 0)
			return r;
		truth = above[tile->index % TILE_WIDTH];
		stored = tile_subtree(v->stored, TILE_HEIGHT);
		computed = tile_subtree(hash, TILE_HEIGHT);
	} else {
		computed = edge_root(&v->edge);
		memcpy(hash, v->stored, tile->width * sizeof(*hash));
		stored = edge_root(&v->edge);
	}
	*ret_stored = digest_eq(&stored, &truth);
	*ret_computed = digest_eq(&computed, &truth);
	return 0;
}

/* Entries and their tile differ: says which of the two files is wrong. */
static int
blame(struct verify *v, const struct tile_path *tile)
{
	struct tile_path bundle = entries_path(tile->index, tile->width);
	bool stored = false, computed = false;
	unsigned i = 0;

	while (digest_eq(&v->stored[i], &v->edge.hash[0][i]))
		i++;
	/* Where the tile above can't be read, neither is cleared. */
	(void)find_truth(v, tile, &stored, &computed);
	if (computed)
		return entry_problem(v, E_CORRUPT, tile,
		    tile->index * TILE_WIDTH + i,
		    "a hash in the tile is not its entry's");
	return entry_problem(v, E_CORRUPT, &bundle,
	    tile->index * TILE_WIDTH + i,
	    stored ? "the entry is not the one that was signed"
		   : "the entry and its hash in the tile differ");
}

static int
check_tile(
    struct verify *v, const struct tile_path *path, const struct digest *hash)
{
	int r = folder_read_tile(v->dir, path, v->stored);

	if (r < 0)
		return read_problem(v, r, path);
	if (memcmp(v->stored, hash, path->width * sizeof(*hash)) == 0)
		return 0;
	if (path->level == 0)
		return blame(v, path);
	return folder_problem(v->problem, E_CORRUPT, v->dir, path,
	    "a hash in the tile is not that of the tile below");
}

static int
check_full_tile(
    void *arg, unsigned level, uint64_t index, const struct digest *hash)
{
	struct tile_path path = hashes_path(level, index, TILE_WIDTH);

	return check_tile(arg, &path, hash);
}

static int
check_since(struct verify *v)
{
	struct digest root;

	if (!v->has_since || v->edge.size != v->since.size)
		return 0;
	root = edge_root(&v->edge);
	if (digest_eq(&root, &v->since.root))
		return 0;
	return folder_problem_top(v->problem, E_INCONSISTENT, FOLDER_CHECKPOINT,
	    "the log does not continue the older checkpoint");
}

static int
check_bundle(struct verify *v, const struct tile_path *path)
{
	const struct verify_options *options = v->options;
	struct slice rest, entry;
	int r = folder_read_bundle(v->dir, path, &v->bundle);

	if (r < 0)
		return read_problem(v, r, path);
	rest = buf_slice(&v->bundle);
	while (entry_bundle_next(&rest, &entry) > 0) {
		struct digest leaf = tree_leaf_hash(entry);
		uint64_t index = v->edge.size;

		if (options->entry != NULL &&
		    (r = options->entry(options->arg, index, entry)) < 0)
			return entry_problem(
			    v, r, path, index, "the entry was refused");
		if ((r = edge_add(&v->edge, &leaf, check_full_tile, v)) < 0 ||
		    (r = check_since(v)) < 0)
			return r;
	}
	return 0;
}

static void
report_progress(const struct verify *v)
{
	if (v->options->progress != NULL)
		v->options->progress(
		    v->options->arg, v->edge.size, v->checkpoint.size);
}

static int
check_entries(struct verify *v)
{
	uint64_t size = v->checkpoint.size, full = tile_full(0, size);
	struct tile_path path;
	int r = check_since(v);

	for (uint64_t i = 0; r == 0 && i < full; i++) {
		path = entries_path(i, TILE_WIDTH);
		r = check_bundle(v, &path);
		if (r == 0 && (i + 1) % PROGRESS_BUNDLES == 0)
			report_progress(v);
	}
	if (r == 0 && tile_partial(0, size) > 0) {
		path = entries_path(full, tile_partial(0, size));
		r = check_bundle(v, &path);
	}
	return r;
}

/* The partial tiles and the root: from above, so that blame can rest on it. */
static int
check_edge(struct verify *v)
{
	struct digest root;

	for (unsigned level = TILE_LEVELS; level-- > 0;) {
		struct tile_path path;
		int r;

		if (folder_partial(v->checkpoint.size, level, &path) == 0)
			continue;
		r = check_tile(v, &path, v->edge.hash[level]);
		if (r < 0)
			return r;
	}
	root = edge_root(&v->edge);
	if (digest_eq(&root, &v->checkpoint.root))
		return 0;
	return folder_problem_top(v->problem, E_CORRUPT, FOLDER_CHECKPOINT,
	    "the signed root is not that of the entries");
}

int
verify_folder(int dir, const struct verify_options *options,
    struct verify_result *ret_result, struct folder_problem *reterr_problem)
{
	struct verify *v = mem_alloc(sizeof(*v));
	int r;

	if (v == NULL)
		return folder_problem_top(
		    reterr_problem, E_NOMEM, "", "memory is out");
	v->dir = dir;
	v->options = options;
	v->problem = reterr_problem;
	v->note = BUF(NOTE_MAX);
	v->bundle = BUF(ENTRY_BUNDLE_MAX);
	if ((r = open_checkpoint(v)) == 0 && (r = check_vkey(v)) == 0 &&
	    (r = open_since(v)) == 0 && (r = check_entries(v)) == 0 &&
	    (r = check_edge(v)) == 0) {
		report_progress(v);
		*ret_result = (struct verify_result){v->checkpoint.size,
		    v->checkpoint.root, v->has_since ? v->since.size : 0};
	}
	buf_free(&v->note);
	buf_free(&v->bundle);
	mem_free(v);
	return r;
}
