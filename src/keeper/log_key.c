#include "keeper/log_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "keeper/key_file.h"
#include "ledger/sign_request.h"

#define KEY_FILE "log.key"
#define SIGNED_FILE "signed"

enum { FILE_MAX = 4096, SEED_BYTES = crypto_sign_ed25519_SEEDBYTES };

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
	struct key_file file;
	int r = key_file_read(text, &file);

	if (r == 0)
		r = take_seed(file.origin, file.seed, &key->key, &key->secret);
	if (r == 0 && file.previous.n > 0) {
		r = take_seed(file.origin, file.previous, &key->previous,
		    &key->previous_secret);
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
put_key(struct slice origin, struct slice previous, struct buf *text)
{
	uint8_t seed[SEED_BYTES];
	struct buf hex = BUF(2 * SEED_BYTES);

	randombytes_buf(seed, sizeof(seed));
	buf_put_hex(&hex, slice_of(seed, sizeof(seed)));
	key_file_put(
	    text, &(struct key_file){origin, buf_slice(&hex), previous});
	if (hex.error != 0)
		text->error = hex.error;
	wipe(&hex);
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
		put_key(slice_str(origin), SLICE_NONE, &text);
		r = store_key(AT_FDCWD, &text);
	}
	if (r == 0)
		r = parse_key(buf_slice(&text), key);
	wipe(&text);
	return r;
}

/* ---- what was signed last
 * ----------------------------------------------------- */

int
log_key_read_signed(int dir, struct log_key_signed *ret_signed)
{
	struct buf text = BUF(FILE_MAX);
	int r = file_read(dir, SIGNED_FILE, &text);

	if (r == 0)
		r = signed_file_read(buf_slice(&text), ret_signed);
	buf_free(&text);
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
store_signed(const struct log_key_signed *next)
{
	struct buf text = BUF(FILE_MAX);
	int r;

	signed_file_put(&text, next);
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
	put_key(slice_str(origin), SLICE_NONE, &text);
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
	struct key_file file;
	int r = file_read(dir, KEY_FILE, &old);

	if (r == 0)
		r = key_file_read(buf_slice(&old), &file);
	if (r == 0) {
		/* Rotated again before both signed: the oldest signs along. */
		put_key(file.origin,
		    file.previous.n > 0 ? file.previous : file.seed, &text);
		r = install_key(dir, &text, ret_key);
	}
	wipe(&old);
	wipe(&text);
	return r;
}

/* ---- signing
 * --------------------------------------------------------------------- */

/* Whether it continues what was signed last; without that, anything does. */
static int
check(const struct log_key *key, const struct sign_request *request)
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
drop_previous(struct log_key *key, const struct sign_request *request)
{
	struct buf old = BUF(FILE_MAX), text = BUF(FILE_MAX);
	struct key_file file;
	int r;

	if (!key->has_previous || key->both_size == 0 ||
	    request->fence != key->both_fence ||
	    request->older != key->both_size)
		return 0;
	r = file_read(AT_FDCWD, KEY_FILE, &old);
	if (r == 0)
		r = key_file_read(buf_slice(&old), &file);
	if (r == 0) {
		file.previous = SLICE_NONE;
		key_file_put(&text, &file);
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
	struct sign_request request;
	struct log_key_signed next = key->last;
	int r = sign_request_get(body, &request);

	if (r == 0)
		r = check(key, &request);
	if (r == 0)
		r = drop_previous(key, &request);
	if (r == 0)
		r = checkpoint_put(&request.checkpoint, &text);
	/* What was signed is remembered before anybody has the signature. */
	if (r == 0) {
		(void)snprintf(
		    next.origin, sizeof(next.origin), "%s", key->key.name);
		next.size = request.checkpoint.size;
		next.root = request.checkpoint.root;
		next.fence = request.fence;
		r = store_signed(&next);
	}
	if (r == 0) {
		key->last = next;
		r = note_sign(buf_slice(&text), &signer, ret_note);
	}
	if (r == 0 && key->has_previous)
		r = sign_along(key, buf_slice(&text), ret_note);
	buf_free(&text);
	return r;
}
