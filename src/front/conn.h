/*
 * A connection: a socket, TLS on it or not, and the protocol that is spoken.
 * One owner, the front's list; what still points to it after its end is told
 * first.
 */
#ifndef FRONT_CONN_H
#define FRONT_CONN_H

#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "base/hash.h"
#include "front/front.h"
#include "wire/http1.h"

struct request;

enum conn_state {
	CONN_NONE,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_CLOSING, /* what waits is sent, nothing more is read */
	CONN_CLOSED,
};

struct conn {
	struct front *front;
	struct conn *next, **prev;
	uint64_t number;
	enum conn_state state;
	enum listener_kind listener;
	struct loop_watch watch;
	struct loop_timer idle;
	struct loop_task flush, resume, release;
	bool flush_due, resume_due, read_paused, eof;
	SSL *tls;
	char address[64];
	uint64_t address_key;

	struct buf in;  /* read, not parsed */
	struct buf out; /* plain bytes that wait (TLS: ciphertext) */
	size_t out_sent;

	/* HTTP/1.1 */
	struct http1_parser parser;
	struct http1_body body;
	struct request *request; /* the one under way */
	bool keep_alive;

	/* HTTP/2 */
	nghttp2_session *h2;
	struct request *requests;
	size_t n_requests;

	/* What core knows of it. */
	uint64_t context;             /* 0: not told yet */
	struct digest context_digest; /* of what core was told */
	struct conn *next_waiting;
	bool is_waiting;
};

/* Takes a socket on; it is closed where there is no room. */
void conn_accept(struct front *front, enum listener_kind listener, int fd,
    struct slice address);

/* Queues bytes to be sent; they leave at the end of the loop's round. */
void conn_send(struct conn *conn, struct slice bytes);

/* What the protocol has ready leaves at the end of the round. */
void conn_flush_soon(struct conn *conn);

/* Bytes that wait to leave. */
size_t conn_waiting(const struct conn *conn);

/* Closes when what waits has left, or at once. */
void conn_close(struct conn *conn);
void conn_abort(struct conn *conn);

/* Sets what may pass until something comes or goes. */
void conn_timeout(struct conn *conn, uint64_t seconds);
/* As long as it likes, until the next one is set. */
void conn_no_timeout(struct conn *conn);

/* Reads no more for now, or again. */
void conn_pause(struct conn *conn, bool on);

struct slice conn_address(const struct conn *conn);

/* A line for the record: "TLSv1.3 TLS_AES_128_GCM_SHA256", or empty. */
struct slice conn_tls_text(const struct conn *conn, char text[128]);

/* ---- protocols: http1_conn.c, http2_conn.c
 * ---------------------------------------- */

void http1_open(struct conn *conn);
/* Parses what has come; may be called again at any time. */
void http1_read(struct conn *conn);
/* What waited has left. */
void http1_drained(struct conn *conn);
void http1_lost(struct conn *conn);
/* The client sends no more, or takes too long: true where that is answered. */
bool http1_ended(struct conn *conn);
bool http1_late(struct conn *conn);
/* A request is under way, and not only the rest of its body. */
bool http1_is_busy(const struct conn *conn);

int http2_open(struct conn *conn);
void http2_read(struct conn *conn);
/* Queues what nghttp2 has to say. */
void http2_flush(struct conn *conn);
void http2_drained(struct conn *conn);
void http2_lost(struct conn *conn);
/* It takes too long: it is told, and closed. */
void http2_late(struct conn *conn);
/* Lets nothing new begin. */
void http2_drain(struct conn *conn);

#endif
