#include "base/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>

#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX *ctx;
};

static EVP_MD *algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;

static void
thread_end(void *p)
{
	struct sha256 *sha = p;

	sha256_free(&sha);
}

static void
fetch(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	BUG_ON(algorithm == NULL);
	BUG_ON(pthread_key_create(&thread_key, thread_end) != 0);
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *sha = mem_alloc(sizeof(*sha));

	(void)pthread_once(&once, fetch);
	if (sha == NULL)
		return NULL;
	sha->ctx = EVP_MD_CTX_new();
	if (sha->ctx == NULL) {
		mem_free(sha);
		return NULL;
	}
	return sha;
}

void
sha256_free(struct sha256 **sha)
{
	if (*sha == NULL)
		return;
	EVP_MD_CTX_free((*sha)->ctx);
	mem_free(*sha);
	*sha = NULL;
}

/* OpenSSL's digests fail for want of a provider or memory at start only. */
void
sha256_start(struct sha256 *sha)
{
	BUG_ON(EVP_DigestInit_ex2(sha->ctx, algorithm, NULL) != 1);
}

void
sha256_add(struct sha256 *sha, struct slice s)
{
	BUG_ON(EVP_DigestUpdate(sha->ctx, s.p, s.n) != 1);
}

struct digest
sha256_end(struct sha256 *sha)
{
	struct digest digest;

	BUG_ON(EVP_DigestFinal_ex(sha->ctx, digest.b, NULL) != 1);
	return digest;
}

static struct sha256 *
thread_context(void)
{
	static _Thread_local struct sha256 *sha;

	if (sha == NULL) {
		sha = sha256_new();
		BUG_ON(sha == NULL);
		(void)pthread_setspecific(thread_key, sha);
	}
	return sha;
}

struct digest
sha256_3(struct slice a, struct slice b, struct slice c)
{
	struct sha256 *sha = thread_context();

	sha256_start(sha);
	sha256_add(sha, a);
	if (b.n > 0)
		sha256_add(sha, b);
	if (c.n > 0)
		sha256_add(sha, c);
	return sha256_end(sha);
}

struct digest
sha256_2(struct slice a, struct slice b)
{
	return sha256_3(a, b, SLICE_NONE);
}

struct digest
sha256(struct slice a)
{
	return sha256_3(a, SLICE_NONE, SLICE_NONE);
}

uint64_t
hash_keyed(const uint8_t key[16], struct slice s)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t value;

	_Static_assert(crypto_shorthash_KEYBYTES == 16, "SipHash's key");
	(void)crypto_shorthash(out, s.p, s.n, key);
	memcpy(&value, out, sizeof(value));
	return value;
}
