/*
 * Challenges for passkeys (WebAuthn, 13.4.3): the time, 16 random bytes and
 * what it is for, under a keyed hash. Nothing is kept of one until it is
 * answered; an answer is remembered for as long as the challenge would have
 * lasted, so that none counts twice.
 */
#ifndef CORE_CHALLENGE_H
#define CORE_CHALLENGE_H

#include "base/slice.h"

enum {
	CHALLENGE_BYTES = 41,
	CHALLENGE_KEY_BYTES = 32,
	CHALLENGE_MS = 5 * 60 * 1000,
};

struct place;

/* What a core keeps for one life: a restart voids what is open. */
struct challenge_key {
	uint8_t b[CHALLENGE_KEY_BYTES];
};

void challenge_key_make(struct challenge_key *ret_key);

void challenge_make(const struct challenge_key *key, unsigned purpose,
    int64_t now, uint8_t ret_challenge[CHALLENGE_BYTES]);

/*
 * E_DENIED where it was never given, or for something else; E_EXPIRED; E_STATE
 * where it was answered before.
 */
int
challenge_check(struct place *place, unsigned purpose, struct slice challenge);

/* On the writer's place: it is answered. */
int challenge_answered(struct place *place, struct slice challenge);

#endif
