/* What clients ask by frames: looked at, then done. */
#include "base/clock.h"
#include "kit/kit_private.h"
#include "kit/uno.h"
#include "wire/json.h"

enum {
	NAME_MAX_BYTES = 128,
	SELECTED_MAX = 1000000,
	READ_MAX = 100000, /* twips: more than a page, or a screen of cells */
};

/* What the engine gets by a name of its own: ".uno:" before it. */
static bool
engine_name(struct buf *buf, struct slice name)
{
	buf_put_str(buf, ".uno:");
	buf_put_slice(buf, name);
	return buf_cstr(buf) != NULL;
}

static int
take_viewport(struct view *view, struct slice in)
{
	struct frame_viewport port;
	int r = frame_get_viewport(in, &port);

	return r < 0 ? r : tiles_look(view, &port);
}

static int
take_taken(struct view *view, struct slice in)
{
	struct frame_taken taken;
	int r = frame_get_taken(in, &taken);

	if (r < 0)
		return r;
	view->port.window =
	    MIN(view->port.window + taken.tiles, (uint32_t)FRAME_WINDOW);
	return 0;
}

static int
take_preview(struct view *view, struct slice in)
{
	struct frame_preview preview;
	int r = frame_get_preview(in, &preview);

	return r < 0 ? r : tiles_preview(view, &preview);
}

/* Typed: so much will be told to core. */
static void
typed(struct view *view, uint64_t letters)
{
	view->letters += letters;
	kit_edited(view->kit);
}

static int
take_key(struct view *view, struct slice in)
{
	struct frame_key key;
	int r = frame_get_key(in, &key);

	if (r < 0 || (r = uno_key(key.character, key.code, view->rights)) < 0)
		return r;
	view_enter(view);
	engine_key(view->kit->doc, (int)key.character, (int)key.code);
	if (rights_hold(view->rights, RIGHT_EDIT))
		typed(view, 1);
	return 0;
}

static int
take_input(struct view *view, struct slice in)
{
	struct buf text = BUF(65537);
	struct frame_input input;
	int r = frame_get_input(in, &input);

	if (r < 0)
		return r;
	buf_put_slice(&text, input.text);
	if (memchr(input.text.p, 0, input.text.n) == NULL &&
	    buf_cstr(&text) != NULL) {
		view_enter(view);
		engine_input(view->kit->doc, buf_cstr(&text), input.final);
		typed(view, input.final ? input.text.n : 0);
	}
	buf_free(&text);
	return 0;
}

static int
take_erase(struct view *view, struct slice in)
{
	struct frame_erase erase;
	int r = frame_get_erase(in, &erase);

	if (r < 0)
		return r;
	view_enter(view);
	engine_erase(view->kit->doc, (int)erase.before, (int)erase.after);
	typed(view, erase.before + erase.after);
	return 0;
}

static int
take_mouse(struct view *view, struct slice in)
{
	struct frame_mouse mouse;
	int r = frame_get_mouse(in, &mouse);

	if (r < 0)
		return r;
	view_enter(view);
	engine_mouse(view->kit->doc, (enum engine_mouse)mouse.type, mouse.x,
	    mouse.y, (int)mouse.count, (int)mouse.buttons,
	    (int)mouse.modifiers);
	/* A click changes nothing that isn't told of; what was dragged may
	 * have. */
	if (mouse.type == ENGINE_MOUSE_UP && view->dragging) {
		view->commands++;
		kit_edited(view->kit);
	}
	view->dragging = mouse.type == ENGINE_MOUSE_MOVE;
	return 0;
}

static int
take_select(struct view *view, struct slice in)
{
	struct frame_select select;
	int r = frame_get_select(in, &select);

	if (r < 0)
		return r;
	view_enter(view);
	engine_select(view->kit->doc, (enum engine_select)select.type, select.x,
	    select.y);
	return 0;
}

static int
take_paste(struct view *view, struct slice in)
{
	static const char *const forms[] = {
	    "text/plain;charset=utf-8", "text/html", "image/png", "image/jpeg"};
	struct frame_paste paste;
	int r = frame_get_paste(in, &paste);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (!slice_eq(paste.mime, slice_str(forms[i])))
			continue;
		view_enter(view);
		if (!engine_paste(view->kit->doc, forms[i], paste.bytes))
			return E_INVALID;
		view->commands++;
		typed(view, paste.bytes.n);
		return 0;
	}
	return E_UNSUPPORTED;
}

static int
take_command(struct view *view, struct slice in)
{
	struct buf name = BUF(NAME_MAX_BYTES), json = BUF(1 << 18);
	struct kit *kit = view->kit;
	struct frame_command command;
	const struct uno *uno;
	int r = frame_get_command(in, &command);

	if (r < 0 ||
	    (r = uno_command(command.name, view->rights, kit->kind, &uno)) < 0)
		return r;
	r = uno_arguments(uno, command.arguments, &json);
	if (r == 0 && engine_name(&name, slice_str(uno->name)) &&
	    buf_cstr(&json) != NULL) {
		view_enter(view);
		engine_command(kit->doc, buf_cstr(&name), buf_cstr(&json));
		kit->at_view = -1;
		if (rights_hold(uno->rights, RIGHT_EDIT)) {
			view->commands++;
			kit_edited(kit);
		}
	}
	buf_free(&name);
	buf_free(&json);
	return r;
}

static void
put_argument(struct json_writer *w, const char *name, const char *type)
{
	json_key(w, name);
	json_open_object(w);
	json_member_str(w, "type", type);
}

/* Of the engine's search: what it does by the number of its command. */
enum { SEARCH_FIND = 0, SEARCH_REPLACE = 2, SEARCH_REPLACE_ALL = 3 };

static int
search(struct view *view, struct slice text, const struct slice *with,
    bool backward, bool exact, unsigned command)
{
	struct buf json = BUF(65536);
	struct json_writer w = json_writer(&json);
	const char *arguments;

	if (text.n == 0)
		return E_INVALID;
	json_open_object(&w);
	put_argument(&w, "SearchItem.SearchString", "string");
	json_member_string(&w, "value", text);
	json_close_object(&w);
	if (with != NULL) {
		put_argument(&w, "SearchItem.ReplaceString", "string");
		json_member_string(&w, "value", *with);
		json_close_object(&w);
	}
	put_argument(&w, "SearchItem.Backward", "boolean");
	json_member_bool(&w, "value", backward);
	json_close_object(&w);
	/* 1 << 8 would be regular expressions; 1 << 16: case doesn't count. */
	put_argument(&w, "SearchItem.TransliterateFlags", "long");
	json_member_u64(&w, "value", exact ? 0 : 0x100);
	json_close_object(&w);
	put_argument(&w, "SearchItem.Command", "long");
	json_member_u64(&w, "value", command);
	json_close_object(&w);
	json_close_object(&w);
	arguments = buf_cstr(&json);
	if (arguments != NULL) {
		view_enter(view);
		engine_command(view->kit->doc, ".uno:ExecuteSearch", arguments);
	}
	buf_free(&json);
	return 0;
}

static int
take_find(struct view *view, struct slice in)
{
	struct frame_find find;
	int r = frame_get_find(in, &find);

	return r < 0 ? r
	             : search(view, find.text, NULL, find.backward, find.exact,
			   SEARCH_FIND);
}

static int
take_replace(struct view *view, struct slice in)
{
	struct frame_replace replace;
	int r = frame_get_replace(in, &replace);

	if (r == 0)
		r = search(view, replace.text, &replace.with, false,
		    replace.exact,
		    replace.all ? SEARCH_REPLACE_ALL : SEARCH_REPLACE);
	if (r == 0) {
		view->commands++;
		kit_edited(view->kit);
	}
	return r;
}

static int
take_ask(struct view *view, struct slice in)
{
	struct kit *kit = view->kit;
	struct buf name = BUF(NAME_MAX_BYTES);
	struct frame_ask ask;
	int r = frame_get_ask(in, &ask);

	if (r < 0 || (r = uno_may_ask(ask.name, view->rights)) < 0)
		return r;
	if (engine_name(&name, ask.name)) {
		view_enter(view);
		buf_clear(&kit->text);
		engine_values(kit->doc, buf_cstr(&name), &kit->text);
		frame_put_answer(
		    &kit->frame, &(struct frame_answer){.name = ask.name,
				     .json = buf_slice(&kit->text)});
		view_send(view);
	}
	buf_free(&name);
	return 0;
}

static int
take_read_out(struct view *view, struct slice in)
{
	struct kit *kit = view->kit;
	struct frame_read_out read_out;
	int r = frame_get_read_out(in, &read_out);

	if (r < 0)
		return r;
	view_enter(view);
	buf_clear(&kit->text);
	(void)engine_selected(kit->doc, "text/plain;charset=utf-8", &kit->text);
	frame_put_selected(&kit->frame,
	    &(struct frame_selected){
		.text = slice_first(buf_slice(&kit->text), SELECTED_MAX)});
	view_send(view);
	return 0;
}

/* By a selection of nobody's: what people have selected stays as it is. */
static int
take_read(struct view *view, struct slice in)
{
	struct kit *kit = view->kit;
	struct frame_read read;
	struct rectangle r;
	int code = frame_get_read(in, &read);

	if (code < 0)
		return code;
	if (kit->kind == ENGINE_SLIDES)
		return E_KIND;
	if (read.x < 0 || read.y < 0 || read.width <= 0 || read.height <= 0 ||
	    read.width > READ_MAX || read.height > READ_MAX ||
	    read.x > INT32_MAX - read.width ||
	    read.y > INT32_MAX - read.height ||
	    (kit->kind == ENGINE_TEXT ? read.part != 0
				      : read.part >= (uint32_t)kit->parts))
		return E_RANGE;
	r = (struct rectangle){read.x, read.y, read.width, read.height};
	/* It is asked for again once core knows: the client is told so. */
	if (!tiles_are_shown(view, read.part, &r))
		return E_BUSY;
	if ((code = view_enter_reader(kit)) < 0)
		return code;
	if (kit->kind == ENGINE_SHEET)
		engine_set_part(kit->doc, (int)read.part);
	engine_select(kit->doc, ENGINE_SELECT_START, read.x, read.y);
	engine_select(kit->doc, ENGINE_SELECT_END, read.x + read.width - 1,
	    read.y + read.height - 1);
	buf_clear(&kit->text);
	(void)engine_selected(kit->doc, "text/plain;charset=utf-8", &kit->text);
	engine_select(kit->doc, ENGINE_SELECT_RESET, read.x, read.y);
	frame_put_reading(&kit->frame,
	    &(struct frame_reading){.part = read.part,
		.x = read.x,
		.y = read.y,
		.text = slice_first(buf_slice(&kit->text),
		    slice_utf8_cut(buf_slice(&kit->text), SELECTED_MAX))});
	view_send(view);
	return 0;
}

static int
take_resume(struct view *view, struct slice in)
{
	struct frame_resume resume;
	int r = frame_get_resume(in, &resume);

	if (r == 0)
		view_resume(view, resume.view);
	return r;
}

static int (*const takes[FRAME_NUMBER_MAX + 1])(struct view *, struct slice) = {
    [FRAME_VIEWPORT] = take_viewport,
    [FRAME_TAKEN] = take_taken,
    [FRAME_PREVIEW] = take_preview,
    [FRAME_READ] = take_read,
    [FRAME_KEY] = take_key,
    [FRAME_INPUT] = take_input,
    [FRAME_ERASE] = take_erase,
    [FRAME_MOUSE] = take_mouse,
    [FRAME_SELECT] = take_select,
    [FRAME_PASTE] = take_paste,
    [FRAME_COMMAND] = take_command,
    [FRAME_FIND] = take_find,
    [FRAME_REPLACE] = take_replace,
    [FRAME_ASK] = take_ask,
    [FRAME_READ_OUT] = take_read_out,
    [FRAME_RESUME] = take_resume,
};

/* The name of a command that was refused, so that the client knows which. */
static struct slice
name_of(enum frame number, struct slice in)
{
	struct frame_command command;
	struct frame_ask ask;

	if (number == FRAME_COMMAND && frame_get_command(in, &command) == 0)
		return slice_first(command.name, UNO_NAME_MAX);
	if (number == FRAME_ASK && frame_get_ask(in, &ask) == 0)
		return slice_first(ask.name, UNO_NAME_MAX);
	return SLICE_NONE;
}

int
input_take(struct view *view, struct slice in)
{
	struct kit *kit = view->kit;
	enum frame number = frame_number(in);
	int r = frame_check(in, FRAME_IN, view->rights);

	/* Whatever comes of it: its client counts them, too. */
	if (r != E_GRAMMAR && frame_counts(number)) {
		view->count++;
		view->counted_ms = clock_boot_ms();
	}
	if (r == 0)
		r = takes[number] != NULL ? takes[number](view, in) : E_GRAMMAR;
	if (r < 0 && r != E_GRAMMAR) {
		struct slice name = name_of(number, in);

		frame_put_refused(&kit->frame,
		    &(struct frame_refused){.number = number,
			.code = (uint32_t)-r,
			.name = slice_is_utf8(name) ? name : SLICE_NONE});
		view_send(view);
	}
	return r;
}
