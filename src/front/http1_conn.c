/* HTTP/1.1 on a connection: one request at a time, in order (RFC 9112). */
#include <stdio.h>

#include "front/conn.h"
#include "front/request.h"

enum {
	FIELDS_MAX = HTTP_FIELDS_MAX,
	AHEAD_BYTES = 64 << 10, /* read before their turn */
	PIECE_BYTES = 64 << 10,
};

static void next_request(struct conn *conn);

/* ---- responses
 * --------------------------------------------------------------------- */

static bool
has_body(int status)
{
	return status != 101 && status != 204 && status != 304;
}

static void
begin(struct request *request, int status, const struct http_field *fields,
    size_t n, uint64_t length)
{
	struct conn *conn = request->conn;
	struct buf head = BUF(16384);

	request->chunked = length == UINT64_MAX && has_body(status) &&
	                   request->head.minor == 1;
	if (length == UINT64_MAX && !request->chunked)
		conn->keep_alive = false; /* its end is the connection's */
	buf_put_str(&head, "HTTP/1.1 ");
	buf_put_u64(&head, (uint64_t)status);
	buf_put_u8(&head, ' ');
	buf_put_str(&head, http_status_text(status));
	buf_put(&head, "\r\n", 2);
	for (size_t i = 0; i < n; i++) {
		buf_put_slice(&head, fields[i].name);
		buf_put(&head, ": ", 2);
		buf_put_slice(&head, fields[i].value);
		buf_put(&head, "\r\n", 2);
	}
	if (request->chunked) {
		buf_put_str(&head, "transfer-encoding: chunked\r\n");
	} else if (length != UINT64_MAX && has_body(status)) {
		buf_put_str(&head, "content-length: ");
		buf_put_u64(&head, length);
		buf_put(&head, "\r\n", 2);
	}
	/* A body that nobody waits for any more can't be skipped for ever. */
	if (!request->body_done &&
	    (request->head.chunked || request->head.content_length > 65536))
		conn->keep_alive = false;
	if (request->upgraded)
		buf_put_str(
		    &head, "connection: upgrade\r\nupgrade: websocket\r\n");
	else if (!conn->keep_alive)
		buf_put_str(&head, "connection: close\r\n");
	buf_put(&head, "\r\n", 2);
	BUG_ON(head.error == E_LIMIT);
	conn_send(conn, buf_slice(&head));
	buf_free(&head);
}

static void
body(struct request *request, struct slice bytes)
{
	char size[24];

	if (!request->chunked) {
		conn_send(request->conn, bytes);
		return;
	}
	(void)snprintf(size, sizeof(size), "%zx\r\n", bytes.n);
	conn_send(request->conn, slice_str(size));
	conn_send(request->conn, bytes);
	conn_send(request->conn, SLICE("\r\n"));
}

/* The request is over; the connection goes on, once its body is through. */
static void
finish(struct conn *conn)
{
	struct request *request = conn->request;

	if (!request->body_done && !request->upgraded &&
	    !conn->front->draining) {
		request->body_ignored = true;
		return;
	}
	conn->request = NULL;
	request->gone = true;
	request_release(request);
	if (!conn->keep_alive) {
		conn_close(conn);
		return;
	}
	next_request(conn);
}

static void
end(struct request *request)
{
	if (request->chunked && !request->head_only)
		conn_send(request->conn, SLICE("0\r\n\r\n"));
	finish(request->conn);
}

/* What has not left when the connection is free again is sent then. */
static void
steady(struct request *request)
{
	struct conn *conn = request->conn;

	while (
	    request->steady.n > 0 && conn_waiting(conn) < REQUEST_OUT_BYTES) {
		struct slice piece = slice_first(request->steady, PIECE_BYTES);

		request->steady = slice_from(request->steady, piece.n);
		conn_send(conn, piece);
	}
	if (request->steady.n == 0)
		respond_end(request);
}

static void
abort_response(struct request *request)
{
	conn_abort(request->conn);
}

static void
used(struct request *request, size_t bytes UNUSED)
{
	(void)request;
}

static void
pause_body(struct request *request, bool on)
{
	conn_pause(request->conn, on);
}

static size_t
waiting(const struct request *request)
{
	return conn_waiting(request->conn);
}

static const struct request_carrier carrier = {.begin = begin,
    .body = body,
    .steady = steady,
    .end = end,
    .abort = abort_response,
    .used = used,
    .pause = pause_body,
    .waiting = waiting};

/* ---- requests
 * -------------------------------------------------------------------------- */

void
http1_open(struct conn *conn)
{
	const struct config *config = &conn->front->setup.config;
	const struct http1_limits limits = {.max_head = config->max_head_bytes,
	    .max_fields = FIELDS_MAX,
	    .max_target = MIN(config->max_head_bytes, 16384)};

	http1_init(&conn->parser, &limits);
	conn->keep_alive = true;
	conn_timeout(conn, config->head_seconds);
}

/* The head's slices point into the input, which moves: a copy for the request.
 */
static int
keep_head(struct request *request, struct slice in, struct http_head *head)
{
	struct slice copy = arena_copy(&request->arena, in);
	ptrdiff_t by;

	if (copy.p == NULL)
		return E_NOMEM;
	by = copy.p - in.p;
#define MOVE(s) \
	((s).p >= in.p && (s).p <= in.p + in.n ? (void)((s).p += by) : (void)0)
	MOVE(head->method_name);
	MOVE(head->path);
	MOVE(head->query);
	MOVE(head->authority);
	for (size_t i = 0; i < head->n_fields; i++) {
		MOVE(head->fields[i].name);
		MOVE(head->fields[i].value);
	}
#undef MOVE
	request->head = *head;
	return 0;
}

/* An answer to what never became a request; the connection's last. */
static void
refuse(struct conn *conn, int status)
{
	struct request *request = request_new(conn, &carrier);

	conn->keep_alive = false;
	buf_clear(&conn->in);
	if (request == NULL) {
		conn_abort(conn);
		return;
	}
	conn->request = request;
	request->body_done = request->body_ignored = true;
	request->head.minor = 1;
	request->state = REQUEST_DOING;
	respond_status(request, status, http_status_text(status));
}

static void
bad_request(struct conn *conn, int status)
{
	bool too_large = status == 414 || status == 431;

	if (too_large)
		limit_met(CONFIG_max_head_bytes);
	sum_add(&conn->front->sums, too_large ? SUM_TOO_LARGE : SUM_BAD_REQUEST,
	    conn_address(conn));
	refuse(conn, status);
}

/* No more of its body will come: the request is the connection's last. */
static void
end_early(struct conn *conn, int code)
{
	conn->keep_alive = false;
	buf_clear(&conn->in);
	if (conn->request->state == REQUEST_DONE) {
		conn->request->body_done = true;
		finish(conn);
	} else {
		request_end_body(conn->request, code);
	}
}

/* True where a request is cut off: there is something to answer. */
static bool
is_cut_off(const struct conn *conn)
{
	if (conn->state != CONN_OPEN)
		return false;
	if (conn->request == NULL)
		return conn->in.n > 0;
	return !conn->request->body_done &&
	       conn->request->state != REQUEST_ANSWER;
}

bool
http1_ended(struct conn *conn)
{
	if (!is_cut_off(conn))
		return false;
	if (conn->request != NULL)
		end_early(conn, E_SHORT);
	else
		bad_request(conn, 400);
	return true;
}

bool
http1_late(struct conn *conn)
{
	if (!is_cut_off(conn))
		return false;
	if (conn->request != NULL)
		end_early(conn, E_SHORT);
	else
		refuse(conn, 408);
	return true;
}

static void
begin_request(struct conn *conn, struct http_head *head, size_t consumed)
{
	struct request *request = request_new(conn, &carrier);

	if (request == NULL ||
	    keep_head(request, slice_first(buf_slice(&conn->in), consumed),
		head) < 0) {
		conn_abort(conn);
		return;
	}
	buf_consume(&conn->in, consumed);
	conn->request = request;
	conn->keep_alive = head->keep_alive;
	http1_body_start(&conn->body, &request->head);
	conn_timeout(conn, conn->front->setup.config.body_seconds);
	request_dispatch(request);
	/* RFC 9110, 10.1.1: nobody is asked for what nobody will take. */
	if (conn->request == request && request->state < REQUEST_ANSWER &&
	    !request->body_ignored && request->head.expect_continue &&
	    (request->head.has_length || request->head.chunked))
		conn_send(conn, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* Parses a head: true where a request has begun. */
static bool
read_head(struct conn *conn)
{
	struct http_head head;
	size_t consumed = 0;
	bool first = conn->parser.scan.at == 0;
	int status = 400;

	switch (http1_head(
	    &conn->parser, buf_slice(&conn->in), &head, &consumed, &status)) {
	case PARSE_MORE:
		if (first)
			conn_timeout(
			    conn, conn->front->setup.config.head_seconds);
		return false;
	case PARSE_ERR:
		bad_request(conn, status);
		return false;
	case PARSE_DONE:
		break;
	}
	begin_request(conn, &head, consumed);
	return conn->state == CONN_OPEN;
}

/* Parses a body: true where it is complete. */
static bool
read_body(struct conn *conn)
{
	for (;;) {
		struct request *request = conn->request;
		struct slice data = SLICE_NONE;
		size_t consumed = 0;
		enum parse_result result = http1_body_next(
		    &conn->body, buf_slice(&conn->in), &data, &consumed);

		if (result == PARSE_ERR) {
			sum_add(&conn->front->sums, SUM_BAD_REQUEST,
			    conn_address(conn));
			end_early(conn, E_SYNTAX);
			return false;
		}
		/* data points into the input: it is used before that moves. */
		if (data.n > 0)
			request_take_body(request, data);
		if (conn->state != CONN_OPEN)
			return false;
		buf_consume(&conn->in, consumed);
		if (result == PARSE_DONE) {
			request->body_done = true;
			return true;
		}
		if (data.n == 0 || conn->read_paused)
			return false;
	}
}

/* The connection is no HTTP any more. All is taken, so that nothing moves. */
static void
read_upgraded(struct conn *conn)
{
	if (conn->in.n > 0)
		request_take_body(conn->request, buf_slice(&conn->in));
	buf_clear(&conn->in);
}

void
http1_read(struct conn *conn)
{
	while (conn->state == CONN_OPEN && !conn->read_paused) {
		struct request *request = conn->request;

		if (request == NULL) {
			if (conn->in.n == 0 || !read_head(conn))
				return;
			continue;
		}
		if (request->upgraded) {
			read_upgraded(conn);
			return;
		}
		if (request->body_done) {
			/* The next one waits for this one's end. */
			if (conn->in.n >= AHEAD_BYTES)
				conn_pause(conn, true);
			return;
		}
		if (!read_body(conn))
			return;
		if (request->state == REQUEST_DONE)
			finish(conn);
		else
			request_end_body(request, 0);
	}
}

static void
next_request(struct conn *conn)
{
	const struct config *config = &conn->front->setup.config;

	http1_reset(&conn->parser);
	conn_pause(conn, false);
	conn_timeout(
	    conn, conn->in.n > 0 ? config->head_seconds : config->idle_seconds);
	if (conn->front->draining && conn->in.n == 0)
		conn_close(conn);
}

void
http1_drained(struct conn *conn)
{
	struct request *request = conn->request;

	if (request != NULL) {
		request_room(request);
		/* What streams has its own pace, what is upgraded none. */
		if (conn->state == CONN_OPEN && request->upgraded)
			conn_no_timeout(conn);
		else if (conn->state == CONN_OPEN)
			conn_timeout(
			    conn, conn->front->setup.config.idle_seconds);
	}
	/* Requests that came behind the one that is done now. */
	if (conn->state == CONN_OPEN && conn->in.n > 0)
		http1_read(conn);
}

bool
http1_is_busy(const struct conn *conn)
{
	return conn->request != NULL && conn->request->state != REQUEST_DONE;
}

void
http1_lost(struct conn *conn)
{
	struct request *request = conn->request;

	if (request == NULL)
		return;
	conn->request = NULL;
	if (!request->body_done && request->state != REQUEST_DONE)
		request_end_body(request, E_SHORT);
	request_lost(request);
	request_release(request);
}
