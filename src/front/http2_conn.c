/* HTTP/2 on a connection (RFC 9113), by nghttp2. */
#include "front/conn.h"
#include "front/request.h"

enum {
	STREAMS_MAX = 128,
	WINDOW_BYTES = 1 << 20, /* of one request's body on the way */
	CONNECTION_WINDOW = 8 << 20,
	OUT_AHEAD = 256 << 10,
	RESETS_BURST = 1000, /* streams a client may give up: CVE-2023-44487 */
	RESETS_A_SECOND = 33,
};

/* ---- sending
 * ----------------------------------------------------------------------- */

static void
push_out(struct conn *conn)
{
	while (conn->state == CONN_OPEN && conn_waiting(conn) < OUT_AHEAD) {
		const uint8_t *bytes;
		ssize_t n = nghttp2_session_mem_send(conn->h2, &bytes);

		if (n < 0) {
			conn_abort(conn);
			return;
		}
		if (n == 0)
			break;
		conn_send(conn, slice_of(bytes, (size_t)n));
	}
	if (conn->state == CONN_OPEN && conn_waiting(conn) == 0 &&
	    nghttp2_session_want_read(conn->h2) == 0 &&
	    nghttp2_session_want_write(conn->h2) == 0)
		conn_close(conn);
}

/* What was gathered goes first, then what stays where it is. */
static size_t
take_out(struct request *request, uint8_t *to, size_t n)
{
	bool gathered = request->out_sent < request->out.n;
	struct slice from =
	    gathered ? slice_from(buf_slice(&request->out), request->out_sent)
		     : request->steady;

	from = slice_first(from, n);
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	if (!gathered) {
		request->steady = slice_from(request->steady, from.n);
		return from.n;
	}
	request->out_sent += from.n;
	if (request->out_sent == request->out.n) {
		request->out_sent = 0;
		buf_clear(&request->out);
	}
	return from.n;
}

static ssize_t
read_body(nghttp2_session *session UNUSED, int32_t stream UNUSED, uint8_t *to,
    size_t n, uint32_t *flags, nghttp2_data_source *source, void *arg UNUSED)
{
	struct request *request = source->ptr;

	n = take_out(request, to, n);
	if (request->out_ended && request->out.n == 0 && request->steady.n == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (n == 0 && !request->out_ended) {
		request->out_deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)n;
}

static void
resume(struct request *request)
{
	if (request->out_deferred) {
		request->out_deferred = false;
		(void)nghttp2_session_resume_data(
		    request->conn->h2, request->h2_stream);
	}
	/* What is ready leaves at the end of the round. */
	conn_flush_soon(request->conn);
}

static void
begin(struct request *request, int status, const struct http_field *fields,
    size_t n, uint64_t length)
{
	nghttp2_nv values[REQUEST_FIELDS_MAX + 2];
	nghttp2_data_provider provider = {
	    .source = {.ptr = request}, .read_callback = read_body};
	struct buf numbers = BUF(64);
	size_t count = 0;
	char status_text[4] = {(char)('0' + status / 100),
	    (char)('0' + status / 10 % 10), (char)('0' + status % 10)};
	bool body = !request->head_only && status != 204 && status != 304;

#define ADD(name_, value_)                                              \
	values[count++] = (nghttp2_nv){(uint8_t *)(uintptr_t)(name_).p, \
	    (uint8_t *)(uintptr_t)(value_).p, (name_).n, (value_).n,    \
	    NGHTTP2_NV_FLAG_NONE}
	ADD(SLICE(":status"), slice_of(status_text, 3));
	for (size_t i = 0; i < n; i++)
		ADD(fields[i].name, fields[i].value);
	if (length != UINT64_MAX && status != 204 && status != 304) {
		buf_put_u64(&numbers, length);
		ADD(SLICE("content-length"), buf_slice(&numbers));
	}
#undef ADD
	(void)nghttp2_submit_response(request->conn->h2, request->h2_stream,
	    values, count, body ? &provider : NULL);
	buf_free(&numbers);
	conn_flush_soon(request->conn);
}

/* What never comes to an end must not keep what has left. */
static void
forget_sent(struct request *request)
{
	if (request->out_sent < OUT_AHEAD ||
	    request->out_sent < request->out.n / 2)
		return;
	buf_consume(&request->out, request->out_sent);
	request->out_sent = 0;
}

static void
body(struct request *request, struct slice bytes)
{
	forget_sent(request);
	buf_put_slice(&request->out, bytes);
	resume(request);
}

static void
end(struct request *request)
{
	request->out_ended = true;
	resume(request);
}

/* nghttp2 fetches it, as the client's window opens. */
static void
steady(struct request *request)
{
	respond_end(request);
}

static void
abort_response(struct request *request)
{
	(void)nghttp2_submit_rst_stream(request->conn->h2, NGHTTP2_FLAG_NONE,
	    request->h2_stream, NGHTTP2_INTERNAL_ERROR);
	conn_flush_soon(request->conn);
}

static void
used(struct request *request, size_t bytes)
{
	if (request->conn->state != CONN_OPEN)
		return;
	(void)nghttp2_session_consume(
	    request->conn->h2, request->h2_stream, bytes);
	conn_flush_soon(request->conn);
}

/* The stream's window does that: what is not used is not sent. */
static void
pause_body(struct request *request UNUSED, bool on UNUSED)
{
}

static size_t
waiting(const struct request *request)
{
	return request->out.n - request->out_sent + conn_waiting(request->conn);
}

static const struct request_carrier carrier = {.begin = begin,
    .body = body,
    .steady = steady,
    .end = end,
    .abort = abort_response,
    .used = used,
    .pause = pause_body,
    .waiting = waiting};

/* ---- receiving
 * ----------------------------------------------------------------------- */

static struct request *
request_of(nghttp2_session *session, int32_t stream)
{
	return nghttp2_session_get_stream_user_data(session, stream);
}

static int
on_begin_headers(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *conn = arg;
	struct request *request;

	if (frame->hd.type != NGHTTP2_HEADERS ||
	    frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	request = request_new(conn, &carrier);
	if (request == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	request->h2_stream = frame->hd.stream_id;
	request->head.minor = 1;
	request->next = conn->requests;
	conn->requests = request;
	conn->n_requests++;
	(void)nghttp2_session_set_stream_user_data(
	    session, frame->hd.stream_id, request);
	return 0;
}

/* Pseudo-fields: RFC 9113, 8.3.1. nghttp2 has checked that each comes once. */
static void
take_pseudo(struct request *request, struct slice name, struct slice value)
{
	struct http_head *head = &request->head;

	if (slice_eq(name, SLICE(":method"))) {
		head->method = http_method(value);
		head->method_name = value;
	} else if (slice_eq(name, SLICE(":path"))) {
		request->rest = value; /* parsed below */
	} else if (slice_eq(name, SLICE(":authority"))) {
		head->authority = value;
	} else if (slice_eq(name, SLICE(":protocol"))) {
		request->extended = slice_eq(value, SLICE("websocket"));
	}
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_n, const uint8_t *value, size_t value_n,
    uint8_t flags UNUSED, void *arg UNUSED)
{
	struct request *request = request_of(session, frame->hd.stream_id);
	const struct config *config;
	struct http_head *head;
	struct slice k, v;

	if (request == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	config = &request->front->setup.config;
	head = &request->head;
	request->body_bytes += name_n + value_n + 32; /* RFC 7541, 4.1 */
	if (request->body_bytes > config->max_head_bytes ||
	    head->n_fields == HTTP_FIELDS_MAX) {
		request->body_ignored = true; /* refused once it is whole */
		return 0;
	}
	k = arena_copy(&request->arena, slice_of(name, name_n));
	v = arena_copy(&request->arena, slice_of(value, value_n));
	if (k.p == NULL || v.p == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (k.n > 0 && k.p[0] == ':') {
		take_pseudo(request, k, v);
		return 0;
	}
	if (slice_eq(k, SLICE("host")) && head->authority.n == 0)
		head->authority = v;
	if (slice_eq(k, SLICE("content-length")) &&
	    slice_u64(v, HTTP_LENGTH_MAX, &head->content_length) == 0)
		head->has_length = true;
	head->fields[head->n_fields++] = (struct http_field){k, v};
	return 0;
}

static void
head_complete(struct request *request)
{
	struct slice target = request->rest;
	bool too_large = request->body_ignored;

	request->rest = SLICE_NONE;
	request->body_bytes = 0;
	request->body_ignored = false;
	if (too_large) {
		limit_met(CONFIG_max_head_bytes);
		sum_add(&request->front->sums, SUM_TOO_LARGE,
		    conn_address(request->conn));
		request->body_ignored = true;
		request->state = REQUEST_DOING;
		respond_status(request, 431, http_status_text(431));
		return;
	}
	/* RFC 8441, 5: what HTTP/1.1 asks for by GET. */
	if (request->extended)
		request->head.method = HTTP_METHOD_GET;
	if (request->head.method == HTTP_METHOD_NONE ||
	    http_target_parse(target, &request->head) < 0 ||
	    (request->head.authority.n > 0 &&
		!http_authority_ok(request->head.authority))) {
		sum_add(&request->front->sums, SUM_BAD_REQUEST,
		    conn_address(request->conn));
		request->body_ignored = true;
		request->state = REQUEST_DOING;
		respond_status(request, 400, "this is no valid request");
		return;
	}
	request_dispatch(request);
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *conn = arg;
	struct request *request = request_of(session, frame->hd.stream_id);

	if (request == NULL)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS &&
	    frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		conn_timeout(conn, conn->front->setup.config.body_seconds);
		head_complete(request);
	}
	if ((frame->hd.type == NGHTTP2_HEADERS ||
		frame->hd.type == NGHTTP2_DATA) &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		request_end_body(request, 0);
	return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags UNUSED, int32_t stream,
    const uint8_t *bytes, size_t n, void *arg UNUSED)
{
	struct request *request = request_of(session, stream);

	if (request == NULL)
		(void)nghttp2_session_consume(session, stream, n);
	else
		request_take_body(request, slice_of(bytes, n));
	return 0;
}

static int
on_stream_close(
    nghttp2_session *session, int32_t stream, uint32_t code UNUSED, void *arg)
{
	struct conn *conn = arg;
	struct request *request = request_of(session, stream), **at;

	if (request == NULL)
		return 0;
	for (at = &conn->requests; *at != request; at = &(*at)->next)
		;
	*at = request->next;
	conn->n_requests--;
	if (!request->body_done && request->state != REQUEST_DONE &&
	    request->state != REQUEST_HEAD)
		request_end_body(request, E_SHORT);
	request_lost(request);
	request_release(request);
	if (conn->n_requests == 0 && conn->state == CONN_OPEN)
		conn_timeout(conn, conn->front->setup.config.idle_seconds);
	return 0;
}

/* RFC 9113, 8.1: what has ended here needs no end of the client's. */
static void
end_upgraded(nghttp2_session *session, const nghttp2_frame *frame)
{
	const struct request *request =
	    request_of(session, frame->hd.stream_id);

	if (frame->hd.type == NGHTTP2_DATA &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) && request != NULL &&
	    request->upgraded && !request->body_done)
		(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE,
		    frame->hd.stream_id, NGHTTP2_NO_ERROR);
}

/* What nghttp2 refuses by itself is counted as it tells the client. */
static int
on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *conn = arg;
	enum sum what = SUM_NONE;

	end_upgraded(session, frame);
	if (frame->hd.type == NGHTTP2_GOAWAY &&
	    frame->goaway.error_code != NGHTTP2_NO_ERROR)
		what = SUM_H2_ERROR;
	/* A response that we cut off ends with an internal error. */
	if (frame->hd.type == NGHTTP2_RST_STREAM &&
	    frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
	    frame->rst_stream.error_code != NGHTTP2_INTERNAL_ERROR)
		what = SUM_BAD_REQUEST;
	if (what != SUM_NONE)
		sum_add(&conn->front->sums, what, conn_address(conn));
	return 0;
}

/* ---- life
 * --------------------------------------------------------------------------------
 */

static int
new_session(struct conn *conn)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	int r = E_NOMEM;

	if (nghttp2_session_callbacks_new(&callbacks) != 0 ||
	    nghttp2_option_new(&option) != 0)
		goto out;
	nghttp2_session_callbacks_set_on_begin_headers_callback(
	    callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(
	    callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
	    callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(
	    callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(
	    callbacks, on_sent);
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_stream_reset_rate_limit(
	    option, RESETS_BURST, RESETS_A_SECOND);
	if (nghttp2_session_server_new2(&conn->h2, callbacks, conn, option) ==
	    0)
		r = 0;
out:
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return r;
}

int
http2_open(struct conn *conn)
{
	const struct config *config = &conn->front->setup.config;
	const nghttp2_settings_entry settings[] = {
	    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
		(uint32_t)config->max_head_bytes},
	    {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
	};
	int r = new_session(conn);

	if (r < 0)
		return r;
	if (nghttp2_submit_settings(conn->h2, NGHTTP2_FLAG_NONE, settings,
		ARRAY_SIZE(settings)) != 0 ||
	    nghttp2_session_set_local_window_size(
		conn->h2, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW) != 0)
		return E_NOMEM;
	conn_timeout(conn, config->idle_seconds);
	push_out(conn);
	return 0;
}

void
http2_read(struct conn *conn)
{
	ssize_t n = nghttp2_session_mem_recv(conn->h2, conn->in.p, conn->in.n);

	if (conn->state != CONN_OPEN)
		return;
	buf_clear(&conn->in);
	if (n < 0) {
		if (n == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
			(void)nghttp2_session_terminate_session(
			    conn->h2, NGHTTP2_PROTOCOL_ERROR);
		else
			sum_add(&conn->front->sums, SUM_H2_ERROR,
			    conn_address(conn));
		push_out(conn);
		conn_close(conn);
		return;
	}
	push_out(conn);
}

void
http2_flush(struct conn *conn)
{
	push_out(conn);
}

/* Such a request looks itself whether its client is there. */
static bool
has_upgraded(const struct conn *conn)
{
	const struct request *request = conn->requests;

	while (request != NULL &&
	       !(request->upgraded && request->state == REQUEST_ANSWER))
		request = request->next;
	return request != NULL;
}

/* Requests with more to say get to say it. */
void
http2_drained(struct conn *conn)
{
	struct request *request = conn->requests, *next;

	push_out(conn);
	for (; request != NULL && conn->state == CONN_OPEN; request = next) {
		next = request->next;
		if (request->out.n - request->out_sent < OUT_AHEAD)
			request_room(request);
	}
	if (conn->state != CONN_OPEN || conn->n_requests == 0)
		return;
	if (has_upgraded(conn))
		conn_no_timeout(conn);
	else
		conn_timeout(conn, conn->front->setup.config.idle_seconds);
}

void
http2_lost(struct conn *conn)
{
	while (conn->requests != NULL) {
		struct request *request = conn->requests;

		conn->requests = request->next;
		if (!request->body_done && request->state != REQUEST_DONE &&
		    request->state != REQUEST_HEAD)
			request_end_body(request, E_SHORT);
		request_lost(request);
		request_release(request);
	}
	/* The session goes with the connection: it may be at work above us. */
	conn->n_requests = 0;
}

void
http2_late(struct conn *conn)
{
	(void)nghttp2_session_terminate_session(conn->h2, NGHTTP2_NO_ERROR);
	push_out(conn);
	conn_close(conn);
}

void
http2_drain(struct conn *conn)
{
	/* What is under way goes on, RFC 9113, 6.8; nothing new is taken. */
	(void)nghttp2_submit_goaway(conn->h2, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(conn->h2), NGHTTP2_NO_ERROR,
	    NULL, 0);
	conn_flush_soon(conn);
}
