#include "cli/diag.h"

#include "base/encode.h"
#include "ledger/leaf.h"
#include "op/op.h"
#include "wire/cbor.h"
#include "wire/json.h"

enum { DEPTH_MAX = 8, LEAF_OP_KEY = 2, INLINE_ITEMS = 8 };

/* What the keys of a map mean. */
enum meaning { PLAIN, LEAF, OBJECTS, OBJECT, FACTS };

struct name {
	uint64_t key;
	const char *text;
	enum meaning inside;
};

/* leaf.c has the numbers; they are promises. */
static const struct name leaf_names[] = {
    {1, "sequence", PLAIN},
    {2, "op", PLAIN},
    {3, "rev", PLAIN},
    {4, "time", PLAIN},
    {5, "outcome", PLAIN},
    {6, "context", PLAIN},
    {7, "principal", PLAIN},
    {8, "session", PLAIN},
    {9, "credentials", PLAIN},
    {10, "behalf", PLAIN},
    {11, "approved", PLAIN},
    {12, "at", PLAIN},
    {13, "cites", PLAIN},
    {14, "cause", PLAIN},
    {15, "trust", PLAIN},
    {16, "happened", PLAIN},
    {17, "proofs", PLAIN},
    {18, "objects", OBJECTS},
};

static const struct name object_names[] = {
    {1, "kind", PLAIN},
    {2, "ref", PLAIN},
    {3, "named", PLAIN},
    {4, "outcome", PLAIN},
    {5, "proof", PLAIN},
    {6, "joins", PLAIN},
    {7, "made", PLAIN},
    {8, "ended", PLAIN},
    {9, "from", PLAIN},
    {10, "texts", PLAIN},
    {11, "numbers", FACTS},
    {12, "bytes", FACTS},
};

struct diag {
	struct buf *buf;
	struct cbor_reader r;
	uint64_t op; /* of the leaf, once it was read */
};

static void put_item(struct diag *d, enum meaning meaning, unsigned depth);

const char *
diag_field_name(uint64_t op, uint64_t key)
{
	const struct op *row = op_get(op);
	const struct shape_field *field;

	if (key >= 1000)
		return fact_word(key);
	if (row == NULL || row->args == NULL)
		return NULL;
	field = shape_field(row->args, key);
	return field != NULL ? field->name : NULL;
}

static void
new_line(struct diag *d, unsigned depth)
{
	buf_put_u8(d->buf, '\n');
	for (unsigned i = 0; i < depth; i++)
		buf_put_str(d->buf, "  ");
}

/* Writes what a key means, and says what its value is. */
static enum meaning
put_key(struct diag *d, enum meaning meaning, uint64_t key)
{
	const struct name *names = meaning == LEAF ? leaf_names : object_names;
	size_t n = meaning == LEAF     ? ARRAY_SIZE(leaf_names)
	           : meaning == OBJECT ? ARRAY_SIZE(object_names)
	                               : 0;
	const char *text = NULL;
	enum meaning inside = PLAIN;

	for (size_t i = 0; i < n; i++)
		if (names[i].key == key) {
			text = names[i].text;
			inside = names[i].inside;
		}
	if (meaning == FACTS)
		text = diag_field_name(d->op, key);
	buf_put_u64(d->buf, key);
	if (text != NULL)
		buf_printf(d->buf, " / %s /", text);
	buf_put_str(d->buf, ": ");
	return inside;
}

/* What a number stands for, where that has a word. */
static void
put_word(struct diag *d, enum meaning meaning, uint64_t key, uint64_t value)
{
	const struct op *op = op_get(value);

	if (meaning == LEAF && key == LEAF_OP_KEY) {
		d->op = value;
		if (op != NULL)
			buf_printf(d->buf, " / %s /", op->name);
	} else if (meaning == OBJECT && key == 1 && value < KIND_MAX) {
		buf_printf(d->buf, " / %s /", kind_text((enum kind)value));
	} else if ((meaning == LEAF && key == 5) ||
		   (meaning == OBJECT && key == 4)) {
		buf_printf(d->buf, " / %s /", error_info(-(int)value)->name);
	}
}

static void
put_map(struct diag *d, enum meaning meaning, unsigned depth)
{
	size_t n = cbor_get_map(&d->r);

	buf_put_u8(d->buf, '{');
	for (size_t i = 0; i < n && d->r.error == 0; i++) {
		uint64_t key = cbor_get_uint(&d->r);
		enum meaning inside;

		new_line(d, depth + 1);
		inside = put_key(d, meaning, key);
		if (cbor_peek(&d->r) == CBOR_UINT) {
			uint64_t value = cbor_get_uint(&d->r);

			buf_put_u64(d->buf, value);
			put_word(d, meaning, key, MIN(value, INT32_MAX));
		} else {
			put_item(d, inside, depth + 1);
		}
		if (i + 1 < n)
			buf_put_u8(d->buf, ',');
	}
	new_line(d, depth);
	buf_put_u8(d->buf, '}');
}

static void
put_array(struct diag *d, enum meaning meaning, unsigned depth)
{
	size_t n = cbor_get_array(&d->r);
	bool lines = n > INLINE_ITEMS;

	buf_put_u8(d->buf, '[');
	for (size_t i = 0; i < n && d->r.error == 0; i++) {
		enum cbor_type type = cbor_peek(&d->r);
		bool nested = type == CBOR_ARRAY || type == CBOR_MAP;

		if (lines ? i % INLINE_ITEMS == 0 || nested : nested)
			new_line(d, depth + 1);
		else if (i > 0)
			buf_put_u8(d->buf, ' ');
		put_item(d, meaning == OBJECTS ? OBJECT : PLAIN, depth + 1);
		if (i + 1 < n)
			buf_put_u8(d->buf, ',');
	}
	buf_put_u8(d->buf, ']');
}

static void
put_bytes(struct diag *d)
{
	buf_put_str(d->buf, "h'");
	buf_put_hex(d->buf, cbor_get_bytes(&d->r));
	buf_put_u8(d->buf, '\'');
}

static void
put_item(struct diag *d, enum meaning meaning, unsigned depth)
{
	struct json_writer w = json_writer(d->buf);

	if (depth > DEPTH_MAX) {
		d->r.error = E_SYNTAX;
		return;
	}
	switch (cbor_peek(&d->r)) {
	case CBOR_UINT:
		buf_put_u64(d->buf, cbor_get_uint(&d->r));
		break;
	case CBOR_NEGATIVE:
		buf_put_i64(d->buf, cbor_get_int(&d->r));
		break;
	case CBOR_BYTES:
		put_bytes(d);
		break;
	case CBOR_TEXT:
		json_put_string(&w, cbor_get_text(&d->r));
		break;
	case CBOR_ARRAY:
		put_array(d, meaning, depth);
		break;
	case CBOR_MAP:
		put_map(d, meaning, depth);
		break;
	case CBOR_BOOL:
		buf_put_str(d->buf, cbor_get_bool(&d->r) ? "true" : "false");
		break;
	case CBOR_NULL:
		cbor_get_null(&d->r);
		buf_put_str(d->buf, "null");
		break;
	case CBOR_NONE:
		d->r.error = E_SYNTAX;
		break;
	}
}

int
diag_put_leaf(struct buf *buf, struct slice leaf)
{
	struct diag d = {.buf = buf, .r = cbor_reader(leaf)};

	put_item(&d, LEAF, 0);
	if (cbor_end(&d.r) < 0)
		return E_CORRUPT;
	return buf->error;
}
