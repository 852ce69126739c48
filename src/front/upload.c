/*
 * A request's body: kept where it is short, else on its way to blobs, at the
 * pace that they write.
 */
#include "front/conn.h"
#include "front/content.h"

struct upload {
	struct stream_in *stream;
	received_fn *done;
	void *arg;
	struct upload_begin begin;
	struct received received;
	uint64_t credit; /* bytes that blobs will take */
	struct buf held; /* that came before there was credit */
	bool begun;      /* it is too long to be kept */
	bool expected;   /* blobs know of it: what is sent before is lost */
	bool ended;      /* all of the body has come */
	bool told_end;
	int end_code;
};

enum {
	INLINE_MAX = 32768, /* what a call takes along */
	HELD_MAX = 16 << 20,
	AHEAD_MAX = 1 << 20, /* what is read while core has yet to answer */
};

/* Of what came, so much has gone on: the client may send more. */
static void
use(struct request *request, size_t n)
{
	if (!request->gone)
		request->carrier->used(request, n);
}

/* The request is the caller's again. */
static void
finish(struct request *request, int code)
{
	struct upload *u = request->app;

	request->app = NULL;
	request->on_gone = NULL;
	request->body_ignored = true;
	u->received.size = u->stream != NULL ? u->stream->bytes : u->held.n;
	stream_finish(request->front, &u->stream, 0);
	use(request, u->held.n);
	if (!request->gone)
		request->carrier->pause(request, false);
	u->done(request, code, &u->received, u->arg);
	buf_free(&u->held);
	mem_free(u);
	if (request->gone)
		request_release(request);
}

/* Sends what is held, as far as there is credit; then the end. */
static void
pump(struct request *request)
{
	struct upload *u = request->app;
	size_t n;

	if (u->stream == NULL) {
		if (!request->gone)
			request->carrier->pause(
			    request, u->held.n >= AHEAD_MAX);
		return;
	}
	n = (size_t)MIN(u->held.n, u->credit);
	if (n > 0) {
		stream_upload(request->front, u->stream,
		    slice_first(buf_slice(&u->held), n));
		u->credit -= n;
		buf_consume(&u->held, n);
		use(request, n);
	}
	if (!request->gone)
		request->carrier->pause(request, u->held.n > 0);
	if (u->ended && u->held.n == 0 && u->expected && !u->told_end) {
		u->told_end = true;
		stream_upload_end(request->front, u->stream, u->end_code);
	}
}

static void
on_credit(struct request *request, uint64_t bytes)
{
	struct upload *u = request->app;

	u->expected = true;
	u->credit += bytes;
	pump(request);
}

static void
on_stored(struct request *request, int code)
{
	struct upload *u = request->app;

	finish(request, u->end_code < 0 ? u->end_code : code);
}

/*
 * The right was withdrawn, or core is gone. Blobs are told to give it up; core
 * hears from them.
 */
static void
on_close(struct request *request, unsigned status)
{
	struct upload *u = request->app;

	if (status != STREAM_FAILED)
		stream_tell_end(request->front, u->stream->number, status,
		    u->stream->bytes);
	finish(request, status == STREAM_REVOKED ? E_DENIED : E_UNKNOWN);
}

static void
on_begun(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	struct upload *u = request->app;
	struct upload_ready *ready = NULL;

	(void)n;
	code = call_code(code, answers);
	if (code == 0) {
		ready = call_result(request, &shape_upload_ready, answers);
		code = ready == NULL
		           ? E_NOMEM
		           : stream_open(request, ready->stream, &u->stream);
		if (code < 0 && ready != NULL)
			stream_tell_end(
			    request->front, ready->stream, STREAM_FAILED, 0);
	}
	if (code < 0 || ready == NULL) {
		finish(request, code);
		return;
	}
	u->received.upload = *ready;
	u->stream->on_credit = on_credit;
	u->stream->on_stored = on_stored;
	u->stream->on_close = on_close;
	pump(request);
}

static void
begin(struct request *request, struct upload *u)
{
	u->begun = true;
	call_one(request, OP_UPLOAD_BEGIN, &u->begin, on_begun, NULL);
}

static void
on_body(struct request *request, struct slice bytes)
{
	struct upload *u = request->app;

	if (u == NULL) {
		request->carrier->used(request, bytes.n);
		return;
	}
	conn_timeout(request->conn, request->front->setup.config.body_seconds);
	buf_put_slice(&u->held, bytes);
	if (!u->begun && u->held.n > INLINE_MAX)
		begin(request, u);
	if (u->begun)
		pump(request);
}

/* All of a short body has come, or no more of it will. */
static void
finish_inline(struct request *request, struct upload *u, int code)
{
	u->received.is_inline = true;
	u->received.bytes = u->held.n > 0 ? buf_slice(&u->held) : SLICE("");
	finish(request, code < 0 ? code : u->held.error);
}

static void
on_body_end(struct request *request, int code)
{
	struct upload *u = request->app;

	if (u == NULL)
		return;
	if (!u->begun) {
		finish_inline(request, u, code);
		return;
	}
	u->ended = true;
	u->end_code = code == 0 && u->held.error != 0 ? u->held.error : code;
	/* What is given up needs no more bytes. */
	if (u->end_code < 0) {
		use(request, u->held.n);
		buf_clear(&u->held);
	}
	pump(request);
}

static void
on_gone(struct request *request)
{
	struct upload *u = request->app;

	if (u->begun && u->stream == NULL)
		return; /* its beginning is still to be answered */
	if (!u->ended)
		on_body_end(request, E_SHORT);
}

void
content_receive(struct request *request, const struct upload_begin *args,
    received_fn *done, void *arg)
{
	struct upload *u = mem_alloc(sizeof(*u));

	if (u == NULL) {
		request->body_ignored = true;
		done(request, E_NOMEM, NULL, arg);
		return;
	}
	*u = (struct upload){
	    .done = done, .arg = arg, .begin = *args, .held = BUF(HELD_MAX)};
	request->app = u;
	request->on_body = on_body;
	request->on_body_end = on_body_end;
	request->on_gone = on_gone;
	if (!request->head.has_length)
		return;
	SHAPE_SET(&u->begin, size, request->head.content_length);
	if (request->head.content_length > INLINE_MAX)
		begin(request, u);
}
