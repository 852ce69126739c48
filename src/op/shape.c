#include "op/shape.h"

#include "wire/cbor.h"

/*
 * The descriptors. Each shape's fields stand inside a function, where `self`
 * can name its struct to offsetof.
 */
#define BEGIN(S, doc)                                              \
	static const struct shape_field *fields_##S(size_t *ret_n) \
	{                                                          \
		typedef struct S self;                             \
		static const struct shape_field fields[] = {
#define FIELD(number, name, type, bound, list, flags, doc) \
	{number, type, flags, offsetof(self, has_##name),  \
	    offsetof(self, name), bound, list, #name, doc},
#define U64(number, name, max, flags, doc) \
	FIELD(number, name, SHAPE_U64, max, NULL, flags, doc)
#define BOOL(number, name, flags, doc) \
	FIELD(number, name, SHAPE_BOOL, 0, NULL, flags, doc)
#define TIME(number, name, flags, doc) \
	FIELD(number, name, SHAPE_TIME, 0, NULL, flags, doc)
#define STATE(number, name, flags, doc) \
	FIELD(number, name, SHAPE_STATE, 0, NULL, flags, doc)
#define ID(number, name, kind, flags, doc) \
	FIELD(number, name, SHAPE_ID, KIND_##kind, NULL, flags, doc)
#define TEXT(number, name, max, flags, doc) \
	FIELD(number, name, SHAPE_TEXT, max, NULL, flags, doc)
#define BYTES(number, name, max, flags, doc) \
	FIELD(number, name, SHAPE_BYTES, max, NULL, flags, doc)
#define CALL(number, name, max, flags, doc) \
	FIELD(number, name, SHAPE_CALL, max, NULL, flags, doc)
#define ENUM(number, name, words, flags, doc) \
	FIELD(number, name, SHAPE_ENUM, WORDS_##words, NULL, flags, doc)
#define FLAGS(number, name, words, flags, doc) \
	FIELD(number, name, SHAPE_FLAGS, WORDS_##words, NULL, flags, doc)
#define LIST(number, name, element, max, flags, doc) \
	FIELD(number, name, SHAPE_LIST, max, &shape_##element, flags, doc)
#define END(S)                       \
	}                            \
	;                            \
	*ret_n = ARRAY_SIZE(fields); \
	return fields;               \
	}
#include "op/shapes.def"
#undef FIELD

#define BEGIN(S, doc) \
	const struct shape shape_##S = {#S, doc, sizeof(struct S), fields_##S};
#define U64(number, name, max, flags, doc)
#define BOOL(number, name, flags, doc)
#define TIME(number, name, flags, doc)
#define STATE(number, name, flags, doc)
#define ID(number, name, kind, flags, doc)
#define TEXT(number, name, max, flags, doc)
#define BYTES(number, name, max, flags, doc)
#define CALL(number, name, max, flags, doc)
#define ENUM(number, name, words, flags, doc)
#define FLAGS(number, name, words, flags, doc)
#define LIST(number, name, element, max, flags, doc)
#define END(S)
#include "op/shapes.def"

const struct shape *const shapes_all[] = {
#define BEGIN(S, doc) &shape_##S,
#define U64(number, name, max, flags, doc)
#define BOOL(number, name, flags, doc)
#define TIME(number, name, flags, doc)
#define STATE(number, name, flags, doc)
#define ID(number, name, kind, flags, doc)
#define TEXT(number, name, max, flags, doc)
#define BYTES(number, name, max, flags, doc)
#define CALL(number, name, max, flags, doc)
#define ENUM(number, name, words, flags, doc)
#define FLAGS(number, name, words, flags, doc)
#define LIST(number, name, element, max, flags, doc)
#define END(S)
#include "op/shapes.def"
};
const size_t shapes_count = ARRAY_SIZE(shapes_all);

const struct shape_field *
shape_field(const struct shape *shape, uint64_t number)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	for (size_t i = 0; i < n; i++)
		if (fields[i].number == number)
			return &fields[i];
	return NULL;
}

/* An id is 9 bytes: the letter of its kind, then the number, big-endian. */
enum { ID_BYTES = 9 };

static void
put_id(struct buf *buf, struct id id, const struct id_key *key)
{
	uint64_t n = key != NULL ? id_permute(key, id.n) : id.n;
	uint8_t bytes[ID_BYTES] = {(uint8_t)kind_letter(id.kind)};

	for (size_t i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(n >> (56 - 8 * i));
	cbor_put_bytes(buf, slice_of(bytes, sizeof(bytes)));
}

static int
get_id(struct cbor_reader *r, const struct id_key *key, struct id *ret_id)
{
	struct slice s = cbor_get_bytes(r);
	struct id id = {0, KIND_NONE};

	if (s.n != ID_BYTES)
		return E_INVALID;
	id.kind = kind_from_letter((char)s.p[0]);
	for (size_t i = 1; i < ID_BYTES; i++)
		id.n = id.n << 8 | s.p[i];
	if (id.kind == KIND_NONE)
		return E_INVALID;
	if (key != NULL)
		id.n = id_unpermute(key, id.n);
	*ret_id = id;
	return 0;
}

static void
put_list(const struct shape_field *field, const struct shape_list *list,
    const struct id_key *key, struct buf *buf)
{
	cbor_put_array(buf, list->n);
	for (size_t i = 0; i < list->n; i++)
		shape_encode(field->list,
		    (const char *)list->v + i * field->list->size, key, buf);
}

static void
put_field(const struct shape_field *field, const void *at,
    const struct id_key *key, struct buf *buf)
{
	cbor_put_uint(buf, field->number);
	switch ((enum shape_type)field->type) {
	case SHAPE_U64:
	case SHAPE_STATE:
	case SHAPE_FLAGS:
		cbor_put_uint(buf, *(const uint64_t *)at);
		break;
	case SHAPE_BOOL:
		cbor_put_bool(buf, *(const bool *)at);
		break;
	case SHAPE_TIME:
		cbor_put_int(buf, *(const int64_t *)at);
		break;
	case SHAPE_ID:
		put_id(buf, *(const struct id *)at, key);
		break;
	case SHAPE_TEXT:
		cbor_put_text(buf, *(const struct slice *)at);
		break;
	case SHAPE_BYTES:
	case SHAPE_CALL:
		cbor_put_bytes(buf, *(const struct slice *)at);
		break;
	case SHAPE_ENUM:
		cbor_put_uint(buf, *(const unsigned *)at);
		break;
	case SHAPE_LIST:
		put_list(field, at, key, buf);
		break;
	case SHAPE_UNSET:
		BUG_ON(true);
	}
}

void
shape_encode(const struct shape *shape, const void *value,
    const struct id_key *key, struct buf *buf)
{
	size_t n, count = 0;
	const struct shape_field *fields = shape->fields(&n);
	const char *base = value;

	for (size_t i = 0; i < n; i++)
		count += *(const bool *)(base + fields[i].has);
	cbor_put_map(buf, count);
	for (size_t i = 0; i < n; i++)
		if (*(const bool *)(base + fields[i].has))
			put_field(
			    &fields[i], base + fields[i].offset, key, buf);
}

static int decode(const struct shape *shape, struct cbor_reader *r,
    const struct id_key *key, struct arena *arena, void *value);

static int
get_list(const struct shape_field *field, struct cbor_reader *r,
    const struct id_key *key, struct arena *arena, struct shape_list *list)
{
	size_t n = cbor_get_array(r);
	char *elements;
	int error;

	if (n > field->bound)
		return E_LIMIT;
	elements = arena_alloc(arena, n * field->list->size);
	if (elements == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		error = decode(field->list, r, key, arena,
		    elements + i * field->list->size);
		if (error < 0)
			return error;
	}
	*list = (struct shape_list){elements, n};
	return 0;
}

static int
get_text(struct cbor_reader *r, uint64_t bound, struct slice *at)
{
	bool is_text = cbor_peek(r) == CBOR_TEXT;

	*at = cbor_get_text(r);
	if (r->error != 0)
		return is_text ? E_UTF8 : E_INVALID;
	return at->n <= bound ? 0 : E_LIMIT;
}

static int
get_field(const struct shape_field *field, struct cbor_reader *r,
    const struct id_key *key, struct arena *arena, void *at)
{
	struct id id;
	int error;

	switch ((enum shape_type)field->type) {
	case SHAPE_U64:
		*(uint64_t *)at = cbor_get_uint_max(r, field->bound);
		return 0;
	case SHAPE_STATE:
	case SHAPE_FLAGS:
		*(uint64_t *)at = cbor_get_uint(r);
		return 0;
	case SHAPE_BOOL:
		*(bool *)at = cbor_get_bool(r);
		return 0;
	case SHAPE_TIME:
		*(int64_t *)at = cbor_get_int(r);
		return 0;
	case SHAPE_ID:
		if ((error = get_id(r, key, &id)) < 0)
			return error;
		if (field->bound != KIND_NONE &&
		    !kind_fits((enum kind)field->bound, id.kind))
			return E_INVALID;
		*(struct id *)at = id;
		return 0;
	case SHAPE_TEXT:
		return get_text(r, field->bound, at);
	case SHAPE_BYTES:
	case SHAPE_CALL:
		*(struct slice *)at = cbor_get_bytes(r);
		return ((struct slice *)at)->n <= field->bound ? 0 : E_LIMIT;
	case SHAPE_ENUM:
		*(unsigned *)at = (unsigned)cbor_get_uint_max(r, UINT16_MAX);
		return words_is((enum words)field->bound, *(unsigned *)at)
		           ? 0
		           : E_INVALID;
	case SHAPE_LIST:
		return get_list(field, r, key, arena, at);
	case SHAPE_UNSET:
		break;
	}
	return E_INVALID;
}

static int
decode(const struct shape *shape, struct cbor_reader *r,
    const struct id_key *key, struct arena *arena, void *value)
{
	size_t n, count = cbor_get_map(r);
	const struct shape_field *fields = shape->fields(&n);
	int64_t number = -1;
	int error;

	memset(value, 0, shape->size);
	while (count-- > 0 && r->error == 0) {
		const struct shape_field *field;

		number = cbor_get_key(r, number);
		field =
		    number > 0 ? shape_field(shape, (uint64_t)number) : NULL;
		if (field == NULL)
			return E_INVALID;
		error = get_field(field, r, key, arena, shape_at(field, value));
		if (error < 0)
			return error;
		*shape_has(field, value) = true;
	}
	if (r->error != 0)
		return E_INVALID;
	for (size_t i = 0; i < n; i++)
		if ((fields[i].flags & REQ) && !*shape_has(&fields[i], value))
			return E_INVALID;
	return 0;
}

int
shape_decode(const struct shape *shape, struct slice in,
    const struct id_key *key, struct arena *arena, void *ret_value)
{
	struct cbor_reader r = cbor_reader(in);
	int error = decode(shape, &r, key, arena, ret_value);

	if (error < 0)
		return error;
	return cbor_end(&r) < 0 ? E_SYNTAX : 0;
}

void
shape_put_public(const struct shape *shape, struct slice in, struct buf *buf)
{
	struct cbor_reader r = cbor_reader(in);
	size_t n = cbor_get_map(&r), kept = 0, place = cbor_open_map(buf);
	int64_t number = -1;

	while (n-- > 0 && r.error == 0) {
		const struct shape_field *field;
		struct slice value;

		number = cbor_get_key(&r, number);
		value = cbor_skip(&r);
		field =
		    number > 0 ? shape_field(shape, (uint64_t)number) : NULL;
		if (field == NULL || (field->flags & SECRET))
			continue;
		cbor_put_uint(buf, (uint64_t)number);
		buf_put_slice(buf, value);
		kept++;
	}
	cbor_close_map(buf, place, kept);
}
