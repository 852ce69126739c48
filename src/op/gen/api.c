/*
 * The API page. Its prose is the template's; what this adds are the lists that
 * the tables hold, and the example of each operation (examples.def).
 */
#include <ctype.h>
#include <inttypes.h>

#include "base/error.h"
#include "gen/gen.h"
#include "op/op.h"

/* ---- words for people -----------------------------------------------------
 */

static const struct {
	uint32_t uid;
	const char *caption;
} classes[] = {
#define CLASS(uid, caption, parts) {uid, caption},
#include "ledger/ocsf.def"
};

static const struct {
	uint32_t uid, id;
	const char *caption;
} activities[] = {
#define ACTIVITY(class, id, caption) {class, id, caption},
#include "ledger/ocsf.def"
};

/* Clients see the lower-case name of a list of words. */
static void
put_lower(struct buf *buf, const char *name)
{
	for (; *name != '\0'; name++)
		buf_put_u8(buf, (uint8_t)tolower((unsigned char)*name));
}

static void
put_ocsf(struct buf *buf, uint32_t type)
{
	uint32_t uid = type / 100, id = type % 100;
	const char *class = "?", *activity = "Other";

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].uid == uid)
			class = classes[i].caption;
	for (size_t i = 0; i < ARRAY_SIZE(activities); i++)
		if (activities[i].uid == uid && activities[i].id == id)
			activity = activities[i].caption;
	buf_printf(buf, "%s: %s (%" PRIu32 ")", class, activity, type);
}

static void
put_words_link(struct buf *buf, enum words which)
{
	buf_put_str(buf, "[`");
	put_lower(buf, words_list(which)->name);
	buf_put_str(buf, "`](#");
	put_lower(buf, words_list(which)->name);
	buf_put_str(buf, ")");
}

static void
put_shape_link(struct buf *buf, const struct shape *shape)
{
	buf_printf(buf, "[`%s`](#%s)", shape->name, shape->name);
}

static void
put_up_to(struct buf *buf, const char *what, uint64_t bound, const char *unit)
{
	buf_put_str(buf, what);
	if (bound != 0 && bound != UINT64_MAX)
		buf_printf(buf, " up to %" PRIu64 "%s", bound, unit);
}

static void
put_type(struct buf *buf, const struct shape_field *f)
{
	switch ((enum shape_type)f->type) {
	case SHAPE_U64:
		put_up_to(buf, "number", f->bound, "");
		break;
	case SHAPE_BOOL:
		buf_put_str(buf, "`true` or `false`");
		break;
	case SHAPE_TIME:
		buf_put_str(buf, "time");
		break;
	case SHAPE_STATE:
		buf_put_str(buf, "state");
		break;
	case SHAPE_ID:
		if (f->bound == KIND_NODE)
			buf_put_str(buf, "id of a folder or file");
		else if (f->bound == KIND_NONE)
			buf_put_str(buf, "id");
		else
			buf_printf(
			    buf, "id of a %s", kind_text((enum kind)f->bound));
		break;
	case SHAPE_TEXT:
		put_up_to(buf, "text", f->bound, " bytes");
		break;
	case SHAPE_BYTES:
		put_up_to(buf, "base64 of", f->bound, " bytes");
		break;
	case SHAPE_CALL:
		buf_put_str(buf,
		    "object with one member, the operation, of its argument");
		break;
	case SHAPE_ENUM:
		buf_put_str(buf, "one ");
		put_words_link(buf, (enum words)f->bound);
		break;
	case SHAPE_FLAGS:
		buf_put_str(buf, "array of ");
		put_words_link(buf, (enum words)f->bound);
		break;
	case SHAPE_LIST:
		put_up_to(buf, "array", f->bound, " of ");
		put_shape_link(buf, f->list);
		break;
	case SHAPE_UNSET:
		BUG_ON(true);
	}
}

/* ---- fields
 * ------------------------------------------------------------------ */

/* Of arguments, it is told too which ones a record keeps. */
static void
put_fields(struct buf *buf, const struct shape *shape, bool arguments)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	buf_printf(buf, "| %s | type | |\n|---|---|---|\n",
	    arguments ? "argument" : "member");
	for (size_t i = 0; i < n; i++) {
		const struct shape_field *f = &fields[i];

		buf_printf(buf, "| `%s`%s | ", f->name,
		    f->flags & REQ ? arguments ? " (needed)" : ""
		    : arguments    ? ""
				   : " (may be absent)");
		put_type(buf, f);
		buf_printf(buf, " | %s%s%s |\n", f->doc,
		    arguments && (f->flags & LOG) ? "; stands in the record"
						  : "",
		    f->flags & SECRET ? "; never in any record" : "");
	}
	buf_put_u8(buf, '\n');
}

/* ---- operations ------------------------------------------------------------
 */

static const struct {
	enum op_number op;
	const char *text;
} examples[] = {
#define EXAMPLE(NAME, text) {OP_##NAME, text},
#include "gen/examples.def"
#undef EXAMPLE
};

static const char *
example_of(const struct op *op)
{
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		if (examples[i].op == op->number)
			return examples[i].text;
	return NULL;
}

static void
put_need(struct buf *buf, const struct op_need *need)
{
	const char *relation = words_text(WORDS_RELATION, need->relation);

	switch (need->on) {
	case OP_ON_UNSET:
		break;
	case OP_ON_ORG:
		buf_printf(buf, "the role `%s` in the organisation", relation);
		break;
	case OP_ON_OPEN:
		buf_put_str(
		    buf, "no session: what it proves stands in its arguments");
		break;
	case OP_ON_SELF:
		buf_put_str(
		    buf, "nothing but a session: it concerns the caller");
		break;
	case OP_ON_FIELD:
		buf_printf(buf, "`%s` on `%s`", relation, need->field);
		break;
	case OP_ON_PLACE:
		buf_printf(
		    buf, "`%s` on `%s` or `path`", relation, need->field);
		break;
	case OP_ON_STATE:
		buf_printf(buf, "`%s` on where the server finds that it goes",
		    relation);
		break;
	}
}

static const char *const seconds[] = {
    [OP_SECOND_ALWAYS] = "; a second person's approval",
    [OP_SECOND_OR_DAY] = "; a second person's approval, or a day in which "
			 "nobody refuses it",
    [OP_SECOND_SELF] = "; where the caller gives it to themselves, or to a "
		       "group that they are in, a second person's approval",
};

static void
put_needs(struct buf *buf, const struct op *op)
{
	buf_put_str(buf, "- Needs ");
	for (size_t i = 0; i < OP_NEEDS_MAX; i++) {
		if (i > 0 && op->need[i].on != OP_ON_UNSET)
			buf_put_str(buf, ", and ");
		put_need(buf, &op->need[i]);
	}
	if (op->or_org != 0)
		buf_printf(buf, ", or the role `%s` in the organisation",
		    words_text(WORDS_RELATION, op->or_org));
	if (op->unit.field != NULL)
		buf_printf(buf, "%s in the unit of `%s`",
		    op->or_org != 0 ? " or" : ", or", op->unit.field);
	if (!op_is_open(op))
		buf_printf(buf, "; a credential for `%s`",
		    words_text(WORDS_FAMILY, op->family));
	if (op->effect == OP_WRITE && !op_is_open(op))
		buf_put_str(buf, " that is not read-only");
	if (op->stepup)
		buf_put_str(
		    buf, "; of a person, a confirmation within 5 minutes");
	if (op->second.when != OP_SECOND_NONE)
		buf_put_str(buf, seconds[op->second.when]);
	buf_put_u8(buf, '\n');
}

static void
put_kinds(struct buf *buf, const char *verb, uint64_t kinds)
{
	bool first = true;

	if (kinds == 0)
		return;
	buf_printf(buf, "- %s ", verb);
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++) {
		if (!(kinds & BIT(kind)))
			continue;
		buf_printf(buf, "%s%s", first ? "" : ", ", kind_text(kind));
		first = false;
	}
	buf_put_u8(buf, '\n');
}

static void
put_objects(struct buf *buf, const struct op *op)
{
	if (op_opens_stream(op))
		buf_put_str(buf,
		    "- Opens a stream, so it has a resource of its own instead "
		    "of a JMAP method\n");
	else if (op->max > 1)
		buf_printf(buf,
		    "- Up to %u objects a call, each with an outcome of its "
		    "own\n",
		    (unsigned)op->max);
	if (op->urgent)
		buf_put_str(buf, "- Served even when the storage is full\n");
	if (op->revokes)
		buf_put_str(buf, "- Takes authority away, so it is never made "
				 "to wait\n");
}

static int
put_operation(struct buf *buf, const struct op *op)
{
	const char *example = example_of(op);

	if (example == NULL)
		return E_INVALID;
	buf_printf(buf, "### %s\n\n%s. (Number %u, revision %u; %s.)\n\n",
	    op->name, op->doc, (unsigned)op->number, (unsigned)op->rev,
	    op->effect == OP_READ ? "changes nothing" : "makes a change");
	put_needs(buf, op);
	put_objects(buf, op);
	put_kinds(buf, "Makes", op->makes);
	put_kinds(buf, "Ends", op->ends);
	buf_put_str(buf, "- Recorded as ");
	put_ocsf(buf, op->ocsf);
	buf_put_str(buf, "\n\n");
	if (op->args != &shape_nothing)
		put_fields(buf, op->args, true);
	else
		buf_put_str(buf, "No arguments. ");
	buf_put_str(buf, "Result: ");
	put_shape_link(buf, op->result);
	buf_printf(buf, ".\n\n```%s\n%s\n```\n\n",
	    strncmp(example, "//", 2) == 0 ? "js" : "sh", example);
	return 0;
}

static int
put_operations(struct buf *buf)
{
	int r = 0;

	for (const struct op *op = NULL; r == 0 && (op = op_next(op)) != NULL;)
		if (op->effect != OP_SYSTEM)
			r = put_operation(buf, op);
	return r;
}

static int
put_contents(struct buf *buf)
{
	buf_put_str(buf, "| operation | |\n|---|---|\n");
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (op->effect == OP_SYSTEM)
			continue;
		buf_printf(buf, "| [`%s`](#", op->name);
		for (const char *p = op->name; *p != '\0'; p++)
			if (*p != '.')
				buf_put_u8(buf, (uint8_t)*p);
		buf_printf(buf, ") | %s |\n", op->doc);
	}
	return 0;
}

static int
put_system(struct buf *buf)
{
	buf_put_str(buf, "| number | record | what happened | why nobody calls "
			 "it | OCSF |\n|---|---|---|---|---|\n");
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;) {
		if (op->effect != OP_SYSTEM)
			continue;
		buf_printf(buf, "| %u | `%s` | %s | %s | ",
		    (unsigned)op->number, op->name, op->doc, op->why);
		put_ocsf(buf, op->ocsf);
		buf_put_str(buf, " |\n");
	}
	return 0;
}

/* ---- what they are made of --------------------------------------------------
 */

static bool
is_argument(const struct shape *shape)
{
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;)
		if (op->args == shape)
			return true;
	return false;
}

static bool
is_result(const struct shape *shape)
{
	for (const struct op *op = NULL; (op = op_next(op)) != NULL;)
		if (op->result == shape)
			return true;
	return false;
}

static int
put_shapes(struct buf *buf)
{
	for (size_t i = 0; i < shapes_count; i++) {
		const struct shape *shape = shapes_all[i];

		if (is_argument(shape) && !is_result(shape))
			continue;
		buf_printf(buf, "### %s\n\n%s.\n\n", shape->name, shape->doc);
		put_fields(buf, shape, false);
	}
	return 0;
}

static int
put_words(struct buf *buf)
{
	for (enum words which = WORDS_UNSET + 1; which < WORDS_MAX; which++) {
		const struct word_list *list = words_list(which);

		buf_put_str(buf, "### ");
		put_lower(buf, list->name);
		buf_printf(buf, "\n\nThe %s.\n\n", list->doc);
		for (size_t i = 0; i < list->n; i++)
			buf_printf(buf, "- `%s`: %s\n", list->words[i].text,
			    list->words[i].doc);
		buf_put_u8(buf, '\n');
	}
	return 0;
}

static int
put_ids(struct buf *buf)
{
	buf_put_str(buf, "| letter | names a |\n|---|---|\n");
	for (enum kind kind = KIND_NONE + 1; kind < KIND_NODE; kind++)
		buf_printf(
		    buf, "| `%c` | %s |\n", kind_letter(kind), kind_text(kind));
	return 0;
}

static int
put_errors(struct buf *buf)
{
	static const char *const names[] = {
	    [ERROR_CLASS_NONE] = "",
	    [ERROR_CLASS_DENIED] = "denied",
	    [ERROR_CLASS_REFUSED] = "refused",
	    [ERROR_CLASS_FAILED] = "failed",
	    [ERROR_CLASS_UNKNOWN] = "unknown",
	};
	static const struct {
		const char *name;
		enum error_class class;
		int http;
		const char *jmap, *text;
	} errors[] = {
#define ERR(number, name, class, http, jmap, text) \
	{#name, ERROR_CLASS_##class, http, jmap, text},
#include "base/err.def"
#undef ERR
	};

	buf_put_str(buf, "| code | HTTP | JMAP type | recorded as | text |\n"
			 "|---|---|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		buf_printf(buf, "| `%s` | %d | `%s` | %s | %s |\n",
		    errors[i].name, errors[i].http, errors[i].jmap,
		    names[errors[i].class], errors[i].text);
	return 0;
}

/* ---- the server
 * ---------------------------------------------------------------- */

static int
put_limits(struct buf *buf)
{
	enum { TEXT, NUMBER, BYTES, SECONDS, LIMIT };
	static const struct {
		const char *name;
		int type;
		const char *standard;
		const char *doc;
	} keys[] = {
#define CONFIG(name, type, default, min, max, reload, doc) \
	{#name, type, default, doc},
#include "ipc/config.def"
#undef CONFIG
	};

	buf_put_str(buf, "| limit | standard | on what |\n|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].type == LIMIT || keys[i].type == SECONDS)
			buf_printf(buf, "| `%s` | %s%s | %s |\n", keys[i].name,
			    keys[i].standard,
			    keys[i].type == SECONDS ? " s" : "", keys[i].doc);
	return 0;
}

static int
put_routes(struct buf *buf)
{
	enum { GET = 1, HEAD = 2, POST = 4, PUT = 8, DELETE = 16 };
	enum { NO_BODY, WHOLE, STREAM, SOCKET };
	enum { PUBLIC, BEARER, EITHER };
	static const char *const methods[] = {
	    "GET", "HEAD", "POST", "PUT", "DELETE"};
	static const struct {
		const char *path;
		bool prefix;
		unsigned methods;
		bool open;
		const char *doc;
	} routes[] = {
#define ROUTE(path, prefix, methods, body, credential, links, serve, doc) \
	{path, prefix, methods, (credential) == PUBLIC, doc},
#include "front/route.def"
#undef ROUTE
	};

	buf_put_str(buf, "| resource | methods | |\n|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		bool first = true;

		buf_printf(buf, "| `%s%s` | ", routes[i].path,
		    routes[i].prefix ? "..." : "");
		for (size_t k = 0; k < ARRAY_SIZE(methods); k++) {
			if (!(routes[i].methods & 1u << k))
				continue;
			buf_printf(buf, "%s%s", first ? "" : ", ", methods[k]);
			first = false;
		}
		buf_printf(buf, " | %s%s |\n", routes[i].doc,
		    routes[i].open ? " (open to all)" : "");
	}
	return 0;
}

static int
put_events(struct buf *buf)
{
	static const char *const events[] = {
#define SUM(number, name, word) word,
#include "ledger/sum.def"
#undef SUM
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		buf_printf(buf, "- %s\n", events[i]);
	return 0;
}

/* ---- the page
 * ---------------------------------------------------------------------- */

int
gen_put_api(struct slice template, struct buf *buf)
{
	static const struct gen_list lists[] = {
	    {"contents", put_contents},
	    {"errors", put_errors},
	    {"events", put_events},
	    {"ids", put_ids},
	    {"limits", put_limits},
	    {"operations", put_operations},
	    {"routes", put_routes},
	    {"shapes", put_shapes},
	    {"system", put_system},
	    {"words", put_words},
	};

	return gen_put_template(template, lists, ARRAY_SIZE(lists), buf);
}
