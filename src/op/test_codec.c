/*
 * The forms of arguments: ids and times as text, shapes between processes, and
 * their binding to JSON. What is cut or damaged is refused or is what it says.
 */
#include "unit.h"

#include "op/shape_json.h"

enum { OUT_MAX = 65536 };

/* ---- ids and times ------------------------------------------------------ */

static void
test_ids(void **state UNUSED)
{
	static const char *const bad[] = {"", "f", "f000000000000",
	    "f00000000000000", "f000000000000u", "f000000000000i",
	    "F0000000000000", "f000000000000A", "z0000000000000",
	    "fg000000000000", " f000000000000", "f000000000000 "};
	struct buf text = BUF(ID_TEXT_BYTES);
	struct id id = {0, KIND_NONE};

	id_put_text(&text, (struct id){UINT64_MAX, KIND_FILE});
	assert_int_equal(id_parse(buf_slice(&text), &id), 0);
	assert_true(id.n == UINT64_MAX && id.kind == KIND_FILE);
	for (size_t n = 0; n < text.n; n++)
		assert_int_equal(id_parse(slice_of(text.p, n), &id), E_INVALID);
	/* One id has one form: another byte makes another id, or none. */
	for (size_t i = 0; i < 8 * text.n; i++) {
		text.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (id_parse(buf_slice(&text), &id) == 0)
			assert_true(id.n != UINT64_MAX || id.kind != KIND_FILE);
		text.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(id_parse(slice_str(bad[i]), &id), E_INVALID);
	buf_free(&text);
}

static void
test_times(void **state UNUSED)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"1969-12-31T23:59:59.999Z", -1},
	    {"2024-02-29T12:00:00Z", INT64_C(1709208000000)},
	    {"2026-11-22T10:00:07.25Z", INT64_C(1795341607250)},
	    {"2026-11-22T10:00:07.250999Z", INT64_C(1795341607250)},
	    {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
	    {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
	};
	static const char *const bad[] = {"", "1970", "1970-01-01",
	    "1970-01-01T00:00:00", "1970-01-01T00:00:00z",
	    "1970-01-01t00:00:00Z", "1970-01-01 00:00:00Z",
	    "1970-01-01T00:00:00+00:00", "1970-1-01T00:00:00Z",
	    "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z",
	    "1970-01-00T00:00:00Z", "2026-11-31T00:00:00Z",
	    "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
	    "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
	    "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z",
	    "1970-01-01T00:00:00.0000000000Z", "9999-12-31T23:59:60Z",
	    "1970-01-01T00:00:00ZZ"};
	int64_t ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct slice text = slice_str(good[i].text);

		assert_int_equal(time_from_text(text, &ms), 0);
		assert_true(ms == good[i].ms);
		for (size_t n = 0; n < text.n; n++)
			assert_int_equal(
			    time_from_text(slice_first(text, n), &ms),
			    E_INVALID);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    time_from_text(slice_str(bad[i]), &ms), E_INVALID);
}

/* ---- shapes ------------------------------------------------------------- */

static struct file_create
sample(void)
{
	struct file_create create = {.has_path = false};

	SHAPE_SET(&create, parent, ((struct id){7, KIND_FOLDER}));
	SHAPE_SET(&create, name, SLICE("n\xc3\xa9"));
	SHAPE_SET(&create, content, SLICE("\0\xff"));
	SHAPE_SET(&create, type, SLICE("text/plain"));
	SHAPE_SET(&create, modified, -1);
	SHAPE_SET(&create, replace, true);
	return create;
}

static void
test_shape_cut_and_flipped(void **state UNUSED)
{
	struct file_create create = sample(), got;
	struct buf bytes = BUF(OUT_MAX), again = BUF(OUT_MAX);
	struct arena arena = {NULL};

	shape_encode(&shape_file_create, &create, NULL, &bytes);
	assert_int_equal(shape_decode(&shape_file_create, buf_slice(&bytes),
			     NULL, &arena, &got),
	    0);
	assert_true(got.has_name && slice_eq(got.name, create.name));
	assert_true(got.has_modified && got.modified == -1);
	assert_false(got.has_path || got.has_upload);
	for (size_t n = 0; n < bytes.n; n++)
		assert_true(shape_decode(&shape_file_create,
				slice_of(bytes.p, n), NULL, &arena, &got) < 0);
	/* What is still accepted says something else, in its one form. */
	for (size_t i = 0; i < 8 * bytes.n; i++) {
		bytes.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (shape_decode(&shape_file_create, buf_slice(&bytes), NULL,
			&arena, &got) == 0) {
			buf_clear(&again);
			shape_encode(&shape_file_create, &got, NULL, &again);
			assert_true(
			    slice_eq(buf_slice(&again), buf_slice(&bytes)));
		}
		bytes.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	buf_put_u8(&bytes, 0);
	assert_int_equal(shape_decode(&shape_file_create, buf_slice(&bytes),
			     NULL, &arena, &got),
	    E_SYNTAX);
	buf_free(&bytes);
	buf_free(&again);
	arena_free(&arena);
}

/* ---- JSON --------------------------------------------------------------- */

static int
bind(const char *text, struct shape_problem *problem)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	struct buf args = BUF(OUT_MAX);
	int r;

	assert_non_null(json);
	r = shape_from_json(&shape_log_search, json, &args, problem);
	json_decref(json);
	buf_free(&args);
	return r;
}

static void
test_binding(void **state UNUSED)
{
	static const char *const good[] = {
	    "{}",
	    "{\"limit\":500,\"reverse\":true}",
	    "{\"since\":\"2026-11-22T10:00:00Z\"}",
	    "{\"principal\":\"p0000000000000\",\"operation\":\"file.read\"}",
	};
	static const struct {
		const char *text, *why;
	} bad[] = {
	    {"[]", ""},
	    {"1", ""},
	    {"{\"limit\":501}", "limit"},
	    {"{\"limit\":-1}", "limit"},
	    {"{\"limit\":1.5}", "limit"},
	    {"{\"limit\":\"1\"}", "limit"},
	    {"{\"reverse\":1}", "reverse"},
	    {"{\"since\":\"2026-11-31T00:00:00Z\"}", "since"},
	    {"{\"since\":0}", "since"},
	    {"{\"principal\":\"f0000000000000\"}", "principal"},
	    {"{\"principal\":\"p000\"}", "principal"},
	    {"{\"outcome\":\"maybe\"}", "outcome"},
	    {"{\"operation\":[]}", "operation"},
	    {"{\"nobody\":1}", "nobody"},
	};
	struct shape_problem problem = {.text = ""};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(bind(good[i], &problem), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		problem.text[0] = '\0';
		assert_true(bind(bad[i].text, &problem) < 0);
		assert_true(problem.text[0] != '\0');
		if (strstr(problem.text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].text, problem.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_shape_cut_and_flipped),
	    cmocka_unit_test(test_binding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
