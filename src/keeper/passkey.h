/*
 * Passkeys: what an authenticator sent, checked with its key (OpenSSL for an
 * ES256 signature, libfido2 for all else). What needs no key is checked before,
 * by wire/webauthn.h, so that they see only what could be read and is for this
 * host.
 */
#ifndef KEEPER_PASSKEY_H
#define KEEPER_PASSKEY_H

#include "ipc/secret.h"

/* Once, before the first check. */
void passkey_init(void);

/*
 * Fill the answer: code 0, or E_DENIED with what is wrong (what couldn't be
 * looked at for want of memory is, too). Slices of a registration's answer
 * point into the question.
 */
void passkey_check(
    const struct secret_passkey_check *ask, struct secret_answer *ret_answer);
void passkey_register(const struct secret_passkey_register *ask,
    struct secret_answer *ret_answer);

#endif
