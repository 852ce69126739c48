/* Core's end of the channel to blobs, and the housekeeping of stored bytes. */
#include <stdio.h>

#include "base/log.h"
#include "blobs/blob_place.h"
#include "core/collect.h"
#include "core/io.h"
#include "core/run.h"
#include "wire/cbor.h"

void
io_blobs_send(struct io *io, const struct stream_order *order)
{
	if (io->blobs == NULL) {
		io_stream_close(io, order->number, STREAM_FAILED);
		return;
	}
	buf_clear(&io->out);
	cbor_put_array(&io->out, 5);
	cbor_put_uint(&io->out, order->front);
	cbor_put_uint(&io->out, order->front_pid);
	cbor_put_bytes(&io->out, order->plan.place);
	cbor_put_uint(&io->out, order->plan.size);
	cbor_put_bytes(&io->out, order->plan.sums);
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
	cbor_put_array(&io->out, 3);
	cbor_put_uint(&io->out, order->front);
	cbor_put_uint(&io->out, order->front_pid);
	cbor_put_uint(&io->out, order->plan.limit);
	channel_send(
	    io->blobs, MSG_BLOB_EXPECT, order->number, buf_slice(&io->out));
}

void
io_blobs_drop(struct io *io, struct slice place)
{
	if (io->blobs == NULL)
		return; /* the next scan finds it */
	buf_clear(&io->out);
	cbor_put_array(&io->out, 1);
	cbor_put_bytes(&io->out, place);
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

/* [code, bytes, digest, sums, place] */
static int
take_stored(struct io *io, struct msg *msg)
{
	struct cbor_reader r = cbor_reader(msg->body);
	struct stream_ending ending = {.number = msg->id, .known = true};
	struct slice digest, sums, place;
	const struct io_stream *stream = io_stream_get(io, msg->id);
	int code;

	if (cbor_get_array(&r) != 5)
		return E_GRAMMAR;
	code = -(int)cbor_get_uint_max(&r, INT16_MAX);
	ending.bytes = cbor_get_uint_max(&r, INT64_MAX);
	digest = cbor_get_bytes(&r);
	sums = cbor_get_bytes(&r);
	place = cbor_get_bytes(&r);
	if (cbor_end(&r) < 0)
		return E_GRAMMAR;
	/* It may have crossed the record of its end; but it was an upload. */
	if (stream != NULL &&
	    (!stream->at_blobs || ending.bytes > stream->limit))
		return E_GRAMMAR;
	if (code == 0) {
		if (digest.n != SHA256_BYTES || sums.n != SHA256_BYTES ||
		    !blob_place_ok(place))
			return E_GRAMMAR;
		ending.stored = true;
		ending.status = STREAM_COMPLETE;
		memcpy(ending.digest.b, digest.p, digest.n);
		memcpy(ending.sums.b, sums.p, sums.n);
		(void)snprintf(ending.place, sizeof(ending.place), "%.*s",
		    SLICE_ARG(place));
	} else {
		ending.why = code;
		ending.status = status_of(code);
	}
	io_submit_ending(io, &ending);
	return 0;
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

/* [[place, age in seconds] ...] of one folder: those without a row go. */
static int
take_found(struct io *io, const struct msg *msg)
{
	struct cbor_reader r = cbor_reader(msg->body);
	struct collect_files *files;
	struct call *call = NULL;
	size_t n = cbor_get_array(&r);
	int e;

	e = call_new_system(
	    OP_BLOB_COLLECT, sizeof(*files), collect_orphans, NULL, &call);
	if (e < 0)
		return e;
	files = call->arg;
	for (size_t i = 0; i < n && r.error == 0; i++) {
		struct slice place;
		uint64_t age;

		if (cbor_get_array(&r) != 2)
			r.error = E_SYNTAX;
		place = cbor_get_bytes(&r);
		age = cbor_get_uint(&r);
		if (place.n >= COLLECT_PLACE_MAX)
			r.error = E_SYNTAX;
		if (r.error != 0 || files->n == COLLECT_PLACES ||
		    age < (uint64_t)COLLECT_BLOB_HOURS * 3600 ||
		    collect_is_orphan(io->place.db, place) <= 0)
			continue;
		memcpy(files->place[files->n++], place.p, place.n);
	}
	e = cbor_end(&r) < 0 ? E_GRAMMAR : 0;
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
	struct cbor_reader r = cbor_reader(msg->body);
	uint64_t room;

	(void)cbor_get_array(&r);
	room = cbor_get_uint(&r);
	(void)cbor_get_uint(&r);
	if (cbor_end(&r) < 0)
		return E_GRAMMAR;
	atomic_store(&engine_core(io->engine)->blob_room, room);
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
	/* A folder of blobs at a time: all of them in a few hours. */
	if (io->blobs != NULL)
		channel_send(io->blobs, MSG_BLOB_SCAN,
		    io->scanned++ % IO_BLOB_FOLDERS, SLICE_NONE);
}
