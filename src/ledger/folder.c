#include "ledger/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/file.h"
#include "base/mem.h"
#include "ledger/folder_private.h"

/* Two writers would each believe that the folder ends where it ends itself. */
static int
lock(struct folder *folder)
{
	if (folder->options.read_only)
		return 0;
	if (flock(folder->dir, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? E_BUSY : error_from_errno(errno);
}

int
folder_open(int dir, const struct folder_options *options,
    struct folder **ret_folder, struct folder_problem *reterr_problem)
{
	struct folder *folder = mem_alloc(sizeof(*folder));
	int r;

	BUG_ON(options->read_only && options->rebuild);
	if (folder == NULL)
		return E_NOMEM;
	folder->dir = -1;
	folder->options = *options;
	folder->note = BUF(NOTE_MAX);
	folder->bundle = BUF(ENTRY_BUNDLE_MAX);
	folder->cached_bundle = BUF(ENTRY_BUNDLE_MAX);
	/* A lock is of an opening: the caller's descriptor is not to hold it.
	 */
	if ((r = file_open(dir, ".", O_RDONLY | O_DIRECTORY, 0, &folder->dir)) <
		0 ||
	    (r = lock(folder)) < 0 ||
	    (r = folder_recover(folder, reterr_problem)) < 0 ||
	    (!options->read_only && (r = folder_sweep(folder)) < 0)) {
		folder_free(&folder);
		return r;
	}
	*ret_folder = folder;
	return 0;
}

void
folder_free(struct folder **folder)
{
	if (*folder == NULL)
		return;
	fd_close(&(*folder)->dir);
	buf_free(&(*folder)->note);
	buf_free(&(*folder)->bundle);
	buf_free(&(*folder)->cached_bundle);
	mem_free(*folder);
	*folder = NULL;
}

uint64_t
folder_size(const struct folder *folder)
{
	return folder->edge.size;
}

void
folder_tree(const struct folder *folder, struct tree *ret_tree)
{
	edge_tree(&folder->edge, ret_tree);
}

struct slice
folder_checkpoint(const struct folder *folder, uint64_t *ret_size)
{
	*ret_size = folder->stored.size;
	return buf_slice(&folder->note);
}

/* Writes what an entry filled: the bundle before the tile that vouches for it.
 */
static int
write_full(void *arg, unsigned level, uint64_t index, const struct digest *hash)
{
	struct tile_path path = entries_path(index, TILE_WIDTH);
	struct folder *folder = arg;
	int r;

	if (level == 0) {
		r = folder_write(folder, &path, buf_slice(&folder->bundle));
		if (r < 0)
			return r;
	}
	path = hashes_path(level, index, TILE_WIDTH);
	return folder_write(folder, &path, slice_of(hash, TILE_BYTES));
}

int
folder_append(struct folder *folder, struct slice entry)
{
	struct digest leaf = tree_leaf_hash(entry);
	size_t before = folder->bundle.n;
	int r;

	BUG_ON(folder->options.read_only);
	if ((r = entry_bundle_put(&folder->bundle, entry)) == 0)
		r = edge_add(&folder->edge, &leaf, write_full, folder);
	if (r < 0) {
		folder->bundle.n = before;
		folder->bundle.error = 0;
		return r;
	}
	if (tile_partial(0, folder->edge.size) == 0)
		buf_clear(&folder->bundle);
	return 0;
}

/* Whether a partial that a tree of size needs is in place already. */
static bool
partial_is_stored(
    const struct folder *folder, unsigned stream, const struct tile_path *path)
{
	struct tile_path stored;

	return folder->partials_whole &&
	       folder_partial(folder->stored.size, stream, &stored) > 0 &&
	       stored.index == path->index && stored.width == path->width;
}

/* Writes the partials of a size, where no full file stands for them by now. */
static int
write_partials(struct folder *folder, uint64_t size)
{
	struct tile_path path;
	struct slice content;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < FOLDER_STREAMS; i++) {
		if (folder_partial(size, i, &path) == 0 ||
		    path.index < tile_full(path.level, folder->edge.size) ||
		    partial_is_stored(folder, i, &path))
			continue;
		if (path.kind == TILE_KIND_HASHES)
			content = slice_of(folder->edge.hash[path.level],
			    (size_t)path.width * SHA256_BYTES);
		else
			BUG_ON(entry_bundle_head(buf_slice(&folder->bundle),
				   path.width, &content) < 0);
		r = folder_write(folder, &path, content);
	}
	return r;
}

/* Removes the partials of an older size that the stored checkpoint's is not. */
static void
remove_partials(struct folder *folder, uint64_t older)
{
	struct tile_path path;

	for (unsigned i = 0; i < FOLDER_STREAMS; i++)
		if (folder_partial(older, i, &path) > 0 &&
		    !partial_is_stored(folder, i, &path))
			folder_remove_partial(folder, &path);
}

/* That a checkpoint continues the stored one and is of what is here. */
static int
check_continues(struct folder *folder, const struct checkpoint *checkpoint)
{
	struct tree_reader reader = folder_reader(folder);
	struct digest root;
	int r;

	if (checkpoint->size > folder->edge.size ||
	    (folder->note.n > 0 &&
		(checkpoint->size < folder->stored.size ||
		    !slice_eq(checkpoint->origin, folder->stored.origin))))
		return E_INCONSISTENT;
	if ((r = tree_root_at(&reader, checkpoint->size, &root)) < 0)
		return r;
	return digest_eq(&root, &checkpoint->root) ? 0 : E_INCONSISTENT;
}

/* Keeps a copy of the note, whose slices stored then points into. */
static int
copy_checkpoint(
    struct slice note, struct buf *ret_note, struct checkpoint *ret_checkpoint)
{
	struct note parsed;
	int r;

	buf_put_slice(ret_note, note);
	if (ret_note->error != 0)
		return ret_note->error;
	if ((r = note_parse(buf_slice(ret_note), &parsed)) < 0)
		return r;
	return checkpoint_parse(parsed.text, ret_checkpoint);
}

int
folder_flush(struct folder *folder, struct slice note)
{
	uint64_t older = folder->stored.size;
	struct buf copy = BUF(NOTE_MAX);
	struct checkpoint checkpoint = {.size = 0};
	int r;

	BUG_ON(folder->options.read_only);
	if ((r = copy_checkpoint(note, &copy, &checkpoint)) < 0 ||
	    (r = check_continues(folder, &checkpoint)) < 0 ||
	    (r = write_partials(folder, checkpoint.size)) < 0 ||
	    (r = folder_sync(folder)) < 0 ||
	    (r = folder_write_top(folder, FOLDER_CHECKPOINT, note)) < 0) {
		buf_free(&copy);
		return r;
	}
	buf_free(&folder->note);
	folder->note = copy;
	folder->stored = checkpoint;
	folder->partials_whole = true;
	remove_partials(folder, older);
	return 0;
}

int
folder_put_key(struct folder *folder, const struct note_key *key)
{
	struct buf text = BUF(NOTE_VKEY_MAX), there = BUF(NOTE_VKEY_MAX);
	int r;

	BUG_ON(folder->options.read_only);
	note_key_put(key, &text);
	buf_put_u8(&text, '\n');
	r = text.error;
	if (r == 0)
		r = folder_read_file(folder->dir, FOLDER_VKEY, &there);
	if (r == E_CORRUPT ||
	    (r == 0 && !slice_eq(buf_slice(&text), buf_slice(&there))))
		r = E_EXISTS;
	else if (r == E_NOT_FOUND)
		r = folder_write_top(folder, FOLDER_VKEY, buf_slice(&text));
	buf_free(&text);
	buf_free(&there);
	return r;
}

int
folder_read_key(int dir, struct note_key *ret_key)
{
	struct buf text = BUF(NOTE_VKEY_MAX + 1);
	struct slice rest, line;
	int r = folder_read_file(dir, FOLDER_VKEY, &text);

	rest = buf_slice(&text);
	if (r == 0)
		r = slice_cut(&rest, '\n', &line) && rest.n == 0
		        ? note_key_parse(line, ret_key)
		        : E_SYNTAX;
	buf_free(&text);
	return r;
}

/* A bundle, as far as it goes: from memory, else the one kept, else read. */
static int
find_bundle(struct folder *folder, uint64_t index, struct slice *ret_bundle)
{
	struct tile_path path = entries_path(index, TILE_WIDTH);
	struct buf *cached = &folder->cached_bundle;
	int r;

	if (index == tile_full(0, folder->edge.size)) {
		*ret_bundle = buf_slice(&folder->bundle);
		return 0;
	}
	if (cached->n == 0 || folder->cached_index != index) {
		r = folder_read_bundle(folder->dir, &path, cached);
		if (r < 0) {
			buf_clear(cached);
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		}
		folder->cached_index = index;
	}
	*ret_bundle = buf_slice(cached);
	return 0;
}

/* Where the hashes of a tile are kept: its place, or the longest unused one. */
static struct folder_tile *
find_cached(struct folder *folder, unsigned level, uint64_t index)
{
	struct folder_tile *oldest = &folder->cache[0];

	for (size_t i = 0; i < ARRAY_SIZE(folder->cache); i++) {
		struct folder_tile *tile = &folder->cache[i];

		if (tile->used != 0 && tile->level == level &&
		    tile->index == index)
			return tile;
		if (tile->used < oldest->used)
			oldest = tile;
	}
	oldest->used = 0;
	return oldest;
}

/* A tile's hashes, as far as it goes: from memory, else kept, else read. */
static int
find_tile(struct folder *folder, unsigned level, uint64_t index,
    const struct digest **ret_hash)
{
	struct tile_path path = hashes_path(level, index, TILE_WIDTH);
	struct folder_tile *tile;

	if (index == tile_full(level, folder->edge.size)) {
		*ret_hash = folder->edge.hash[level];
		return 0;
	}
	tile = find_cached(folder, level, index);
	if (tile->used == 0) {
		int r = folder_read_tile(folder->dir, &path, tile->hash);

		if (r < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		tile->level = level;
		tile->index = index;
	}
	tile->used = ++folder->uses;
	*ret_hash = tile->hash;
	return 0;
}

int
folder_entry(struct folder *folder, uint64_t index, struct buf *ret_entry)
{
	struct slice bundle, entry = SLICE_NONE;
	int r;

	if (index >= folder->edge.size)
		return E_RANGE;
	if ((r = find_bundle(folder, index / TILE_WIDTH, &bundle)) < 0)
		return r;
	for (unsigned i = 0; i <= index % TILE_WIDTH; i++)
		BUG_ON(entry_bundle_next(&bundle, &entry) <= 0);
	buf_put_slice(ret_entry, entry);
	return ret_entry->error;
}

int
folder_file(struct folder *folder, const struct tile_path *path,
    struct buf *ret_content)
{
	bool entries = path->kind == TILE_KIND_ENTRIES;
	const struct digest *hash;
	struct slice content;
	int r;

	if (path->width >
	    tile_width(path->level, path->index, folder->edge.size))
		return E_NOT_FOUND;
	if (entries)
		r = find_bundle(folder, path->index, &content);
	else
		r = find_tile(folder, path->level, path->index, &hash);
	if (r < 0)
		return r;
	if (entries)
		BUG_ON(entry_bundle_head(content, path->width, &content) < 0);
	else
		content = slice_of(hash, (size_t)path->width * SHA256_BYTES);
	buf_put_slice(ret_content, content);
	return ret_content->error;
}

int
folder_node(struct folder *folder, unsigned level, uint64_t index,
    struct digest *ret_hash)
{
	unsigned tile = level / TILE_HEIGHT, height = level % TILE_HEIGHT;
	const struct digest *hash;
	uint64_t first;
	int r;

	if (level >= TREE_LEVELS || index >= folder->edge.size >> level)
		return E_RANGE;
	first = index << height; /* in hashes of the tile's level */
	r = find_tile(folder, tile, first / TILE_WIDTH, &hash);
	if (r < 0)
		return r;
	*ret_hash = tile_subtree(hash + first % TILE_WIDTH, height);
	return 0;
}

static int
reader_node(void *arg, unsigned level, uint64_t index, struct digest *ret_hash)
{
	return folder_node(arg, level, index, ret_hash);
}

struct tree_reader
folder_reader(struct folder *folder)
{
	return (struct tree_reader){reader_node, folder};
}
