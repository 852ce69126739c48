#include "cli/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "base/encode.h"
#include "cli/cli.h"
#include "cli/format.h"
#include "cli/path.h"
#include "op/op.h"
#include "op/shape_json.h"

enum {
	TRIES = 7,
	FIRST_WAIT_MS = 100, /* doubled at each try: 6 seconds in all */
	IDLE_MS = 60000,
	KEY_BYTES = 16,
	OBJECTS_A_CALL = 100,
	CALLS_A_REQUEST = 16,
};

/* ---- members ---------------------------------------------------------------
 */

json_t *
api_object(const char *name, ...)
{
	json_t *object = json_object();
	va_list args;

	va_start(args, name);
	while (name != NULL) {
		json_t *value = va_arg(args, json_t *);

		/* What is not there is left out. */
		if (value != NULL &&
		    json_object_set_new(object, name, value) < 0) {
			json_decref(object);
			object = NULL;
		}
		name = va_arg(args, const char *);
	}
	va_end(args);
	return object;
}

void
api_put_line(const json_t *one)
{
	(void)json_dumpf(one, stdout, JSON_COMPACT);
	(void)putchar('\n');
}

json_t *
api_string(struct slice s)
{
	return json_stringn(s.n > 0 ? (const char *)s.p : "", s.n);
}

json_t *
api_time_value(int64_t ms)
{
	struct buf text = BUF(64);
	struct json_writer w = json_writer(&text);
	json_t *json;

	json_put_time(&w, ms);
	/* Without its quotes. */
	json = text.n > 2 ? json_stringn((const char *)text.p + 1, text.n - 2)
	                  : NULL;
	buf_free(&text);
	return json;
}

const char *
api_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

uint64_t
api_u64(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

bool
api_bool(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

bool
api_has(const json_t *object, const char *name)
{
	return json_object_get(object, name) != NULL;
}

const char *
api_time(const json_t *object, const char *name, char ret[32])
{
	int64_t ms;

	if (time_from_text(slice_str(api_text(object, name)), &ms) < 0)
		(void)snprintf(ret, 32, "-");
	else
		(void)snprintf(ret, 32, "%s", format_time(ms).text);
	return ret;
}

json_t *
api_place(const char *operand, const char *id_key)
{
	struct buf path = BUF(8192);
	json_t *place = NULL;
	struct id id;

	if (path_is_node_id(slice_str(operand), &id))
		return api_object(id_key, json_string(operand), NULL);
	path_put_clean(&path, slice_str(operand));
	if (path.error == 0)
		place = api_object("path", api_string(buf_slice(&path)), NULL);
	buf_free(&path);
	return place;
}

/* ---- a request -------------------------------------------------------------
 */

static int
put_key_header(struct buf *header)
{
	uint8_t key[KEY_BYTES];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return E_CRYPTO;
	buf_put_str(header, "Idempotency-Key: ");
	buf_put_hex(header, slice_of(key, sizeof(key)));
	return buf_cstr(header) == NULL ? E_NOMEM : 0;
}

static void
wait_ms(uint64_t ms)
{
	struct timespec span = {.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)nanosleep(&span, NULL);
}

/* True where core came and went between the two: the answer to ask again. */
static bool
is_unknown(const struct http_answer *answer)
{
	return answer->error == 0 && answer->status == 200 &&
	       memmem(answer->body.p, answer->body.n, "\"serverUnavailable\"",
		   19) != NULL;
}

/*
 * Sends it, again where that may help. What is nowhere to be reached from the
 * start isn't waited for.
 */
static void
send_request(struct cli *cli, const struct http_call *call,
    struct http_answer *ret_answer)
{
	bool reached = false;

	for (unsigned i = 0;; i++) {
		http_do(cli->http, call, ret_answer);
		reached = reached || ret_answer->connected;
		if ((!http_may_repeat(ret_answer) && !is_unknown(ret_answer)) ||
		    !reached || i + 1 == TRIES)
			return;
		wait_ms((uint64_t)FIRST_WAIT_MS << i);
	}
}

/* The request's text; the caller frees it. NULL: memory is out. */
static char *
request_text(json_t *calls)
{
	json_t *root = api_object("using",
	    json_pack("[s,s]", "urn:ietf:params:jmap:core",
		"urn:chancery:operations"),
	    "methodCalls", json_incref(calls), NULL);
	char *text = json_dumps(root, JSON_COMPACT);

	json_decref(root);
	return text;
}

static int
take_answer(struct cli *cli, const struct http_answer *answer, size_t n_calls,
    json_t **ret_responses)
{
	json_error_t error;
	json_t *root, *responses;

	if (answer->error != 0 || answer->status != 200)
		return cli_fail_answer(cli, answer, NULL);
	root =
	    json_loadb((const char *)answer->body.p, answer->body.n, 0, &error);
	responses = json_object_get(root, "methodResponses");
	if (!json_is_array(responses) ||
	    json_array_size(responses) != n_calls) {
		json_decref(root);
		return cli_fail(cli, CLI_UNREACHABLE,
		    "what answers at %s is no Chancery server",
		    cli->server.url);
	}
	*ret_responses = json_incref(responses);
	json_decref(root);
	return CLI_OK;
}

/* Method calls in one request (calls stays the caller's). */
static int
exchange(struct cli *cli, json_t *calls, bool write, json_t **ret_responses)
{
	struct buf key = BUF(256);
	struct http_answer answer;
	struct http_call call = {.method = "POST",
	    .path = "/jmap/api",
	    .header = {"Content-Type: application/json"},
	    .n_headers = 1,
	    .idle_ms = IDLE_MS};
	char *text;
	int status = cli_connect(cli);

	if (status != CLI_OK)
		return status;
	text = request_text(calls);
	if (text == NULL || (write && put_key_header(&key) < 0)) {
		status = cli_nomem(cli);
	} else {
		call.body = slice_str(text);
		if (write)
			call.header[call.n_headers++] = buf_cstr(&key);
		send_request(cli, &call, &answer);
		status = take_answer(
		    cli, &answer, json_array_size(calls), ret_responses);
	}
	free(text);
	buf_free(&key);
	return status;
}

/* ---- results ---------------------------------------------------------------
 */

static void
take_refusal(
    const json_t *error, const json_t *code, struct api_refusal *refusal)
{
	const char *text = api_text(error, "description");

	(void)snprintf(refusal->code, sizeof(refusal->code), "%s",
	    json_is_string(code) ? json_string_value(code) : "");
	(void)snprintf(refusal->text, sizeof(refusal->text), "%s",
	    text[0] != '\0' ? text : api_text(error, "type"));
}

/* One call's results, or the error of all of it. */
static json_t *
results_of(json_t *response, struct api_refusal *ret_refusal)
{
	const char *name = json_string_value(json_array_get(response, 0));
	json_t *body = json_array_get(response, 1), *results;

	results = json_object_get(body, "results");
	if (name != NULL && strcmp(name, "error") != 0 &&
	    json_array_size(results) > 0)
		return results;
	take_refusal(body, json_object_get(body, "code"), ret_refusal);
	return NULL;
}

int
api_try(struct cli *cli, const char *name, json_t *object, json_t **ret_result,
    struct api_refusal *ret_refusal)
{
	const struct op *op = op_find(slice_str(name));
	json_t *calls, *responses = NULL, *result;
	int status;

	*ret_refusal = (struct api_refusal){.text = ""};
	calls = json_pack("[[s,o,s]]", name, object, "0");
	if (calls == NULL)
		return cli_nomem(cli);
	status = exchange(
	    cli, calls, op != NULL && op->effect == OP_WRITE, &responses);
	json_decref(calls);
	if (status != CLI_OK)
		return status;
	result = json_array_get(
	    results_of(json_array_get(responses, 0), ret_refusal), 0);
	if (api_bool(result, "ok")) {
		*ret_result = json_incref(result);
	} else {
		if (result != NULL)
			take_refusal(json_object_get(result, "error"),
			    json_object_get(result, "code"), ret_refusal);
		status = CLI_FAILED;
	}
	json_decref(responses);
	return status;
}

int
api_fail(
    const struct cli *cli, const struct api_refusal *refusal, const char *what)
{
	if (strcmp(refusal->code, "UNAUTHENTICATED") == 0 ||
	    strcmp(refusal->code, "EXPIRED") == 0)
		return cli_fail_signed_out(cli);
	if (what != NULL && what[0] != '\0')
		return cli_fail(cli, CLI_FAILED, "%s: %s", what, refusal->text);
	return cli_fail(cli, CLI_FAILED, "%s", refusal->text);
}

/* What one doesn't do alone: asks a second person, and says what to do next. */
static int
ask_second(struct cli *cli, const char *name, json_t *args)
{
	struct api_refusal refusal;
	json_t *made = NULL, *call = api_object(name, args, NULL);
	char time[32];
	int status = api_try(cli, "approval.ask",
	    api_object("call", call, NULL), &made, &refusal);

	if (status == CLI_OK) {
		(void)cli_fail(cli, CLI_FAILED,
		    "%s takes two people. Another administrator approves it:\n"
		    "    chancery approval give %s\n"
		    "and then you do it again, until %s.",
		    name, api_text(made, "id"),
		    api_time(made, "expires", time));
		if (api_has(made, "ripe"))
			(void)fprintf(stderr,
			    "Or from %s on, if nobody has refused it.\n",
			    api_time(made, "ripe", time));
		status = CLI_FAILED;
	} else if (strcmp(refusal.code, "EXISTS") == 0) {
		status = cli_fail(cli, CLI_FAILED,
		    "%s waits for another administrator: chancery approval "
		    "list",
		    name);
	} else if (refusal.text[0] != '\0') {
		status = api_fail(cli, &refusal, name);
	}
	json_decref(made);
	return status;
}

int
api_call_state(struct cli *cli, const char *name, json_t *object,
    const char *what, const char *state, json_t **ret_result)
{
	struct api_refusal refusal;
	int status = api_try(cli, name, object, ret_result, &refusal);

	if (status == CLI_OK || refusal.text[0] == '\0')
		return status;
	if (strcmp(refusal.code, "STATE") == 0)
		(void)snprintf(refusal.text, sizeof(refusal.text), "%s", state);
	return api_fail(cli, &refusal, what);
}

int
api_call(struct cli *cli, const char *name, json_t *object, const char *what,
    json_t **ret_result)
{
	struct api_refusal refusal;
	json_t *args = json_incref(object);
	int status = api_try(cli, name, object, ret_result, &refusal);

	if (status == CLI_OK || refusal.text[0] == '\0') {
		json_decref(args);
		return status;
	}
	if (strcmp(refusal.code, "APPROVAL") == 0)
		return ask_second(cli, name, args);
	json_decref(args);
	return api_fail(cli, &refusal, what);
}

/* Where the next page goes on: as this one says, or behind its last. */
static json_t *
next_of(const json_t *page)
{
	const json_t *list = json_object_get(page, "list"), *last;
	json_t *next = json_object_get(page, "next");

	if (next != NULL || !api_bool(page, "more"))
		return next;
	last = json_array_get(list, json_array_size(list) - 1);
	next = json_object_get(last, "id");
	return next != NULL ? next : json_object_get(last, "principal");
}

int
api_try_pages(struct cli *cli, const char *name, json_t *args,
    int (*each)(void *arg, const json_t *one), void *arg,
    struct api_refusal *ret_refusal)
{
	json_t *page = NULL, *next, *one;
	int status = CLI_OK;
	bool more = true;
	size_t i;

	while (more && status == CLI_OK) {
		status =
		    api_try(cli, name, json_incref(args), &page, ret_refusal);
		if (status != CLI_OK)
			break;
		json_array_foreach(json_object_get(page, "list"), i,
		    one) if (status == CLI_OK) status = each(arg, one);
		next = next_of(page);
		more = next != NULL;
		if (more)
			(void)json_object_set(args, "after", next);
		json_decref(page);
	}
	json_decref(args);
	return status;
}

int
api_call_pages(struct cli *cli, const char *name, json_t *args,
    const char *what, int (*each)(void *arg, const json_t *one), void *arg)
{
	struct api_refusal refusal;
	int status = api_try_pages(cli, name, args, each, arg, &refusal);

	if (status == CLI_OK || refusal.text[0] == '\0')
		return status;
	return api_fail(cli, &refusal, what);
}

/* The calls of one request, from objects[from] on: how many objects. */
static size_t
put_calls(const struct op *op, json_t *objects, size_t from, json_t *calls)
{
	size_t n = json_array_size(objects), at = from;
	size_t per = MIN((size_t)op->max, (size_t)OBJECTS_A_CALL);

	while (at < n && json_array_size(calls) < CALLS_A_REQUEST) {
		json_t *list = json_array();

		for (size_t i = 0; i < per && at < n; i++)
			(void)json_array_append(
			    list, json_array_get(objects, at++));
		(void)json_array_append_new(calls,
		    json_pack("[s,{s:o},s]", op->name, "objects", list, "0"));
	}
	return at - from;
}

/* A call that failed as a whole failed for each of its objects. */
static void
add_results(json_t *response, size_t n, json_t *all)
{
	struct api_refusal refusal;
	json_t *results = results_of(response, &refusal);

	for (size_t i = 0; i < n; i++)
		if (results != NULL)
			(void)json_array_append(
			    all, json_array_get(results, i));
		else
			(void)json_array_append_new(
			    all, json_pack("{s:b,s:{s:s}}", "ok", 0, "error",
				     "description", refusal.text));
}

int
api_call_each(
    struct cli *cli, const char *name, json_t *objects, json_t **ret_results)
{
	const struct op *op = op_find(slice_str(name));
	json_t *all = json_array();
	int status = CLI_OK;
	size_t done = 0;

	BUG_ON(op == NULL);
	while (status == CLI_OK && done < json_array_size(objects)) {
		json_t *calls = json_array(), *responses = NULL, *response;
		size_t n = put_calls(op, objects, done, calls), i;

		status =
		    exchange(cli, calls, op->effect != OP_READ, &responses);
		json_array_foreach(responses, i, response)
		{
			json_t *list = json_object_get(
			    json_array_get(json_array_get(calls, i), 1),
			    "objects");

			add_results(response, json_array_size(list), all);
		}
		json_decref(responses);
		json_decref(calls);
		done += n;
	}
	json_decref(objects);
	if (status == CLI_OK)
		*ret_results = all;
	else
		json_decref(all);
	return status;
}

int
api_find_id(struct cli *cli, const char *operand, char ret_id[API_ID])
{
	json_t *node = NULL;
	struct id id;
	int status;

	if (id_parse(slice_str(operand), &id) == 0) {
		memcpy(ret_id, operand, API_ID);
		return CLI_OK;
	}
	status = api_call(
	    cli, "node.get", api_place(operand, "node"), operand, &node);
	if (status == CLI_OK)
		(void)snprintf(ret_id, API_ID, "%s", api_text(node, "id"));
	json_decref(node);
	return status;
}

int
api_find_folder(struct cli *cli, const char *operand, json_t **ret_node)
{
	struct api_refusal refusal;
	json_t *node = NULL;
	int status = api_try(
	    cli, "node.get", api_place(operand, "node"), &node, &refusal);

	if (status == CLI_OK && strcmp(api_text(node, "kind"), "folder") == 0) {
		*ret_node = node;
		return CLI_OK;
	}
	json_decref(node);
	/* Not there, or a file: then it is a name in the folder above. */
	return refusal.text[0] == '\0' ? status : CLI_OK;
}

int
api_find_target(struct cli *cli, const char *operand, const char *name,
    struct buf *ret_name, json_t **ret_folder)
{
	struct buf path = BUF(8192), above = BUF(8192);
	int status = api_find_folder(cli, operand, ret_folder);

	if (status == CLI_OK && *ret_folder != NULL) {
		buf_put_str(ret_name, name);
	} else if (status == CLI_OK) {
		path_put_clean(&path, slice_str(operand));
		buf_put_slice(ret_name, path_name(buf_slice(&path)));
		buf_put_slice(&above, path_parent(buf_slice(&path)));
		status = buf_cstr(&above) == NULL
		             ? cli_nomem(cli)
		             : api_call(cli, "node.get",
				   api_place((const char *)above.p, "node"),
				   operand, ret_folder);
	}
	buf_free(&path);
	buf_free(&above);
	if (status == CLI_OK && ret_name->error != 0)
		return cli_fail(cli, CLI_USAGE, "the path is too long");
	return status;
}
