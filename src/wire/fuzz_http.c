/*
 * Fuzz target: the values of HTTP that both versions share. The first byte says
 * which one the rest is.
 */
#include "base/encode.h"
#include "wire/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 16 };

/* What was decoded, encoded byte by byte, is decoded to the same. */
static void
try_percent(struct slice in)
{
	for (int plus = 0; plus < 2; plus++) {
		struct buf out = BUF(OUT_MAX), escaped = BUF(3 * OUT_MAX),
			   again = BUF(OUT_MAX);

		if (http_percent_decode(in, plus != 0, &out) < 0) {
			BUG_ON(out.n != 0);
		} else {
			BUG_ON(out.n > in.n);
			BUG_ON(slice_index(buf_slice(&out), 0) < out.n);
			for (size_t i = 0; i < out.n; i++)
				buf_printf(&escaped, "%%%02x", out.p[i]);
			BUG_ON(http_percent_decode(
				   buf_slice(&escaped), false, &again) != 0);
			BUG_ON(!slice_eq(buf_slice(&out), buf_slice(&again)));
		}
		buf_free(&out);
		buf_free(&escaped);
		buf_free(&again);
	}
}

/* A parameter is found in the whole query exactly if it is in one pair of it.
 */
static void
try_query(struct slice in)
{
	struct slice rest = in, pair;
	struct buf whole = BUF(OUT_MAX), one = BUF(OUT_MAX);
	bool found = false, is = false;
	int r = http_query_get(in, SLICE("a"), &whole, &found);
	size_t times = 0;
	bool bad = false;

	while (rest.n > 0) {
		(void)slice_cut(&rest, '&', &pair);
		buf_clear(&one);
		is = false;
		if (http_query_get(pair, SLICE("a"), &one, &is) < 0) {
			bad = true;
			break;
		}
		times += is;
		if (r == 0 && is)
			BUG_ON(!slice_eq(buf_slice(&whole), buf_slice(&one)));
	}
	BUG_ON((r < 0) != (bad || times > 1));
	BUG_ON(r == 0 && found != (times == 1));
	BUG_ON((r < 0 || !found) && whole.n != 0);
	buf_free(&whole);
	buf_free(&one);
}

static void
try_range(struct slice in)
{
	static const uint64_t sizes[] = {0, 1, 1000, UINT64_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct http_range range = {7, 3};
		int r = http_range_parse(in, sizes[i], &range);

		BUG_ON(r != 0 && r != E_RANGE && r != HTTP_RANGE_IGNORE);
		BUG_ON(r != 0 && (range.first != 7 || range.last != 3));
		BUG_ON(r == 0 &&
		       (range.first > range.last || range.last >= sizes[i]));
	}
}

/* A time has one form: what is read is written as it came. */
static void
try_date(struct slice in)
{
	char text[HTTP_DATE_BYTES];
	int64_t at = 0;

	if (http_date_parse(in, &at) == 0) {
		http_date_format(at, text);
		BUG_ON(!slice_eq(in, slice_str(text)));
	}
	/* Any time can be told, and that can be read. */
	for (size_t i = 0; i < MIN(in.n, sizeof(at)); i++)
		at = (int64_t)((uint64_t)at << 8 | in.p[i]);
	http_date_format(at, text);
	BUG_ON(strlen(text) != HTTP_DATE_BYTES - 1);
	BUG_ON(http_date_parse(slice_str(text), &at) != 0);
}

static void
try_etag(struct slice in)
{
	struct slice tag = SLICE("\"a\""), weak = SLICE("W/\"a\"");

	BUG_ON(
	    http_etag_match(in, tag, false) && !http_etag_match(in, tag, true));
	BUG_ON(http_etag_match(in, weak, false) &&
	       !http_etag_match(in, SLICE("\"b\""), true) &&
	       !slice_eq(slice_trim(in), SLICE("*")));
	BUG_ON(
	    http_etag_match(in, tag, true) != http_etag_match(in, weak, true));
	/* Where it is a tag, it matches itself. */
	if (http_etag_match(SLICE("*"), in, true))
		BUG_ON(!http_etag_match(in, in, true));
}

static void
try_media_type(struct slice in)
{
	struct buf more = BUF(OUT_MAX);

	if (http_media_type_ok(in)) {
		BUG_ON(in.n < 3 || in.n > HTTP_MEDIA_TYPE_MAX);
		BUG_ON(slice_index(in, '/') == in.n);
		for (size_t i = 0; i < in.n; i++)
			BUG_ON(in.p[i] < ' ' || in.p[i] > '~');
		buf_put_slice(&more, in);
		buf_put_str(&more, ";a=b");
		BUG_ON(more.n <= HTTP_MEDIA_TYPE_MAX &&
		       !http_media_type_ok(buf_slice(&more)));
	}
	buf_free(&more);
}

/* Whether the whole of bytes is the head of a request that is taken. */
static bool
is_head(const struct buf *bytes)
{
	static const struct http1_limits limits = {
	    .max_head = OUT_MAX, .max_fields = 8, .max_target = OUT_MAX};
	struct http1_parser parser;
	struct http_head head;
	size_t n = 0;
	int status = 0;

	http1_init(&parser, &limits);
	return http1_head(&parser, buf_slice(bytes), &head, &n, &status) ==
	           PARSE_DONE &&
	       n == bytes->n;
}

/* Host and the absolute form take the same authorities, each alone and both. */
static void
try_authority(struct slice in)
{
	struct buf host = BUF(OUT_MAX), absolute = BUF(OUT_MAX);
	bool ok = http_authority_ok(in);

	buf_put_str(&host, "GET / HTTP/1.1\r\nHost:");
	buf_put_slice(&host, in);
	buf_put_str(&host, "\r\n\r\n");
	buf_put_str(&absolute, "GET http://");
	buf_put_slice(&absolute, in);
	buf_put_str(&absolute, "/ HTTP/1.1\r\nHost:");
	buf_put_slice(&absolute, in);
	buf_put_str(&absolute, "\r\n\r\n");
	BUG_ON(ok && !is_head(&host));
	BUG_ON(ok && !is_head(&absolute));
	/* Blanks around a value are not part of it. */
	BUG_ON(!ok && http_authority_ok(slice_trim(in)) == false &&
	       slice_index(in, '\r') == in.n && is_head(&host));
	buf_free(&host);
	buf_free(&absolute);
}

/* Path and query spell the target again. */
static void
try_target(struct slice in)
{
	struct http_head head = {.method = HTTP_METHOD_OPTIONS};
	struct buf again = BUF(OUT_MAX);

	if (http_target_parse(in, &head) == 0) {
		BUG_ON(head.path.n == 0);
		BUG_ON(
		    head.path.p[0] != '/' && !slice_eq(head.path, SLICE("*")));
		buf_put_slice(&again, head.path);
		if (head.path.n < in.n) {
			buf_put_u8(&again, '?');
			buf_put_slice(&again, head.query);
		}
		BUG_ON(!slice_eq(buf_slice(&again), in));
	}
	buf_free(&again);
}

static void
try_coding(struct slice in)
{
	unsigned weight = http_coding_weight(in, SLICE("gzip"));
	struct buf more = BUF(OUT_MAX);

	BUG_ON(weight > 1000);
	/* What else may come doesn't matter to it. */
	buf_put_slice(&more, in);
	buf_put_str(&more, ", br");
	BUG_ON(http_coding_weight(buf_slice(&more), SLICE("gzip")) != weight);
	buf_free(&more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct slice) = {try_percent, try_query,
	    try_range, try_date, try_etag, try_media_type, try_authority,
	    try_target, try_coding};

	/* A letter, so that seeds can be read: 'p' is the first. */
	if (size == 0 || size > OUT_MAX / 2 || data[0] < 'p' ||
	    data[0] - 'p' >= (int)ARRAY_SIZE(tries))
		return 0;
	tries[data[0] - 'p'](slice_of(data + 1, size - 1));
	return 0;
}
