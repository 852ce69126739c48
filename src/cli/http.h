/*
 * HTTP to one server, by libcurl's multi interface: requests side by side, over
 * HTTP/2 where the server speaks it, else over connections that are kept.
 *
 * Nothing is followed elsewhere, and the token goes to no other host: its
 * header points into the server's secret, and curl is never told to be verbose.
 */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "base/buf.h"
#include "cli/server.h"

struct http;
struct http_transfer;

enum { HTTP_HEADERS_MAX = 8, HTTP_ANSWER_MAX = 64 << 20 };

struct http_answer {
	/*
	 * 0 where the server answered in full, whatever that is. E_CLOSED: no
	 * connection, or it was lost; E_SHORT: lost amid the answer's body;
	 * E_TIMEOUT; E_CRYPTO: TLS; E_LIMIT: too much came; or the error of the
	 * call's own functions, or E_NOMEM.
	 */
	int error;
	int status;        /* of HTTP; 0: none came */
	bool connected;    /* the server was reached */
	bool http2;        /* that was spoken */
	uint64_t took_us;  /* from the request to the end of its answer */
	struct slice body; /* where the call has no `data` */
	const char *text;  /* curl's words about the error */
};

/* What a call's `data` may answer: these bytes again, once http_resume says so.
 */
enum { HTTP_PAUSE = 1 };

enum http_version {
	HTTP_BEST, /* over TLS HTTP/2, where the server speaks it */
	HTTP_1,
};

/* A request. What it points to is the caller's until `done`. */
struct http_call {
	const char *method; /* a constant */
	const char *path;   /* escaped, with its query */
	/* "name: value", beside what each request has. */
	const char *header[HTTP_HEADERS_MAX];
	size_t n_headers;
	bool bare; /* the server's token isn't among them */
	enum http_version version;

	struct slice body; /* or, where body_size is not 0, by `read` */
	uint64_t body_size;
	/* 0 or an error, with up to max bytes at that offset in *ret_n. */
	int (*read)(
	    void *arg, uint64_t offset, uint8_t *to, size_t max, size_t *ret_n);

	/* Given the body of a success as it comes; 0 or an error that ends it.
	 */
	int (*data)(
	    void *arg, struct http_transfer *transfer, struct slice bytes);
	/* Given each line of the answer's head, as it comes. */
	void (*line)(void *arg, struct slice line);
	uint64_t
	    idle_ms; /* without a byte either way; 0: as long as it takes */
	void (*done)(void *arg, const struct http_answer *answer);
	void *arg;
};

/*
 * The server must outlive it. `connections`: at most so many, 0: as HTTP/2
 * wants it. E_NOMEM.
 */
int http_new(
    const struct server *server, size_t connections, struct http **ret_http);
void http_free(struct http **http); /* with requests under way: dropped */

/* Begins a request; `done` is called later, once. E_NOMEM. */
int http_start(struct http *http, const struct http_call *call);

/* Lets go on what its `data` has paused. */
void http_resume(struct http *http);

/* Drops the requests with that argument: their `done` isn't called. */
void http_drop(struct http *http, const void *arg);

/* What requests from now on say that they come from. */
void http_set_agent(struct http *http, const char *agent);

/* How many are under way. */
size_t http_active(const struct http *http);

/* Waits at most so long for something to happen, and does it. E_IO. */
int http_step(struct http *http, uint64_t ms);

/* One request, to its end. What *ret_answer names lives until the next one. */
void http_do(struct http *http, const struct http_call *call,
    struct http_answer *ret_answer);

/* A header of the answer so far; NULL: it has none of that name. */
const char *http_header(struct http_transfer *transfer, const char *name);

/*
 * True where sending the same again may help: the server is busy or starting,
 * or nobody knows what became of it.
 */
bool http_may_repeat(const struct http_answer *answer);

#endif
