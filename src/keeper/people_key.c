#include "keeper/people_key.h"

#include <fcntl.h>
#include <sodium.h>

#include "base/base.h"
#include "base/encode.h"
#include "base/file.h"

#define SEED_NAME "seed "

enum { FILE_MAX = 256 };

/* Part of every derived key: never another one under the same name. */
static const struct {
	uint64_t number;
	char context[crypto_kdf_CONTEXTBYTES + 1];
} derived[] = {
    {1, "chn name"},
    {2, "password"},
    {3, "totpseal"},
    {4, "chan mac"},
};

static void
derive(uint8_t *to, size_t n, size_t which, struct slice seed)
{
	BUG_ON(seed.n != crypto_kdf_KEYBYTES);
	(void)crypto_kdf_derive_from_key(
	    to, n, derived[which].number, derived[which].context, seed.p);
}

int
people_key_derive(struct slice seed, struct people_key *ret_key)
{
	struct people_key key = {.name = {0}};
	struct secret *const secrets[] = {&key.pepper, &key.seal, &key.mac};
	uint8_t name[crypto_kdf_BYTES_MIN];
	int r = 0;

	derive(name, sizeof(name), 0, seed);
	memcpy(key.name, name, sizeof(key.name));
	for (size_t i = 0; i < ARRAY_SIZE(secrets) && r == 0; i++) {
		r = secret_alloc(PEOPLE_KEY_BYTES, secrets[i]);
		if (r == 0)
			derive(secrets[i]->p, secrets[i]->n, i + 1, seed);
	}
	if (r < 0) {
		people_key_free(&key);
		return r;
	}
	*ret_key = key;
	return 0;
}

void
people_key_free(struct people_key *key)
{
	secret_free(&key->pepper);
	secret_free(&key->seal);
	secret_free(&key->mac);
}

/* The file's text, for a new seed. */
static int
make(struct buf *text)
{
	struct secret seed;
	int r = secret_alloc(PEOPLE_KEY_BYTES, &seed);

	if (r < 0)
		return r;
	randombytes_buf(seed.p, seed.n);
	buf_put_str(text, SEED_NAME);
	buf_put_hex(text, slice_of(seed.p, seed.n));
	buf_put_str(text, "\n");
	secret_free(&seed);
	return text->error != 0 ? text->error
	                        : file_replace(AT_FDCWD, PEOPLE_KEY_FILE, 0600,
				      buf_slice(text));
}

static int
parse(struct slice text, struct people_key *ret_key)
{
	struct buf seed = BUF_SECRET(PEOPLE_KEY_BYTES);
	struct slice line;
	int r = E_CORRUPT;

	if (slice_cut(&text, '\n', &line) && text.n == 0 &&
	    slice_starts(line, SLICE(SEED_NAME)) &&
	    hex_decode(slice_from(line, strlen(SEED_NAME)), &seed) == 0 &&
	    seed.n == PEOPLE_KEY_BYTES)
		r = people_key_derive(buf_slice(&seed), ret_key);
	else if (seed.error == E_NOMEM)
		r = E_NOMEM;
	buf_free(&seed);
	return r;
}

int
people_key_open(struct people_key *ret_key)
{
	struct buf text = BUF_SECRET(FILE_MAX);
	int r = file_read(AT_FDCWD, PEOPLE_KEY_FILE, &text);

	if (r == E_NOT_FOUND)
		r = make(&text);
	if (r == 0)
		r = parse(buf_slice(&text), ret_key);
	buf_free(&text);
	return r == E_LIMIT ? E_CORRUPT : r;
}
