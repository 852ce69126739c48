/* The writer: one transaction for many, each of them as if it were alone. */
#include "unit.h"

#include <stdio.h>

#include "core/head.h"
#include "core/test_rig.h"
#include "wire/cbor.h"

enum { MANY = 100 };

static uint64_t
batches(const struct rig *rig)
{
	return atomic_load(&writer_counts(engine_writer(rig->engine))->batches);
}

static struct file_create
new_file(struct id parent, struct slice name)
{
	struct file_create args = {.has_parent = true, .parent = parent};

	SHAPE_SET(&args, name, name);
	SHAPE_SET(&args, content, SLICE("some bytes"));
	return args;
}

static void
submit_file(struct rig *rig, const char *token, struct id parent, unsigned i)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "file-%03u", i);
	struct file_create args = new_file(parent, slice_of(name, (size_t)n));

	(void)rig_submit(rig, OP_FILE_CREATE, token, NULL, 1, &args);
}

/* The code of the next reply. */
static int
wait_code(struct rig *rig)
{
	struct call *call = rig_wait(rig);
	struct answer answer;

	assert_non_null(call);
	rig_answers(call, 0, &rig->arena, &answer);
	call_free(&call);
	return answer.code;
}

/* ---- batches
 * ------------------------------------------------------------------ */

/* A hundred operations, one commit, a record each, replies in order. */
static void
test_one_commit_for_many(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	uint64_t before, last = 0;

	rig_hold(rig);
	before = batches(rig);
	for (unsigned i = 0; i < MANY; i++)
		submit_file(rig, admin.token, admin.home, i);
	rig_release(rig);
	for (unsigned i = 0; i < MANY; i++) {
		struct call *call = rig_wait(rig);

		assert_true(call->sequence > last);
		last = call->sequence;
		assert_int_equal(
		    rig_leaf(rig, &rig->arena, last)->op, OP_FILE_CREATE);
		call_free(&call);
	}
	assert_int_equal(batches(rig) - before, 1);
}

/* Each check sees what came before it in its batch. */
static void
test_checks_see_earlier_applies(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id file =
	    rig_file(rig, admin.token, admin.home, "first", "some bytes");
	struct node_rename rename = {.has_node = true, .node = file};
	struct node_ref ref = {.has_node = true, .node = file};
	uint64_t before;

	SHAPE_SET(&rename, name, SLICE("file-001"));
	rig_hold(rig);
	before = batches(rig);
	submit_file(rig, admin.token, admin.home, 0);
	submit_file(rig, admin.token, admin.home, 0);
	(void)rig_submit(rig, OP_NODE_RENAME, admin.token, NULL, 1, &rename);
	submit_file(rig, admin.token, admin.home, 1);
	(void)rig_submit(rig, OP_NODE_TRASH, admin.token, NULL, 1, &ref);
	submit_file(rig, admin.token, admin.home, 1);
	(void)rig_submit(rig, OP_NODE_TRASH, admin.token, NULL, 1, &ref);
	rig_release(rig);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), E_EXISTS);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), E_EXISTS);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), E_STATE);
	assert_int_equal(batches(rig) - before, 1);
}

static void
test_quota_counts_within_a_batch(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);

	rig->config.quota_bytes = 25; /* two and a half */
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	rig_hold(rig);
	for (unsigned i = 0; i < 3; i++)
		submit_file(rig, admin.token, admin.home, i);
	rig_release(rig);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), E_OVER_QUOTA);
	submit_file(rig, admin.token, admin.home, 4);
	assert_int_equal(wait_code(rig), E_OVER_QUOTA);
}

/* A credential that ends in the batch does nothing more in it. */
static void
test_revoked_within_a_batch(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct credential_ref ref = {
	    .has_credential = true, .credential = bob.credential};
	const struct leaf *leaf;

	rig_hold(rig);
	submit_file(rig, bob.token, bob.home, 0);
	/* It passes all that wait: to take away is never slowed down. */
	(void)rig_submit(rig, OP_TOKEN_REVOKE, rig->token, NULL, 1, &ref);
	rig_release(rig);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), E_UNAUTHENTICATED);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_CREATE);
	assert_int_equal(leaf->outcome, E_UNAUTHENTICATED);
	assert_int_equal(leaf->principal, rig_ref(rig, bob.id));
}

/* ---- what leaves
 * ---------------------------------------------------------------- */

/* A call that has been done, in a batch that is not committed, is not told of.
 */
static void
test_nothing_leaves_before_the_commit(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct call *gate = rig_gate(rig);
	uint64_t before;

	rig_hold(rig);
	before = rig_last(rig);
	submit_file(rig, admin.token, admin.home, 0);
	gate->urgent = false; /* it waits for its turn, behind the file */
	engine_submit(rig->engine, gate);
	rig_release(rig);
	rig_await_gate(rig);
	/* The file is done; nobody knows. */
	rig_poll(rig);
	assert_null(rig->replies);
	assert_int_equal(rig_last(rig), before);
	rig_release(rig);
	assert_int_equal(wait_code(rig), 0);
	assert_true(rig_last(rig) > before);
}

/* The stream of an upload is opened before its reply says so, in order. */
static void
test_streams_open_before_the_reply(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct upload_begin args = {.has_size = true, .size = 100000};
	struct call *call;
	struct answer a;

	(void)rig_submit(rig, OP_UPLOAD_BEGIN, admin.token, NULL, 1, &args);
	call = rig_wait(rig);
	rig_answers(call, 0, &rig->arena, &a);
	assert_int_equal(a.code, 0);
	assert_int_equal(rig->n_opened, 1);
	assert_int_equal(
	    ((struct upload_ready *)a.result)->stream, rig->opened[0]);
	call_free(&call);
}

/* ---- failures
 * ----------------------------------------------------------------------- */

static void
run_script(const char *sql)
{
	struct db *db = NULL;

	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(db_script(db, sql), 0);
	db_close(&db);
}

/*
 * One operation's apply fails: the batch is undone, and all are done again one
 * by one. The culprit has no effect, and a record that it failed.
 */
static void
test_failed_apply(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id folder = rig_folder(rig, admin.token, admin.home, "folder");
	struct id file =
	    rig_file(rig, admin.token, admin.home, "file", "some bytes");
	struct node_move move = {.has_node = true, .node = file};
	struct node_ref ref = {.has_node = true, .node = file};
	const struct leaf *leaf;
	struct node *node;
	uint64_t before, records;
	struct answer a;

	SHAPE_SET(&move, folder, folder);
	run_script("ALTER TABLE edge RENAME TO away");
	before = batches(rig);
	rig_hold(rig);
	records = rig_last(rig);
	submit_file(rig, admin.token, admin.home, 0);
	(void)rig_submit(rig, OP_NODE_MOVE, admin.token, NULL, 1, &move);
	submit_file(rig, admin.token, admin.home, 1);
	submit_file(rig, admin.token, admin.home, 1);
	rig_release(rig);
	assert_int_equal(wait_code(rig), 0);
	assert_true(wait_code(rig) < 0);
	assert_int_equal(wait_code(rig), 0);
	assert_int_equal(wait_code(rig), E_EXISTS);
	assert_true(batches(rig) - before > 1);
	run_script("ALTER TABLE away RENAME TO edge");

	leaf = rig_last_of(rig, &rig->arena, OP_NODE_MOVE);
	assert_int_equal(error_info(leaf->outcome)->class, ERROR_CLASS_FAILED);
	assert_int_equal(leaf->objects[0].n_made, 0);
	assert_int_equal(leaf->objects[0].n_ended, 0);
	assert_int_equal(leaf->principal, rig_ref(rig, admin.id));
	/* Each has one record: of what was undone there is no trace. */
	assert_int_equal(rig_last(rig) - records, 5);
	a = rig_do(rig, &rig->arena, OP_NODE_GET, admin.token, &ref);
	assert_int_equal(a.code, 0);
	node = a.result;
	assert_int_equal(node->parent.n, admin.home.n);
	/* What was kept in memory of it went, too: the same works now. */
	a = rig_do(rig, &rig->arena, OP_NODE_MOVE, admin.token, &move);
	assert_int_equal(a.code, 0);
	a = rig_do(rig, &rig->arena, OP_NODE_GET, admin.token, &ref);
	assert_int_equal(((struct node *)a.result)->parent.n, folder.n);
}

/* An undone batch takes its endings and closes back with it. */
static void
test_undone_endings(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id file =
	    rig_file(rig, admin.token, admin.home, "file", "some bytes");
	struct id grant =
	    rig_share(rig, admin.token, file, bob.id, RELATION_READ);

	assert_int_equal(rig_read(rig, bob.token, file), 0);
	run_script("CREATE TRIGGER no BEFORE UPDATE ON tuple BEGIN SELECT "
		   "RAISE(ABORT, 'no'); END");
	assert_true(rig_revoke(rig, admin.token, grant) < 0);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
	run_script("DROP TRIGGER no");
	assert_int_equal(rig_revoke(rig, admin.token, grant), 0);
	assert_int_equal(rig_read(rig, bob.token, file), E_NOT_FOUND);
}

/* ---- sizes
 * ------------------------------------------------------------------------------
 */

/* A record holds 64 KiB: what would not fit is refused before it is done. */
static void
test_record_is_bounded(void **state)
{
	struct rig *rig = *state;
	struct principal_create args[OP_OBJECTS_MAX] = {{.has_kind = false}};
	struct answer answers[OP_OBJECTS_MAX];
	char names[OP_OBJECTS_MAX][16];
	struct principal_list list = {.has_limit = true, .limit = 500};
	const struct leaf *leaf;
	struct principal_page *page;
	size_t done = 0;
	struct answer a;

	for (size_t i = 0; i < OP_OBJECTS_MAX; i++) {
		int n = snprintf(names[i], sizeof(names[i]), "name %zu", i);

		SHAPE_SET(&args[i], kind, PRINCIPAL_SERVICE);
		SHAPE_SET(&args[i], name, slice_of(names[i], (size_t)n));
	}
	rig_do_all(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, NULL,
	    OP_OBJECTS_MAX, args, answers);
	leaf = rig_last_of(rig, &rig->arena, OP_PRINCIPAL_CREATE);
	assert_int_equal(leaf->n_objects, OP_OBJECTS_MAX);
	for (size_t i = 0; i < OP_OBJECTS_MAX; i++) {
		assert_true(answers[i].code == 0 || answers[i].code == E_LIMIT);
		assert_int_equal(answers[i].code, leaf->objects[i].outcome);
		done += answers[i].code == 0;
	}
	assert_true(done > 100 && done < OP_OBJECTS_MAX);
	a = rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, rig->token, &list);
	page = a.result;
	/*
	 * With who installed it, the groups of everyone and of guests, and the
	 * canaries.
	 */
	assert_int_equal(page->list.n, done + 3 + RIG_CANARIES);
}

/* A call as a front sends it: one operation, with n arguments of no fields. */
static int
parse_call(uint64_t op, size_t n)
{
	struct buf body = BUF(1 << 20);
	struct call *call = NULL;
	int r;

	cbor_put_array(&body, 4);
	cbor_put_bytes(&body, SLICE(""));
	cbor_put_bytes(&body, SLICE(""));
	cbor_put_uint(&body, CAUSE_USER);
	cbor_put_array(&body, 1);
	cbor_put_array(&body, 2);
	cbor_put_uint(&body, op);
	cbor_put_array(&body, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_bytes(&body, SLICE("\xa0"));
	r = call_new(0, 1, buf_slice(&body), &call);
	call_free(&call);
	buf_free(&body);
	return r;
}

/* What no front of ours sends breaks the grammar: that front is ended. */
static void
test_calls_that_no_client_has(void **state UNUSED)
{
	assert_int_equal(parse_call(OP_NODE_GET, 1), 0);
	assert_int_equal(parse_call(OP_NODE_GET, OP_OBJECTS_MAX), 0);
	assert_int_equal(parse_call(OP_NODE_GET, 0), E_GRAMMAR);
	assert_int_equal(
	    parse_call(OP_NODE_GET, OP_OBJECTS_MAX + 1), E_GRAMMAR);
	assert_int_equal(parse_call(0, 1), E_GRAMMAR);
	assert_int_equal(parse_call(OP_MAX, 1), E_GRAMMAR);
	assert_int_equal(parse_call(UINT64_MAX, 1), E_GRAMMAR);
	assert_int_equal(parse_call(OP_CEREMONY_INSTALL, 1), E_GRAMMAR);
	assert_int_equal(parse_call(OP_STREAM_END, 1), E_GRAMMAR);
}

/* An operation on one object is refused as a whole when it names two. */
static void
test_objects_of_an_operation(void **state)
{
	struct rig *rig = *state;
	struct file_read args[2] = {{.has_file = false}};
	struct answer answers[2];

	SHAPE_SET(&args[0], path, SLICE("a"));
	SHAPE_SET(&args[1], path, SLICE("b"));
	rig_do_all(
	    rig, &rig->arena, OP_FILE_READ, rig->token, NULL, 2, args, answers);
	assert_int_equal(answers[0].code, E_LIMIT);
	assert_int_equal(answers[1].code, E_LIMIT);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_FILE_READ)->outcome, E_LIMIT);
}

/* ---- admission
 * -----------------------------------------------------------------------------
 */

static void
push(struct rig *rig, struct queue *queue, uint64_t person, size_t objects)
{
	struct node_ref args = {.has_path = true, .path = SLICE("a")};
	struct call *call = rig_call(rig, person != 0 ? rig->token : NULL, NULL,
	    person, 1, &(struct rig_op){OP_NODE_TRASH, 1, &args});

	call->objects = objects;
	queue_push(queue, call);
}

/* How many of the next n calls are that person's. */
static size_t
pop(struct queue *queue, size_t n, uint64_t person)
{
	size_t theirs = 0;

	for (size_t i = 0; i < n; i++) {
		struct call *call = queue_pop(queue, false);

		assert_non_null(call);
		theirs += call->person == person;
		call_free(&call);
	}
	return theirs;
}

/* Who sends a thousand doesn't make somebody wait who sends ten. */
static void
test_fair_between_people(void **state)
{
	struct queue *queue = NULL;

	assert_int_equal(queue_new(&queue), 0);
	for (size_t i = 0; i < 1000; i++)
		push(*state, queue, 1, 1);
	for (size_t i = 0; i < 10; i++)
		push(*state, queue, 2, 1);
	assert_int_equal(pop(queue, 30, 2), 10);
	queue_free(&queue);
}

/* Nor does who sends calls of five hundred objects. */
static void
test_fair_by_objects(void **state)
{
	struct queue *queue = NULL;

	assert_int_equal(queue_new(&queue), 0);
	for (size_t i = 0; i < 100; i++)
		push(*state, queue, 1, 500);
	for (size_t i = 0; i < 1000; i++)
		push(*state, queue, 2, 1);
	assert_in_range(pop(queue, 501, 1), 1, 2);
	queue_free(&queue);
}

/* Without a session one gets a tenth at most, while others wait. */
static void
test_nobody_gets_a_tenth(void **state)
{
	struct queue *queue = NULL;

	assert_int_equal(queue_new(&queue), 0);
	for (size_t i = 0; i < 1000; i++)
		push(*state, queue, 0, 1);
	for (size_t i = 0; i < 1000; i++)
		push(*state, queue, 1, 1);
	assert_in_range(pop(queue, 1000, 0), 90, 101);
	assert_in_range(pop(queue, 100, 1), 89, 100);
	/* When the others are done, all of it. */
	(void)pop(queue, 100, 0);
	assert_int_equal(pop(queue, 800, 0), 800);
	assert_int_equal(queue_length(queue), 0);
	queue_free(&queue);
}

/* What takes a right away passes all the others, but not with a crowd. */
static void
test_urgent(void **state)
{
	struct rig *rig = *state;
	struct queue *queue = NULL;
	struct grant_ref grant = {.has_grant = true, .grant = {1, KIND_GRANT}};
	struct node_ref node = {.has_path = true, .path = SLICE("a")};
	struct rig_op ops[] = {
	    {OP_SHARE_REVOKE, 1, &grant}, {OP_NODE_TRASH, 1, &node}};
	struct call *first;

	assert_int_equal(queue_new(&queue), 0);
	push(rig, queue, 1, 1);
	queue_push(queue, rig_call(rig, rig->token, NULL, 2, 1, ops));
	first = queue_pop(queue, false);
	assert_int_equal(first->person, 2);
	call_free(&first);
	/* Nobody gets ahead of others by naming a revocation beside it. */
	queue_push(queue, rig_call(rig, rig->token, NULL, 2, 2, ops));
	first = queue_pop(queue, false);
	assert_int_equal(first->person, 1);
	call_free(&first);
	/* Nor without being anybody. */
	push(rig, queue, 1, 1);
	queue_push(queue, rig_call(rig, NULL, NULL, 0, 1, ops));
	assert_int_equal(pop(queue, 1, 0), 0);
	queue_free(&queue);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_one_commit_for_many),
	    RIG_TEST(test_checks_see_earlier_applies),
	    RIG_TEST(test_quota_counts_within_a_batch),
	    RIG_TEST(test_revoked_within_a_batch),
	    RIG_TEST(test_nothing_leaves_before_the_commit),
	    RIG_TEST(test_streams_open_before_the_reply),
	    RIG_TEST(test_failed_apply),
	    RIG_TEST(test_undone_endings),
	    RIG_TEST(test_record_is_bounded),
	    cmocka_unit_test(test_calls_that_no_client_has),
	    RIG_TEST(test_objects_of_an_operation),
	    RIG_TEST(test_fair_between_people),
	    RIG_TEST(test_fair_by_objects),
	    RIG_TEST(test_nobody_gets_a_tenth),
	    RIG_TEST(test_urgent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
