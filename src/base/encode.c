#include "base/encode.h"

#include <sodium.h>

static const char hex_digits[] = "0123456789abcdef";

void
buf_put_hex(struct buf *buf, struct slice s)
{
	uint8_t *to = buf_room(buf, s.n * 2);

	if (to == NULL)
		return;
	for (size_t i = 0; i < s.n; i++) {
		to[2 * i] = (uint8_t)hex_digits[s.p[i] >> 4];
		to[2 * i + 1] = (uint8_t)hex_digits[s.p[i] & 15];
	}
	buf_added(buf, s.n * 2);
}

static void
put_base64(struct buf *buf, struct slice s, int variant)
{
	size_t n = sodium_base64_ENCODED_LEN(s.n, variant); /* with its NUL */
	uint8_t *to = buf_room(buf, n);

	if (to == NULL)
		return;
	(void)sodium_bin2base64((char *)to, n, s.p, s.n, variant);
	buf_added(buf, n - 1);
}

void
buf_put_base64(struct buf *buf, struct slice s)
{
	put_base64(buf, s, sodium_base64_VARIANT_ORIGINAL);
}

void
buf_put_base64url(struct buf *buf, struct slice s)
{
	put_base64(buf, s, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int
hex_decode(struct slice text, struct buf *ret_buf)
{
	size_t n = 0;
	uint8_t *to;

	if (text.n % 2 != 0)
		return E_SYNTAX;
	to = buf_room(ret_buf, text.n / 2);
	if (to == NULL)
		return ret_buf->error;
	if (sodium_hex2bin(to, text.n / 2, (const char *)text.p, text.n, NULL,
		&n, NULL) != 0 ||
	    n != text.n / 2)
		return E_SYNTAX;
	buf_added(ret_buf, n);
	return 0;
}

static int
decode_base64(struct slice text, int variant, struct buf *ret_buf)
{
	size_t digits = text.n, room, n = 0;
	const char *end = NULL;
	uint8_t *to;

	if (text.n == 0)
		return 0;
	/* No more than it takes: the buffer may be just as large. */
	while (digits > 0 && text.p[digits - 1] == '=')
		digits--;
	if (digits < 2)
		return E_SYNTAX;
	room = digits / 4 * 3 + digits % 4 * 3 / 4;
	/* libsodium 1.0.18 takes each byte from 0x80 on for a digit. */
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 0x80)
			return E_SYNTAX;
	to = buf_room(ret_buf, room);
	if (to == NULL)
		return ret_buf->error;
	if (sodium_base642bin(to, room, (const char *)text.p, text.n, NULL, &n,
		&end, variant) != 0 ||
	    end != (const char *)text.p + text.n)
		return E_SYNTAX;
	buf_added(ret_buf, n);
	return 0;
}

int
base64_decode(struct slice text, struct buf *ret_buf)
{
	return decode_base64(text, sodium_base64_VARIANT_ORIGINAL, ret_buf);
}

int
base64url_decode(struct slice text, struct buf *ret_buf)
{
	return decode_base64(
	    text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, ret_buf);
}
