/*
 * A read is done on a snapshot and recorded later. What happens between: the
 * writer is held after the reader has done its part, the other operation passes
 * it, and then both are recorded.
 */
#include "unit.h"

#include "core/test_rig.h"

#define HOUR_MS ((int64_t)3600 * 1000)

struct world {
	struct rig_person ann, bob;
	struct id top, inner, file, grant;
};

/* Bob may read what is in ann's folder. */
static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};

	w.bob = rig_person(rig, "bob");
	w.top = rig_folder(rig, w.ann.token, w.ann.home, "top");
	w.inner = rig_folder(rig, w.ann.token, w.top, "inner");
	w.file = rig_file(rig, w.ann.token, w.inner, "plan.txt", "a plan");
	w.grant = rig_share(rig, w.ann.token, w.top, w.bob.id, RELATION_READ);
	return w;
}

static uint64_t
reruns(const struct rig *rig)
{
	return atomic_load(&writer_counts(engine_writer(rig->engine))->reruns);
}

/* Bob's read of the file is prepared, and waits behind the held writer. */
static void
prepare_read(struct rig *rig, const struct world *w)
{
	struct file_read args = {.has_file = true, .file = w->file};

	/* A read last: what is submitted below passes the one that is prepared.
	 */
	assert_int_equal(rig_read(rig, w->ann.token, w->file), 0);
	rig_hold(rig);
	(void)rig_submit(rig, OP_FILE_READ, w->bob.token, NULL, 1, &args);
	rig_await(rig, 1);
}

static struct answer
wait_for(struct rig *rig, enum op_number op)
{
	struct call *call = rig_wait(rig);
	struct answer answer;

	assert_non_null(call);
	assert_int_equal(call->ops[0].op->number, op);
	rig_answers(call, 0, &rig->arena, &answer);
	call_free(&call);
	return answer;
}

/* The other operation, which is recorded first, and what the read got. */
static struct answer
meanwhile(
    struct rig *rig, enum op_number op, const char *token, const void *args)
{
	(void)rig_submit(rig, op, token, NULL, 1, args);
	rig_release(rig);
	assert_int_equal(wait_for(rig, op).code, 0);
	return wait_for(rig, OP_FILE_READ);
}

/* The control: nothing happens, and the record says what was seen. */
static void
test_nothing_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t before = reruns(rig), at;
	const struct leaf *leaf;

	prepare_read(rig, &w);
	at = rig_last(rig);
	rig_release(rig);
	assert_int_equal(wait_for(rig, OP_FILE_READ).code, 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->at, at);
	assert_int_equal(reruns(rig), before);
}

static void
test_grant_revoked_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct grant_ref args = {.has_grant = true, .grant = w.grant};
	uint64_t before = reruns(rig);
	const struct leaf *revoke, *read;

	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_SHARE_REVOKE, w.ann.token, &args).code,
	    E_NOT_FOUND);
	assert_int_equal(reruns(rig), before + 1);
	revoke = rig_last_of(rig, &rig->arena, OP_SHARE_REVOKE);
	read = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_true(read->sequence > revoke->sequence);
	assert_int_equal(read->objects[0].outcome, E_DENIED);
}

/* What the proof used ended, but there is another right: it is found anew. */
static void
test_one_of_two_grants_revoked_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id nearer =
	    rig_share(rig, w.ann.token, w.inner, w.bob.id, RELATION_READ);
	struct grant_ref args = {.has_grant = true, .grant = nearer};
	const struct leaf *leaf;

	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_SHARE_REVOKE, w.ann.token, &args).code, 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_false(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, nearer))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.grant))));
}

/* A right that somebody else lost changes nothing. */
static void
test_other_grant_revoked_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct rig_person eve = rig_person(rig, "eve");
	struct grant_ref args = {.has_grant = true};
	uint64_t before = reruns(rig);

	args.grant = rig_share(rig, w.ann.token, w.top, eve.id, RELATION_READ);
	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_SHARE_REVOKE, w.ann.token, &args).code, 0);
	assert_int_equal(reruns(rig), before);
}

static void
test_session_ended_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct credential_ref args = {
	    .has_credential = true, .credential = w.bob.credential};

	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_TOKEN_REVOKE, rig->token, &args).code,
	    E_UNAUTHENTICATED);
}

static void
test_principal_ended_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct principal_ref args = {
	    .has_principal = true, .principal = w.bob.id};

	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_PRINCIPAL_END, rig->token, &args).code,
	    E_UNAUTHENTICATED);
}

/* Its folder is moved out of the one that was shared. */
static void
test_parent_moved_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_move args = {.has_node = true, .node = w.inner};

	SHAPE_SET(&args, folder, w.ann.home);
	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_NODE_MOVE, w.ann.token, &args).code, E_NOT_FOUND);
}

static void
test_object_trashed_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_ref args = {.has_node = true, .node = w.file};

	prepare_read(rig, &w);
	assert_int_equal(meanwhile(rig, OP_NODE_TRASH, w.ann.token, &args).code,
	    E_NOT_FOUND);
}

/* Of a folder above, all that is below it ends. */
static void
test_parent_purged_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_ref args = {.has_node = true, .node = w.top};
	struct file_read read = {.has_file = true, .file = w.file};

	assert_int_equal(rig_trash(rig, w.ann.token, w.top), 0);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
	rig_hold(rig);
	(void)rig_submit(rig, OP_FILE_READ, w.ann.token, NULL, 1, &read);
	rig_await(rig, 1);
	assert_int_equal(meanwhile(rig, OP_NODE_PURGE, w.ann.token, &args).code,
	    E_NOT_FOUND);
}

/* Time conditions: the token's, and the grant's. */
static void
test_token_expired_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	prepare_read(rig, &w);
	rig_pass(90 * 24 * HOUR_MS);
	rig_release(rig);
	assert_int_equal(wait_for(rig, OP_FILE_READ).code, E_EXPIRED);
}

static void
test_grant_expired_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct share_grant args = {.has_node = true, .node = w.inner};

	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	SHAPE_SET(&args, principal, w.bob.id);
	SHAPE_SET(&args, relation, RELATION_READ);
	SHAPE_SET(&args, expires,
	    core_time_now(&engine_core(rig->engine)->time) + HOUR_MS);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &args).code,
	    0);
	prepare_read(rig, &w);
	rig_pass(HOUR_MS);
	rig_release(rig);
	assert_int_equal(wait_for(rig, OP_FILE_READ).code, E_NOT_FOUND);
}

/* What was read is what stood there, and the record says as of when. */
static void
test_written_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_write args = {.has_file = true, .file = w.file};
	const struct leaf *read, *write;
	struct file_content *content;
	struct answer a;

	SHAPE_SET(&args, content, SLICE("another plan"));
	prepare_read(rig, &w);
	a = meanwhile(rig, OP_FILE_WRITE, w.ann.token, &args);
	assert_int_equal(a.code, 0);
	content = a.result;
	assert_true(slice_eq(content->content, SLICE("a plan")));
	read = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	write = rig_last_of(rig, &rig->arena, OP_FILE_WRITE);
	assert_true(read->at < write->sequence);
	assert_true(read->sequence > write->sequence);
}

/* A refusal stands as of its snapshot, too. */
static void
test_granted_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct share_grant args = {.has_node = true, .node = w.top};
	const struct leaf *read, *grant;

	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	SHAPE_SET(&args, principal, w.bob.id);
	SHAPE_SET(&args, relation, RELATION_READ);
	prepare_read(rig, &w);
	assert_int_equal(
	    meanwhile(rig, OP_SHARE_GRANT, w.ann.token, &args).code,
	    E_NOT_FOUND);
	read = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	grant = rig_last_of(rig, &rig->arena, OP_SHARE_GRANT);
	assert_true(read->at < grant->sequence);
}

/* The bytes of a large file: no stream is opened for a right that ended. */
static void
test_stream_of_a_revoked_right(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct grant_ref args = {.has_grant = true, .grant = w.grant};
	struct file_write write = {.has_file = true, .file = w.file};
	size_t opened;

	SHAPE_SET(&write, upload, rig_upload(rig, w.ann.token, 1 << 20, 'a'));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_WRITE, w.ann.token, &write).code,
	    0);
	prepare_read(rig, &w);
	opened = rig->n_opened;
	assert_int_equal(
	    meanwhile(rig, OP_SHARE_REVOKE, w.ann.token, &args).code,
	    E_NOT_FOUND);
	assert_int_equal(rig->n_opened, opened);
}

/* So many endings that what was known of old ones is forgotten: then a read
 * is done again, rather than believed. */
static void
test_endings_that_are_forgotten(void **state UNUSED)
{
	struct endings endings;
	uint64_t old = 7;

	assert_int_equal(endings_init(&endings, 100), 0);
	assert_int_equal(endings_none(&endings, &old, 1, 100), 1);
	for (uint64_t i = 0; i < ENDINGS_KEPT + 1; i++)
		assert_int_equal(endings_add(&endings, 1000 + i, 200 + i), 0);
	endings_commit(&endings);
	assert_int_equal(endings_none(&endings, &old, 1, 100), 0);
	assert_int_equal(endings_none(&endings, &old, 1, 200), 1);
	assert_int_equal(endings_none(&endings, &(uint64_t){1001}, 1, 200), 0);
	/* A batch that is undone ends nothing. */
	assert_int_equal(endings_add(&endings, old, 1 << 20), 0);
	assert_int_equal(endings_none(&endings, &old, 1, 70000), 0);
	endings_rollback(&endings);
	assert_int_equal(endings_none(&endings, &old, 1, 70000), 1);
	endings_free(&endings);
}

/*
 * A reader remembers what it found while nothing was counted to have changed. A
 * commit is seen a moment before it is counted: here that moment lasts.
 */
static uint64_t
stop_counting(struct rig *rig, const struct world *w)
{
	assert_int_equal(rig_read(rig, w->bob.token, w->file), 0);
	return atomic_load(&engine_core(rig->engine)->generation);
}

static void
test_revoked_and_not_counted_yet(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t before = stop_counting(rig, &w);

	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	atomic_store(&engine_core(rig->engine)->generation, before);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
}

static void
test_session_ended_and_not_counted_yet(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t before = stop_counting(rig, &w);

	assert_int_equal(rig_end_token(rig, w.bob.credential), 0);
	atomic_store(&engine_core(rig->engine)->generation, before);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_UNAUTHENTICATED);
}

static void
test_given_and_not_counted_yet(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t before;

	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	before = atomic_load(&engine_core(rig->engine)->generation);
	(void)rig_share(rig, w.ann.token, w.top, w.bob.id, RELATION_READ);
	atomic_store(&engine_core(rig->engine)->generation, before);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
}

/* With one reader, which remembers all that was asked before. */
static int
setup_one_reader(void **state)
{
	static struct rig rig;

	rig_stop_clock();
	rig_init(&rig);
	rig.config.readers = 1;
	assert_int_equal(rig_open(&rig), 0);
	*state = &rig;
	return 0;
}

#define ONE_READER_TEST(function)        \
	cmocka_unit_test_setup_teardown( \
	    function, setup_one_reader, rig_teardown)

/* What a search, or a list of shares, found is told only if it may still be. */
static void
test_found_and_revoked_between(void **state)
{
	static const enum op_number lists[] = {
	    OP_NODE_SEARCH, OP_SHARE_WITH_ME};
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct node_search search = {.has_text = true, .text = SLICE("plan")};
	struct share_with_me all = {.has_limit = false};
	const void *args[] = {&search, &all};
	struct answer a;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct grant_ref revoke = {.has_grant = true};
		uint64_t before = reruns(rig);

		revoke.grant = rig_share(
		    rig, w.ann.token, w.inner, w.bob.id, RELATION_READ);
		if (i == 0)
			assert_int_equal(
			    rig_revoke(rig, w.ann.token, w.grant), 0);
		rig_await_index(rig);
		assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
		rig_hold(rig);
		(void)rig_submit(rig, lists[i], w.bob.token, NULL, 1, args[i]);
		rig_await(rig, 1);
		(void)rig_submit(
		    rig, OP_SHARE_REVOKE, w.ann.token, NULL, 1, &revoke);
		rig_release(rig);
		assert_int_equal(wait_for(rig, OP_SHARE_REVOKE).code, 0);
		a = wait_for(rig, lists[i]);
		assert_int_equal(a.code, 0);
		assert_int_equal(i == 0
				     ? ((struct search_page *)a.result)->list.n
				     : ((struct shared_page *)a.result)->list.n,
		    0);
		assert_int_equal(reruns(rig), before + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_nothing_between),
	    RIG_TEST(test_grant_revoked_between),
	    RIG_TEST(test_found_and_revoked_between),
	    RIG_TEST(test_one_of_two_grants_revoked_between),
	    RIG_TEST(test_other_grant_revoked_between),
	    RIG_TEST(test_session_ended_between),
	    RIG_TEST(test_principal_ended_between),
	    RIG_TEST(test_parent_moved_between),
	    RIG_TEST(test_object_trashed_between),
	    RIG_TEST(test_parent_purged_between),
	    RIG_TEST(test_token_expired_between),
	    RIG_TEST(test_grant_expired_between),
	    RIG_TEST(test_written_between),
	    RIG_TEST(test_granted_between),
	    ONE_READER_TEST(test_revoked_and_not_counted_yet),
	    ONE_READER_TEST(test_session_ended_and_not_counted_yet),
	    ONE_READER_TEST(test_given_and_not_counted_yet),
	    RIG_TEST(test_stream_of_a_revoked_right),
	    cmocka_unit_test(test_endings_that_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
