/* Archives as another program reads them, and the parts that need 64 bits. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "wire/zip.h"

#define GIB ((uint64_t)1 << 30)

static const int64_t may = 1714564800000; /* 2024-05-01T12:00:00Z */

static struct slice
name(struct buf *buf, const char *text)
{
	buf_clear(buf);
	zip_put_name(buf, slice_str(text));
	return buf_slice(buf);
}

static void
test_names(void **state UNUSED)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"Report.pdf", "Report.pdf"},
	    {"CON", "CON"},
	    {"..\\..\\evil", "..\xef\xbc\xbc..\xef\xbc\xbc"
			     "evil"},
	    {"../evil", "..\xef\xbc\x8f"
			"evil"},
	    {"C:\\evil", "C\xef\xbc\x9a\xef\xbc\xbc"
			 "evil"},
	    {"..", "\xef\xbc\x8e\xef\xbc\x8e"},
	    {".. .", "\xef\xbc\x8e\xef\xbc\x8e \xef\xbc\x8e"},
	    {".hidden", ".hidden"},
	    {"a\nb\x7f", "a_b_"},
	    {"na\xc3\xafve \xe2\x80\xae", "na\xc3\xafve \xe2\x80\xae"},
	};
	struct buf buf = BUF(1000);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!slice_eq(name(&buf, rows[i].in), slice_str(rows[i].out)))
			fail_msg(
			    "%s: %.*s", rows[i].in, SLICE_ARG(buf_slice(&buf)));
	buf_free(&buf);
}

struct archive {
	struct buf out, directory;
	uint64_t entries;
};

static void
add(struct archive *a, const char *path, const char *bytes, bool late)
{
	struct slice content = slice_str(bytes);
	struct zip_entry entry = {.path = slice_str(path),
	    .modified = may,
	    .size = content.n,
	    .offset = a->out.n,
	    .crc = zip_crc(0, content),
	    .late = late};

	zip_put_header(&a->out, &entry);
	buf_put_slice(&a->out, content);
	if (late)
		zip_put_descriptor(&a->out, &entry);
	zip_put_directory(&a->directory, &entry);
	a->entries++;
}

static void
end(struct archive *a)
{
	uint64_t at = a->out.n;

	buf_put_slice(&a->out, buf_slice(&a->directory));
	zip_put_end(&a->out, a->entries, at, a->directory.n);
	buf_free(&a->directory);
	assert_int_equal(a->out.error, 0);
}

/* What a command says of it, which must succeed. */
static void
read_by(const char *command, struct buf *out)
{
	FILE *pipe = popen(command, "r");
	char text[4096];
	size_t n;

	assert_non_null(pipe);
	while ((n = fread(text, 1, sizeof(text), pipe)) > 0)
		buf_put(out, text, n);
	if (pclose(pipe) != 0)
		fail_msg("%s: %.*s", command, SLICE_ARG(buf_slice(out)));
}

static void
test_another_reads_it(void **state UNUSED)
{
	struct archive a = {.out = BUF(1 << 20), .directory = BUF(1 << 20)};
	struct buf said = BUF(1 << 20);
	char folder[] = "/tmp/chancery-zip-XXXXXX", command[200];

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	add(&a, "M\xc3\xa4rz/", "", false);
	add(&a, "M\xc3\xa4rz/a.txt", "hello", false);
	add(&a, "M\xc3\xa4rz/late.txt", "hello, behind", true);
	add(&a, "empty", "", true);
	end(&a);
	assert_int_equal(
	    file_replace(AT_FDCWD, "a.zip", 0600, buf_slice(&a.out)), 0);
	read_by("LC_ALL=C.UTF-8 unzip -tq a.zip 2>&1", &said);
	buf_clear(&said);
	read_by("LC_ALL=C.UTF-8 TZ=UTC unzip -q a.zip 2>&1 && cat M*/a.txt "
		"M*/late.txt && "
		"TZ=UTC stat -c ' %Y %A %n' M*/a.txt",
	    &said);
	assert_true(slice_eq(
	    buf_slice(&said), SLICE("hellohello, behind 1714564800 -rw-r--r-- "
				    "M\xc3\xa4rz/a.txt\n")));
	buf_free(&said);
	buf_free(&a.out);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(chdir("/"), 0);
}

static uint64_t
number(struct slice s, size_t at, unsigned bytes)
{
	uint64_t value = 0;

	assert_true(at + bytes <= s.n);
	while (bytes-- > 0)
		value = value << 8 | s.p[at + bytes];
	return value;
}

static void
test_large(void **state UNUSED)
{
	struct zip_entry entry = {.path = SLICE("big"),
	    .modified = may,
	    .size = 5 * GIB,
	    .offset = 6 * GIB,
	    .crc = 0x12345678,
	    .late = true};
	struct buf buf = BUF(1 << 12);
	struct slice s;

	zip_put_header(&buf, &entry);
	s = buf_slice(&buf);
	assert_int_equal(number(s, 4, 2), 45);
	assert_int_equal(number(s, 18, 4), UINT32_MAX);
	assert_int_equal(number(s, 28, 2), 9 + 20);
	assert_int_equal(s.n, 30 + 3 + 9 + 20);
	buf_clear(&buf);
	zip_put_descriptor(&buf, &entry);
	s = buf_slice(&buf);
	assert_int_equal(s.n, 4 + 4 + 8 + 8);
	assert_int_equal(number(s, 8, 8), 5 * GIB);
	buf_clear(&buf);
	zip_put_directory(&buf, &entry);
	s = buf_slice(&buf);
	assert_int_equal(number(s, 16, 4), 0x12345678);
	assert_int_equal(number(s, 20, 4), UINT32_MAX);
	assert_int_equal(number(s, 42, 4), UINT32_MAX);
	assert_int_equal(number(s, 46 + 3 + 9, 2), 1);
	assert_int_equal(number(s, 46 + 3 + 9 + 2, 2), 24);
	assert_int_equal(number(s, 46 + 3 + 9 + 4, 8), 5 * GIB);
	assert_int_equal(number(s, 46 + 3 + 9 + 4 + 16, 8), 6 * GIB);
	buf_clear(&buf);
	zip_put_end(&buf, 70000, 11 * GIB, 7000000);
	s = buf_slice(&buf);
	assert_int_equal(s.n, 56 + 20 + 22);
	assert_int_equal(number(s, 24, 8), 70000);
	assert_int_equal(number(s, 40, 8), 7000000);
	assert_int_equal(number(s, 48, 8), 11 * GIB);
	assert_int_equal(number(s, 56 + 8, 8), 11 * GIB + 7000000);
	assert_int_equal(number(s, 56 + 20 + 8, 2), UINT16_MAX);
	assert_int_equal(number(s, 56 + 20 + 12, 4), 7000000);
	assert_int_equal(number(s, 56 + 20 + 16, 4), UINT32_MAX);
	buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_another_reads_it),
	    cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
