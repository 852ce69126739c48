#include "front/answer.h"

#include "op/op.h"
#include "wire/cbor.h"

/* [code, result], or [code] where there is none. */
static void
read_object(struct cbor_reader *r, int *ret_code, struct slice *ret_result)
{
	size_t parts = cbor_get_array(r);

	if (parts != 1 && parts != 2)
		r->error = E_SYNTAX;
	*ret_code = -(int)cbor_get_uint_max(r, INT16_MAX);
	*ret_result = parts == 2 ? cbor_skip(r) : SLICE_NONE;
}

static int
read_answer(
    struct cbor_reader *r, struct arena *arena, struct call_answer *answer)
{
	struct slice *results;
	int *codes;

	if (cbor_get_array(r) != 2)
		return E_GRAMMAR;
	answer->code = -(int)cbor_get_uint_max(r, INT16_MAX);
	answer->n = cbor_get_array(r);
	if (r->error != 0 || answer->n > OP_OBJECTS_MAX)
		return E_GRAMMAR;
	codes = arena_alloc(arena, answer->n * sizeof(*codes));
	results = arena_alloc(arena, answer->n * sizeof(*results));
	if (codes == NULL || results == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < answer->n; i++)
		read_object(r, &codes[i], &results[i]);
	answer->codes = codes;
	answer->results = results;
	return 0;
}

int
answers_read(struct slice body, struct arena *arena,
    struct call_answer **ret_answers, size_t *ret_n)
{
	struct slice copy = arena_copy(arena, body);
	struct cbor_reader r = cbor_reader(copy);
	size_t n = cbor_get_array(&r);
	struct call_answer *answers;
	int e;

	if (copy.p == NULL)
		return E_NOMEM;
	if (n > CALLS_OPS_MAX)
		return E_GRAMMAR;
	answers = arena_alloc(arena, n * sizeof(*answers));
	if (answers == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++)
		if ((e = read_answer(&r, arena, &answers[i])) < 0)
			return e;
	if (cbor_end(&r) < 0)
		return E_GRAMMAR;
	*ret_answers = answers;
	*ret_n = n;
	return 0;
}
