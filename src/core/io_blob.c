/* Core's end of the channel to blobs, and the housekeeping of stored bytes. */
#include <stdio.h>

#include "base/log.h"
#include "core/io.h"
#include "core/run.h"
#include "wire/cbor.h"

void
io_blobs_send(struct io *io, const struct stream_order *order)
{
	struct stream_ending failed = {
	    .number = order->number, .status = STREAM_FAILED};

	if (io->blobs == NULL) {
		io_submit_ending(io, &failed);
		return;
	}
	buf_clear(&io->out);
	cbor_put_array(&io->out, 4);
	cbor_put_uint(&io->out, order->front);
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
	cbor_put_array(&io->out, 2);
	cbor_put_uint(&io->out, order->front);
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

/* [code, bytes, digest, sums, place] */
static int
take_stored(struct io *io, struct msg *msg)
{
	struct cbor_reader r = cbor_reader(msg->body);
	struct stream_ending ending = {.number = msg->id, .known = true};
	struct slice digest, sums, place;
	int code;

	if (cbor_get_array(&r) != 5)
		return E_GRAMMAR;
	code = -(int)cbor_get_uint_max(&r, INT16_MAX);
	ending.bytes = cbor_get_uint_max(&r, INT64_MAX);
	digest = cbor_get_bytes(&r);
	sums = cbor_get_bytes(&r);
	place = cbor_get_bytes(&r);
	if (cbor_end(&r) < 0 || place.n >= sizeof(ending.place))
		return E_GRAMMAR;
	if (code == 0) {
		if (digest.n != SHA256_BYTES || sums.n != SHA256_BYTES)
			return E_GRAMMAR;
		ending.stored = true;
		ending.status = STREAM_COMPLETE;
		memcpy(ending.digest.b, digest.p, digest.n);
		memcpy(ending.sums.b, sums.p, sums.n);
		(void)snprintf(ending.place, sizeof(ending.place), "%.*s",
		    SLICE_ARG(place));
	} else {
		ending.status = code == E_LIMIT    ? STREAM_LIMIT
		                : code == E_CLOSED ? STREAM_ABORTED
		                                   : STREAM_FAILED;
	}
	io_submit_ending(io, &ending);
	return 0;
}

static void
on_message(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct io *io = arg;
	struct stream_ending failed = {
	    .number = msg->id, .status = STREAM_DAMAGED};
	int r = 0;

	switch (msg->type) {
	case MSG_BLOB_STORED:
		r = take_stored(io, msg);
		break;
	case MSG_BLOB_FAILED:
		io_submit_ending(io, &failed);
		break;
	case MSG_HELLO:
	case MSG_BLOB_FOUND:
	case MSG_BLOB_ROOM:
		break;
	default:
		r = E_GRAMMAR;
	}
	BUG_ON(r == E_GRAMMAR);
}

/* Uploads under way are lost with it; the parent starts another. */
static void
on_broken(void *arg, struct channel *channel UNUSED, int why UNUSED)
{
	struct io *io = arg;
	const struct map_slot *slot;

	channel_free(&io->blobs);
	for (size_t i = 0; map_next(&io->streams, &i, &slot);) {
		struct io_stream *stream = slot->value;
		struct stream_ending failed = {
		    .number = stream->number, .status = STREAM_FAILED};

		if (stream->at_blobs)
			io_submit_ending(io, &failed);
	}
}

static const struct channel_handlers handlers = {
    .message = on_message, .broken = on_broken};

int
io_blobs_add(struct io *io, int fd)
{
	int r;

	if (io->blobs != NULL)
		on_broken(io, io->blobs, E_CLOSED);
	r = channel_new(
	    io->loop, fd, ROLE_CORE, ROLE_BLOBS, 0, &handlers, io, &io->blobs);
	if (r == 0)
		channel_send(io->blobs, MSG_HELLO, 0, role_build_id());
	return r;
}

void
io_housekeeping(struct io *io UNUSED)
{
}
