/*
 * What the client reads of servers and files: streams, proofs, options, paths.
 * Streams come a byte at a time as well as whole, with one outcome.
 */
#include "unit.h"

#include "base/mem.h"

#include "cli/args.h"
#include "cli/diag.h"
#include "cli/format.h"
#include "cli/mirror_stream.h"
#include "cli/path.h"
#include "cli/proof.h"
#include "cli/sse.h"

enum { TEXT_MAX = 1 << 16 };

/* ---- server-sent events ------------------------------------------------- */

enum { LINE_MAX_BYTES = 32, DATA_MAX = 48 };

/* All events of a stream, so many bytes a call, as "[id|type|data]" each. */
static enum parse_result
read_sse(struct slice in, size_t step, struct buf *ret_text)
{
	enum parse_result r = PARSE_MORE;
	struct sse_event event;
	struct sse sse;

	sse_init(&sse, LINE_MAX_BYTES, DATA_MAX);
	while (in.n > 0 && r != PARSE_ERR) {
		struct slice part = slice_first(in, step);

		in = slice_from(in, part.n);
		while ((r = sse_next(&sse, &part, &event)) == PARSE_DONE) {
			buf_put_u8(ret_text, '[');
			buf_put_slice(ret_text, event.id);
			buf_put_u8(ret_text, '|');
			buf_put_slice(ret_text, event.type);
			buf_put_u8(ret_text, '|');
			buf_put_slice(ret_text, event.data);
			buf_put_u8(ret_text, ']');
		}
		assert_true(r == PARSE_ERR || part.n == 0);
	}
	sse_free(&sse);
	return r;
}

static void
expect_sse(struct slice in, enum parse_result result, const char *events)
{
	for (size_t step = 1; step <= in.n + 1; step++) {
		struct buf text = BUF(TEXT_MAX);

		assert_int_equal(read_sse(in, step, &text), result);
		assert_string_equal(text.n > 0 ? buf_cstr(&text) : "", events);
		buf_free(&text);
	}
}

static void
test_sse(void **state UNUSED)
{
	expect_sse(SLICE("data: a\n\n"), PARSE_MORE, "[||a]");
	expect_sse(SLICE("data:a\ndata:  b\n\n"), PARSE_MORE, "[||a\n b]");
	expect_sse(SLICE("id: 7\nevent: x\ndata\n\ndata: 2\n\n"), PARSE_MORE,
	    "[7|x|][7||2]");
	expect_sse(SLICE("data: a\r\n\r\ndata: b\r\rdata: c\n\r\n"), PARSE_MORE,
	    "[||a][||b][||c]");
	expect_sse(SLICE("\xef\xbb\xbf"
			 "data: a\n\n"),
	    PARSE_MORE, "[||a]");
	expect_sse(SLICE(": ping\n\nretry: 9\nfoo\n\nevent: x\n\ndata: a\n\n"),
	    PARSE_MORE, "[||a]");
	/* A NUL makes an id none. */
	expect_sse(SLICE("id: 1\nid: 2\0\ndata: a\n\n"), PARSE_MORE, "[1||a]");
	/* What has no end is no event. */
	expect_sse(SLICE("data: a\n"), PARSE_MORE, "");
	expect_sse(SLICE("data: a"), PARSE_MORE, "");
}

static void
test_sse_limits(void **state UNUSED)
{
	/* A line of 32 bytes, and one of 33. */
	expect_sse(SLICE("data: 89012345678901234567890123\n\n"), PARSE_MORE,
	    "[||89012345678901234567890123]");
	expect_sse(
	    SLICE("data: 8901234567890123456789012345\n\n"), PARSE_ERR, "");
	expect_sse(SLICE("data: 8901234567890123456\ndata: 890123456789012\n"
			 "data: 89012345678901\n\n"),
	    PARSE_ERR, "");
}

/* Every prefix is right so far, and tells no more than what is whole. */
static void
test_sse_cut(void **state UNUSED)
{
	static const char text[] = "id: 1\ndata: a\n\nid: 2\ndata: b\n\n";

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		expect_sse(slice_of(text, n), PARSE_MORE,
		    n < 15   ? ""
		    : n < 30 ? "[1||a]"
			     : "[1||a][2||b]");
}

/* A new connection: what was half there is gone, the last id is not. */
static void
test_sse_reset(void **state UNUSED)
{
	struct slice in = SLICE("id: 3\ndata: a\n"), rest = SLICE("\n"),
		     next = SLICE("data: b\n\n");
	struct sse_event event;
	struct sse sse;

	sse_init(&sse, LINE_MAX_BYTES, DATA_MAX);
	assert_int_equal(sse_next(&sse, &in, &event), PARSE_MORE);
	sse_reset(&sse);
	assert_int_equal(sse_next(&sse, &rest, &event), PARSE_MORE);
	assert_int_equal(sse_next(&sse, &next, &event), PARSE_DONE);
	assert_true(slice_eq(event.id, SLICE("3")));
	assert_true(slice_eq(event.data, SLICE("b")));
	sse_free(&sse);
}

/* ---- a mirror's stream -------------------------------------------------- */

static enum parse_result
read_mirror(struct slice in, size_t step, struct buf *ret_text)
{
	enum parse_result r = PARSE_MORE;
	struct mirror_stream stream;
	struct mirror_item item;

	mirror_stream_init(&stream);
	while (in.n > 0 && r != PARSE_ERR) {
		struct slice part = slice_first(in, step);

		in = slice_from(in, part.n);
		while ((r = mirror_stream_next(&stream, &part, &item)) ==
		       PARSE_DONE) {
			buf_printf(ret_text, "[%d %llu ", (int)item.kind,
			    (unsigned long long)item.number);
			buf_put_slice(ret_text, item.bytes);
			buf_put_u8(ret_text, ']');
		}
		assert_true(r == PARSE_ERR || part.n == 0);
	}
	if (r == PARSE_ERR) { /* and it stays one */
		struct slice more = SLICE("leaf 1 0\n\n");

		assert_int_equal(
		    mirror_stream_next(&stream, &more, &item), PARSE_ERR);
	}
	mirror_stream_free(&stream);
	return r;
}

static void
expect_mirror(struct slice in, enum parse_result result, const char *items)
{
	for (size_t step = 1; step <= in.n + 1; step++) {
		struct buf text = BUF(TEXT_MAX);

		assert_int_equal(read_mirror(in, step, &text), result);
		assert_string_equal(text.n > 0 ? buf_cstr(&text) : "", items);
		buf_free(&text);
	}
}

static void
test_mirror(void **state UNUSED)
{
	static const char *const bad[] = {
	    "leaf 1\n",
	    "leaf 1 \n",
	    "leaf  1 2\n",
	    "leaf 1 2 3\n",
	    "leaf 01 2\n",
	    "leaf 1 -2\n",
	    "leaf 1 65536\n",
	    "checkpoint 1 1048577\n",
	    "leaf 18446744073709551616 1\n",
	    "Leaf 1 1\n",
	    " leaf 1 1\n",
	    "leaf 1 1\r\n",
	    "leaf 1 1\nab",
	    "leaf 1 0\nx",
	    "\n",
	    /* No end of a line in sight. */
	    "checkpoint 18446744073709551615 184467440737095516151",
	};

	expect_mirror(SLICE("leaf 7 3\na\nb\ncheckpoint 8 2\nxy\n"), PARSE_MORE,
	    "[1 7 a\nb][2 8 xy]");
	expect_mirror(
	    SLICE("leaf 0 0\n\nleaf 1 1\nx\n"), PARSE_MORE, "[1 0 ][1 1 x]");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_mirror(slice_str(bad[i]), PARSE_ERR, "");
}

static void
test_mirror_cut(void **state UNUSED)
{
	static const char text[] = "leaf 7 3\nabc\ncheckpoint 8 1\nx\n";

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		expect_mirror(
		    slice_of(text, n), PARSE_MORE, n < 13 ? "" : "[1 7 abc]");
}

/* ---- proofs ------------------------------------------------------------- */

#define HASH "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define PROOF                                              \
	"c2sp.org/tlog-proof@v1\nindex 5\n" HASH "\n" HASH \
	"\n\nexample.org/log\n6\n" HASH "\n"

static void
test_proof(void **state UNUSED)
{
	static const char *const bad[] = {
	    "c2sp.org/tlog-proof@v2\nindex 5\n\nx",
	    "c2sp.org/tlog-proof@v1\n\nindex 5\n\nx",
	    "c2sp.org/tlog-proof@v1\nindex 05\n\nx",
	    "c2sp.org/tlog-proof@v1\nindex -1\n\nx",
	    "c2sp.org/tlog-proof@v1\nindex\n\nx",
	    "c2sp.org/tlog-proof@v1\nindex 5\nAAAA\n\nx",
	    "c2sp.org/tlog-proof@v1\nindex 5\n" HASH "A\n\nx",
	    "c2sp.org/tlog-proof@v1\nindex 5\n" HASH "\nx",
	    "c2sp.org/tlog-proof@v1\nextra x\n",
	};
	struct buf many = BUF(TEXT_MAX);
	struct proof proof;

	assert_int_equal(proof_parse(SLICE(PROOF), &proof), 0);
	assert_int_equal(proof.index, 5);
	assert_int_equal(proof.hashes.n, 2);
	assert_int_equal(proof.hashes.hash[1].b[31], 31);
	assert_true(slice_starts(proof.checkpoint, SLICE("example.org/log\n")));
	assert_int_equal(
	    proof_parse(SLICE("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n"
			      "\n"),
		&proof),
	    0);
	assert_int_equal(proof.hashes.n, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    proof_parse(slice_str(bad[i]), &proof), E_SYNTAX);

	/* No tree is as high. */
	buf_put_str(&many, "c2sp.org/tlog-proof@v1\nindex 0\n");
	for (size_t i = 0; i <= TREE_PROOF_MAX; i++)
		buf_put_str(&many, HASH "\n");
	buf_put_str(&many, "\nx");
	assert_int_equal(proof_parse(buf_slice(&many), &proof), E_SYNTAX);
	buf_free(&many);
}

/* Up to the empty line nothing may be missing, and no bit is without meaning.
 */
static void
test_proof_cut_and_flipped(void **state UNUSED)
{
	char text[] = PROOF;
	size_t head = (size_t)(strstr(text, "\n\n") - text) + 2;
	struct proof whole, proof;

	assert_int_equal(proof_parse(slice_str(text), &whole), 0);
	for (size_t n = 0; n < head; n++)
		assert_int_equal(
		    proof_parse(slice_of(text, n), &proof), E_SYNTAX);
	for (size_t i = 0; i < 8 * head; i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		if (proof_parse(slice_str(text), &proof) == 0)
			assert_true(proof.index != whole.index ||
				    proof.hashes.n != whole.hashes.n ||
				    memcmp(proof.hashes.hash, whole.hashes.hash,
					2 * SHA256_BYTES) != 0);
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
	}
}

/* ---- options and times -------------------------------------------------- */

static void
test_times(void **state UNUSED)
{
	static const int64_t now = INT64_C(1795356000000);
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
	    {"30s", INT64_C(1795356030000)},
	    {"2h", INT64_C(1795363200000)},
	    {"1w", INT64_C(1795960800000)},
	    {"100000d", INT64_C(1795356000000) + INT64_C(8640000000000)},
	    {"2026-11-22", INT64_C(1795305600000)},
	    {"2026-11-22T10:00", INT64_C(1795341600000)},
	    {"2026-11-22T10:00:07", INT64_C(1795341607000)},
	    {"2026-11-22 10:00:07Z", INT64_C(1795341607000)},
	    {"2026-11-22T10:00:07Z", INT64_C(1795341607000)},
	    {"2026-11-22T10:00:07.250Z", INT64_C(1795341607250)},
	};
	static const char *const bad[] = {"", "h", "2", "2y", "-2h", "100001d",
	    "2h ", "02h", "2026", "2026-11", "2026-11-31", "2026-02-29",
	    "2026-11-22T", "2026-11-22T24:00", "2026-11-22T10:60",
	    "2026-11-22x10:00", "2026-11-22T10:00:07+01:00", "now",
	    "2026-11-22T10:00:07.000000000000000000000Z"};
	int64_t ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(
		    args_time(slice_str(good[i].text), now, 1, &ms), 0);
		assert_true(ms == good[i].ms);
	}
	assert_int_equal(args_time(SLICE("30s"), now, -1, &ms), 0);
	assert_true(ms == now - 30000);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(args_time(slice_str(bad[i]), now, 1, &ms) < 0);
}

struct options {
	bool loud;
	const char *name;
	struct arg_number jobs;
	struct arg_time since;
};

static const struct arg option_rows[] = {
    {"loud", 'l', ARG_FLAG, NULL, "loud", offsetof(struct options, loud)},
    {"name", 'n', ARG_TEXT, "NAME", "name", offsetof(struct options, name)},
    {"jobs", 0, ARG_NUMBER, "N", "jobs", offsetof(struct options, jobs)},
    {"since", 0, ARG_SINCE, "TIME", "since", offsetof(struct options, since)},
};

/* Words apart by spaces, behind the command's name. */
static int
parse_words(const char *words, bool mixed, struct options *ret_options,
    int *ret_first, struct args_problem *reterr_problem)
{
	struct args table = {option_rows, ARRAY_SIZE(option_rows), ret_options};
	struct slice rest = slice_str(words), word;
	char *argv[16] = {mem_str(SLICE("x"))};
	int argc = 1, r;

	while (rest.n > 0) {
		(void)slice_cut(&rest, ' ', &word);
		argv[argc++] = mem_str(word);
	}
	*ret_options = (struct options){.loud = false};
	r = args_parse(&table, 1, mixed, argc, argv, ret_first, reterr_problem);
	/* The name points into argv: as far as tests ask, it is constant. */
	if (ret_options->name != NULL)
		ret_options->name =
		    strcmp(ret_options->name, "Ada") == 0 ? "Ada" : "other";
	for (int i = 0; i < argc; i++)
		mem_free(argv[i]);
	return r;
}

static void
test_options(void **state UNUSED)
{
	static const struct {
		const char *words, *why;
	} bad[] = {
	    {"--colour", "unknown option --colour"},
	    {"--louder", "did you mean --loud?"},
	    {"-x", "unknown option -x"},
	    {"-ln", "-n: wants a value"},
	    {"--name", "--name: wants a value"},
	    {"--name=", "--name: is empty"},
	    {"--loud=1", "takes no value"},
	    {"--jobs x", "--jobs: 'x' is no number"},
	    {"--jobs -1", "is no number"},
	    {"--jobs 9223372036854775808", "is no number"},
	    {"--since soon", "--since: 'soon' is no time"},
	};
	struct args_problem problem = {.text = ""};
	struct options options;
	int first = 0;

	assert_int_equal(parse_words("-l --name Ada --jobs=3 a -l", false,
			     &options, &first, &problem),
	    0);
	assert_true(options.loud && options.jobs.given && options.jobs.n == 3);
	assert_string_equal(options.name, "Ada");
	assert_false(options.since.given);
	assert_int_equal(first, 5);
	assert_int_equal(
	    parse_words("a -l b", true, &options, &first, &problem), 0);
	assert_true(options.loud);
	assert_int_equal(first, 2);
	assert_int_equal(
	    parse_words("-- -l", true, &options, &first, &problem), 0);
	assert_false(options.loud);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse_words(bad[i].words, false, &options,
				     &first, &problem),
		    E_INVALID);
		if (strstr(problem.text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].words, problem.text);
	}
}

/* ---- paths and text ----------------------------------------------------- */

static void
test_paths(void **state UNUSED)
{
	static const struct {
		const char *path, *clean, *escaped;
	} cases[] = {
	    {"", "", ""},
	    {"/", "", ""},
	    {"a", "a", "a"},
	    {"//a/./b//", "a/b", "a/b"},
	    {"a/../b", "a/../b", "a/%2E%2E/b"},
	    {"a b/c?d#e%", "a b/c?d#e%", "a%20b/c%3Fd%23e%25"},
	    {"\xc3\xa9~-._", "\xc3\xa9~-._", "%C3%A9~-._"},
	};
	struct id id;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf clean = BUF(100), escaped = BUF(100);

		path_put_clean(&clean, slice_str(cases[i].path));
		assert_string_equal(
		    clean.n > 0 ? buf_cstr(&clean) : "", cases[i].clean);
		path_put_escaped(&escaped, buf_slice(&clean));
		assert_string_equal(
		    escaped.n > 0 ? buf_cstr(&escaped) : "", cases[i].escaped);
		buf_free(&clean);
		buf_free(&escaped);
	}
	assert_true(slice_eq(path_name(SLICE("a/b")), SLICE("b")));
	assert_true(slice_eq(path_parent(SLICE("a/b")), SLICE("a")));
	assert_int_equal(path_parent(SLICE("b")).n, 0);
	assert_string_equal(path_media_type(SLICE("a.PNG")), "image/png");
	assert_string_equal(
	    path_media_type(SLICE(".png")), "application/octet-stream");
	assert_string_equal(
	    path_media_type(SLICE("")), "application/octet-stream");
	assert_true(path_is_node_id(SLICE("f0000000000000"), &id));
	assert_false(path_is_node_id(SLICE("p0000000000000"), &id));
	assert_false(path_is_node_id(SLICE("f000000000000"), &id));
}

/* Nothing of outside moves a terminal's cursor. */
static void
test_text(void **state UNUSED)
{
	static const struct {
		struct slice in;
		const char *out;
	} cases[] = {
	    {{(const uint8_t *)"a\x1b[2Jb", 6}, "a\xef\xbf\xbd[2Jb"},
	    {{(const uint8_t *)"a\nb\r\tc", 6}, "a\xef\xbf\xbd"
						"b\xef\xbf\xbd\xef\xbf\xbd"
						"c"},
	    {{(const uint8_t *)"\x7f\0", 2}, "\xef\xbf\xbd\xef\xbf\xbd"},
	    {{(const uint8_t *)"\xff", 1}, "\xef\xbf\xbd"},
	    {{(const uint8_t *)"\xc2\x9b", 2}, "\xef\xbf\xbd"},
	    {{(const uint8_t *)"\xe2\x80\xae", 3}, "\xef\xbf\xbd"},
	    {{(const uint8_t *)"\xc3\xa9", 2}, "\xc3\xa9"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = BUF(100);

		format_put_text(&text, cases[i].in);
		assert_string_equal(buf_cstr(&text), cases[i].out);
		buf_free(&text);
	}
}

static void
test_diag(void **state UNUSED)
{
	static const char *const bad[] = {
	    "", "\xff", "\xa1", "\xa1\x01", "\xa1\x01\x02\x03"};
	struct buf text = BUF(TEXT_MAX);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    diag_put_leaf(&text, slice_str(bad[i])), E_CORRUPT);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sse),
	    cmocka_unit_test(test_sse_limits),
	    cmocka_unit_test(test_sse_cut),
	    cmocka_unit_test(test_sse_reset),
	    cmocka_unit_test(test_mirror),
	    cmocka_unit_test(test_mirror_cut),
	    cmocka_unit_test(test_proof),
	    cmocka_unit_test(test_proof_cut_and_flipped),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_diag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
