/* What the log's key signs, and what it never does. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "keeper/key_file.h"
#include "ledger/sign_request.h"

enum { LEAVES = 40 };

static char folder[64];

/* A tree of so many leaves, `salt` making another one of each. */
struct log {
	struct digest leaf[LEAVES];
	uint64_t size;
};

static int
node(void *arg, unsigned level, uint64_t index, struct digest *ret_hash)
{
	const struct log *log = arg;
	struct digest left, right;

	if (level == 0) {
		*ret_hash = log->leaf[index];
		return 0;
	}
	(void)node(arg, level - 1, 2 * index, &left);
	(void)node(arg, level - 1, 2 * index + 1, &right);
	*ret_hash = tree_node_hash(&left, &right);
	return 0;
}

static void
log_make(struct log *log, uint64_t size, char salt)
{
	log->size = size;
	for (uint64_t i = 0; i < LEAVES; i++) {
		char text[2] = {salt, (char)('!' + i)};

		log->leaf[i] = tree_leaf_hash(slice_of(text, sizeof(text)));
	}
}

static struct digest
root_of(struct log *log, uint64_t size)
{
	struct tree_reader reader = {node, log};
	struct digest root;

	assert_int_equal(tree_root_at(&reader, size, &root), 0);
	return root;
}

/* Asks for a signature as core does. */
static int
ask(struct log_key *key, struct log *log, const char *origin, uint64_t fence,
    uint64_t older, struct buf *note)
{
	struct tree_reader reader = {node, log};
	struct sign_request request = {
	    .checkpoint = {.origin = slice_str(origin),
		.size = log->size,
		.root = root_of(log, log->size)},
	    .fence = fence,
	    .older = older,
	};
	struct buf body = BUF(8192);
	int r;

	if (older <= log->size)
		assert_int_equal(tree_prove_consistency(
				     &reader, older, log->size, &request.proof),
		    0);
	sign_request_put(&body, &request);
	buf_clear(note);
	r = log_key_sign(key, buf_slice(&body), note);
	buf_free(&body);
	return r;
}

/* How many of the keys have signed. */
static unsigned
signers(const struct buf *text, const struct note_key *keys, size_t n)
{
	struct note note;
	uint64_t bits = 0;

	assert_int_equal(note_parse(buf_slice(text), &note), 0);
	if (note_verify(&note, keys, n, &bits) < 0)
		return 0;
	return (unsigned)__builtin_popcountll(bits);
}

static int
set_up(void **state UNUSED)
{
	log_init("test", LOG_ERROR);
	(void)snprintf(folder, sizeof(folder), "/tmp/chancery-key-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return chdir(folder);
}

static int
tear_down(void **state UNUSED)
{
	(void)unlink("log.key");
	(void)unlink("signed");
	assert_int_equal(chdir("/"), 0);
	return rmdir(folder);
}

static void
test_only_what_continues_is_signed(void **state UNUSED)
{
	struct log_key key;
	struct buf note = BUF(4096);
	struct log log, other;
	const char *origin;

	assert_int_equal(log_key_open("localhost", &key), 0);
	origin = key.key.name;
	log_make(&log, 10, 'a');
	assert_int_equal(ask(&key, &log, origin, 1, 0, &note), 0);
	assert_int_equal(signers(&note, &key.key, 1), 1);
	log.size = 20;
	assert_int_equal(ask(&key, &log, origin, 1, 10, &note), 0);

	/* An older copy, as it is or grown another way; another log. */
	log.size = 15;
	assert_int_equal(ask(&key, &log, origin, 2, 10, &note), E_INCONSISTENT);
	assert_int_equal(ask(&key, &log, origin, 2, 20, &note), E_INCONSISTENT);
	log_make(&other, 30, 'b');
	memcpy(other.leaf, log.leaf, 15 * sizeof(log.leaf[0]));
	assert_int_equal(
	    ask(&key, &other, origin, 2, 15, &note), E_INCONSISTENT);
	assert_int_equal(
	    ask(&key, &other, origin, 2, 20, &note), E_INCONSISTENT);
	assert_int_equal(
	    ask(&key, &other, origin, 2, 0, &note), E_INCONSISTENT);
	log.size = 25;
	assert_int_equal(
	    ask(&key, &log, "localhost/other", 2, 20, &note), E_INCONSISTENT);
	assert_int_equal(note.n, 0);

	/* A core that another one has taken over from. */
	assert_int_equal(ask(&key, &log, origin, 3, 20, &note), 0);
	log.size = 26;
	assert_int_equal(ask(&key, &log, origin, 2, 25, &note), E_INCONSISTENT);

	/* Another start remembers. */
	log_key_free(&key);
	assert_int_equal(log_key_open("localhost", &key), 0);
	log.size = 24;
	assert_int_equal(
	    ask(&key, &log, key.key.name, 4, 20, &note), E_INCONSISTENT);
	log.size = 27;
	assert_int_equal(ask(&key, &log, key.key.name, 4, 25, &note), 0);
	log_key_free(&key);
	buf_free(&note);
}

static void
test_both_sign_after_a_rotation(void **state UNUSED)
{
	struct log_key key;
	struct note_key keys[2];
	struct buf note = BUF(4096);
	struct log log;

	assert_int_equal(log_key_open("localhost", &key), 0);
	keys[0] = key.key;
	log_make(&log, 10, 'a');
	assert_int_equal(ask(&key, &log, keys[0].name, 1, 0, &note), 0);
	log_key_free(&key);
	assert_int_equal(log_key_rotate(AT_FDCWD, &keys[1]), 0);
	assert_string_equal(keys[1].name, keys[0].name);

	assert_int_equal(log_key_open("localhost", &key), 0);
	log.size = 12;
	assert_int_equal(ask(&key, &log, keys[0].name, 2, 10, &note), 0);
	assert_int_equal(signers(&note, keys, 2), 2);
	log_key_free(&key);

	/* A core that died meanwhile may not have it: both again. */
	assert_int_equal(log_key_open("localhost", &key), 0);
	log.size = 14;
	assert_int_equal(ask(&key, &log, keys[0].name, 3, 12, &note), 0);
	assert_int_equal(signers(&note, keys, 2), 2);
	/* It goes on from there, so it has: the old key is gone for good. */
	log.size = 16;
	assert_int_equal(ask(&key, &log, keys[0].name, 3, 14, &note), 0);
	assert_int_equal(signers(&note, &keys[0], 1), 0);
	assert_int_equal(signers(&note, &keys[1], 1), 1);
	log_key_free(&key);
	assert_int_equal(log_key_open("localhost", &key), 0);
	assert_false(key.has_previous);
	log_key_free(&key);
	buf_free(&note);
}

/* Only so does a keeper take another log on. */
static void
test_another_origin_by_replacing(void **state UNUSED)
{
	struct log_key_signed last;
	struct log_key key;
	struct note_key made;
	struct buf note = BUF(4096);
	struct log log;

	assert_int_equal(log_key_open("localhost", &key), 0);
	log_make(&log, 10, 'a');
	assert_int_equal(ask(&key, &log, key.key.name, 1, 0, &note), 0);
	log_key_free(&key);
	assert_int_equal(log_key_read_signed(AT_FDCWD, &last), 0);
	assert_int_equal(last.size, 10);
	assert_int_equal(
	    log_key_replace(AT_FDCWD, "localhost/second", &made), 0);
	assert_int_equal(log_key_read_signed(AT_FDCWD, &last), E_NOT_FOUND);
	assert_int_equal(log_key_open("localhost", &key), 0);
	assert_string_equal(key.key.name, "localhost/second");
	assert_memory_equal(&key.key, &made, sizeof(made));
	log_make(&log, 3, 'b');
	assert_int_equal(ask(&key, &log, "localhost/second", 1, 0, &note), 0);
	log_key_free(&key);
	buf_free(&note);
}

/* ---- what the keeper reads ---------------------------------------------- */

#define HEX32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Cut at each length: a file whose end is missing is no shorter file. */
static void
test_key_file(void **state UNUSED)
{
	const struct slice all =
	    SLICE("origin a/b\nseed 0123\nprevious 4567\n");
	struct key_file file;
	struct buf again = BUF(256);
	size_t whole = 0;

	for (size_t n = 0; n < all.n; n++)
		whole += key_file_read(slice_first(all, n), &file) == 0;
	/* But for where the line of the key before would begin. */
	assert_int_equal(whole, 1);
	assert_int_equal(key_file_read(all, &file), 0);
	assert_true(slice_eq(file.origin, SLICE("a/b")));
	assert_true(slice_eq(file.seed, SLICE("0123")));
	assert_true(slice_eq(file.previous, SLICE("4567")));
	key_file_put(&again, &file);
	assert_true(slice_eq(buf_slice(&again), all));
	buf_put_u8(&again, '\n');
	assert_int_equal(key_file_read(buf_slice(&again), &file), E_CORRUPT);
	buf_free(&again);
}

static void
test_signed_file(void **state UNUSED)
{
	static const char *const bad[] = {
	    "origin a/b\nsize -1\nroot " HEX32 "\nfence 3\n",
	    "origin a/b\nsize 18446744073709551616\nroot " HEX32 "\nfence 3\n",
	    "origin a/b\nsize 7\nroot 00\nfence 3\n",
	    "origin a/b\nsize 7\nroot " HEX32 "00\nfence 3\n",
	    "origin a/b\nsize 7\nroot " HEX32 "\nfence\n",
	    "origin a/b\nsize 7\nfence 3\nroot " HEX32 "\n",
	    "origin a/b\nsize 7\nroot " HEX32 "\nfence 3\nfence 4\n",
	};
	const struct slice all =
	    SLICE("origin a/b\nsize 7\nroot " HEX32 "\nfence 3\n");
	struct log_key_signed file = {.size = 77};
	struct buf again = BUF(256);

	for (size_t n = 0; n < all.n; n++)
		assert_int_equal(
		    signed_file_read(slice_first(all, n), &file), E_CORRUPT);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    signed_file_read(slice_str(bad[i]), &file), E_CORRUPT);
	assert_int_equal(file.size, 77);
	assert_int_equal(signed_file_read(all, &file), 0);
	assert_string_equal(file.origin, "a/b");
	assert_int_equal(file.size, 7);
	assert_int_equal(file.fence, 3);
	signed_file_put(&again, &file);
	assert_true(slice_eq(buf_slice(&again), all));
	buf_free(&again);
}

static void
test_sign_request(void **state UNUSED)
{
	struct sign_request in = {
	    .checkpoint = {.origin = SLICE("a/b"), .size = TREE_SIZE_MAX},
	    .fence = UINT64_MAX,
	    .older = 3,
	    .proof = {.n = TREE_PROOF_MAX},
	};
	struct sign_request out = {.older = 77};
	struct buf body = BUF(8192), again = BUF(8192);

	sign_request_put(&body, &in);
	for (size_t n = 0; n < body.n; n++)
		assert_int_equal(
		    sign_request_get(slice_first(buf_slice(&body), n), &out),
		    E_GRAMMAR);
	assert_int_equal(out.older, 77);
	assert_int_equal(sign_request_get(buf_slice(&body), &out), 0);
	sign_request_put(&again, &out);
	assert_true(slice_eq(buf_slice(&again), buf_slice(&body)));
	buf_put_u8(&body, 0);
	assert_int_equal(sign_request_get(buf_slice(&body), &out), E_GRAMMAR);
	buf_clear(&body);
	in.checkpoint.size = (uint64_t)TREE_SIZE_MAX + 1;
	sign_request_put(&body, &in);
	assert_int_equal(sign_request_get(buf_slice(&body), &out), E_GRAMMAR);
	buf_free(&body);
	buf_free(&again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_only_what_continues_is_signed),
	    TEST(test_both_sign_after_a_rotation),
	    TEST(test_another_origin_by_replacing),
	    cmocka_unit_test(test_key_file),
	    cmocka_unit_test(test_signed_file),
	    cmocka_unit_test(test_sign_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
