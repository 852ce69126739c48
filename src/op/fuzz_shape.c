/*
 * Fuzz target: the codec of shapes. The first line names the shape that the
 * rest is one of. What is accepted is written again with the same bytes, keeps
 * its bounds, keeps its ids through the permutation, and reads as JSON.
 */
#include "op/shape.h"

#include "op/shape_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 21 };

static const struct id_key id_key = {{1, 2, 3, 4, 5, 6, 7, 8}};

static void check_bounds(const struct shape *shape, void *value);

/* Elements of a list: only there does the member look like one. */
static void
check_list(const struct shape_field *f, const struct shape_list *list)
{
	char *element = list->v;

	BUG_ON(list->n > f->bound);
	for (size_t i = 0; i < list->n; i++)
		check_bounds(f->list, element + i * f->list->size);
}

static void
check_bounds(const struct shape *shape, void *value)
{
	size_t n;
	const struct shape_field *fields = shape->fields(&n);

	for (size_t i = 0; i < n; i++) {
		const struct shape_field *f = &fields[i];
		const struct slice *s = shape_at(f, value);

		BUG_ON((f->flags & REQ) && !*shape_has(f, value));
		if (!*shape_has(f, value))
			continue;
		if (f->type == SHAPE_U64)
			BUG_ON(*(uint64_t *)shape_at(f, value) > f->bound);
		if (f->type == SHAPE_TEXT || f->type == SHAPE_BYTES ||
		    f->type == SHAPE_CALL)
			BUG_ON(s->n > f->bound);
		if (f->type == SHAPE_TEXT)
			BUG_ON(!slice_is_utf8(*s));
		if (f->type == SHAPE_LIST)
			check_list(f, shape_at(f, value));
	}
}

/* References inside become outer ids, and come back. */
static void
check_ids(const struct shape *shape, const void *value, struct arena *arena)
{
	struct buf outside = BUF(OUT_MAX), again = BUF(OUT_MAX);
	void *inside = arena_alloc(arena, shape->size);

	BUG_ON(inside == NULL);
	shape_encode(shape, value, NULL, &outside);
	BUG_ON(shape_decode(
		   shape, buf_slice(&outside), &id_key, arena, inside) != 0);
	shape_encode(shape, inside, &id_key, &again);
	BUG_ON(!slice_eq(buf_slice(&outside), buf_slice(&again)));
	buf_free(&outside);
	buf_free(&again);
}

/* What is not SECRET is still a map of the shape's fields. */
static void
check_public(const struct shape *shape, struct slice in)
{
	struct buf public = BUF(OUT_MAX), text = BUF(8 * OUT_MAX);
	struct json_writer w = json_writer(&text);

	shape_put_public(shape, in, &public);
	BUG_ON(public.error != 0 || public.n > in.n);
	BUG_ON(shape_put_json(shape, buf_slice(&public), &w) != 0);
	buf_free(&public);
	buf_free(&text);
}

static const struct shape *
find(struct slice name)
{
	for (size_t i = 0; i < shapes_count; i++)
		if (slice_eq(name, slice_str(shapes_all[i]->name)))
			return shapes_all[i];
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {NULL};
	struct buf again = BUF(OUT_MAX);
	struct slice in = slice_of(data, size), name;
	const struct shape *shape;
	void *value;
	int r;

	(void)slice_cut(&in, '\n', &name);
	shape = find(name);
	if (shape == NULL || size > OUT_MAX)
		return 0;
	value = arena_alloc(&arena, shape->size);
	BUG_ON(value == NULL);
	r = shape_decode(shape, in, NULL, &arena, value);
	BUG_ON(r > 0);
	if (r == 0) {
		shape_encode(shape, value, NULL, &again);
		BUG_ON(!slice_eq(buf_slice(&again), in));
		check_bounds(shape, value);
		check_ids(shape, value, &arena);
		check_public(shape, in);
	}
	buf_free(&again);
	arena_free(&arena);
	return 0;
}
