/*
 * The log's key, and what it signed last. A checkpoint is signed only if it
 * continues the last one, and that it was is on stable storage before the
 * signature leaves: a copy of the database that is older can't have it sign two
 * logs. A new origin, or another key, comes only from the host's administrator,
 * with the server stopped: by log_key_replace and log_key_rotate.
 *
 * The files of the keeper's folder, lines of "name value":
 *
 * "log.key" holds the origin and the seed, and after a rotation the seed of the
 * key before ("previous"), until a checkpoint that both signed has arrived;
 * "signed" holds origin, size, root and fence of what was signed last.
 */
#ifndef KEEPER_LOG_KEY_H
#define KEEPER_LOG_KEY_H

#include "base/secret.h"
#include "ledger/note.h"
#include "ledger/tree.h"

/* What was signed last. */
struct log_key_signed {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size; /* of the tree; 0: nothing yet */
	struct digest root;
	uint64_t fence;
};

struct log_key {
	struct note_key key; /* its name is the log's origin */
	struct secret secret;
	struct log_key_signed last;

	/* After a rotation: the key before signs along. */
	bool has_previous;
	struct note_key previous;
	struct secret previous_secret;
	/* The checkpoint that both signed, since this keeper's start. */
	uint64_t both_size, both_fence;
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

/* ---- for tools, while no keeper runs --------------------------------------
 */

/* What was signed last, from a keeper's folder. E_NOT_FOUND, E_CORRUPT, E_IO.
 */
int log_key_read_signed(int dir, struct log_key_signed *ret_signed);

/* An origin below the host's name that no other log has. */
void
log_key_new_origin(const char *hostname, char ret_origin[NOTE_NAME_MAX + 1]);

/*
 * A new key for a new origin, in place of whatever is there; what was signed
 * before is forgotten. So the keeper accepts another log.
 */
int log_key_replace(int dir, const char *origin, struct note_key *ret_key);

/*
 * A new key for the same origin; the one that is there signs along until a
 * checkpoint with both signatures has arrived. E_NOT_FOUND where there is none.
 */
int log_key_rotate(int dir, struct note_key *ret_key);

#endif
