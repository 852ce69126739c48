/* CBOR: RFC 8949 appendix A where it applies, and that one thing has one form.
 */
#include "unit.h"

#include "base/encode.h"
#include "wire/cbor.h"

static void
expect_hex(struct buf *buf, const char *hex)
{
	struct buf text = BUF(1000);

	buf_put_hex(&text, buf_slice(buf));
	assert_string_equal(buf_cstr(&text), hex);
	buf_free(&text);
	buf_clear(buf);
}

static void
test_vectors(void **state UNUSED)
{
	struct buf b = BUF(1000);

	cbor_put_uint(&b, 23);
	expect_hex(&b, "17");
	cbor_put_uint(&b, 24);
	expect_hex(&b, "1818");
	cbor_put_uint(&b, 1000000);
	expect_hex(&b, "1a000f4240");
	cbor_put_uint(&b, UINT64_MAX);
	expect_hex(&b, "1bffffffffffffffff");
	cbor_put_int(&b, -1);
	expect_hex(&b, "20");
	cbor_put_int(&b, -1000);
	expect_hex(&b, "3903e7");
	cbor_put_bytes(&b, SLICE("\1\2\3\4"));
	expect_hex(&b, "4401020304");
	cbor_put_text(&b, SLICE("\xc3\xbc"));
	expect_hex(&b, "62c3bc");
	cbor_put_bool(&b, true);
	cbor_put_bool(&b, false);
	cbor_put_null(&b);
	expect_hex(&b, "f5f4f6");
	buf_free(&b);
}

static void
test_roundtrip_and_every_cut(void **state UNUSED)
{
	struct buf b = BUF(1000);
	struct cbor_reader r;
	size_t place = cbor_open_map(&b);

	cbor_put_uint(&b, 1);
	cbor_put_int(&b, INT64_MIN);
	cbor_put_uint(&b, 300);
	cbor_put_array(&b, 2);
	cbor_put_text(&b, SLICE("x"));
	cbor_put_null(&b);
	cbor_close_map(&b, place, 2);

	r = cbor_reader(buf_slice(&b));
	assert_int_equal(cbor_get_map(&r), 2);
	assert_int_equal(cbor_get_key(&r, -1), 1);
	assert_true(cbor_get_int(&r) == INT64_MIN);
	assert_int_equal(cbor_get_key(&r, 1), 300);
	assert_int_equal(cbor_get_array(&r), 2);
	assert_true(slice_eq(cbor_get_text(&r), SLICE("x")));
	cbor_get_null(&r);
	assert_int_equal(cbor_end(&r), 0);

	for (size_t n = 0; n < b.n; n++) {
		r = cbor_reader(slice_first(buf_slice(&b), n));
		(void)cbor_skip(&r);
		assert_int_equal(cbor_end(&r), E_SYNTAX);
	}
	buf_free(&b);
}

static void
test_only_the_shortest(void **state UNUSED)
{
	static const char *const bad[] = {
	    "1817",                     /* 23 in two bytes */
	    "190017",                   /* in three */
	    "1a0000ffff",               /* 65535 in five */
	    "1b00000000ffffffff",       /* 2^32-1 in nine */
	    "5f4101ff",                 /* indefinite */
	    "9f01ff",                   /* indefinite */
	    "c100",                     /* a tag */
	    "f90000",                   /* a float */
	    "f814",                     /* a simple value in two bytes */
	    "f7",                       /* undefined */
	    "62c328",                   /* not UTF-8 */
	    "9affffffff",               /* a count beyond the input */
	    "818181818181818181818101", /* nested too deep */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct buf b = BUF(100);
		struct cbor_reader r;

		assert_int_equal(hex_decode(slice_str(bad[i]), &b), 0);
		r = cbor_reader(buf_slice(&b));
		(void)cbor_skip(&r);
		assert_int_equal(cbor_end(&r), E_SYNTAX);
		buf_free(&b);
	}
}

static void
test_empty_is_not_none(void **state UNUSED)
{
	struct cbor_reader r = cbor_reader(SLICE("\x40"));
	struct slice s = cbor_get_bytes(&r);

	assert_int_equal(cbor_end(&r), 0);
	assert_int_equal(s.n, 0);
	assert_non_null(s.p);
}

static void
test_errors_stick(void **state UNUSED)
{
	struct cbor_reader r = cbor_reader(SLICE("\x01\x00"));

	assert_int_equal(cbor_get_key(&r, -1), 1);
	assert_int_equal(cbor_get_key(&r, 1), -1); /* 0 after 1 */
	assert_int_equal(cbor_get_uint(&r), 0);
	assert_int_equal(cbor_peek(&r), CBOR_NONE);
	assert_int_equal(cbor_end(&r), E_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_roundtrip_and_every_cut),
	    cmocka_unit_test(test_only_the_shortest),
	    cmocka_unit_test(test_empty_is_not_none),
	    cmocka_unit_test(test_errors_stick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
