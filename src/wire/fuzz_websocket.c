/*
 * Fuzzes WebSocket: a connection's bytes, given at once and in two pieces,
 * which must come to the same. A message is within its bounds, and what is text
 * is text.
 */
#include "wire/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Low enough for inputs to reach it. */
enum { MAX_MESSAGE = 1000, OUT_MAX = 1 << 22 };

struct reader {
	struct websocket ws;
	bool failed;
	struct buf out; /* all that it read, as text */
};

static void
take(struct reader *reader, const struct websocket_message *message)
{
	BUG_ON(message->bytes.n > MAX_MESSAGE);
	if (message->opcode >= WEBSOCKET_CLOSE)
		BUG_ON(message->bytes.n > WEBSOCKET_CONTROL_MAX);
	if (message->opcode == WEBSOCKET_TEXT ||
	    message->opcode == WEBSOCKET_CLOSE)
		BUG_ON(!slice_is_utf8(message->bytes));
	buf_printf(&reader->out, "%d %u %zu:", (int)message->opcode,
	    message->opcode == WEBSOCKET_CLOSE ? message->code : 0,
	    message->bytes.n);
	buf_put_slice(&reader->out, message->bytes);
}

static void
feed(struct reader *reader, struct slice in)
{
	while (in.n > 0 && !reader->failed) {
		struct websocket_message message;
		unsigned code = 0;
		size_t n = 0;
		enum parse_result r =
		    websocket_next(&reader->ws, in, &message, &n, &code);

		BUG_ON(n > in.n || (r == PARSE_MORE && n != in.n));
		if (r == PARSE_DONE)
			take(reader, &message);
		if (r == PARSE_ERR) {
			BUG_ON(code != WEBSOCKET_PROTOCOL &&
			       code != WEBSOCKET_INVALID &&
			       code != WEBSOCKET_TOO_LARGE);
			buf_printf(&reader->out, "!%u", code);
			reader->failed = true;
		}
		in = slice_from(in, n);
	}
}

static void
start(struct reader *reader)
{
	*reader = (struct reader){.out = BUF(OUT_MAX)};
	websocket_init(&reader->ws, MAX_MESSAGE);
}

static void
end(struct reader *reader)
{
	websocket_free(&reader->ws);
	buf_free(&reader->out);
}

/* The first byte says where the rest is cut. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader whole, cut;
	struct slice in = slice_from(slice_of(data, size), 1);
	size_t at = size > 0 ? in.n * data[0] / 256 : 0;

	start(&whole);
	start(&cut);
	feed(&whole, in);
	feed(&cut, slice_first(in, at));
	feed(&cut, slice_from(in, at));
	BUG_ON(!slice_eq(buf_slice(&whole.out), buf_slice(&cut.out)));
	end(&whole);
	end(&cut);
	return 0;
}
