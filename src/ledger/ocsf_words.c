/*
 * What happened, in plain words: the sentences of ocsf.def, filled in. Texts of
 * people stand in quotation marks and are cut short: the whole ones are in the
 * event's other members.
 */
#include "ledger/ocsf_private.h"

enum who { ACTOR, SERVER, NOBODY };

static const struct sentence {
	enum who who;
	enum ocsf_severity severity;
	const char *done, *tried;
} sentences[OP_MAX] = {
#define SENTENCE(operation, who, severity, done, tried) \
	[OP_##operation] = {who, OCSF_##severity, done, tried},
#include "ledger/ocsf.def"
};

static const struct variant {
	enum op_number op;
	enum fact fact;
	int64_t value;
	enum ocsf_severity severity;
	const char *done;
} variants[] = {
#define VARIANT(operation, fact, value, severity, done) \
	{OP_##operation, FACT_##fact, value, OCSF_##severity, done},
#include "ledger/ocsf.def"
};

/* ---- the line ---------------------------------------------------------------
 */

void
ocsf_line_put(struct ocsf_line *line, struct slice text)
{
	size_t n = slice_utf8_cut(text, sizeof(line->text) - line->n);

	if (text.n == 0 || n == 0)
		return;
	memcpy(line->text + line->n, text.p, n);
	line->n += n;
}

void
ocsf_line_str(struct ocsf_line *line, const char *text)
{
	ocsf_line_put(line, slice_str(text));
}

void
ocsf_line_u64(struct ocsf_line *line, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	ocsf_line_put(line, slice_of(digits + at, sizeof(digits) - at));
}

void
ocsf_line_short(struct ocsf_line *line, struct slice text)
{
	size_t n = slice_utf8_cut(text, OCSF_SHORT_BYTES);

	ocsf_line_put(line, slice_first(text, n));
	if (n < text.n)
		ocsf_line_str(line, "…");
}

/* ---- what stands for a sign -------------------------------------------------
 */

/* “name”, or plainly that it isn't there. */
static void
quote(struct ocsf_line *line, bool known, struct slice text)
{
	if (!known) {
		ocsf_line_put(line, text);
		return;
	}
	ocsf_line_str(line, "“");
	ocsf_line_short(line, text);
	ocsf_line_str(line, "”");
}

static void
quote_text(struct ocsf_line *line, const struct ocsf_text *text)
{
	quote(line, text->opening != NULL, ocsf_show(text));
}

static void
quote_name(struct ocsf_line *line, const struct ocsf_thing *thing)
{
	quote(line, thing->standing != NULL || thing->name.opening != NULL,
	    ocsf_show_name(thing));
}

/* "the file “name”"; without a name "a file". */
static bool
put_thing(struct ocsf_line *line, enum kind kind,
    const struct ocsf_thing *thing, const char *nothing)
{
	const char *noun = "thing";

	if (thing->ref == 0) {
		ocsf_line_str(line, nothing);
		return false;
	}
	if (kind == KIND_ORG) {
		ocsf_line_str(line, "the organisation");
		return true;
	}
	if (kind_letter(kind) != '?' || kind == KIND_NODE)
		noun = kind_text(kind);
	ocsf_line_str(line, ocsf_has_name(thing)             ? "the "
			    : strchr("aeiou", *noun) != NULL ? "an "
							     : "a ");
	ocsf_line_str(line, noun);
	if (ocsf_has_name(thing)) {
		ocsf_line_str(line, " ");
		quote_name(line, thing);
	}
	return true;
}

static bool
put_object(const struct ocsf_event *ev, struct ocsf_line *line)
{
	struct ocsf_text path = ocsf_own_text(ev, FACT_PATH);

	if (ev->on.ref == 0 && path.held) {
		quote_text(line, &path);
		return true;
	}
	return put_thing(line, ev->object->kind, &ev->on,
	    ev->parts & PART_FILE ? "a file or folder" : "something");
}

static bool
put_created(const struct ocsf_event *ev, struct ocsf_line *line)
{
	struct ocsf_text name =
	    ocsf_own_text(ev, ocsf_argument(ev->op, "name"));
	bool is_file = ev->op != NULL && (ev->op->makes & BIT(KIND_FILE));
	enum kind kind;
	uint64_t ref;

	/* A copy is what it is a copy of. */
	if (ocsf_made(ev, BIT(KIND_FOLDER) | BIT(KIND_FILE), &ref, &kind))
		is_file = kind == KIND_FILE;

	ocsf_line_str(line, name.held ? "the " : "a ");
	ocsf_line_str(line, is_file ? "file" : "folder");
	if (name.held) {
		ocsf_line_str(line, " ");
		quote_text(line, &name);
	}
	return name.held;
}

static bool
put_argument(const struct ocsf_event *ev, struct ocsf_line *line,
    const char *argument, const char *nothing)
{
	struct ocsf_text text =
	    ocsf_own_text(ev, ocsf_argument(ev->op, argument));

	if (text.held)
		quote_text(line, &text);
	else
		ocsf_line_str(line, nothing);
	return text.held;
}

static bool
put_number(const struct ocsf_event *ev, struct ocsf_line *line, uint64_t key)
{
	int64_t value;

	if (!ocsf_number(ev, key, &value) || value < 0) {
		ocsf_line_str(line, "some");
		return false;
	}
	ocsf_line_u64(line, (uint64_t)value);
	return true;
}

static bool
put_actor(const struct ocsf_event *ev, struct ocsf_line *line)
{
	struct slice name = ocsf_show_name(&ev->actor);

	if (ev->actor.ref == 0) {
		ocsf_line_str(line, "somebody");
		return false;
	}
	if (ocsf_has_name(&ev->actor))
		ocsf_line_short(line, name);
	else
		ocsf_line_str(line, "a principal");
	return true;
}

static bool
put_address(const struct ocsf_event *ev, struct ocsf_line *line)
{
	struct ocsf_text text = {false, NULL};

	if (ev->context != NULL)
		text = ocsf_part_text(ev->context, FACT_ADDRESS);
	if (text.held)
		ocsf_line_short(line, ocsf_show(&text));
	else
		ocsf_line_str(line, "somewhere");
	return text.held;
}

static bool
put_status(const struct ocsf_event *ev, struct ocsf_line *line)
{
	int64_t status;

	if (!ocsf_number(ev, FACT_STATUS, &status) || status <= 0 ||
	    status >= STREAM_STATUS_MAX) {
		ocsf_line_str(line, "unknown");
		return false;
	}
	ocsf_line_str(line, words_text(WORDS_STREAM_STATUS, (unsigned)status));
	return true;
}

static bool
put_relation(const struct ocsf_event *ev, struct ocsf_line *line)
{
	unsigned relation = ocsf_relation(ev);

	ocsf_line_str(line,
	    relation != 0 ? words_text(WORDS_RELATION, relation) : "unknown");
	return relation != 0;
}

static bool
put_cited(const struct ocsf_event *ev, struct ocsf_line *line)
{
	const struct op *op =
	    ev->cites != NULL ? op_get(ev->cites->leaf.op) : NULL;

	ocsf_line_str(line, op != NULL ? op->name : "an operation");
	return op != NULL;
}

/* True where it is known. */
static bool
put_sign(const struct ocsf_event *ev, struct ocsf_line *line, char sign)
{
	switch (sign) {
	case 'o':
		return put_object(ev, line);
	case 'N':
		return kind_fits(KIND_NODE, ev->object->kind) &&
		       put_object(ev, line);
	case 'f':
		return put_created(ev, line);
	case 'n':
		return put_argument(ev, line, "name", "another name");
	case 'l':
		return put_argument(ev, line, "label", "(unknown)");
	case 't':
		return put_thing(
		    line, ev->target.kind, &ev->target, "a folder");
	case 'u':
		return put_thing(
		    line, KIND_PRINCIPAL, &ev->user, "a principal");
	case 'g':
		return put_thing(
		    line, KIND_PRINCIPAL, &ev->grantee, "a principal");
	case 'r':
		return put_relation(ev, line);
	case 'p':
		return put_actor(ev, line);
	case 'a':
		return put_address(ev, line);
	case 'x':
		return put_status(ev, line);
	case 'b':
		return put_number(ev, line, FACT_BYTES);
	case 'c':
		return put_number(ev, line, FACT_COUNT);
	case 'i':
		return put_number(ev, line, ocsf_argument(ev->op, "sequence"));
	case 'q':
		return put_cited(ev, line);
	default:
		BUG_ON(true);
	}
}

/* A bracket whose sign isn't known is taken back. */
static void
fill(const struct ocsf_event *ev, struct ocsf_line *line, const char *template)
{
	size_t bracket = 0;
	bool known = true;

	for (const char *p = template; *p != '\0'; p++) {
		const char *end = p + strcspn(p, "[]%");

		ocsf_line_put(line, slice_of(p, (size_t)(end - p)));
		p = end;
		if (*p == '\0')
			break;
		if (*p == '[') {
			bracket = line->n;
			known = true;
		} else if (*p == ']') {
			line->n = known ? line->n : bracket;
		} else if (!put_sign(ev, line, *++p)) {
			known = false;
		}
	}
}

/* ---- the sentence
 * ------------------------------------------------------------ */

static const struct sentence *
sentence_of(const struct ocsf_event *ev)
{
	const struct sentence *sentence;

	if (ev->op == NULL)
		return NULL;
	sentence = &sentences[ev->op->number];
	return sentence->done != NULL ? sentence : NULL;
}

static const struct variant *
variant_of(const struct ocsf_event *ev)
{
	int64_t value;

	if (ev->outcome != ERROR_CLASS_NONE)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (variants[i].op == ev->leaf->op &&
		    ocsf_number(ev, variants[i].fact, &value) &&
		    value == variants[i].value)
			return &variants[i];
	return NULL;
}

enum ocsf_severity
ocsf_own_severity(const struct ocsf_event *ev)
{
	const struct sentence *sentence = sentence_of(ev);
	const struct variant *variant = variant_of(ev);

	if (variant != NULL)
		return variant->severity;
	return sentence != NULL ? sentence->severity : OCSF_INFORMATIONAL;
}

static void
put_who(const struct ocsf_event *ev, struct ocsf_line *line, enum who who)
{
	if (who != ACTOR) {
		ocsf_line_str(line, "The server");
		return;
	}
	if (ev->actor.ref == 0)
		ocsf_line_str(line, "Somebody unauthenticated");
	else if (ocsf_has_name(&ev->actor))
		(void)put_actor(ev, line);
	else
		ocsf_line_str(line, "A principal");
	if (ev->behalf.ref != 0) {
		ocsf_line_str(line, ", on behalf of ");
		(void)put_thing(
		    line, KIND_PRINCIPAL, &ev->behalf, "a principal");
		ocsf_line_str(line, ",");
	}
}

/* Why it was not done: the error's name as words. */
static void
put_reason(const struct ocsf_event *ev, struct ocsf_line *line)
{
	static const char *const verdicts[] = {
	    [ERROR_CLASS_NONE] = "",
	    [ERROR_CLASS_DENIED] = " and was denied",
	    [ERROR_CLASS_REFUSED] = " and was refused",
	    [ERROR_CLASS_FAILED] = ", and it failed",
	    [ERROR_CLASS_UNKNOWN] = "; what came of it is not known",
	};
	const char *name = ev->error != NULL ? ev->error->name : "ERROR";

	ocsf_line_str(line, verdicts[ev->outcome]);
	if (ev->code == E_DENIED || ev->code == E_UNKNOWN)
		return;
	ocsf_line_str(line, ": ");
	for (; *name != '\0'; name++) {
		char c = *name;

		if (c == '_')
			c = ' ';
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		ocsf_line_put(line, slice_of(&c, 1));
	}
	if (ev->error == NULL) {
		ocsf_line_str(line, " ");
		ocsf_line_u64(line, (uint64_t) - (int64_t)ev->code);
	}
}

static void
put_unknown(const struct ocsf_event *ev, struct ocsf_line *line, bool done)
{
	put_who(ev, line, ACTOR);
	ocsf_line_str(line, done ? " did operation " : " tried operation ");
	ocsf_line_u64(line, ev->leaf->op);
}

void
ocsf_put_message(struct ocsf_event *ev)
{
	const struct sentence *sentence = sentence_of(ev);
	const struct variant *variant = variant_of(ev);
	bool done = ev->outcome == ERROR_CLASS_NONE;
	struct ocsf_line line;

	line.n = 0;
	if (sentence == NULL) {
		put_unknown(ev, &line, done);
	} else if (done) {
		if (sentence->who != NOBODY) {
			put_who(ev, &line, sentence->who);
			ocsf_line_str(&line, " ");
		}
		fill(ev, &line,
		    variant != NULL ? variant->done : sentence->done);
	} else {
		put_who(ev, &line, sentence->who);
		ocsf_line_str(&line, " tried to ");
		fill(ev, &line, sentence->tried);
	}
	if (!done)
		put_reason(ev, &line);
	/* What the server itself does cites what it does it for. */
	if (ev->leaf->cites != 0 && ev->op != NULL &&
	    ev->op->effect != OP_SYSTEM) {
		ocsf_line_str(&line, " (again: a repeat of record ");
		ocsf_line_u64(&line, ev->leaf->cites);
		ocsf_line_str(&line, ")");
	}
	json_member_string(&ev->w, "message", ocsf_line_slice(&line));
}
