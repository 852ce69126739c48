/*
 * HTTP/1.1 requests (RFC 9112): the head, then the body, as bytes come in.
 *
 * What two programs read in two ways is how requests are smuggled, so this
 * reads one way only, and refuses more than the RFC asks to. Every error ends
 * the connection: where the next request would begin isn't known any more.
 */
#ifndef WIRE_HTTP1_H
#define WIRE_HTTP1_H

#include "wire/http.h"
#include "wire/parse.h"

enum {
	HTTP1_SIZE_DIGITS = 16,       /* of a chunk's size */
	HTTP1_EXTENSION_MAX = 256,    /* bytes of one chunk's extensions */
	HTTP1_EXTENSIONS_MAX = 16384, /* bytes of a body's extensions */
	HTTP1_TRAILERS_MAX = 8192,    /* bytes of the trailer section */
};

struct http1_limits {
	size_t max_head; /* bytes, request line and last empty line included */
	size_t max_fields; /* at most HTTP_FIELDS_MAX */
	size_t max_target; /* bytes */
};

/* How far the head under way was looked at: all zero where a head begins. */
struct http1_scan {
	size_t at;      /* bytes looked at */
	size_t start;   /* of the request line: behind an empty line, or 0 */
	size_t line;    /* start of the line under way */
	size_t n_lines; /* that have ended */
	bool cr;        /* the last byte was CR */
	int error;      /* the status of the error found, or 0 */
};

struct http1_parser {
	struct http1_limits limits; /* permanent */
	struct http1_scan scan;     /* reset */
};

void http1_init(struct http1_parser *parser, const struct http1_limits *limits);

/* Forgets the head under way; the limits stay. */
void http1_reset(struct http1_parser *parser);

/*
 * Parses the head of a request. in is all that is unread, from the start of the
 * message on; after PARSE_MORE the same bytes and more. No byte is looked at
 * again before the head is whole, and no input above max_head is waited for.
 *
 * PARSE_DONE: ret_head points into in, ret_consumed bytes were the head, and
 * the parser is reset, for the head behind the body. PARSE_ERR: reterr_status
 * is what to answer (400, 414, 417, 431, 501, 505) before the connection ends.
 */
enum parse_result http1_head(struct http1_parser *parser, struct slice in,
    struct http_head *ret_head, size_t *ret_consumed, int *reterr_status);

enum http1_body_state {
	HTTP1_BODY_NONE,
	HTTP1_BODY_LENGTH,     /* in a body of known length */
	HTTP1_BODY_SIZE,       /* in the size of a chunk */
	HTTP1_BODY_EXTENSION,  /* in its extensions */
	HTTP1_BODY_SIZE_LF,    /* before the LF behind them */
	HTTP1_BODY_DATA,       /* in the data of a chunk */
	HTTP1_BODY_DATA_CR,    /* before the CR behind it */
	HTTP1_BODY_DATA_LF,    /* before the LF behind that */
	HTTP1_BODY_TRAILER,    /* at the start of a trailer line */
	HTTP1_BODY_NAME,       /* in the name of a trailer field */
	HTTP1_BODY_VALUE,      /* in its value */
	HTTP1_BODY_TRAILER_LF, /* before the LF behind it */
	HTTP1_BODY_END_LF,     /* before the last LF of all */
	HTTP1_BODY_DONE,
	HTTP1_BODY_FAILED,
};

struct http1_body {
	enum http1_body_state state;
	uint64_t left;     /* bytes to come of the body, or of the chunk */
	size_t digits;     /* of this chunk's size */
	size_t extension;  /* bytes of this chunk's extensions */
	size_t extensions; /* bytes of all extensions */
	size_t trailers;   /* bytes of the trailer section */
};

void http1_body_start(struct http1_body *body, const struct http_head *head);

/*
 * Gives the next piece of the body, a slice of in, which is what is unread.
 * ret_consumed is that and the framing before it.
 *
 * PARSE_DONE: the body is whole, with the piece given (maybe empty); what
 * follows is the next head. PARSE_MORE with a piece: call again with what
 * follows; with an empty piece: all of in was consumed, more is to come.
 * PARSE_ERR: the framing is broken, answer 400. Trailers are checked, then
 * dropped (RFC 9112, 7.1.2); the length of the data in all is the caller's to
 * limit.
 */
enum parse_result http1_body_next(struct http1_body *body, struct slice in,
    struct slice *ret_data, size_t *ret_consumed);

#endif
