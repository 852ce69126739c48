/* Erasing a person: their words go from the log, the log itself stays whole. */
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "core/test_rig.h"
#include "ledger/verify.h"

/* Words that bob brought into the log, or others about him. */
static const char *const words[] = {"bob-the-robot", "diary-of-bob",
    "bobs-letter", "192.0.2.66", "bobs-browser", "bob-looks-for-this"};

struct world {
	struct rig_person ann, bob;
	uint64_t last;
};

static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};
	struct file_read read = {.has_path = true};
	struct node_rename name = {.has_node = true};
	struct id shared;

	w.bob = rig_person(rig, "bob-the-robot");
	shared = rig_folder(rig, w.ann.token, w.ann.home, "shared");
	(void)rig_share(rig, w.ann.token, shared, w.bob.id, RELATION_EDIT);
	rig_connect(rig, "192.0.2.66", "bobs-browser");
	(void)rig_folder(rig, w.bob.token, w.bob.home, "diary-of-bob");
	name.node = rig_file(rig, w.bob.token, shared, "a letter", "bytes");
	SHAPE_SET(&name, name, SLICE("bobs-letter"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RENAME, w.bob.token, &name).code,
	    0);
	read.path = SLICE("bob-looks-for-this");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_READ, w.bob.token, &read).code,
	    E_NOT_FOUND);
	rig_connect(rig, "127.0.0.1", "test/1");
	w.last = rig_last(rig);
	return w;
}

static int
end_principal(struct rig *rig, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &args)
	    .code;
}

static int
erase(struct rig *rig, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, OP_SUBJECT_ERASE, rig->token, &args)
	    .code;
}

/* How many of the words stand in the log as its readers see it. */
static size_t
count_words(struct rig *rig, uint64_t last)
{
	bool seen[ARRAY_SIZE(words)] = {false};
	size_t n = 0;

	for (uint64_t s = 1; s <= last; s++) {
		const char *events = rig_render(rig, s);

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			seen[i] |= strstr(events, words[i]) != NULL;
		arena_reset(&rig->arena);
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		n += seen[i];
	return n;
}

/* The log as it leaves: a folder that anybody can verify. */
static void
verify_log(struct rig *rig)
{
	struct note_key key;
	struct verify_options options = {.keys = &key, .n_keys = 1};
	struct verify_result result;
	struct folder_problem problem = {.code = 0};
	uint64_t size = rig_last(rig) + 1; /* and the record of the stop */
	AUTO_CLOSE int dir = -1;

	assert_int_equal(note_key_parse(slice_str(rig->log_vkey), &key), 0);
	rig_stop(rig);
	assert_int_equal(file_open(AT_FDCWD, CORE_LOG_FOLDER,
			     O_RDONLY | O_DIRECTORY, 0, &dir),
	    0);
	if (verify_folder(dir, &options, &result, &problem) != 0)
		fail_msg("%s: %s", problem.path, problem.text);
	assert_int_equal(result.size, size);
}

static void
test_words_go(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct leaf *leaf;
	const char *events;
	int64_t target = 0;

	assert_int_equal(count_words(rig, w.last), ARRAY_SIZE(words));
	assert_int_equal(erase(rig, w.bob.id), E_STATE); /* they still live */
	assert_int_equal(end_principal(rig, w.bob.id), 0);
	assert_int_equal(erase(rig, w.bob.id), 0);
	assert_int_equal(erase(rig, w.bob.id), E_STATE);
	assert_int_equal(count_words(rig, rig_last(rig)), 0);
	/* What was erased is said, and that it was. */
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_RENAME);
	events = rig_render(rig, leaf->sequence);
	assert_non_null(strstr(events, "(erased)"));
	assert_int_equal(leaf->principal, rig_ref(rig, w.bob.id));
	for (uint64_t s = rig_last(rig);; s--) {
		leaf = rig_leaf(rig, &rig->arena, s);
		if (leaf->op == OP_SUBJECT_ERASE &&
		    leaf->objects[0].outcome == 0)
			break;
	}
	assert_true(rig_number(&leaf->objects[0], FACT_TARGET, &target));
	assert_int_equal(target, (int64_t)rig_ref(rig, w.bob.id));
}

/* Others' words stay. */
static void
test_others_words_stay(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct leaf *leaf;
	bool seen = false;

	assert_int_equal(end_principal(rig, w.bob.id), 0);
	assert_int_equal(erase(rig, w.bob.id), 0);
	for (uint64_t s = 1; s <= w.last && !seen; s++) {
		leaf = rig_leaf(rig, &rig->arena, s);
		seen = leaf->op == OP_FOLDER_CREATE &&
		       leaf->principal == rig_ref(rig, w.ann.id) &&
		       strstr(rig_render(rig, s), "shared") != NULL;
	}
	assert_true(seen);
}

/* Not one leaf changes: the log verifies as before. */
static void
test_log_stays_whole(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	assert_int_equal(end_principal(rig, w.bob.id), 0);
	assert_int_equal(erase(rig, w.bob.id), 0);
	verify_log(rig);
}

/* Where somebody came from can't be looked for any more. */
static void
test_address_is_found_no_more(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct log_search q = {.has_address = true,
	    .address = SLICE("192.0.2.66"),
	    .has_principal = true,
	    .principal = w.bob.id};

	for (size_t round = 0; round < 3; round++) {
		struct answer a =
		    rig_do(rig, &rig->arena, OP_LOG_SEARCH, rig->token, &q);
		struct record_page *page = a.result;

		assert_int_equal(a.code, 0);
		assert_true((page->list.n > 0) == (round == 0));
		rig_await_index(rig);
		if (round == 0) {
			assert_int_equal(end_principal(rig, w.bob.id), 0);
			assert_int_equal(erase(rig, w.bob.id), 0);
		}
	}
}

/* Elsewhere, too, they have no name. */
static void
test_no_name_elsewhere(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct principal_list list = {.has_limit = true, .limit = 500};
	struct token_list tokens = {
	    .has_principal = true, .principal = w.bob.id};
	struct answer a;
	struct principal_page *page;
	struct credential_page *credentials;

	assert_int_equal(end_principal(rig, w.bob.id), 0);
	assert_int_equal(erase(rig, w.bob.id), 0);
	a = rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, rig->token, &list);
	page = a.result;
	assert_int_equal(page->list.v[4 + RIG_CANARIES].id.n, w.bob.id.n);
	assert_true(
	    slice_eq(page->list.v[4 + RIG_CANARIES].name, SLICE("(erased)")));
	a = rig_do(rig, &rig->arena, OP_TOKEN_LIST, rig->token, &tokens);
	credentials = a.result;
	assert_true(slice_eq(credentials->list.v[0].label, SLICE("(erased)")));
}

/* What they had thrown away for good doesn't wait its thirty days out. */
static void
test_purged_bytes_go_at_once(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct id file = rig_file(rig, bob.token, bob.home, "file", "bytes");
	struct stmt *stmt;

	assert_int_equal(rig_trash(rig, bob.token, file), 0);
	assert_int_equal(rig_purge(rig, bob.token, file), 0);
	assert_int_equal(end_principal(rig, bob.id), 0);
	assert_int_equal(erase(rig, bob.id), 0);
	assert_int_equal(db_begin(rig->db), 0);
	stmt = db_stmt(rig->db, SQL_PURGE_DUE);
	stmt_i64(stmt, 1, 1);
	stmt_u64(stmt, 2, 1);
	assert_int_equal(stmt_step(stmt), 1);
	assert_int_equal(stmt_col_u64(stmt, 0), rig_ref(rig, file));
	stmt_done(stmt);
	db_end(rig->db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_words_go),
	    RIG_TEST(test_others_words_stay),
	    RIG_TEST(test_log_stays_whole),
	    RIG_TEST(test_address_is_found_no_more),
	    RIG_TEST(test_no_name_elsewhere),
	    RIG_TEST(test_purged_bytes_go_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
