/*
 * Fuzz target: a mirror's stream, whole and cut in two where the bytes say.
 * What is read of it is, written again, what came.
 */
#include <stdlib.h>

#include "cli/mirror_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 22 };

/* Takes all of a part, exactly as large as it is; false where it failed. */
static bool
take(struct mirror_stream *stream, struct slice part, struct buf *out)
{
	uint8_t *copy = malloc(part.n > 0 ? part.n : 1);
	struct slice in = slice_of(copy, part.n);
	enum parse_result r;
	struct mirror_item item;

	BUG_ON(copy == NULL);
	if (part.n > 0)
		memcpy(copy, part.p, part.n);
	while ((r = mirror_stream_next(stream, &in, &item)) == PARSE_DONE) {
		buf_printf(out, "%s %llu %zu\n",
		    item.kind == MIRROR_LEAF ? "leaf" : "checkpoint",
		    (unsigned long long)item.number, item.bytes.n);
		buf_put_slice(out, item.bytes);
		buf_put_u8(out, '\n');
	}
	BUG_ON(r == PARSE_MORE && in.n != 0);
	free(copy);
	return r != PARSE_ERR;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF(OUT_MAX), split = BUF(OUT_MAX);
	struct slice in = slice_of(data, size);
	struct mirror_stream a, b;
	size_t cut;
	bool a_ok, b_ok;

	if (size == 0)
		return 0;
	in = slice_from(in, 1);
	cut = in.n * data[0] / UINT8_MAX;
	mirror_stream_init(&a);
	mirror_stream_init(&b);
	a_ok = take(&a, in, &whole);
	b_ok = take(&b, slice_first(in, cut), &split) &&
	       take(&b, slice_from(in, cut), &split);
	BUG_ON(a_ok != b_ok);
	BUG_ON(!slice_eq(buf_slice(&whole), buf_slice(&split)));
	BUG_ON(!slice_starts(in, buf_slice(&whole)));
	mirror_stream_free(&a);
	mirror_stream_free(&b);
	buf_free(&whole);
	buf_free(&split);
	return 0;
}
