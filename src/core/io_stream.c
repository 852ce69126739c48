/* Open streams, on the I/O thread: who brings them, and that they do end. */
#include "base/log.h"
#include "base/mem.h"
#include "core/io.h"
#include "ipc/body.h"

enum {
	OBEY_MS = 500,       /* to close a stream; or the front is killed */
	CLOSE_WHY_MAX = 400, /* bytes of the reason */
};

struct io_stream *
io_stream_get(struct io *io, uint64_t number)
{
	return number != 0 ? map_get(&io->streams, number) : NULL;
}

static void
free_stream(void *arg)
{
	mem_free(arg);
}

/* Its end is on the record: it is no more. */
static void
forget(struct io *io, uint64_t number)
{
	struct io_stream *stream = map_take(&io->streams, number);

	if (stream == NULL)
		return;
	loop_timer_end(io->loop, &stream->obey);
	stream->gone = (struct loop_task){.run = free_stream, .arg = stream};
	loop_defer(io->loop, &stream->gone);
}

/* ---- ends
 * ------------------------------------------------------------------------ */

struct ending_arg {
	struct stream_ending ending; /* first: what stream_end takes */
	struct io *io;
	size_t front;
	uint64_t front_pid;
	bool answer; /* an upload: its front waits */
};

/* On the record: an upload's front is told. */
static void
on_ended(struct call *call UNUSED, void *arg)
{
	struct ending_arg *end = arg;
	struct io *io = end->io;
	struct channel *channel =
	    io_front_channel(io, end->front, end->front_pid);

	if (end->answer && channel != NULL) {
		int code = end->ending.code;

		if (code == 0 && !end->ending.stored)
			code = end->ending.why < 0 ? end->ending.why : E_IO;
		buf_clear(&io->out);
		body_put_stream_done(
		    &io->out, &(struct body_stream_done){code});
		channel_send(channel, MSG_STREAM_DONE, end->ending.number,
		    buf_slice(&io->out));
	}
	forget(io, end->ending.number);
}

void
io_submit_ending(struct io *io, const struct stream_ending *ending)
{
	struct io_stream *stream = io_stream_get(io, ending->number);
	struct ending_arg *end;
	struct call *call = NULL;

	if (stream == NULL || stream->ending)
		return;
	if (call_new_system(
		OP_STREAM_END, sizeof(*end), stream_end, on_ended, &call) < 0)
		return; /* the next start ends it */
	/* An upload's front waits for it; all others are done. */
	call->patient = !stream->at_blobs;
	stream->ending = true;
	loop_timer_end(io->loop, &stream->obey);
	io_document_leave(io, ending->number);
	end = call->arg;
	*end = (struct ending_arg){.ending = *ending,
	    .io = io,
	    .front = stream->front,
	    .front_pid = stream->front_pid,
	    .answer = stream->at_blobs};
	if (stream->given_up != 0 && !ending->stored)
		end->ending.status = stream->given_up;
	if (!stream->at_blobs)
		scribe_end(engine_scribe(io->engine), ending->number);
	engine_submit(io->engine, call);
}

void
io_stream_ended(struct io *io, size_t front, uint64_t number, struct slice body)
{
	struct io_stream *stream = io_stream_get(io, number);
	struct stream_ending ending = {.number = number, .known = true};
	struct body_stream_end in;

	if (body_get_stream_end(body, &in) < 0 || in.status == 0 ||
	    in.status >= STREAM_STATUS_MAX) {
		io_front_kill(io, front, "it ended a stream without sense");
		return;
	}
	ending.status = in.status;
	ending.bytes = in.bytes;
	/* It may have crossed the record of its end. */
	if (stream == NULL)
		return;
	if (stream->front != front) {
		io_front_kill(io, front, "it ended another front's stream");
		return;
	}
	if (stream->obey.place != 0)
		io->fronts[front].closed++;
	/* Blobs count an upload themselves; the front only gives it up. */
	if (stream->at_blobs) {
		if (io->blobs != NULL)
			channel_send(
			    io->blobs, MSG_BLOB_CANCEL, number, SLICE_NONE);
		stream->given_up = ending.status;
		loop_timer_end(io->loop, &stream->obey);
		return;
	}
	io_submit_ending(io, &ending);
}

/* ---- beginnings
 * -------------------------------------------------------------------- */

void
io_stream_open(struct io *io, const struct stream_order *order)
{
	struct io_stream *stream = mem_alloc(sizeof(*stream));
	struct stream_ending failed = {
	    .number = order->number, .status = STREAM_FAILED};
	int r = stream != NULL ? 0 : E_NOMEM;

	if (r == 0) {
		*stream = (struct io_stream){.io = io,
		    .number = order->number,
		    .front = order->front,
		    .front_pid = order->front_pid,
		    .op = order->op,
		    .principal = order->principal,
		    .session = order->session,
		    .expires = order->expires,
		    .at_blobs = order->plan.upload != 0,
		    .limit = order->plan.limit};
		r = map_put(&io->streams, order->number, stream);
	}
	if (r < 0) {
		mem_free(stream);
		return;
	}
	/* Its front may have gone while this was written. */
	if (io_front_channel(io, order->front, order->front_pid) == NULL) {
		failed.status = STREAM_ABORTED;
		stream->at_blobs = false;
		io_submit_ending(io, &failed);
		return;
	}
	if (order->plan.document != 0)
		io_document_open(io, order);
	else if (order->plan.upload != 0)
		io_blobs_expect(io, order);
	else if (order->plan.place.n > 0)
		io_blobs_send(io, order);
	else if (order->op->family == FAMILY_LOG &&
		 scribe_begin(engine_scribe(io->engine), order) < 0)
		io_submit_ending(io, &failed);
}

/*
 * A front that has a thousand to close may have closed others until now, and
 * core may not have heard it yet: it has as long again, which is still within a
 * second.
 */
static void
on_disobeyed(void *arg)
{
	struct io_stream *stream = arg;
	uint64_t closed = stream->io->fronts[stream->front].closed;

	if (!stream->again && closed != stream->closed_before) {
		stream->again = true;
		(void)loop_timer_set(stream->io->loop, &stream->obey, OBEY_MS);
		return;
	}
	io_front_kill(stream->io, stream->front,
	    "it did not close a stream whose right was withdrawn");
}

void
io_stream_close(struct io *io, uint64_t number, unsigned status)
{
	io_stream_close_because(io, number, status, 0, SLICE_NONE);
}

void
io_stream_close_because(
    struct io *io, uint64_t number, unsigned status, int code, struct slice why)
{
	struct io_stream *stream = io_stream_get(io, number);
	struct channel *channel;

	if (stream == NULL || stream->ending)
		return;
	/* What comes of a document comes from elsewhere. */
	io_document_leave(io, number);
	channel = io_front_channel(io, stream->front, stream->front_pid);
	if (channel == NULL)
		return;
	buf_clear(&io->out);
	body_put_close(&io->out, &(struct body_close){status, code,
				     slice_first(why, CLOSE_WHY_MAX)});
	channel_send(channel, MSG_CLOSE, number, buf_slice(&io->out));
	stream->closed_before = io->fronts[stream->front].closed;
	stream->again = false;
	(void)loop_timer_set(io->loop, &stream->obey, OBEY_MS);
	stream->obey.expire = on_disobeyed;
	stream->obey.arg = stream;
}

void
io_streams_expire(struct io *io)
{
	int64_t now = core_time_now(&engine_core(io->engine)->time);
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&io->streams, &i, &slot);) {
		struct io_stream *stream = slot->value;

		if (stream->expires == 0 || now < stream->expires)
			continue;
		stream->expires = 0;
		io_stream_close(io, stream->number, STREAM_REVOKED);
	}
}

void
io_streams_orphaned(struct io *io, size_t front)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&io->streams, &i, &slot);) {
		struct io_stream *stream = slot->value;
		struct stream_ending ending = {
		    .number = stream->number, .status = STREAM_ABORTED};

		if (stream->front != front || stream->ending)
			continue;
		if (stream->at_blobs && io->blobs != NULL)
			channel_send(io->blobs, MSG_BLOB_CANCEL, stream->number,
			    SLICE_NONE);
		else
			io_submit_ending(io, &ending);
	}
}

void
io_streams_drain(struct io *io)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&io->streams, &i, &slot);)
		io_stream_close(io, ((struct io_stream *)slot->value)->number,
		    STREAM_DRAINED);
}

/* ---- what they bring
 * ------------------------------------------------------------------ */

void
io_stream_data(struct io *io, uint64_t number, struct slice bytes)
{
	struct io_stream *stream = io_stream_get(io, number);
	struct channel *channel;

	if (stream == NULL || stream->ending)
		return;
	channel = io_front_channel(io, stream->front, stream->front_pid);
	if (channel != NULL)
		channel_send(channel, MSG_STREAM_DATA, number, bytes);
}

void
io_stream_taken(struct io *io, size_t front, uint64_t number, struct slice body)
{
	struct io_stream *stream = io_stream_get(io, number);
	struct body_stream_taken in;

	if (body_get_stream_taken(body, &in) < 0) {
		io_front_kill(io, front, "it counted a stream without sense");
		return;
	}
	/* It may have crossed the record of its end. */
	if (stream == NULL)
		return;
	if (stream->front != front)
		io_front_kill(io, front, "it counted another front's stream");
	else
		scribe_taken(engine_scribe(io->engine), number, in.bytes);
}

void
io_stream_news(struct io *io, uint64_t number, uint64_t sequence)
{
	buf_clear(&io->out);
	body_put_stream_data(
	    &io->out, &(struct body_stream_data){
			  .kind = SCRIBE_STATE, .number = sequence});
	io_stream_data(io, number, buf_slice(&io->out));
}

void
io_stream_state(struct io *io, uint64_t principal, uint64_t state)
{
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&io->streams, &i, &slot);) {
		struct io_stream *stream = slot->value;

		if (stream->op->number != OP_PUSH_OPEN ||
		    stream->principal != principal)
			continue;
		io_stream_news(io, stream->number, state);
	}
}
