/*
 * Fuzz target: JSON as the arguments of an operation. The first line names the
 * shape that the rest is one of. What the binding accepts, the codec accepts;
 * and the JSON that is made of it binds to the same bytes.
 */
#include "op/shape_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 21 };

static void
check(const struct shape *shape, struct slice in)
{
	struct buf text = BUF(8 * OUT_MAX), again = BUF(OUT_MAX);
	struct json_writer w = json_writer(&text);
	struct arena arena = {NULL};
	struct shape_problem problem;
	void *value = arena_alloc(&arena, shape->size);
	json_t *json;

	BUG_ON(value == NULL);
	BUG_ON(shape_decode(shape, in, NULL, &arena, value) != 0);
	BUG_ON(shape_put_json(shape, in, &w) != 0 || text.error != 0);
	json = json_loadb((const char *)text.p, text.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	BUG_ON(json == NULL);
	BUG_ON(shape_from_json(shape, json, &again, &problem) != 0);
	BUG_ON(!slice_eq(buf_slice(&again), in));
	json_decref(json);
	buf_free(&text);
	buf_free(&again);
	arena_free(&arena);
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
	struct shape_problem problem = {.text = ""};
	struct slice in = slice_of(data, size), name;
	struct buf out = BUF(OUT_MAX);
	const struct shape *shape;
	json_t *json;
	int r;

	(void)slice_cut(&in, '\n', &name);
	shape = find(name);
	if (shape == NULL || size > OUT_MAX / 8)
		return 0;
	json = json_loadb((const char *)in.p, in.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (json != NULL) {
		r = shape_from_json(shape, json, &out, &problem);
		BUG_ON(
		    memchr(problem.text, '\0', sizeof(problem.text)) == NULL);
		BUG_ON(r > 0 ||
		       (r < 0 && r != E_NOMEM && problem.text[0] == '\0'));
		if (r == 0)
			check(shape, buf_slice(&out));
	}
	json_decref(json);
	buf_free(&out);
	return 0;
}
