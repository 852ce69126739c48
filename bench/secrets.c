/*
 * bench-secrets: what the keeper's answers about people's secrets cost in
 * processor time, each from the message to the answer's message.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/hash.h"
#include "base/loop.h"
#include "bench.h"
#include "ipc/secret.h"
#include "keeper/secrets.h"
#include "wire/cbor.h"

enum { PASSKEYS = 4000, SIGN_INS = 20 };

static struct {
	struct loop *loop;
	struct secrets *secrets;
	struct buf verifier;
	uint64_t answers;
	int code;
} keeper;

static double
cpu(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

NO_RETURN static void
fail(const char *what)
{
	(void)fprintf(stderr, "bench-secrets: %s\n", what);
	exit(1);
}

static void
on_answer(void *arg UNUSED, uint64_t id UNUSED, struct slice body)
{
	struct secret_answer answer;

	if (secret_get_answer(body, &answer) < 0)
		fail("no answer");
	keeper.answers++;
	keeper.code = answer.code;
	if (answer.kind == SECRET_PASSWORD_HASH)
		buf_put_slice(&keeper.verifier, answer.hash.verifier);
}

/* Processor seconds of one, of so many. */
static double
measure(const struct secret_ask *ask, uint64_t n)
{
	struct buf body = BUF(SECRET_ASK_MAX);
	double begin;

	secret_put_ask(&body, ask);
	keeper.answers = 0;
	begin = cpu();
	for (uint64_t i = 0; i < n; i++) {
		if (body.error != 0 ||
		    secrets_ask(keeper.secrets, i, buf_slice(&body)) < 0)
			fail("a question is wrong");
		while (keeper.answers <= i)
			if (loop_once(keeper.loop, -1) < 0)
				fail("the loop");
		if (keeper.code < 0)
			fail("the answer is no");
	}
	buf_free(&body);
	return (cpu() - begin) / (double)n;
}

/* ---- a passkey --------------------------------------------------------- */

static void
put_key(EVP_PKEY *key, struct buf *to)
{
	uint8_t point[65];
	size_t n;

	if (EVP_PKEY_get_octet_string_param(
		key, "encoded-pub-key", point, sizeof(point), &n) != 1 ||
	    n != sizeof(point))
		fail("the key");
	cbor_put_map(to, 5);
	cbor_put_int(to, 1);
	cbor_put_int(to, 2);
	cbor_put_int(to, 3);
	cbor_put_int(to, WEBAUTHN_ES256);
	cbor_put_int(to, -1);
	cbor_put_int(to, 1);
	cbor_put_int(to, -2);
	cbor_put_bytes(to, slice_of(point + 1, 32));
	cbor_put_int(to, -3);
	cbor_put_bytes(to, slice_of(point + 33, 32));
}

static double
measure_passkey(void)
{
	struct digest rp = sha256(SLICE("office.example"));
	struct digest client = sha256(SLICE("{}"));
	struct buf authdata = BUF(64), both = BUF(128), cose = BUF(128);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[128];
	size_t n = sizeof(signature);
	double each;

	buf_put_slice(&authdata, digest_slice(&rp));
	buf_put(&authdata, "\x05\0\0\0\1", 5);
	buf_put_slice(&both, buf_slice(&authdata));
	buf_put_slice(&both, digest_slice(&client));
	put_key(key, &cose);
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &n, both.p, both.n) != 1)
		fail("the signature");
	each = measure(&(struct secret_ask){.kind = SECRET_PASSKEY_CHECK,
			   .passkey = {SLICE("office.example"),
			       digest_slice(&client), buf_slice(&authdata),
			       slice_of(signature, n), buf_slice(&cose)}},
	    PASSKEYS);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	buf_free(&authdata);
	buf_free(&both);
	buf_free(&cose);
	return each;
}

/* ---- a password and a code --------------------------------------------- */

#define PASSWORD SLICE("nine green cups; four cracked")

static double
measure_sign_in(void)
{
	(void)measure(&(struct secret_ask){.kind = SECRET_PASSWORD_HASH,
			  .hash = {PASSWORD, SLICE_NONE}},
	    1);
	return measure(
	    &(struct secret_ask){.kind = SECRET_SIGN_IN,
		.sign_in = {SLICE("ann"),
		    {buf_slice(&keeper.verifier), PASSWORD},
		    {.code = SLICE("123456"), .now_ms = 1790000000000}}},
	    SIGN_INS);
}

int
main(void)
{
	const struct secrets_options options = {
	    .threads = 1, .waiting = 1, .answer = on_answer};
	char folder[] = "/tmp/chancery-bench-secrets-XXXXXX";
	double passkey, sign_in;

	keeper.verifier = BUF(SECRET_VERIFIER_MAX);
	if (mkdtemp(folder) == NULL || chdir(folder) < 0 ||
	    loop_new(&keeper.loop) < 0 ||
	    secrets_new(keeper.loop, &options, &keeper.secrets) < 0)
		fail("no keeper");
	passkey = measure_passkey();
	sign_in = measure_sign_in();
	(void)printf(
	    "passkey_us=%.1f sign_in_ms=%.1f\n", passkey * 1e6, sign_in * 1e3);
	secrets_free(&keeper.secrets);
	loop_free(&keeper.loop);
	buf_free(&keeper.verifier);
	(void)unlink("people.key");
	(void)rmdir(folder);
	return 0;
}
