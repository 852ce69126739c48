/*
 * A growable run of bytes with a hard maximum.
 *
 * Errors stick: once an append has failed (E_LIMIT, E_NOMEM), nothing more is
 * added and buf.error keeps the first reason, so that a writer of many parts is
 * checked once, at its end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"
#include "base/slice.h"

struct buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max;
	int error;  /* 0 or the first E_* */
	bool wipes; /* BUF_SECRET */
};

#define BUF(limit) ((struct buf){.max = (limit)})
/* For secrets: whatever it gives back or leaves behind is wiped. */
#define BUF_SECRET(limit) ((struct buf){.max = (limit), .wipes = true})

/* Frees the bytes; the limit stays, and the buffer is as new. */
void buf_free(struct buf *buf);

/* Empty again, without giving memory back. */
static inline void
buf_clear(struct buf *buf)
{
	if (buf->wipes && buf->n > 0)
		explicit_bzero(buf->p, buf->n);
	buf->n = 0;
	buf->error = 0;
}

static inline struct slice
buf_slice(const struct buf *buf)
{
	return slice_of(buf->p, buf->n);
}

/*
 * Room for n more bytes at the end: where they go, or NULL, with the error
 * kept. They count once buf_added says so.
 */
uint8_t *buf_room(struct buf *buf, size_t n);
void buf_added(struct buf *buf, size_t n);

void buf_put(struct buf *buf, const void *p, size_t n);

static inline void
buf_put_slice(struct buf *buf, struct slice s)
{
	buf_put(buf, s.p, s.n);
}

static inline void
buf_put_str(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_put_u8(struct buf *buf, uint8_t value);

/* Decimal. */
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_i64(struct buf *buf, int64_t value);

void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Drops the first n bytes. */
void buf_consume(struct buf *buf, size_t n);

/* A NUL behind the content, not counted: NULL where there is no room for it. */
const char *buf_cstr(struct buf *buf);

#endif
