/* Values and members of an OCSF event. */
#include "ledger/ocsf_private.h"

void
ocsf_put_text_value(struct ocsf_event *ev, const struct ocsf_text *text)
{
	if (text->opening != NULL && opening_is_cut(text->opening)) {
		ev->is_cut = true;
		ev->cut_bytes += text->opening->length - text->opening->text.n;
	}
	json_put_string(&ev->w, ocsf_show(text));
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
ocsf_put_number_text(struct ocsf_event *ev, const char *key, uint64_t number)
{
	json_key(&ev->w, key);
	open_string(&ev->w);
	buf_put_u64(ev->w.buf, number);
	close_string(&ev->w);
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
ocsf_put_operation(struct ocsf_event *ev, const char *key)
{
	if (ev->op != NULL) {
		json_member_str(&ev->w, key, ev->op->name);
		return;
	}
	json_key(&ev->w, key);
	open_string(&ev->w);
	buf_put_str(ev->w.buf, "operation.");
	buf_put_u64(ev->w.buf, ev->leaf->op);
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
	json_put_string(&ev->w, slice_str(text));
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
			json_put_string(
			    &ev->w, slice_str(words_text(words, i)));
		else
			json_put_u64(&ev->w, i);
	}
	json_close_array(&ev->w);
}

/* Readers whose integers end at 2^63 refuse what is beyond: digits, as text. */
static void
put_count(struct ocsf_event *ev, uint64_t value)
{
	struct buf digits = BUF(32);

	if (value <= INT64_MAX) {
		json_put_u64(&ev->w, value);
		return;
	}
	buf_put_u64(&digits, value);
	json_put_string(&ev->w, buf_slice(&digits));
	buf_free(&digits);
}

static void
put_argument(struct ocsf_event *ev, const struct shape_field *field,
    const struct leaf_number *number)
{
	struct ocsf_thing thing;

	switch ((enum shape_type)field->type) {
	case SHAPE_U64:
	case SHAPE_STATE:
		put_count(ev, (uint64_t)number->value);
		break;
	case SHAPE_BOOL:
		json_put_bool(&ev->w, number->value != 0);
		break;
	case SHAPE_ENUM:
		put_word(ev, (enum words)field->bound, number->value);
		break;
	case SHAPE_FLAGS:
		put_flags(
		    ev, (enum words)field->bound, (uint64_t)number->value);
		break;
	case SHAPE_ID:
		ocsf_find(ev, KIND_NONE, (uint64_t)number->value, 0, &thing);
		ocsf_put_id(ev, &thing);
		break;
	case SHAPE_TIME:
	case SHAPE_TEXT:
	case SHAPE_BYTES:
	case SHAPE_CALL:
	case SHAPE_LIST:
	case SHAPE_UNSET:
		json_put_i64(&ev->w, number->value);
		break;
	}
}

static void
put_fact(struct ocsf_event *ev, const struct leaf_number *number)
{
	switch (number->key) {
	case FACT_SUSPECT:
	case FACT_ALLOWED:
	case FACT_RENEWED:
		json_put_bool(&ev->w, number->value != 0);
		break;
	case FACT_STATUS:
		if (ev->leaf->op == OP_STREAM_END) {
			put_word(ev, WORDS_STREAM_STATUS, number->value);
			break;
		}
		json_put_i64(&ev->w, number->value);
		break;
	case FACT_RELATIONS:
		put_flags(ev, WORDS_RELATION, (uint64_t)number->value);
		break;
	case FACT_FAMILIES:
		put_flags(ev, WORDS_FAMILY, (uint64_t)number->value);
		break;
	case FACT_ROLE:
		put_word(ev, WORDS_PROCESS, number->value);
		break;
	default:
		json_put_i64(&ev->w, number->value);
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

/* ---- what is not seen ------------------------------------------------------
 */

/*
 * The length of a character that some readers end a line at, that steers a
 * terminal, or that turns the order of what is read: C1 controls (U+0085 among
 * them), U+2028 to U+202E, U+2066 to U+2069. JSON takes them as they are. 0
 * where there is another one.
 */
static size_t
unseen(const uint8_t *p, size_t n, unsigned *ret_character)
{
	if (n >= 2 && p[0] == 0xc2 && p[1] < 0xa0) {
		*ret_character = p[1];
		return 2;
	}
	if (n < 3 || p[0] != 0xe2)
		return 0;
	*ret_character = 0x2000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return (*ret_character >= 0x2028 && *ret_character <= 0x202e) ||
	               (*ret_character >= 0x2066 && *ret_character <= 0x2069)
	           ? 3
	           : 0;
}

enum { ESCAPE_BYTES = 6 };

/* How many bytes more it takes to escape those that start with that byte. */
static size_t
count_unseen(struct slice s, uint8_t first)
{
	size_t more = 0;
	unsigned character;

	for (size_t at = slice_index(s, first); at < s.n;
	     at = slice_index(s, first)) {
		size_t n = unseen(s.p + at, s.n - at, &character);

		more += n > 0 ? ESCAPE_BYTES - n : 0;
		s = slice_from(s, at + 1);
	}
	return more;
}

/* The same for the one that ends at p + n. */
static size_t
unseen_before(const uint8_t *p, size_t n, unsigned *ret_character)
{
	for (size_t length = 2; length <= 3 && length <= n; length++)
		if (unseen(p + n - length, length, ret_character) == length)
			return length;
	return 0;
}

void
ocsf_escape_unseen(struct buf *buf, size_t start)
{
	static const char digits[] = "0123456789abcdef";
	struct slice s = slice_from(buf_slice(buf), start);
	size_t more = count_unseen(s, 0xc2) + count_unseen(s, 0xe2);
	size_t from = s.n, to = s.n + more;
	uint8_t *p;

	if (buf->error != 0 || more == 0 || buf_room(buf, more) == NULL)
		return;
	p = buf->p + start;
	buf_added(buf, more);
	/* From the end to the start, for it grows in its place. */
	while (to > from) {
		unsigned c = 0;
		size_t n = unseen_before(p, from, &c);

		if (n == 0) {
			p[--to] = p[--from];
			continue;
		}
		from -= n;
		to -= ESCAPE_BYTES;
		p[to] = '\\';
		p[to + 1] = 'u';
		for (size_t i = 0; i < 4; i++)
			p[to + 2 + i] = (uint8_t)digits[c >> (12 - 4 * i) & 15];
	}
}
