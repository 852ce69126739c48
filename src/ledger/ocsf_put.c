/* Values and members of an OCSF event. */
#include "ledger/ocsf_private.h"

void
ocsf_put_text_value(struct ocsf_event *ev, const struct ocsf_text *text)
{
	if (text->opening != NULL && opening_is_cut(text->opening)) {
		ev->is_cut = true;
		ev->cut_bytes += text->opening->length - text->opening->text.n;
	}
	json_string(&ev->w, ocsf_show(text));
}

void
ocsf_put_text(
    struct ocsf_event *ev, const char *key, const struct ocsf_text *text)
{
	json_key(&ev->w, key);
	ocsf_put_text_value(ev, text);
}

void
ocsf_put_name(
    struct ocsf_event *ev, const char *key, const struct ocsf_thing *thing)
{
	if (thing->standing != NULL)
		json_member_str(&ev->w, key, thing->standing);
	else
		ocsf_put_text(ev, key, &thing->name);
}

/* A string value that needs no escapes: its parts are put between these. */
static void
open_string(struct json_writer *w)
{
	if (w->comma)
		buf_put_u8(w->buf, ',');
	buf_put_u8(w->buf, '"');
}

static void
close_string(struct json_writer *w)
{
	buf_put_u8(w->buf, '"');
	w->comma = true;
}

void
ocsf_put_ref(struct ocsf_event *ev, uint64_t ref)
{
	open_string(&ev->w);
	buf_put_u64(ev->w.buf, ref_sequence(ref));
	buf_put_u8(ev->w.buf, '/');
	buf_put_u64(ev->w.buf, ref_place(ref));
	close_string(&ev->w);
}

void
ocsf_put_id(struct ocsf_event *ev, const struct ocsf_thing *thing)
{
	if (thing->outside == 0) {
		ocsf_put_ref(ev, thing->ref);
		return;
	}
	open_string(&ev->w);
	id_put_text(ev->w.buf, (struct id){thing->outside, thing->kind});
	close_string(&ev->w);
}

void
ocsf_put_uid(
    struct ocsf_event *ev, const char *key, const struct ocsf_thing *thing)
{
	json_key(&ev->w, key);
	ocsf_put_id(ev, thing);
}

void
ocsf_put_event_uid(struct ocsf_event *ev, const char *key)
{
	json_key(&ev->w, key);
	open_string(&ev->w);
	buf_put_u64(ev->w.buf, ev->leaf->sequence);
	buf_put_u8(ev->w.buf, '.');
	buf_put_u64(ev->w.buf, ev->k);
	close_string(&ev->w);
}

void
ocsf_put_enum(struct ocsf_event *ev, const char *id_key, unsigned id,
    const char *caption_key, const char *caption)
{
	json_member_u64(&ev->w, id_key, id);
	json_member_str(&ev->w, caption_key, caption);
}

/* ---- numbers ------------------------------------------------------------- */

static void
put_word(struct ocsf_event *ev, enum words words, int64_t number)
{
	const char *text = "unknown";

	if (number >= 0 && number <= UINT16_MAX)
		text = words_text(words, (unsigned)number);
	json_string(&ev->w, slice_str(text));
}

/* A set of words; a bit without a word is shown as its number. */
static void
put_flags(struct ocsf_event *ev, enum words words, uint64_t set)
{
	json_open_array(&ev->w);
	for (unsigned i = 0; i < 64; i++) {
		if (!(set & BIT(i)))
			continue;
		if (words_is(words, i))
			json_string(
			    &ev->w, slice_str(words_text(words, i)));
		else
			json_u64(&ev->w, i);
	}
	json_close_array(&ev->w);
}

static void
put_argument(struct ocsf_event *ev, const struct shape_field *field,
    const struct leaf_number *number)
{
	struct ocsf_thing thing;

	switch ((enum shape_type)field->type) {
	case SHAPE_U64:
	case SHAPE_STATE:
		json_u64(&ev->w, (uint64_t)number->value);
		break;
	case SHAPE_BOOL:
		json_bool(&ev->w, number->value != 0);
		break;
	case SHAPE_ENUM:
		put_word(ev, (enum words)field->bound, number->value);
		break;
	case SHAPE_FLAGS:
		put_flags(
		    ev, (enum words)field->bound, (uint64_t)number->value);
		break;
	case SHAPE_ID:
		ocsf_find(
		    ev, KIND_NONE, (uint64_t)number->value, 0, &thing);
		ocsf_put_id(ev, &thing);
		break;
	case SHAPE_TIME:
	case SHAPE_TEXT:
	case SHAPE_BYTES:
	case SHAPE_LIST:
	case SHAPE_UNSET:
		json_i64(&ev->w, number->value);
		break;
	}
}

static void
put_fact(struct ocsf_event *ev, const struct leaf_number *number)
{
	switch (number->key) {
	case FACT_SUSPECT:
	case FACT_ALLOWED:
		json_bool(&ev->w, number->value != 0);
		break;
	case FACT_STATUS:
		if (ev->leaf->op == OP_STREAM_END) {
			put_word(ev, WORDS_STREAM_STATUS, number->value);
			break;
		}
		json_i64(&ev->w, number->value);
		break;
	default:
		json_i64(&ev->w, number->value);
	}
}

void
ocsf_put_number(struct ocsf_event *ev, const struct leaf_number *number)
{
	const struct shape_field *field = NULL;

	if (number->key < OCSF_FACTS && ev->op != NULL && ev->op->args != NULL)
		field = shape_field(ev->op->args, number->key);
	if (field != NULL)
		put_argument(ev, field, number);
	else
		put_fact(ev, number);
}
