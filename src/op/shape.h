/*
 * Shapes: the typed, bounded arguments and results of operations, declared once
 * in shapes.def. From there come, by expanding the same lines again,
 *
 *	struct NAME		for handlers and adapters; has_FIELD says
 *whether a field is there, shape_NAME		the descriptor that the codec
 *below, the JSON binding, the API page and the TypeScript types walk.
 *
 * Between processes a shape is a CBOR map by field number; what is absent is
 * left out. Numbers are promises, and fields are only ever added.
 */
#ifndef OP_SHAPE_H
#define OP_SHAPE_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/slice.h"
#include "op/id.h"
#include "op/words.h"

enum shape_type {
	SHAPE_UNSET,
	SHAPE_U64, /* bound: the largest value */
	SHAPE_BOOL,
	SHAPE_TIME,  /* milliseconds since 1970, UTC */
	SHAPE_STATE, /* a sequence number, opaque to clients */
	SHAPE_ID,    /* bound: the kind; KIND_NONE: any */
	SHAPE_TEXT,  /* valid UTF-8; bound: bytes */
	SHAPE_BYTES, /* bound: bytes */
	SHAPE_CALL, /* an operation and an argument of it, encoded; bound: bytes
	             */
	SHAPE_ENUM, /* bound: which list of words.def */
	SHAPE_FLAGS, /* a set of such words */
	SHAPE_LIST,  /* of a shape; bound: elements */
};

enum shape_flags {
	OPT = 0,
	REQ = 1 << 0,    /* absent: E_INVALID */
	LOG = 1 << 1,    /* stands in the record: text as a commitment */
	SECRET = 1 << 2, /* never in a record, a log line or an error */
};

struct shape;

struct shape_field {
	uint16_t number;
	uint8_t type;  /* enum shape_type */
	uint8_t flags; /* enum shape_flags */
	uint32_t has;  /* offset of the member has_NAME */
	uint32_t offset;
	uint64_t bound;
	const struct shape *list; /* of SHAPE_LIST */
	const char *name;
	const char *doc;
};

struct shape {
	const char *name;
	const char *doc;
	size_t size; /* of the struct */
	/* The fields, numbers ascending. */
	const struct shape_field *(*fields)(size_t *ret_n);
};

/* A list member: n elements. */
#define SHAPE_LIST_OF(type)     \
	struct {                \
		struct type *v; \
		size_t n;       \
	}

/* What every list member looks like, to code that walks descriptors. */
struct shape_list {
	void *v;
	size_t n;
};

#define BEGIN(S, doc)                        \
	extern const struct shape shape_##S; \
	struct S {
#define FIELD(name, type) \
	bool has_##name;  \
	type name;
#define U64(number, name, max, flags, doc) FIELD(name, uint64_t)
#define BOOL(number, name, flags, doc) FIELD(name, bool)
#define TIME(number, name, flags, doc) FIELD(name, int64_t)
#define STATE(number, name, flags, doc) FIELD(name, uint64_t)
#define ID(number, name, kind, flags, doc) FIELD(name, struct id)
#define TEXT(number, name, max, flags, doc) FIELD(name, struct slice)
#define BYTES(number, name, max, flags, doc) FIELD(name, struct slice)
#define CALL(number, name, max, flags, doc) FIELD(name, struct slice)
#define ENUM(number, name, words, flags, doc) FIELD(name, unsigned)
#define FLAGS(number, name, words, flags, doc) FIELD(name, uint64_t)
#define LIST(number, name, element, max, flags, doc) \
	FIELD(name, SHAPE_LIST_OF(element))
#define END(S) \
	}      \
	;
#include "op/shapes.def"
#undef FIELD

/* Sets a field of a struct of a shape. */
#define SHAPE_SET(value, field, to) \
	((value)->has_##field = true, (value)->field = (to))

/*
 * Writes a struct as a map. What is not there is left out. References become
 * outer ids by the key; NULL, in processes that know outer ids only, leaves
 * them as they are. Errors stick to the buffer.
 */
void shape_encode(const struct shape *shape, const void *value,
    const struct id_key *key, struct buf *buf);

/*
 * Reads one map, all of `in`, into ret_value, whose slices point into `in` and
 * whose lists stand in the arena. E_INVALID where a field is unknown, missing
 * or out of bounds, E_UTF8, E_LIMIT, E_SYNTAX, E_NOMEM.
 */
int shape_decode(const struct shape *shape, struct slice in,
    const struct id_key *key, struct arena *arena, void *ret_value);

/* Copies an encoded map of the shape without its SECRET fields. */
void
shape_put_public(const struct shape *shape, struct slice in, struct buf *buf);

/* The field of that number, or NULL. */
const struct shape_field *shape_field(const struct shape *shape, uint64_t n);

/* Every shape there is. */
extern const struct shape *const shapes_all[];
extern const size_t shapes_count;

/* Access through a descriptor. */
static inline bool *
shape_has(const struct shape_field *field, void *value)
{
	return (bool *)((char *)value + field->has);
}

static inline void *
shape_at(const struct shape_field *field, void *value)
{
	return (char *)value + field->offset;
}

#endif
