/*
 * Passwords: which are taken, and verifiers of them. A verifier is Argon2id
 * (RFC 9106, one lane) over HMAC-SHA-256 of the password under the pepper, so
 * that the database alone says nothing of it, and hashing costs the same
 * whatever its length. It is CBOR: [1, the key's name, KiB, passes, salt,
 * hash].
 */
#ifndef KEEPER_PASSWORD_H
#define KEEPER_PASSWORD_H

#include "base/buf.h"
#include "ipc/secret.h"
#include "keeper/people_key.h"

/*
 * What a hash costs, and the least and the most that a verifier may ask for:
 * memory is bounded by it, whatever stands in the database.
 */
enum {
	PASSWORD_KIB = 65536,
	PASSWORD_PASSES = 1,
	PASSWORD_KIB_LEAST = 19456,
	PASSWORD_WORK_LEAST = 2 * PASSWORD_KIB_LEAST, /* KiB times passes */
	PASSWORD_PASSES_MOST = 8,
};

/* Whether it may be chosen: pure, and cheap. */
enum secret_weak password_weak(struct slice password, struct slice names);

/* What one hash costs. */
struct password_cost {
	uint64_t kib, passes;
};

extern const struct password_cost password_cost; /* of new ones */

/* A verifier by a new salt. E_NOMEM. */
int password_hash(const struct people_key *key, struct slice password,
    const struct password_cost *cost, struct buf *ret_verifier);

/*
 * 0, E_DENIED, E_NOMEM. A verifier that is empty or can't be used is denied at
 * the same cost. ret_rehash: where it is right, whether it should be made anew;
 * ret_foreign: it is of another key, so that nothing matches it.
 */
int password_check(const struct people_key *key, struct slice verifier,
    struct slice password, bool *ret_rehash, bool *ret_foreign);

#endif
