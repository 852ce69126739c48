/* Passwords as they are compared: the examples of RFC 8265, 4.2.3, and more. */
#include "unit.h"

#include "base/base.h"
#include "core/opaque.h"

enum { OUT_MAX = 64 };

static void
expect(const char *in, int want, const char *text)
{
	struct buf out = BUF_SECRET(OUT_MAX);
	int r = opaque_prepare(slice_str(in), &out);

	if (r != want)
		print_error("%s\n", in);
	assert_int_equal(r, want);
	if (want == 0)
		assert_true(slice_eq(buf_slice(&out), slice_str(text)));
	else
		assert_int_equal(out.n, 0);
	buf_free(&out);
}

static void
test_examples_of_the_rfc(void **state UNUSED)
{
	static const char *const same[] = {"correct horse battery staple",
	    "Correct Horse Battery Staple", "\xcf\x80\xc3\x9f\xc3\xa5",
	    "Jack of \xe2\x99\xa6s"};

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		expect(same[i], 0, same[i]);
	/* OGHAM SPACE MARK */
	expect("foo\xe1\x9a\x80"
	       "bar",
	    0, "foo bar");
	expect("", E_INVALID, NULL);
	expect("my cat is a \tby", E_INVALID, NULL);
}

static void
test_one_spelling(void **state UNUSED)
{
	/* As macOS decomposes: u and a diaeresis; a syllable of Hangul. */
	expect("mu\xcc\x88ller", 0, "m\xc3\xbcller");
	expect("\xe1\x84\x80\xe1\x85\xa1", 0, "\xea\xb0\x80");
	/* NO-BREAK SPACE, IDEOGRAPHIC SPACE. */
	expect("a\xc2\xa0"
	       "b\xe3\x80\x80"
	       "c",
	    0, "a b c");
	/* Width and compatibility stay: A of full width, the ligature fi. */
	expect("\xef\xbc\xa1", 0, "\xef\xbc\xa1");
	expect("\xef\xac\x81", 0, "\xef\xac\x81");
	/* Spaces at the ends count. */
	expect(" x ", 0, " x ");
}

static void
test_what_is_refused(void **state UNUSED)
{
	static const char *const wrong[] = {"a\x01", "a\x7f",
	    "a\xc2\x85",     /* a control character of Latin-1 */
	    "a\xe2\x80\x8b", /* ZERO WIDTH SPACE */
	    "a\xc2\xad",     /* SOFT HYPHEN */
	    "a\xe2\x80\xae", /* RIGHT-TO-LEFT OVERRIDE */
	    "a\xef\xbb\xbf", /* a byte order mark */
	    "a\xee\x80\x80", /* private use */
	    "a\xef\xbf\xbf", /* no character */
	    "a\xe2\x80\xa8", /* LINE SEPARATOR */
	    "\xe1\x84\x80"}; /* a letter of Hangul alone */

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		expect(wrong[i], E_INVALID, NULL);
	expect("a\xff", E_UTF8, NULL);
	expect("a\xc3", E_UTF8, NULL);
	/* More than its room. */
	expect(
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4",
	    E_LIMIT, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_examples_of_the_rfc),
	    cmocka_unit_test(test_one_spelling),
	    cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
