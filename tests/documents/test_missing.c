/*
 * Without an engine all else works, and it is said what is missing. Needs none.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "documents/rig.h"
#include "kit/engine.h"
#include "kit/format.h"

static void
check_missing(const char *folder, const char *word)
{
	struct buf body = BUF(64);
	struct body_kit_ended in;
	struct rig rig;
	struct msg msg;
	int fd;

	rig_init(&rig);
	(void)snprintf(
	    rig.config.engine, sizeof(rig.config.engine), "%s", folder);
	rig_start(&rig);
	assert_int_equal(rig.engine, E_UNSUPPORTED);
	assert_non_null(strstr(buf_cstr(&rig.engine_text), word));
	/* A document is refused by the same words, again and again. */
	for (uint64_t id = 1; id <= 3; id++) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		buf_clear(&body);
		body_put_kit_open(&body, &(struct body_kit_open){FORMAT_DOCX});
		assert_int_equal(
		    msg_write(rig.core, MSG_KIT_OPEN, id, buf_slice(&body), fd),
		    0);
		fd_close(&fd);
		rig_hear(&rig, MSG_KIT_ENDED, id, &msg);
		assert_int_equal(body_get_kit_ended(msg.body, &in), 0);
		assert_int_equal(in.code, E_UNSUPPORTED);
		assert_true(slice_eq(
		    in.why, slice_first(buf_slice(&rig.engine_text), 400)));
	}
	buf_free(&body);
	rig_stop(&rig);
}

static void
test_none(void **state UNUSED)
{
	check_missing("/nowhere/at/all", "libreoffice-core");
	check_missing("", "no engine is configured");
}

/* The packages that convert only. */
static void
test_a_part(void **state UNUSED)
{
	char folder[] = "/tmp/chancery-no-engine-XXXXXX", path[64];
	struct buf version = BUF(256), missing = BUF(2048);
	static const char *const files[] = {"libmergedlo.so", "libswuilo.so"};
	const char *text;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	}
	assert_int_equal(
	    engine_find(folder, &version, &missing), E_UNSUPPORTED);
	text = buf_cstr(&missing);
	assert_null(strstr(text, "libreoffice-core"));
	assert_null(strstr(text, "libreoffice-writer"));
	assert_non_null(strstr(text, "libreoffice-calc"));
	assert_non_null(strstr(text, "libreoffice-impress"));
	assert_non_null(strstr(text, "-nogui"));
	assert_int_equal(version.n, 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
	buf_free(&version);
	buf_free(&missing);
}

/* All is there by name, but it is none: it is said, too. */
static void
test_broken(void **state UNUSED)
{
	static const char *const files[] = {
	    "libmergedlo.so", "libswuilo.so", "libscuilo.so", "libsduilo.so"};
	char folder[] = "/tmp/chancery-no-engine-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	}
	check_missing(folder, "could not be loaded");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_a_part),
	    cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
