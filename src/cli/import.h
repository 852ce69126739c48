/*
 * The parts of `chancery import`: the local tree (import_scan.c), what of it is
 * there already (import_there.c), and the command itself (cmd_import.c).
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "base/mem.h"
#include "cli/store.h"

enum import_state {
	IMPORT_WANTED,
	IMPORT_THERE,   /* the same is on the server */
	IMPORT_SKIPPED, /* neither folder nor regular file */
	IMPORT_DONE,
	IMPORT_FAILED,
};

struct import_entry {
	struct store_item item;      /* item.arg is the entry */
	struct import_entry *folder; /* that it lies in; NULL: DIR itself */
	enum import_state state;
	const char *why; /* of what failed or was skipped */
	unsigned depth;  /* of a folder: 1 for DIR itself */
	bool existed;    /* a folder that was there before */
	bool mapped;     /* the files of it that are there are known */
};

/* A local tree, folders before what is in them. */
struct import_tree {
	struct arena arena;
	int dir;           /* of DIR */
	struct slice root; /* the folder on the server, clean */
	struct import_entry **entries;
	size_t n, cap;
	unsigned depth;        /* of the deepest folder */
	uint64_t files, bytes; /* that are wanted */
	uint64_t folders, skipped;
	bool stopped;
};

/*
 * Walks the tree below tree->dir. What can't be read becomes an entry that has
 * failed. `seen` is told now and then; it returns false to stop. E_NOMEM.
 */
int import_scan(struct import_tree *tree, bool (*seen)(void *arg), void *arg);
void import_tree_free(struct import_tree *tree);

/* Marks an entry as failed, for a reason that is copied. */
void import_fail(
    struct import_tree *tree, struct import_entry *entry, const char *why);

/*
 * Asks for what is in the folders that were there, and compares: a file of the
 * same size and digest (or modification time, where the server tells none) is
 * IMPORT_THERE unless `force`; of one that differs the version is noted, so
 * that it gets a next one. CLI_OK, or it was said why not.
 */
int import_compare(struct cli *cli, struct import_tree *tree, bool force);

#endif
