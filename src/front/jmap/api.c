/*
 * The JMAP API endpoint (RFC 8620, section 3). Methods are done one behind the
 * other, each durable before the next begins, so that references can be
 * resolved; what one names is atomic per object.
 */
#include <stdio.h>

#include "front/conn.h"
#include "front/jmap/jmap.h"
#include "front/route.h"

static void next_method(struct jmap *jmap);

/* ---- answers
 * --------------------------------------------------------------------- */

static json_t *
call_at(const struct jmap *jmap, size_t i)
{
	return json_array_get(json_array_get(jmap->calls, jmap->next), i);
}

static struct slice
json_text(const json_t *json)
{
	return slice_of(json_string_value(json), json_string_length(json));
}

struct json_writer
jmap_answer(struct jmap *jmap, const char *name)
{
	struct json_writer w = json_writer(&jmap->out);

	if (jmap->next > 0)
		buf_put_u8(&jmap->out, ',');
	json_open_array(&w);
	json_put_string(&w, slice_str(name));
	json_open_object(&w);
	return w;
}

void
jmap_answer_end(struct jmap *jmap, struct json_writer *w)
{
	json_close_object(w);
	json_put_string(w, json_text(call_at(jmap, 2)));
	json_close_array(w);
	jmap->next++;
	json_decref(jmap->args);
	jmap->args = NULL;
	next_method(jmap);
}

void
jmap_error(struct jmap *jmap, const char *type, const char *text)
{
	struct json_writer w = jmap_answer(jmap, "error");

	json_member_str(&w, "type", type);
	if (text != NULL)
		json_member_str(&w, "description", text);
	jmap_answer_end(jmap, &w);
}

void
jmap_error_code(struct jmap *jmap, int code)
{
	const struct error_info *info = error_info(code);

	jmap_error(jmap, info->jmap, info->text);
}

void
jmap_put_set_error(struct json_writer *w, int code, const char *description)
{
	const struct error_info *info = error_info(code);

	json_open_object(w);
	json_member_str(w, "type", info->jmap);
	json_member_str(
	    w, "description", description != NULL ? description : info->text);
	json_close_object(w);
}

const char *
jmap_id(struct jmap *jmap, json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || text[0] != '#')
		return text;
	return json_string_value(json_object_get(jmap->created, text + 1));
}

/* ---- references (3.7)
 * ---------------------------------------------------------------- */

/* One step of a JSON pointer; '*' maps over an array. NULL: it leads nowhere.
 */
static json_t *
point(json_t *at, struct slice path)
{
	struct slice step;
	char name[256];
	uint64_t index;

	if (at == NULL || path.n == 0)
		return json_incref(at);
	if (path.p[0] != '/')
		return NULL;
	path = slice_from(path, 1);
	step = slice_first(path, slice_index(path, '/'));
	path = slice_from(path, step.n);
	if (json_is_array(at) && slice_eq(step, SLICE("*"))) {
		json_t *all = json_array(), *one, *got;
		size_t i, k;

		json_array_foreach(at, i, one)
		{
			got = point(one, path);
			if (got == NULL) {
				json_decref(all);
				return NULL;
			}
			/* An array within is taken apart. */
			if (json_is_array(got)) {
				json_t *inner;

				json_array_foreach(got, k, inner)(void)
				    json_array_append(all, inner);
				json_decref(got);
			} else {
				(void)json_array_append_new(all, got);
			}
		}
		return all;
	}
	if (json_is_array(at)) {
		if (slice_u64(step, 1000000, &index) < 0)
			return NULL;
		return point(json_array_get(at, (size_t)index), path);
	}
	if (step.n >= sizeof(name))
		return NULL;
	/* RFC 6901: ~1 is '/', ~0 is '~'. */
	{
		size_t n = 0;

		for (size_t i = 0; i < step.n; i++) {
			char c = (char)step.p[i];

			if (c == '~' && i + 1 < step.n)
				c = step.p[++i] == '1' ? '/' : '~';
			name[n++] = c;
		}
		name[n] = '\0';
	}
	return point(json_object_get(at, name), path);
}

static json_t *
resolve_one(const struct jmap *jmap, json_t *reference)
{
	const char *of =
	    json_string_value(json_object_get(reference, "resultOf"));
	const char *name =
	    json_string_value(json_object_get(reference, "name"));
	const char *path =
	    json_string_value(json_object_get(reference, "path"));
	size_t i;
	json_t *response;

	if (of == NULL || name == NULL || path == NULL)
		return NULL;
	json_array_foreach(jmap->responses, i, response)
	{
		const char *id = json_string_value(json_array_get(response, 2));
		const char *is = json_string_value(json_array_get(response, 0));

		if (id != NULL && is != NULL && strcmp(id, of) == 0)
			return strcmp(is, name) == 0
			           ? point(json_array_get(response, 1),
					 slice_str(path))
			           : NULL;
	}
	return NULL;
}

/* The arguments with "#name" replaced by what it refers to. */
static int
resolve(struct jmap *jmap, json_t *args)
{
	const char *name;
	json_t *value;

	jmap->args = json_object();
	if (jmap->args == NULL)
		return E_NOMEM;
	json_object_foreach(args, name, value)
	{
		json_t *to = NULL;

		if (name[0] != '#') {
			(void)json_object_set(jmap->args, name, value);
			continue;
		}
		/* Both "name" and "#name" is an error (3.7). */
		if (json_object_get(args, name + 1) != NULL)
			return E_INVALID;
		to = resolve_one(jmap, value);
		if (to == NULL)
			return E_STATE;
		(void)json_object_set_new(jmap->args, name + 1, to);
	}
	return 0;
}

static bool
has_references(json_t *calls)
{
	size_t i;
	json_t *call, *value;
	const char *name;

	json_array_foreach(calls, i, call)
	    json_object_foreach(json_array_get(call, 1), name,
		value) if (name[0] == '#') return true;
	return false;
}

/* ---- operations by their own names
 * ----------------------------------------------------- */

struct operation {
	const struct op *op;
	size_t n;
	bool many; /* the arguments were "objects" */
};

static void
put_result(struct json_writer *w, const struct op *op,
    const struct call_answer *answer, size_t i)
{
	int code = answer->codes[i];

	json_open_object(w);
	json_member_bool(w, "ok", code == 0);
	if (code == 0) {
		(void)shape_put_members(op->result, answer->results[i], w);
	} else {
		json_key(w, "error");
		jmap_put_set_error(w, code, NULL);
		json_member_str(w, "code", error_info(code)->name);
	}
	json_close_object(w);
}

static void
on_operation(struct request *request, int code,
    const struct call_answer *answers, size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct operation *o = jmap->state;
	struct json_writer w;

	(void)n;
	(void)request;
	if (code == 0)
		code = answers[0].code;
	if (code < 0) {
		jmap_error_code(jmap, code);
		return;
	}
	w = jmap_answer(jmap, o->op->name);
	json_key(&w, "results");
	json_open_array(&w);
	for (size_t i = 0; i < answers[0].n; i++)
		put_result(&w, o->op, &answers[0], i);
	json_close_array(&w);
	jmap_answer_end(jmap, &w);
}

static void
begin_operation(struct jmap *jmap, const struct op *op)
{
	struct request *request = jmap->request;
	json_t *objects = json_object_get(jmap->args, "objects"), *object;
	struct operation *o = arena_alloc(&request->arena, sizeof(*o));
	size_t n = json_is_array(objects) ? json_array_size(objects) : 1;
	struct slice *args = arena_alloc(&request->arena, n * sizeof(*args));
	struct call_op_out out = {.op = op, .n = n, .args = args};
	struct shape_problem problem = {.text = ""};
	int r = o == NULL || args == NULL ? E_NOMEM : 0;

	if (n > request->front->setup.config.max_objects)
		limit_met(CONFIG_max_objects);
	if (n == 0 ||
	    n > MIN(op->max, request->front->setup.config.max_objects))
		r = E_LIMIT;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct buf buf = BUF(1 << 20);

		object = json_is_array(objects) ? json_array_get(objects, i)
		                                : jmap->args;
		r = shape_from_json(op->args, object, &buf, &problem);
		args[i] = arena_copy(&request->arena, buf_slice(&buf));
		buf_free(&buf);
	}
	if (r < 0) {
		sum_add(&request->front->sums, SUM_BAD_ARGUMENTS,
		    conn_address(request->conn));
		jmap_error(jmap, error_info(r)->jmap,
		    problem.text[0] != '\0' ? problem.text : error_text(r));
		return;
	}
	*o = (struct operation){op, n, json_is_array(objects)};
	jmap->state = o;
	call_submit(request, &out, 1, on_operation, jmap);
}

/* ---- methods
 * ------------------------------------------------------------------------------
 */

static void
on_echo(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct json_writer w;
	char *text;

	(void)n;
	(void)request;
	code = call_code(code, answers);
	if (code < 0) {
		jmap_error_code(jmap, code);
		return;
	}
	/* RFC 8620, 4: exactly the same arguments. */
	text = json_dumps(jmap->args, JSON_COMPACT);
	w = jmap_answer(jmap, "Core/echo");
	if (text != NULL && strlen(text) > 2)
		json_put_raw(&w, slice_of(text + 1, strlen(text) - 2));
	free(text);
	jmap_answer_end(jmap, &w);
}

static void
begin_echo(struct jmap *jmap)
{
	struct echo echo = {.has_data = false};

	call_one(jmap->request, OP_CORE_ECHO, &echo, on_echo, jmap);
}

static bool
is_used(const struct jmap *jmap, const char *capability)
{
	json_t *using = json_object_get(jmap->root, "using"), *one;
	size_t i;

	json_array_foreach(using, i,
	    one) if (json_is_string(one) && strcmp(json_string_value(one),
						capability) == 0) return true;
	return false;
}

static void
unknown_method(struct jmap *jmap)
{
	sum_add(&jmap->request->front->sums, SUM_UNKNOWN_METHOD,
	    conn_address(jmap->request->conn));
	jmap_error(jmap, "unknownMethod", NULL);
}

static void
begin_method(struct jmap *jmap)
{
	const char *name = json_string_value(call_at(jmap, 0));
	const struct jmap_method *method = jmap_files_method(name);
	const struct op *op = op_find(slice_str(name));
	int r = resolve(jmap, call_at(jmap, 1));

	if (r < 0)
		jmap_error(jmap,
		    r == E_STATE ? "invalidResultReference"
				 : "invalidArguments",
		    NULL);
	else if (strcmp(name, "Core/echo") == 0 && is_used(jmap, JMAP_CORE))
		begin_echo(jmap);
	else if (method != NULL && is_used(jmap, method->capability))
		method->begin(jmap, jmap->args);
	else if (op != NULL && op->effect != OP_SYSTEM &&
		 !op_opens_stream(op) && is_used(jmap, JMAP_OPERATIONS))
		begin_operation(jmap, op);
	else
		unknown_method(jmap);
}

/* ---- the request
 * ----------------------------------------------------------------------------
 */

static void
jmap_free(struct jmap *jmap)
{
	json_decref(jmap->root);
	json_decref(jmap->args);
	json_decref(jmap->responses);
	json_decref(jmap->created);
	buf_free(&jmap->out);
	mem_free(jmap);
}

static void
send_answer(struct jmap *jmap)
{
	struct request *request = jmap->request;
	struct buf body = BUF(JMAP_OUT_MAX + 65536);

	buf_put_str(&body, "{\"methodResponses\":[");
	buf_put_slice(&body, buf_slice(&jmap->out));
	buf_put_str(&body, "],\"sessionState\":\"" JMAP_SESSION_STATE "\"");
	if (json_object_get(jmap->root, "createdIds") != NULL) {
		char *created = json_dumps(jmap->created, JSON_COMPACT);

		buf_put_str(&body, ",\"createdIds\":");
		buf_put_str(&body, created != NULL ? created : "{}");
		free(created);
	}
	buf_put_str(&body, "}");
	if (jmap->out.error != 0 || body.error != 0)
		respond_error(request, E_LIMIT);
	else
		respond(
		    request, 200, SLICE("application/json"), buf_slice(&body));
	buf_free(&body);
}

/* What was answered last, for references to it. */
static void
keep_response(struct jmap *jmap, size_t from)
{
	struct slice text = slice_from(buf_slice(&jmap->out), from);
	json_t *response;

	if (text.n > 0 && text.p[0] == ',')
		text = slice_from(text, 1);
	response = json_loadb((const char *)text.p, text.n, 0, NULL);
	if (response != NULL)
		(void)json_array_append_new(jmap->responses, response);
}

static void
next_method(struct jmap *jmap)
{
	struct request *request = jmap->request;

	if (jmap->refers && jmap->next > 0)
		keep_response(jmap, jmap->answered);
	jmap->answered = jmap->out.n;
	if (request->gone) {
		request->app = NULL;
		jmap_free(jmap);
		request_release(request);
		return;
	}
	if (jmap->next < json_array_size(jmap->calls)) {
		begin_method(jmap);
		return;
	}
	request->app = NULL;
	send_answer(jmap);
	jmap_free(jmap);
}

/* Request-level errors: RFC 8620, 3.6.1. */
static void
refuse(struct request *request, const char *type, int status, const char *text)
{
	struct buf body = BUF(2048);
	struct json_writer w = json_writer(&body);

	sum_add(
	    &request->front->sums, SUM_BAD_JSON, conn_address(request->conn));
	json_open_object(&w);
	json_member_str(&w, "type", type);
	json_member_i64(&w, "status", status);
	json_member_str(&w, "detail", text);
	json_close_object(&w);
	respond(request, status, SLICE("application/problem+json"),
	    buf_slice(&body));
	buf_free(&body);
}

static bool
is_request(json_t *root)
{
	json_t *calls = json_object_get(root, "methodCalls"), *call;
	json_t *using = json_object_get(root, "using"), *one;
	size_t i;

	if (!json_is_array(calls) || !json_is_array(using))
		return false;
	json_array_foreach(
	    using, i, one) if (!json_is_string(one)) return false;
	json_array_foreach(calls, i,
	    call) if (json_array_size(call) != 3 ||
		      !json_is_string(json_array_get(call, 0)) ||
		      !json_is_object(json_array_get(call, 1)) ||
		      !json_is_string(json_array_get(call, 2))) return false;
	return true;
}

static const char *
unknown_capability(json_t *root)
{
	static const char *const known[] = {
	    JMAP_CORE, JMAP_FILES, JMAP_OPERATIONS};
	json_t *using = json_object_get(root, "using"), *one;
	size_t i;

	json_array_foreach(using, i, one)
	{
		const char *name = json_string_value(one);
		size_t k = 0;

		while (k < ARRAY_SIZE(known) && strcmp(known[k], name) != 0)
			k++;
		if (k == ARRAY_SIZE(known))
			return name;
	}
	return NULL;
}

static json_t *
parse(struct request *request)
{
	json_error_t error;
	json_t *root;

	if (!slice_is_utf8(buf_slice(&request->body))) {
		refuse(request, "urn:ietf:params:jmap:error:notJSON", 400,
		    "the body is not UTF-8");
		return NULL;
	}
	root = json_loadb((const char *)request->body.p, request->body.n,
	    JSON_REJECT_DUPLICATES, &error);
	if (root == NULL) {
		refuse(request, "urn:ietf:params:jmap:error:notJSON", 400,
		    error.text);
		return NULL;
	}
	if (!is_request(root)) {
		refuse(request, "urn:ietf:params:jmap:error:notRequest", 400,
		    "this is no JMAP request");
	} else if (unknown_capability(root) != NULL) {
		refuse(request, "urn:ietf:params:jmap:error:unknownCapability",
		    400, "a capability in \"using\" is not known here");
	} else if (json_array_size(json_object_get(root, "methodCalls")) >
		   request->front->setup.config.max_calls) {
		limit_met(CONFIG_max_calls);
		refuse(request, "urn:ietf:params:jmap:error:limit", 400,
		    "maxCallsInRequest");
	} else {
		return root;
	}
	json_decref(root);
	return NULL;
}

void
jmap_api_serve(struct request *request)
{
	struct jmap *jmap;
	json_t *root = parse(request), *created;

	if (root == NULL)
		return;
	jmap = mem_alloc(sizeof(*jmap));
	if (jmap == NULL) {
		json_decref(root);
		respond_error(request, E_NOMEM);
		return;
	}
	created = json_object_get(root, "createdIds");
	*jmap = (struct jmap){.request = request,
	    .root = root,
	    .calls = json_object_get(root, "methodCalls"),
	    .created = json_is_object(created) ? json_deep_copy(created)
	                                       : json_object(),
	    .responses = json_array(),
	    .out = BUF(JMAP_OUT_MAX)};
	jmap->refers = has_references(jmap->calls);
	request->app = jmap;
	next_method(jmap);
}
