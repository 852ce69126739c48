/* Units: administrators of a part, who reach what belongs to it, and no more.
 */
#include "unit.h"

#include "core/test_rig.h"

/* A unit in a unit, and a third beside them; carl administers the outer one. */
struct world {
	struct id outer, inner, other;
	struct rig_person carl, in_outer, in_inner, in_other, outside;
	struct id role;
};

static struct id
make_unit(
    struct rig *rig, const char *token, const char *name, const struct id *in)
{
	struct unit_create args = {.has_name = true, .name = slice_str(name)};
	struct answer a;

	if (in != NULL)
		SHAPE_SET(&args, unit, *in);
	a = rig_do(rig, &rig->arena, OP_UNIT_CREATE, token, &args);
	assert_int_equal(a.code, 0);
	return ((struct unit *)a.result)->id;
}

static struct answer
create(struct rig *rig, const char *token, const struct id *unit)
{
	struct principal_create args = {.has_kind = true,
	    .kind = PRINCIPAL_SERVICE,
	    .has_name = true,
	    .name = SLICE("somebody")};

	if (unit != NULL)
		SHAPE_SET(&args, unit, *unit);
	return rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, token, &args);
}

static struct rig_person
person_in(struct rig *rig, const struct id *unit)
{
	struct answer a = create(rig, rig->token, unit);
	struct rig_person person = {.token = ""};

	assert_int_equal(a.code, 0);
	person.id = ((struct principal *)a.result)->id;
	(void)rig_token(rig, person.id, NULL, person.token);
	return person;
}

static struct answer
give_role(struct rig *rig, const char *token, struct id principal,
    unsigned relation, const struct id *unit)
{
	struct role_grant args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, relation, relation);
	if (unit != NULL)
		SHAPE_SET(&args, unit, *unit);
	return rig_do(rig, &rig->arena, OP_ROLE_GRANT, token, &args);
}

static int
take_role(struct rig *rig, const char *token, struct id grant)
{
	struct grant_ref args = {.has_grant = true, .grant = grant};

	return rig_do(rig, &rig->arena, OP_ROLE_REVOKE, token, &args).code;
}

static int
issue(struct rig *rig, const char *token, struct id principal)
{
	struct token_issue args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, label, SLICE("a unit's"));
	return rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, token, &args).code;
}

static int
end_principal(
    struct rig *rig, const char *token, enum op_number op, struct id id)
{
	struct principal_ref args = {.has_principal = true, .principal = id};

	return rig_do(rig, &rig->arena, op, token, &args).code;
}

static int
end_unit(struct rig *rig, const char *token, struct id unit)
{
	struct unit_ref args = {.has_unit = true, .unit = unit};

	return rig_do(rig, &rig->arena, OP_UNIT_END, token, &args).code;
}

static struct world
make_world(struct rig *rig)
{
	struct world w = {.outer = make_unit(rig, rig->token, "outer", NULL)};
	struct answer a;

	w.inner = make_unit(rig, rig->token, "inner", &w.outer);
	w.other = make_unit(rig, rig->token, "other", NULL);
	w.carl = person_in(rig, &w.outer);
	w.in_outer = person_in(rig, &w.outer);
	w.in_inner = person_in(rig, &w.inner);
	w.in_other = person_in(rig, &w.other);
	w.outside = person_in(rig, NULL);
	a = give_role(
	    rig, rig->token, w.carl.id, RELATION_USER_ADMIN, &w.outer);
	assert_int_equal(a.code, 0);
	w.role = ((struct grant_made *)a.result)->id;
	return w;
}

/* Whom a unit's administrator may act on, and by what that is proved. */
static void
test_reach(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct leaf *leaf;

	assert_int_equal(issue(rig, w.carl.token, w.in_outer.id), 0);
	assert_int_equal(issue(rig, w.carl.token, w.in_inner.id), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_TOKEN_ISSUE);
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.role))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.inner))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.outer))));
	assert_int_equal(issue(rig, w.carl.token, w.in_other.id), E_DENIED);
	assert_int_equal(issue(rig, w.carl.token, w.outside.id), E_DENIED);
	assert_int_equal(issue(rig, w.in_outer.token, w.in_inner.id), E_DENIED);
	assert_int_equal(create(rig, w.carl.token, &w.inner).code, 0);
	assert_int_equal(create(rig, w.carl.token, &w.other).code, E_DENIED);
	assert_int_equal(create(rig, w.carl.token, NULL).code, E_DENIED);
	assert_int_equal(
	    end_principal(rig, w.carl.token, OP_PRINCIPAL_END, w.in_other.id),
	    E_DENIED);
	assert_int_equal(
	    end_principal(rig, w.carl.token, OP_PRINCIPAL_END, w.in_inner.id),
	    0);
	/* The role gone, so is all of it. */
	assert_int_equal(take_role(rig, rig->token, w.role), 0);
	assert_int_equal(issue(rig, w.carl.token, w.in_outer.id), E_DENIED);
}

/* A part's administrators never come to more than they have. */
static void
test_nobody_raises_themselves(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct group_create make = {.has_name = true, .name = SLICE("team")};
	struct member_add add = {.has_group = true};
	struct answer a;

	/* No roles in the organisation, nor in another unit, nor for oneself.
	 */
	assert_int_equal(give_role(rig, w.carl.token, w.in_outer.id,
			     RELATION_USER_ADMIN, NULL)
			     .code,
	    E_DENIED);
	assert_int_equal(give_role(rig, w.carl.token, w.in_outer.id,
			     RELATION_USER_ADMIN, &w.other)
			     .code,
	    E_DENIED);
	assert_int_equal(give_role(rig, w.carl.token, w.carl.id,
			     RELATION_SECURITY_RESPONDER, &w.outer)
			     .code,
	    E_DENIED);
	assert_int_equal(give_role(rig, w.carl.token, w.in_other.id,
			     RELATION_USER_ADMIN, &w.inner)
			     .code,
	    E_DENIED);
	assert_int_equal(give_role(rig, rig->token, w.in_outer.id,
			     RELATION_LOG_READER, &w.outer)
			     .code,
	    E_INVALID);
	/* To others in it they do. */
	assert_int_equal(give_role(rig, w.carl.token, w.in_inner.id,
			     RELATION_USER_ADMIN, &w.inner)
			     .code,
	    0);
	assert_int_equal(issue(rig, w.carl.token, w.in_inner.id), 0);

	/* Who has a role above is out of reach, though in the unit; so is a
	 * group that has one. */
	assert_int_equal(
	    give_role(rig, rig->token, w.in_outer.id, RELATION_LOG_READER, NULL)
		.code,
	    0);
	assert_int_equal(issue(rig, w.carl.token, w.in_outer.id), E_DENIED);
	assert_int_equal(
	    end_principal(rig, w.carl.token, OP_PRINCIPAL_END, w.in_outer.id),
	    E_DENIED);
	SHAPE_SET(&make, unit, w.outer);
	a = rig_do(rig, &rig->arena, OP_GROUP_CREATE, w.carl.token, &make);
	assert_int_equal(a.code, 0);
	SHAPE_SET(&add, group, ((struct principal *)a.result)->id);
	SHAPE_SET(&add, principal, w.in_inner.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_ADD, w.carl.token, &add).code,
	    0);
	add.principal = w.in_other.id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_ADD, w.carl.token, &add).code,
	    E_DENIED);
	add.principal = w.carl.id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_ADD, w.carl.token, &add).code,
	    E_DENIED);
	assert_int_equal(
	    give_role(rig, rig->token, add.group, RELATION_USER_ADMIN, NULL)
		.code,
	    0);
	a = create(rig, w.carl.token, &w.outer);
	assert_int_equal(a.code, 0);
	add.principal = ((struct principal *)a.result)->id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_ADD, w.carl.token, &add).code,
	    E_DENIED);
	assert_int_equal(
	    end_principal(rig, w.carl.token, OP_GROUP_END, add.group),
	    E_DENIED);
}

/* Of equals none takes the other's role; whoever is above does. */
static void
test_equals(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct answer a = give_role(
	    rig, rig->token, w.in_outer.id, RELATION_USER_ADMIN, &w.outer);

	assert_int_equal(a.code, 0);
	assert_int_equal(take_role(rig, w.in_outer.token, w.role), E_DENIED);
	assert_int_equal(issue(rig, w.in_outer.token, w.carl.id), E_DENIED);
	a = give_role(
	    rig, w.carl.token, w.in_inner.id, RELATION_USER_ADMIN, &w.inner);
	assert_int_equal(a.code, 0);
	assert_int_equal(take_role(rig, w.in_inner.token, w.role), E_DENIED);
	assert_int_equal(
	    take_role(rig, w.carl.token, ((struct grant_made *)a.result)->id),
	    0);
}

/* A unit ends when nobody is in it, and not by its own administrators. */
static void
test_end(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id empty = make_unit(rig, w.carl.token, "empty", &w.outer);

	assert_int_equal(end_unit(rig, rig->token, w.outer), E_STATE);
	assert_int_equal(end_unit(rig, rig->token, w.inner), E_STATE);
	assert_int_equal(end_unit(rig, w.carl.token, w.other), E_DENIED);
	assert_int_equal(end_unit(rig, w.carl.token, empty), 0);
	assert_int_equal(end_unit(rig, w.carl.token, empty), E_DENIED);
	assert_int_equal(end_unit(rig, rig->token, empty), E_NOT_FOUND);
	assert_int_equal(create(rig, rig->token, &empty).code, E_NOT_FOUND);
}

static void
test_depth(void **state)
{
	struct rig *rig = *state;
	struct id unit = make_unit(rig, rig->token, "one in the other", NULL);
	struct unit_create args = {.has_name = true, .name = SLICE("deeper")};

	for (unsigned i = 1; i < UNIT_DEPTH_MAX; i++)
		unit = make_unit(rig, rig->token, "one in the other", &unit);
	SHAPE_SET(&args, unit, unit);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UNIT_CREATE, rig->token, &args).code,
	    E_DEPTH);
}

static void
test_lists(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct principal_list args = {.has_unit = true, .unit = w.outer};
	struct unit_list units = {.has_limit = true, .limit = 2};
	struct principal_page *page;
	struct unit_page *all;
	struct answer a =
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, w.carl.token, &args);

	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 2);
	assert_int_equal(page->list.v[0].id.n, w.carl.id.n);
	assert_int_equal(page->list.v[0].unit.n, w.outer.n);
	args.unit = w.other;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, w.carl.token, &args)
		.code,
	    E_DENIED);
	a = rig_do(rig, &rig->arena, OP_UNIT_LIST, rig->token, &units);
	assert_int_equal(a.code, 0);
	all = a.result;
	assert_int_equal(all->list.n, 2);
	assert_true(all->more);
	assert_int_equal(all->list.v[1].unit.n, w.outer.n);
}

static void
test_why(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct access_why args = {.has_unit = true, .unit = w.inner};
	const struct access_answer *answer;
	struct answer a;

	SHAPE_SET(&args, principal, w.carl.id);
	SHAPE_SET(&args, relation, RELATION_USER_ADMIN);
	a = rig_do(rig, &rig->arena, OP_ACCESS_WHY, rig->token, &args);
	assert_int_equal(a.code, 0);
	answer = a.result;
	assert_true(answer->allowed);
	assert_int_equal(answer->proof.n, 2);
	assert_int_equal(answer->proof.v[0].subject.n, w.inner.n);
	assert_int_equal(answer->proof.v[0].object.n, w.outer.n);
	assert_true(slice_eq(answer->proof.v[1].name, SLICE("outer")));
	assert_int_equal(answer->proof.v[1].subject.n, w.carl.id.n);
	args.unit = w.other;
	a = rig_do(rig, &rig->arena, OP_ACCESS_WHY, rig->token, &args);
	assert_int_equal(a.code, 0);
	answer = a.result;
	assert_false(answer->allowed);
	assert_true(answer->has_missing);
}

/* People of one's own unit are one's own to invite and suspend; no others. */
static void
test_people_of_a_unit(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct principal_create args = {.has_kind = true,
	    .kind = PRINCIPAL_PERSON,
	    .has_name = true,
	    .name = SLICE("Dora"),
	    .has_login = true,
	    .login = SLICE("dora"),
	    .has_unit = true,
	    .unit = w.inner};
	struct invitation_issue invite = {.has_principal = true};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, w.carl.token, &args);
	struct id dora;

	assert_int_equal(a.code, 0);
	dora = ((struct principal *)a.result)->id;
	invite.principal = dora;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INVITATION_ISSUE, w.carl.token, &invite)
		.code,
	    0);
	args.login = SLICE("egon");
	args.unit = w.other;
	a = rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	invite.principal = ((struct principal *)a.result)->id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INVITATION_ISSUE, w.carl.token, &invite)
		.code,
	    E_DENIED);
	assert_int_equal(end_principal(rig, w.carl.token, OP_PRINCIPAL_SUSPEND,
			     w.in_other.id),
	    E_DENIED);
	assert_int_equal(end_principal(rig, w.carl.token, OP_PRINCIPAL_SUSPEND,
			     rig_admin(rig).id),
	    E_DENIED);
	assert_int_equal(
	    end_principal(rig, w.carl.token, OP_PRINCIPAL_SUSPEND, dora), 0);
	assert_int_equal(
	    end_principal(rig, w.carl.token, OP_PRINCIPAL_RESUME, dora), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_people_of_a_unit),
	    RIG_TEST(test_reach),
	    RIG_TEST(test_nobody_raises_themselves),
	    RIG_TEST(test_equals),
	    RIG_TEST(test_end),
	    RIG_TEST(test_depth),
	    RIG_TEST(test_lists),
	    RIG_TEST(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
