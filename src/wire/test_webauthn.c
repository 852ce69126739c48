/*
 * What browsers and authenticators send: client data in every wrong way, and
 * authenticators' bytes cut short at each place. Signatures and whole answers
 * are held against another verifier by tests/js/src/passkeys.test.ts.
 */
#include "unit.h"

#include "base/base.h"
#include "base/buf.h"
#include "base/hash.h"
#include "wire/cbor.h"
#include "wire/webauthn.h"

/* ---- client data ------------------------------------------------------- */

#define CHALLENGE "AAECAwQFBgcICQoLDA0ODw" /* 0, 1, ... 15 */
#define HEAD "{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "\","
#define GOOD HEAD "\"origin\":\"https://office.example\""

static enum webauthn_wrong
check(const char *json)
{
	static const uint8_t challenge[] = {
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	const struct slice origins[] = {
	    SLICE("http://localhost:8080"), SLICE("https://office.example")};

	return webauthn_check_client_data(slice_str(json), WEBAUTHN_GET,
	    slice_of(challenge, sizeof(challenge)), origins,
	    ARRAY_SIZE(origins));
}

static void
test_client_data(void **state UNUSED)
{
	static const struct {
		const char *json;
		enum webauthn_wrong wrong;
	} cases[] = {
	    {GOOD "}", WEBAUTHN_RIGHT},
	    {GOOD ",\"crossOrigin\":false}", WEBAUTHN_RIGHT},
	    {GOOD ",\"later\":{\"a\":[1,{}]}}", WEBAUTHN_RIGHT},
	    {" " GOOD "}\n", WEBAUTHN_RIGHT},
	    {HEAD "\"origin\":\"http://localhost:8080\"}", WEBAUTHN_RIGHT},
	    {HEAD "\"origin\":\"https:\\/\\/office.example\"}", WEBAUTHN_RIGHT},

	    {"", WEBAUTHN_WRONG_SYNTAX},
	    {"null", WEBAUTHN_WRONG_SYNTAX},
	    {"[]", WEBAUTHN_WRONG_SYNTAX},
	    {"\"webauthn.get\"", WEBAUTHN_WRONG_SYNTAX},
	    {GOOD, WEBAUTHN_WRONG_SYNTAX},
	    {GOOD "}}", WEBAUTHN_WRONG_SYNTAX},
	    {GOOD "} x", WEBAUTHN_WRONG_SYNTAX},
	    {GOOD ",}", WEBAUTHN_WRONG_SYNTAX},
	    {GOOD ",\"x\":\"\xff\"}", WEBAUTHN_WRONG_SYNTAX},
	    {"\xef\xbb\xbf" GOOD "}", WEBAUTHN_WRONG_SYNTAX},
	    {GOOD ",\"origin\":\"https://office.example\"}",
		WEBAUTHN_WRONG_SYNTAX},

	    {"{}", WEBAUTHN_WRONG_TYPE},
	    {"{\"type\":1}", WEBAUTHN_WRONG_TYPE},
	    {"{\"type\":\"webauthn.create\"}", WEBAUTHN_WRONG_TYPE},
	    {"{\"type\":\"webauthn.get\\u0000\"}", WEBAUTHN_WRONG_SYNTAX},
	    {"{\"type\":\"WebAuthn.get\"}", WEBAUTHN_WRONG_TYPE},

	    {"{\"type\":\"webauthn.get\",\"challenge\":\"\"}",
		WEBAUTHN_WRONG_CHALLENGE},
	    {"{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "==\"}",
		WEBAUTHN_WRONG_CHALLENGE},
	    {"{\"type\":\"webauthn.get\",\"challenge\":"
	     "\"AAECAwQFBgcICQoLDA0ODx\"}",
		WEBAUTHN_WRONG_CHALLENGE},
	    {"{\"type\":\"webauthn.get\",\"challenge\":[\"" CHALLENGE "\"]}",
		WEBAUTHN_WRONG_CHALLENGE},

	    {HEAD "\"origin\":\"\"}", WEBAUTHN_WRONG_ORIGIN},
	    {HEAD "\"origin\":\"https://evil.example\"}",
		WEBAUTHN_WRONG_ORIGIN},
	    {HEAD "\"origin\":\"https://office.example.evil.example\"}",
		WEBAUTHN_WRONG_ORIGIN},
	    {HEAD "\"origin\":\"https://office.example/\"}",
		WEBAUTHN_WRONG_ORIGIN},
	    {HEAD "\"origin\":\"https://office.exampl\"}",
		WEBAUTHN_WRONG_ORIGIN},
	    {HEAD "\"origin\":\"android:apk-key-hash:x\"}",
		WEBAUTHN_WRONG_ORIGIN},
	    {HEAD "\"origin\":null}", WEBAUTHN_WRONG_ORIGIN},

	    {GOOD ",\"crossOrigin\":true}", WEBAUTHN_WRONG_CROSS_ORIGIN},
	    {GOOD ",\"crossOrigin\":\"false\"}", WEBAUTHN_WRONG_CROSS_ORIGIN},
	    {GOOD ",\"crossOrigin\":null}", WEBAUTHN_WRONG_CROSS_ORIGIN},
	    {GOOD ",\"topOrigin\":\"https://office.example\"}",
		WEBAUTHN_WRONG_CROSS_ORIGIN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (check(cases[i].json) != cases[i].wrong)
			print_error("%s\n", cases[i].json);
		assert_int_equal(check(cases[i].json), cases[i].wrong);
	}
}

/* An empty challenge is nobody's, even where nothing is asked for. */
static void
test_no_challenge(void **state UNUSED)
{
	const struct slice origin = SLICE("https://office.example");

	assert_int_equal(
	    webauthn_check_client_data(
		SLICE("{\"type\":\"webauthn.get\",\"challenge\":\"\","
		      "\"origin\":\"https://office.example\"}"),
		WEBAUTHN_GET, SLICE_NONE, &origin, 1),
	    WEBAUTHN_WRONG_CHALLENGE);
}

/* As deep as its length allows, and beyond that length. */
static void
test_client_data_limits(void **state UNUSED)
{
	char text[WEBAUTHN_CLIENT_DATA_MAX + 2];

	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(check(text), WEBAUTHN_WRONG_SYNTAX);
	text[sizeof(text) - 2] = '\0';
	assert_int_equal(check(text), WEBAUTHN_WRONG_SYNTAX);
}

/* ---- authenticator data ------------------------------------------------ */

#define RP SLICE("office.example")

static void
put_key(struct buf *to)
{
	cbor_put_map(to, 5);
	cbor_put_int(to, 1);
	cbor_put_int(to, 2);
	cbor_put_int(to, 3);
	cbor_put_int(to, WEBAUTHN_ES256);
	cbor_put_int(to, -1);
	cbor_put_int(to, 1);
	cbor_put_int(to, -2);
	cbor_put_bytes(to, SLICE("x coordinate, 32 bytes of it all"));
	cbor_put_int(to, -3);
	cbor_put_bytes(to, SLICE("y coordinate, 32 bytes of it all"));
}

static void
put_authdata(struct buf *to, uint8_t flags)
{
	struct digest hash = sha256(RP);

	buf_put_slice(to, digest_slice(&hash));
	buf_put_u8(to, flags);
	buf_put(to, "\x01\x02\x03\x04", 4);
	if (flags & WEBAUTHN_AT) {
		buf_put_str(to, "sixteen bytes id");
		buf_put(to, "\x00\x04name", 6);
		put_key(to);
	}
	if (flags & WEBAUTHN_ED) {
		cbor_put_map(to, 1);
		cbor_put_text(to, SLICE("credProtect"));
		cbor_put_uint(to, 3);
	}
	assert_int_equal(to->error, 0);
}

static void
test_authdata(void **state UNUSED)
{
	static const uint8_t flags[] = {WEBAUTHN_UP | WEBAUTHN_UV,
	    WEBAUTHN_UP | WEBAUTHN_UV | WEBAUTHN_AT,
	    WEBAUTHN_UP | WEBAUTHN_UV | WEBAUTHN_ED,
	    WEBAUTHN_UP | WEBAUTHN_UV | WEBAUTHN_AT | WEBAUTHN_ED};
	struct buf bytes = BUF(WEBAUTHN_AUTHDATA_MAX);
	struct webauthn_authdata authdata;
	struct webauthn_key key;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		buf_clear(&bytes);
		put_authdata(&bytes, flags[i]);
		assert_int_equal(
		    webauthn_parse_authdata(buf_slice(&bytes), &authdata), 0);
		assert_int_equal(authdata.flags, flags[i]);
		assert_int_equal(authdata.counter, 0x01020304);
		assert_int_equal(
		    webauthn_check_authdata(&authdata, RP), WEBAUTHN_RIGHT);
		assert_int_equal(
		    authdata.extensions.n > 0, (flags[i] & WEBAUTHN_ED) != 0);
		assert_int_equal(
		    authdata.credential.n, flags[i] & WEBAUTHN_AT ? 4 : 0);
		if (flags[i] & WEBAUTHN_AT) {
			assert_int_equal(
			    webauthn_parse_key(authdata.cose_key, &key), 0);
			assert_int_equal(key.algorithm, WEBAUTHN_ES256);
		}
		for (size_t n = 0; n < bytes.n; n++)
			assert_int_equal(
			    webauthn_parse_authdata(
				slice_first(buf_slice(&bytes), n), &authdata),
			    E_SYNTAX);
		buf_put_u8(&bytes, 0);
		assert_int_equal(
		    webauthn_parse_authdata(buf_slice(&bytes), &authdata),
		    E_SYNTAX);
	}
	buf_free(&bytes);
}

static enum webauthn_wrong
check_flags(uint8_t flags, struct slice rp)
{
	struct digest hash = sha256(RP);

	return webauthn_check_authdata(
	    &(struct webauthn_authdata){
		.rp_id_hash = digest_slice(&hash), .flags = flags},
	    rp);
}

static void
test_flags(void **state UNUSED)
{
	const uint8_t both = WEBAUTHN_UP | WEBAUTHN_UV;

	assert_int_equal(check_flags(both, RP), WEBAUTHN_RIGHT);
	assert_int_equal(check_flags(both | WEBAUTHN_BE, RP), WEBAUTHN_RIGHT);
	assert_int_equal(
	    check_flags(both | WEBAUTHN_BE | WEBAUTHN_BS, RP), WEBAUTHN_RIGHT);
	assert_int_equal(
	    check_flags(both, SLICE("evil.example")), WEBAUTHN_WRONG_RP);
	assert_int_equal(check_flags(both, SLICE_NONE), WEBAUTHN_WRONG_RP);
	assert_int_equal(check_flags(WEBAUTHN_UV, RP), WEBAUTHN_WRONG_PRESENCE);
	assert_int_equal(
	    check_flags(WEBAUTHN_UP, RP), WEBAUTHN_WRONG_VERIFICATION);
	assert_int_equal(
	    check_flags(both | WEBAUTHN_BS, RP), WEBAUTHN_WRONG_FLAGS);
}

static void
test_state(void **state UNUSED)
{
	static const struct {
		uint64_t counter, flags, last_counter, last_flags;
		enum webauthn_wrong wrong;
	} cases[] = {
	    {0, 0, 0, 0, WEBAUTHN_RIGHT},
	    {1, 0, 0, 0, WEBAUTHN_RIGHT},
	    {8, 0, 7, 0, WEBAUTHN_RIGHT},
	    {UINT32_MAX, 0, 7, 0, WEBAUTHN_RIGHT},
	    {7, 0, 7, 0, WEBAUTHN_WRONG_COUNTER},
	    {6, 0, 7, 0, WEBAUTHN_WRONG_COUNTER},
	    {0, 0, 7, 0, WEBAUTHN_WRONG_COUNTER},
	    {8, WEBAUTHN_BE, 7, 0, WEBAUTHN_WRONG_FLAGS},
	    {8, 0, 7, WEBAUTHN_BE, WEBAUTHN_WRONG_FLAGS},
	    {8, WEBAUTHN_BE | WEBAUTHN_BS, 7, WEBAUTHN_BE, WEBAUTHN_RIGHT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
		    webauthn_check_state(cases[i].counter, cases[i].flags,
			cases[i].last_counter, cases[i].last_flags),
		    cases[i].wrong);
}

/* ---- attestation objects ----------------------------------------------- */

static void
put_attestation(struct buf *to, struct slice authdata, const char *order)
{
	cbor_put_map(to, strlen(order));
	for (; *order != '\0'; order++) {
		if (*order == 'f') {
			cbor_put_text(to, SLICE("fmt"));
			cbor_put_text(to, SLICE("none"));
		} else if (*order == 's') {
			cbor_put_text(to, SLICE("attStmt"));
			cbor_put_map(to, 0);
		} else {
			cbor_put_text(to, SLICE("authData"));
			cbor_put_bytes(to, authdata);
		}
	}
	assert_int_equal(to->error, 0);
}

static int
parse_attestation(struct slice authdata, const char *order)
{
	struct webauthn_attestation attestation;
	struct buf bytes = BUF(WEBAUTHN_ATTESTATION_MAX);
	int r;

	put_attestation(&bytes, authdata, order);
	r = webauthn_parse_attestation(buf_slice(&bytes), &attestation);
	for (size_t n = 0; n < bytes.n; n++)
		assert_int_equal(
		    webauthn_parse_attestation(
			slice_first(buf_slice(&bytes), n), &attestation),
		    E_SYNTAX);
	buf_free(&bytes);
	return r;
}

static void
test_attestation(void **state UNUSED)
{
	struct buf authdata = BUF(WEBAUTHN_AUTHDATA_MAX);

	put_authdata(&authdata, WEBAUTHN_UP | WEBAUTHN_UV | WEBAUTHN_AT);
	assert_int_equal(parse_attestation(buf_slice(&authdata), "fsa"), 0);
	assert_int_equal(parse_attestation(buf_slice(&authdata), "asf"), 0);
	assert_int_equal(
	    parse_attestation(buf_slice(&authdata), "fs"), E_SYNTAX);
	assert_int_equal(
	    parse_attestation(buf_slice(&authdata), "ffa"), E_SYNTAX);
	assert_int_equal(
	    parse_attestation(buf_slice(&authdata), "fsaa"), E_SYNTAX);
	buf_free(&authdata);
}

/* ---- keys -------------------------------------------------------------- */

static int
parse_key(int64_t kind, int64_t algorithm, int64_t curve, size_t n)
{
	static const uint8_t bytes[512] = {0x80};
	struct buf text = BUF(WEBAUTHN_KEY_MAX * 2);
	struct webauthn_key key;
	int r;

	cbor_put_map(&text, kind == 2 ? 5 : 4);
	cbor_put_int(&text, 1);
	cbor_put_int(&text, kind);
	cbor_put_int(&text, 3);
	cbor_put_int(&text, algorithm);
	cbor_put_int(&text, -1);
	if (kind == 3)
		cbor_put_bytes(&text, slice_of(bytes, n));
	else
		cbor_put_int(&text, curve);
	cbor_put_int(&text, -2);
	cbor_put_bytes(
	    &text, kind == 3 ? SLICE("\x01\x00\x01") : slice_of(bytes, n));
	if (kind == 2) {
		cbor_put_int(&text, -3);
		cbor_put_bytes(&text, slice_of(bytes, n));
	}
	assert_int_equal(text.error, 0);
	r = webauthn_parse_key(buf_slice(&text), &key);
	buf_free(&text);
	return r;
}

static void
test_keys(void **state UNUSED)
{
	assert_int_equal(parse_key(2, WEBAUTHN_ES256, 1, 32), 0);
	assert_int_equal(parse_key(1, WEBAUTHN_EDDSA, 6, 32), 0);
	assert_int_equal(parse_key(3, WEBAUTHN_RS256, 0, 256), 0);
	/* P-384, Ed448, long and short RSA, kinds that don't go together. */
	assert_int_equal(parse_key(2, -35, 2, 48), E_KIND);
	assert_int_equal(parse_key(2, WEBAUTHN_ES256, 2, 32), E_KIND);
	assert_int_equal(parse_key(2, WEBAUTHN_ES256, 1, 31), E_KIND);
	assert_int_equal(parse_key(2, WEBAUTHN_ES256, 1, 33), E_KIND);
	assert_int_equal(parse_key(1, WEBAUTHN_EDDSA, 7, 57), E_KIND);
	assert_int_equal(parse_key(1, WEBAUTHN_ES256, 1, 32), E_KIND);
	assert_int_equal(parse_key(2, WEBAUTHN_EDDSA, 6, 32), E_KIND);
	assert_int_equal(parse_key(3, WEBAUTHN_RS256, 0, 128), E_KIND);
	assert_int_equal(parse_key(3, WEBAUTHN_RS256, 0, 512), E_KIND);
	/* RS1: signatures by SHA-1. */
	assert_int_equal(parse_key(3, -65535, 0, 256), E_KIND);
	/* HMAC: whoever knows the "public" key signs. */
	assert_int_equal(parse_key(4, 5, 0, 32), E_KIND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_client_data),
	    cmocka_unit_test(test_no_challenge),
	    cmocka_unit_test(test_client_data_limits),
	    cmocka_unit_test(test_authdata),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_state),
	    cmocka_unit_test(test_attestation),
	    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
