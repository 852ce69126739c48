#include "kit/frame.h"

#include "wire/cbor.h"

/* Of frame.def's words. */
/* clang-format off */
enum { SEE = RIGHT_SEE, TEXT = RIGHT_TEXT, COPY = RIGHT_COPY, PRINT = RIGHT_PRINT, EXPORT = RIGHT_EXPORT, EDIT = RIGHT_EDIT };

static const struct frame_row rows[FRAME_NUMBER_MAX + 1] = {
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	[number] = {#NAME, FRAME_##way, FRAME_##kind##_KIND, (rights), (max)},
#include "kit/frame.def"
#undef FRAME
};
/* clang-format on */

const struct frame_row *
frame_row(unsigned number)
{
	return number <= FRAME_NUMBER_MAX && rows[number].name != NULL
	           ? &rows[number]
	           : NULL;
}

enum frame
frame_number(struct slice in)
{
	struct cbor_reader r = cbor_reader(in);
	uint64_t number;

	if (cbor_get_array(&r) == 0)
		return FRAME_NONE;
	number = cbor_get_uint_max(&r, FRAME_NUMBER_MAX);
	return r.error == 0 && frame_row((unsigned)number) != NULL
	           ? (enum frame)number
	           : FRAME_NONE;
}

int
frame_check(struct slice in, enum frame_way way, unsigned given)
{
	const struct frame_row *row = frame_row(frame_number(in));

	if (row == NULL || row->way != way || in.n > row->max)
		return E_GRAMMAR;
	return rights_hold(given, row->rights) ? 0 : E_DENIED;
}

/* ---- how many fields a frame has: each is a byte of this ----------------- */

/* clang-format off */
#define UINT(name, max) char name;
#define INT(name) char name;
#define BOOL(name) char name;
#define TEXT(name) char name;
#define BYTES(name) char name;
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	FIELDS_##NAME = sizeof(struct { char number_; fields }),
enum {
#include "kit/frame.def"
};
#undef FRAME
#undef UINT
#undef INT
#undef BOOL
#undef TEXT
#undef BYTES

/* ---- writing ------------------------------------------------------------- */

#define UINT(name, max) cbor_put_uint(buf, in->name);
#define INT(name) cbor_put_int(buf, in->name);
#define BOOL(name) cbor_put_bool(buf, in->name);
#define TEXT(name) cbor_put_text(buf, in->name);
#define BYTES(name) cbor_put_bytes(buf, in->name);
#define FRAME(number, NAME, name, way, kind, rights, max, fields)        \
	void                                                             \
	frame_put_##name(                                                \
	    struct buf *buf, const struct frame_##name *in UNUSED)       \
	{                                                                \
		cbor_put_array(buf, FIELDS_##NAME);                      \
		cbor_put_uint(buf, number);                              \
		fields                                                   \
	}
#include "kit/frame.def"
#undef FRAME
#undef UINT
#undef INT
#undef BOOL
#undef TEXT
#undef BYTES

/* ---- reading ------------------------------------------------------------- */

static int32_t
get_int(struct cbor_reader *r)
{
	int64_t value = cbor_get_int(r);

	if (value < INT32_MIN || value > INT32_MAX) {
		r->error = E_SYNTAX;
		return 0;
	}
	return (int32_t)value;
}

#define UINT(name, max) frame.name = (uint32_t)cbor_get_uint_max(&r, max);
#define INT(name) frame.name = get_int(&r);
#define BOOL(name) frame.name = cbor_get_bool(&r);
#define TEXT(name) frame.name = cbor_get_text(&r);
#define BYTES(name) frame.name = cbor_get_bytes(&r);
#define FRAME(number, NAME, name, way, kind, rights, max, fields)        \
	int                                                              \
	frame_get_##name(                                                \
	    struct slice in, struct frame_##name *ret_frame)             \
	{                                                                \
		struct cbor_reader r = cbor_reader(in);                  \
		struct frame_##name frame = {0};                         \
		                                                         \
		if (in.n > (max) || cbor_get_array(&r) != FIELDS_##NAME || \
		    cbor_get_uint(&r) != (number))                       \
			return E_GRAMMAR;                                \
		fields                                                   \
		if (cbor_end(&r) < 0)                                    \
			return E_GRAMMAR;                                \
		*ret_frame = frame;                                      \
		return 0;                                                \
	}
#include "kit/frame.def"
/* clang-format on */
