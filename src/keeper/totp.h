/*
 * Seeds of authenticator apps, and their codes (wire/totp.h); one step before
 * and one after are taken. A seed leaves the keeper in the open once,
 * when it is made; else sealed by XChaCha20-Poly1305 for its owner: version,
 * the key's name, nonce, box.
 */
#ifndef KEEPER_TOTP_H
#define KEEPER_TOTP_H

#include "base/buf.h"
#include "ipc/secret.h"
#include "keeper/people_key.h"
#include "wire/totp.h"

/* A new seed. E_NOMEM, E_LIMIT (the owner's name is too long). */
int totp_make(const struct people_key *key, struct slice owner,
    struct buf *ret_sealed, struct buf *ret_base32);

/*
 * 0 with the step that matched, E_DENIED else, with the same work whatever is
 * wrong or missing. ret_replayed: it is right, but of the last step or before;
 * ret_foreign: it is sealed by another key.
 */
int
totp_check(const struct people_key *key, const struct secret_totp_check *ask,
    uint64_t *ret_step, bool *ret_replayed, bool *ret_foreign);

#endif
