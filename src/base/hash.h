/*
 * SHA-256 (OpenSSL, fetched once: measured at three times the rate of a fetch a
 * hash), and a keyed hash for tables.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/base.h"
#include "base/slice.h"

enum { SHA256_BYTES = 32 };

struct digest {
	uint8_t b[SHA256_BYTES];
};

static inline struct slice
digest_slice(const struct digest *digest)
{
	return slice_of(digest->b, sizeof(digest->b));
}

static inline bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* A hash under way; one a thread, reused. NULL where memory is out. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_free(struct sha256 **sha);
void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, struct slice s);
struct digest sha256_end(struct sha256 *sha);

/* Of up to three parts, one behind the other, by this thread's own context. */
struct digest sha256(struct slice a);
struct digest sha256_2(struct slice a, struct slice b);
struct digest sha256_3(struct slice a, struct slice b, struct slice c);

/* SipHash-2-4 with a key of 16 bytes. */
uint64_t hash_keyed(const uint8_t key[16], struct slice s);

#endif
