/* The log as it comes: server-sent events, an export, a mirror's stream. */
#include <stdio.h>

#include "base/log.h"
#include "front/asked.h"
#include "front/calls.h"
#include "front/conn.h"
#include "front/query.h"
#include "front/route.h"
#include "ledger/bundle.h"
#include "ledger/ocsf.h"
#include "op/shape_json.h"

enum {
	EVENT_MAX = 8 << 20,
	PING_SECONDS = 15, /* a comment, so that proxies keep the stream */
};

enum follow_kind { FOLLOW_EVENTS, FOLLOW_EXPORT, FOLLOW_MIRROR };

struct follow {
	enum follow_kind kind;
	struct stream_in *stream;
	struct loop_timer ping;
	struct request *request;
	struct buf out;
};

static void
finish(struct request *request, unsigned status)
{
	struct follow *f = request->app;

	if (f == NULL)
		return;
	request->app = NULL;
	request->on_room = request->on_gone = NULL;
	loop_timer_end(request->front->loop, &f->ping);
	stream_finish(request->front, &f->stream, status);
	buf_free(&f->out);
	mem_free(f);
}

static void
on_gone(struct request *request)
{
	finish(request, STREAM_ABORTED);
}

static void
on_close(struct request *request, unsigned status)
{
	finish(request, status);
	respond_abort(request);
}

static void
on_room(struct request *request)
{
	struct follow *f = request->app;

	if (f != NULL)
		stream_room(request->front, f->stream);
}

static void
on_ping(void *arg)
{
	struct follow *f = arg;

	respond_body(f->request, SLICE(":\n\n"));
	(void)loop_timer_set(
	    f->request->front->loop, &f->ping, PING_SECONDS * 1000);
}

/* ---- records as OCSF events
 * ------------------------------------------------------ */

static int
render(struct follow *f, struct slice bytes)
{
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = bundle_decode(bytes, &arena, &bundle);
	size_t n = r == 0 ? ocsf_count(&bundle.record.leaf) : 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (f->kind == FOLLOW_EVENTS)
			buf_put_str(&f->out, "data: ");
		r = ocsf_render(&bundle, bytes, i, &f->out);
		buf_put_u8(&f->out, '\n');
	}
	arena_free(&arena);
	return r < 0 ? r : f->out.error;
}

/* A record that can't be shown is told: nothing is left out unseen. */
static void
put_failed(struct follow *f, uint64_t number, int code)
{
	struct json_writer w = json_writer(&f->out);

	log_error("front.record", log_err(code), log_u64(K_SEQUENCE, number));
	if (f->kind == FOLLOW_EVENTS)
		buf_put_str(&f->out, "event: failed\ndata: ");
	json_open_object(&w);
	json_member_u64(&w, "sequence", number);
	json_member_str(&w, "error", error_info(code)->name);
	json_close_object(&w);
	buf_put_u8(&f->out, '\n');
}

static void
put_id(struct follow *f, uint64_t number)
{
	if (f->kind != FOLLOW_EVENTS)
		return;
	buf_put_str(&f->out, "id: ");
	buf_put_u64(&f->out, number);
	buf_put_u8(&f->out, '\n');
}

/* One record: an SSE event with a line for each object, or lines of JSON. */
static void
put_record(struct follow *f, uint64_t number, struct slice bytes)
{
	int r;

	buf_clear(&f->out);
	put_id(f, number);
	r = render(f, bytes);
	if (r < 0) {
		buf_clear(&f->out);
		put_id(f, number);
		put_failed(f, number, r);
	}
	if (f->kind == FOLLOW_EVENTS)
		buf_put_u8(&f->out, '\n');
	respond_body(f->request, buf_slice(&f->out));
}

/* A mirror's item: its kind, number, length, and bytes, on a line of its own.
 */
static void
put_item(
    struct follow *f, const char *kind, uint64_t number, struct slice bytes)
{
	buf_clear(&f->out);
	buf_put_str(&f->out, kind);
	buf_put_u8(&f->out, ' ');
	buf_put_u64(&f->out, number);
	buf_put_u8(&f->out, ' ');
	buf_put_u64(&f->out, bytes.n);
	buf_put_u8(&f->out, '\n');
	buf_put_slice(&f->out, bytes);
	buf_put_u8(&f->out, '\n');
	if (f->out.error == 0)
		respond_body(f->request, buf_slice(&f->out));
}

static void
on_item(
    struct request *request, unsigned kind, uint64_t number, struct slice bytes)
{
	enum { RECORD = 1, LEAF = 2, CHECKPOINT = 3, END = 5 };
	struct follow *f = request->app;

	if (f == NULL)
		return;
	f->stream->bytes += bytes.n;
	/* A stream that is fed is not idle. */
	conn_timeout(request->conn, request->front->setup.config.send_seconds);
	switch (kind) {
	case RECORD:
		put_record(f, number, bytes);
		break;
	case LEAF:
		put_item(f, "leaf", number, bytes);
		break;
	case CHECKPOINT:
		put_item(f, "checkpoint", number, bytes);
		break;
	case END:
		finish(request, STREAM_COMPLETE);
		respond_end(request);
		break;
	default:
		break;
	}
}

/* ---- beginning
 * ------------------------------------------------------------------------ */

static void
send_head(struct request *request, const struct follow *f,
    const struct log_stream *opened)
{
	static const char *const types[] = {
	    [FOLLOW_EVENTS] = "text/event-stream",
	    [FOLLOW_EXPORT] = "application/x-ndjson",
	    [FOLLOW_MIRROR] = "application/octet-stream"};
	char base[24];
	struct http_field fields[3] = {
	    {SLICE("content-type"), slice_str(types[f->kind])},
	};
	size_t n = 1;

	(void)snprintf(
	    base, sizeof(base), "%llu", (unsigned long long)opened->base);
	if (f->kind == FOLLOW_MIRROR) {
		fields[n++] =
		    (struct http_field){SLICE("chancery-log-key"), opened->key};
		fields[n++] = (struct http_field){
		    SLICE("chancery-log-base"), slice_str(base)};
	}
	respond_begin(request, 200, fields, n, UINT64_MAX);
}

static void
on_opened(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct follow *f = arg;
	struct log_stream *opened = NULL;

	(void)n;
	code = call_code(code, answers);
	if (code == 0) {
		opened = call_result(request, &shape_log_stream, answers);
		code = opened == NULL
		           ? E_NOMEM
		           : stream_open(request, opened->stream, &f->stream);
	}
	if (code != 0 || request->gone) {
		buf_free(&f->out);
		mem_free(f);
		if (!request->gone)
			respond_error(request, code);
		return;
	}
	f->stream->on_item = on_item;
	f->stream->on_close = on_close;
	request->app = f;
	request->on_gone = on_gone;
	request->on_room = on_room;
	send_head(request, f, opened);
	if (f->kind == FOLLOW_EVENTS) {
		f->ping.expire = on_ping;
		f->ping.arg = f;
		(void)loop_timer_set(
		    request->front->loop, &f->ping, PING_SECONDS * 1000);
	}
}

static struct follow *
follow_new(struct request *request, enum follow_kind kind)
{
	struct follow *f = mem_alloc(sizeof(*f));

	if (f == NULL) {
		respond_error(request, E_NOMEM);
		return NULL;
	}
	*f = (struct follow){
	    .kind = kind, .request = request, .out = BUF(EVENT_MAX)};
	return f;
}

static void
follow(struct request *request, enum follow_kind kind, enum op_number op)
{
	struct log_tail tail = {.has_from = false};
	struct follow *f;
	uint64_t seen = 0;
	int r =
	    asked_number(request->head.query, "from", INT64_MAX, &tail.from);

	tail.has_from = r > 0;
	/* A browser that comes back says what it has seen. */
	if (r >= 0 && kind == FOLLOW_EVENTS &&
	    (r = asked_last_event(&request->head, &seen)) > 0)
		SHAPE_SET(&tail, from, seen + 1);
	if (r < 0) {
		respond_error(request, E_INVALID);
		return;
	}
	f = follow_new(request, kind);
	if (f != NULL)
		call_one(request, op, &tail, on_opened, f);
}

void
log_events_serve(struct request *request)
{
	follow(request, FOLLOW_EVENTS, OP_LOG_TAIL);
}

void
log_mirror_serve(struct request *request)
{
	follow(request, FOLLOW_MIRROR, OP_LOG_MIRROR);
}

void
log_export_serve(struct request *request)
{
	struct call_op_out op = {.op = op_get(OP_LOG_EXPORT), .n = 1};
	struct shape_problem problem = {.text = "the query can't be read"};
	struct buf args = BUF(8192);
	json_t *query = NULL;
	struct slice bytes;
	struct follow *f;
	int r = query_object(request->head.query, &shape_log_search, &query);

	if (r == 0)
		r = shape_from_json(&shape_log_search, query, &args, &problem);
	if (r == E_NOMEM) {
		respond_error(request, r);
	} else if (r < 0) {
		respond_status(request, 400, problem.text);
	} else if ((f = follow_new(request, FOLLOW_EXPORT)) != NULL) {
		bytes = buf_slice(&args);
		op.args = &bytes;
		call_submit(request, &op, 1, on_opened, f);
	}
	buf_free(&args);
	json_decref(query);
}
