#include "kit/format.h"

#include "base/base.h"

/* clang-format off */
enum { LOAD = FORMAT_LOAD, SAVE = FORMAT_SAVE };
enum { ENGINE_NONE = ENGINE_KIND_NONE };

#define FORMAT(number, NAME, extension, type, kind, begins, how) \
	[number] = {extension, type, (enum engine_kind)ENGINE_##kind, {(const uint8_t *)(begins), sizeof(begins) - 1}, (how)},
static const struct format_row rows[] = {
#include "kit/format.def"
};
#undef FORMAT
/* clang-format on */

const struct format_row *
format_row(unsigned number)
{
	return number < ARRAY_SIZE(rows) && rows[number].extension != NULL
	           ? &rows[number]
	           : NULL;
}

enum format
format_of_name(struct slice name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice end;

		if (rows[i].extension == NULL)
			continue;
		end = slice_str(rows[i].extension);
		if (name.n > end.n + 1 && name.p[name.n - end.n - 1] == '.' &&
		    slice_eq_nocase(slice_from(name, name.n - end.n), end))
			return (enum format)i;
	}
	return FORMAT_NONE;
}
