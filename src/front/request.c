#include "front/request.h"

#include <stdio.h>

#include "base/log.h"
#include "front/conn.h"
#include "front/cookie.h"
#include "front/route.h"
#include "front/web/assets.h"
#include "op/id.h"
#include "wire/json.h"

enum { STRANGER_BODY_MAX = 64 << 10 };

static void
on_release(void *arg)
{
	struct request *request = arg;

	buf_free(&request->body);
	buf_free(&request->out);
	assets_release(&request->assets);
	arena_free(&request->arena);
	mem_free(request);
}

struct request *
request_new(struct conn *conn, const struct request_carrier *carrier)
{
	struct request *request = mem_alloc(sizeof(*request));

	if (request == NULL)
		return NULL;
	request->front = conn->front;
	request->conn = conn;
	request->carrier = carrier;
	request->number = ++conn->front->next_request;
	/* Passwords come in it, too. */
	request->body = BUF_SECRET(conn->front->setup.config.max_request_bytes);
	request->out = BUF(SIZE_MAX / 2);
	return request;
}

void
request_id_text(const struct request *request, char ret_text[24])
{
	(void)snprintf(ret_text, 24, "%zu-%llu", request->front->setup.index,
	    (unsigned long long)request->number);
}

void
request_release(struct request *request)
{
	if (request->calls > 0 || request->app != NULL)
		return; /* what is under way releases it at its end */
	if (request->released)
		return;
	request->released = true;
	request->release =
	    (struct loop_task){.run = on_release, .arg = request};
	loop_defer(request->front->loop, &request->release);
}

void
request_lost(struct request *request)
{
	if (request->gone)
		return;
	request->gone = true;
	request->state = REQUEST_DONE;
	if (request->on_gone != NULL)
		request->on_gone(request);
}

/* ---- dispatch
 * -------------------------------------------------------------------- */

/* The Host (or :authority) must be this server's: RFC 9110, 7.4. */
static bool
host_is_ours(const struct request *request)
{
	const struct config *config = &request->front->setup.config;
	struct slice host = request->head.authority;
	size_t colon = slice_index(host, ':');

	if (host.n > 0 && host.p[0] == '[') {
		/* An address names the server only where its name is local. */
		return config_is_local(config) &&
		       slice_starts(host, SLICE("[::1]"));
	}
	host = slice_first(host, colon);
	if (slice_eq_nocase(host, slice_str(config->hostname)))
		return true;
	return config_is_local(config) && slice_eq(host, SLICE("127.0.0.1"));
}

/* A plain listener's cookie couldn't have the prefix: that wants Secure. */
struct slice
request_cookie_name(const struct request *request, bool links)
{
	if (request->conn->listener == LISTENER_HTTP_LOCAL)
		return links ? SLICE("chancery-link-local")
		             : SLICE("chancery-local");
	return links ? SLICE("__Secure-chancery-link")
	             : SLICE("__Host-chancery");
}

/*
 * /link/SESSION/...: the resource behind it, by the cookie that opening the
 * link has set for that path. Two links in one browser have a path each.
 */
static struct slice
take_link(struct request *request)
{
	struct slice path = request->head.path, id;
	struct id session;

	if (!slice_starts(path, SLICE("/link/")))
		return path;
	path = slice_from(path, strlen("/link/"));
	id = slice_first(path, slice_index(path, '/'));
	if (id_parse(id, &session) < 0 || session.kind != KIND_SESSION)
		return request->head.path;
	request->link = id;
	return slice_from(path, id.n);
}

static const struct route *
find_route(struct request *request)
{
	struct slice path = take_link(request);
	const struct route *route = route_find(path, &request->rest);

	return route == NULL || (request->link.n > 0 && !route->links) ? NULL
	                                                               : route;
}

/*
 * What it is to be done with: the Authorization field, or the cookie of the
 * listener that it came over. E_SYNTAX where both are there, or the cookie
 * can't be read.
 */
static int
take_bearer(struct request *request)
{
	const struct http_head *head = &request->head;
	size_t n = http_field_count(head, SLICE("authorization"));
	struct slice value = http_field(head, SLICE("authorization")), scheme,
		     cookie = SLICE_NONE;
	int r = cookie_get(
	    head, request_cookie_name(request, request->link.n > 0), &cookie);

	if (r < 0 || (cookie.n > 0 && n > 0))
		return E_SYNTAX;
	request->by_cookie = cookie.n > 0;
	request->bearer = cookie;
	if (n == 1 && slice_cut(&value, ' ', &scheme) &&
	    slice_eq_nocase(scheme, SLICE("bearer")))
		request->bearer = slice_trim(value);
	return 0;
}

/*
 * Another site's page can have a browser send what it likes, with the cookie:
 * what changes anything must come from a page of ours. What is only read can't
 * be read by that page; but for a person who follows a link it has no business
 * in being fetched at all.
 */
static bool
is_forged(const struct request *request)
{
	const struct http_head *head = &request->head;
	bool safe =
	    head->method == HTTP_METHOD_GET || head->method == HTTP_METHOD_HEAD;

	if (!request->by_cookie)
		return !safe && request->bearer.n == 0 &&
		       request->origin == ORIGIN_FOREIGN;
	if (!safe)
		return request->origin != ORIGIN_OWN;
	return request->origin == ORIGIN_FOREIGN &&
	       !slice_eq(http_field(head, SLICE("sec-fetch-mode")),
		   SLICE("navigate"));
}

static void
count(struct request *request, enum sum what)
{
	sum_add(&request->front->sums, what, conn_address(request->conn));
}

/* RFC 6750, 3: how to come with a credential. */
static void
ask_credential(struct request *request)
{
	static const char text[] =
	    "{\"type\":\"about:blank\",\"status\":401,"
	    "\"detail\":\"no valid credential came with this\"}";
	const struct http_field fields[] = {
	    {SLICE("www-authenticate"), SLICE("Bearer realm=\"chancery\"")},
	    {SLICE("content-type"), SLICE("application/problem+json")},
	};

	respond_begin(
	    request, 401, fields, ARRAY_SIZE(fields), sizeof(text) - 1);
	respond_body(request, SLICE(text));
	respond_end(request);
}

static void
refuse_method(struct request *request)
{
	static const char *const names[] = {[HTTP_METHOD_GET] = "GET",
	    [HTTP_METHOD_HEAD] = "HEAD",
	    [HTTP_METHOD_POST] = "POST",
	    [HTTP_METHOD_PUT] = "PUT",
	    [HTTP_METHOD_DELETE] = "DELETE"};
	struct buf allow = BUF(100);
	struct http_field field = {.name = SLICE("allow")};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] != NULL && (request->route->methods & 1u << i))
			buf_printf(
			    &allow, "%s%s", allow.n > 0 ? ", " : "", names[i]);
	field.value = buf_slice(&allow);
	count(request, SUM_BAD_METHOD);
	respond_begin(request, 405, &field, 1, 0);
	respond_end(request);
	buf_free(&allow);
}

/* One, whole: cut or chosen among several it would be another one. */
static bool
key_is_ok(const struct http_head *head)
{
	struct slice key = http_field(head, SLICE("idempotency-key"));

	return key.n <= REQUEST_KEY_MAX &&
	       http_field_count(head, SLICE("idempotency-key")) <= 1;
}

/*
 * Some credential, where the resource wants one. Whoever has none is not read
 * at length.
 */
static bool
has_credential(struct request *request)
{
	if (request->route->credential == ROUTE_PUBLIC || request->bearer.n > 0)
		return true;
	request->body.max = MIN(request->body.max, STRANGER_BODY_MAX);
	return request->route->credential == ROUTE_EITHER &&
	       (!request->head.has_length ||
		   request->head.content_length <= request->body.max);
}

/* What is wrong before any resource is asked; 0 where nothing is. */
static int
check(struct request *request)
{
	const struct http_head *head = &request->head;

	if (!host_is_ours(request)) {
		count(request, SUM_BAD_HOST);
		respond_status(request, 421, "this server has another name");
		return -1;
	}
	request->route = find_route(request);
	if (request->route == NULL) {
		count(request, SUM_NOT_FOUND);
		respond_status(request, 404, "there is nothing at this path");
		return -1;
	}
	if (!(request->route->methods & 1u << head->method)) {
		refuse_method(request);
		return -1;
	}
	if (take_bearer(request) < 0) {
		count(request, SUM_BAD_ARGUMENTS);
		respond_status(request, 400,
		    "a credential must come once: in the Authorization field "
		    "or in the cookie");
		return -1;
	}
	request->origin =
	    origin_of(head, request->conn->listener == LISTENER_HTTP_LOCAL,
		slice_str(request->front->setup.config.hostname),
		request->front->setup.config.https_port);
	if (is_forged(request)) {
		respond_forged(request);
		return -1;
	}
	if (!has_credential(request)) {
		respond_stranger(request);
		return -1;
	}
	if (!key_is_ok(head)) {
		count(request, SUM_BAD_ARGUMENTS);
		respond_status(request, 400,
		    "an Idempotency-Key must come once, of at most 128 bytes");
		return -1;
	}
	if (request->route->body == ROUTE_WHOLE && head->has_length &&
	    head->content_length > request->body.max) {
		limit_met(CONFIG_max_request_bytes);
		count(request, SUM_TOO_LARGE);
		respond_error(request, E_LIMIT);
		return -1;
	}
	return 0;
}

void
request_dispatch(struct request *request)
{
	request->head_only = request->head.method == HTTP_METHOD_HEAD;
	request->state = REQUEST_BODY;
	if (check(request) < 0) {
		request->body_ignored = true;
		return;
	}
	if (request->route->body == ROUTE_WHOLE)
		return;
	if (request->route->body == ROUTE_NO_BODY ||
	    request->route->body == ROUTE_SOCKET)
		request->body_ignored = true;
	request->state = REQUEST_DOING;
	request->route->serve(request);
}

void
request_take_body(struct request *request, struct slice bytes)
{
	request->body_bytes += bytes.n;
	if (request->upgraded && !request->gone) {
		request->on_body(request, bytes);
		return;
	}
	if (request->body_ignored || request->gone) {
		request->carrier->used(request, bytes.n);
		return;
	}
	if (request->route->body == ROUTE_STREAM) {
		request->on_body(request, bytes);
		return;
	}
	buf_put_slice(&request->body, bytes);
	request->carrier->used(request, bytes.n);
	if (request->body.error != 0) {
		request->body_ignored = true;
		limit_met(CONFIG_max_request_bytes);
		count(request, SUM_TOO_LARGE);
		respond_error(request, request->body.error);
	}
}

void
request_end_body(struct request *request, int code)
{
	request->body_done = true;
	if (request->upgraded) {
		/* Of one that is cut off, on_gone is told. */
		if (code == 0 && !request->gone)
			request->on_body_end(request, 0);
		return;
	}
	if (request->body_ignored || request->gone)
		return;
	if (code == E_SHORT)
		count(request, SUM_ABORTED);
	if (request->route->body == ROUTE_STREAM) {
		request->on_body_end(request, code);
		return;
	}
	if (code < 0) {
		respond_error(request, code);
		return;
	}
	request->state = REQUEST_DOING;
	request->route->serve(request);
}

void
request_room(struct request *request)
{
	if (!request->gone && request->state == REQUEST_ANSWER &&
	    request->on_room != NULL)
		request->on_room(request);
}

/* ---- responses
 * ---------------------------------------------------------------------- */

static const struct http_field security_fields[] = {
    {{(const uint8_t *)"x-content-type-options", 22},
	{(const uint8_t *)"nosniff", 7}},
    {{(const uint8_t *)"referrer-policy", 15},
	{(const uint8_t *)"no-referrer", 11}},
    {{(const uint8_t *)"cross-origin-resource-policy", 28},
	{(const uint8_t *)"same-origin", 11}},
};

static const struct http_field policy_field = {
    {(const uint8_t *)"content-security-policy", 23},
    {(const uint8_t *)"default-src 'none'; frame-ancestors 'none'", 42}};

/* RFC 6797; not for localhost, where plain HTTP is served too. */
static const struct http_field hsts_field = {
    {(const uint8_t *)"strict-transport-security", 25},
    {(const uint8_t *)"max-age=31536000", 16}};

static bool
has_field(const struct http_field *fields, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(fields[i].name, name))
			return true;
	return false;
}

void
respond_begin(struct request *request, int status,
    const struct http_field *fields, size_t n, uint64_t length)
{
	const struct config *config = &request->front->setup.config;
	struct http_field all[REQUEST_FIELDS_MAX];
	char number[24];
	size_t count_all = 0;

	BUG_ON(n + 9 > REQUEST_FIELDS_MAX);
	if (request->gone || request->state >= REQUEST_ANSWER)
		return;
	for (size_t i = 0; i < n; i++)
		all[count_all++] = fields[i];
	all[count_all++] =
	    (struct http_field){SLICE("date"), slice_str(request->front->date)};
	request_id_text(request, number);
	all[count_all++] =
	    (struct http_field){SLICE("chancery-request"), slice_str(number)};
	for (size_t i = 0; i < ARRAY_SIZE(security_fields); i++)
		all[count_all++] = security_fields[i];
	if (!has_field(fields, n, policy_field.name))
		all[count_all++] = policy_field;
	if (!has_field(fields, n, SLICE("cache-control")))
		all[count_all++] = (struct http_field){
		    SLICE("cache-control"), SLICE("no-store")};
	if (request->conn->listener == LISTENER_HTTPS &&
	    !config_is_local(config))
		all[count_all++] = hsts_field;
	request->state = REQUEST_ANSWER;
	if (request->front->draining)
		request->conn->keep_alive = false;
	request->carrier->begin(request, status, all, count_all, length);
}

void
respond_upgrade(
    struct request *request, const struct http_field *fields, size_t n)
{
	request->upgraded = true;
	respond_begin(
	    request, request->extended ? 200 : 101, fields, n, UINT64_MAX);
}

void
respond_body(struct request *request, struct slice bytes)
{
	if (request->gone || request->state != REQUEST_ANSWER)
		return;
	request->sent += bytes.n;
	if (!request->head_only && bytes.n > 0)
		request->carrier->body(request, bytes);
}

static void
send_steady(struct request *request)
{
	request->carrier->steady(request);
}

void
respond_steady(struct request *request, struct slice bytes)
{
	if (request->gone || request->state != REQUEST_ANSWER)
		return;
	request->sent += bytes.n;
	if (!request->head_only)
		request->steady = bytes;
	request->on_room = send_steady;
	send_steady(request);
}

void
respond_end(struct request *request)
{
	if (request->gone || request->state != REQUEST_ANSWER)
		return;
	request->state = REQUEST_DONE;
	request->carrier->end(request);
}

void
respond_abort(struct request *request)
{
	if (request->gone || request->state == REQUEST_DONE)
		return;
	request->state = REQUEST_DONE;
	request->carrier->abort(request);
}

size_t
respond_space(const struct request *request)
{
	size_t waiting;

	if (request->gone || request->state != REQUEST_ANSWER)
		return 0;
	waiting = request->carrier->waiting(request);
	return waiting < REQUEST_OUT_BYTES ? REQUEST_OUT_BYTES - waiting : 0;
}

void
respond(
    struct request *request, int status, struct slice type, struct slice body)
{
	const struct http_field field = {SLICE("content-type"), type};

	respond_begin(request, status, &field, type.n > 0 ? 1 : 0, body.n);
	respond_body(request, body);
	respond_end(request);
}

static void
respond_problem(
    struct request *request, int status, const char *name, const char *text)
{
	struct buf body = BUF(2048);
	struct json_writer w = json_writer(&body);
	char id[24];

	request_id_text(request, id);
	log_write(status == 500 ? LOG_WARN : LOG_DEBUG, "front.problem",
	    LOG_FIELDS(log_str(K_REQUEST, id), log_int(K_STATUS, status),
		log_str(K_TEXT, text)));
	json_open_object(&w);
	json_member_str(&w, "type", "about:blank");
	json_member_i64(&w, "status", status);
	if (name != NULL)
		json_member_str(&w, "code", name);
	json_member_str(&w, "detail", text);
	json_member_str(&w, "request", id);
	json_close_object(&w);
	respond(request, status, SLICE("application/problem+json"),
	    buf_slice(&body));
	buf_free(&body);
}

void
respond_error(struct request *request, int code)
{
	const struct error_info *info = error_info(code);

	if (info->http == 401) {
		ask_credential(request);
		return;
	}
	respond_problem(request, info->http, info->name, info->text);
}

void
respond_status(struct request *request, int status, const char *text)
{
	respond_problem(request, status, NULL, text);
}

void
respond_stranger(struct request *request)
{
	count(request, SUM_NO_CREDENTIAL);
	ask_credential(request);
}

void
respond_forged(struct request *request)
{
	count(request, SUM_BAD_ORIGIN);
	respond_status(request, 403, "a page of another origin sent this");
}
