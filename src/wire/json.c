#include "wire/json.h"

#include "base/encode.h"

static void
value_starts(struct json_writer *w)
{
	if (w->comma)
		buf_put_u8(w->buf, ',');
	w->comma = true;
}

static void
open(struct json_writer *w, uint8_t bracket)
{
	value_starts(w);
	buf_put_u8(w->buf, bracket);
	w->comma = false;
}

static void
close(struct json_writer *w, uint8_t bracket)
{
	buf_put_u8(w->buf, bracket);
	w->comma = true;
}

void
json_open_object(struct json_writer *w)
{
	open(w, '{');
}

void
json_close_object(struct json_writer *w)
{
	close(w, '}');
}

void
json_open_array(struct json_writer *w)
{
	open(w, '[');
}

void
json_close_array(struct json_writer *w)
{
	close(w, ']');
}

void
json_key(struct json_writer *w, const char *name)
{
	value_starts(w);
	buf_put_u8(w->buf, '"');
	buf_put_str(w->buf, name);
	buf_put(w->buf, "\":", 2);
	w->comma = false;
}

/* RFC 8259, section 7: what must be escaped, and DEL for terminals' sake. */
static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void
put_escaped(struct buf *buf, uint8_t c)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
		if (shorts[i] == (char)c) {
			buf_put_u8(buf, '\\');
			buf_put_u8(buf, (uint8_t)shorts[i + 1]);
			return;
		}
	}
	buf_put(buf, "\\u00", 4);
	buf_put_hex(buf, slice_of(&c, 1));
}

static void
put_text(struct buf *buf, struct slice s)
{
	while (s.n > 0) {
		size_t n = 0;

		while (n < s.n && is_plain(s.p[n]))
			n++;
		buf_put(buf, s.p, n);
		if (n < s.n)
			put_escaped(buf, s.p[n++]);
		s = slice_from(s, n);
	}
}

/* Valid runs as they are, each byte between them as U+FFFD. */
static void
put_damaged(struct buf *buf, struct slice s)
{
	while (s.n > 0) {
		size_t n = MIN(s.n, 4);

		while (n > 0 && !slice_is_utf8(slice_first(s, n)))
			n--;
		if (n > 0)
			put_text(buf, slice_first(s, n));
		else
			buf_put_str(buf, "\xef\xbf\xbd");
		s = slice_from(s, MAX(n, 1));
	}
}

void
json_put_string(struct json_writer *w, struct slice value)
{
	value_starts(w);
	buf_put_u8(w->buf, '"');
	if (slice_is_utf8(value))
		put_text(w->buf, value);
	else
		put_damaged(w->buf, value);
	buf_put_u8(w->buf, '"');
}

void
json_key_slice(struct json_writer *w, struct slice name)
{
	json_put_string(w, name);
	buf_put_u8(w->buf, ':');
	w->comma = false;
}

void
json_put_u64(struct json_writer *w, uint64_t value)
{
	value_starts(w);
	buf_put_u64(w->buf, value);
}

void
json_put_i64(struct json_writer *w, int64_t value)
{
	value_starts(w);
	buf_put_i64(w->buf, value);
}

void
json_put_bool(struct json_writer *w, bool value)
{
	value_starts(w);
	buf_put_str(w->buf, value ? "true" : "false");
}

void
json_put_null(struct json_writer *w)
{
	value_starts(w);
	buf_put_str(w->buf, "null");
}

void
json_put_base64(struct json_writer *w, struct slice value)
{
	value_starts(w);
	buf_put_u8(w->buf, '"');
	buf_put_base64(w->buf, value);
	buf_put_u8(w->buf, '"');
}

void
json_put_hex(struct json_writer *w, struct slice value)
{
	value_starts(w);
	buf_put_u8(w->buf, '"');
	buf_put_hex(w->buf, value);
	buf_put_u8(w->buf, '"');
}

void
json_put_raw(struct json_writer *w, struct slice json)
{
	value_starts(w);
	buf_put_slice(w->buf, json);
}

void
json_member_string(struct json_writer *w, const char *k, struct slice v)
{
	json_key(w, k);
	json_put_string(w, v);
}

void
json_member_str(struct json_writer *w, const char *k, const char *v)
{
	json_member_string(w, k, slice_str(v));
}

void
json_member_u64(struct json_writer *w, const char *k, uint64_t v)
{
	json_key(w, k);
	json_put_u64(w, v);
}

void
json_member_i64(struct json_writer *w, const char *k, int64_t v)
{
	json_key(w, k);
	json_put_i64(w, v);
}

void
json_member_bool(struct json_writer *w, const char *k, bool v)
{
	json_key(w, k);
	json_put_bool(w, v);
}
