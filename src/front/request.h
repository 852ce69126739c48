/*
 * A request and its response, the same for HTTP/1.1 and HTTP/2. The protocol
 * below makes requests and carries responses; the resources (route.h) answer.
 */
#ifndef FRONT_REQUEST_H
#define FRONT_REQUEST_H

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "front/front.h"
#include "front/origin.h"
#include "wire/http.h"

struct assets;
struct request;
struct route;

enum {
	REQUEST_FIELDS_MAX = 24, /* of a response */
	REQUEST_KEY_MAX = 128,   /* bytes of an Idempotency-Key */
	/* Above this a response's producer waits. */
	REQUEST_OUT_BYTES = 256 << 10,
};

/* What a protocol does for a request. */
struct request_carrier {
	/* Writes the head; `length` UINT64_MAX: not known. */
	void (*begin)(struct request *request, int status,
	    const struct http_field *fields, size_t n, uint64_t length);
	/* Queues bytes of the body. */
	void (*body)(struct request *request, struct slice bytes);
	/* Sends what there is room for of request->steady, the rest later. */
	void (*steady)(struct request *request);
	void (*end)(struct request *request);
	/* Cuts the response off, so that the client sees it is not whole. */
	void (*abort)(struct request *request);
	/* The application has used body bytes that it was given. */
	void (*used)(struct request *request, size_t bytes);
	/* It holds some that it can't use yet: no more, or go on. */
	void (*pause)(struct request *request, bool on);
	/* Bytes of the response that wait to leave. */
	size_t (*waiting)(const struct request *request);
};

enum request_state {
	REQUEST_HEAD,   /* not dispatched */
	REQUEST_BODY,   /* its body is coming */
	REQUEST_DOING,  /* its resource is at work */
	REQUEST_ANSWER, /* the response has begun */
	REQUEST_DONE,
};

struct request {
	struct front *front;
	struct conn *conn;
	const struct request_carrier *carrier;
	uint64_t number; /* the request id of log lines and errors */
	enum request_state state;
	struct arena arena;
	struct arena *answers; /* where those to its calls go; NULL: its own */
	struct http_head head; /* slices in the arena */
	const struct route *route;
	struct slice rest; /* of the path, behind the route's */
	/* The secret that it came with, or empty; checked by core alone. */
	struct slice bearer;
	bool by_cookie;    /* which a browser sends by itself */
	struct slice link; /* it is below /link/SESSION: that; or empty */
	enum origin origin;
	struct buf body; /* of routes that want it whole */
	uint64_t body_bytes;
	bool body_done;      /* all of it came */
	bool body_ignored;   /* answered before it came */
	bool head_only;      /* HEAD: no body leaves */
	bool extended;       /* CONNECT of HTTP/2 for a WebSocket (RFC 8441) */
	bool upgraded;       /* what comes is on_body's, until the end */
	bool gone;           /* the client went away, or has its response */
	bool released;       /* its memory goes at the end of the round */
	unsigned cause;      /* CAUSE_*, where its client can't say; or 0 */
	unsigned calls;      /* of it that core has not answered */
	unsigned kept_calls; /* of it that core keeps for a repeat */
	uint64_t sent;       /* bytes of the response's body */
	/* Of the body, what has not left: it stays where it is, in `assets`. */
	struct slice steady;
	struct assets *assets; /* held until the request goes; or NULL */

	/* The resource's. */
	void *app;
	void (*on_body)(struct request *request, struct slice bytes);
	void (*on_body_end)(struct request *request, int code);
	void (*on_room)(struct request *request); /* more may be queued */
	void (*on_gone)(struct request *request); /* the client went away */

	/* The carrier's. */
	int32_t h2_stream;
	struct buf out; /* HTTP/2: body bytes that wait */
	size_t out_sent;
	bool out_ended, out_deferred, chunked;
	struct request *next; /* of the connection */
	struct loop_task release;
};

/* ---- for carriers
 * -------------------------------------------------------------- */

/* A request with nothing in it, or NULL. */
struct request *
request_new(struct conn *conn, const struct request_carrier *carrier);

/* The head is complete: finds its resource, which may answer at once. */
void request_dispatch(struct request *request);

/*
 * Body bytes, and their end: 0, E_SHORT where the client sends no more, or
 * E_SYNTAX where what it sends can't be read.
 */
void request_take_body(struct request *request, struct slice bytes);
void request_end_body(struct request *request, int code);

/* There is room for more of the response. */
void request_room(struct request *request);

/* The client went away. */
void request_lost(struct request *request);

/* Freed once nothing of it is under way. */
void request_release(struct request *request);

/* ---- for resources
 * --------------------------------------------------------------- */

/* A response in one. Security headers are added to each. */
void respond(
    struct request *request, int status, struct slice type, struct slice body);

/* One with fields of its own. `length` UINT64_MAX: not known yet. */
void respond_begin(struct request *request, int status,
    const struct http_field *fields, size_t n, uint64_t length);
/*
 * The request becomes a stream of bytes both ways: on_body, on_body_end and
 * on_gone are set. It ends by respond_end or respond_abort.
 */
void respond_upgrade(
    struct request *request, const struct http_field *fields, size_t n);
void respond_body(struct request *request, struct slice bytes);
/*
 * The whole body, and its end: bytes that stay where they are, for good or with
 * request->assets. They are copied only as fast as the client takes them.
 */
void respond_steady(struct request *request, struct slice bytes);
void respond_end(struct request *request);
void respond_abort(struct request *request);

/* Bytes that may be queued before on_room should be waited for. */
size_t respond_space(const struct request *request);

/* An error as problem+json (RFC 9457), with the request's number. */
void respond_error(struct request *request, int code);
void respond_status(struct request *request, int status, const char *text);

/* 401 for who came without a credential, counted: no operation will be. */
void respond_stranger(struct request *request);

/* 403 for what another origin's page sent, counted. */
void respond_forged(struct request *request);

/*
 * The cookie that holds a session on the request's listener. Of a link's it is
 * another one, which the browser sends to that link's paths alone, so that
 * whoever is signed in stays so.
 */
struct slice request_cookie_name(const struct request *request, bool links);

/* The operational log's id of the request. */
void request_id_text(const struct request *request, char ret_text[24]);

#endif
