/* Questions and answers about secrets, at their limits and beyond. */
#include "unit.h"

#include "base/base.h"
#include "ipc/msg.h"
#include "ipc/secret.h"

static uint8_t bytes[1 << 16];

static struct slice
of(size_t n)
{
	return slice_of(bytes, n);
}

/* Each as long as it may be. */
#define LONGEST_PASSWORD                           \
	{                                          \
		{bytes, SECRET_VERIFIER_MAX},      \
		{                                  \
			bytes, SECRET_PASSWORD_MAX \
		}                                  \
	}
#define LONGEST_TOTP                                                   \
	{                                                              \
		{bytes, SECRET_SEALED_MAX}, {bytes, SECRET_OWNER_MAX}, \
		    {bytes, SECRET_CODE_MAX}, INT64_MAX, INT64_MAX     \
	}

static const struct secret_ask asks[] = {
    {SECRET_PASSWORD_HASH,
	.hash = {{bytes, SECRET_PASSWORD_MAX}, {bytes, SECRET_NAMES_MAX}}},
    {SECRET_PASSWORD_CHECK, .password = LONGEST_PASSWORD},
    {SECRET_TOTP_MAKE, .totp_make = {{bytes, SECRET_OWNER_MAX}}},
    {SECRET_TOTP_CHECK, .totp = LONGEST_TOTP},
    {SECRET_SIGN_IN,
	.sign_in = {{bytes, SECRET_LOGIN_MAX}, LONGEST_PASSWORD, LONGEST_TOTP}},
    {SECRET_PASSKEY_CHECK,
	.passkey = {{bytes, WEBAUTHN_RP_ID_MAX}, {bytes, 32},
	    {bytes, WEBAUTHN_ANSWER_MAX}, {bytes, WEBAUTHN_SIGNATURE_MAX},
	    {bytes, WEBAUTHN_KEY_MAX}}},
    {SECRET_PASSKEY_REGISTER,
	.enrol = {{bytes, WEBAUTHN_RP_ID_MAX}, {bytes, 32},
	    {bytes, WEBAUTHN_ATTESTATION_MAX}}},
};

static void
test_longest_questions(void **state UNUSED)
{
	struct buf body = BUF(1 << 20), again = BUF(1 << 20);
	struct secret_ask ask;

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		buf_clear(&body);
		secret_put_ask(&body, &asks[i]);
		assert_int_equal(body.error, 0);
		assert_true(msg_allowed(
		    ROLE_CORE, ROLE_KEEPER, MSG_SECRET_ASK, body.n));
		assert_true(body.n <= SECRET_ASK_MAX);
		assert_int_equal(secret_get_ask(buf_slice(&body), &ask), 0);
		assert_int_equal(ask.kind, asks[i].kind);
		buf_clear(&again);
		secret_put_ask(&again, &ask);
		assert_true(slice_eq(buf_slice(&again), buf_slice(&body)));
		for (size_t n = 0; n < body.n; n += 1 + n / 16)
			assert_int_equal(
			    secret_get_ask(
				slice_first(buf_slice(&body), n), &ask),
			    E_GRAMMAR);
	}
	/* None is forgotten. */
	assert_int_equal(ARRAY_SIZE(asks), SECRET_KIND_MAX - 1);
	buf_free(&body);
	buf_free(&again);
}

static void
test_longest_answer(void **state UNUSED)
{
	const struct secret_answer longest = {.kind = SECRET_PASSKEY_REGISTER,
	    .code = E_DENIED,
	    .enrol = {.wrong = WEBAUTHN_WRONG_MAX - 1,
		.credential = of(WEBAUTHN_CREDENTIAL_MAX),
		.public_key = of(WEBAUTHN_KEY_MAX),
		.algorithm = WEBAUTHN_RS256,
		.counter = UINT32_MAX,
		.flags = UINT8_MAX,
		.aaguid = of(WEBAUTHN_AAGUID_BYTES),
		.attestation = WEBAUTHN_ATTESTED_MAX - 1}};
	struct buf body = BUF(1 << 20);
	struct secret_answer answer;

	secret_put_answer(&body, &longest);
	assert_int_equal(body.error, 0);
	assert_true(
	    msg_allowed(ROLE_KEEPER, ROLE_CORE, MSG_SECRET_ANSWER, body.n));
	assert_true(body.n <= SECRET_ANSWER_MAX);
	assert_int_equal(secret_get_answer(buf_slice(&body), &answer), 0);
	assert_int_equal(answer.code, E_DENIED);
	assert_int_equal(answer.enrol.algorithm, WEBAUTHN_RS256);
	assert_int_equal(answer.enrol.counter, UINT32_MAX);
	buf_free(&body);
}

/* What is too long or too short is neither written nor read. */
static void
test_out_of_bounds(void **state UNUSED)
{
	const struct secret_ask wrong[] = {
	    {SECRET_PASSWORD_HASH, .hash = {of(0), of(0)}},
	    {SECRET_PASSWORD_HASH,
		.hash = {of(SECRET_PASSWORD_MAX + 1), of(0)}},
	    {SECRET_PASSWORD_CHECK,
		.password = {of(SECRET_VERIFIER_MAX + 1), of(1)}},
	    {SECRET_TOTP_MAKE, .totp_make = {of(0)}},
	    {SECRET_TOTP_MAKE, .totp_make = {of(SECRET_OWNER_MAX + 1)}},
	    {SECRET_PASSKEY_CHECK,
		.passkey = {of(1), of(31), of(1), of(1), of(1)}},
	    {SECRET_PASSKEY_REGISTER,
		.enrol = {of(1), of(32), of(WEBAUTHN_ATTESTATION_MAX + 1)}},
	    {SECRET_SIGN_IN, .sign_in = {.login = of(SECRET_LOGIN_MAX + 1)}},
	};
	struct buf body = BUF(1 << 20);
	struct secret_ask ask;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		buf_clear(&body);
		secret_put_ask(&body, &wrong[i]);
		assert_int_equal(body.error, E_LIMIT);
		assert_int_equal(
		    secret_get_ask(buf_slice(&body), &ask), E_GRAMMAR);
	}
	buf_free(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_longest_questions),
	    cmocka_unit_test(test_longest_answer),
	    cmocka_unit_test(test_out_of_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
