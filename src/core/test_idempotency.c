/* Idempotency keys: a repeat is told what the first was, and is one itself. */
#include "unit.h"

#include <stdio.h>

#include "core/test_rig.h"

#define HOUR_MS ((int64_t)3600 * 1000)

static struct folder_create
new_folder(struct id parent, const char *name)
{
	struct folder_create args = {.has_parent = true, .parent = parent};

	SHAPE_SET(&args, name, slice_str(name));
	return args;
}

/* The code of making a folder with a key. */
static int
make(struct rig *rig, const char *token, struct id parent, const char *key,
    const char *name)
{
	struct folder_create args = new_folder(parent, name);

	return rig_do_key(rig, &rig->arena, OP_FOLDER_CREATE, token, key, &args)
	    .code;
}

static size_t
count_children(struct rig *rig, const char *token, struct id folder)
{
	struct folder_list args = {.has_folder = true, .folder = folder};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, token, &args);

	assert_int_equal(a.code, 0);
	return ((struct node_page *)a.result)->list.n;
}

static void
test_repeat_has_the_same_answer(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct folder_create args = new_folder(admin.home, "folder");
	struct answer first = rig_do_key(rig, &rig->arena, OP_FOLDER_CREATE,
	    admin.token, "key-0123456789ab", &args);
	struct answer again = rig_do_key(rig, &rig->arena, OP_FOLDER_CREATE,
	    admin.token, "key-0123456789ab", &args);
	struct node_made *made = first.result, *repeated = again.result;
	const struct leaf *leaf;

	assert_int_equal(first.code, 0);
	assert_int_equal(again.code, 0);
	assert_int_equal(made->id.n, repeated->id.n);
	assert_int_equal(made->state, repeated->state);
	assert_int_equal(count_children(rig, admin.token, admin.home), 1);
	/* It is an operation of its own: who, decided, and what it repeats. */
	leaf = rig_last_of(rig, &rig->arena, OP_FOLDER_CREATE);
	assert_int_equal(leaf->cites, made->state);
	assert_int_equal(leaf->principal, rig_ref(rig, admin.id));
	assert_true(leaf->objects[0].joins != 0);
	assert_int_equal(leaf->objects[0].n_made, 0);
	/* Without the key it is another one. */
	assert_int_equal(
	    make(rig, admin.token, admin.home, NULL, "folder"), E_EXISTS);
}

/* A refusal is repeated as one, and recorded as one. */
static void
test_repeat_of_a_refusal(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	const struct leaf *leaf;

	(void)rig_folder(rig, admin.token, admin.home, "folder");
	assert_int_equal(
	    make(rig, admin.token, admin.home, "key", "folder"), E_EXISTS);
	assert_int_equal(rig_trash(rig, admin.token,
			     rig_folder(rig, admin.token, admin.home, "other")),
	    0);
	assert_int_equal(
	    make(rig, admin.token, admin.home, "key", "folder"), E_EXISTS);
	leaf = rig_last_of(rig, &rig->arena, OP_FOLDER_CREATE);
	assert_int_not_equal(leaf->cites, 0);
	assert_int_equal(leaf->objects[0].outcome, E_EXISTS);
}

static void
test_other_arguments(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct node_ref ref = {.has_path = true, .path = SLICE("one")};

	assert_int_equal(make(rig, admin.token, admin.home, "key", "one"), 0);
	assert_int_equal(
	    make(rig, admin.token, admin.home, "key", "two"), E_REUSED);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_FOLDER_CREATE)->outcome, E_REUSED);
	assert_int_equal(rig_do_key(rig, &rig->arena, OP_NODE_TRASH,
			     admin.token, "key", &ref)
			     .code,
	    E_REUSED);
	assert_int_equal(count_children(rig, admin.token, admin.home), 1);
	assert_int_equal(make(rig, admin.token, admin.home, "key", "one"), 0);
}

/* A key is its session's: nobody learns from another's. */
static void
test_keys_of_two_sessions(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	char other[RIG_SECRET];

	(void)rig_token(rig, admin.id, NULL, other);
	assert_int_equal(make(rig, admin.token, admin.home, "key", "one"), 0);
	assert_int_equal(make(rig, other, admin.home, "key", "one"), E_EXISTS);
	assert_int_equal(
	    make(rig, NULL, admin.home, "key", "one"), E_UNAUTHENTICATED);
	assert_int_equal(
	    make(rig, NULL, admin.home, "key", "two"), E_UNAUTHENTICATED);
}

/* Who lost the right, or the session, gets no answer out of a key. */
static void
test_repeat_is_decided(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann"),
			  bob = rig_person(rig, "bob");
	struct id top = rig_folder(rig, ann.token, ann.home, "top");
	struct id grant = rig_share(rig, ann.token, top, bob.id, RELATION_EDIT);
	const struct leaf *leaf;

	assert_int_equal(make(rig, bob.token, top, "key", "one"), 0);
	assert_int_equal(rig_revoke(rig, ann.token, grant), 0);
	assert_int_equal(make(rig, bob.token, top, "key", "one"), E_NOT_FOUND);
	leaf = rig_last_of(rig, &rig->arena, OP_FOLDER_CREATE);
	assert_int_equal(leaf->objects[0].outcome, E_DENIED);
	assert_int_not_equal(leaf->cites, 0);
	assert_int_equal(rig_end_token(rig, bob.credential), 0);
	assert_int_equal(
	    make(rig, bob.token, top, "key", "one"), E_UNAUTHENTICATED);
}

/* What the first has made unfindable is no reason to refuse its repeat. */
static void
test_repeat_of_a_purge(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct node_ref args = {.has_node = true};

	args.node = rig_folder(rig, admin.token, admin.home, "top");
	assert_int_equal(rig_trash(rig, admin.token, args.node), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(rig_do_key(rig, &rig->arena, OP_NODE_PURGE,
				     admin.token, "key", &args)
				     .code,
		    0);
	assert_int_equal(rig_purge(rig, admin.token, args.node), E_NOT_FOUND);
}

/* Each object of a repeat is looked at by itself: one by id, the next by path.
 */
static void
test_repeat_of_many_objects(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann");
	struct rig_person bob = rig_person(rig, "bob");
	struct node_ref args[3] = {{.has_node = true},
	    {.has_path = true, .path = SLICE("two")}, {.has_node = true}};
	struct answer first[3], again[3];
	const struct leaf *leaf;

	args[0].node = rig_file(rig, bob.token, bob.home, "one", "1");
	args[2].node = rig_file(rig, ann.token, ann.home, "three", "3");
	(void)rig_file(rig, bob.token, bob.home, "two", "2");
	rig_do_all(
	    rig, &rig->arena, OP_NODE_TRASH, bob.token, "key", 3, args, first);
	rig_do_all(
	    rig, &rig->arena, OP_NODE_TRASH, bob.token, "key", 3, args, again);
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_TRASH);
	assert_int_not_equal(leaf->cites, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(first[i].code, i < 2 ? 0 : E_NOT_FOUND);
		assert_int_equal(again[i].code, first[i].code);
	}
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, args[0].node));
	assert_int_equal(leaf->objects[1].texts[0].field, FACT_PATH);
	assert_int_equal(leaf->objects[2].outcome, E_DENIED);
}

/* A secret is shown once: a repeat tells which token it was, not its secret. */
static void
test_repeat_tells_no_secret(void **state)
{
	struct rig *rig = *state;
	struct token_issue args = {.has_label = true, .label = SLICE("robot")};
	struct answer first = rig_do_key(
	    rig, &rig->arena, OP_TOKEN_ISSUE, rig->token, "key", &args);
	struct answer again = rig_do_key(
	    rig, &rig->arena, OP_TOKEN_ISSUE, rig->token, "key", &args);
	struct token_issued *issued = first.result, *repeated = again.result;

	assert_int_equal(again.code, 0);
	assert_true(issued->has_secret);
	assert_false(repeated->has_secret);
	assert_int_equal(issued->id.n, repeated->id.n);
}

/* Sent twice at once: one is done, the other repeats it. */
static void
test_repeat_in_one_batch(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct folder_create args = new_folder(admin.home, "folder");
	struct answer answers[2];

	rig_hold(rig);
	for (size_t i = 0; i < 2; i++)
		(void)rig_submit(
		    rig, OP_FOLDER_CREATE, admin.token, "key", 1, &args);
	rig_release(rig);
	for (size_t i = 0; i < 2; i++) {
		struct call *call = rig_wait(rig);

		rig_answers(call, 0, &rig->arena, &answers[i]);
		call_free(&call);
		assert_int_equal(answers[i].code, 0);
	}
	assert_int_equal(((struct node_made *)answers[0].result)->id.n,
	    ((struct node_made *)answers[1].result)->id.n);
}

/* One key for a call of two operations: each has its own answer. */
static void
test_key_of_two_operations(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct folder_create args[2] = {
	    new_folder(admin.home, "one"), new_folder(admin.home, "two")};
	struct rig_op ops[2] = {
	    {OP_FOLDER_CREATE, 1, &args[0]}, {OP_FOLDER_CREATE, 1, &args[1]}};
	uint64_t ids[2][2];

	for (size_t i = 0; i < 2; i++) {
		struct call *call;

		(void)rig_submit_ops(rig, admin.token, "key", 1, 2, ops);
		call = rig_wait(rig);
		for (size_t k = 0; k < 2; k++) {
			struct answer a;

			rig_answers(call, k, &rig->arena, &a);
			assert_int_equal(a.code, 0);
			ids[i][k] = ((struct node_made *)a.result)->id.n;
		}
		call_free(&call);
	}
	assert_memory_equal(ids[0], ids[1], sizeof(ids[0]));
	assert_int_not_equal(ids[0][0], ids[0][1]);
}

/* What was told before a crash is told after it. */
static void
test_repeat_after_a_crash(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct folder_create args = new_folder(admin.home, "folder");
	struct answer first = rig_do_key(
	    rig, &rig->arena, OP_FOLDER_CREATE, admin.token, "key", &args);
	struct answer again;

	rig_crash(rig);
	assert_int_equal(rig_open(rig), 0);
	again = rig_do_key(
	    rig, &rig->arena, OP_FOLDER_CREATE, admin.token, "key", &args);
	assert_int_equal(again.code, 0);
	assert_int_equal(((struct node_made *)first.result)->id.n,
	    ((struct node_made *)again.result)->id.n);
}

/* ---- how long
 * ---------------------------------------------------------------- */

static void
test_kept_for_a_day(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);

	assert_int_equal(make(rig, admin.token, admin.home, "key", "one"), 0);
	rig_pass(24 * HOUR_MS - 1);
	assert_int_equal(make(rig, admin.token, admin.home, "later", "two"), 0);
	assert_int_equal(
	    make(rig, admin.token, admin.home, "key", "three"), E_REUSED);
	rig_pass(2);
	assert_int_equal(
	    make(rig, admin.token, admin.home, "last", "three"), 0);
	assert_int_equal(make(rig, admin.token, admin.home, "key", "four"), 0);
}

/* Of a clock that can't be trusted nothing is forgotten. */
static void
test_kept_while_the_clock_is_suspect(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);

	assert_int_equal(make(rig, admin.token, admin.home, "key", "one"), 0);
	rig_pass(25 * HOUR_MS);
	rig_step_wall(-HOUR_MS);
	rig_tick(rig);
	assert_int_equal(make(rig, admin.token, admin.home, "later", "two"), 0);
	assert_int_equal(
	    make(rig, admin.token, admin.home, "key", "three"), E_REUSED);
}

/* Of a session the last ten thousand. */
static void
test_kept_of_a_session(void **state)
{
	enum { KEPT = 10000, SENT = 12000, AT_ONCE = 500 };
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id file = rig_file(rig, admin.token, admin.home, "file", "");
	struct node_rename args = {.has_node = true, .node = file};
	char key[32];

	SHAPE_SET(&args, name, SLICE("name"));
	for (unsigned i = 0; i < SENT; i += AT_ONCE) {
		rig_hold(rig);
		for (unsigned k = 0; k < AT_ONCE; k++) {
			(void)snprintf(key, sizeof(key), "key-%05u", i + k);
			(void)rig_submit(
			    rig, OP_NODE_RENAME, admin.token, key, 1, &args);
		}
		rig_release(rig);
		for (unsigned k = 0; k < AT_ONCE; k++) {
			struct call *call = rig_wait(rig);

			assert_int_equal(call->ops[0].code, 0);
			call_free(&call);
		}
	}
	SHAPE_SET(&args, name, SLICE("another"));
	(void)snprintf(key, sizeof(key), "key-%05d", SENT - KEPT);
	assert_int_equal(rig_do_key(rig, &rig->arena, OP_NODE_RENAME,
			     admin.token, key, &args)
			     .code,
	    E_REUSED);
	assert_int_equal(rig_do_key(rig, &rig->arena, OP_NODE_RENAME,
			     admin.token, "key-00000", &args)
			     .code,
	    0);
}

static struct answer
create_of(struct rig *rig, const struct rig_person *person, struct id upload)
{
	struct file_create args = {.has_parent = true, .parent = person->home};

	SHAPE_SET(&args, name, SLICE("file"));
	SHAPE_SET(&args, upload, upload);
	return rig_do_key(rig, &rig->arena, OP_FILE_CREATE, person->token,
	    "key-0123456789ab", &args);
}

/* Who sends bytes again that are too many for a call has another upload. */
static void
test_bytes_sent_again(void **state)
{
	enum { SIZE = 100000 };
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct answer first =
	    create_of(rig, &admin, rig_upload(rig, admin.token, SIZE, 1));
	struct answer again =
	    create_of(rig, &admin, rig_upload(rig, admin.token, SIZE, 1));
	struct node_made *made = first.result, *repeated = again.result;

	assert_int_equal(first.code, 0);
	assert_int_equal(again.code, 0);
	assert_int_equal(made->id.n, repeated->id.n);
	assert_int_equal(made->version.n, repeated->version.n);
	assert_int_equal(
	    create_of(rig, &admin, rig_upload(rig, admin.token, SIZE, 2)).code,
	    E_REUSED);
}

/* A stream can't be told again: each opening is a new one, key or not. */
static void
test_upload_begun_twice(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct upload_begin args = {.has_size = true, .size = 10};
	struct answer first = rig_do_key(rig, &rig->arena, OP_UPLOAD_BEGIN,
	    admin.token, "key-0123456789ab", &args);
	struct answer again = rig_do_key(rig, &rig->arena, OP_UPLOAD_BEGIN,
	    admin.token, "key-0123456789ab", &args);
	struct upload_ready *one = first.result, *other = again.result;

	assert_int_equal(first.code, 0);
	assert_int_equal(again.code, 0);
	assert_int_not_equal(one->id.n, other->id.n);
	assert_int_not_equal(one->stream, other->stream);
}

static void
test_few_bytes_sent_again(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id upload = rig_upload_few(rig, admin.token, SLICE("a"));
	struct answer first = create_of(rig, &admin, upload), again;
	struct node_made *made = first.result;

	assert_int_equal(first.code, 0);
	/* By the same upload, which is used up, and by another of its bytes. */
	for (int i = 0; i < 2; i++) {
		again = create_of(rig, &admin, upload);
		assert_int_equal(again.code, 0);
		assert_int_equal(made->version.n,
		    ((struct node_made *)again.result)->version.n);
		upload = rig_upload_few(rig, admin.token, SLICE("a"));
	}
	upload = rig_upload_few(rig, admin.token, SLICE("b"));
	assert_int_equal(create_of(rig, &admin, upload).code, E_REUSED);
}

/* No stream is opened for them, so a repeat is told of the same upload. */
static void
test_few_bytes_stored_twice(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct upload_store args = {.has_content = true, .content = SLICE("a")};
	struct answer first = rig_do_key(rig, &rig->arena, OP_UPLOAD_STORE,
	    admin.token, "key-0123456789ab", &args);
	struct answer again = rig_do_key(rig, &rig->arena, OP_UPLOAD_STORE,
	    admin.token, "key-0123456789ab", &args);
	struct upload_stored *one = first.result, *other = again.result;

	assert_int_equal(first.code, 0);
	assert_int_equal(again.code, 0);
	assert_int_equal(one->id.n, other->id.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_repeat_has_the_same_answer),
	    RIG_TEST(test_repeat_of_a_refusal),
	    RIG_TEST(test_other_arguments),
	    RIG_TEST(test_keys_of_two_sessions),
	    RIG_TEST(test_repeat_is_decided),
	    RIG_TEST(test_repeat_of_a_purge),
	    RIG_TEST(test_repeat_of_many_objects),
	    RIG_TEST(test_repeat_tells_no_secret),
	    RIG_TEST(test_repeat_in_one_batch),
	    RIG_TEST(test_key_of_two_operations),
	    RIG_TEST(test_repeat_after_a_crash),
	    RIG_TEST(test_kept_for_a_day),
	    RIG_TEST(test_kept_while_the_clock_is_suspect),
	    RIG_TEST(test_kept_of_a_session),
	    RIG_TEST(test_bytes_sent_again),
	    RIG_TEST(test_upload_begun_twice),
	    RIG_TEST(test_few_bytes_sent_again),
	    RIG_TEST(test_few_bytes_stored_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
