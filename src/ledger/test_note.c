/* Unit tests of signed notes and checkpoints. */
#include "unit.h"

#include <sodium.h>

#include "base/fault.h"
#include "ledger/note.h"
#include "ledger/tree.h"

/* signed-note, "Ed25519 signatures": the vector of the format's authors. */
#define SPEC_VKEY      \
	"example.com/" \
	"foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define SPEC_TEXT "This is an example message.\n"
#define SPEC_BASE64                                                        \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj" \
	"OBH3mFXmRKuwHjG1Yu72IneyaQM="
#define DASH "\xe2\x80\x94 "
#define SPEC_LINE DASH "example.com/foo " SPEC_BASE64 "\n"
#define SPEC_NOTE SPEC_TEXT "\n" SPEC_LINE

/* A key of our own, made from a number. */
struct signer {
	struct note_key key;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	int error;
};

static void
signer_make(struct signer *signer, const char *name, uint8_t number)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = {number};
	uint8_t public_key[NOTE_PUBLIC_BYTES];

	(void)crypto_sign_seed_keypair(public_key, signer->secret, seed);
	assert_int_equal(
	    note_key_make(slice_str(name), public_key, &signer->key), 0);
	signer->error = 0;
}

static int
signer_sign(
    void *arg, struct slice text, uint8_t ret[static NOTE_SIGNATURE_BYTES])
{
	struct signer *signer = arg;

	if (signer->error != 0)
		return signer->error;
	(void)crypto_sign_detached(ret, NULL, text.p, text.n, signer->secret);
	return 0;
}

static void
put_signed(struct buf *note, struct signer *signer, const char *text)
{
	struct note_signer callback = {&signer->key, signer_sign, signer};

	assert_int_equal(note_sign(slice_str(text), &callback, note), 0);
}

static int
open_note(struct slice bytes, const struct note_key *keys, size_t n_keys)
{
	struct note note;
	uint64_t signers = 0;
	int r = note_parse(bytes, &note);

	if (r < 0)
		return r;
	r = note_verify(&note, keys, n_keys, &signers);
	assert_true((r == 0) == (signers != 0));
	return r;
}

static void
test_spec_vector(void **state UNUSED)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	struct note_key key;
	struct note note;
	uint64_t signers;

	assert_int_equal(note_key_parse(SLICE(SPEC_VKEY), &key), 0);
	assert_string_equal(key.name, "example.com/foo");
	note_key_put(&key, &text);
	assert_string_equal(buf_cstr(&text), SPEC_VKEY);
	assert_int_equal(note_parse(SLICE(SPEC_NOTE), &note), 0);
	assert_true(slice_eq(note.text, SLICE(SPEC_TEXT)));
	assert_int_equal(note.n, 1);
	assert_true(slice_eq(note.signature[0].name, SLICE("example.com/foo")));
	assert_memory_equal(note.signature[0].id, "\x53\x0d\x90\x3a", 4);
	assert_int_equal(note_verify(&note, &key, 1, &signers), 0);
	assert_int_equal(signers, 1);
	buf_free(&text);
}

/* Whatever bit of a note changes, it is no note of that key's any more. */
static void
test_every_bit_of_a_note(void **state UNUSED)
{
	char bytes[] = SPEC_NOTE;
	struct note_key key;

	assert_int_equal(note_key_parse(SLICE(SPEC_VKEY), &key), 0);
	for (size_t i = 0; i < 8 * (sizeof(bytes) - 1); i++) {
		bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
		assert_true(
		    open_note(slice_of(bytes, sizeof(bytes) - 1), &key, 1) < 0);
		bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
	}
	for (size_t n = 0; n < sizeof(bytes) - 1; n++)
		assert_true(open_note(slice_of(bytes, n), &key, 1) < 0);
}

static void
test_every_bit_of_a_vkey(void **state UNUSED)
{
	char text[] = SPEC_VKEY;
	struct note_key key;

	for (size_t i = 0; i < 8 * (sizeof(text) - 1); i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		assert_true(
		    note_key_parse(slice_of(text, sizeof(text) - 1), &key) < 0);
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
	}
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_true(note_key_parse(slice_of(text, n), &key) < 0);
}

static void
test_vkeys_refused(void **state UNUSED)
{
	static const uint8_t public_key[NOTE_PUBLIC_BYTES] = {1};
	static const char *const names[] = {"", "a b", "a+b", "a\tb", "a\nb",
	    "a\xc2\xa0", "a\xe2\x80\xa8", "\xe3\x80\x80", "a\xc2\x85", "\xff"};
	char longest[NOTE_NAME_MAX + 2];
	struct note_key key;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(
		    note_key_make(slice_str(names[i]), public_key, &key),
		    E_NAME);
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(
	    note_key_make(slice_of(longest, sizeof(longest)), public_key, &key),
	    E_LIMIT);
	assert_int_equal(
	    note_key_make(slice_of(longest, NOTE_NAME_MAX), public_key, &key),
	    0);
	assert_int_equal(
	    note_key_make(SLICE("\xc3\xa9.example"), public_key, &key), 0);
	/* Type 4, a cosigner's; the id is of no matter then. */
	assert_int_equal(
	    note_key_parse(SLICE("a+00000000+"
				 "BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv"
				 "3U2k"),
		&key),
	    E_KIND);
	assert_int_equal(note_key_parse(SLICE(SPEC_VKEY "\n"), &key), E_SYNTAX);
	assert_int_equal(
	    note_key_parse(SLICE("example.com/foo+530D903A+AekyeRrm56hApGFk"
				 "yQR4ZCbV54Id2LKaANYcrnKv3U2k"),
		&key),
	    E_SYNTAX);
	assert_int_equal(note_key_parse(SLICE("a+00000000+"), &key), E_SYNTAX);
	assert_int_equal(note_key_parse(SLICE_NONE, &key), E_SYNTAX);
}

static void
test_notes_refused(void **state UNUSED)
{
	static const char *const bad[] = {"", "\n", "\n\n", SPEC_TEXT,
	    SPEC_TEXT "\n", SPEC_TEXT SPEC_LINE, SPEC_NOTE "\n",
	    SPEC_NOTE "x\n", SPEC_TEXT "\n" DASH "a\n",
	    SPEC_TEXT "\n" DASH "a \n", SPEC_TEXT "\n" DASH " AAAAAAA=\n",
	    SPEC_TEXT "\n" DASH "a AAAAAA==\n", /* an id, no signature */
	    SPEC_TEXT "\n" DASH "a AAAAAAA\n",
	    SPEC_TEXT "\n" DASH "a AAAAAAB=\n",       /* bits behind the end */
	    SPEC_TEXT "\n" DASH "a AAAAAA\xc3\xa9\n", /* not ASCII */
	    SPEC_TEXT "\n" DASH "a AAAAAAA= \n",
	    SPEC_TEXT "\n" DASH "a  AAAAAAA=\n",
	    SPEC_TEXT "\n" DASH "a b AAAAAAA=\n",
	    SPEC_TEXT "\n" DASH "a+b AAAAAAA=\n", SPEC_TEXT "\n-- a AAAAAAA=\n",
	    SPEC_TEXT "\n\xe2\x80\x94x AAAAAAA=\n", SPEC_TEXT "\r\n" SPEC_LINE,
	    "a\tb\n\n" SPEC_LINE, "\xff\n\n" SPEC_LINE,
	    SPEC_TEXT "\n" SPEC_LINE DASH "a AAAAAAA="};
	struct note note = {.n = 77};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    note_parse(slice_str(bad[i]), &note), E_SYNTAX);
	assert_int_equal(note.n, 77);
	/* The signature is not looked at: that is note_verify's. */
	assert_int_equal(
	    note_parse(SLICE("x\n\n" DASH "a AAAAAAA=\n"), &note), 0);
}

static void
test_last_empty_line(void **state UNUSED)
{
	static const char text[] = "one\n\ntwo\n\n" DASH "a AAAAAAA=\n\n\n";
	struct buf bytes = BUF(1000);
	struct signer signer;
	struct note note;

	signer_make(&signer, "log.example/1", 1);
	put_signed(&bytes, &signer, text);
	assert_int_equal(note_parse(buf_slice(&bytes), &note), 0);
	assert_true(slice_eq(note.text, slice_str(text)));
	assert_int_equal(note.n, 1);
	assert_int_equal(open_note(buf_slice(&bytes), &signer.key, 1), 0);
	buf_free(&bytes);
}

/* Unknown signatures are ignored; a known one must be right. */
static void
test_known_and_unknown(void **state UNUSED)
{
	struct signer a, b, same_name, liar;
	uint8_t wrong[NOTE_SIGNATURE_BYTES] = {0};
	struct buf bytes = BUF(10000);
	struct note_key keys[3];
	struct note note;
	uint64_t signers;

	signer_make(&a, "log.example/1", 1);
	signer_make(&b, "witness.example", 2);
	signer_make(&same_name, "log.example/1", 3);
	put_signed(&bytes, &a, "text\n");
	assert_int_equal(note_put_signature(&same_name.key, wrong, &bytes), 0);
	buf_put_str(&bytes, DASH "other.example AAAAAAAA\n");
	assert_int_equal(open_note(buf_slice(&bytes), &a.key, 1), 0);
	assert_int_equal(
	    open_note(buf_slice(&bytes), &b.key, 1), E_UNAUTHENTICATED);
	assert_int_equal(
	    open_note(buf_slice(&bytes), NULL, 0), E_UNAUTHENTICATED);
	assert_int_equal(
	    open_note(buf_slice(&bytes), &same_name.key, 1), E_DIGEST);
	keys[0] = a.key;
	keys[1] = same_name.key;
	assert_int_equal(open_note(buf_slice(&bytes), keys, 2), E_DIGEST);

	/* The right name and id, but a signature of another length. */
	buf_clear(&bytes);
	put_signed(&bytes, &a, "text\n");
	liar = a;
	buf_put_str(&bytes, SPEC_LINE);
	buf_put_str(&bytes, DASH "example.com/foo Uw2QOgA=\n");
	assert_int_equal(note_key_parse(SLICE(SPEC_VKEY), &liar.key), 0);
	assert_int_equal(open_note(buf_slice(&bytes), &a.key, 1), 0);
	assert_int_equal(open_note(buf_slice(&bytes), &liar.key, 1), E_DIGEST);

	/* Which keys signed. */
	buf_clear(&bytes);
	put_signed(&bytes, &a, "text\n");
	assert_int_equal(signer_sign(&b, SLICE("text\n"), wrong), 0);
	assert_int_equal(note_put_signature(&b.key, wrong, &bytes), 0);
	keys[2] = b.key;
	assert_int_equal(note_parse(buf_slice(&bytes), &note), 0);
	assert_int_equal(note_verify(&note, keys, 3, &signers), 0);
	assert_int_equal(signers, 5);
	buf_free(&bytes);
}

static void
test_many_signatures(void **state UNUSED)
{
	uint8_t signature[NOTE_SIGNATURE_BYTES];
	struct buf bytes = BUF(100000);
	struct signer last;

	signer_make(&last, "log.example/1", 9);
	assert_int_equal(note_put_text(SLICE("text\n"), &bytes), 0);
	for (int i = 1; i < NOTE_SIGNATURES_MAX; i++)
		buf_put_str(&bytes, DASH "other.example AAAAAAAA\n");
	assert_int_equal(signer_sign(&last, SLICE("text\n"), signature), 0);
	assert_int_equal(note_put_signature(&last.key, signature, &bytes), 0);
	assert_int_equal(open_note(buf_slice(&bytes), &last.key, 1), 0);
	buf_put_str(&bytes, DASH "other.example AAAAAAAA\n");
	assert_int_equal(open_note(buf_slice(&bytes), &last.key, 1), E_LIMIT);
	buf_free(&bytes);
}

static void
test_sign(void **state UNUSED)
{
	struct signer signer, other;
	struct note_signer callback = {&signer.key, signer_sign, &signer};
	struct buf bytes = BUF(1000), small = BUF(20);

	signer_make(&signer, "log.example/1", 1);
	signer_make(&other, "log.example/1", 2);
	assert_int_equal(note_sign(SLICE(""), &callback, &bytes), E_SYNTAX);
	assert_int_equal(
	    note_sign(SLICE("no end"), &callback, &bytes), E_SYNTAX);
	assert_int_equal(
	    note_sign(SLICE("a\tb\n"), &callback, &bytes), E_SYNTAX);
	assert_int_equal(note_put_text(SLICE("\xff\n"), &bytes), E_SYNTAX);
	signer.error = E_CLOSED;
	assert_int_equal(
	    note_sign(SLICE("text\n"), &callback, &bytes), E_CLOSED);
	signer.error = 0;
	callback.arg = &other; /* signs with another key than it says */
	assert_int_equal(
	    note_sign(SLICE("text\n"), &callback, &bytes), E_CRYPTO);
	assert_int_equal(bytes.n, 0);
	callback.arg = &signer;
	assert_int_equal(
	    note_sign(SLICE("text\n"), &callback, &small), E_LIMIT);
	buf_free(&bytes);
	buf_free(&small);
}

#define ORIGIN "log.example/1"
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static void
test_checkpoint(void **state UNUSED)
{
	static const char text[] = ORIGIN "\n20852163\n" ROOT "\n";
	struct buf written = BUF(1000);
	struct checkpoint checkpoint;

	assert_int_equal(checkpoint_parse(slice_str(text), &checkpoint), 0);
	assert_true(slice_eq(checkpoint.origin, SLICE(ORIGIN)));
	assert_int_equal(checkpoint.size, 20852163);
	assert_int_equal(checkpoint.root.b[0], 0x0a);
	assert_int_equal(checkpoint.extensions.n, 0);
	assert_int_equal(checkpoint_put(&checkpoint, &written), 0);
	assert_string_equal(buf_cstr(&written), text);

	checkpoint.size = TREE_SIZE_MAX + 1;
	assert_int_equal(checkpoint_put(&checkpoint, &written), E_INVALID);
	checkpoint.size = 0;
	checkpoint.extensions = SLICE("x\n");
	assert_int_equal(checkpoint_put(&checkpoint, &written), E_INVALID);
	checkpoint.extensions = SLICE_NONE;
	checkpoint.origin = SLICE("a log");
	assert_int_equal(checkpoint_put(&checkpoint, &written), E_NAME);
	buf_free(&written);
}

static void
test_checkpoints_read(void **state UNUSED)
{
	static const struct {
		const char *text;
		int r;
	} cases[] = {
	    {"any origin + at all\n0\n" ROOT "\n", 0},
	    {ORIGIN "\n1\n" ROOT "\nextension\n more\n", 0},
	    {ORIGIN "\n9223372036854775807\n" ROOT "\n", 0},
	    {ORIGIN "\n9223372036854775808\n" ROOT "\n", E_LIMIT},
	    {ORIGIN "\n18446744073709551616\n" ROOT "\n", E_LIMIT},
	    {ORIGIN "\n01\n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n00\n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n+1\n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n-1\n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n1 \n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n0x1\n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n\n" ROOT "\n", E_SYNTAX},
	    {"\n1\n" ROOT "\n", E_SYNTAX},
	    {ORIGIN "\n1\n" ROOT, E_SYNTAX},
	    {ORIGIN "\n1\n\n", E_SYNTAX},
	    {ORIGIN "\n1\n", E_SYNTAX},
	    {ORIGIN "\n1\n" ROOT "\n\n", E_SYNTAX},
	    {ORIGIN "\n1\n" ROOT "\nx\n\ny\n", E_SYNTAX},
	    {ORIGIN "\n1\n" ROOT "\nx", E_SYNTAX},
	    {ORIGIN "\n1\nAAAA\n", E_SYNTAX},
	    /* Bits behind the end; no padding; too much of it; too long. */
	    {ORIGIN "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
		E_SYNTAX},
	    {ORIGIN "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
		E_SYNTAX},
	    {ORIGIN "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
		E_SYNTAX},
	    {ORIGIN "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n",
		E_SYNTAX},
	    {ORIGIN "\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
		E_SYNTAX},
	    {ORIGIN "\n1\n CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		E_SYNTAX},
	    {ORIGIN "\n1\nCsUYapGGPo4dkMgI\xf5Uqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		E_SYNTAX},
	    {ORIGIN "\n1\n" ROOT "=\n", E_SYNTAX},
	    {"", E_SYNTAX},
	};
	struct checkpoint checkpoint;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
		    checkpoint_parse(slice_str(cases[i].text), &checkpoint),
		    cases[i].r);
	assert_int_equal(checkpoint_parse(SLICE_NONE, &checkpoint), E_SYNTAX);
	assert_int_equal(
	    checkpoint_parse(slice_str(cases[1].text), &checkpoint), 0);
	assert_true(
	    slice_eq(checkpoint.extensions, SLICE("extension\n more\n")));
}

static void
test_checkpoint_open(void **state UNUSED)
{
	static const char text[] = ORIGIN "\n7\n" ROOT "\n";
	uint8_t signature[NOTE_SIGNATURE_BYTES];
	struct checkpoint checkpoint;
	struct signer log, witness;
	struct buf bytes = BUF(1000);
	struct note_key keys[2];

	signer_make(&log, ORIGIN, 1);
	signer_make(&witness, "witness.example", 2);
	keys[0] = witness.key;
	keys[1] = log.key;
	put_signed(&bytes, &witness, text);
	/* Signed by a known key, but not by the log's own. */
	assert_int_equal(
	    checkpoint_open(buf_slice(&bytes), keys, 2, &checkpoint),
	    E_UNAUTHENTICATED);
	assert_int_equal(signer_sign(&log, slice_str(text), signature), 0);
	assert_int_equal(note_put_signature(&log.key, signature, &bytes), 0);
	assert_int_equal(
	    checkpoint_open(buf_slice(&bytes), keys, 2, &checkpoint), 0);
	assert_int_equal(checkpoint.size, 7);
	assert_int_equal(
	    checkpoint_open(buf_slice(&bytes), keys, 1, &checkpoint),
	    E_UNAUTHENTICATED);
	buf_clear(&bytes);
	put_signed(&bytes, &log, "not a checkpoint\n");
	assert_int_equal(
	    checkpoint_open(buf_slice(&bytes), keys, 2, &checkpoint), E_SYNTAX);
	buf_free(&bytes);
}

static void
test_faults(void **state UNUSED)
{
#ifdef CHANCERY_FAULTS
	struct checkpoint checkpoint = {.size = 77};
	struct buf bytes = BUF(1000);
	struct note_key key;
	struct signer log;
	int r;

	signer_make(&log, ORIGIN, 1);
	put_signed(&bytes, &log, ORIGIN "\n7\n" ROOT "\n");
	for (uint64_t nth = 1;; nth++) {
		fault_arm(nth, false);
		r = checkpoint_open(
		    buf_slice(&bytes), &log.key, 1, &checkpoint);
		if (fault_fired() == 0)
			break;
		assert_int_equal(r, E_NOMEM);
		assert_int_equal(checkpoint.size, 77);
	}
	assert_int_equal(r, 0);
	for (uint64_t nth = 1;; nth++) {
		fault_arm(nth, false);
		r = note_key_parse(SLICE(SPEC_VKEY), &key);
		if (fault_fired() == 0)
			break;
		assert_int_equal(r, E_NOMEM);
	}
	assert_int_equal(r, 0);
	fault_arm(0, false);
	buf_free(&bytes);
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spec_vector),
	    cmocka_unit_test(test_every_bit_of_a_note),
	    cmocka_unit_test(test_every_bit_of_a_vkey),
	    cmocka_unit_test(test_vkeys_refused),
	    cmocka_unit_test(test_notes_refused),
	    cmocka_unit_test(test_last_empty_line),
	    cmocka_unit_test(test_known_and_unknown),
	    cmocka_unit_test(test_many_signatures),
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_checkpoint),
	    cmocka_unit_test(test_checkpoints_read),
	    cmocka_unit_test(test_checkpoint_open),
	    cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
