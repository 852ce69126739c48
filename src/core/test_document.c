/*
 * Documents that are open: who may what in them, when that ends, and what is
 * recorded and kept of them. No process has them open here: the I/O thread's
 * part is tested against the whole server.
 */
#include "unit.h"

#include <stdio.h>

#include "core/apps/documents/document.h"
#include "core/test_rig.h"
#include "wire/cbor.h"

struct world {
	struct rig_person ann, bob, eve;
	struct id file;
};

static struct world
make_world(struct rig *rig)
{
	struct world w = {.ann = rig_person(rig, "ann")};

	w.bob = rig_person(rig, "bob");
	w.eve = rig_person(rig, "eve");
	w.file =
	    rig_file(rig, w.ann.token, w.ann.home, "Minutes.docx", "first");
	return w;
}

/* The answer's code, and where it is 0 the view. */
static int
view_of(struct rig *rig, const char *token, struct id file,
    struct document_view *ret_view)
{
	struct document_open args = {.has_file = true, .file = file};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_DOCUMENT_OPEN, token, &args);

	if (a.code == 0)
		*ret_view = *(struct document_view *)a.result;
	return a.code;
}

static struct document_view
open_view(struct rig *rig, const char *token, struct id file)
{
	struct document_view view;

	assert_int_equal(view_of(rig, token, file, &view), 0);
	return view;
}

static uint64_t
row_of(struct rig *rig, uint64_t stream)
{
	const struct leaf *leaf = rig_leaf(rig, &rig->arena, stream);

	assert_int_equal(leaf->objects[0].n_made, 1);
	return ref_make(stream, leaf->objects[0].made[0].place);
}

/* ---- rights ---------------------------------------------------------------
 */

static void
test_each_right_is_one_of_the_view(void **state)
{
	static const struct {
		unsigned relation;
		uint64_t rights;
	} cases[] = {
	    {RELATION_SEE, BIT(RELATION_SEE)},
	    {RELATION_TEXT, BIT(RELATION_TEXT)},
	    {RELATION_COPY, BIT(RELATION_COPY)},
	    {RELATION_READ, BIT(RELATION_READ) | BIT(RELATION_SEE) |
				BIT(RELATION_TEXT) | BIT(RELATION_COPY) |
				BIT(RELATION_PRINT) | BIT(RELATION_EXPORT)},
	};
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct document_view view;

	view = open_view(rig, w.ann.token, w.file);
	assert_int_equal(view.rights, cases[3].rights | BIT(RELATION_EDIT));
	assert_true(slice_eq(view.name, SLICE("Minutes.docx")));
	/* That there is such a file is none of theirs. */
	assert_int_equal(view_of(rig, w.bob.token, w.file, &view), E_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct id grant = rig_share(
		    rig, w.ann.token, w.file, w.bob.id, cases[i].relation);
		int code = view_of(rig, w.bob.token, w.file, &view);

		if (cases[i].rights & BIT(RELATION_SEE)) {
			assert_int_equal(code, 0);
			assert_true(
			    (view.rights & cases[i].rights) == cases[i].rights);
			assert_false(view.rights & BIT(RELATION_EDIT));
		} else {
			assert_int_not_equal(code, 0);
		}
		assert_int_equal(rig_revoke(rig, w.ann.token, grant), 0);
	}
}

static void
test_only_documents_are_opened(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct document_view view;

	assert_int_equal(
	    view_of(rig, w.ann.token,
		rig_file(rig, w.ann.token, w.ann.home, "a.txt", "text"), &view),
	    E_KIND);
	/* What can't be written in its own form isn't changed. */
	view = open_view(rig, w.ann.token,
	    rig_file(rig, w.ann.token, w.ann.home, "old.DOC", "old"));
	assert_false(view.rights & BIT(RELATION_EDIT));
	assert_true(view.rights & BIT(RELATION_READ));
}

/* Whichever right ends, the view does: what opens it again has the others. */
static void
test_a_view_ends_with_any_of_its_rights(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id read, edit;
	struct document_view reader, editor, other;

	read = rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_READ);
	reader = open_view(rig, w.bob.token, w.file);
	edit = rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_EDIT);
	editor = open_view(rig, w.bob.token, w.file);
	other = open_view(rig, w.ann.token, w.file);
	assert_true(editor.rights & BIT(RELATION_EDIT));
	assert_int_equal(rig_revoke(rig, w.ann.token, edit), 0);
	rig_poll(rig);
	assert_true(rig_is_closed(rig, editor.stream));
	assert_false(rig_is_closed(rig, reader.stream));
	editor = open_view(rig, w.bob.token, w.file);
	assert_false(editor.rights & BIT(RELATION_EDIT));
	assert_int_equal(rig_revoke(rig, w.ann.token, read), 0);
	rig_poll(rig);
	assert_true(rig_is_closed(rig, reader.stream));
	assert_true(rig_is_closed(rig, editor.stream));
	assert_false(rig_is_closed(rig, other.stream));
}

static int
copy_out(struct rig *rig, const char *token, struct id file, uint64_t stream)
{
	struct document_copy args = {.has_file = true, .file = file};

	SHAPE_SET(&args, stream, stream);
	return rig_do(rig, &rig->arena, OP_DOCUMENT_COPY, token, &args).code;
}

static void
test_copying_out_is_from_a_view_of_ones_own(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id other =
	    rig_file(rig, w.ann.token, w.ann.home, "Other.docx", "other");
	struct document_view ann, bob;
	struct id seen, text;

	seen = rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_SEE);
	text = rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_TEXT);
	ann = open_view(rig, w.ann.token, w.file);
	bob = open_view(rig, w.bob.token, w.file);
	assert_int_equal(copy_out(rig, w.ann.token, w.file, ann.stream), 0);
	/* Who may see it may not take it along. */
	assert_int_not_equal(copy_out(rig, w.bob.token, w.file, bob.stream), 0);
	(void)rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_COPY);
	assert_int_equal(copy_out(rig, w.bob.token, w.file, bob.stream), 0);
	assert_int_equal(
	    copy_out(rig, w.bob.token, w.file, ann.stream), E_NOT_FOUND);
	assert_int_equal(
	    copy_out(rig, w.ann.token, other, ann.stream), E_NOT_FOUND);
	assert_int_equal(
	    copy_out(rig, w.ann.token, w.file, ann.stream + 1), E_NOT_FOUND);
	assert_int_equal(rig_revoke(rig, w.ann.token, seen), 0);
	assert_int_equal(rig_revoke(rig, w.ann.token, text), 0);
}

/* ---- what is recorded ------------------------------------------------------
 */

static void
test_what_is_seen_is_told_with_whose_view(void **state)
{
	static const struct document_place places[] = {
	    {0, 0}, {0, 1}, {0, 2}, {0, 7}, {3, 0}};
	static const uint64_t runs[] = {0, 0, 2, 0, 7, 7, 3, 0, 0};
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct document_view view = open_view(rig, w.ann.token, w.file);
	struct document_seen *seen = calloc(1, sizeof(*seen) + sizeof(places));
	struct stream_ending ending = {
	    .number = view.stream, .status = STREAM_COMPLETE};
	struct cbor_reader r;
	const struct leaf *leaf;

	assert_non_null(seen);
	seen->view = view.stream;
	seen->n = ARRAY_SIZE(places);
	memcpy(seen->places, places, sizeof(places));
	rig_system(rig, OP_DOCUMENT_SEEN, document_seen, seen);
	assert_true(seen->told);
	leaf = rig_last_of(rig, &rig->arena, OP_DOCUMENT_SEEN);
	assert_int_equal(leaf->cites, view.stream);
	assert_int_equal(leaf->principal, rig_ref(rig, w.ann.id));
	assert_int_equal(leaf->objects[0].ref, rig_ref(rig, w.file));
	r = cbor_reader(rig_bytes(&leaf->objects[0], FACT_PLACES));
	assert_int_equal(cbor_get_array(&r), ARRAY_SIZE(runs));
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		assert_int_equal(cbor_get_uint(&r), runs[i]);
	/* Nobody is shown anything by a view that has ended. */
	assert_int_equal(rig_end_stream(rig, &ending), 0);
	rig_system(rig, OP_DOCUMENT_SEEN, document_seen, seen);
	assert_false(seen->told);
	free(seen);
}

/* ---- what is kept -----------------------------------------------------------
 */

static uint64_t
begin(struct rig *rig, struct id file, uint64_t view)
{
	struct document_begun begun = {
	    .file = rig_ref(rig, file), .view = view};

	rig_system(rig, OP_DOCUMENT_BEGIN, document_begin, &begun);
	return rig_last(rig);
}

static void
type(struct rig *rig, struct id file, uint64_t view, struct id who)
{
	struct document_typed typed = {.view = view,
	    .ref = row_of(rig, view),
	    .principal = rig_ref(rig, who),
	    .file = rig_ref(rig, file),
	    .letters = 5};

	rig_system(rig, OP_DOCUMENT_TYPED, document_typed, &typed);
}

/* As blobs would have stored it. */
static struct document_saved
stored(struct rig *rig, struct id file, uint64_t document, uint8_t byte)
{
	struct document_saved saved = {.file = rig_ref(rig, file),
	    .document = document,
	    .stored = {.stored = true,
		.bytes = 100u + byte,
		.digest = sha256(slice_of(&byte, 1))}};

	(void)snprintf(saved.stored.place, sizeof(saved.stored.place),
	    "%02x/%030x", byte, byte);
	return saved;
}

static struct version_page
versions(struct rig *rig, const char *token, struct id file)
{
	struct version_list args = {.has_file = true, .file = file};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_VERSION_LIST, token, &args);

	assert_int_equal(a.code, 0);
	return *(struct version_page *)a.result;
}

static void
test_a_version_names_those_whose_changes_it_holds(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t ann, bob, document;
	struct document_saved saved;
	struct version_page page;
	const struct leaf *leaf;

	(void)rig_share(rig, w.ann.token, w.file, w.bob.id, RELATION_EDIT);
	ann = open_view(rig, w.ann.token, w.file).stream;
	bob = open_view(rig, w.bob.token, w.file).stream;
	document = begin(rig, w.file, ann);
	type(rig, w.file, ann, w.ann.id);
	type(rig, w.file, bob, w.bob.id);
	saved = stored(rig, w.file, document, 1);
	saved.version =
	    rig_ref(rig, versions(rig, w.ann.token, w.file).list.v[0].id);
	saved.editors.list[0].view = row_of(rig, ann);
	saved.editors.list[0].principal = rig_ref(rig, w.ann.id);
	saved.editors.list[1].view = row_of(rig, bob);
	saved.editors.list[1].principal = rig_ref(rig, w.bob.id);
	saved.editors.n = 2;
	rig_system(rig, OP_DOCUMENT_SAVED, document_saved, &saved);
	assert_int_not_equal(saved.version, 0);
	page = versions(rig, w.ann.token, w.file);
	assert_int_equal(page.list.n, 2);
	assert_int_equal(page.list.v[0].size, 101);
	assert_int_equal(page.list.v[0].editors.n, 2);
	assert_true(slice_eq(page.list.v[0].editors.v[0].name, SLICE("ann")));
	assert_true(slice_eq(page.list.v[0].editors.v[1].name, SLICE("bob")));
	assert_false(page.list.v[1].has_editors);
	/* Its lineage: the version before, and the views. */
	leaf = rig_last_of(rig, &rig->arena, OP_DOCUMENT_SAVED);
	assert_int_equal(leaf->cites, document);
	assert_int_equal(leaf->objects[0].n_from, 3);
}

/* What was kept and not saved is a version once its process has ended. */
static void
test_nothing_that_was_kept_is_lost(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t ann = open_view(rig, w.ann.token, w.file).stream;
	uint64_t document = begin(rig, w.file, ann);
	struct document_saved kept;
	struct document_ended ended = {.file = rig_ref(rig, w.file),
	    .document = document,
	    .code = E_IO,
	    .signal = 9};
	struct version_page page;
	size_t dropped = rig->dropped;

	type(rig, w.file, ann, w.ann.id);
	for (uint8_t i = 1; i <= 2; i++) {
		kept = stored(rig, w.file, document, i);
		rig_system(rig, OP_DOCUMENT_KEPT, document_kept, &kept);
	}
	/* The newer one takes the place of the older; neither is a version. */
	assert_int_equal(rig->dropped, dropped + 1);
	assert_int_equal(versions(rig, w.ann.token, w.file).list.n, 1);
	rig_crash(rig);
	assert_int_equal(rig_open(rig), 0);
	/* Another process's end is none of this one's. */
	ended.document++;
	rig_system(rig, OP_DOCUMENT_END, document_end, &ended);
	assert_int_equal(versions(rig, w.ann.token, w.file).list.n, 1);
	ended.document--;
	rig_system(rig, OP_DOCUMENT_END, document_end, &ended);
	page = versions(rig, w.ann.token, w.file);
	assert_int_equal(page.list.n, 2);
	assert_int_equal(page.list.v[0].size, 102);
	assert_int_equal(page.list.v[0].editors.n, 1);
	/* Once. */
	rig_system(rig, OP_DOCUMENT_END, document_end, &ended);
	assert_int_equal(versions(rig, w.ann.token, w.file).list.n, 2);
}

/* The same where nobody has told of the end before it is opened again. */
static void
test_a_new_process_begins_behind_what_the_last_one_kept(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t ann = open_view(rig, w.ann.token, w.file).stream;
	uint64_t document = begin(rig, w.file, ann);
	struct document_saved kept = stored(rig, w.file, document, 1);
	struct document_ended ended = {
	    .file = rig_ref(rig, w.file), .document = document};

	rig_system(rig, OP_DOCUMENT_KEPT, document_kept, &kept);
	(void)begin(rig, w.file, ann);
	assert_int_equal(versions(rig, w.ann.token, w.file).list.n, 2);
	rig_system(rig, OP_DOCUMENT_END, document_end, &ended);
	assert_int_equal(versions(rig, w.ann.token, w.file).list.n, 2);
}

/* What is saved of a file that has gone is not kept. */
static void
test_a_file_that_has_gone_gets_no_version(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	uint64_t ann = open_view(rig, w.ann.token, w.file).stream;
	uint64_t document = begin(rig, w.file, ann);
	struct document_saved saved = stored(rig, w.file, document, 1);
	size_t dropped = rig->dropped;

	assert_int_equal(rig_trash(rig, w.ann.token, w.file), 0);
	assert_int_equal(rig_purge(rig, w.ann.token, w.file), 0);
	rig_poll(rig);
	assert_true(rig_is_closed(rig, ann));
	rig_system(rig, OP_DOCUMENT_SAVED, document_saved, &saved);
	assert_int_equal(saved.version, 0);
	rig_poll(rig);
	assert_int_equal(rig->dropped, dropped + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_each_right_is_one_of_the_view),
	    RIG_TEST(test_only_documents_are_opened),
	    RIG_TEST(test_a_view_ends_with_any_of_its_rights),
	    RIG_TEST(test_copying_out_is_from_a_view_of_ones_own),
	    RIG_TEST(test_what_is_seen_is_told_with_whose_view),
	    RIG_TEST(test_a_version_names_those_whose_changes_it_holds),
	    RIG_TEST(test_nothing_that_was_kept_is_lost),
	    RIG_TEST(test_a_new_process_begins_behind_what_the_last_one_kept),
	    RIG_TEST(test_a_file_that_has_gone_gets_no_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
