/*
 * The engine: LibreOffice, by its C interface (LibreOfficeKit). Only this
 * module knows that interface; all else speaks of documents, views and events.
 * Its declarations are this project's own, as far as they are needed; the
 * tables of functions grow at their end only and say how long they are, so a
 * newer LibreOffice is another folder in the configuration.
 *
 * What holds of it (seen in 7.4):
 * - One process has one engine, started once, with one document here. It runs
 *   on the thread that started it; its loop calls `poll` wherever it would
 * wait, also from inside calls that load, save or show a dialog. So `poll` may
 * be entered again while a call of this module has not returned: then it must
 * not make another.
 * - Events come from inside calls, too, and must not call back.
 * - Each call about a view acts on the view that was set last.
 */
#ifndef KIT_ENGINE_H
#define KIT_ENGINE_H

#include "base/buf.h"
#include "base/slice.h"

struct engine;
struct engine_doc;

enum engine_kind {
	ENGINE_KIND_NONE,
	ENGINE_TEXT,
	ENGINE_SHEET,
	ENGINE_SLIDES,
};

/* What may come of a view; the payload is text, as each one says. */
enum engine_event {
	ENGINE_STALE = 0,         /* "x, y, w, h, part" or "EMPTY, part" */
	ENGINE_CURSOR = 1,        /* JSON: viewId, rectangle */
	ENGINE_SELECTION = 2,     /* "x, y, w, h; ..." */
	ENGINE_CURSOR_SHOWN = 5,  /* "true" or "false" */
	ENGINE_GRAPHIC = 6,       /* "x, y, w, h, ..." or "EMPTY" */
	ENGINE_STATE = 8,         /* ".uno:Bold=true", or JSON */
	ENGINE_NOT_FOUND = 12,    /* what was looked for */
	ENGINE_SIZE = 13,         /* the document's has changed */
	ENGINE_PART = 14,         /* the view is at this one now */
	ENGINE_FOUND = 15,        /* JSON: searchResultSelection */
	ENGINE_RESULT = 16,       /* JSON: commandName, success */
	ENGINE_CELL_CURSOR = 17,  /* "x, y, w, h, column, row" or "EMPTY" */
	ENGINE_CELL_FORMULA = 19, /* text */
	ENGINE_PASSWORD = 20,     /* of the document: it wants one */
	ENGINE_VIEW_CURSOR = 24,  /* JSON: viewId, part, rectangle */
	ENGINE_VIEW_SELECTION = 25,
	ENGINE_VIEW_CELL = 26,
	ENGINE_VIEW_SHOWN = 28,
	ENGINE_CHANGE_COUNT = 30, /* JSON: a tracked change came or went */
	ENGINE_CHANGE = 31,       /* JSON: one was changed */
	ENGINE_COMMENT = 32,      /* JSON */
	ENGINE_CELL_ADDRESS = 34, /* "E5" */
};

/*
 * What is missing for an engine in that folder, in plain words with what would
 * help, into ret_missing. E_UNSUPPORTED; 0 and nothing written where all is
 * there, with its version in ret_version.
 */
int engine_find(
    const char *folder, struct buf *ret_version, struct buf *ret_missing);

/*
 * Loads it, once in a process and before any document: libraries, fonts,
 * configuration. `home` is a folder that it may write to; settings of ours are
 * put there. It leaves a thread behind that ends by itself. E_UNSUPPORTED.
 */
int engine_load(const char *folder, const char *home);

/*
 * Starts it in the process that has a document, which was forked off the one
 * that loaded it while that had one thread. E_UNSUPPORTED.
 */
int engine_start(const char *home, struct engine **ret_engine);

struct engine_loop {
	/*
	 * Waits so long at most (-1: no bound), does what there is to do, and
	 * returns; negative ends the loop.
	 */
	int (*poll)(void *arg, int timeout_us);
	void *arg; /* not NULL */
};

/* Runs until `poll` ends it. */
void engine_run(struct engine *engine, const struct engine_loop *loop);

/* The document asked for a password while it was loaded. */
bool engine_asked_password(const struct engine *engine);

/*
 * Loads a document from a file, by its path. What is wrong goes to ret_problem
 * in the engine's words. E_INVALID.
 */
int engine_open(struct engine *engine, const char *path,
    struct engine_doc **ret_doc, struct buf *ret_problem);

enum engine_kind engine_kind(struct engine_doc *doc);

typedef void (*engine_event_fn)(
    void *arg, enum engine_event event, const char *payload);

/*
 * A view of the document for somebody of that name. The first is there already
 * when it is loaded; `first` takes it over. Events come to `event` with arg.
 */
int engine_view_new(struct engine_doc *doc, bool first, struct slice author,
    engine_event_fn event, void *arg);
void engine_view_end(struct engine_doc *doc, int view);
/* Nobody has it any more, but it stays: it is the document's last. */
void engine_view_forget(struct engine_doc *doc, int view);

/* All that follows is of the view that was set last. */
void engine_set_view(struct engine_doc *doc, int view);

/* Pages of a text, sheets, slides. */
int engine_parts(struct engine_doc *doc);
int engine_part(struct engine_doc *doc);
void engine_set_part(struct engine_doc *doc, int part);
/* A sheet's or slide's name, appended. */
void engine_part_name(struct engine_doc *doc, int part, struct buf *buf);
/* Of a text: "x, y, w, h; ..." for each page, appended. */
void engine_pages(struct engine_doc *doc, struct buf *buf);
void engine_size(struct engine_doc *doc, long *ret_width, long *ret_height);

/* So many twips are a tile of so many pixels; this part of it is looked at. */
void engine_set_zoom(struct engine_doc *doc, int pixels, int twips);
void
engine_set_area(struct engine_doc *doc, int x, int y, int width, int height);

/*
 * Paints RGBA, opaque or not, of an area in twips. pixels has width x height x
 * 4 bytes, and need not be cleared.
 */
void engine_paint(struct engine_doc *doc, uint8_t *pixels, int width,
    int height, int x, int y, int twips_x, int twips_y);
/* The same of any part; slower where it isn't the view's. */
void engine_paint_part(struct engine_doc *doc, int part, uint8_t *pixels,
    int width, int height, int x, int y, int twips_x, int twips_y);

void engine_key(struct engine_doc *doc, int character, int code);
/* Text of an input method, on the way or for good; NUL-terminated. */
void engine_input(struct engine_doc *doc, const char *text, bool final);
void engine_erase(struct engine_doc *doc, int before, int after);
enum engine_mouse { ENGINE_MOUSE_DOWN, ENGINE_MOUSE_UP, ENGINE_MOUSE_MOVE };
void engine_mouse(struct engine_doc *doc, enum engine_mouse type, int x, int y,
    int count, int buttons, int modifiers);
enum engine_select {
	ENGINE_SELECT_START,
	ENGINE_SELECT_END,
	ENGINE_SELECT_RESET
};
void
engine_select(struct engine_doc *doc, enum engine_select type, int x, int y);

/* The selection in that form, appended; false where there is none. */
bool engine_selected(struct engine_doc *doc, const char *mime, struct buf *buf);
bool engine_paste(struct engine_doc *doc, const char *mime, struct slice bytes);

/* ".uno:Bold", with arguments as JSON, or NULL. */
void
engine_command(struct engine_doc *doc, const char *name, const char *arguments);
/* What the engine tells of a command, JSON, appended. */
void engine_values(struct engine_doc *doc, const char *name, struct buf *buf);

/* Writes it to a file, in the form that `format` names. E_IO. */
int engine_save(struct engine_doc *doc, const char *path, const char *format);

#endif
