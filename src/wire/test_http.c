/* Unit tests of HTTP: the parser of HTTP/1.1, and what HTTP/2 shares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/http1.h"

#define TEXT(s) s, sizeof(s) - 1

static const struct http1_limits limits = {
    .max_head = 16384,
    .max_fields = 16,
    .max_target = 2048,
};

/* Exactly as large as the text, so that ASan sees a read past it. */
static struct slice
copy_of(struct slice s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	assert_non_null(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

static void
copy_free(struct slice s)
{
	union {
		const uint8_t *in;
		void *out;
	} p = {.in = s.p};

	free(p.out);
}

struct answer {
	enum parse_result result;
	struct slice copy; /* what head points into */
	struct http_head head;
	size_t consumed;
	int status;
};

static struct answer
head_of(struct http1_parser *parser, struct slice in)
{
	struct answer a = {.copy = copy_of(in)};

	a.result = http1_head(parser, a.copy, &a.head, &a.consumed, &a.status);
	return a;
}

/* The head of a message: all at once, and byte by byte, with one answer. */
static struct answer
head_both_ways(const struct http1_limits *with, struct slice in)
{
	struct http1_parser parser;
	struct answer a, b = {.result = PARSE_MORE};
	size_t n = 0;

	http1_init(&parser, with);
	a = head_of(&parser, in);
	http1_init(&parser, with);
	for (; n <= in.n && b.result == PARSE_MORE; n++) {
		copy_free(b.copy);
		b = head_of(&parser, slice_first(in, n));
	}
	assert_int_equal(a.result, b.result);
	assert_int_equal(a.status, b.status);
	assert_int_equal(a.consumed, b.consumed);
	if (a.result == PARSE_DONE) {
		assert_int_equal(a.consumed, n - 1);
		assert_int_equal(a.head.n_fields, b.head.n_fields);
		assert_int_equal(a.head.content_length, b.head.content_length);
		assert_true(slice_eq(a.head.path, b.head.path));
		assert_true(slice_eq(a.head.query, b.head.query));
		assert_true(slice_eq(a.head.authority, b.head.authority));
		for (size_t i = 0; i < a.head.n_fields; i++) {
			assert_true(slice_eq(
			    a.head.fields[i].value, b.head.fields[i].value));
			assert_non_null(a.head.fields[i].value.p);
		}
	}
	copy_free(b.copy);
	if (a.result == PARSE_ERR) { /* and it stays one */
		b = head_of(&parser, in);
		assert_int_equal(b.result, PARSE_ERR);
		assert_int_equal(b.status, a.status);
		copy_free(b.copy);
	}
	return a;
}

/* A body, at most step bytes a call: its result, data and consumed bytes. */
static enum parse_result
body_in_steps(const struct http_head *head, struct slice in, size_t step,
    struct buf *ret_data, size_t *ret_consumed)
{
	enum parse_result r = PARSE_MORE;
	struct http1_body body;
	size_t at = 0, offered = 0;

	http1_body_start(&body, head);
	while (r == PARSE_MORE && (at < in.n || offered == 0)) {
		struct slice data, copy;
		size_t n = 0;

		copy = copy_of(slice_first(slice_from(in, at), step));
		offered++;
		r = http1_body_next(&body, copy, &data, &n);
		if (r != PARSE_ERR) {
			buf_put_slice(ret_data, data);
			if (r == PARSE_MORE && data.n == 0)
				assert_int_equal(n, copy.n);
			at += n;
		}
		copy_free(copy);
	}
	*ret_consumed = at;
	return r;
}

static enum parse_result
body_both_ways(const struct http_head *head, struct slice in,
    struct buf *ret_data, size_t *ret_consumed)
{
	enum parse_result r;
	struct buf data = BUF(ret_data->max);
	size_t n;

	r = body_in_steps(head, in, SIZE_MAX, ret_data, ret_consumed);
	assert_int_equal(body_in_steps(head, in, 1, &data, &n), r);
	assert_true(slice_eq(buf_slice(&data), buf_slice(ret_data)));
	if (r == PARSE_DONE)
		assert_int_equal(n, *ret_consumed);
	buf_free(&data);
	return r;
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct good {
	const char *text;
	size_t n;
	const char *path;
	const char *query;
	const char *authority;
	enum http_method method;
	int minor;
	bool keep_alive;
	const char *body; /* decoded; what follows it is "REST" */
};

static const struct good good[] = {
    {TEXT(GET "\r\nREST"), "/", "", "a", HTTP_METHOD_GET, 1, true, ""},
    {TEXT("\r\n" GET "\r\nREST"), "/", "", "a", HTTP_METHOD_GET, 1, true, ""},
    {TEXT("HEAD /a%20b/?x=1&y=?/ HTTP/1.1\r\nhOST:a:8443\r\n\r\nREST"),
	"/a%20b/", "x=1&y=?/", "a:8443", HTTP_METHOD_HEAD, 1, true, ""},
    {TEXT("PUT //b/ HTTP/1.1\r\nHost:\t [::1]:1 \t\r\nContent-Length: "
	  "3\r\n\r\nabcREST"),
	"//b/", "", "[::1]:1", HTTP_METHOD_PUT, 1, true, "abc"},
    {TEXT("DELETE /x? HTTP/1.0\r\n\r\nREST"), "/x", "", NULL,
	HTTP_METHOD_DELETE, 0, false, ""},
    {TEXT("PATCH / HTTP/1.0\r\nConnection: keep-alive\r\nHost: 1.2.3.4\r\n"
	  "Content-Length: 0\r\n\r\nREST"),
	"/", "", "1.2.3.4", HTTP_METHOD_PATCH, 0, false, ""},
    {TEXT("OPTIONS * HTTP/1.9\r\nHost: a\r\n\r\nREST"), "*", "", "a",
	HTTP_METHOD_OPTIONS, 1, true, ""},
    {TEXT("get / HTTP/1.1\r\nHost: a\r\n\r\nREST"), "/", "", "a",
	HTTP_METHOD_OTHER, 1, true, ""},
    {TEXT("GET http://A.b HTTP/1.1\r\nHost: a.B\r\n\r\nREST"), "/", "", "a.B",
	HTTP_METHOD_GET, 1, true, ""},
    {TEXT("GET HTTPS://a:1?q=http://x/ HTTP/1.1\r\nHost: a:1\r\n\r\nREST"), "/",
	"q=http://x/", "a:1", HTTP_METHOD_GET, 1, true, ""},
    {TEXT("GET https://a/b?c HTTP/1.0\r\n\r\nREST"), "/b", "c", "a",
	HTTP_METHOD_GET, 0, false, ""},
    {TEXT(GET "Connection: Upgrade, ,\tClOsE ,\r\nUpgrade: h2c\r\n\r\nREST"),
	"/", "", "a", HTTP_METHOD_GET, 1, false, ""},
    {TEXT("GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\nREST"), "/",
	"", "a", HTTP_METHOD_GET, 1, false, ""},
    {TEXT(GET "Content-Length: 1\r\n\r\nxREST"), "/", "", "a", HTTP_METHOD_GET,
	1, true, "x"},
    {TEXT(GET "Connection: x-close\r\nConnection: TE\r\n\r\nREST"), "/", "",
	"a", HTTP_METHOD_GET, 1, true, ""},
    {TEXT(GET "X-Empty:\r\nX-Blank: \t \r\nX: a \t\xc3\xa9 b \r\n\r\nREST"),
	"/", "", "a", HTTP_METHOD_GET, 1, true, ""},
    {TEXT(GET "Content-Length: 5\r\n\r\nhelloREST"), "/", "", "a",
	HTTP_METHOD_GET, 1, true, "hello"},
    {TEXT(CHUNKED "0\r\n\r\nREST"), "/", "", "a", HTTP_METHOD_POST, 1, true,
	""},
    {TEXT(POST "transfer-encoding:\tCHUNKED\r\n\r\n5\r\nhello\r\n"
	       "00000000000000aB\r\n"
	       "0123456789012345678901234567890123456789012345678901234567"
	       "0123456789012345678901234567890123456789012345678901234567"
	       "0123456789012345678901234567890123456789012345678901234"
	       "\r\n000\r\n\r\nREST"),
	"/", "", "a", HTTP_METHOD_POST, 1, true,
	"hello"
	"0123456789012345678901234567890123456789012345678901234567"
	"0123456789012345678901234567890123456789012345678901234567"
	"0123456789012345678901234567890123456789012345678901234"},
    {TEXT(CHUNKED "1;a=b; c=\"d;\xc3\xa9\"\t\r\nx\r\n1;\r\n\r\r\n0;z\r\n"
		  "Content-Length: 10\r\nTransfer-Encoding: x\r\nA:\r\n"
		  "\r\nREST"),
	"/", "", "a", HTTP_METHOD_POST, 1, true, "x\r"},
    {TEXT(CHUNKED "6\r\n0\r\n\r\nG\r\n0\r\n\r\nREST"), "/", "", "a",
	HTTP_METHOD_POST, 1, true, "0\r\n\r\nG"},
};

static void
test_good(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct good *g = &good[i];
		struct slice in = slice_of(g->text, g->n);
		struct buf data = BUF(4096);
		size_t n = 0;
		struct answer a = head_both_ways(&limits, in);

		assert_int_equal(a.result, PARSE_DONE);
		assert_int_equal(a.head.method, g->method);
		assert_int_equal(a.head.minor, g->minor);
		assert_true(slice_eq(a.head.path, slice_str(g->path)));
		assert_true(slice_eq(a.head.query, slice_str(g->query)));
		assert_true(
		    slice_eq(a.head.authority, slice_str(g->authority)));
		assert_true(
		    (a.head.authority.p == NULL) == (g->authority == NULL));
		assert_true(a.head.keep_alive == g->keep_alive);
		assert_true(
		    a.head.has_length ==
		    (http_field(&a.head, SLICE("Content-Length")).p != NULL));
		in = slice_from(in, a.consumed);
		assert_int_equal(
		    body_both_ways(&a.head, in, &data, &n), PARSE_DONE);
		assert_true(slice_eq(buf_slice(&data), slice_str(g->body)));
		assert_true(slice_eq(slice_from(in, n), SLICE("REST")));
		buf_free(&data);
		copy_free(a.copy);
	}
}

/* A body of known or unknown length is asked for as long as it isn't whole. */
static void
test_body_more(void **state UNUSED)
{
	struct slice in = SLICE("5;x\r\nhello\r\n0\r\nA: b\r\n\r\n");
	struct http_head head = {.chunked = true};
	struct buf data = BUF(100);
	size_t n;

	for (size_t i = 0; i < in.n; i++) {
		buf_clear(&data);
		assert_int_equal(
		    body_both_ways(&head, slice_first(in, i), &data, &n),
		    PARSE_MORE);
		assert_int_equal(n, i);
	}
	head = (struct http_head){.chunked = true};
	in = SLICE("1fffffffffffff\r\nhello");
	buf_clear(&data);
	assert_int_equal(body_both_ways(&head, in, &data, &n), PARSE_MORE);
	assert_true(slice_eq(buf_slice(&data), SLICE("hello")));
	head = (struct http_head){.content_length = HTTP_LENGTH_MAX};
	buf_clear(&data);
	assert_int_equal(body_both_ways(&head, in, &data, &n), PARSE_MORE);
	assert_int_equal(n, in.n);
	head = (struct http_head){.content_length = 0};
	buf_clear(&data);
	assert_int_equal(body_both_ways(&head, in, &data, &n), PARSE_DONE);
	assert_int_equal(n, 0);
	buf_free(&data);
}

static const struct {
	const char *text;
	size_t n;
	int status;
} bad[] = {
    /* lines: RFC 9112, 2.2 */
    {TEXT("\r\n\r\n" GET "\r\n"), 400},
    {TEXT("\n" GET "\r\n"), 400},
    {TEXT(" " GET "\r\n"), 400},
    {TEXT("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400},
    {TEXT(GET "\n"), 400},
    {TEXT(GET "\r\r\n"), 400},
    {TEXT(GET "X: a\rb\r\n\r\n"), 400},
    {TEXT(GET "X: a\r\r\n\r\n"), 400},
    {TEXT(GET "X: a\nContent-Length: 3\r\n\r\n"), 400},
    {TEXT("\x16\x03\x01\x02"), 400}, /* TLS */
    /* the request line: RFC 9112, 3 */
    {TEXT("GET /\r\n\r\n"), 400},
    {TEXT("GET\r\n\r\n"), 400},
    {TEXT("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / x HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\t\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT(" / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / http/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1,1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/+.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/:.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1./\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.:\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505},
    {TEXT("GET / HTTP/9.1\r\nHost: a\r\n\r\n"), 505},
    {TEXT("GET / HTTP/0.9\r\n\r\n"), 505},
    {TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505},
    {TEXT("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), 501},
    {TEXT("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 501},
    /* the target: RFC 9112, 3.2 */
    {TEXT("GET x HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET ?x HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /?x#y HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("OPTIONS *?x HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http:/a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http://a/ HTTP/1.1\r\n\r\n"), 400},
    {TEXT("GET http://a?x#y HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http://a/#y HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET http://a#y HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
    /* Host: RFC 9112, 3.2 */
    {TEXT("GET / HTTP/1.1\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400},
    /* fields: RFC 9112, 5 */
    {TEXT(GET "X : a\r\n\r\n"), 400},
    {TEXT(GET "X\t: a\r\n\r\n"), 400},
    {TEXT(GET " X: a\r\n\r\n"), 400},
    {TEXT(GET "X: a\r\n b\r\n\r\n"), 400},
    {TEXT(GET "X: a\r\n\tb: c\r\n\r\n"), 400},
    {TEXT("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400},
    {TEXT(GET "X\r\n\r\n"), 400},
    {TEXT(GET ": a\r\n\r\n"), 400},
    {TEXT(GET "X\0Y: a\r\n\r\n"), 400},
    {TEXT(GET "X: a\0b\r\n\r\n"), 400},
    {TEXT(GET "X: a\x0b\r\n\r\n"), 400},
    {TEXT(GET "X: \x7f\r\n\r\n"), 400},
    {TEXT(GET "\xc3\xa9: a\r\n\r\n"), 400},
    {TEXT(GET "X(: a\r\n\r\n"), 400},
    /* Content-Length: RFC 9112, 6.2 */
    {TEXT(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 3\r\ncontent-length: 4\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 3, 3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: +3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: -3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 0x3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 3 3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 3;\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 03\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 3.0\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: \"3\"\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: \xc2\xb3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length:\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 9007199254740992\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 18446744073709551619\r\n\r\n"), 400},
    {TEXT(POST "Content-Length : 3\r\n\r\n"), 400},
    {TEXT(POST "Content-Length: 3\r\n 4\r\n\r\n"), 400},
    /* Transfer-Encoding: RFC 9112, 6.1 */
    {TEXT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding: x\r\nContent-Length: 3\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding: chunked\r\n"
	       "Transfer-Encoding: chunked\r\n\r\n"),
	400},
    {TEXT(POST "Transfer-Encoding: chunked\r\n"
	       "Transfer-encoding: identity\r\n\r\n"),
	400},
    {TEXT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: chunked, identity\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: identity\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: xchunked\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: chunked;\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: ,chunked\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding:\r\n\r\n"), 501},
    {TEXT(POST "Transfer-Encoding: \x0b"
	       "chunked\r\n\r\n"),
	400},
    {TEXT(POST "Transfer-Encoding: chunked\0\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding : chunked\r\n\r\n"), 400},
    {TEXT(POST " Transfer-Encoding: chunked\r\n\r\n"), 400},
    {TEXT(POST "X: y\nTransfer-Encoding: chunked\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"), 400},
    {TEXT(POST "Transfer-Encoding\r\n : chunked\r\n\r\n"), 400},
    /* others */
    {TEXT(GET "Connection: (\r\n\r\n"), 400},
    {TEXT(GET "Connection: a,(\r\n\r\n"), 400},
    {TEXT(GET "Connection: clo se\r\n\r\n"), 400},
    {TEXT(GET "Connection: close;x\r\n\r\n"), 400},
    {TEXT(POST "Expect: 200-ok\r\n\r\n"), 417},
    {TEXT(POST "Expect:\r\n\r\n"), 417},
    {TEXT(POST "Expect: 100-continue, x\r\n\r\n"), 417},
    {TEXT(POST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), 417},
};

static void
test_bad(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct slice in = slice_of(bad[i].text, bad[i].n);
		struct answer a = head_both_ways(&limits, in);

		if (a.result != PARSE_ERR || a.status != bad[i].status)
			print_error("%s", bad[i].text);
		assert_int_equal(a.result, PARSE_ERR);
		assert_int_equal(a.status, bad[i].status);
		copy_free(a.copy);
	}
}

static const struct {
	const char *text;
	size_t n;
} bad_chunks[] = {
    {TEXT("\r\n")},
    {TEXT(";x\r\n")},
    {TEXT("g\r\n")},
    {TEXT(" 5\r\n")},
    {TEXT("\t5\r\n")},
    {TEXT("+5\r\n")},
    {TEXT("-5\r\n")},
    {TEXT("0x5\r\n")},
    {TEXT("5 \r\n")},
    {TEXT("5 ;x\r\n")},
    {TEXT("5,\r\n")},
    {TEXT("5\n")},
    {TEXT("5\rhello")},
    {TEXT("5\r\r\n")},
    {TEXT("5\0\r\n")},
    {TEXT("5_0\r\n")},
    {TEXT("00000000000000005\r\n")}, /* 17 digits */
    {TEXT("10000000000000005\r\n")}, /* 5 in 64 bits */
    {TEXT("ffffffffffffffff\r\n")},
    {TEXT("20000000000000\r\n")}, /* 2^53 */
    {TEXT("5;a\nhello")},
    {TEXT("5;a\r0\r\n")},
    {TEXT("5;a\0\r\n")},
    {TEXT("5;a\x7f\r\n")},
    {TEXT("1\r\nx0\r\n\r\n")},
    {TEXT("1\r\nxx\r\n0\r\n\r\n")},
    {TEXT("1\r\nx\n0\r\n\r\n")},
    {TEXT("1\r\nx\r0\r\n\r\n")},
    {TEXT("0\n")},
    {TEXT("0\r\n\n")},
    {TEXT("0\r\n\r\r")},
    {TEXT("0\r\n: x\r\n\r\n")},
    {TEXT("0\r\nX\r\n\r\n")},
    {TEXT("0\r\nX : y\r\n\r\n")},
    {TEXT("0\r\n X: y\r\n\r\n")},
    {TEXT("0\r\nX: y\r\n z\r\n\r\n")},
    {TEXT("0\r\nX: y\n\r\n")},
    {TEXT("0\r\nX: y\r\r\n\r\n")},
    {TEXT("0\r\nX: \0\r\n\r\n")},
    {TEXT("0\r\nGET / HTTP/1.1\r\n\r\n")},
};

static void
test_bad_chunks(void **state UNUSED)
{
	struct http_head head = {.chunked = true};
	struct buf data = BUF(100);
	struct http1_body body;
	enum parse_result r;
	struct slice piece;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(bad_chunks); i++) {
		struct slice in = slice_of(bad_chunks[i].text, bad_chunks[i].n);

		buf_clear(&data);
		r = body_both_ways(&head, in, &data, &n);
		if (r != PARSE_ERR)
			print_error("%s", bad_chunks[i].text);
		assert_int_equal(r, PARSE_ERR);
	}
	/* An error stays one. */
	http1_body_start(&body, &head);
	assert_int_equal(
	    http1_body_next(&body, SLICE("x"), &piece, &n), PARSE_ERR);
	assert_int_equal(
	    http1_body_next(&body, SLICE("0\r\n\r\n"), &piece, &n), PARSE_ERR);
	buf_free(&data);
}

static void
put_many(struct buf *buf, size_t n, char c)
{
	while (n-- > 0)
		buf_put_u8(buf, (uint8_t)c);
}

/* A body of rounds chunks with extensions of n bytes, and a trailer section. */
static enum parse_result
body_of(size_t rounds, size_t extension, size_t trailer)
{
	struct http_head head = {.chunked = true};
	struct buf in = BUF(1 << 20), data = BUF(1 << 20);
	enum parse_result r;
	size_t n;

	for (size_t i = 0; i < rounds; i++) {
		buf_put_str(&in, "1");
		put_many(&in, extension, ';');
		buf_put_str(&in, "\r\nx\r\n");
	}
	buf_put_str(&in, "0\r\n");
	if (trailer > 0) {
		buf_put_str(&in, "X:");
		put_many(&in, trailer - 6, 'y');
		buf_put_str(&in, "\r\n");
	}
	buf_put_str(&in, "\r\n");
	r = body_both_ways(&head, buf_slice(&in), &data, &n);
	if (r == PARSE_DONE)
		assert_int_equal(data.n, rounds);
	buf_free(&in);
	buf_free(&data);
	return r;
}

static void
test_body_limits(void **state UNUSED)
{
	assert_int_equal(body_of(10000, 0, 0), PARSE_DONE);
	assert_int_equal(body_of(2, HTTP1_EXTENSION_MAX, 0), PARSE_DONE);
	assert_int_equal(body_of(1, HTTP1_EXTENSION_MAX + 1, 0), PARSE_ERR);
	assert_int_equal(body_of(HTTP1_EXTENSIONS_MAX, 1, 0), PARSE_DONE);
	assert_int_equal(body_of(HTTP1_EXTENSIONS_MAX + 1, 1, 0), PARSE_ERR);
	assert_int_equal(body_of(1, 0, HTTP1_TRAILERS_MAX), PARSE_DONE);
	assert_int_equal(body_of(1, 0, HTTP1_TRAILERS_MAX + 1), PARSE_ERR);
}

/* A request with a target, extra fields and a User-Agent of those sizes. */
static void
request_of(struct buf *buf, size_t target, size_t fields, size_t agent)
{
	buf_clear(buf);
	buf_put_str(buf, "GET /");
	put_many(buf, target - 1, 'a');
	buf_put_str(buf, " HTTP/1.1\r\nHost: a\r\n");
	for (size_t i = 1; i < fields; i++)
		buf_put_str(buf, "X: y\r\n");
	if (agent > 0) {
		buf_put_str(buf, "User-Agent: ");
		put_many(buf, agent, 'u');
		buf_put_str(buf, "\r\n");
	}
	buf_put_str(buf, "\r\n");
}

static int
status_of(const struct http1_limits *with, struct slice in)
{
	struct http1_parser parser;
	struct answer a;

	http1_init(&parser, with);
	a = head_of(&parser, in);
	copy_free(a.copy);
	return a.result == PARSE_DONE   ? 200
	       : a.result == PARSE_MORE ? 100
	                                : a.status;
}

static void
test_head_limits(void **state UNUSED)
{
	struct http1_limits with = limits;
	struct http1_parser parser;
	struct buf b = BUF(1 << 20);
	struct answer a;

	request_of(&b, limits.max_target, limits.max_fields, 0);
	with.max_head = b.n;
	assert_int_equal(status_of(&with, buf_slice(&b)), 200);
	a = head_both_ways(&with, buf_slice(&b));
	assert_int_equal(a.head.n_fields, limits.max_fields);
	assert_int_equal(a.head.path.n, limits.max_target);
	copy_free(a.copy);
	/* No byte above the limit is waited for. */
	with.max_head--;
	assert_int_equal(
	    status_of(&with, slice_first(buf_slice(&b), with.max_head)), 431);
	with.max_head = limits.max_target;
	assert_int_equal(
	    status_of(&with, slice_first(buf_slice(&b), with.max_head)), 414);
	assert_int_equal(
	    status_of(&with, slice_first(buf_slice(&b), with.max_head - 1)),
	    100);

	request_of(&b, limits.max_target + 1, 1, 0);
	assert_int_equal(status_of(&limits, buf_slice(&b)), 414);
	request_of(&b, 1, limits.max_fields + 1, 0);
	assert_int_equal(status_of(&limits, buf_slice(&b)), 431);
	/* The struct's own size is a limit too. */
	with = (struct http1_limits){65536, HTTP_FIELDS_MAX, 100};
	request_of(&b, 1, HTTP_FIELDS_MAX, 0);
	assert_int_equal(status_of(&with, buf_slice(&b)), 200);
	request_of(&b, 1, HTTP_FIELDS_MAX + 1, 0);
	assert_int_equal(status_of(&with, buf_slice(&b)), 431);

	request_of(&b, 1, 1, 50000);
	assert_int_equal(status_of(&limits, buf_slice(&b)), 431);
	http1_init(&parser, &with);
	a = head_of(&parser, buf_slice(&b));
	assert_int_equal(a.result, PARSE_DONE);
	assert_int_equal(http_field(&a.head, SLICE("user-agent")).n, 50000);
	copy_free(a.copy);
	buf_free(&b);
}

/*
 * Before the head is whole no byte is looked at twice: what was given is wiped
 * after each call, which a second look would find.
 */
static void
test_head_linear(void **state UNUSED)
{
	struct slice in = SLICE(GET "X: y\r\nContent-Length: 7\r\n\r\n");
	struct http1_parser parser;
	struct http_head head;
	size_t n = 0;
	uint8_t seen[100] = {0};
	int status = 0;

	http1_init(&parser, &limits);
	assert_true(in.n <= sizeof(seen));
	for (size_t i = 0; i + 1 < in.n; i++) {
		seen[i] = in.p[i];
		assert_int_equal(http1_head(&parser, slice_of(seen, i + 1),
				     &head, &n, &status),
		    PARSE_MORE);
		seen[i] = '\0';
	}
	assert_int_equal(
	    http1_head(&parser, in, &head, &n, &status), PARSE_DONE);
	assert_int_equal(head.content_length, 7);
	/* The same parser takes the next head. */
	assert_int_equal(
	    http1_head(&parser, in, &head, &n, &status), PARSE_DONE);
	assert_int_equal(n, in.n);
}

static void
test_head_fields(void **state UNUSED)
{
	struct slice in = SLICE("POST /?a HTTP/1.1\r\nHost: h\r\nA: 1\r\nb:\r\n"
				"a: 2\r\nExpect: 100-Continue\r\n"
				"Content-Length: 9007199254740991\r\n\r\n");
	struct answer a = head_both_ways(&limits, in);
	struct http1_parser parser;

	assert_int_equal(a.result, PARSE_DONE);
	assert_true(slice_eq(http_field(&a.head, SLICE("a")), SLICE("1")));
	assert_int_equal(http_field_count(&a.head, SLICE("A")), 2);
	assert_non_null(http_field(&a.head, SLICE("B")).p);
	assert_int_equal(http_field(&a.head, SLICE("B")).n, 0);
	assert_null(http_field(&a.head, SLICE("c")).p);
	assert_true(a.head.has_length);
	assert_false(a.head.chunked);
	assert_true(a.head.content_length == HTTP_LENGTH_MAX);
	assert_true(a.head.expect_continue);
	assert_true(slice_eq(a.head.method_name, SLICE("POST")));
	copy_free(a.copy);
	/* RFC 9110, 10.1.1: HTTP/1.0 has no expectations. */
	http1_init(&parser, &limits);
	a = head_of(&parser, SLICE("GET / HTTP/1.0\r\nExpect: x\r\n\r\n"));
	assert_int_equal(a.result, PARSE_DONE);
	assert_false(a.head.expect_continue);
	copy_free(a.copy);
	/* Outputs are written only on success, or only on failure. */
	http1_init(&parser, &limits);
	a = head_of(&parser, SLICE("GET / HTTP/1.1\r\n\r\n"));
	assert_int_equal(a.head.method, HTTP_METHOD_NONE);
	assert_int_equal(a.consumed, 0);
	copy_free(a.copy);
}

/* Every byte there is. */
static void
test_bytes(void **state UNUSED)
{
	static const char tokens[] = "!#$%&'*+-.^_`|~0123456789"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	struct buf b = BUF(1);

	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c, target[] = {byte, '/'};
		uint8_t upper[] = {
		    '%', digits[16 + c / 16], digits[16 + c % 16]};
		uint8_t lower[] = {'%', digits[c / 16], digits[c % 16]};
		bool visible = c > ' ' && c < 0x7f;

		assert_true(http_token_byte(byte) ==
			    (memchr(tokens, c, sizeof(tokens) - 1) != NULL));
		assert_true(
		    http_token_ok(slice_of(&byte, 1)) == http_token_byte(byte));
		assert_true(http_value_byte(byte) ==
			    (c == '\t' || c == ' ' || visible || c >= 0x80));
		assert_true(http_target_bytes_ok(slice_of(target, 2)) ==
			    (visible && c != '#'));
		assert_int_equal(
		    http_percent_decode(slice_of(upper, 3), false, &b),
		    c == 0 ? E_SYNTAX : 0);
		assert_true(c == 0 || b.p[0] == c);
		buf_clear(&b);
		assert_int_equal(
		    http_percent_decode(slice_of(lower, 3), false, &b),
		    c == 0 ? E_SYNTAX : 0);
		assert_true(c == 0 || b.p[0] == c);
		buf_clear(&b);
	}
	buf_free(&b);
}

static void
test_target(void **state UNUSED)
{
	struct http_head head = {.method = HTTP_METHOD_GET};

	assert_int_equal(http_target_parse(SLICE("/a?b?c"), &head), 0);
	assert_true(slice_eq(head.path, SLICE("/a")));
	assert_true(slice_eq(head.query, SLICE("b?c")));
	assert_int_equal(http_target_parse(SLICE(""), &head), E_SYNTAX);
	assert_int_equal(http_target_parse(SLICE("?x"), &head), E_SYNTAX);
	assert_int_equal(http_target_parse(SLICE("*"), &head), E_SYNTAX);
	assert_int_equal(http_target_parse(SLICE("/ "), &head), E_SYNTAX);
	assert_true(slice_eq(head.path, SLICE("/a")));
	head.method = HTTP_METHOD_OPTIONS;
	assert_int_equal(http_target_parse(SLICE("*"), &head), 0);
	assert_int_equal(http_method(SLICE("PATCH")), HTTP_METHOD_PATCH);
	assert_int_equal(http_method(SLICE("M-SEARCH")), HTTP_METHOD_OTHER);
	assert_int_equal(http_method(SLICE("")), HTTP_METHOD_NONE);
	assert_int_equal(http_method(SLICE("GET ")), HTTP_METHOD_NONE);
}

static void
test_authority(void **state UNUSED)
{
	static const char *const ok[] = {"a", "a-b.example", "a_b~", "a.",
	    "127.0.0.1:80", "[::1]", "[2001:db8::1]:65535", "[::ffff:1.2.3.4]",
	    "a:0"};
	static const char *const not_ok[] = {"", ":80", "a:", "a:65536",
	    "a:080", "a:+1", "a:1:1", "a b", "u@a", "a/", "a?", "a#", "a\\b",
	    "a,b", "a%2eb", "a\xc3\xa9", "[", "[]", "[::1", "::1", "[::1]a",
	    "[::1]:", "[1.2.3.4]", "[v1.x]", "[fe80::1%25eth0]", "[::1:2:]",
	    "[11111::]", "[::1]80", "a]", "*"};
	struct buf b = BUF(300);

	for (size_t i = 0; i < ARRAY_SIZE(ok); i++)
		assert_true(http_authority_ok(slice_str(ok[i])));
	for (size_t i = 0; i < ARRAY_SIZE(not_ok); i++)
		assert_false(http_authority_ok(slice_str(not_ok[i])));
	/* One byte more than the longest IPv6 address. */
	assert_false(http_authority_ok(
	    SLICE("[1111:1111:1111:1111:1111:1111:111.111.111.1111]")));
	assert_false(http_authority_ok(SLICE("[::1\0]")));
	assert_false(http_authority_ok(SLICE("a\0")));
	put_many(&b, HTTP_AUTHORITY_MAX, 'a');
	assert_true(http_authority_ok(buf_slice(&b)));
	put_many(&b, 1, 'a');
	assert_false(http_authority_ok(buf_slice(&b)));
	buf_free(&b);
}

static void
test_percent_decode(void **state UNUSED)
{
	static const char *const not_ok[] = {
	    "%", "%4", "a%4g", "%g4", "%%41", "%00", "x%0", "% 41", "%+1"};
	struct buf b = BUF(5);

	buf_put_str(&b, "p");
	for (size_t i = 0; i < ARRAY_SIZE(not_ok); i++)
		assert_int_equal(
		    http_percent_decode(slice_str(not_ok[i]), true, &b),
		    E_SYNTAX);
	assert_int_equal(http_percent_decode(SLICE("a\0"), true, &b), E_SYNTAX);
	assert_true(slice_eq(buf_slice(&b), SLICE("p")));
	assert_int_equal(http_percent_decode(SLICE("%2f+%fF"), true, &b), 0);
	assert_true(slice_eq(buf_slice(&b), SLICE("p/ \xff")));
	assert_int_equal(http_percent_decode(SLICE("+"), false, &b), 0);
	assert_true(slice_eq(buf_slice(&b), SLICE("p/ \xff+")));
	assert_int_equal(http_percent_decode(SLICE(""), false, &b), 0);
	buf_clear(&b);
	assert_int_equal(
	    http_percent_decode(SLICE("123456"), false, &b), E_LIMIT);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void
test_query_get(void **state UNUSED)
{
	struct slice query = SLICE("a=1&&b&%63+=%3d%26+&d=x=y&e=%zz&f=&f=");
	struct buf b = BUF(100);
	bool found = true;

	assert_int_equal(http_query_get(query, SLICE("x"), &b, &found), 0);
	assert_false(found);
	assert_int_equal(http_query_get(query, SLICE("a"), &b, &found), 0);
	assert_true(found);
	assert_int_equal(http_query_get(query, SLICE("b"), &b, &found), 0);
	assert_int_equal(http_query_get(query, SLICE("c "), &b, &found), 0);
	assert_int_equal(http_query_get(query, SLICE("d"), &b, &found), 0);
	assert_true(slice_eq(buf_slice(&b), SLICE("1=& x=y")));
	assert_int_equal(
	    http_query_get(query, SLICE("e"), &b, &found), E_SYNTAX);
	assert_int_equal(
	    http_query_get(query, SLICE("f"), &b, &found), E_SYNTAX);
	assert_int_equal(
	    http_query_get(SLICE("%=1"), SLICE("a"), &b, &found), E_SYNTAX);
	assert_true(slice_eq(buf_slice(&b), SLICE("1=& x=y")));
	assert_int_equal(
	    http_query_get(SLICE("x&y"), SLICE("y"), &b, &found), 0);
	assert_true(found);
	assert_int_equal(http_query_get(SLICE(""), SLICE("a"), &b, &found), 0);
	assert_false(found);
	buf_free(&b);
}

static void
test_range(void **state UNUSED)
{
	static const struct {
		const char *text;
		uint64_t size;
		int r;
		struct http_range range;
	} table[] = {
	    {"bytes=0-0", 10, 0, {0, 0}},
	    {"Bytes=2-5", 10, 0, {2, 5}},
	    {"bytes=2-", 10, 0, {2, 9}},
	    {"bytes=2-100", 10, 0, {2, 9}},
	    {"bytes=9-18446744073709551616", 10, 0, {9, 9}},
	    {"bytes=-3", 10, 0, {7, 9}},
	    {"bytes=-30", 10, 0, {0, 9}},
	    {"bytes=-99999999999999999999", 10, 0, {0, 9}},
	    {"bytes=10-", 10, E_RANGE, {0, 0}},
	    {"bytes=10-11", 10, E_RANGE, {0, 0}},
	    {"bytes=99999999999999999999-", 10, E_RANGE, {0, 0}},
	    {"bytes=-0", 10, E_RANGE, {0, 0}},
	    {"bytes=0-", 0, E_RANGE, {0, 0}},
	    {"bytes=-1", 0, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=5-4", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=0-1,3-4", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=0-1,", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=-", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=1", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes 1-2", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=+1-2", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=1--2", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes= 1-2", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"bytes=a-b", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"items=0-1", 10, HTTP_RANGE_IGNORE, {0, 0}},
	    {"", 10, HTTP_RANGE_IGNORE, {0, 0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct http_range range = {0, 0};

		assert_int_equal(http_range_parse(slice_str(table[i].text),
				     table[i].size, &range),
		    table[i].r);
		assert_int_equal(range.first, table[i].range.first);
		assert_int_equal(range.last, table[i].range.last);
	}
}

static void
test_date(void **state UNUSED)
{
	static const struct {
		int64_t at;
		const char *text;
	} table[] = {
	    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
	    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
	    {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
	    {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
	    {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
	    {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
	    {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
	    {-62167219200, "Sat, 01 Jan 0000 00:00:00 GMT"},
	};
	static const char *const not_ok[] = {"", "Sun, 06 Nov 1994 08:49:37 GM",
	    "Sun, 06 Nov 1994 08:49:37 GMT ", "Mon, 06 Nov 1994 08:49:37 GMT",
	    "Sun, 06 nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 24:49:37 GMT",
	    "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:60 GMT",
	    "Sun, 06 Nov 1994 08:49:3: GMT", "Thu, 29 Feb 2001 00:00:00 GMT",
	    "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
	    "Sun Nov  6 08:49:37 1994", "Sunday, 06-Nov-94 08:49:37 GMT",
	    "Sun, 06 Foo 1994 08:49:37 GMT"};
	char text[HTTP_DATE_BYTES];
	int64_t at = 7;

	for (size_t i = 0; i < ARRAY_SIZE(not_ok); i++)
		assert_int_equal(
		    http_date_parse(slice_str(not_ok[i]), &at), E_SYNTAX);
	assert_int_equal(at, 7);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		http_date_format(table[i].at, text);
		assert_string_equal(text, table[i].text);
		assert_int_equal(http_date_parse(slice_str(text), &at), 0);
		assert_int_equal(at, table[i].at);
	}
	/* Every day from 1600 to 2400, against the C library. */
	for (int64_t day = -135140; day < 157054; day++) {
		time_t t = day * 86400 + (day * 37 % 86400 + 86400) % 86400;
		char want[HTTP_DATE_BYTES];
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(want, sizeof(want),
				     "%a, %d %b %Y %H:%M:%S GMT", &tm),
		    29);
		http_date_format(t, text);
		assert_string_equal(text, want);
	}
	http_date_format(INT64_MAX, text);
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	http_date_format(INT64_MIN, text);
	assert_string_equal(text, "Sat, 01 Jan 0000 00:00:00 GMT");
}

static void
test_etag(void **state UNUSED)
{
	static const struct {
		const char *value;
		const char *etag;
		bool weakly;
		bool strongly;
	} table[] = {
	    {"*", "\"a\"", true, true},
	    {" * ", "W/\"a\"", true, true},
	    {"\"a\"", "\"a\"", true, true},
	    {"\"\"", "\"\"", true, true},
	    {"\"a\"", "\"A\"", false, false},
	    {"W/\"a\"", "\"a\"", true, false},
	    {"\"a\"", "W/\"a\"", true, false},
	    {"W/\"a\"", "W/\"a\"", true, false},
	    {"\"b\", \"a\"", "\"a\"", true, true},
	    {",\"b\",, W/\"x,y\" ,\t\"a\" ,", "\"a\"", true, true},
	    {"\"x,y\"", "\"x,y\"", true, true},
	    {"\"x,y\"", "\"y\"", false, false},
	    {"\"\xc3\xa9\"", "\"\xc3\xa9\"", true, true},
	    {"", "\"a\"", false, false},
	    {"a", "\"a\"", false, false},
	    {"\"a", "\"a\"", false, false},
	    {"\"a\" \"b\"", "\"a\"", false, false},
	    {"\"a\"\"b\"", "\"a\"", false, false},
	    {"\"a\", *", "\"a\"", false, false},
	    {"*, \"a\"", "\"a\"", false, false},
	    {"\"a\", b", "\"a\"", false, false},
	    {"w/\"a\"", "\"a\"", false, false},
	    {"W/ \"a\"", "\"a\"", false, false},
	    {"\"a b\"", "\"a b\"", false, false},
	    {"\"a\"", "a", false, false},
	    {"\"a\"", "\"a", false, false},
	    {"\"a\"", "\"a\"x", false, false},
	    {"\" \"", "\" \"", false, false},
	    {"\"\x7f\"", "\"\x7f\"", false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct slice value = slice_str(table[i].value);
		struct slice etag = slice_str(table[i].etag);

		assert_true(
		    http_etag_match(value, etag, true) == table[i].weakly);
		assert_true(
		    http_etag_match(value, etag, false) == table[i].strongly);
	}
}

static void
test_coding_weight(void **state UNUSED)
{
	static const struct {
		const char *value;
		unsigned br, gzip, identity;
	} table[] = {
	    {"gzip, deflate, br, zstd", 1000, 1000, 0},
	    {"GZip;Q=0.5 ,\tbr ; q=0.25", 250, 500, 0},
	    {"br;q=0, *;q=0.001", 0, 1, 1},
	    {"*", 1000, 1000, 1000},
	    {"identity;q=1.000,gzip;q=0.", 0, 0, 1000},
	    {",, gzip ,", 0, 1000, 0},
	    {"", 0, 0, 0},
	    {"brx, x-gzip", 0, 0, 0},
	    /* Malformed: then it says nothing. */
	    {"gzip;q=2", 0, 0, 0},
	    {"gzip;q=1.001", 0, 0, 0},
	    {"gzip;q=0.5000", 0, 0, 0},
	    {"gzip;q=-1", 0, 0, 0},
	    {"gzip;q", 0, 0, 0},
	    {"gzip;level=9", 0, 0, 0},
	    {"br, gz ip", 0, 0, 0},
	    {"br, \"gzip\"", 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct slice value = slice_str(table[i].value);

		assert_int_equal(
		    http_coding_weight(value, SLICE("br")), table[i].br);
		assert_int_equal(
		    http_coding_weight(value, SLICE("gzip")), table[i].gzip);
		assert_int_equal(http_coding_weight(value, SLICE("identity")),
		    table[i].identity);
	}
}

static void
test_media_type(void **state UNUSED)
{
	static const char *const ok[] = {"text/html", "TEXT/x-a+b.c",
	    "text/html;charset=utf-8", "text/html ; charset=\"utf-8\"",
	    "a/b;c=\"d;\\\"e f\"; g=h", "a/b;", "a/b;;c=d", "a/b;c=\"\""};
	static const char *const not_ok[] = {"", "text", "text/", "/html",
	    "text/html/x", "text /html", "text/ html", " text/html",
	    "text/html ", "text/html x", "text/html;charset", "text/html;=x",
	    "text/html;a=", "text/html;a=b c", "text/html;a =b",
	    "text/html;a= b", "text/html;a=\"b", "text/html;a=\"b\\",
	    "text/html;a=\"b\\\"", "text/html;a=\"b\"c", "text/html,a/b",
	    "text/html\r\nX: y", "text/html;a=\"\t\"", "text/h\xc3\xa9",
	    "text/html;a=\"\xc3\xa9\"", "text/html;a=\"\x7f\"", "*/*;q"};
	struct buf b = BUF(300);

	for (size_t i = 0; i < ARRAY_SIZE(ok); i++)
		assert_true(http_media_type_ok(slice_str(ok[i])));
	for (size_t i = 0; i < ARRAY_SIZE(not_ok); i++)
		assert_false(http_media_type_ok(slice_str(not_ok[i])));
	assert_false(http_media_type_ok(SLICE("a/b\0")));
	buf_put_str(&b, "a/");
	put_many(&b, HTTP_MEDIA_TYPE_MAX - 2, 'b');
	assert_true(http_media_type_ok(buf_slice(&b)));
	put_many(&b, 1, 'b');
	assert_false(http_media_type_ok(buf_slice(&b)));
	buf_free(&b);
}

static void
test_status_text(void **state UNUSED)
{
	assert_string_equal(http_status_text(200), "OK");
	assert_string_equal(http_status_text(507), "Insufficient Storage");
	assert_string_equal(http_status_text(299), "");
#define ERR(number, name, class, http, jmap, text) \
	assert_true(http_status_text(http)[0] != '\0');
#include "base/err.def"
#undef ERR
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_body_more),
	    cmocka_unit_test(test_bad_chunks),
	    cmocka_unit_test(test_body_limits),
	    cmocka_unit_test(test_head_limits),
	    cmocka_unit_test(test_head_linear),
	    cmocka_unit_test(test_head_fields),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_target),
	    cmocka_unit_test(test_authority),
	    cmocka_unit_test(test_percent_decode),
	    cmocka_unit_test(test_query_get),
	    cmocka_unit_test(test_range),
	    cmocka_unit_test(test_date),
	    cmocka_unit_test(test_etag),
	    cmocka_unit_test(test_coding_weight),
	    cmocka_unit_test(test_media_type),
	    cmocka_unit_test(test_status_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
