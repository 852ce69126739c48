#include "cli/record.h"

#include <inttypes.h>

#include "base/encode.h"
#include "cli/cli.h"
#include "cli/diag.h"
#include "cli/event.h"
#include "cli/format.h"
#include "op/op.h"

enum { LABEL_COLUMNS = 12, LINE_BYTES = 1 << 20 };

struct printer {
	FILE *file;
	const struct bundle *bundle;
	struct buf line;
};

int
record_fetch(struct cli *cli, uint64_t sequence, struct buf *ret_bundle)
{
	char what[32];
	json_t *record = NULL;
	int status;

	(void)snprintf(what, sizeof(what), "record %" PRIu64, sequence);
	status = api_call(cli, "log.show",
	    json_pack("{s:I}", "sequence", (json_int_t)sequence), what,
	    &record);
	if (status == CLI_OK &&
	    base64_decode(slice_str(api_text(record, "bundle")), ret_bundle) <
		0)
		status = cli_fail(cli, CLI_FAILED, "%s can't be read", what);
	json_decref(record);
	return status;
}

/* ---- parts
 * ------------------------------------------------------------------- */

/* The line so far, behind its label. */
static void
put_line(struct printer *p, const char *label)
{
	(void)fprintf(p->file, "%-*s %.*s\n", LABEL_COLUMNS, label,
	    SLICE_ARG(buf_slice(&p->line)));
	buf_clear(&p->line);
}

/* The outer id of a row, where its maker is at hand. */
static bool
find_id(const struct bundle *bundle, uint64_t ref, struct id *ret_id)
{
	const struct bundle_part *maker =
	    bundle_cited(bundle, ref_sequence(ref));

	for (size_t i = 0; maker != NULL && i < maker->leaf.n_objects; i++) {
		const struct leaf_object *o = &maker->leaf.objects[i];

		for (size_t k = 0; k < o->n_made; k++)
			if (o->made[k].place == ref_place(ref) &&
			    o->made[k].outside != 0) {
				*ret_id = (struct id){
				    o->made[k].outside, o->made[k].kind};
				return true;
			}
	}
	return false;
}

/* "file f2jz... (record 17)" */
static void
put_ref(struct printer *p, uint64_t ref)
{
	struct id id;

	if (find_id(p->bundle, ref, &id)) {
		buf_printf(&p->line, "%s ", kind_text(id.kind));
		id_put_text(&p->line, id);
		buf_put_u8(&p->line, ' ');
	}
	buf_printf(&p->line, "(record %" PRIu64, ref_sequence(ref));
	if (ref_place(ref) != 0)
		buf_printf(&p->line, ", %" PRIu64, ref_place(ref));
	buf_put_u8(&p->line, ')');
}

static void
put_refs(struct printer *p, const char *label, const uint64_t *refs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put_ref(p, refs[i]);
		put_line(p, label);
	}
}

static void
put_optional_ref(struct printer *p, const char *label, uint64_t ref)
{
	put_refs(p, label, &ref, ref != 0);
}

static void
put_outcome(struct printer *p, const char *label, int outcome)
{
	if (outcome == 0)
		buf_put_str(&p->line, "done");
	else
		buf_printf(&p->line, "%s: %s", error_info(outcome)->name,
		    error_text(outcome));
	put_line(p, label);
}

static void
put_leaves(
    struct printer *p, const char *label, const uint64_t *leaves, size_t n)
{
	if (n == 0)
		return;
	buf_put_str(&p->line, n == 1 ? "record" : "records");
	for (size_t i = 0; i < n; i++)
		buf_printf(
		    &p->line, "%s %" PRIu64, i > 0 ? "," : "", leaves[i]);
	put_line(p, label);
}

/* ---- an object
 * --------------------------------------------------------------- */

static void
put_field_name(struct printer *p, uint64_t key)
{
	const char *name = diag_field_name(p->bundle->record.leaf.op, key);

	if (name != NULL)
		buf_put_str(&p->line, name);
	else
		buf_printf(&p->line, "field %" PRIu64, key);
	buf_put_str(&p->line, " = ");
}

static void
put_texts(struct printer *p, const struct leaf_object *o, size_t slot)
{
	for (size_t i = 0; i < o->n_texts; i++) {
		struct slice text = bundle_text(&p->bundle->record, slot + i);

		put_field_name(p, o->texts[i].field);
		if (text.p == NULL) {
			buf_put_str(&p->line, "(erased)");
		} else {
			buf_put_u8(&p->line, '"');
			format_put_text(&p->line, text);
			buf_put_u8(&p->line, '"');
		}
		put_line(p, "  text");
	}
}

static void
put_figures(struct printer *p, const struct leaf_object *o)
{
	for (size_t i = 0; i < o->n_numbers; i++) {
		const struct leaf_number *number = &o->numbers[i];

		put_field_name(p, number->key);
		if (number->key == FACT_TARGET || number->key == FACT_GRANTEE)
			put_ref(p, (uint64_t)number->value);
		else
			buf_put_i64(&p->line, number->value);
		put_line(p, "  number");
	}
	for (size_t i = 0; i < o->n_bytes; i++) {
		put_field_name(p, o->bytes[i].key);
		buf_put_hex(&p->line, o->bytes[i].value);
		put_line(p, "  bytes");
	}
}

static void
put_object(struct printer *p, size_t i)
{
	const struct leaf *leaf = &p->bundle->record.leaf;
	const struct leaf_object *o = &leaf->objects[i];
	uint64_t proof[LEAF_PROOF_MAX];
	size_t n = leaf_proof_of(leaf, o, proof, LEAF_PROOF_MAX);

	if (o->kind != KIND_NONE && o->ref != 0)
		put_ref(p, o->ref);
	else
		buf_put_str(&p->line, "none that exists");
	put_line(p, "object");
	if (o->outcome != 0)
		put_outcome(p, "  outcome", o->outcome);
	put_leaves(p, "  proof", proof, n);
	for (size_t k = 0; k < o->n_made; k++) {
		put_ref(p, ref_make(leaf->sequence, o->made[k].place));
		if (o->made[k].outside == 0)
			buf_printf(&p->line, " %s", kind_text(o->made[k].kind));
		put_line(p, "  made");
	}
	put_refs(p, "  ended", o->ended, o->n_ended);
	put_refs(p, "  from", o->from, o->n_from);
	put_texts(p, o, leaf_slot(leaf, i));
	put_figures(p, o);
}

/* ---- the record
 * -------------------------------------------------------------- */

static void
put_operation(struct printer *p, const struct leaf *leaf)
{
	const struct op *op = op_get(leaf->op);

	if (op != NULL)
		buf_printf(&p->line, "%s (%s)", op->name, op->doc);
	else
		buf_printf(&p->line, "number %" PRIu64 ", of a newer release",
		    leaf->op);
	put_line(p, "operation");
}

static void
put_context(struct printer *p, const struct leaf *leaf)
{
	const struct bundle_part *context =
	    leaf->context != 0 ? bundle_cited(p->bundle, leaf->context) : NULL;
	static const struct {
		uint64_t fact;
		const char *label;
	} texts[] = {{FACT_ADDRESS, "from"}, {FACT_USER_AGENT, "by program"},
	    {FACT_TLS, "over"}};
	struct slice text;

	for (size_t i = 0; context != NULL && i < ARRAY_SIZE(texts); i++) {
		if (!bundle_find_text(context, texts[i].fact, &text) ||
		    (text.p != NULL && text.n == 0))
			continue;
		if (text.p == NULL)
			buf_put_str(&p->line, "(erased)");
		else
			format_put_text(&p->line, text);
		put_line(p, texts[i].label);
	}
	if (leaf->context != 0) {
		buf_printf(&p->line, "record %" PRIu64, leaf->context);
		put_line(p, "context");
	}
}

static void
put_whom(struct printer *p, const struct leaf *leaf)
{
	put_optional_ref(p, "principal", leaf->principal);
	put_optional_ref(p, "on behalf of", leaf->behalf);
	put_optional_ref(p, "session", leaf->session);
	put_refs(p, "credential", leaf->credentials, leaf->n_credentials);
	put_refs(p, "approved", leaf->approved, leaf->n_approved);
	if (leaf->cause != 0) {
		buf_put_str(&p->line, words_text(WORDS_CAUSE, leaf->cause));
		buf_put_str(&p->line, ", as the client says");
		put_line(p, "cause");
	}
}

static void
put_rest(struct printer *p, const struct leaf *leaf)
{
	if (leaf->trust == TRUST_OBSERVED) {
		buf_put_str(&p->line, "done elsewhere, and handed over");
		put_line(p, "trust");
	}
	if (leaf->happened != 0) {
		buf_put_str(&p->line, format_time(leaf->happened).text);
		put_line(p, "happened");
	}
	put_leaves(p, "cites", &leaf->cites, leaf->cites != 0);
	if (leaf->at != 0) {
		buf_printf(&p->line, "as of record %" PRIu64, leaf->at);
		put_line(p, "read");
	}
}

int
record_print(FILE *file, struct slice bundle_bytes)
{
	struct arena arena = {NULL};
	struct bundle bundle;
	struct printer p = {
	    .file = file, .bundle = &bundle, .line = BUF(LINE_BYTES)};
	const struct leaf *leaf = &bundle.record.leaf;
	int r = bundle_decode(bundle_bytes, &arena, &bundle);

	if (r == 0)
		r = event_put_message(bundle_bytes, &p.line);
	if (r == 0) {
		put_line(&p, "what");
		buf_put_u64(&p.line, leaf->sequence);
		put_line(&p, "record");
		buf_put_str(&p.line, format_time(leaf->time).text);
		put_line(&p, "time");
		put_operation(&p, leaf);
		put_outcome(&p, "outcome", leaf->outcome);
		put_whom(&p, leaf);
		put_context(&p, leaf);
		put_rest(&p, leaf);
		for (size_t i = 0; i < leaf->n_objects; i++)
			put_object(&p, i);
		r = p.line.error;
	}
	buf_free(&p.line);
	arena_free(&arena);
	return r;
}
