/*
 * The key to the secrets of people: one seed, made at the keeper's first start
 * and kept in its folder, and the keys that are derived from it. Without it no
 * password can be checked any more and no seed of a TOTP be read: they must be
 * set anew. What was made by it bears its name, so that it is seen to be
 * another's.
 *
 * The file "people.key" holds a line: "seed" and 32 bytes in hexadecimal.
 */
#ifndef KEEPER_PEOPLE_KEY_H
#define KEEPER_PEOPLE_KEY_H

#include "base/secret.h"

#define PEOPLE_KEY_FILE "people.key"

enum { PEOPLE_KEY_BYTES = 32, PEOPLE_KEY_NAME_BYTES = 4 };

struct people_key {
	uint8_t name[PEOPLE_KEY_NAME_BYTES]; /* no secret */
	struct secret pepper;                /* of passwords */
	struct secret seal;                  /* of TOTP's seeds */
	struct secret mac;                   /* of names and the like */
};

/*
 * Loads the key from the working folder; makes one where there is none.
 * E_CORRUPT, E_IO, E_NOMEM.
 */
int people_key_open(struct people_key *ret_key);

/* Derives the keys from a seed of PEOPLE_KEY_BYTES. E_NOMEM. */
int people_key_derive(struct slice seed, struct people_key *ret_key);

void people_key_free(struct people_key *key);

static inline struct slice
people_key_name(const struct people_key *key)
{
	return slice_of(key->name, sizeof(key->name));
}

#endif
