/*
 * JMAP requests, as strangers send them: RFC 8620, 3.3 and 3.7.
 */
#include "unit.h"

#include <stdlib.h>

#include "base/base.h"
#include "front/jmap/parse.h"

enum { CALLS_MAX = 4 };

#define USING "\"using\":[\"urn:ietf:params:jmap:core\"]"
#define CALL "[\"Core/echo\",{\"a\":1},\"c0\"]"

static int
parse(struct slice body, struct jmap_problem *problem)
{
	json_t *root = NULL;
	int r = jmap_parse(body, CALLS_MAX, &root, problem);

	json_decref(root);
	return r;
}

static void
test_requests(void **state UNUSED)
{
	static const char *const good[] = {
	    "{" USING ",\"methodCalls\":[" CALL "]}",
	    "{" USING ",\"methodCalls\":[]}",
	    "{\"using\":[],\"methodCalls\":[],\"x\":null}",
	    "{" USING ",\"methodCalls\":[" CALL "," CALL "," CALL "," CALL "]}",
	};
	static const struct {
		const char *body;
		int code;
		const char *type;
	} bad[] = {
	    {"", E_SYNTAX, "notJSON"},
	    {"{", E_SYNTAX, "notJSON"},
	    {"{}x", E_SYNTAX, "notJSON"},
	    {"\"a\"", E_SYNTAX, "notJSON"},
	    {"{\"a\":1,\"a\":1}", E_SYNTAX, "notJSON"},
	    {"{\"a\":\"\\u0000\"}", E_SYNTAX, "notJSON"},
	    {"{\"a\":\"\xff\"}", E_SYNTAX, "notJSON"},
	    {"{\"a\":99999999999999999999}", E_SYNTAX, "notJSON"},
	    {"[]", E_INVALID, "notRequest"},
	    {"{}", E_INVALID, "notRequest"},
	    {"{" USING "}", E_INVALID, "notRequest"},
	    {"{" USING ",\"methodCalls\":{}}", E_INVALID, "notRequest"},
	    {"{" USING ",\"methodCalls\":[[]]}", E_INVALID, "notRequest"},
	    {"{" USING ",\"methodCalls\":[[1,{},\"a\"]]}", E_INVALID,
		"notRequest"},
	    {"{" USING ",\"methodCalls\":[[\"a\",[],\"a\"]]}", E_INVALID,
		"notRequest"},
	    {"{" USING ",\"methodCalls\":[[\"a\",{},1]]}", E_INVALID,
		"notRequest"},
	    {"{" USING ",\"methodCalls\":[[\"a\",{},\"b\",0]]}", E_INVALID,
		"notRequest"},
	    {"{\"using\":[1],\"methodCalls\":[]}", E_INVALID, "notRequest"},
	    {"{\"using\":[\"urn:x\"],\"methodCalls\":[]}", E_KIND,
		"unknownCapability"},
	    {"{" USING ",\"methodCalls\":[" CALL "," CALL "," CALL "," CALL
	     "," CALL "]}",
		E_LIMIT, "limit"},
	};
	struct jmap_problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(parse(slice_str(good[i]), &problem), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(
		    parse(slice_str(bad[i].body), &problem), bad[i].code);
		assert_string_equal(problem.type, bad[i].type);
		assert_true(problem.text[0] != '\0');
	}
}

/* Deeper than any reader goes: refused, and no stack is eaten. */
static void
test_deep(void **state UNUSED)
{
	enum { DEEP = 200000 };
	char *text = malloc(DEEP);
	struct jmap_problem problem;

	assert_non_null(text);
	memset(text, '[', DEEP);
	assert_int_equal(parse(slice_of(text, DEEP), &problem), E_SYNTAX);
	free(text);
}

/* No part of a request is one, and no bit is without meaning unseen. */
static void
test_cuts_and_flips(void **state UNUSED)
{
	char text[] = "{" USING ",\"methodCalls\":[" CALL "]}";
	struct jmap_problem problem;

	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(parse(slice_of(text, n), &problem), E_SYNTAX);
	for (size_t i = 0; i < 8 * strlen(text); i++) {
		int r;

		problem.type = NULL;
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		r = parse(slice_of(text, sizeof(text) - 1), &problem);
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		assert_true(r == 0 || problem.type != NULL);
	}
}

/* ---- references --------------------------------------------------------- */

/* What had been answered when the arguments are resolved. */
static const char responses[] =
    "[[\"A/get\",{\"ids\":[\"f1\",\"f2\"],\"list\":["
    "{\"id\":\"x\",\"in\":[1,2],\"a/b\":7,\"m~n\":8},"
    "{\"id\":\"y\",\"in\":[3]}],\"o\":{\"\":9}},\"c0\"],"
    "[\"error\",{\"type\":\"t\"},\"c1\"],"
    "[\"A/get\",{\"ids\":[]},\"c0\"]]";

#define REF(of, name, path)                                 \
	"{\"#v\":{\"resultOf\":\"" of "\",\"name\":\"" name \
	"\",\"path\":\"" path "\"}}"

static json_t *
load(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

static void
expect_resolved(const char *args_text, const char *expected)
{
	json_t *args = load(args_text), *answers = load(responses);
	json_t *got = NULL, *want = load(expected);
	size_t left = JMAP_REFERENCED_MAX;

	assert_int_equal(jmap_resolve(args, answers, &left, &got), 0);
	assert_true(json_equal(got, want));
	json_decref(args);
	json_decref(answers);
	json_decref(got);
	json_decref(want);
}

static void
expect_code(const char *args_text, size_t left, int code)
{
	json_t *args = load(args_text), *answers = load(responses);
	json_t *got = NULL;

	assert_int_equal(jmap_resolve(args, answers, &left, &got), code);
	assert_null(got);
	json_decref(args);
	json_decref(answers);
}

static void
test_references(void **state UNUSED)
{
	static const struct {
		const char *args, *expected;
	} good[] = {
	    {"{\"v\":1,\"w\":{\"#x\":2}}", "{\"v\":1,\"w\":{\"#x\":2}}"},
	    {REF("c0", "A/get", "/ids"), "{\"v\":[\"f1\",\"f2\"]}"},
	    {REF("c0", "A/get", "/ids/1"), "{\"v\":\"f2\"}"},
	    {REF("c0", "A/get", "/list/*/id"), "{\"v\":[\"x\",\"y\"]}"},
	    /* Arrays within are taken apart. */
	    {REF("c0", "A/get", "/list/*/in"), "{\"v\":[1,2,3]}"},
	    {REF("c0", "A/get", "/list/*/in/*"), "{\"v\":[1,2,3]}"},
	    {REF("c0", "A/get", "/list/0/a~1b"), "{\"v\":7}"},
	    {REF("c0", "A/get", "/list/0/m~0n"), "{\"v\":8}"},
	    {REF("c0", "A/get", "/o/"), "{\"v\":9}"},
	    {REF("c1", "error", ""), "{\"v\":{\"type\":\"t\"}}"},
	};
	static const char *const nowhere[] = {
	    REF("c0", "A/set", "/ids"),
	    REF("c9", "A/get", "/ids"),
	    REF("c0", "A/get", "ids"),
	    REF("c0", "A/get", "/nobody"),
	    REF("c0", "A/get", "/ids/2"),
	    REF("c0", "A/get", "/ids/01"),
	    REF("c0", "A/get", "/ids/-"),
	    REF("c0", "A/get", "/ids/18446744073709551616"),
	    REF("c0", "A/get", "/ids/0/x"),
	    REF("c0", "A/get", "/list/*/a~1b"),
	    REF("c0", "A/get", "/list/0/m~n"),
	    REF("c0", "A/get", "/list/0/m~"),
	    REF("c0", "A/get", "/o/*"),
	    "{\"#v\":1}",
	    "{\"#v\":{}}",
	    "{\"#v\":{\"resultOf\":\"c0\",\"name\":\"A/get\"}}",
	    "{\"#v\":{\"resultOf\":1,\"name\":\"A/get\",\"path\":\"/ids\"}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		expect_resolved(good[i].args, good[i].expected);
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		expect_code(nowhere[i], JMAP_REFERENCED_MAX, E_STATE);
	expect_code("{\"v\":1,\"#v\":{}}", JMAP_REFERENCED_MAX, E_INVALID);
}

/* References make much of little: only so much of it, over a whole request. */
static void
test_reference_limit(void **state UNUSED)
{
	static const char all[] = REF("c0", "A/get", "/list/*/in");
	size_t least = 0;

	while (least < 100) {
		json_t *args = load(all), *answers = load(responses);
		json_t *got = NULL;
		size_t left = least;
		int r = jmap_resolve(args, answers, &left, &got);

		json_decref(args);
		json_decref(answers);
		json_decref(got);
		assert_true(left <= least);
		if (r == 0)
			break;
		assert_int_equal(r, E_LIMIT);
		least++;
	}
	/* Steps, and elements: three of them. */
	assert_in_range(least, 4, 20);
}

static void
test_has_references(void **state UNUSED)
{
	json_t *without = load("[[\"a\",{\"b\":{\"#c\":1}},\"d\"]]");
	json_t *with = load("[[\"a\",{},\"d\"],[\"a\",{\"#b\":1},\"d\"]]");

	assert_false(jmap_has_references(without));
	assert_true(jmap_has_references(with));
	json_decref(without);
	json_decref(with);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_cuts_and_flips),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test(test_reference_limit),
	    cmocka_unit_test(test_has_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
