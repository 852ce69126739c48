/* What the files of open documents share; see io_document.h. */
#ifndef CORE_IO_DOCUMENT_PRIVATE_H
#define CORE_IO_DOCUMENT_PRIVATE_H

#include "core/apps/documents/document.h"
#include "core/io.h"
#include "ipc/body.h"

/* What becomes of a document, in this order. */
enum io_document_state {
	DOCUMENT_NONE,
	DOCUMENT_BEGINNING, /* until its record is durable */
	DOCUMENT_FETCHING,  /* its bytes come from blobs */
	DOCUMENT_STARTING,  /* the zygote makes a kit */
	DOCUMENT_LOADING,
	DOCUMENT_OPEN,
	DOCUMENT_ENDING, /* its kit is to end, or has */
};

/* Somebody who looks at it. */
struct io_view {
	struct io_document *document;
	struct io_view *next;
	uint64_t number, ref, principal;
	size_t front;
	uint64_t front_pid;
	unsigned rights;
	bool told;  /* its front knows of it */
	bool ready; /* ... and has the kit's channel */
	bool joined;
	bool left; /* its kit was told, and hasn't said so yet */
	struct loop_timer patience; /* ... for so long */
	char name[256];
};

/* Somebody takes it along, in a form that the kit writes. */
struct io_export {
	struct io_document *document;
	struct io_export *next;
	uint64_t number; /* the stream that brings it */
	uint64_t loose;  /* the file that it is written into; 0: not yet */
	size_t front;
	uint64_t front_pid;
	unsigned format;
	bool printed;
	bool asked, written; /* the kit was asked; it has written it */
};

struct io_document {
	struct io *io;
	uint64_t file, number, version;
	unsigned format;
	enum io_document_state state;
	uint64_t fetch; /* the loose file of its bytes, until it is there */
	struct channel *kit;
	uint64_t met[IO_FRONTS_MAX]; /* fronts' processes that it knows */
	struct io_view *views;
	struct io_export *exports;
	bool dirty;        /* since it was written last */
	bool changed;      /* since it was a version last */
	uint64_t pause_ms; /* until a copy of it is kept again */
	bool again;        /* asked to save while a save is under way */
	struct save {
		uint64_t number; /* the loose file's; 0: none is under way */
		bool written;    /* by the kit; blobs keep it */
		bool copy;       /* no version is made of it */
		uint64_t begun_ms;
		struct document_editors editors; /* whose changes it holds */
		struct buf marks; /* how much of each view: DOC_SAVING */
		uint64_t newest;  /* the newest view of then */
	} save;
	/* Of the save before, which is durable: what the document is made of.
	 */
	bool marked; /* known */
	struct buf marks;
	uint64_t newest, newest_view;
	struct document_editors editors; /* since then */
	struct loop_timer linger, due, keep;
	struct loop_timer gone; /* its kit has closed its channel */
	struct loop_task release, tell;
	bool telling;
};

/* ---- io_document.c ---------------------------------------------------------
 */

/* What stands in io->out. To blobs it is about a loose file. */
void
io_document_to_kit(struct io_document *doc, enum msg_type type, uint64_t id);
void io_document_to_zygote(struct io_document *doc, enum msg_type type);
void io_document_to_blobs(struct io *io, enum msg_type type, uint64_t loose);

/* NULL where there is none. */
struct io_view *io_view_get(struct io *io, uint64_t number);

/* It is no more. */
void io_view_free(struct io_view *view);

/* Lets it in, once its front and the document are ready. */
void io_view_join(struct io_view *view);

/* Tells fronts of views that they don't know; arg is a document. */
void io_document_tell(void *arg);

bool io_document_is_unused(const struct io_document *doc);

/* Nobody has it open: it is saved, and stays for a moment. */
void io_document_unused(struct io_document *doc);

/* Closes it in a moment, or at once where the server is to stop. */
void io_document_linger(struct io_document *doc);

/* Ends it, unless somebody has it open or it is being saved. */
void io_document_close(struct io_document *doc);

/* It has ended, or can't go on: all views end for that reason. */
void io_document_end(
    struct io_document *doc, int code, int signal, struct slice why);
void io_document_fail(struct io_document *doc, int code, const char *why);

/* What its last durable save held: for the next process that opens the file. */
void io_document_leave_marks(struct io_document *doc);

/* Its memory, at the end of the round. */
void io_document_release(struct io_document *doc);

/* A number of 0 is none. */
void io_document_record_end(struct io *io, uint64_t file, uint64_t number,
    int code, int signal, struct slice why);

/* A loose file for it, of these bytes or that blob's. E_BUSY, E_NOMEM. */
int io_document_ask_loose(struct io_document *doc,
    const struct body_blob_open *open, uint64_t *ret_number);

/* ---- io_document_save.c ----------------------------------------------------
 */

/* Somebody has changed it since it was saved. */
void
io_save_note_editor(struct io_document *doc, uint64_t principal, uint64_t view);

/* While it changes: a copy soon, a version in a while. */
void io_save_keep_soon(struct io_document *doc);
void io_save_due(struct io_document *doc);

/* What a kit says that a save holds. E_GRAMMAR. */
int io_save_mark(struct io_document *doc, uint64_t number, struct slice body);

/* Begins; or notes that it is to be, where one is under way. */
void io_save_begin(struct io_document *doc, bool copy);

/* The file to write into is there; the kit has written; what came of it. */
void io_save_write(struct io_document *doc, int *fd);
void io_save_take(struct io_document *doc, uint64_t number, struct slice body);
void io_save_failed(struct io_document *doc, int code);
void io_save_done(struct io_document *doc, bool done);

/* E_NOMEM. */
int io_export_new(struct io_document *doc, const struct stream_order *order);

/* The one that is written into that file, or NULL. */
struct io_export *io_export_of(struct io_document *doc, uint64_t loose);

/* As far as the document is: asks for its file, has it written, gives it up. */
void io_export_ask(struct io_export *export);
void io_export_write(struct io_export *export, int *fd);
void io_export_fail(struct io_export *export, int code);

/* Whoever wanted it has gone; any stream's number. */
void io_export_leave(struct io *io, uint64_t number);
/* ---- io_document_kit.c -----------------------------------------------------
 */

/* Of documents whose processes are no more the end is recorded. */
void io_documents_forget_gone(struct io *io);

#endif
