/* Streams: opened by a record, ended by one, closed when the right ends. */
#include "unit.h"

#include "core/test_rig.h"

enum { BIG = 1 << 20 };

struct world {
	struct rig_person ann, bob;
	struct id file, grant;
};

/* A file of many bytes, which bob may read. */
static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};
	struct file_create args = {.has_parent = true, .parent = w.ann.home};
	struct answer a;

	w.bob = rig_person(rig, "bob");
	SHAPE_SET(&args, name, SLICE("film"));
	SHAPE_SET(&args, upload, rig_upload(rig, w.ann.token, BIG, 'a'));
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, w.ann.token, &args);
	assert_int_equal(a.code, 0);
	w.file = ((struct node_made *)a.result)->id;
	w.grant = rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_READ);
	return w;
}

/* The number of the stream that brings somebody the file. */
static uint64_t
open_file(struct rig *rig, const char *token, struct id file)
{
	struct file_read args = {.has_file = true, .file = file};
	struct answer a = rig_do(rig, &rig->arena, OP_FILE_READ, token, &args);
	struct file_content *content = a.result;

	assert_int_equal(a.code, 0);
	assert_true(content->has_stream);
	assert_false(content->has_content);
	return content->stream;
}

static uint64_t
open_tail(struct rig *rig, const char *token)
{
	struct log_tail args = {.has_from = false};
	struct answer a = rig_do(rig, &rig->arena, OP_LOG_TAIL, token, &args);

	assert_int_equal(a.code, 0);
	return ((struct log_stream *)a.result)->stream;
}

static int64_t
number_of(const struct leaf *leaf, uint64_t key)
{
	int64_t value = 0;

	assert_true(rig_number(&leaf->objects[0], key, &value));
	return value;
}

/* ---- beginnings and ends
 * --------------------------------------------------------- */

static void
test_download_and_its_totals(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t stream = open_file(rig, w.bob.token, w.file);
	struct stream_ending ending = {.number = stream,
	    .status = STREAM_ABORTED,
	    .bytes = 4711,
	    .known = true};
	const struct leaf *leaf;

	/* The record of the opening has the stream's number: it is the same. */
	leaf = rig_leaf(rig, &rig->arena, stream);
	assert_int_equal(leaf->op, OP_FILE_READ);
	assert_int_equal(number_of(leaf, FACT_SIZE), BIG);
	assert_int_equal(leaf->objects[0].made[0].kind, KIND_STREAM);

	assert_int_equal(rig_end_stream(rig, &ending), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_STREAM_END);
	assert_int_equal(leaf->cites, stream);
	assert_int_equal(leaf->principal, rig_ref(rig, w.bob.id));
	assert_int_equal(leaf->credentials[0], rig_ref(rig, w.bob.credential));
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, w.file));
	assert_int_equal(ref_sequence(leaf->objects[0].ended[0]), stream);
	assert_int_equal(number_of(leaf, FACT_BYTES), 4711);
	assert_int_equal(number_of(leaf, FACT_STATUS), STREAM_ABORTED);

	/* It ends once, whoever tells of it again. */
	ending.bytes = 1;
	assert_int_equal(rig_end_stream(rig, &ending), E_STATE);
	leaf = rig_last_of(rig, &rig->arena, OP_STREAM_END);
	assert_int_equal(leaf->objects[0].outcome, E_STATE);
	assert_int_equal(leaf->principal, 0);
}

/* Two credentials opened the session: the end names both, as the rest does. */
static void
test_end_by_two_credentials(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct push_open args = {.has_since = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_PUSH_OPEN, ann.token, &args);
	struct stream_ending ending = {.status = STREAM_ABORTED, .known = true};
	const struct leaf *opening, *end;

	assert_int_equal(a.code, 0);
	ending.number = ((struct push_stream *)a.result)->stream;
	opening = rig_leaf(rig, &rig->arena, ending.number);
	assert_int_equal(opening->n_credentials, 2);
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	end = rig_last_of(rig, &rig->arena, OP_STREAM_END);
	assert_int_equal(end->n_credentials, 2);
	assert_memory_equal(end->credentials, opening->credentials,
	    2 * sizeof(*end->credentials));
}

/* ---- folders that are watched
 * ---------------------------------------------------------- */

static struct answer
watch(struct rig *rig, const char *token, struct id folder)
{
	struct folder_watch args = {.has_folder = true, .folder = folder};

	return rig_do(rig, &rig->arena, OP_FOLDER_WATCH, token, &args);
}

/* That something was told once since, by its last record, to that stream. */
static void
expect_news(struct rig *rig, uint64_t stream, uint64_t sequence)
{
	rig_poll(rig);
	assert_int_equal(rig->n_news, 1);
	assert_int_equal(rig->news[0], stream);
	assert_int_equal(rig->news_of[0], sequence);
	rig->n_news = 0;
}

static void
expect_no_news(struct rig *rig)
{
	rig_poll(rig);
	assert_int_equal(rig->n_news, 0);
}

/* What is done in a folder is told to who watches it, and to nobody else. */
static void
test_folder_watch(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct id home = rig_admin(rig).home;
	struct id folder = rig_folder(rig, rig->token, home, "plans");
	struct id inner = rig_folder(rig, rig->token, folder, "inner");
	struct id other = rig_folder(rig, rig->token, home, "other");
	struct id file, files[3], grant;
	struct file_write write = {.has_file = true};
	struct node_rename rename = {.has_node = true};
	struct answer a;
	uint64_t stream;

	assert_int_equal(watch(rig, bob.token, folder).code, E_NOT_FOUND);
	grant = rig_share(rig, rig->token, folder, bob.id, RELATION_READ);
	a = watch(rig, bob.token, folder);
	assert_int_equal(a.code, 0);
	stream = ((struct watch_stream *)a.result)->stream;
	expect_no_news(rig);

	file = rig_file(rig, rig->token, folder, "a", "1");
	expect_news(rig, stream, rig_last(rig));
	SHAPE_SET(&write, file, file);
	SHAPE_SET(&write, content, SLICE("2"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_WRITE, rig->token, &write).code,
	    0);
	expect_news(rig, stream, rig_last(rig));
	SHAPE_SET(&rename, node, file);
	SHAPE_SET(&rename, name, SLICE("b"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RENAME, rig->token, &rename).code,
	    0);
	expect_news(rig, stream, rig_last(rig));
	assert_int_equal(rig_move(rig, rig->token, file, inner), 0);
	expect_news(rig, stream, rig_last(rig));
	assert_int_equal(rig_move(rig, rig->token, file, folder), 0);
	expect_news(rig, stream, rig_last(rig));
	assert_int_equal(rig_trash(rig, rig->token, file), 0);
	expect_news(rig, stream, rig_last(rig));

	/* Below it, beside it, and what is refused. */
	(void)rig_file(rig, rig->token, inner, "a", "1");
	(void)rig_file(rig, rig->token, other, "a", "1");
	assert_int_equal(rig_trash(rig, bob.token, inner), E_DENIED);
	assert_int_equal(rig_read(rig, rig->token, file), 0);
	expect_no_news(rig);

	/* Of many changes in a batch it is told once. */
	rig_hold(rig);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		static const char *const names[] = {"x", "y", "z"};
		struct file_create create = {
		    .has_parent = true, .parent = folder};

		SHAPE_SET(&create, name, slice_str(names[i]));
		(void)rig_submit(
		    rig, OP_FILE_CREATE, rig->token, NULL, 1, &create);
	}
	rig_await(rig, ARRAY_SIZE(files));
	rig_release(rig);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct call *call = rig_wait(rig);

		call_free(&call);
	}
	expect_news(rig, stream, rig_last(rig));

	/* It is closed with the right, and brings no more. */
	assert_int_equal(rig_revoke(rig, rig->token, grant), 0);
	assert_true(rig_is_closed(rig, stream));
	(void)rig_file(rig, rig->token, folder, "later", "1");
	expect_no_news(rig);
}

/* What never was a stream has no end. */
static void
test_end_of_nothing(void **state)
{
	struct rig *rig = *state;
	struct stream_ending ending = {
	    .number = 999999, .status = STREAM_COMPLETE, .known = true};

	assert_int_equal(rig_end_stream(rig, &ending), E_STATE);
	ending.number = 0;
	assert_int_equal(rig_end_stream(rig, &ending), E_STATE);
}

/* An upload that broke off leaves nothing to make a file of. */
static void
test_upload_that_broke_off(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann");
	struct upload_begin begin = {.has_size = true, .size = BIG};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_UPLOAD_BEGIN, ann.token, &begin);
	struct upload_ready *ready = a.result;
	struct file_create args = {.has_parent = true, .parent = ann.home};
	struct stream_ending ending = {
	    .status = STREAM_ABORTED, .bytes = 17, .known = true};

	assert_int_equal(a.code, 0);
	SHAPE_SET(&args, name, SLICE("film"));
	SHAPE_SET(&args, upload, ready->id);
	/* Nor has one that is under way. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, ann.token, &args).code,
	    E_STATE);
	ending.number = ready->stream;
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, ann.token, &args).code,
	    E_STATE);
}

/* ---- rights that end
 * ---------------------------------------------------------------- */

static void
test_closed_with_the_grant(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t bobs = open_file(rig, w.bob.token, w.file);
	uint64_t anns = open_file(rig, w.ann.token, w.file);

	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	assert_true(rig_is_closed(rig, bobs));
	assert_false(rig_is_closed(rig, anns));
}

static void
test_closed_with_the_token(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	char other[RIG_SECRET];
	uint64_t first, second;

	(void)rig_token(rig, w.bob.id, NULL, other);
	first = open_file(rig, w.bob.token, w.file);
	second = open_file(rig, other, w.file);
	assert_int_equal(rig_end_token(rig, w.bob.credential), 0);
	assert_true(rig_is_closed(rig, first));
	assert_false(rig_is_closed(rig, second));
}

static void
test_closed_with_the_principal(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t stream = open_file(rig, w.bob.token, w.file);
	struct principal_ref args = {
	    .has_principal = true, .principal = w.bob.id};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &args).code,
	    0);
	assert_true(rig_is_closed(rig, stream));
}

static void
test_closed_with_the_place(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t stream = open_file(rig, w.bob.token, w.file);

	assert_int_equal(rig_trash(rig, w.ann.token, w.file), 0);
	assert_true(rig_is_closed(rig, stream));
}

/* It is known when each ends: with the token or the grant, as is sooner. */
static void
test_end_with_their_time(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	int64_t now = core_time_now(&engine_core(rig->engine)->time);
	struct share_grant args = {.has_node = true, .node = w.file};
	struct token_issue how = {.has_expires = true, .expires = now + 2000};
	char token[RIG_SECRET];

	SHAPE_SET(&args, principal, w.bob.id);
	SHAPE_SET(&args, relation, RELATION_READ);
	SHAPE_SET(&args, expires, now + 1000);
	assert_int_equal(rig_revoke(rig, w.ann.token, w.grant), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SHARE_GRANT, w.ann.token, &args).code,
	    0);
	(void)rig_token(rig, w.bob.id, &how, token);
	(void)open_file(rig, token, w.file);
	assert_int_equal(rig->expires[rig->n_opened - 1], now + 1000);
	(void)rig_token(rig, w.ann.id, &how, token);
	(void)open_file(rig, token, w.file);
	assert_int_equal(rig->expires[rig->n_opened - 1], now + 2000);
}

/* Who reads the log no more gets nothing more of it. */
static void
test_tail_closed_with_the_role(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct role_grant give = {.has_principal = true, .principal = bob.id};
	struct grant_ref take = {.has_grant = true};
	struct answer a;
	uint64_t stream, admins = open_tail(rig, rig->token);

	SHAPE_SET(&give, relation, RELATION_LOG_READER);
	a = rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &give);
	assert_int_equal(a.code, 0);
	take.grant = ((struct grant_made *)a.result)->id;
	stream = open_tail(rig, bob.token);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_REVOKE, rig->token, &take).code,
	    0);
	assert_true(rig_is_closed(rig, stream));
	assert_false(rig_is_closed(rig, admins));
}

/* All streams of one session are closed by one record. */
static void
test_all_of_a_session_closed(void **state)
{
	enum { STREAMS = 40 };
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct push_open args = {.has_since = false};
	uint64_t streams[STREAMS];

	for (size_t i = 0; i < STREAMS; i++) {
		struct answer a =
		    rig_do(rig, &rig->arena, OP_PUSH_OPEN, bob.token, &args);

		assert_int_equal(a.code, 0);
		streams[i] = ((struct push_stream *)a.result)->stream;
	}
	assert_int_equal(rig_end_token(rig, bob.credential), 0);
	for (size_t i = 0; i < STREAMS; i++)
		assert_true(rig_is_closed(rig, streams[i]));
}

/* ---- limits
 * ----------------------------------------------------------------------------
 */

static void
test_streams_of_a_session(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob"),
			  eve = rig_person(rig, "eve");
	struct push_open args[4] = {{.has_since = false}};
	struct rig_op ops[4];
	struct stream_ending ending = {.status = STREAM_ABORTED};
	struct call *call;
	struct answer a;
	size_t opened = 0;

	rig->config.max_session_streams = 3;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	/* All at once, in one call: no more than one by one. */
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		ops[i] = (struct rig_op){OP_PUSH_OPEN, 1, &args[i]};
	(void)rig_submit_ops(rig, bob.token, NULL, 1, ARRAY_SIZE(ops), ops);
	call = rig_wait(rig);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		rig_answers(call, i, &rig->arena, &a);
		assert_int_equal(a.code, i < 3 ? 0 : E_RATE);
		opened += a.code == 0;
	}
	call_free(&call);
	assert_int_equal(opened, 3);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_PUSH_OPEN)->outcome, E_RATE);
	/* Another session has its own; an end makes room. */
	a = rig_do(rig, &rig->arena, OP_PUSH_OPEN, eve.token, &args[0]);
	assert_int_equal(a.code, 0);
	ending.number = rig->opened[0];
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	a = rig_do(rig, &rig->arena, OP_PUSH_OPEN, bob.token, &args[0]);
	assert_int_equal(a.code, 0);
}

/* ---- ends that nobody awaits
 * -------------------------------------------------------- */

static uint64_t
commits(const struct rig *rig)
{
	return atomic_load(&writer_counts(engine_writer(rig->engine))->batches);
}

/* A download's end joins the commit of whatever comes next, before it. */
static void
test_end_joins_what_comes(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct stream_ending ending = {
	    .number = open_file(rig, w.bob.token, w.file),
	    .status = STREAM_COMPLETE,
	    .bytes = BIG,
	    .known = true};
	uint64_t before = commits(rig), last = rig_last(rig);
	const struct leaf *leaf;

	rig_end_patiently(rig, &ending);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(commits(rig) - before, 1);
	leaf = rig_leaf(rig, &rig->arena, last + 1);
	assert_int_equal(leaf->op, OP_STREAM_END);
	assert_int_equal(leaf->cites, ending.number);
	assert_int_equal(
	    rig_leaf(rig, &rig->arena, last + 2)->op, OP_FILE_READ);
	assert_int_equal(rig_last(rig), last + 2);
}

/* Where nothing else comes, it comes by itself. */
static void
test_end_alone(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct stream_ending ending = {
	    .number = open_file(rig, w.bob.token, w.file),
	    .status = STREAM_ABORTED,
	    .bytes = 4711,
	    .known = true};
	uint64_t last = rig_last(rig);
	const struct leaf *leaf;

	rig_end_patiently(rig, &ending);
	rig_pass(QUEUE_PATIENT_MS);
	rig_await_record(rig, last + 1);
	leaf = rig_leaf(rig, &rig->arena, last + 1);
	assert_int_equal(leaf->op, OP_STREAM_END);
	assert_int_equal(leaf->cites, ending.number);
	assert_int_equal(number_of(leaf, FACT_BYTES), 4711);
}

/* Many of them need neither another operation nor time to pass. */
static void
test_many_ends(void **state)
{
	struct rig *rig = *state;
	struct stream_ending nothing = {
	    .number = 999999, .status = STREAM_COMPLETE};
	uint64_t last = rig_last(rig);

	for (unsigned i = 0; i < QUEUE_PATIENT_MAX; i++)
		rig_end_patiently(rig, &nothing);
	rig_await_record(rig, last + QUEUE_PATIENT_MAX);
}

/* What has ended has made room, even where it isn't on the record yet. */
static void
test_end_makes_room(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct stream_ending ending = {
	    .status = STREAM_COMPLETE, .bytes = BIG, .known = true};

	rig->config.max_session_streams = 1;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	ending.number = open_file(rig, w.bob.token, w.file);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_RATE);
	rig_end_patiently(rig, &ending);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
}

/* A stop waits for no time to pass, and loses nothing. */
static void
test_end_at_a_stop(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct stream_ending ending = {
	    .number = open_file(rig, w.bob.token, w.file),
	    .status = STREAM_DRAINED,
	    .bytes = 4711,
	    .known = true};
	const struct leaf *leaf;

	rig_end_patiently(rig, &ending);
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_STREAM_END);
	assert_int_equal(leaf->cites, ending.number);
	assert_int_equal(number_of(leaf, FACT_STATUS), STREAM_DRAINED);
	assert_int_equal(number_of(leaf, FACT_BYTES), 4711);
}

/* ---- crashes
 * ------------------------------------------------------------------------------
 */

/* What was open is ended at the next start, and how much left is not known. */
static void
test_open_at_a_crash(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t stream = open_file(rig, w.bob.token, w.file);
	struct upload_begin begin = {.has_size = true, .size = BIG};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_UPLOAD_BEGIN, w.ann.token, &begin);
	struct upload_ready *ready = a.result;
	struct file_create args = {.has_parent = true, .parent = w.ann.home};
	struct stream_ending late = {.status = STREAM_COMPLETE, .known = true};
	const struct leaf *leaf, *start;
	int64_t bytes;
	size_t ended = 0;

	assert_int_equal(a.code, 0);
	rig_crash(rig);
	assert_int_equal(rig_open(rig), 0);
	start = rig_last_of(rig, &rig->arena, OP_SYSTEM_START);
	for (uint64_t i = start->sequence; i <= rig_last(rig); i++) {
		leaf = rig_leaf(rig, &rig->arena, i);
		if (leaf->op != OP_STREAM_END)
			continue;
		ended++;
		assert_true(
		    leaf->cites == stream || leaf->cites == ready->stream);
		assert_int_equal(number_of(leaf, FACT_STATUS), STREAM_CRASHED);
		assert_false(rig_number(&leaf->objects[0], FACT_BYTES, &bytes));
	}
	assert_int_equal(ended, 2);
	SHAPE_SET(&args, name, SLICE("film 2"));
	SHAPE_SET(&args, upload, ready->id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, w.ann.token, &args).code,
	    E_STATE);
	late.number = stream;
	assert_int_equal(rig_end_stream(rig, &late), E_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_download_and_its_totals),
	    RIG_TEST(test_end_by_two_credentials),
	    RIG_TEST(test_folder_watch),
	    RIG_TEST(test_end_of_nothing),
	    RIG_TEST(test_upload_that_broke_off),
	    RIG_TEST(test_closed_with_the_grant),
	    RIG_TEST(test_closed_with_the_token),
	    RIG_TEST(test_closed_with_the_principal),
	    RIG_TEST(test_closed_with_the_place),
	    RIG_TEST(test_end_with_their_time),
	    RIG_TEST(test_tail_closed_with_the_role),
	    RIG_TEST(test_all_of_a_session_closed),
	    RIG_TEST(test_streams_of_a_session),
	    RIG_TEST(test_end_joins_what_comes),
	    RIG_TEST(test_end_alone),
	    RIG_TEST(test_many_ends),
	    RIG_TEST(test_end_makes_room),
	    RIG_TEST(test_end_at_a_stop),
	    RIG_TEST(test_open_at_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
