/*
 * Documents, from the bytes to pictures and back, in the processes that they
 * are open in: a zygote and its kits are real, all others are the test. Skipped
 * where there is no engine.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "documents/rig.h"
#include "kit/format.h"

enum {
	VIEWER = RIGHT_SEE | RIGHT_TEXT,
	EDITOR = RIGHT_READ | RIGHT_EDIT,
	QUIET_MS = 300,
};

static struct rig rig;

static void
test_opens_each_kind(void **state UNUSED)
{
	static const struct {
		const char *file;
		unsigned format;
		enum engine_kind kind;
	} files[] = {
	    {"sample.docx", FORMAT_DOCX, ENGINE_TEXT},
	    {"sample.xlsx", FORMAT_XLSX, ENGINE_SHEET},
	    {"SampleShow.pptx", FORMAT_PPTX, ENGINE_SLIDES},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct rig_doc doc;

		rig_open(&rig, &doc, i + 1, files[i].file, files[i].format);
		assert_int_equal(doc.loaded.kind, files[i].kind);
		rig_join(&doc, 1, VIEWER, "Ada");
		assert_true(rig_wait(&doc, 1, FRAME_STATUS, RIG_WAIT_MS));
		rig_look(&doc, 1, 0, 15360, 11520);
		assert_true(rig_wait(&doc, 1, FRAME_TILE, RIG_WAIT_MS));
		rig_settle(&doc, QUIET_MS);
		printf(
		    "%s: %zu tiles\n", files[i].file, doc.n_frames[FRAME_TILE]);
		rig_close(&doc);
	}
}

static int
set_up(void **state UNUSED)
{
	rig_init(&rig);
	rig_start(&rig);
	return rig.engine;
}

static int
tear_down(void **state UNUSED)
{
	rig_stop(&rig);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_opens_each_kind),
	};

	if (!rig_has_engine())
		return 77;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
