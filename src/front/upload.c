/* A request's body on its way to blobs, at the pace that they write. */
#include "front/conn.h"
#include "front/content.h"

struct upload {
	struct stream_in *stream;
	upload_done *done;
	void *arg;
	struct upload_ready ready;
	uint64_t credit; /* bytes that blobs will take */
	struct buf held; /* that came before there was credit */
	bool expected;   /* blobs know of it: what is sent before is lost */
	bool ended;      /* all of the body has come */
	bool told_end;
	int end_code;
};

enum {
	HELD_MAX = 16 << 20,
	AHEAD_MAX = 1 << 20, /* what is read while core has yet to answer */
};

/* The request is the caller's again. */
static void
finish(struct request *request, int code)
{
	struct upload *u = request->app;
	upload_done *done = u->done;
	struct upload_ready ready = u->ready;
	uint64_t size = u->stream != NULL ? u->stream->bytes : 0;
	void *arg = u->arg;

	request->app = NULL;
	request->on_gone = NULL;
	request->body_ignored = true;
	stream_finish(request->front, &u->stream, 0);
	if (!request->gone) {
		request->carrier->used(request, u->held.n);
		request->carrier->pause(request, false);
	}
	buf_free(&u->held);
	mem_free(u);
	done(request, code, &ready, size, arg);
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
		if (!request->gone)
			request->carrier->used(request, n);
	}
	if (!request->gone)
		request->carrier->pause(request, u->held.n > 0);
	if (u->ended && u->held.n == 0 && u->expected && !u->told_end) {
		u->told_end = true;
		stream_upload_end(request->front, u->stream, u->end_code);
	}
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
	pump(request);
}

static void
on_body_end(struct request *request, int code)
{
	struct upload *u = request->app;

	if (u == NULL)
		return;
	u->ended = true;
	u->end_code = code == 0 && u->held.error != 0 ? u->held.error : code;
	/* What is given up needs no more bytes. */
	if (u->end_code < 0)
		buf_clear(&u->held);
	pump(request);
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
on_gone(struct request *request)
{
	struct upload *u = request->app;

	if (u->stream == NULL)
		return; /* its beginning is still to be answered */
	if (!u->ended)
		on_body_end(request, E_SHORT);
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
	u->ready = *ready;
	u->stream->on_credit = on_credit;
	u->stream->on_stored = on_stored;
	u->stream->on_close = on_close;
	pump(request);
}

void
content_upload(struct request *request, const struct upload_begin *begin,
    upload_done *done, void *arg)
{
	struct upload *u = mem_alloc(sizeof(*u));
	struct upload_begin args = *begin;

	if (u == NULL) {
		request->body_ignored = true;
		done(request, E_NOMEM, NULL, 0, arg);
		return;
	}
	*u = (struct upload){.done = done, .arg = arg, .held = BUF(HELD_MAX)};
	request->app = u;
	request->on_body = on_body;
	request->on_body_end = on_body_end;
	request->on_gone = on_gone;
	if (request->head.has_length)
		SHAPE_SET(&args, size, request->head.content_length);
	call_one(request, OP_UPLOAD_BEGIN, &args, on_begun, NULL);
}
