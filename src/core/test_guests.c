/*
 * Guests: people from outside. They sign in as people do and have what is
 * shared with them, and nothing that is everybody's.
 */
#include "unit.h"

#include "core/head.h"
#include "core/test_rig.h"

struct world {
	struct rig_person ann, gus; /* a service, and a guest who signed in */
	struct rig_secrets secrets;
	struct id folder, file;
};

static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};

	w.gus = rig_enrol_guest(rig, "gus@else.example", &w.secrets);
	w.folder = rig_folder(rig, w.ann.token, w.ann.home, "plans");
	w.file = rig_file(rig, w.ann.token, w.folder, "plan.txt", "a plan");
	return w;
}

static int
create(struct rig *rig, unsigned kind, const char *login)
{
	struct principal_create args = {.has_kind = true, .kind = kind};

	SHAPE_SET(&args, name, SLICE("somebody"));
	if (login != NULL)
		SHAPE_SET(&args, login, slice_str(login));
	return rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &args)
	    .code;
}

static int
share(struct rig *rig, const char *token, struct id node, struct id principal)
{
	struct share_grant args = {.has_node = true, .node = node};

	SHAPE_SET(&args, principal, principal);
	SHAPE_SET(&args, relation, RELATION_READ);
	return rig_do(rig, &rig->arena, OP_SHARE_GRANT, token, &args).code;
}

static int
give_role(struct rig *rig, struct id principal, unsigned relation)
{
	struct role_grant args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, relation, relation);
	return rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code;
}

static int
put_member(struct rig *rig, struct id group, struct id principal)
{
	struct member_add args = {.has_group = true, .group = group};

	SHAPE_SET(&args, principal, principal);
	return rig_do(rig, &rig->arena, OP_MEMBER_ADD, rig->token, &args).code;
}

/* The group of everyone, or of guests, by the right that it has to an app. */
static struct grant
use_of(struct rig *rig, unsigned app, const char *group)
{
	struct app_list args = {.has_app = true, .app = app};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_APP_LIST, rig->token, &args);
	const struct grant_page *page = a.result;

	assert_int_equal(a.code, 0);
	for (size_t i = 0; i < page->list.n; i++)
		if (slice_eq(page->list.v[i].name, slice_str(group)))
			return page->list.v[i];
	return (struct grant){.has_id = false};
}

static int
list_principals(struct rig *rig, const char *token)
{
	struct principal_list args = {.has_limit = false};

	return rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, token, &args).code;
}

/* ---- what guests have --------------------------------------------------- */

/* As people do: a name to sign in by, an invitation, and two secrets. */
static void
test_guests_sign_in(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, w.gus.token, &nothing);
	const struct session_info *info = a.result;
	char secret[RIG_SECRET];

	assert_int_equal(a.code, 0);
	assert_true(slice_eq(info->login, SLICE("gus@else.example")));
	assert_int_equal(create(rig, PRINCIPAL_GUEST, NULL), E_INVALID);
	assert_int_equal(
	    create(rig, PRINCIPAL_GUEST, "GUS@else.example"), E_EXISTS);
	assert_int_equal(create(rig, PRINCIPAL_LINK, NULL), E_INVALID);
	assert_int_equal(create(rig, PRINCIPAL_GROUP, NULL), E_INVALID);
	w.secrets.password = "eight green bottles stand";
	assert_int_equal(
	    rig_sign_in(rig, &w.secrets, secret), E_UNAUTHENTICATED);
}

/* A file of theirs, and what is shared with them, alone or in a group. */
static void
test_guests_have_shares(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id own = rig_file(rig, w.gus.token, w.gus.home, "own", "mine");
	struct id team = rig_group(rig, "team");
	struct grant use = use_of(rig, APP_FILES, "Guests");
	struct id other;

	assert_int_equal(rig_read(rig, w.gus.token, own), 0);
	assert_int_equal(rig_read(rig, w.gus.token, w.file), E_NOT_FOUND);
	(void)rig_share(rig, w.ann.token, w.file, w.gus.id, RELATION_READ);
	assert_int_equal(rig_read(rig, w.gus.token, w.file), 0);
	assert_true(rig_proves(rig_last_of(rig, &rig->arena, OP_FILE_READ), 0,
	    ref_sequence(rig_ref(rig, use.id))));
	other = rig_file(rig, w.ann.token, w.ann.home, "other", "another");
	(void)rig_member(rig, team, w.gus.id);
	(void)rig_share(rig, w.ann.token, other, team, RELATION_EDIT);
	assert_int_equal(rig_read(rig, w.gus.token, other), 0);
}

/* Much less than others may, where nobody decides otherwise. */
static void
test_guests_store_little(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct file_create args = {.has_parent = true, .parent = w.gus.home};
	struct quota_set set = {.has_principal = true, .principal = w.gus.id};

	rig->config.guest_quota_bytes = 10;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	SHAPE_SET(&args, name, SLICE("name"));
	SHAPE_SET(&args, content, SLICE("eleven byte"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, w.gus.token, &args).code,
	    E_OVER_QUOTA);
	SHAPE_SET(&set, limit, 11);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_QUOTA_SET, rig->token, &set).code, 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, w.gus.token, &args).code,
	    0);
	/* It is theirs alone. */
	(void)rig_file(
	    rig, w.ann.token, w.folder, "long.txt", "more than ten bytes");
}

/* ---- what they have not -------------------------------------------------- */

/* They aren't among everyone, and can't be put there. */
static void
test_guests_are_not_everyone(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id everyone = use_of(rig, APP_FILES, "Everyone").principal;
	struct access_who_can who = {.has_node = true, .node = w.file};
	const struct who_page *page;
	struct answer a;

	assert_int_equal(share(rig, w.ann.token, w.file, everyone), 0);
	assert_int_equal(rig_read(rig, w.gus.token, w.file), E_NOT_FOUND);
	assert_int_equal(put_member(rig, everyone, w.gus.id), E_KIND);
	SHAPE_SET(&who, relation, RELATION_READ);
	a = rig_do(rig, &rig->arena, OP_ACCESS_WHO_CAN, w.ann.token, &who);
	page = a.result;
	assert_int_equal(a.code, 0);
	assert_true(page->list.n > 1);
	for (size_t i = 0; i < page->list.n; i++)
		assert_true(page->list.v[i].principal.n != w.gus.id.n);
}

/* Of the apps only files, until they are given another. */
static void
test_guests_use_files_alone(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct log_search search = {.has_limit = false};
	struct rig_person gil = rig_person(rig, "gil");

	for (unsigned app = APP_FILES + 1; app < APP_MAX; app++)
		assert_false(use_of(rig, app, "Guests").has_id);
	assert_int_equal(list_principals(rig, w.gus.token), E_DENIED);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_PRINCIPAL_LIST)->outcome,
	    E_DENIED);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_LOG_SEARCH, w.gus.token, &search).code,
	    E_DENIED);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_LOG_SEARCH)->outcome, E_DENIED);
	/* A control: of everyone it is the role that is missing. */
	assert_int_equal(list_principals(rig, gil.token), E_DENIED);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_PRINCIPAL_LIST)->outcome, 0);
}

/* One command shuts out all who are from outside. */
static void
test_guests_are_shut_out(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct grant use = use_of(rig, APP_FILES, "Guests");
	struct grant_ref args = {.has_grant = true, .grant = use.id};

	(void)rig_share(rig, w.ann.token, w.file, w.gus.id, RELATION_READ);
	assert_int_equal(rig_read(rig, w.gus.token, w.file), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_REVOKE, rig->token, &args).code, 0);
	assert_int_equal(rig_read(rig, w.gus.token, w.file), E_DENIED);
	assert_int_equal(rig_read(rig, w.ann.token, w.file), 0);
}

/* No role, given to them or to a group that they are in. */
static void
test_guests_have_no_role(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct rig_person bob = rig_person(rig, "bob");
	struct id admins = rig_group(rig, "admins");
	struct access_who_can who = {
	    .has_relation = true, .relation = RELATION_USER_ADMIN};
	struct app_grant use = {.has_app = true, .app = APP_ADMIN};
	const struct who_page *page;
	struct answer a;

	assert_int_equal(give_role(rig, w.gus.id, RELATION_LOG_READER), E_KIND);
	(void)rig_member(rig, admins, w.gus.id);
	(void)rig_member(rig, admins, bob.id);
	assert_int_equal(give_role(rig, admins, RELATION_USER_ADMIN), 0);
	SHAPE_SET(&use, principal, w.gus.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_GRANT, rig->token, &use).code, 0);
	assert_int_equal(list_principals(rig, bob.token), 0);
	assert_int_equal(list_principals(rig, w.gus.token), E_DENIED);
	a = rig_do(rig, &rig->arena, OP_ACCESS_WHO_CAN, rig->token, &who);
	page = a.result;
	assert_int_equal(a.code, 0);
	/* Who installed the server, and bob. */
	assert_int_equal(page->list.n, 2);
	assert_int_equal(page->list.v[1].principal.n, bob.id.n);
}

/* In a unit, too. */
static void
test_guests_have_no_role_in_a_unit(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct rig_person bob = rig_person(rig, "bob");
	struct id admins = rig_group(rig, "admins");
	struct unit_create make = {.has_name = true, .name = SLICE("unit")};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_UNIT_CREATE, rig->token, &make);
	struct id unit = ((struct unit *)a.result)->id;
	struct role_grant role = {.has_unit = true, .unit = unit};
	struct principal_list list = {.has_unit = true, .unit = unit};
	struct app_grant use = {.has_app = true, .app = APP_ADMIN};

	SHAPE_SET(&role, relation, RELATION_USER_ADMIN);
	SHAPE_SET(&role, principal, w.gus.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &role).code,
	    E_KIND);
	(void)rig_member(rig, admins, w.gus.id);
	(void)rig_member(rig, admins, bob.id);
	role.principal = admins;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &role).code, 0);
	SHAPE_SET(&use, principal, w.gus.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_GRANT, rig->token, &use).code, 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, bob.token, &list).code,
	    0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_LIST, w.gus.token, &list)
		.code,
	    E_DENIED);
}

/* What they do to be trusted with, they confirm as people do. */
static void
test_guests_step_up(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct nothing nothing = {.has_unused = false};
	struct app_password_issue args = {
	    .has_label = true, .label = SLICE("program")};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_PASSWORD_ISSUE, w.gus.token, &args)
		.code,
	    0);
	rig_pass((int64_t)6 * 60 * 1000);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_APP_PASSWORD_ISSUE, w.gus.token, &args)
		.code,
	    E_STEPUP);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_RECOVERY_MAKE, w.gus.token, &nothing)
		.code,
	    E_STEPUP);
}

/* ---- the groups that one is in by what one is ------------------------------
 */

/* Whoever is in them can't be named, so nothing but an app is given to them. */
static void
test_group_of_guests(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id guests = use_of(rig, APP_FILES, "Guests").principal;
	struct id team = rig_group(rig, "team");
	struct principal_ref end = {.has_principal = true, .principal = guests};
	struct principal_move move = {
	    .has_principal = true, .principal = guests};

	assert_int_equal(share(rig, w.ann.token, w.file, guests), E_KIND);
	assert_int_equal(put_member(rig, guests, w.gus.id), E_KIND);
	assert_int_equal(put_member(rig, team, guests), E_KIND);
	assert_int_equal(give_role(rig, guests, RELATION_OPERATOR), E_KIND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_GROUP_END, rig->token, &end).code,
	    E_LAST);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_MOVE, rig->token, &move).code,
	    E_KIND);
}

/* As if it had never been: what an older version left. */
static void
forget_guests(void)
{
	struct db *db = NULL;

	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(
	    db_script(db, "DELETE FROM meta WHERE key = 'guests'"), 0);
	db_close(&db);
}

/* An installation that had no guests gets their group at its next start. */
static void
test_group_comes_with_the_version(void **state)
{
	struct rig *rig = *state;
	struct world w;
	uint64_t guests = engine_core(rig->engine)->guests;

	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(engine_core(rig->engine)->guests, guests);
	rig_stop(rig);
	forget_guests();
	assert_int_equal(rig_open(rig), 0);
	assert_true(engine_core(rig->engine)->guests > guests);
	w = make_world(rig);
	(void)rig_share(rig, w.ann.token, w.file, w.gus.id, RELATION_READ);
	assert_int_equal(rig_read(rig, w.gus.token, w.file), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_guests_sign_in),
	    RIG_TEST(test_guests_have_shares),
	    RIG_TEST(test_guests_store_little),
	    RIG_TEST(test_guests_are_not_everyone),
	    RIG_TEST(test_guests_use_files_alone),
	    RIG_TEST(test_guests_are_shut_out),
	    RIG_TEST(test_guests_have_no_role),
	    RIG_TEST(test_guests_have_no_role_in_a_unit),
	    RIG_TEST(test_guests_step_up),
	    RIG_TEST(test_group_of_guests),
	    RIG_TEST(test_group_comes_with_the_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
