/*
 * What the parts of the folder share: its state, its files (folder_files.c),
 * and how it is recovered (folder_open.c).
 */
#ifndef LEDGER_FOLDER_PRIVATE_H
#define LEDGER_FOLDER_PRIVATE_H

#include "ledger/folder.h"

enum {
	FOLDER_CACHE_TILES = 16, /* two proofs' worth */
	FOLDER_STREAMS = TILE_LEVELS + 1,
	FOLDER_MODE = 0644, /* a log folder is there to be read */
	FOLDER_DIR_MODE = 0755,
};

/* A file that is written, then renamed; one writer needs but one. */
#define FOLDER_TEMPORARY ".new"

struct folder_tile {
	uint64_t used; /* when, by folder.uses; 0: empty */
	unsigned level;
	uint64_t index;
	struct digest hash[TILE_WIDTH];
};

struct folder {
	int dir; /* our own, and locked */
	struct folder_options options;
	struct buf note;          /* the stored checkpoint; empty: none */
	struct checkpoint stored; /* note, parsed; size 0 where there is none */
	bool partials_whole;      /* those of stored are known to be in place */

	struct buf bundle; /* the entries behind the last full bundle */
	struct edge edge;

	/* Folders that got a name since their last sync, one a stream. */
	char unsynced[FOLDER_STREAMS][TILE_PATH_MAX];
	bool sync_failed;

	struct folder_tile cache[FOLDER_CACHE_TILES];
	uint64_t uses;
	struct buf cached_bundle;
	uint64_t cached_index; /* of cached_bundle, where it isn't empty */
};

/* The folder's path of a tile or bundle. */
static inline struct tile_path
hashes_path(unsigned level, uint64_t index, unsigned width)
{
	return (struct tile_path){TILE_KIND_HASHES, level, index, width};
}

static inline struct tile_path
entries_path(uint64_t index, unsigned width)
{
	return (struct tile_path){TILE_KIND_ENTRIES, 0, index, width};
}

/*
 * Reads a whole file in place of ret_content's content. E_NOT_FOUND; E_CORRUPT
 * where it is larger than the buffer may be; E_NOMEM, E_IO.
 */
int folder_read_file(int dir, const char *name, struct buf *ret_content);

/*
 * Reads a tile: exactly path->width hashes. Where a partial isn't there it is
 * the head of the full one (tlog-tiles, "Partial Tiles"). E_NOT_FOUND;
 * E_CORRUPT where the size is wrong; E_IO.
 */
int folder_read_tile(
    int dir, const struct tile_path *path, struct digest *ret_hash);

/*
 * The same for a bundle: in place of ret_bundle's content, exactly path->width
 * entries, all of them whole.
 */
int folder_read_bundle(
    int dir, const struct tile_path *path, struct buf *ret_bundle);

/* Puts a file in place, with the folders above it. */
int folder_write(
    struct folder *folder, const struct tile_path *path, struct slice content);

/* The same under a name in the folder itself, and durable with sync. */
int
folder_write_top(struct folder *folder, const char *name, struct slice content);

/* Takes a partial away, and its folder where it is empty. */
void folder_remove_partial(struct folder *folder, const struct tile_path *path);

/* The partials that the tree of size has: 1 and the path, or 0, by stream. */
int folder_partial(uint64_t size, unsigned stream, struct tile_path *ret_path);

/* Removes temporary files, and each partial that stored doesn't need. */
int folder_sweep(struct folder *folder);

/* Finds what is there. E_CORRUPT with *reterr_problem. */
int
folder_recover(struct folder *folder, struct folder_problem *reterr_problem);

/*
 * Fills in a problem with a file below dir: where path is a partial that isn't
 * there and the full one is, that is named. Its code, always negative, is
 * returned.
 */
int folder_problem(struct folder_problem *problem, int code, int dir,
    const struct tile_path *path, const char *text);
int folder_problem_top(struct folder_problem *problem, int code,
    const char *name, const char *text);

#endif
