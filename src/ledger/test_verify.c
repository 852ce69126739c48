/* Unit tests of the offline proof: what is damaged is found, and named. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "ledger/test_log.h"
#include "ledger/verify.h"

enum {
	SMALL = 600,         /* two full tiles, partials on two levels */
	LARGE = 65536 + 300, /* a full tile of level 1, too */
};

static struct test_log small_log, large_log;

static int
make_logs(void **state UNUSED)
{
	test_log_make(&small_log, SMALL);
	test_log_make(&large_log, LARGE);
	return 0;
}

static int
remove_logs(void **state UNUSED)
{
	test_log_end(&small_log);
	test_log_end(&large_log);
	return 0;
}

static int
verify(struct test_log *log, struct folder_problem *problem)
{
	struct verify_options options = {.keys = &log->key, .n_keys = 1};
	struct verify_result result;

	*problem = (struct folder_problem){0};
	return verify_folder(log->dir, &options, &result, problem);
}

static void
assert_whole(struct test_log *log)
{
	struct folder_problem problem;

	if (verify(log, &problem) != 0)
		fail_msg("%s: %s", problem.path, problem.text);
}

static void
assert_problem(struct test_log *log, int code, const char *path)
{
	struct folder_problem problem;

	assert_int_equal(verify(log, &problem), code);
	assert_int_equal(problem.code, code);
	assert_string_equal(problem.path, path);
	assert_non_null(problem.text);
}

struct seen {
	uint64_t entries;
	uint64_t progress;
	uint64_t refuse; /* an index, or UINT64_MAX */
};

static int
on_entry(void *arg, uint64_t index, struct slice entry)
{
	struct seen *seen = arg;
	struct buf expected = BUF(100);

	assert_int_equal(index, seen->entries);
	test_entry(index, &expected);
	assert_true(slice_eq(entry, buf_slice(&expected)));
	buf_free(&expected);
	seen->entries++;
	return index == seen->refuse ? E_VERSION : 0;
}

static void
on_progress(void *arg, uint64_t done, uint64_t size)
{
	struct seen *seen = arg;

	assert_true(done > seen->progress && done <= size);
	seen->progress = done;
}

static void
test_whole(void **state UNUSED)
{
	struct seen seen = {.refuse = UINT64_MAX};
	struct verify_options options = {.keys = &large_log.key,
	    .n_keys = 1,
	    .entry = on_entry,
	    .progress = on_progress,
	    .arg = &seen};
	struct digest root = test_root(LARGE);
	struct folder_problem problem;
	struct verify_result result;

	assert_int_equal(
	    verify_folder(large_log.dir, &options, &result, &problem), 0);
	assert_int_equal(result.size, LARGE);
	assert_memory_equal(&result.root, &root, sizeof(root));
	assert_int_equal(result.since, 0);
	assert_int_equal(seen.entries, LARGE);
	assert_int_equal(seen.progress, LARGE);
	/* The caller may refuse an entry. */
	seen = (struct seen){.refuse = 300};
	assert_int_equal(
	    verify_folder(large_log.dir, &options, &result, &problem),
	    E_VERSION);
	assert_string_equal(problem.path, "tile/entries/001");
	assert_true(problem.has_index);
	assert_int_equal(problem.index, 300);
}

static void
test_empty(void **state UNUSED)
{
	struct test_log log;

	test_log_make(&log, 0);
	assert_whole(&log);
	test_log_end(&log);
}

/* The first and last bytes of a file, and some between. */
static void
flip_in_file(void *arg UNUSED, const char *path)
{
	enum { AT_START = 3, AT_END = 6, ALL = 14 };
	struct folder_problem problem;
	struct buf content;
	size_t n;

	test_log_read(&small_log, path, &content);
	n = content.n;
	buf_free(&content);
	for (size_t i = 0; i < ALL; i++) {
		size_t at = i < AT_START ? i
		            : i < AT_END ? n - 1 - (i - AT_START)
		                         : n * (i - AT_END) / (ALL - AT_END);
		uint8_t mask = (uint8_t)(1 << i % 8);

		test_log_flip(&small_log, path, at, mask);
		assert_true(verify(&small_log, &problem) < 0);
		assert_string_equal(problem.path, path);
		assert_true(problem.code < 0 && problem.text != NULL);
		test_log_flip(&small_log, path, at, mask);
	}
}

static void
test_flips(void **state UNUSED)
{
	assert_whole(&small_log);
	test_log_files(&small_log, flip_in_file, NULL);
	assert_whole(&small_log);
}

static void
cut_file(void *arg UNUSED, const char *path)
{
	struct folder_problem problem;
	struct buf content;

	test_log_read(&small_log, path, &content);
	for (size_t n = 0; n < content.n; n += MAX(content.n / 5, 1)) {
		test_log_write(
		    &small_log, path, slice_first(buf_slice(&content), n));
		assert_true(verify(&small_log, &problem) < 0);
		assert_string_equal(problem.path, path);
	}
	/* A byte, and a hash's worth, too many. */
	for (int i = 0; i < SHA256_BYTES; i++) {
		buf_put_u8(&content, 0);
		if (i > 0 && i < SHA256_BYTES - 1)
			continue;
		test_log_write(&small_log, path, buf_slice(&content));
		assert_true(verify(&small_log, &problem) < 0);
		assert_string_equal(problem.path, path);
	}
	content.n -= SHA256_BYTES;
	test_log_write(&small_log, path, buf_slice(&content));
	buf_free(&content);
}

static void
test_truncated(void **state UNUSED)
{
	test_log_files(&small_log, cut_file, NULL);
	assert_whole(&small_log);
}

static void
remove_file(void *arg UNUSED, const char *path)
{
	struct buf content;

	test_log_read(&small_log, path, &content);
	test_log_remove(&small_log, path);
	if (strcmp(path, FOLDER_VKEY) == 0)
		assert_whole(&small_log); /* the caller has the key */
	else
		assert_problem(&small_log, E_NOT_FOUND, path);
	test_log_write(&small_log, path, buf_slice(&content));
	buf_free(&content);
}

static void
test_removed(void **state UNUSED)
{
	test_log_files(&small_log, remove_file, NULL);
	assert_whole(&small_log);
}

/* Tiles of every level, full and partial, and their bundles. */
static void
test_flips_large(void **state UNUSED)
{
	static const char *const paths[] = {"tile/entries/000",
	    "tile/entries/255", "tile/entries/256", "tile/entries/257.p/44",
	    "tile/0/000", "tile/0/255", "tile/0/256", "tile/0/257.p/44",
	    "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"};

	assert_whole(&large_log);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		test_log_flip(&large_log, paths[i], 5 + i, 0x10);
		assert_problem(&large_log, E_CORRUPT, paths[i]);
		test_log_flip(&large_log, paths[i], 5 + i, 0x10);
	}
	assert_whole(&large_log);
}

/* An entry and its hash replaced together: only what is above can tell. */
static void
test_forged_tile(void **state UNUSED)
{
	struct slice rest, entry;
	struct buf bundle, tile;
	struct digest leaf;

	test_log_read(&small_log, "tile/entries/000", &bundle);
	test_log_read(&small_log, "tile/0/000", &tile);
	test_log_flip(&small_log, "tile/entries/000", 2, 1);
	bundle.p[2] ^= 1;
	rest = buf_slice(&bundle);
	assert_int_equal(entry_bundle_next(&rest, &entry), 1);
	leaf = tree_leaf_hash(entry);
	memcpy(tile.p, leaf.b, sizeof(leaf.b));
	test_log_write(&small_log, "tile/0/000", buf_slice(&tile));
	assert_problem(&small_log, E_CORRUPT, "tile/1/000.p/2");
	test_log_flip(&small_log, "tile/entries/000", 2, 1);
	/* Now the bundle is as it was, and the tile is not. */
	assert_problem(&small_log, E_CORRUPT, "tile/0/000");
	buf_free(&bundle);
	buf_free(&tile);
	test_log_end(&small_log);
	test_log_make(&small_log, SMALL);
}

static void
test_other_key(void **state UNUSED)
{
	struct verify_options options = {.n_keys = 1};
	struct folder_problem problem;
	struct verify_result result;
	struct note_key other = small_log.key;

	assert_int_equal(note_key_make(SLICE("log.example/test"),
			     (const uint8_t[NOTE_PUBLIC_BYTES]){1}, &other),
	    0);
	options.keys = &other;
	assert_int_equal(
	    verify_folder(small_log.dir, &options, &result, &problem),
	    E_UNAUTHENTICATED);
	assert_string_equal(problem.path, FOLDER_CHECKPOINT);
	options.n_keys = 0;
	assert_int_equal(
	    verify_folder(small_log.dir, &options, &result, &problem),
	    E_UNAUTHENTICATED);
}

/* The folder's own key, well formed, is of somebody else. */
static void
test_other_vkey(void **state UNUSED)
{
	struct buf vkey = BUF(NOTE_VKEY_MAX), was;
	struct note_key other;

	assert_int_equal(note_key_make(SLICE(TEST_ORIGIN),
			     (const uint8_t[NOTE_PUBLIC_BYTES]){1}, &other),
	    0);
	note_key_put(&other, &vkey);
	buf_put_u8(&vkey, '\n');
	test_log_read(&small_log, FOLDER_VKEY, &was);
	test_log_write(&small_log, FOLDER_VKEY, buf_slice(&vkey));
	assert_problem(&small_log, E_CORRUPT, FOLDER_VKEY);
	test_log_write(&small_log, FOLDER_VKEY, buf_slice(&was));
	buf_free(&vkey);
	buf_free(&was);
}

/* An older checkpoint that is right, but of a log that is known too. */
static void
test_other_log(void **state UNUSED)
{
	struct test_log other = small_log;
	struct verify_options options = {.n_keys = 2};
	struct digest root = test_root(100);
	struct folder_problem problem;
	struct verify_result result;
	struct buf note = BUF(1000);
	struct note_key keys[2];

	assert_int_equal(note_key_make(SLICE("other.example"),
			     small_log.key.public_key, &other.key),
	    0);
	test_checkpoint(&other, "other.example", 100, &root, &note);
	keys[0] = small_log.key;
	keys[1] = other.key;
	options.keys = keys;
	options.since = buf_slice(&note);
	assert_int_equal(
	    verify_folder(small_log.dir, &options, &result, &problem),
	    E_INCONSISTENT);
	assert_string_equal(problem.path, "");
	buf_free(&note);
}

static int
verify_since(struct test_log *log, struct slice since, uint64_t *ret_since,
    struct folder_problem *problem)
{
	struct verify_options options = {
	    .keys = &log->key, .n_keys = 1, .since = since};
	struct verify_result result;
	int r = verify_folder(log->dir, &options, &result, problem);

	if (r == 0)
		*ret_since = result.since;
	return r;
}

static void
test_since(void **state UNUSED)
{
	static const uint64_t sizes[] = {0, 1, 255, 256, 257, 511, 599, SMALL};
	struct folder_problem problem;
	struct buf note = BUF(1000);
	struct digest root;
	uint64_t since = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		root = test_root(sizes[i]);
		test_checkpoint(
		    &small_log, TEST_ORIGIN, sizes[i], &root, &note);
		assert_int_equal(verify_since(&small_log, buf_slice(&note),
				     &since, &problem),
		    0);
		assert_int_equal(since, sizes[i]);
		/* Another root was signed for that size. */
		root.b[31] ^= 1;
		test_checkpoint(
		    &small_log, TEST_ORIGIN, sizes[i], &root, &note);
		assert_int_equal(verify_since(&small_log, buf_slice(&note),
				     &since, &problem),
		    E_INCONSISTENT);
		assert_string_equal(problem.path, FOLDER_CHECKPOINT);
	}
	/* Rolled back: more was signed than there is. */
	root = test_root(SMALL + 1);
	test_checkpoint(&small_log, TEST_ORIGIN, SMALL + 1, &root, &note);
	assert_int_equal(
	    verify_since(&small_log, buf_slice(&note), &since, &problem),
	    E_INCONSISTENT);
	/* Damaged. */
	note.p[note.n - 3] ^= 1;
	assert_true(
	    verify_since(&small_log, buf_slice(&note), &since, &problem) < 0);
	assert_string_equal(problem.path, "");
	buf_free(&note);
}

/* Signed twice: the folder's own checkpoint is well, its root another. */
static void
test_wrong_root(void **state UNUSED)
{
	struct digest root = test_root(SMALL - 1);
	struct buf note = BUF(1000), was;

	test_log_read(&small_log, FOLDER_CHECKPOINT, &was);
	test_checkpoint(&small_log, TEST_ORIGIN, SMALL, &root, &note);
	test_log_write(&small_log, FOLDER_CHECKPOINT, buf_slice(&note));
	assert_problem(&small_log, E_CORRUPT, FOLDER_CHECKPOINT);
	test_log_write(&small_log, FOLDER_CHECKPOINT, buf_slice(&was));
	buf_free(&note);
	buf_free(&was);
}

/* A partial's place may be taken by the full file (tlog-tiles). */
static void
test_full_for_partial(void **state UNUSED)
{
	struct folder_options options = {0};
	struct folder *folder;
	struct test_log log;

	test_log_begin(&log);
	folder = test_log_open(&log, &options);
	test_log_append(folder, 300);
	test_log_flush(&log, folder, 200);
	folder_free(&folder);
	assert_true(test_log_has(&log, "tile/0/000"));
	assert_false(test_log_has(&log, "tile/0/000.p/200"));
	assert_false(test_log_has(&log, "tile/entries/000.p/200"));
	assert_whole(&log);
	test_log_flip(&log, "tile/0/000", 199 * SHA256_BYTES, 1);
	assert_problem(&log, E_CORRUPT, "tile/0/000");
	test_log_remove(&log, "tile/0/000");
	assert_problem(&log, E_NOT_FOUND, "tile/0/000.p/200");
	test_log_end(&log);
}

/* A pipe in a file's place must not stop the verifier. */
static void
test_pipe(void **state UNUSED)
{
	struct test_log log;

	test_log_make(&log, 300);
	test_log_remove(&log, "tile/entries/000");
	assert_int_equal(mkfifoat(log.dir, "tile/entries/000", 0600), 0);
	assert_problem(&log, E_CORRUPT, "tile/entries/000");
	test_log_remove(&log, "tile/entries/000");
	assert_int_equal(symlinkat("001.p/44", log.dir, "tile/entries/000"), 0);
	assert_problem(&log, E_IO, "tile/entries/000");
	test_log_end(&log);
}

static void
test_faults(void **state UNUSED)
{
#ifdef CHANCERY_FAULTS
	struct folder_problem problem;

	for (uint64_t nth = 1;; nth++) {
		int r;

		fault_arm(nth, false);
		r = verify(&small_log, &problem);
		if (fault_fired() == 0) {
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, E_NOMEM);
		assert_int_equal(problem.code, E_NOMEM);
	}
	fault_arm(0, false);
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_flips),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_removed),
	    cmocka_unit_test(test_flips_large),
	    cmocka_unit_test(test_forged_tile),
	    cmocka_unit_test(test_other_key),
	    cmocka_unit_test(test_other_vkey),
	    cmocka_unit_test(test_other_log),
	    cmocka_unit_test(test_since),
	    cmocka_unit_test(test_wrong_root),
	    cmocka_unit_test(test_full_for_partial),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, make_logs, remove_logs);
}
