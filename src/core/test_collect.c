/* Housekeeping: what is over goes, when its time has come, and no sooner. */
#include "unit.h"

#include <stdio.h>

#include "core/collect.h"
#include "core/test_rig.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)

enum { BIG = 100000 };

/* All that is due: each round frees what lies in what the last one ended. */
static struct collected
collect(struct rig *rig)
{
	struct collected done = {.rows = 0}, all = {.rows = 0};

	do {
		rig_system(rig, OP_BLOB_COLLECT, collect_due, &done);
		all.rows += done.rows;
		all.bytes += done.bytes;
	} while (done.rows > 0);
	return all;
}

static bool
is_due(struct rig *rig)
{
	int64_t now = core_time_now(&engine_core(rig->engine)->time);
	int r;

	assert_int_equal(db_begin(rig->db), 0);
	r = collect_is_due(rig->db, now);
	db_end(rig->db);
	assert_true(r >= 0);
	return r > 0;
}

static struct id
make_big(struct rig *rig, struct id parent, const char *name, uint8_t byte)
{
	struct file_create args = {.has_parent = true, .parent = parent};
	struct answer a;

	SHAPE_SET(&args, name, slice_str(name));
	SHAPE_SET(&args, upload, rig_upload(rig, rig->token, BIG, byte));
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	return ((struct node_made *)a.result)->id;
}

static void
purge(struct rig *rig, struct id node)
{
	assert_int_equal(rig_trash(rig, rig->token, node), 0);
	assert_int_equal(rig_purge(rig, rig->token, node), 0);
}

/* An upload that nobody used waits a day; its bytes another. */
static void
test_upload_that_nobody_used(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id upload = rig_upload(rig, rig->token, BIG, 'a');
	struct file_create args = {.has_parent = true, .parent = admin.home};
	const struct leaf *leaf;

	SHAPE_SET(&args, name, SLICE("late"));
	SHAPE_SET(&args, upload, upload);
	rig_pass(DAY_MS);
	assert_false(is_due(rig));
	assert_int_equal(collect(rig).rows, 0);
	rig_pass(1);
	assert_true(is_due(rig));
	assert_int_equal(collect(rig).rows, 1);
	/* The last round found nothing; the one before it did. */
	leaf = rig_leaf(rig, &rig->arena, rig_last(rig) - 1);
	assert_int_equal(leaf->objects[0].ended[0], rig_ref(rig, upload));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args).code,
	    E_STATE);
	assert_int_equal(rig->dropped, 0);
	rig_pass(DAY_MS + 1);
	assert_int_equal(collect(rig).bytes, BIG);
	assert_int_equal(rig->dropped, 1);
	rig_pass(100 * DAY_MS);
	assert_false(is_due(rig));
	assert_int_equal(collect(rig).rows, 0);
}

/* One that holds its bytes itself takes them along as its day is over. */
static void
test_few_bytes_that_nobody_used(void **state)
{
	struct rig *rig = *state;
	struct id upload = rig_upload_few(rig, rig->token, SLICE("bytes"));
	struct file_create args = {.has_path = true, .path = SLICE("")};

	SHAPE_SET(&args, name, SLICE("late"));
	SHAPE_SET(&args, upload, upload);
	rig_pass(DAY_MS + 1);
	assert_int_equal(collect(rig).rows, 1);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args).code,
	    E_STATE);
	assert_int_equal(rig->dropped, 0);
	assert_false(is_due(rig));
}

/* What was purged stays out of reach for thirty days, then its bytes go. */
static void
test_purged_bytes(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id file = make_big(rig, home, "film", 'a');

	purge(rig, file);
	rig_pass(30 * DAY_MS);
	assert_int_equal(collect(rig).rows, 0);
	rig_pass(1);
	assert_true(collect(rig).rows > 0);
	assert_int_equal(rig->dropped, 0);
	rig_pass(DAY_MS + 1);
	(void)collect(rig);
	assert_int_equal(rig->dropped, 1);
}

/* What else refers to the bytes keeps them. */
static void
test_bytes_in_use_stay(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id one = make_big(rig, home, "one", 'a');
	struct id two = make_big(rig, home, "two", 'a');

	assert_int_equal(rig->dropped, 1); /* the second copy */
	purge(rig, one);
	rig_pass(40 * DAY_MS);
	(void)collect(rig);
	rig_pass(2 * DAY_MS);
	(void)collect(rig);
	assert_int_equal(rig->dropped, 1);
	assert_int_equal(rig_read(rig, rig->token, two), 0);
	purge(rig, two);
	rig_pass(40 * DAY_MS);
	(void)collect(rig);
	rig_pass(2 * DAY_MS);
	(void)collect(rig);
	assert_int_equal(rig->dropped, 2);
}

/* Marked bytes that come into use again before their day is over stay. */
static void
test_marked_bytes_used_again(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home, file;

	purge(rig, make_big(rig, home, "one", 'a'));
	rig_pass(30 * DAY_MS + 1);
	(void)collect(rig);
	file = make_big(rig, home, "two", 'a');
	assert_int_equal(rig->dropped, 1); /* the copy that came */
	rig_pass(2 * DAY_MS);
	(void)collect(rig);
	rig_pass(2 * DAY_MS);
	(void)collect(rig);
	assert_int_equal(rig->dropped, 1);
	assert_int_equal(rig_read(rig, rig->token, file), 0);
}

/* A folder with more in it than one operation takes; the quota is free again.
 */
static void
test_purged_folder(void **state)
{
	enum { FILES = 450 };
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id folder = rig_folder(rig, rig->token, home, "folder");
	struct id inner = rig_folder(rig, rig->token, folder, "inner");
	struct file_create args[FILES] = {{.has_parent = false}};
	struct answer answers[FILES];
	char names[FILES][16];

	rig->config.quota_bytes = FILES * 10;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	for (size_t i = 0; i < FILES; i++) {
		int n = snprintf(names[i], sizeof(names[i]), "file %zu", i);

		SHAPE_SET(&args[i], parent, i % 2 == 0 ? folder : inner);
		SHAPE_SET(&args[i], name, slice_of(names[i], (size_t)n));
		SHAPE_SET(&args[i], content, SLICE("ten bytes!"));
	}
	rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL, FILES,
	    args, answers);
	for (size_t i = 0; i < FILES; i++)
		assert_int_equal(answers[i].code, 0);
	purge(rig, folder);
	SHAPE_SET(&args[0], parent, home);
	rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL, 1, args,
	    answers);
	assert_int_equal(answers[0].code, E_OVER_QUOTA);
	rig_pass(30 * DAY_MS + 1);
	(void)collect(rig);
	assert_false(is_due(rig));
	for (size_t i = 0; i < FILES; i++)
		SHAPE_SET(&args[i], parent, home);
	rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL, FILES,
	    args, answers);
	for (size_t i = 0; i < FILES; i++)
		assert_int_equal(answers[i].code, 0);
}

/* What was being read when its file was purged is closed, not left open. */
static void
test_versions_end(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct answer a;
	struct file_create args = {.has_parent = true, .parent = home};
	struct file_read read = {.has_file = true};

	SHAPE_SET(&args, name, SLICE("file"));
	SHAPE_SET(&args, content, SLICE("secret"));
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	read.file = ((struct node_made *)a.result)->version;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_READ, rig->token, &read).code, 0);
	purge(rig, ((struct node_made *)a.result)->id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_READ, rig->token, &read).code,
	    E_NOT_FOUND);
}

/* While nobody knows what time it is, nothing goes by its age. */
static void
test_nothing_goes_by_a_suspect_clock(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;

	purge(rig, make_big(rig, home, "film", 'a'));
	(void)rig_upload(rig, rig->token, BIG, 'b');
	rig_pass(40 * DAY_MS);
	rig_step_wall(-HOUR_MS);
	rig_tick(rig);
	assert_int_equal(collect(rig).rows, 0);
	rig_step_wall(HOUR_MS);
	rig_tick(rig);
	assert_true(collect(rig).rows > 0);
}

/* A file in the blob folder that no row names goes; one that a row names stays.
 */
static void
test_files_that_no_row_names(void **state)
{
	struct rig *rig = *state;
	struct collect_files files = {.n = 2};
	const struct leaf *leaf;
	int64_t n = 0;

	(void)rig_upload(rig, rig->token, BIG, 0x61);
	leaf = rig_last_of(rig, &rig->arena, OP_STREAM_END);
	(void)snprintf(files.place[0], COLLECT_PLACE_MAX, "%02x/%02x-%llu", 'a',
	    'a', (unsigned long long)leaf->cites);
	(void)snprintf(files.place[1], COLLECT_PLACE_MAX, "00/stray");
	rig_system(rig, OP_BLOB_COLLECT, collect_orphans, &files);
	assert_int_equal(rig->dropped, 1);
	leaf = rig_last_of(rig, &rig->arena, OP_BLOB_COLLECT);
	assert_true(rig_number(&leaf->objects[0], FACT_COUNT, &n));
	assert_int_equal(n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_upload_that_nobody_used),
	    RIG_TEST(test_few_bytes_that_nobody_used),
	    RIG_TEST(test_purged_bytes),
	    RIG_TEST(test_bytes_in_use_stay),
	    RIG_TEST(test_marked_bytes_used_again),
	    RIG_TEST(test_purged_folder),
	    RIG_TEST(test_versions_end),
	    RIG_TEST(test_nothing_goes_by_a_suspect_clock),
	    RIG_TEST(test_files_that_no_row_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
