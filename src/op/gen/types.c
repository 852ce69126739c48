/*
 * The types of the operations in TypeScript. Ids carry the letter of their kind
 * in their type, so that a compiler finds a file's id where a folder's belongs.
 */
#include <ctype.h>

#include "base/error.h"
#include "gen/gen.h"
#include "op/op.h"

static const char head[] =
    "// The operations of Chancery, their arguments and results: made from "
    "the\n"
    "// operation table by `make docs`, not by hand. docs/API.md says what "
    "each "
    "does.\n"
    "\n"
    "/** A point in time, UTC: \"2026-11-22T10:00:00.123Z\". */\n"
    "export type Time = string;\n"
    "\n"
    "/** Opaque; it differs where something changed. */\n"
    "export type State = string;\n"
    "\n"
    "/** Bytes in base64 (RFC 4648, section 4). */\n"
    "export type Base64 = string;\n";

void
gen_put_pascal(struct buf *buf, const char *name)
{
	bool upper = true;

	for (; *name != '\0'; name++) {
		if (*name == '_') {
			upper = true;
			continue;
		}
		buf_put_u8(
		    buf, (uint8_t)(upper ? toupper((unsigned char)*name)
					 : tolower((unsigned char)*name)));
		upper = false;
	}
}

static void
put_kinds(struct buf *buf)
{
	static const struct {
		char letter;
		const char *name, *text;
	} kinds[] = {
#define KIND(number, name, letter, text, ...) {letter, #name, text},
#include "op/kind.def"
#undef KIND
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		buf_printf(
		    buf, "\n/** Names one %s. */\nexport type ", kinds[i].text);
		gen_put_pascal(buf, kinds[i].name);
		buf_printf(buf, "Id = `%c${string}`;\n", kinds[i].letter);
	}
	buf_put_str(buf, "\nexport type NodeId = FolderId | FileId;\n"
			 "\nexport type Id =");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		buf_put_str(buf, "\n\t| ");
		gen_put_pascal(buf, kinds[i].name);
		buf_put_str(buf, "Id");
	}
	buf_put_str(buf, ";\n");
}

static void
put_words(struct buf *buf)
{
	for (enum words which = WORDS_UNSET + 1; which < WORDS_MAX; which++) {
		const struct word_list *list = words_list(which);

		buf_printf(buf, "\n/** %s */\nexport type ", list->doc);
		gen_put_pascal(buf, list->name);
		buf_put_str(buf, " =");
		for (size_t i = 0; i < list->n; i++)
			buf_printf(buf, "\n\t| \"%s\"", list->words[i].text);
		buf_put_str(buf, ";\n");
	}
}

static void
put_type(struct buf *buf, const struct shape_field *f)
{
	switch ((enum shape_type)f->type) {
	case SHAPE_U64:
		buf_put_str(buf, "number");
		break;
	case SHAPE_BOOL:
		buf_put_str(buf, "boolean");
		break;
	case SHAPE_TIME:
		buf_put_str(buf, "Time");
		break;
	case SHAPE_STATE:
		buf_put_str(buf, "State");
		break;
	case SHAPE_ID:
		if (f->bound == KIND_NODE)
			buf_put_str(buf, "Node");
#define KIND(number, name, ...)   \
	if (f->bound == (number)) \
		gen_put_pascal(buf, #name);
#include "op/kind.def"
#undef KIND
		buf_put_str(buf, "Id");
		break;
	case SHAPE_TEXT:
		buf_put_str(buf, "string");
		break;
	case SHAPE_BYTES:
		buf_put_str(buf, "Base64");
		break;
	case SHAPE_CALL:
		buf_put_str(buf, "{ readonly [operation: string]: object }");
		break;
	case SHAPE_ENUM:
		gen_put_pascal(buf, words_list((enum words)f->bound)->name);
		break;
	case SHAPE_FLAGS:
		buf_put_str(buf, "readonly ");
		gen_put_pascal(buf, words_list((enum words)f->bound)->name);
		buf_put_str(buf, "[]");
		break;
	case SHAPE_LIST:
		buf_put_str(buf, "readonly ");
		gen_put_pascal(buf, f->list->name);
		buf_put_str(buf, "[]");
		break;
	case SHAPE_UNSET:
		BUG_ON(true);
	}
}

static void
put_shape(struct buf *buf, const struct shape *shape)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	buf_printf(buf, "\n/** %s */\nexport interface ", shape->doc);
	gen_put_pascal(buf, shape->name);
	buf_put_str(buf, " {\n");
	for (size_t i = 0; i < n; i++) {
		buf_printf(buf, "\t/** %s */\n\treadonly %s%s: ", fields[i].doc,
		    fields[i].name, fields[i].flags & REQ ? "" : "?");
		put_type(buf, &fields[i]);
		buf_put_str(buf, ";\n");
	}
	buf_put_str(buf, "}\n");
}

static void
put_operations(struct buf *buf)
{
	buf_put_str(buf,
	    "\n/** Operations that can be called by their own names "
	    "(urn:chancery:operations). */\nexport interface Operations {\n");
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (op->effect == OP_SYSTEM || op_opens_stream(op))
			continue;
		buf_printf(buf, "\t/** %s */\n\t\"%s\": {arguments: ", op->doc,
		    op->name);
		gen_put_pascal(buf, op->args->name);
		buf_put_str(buf, "; result: ");
		gen_put_pascal(buf, op->result->name);
		buf_put_str(buf, "};\n");
	}
	buf_put_str(buf, "}\n"
			 "\n"
			 "export type OperationName = keyof Operations;\n");
}

static void
put_errors(struct buf *buf)
{
	static const char *const names[] = {
#define ERR(number, name, class, http, jmap, text) #name,
#include "base/err.def"
#undef ERR
	};

	buf_put_str(buf, "\nexport type ErrorCode =");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		buf_printf(buf, "\n\t| \"%s\"", names[i]);
	buf_put_str(buf,
	    ";\n"
	    "\n"
	    "/** How an operation went for one object. */\n"
	    "export type Answer<R> =\n"
	    "\t| ({readonly ok: true} & R)\n"
	    "\t| {\n"
	    "\t\t\treadonly ok: false;\n"
	    "\t\t\treadonly code: ErrorCode;\n"
	    "\t\t\treadonly error: {readonly type: string; readonly "
	    "description: string};\n"
	    "\t  };\n");
}

void
gen_put_types(struct buf *buf)
{
	buf_put_str(buf, head);
	put_kinds(buf);
	put_words(buf);
	for (size_t i = 0; i < shapes_count; i++)
		put_shape(buf, shapes_all[i]);
	put_operations(buf);
	put_errors(buf);
}
