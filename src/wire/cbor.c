#include "wire/cbor.h"

/* Major types and simple values: RFC 8949, sections 3.1 and 3.3. */
enum {
	MAJOR_UINT = 0,
	MAJOR_NEGATIVE = 1,
	MAJOR_BYTES = 2,
	MAJOR_TEXT = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
	MAJOR_SIMPLE = 7,
	SIMPLE_FALSE = 20,
	SIMPLE_TRUE = 21,
	SIMPLE_NULL = 22,
	INFO_DIRECT_MAX = 23,
	DEPTH_MAX = 8,
};

static void
put_head(struct buf *buf, unsigned major, uint64_t value)
{
	uint8_t head[9], top = (uint8_t)(major << 5);
	size_t n = value <= INFO_DIRECT_MAX ? 0
	           : value <= UINT8_MAX     ? 1
	           : value <= UINT16_MAX    ? 2
	           : value <= UINT32_MAX    ? 4
	                                    : 8;

	if (n == 0) {
		buf_put_u8(buf, (uint8_t)(top | value));
		return;
	}
	head[0] = (uint8_t)(top | (24 + __builtin_ctz((unsigned)n)));
	for (size_t i = 0; i < n; i++)
		head[1 + i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	buf_put(buf, head, 1 + n);
}

void
cbor_put_uint(struct buf *buf, uint64_t value)
{
	put_head(buf, MAJOR_UINT, value);
}

void
cbor_put_int(struct buf *buf, int64_t value)
{
	if (value >= 0)
		put_head(buf, MAJOR_UINT, (uint64_t)value);
	else
		put_head(buf, MAJOR_NEGATIVE, ~(uint64_t)value);
}

void
cbor_put_bytes(struct buf *buf, struct slice value)
{
	put_head(buf, MAJOR_BYTES, value.n);
	buf_put_slice(buf, value);
}

void
cbor_put_text(struct buf *buf, struct slice value)
{
	put_head(buf, MAJOR_TEXT, value.n);
	buf_put_slice(buf, value);
}

void
cbor_put_bool(struct buf *buf, bool value)
{
	put_head(buf, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void
cbor_put_null(struct buf *buf)
{
	put_head(buf, MAJOR_SIMPLE, SIMPLE_NULL);
}

void
cbor_put_array(struct buf *buf, size_t count)
{
	put_head(buf, MAJOR_ARRAY, count);
}

void
cbor_put_map(struct buf *buf, size_t count)
{
	put_head(buf, MAJOR_MAP, count);
}

size_t
cbor_open_map(struct buf *buf)
{
	size_t place = buf->n;

	cbor_put_map(buf, 0);
	return place;
}

void
cbor_close_map(struct buf *buf, size_t place, size_t count)
{
	BUG_ON(count > INFO_DIRECT_MAX);
	if (buf->error == 0)
		buf->p[place] = (uint8_t)(MAJOR_MAP << 5 | count);
}

static void
fail(struct cbor_reader *r)
{
	r->error = E_SYNTAX;
	r->in = SLICE_NONE;
}

/*
 * Reads one head. The shortest form is the only one (4.2.1); additional
 * information above 27 (reserved, indefinite) is refused.
 */
static uint64_t
get_head(struct cbor_reader *r, unsigned *ret_major)
{
	static const uint64_t least[] = {
	    24, UINT8_MAX + 1u, UINT16_MAX + 1u, (uint64_t)UINT32_MAX + 1};
	unsigned info;
	uint64_t value = 0;
	size_t n;

	*ret_major = 0;
	if (r->in.n == 0) {
		fail(r);
		return 0;
	}
	*ret_major = r->in.p[0] >> 5;
	info = r->in.p[0] & 31;
	r->in = slice_from(r->in, 1);
	if (info <= INFO_DIRECT_MAX)
		return info;
	n = info <= 27 ? (size_t)1 << (info - 24) : SIZE_MAX;
	if (r->in.n < n) {
		fail(r);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		value = value << 8 | r->in.p[i];
	if (value < least[info - 24]) {
		fail(r);
		return 0;
	}
	r->in = slice_from(r->in, n);
	return value;
}

static uint64_t
get_typed(struct cbor_reader *r, unsigned want)
{
	unsigned major;
	uint64_t value = get_head(r, &major);

	if (major == want && r->error == 0)
		return value;
	fail(r);
	return 0;
}

enum cbor_type
cbor_peek(const struct cbor_reader *r)
{
	static const enum cbor_type types[] = {[MAJOR_UINT] = CBOR_UINT,
	    [MAJOR_NEGATIVE] = CBOR_NEGATIVE,
	    [MAJOR_BYTES] = CBOR_BYTES,
	    [MAJOR_TEXT] = CBOR_TEXT,
	    [MAJOR_ARRAY] = CBOR_ARRAY,
	    [MAJOR_MAP] = CBOR_MAP,
	    [6] = CBOR_NONE,
	    [MAJOR_SIMPLE] = CBOR_NONE};
	uint8_t head;

	if (r->in.n == 0)
		return CBOR_NONE;
	head = r->in.p[0];
	if (head == (MAJOR_SIMPLE << 5 | SIMPLE_NULL))
		return CBOR_NULL;
	if (head == (MAJOR_SIMPLE << 5 | SIMPLE_TRUE) ||
	    head == (MAJOR_SIMPLE << 5 | SIMPLE_FALSE))
		return CBOR_BOOL;
	return types[head >> 5];
}

uint64_t
cbor_get_uint(struct cbor_reader *r)
{
	return get_typed(r, MAJOR_UINT);
}

uint64_t
cbor_get_uint_max(struct cbor_reader *r, uint64_t max)
{
	uint64_t value = get_typed(r, MAJOR_UINT);

	if (value <= max)
		return value;
	fail(r);
	return 0;
}

int64_t
cbor_get_int(struct cbor_reader *r)
{
	unsigned major;
	uint64_t value = get_head(r, &major);

	if (major > MAJOR_NEGATIVE || value > INT64_MAX)
		fail(r);
	if (r->error != 0)
		return 0;
	return major == MAJOR_UINT ? (int64_t)value : ~(int64_t)value;
}

static struct slice
get_string(struct cbor_reader *r, unsigned major)
{
	uint64_t n = get_typed(r, major);
	struct slice s;

	if (n > r->in.n)
		fail(r);
	if (r->error != 0)
		return SLICE_NONE;
	/* An empty string is one, at the end of the input too. */
	s = n > 0 ? slice_first(r->in, (size_t)n) : SLICE("");
	r->in = slice_from(r->in, (size_t)n);
	return s;
}

struct slice
cbor_get_bytes(struct cbor_reader *r)
{
	return get_string(r, MAJOR_BYTES);
}

struct slice
cbor_get_text(struct cbor_reader *r)
{
	struct slice s = get_string(r, MAJOR_TEXT);

	if (slice_is_utf8(s))
		return s;
	fail(r);
	return SLICE_NONE;
}

bool
cbor_get_bool(struct cbor_reader *r)
{
	uint64_t value = get_typed(r, MAJOR_SIMPLE);

	if (value != SIMPLE_TRUE && value != SIMPLE_FALSE)
		fail(r);
	return r->error == 0 && value == SIMPLE_TRUE;
}

void
cbor_get_null(struct cbor_reader *r)
{
	if (get_typed(r, MAJOR_SIMPLE) != SIMPLE_NULL)
		fail(r);
}

static size_t
get_count(struct cbor_reader *r, unsigned major, size_t bytes_each)
{
	uint64_t count = get_typed(r, major);

	/* Each element takes a byte at least: no count can lie about memory. */
	if (count <= r->in.n / bytes_each)
		return (size_t)count;
	fail(r);
	return 0;
}

size_t
cbor_get_array(struct cbor_reader *r)
{
	return get_count(r, MAJOR_ARRAY, 1);
}

size_t
cbor_get_map(struct cbor_reader *r)
{
	return get_count(r, MAJOR_MAP, 2);
}

int64_t
cbor_get_key(struct cbor_reader *r, int64_t last)
{
	int64_t key = (int64_t)cbor_get_uint_max(r, INT64_MAX);

	if (r->error == 0 && key > last)
		return key;
	fail(r);
	return -1;
}

static void
skip(struct cbor_reader *r, unsigned depth)
{
	size_t count = 0;

	switch (cbor_peek(r)) {
	case CBOR_UINT:
	case CBOR_NEGATIVE: {
		unsigned major;

		(void)get_head(r, &major);
		return;
	}
	case CBOR_BYTES:
		(void)cbor_get_bytes(r);
		return;
	case CBOR_TEXT:
		(void)cbor_get_text(r);
		return;
	case CBOR_BOOL:
		(void)cbor_get_bool(r);
		return;
	case CBOR_NULL:
		cbor_get_null(r);
		return;
	case CBOR_ARRAY:
		count = cbor_get_array(r);
		break;
	case CBOR_MAP:
		count = 2 * cbor_get_map(r);
		break;
	case CBOR_NONE:
		fail(r);
		return;
	}
	if (depth >= DEPTH_MAX && count > 0)
		fail(r);
	for (size_t i = 0; i < count && r->error == 0; i++)
		skip(r, depth + 1);
}

struct slice
cbor_skip(struct cbor_reader *r)
{
	struct slice from = r->in;

	skip(r, 0);
	if (r->error != 0)
		return SLICE_NONE;
	return slice_first(from, from.n - r->in.n);
}

int
cbor_end(const struct cbor_reader *r)
{
	return r->error == 0 && r->in.n == 0 ? 0 : E_SYNTAX;
}
