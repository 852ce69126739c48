/* A backup's manifest: only what was written is read. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "state/manifest.h"

static char folder[64];
static struct manifest manifest, got;

static int
set_up(void **state UNUSED)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/chancery-manifest-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(
	    file_replace(AT_FDCWD, "one", 0600, SLICE("some bytes")), 0);
	manifest = (struct manifest){.schema = 2,
	    .base = 1,
	    .record = 5000,
	    .size = 5003,
	    .blobs = 12,
	    .blob_bytes = 34567,
	    .time = 1795325272087,
	    .origin = "localhost/chancery/16e67618"};
	assert_int_equal(manifest_add(&manifest, AT_FDCWD, "one"), 0);
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	(void)unlink("one");
	(void)unlink(MANIFEST_FILE);
	assert_int_equal(chdir("/"), 0);
	return rmdir(folder);
}

static void
test_what_is_written_is_read(void **state UNUSED)
{
	const char *path = NULL;

	assert_int_equal(manifest_read(AT_FDCWD, &got), E_NOT_FOUND);
	assert_int_equal(manifest_write(&manifest, AT_FDCWD), 0);
	assert_int_equal(manifest_read(AT_FDCWD, &got), 0);
	assert_memory_equal(&got, &manifest, sizeof(got));
	assert_int_equal(manifest_verify(&got, AT_FDCWD, &path), 0);
	assert_int_equal(
	    file_replace(AT_FDCWD, "one", 0600, SLICE("some bytez")), 0);
	assert_int_equal(manifest_verify(&got, AT_FDCWD, &path), E_DAMAGED);
	assert_string_equal(path, "one");
	assert_int_equal(unlink("one"), 0);
	assert_int_equal(manifest_verify(&got, AT_FDCWD, &path), E_NOT_FOUND);
}

/* Cut anywhere, or with any byte another one, it is none. */
static void
test_what_is_damaged_is_refused(void **state UNUSED)
{
	struct buf text = BUF(MANIFEST_MAX);

	assert_int_equal(manifest_write(&manifest, AT_FDCWD), 0);
	assert_int_equal(file_read(AT_FDCWD, MANIFEST_FILE, &text), 0);
	for (size_t n = 0; n < text.n; n++) {
		assert_int_equal(file_replace_unsynced(AT_FDCWD, MANIFEST_FILE,
				     0600, slice_first(buf_slice(&text), n)),
		    0);
		assert_true(manifest_read(AT_FDCWD, &got) < 0);
		text.p[n] ^= 1;
		assert_int_equal(file_replace_unsynced(AT_FDCWD, MANIFEST_FILE,
				     0600, buf_slice(&text)),
		    0);
		assert_true(manifest_read(AT_FDCWD, &got) < 0);
		text.p[n] ^= 1;
	}
	buf_free(&text);
}

static void
write_lines(const char *lines)
{
	struct digest digest = sha256(slice_str(lines));
	struct buf text = BUF(MANIFEST_MAX);

	buf_printf(&text, "%send ", lines);
	for (size_t i = 0; i < sizeof(digest.b); i++)
		buf_printf(&text, "%02x", digest.b[i]);
	buf_put_str(&text, "\n");
	assert_int_equal(file_replace_unsynced(
			     AT_FDCWD, MANIFEST_FILE, 0600, buf_slice(&text)),
	    0);
	buf_free(&text);
}

#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static void
test_a_strange_one_is_refused(void **state UNUSED)
{
	write_lines("chancery-backup 2\n");
	assert_int_equal(manifest_read(AT_FDCWD, &got), E_VERSION);
	write_lines("another-backup 1\n");
	assert_int_equal(manifest_read(AT_FDCWD, &got), E_SYNTAX);
	write_lines("chancery-backup 1\nnews 1\n");
	assert_int_equal(manifest_read(AT_FDCWD, &got), E_SYNTAX);
	/* No file outside the folder. */
	write_lines("chancery-backup 1\nfile " ZERO " 1 core/one\n");
	assert_int_equal(manifest_read(AT_FDCWD, &got), 0);
	write_lines("chancery-backup 1\nfile " ZERO " 1 /etc/passwd\n");
	assert_int_equal(manifest_read(AT_FDCWD, &got), E_SYNTAX);
	write_lines("chancery-backup 1\nfile " ZERO " 1 core/../../one\n");
	assert_int_equal(manifest_read(AT_FDCWD, &got), E_SYNTAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_what_is_written_is_read),
	    TEST(test_what_is_damaged_is_refused),
	    TEST(test_a_strange_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
