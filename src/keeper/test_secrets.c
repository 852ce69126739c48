/* What core may ask of people's secrets, asked as core does. */
#include "unit.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "ipc/secret.h"
#include "keeper/password.h"
#include "keeper/secrets.h"
#include "keeper/totp.h"
#include "wire/cbor.h"

enum { WAIT_MS = 30000, ANSWERS_MAX = 16 };

static char folder[64];

/* ---- a keeper without its process -------------------------------------- */

struct rig {
	struct loop *loop;
	struct secrets *secrets;
	struct {
		uint64_t id;
		struct buf body;
		struct secret_answer answer;
	} answers[ANSWERS_MAX];
	size_t n;
	struct buf ask;
};

static void
on_answer(void *arg, uint64_t id, struct slice body)
{
	struct rig *rig = arg;

	assert_true(rig->n < ANSWERS_MAX);
	rig->answers[rig->n].id = id;
	rig->answers[rig->n].body.max = SECRET_ANSWER_MAX;
	buf_put_slice(&rig->answers[rig->n].body, body);
	assert_int_equal(
	    secret_get_answer(buf_slice(&rig->answers[rig->n].body),
		&rig->answers[rig->n].answer),
	    0);
	rig->n++;
}

static void
forget_answers(struct rig *rig)
{
	while (rig->n > 0)
		buf_free(&rig->answers[--rig->n].body);
}

static void
open_keeper(struct rig *rig, size_t threads, size_t waiting)
{
	const struct secrets_options options = {
	    .threads = threads,
	    .waiting = waiting,
	    .answer = on_answer,
	    .arg = rig,
	};

	rig->ask = BUF_SECRET(SECRET_ASK_MAX);
	assert_int_equal(loop_new(&rig->loop), 0);
	assert_int_equal(secrets_new(rig->loop, &options, &rig->secrets), 0);
}

static void
close_keeper(struct rig *rig)
{
	secrets_free(&rig->secrets);
	assert_null(rig->secrets);
	loop_free(&rig->loop);
	forget_answers(rig);
	buf_free(&rig->ask);
}

static void
send_ask(struct rig *rig, uint64_t id, const struct secret_ask *ask)
{
	buf_clear(&rig->ask);
	secret_put_ask(&rig->ask, ask);
	assert_int_equal(rig->ask.error, 0);
	assert_int_equal(
	    secrets_ask(rig->secrets, id, buf_slice(&rig->ask)), 0);
}

static void
wait_for(struct rig *rig, size_t n)
{
	while (rig->n < n)
		assert_int_equal(loop_once(rig->loop, WAIT_MS), 0);
}

/* The answer stays until the next question. */
static const struct secret_answer *
ask(struct rig *rig, const struct secret_ask *question)
{
	forget_answers(rig);
	send_ask(rig, 1, question);
	wait_for(rig, 1);
	assert_int_equal(rig->answers[0].answer.kind, question->kind);
	return &rig->answers[0].answer;
}

static int
set_up(void **state UNUSED)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/chancery-secrets-XXXXXX");
	return mkdtemp(folder) != NULL ? chdir(folder) : -1;
}

static int
tear_down(void **state UNUSED)
{
	(void)unlink("people.key");
	return chdir("/") != 0 ? -1 : rmdir(folder);
}

/* ---- passwords --------------------------------------------------------- */

#define GOOD "nine green cups; four cracked"

static void
hash_password(struct rig *rig, const char *password, struct buf *ret_verifier)
{
	const struct secret_answer *answer =
	    ask(rig, &(struct secret_ask){.kind = SECRET_PASSWORD_HASH,
			 .hash = {.password = slice_str(password)}});

	assert_int_equal(answer->code, 0);
	buf_put_slice(ret_verifier, answer->hash.verifier);
}

static const struct secret_answer *
check_it(struct rig *rig, struct slice verifier, const char *password)
{
	return ask(rig, &(struct secret_ask){.kind = SECRET_PASSWORD_CHECK,
			    .password = {verifier, slice_str(password)}});
}

static void
test_passwords(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	struct buf verifier = BUF(SECRET_VERIFIER_MAX);
	struct buf other = BUF(SECRET_VERIFIER_MAX);

	open_keeper(&rig, 1, 4);
	hash_password(&rig, GOOD, &verifier);
	hash_password(&rig, GOOD, &other);
	/* Each by its own salt, and nothing of the password in it. */
	assert_false(slice_eq(buf_slice(&verifier), buf_slice(&other)));
	assert_null(memmem(verifier.p, verifier.n, GOOD, 4));

	assert_int_equal(check_it(&rig, buf_slice(&verifier), GOOD)->code, 0);
	assert_int_equal(rig.answers[0].answer.password.rehash, 0);
	assert_int_equal(
	    check_it(&rig, buf_slice(&verifier), GOOD "!")->code, E_DENIED);
	assert_int_equal(
	    check_it(&rig, buf_slice(&verifier), "")->code, E_DENIED);
	assert_int_equal(check_it(&rig, SLICE_NONE, GOOD)->code, E_DENIED);
	assert_int_equal(check_it(&rig, SLICE_NONE, "")->code, E_DENIED);
	for (size_t i = 0; i < verifier.n; i++) {
		verifier.p[i] ^= 1;
		/* Each costs its hash: every fifth byte is enough. */
		if (i % 5 == 0)
			assert_int_equal(
			    check_it(&rig, buf_slice(&verifier), GOOD)->code,
			    E_DENIED);
		verifier.p[i] ^= 1;
	}
	close_keeper(&rig);

	/* Another start has the same key. */
	open_keeper(&rig, 1, 4);
	assert_int_equal(check_it(&rig, buf_slice(&verifier), GOOD)->code, 0);
	close_keeper(&rig);

	/* Without the key nothing is right any more, and that is no crash. */
	assert_int_equal(unlink("people.key"), 0);
	open_keeper(&rig, 1, 4);
	assert_int_equal(
	    check_it(&rig, buf_slice(&verifier), GOOD)->code, E_DENIED);
	close_keeper(&rig);
	buf_free(&verifier);
	buf_free(&other);
}

/* A verifier of other parameters, by the same functions that anyone may call.
 */
static void
put_verifier(struct buf *to, struct slice from, uint64_t kib, uint64_t passes)
{
	struct cbor_reader r = cbor_reader(from);

	cbor_put_array(to, cbor_get_array(&r));
	cbor_put_uint(to, cbor_get_uint(&r));
	cbor_put_bytes(to, cbor_get_bytes(&r));
	(void)cbor_get_uint(&r);
	(void)cbor_get_uint(&r);
	cbor_put_uint(to, kib);
	cbor_put_uint(to, passes);
	cbor_put_bytes(to, cbor_get_bytes(&r));
	cbor_put_bytes(to, cbor_get_bytes(&r));
	assert_int_equal(cbor_end(&r), 0);
	assert_int_equal(to->error, 0);
}

/* Whoever can write the database can't have the keeper take all memory. */
static void
test_verifiers_bound_their_cost(void **state UNUSED)
{
	static const struct {
		uint64_t kib, passes;
	} wrong[] = {{PASSWORD_KIB + 1, 1}, {UINT32_MAX, 1}, {UINT64_MAX, 1},
	    {PASSWORD_KIB_LEAST - 1, 2}, {PASSWORD_KIB_LEAST, 1}, {8, 1},
	    {0, 0}, {PASSWORD_KIB, PASSWORD_PASSES_MOST + 1}, {PASSWORD_KIB, 0},
	    {PASSWORD_KIB, UINT64_MAX}};
	struct rig rig = {.n = 0};
	struct buf verifier = BUF(SECRET_VERIFIER_MAX);
	struct buf other = BUF(SECRET_VERIFIER_MAX);

	open_keeper(&rig, 1, 4);
	hash_password(&rig, GOOD, &verifier);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		buf_clear(&other);
		put_verifier(&other, buf_slice(&verifier), wrong[i].kib,
		    wrong[i].passes);
		assert_int_equal(
		    check_it(&rig, buf_slice(&other), GOOD)->code, E_DENIED);
	}
	close_keeper(&rig);
	buf_free(&verifier);
	buf_free(&other);
}
/*
 * What a server with the least cost that was ever allowed has made, as the
 * header says: right, and to be renewed.
 */
static void
make_old_verifier(const struct people_key *key, struct buf *ret_verifier)
{
	static const uint8_t salt[] = "salt of 16 bytes";
	uint8_t peppered[crypto_auth_hmacsha256_BYTES], hash[32];

	assert_int_equal(crypto_auth_hmacsha256(peppered, (const uint8_t *)GOOD,
			     strlen(GOOD), key->pepper.p),
	    0);
	assert_int_equal(
	    crypto_pwhash(hash, sizeof(hash), (const char *)peppered,
		sizeof(peppered), salt, 2, (size_t)PASSWORD_KIB_LEAST * 1024,
		crypto_pwhash_ALG_ARGON2ID13),
	    0);
	cbor_put_array(ret_verifier, 6);
	cbor_put_uint(ret_verifier, 1);
	cbor_put_bytes(ret_verifier, people_key_name(key));
	cbor_put_uint(ret_verifier, PASSWORD_KIB_LEAST);
	cbor_put_uint(ret_verifier, 2);
	cbor_put_bytes(ret_verifier, slice_of(salt, 16));
	cbor_put_bytes(ret_verifier, slice_of(hash, sizeof(hash)));
	assert_int_equal(ret_verifier->error, 0);
}

static void
test_old_parameters_are_told(void **state UNUSED)
{
	static const uint8_t seed[PEOPLE_KEY_BYTES] = {7};
	struct people_key key;
	struct buf verifier = BUF(SECRET_VERIFIER_MAX);
	bool rehash = false, foreign = false;

	assert_int_equal(
	    people_key_derive(slice_of(seed, sizeof(seed)), &key), 0);
	make_old_verifier(&key, &verifier);
	assert_int_equal(password_check(&key, buf_slice(&verifier), SLICE(GOOD),
			     &rehash, &foreign),
	    0);
	assert_true(rehash);
	assert_int_equal(password_check(&key, buf_slice(&verifier),
			     SLICE(GOOD "!"), &rehash, &foreign),
	    E_DENIED);
	assert_false(rehash);
	assert_false(foreign);
	people_key_free(&key);
	buf_free(&verifier);
}

static void
test_weak_passwords(void **state UNUSED)
{
	static const struct {
		const char *password, *names;
		enum secret_weak weak;
	} cases[] = {
	    {GOOD, "", SECRET_WEAK_NOT},
	    {"Tr0ub4dor&3x", "", SECRET_WEAK_NOT},
	    {"correct horse battery", "anna\nAcme", SECRET_WEAK_NOT},
	    {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"
	     "9kx2?w",
		"", SECRET_WEAK_NOT},
	    /* Nine characters, in more bytes. */
	    {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"
	     "9kx2?",
		"", SECRET_WEAK_SHORT},
	    {"k7#Qz!m2p", "", SECRET_WEAK_SHORT},
	    {"password123", "", SECRET_WEAK_LISTED},
	    {"P@ssw0rd2026!", "", SECRET_WEAK_LISTED},
	    {"!!Sunshine77", "", SECRET_WEAK_LISTED},
	    {"1234567890", "", SECRET_WEAK_LISTED},
	    {"qwertyuiop", "", SECRET_WEAK_LISTED},
	    {"Administrator1", "", SECRET_WEAK_LISTED},
	    {"Passwort2026", "", SECRET_WEAK_LISTED},
	    {"aaaaaaaaaaaa", "", SECRET_WEAK_PATTERN},
	    {"abcdefghijkl", "", SECRET_WEAK_PATTERN},
	    {"k7#Qzk7#Qzk7#Qz", "", SECRET_WEAK_PATTERN},
	    {"9876543210123", "", SECRET_WEAK_PATTERN},
	    {"my-ANNA.Schmidt-9x", "anna.schmidt", SECRET_WEAK_NAME},
	    {"welcome to acme", "anna\nACME\n", SECRET_WEAK_NAME},
	    /* A name of three letters stands in too many words. */
	    {"nine tan cups; cracked", "tan", SECRET_WEAK_NOT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum secret_weak weak = password_weak(
		    slice_str(cases[i].password), slice_str(cases[i].names));

		if (weak != cases[i].weak)
			print_error("%s\n", cases[i].password);
		assert_int_equal(weak, cases[i].weak);
	}
}

static void
test_weak_passwords_are_refused(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	const struct secret_answer *answer;

	open_keeper(&rig, 1, 4);
	answer = ask(&rig, &(struct secret_ask){.kind = SECRET_PASSWORD_HASH,
			       .hash = {SLICE("password123"), SLICE_NONE}});
	assert_int_equal(answer->code, E_WEAK);
	assert_int_equal(answer->hash.weak, SECRET_WEAK_LISTED);
	assert_int_equal(answer->hash.verifier.n, 0);
	close_keeper(&rig);
}

/* The list is searched by halves. */
static void
test_banned_list_is_sorted(void **state UNUSED)
{
	static const char *const words[] = {
#include "keeper/banned.def"
	};

	assert_true(ARRAY_SIZE(words) > 3000);
	for (size_t i = 1; i < ARRAY_SIZE(words); i++)
		assert_true(strcmp(words[i - 1], words[i]) < 0);
}

/* ---- codes ------------------------------------------------------------- */

/* RFC 6238, appendix B, for SHA-1, its last six digits. */
static void
test_codes_of_the_rfc(void **state UNUSED)
{
	static const struct {
		uint64_t seconds;
		const char *code;
	} vectors[] = {{59, "287082"}, {1111111109, "081804"},
	    {1111111111, "050471"}, {1234567890, "005924"},
	    {2000000000, "279037"}, {20000000000, "353130"}};
	const uint8_t *seed = (const uint8_t *)"12345678901234567890";
	char code[TOTP_DIGITS];

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		totp_code(seed, vectors[i].seconds * 1000 / TOTP_STEP_MS, code);
		assert_memory_equal(code, vectors[i].code, sizeof(code));
	}
}

static void
base32_decode(struct slice text, uint8_t *to, size_t n)
{
	unsigned bits = 0, have = 0;
	size_t made = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool letter = c >= 'A' && c <= 'Z';

		assert_true(letter || (c >= '2' && c <= '7'));
		bits = (bits << 5 | (letter ? c - 'A' : c - '2' + 26)) & 0xfff;
		have += 5;
		if (have < 8)
			continue;
		have -= 8;
		assert_true(made < n);
		to[made++] = (uint8_t)(bits >> have);
	}
	assert_int_equal(made, n);
}

struct authenticator {
	uint8_t seed[TOTP_SEED_BYTES];
	struct buf sealed;
};

static void
make_authenticator(struct rig *rig, struct authenticator *a)
{
	const struct secret_answer *answer =
	    ask(rig, &(struct secret_ask){
			 .kind = SECRET_TOTP_MAKE, .totp_make = {SLICE("p1")}});

	assert_int_equal(answer->code, 0);
	assert_int_equal(answer->totp_make.base32.n, 32);
	base32_decode(answer->totp_make.base32, a->seed, sizeof(a->seed));
	a->sealed = BUF(SECRET_SEALED_MAX);
	buf_put_slice(&a->sealed, answer->totp_make.sealed);
	assert_null(memmem(a->sealed.p, a->sealed.n, a->seed, 4));
}

#define NOW ((uint64_t)1790000000000)

static const struct secret_answer *
check_code(struct rig *rig, const struct authenticator *a, const char *owner,
    const char *code, uint64_t last)
{
	return ask(rig, &(struct secret_ask){.kind = SECRET_TOTP_CHECK,
			    .totp = {buf_slice(&a->sealed), slice_str(owner),
				slice_str(code), NOW, last}});
}

static void
test_codes(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	struct authenticator a;
	const uint64_t step = NOW / TOTP_STEP_MS;
	char code[TOTP_DIGITS + 1] = "", other[TOTP_DIGITS + 2];
	const struct secret_answer *answer;

	open_keeper(&rig, 1, 4);
	make_authenticator(&rig, &a);
	for (uint64_t at = step - 2; at <= step + 2; at++) {
		totp_code(a.seed, at, code);
		answer = check_code(&rig, &a, "p1", code, 0);
		if (at == step - 2 || at == step + 2) {
			assert_int_equal(answer->code, E_DENIED);
			assert_int_equal(answer->totp.step, 0);
			assert_int_equal(answer->totp.replayed, 0);
		} else {
			assert_int_equal(answer->code, 0);
			assert_int_equal(answer->totp.step, at);
		}
	}

	totp_code(a.seed, step, code);
	/* The same step twice, and one before it. */
	assert_int_equal(
	    check_code(&rig, &a, "p1", code, step)->code, E_DENIED);
	assert_int_equal(rig.answers[0].answer.totp.replayed, 1);
	assert_int_equal(
	    check_code(&rig, &a, "p1", code, step + 1)->code, E_DENIED);
	assert_int_equal(check_code(&rig, &a, "p1", code, step - 1)->code, 0);
	/* Sealed for somebody else. */
	assert_int_equal(check_code(&rig, &a, "p2", code, 0)->code, E_DENIED);
	assert_int_equal(check_code(&rig, &a, "", code, 0)->code, E_DENIED);
	/* Nothing but its six digits. */
	(void)snprintf(other, sizeof(other), "%s0", code);
	assert_int_equal(check_code(&rig, &a, "p1", other, 0)->code, E_DENIED);
	other[TOTP_DIGITS - 1] = '\0';
	assert_int_equal(check_code(&rig, &a, "p1", other, 0)->code, E_DENIED);
	assert_int_equal(check_code(&rig, &a, "p1", "", 0)->code, E_DENIED);
	for (size_t i = 0; i < a.sealed.n; i++) {
		a.sealed.p[i] ^= 1;
		assert_int_equal(
		    check_code(&rig, &a, "p1", code, 0)->code, E_DENIED);
		a.sealed.p[i] ^= 1;
	}
	a.sealed.n--;
	assert_int_equal(check_code(&rig, &a, "p1", code, 0)->code, E_DENIED);
	a.sealed.n++;
	assert_int_equal(check_code(&rig, &a, "p1", code, 0)->code, 0);
	close_keeper(&rig);
	buf_free(&a.sealed);
}

/* ---- both at once ------------------------------------------------------ */

static void
test_sign_in(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	struct authenticator a;
	struct buf verifier = BUF(SECRET_VERIFIER_MAX);
	const uint64_t step = NOW / TOTP_STEP_MS;
	char code[TOTP_DIGITS + 1] = "";
	struct secret_ask question = {.kind = SECRET_SIGN_IN};
	struct secret_sign_in right;
	const struct secret_answer *answer;

	open_keeper(&rig, 2, 4);
	make_authenticator(&rig, &a);
	hash_password(&rig, GOOD, &verifier);
	totp_code(a.seed, step, code);
	right = (struct secret_sign_in){
	    .password = {buf_slice(&verifier), SLICE(GOOD)},
	    .totp = {buf_slice(&a.sealed), SLICE("p1"),
		slice_of(code, TOTP_DIGITS), NOW, 0}};

	question.sign_in = right;
	answer = ask(&rig, &question);
	assert_int_equal(answer->code, 0);
	assert_int_equal(answer->sign_in.right, 1);
	assert_int_equal(answer->sign_in.step, step);

	question.sign_in.password.password = SLICE("something else");
	answer = ask(&rig, &question);
	assert_int_equal(answer->code, 0);
	assert_int_equal(answer->sign_in.right, 0);
	/* The code is looked at all the same. */
	assert_int_equal(answer->sign_in.step, step);

	question.sign_in = right;
	question.sign_in.totp.last_step = step;
	answer = ask(&rig, &question);
	assert_int_equal(answer->sign_in.right, 1);
	assert_int_equal(answer->sign_in.step, 0);
	assert_int_equal(answer->sign_in.replayed, 1);

	/* Nobody of that name: no row, so nothing to check by. */
	question.sign_in = right;
	question.sign_in.password.verifier = SLICE_NONE;
	question.sign_in.totp.sealed = SLICE_NONE;
	answer = ask(&rig, &question);
	assert_int_equal(answer->code, 0);
	assert_int_equal(answer->sign_in.right, 0);
	assert_int_equal(answer->sign_in.step, 0);
	close_keeper(&rig);
	buf_free(&verifier);
	buf_free(&a.sealed);
}

/*
 * One of older parameters is made anew where all is right, so that who has the
 * password alone gets no sign of it, not the time of a second hash either.
 */
static void
test_old_verifiers_are_renewed(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	struct authenticator a;
	struct people_key key;
	struct buf old = BUF(SECRET_VERIFIER_MAX);
	struct buf new = BUF(SECRET_VERIFIER_MAX);
	char code[TOTP_DIGITS + 1] = "";
	struct secret_ask question = {.kind = SECRET_SIGN_IN};
	const struct secret_answer *answer;

	open_keeper(&rig, 1, 4);
	assert_int_equal(people_key_open(&key), 0);
	make_old_verifier(&key, &old);
	make_authenticator(&rig, &a);
	totp_code(a.seed, NOW / TOTP_STEP_MS, code);
	question.sign_in =
	    (struct secret_sign_in){.password = {buf_slice(&old), SLICE(GOOD)},
		.totp = {buf_slice(&a.sealed), SLICE("p1"), SLICE("000000"),
		    NOW, 0}};
	answer = ask(&rig, &question);
	assert_int_equal(answer->sign_in.right, 1);
	assert_int_equal(answer->sign_in.verifier.n, 0);

	question.sign_in.totp.code = slice_of(code, TOTP_DIGITS);
	question.sign_in.password.password = SLICE("something else");
	answer = ask(&rig, &question);
	assert_int_equal(answer->sign_in.right, 0);
	assert_int_equal(answer->sign_in.verifier.n, 0);

	question.sign_in.password.password = SLICE(GOOD);
	answer = ask(&rig, &question);
	assert_int_equal(answer->sign_in.right, 1);
	buf_put_slice(&new, answer->sign_in.verifier);
	assert_int_equal(check_it(&rig, buf_slice(&new), GOOD)->code, 0);
	assert_int_equal(rig.answers[0].answer.password.rehash, 0);
	assert_int_equal(
	    check_it(&rig, buf_slice(&new), GOOD "!")->code, E_DENIED);

	question.sign_in.password.verifier = buf_slice(&new);
	answer = ask(&rig, &question);
	assert_int_equal(answer->sign_in.right, 1);
	assert_int_equal(answer->sign_in.verifier.n, 0);
	close_keeper(&rig);
	people_key_free(&key);
	buf_free(&old);
	buf_free(&new);
	buf_free(&a.sealed);
}

/* ---- names that nobody has --------------------------------------------- */

static void
hash_login(struct rig *rig, const char *login, struct slice verifier,
    uint8_t ret_name[static SECRET_MAC_BYTES])
{
	const struct secret_answer *answer =
	    ask(rig, &(struct secret_ask){.kind = SECRET_SIGN_IN,
			 .sign_in = {.login = slice_str(login),
			     .password = {verifier, SLICE(GOOD)}}});

	assert_int_equal(answer->code, 0);
	assert_int_equal(answer->sign_in.name.n, SECRET_MAC_BYTES);
	memcpy(ret_name, answer->sign_in.name.p, SECRET_MAC_BYTES);
}

/* The same for the same name, whether somebody has it or nobody. */
static void
test_names_are_hashed_by_the_key(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	struct buf verifier = BUF(SECRET_VERIFIER_MAX);
	uint8_t first[SECRET_MAC_BYTES], other[SECRET_MAC_BYTES];

	open_keeper(&rig, 1, 4);
	hash_password(&rig, GOOD, &verifier);
	hash_login(&rig, "ann", SLICE_NONE, first);
	hash_login(&rig, "ann", buf_slice(&verifier), other);
	assert_memory_equal(first, other, sizeof(first));
	hash_login(&rig, "anne", SLICE_NONE, other);
	assert_memory_not_equal(first, other, sizeof(first));
	hash_login(&rig, "", SLICE_NONE, other);
	assert_memory_not_equal(first, other, sizeof(first));
	close_keeper(&rig);

	/* Nobody can tell what name it is who hasn't got the key. */
	assert_int_equal(unlink("people.key"), 0);
	open_keeper(&rig, 1, 4);
	hash_login(&rig, "ann", SLICE_NONE, other);
	assert_memory_not_equal(first, other, sizeof(first));
	close_keeper(&rig);
	buf_free(&verifier);
}

/* ---- the pool ---------------------------------------------------------- */

static void
send_quick(struct rig *rig, uint64_t id)
{
	send_ask(rig, id,
	    &(struct secret_ask){
		.kind = SECRET_TOTP_MAKE, .totp_make = {SLICE("p1")}});
}

static void
send_check(struct rig *rig, uint64_t id)
{
	send_ask(rig, id,
	    &(struct secret_ask){.kind = SECRET_PASSWORD_CHECK,
		.password = {SLICE_NONE, SLICE(GOOD)}});
}

/* However many hash, the rest is answered before, and beyond the bound at once.
 */
static void
test_quick_questions_pass_hashing(void **state UNUSED)
{
	struct rig rig = {.n = 0};
	size_t busy = 0, denied = 0;

	open_keeper(&rig, 1, 3);
	for (uint64_t id = 10; id < 18; id++)
		send_check(&rig, id);
	send_quick(&rig, 1);
	/* Without a round of the loop no hash can have been answered. */
	assert_int_equal(rig.answers[rig.n - 1].id, 1);
	for (size_t i = 0; i + 1 < rig.n; i++)
		assert_int_equal(rig.answers[i].answer.code, E_BUSY);
	/* One is hashed, maybe, and three wait. */
	assert_in_range(rig.n - 1, 4, 5);
	wait_for(&rig, 9);
	for (size_t i = 0; i < rig.n; i++) {
		busy += rig.answers[i].answer.code == E_BUSY;
		denied += rig.answers[i].answer.code == E_DENIED;
	}
	assert_int_equal(busy + denied, 8);
	assert_in_range(denied, 3, 4);
	close_keeper(&rig);
}

/* A core that is gone gets no answers, and its successor none of its. */
static void
test_who_is_gone_is_not_answered(void **state UNUSED)
{
	struct rig rig = {.n = 0};

	open_keeper(&rig, 1, 8);
	for (uint64_t id = 10; id < 14; id++)
		send_check(&rig, id);
	secrets_forget(rig.secrets);
	send_check(&rig, 20);
	wait_for(&rig, 1);
	assert_int_equal(rig.n, 1);
	assert_int_equal(rig.answers[0].id, 20);
	/* What waits when the keeper ends is given up. */
	for (uint64_t id = 30; id < 34; id++)
		send_check(&rig, id);
	close_keeper(&rig);
}

/* ---- bytes ------------------------------------------------------------- */

static void
test_garbage_is_refused(void **state UNUSED)
{
	const struct secret_ask good = {
	    .kind = SECRET_TOTP_MAKE, .totp_make = {SLICE("p1")}};
	struct rig rig = {.n = 0};
	struct buf body = BUF(SECRET_ASK_MAX);

	open_keeper(&rig, 1, 1);
	secret_put_ask(&body, &good);
	for (size_t n = 0; n < body.n; n++)
		assert_int_equal(secrets_ask(rig.secrets, 1,
				     slice_first(buf_slice(&body), n)),
		    E_GRAMMAR);
	buf_put_u8(&body, 0);
	assert_int_equal(
	    secrets_ask(rig.secrets, 1, buf_slice(&body)), E_GRAMMAR);
	buf_clear(&body);
	cbor_put_array(&body, 1);
	cbor_put_uint(&body, SECRET_KIND_MAX);
	assert_int_equal(
	    secrets_ask(rig.secrets, 1, buf_slice(&body)), E_GRAMMAR);
	buf_clear(&body);
	cbor_put_array(&body, 1);
	cbor_put_uint(&body, SECRET_NONE);
	assert_int_equal(
	    secrets_ask(rig.secrets, 1, buf_slice(&body)), E_GRAMMAR);
	assert_int_equal(rig.n, 0);
	close_keeper(&rig);
	buf_free(&body);
}

#ifdef CHANCERY_FAULTS
/*
 * One question, with the nth allocation failing: it is answered all the same.
 * True where one failed.
 */
static bool
ask_without_memory(
    struct rig *rig, const struct secret_ask *question, uint64_t nth)
{
	struct buf body = BUF(SECRET_ASK_MAX);
	bool failed;
	int code;

	secret_put_ask(&body, question);
	forget_answers(rig);
	/* The test's own part of an answer needs none. */
	rig->answers[0].body = BUF(SECRET_ANSWER_MAX);
	assert_non_null(buf_room(&rig->answers[0].body, SECRET_ANSWER_MAX));
	fault_arm(nth, false);
	assert_int_equal(secrets_ask(rig->secrets, 1, buf_slice(&body)), 0);
	wait_for(rig, 1);
	code = rig->answers[0].answer.code;
	failed = fault_fired() > 0;
	fault_arm(0, false);
	assert_int_equal(code, failed ? E_NOMEM : 0);
	buf_free(&body);
	return failed;
}

static void
test_without_memory(void **state UNUSED)
{
	const struct secret_ask questions[] = {
	    {.kind = SECRET_PASSWORD_HASH, .hash = {SLICE(GOOD), SLICE_NONE}},
	    {.kind = SECRET_TOTP_MAKE, .totp_make = {SLICE("p1")}},
	    {.kind = SECRET_SIGN_IN,
		.sign_in = {.password = {SLICE_NONE, SLICE(GOOD)}}},
	};
	struct rig rig = {.n = 0};

	open_keeper(&rig, 1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		for (uint64_t nth = 1;
		     ask_without_memory(&rig, &questions[i], nth); nth++)
			assert_true(nth < 20);
	close_keeper(&rig);
}
#endif

static void
test_key_file(void **state UNUSED)
{
	static const char *const wrong[] = {"", "seed\n", "seed 00\n",
	    "seed 0000000000000000000000000000000000000000000000000000000000000"
	    "00g\n",
	    "seed 0000000000000000000000000000000000000000000000000000000000000"
	    "000\nmore\n"};
	struct people_key key;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(file_replace(AT_FDCWD, "people.key", 0600,
				     slice_str(wrong[i])),
		    0);
		assert_int_equal(people_key_open(&key), E_CORRUPT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_passwords),
	    TEST(test_verifiers_bound_their_cost),
	    TEST(test_old_parameters_are_told),
	    TEST(test_weak_passwords),
	    TEST(test_weak_passwords_are_refused),
	    TEST(test_banned_list_is_sorted),
	    TEST(test_codes_of_the_rfc),
	    TEST(test_codes),
	    TEST(test_sign_in),
	    TEST(test_old_verifiers_are_renewed),
	    TEST(test_names_are_hashed_by_the_key),
	    TEST(test_quick_questions_pass_hashing),
	    TEST(test_who_is_gone_is_not_answered),
	    TEST(test_garbage_is_refused),
#ifdef CHANCERY_FAULTS
	    TEST(test_without_memory),
#endif
	    TEST(test_key_file),
	};

	log_init("test", LOG_ERROR + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
