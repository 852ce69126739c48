#include "ledger/note.h"

#include <sodium.h>

#include "base/encode.h"
#include "ledger/tree.h"

enum {
	TYPE_ED25519 = 1,
	VKEY_ID_CHARS = 2 * NOTE_ID_BYTES,
	VKEY_BASE64_MAX = 64, /* far above 44, the length of type and key */
	ROOT_BASE64_CHARS = 44,
};

_Static_assert(NOTE_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(NOTE_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");

/* U+2014 and a space: how each signature's line begins. */
#define DASH SLICE("\xe2\x80\x94 ")

/* Characters of the property White_Space beyond ASCII, as UTF-8. */
static const char *const spaces[] = {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80",
    "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87",
    "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

/*
 * base64_decode, of ASCII only (libsodium 1.0.18 takes any byte from 0x80 on
 * for a slash), and of nothing at all: no bytes.
 */
static int
decode(struct slice text, struct buf *ret_bytes)
{
	if (text.n == 0)
		return 0;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 0x80)
			return E_SYNTAX;
	return base64_decode(text, ret_bytes);
}

/* signed-note, "Format": not empty, no Unicode spaces, no plus. */
static bool
name_is_valid(struct slice name)
{
	if (name.n == 0 || !slice_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == '+')
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
		if (memmem(name.p, name.n, spaces[i], strlen(spaces[i])) !=
		    NULL)
			return false;
	return true;
}

int
note_key_make(struct slice name,
    const uint8_t public_key[static NOTE_PUBLIC_BYTES],
    struct note_key *ret_key)
{
	static const uint8_t middle[] = {'\n', TYPE_ED25519};
	struct note_key key = {0};
	struct digest digest;

	if (!name_is_valid(name))
		return E_NAME;
	if (name.n > NOTE_NAME_MAX)
		return E_LIMIT;
	memcpy(key.name, name.p, name.n);
	memcpy(key.public_key, public_key, sizeof(key.public_key));
	/* signed-note, "Signatures": the key id. */
	digest = sha256_3(name, slice_of(middle, sizeof(middle)),
	    slice_of(public_key, NOTE_PUBLIC_BYTES));
	memcpy(key.id, digest.b, sizeof(key.id));
	*ret_key = key;
	return 0;
}

void
note_key_put(const struct note_key *key, struct buf *buf)
{
	uint8_t typed[1 + NOTE_PUBLIC_BYTES] = {TYPE_ED25519};

	memcpy(typed + 1, key->public_key, NOTE_PUBLIC_BYTES);
	buf_put_str(buf, key->name);
	buf_put_u8(buf, '+');
	buf_put_hex(buf, slice_of(key->id, sizeof(key->id)));
	buf_put_u8(buf, '+');
	buf_put_base64(buf, slice_of(typed, sizeof(typed)));
}

/* One key has one text: what was parsed must be what would be written. */
static int
check_canonical(const struct note_key *key, struct slice vkey)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	int r;

	note_key_put(key, &text);
	r = text.error;
	if (r == 0 && !slice_eq(buf_slice(&text), vkey))
		r = E_SYNTAX;
	buf_free(&text);
	return r;
}

int
note_key_parse(struct slice vkey, struct note_key *ret_key)
{
	struct slice rest = vkey, name, id;
	struct buf typed = BUF(VKEY_BASE64_MAX);
	struct note_key key;
	int r;

	if (vkey.n > NOTE_VKEY_MAX)
		return E_LIMIT;
	if (!slice_cut(&rest, '+', &name) || !slice_cut(&rest, '+', &id) ||
	    id.n != VKEY_ID_CHARS)
		return E_SYNTAX;
	r = decode(rest, &typed);
	/* Longer than Ed25519's is another type's. */
	if (r == E_LIMIT ||
	    (r == 0 && typed.n > 0 && typed.p[0] != TYPE_ED25519))
		r = E_KIND;
	else if (r == 0 && typed.n != 1 + NOTE_PUBLIC_BYTES)
		r = E_SYNTAX;
	if (r == 0)
		r = note_key_make(name, typed.p + 1, &key);
	if (r == 0)
		r = check_canonical(&key, vkey);
	buf_free(&typed);
	if (r == 0)
		*ret_key = key;
	return r;
}

/* signed-note, "Format": UTF-8, no control characters below U+0020 but \n. */
static bool
text_is_valid(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' && text.p[i] != '\n')
			return false;
	return text.n > 0 && text.p[text.n - 1] == '\n' && slice_is_utf8(text);
}

/* Of a line without its newline; scratch is used to decode. */
static int
parse_signature(
    struct slice line, struct buf *scratch, struct note_signature *ret)
{
	int r;

	if (!slice_starts(line, DASH))
		return E_SYNTAX;
	line = slice_from(line, DASH.n);
	if (!slice_cut(&line, ' ', &ret->name) || !name_is_valid(ret->name))
		return E_SYNTAX;
	buf_clear(scratch);
	if ((r = decode(line, scratch)) < 0)
		return r;
	if (scratch->n <= NOTE_ID_BYTES)
		return E_SYNTAX;
	memcpy(ret->id, scratch->p, NOTE_ID_BYTES);
	ret->base64 = line;
	return 0;
}

static int
parse_signatures(struct slice lines, struct note *note)
{
	struct buf scratch = BUF(NOTE_MAX);
	struct slice line;
	int r = 0;

	while (r == 0 && slice_cut(&lines, '\n', &line)) {
		if (note->n == NOTE_SIGNATURES_MAX)
			r = E_LIMIT;
		else
			r = parse_signature(
			    line, &scratch, &note->signature[note->n++]);
	}
	buf_free(&scratch);
	return r;
}

int
note_parse(struct slice bytes, struct note *ret_note)
{
	struct note note = {0};
	const uint8_t *gap = NULL;
	int r;

	if (bytes.n > NOTE_MAX)
		return E_LIMIT;
	if (!text_is_valid(bytes))
		return E_SYNTAX;
	/* The text may hold empty lines too: the last one ends it. */
	for (size_t i = bytes.n - 1; i > 0 && gap == NULL; i--)
		if (bytes.p[i] == '\n' && bytes.p[i - 1] == '\n')
			gap = &bytes.p[i];
	if (gap == NULL)
		return E_SYNTAX;
	note.text = slice_first(bytes, (size_t)(gap - bytes.p));
	r = parse_signatures(slice_from(bytes, note.text.n + 1), &note);
	if (r == 0 && note.n == 0)
		r = E_SYNTAX;
	if (r == 0)
		*ret_note = note;
	return r;
}

static bool
signed_by(const struct note_signature *signature, const struct note_key *key)
{
	return memcmp(signature->id, key->id, sizeof(key->id)) == 0 &&
	       slice_eq(signature->name, slice_str(key->name));
}

static int
verify_signature(const struct note *note,
    const struct note_signature *signature, const struct note_key *key)
{
	struct buf bytes = BUF(NOTE_MAX);
	int r = decode(signature->base64, &bytes);

	if (r == 0 &&
	    (bytes.n != NOTE_ID_BYTES + NOTE_SIGNATURE_BYTES ||
		crypto_sign_verify_detached(bytes.p + NOTE_ID_BYTES,
		    note->text.p, note->text.n, key->public_key) != 0))
		r = E_DIGEST;
	buf_free(&bytes);
	return r;
}

int
note_verify(const struct note *note, const struct note_key *keys, size_t n_keys,
    uint64_t *ret_signers)
{
	uint64_t signers = 0;
	int r;

	BUG_ON(n_keys > NOTE_KEYS_MAX);
	for (size_t i = 0; i < note->n; i++) {
		for (size_t k = 0; k < n_keys; k++) {
			if (!signed_by(&note->signature[i], &keys[k]))
				continue;
			r = verify_signature(
			    note, &note->signature[i], &keys[k]);
			if (r < 0)
				return r;
			signers |= UINT64_C(1) << k;
		}
	}
	if (signers == 0)
		return E_UNAUTHENTICATED;
	*ret_signers = signers;
	return 0;
}

int
note_put_text(struct slice text, struct buf *ret_note)
{
	if (!text_is_valid(text))
		return E_SYNTAX;
	buf_put_slice(ret_note, text);
	buf_put_u8(ret_note, '\n');
	return ret_note->error;
}

int
note_put_signature(const struct note_key *key,
    const uint8_t signature[static NOTE_SIGNATURE_BYTES], struct buf *ret_note)
{
	uint8_t bytes[NOTE_ID_BYTES + NOTE_SIGNATURE_BYTES];

	memcpy(bytes, key->id, NOTE_ID_BYTES);
	memcpy(bytes + NOTE_ID_BYTES, signature, NOTE_SIGNATURE_BYTES);
	buf_put_slice(ret_note, DASH);
	buf_put_str(ret_note, key->name);
	buf_put_u8(ret_note, ' ');
	buf_put_base64(ret_note, slice_of(bytes, sizeof(bytes)));
	buf_put_u8(ret_note, '\n');
	return ret_note->error;
}

int
note_sign(
    struct slice text, const struct note_signer *signer, struct buf *ret_note)
{
	uint8_t signature[NOTE_SIGNATURE_BYTES];
	int r;

	if (!text_is_valid(text))
		return E_SYNTAX;
	if ((r = signer->sign(signer->arg, text, signature)) < 0)
		return r;
	/* What goes out is what a verifier will accept, or nothing. */
	if (crypto_sign_verify_detached(
		signature, text.p, text.n, signer->key->public_key) != 0)
		return E_CRYPTO;
	if ((r = note_put_text(text, ret_note)) < 0)
		return r;
	return note_put_signature(signer->key, signature, ret_note);
}

int
checkpoint_put(const struct checkpoint *checkpoint, struct buf *ret_text)
{
	if (!name_is_valid(checkpoint->origin))
		return E_NAME;
	if (checkpoint->extensions.n > 0 || checkpoint->size > TREE_SIZE_MAX)
		return E_INVALID;
	buf_put_slice(ret_text, checkpoint->origin);
	buf_put_u8(ret_text, '\n');
	buf_put_u64(ret_text, checkpoint->size);
	buf_put_u8(ret_text, '\n');
	buf_put_base64(ret_text, digest_slice(&checkpoint->root));
	buf_put_u8(ret_text, '\n');
	return ret_text->error;
}

static int
parse_root(struct slice line, struct digest *ret_root)
{
	struct buf bytes = BUF(ROOT_BASE64_CHARS);
	int r;

	if (line.n != ROOT_BASE64_CHARS)
		return E_SYNTAX;
	r = decode(line, &bytes);
	if (r == 0 && bytes.n != sizeof(ret_root->b))
		r = E_SYNTAX;
	if (r == 0)
		memcpy(ret_root->b, bytes.p, sizeof(ret_root->b));
	buf_free(&bytes);
	return r;
}

/* tlog-checkpoint, "Note text": opaque lines, of which none is empty. */
static bool
extensions_are_valid(struct slice lines)
{
	struct slice line;

	while (slice_cut(&lines, '\n', &line))
		if (line.n == 0)
			return false;
	return line.n == 0;
}

int
checkpoint_parse(struct slice text, struct checkpoint *ret_checkpoint)
{
	struct checkpoint checkpoint = {0};
	struct slice size, root;
	int r;

	if (!slice_cut(&text, '\n', &checkpoint.origin) ||
	    !slice_cut(&text, '\n', &size) || !slice_cut(&text, '\n', &root) ||
	    checkpoint.origin.n == 0 || !extensions_are_valid(text))
		return E_SYNTAX;
	checkpoint.extensions = text;
	if ((r = slice_u64(size, TREE_SIZE_MAX, &checkpoint.size)) < 0 ||
	    (r = parse_root(root, &checkpoint.root)) < 0)
		return r;
	*ret_checkpoint = checkpoint;
	return 0;
}

int
checkpoint_open(struct slice note, const struct note_key *keys, size_t n_keys,
    struct checkpoint *ret_checkpoint)
{
	struct checkpoint checkpoint;
	struct note parsed;
	uint64_t signers;
	int r;

	if ((r = note_parse(note, &parsed)) < 0 ||
	    (r = note_verify(&parsed, keys, n_keys, &signers)) < 0 ||
	    (r = checkpoint_parse(parsed.text, &checkpoint)) < 0)
		return r;
	/* tlog-checkpoint, "Signatures": the log's key is named as its origin.
	 */
	for (size_t k = 0; k < n_keys; k++) {
		if ((signers >> k & 1) != 0 &&
		    slice_eq(checkpoint.origin, slice_str(keys[k].name))) {
			*ret_checkpoint = checkpoint;
			return 0;
		}
	}
	return E_UNAUTHENTICATED;
}
