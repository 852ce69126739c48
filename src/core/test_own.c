/*
 * Whom one finds by name, and lists of one's own: stars, and the files that one
 * had last.
 */
#include "unit.h"

#include <stdio.h>

#include "core/apps/access/access.h"
#include "core/run.h"
#include "core/test_passkey.h"

/* ---- somebody by name
 * --------------------------------------------------------------- */

static struct answer
find_up_to(struct rig *rig, const char *token, const char *text, uint64_t limit)
{
	struct principal_find args = {
	    .has_text = true, .text = slice_str(text)};

	if (limit > 0)
		SHAPE_SET(&args, limit, limit);
	return rig_do(rig, &rig->arena, OP_PRINCIPAL_FIND, token, &args);
}

static const struct found_principals *
find(struct rig *rig, const char *token, const char *text)
{
	struct answer a = find_up_to(rig, token, text, 20);

	assert_int_equal(a.code, 0);
	return a.result;
}

/* That it finds these, in that order. */
static void
expect(struct rig *rig, const char *token, const char *text, size_t n,
    const struct id *ids)
{
	const struct found_principals *found = find(rig, token, text);

	if (found->list.n != n)
		fail_msg("%s: found %zu, not %zu", text, found->list.n, n);
	for (size_t i = 0; i < n; i++)
		if (found->list.v[i].id.n != ids[i].n)
			fail_msg("%s: another one at %zu", text, i);
}

static void
rename_to(struct rig *rig, struct id principal, const char *name)
{
	struct principal_rename args = {
	    .has_principal = true, .principal = principal};

	SHAPE_SET(&args, name, slice_str(name));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_RENAME, rig->token, &args)
		.code,
	    0);
}

static int
to_principal(struct rig *rig, enum op_number op, struct id principal)
{
	struct principal_ref args = {
	    .has_principal = true, .principal = principal};

	return rig_do(rig, &rig->arena, op, rig->token, &args).code;
}

static void
test_find(void **state)
{
	struct rig *rig = *state;
	struct rig_secrets secrets;
	struct rig_person bob = rig_person(rig, "bob");
	struct id anna = rig_enrol(rig, "anna.m@one.example", &secrets).id;
	struct id hans = rig_enrol_guest(rig, "hp@two.example", &secrets).id;
	struct id sales = rig_group(rig, "Sales, north");
	const struct found_principals *found;

	rename_to(rig, anna,
	    "Anna Mar\xc3\xad"
	    "a M\xc3\xbcller");
	rename_to(rig, hans,
	    "Hans-Peter Stra\xc3\x9f"
	    "e");
	expect(rig, bob.token, "ann", 1, &anna);
	expect(rig, bob.token, "ANNA.M", 1, &anna);
	expect(rig, bob.token, "anna.m@one", 1, &anna);
	expect(rig, bob.token, "mu\xcc\x88l", 1, &anna);
	expect(rig, bob.token,
	    "mari\xcc\x81"
	    "a m\xc3\xbcll",
	    1, &anna);
	expect(rig, bob.token, "m\xc3\xbcller anna", 1, &anna);
	expect(rig, bob.token, "strasse hans", 1, &hans);
	expect(rig, bob.token, "sal nor", 1, &sales);
	expect(rig, bob.token, "bo", 1, &bob.id);
	expect(rig, bob.token, "nna", 0, NULL);
	/* No domain finds all that are in it. */
	expect(rig, bob.token, "example", 0, NULL);
	expect(rig, bob.token, "anna hans", 0, NULL);
	assert_int_equal(find_up_to(rig, bob.token, " .-", 0).code, E_INVALID);

	found = find(rig, bob.token, "hans");
	assert_int_equal(found->list.v[0].kind, PRINCIPAL_GUEST);
	assert_true(
	    slice_eq(found->list.v[0].login, slice_str("hp@two.example")));
	assert_int_equal(
	    find(rig, bob.token, "sales")->list.v[0].kind, PRINCIPAL_GROUP);
	assert_false(find(rig, bob.token, "sales")->list.v[0].has_login);
}

static void
test_find_leaves_out(void **state)
{
	struct rig *rig = *state;
	struct canary_plant plant = {
	    .has_name = true, .name = SLICE("Maria Canary")};
	struct principal_create create = {.has_kind = true,
	    .kind = PRINCIPAL_PERSON,
	    .has_name = true,
	    .name = SLICE("Maria Newcomer"),
	    .has_login = true,
	    .login = SLICE("maria.new")};
	struct rig_secrets secrets;
	struct rig_person bob = rig_person(rig, "bob");
	struct rig_person maria = rig_enrol(rig, "maria", &secrets);
	struct id group = rig_group(rig, "Maria's");
	struct id both[2] = {maria.id, group};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_CANARY_PLANT, rig->token, &plant).code,
	    0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, rig->token, &create)
		.code,
	    0);
	expect(rig, bob.token, "maria", 2, both);
	/* Those of all from outside can't be given anything. */
	expect(rig, bob.token, "guests", 0, NULL);
	expect(rig, bob.token, "installation", 0, NULL);
	assert_int_equal(find(rig, bob.token, "everyone")->list.n, 1);

	assert_int_equal(to_principal(rig, OP_PRINCIPAL_SUSPEND, maria.id), 0);
	expect(rig, bob.token, "maria", 1, &group);
	assert_int_equal(to_principal(rig, OP_PRINCIPAL_RESUME, maria.id), 0);
	expect(rig, bob.token, "maria", 2, both);
	rename_to(rig, maria.id, "Somebody Else");
	expect(rig, bob.token, "somebody e", 1, &maria.id);
	assert_int_equal(to_principal(rig, OP_PRINCIPAL_END, maria.id), 0);
	assert_int_equal(to_principal(rig, OP_GROUP_END, group), 0);
	expect(rig, bob.token, "somebody e", 0, NULL);
	expect(rig, bob.token, "maria", 0, NULL);
}

static void
test_find_is_for_those_inside(void **state)
{
	struct rig *rig = *state;
	struct token_issue how = {
	    .has_families = true, .families = BIT(FAMILY_LOG)};
	struct rig_secrets secrets;
	struct rig_person gus = rig_enrol_guest(rig, "gus", &secrets);
	char narrow[RIG_SECRET];

	(void)rig_token(rig, rig_admin(rig).id, &how, narrow);
	assert_int_equal(find_up_to(rig, gus.token, "a", 0).code, E_DENIED);
	assert_int_equal(find_up_to(rig, narrow, "a", 0).code, E_SCOPE);
	assert_int_equal(find_up_to(rig, NULL, "a", 0).code, E_UNAUTHENTICATED);
}

enum { MANY = 60 };

static void
test_find_among_many(void **state)
{
	struct rig *rig = *state;
	struct id last = {0, 0};
	char name[64];

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "Team %c%c of teams",
		    'a' + i / 26, 'a' + i % 26);
		last = rig_group(rig, name);
	}
	assert_int_equal(find(rig, rig->token, "team")->list.n, 20);
	expect(rig, rig->token, "team ch", 1, &last);
	/* By the order of what was found, each once. */
	assert_int_equal(((const struct found_principals *)find_up_to(
			      rig, rig->token, "team", 0)
				 .result)
			     ->list.n,
	    10);
	for (size_t i = 1; i < 20; i++) {
		const struct found_principals *found =
		    find(rig, rig->token, "team");

		assert_true(slice_cmp(found->list.v[i - 1].name,
				found->list.v[i].name) < 0);
	}
}

static int
fill(struct run *run, void *arg UNUSED)
{
	int r = db_script(run->place->db, "DELETE FROM principal_word");

	return r < 0 ? r : access_fill_words(run);
}

static void
test_find_after_a_migration(void **state)
{
	struct rig *rig = *state;
	struct id group = rig_group(rig, "Sales north");
	struct id ended = rig_group(rig, "Sales south");

	assert_int_equal(to_principal(rig, OP_GROUP_END, ended), 0);
	rig_system(rig, OP_SYSTEM_MIGRATE, fill, NULL);
	expect(rig, rig->token, "sales", 1, &group);
}

/* ---- stars
 * ----------------------------------------------------------------------- */

static int
star(struct rig *rig, const char *token, struct id node, bool starred)
{
	struct node_star args = {.has_node = true, .node = node};

	SHAPE_SET(&args, starred, starred);
	return rig_do(rig, &rig->arena, OP_NODE_STAR, token, &args).code;
}

static const struct own_page *
page_of(struct rig *rig, enum op_number op, const char *token,
    struct slice after, uint64_t limit)
{
	struct own_list args = {.has_after = false};
	struct answer a;

	if (after.n > 0)
		SHAPE_SET(&args, after, after);
	if (limit > 0)
		SHAPE_SET(&args, limit, limit);
	a = rig_do(rig, &rig->arena, op, token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

static void
expect_list(struct rig *rig, enum op_number op, const char *token, size_t n,
    const struct id *ids)
{
	const struct own_page *page = page_of(rig, op, token, SLICE_NONE, 0);

	if (page->list.n != n)
		fail_msg("%zu are listed, not %zu", page->list.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(page->list.v[i].id.n, ids[i].n);
	assert_false(page->has_next);
}

static void
test_stars(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct rig_person bob = rig_person(rig, "bob");
	struct id folder = rig_folder(rig, rig->token, admin.home, "plans");
	struct id file = rig_file(rig, rig->token, folder, "a.txt", "12345");
	struct id both[2] = {folder, file};
	struct id grant;
	const struct own_page *page;

	expect_list(rig, OP_STAR_LIST, rig->token, 0, NULL);
	assert_int_equal(star(rig, rig->token, file, true), 0);
	rig_pass(1000);
	assert_int_equal(star(rig, rig->token, folder, true), 0);
	assert_int_equal(star(rig, rig->token, file, true), 0);
	expect_list(rig, OP_STAR_LIST, rig->token, 2, both);
	page = page_of(rig, OP_STAR_LIST, rig->token, SLICE_NONE, 0);
	assert_int_equal(page->list.v[0].kind, NODE_FOLDER);
	assert_int_equal(page->list.v[0].parent.n, admin.home.n);
	assert_false(page->list.v[0].has_size);
	assert_int_equal(page->list.v[1].size, 5);
	assert_int_equal(page->list.v[1].parent.n, folder.n);
	assert_true(page->list.v[1].has_version);
	assert_int_equal(page->list.v[1].owner.n, admin.id.n);
	assert_int_equal(page->list.v[0].time - page->list.v[1].time, 1000);

	/* Nobody's but one's own; and on what one may read. */
	expect_list(rig, OP_STAR_LIST, bob.token, 0, NULL);
	assert_int_equal(star(rig, bob.token, file, true), E_NOT_FOUND);
	grant = rig_share(rig, rig->token, folder, bob.id, RELATION_READ);
	assert_int_equal(star(rig, bob.token, file, true), 0);
	expect_list(rig, OP_STAR_LIST, bob.token, 1, &file);
	assert_int_equal(rig_revoke(rig, rig->token, grant), 0);
	expect_list(rig, OP_STAR_LIST, bob.token, 0, NULL);
	(void)rig_share(rig, rig->token, file, bob.id, RELATION_READ);
	expect_list(rig, OP_STAR_LIST, bob.token, 1, &file);
	/* What it lies in is told to who may read that. */
	assert_false(page_of(rig, OP_STAR_LIST, bob.token, SLICE_NONE, 0)
			 ->list.v[0]
			 .has_parent);

	assert_int_equal(star(rig, rig->token, file, false), 0);
	assert_int_equal(star(rig, rig->token, file, false), 0);
	expect_list(rig, OP_STAR_LIST, rig->token, 1, &folder);
	assert_non_null(strstr(rig_render(rig, rig_last(rig) - 1),
	    "took their star from the file"));
	assert_int_equal(rig_trash(rig, rig->token, folder), 0);
	expect_list(rig, OP_STAR_LIST, rig->token, 0, NULL);
	expect_list(rig, OP_STAR_LIST, bob.token, 0, NULL);
}

static size_t
count_stars(struct rig *rig)
{
	struct stmt *stmt;
	size_t n = 0;

	assert_int_equal(db_begin(rig->db), 0);
	stmt = db_stmt(rig->db, SQL_STAR_COUNT);
	stmt_u64(stmt, 1, rig_ref(rig, rig_admin(rig).id));
	assert_int_equal(stmt_step(stmt), 1);
	n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	db_end(rig->db);
	return n;
}

static void
test_stars_end(void **state)
{
	struct rig *rig = *state;
	struct id file =
	    rig_file(rig, rig->token, rig_admin(rig).home, "a.txt", "a");

	assert_int_equal(star(rig, rig->token, file, true), 0);
	assert_int_equal(rig_trash(rig, rig->token, file), 0);
	assert_int_equal(count_stars(rig), 1);
	assert_int_equal(rig_purge(rig, rig->token, file), 0);
	assert_int_equal(count_stars(rig), 0);
	assert_int_equal(star(rig, rig->token, file, true), E_NOT_FOUND);
}

static void
test_star_pages(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home, files[5];
	struct slice after = SLICE_NONE;
	char name[8];

	for (size_t i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		files[i] = rig_file(rig, rig->token, home, name, "");
		assert_int_equal(star(rig, rig->token, files[i], true), 0);
	}
	for (size_t i = 0; i < 3; i++) {
		const struct own_page *page =
		    page_of(rig, OP_STAR_LIST, rig->token, after, 2);

		assert_int_equal(page->list.n, i < 2 ? 2 : 1);
		assert_int_equal(page->list.v[0].id.n, files[4 - 2 * i].n);
		assert_int_equal(page->has_next, i < 2);
		after = page->next;
	}
}

/* ---- recent
 * ---------------------------------------------------------------------- */

static int
write_to(struct rig *rig, const char *token, struct id file)
{
	struct file_write args = {.has_file = true, .file = file};

	SHAPE_SET(&args, content, SLICE("more"));
	return rig_do(rig, &rig->arena, OP_FILE_WRITE, token, &args).code;
}

static void
test_recent(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct rig_person bob = rig_person(rig, "bob");
	struct id folder = rig_folder(rig, rig->token, admin.home, "plans");
	struct id files[4], grant;
	struct node_copy copy = {.has_node = true};
	struct file_create create = {.has_parent = true};
	char name[8];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		files[2 - i] = rig_file(rig, rig->token, folder, name, "");
	}
	for (unsigned indexed = 0; indexed < 2; indexed++) {
		expect_list(rig, OP_RECENT_LIST, rig->token, 3, files);
		expect_list(rig, OP_RECENT_LIST, bob.token, 0, NULL);
		rig_await_index(rig);
	}
	/* Each at its last use, once. */
	assert_int_equal(rig_read(rig, rig->token, files[2]), 0);
	assert_int_equal(write_to(rig, rig->token, files[1]), 0);
	expect_list(rig, OP_RECENT_LIST, rig->token, 3,
	    (struct id[]){files[1], files[2], files[0]});
	SHAPE_SET(&copy, node, files[0]);
	SHAPE_SET(&copy, folder, folder);
	SHAPE_SET(&copy, name, SLICE("copy"));
	files[3] = ((const struct node_made *)rig_do(
			rig, &rig->arena, OP_NODE_COPY, rig->token, &copy)
			.result)
	               ->id;
	assert_int_equal(rig_read(rig, rig->token, files[0]), 0);
	SHAPE_SET(&create, parent, folder);
	SHAPE_SET(&create, name, SLICE("copy"));
	SHAPE_SET(&create, replace, true);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &create).code,
	    0);
	expect_list(rig, OP_RECENT_LIST, rig->token, 4,
	    (struct id[]){files[3], files[0], files[1], files[2]});

	/* Others' as well, for as long as one may read them. */
	grant = rig_share(rig, rig->token, folder, bob.id, RELATION_EDIT);
	assert_int_equal(rig_read(rig, bob.token, files[0]), 0);
	assert_int_equal(write_to(rig, bob.token, files[2]), 0);
	expect_list(rig, OP_RECENT_LIST, bob.token, 2,
	    (struct id[]){files[2], files[0]});
	assert_int_equal(rig_trash(rig, rig->token, files[0]), 0);
	expect_list(rig, OP_RECENT_LIST, bob.token, 1, &files[2]);
	assert_int_equal(rig_revoke(rig, rig->token, grant), 0);
	expect_list(rig, OP_RECENT_LIST, bob.token, 0, NULL);
	/* What was refused is no use. */
	assert_int_equal(rig_read(rig, bob.token, files[1]), E_NOT_FOUND);
	expect_list(rig, OP_RECENT_LIST, bob.token, 0, NULL);
}

static void
test_recent_pages(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home, files[6];
	struct slice after = SLICE_NONE;
	size_t n = 0;
	char name[8];

	for (size_t i = 0; i < 6; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		files[5 - i] = rig_file(rig, rig->token, home, name, "");
	}
	do {
		const struct own_page *page =
		    page_of(rig, OP_RECENT_LIST, rig->token, after, 4);

		for (size_t i = 0; i < page->list.n; i++)
			assert_int_equal(page->list.v[i].id.n, files[n++].n);
		after = page->has_next ? page->next : SLICE_NONE;
		/* What is used meanwhile is not told twice. */
		assert_int_equal(rig_read(rig, rig->token, files[5]), 0);
		assert_int_equal(rig_read(rig, rig->token, files[0]), 0);
	} while (after.n > 0);
	assert_int_equal(n, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_find),
	    RIG_TEST(test_find_leaves_out),
	    RIG_TEST(test_find_is_for_those_inside),
	    RIG_TEST(test_find_among_many),
	    RIG_TEST(test_find_after_a_migration),
	    RIG_TEST(test_stars),
	    RIG_TEST(test_stars_end),
	    RIG_TEST(test_star_pages),
	    RIG_TEST(test_recent),
	    RIG_TEST(test_recent_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
