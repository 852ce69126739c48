/* What the files of a kit share; see kit.h. */
#ifndef KIT_KIT_PRIVATE_H
#define KIT_KIT_PRIVATE_H

#include "base/map.h"
#include "base/mem.h"
#include "ipc/body.h"
#include "ipc/channel.h"
#include "kit/engine.h"
#include "kit/format.h"
#include "kit/frame.h"
#include "kit/kit.h"

enum {
	KIT_VIEWS_MAX = 200,
	KIT_FRONTS_MAX = ROLE_PEERS_MAX,
	KIT_QUEUE_BYTES = 32 << 20, /* of messages not done yet */
	KIT_TILES_MAX = 1024,       /* in a viewport */
	KIT_PAGES_MAX = 5000,
	KIT_DID_MS = 3000,
	KIT_SAVES_MAX = 4, /* under way */
	KIT_GHOSTS_MAX = 16,
	KIT_SETTLE_MS = 250,     /* for the engine to tell where a cursor is */
	KIT_BLOCK_TWIPS = 15360, /* of a sheet: 1,024 pixels at 100 % */
};

struct kit;

struct tile {
	uint64_t hash; /* of what the client has; 0: nothing */
	bool dirty;
};

struct rectangle {
	int64_t x, y, width, height;
};

/* What somebody looks at. */
struct viewport {
	uint32_t part, scale; /* scale 0: nothing yet */
	uint32_t column, row, columns, rows;
	struct tile *tiles; /* KIT_TILES_MAX */
	size_t n_dirty;
	uint32_t window; /* tiles that may still be sent */
};

struct view {
	struct kit *kit;
	uint64_t id; /* core's number */
	int number;  /* the engine's */
	size_t front;
	unsigned rights;
	char name[256];
	struct viewport port;
	/* Places that it may see (SHOWN) or that core was asked about (ASKED).
	 */
	struct map places;
	/* Since core was told last. */
	uint64_t letters, commands;
	int32_t part;
	int32_t cursor_x, cursor_y;
	int32_t cursor_height;
	bool cursor_known;
	/* What it has done, and of that what a save holds that is under way. */
	uint32_t count, saving_count;
	uint64_t saving;     /* that one's id */
	uint64_t counted_ms; /* when it did the last; 0: its cursor is told */
	/* Its client has gone: what it did counts, and its place moves along.
	 */
	bool ghost;
	uint64_t ghost_ms;
	bool held;       /* what is to be painted waits for core */
	bool dragging;   /* the mouse has moved with a button down */
	bool greeted;    /* its client knows how the document is */
	bool leaving;    /* core has ended it */
	bool status_due; /* the document's size has changed */
};

/* A message that waits until the engine has returned. */
struct job {
	struct job *next;
	unsigned type;
	uint64_t id;
	size_t front; /* of VIEW_INPUT */
	int fd;
	bool late;         /* put behind what came with it */
	uint64_t until_ms; /* it waits for cursors to be told so long */
	size_t n;
	uint8_t body[];
};

struct kit {
	const struct kit_start *start;
	char home[JAIL_PATH_MAX];
	struct loop *loop;
	struct channel *zygote, *core;
	struct channel *fronts[KIT_FRONTS_MAX];
	struct engine *engine;
	struct engine_doc *doc;
	enum engine_kind kind;
	int parts;
	enum { KIT_STARTING, KIT_LOADING, KIT_OPEN, KIT_ENDING } state;
	bool first_taken; /* the view that the engine made by itself */
	bool has_leftover, leftover_ends;
	bool has_reader;
	int reader;     /* a view of nobody's, which selects what is read out */
	int leftover;   /* the engine's view that nobody has any more */
	unsigned depth; /* of calls into the engine */
	struct job *jobs, **jobs_end;
	size_t jobs_bytes;
	struct view *views[KIT_VIEWS_MAX];
	size_t n_views;
	/* Editors whose clients may come back, the oldest first. */
	struct view *ghosts[KIT_GHOSTS_MAX];
	size_t n_ghosts;
	int ends[KIT_GHOSTS_MAX]; /* the engine's views of those who won't */
	size_t n_ends;
	bool marked;      /* core has said what the document is made from */
	uint64_t newest;  /* the newest view of then */
	bool settling;    /* a save waits for cursors */
	size_t next_view; /* whose tiles are painted next */
	int at_view;      /* what the engine was told last; -1: unknown */
	bool layout_stale, dirty, in_paint;
	bool leaving; /* some view is */
	size_t n_saves;
	struct rectangle pages[KIT_PAGES_MAX];
	size_t n_pages;
	struct buf out, frame, text;
	uint8_t *pixels;
	struct loop_timer did;
	bool painting; /* tiles are left */
	uint64_t edits,
	    saved_edits; /* counted, so that a save knows of later ones */
};

/* ---- kit.c -------------------------------------------------------------- */

/* Ends the process, with a word to core. */
NO_RETURN void kit_fail(struct kit *kit, int code, const char *why);

/* What clients know a view of that number by: 0 is their own. */
static inline uint32_t
view_name(int number)
{
	return (uint32_t)number + 1;
}

/* The view of that number of core's, or of the engine's, or NULL. */
struct view *kit_view(struct kit *kit, uint64_t id);
struct view *kit_view_numbered(struct kit *kit, int number);

/* Somebody has changed it; it is said to have changed; it is saved up to there.
 */
void kit_edited(struct kit *kit);
void kit_set_dirty(struct kit *kit);
void kit_saved(struct kit *kit, uint64_t edits);

void kit_to_core(struct kit *kit, enum msg_type type, uint64_t id);

/* ---- view.c ------------------------------------------------------------- */

int view_join(struct kit *kit, uint64_t id, const struct body_view_join *in);
void view_leave(struct kit *kit, struct view *view);
/* Where somebody has come since, and the engine has gone round. */
void view_end_leftover(struct kit *kit);
void view_set_rights(struct view *view, unsigned rights);
/* Ends it, and tells core why. */
void view_break(struct view *view, int code, const char *why);

/* The engine speaks of the one that reads, and nobody of it. E_LIMIT. */
int view_enter_reader(struct kit *kit);

/*
 * Goes on where a view of before was: its client is told how much of that one
 * is in the document.
 */
void view_resume(struct view *view, uint32_t before);

/* One of before, as the save held it that the document is made from. */
void view_haunt(struct kit *kit, const struct body_doc_marks *mark);

/* How much each has done, into kit->out, as a save is begun; and that it is
 * kept. */
void view_put_marks(struct kit *kit, uint64_t save);
void view_tell_kept(struct kit *kit, uint64_t save);

/* Where everybody is, is told. */
bool view_all_settled(const struct kit *kit);

/* The engine speaks of this view from here on. */
void view_enter(struct view *view);

/*
 * Sends the frame that stands in kit->frame, if the view's rights hold it, and
 * clears it.
 */
void view_send(struct view *view);

/* Whether its front's channel is there: it comes by another way than the view.
 */
bool view_has_client(const struct view *view);

/* Tells a client that is new how the document is, and who is there. */
void view_greet(struct view *view);
/* Tells it whether all is saved. */
void view_tell_modified(struct view *view);

/* Tells how the document is now. */
void view_send_status(struct view *view);

/* Tells core what was typed. */
void view_tell_did(struct view *view);

/* ---- input.c ------------------------------------------------------------ */

/* Does what a client asks by a frame. E_GRAMMAR: it breaks the rules. */
int input_take(struct view *view, struct slice frame);

/* ---- event.c ------------------------------------------------------------ */

/* engine_event_fn; arg is a view. */
void event_take(void *arg, enum engine_event event, const char *payload);

/* Numbers apart by commas: how many were read. */
size_t event_numbers(const char *text, int64_t *ret_numbers, size_t max);

/* ---- tiles.c ------------------------------------------------------------ */

int tiles_look(struct view *view, const struct frame_viewport *port);
/* Of a part; all of it where there is no rectangle. */
void tiles_stale(
    struct view *view, uint32_t part, const struct rectangle *rectangle);
/* The view's own places that core has recorded. */
void tiles_show(struct view *view, uint32_t part, uint32_t block);
/* Paints a few; true while there is more to do. */
bool tiles_paint(struct kit *kit);
void tiles_free(struct view *view);
/* Whether core knows that the view sees all of that; where not, it is told. */
bool tiles_are_shown(
    struct view *view, uint32_t part, const struct rectangle *rectangle);
int tiles_preview(struct view *view, const struct frame_preview *preview);
/* The place that a point of a part is in. */
uint32_t tiles_block(struct kit *kit, int64_t x, int64_t y);
void tiles_read_layout(struct view *view);

/* ---- save.c ------------------------------------------------------------- */

/* Begins to write the document into a file, which is closed. */
void save_begin(
    struct kit *kit, uint64_t id, const struct body_doc_save *in, int fd);

#endif
