#include "cli/event.h"

#include <inttypes.h>

#include "cli/api.h"
#include "cli/format.h"
#include "ledger/ocsf.h"

uint64_t
event_sequence(const json_t *event)
{
	return api_u64(json_object_get(event, "metadata"), "sequence");
}

/* metadata.uid is "<sequence>.<object>". */
static bool
is_first(const json_t *event)
{
	const char *uid = api_text(json_object_get(event, "metadata"), "uid");
	const char *dot = strchr(uid, '.');

	return dot == NULL || strcmp(dot, ".0") == 0;
}

/* What is no success stands out; what was looked at only steps back. */
static enum term_colour
colour_of(const json_t *event)
{
	enum { SUCCESS = 1, MEDIUM = 3 };
	uint64_t severity = api_u64(event, "severity_id");

	if (severity > MEDIUM)
		return TERM_RED;
	if (api_u64(event, "status_id") != SUCCESS || severity == MEDIUM)
		return severity >= MEDIUM ? TERM_RED : TERM_YELLOW;
	return TERM_PLAIN;
}

void
event_print(const struct term *term, const json_t *event)
{
	enum term_colour colour = colour_of(event);
	struct buf line = BUF(65536);
	json_int_t ms = json_integer_value(json_object_get(event, "time"));

	format_put_text(&line, slice_str(api_text(event, "message")));
	(void)fprintf(term->file, "%s%s%s  ", term_colour(term, TERM_FAINT),
	    format_time(ms).text, term_colour(term, TERM_PLAIN));
	if (is_first(event))
		(void)fprintf(
		    term->file, "%8" PRIu64 "  ", event_sequence(event));
	else
		(void)fprintf(term->file, "%8s  ", "");
	(void)fprintf(term->file, "%s%.*s%s\n",
	    colour != TERM_PLAIN ? term_colour(term, colour) : "",
	    SLICE_ARG(buf_slice(&line)),
	    colour != TERM_PLAIN ? term_colour(term, TERM_PLAIN) : "");
	buf_free(&line);
}

/* ---- from bundles -----------------------------------------------------------
 */

static int
render(const struct bundle *bundle, struct slice bytes, size_t i,
    struct buf *buf, json_t **ret_event)
{
	int r;

	buf_clear(buf);
	if ((r = ocsf_render(bundle, bytes, i, buf)) < 0)
		return r;
	if (ret_event == NULL)
		return 0;
	*ret_event = json_loadb((const char *)buf->p, buf->n, 0, NULL);
	return *ret_event != NULL ? 0 : E_NOMEM;
}

int
event_print_bundle(
    const struct term *term, struct slice bundle_bytes, bool json)
{
	struct buf buf = BUF(OCSF_EVENT_MAX);
	struct arena arena = {NULL};
	struct bundle bundle;
	int r = bundle_decode(bundle_bytes, &arena, &bundle);
	size_t n = r == 0 ? ocsf_count(&bundle.record.leaf) : 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		json_t *event = NULL;

		r = render(
		    &bundle, bundle_bytes, i, &buf, json ? NULL : &event);
		if (r < 0)
			break;
		if (json)
			(void)fprintf(
			    term->file, "%.*s\n", SLICE_ARG(buf_slice(&buf)));
		else
			event_print(term, event);
		json_decref(event);
	}
	buf_free(&buf);
	arena_free(&arena);
	return r;
}

int
event_put_message(struct slice bundle_bytes, struct buf *buf)
{
	struct buf text = BUF(OCSF_EVENT_MAX);
	struct arena arena = {NULL};
	struct bundle bundle;
	json_t *event = NULL;
	int r = bundle_decode(bundle_bytes, &arena, &bundle);

	if (r == 0)
		r = render(&bundle, bundle_bytes, 0, &text, &event);
	if (r == 0)
		format_put_text(buf, slice_str(api_text(event, "message")));
	json_decref(event);
	buf_free(&text);
	arena_free(&arena);
	return r;
}
