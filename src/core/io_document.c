#include "core/io_document.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/apps/documents/document.h"
#include "core/io.h"
#include "ipc/body.h"
#include "kit/rights.h"

enum {
	KEEP_MS = 5000,      /* between two copies while it changes */
	KEEP_SHARE = 10,     /* ... and so many times as long as one took */
	LINGER_MS = 15000,   /* without anybody, e.g. over a page's reload */
	VERSION_MS = 600000, /* between two versions while it changes */
	ENGINE_TEXT_MAX = 2048,
};

/* Above all numbers of streams, which blobs know uploads by. */
#define LOOSE_FIRST (UINT64_C(1) << 62)

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
	char name[256];
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
	} save;
	struct document_editors editors; /* since then */
	struct loop_timer linger, due, keep;
	struct loop_task release, tell;
	bool telling;
};

static void document_close(struct io_document *doc);
static void save_begin(struct io_document *doc, bool copy);
static void keep_soon(struct io_document *doc);

/* ---- sending --------------------------------------------------------------
 */

static void
to_kit(struct io_document *doc, enum msg_type type, uint64_t id)
{
	if (doc->kit != NULL)
		channel_send(doc->kit, type, id, buf_slice(&doc->io->out));
}

static void
to_zygote(struct io_document *doc, enum msg_type type)
{
	if (doc->io->documents.zygote != NULL)
		channel_send(doc->io->documents.zygote, type, doc->number,
		    buf_slice(&doc->io->out));
}

static void
to_blobs(struct io *io, enum msg_type type, uint64_t loose)
{
	if (io->blobs != NULL)
		channel_send(io->blobs, type, loose, buf_slice(&io->out));
}

/* ---- views ----------------------------------------------------------------
 */

static struct io_view *
view_get(struct io *io, uint64_t number)
{
	return number != 0 ? map_get(&io->documents.views, number) : NULL;
}

static void
view_join(struct io_view *view)
{
	struct io_document *doc = view->document;

	if (view->joined || !view->ready || doc->state != DOCUMENT_OPEN)
		return;
	view->joined = true;
	/* What others did before this one begins is a version of its own. */
	if ((view->rights & RIGHT_EDIT) && doc->changed)
		save_begin(doc, false);
	buf_clear(&doc->io->out);
	body_put_view_join(
	    &doc->io->out, &(struct body_view_join){view->front, view->rights,
			       slice_str(view->name)});
	to_kit(doc, MSG_VIEW_JOIN, view->number);
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
	to_zygote(doc, MSG_KIT_MEET);
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
static void
on_tell(void *arg)
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
	doc->tell = (struct loop_task){.run = on_tell, .arg = doc};
	loop_defer(doc->io->loop, &doc->tell);
}

static void
on_linger(void *arg)
{
	document_close(arg);
}

/* Nobody has it open: it is saved, and stays for a moment. */
static void
nobody_left(struct io_document *doc)
{
	if (doc->state == DOCUMENT_OPEN && doc->changed)
		save_begin(doc, false);
	doc->linger.expire = on_linger;
	doc->linger.arg = doc;
	if (doc->io->draining ||
	    loop_timer_set(doc->io->loop, &doc->linger, LINGER_MS) < 0)
		document_close(doc);
}

void
io_document_leave(struct io *io, uint64_t number)
{
	struct io_view *view = map_take(&io->documents.views, number), **at;
	struct io_document *doc;

	if (view == NULL)
		return;
	doc = view->document;
	for (at = &doc->views; *at != view; at = &(*at)->next)
		;
	*at = view->next;
	if (view->joined) {
		buf_clear(&io->out);
		to_kit(doc, MSG_VIEW_LEAVE, number);
	}
	mem_free(view);
	if (doc->views == NULL && doc->state != DOCUMENT_ENDING)
		nobody_left(doc);
}

void
io_document_ready(struct io *io, size_t front, uint64_t number)
{
	struct io_view *view = view_get(io, number);

	/* It may have crossed its end. */
	if (view == NULL || view->front != front)
		return;
	view->ready = true;
	view_join(view);
}

void
io_document_copy(struct io *io, uint64_t number, struct slice type)
{
	struct io_view *view = view_get(io, number);

	if (view == NULL || !view->joined)
		return;
	buf_clear(&io->out);
	body_put_view_copy(&io->out, &(struct body_view_copy){type});
	to_kit(view->document, MSG_VIEW_COPY, number);
}

/* ---- ends -----------------------------------------------------------------
 */

static void
on_release(void *arg)
{
	mem_free(arg);
}

/* All views end, for that reason; none can be opened any more. */
static void
document_free(struct io_document *doc, int code, struct slice why)
{
	struct io *io = doc->io;
	struct io_view *view;

	doc->state = DOCUMENT_ENDING;
	while ((view = doc->views) != NULL) {
		uint64_t number = view->number;

		io_document_leave(io, number);
		io_stream_close_because(io, number,
		    code == E_CLOSED ? STREAM_DRAINED : STREAM_FAILED, code,
		    why);
	}
	loop_timer_end(io->loop, &doc->linger);
	loop_timer_end(io->loop, &doc->due);
	loop_timer_end(io->loop, &doc->keep);
	channel_free(&doc->kit);
	(void)map_take(&io->documents.by_file, doc->file);
	if (doc->number != 0)
		(void)map_take(&io->documents.by_number, doc->number);
	if (doc->fetch != 0)
		(void)map_take(&io->documents.by_loose, doc->fetch);
	/* What blobs keep by now is committed all the same: save_stored. */
	if (doc->save.number != 0 && !doc->save.written) {
		(void)map_take(&io->documents.by_loose, doc->save.number);
		buf_clear(&io->out);
		to_blobs(io, MSG_BLOB_LEAVE, doc->save.number);
		doc->save.number = 0;
	}
	if (doc->save.number != 0)
		return; /* freed when that is done */
	doc->release = (struct loop_task){.run = on_release, .arg = doc};
	loop_defer(io->loop, &doc->release);
}

/* Of one whose beginning is on the record. */
static void
record_end(struct io *io, uint64_t file, uint64_t number, int code, int signal,
    struct slice why)
{
	struct document_ended *ended;
	struct call *call = NULL;

	if (number == 0 ||
	    call_new_system(OP_DOCUMENT_END, sizeof(*ended), document_end, NULL,
		&call) < 0)
		return;
	ended = call->arg;
	*ended = (struct document_ended){
	    .file = file, .document = number, .code = code, .signal = signal};
	(void)snprintf(ended->why, sizeof(ended->why), "%.*s",
	    SLICE_ARG(slice_first(why, sizeof(ended->why) - 1)));
	engine_submit(io->engine, call);
}

static void
document_end_now(
    struct io_document *doc, int code, int signal, struct slice why)
{
	if (doc->state == DOCUMENT_ENDING)
		return;
	record_end(doc->io, doc->file, doc->number, code == E_CLOSED ? 0 : code,
	    signal, why);
	document_free(doc, code, why);
}

/* Once what has changed is saved. */
static void
document_close(struct io_document *doc)
{
	if (doc->state == DOCUMENT_ENDING || doc->views != NULL ||
	    doc->save.number != 0)
		return;
	if (doc->state == DOCUMENT_BEGINNING)
		return; /* on_begun sees that nobody is there */
	buf_clear(&doc->io->out);
	to_zygote(doc, MSG_KIT_END);
	document_end_now(doc, E_CLOSED, 0, SLICE_NONE);
}

/* It can't go on: its kit is of no use. */
static void
document_fail(struct io_document *doc, int code, const char *why)
{
	if (doc->state == DOCUMENT_ENDING)
		return;
	log_warn("core.document", log_str(K_TEXT, why), log_err(code));
	buf_clear(&doc->io->out);
	if (doc->state >= DOCUMENT_STARTING)
		to_zygote(doc, MSG_KIT_END);
	document_end_now(doc, code, 0, slice_str(why));
}

/* ---- saving ----------------------------------------------------------------
 */

static void
note_editor(struct io_document *doc, uint64_t principal, uint64_t view)
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

static void
save_done(struct io_document *doc)
{
	/* Where no version came of it, their changes are still to be saved. */
	for (size_t i = 0; i < doc->save.editors.n; i++)
		note_editor(doc, doc->save.editors.list[i].principal,
		    doc->save.editors.list[i].view);
	doc->save = (struct save){.number = 0};
	if (doc->state == DOCUMENT_ENDING) {
		doc->release =
		    (struct loop_task){.run = on_release, .arg = doc};
		loop_defer(doc->io->loop, &doc->release);
		return;
	}
	if (doc->again) {
		doc->again = false;
		save_begin(doc, false);
	} else if (doc->views != NULL) {
		keep_soon(doc);
	} else if ((doc->linger.place == 0 || doc->io->draining)) {
		document_close(doc);
	}
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
	if (!doc->save.copy) {
		if (saved->version != 0)
			doc->version = saved->version;
		doc->changed = doc->dirty;
		doc->save.editors.n = 0;
	}
	save_done(doc);
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
		save_done(doc);
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

static void
save_failed(struct io_document *doc, int code)
{
	log_error("core.save", log_err(code));
	(void)map_take(&doc->io->documents.by_loose, doc->save.number);
	buf_clear(&doc->io->out);
	to_blobs(doc->io, MSG_BLOB_LEAVE, doc->save.number);
	save_done(doc);
}

/* A loose file for it, of these bytes or that blob's. */
static int
ask_loose(struct io_document *doc, const struct body_blob_open *open,
    uint64_t *ret_number)
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
	to_blobs(io, MSG_BLOB_OPEN, number);
	*ret_number = number;
	return 0;
}

static void
on_keep(void *arg)
{
	save_begin(arg, true);
}

/* While it changes a copy is kept again and again, at so much of a core. */
static void
keep_soon(struct io_document *doc)
{
	if (!doc->dirty || doc->keep.place != 0 || doc->save.number != 0)
		return;
	doc->keep.expire = on_keep;
	doc->keep.arg = doc;
	(void)loop_timer_set(
	    doc->io->loop, &doc->keep, MAX(doc->pause_ms, KEEP_MS));
}

static void
save_begin(struct io_document *doc, bool copy)
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
	r = ask_loose(
	    doc, &(struct body_blob_open){.size = 0}, &doc->save.number);
	if (r < 0)
		log_error("core.save", log_err(r));
	doc->save.copy = copy;
}

static void
on_due(void *arg)
{
	save_begin(arg, false);
}

static void
take_saved(struct io_document *doc, uint64_t number, struct slice body)
{
	struct io *io = doc->io;
	struct body_doc_saved in;

	if (body_get_doc_saved(body, &in) < 0 || doc->save.number != number ||
	    doc->save.written || in.size > io->setup.config.max_upload_bytes) {
		document_fail(doc, E_GRAMMAR, "its process broke the protocol");
		return;
	}
	if (in.code < 0) {
		save_failed(doc, in.code);
		return;
	}
	/* Nobody who may has changed it: then it isn't to be saved. */
	if (doc->save.editors.n == 0) {
		save_failed(doc, E_STATE);
		return;
	}
	doc->save.written = true;
	doc->pause_ms = (clock_boot_ms() - doc->save.begun_ms) * KEEP_SHARE;
	buf_clear(&io->out);
	body_put_blob_keep(&io->out, &(struct body_blob_keep){in.size});
	to_blobs(io, MSG_BLOB_KEEP, number);
}

/* The document writes into the file that blobs have opened. */
static void
write_into(struct io_document *doc, int *fd)
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

	if (doc != NULL && doc->changed)
		save_begin(doc, false);
}

bool
io_document_stored(
    struct io *io, uint64_t loose, const struct stream_ending *stored)
{
	struct io_document *doc = map_get(&io->documents.by_loose, loose);

	if (doc == NULL || doc->save.number != loose)
		return false;
	save_stored(doc, stored);
	return true;
}

/* ---- opening ---------------------------------------------------------------
 */

static void
kit_open(struct io_document *doc, int *fd)
{
	struct io *io = doc->io;

	if (io->documents.zygote == NULL) {
		document_fail(
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

	if (doc == NULL)
		return; /* it has ended meanwhile */
	if (doc->fetch == loose) {
		(void)map_take(&io->documents.by_loose, loose);
		doc->fetch = 0;
		buf_clear(&io->out);
		if (code == 0)
			to_blobs(io, MSG_BLOB_LEAVE, loose);
		if (code < 0)
			document_fail(doc, code, "its bytes could not be read");
		else
			kit_open(doc, fd);
	} else if (code < 0) {
		save_failed(doc, code);
	} else if (doc->kit != NULL) {
		write_into(doc, fd);
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
		document_fail(doc, r, error_text(r));
		return;
	}
	doc->version = source.version;
	doc->format = source.format;
	doc->state = DOCUMENT_FETCHING;
	r = ask_loose(doc,
	    &(struct body_blob_open){.place = source.place,
		.size = source.size,
		.sums = source.sums,
		.bytes = source.place.n > 0 ? SLICE_NONE : source.content},
	    &doc->fetch);
	document_source_done(io->place.db);
	if (r < 0)
		document_fail(doc, r, "its bytes could not be read");
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
		document_fail(doc, E_NOMEM, error_text(E_NOMEM));
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

void
io_document_open(struct io *io, const struct stream_order *order)
{
	struct io_document *doc =
	    map_get(&io->documents.by_file, order->plan.document);
	struct slice why = SLICE_NONE;
	int r = engine_missing(io, &why);

	if (r == 0 && io->draining)
		r = E_BUSY;
	if (r == 0 && doc == NULL)
		r = document_new(io, order, &doc);
	if (r == 0)
		r = view_new(doc, order);
	if (r < 0)
		io_stream_close_because(io, order->number, STREAM_FAILED, r,
		    why.n > 0 ? why : slice_str(error_text(r)));
}

/* ---- what kits say ----------------------------------------------------------
 */

static void
take_loaded(struct io_document *doc, struct slice body)
{
	struct body_doc_loaded in;

	if (body_get_doc_loaded(body, &in) < 0) {
		document_fail(doc, E_GRAMMAR, "its process broke the protocol");
		return;
	}
	if (in.code < 0) {
		document_end_now(doc, in.code, 0, in.why);
		return;
	}
	doc->state = DOCUMENT_OPEN;
	for (struct io_view *view = doc->views; view != NULL; view = view->next)
		view_join(view);
	if (doc->views == NULL)
		nobody_left(doc);
}

/* On the record: the kit may show it. */
static void
on_seen(struct call *call UNUSED, void *arg)
{
	const struct document_seen *seen = arg;
	struct io *io = seen->owner;
	struct io_view *view = view_get(io, seen->view);

	if (view == NULL || !seen->told)
		return;
	buf_clear(&io->out);
	for (size_t i = 0; i < seen->n; i++)
		body_put_view_show(
		    &io->out, &(struct body_view_show){
				  seen->places[i].part, seen->places[i].block});
	to_kit(view->document, MSG_VIEW_SHOW, view->number);
}

static int
by_place(const void *pa, const void *pb)
{
	const struct document_place *a = pa, *b = pb;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return a->block < b->block ? -1 : a->block > b->block;
}

static int
submit_seen(
    struct io *io, uint64_t view, const struct document_place *at, size_t n)
{
	struct call *call = NULL;
	struct document_seen *seen;
	int r = call_new_system(OP_DOCUMENT_SEEN,
	    sizeof(*seen) + n * sizeof(*at), document_seen, on_seen, &call);

	if (r < 0)
		return r;
	seen = call->arg;
	seen->owner = io;
	seen->view = view;
	seen->n = n;
	memcpy(seen->places, at, n * sizeof(*at));
	qsort(seen->places, n, sizeof(*at), by_place);
	engine_submit(io->engine, call);
	return 0;
}

static int
take_sees(struct io *io, uint64_t view, struct slice body)
{
	struct document_place places[DOCUMENT_PLACES_MAX];
	struct body_view_sees in;
	size_t n = 0;
	int r = 0;

	while (body.n > 0 && r == 0) {
		r = body_take_view_sees(&body, &in);
		if (r < 0)
			return r;
		places[n++] = (struct document_place){in.part, in.block};
		if (n == ARRAY_SIZE(places) || body.n == 0) {
			r = submit_seen(io, view, places, n);
			n = 0;
		}
	}
	return r;
}

static int
take_did(struct io_document *doc, struct io_view *view, struct slice body)
{
	struct document_typed *typed;
	struct call *call = NULL;
	struct body_view_did in;
	int r = body_get_view_did(body, &in);

	if (r < 0 || !(view->rights & RIGHT_EDIT))
		return E_GRAMMAR;
	note_editor(doc, view->principal, view->ref);
	/* Of more a version could not tell. */
	if (doc->editors.n == DOCUMENT_VIEWS_MAX)
		save_begin(doc, false);
	r = call_new_system(
	    OP_DOCUMENT_TYPED, sizeof(*typed), document_typed, NULL, &call);
	if (r < 0)
		return r;
	call->patient = true;
	typed = call->arg;
	*typed = (struct document_typed){.view = view->number,
	    .ref = view->ref,
	    .principal = view->principal,
	    .file = doc->file,
	    .place = {in.part, in.block},
	    .letters = in.letters,
	    .commands = in.commands};
	engine_submit(doc->io->engine, call);
	return 0;
}

static int
take_dirty(struct io_document *doc, struct slice body)
{
	struct body_doc_dirty in;
	int r = body_get_doc_dirty(body, &in);

	if (r < 0)
		return r;
	doc->dirty = in.dirty;
	if (!in.dirty)
		return 0;
	doc->changed = true;
	keep_soon(doc);
	if (doc->due.place != 0)
		return 0;
	doc->due.expire = on_due;
	doc->due.arg = doc;
	return loop_timer_set(doc->io->loop, &doc->due, VERSION_MS);
}

static int
take_view_ended(struct io *io, uint64_t number, struct slice body)
{
	struct body_view_ended in;
	int r = body_get_view_ended(body, &in);

	if (r < 0)
		return r;
	io_document_leave(io, number);
	io_stream_close_because(io, number, STREAM_FAILED, in.code, in.why);
	return 0;
}

static int
take_of_view(struct io_document *doc, const struct msg *msg)
{
	struct io_view *view = view_get(doc->io, msg->id);

	/* It may have crossed its end; another's is none of its business. */
	if (view == NULL)
		return 0;
	if (view->document != doc || !view->joined)
		return E_GRAMMAR;
	switch (msg->type) {
	case MSG_VIEW_SEES:
		return take_sees(doc->io, view->number, msg->body);
	case MSG_VIEW_DID:
		return take_did(doc, view, msg->body);
	case MSG_VIEW_ENDED:
		return take_view_ended(doc->io, view->number, msg->body);
	default:
		return E_GRAMMAR;
	}
}

static void
on_kit(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	struct io_document *doc = arg;
	int r = 0;

	switch (msg->type) {
	case MSG_DOC_LOADED:
		if (doc->state == DOCUMENT_LOADING)
			take_loaded(doc, msg->body);
		else
			r = E_GRAMMAR;
		break;
	case MSG_DOC_SAVING:
		/* What was told until now is in it; what comes is not. */
		if (msg->id != doc->save.number)
			break;
		doc->save.editors = doc->editors;
		doc->editors.n = 0;
		break;
	case MSG_DOC_SAVED:
		take_saved(doc, msg->id, msg->body);
		break;
	case MSG_DOC_DIRTY:
		r = take_dirty(doc, msg->body);
		break;
	case MSG_HELLO:
		break;
	default:
		r = take_of_view(doc, msg);
	}
	if (r < 0)
		document_fail(doc, r, "its process broke the protocol");
}

/* The zygote says how it ended, too; of one that only closed this it does not.
 */
static void
on_kit_broken(void *arg, struct channel *channel UNUSED, int why)
{
	struct io_document *doc = arg;

	if (why != E_CLOSED)
		document_fail(doc, why, "its process broke the protocol");
	else
		channel_free(&doc->kit);
}

static const struct channel_handlers kit_handlers = {
    .message = on_kit, .broken = on_kit_broken};

/* ---- what the zygote says ---------------------------------------------------
 */

static void
take_leave_of_gone(struct io *io)
{
	uint64_t file = 0, number;

	while (document_next(io->place.db, file, &file, &number) > 0)
		if (map_get(&io->documents.by_number, number) == NULL)
			record_end(io, file, number, E_IO, 0,
			    SLICE("its process ended with the server"));
}

/* Behind all kits that there are. */
static int
take_engine(struct io *io, struct slice body)
{
	struct io_documents *d = &io->documents;
	struct body_engine in;
	int r = body_get_engine(body, &in);

	if (r < 0)
		return r;
	take_leave_of_gone(io);
	d->engine = in.code;
	buf_clear(&d->engine_text);
	buf_put_slice(&d->engine_text, in.text);
	return d->engine_text.error;
}

/* A kit that a core before this one knew: what it has open, it keeps. */
static struct io_document *
adopt(struct io *io, uint64_t number)
{
	struct io_documents *d = &io->documents;
	struct io_document *doc;
	struct document_source source;
	uint64_t file, version;

	if (number == 0 ||
	    document_find(io->place.db, number, &file, &version) <= 0 ||
	    map_get(&d->by_file, file) != NULL ||
	    document_source(io->place.db, file, &source) < 0)
		return NULL;
	document_source_done(io->place.db);
	doc = mem_alloc(sizeof(*doc));
	if (doc == NULL)
		return NULL;
	*doc = (struct io_document){.io = io,
	    .file = file,
	    .number = number,
	    .version = version,
	    .format = source.format,
	    .state = DOCUMENT_STARTING};
	if (document_editors(io->place.db, file, &doc->editors) < 0 ||
	    map_put(&d->by_number, number, doc) < 0) {
		mem_free(doc);
		return NULL;
	}
	if (map_put(&d->by_file, file, doc) < 0) {
		(void)map_take(&d->by_number, number);
		mem_free(doc);
		return NULL;
	}
	doc->changed = doc->editors.n > 0;
	return doc;
}

/* Core's channel to a kit. */
static int
take_kit(struct io *io, struct msg *msg)
{
	struct io_document *doc =
	    msg->id != 0 ? map_get(&io->documents.by_number, msg->id) : NULL;
	struct body_kit_core in;
	int r = body_get_kit_core(msg->body, &in);

	if (r < 0)
		return r;
	if (doc == NULL)
		doc = adopt(io, msg->id);
	if (doc == NULL || doc->state != DOCUMENT_STARTING) {
		buf_clear(&io->out);
		channel_send(io->documents.zygote, MSG_KIT_END, msg->id,
		    buf_slice(&io->out));
		return 0;
	}
	doc->state = DOCUMENT_LOADING;
	r = channel_new(io->loop, msg->fd, ROLE_CORE,
	    (struct peer){.role = ROLE_KIT, .pid = in.pid}, &kit_handlers, doc,
	    &doc->kit);
	msg->fd = -1;
	if (r < 0)
		return r;
	on_tell(doc);
	return 0;
}

static int
take_kit_ended(struct io *io, const struct msg *msg)
{
	struct io_document *doc =
	    msg->id != 0 ? map_get(&io->documents.by_number, msg->id) : NULL;
	struct body_kit_ended in;
	int r = body_get_kit_ended(msg->body, &in);

	if (r < 0)
		return r;
	if (doc != NULL)
		document_end_now(doc, in.code < 0 ? in.code : E_IO, in.signal,
		    in.why.n > 0 ? in.why : SLICE("its process ended"));
	return 0;
}

/* With the zygote its kits die. */
static void
lose_zygote(struct io *io)
{
	struct io_documents *d = &io->documents;
	const struct map_slot *slot;

	channel_free(&d->zygote);
	for (size_t i = 0; map_next(&d->by_file, &i, &slot);) {
		struct io_document *doc = slot->value;

		if (doc->state < DOCUMENT_STARTING)
			continue;
		document_end_now(
		    doc, E_IO, 0, SLICE("its process ended with its parent"));
		i = 0;
	}
}

static void
on_zygote_broken(void *arg, struct channel *channel, int why)
{
	struct io *io = arg;

	role_tell_broken(io->parent, channel_peer(channel), why);
	lose_zygote(io);
}

static void
on_zygote(void *arg, struct channel *channel, struct msg *msg)
{
	struct io *io = arg;
	int r = 0;

	switch (msg->type) {
	case MSG_HELLO:
		if (!slice_eq(msg->body, role_build_id()))
			r = E_GRAMMAR;
		break;
	case MSG_ENGINE:
		r = take_engine(io, msg->body);
		break;
	case MSG_KIT_CORE:
		r = take_kit(io, msg);
		break;
	case MSG_KIT_ENDED:
		r = take_kit_ended(io, msg);
		break;
	default:
		r = E_GRAMMAR;
	}
	if (r < 0)
		log_error("core.zygote", log_str(K_NAME, msg_name(msg->type)),
		    log_err(r));
	if (r == E_GRAMMAR)
		on_zygote_broken(io, channel, r);
}

static const struct channel_handlers zygote_handlers = {
    .message = on_zygote, .broken = on_zygote_broken};

int
io_documents_add_zygote(struct io *io, struct role_fd *in)
{
	struct io_documents *d = &io->documents;
	int r;

	if (d->zygote != NULL)
		lose_zygote(io);
	d->engine = E_BUSY;
	buf_clear(&d->engine_text);
	r = channel_new(io->loop, in->fd, ROLE_CORE, in->peer, &zygote_handlers,
	    io, &d->zygote);
	if (r == 0)
		channel_send(d->zygote, MSG_HELLO, 0, role_build_id());
	return r;
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
		take_leave_of_gone(io);
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
			document_fail(
			    doc, E_BUSY, "its bytes could not be read");
		else
			save_done(doc);
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

		if (doc->views == NULL && doc->save.number == 0 &&
		    doc->state != DOCUMENT_BEGINNING) {
			document_close(doc);
			i = 0;
		}
	}
}
