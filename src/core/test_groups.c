/* Groups: what is given to one, its members have, for as long as they are in
 * it. */
#include "unit.h"

#include "core/subject.h"
#include "core/test_passkey.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* Ann's file, and bob, who is in the inner group, which is in the outer one. */
struct world {
	struct rig_person ann, bob;
	struct id folder, file;
	struct id inner, outer;
	struct id bob_in, inner_in;
};

static struct answer
put_member(struct rig *rig, struct id group, struct id principal, int64_t ends)
{
	struct member_add args = {.has_group = true, .group = group};

	SHAPE_SET(&args, principal, principal);
	if (ends != 0)
		SHAPE_SET(&args, expires, ends);
	return rig_do(rig, &rig->arena, OP_MEMBER_ADD, rig->token, &args);
}

static int
take_member(struct rig *rig, struct id group, struct id principal)
{
	struct member_ref args = {.has_group = true, .group = group};

	SHAPE_SET(&args, principal, principal);
	return rig_do(rig, &rig->arena, OP_MEMBER_REMOVE, rig->token, &args)
	    .code;
}

static int
end_group(struct rig *rig, struct id group)
{
	struct principal_ref args = {.has_principal = true, .principal = group};

	return rig_do(rig, &rig->arena, OP_GROUP_END, rig->token, &args).code;
}

static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};

	w.bob = rig_person(rig, "bob");
	w.folder = rig_folder(rig, w.ann.token, w.ann.home, "plans");
	w.file = rig_file(rig, w.ann.token, w.folder, "plan.txt", "a plan");
	w.inner = rig_group(rig, "inner");
	w.outer = rig_group(rig, "outer");
	w.bob_in = rig_member(rig, w.inner, w.bob.id);
	w.inner_in = rig_member(rig, w.outer, w.inner);
	return w;
}

static int64_t
now(struct rig *rig)
{
	return core_time_now(&engine_core(rig->engine)->time);
}

/* ---- what a group gives -------------------------------------------------- */

/* The proof names the grant, the groups and the memberships down to bob. */
static void
test_grant_to_a_group(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id grant =
	    rig_share(rig, w.ann.token, w.folder, w.outer, RELATION_READ);
	const struct id rows[] = {
	    grant, w.outer, w.inner_in, w.inner, w.bob_in, w.folder, w.file};
	struct rig_person eve = rig_person(rig, "eve");
	const struct leaf *leaf;

	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(
		    rig_proves(leaf, 0, ref_sequence(rig_ref(rig, rows[i]))));
	assert_int_equal(rig_read(rig, eve.token, w.file), E_NOT_FOUND);
	/* Who is in the outer one only has nothing of the inner one. */
	(void)rig_share(rig, w.ann.token, w.folder, w.inner, RELATION_EDIT);
	(void)rig_member(rig, w.outer, eve.id);
	assert_int_equal(rig_read(rig, eve.token, w.file), 0);
	assert_int_equal(rig_trash(rig, eve.token, w.file), E_DENIED);
	assert_int_equal(rig_trash(rig, w.bob.token, w.file), 0);
}

/* Whatever on the way ends, the right is gone, and comes back with it. */
static void
test_every_row_counts(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	(void)rig_share(rig, w.ann.token, w.file, w.outer, RELATION_READ);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(take_member(rig, w.inner, w.bob.id), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	assert_int_equal(take_member(rig, w.inner, w.bob.id), E_NOT_FOUND);
	(void)rig_member(rig, w.inner, w.bob.id);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(take_member(rig, w.outer, w.inner), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	(void)rig_member(rig, w.outer, w.inner);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(end_group(rig, w.inner), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	/* What has ended is in nothing again. */
	assert_int_equal(end_group(rig, w.inner), E_NOT_FOUND);
	assert_int_equal(
	    put_member(rig, w.inner, w.bob.id, 0).code, E_NOT_FOUND);
	assert_int_equal(
	    put_member(rig, w.outer, w.inner, 0).code, E_NOT_FOUND);
	(void)rig_member(rig, w.outer, w.bob.id);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(end_group(rig, w.outer), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
}

static void
test_membership_expires(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	(void)rig_share(rig, w.ann.token, w.file, w.outer, RELATION_READ);
	assert_int_equal(take_member(rig, w.inner, w.bob.id), 0);
	assert_int_equal(
	    put_member(rig, w.inner, w.bob.id, now(rig)).code, E_INVALID);
	assert_int_equal(
	    put_member(rig, w.inner, w.bob.id, now(rig) + HOUR_MS).code, 0);
	assert_int_equal(put_member(rig, w.inner, w.bob.id, 0).code, E_EXISTS);
	rig_pass(HOUR_MS - 1);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	rig_pass(1);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
	/* What is over gives way. */
	(void)rig_member(rig, w.inner, w.bob.id);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	assert_int_equal(take_member(rig, w.inner, w.bob.id), 0);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), E_NOT_FOUND);
}

/* Of two ways the one that lasts longer counts. */
static void
test_two_ways(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	(void)rig_share(rig, w.ann.token, w.file, w.outer, RELATION_READ);
	assert_int_equal(
	    put_member(rig, w.outer, w.bob.id, now(rig) + HOUR_MS).code, 0);
	rig_pass(HOUR_MS);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
}

/* A role that a group has, its members have. */
static void
test_role_of_a_group(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct role_grant args = {.has_principal = true, .principal = w.outer};
	struct log_search search = {.has_from = false};

	SHAPE_SET(&args, relation, RELATION_LOG_READER);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, w.bob.token, &search).code,
	    E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, w.bob.token, &search).code,
	    0);
	assert_true(rig_proves(rig_last_of(rig, &rig->arena, OP_LOG_SEARCH), 0,
	    ref_sequence(rig_ref(rig, w.bob_in))));
	assert_int_equal(take_member(rig, w.inner, w.bob.id), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, w.bob.token, &search).code,
	    E_DENIED);
}

/* ---- what groups can't be ------------------------------------------------ */

static void
test_circles(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id third = rig_group(rig, "third");

	assert_int_equal(put_member(rig, w.inner, w.inner, 0).code, E_LOOP);
	assert_int_equal(put_member(rig, w.inner, w.outer, 0).code, E_LOOP);
	(void)rig_member(rig, third, w.outer);
	assert_int_equal(put_member(rig, w.inner, third, 0).code, E_LOOP);
	/* Side by side is no circle. */
	(void)rig_member(rig, third, w.inner);
}

static void
test_depth(void **state)
{
	struct rig *rig = *state;
	struct rig_person ann = rig_person(rig, "ann"),
			  bob = rig_person(rig, "bob");
	struct id file = rig_file(rig, ann.token, ann.home, "deep.txt", "deep");
	struct id groups[GROUP_DEPTH_MAX + 1];

	for (size_t i = 0; i <= GROUP_DEPTH_MAX; i++)
		groups[i] = rig_group(rig, "one of a chain");
	/* From both ends, so that what is joined counts below and above. */
	for (size_t i = 0; i < 3; i++)
		(void)rig_member(rig, groups[i + 1], groups[i]);
	for (size_t i = GROUP_DEPTH_MAX - 1; i > 4; i--)
		(void)rig_member(rig, groups[i], groups[i - 1]);
	(void)rig_member(rig, groups[4], groups[3]);
	assert_int_equal(put_member(rig, groups[GROUP_DEPTH_MAX],
			     groups[GROUP_DEPTH_MAX - 1], 0)
			     .code,
	    E_DEPTH);
	assert_int_equal(
	    put_member(rig, groups[0], groups[GROUP_DEPTH_MAX], 0).code,
	    E_DEPTH);
	(void)rig_member(rig, groups[0], bob.id);
	(void)rig_share(
	    rig, ann.token, file, groups[GROUP_DEPTH_MAX - 1], RELATION_READ);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
}

/* A group is no person: it has no files, no credentials, no session. */
static void
test_a_group_is_nobody(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct token_issue issue = {
	    .has_principal = true, .principal = w.inner};
	struct principal_ref end = {
	    .has_principal = true, .principal = w.inner};
	struct principal_create create = {.has_kind = true,
	    .kind = PRINCIPAL_GROUP,
	    .has_name = true,
	    .name = SLICE("no group")};

	SHAPE_SET(&issue, label, SLICE("a group's"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, rig->token, &issue).code,
	    E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &end).code,
	    E_KIND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &create)
		.code,
	    E_INVALID);
	/* Nor is somebody a group. */
	assert_int_equal(put_member(rig, w.bob.id, w.ann.id, 0).code, E_KIND);
	assert_int_equal(end_group(rig, w.bob.id), E_KIND);
}

/* Nobody is left who can give roles, though a group has that role. */
static void
test_a_group_is_no_last_administrator(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct rig_person admin = rig_admin(rig);
	struct role_grant args = {.has_principal = true, .principal = w.outer};
	struct role_list list = {.has_principal = true, .principal = admin.id};
	struct grant_page *page;
	struct answer a;

	SHAPE_SET(&args, relation, RELATION_USER_ADMIN);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
	a = rig_do(rig, &rig->arena, OP_ROLE_LIST, rig->token, &list);
	assert_int_equal(a.code, 0);
	page = a.result;
	for (size_t i = 0; i < page->list.n; i++) {
		struct grant_ref ref = {
		    .has_grant = true, .grant = page->list.v[i].id};

		if (page->list.v[i].relation == RELATION_USER_ADMIN)
			assert_int_equal(rig_do(rig, &rig->arena,
					     OP_ROLE_REVOKE, rig->token, &ref)
					     .code,
			    E_LAST);
	}
}

/* ---- lists --------------------------------------------------------------- */

static void
test_lists(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct group_members args = {.has_group = true, .group = w.outer};
	struct principal_list groups = {.has_limit = true,
	    .limit = 1,
	    .has_after = true,
	    .after = w.bob.id};
	struct principal_page *page;
	struct member_page *members;
	struct answer a;

	(void)rig_member(rig, w.outer, w.ann.id);
	SHAPE_SET(&args, limit, 1);
	a = rig_do(rig, &rig->arena, OP_GROUP_MEMBERS, rig->token, &args);
	assert_int_equal(a.code, 0);
	members = a.result;
	assert_int_equal(members->list.n, 1);
	assert_true(members->more);
	assert_int_equal(members->list.v[0].principal.n, w.ann.id.n);
	assert_int_equal(members->list.v[0].kind, PRINCIPAL_SERVICE);
	SHAPE_SET(&args, after, w.ann.id);
	a = rig_do(rig, &rig->arena, OP_GROUP_MEMBERS, rig->token, &args);
	assert_int_equal(a.code, 0);
	members = a.result;
	assert_int_equal(members->list.n, 1);
	assert_false(members->more);
	assert_int_equal(members->list.v[0].principal.n, w.inner.n);
	assert_int_equal(members->list.v[0].kind, PRINCIPAL_GROUP);
	assert_true(slice_eq(members->list.v[0].name, SLICE("inner")));

	a = rig_do(rig, &rig->arena, OP_GROUP_LIST, rig->token, &groups);
	assert_int_equal(a.code, 0);
	page = a.result;
	assert_int_equal(page->list.n, 1);
	assert_true(page->more);
	assert_int_equal(page->list.v[0].id.n, w.inner.n);
	assert_false(page->list.v[0].has_home);
}

/* ---- why, and who can -----------------------------------------------------
 */

static const struct access_answer *
why(struct rig *rig, struct id principal, unsigned relation, struct id node)
{
	struct access_why args = {.has_node = true, .node = node};
	struct answer a;

	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, relation, relation);
	a = rig_do(rig, &rig->arena, OP_ACCESS_WHY, rig->token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

/* From the file up to the grant, and down through the groups. */
static void
test_why_through_groups(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct access_answer *answer =
	    why(rig, w.bob.id, RELATION_READ, w.file);
	const struct proof_step *steps;
	struct buf missing = BUF(4096);

	assert_false(answer->allowed);
	buf_put_slice(&missing, answer->missing);
	assert_non_null(strstr(buf_cstr(&missing), "'inner', 'outer'"));
	buf_free(&missing);
	(void)rig_share(rig, w.ann.token, w.folder, w.outer, RELATION_READ);
	answer = why(rig, w.bob.id, RELATION_READ, w.file);
	assert_true(answer->allowed);
	assert_int_equal(answer->proof.n, 4);
	steps = answer->proof.v;
	assert_int_equal(steps[0].subject.n, w.file.n);
	assert_int_equal(steps[1].object.n, w.folder.n);
	assert_int_equal(steps[1].subject.n, w.outer.n);
	assert_int_equal(steps[1].relation, RELATION_READ);
	assert_int_equal(steps[2].object.n, w.outer.n);
	assert_int_equal(steps[2].subject.n, w.inner.n);
	assert_int_equal(steps[2].relation, RELATION_MEMBER);
	assert_true(slice_eq(steps[2].name, SLICE("outer")));
	assert_int_equal(
	    steps[2].sequence, ref_sequence(rig_ref(rig, w.inner_in)));
	assert_int_equal(steps[3].object.n, w.inner.n);
	assert_int_equal(steps[3].subject.n, w.bob.id.n);
}

enum { ALL_MAX = 64 };

/* All pages, so many at a time. */
static size_t
who_can(struct rig *rig, struct id node, unsigned relation, size_t limit,
    struct who_can ret_list[static ALL_MAX])
{
	struct access_who_can args = {.has_relation = true};
	struct who_page *page;
	size_t n = 0;

	args.relation = relation;
	if (node.kind != KIND_NONE)
		SHAPE_SET(&args, node, node);
	SHAPE_SET(&args, limit, limit);
	do {
		struct answer a = rig_do(
		    rig, &rig->arena, OP_ACCESS_WHO_CAN, rig->token, &args);

		assert_int_equal(a.code, 0);
		page = a.result;
		assert_true(page->list.n <= limit && n + limit < ALL_MAX);
		for (size_t i = 0; i < page->list.n; i++)
			ret_list[n++] = page->list.v[i];
		if (n > 0)
			SHAPE_SET(&args, after, ret_list[n - 1].principal);
	} while (page->more);
	return n;
}

/* The same people as those who may when asked one by one, each once. */
static void
check_who_can(struct rig *rig, struct id node, unsigned relation)
{
	struct who_can one[ALL_MAX], many[ALL_MAX];
	struct principal_list args = {.has_limit = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, rig->token, &args);
	const struct principal_page *all = a.result;
	size_t n = who_can(rig, node, relation, 1, one), k = 0;

	assert_int_equal(who_can(rig, node, relation, 20, many), n);
	assert_false(all->more);
	for (size_t i = 0; i < all->list.n; i++) {
		const struct principal *p = &all->list.v[i];

		if (p->kind == PRINCIPAL_GROUP ||
		    !why(rig, p->id, relation, node)->allowed)
			continue;
		assert_true(k < n);
		assert_int_equal(one[k].principal.n, p->id.n);
		assert_int_equal(many[k].principal.n, p->id.n);
		assert_int_equal(one[k].grant.n, many[k].grant.n);
		assert_true(slice_eq(one[k].name, p->name));
		k++;
	}
	assert_int_equal(k, n);
}

static void
test_who_can(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct rig_person people[6];
	struct id wide = rig_group(rig, "wide"), ended, grant;
	struct principal_ref end = {.has_principal = true};
	struct who_can list[ALL_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(people); i++)
		people[i] = rig_person(rig, "somebody");
	for (size_t i = 0; i < 5; i++)
		(void)rig_member(rig, wide, people[i].id);
	(void)rig_member(rig, w.outer, people[0].id);
	(void)rig_member(rig, wide, w.outer);
	check_who_can(rig, w.file, RELATION_READ);
	grant = rig_share(rig, w.ann.token, w.folder, wide, RELATION_READ);
	(void)rig_share(rig, w.ann.token, w.file, w.inner, RELATION_EDIT);
	(void)rig_share(rig, w.ann.token, w.file, people[5].id, RELATION_READ);
	(void)rig_share(
	    rig, w.ann.token, w.folder, people[5].id, RELATION_OWNER);
	check_who_can(rig, w.file, RELATION_READ);
	check_who_can(rig, w.file, RELATION_EDIT);
	check_who_can(rig, w.file, RELATION_OWNER);
	check_who_can(rig, w.folder, RELATION_SEE);

	/* Bob by the nearer grant, to the group that he is in. */
	assert_int_equal(who_can(rig, w.file, RELATION_READ, 20, list), 8);
	for (size_t i = 0; i < 8; i++) {
		if (list[i].principal.n == w.bob.id.n) {
			assert_int_equal(list[i].group.n, w.inner.n);
			assert_int_equal(list[i].object.n, w.file.n);
		} else if (list[i].principal.n == people[1].id.n) {
			assert_int_equal(list[i].grant.n, grant.n);
			assert_int_equal(list[i].group.n, wide.n);
			assert_true(
			    slice_eq(list[i].object_name, SLICE("plans")));
		} else if (list[i].principal.n == people[5].id.n) {
			assert_false(list[i].has_group);
		}
	}
	/* Who has ended can nothing, nor what has; in the trash none of it. */
	SHAPE_SET(&end, principal, people[2].id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &end).code,
	    0);
	ended = w.outer;
	assert_int_equal(end_group(rig, ended), 0);
	check_who_can(rig, w.file, RELATION_READ);
	assert_int_equal(rig_trash(rig, w.ann.token, w.folder), 0);
	check_who_can(rig, w.file, RELATION_READ);
}

/* Those who have a role, by name or by group. */
static void
test_who_has_a_role(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct role_grant args = {.has_principal = true, .principal = w.outer};
	struct who_can list[ALL_MAX];
	struct id none = {0, KIND_NONE};

	assert_int_equal(who_can(rig, none, RELATION_LOG_READER, 20, list), 1);
	SHAPE_SET(&args, relation, RELATION_LOG_READER);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
	assert_int_equal(who_can(rig, none, RELATION_LOG_READER, 20, list), 2);
	assert_int_equal(list[1].principal.n, w.bob.id.n);
	assert_int_equal(list[1].group.n, w.inner.n);
	/* No role, no such people. */
	assert_int_equal(who_can(rig, none, RELATION_READ, 20, list), 0);
}

/* The owner may ask, whoever has less may not. */
static void
test_who_may_ask_who_can(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct access_who_can args = {.has_node = true, .node = w.file};

	SHAPE_SET(&args, relation, RELATION_READ);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ACCESS_WHO_CAN, w.bob.token, &args)
		.code,
	    E_NOT_FOUND);
	(void)rig_share(rig, w.ann.token, w.file, w.outer, RELATION_EDIT);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ACCESS_WHO_CAN, w.bob.token, &args)
		.code,
	    E_DENIED);
	(void)rig_share(rig, w.ann.token, w.file, w.outer, RELATION_OWNER);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ACCESS_WHO_CAN, w.bob.token, &args)
		.code,
	    0);
}

/* ---- apps ---------------------------------------------------------------- */

static struct id
use_of_everyone(struct rig *rig, unsigned app)
{
	struct app_list args = {.has_app = true, .app = app};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_APP_LIST, rig->token, &args);
	const struct grant_page *page = a.result;

	assert_int_equal(a.code, 0);
	/* Guests may use files, too, and nothing else. */
	assert_int_equal(page->list.n, app == APP_FILES ? 2 : 1);
	assert_true(slice_eq(page->list.v[0].name, SLICE("Everyone")));
	return page->list.v[0].id;
}

static int
revoke_use(struct rig *rig, struct id grant)
{
	struct grant_ref args = {.has_grant = true, .grant = grant};

	return rig_do(rig, &rig->arena, OP_APP_REVOKE, rig->token, &args).code;
}

static struct id
grant_use(struct rig *rig, unsigned app, struct id principal)
{
	struct app_grant args = {.has_app = true, .app = app};
	struct answer a;

	SHAPE_SET(&args, principal, principal);
	a = rig_do(rig, &rig->arena, OP_APP_GRANT, rig->token, &args);
	assert_int_equal(a.code, 0);
	return ((struct grant_made *)a.result)->id;
}

/* Without the app no right on a file is of use; each record says by what one
 * had it. */
static void
test_apps(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id all = use_of_everyone(rig, APP_FILES), grant;
	struct nothing nothing = {.has_unused = false};
	const struct leaf *leaf;

	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, all))));
	assert_int_equal(revoke_use(rig, all), 0);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), E_DENIED);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->outcome, E_DENIED);
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, w.file));
	/* What is of no app goes on. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SESSION_GET, w.ann.token, &nothing)
		.code,
	    0);
	(void)rig_member(rig, w.outer, w.ann.id);
	grant = grant_use(rig, APP_FILES, w.outer);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_true(rig_proves(leaf, 0, ref_sequence(rig_ref(rig, grant))));
	assert_int_equal(end_group(rig, w.outer), 0);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), E_DENIED);
}

/* Who gives rights keeps the app in which that is done. */
static void
test_nobody_locks_themselves_out(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id all = use_of_everyone(rig, APP_ADMIN), own;
	struct rig_second second = rig_second(rig, "second");
	struct app_grant args = {.has_app = true, .app = APP_ADMIN};
	struct grant_ref share = {.has_grant = true};

	assert_int_equal(revoke_use(rig, all), E_LAST);
	(void)grant_use(rig, APP_ADMIN, w.inner); /* bob's, not ours */
	assert_int_equal(revoke_use(rig, all), E_LAST);
	/* Nobody gives themselves anything alone. */
	SHAPE_SET(&args, principal, rig_admin(rig).id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_GRANT, rig->token, &args).code,
	    E_APPROVAL);
	rig_allow(rig, &second, rig->token, OP_APP_GRANT, &args);
	own = grant_use(rig, APP_ADMIN, rig_admin(rig).id);
	assert_int_equal(revoke_use(rig, all), 0);
	assert_int_equal(revoke_use(rig, own), E_LAST);
	/* What is no right to an app is not taken by that. */
	share.grant =
	    rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_READ);
	assert_int_equal(revoke_use(rig, share.grant), E_NOT_FOUND);
}

/* What is open is closed when the app is taken away. */
static void
test_app_taken_while_reading(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_create create = {.has_parent = true, .parent = w.folder};
	struct file_read read = {.has_file = true};
	struct answer a;

	SHAPE_SET(&create, name, SLICE("large"));
	SHAPE_SET(&create, upload, rig_upload(rig, w.ann.token, 100000, 'x'));
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, w.ann.token, &create);
	assert_int_equal(a.code, 0);
	read.file = ((struct node_made *)a.result)->id;
	a = rig_do(rig, &rig->arena, OP_FILE_READ, w.ann.token, &read);
	assert_int_equal(a.code, 0);
	assert_int_equal(revoke_use(rig, use_of_everyone(rig, APP_FILES)), 0);
	rig_poll(rig);
	assert_true(
	    rig_is_closed(rig, ((struct file_content *)a.result)->stream));
}

/* ---- meanwhile ----------------------------------------------------------- */

/* A read that was prepared rests on memberships, too. */
static void
test_removed_between(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_read read = {.has_file = true, .file = w.file};
	struct principal_ref end = {
	    .has_principal = true, .principal = w.outer};
	struct answer answer;
	struct call *call;

	(void)rig_share(rig, w.ann.token, w.folder, w.outer, RELATION_READ);
	assert_int_equal(rig_read(rig, w.bob.token, w.file), 0);
	rig_hold(rig);
	(void)rig_submit(rig, OP_FILE_READ, w.bob.token, NULL, 1, &read);
	rig_await(rig, 1);
	(void)rig_submit(rig, OP_GROUP_END, rig->token, NULL, 1, &end);
	rig_release(rig);
	call = rig_wait(rig);
	assert_int_equal(call->ops[0].op->number, OP_GROUP_END);
	call_free(&call);
	call = rig_wait(rig);
	rig_answers(call, 0, &rig->arena, &answer);
	call_free(&call);
	assert_int_equal(answer.code, E_NOT_FOUND);
}

/* What is being read through a group is closed when the membership ends. */
static void
test_streams_are_closed(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id upload = rig_upload(rig, w.ann.token, 100000, 'x');
	struct file_create create = {.has_parent = true, .parent = w.folder};
	struct file_read read = {.has_file = true};
	struct answer a;

	SHAPE_SET(&create, name, SLICE("large"));
	SHAPE_SET(&create, upload, upload);
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, w.ann.token, &create);
	assert_int_equal(a.code, 0);
	read.file = ((struct node_made *)a.result)->id;
	(void)rig_share(rig, w.ann.token, w.folder, w.outer, RELATION_READ);
	a = rig_do(rig, &rig->arena, OP_FILE_READ, w.bob.token, &read);
	assert_int_equal(a.code, 0);
	assert_int_equal(take_member(rig, w.outer, w.inner), 0);
	rig_poll(rig);
	assert_true(
	    rig_is_closed(rig, ((struct file_content *)a.result)->stream));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_grant_to_a_group),
	    RIG_TEST(test_every_row_counts),
	    RIG_TEST(test_membership_expires),
	    RIG_TEST(test_two_ways),
	    RIG_TEST(test_role_of_a_group),
	    RIG_TEST(test_circles),
	    RIG_TEST(test_depth),
	    RIG_TEST(test_a_group_is_nobody),
	    RIG_TEST(test_a_group_is_no_last_administrator),
	    RIG_TEST(test_lists),
	    RIG_TEST(test_why_through_groups),
	    RIG_TEST(test_who_can),
	    RIG_TEST(test_who_has_a_role),
	    RIG_TEST(test_who_may_ask_who_can),
	    RIG_TEST(test_apps),
	    RIG_TEST(test_nobody_locks_themselves_out),
	    RIG_TEST(test_app_taken_while_reading),
	    RIG_TEST(test_removed_between),
	    RIG_TEST(test_streams_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
