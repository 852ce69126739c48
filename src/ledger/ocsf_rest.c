/*
 * "unmapped": what a record tells and OCSF has no place for.
 *
 *	rev		revision of the operation
 *	at		a read: the last record of the snapshot that it saw
 *	cites		a repeat: the record that it repeats; the end of a
 *			stream: the one that opened it
 *	cause, trust	words of words.def; cause is what the client claimed
 *	connection	the record that describes it, and what that says
 *	claimed_by	what was reported, not seen: {what: by whom}
 *	on_behalf_of	the principal that it was done for
 *	credentials	behind the first, which the session names
 *	credential	the label of that one
 *	approved	sessions that approved it
 *	proof		the records that made the rows that gave the right
 *	made, ended, from	rows, by outer id or as record/place
 *	target, grantee	what else it names, but for "user"
 *	arguments	those of the call that the record keeps
 *	facts		all else, by the words of facts.def
 */
#include <inttypes.h>
#include <stdio.h>

#include "ledger/ocsf_private.h"

static void
put_thing(
    struct ocsf_event *ev, const char *key, const struct ocsf_thing *thing)
{
	json_key(&ev->w, key);
	json_open_object(&ev->w);
	ocsf_put_uid(ev, "uid", thing);
	if (ocsf_has_kind(thing))
		json_member_str(&ev->w, "kind", kind_text(thing->kind));
	if (ocsf_has_name(thing))
		ocsf_put_name(ev, "name", thing);
	json_close_object(&ev->w);
}

static void
put_refs(struct ocsf_event *ev, const char *key, const uint64_t *refs, size_t n)
{
	struct ocsf_thing thing;

	if (n == 0)
		return;
	json_key(&ev->w, key);
	json_open_array(&ev->w);
	for (size_t i = 0; i < n; i++) {
		ocsf_find(ev, KIND_NONE, refs[i], 0, &thing);
		ocsf_put_id(ev, &thing);
	}
	json_close_array(&ev->w);
}

static void
put_made(struct ocsf_event *ev)
{
	const struct leaf_object *o = ev->object;

	if (o->n_made == 0)
		return;
	json_key(&ev->w, "made");
	json_open_array(&ev->w);
	for (size_t i = 0; i < o->n_made; i++) {
		const struct ocsf_thing thing = {
		    .ref = ref_make(ev->leaf->sequence, o->made[i].place),
		    .kind = o->made[i].kind,
		    .outside = o->made[i].outside};

		ocsf_put_id(ev, &thing);
	}
	json_close_array(&ev->w);
}

static void
put_proof(struct ocsf_event *ev)
{
	uint64_t leaves[LEAF_PROOF_MAX];
	size_t n =
	    leaf_proof_of(ev->leaf, ev->object, leaves, ARRAY_SIZE(leaves));

	if (n == 0)
		return;
	json_key(&ev->w, "proof");
	json_open_array(&ev->w);
	for (size_t i = 0; i < n; i++)
		json_put_u64(&ev->w, leaves[i]);
	json_close_array(&ev->w);
}

/* ---- the connection ------------------------------------------------------ */

/* The numbers of a context leaf's only object. */
static bool
context_number(const struct ocsf_event *ev, uint64_t key, int64_t *ret_value)
{
	return ev->context != NULL && ev->context->leaf.n_objects > 0 &&
	       ocsf_number_of(&ev->context->leaf.objects[0], key, ret_value);
}

static void
put_connection(struct ocsf_event *ev)
{
	static const uint64_t keys[] = {
	    FACT_FRONT, FACT_CONNECTION, FACT_LISTENER};
	struct ocsf_text tls;
	int64_t value;

	if (ev->context == NULL)
		return;
	json_key(&ev->w, "connection");
	json_open_object(&ev->w);
	json_member_u64(&ev->w, "context", ev->context->leaf.sequence);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (context_number(ev, keys[i], &value))
			json_member_i64(&ev->w, fact_word(keys[i]), value);
	tls = ocsf_part_text(ev->context, FACT_TLS);
	if (tls.held && (tls.opening == NULL || tls.opening->text.n > 0))
		ocsf_put_text(ev, "tls", &tls);
	json_close_object(&ev->w);
}

/* What a front reports is the front's word; so is what a proxy told it. */
static void
put_front(struct ocsf_event *ev, const char *what, bool known, int64_t front)
{
	struct ocsf_line line = {.n = 0};

	ocsf_line_str(&line, "front");
	if (known && front >= 0) {
		ocsf_line_str(&line, " ");
		ocsf_line_u64(&line, (uint64_t)front);
	}
	json_member_string(&ev->w, what, ocsf_line_slice(&line));
}

/* Who counted the bytes of a stream that has ended. */
static void
put_totals_claim(struct ocsf_event *ev, bool known, int64_t front)
{
	int64_t bytes, status;

	if (!ocsf_number(ev, FACT_BYTES, &bytes))
		return;
	if (ev->cites != NULL && ev->cites->leaf.op == OP_UPLOAD_BEGIN &&
	    ocsf_number(ev, FACT_STATUS, &status) && status == STREAM_COMPLETE)
		json_member_str(&ev->w, "bytes", "blobs");
	else
		put_front(ev, "bytes", known, front);
}

static void
put_claims(struct ocsf_event *ev)
{
	bool ends = ev->leaf->op == OP_STREAM_END, proxied, known;
	bool sums = ev->leaf->op == OP_FRONT_SUM;
	int64_t front = -1, value = 0;

	proxied = context_number(ev, FACT_CLAIMED, &value) && value != 0;
	ends = ends && ocsf_number(ev, FACT_BYTES, &value);
	if (!proxied && !ends && !sums)
		return;
	known = sums ? ocsf_number(ev, FACT_FRONT, &front)
	             : context_number(ev, FACT_FRONT, &front);
	json_key(&ev->w, "claimed_by");
	json_open_object(&ev->w);
	if (proxied)
		put_front(ev, "address", known, front);
	if (ends)
		put_totals_claim(ev, known, front);
	if (sums)
		put_front(ev, "counts", known, front);
	json_close_object(&ev->w);
}

/* ---- arguments and facts ------------------------------------------------- */

struct key_name {
	char text[32];
};

/* The name of a key; one is made for what this release has no word for. */
static const char *
name_key(const struct ocsf_event *ev, uint64_t key, struct key_name *made)
{
	const struct shape_field *field;
	const char *word;

	if (key >= OCSF_FACTS) {
		if ((word = fact_word(key)) != NULL)
			return word;
	} else if (ev->op != NULL && ev->op->args != NULL) {
		if ((field = shape_field(ev->op->args, key)) != NULL)
			return field->name;
	}
	(void)snprintf(made->text, sizeof(made->text), "key_%" PRIu64, key);
	return made->text;
}

/* The same where a text of this object has that key already. */
static const char *
number_key(const struct ocsf_event *ev, uint64_t key, struct key_name *made)
{
	if (!ocsf_own_text(ev, key).held)
		return name_key(ev, key, made);
	(void)snprintf(made->text, sizeof(made->text), "number_%" PRIu64, key);
	return made->text;
}

/* The same; no number has its key (leaf.c). */
static const char *
bytes_key(const struct ocsf_event *ev, uint64_t key, struct key_name *made)
{
	if (!ocsf_own_text(ev, key).held)
		return name_key(ev, key, made);
	(void)snprintf(made->text, sizeof(made->text), "bytes_%" PRIu64, key);
	return made->text;
}

static bool
is_used(uint64_t used, size_t i)
{
	return i < 64 && (used & BIT(i));
}

/* A text value; a list of them where the object has several of that field. */
static void
put_texts_of(struct ocsf_event *ev, const char *name, size_t first)
{
	const struct leaf_object *o = ev->object;
	uint64_t field = o->texts[first].field;
	size_t n = 0;

	for (size_t i = first; i < o->n_texts; i++)
		n += o->texts[i].field == field;
	if (n == 1) {
		struct ocsf_text text = ocsf_text_at(ev, first);

		ocsf_put_text(ev, name, &text);
		return;
	}
	json_key(&ev->w, name);
	json_open_array(&ev->w);
	for (size_t i = first; i < o->n_texts; i++) {
		struct ocsf_text text = ocsf_text_at(ev, i);

		if (o->texts[i].field == field)
			ocsf_put_text_value(ev, &text);
	}
	json_close_array(&ev->w);
}

static bool
is_first_of_field(const struct leaf_object *o, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (o->texts[k].field == o->texts[i].field)
			return false;
	return true;
}

static void
put_texts(struct ocsf_event *ev, bool facts)
{
	const struct leaf_object *o = ev->object;
	struct key_name made;

	for (size_t i = 0; i < o->n_texts; i++)
		if ((o->texts[i].field >= OCSF_FACTS) == facts &&
		    !is_used(ev->used_texts, i) && is_first_of_field(o, i))
			put_texts_of(
			    ev, name_key(ev, o->texts[i].field, &made), i);
}

static void
put_numbers(struct ocsf_event *ev, bool facts)
{
	const struct leaf_object *o = ev->object;
	struct key_name made;

	for (size_t i = 0; i < o->n_numbers; i++) {
		if ((o->numbers[i].key >= OCSF_FACTS) != facts ||
		    is_used(ev->used_numbers, i))
			continue;
		json_key(&ev->w, number_key(ev, o->numbers[i].key, &made));
		ocsf_put_number(ev, &o->numbers[i]);
	}
}

/* What of the project's own is text, and what a digest; arguments are ids. */
static void
put_bytes(struct ocsf_event *ev, bool facts)
{
	const struct leaf_object *o = ev->object;
	struct key_name made;
	struct id id;

	for (size_t i = 0; i < o->n_bytes; i++) {
		if ((o->bytes[i].key >= OCSF_FACTS) != facts)
			continue;
		json_key(&ev->w, bytes_key(ev, o->bytes[i].key, &made));
		switch (o->bytes[i].key) {
		case FACT_ORIGIN:
		case FACT_PREVIOUS_ORIGIN:
		case FACT_KEY:
		case FACT_BUILD:
		case FACT_NOTE:
		case FACT_TRIED:
			json_put_string(&ev->w, o->bytes[i].value);
			break;
		default:
			if (id_parse(o->bytes[i].value, &id) == 0)
				json_put_string(&ev->w, o->bytes[i].value);
			else
				json_put_hex(&ev->w, o->bytes[i].value);
		}
	}
}

/* True where something of that sort has no place of its own. */
static bool
has_rest(const struct ocsf_event *ev, bool facts)
{
	const struct leaf_object *o = ev->object;

	for (size_t i = 0; i < o->n_bytes; i++)
		if ((o->bytes[i].key >= OCSF_FACTS) == facts)
			return true;
	for (size_t i = 0; i < o->n_texts; i++)
		if ((o->texts[i].field >= OCSF_FACTS) == facts &&
		    !is_used(ev->used_texts, i))
			return true;
	for (size_t i = 0; i < o->n_numbers; i++)
		if ((o->numbers[i].key >= OCSF_FACTS) == facts &&
		    !is_used(ev->used_numbers, i))
			return true;
	return false;
}

/* Texts before numbers before bytes. */
static void
put_keyed(struct ocsf_event *ev, bool facts)
{
	json_open_object(&ev->w);
	put_texts(ev, facts);
	put_numbers(ev, facts);
	put_bytes(ev, facts);
	json_close_object(&ev->w);
}

bool
ocsf_has_arguments(const struct ocsf_event *ev)
{
	return has_rest(ev, false);
}

void
ocsf_put_arguments(struct ocsf_event *ev)
{
	put_keyed(ev, false);
}

/* ---- all of it -------------------------------------------------------------
 */

static void
put_words(struct ocsf_event *ev)
{
	const struct leaf *leaf = ev->leaf;

	json_member_u64(&ev->w, "rev", leaf->rev);
	if (leaf->at != 0)
		json_member_u64(&ev->w, "at", leaf->at);
	if (leaf->cites != 0)
		json_member_u64(&ev->w, "cites", leaf->cites);
	if (leaf->cause != 0)
		json_member_str(
		    &ev->w, "cause", words_text(WORDS_CAUSE, leaf->cause));
	if (leaf->trust != 0)
		json_member_str(
		    &ev->w, "trust", words_text(WORDS_TRUST, leaf->trust));
}

static void
put_who(struct ocsf_event *ev)
{
	const struct leaf *leaf = ev->leaf;

	if (leaf->behalf != 0)
		put_thing(ev, "on_behalf_of", &ev->behalf);
	if (ocsf_has_name(&ev->credential))
		ocsf_put_name(ev, "credential", &ev->credential);
	if (leaf->n_credentials > 1)
		put_refs(ev, "credentials", leaf->credentials + 1,
		    leaf->n_credentials - 1);
	put_refs(ev, "approved", leaf->approved, leaf->n_approved);
}

/* It stands in the event as "user" already. */
static bool
is_user(const struct ocsf_event *ev, const struct ocsf_thing *thing)
{
	return (ev->parts & PART_USER) && ev->user.ref == thing->ref;
}

void
ocsf_put_rest(struct ocsf_event *ev)
{
	const struct leaf_object *o = ev->object;

	json_key(&ev->w, "unmapped");
	json_open_object(&ev->w);
	put_words(ev);
	put_connection(ev);
	put_claims(ev);
	put_who(ev);
	put_proof(ev);
	put_made(ev);
	put_refs(ev, "ended", o->ended, o->n_ended);
	put_refs(ev, "from", o->from, o->n_from);
	if (ev->target.ref != 0 && !is_user(ev, &ev->target))
		put_thing(ev, "target", &ev->target);
	if (ev->grantee.ref != 0 && !is_user(ev, &ev->grantee))
		put_thing(ev, "grantee", &ev->grantee);
	if (has_rest(ev, false)) {
		json_key(&ev->w, "arguments");
		put_keyed(ev, false);
	}
	if (has_rest(ev, true)) {
		json_key(&ev->w, "facts");
		put_keyed(ev, true);
	}
	json_close_object(&ev->w);
}
