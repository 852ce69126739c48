/*
 * CBOR as the project uses it: RFC 8949 with the core deterministic encoding of
 * section 4.2.1 (shortest forms, definite lengths, map keys ascending), without
 * tags and floating point. So that equal things are equal bytes, the reader
 * refuses whatever is encoded in another way.
 */
#ifndef WIRE_CBOR_H
#define WIRE_CBOR_H

#include "base/buf.h"
#include "base/slice.h"

enum cbor_type {
	CBOR_NONE, /* at the end, or after an error */
	CBOR_UINT,
	CBOR_NEGATIVE,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_BOOL,
	CBOR_NULL,
};

/* Writers; errors stick to the buffer. */
void cbor_put_uint(struct buf *buf, uint64_t value);
void cbor_put_int(struct buf *buf, int64_t value);
void cbor_put_bytes(struct buf *buf, struct slice value);
void cbor_put_text(struct buf *buf, struct slice value);
void cbor_put_bool(struct buf *buf, bool value);
void cbor_put_null(struct buf *buf);
void cbor_put_array(struct buf *buf, size_t count);
void cbor_put_map(struct buf *buf, size_t count);

/*
 * A map whose count is known only at its end: open gives a place that close
 * needs, with the count, at most 23. Keys must come ascending.
 */
size_t cbor_open_map(struct buf *buf);
void cbor_close_map(struct buf *buf, size_t place, size_t count);

/*
 * A reader over a slice. Errors stick (E_SYNTAX): after one, every getter gives
 * zero or an empty slice, so that a run of them is checked once, at its end.
 */
struct cbor_reader {
	struct slice in; /* what is left */
	int error;
};

static inline struct cbor_reader
cbor_reader(struct slice in)
{
	return (struct cbor_reader){in, 0};
}

enum cbor_type cbor_peek(const struct cbor_reader *r);
uint64_t cbor_get_uint(struct cbor_reader *r);
/* At most max: an error else. */
uint64_t cbor_get_uint_max(struct cbor_reader *r, uint64_t max);
int64_t cbor_get_int(struct cbor_reader *r);
struct slice cbor_get_bytes(struct cbor_reader *r);
/* Text must be valid UTF-8. */
struct slice cbor_get_text(struct cbor_reader *r);
bool cbor_get_bool(struct cbor_reader *r);
void cbor_get_null(struct cbor_reader *r);
/* The count of elements, never more than bytes are left. */
size_t cbor_get_array(struct cbor_reader *r);
/* The count of pairs. */
size_t cbor_get_map(struct cbor_reader *r);

/*
 * The next key of a map of unsigned keys: pass the last one, -1 at first. An
 * error unless it is greater.
 */
int64_t cbor_get_key(struct cbor_reader *r, int64_t last);

/* Steps over one item, nested at most 8 deep, and gives its bytes. */
struct slice cbor_skip(struct cbor_reader *r);

/* 0 if all was read and nothing was wrong; else E_SYNTAX. */
int cbor_end(const struct cbor_reader *r);

#endif
