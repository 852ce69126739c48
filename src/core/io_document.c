#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/io_document_private.h"
#include "kit/rights.h"

enum {
	LINGER_MS = 15000,  /* without anybody, e.g. over a page's reload */
	PATIENCE_MS = 5000, /* behind what a kit may be busy */
	MARKS_MS = 600000,  /* for clients to come back */
	MARKS_FILES = 500,
	ENGINE_TEXT_MAX = 2048,
};

/* Above all numbers of streams, which blobs know uploads by. */
#define LOOSE_FIRST (UINT64_C(1) << 62)

/* ---- sending --------------------------------------------------------------
 */

void
io_document_to_kit(struct io_document *doc, enum msg_type type, uint64_t id)
{
	if (doc->kit != NULL)
		channel_send(doc->kit, type, id, buf_slice(&doc->io->out));
}

void
io_document_to_zygote(struct io_document *doc, enum msg_type type)
{
	if (doc->io->documents.zygote != NULL)
		channel_send(doc->io->documents.zygote, type, doc->number,
		    buf_slice(&doc->io->out));
}

void
io_document_to_blobs(struct io *io, enum msg_type type, uint64_t loose)
{
	if (io->blobs != NULL)
		channel_send(io->blobs, type, loose, buf_slice(&io->out));
}

/* ---- views ----------------------------------------------------------------
 */

struct io_view *
io_view_get(struct io *io, uint64_t number)
{
	return number != 0 ? map_get(&io->documents.views, number) : NULL;
}

void
io_view_join(struct io_view *view)
{
	struct io_document *doc = view->document;

	if (view->joined || !view->ready || doc->state != DOCUMENT_OPEN)
		return;
	view->joined = true;
	doc->newest_view = MAX(doc->newest_view, view->number);
	/* What others did before this one begins is a version of its own. */
	if ((view->rights & RIGHT_EDIT) && doc->changed)
		io_save_begin(doc, false);
	buf_clear(&doc->io->out);
	body_put_view_join(
	    &doc->io->out, &(struct body_view_join){view->front, view->rights,
			       slice_str(view->name)});
	io_document_to_kit(doc, MSG_VIEW_JOIN, view->number);
}

/* The front gets its channel to the kit, once. */
static void
meet(struct io_document *doc, const struct io_view *view)
{
	if (doc->kit == NULL || doc->met[view->front] == view->front_pid)
		return;
	doc->met[view->front] = view->front_pid;
	buf_clear(&doc->io->out);
	body_put_kit_meet(&doc->io->out,
	    &(struct body_kit_meet){view->front, view->front_pid});
	io_document_to_zygote(doc, MSG_KIT_MEET);
}

static void
view_tell(struct io_view *view)
{
	struct io_document *doc = view->document;
	struct io *io = doc->io;
	struct channel *front =
	    io_front_channel(io, view->front, view->front_pid);

	if (view->told || doc->number == 0 || front == NULL)
		return;
	view->told = true;
	buf_clear(&io->out);
	body_put_view_open(
	    &io->out, &(struct body_view_open){doc->number, view->rights});
	channel_send(front, MSG_VIEW_OPEN, view->number, buf_slice(&io->out));
}

/* Behind the replies of this round: fronts know the streams by then. */
void
io_document_tell(void *arg)
{
	struct io_document *doc = arg;

	doc->telling = false;
	for (struct io_view *view = doc->views; view != NULL;
	     view = view->next) {
		view_tell(view);
		meet(doc, view);
	}
}

static void
tell_soon(struct io_document *doc)
{
	if (doc->telling)
		return;
	doc->telling = true;
	doc->tell = (struct loop_task){.run = io_document_tell, .arg = doc};
	loop_defer(doc->io->loop, &doc->tell);
}

static void
on_linger(void *arg)
{
	io_document_close(arg);
}

void
io_document_linger(struct io_document *doc)
{
	doc->linger.expire = on_linger;
	doc->linger.arg = doc;
	if (doc->io->draining ||
	    loop_timer_set(doc->io->loop, &doc->linger, LINGER_MS) < 0)
		io_document_close(doc);
}

/* Nobody has it open: it is saved, and stays for a moment. */
void
io_document_unused(struct io_document *doc)
{
	if (doc->state == DOCUMENT_OPEN && doc->changed)
		io_save_begin(doc, false);
	io_document_linger(doc);
}

bool
io_document_is_unused(const struct io_document *doc)
{
	return doc->views == NULL && doc->exports == NULL;
}

void
io_view_free(struct io_view *view)
{
	struct io_document *doc = view->document;
	struct io_view **at;

	(void)map_take(&doc->io->documents.views, view->number);
	for (at = &doc->views; *at != view; at = &(*at)->next)
		;
	*at = view->next;
	loop_timer_end(doc->io->loop, &view->patience);
	mem_free(view);
	if (io_document_is_unused(doc) && doc->state != DOCUMENT_ENDING)
		io_document_unused(doc);
}

static void
on_impatient(void *arg)
{
	struct io_view *view = arg;

	io_document_fail(view->document, E_TIMEOUT,
	    "its process did not let go of who has left");
}

/*
 * What its kit has not told yet of it, it tells before it says that the view
 * has left.
 */
void
io_document_leave(struct io *io, uint64_t number)
{
	struct io_view *view = io_view_get(io, number);

	if (view == NULL) {
		io_export_leave(io, number);
		return;
	}
	if (!view->joined || view->document->kit == NULL) {
		io_view_free(view);
		return;
	}
	if (view->left)
		return;
	view->left = true;
	view->patience =
	    (struct loop_timer){.expire = on_impatient, .arg = view};
	(void)loop_timer_set(io->loop, &view->patience,
	    io->setup.config.kit_busy_seconds * 1000 + PATIENCE_MS);
	buf_clear(&io->out);
	io_document_to_kit(view->document, MSG_VIEW_LEAVE, number);
}

void
io_document_ready(struct io *io, size_t front, uint64_t number)
{
	struct io_view *view = io_view_get(io, number);

	/* It may have crossed its end. */
	if (view == NULL || view->front != front)
		return;
	view->ready = true;
	io_view_join(view);
}

void
io_document_kit_lost(struct io *io, size_t front, uint64_t front_pid,
    uint64_t document, int code)
{
	struct io_document *doc =
	    document != 0 ? map_get(&io->documents.by_number, document) : NULL;

	if (doc == NULL || doc->met[front] != front_pid)
		return;
	doc->met[front] = 0;
	if (code == E_GRAMMAR)
		io_document_fail(doc, code, "its process broke the protocol");
}

void
io_document_copy(struct io *io, uint64_t number, struct slice type)
{
	struct io_view *view = io_view_get(io, number);

	if (view == NULL || !view->joined || view->left)
		return;
	buf_clear(&io->out);
	body_put_view_copy(&io->out, &(struct body_view_copy){type});
	io_document_to_kit(view->document, MSG_VIEW_COPY, number);
}

/* ---- what clients may come back to ------------------------------------------
 */

/* How much of each view a save held that is durable, and whose process is gone.
 */
struct io_marks {
	struct buf marks;
	uint64_t newest, until_ms;
};

static void
forget_marks(struct io *io, uint64_t file)
{
	struct io_marks *marks = map_take(&io->documents.marks, file);

	if (marks != NULL)
		buf_free(&marks->marks);
	mem_free(marks);
}

/* Those that nobody has come back to. */
static void
forget_old_marks(struct io *io)
{
	uint64_t now = clock_boot_ms();
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&io->documents.marks, &i, &slot);) {
		const struct io_marks *marks = slot->value;

		if (marks->until_ms > now &&
		    io->documents.marks.n < MARKS_FILES)
			continue;
		forget_marks(io, slot->key);
		i = 0;
	}
}

void
io_document_leave_marks(struct io_document *doc)
{
	struct io *io = doc->io;
	struct io_marks *marks = doc->marked ? mem_alloc(sizeof(*marks)) : NULL;

	forget_marks(io, doc->file);
	forget_old_marks(io);
	if (marks == NULL)
		return;
	*marks = (struct io_marks){
	    doc->marks, doc->newest, clock_boot_ms() + MARKS_MS};
	doc->marks = BUF(0);
	doc->marked = false;
	if (map_put(&io->documents.marks, doc->file, marks) < 0) {
		buf_free(&marks->marks);
		mem_free(marks);
	}
}

/* A document that is opened begins with what the last one of the file left. */
static void
take_marks(struct io_document *doc, uint64_t first_view)
{
	struct io_marks *marks = map_get(&doc->io->documents.marks, doc->file);

	doc->marked = true;
	doc->newest = first_view - 1;
	if (marks != NULL && marks->until_ms > clock_boot_ms()) {
		doc->marks = marks->marks;
		doc->newest = marks->newest;
		marks->marks = BUF(0);
	}
	forget_marks(doc->io, doc->file);
}

/* ---- ends -----------------------------------------------------------------
 */

static void
on_release(void *arg)
{
	struct io_document *doc = arg;

	buf_free(&doc->marks);
	buf_free(&doc->save.marks);
	mem_free(doc);
}

void
io_document_release(struct io_document *doc)
{
	doc->release = (struct loop_task){.run = on_release, .arg = doc};
	loop_defer(doc->io->loop, &doc->release);
}

/* Blobs keep what becomes of its save: that is committed all the same. */
static bool
is_committing(const struct io_document *doc)
{
	return doc->save.number != 0 && doc->save.written;
}

/* All views end, for that reason; none can be opened any more. */
static void
document_free(struct io_document *doc, int code, struct slice why)
{
	struct io *io = doc->io;
	struct io_view *view;

	doc->state = DOCUMENT_ENDING;
	while (doc->exports != NULL) {
		uint64_t number = doc->exports->number;

		io_export_leave(io, number);
		io_stream_close_because(io, number, STREAM_FAILED, code, why);
	}
	while ((view = doc->views) != NULL) {
		uint64_t number = view->number;

		io_view_free(view);
		io_stream_close_because(io, number,
		    code == E_CLOSED ? STREAM_DRAINED : STREAM_FAILED, code,
		    why);
	}
	loop_timer_end(io->loop, &doc->linger);
	loop_timer_end(io->loop, &doc->due);
	loop_timer_end(io->loop, &doc->keep);
	loop_timer_end(io->loop, &doc->gone);
	channel_free(&doc->kit);
	if (!is_committing(doc))
		io_document_leave_marks(doc);
	(void)map_take(&io->documents.by_file, doc->file);
	if (doc->number != 0)
		(void)map_take(&io->documents.by_number, doc->number);
	if (doc->fetch != 0)
		(void)map_take(&io->documents.by_loose, doc->fetch);
	/* What blobs keep by now is committed all the same: save_stored. */
	if (doc->save.number != 0 && !doc->save.written) {
		(void)map_take(&io->documents.by_loose, doc->save.number);
		buf_clear(&io->out);
		io_document_to_blobs(io, MSG_BLOB_LEAVE, doc->save.number);
		doc->save.number = 0;
	}
	if (doc->save.number != 0)
		return; /* freed when that is done */
	io_document_release(doc);
}

/* Of one whose beginning is on the record. */
void
io_document_record_end(struct io *io, uint64_t file, uint64_t number, int code,
    int signal, struct slice why)
{
	struct document_ended *ended;
	struct call *call = NULL;

	if (number == 0 || call_new_system(OP_DOCUMENT_END, sizeof(*ended),
			       document_end, NULL, &call) < 0)
		return;
	ended = call->arg;
	*ended = (struct document_ended){
	    .file = file, .document = number, .code = code, .signal = signal};
	(void)snprintf(ended->why, sizeof(ended->why), "%.*s",
	    SLICE_ARG(slice_first(why, sizeof(ended->why) - 1)));
	engine_submit(io->engine, call);
}

void
io_document_end(struct io_document *doc, int code, int signal, struct slice why)
{
	if (doc->state == DOCUMENT_ENDING)
		return;
	io_document_record_end(doc->io, doc->file, doc->number,
	    code == E_CLOSED ? 0 : code, signal, why);
	document_free(doc, code, why);
}

/* Once what has changed is saved. */
void
io_document_close(struct io_document *doc)
{
	if (doc->state == DOCUMENT_ENDING || !io_document_is_unused(doc) ||
	    doc->save.number != 0)
		return;
	if (doc->state == DOCUMENT_BEGINNING)
		return; /* on_begun sees that nobody is there */
	/* Without its channel it saves nothing: what was kept is what there is.
	 */
	if (doc->state == DOCUMENT_OPEN && doc->changed && doc->kit != NULL) {
		io_save_begin(doc, false);
		if (doc->save.number == 0)
			io_document_linger(doc);
		return; /* closed when that is done */
	}
	buf_clear(&doc->io->out);
	io_document_to_zygote(doc, MSG_KIT_END);
	io_document_end(doc, E_CLOSED, 0, SLICE_NONE);
}

/* It can't go on: its kit is of no use. */
void
io_document_fail(struct io_document *doc, int code, const char *why)
{
	if (doc->state == DOCUMENT_ENDING)
		return;
	log_warn("core.document", log_str(K_TEXT, why), log_err(code));
	buf_clear(&doc->io->out);
	if (doc->state >= DOCUMENT_STARTING)
		io_document_to_zygote(doc, MSG_KIT_END);
	io_document_end(doc, code, 0, slice_str(why));
}

/* ---- opening ---------------------------------------------------------------
 */

static void
kit_open(struct io_document *doc, int *fd)
{
	struct io *io = doc->io;

	if (io->documents.zygote == NULL) {
		io_document_fail(
		    doc, E_BUSY, "documents can't be opened just now");
		return;
	}
	doc->state = DOCUMENT_STARTING;
	buf_clear(&io->out);
	body_put_kit_open(&io->out, &(struct body_kit_open){doc->format});
	channel_send_fd(io->documents.zygote, MSG_KIT_OPEN, doc->number,
	    buf_slice(&io->out), *fd);
	*fd = -1;
}

void
io_document_opened(struct io *io, uint64_t loose, int *fd, int code)
{
	struct io_document *doc = map_get(&io->documents.by_loose, loose);
	struct io_export *export;

	if (doc == NULL)
		return; /* it has ended meanwhile */
	if (doc->fetch == loose) {
		(void)map_take(&io->documents.by_loose, loose);
		doc->fetch = 0;
		buf_clear(&io->out);
		if (code == 0)
			io_document_to_blobs(io, MSG_BLOB_LEAVE, loose);
		if (code < 0)
			io_document_fail(
			    doc, code, "its bytes could not be read");
		else
			kit_open(doc, fd);
	} else if ((export = io_export_of(doc, loose)) != NULL) {
		if (code < 0 || doc->kit == NULL)
			io_export_fail(export, code < 0 ? code : E_BUSY);
		else
			io_export_write(export, fd);
	} else if (code < 0 || doc->kit == NULL) {
		io_save_failed(doc, code < 0 ? code : E_CLOSED);
	} else {
		io_save_write(doc, fd);
	}
}

/* Its current bytes, from the database or from blobs. */
static void
fetch(struct io_document *doc)
{
	struct io *io = doc->io;
	struct document_source source;
	int r = document_source(io->place.db, doc->file, &source);

	if (r < 0) {
		io_document_fail(doc, r, error_text(r));
		return;
	}
	doc->version = source.version;
	doc->format = source.format;
	doc->state = DOCUMENT_FETCHING;
	r = io_document_ask_loose(doc,
	    &(struct body_blob_open){.place = source.place,
		.size = source.size,
		.sums = source.sums,
		.bytes = source.place.n > 0 ? SLICE_NONE : source.content},
	    &doc->fetch);
	document_source_done(io->place.db);
	if (r < 0)
		io_document_fail(doc, r, "its bytes could not be read");
}

/* arg: struct document_begun, and behind it the I/O thread. */
struct begun {
	struct document_begun begun; /* first: what document_begin takes */
	struct io *io;
};

static void
on_begun(struct call *call, void *arg)
{
	struct begun *b = arg;
	struct io_document *doc =
	    map_get(&b->io->documents.by_file, b->begun.file);

	if (doc == NULL || doc->state != DOCUMENT_BEGINNING)
		return;
	doc->number = call->sequence;
	if (map_put(&b->io->documents.by_number, doc->number, doc) < 0) {
		io_document_fail(doc, E_NOMEM, error_text(E_NOMEM));
		return;
	}
	fetch(doc);
	if (doc->state != DOCUMENT_ENDING)
		tell_soon(doc);
}

static int
document_new(
    struct io *io, const struct stream_order *order, struct io_document **ret)
{
	struct io_document *doc;
	struct call *call = NULL;
	struct begun *b;
	int r;

	if (io->documents.by_file.n >= io->setup.config.max_kits) {
		limit_met(CONFIG_max_kits);
		return E_BUSY;
	}
	doc = mem_alloc(sizeof(*doc));
	if (doc == NULL)
		return E_NOMEM;
	*doc = (struct io_document){.io = io,
	    .file = order->plan.document,
	    .state = DOCUMENT_BEGINNING};
	r = map_put(&io->documents.by_file, doc->file, doc);
	if (r == 0)
		r = call_new_system(OP_DOCUMENT_BEGIN, sizeof(*b),
		    document_begin, on_begun, &call);
	if (r < 0) {
		(void)map_take(&io->documents.by_file, doc->file);
		mem_free(doc);
		return r;
	}
	b = call->arg;
	*b = (struct begun){
	    .begun = {.file = doc->file, .view = order->number}, .io = io};
	engine_submit(io->engine, call);
	take_marks(doc, order->number);
	*ret = doc;
	return 0;
}

static int
view_new(struct io_document *doc, const struct stream_order *order)
{
	struct io *io = doc->io;
	struct io_view *view = mem_alloc(sizeof(*view));
	int r = view != NULL ? 0 : E_NOMEM;

	if (r == 0)
		r = map_put(&io->documents.views, order->number, view);
	if (r < 0) {
		mem_free(view);
		return r;
	}
	*view = (struct io_view){.document = doc,
	    .next = doc->views,
	    .number = order->number,
	    .ref = order->ref,
	    .principal = order->principal,
	    .front = order->front,
	    .front_pid = order->front_pid,
	    .rights = order->plan.rights};
	(void)snprintf(view->name, sizeof(view->name), "%.*s",
	    SLICE_ARG(slice_first(order->plan.name,
		slice_utf8_cut(order->plan.name, sizeof(view->name) - 1))));
	doc->views = view;
	loop_timer_end(io->loop, &doc->linger);
	tell_soon(doc);
	return 0;
}

/* There is no engine: by which words, the zygote has said. */
static int
engine_missing(struct io *io, struct slice *ret_why)
{
	struct io_documents *d = &io->documents;

	if (d->zygote == NULL) {
		*ret_why = SLICE("documents can't be opened here: no engine "
				 "is configured, or it is starting");
		return E_BUSY;
	}
	*ret_why = buf_slice(&d->engine_text);
	return d->engine;
}

/*
 * Its file has become another one since everybody left: by an older version
 * that was restored, or an upload. Who opens it now opens that. E_BUSY: in a
 * moment.
 */
static int
let_go_of_older(struct io *io, uint64_t file)
{
	struct io_document *doc = map_get(&io->documents.by_file, file);
	struct document_source source;
	uint64_t version;

	if (doc == NULL || doc->state != DOCUMENT_OPEN)
		return 0;
	for (const struct io_view *view = doc->views; view != NULL;
	     view = view->next)
		if (!view->left)
			return 0;
	if (document_source(io->place.db, file, &source) < 0)
		return 0;
	version = source.version;
	document_source_done(io->place.db);
	if (version == doc->version)
		return 0;
	if (!io_document_is_unused(doc) || doc->changed ||
	    doc->save.number != 0)
		return E_BUSY;
	io_document_close(doc);
	return 0;
}

void
io_document_open(struct io *io, const struct stream_order *order)
{
	struct io_document *doc;
	struct slice why = SLICE_NONE;
	int r = engine_missing(io, &why);

	if (r == 0 && io->draining)
		r = E_BUSY;
	if (r == 0)
		r = let_go_of_older(io, order->plan.document);
	doc = map_get(&io->documents.by_file, order->plan.document);
	if (r == 0 && doc == NULL)
		r = document_new(io, order, &doc);
	if (r == 0)
		r = order->plan.format != 0 ? io_export_new(doc, order)
		                            : view_new(doc, order);
	if (r < 0)
		io_stream_close_because(io, order->number, STREAM_FAILED, r,
		    why.n > 0 ? why : slice_str(error_text(r)));
}

/* ---- life -------------------------------------------------------------------
 */

void
io_documents_start(struct io *io)
{
	io->documents.engine = E_BUSY;
	io->documents.engine_text = BUF(ENGINE_TEXT_MAX);
	io->documents.loose = LOOSE_FIRST;
	/* Else the zygote says what there still is. */
	if (io->setup.config.engine[0] == '\0')
		io_documents_forget_gone(io);
}

void
io_documents_lost_blobs(struct io *io)
{
	struct io_documents *d = &io->documents;
	const struct map_slot *slot;

	for (size_t i = 0; map_next(&d->by_loose, &i, &slot);) {
		struct io_document *doc = slot->value;

		(void)map_take(&d->by_loose, slot->key);
		if (doc->fetch != 0)
			io_document_fail(
			    doc, E_BUSY, "its bytes could not be read");
		else
			io_save_done(doc, false);
		i = 0;
	}
}

void
io_documents_drain(struct io *io)
{
	const struct map_slot *slot;

	/* Those with views are left by these, one after the other. */
	for (size_t i = 0; map_next(&io->documents.by_file, &i, &slot);) {
		struct io_document *doc = slot->value;

		if (io_document_is_unused(doc) && doc->save.number == 0 &&
		    doc->state != DOCUMENT_BEGINNING) {
			io_document_close(doc);
			i = 0;
		}
	}
}
