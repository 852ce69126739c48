/*
 * Programs that a person lets in, and those that they wouldn't. And that no key
 * keeps what was tried without a session.
 */
#include "unit.h"

#include "core/test_rig.h"

#define MINUTE_MS ((int64_t)60 * 1000)

/* ---- help
 * -------------------------------------------------------------------- */

/* What a program has, once it asked. */
struct program {
	char code[16], secret[RIG_SECRET];
};

static int
ask(struct rig *rig, struct program *program)
{
	struct login_begin args = {
	    .has_label = true, .label = SLICE("chancery on laptop")};
	struct answer a = rig_do(rig, &rig->arena, OP_LOGIN_BEGIN, NULL, &args);
	const struct login_begun *begun = a.result;

	if (a.code != 0)
		return a.code;
	(void)snprintf(program->code, sizeof(program->code), "%.*s",
	    SLICE_ARG(begun->code));
	(void)snprintf(program->secret, sizeof(program->secret), "%.*s",
	    SLICE_ARG(begun->secret));
	return 0;
}

static struct answer
of_code(struct rig *rig, enum op_number op, const char *token, const char *code)
{
	struct login_ref args = {.has_code = true, .code = slice_str(code)};

	return rig_do(rig, &rig->arena, op, token, &args);
}

static int
show(struct rig *rig, const char *token, const char *code)
{
	return of_code(rig, OP_LOGIN_SHOW, token, code).code;
}

static int
approve(struct rig *rig, const char *token, const char *code)
{
	return of_code(rig, OP_LOGIN_APPROVE, token, code).code;
}

static int
collect(struct rig *rig, const char *secret, char ret_token[RIG_SECRET])
{
	struct login_collect args = {
	    .has_secret = true, .secret = slice_str(secret)};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_LOGIN_COLLECT, NULL, &args);

	if (a.code == 0 && ret_token != NULL)
		(void)snprintf(ret_token, RIG_SECRET, "%.*s",
		    SLICE_ARG(((struct session_made *)a.result)->secret));
	return a.code;
}

static struct answer
get_session(struct rig *rig, const char *token)
{
	struct nothing args = {.has_unused = false};

	return rig_do(rig, &rig->arena, OP_SESSION_GET, token, &args);
}

static void
sign_out(struct rig *rig, const char *token)
{
	struct nothing args = {.has_unused = false};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_END, token, &args).code, 0);
}

/* ---- letting in
 * ---------------------------------------------------------------- */

static void
test_a_program_is_let_in(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	const struct login_request *request;
	const struct session_info *info;
	const struct leaf *leaf;
	struct program program;
	char token[RIG_SECRET];
	struct answer a;

	assert_int_equal(ask(rig, &program), 0);
	assert_int_equal(strlen(program.code), 9);
	assert_int_equal(program.code[4], '-');
	assert_int_equal(collect(rig, program.secret, NULL), E_STATE);
	a = of_code(rig, OP_LOGIN_SHOW, ann.token, program.code);
	assert_int_equal(a.code, 0);
	request = a.result;
	assert_true(slice_eq(request->label, SLICE("chancery on laptop")));
	assert_true(slice_eq(request->code, slice_str(program.code)));
	assert_true(request->has_address);
	assert_int_equal(collect(rig, program.secret, NULL), E_STATE);
	assert_int_equal(approve(rig, ann.token, program.code), 0);
	assert_int_equal(collect(rig, program.secret, token), 0);

	/* The session is Ann's, by what she signed in with, and she let it. */
	leaf = rig_last_of(rig, &rig->arena, OP_LOGIN_COLLECT);
	assert_int_equal(leaf->principal, rig_ref(rig, ann.id));
	assert_int_equal(leaf->n_credentials, 2);
	assert_int_equal(leaf->n_approved, 1);
	assert_int_equal(leaf->approved[0],
	    rig_last_of(rig, &rig->arena, OP_LOGIN_APPROVE)->session);
	assert_int_equal(leaf->objects[0].n_from, 1);
	assert_int_equal(leaf->objects[0].from[0], leaf->approved[0]);
	a = get_session(rig, token);
	assert_int_equal(a.code, 0);
	info = a.result;
	assert_int_equal(info->principal.n, ann.id.n);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_GET);
	assert_int_equal(leaf->n_credentials, 2);
	/* Her own going out is no end of it. */
	sign_out(rig, ann.token);
	assert_int_equal(get_session(rig, token).code, 0);
}

static void
test_once(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct program program;

	assert_int_equal(ask(rig, &program), 0);
	assert_int_equal(approve(rig, ann.token, program.code), 0);
	assert_int_equal(approve(rig, ann.token, program.code), E_NOT_FOUND);
	assert_int_equal(show(rig, ann.token, program.code), E_NOT_FOUND);
	assert_int_equal(collect(rig, program.secret, NULL), 0);
	assert_int_equal(collect(rig, program.secret, NULL), E_UNAUTHENTICATED);
	/* The code is no secret to collect with. */
	assert_int_equal(collect(rig, program.code, NULL), E_UNAUTHENTICATED);
}

/* As a person reads it aloud, and types it. */
static void
test_however_it_is_typed(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct program program;
	char text[32];
	size_t n = 0;

	assert_int_equal(ask(rig, &program), 0);
	for (size_t i = 0; i < strlen(program.code); i++) {
		char c = program.code[i];

		if (c == '-')
			continue;
		text[n++] = (char)(c == '0'               ? 'o'
				   : c == '1'             ? 'L'
				   : c >= 'A' && c <= 'Z' ? c - 'A' + 'a'
							  : c);
		if (n < 12 && i == 1)
			text[n++] = ' ';
	}
	text[n] = '\0';
	assert_int_equal(show(rig, ann.token, text), 0);
	assert_int_equal(show(rig, ann.token, ""), E_NOT_FOUND);
	assert_int_equal(show(rig, ann.token, "ABCD-EFG"), E_NOT_FOUND);
	assert_int_equal(show(rig, ann.token, "ABCD-EFGHJ"), E_NOT_FOUND);
	assert_int_equal(show(rig, ann.token, "ABCD-EFG!"), E_NOT_FOUND);
	assert_int_equal(show(rig, ann.token, "0000-0000"), E_NOT_FOUND);
}

/* ---- not letting in
 * ---------------------------------------------------------------- */

static void
test_it_ends_by_itself(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct program one, other;

	assert_int_equal(ask(rig, &one), 0);
	rig_pass(9 * MINUTE_MS);
	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
	assert_int_equal(ask(rig, &other), 0);
	assert_int_equal(approve(rig, ann.token, one.code), 0);
	rig_pass(MINUTE_MS);
	/* Even where it was approved. */
	assert_int_equal(collect(rig, one.secret, NULL), E_EXPIRED);
	assert_int_equal(show(rig, ann.token, one.code), E_NOT_FOUND);
	assert_int_equal(show(rig, ann.token, other.code), 0);
}

static void
test_it_is_confirmed(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct program program;

	assert_int_equal(ask(rig, &program), 0);
	rig_pass(5 * MINUTE_MS);
	assert_int_equal(show(rig, ann.token, program.code), 0);
	assert_int_equal(approve(rig, ann.token, program.code), E_STEPUP);
	assert_int_equal(collect(rig, program.secret, NULL), E_STATE);
}

/* What lives as long as its approver's session does until it is collected. */
static void
test_it_rests_on_who_approved_it(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct principal_ref who = {.has_principal = true, .principal = ann.id};
	struct program one, other;

	assert_int_equal(ask(rig, &one), 0);
	assert_int_equal(approve(rig, ann.token, one.code), 0);
	sign_out(rig, ann.token);
	assert_int_equal(collect(rig, one.secret, NULL), E_UNAUTHENTICATED);

	assert_int_equal(rig_sign_in(rig, &secrets, ann.token), 0);
	assert_int_equal(ask(rig, &other), 0);
	assert_int_equal(approve(rig, ann.token, other.code), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_SUSPEND, rig->token, &who)
		.code,
	    0);
	assert_int_equal(collect(rig, other.secret, NULL), E_SUSPENDED);
}

/* Whoever has a secret alone is nobody who can vouch for a program. */
static void
test_who_may_not_approve(void **state)
{
	struct rig *rig = *state;
	struct rig_person robot = rig_person(rig, "robot");
	struct principal_create args = {.has_kind = true,
	    .kind = PRINCIPAL_PERSON,
	    .has_name = true,
	    .name = SLICE("Ben"),
	    .has_login = true,
	    .login = SLICE("ben")};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &args);
	char invitation[RIG_SECRET];
	struct program program;

	assert_int_equal(a.code, 0);
	rig_invite(rig, ((struct principal *)a.result)->id, invitation);
	assert_int_equal(ask(rig, &program), 0);
	assert_int_equal(show(rig, robot.token, program.code), E_KIND);
	assert_int_equal(approve(rig, robot.token, program.code), E_KIND);
	assert_int_equal(approve(rig, rig->token, program.code), E_KIND);
	assert_int_equal(approve(rig, invitation, program.code), E_KIND);
	assert_int_equal(approve(rig, NULL, program.code), E_UNAUTHENTICATED);
	assert_int_equal(collect(rig, program.secret, NULL), E_STATE);
}

/* One source can't take the place of all others, nor its own for long. */
static void
test_so_many_at_once(void **state)
{
	struct rig *rig = *state;
	struct program program;

	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(rig, &program), 0);
	assert_int_equal(ask(rig, &program), E_RATE);
	rig_connect(rig, "192.0.2.99", "another");
	assert_int_equal(ask(rig, &program), 0);
	rig_pass(10 * MINUTE_MS);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(rig, &program), 0);
	assert_int_equal(ask(rig, &program), E_RATE);
}

/* Nobody's key: each asks for itself, and gets a secret of its own. */
static void
test_a_key_without_a_session(void **state)
{
	struct rig *rig = *state;
	struct login_begin args = {
	    .has_label = true, .label = SLICE("chancery on laptop")};
	struct answer one = rig_do_key(
	    rig, &rig->arena, OP_LOGIN_BEGIN, NULL, "key-0123456789ab", &args);
	struct answer other = rig_do_key(
	    rig, &rig->arena, OP_LOGIN_BEGIN, NULL, "key-0123456789ab", &args);
	const struct login_begun *a = one.result, *b = other.result;

	assert_int_equal(one.code, 0);
	assert_int_equal(other.code, 0);
	assert_true(a->has_secret && b->has_secret);
	assert_false(slice_eq(a->secret, b->secret));
	assert_false(slice_eq(a->code, b->code));
	args.label = SLICE("another");
	assert_int_equal(rig_do_key(rig, &rig->arena, OP_LOGIN_BEGIN, NULL,
			     "key-0123456789ab", &args)
			     .code,
	    0);
}

/* Nor is anything kept of a password: with a key it is tried as without. */
static void
test_a_key_with_a_password(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	struct session_begin args = {.has_password = false};
	char code[8];

	rig_pass(MINUTE_MS);
	rig_totp(&secrets, code);
	SHAPE_SET(&args, password, slice_str("seven green bottles fall"));
	SHAPE_SET(&args, code, slice_str(code));
	assert_int_equal(rig_do_key(rig, &rig->arena, OP_SESSION_STEPUP,
			     ann.token, "key-0123456789ab", &args)
			     .code,
	    E_STEPUP);
	args.password = slice_str(secrets.password);
	assert_int_equal(rig_do_key(rig, &rig->arena, OP_SESSION_STEPUP,
			     ann.token, "key-0123456789ab", &args)
			     .code,
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_a_program_is_let_in),
	    RIG_TEST(test_once),
	    RIG_TEST(test_however_it_is_typed),
	    RIG_TEST(test_it_ends_by_itself),
	    RIG_TEST(test_it_is_confirmed),
	    RIG_TEST(test_it_rests_on_who_approved_it),
	    RIG_TEST(test_who_may_not_approve),
	    RIG_TEST(test_so_many_at_once),
	    RIG_TEST(test_a_key_without_a_session),
	    RIG_TEST(test_a_key_with_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
