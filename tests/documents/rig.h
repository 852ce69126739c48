/*
 * A zygote and its kits, with a test in the place of all others: the parent
 * that started it, core, and a front.
 */
#ifndef DOCUMENTS_RIG_H
#define DOCUMENTS_RIG_H

#include <sys/types.h>

#include "base/buf.h"
#include "ipc/body.h"
#include "kit/frame.h"

enum { RIG_WAIT_MS = 60000, RIG_TILES_MAX = 4096 };

struct rig {
	pid_t pid;
	char folder[64];
	int parent, core, front; /* channels to the zygote */
	struct config config;
	struct buf in;
	struct buf engine_text;
	int engine;
	bool meets_late; /* documents that are opened: by rig_meet */
};

/* A document that is open: core's and the front's channels to its kit. */
struct rig_doc {
	struct rig *rig;
	uint64_t id;
	uint64_t pid;
	int core, front;
	struct buf in;
	struct body_doc_loaded loaded;
	char why[512];
	/* What came, by kind. */
	size_t n_frames[FRAME_NUMBER_MAX + 1];
	size_t n_sees, n_dids;
	uint64_t letters;
	bool dirty, hold_sees, takes_none;
	bool ended; /* its channels are closed */
	/* The last frame of each kind, whole. */
	struct buf last[FRAME_NUMBER_MAX + 1];
	/* Of the view that is listened to: hashes of tiles by place. */
	uint64_t view;
};

/* Whether there is an engine to test with; else what is missing is printed. */
bool rig_has_engine(void);

/* The configuration may be changed before. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

/* A message of the zygote to core of that type; others are passed over. */
void rig_hear(struct rig *rig, unsigned type, uint64_t id, struct msg *ret_msg);

/* Opens a file of tests/data/documents, or any other by its path. */
void rig_open(
    struct rig *rig, struct rig_doc *doc, const char *path, unsigned format);
/* Up to its kit's channel, not its load. */
void rig_open_only(
    struct rig *rig, struct rig_doc *doc, const char *path, unsigned format);
/* Has the zygote introduce the front to its kit. */
void rig_meet(struct rig_doc *doc);
void rig_wait_loaded(struct rig_doc *doc);
/* What KIT_ENDED said of it. */
void rig_wait_ended(struct rig_doc *doc, int *ret_code, int *ret_signal);
void rig_close(struct rig_doc *doc);

void
rig_join(struct rig_doc *doc, uint64_t view, unsigned rights, const char *name);
void rig_to_kit(
    struct rig_doc *doc, unsigned type, uint64_t id, struct slice body, int fd);

/* A frame of the client; the buffer is cleared. */
void rig_send(struct rig_doc *doc, uint64_t view, struct buf *frame);

/* Takes what comes within so many milliseconds; false where nothing did. */
bool rig_take(struct rig_doc *doc, int ms);
/* Until a frame of that number came to that view, which stands in last[]. */
bool rig_wait(struct rig_doc *doc, uint64_t view, enum frame number, int ms);
/* Until it is said to have changed, or not any more. */
bool rig_wait_dirty(struct rig_doc *doc, bool dirty);
/* Until nothing has come for so long. */
void rig_settle(struct rig_doc *doc, int ms);

void rig_type(struct rig_doc *doc, uint64_t view, const char *text);
void rig_key(struct rig_doc *doc, uint64_t view, uint32_t code);
void rig_command(struct rig_doc *doc, uint64_t view, const char *name,
    struct slice arguments);
void rig_look(struct rig_doc *doc, uint64_t view, uint32_t part, int32_t width,
    int32_t height);

/* Saves in that form; the bytes are appended. The code. */
int rig_save(struct rig_doc *doc, unsigned format, struct buf *ret_bytes);

/* Whether a file in a zip archive contains that text. */
bool rig_zip_has(struct slice zip, const char *member, const char *text);

#endif
