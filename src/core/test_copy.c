/* Copies, versions that come back, and how much may be stored. */
#include "unit.h"

#include <stdio.h>

#include "core/collect.h"
#include "core/test_rig.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { BIG = 100000 };

static struct answer
copy_as(struct rig *rig, const char *token, struct id node, struct id folder,
    const char *name)
{
	struct node_copy args = {.has_node = true, .node = node};

	SHAPE_SET(&args, folder, folder);
	if (name != NULL)
		SHAPE_SET(&args, name, slice_str(name));
	return rig_do(rig, &rig->arena, OP_NODE_COPY, token, &args);
}

static const struct node_made *
copied(struct rig *rig, struct id node, struct id folder, const char *name)
{
	struct answer a = copy_as(rig, rig->token, node, folder, name);

	assert_int_equal(a.code, 0);
	return a.result;
}

static struct answer
read_path(struct rig *rig, const char *token, const char *path)
{
	struct file_read args = {.has_path = true, .path = slice_str(path)};

	return rig_do(rig, &rig->arena, OP_FILE_READ, token, &args);
}

static void
expect_bytes(
    struct rig *rig, const char *token, const char *path, const char *bytes)
{
	struct answer a = read_path(rig, token, path);

	assert_int_equal(a.code, 0);
	assert_true(slice_eq(
	    ((struct file_content *)a.result)->content, slice_str(bytes)));
}

static struct id
write_file(struct rig *rig, struct id file, const char *bytes)
{
	struct file_write args = {.has_file = true, .file = file};
	struct answer a;

	SHAPE_SET(&args, content, slice_str(bytes));
	a = rig_do(rig, &rig->arena, OP_FILE_WRITE, rig->token, &args);
	assert_int_equal(a.code, 0);
	return ((struct node_made *)a.result)->version;
}

static const struct version_page *
versions(struct rig *rig, struct id file)
{
	struct version_list args = {.has_file = true, .file = file};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_VERSION_LIST, rig->token, &args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static struct answer
restore_version(struct rig *rig, const char *token, struct id version)
{
	struct version_restore args = {.has_version = true, .version = version};

	return rig_do(rig, &rig->arena, OP_VERSION_RESTORE, token, &args);
}

static int
name_version(
    struct rig *rig, const char *token, struct id version, struct slice label)
{
	struct version_name args = {.has_version = true, .version = version};

	SHAPE_SET(&args, label, label);
	return rig_do(rig, &rig->arena, OP_VERSION_NAME, token, &args).code;
}

static const struct quota *
quota(struct rig *rig, struct id principal)
{
	struct quota_get args = {.has_principal = true, .principal = principal};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_QUOTA_GET, rig->token, &args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static int
set_quota(struct rig *rig, struct id principal, const uint64_t *limit)
{
	struct quota_set args = {.has_principal = true, .principal = principal};

	if (limit != NULL)
		SHAPE_SET(&args, limit, *limit);
	return rig_do(rig, &rig->arena, OP_QUOTA_SET, rig->token, &args).code;
}

/* ---- versions
 * ---------------------------------------------------------------------- */

static void
test_restore_a_version(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id file = rig_file(rig, rig->token, admin.home, "file", "one");
	struct id first = versions(rig, file)->list.v[0].id, second;
	const struct version_page *page;
	const struct leaf *leaf;
	struct answer a;

	second = write_file(rig, file, "two, longer");
	assert_int_equal(
	    restore_version(rig, bob.token, first).code, E_NOT_FOUND);
	/* The one that is current already. */
	assert_int_equal(
	    restore_version(rig, rig->token, second).code, E_STATE);
	a = restore_version(rig, rig->token, first);
	assert_int_equal(a.code, 0);
	expect_bytes(rig, rig->token, "file", "one");
	/* Nothing is lost: it is a version more, which says whence. */
	page = versions(rig, file);
	assert_int_equal(page->list.n, 3);
	assert_int_equal(
	    page->list.v[0].id.n, ((struct node_made *)a.result)->version.n);
	assert_int_equal(page->list.v[0].size, 3);
	leaf = rig_last_of(rig, &rig->arena, OP_VERSION_RESTORE);
	assert_int_equal(leaf->objects[0].n_from, 1);
	assert_int_equal(leaf->objects[0].from[0], rig_ref(rig, first));
	assert_int_equal(quota(rig, admin.id)->used, 3 + 11 + 3);
	/* And one that isn't there. */
	assert_int_equal(
	    restore_version(rig, rig->token, (struct id){77, KIND_VERSION})
		.code,
	    E_NOT_FOUND);
}

static void
test_restore_only_if_unchanged(void **state)
{
	struct rig *rig = *state;
	struct id file =
	    rig_file(rig, rig->token, rig_admin(rig).home, "file", "one");
	struct id first = versions(rig, file)->list.v[0].id;
	struct version_restore args = {.has_version = true, .version = first};

	SHAPE_SET(&args, if_version, first);
	(void)write_file(rig, file, "two");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_VERSION_RESTORE, rig->token, &args)
		.code,
	    E_CONFLICT);
	args.if_version = write_file(rig, file, "three");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_VERSION_RESTORE, rig->token, &args)
		.code,
	    0);
}

static void
test_name_a_version(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct id file =
	    rig_file(rig, rig->token, rig_admin(rig).home, "file", "one");
	struct id first = versions(rig, file)->list.v[0].id;

	(void)rig_share(rig, rig->token, file, bob.id, RELATION_READ);
	(void)write_file(rig, file, "two");
	assert_int_equal(
	    name_version(rig, bob.token, first, SLICE("mine")), E_DENIED);
	assert_int_equal(
	    name_version(rig, rig->token, first, SLICE("as sent")), 0);
	assert_true(
	    slice_eq(versions(rig, file)->list.v[1].label, SLICE("as sent")));
	assert_false(versions(rig, file)->list.v[0].has_label);
	assert_int_equal(
	    name_version(rig, rig->token, first, SLICE("a\nb")), E_NAME);
	assert_int_equal(name_version(rig, rig->token, first, SLICE("")), 0);
	assert_false(versions(rig, file)->list.v[1].has_label);
}

/* ---- copies
 * ------------------------------------------------------------------------ */

static void
test_copy_a_file(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id a = rig_folder(rig, rig->token, admin.home, "a");
	struct id file = rig_file(rig, rig->token, admin.home, "file", "bytes");
	const struct node_made *made;
	const struct leaf *leaf;
	const char *events;

	made = copied(rig, file, a, NULL);
	assert_int_equal(made->nodes, 1);
	assert_int_equal(made->size, 5);
	expect_bytes(rig, rig->token, "a/file", "bytes");
	(void)copied(rig, file, a, "other");
	expect_bytes(rig, rig->token, "a/other", "bytes");
	assert_int_equal(
	    copy_as(rig, rig->token, file, a, NULL).code, E_EXISTS);
	assert_int_equal(copy_as(rig, rig->token, file, a, "a/b").code, E_NAME);
	assert_int_equal(
	    copy_as(rig, rig->token, file, admin.trash, NULL).code, E_STATE);
	assert_int_equal(
	    copy_as(rig, rig->token, admin.home, a, NULL).code, E_STATE);
	/* The two have lives of their own. */
	(void)write_file(rig, made->id, "others");
	expect_bytes(rig, rig->token, "file", "bytes");
	/* It says what it comes from, and its name is known. */
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_COPY);
	assert_int_equal(leaf->objects[0].outcome, E_STATE);
	assert_int_equal(rig_read(rig, rig->token, made->id), 0);
	events = rig_render(rig, rig_last(rig));
	assert_non_null(strstr(events, "read the file “file”"));
	/* To read is needed here, to edit there. */
	assert_int_equal(
	    copy_as(rig, bob.token, file, bob.home, NULL).code, E_NOT_FOUND);
	(void)rig_share(rig, rig->token, file, bob.id, RELATION_READ);
	assert_int_equal(
	    copy_as(rig, bob.token, file, a, "bobs").code, E_NOT_FOUND);
	assert_int_equal(copy_as(rig, bob.token, file, bob.home, NULL).code, 0);
	expect_bytes(rig, bob.token, "file", "bytes");
}

static void
test_copy_a_tree(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id a = rig_folder(rig, rig->token, home, "a");
	struct id b = rig_folder(rig, rig->token, a, "b");
	struct id c = rig_folder(rig, rig->token, b, "c");
	struct id to = rig_folder(rig, rig->token, home, "to");
	struct id gone = rig_file(rig, rig->token, a, "gone", "gone");
	const struct leaf *leaf;
	const struct leaf_object *o;

	(void)rig_file(rig, rig->token, a, "1", "one");
	(void)rig_file(rig, rig->token, b, "2", "two");
	(void)rig_file(rig, rig->token, c, "3", "three");
	assert_int_equal(rig_trash(rig, rig->token, gone), 0);
	/* Not into itself, however deep. */
	assert_int_equal(copy_as(rig, rig->token, a, a, "x").code, E_LOOP);
	assert_int_equal(copy_as(rig, rig->token, a, c, NULL).code, E_LOOP);
	assert_int_equal(copied(rig, a, to, NULL)->nodes, 6);
	expect_bytes(rig, rig->token, "to/a/1", "one");
	expect_bytes(rig, rig->token, "to/a/b/2", "two");
	expect_bytes(rig, rig->token, "to/a/b/c/3", "three");
	assert_int_equal(
	    read_path(rig, rig->token, "to/a/gone").code, E_NOT_FOUND);
	/* Beside itself, under another name. */
	assert_int_equal(
	    copy_as(rig, rig->token, a, home, NULL).code, E_EXISTS);
	(void)copied(rig, a, home, "a2");
	expect_bytes(rig, rig->token, "a2/b/c/3", "three");
	/* Each names what it comes from: the version, too, of a file. */
	leaf = rig_last_of(rig, &rig->arena, OP_NODE_COPY);
	o = &leaf->objects[0];
	assert_int_equal(o->n_from, 6 + 3);
	assert_int_equal(o->from[0], rig_ref(rig, a));
	assert_int_equal(o->n_texts, 6);
}

/* Names of what was copied are known when it is used. */
static void
test_names_of_copies(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id a = rig_folder(rig, rig->token, home, "a");
	struct id b = rig_folder(rig, rig->token, a, "inner");

	(void)rig_file(rig, rig->token, b, "leaf.txt", "bytes");
	(void)copied(rig, a, home, "top");
	expect_bytes(rig, rig->token, "top/inner/leaf.txt", "bytes");
	assert_non_null(
	    strstr(rig_render(rig, rig_last(rig)), "read the file “leaf.txt”"));
}

/* More than one operation copies is refused, and says so. */
static void
test_copy_too_much(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id a = rig_folder(rig, rig->token, home, "a");
	struct folder_create *args =
	    arena_alloc(&rig->arena, 500 * sizeof(*args));
	struct answer *answers =
	    arena_alloc(&rig->arena, 500 * sizeof(*answers));
	char(*names)[16] = arena_alloc(&rig->arena, 500 * sizeof(*names));

	for (size_t i = 0; i < 500; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%zu", i);
		SHAPE_SET(&args[i], parent, a);
		SHAPE_SET(&args[i], name, slice_str(names[i]));
	}
	rig_do_all(rig, &rig->arena, OP_FOLDER_CREATE, rig->token, NULL, 499,
	    args, answers);
	assert_int_equal(answers[498].code, 0);
	assert_int_equal(copied(rig, a, home, "b")->nodes, 500);
	rig_do_all(rig, &rig->arena, OP_FOLDER_CREATE, rig->token, NULL, 1,
	    &args[499], answers);
	assert_int_equal(answers[0].code, 0);
	assert_int_equal(copy_as(rig, rig->token, a, home, "c").code, E_TREE);
}

/* As many files as it may be, with long names, fit one record. */
static void
test_copy_much(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id a = rig_folder(rig, rig->token, home, "a");
	struct file_create *args =
	    arena_alloc(&rig->arena, 499 * sizeof(*args));
	struct answer *answers =
	    arena_alloc(&rig->arena, 499 * sizeof(*answers));
	char(*names)[256] = arena_alloc(&rig->arena, 499 * sizeof(*names));

	for (size_t i = 0; i < 499; i++) {
		memset(names[i], 'x', 255);
		(void)snprintf(names[i], 16, "%zu", i);
		names[i][strlen(names[i])] = '-';
		SHAPE_SET(&args[i], parent, a);
		SHAPE_SET(&args[i], name, slice_of(names[i], 255));
		SHAPE_SET(&args[i], content, SLICE("x"));
	}
	rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL, 250,
	    args, answers);
	rig_do_all(rig, &rig->arena, OP_FILE_CREATE, rig->token, NULL, 249,
	    args + 250, answers + 250);
	for (size_t i = 0; i < 499; i++)
		assert_int_equal(answers[i].code, 0);
	assert_int_equal(copied(rig, a, home, "b")->nodes, 500);
	assert_non_null(rig_render(rig, rig_last(rig)));
}

static void
test_copy_too_deep(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home, at = home;
	struct id a = rig_folder(rig, rig->token, home, "a");
	struct id b = rig_folder(rig, rig->token, a, "b");

	for (size_t i = 0; i < 62; i++)
		at = rig_folder(rig, rig->token, at, "deep");
	assert_int_equal(copy_as(rig, rig->token, a, at, NULL).code, 0);
	(void)rig_folder(rig, rig->token, b, "c");
	assert_int_equal(
	    copy_as(rig, rig->token, a, at, "again").code, E_DEPTH);
}

/* Bytes in blobs are shared, and stay as long as anybody has them. */
static void
test_copies_keep_bytes(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct file_create args = {.has_parent = true, .parent = admin.home};
	struct collected done;
	struct id file, copy;
	struct answer a;

	SHAPE_SET(&args, name, SLICE("big"));
	SHAPE_SET(&args, upload, rig_upload(rig, rig->token, BIG, 'a'));
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	file = ((struct node_made *)a.result)->id;
	(void)rig_share(rig, rig->token, file, bob.id, RELATION_READ);
	a = copy_as(rig, bob.token, file, bob.home, NULL);
	assert_int_equal(a.code, 0);
	copy = ((struct node_made *)a.result)->id;
	assert_int_equal(quota(rig, bob.id)->used, BIG);
	assert_int_equal(quota(rig, admin.id)->used, BIG);
	/* The original goes for good; the copy is still read. */
	assert_int_equal(rig_trash(rig, rig->token, file), 0);
	assert_int_equal(rig_purge(rig, rig->token, file), 0);
	for (int day = 0; day < 40; day++) {
		rig_pass(DAY_MS);
		rig_system(rig, OP_BLOB_COLLECT, collect_due, &done);
	}
	assert_int_equal(quota(rig, admin.id)->used, 0);
	assert_int_equal(rig->dropped, 0);
	assert_int_equal(rig_read(rig, bob.token, copy), 0);
	/* With the last one the bytes go. */
	assert_int_equal(rig_trash(rig, bob.token, copy), 0);
	assert_int_equal(rig_purge(rig, bob.token, copy), 0);
	for (int day = 0; day < 40; day++) {
		rig_pass(DAY_MS);
		rig_system(rig, OP_BLOB_COLLECT, collect_due, &done);
	}
	assert_int_equal(rig->dropped, 1);
	assert_int_equal(quota(rig, bob.id)->used, 0);
}

/* ---- quotas
 * ------------------------------------------------------------------------ */

static void
test_quota_of_one(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct id file, folder;
	struct quota_get ask = {.has_principal = true, .principal = bob.id};
	struct file_create more = {.has_parent = true, .parent = bob.home};

	rig->config.quota_bytes = 100;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	assert_int_equal(quota(rig, bob.id)->limit, 100);
	assert_false(quota(rig, bob.id)->own);
	assert_int_equal(set_quota(rig, bob.id, &(uint64_t){10}), 0);
	assert_int_equal(quota(rig, bob.id)->limit, 10);
	assert_true(quota(rig, bob.id)->own);
	file = rig_file(rig, bob.token, bob.home, "file", "123456");
	SHAPE_SET(&more, name, SLICE("more"));
	SHAPE_SET(&more, content, SLICE("12345"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, bob.token, &more).code,
	    E_OVER_QUOTA);
	/* A copy counts, and what lies in the trash does. */
	folder = rig_folder(rig, bob.token, bob.home, "folder");
	assert_int_equal(
	    copy_as(rig, bob.token, file, folder, NULL).code, E_OVER_QUOTA);
	assert_int_equal(rig_trash(rig, bob.token, file), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, bob.token, &more).code,
	    E_OVER_QUOTA);
	/* One's own everybody knows, others' who manages them. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_QUOTA_GET, bob.token, &ask).code, 0);
	ask.principal = rig_admin(rig).id;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_QUOTA_GET, bob.token, &ask).code,
	    E_DENIED);
	assert_int_equal(set_quota(rig, bob.id, &(uint64_t){0}), 0);
	assert_false(quota(rig, bob.id)->has_limit);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, bob.token, &more).code, 0);
	assert_int_equal(set_quota(rig, bob.id, NULL), 0);
	assert_int_equal(quota(rig, bob.id)->limit, 100);
	assert_int_equal(
	    set_quota(rig, (struct id){77, KIND_PRINCIPAL}, NULL), E_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_restore_a_version),
	    RIG_TEST(test_restore_only_if_unchanged),
	    RIG_TEST(test_name_a_version),
	    RIG_TEST(test_copy_a_file),
	    RIG_TEST(test_copy_a_tree),
	    RIG_TEST(test_names_of_copies),
	    RIG_TEST(test_copy_too_much),
	    RIG_TEST(test_copy_much),
	    RIG_TEST(test_copy_too_deep),
	    RIG_TEST(test_copies_keep_bytes),
	    RIG_TEST(test_quota_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
