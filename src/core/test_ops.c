/*
 * Every operation of the table, asked for by whoever may not: what comes of it
 * is the same for all, and each attempt is on the record.
 */
#include "unit.h"

#include "core/apps/access/access.h"
#include "core/test_rig.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* A value that the shape takes, and that names nothing. */
static void
fill_field(const struct shape_field *f, void *at)
{
	struct slice text = SLICE("x");

	switch ((enum shape_type)f->type) {
	case SHAPE_U64:
	case SHAPE_STATE:
		*(uint64_t *)at = 1;
		break;
	case SHAPE_BOOL:
		*(bool *)at = true;
		break;
	case SHAPE_TIME:
		*(int64_t *)at = 4000000000000;
		break;
	case SHAPE_ID:
		*(struct id *)at = (struct id){0x123456789abcdef,
		    f->bound == KIND_NONE || f->bound == KIND_NODE
			? KIND_FILE
			: (enum kind)f->bound};
		break;
	case SHAPE_TEXT:
	case SHAPE_BYTES:
	case SHAPE_CALL:
		memcpy(at, &text, sizeof(text));
		break;
	case SHAPE_ENUM:
		*(unsigned *)at = 1;
		break;
	case SHAPE_FLAGS:
		*(uint64_t *)at = BIT(1);
		break;
	case SHAPE_LIST: /* none in it */
		break;
	case SHAPE_UNSET:
		fail();
	}
}

/* An argument with what must be there, and with the object it is about. */
static void *
make_args(struct arena *arena, const struct op *op)
{
	void *args = arena_alloc(arena, op->args->size);
	size_t n;
	const struct shape_field *f = op->args->fields(&n);

	assert_non_null(args);
	for (size_t i = 0; i < n; i++) {
		bool object = op->need[0].on == OP_ON_PLACE &&
		              f[i].offset == op->need[0].at;

		if (!(f[i].flags & REQ) && !object)
			continue;
		*shape_has(&f[i], args) = true;
		fill_field(&f[i], shape_at(&f[i], args));
	}
	return args;
}

/*
 * A token that reaches an operation: one's own credentials are a person's, and
 * whoever signs out has to sign in again.
 */
static const char *
token_for(struct rig *rig, const struct op *op, const char *token,
    const struct rig_person *person, char buf[RIG_SECRET])
{
	if (op->family == FAMILY_ENROL)
		return person->token;
	if (op->number != OP_SESSION_END)
		return token;
	(void)rig_token(rig, rig_admin(rig).id, NULL, buf);
	return buf;
}

static int
ask(struct rig *rig, const struct op *op, const char *token)
{
	void *args = make_args(&rig->arena, op);

	return rig_do(rig, &rig->arena, (enum op_number)op->number, token, args)
	    .code;
}

/* It was refused so, with a record that says so, and did nothing. */
static void
check_refused(struct rig *rig, const struct op *op, int got, int code)
{
	const struct leaf *leaf =
	    rig_last_of(rig, &rig->arena, (enum op_number)op->number);

	if (got != code)
		fail_msg("%s: %s", op->name, error_info(got)->text);
	assert_non_null(leaf);
	assert_int_equal(leaf->outcome, code);
	assert_int_equal(leaf->n_objects, 1);
	assert_int_equal(leaf->objects[0].n_made, 0);
	assert_int_equal(leaf->objects[0].n_ended, 0);
	assert_int_equal(leaf->objects[0].n_proof, 0);
	arena_reset(&rig->arena);
}

/* By the server alone, or of whoever has no session yet. */
static bool
is_not_asked(const struct op *op)
{
	return op->effect == OP_SYSTEM || op_is_open(op);
}

/* ---- without a session
 * ------------------------------------------------------- */

static void
test_without_a_session(void **state)
{
	struct rig *rig = *state;

	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (is_not_asked(op))
			continue;
		check_refused(rig, op, ask(rig, op, NULL), E_UNAUTHENTICATED);
		check_refused(
		    rig, op, ask(rig, op, "nobody's"), E_UNAUTHENTICATED);
	}
}

/* An administrator's token, but a dead one. */
static void
test_with_a_dead_session(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	char token[RIG_SECRET];

	assert_int_equal(
	    rig_end_token(rig, rig_token(rig, admin.id, NULL, token)), 0);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (is_not_asked(op))
			continue;
		check_refused(rig, op, ask(rig, op, token), E_UNAUTHENTICATED);
	}
}

static void
test_with_an_expired_session(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	char token[RIG_SECRET];

	(void)rig_token(rig, admin.id, NULL, token);
	rig_pass(90 * DAY_MS);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (is_not_asked(op))
			continue;
		check_refused(rig, op, ask(rig, op, token), E_EXPIRED);
		assert_int_equal(
		    rig_last_of(rig, &rig->arena, (enum op_number)op->number)
			->principal,
		    rig_ref(rig, admin.id));
	}
}

/* ---- with too little
 * ------------------------------------------------------------- */

/* A token for all families but the operation's own. */
static void
test_out_of_scope(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	char tokens[FAMILY_MAX][RIG_SECRET];

	for (unsigned family = 1; family < FAMILY_MAX; family++) {
		struct token_issue how = {.has_families = true,
		    .families = ACCESS_FAMILIES & ~BIT(family)};

		(void)rig_token(rig, admin.id, &how, tokens[family]);
	}
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (is_not_asked(op))
			continue;
		check_refused(
		    rig, op, ask(rig, op, tokens[op->family]), E_SCOPE);
	}
}

static void
test_with_a_token_for_reading(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct token_issue how = {.has_read_only = true, .read_only = true};
	char token[RIG_SECRET];

	(void)rig_token(rig, admin.id, &how, token);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (op->effect != OP_WRITE || is_not_asked(op))
			continue;
		check_refused(rig, op, ask(rig, op, token), E_SCOPE);
	}
}

/* Whether what the first need is on must be named. */
static bool
is_needed(const struct op *op)
{
	size_t n;
	const struct shape_field *fields = op->args->fields(&n);

	for (size_t i = 0; i < n; i++)
		if (fields[i].offset == op->need[0].at)
			return fields[i].flags & REQ;
	return true;
}

/* Somebody without any role or right: denied, or it is not there for them. */
static void
test_without_a_right(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person bob = rig_person(rig, "bob");
	struct rig_person eve = rig_enrol(rig, "eve", &secrets);

	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		int got, want = E_NOT_FOUND;

		if (is_not_asked(op) || op->need[0].on == OP_ON_SELF)
			continue;
		/* What names nobody is about the organisation. */
		if (op->need[0].on == OP_ON_ORG ||
		    (op->need[0].on == OP_ON_FIELD && !is_needed(op)))
			want = E_DENIED;
		got = ask(rig, op,
		    op->family == FAMILY_ENROL ? eve.token : bob.token);
		if (got != want)
			fail_msg("%s: %s", op->name, error_info(got)->text);
		assert_int_equal(
		    rig_last_of(rig, &rig->arena, (enum op_number)op->number)
			->objects[0]
			.outcome,
		    want);
		arena_reset(&rig->arena);
	}
}

/* A role is a right to no more than its own operations. */
static void
test_with_another_role(void **state)
{
	struct rig *rig = *state;
	struct rig_person people[RELATION_OPERATOR + 1] = {{.token = ""}};

	for (unsigned role = RELATION_USER_ADMIN; role <= RELATION_OPERATOR;
	     role++) {
		struct role_grant args = {
		    .has_relation = true, .relation = role};

		people[role] =
		    rig_person(rig, words_text(WORDS_RELATION, role));
		SHAPE_SET(&args, principal, people[role].id);
		assert_int_equal(
		    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args)
			.code,
		    0);
	}
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (op->effect == OP_SYSTEM || op->need[0].on != OP_ON_ORG)
			continue;
		for (unsigned role = RELATION_USER_ADMIN;
		     role <= RELATION_OPERATOR; role++) {
			int got = ask(rig, op, people[role].token);
			bool denied = got == E_DENIED;

			if (denied != (role != op->need[0].relation))
				fail_msg("%s by %s: %s", op->name,
				    words_text(WORDS_RELATION, role),
				    got < 0 ? error_info(got)->text : "done");
			arena_reset(&rig->arena);
		}
	}
}

/* A token for one folder reaches nothing of the organisation's. */
static void
test_with_a_token_for_a_folder(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct token_issue how = {.has_folder = true};
	char token[RIG_SECRET];

	how.folder = rig_folder(rig, admin.token, admin.home, "folder");
	(void)rig_token(rig, admin.id, &how, token);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		int got;

		if (op->effect == OP_SYSTEM || op->need[0].on != OP_ON_ORG)
			continue;
		got = ask(rig, op, token);
		if (got != E_SCOPE)
			fail_msg("%s: %s", op->name,
			    got < 0 ? error_info(got)->text : "done");
		arena_reset(&rig->arena);
	}
}

/* ---- with arguments that no client of ours sends
 * ------------------------------------- */

/* Nothing at all, a field that there isn't, and no map. */
static void
test_bad_arguments(void **state)
{
	static const char *const bad[] = {
	    "", "\xa1\x19\x03\xe7\x01", "\x01", "\xa0\xa0", "\xbf\xff"};
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person eve = rig_enrol(rig, "eve", &secrets);

	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (is_not_asked(op))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
			char buf[RIG_SECRET];
			const char *token =
			    token_for(rig, op, rig->token, &eve, buf);
			void *args = make_args(&rig->arena, op);
			struct call *call = rig_call(rig, token, NULL, 1, 1,
			    &(struct rig_op){
				(enum op_number)op->number, 1, args});
			struct answer a;

			call->ops[0].args[0] =
			    arena_copy(&call->arena, slice_str(bad[i]));
			engine_submit(rig->engine, call);
			call = rig_wait(rig);
			rig_answers(call, 0, &rig->arena, &a);
			call_free(&call);
			if (a.code == 0 ||
			    error_info(a.code)->class != ERROR_CLASS_REFUSED)
				fail_msg("%s took %zu", op->name, i);
			assert_int_equal(rig_last_of(rig, &rig->arena,
					     (enum op_number)op->number)
					     ->objects[0]
					     .outcome,
			    a.code);
			arena_reset(&rig->arena);
		}
	}
}

/* ---- when the disk is full
 * --------------------------------------------------------------- */

/* Everything is refused but what the row says is urgent, and reads. */
static void
check_full(struct rig *rig, const struct rig_person *eve, const char *last,
    unsigned full)
{
	int64_t said = -1;

	rig_tick(rig);
	assert_int_equal(atomic_load(&engine_core(rig->engine)->full), full);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		bool goes =
		    op->urgent ||
		    (full == CORE_FULL_WRITES && op->effect == OP_READ) ||
		    (op->effect == OP_READ && op->family == FAMILY_LOG);
		int got;

		if (is_not_asked(op))
			continue;
		if (op->number == OP_SESSION_END)
			got = ask(rig, op, last);
		else
			got = ask(rig, op,
			    op->family == FAMILY_ENROL ? eve->token
						       : rig->token);
		if ((got == E_FULL) == goes)
			fail_msg("%s: %s", op->name,
			    got < 0 ? error_info(got)->text : "done");
		arena_reset(&rig->arena);
	}
	assert_true(rig_number(
	    &rig_last_of(rig, &rig->arena, OP_SYSTEM_FULL)->objects[0],
	    FACT_FULL, &said));
	assert_int_equal(said, full);
}

static void
test_full(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id file = rig_file(rig, rig->token, admin.home, "file", "x");
	struct id grant =
	    rig_share(rig, rig->token, file, bob.id, RELATION_READ);
	struct config was = rig->config;
	struct rig_secrets secrets;
	struct rig_person eve = rig_enrol(rig, "eve", &secrets);
	char last[RIG_SECRET];

	(void)rig_token(rig, admin.id, NULL, last);

	rig_tick(rig);
	assert_int_equal(
	    atomic_load(&engine_core(rig->engine)->full), CORE_FULL_NOT);
	rig->config.full_bytes = UINT64_MAX;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	check_full(rig, &eve, last, CORE_FULL_WRITES);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
	assert_int_equal(rig_revoke(rig, rig->token, grant), 0);
	assert_int_equal(rig_read(rig, bob.token, file), E_NOT_FOUND);
	assert_int_equal(rig_trash(rig, rig->token, file), 0);
	assert_int_equal(rig_purge(rig, rig->token, file), 0);
	assert_int_equal(rig_end_token(rig, bob.credential), 0);

	/* It has room again: that is a record, too, and all goes on. */
	assert_int_equal(engine_reload(rig->engine, &was), 0);
	rig_tick(rig);
	assert_int_equal(
	    atomic_load(&engine_core(rig->engine)->full), CORE_FULL_NOT);
	(void)rig_file(rig, rig->token, admin.home, "another", "x");
}

/* Not even the reserve is left: the log can still be read, rights still end. */
static void
test_full_to_the_brim(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct principal_ref args = {
	    .has_principal = true, .principal = bob.id};
	struct rig_secrets secrets;
	struct rig_person eve = rig_enrol(rig, "eve", &secrets);
	char last[RIG_SECRET];

	(void)rig_token(rig, bob.id, NULL, last);
	rig->config.reserve_bytes = UINT64_MAX / 4;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	check_full(rig, &eve, last, CORE_FULL_ALL);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &args).code,
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_without_a_session),
	    RIG_TEST(test_with_a_dead_session),
	    RIG_TEST(test_with_an_expired_session),
	    RIG_TEST(test_out_of_scope),
	    RIG_TEST(test_with_a_token_for_reading),
	    RIG_TEST(test_without_a_right),
	    RIG_TEST(test_with_another_role),
	    RIG_TEST(test_with_a_token_for_a_folder),
	    RIG_TEST(test_bad_arguments),
	    RIG_TEST(test_full),
	    RIG_TEST(test_full_to_the_brim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
