/* The seam's schema: what a release wrote is read by all later ones. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/meta.h"
#include "store/migrations.h"

enum { FIXTURE_MAX = 1 << 20 };

static char folder[64];

static int
set_up(void **state UNUSED)
{
	log_init("test", LOG_ERROR);
	(void)snprintf(folder, sizeof(folder), "/tmp/chancery-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return chdir(folder);
}

static int
tear_down(void **state UNUSED)
{
	static const char *const names[] = {"one.db", "one.db-wal",
	    "one.db-shm", "copy.db", "copy.db-wal", "copy.db-shm"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(names[i]);
	assert_int_equal(chdir("/"), 0);
	return rmdir(folder);
}

/* A database as the release of that schema version left it. */
static struct db *
open_fixture(unsigned version)
{
	const char *data = getenv("CHANCERY_TESTDATA");
	struct buf text = BUF(FIXTURE_MAX);
	struct db *db = NULL;
	char path[512];

	assert_non_null(data);
	(void)snprintf(path, sizeof(path), "%s/schema/%u.sql", data, version);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	assert_int_equal(db_open("one.db", DB_WRITER, &db), 0);
	assert_int_equal(db_script(db, buf_cstr(&text)), 0);
	buf_free(&text);
	return db;
}

static uint64_t
version_of(struct db *db)
{
	uint64_t version = 0;

	assert_int_equal(migrations_have(db, &version), 0);
	return version;
}

static uint64_t
last_leaf(struct db *db)
{
	struct stmt *stmt = db_stmt(db, SQL_LEAF_LAST);
	uint64_t last;

	assert_int_equal(stmt_step(stmt), 1);
	last = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return last;
}

static void
test_each_release_migrates(void **state UNUSED)
{
	for (unsigned version = 1; version < migrations_version(); version++) {
		struct db *db = open_fixture(version);
		uint64_t last = last_leaf(db);

		assert_int_equal(version_of(db), version);
		assert_int_equal(db_begin(db), 0);
		assert_int_equal(migrations_run(db), 0);
		assert_int_equal(db_commit(db), 0);
		assert_int_equal(version_of(db), migrations_version());
		assert_int_equal(last_leaf(db), last);
		/* Each statement of this version finds what it names. */
		for (unsigned sql = 0; sql < SQL_TERM_PUT; sql++) {
			struct stmt *stmt = db_stmt(db, (enum sql)sql);

			assert_non_null(stmt);
			stmt_done(stmt);
		}
		db_close(&db);
		(void)unlink("one.db");
		(void)unlink("one.db-wal");
		(void)unlink("one.db-shm");
	}
}

static void
test_a_migration_that_is_undone_changes_nothing(void **state UNUSED)
{
	struct db *db = open_fixture(1);

	assert_int_equal(db_begin(db), 0);
	assert_int_equal(migrations_run(db), 0);
	db_rollback(db);
	assert_int_equal(version_of(db), 1);
	db_close(&db);
}

static void
test_a_newer_one_is_refused(void **state UNUSED)
{
	struct db *db = open_fixture(1);

	assert_int_equal(
	    meta_put_u64(db, "schema", migrations_version() + 1), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(migrations_run(db), E_VERSION);
	db_rollback(db);
	assert_int_equal(version_of(db), migrations_version() + 1);
	db_close(&db);
}

static void
count_problem(void *arg, struct slice text UNUSED)
{
	++*(int *)arg;
}

/* A copy is of its snapshot, whatever is written meanwhile. */
static void
test_a_copy_is_of_its_snapshot(void **state UNUSED)
{
	struct db *db = open_fixture(1), *reader = NULL, *copy = NULL;
	uint64_t last = last_leaf(db);
	struct stmt *stmt;
	int problems = 0;

	assert_int_equal(db_open("one.db", DB_READER, &reader), 0);
	assert_int_equal(db_begin(reader), 0);
	assert_int_equal(last_leaf(reader), last);
	stmt = db_stmt(db, SQL_LEAF_PUT);
	stmt_u64(stmt, 1, last + 1);
	stmt_bytes(stmt, 2, SLICE("later"));
	assert_int_equal(stmt_run(stmt), 0);
	assert_int_equal(last_leaf(db), last + 1);
	assert_int_equal(db_copy(reader, "copy.db"), 0);
	db_end(reader);
	assert_int_equal(db_open("copy.db", DB_READER, &copy), 0);
	assert_int_equal(last_leaf(copy), last);
	assert_int_equal(db_check(copy, count_problem, &problems), 0);
	assert_int_equal(problems, 0);
	db_close(&copy);
	db_close(&reader);
	db_close(&db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_each_release_migrates, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_a_migration_that_is_undone_changes_nothing, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		test_a_newer_one_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_a_copy_is_of_its_snapshot, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
