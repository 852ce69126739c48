#include "keeper/totp.h"

#include <sodium.h>

#include "base/base.h"

enum {
	VERSION = 1,
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	BOX_BYTES = TOTP_SEED_BYTES + TAG_BYTES,
};

/* What sealed bytes are, one behind the other. */
struct sealed {
	uint8_t version;
	uint8_t key[PEOPLE_KEY_NAME_BYTES];
	uint8_t nonce[NONCE_BYTES];
	uint8_t box[BOX_BYTES];
};

_Static_assert(sizeof(struct sealed) ==
		   1 + PEOPLE_KEY_NAME_BYTES + NONCE_BYTES + BOX_BYTES,
    "bytes without gaps");
_Static_assert(sizeof(struct sealed) <= SECRET_SEALED_MAX, "it fits");

int
totp_make(const struct people_key *key, struct slice owner,
    struct buf *ret_sealed, struct buf *ret_base32)
{
	struct sealed sealed = {.version = VERSION};
	uint8_t seed[TOTP_SEED_BYTES];

	if (owner.n > SECRET_OWNER_MAX)
		return E_LIMIT;
	memcpy(sealed.key, key->name, sizeof(sealed.key));
	randombytes_buf(sealed.nonce, sizeof(sealed.nonce));
	randombytes_buf(seed, sizeof(seed));
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.box, NULL, seed,
	    sizeof(seed), owner.p, owner.n, NULL, sealed.nonce, key->seal.p);
	buf_put(ret_sealed, &sealed, sizeof(sealed));
	totp_put_seed(ret_base32, seed);
	secret_wipe(seed, sizeof(seed));
	return MIN(ret_sealed->error, ret_base32->error);
}

/* False, and a seed that nobody has, where it doesn't open. */
static bool
unseal(const struct people_key *key, struct slice in, struct slice owner,
    uint8_t ret_seed[static TOTP_SEED_BYTES], bool *ret_foreign)
{
	struct sealed sealed = {.version = 0};

	randombytes_buf(ret_seed, TOTP_SEED_BYTES);
	if (in.n == sizeof(sealed))
		memcpy(&sealed, in.p, sizeof(sealed));
	*ret_foreign = sealed.version == VERSION &&
	               memcmp(sealed.key, key->name, sizeof(sealed.key)) != 0;
	return crypto_aead_xchacha20poly1305_ietf_decrypt(ret_seed, NULL, NULL,
		   sealed.box, sizeof(sealed.box), owner.p, owner.n,
		   sealed.nonce, key->seal.p) == 0 &&
	       sealed.version == VERSION && !*ret_foreign;
}

int
totp_check(const struct people_key *key, const struct secret_totp_check *ask,
    uint64_t *ret_step, bool *ret_replayed, bool *ret_foreign)
{
	uint8_t seed[TOTP_SEED_BYTES];
	char code[TOTP_DIGITS];
	uint64_t now = ask->now_ms / TOTP_STEP_MS, step = 0;
	bool opened, replayed = false;

	opened = unseal(key, ask->sealed, ask->owner, seed, ret_foreign);
	/* Step 0 would be the one of 1970. */
	for (uint64_t at = MAX(now, 2) - 1; at <= MAX(now, 2) + 1; at++) {
		totp_code(seed, at, code);
		if (!secret_eq(ask->code, slice_of(code, sizeof(code))))
			continue;
		if (at > ask->last_step && step == 0)
			step = at;
		else if (at <= ask->last_step)
			replayed = true;
	}
	secret_wipe(code, sizeof(code));
	secret_wipe(seed, sizeof(seed));
	*ret_replayed = opened && step == 0 && replayed;
	if (!opened || step == 0)
		return E_DENIED;
	*ret_step = step;
	return 0;
}
