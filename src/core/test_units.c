/* Units: administrators of a part, who reach what belongs to it, and no more.
 */
#include "unit.h"

#include "core/core.h"
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

static struct answer
list_roles(struct rig *rig, const char *token, const struct id *principal,
    const struct id *unit)
{
	struct role_list args = {.has_principal = false};

	if (principal != NULL)
		SHAPE_SET(&args, principal, *principal);
	if (unit != NULL)
		SHAPE_SET(&args, unit, *unit);
	return rig_do(rig, &rig->arena, OP_ROLE_LIST, token, &args);
}

/* What one has oneself one may know; of others only where one gives roles. */
static void
test_roles_are_listed(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id team = rig_group(rig, "team");
	const struct grant_page *page;
	struct answer a;

	(void)rig_member(rig, team, w.carl.id);
	assert_int_equal(give_role(rig, rig->token, team,
			     RELATION_SECURITY_RESPONDER, &w.other)
			     .code,
	    0);
	a = list_roles(rig, w.carl.token, &w.carl.id, NULL);
	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 2);
	assert_int_equal(page->list.v[0].id.n, w.role.n);
	assert_int_equal(page->list.v[0].object.n, w.outer.n);
	assert_true(slice_eq(page->list.v[0].object_name, SLICE("outer")));
	assert_true(slice_eq(page->list.v[1].name, SLICE("team")));
	assert_true(slice_eq(page->list.v[1].object_name, SLICE("other")));
	a = list_roles(rig, w.in_outer.token, &w.in_outer.id, NULL);
	assert_int_equal(a.code, 0);
	assert_int_equal(((struct grant_page *)a.result)->list.n, 0);

	assert_int_equal(
	    list_roles(rig, w.in_outer.token, &w.carl.id, NULL).code, E_DENIED);
	assert_int_equal(
	    list_roles(rig, w.carl.token, &w.in_outer.id, NULL).code, E_DENIED);
	assert_int_equal(
	    list_roles(rig, w.carl.token, &w.in_outer.id, &w.outer).code, 0);
	assert_int_equal(list_roles(rig, w.carl.token, NULL, &w.inner).code, 0);
	assert_int_equal(
	    list_roles(rig, w.carl.token, NULL, &w.other).code, E_DENIED);
	assert_int_equal(
	    list_roles(rig, w.carl.token, NULL, NULL).code, E_DENIED);
	a = list_roles(rig, rig->token, &w.carl.id, NULL);
	assert_int_equal(a.code, 0);
	assert_int_equal(((struct grant_page *)a.result)->list.n, 2);
}

static uint64_t
roles_of(struct rig *rig, const char *token)
{
	struct nothing args = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, token, &args);
	const struct session_info *info = a.result;

	assert_int_equal(a.code, 0);
	assert_int_equal(info->has_roles, info->roles != 0);
	return info->roles;
}

/* Of oneself one is told at once: by which role it is had, and where, isn't. */
static void
test_roles_are_told(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id team = rig_group(rig, "team");
	uint64_t admin = BIT(RELATION_USER_ADMIN),
		 reader = BIT(RELATION_LOG_READER);

	assert_true(roles_of(rig, rig->token) & admin);
	assert_int_equal(roles_of(rig, w.in_outer.token), 0);
	assert_int_equal(roles_of(rig, w.carl.token), admin);
	assert_int_equal(
	    give_role(rig, rig->token, team, RELATION_LOG_READER, NULL).code,
	    0);
	assert_int_equal(roles_of(rig, w.carl.token), admin);
	(void)rig_member(rig, team, w.carl.id);
	assert_int_equal(roles_of(rig, w.carl.token), admin | reader);
	assert_int_equal(take_role(rig, rig->token, w.role), 0);
	assert_int_equal(roles_of(rig, w.carl.token), reader);
}

/* A role that has run out is none, and none is in a unit that has ended. */
static void
test_roles_end(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = person_in(rig, NULL);
	struct id unit = make_unit(rig, rig->token, "short", NULL);
	struct unit_ref end = {.has_unit = true, .unit = unit};
	struct role_grant args = {.has_principal = true,
	    .principal = ann.id,
	    .has_relation = true,
	    .relation = RELATION_OPERATOR};

	SHAPE_SET(&args, expires,
	    core_time_now(&engine_core(rig->engine)->time) + 60000);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
	assert_int_equal(give_role(rig, rig->token, ann.id,
			     RELATION_SECURITY_RESPONDER, &unit)
			     .code,
	    0);
	assert_int_equal(roles_of(rig, ann.token),
	    BIT(RELATION_OPERATOR) | BIT(RELATION_SECURITY_RESPONDER));
	rig_pass(61000);
	assert_int_equal(
	    roles_of(rig, ann.token), BIT(RELATION_SECURITY_RESPONDER));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UNIT_END, rig->token, &end).code, 0);
	assert_int_equal(roles_of(rig, ann.token), 0);
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

/* ---- moving ------------------------------------------------------------- */

static int
move(struct rig *rig, const char *token, struct id principal,
    const struct id *unit)
{
	struct principal_move args = {
	    .has_principal = true, .principal = principal};

	if (unit != NULL)
		SHAPE_SET(&args, unit, *unit);
	return rig_do(rig, &rig->arena, OP_PRINCIPAL_MOVE, token, &args).code;
}

/* Whose they are, decides who administers them: from the next moment on. */
static void
test_move(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id ended = make_unit(rig, rig->token, "ended", NULL);
	struct id everyone =
	    rig_id(rig, KIND_PRINCIPAL, engine_core(rig->engine)->everyone);
	struct id guests =
	    rig_id(rig, KIND_PRINCIPAL, engine_core(rig->engine)->guests);
	const struct leaf *leaf;
	int64_t n;

	assert_int_equal(move(rig, rig->token, w.in_other.id, &w.inner), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_PRINCIPAL_MOVE);
	assert_true(rig_number(&leaf->objects[0], FACT_GRANTEE, &n));
	assert_int_equal(n, rig_ref(rig, w.in_other.id));
	assert_true(rig_number(&leaf->objects[0], FACT_TARGET, &n));
	assert_int_equal(n, rig_ref(rig, w.inner));
	assert_non_null(
	    strstr(rig_render(rig, leaf->sequence), "to the unit “inner”"));
	assert_int_equal(issue(rig, w.carl.token, w.in_other.id), 0);
	assert_int_equal(
	    move(rig, rig->token, w.in_other.id, &w.inner), E_STATE);
	assert_int_equal(move(rig, rig->token, w.in_other.id, NULL), 0);
	assert_int_equal(issue(rig, w.carl.token, w.in_other.id), E_DENIED);
	assert_int_equal(move(rig, rig->token, w.in_other.id, NULL), E_STATE);

	assert_int_equal(end_unit(rig, rig->token, ended), 0);
	assert_int_equal(
	    move(rig, rig->token, w.in_other.id, &ended), E_NOT_FOUND);
	assert_int_equal(
	    end_principal(rig, rig->token, OP_PRINCIPAL_END, w.in_other.id), 0);
	assert_int_equal(
	    move(rig, rig->token, w.in_other.id, &w.inner), E_NOT_FOUND);
	assert_int_equal(move(rig, rig->token, everyone, &w.inner), E_KIND);
	assert_int_equal(move(rig, rig->token, guests, &w.inner), E_KIND);
	/* Who has no role moves nobody, not even themselves. */
	assert_int_equal(
	    move(rig, w.in_inner.token, w.in_inner.id, &w.outer), E_DENIED);
}

/* It wants the role where they are and where they go. */
static void
test_move_by_a_units_administrator(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const char *carl = w.carl.token;
	const struct leaf *leaf;
	struct answer a;
	struct id role;

	assert_int_equal(move(rig, carl, w.in_inner.id, &w.outer), 0);
	assert_int_equal(move(rig, carl, w.in_inner.id, &w.inner), 0);
	assert_int_equal(move(rig, carl, w.in_inner.id, &w.other), E_DENIED);
	assert_int_equal(move(rig, carl, w.in_inner.id, NULL), E_DENIED);
	assert_int_equal(move(rig, carl, w.in_other.id, &w.inner), E_DENIED);
	assert_int_equal(move(rig, carl, w.outside.id, &w.inner), E_DENIED);
	/* Nobody takes themselves out of the reach of those above. */
	assert_int_equal(move(rig, carl, w.carl.id, &w.inner), E_DENIED);
	/* Nor somebody who is above. */
	assert_int_equal(
	    give_role(rig, rig->token, w.in_outer.id, RELATION_LOG_READER, NULL)
		.code,
	    0);
	assert_int_equal(move(rig, carl, w.in_outer.id, &w.inner), E_DENIED);

	a = give_role(
	    rig, rig->token, w.carl.id, RELATION_USER_ADMIN, &w.other);
	assert_int_equal(a.code, 0);
	role = ((struct grant_made *)a.result)->id;
	assert_int_equal(move(rig, carl, w.in_inner.id, &w.other), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_PRINCIPAL_MOVE);
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, w.role))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, role))));
	assert_int_equal(take_role(rig, rig->token, role), 0);
	assert_int_equal(move(rig, carl, w.in_inner.id, &w.inner), E_DENIED);
}

/* What they have open themselves goes on: they lose nothing. */
static void
test_move_closes_nothing(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct push_open args = {.has_since = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_PUSH_OPEN, w.in_inner.token, &args);
	uint64_t stream;

	assert_int_equal(a.code, 0);
	stream = ((struct push_stream *)a.result)->stream;
	assert_int_equal(move(rig, rig->token, w.in_inner.id, &w.other), 0);
	rig_poll(rig);
	assert_false(rig_is_closed(rig, stream));
	/* The control: to end them closes it. */
	assert_int_equal(
	    end_principal(rig, rig->token, OP_PRINCIPAL_END, w.in_inner.id), 0);
	rig_poll(rig);
	assert_true(rig_is_closed(rig, stream));
}

/* What a reader found about them is asked anew, where they were moved since. */
static int
list_tokens_while(struct rig *rig, const struct world *w, bool moves)
{
	struct token_list list = {
	    .has_principal = true, .principal = w->in_inner.id};
	struct principal_move to = {.has_principal = true,
	    .principal = w->in_inner.id,
	    .has_unit = true,
	    .unit = w->other};
	int code = 0;

	/* A read last: what is submitted below passes the prepared one. */
	(void)rig_read(rig, rig->token, rig_admin(rig).home);
	rig_hold(rig);
	(void)rig_submit(rig, OP_TOKEN_LIST, w->carl.token, NULL, 1, &list);
	rig_await(rig, 1);
	if (moves)
		(void)rig_submit(
		    rig, OP_PRINCIPAL_MOVE, rig->token, NULL, 1, &to);
	rig_release(rig);
	for (int n = 0, most = moves ? 1 : 0; n <= most; n++) {
		struct call *call = rig_wait(rig);
		bool last = n == most;
		struct answer a;

		assert_non_null(call);
		assert_int_equal(call->ops[0].op->number,
		    last ? OP_TOKEN_LIST : OP_PRINCIPAL_MOVE);
		rig_answers(call, 0, &rig->arena, &a);
		assert_true(last || a.code == 0);
		code = a.code;
		call_free(&call);
	}
	return code;
}

static void
test_moved_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	assert_int_equal(list_tokens_while(rig, &w, false), 0);
	assert_int_equal(list_tokens_while(rig, &w, true), E_DENIED);
}

/* ---- names -------------------------------------------------------------- */

static int
rename_to(struct rig *rig, const char *token, struct id principal,
    const char *name, const char *login)
{
	struct principal_rename args = {
	    .has_principal = true, .principal = principal};

	if (name != NULL)
		SHAPE_SET(&args, name, slice_str(name));
	if (login != NULL)
		SHAPE_SET(&args, login, slice_str(login));
	return rig_do(rig, &rig->arena, OP_PRINCIPAL_RENAME, token, &args).code;
}

static const struct session_info *
who_am_i(struct rig *rig, const char *token)
{
	struct nothing none = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, token, &none);

	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_rename(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets, bobs;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);
	const struct session_info *before = who_am_i(rig, ann.token), *after;
	char session[RIG_SECRET];

	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, "Ann Huber", NULL), 0);
	after = who_am_i(rig, ann.token);
	assert_true(slice_eq(after->name, SLICE("Ann Huber")));
	assert_true(slice_eq(after->login, SLICE("ann")));
	assert_true(after->state > before->state);

	/* From now on they sign in by the new one, and by that alone. */
	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, NULL, "ann.huber"), 0);
	assert_int_equal(
	    rig_sign_in(rig, &secrets, session), E_UNAUTHENTICATED);
	secrets.login = "ann.huber";
	assert_int_equal(rig_sign_in(rig, &secrets, session), 0);
	(void)rig_enrol(rig, "bob", &bobs);
	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, NULL, "BOB"), E_EXISTS);
	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, NULL, "Ann.Huber"), 0);
}

static void
test_rename_is_refused(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id group = rig_group(rig, "team");
	const char *carl = w.carl.token;
	struct rig_secrets secrets;
	struct rig_person ann = rig_enrol(rig, "ann", &secrets);

	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, NULL, "a b"), E_NAME);
	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, "a\n", NULL), E_NAME);
	assert_int_equal(
	    rename_to(rig, rig->token, ann.id, NULL, NULL), E_INVALID);
	assert_int_equal(
	    rename_to(rig, rig->token, w.outside.id, NULL, "svc"), E_KIND);
	assert_int_equal(rename_to(rig, rig->token, group, "crew", NULL), 0);
	assert_int_equal(
	    rename_to(rig, w.outside.token, w.outside.id, "king", NULL),
	    E_DENIED);
	assert_int_equal(rename_to(rig, carl, w.in_inner.id, "hand", NULL), 0);
	assert_int_equal(
	    rename_to(rig, carl, w.in_other.id, "hand", NULL), E_DENIED);
	assert_int_equal(
	    rename_to(rig, carl, w.carl.id, "king", NULL), E_DENIED);
	assert_int_equal(
	    end_principal(rig, rig->token, OP_PRINCIPAL_END, w.in_other.id), 0);
	assert_int_equal(
	    rename_to(rig, rig->token, w.in_other.id, "hand", NULL),
	    E_NOT_FOUND);
}

static int
rename_unit(
    struct rig *rig, const char *token, struct id unit, const char *name)
{
	struct unit_rename args = {.has_unit = true, .unit = unit};

	SHAPE_SET(&args, name, slice_str(name));
	return rig_do(rig, &rig->arena, OP_UNIT_RENAME, token, &args).code;
}

static void
test_rename_unit(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id empty = make_unit(rig, rig->token, "empty", NULL);
	struct unit_list list = {.has_unit = true, .unit = w.outer};
	const struct unit_page *page;
	struct answer a;

	assert_int_equal(rename_unit(rig, w.carl.token, w.inner, "kernel"), 0);
	/* Of their own part they see the units, too. */
	a = rig_do(rig, &rig->arena, OP_UNIT_LIST, w.carl.token, &list);
	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 2);
	assert_true(slice_eq(page->list.v[0].name, SLICE("outer")));
	assert_true(slice_eq(page->list.v[1].name, SLICE("kernel")));
	list.unit = w.other;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UNIT_LIST, w.carl.token, &list).code,
	    E_DENIED);
	assert_int_equal(
	    rename_unit(rig, w.carl.token, w.other, "mine"), E_DENIED);
	assert_int_equal(rename_unit(rig, rig->token, w.other, ""), E_NAME);
	assert_int_equal(end_unit(rig, rig->token, empty), 0);
	assert_int_equal(
	    rename_unit(rig, rig->token, empty, "gone"), E_NOT_FOUND);
}

/* ---- those who answer for a unit's security -------------------------------
 */

static int
on_sessions(
    struct rig *rig, const char *token, enum op_number op, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, op, token, &args).code;
}

static struct id
first_session(struct rig *rig, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_LIST, rig->token, &args);
	const struct session_page *page = a.result;

	assert_int_equal(a.code, 0);
	assert_true(page->list.n > 0);
	return page->list.v[0].id;
}

static int
end_session(struct rig *rig, const char *token, struct id session)
{
	struct session_ref args = {.has_session = true, .session = session};

	return rig_do(rig, &rig->arena, OP_SESSION_REVOKE, token, &args).code;
}

/* A unit's responder, and a person in the unit below, signed in. */
struct guarded {
	struct world w;
	struct rig_secrets secrets;
	struct rig_person ann, rita;
	struct id role, session; /* rita's; ann's */
};

static void
make_guarded(struct rig *rig, struct guarded *g)
{
	struct answer a;

	g->w = make_world(rig);
	g->ann = rig_enrol(rig, "ann", &g->secrets);
	g->rita = person_in(rig, &g->w.outer);
	a = give_role(rig, rig->token, g->rita.id, RELATION_SECURITY_RESPONDER,
	    &g->w.outer);
	assert_int_equal(a.code, 0);
	g->role = ((struct grant_made *)a.result)->id;
	g->session = first_session(rig, g->ann.id);
}

static void
test_responder(void **state)
{
	struct rig *rig = *state;
	struct guarded g = {.ann = {.token = ""}};
	const char *rita = g.rita.token, *carl = g.w.carl.token;
	const struct leaf *leaf;

	make_guarded(rig, &g);
	/* Ann is in no unit yet. */
	assert_int_equal(
	    on_sessions(rig, rita, OP_SESSION_LIST, g.ann.id), E_DENIED);
	assert_int_equal(end_session(rig, rita, g.session), E_DENIED);
	assert_int_equal(move(rig, rig->token, g.ann.id, &g.w.inner), 0);
	assert_int_equal(on_sessions(rig, rita, OP_SESSION_LIST, g.ann.id), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_SESSION_LIST);
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, g.role))));
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, g.w.inner))));
	/* Each of the two roles is for its own. */
	assert_int_equal(
	    on_sessions(rig, carl, OP_SESSION_LIST, g.ann.id), E_DENIED);
	assert_int_equal(end_session(rig, carl, g.session), E_DENIED);
	assert_int_equal(
	    on_sessions(rig, rita, OP_CREDENTIAL_LIST, g.ann.id), E_DENIED);
	assert_int_equal(
	    on_sessions(rig, carl, OP_CREDENTIAL_LIST, g.ann.id), 0);
	assert_int_equal(
	    on_sessions(rig, carl, OP_CREDENTIAL_LIST, g.w.in_other.id),
	    E_DENIED);

	assert_int_equal(end_session(rig, rita, g.session), 0);
	assert_int_equal(end_session(rig, rita, g.session), E_NOT_FOUND);
	assert_int_equal(rig_sign_in(rig, &g.secrets, g.ann.token), 0);
	assert_int_equal(
	    on_sessions(rig, rita, OP_SESSION_REVOKE_ALL, g.ann.id), 0);
	assert_int_equal(
	    on_sessions(rig, g.ann.token, OP_SESSION_LIST, g.ann.id),
	    E_UNAUTHENTICATED);
	/* The role gone, so is all of it. */
	assert_int_equal(take_role(rig, rig->token, g.role), 0);
	assert_int_equal(
	    on_sessions(rig, rita, OP_SESSION_LIST, g.ann.id), E_DENIED);
}

/* Who has a role above the unit is out of reach, though in it. */
static void
test_responder_reaches_nobody_above(void **state)
{
	struct rig *rig = *state;
	struct guarded g = {.ann = {.token = ""}};
	const char *rita = g.rita.token;

	make_guarded(rig, &g);
	assert_int_equal(move(rig, rig->token, g.ann.id, &g.w.inner), 0);
	assert_int_equal(
	    give_role(rig, rig->token, g.ann.id, RELATION_LOG_READER, NULL)
		.code,
	    0);
	assert_int_equal(
	    on_sessions(rig, rita, OP_SESSION_LIST, g.ann.id), E_DENIED);
	assert_int_equal(
	    on_sessions(rig, g.w.carl.token, OP_CREDENTIAL_LIST, g.ann.id),
	    E_DENIED);
	assert_int_equal(end_session(rig, rita, g.session), E_DENIED);
	assert_int_equal(
	    on_sessions(rig, rita, OP_SESSION_REVOKE_ALL, g.ann.id), E_DENIED);
	/* One's own are one's own, whatever else one has. */
	assert_int_equal(
	    on_sessions(rig, g.ann.token, OP_SESSION_LIST, g.ann.id), 0);
	assert_int_equal(on_sessions(rig, rita, OP_SESSION_LIST, g.rita.id), 0);
}

/* A token for one folder reaches nobody else's sessions, whatever its role. */
static void
test_folder_token_of_a_responder(void **state)
{
	struct rig *rig = *state;
	struct rig_person rita = rig_person(rig, "rita");
	struct rig_person eve = rig_person(rig, "eve");
	struct token_issue how = {.has_folder = true, .folder = rita.home};
	char narrow[RIG_SECRET];

	(void)rig_token(rig, rita.id, &how, narrow);
	assert_int_equal(give_role(rig, rig->token, rita.id,
			     RELATION_SECURITY_RESPONDER, NULL)
			     .code,
	    0);
	assert_int_equal(
	    on_sessions(rig, rita.token, OP_SESSION_LIST, eve.id), 0);
	assert_int_equal(
	    on_sessions(rig, narrow, OP_SESSION_LIST, eve.id), E_SCOPE);
	assert_int_equal(on_sessions(rig, narrow, OP_SESSION_LIST, rita.id), 0);
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
	    RIG_TEST(test_roles_are_listed),
	    RIG_TEST(test_roles_are_told),
	    RIG_TEST(test_roles_end),
	    RIG_TEST(test_why),
	    RIG_TEST(test_move),
	    RIG_TEST(test_move_by_a_units_administrator),
	    RIG_TEST(test_move_closes_nothing),
	    RIG_TEST(test_moved_between),
	    RIG_TEST(test_rename),
	    RIG_TEST(test_rename_is_refused),
	    RIG_TEST(test_rename_unit),
	    RIG_TEST(test_responder),
	    RIG_TEST(test_responder_reaches_nobody_above),
	    RIG_TEST(test_folder_token_of_a_responder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
