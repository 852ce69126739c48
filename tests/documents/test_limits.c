/*
 * What one document may take: each limit is met by one that goes beyond it, and
 * lets a usual one through. Skipped where there is no engine.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "documents/rig.h"
#include "kit/format.h"

enum { EDITOR = RIGHT_READ | RIGHT_EDIT, QUIET_MS = 300, TRIES = 20 };

static struct rig rig;

static int
tear_down(void **state UNUSED)
{
	rig_stop(&rig);
	return 0;
}

static void
open_usual(struct rig_doc *doc)
{
	rig_open(&rig, doc, "sample.docx", FORMAT_DOCX);
	rig_join(doc, 1, EDITOR, "Ada");
	assert_true(rig_wait(doc, 1, FRAME_STATUS, RIG_WAIT_MS));
	rig_look(doc, 1, 0, 15360, 11520);
	assert_true(rig_wait(doc, 1, FRAME_TILE, RIG_WAIT_MS));
	rig_settle(doc, QUIET_MS);
}

/* It is alive and works. */
static void
check_works(struct rig_doc *doc)
{
	rig_type(doc, 1, "W");
	assert_true(rig_wait(doc, 1, FRAME_TILE, RIG_WAIT_MS));
	rig_settle(doc, QUIET_MS);
}

/* ---- time --------------------------------------------------------------- */

static int
set_up_times(void **state UNUSED)
{
	rig_init(&rig);
	rig.config.kit_load_seconds = 3;
	rig.config.kit_busy_seconds = 2;
	rig_start(&rig);
	return rig.engine;
}

static void
test_hang_at_load(void **state UNUSED)
{
	uint64_t begun = clock_boot_ms(), took;
	struct rig_doc other, doc;
	int code, signal;

	open_usual(&other);
	rig_open_only(&rig, &doc, "sample.docx", FORMAT_DOCX);
	assert_int_equal(kill((pid_t)doc.pid, SIGSTOP), 0);
	begun = clock_boot_ms();
	rig_wait_ended(&doc, &code, &signal);
	took = clock_boot_ms() - begun;
	assert_int_equal(code, E_TIMEOUT);
	assert_int_equal(signal, SIGKILL);
	assert_string_equal(doc.why, "killed: it took too long to load");
	assert_true(took > 1000 && took < 30000);
	check_works(&other);
	rig_close(&doc);
	rig_close(&other);
}

/* Stopped in the midst of work: it looks as a loop without end does. */
static void
test_hang_at_work(void **state UNUSED)
{
	struct rig_doc other, doc;
	struct body_kit_ended in = {.code = 0};
	struct msg msg = {.fd = -1};
	char why[128] = "";

	open_usual(&other);
	open_usual(&doc);
	for (unsigned i = 0; i < TRIES && in.code == 0; i++) {
		rig_type(&doc, 1,
		    "many letters at once, so that it is at work for a while "
		    "and can be stopped before it has done them all. ");
		assert_int_equal(kill((pid_t)doc.pid, SIGSTOP), 0);
		buf_clear(&rig.in);
		if (msg_read(rig.core, ROLE_ZYGOTE, ROLE_CORE, 5000, &rig.in,
			&msg) == 0) {
			assert_int_equal(msg.id, doc.id);
			assert_int_equal(body_get_kit_ended(msg.body, &in), 0);
			(void)snprintf(
			    why, sizeof(why), "%.*s", SLICE_ARG(in.why));
			break;
		}
		/* It was waiting at that moment, which is no hang. */
		assert_int_equal(kill((pid_t)doc.pid, SIGCONT), 0);
		rig_settle(&doc, QUIET_MS);
	}
	assert_int_equal(in.code, E_TIMEOUT);
	assert_string_equal(why, "killed: it did not answer any more");
	check_works(&other);
	rig_close(&doc);
	rig_close(&other);
}

/* ---- memory, output, processor, number ---------------------------------- */

static int
set_up_sizes(void **state UNUSED)
{
	rig_init(&rig);
	rig.config.kit_bytes = 400 << 20;
	rig.config.kit_folder_bytes = 16 << 20;
	rig.config.kit_cpu_seconds = 3;
	rig.config.max_kits = 2;
	rig_start(&rig);
	return rig.engine;
}

/* A text of one paragraph that doubles what it takes again and again. */
static void
test_memory(void **state UNUSED)
{
	struct buf frame = BUF(5 << 20);
	struct rig_doc doc, other;
	uint8_t *letters;
	int code, signal;

	open_usual(&other);
	open_usual(&doc);
	letters = malloc(4000000);
	assert_non_null(letters);
	for (size_t i = 0; i < 4000000; i++)
		letters[i] = i % 64 == 63 ? ' ' : (uint8_t)('a' + i % 23);
	for (unsigned i = 0; i < 40 && !doc.ended; i++) {
		frame_put_paste(
		    &frame, &(struct frame_paste){
				.mime = SLICE("text/plain;charset=utf-8"),
				.bytes = slice_of(letters, 4000000)});
		if (msg_write(doc.front, MSG_VIEW_INPUT, 1, buf_slice(&frame),
			-1) < 0)
			break;
		buf_clear(&frame);
		while (rig_take(&doc, 1))
			;
	}
	rig_wait_ended(&doc, &code, &signal);
	assert_true(code < 0);
	free(letters);
	buf_free(&frame);
	rig_close(&doc);
	check_works(&other);
	rig_close(&other);
}

static void
test_output(void **state UNUSED)
{
	char path[] = "/tmp/chancery-large-XXXXXX";
	struct rig_doc doc;
	int fd = mkstemp(path), code, signal;

	assert_true(fd >= 0);
	/* More than its folder may hold. */
	assert_int_equal(write(fd, "PK\3\4", 4), 4);
	assert_int_equal(ftruncate(fd, 20 << 20), 0);
	rig_open_only(&rig, &doc, path, FORMAT_DOCX);
	rig_wait_ended(&doc, &code, &signal);
	assert_true(code < 0);
	rig_close(&doc);
	/* As much as it may: that the engine can't read it is another matter.
	 */
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	rig_open_only(&rig, &doc, path, FORMAT_DOCX);
	rig_wait_loaded(&doc);
	assert_string_equal(doc.why, "it can't be read: it may be damaged");
	rig_wait_ended(&doc, &code, &signal);
	rig_close(&doc);
	fd_close(&fd);
	(void)unlink(path);
}

static void
test_processor(void **state UNUSED)
{
	uint64_t until = clock_boot_ms() + 60000;
	struct rig_doc doc;
	int code, signal;

	open_usual(&doc);
	while (!doc.ended && clock_boot_ms() < until) {
		struct buf frame = BUF(256);

		frame_put_replace(
		    &frame, &(struct frame_replace){.text = SLICE("e"),
				.with = SLICE("ee e ee"),
				.all = true});
		if (msg_write(doc.front, MSG_VIEW_INPUT, 1, buf_slice(&frame),
			-1) < 0)
			doc.ended = true;
		buf_free(&frame);
		while (rig_take(&doc, 5))
			;
	}
	rig_wait_ended(&doc, &code, &signal);
	assert_int_equal(code, E_CLOSED);
	assert_true(signal == SIGKILL || signal == SIGXCPU);
	rig_close(&doc);
}

static void
test_number(void **state UNUSED)
{
	struct buf body = BUF(64);
	struct rig_doc a, b;
	struct body_kit_ended in;
	struct msg msg;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	rig_open(&rig, &a, "sample.docx", FORMAT_DOCX);
	rig_open(&rig, &b, "sample.docx", FORMAT_DOCX);
	body_put_kit_open(&body, &(struct body_kit_open){FORMAT_DOCX});
	assert_int_equal(
	    msg_write(rig.core, MSG_KIT_OPEN, 999, buf_slice(&body), fd), 0);
	rig_hear(&rig, MSG_KIT_ENDED, 999, &msg);
	assert_int_equal(body_get_kit_ended(msg.body, &in), 0);
	assert_int_equal(in.code, E_BUSY);
	fd_close(&fd);
	buf_free(&body);
	rig_close(&a);
	rig_close(&b);
}

int
main(void)
{
	const struct CMUnitTest times[] = {
	    cmocka_unit_test(test_hang_at_load),
	    cmocka_unit_test(test_hang_at_work),
	};
	const struct CMUnitTest memory[] = {
	    cmocka_unit_test_setup_teardown(
		test_memory, set_up_sizes, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_output, set_up_sizes, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_processor, set_up_sizes, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_number, set_up_sizes, tear_down),
	};

	if (!rig_has_engine())
		return 77;
	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(times, set_up_times, tear_down) +
	       cmocka_run_group_tests(memory, NULL, NULL);
}
