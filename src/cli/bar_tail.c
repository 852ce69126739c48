/* The log as it comes, while the probes do their work. */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/bar.h"
#include "cli/event.h"

enum {
	LINE_MAX_BYTES = 9 << 20,
	EVENT_MAX_BYTES = 64 << 20,
	SEEN_MAX = 65536,
};

static const json_t *
at(const json_t *event, const char *a, const char *b)
{
	return json_object_get(json_object_get(event, a), b);
}

/* What of a record is needed later: who did what, and whether that was us. */
static int
keep(struct bar *bar, const json_t *event)
{
	struct bar_tail *tail = &bar->tail;
	const char *operation =
	    api_text(json_object_get(event, "metadata"), "event_code");
	const char *agent =
	    api_text(json_object_get(event, "http_request"), "user_agent");
	bool own = strcmp(agent, bar->agent) == 0;
	struct bar_seen *seen;

	if ((!own && strcmp(operation, "alert.raise") != 0) ||
	    tail->n == SEEN_MAX)
		return 0;
	if (tail->n == tail->cap) {
		size_t cap = MAX(tail->cap * 2, (size_t)256);
		struct bar_seen *more =
		    mem_realloc(tail->seen, cap * sizeof(*more));

		if (more == NULL)
			return E_NOMEM;
		tail->seen = more;
		tail->cap = cap;
	}
	seen = &tail->seen[tail->n++];
	*seen = (struct bar_seen){.sequence = event_sequence(event),
	    .cites = api_u64(json_object_get(event, "unmapped"), "cites"),
	    .time = json_integer_value(json_object_get(event, "time")),
	    .came = clock_wall_ms(),
	    .came_ms = clock_boot_ms(),
	    .own = own};
	(void)snprintf(
	    seen->operation, sizeof(seen->operation), "%s", operation);
	(void)snprintf(seen->actor, sizeof(seen->actor), "%s",
	    api_text(at(event, "actor", "user"), "uid"));
	return 0;
}

static void
check_order(struct bar_tail *tail, uint64_t sequence)
{
	if (tail->first == 0)
		tail->first = sequence;
	else if (sequence > tail->next && tail->gap == 0)
		tail->gap = tail->next;
	else if (sequence < tail->next)
		tail->repeated = true;
	tail->next = MAX(tail->next, sequence + 1);
}

static int
take_event(struct bar *bar, const struct sse_event *sse)
{
	struct slice rest = sse->data, line;
	json_t *event;
	int r;

	/* Of a record's events, one for each object, the first tells enough. */
	(void)slice_cut(&rest, '\n', &line);
	event = json_loadb((const char *)line.p, line.n, 0, NULL);
	r = event_sequence(event) != 0 ? 0 : E_SYNTAX;
	if (r == 0) {
		check_order(&bar->tail, event_sequence(event));
		r = keep(bar, event);
	}
	json_decref(event);
	return r;
}

static int
on_bytes(void *arg, struct http_transfer *transfer UNUSED, struct slice bytes)
{
	struct bar *bar = arg;
	enum parse_result result;
	struct sse_event event;
	int r = 0;

	while (r == 0 && (result = sse_next(&bar->tail.sse, &bytes, &event)) !=
			     PARSE_MORE)
		r = result == PARSE_DONE ? take_event(bar, &event) : E_SYNTAX;
	return r;
}

static void
on_done(void *arg, const struct http_answer *answer)
{
	struct bar *bar = arg;

	bar->tail.over = true;
	bar->tail.status = answer->status;
}

/* ---- asked for ------------------------------------------------------------
 */

static bool
has_begun(struct bar *bar, void *arg UNUSED)
{
	return bar->tail.first != 0 || bar->tail.over;
}

/* Its own record is the first that it brings, or one just before. */
bool
bar_tail_open(struct bar *bar)
{
	struct http_call call = {.method = "GET",
	    .path = "/log/events",
	    .data = on_bytes,
	    .done = on_done,
	    .arg = bar};

	sse_init(&bar->tail.sse, LINE_MAX_BYTES, EVENT_MAX_BYTES);
	if (http_start(bar->cli->http, &call) < 0)
		return false;
	bar->tail.started = true;
	return bar_until(bar, has_begun, NULL, BAR_PATIENCE_MS) &&
	       !bar->tail.over;
}

void
bar_tail_close(struct bar *bar)
{
	if (bar->tail.started && !bar->tail.over)
		http_drop(bar->cli->http, bar);
	sse_free(&bar->tail.sse);
	mem_free(bar->tail.seen);
	bar->tail.seen = NULL;
}

static bool
has_come(struct bar *bar, void *arg)
{
	const uint64_t *sequence = arg;

	return bar->tail.next > *sequence || bar->tail.over;
}

bool
bar_catch_up(struct bar *bar)
{
	struct api_refusal refusal;
	json_t *status = NULL;
	uint64_t sequence;
	bool came;

	if (api_try(bar->cli, "status.read", json_object(), &status,
		&refusal) != CLI_OK)
		return false;
	sequence = api_u64(status, "sequence");
	json_decref(status);
	came = bar_until(bar, has_come, &sequence, BAR_PATIENCE_MS);
	return came && !bar->tail.over;
}

const struct bar_seen *
bar_find(const struct bar *bar, uint64_t from, const char *operation,
    const char *actor)
{
	for (size_t i = 0; i < bar->tail.n; i++) {
		const struct bar_seen *seen = &bar->tail.seen[i];

		if (seen->sequence >= from &&
		    strcmp(seen->operation, operation) == 0 &&
		    (actor == NULL || strcmp(seen->actor, actor) == 0))
			return seen;
	}
	return NULL;
}
