/*
 * The offline proof of a whole log folder, by whoever holds its keys: every
 * entry is hashed, every tile compared with what was computed, and the root
 * with the signed one. It believes nothing in the folder but what the keys
 * signed; all of its files may be an attacker's.
 */
#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H

#include "ledger/folder.h"

struct verify_options {
	/* The log's own key, and any others that it is known by. */
	const struct note_key *keys;
	size_t n_keys;
	/*
	 * A signed checkpoint of the same log, kept elsewhere, that this folder
	 * must continue; or empty.
	 */
	struct slice since;
	/*
	 * Given each entry in order, once its bundle is read but before its
	 * tile is compared; may be NULL. An error (below 0) ends the run.
	 */
	int (*entry)(void *arg, uint64_t index, struct slice entry);
	/* Told now and then how far it is, and at the end; may be NULL. */
	void (*progress)(void *arg, uint64_t done, uint64_t size);
	void *arg; /* of both */
};

struct verify_result {
	uint64_t size;
	struct digest root;
	uint64_t since; /* the older checkpoint's size; 0: none given */
};

/*
 * 0, or an error with the first problem found. E_NOT_FOUND: a file is missing;
 * E_CORRUPT: one is not what it must be; E_INCONSISTENT: the log doesn't
 * continue the older checkpoint; E_SYNTAX, E_LIMIT, E_DIGEST,
 * E_UNAUTHENTICATED: of a checkpoint (note.h); E_NOMEM, E_IO; or the entry
 * callback's. Files behind the signed size, and older partials, are not read.
 */
int verify_folder(int dir, const struct verify_options *options,
    struct verify_result *ret_result, struct folder_problem *reterr_problem);

#endif
