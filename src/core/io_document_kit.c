/* What kits say of their documents, and the zygote of its kits. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/io_document_private.h"
#include "kit/rights.h"

enum { GONE_MS = 5000 }; /* for the zygote to say how a kit has ended */

/* ---- what kits say ----------------------------------------------------------
 */

static void
take_loaded(struct io_document *doc, struct slice body)
{
	struct body_doc_loaded in;

	if (body_get_doc_loaded(body, &in) < 0) {
		io_document_fail(
		    doc, E_GRAMMAR, "its process broke the protocol");
		return;
	}
	if (in.code < 0) {
		io_document_end(doc, in.code, 0, in.why);
		return;
	}
	doc->state = DOCUMENT_OPEN;
	/* One that a core before this one knew has its own. */
	if (doc->marked) {
		buf_clear(&doc->io->out);
		buf_put_slice(&doc->io->out, buf_slice(&doc->marks));
		io_document_to_kit(doc, MSG_DOC_MARKS, doc->newest);
	}
	for (struct io_view *view = doc->views; view != NULL; view = view->next)
		io_view_join(view);
	for (struct io_export *next, *export = doc->exports; export != NULL;
	     export = next) {
		next = export->next;
		io_export_ask(export);
	}
	if (io_document_is_unused(doc))
		io_document_unused(doc);
}

/* On the record: the kit may show it. */
static void
on_seen(struct call *call UNUSED, void *arg)
{
	const struct document_seen *seen = arg;
	struct io *io = seen->owner;
	struct io_view *view = io_view_get(io, seen->view);

	if (view == NULL || view->left || !seen->told)
		return;
	buf_clear(&io->out);
	for (size_t i = 0; i < seen->n; i++)
		body_put_view_show(
		    &io->out, &(struct body_view_show){
				  seen->places[i].part, seen->places[i].block});
	io_document_to_kit(view->document, MSG_VIEW_SHOW, view->number);
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
	io_save_note_editor(doc, view->principal, view->ref);
	/* Of more a version could not tell. */
	if (doc->editors.n == DOCUMENT_VIEWS_MAX)
		io_save_begin(doc, false);
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
	/* Whoever did it may have left before this came. */
	if (io_document_is_unused(doc))
		io_save_begin(doc, false);
	io_save_keep_soon(doc);
	io_save_due(doc);
	return 0;
}

/* It has left, as it was told, or its kit has ended it. */
static int
take_view_ended(struct io_view *view, struct slice body)
{
	struct io *io = view->document->io;
	uint64_t number = view->number;
	struct body_view_ended in;
	int r = body_get_view_ended(body, &in);

	if (r < 0)
		return r;
	io_view_free(view);
	io_stream_close_because(io, number, STREAM_FAILED, in.code, in.why);
	return 0;
}

static int
take_of_view(struct io_document *doc, const struct msg *msg)
{
	struct io_view *view = io_view_get(doc->io, msg->id);

	/* It may have crossed its end; another's is none of its business. */
	if (view == NULL)
		return 0;
	if (view->document != doc || !view->joined)
		return E_GRAMMAR;
	switch (msg->type) {
	case MSG_VIEW_SEES:
		if (view->left)
			return 0;
		return take_sees(doc->io, view->number, msg->body);
	case MSG_VIEW_DID:
		return take_did(doc, view, msg->body);
	case MSG_VIEW_ENDED:
		return take_view_ended(view, msg->body);
	default:
		return E_GRAMMAR;
	}
}

/*
 * A change that nobody is said to have made, e.g. something moved by the mouse:
 * it is by all who could have made it.
 */
static void
note_those_who_could(struct io_document *doc)
{
	if (doc->editors.n > 0 || !doc->dirty)
		return;
	for (const struct io_view *view = doc->views; view != NULL;
	     view = view->next)
		if (view->joined && (view->rights & RIGHT_EDIT))
			io_save_note_editor(doc, view->principal, view->ref);
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
		if (msg->id == 0 || msg->id != doc->save.number ||
		    doc->save.editors.n > 0)
			break;
		note_those_who_could(doc);
		doc->save.editors = doc->editors;
		doc->editors.n = 0;
		r = io_save_mark(doc, msg->id, msg->body);
		break;
	case MSG_DOC_SAVED:
		io_save_take(doc, msg->id, msg->body);
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
		io_document_fail(doc, r, "its process broke the protocol");
}

static void
on_gone(void *arg)
{
	io_document_fail(arg, E_IO, "its process closed its channel");
}

/* The zygote says how it ended, too; of one that only closed this it does not.
 */
static void
on_kit_broken(void *arg, struct channel *channel UNUSED, int why)
{
	struct io_document *doc = arg;

	if (why != E_CLOSED) {
		io_document_fail(doc, why, "its process broke the protocol");
		return;
	}
	channel_free(&doc->kit);
	doc->gone = (struct loop_timer){.expire = on_gone, .arg = doc};
	(void)loop_timer_set(doc->io->loop, &doc->gone, GONE_MS);
}

static const struct channel_handlers kit_handlers = {
    .message = on_kit, .broken = on_kit_broken};

/* ---- what the zygote says ---------------------------------------------------
 */

void
io_documents_forget_gone(struct io *io)
{
	uint64_t file = 0, number;

	while (document_next(io->place.db, file, &file, &number) > 0)
		if (map_get(&io->documents.by_number, number) == NULL)
			io_document_record_end(io, file, number, E_IO, 0,
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
	io_documents_forget_gone(io);
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
	io_document_tell(doc);
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
		io_document_end(doc, in.code < 0 ? in.code : E_IO, in.signal,
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
		io_document_end(
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
