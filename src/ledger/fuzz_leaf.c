/*
 * Fuzz target: a leaf of any bytes. What is read can be written, in no more
 * bytes, and reads the same from then on. (Fields of newer releases are left
 * out there, and so is a zero that was spelled out.)
 */
#include "ledger/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every reference of it leads where it says. */
static void
walk(const struct leaf *leaf)
{
	uint64_t cites[BUNDLE_CITED_MAX], proof[LEAF_PROOF_MAX];
	size_t n = bundle_cites(leaf, cites, ARRAY_SIZE(cites));

	for (size_t i = 0; i < n; i++) {
		BUG_ON(cites[i] == 0 || cites[i] == leaf->sequence);
		BUG_ON(i > 0 && cites[i] <= cites[i - 1]);
	}
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		BUG_ON(
		    leaf_slot(leaf, i) + o->n_texts != leaf_slot(leaf, i + 1));
		BUG_ON(leaf_proof_of(leaf, o, proof, ARRAY_SIZE(proof)) >
		       ARRAY_SIZE(proof));
		BUG_ON(o->n_proof > 0 && proof[0] != o->proof[0]);
		for (size_t k = 1; k < o->n_numbers; k++)
			BUG_ON(o->numbers[k].key <= o->numbers[k - 1].key);
		for (size_t k = 1; k < o->n_bytes; k++)
			BUG_ON(o->bytes[k].key <= o->bytes[k - 1].key);
		for (size_t k = 0; k < o->n_made; k++)
			BUG_ON(o->made[k].place >= REFS_A_LEAF);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = BUF(1 << 20), second = BUF(1 << 20);
	struct arena arena = {NULL};
	struct leaf leaf, again;

	if (leaf_decode(slice_of(data, size), &arena, &leaf) == 0) {
		BUG_ON(size > LEAF_BYTES_MAX);
		walk(&leaf);
		BUG_ON(leaf_encode(&leaf, &first) != 0);
		BUG_ON(first.n > size);
		BUG_ON(leaf_decode(buf_slice(&first), &arena, &again) != 0);
		BUG_ON(leaf_encode(&again, &second) != 0);
		BUG_ON(!slice_eq(buf_slice(&first), buf_slice(&second)));
	}
	buf_free(&first);
	buf_free(&second);
	arena_free(&arena);
	return 0;
}
