/*
 * The JMAP API endpoint (RFC 8620, section 3). Methods are done one behind the
 * other, each durable before the next begins, so that references can be
 * resolved; what one names is atomic per object.
 */
#include <stdio.h>

#include "base/log.h"
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
	char id[24];

	request_id_text(jmap->request, id);
	log_debug("front.refused", log_str(K_REQUEST, id),
	    log_str(K_TEXT, text != NULL ? text : type));
	json_member_str(&w, "type", type);
	if (text != NULL)
		json_member_str(&w, "description", text);
	jmap_answer_end(jmap, &w);
}

void
jmap_error_code(struct jmap *jmap, int code)
{
	const struct error_info *info = error_info(code);
	struct json_writer w = jmap_answer(jmap, "error");

	json_member_str(&w, "type", info->jmap);
	json_member_str(&w, "description", info->text);
	json_member_str(&w, "code", info->name);
	jmap_answer_end(jmap, &w);
}

/* Of an object other types are told than of a method: 5.3. */
static const char *
set_error_type(int code)
{
	const char *type = error_info(code)->jmap;

	if (strcmp(type, "invalidArguments") == 0)
		return "invalidProperties";
	if (strcmp(type, "requestTooLarge") == 0)
		return "tooLarge";
	return type;
}

void
jmap_put_set_error(struct json_writer *w, int code, const char *description)
{
	const struct error_info *info = error_info(code);

	json_open_object(w);
	json_member_str(w, "type", set_error_type(code));
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
	uint64_t max_objects = request->front->setup.config.max_objects;
	json_t *objects = json_object_get(jmap->args, "objects"), *object;
	struct operation *o = arena_alloc(&request->arena, sizeof(*o));
	size_t n = json_is_array(objects) ? json_array_size(objects) : 1;
	bool fits = n > 0 && n <= MIN(op->max, max_objects);
	struct slice *args =
	    arena_alloc(&request->arena, (fits ? n : 1) * sizeof(*args));
	struct call_op_out out = {.op = op, .n = n, .args = args};
	struct shape_problem problem = {.text = ""};
	int r = o == NULL || args == NULL ? E_NOMEM : fits ? 0 : E_LIMIT;

	if (n > max_objects)
		limit_met(CONFIG_max_objects);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct buf buf = BUF(1 << 20);

		object = json_is_array(objects) ? json_array_get(objects, i)
		                                : jmap->args;
		r = shape_from_json(op->args, object, &buf, &problem);
		args[i] = arena_copy(&request->arena, buf_slice(&buf));
		if (r == 0 && args[i].p == NULL)
			r = E_NOMEM;
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

/* No further than there is room: references make much of little. */
static int
put_dumped(const char *bytes, size_t n, void *arg)
{
	struct buf *buf = arg;

	buf_put(buf, bytes, n);
	return buf->error == 0 ? 0 : -1;
}

static void
on_echo(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct jmap *jmap = arg;
	struct json_writer w;

	(void)n;
	(void)request;
	code = call_code(code, answers);
	if (code < 0) {
		jmap_error_code(jmap, code);
		return;
	}
	/* RFC 8620, 4: exactly the same arguments. */
	w = jmap_answer(jmap, "Core/echo");
	if (json_dump_callback(
		jmap->args, put_dumped, w.buf, JSON_COMPACT | JSON_EMBED) < 0 &&
	    w.buf->error == 0)
		w.buf->error = E_NOMEM;
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
	int r = jmap_resolve(
	    call_at(jmap, 1), jmap->responses, &jmap->left, &jmap->args);

	if (r == E_STATE)
		jmap_error(jmap, "invalidResultReference", NULL);
	else if (r == E_INVALID)
		jmap_error(jmap, "invalidArguments", NULL);
	else if (r < 0)
		jmap_error_code(jmap, r);
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

/*
 * True where nothing in it wants a session: those operations by which one comes
 * to have one, by their own names. Core refuses all else in any case.
 */
static bool
is_open(json_t *root)
{
	json_t *calls = json_object_get(root, "methodCalls"), *call;
	size_t i;

	json_array_foreach(calls, i, call)
	{
		const char *name = json_string_value(json_array_get(call, 0));
		const struct op *op = op_find(slice_str(name));

		if (op == NULL || !op_is_open(op))
			return false;
	}
	return i > 0;
}

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
refuse(struct request *request, const struct jmap_problem *problem)
{
	struct buf body = BUF(2048), type = BUF(128);
	struct json_writer w = json_writer(&body);

	sum_add(
	    &request->front->sums, SUM_BAD_JSON, conn_address(request->conn));
	buf_printf(&type, "urn:ietf:params:jmap:error:%s", problem->type);
	json_open_object(&w);
	json_member_string(&w, "type", buf_slice(&type));
	json_member_i64(&w, "status", 400);
	json_member_str(&w, "detail", problem->text);
	json_close_object(&w);
	respond(
	    request, 400, SLICE("application/problem+json"), buf_slice(&body));
	buf_free(&body);
	buf_free(&type);
}

/* The request, or NULL where it was refused. */
static json_t *
parse(struct request *request)
{
	struct jmap_problem problem;
	json_t *root = NULL;
	int r = jmap_parse(buf_slice(&request->body),
	    request->front->setup.config.max_calls, &root, &problem);

	/* Who has no credential isn't told more than that it takes one. */
	if (request->bearer.n == 0 && (r < 0 || !is_open(root))) {
		json_decref(root);
		respond_stranger(request);
		return NULL;
	}
	if (r == 0)
		return root;
	if (r == E_LIMIT)
		limit_met(CONFIG_max_calls);
	refuse(request, &problem);
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
	    .left = JMAP_REFERENCED_MAX,
	    .out = BUF(JMAP_OUT_MAX)};
	jmap->refers = jmap_has_references(jmap->calls);
	request->app = jmap;
	next_method(jmap);
}
