/* Frames: what is written is read; what is anything else is refused. */
#include "unit.h"

#include <stdlib.h>

#include "kit/format.h"
#include "kit/frame.h"
#include "wire/cbor.h"

enum { BYTES_MAX = 1 << 16 };

static uint32_t
some(uint32_t max)
{
	static uint32_t n = 1;

	n = n * 1103515245 + 12345;
	return max == UINT32_MAX ? n : n % (max + 1);
}

static void
check_name(enum frame frame, const char *name)
{
	assert_string_equal(frame_row(frame)->name, name);
}

/* Each frame with fields of its own: whole, at every prefix, with more behind
 * it. */
/* clang-format off */
#define UINT(name, max) in.name = some(max);
#define INT(name) in.name = (int32_t)some(UINT32_MAX);
#define BOOL(name) in.name = some(1);
#define TEXT(name) in.name = SLICE("gr\xc3\xbc\xc3\x9f");
#define BYTES(name) in.name = SLICE("\x00\x01\xff");
#define FRAME(number, NAME, name, way_, kind_, rights_, max_, fields)        \
	static void                                                          \
	test_##name(void **state UNUSED)                                     \
	{                                                                    \
		struct frame_##name in = {0}, out, same;                     \
		struct buf bytes = BUF(BYTES_MAX), again = BUF(BYTES_MAX);   \
		struct slice all;                                            \
		                                                             \
		fields                                                       \
		frame_put_##name(&bytes, &in);                               \
		all = buf_slice(&bytes);                                     \
		assert_int_equal(frame_number(all), FRAME_##NAME);           \
		check_name(FRAME_##NAME, #NAME);                             \
		assert_int_equal(frame_get_##name(all, &out), 0);            \
		frame_put_##name(&again, &out);                              \
		assert_true(slice_eq(all, buf_slice(&again)));               \
		memset(&out, 0x5a, sizeof(out));                             \
		memcpy(&same, &out, sizeof(out));                            \
		for (size_t n = 0; n < all.n; n++)                           \
			assert_int_equal(frame_get_##name(                   \
			    slice_first(all, n), &out), E_GRAMMAR);          \
		buf_put_u8(&bytes, 0);                                       \
		assert_int_equal(                                            \
		    frame_get_##name(buf_slice(&bytes), &out), E_GRAMMAR);   \
		assert_memory_equal(&out, &same, sizeof(out));               \
		buf_free(&bytes);                                            \
		buf_free(&again);                                            \
	}
#include "kit/frame.def"
#undef FRAME
#undef UINT
#undef INT
#undef BOOL
#undef TEXT
#undef BYTES
/* clang-format on */

static void
test_fields_are_bounded(void **state UNUSED)
{
	struct buf buf = BUF(64);
	struct frame_viewport port;
	struct frame_mouse mouse;
	struct frame_key key;

	frame_put_viewport(
	    &buf, &(struct frame_viewport){.part = FRAME_PARTS_MAX + 1});
	assert_int_equal(frame_get_viewport(buf_slice(&buf), &port), E_GRAMMAR);
	buf_clear(&buf);
	frame_put_mouse(&buf, &(struct frame_mouse){.buttons = 8});
	assert_int_equal(frame_get_mouse(buf_slice(&buf), &mouse), E_GRAMMAR);
	buf_clear(&buf);
	frame_put_key(&buf, &(struct frame_key){.character = 0x110000});
	assert_int_equal(frame_get_key(buf_slice(&buf), &key), E_GRAMMAR);
	buf_clear(&buf);
	/* A place that no 32 bits hold. */
	cbor_put_array(&buf, 7);
	cbor_put_uint(&buf, FRAME_VIEWPORT);
	cbor_put_uint(&buf, 0);
	cbor_put_int(&buf, (int64_t)INT32_MAX + 1);
	for (size_t i = 0; i < 4; i++)
		cbor_put_uint(&buf, 1);
	assert_int_equal(frame_get_viewport(buf_slice(&buf), &port), E_GRAMMAR);
	buf_free(&buf);
}

/*
 * Who may have what, said once more: whoever changes the table says it here. A
 * frame that isn't named needs the right to see alone.
 */
static const struct {
	enum frame frame;
	unsigned rights;
} more[] = {
    {FRAME_INPUT, RIGHT_EDIT},
    {FRAME_RESUME, RIGHT_EDIT},
    {FRAME_KEPT, RIGHT_EDIT},
    {FRAME_RESUMED, RIGHT_EDIT},
    {FRAME_ERASE, RIGHT_EDIT},
    {FRAME_MOUSE, RIGHT_EDIT},
    {FRAME_SELECT, RIGHT_SEE | RIGHT_TEXT},
    {FRAME_PASTE, RIGHT_EDIT},
    {FRAME_FIND, RIGHT_SEE | RIGHT_TEXT},
    {FRAME_REPLACE, RIGHT_TEXT | RIGHT_EDIT},
    {FRAME_READ, RIGHT_SEE | RIGHT_TEXT},
    {FRAME_READ_OUT, RIGHT_TEXT},
    {FRAME_FORMULA, RIGHT_TEXT},
    {FRAME_COMMENT, RIGHT_TEXT},
    {FRAME_CHANGE, RIGHT_TEXT},
    {FRAME_FOUND, RIGHT_SEE | RIGHT_TEXT},
    {FRAME_SELECTED, RIGHT_TEXT},
    {FRAME_READING, RIGHT_TEXT},
    {FRAME_CLIP, RIGHT_COPY},
    {FRAME_EXPORTED, RIGHT_EXPORT},
    {FRAME_PRINTED, RIGHT_PRINT},
    {FRAME_NAMES, RIGHT_TEXT},
};

static unsigned
needed(unsigned number)
{
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (more[i].frame == (enum frame)number)
			return more[i].rights;
	return RIGHT_SEE;
}

/* What read brings, said by hand. */
static unsigned
brought(unsigned given)
{
	return given & RIGHT_READ ? given | RIGHT_SEE | RIGHT_TEXT |
	                                RIGHT_COPY | RIGHT_PRINT | RIGHT_EXPORT
	                          : given;
}

/* Every number, both ways, with every set of rights. */
static void
test_rights(void **state UNUSED)
{
	for (unsigned number = 0; number <= 2 * FRAME_NUMBER_MAX; number++) {
		const struct frame_row *row = frame_row(number);
		struct buf buf = BUF(16);

		cbor_put_array(&buf, 1);
		cbor_put_uint(&buf, number);
		for (unsigned rights = 0; rights <= RIGHTS_ALL; rights++) {
			bool may = (brought(rights) & needed(number)) ==
			           needed(number);

			for (int way = FRAME_IN; way <= FRAME_OUT; way++)
				assert_int_equal(
				    frame_check(buf_slice(&buf),
					(enum frame_way)way, rights),
				    row == NULL || (int)row->way != way
					? E_GRAMMAR
				    : may ? 0
					  : E_DENIED);
		}
		if (row != NULL) {
			assert_true(
			    row->way == FRAME_IN || row->way == FRAME_OUT);
			assert_true(row->kind != FRAME_KIND_NONE);
			assert_true(row->rights != 0);
			/* All of one half go one way. */
			assert_int_equal(row->way == FRAME_IN, number < 64);
		}
		buf_free(&buf);
	}
}

static void
test_length(void **state UNUSED)
{
	struct buf buf = BUF(1 << 20);

	frame_put_find(&buf, &(struct frame_find){.text = SLICE("a")});
	while (buf.n < frame_row(FRAME_FIND)->max)
		buf_put_u8(&buf, 0);
	assert_int_equal(frame_check(buf_slice(&buf), FRAME_IN, RIGHTS_ALL), 0);
	buf_put_u8(&buf, 0);
	assert_int_equal(
	    frame_check(buf_slice(&buf), FRAME_IN, RIGHTS_ALL), E_GRAMMAR);
	buf_free(&buf);
}

static void
test_what_is_none(void **state UNUSED)
{
	assert_int_equal(frame_number(SLICE_NONE), FRAME_NONE);
	assert_int_equal(frame_number(SLICE("\x80")), FRAME_NONE);
	assert_int_equal(frame_number(SLICE("\x81\x00")), FRAME_NONE);
	assert_int_equal(frame_number(SLICE("\x81\x18\x7f")), FRAME_NONE);
	assert_int_equal(frame_number(SLICE("\x81\x61\x61")), FRAME_NONE);
	assert_int_equal(frame_number(SLICE("\xa1\x01\x01")), FRAME_NONE);
	assert_null(frame_row(0));
	assert_null(frame_row(UINT32_MAX));
}

static void
test_formats(void **state UNUSED)
{
	assert_int_equal(format_of_name(SLICE("a.docx")), FORMAT_DOCX);
	assert_int_equal(format_of_name(SLICE("Plan.XLSX")), FORMAT_XLSX);
	assert_int_equal(format_of_name(SLICE("x.doc")), FORMAT_DOC);
	assert_int_equal(format_of_name(SLICE(".docx")), FORMAT_NONE);
	assert_int_equal(format_of_name(SLICE("docx")), FORMAT_NONE);
	assert_int_equal(format_of_name(SLICE("adocx")), FORMAT_NONE);
	assert_int_equal(format_of_name(SLICE("a.docx.exe")), FORMAT_NONE);
	assert_int_equal(format_of_name(SLICE_NONE), FORMAT_NONE);
	assert_null(format_row(0));
	assert_null(format_row(UINT32_MAX));
	assert_string_equal(format_row(FORMAT_PDF)->extension, "pdf");
	assert_int_equal(format_row(FORMAT_PDF)->how, FORMAT_SAVE);
	for (unsigned i = 0; i < 256; i++) {
		const struct format_row *row = format_row(i);

		if (row == NULL)
			continue;
		/* What is loaded is known by how it begins. */
		assert_true(row->begins.n > 0 || !(row->how & FORMAT_LOAD));
		assert_true(row->begins.n <= FORMAT_BEGINS_MAX);
		assert_true(row->how != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	cmocka_unit_test(test_##name),
#include "kit/frame.def"
#undef FRAME
	    cmocka_unit_test(test_fields_are_bounded),
	    cmocka_unit_test(test_rights),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_what_is_none),
	    cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
