/*
 * Documents, from the bytes to pictures and back, in the processes that they
 * are open in: a zygote and its kits are real, all others are the test. Skipped
 * where there is no engine.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "documents/rig.h"
#include "kit/format.h"
#include "wire/cbor.h"

enum {
	SEER = RIGHT_SEE,
	VIEWER = RIGHT_SEE | RIGHT_TEXT,
	EDITOR = RIGHT_READ | RIGHT_EDIT,
	WIDTH = 15360, /* twips: four tiles */
	HEIGHT = 11520,
	TILES = 12,
	QUIET_MS = 500,
	ENTER = 1280,
	TILE_BYTES = FRAME_TILE_PIXELS * FRAME_TILE_PIXELS * 4,
};

static struct rig rig;

static const struct {
	const char *file;
	unsigned format;
	enum engine_kind kind;
	const char *member; /* where its text stands */
} files[] = {
    {"sample.docx", FORMAT_DOCX, ENGINE_TEXT, "word/document.xml"},
    {"sample.xlsx", FORMAT_XLSX, ENGINE_SHEET, "xl/sharedStrings.xml"},
    {"SampleShow.pptx", FORMAT_PPTX, ENGINE_SLIDES, "ppt/slides/slide1.xml"},
};

/* An open document with one view, whose tiles have all come. */
static void
open_viewed(struct rig_doc *doc, size_t file, unsigned rights)
{
	rig_open(&rig, doc, files[file].file, files[file].format);
	rig_join(doc, 1, rights, "Ada");
	if (!(rights & (RIGHT_SEE | RIGHT_READ)))
		return;
	assert_true(rig_wait(doc, 1, FRAME_STATUS, RIG_WAIT_MS));
	rig_look(doc, 1, 0, WIDTH, HEIGHT);
	while (doc->n_frames[FRAME_TILE] < TILES)
		assert_true(rig_wait(doc, 1, FRAME_TILE, RIG_WAIT_MS));
	rig_settle(doc, QUIET_MS);
}

static void
close_kit(struct rig_doc *doc)
{
	int code, signal;

	assert_int_equal(
	    msg_write(rig.core, MSG_KIT_END, doc->id, SLICE_NONE, -1), 0);
	rig_wait_ended(doc, &code, &signal);
	assert_string_equal(doc->why, "it was closed");
	rig_close(doc);
}

/* So many tiles come, however slow the machine is, and then no more. */
static void
expect_tiles(struct rig_doc *doc, size_t n)
{
	uint64_t until = clock_boot_ms() + RIG_WAIT_MS;

	while (doc->n_frames[FRAME_TILE] < n && clock_boot_ms() < until)
		(void)rig_take(doc, 100);
	rig_settle(doc, QUIET_MS);
	assert_int_equal(doc->n_frames[FRAME_TILE], n);
}

/* ---- opening and seeing ------------------------------------------------- */

/* How many pixels of the last tile are not like its first. */
static size_t
inked(const struct rig_doc *doc)
{
	struct frame_tile tile;
	uint8_t *pixels = malloc(TILE_BYTES);
	uLongf n = TILE_BYTES;
	size_t count = 0;

	assert_non_null(pixels);
	assert_int_equal(
	    frame_get_tile(buf_slice(&doc->last[FRAME_TILE]), &tile), 0);
	assert_int_equal(
	    uncompress(pixels, &n, tile.pixels.p, tile.pixels.n), Z_OK);
	assert_int_equal(n, TILE_BYTES);
	for (size_t i = 4; i < n; i += 4)
		count += memcmp(pixels, pixels + i, 4) != 0;
	free(pixels);
	return count;
}

static void
test_opens_each_kind(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct rig_doc doc;
		struct frame_status status;
		uint64_t until = clock_boot_ms() + RIG_WAIT_MS;
		size_t most = 0;

		rig_open(&rig, &doc, files[i].file, files[i].format);
		assert_int_equal(doc.loaded.kind, files[i].kind);
		assert_true(doc.loaded.parts >= 1);
		rig_join(&doc, 1, SEER, "Ada");
		assert_true(rig_wait(&doc, 1, FRAME_STATUS, RIG_WAIT_MS));
		assert_int_equal(
		    frame_get_status(
			buf_slice(&doc.last[FRAME_STATUS]), &status),
		    0);
		assert_true(status.width > 1000 && status.height > 1000);
		assert_int_equal(status.kind, files[i].kind);
		if (files[i].kind == ENGINE_TEXT)
			assert_true(status.pages.n > 0);
		rig_look(&doc, 1, 0, WIDTH, HEIGHT);
		while (
		    doc.n_frames[FRAME_TILE] < TILES && clock_boot_ms() < until)
			if (rig_wait(&doc, 1, FRAME_TILE, RIG_WAIT_MS))
				most = MAX(most, inked(&doc));
		assert_int_equal(doc.n_frames[FRAME_TILE], TILES);
		/* Letters are thin, but they are there. */
		assert_true(most > 200);
		close_kit(&doc);
	}
}

static void
expect_no_document(const char *path, unsigned format, const char *why)
{
	struct rig_doc doc;
	int code, signal;

	rig_open_only(&rig, &doc, path, format);
	rig_wait_loaded(&doc);
	assert_true(doc.loaded.code < 0);
	if (why != NULL)
		assert_string_equal(doc.why, why);
	rig_wait_ended(&doc, &code, &signal);
	assert_int_equal(signal, 0);
	rig_close(&doc);
}

static void
test_what_is_no_document(void **state UNUSED)
{
	char path[] = "/tmp/chancery-no-document-XXXXXX";
	int fd = mkstemp(path);
	struct buf bytes = BUF(1 << 20);
	char whole[512];

	assert_true(fd >= 0);
	/* The engine would take anything for a text. */
	assert_int_equal(write(fd, "anything at all", 15), 15);
	expect_no_document(path, FORMAT_DOCX, "it is not what its name says");
	(void)snprintf(whole, sizeof(whole), "%s/documents/sample.docx",
	    getenv("CHANCERY_TESTDATA"));
	assert_int_equal(file_read(AT_FDCWD, whole, &bytes), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(
	    file_pwrite(fd, slice_first(buf_slice(&bytes), 5000), 0), 0);
	expect_no_document(path, FORMAT_DOCX, NULL);
	/* A text by the name of a sheet. */
	assert_int_equal(file_pwrite(fd, buf_slice(&bytes), 0), 0);
	expect_no_document(path, FORMAT_XLSX, "it is not what its name says");
	expect_no_document(
	    path, FORMAT_PDF, "documents of this kind can't be opened");
	expect_no_document(path, 99, "documents of this kind can't be opened");
	assert_int_equal(ftruncate(fd, 0), 0);
	expect_no_document(path, FORMAT_DOCX, "it is not what its name says");
	buf_free(&bytes);
	fd_close(&fd);
	(void)unlink(path);
}

static void
wait_sees(struct rig_doc *doc, size_t n)
{
	uint64_t until = clock_boot_ms() + RIG_WAIT_MS;

	while (doc->n_sees < n && clock_boot_ms() < until)
		(void)rig_take(doc, 100);
}

/* No tile leaves before core has said that what it shows is on the record. */
static void
test_seen_when_recorded(void **state UNUSED)
{
	struct buf body = BUF(64);
	struct rig_doc doc;

	rig_open(&rig, &doc, files[0].file, files[0].format);
	doc.hold_sees = true;
	rig_join(&doc, 1, SEER, "Ada");
	assert_true(rig_wait(&doc, 1, FRAME_STATUS, RIG_WAIT_MS));
	rig_look(&doc, 1, 0, WIDTH, HEIGHT);
	wait_sees(&doc, 1);
	rig_settle(&doc, QUIET_MS);
	assert_int_equal(doc.n_frames[FRAME_TILE], 0);
	assert_int_equal(doc.n_sees, 1);
	/* A place that was not asked for opens nothing. */
	body_put_view_show(&body, &(struct body_view_show){0, 7});
	rig_to_kit(&doc, MSG_VIEW_SHOW, 1, buf_slice(&body), -1);
	rig_settle(&doc, QUIET_MS);
	assert_int_equal(doc.n_frames[FRAME_TILE], 0);
	buf_clear(&body);
	body_put_view_show(&body, &(struct body_view_show){0, 0});
	rig_to_kit(&doc, MSG_VIEW_SHOW, 1, buf_slice(&body), -1);
	expect_tiles(&doc, TILES);
	assert_int_equal(doc.n_sees, 1);
	/* Another view sees it for the first time, too. */
	rig_join(&doc, 2, SEER, "Bob");
	rig_look(&doc, 2, 0, WIDTH, HEIGHT);
	wait_sees(&doc, 2);
	rig_settle(&doc, QUIET_MS);
	assert_int_equal(doc.n_sees, 2);
	assert_int_equal(doc.n_frames[FRAME_TILE], TILES);
	buf_free(&body);
	close_kit(&doc);
}

/* Core's word of a view may come before the channel to its front. */
static void
test_view_before_its_front(void **state UNUSED)
{
	struct rig_doc doc;

	rig.meets_late = true;
	rig_open(&rig, &doc, files[0].file, files[0].format);
	rig.meets_late = false;
	rig_join(&doc, 1, SEER, "Ada");
	rig_join(&doc, 2, SEER, "Bob");
	(void)usleep(QUIET_MS * 1000);
	rig_meet(&doc);
	assert_true(rig_wait(&doc, 1, FRAME_STATUS, RIG_WAIT_MS));
	rig_look(&doc, 1, 0, WIDTH, HEIGHT);
	expect_tiles(&doc, TILES);
	assert_int_equal(doc.n_frames[FRAME_STATUS], 2);
	assert_int_equal(doc.n_frames[FRAME_PERSON], 2);
	close_kit(&doc);
}

/* Of a process with more threads than one a fork could not save. */
static void
check_one_thread(const struct rig_doc *doc)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)doc->pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	assert_int_equal(n, 1);
}

/* ---- rights ------------------------------------------------------------- */

static void
expect_refused(struct rig_doc *doc, uint64_t view, enum frame frame, int code)
{
	struct frame_refused refused;

	assert_true(rig_wait(doc, view, FRAME_REFUSED, RIG_WAIT_MS));
	assert_int_equal(
	    frame_get_refused(buf_slice(&doc->last[FRAME_REFUSED]), &refused),
	    0);
	assert_int_equal(refused.number, frame);
	assert_int_equal(-(int)refused.code, code);
}

/* What stands in a cell comes to who has the right to text, and to nobody else.
 */
static void
test_no_text_without_right(void **state UNUSED)
{
	struct buf frame = BUF(128);
	struct rig_doc doc;

	open_viewed(&doc, 1, EDITOR);
	rig_join(&doc, 2, SEER, "Bob");
	rig_settle(&doc, QUIET_MS);
	rig_look(&doc, 2, 0, WIDTH, HEIGHT);
	rig_settle(&doc, QUIET_MS);
	memset(doc.n_frames, 0, sizeof(doc.n_frames));
	doc.view = 1;
	rig_key(&doc, 1, 1024);
	rig_key(&doc, 1, 1027);
	assert_true(rig_wait(&doc, 1, FRAME_FORMULA, RIG_WAIT_MS));
	rig_settle(&doc, QUIET_MS);
	assert_true(doc.n_frames[FRAME_CELL] >= 1);
	/* The same keys of the other: where, but not what. */
	doc.view = 2;
	rig_key(&doc, 2, 1024);
	rig_key(&doc, 2, 1027);
	memset(doc.n_frames, 0, sizeof(doc.n_frames));
	assert_true(rig_wait(&doc, 2, FRAME_CELL, RIG_WAIT_MS));
	rig_settle(&doc, QUIET_MS);
	for (size_t i = 1; i <= FRAME_NUMBER_MAX; i++) {
		const struct frame_row *row = frame_row((unsigned)i);

		if (row != NULL && (row->rights & RIGHT_TEXT))
			assert_int_equal(doc.n_frames[i], 0);
	}
	assert_int_equal(doc.n_frames[FRAME_CLIP], 0);
	frame_put_read_out(&frame, &(struct frame_read_out){0});
	rig_send(&doc, 2, &frame);
	expect_refused(&doc, 2, FRAME_READ_OUT, E_DENIED);
	frame_put_find(&frame, &(struct frame_find){.text = SLICE("a")});
	rig_send(&doc, 2, &frame);
	expect_refused(&doc, 2, FRAME_FIND, E_DENIED);
	frame_put_select(&frame, &(struct frame_select){.type = 2});
	rig_send(&doc, 2, &frame);
	expect_refused(&doc, 2, FRAME_SELECT, E_DENIED);
	/* Given the right, it comes; taken away again, it doesn't. */
	buf_clear(&frame);
	body_put_view_rights(&frame, &(struct body_view_rights){VIEWER});
	rig_to_kit(&doc, MSG_VIEW_RIGHTS, 2, buf_slice(&frame), -1);
	rig_key(&doc, 2, 1024);
	assert_true(rig_wait(&doc, 2, FRAME_FORMULA, RIG_WAIT_MS));
	buf_clear(&frame);
	body_put_view_rights(&frame, &(struct body_view_rights){0});
	rig_to_kit(&doc, MSG_VIEW_RIGHTS, 2, buf_slice(&frame), -1);
	rig_settle(&doc, QUIET_MS);
	memset(doc.n_frames, 0, sizeof(doc.n_frames));
	doc.view = 2;
	rig_type(&doc, 1, "hidden");
	rig_key(&doc, 1, ENTER);
	rig_settle(&doc, QUIET_MS);
	for (size_t i = 1; i <= FRAME_NUMBER_MAX; i++)
		assert_int_equal(doc.n_frames[i], 0);
	buf_free(&frame);
	close_kit(&doc);
}

static void
test_who_may_only_see_changes_nothing(void **state UNUSED)
{
	struct buf frame = BUF(256), saved = BUF(8 << 20);
	struct rig_doc doc;

	open_viewed(&doc, 0, VIEWER);
	rig_type(&doc, 1, "Q");
	expect_refused(&doc, 1, FRAME_KEY, E_DENIED);
	rig_key(&doc, 1, ENTER);
	expect_refused(&doc, 1, FRAME_KEY, E_DENIED);
	frame_put_input(
	    &frame, &(struct frame_input){.text = SLICE("QQ"), .final = true});
	rig_send(&doc, 1, &frame);
	expect_refused(&doc, 1, FRAME_INPUT, E_DENIED);
	frame_put_erase(&frame, &(struct frame_erase){.after = 5});
	rig_send(&doc, 1, &frame);
	expect_refused(&doc, 1, FRAME_ERASE, E_DENIED);
	frame_put_mouse(&frame, &(struct frame_mouse){.buttons = 1});
	rig_send(&doc, 1, &frame);
	expect_refused(&doc, 1, FRAME_MOUSE, E_DENIED);
	frame_put_paste(&frame,
	    &(struct frame_paste){.mime = SLICE("text/plain;charset=utf-8"),
		.bytes = SLICE("QQ")});
	rig_send(&doc, 1, &frame);
	expect_refused(&doc, 1, FRAME_PASTE, E_DENIED);
	frame_put_replace(&frame,
	    &(struct frame_replace){.text = SLICE("e"), .with = SLICE("QQ")});
	rig_send(&doc, 1, &frame);
	expect_refused(&doc, 1, FRAME_REPLACE, E_DENIED);
	rig_command(&doc, 1, "Bold", SLICE_NONE);
	expect_refused(&doc, 1, FRAME_COMMAND, E_DENIED);
	rig_command(&doc, 1, "Copy", SLICE_NONE);
	expect_refused(&doc, 1, FRAME_COMMAND, E_DENIED);
	/* To go about is no change. */
	rig_key(&doc, 1, 1024);
	rig_settle(&doc, QUIET_MS);
	assert_false(doc.dirty);
	assert_int_equal(rig_save(&doc, FORMAT_DOCX, &saved), 0);
	assert_false(rig_zip_has(buf_slice(&saved), "word/document.xml", "QQ"));
	buf_free(&frame);
	buf_free(&saved);
	close_kit(&doc);
}

static void
test_commands(void **state UNUSED)
{
	static const char *const unknown[] = {"Open", "SaveAs", "Save",
	    "RunMacro", "MacroDialog", "BasicIDEAppear", "InsertObject",
	    "InsertGraphic", "Print", "ExportToPDF", "OptionsTreeDialog", "Add",
	    "FontDialog", "bold", "Bold ", "", ".uno:Bold", "Quit", "LoadBasic",
	    "ScriptOrganizer", "ExecuteSearch", "SendMail"};
	struct buf arguments = BUF(256);
	struct rig_doc doc;

	open_viewed(&doc, 0, EDITOR);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		rig_command(&doc, 1, unknown[i], SLICE_NONE);
		expect_refused(&doc, 1, FRAME_COMMAND, E_UNSUPPORTED);
	}
	/* Of sheets. */
	rig_command(&doc, 1, "FreezePanes", SLICE_NONE);
	expect_refused(&doc, 1, FRAME_COMMAND, E_KIND);
	/* Without its arguments it would show a dialog. */
	rig_command(&doc, 1, "InsertTable", SLICE_NONE);
	expect_refused(&doc, 1, FRAME_COMMAND, E_INVALID);
	cbor_put_array(&arguments, 2);
	cbor_put_uint(&arguments, 3);
	cbor_put_text(&arguments, SLICE("2"));
	rig_command(&doc, 1, "InsertTable", buf_slice(&arguments));
	expect_refused(&doc, 1, FRAME_COMMAND, E_INVALID);
	assert_false(doc.dirty);
	/* Well formed, it is done, and what it changed is told. */
	memset(doc.n_frames, 0, sizeof(doc.n_frames));
	rig_command(&doc, 1, "Bold", SLICE_NONE);
	assert_true(rig_wait(&doc, 1, FRAME_STATE, RIG_WAIT_MS));
	assert_int_equal(doc.n_frames[FRAME_REFUSED], 0);
	assert_true(rig_wait_dirty(&doc, true));
	buf_free(&arguments);
	close_kit(&doc);
}

/* The selection goes to a client only when core says that it may, once. */
static void
test_copy_is_cores_to_say(void **state UNUSED)
{
	struct buf body = BUF(128);
	struct frame_clip clip;
	struct rig_doc doc;

	open_viewed(&doc, 0, EDITOR);
	rig_type(&doc, 1, "Copied-word ");
	rig_command(&doc, 1, "SelectAll", SLICE_NONE);
	rig_settle(&doc, QUIET_MS);
	assert_int_equal(doc.n_frames[FRAME_CLIP], 0);
	body_put_view_copy(
	    &body, &(struct body_view_copy){SLICE("text/plain;charset=utf-8")});
	rig_to_kit(&doc, MSG_VIEW_COPY, 1, buf_slice(&body), -1);
	assert_true(rig_wait(&doc, 1, FRAME_CLIP, RIG_WAIT_MS));
	assert_int_equal(
	    frame_get_clip(buf_slice(&doc.last[FRAME_CLIP]), &clip), 0);
	if (memmem(clip.bytes.p, clip.bytes.n, "Copied-word", 11) == NULL)
		fail_msg("copied: %.*s", SLICE_ARG(clip.bytes));
	/* Even core's word brings nothing to a view without the right. */
	rig_join(&doc, 2, VIEWER, "Bob");
	rig_command(&doc, 2, "SelectAll", SLICE_NONE);
	rig_to_kit(&doc, MSG_VIEW_COPY, 2, buf_slice(&body), -1);
	assert_false(rig_wait(&doc, 2, FRAME_CLIP, QUIET_MS));
	buf_free(&body);
	close_kit(&doc);
}

/* ---- editing ------------------------------------------------------------ */

static void
test_typing_changes_the_picture(void **state UNUSED)
{
	struct rig_doc doc;
	uint64_t until;

	open_viewed(&doc, 0, EDITOR);
	rig_join(&doc, 2, VIEWER, "Bob");
	rig_settle(&doc, QUIET_MS);
	rig_look(&doc, 2, 0, WIDTH, HEIGHT);
	rig_settle(&doc, QUIET_MS);
	assert_false(doc.dirty);
	doc.view = 2;
	doc.n_frames[FRAME_TILE] = 0;
	rig_type(&doc, 1, "W");
	assert_true(rig_wait(&doc, 1, FRAME_TILE, RIG_WAIT_MS));
	rig_settle(&doc, QUIET_MS);
	/* Who only looks sees it as well, and where the other is. */
	assert_true(doc.n_frames[FRAME_TILE] >= 1);
	assert_true(doc.n_frames[FRAME_TILE] < TILES);
	assert_true(doc.n_frames[FRAME_CURSOR] >= 1);
	assert_true(rig_wait_dirty(&doc, true));
	/* How much was typed is told within five seconds. */
	until = clock_boot_ms() + 5000;
	while (doc.letters < 1 && clock_boot_ms() < until)
		(void)rig_take(&doc, 100);
	assert_int_equal(doc.letters, 1);
	close_kit(&doc);
}

/* Each is told of the other's cursor, by the name of the view that it heard. */
static void
test_sees_where_others_are(void **state UNUSED)
{
	static const uint64_t views[] = {1, 2};

	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		uint64_t until = clock_boot_ms() + RIG_WAIT_MS;
		struct frame_cursor cursor = {.view = 0};
		struct frame_person person;
		struct rig_doc doc;

		open_viewed(&doc, 0, EDITOR);
		rig_join(&doc, 2, EDITOR, "Bob");
		doc.view = views[i];
		assert_true(
		    rig_wait(&doc, doc.view, FRAME_PERSON, RIG_WAIT_MS));
		assert_int_equal(
		    frame_get_person(
			buf_slice(&doc.last[FRAME_PERSON]), &person),
		    0);
		assert_int_not_equal(person.view, 0);
		rig_type(&doc, views[1 - i], "W");
		while (cursor.view != person.view && clock_boot_ms() < until &&
		       rig_wait(&doc, doc.view, FRAME_CURSOR, RIG_WAIT_MS))
			assert_int_equal(
			    frame_get_cursor(
				buf_slice(&doc.last[FRAME_CURSOR]), &cursor),
			    0);
		assert_int_equal(cursor.view, person.view);
		close_kit(&doc);
	}
}

/* Who comes when all others have left is told how everything is, like the
 * first. */
static void
test_comes_back_when_all_have_left(void **state UNUSED)
{
	struct rig_doc doc;

	rig_open(&rig, &doc, files[0].file, files[0].format);
	for (uint64_t view = 1; view <= 3; view++) {
		struct frame_state told = {.name = SLICE_NONE};

		rig_join(&doc, view, EDITOR, "Ada");
		while (!slice_eq(told.name, SLICE("StateWordCount"))) {
			assert_true(
			    rig_wait(&doc, view, FRAME_STATE, RIG_WAIT_MS));
			assert_int_equal(
			    frame_get_state(
				buf_slice(&doc.last[FRAME_STATE]), &told),
			    0);
		}
		rig_to_kit(&doc, MSG_VIEW_LEAVE, view, SLICE_NONE, -1);
		rig_settle(&doc, QUIET_MS);
	}
	close_kit(&doc);
}

/* Until a client is told that, of whether all is saved. */
static void
expect_modified(struct rig_doc *doc, const char *value)
{
	struct frame_state told;

	do {
		assert_true(rig_wait(doc, 1, FRAME_STATE, RIG_WAIT_MS));
		assert_int_equal(
		    frame_get_state(buf_slice(&doc->last[FRAME_STATE]), &told),
		    0);
	} while (!slice_eq(told.name, SLICE("ModifiedStatus")) ||
		 !slice_eq(told.value, slice_str(value)));
}

/* Clients are told whether all is saved: by a save, too. */
static void
test_tells_what_is_saved(void **state UNUSED)
{
	int fd = memfd_create("saved", MFD_CLOEXEC);
	struct buf body = BUF(64);
	struct rig_doc doc;

	assert_true(fd >= 0);
	rig_open(&rig, &doc, files[0].file, files[0].format);
	rig_join(&doc, 1, EDITOR, "Ada");
	expect_modified(&doc, "false");
	rig_type(&doc, 1, "W");
	expect_modified(&doc, "true");
	rig_settle(&doc, QUIET_MS);
	body_put_doc_save(
	    &body, &(struct body_doc_save){.format = FORMAT_DOCX});
	rig_to_kit(&doc, MSG_DOC_SAVE, 7, buf_slice(&body), fd);
	expect_modified(&doc, "false");
	fd_close(&fd);
	buf_free(&body);
	close_kit(&doc);
}

/* A client that takes none of its tiles gets no more than may be on the way. */
static void
test_no_more_than_a_window(void **state UNUSED)
{
	struct buf frame = BUF(128);
	struct rig_doc doc;

	rig_open(&rig, &doc, files[1].file, files[1].format);
	doc.takes_none = true;
	rig_join(&doc, 1, SEER, "Ada");
	assert_true(rig_wait(&doc, 1, FRAME_STATUS, RIG_WAIT_MS));
	frame_put_viewport(
	    &frame, &(struct frame_viewport){
			.width = 15 * 768, .height = 15 * 768, .scale = 768});
	rig_send(&doc, 1, &frame);
	expect_tiles(&doc, FRAME_WINDOW);
	frame_put_taken(&frame, &(struct frame_taken){.tiles = 10});
	rig_send(&doc, 1, &frame);
	expect_tiles(&doc, FRAME_WINDOW + 10);
	buf_free(&frame);
	close_kit(&doc);
}

static void
test_two_type_and_undo(void **state UNUSED)
{
	struct buf saved = BUF(8 << 20);
	struct slice zip;
	struct rig_doc doc;

	open_viewed(&doc, 1, EDITOR);
	rig_join(&doc, 2, EDITOR, "Bob");
	rig_settle(&doc, QUIET_MS);
	/* Two cells far from each other, letter by letter in turn. */
	for (size_t i = 0; i < 8; i++)
		rig_key(&doc, 1, 1024);
	for (size_t i = 0; i < 8; i++)
		rig_key(&doc, 2, 1027);
	rig_settle(&doc, QUIET_MS);
	for (const char *p = "qwzxy"; *p != '\0'; p++) {
		const char one[] = {*p, '\0'}, two[] = {(char)(*p - 32), '\0'};

		rig_type(&doc, 1, one);
		rig_type(&doc, 2, two);
	}
	rig_key(&doc, 1, ENTER);
	rig_key(&doc, 2, ENTER);
	rig_settle(&doc, QUIET_MS);
	assert_int_equal(rig_save(&doc, FORMAT_XLSX, &saved), 0);
	zip = buf_slice(&saved);
	assert_true(rig_zip_has(zip, "xl/sharedStrings.xml", "qwzxy"));
	assert_true(rig_zip_has(zip, "xl/sharedStrings.xml", "QWZXY"));
	/* Each takes back what was its own. */
	rig_command(&doc, 2, "Undo", SLICE_NONE);
	rig_settle(&doc, QUIET_MS);
	buf_clear(&saved);
	assert_int_equal(rig_save(&doc, FORMAT_XLSX, &saved), 0);
	zip = buf_slice(&saved);
	assert_true(rig_zip_has(zip, "xl/sharedStrings.xml", "qwzxy"));
	assert_false(rig_zip_has(zip, "xl/sharedStrings.xml", "QWZXY"));
	rig_command(&doc, 1, "Undo", SLICE_NONE);
	rig_settle(&doc, QUIET_MS);
	buf_clear(&saved);
	assert_int_equal(rig_save(&doc, FORMAT_XLSX, &saved), 0);
	assert_false(
	    rig_zip_has(buf_slice(&saved), "xl/sharedStrings.xml", "qwzxy"));
	buf_free(&saved);
	close_kit(&doc);
}

/* ---- saving ------------------------------------------------------------- */

static void
type_into(struct rig_doc *doc, size_t file, const char *text)
{
	struct buf frame = BUF(64);

	/* A text box of a slide is entered by two clicks. */
	if (files[file].kind == ENGINE_SLIDES)
		for (uint32_t count = 1; count <= 2; count++)
			for (uint32_t up = 0; up < 2; up++) {
				frame_put_mouse(
				    &frame, &(struct frame_mouse){.type = up,
						.x = 7200,
						.y = 4000,
						.count = count,
						.buttons = 1});
				rig_send(doc, 1, &frame);
			}
	rig_settle(doc, QUIET_MS);
	rig_type(doc, 1, text);
	if (files[file].kind != ENGINE_TEXT)
		rig_key(
		    doc, 1, files[file].kind == ENGINE_SHEET ? ENTER : 1281);
	rig_settle(doc, QUIET_MS);
	buf_free(&frame);
}

static void
test_saves_what_was_typed(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct buf saved = BUF(32 << 20);
		struct rig_doc doc;

		open_viewed(&doc, i, EDITOR);
		type_into(&doc, i, "Zwqx");
		assert_true(rig_wait_dirty(&doc, true));
		check_one_thread(&doc);
		assert_int_equal(rig_save(&doc, files[i].format, &saved), 0);
		if (!rig_zip_has(buf_slice(&saved), files[i].member, "Zwqx"))
			fail_msg("%s lost what was typed", files[i].file);
		assert_true(rig_wait_dirty(&doc, false));
		/* And it goes on. */
		rig_type(&doc, 1, "Y");
		assert_true(rig_wait_dirty(&doc, true));
		buf_clear(&saved);
		assert_int_equal(rig_save(&doc, FORMAT_PDF, &saved), 0);
		assert_true(slice_starts(buf_slice(&saved), SLICE("%PDF-")));
		assert_true(doc.dirty);
		/* A form of another kind of document. */
		buf_clear(&saved);
		assert_int_equal(rig_save(&doc,
				     files[i].kind == ENGINE_TEXT ? FORMAT_XLSX
								  : FORMAT_DOCX,
				     &saved),
		    E_KIND);
		buf_free(&saved);
		close_kit(&doc);
	}
}

/* What was saved is a document that can be opened. */
static void
test_opens_what_it_saved(void **state UNUSED)
{
	char path[] = "/tmp/chancery-saved-XXXXXX";
	struct buf saved = BUF(8 << 20);
	struct buf frame = BUF(64);
	struct frame_selected selected;
	struct rig_doc doc;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	open_viewed(&doc, 0, EDITOR);
	rig_type(&doc, 1, "Found-again ");
	rig_settle(&doc, QUIET_MS);
	assert_int_equal(rig_save(&doc, FORMAT_ODT, &saved), 0);
	close_kit(&doc);
	assert_int_equal(file_write(fd, buf_slice(&saved)), 0);
	rig_open(&rig, &doc, path, FORMAT_ODT);
	rig_join(&doc, 1, VIEWER, "Ada");
	rig_command(&doc, 1, "SelectAll", SLICE_NONE);
	frame_put_read_out(&frame, &(struct frame_read_out){0});
	rig_send(&doc, 1, &frame);
	assert_true(rig_wait(&doc, 1, FRAME_SELECTED, RIG_WAIT_MS));
	assert_int_equal(
	    frame_get_selected(buf_slice(&doc.last[FRAME_SELECTED]), &selected),
	    0);
	assert_non_null(
	    memmem(selected.text.p, selected.text.n, "Found-again", 11));
	close_kit(&doc);
	fd_close(&fd);
	(void)unlink(path);
	buf_free(&saved);
	buf_free(&frame);
}

/* ---- when others go ----------------------------------------------------- */

static void
test_broken_frames_end_their_view(void **state UNUSED)
{
	static const struct slice broken[] = {
	    {(const uint8_t *)"\x00\x00", 2},
	    {(const uint8_t *)"\x83\x08\x18", 3},
	    {(const uint8_t *)"\x82\x18\x48\x00", 4}, /* of the other way */
	    {(const uint8_t *)"\x82\x02\x00\x00", 4},
	};
	struct buf frame = BUF(128);
	struct rig_doc doc;

	open_viewed(&doc, 0, EDITOR);
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		uint64_t view = 10 + i;

		rig_join(&doc, view, EDITOR, "Bob");
		assert_true(rig_wait(&doc, view, FRAME_STATUS, RIG_WAIT_MS));
		buf_put_slice(&frame, broken[i]);
		rig_send(&doc, view, &frame);
		rig_settle(&doc, QUIET_MS);
		rig_look(&doc, view, 0, WIDTH, HEIGHT);
		assert_false(rig_wait(&doc, view, FRAME_TILE, QUIET_MS));
	}
	/* The other view knows of none of it. */
	rig_type(&doc, 1, "W");
	assert_true(rig_wait(&doc, 1, FRAME_TILE, RIG_WAIT_MS));
	buf_free(&frame);
	close_kit(&doc);
}

/* Core starts anew: the document stays as it was typed, views don't. */
static void
test_core_starts_anew(void **state UNUSED)
{
	struct buf body = BUF(128), saved = BUF(8 << 20);
	struct rig_doc doc;
	struct body_kit_core in;
	struct msg msg;
	int ends[2];

	open_viewed(&doc, 0, EDITOR);
	rig_type(&doc, 1, "Survived ");
	rig_settle(&doc, QUIET_MS);
	fd_close(&doc.core);
	fd_close(&doc.front);
	fd_close(&rig.core);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	body_put_peer(
	    &body, &(struct body_peer){ROLE_CORE, 0, (uint64_t)getpid()});
	assert_int_equal(
	    msg_write(rig.parent, MSG_PEER, 0, buf_slice(&body), ends[0]), 0);
	fd_close(&ends[0]);
	rig.core = ends[1];
	rig_hear(&rig, MSG_KIT_CORE, doc.id, &msg);
	assert_int_equal(body_get_kit_core(msg.body, &in), 0);
	assert_int_equal(in.pid, doc.pid);
	doc.core = msg.fd;
	rig_hear(&rig, MSG_ENGINE, 0, &msg);
	rig_wait_loaded(&doc);
	assert_int_equal(doc.loaded.code, 0);
	assert_int_equal(rig_save(&doc, FORMAT_DOCX, &saved), 0);
	assert_true(
	    rig_zip_has(buf_slice(&saved), "word/document.xml", "Survived"));
	buf_free(&body);
	buf_free(&saved);
	close_kit(&doc);
}

/*
 * Breaks what a kit has in its memory, as an exploit that went wrong would: all
 * that the engine's library may write is overwritten. Only root may; else it is
 * killed.
 */
static void
break_memory(const struct rig_doc *doc)
{
	static const uint8_t broken[4096];
	char path[64], line[512], *end;
	unsigned long long from, to;
	FILE *maps;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)doc->pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		assert_int_equal(kill((pid_t)doc->pid, SIGKILL), 0);
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)doc->pid);
	maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (strstr(line, "libmergedlo.so") == NULL ||
		    strstr(line, " rw-p ") == NULL)
			continue;
		from = strtoull(line, &end, 16);
		to = strtoull(end + 1, NULL, 16);
		for (; from < to; from += sizeof(broken))
			(void)!pwrite(fd, broken, sizeof(broken), (off_t)from);
	}
	(void)fclose(maps);
	fd_close(&fd);
}

static void
test_a_crash_is_of_one(void **state UNUSED)
{
	struct rig_doc a, b;
	int code, signal;

	open_viewed(&a, 0, EDITOR);
	open_viewed(&b, 0, EDITOR);
	break_memory(&a);
	rig_type(&a, 1, "W");
	rig_wait_ended(&a, &code, &signal);
	assert_true(code < 0);
	rig_type(&b, 1, "W");
	assert_true(rig_wait(&b, 1, FRAME_TILE, RIG_WAIT_MS));
	rig_close(&a);
	/* Its place is free again. */
	open_viewed(&a, 1, VIEWER);
	close_kit(&a);
	close_kit(&b);
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
	    cmocka_unit_test(test_what_is_no_document),
	    cmocka_unit_test(test_seen_when_recorded),
	    cmocka_unit_test(test_view_before_its_front),
	    cmocka_unit_test(test_no_text_without_right),
	    cmocka_unit_test(test_who_may_only_see_changes_nothing),
	    cmocka_unit_test(test_commands),
	    cmocka_unit_test(test_copy_is_cores_to_say),
	    cmocka_unit_test(test_typing_changes_the_picture),
	    cmocka_unit_test(test_sees_where_others_are),
	    cmocka_unit_test(test_tells_what_is_saved),
	    cmocka_unit_test(test_comes_back_when_all_have_left),
	    cmocka_unit_test(test_no_more_than_a_window),
	    cmocka_unit_test(test_two_type_and_undo),
	    cmocka_unit_test(test_saves_what_was_typed),
	    cmocka_unit_test(test_opens_what_it_saved),
	    cmocka_unit_test(test_broken_frames_end_their_view),
	    cmocka_unit_test(test_core_starts_anew),
	    cmocka_unit_test(test_a_crash_is_of_one),
	};

	if (!rig_has_engine())
		return 77;
	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
