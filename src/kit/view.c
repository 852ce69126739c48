/* Views: who looks at the document, and with which rights. */
#include <stdio.h>

#include "kit/kit_private.h"

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
	if (kit->frame.error == 0 && front != NULL &&
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
	bool last = kit->n_views == 1;

	view_end_leftover(kit);
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
	if (last) {
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
	mem_free(view);
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
