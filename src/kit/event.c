/*
 * What the engine tells of a view, made into frames. It comes from within
 * calls, so nothing here calls back: frames are queued, tiles marked. What the
 * engine writes is not believed: it was made of the document.
 */
#include <jansson.h>

#include "kit/kit_private.h"
#include "kit/uno.h"

enum { PAYLOAD_MAX = 1 << 20, NUMBERS_MAX = 6 };

size_t
event_numbers(const char *text, int64_t *ret_numbers, size_t max)
{
	size_t n = 0;

	while (n < max) {
		bool negative;
		int64_t value = 0;

		while (*text == ' ' || *text == ',')
			text++;
		negative = *text == '-';
		if (negative)
			text++;
		if (*text < '0' || *text > '9')
			break;
		for (; *text >= '0' && *text <= '9'; text++)
			value =
			    MIN(value * 10 + (*text - '0'), (int64_t)1 << 40);
		ret_numbers[n++] = negative ? -value : value;
	}
	return n;
}

static int32_t
clamp(int64_t value)
{
	return (int32_t)(value < INT32_MIN   ? INT32_MIN
			 : value > INT32_MAX ? INT32_MAX
					     : value);
}

static bool
is_empty(const char *payload)
{
	return strncmp(payload, "EMPTY", 5) == 0;
}

/* "x, y, w, h, part" or "EMPTY, part". */
static void
take_stale(struct view *view, const char *payload)
{
	struct kit *kit = view->kit;
	int64_t n[NUMBERS_MAX] = {0};
	struct rectangle rectangle;
	size_t count;

	if (is_empty(payload)) {
		count = event_numbers(payload + 5, n, 1);
		kit->layout_stale = true;
		tiles_stale(view,
		    count == 1 && n[0] >= 0 && kit->kind != ENGINE_TEXT
			? (uint32_t)n[0]
			: (uint32_t)view->part,
		    NULL);
		return;
	}
	count = event_numbers(payload, n, 5);
	if (count < 4)
		return;
	rectangle = (struct rectangle){n[0], n[1], n[2], n[3]};
	tiles_stale(view,
	    count == 5 && n[4] >= 0 && kit->kind != ENGINE_TEXT
		? (uint32_t)MIN(n[4], (int64_t)FRAME_PARTS_MAX)
		: 0,
	    &rectangle);
}

/* The view whose cursor or selection this is: 0 where it is one's own. */
static bool
of_whom(const struct view *view, json_t *json, uint32_t *ret_view)
{
	json_t *id = json_object_get(json, "viewId");
	int64_t n = -1;

	if (json_is_integer(id))
		n = json_integer_value(id);
	else if (json_is_string(id) &&
		 event_numbers(json_string_value(id), &n, 1) != 1)
		return false;
	if (n < 0 || n > INT32_MAX)
		return false;
	*ret_view = n == view->number ? 0 : view_name((int)n);
	/* Of who has left nobody is told. */
	return *ret_view == 0 || kit_view_numbered(view->kit, (int)n) != NULL;
}

static uint32_t
part_of(const struct view *view, json_t *json)
{
	json_t *part = json_object_get(json, "part");
	int64_t n = -1;

	if (view->kit->kind == ENGINE_TEXT)
		return 0;
	if (json_is_integer(part))
		n = json_integer_value(part);
	else if (json_is_string(part))
		(void)event_numbers(json_string_value(part), &n, 1);
	return n >= 0 && n <= FRAME_PARTS_MAX ? (uint32_t)n
	                                      : (uint32_t)view->part;
}

static const char *
string_of(json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text != NULL ? text : "";
}

static void
send_cursor(
    struct view *view, uint32_t of, uint32_t part, const char *rectangle)
{
	int64_t n[4];

	if (event_numbers(rectangle, n, 4) != 4)
		return;
	if (of == 0) {
		view->cursor_x = clamp(n[0]);
		view->cursor_y = clamp(n[1]);
		view->cursor_height = clamp(n[3]);
		view->cursor_known = true;
		view->counted_ms = 0;
	}
	frame_put_cursor(&view->kit->frame, &(struct frame_cursor){.view = of,
						.part = part,
						.x = clamp(n[0]),
						.y = clamp(n[1]),
						.width = clamp(n[2]),
						.height = clamp(n[3])});
	view_send(view);
}

/* One's own: the rectangle alone, or JSON with whoever moved it. */
static void
take_cursor(struct view *view, const char *payload)
{
	json_t *json = json_loads(payload, 0, NULL);

	send_cursor(view, 0, (uint32_t)view->part,
	    json_is_object(json) ? string_of(json, "rectangle") : payload);
	json_decref(json);
}

static void
send_selection(
    struct view *view, uint32_t of, uint32_t part, const char *rectangles)
{
	frame_put_selection(&view->kit->frame,
	    &(struct frame_selection){
		.view = of, .part = part, .rectangles = slice_str(rectangles)});
	view_send(view);
}

static void
send_cell(struct view *view, uint32_t of, uint32_t part, const char *place)
{
	int64_t n[4];

	if (of == 0 && event_numbers(place, n, 4) == 4) {
		view->cursor_x = clamp(n[0]);
		view->cursor_y = clamp(n[1]);
		view->cursor_height = clamp(n[3]);
		view->cursor_known = true;
		view->counted_ms = 0;
	}
	frame_put_cell(&view->kit->frame,
	    &(struct frame_cell){
		.view = of, .part = part, .place = slice_str(place)});
	view_send(view);
}

static void
send_shown(struct view *view, uint32_t of, const char *shown)
{
	frame_put_shown(
	    &view->kit->frame, &(struct frame_shown){.view = of,
				   .shown = strcmp(shown, "true") == 0});
	view_send(view);
}

/* What others do. */
static void
take_of_others(struct view *view, enum engine_event event, const char *payload)
{
	json_t *json = json_loads(payload, 0, NULL);
	uint32_t of, part;

	if (json_is_object(json) && of_whom(view, json, &of) && of != 0 &&
	    !(view->kit->has_reader && of == view_name(view->kit->reader))) {
		part = part_of(view, json);
		if (event == ENGINE_VIEW_CURSOR)
			send_cursor(
			    view, of, part, string_of(json, "rectangle"));
		else if (event == ENGINE_VIEW_SELECTION)
			send_selection(
			    view, of, part, string_of(json, "selection"));
		else if (event == ENGINE_VIEW_CELL)
			send_cell(view, of, part, string_of(json, "rectangle"));
		else
			send_shown(view, of, string_of(json, "visible"));
	}
	json_decref(json);
}

/* ".uno:Bold=true": of those that it tells by itself, the listed ones. */
static void
take_state(struct view *view, const char *payload)
{
	struct slice value = slice_str(payload), name;

	if (!slice_starts(value, SLICE(".uno:")))
		return;
	value = slice_from(value, 5);
	if (!slice_cut(&value, '=', &name) || !uno_may_hear(name, view->rights))
		return;
	if (slice_eq(name, SLICE("ModifiedStatus"))) {
		if (slice_eq(value, SLICE("true")))
			kit_set_dirty(view->kit);
		return;
	}
	frame_put_state(&view->kit->frame,
	    &(struct frame_state){.name = name, .value = value});
	view_send(view);
}

static void
take_text(struct view *view, enum engine_event event, struct slice text)
{
	struct buf *frame = &view->kit->frame;

	switch ((int)event) {
	case ENGINE_CELL_FORMULA:
		frame_put_formula(frame, &(struct frame_formula){.text = text});
		break;
	case ENGINE_COMMENT:
		frame_put_comment(frame, &(struct frame_comment){.json = text});
		break;
	case ENGINE_CHANGE:
	case ENGINE_CHANGE_COUNT:
		frame_put_change(frame, &(struct frame_change){.json = text});
		break;
	case ENGINE_FOUND:
		frame_put_found(
		    frame, &(struct frame_found){.found = true, .json = text});
		break;
	case ENGINE_NOT_FOUND:
		frame_put_found(frame, &(struct frame_found){.found = false});
		break;
	default:
		return;
	}
	view_send(view);
}

static void
take_place(struct view *view, enum engine_event event, const char *payload)
{
	struct kit *kit = view->kit;
	int64_t part;

	switch ((int)event) {
	case ENGINE_GRAPHIC:
		frame_put_graphic(&kit->frame,
		    &(struct frame_graphic){.place = slice_str(payload)});
		view_send(view);
		break;
	case ENGINE_CELL_ADDRESS:
		frame_put_address(&kit->frame,
		    &(struct frame_address){.address = slice_str(payload)});
		view_send(view);
		break;
	case ENGINE_PART:
		/* Of a text it is the page, and all pages are one part. */
		if (kit->kind == ENGINE_TEXT ||
		    event_numbers(payload, &part, 1) != 1 || part < 0 ||
		    part > FRAME_PARTS_MAX)
			break;
		view->part = (int32_t)part;
		frame_put_moved(
		    &kit->frame, &(struct frame_moved){.part = (uint32_t)part});
		view_send(view);
		break;
	case ENGINE_SIZE:
		kit->layout_stale = true;
		view->status_due = true;
		break;
	default:
		break;
	}
}

void
event_take(void *arg, enum engine_event event, const char *payload)
{
	struct view *view = arg;

	/* Pictures that are being made change nothing. */
	if (view->kit->in_paint || strlen(payload) > PAYLOAD_MAX)
		return;
	if (view->ghost && event != ENGINE_CURSOR)
		return;
	switch ((int)event) {
	case ENGINE_STALE:
		take_stale(view, payload);
		break;
	case ENGINE_CURSOR:
		take_cursor(view, payload);
		break;
	case ENGINE_CURSOR_SHOWN:
		send_shown(view, 0, payload);
		break;
	case ENGINE_SELECTION:
		send_selection(view, 0, (uint32_t)view->part, payload);
		break;
	case ENGINE_CELL_CURSOR:
		send_cell(view, 0, (uint32_t)view->part, payload);
		break;
	case ENGINE_VIEW_CURSOR:
	case ENGINE_VIEW_SELECTION:
	case ENGINE_VIEW_CELL:
	case ENGINE_VIEW_SHOWN:
		take_of_others(view, event, payload);
		break;
	case ENGINE_STATE:
		take_state(view, payload);
		break;
	case ENGINE_GRAPHIC:
	case ENGINE_CELL_ADDRESS:
	case ENGINE_PART:
	case ENGINE_SIZE:
		take_place(view, event, payload);
		break;
	default:
		take_text(view, event, slice_str(payload));
	}
}
