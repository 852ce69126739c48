/*
 * /session and /link/open: a browser's session. What signs in is the operation
 * session.begin, and what opens a link is link.open, as for everybody; but the
 * secret goes into a cookie that no script can read, and stands nowhere else.
 */
#include "base/secret.h"
#include "front/calls.h"
#include "front/conn.h"
#include "front/route.h"
#include "op/shape_json.h"

enum { ARGS_MAX = 64 << 10, COOKIE_MAX = 512 };

/* ---- the cookie ---------------------------------------------------------- */

/*
 * The prefix __Host- holds a browser to Secure, no Domain and the path /. It is
 * a cookie of the browser's session: how long ours lasts is core's matter.
 */
static void
put_cookie(struct buf *cookie, const struct request *request,
    const struct id *link, struct slice secret)
{
	bool plain = request->conn->listener == LISTENER_HTTP_LOCAL;

	buf_printf(cookie, "%.*s=%.*s; Path=/",
	    SLICE_ARG(request_cookie_name(request, link != NULL)),
	    SLICE_ARG(secret));
	if (link != NULL) {
		buf_put_str(cookie, "link/");
		id_put_text(cookie, *link);
	}
	buf_printf(cookie, "; HttpOnly; SameSite=Strict%s%s",
	    plain ? "" : "; Secure", secret.n > 0 ? "" : "; Max-Age=0");
}

/* ---- signing in ---------------------------------------------------------- */

/* What is told of the session is all but the secret. */
static void
put_body(struct buf *body, const struct shape *shape, struct slice result)
{
	struct buf public = BUF(ARGS_MAX);
	struct json_writer w = json_writer(body);

	shape_put_public(shape, result, &public);
	if (public.error != 0)
		body->error = public.error;
	else if (shape_put_json(shape, buf_slice(&public), &w) < 0)
		body->error = E_CORRUPT;
	buf_free(&public);
}

static void
send_session(struct request *request, const struct shape *shape,
    struct slice result, const struct id *link, struct slice secret)
{
	struct buf cookie = BUF_SECRET(COOKIE_MAX), body = BUF(ARGS_MAX);
	struct http_field fields[] = {
	    {SLICE("content-type"), SLICE("application/json")},
	    {SLICE("set-cookie"), SLICE_NONE},
	};

	put_cookie(&cookie, request, link, secret);
	put_body(&body, shape, result);
	fields[1].value = buf_slice(&cookie);
	if (secret.n == 0 || cookie.error != 0 || body.error != 0) {
		respond_error(request, E_CORRUPT);
	} else {
		respond_begin(request, 200, fields, ARRAY_SIZE(fields), body.n);
		respond_body(request, buf_slice(&body));
		respond_end(request);
	}
	buf_free(&cookie);
	buf_free(&body);
}

static void
on_begun(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg UNUSED)
{
	struct session_made *session = NULL;

	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		session = call_result(request, &shape_session_made, answers);
	if (session == NULL)
		respond_error(request, code < 0 ? code : E_NOMEM);
	else
		send_session(request, &shape_session_made,
		    answers[0].results[0], NULL, session->secret);
}

static void
on_opened(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg UNUSED)
{
	struct link_opened *opened = NULL;

	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		opened = call_result(request, &shape_link_opened, answers);
	if (opened == NULL)
		respond_error(request, code < 0 ? code : E_NOMEM);
	else
		send_session(request, &shape_link_opened, answers[0].results[0],
		    &opened->id, opened->secret);
}

static void
refuse(struct request *request, int code, const char *why)
{
	sum_add(&request->front->sums, SUM_BAD_ARGUMENTS,
	    conn_address(request->conn));
	if (why[0] != '\0')
		respond_status(request, error_info(code)->http, why);
	else
		respond_error(request, code);
}

static void
begin(struct request *request, enum op_number number, call_answered *done)
{
	const struct op *op = op_get(number);
	struct shape_problem problem = {.text = ""};
	struct call_op_out out = {.op = op, .n = 1};
	struct buf args = BUF_SECRET(ARGS_MAX);
	json_t *json = json_loadb((const char *)request->body.p,
	    request->body.n, JSON_REJECT_DUPLICATES, NULL);
	struct slice bytes;
	int r = json == NULL ? E_SYNTAX
	                     : shape_from_json(op->args, json, &args, &problem);

	json_decref(json);
	bytes = buf_slice(&args);
	out.args = &bytes;
	if (r < 0)
		refuse(request, r, problem.text);
	else
		call_submit(request, &out, 1, done, NULL);
	buf_free(&args);
}

/* ---- signing out --------------------------------------------------------- */

/*
 * The browser forgets what it has of us. "cookies" is not among it: those are
 * cleared for the whole registrable domain, and others live there.
 */
static void
send_ended(struct request *request)
{
	struct buf cookie = BUF(COOKIE_MAX);
	struct http_field fields[] = {
	    {SLICE("set-cookie"), SLICE_NONE},
	    {SLICE("clear-site-data"), SLICE("\"cache\", \"storage\"")},
	};

	put_cookie(&cookie, request, NULL, SLICE_NONE);
	fields[0].value = buf_slice(&cookie);
	respond_begin(request, 204, fields, ARRAY_SIZE(fields), 0);
	respond_end(request);
	buf_free(&cookie);
}

/* Out is out, whether it still was in or not. */
static void
on_ended(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg UNUSED)
{
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0 || error_info(code)->http == 401)
		send_ended(request);
	else
		respond_error(request, code);
}

void
web_session_serve(struct request *request)
{
	struct nothing nothing = {.has_unused = false};

	if (request->head.method == HTTP_METHOD_DELETE) {
		if (request->bearer.n == 0)
			respond_stranger(request);
		else
			call_one(
			    request, OP_SESSION_END, &nothing, on_ended, NULL);
		return;
	}
	/* Nobody is to be signed in as somebody else without noticing. */
	if (request->origin != ORIGIN_OWN)
		respond_forged(request);
	else
		begin(request, OP_SESSION_BEGIN, on_begun);
}

/* Nor is a link's password to be tried by other sites' pages. */
void
web_link_serve(struct request *request)
{
	if (request->origin != ORIGIN_OWN)
		respond_forged(request);
	else
		begin(request, OP_LINK_OPEN, on_opened);
}
