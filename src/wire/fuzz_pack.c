/*
 * Fuzz target: a pack. The input is its body; the digest behind it is made
 * here, so that what is said in the body is read at all. What is read is what
 * would be written.
 */
#include "wire/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = BUF(PACK_BYTES_MAX), out = BUF(PACK_BYTES_MAX);
	struct digest digest = sha256(slice_of(data, size));
	struct arena arena = {.chunk = NULL};
	struct pack pack;

	buf_put(&in, data, size);
	buf_put_slice(&in, digest_slice(&digest));
	if (pack_read(buf_slice(&in), &arena, &pack) == 0) {
		for (size_t i = 0; i < pack.n; i++)
			BUG_ON(pack_find(&pack, pack.assets[i].path) !=
			       &pack.assets[i]);
		pack_put(&out, pack.assets, pack.n);
		BUG_ON(!slice_eq(buf_slice(&in), buf_slice(&out)));
	}
	arena_free(&arena);
	buf_free(&in);
	buf_free(&out);
	return 0;
}
