#include "front/asked.h"

#include "base/encode.h"

enum { NUMBER_MAX = 64, CURSOR_MAX = 2048, TYPES_MAX = 4096, PAGE_MAX = 500 };

int
asked_number(struct slice query, const char *name, uint64_t max, uint64_t *ret)
{
	struct buf value = BUF(NUMBER_MAX);
	bool found = false;
	int r = http_query_get(query, slice_str(name), &value, &found);

	if (r == 0 && found)
		r = slice_u64(buf_slice(&value), max, ret);
	buf_free(&value);
	return r < 0 ? r : found;
}

int
asked_id(
    struct slice query, const char *name, enum kind kind, struct id *ret_id)
{
	struct buf text = BUF(NUMBER_MAX);
	struct id id = {.n = 0};
	bool found = false;
	int r = http_query_get(query, slice_str(name), &text, &found);

	if (r == 0)
		r = id_parse(buf_slice(&text), &id);
	buf_free(&text);
	if (r < 0 || id.kind != kind)
		return E_INVALID;
	*ret_id = id;
	return 0;
}

int
asked_last_event(const struct http_head *head, uint64_t *ret)
{
	struct slice last = http_field(head, SLICE("last-event-id"));
	int r = last.n > 0 ? slice_u64(last, INT64_MAX, ret) : 0;

	return r < 0 ? r : last.n > 0;
}

static int
page_after(
    struct slice query, struct arena *arena, struct folder_list *ret_list)
{
	struct buf text = BUF(CURSOR_MAX), bytes = BUF(CURSOR_MAX);
	struct slice cursor;
	bool found = false;
	int r = http_query_get(query, SLICE("after"), &text, &found);

	if (r == 0 && found)
		r = base64_decode(buf_slice(&text), &bytes);
	if (r == 0 && found) {
		cursor = arena_copy(arena, buf_slice(&bytes));
		if (cursor.p == NULL)
			r = E_NOMEM;
		else
			SHAPE_SET(ret_list, after, cursor);
	}
	buf_free(&text);
	buf_free(&bytes);
	return r;
}

int
asked_page(
    struct slice query, struct arena *arena, struct folder_list *ret_list)
{
	int r = asked_number(query, "limit", PAGE_MAX, &ret_list->limit);

	if (r < 0)
		return r;
	ret_list->has_limit = r > 0;
	return page_after(query, arena, ret_list);
}

/* One strong tag, as this server gave it. */
static int
match_version(struct slice match, struct id *ret_version)
{
	struct id version;

	if (match.n < 2 || match.p[0] != '"' || match.p[match.n - 1] != '"' ||
	    id_parse(slice_of(match.p + 1, match.n - 2), &version) < 0 ||
	    version.kind != KIND_VERSION)
		return E_CONFLICT;
	*ret_version = version;
	return 0;
}

int
asked_conditions(const struct http_head *head, struct file_create *ret_create)
{
	struct slice match = http_field(head, SLICE("if-match"));
	struct slice none = http_field(head, SLICE("if-none-match"));
	struct slice modified = http_field(head, SLICE("chancery-modified"));
	struct id version;
	uint64_t ms;

	/* A condition that isn't understood must not be passed over. */
	if (http_field_count(head, SLICE("if-match")) > 1 ||
	    http_field_count(head, SLICE("if-none-match")) > 1 ||
	    (none.p != NULL && !slice_eq(none, SLICE("*"))))
		return E_CONFLICT;
	SHAPE_SET(ret_create, replace, none.p == NULL);
	if (slice_eq(match, SLICE("*"))) {
		SHAPE_SET(ret_create, if_exists, true);
	} else if (match.p != NULL) {
		if (match_version(match, &version) < 0)
			return E_CONFLICT;
		SHAPE_SET(ret_create, if_version, version);
	}
	if (modified.p != NULL) {
		if (slice_u64(modified, INT64_MAX, &ms) < 0)
			return E_INVALID;
		SHAPE_SET(ret_create, modified, (int64_t)ms);
	}
	return 0;
}

bool
asked_type(struct slice query, struct slice type)
{
	struct buf text = BUF(TYPES_MAX);
	struct slice rest, one;
	bool found = false, more = true, wanted;
	int r = http_query_get(query, SLICE("types"), &text, &found);

	wanted = r == 0 && !found;
	rest = r == 0 ? buf_slice(&text) : SLICE_NONE;
	while (!wanted && more) {
		more = slice_cut(&rest, ',', &one);
		wanted = slice_eq(one, type) || slice_eq(one, SLICE("*"));
	}
	buf_free(&text);
	return wanted;
}
