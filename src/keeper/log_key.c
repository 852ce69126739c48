#include "keeper/log_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "wire/cbor.h"

#define KEY_FILE "log.key"
#define SIGNED_FILE "signed"

enum { FILE_MAX = 4096, SEED_BYTES = crypto_sign_ed25519_SEEDBYTES };

/* "name value" lines: the value of the next one, which must bear that name. */
static int
next_line(struct slice *text, const char *name, struct slice *ret_value)
{
	struct slice line, word;

	if (!slice_cut(text, '\n', &line) || !slice_cut(&line, ' ', &word) ||
	    !slice_eq(word, slice_str(name)))
		return E_CORRUPT;
	*ret_value = line;
	return 0;
}

static int
take_seed(struct log_key *key, struct slice origin, const uint8_t *seed)
{
	uint8_t public_key[crypto_sign_ed25519_PUBLICKEYBYTES];
	int r = secret_alloc(crypto_sign_ed25519_SECRETKEYBYTES, &key->secret);

	if (r < 0)
		return r;
	if (crypto_sign_ed25519_seed_keypair(public_key, key->secret.p, seed) !=
	    0)
		return E_CRYPTO;
	return note_key_make(origin, public_key, &key->key);
}

static int
parse_key(struct slice text, struct log_key *key)
{
	struct buf seed = BUF(SEED_BYTES);
	struct slice origin, hex;
	int r;

	if ((r = next_line(&text, "origin", &origin)) == 0 &&
	    (r = next_line(&text, "seed", &hex)) == 0 &&
	    (r = hex_decode(hex, &seed)) == 0)
		r = seed.n == SEED_BYTES ? take_seed(key, origin, seed.p)
		                         : E_CORRUPT;
	if (seed.p != NULL)
		secret_wipe(seed.p, seed.n);
	buf_free(&seed);
	return r == E_SYNTAX || r == E_NAME ? E_CORRUPT : r;
}

/* The origin: the host's name, and what no other log of that host has. */
static int
make_key(const char *hostname, struct buf *text)
{
	uint8_t seed[SEED_BYTES], mark[4];
	int r;

	randombytes_buf(seed, sizeof(seed));
	randombytes_buf(mark, sizeof(mark));
	buf_printf(text, "origin %s/chancery/", hostname);
	buf_put_hex(text, slice_of(mark, sizeof(mark)));
	buf_put_str(text, "\nseed ");
	buf_put_hex(text, slice_of(seed, sizeof(seed)));
	buf_put_str(text, "\n");
	secret_wipe(seed, sizeof(seed));
	r = text->error;
	if (r == 0)
		r = file_replace(AT_FDCWD, KEY_FILE, 0600, buf_slice(text));
	return r;
}

static int
load_key(const char *hostname, struct log_key *key)
{
	struct buf text = BUF(FILE_MAX);
	int r = file_read(AT_FDCWD, KEY_FILE, &text);

	if (r == E_NOT_FOUND)
		r = make_key(hostname, &text);
	if (r == 0)
		r = parse_key(buf_slice(&text), key);
	if (text.p != NULL)
		secret_wipe(text.p, text.n);
	buf_free(&text);
	return r;
}

/* ---- what was signed last
 * ----------------------------------------------------- */

static int
parse_signed(struct slice text, struct log_key *key)
{
	struct buf root = BUF(SHA256_BYTES);
	struct slice value;
	int r;

	if ((r = next_line(&text, "origin", &value)) == 0 &&
	    !slice_eq(value, slice_str(key->key.name)))
		r = E_CORRUPT;
	if (r == 0 && (r = next_line(&text, "size", &value)) == 0)
		r = slice_u64(value, TREE_SIZE_MAX, &key->size);
	if (r == 0 && (r = next_line(&text, "root", &value)) == 0)
		r = hex_decode(value, &root);
	if (r == 0 && root.n != SHA256_BYTES)
		r = E_CORRUPT;
	if (r == 0) {
		memcpy(key->root.b, root.p, root.n);
		r = next_line(&text, "fence", &value);
	}
	if (r == 0)
		r = slice_u64(value, UINT64_MAX, &key->fence);
	buf_free(&root);
	return r < 0 && r != E_NOMEM ? E_CORRUPT : r;
}

static int
load_signed(struct log_key *key)
{
	struct buf text = BUF(FILE_MAX);
	int r = file_read(AT_FDCWD, SIGNED_FILE, &text);

	if (r == 0)
		r = parse_signed(buf_slice(&text), key);
	else if (r == E_NOT_FOUND)
		r = 0;
	buf_free(&text);
	return r;
}

static int
store_signed(
    const struct log_key *key, const struct checkpoint *next, uint64_t fence)
{
	struct buf text = BUF(FILE_MAX);
	int r;

	buf_printf(&text, "origin %s\nsize ", key->key.name);
	buf_put_u64(&text, next->size);
	buf_put_str(&text, "\nroot ");
	buf_put_hex(&text, digest_slice(&next->root));
	buf_put_str(&text, "\nfence ");
	buf_put_u64(&text, fence);
	buf_put_str(&text, "\n");
	r = text.error;
	if (r == 0)
		r = file_replace(AT_FDCWD, SIGNED_FILE, 0600, buf_slice(&text));
	buf_free(&text);
	return r;
}

int
log_key_open(const char *hostname, struct log_key *ret_key)
{
	struct log_key key = {.size = 0};
	int r = load_key(hostname, &key);

	if (r == 0)
		r = load_signed(&key);
	if (r < 0) {
		log_key_free(&key);
		return r;
	}
	*ret_key = key;
	return 0;
}

void
log_key_free(struct log_key *key)
{
	secret_free(&key->secret);
}

/* ---- signing
 * --------------------------------------------------------------------- */

struct request {
	struct checkpoint checkpoint;
	uint64_t fence, older;
	struct tree_proof proof;
};

static bool
get_digest(struct cbor_reader *r, struct digest *ret)
{
	struct slice s = cbor_get_bytes(r);

	if (s.n != SHA256_BYTES)
		return false;
	memcpy(ret->b, s.p, s.n);
	return true;
}

static int
parse_request(struct slice body, struct request *ret)
{
	struct cbor_reader r = cbor_reader(body);

	*ret = (struct request){.older = 0};
	if (cbor_get_array(&r) != 6)
		return E_GRAMMAR;
	ret->checkpoint.origin = cbor_get_text(&r);
	ret->fence = cbor_get_uint(&r);
	ret->checkpoint.size = cbor_get_uint_max(&r, TREE_SIZE_MAX);
	if (!get_digest(&r, &ret->checkpoint.root))
		return E_GRAMMAR;
	ret->older = cbor_get_uint_max(&r, TREE_SIZE_MAX);
	ret->proof.n = cbor_get_array(&r);
	if (ret->proof.n > TREE_PROOF_MAX)
		return E_GRAMMAR;
	for (size_t i = 0; i < ret->proof.n; i++)
		if (!get_digest(&r, &ret->proof.hash[i]))
			return E_GRAMMAR;
	return cbor_end(&r) < 0 ? E_GRAMMAR : 0;
}

/* Whether it continues what was signed last; without that, anything does. */
static int
check(const struct log_key *key, const struct request *request)
{
	const struct checkpoint *next = &request->checkpoint;

	if (!slice_eq(next->origin, slice_str(key->key.name)) ||
	    request->fence < key->fence || next->size == 0)
		return E_INCONSISTENT;
	if (key->size == 0)
		return 0;
	if (request->older != key->size || next->size < key->size)
		return E_INCONSISTENT;
	return tree_verify_consistency(
	    key->size, next->size, &key->root, &request->proof, &next->root);
}

static int
sign(void *arg, struct slice text, uint8_t ret[static NOTE_SIGNATURE_BYTES])
{
	struct log_key *key = arg;

	return crypto_sign_ed25519_detached(
		   ret, NULL, text.p, text.n, key->secret.p) == 0
	           ? 0
	           : E_CRYPTO;
}

int
log_key_sign(struct log_key *key, struct slice body, struct buf *ret_note)
{
	const struct note_signer signer = {&key->key, sign, key};
	struct buf text = BUF(FILE_MAX);
	struct request request;
	int r = parse_request(body, &request);

	if (r == 0)
		r = check(key, &request);
	if (r == 0)
		r = checkpoint_put(&request.checkpoint, &text);
	/* What was signed is remembered before anybody has the signature. */
	if (r == 0)
		r = store_signed(key, &request.checkpoint, request.fence);
	if (r == 0) {
		key->size = request.checkpoint.size;
		key->root = request.checkpoint.root;
		key->fence = request.fence;
		r = note_sign(buf_slice(&text), &signer, ret_note);
	}
	buf_free(&text);
	return r;
}
