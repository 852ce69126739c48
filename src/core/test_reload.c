/* A configuration that is taken on while the server runs. */
#include "unit.h"

#include "core/test_rig.h"

static void
reload(struct rig *rig)
{
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
}

/* How often a limit was met, as status tells it. */
static uint64_t
times_met(struct rig *rig, const char *limit)
{
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_STATUS_READ, rig->token, &nothing);
	struct status *status = a.result;
	struct buf name = BUF(200);
	uint64_t value = UINT64_MAX;

	assert_int_equal(a.code, 0);
	buf_printf(&name,
	    "chancery_limit_met_total{limit=\"%s\",process=\"core\"}", limit);
	for (size_t i = 0; i < status->metrics.n; i++)
		if (slice_eq(status->metrics.v[i].name, buf_slice(&name)))
			value = status->metrics.v[i].value;
	buf_free(&name);
	assert_int_not_equal(value, UINT64_MAX);
	return value;
}

static int
begin_upload(struct rig *rig, uint64_t size)
{
	struct upload_begin args = {.has_size = true, .size = size};

	return rig_do(rig, &rig->arena, OP_UPLOAD_BEGIN, rig->token, &args)
	    .code;
}

static int
store_upload(struct rig *rig, struct slice bytes)
{
	struct upload_store args = {.has_content = true, .content = bytes};

	return rig_do(rig, &rig->arena, OP_UPLOAD_STORE, rig->token, &args)
	    .code;
}

static int
issue(struct rig *rig)
{
	struct token_issue args = {.has_label = true, .label = SLICE("robot")};

	return rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, rig->token, &args).code;
}

static int
share(struct rig *rig, struct id node, struct id principal)
{
	struct share_grant args = {.has_node = true, .node = node};

	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, relation, RELATION_READ);
	return rig_do(rig, &rig->arena, OP_SHARE_GRANT, rig->token, &args).code;
}

static void
test_size_of_uploads(void **state)
{
	struct rig *rig = *state;
	uint64_t met = times_met(rig, "max_upload_bytes");

	assert_int_equal(begin_upload(rig, 1000), 0);
	rig->config.max_upload_bytes = 999;
	reload(rig);
	assert_int_equal(begin_upload(rig, 1000), E_LIMIT);
	assert_int_equal(begin_upload(rig, 999), 0);
	rig->config.max_upload_bytes = 2;
	reload(rig);
	assert_int_equal(store_upload(rig, SLICE("abc")), E_LIMIT);
	assert_int_equal(store_upload(rig, SLICE("ab")), 0);
	assert_int_equal(times_met(rig, "max_upload_bytes"), met + 2);
	rig->config.max_upload_bytes = 1000;
	reload(rig);
	assert_int_equal(begin_upload(rig, 1000), 0);
}

static void
test_number_of_tokens(void **state)
{
	struct rig *rig = *state;
	uint64_t met = times_met(rig, "max_tokens");

	rig->config.max_tokens = 2;
	reload(rig);
	assert_int_equal(issue(rig), 0);
	assert_int_equal(issue(rig), E_LIMIT);
	assert_int_equal(times_met(rig, "max_tokens"), met + 1);
	rig->config.max_tokens = 3;
	reload(rig);
	assert_int_equal(issue(rig), 0);
}

static void
test_number_of_grants(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id one = rig_file(rig, rig->token, admin.home, "one", "x");
	struct id two = rig_file(rig, rig->token, admin.home, "two", "x");
	uint64_t met = times_met(rig, "max_grants");

	rig->config.max_grants = 2;
	reload(rig);
	assert_int_equal(share(rig, one, bob.id), 0);
	assert_int_equal(share(rig, one, admin.id), 0);
	assert_int_equal(share(rig, one, bob.id), E_LIMIT);
	assert_int_equal(share(rig, two, bob.id), 0);
	assert_int_equal(times_met(rig, "max_grants"), met + 1);
}

/* What was used up by a smaller quota is not taken away, and grows no more. */
static void
test_quota(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct file_create args = {.has_parent = true, .parent = home};

	(void)rig_file(rig, rig->token, home, "file", "0123456789");
	rig->config.quota_bytes = 5;
	reload(rig);
	SHAPE_SET(&args, name, SLICE("another"));
	SHAPE_SET(&args, content, SLICE("x"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args).code,
	    E_OVER_QUOTA);
	rig->config.quota_bytes = 0; /* none */
	reload(rig);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args).code,
	    0);
}

/* Again and again, under calls of readers and the writer. */
static void
test_under_load(void **state)
{
	enum { ROUNDS = 50, CALLS = 20 };
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct folder_list list = {.has_folder = true, .folder = home};
	struct upload_begin begin = {.has_size = true, .size = 1000};

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t refused = 0;

		rig->config.max_upload_bytes = i % 2 == 0 ? 999 : 1000;
		for (unsigned k = 0; k < CALLS; k++) {
			(void)rig_submit(
			    rig, OP_FOLDER_LIST, rig->token, NULL, 1, &list);
			if (k == CALLS / 2)
				reload(rig);
			if (i % 2 == 0)
				(void)rig_submit(rig, OP_UPLOAD_BEGIN,
				    rig->token, NULL, 1, &begin);
		}
		for (unsigned k = 0; k < CALLS * (i % 2 == 0 ? 2 : 1); k++) {
			struct call *call = rig_wait(rig);
			struct answer a;

			rig_answers(call, 0, &rig->arena, &a);
			assert_true(a.code == 0 || a.code == E_LIMIT ||
				    a.code == E_RATE);
			refused += a.code == E_LIMIT;
			call_free(&call);
		}
		/* What was sent after it was told is held to it. */
		if (i % 2 == 0)
			assert_true(refused >= CALLS / 2);
		rig->n_opened = 0;
		arena_reset(&rig->arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_size_of_uploads),
	    RIG_TEST(test_number_of_tokens),
	    RIG_TEST(test_number_of_grants),
	    RIG_TEST(test_quota),
	    RIG_TEST(test_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
