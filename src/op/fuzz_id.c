/*
 * Fuzz target: ids and times as clients write them. An id has one form; a time
 * that is read is written as one that reads the same.
 */
#include "op/id.h"

#include "op/shape_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_id(struct slice in)
{
	struct buf text = BUF(ID_TEXT_BYTES);
	struct id id = {0, KIND_NONE};

	if (id_parse(in, &id) == 0) {
		BUG_ON(id.kind == KIND_NONE || id.kind >= KIND_NODE);
		id_put_text(&text, id);
		BUG_ON(!slice_eq(buf_slice(&text), in));
	}
	buf_free(&text);
}

static void
check_time(struct slice in)
{
	struct buf text = BUF(64), again = BUF(64);
	struct json_writer w = json_writer(&text), w2 = json_writer(&again);
	int64_t ms = 0, same = 0;

	if (time_from_text(in, &ms) == 0) {
		json_put_time(&w, ms);
		/* Without the quotation marks. */
		BUG_ON(time_from_text(
			   slice_of(text.p + 1, text.n - 2), &same) != 0);
		BUG_ON(ms != same);
		json_put_time(&w2, same);
		BUG_ON(!slice_eq(buf_slice(&text), buf_slice(&again)));
	}
	buf_free(&text);
	buf_free(&again);
}

/* Any reference, with any key, comes back. */
static void
check_permutation(struct slice in)
{
	struct id_key key = {{0}};
	uint64_t ref = 0;

	memcpy(key.b, in.p, MIN(in.n, sizeof(key.b)));
	for (size_t i = 0; i < MIN(in.n, 8); i++)
		ref = ref << 8 | in.p[in.n - 1 - i];
	BUG_ON(id_unpermute(&key, id_permute(&key, ref)) != ref);
	BUG_ON(id_permute(&key, id_unpermute(&key, ref)) != ref);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);

	check_id(in);
	check_time(in);
	if (size > 0)
		check_permutation(in);
	return 0;
}
