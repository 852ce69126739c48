/*
 * What people look for among their files: by name, in the trash, what others
 * share with them, who did what.
 */
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "core/index.h"
#include "core/test_passkey.h"

#define HOUR_MS ((int64_t)3600 * 1000)

enum { MANY = 250 };

static struct answer
search_on(struct rig *rig, const char *token, const char *text,
    struct slice after, uint64_t limit)
{
	struct node_search args = {.has_text = true, .text = slice_str(text)};

	if (after.n > 0)
		SHAPE_SET(&args, after, after);
	if (limit > 0)
		SHAPE_SET(&args, limit, limit);
	return rig_do(rig, &rig->arena, OP_NODE_SEARCH, token, &args);
}

static const struct search_page *
search(struct rig *rig, const char *token, const char *text)
{
	struct answer a = search_on(rig, token, text, SLICE_NONE, 0);

	assert_int_equal(a.code, 0);
	return a.result;
}

/* That it finds these, whether the index has them yet or not. */
static void
expect_found(struct rig *rig, const char *token, const char *text, size_t n,
    const struct id *ids)
{
	const struct search_page *page = search(rig, token, text);
	size_t hits = 0;

	if (page->list.n != n)
		fail_msg("%s: found %zu, not %zu", text, page->list.n, n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			hits += page->list.v[i].id.n == ids[k].n;
	assert_int_equal(hits, n);
	assert_false(page->has_next);
}

static void
rename_to(struct rig *rig, const char *token, struct id node, const char *name)
{
	struct node_rename args = {.has_node = true, .node = node};

	SHAPE_SET(&args, name, slice_str(name));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_RENAME, token, &args).code, 0);
}

static struct answer
take_out(struct rig *rig, const char *token, struct id node)
{
	struct node_restore args = {.has_node = true, .node = node};

	return rig_do(rig, &rig->arena, OP_NODE_RESTORE, token, &args);
}

/* ---- by name
 * ------------------------------------------------------------------------ */

static void
test_words(void **state)
{
	static const struct {
		const char *name, *text;
		bool found;
	} rows[] = {
	    {"Annual Report 2024.pdf", "report", true},
	    {"Annual Report 2024.pdf", "REP ann", true},
	    {"Annual Report 2024.pdf", "2024.p", true},
	    {"Annual Report 2024.pdf", "eport", false},
	    {"Annual Report 2024.pdf", "report 2025", false},
	    {"\xc3\x9c"
	     "bersicht_Stra\xc3\x9f"
	     "e.odt",
		"u\xcc\x88"
		"bersicht STRASSE",
		true},
	    {"na\xc3\xafve-plan", "NAI\xcc\x88VE", true},
	    {"\xe4\xbc\x9a\xe8\xad\xb0\xe9\x8c\xb2", "\xe4\xbc\x9a\xe8\xad\xb0",
		true},
	    /* What turns text around sets words apart, and breaks nothing. */
	    {"invoice\xe2\x80\xae"
	     "fdp.exe",
		"fdp", true},
	    /* Cyrillic letters that look like Latin ones are others. */
	    {"\xd1\x80\xd0\xb0ypal", "paypal", false},
	    {"\xf0\x9f\x93\x84 notes", "\xf0\x9f\x93\x84", true},
	};
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct id file =
		    rig_file(rig, rig->token, admin.home, rows[i].name, "");

		expect_found(
		    rig, rig->token, rows[i].text, rows[i].found, &file);
		rig_await_index(rig);
		expect_found(
		    rig, rig->token, rows[i].text, rows[i].found, &file);
		assert_int_equal(rig_trash(rig, rig->token, file), 0);
	}
	assert_int_equal(
	    search_on(rig, rig->token, " .-", SLICE_NONE, 0).code, E_INVALID);
}

/* The index lags; what is found doesn't. */
static void
test_search_follows_changes(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id folder = rig_folder(rig, rig->token, home, "plans");
	struct id ids[2] = {rig_file(rig, rig->token, folder, "alpha one", ""),
	    rig_file(rig, rig->token, folder, "alpha two alphabet", "")};
	const struct search_page *page;

	for (unsigned indexed = 0; indexed < 2; indexed++) {
		if (indexed)
			rig_await_index(rig);
		expect_found(rig, rig->token, "alpha", 2, ids);
		expect_found(rig, rig->token, "alp two", 1, &ids[1]);
	}
	page = search(rig, rig->token, "two");
	assert_true(slice_eq(page->list.v[0].path, SLICE("plans")));
	assert_int_equal(page->list.v[0].parent.n, folder.n);
	rename_to(rig, rig->token, ids[0], "beta");
	expect_found(rig, rig->token, "alpha", 1, &ids[1]);
	expect_found(rig, rig->token, "beta", 1, &ids[0]);
	rig_await_index(rig);
	expect_found(rig, rig->token, "alpha", 1, &ids[1]);
	expect_found(rig, rig->token, "beta", 1, &ids[0]);
	/* In the trash nothing is found, nor what is in it. */
	assert_int_equal(rig_trash(rig, rig->token, folder), 0);
	expect_found(rig, rig->token, "beta", 0, NULL);
	expect_found(rig, rig->token, "plans", 0, NULL);
	rig_await_index(rig);
	expect_found(rig, rig->token, "beta", 0, NULL);
	assert_int_equal(take_out(rig, rig->token, folder).code, 0);
	expect_found(rig, rig->token, "beta", 1, &ids[0]);
	assert_int_equal(rig_trash(rig, rig->token, ids[0]), 0);
	assert_int_equal(rig_purge(rig, rig->token, ids[0]), 0);
	rig_await_index(rig);
	expect_found(rig, rig->token, "beta", 0, NULL);
}

/* Nothing is told of what somebody may not read. */
static void
test_search_is_decided(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id open = rig_folder(rig, rig->token, admin.home, "open");
	struct id shut = rig_folder(rig, rig->token, admin.home, "shut");
	struct id ids[2] = {rig_file(rig, rig->token, open, "secret plan", "")};
	struct token_issue how = {.has_folder = true, .folder = bob.home};
	char scoped[RIG_SECRET];
	struct id grant;

	(void)rig_file(rig, rig->token, shut, "secret other", "");
	ids[1] = rig_file(rig, bob.token, bob.home, "my secret", "");
	for (unsigned indexed = 0; indexed < 2; indexed++) {
		if (indexed)
			rig_await_index(rig);
		expect_found(rig, bob.token, "secret", 1, &ids[1]);
		grant = rig_share(rig, rig->token, open, bob.id, RELATION_READ);
		expect_found(rig, bob.token, "secret", 2, ids);
		assert_int_equal(rig_revoke(rig, rig->token, grant), 0);
	}
	expect_found(rig, bob.token, "secret", 1, &ids[1]);
	/* A credential for one folder finds what is in that. */
	(void)rig_share(rig, rig->token, open, bob.id, RELATION_READ);
	(void)rig_token(rig, bob.id, &how, scoped);
	expect_found(rig, scoped, "secret", 1, &ids[1]);
}

static const struct shared_page *
shared(struct rig *rig, const char *token, struct slice after, uint64_t limit);

/* What a group has, its members find, and those of groups in it. */
static void
test_through_groups(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id outer = rig_group(rig, "outer"),
		  inner = rig_group(rig, "inner");
	struct id open = rig_folder(rig, rig->token, admin.home, "open");
	struct id plan = rig_file(rig, rig->token, open, "secret plan", "");
	const struct shared_page *page;
	struct member_ref out = {.has_group = true,
	    .group = inner,
	    .has_principal = true,
	    .principal = bob.id};

	(void)rig_member(rig, outer, inner);
	(void)rig_member(rig, inner, bob.id);
	(void)rig_share(rig, rig->token, open, outer, RELATION_READ);
	expect_found(rig, bob.token, "secret", 1, &plan);
	page = shared(rig, bob.token, SLICE_NONE, 0);
	assert_int_equal(page->list.n, 1);
	assert_int_equal(page->list.v[0].id.n, open.n);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_MEMBER_REMOVE, rig->token, &out).code,
	    0);
	expect_found(rig, bob.token, "secret", 0, NULL);
	assert_int_equal(shared(rig, bob.token, SLICE_NONE, 0)->list.n, 0);
}

/* Each is told once, however many pages it takes, and whatever changes. */
static void
test_search_pages(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct slice next = SLICE_NONE;
	struct id ids[MANY];
	unsigned seen[MANY] = {0};
	size_t pages = 0;
	uint8_t wrong[200];

	for (size_t i = 0; i < MANY; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "word-%zu words", i);
		ids[i] = rig_file(rig, rig->token, home, name, "");
		if (i == MANY / 2)
			rig_await_index(rig);
	}
	do {
		struct answer a = search_on(rig, rig->token, "wor", next, 40);
		const struct search_page *page = a.result;

		assert_int_equal(a.code, 0);
		assert_true(page->list.n <= 40);
		for (size_t i = 0; i < page->list.n; i++)
			for (size_t k = 0; k < MANY; k++)
				seen[k] += page->list.v[i].id.n == ids[k].n;
		next = page->has_next ? page->next : SLICE_NONE;
		/* The index takes up the rest meanwhile. */
		rig_await_index(rig);
		pages++;
	} while (next.n > 0);
	for (size_t k = 0; k < MANY; k++)
		assert_int_equal(seen[k], 1);
	assert_in_range(pages, 7, 8);
	/* A cursor is the server's own, or none. */
	next = ((struct search_page *)search_on(
		    rig, rig->token, "wor", SLICE_NONE, 40)
		    .result)
	           ->next;
	assert_true(next.n <= sizeof(wrong));
	memcpy(wrong, next.p, next.n);
	wrong[next.n - 1] ^= 1;
	assert_int_equal(
	    search_on(rig, rig->token, "wor", slice_of(wrong, next.n), 40).code,
	    E_INVALID);
}

/* Among what very many others share, too, one page behind the other. */
static void
test_search_among_many(void **state)
{
	struct rig *rig = *state;
	struct id admin = rig_admin(rig).id;
	struct slice next = SLICE_NONE;
	size_t found = 0;

	for (size_t i = 0; i < MANY; i++) {
		struct rig_person giver = rig_person(rig, "giver");
		struct id gift =
		    rig_file(rig, giver.token, giver.home, "gift", "");

		(void)rig_share(rig, giver.token, gift, admin, RELATION_READ);
	}
	rig_await_index(rig);
	do {
		struct answer a = search_on(rig, rig->token, "gift", next, 100);
		const struct search_page *page = a.result;

		assert_int_equal(a.code, 0);
		found += page->list.n;
		next = page->has_next ? page->next : SLICE_NONE;
	} while (next.n > 0);
	assert_int_equal(found, MANY);
}

/* ---- the trash
 * ---------------------------------------------------------------------- */

static const struct trash_page *
trash(struct rig *rig, const char *token, struct slice after, uint64_t limit)
{
	struct trash_list args = {.has_limit = limit > 0, .limit = limit};
	struct answer a;

	if (after.n > 0)
		SHAPE_SET(&args, after, after);
	a = rig_do(rig, &rig->arena, OP_TRASH_LIST, token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_trash(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id a = rig_folder(rig, rig->token, admin.home, "a");
	struct id b = rig_folder(rig, rig->token, a, "b");
	struct id one = rig_file(rig, rig->token, b, "one", "1");
	struct id two = rig_file(rig, rig->token, admin.home, "two", "22");
	const struct trash_page *page;

	assert_int_equal(trash(rig, rig->token, SLICE_NONE, 0)->list.n, 0);
	(void)rig_share(rig, rig->token, a, bob.id, RELATION_EDIT);
	assert_int_equal(rig_trash(rig, bob.token, one), 0);
	rig_pass(HOUR_MS);
	assert_int_equal(rig_trash(rig, rig->token, two), 0);
	page = trash(rig, rig->token, SLICE_NONE, 0);
	assert_int_equal(page->list.n, 2);
	assert_false(page->has_next);
	/* The last one first: where it was, when, and who did it. */
	assert_int_equal(page->list.v[0].id.n, two.n);
	assert_true(slice_eq(page->list.v[0].path, SLICE("")));
	assert_int_equal(page->list.v[0].size, 2);
	assert_int_equal(page->list.v[1].id.n, one.n);
	assert_true(slice_eq(page->list.v[1].name, SLICE("one")));
	assert_true(slice_eq(page->list.v[1].path, SLICE("a/b")));
	assert_int_equal(page->list.v[1].folder.n, b.n);
	assert_true(slice_eq(page->list.v[1].by_name, SLICE("bob")));
	assert_int_equal(page->list.v[0].time - page->list.v[1].time, HOUR_MS);
	/* It is the owner's trash that it is in. */
	assert_int_equal(trash(rig, bob.token, SLICE_NONE, 0)->list.n, 0);
	page = trash(rig, rig->token, SLICE_NONE, 1);
	assert_int_equal(page->list.n, 1);
	assert_true(page->has_next);
	page = trash(rig, rig->token, page->next, 1);
	assert_int_equal(page->list.v[0].id.n, one.n);
	assert_false(page->has_next);
	/* Where it was is gone, too. */
	assert_int_equal(rig_trash(rig, rig->token, a), 0);
	page = trash(rig, rig->token, SLICE_NONE, 0);
	assert_int_equal(page->list.n, 3);
	assert_false(page->list.v[2].has_folder);
	assert_int_equal(rig_purge(rig, rig->token, one), 0);
	assert_int_equal(take_out(rig, rig->token, a).code, 0);
	page = trash(rig, rig->token, SLICE_NONE, 0);
	assert_int_equal(page->list.n, 1);
}

/* ---- shared with me
 * ------------------------------------------------------------------- */

static const struct shared_page *
shared(struct rig *rig, const char *token, struct slice after, uint64_t limit)
{
	struct share_with_me args = {.has_limit = limit > 0, .limit = limit};
	struct answer a;

	if (after.n > 0)
		SHAPE_SET(&args, after, after);
	a = rig_do(rig, &rig->arena, OP_SHARE_WITH_ME, token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_shared_with_me(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id a = rig_folder(rig, rig->token, admin.home, "a");
	struct id file = rig_file(rig, rig->token, admin.home, "file", "1");
	struct share_grant soon = {.has_node = true, .node = file};
	const struct shared_page *page;
	struct id grant;

	/* One's own is shared by nobody. */
	assert_int_equal(shared(rig, bob.token, SLICE_NONE, 0)->list.n, 0);
	assert_int_equal(shared(rig, rig->token, SLICE_NONE, 0)->list.n, 0);
	grant = rig_share(rig, rig->token, a, bob.id, RELATION_EDIT);
	SHAPE_SET(&soon, principal, bob.id);
	SHAPE_SET(&soon, relation, RELATION_READ);
	SHAPE_SET(&soon, expires,
	    core_time_now(&engine_core(rig->engine)->time) + HOUR_MS);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SHARE_GRANT, rig->token, &soon).code,
	    0);
	page = shared(rig, bob.token, SLICE_NONE, 0);
	assert_int_equal(page->list.n, 2);
	assert_int_equal(page->list.v[0].id.n, a.n);
	assert_int_equal(page->list.v[0].relation, RELATION_EDIT);
	assert_int_equal(page->list.v[0].grant.n, grant.n);
	assert_int_equal(page->list.v[0].by.n, admin.id.n);
	assert_int_equal(page->list.v[0].owner.n, admin.id.n);
	assert_false(page->list.v[0].has_expires);
	assert_int_equal(page->list.v[1].id.n, file.n);
	assert_true(page->list.v[1].has_expires);
	page = shared(rig, bob.token, SLICE_NONE, 1);
	assert_int_equal(page->list.n, 1);
	page = shared(rig, bob.token, page->next, 1);
	assert_int_equal(page->list.v[0].id.n, file.n);
	assert_false(page->has_next);
	/* What is over, thrown away or taken back isn't there. */
	rig_pass(2 * HOUR_MS);
	assert_int_equal(shared(rig, bob.token, SLICE_NONE, 0)->list.n, 1);
	assert_int_equal(rig_trash(rig, rig->token, a), 0);
	assert_int_equal(shared(rig, bob.token, SLICE_NONE, 0)->list.n, 0);
	assert_int_equal(take_out(rig, rig->token, a).code, 0);
	assert_int_equal(shared(rig, bob.token, SLICE_NONE, 0)->list.n, 1);
	assert_int_equal(rig_revoke(rig, rig->token, grant), 0);
	assert_int_equal(shared(rig, bob.token, SLICE_NONE, 0)->list.n, 0);
}

static const struct grant *
only_share(struct rig *rig, struct id node)
{
	struct node_ref args = {.has_node = true, .node = node};
	struct answer a;

	rig_await_index(rig);
	a = rig_do(rig, &rig->arena, OP_SHARE_LIST, rig->token, &args);
	assert_int_equal(a.code, 0);
	assert_int_equal(((struct grant_page *)a.result)->list.n, 1);
	return &((struct grant_page *)a.result)->list.v[0];
}

/* By what is in the log, reads among it; what was denied used nothing. */
static void
test_last_use(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id a = rig_folder(rig, rig->token, admin.home, "a");
	struct id file = rig_file(rig, rig->token, a, "file", "1");
	int64_t used;

	(void)rig_share(rig, rig->token, a, bob.id, RELATION_READ);
	assert_int_equal(rig_trash(rig, bob.token, file), E_DENIED);
	assert_int_equal(rig_read(rig, rig->token, file), 0);
	assert_false(only_share(rig, a)->has_used);
	rig_pass(HOUR_MS);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
	used = rig_last_of(rig, &rig->arena, OP_FILE_READ)->time;
	assert_int_equal(only_share(rig, a)->used, used);
	rig_pass(HOUR_MS);
	assert_int_equal(rig_trash(rig, bob.token, file), E_DENIED);
	assert_int_equal(only_share(rig, a)->used, used);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
	assert_int_equal(only_share(rig, a)->used, used + HOUR_MS);
}

/* ---- activity
 * ------------------------------------------------------------------------ */

static struct answer
activity_on(struct rig *rig, const char *token, struct id node,
    struct slice after, uint64_t limit)
{
	struct activity_list args = {.has_node = true, .node = node};

	if (after.n > 0)
		SHAPE_SET(&args, after, after);
	if (limit > 0)
		SHAPE_SET(&args, limit, limit);
	return rig_do(rig, &rig->arena, OP_ACTIVITY_LIST, token, &args);
}

static const struct activity_page *
activity(struct rig *rig, struct id node)
{
	struct answer a = activity_on(rig, rig->token, node, SLICE_NONE, 0);

	assert_int_equal(a.code, 0);
	return a.result;
}

static void
expect_activity(
    const struct activity *a, const char *operation, unsigned outcome)
{
	assert_true(slice_eq(a->operation, slice_str(operation)));
	assert_int_equal(a->outcome, outcome);
}

static void
test_activity(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id folder = rig_folder(rig, rig->token, admin.home, "folder");
	struct id file = rig_file(rig, rig->token, folder, "file", "bytes");
	struct node_copy copy = {.has_node = true, .node = folder};
	const struct activity_page *page;
	struct answer a;

	assert_int_equal(rig_read(rig, bob.token, file), E_NOT_FOUND);
	(void)rig_share(rig, rig->token, file, bob.id, RELATION_READ);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
	rename_to(rig, rig->token, file, "renamed");
	/* Whose it isn't may not know, even who may read. */
	assert_int_equal(
	    activity_on(rig, bob.token, file, SLICE_NONE, 0).code, E_DENIED);
	for (unsigned indexed = 0; indexed < 2; indexed++) {
		if (indexed)
			rig_await_index(rig);
		page = activity(rig, file);
		assert_int_equal(page->list.n, 6 + indexed);
		assert_false(page->has_next);
		page = &(struct activity_page){
		    .list = {page->list.v + indexed, page->list.n - indexed}};
		expect_activity(
		    &page->list.v[0], "activity.list", OUTCOME_DENIED);
		expect_activity(
		    &page->list.v[1], "node.rename", OUTCOME_ALLOWED);
		assert_true(slice_eq(page->list.v[1].name, SLICE("renamed")));
		expect_activity(&page->list.v[2], "file.read", OUTCOME_ALLOWED);
		assert_int_equal(page->list.v[2].by.n, bob.id.n);
		assert_true(slice_eq(page->list.v[2].by_name, SLICE("bob")));
		assert_int_equal(page->list.v[2].size, 5);
		expect_activity(
		    &page->list.v[3], "share.grant", OUTCOME_ALLOWED);
		assert_int_equal(page->list.v[3].grantee.n, bob.id.n);
		assert_int_equal(page->list.v[3].relation, RELATION_READ);
		expect_activity(&page->list.v[4], "file.read", OUTCOME_DENIED);
		expect_activity(
		    &page->list.v[5], "file.create", OUTCOME_ALLOWED);
		assert_true(slice_eq(page->list.v[5].name, SLICE("file")));
	}
	/* A copy of the folder is a read of the file. */
	SHAPE_SET(&copy, folder, admin.home);
	SHAPE_SET(&copy, name, SLICE("copy"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_NODE_COPY, rig->token, &copy).code, 0);
	page = activity(rig, file);
	expect_activity(&page->list.v[0], "node.copy", OUTCOME_ALLOWED);
	/* By pages. */
	a = activity_on(rig, rig->token, file, SLICE_NONE, 2);
	page = a.result;
	assert_int_equal(page->list.n, 2);
	a = activity_on(rig, rig->token, file, page->next, 500);
	assert_int_equal(((struct activity_page *)a.result)->list.n, 10 - 2);
}

/* Many at once in a folder: each is told, a page of them at a time. */
static void
test_activity_of_a_batch(void **state)
{
	struct rig *rig = *state;
	struct id folder =
	    rig_folder(rig, rig->token, rig_admin(rig).home, "folder");
	struct folder_create args[10];
	struct answer answers[10], a;
	struct slice next = SLICE_NONE;
	const struct activity_page *page;
	char names[10][4];
	size_t n = 0;

	memset(args, 0, sizeof(args));
	for (size_t i = 0; i < 10; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%zu", i);
		SHAPE_SET(&args[i], parent, folder);
		SHAPE_SET(&args[i], name, slice_str(names[i]));
	}
	rig_do_all(rig, &rig->arena, OP_FOLDER_CREATE, rig->token, NULL, 10,
	    args, answers);
	do {
		a = activity_on(rig, rig->token, folder, next, 4);
		assert_int_equal(a.code, 0);
		page = a.result;
		for (size_t i = 0; i < page->list.n; i++)
			if (page->list.v[i].has_made) {
				assert_true(slice_eq(
				    page->list.v[i].name, slice_str(names[n])));
				n++;
			}
		next = page->has_next ? page->next : SLICE_NONE;
	} while (next.n > 0);
	assert_int_equal(n, 10);
}

/* Names of somebody who was erased are said to be. */
static void
test_activity_of_the_erased(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id folder = rig_folder(rig, rig->token, admin.home, "folder");
	struct principal_ref who = {.has_principal = true, .principal = bob.id};
	const struct activity_page *page;
	struct id file;

	(void)rig_share(rig, rig->token, folder, bob.id, RELATION_EDIT);
	file = rig_file(rig, bob.token, folder, "by bob", "");
	page = activity(rig, file);
	assert_true(slice_eq(page->list.v[0].name, SLICE("by bob")));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_PRINCIPAL_END, rig->token, &who).code,
	    0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_SUBJECT_ERASE, rig->token, &who).code,
	    0);
	page = activity(rig, file);
	expect_activity(&page->list.v[1], "file.create", OUTCOME_ALLOWED);
	assert_true(slice_eq(page->list.v[1].name, SLICE("(erased)")));
	assert_true(slice_eq(page->list.v[1].by_name, SLICE("(erased)")));
}

/* ---- export
 * ---------------------------------------------------------------------------
 */

static void
test_export(void **state)
{
	struct rig *rig = *state;
	struct rig_second second = rig_second(rig, "second");
	struct rig_person bob = rig_person(rig, "bob");
	struct id file = rig_file(rig, bob.token, bob.home, "file", "bytes");
	struct id gone = rig_file(rig, bob.token, bob.home, "gone", "bytes");
	struct export_open args = {.has_principal = true, .principal = bob.id};
	const struct export_opened *open;
	struct answer a;

	assert_int_equal(rig_trash(rig, bob.token, gone), 0);
	assert_int_equal(rig_read(rig, rig->token, file), E_NOT_FOUND);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_EXPORT_OPEN, rig->token, &args).code,
	    E_APPROVAL);
	rig_allow(rig, &second, rig->token, OP_EXPORT_OPEN, &args);
	a = rig_do(rig, &rig->arena, OP_EXPORT_OPEN, rig->token, &args);
	assert_int_equal(a.code, 0);
	open = a.result;
	assert_int_equal(open->home.n, bob.home.n);
	assert_int_equal(rig_read(rig, rig->token, file), 0);
	assert_int_equal(rig_read(rig, rig->token, gone), 0);
	/* To read, and no more. */
	assert_int_equal(rig_trash(rig, rig->token, file), E_DENIED);
	/* Each read cites the record that opened it. */
	assert_true(rig_proves(rig_last_of(rig, &rig->arena, OP_FILE_READ), 0,
	    rig_last_of(rig, &rig->arena, OP_EXPORT_OPEN)->sequence));
	assert_int_equal(rig_revoke(rig, bob.token, open->home_grant), 0);
	assert_int_equal(rig_read(rig, rig->token, file), E_NOT_FOUND);
	assert_int_equal(rig_read(rig, rig->token, gone), 0);
	rig_pass(25 * HOUR_MS);
	assert_int_equal(rig_read(rig, rig->token, gone), E_NOT_FOUND);
	args.principal = rig_admin(rig).id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_EXPORT_OPEN, rig->token, &args).code,
	    E_INVALID);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_EXPORT_OPEN, bob.token, &args).code,
	    E_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_words),
	    RIG_TEST(test_search_follows_changes),
	    RIG_TEST(test_search_is_decided),
	    RIG_TEST(test_search_pages),
	    RIG_TEST(test_search_among_many),
	    RIG_TEST(test_trash),
	    RIG_TEST(test_through_groups),
	    RIG_TEST(test_shared_with_me),
	    RIG_TEST(test_last_use),
	    RIG_TEST(test_activity),
	    RIG_TEST(test_activity_of_a_batch),
	    RIG_TEST(test_activity_of_the_erased),
	    RIG_TEST(test_export),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
