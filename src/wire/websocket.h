/*
 * WebSocket (RFC 6455), the server's side: what a client sends as whole
 * messages, as bytes come in; and frames to be sent. No extensions. Pure, but
 * for the message that is being gathered.
 */
#ifndef WIRE_WEBSOCKET_H
#define WIRE_WEBSOCKET_H

#include "wire/http.h"
#include "wire/parse.h"

enum {
	WEBSOCKET_CONTROL_MAX = 125, /* bytes of a close, ping or pong */
	WEBSOCKET_HEAD_MAX = 14,
	WEBSOCKET_ACCEPT_BYTES = 28,
};

/* RFC 6455, 5.2 and 11.8. */
enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

/* RFC 6455, 7.4.1; from 4000 on they are ours. */
enum websocket_code {
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_PROTOCOL = 1002,
	WEBSOCKET_UNSUPPORTED = 1003,
	WEBSOCKET_NO_CODE = 1005, /* never sent: a close had none */
	WEBSOCKET_INVALID = 1007,
	WEBSOCKET_TOO_LARGE = 1009,
	WEBSOCKET_OURS = 4000,
};

/* ---- the handshake ------------------------------------------------------- */

/*
 * Whether a request wants this: 0; or the status to answer: 400, or 426 where
 * it wants another version (RFC 6455, 4.2.1 and 4.4). `protocol` must be among
 * those that it offers. With extended, it is a CONNECT of HTTP/2, which has
 * fewer fields (RFC 8441, 5), and no ret_accept.
 */
int websocket_asked(const struct http_head *head, struct slice protocol,
    bool extended, char ret_accept[WEBSOCKET_ACCEPT_BYTES]);

/* ---- what a client sends --------------------------------------------------
 */

struct websocket_message {
	enum websocket_opcode opcode; /* no continuation: those are joined */
	struct slice bytes; /* of a close the reason; until the next call */
	unsigned code;      /* of a close */
};

struct websocket {
	struct buf message;           /* so far; its maximum is a message's */
	enum websocket_opcode opcode; /* of it; CONTINUATION: there is none */
	bool taken;                   /* it was given out */
	uint8_t head[WEBSOCKET_HEAD_MAX];
	size_t n_head; /* of it that came */
	uint64_t left; /* of the payload of the frame under way */
	bool in_payload;
	size_t masked; /* bytes of that payload that were unmasked */
	uint8_t control[WEBSOCKET_CONTROL_MAX];
	size_t n_control;
	unsigned wrong; /* the code that it ended by */
};

void websocket_init(struct websocket *ws, size_t max_message);
void websocket_free(struct websocket *ws);

/*
 * The next message of in, which is what is unread. PARSE_DONE: call again with
 * what follows ret_consumed. PARSE_MORE: all was consumed. PARSE_ERR: nothing
 * more can be read, ever; reterr_code is what to close with (1002, 1007, 1009).
 */
enum parse_result websocket_next(struct websocket *ws, struct slice in,
    struct websocket_message *ret_message, size_t *ret_consumed,
    unsigned *reterr_code);

/* ---- what a server sends --------------------------------------------------
 */

/* The head of an unfragmented frame; so many bytes follow it. */
void
websocket_put_head(struct buf *buf, enum websocket_opcode opcode, size_t n);

/* A whole frame. */
void websocket_put(
    struct buf *buf, enum websocket_opcode opcode, struct slice payload);

/* A close; the reason is cut where it is too long. */
void websocket_put_close(struct buf *buf, unsigned code, struct slice reason);

#endif
