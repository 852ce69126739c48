/* Core's end of the channel to blobs, and the housekeeping of stored bytes. */
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "blobs/blob_place.h"
#include "core/collect.h"
#include "core/io.h"
#include "core/run.h"
#include "ipc/body.h"

void
io_blobs_send(struct io *io, const struct stream_order *order)
{
	if (io->blobs == NULL) {
		io_stream_close(io, order->number, STREAM_FAILED);
		return;
	}
	buf_clear(&io->out);
	body_put_blob_send(&io->out,
	    &(struct body_blob_send){order->front, order->front_pid,
		order->plan.place, order->plan.size, order->plan.sums});
	channel_send(
	    io->blobs, MSG_BLOB_SEND, order->number, buf_slice(&io->out));
}

void
io_blobs_expect(struct io *io, const struct stream_order *order)
{
	struct stream_ending failed = {
	    .number = order->number, .status = STREAM_FAILED};

	if (io->blobs == NULL) {
		io_submit_ending(io, &failed);
		return;
	}
	buf_clear(&io->out);
	body_put_blob_expect(
	    &io->out, &(struct body_blob_expect){
			  order->front, order->front_pid, order->plan.limit});
	channel_send(
	    io->blobs, MSG_BLOB_EXPECT, order->number, buf_slice(&io->out));
}

void
io_blobs_drop(struct io *io, struct slice place)
{
	if (io->blobs == NULL)
		return; /* the next scan finds it */
	buf_clear(&io->out);
	body_put_blob_drop(&io->out, &(struct body_blob_drop){place});
	channel_send(io->blobs, MSG_BLOB_DROP, 0, buf_slice(&io->out));
}

/* What made blobs, or the front's client, give an upload up. */
static unsigned
status_of(int code)
{
	switch (code) {
	case E_LIMIT:
		return STREAM_LIMIT;
	case E_CLOSED:
	case E_SHORT:
	case E_SYNTAX:
		return STREAM_ABORTED;
	default:
		return STREAM_FAILED;
	}
}

static int
take_stored(struct io *io, struct msg *msg)
{
	struct stream_ending ending = {.number = msg->id, .known = true};
	const struct io_stream *stream = io_stream_get(io, msg->id);
	struct body_blob_stored in;

	if (body_get_blob_stored(msg->body, &in) < 0)
		return E_GRAMMAR;
	/* It may have crossed the record of its end; but it was an upload. */
	if (stream != NULL && (!stream->at_blobs || in.size > stream->limit))
		return E_GRAMMAR;
	ending.bytes = in.size;
	if (in.code == 0) {
		if (!blob_place_ok(in.place))
			return E_GRAMMAR;
		ending.stored = true;
		ending.status = STREAM_COMPLETE;
		ending.digest = in.digest;
		ending.sums = in.sums;
		(void)snprintf(ending.place, sizeof(ending.place), "%.*s",
		    SLICE_ARG(in.place));
	} else {
		ending.why = in.code;
		ending.status = status_of(in.code);
	}
	if (!io_document_stored(io, msg->id, &ending))
		io_submit_ending(io, &ending);
	return 0;
}

static int
take_absent(struct io *io, const struct msg *msg)
{
	struct body_blob_absent in;
	int none = -1, r = body_get_blob_absent(msg->body, &in);

	if (r == 0)
		io_document_opened(
		    io, msg->id, &none, in.code < 0 ? in.code : E_IO);
	return r;
}

/* Uploads under way are lost with it; the parent starts another. */
static void
on_broken(void *arg, struct channel *channel, int why)
{
	struct io *io = arg;
	const struct map_slot *slot;

	role_tell_broken(io->parent, channel_peer(channel), why);
	channel_free(&io->blobs);
	for (size_t i = 0; map_next(&io->streams, &i, &slot);) {
		struct io_stream *stream = slot->value;
		struct stream_ending failed = {
		    .number = stream->number, .status = STREAM_FAILED};

		if (stream->at_blobs)
			io_submit_ending(io, &failed);
	}
	io_documents_lost_blobs(io);
}

/* ---- housekeeping
 * --------------------------------------------------------------------- */

struct collecting {
	struct collected done; /* first: what collect_due takes */
	struct io *io;
};

static void collect(struct io *io);

static void
on_collected(struct call *call UNUSED, void *arg)
{
	struct collecting *c = arg;

	c->io->collecting = false;
	if (c->done.rows == COLLECT_ROWS)
		collect(c->io);
}

/* Ends what is due, as often as there is more. */
static void
collect(struct io *io)
{
	struct core *core = engine_core(io->engine);
	struct call *call = NULL;
	struct collecting *c;

	if (io->collecting || io->draining ||
	    core_time_is_suspect(&core->time) ||
	    collect_is_due(io->place.db, core_time_now(&core->time)) <= 0 ||
	    call_new_system(OP_BLOB_COLLECT, sizeof(*c), collect_due,
		on_collected, &call) < 0)
		return;
	c = call->arg;
	c->io = io;
	io->collecting = true;
	engine_submit(io->engine, call);
}

/* What is in one folder: those without a row go. */
static int
take_found(struct io *io, const struct msg *msg)
{
	struct slice left = msg->body;
	struct collect_files *files;
	struct body_blob_found in;
	struct call *call = NULL;
	int e;

	e = call_new_system(
	    OP_BLOB_COLLECT, sizeof(*files), collect_orphans, NULL, &call);
	if (e < 0)
		return e;
	files = call->arg;
	while (e == 0 && left.n > 0) {
		e = body_take_blob_found(&left, &in);
		if (e == 0 && !blob_place_ok(in.place))
			e = E_GRAMMAR;
		if (e < 0 || files->n == COLLECT_PLACES ||
		    in.age < (uint64_t)COLLECT_BLOB_HOURS * 3600 ||
		    collect_is_orphan(io->place.db, in.place) <= 0)
			continue;
		memcpy(files->place[files->n++], in.place.p, in.place.n);
	}
	if (e == 0 && files->n > 0 && !io->draining &&
	    !core_time_is_suspect(&engine_core(io->engine)->time)) {
		engine_submit(io->engine, call);
		return 0;
	}
	call_free(&call);
	return e;
}

static int
take_room(struct io *io, const struct msg *msg)
{
	struct body_blob_room in;

	if (body_get_blob_room(msg->body, &in) < 0)
		return E_GRAMMAR;
	atomic_store(&engine_core(io->engine)->blob_room, in.free);
	return 0;
}

/* ---- the channel
 * ------------------------------------------------------------------------- */

static void
on_message(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct io *io = arg;
	int r = 0;

	switch (msg->type) {
	case MSG_BLOB_STORED:
		r = take_stored(io, msg);
		break;
	case MSG_BLOB_FOUND:
		r = take_found(io, msg);
		break;
	case MSG_BLOB_ROOM:
		r = take_room(io, msg);
		break;
	case MSG_BLOB_OPENED:
		io_document_opened(io, msg->id, &msg->fd, 0);
		fd_close(&msg->fd);
		break;
	case MSG_BLOB_ABSENT:
		r = take_absent(io, msg);
		break;
	case MSG_HELLO:
		break;
	default:
		r = E_GRAMMAR;
	}
	if (r == E_GRAMMAR) {
		log_error("core.blobs", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
		on_broken(io, io->blobs, r);
	} else if (r < 0) {
		log_error("core.blobs", log_err(r));
	}
}

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken};

int
io_blobs_add(struct io *io, struct role_fd *in)
{
	int r;

	if (io->blobs != NULL)
		on_broken(io, io->blobs, E_CLOSED);
	r = channel_new(
	    io->loop, in->fd, ROLE_CORE, in->peer, &handlers, io, &io->blobs);
	if (r == 0)
		channel_send(io->blobs, MSG_HELLO, 0, role_build_id());
	return r;
}

void
io_housekeeping(struct io *io)
{
	if (io->draining)
		return;
	collect(io);
	io_tries_trim(io);
	/* A folder of blobs at a time: all of them in a few hours. */
	if (io->blobs != NULL)
		channel_send(io->blobs, MSG_BLOB_SCAN,
		    io->scanned++ % IO_BLOB_FOLDERS, SLICE_NONE);
}
