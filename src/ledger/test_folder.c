/* Unit tests of the log folder: what is in it at each size, and what fails. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "ledger/test_log.h"

static const struct folder_options plain = {.sync = false};

static void
test_one_size(uint64_t size, bool sync)
{
	struct folder_options options = {.sync = sync};
	struct digest root = test_root(size), is;
	struct folder *folder;
	struct test_log log;
	struct tree tree;
	uint64_t stored;

	test_log_begin(&log);
	folder = test_log_open(&log, &options);
	assert_int_equal(folder_put_key(folder, &log.key), 0);
	test_log_append(folder, size);
	test_log_flush(&log, folder, size);
	test_log_only(&log, size);
	test_log_whole(&log, size);
	folder_free(&folder);

	folder = test_log_open(&log, &options);
	assert_int_equal(folder_size(folder), size);
	assert_true(folder_checkpoint(folder, &stored).n > 0);
	assert_int_equal(stored, size);
	folder_tree(folder, &tree);
	is = tree_root(&tree);
	assert_memory_equal(&is, &root, sizeof(is));
	test_log_entries(folder, size);
	test_log_proofs(folder, size);
	test_log_only(&log, size);

	test_log_append(folder, size + 300);
	test_log_entries(folder, size + 300);
	test_log_flush(&log, folder, size + 300);
	test_log_only(&log, size + 300);
	test_log_whole(&log, size + 300);
	folder_free(&folder);
	test_log_end(&log);
}

static void
test_sizes(void **state UNUSED)
{
	static const uint64_t sizes[] = {0, 1, 2, 100, 255, 256, 257, 300, 511,
	    512, 513, 65535, 65536, 65537, 65536 + 256, 70000};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		test_one_size(sizes[i], false);
}

static void
test_sync(void **state UNUSED)
{
	test_one_size(0, true);
	test_one_size(300, true);
	test_one_size(1000, true);
}

/* Checkpoint after checkpoint, older partials are gone. */
static void
test_many_checkpoints(void **state UNUSED)
{
	struct folder *folder;
	struct test_log log;

	test_log_make(&log, 0);
	folder = test_log_open(&log, &plain);
	for (uint64_t size = 1; size < 1100; size += 1 + size % 37) {
		test_log_append(folder, size);
		test_log_flush(&log, folder, size);
		test_log_only(&log, size);
		if (size % 5 == 0) {
			folder_free(&folder);
			folder = test_log_open(&log, &plain);
			assert_int_equal(folder_size(folder), size);
		}
	}
	folder_free(&folder);
	test_log_end(&log);
}

/* The log grows while its checkpoint is being signed. */
static void
test_late_checkpoint(void **state UNUSED)
{
	struct folder *folder;
	struct test_log log;

	test_log_make(&log, 100);
	folder = test_log_open(&log, &plain);
	test_log_append(folder, 300);
	test_log_flush(&log, folder, 270);
	assert_true(test_log_has(&log, "tile/entries/001.p/14"));
	assert_true(test_log_has(&log, "tile/0/001.p/14"));
	assert_true(test_log_has(&log, "tile/1/000.p/1"));
	assert_false(test_log_has(&log, "tile/0/000.p"));
	test_log_whole(&log, 270);
	test_log_append(folder, 600);
	test_log_flush(&log, folder, 280); /* its tile is full by now */
	assert_false(test_log_has(&log, "tile/0/001.p"));
	test_log_whole(&log, 280);
	folder_free(&folder);
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 512);
	test_log_append(folder, 513);
	test_log_flush(&log, folder, 513);
	test_log_only(&log, 513);
	test_log_whole(&log, 513);
	folder_free(&folder);
	test_log_end(&log);
}

/* What a server gives for a path is what stands, or would, in the file. */
static void
test_files(void **state UNUSED)
{
	static const char *const paths[] = {"tile/0/000", "tile/0/001",
	    "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/000",
	    "tile/entries/002.p/88"};
	struct buf served = BUF(ENTRY_BUNDLE_MAX), stored;
	struct folder *folder;
	struct tile_path path;
	struct test_log log;

	test_log_make(&log, 600);
	folder = test_log_open(&log, &plain);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(
		    tile_path_parse(slice_str(paths[i]), &path), 0);
		test_log_read(&log, paths[i], &stored);
		/* The whole, then less of it. */
		for (unsigned n = path.width; n > 0; n /= 3) {
			struct slice head =
			    slice_first(buf_slice(&stored), n * SHA256_BYTES);

			path.width = n;
			if (path.kind == TILE_KIND_ENTRIES)
				assert_int_equal(
				    entry_bundle_head(
					buf_slice(&stored), n, &head),
				    0);
			buf_clear(&served);
			assert_int_equal(
			    folder_file(folder, &path, &served), 0);
			assert_true(slice_eq(buf_slice(&served), head));
		}
		buf_free(&stored);
	}
	for (size_t i = 2; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(
		    tile_path_parse(slice_str(paths[i]), &path), 0);
		path.index += path.width == TILE_WIDTH ? 2 : 0;
		path.width = MIN(path.width + 1, TILE_WIDTH);
		assert_int_equal(
		    folder_file(folder, &path, &served), E_NOT_FOUND);
		path.level += path.kind == TILE_KIND_HASHES ? 60 : 0;
		path.index += 5;
		assert_int_equal(
		    folder_file(folder, &path, &served), E_NOT_FOUND);
	}
	buf_free(&served);
	folder_free(&folder);
	test_log_end(&log);
}

static int
flush_root(struct test_log *log, struct folder *folder, const char *origin,
    uint64_t size, const struct digest *root)
{
	struct buf note = BUF(1000);
	int r;

	test_checkpoint(log, origin, size, root, &note);
	r = folder_flush(folder, buf_slice(&note));
	buf_free(&note);
	return r;
}

static void
test_flush_refused(void **state UNUSED)
{
	struct digest root = test_root(300), other = test_root(299);
	struct folder *folder;
	struct test_log log;
	uint64_t size;

	test_log_make(&log, 200);
	folder = test_log_open(&log, &plain);
	test_log_append(folder, 300);
	assert_int_equal(folder_flush(folder, SLICE("nothing")), E_SYNTAX);
	assert_int_equal(folder_flush(folder, SLICE_NONE), E_SYNTAX);
	assert_int_equal(
	    flush_root(&log, folder, TEST_ORIGIN, 300, &other), E_INCONSISTENT);
	assert_int_equal(
	    flush_root(&log, folder, "another", 300, &root), E_INCONSISTENT);
	assert_int_equal(
	    flush_root(&log, folder, TEST_ORIGIN, 301, &root), E_INCONSISTENT);
	other = test_root(100);
	assert_int_equal(
	    flush_root(&log, folder, TEST_ORIGIN, 100, &other), E_INCONSISTENT);
	(void)folder_checkpoint(folder, &size);
	assert_int_equal(size, 200);
	test_log_whole(&log, 200);
	/* The same size once more, e.g. with another signature, is well. */
	test_log_flush(&log, folder, 200);
	test_log_flush(&log, folder, 300);
	test_log_whole(&log, 300);
	folder_free(&folder);
	test_log_end(&log);
}

static void
test_entry_sizes(void **state UNUSED)
{
	uint8_t *large = mem_alloc(ENTRY_MAX + 1);
	struct buf entry = BUF(ENTRY_MAX), small = BUF(10);
	struct folder *folder;
	struct test_log log;

	assert_non_null(large);
	test_log_make(&log, 10);
	folder = test_log_open(&log, &plain);
	assert_int_equal(
	    folder_append(folder, slice_of(large, ENTRY_MAX + 1)), E_LIMIT);
	assert_int_equal(folder_size(folder), 10);
	assert_int_equal(folder_append(folder, slice_of(large, ENTRY_MAX)), 0);
	assert_int_equal(folder_append(folder, SLICE_NONE), 0);
	assert_int_equal(folder_size(folder), 12);
	assert_int_equal(folder_entry(folder, 10, &small), E_LIMIT);
	assert_int_equal(folder_entry(folder, 10, &entry), 0);
	assert_int_equal(entry.n, ENTRY_MAX);
	folder_free(&folder);
	test_log_end(&log);
	mem_free(large);
	buf_free(&entry);
	buf_free(&small);
}

static void
test_lock(void **state UNUSED)
{
	struct folder_options read_only = {.read_only = true};
	struct folder *folder, *second = NULL, *reader;
	struct folder_problem problem;
	struct test_log log;

	test_log_make(&log, 300);
	folder = test_log_open(&log, &plain);
	assert_int_equal(
	    folder_open(log.dir, &plain, &second, &problem), E_BUSY);
	test_log_append(folder, 600);
	reader = test_log_open(&log, &read_only);
	assert_int_equal(folder_size(reader), 300);
	test_log_entries(reader, 300);
	test_log_proofs(reader, 300);
	/* What it has seen stays, though the writer goes on. */
	test_log_flush(&log, folder, 600);
	test_log_entries(reader, 300);
	test_log_proofs(reader, 300);
	folder_free(&reader);
	folder_free(&folder);
	folder = test_log_open(&log, &plain);
	folder_free(&folder);
	test_log_end(&log);
}

static void
test_key_file(void **state UNUSED)
{
	struct folder *folder;
	struct note_key other;
	struct test_log log;

	test_log_make(&log, 0);
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_put_key(folder, &log.key), 0);
	assert_int_equal(note_key_make(SLICE(TEST_ORIGIN),
			     (const uint8_t[NOTE_PUBLIC_BYTES]){1}, &other),
	    0);
	assert_int_equal(folder_put_key(folder, &other), E_EXISTS);
	folder_free(&folder);
	test_log_end(&log);
}

/* Files that go, or change, under an open folder: its reads say so. */
static void
test_reads_fail(void **state UNUSED)
{
	struct buf content = BUF(ENTRY_BUNDLE_MAX), was;
	struct tile_path path;
	struct folder *folder;
	struct test_log log;
	struct digest hash;

	test_log_make(&log, 600);
	folder = test_log_open(&log, &plain);
	test_log_remove(&log, "tile/entries/000");
	test_log_read(&log, "tile/0/001", &was);
	test_log_write(&log, "tile/0/001", SLICE("short"));
	assert_int_equal(folder_entry(folder, 7, &content), E_CORRUPT);
	assert_int_equal(folder_node(folder, 3, 33, &hash), E_CORRUPT);
	assert_int_equal(folder_node(folder, 3, 3, &hash), 0);
	assert_int_equal(tile_path_parse(SLICE("tile/0/001"), &path), 0);
	assert_int_equal(folder_file(folder, &path, &content), E_CORRUPT);
	test_log_write(&log, "tile/0/001", buf_slice(&was));
	assert_int_equal(folder_file(folder, &path, &content), 0);
	assert_true(slice_eq(buf_slice(&content), buf_slice(&was)));
	buf_free(&content);
	buf_free(&was);
	folder_free(&folder);
	test_log_end(&log);
}

/* A folder's sync can't succeed: from then on nobody can tell what is stored.
 */
static void
test_sync_fails(void **state UNUSED)
{
	struct folder_options options = {.sync = true};
	struct digest root = test_root(256);
	struct folder *folder;
	struct test_log log;

	test_log_make(&log, 100);
	folder = test_log_open(&log, &options);
	test_log_append(folder, 256);
	test_log_remove(&log, "tile/0/000");
	test_log_remove(&log, "tile/0/000.p/100");
	assert_int_equal(unlinkat(log.dir, "tile/0/000.p", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(log.dir, "tile/0", AT_REMOVEDIR), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    flush_root(&log, folder, TEST_ORIGIN, 256, &root), E_IO);
	assert_int_equal(folder_sync(folder), E_IO);
	folder_free(&folder);
	test_log_end(&log);
}

/* Where a file can't be put in place, the entry isn't in; later it may be. */
static void
append_fails(const struct folder_options *options)
{
	static const char *const obstacles[] = {
	    "tile/entries/000", "tile/0/000"};
	struct digest root = test_root(300);
	struct folder *folder;
	struct test_log log;

	test_log_make(&log, 255);
	folder = test_log_open(&log, options);
	for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++) {
		assert_int_equal(mkdirat(log.dir, obstacles[i], 0700), 0);
		assert_true(folder_append(folder, SLICE("lost")) < 0);
		assert_int_equal(folder_size(folder), 255);
		assert_false(test_log_has(&log, ".new"));
		assert_int_equal(
		    unlinkat(log.dir, obstacles[i], AT_REMOVEDIR), 0);
		test_log_entries(folder, 255);
	}
	assert_int_equal(mkdirat(log.dir, "tile/entries/001.p", 0700), 0);
	assert_int_equal(mkdirat(log.dir, "tile/entries/001.p/44", 0700), 0);
	test_log_append(folder, 300);
	assert_true(flush_root(&log, folder, TEST_ORIGIN, 300, &root) < 0);
	test_log_whole(&log, 255);
	/* The tile that the failed flush wrote a part of fills up. */
	test_log_append(folder, 520);
	assert_int_equal(
	    unlinkat(log.dir, "tile/entries/001.p/44", AT_REMOVEDIR), 0);
	test_log_flush(&log, folder, 520);
	test_log_whole(&log, 520);
	folder_free(&folder);
	folder = test_log_open(&log, options);
	test_log_only(&log, 520);
	folder_free(&folder);
	test_log_end(&log);
}

static void
test_append_fails(void **state UNUSED)
{
	struct folder_options sync = {.sync = true};

	append_fails(&plain);
	append_fails(&sync);
}

#ifdef CHANCERY_FAULTS
/* Opens, appends up to size and stores a checkpoint; the first error. */
static int
grow(struct test_log *log, uint64_t size, struct slice note,
    const struct folder_options *options)
{
	struct folder_problem problem;
	struct folder *folder = NULL;
	struct buf entry = BUF(100);
	int r = folder_open(log->dir, options, &folder, &problem);

	while (r == 0 && folder_size(folder) < size) {
		test_entry(folder_size(folder), &entry);
		r = entry.error;
		if (r == 0)
			r = folder_append(folder, buf_slice(&entry));
	}
	if (r == 0)
		r = folder_flush(folder, note);
	buf_free(&entry);
	folder_free(&folder);
	return r;
}
#endif

static void
test_faults(void **state UNUSED)
{
#ifdef CHANCERY_FAULTS
	struct folder_options options = {.sync = true};
	struct digest root = test_root(520);
	struct buf note = BUF(1000);

	for (uint64_t nth = 1;; nth++) {
		struct test_log log;
		uint64_t fired;
		int r;

		test_log_make(&log, 300);
		test_checkpoint(&log, TEST_ORIGIN, 520, &root, &note);
		fault_arm(nth, false);
		r = grow(&log, 520, buf_slice(&note), &options);
		fired = fault_fired();
		fault_arm(0, false);
		assert_int_equal(r, fired > 0 ? E_NOMEM : 0);
		/* Whatever failed, it goes on from there. */
		if (fired > 0) {
			test_log_whole(&log, 300);
			assert_int_equal(
			    grow(&log, 520, buf_slice(&note), &options), 0);
		}
		test_log_whole(&log, 520);
		test_log_only(&log, 520);
		test_log_end(&log);
		if (fired == 0)
			break;
	}
	buf_free(&note);
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_sync),
	    cmocka_unit_test(test_many_checkpoints),
	    cmocka_unit_test(test_late_checkpoint),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_flush_refused),
	    cmocka_unit_test(test_entry_sizes),
	    cmocka_unit_test(test_lock),
	    cmocka_unit_test(test_key_file),
	    cmocka_unit_test(test_reads_fail),
	    cmocka_unit_test(test_sync_fails),
	    cmocka_unit_test(test_append_fails),
	    cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
