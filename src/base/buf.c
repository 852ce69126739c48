#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

enum { FIRST_BYTES = 256 };

void
buf_free(struct buf *buf)
{
	if (buf->wipes && buf->p != NULL)
		explicit_bzero(buf->p, buf->cap);
	mem_free(buf->p);
	*buf = (struct buf){.max = buf->max, .wipes = buf->wipes};
}

/* As mem_realloc; of what must be wiped no copy is left behind. */
static uint8_t *
move(struct buf *buf, size_t cap)
{
	uint8_t *p;

	if (!buf->wipes)
		return mem_realloc(buf->p, cap);
	p = mem_realloc(NULL, cap);
	if (p == NULL || buf->p == NULL)
		return p;
	memcpy(p, buf->p, buf->n);
	explicit_bzero(buf->p, buf->cap);
	mem_free(buf->p);
	return p;
}

static bool
buf_grow(struct buf *buf, size_t need)
{
	size_t cap = MAX(buf->cap, FIRST_BYTES);
	uint8_t *p;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	/* One byte above the limit, for buf_cstr. */
	cap = MIN(cap, buf->max + 1);
	p = move(buf, cap);
	if (p == NULL)
		return false;
	buf->p = p;
	buf->cap = cap;
	return true;
}

uint8_t *
buf_room(struct buf *buf, size_t n)
{
	if (buf->error != 0)
		return NULL;
	if (n > buf->max || buf->n > buf->max - n) {
		buf->error = E_LIMIT;
		return NULL;
	}
	if ((buf->p == NULL || buf->cap - buf->n < n) &&
	    !buf_grow(buf, buf->n + n)) {
		buf->error = E_NOMEM;
		return NULL;
	}
	return buf->p + buf->n;
}

void
buf_added(struct buf *buf, size_t n)
{
	BUG_ON(n > buf->cap - buf->n);
	buf->n += n;
}

void
buf_put(struct buf *buf, const void *p, size_t n)
{
	uint8_t *to = buf_room(buf, n);

	if (to == NULL || n == 0)
		return;
	memcpy(to, p, n);
	buf->n += n;
}

void
buf_put_u8(struct buf *buf, uint8_t value)
{
	buf_put(buf, &value, 1);
}

void
buf_put_u64(struct buf *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	buf_put(buf, digits + at, sizeof(digits) - at);
}

void
buf_put_i64(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_put_u8(buf, '-');
	buf_put_u64(buf, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	BUG_ON(n < 0);
	if (buf_room(buf, (size_t)n) == NULL)
		return;
	/* vsnprintf ends in NUL: one byte more, which buf_grow allows for. */
	if (buf->cap - buf->n <= (size_t)n &&
	    !buf_grow(buf, buf->n + (size_t)n + 1)) {
		buf->error = E_NOMEM;
		return;
	}
	va_start(args, format);
	(void)vsnprintf((char *)buf->p + buf->n, (size_t)n + 1, format, args);
	va_end(args);
	buf->n += (size_t)n;
}

void
buf_consume(struct buf *buf, size_t n)
{
	BUG_ON(n > buf->n);
	buf->n -= n;
	if (buf->n > 0)
		memmove(buf->p, buf->p + n, buf->n);
	if (buf->wipes && n > 0)
		explicit_bzero(buf->p + buf->n, n);
}

const char *
buf_cstr(struct buf *buf)
{
	if (buf->error != 0)
		return NULL;
	if (buf->cap <= buf->n && !buf_grow(buf, buf->n + 1)) {
		buf->error = E_NOMEM;
		return NULL;
	}
	buf->p[buf->n] = '\0';
	return (const char *)buf->p;
}
