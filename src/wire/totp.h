/*
 * Codes by time (RFC 6238): HMAC-SHA-1, 6 digits, steps of 30 seconds; and the
 * seeds that they are made of, in base32 (RFC 4648, section 6, without
 * padding), as authenticator apps read them.
 */
#ifndef WIRE_TOTP_H
#define WIRE_TOTP_H

#include "base/buf.h"

enum { TOTP_SEED_BYTES = 20, TOTP_STEP_MS = 30000, TOTP_DIGITS = 6 };

/* RFC 4226: the code for a counter. */
void totp_code(const uint8_t seed[static TOTP_SEED_BYTES], uint64_t counter,
    char ret_code[static TOTP_DIGITS]);

void totp_put_seed(struct buf *buf, const uint8_t seed[static TOTP_SEED_BYTES]);

/* E_SYNTAX. */
int totp_read_seed(struct slice text, uint8_t ret_seed[static TOTP_SEED_BYTES]);

#endif
