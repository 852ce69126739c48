#include "wire/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/secret.h"

enum { SHA1_BYTES = 20, CODES = 1000000 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

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

void
totp_put_seed(struct buf *buf, const uint8_t seed[static TOTP_SEED_BYTES])
{
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < TOTP_SEED_BYTES; i++) {
		bits = (bits << 8 | seed[i]) & 0xfff;
		for (n += 8; n >= 5; n -= 5)
			buf_put_u8(buf, (uint8_t)letters[bits >> (n - 5) & 31]);
	}
}

int
totp_read_seed(struct slice text, uint8_t ret_seed[static TOTP_SEED_BYTES])
{
	uint8_t seed[TOTP_SEED_BYTES];
	unsigned bits = 0, n = 0;
	size_t at = 0;

	if (text.n != TOTP_SEED_BYTES * 8 / 5)
		return E_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		const char *letter =
		    text.p[i] != '\0' ? strchr(letters, text.p[i]) : NULL;

		if (letter == NULL)
			return E_SYNTAX;
		bits = (bits << 5 | (unsigned)(letter - letters)) & 0xfff;
		if ((n += 5) >= 8)
			seed[at++] = (uint8_t)(bits >> (n -= 8));
	}
	memcpy(ret_seed, seed, sizeof(seed));
	secret_wipe(seed, sizeof(seed));
	return 0;
}
