/*
 * The configuration file: every key at its bounds, what is refused and where,
 * and its form between processes.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "ipc/config.h"

enum { FILE_MAX = 65536 };

static const struct row {
	const char *name, *type, *standard;
	uint64_t min, max;
	bool reload;
} rows[CONFIG_MAX] = {
#define CONFIG(name, type, default, min, max, reload, doc) \
	{#name, #type, default, min, max, reload},
#include "ipc/config.def"
#undef CONFIG
};

/* Large, so not on the stack. */
static struct config a, b;

static void
expect_good(const char *text)
{
	struct config_problem problem;

	if (config_parse(slice_str(text), &a, &problem) < 0)
		fail_msg("'%s': line %u: %s", text, problem.line, problem.text);
}

static void
expect_bad(const char *text, unsigned line, const char *why)
{
	struct config_problem problem = {0};
	struct config before;

	config_default(&a);
	before = a;
	assert_int_equal(config_parse(slice_str(text), &a, &problem), E_CONFIG);
	assert_int_equal(problem.line, line);
	assert_non_null(strstr(problem.text, why));
	assert_memory_equal(&a, &before, sizeof(a));
}

/* Equal as far as anybody reads them. */
static void
expect_same(const struct config *one, const struct config *other)
{
	struct buf x = BUF(FILE_MAX), y = BUF(FILE_MAX);

	config_encode(one, &x);
	config_encode(other, &y);
	assert_true(slice_eq(buf_slice(&x), buf_slice(&y)));
	assert_int_equal(x.error, 0);
	buf_free(&x);
	buf_free(&y);
}

static bool
is_text(const struct row *row)
{
	return strcmp(row->type, "TEXT") == 0;
}

static void
test_defaults(void **state UNUSED)
{
	struct buf template = BUF(FILE_MAX), open = BUF(FILE_MAX);
	struct config_problem problem;

	config_default(&a);
	expect_good("");
	assert_string_equal(a.hostname, "localhost");
	assert_int_equal(a.https_port, 8443);
	assert_int_equal(a.wal_bytes, 64 << 20);
	assert_true(config_is_local(&a));

	/* The file as it is written first, and with every line of it in force.
	 */
	config_put_template(&template);
	assert_int_equal(template.error, 0);
	assert_int_equal(config_parse(buf_slice(&template), &b, &problem), 0);
	expect_same(&a, &b);
	for (size_t i = 0; i < template.n; i++)
		if (i == 0 || template.p[i - 1] != '\n' ||
		    template.p[i] != '#' || template.p[i + 1] == ' ')
			buf_put_u8(&open, template.p[i]);
	assert_int_equal(config_parse(buf_slice(&open), &b, &problem), 0);
	expect_same(&a, &b);
	buf_free(&template);
	buf_free(&open);
}

/* Bounds of numbers; of what is text, lengths. */
static void
test_every_key(void **state UNUSED)
{
	char line[CONFIG_TEXT_MAX + 100];

	for (size_t i = 0; i < CONFIG_MAX; i++) {
		const struct row *row = &rows[i];

		assert_string_equal(config_name((enum config_key)i), row->name);
		assert_int_equal(config_is_limit((enum config_key)i),
		    strcmp(row->type, "LIMIT") == 0);
		if (is_text(row))
			continue;
		(void)snprintf(line, sizeof(line), "%s = %llu", row->name,
		    (unsigned long long)row->min);
		expect_good(line);
		(void)snprintf(line, sizeof(line), "%s=%llu\n", row->name,
		    (unsigned long long)row->max);
		expect_good(line);
		(void)snprintf(line, sizeof(line), "\n%s=%llu", row->name,
		    (unsigned long long)row->max + 1);
		expect_bad(line, 2, "must be from");
		(void)snprintf(line, sizeof(line), "%s=%llu", row->name,
		    (unsigned long long)row->min - 1);
		expect_bad(line, 1, row->name);
		(void)snprintf(line, sizeof(line), "%s = -1", row->name);
		expect_bad(line, 1, "is not a number");
		(void)snprintf(line, sizeof(line), "%s =", row->name);
		expect_bad(line, 1, "is not a number");
	}
}

static void
test_text(void **state UNUSED)
{
	char line[CONFIG_TEXT_MAX + 100];
	int n;

	expect_good("  hostname\t=  office.example  ");
	assert_string_equal(a.hostname, "office.example");
	assert_false(config_is_local(&a));
	expect_bad("hostname =", 1, "hostname is too short or too long");
	n = snprintf(line, sizeof(line), "tls_certificate=c\ntls_key=%0*d",
	    CONFIG_TEXT_MAX, 1);
	assert_true(n > CONFIG_TEXT_MAX);
	expect_good(line);
	assert_int_equal(strlen(a.tls_key), CONFIG_TEXT_MAX);
	(void)snprintf(
	    line, sizeof(line), "tls_key=%0*d", CONFIG_TEXT_MAX + 1, 1);
	expect_bad(line, 1, "too long");
	expect_bad("hostname = \xff", 1, "is not plain text");
	/* Half of a pair. */
	expect_bad("tls_key = /k.pem", 0, "go together");
	expect_good("tls_key = /k.pem\ntls_certificate = /c.pem\n");
	expect_good("trusted_proxies = 10.0.0.1  ::1 \nlisten=0.0.0.0 ::\n");
	expect_bad("trusted_proxies = 10.0.0.1 everybody", 0,
	    "trusted_proxies: 'everybody' is no address");
	expect_bad("listen = 10.0.0.0/8", 0, "listen: '10.0.0.0/8' is no");
}

static void
test_units(void **state UNUSED)
{
	expect_good("quota_bytes = 3K");
	assert_int_equal(a.quota_bytes, 3072);
	expect_good("quota_bytes = 1024T");
	assert_int_equal(a.quota_bytes, 1125899906842624);
	expect_bad("quota_bytes = 1025T", 1, "must be from");
	expect_bad("quota_bytes = 99999999999T", 1, "is not a number");
	expect_bad("quota_bytes = K", 1, "is not a number");
	expect_bad("quota_bytes = 3k", 1, "is not a number");
	expect_bad("quota_bytes = 3KB", 1, "is not a number");
	/* Of what is no size. */
	expect_bad("readers = 1K", 1, "is not a number");
}

static void
test_refused(void **state UNUSED)
{
	expect_bad("# a comment\n\nhostname", 3, "no 'key = value'");
	expect_bad("max_cals = 1", 1, "did you mean 'max_calls'?");
	expect_bad("colour = red", 1, "unknown key 'colour'");
	expect_bad("= 1", 1, "unknown key ''");
	expect_bad("readers = 2\nreaders = 2\n", 2, "readers is set twice");
	/* The file says what follows a NUL, too. */
	assert_int_equal(config_parse(SLICE("hostname = a\0b"), &a,
			     &(struct config_problem){0}),
	    E_CONFIG);
}

/* Whatever is in a file: refused with a reason, or taken on as it is. */
static void
try_file(struct slice text)
{
	struct config_problem problem = {0};
	struct buf buf = BUF(FILE_MAX);
	int r;

	config_default(&a);
	r = config_parse(text, &a, &problem);
	assert_true(r == 0 || r == E_CONFIG);
	assert_non_null(memchr(problem.text, '\0', sizeof(problem.text)));
	assert_int_equal(r == E_CONFIG, problem.text[0] != '\0');
	config_encode(&a, &buf);
	assert_int_equal(config_decode(buf_slice(&buf), &b), 0);
	expect_same(&a, &b);
	buf_free(&buf);
}

static void
test_cuts_and_flips(void **state UNUSED)
{
	char text[] = "# all sorts\nhostname = a.example\nlisten=\n"
		      "tls_key = k\ntls_certificate = c\nwal_bytes=8M\n";

	for (size_t n = 0; n < sizeof(text); n++)
		try_file(slice_of(text, n));
	for (size_t i = 0; i < 8 * (sizeof(text) - 1); i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		try_file(slice_of(text, sizeof(text) - 1));
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
	}
}

/* Between processes: no part of it is taken for the whole. */
static void
test_decode(void **state UNUSED)
{
	struct buf buf = BUF(FILE_MAX);
	size_t at;

	expect_good("hostname = a.example\nquota_bytes = 7\nfronts = 3");
	config_encode(&a, &buf);
	for (size_t n = 0; n < buf.n; n++)
		assert_int_equal(
		    config_decode(slice_of(buf.p, n), &b), E_GRAMMAR);
	assert_int_equal(config_decode(buf_slice(&buf), &b), 0);
	expect_same(&a, &b);
	/* Text with a NUL would be another text to whoever reads it. */
	at = (size_t)((const char *)memchr(buf.p, 'x', buf.n) -
		      (const char *)buf.p);
	buf.p[at] = '\0';
	assert_int_equal(config_decode(buf_slice(&buf), &b), E_GRAMMAR);
	buf.p[at] = 'x';
	buf_put_u8(&buf, 0);
	assert_int_equal(config_decode(buf_slice(&buf), &b), E_GRAMMAR);
	buf_free(&buf);
}

static void
test_restart(void **state UNUSED)
{
	for (size_t i = 0; i < CONFIG_MAX; i++) {
		char line[100];
		const char *name;

		(void)snprintf(line, sizeof(line), "%s = %s", rows[i].name,
		    is_text(&rows[i]) ? "x\ntls_key = y" : "0");
		if (is_text(&rows[i]) || strcmp(rows[i].type, "NUMBER") != 0 ||
		    rows[i].min > 0)
			continue;
		expect_good(line);
		config_default(&b);
		name = config_needs_restart(&b, &a);
		if (rows[i].reload || strcmp(rows[i].standard, "0") == 0)
			assert_null(name);
		else
			assert_string_equal(name, rows[i].name);
	}
	expect_good("hostname = a.example");
	config_default(&b);
	assert_string_equal(config_needs_restart(&b, &a), "hostname");
	assert_null(config_needs_restart(&a, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_every_key),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_units),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_cuts_and_flips),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
