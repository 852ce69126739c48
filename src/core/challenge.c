#include "core/challenge.h"

#include <endian.h>
#include <sodium.h>

#include "core/core.h"
#include "core/place.h"

enum {
	TIME_BYTES = 8,
	RANDOM_BYTES = 16,
	SAID_BYTES = TIME_BYTES + RANDOM_BYTES + 1, /* and what it is for */
	MAC_BYTES = CHALLENGE_BYTES - SAID_BYTES,
	FORGET_AT_ONCE = 2, /* more than one that comes: so all do go */
};

void
challenge_key_make(struct challenge_key *ret_key)
{
	randombytes_buf(ret_key->b, sizeof(ret_key->b));
}

static void
put_mac(const struct challenge_key *key, uint8_t challenge[CHALLENGE_BYTES])
{
	BUG_ON(crypto_generichash(challenge + SAID_BYTES, MAC_BYTES, challenge,
		   SAID_BYTES, key->b, sizeof(key->b)) != 0);
}

void
challenge_make(const struct challenge_key *key, unsigned purpose, int64_t now,
    uint8_t ret_challenge[CHALLENGE_BYTES])
{
	uint64_t time = htobe64((uint64_t)now);

	memcpy(ret_challenge, &time, sizeof(time));
	randombytes_buf(ret_challenge + TIME_BYTES, RANDOM_BYTES);
	ret_challenge[SAID_BYTES - 1] = (uint8_t)purpose;
	put_mac(key, ret_challenge);
}

static int
was_answered(struct place *place, struct slice challenge)
{
	struct stmt *stmt = db_stmt(place->db, SQL_CHALLENGE_ANSWERED);
	uint64_t n;
	int r;

	stmt_bytes(stmt, 1, challenge);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return n > 0 ? E_STATE : 0;
}

int
challenge_check(struct place *place, unsigned purpose, struct slice challenge)
{
	uint8_t ours[CHALLENGE_BYTES];
	uint64_t time;

	if (challenge.n != CHALLENGE_BYTES)
		return E_DENIED;
	memcpy(ours, challenge.p, SAID_BYTES);
	put_mac(&place->core->challenge_key, ours);
	if (sodium_memcmp(ours, challenge.p, sizeof(ours)) != 0 ||
	    ours[SAID_BYTES - 1] != purpose)
		return E_DENIED;
	memcpy(&time, ours, sizeof(time));
	if (place->now >= (int64_t)be64toh(time) + CHALLENGE_MS)
		return E_EXPIRED;
	return was_answered(place, challenge);
}

static int
forget_some(struct place *place)
{
	struct stmt *stmt = db_stmt(place->db, SQL_CHALLENGE_FORGET);

	stmt_i64(stmt, 1, place->now);
	stmt_u64(stmt, 2, FORGET_AT_ONCE);
	return stmt_run(stmt);
}

int
challenge_answered(struct place *place, struct slice challenge)
{
	struct stmt *stmt;
	int r = forget_some(place);

	if (r < 0)
		return r;
	stmt = db_stmt(place->db, SQL_CHALLENGE_PUT);
	stmt_bytes(stmt, 1, challenge);
	stmt_i64(stmt, 2, place->now + CHALLENGE_MS);
	return stmt_run(stmt);
}
