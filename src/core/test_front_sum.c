#include "unit.h"

#include "core/front_sum.h"

static const struct slice whole = {
    (const uint8_t *)"\x82\x82\x82\x01\x19\x01\x00\x82\x0e\x03\x82"
		     "\x43"
		     "a:b"
		     "\x40",
    16};

static void
test_reads(void **state UNUSED)
{
	struct front_sum sum;

	assert_int_equal(front_sum_read(whole, &sum), 0);
	assert_int_equal(sum.n_counts, 2);
	assert_int_equal(sum.counts[0].what, 1);
	assert_int_equal(sum.counts[0].count, 256);
	assert_int_equal(sum.counts[1].what, 14);
	assert_int_equal(sum.counts[1].count, 3);
	assert_int_equal(sum.n_sources, 2);
	assert_true(slice_eq(sum.sources[0], SLICE("a:b")));
	assert_int_equal(sum.sources[1].n, 0);
	assert_int_equal(front_sum_read(SLICE("\x82\x80\x80"), &sum), 0);
	assert_int_equal(sum.n_counts + sum.n_sources, 0);
}

static void
test_refuses_what_is_cut(void **state UNUSED)
{
	struct front_sum sum = {.n_counts = 77};

	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(
		    front_sum_read(slice_first(whole, n), &sum), E_GRAMMAR);
	assert_int_equal(sum.n_counts, 77);
}

static void
test_refuses(void **state UNUSED)
{
	static const struct slice bad[] = {
#define BAD(text) {(const uint8_t *)(text), sizeof(text) - 1}
	    BAD("\x82\x80\x80\x00"),                     /* a byte more */
	    BAD("\x82\x81\x82\x00\x01\x80"),             /* kind 0 */
	    BAD("\x82\x81\x82\x18\x29\x01\x80"),         /* kind 41 */
	    BAD("\x82\x82\x82\x02\x01\x82\x02\x01\x80"), /* twice */
	    BAD("\x82\x82\x82\x02\x01\x82\x01\x01\x80"), /* descending */
	    BAD("\x82\x81\x82\x01\x1b\x80\0\0\0\0\0\0\0\x80"),
	    BAD("\x82\x81\x83\x01\x01\x01\x80"), /* three of a pair */
	    BAD("\x82\x80\x81\x61\x61"),         /* text */
	    BAD("\x81\x80"),
	};
	struct buf long_one = BUF(1024);
	struct front_sum sum;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(front_sum_read(bad[i], &sum), E_GRAMMAR);
	/* A source of 513 bytes; and 33 of them. */
	buf_put_slice(&long_one, SLICE("\x82\x80\x81\x59\x02\x01"));
	for (size_t i = 0; i < FRONT_SUM_SOURCE_MAX; i++)
		buf_put_u8(&long_one, 'a');
	buf_put_u8(&long_one, 'a');
	assert_int_equal(front_sum_read(buf_slice(&long_one), &sum), E_GRAMMAR);
	buf_clear(&long_one);
	buf_put_slice(&long_one, SLICE("\x82\x80\x98\x21"));
	for (size_t i = 0; i <= FRONT_SUM_SOURCES; i++)
		buf_put_u8(&long_one, 0x40);
	assert_int_equal(front_sum_read(buf_slice(&long_one), &sum), E_GRAMMAR);
	buf_free(&long_one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads),
	    cmocka_unit_test(test_refuses_what_is_cut),
	    cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
