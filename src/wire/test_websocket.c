/* WebSocket: the examples of RFC 6455, 1.3 and 5.7, and what is refused. */
#include "unit.h"

#include <stdlib.h>

#include "wire/websocket.h"

enum { MAX_MESSAGE = 70000, TEXT_MAX = 1 << 20 };

#define PROTOCOL "chancery.documents.1"

/* ---- the handshake ------------------------------------------------------- */

/* RFC 6455, 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static struct http_head
head_of(const char *const *fields, size_t n)
{
	struct http_head head = {.method = HTTP_METHOD_GET, .minor = 1};

	for (size_t i = 0; i < n; i++) {
		struct slice value = slice_str(fields[i]), name;

		(void)slice_cut(&value, ':', &name);
		head.fields[head.n_fields++] =
		    (struct http_field){name, slice_trim(value)};
	}
	return head;
}

#define HEAD(...)                                   \
	head_of((const char *const[]){__VA_ARGS__}, \
	    ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static int
ask(const struct http_head *head, bool extended)
{
	char accept[WEBSOCKET_ACCEPT_BYTES] = "";
	int status = websocket_asked(head, SLICE(PROTOCOL), extended, accept);

	if (status == 0 && !extended)
		assert_memory_equal(accept, ACCEPT, sizeof(accept));
	else
		assert_int_equal(accept[0], '\0');
	return status;
}

#define UPGRADE "Upgrade: websocket"
#define CONNECTION "Connection: Upgrade"
#define VERSION "Sec-WebSocket-Version: 13"
#define OFFER "Sec-WebSocket-Protocol: " PROTOCOL
#define NONCE "Sec-WebSocket-Key: " KEY

static void
test_handshake(void **state UNUSED)
{
	struct http_head head;

	head = HEAD(UPGRADE, CONNECTION, VERSION, OFFER, NONCE);
	assert_int_equal(ask(&head, false), 0);
	head.minor = 0;
	assert_int_equal(ask(&head, false), 400);
	head.minor = 1;
	head.method = HTTP_METHOD_POST;
	assert_int_equal(ask(&head, false), 400);
	head.method = HTTP_METHOD_GET;
	head.has_length = true;
	assert_int_equal(ask(&head, false), 400);
	/* As browsers write it; several protocols. */
	head =
	    HEAD("upgrade: h2c, WebSocket", "connection: keep-alive, upgrade",
		VERSION, "sec-websocket-protocol: other",
		"sec-websocket-protocol: more, " PROTOCOL, NONCE);
	assert_int_equal(ask(&head, false), 0);
	/* HTTP/2 says the rest in its own way. */
	head = HEAD(VERSION, OFFER);
	head.method = HTTP_METHOD_OTHER;
	assert_int_equal(ask(&head, true), 0);
}

static void
test_handshake_refused(void **state UNUSED)
{
	struct http_head wrong[] = {
	    HEAD(CONNECTION, VERSION, OFFER, NONCE),
	    HEAD(UPGRADE, VERSION, OFFER, NONCE),
	    HEAD(UPGRADE, CONNECTION, OFFER, NONCE),
	    HEAD(UPGRADE, CONNECTION, VERSION, NONCE),
	    HEAD(UPGRADE, CONNECTION, VERSION, OFFER),
	    HEAD("Upgrade: websockets", CONNECTION, VERSION, OFFER, NONCE),
	    HEAD(UPGRADE, "Connection: close", VERSION, OFFER, NONCE),
	    HEAD(UPGRADE, CONNECTION, VERSION, VERSION, OFFER, NONCE),
	    HEAD(UPGRADE, CONNECTION, "Sec-WebSocket-Version: x", OFFER, NONCE),
	    HEAD(UPGRADE, CONNECTION, VERSION,
		"Sec-WebSocket-Protocol: Chancery.documents.1", NONCE),
	    HEAD(UPGRADE, CONNECTION, VERSION, OFFER, NONCE, NONCE),
	    HEAD(UPGRADE, CONNECTION, VERSION, OFFER,
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"),
	    HEAD(UPGRADE, CONNECTION, VERSION, OFFER,
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!!"),
	};
	struct http_head older =
	    HEAD(UPGRADE, CONNECTION, "Sec-WebSocket-Version: 8", OFFER, NONCE);

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(ask(&wrong[i], false), 400);
	assert_int_equal(ask(&older, false), 426);
}

/* ---- messages ------------------------------------------------------------ */

/* All that a connection's bytes say, as text; and how far they could be read.
 */
static void
read_pieces(struct slice in, size_t piece, struct buf *out)
{
	struct websocket_message message;
	enum parse_result r = PARSE_MORE;
	struct websocket ws;
	unsigned code = 0;

	websocket_init(&ws, MAX_MESSAGE);
	while (in.n > 0 && r != PARSE_ERR) {
		/* Alone in its memory, so that ASan sees a read past it. */
		struct slice part = slice_first(in, piece);
		uint8_t *copy = malloc(part.n);
		size_t at = 0, n = 0;

		assert_non_null(copy);
		memcpy(copy, part.p, part.n);
		while (at < part.n && r != PARSE_ERR) {
			r = websocket_next(&ws,
			    slice_of(copy + at, part.n - at), &message, &n,
			    &code);
			at += n;
			if (r == PARSE_MORE)
				assert_int_equal(at, part.n);
			if (r != PARSE_DONE)
				continue;
			buf_printf(out, "%d", (int)message.opcode);
			if (message.opcode == WEBSOCKET_CLOSE)
				buf_printf(out, "(%u)", message.code);
			buf_printf(out, ":%zu:", message.bytes.n);
			if (message.bytes.n < 200)
				buf_put_slice(out, message.bytes);
			buf_put_u8(out, ' ');
		}
		free(copy);
		in = slice_from(in, piece);
	}
	if (r == PARSE_ERR) {
		buf_printf(out, "!%u", code);
		/* For good. */
		assert_int_equal(websocket_next(&ws, SLICE("\x81\x80\0\0\0\0"),
				     &message, &(size_t){0}, &code),
		    PARSE_ERR);
	}
	websocket_free(&ws);
}

/* In one piece, byte by byte, and in between: always the same. */
static void
check(struct slice in, const char *want)
{
	static const size_t pieces[] = {SIZE_MAX / 2, 1, 2, 3, 7};

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct buf out = BUF(TEXT_MAX);

		read_pieces(in, pieces[i], &out);
		assert_string_equal(buf_cstr(&out), want);
		buf_free(&out);
	}
}

#define CHECK(bytes, want) check(SLICE(bytes), want)
#define MASK "\x37\xfa\x21\x3d"
#define ZERO "\0\0\0\0" /* a mask that changes nothing */

static void
test_examples(void **state UNUSED)
{
	struct buf out = BUF(100);

	CHECK("\x81\x85" MASK "\x7f\x9f\x4d\x51\x58", "1:5:Hello ");
	CHECK("\x89\x85" MASK "\x7f\x9f\x4d\x51\x58", "9:5:Hello ");
	CHECK("\x8a\x85" MASK "\x7f\x9f\x4d\x51\x58", "10:5:Hello ");
	/* The same unmasked is what a server sends, and what it refuses. */
	CHECK("\x81\x05Hello", "!1002");
	websocket_put(&out, WEBSOCKET_TEXT, SLICE("Hello"));
	assert_true(slice_eq(buf_slice(&out), SLICE("\x81\x05Hello")));
	buf_clear(&out);
	websocket_put(&out, WEBSOCKET_PING, SLICE("Hello"));
	assert_true(slice_eq(buf_slice(&out), SLICE("\x89\x05Hello")));
	buf_clear(&out);
	websocket_put_head(&out, WEBSOCKET_BINARY, 256);
	assert_true(slice_eq(buf_slice(&out), SLICE("\x82\x7e\x01\x00")));
	buf_clear(&out);
	websocket_put_head(&out, WEBSOCKET_BINARY, 65536);
	assert_true(
	    slice_eq(buf_slice(&out), SLICE("\x82\x7f\0\0\0\0\0\x01\0\0")));
	buf_clear(&out);
	websocket_put_head(&out, WEBSOCKET_BINARY, 126);
	websocket_put_head(&out, WEBSOCKET_BINARY, 125);
	websocket_put_head(&out, WEBSOCKET_BINARY, 65535);
	assert_true(slice_eq(buf_slice(&out),
	    SLICE("\x82\x7e\x00\x7e\x82\x7d\x82\x7e\xff\xff")));
	buf_free(&out);
}

static void
test_fragments(void **state UNUSED)
{
	CHECK("\x01\x83" ZERO "Hel\x80\x82" ZERO "lo", "1:5:Hello ");
	CHECK("\x02\x80" ZERO "\x00\x80" ZERO "\x80\x81" ZERO "a", "2:1:a ");
	/* A ping between them, with a mask of its own. */
	CHECK("\x01\x83" ZERO "Hel\x89\x81" MASK "\x56\x80\x82" ZERO "lo",
	    "9:1:a 1:5:Hello ");
	CHECK("\x82\x80" ZERO "\x82\x81" ZERO "b", "2:0: 2:1:b ");
	/* One that goes on where none has begun, and the other way round. */
	CHECK("\x80\x81" ZERO "a", "!1002");
	CHECK("\x82\x81" ZERO "a\x80\x81" ZERO "b", "2:1:a !1002");
	CHECK("\x01\x81" ZERO "a\x81\x81" ZERO "b", "!1002");
}

static void
test_frames_that_are_none(void **state UNUSED)
{
	CHECK("\xc1\x80" ZERO, "!1002"); /* bits that no extension has taken */
	CHECK("\xa1\x80" ZERO, "!1002");
	CHECK("\x91\x80" ZERO, "!1002");
	CHECK("\x83\x80" ZERO, "!1002"); /* kinds that there are not */
	CHECK("\x8b\x80" ZERO, "!1002");
	CHECK("\x82\x00", "!1002");
	CHECK("\x09\x80" ZERO, "!1002"); /* a ping in parts, or too long */
	CHECK("\x89\xfe\x00\x7e" ZERO, "!1002");
	/* Lengths in more bytes than they need, or negative. */
	CHECK("\x82\xfe\x00\x7d" ZERO, "!1002");
	CHECK("\x82\xff\0\0\0\0\0\0\xff\xff" ZERO, "!1002");
	CHECK("\x82\xff\x80\0\0\0\0\x01\0\0" ZERO, "!1002");
	/* Nothing is read behind it. */
	CHECK("\x82\x81" ZERO "a\x82\x01z\x82\x81" ZERO "b", "2:1:a !1002");
}

static void
test_text(void **state UNUSED)
{
	CHECK("\x81\x82" ZERO "\xc3\xbc", "1:2:\xc3\xbc ");
	/* Cut within a character, which is whole in the end. */
	CHECK("\x01\x81" ZERO "\xc3\x80\x81" ZERO "\xbc", "1:2:\xc3\xbc ");
	CHECK("\x81\x81" ZERO "\xc3", "!1007");
	CHECK("\x81\x82" ZERO "\xc0\xaf", "!1007");
	CHECK("\x81\x83" ZERO "\xed\xa0\x80", "!1007");
	CHECK("\x82\x82" ZERO "\xc0\xaf", "2:2:\xc0\xaf ");
}

static void
test_close(void **state UNUSED)
{
	struct buf out = BUF(200), longer = BUF(200);

	CHECK("\x88\x80" ZERO, "8(1005):0: ");
	CHECK("\x88\x82" ZERO "\x03\xe8", "8(1000):0: ");
	CHECK("\x88\x85" ZERO "\x0f\xa0"
	      "bye",
	    "8(4000):3:bye ");
	CHECK("\x88\x81" ZERO "\x03", "!1002");
	CHECK("\x88\x82" ZERO "\x03\xe7", "!1002"); /* 999 */
	CHECK("\x88\x82" ZERO "\x03\xec", "!1002"); /* 1004 to 1006 */
	CHECK("\x88\x82" ZERO "\x03\xed", "!1002");
	CHECK("\x88\x82" ZERO "\x03\xee", "!1002");
	CHECK("\x88\x82" ZERO "\x03\xf7", "!1002"); /* 1015 */
	CHECK("\x88\x82" ZERO "\x07\xd0", "!1002"); /* 2000 */
	CHECK("\x88\x82" ZERO "\x13\x88", "!1002"); /* 5000 */
	CHECK("\x88\x83" ZERO "\x03\xe8\xff", "!1007");
	websocket_put_close(&out, 4403, SLICE("no"));
	assert_true(slice_eq(buf_slice(&out), SLICE("\x88\x04\x11\x33no")));
	buf_clear(&out);
	/* A reason that is too long is cut between characters. */
	for (size_t i = 0; i < 62; i++)
		buf_put_str(&longer, "\xc3\xbc");
	websocket_put_close(&out, 1000, buf_slice(&longer));
	assert_int_equal(out.n, 2 + 2 + 122);
	assert_int_equal(out.p[1], 124);
	buf_free(&out);
	buf_free(&longer);
}

static void
put_masked(struct buf *buf, unsigned first, size_t n)
{
	buf_put_u8(buf, (uint8_t)first);
	buf_put_u8(buf, 0xff);
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_put_u8(buf, (uint8_t)((uint64_t)n >> shift));
	buf_put(buf, ZERO, 4);
}

static void
test_length(void **state UNUSED)
{
	struct buf in = BUF(TEXT_MAX);

	/* As long as one may be, and behind it one more. */
	put_masked(&in, 0x82, MAX_MESSAGE);
	for (size_t i = 0; i < MAX_MESSAGE; i++)
		buf_put_u8(&in, 'a');
	buf_put_str(&in, "\x82\x81");
	buf_put(&in, ZERO "b", 5);
	check(buf_slice(&in), "2:70000: 2:1:b ");
	/* What is longer isn't waited for: its head says so. */
	buf_clear(&in);
	put_masked(&in, 0x82, MAX_MESSAGE + 1);
	check(buf_slice(&in), "!1009");
	buf_clear(&in);
	put_masked(&in, 0x82, (size_t)INT64_MAX);
	check(buf_slice(&in), "!1009");
	/* In parts, too. */
	buf_clear(&in);
	buf_put(&in, "\x02\x81" ZERO "a", 7);
	put_masked(&in, 0x80, MAX_MESSAGE);
	check(buf_slice(&in), "!1009");
	buf_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_handshake),
	    cmocka_unit_test(test_handshake_refused),
	    cmocka_unit_test(test_examples),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_frames_that_are_none),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
