/*
 * What is read of requests beside their grammar: addresses behind proxies,
 * paths, conditions and ranges, pages, queries; and of core's answers.
 */
#include "unit.h"

#include <stdio.h>

#include "base/encode.h"
#include "front/answer.h"
#include "front/asked.h"
#include "front/cookie.h"
#include "front/files/path.h"
#include "front/forwarded.h"
#include "front/origin.h"
#include "front/plan.h"
#include "front/query.h"

static struct http_head
head_with(const char *name, const char *value)
{
	struct http_head head = {.method = HTTP_METHOD_GET};

	if (value != NULL)
		head.fields[head.n_fields++] =
		    (struct http_field){slice_str(name), slice_str(value)};
	return head;
}

/* ---- addresses ---------------------------------------------------------- */

static const char proxies[] = "10.0.0.1  10.0.0.2 fd00::1";

static void
expect_client(const struct http_head *head, const char *peer,
    const char *address, bool claimed)
{
	struct forwarded client;

	forwarded_client(head, slice_str(peer), slice_str(proxies), &client);
	assert_string_equal(client.address, address);
	assert_int_equal(client.claimed, claimed);
}

static void
test_forwarded(void **state UNUSED)
{
	static const struct {
		const char *peer, *field, *address;
		bool claimed;
	} cases[] = {
	    {"10.0.0.1", NULL, "10.0.0.1", false},
	    {"10.0.0.1", "", "10.0.0.1", false},
	    {"10.0.0.1", "192.0.2.7", "192.0.2.7", true},
	    {"10.0.0.1", " 192.0.2.7\t", "192.0.2.7", true},
	    /* Only what a proxy has appended is believed. */
	    {"10.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7", true},
	    {"10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7", true},
	    {"10.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.2,10.0.0.1",
		"192.0.2.7", true},
	    {"10.0.0.1", "10.0.0.2", "10.0.0.2", true},
	    {"10.0.0.1", "192.0.2.7, ,", "192.0.2.7", true},
	    /* Whoever is no proxy speaks for itself. */
	    {"192.0.2.1", "192.0.2.7", "192.0.2.1", false},
	    {"10.0.0.11", "192.0.2.7", "10.0.0.11", false},
	    /* What is no address says nothing. */
	    {"10.0.0.1", "unknown", "10.0.0.1", false},
	    {"10.0.0.1", "192.0.2.7, 192.0.2.999", "10.0.0.1", false},
	    {"10.0.0.1", "192.0.2.7, x, 10.0.0.2", "10.0.0.2", true},
	    {"10.0.0.1", "192.0.2.7:80", "10.0.0.1", false},
	    {"10.0.0.1", "0300.0.2.7", "10.0.0.1", false},
	    /* One address has one form. */
	    {"fd00::1", "2001:DB8:0:0::0007", "2001:db8::7", true},
	    {"fd00::1", "192.0.2.7, FD00:0:0::1", "192.0.2.7", true},
	    {"fd00::1", "[2001:db8::7]", "fd00::1", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_head head =
		    head_with("X-Forwarded-For", cases[i].field);

		expect_client(
		    &head, cases[i].peer, cases[i].address, cases[i].claimed);
	}
}

/* A proxy may add a field of its own behind the one that its client sent. */
static void
test_forwarded_fields(void **state UNUSED)
{
	struct http_head head = head_with("x-forwarded-for", "198.51.100.1");

	head.fields[head.n_fields++] =
	    (struct http_field){SLICE("X-Forwarded-For"), SLICE("192.0.2.7")};
	expect_client(&head, "10.0.0.1", "192.0.2.7", true);
	head.fields[head.n_fields++] =
	    (struct http_field){SLICE("x-forwarded-for"), SLICE("10.0.0.2")};
	expect_client(&head, "10.0.0.1", "192.0.2.7", true);
	head.fields[1].value = SLICE("10.0.0.1");
	expect_client(&head, "10.0.0.1", "198.51.100.1", true);
}

/* Cut anywhere and with any bit turned over: an address, or the proxy's. */
static void
test_forwarded_damaged(void **state UNUSED)
{
	char text[] = "198.51.100.1, 2001:db8::7,10.0.0.2";
	struct http_head head = head_with("x-forwarded-for", text);
	struct forwarded client, again;

	for (size_t i = 0; i <= 9 * strlen(text); i++) {
		size_t n = i % 9 == 8 ? i / 9 : strlen(text);

		if (i % 9 < 8)
			text[i / 9] = (char)(text[i / 9] ^ 1 << i % 9);
		head.fields[0].value = slice_of(text, n);
		forwarded_client(
		    &head, SLICE("10.0.0.1"), slice_str(proxies), &client);
		if (i % 9 < 8)
			text[i / 9] = (char)(text[i / 9] ^ 1 << i % 9);
		/* What was told is an address in its one form. */
		forwarded_client(
		    &head, slice_str(client.address), SLICE_NONE, &again);
		assert_string_equal(client.address, again.address);
		assert_true(client.address[0] != '\0');
	}
}

/* ---- cookies ------------------------------------------------------------- */

static void
test_cookies(void **state UNUSED)
{
	static const struct {
		const char *field, *value; /* NULL: none */
		int code;
	} cases[] = {
	    {NULL, NULL, 0},
	    {"", NULL, 0},
	    {"ours=abc", "abc", 0},
	    {"a=b; ours=abc; c=d", "abc", 0},
	    {"a=b;ours=abc", "abc", 0},
	    {"\tours=abc ", "abc", 0},
	    {"ours=a=b", "a=b", 0},
	    /* Others' are passed over, whatever they are. */
	    {"a; =b; \"q\"=\"; ours=abc; \xff", "abc", 0},
	    {"yours=abc; ours2=abc; OURS=abc", NULL, 0},
	    {"=ours=abc", NULL, 0},
	    {"ours=abc; ours=abc", NULL, E_SYNTAX},
	    {"ours=abc; a=b; ours=d", NULL, E_SYNTAX},
	    {"ours", NULL, E_SYNTAX},
	    {"ours=", NULL, E_SYNTAX},
	    {"ours =abc", NULL, E_SYNTAX},
	    {"ours= abc", NULL, E_SYNTAX},
	    {"ours=\"abc\"", NULL, E_SYNTAX},
	    {"ours=a b", NULL, E_SYNTAX},
	    {"ours=a,b", NULL, E_SYNTAX},
	    {"ours=a\\b", NULL, E_SYNTAX},
	    {"ours=\xc3\xa9", NULL, E_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_head head = head_with("cookie", cases[i].field);
		struct slice value = SLICE("untouched");
		int r = cookie_get(&head, SLICE("ours"), &value);

		assert_int_equal(r, cases[i].code);
		if (r < 0)
			assert_true(slice_eq(value, SLICE("untouched")));
		else if (cases[i].value == NULL)
			assert_null(value.p);
		else
			assert_true(slice_eq(value, slice_str(cases[i].value)));
	}
}

/* HTTP/2 splits them; one that stands twice is still one too many. */
static void
test_cookie_fields(void **state UNUSED)
{
	struct http_head head = head_with("cookie", "a=b");
	struct slice value;

	head.fields[head.n_fields++] =
	    (struct http_field){SLICE("Cookie"), SLICE("ours=abc")};
	assert_int_equal(cookie_get(&head, SLICE("ours"), &value), 0);
	assert_true(slice_eq(value, SLICE("abc")));
	head.fields[head.n_fields++] =
	    (struct http_field){SLICE("cookie"), SLICE("ours=abc")};
	assert_int_equal(cookie_get(&head, SLICE("ours"), &value), E_SYNTAX);
}

static void
test_cookie_limit(void **state UNUSED)
{
	char text[5 + COOKIE_VALUE_MAX + 2] = "ours=";
	struct http_head head;
	struct slice value;

	memset(text + 5, 'x', COOKIE_VALUE_MAX);
	head = head_with("cookie", text);
	assert_int_equal(cookie_get(&head, SLICE("ours"), &value), 0);
	assert_int_equal(value.n, COOKIE_VALUE_MAX);
	text[5 + COOKIE_VALUE_MAX] = 'x';
	head = head_with("cookie", text);
	assert_int_equal(cookie_get(&head, SLICE("ours"), &value), E_SYNTAX);
}

/* ---- origins ------------------------------------------------------------- */

static void
test_origins(void **state UNUSED)
{
	static const struct {
		const char *origin, *site;
		bool plain;
		enum origin is;
	} cases[] = {
	    {NULL, NULL, false, ORIGIN_UNTOLD},
	    {NULL, "same-origin", false, ORIGIN_OWN},
	    {NULL, "none", false, ORIGIN_UNTOLD},
	    {NULL, "same-site", false, ORIGIN_FOREIGN},
	    {NULL, "cross-site", false, ORIGIN_FOREIGN},
	    {NULL, "", false, ORIGIN_FOREIGN},
	    {"https://office.example:444", NULL, false, ORIGIN_OWN},
	    {"https://office.example:444", "same-origin", false, ORIGIN_OWN},
	    /* A proxy before us has other ports. */
	    {"https://office.example", NULL, false, ORIGIN_OWN},
	    {"https://office.example:8443", NULL, false, ORIGIN_OWN},
	    {"HTTPS://Office.Example", NULL, false, ORIGIN_OWN},
	    {"http://office.example:444", NULL, false, ORIGIN_FOREIGN},
	    {"https://office.example:445", NULL, false, ORIGIN_FOREIGN},
	    {"https://office.example:4444", NULL, false, ORIGIN_FOREIGN},
	    {"https://office.example.evil", NULL, false, ORIGIN_FOREIGN},
	    {"https://office.example:444/", NULL, false, ORIGIN_FOREIGN},
	    {"https://evil.office.example", NULL, false, ORIGIN_FOREIGN},
	    {"null", NULL, false, ORIGIN_FOREIGN},
	    {"", NULL, false, ORIGIN_FOREIGN},
	    {"null", "same-origin", false, ORIGIN_FOREIGN},
	    {"https://office.example", "cross-site", false, ORIGIN_FOREIGN},
	    /* The plain listener is an origin of its own. */
	    {"http://office.example:444", NULL, true, ORIGIN_OWN},
	    {"https://office.example:444", NULL, true, ORIGIN_FOREIGN},
	    {"https://office.example", NULL, true, ORIGIN_FOREIGN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_head head = head_with("origin", cases[i].origin);

		head.authority = SLICE("office.example:444");
		if (cases[i].site != NULL)
			head.fields[head.n_fields++] = (struct http_field){
			    SLICE("Sec-Fetch-Site"), slice_str(cases[i].site)};
		assert_int_equal(origin_of(&head, cases[i].plain,
				     SLICE("office.example"), 8443),
		    cases[i].is);
	}
}

static void
test_origin_twice(void **state UNUSED)
{
	struct http_head head = head_with("origin", "https://a");

	head.authority = SLICE("a");
	assert_int_equal(origin_of(&head, false, SLICE("a"), 0), ORIGIN_OWN);
	head.fields[head.n_fields++] = head.fields[0];
	assert_int_equal(
	    origin_of(&head, false, SLICE("a"), 0), ORIGIN_FOREIGN);
}

/* ---- paths -------------------------------------------------------------- */

static void
test_paths(void **state UNUSED)
{
	static const struct {
		const char *text, *all, *folder, *name;
		bool is_folder;
	} good[] = {
	    {"", "", "", "", true},
	    {"/", "", "", "", true},
	    {"a", "a", "", "a", false},
	    {"a/", "a", "", "a", true},
	    {"a/b", "a/b", "a", "b", false},
	    {"//a///b//", "a/b", "a", "b", true},
	    {"a/b%20c/d%C3%A9", "a/b c/d\xc3\xa9", "a/b c", "d\xc3\xa9", false},
	    /* Not for here to judge: names are core's. */
	    {"../%2e%2E", "../..", "..", "..", false},
	    {"a+b", "a+b", "", "a+b", false},
	};
	static const char *const bad[] = {
	    "a%2Fb", "%2f", "a/b%2f/c", "%", "a/%1", "%zz", "%00", "a/%00b"};
	struct arena arena = {NULL};
	struct file_path path;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(
		    file_path_parse(slice_str(good[i].text), &arena, &path), 0);
		assert_true(slice_eq(path.all, slice_str(good[i].all)));
		assert_true(slice_eq(path.folder, slice_str(good[i].folder)));
		assert_true(slice_eq(path.name, slice_str(good[i].name)));
		assert_int_equal(path.is_folder, good[i].is_folder);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    file_path_parse(slice_str(bad[i]), &arena, &path),
		    E_SYNTAX);
	arena_free(&arena);
}

static void
test_path_limit(void **state UNUSED)
{
	struct arena arena = {NULL};
	struct buf text = BUF(4 * FILE_PATH_MAX);
	struct file_path path;

	for (size_t i = 0; i < FILE_PATH_MAX / 2 - 1; i++)
		buf_put_str(&text, "%41/");
	buf_put_str(&text, "bc");
	assert_int_equal(file_path_parse(buf_slice(&text), &arena, &path), 0);
	assert_int_equal(path.all.n, FILE_PATH_MAX);
	buf_put_str(&text, "d");
	assert_int_equal(
	    file_path_parse(buf_slice(&text), &arena, &path), E_LIMIT);
	buf_free(&text);
	arena_free(&arena);
}

/* ---- conditions and ranges ---------------------------------------------- */

#define ETAG "\"v1\""

static void
test_plan(void **state UNUSED)
{
	static const struct {
		const char *names[2], *values[2];
		int status;
		uint64_t first, end;
	} cases[] = {
	    {{NULL}, {NULL}, 200, 0, 100},
	    {{"range"}, {"bytes=0-0"}, 206, 0, 1},
	    {{"range"}, {"bytes=-1"}, 206, 99, 100},
	    {{"range"}, {"bytes=100-"}, 416, 0, 0},
	    {{"range"}, {"bytes=0-1,3-4"}, 200, 0, 100},
	    {{"range", "if-range"}, {"bytes=0-0", ETAG}, 206, 0, 1},
	    {{"range", "if-range"}, {"bytes=0-0", "\"v2\""}, 200, 0, 100},
	    {{"range", "if-range"}, {"bytes=0-0", "W/" ETAG}, 200, 0, 100},
	    {{"if-match"}, {ETAG}, 200, 0, 100},
	    {{"if-match"}, {"*"}, 200, 0, 100},
	    {{"if-match"}, {"\"v2\""}, 412, 0, 0},
	    {{"if-match"}, {"W/" ETAG}, 412, 0, 0},
	    {{"if-match"}, {""}, 412, 0, 0},
	    {{"if-none-match"}, {"W/" ETAG}, 304, 0, 0},
	    {{"if-none-match"}, {"\"v2\""}, 200, 0, 100},
	    {{"if-modified-since"}, {"Thu, 01 Jan 1970 00:00:07 GMT"}, 304, 0,
		0},
	    {{"if-modified-since"}, {"Thu, 01 Jan 1970 00:00:06 GMT"}, 200, 0,
		100},
	    {{"if-modified-since"}, {"yesterday"}, 200, 0, 100},
	    /* The tag counts, whatever the time says. */
	    {{"if-none-match", "if-modified-since"},
		{"\"v2\"", "Thu, 01 Jan 1970 00:00:07 GMT"}, 200, 0, 100},
	    {{"if-match", "range"}, {"\"v2\"", "bytes=0-0"}, 412, 0, 0},
	    {{"if-none-match", "range"}, {ETAG, "bytes=0-0"}, 304, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_head head = head_with(NULL, NULL);
		struct plan plan;

		for (size_t k = 0; k < 2 && cases[i].names[k] != NULL; k++)
			head.fields[head.n_fields++] =
			    (struct http_field){slice_str(cases[i].names[k]),
				slice_str(cases[i].values[k])};
		plan = plan_make(&head, SLICE(ETAG), 7000, 100);
		assert_int_equal(plan.status, cases[i].status);
		assert_int_equal(plan.first, cases[i].first);
		assert_int_equal(plan.end, cases[i].end);
		assert_int_equal(
		    plan.body, plan.status == 200 || plan.status == 206);
	}
}

/* HEAD has no ranges (RFC 9110, 14.2), and nothing is no range of nothing. */
static void
test_plan_edges(void **state UNUSED)
{
	struct http_head head = head_with("range", "bytes=0-0");
	struct plan plan = plan_make(&head, SLICE(ETAG), 0, 0);

	assert_int_equal(plan.status, 416);
	head.method = HTTP_METHOD_HEAD;
	plan = plan_make(&head, SLICE(ETAG), 0, 100);
	assert_int_equal(plan.status, 200);
	assert_int_equal(plan.end, 100);
}

/* ---- conditions of a change --------------------------------------------- */

#define VERSION "\"v0123456789abc\""

static void
test_conditions(void **state UNUSED)
{
	static const struct {
		const char *names[2], *values[2];
		int r;
		const char *sets; /* replace, version, exists, modified */
	} cases[] = {
	    {{NULL}, {NULL}, 0, "r"},
	    {{"if-match"}, {VERSION}, 0, "rv"},
	    {{"if-match"}, {"*"}, 0, "re"},
	    {{"if-none-match"}, {"*"}, 0, ""},
	    {{"chancery-modified"}, {"1700000000000"}, 0, "rm"},
	    {{"if-match", "if-none-match"}, {VERSION, "*"}, 0, "v"},
	    {{"chancery-modified"}, {"yesterday"}, E_INVALID, ""},
	    {{"chancery-modified"}, {"-1"}, E_INVALID, ""},
	    /* What isn't understood is not passed over. */
	    {{"if-match"}, {""}, E_CONFLICT, ""},
	    {{"if-match"}, {"\""}, E_CONFLICT, ""},
	    {{"if-match"}, {"\"\""}, E_CONFLICT, ""},
	    {{"if-match"}, {"W/" VERSION}, E_CONFLICT, ""},
	    {{"if-match"}, {VERSION ", " VERSION}, E_CONFLICT, ""},
	    {{"if-match"}, {"v0123456789abc"}, E_CONFLICT, ""},
	    {{"if-match"}, {"\"v0123456789abc"}, E_CONFLICT, ""},
	    {{"if-match"}, {"\"v0123456789abcX"}, E_CONFLICT, ""},
	    {{"if-match"}, {"\"f0123456789abc\""}, E_CONFLICT, ""}, /* a file */
	    {{"if-match", "if-match"}, {VERSION, VERSION}, E_CONFLICT, ""},
	    {{"if-none-match"}, {VERSION}, E_CONFLICT, ""},
	    {{"if-none-match"}, {"*, " VERSION}, E_CONFLICT, ""},
	    {{"if-none-match", "if-none-match"}, {"*", VERSION}, E_CONFLICT,
		""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_head head = head_with(NULL, NULL);
		struct file_create create = {.has_name = false};

		for (size_t k = 0; k < 2 && cases[i].names[k] != NULL; k++)
			head.fields[head.n_fields++] =
			    (struct http_field){slice_str(cases[i].names[k]),
				slice_str(cases[i].values[k])};
		assert_int_equal(asked_conditions(&head, &create), cases[i].r);
		if (cases[i].r < 0)
			continue;
		assert_int_equal(
		    create.replace, strchr(cases[i].sets, 'r') != NULL);
		assert_int_equal(
		    create.has_if_version, strchr(cases[i].sets, 'v') != NULL);
		assert_int_equal(
		    create.has_modified, strchr(cases[i].sets, 'm') != NULL);
		assert_int_equal(
		    create.if_exists, strchr(cases[i].sets, 'e') != NULL);
	}
}

static void
test_types(void **state UNUSED)
{
	static const struct {
		const char *query;
		bool wanted;
	} cases[] = {
	    {"", true},
	    {"types=*", true},
	    {"types=FileNode", true},
	    {"types=Mailbox,FileNode", true},
	    {"types=FileNode%2CMailbox", true},
	    {"ping=0&types=FileNode,", true},
	    {"types=", false},
	    {"types=,", false},
	    {"types=Mailbox", false},
	    {"types=FileNodes,File,filenode", false},
	    {"types=FileNode%20", false},
	    {"types=%zz,FileNode", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
		    asked_type(slice_str(cases[i].query), SLICE("FileNode")),
		    cases[i].wanted);
}

/* ---- pages, and where a stream goes on ---------------------------------- */

static int
page(const char *query, struct folder_list *ret_list)
{
	static struct arena arena;

	*ret_list = (struct folder_list){.has_limit = false};
	arena_reset(&arena);
	return asked_page(slice_str(query), &arena, ret_list);
}

static void
test_page(void **state UNUSED)
{
	static const char *const bad[] = {"limit=501", "limit=", "limit=-1",
	    "limit=1&limit=1", "limit=%", "after=a",
	    "after=YWI=&after=YWI=", "after=Y_I="};
	struct folder_list list;

	assert_int_equal(page("", &list), 0);
	assert_false(list.has_limit || list.has_after);
	assert_int_equal(page("x=y&after=YWI%3D&limit=500", &list), 0);
	assert_true(list.has_limit && list.has_after);
	assert_int_equal(list.limit, 500);
	assert_true(slice_eq(list.after, SLICE("ab")));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(page(bad[i], &list) < 0);
}

static void
test_last_event(void **state UNUSED)
{
	static const char *const bad[] = {
	    "9223372036854775808", "-1", "1 ", "0x1", "one"};
	struct http_head head = head_with(NULL, NULL);
	uint64_t number = 7;

	assert_int_equal(asked_last_event(&head, &number), 0);
	assert_int_equal(number, 7);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		head = head_with("Last-Event-ID", bad[i]);
		assert_true(asked_last_event(&head, &number) < 0);
		assert_int_equal(number, 7);
	}
	head = head_with("Last-Event-ID", "9223372036854775807");
	assert_int_equal(asked_last_event(&head, &number), 1);
	assert_int_equal(number, INT64_MAX);
	head = head_with("Last-Event-ID", "0");
	assert_int_equal(asked_last_event(&head, &number), 1);
	assert_int_equal(number, 0);
}

/* ---- core's answers ----------------------------------------------------- */

static void
test_answers(void **state UNUSED)
{
	/* [[0, [[0, {1: 2}], [3]]], [17, []]] */
	const struct slice all =
	    SLICE("\x82\x82\x00\x82\x82\x00\xa1\x01\x02\x81\x03\x82\x11\x80");
	struct call_answer *answers = NULL;
	struct arena arena = {NULL};
	struct buf many = BUF(1024);
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(
		    answers_read(slice_first(all, i), &arena, &answers, &n),
		    E_GRAMMAR);
	assert_int_equal(n, 0);
	assert_int_equal(answers_read(all, &arena, &answers, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(answers[0].code, 0);
	assert_int_equal(answers[0].n, 2);
	assert_int_equal(answers[0].codes[0], 0);
	assert_true(slice_eq(answers[0].results[0], SLICE("\xa1\x01\x02")));
	assert_int_equal(answers[0].codes[1], -3);
	assert_int_equal(answers[0].results[1].n, 0);
	assert_int_equal(answers[1].code, -17);
	assert_int_equal(answers[1].n, 0);
	/* More operations than a call has, and an object of three parts. */
	buf_put_slice(&many, SLICE("\x98\x21"));
	for (size_t i = 0; i <= CALLS_OPS_MAX; i++)
		buf_put_slice(&many, SLICE("\x82\x00\x80"));
	assert_int_equal(
	    answers_read(buf_slice(&many), &arena, &answers, &n), E_GRAMMAR);
	assert_int_equal(answers_read(SLICE("\x81\x82\x00\x81\x83\x00\x00\x00"),
			     &arena, &answers, &n),
	    E_GRAMMAR);
	buf_free(&many);
	arena_free(&arena);
}

/* ---- queries ------------------------------------------------------------ */

static void
test_query(void **state UNUSED)
{
	static const struct {
		const char *query, *json;
	} good[] = {
	    {"", "{}"},
	    {"limit=20", "{\"limit\":20}"},
	    {"reverse=true", "{\"reverse\":true}"},
	    {"reverse=false", "{\"reverse\":false}"},
	    {"reverse=1", "{\"reverse\":\"1\"}"},
	    {"address=a%20b+c&nobody=1", "{\"address\":\"a b c\"}"},
	    {"operation=", "{\"operation\":\"\"}"},
	    /* For the binding to refuse. */
	    {"limit=x", "{\"limit\":\"x\"}"},
	    {"limit=-1", "{\"limit\":\"-1\"}"},
	};
	static const struct {
		const char *query;
		int code;
	} bad[] = {
	    {"limit=1&limit=2", E_SYNTAX},
	    {"address=%zz", E_SYNTAX},
	    {"address=%00", E_SYNTAX},
	    {"address=%ff", E_UTF8},
	    {"%=1", E_SYNTAX},
	};
	json_t *object = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char *text;

		assert_int_equal(query_object(slice_str(good[i].query),
				     &shape_log_search, &object),
		    0);
		text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, good[i].json);
		free(text);
		json_decref(object);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(query_object(slice_str(bad[i].query),
				     &shape_log_search, &object),
		    bad[i].code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forwarded),
	    cmocka_unit_test(test_forwarded_fields),
	    cmocka_unit_test(test_forwarded_damaged),
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_cookie_fields),
	    cmocka_unit_test(test_cookie_limit),
	    cmocka_unit_test(test_origins),
	    cmocka_unit_test(test_origin_twice),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_path_limit),
	    cmocka_unit_test(test_plan),
	    cmocka_unit_test(test_plan_edges),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_page),
	    cmocka_unit_test(test_last_event),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
