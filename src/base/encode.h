/*
 * Bytes as text: hexadecimal, base64 (RFC 4648, standard alphabet, padded) and
 * base64url (without padding).
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buf.h"
#include "base/slice.h"

void buf_put_hex(struct buf *buf, struct slice s);
void buf_put_base64(struct buf *buf, struct slice s);
void buf_put_base64url(struct buf *buf, struct slice s);

/* What decoded is appended to ret_buf. E_SYNTAX, or the buffer's error. */
int hex_decode(struct slice text, struct buf *ret_buf);
int base64_decode(struct slice text, struct buf *ret_buf);
int base64url_decode(struct slice text, struct buf *ret_buf);

#endif
