/* JSON output: what a strict reader accepts, whatever the text holds. */
#include "unit.h"

#include "wire/json.h"

static void
test_nesting(void **state UNUSED)
{
	struct buf b = BUF(1000);
	struct json_writer w = json_writer(&b);

	json_open_object(&w);
	json_member_u64(&w, "a", 1);
	json_key(&w, "b");
	json_open_array(&w);
	json_put_i64(&w, -1);
	json_open_object(&w);
	json_close_object(&w);
	json_put_null(&w);
	json_close_array(&w);
	json_member_bool(&w, "c", true);
	json_member_str(&w, "d", "x");
	json_key(&w, "e");
	json_put_base64(&w, SLICE("\xff"));
	json_close_object(&w);
	assert_string_equal(buf_cstr(&b), "{\"a\":1,\"b\":[-1,{},null],\"c\":"
					  "true,\"d\":\"x\",\"e\":\"/w==\"}");
	buf_free(&b);
}

static void
test_escapes(void **state UNUSED)
{
	struct buf b = BUF(1000);
	struct json_writer w = json_writer(&b);

	json_put_string(&w, SLICE("\"\\/\b\f\n\r\t\x01\x7f\0z\xe2\x82\xac"));
	assert_string_equal(buf_cstr(&b),
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u0000z\xe2\x82\xac\"");
	buf_clear(&b);
	w = json_writer(&b);
	json_put_string(&w, SLICE("a\xff\xe2\x82z"));
	assert_string_equal(
	    buf_cstr(&b), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nesting),
	    cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
