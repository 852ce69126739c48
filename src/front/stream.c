/* Streams that operations have opened: downloads, uploads, the log, events. */
#include "base/file.h"
#include "base/log.h"
#include "front/calls.h"
#include "front/conn.h"
#include "ipc/body.h"

/* ---- what came too early
 * --------------------------------------------------------------- */

/*
 * Blobs answer over a channel of their own, so their first word on a stream may
 * overtake core's; and what core can't bring it closes before it says that it
 * is open. Each stream that core opens is opened here or told to have
 * ended, and both take its early messages away.
 */
struct early {
	struct early *next;
	uint64_t number;
	unsigned type;
	int fd;
	size_t n;
	uint8_t body[];
};

static int take_blobs(struct front *front, struct msg *msg);
static int take_close(struct front *front, struct msg *msg);

static void
seen(struct front *front, uint64_t number)
{
	front->newest_stream = MAX(front->newest_stream, number);
}

static int
keep_early(struct front *front, struct msg *msg)
{
	struct early *early = mem_alloc(sizeof(*early) + msg->body.n), **end;

	if (early == NULL)
		return E_NOMEM;
	*early = (struct early){.number = msg->id,
	    .type = msg->type,
	    .fd = msg->fd,
	    .n = msg->body.n};
	memcpy(early->body, msg->body.p, msg->body.n);
	msg->fd = -1;
	for (end = &front->early; *end != NULL; end = &(*end)->next)
		;
	*end = early;
	return 0;
}

/* The next early message of a stream, which becomes the caller's, or NULL. */
static struct early *
take_early(struct front *front, uint64_t number)
{
	struct early **at = &front->early, *early;

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	early = *at;
	if (early != NULL)
		*at = early->next;
	return early;
}

static void
drop_early(struct front *front, uint64_t number)
{
	struct early *early;

	while ((early = take_early(front, number)) != NULL) {
		fd_close(&early->fd);
		mem_free(early);
	}
}

static void
on_overtaken(void *arg)
{
	struct stream_in *stream = arg;
	struct front *front = stream->front;
	uint64_t number = stream->number;
	struct early *early;

	stream->due = false;
	if (map_get(&front->streams, number) != stream) {
		drop_early(front, number);
		mem_free(stream);
		return;
	}
	while ((early = take_early(front, number)) != NULL) {
		struct msg msg = {.type = early->type,
		    .id = number,
		    .body = slice_of(early->body, early->n),
		    .fd = early->fd};

		if (msg.type == MSG_CLOSE)
			(void)take_close(front, &msg);
		else if (take_blobs(front, &msg) < 0)
			streams_lost_blobs(front);
		mem_free(early);
	}
}

/* ---- life
 * ----------------------------------------------------------------------- */

int
stream_open(
    struct request *request, uint64_t number, struct stream_in **ret_stream)
{
	struct stream_in *stream = mem_alloc(sizeof(*stream));
	int r;

	if (stream == NULL)
		return E_NOMEM;
	stream->number = number;
	stream->request = request;
	stream->front = request->front;
	r = map_put(&request->front->streams, number, stream);
	if (r < 0) {
		mem_free(stream);
		return r;
	}
	seen(request->front, number);
	if (request->front->early != NULL) {
		stream->due = true;
		stream->overtaken =
		    (struct loop_task){.run = on_overtaken, .arg = stream};
		loop_defer(request->front->loop, &stream->overtaken);
	}
	*ret_stream = stream;
	return 0;
}

void
stream_tell_end(
    struct front *front, uint64_t number, unsigned status, uint64_t bytes)
{
	seen(front, number);
	drop_early(front, number);
	if (front->core == NULL)
		return;
	buf_clear(&front->out);
	body_put_stream_end(
	    &front->out, &(struct body_stream_end){status, bytes});
	channel_send(
	    front->core, MSG_STREAM_END, number, buf_slice(&front->out));
}

void
stream_finish(struct front *front, struct stream_in **stream, unsigned status)
{
	struct stream_in *s = *stream;

	if (s == NULL)
		return;
	*stream = NULL;
	(void)map_take(&front->streams, s->number);
	if (status != 0)
		stream_tell_end(front, s->number, status, s->bytes);
	if (!s->due)
		mem_free(s);
	front_drained(front);
}

void
stream_room(struct front *front, struct stream_in *stream)
{
	if (front->core == NULL || stream->owed == 0)
		return;
	buf_clear(&front->out);
	body_put_stream_taken(
	    &front->out, &(struct body_stream_taken){stream->owed});
	channel_send(front->core, MSG_STREAM_TAKEN, stream->number,
	    buf_slice(&front->out));
	stream->owed = 0;
}

/* ---- uploads
 * --------------------------------------------------------------------- */

void
stream_upload(struct front *front, struct stream_in *stream, struct slice bytes)
{
	enum { AT_ONCE = 256 << 10 };

	while (bytes.n > 0 && front->blobs != NULL) {
		struct slice part = slice_first(bytes, AT_ONCE);

		channel_send(
		    front->blobs, MSG_UPLOAD_DATA, stream->number, part);
		stream->bytes += part.n;
		bytes = slice_from(bytes, part.n);
	}
}

void
stream_upload_end(struct front *front, struct stream_in *stream, int code)
{
	if (front->blobs == NULL)
		return;
	buf_clear(&front->out);
	body_put_upload_end(&front->out, &(struct body_upload_end){code});
	channel_send(front->blobs, MSG_UPLOAD_END, stream->number,
	    buf_slice(&front->out));
}

/* ---- from core
 * ------------------------------------------------------------------- */

static struct stream_in *
find(struct front *front, uint64_t number)
{
	return number != 0 ? map_get(&front->streams, number) : NULL;
}

static int
take_data(struct front *front, uint64_t number, struct slice body)
{
	struct body_stream_data item;
	struct stream_in *stream;
	struct slice left = body;
	int r;

	while (left.n > 0) {
		if ((r = body_take_stream_data(&left, &item)) < 0)
			return r;
		/* An item may have ended it. */
		stream = find(front, number);
		if (stream == NULL)
			return 0;
		if (stream->on_item != NULL)
			stream->on_item(stream->request, item.kind, item.number,
			    item.bytes);
	}
	stream = find(front, number);
	if (stream == NULL)
		return 0;
	stream->owed += body.n;
	if (respond_space(stream->request) > 0)
		stream_room(front, stream);
	return 0;
}

static int
take_close(struct front *front, struct msg *msg)
{
	struct stream_in *stream = find(front, msg->id);
	struct body_close in;
	int r = body_get_close(msg->body, &in);

	if (r < 0)
		return r;
	/* Core opens streams in the order of their numbers. */
	if (msg->id > front->newest_stream && keep_early(front, msg) == 0)
		return 0;
	/* Of one that is unknown the end has crossed this. */
	if (stream == NULL) {
		stream_tell_end(front, msg->id, STREAM_ABORTED, 0);
	} else {
		stream->closing = &in;
		stream->on_close(stream->request, in.status);
	}
	return 0;
}

static int
take_view(struct front *front, uint64_t number, struct slice body)
{
	struct stream_in *stream = find(front, number);
	struct body_view_open in;
	int r = body_get_view_open(body, &in);

	if (r < 0)
		return r;
	if (stream == NULL)
		return 0; /* its end has crossed this */
	if (stream->on_view == NULL || in.document == 0)
		return E_GRAMMAR;
	stream->on_view(stream->request, in.document, in.rights);
	return 0;
}

static int
take_done(struct front *front, uint64_t number, struct slice body)
{
	struct stream_in *stream = find(front, number);
	struct body_stream_done in;
	int r = body_get_stream_done(body, &in);

	if (r == 0 && stream != NULL && stream->on_stored != NULL)
		stream->on_stored(stream->request, in.code);
	return r;
}

int
streams_take_core(struct front *front, struct msg *msg)
{
	switch (msg->type) {
	case MSG_STREAM_DATA:
		return take_data(front, msg->id, msg->body);
	case MSG_CLOSE:
		return take_close(front, msg);
	case MSG_VIEW_OPEN:
		return take_view(front, msg->id, msg->body);
	case MSG_STREAM_DONE:
		return take_done(front, msg->id, msg->body);
	default:
		return E_GRAMMAR;
	}
}

static int
take_file(struct stream_in *stream, struct msg *msg)
{
	void (*on_file)(struct request *, int, uint64_t, struct slice);
	struct body_blob_file in;
	int r = body_get_blob_file(msg->body, &in);

	if (r < 0 || stream == NULL || stream->on_file == NULL) {
		fd_close(&msg->fd);
		return r;
	}
	on_file = stream->on_file;
	stream->on_file = NULL; /* it needs no more of blobs */
	on_file(stream->request, msg->fd, in.size, in.sums);
	msg->fd = -1;
	return 0;
}

static int
take_gone(struct stream_in *stream, struct slice body)
{
	struct body_blob_gone in;
	int r = body_get_blob_gone(body, &in);

	if (r == 0 && stream != NULL && stream->on_missing != NULL)
		stream->on_missing(stream->request);
	return r;
}

static int
take_credit(struct stream_in *stream, struct slice body)
{
	struct body_upload_taken in;
	int r = body_get_upload_taken(body, &in);

	if (r == 0 && stream != NULL && stream->on_credit != NULL)
		stream->on_credit(stream->request, in.bytes);
	return r;
}

static int
take_blobs(struct front *front, struct msg *msg)
{
	struct stream_in *stream = find(front, msg->id);

	switch (msg->type) {
	case MSG_BLOB_FILE:
		return take_file(stream, msg);
	case MSG_BLOB_GONE:
		return take_gone(stream, msg->body);
	case MSG_UPLOAD_TAKEN:
		return take_credit(stream, msg->body);
	default:
		return E_GRAMMAR;
	}
}

int
streams_take_blobs(struct front *front, struct msg *msg)
{
	/* Core opens streams in the order of their numbers. */
	if (msg->id > front->newest_stream && keep_early(front, msg) == 0)
		return 0;
	return take_blobs(front, msg);
}

static bool
is_any(const struct stream_in *stream UNUSED)
{
	return true;
}

static bool
awaits_file(const struct stream_in *stream)
{
	return stream->on_file != NULL;
}

static void
fail_those(struct front *front, bool (*fits)(const struct stream_in *stream))
{
	const struct map_slot *slot;
	size_t i = 0;

	while (map_next(&front->streams, &i, &slot)) {
		struct stream_in *stream = slot->value;
		uint64_t number = stream->number;

		if (!fits(stream))
			continue;
		stream->on_close(stream->request, STREAM_FAILED);
		BUG_ON(find(front, number) != NULL);
		i = 0;
	}
}

void
streams_lost(struct front *front)
{
	fail_those(front, is_any);
}

/* Of uploads core hears itself, and tells of each. */
void
streams_lost_blobs(struct front *front)
{
	fail_those(front, awaits_file);
}
