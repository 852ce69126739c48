/*
 * Fuzz target: passwords of any bytes. What comes out is valid, and comes out
 * as it is when it goes in again.
 */
#include "base/base.h"
#include "core/opaque.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf once = BUF_SECRET(1 << 16), twice = BUF_SECRET(1 << 16);

	if (opaque_prepare(in, &once) == 0) {
		BUG_ON(!slice_is_utf8(in) || once.n == 0);
		BUG_ON(!slice_is_utf8(buf_slice(&once)));
		BUG_ON(opaque_prepare(buf_slice(&once), &twice) < 0);
		BUG_ON(!slice_eq(buf_slice(&once), buf_slice(&twice)));
	}
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
