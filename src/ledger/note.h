/*
 * Signed notes (C2SP signed-note v1.0.0) with Ed25519, and the checkpoint that
 * is a log's note (C2SP tlog-checkpoint v1.0.0).
 *
 * Notes come from mirrors, witnesses and files: all of one may be an
 * attacker's. Its text means nothing until note_verify has found a known key's
 * signature. Private keys never come here: a callback signs, in another
 * process.
 */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include "base/buf.h"
#include "base/hash.h"

enum {
	NOTE_MAX = 1 << 20,       /* bytes of a whole note */
	NOTE_SIGNATURES_MAX = 64, /* in one note; 16 are the least to accept */
	NOTE_KEYS_MAX = 64,       /* that one call of note_verify may know */
	NOTE_NAME_MAX = 255,      /* bytes of a known key's name */
	NOTE_VKEY_MAX = 512,      /* bytes of a key's text */
	NOTE_ID_BYTES = 4,
	NOTE_PUBLIC_BYTES = 32,
	NOTE_SIGNATURE_BYTES = 64,
};

/* A key that may have signed. It holds no pointer: copies are assignments. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[NOTE_ID_BYTES];
	uint8_t public_key[NOTE_PUBLIC_BYTES];
};

/*
 * The key of that name, which may not be empty nor hold spaces, '+' or control
 * characters. E_NAME, or E_LIMIT where it is too long.
 */
int note_key_make(struct slice name,
    const uint8_t public_key[static NOTE_PUBLIC_BYTES],
    struct note_key *ret_key);

/* A key's text (vkey): "name+530d903a+AekyeRrm56h...", without a newline. */
void note_key_put(const struct note_key *key, struct buf *buf);

/*
 * The key of such a text, accepted only as note_key_put writes it. E_SYNTAX,
 * E_KIND where it is no Ed25519 key, E_NAME, E_LIMIT, E_NOMEM.
 */
int note_key_parse(struct slice vkey, struct note_key *ret_key);

struct note_signature {
	struct slice name;
	uint8_t id[NOTE_ID_BYTES];
	struct slice base64; /* of id and signature */
};

/* A parsed note; slices point into what was parsed. */
struct note {
	struct slice text; /* with its last newline */
	size_t n;
	struct note_signature signature[NOTE_SIGNATURES_MAX];
};

/* Splits a note; checks no signature. E_SYNTAX, E_LIMIT, E_NOMEM. */
int note_parse(struct slice bytes, struct note *ret_note);

/*
 * Checks each signature that bears the name and id of one of the keys, and
 * ignores all others. *ret_signers gets bit i for keys[i]. E_DIGEST where a
 * known key's signature is wrong, E_UNAUTHENTICATED where no key signed,
 * E_NOMEM. n_keys is at most NOTE_KEYS_MAX (a bug).
 */
int note_verify(const struct note *note, const struct note_key *keys,
    size_t n_keys, uint64_t *ret_signers);

/* Signs text with one key. Its errors are passed on. */
struct note_signer {
	const struct note_key *key;
	int (*sign)(void *arg, struct slice text,
	    uint8_t ret_signature[static NOTE_SIGNATURE_BYTES]);
	void *arg;
};

/*
 * Appends the note of text, signed. E_SYNTAX where text can't be a note's (it
 * ends in a newline, is UTF-8, has no other control characters), E_CRYPTO where
 * the signer's signature isn't its key's, or the buffer's error.
 */
int note_sign(
    struct slice text, const struct note_signer *signer, struct buf *ret_note);

/*
 * The parts of it, for a signature that comes later: text and empty line; then
 * a signature's line, as often as there are signers. The same errors.
 */
int note_put_text(struct slice text, struct buf *ret_note);
int note_put_signature(const struct note_key *key,
    const uint8_t signature[static NOTE_SIGNATURE_BYTES], struct buf *ret_note);

struct checkpoint {
	struct slice origin;
	uint64_t size;
	struct digest root;
	struct slice extensions; /* whole lines; none in what we write */
};

/*
 * Appends a checkpoint's text. E_NAME where the origin can't be its key's name
 * too, E_INVALID where there are extensions or the size is above TREE_SIZE_MAX,
 * or the buffer's error.
 */
int checkpoint_put(const struct checkpoint *checkpoint, struct buf *ret_text);

/*
 * The checkpoint that text is; slices point into it. text is a parsed note's.
 * E_SYNTAX, E_LIMIT (size above TREE_SIZE_MAX), E_NOMEM.
 */
int checkpoint_parse(struct slice text, struct checkpoint *ret_checkpoint);

/*
 * A whole signed checkpoint: parsed, verified, and signed by a known key that
 * is named as its origin. The errors of note_parse, note_verify and
 * checkpoint_parse; E_UNAUTHENTICATED also where only other keys signed.
 */
int checkpoint_open(struct slice note, const struct note_key *keys,
    size_t n_keys, struct checkpoint *ret_checkpoint);

#endif
