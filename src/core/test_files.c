/* Files and folders, as their owner sees them. */
#include "unit.h"

#include <stdio.h>

#include "core/apps/files/files.h"
#include "core/test_rig.h"

#define ANY_NAME SLICE("name")

static struct answer
create(struct rig *rig, struct id parent, struct slice name,
    struct slice content, bool replace)
{
	struct file_create args = {.has_parent = true, .parent = parent};

	SHAPE_SET(&args, name, name);
	SHAPE_SET(&args, content, content);
	if (replace)
		SHAPE_SET(&args, replace, true);
	return rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args);
}

static int
create_code(struct rig *rig, struct id parent, struct slice name)
{
	return create(rig, parent, name, SLICE(""), false).code;
}

static struct answer
read_path(struct rig *rig, struct slice path)
{
	struct file_read args = {.has_path = true, .path = path};

	return rig_do(rig, &rig->arena, OP_FILE_READ, rig->token, &args);
}

static const struct node *
get(struct rig *rig, struct id id)
{
	struct node_ref args = {.has_node = true, .node = id};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_NODE_GET, rig->token, &args);

	assert_int_equal(a.code, 0);
	return a.result;
}

static int
rename_to(struct rig *rig, struct id id, struct slice name)
{
	struct node_rename args = {.has_node = true, .node = id};

	SHAPE_SET(&args, name, name);
	return rig_do(rig, &rig->arena, OP_NODE_RENAME, rig->token, &args).code;
}

static int
restore(struct rig *rig, struct id id, const struct id *folder)
{
	struct node_restore args = {.has_node = true, .node = id};

	if (folder != NULL)
		SHAPE_SET(&args, folder, *folder);
	return rig_do(rig, &rig->arena, OP_NODE_RESTORE, rig->token, &args)
	    .code;
}

static const struct node_page *
list(struct rig *rig, struct id folder, struct slice after, uint64_t limit)
{
	struct folder_list args = {.has_folder = true, .folder = folder};
	struct answer a;

	if (after.n > 0)
		SHAPE_SET(&args, after, after);
	if (limit > 0)
		SHAPE_SET(&args, limit, limit);
	a = rig_do(rig, &rig->arena, OP_FOLDER_LIST, rig->token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

static int64_t
target_of(struct rig *rig, enum op_number op)
{
	const struct leaf *leaf = rig_last_of(rig, &rig->arena, op);
	int64_t target = 0;

	assert_true(rig_number(&leaf->objects[0], FACT_TARGET, &target));
	return target;
}

/* ---- names
 * --------------------------------------------------------------------- */

static void
test_names_that_can_be(void **state)
{
	const struct slice names[] = {
	    SLICE("a"),
	    SLICE("..."),
	    SLICE(" "),
	    SLICE("a\\b:c*?\"<>|"),
	    SLICE(".hidden"),
	    SLICE("na\xc3\xafve"),
	    SLICE("\xf0\x9f\x93\x84.pdf"),
	};
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	char longest[255];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(create_code(rig, home, names[i]), 0);
		assert_int_equal(create_code(rig, home, names[i]), E_EXISTS);
	}
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(
	    create_code(rig, home, slice_of(longest, sizeof(longest))), 0);
}

static void
test_names_that_can_not(void **state)
{
	const struct {
		struct slice name;
		int code;
	} rows[] = {
	    {SLICE(""), E_NAME}, {SLICE("."), E_NAME}, {SLICE(".."), E_NAME},
	    {SLICE("a/b"), E_NAME}, {SLICE("/"), E_NAME},
	    {SLICE("a\0b"), E_NAME}, {SLICE("a\nb"), E_NAME},
	    {SLICE("a\x1f"), E_NAME}, {SLICE("a\x7f"), E_NAME},
	    {SLICE("a\xc2\x85"), E_NAME}, /* U+0085 */
	    {SLICE("a\xff"), E_UTF8}, {SLICE("a\xc3"), E_UTF8},
	    {SLICE("\xc0\xaf"), E_UTF8},     /* an overlong slash */
	    {SLICE("\xed\xa0\x80"), E_UTF8}, /* a surrogate */
	};
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id file = rig_file(rig, rig->token, home, "file", "some bytes");
	char longer[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(
		    create_code(rig, home, rows[i].name), rows[i].code);
		assert_int_equal(
		    rename_to(rig, file, rows[i].name), rows[i].code);
	}
	memset(longer, 'x', sizeof(longer));
	assert_true(
	    create_code(rig, home, slice_of(longer, sizeof(longer))) < 0);
	assert_int_equal(list(rig, home, SLICE_NONE, 0)->list.n, 1);
}

/* What looks the same is the same: composed or not. It is kept as it came. */
static void
test_names_in_two_forms(void **state)
{
	const struct slice composed = SLICE("caf\xc3\xa9"),
			   apart = SLICE("cafe\xcc\x81");
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct answer a = create(rig, home, apart, SLICE("bytes"), false);

	assert_int_equal(a.code, 0);
	assert_int_equal(create_code(rig, home, composed), E_EXISTS);
	assert_int_equal(read_path(rig, composed).code, 0);
	assert_true(slice_eq(
	    get(rig, ((struct node_made *)a.result)->id)->name, apart));
	/* Capital letters are others. */
	assert_int_equal(create_code(rig, home, SLICE("CAF\xc3\x89")), 0);
}

/* ---- paths
 * ---------------------------------------------------------------------- */

static void
test_paths(void **state)
{
	const struct {
		struct slice path;
		int code;
	} rows[] = {
	    {SLICE("top/inner/file"), 0},
	    {SLICE("/top//inner/file"), 0},
	    {SLICE("top/inner/file/"), 0},
	    {SLICE("top/inner/none"), E_NOT_FOUND},
	    {SLICE("top/../top/inner/file"), E_NOT_FOUND},
	    {SLICE("../file"), E_NOT_FOUND},
	    {SLICE("top/inner/file/below"), E_NOT_FOUND},
	    {SLICE("top/inner"), E_KIND},
	    {SLICE(""), E_KIND},
	};
	struct rig *rig = *state;
	struct id top = rig_folder(rig, rig->token, rig_admin(rig).home, "top");
	struct id inner = rig_folder(rig, rig->token, top, "inner");
	struct folder_list args = {.has_path = true};

	(void)rig_file(rig, rig->token, inner, "file", "some bytes");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
		    read_path(rig, rows[i].path).code, rows[i].code);
	args.path = SLICE("top/inner/file");
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, rig->token, &args).code,
	    E_KIND);
	/* By id and by path at once is neither. */
	SHAPE_SET(&args, folder, top);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_LIST, rig->token, &args).code,
	    E_INVALID);
}

/* An id of one kind is not taken for another. */
static void
test_ids_of_another_kind(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id file =
	    rig_file(rig, rig->token, admin.home, "file", "some bytes");

	assert_int_equal(
	    create_code(rig, (struct id){file.n, KIND_FOLDER}, ANY_NAME),
	    E_NOT_FOUND);
	assert_int_equal(
	    rig_read(rig, rig->token, (struct id){admin.home.n, KIND_FILE}),
	    E_NOT_FOUND);
	assert_int_equal(rig_read(rig, rig->token, admin.home), E_KIND);
	assert_int_equal(rig_read(rig, rig->token, admin.id), E_KIND);
}

/* ---- lists
 * ------------------------------------------------------------------------ */

/* Pages follow each other without gap or repeat, whatever comes between. */
static void
test_pages_of_a_folder(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct slice after = SLICE_NONE;
	const struct node_page *page;
	char name[16], last[16] = "";
	size_t seen = 0, pages = 0;

	for (unsigned i = 0; i < 25; i++) {
		(void)snprintf(name, sizeof(name), "file-%02u", i * 7 % 25);
		(void)rig_file(rig, rig->token, home, name, "");
	}
	do {
		page = list(rig, home, after, 10);
		for (size_t i = 0; i < page->list.n; i++, seen++) {
			(void)snprintf(name, sizeof(name), "%.*s",
			    SLICE_ARG(page->list.v[i].name));
			assert_true(strcmp(name, last) > 0);
			memcpy(last, name, sizeof(last));
		}
		after = page->has_next ? page->next : SLICE_NONE;
		/* What comes before the cursor changes nothing behind it. */
		if (pages++ == 0)
			(void)rig_file(rig, rig->token, home, "a", "");
	} while (after.n > 0);
	assert_int_equal(pages, 3);
	assert_int_equal(seen, 25);
}

/* ---- versions
 * ---------------------------------------------------------------------- */

static void
test_versions(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home, first, second;
	struct answer a = create(rig, home, ANY_NAME, SLICE("one"), false);
	struct node_made *made = a.result;
	struct version_list versions = {.has_file = true, .file = made->id};
	struct file_read read = {.has_file = true};
	struct version_page *page;
	const struct leaf *leaf;

	assert_int_equal(a.code, 0);
	first = made->version;
	assert_int_equal(
	    create(rig, home, ANY_NAME, SLICE("two!"), false).code, E_EXISTS);
	a = create(rig, home, ANY_NAME, SLICE("two!"), true);
	assert_int_equal(a.code, 0);
	made = a.result;
	second = made->version;
	assert_true(made->existed);
	assert_int_equal(made->id.n, versions.file.n);
	assert_int_not_equal(second.n, first.n);
	assert_int_equal(get(rig, made->id)->version.n, second.n);
	assert_int_equal(get(rig, made->id)->size, 4);

	a = rig_do(rig, &rig->arena, OP_VERSION_LIST, rig->token, &versions);
	page = a.result;
	assert_int_equal(page->list.n, 2);
	assert_int_equal(page->list.v[0].id.n, second.n);
	assert_int_equal(page->list.v[1].id.n, first.n);
	/* The older one is still read by its id, and the record tells it. */
	read.file = first;
	a = rig_do(rig, &rig->arena, OP_FILE_READ, rig->token, &read);
	assert_int_equal(a.code, 0);
	assert_true(
	    slice_eq(((struct file_content *)a.result)->content, SLICE("one")));
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_READ);
	assert_int_equal(leaf->objects[0].from[0], rig_ref(rig, first));
}

/* A version is one of its file, not of any. */
static void
test_version_of_another_file(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct answer a =
	    create(rig, admin.home, ANY_NAME, SLICE("secret"), false);
	struct node_made *made = a.result;
	struct file_read read = {.has_file = true};

	assert_int_equal(a.code, 0);
	read.file = rig_file(rig, bob.token, bob.home, "mine", "mine");
	SHAPE_SET(&read, version, made->version);
	a = rig_do(rig, &rig->arena, OP_FILE_READ, bob.token, &read);
	assert_int_equal(a.code, E_NOT_FOUND);
	assert_int_equal(rig_read(rig, bob.token, made->version), E_NOT_FOUND);
}

/* Only if it is still what the client saw (If-Match). */
static void
test_only_if_unchanged(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct answer a = create(rig, home, ANY_NAME, SLICE("one"), false);
	struct node_made *made = a.result;
	struct file_write write = {.has_file = true, .file = made->id};
	struct file_create replace = {.has_parent = true, .parent = home};

	SHAPE_SET(&write, content, SLICE("two"));
	SHAPE_SET(&write, if_version, made->version);
	SHAPE_SET(&replace, name, ANY_NAME);
	SHAPE_SET(&replace, content, SLICE("three"));
	SHAPE_SET(&replace, replace, true);
	SHAPE_SET(&replace, if_version, made->version);
	a = rig_do(rig, &rig->arena, OP_FILE_WRITE, rig->token, &write);
	assert_int_equal(a.code, 0);
	a = rig_do(rig, &rig->arena, OP_FILE_WRITE, rig->token, &write);
	assert_int_equal(a.code, E_CONFLICT);
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &replace);
	assert_int_equal(a.code, E_CONFLICT);
	/* Nor is one made where the client thought that there was one. */
	replace.name = SLICE("another");
	a = rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &replace);
	assert_int_equal(a.code, E_CONFLICT);
	a = read_path(rig, ANY_NAME);
	assert_true(
	    slice_eq(((struct file_content *)a.result)->content, SLICE("two")));
}

static void
test_a_folder_is_not_replaced(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct folder_create args = {.has_parent = true, .parent = home};
	struct id folder = rig_folder(rig, rig->token, home, "name");
	struct answer a;

	assert_int_equal(
	    create(rig, home, ANY_NAME, SLICE(""), true).code, E_EXISTS);
	SHAPE_SET(&args, name, ANY_NAME);
	SHAPE_SET(&args, exist_ok, true);
	a = rig_do(rig, &rig->arena, OP_FOLDER_CREATE, rig->token, &args);
	assert_int_equal(a.code, 0);
	assert_int_equal(((struct node_made *)a.result)->id.n, folder.n);
	assert_true(((struct node_made *)a.result)->existed);
	(void)rig_file(rig, rig->token, home, "file", "");
	args.name = SLICE("file");
	a = rig_do(rig, &rig->arena, OP_FOLDER_CREATE, rig->token, &args);
	assert_int_equal(a.code, E_EXISTS);
}

/* ---- places
 * -------------------------------------------------------------------------- */

static void
test_rename(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id one = rig_file(rig, rig->token, home, "one", "1");

	(void)rig_file(rig, rig->token, home, "two", "2");
	assert_int_equal(rename_to(rig, one, SLICE("two")), E_EXISTS);
	assert_int_equal(rename_to(rig, one, SLICE("one")), 0);
	assert_int_equal(rename_to(rig, one, SLICE("three")), 0);
	assert_int_equal(read_path(rig, SLICE("one")).code, E_NOT_FOUND);
	assert_int_equal(read_path(rig, SLICE("three")).code, 0);
	assert_int_equal(rename_to(rig, home, SLICE("mine")), E_STATE);
}

static void
test_move(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id a = rig_folder(rig, rig->token, admin.home, "a");
	struct id b = rig_folder(rig, rig->token, a, "b");
	struct id c = rig_folder(rig, rig->token, b, "c");
	struct id file = rig_file(rig, rig->token, c, "file", "bytes");

	/* No folder goes into itself, however deep. */
	assert_int_equal(rig_move(rig, rig->token, a, a), E_LOOP);
	assert_int_equal(rig_move(rig, rig->token, a, b), E_LOOP);
	assert_int_equal(rig_move(rig, rig->token, a, c), E_LOOP);
	assert_int_equal(rig_move(rig, rig->token, admin.home, a), E_STATE);
	assert_int_equal(rig_move(rig, rig->token, file, admin.trash), E_STATE);
	assert_int_equal(rig_move(rig, rig->token, c, admin.home), 0);
	assert_int_equal(
	    target_of(rig, OP_NODE_MOVE), (int64_t)rig_ref(rig, admin.home));
	assert_int_equal(read_path(rig, SLICE("c/file")).code, 0);
	assert_int_equal(read_path(rig, SLICE("a/b/c/file")).code, E_NOT_FOUND);
	(void)rig_folder(rig, rig->token, b, "c");
	assert_int_equal(rig_move(rig, rig->token, c, b), E_EXISTS);
}

/* Two moves at once that would make a circle: one of them is refused. */
static void
test_moves_that_cross(void **state)
{
	struct rig *rig = *state;
	struct id home = rig_admin(rig).home;
	struct id a = rig_folder(rig, rig->token, home, "a");
	struct id b = rig_folder(rig, rig->token, home, "b");
	struct node_move moves[2] = {
	    {.has_node = true, .node = a, .has_folder = true, .folder = b},
	    {.has_node = true, .node = b, .has_folder = true, .folder = a}};
	struct answer answers[2];

	rig_do_all(rig, &rig->arena, OP_NODE_MOVE, rig->token, NULL, 2, moves,
	    answers);
	assert_int_equal(answers[0].code, 0);
	assert_int_equal(answers[1].code, E_LOOP);
}

/* To another's folder a thing is not moved: whose it is would change. */
static void
test_move_to_anothers(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id file = rig_file(rig, rig->token, admin.home, "file", "");
	struct id shared = rig_folder(rig, bob.token, bob.home, "shared");

	(void)rig_share(rig, bob.token, shared, admin.id, RELATION_EDIT);
	assert_int_equal(rig_move(rig, rig->token, file, shared), E_STATE);
}

/* ---- nesting
 * ---------------------------------------------------------------------------
 */

/* 64 folders in each other, files in the last; for who it is shared with too.
 */
static void
test_nesting(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id at = admin.home, other, file;
	struct folder_create deeper = {.has_parent = true};

	for (size_t i = 0; i < FILES_DEPTH_MAX; i++)
		at = rig_folder(rig, rig->token, at, "f");
	file = rig_file(rig, rig->token, at, "file", "bytes");
	assert_int_equal(rig_read(rig, rig->token, file), 0);
	deeper.parent = at;
	SHAPE_SET(&deeper, name, SLICE("g"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_CREATE, rig->token, &deeper)
		.code,
	    E_DEPTH);
	(void)rig_share(rig, rig->token, at, bob.id, RELATION_EDIT);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FOLDER_CREATE, bob.token, &deeper).code,
	    E_DEPTH);
	assert_int_equal(rig_read(rig, bob.token, file), 0);
	other = rig_folder(rig, rig->token, admin.home, "other");
	assert_int_equal(rig_move(rig, rig->token, other, at), E_DEPTH);
	/* The proof of what lies deepest stands in its record, whole. */
	assert_true(rig_proves(rig_last_of(rig, &rig->arena, OP_FILE_READ), 0,
	    ref_sequence(rig_ref(rig, at))));
}

/* ---- the trash
 * ----------------------------------------------------------------------------
 */

static void
test_trash_and_restore(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id folder = rig_folder(rig, rig->token, admin.home, "folder");
	struct id file = rig_file(rig, rig->token, folder, "file", "bytes");
	struct id twin;

	assert_int_equal(rig_trash(rig, rig->token, file), 0);
	assert_int_equal(
	    target_of(rig, OP_NODE_TRASH), (int64_t)rig_ref(rig, admin.trash));
	assert_true(get(rig, file)->trashed);
	assert_int_equal(
	    read_path(rig, SLICE("folder/file")).code, E_NOT_FOUND);
	assert_int_equal(rig_trash(rig, rig->token, file), E_STATE);
	assert_int_equal(rename_to(rig, file, SLICE("other")), E_STATE);
	assert_int_equal(rig_move(rig, rig->token, file, admin.home), E_STATE);

	/* Another of that name may be thrown away, too, and come in its place.
	 */
	twin = rig_file(rig, rig->token, folder, "file", "other bytes");
	assert_int_equal(rig_trash(rig, rig->token, twin), 0);
	assert_int_equal(list(rig, admin.trash, SLICE_NONE, 0)->list.n, 2);
	assert_int_equal(restore(rig, file, NULL), 0);
	assert_int_equal(
	    target_of(rig, OP_NODE_RESTORE), (int64_t)rig_ref(rig, folder));
	assert_int_equal(get(rig, file)->parent.n, folder.n);
	assert_int_equal(restore(rig, file, NULL), E_STATE);
	assert_int_equal(restore(rig, twin, NULL), E_EXISTS);
	assert_int_equal(restore(rig, twin, &admin.home), 0);
	assert_int_equal(read_path(rig, SLICE("file")).code, 0);
}

/* Where it was may be gone: then somebody says where to. */
static void
test_restore_without_its_folder(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id folder = rig_folder(rig, rig->token, admin.home, "folder");
	struct id file = rig_file(rig, rig->token, folder, "file", "bytes");

	assert_int_equal(rig_trash(rig, rig->token, file), 0);
	assert_int_equal(rig_trash(rig, rig->token, folder), 0);
	assert_int_equal(restore(rig, file, NULL), E_STATE);
	assert_int_equal(rig_purge(rig, rig->token, folder), 0);
	assert_int_equal(restore(rig, file, NULL), E_STATE);
	assert_int_equal(restore(rig, file, &folder), E_NOT_FOUND);
	assert_int_equal(restore(rig, file, &admin.trash), E_STATE);
	assert_int_equal(restore(rig, file, &admin.home), 0);
}

/* Nothing new comes into the trash, where nobody could take it out. */
static void
test_nothing_is_made_in_the_trash(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id folder = rig_folder(rig, rig->token, admin.home, "folder");
	struct id inner = rig_folder(rig, rig->token, folder, "inner");
	struct id file = rig_file(rig, rig->token, admin.home, "file", "");
	struct id space = rig_id(rig, KIND_FOLDER, rig_ref(rig, admin.id) + 1);

	assert_int_equal(rig_trash(rig, rig->token, folder), 0);
	assert_int_equal(create_code(rig, admin.trash, ANY_NAME), E_STATE);
	assert_int_equal(create_code(rig, folder, ANY_NAME), E_STATE);
	assert_int_equal(create_code(rig, inner, ANY_NAME), E_STATE);
	assert_int_equal(rig_move(rig, rig->token, file, inner), E_STATE);
	/* Nor beside the home, above which there is nothing to see. */
	assert_int_equal(create_code(rig, space, ANY_NAME), E_STATE);
	assert_int_equal(rig_move(rig, rig->token, file, space), E_STATE);
}

static void
test_purge(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	struct id folder = rig_folder(rig, rig->token, admin.home, "folder");
	struct id file = rig_file(rig, rig->token, folder, "file", "bytes");

	assert_int_equal(rig_purge(rig, rig->token, folder), E_STATE);
	assert_int_equal(rig_trash(rig, rig->token, folder), 0);
	assert_int_equal(rig_read(rig, rig->token, file), 0);
	assert_int_equal(rig_purge(rig, rig->token, file), E_STATE);
	assert_int_equal(rig_purge(rig, rig->token, folder), 0);
	assert_int_equal(rig_read(rig, rig->token, file), E_NOT_FOUND);
	assert_int_equal(rig_purge(rig, rig->token, folder), E_NOT_FOUND);
	assert_int_equal(restore(rig, folder, NULL), E_NOT_FOUND);
	assert_int_equal(rig_purge(rig, rig->token, admin.home), E_STATE);
	assert_int_equal(rig_purge(rig, rig->token, admin.trash), E_STATE);
}

/* ---- uploads and quota
 * ------------------------------------------------------------------------ */

static struct answer
create_from(struct rig *rig, const char *token, struct id parent,
    struct slice name, struct id upload)
{
	struct file_create args = {.has_parent = true, .parent = parent};

	SHAPE_SET(&args, name, name);
	SHAPE_SET(&args, upload, upload);
	return rig_do(rig, &rig->arena, OP_FILE_CREATE, token, &args);
}

static void
test_uploads(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id upload = rig_upload(rig, rig->token, 100000, 'a');
	struct file_create both = {.has_parent = true, .parent = admin.home};
	const struct leaf *leaf;

	/* Whose it is, is part of what it is. */
	assert_int_equal(
	    create_from(rig, bob.token, bob.home, ANY_NAME, upload).code,
	    E_NOT_FOUND);
	SHAPE_SET(&both, name, ANY_NAME);
	SHAPE_SET(&both, upload, upload);
	SHAPE_SET(&both, content, SLICE("bytes"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &both).code,
	    E_INVALID);
	assert_int_equal(
	    create_from(rig, rig->token, admin.home, ANY_NAME, upload).code, 0);
	leaf = rig_last_of(rig, &rig->arena, OP_FILE_CREATE);
	assert_int_equal(leaf->objects[0].from[0], rig_ref(rig, upload));
	/* It is used up. */
	assert_int_equal(
	    create_from(rig, rig->token, admin.home, SLICE("again"), upload)
		.code,
	    E_STATE);
	assert_int_equal(create_from(rig, rig->token, admin.home,
			     SLICE("again"), (struct id){77, KIND_UPLOAD})
			     .code,
	    E_NOT_FOUND);
}

/* Few bytes come with the call; what is made of them stands in the database. */
static void
test_uploads_of_few_bytes(void **state)
{
	const struct slice bytes[] = {SLICE("hello"), SLICE("")};
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		struct id upload = rig_upload_few(rig, rig->token, bytes[i]);
		struct slice name = slice_first(SLICE("ab"), i + 1);
		const struct file_content *content;
		const struct leaf *leaf;

		leaf = rig_last_of(rig, &rig->arena, OP_UPLOAD_STORE);
		assert_int_equal(leaf->objects[0].ref, rig_ref(rig, admin.id));
		assert_int_equal(
		    create_from(rig, bob.token, bob.home, name, upload).code,
		    E_NOT_FOUND);
		assert_int_equal(
		    create_from(rig, rig->token, admin.home, name, upload).code,
		    0);
		leaf = rig_last_of(rig, &rig->arena, OP_FILE_CREATE);
		assert_int_equal(
		    leaf->objects[0].from[0], rig_ref(rig, upload));
		assert_int_equal(
		    leaf->objects[0].ended[0], rig_ref(rig, upload));
		content = read_path(rig, name).result;
		assert_true(content->has_content && !content->has_stream);
		assert_true(slice_eq(content->content, bytes[i]));
		assert_int_equal(create_from(rig, rig->token, admin.home,
				     SLICE("again"), upload)
				     .code,
		    E_STATE);
	}
}

static void
test_uploads_of_few_bytes_refused(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");
	struct upload_store args = {.has_content = true};
	static const uint8_t many[FILES_INLINE_MAX + 1];

	args.content = slice_of(many, FILES_INLINE_MAX);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UPLOAD_STORE, rig->token, &args).code,
	    0);
	SHAPE_SET(&args, account, bob.id);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UPLOAD_STORE, rig->token, &args).code,
	    E_NOT_FOUND);
	args.has_account = false;
	SHAPE_SET(&args, type, SLICE("no type"));
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UPLOAD_STORE, rig->token, &args).code,
	    E_INVALID);
	args.has_type = false;
	args.content.n++;
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_UPLOAD_STORE, rig->token, &args).code,
	    E_LIMIT);
}

/* The same bytes twice are stored once, of one owner; another has their own. */
static void
test_same_bytes(void **state)
{
	struct rig *rig = *state;
	struct rig_person bob = rig_person(rig, "bob");

	(void)rig_upload(rig, rig->token, 100000, 'a');
	assert_int_equal(rig->dropped, 0);
	(void)rig_upload(rig, rig->token, 100000, 'a');
	assert_int_equal(rig->dropped, 1);
	(void)rig_upload(rig, bob.token, 100000, 'a');
	assert_int_equal(rig->dropped, 1);
}

static void
test_quota(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig), bob = rig_person(rig, "bob");
	struct id shared;

	rig->config.quota_bytes = 10;
	assert_int_equal(engine_reload(rig->engine, &rig->config), 0);
	assert_int_equal(
	    create(rig, admin.home, ANY_NAME, SLICE("12345678"), false).code,
	    0);
	assert_int_equal(
	    create(rig, admin.home, SLICE("b"), SLICE("123"), false).code,
	    E_OVER_QUOTA);
	assert_int_equal(
	    create(rig, admin.home, SLICE("b"), SLICE("12"), false).code, 0);
	/* Versions count, each of them. */
	assert_int_equal(
	    create(rig, admin.home, ANY_NAME, SLICE("1"), true).code,
	    E_OVER_QUOTA);
	assert_int_equal(create_from(rig, rig->token, admin.home, SLICE("c"),
			     rig_upload(rig, rig->token, 100000, 'a'))
			     .code,
	    E_OVER_QUOTA);
	/* Whose folder it is, not who puts something there. */
	shared = rig_folder(rig, bob.token, bob.home, "shared");
	(void)rig_share(rig, bob.token, shared, admin.id, RELATION_EDIT);
	assert_int_equal(
	    create(rig, shared, SLICE("b"), SLICE("1234567890"), false).code,
	    0);
	assert_int_equal(
	    create(rig, shared, SLICE("c"), SLICE("1"), false).code,
	    E_OVER_QUOTA);
}

/* ---- a call for one state
 * --------------------------------------------------------------------- */

static uint64_t
files_state(struct rig *rig)
{
	struct nothing nothing = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, rig->token, &nothing);

	assert_int_equal(a.code, 0);
	return ((struct session_info *)a.result)->files;
}

/* Two folders in one call that is for that state: the code of each. */
static void
create_in_state(struct rig *rig, const char *key, const char *names[2],
    uint64_t state, int ret_codes[2])
{
	struct id home = rig_admin(rig).home;
	struct folder_create args[2] = {{.has_parent = true, .parent = home},
	    {.has_parent = true, .parent = home}};
	struct rig_op ops[2] = {
	    {OP_FOLDER_CREATE, 1, &args[0]}, {OP_FOLDER_CREATE, 1, &args[1]}};
	struct call *call;

	for (size_t i = 0; i < 2; i++)
		SHAPE_SET(&args[i], name, slice_str(names[i]));
	call = rig_call(rig, rig->token, key, 1, 2, ops);
	call->has_if_state = true;
	call->if_state = state;
	engine_submit(rig->engine, call);
	call = rig_wait(rig);
	for (size_t i = 0; i < 2; i++) {
		struct answer a;

		rig_answers(call, i, &rig->arena, &a);
		ret_codes[i] =
		    call->ops[i].code < 0 ? call->ops[i].code : a.code;
	}
	call_free(&call);
}

/* All of a call sees the state that was there before it, or none of it acts. */
static void
test_call_for_a_state(void **state)
{
	const char *first[2] = {"a", "b"}, *second[2] = {"c", "d"};
	struct rig *rig = *state;
	uint64_t before = files_state(rig);
	int codes[2];

	create_in_state(rig, NULL, first, before, codes);
	assert_int_equal(codes[0], 0);
	assert_int_equal(codes[1], 0);
	create_in_state(rig, NULL, second, before, codes);
	assert_int_equal(codes[0], E_CONFLICT);
	assert_int_equal(codes[1], E_CONFLICT);
	assert_int_equal(
	    rig_last_of(rig, &rig->arena, OP_FOLDER_CREATE)->outcome,
	    E_CONFLICT);
	create_in_state(rig, NULL, second, files_state(rig) + 1, codes);
	assert_int_equal(codes[0], E_CONFLICT);
	create_in_state(rig, NULL, second, files_state(rig), codes);
	assert_int_equal(codes[0], 0);
	assert_int_equal(codes[1], 0);
}

/* What a repeat is told is what the first one was, whatever came since. */
static void
test_repeat_of_a_call_for_a_state(void **state)
{
	const char *names[2] = {"a", "b"};
	struct rig *rig = *state;
	uint64_t before = files_state(rig);
	int codes[2];

	for (int i = 0; i < 2; i++) {
		create_in_state(rig, "key-0123456789ab", names, before, codes);
		assert_int_equal(codes[0], 0);
		assert_int_equal(codes[1], 0);
	}
	create_in_state(rig, "key-0123456789ab", names, before + 1, codes);
	assert_int_equal(codes[0], E_REUSED);
}

static void
test_only_where_it_is(void **state)
{
	struct rig *rig = *state;
	struct file_create args = {.has_path = true, .path = SLICE("")};

	SHAPE_SET(&args, name, ANY_NAME);
	SHAPE_SET(&args, replace, true);
	SHAPE_SET(&args, if_exists, true);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args).code,
	    E_CONFLICT);
	assert_int_equal(read_path(rig, ANY_NAME).code, E_NOT_FOUND);
	assert_int_equal(create_code(rig, rig_admin(rig).home, ANY_NAME), 0);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CREATE, rig->token, &args).code,
	    0);
}

/* ---- the feed of changes
 * ------------------------------------------------------------------------- */

static const struct change_page *
changes(struct rig *rig, uint64_t since, uint64_t limit)
{
	struct file_changes args = {.has_since = true, .since = since};
	struct answer a;

	SHAPE_SET(&args, limit, limit);
	a = rig_do(rig, &rig->arena, OP_FILE_CHANGES, rig->token, &args);
	assert_int_equal(a.code, 0);
	return a.result;
}

static void
test_changes(void **state)
{
	struct rig *rig = *state;
	struct rig_person admin = rig_admin(rig);
	uint64_t since = changes(rig, 0, 500)->state;
	struct id one = rig_file(rig, rig->token, admin.home, "one", "1");
	struct id two = rig_file(rig, rig->token, admin.home, "two", "2");
	const struct change_page *page;
	struct file_changes future = {.has_since = true};

	assert_int_equal(rename_to(rig, one, SLICE("three")), 0);
	assert_int_equal(rig_trash(rig, rig->token, two), 0);
	assert_int_equal(rig_purge(rig, rig->token, two), 0);
	page = changes(rig, since, 500);
	assert_false(page->more);
	assert_int_equal(page->list.n, 2);
	assert_int_equal(page->list.v[0].id.n, one.n);
	assert_true(page->list.v[0].created);
	assert_int_equal(page->list.v[1].id.n, two.n);
	assert_true(page->list.v[1].destroyed);
	/* A read changes nothing. */
	assert_int_equal(rig_read(rig, rig->token, one), 0);
	assert_int_equal(changes(rig, page->state, 500)->list.n, 0);
	assert_int_equal(changes(rig, page->state, 500)->state, page->state);
	/* In two pages. */
	page = changes(rig, since, 1);
	assert_true(page->more);
	assert_int_equal(page->list.n, 1);
	page = changes(rig, page->state, 1);
	assert_int_equal(page->list.n, 1);
	/* Of what never was nothing can be said. */
	SHAPE_SET(&future, since, page->state + 1000);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_FILE_CHANGES, rig->token, &future).code,
	    E_GONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_names_that_can_be),
	    RIG_TEST(test_names_that_can_not),
	    RIG_TEST(test_names_in_two_forms),
	    RIG_TEST(test_paths),
	    RIG_TEST(test_ids_of_another_kind),
	    RIG_TEST(test_pages_of_a_folder),
	    RIG_TEST(test_versions),
	    RIG_TEST(test_version_of_another_file),
	    RIG_TEST(test_only_if_unchanged),
	    RIG_TEST(test_a_folder_is_not_replaced),
	    RIG_TEST(test_rename),
	    RIG_TEST(test_move),
	    RIG_TEST(test_moves_that_cross),
	    RIG_TEST(test_move_to_anothers),
	    RIG_TEST(test_nesting),
	    RIG_TEST(test_trash_and_restore),
	    RIG_TEST(test_restore_without_its_folder),
	    RIG_TEST(test_nothing_is_made_in_the_trash),
	    RIG_TEST(test_purge),
	    RIG_TEST(test_uploads),
	    RIG_TEST(test_uploads_of_few_bytes),
	    RIG_TEST(test_uploads_of_few_bytes_refused),
	    RIG_TEST(test_call_for_a_state),
	    RIG_TEST(test_repeat_of_a_call_for_a_state),
	    RIG_TEST(test_only_where_it_is),
	    RIG_TEST(test_same_bytes),
	    RIG_TEST(test_quota),
	    RIG_TEST(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
