/*
 * What a log folder is found to hold when it is opened.
 *
 * Up to the stored checkpoint all must be there. The partials at its size give
 * the tree's right edge, and that the signed root: a file that isn't at the
 * edge is checked for its size only (verify.h reads them all). Behind the
 * checkpoint nothing is promised: full bundles count while their tiles match,
 * and the first that doesn't is as if it weren't there. To rebuild is the same
 * from the first entry on.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ledger/folder_private.h"

/* An entry has a length at least. */
enum { BUNDLE_LEAST = 2 * TILE_WIDTH };

/* The stored checkpoint, if there is one. E_CORRUPT where it can't be read. */
static int
read_checkpoint(struct folder *folder)
{
	struct checkpoint stored = {.size = 0};
	struct note note;
	int r = folder_read_file(folder->dir, FOLDER_CHECKPOINT, &folder->note);

	if (r == E_NOT_FOUND)
		return 0;
	if (r == 0 && (r = note_parse(buf_slice(&folder->note), &note)) == 0)
		r = checkpoint_parse(note.text, &stored);
	if (r == 0)
		folder->stored = stored;
	else
		buf_clear(&folder->note);
	return r == E_SYNTAX || r == E_LIMIT ? E_CORRUPT : r;
}

static int
missing_or_damaged(const struct folder *folder, int r,
    const struct tile_path *path, struct folder_problem *problem)
{
	if (r == E_NOT_FOUND)
		return folder_problem(problem, E_CORRUPT, folder->dir, path,
		    "the file is missing");
	if (r == E_CORRUPT)
		return folder_problem(problem, E_CORRUPT, folder->dir, path,
		    "the file has the wrong size");
	return r;
}

/* A file that must be whole is there, as far as its size tells. */
static int
check_size(const struct folder *folder, const struct tile_path *path,
    struct folder_problem *problem)
{
	char name[TILE_PATH_MAX];
	struct stat st;
	bool right;

	tile_path_text(path, name);
	if (fstatat(folder->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return missing_or_damaged(
		    folder, error_from_errno(errno), path, problem);
	right =
	    path->kind == TILE_KIND_HASHES
		? st.st_size == TILE_BYTES
		: st.st_size >= BUNDLE_LEAST && st.st_size <= ENTRY_BUNDLE_MAX;
	if (S_ISREG(st.st_mode) && right)
		return 0;
	return missing_or_damaged(folder, E_CORRUPT, path, problem);
}

static int
check_full_files(struct folder *folder, struct folder_problem *problem)
{
	uint64_t size = folder->stored.size;
	struct tile_path path;
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < tile_full(0, size); i++) {
		path = entries_path(i, TILE_WIDTH);
		r = check_size(folder, &path, problem);
	}
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t full = tile_full(level, size);

		for (uint64_t i = 0; r == 0 && i < full; i++) {
			path = hashes_path(level, i, TILE_WIDTH);
			r = check_size(folder, &path, problem);
		}
	}
	return r;
}

/* The partial tiles of the stored checkpoint, and that they give its root. */
static int
load_edge(struct folder *folder, struct folder_problem *problem)
{
	struct edge *edge = &folder->edge;
	struct tile_path path;
	struct digest root;
	int r;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		if (folder_partial(folder->stored.size, level, &path) == 0)
			continue;
		r = folder_read_tile(folder->dir, &path, edge->hash[level]);
		if (r < 0)
			return missing_or_damaged(folder, r, &path, problem);
	}
	edge->size = folder->stored.size;
	root = edge_root(edge);
	if (digest_eq(&root, &folder->stored.root))
		return 0;
	return folder_problem_top(problem, E_CORRUPT, FOLDER_CHECKPOINT,
	    "the tiles at the tree's edge don't give the signed root");
}

/* How many of a bundle's first n entries have the hashes given. */
static unsigned
count_matching(struct slice bundle, unsigned n, const struct digest *hash)
{
	struct slice entry;
	unsigned i;

	for (i = 0; i < n && entry_bundle_next(&bundle, &entry) > 0; i++) {
		struct digest leaf = tree_leaf_hash(entry);

		if (!digest_eq(&leaf, &hash[i]))
			break;
	}
	return i;
}

/* The partial bundle of the stored checkpoint, checked against the edge. */
static int
load_bundle(struct folder *folder, struct folder_problem *problem)
{
	uint64_t size = folder->stored.size;
	unsigned width = tile_partial(0, size), matching;
	struct tile_path path = entries_path(tile_full(0, size), width);
	int r;

	if (width == 0)
		return 0;
	r = folder_read_bundle(folder->dir, &path, &folder->bundle);
	if (r < 0)
		return missing_or_damaged(folder, r, &path, problem);
	matching = count_matching(
	    buf_slice(&folder->bundle), width, folder->edge.hash[0]);
	if (matching == width)
		return 0;
	r = folder_problem(problem, E_CORRUPT, folder->dir, &path,
	    "an entry doesn't have the hash that the tile holds");
	problem->has_index = true;
	problem->index = size - width + matching;
	return r;
}

/* A full tile above the leaves: what follows from below is written anew. */
static int
mend_tile(void *arg, unsigned level, uint64_t index, const struct digest *hash)
{
	struct tile_path path = hashes_path(level, index, TILE_WIDTH);
	struct folder *folder = arg;
	struct digest stored[TILE_WIDTH];
	int r = level > 0 ? folder_read_tile(folder->dir, &path, stored) : 0;

	if (level == 0 || (r == 0 && memcmp(stored, hash, TILE_BYTES) == 0))
		return 0;
	if (r < 0 && r != E_NOT_FOUND && r != E_CORRUPT)
		return r;
	return folder_write(folder, &path, slice_of(hash, TILE_BYTES));
}

/* Takes in the next full bundle: 1, or 0 where there is none that matches. */
static int
take_bundle(struct folder *folder, struct buf *bundle)
{
	struct edge *edge = &folder->edge;
	unsigned width = tile_partial(0, edge->size);
	uint64_t index = tile_full(0, edge->size);
	struct tile_path entries = entries_path(index, TILE_WIDTH);
	struct tile_path hashes = hashes_path(0, index, TILE_WIDTH);
	struct digest hash[TILE_WIDTH];
	int r;

	if ((r = folder_read_bundle(folder->dir, &entries, bundle)) < 0 ||
	    (r = folder_read_tile(folder->dir, &hashes, hash)) < 0)
		return r == E_NOT_FOUND || r == E_CORRUPT ? 0 : r;
	if (memcmp(hash, edge->hash[0], width * sizeof(hash[0])) != 0 ||
	    count_matching(buf_slice(bundle), TILE_WIDTH, hash) != TILE_WIDTH)
		return 0;
	for (unsigned i = width; i < TILE_WIDTH; i++)
		if ((r = edge_add(edge, &hash[i], mend_tile, folder)) < 0)
			return r;
	buf_clear(&folder->bundle);
	return 1;
}

static int
take_bundles(struct folder *folder)
{
	struct buf bundle = BUF(ENTRY_BUNDLE_MAX);
	int r;

	do
		r = take_bundle(folder, &bundle);
	while (r > 0);
	buf_free(&bundle);
	return r;
}

/* Whether the tree as far as it is known has, or may have, the signed root. */
static bool
may_be_signed(struct folder *folder)
{
	struct tree_reader reader = folder_reader(folder);
	struct digest root;

	if (folder->note.n == 0 || folder->stored.size > folder->edge.size)
		return true;
	return tree_root_at(&reader, folder->stored.size, &root) == 0 &&
	       digest_eq(&root, &folder->stored.root);
}

static int
rebuild(struct folder *folder)
{
	int r = read_checkpoint(folder);

	/* What can't be read is replaced by the next. */
	if (r < 0 && r != E_CORRUPT)
		return r;
	if ((r = take_bundles(folder)) < 0)
		return r;
	if (may_be_signed(folder))
		return 0;
	/* Bundles and tiles agree, yet aren't what was signed: none counts. */
	folder->edge.size = 0;
	for (size_t i = 0; i < ARRAY_SIZE(folder->cache); i++)
		folder->cache[i].used = 0;
	return 0;
}

int
folder_recover(struct folder *folder, struct folder_problem *reterr_problem)
{
	int r;

	if (folder->options.rebuild)
		return rebuild(folder);
	r = read_checkpoint(folder);
	if (r == E_CORRUPT)
		return folder_problem_top(reterr_problem, r, FOLDER_CHECKPOINT,
		    "the checkpoint can't be read");
	if (r == 0 && !folder->options.read_only)
		r = check_full_files(folder, reterr_problem);
	if (r < 0)
		return r;
	if (folder->note.n > 0 &&
	    ((r = load_edge(folder, reterr_problem)) < 0 ||
		(r = load_bundle(folder, reterr_problem)) < 0))
		return r;
	folder->partials_whole = true;
	return folder->options.read_only ? 0 : take_bundles(folder);
}
