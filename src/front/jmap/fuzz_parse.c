/*
 * Fuzz target: a JMAP request. Each call is answered as Core/echo would, with
 * what its references lead to, so that later ones refer to earlier ones.
 */
#include <stdlib.h>

#include "base/base.h"
#include "base/buf.h"
#include "front/jmap/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS_MAX = 8, OUT_MAX = 1 << 20 };

static int
put_dumped(const char *bytes, size_t n, void *arg)
{
	struct buf *buf = arg;

	buf_put(buf, bytes, n);
	return buf->error == 0 ? 0 : -1;
}

/* The answer as it leaves, and as it is kept for references. */
static void
answer(json_t *responses, const char *name, json_t *args, json_t *id)
{
	struct buf text = BUF(OUT_MAX);
	json_t *response = json_pack("[soO]", name, args, id), *read;

	BUG_ON(response == NULL);
	if (json_dump_callback(response, put_dumped, &text, JSON_COMPACT) ==
	    0) {
		read = json_loadb((const char *)text.p, text.n, 0, NULL);
		if (read != NULL)
			BUG_ON(json_array_append_new(responses, read) < 0);
	}
	json_decref(response);
	buf_free(&text);
}

static void
run(json_t *calls)
{
	json_t *responses = json_array();
	size_t left = JMAP_REFERENCED_MAX;

	BUG_ON(responses == NULL);
	for (size_t i = 0; i < json_array_size(calls); i++) {
		json_t *call = json_array_get(calls, i), *args = NULL;
		const char *name = json_string_value(json_array_get(call, 0));
		size_t before = left;
		int r = jmap_resolve(
		    json_array_get(call, 1), responses, &left, &args);

		BUG_ON(name == NULL || r > 0 || left > before);
		BUG_ON((r < 0) != (args == NULL));
		if (r < 0) {
			BUG_ON(r != E_INVALID && r != E_STATE && r != E_LIMIT);
			name = "error";
			args = json_object();
		}
		answer(responses, name, args, json_array_get(call, 2));
	}
	json_decref(responses);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jmap_problem problem = {.text = ""};
	json_t *root = NULL, *calls;
	int r = jmap_parse(slice_of(data, size), CALLS_MAX, &root, &problem);

	BUG_ON(r > 0 || (r < 0) != (root == NULL));
	if (r < 0) {
		BUG_ON(problem.type == NULL || problem.text[0] == '\0');
		BUG_ON(
		    memchr(problem.text, '\0', sizeof(problem.text)) == NULL);
		return 0;
	}
	calls = json_object_get(root, "methodCalls");
	BUG_ON(json_array_size(calls) > CALLS_MAX);
	(void)jmap_has_references(calls);
	run(calls);
	json_decref(root);
	return 0;
}
