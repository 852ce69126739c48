/* Commands and keys: what has no row is refused, and so is what has no right.
 */
#include "unit.h"

#include <stdlib.h>

#include "kit/uno.h"
#include "wire/cbor.h"

enum { JSON_MAX = 1 << 17 };

static const struct uno *
command(const char *name, enum engine_kind kind)
{
	const struct uno *uno = NULL;

	assert_int_equal(
	    uno_command(slice_str(name), RIGHTS_ALL, kind, &uno), 0);
	return uno;
}

#define UNO(name, rights, kinds, arguments) #name,
#define STATE(name, rights)
#define ASK(name, rights)
static const char *const names[] = {
#include "kit/uno.def"
};
#undef UNO
#undef STATE
#undef ASK

/* Each command, with every set of rights, in every kind of document. */
static void
test_rights(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct slice name = slice_str(names[i]);
		const struct uno *uno;
		unsigned kinds = 0;

		for (int kind = ENGINE_TEXT; kind <= ENGINE_SLIDES; kind++) {
			int r = uno_command(
			    name, RIGHTS_ALL, (enum engine_kind)kind, &uno);

			assert_true(r == 0 || r == E_KIND);
			if (r < 0)
				continue;
			kinds++;
			assert_string_equal(uno->name, names[i]);
			/* None is for who has no right at all. */
			assert_true(uno->rights != 0);
			for (unsigned rights = 0; rights <= RIGHTS_ALL;
			     rights++)
				assert_int_equal(
				    uno_command(name, rights,
					(enum engine_kind)kind, &uno),
				    rights_hold(rights, uno->rights)
					? 0
					: E_DENIED);
		}
		assert_true(kinds > 0);
		assert_int_equal(
		    uno_command(name, RIGHTS_ALL, ENGINE_KIND_NONE, &uno),
		    E_KIND);
	}
}

/* Who may not change it can use nothing that changes it: the few that are left.
 */
static void
test_what_a_reader_may(void **state UNUSED)
{
	static const char *const may[] = {"EntireRow", "EntireColumn",
	    "SelectTable", "SelectAll", "SelectWord", "SelectText", "Copy",
	    "Escape", "ControlCodes", "SpellOnline", "GoUp", "GoDown", "GoLeft",
	    "GoRight", "GoToStartOfLine", "GoToEndOfLine", "GoToStartOfDoc",
	    "GoToEndOfDoc", "GoToNextWord", "GoToPrevWord", "GoToNextPara",
	    "GoToPrevPara", "GoToStart", "GoToEndOfData", "GoToCell",
	    "NextTrackedChange", "PreviousTrackedChange", "SelectRow",
	    "SelectColumn"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct uno *uno;
		bool is_listed = false, is_allowed = false;

		for (size_t k = 0; k < ARRAY_SIZE(may); k++)
			is_listed = is_listed || strcmp(names[i], may[k]) == 0;
		for (int kind = ENGINE_TEXT; kind <= ENGINE_SLIDES; kind++)
			is_allowed =
			    is_allowed ||
			    uno_command(slice_str(names[i]), RIGHT_READ,
				(enum engine_kind)kind, &uno) == 0;
		if (is_listed != is_allowed)
			fail_msg("%s", names[i]);
	}
}

static void
test_unknown(void **state UNUSED)
{
	static const char *const unknown[] = {"", "Save", "SaveAs", "Open",
	    "bold", "BOLD", "Bold2", "Bol", ".uno:Bold", "RunMacro", "Print",
	    "ExportTo", "Quit", "CloseDoc", "InsertGraphic", "Presentation",
	    "ExecuteSearch", "Sidebar", "MacroRecorder", "PasteSpecial"};
	const struct uno *uno = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		for (int kind = ENGINE_KIND_NONE; kind <= ENGINE_SLIDES; kind++)
			assert_int_equal(
			    uno_command(slice_str(unknown[i]), RIGHTS_ALL,
				(enum engine_kind)kind, &uno),
			    E_UNSUPPORTED);
	assert_int_equal(
	    uno_command(slice_of("Bold\0", 5), RIGHTS_ALL, ENGINE_TEXT, &uno),
	    E_UNSUPPORTED);
	assert_null(uno);
}

static void
test_arguments(void **state UNUSED)
{
	const struct uno *table = command("InsertTable", ENGINE_TEXT);
	const struct uno *font = command("FontHeight", ENGINE_TEXT);
	const struct uno *cell = command("EnterString", ENGINE_SHEET);
	const struct uno *bold = command("Bold", ENGINE_TEXT);
	struct buf json = BUF(JSON_MAX), cbor = BUF(JSON_MAX);

	assert_int_equal(uno_arguments(bold, SLICE_NONE, &json), 0);
	assert_string_equal(buf_cstr(&json), "{}");
	buf_clear(&json);
	cbor_put_array(&cbor, 2);
	cbor_put_uint(&cbor, 3);
	cbor_put_uint(&cbor, 2);
	assert_int_equal(uno_arguments(table, buf_slice(&cbor), &json), 0);
	assert_string_equal(buf_cstr(&json),
	    "{\"Columns\":{\"type\":\"long\",\"value\":3},"
	    "\"Rows\":{\"type\":\"long\",\"value\":2}}");
	/* Cut anywhere, or with more behind it, it is none. */
	for (size_t n = 0; n < cbor.n; n++) {
		buf_clear(&json);
		assert_int_equal(uno_arguments(table,
				     slice_first(buf_slice(&cbor), n), &json),
		    E_INVALID);
	}
	buf_put_u8(&cbor, 0);
	assert_int_equal(
	    uno_arguments(table, buf_slice(&cbor), &json), E_INVALID);
	/* A command that has none gets none. */
	assert_int_equal(
	    uno_arguments(bold, SLICE("\x81\x01"), &json), E_INVALID);
	/* An array that says that it is longer than any. */
	assert_int_equal(
	    uno_arguments(cell, SLICE("\x86\x61\xff\x01\x01\x01\x01"), &json),
	    E_INVALID);
	/* Too large, of another type, left out. */
	assert_int_equal(
	    uno_arguments(table, SLICE("\x82\x18\x40\x02"), &json), E_INVALID);
	assert_int_equal(
	    uno_arguments(table, SLICE("\x82\x61\x33\x02"), &json), E_INVALID);
	assert_int_equal(
	    uno_arguments(table, SLICE("\x82\xf6\x02"), &json), E_INVALID);
	assert_int_equal(
	    uno_arguments(table, SLICE("\x81\x03"), &json), E_INVALID);
	assert_int_equal(
	    uno_arguments(table, SLICE("\x83\x03\x02\x01"), &json), E_INVALID);
	buf_clear(&json);
	assert_int_equal(uno_arguments(font, SLICE("\x81\x18\x69"), &json), 0);
	assert_string_equal(buf_cstr(&json),
	    "{\"FontHeight.Height\":{\"type\":\"float\",\"value\":10.5}}");
	/* What would end the text, and what may be left out. */
	buf_clear(&json);
	assert_int_equal(
	    uno_arguments(cell, SLICE("\x82\x66\"},{\\\n\xf6"), &json), 0);
	assert_string_equal(buf_cstr(&json),
	    "{\"StringName\":{\"type\":\"string\",\"value\":"
	    "\"\\\"},{\\\\\\n\"}}");
	buf_clear(&json);
	assert_int_equal(
	    uno_arguments(cell, SLICE("\x82\x61\x61\xf5"), &json), 0);
	assert_non_null(strstr(buf_cstr(&json), "\"DontCommit\""));
	/* No UTF-8. */
	assert_int_equal(
	    uno_arguments(cell, SLICE("\x81\x61\xff"), &json), E_INVALID);
	buf_free(&json);
	buf_free(&cbor);
}

static void
test_heard_and_asked(void **state UNUSED)
{
	assert_true(uno_may_hear(SLICE("Bold"), RIGHT_SEE));
	assert_false(uno_may_hear(SLICE("Bold"), 0));
	assert_false(uno_may_hear(SLICE("StateWordCount"), RIGHT_SEE));
	assert_true(uno_may_hear(SLICE("StateWordCount"), RIGHT_TEXT));
	assert_false(uno_may_hear(SLICE("Context"), RIGHTS_ALL));
	assert_false(uno_may_hear(SLICE(""), RIGHTS_ALL));
	assert_int_equal(uno_may_ask(SLICE("ViewAnnotations"), RIGHT_TEXT), 0);
	assert_int_equal(
	    uno_may_ask(SLICE("ViewAnnotations"), RIGHT_SEE), E_DENIED);
	assert_int_equal(uno_may_ask(SLICE("DocumentProperties"), RIGHTS_ALL),
	    E_UNSUPPORTED);
}

static void
test_keys(void **state UNUSED)
{
	const unsigned reader = RIGHT_READ, editor = RIGHT_EDIT | RIGHT_SEE;

	assert_int_equal(uno_key('a', 0, editor), 0);
	assert_int_equal(uno_key(0x1f600, 0, editor), 0);
	assert_int_equal(uno_key('a', 0, reader), E_DENIED);
	assert_int_equal(uno_key(13, 1280, editor), 0);
	assert_int_equal(uno_key(13, 1280, reader), E_DENIED);
	assert_int_equal(uno_key(0, 1024, reader), 0);
	assert_int_equal(uno_key(0, 1024 | 0x1000 | 0x2000, reader), 0);
	assert_int_equal(uno_key(0, 1024, 0), E_DENIED);
	/* Shortcuts, control characters, what is no key, half a letter. */
	assert_int_equal(uno_key('s', 0x2000 | 530, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key(0, 1024 | 0x4000, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key('a', 1024, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key(7, 0, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key(0x7f, 0, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key(0xd800, 0, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key(0, 0, editor), E_UNSUPPORTED);
	assert_int_equal(uno_key(0, 768, editor), E_UNSUPPORTED); /* F1 */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rights),
	    cmocka_unit_test(test_what_a_reader_may),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_arguments),
	    cmocka_unit_test(test_heard_and_asked),
	    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
