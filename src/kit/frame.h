/*
 * Frames: what a kit and a client of one of its views say to each other,
 * frame.def. A frame is the whole body of a VIEW_INPUT or VIEW_OUTPUT message;
 * the message's id says which view. Kit and front look at each one's rights by
 * the same table; what is none, or too long, or of the wrong way, breaks the
 * grammar. Pure: bytes in, structs out.
 *
 *	frame_put_key(&buf, &(struct frame_key){.character = 'a'});
 *	row = frame_row(frame_number(bytes));
 *	r = frame_get_key(bytes, &key);
 */
#ifndef KIT_FRAME_H
#define KIT_FRAME_H

#include "base/buf.h"
#include "base/slice.h"
#include "kit/rights.h"

enum {
	FRAME_TILE_PIXELS = 256,
	FRAME_PARTS_MAX = 100000,
	FRAME_TILES_MAX = 1 << 24, /* in a row or column */
	FRAME_SCALE_MAX = 1 << 17,
	FRAME_PREVIEW_MAX = 512, /* pixels of a side */
	FRAME_WINDOW = 128,      /* tiles that a client has not taken yet */
	FRAME_NUMBER_MAX = 127,
};

enum frame {
	FRAME_NONE,
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	FRAME_##NAME = (number),
#include "kit/frame.def"
#undef FRAME
};

enum frame_way { FRAME_IN = 1, FRAME_OUT };

enum frame_kind {
	FRAME_KIND_NONE,
	FRAME_PIXEL_KIND,
	FRAME_CURSOR_KIND,
	FRAME_TEXT_KIND,
	FRAME_CLIP_KIND,
	FRAME_FILE_KIND,
	FRAME_STATUS_KIND,
};

struct frame_row {
	const char *name; /* "TILE" */
	enum frame_way way;
	enum frame_kind kind;
	unsigned rights;
	size_t max;
};

/* What a frame's number says of it, or NULL. */
const struct frame_row *frame_row(unsigned number);

/* Whether it counts as done. */
static inline bool
frame_counts(enum frame number)
{
	return number >= FRAME_KEY && number <= FRAME_REPLACE;
}

/* The number that a frame begins with; FRAME_NONE where it is none. */
enum frame frame_number(struct slice in);

/*
 * Whether a frame may go that way to or from a view of these rights: 0,
 * E_GRAMMAR where it is none of that way or too long, E_DENIED where a right is
 * missing. Its fields are not looked at.
 */
int frame_check(struct slice in, enum frame_way way, unsigned rights);

/* clang-format off */
#define UINT(name, max) uint32_t name;
#define INT(name) int32_t name;
#define BOOL(name) bool name;
#define TEXT(name) struct slice name;
#define BYTES(name) struct slice name;
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	struct frame_##name { char unused; fields };
#include "kit/frame.def"
#undef FRAME
#undef UINT
#undef INT
#undef BOOL
#undef TEXT
#undef BYTES
/* clang-format on */

/*
 * put appends a frame; get reads one that is all there is: E_GRAMMAR for
 * whatever put would not have written. Slices point into what was read.
 */
#define FRAME(number, NAME, name, way, kind, rights, max, fields)              \
	void frame_put_##name(struct buf *buf, const struct frame_##name *in); \
	int frame_get_##name(struct slice in, struct frame_##name *ret_frame);
#include "kit/frame.def"
#undef FRAME

#endif
