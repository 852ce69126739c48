/*
 * bench-documents: what an open document costs: a line of NAME=VALUE for each
 *kind. From the order to open it to its first picture; from a key to the
 *changed picture, as a client sees it; memory of one more that is open; and a
 *full viewport. Nothing is measured where there is no engine.
 *
 *	bench-documents [DOCUMENTS]    how many to open for the memory of one
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "documents/rig.h"
#include "kit/format.h"

enum {
	KEYS = 200,
	OPENS = 9,
	QUIET_MS = 400,
	WIDTH = 28800, /* twips of 1,920 x 1,080 pixels at 100 % */
	HEIGHT = 16200,
	EDITOR = RIGHT_READ | RIGHT_EDIT,
};

static const struct {
	const char *file;
	unsigned format;
} files[] = {
    {"sample.docx", FORMAT_DOCX},
    {"sample.xlsx", FORMAT_XLSX},
    {"SampleShow.pptx", FORMAT_PPTX},
};

static int
by_value(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static double
at(double *values, size_t n, double part)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[(size_t)((double)(n - 1) * part)];
}

static double
ms_since(uint64_t begun)
{
	return (double)(clock_boot_ns() - begun) / 1e6;
}

/* Of a line of smaps_rollup of that name; 0 of another. */
static double
kilobytes(const char *line, const char *name)
{
	struct slice left = slice_str(line), number;
	uint64_t value;

	if (!slice_starts(left, slice_str(name)))
		return 0;
	left = slice_trim(slice_from(left, strlen(name)));
	(void)slice_cut(&left, ' ', &number);
	return slice_u64(number, UINT32_MAX, &value) == 0 ? (double)value : 0;
}

/* Kilobytes of a process that are nobody else's, and its share of the rest. */
static void
memory_of(uint64_t pid, double *ret_private, double *ret_share)
{
	char path[64], line[256];
	FILE *file;

	*ret_private = *ret_share = 0;
	(void)snprintf(path, sizeof(path), "/proc/%llu/smaps_rollup",
	    (unsigned long long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		*ret_private += kilobytes(line, "Private_Dirty:");
		*ret_share += kilobytes(line, "Pss:");
	}
	(void)fclose(file);
}

static double
open_one(struct rig *rig, struct rig_doc *doc, size_t file)
{
	uint64_t begun = clock_boot_ns();
	double ms;

	rig_open(rig, doc, files[file].file, files[file].format);
	rig_join(doc, 1, EDITOR, "Ada");
	rig_look(doc, 1, 0, WIDTH, HEIGHT);
	(void)rig_wait(doc, 1, FRAME_TILE, RIG_WAIT_MS);
	ms = ms_since(begun);
	rig_settle(doc, QUIET_MS);
	return ms;
}

static void
end_one(struct rig *rig, struct rig_doc *doc)
{
	int code, signal;

	(void)msg_write(rig->core, MSG_KIT_END, doc->id, SLICE_NONE, -1);
	rig_wait_ended(doc, &code, &signal);
	rig_close(doc);
}

/* Until all that a full screen shows has come: of a document just opened. */
static double
full_screen(struct rig *rig, size_t file)
{
	struct rig_doc doc;
	uint64_t begun;
	size_t tiles = 8 * 5;
	double ms;

	rig_open(rig, &doc, files[file].file, files[file].format);
	rig_join(&doc, 1, EDITOR, "Ada");
	(void)rig_wait(&doc, 1, FRAME_STATUS, RIG_WAIT_MS);
	rig_settle(&doc, QUIET_MS);
	begun = clock_boot_ns();
	rig_look(&doc, 1, 0, WIDTH, HEIGHT);
	while (doc.n_frames[FRAME_TILE] < tiles &&
	       rig_wait(&doc, 1, FRAME_TILE, 2000))
		;
	ms = ms_since(begun);
	end_one(rig, &doc);
	return ms;
}

/* A text box of a slide is entered by two clicks. */
static void
enter_text(struct rig_doc *doc, size_t file)
{
	struct buf frame = BUF(64);

	for (uint32_t i = 0; i < 4 && files[file].format == FORMAT_PPTX; i++) {
		frame_put_mouse(&frame, &(struct frame_mouse){.type = i % 2,
					    .x = 7200,
					    .y = 4000,
					    .count = 1 + i / 2,
					    .buttons = 1});
		rig_send(doc, 1, &frame);
	}
	rig_settle(doc, QUIET_MS);
	buf_free(&frame);
}

static void
measure(struct rig *rig, size_t file)
{
	double opens[OPENS], keys[KEYS], saved;
	struct buf bytes = BUF(64 << 20);
	struct rig_doc doc;
	uint64_t begun;

	for (size_t i = 0; i < OPENS; i++) {
		opens[i] = open_one(rig, &doc, file);
		if (i + 1 < OPENS)
			end_one(rig, &doc);
	}
	enter_text(&doc, file);
	for (size_t i = 0; i < KEYS; i++) {
		const char letter[] = {(char)('a' + i % 26), '\0'};

		begun = clock_boot_ns();
		rig_type(&doc, 1, letter);
		(void)rig_wait(&doc, 1, FRAME_TILE, 2000);
		keys[i] = ms_since(begun);
		rig_settle(&doc, 20);
	}
	begun = clock_boot_ns();
	(void)rig_save(&doc, files[file].format, &bytes);
	saved = ms_since(begun);
	end_one(rig, &doc);
	printf("file=%s open_ms=%.0f open_worst_ms=%.0f key_ms=%.2f "
	       "key_p99_ms=%.2f save_ms=%.0f screen_ms=%.0f\n",
	    files[file].file, at(opens, OPENS, 0.5), at(opens, OPENS, 1),
	    at(keys, KEYS, 0.5), at(keys, KEYS, 0.99), saved,
	    full_screen(rig, file));
	buf_free(&bytes);
}

static void
measure_memory(struct rig *rig, size_t file, size_t n)
{
	struct rig_doc *docs = calloc(n, sizeof(*docs));
	double own = 0, share = 0;

	if (docs == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		(void)open_one(rig, &docs[i], file);
	for (size_t i = 0; i < n; i++) {
		double one, part;

		memory_of(docs[i].pid, &one, &part);
		own += one;
		share += part;
	}
	printf("file=%s documents=%zu private_mib=%.1f share_mib=%.1f\n",
	    files[file].file, n, own / 1024 / (double)n,
	    share / 1024 / (double)n);
	for (size_t i = 0; i < n; i++)
		end_one(rig, &docs[i]);
	free(docs);
}

int
main(int argc, char **argv)
{
	uint64_t n = 5, begun = clock_boot_ns();
	struct rig rig;

	if (argc > 1 && (slice_u64(slice_str(argv[1]), 60, &n) < 0 || n == 0)) {
		(void)fprintf(stderr, "usage: bench-documents [DOCUMENTS]\n");
		return 2;
	}
	if (!rig_has_engine())
		return 0;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	rig_init(&rig);
	rig_start(&rig);
	printf("zygote_ms=%.0f\n", ms_since(begun));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		measure(&rig, i);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		measure_memory(&rig, i, n);
	rig_stop(&rig);
	return 0;
}
