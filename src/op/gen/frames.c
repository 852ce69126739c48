/*
 * The frames of open documents in TypeScript, and their codec. What is the same
 * for all of them is the template's; each has an interface, and a case that
 * says its fields one by one, so that a compiler checks all of it.
 */
#include "base/error.h"
#include "gen/gen.h"
#include "kit/frame.h"

enum field_type { UINT, INT, BOOL, TEXT, BYTES };

struct field {
	enum field_type type;
	const char *name; /* NULL: behind the last */
	uint32_t max;
};

/* clang-format off */
#define UINT(name, max) {UINT, #name, max},
#define INT(name) {INT, #name, 0},
#define BOOL(name) {BOOL, #name, 0},
#define TEXT(name) {TEXT, #name, 0},
#define BYTES(name) {BYTES, #name, 0},
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	static const struct field fields_##name[] = {fields {0}};
#include "kit/frame.def"
#undef FRAME
#undef UINT
#undef INT
#undef BOOL
#undef TEXT
#undef BYTES
/* clang-format on */

static const struct row {
	unsigned number;
	const char *name;
	enum frame_way way;
	size_t max;
	const struct field *fields;
} rows[] = {
#define FRAME(number, NAME, name, way, kind, rights, max, fields) \
	{number, #name, FRAME_##way, max, fields_##name},
#include "kit/frame.def"
#undef FRAME
};

static int
put_rights(struct buf *buf)
{
	static const struct {
		const char *name;
		unsigned bit;
	} rights[] = {{"see", RIGHT_SEE}, {"text", RIGHT_TEXT},
	    {"copy", RIGHT_COPY}, {"print", RIGHT_PRINT},
	    {"export", RIGHT_EXPORT}, {"read", RIGHT_READ},
	    {"edit", RIGHT_EDIT}};
	unsigned all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		all |= rights[i].bit;
		buf_printf(buf, "\t%s: %u,\n", rights[i].name, rights[i].bit);
	}
	BUG_ON(all != RIGHTS_ALL);
	return 0;
}

static int
put_numbers(struct buf *buf)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		buf_printf(buf, "\t%s: %u,\n", rows[i].name, rows[i].number);
	return 0;
}

static void
put_interface(struct buf *buf, const struct row *row)
{
	static const char *const types[] = {[UINT] = "number",
	    [INT] = "number",
	    [BOOL] = "boolean",
	    [TEXT] = "string",
	    [BYTES] = "Uint8Array<ArrayBuffer>"};

	buf_put_str(buf, "export interface ");
	gen_put_pascal(buf, row->name);
	buf_printf(buf, "Frame {\n\treadonly frame: \"%s\";\n", row->name);
	for (const struct field *f = row->fields; f->name != NULL; f++) {
		if (f->type == UINT)
			buf_printf(buf, "\t/** 0 to %u */\n", f->max);
		buf_printf(
		    buf, "\treadonly %s: %s;\n", f->name, types[f->type]);
	}
	buf_put_str(buf, "}\n\n");
}

static int
put_constants(struct buf *buf)
{
	static const struct {
		const char *name, *doc;
		int value;
	} constants[] = {
	    {"TILE_PIXELS", "Pixels of a tile's side.", FRAME_TILE_PIXELS},
	    {"TILES_WINDOW",
		"So many tiles come at most that were not said to be taken.",
		FRAME_WINDOW},
	    {"PREVIEW_MAX", "Pixels of a preview's side, at most.",
		FRAME_PREVIEW_MAX},
	    {"SCALE_MAX", "Twips that a tile is wide, at most.",
		FRAME_SCALE_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		buf_printf(buf, "/** %s */\nexport const %s = %d;\n\n",
		    constants[i].doc, constants[i].name, constants[i].value);
	return 0;
}

static int
put_interfaces(struct buf *buf)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_interface(buf, &rows[i]);
	return 0;
}

/* The members of a union. */
static void
put_names(struct buf *buf, enum frame_way way)
{
	const char *before = "\t| ";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].way != way)
			continue;
		buf_put_str(buf, before);
		gen_put_pascal(buf, rows[i].name);
		buf_put_str(buf, "Frame");
		before = "\n\t| ";
	}
	buf_put_str(buf, ";\n");
}

static int
put_in(struct buf *buf)
{
	put_names(buf, FRAME_IN);
	return 0;
}

static int
put_out(struct buf *buf)
{
	put_names(buf, FRAME_OUT);
	return 0;
}

static size_t
count(const struct row *row)
{
	size_t n = 0;

	while (row->fields[n].name != NULL)
		n++;
	return n;
}

static const char *const methods[] = {[UINT] = "uint",
    [INT] = "int",
    [BOOL] = "bool",
    [TEXT] = "text",
    [BYTES] = "blob"};

static int
put_encode(struct buf *buf)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		if (row->way != FRAME_IN)
			continue;
		buf_printf(buf,
		    "\t\tcase \"%s\":\n"
		    "\t\t\tw.begin(%u, %zu);\n",
		    row->name, row->number, count(row));
		for (const struct field *f = row->fields; f->name != NULL;
		     f++) {
			buf_printf(buf, "\t\t\tw.%s(frame.%s", methods[f->type],
			    f->name);
			if (f->type == UINT)
				buf_printf(buf, ", %u", f->max);
			buf_put_str(buf, ");\n");
		}
		buf_printf(buf, "\t\t\treturn w.end(%zu);\n", row->max);
	}
	return 0;
}

static int
put_decode(struct buf *buf)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		if (row->way != FRAME_OUT)
			continue;
		buf_printf(buf,
		    "\t\tcase %u:\n\t\t\tr.fields(%zu, %zu);\n"
		    "\t\t\treturn r.end({\n\t\t\t\tframe: \"%s\",\n",
		    row->number, count(row), row->max, row->name);
		for (const struct field *f = row->fields; f->name != NULL;
		     f++) {
			buf_printf(buf, "\t\t\t\t%s: r.%s(", f->name,
			    methods[f->type]);
			if (f->type == UINT)
				buf_printf(buf, "%u", f->max);
			buf_put_str(buf, "),\n");
		}
		buf_put_str(buf, "\t\t\t});\n");
	}
	return 0;
}

int
gen_put_frames(struct slice template, struct buf *buf)
{
	static const struct gen_list lists[] = {
	    {"constants", put_constants},
	    {"decode", put_decode},
	    {"encode", put_encode},
	    {"in", put_in},
	    {"interfaces", put_interfaces},
	    {"numbers", put_numbers},
	    {"out", put_out},
	    {"rights", put_rights},
	};

	return gen_put_template(template, lists, ARRAY_SIZE(lists), buf);
}
