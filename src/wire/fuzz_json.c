/*
 * Fuzz target: strings of any bytes, written as JSON and read by another
 * program's reader. What is UTF-8 comes back as it was; of the rest each byte
 * that is none comes back as U+FFFD, and what stands between them whole.
 */
#include <jansson.h>

#include "wire/json.h"

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

/* Characters as they are, other bytes as U+FFFD, one byte at a time. */
static void
repair(struct slice in, struct buf *out)
{
	while (in.n > 0) {
		size_t n = 1;

		while (
		    n <= 4 && n <= in.n && !slice_is_utf8(slice_first(in, n)))
			n++;
		if (n <= 4 && n <= in.n) {
			buf_put_slice(out, slice_first(in, n));
		} else {
			buf_put_str(out, "\xef\xbf\xbd");
			n = 1;
		}
		in = slice_from(in, n);
	}
}

static bool
same(const json_t *json, const struct buf *expect)
{
	return json_is_string(json) &&
	       slice_eq(
		   slice_of(json_string_value(json), json_string_length(json)),
		   buf_slice(expect));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf out = BUF(OUT_MAX), expect = BUF(OUT_MAX);
	struct json_writer w = json_writer(&out);
	json_t *json;

	if (size > OUT_MAX / 32)
		return 0;
	repair(in, &expect);
	BUG_ON(slice_is_utf8(in) && !slice_eq(in, buf_slice(&expect)));
	json_open_object(&w);
	json_member_string(&w, "value", in);
	json_key(&w, "list");
	json_open_array(&w);
	json_put_string(&w, in);
	json_put_string(&w, in);
	json_close_array(&w);
	json_key_slice(&w, in);
	json_put_hex(&w, in);
	json_close_object(&w);
	BUG_ON(out.error != 0);
	for (size_t i = 0; i < out.n; i++)
		BUG_ON(out.p[i] < ' ' || out.p[i] == 0x7f);
	/* (A name of the input's may be one of ours: then it is there once.) */
	json = json_loadb((const char *)out.p, out.n, JSON_ALLOW_NUL, NULL);
	if (json != NULL) {
		BUG_ON(!slice_eq(in, SLICE("value")) &&
		       !same(json_object_get(json, "value"), &expect));
		BUG_ON(!slice_eq(in, SLICE("list")) &&
		       !same(json_array_get(json_object_get(json, "list"), 1),
			   &expect));
		json_decref(json);
	} else {
		/* jansson has no names with a NUL in them. */
		BUG_ON(slice_index(in, 0) == in.n);
	}
	buf_free(&out);
	buf_free(&expect);
	return 0;
}
