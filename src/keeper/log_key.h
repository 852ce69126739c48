/*
 * The log's key, and what it signed last. A checkpoint is signed only if it
 * continues the last one, and that it was is on stable storage before the
 * signature leaves: a copy of the database that is older can't have it sign two
 * logs.
 *
 * The files of the keeper's folder: "log.key" (origin and seed) and "signed".
 */
#ifndef KEEPER_LOG_KEY_H
#define KEEPER_LOG_KEY_H

#include "base/secret.h"
#include "ledger/note.h"
#include "ledger/tree.h"

struct log_key {
	struct note_key key; /* its name is the log's origin */
	struct secret secret;
	uint64_t size; /* of the tree signed last; 0: none yet */
	struct digest root;
	uint64_t fence;
};

/*
 * Loads the key from the working folder; makes one, for an origin below the
 * host's name, where there is none. E_CORRUPT, E_IO.
 */
int log_key_open(const char *hostname, struct log_key *ret_key);
void log_key_free(struct log_key *key);

/*
 * Signs what the body of a SIGN message asks for: [origin, fence, size, root,
 * older, proof]. E_INCONSISTENT where it doesn't continue what was signed last,
 * E_GRAMMAR, E_IO.
 */
int log_key_sign(struct log_key *key, struct slice body, struct buf *ret_note);

#endif
