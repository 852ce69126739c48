/*
 * Fuzz target: CBOR of any bytes. What the getters accept, the writers spell
 * with the same bytes: there is one form of each thing. What is stepped over
 * has the same length as what is read.
 */
#include "wire/cbor.h"

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20, DEPTH_MAX = 8 };

static void copy_item(struct cbor_reader *r, struct buf *out, unsigned depth);

/* -1 - n for an n above INT64_MAX is no int64_t: it can only be stepped over.
 */
static void
copy_int(struct cbor_reader *r, struct buf *out)
{
	struct cbor_reader other = *r;
	int64_t value = cbor_get_int(r);

	if (r->error == 0) {
		cbor_put_int(out, value);
	} else {
		*r = other;
		buf_put_slice(out, cbor_skip(r));
	}
}

static void
copy_elements(struct cbor_reader *r, struct buf *out, size_t n, unsigned depth)
{
	/* Each takes a byte at least: no count is larger than what is left. */
	BUG_ON(r->error == 0 && n > r->in.n);
	if (n > 0 && depth == DEPTH_MAX) {
		r->error = E_SYNTAX;
		return;
	}
	for (size_t i = 0; i < n && r->error == 0; i++)
		copy_item(r, out, depth + 1);
}

static void
copy_item(struct cbor_reader *r, struct buf *out, unsigned depth)
{
	size_t n;

	switch (cbor_peek(r)) {
	case CBOR_UINT:
		cbor_put_uint(out, cbor_get_uint(r));
		break;
	case CBOR_NEGATIVE:
		copy_int(r, out);
		break;
	case CBOR_BYTES:
		cbor_put_bytes(out, cbor_get_bytes(r));
		break;
	case CBOR_TEXT:
		cbor_put_text(out, cbor_get_text(r));
		break;
	case CBOR_ARRAY:
		n = cbor_get_array(r);
		cbor_put_array(out, n);
		copy_elements(r, out, n, depth);
		break;
	case CBOR_MAP:
		n = cbor_get_map(r);
		cbor_put_map(out, n);
		copy_elements(r, out, 2 * n, depth);
		break;
	case CBOR_BOOL:
		cbor_put_bool(out, cbor_get_bool(r));
		break;
	case CBOR_NULL:
		cbor_get_null(r);
		cbor_put_null(out);
		break;
	case CBOR_NONE:
		r->error = E_SYNTAX;
		break;
	}
}

/* Every getter, on whatever comes: an error sticks and gives nothing. */
static void
try_getters(struct slice in)
{
	for (unsigned which = 0; which < 9; which++) {
		struct cbor_reader r = cbor_reader(in);
		uint64_t value = 0;
		struct slice s = SLICE_NONE;

		switch (which) {
		case 0:
			value = cbor_get_uint(&r);
			break;
		case 1:
			value = (uint64_t)cbor_get_int(&r);
			break;
		case 2:
			value = cbor_get_uint_max(&r, 1000);
			BUG_ON(value > 1000);
			break;
		case 3:
			s = cbor_get_bytes(&r);
			break;
		case 4:
			s = cbor_get_text(&r);
			BUG_ON(!slice_is_utf8(s));
			break;
		case 5:
			value = cbor_get_bool(&r);
			break;
		case 6:
			value = cbor_get_array(&r);
			break;
		case 7:
			value = cbor_get_map(&r);
			break;
		default:
			cbor_get_null(&r);
		}
		BUG_ON(r.in.n > in.n || s.n > in.n);
		BUG_ON(r.error == 0 && r.in.n == in.n);
		BUG_ON(r.error != 0 && (value != 0 || s.n != 0));
		BUG_ON(r.error != 0 && cbor_peek(&r) != CBOR_NONE);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size), skipped;
	struct cbor_reader read = cbor_reader(in), skip = cbor_reader(in);
	struct buf out = BUF(OUT_MAX);

	try_getters(in);
	copy_item(&read, &out, 0);
	skipped = cbor_skip(&skip);
	BUG_ON((read.error == 0) != (skip.error == 0));
	if (read.error == 0) {
		BUG_ON(read.in.n != skip.in.n);
		BUG_ON(!slice_eq(buf_slice(&out), skipped));
		BUG_ON(!slice_eq(skipped, slice_first(in, skipped.n)));
	}
	buf_free(&out);
	return 0;
}
