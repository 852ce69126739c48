/*
 * Pictures. A view says what it looks at, and the kit sends the tiles of that
 * which are new or have changed, until the view looks elsewhere: so a change is
 * one way to the client, not there and back. The client says how many it has
 * taken; no more than FRAME_WINDOW are on the way.
 *
 * No tile leaves before core knows of each place that it shows: pages of a
 * text, slides, and blocks of a sheet.
 */
#include <xxhash.h>
#include <zlib.h>

#include "base/clock.h"
#include "kit/kit_private.h"

enum {
	PAINT_NS = 8000000, /* before what came meanwhile is looked at */
	PIXELS = FRAME_TILE_PIXELS,
	TILE_BYTES = PIXELS * PIXELS * 4,
	LEVEL = 1,
	SHEET_COLUMNS = 1024, /* of blocks */
};

/* What a place's entry is; the addresses are all that counts. */
static char asked, shown;

/* ---- places ------------------------------------------------------------- */

static uint64_t
place_key(uint32_t part, uint32_t block)
{
	return (uint64_t)(part + 1) << 32 | block;
}

/* Where the pages of a text are. */
void
tiles_read_layout(struct view *view)
{
	struct kit *kit = view->kit;
	struct slice left, one;
	char text[128];

	if (!kit->layout_stale)
		return;
	kit->layout_stale = false;
	kit->n_pages = 0;
	if (kit->kind != ENGINE_TEXT)
		return;
	view_enter(view);
	buf_clear(&kit->text);
	engine_pages(kit->doc, &kit->text);
	left = buf_slice(&kit->text);
	while (left.n > 0 && kit->n_pages < KIT_PAGES_MAX) {
		int64_t n[4];

		(void)slice_cut(&left, ';', &one);
		if (one.n >= sizeof(text))
			continue;
		memcpy(text, one.p, one.n);
		text[one.n] = '\0';
		if (event_numbers(text, n, 4) == 4)
			kit->pages[kit->n_pages++] =
			    (struct rectangle){n[0], n[1], n[2], n[3]};
	}
}

/* The page that begins last above y; 0 above all. */
static uint32_t
page_at(const struct kit *kit, int64_t y)
{
	size_t low = 0, high = kit->n_pages;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (kit->pages[middle].y <= y)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low;
}

uint32_t
tiles_block(struct kit *kit, int64_t x, int64_t y)
{
	x = MAX(x, 0);
	y = MAX(y, 0);
	if (kit->kind == ENGINE_TEXT)
		return page_at(kit, y);
	if (kit->kind == ENGINE_SHEET)
		return (uint32_t)(y / KIT_BLOCK_TWIPS) * SHEET_COLUMNS +
		       (uint32_t)MIN(x / KIT_BLOCK_TWIPS, SHEET_COLUMNS - 1);
	return 0;
}

/* Whether core knows of that place; where it doesn't, it is told. */
static bool
is_shown(struct view *view, uint32_t part, uint32_t block)
{
	struct kit *kit = view->kit;
	uint64_t key = place_key(part, block);
	void *entry = map_get(&view->places, key);

	if (entry != NULL)
		return entry == &shown;
	if (kit->core == NULL || map_put(&view->places, key, &asked) < 0)
		return false;
	body_put_view_sees(&kit->out, &(struct body_view_sees){part, block});
	kit_to_core(kit, MSG_VIEW_SEES, view->id);
	return false;
}

/* All places that a rectangle touches; all are told, be one missing or not. */
static bool
are_shown(struct view *view, uint32_t part, const struct rectangle *r)
{
	struct kit *kit = view->kit;
	uint32_t first = tiles_block(kit, r->x, r->y);
	uint32_t last =
	    tiles_block(kit, r->x + r->width - 1, r->y + r->height - 1);
	bool all = true;

	if (kit->kind == ENGINE_SHEET) {
		uint32_t columns = last % SHEET_COLUMNS - first % SHEET_COLUMNS;

		for (uint32_t row = first / SHEET_COLUMNS;
		     row <= last / SHEET_COLUMNS; row++)
			for (uint32_t i = 0; i <= columns; i++)
				all = is_shown(view, part,
					  row * SHEET_COLUMNS +
					      first % SHEET_COLUMNS + i) &&
				      all;
		return all;
	}
	for (uint32_t block = first; block <= last; block++)
		all = is_shown(view, part, block) && all;
	return all;
}

bool
tiles_are_shown(struct view *view, uint32_t part, const struct rectangle *r)
{
	tiles_read_layout(view);
	return are_shown(view, part, r);
}

void
tiles_show(struct view *view, uint32_t part, uint32_t block)
{
	uint64_t key = place_key(part, block);

	/* Only what was asked for. */
	if (map_get(&view->places, key) == NULL ||
	    map_put(&view->places, key, &shown) < 0)
		return;
	view->held = false;
}

/* ---- what is looked at -------------------------------------------------- */

static void
mark(struct viewport *port, struct tile *tile)
{
	if (!tile->dirty)
		port->n_dirty++;
	tile->dirty = true;
}

static struct tile *
tile_at(const struct viewport *port, uint32_t column, uint32_t row)
{
	if (column < port->column || column - port->column >= port->columns ||
	    row < port->row || row - port->row >= port->rows)
		return NULL;
	return &port->tiles[(size_t)(row - port->row) * port->columns +
			    (column - port->column)];
}

/* What the client has already of the same part and scale stays known. */
static int
change_port(struct view *view, struct viewport *to)
{
	struct viewport *old = &view->port;

	to->tiles =
	    mem_calloc((size_t)to->columns * to->rows, sizeof(*to->tiles));
	if (to->tiles == NULL)
		return E_NOMEM;
	for (uint32_t row = 0; row < to->rows; row++)
		for (uint32_t column = 0; column < to->columns; column++) {
			struct tile *tile =
			    &to->tiles[(size_t)row * to->columns + column];
			const struct tile *had =
			    old->scale == to->scale && old->part == to->part
				? tile_at(
				      old, to->column + column, to->row + row)
				: NULL;

			if (had != NULL)
				*tile = *had;
			else
				tile->dirty = true;
			to->n_dirty += tile->dirty;
		}
	to->window = old->scale == 0 ? FRAME_WINDOW : old->window;
	mem_free(old->tiles);
	*old = *to;
	return 0;
}

int
tiles_look(struct view *view, const struct frame_viewport *in)
{
	struct kit *kit = view->kit;
	int64_t scale = in->scale, x = MAX(in->x, 0), y = MAX(in->y, 0);
	struct viewport port = {.part = in->part, .scale = in->scale};
	int64_t right = x + in->width, bottom = y + in->height;

	if (scale < 64 || in->width <= 0 || in->height <= 0 ||
	    (kit->kind == ENGINE_TEXT ? in->part != 0
				      : in->part >= (uint32_t)kit->parts))
		return E_RANGE;
	port.column = (uint32_t)(x / scale);
	port.row = (uint32_t)(y / scale);
	port.columns = (uint32_t)((right + scale - 1) / scale) - port.column;
	port.rows = (uint32_t)((bottom + scale - 1) / scale) - port.row;
	if ((uint64_t)port.columns * port.rows > KIT_TILES_MAX ||
	    port.column + port.columns > FRAME_TILES_MAX ||
	    port.row + port.rows > FRAME_TILES_MAX)
		return E_LIMIT;
	view_enter(view);
	if (kit->kind != ENGINE_TEXT && engine_part(kit->doc) != (int)in->part)
		engine_set_part(kit->doc, (int)in->part);
	view->part = (int32_t)in->part;
	engine_set_zoom(kit->doc, PIXELS, (int)in->scale);
	engine_set_area(kit->doc, (int)x, (int)y, in->width, in->height);
	view->held = false;
	return change_port(view, &port);
}

void
tiles_free(struct view *view)
{
	mem_free(view->port.tiles);
	view->port = (struct viewport){.tiles = NULL};
}

static int32_t
clamp(int64_t value)
{
	return (int32_t)MIN(MAX(value, (int64_t)INT32_MIN), (int64_t)INT32_MAX);
}

void
tiles_stale(struct view *view, uint32_t part, const struct rectangle *r)
{
	struct viewport *port = &view->port;
	const struct rectangle all = {0, 0, INT32_MAX, INT32_MAX};
	int64_t scale = port->scale, first, last;

	if (r == NULL)
		r = &all;
	frame_put_stale(&view->kit->frame, &(struct frame_stale){.part = part,
					       .x = clamp(r->x),
					       .y = clamp(r->y),
					       .width = clamp(r->width),
					       .height = clamp(r->height)});
	view_send(view);
	if (scale == 0 || part != port->part)
		return;
	first = MAX(r->y, 0) / scale;
	last = MAX(r->y + r->height, 0) / scale;
	for (uint32_t row = 0; row < port->rows; row++) {
		if (port->row + row < first || port->row + row > last)
			continue;
		for (uint32_t column = 0; column < port->columns; column++) {
			int64_t x = (int64_t)(port->column + column) * scale;

			if (x <= r->x + r->width && x + scale >= r->x)
				mark(port,
				    &port->tiles[(size_t)row * port->columns +
						 column]);
		}
	}
	view->held = false;
}

/* ---- painting ----------------------------------------------------------- */

static bool
deflate_pixels(struct kit *kit, size_t n)
{
	uLongf length = compressBound(n);
	uint8_t *to;

	buf_clear(&kit->text);
	to = buf_room(&kit->text, length);
	if (to == NULL || compress2(to, &length, kit->pixels, n, LEVEL) != Z_OK)
		return false;
	buf_added(&kit->text, length);
	return true;
}

/* Paints one, and sends it unless it is what the client has. */
static void
paint(struct view *view, struct tile *tile, uint32_t column, uint32_t row)
{
	struct kit *kit = view->kit;
	struct viewport *port = &view->port;
	int scale = (int)port->scale;
	uint64_t hash;

	kit->in_paint = true;
	engine_paint(kit->doc, kit->pixels, PIXELS, PIXELS, (int)column * scale,
	    (int)row * scale, scale, scale);
	kit->in_paint = false;
	tile->dirty = false;
	port->n_dirty--;
	hash = XXH3_64bits(kit->pixels, TILE_BYTES) | 1;
	if (hash == tile->hash || !deflate_pixels(kit, TILE_BYTES))
		return;
	tile->hash = hash;
	port->window--;
	frame_put_tile(&kit->frame, &(struct frame_tile){.part = port->part,
					.column = column,
					.row = row,
					.scale = port->scale,
					.pixels = buf_slice(&kit->text)});
	view_send(view);
}

/* How far from the cursor, or from the upper end: what changes is near it. */
static uint64_t
distance(const struct view *view, uint32_t column, uint32_t row)
{
	int64_t scale = view->port.scale;
	int64_t dx = (int64_t)column - view->cursor_x / scale;
	int64_t dy = (int64_t)row - view->cursor_y / scale;

	return view->cursor_known ? (uint64_t)(dx * dx + dy * dy)
	                          : (uint64_t)row * FRAME_TILES_MAX + column;
}

/* The nearest one that is to be painted and may be seen. */
static struct tile *
nearest(struct view *view, uint32_t *ret_column, uint32_t *ret_row)
{
	struct viewport *port = &view->port;
	int64_t scale = port->scale;
	struct tile *best = NULL;
	uint64_t least = 0;

	for (uint32_t row = port->row; row < port->row + port->rows; row++)
		for (uint32_t column = port->column;
		     column < port->column + port->columns; column++) {
			struct tile *tile = tile_at(port, column, row);
			uint64_t d = distance(view, column, row);
			struct rectangle r = {
			    column * scale, row * scale, scale, scale};

			if (tile == NULL || !tile->dirty ||
			    (best != NULL && d >= least) ||
			    !are_shown(view, port->part, &r))
				continue;
			best = tile;
			least = d;
			*ret_column = column;
			*ret_row = row;
		}
	return best;
}

/* Whether there is something to paint for it now. */
static bool
wants(const struct view *view)
{
	return view_has_client(view) && view->port.n_dirty > 0 &&
	       view->port.window > 0 && !view->held &&
	       rights_hold(view->rights, RIGHT_SEE);
}

static void
paint_one(struct view *view)
{
	struct kit *kit = view->kit;
	struct tile *tile;
	uint32_t column, row;

	tiles_read_layout(view);
	tile = nearest(view, &column, &row);
	if (tile == NULL) {
		/* Until core answers, or something changes. */
		view->held = true;
		return;
	}
	view_enter(view);
	if (kit->kind != ENGINE_TEXT &&
	    engine_part(kit->doc) != (int)view->port.part)
		engine_set_part(kit->doc, (int)view->port.part);
	paint(view, tile, column, row);
}

bool
tiles_paint(struct kit *kit)
{
	uint64_t until = clock_boot_ns() + PAINT_NS;

	for (size_t i = 0; i < kit->n_views; i++) {
		view_greet(kit->views[i]);
		if (kit->views[i]->status_due) {
			kit->views[i]->status_due = false;
			view_send_status(kit->views[i]);
		}
	}
	/* A tile for each view in turn. */
	for (size_t idle = 0; idle < kit->n_views;) {
		struct view *view = kit->views[kit->next_view++ % kit->n_views];

		if (!wants(view)) {
			idle++;
			continue;
		}
		idle = 0;
		paint_one(view);
		if (clock_boot_ns() >= until)
			return true;
	}
	return false;
}

int
tiles_preview(struct view *view, const struct frame_preview *in)
{
	struct kit *kit = view->kit;
	long width = 0, height = 0;
	struct rectangle all;
	uint32_t part = in->part;

	if (in->width == 0 || in->height == 0 ||
	    part >= (uint32_t)MAX(kit->parts, 1) || kit->kind == ENGINE_TEXT)
		return E_RANGE;
	tiles_read_layout(view);
	view_enter(view);
	engine_size(kit->doc, &width, &height);
	if (kit->kind == ENGINE_SHEET) {
		width = MIN(width, (long)KIT_BLOCK_TWIPS);
		height = MIN(height, (long)KIT_BLOCK_TWIPS);
	}
	all = (struct rectangle){0, 0, MAX(width, 1), MAX(height, 1)};
	/* It is asked for again once core knows: the client is told so. */
	if (!are_shown(view, part, &all))
		return E_BUSY;
	kit->in_paint = true;
	engine_paint_part(kit->doc, (int)part, kit->pixels, (int)in->width,
	    (int)in->height, 0, 0, (int)all.width, (int)all.height);
	kit->in_paint = false;
	if (!deflate_pixels(kit, (size_t)in->width * in->height * 4))
		return E_NOMEM;
	frame_put_picture(&kit->frame, &(struct frame_picture){.part = part,
					   .width = in->width,
					   .height = in->height,
					   .pixels = buf_slice(&kit->text)});
	view_send(view);
	return 0;
}
