/*
 * Writing JSON (RFC 8259) straight into a buffer: deterministic, without
 * spaces, members in the order written. (Reading is jansson's.)
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "base/buf.h"
#include "base/slice.h"

struct json_writer {
	struct buf *buf;
	bool comma; /* a value stands before in this object or array */
};

static inline struct json_writer
json_writer(struct buf *buf)
{
	return (struct json_writer){buf, false};
}

void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);

/* A member's name, a constant of plain ASCII. Its value comes next. */
void json_key(struct json_writer *w, const char *name);

/* The same for a name that comes from outside: escaped as strings are. */
void json_key_slice(struct json_writer *w, struct slice name);

/* Bytes that are no UTF-8 become U+FFFD, one for each. */
void json_put_string(struct json_writer *w, struct slice value);
void json_put_u64(struct json_writer *w, uint64_t value);
void json_put_i64(struct json_writer *w, int64_t value);
void json_put_bool(struct json_writer *w, bool value);
void json_put_null(struct json_writer *w);
void json_put_base64(struct json_writer *w, struct slice value);
void json_put_hex(struct json_writer *w, struct slice value);

/* Text that is JSON already. */
void json_put_raw(struct json_writer *w, struct slice json);

/* Key and value in one. */
void json_member_string(struct json_writer *w, const char *k, struct slice v);
void json_member_str(struct json_writer *w, const char *k, const char *v);
void json_member_u64(struct json_writer *w, const char *k, uint64_t v);
void json_member_i64(struct json_writer *w, const char *k, int64_t v);
void json_member_bool(struct json_writer *w, const char *k, bool v);

#endif
