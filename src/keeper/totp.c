#include "keeper/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "base/base.h"

enum {
	VERSION = 1,
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	BOX_BYTES = TOTP_SEED_BYTES + TAG_BYTES,
	SHA1_BYTES = 20,
	CODES = 1000000,
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

/* RFC 4648, without padding, as authenticators read it. */
static void
put_base32(struct buf *buf, const uint8_t seed[static TOTP_SEED_BYTES])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < TOTP_SEED_BYTES; i++) {
		bits = (bits << 8 | seed[i]) & 0xfff;
		for (n += 8; n >= 5; n -= 5)
			buf_put_u8(buf, (uint8_t)letters[bits >> (n - 5) & 31]);
	}
}

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
	put_base32(ret_base32, seed);
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

void
totp_code(const uint8_t seed[static TOTP_SEED_BYTES], uint64_t counter,
    char ret_code[static TOTP_DIGITS])
{
	uint8_t text[8], hash[SHA1_BYTES], *at;
	unsigned n = 0;
	uint32_t code;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(counter >> (56 - 8 * i));
	BUG_ON(HMAC(EVP_sha1(), seed, TOTP_SEED_BYTES, text, sizeof(text), hash,
		   &n) == NULL ||
	       n != SHA1_BYTES);
	at = hash + (hash[SHA1_BYTES - 1] & 15);
	code = ((uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 |
		   (uint32_t)at[2] << 8 | at[3]) %
	       CODES;
	for (size_t i = TOTP_DIGITS; i > 0; i--) {
		ret_code[i - 1] = (char)('0' + code % 10);
		code /= 10;
	}
	secret_wipe(hash, sizeof(hash));
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
