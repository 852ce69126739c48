/*
 * A log folder in C2SP's layout, as the server keeps one of its own log and a
 * mirror of another's:
 *
 *	checkpoint                      the signed note, replaced by rename
 *	log.vkey                        the log's key and a newline
 *	tile/<level>/<index>[.p/<w>]    hashes
 *	tile/entries/<index>[.p/<w>]    bundles
 *
 * The server's own log folder has more beside: "catalogue-<hex>.json", what its
 * leaves are decoded by; and of each rotation of its key "log.vkey-<number>",
 * the key up to that record, and "checkpoint-<size>", the first checkpoint that
 * both keys signed.
 *
 * Invariants. One writer (a lock on the folder). Files are written elsewhere
 * and renamed: a name never stands for a part. Full bundles and tiles are
 * written as they fill, the bundle before its tile, lower levels before higher
 * ones. A checkpoint is stored only when its root is that of the entries here,
 * its size not below that of the stored one, and all that it needs is in place:
 * so the stored checkpoint never goes back, and whoever reads it finds its
 * partials. Between checkpoints a partial bundle is in memory only.
 *
 * A handle is one thread's. Who may write the folder's files is trusted not to
 * do so meanwhile; what stands in them at the start is not trusted further than
 * folder_open says. To prove a whole folder is verify.h's.
 */
#ifndef LEDGER_FOLDER_H
#define LEDGER_FOLDER_H

#include "ledger/note.h"
#include "ledger/tile.h"

#define FOLDER_CHECKPOINT "checkpoint"
#define FOLDER_VKEY "log.vkey"

/* What is wrong with a folder, for people. */
struct folder_problem {
	int code;                 /* E_* */
	char path[TILE_PATH_MAX]; /* the file in the folder */
	bool has_index;
	uint64_t index;   /* of an entry, where has_index */
	const char *text; /* plain words, a constant */
};

struct folder_options {
	/*
	 * Syncs each file, its folder, and then the checkpoint. Without it what
	 * a power cut may take is what can be made again.
	 */
	bool sync;
	/*
	 * Damage is no error: the folder opens at the size up to which bundles
	 * and tiles hold together (all are read), and the caller appends the
	 * rest again, over what is damaged. The stored checkpoint stays.
	 */
	bool rebuild;
	/*
	 * Takes no lock, changes nothing, looks at no full file beforehand,
	 * sees no further than the stored checkpoint: for proofs from a folder
	 * that another process writes. That may replace the checkpoint
	 * meanwhile: E_CORRUPT is worth another try. To append or flush is then
	 * a bug.
	 */
	bool read_only;
};

struct folder;

/*
 * Opens the log folder dir (it may be empty); dir stays the caller's. The size
 * found is that of the stored checkpoint and of the full bundles behind it
 * whose tiles match; partials behind the checkpoint, and temporary files, are
 * removed. Of what the checkpoint covers it is checked that each full file is
 * there and has the right size, and that the partials give the signed root; not
 * its signature, nor the full files' bytes.
 *
 * E_CORRUPT with *reterr_problem (filled in on this error only); E_BUSY where
 * another writer has it; E_NOMEM, E_IO, E_FULL.
 */
int folder_open(int dir, const struct folder_options *options,
    struct folder **ret_folder, struct folder_problem *reterr_problem);
void folder_free(struct folder **folder);

/* How many entries are here, those in memory included. */
uint64_t folder_size(const struct folder *folder);

/* The frontier of that size. */
void folder_tree(const struct folder *folder, struct tree *ret_tree);

/* The stored checkpoint's note, empty where there is none, and its size. */
struct slice folder_checkpoint(const struct folder *folder, uint64_t *ret_size);

/*
 * Appends an entry at folder_size; a bundle that it fills is written. E_LIMIT
 * (over ENTRY_MAX), E_NOMEM, E_IO, E_FULL: then it wasn't appended, and may be
 * again.
 */
int folder_append(struct folder *folder, struct slice entry);

/*
 * Stores a checkpoint: the partials of its size, then (with sync, once all is
 * durable) the note, then the older checkpoint's partials are removed. It may
 * be of a size that was passed since. Whether the signatures are right is the
 * caller's. E_SYNTAX, E_LIMIT where it can't be read; E_INCONSISTENT where its
 * root, origin or size doesn't continue what is here; E_NOMEM, E_IO, E_FULL.
 * After an error the older checkpoint still stands, and a later flush may
 * succeed; but where a sync failed nobody knows what the disk holds, and each
 * later flush fails with E_IO until the folder is opened anew.
 */
int folder_flush(struct folder *folder, struct slice note);

/* Makes what was written so far durable (with sync; else does nothing). */
int folder_sync(struct folder *folder);

/* Writes log.vkey. E_EXISTS where that of another key is there. */
int folder_put_key(struct folder *folder, const struct note_key *key);

/*
 * The key that the log.vkey of a folder names, whoever put it there.
 * E_NOT_FOUND, E_SYNTAX, or as note_key_parse.
 */
int folder_read_key(int dir, struct note_key *ret_key);

/* Appends entry index to ret_entry. E_RANGE, E_CORRUPT, E_NOMEM, E_IO. */
int folder_entry(struct folder *folder, uint64_t index, struct buf *ret_entry);

/*
 * Appends a tile's or bundle's bytes to ret_content, as a server of the log
 * gives them for a path, partials of any width among them. E_NOT_FOUND where
 * the log isn't as long; E_LIMIT, E_CORRUPT, E_NOMEM, E_IO.
 */
int folder_file(struct folder *folder, const struct tile_path *path,
    struct buf *ret_content);

/*
 * A node of the tree (see tree.h), from memory or tiles: E_RANGE where it isn't
 * complete, E_CORRUPT, E_IO. folder_reader is it as tree.h wants it.
 */
int folder_node(struct folder *folder, unsigned level, uint64_t index,
    struct digest *ret_hash);
struct tree_reader folder_reader(struct folder *folder);

#endif
