/*
 * A client's view of an open document: a WebSocket, of which each binary
 * message is a frame (kit/frame.def), and what the front itself has to say is
 * text, JSON.
 *
 * Core opens it (document.open), says of which document it is and what it may
 * (VIEW_OPEN), and lets the kit greet it once the front has both (VIEW_READY).
 * The kit knows no view before that, so what its client says meanwhile waits.
 */
#include "base/log.h"
#include "front/asked.h"
#include "front/calls.h"
#include "front/conn.h"
#include "front/documents/documents.h"
#include "front/route.h"
#include "kit/frame.h"
#include "op/shape_json.h"
#include "wire/websocket.h"

enum {
	MESSAGE_MAX = MSG_BODY_MAX,
	HELD_MAX = 1 << 20,  /* of frames that wait: no more is read then */
	TEXT_MAX = 64 << 10, /* of what the front says itself */
	GOODBYE_MS = 2000,   /* for a client to answer a close */
	ORPHAN_MS = 5000,    /* for core to say why there is no kit */
};

#define PROTOCOL SLICE("chancery.documents.1")

struct view {
	struct request *request;
	struct stream_in *stream; /* while it is open */
	struct websocket socket;
	uint64_t document; /* 0: core has not said it yet */
	unsigned rights;
	bool ready;   /* core was told */
	bool greeted; /* the kit has spoken: it knows the view */
	bool paused;  /* nothing is read */
	bool ending;  /* a close was sent */
	bool asked;   /* a ping was */
	bool orphan;  /* its kit has closed the channel */
	struct buf
	    held;      /* frames before it was greeted, each with its length */
	size_t unused; /* bytes of the client's that wait in it */
	struct loop_timer timer;
};

/* ---- its end ------------------------------------------------------------- */

/* Nothing is left of it but the request. */
static struct request *
forget(struct view *view, unsigned status)
{
	struct request *request = view->request;

	request->app = NULL;
	request->on_gone = NULL;
	loop_timer_end(request->front->loop, &view->timer);
	stream_finish(request->front, &view->stream, status);
	websocket_free(&view->socket);
	buf_free(&view->held);
	mem_free(view);
	return request;
}

static void
on_gone(struct request *request)
{
	(void)forget(request->app, STREAM_ABORTED);
}

/* The client doesn't send any more. */
static void
on_body_end(struct request *request, int code UNUSED)
{
	if (request->app != NULL)
		respond_end(forget(request->app, STREAM_ABORTED));
}

static void
send_bytes(struct view *view, struct slice bytes)
{
	if (view->stream != NULL)
		view->stream->bytes += bytes.n;
	respond_body(view->request, bytes);
}

/*
 * The stream has ended, in that way: the client is told by a close, and has a
 * moment to answer it.
 */
static void
end(struct view *view, unsigned status, unsigned code, const char *why)
{
	struct front *front = view->request->front;
	struct buf out = BUF(WEBSOCKET_HEAD_MAX + WEBSOCKET_CONTROL_MAX);

	if (view->ending)
		return;
	view->ending = true;
	websocket_put_close(&out, code, slice_str(why));
	send_bytes(view, buf_slice(&out));
	buf_free(&out);
	stream_finish(front, &view->stream, status);
	(void)loop_timer_set(front->loop, &view->timer, GOODBYE_MS);
}

/* ---- to the client ------------------------------------------------------- */

/* Who takes less than comes to them is let go. */
static void
check_pace(struct view *view)
{
	struct request *request = view->request;

	if (request->carrier->waiting(request) <=
	    request->front->setup.config.max_view_bytes)
		return;
	limit_met(CONFIG_max_view_bytes);
	end(view, STREAM_LIMIT, WEBSOCKET_OURS + 408, "this took too long");
}

static void
send_message(
    struct view *view, enum websocket_opcode opcode, struct slice bytes)
{
	struct buf out = BUF(WEBSOCKET_HEAD_MAX + MESSAGE_MAX);

	if (view->ending)
		return;
	websocket_put(&out, opcode, bytes);
	if (out.error == 0)
		send_bytes(view, buf_slice(&out));
	buf_free(&out);
	check_pace(view);
}

static void
put_error(struct json_writer *w, const char *name, const char *text)
{
	if (name != NULL)
		json_member_str(w, "code", name);
	json_member_str(w, "description", text);
}

/* {"type": "opened", "result": the operation's} */
static void
send_opened(struct view *view, struct slice result)
{
	struct buf text = BUF(TEXT_MAX);
	struct json_writer w = json_writer(&text);

	json_open_object(&w);
	json_member_str(&w, "type", "opened");
	json_key(&w, "result");
	(void)shape_put_json(&shape_document_view, result, &w);
	json_close_object(&w);
	send_message(view, WEBSOCKET_TEXT, buf_slice(&text));
	buf_free(&text);
}

/* {"type": "refused", ...}, as other answers say it. */
static void
refuse(struct view *view, int code)
{
	const struct error_info *info = error_info(code);
	struct buf text = BUF(TEXT_MAX);
	struct json_writer w = json_writer(&text);
	char id[24];

	request_id_text(view->request, id);
	json_open_object(&w);
	json_member_str(&w, "type", "refused");
	put_error(&w, info->name, info->text);
	json_member_str(&w, "request", id);
	json_close_object(&w);
	send_message(view, WEBSOCKET_TEXT, buf_slice(&text));
	buf_free(&text);
	end(view, 0, WEBSOCKET_OURS + (unsigned)info->http, info->text);
}

/* What a stream's end is to a client, where core says no more of it. */
static int
code_of_status(unsigned status)
{
	switch (status) {
	case STREAM_REVOKED:
		return E_DENIED;
	case STREAM_DRAINED:
		return E_BUSY;
	case STREAM_LIMIT:
		return E_LIMIT;
	case STREAM_FAILED:
		return E_CLOSED;
	default:
		return E_IO;
	}
}

/* {"type": "ended", "status": how, ...}; by its code's words where there are
 * none. */
static void
tell_end(struct view *view, unsigned status, int code, struct slice words)
{
	const struct error_info *info = error_info(code);
	const char *word = words_text(WORDS_STREAM_STATUS, status);
	struct buf text = BUF(TEXT_MAX), why = BUF(TEXT_MAX);
	struct json_writer w = json_writer(&text);

	buf_put_slice(&why, words.n > 0 ? words : slice_str(info->text));
	json_open_object(&w);
	json_member_str(&w, "type", "ended");
	json_member_str(&w, "status", word != NULL ? word : "failed");
	put_error(&w, info->name, buf_cstr(&why));
	json_close_object(&w);
	send_message(view, WEBSOCKET_TEXT, buf_slice(&text));
	end(view, status, WEBSOCKET_OURS + (unsigned)info->http,
	    buf_cstr(&why));
	buf_free(&text);
	buf_free(&why);
}

/* Core has ended it, or is gone. */
static void
on_close(struct request *request, unsigned status)
{
	struct view *view = request->app;
	const struct body_close *closing = view->stream->closing;

	tell_end(view, status,
	    closing != NULL && closing->code < 0 ? closing->code
						 : code_of_status(status),
	    closing != NULL ? closing->why : SLICE_NONE);
}

/* ---- from the client ----------------------------------------------------- */

static void
count(struct view *view, enum sum what)
{
	sum_add(&view->request->front->sums, what,
	    conn_address(view->request->conn));
}

/* It broke the rules: nothing that it sends is taken any more. */
static void
refuse_client(struct view *view, unsigned code, const char *why)
{
	count(view, SUM_VIEW_BROKEN);
	end(view, code == WEBSOCKET_TOO_LARGE ? STREAM_LIMIT : STREAM_ABORTED,
	    code, why);
}

/* As the kit answers what it doesn't do. */
static void
deny(struct view *view, enum frame number)
{
	struct buf frame = BUF(64);

	count(view, SUM_VIEW_DENIED);
	frame_put_refused(&frame,
	    &(struct frame_refused){.number = number, .code = -E_DENIED});
	if (frame_check(buf_slice(&frame), FRAME_OUT, view->rights) == 0)
		send_message(view, WEBSOCKET_BINARY, buf_slice(&frame));
	buf_free(&frame);
}

/* A frame that the view has the right to. */
static void
pass(struct view *view, struct slice frame)
{
	uint32_t n = (uint32_t)frame.n;

	if (view->greeted) {
		kits_send(view->request->front, view->document,
		    view->stream->number, frame);
		return;
	}
	buf_put(&view->held, &n, sizeof(n));
	buf_put_slice(&view->held, frame);
}

static void
take_frame(struct view *view, struct slice frame)
{
	/* Before they are known, it is looked at again when it is passed on. */
	int r = frame_check(
	    frame, FRAME_IN, view->document != 0 ? view->rights : RIGHTS_ALL);

	if (r == E_DENIED)
		deny(view, frame_number(frame));
	else if (r < 0)
		refuse_client(view, WEBSOCKET_INVALID, "this is no frame");
	else
		pass(view, frame);
}

/* What waited until the kit knew of the view; its rights are known by now. */
static void
take_held(struct view *view)
{
	struct slice left = buf_slice(&view->held);

	while (left.n > 0 && !view->ending) {
		uint32_t n;

		memcpy(&n, left.p, sizeof(n));
		left = slice_from(left, sizeof(n));
		take_frame(view, slice_first(left, n));
		left = slice_from(left, n);
	}
	buf_free(&view->held);
}

/* False where the view is no more. */
static bool
take_message(struct view *view, const struct websocket_message *message)
{
	struct buf out = BUF(WEBSOCKET_HEAD_MAX + WEBSOCKET_CONTROL_MAX);

	switch (message->opcode) {
	case WEBSOCKET_BINARY:
		if (!view->ending)
			take_frame(view, message->bytes);
		return true;
	case WEBSOCKET_PING:
		send_message(view, WEBSOCKET_PONG, message->bytes);
		return true;
	case WEBSOCKET_CLOSE:
		if (!view->ending) {
			if (message->code == WEBSOCKET_NO_CODE)
				websocket_put(
				    &out, WEBSOCKET_CLOSE, SLICE_NONE);
			else
				websocket_put_close(
				    &out, message->code, SLICE_NONE);
			send_bytes(view, buf_slice(&out));
			buf_free(&out);
		}
		respond_end(forget(view, STREAM_COMPLETE));
		return false;
	case WEBSOCKET_PONG:
		return true;
	case WEBSOCKET_TEXT:
	case WEBSOCKET_CONTINUATION:
	default:
		if (!view->ending)
			refuse_client(view, WEBSOCKET_UNSUPPORTED,
			    "only frames are taken here");
		return true;
	}
}

/* Reads no more while what came has nowhere to go, or again. */
static void
set_pace(struct view *view, size_t n)
{
	struct request *request = view->request;
	bool full =
	    !view->ending && (view->held.n > HELD_MAX ||
				 kits_is_full(request->front, view->document));

	view->unused += n;
	if (full != view->paused) {
		view->paused = full;
		request->carrier->pause(request, full);
	}
	if (!full) {
		request->carrier->used(request, view->unused);
		view->unused = 0;
	}
}

static void
listen_on(struct view *view)
{
	const struct front *front = view->request->front;

	view->asked = false;
	if (!view->ending && !view->orphan)
		(void)loop_timer_set(front->loop, &view->timer,
		    front->setup.config.view_ping_seconds * 1000);
}

static void
on_body(struct request *request, struct slice bytes)
{
	struct view *view = request->app;
	size_t left = bytes.n;

	if (view == NULL) {
		request->carrier->used(request, bytes.n);
		return;
	}
	listen_on(view);
	while (left > 0) {
		struct websocket_message message;
		unsigned code = 0;
		size_t n = 0;
		enum parse_result r = websocket_next(&view->socket,
		    slice_from(bytes, bytes.n - left), &message, &n, &code);

		left -= n;
		if (r == PARSE_DONE && !take_message(view, &message)) {
			request->carrier->used(request, bytes.n);
			return;
		}
		if (r == PARSE_ERR) {
			if (!view->ending)
				refuse_client(view, code,
				    "this breaks the WebSocket protocol");
			left = 0;
		}
	}
	set_pace(view, bytes.n);
}

/* Silence: it is asked whether it is there; then it isn't. */
static void
on_timer(void *arg)
{
	struct view *view = arg;
	struct front *front = view->request->front;

	if (view->ending) {
		respond_end(forget(view, 0));
		return;
	}
	if (view->orphan) {
		tell_end(view, STREAM_FAILED, E_CLOSED,
		    SLICE("its process has gone"));
		return;
	}
	if (view->asked && !view->paused) {
		count(view, SUM_TIMEOUT);
		respond_abort(forget(view, STREAM_ABORTED));
		return;
	}
	view->asked = true;
	send_message(view, WEBSOCKET_PING, SLICE_NONE);
	if (!view->ending)
		(void)loop_timer_set(front->loop, &view->timer,
		    front->setup.config.view_ping_seconds * 1000);
}

/* ---- from core and kits -------------------------------------------------- */

static void
tell_ready(struct view *view)
{
	struct front *front = view->request->front;

	if (view->ready || !kits_has(front, view->document))
		return;
	view->ready = true;
	channel_send(
	    front->core, MSG_VIEW_READY, view->stream->number, SLICE_NONE);
}

static void
on_view(struct request *request, uint64_t document, unsigned rights)
{
	struct view *view = request->app;

	view->document = document;
	view->rights = rights;
	tell_ready(view);
}

/* The open view of that stream, or NULL. */
static struct view *
view_of(struct stream_in *stream)
{
	return stream != NULL && stream->on_view == on_view
	           ? stream->request->app
	           : NULL;
}

/* Core, too, hears of a kit that has died, and knows why: it has a moment. */
static void
look_for_kit(struct view *view)
{
	struct front *front = view->request->front;
	bool orphan = view->ready && !kits_has(front, view->document);

	if (orphan == view->orphan || view->ending)
		return;
	view->orphan = orphan;
	if (orphan)
		(void)loop_timer_set(front->loop, &view->timer, ORPHAN_MS);
	else
		listen_on(view);
}

void
views_kit_changed(struct front *front, uint64_t document)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&front->streams, &i, &slot);) {
		struct view *view = view_of(slot->value);

		if (view == NULL || view->document != document)
			continue;
		tell_ready(view);
		look_for_kit(view);
		set_pace(view, 0);
	}
}

int
views_take_output(
    struct front *front, uint64_t document, uint64_t number, struct slice frame)
{
	struct view *view =
	    number != 0 ? view_of(map_get(&front->streams, number)) : NULL;
	int r = frame_check(
	    frame, FRAME_OUT, view != NULL ? view->rights : RIGHTS_ALL);

	if (r == E_GRAMMAR)
		return r;
	/*
	 * A view that has ended, and a right that was withdrawn, are known here
	 * before the kit knows.
	 */
	if (view == NULL || view->document != document || r < 0) {
		sum_add(&front->sums, SUM_VIEW_STRAY, SLICE_NONE);
		log_debug("front.stray",
		    log_str(K_NAME, frame_row(frame_number(frame))->name));
		return 0;
	}
	if (!view->greeted) {
		view->greeted = true;
		take_held(view);
		set_pace(view, 0);
	}
	send_message(view, WEBSOCKET_BINARY, frame);
	return 0;
}

/* ---- opening ------------------------------------------------------------- */

static void
on_opened(struct request *request, int code, const struct call_answer *answers,
    size_t n UNUSED, void *arg UNUSED)
{
	struct view *view = request->app;
	struct document_view *opened = NULL;

	code = call_code(code, answers);
	if (code == 0)
		opened = call_result(request, &shape_document_view, answers);
	if (code == 0 && opened == NULL)
		code = E_NOMEM;
	if (view == NULL || view->ending) {
		/* Of a request that is gone, others have told it. */
		if (code == 0 && !request->gone)
			stream_tell_end(
			    request->front, opened->stream, STREAM_ABORTED, 0);
		return;
	}
	if (code == 0) {
		code = stream_open(request, opened->stream, &view->stream);
		if (code < 0)
			stream_tell_end(
			    request->front, opened->stream, STREAM_FAILED, 0);
	}
	if (code < 0) {
		refuse(view, code);
		return;
	}
	view->stream->on_view = on_view;
	view->stream->on_close = on_close;
	send_opened(view, answers[0].results[0]);
}

/* A handshake that is none (RFC 6455, 4.2.2 and 4.4). */
static void
refuse_handshake(struct request *request, int status)
{
	const struct http_field version = {
	    SLICE("sec-websocket-version"), SLICE("13")};

	sum_add(&request->front->sums, SUM_BAD_REQUEST,
	    conn_address(request->conn));
	if (status == 426) {
		respond_begin(request, status, &version, 1, 0);
		respond_end(request);
		return;
	}
	respond_status(request, status,
	    "this is for a WebSocket of the subprotocol chancery.documents.1");
}

/* A page of another origin could open one with the cookie, and read it, too. */
static bool
is_forged(const struct request *request)
{
	return request->by_cookie ? request->origin != ORIGIN_OWN
	                          : request->origin == ORIGIN_FOREIGN;
}

static struct view *
new_view(struct request *request)
{
	struct view *view = mem_alloc(sizeof(*view));

	if (view == NULL)
		return NULL;
	*view = (struct view){.request = request,
	    .held = BUF(HELD_MAX + 2 * MESSAGE_MAX),
	    .timer = {.expire = on_timer, .arg = view}};
	websocket_init(&view->socket, MESSAGE_MAX);
	request->app = view;
	request->on_body = on_body;
	request->on_body_end = on_body_end;
	request->on_gone = on_gone;
	return view;
}

void
documents_view_serve(struct request *request)
{
	char accept[WEBSOCKET_ACCEPT_BYTES];
	const struct http_field fields[] = {
	    {SLICE("sec-websocket-protocol"), PROTOCOL},
	    {SLICE("sec-websocket-accept"), slice_of(accept, sizeof(accept))}};
	struct document_open args = {.has_file = true};
	struct view *view;
	int status = websocket_asked(
	    &request->head, PROTOCOL, request->extended, accept);

	if (is_forged(request)) {
		respond_forged(request);
	} else if (status != 0) {
		refuse_handshake(request, status);
	} else if (asked_id(request->head.query, "file", KIND_FILE,
		       &args.file) < 0) {
		sum_add(&request->front->sums, SUM_BAD_ARGUMENTS,
		    conn_address(request->conn));
		respond_error(request, E_INVALID);
	} else if ((view = new_view(request)) == NULL) {
		respond_error(request, E_NOMEM);
	} else {
		respond_upgrade(request, fields, request->extended ? 1 : 2);
		listen_on(view);
		call_one(request, OP_DOCUMENT_OPEN, &args, on_opened, NULL);
	}
}
