/*
 * State changes as they come, by event source (RFC 8620, section 7.3); or with
 * a folder in the query, word of its changes, whose ever it is.
 */
#include <stdio.h>

#include "front/asked.h"
#include "front/conn.h"
#include "front/jmap/jmap.h"
#include "front/route.h"

enum {
	PING_LEAST = 5,
	PING_MOST = 300,
	PING_STANDARD = 30,
	PING_ASKED = 86400, /* what is more is no wish */
};

struct events {
	struct request *request;
	struct stream_in *stream;
	struct loop_timer ping;
	uint64_t ping_seconds; /* 0: none asked for */
	bool close_after_state;
	bool wants_files; /* its types name FileNode, or all */
	struct id folder; /* that is watched instead; or none */
	char account[32];
};

static void
finish(struct request *request, unsigned status)
{
	struct events *e = request->app;

	if (e == NULL)
		return;
	request->app = NULL;
	request->on_gone = NULL;
	loop_timer_end(request->front->loop, &e->ping);
	stream_finish(request->front, &e->stream, status);
	mem_free(e);
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
send_state(struct request *request, struct events *e, uint64_t state)
{
	struct buf text = BUF(1024);

	buf_printf(&text,
	    "id: %llu\nevent: state\ndata: {\"@type\":\"StateChange\","
	    "\"changed\":{\"%s\":{\"FileNode\":\"%llu\"}}}\n\n",
	    (unsigned long long)state, e->account, (unsigned long long)state);
	e->stream->bytes += text.n;
	respond_body(request, buf_slice(&text));
	buf_free(&text);
}

static void
send_change(struct request *request, struct events *e, uint64_t sequence)
{
	struct buf text = BUF(1024);

	buf_printf(&text,
	    "id: %llu\nevent: folder\ndata: {\"@type\":\"FolderChange\","
	    "\"folder\":\"",
	    (unsigned long long)sequence);
	id_put_text(&text, e->folder);
	buf_printf(&text, "\",\"changed\":\"%llu\"}\n\n",
	    (unsigned long long)sequence);
	e->stream->bytes += text.n;
	respond_body(request, buf_slice(&text));
	buf_free(&text);
}

static void
on_item(struct request *request, unsigned kind UNUSED, uint64_t number,
    struct slice bytes UNUSED)
{
	struct events *e = request->app;

	if (e == NULL || !e->wants_files)
		return;
	if (e->folder.n != 0)
		send_change(request, e, number);
	else
		send_state(request, e, number);
	if (e->close_after_state) {
		finish(request, STREAM_COMPLETE);
		respond_end(request);
	}
}

static void
on_ping(void *arg)
{
	struct events *e = arg;
	struct buf text = BUF(128);

	/* The comment keeps proxies from closing what nobody asked to ping. */
	if (e->ping_seconds > 0)
		buf_printf(&text, "event: ping\ndata: {\"interval\":%llu}\n\n",
		    (unsigned long long)e->ping_seconds);
	else
		buf_put_str(&text, ":\n\n");
	respond_body(e->request, buf_slice(&text));
	buf_free(&text);
	(void)loop_timer_set(e->request->front->loop, &e->ping,
	    (e->ping_seconds > 0 ? e->ping_seconds : PING_STANDARD) * 1000);
}

static void
begin(struct request *request, struct events *e)
{
	const struct http_field type = {
	    SLICE("content-type"), SLICE("text/event-stream")};

	e->stream->on_item = on_item;
	e->stream->on_close = on_close;
	request->app = e;
	request->on_gone = on_gone;
	respond_begin(request, 200, &type, 1, UINT64_MAX);
	e->ping.expire = on_ping;
	e->ping.arg = e;
	(void)loop_timer_set(request->front->loop, &e->ping,
	    (e->ping_seconds > 0 ? e->ping_seconds : PING_STANDARD) * 1000);
	respond_body(request, SLICE(":\n\n"));
}

struct opening {
	struct events *events;
	struct push_open asked;
};

/* False where it was answered. */
static bool
is_open(struct request *request, struct events *e, int code)
{
	if (code == 0 && !request->gone)
		return true;
	mem_free(e);
	if (!request->gone)
		respond_error(request, code);
	return false;
}

static void
on_opened(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg)
{
	struct opening *o = arg;
	struct events *e = o->events;
	struct push_stream *opened = NULL;
	struct buf id = BUF(64);

	(void)n;
	code = call_code(code, answers);
	if (code == 0) {
		opened = call_result(request, &shape_push_stream, answers);
		code = opened == NULL
		           ? E_NOMEM
		           : stream_open(request, opened->stream, &e->stream);
	}
	if (!is_open(request, e, code))
		return;
	id_put_text(&id, opened->principal);
	(void)snprintf(e->account, sizeof(e->account), "%s", buf_cstr(&id));
	buf_free(&id);
	begin(request, e);
	/* What changed while the client was away is told at once. */
	if (o->asked.has_since && o->asked.since < opened->files)
		on_item(request, 0, opened->files, SLICE_NONE);
}

/* A client that comes back looks at the folder anew. */
static void
on_watching(struct request *request, int code,
    const struct call_answer *answers, size_t n UNUSED, void *arg)
{
	struct events *e = arg;
	struct watch_stream *opened = NULL;

	code = call_code(code, answers);
	if (code == 0) {
		opened = call_result(request, &shape_watch_stream, answers);
		code = opened == NULL
		           ? E_NOMEM
		           : stream_open(request, opened->stream, &e->stream);
	}
	if (is_open(request, e, code))
		begin(request, e);
}

static bool
query_is(const struct request *request, const char *name, const char *value)
{
	struct buf text = BUF(256);
	bool found = false, is = false;

	if (http_query_get(
		request->head.query, slice_str(name), &text, &found) == 0 &&
	    found)
		is = slice_eq(buf_slice(&text), slice_str(value));
	buf_free(&text);
	return is;
}

static void
watch(struct request *request, struct events *e)
{
	struct folder_watch args = {.has_folder = true, .folder = e->folder};

	e->wants_files = true;
	call_one(request, OP_FOLDER_WATCH, &args, on_watching, e);
}

/* 1: the query names one; 0: it doesn't; or E_INVALID. */
static int
asked_folder(const struct request *request, struct id *ret_folder)
{
	struct buf text = BUF(64);
	struct id id = {.n = 0};
	bool found = false;
	int r =
	    http_query_get(request->head.query, SLICE("folder"), &text, &found);

	if (r == 0 && found)
		r = id_parse(buf_slice(&text), &id);
	buf_free(&text);
	if (r < 0 || (found && id.kind != KIND_FOLDER))
		return E_INVALID;
	*ret_folder = id;
	return found;
}

void
jmap_events_serve(struct request *request)
{
	struct opening *o = arena_alloc(&request->arena, sizeof(*o));
	uint64_t ping = 0;
	int r;

	if (o == NULL || (o->events = mem_alloc(sizeof(*o->events))) == NULL) {
		respond_error(request, E_NOMEM);
		return;
	}
	/* A browser's event source sends no header, and opens by itself. */
	request->cause = CAUSE_PUSH;
	o->events->request = request;
	o->events->close_after_state = query_is(request, "closeafter", "state");
	o->events->wants_files =
	    asked_type(request->head.query, SLICE("FileNode"));
	if (asked_number(request->head.query, "ping", PING_ASKED, &ping) > 0 &&
	    ping > 0)
		o->events->ping_seconds = MAX(PING_LEAST, MIN(ping, PING_MOST));
	r = asked_folder(request, &o->events->folder);
	if (r != 0) {
		if (r > 0) {
			watch(request, o->events);
			return;
		}
		mem_free(o->events);
		respond_error(request, r);
		return;
	}
	o->asked.has_since =
	    asked_last_event(&request->head, &o->asked.since) > 0;
	call_one(request, OP_PUSH_OPEN, &o->asked, on_opened, o);
}
