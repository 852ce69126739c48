/*
 * Stores folders and files on the server, many at a time. Each is repeated by
 * the same Idempotency-Key until its outcome is known: after a lost connection,
 * a restart of the server or its word that it is busy. So nothing is stored
 * twice, and what the server took is never sent as new.
 *
 * A small file goes in one PUT. A larger one goes as an upload, which has no
 * effect by itself, and then a file.create that takes it, which bears the key:
 * its bytes need not be sent again to ask what became of it.
 */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "base/hash.h"
#include "cli/cli.h"
#include "op/id.h"

enum { STORE_JOBS_MAX = 256, STORE_RUN_BYTES = 16 };

enum store_outcome {
	STORE_NONE,
	STORE_MADE,    /* it is new */
	STORE_EXISTED, /* a folder that was there; a file's next version */
	STORE_FAILED,
};

struct store_item {
	bool is_folder;
	struct slice path; /* on the server, clean */

	/* Of a file. */
	const char *local; /* where its bytes are, below store->dir */
	uint64_t size;     /* as it was seen first */
	int64_t modified;  /* ms; the same */
	const char *type;
	/* Only as that version's next one; KIND_NONE: only as a new file. */
	struct id version;
	bool always; /* whatever is there */

	void *arg;
};

struct store;

struct store_options {
	size_t jobs;
	int dir; /* of local paths */
	/* Told once for each item; why: plain words where it failed. */
	void (*told)(void *arg, const struct store_item *item,
	    enum store_outcome outcome, const char *why);
	/* Bytes of files that went; may be NULL. */
	void (*moved)(void *arg, uint64_t bytes);
	void *arg;
};

/* Connects, and asks who the caller is: CLI_OK, or it was said why not. */
int store_new(struct cli *cli, const struct store_options *options,
    struct store **ret_store);
void store_free(struct store **store);

/* True while fewer than `jobs` are under way. */
bool store_has_room(const struct store *store);
bool store_is_idle(const struct store *store);

/* Begins an item, which is the caller's until it was told. */
void store_add(struct store *store, const struct store_item *item);

/* Waits a little for something to happen, and does it. E_IO. */
int store_step(struct store *store);

/* True while the server is away, and things wait for it to come back. */
bool store_is_waiting(const struct store *store);

#endif
