/*
 * Tiles and entry bundles as C2SP tlog-tiles v0.1.0 lays them out: the paths,
 * the widths at a given size, the bytes of a bundle, and the right edge of a
 * growing tree held as tiles.
 *
 * A tile holds up to 256 hashes of one tile level; tile level n stands eight
 * levels of the tree above tile level n - 1. A bundle holds the entries of a
 * tile of level 0. Paths and bundles may come from strangers: both are parsed
 * strictly, and only what this code would write is accepted.
 */
#ifndef LEDGER_TILE_H
#define LEDGER_TILE_H

#include "ledger/tree.h"

enum {
	TILE_WIDTH = 256, /* hashes or entries in a full one */
	TILE_HEIGHT = 8,  /* levels of the tree in one of tiles */
	TILE_LEVELS = 8,  /* that a tree of TREE_SIZE_MAX has */
	TILE_BYTES = TILE_WIDTH * SHA256_BYTES,
	TILE_LEVEL_MAX = 63, /* that a path may name */
	TILE_PATH_MAX = 64,  /* the longest path and its NUL */

	ENTRY_MAX = 65535, /* bytes: its length is 16 bits */
	ENTRY_BUNDLE_MAX = TILE_WIDTH * (2 + ENTRY_MAX),
};

/* Of a tile that a path names: the tree's largest size has no later one. */
#define TILE_INDEX_MAX (TREE_SIZE_MAX / TILE_WIDTH)

enum tile_kind {
	TILE_KIND_NONE,
	TILE_KIND_HASHES,
	TILE_KIND_ENTRIES, /* a bundle; its level is 0 */
};

struct tile_path {
	enum tile_kind kind;
	unsigned level;
	uint64_t index;
	unsigned width; /* 1 to 255: partial; 256: full */
};

/* "tile/0/x001/x234/067", "tile/entries/273.p/112", NUL-terminated. */
void tile_path_text(
    const struct tile_path *path, char ret_text[static TILE_PATH_MAX]);

/* E_SYNTAX unless text is what tile_path_text writes for some path. */
int tile_path_parse(struct slice text, struct tile_path *ret_path);

/* How many full tiles of a level a tree of size has. Level 0: bundles too. */
uint64_t tile_full(unsigned level, uint64_t size);

/* The width of the partial tile behind them; 0: there is none. */
unsigned tile_partial(unsigned level, uint64_t size);

/* The width of tile index in a tree of size: 256, the partial's, or 0. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/* The root of 2^height hashes that stand side by side; height at most 8. */
struct digest tile_subtree(const struct digest *hash, unsigned height);

/* Appends an entry to a bundle. E_LIMIT over ENTRY_MAX, or the buffer's. */
int entry_bundle_put(struct buf *bundle, struct slice entry);

/*
 * Takes the next entry off the front of *bundle: 1, or 0 at the end. E_SYNTAX
 * where it is cut short.
 */
int entry_bundle_next(struct slice *bundle, struct slice *ret_entry);

/* The bytes of the first n entries. E_SYNTAX where there are fewer. */
int entry_bundle_head(struct slice bundle, unsigned n, struct slice *ret_head);

/*
 * The right edge of a tree: the tile of each level that is not full yet. Zeroed
 * it is that of an empty tree; 64 KiB, so it is kept on the heap. Of tile level
 * n, tile_partial(n, size) hashes count; what stands behind them is left over.
 */
struct edge {
	uint64_t size;
	struct digest hash[TILE_LEVELS][TILE_WIDTH];
};

/*
 * Adds a leaf. Each tile that this fills, lowest level first, is given to full
 * before it leaves the edge; if full fails, so does this, and nothing changed.
 * The size may not pass TREE_SIZE_MAX (a bug).
 */
int edge_add(struct edge *edge, const struct digest *leaf,
    int (*full)(
	void *arg, unsigned level, uint64_t index, const struct digest *hash),
    void *arg);

/* The tree's frontier and root. */
void edge_tree(const struct edge *edge, struct tree *ret_tree);
struct digest edge_root(const struct edge *edge);

#endif
