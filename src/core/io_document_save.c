/*
 * An open document is written: as a version of its file, as a copy in case that
 * its process ends before that, or for somebody who takes it along. The kit
 * writes into a file that blobs have opened, and may write on; so blobs copy it
 * before anything is made of it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/io_document_private.h"

enum {
	KEEP_MS = 5000,      /* between two copies while it changes */
	KEEP_SHARE = 10,     /* ... and so many times as long as one took */
	VERSION_MS = 600000, /* between two versions while it changes */
};

/* ---- saving ----------------------------------------------------------------
 */

void
io_save_note_editor(struct io_document *doc, uint64_t principal, uint64_t view)
{
	struct document_editors *editors = &doc->editors;
	size_t n = 0;

	for (size_t i = 0; i < editors->n; i++)
		if (editors->list[i].view != view)
			editors->list[n++] = editors->list[i];
	/* The record has no room for more: the first is left out. */
	if (n == ARRAY_SIZE(editors->list))
		memmove(&editors->list[0], &editors->list[1],
		    --n * sizeof(editors->list[0]));
	editors->list[n].principal = principal;
	editors->list[n].view = view;
	editors->n = n + 1;
}

/* Of a document that nobody has open, and that could not be saved. */
static void
try_again_later(struct io_document *doc)
{
	/* A stop waits for nothing: what was kept is what there is. */
	if (doc->io->draining)
		doc->changed = false;
	io_document_linger(doc);
}

void
io_save_done(struct io_document *doc, bool done)
{
	/* Where no version came of it, their changes are still to be saved. */
	for (size_t i = 0; i < doc->save.editors.n; i++)
		io_save_note_editor(doc, doc->save.editors.list[i].principal,
		    doc->save.editors.list[i].view);
	buf_free(&doc->save.marks);
	doc->save = (struct save){.number = 0};
	if (doc->state == DOCUMENT_ENDING) {
		if (doc->marked)
			io_document_leave_marks(doc);
		io_document_release(doc);
		return;
	}
	if (doc->again) {
		doc->again = false;
		io_save_begin(doc, false);
	} else if (!io_document_is_unused(doc)) {
		io_save_keep_soon(doc);
	} else if (!done && doc->changed) {
		try_again_later(doc);
	} else if (doc->linger.place == 0 || doc->io->draining) {
		io_document_close(doc);
	}
}

int
io_save_mark(struct io_document *doc, uint64_t number, struct slice body)
{
	struct slice left = body;
	struct body_doc_saving mark;

	if (number != doc->save.number)
		return 0;
	while (left.n > 0)
		if (body_take_doc_saving(&left, &mark) < 0)
			return E_GRAMMAR;
	buf_free(&doc->save.marks);
	doc->save.marks = BUF(65536);
	buf_put_slice(&doc->save.marks, body);
	doc->save.newest = doc->newest_view;
	return doc->save.marks.error;
}

/* What it held outlives the kit: its clients need it no more. */
static void
tell_kept(struct io_document *doc, uint64_t number)
{
	buf_free(&doc->marks);
	doc->marks = doc->save.marks;
	doc->save.marks = BUF(0);
	doc->newest = doc->save.newest;
	doc->marked = true;
	if (doc->state == DOCUMENT_ENDING) {
		io_document_leave_marks(doc);
		return;
	}
	buf_clear(&doc->io->out);
	io_document_to_kit(doc, MSG_DOC_KEPT, number);
}

static void
on_saved(struct call *call UNUSED, void *arg)
{
	struct document_saved *saved = arg;
	struct io *io = saved->owner;
	struct io_document *doc =
	    map_take(&io->documents.by_loose, saved->stored.number);

	if (doc == NULL)
		return;
	tell_kept(doc, saved->stored.number);
	if (!doc->save.copy) {
		if (saved->version != 0)
			doc->version = saved->version;
		doc->changed = doc->dirty;
		doc->save.editors.n = 0;
	}
	io_save_done(doc, true);
}

/* Blobs have it: it becomes the file's version, or what is kept beside. */
static void
save_stored(struct io_document *doc, const struct stream_ending *stored)
{
	struct document_saved *saved;
	struct call *call = NULL;
	int r = stored->stored ? 0 : stored->why;

	if (r == 0 && doc->save.copy)
		r = call_new_system(OP_DOCUMENT_KEPT, sizeof(*saved),
		    document_kept, on_saved, &call);
	else if (r == 0)
		r = call_new_system(OP_DOCUMENT_SAVED, sizeof(*saved),
		    document_saved, on_saved, &call);
	if (r < 0) {
		(void)map_take(&doc->io->documents.by_loose, doc->save.number);
		log_error("core.save", log_err(r));
		io_save_done(doc, false);
		return;
	}
	saved = call->arg;
	*saved = (struct document_saved){.file = doc->file,
	    .document = doc->number,
	    .version = doc->version,
	    .editors = doc->save.editors,
	    .stored = *stored,
	    .owner = doc->io};
	engine_submit(doc->io->engine, call);
}

/* What blobs have opened for it isn't needed. */
static void
drop_file(struct io_document *doc)
{
	(void)map_take(&doc->io->documents.by_loose, doc->save.number);
	buf_clear(&doc->io->out);
	io_document_to_blobs(doc->io, MSG_BLOB_LEAVE, doc->save.number);
}

void
io_save_failed(struct io_document *doc, int code)
{
	log_error("core.save", log_err(code));
	drop_file(doc);
	io_save_done(doc, false);
}

/* A loose file for it, of these bytes or that blob's. */
int
io_document_ask_loose(struct io_document *doc,
    const struct body_blob_open *open, uint64_t *ret_number)
{
	struct io *io = doc->io;
	uint64_t number = ++io->documents.loose;
	int r = io->blobs != NULL ? 0 : E_BUSY;

	if (r == 0)
		r = map_put(&io->documents.by_loose, number, doc);
	if (r < 0)
		return r;
	buf_clear(&io->out);
	body_put_blob_open(&io->out, open);
	io_document_to_blobs(io, MSG_BLOB_OPEN, number);
	*ret_number = number;
	return 0;
}

static void
on_keep(void *arg)
{
	io_save_begin(arg, true);
}

/* While it changes a copy is kept again and again, at so much of a core. */
void
io_save_keep_soon(struct io_document *doc)
{
	if (!doc->dirty || doc->keep.place != 0 || doc->save.number != 0)
		return;
	doc->keep.expire = on_keep;
	doc->keep.arg = doc;
	(void)loop_timer_set(
	    doc->io->loop, &doc->keep, MAX(doc->pause_ms, KEEP_MS));
}

void
io_save_begin(struct io_document *doc, bool copy)
{
	int r;

	if (doc->state != DOCUMENT_OPEN)
		return;
	if (doc->save.number != 0) {
		doc->again = doc->again || !copy;
		return;
	}
	loop_timer_end(doc->io->loop, &doc->keep);
	if (!copy)
		loop_timer_end(doc->io->loop, &doc->due);
	r = io_document_ask_loose(
	    doc, &(struct body_blob_open){.size = 0}, &doc->save.number);
	if (r < 0)
		log_error("core.save", log_err(r));
	doc->save.copy = copy;
}

static void
on_due(void *arg)
{
	io_save_begin(arg, false);
}

void
io_save_due(struct io_document *doc)
{
	if (doc->due.place != 0)
		return;
	doc->due.expire = on_due;
	doc->due.arg = doc;
	(void)loop_timer_set(doc->io->loop, &doc->due, VERSION_MS);
}

/* ---- in another form -------------------------------------------------------
 */

static void
export_free(struct io_export *export)
{
	struct io_document *doc = export->document;
	struct io_export **at;

	(void)map_take(&doc->io->documents.exports, export->number);
	if (export->loose != 0)
		(void)map_take(&doc->io->documents.by_loose, export->loose);
	for (at = &doc->exports; *at != export; at = &(*at)->next)
		;
	*at = export->next;
	mem_free(export);
	if (io_document_is_unused(doc) && doc->state != DOCUMENT_ENDING)
		io_document_unused(doc);
}

/* Whoever wanted it has gone. */
void
io_export_leave(struct io *io, uint64_t number)
{
	struct io_export *export =
	    number != 0 ? map_get(&io->documents.exports, number) : NULL;

	if (export == NULL)
		return;
	if (export->loose != 0 && !export->written) {
		buf_clear(&io->out);
		io_document_to_blobs(io, MSG_BLOB_LEAVE, export->loose);
	}
	export_free(export);
}

void
io_export_fail(struct io_export *export, int code)
{
	struct io *io = export->document->io;
	uint64_t number = export->number;

	io_export_leave(io, number);
	io_stream_close_because(io, number, STREAM_FAILED, code,
	    SLICE("it could not be written in that form"));
}

void
io_export_ask(struct io_export *export)
{
	int r;

	if (export->document->state != DOCUMENT_OPEN || export->loose != 0)
		return;
	r = io_document_ask_loose(export->document,
	    &(struct body_blob_open){.size = 0}, &export->loose);
	if (r < 0)
		io_export_fail(export, r);
}

struct io_export *
io_export_of(struct io_document *doc, uint64_t loose)
{
	struct io_export *export = loose != 0 ? doc->exports : NULL;

	while (export != NULL && export->loose != loose)
		export = export->next;
	return export;
}

void
io_export_write(struct io_export *export, int *fd)
{
	struct io_document *doc = export->document;
	struct io *io = doc->io;

	buf_clear(&io->out);
	body_put_doc_save(
	    &io->out, &(struct body_doc_save){.format = export->format,
			  .printed = export->printed});
	channel_send_fd(
	    doc->kit, MSG_DOC_SAVE, export->loose, buf_slice(&io->out), *fd);
	export->asked = true;
	*fd = -1;
}

/* The kit has written it: blobs copy it to where it can't be changed. */
static void
export_written(struct io_export *export, const struct body_doc_saved *in)
{
	struct io *io = export->document->io;

	if (in->code < 0) {
		io_export_fail(export, in->code);
		return;
	}
	export->written = true;
	buf_clear(&io->out);
	body_put_blob_keep(&io->out, &(struct body_blob_keep){in->size});
	io_document_to_blobs(io, MSG_BLOB_KEEP, export->loose);
}

/* It goes to the front as any file does, and is no more once it is open there.
 */
static void
export_send(struct io_export *export, const struct stream_ending *stored)
{
	struct io *io = export->document->io;

	if (!stored->stored) {
		io_export_fail(export, stored->why);
		return;
	}
	buf_clear(&io->out);
	body_put_blob_send(
	    &io->out, &(struct body_blob_send){export->front, export->front_pid,
			  slice_str(stored->place), stored->bytes,
			  digest_slice(&stored->sums)});
	io_document_to_blobs(io, MSG_BLOB_SEND, export->number);
	io_blobs_drop(io, slice_str(stored->place));
	export_free(export);
}

void
io_save_take(struct io_document *doc, uint64_t number, struct slice body)
{
	struct io_export *export = io_export_of(doc, number);
	struct io *io = doc->io;
	struct body_doc_saved in;
	int r = body_get_doc_saved(body, &in);

	/* Of an export that nobody waits for any more nothing is known. */
	if (r == 0 && export == NULL && number != 0 &&
	    number != doc->save.number)
		return;
	/* It answers what it was asked, once. */
	if (r < 0 || in.size > io->setup.config.max_upload_bytes ||
	    (export != NULL ? !export->asked || export->written
			    : doc->save.begun_ms == 0 || doc->save.written)) {
		io_document_fail(
		    doc, E_GRAMMAR, "its process broke the protocol");
		return;
	}
	if (export != NULL) {
		export_written(export, &in);
		return;
	}
	if (in.code < 0) {
		io_save_failed(doc, in.code);
		return;
	}
	/* Nobody who may has changed it: there is nothing to be saved. */
	if (doc->save.editors.n == 0) {
		doc->changed = false;
		drop_file(doc);
		io_save_done(doc, true);
		return;
	}
	doc->save.written = true;
	doc->pause_ms = (clock_boot_ms() - doc->save.begun_ms) * KEEP_SHARE;
	buf_clear(&io->out);
	body_put_blob_keep(&io->out, &(struct body_blob_keep){in.size});
	io_document_to_blobs(io, MSG_BLOB_KEEP, number);
}

/* The document writes into the file that blobs have opened. */
void
io_save_write(struct io_document *doc, int *fd)
{
	struct io *io = doc->io;

	doc->save.begun_ms = clock_boot_ms();
	buf_clear(&io->out);
	body_put_doc_save(
	    &io->out, &(struct body_doc_save){.format = doc->format});
	channel_send_fd(
	    doc->kit, MSG_DOC_SAVE, doc->save.number, buf_slice(&io->out), *fd);
	*fd = -1;
}

void
io_document_save(struct io *io, uint64_t file)
{
	struct io_document *doc = map_get(&io->documents.by_file, file);

	/* What they did last may not be known here yet. */
	if (doc != NULL)
		io_save_begin(doc, false);
}

bool
io_document_stored(
    struct io *io, uint64_t loose, const struct stream_ending *stored)
{
	struct io_document *doc = map_get(&io->documents.by_loose, loose);
	struct io_export *export;

	if (doc == NULL)
		return false;
	if (doc->save.number == loose)
		save_stored(doc, stored);
	else if ((export = io_export_of(doc, loose)) != NULL)
		export_send(export, stored);
	return true;
}

int
io_export_new(struct io_document *doc, const struct stream_order *order)
{
	struct io_export *export = mem_alloc(sizeof(*export));
	int r = export != NULL ? 0 : E_NOMEM;

	if (r == 0)
		r = map_put(&doc->io->documents.exports, order->number, export);
	if (r < 0) {
		mem_free(export);
		return r;
	}
	*export = (struct io_export){.document = doc,
	    .next = doc->exports,
	    .number = order->number,
	    .front = order->front,
	    .front_pid = order->front_pid,
	    .format = order->plan.format,
	    .printed = order->plan.printed};
	doc->exports = export;
	loop_timer_end(doc->io->loop, &doc->linger);
	io_export_ask(export);
	return 0;
}
