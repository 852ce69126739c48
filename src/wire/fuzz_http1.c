/*
 * Fuzzes HTTP/1.1: a connection's bytes, heads and bodies one behind the other,
 * given at once and in two pieces. Both ways must come to the same.
 */
#include <stdlib.h>

#include "wire/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 22 };

/* Low enough for inputs to reach them. */
static const struct http1_limits limits = {
    .max_head = 2048,
    .max_fields = 12,
    .max_target = 200,
};

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* A reader of a connection, and all that it read, as text. */
struct reader {
	struct http1_parser parser;
	struct http1_body body;
	bool in_body;
	bool failed;
	size_t at; /* bytes consumed */
	struct buf out;
};

static void
put_text(struct buf *out, struct slice s)
{
	buf_put_u64(out, s.n);
	buf_put_u8(out, s.p != NULL ? ':' : '-');
	buf_put_slice(out, s);
}

/* What must hold for a value, whatever its field. */
static void
try_helpers(struct slice value)
{
	char text[HTTP_DATE_BYTES];
	struct buf out = BUF(4096);
	struct http_range range;
	bool found = false;
	int64_t at;

	if (http_percent_decode(value, true, &out) == 0)
		require(out.n <= value.n &&
			slice_index(buf_slice(&out), 0) == out.n);
	else
		require(out.n == 0);
	buf_clear(&out);
	if (http_query_get(value, SLICE("a"), &out, &found) < 0 || !found)
		require(out.n == 0);
	if (http_range_parse(value, 1000, &range) == 0)
		require(range.first <= range.last && range.last < 1000);
	if (http_date_parse(value, &at) == 0) {
		http_date_format(at, text);
		require(slice_eq(value, slice_str(text)));
	}
	if (http_etag_match(value, SLICE("\"a\""), false))
		require(http_etag_match(value, SLICE("\"a\""), true));
	(void)http_media_type_ok(value);
	buf_free(&out);
}

static void
put_head(struct reader *reader, const struct http_head *head)
{
	struct buf *out = &reader->out;

	require(head->method != HTTP_METHOD_NONE && head->path.n > 0);
	require(!head->chunked || (!head->has_length && head->minor == 1));
	require(head->minor == 0 || http_authority_ok(head->authority));
	require(head->n_fields <= limits.max_fields);
	buf_printf(out, "head %d %d%d%d%d%d %llu ", (int)head->method,
	    head->minor, head->has_length, head->chunked, head->keep_alive,
	    head->expect_continue, (unsigned long long)head->content_length);
	put_text(out, head->method_name);
	put_text(out, head->path);
	put_text(out, head->query);
	put_text(out, head->authority);
	try_helpers(head->path);
	try_helpers(head->query);
	for (size_t i = 0; i < head->n_fields; i++) {
		put_text(out, head->fields[i].name);
		put_text(out, head->fields[i].value);
		require(head->fields[i].value.p != NULL);
		try_helpers(head->fields[i].value);
	}
}

/* One call of the parser that is at work; false where it needs more. */
static bool
read_one(struct reader *reader, struct slice in)
{
	struct slice piece = SLICE_NONE;
	enum parse_result r;
	struct http_head head = {.n_fields = 0};
	int status = 0;
	size_t n = 0;

	if (reader->in_body)
		r = http1_body_next(&reader->body, in, &piece, &n);
	else
		r = http1_head(&reader->parser, in, &head, &n, &status);
	require(n <= in.n && (r != PARSE_ERR || n == 0));
	reader->at += n;
	buf_put_slice(&reader->out, piece);
	if (r == PARSE_ERR) {
		buf_printf(&reader->out, "error %d", status);
		reader->failed = true;
	} else if (r == PARSE_DONE && !reader->in_body) {
		put_head(reader, &head);
		http1_body_start(&reader->body, &head);
		reader->in_body = true;
	} else if (r == PARSE_DONE) {
		buf_put_str(&reader->out, " whole ");
		reader->in_body = false;
	} else if (piece.n == 0) {
		require(n == (reader->in_body ? in.n : 0));
		return false;
	}
	return !reader->failed;
}

/* Gives the reader the connection's first n bytes, exactly. */
static void
read_up_to(struct reader *reader, const uint8_t *data, size_t n)
{
	size_t from = reader->at;
	uint8_t *copy = malloc(n > from ? n - from : 1);

	require(copy != NULL);
	if (n > from)
		memcpy(copy, data + from, n - from);
	while (!reader->failed &&
	       read_one(reader,
		   slice_of(copy + (reader->at - from), n - reader->at)))
		;
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader whole = {.out = BUF(OUT_MAX)};
	struct reader split = {.out = BUF(OUT_MAX)};
	uint32_t hash = 2166136261; /* FNV-1a: where to cut */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619;
	http1_init(&whole.parser, &limits);
	http1_init(&split.parser, &limits);
	read_up_to(&whole, data, size);
	read_up_to(&split, data, hash % (size + 1));
	read_up_to(&split, data, size);
	require(whole.out.error == split.out.error);
	if (whole.out.error == 0) {
		require(whole.failed == split.failed);
		/* A call that fails doesn't say how far it came. */
		require(whole.at == split.at || whole.failed);
		require(whole.in_body == split.in_body);
		require(slice_eq(buf_slice(&whole.out), buf_slice(&split.out)));
	}
	buf_free(&whole.out);
	buf_free(&split.out);
	return 0;
}
