#include "cli/proof.h"

#include <fcntl.h>

#include "base/encode.h"
#include "base/file.h"

enum { KEY_FILE_MAX = NOTE_VKEY_MAX + 16 };

/* ---- proofs
 * ------------------------------------------------------------------ */

static int
take_hash(struct slice line, struct tree_proof *to)
{
	struct buf bytes = BUF(SHA256_BYTES);
	int r = to->n < TREE_PROOF_MAX ? base64_decode(line, &bytes) : E_SYNTAX;

	if (r == 0 && bytes.n != SHA256_BYTES)
		r = E_SYNTAX;
	if (r == 0)
		memcpy(to->hash[to->n++].b, bytes.p, SHA256_BYTES);
	buf_free(&bytes);
	return r == 0 ? 0 : E_SYNTAX;
}

static int
take_index(struct slice *text, uint64_t *ret_index)
{
	struct slice line, word;

	if (!slice_cut(text, '\n', &line))
		return E_SYNTAX;
	/* An optional line of the log's own. */
	if (slice_starts(line, SLICE("extra ")) &&
	    !slice_cut(text, '\n', &line))
		return E_SYNTAX;
	if (!slice_cut(&line, ' ', &word) || !slice_eq(word, SLICE("index")))
		return E_SYNTAX;
	return slice_u64(line, TREE_SIZE_MAX, ret_index) < 0 ? E_SYNTAX : 0;
}

int
proof_parse(struct slice text, struct proof *ret_proof)
{
	struct proof proof = {.index = 0};
	struct slice line;
	int r;

	if (!slice_cut(&text, '\n', &line) ||
	    !slice_eq(line, SLICE("c2sp.org/tlog-proof@v1")))
		return E_SYNTAX;
	if ((r = take_index(&text, &proof.index)) < 0)
		return r;
	for (;;) {
		if (!slice_cut(&text, '\n', &line))
			return E_SYNTAX;
		if (line.n == 0)
			break;
		if ((r = take_hash(line, &proof.hashes)) < 0)
			return r;
	}
	proof.checkpoint = text;
	*ret_proof = proof;
	return 0;
}

int
proof_check(const struct proof *proof, struct slice leaf,
    const struct note_key *key, struct checkpoint *ret_checkpoint)
{
	struct digest hash = tree_leaf_hash(leaf);
	struct checkpoint checkpoint;
	int r = checkpoint_open(proof->checkpoint, key, 1, &checkpoint);

	if (r == 0)
		r = tree_verify_inclusion(proof->index, checkpoint.size, &hash,
		    &proof->hashes, &checkpoint.root);
	if (r == 0)
		*ret_checkpoint = checkpoint;
	return r;
}

/* ---- keys
 * -------------------------------------------------------------------- */

int
proof_read_key(const char *given, struct note_key *ret_key)
{
	struct buf text = BUF(KEY_FILE_MAX);
	struct slice line, rest;
	int r = note_key_parse(slice_str(given), ret_key);

	if (r == 0)
		return 0;
	r = file_read(AT_FDCWD, given, &text);
	rest = buf_slice(&text);
	(void)slice_cut(&rest, '\n', &line);
	if (r == 0)
		r = rest.n > 0 ? E_SYNTAX : note_key_parse(line, ret_key);
	buf_free(&text);
	return r;
}
