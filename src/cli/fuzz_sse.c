/*
 * Fuzz target: server-sent events, whole and cut in two where the bytes say.
 */
#include <stdlib.h>

#include "cli/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 256, DATA_MAX = 1024, OUT_MAX = 1 << 22 };

/* Takes all of a part, exactly as large as it is; false where it failed. */
static bool
take(struct sse *sse, struct slice part, struct buf *out)
{
	uint8_t *copy = malloc(part.n > 0 ? part.n : 1);
	struct slice in = slice_of(copy, part.n);
	enum parse_result r;
	struct sse_event event;

	BUG_ON(copy == NULL);
	if (part.n > 0)
		memcpy(copy, part.p, part.n);
	while ((r = sse_next(sse, &in, &event)) == PARSE_DONE) {
		BUG_ON(event.data.n > DATA_MAX);
		BUG_ON(slice_index(event.data, '\r') < event.data.n);
		BUG_ON(slice_index(event.id, '\0') < event.id.n);
		BUG_ON(slice_index(event.id, '\n') < event.id.n);
		buf_printf(out, "%zu %zu %zu ", event.id.n, event.type.n,
		    event.data.n);
		buf_put_slice(out, event.id);
		buf_put_slice(out, event.type);
		buf_put_slice(out, event.data);
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
	struct sse a, b;
	size_t cut;
	bool a_ok, b_ok;

	if (size == 0)
		return 0;
	in = slice_from(in, 1);
	cut = in.n * data[0] / UINT8_MAX;
	sse_init(&a, LINE_MAX_BYTES, DATA_MAX);
	sse_init(&b, LINE_MAX_BYTES, DATA_MAX);
	a_ok = take(&a, in, &whole);
	b_ok = take(&b, slice_first(in, cut), &split) &&
	       take(&b, slice_from(in, cut), &split);
	BUG_ON(a_ok != b_ok);
	BUG_ON(!slice_eq(buf_slice(&whole), buf_slice(&split)));
	sse_reset(&a);
	BUG_ON(a_ok && !take(&a, SLICE("\n\ndata: x\n\n"), &whole));
	sse_free(&a);
	sse_free(&b);
	buf_free(&whole);
	buf_free(&split);
	return 0;
}
