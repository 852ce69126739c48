/*
 * A kit's life: loop, channels, the document's load. Its loop is the engine's,
 * which comes here (on_poll) wherever it would wait, also from inside calls
 * that have not returned. So messages are only put into a queue when they come,
 * and done when no call is under way: nothing here ever calls the engine from
 * within it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "kit/kit_private.h"

enum {
	OUT_MAX = 65536,
	FRAME_MAX = 4 << 20,
	COPY_BYTES = 1 << 18,
	NESTED_MS = 50,
	SETTLE_MS = 5, /* between two looks whether cursors are told */
	FRONT_WAITING_MAX =
	    64 << 20, /* not read by a front: it is as good as dead */
	/* Jobs that no message is. */
	JOB_FRONT_GONE = MSG_MAX,
	JOB_CORE_GONE,
};

void
kit_fail(struct kit *kit, int code, const char *why)
{
	log_warn("kit.fail", log_str(K_TEXT, why), log_err(code));
	if (kit->core != NULL && kit->state == KIT_LOADING) {
		buf_clear(&kit->out);
		body_put_doc_loaded(
		    &kit->out, &(struct body_doc_loaded){
				   .code = code, .why = slice_str(why)});
		kit_to_core(kit, MSG_DOC_LOADED, 0);
		(void)loop_once(kit->loop, 0);
	}
	_exit(1);
}

struct view *
kit_view(struct kit *kit, uint64_t id)
{
	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i]->id == id)
			return kit->views[i];
	return NULL;
}

struct view *
kit_view_numbered(struct kit *kit, int number)
{
	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i]->number == number)
			return kit->views[i];
	return NULL;
}

void
kit_to_core(struct kit *kit, enum msg_type type, uint64_t id)
{
	if (kit->core != NULL && kit->out.error == 0)
		channel_send(kit->core, type, id, buf_slice(&kit->out));
	buf_clear(&kit->out);
}

static void
tell_dirty(struct kit *kit)
{
	body_put_doc_dirty(&kit->out, &(struct body_doc_dirty){kit->dirty});
	kit_to_core(kit, MSG_DOC_DIRTY, 0);
	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i]->greeted)
			view_tell_modified(kit->views[i]);
}

void
kit_set_dirty(struct kit *kit)
{
	if (kit->dirty)
		return;
	kit->dirty = true;
	tell_dirty(kit);
}

void
kit_edited(struct kit *kit)
{
	kit->edits++;
	kit_set_dirty(kit);
	/* Core hears of what was typed soon, not at once. */
	if (kit->did.place == 0)
		(void)loop_timer_set(kit->loop, &kit->did, KIT_DID_MS);
}

void
kit_saved(struct kit *kit, uint64_t edits)
{
	if (kit->edits != edits || !kit->dirty)
		return;
	kit->dirty = false;
	tell_dirty(kit);
}

/* ---- the queue ---------------------------------------------------------- */

static void
add_job(struct kit *kit, unsigned type, size_t front, struct msg *msg)
{
	size_t n = msg != NULL ? msg->body.n : 0;
	struct job *job = kit->jobs_bytes + n <= KIT_QUEUE_BYTES
	                      ? mem_alloc(sizeof(*job) + n)
	                      : NULL;

	if (job == NULL)
		kit_fail(kit, E_NOMEM, "more came than is done");
	job->type = type;
	job->front = front;
	job->fd = -1;
	job->n = n;
	if (msg != NULL) {
		job->id = msg->id;
		job->fd = msg->fd;
		msg->fd = -1;
		if (n > 0)
			memcpy(job->body, msg->body.p, n);
	}
	*kit->jobs_end = job;
	kit->jobs_end = &job->next;
	kit->jobs_bytes += n;
}

static struct job *
next_job(struct kit *kit)
{
	struct job *job = kit->jobs;

	if (job == NULL)
		return NULL;
	kit->jobs = job->next;
	if (kit->jobs == NULL)
		kit->jobs_end = &kit->jobs;
	kit->jobs_bytes -= job->n;
	return job;
}

/* ---- the document ------------------------------------------------------- */

/* Its bytes into the private folder: what was a descriptor gets a path there.
 */
static int
copy_document(struct kit *kit, const struct format_row *format, char *path)
{
	AUTO_CLOSE int to = -1;
	AUTO_FREE uint8_t *bytes = mem_alloc(COPY_BYTES);
	uint64_t place = 0;
	ssize_t n;
	int r;

	(void)snprintf(path, JAIL_PATH_MAX, "%.*s/document.%s",
	    JAIL_PATH_MAX - 32, kit->home, format->extension);
	if (bytes == NULL)
		return E_NOMEM;
	r = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600, &to);
	while (r == 0 && (n = pread(kit->start->document, bytes, COPY_BYTES,
			      (off_t)place)) != 0) {
		if (n < 0)
			return E_IO;
		if (place == 0 &&
		    !slice_starts(slice_of(bytes, (size_t)n), format->begins))
			return E_INVALID;
		r = file_write(to, slice_of(bytes, (size_t)n));
		place += (uint64_t)n;
	}
	return r == 0 && place == 0 ? E_INVALID : r;
}

static void
tell_loaded(struct kit *kit)
{
	body_put_doc_loaded(
	    &kit->out, &(struct body_doc_loaded){
			   .kind = kit->kind, .parts = (unsigned)kit->parts});
	kit_to_core(kit, MSG_DOC_LOADED, 0);
	if (kit->dirty)
		tell_dirty(kit);
}

static void
load(struct kit *kit)
{
	const struct format_row *format = format_row(kit->start->format);
	struct buf problem = BUF(512);
	char path[JAIL_PATH_MAX];
	int r;

	kit->state = KIT_LOADING;
	if (format == NULL || !(format->how & FORMAT_LOAD))
		kit_fail(kit, E_KIND, "documents of this kind can't be opened");
	r = copy_document(kit, format, path);
	if (r == E_INVALID)
		kit_fail(kit, r, "it is not what its name says");
	if (r < 0)
		kit_fail(kit, r, "its bytes could not be read");
	if (engine_open(kit->engine, path, &kit->doc, &problem) < 0)
		kit_fail(kit, E_INVALID,
		    engine_asked_password(kit->engine)
			? "it is closed by a password"
			: "it can't be read: it may be damaged");
	kit->kind = engine_kind(kit->doc);
	if (kit->kind != format->kind)
		kit_fail(kit, E_INVALID, "it is not what its name says");
	kit->parts = engine_parts(kit->doc);
	kit->state = KIT_OPEN;
	kit->layout_stale = true;
	buf_free(&problem);
	tell_loaded(kit);
	channel_send(kit->zygote, MSG_KIT_LOADED, 0, SLICE_NONE);
}

/* ---- what comes --------------------------------------------------------- */

static void
do_show(struct kit *kit, struct view *view, struct slice body)
{
	struct body_view_show in;

	while (body.n > 0) {
		if (body_take_view_show(&body, &in) < 0)
			kit_fail(kit, E_GRAMMAR, "core broke the protocol");
		tiles_show(view, in.part, in.block);
	}
}

/* The selection, to the client that core says may have it. */
static void
do_copy(struct kit *kit, struct view *view, struct slice body)
{
	struct body_view_copy in;
	struct buf mime = BUF(256);

	if (body_get_view_copy(body, &in) < 0)
		kit_fail(kit, E_GRAMMAR, "core broke the protocol");
	buf_put_slice(&mime, in.mime);
	view_enter(view);
	buf_clear(&kit->text);
	if (buf_cstr(&mime) != NULL)
		(void)engine_selected(kit->doc, buf_cstr(&mime), &kit->text);
	frame_put_clip(&kit->frame, &(struct frame_clip){.mime = in.mime,
					.bytes = buf_slice(&kit->text)});
	view_send(view);
	buf_free(&mime);
}

static void
join_view(struct kit *kit, uint64_t id, const struct body_view_join *join)
{
	int r = view_join(kit, id, join);

	if (r == 0)
		return;
	body_put_view_ended(
	    &kit->out, &(struct body_view_ended){.code = r,
			   .why = SLICE("there are too many views")});
	kit_to_core(kit, MSG_VIEW_ENDED, id);
}

static void
do_marks(struct kit *kit, uint64_t newest, struct slice body)
{
	struct body_doc_marks mark;

	kit->marked = true;
	kit->newest = newest;
	while (body.n > 0) {
		if (body_take_doc_marks(&body, &mark) < 0)
			kit_fail(kit, E_GRAMMAR, "core broke the protocol");
		view_haunt(kit, &mark);
	}
}

static void
do_core(struct kit *kit, struct job *job)
{
	struct slice body = slice_of(job->body, job->n);
	struct view *view = kit_view(kit, job->id);
	struct body_view_rights rights;
	struct body_view_join join;
	struct body_doc_save save;
	int r = 0, fd;

	if (job->type == MSG_VIEW_JOIN) {
		r = view != NULL ? E_GRAMMAR : body_get_view_join(body, &join);
		if (r == 0)
			join_view(kit, job->id, &join);
	} else if (job->type == MSG_DOC_SAVE) {
		fd = job->fd;
		job->fd = -1;
		r = body_get_doc_save(body, &save);
		if (r == 0)
			save_begin(kit, job->id, &save, fd);
		else
			fd_close(&fd);
	} else if (job->type == MSG_DOC_KEPT) {
		view_tell_kept(kit, job->id);
	} else if (job->type == MSG_DOC_MARKS) {
		do_marks(kit, job->id, body);
	} else if (view == NULL) {
		return; /* it has left meanwhile */
	} else if (job->type == MSG_VIEW_RIGHTS) {
		r = body_get_view_rights(body, &rights);
		if (r == 0)
			view_set_rights(view, rights.rights);
	} else if (job->type == MSG_VIEW_LEAVE) {
		view->leaving = kit->leaving = true;
	} else if (job->type == MSG_VIEW_SHOW) {
		do_show(kit, view, body);
	} else if (job->type == MSG_VIEW_COPY) {
		do_copy(kit, view, body);
	}
	if (r == E_GRAMMAR)
		kit_fail(kit, r, "core broke the protocol");
}

static void
drop_views(struct kit *kit, bool all, size_t front)
{
	for (size_t i = kit->n_views; i-- > 0;)
		if (all)
			view_leave(kit, kit->views[i]);
		else if (kit->views[i]->front == front)
			view_break(
			    kit->views[i], E_CLOSED, "its front is gone");
}

static void
do_job(struct kit *kit, struct job *job)
{
	struct view *view;

	if (job->type == JOB_FRONT_GONE) {
		drop_views(kit, false, job->front);
	} else if (job->type == JOB_CORE_GONE) {
		drop_views(kit, true, 0);
	} else if (job->type == MSG_VIEW_INPUT) {
		/* A front speaks of its own views only. */
		view = kit_view(kit, job->id);
		if (view != NULL && view->front == job->front &&
		    input_take(view, slice_of(job->body, job->n)) == E_GRAMMAR)
			view_break(view, E_GRAMMAR,
			    "its client sent what is no frame");
	} else {
		do_core(kit, job);
	}
}

static void
on_core(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	add_job(arg, msg->type, 0, msg);
}

static void
on_front(void *arg, struct channel *channel, struct msg *msg)
{
	add_job(arg, msg->type, channel_peer(channel)->index, msg);
}

/*
 * Without core nobody says who may look: all views end, and the fronts are met
 * anew. The document stays.
 */
static void
on_core_broken(void *arg, struct channel *channel UNUSED, int why UNUSED)
{
	struct kit *kit = arg;

	channel_free(&kit->core);
	for (size_t i = 0; i < KIT_FRONTS_MAX; i++)
		channel_free(&kit->fronts[i]);
	add_job(kit, JOB_CORE_GONE, 0, NULL);
}

static void
on_front_broken(void *arg, struct channel *channel, int why UNUSED)
{
	struct kit *kit = arg;
	size_t index = channel_peer(channel)->index;

	channel_free(&kit->fronts[index]);
	add_job(kit, JOB_FRONT_GONE, index, NULL);
}

static const struct channel_handlers core_handlers = {
    .message = on_core, .broken = on_core_broken};
static const struct channel_handlers front_handlers = {
    .message = on_front, .broken = on_front_broken};

static void
take_peer(struct kit *kit, struct msg *msg)
{
	struct body_kit_peer in;
	struct peer peer;
	int fd = msg->fd, r;

	if (msg->type != MSG_KIT_PEER || body_get_kit_peer(msg->body, &in) < 0)
		kit_fail(kit, E_GRAMMAR, "the zygote broke the protocol");
	msg->fd = -1;
	peer = (struct peer){in.role, in.index, in.pid};
	if (in.role == ROLE_CORE) {
		if (kit->core != NULL)
			on_core_broken(kit, kit->core, E_CLOSED);
		r = channel_new(kit->loop, fd, ROLE_KIT, peer, &core_handlers,
		    kit, &kit->core);
		if (r == 0 && kit->state == KIT_OPEN)
			tell_loaded(kit);
	} else {
		if (kit->fronts[in.index] != NULL)
			on_front_broken(kit, kit->fronts[in.index], E_CLOSED);
		r = channel_new(kit->loop, fd, ROLE_KIT, peer, &front_handlers,
		    kit, &kit->fronts[in.index]);
	}
	if (r < 0)
		kit_fail(kit, r, "a channel failed");
}

static void
on_zygote(void *arg, struct channel *channel UNUSED, struct msg *msg)
{
	take_peer(arg, msg);
}

static void
on_zygote_broken(void *arg UNUSED, struct channel *channel UNUSED, int w UNUSED)
{
	_exit(1);
}

static const struct channel_handlers zygote_handlers = {
    .message = on_zygote, .broken = on_zygote_broken};

/* ---- the loop ----------------------------------------------------------- */

static void
set_busy(struct kit *kit, bool busy)
{
	kit->start->shared->busy_since_ms = busy ? clock_boot_ms() : 0;
}

/* A front that reads nothing while pictures are made for it. */
static void
watch_fronts(struct kit *kit)
{
	for (size_t i = 0; i < KIT_FRONTS_MAX; i++)
		if (kit->fronts[i] != NULL &&
		    channel_waiting(kit->fronts[i]) > FRONT_WAITING_MAX)
			on_front_broken(kit, kit->fronts[i], E_LIMIT);
}

static void
put_back(struct kit *kit, struct job *job)
{
	job->next = NULL;
	*kit->jobs_end = job;
	kit->jobs_end = &job->next;
	kit->jobs_bytes += job->n;
}

/*
 * What was sent before a save was asked for may lie in the fronts' channels
 * yet: it is saved, too.
 */
static void
put_off(struct kit *kit, struct job *job)
{
	job->late = true;
	job->until_ms = clock_boot_ms() + KIT_SETTLE_MS;
	if (loop_once(kit->loop, 0) < 0)
		kit_fail(kit, E_IO, "its loop failed");
	put_back(kit, job);
}

/* The engine tells where cursors are a little later than it moves them. */
static bool
must_settle(struct kit *kit, const struct job *job)
{
	kit->settling = job->type == MSG_DOC_SAVE && !view_all_settled(kit) &&
	                clock_boot_ms() < job->until_ms;
	return kit->settling;
}

static void
do_jobs(struct kit *kit)
{
	struct job *job;

	while (kit->state == KIT_OPEN && (job = next_job(kit)) != NULL) {
		if (job->type == MSG_DOC_SAVE && !job->late) {
			put_off(kit, job);
			continue;
		}
		/* It is the last: what comes behind it is in it, too. */
		if (must_settle(kit, job)) {
			put_back(kit, job);
			if (kit->jobs == job)
				return;
			continue;
		}
		do_job(kit, job);
		fd_close(&job->fd);
		mem_free(job);
	}
}

/* Those whom core has ended: it hears that nothing more comes of them. */
static void
see_off(struct kit *kit)
{
	kit->leaving = false;
	for (size_t i = kit->n_views; i-- > 0;) {
		uint64_t id = kit->views[i]->id;

		if (!kit->views[i]->leaving)
			continue;
		view_leave(kit, kit->views[i]);
		body_put_view_ended(
		    &kit->out, &(struct body_view_ended){.code = 0});
		kit_to_core(kit, MSG_VIEW_ENDED, id);
	}
}

static bool
work(struct kit *kit)
{
	bool more;

	if (kit->state == KIT_STARTING && kit->core != NULL)
		load(kit);
	view_end_leftover(kit);
	do_jobs(kit);
	/* What they sent before they left may lie in the fronts' channels yet.
	 */
	if (kit->leaving) {
		if (loop_once(kit->loop, 0) < 0)
			kit_fail(kit, E_IO, "its loop failed");
		do_jobs(kit);
		see_off(kit);
	}
	more = kit->state == KIT_OPEN && tiles_paint(kit);
	watch_fronts(kit);
	return more;
}

/*
 * Whatever the engine does between two of these counts as busy, waiting here
 * doesn't. What nests waits for a dialog that nothing can answer: busy, too.
 */
static int
on_poll(void *arg, int timeout_us)
{
	struct kit *kit = arg;
	int ms = timeout_us < 0 ? -1 : (timeout_us + 999) / 1000;

	if (kit->state == KIT_ENDING)
		return 0;
	if (kit->depth > 0) {
		(void)loop_once(
		    kit->loop, ms < 0 ? NESTED_MS : MIN(ms, NESTED_MS));
		return 0;
	}
	kit->depth++;
	if (kit->painting)
		ms = 0;
	else if (kit->settling)
		ms = ms < 0 ? SETTLE_MS : MIN(ms, SETTLE_MS);
	set_busy(kit, false);
	if (loop_once(kit->loop, ms) < 0)
		kit_fail(kit, E_IO, "its loop failed");
	set_busy(kit, true);
	/* What the engine did by itself meanwhile may have been in any view. */
	kit->at_view = -1;
	kit->painting = work(kit);
	if (loop_once(kit->loop, 0) < 0)
		kit_fail(kit, E_IO, "its loop failed");
	kit->depth--;
	return kit->painting ? 1 : 0;
}

static void
on_did(void *arg)
{
	struct kit *kit = arg;

	for (size_t i = 0; i < kit->n_views; i++)
		view_tell_did(kit->views[i]);
}

/* ---- the beginning ------------------------------------------------------ */

static int
begin(struct kit *kit, struct kit_start *start, const char *home)
{
	int r;

	log_init("kit", LOG_INFO);
	(void)snprintf(kit->home, sizeof(kit->home), "%s", home);
	kit->start = start;
	kit->jobs_end = &kit->jobs;
	kit->at_view = -1;
	kit->out = BUF(OUT_MAX);
	kit->frame = BUF(FRAME_MAX);
	kit->text = BUF(FRAME_MAX);
	if ((r = kit_enter(start, home)) < 0 ||
	    (r = loop_new(&kit->loop)) < 0 ||
	    (r = channel_new(kit->loop, start->zygote, ROLE_KIT,
		 (struct peer){.role = ROLE_ZYGOTE}, &zygote_handlers, kit,
		 &kit->zygote)) < 0)
		return r;
	kit->pixels =
	    mem_alloc((size_t)FRAME_PREVIEW_MAX * FRAME_PREVIEW_MAX * 4);
	kit->did = (struct loop_timer){.expire = on_did, .arg = kit};
	if (kit->pixels == NULL)
		return E_NOMEM;
	return engine_start(home, &kit->engine);
}

void
kit_run(void *arg, const char *home)
{
	static struct kit kit;
	const struct engine_loop loop = {on_poll, &kit};
	int r = begin(&kit, arg, home);

	if (r < 0) {
		log_error("kit.start", log_err(r));
		_exit(1);
	}
	engine_run(kit.engine, &loop);
	_exit(0);
}
