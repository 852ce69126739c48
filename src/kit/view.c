/* Views: who looks at the document, and with which rights. */
#include <stdio.h>

#include "base/clock.h"
#include "kit/kit_private.h"

enum { GHOST_MS = 120000, MARKS_MAX = 60000 };

void
view_enter(struct view *view)
{
	if (view->kit->at_view == view->number)
		return;
	engine_set_view(view->kit->doc, view->number);
	view->kit->at_view = view->number;
}

static void
ignore(void *arg UNUSED, enum engine_event event UNUSED, const char *p UNUSED)
{
}

int
view_enter_reader(struct kit *kit)
{
	if (!kit->has_reader) {
		kit->reader = engine_view_new(
		    kit->doc, false, SLICE("reader"), ignore, kit);
		kit->has_reader = kit->reader >= 0;
	}
	kit->at_view = -1;
	if (!kit->has_reader)
		return E_LIMIT;
	engine_set_view(kit->doc, kit->reader);
	return 0;
}

void
view_send(struct view *view)
{
	struct kit *kit = view->kit;
	struct slice frame = buf_slice(&kit->frame);
	struct channel *front = kit->fronts[view->front];

	/* What is too long to be one is left out, like what may not be seen. */
	if (kit->frame.error == 0 && front != NULL && !view->ghost &&
	    frame_check(frame, FRAME_OUT, view->rights) == 0)
		channel_send(front, MSG_VIEW_OUTPUT, view->id, frame);
	buf_clear(&kit->frame);
}

static void
tell_person(struct view *to, const struct view *of, bool here)
{
	frame_put_person(&to->kit->frame,
	    &(struct frame_person){.view = view_name(of->number),
		.name = slice_str(of->name),
		.here = here});
	view_send(to);
}

static void
send_names(struct view *view)
{
	struct kit *kit = view->kit;

	if (kit->kind == ENGINE_TEXT)
		return;
	buf_clear(&kit->text);
	for (int i = 0; i < kit->parts && i < FRAME_PARTS_MAX; i++) {
		engine_part_name(kit->doc, i, &kit->text);
		buf_put_u8(&kit->text, '\n');
	}
	frame_put_names(
	    &kit->frame, &(struct frame_names){.names = buf_slice(&kit->text)});
	view_send(view);
}

void
view_send_status(struct view *view)
{
	struct kit *kit = view->kit;
	long width = 0, height = 0;

	view_enter(view);
	kit->parts = engine_parts(kit->doc);
	engine_size(kit->doc, &width, &height);
	buf_clear(&kit->text);
	if (kit->kind == ENGINE_TEXT)
		engine_pages(kit->doc, &kit->text);
	frame_put_status(&kit->frame,
	    &(struct frame_status){.kind = kit->kind,
		.parts = (uint32_t)MAX(kit->parts, 0),
		.part = (uint32_t)MAX(view->part, 0),
		.width = (int32_t)MIN(width, (long)INT32_MAX),
		.height = (int32_t)MIN(height, (long)INT32_MAX),
		.pages = slice_first(buf_slice(&kit->text), 60000)});
	view_send(view);
	send_names(view);
}

/* ---- those who may come back ----------------------------------------------
 */

static void
drop_ghost(struct kit *kit, size_t i)
{
	struct view *ghost = kit->ghosts[i];

	memmove(&kit->ghosts[i], &kit->ghosts[i + 1],
	    (--kit->n_ghosts - i) * sizeof(kit->ghosts[0]));
	if (ghost->number >= 0) {
		engine_view_forget(kit->doc, ghost->number);
		kit->ends[kit->n_ends++] = ghost->number;
	}
	kit->at_view = -1;
	if (kit->n_ends == ARRAY_SIZE(kit->ends))
		view_end_leftover(kit);
	mem_free(ghost);
}

/* In a text the engine's view stays, and is moved along by what others do. */
static void
add_ghost(struct kit *kit, struct view *view)
{
	if (kit->n_ghosts == KIT_GHOSTS_MAX)
		drop_ghost(kit, 0);
	view->ghost = true;
	view->ghost_ms = clock_boot_ms();
	kit->ghosts[kit->n_ghosts++] = view;
}

static size_t
engine_views(const struct kit *kit)
{
	size_t n = kit->n_views + kit->has_leftover;

	for (size_t i = 0; i < kit->n_ghosts; i++)
		n += kit->ghosts[i]->number >= 0;
	return n;
}

static void
drop_old_ghosts(struct kit *kit)
{
	uint64_t now = clock_boot_ms();

	while (kit->n_ghosts > 0 && now - kit->ghosts[0]->ghost_ms > GHOST_MS &&
	       engine_views(kit) > 1)
		drop_ghost(kit, 0);
}

/* To a place of the document. */
static void
go_to(struct view *view, int32_t part, int32_t x, int32_t y)
{
	struct kit *kit = view->kit;

	view_enter(view);
	if (kit->kind != ENGINE_TEXT) {
		engine_set_part(kit->doc, part);
		view->part = part;
		engine_mouse(kit->doc, ENGINE_MOUSE_DOWN, x, y, 1, 1, 0);
		engine_mouse(kit->doc, ENGINE_MOUSE_UP, x, y, 1, 1, 0);
		return;
	}
	engine_select(kit->doc, ENGINE_SELECT_RESET, x, y);
}

static int32_t
middle(const struct view *view)
{
	return view->cursor_y + view->cursor_height / 2;
}

void
view_haunt(struct kit *kit, const struct body_doc_marks *mark)
{
	struct view *view = mem_alloc(sizeof(*view));

	if (view == NULL)
		return;
	*view = (struct view){.kit = kit,
	    .id = mark->view,
	    .number = -1,
	    .count = mark->count,
	    .part = (int32_t)mark->part,
	    .cursor_x = mark->x,
	    .cursor_y = mark->y};
	(void)snprintf(view->name, sizeof(view->name), "%.*s",
	    SLICE_ARG(slice_first(mark->name, sizeof(view->name) - 1)));
	add_ghost(kit, view);
	if (kit->kind != ENGINE_TEXT)
		return;
	view->number = engine_view_new(
	    kit->doc, !kit->first_taken, mark->name, event_take, view);
	kit->at_view = -1;
	if (view->number < 0)
		return;
	kit->first_taken = true;
	go_to(view, view->part, mark->x, mark->y);
}

/* One whose client lost its way here, and that nobody has told yet. */
static struct view *
older_self(struct view *view, uint32_t id)
{
	struct kit *kit = view->kit;

	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i] != view &&
		    (uint32_t)kit->views[i]->id == id &&
		    strcmp(kit->views[i]->name, view->name) == 0)
			return kit->views[i];
	return NULL;
}

static size_t
ghost_of(const struct view *view, uint32_t id)
{
	const struct kit *kit = view->kit;
	size_t i = 0;

	while (i < kit->n_ghosts &&
	       ((uint32_t)kit->ghosts[i]->id != id ||
		   strcmp(kit->ghosts[i]->name, view->name) != 0))
		i++;
	return i;
}

void
view_resume(struct view *view, uint32_t before)
{
	struct kit *kit = view->kit;
	struct frame_resumed answer = {.view = before,
	    .fresh = kit->marked && before > (uint32_t)kit->newest};
	struct view *older = older_self(view, before);
	size_t i;

	if (older != NULL)
		view_break(older, E_CLOSED, "it is open elsewhere");
	i = ghost_of(view, before);
	if (i < kit->n_ghosts) {
		struct view *ghost = kit->ghosts[i];

		answer.known = true;
		answer.count = ghost->count;
		go_to(view, ghost->part, ghost->cursor_x, middle(ghost));
		drop_ghost(kit, i);
	}
	frame_put_resumed(&kit->frame, &answer);
	view_send(view);
}

/* ---- what is kept of what they did ----------------------------------------
 */

bool
view_all_settled(const struct kit *kit)
{
	uint64_t now = clock_boot_ms();

	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i]->counted_ms != 0 &&
		    now - kit->views[i]->counted_ms < KIT_SETTLE_MS)
			return false;
	return true;
}

static void
put_mark(struct kit *kit, struct view *view)
{
	if (kit->out.n > MARKS_MAX)
		return;
	body_put_doc_saving(
	    &kit->out, &(struct body_doc_saving){.view = view->id,
			   .count = view->count,
			   .part = (uint32_t)MAX(view->part, 0),
			   .x = MAX(view->cursor_x, 0),
			   .y = MAX(middle(view), 0),
			   .name = slice_str(view->name)});
}

void
view_put_marks(struct kit *kit, uint64_t save)
{
	for (size_t i = 0; i < kit->n_views; i++)
		if (rights_hold(kit->views[i]->rights, RIGHT_EDIT)) {
			kit->views[i]->saving = save;
			kit->views[i]->saving_count = kit->views[i]->count;
			put_mark(kit, kit->views[i]);
		}
	for (size_t i = 0; i < kit->n_ghosts; i++)
		put_mark(kit, kit->ghosts[i]);
}

void
view_tell_kept(struct kit *kit, uint64_t save)
{
	for (size_t i = 0; i < kit->n_views; i++) {
		struct view *view = kit->views[i];

		if (view->saving != save)
			continue;
		view->saving = 0;
		frame_put_kept(&kit->frame,
		    &(struct frame_kept){.count = view->saving_count});
		view_send(view);
	}
}

/* ---- views ----------------------------------------------------------------
 */

int
view_join(struct kit *kit, uint64_t id, const struct body_view_join *in)
{
	struct view *view =
	    kit->n_views < KIT_VIEWS_MAX ? mem_alloc(sizeof(*view)) : NULL;
	int number;

	if (view == NULL)
		return E_LIMIT;
	*view = (struct view){
	    .kit = kit, .id = id, .front = in->front, .rights = in->rights};
	(void)snprintf(view->name, sizeof(view->name), "%.*s",
	    SLICE_ARG(slice_first(in->name, sizeof(view->name) - 1)));
	/* Events of the new view come before its number is known. */
	view->number = -1;
	kit->views[kit->n_views++] = view;
	number = engine_view_new(
	    kit->doc, !kit->first_taken, in->name, event_take, view);
	kit->at_view = -1;
	if (number < 0) {
		kit->n_views--;
		mem_free(view);
		return E_LIMIT;
	}
	kit->first_taken = true;
	view->number = number;
	drop_old_ghosts(kit);
	view_enter(view);
	/* The engine's keyboard is on this one from here on, not on one that
	 * ends: what ends may not have it. It is so once the engine has gone
	 * round. */
	engine_mouse(kit->doc, ENGINE_MOUSE_MOVE, 0, 0, 0, 0, 0);
	kit->leftover_ends = kit->has_leftover;
	view->part = kit->kind == ENGINE_TEXT ? 0 : engine_part(kit->doc);
	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i] != view)
			tell_person(kit->views[i], view, true);
	return 0;
}

void
view_end_leftover(struct kit *kit)
{
	while (kit->n_ends > 0) {
		engine_view_end(kit->doc, kit->ends[--kit->n_ends]);
		kit->at_view = -1;
	}
	if (!kit->leftover_ends)
		return;
	engine_view_end(kit->doc, kit->leftover);
	kit->at_view = -1;
	kit->has_leftover = kit->leftover_ends = false;
}

bool
view_has_client(const struct view *view)
{
	return view->kit->fronts[view->front] != NULL;
}

/* Whether all is saved: the engine itself knows nothing of saves by a fork. */
void
view_tell_modified(struct view *view)
{
	struct kit *kit = view->kit;

	frame_put_state(&kit->frame,
	    &(struct frame_state){.name = SLICE("ModifiedStatus"),
		.value = kit->dirty ? SLICE("true") : SLICE("false")});
	view_send(view);
}

void
view_greet(struct view *view)
{
	struct kit *kit = view->kit;

	if (view->greeted || !view_has_client(view))
		return;
	view->greeted = true;
	view_send_status(view);
	view_tell_modified(view);
	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i] != view)
			tell_person(view, kit->views[i], true);
}

void
view_leave(struct kit *kit, struct view *view)
{
	bool last;
	bool editor = rights_hold(view->rights, RIGHT_EDIT);
	bool stays = editor && kit->kind == ENGINE_TEXT;

	view_end_leftover(kit);
	last = engine_views(kit) == 1;
	view_tell_did(view);
	for (size_t i = 0; i < kit->n_views; i++)
		if (kit->views[i] == view) {
			kit->views[i] = kit->views[--kit->n_views];
			break;
		}
	/*
	 * A document without any view is none: the last one stays until there
	 * is another. Who comes gets one of their own, of which all is told.
	 */
	if (stays) {
		/* Its place moves along with what others do. */
	} else if (last) {
		kit->has_leftover = true;
		kit->leftover = view->number;
		view_enter(view);
		engine_view_forget(kit->doc, view->number);
	} else {
		engine_view_end(kit->doc, view->number);
	}
	kit->at_view = -1;
	for (size_t i = 0; i < kit->n_views; i++)
		tell_person(kit->views[i], view, false);
	tiles_free(view);
	map_free(&view->places);
	if (!editor) {
		mem_free(view);
		return;
	}
	if (!stays)
		view->number = -1;
	add_ghost(kit, view);
}

void
view_break(struct view *view, int code, const char *why)
{
	struct kit *kit = view->kit;

	body_put_view_ended(&kit->out,
	    &(struct body_view_ended){.code = code, .why = slice_str(why)});
	kit_to_core(kit, MSG_VIEW_ENDED, view->id);
	view_leave(kit, view);
}

void
view_set_rights(struct view *view, unsigned rights)
{
	view->rights = rights;
	if (rights_hold(rights, RIGHT_SEE))
		view_send_status(view);
}

void
view_tell_did(struct view *view)
{
	struct kit *kit = view->kit;

	if (view->letters == 0 && view->commands == 0)
		return;
	body_put_view_did(&kit->out,
	    &(struct body_view_did){.part = (uint32_t)view->part,
		.block = tiles_block(kit, view->cursor_x, view->cursor_y),
		.letters = view->letters,
		.commands = view->commands});
	kit_to_core(kit, MSG_VIEW_DID, view->id);
	view->letters = view->commands = 0;
}
