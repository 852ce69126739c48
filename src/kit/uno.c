#include "kit/uno.h"

#include "wire/cbor.h"
#include "wire/json.h"

/* clang-format off */
enum { SEE = RIGHT_SEE, TEXT = RIGHT_TEXT, COPY = RIGHT_COPY, EDIT = RIGHT_EDIT };
enum { T = 1 << ENGINE_TEXT, S = 1 << ENGINE_SHEET, P = 1 << ENGINE_SLIDES };

#define STRING(name, max) {UNO_STRING, (name), (max)},
#define LONG(name, max) {UNO_LONG, (name), (max)},
#define SHORT(name, max) {UNO_SHORT, (name), (max)},
#define BOOL(name) {UNO_BOOL, (name), 1},
#define TENTHS(name, max) {UNO_TENTHS, (name), (max)},
#define STATE(name, rights)
#define ASK(name, rights)
/* NOLINTNEXTLINE(bugprone-macro-parentheses): these are items of a list. */
#define UNO(name, rights, kinds, arguments) {#name, (rights), (kinds), {arguments {UNO_END, NULL, 0}}},
static const struct uno commands[] = {
#include "kit/uno.def"
};
#undef UNO
#undef STATE
#undef ASK

struct heard {
	const char *name;
	unsigned rights;
};

#define UNO(name, rights, kinds, arguments)
#define STATE(name, rights) {#name, (rights)},
#define ASK(name, rights)
static const struct heard states[] = {
#include "kit/uno.def"
};
#undef STATE
#undef ASK

#define STATE(name, rights)
#define ASK(name, rights) {#name, (rights)},
static const struct heard asks[] = {
#include "kit/uno.def"
};

#define KEY(NAME, code, rights) {(code), (rights)},
static const struct {
	uint32_t code;
	unsigned rights;
} keys[] = {
#include "kit/key.def"
};
/* clang-format on */

enum { KEY_SHIFT = 0x1000, KEY_CTRL = 0x2000 };

int
uno_command(struct slice name, unsigned rights, enum engine_kind kind,
    const struct uno **ret_uno)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct uno *uno = &commands[i];

		if (!slice_eq(name, slice_str(uno->name)))
			continue;
		if (!rights_hold(rights, uno->rights))
			return E_DENIED;
		if (!(uno->kinds & 1u << kind))
			return E_KIND;
		*ret_uno = uno;
		return 0;
	}
	return E_UNSUPPORTED;
}

static int
put_value(struct json_writer *w, const struct uno_argument *argument,
    struct cbor_reader *r)
{
	struct slice text;
	uint64_t value;

	switch (argument->type) {
	case UNO_STRING:
		text = cbor_get_text(r);
		if (text.n > argument->max)
			return E_INVALID;
		json_member_str(w, "type", "string");
		json_member_string(w, "value", text);
		return 0;
	case UNO_BOOL:
		json_member_str(w, "type", "boolean");
		json_member_bool(w, "value", cbor_get_bool(r));
		return 0;
	case UNO_LONG:
	case UNO_SHORT:
		value = cbor_get_uint_max(r, argument->max);
		json_member_str(w, "type",
		    argument->type == UNO_LONG ? "long" : "unsigned short");
		json_member_u64(w, "value", value);
		return 0;
	case UNO_TENTHS:
		value = cbor_get_uint_max(r, argument->max);
		json_member_str(w, "type", "float");
		json_key(w, "value");
		json_put_raw(w, SLICE_NONE);
		buf_printf(w->buf, "%u.%u", (unsigned)(value / 10),
		    (unsigned)(value % 10));
		return 0;
	case UNO_END:
	default:
		return E_INVALID;
	}
}

static bool
may_lack(const struct uno_argument *argument)
{
	return argument->type == UNO_BOOL;
}

int
uno_arguments(const struct uno *uno, struct slice cbor, struct buf *json)
{
	struct cbor_reader r = cbor_reader(cbor);
	struct json_writer w = json_writer(json);
	size_t n = cbor.n > 0 ? cbor_get_array(&r) : 0;
	int e = 0;

	if (n > UNO_ARGUMENTS_MAX)
		return E_INVALID;
	json_open_object(&w);
	for (size_t i = 0; i < n && e == 0 && r.error == 0; i++) {
		const struct uno_argument *argument = &uno->arguments[i];

		if (argument->type == UNO_END)
			return E_INVALID;
		if (cbor_peek(&r) == CBOR_NULL && may_lack(argument)) {
			cbor_get_null(&r);
			continue;
		}
		json_key(&w, argument->name);
		json_open_object(&w);
		e = put_value(&w, argument, &r);
		json_close_object(&w);
	}
	json_close_object(&w);
	/* A command that misses an argument would show a dialog. */
	for (size_t i = n; e == 0 && uno->arguments[i].type != UNO_END; i++)
		if (!may_lack(&uno->arguments[i]))
			e = E_INVALID;
	if (e < 0 || cbor_end(&r) < 0)
		return E_INVALID;
	return json->error;
}

static int
hears(const struct heard *rows, size_t n, struct slice name, unsigned rights)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(name, slice_str(rows[i].name)))
			return rights_hold(rights, rows[i].rights) ? 0
			                                           : E_DENIED;
	return E_UNSUPPORTED;
}

bool
uno_may_hear(struct slice name, unsigned rights)
{
	return hears(states, ARRAY_SIZE(states), name, rights) == 0;
}

int
uno_may_ask(struct slice name, unsigned rights)
{
	return hears(asks, ARRAY_SIZE(asks), name, rights);
}

/* A letter has no code; one that is none has no letter, but for these. */
static bool
is_letter(uint32_t character, uint32_t code)
{
	return code == 0 && character >= ' ' && character != 0x7f &&
	       !(character >= 0xd800 && character < 0xe000);
}

int
uno_key(uint32_t character, uint32_t code, unsigned rights)
{
	uint32_t plain = code & ~(uint32_t)(KEY_SHIFT | KEY_CTRL);

	if (is_letter(character, code))
		return rights_hold(rights, RIGHT_EDIT) ? 0 : E_DENIED;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].code == plain && character < ' ')
			return rights_hold(rights, keys[i].rights) ? 0
			                                           : E_DENIED;
	return E_UNSUPPORTED;
}
