#include "keeper/log_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

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

static void
wipe(struct buf *buf)
{
	if (buf->p != NULL)
		secret_wipe(buf->p, buf->n);
	buf_free(buf);
}

static int
take_seed(struct slice origin, struct slice hex, struct note_key *ret_key,
    struct secret *ret_secret)
{
	uint8_t public_key[crypto_sign_ed25519_PUBLICKEYBYTES];
	struct buf seed = BUF(SEED_BYTES);
	int r = hex_decode(hex, &seed);

	if (r == 0 && seed.n != SEED_BYTES)
		r = E_CORRUPT;
	if (r == 0)
		r = secret_alloc(
		    crypto_sign_ed25519_SECRETKEYBYTES, ret_secret);
	if (r == 0 && crypto_sign_ed25519_seed_keypair(
			  public_key, ret_secret->p, seed.p) != 0)
		r = E_CRYPTO;
	if (r == 0)
		r = note_key_make(origin, public_key, ret_key);
	wipe(&seed);
	return r;
}

static int
parse_key(struct slice text, struct log_key *key)
{
	struct slice origin, hex;
	int r;

	if ((r = next_line(&text, "origin", &origin)) == 0 &&
	    (r = next_line(&text, "seed", &hex)) == 0)
		r = take_seed(origin, hex, &key->key, &key->secret);
	if (r == 0 && text.n > 0 &&
	    (r = next_line(&text, "previous", &hex)) == 0) {
		r = take_seed(
		    origin, hex, &key->previous, &key->previous_secret);
		key->has_previous = r == 0;
	}
	return r == E_SYNTAX || r == E_NAME ? E_CORRUPT : r;
}

void
log_key_new_origin(const char *hostname, char ret_origin[NOTE_NAME_MAX + 1])
{
	(void)snprintf(ret_origin, NOTE_NAME_MAX + 1, "%.200s/chancery/%08x",
	    hostname, randombytes_random());
}

/* The file's lines: a new seed, and the one before where there is one. */
static void
put_key(const char *origin, struct slice previous, struct buf *text)
{
	uint8_t seed[SEED_BYTES];

	randombytes_buf(seed, sizeof(seed));
	buf_printf(text, "origin %s\nseed ", origin);
	buf_put_hex(text, slice_of(seed, sizeof(seed)));
	buf_put_str(text, "\n");
	if (previous.n > 0)
		buf_printf(text, "previous %.*s\n", SLICE_ARG(previous));
	secret_wipe(seed, sizeof(seed));
}

static int
store_key(int dir, const struct buf *text)
{
	return text->error != 0
	           ? text->error
	           : file_replace(dir, KEY_FILE, 0600, buf_slice(text));
}

static int
load_key(const char *hostname, struct log_key *key)
{
	struct buf text = BUF(FILE_MAX);
	char origin[NOTE_NAME_MAX + 1];
	int r = file_read(AT_FDCWD, KEY_FILE, &text);

	if (r == E_NOT_FOUND) {
		log_key_new_origin(hostname, origin);
		put_key(origin, SLICE_NONE, &text);
		r = store_key(AT_FDCWD, &text);
	}
	if (r == 0)
		r = parse_key(buf_slice(&text), key);
	wipe(&text);
	return r;
}

/* ---- what was signed last
 * ----------------------------------------------------- */

static int
parse_signed(struct slice text, struct log_key_signed *ret)
{
	struct buf root = BUF(SHA256_BYTES);
	struct slice value;
	int r;

	if ((r = next_line(&text, "origin", &value)) == 0 &&
	    value.n > NOTE_NAME_MAX)
		r = E_CORRUPT;
	if (r == 0)
		(void)snprintf(
		    ret->origin, sizeof(ret->origin), "%.*s", SLICE_ARG(value));
	if (r == 0 && (r = next_line(&text, "size", &value)) == 0)
		r = slice_u64(value, TREE_SIZE_MAX, &ret->size);
	if (r == 0 && (r = next_line(&text, "root", &value)) == 0)
		r = hex_decode(value, &root);
	if (r == 0 && root.n != SHA256_BYTES)
		r = E_CORRUPT;
	if (r == 0) {
		memcpy(ret->root.b, root.p, root.n);
		r = next_line(&text, "fence", &value);
	}
	if (r == 0)
		r = slice_u64(value, UINT64_MAX, &ret->fence);
	buf_free(&root);
	return r < 0 && r != E_NOMEM ? E_CORRUPT : r;
}

int
log_key_read_signed(int dir, struct log_key_signed *ret_signed)
{
	struct buf text = BUF(FILE_MAX);
	struct log_key_signed last = {.size = 0};
	int r = file_read(dir, SIGNED_FILE, &text);

	if (r == 0)
		r = parse_signed(buf_slice(&text), &last);
	buf_free(&text);
	if (r == 0)
		*ret_signed = last;
	return r;
}

static int
load_signed(struct log_key *key)
{
	int r = log_key_read_signed(AT_FDCWD, &key->last);

	if (r == E_NOT_FOUND)
		return 0;
	if (r == 0 && strcmp(key->last.origin, key->key.name) != 0)
		r = E_CORRUPT;
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
	struct log_key key = {.has_previous = false};
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
	secret_free(&key->previous_secret);
}

/* ---- other keys, by the host's administrator
 * ------------------------------------- */

/* Stores the lines, and tells the key that they hold. */
static int
install_key(int dir, const struct buf *text, struct note_key *ret_key)
{
	struct log_key key = {.has_previous = false};
	int r = store_key(dir, text);

	if (r == 0)
		r = parse_key(buf_slice(text), &key);
	if (r == 0)
		*ret_key = key.key;
	log_key_free(&key);
	return r;
}

int
log_key_replace(int dir, const char *origin, struct note_key *ret_key)
{
	struct buf text = BUF(FILE_MAX);
	int r = 0;

	/* A new key with what the old one signed is one that won't load. */
	put_key(origin, SLICE_NONE, &text);
	if (unlinkat(dir, SIGNED_FILE, 0) < 0 && errno != ENOENT)
		r = error_from_errno(errno);
	if (r == 0 && (r = file_sync_dir(dir)) == 0)
		r = install_key(dir, &text, ret_key);
	wipe(&text);
	return r;
}

int
log_key_rotate(int dir, struct note_key *ret_key)
{
	struct buf old = BUF(FILE_MAX), text = BUF(FILE_MAX);
	struct slice rest, origin, seed;
	char name[NOTE_NAME_MAX + 1];
	int r = file_read(dir, KEY_FILE, &old);

	rest = buf_slice(&old);
	if (r == 0 && (r = next_line(&rest, "origin", &origin)) == 0 &&
	    (r = next_line(&rest, "seed", &seed)) == 0) {
		/* Rotated again before both signed: the oldest signs along. */
		if (rest.n > 0)
			r = next_line(&rest, "previous", &seed);
	}
	if (r == 0) {
		(void)snprintf(name, sizeof(name), "%.*s", SLICE_ARG(origin));
		put_key(name, seed, &text);
		r = install_key(dir, &text, ret_key);
	}
	wipe(&old);
	wipe(&text);
	return r;
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
	    request->fence < key->last.fence || next->size == 0)
		return E_INCONSISTENT;
	if (key->last.size == 0)
		return 0;
	if (request->older != key->last.size || next->size < key->last.size)
		return E_INCONSISTENT;
	return tree_verify_consistency(key->last.size, next->size,
	    &key->last.root, &request->proof, &next->root);
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

/* The key before a rotation: a second line below the same text. */
static int
sign_along(struct log_key *key, struct slice text, struct buf *ret_note)
{
	uint8_t signature[NOTE_SIGNATURE_BYTES];
	int r = 0;

	if (crypto_sign_ed25519_detached(
		signature, NULL, text.p, text.n, key->previous_secret.p) != 0)
		r = E_CRYPTO;
	if (r == 0)
		r = note_put_signature(&key->previous, signature, ret_note);
	if (r == 0) {
		key->both_size = key->last.size;
		key->both_fence = key->last.fence;
	}
	return r;
}

/*
 * A core that goes on from the checkpoint that both signed has it: from here on
 * the new key signs alone, and the one before is gone.
 */
static int
drop_previous(struct log_key *key, const struct request *request)
{
	struct buf old = BUF(FILE_MAX), text = BUF(FILE_MAX);
	struct slice rest, origin, seed;
	int r;

	if (!key->has_previous || key->both_size == 0 ||
	    request->fence != key->both_fence ||
	    request->older != key->both_size)
		return 0;
	r = file_read(AT_FDCWD, KEY_FILE, &old);
	rest = buf_slice(&old);
	if (r == 0 && (r = next_line(&rest, "origin", &origin)) == 0 &&
	    (r = next_line(&rest, "seed", &seed)) == 0) {
		buf_printf(&text, "origin %.*s\nseed %.*s\n", SLICE_ARG(origin),
		    SLICE_ARG(seed));
		r = store_key(AT_FDCWD, &text);
	}
	wipe(&old);
	wipe(&text);
	if (r == 0) {
		secret_free(&key->previous_secret);
		key->has_previous = false;
	}
	return r;
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
		r = drop_previous(key, &request);
	if (r == 0)
		r = checkpoint_put(&request.checkpoint, &text);
	/* What was signed is remembered before anybody has the signature. */
	if (r == 0)
		r = store_signed(key, &request.checkpoint, request.fence);
	if (r == 0) {
		key->last.size = request.checkpoint.size;
		key->last.root = request.checkpoint.root;
		key->last.fence = request.fence;
		r = note_sign(buf_slice(&text), &signer, ret_note);
	}
	if (r == 0 && key->has_previous)
		r = sign_along(key, buf_slice(&text), ret_note);
	buf_free(&text);
	return r;
}
