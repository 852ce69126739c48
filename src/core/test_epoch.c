/*
 * What the host's tools leave for core: epochs, notes, the clock's word; and
 * databases that aren't this core's to open.
 */
#include "unit.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "core/epoch.h"
#include "core/head.h"
#include "core/host_note.h"
#include "core/test_rig.h"
#include "ledger/bundle.h"
#include "store/meta.h"
#include "store/migrations.h"

enum { FILE_MAX = 32 << 20 };

static struct rig rig;
static struct arena arena;

static int
set_up(void **state UNUSED)
{
	rig_init(&rig);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	rig_stop(&rig);
	clock_inject(NULL, NULL); /* no thread asks it now */
	rig_free(&rig);
	arena_free(&arena);
	return 0;
}

/* ---- asking -----------------------------------------------------------------
 */

/* Records that a search finds, the first one's leaf in ret_leaf. */
static size_t
search(const struct log_search *query, struct leaf *ret_leaf)
{
	struct answer a = rig_do(&rig, &arena, OP_LOG_SEARCH, rig.token, query);
	const struct record_page *page = a.result;
	struct bundle bundle;

	assert_int_equal(a.code, 0);
	if (page->list.n > 0 && ret_leaf != NULL) {
		assert_int_equal(
		    bundle_decode(page->list.v[0].bundle, &arena, &bundle), 0);
		*ret_leaf = bundle.record.leaf;
	}
	return page->list.n;
}

static size_t
count_of(const char *operation, struct leaf *ret_leaf)
{
	struct log_search query = {.has_limit = false};

	SHAPE_SET(&query, operation, slice_str(operation));
	return search(&query, ret_leaf);
}

static struct slice
bytes_of(const struct leaf *leaf, uint64_t key)
{
	for (size_t i = 0; i < leaf->objects[0].n_bytes; i++)
		if (leaf->objects[0].bytes[i].key == key)
			return leaf->objects[0].bytes[i].value;
	return SLICE_NONE;
}

static int64_t
number_of(const struct leaf *leaf, uint64_t key)
{
	for (size_t i = 0; i < leaf->objects[0].n_numbers; i++)
		if (leaf->objects[0].numbers[i].key == key)
			return leaf->objects[0].numbers[i].value;
	return -1;
}

static uint64_t
put_file(const char *name)
{
	struct file_create create = {.has_name = false};
	struct answer a = rig_do(&rig, &arena, OP_SESSION_GET, rig.token,
	    &(struct nothing){.has_unused = false});

	assert_int_equal(a.code, 0);
	SHAPE_SET(&create, parent, ((struct session_info *)a.result)->home);
	SHAPE_SET(&create, name, slice_str(name));
	SHAPE_SET(&create, content, SLICE("x"));
	a = rig_do(&rig, &arena, OP_FILE_CREATE, rig.token, &create);
	assert_int_equal(a.code, 0);
	return ((struct node_made *)a.result)->state;
}

static int
changes_since(uint64_t since)
{
	struct file_changes query = {.has_since = true, .since = since};

	return rig_do(&rig, &arena, OP_FILE_CHANGES, rig.token, &query).code;
}

/* ---- epochs
 * ------------------------------------------------------------------ */

/* Another key, for the origin given, as a new keeper would have. */
static void
new_key(const char *name)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	uint8_t public_key[32];
	struct note_key key;

	assert_int_equal(
	    crypto_sign_ed25519_keypair(public_key, rig.log_key), 0);
	assert_int_equal(note_key_make(slice_str(name), public_key, &key), 0);
	note_key_put(&key, &text);
	(void)snprintf(
	    rig.log_vkey, sizeof(rig.log_vkey), "%s", buf_cstr(&text));
	buf_free(&text);
}

/* As restore does: what came after `kept` is lost. */
static void
begin_epoch(uint64_t kept)
{
	struct epoch epoch = {
	    .origin = "localhost/second", .previous = 1, .kept = kept};
	struct db *db = NULL;
	struct head head;

	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(head_get(db, &head), 0);
	epoch.known = head.tree.size;
	epoch.root = tree_root(&head.tree);
	epoch.base = epoch_base_above(epoch.known);
	new_key(epoch.origin);
	assert_int_equal(epoch_begin(db, &epoch), 0);
	assert_int_equal(meta_put(db, "log_key", slice_str(rig.log_vkey)), 0);
	assert_int_equal(db_commit(db), 0);
	db_close(&db);
	assert_int_equal(rename("log", "log-1"), 0);
}

static void
test_numbers_go_on_in_a_new_epoch(void **state UNUSED)
{
	struct log_search all = {.has_limit = false};
	struct leaf leaf;
	uint64_t before, lost, after;
	size_t n;

	assert_int_equal(rig_open(&rig), 0);
	before = put_file("kept.txt");
	lost = put_file("lost.txt");
	rig_stop(&rig);
	begin_epoch(before);
	assert_int_equal(rig_open(&rig), 0);

	/* It says what stood before it. */
	SHAPE_SET(&all, reverse, true);
	SHAPE_SET(&all, operation, SLICE("log.begin"));
	assert_int_equal(search(&all, &leaf), 2);
	assert_true(leaf.sequence > lost + EPOCH_GAP);
	assert_int_equal(number_of(&leaf, FACT_BASE), (int64_t)leaf.sequence);
	assert_int_equal(number_of(&leaf, FACT_KEPT), (int64_t)before);
	assert_true(number_of(&leaf, FACT_PREVIOUS_SIZE) >= (int64_t)lost);
	assert_true(
	    slice_eq(bytes_of(&leaf, FACT_ORIGIN), SLICE("localhost/second")));
	assert_true(slice_eq(bytes_of(&leaf, FACT_PREVIOUS_ORIGIN),
	    SLICE("localhost/test-log")));

	/* Records of both are found, with the index and behind it. */
	n = count_of("file.create", NULL);
	assert_int_equal(n, 2);
	after = put_file("new.txt");
	assert_true(after > leaf.sequence);
	assert_int_equal(count_of("file.create", NULL), 3);
	SHAPE_SET(&all, operation, SLICE("file.create"));
	SHAPE_SET(&all, since, 1);
	assert_int_equal(search(&all, NULL), 3);

	/* A state of the lost range tells nothing, one before it does. */
	assert_int_equal(changes_since(before), 0);
	assert_int_equal(changes_since(lost), E_GONE);
	assert_int_equal(changes_since(lost + 1000), E_GONE);
	assert_int_equal(changes_since(after), 0);
	assert_int_equal(changes_since(after + 1), E_GONE);

	/* And so after another start. */
	rig_stop(&rig);
	assert_int_equal(rig_open(&rig), 0);
	assert_int_equal(count_of("log.begin", NULL), 2);
	assert_int_equal(count_of("file.create", NULL), 3);
	assert_int_equal(changes_since(lost), E_GONE);
}

/* Without the tool's word the keeper of another log is of no use. */
static void
test_another_logs_key_is_refused(void **state UNUSED)
{
	assert_int_equal(rig_open(&rig), 0);
	rig_stop(&rig);
	new_key("localhost/second");
	assert_int_equal(rig_open(&rig), E_INCONSISTENT);
}

static void
test_a_new_key_is_recorded(void **state UNUSED)
{
	struct buf old = BUF(NOTE_VKEY_MAX), text = BUF(NOTE_VKEY_MAX);
	struct leaf leaf;

	assert_int_equal(rig_open(&rig), 0);
	assert_int_equal(file_read(AT_FDCWD, "log/log.vkey", &old), 0);
	rig_stop(&rig);
	new_key("localhost/test-log");
	assert_int_equal(rig_open(&rig), 0);
	assert_int_equal(count_of("key.rotate", &leaf), 1);
	assert_true(
	    slice_eq(bytes_of(&leaf, FACT_KEY), slice_str(rig.log_vkey)));
	assert_int_equal(file_read(AT_FDCWD, "log/log.vkey", &text), 0);
	assert_true(slice_starts(buf_slice(&text), slice_str(rig.log_vkey)));
	assert_false(slice_eq(buf_slice(&text), buf_slice(&old)));
	rig_stop(&rig);
	assert_int_equal(rig_open(&rig), 0);
	assert_int_equal(count_of("key.rotate", NULL), 1);
	buf_free(&old);
	buf_free(&text);
}

/* ---- databases of other versions
 * ----------------------------------------------- */

static struct digest
digest_of(const char *name)
{
	struct buf text = BUF(FILE_MAX);
	struct digest digest;

	assert_int_equal(file_read(AT_FDCWD, name, &text), 0);
	digest = sha256(buf_slice(&text));
	buf_free(&text);
	return digest;
}

static void
test_a_newer_database_is_left_alone(void **state UNUSED)
{
	static const char *const names[] = {
	    HEAD_DATABASE, HEAD_DATABASE "-wal"};
	struct digest before[ARRAY_SIZE(names)], after;
	struct db *db = NULL;

	assert_int_equal(rig_open(&rig), 0);
	rig_stop(&rig);
	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(
	    meta_put_u64(db, "schema", migrations_version() + 1), 0);
	db_close(&db);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		before[i] = digest_of(names[i]);
	assert_int_equal(rig_open(&rig), E_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		after = digest_of(names[i]);
		assert_true(digest_eq(&before[i], &after));
	}
}

/* The state of the first schema: what was kept there still is. */
static void
test_an_older_database_is_served(void **state UNUSED)
{
	const char *data = getenv("CHANCERY_TESTDATA");
	struct buf text = BUF(FILE_MAX);
	struct file_read read = {.has_file = false};
	struct db *db = NULL;
	struct answer a;
	char path[512];

	assert_non_null(data);
	(void)snprintf(path, sizeof(path), "%s/schema/1.sql", data);
	assert_int_equal(file_read(AT_FDCWD, path, &text), 0);
	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(db_script(db, buf_cstr(&text)), 0);
	db_close(&db);
	buf_free(&text);
	assert_int_equal(file_replace(AT_FDCWD, "token", 0600,
			     SLICE("chy_ds9tpz3htjtb1bd5jgvk04x71c\n")),
	    0);
	assert_int_equal(rig_open(&rig), 0);
	SHAPE_SET(&read, path, SLICE("docs/h2.txt"));
	a = rig_do(&rig, &arena, OP_FILE_READ, rig.token, &read);
	assert_int_equal(a.code, 0);
	assert_true(slice_eq(
	    ((struct file_content *)a.result)->content, SLICE("hello\n")));
	assert_int_equal(count_of("token.revoke", NULL), 1);
	assert_int_equal(count_of("system.migrate", NULL), 1);
}

/* ---- notes and the clock
 * -------------------------------------------------------- */

static void
leave(struct slice text)
{
	AUTO_CLOSE int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(host_note_leave(dir, text), 0);
}

/* Calls that the engine made itself, until nothing is under way. */
static void
tick_until(const char *operation, size_t n)
{
	for (size_t i = 0; i < 1000 && count_of(operation, NULL) < n; i++)
		engine_tick(rig.engine);
	assert_int_equal(count_of(operation, NULL), n);
}

static void
test_a_note_is_recorded_once(void **state UNUSED)
{
	struct leaf leaf;

	assert_int_equal(rig_open(&rig), 0);
	rig_stop(&rig);
	leave(SLICE("check: all is well"));
	assert_int_equal(rig_open(&rig), 0);
	assert_int_equal(count_of("host.note", &leaf), 1);
	assert_true(
	    slice_eq(bytes_of(&leaf, FACT_NOTE), SLICE("check: all is well")));
	leave(SLICE("backup: of 10 records"));
	tick_until("host.note", 2);
	rig_stop(&rig);
	assert_int_equal(rig_open(&rig), 0);
	assert_int_equal(count_of("host.note", NULL), 2);
}

static _Atomic int64_t wall_ms;
static _Atomic uint64_t boot_ns;

static int64_t
wall(void)
{
	return wall_ms;
}

static uint64_t
boot(void)
{
	return atomic_fetch_add(&boot_ns, 1000000);
}

/* An hour behind, and the host says that this is right. */
static void
test_the_host_resolves_a_suspect_clock(void **state UNUSED)
{
	struct core *core;

	wall_ms = 1800000000000;
	boot_ns = 1000000000;
	clock_inject(wall, boot);
	assert_int_equal(rig_open(&rig), 0);
	rig_stop(&rig);
	wall_ms -= 3600000;
	assert_int_equal(rig_open(&rig), 0);
	core = engine_core(rig.engine);
	assert_true(core_time_is_suspect(&core->time));
	leave(SLICE(HOST_NOTE_CLOCK "the machine's clock is right"));
	tick_until("host.note", 1);
	assert_false(core_time_is_suspect(&core->time));
	engine_tick(rig.engine);
	assert_false(core_time_is_suspect(&core->time));
	rig_stop(&rig);
	/* It holds over a restart; a further step isn't covered by it. */
	assert_int_equal(rig_open(&rig), 0);
	core = engine_core(rig.engine);
	assert_false(core_time_is_suspect(&core->time));
	wall_ms -= 3600000;
	engine_tick(rig.engine);
	assert_true(core_time_is_suspect(&core->time));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_numbers_go_on_in_a_new_epoch),
	    TEST(test_another_logs_key_is_refused),
	    TEST(test_a_new_key_is_recorded),
	    TEST(test_a_newer_database_is_left_alone),
	    TEST(test_an_older_database_is_served),
	    TEST(test_a_note_is_recorded_once),
	    TEST(test_the_host_resolves_a_suspect_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
