#include "op/op.h"

#include "wire/json.h"

#define OCSF(class, activity) ((class) * 100 + (activity))
#define NEED_ORG(relation)                            \
	{                                             \
		OP_ON_ORG, relation, 0, 0, 0, 0, NULL \
	}
#define NEED_SELF                                           \
	{                                                   \
		OP_ON_SELF, RELATION_SELF, 0, 0, 0, 0, NULL \
	}
#define NEED_OPEN                               \
	{                                       \
		OP_ON_OPEN, 0, 0, 0, 0, 0, NULL \
	}
#define NEED_STATE(relation)                            \
	{                                               \
		OP_ON_STATE, relation, 0, 0, 0, 0, NULL \
	}
#define NEED(relation, shape, field)                                        \
	{                                                                   \
		OP_ON_FIELD, relation, offsetof(struct shape, has_##field), \
		    offsetof(struct shape, field), 0, 0, #field             \
	}
#define NEED_AT(relation, shape, field)                                     \
	{                                                                   \
		OP_ON_PLACE, relation, offsetof(struct shape, has_##field), \
		    offsetof(struct shape, field),                          \
		    offsetof(struct shape, has_path),                       \
		    offsetof(struct shape, path), #field                    \
	}
#define UNIT_OF(shape, arg)                           \
	{                                             \
		offsetof(struct shape, has_##arg),    \
		    offsetof(struct shape, arg), #arg \
	}
#define SECOND(when, shape, arg)                                    \
	{                                                           \
		OP_SECOND_##when, offsetof(struct shape, arg), #arg \
	}
#define ROW(number_, NAME, effect_, args_, result_, ...) \
	[OP_##NAME] = {.number = (number_),              \
	    .effect = (effect_),                         \
	    .args = (args_),                             \
	    .result = (result_),                         \
	    __VA_ARGS__},

/* By number. Two rows of one number are a compile error. */
static const struct op rows[OP_MAX] = {
#define SYSTEM(number, NAME, ...) \
	ROW(number, NAME, OP_SYSTEM, NULL, NULL, .rev = 1, __VA_ARGS__)
#define WRITE(number, NAME, handler, args, result, ...) \
	ROW(number, NAME, OP_WRITE, &shape_##args, &shape_##result, __VA_ARGS__)
#define READ(number, NAME, handler, args, result, ...) \
	ROW(number, NAME, OP_READ, &shape_##args, &shape_##result, __VA_ARGS__)
#include "op/op.def"
};

const struct op *
op_get(uint64_t number)
{
	if (number >= OP_MAX || rows[number].number == 0)
		return NULL;
	return &rows[number];
}

const struct op *
op_next(const struct op *op)
{
	size_t i = op != NULL ? (size_t)(op - rows) + 1 : 0;

	while (i < OP_MAX && rows[i].number == 0)
		i++;
	return i < OP_MAX ? &rows[i] : NULL;
}

const struct op *
op_find(struct slice name)
{
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;)
		if (slice_eq(slice_str(op->name), name))
			return op;
	return NULL;
}

static const char *const effects[] = {
    [OP_SYSTEM] = "system",
    [OP_WRITE] = "write",
    [OP_READ] = "read",
};

static const char *const seconds[] = {
    [OP_SECOND_ALWAYS] = "always",
    [OP_SECOND_OR_DAY] = "day",
    [OP_SECOND_SELF] = "self",
};

static void
put_kinds(struct json_writer *w, const char *key, uint64_t kinds)
{
	json_key(w, key);
	json_open_array(w);
	for (enum kind kind = KIND_NONE; kind < KIND_MAX; kind++)
		if (kinds & BIT(kind))
			json_put_string(w, slice_str(kind_text(kind)));
	json_close_array(w);
}

static void
put_needs(struct json_writer *w, const struct op *op)
{
	json_key(w, "needs");
	json_open_array(w);
	for (size_t i = 0; i < OP_NEEDS_MAX; i++) {
		const struct op_need *need = &op->need[i];

		if (need->on == OP_ON_UNSET)
			continue;
		json_open_object(w);
		if (need->relation != 0)
			json_member_str(w, "relation",
			    words_text(WORDS_RELATION, need->relation));
		json_member_str(w, "on",
		    need->on == OP_ON_ORG     ? "organisation"
		    : need->on == OP_ON_SELF  ? "self"
		    : need->on == OP_ON_OPEN  ? "anyone"
		    : need->on == OP_ON_STATE ? "target"
					      : need->field);
		json_close_object(w);
	}
	json_close_array(w);
	if (op->unit.field != NULL)
		json_member_str(w, "unit", op->unit.field);
	if (op->or_org != 0)
		json_member_str(
		    w, "orRole", words_text(WORDS_RELATION, op->or_org));
}

static void
put_row(struct json_writer *w, const struct op *op)
{
	json_open_object(w);
	json_member_u64(w, "number", op->number);
	json_member_u64(w, "revision", op->rev);
	json_member_str(w, "name", op->name);
	json_member_str(w, "doc", op->doc);
	json_member_str(w, "effect", effects[op->effect]);
	json_member_str(w, "family", words_text(WORDS_FAMILY, op->family));
	if (op->why != NULL)
		json_member_str(w, "system", op->why);
	if (op->stepup)
		json_member_bool(w, "stepup", true);
	if (op->second.when != OP_SECOND_NONE)
		json_member_str(w, "second", seconds[op->second.when]);
	put_needs(w, op);
	put_kinds(w, "makes", op->makes);
	put_kinds(w, "ends", op->ends);
	json_member_u64(w, "ocsf", op->ocsf);
	if (op->args != NULL) {
		json_member_u64(w, "objects", op->max);
		json_member_str(w, "arguments", op->args->name);
		json_member_str(w, "result", op->result->name);
	}
	json_close_object(w);
}

static void
put_shape(struct json_writer *w, const struct shape *shape)
{
	static const char *const types[] = {
	    [SHAPE_UNSET] = "",
	    [SHAPE_U64] = "u64",
	    [SHAPE_BOOL] = "bool",
	    [SHAPE_TIME] = "time",
	    [SHAPE_STATE] = "state",
	    [SHAPE_ID] = "id",
	    [SHAPE_TEXT] = "text",
	    [SHAPE_BYTES] = "bytes",
	    [SHAPE_CALL] = "call",
	    [SHAPE_ENUM] = "enum",
	    [SHAPE_FLAGS] = "flags",
	    [SHAPE_LIST] = "list",
	};
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	json_open_object(w);
	json_member_str(w, "name", shape->name);
	json_member_str(w, "doc", shape->doc);
	json_key(w, "fields");
	json_open_array(w);
	for (size_t i = 0; i < n; i++) {
		const struct shape_field *f = &fields[i];

		json_open_object(w);
		json_member_u64(w, "number", f->number);
		json_member_str(w, "name", f->name);
		json_member_str(w, "type", types[f->type]);
		if (f->type == SHAPE_ID)
			json_member_str(
			    w, "kind", kind_text((enum kind)f->bound));
		else if (f->type == SHAPE_ENUM || f->type == SHAPE_FLAGS)
			json_member_str(
			    w, "of", words_list((enum words)f->bound)->name);
		else if (f->bound != 0)
			json_member_u64(w, "max", f->bound);
		if (f->list != NULL)
			json_member_str(w, "of", f->list->name);
		json_member_bool(w, "required", f->flags & REQ);
		json_member_bool(w, "logged", f->flags & LOG);
		json_member_bool(w, "secret", f->flags & SECRET);
		json_member_str(w, "doc", f->doc);
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
}

static void
put_words(struct json_writer *w, const struct word_list *list)
{
	json_open_object(w);
	json_member_str(w, "name", list->name);
	json_member_str(w, "doc", list->doc);
	json_key(w, "words");
	json_open_array(w);
	for (size_t i = 0; i < list->n; i++) {
		json_open_object(w);
		json_member_u64(w, "number", list->words[i].number);
		json_member_str(w, "word", list->words[i].text);
		json_member_str(w, "doc", list->words[i].doc);
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
}

static const char *const classes[] = {
    [ERROR_CLASS_DENIED] = "denied",
    [ERROR_CLASS_REFUSED] = "refused",
    [ERROR_CLASS_FAILED] = "failed",
    [ERROR_CLASS_UNKNOWN] = "unknown",
};

static const struct {
	int number;
	enum error_class class;
	const char *name, *text;
} errors[] = {
#define ERR(number, name, class, http, jmap, text) \
	{number, ERROR_CLASS_##class, #name, text},
#include "base/err.def"
#undef ERR
};

void
op_put_catalogue(struct buf *buf)
{
	struct json_writer w = json_writer(buf);

	json_open_object(&w);
	json_key(&w, "operations");
	json_open_array(&w);
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;)
		put_row(&w, op);
	json_close_array(&w);
	json_key(&w, "shapes");
	json_open_array(&w);
	for (size_t i = 0; i < shapes_count; i++)
		put_shape(&w, shapes_all[i]);
	json_close_array(&w);
	json_key(&w, "words");
	json_open_array(&w);
	for (enum words i = WORDS_UNSET + 1; i < WORDS_MAX; i++)
		put_words(&w, words_list(i));
	json_close_array(&w);
	json_key(&w, "kinds");
	json_open_array(&w);
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		const char letter[] = {kind_letter(kind), '\0'};

		json_open_object(&w);
		json_member_u64(&w, "number", kind);
		json_member_str(&w, "kind", kind_text(kind));
		json_member_str(&w, "letter", letter);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_key(&w, "outcomes");
	json_open_array(&w);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		json_open_object(&w);
		json_member_u64(&w, "number", (uint64_t)errors[i].number);
		json_member_str(&w, "name", errors[i].name);
		json_member_str(&w, "class", classes[errors[i].class]);
		json_member_str(&w, "text", errors[i].text);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
}
