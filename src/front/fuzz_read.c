/*
 * Fuzz target: what is read of requests beside their grammar. The first byte
 * says which of it the rest is.
 */
#include "front/files/path.h"
#include "front/forwarded.h"
#include "front/plan.h"
#include "front/query.h"
#include "op/shape_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20, SIZE = 1000 };

/* Lines: the peer, the proxies, then a field each. */
static void
try_forwarded(struct slice in)
{
	struct http_head head = {.n_fields = 0};
	struct forwarded client, again;
	struct slice peer, proxies;

	(void)slice_cut(&in, '\n', &peer);
	(void)slice_cut(&in, '\n', &proxies);
	while (in.n > 0 && head.n_fields < HTTP_FIELDS_MAX) {
		struct http_field *field = &head.fields[head.n_fields++];

		field->name = SLICE("X-Forwarded-For");
		(void)slice_cut(&in, '\n', &field->value);
	}
	forwarded_client(&head, peer, proxies, &client);
	BUG_ON(memchr(client.address, '\0', sizeof(client.address)) == NULL);
	/* Whoever it is has one form, and needs no proxy to say so. */
	forwarded_client(&head, slice_str(client.address), SLICE_NONE, &again);
	BUG_ON(strcmp(client.address, again.address) != 0 || again.claimed);
	BUG_ON(client.claimed && head.n_fields == 0);
}

static void
try_path(struct slice in)
{
	struct arena arena = {NULL};
	struct file_path path;
	size_t slashes = 0;
	int r = file_path_parse(in, &arena, &path);

	BUG_ON(r > 0);
	if (r == 0) {
		BUG_ON(path.all.n > FILE_PATH_MAX || path.all.n > in.n);
		BUG_ON(slice_starts(path.all, SLICE("/")) ||
		       slice_ends(path.all, SLICE("/")));
		BUG_ON(slice_index(path.all, '\0') < path.all.n);
		BUG_ON(slice_index(path.name, '/') < path.name.n);
		BUG_ON((path.all.n > 0) != (path.name.n > 0));
		slashes = path.folder.n > 0 ? 1 : 0;
		BUG_ON(path.folder.n + slashes + path.name.n != path.all.n);
		for (size_t i = 1; i < path.all.n; i++)
			BUG_ON(
			    path.all.p[i] == '/' && path.all.p[i - 1] == '/');
	}
	arena_free(&arena);
}

/* "name: value" lines. */
static void
try_plan(struct slice in)
{
	struct http_head head = {.method = HTTP_METHOD_GET};
	struct plan plan;

	while (in.n > 0 && head.n_fields < HTTP_FIELDS_MAX) {
		struct http_field *field = &head.fields[head.n_fields++];
		struct slice line;

		(void)slice_cut(&in, '\n', &line);
		(void)slice_cut(&line, ':', &field->name);
		field->value = slice_trim(line);
		if (field->value.p == NULL)
			field->value = SLICE("");
	}
	plan = plan_make(&head, SLICE("\"v1\""), 7000, SIZE);
	BUG_ON(plan.first > plan.end || plan.end > SIZE);
	BUG_ON(plan.body != (plan.status == 200 || plan.status == 206));
	BUG_ON(!plan.body && plan.end != 0);
	BUG_ON(plan.status == 200 && plan.end - plan.first != SIZE);
	BUG_ON(plan.status == 206 && plan.end == plan.first);
}

/* What is taken of a query, the binding takes or refuses with a reason. */
static void
try_query(struct slice in)
{
	struct shape_problem problem = {.text = ""};
	struct buf args = BUF(OUT_MAX);
	json_t *object = NULL;
	int r = query_object(in, &shape_log_search, &object);

	BUG_ON(r > 0 || (r < 0) != (object == NULL));
	if (r == 0) {
		r = shape_from_json(&shape_log_search, object, &args, &problem);
		BUG_ON(r < 0 && problem.text[0] == '\0');
	}
	buf_free(&args);
	json_decref(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice in) = {
	    try_forwarded, try_path, try_plan, try_query};

	if (size > 0)
		tries[data[0] % ARRAY_SIZE(tries)](
		    slice_of(data + 1, size - 1));
	return 0;
}
