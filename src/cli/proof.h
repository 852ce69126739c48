/*
 * Proofs that a record stands in a log (C2SP tlog-proof v1), and the keys by
 * which logs are known. Both come from servers and files: all of them may be an
 * attacker's.
 */
#ifndef CLI_PROOF_H
#define CLI_PROOF_H

#include "ledger/note.h"
#include "ledger/tree.h"

struct proof {
	uint64_t index;
	struct tree_proof hashes;
	struct slice checkpoint; /* the signed note */
};

/* Splits a proof; slices point into it. E_SYNTAX. */
int proof_parse(struct slice text, struct proof *ret_proof);

/*
 * That the leaf is the one at the proof's index in the log of that key.
 * E_DIGEST: it isn't; the errors of checkpoint_open.
 */
int proof_check(const struct proof *proof, struct slice leaf,
    const struct note_key *key, struct checkpoint *ret_checkpoint);

/*
 * A key as it was given: a verifier key itself, or a file that holds one. The
 * errors of note_key_parse, E_NOT_FOUND, E_IO.
 */
int proof_read_key(const char *given, struct note_key *ret_key);

#endif
