/* Unit tests of what a log folder is found to hold after crashes and damage. */
#include "unit.h"

#include "ledger/test_log.h"

static const struct folder_options plain = {.sync = false};

/* Puts the file of one log in place of another's. */
static void
copy_file(struct test_log *from, struct test_log *to, const char *path)
{
	struct buf content;

	test_log_read(from, path, &content);
	test_log_write(to, path, buf_slice(&content));
	buf_free(&content);
}

/* A crash before the checkpoint's rename, and one before what comes after. */
static void
test_crash_around_checkpoint(void **state UNUSED)
{
	struct test_log older, log;
	struct folder *folder;

	test_log_make(&older, 300);
	test_log_make(&log, 400);
	/* The newer partials are there, and so are temporary files. */
	copy_file(&older, &log, "checkpoint");
	copy_file(&older, &log, "tile/0/001.p/44");
	copy_file(&older, &log, "tile/entries/001.p/44");
	test_log_write(&log, "tile/0/x001/234.p/56", SLICE("a far one"));
	test_log_write(&log, ".new", SLICE("half a ti"));
	test_log_write(&log, "checkpoint.tmp", SLICE("log.exa"));
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 300);
	test_log_only(&log, 300);
	test_log_whole(&log, 300);
	test_log_append(folder, 400);
	test_log_flush(&log, folder, 400);
	folder_free(&folder);

	/* The checkpoint is there, and the older partials still are. */
	copy_file(&older, &log, "tile/0/001.p/44");
	copy_file(&older, &log, "tile/entries/001.p/44");
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 400);
	test_log_only(&log, 400);
	folder_free(&folder);
	test_log_end(&older);
	test_log_end(&log);
}

static void
remove_partials(struct test_log *log)
{
	test_log_remove(log, "tile/0/002.p/88");
	test_log_remove(log, "tile/entries/002.p/88");
	test_log_remove(log, "tile/1/000.p/2");
}

/* Without a checkpoint, what is full and holds together counts. */
static void
test_missing_checkpoint(void **state UNUSED)
{
	struct folder *folder;
	struct test_log log;

	test_log_make(&log, 600);
	test_log_remove(&log, "checkpoint");
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 512);
	assert_false(test_log_has(&log, "tile/0/002.p"));
	assert_false(test_log_has(&log, "tile/1/000.p"));
	test_log_entries(folder, 512);
	test_log_append(folder, 600);
	test_log_flush(&log, folder, 600);
	test_log_only(&log, 600);
	test_log_whole(&log, 600);
	folder_free(&folder);

	/* The bundle is there, its tile was not written yet. */
	test_log_remove(&log, "checkpoint");
	remove_partials(&log);
	test_log_remove(&log, "tile/0/001");
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 256);
	folder_free(&folder);

	/* Nothing at all that is whole. */
	test_log_flip(&log, "tile/entries/000", 2, 1);
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 0);
	test_log_append(folder, 600);
	test_log_flush(&log, folder, 600);
	test_log_whole(&log, 600);
	folder_free(&folder);
	test_log_end(&log);
}

/* Full files behind the checkpoint; the tile above was not written yet. */
static void
test_behind_checkpoint(void **state UNUSED)
{
	struct folder *folder;
	struct test_log log;

	test_log_make(&log, 100);
	folder = test_log_open(&log, &plain);
	test_log_append(folder, 65536 + 10);
	folder_free(&folder);
	test_log_remove(&log, "tile/1/000");
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 65536);
	assert_true(test_log_has(&log, "tile/1/000"));
	folder_free(&folder);
	/* A tile that is not its bundle's: it and what follows don't count. */
	test_log_flip(&log, "tile/0/100", 8191, 0x80);
	folder = test_log_open(&log, &plain);
	assert_int_equal(folder_size(folder), 25600);
	test_log_append(folder, 65536 + 10);
	test_log_flush(&log, folder, 65536 + 10);
	test_log_only(&log, 65536 + 10);
	test_log_whole(&log, 65536 + 10);
	folder_free(&folder);
	test_log_end(&log);
}

static void
assert_open_problem(struct test_log *log, const char *path)
{
	struct folder_problem problem = {0};
	struct folder *folder = NULL;

	assert_int_equal(
	    folder_open(log->dir, &plain, &folder, &problem), E_CORRUPT);
	assert_null(folder);
	assert_int_equal(problem.code, E_CORRUPT);
	assert_string_equal(problem.path, path);
	assert_non_null(problem.text);
}

/* Damage that opening must find: each way, then the folder is rebuilt. */
static void
damage_and_rebuild(struct test_log *log, const char *path)
{
	struct folder_options rebuild = {.rebuild = true};
	struct folder *folder = test_log_open(log, &rebuild);

	if (folder_size(folder) % TILE_WIDTH != 0)
		fail_msg("after %s: %d", path, (int)folder_size(folder));
	test_log_append(folder, 600);
	test_log_flush(log, folder, 600);
	test_log_only(log, 600);
	test_log_whole(log, 600);
	folder_free(&folder);
	folder = test_log_open(log, &plain);
	assert_int_equal(folder_size(folder), 600);
	folder_free(&folder);
}

static void
damage_file(void *arg, const char *path)
{
	struct test_log *log = arg;
	struct buf content;

	if (strcmp(path, FOLDER_VKEY) == 0)
		return;
	test_log_read(log, path, &content);
	test_log_write(log, path, slice_first(buf_slice(&content), 10));
	assert_open_problem(log, path);
	damage_and_rebuild(log, path);
	test_log_remove(log, path);
	if (strcmp(path, FOLDER_CHECKPOINT) != 0)
		assert_open_problem(log, path);
	damage_and_rebuild(log, path);
	buf_free(&content);
}

static void
test_damage(void **state UNUSED)
{
	struct test_log log;

	test_log_make(&log, 600);
	test_log_files(&log, damage_file, &log);
	test_log_end(&log);
}

/* Flips in what the edge consists of; a rebuild finds those elsewhere too. */
static void
test_damaged_bytes(void **state UNUSED)
{
	struct test_log log;

	test_log_make(&log, 600);
	test_log_flip(&log, "tile/entries/002.p/88", 3, 1);
	assert_open_problem(&log, "tile/entries/002.p/88");
	damage_and_rebuild(&log, "bundle");
	test_log_flip(&log, "tile/0/002.p/88", 3, 1);
	assert_open_problem(&log, "checkpoint"); /* the root isn't met */
	damage_and_rebuild(&log, "tile");
	test_log_flip(&log, "tile/entries/000", 3, 1);
	damage_and_rebuild(&log, "full bundle");
	test_log_flip(&log, "tile/0/001", 3, 1);
	damage_and_rebuild(&log, "full tile");
	test_log_flip(&log, "checkpoint", 0, 1);
	test_log_remove(&log, "checkpoint");
	test_log_write(&log, "checkpoint", SLICE("garbage\n"));
	assert_open_problem(&log, "checkpoint");
	damage_and_rebuild(&log, "checkpoint");
	test_log_end(&log);
}

static struct digest
hash_of(struct slice bundle, unsigned i)
{
	struct slice entry = SLICE_NONE;

	for (unsigned k = 0; k <= i; k++)
		assert_int_equal(entry_bundle_next(&bundle, &entry), 1);
	return tree_leaf_hash(entry);
}

/* A bundle and its tile forged together: only the checkpoint can tell. */
static void
test_rebuild_forged(void **state UNUSED)
{
	struct folder_options rebuild = {.rebuild = true};
	struct buf bundle, tile;
	struct folder *folder;
	struct test_log log;
	struct digest leaf;

	test_log_make(&log, 512);
	test_log_flip(&log, "tile/entries/001", 4, 1); /* behind an empty one */
	test_log_read(&log, "tile/entries/001", &bundle);
	test_log_read(&log, "tile/0/001", &tile);
	leaf = hash_of(buf_slice(&bundle), 1);
	memcpy(tile.p + SHA256_BYTES, leaf.b, sizeof(leaf.b));
	test_log_write(&log, "tile/0/001", buf_slice(&tile));
	folder = test_log_open(&log, &rebuild);
	assert_int_equal(folder_size(folder), 0);
	test_log_append(folder, 600);
	test_log_flush(&log, folder, 600);
	test_log_proofs(folder, 600);
	folder_free(&folder);
	test_log_whole(&log, 600);
	buf_free(&bundle);
	buf_free(&tile);
	test_log_end(&log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_crash_around_checkpoint),
	    cmocka_unit_test(test_missing_checkpoint),
	    cmocka_unit_test(test_behind_checkpoint),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_damaged_bytes),
	    cmocka_unit_test(test_rebuild_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
