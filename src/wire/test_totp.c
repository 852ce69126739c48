/* Codes by time, by the values of RFC 6238 and RFC 4226. */
#include "unit.h"

#include "wire/totp.h"

static const uint8_t seed[] = "12345678901234567890";

static void
check(uint64_t counter, const char *want)
{
	char code[TOTP_DIGITS];

	totp_code(seed, counter, code);
	assert_memory_equal(code, want, sizeof(code));
}

/* RFC 6238, appendix B, the last six of its eight digits; RFC 4226, D. */
static void
test_codes(void **state UNUSED)
{
	check(59 / 30, "287082");
	check(1111111109 / 30, "081804");
	check(1234567890 / 30, "005924");
	check(20000000000 / 30, "353130");
	check(0, "755224");
	check(9, "520489");
}

static void
test_seeds(void **state UNUSED)
{
	uint8_t again[TOTP_SEED_BYTES];
	struct buf text = BUF(64);

	totp_put_seed(&text, seed);
	assert_true(slice_eq(
	    buf_slice(&text), SLICE("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")));
	assert_int_equal(totp_read_seed(buf_slice(&text), again), 0);
	assert_memory_equal(again, seed, sizeof(again));
	text.p[7] = '1';
	assert_int_equal(totp_read_seed(buf_slice(&text), again), E_SYNTAX);
	assert_int_equal(totp_read_seed(SLICE("GEZDG"), again), E_SYNTAX);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
