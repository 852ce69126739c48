/* The forms that documents are loaded from and saved as: format.def. Pure. */
#ifndef KIT_FORMAT_H
#define KIT_FORMAT_H

#include "base/slice.h"
#include "kit/engine.h"

enum format {
	FORMAT_NONE,
#define FORMAT(number, NAME, extension, type, kind, begins, how) \
	FORMAT_##NAME = (number),
#include "kit/format.def"
#undef FORMAT
};

enum { FORMAT_LOAD = 1 << 0, FORMAT_SAVE = 1 << 1, FORMAT_BEGINS_MAX = 8 };

struct format_row {
	const char *extension;
	const char *type;      /* media type */
	enum engine_kind kind; /* NONE: of every kind */
	struct slice begins;
	unsigned how;
};

/* Of that number, or NULL. */
const struct format_row *format_row(unsigned number);

/* A file's name tells it by its extension, in any case; FORMAT_NONE. */
enum format format_of_name(struct slice name);

#endif
