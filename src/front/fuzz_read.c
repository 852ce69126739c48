/*
 * Fuzz target: what is read of requests beside their grammar, and core's answer
 * to them. The first byte, a digit, says which of it the rest is.
 */
#include "front/answer.h"
#include "front/asked.h"
#include "front/cookie.h"
#include "front/files/path.h"
#include "front/forwarded.h"
#include "front/origin.h"
#include "front/plan.h"
#include "front/query.h"
#include "op/shape_json.h"
#include "wire/cbor.h"

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
static struct http_head
head_of(struct slice in)
{
	struct http_head head = {.method = HTTP_METHOD_GET};

	while (in.n > 0 && head.n_fields < HTTP_FIELDS_MAX) {
		struct http_field *field = &head.fields[head.n_fields++];
		struct slice line;

		(void)slice_cut(&in, '\n', &line);
		(void)slice_cut(&line, ':', &field->name);
		field->value = slice_trim(line);
		if (field->value.p == NULL)
			field->value = SLICE("");
	}
	return head;
}

static void
try_plan(struct slice in)
{
	struct http_head head = head_of(in);
	struct plan plan;

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

/* A folder's page, and numbers of a query. */
static void
try_page(struct slice in)
{
	struct folder_list list = {.has_limit = false};
	struct arena arena = {NULL};
	uint64_t number = 0;
	int r = asked_page(in, &arena, &list);

	BUG_ON(r > 0);
	BUG_ON(r == 0 && list.has_limit && list.limit > 500);
	BUG_ON(r == 0 && list.has_after && list.after.n > in.n);
	arena_free(&arena);
	(void)asked_type(in, SLICE("FileNode"));
	r = asked_number(in, "from", 7, &number);
	BUG_ON(r > 1 || number > 7);
}

/* A version is that of the tag, whole; beside it there is only "*". */
static void
try_conditions(struct slice in)
{
	struct http_head head = head_of(in);
	struct slice match = http_field(&head, SLICE("if-match"));
	struct slice none = http_field(&head, SLICE("if-none-match"));
	struct file_create create = {.has_name = false};
	struct buf tag = BUF(64);
	int r = asked_conditions(&head, &create);

	BUG_ON(r > 0);
	if (r == 0) {
		BUG_ON(create.if_exists != slice_eq(match, SLICE("*")));
		BUG_ON((create.has_if_version || create.if_exists) !=
		       (match.p != NULL));
		BUG_ON(create.has_if_version && create.if_exists);
		BUG_ON(create.replace != (none.p == NULL));
		BUG_ON(none.p != NULL && !slice_eq(none, SLICE("*")));
		BUG_ON(create.has_modified && create.modified < 0);
	}
	if (r == 0 && create.has_if_version) {
		buf_put_u8(&tag, '"');
		id_put_text(&tag, create.if_version);
		buf_put_u8(&tag, '"');
		BUG_ON(!slice_eq(buf_slice(&tag), match));
	}
	buf_free(&tag);
}

static void
try_last_event(struct slice in)
{
	struct http_head head = head_of(in);
	uint64_t number = 0;
	int r = asked_last_event(&head, &number);

	BUG_ON(r > 1 || number > INT64_MAX || (r <= 0 && number != 0));
}

/* What is read of core's answer is all that it says. */
static void
try_answers(struct slice in)
{
	struct arena arena = {NULL};
	struct call_answer *answers = NULL;
	struct buf again = BUF(OUT_MAX);
	size_t n = 0;
	int r = answers_read(in, &arena, &answers, &n);

	BUG_ON(r > 0 || (r < 0 && (answers != NULL || n != 0)));
	cbor_put_array(&again, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(&again, 2);
		cbor_put_uint(&again, (uint64_t)-answers[i].code);
		cbor_put_array(&again, answers[i].n);
		for (size_t k = 0; k < answers[i].n; k++) {
			struct slice result = answers[i].results[k];

			cbor_put_array(&again, result.n > 0 ? 2 : 1);
			cbor_put_uint(&again, (uint64_t)-answers[i].codes[k]);
			buf_put_slice(&again, result);
		}
	}
	BUG_ON(r == 0 && !slice_eq(buf_slice(&again), in));
	buf_free(&again);
	arena_free(&arena);
}

/* A Cookie field a line. What is taken of them can be sent as one again. */
static void
try_cookie(struct slice in)
{
	struct http_head head = {.n_fields = 0}, again = {.n_fields = 1};
	struct slice value = SLICE_NONE, same = SLICE_NONE;
	struct buf text = BUF(COOKIE_VALUE_MAX + 10);
	int r;

	while (in.n > 0 && head.n_fields < HTTP_FIELDS_MAX) {
		struct http_field *field = &head.fields[head.n_fields++];

		field->name = SLICE("cookie");
		(void)slice_cut(&in, '\n', &field->value);
	}
	r = cookie_get(&head, SLICE("chancery"), &value);
	BUG_ON(r > 0 || (r < 0 && value.p != NULL));
	if (value.p == NULL)
		return;
	BUG_ON(value.n == 0 || value.n > COOKIE_VALUE_MAX);
	buf_printf(&text, "chancery=%.*s", SLICE_ARG(value));
	again.fields[0] =
	    (struct http_field){SLICE("Cookie"), buf_slice(&text)};
	BUG_ON(cookie_get(&again, SLICE("chancery"), &same) < 0 ||
	       !slice_eq(value, same));
	buf_free(&text);
}

/* Lines: the origin, the site. Only one text is ours. */
static void
try_origin(struct slice in)
{
	struct http_head head = {.authority = SLICE("a:1"), .n_fields = 2};
	struct slice origin, site;
	enum origin is;

	(void)slice_cut(&in, '\n', &origin);
	(void)slice_cut(&in, '\n', &site);
	head.fields[0] = (struct http_field){
	    SLICE("origin"), origin.p != NULL ? origin : SLICE("")};
	head.fields[1] = (struct http_field){
	    SLICE("sec-fetch-site"), site.p != NULL ? site : SLICE("")};
	is = origin_of(&head, false, SLICE("a"), 2);
	BUG_ON(is == ORIGIN_UNTOLD);
	BUG_ON(is == ORIGIN_OWN &&
	       !slice_eq_nocase(origin, SLICE("https://a")) &&
	       !slice_eq_nocase(origin, SLICE("https://a:1")) &&
	       !slice_eq_nocase(origin, SLICE("https://a:2")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice in) = {try_forwarded,
	    try_path, try_plan, try_query, try_page, try_conditions,
	    try_last_event, try_answers, try_cookie, try_origin};

	if (size > 0)
		tries[(uint8_t)(data[0] - '0') % ARRAY_SIZE(tries)](
		    slice_of(data + 1, size - 1));
	return 0;
}
