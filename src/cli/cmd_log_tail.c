/*
 * chancery log tail: follows the log. Each record comes once and in order; a
 * number that is missing or comes twice is said, for it must never happen.
 */
#include <inttypes.h>

#include "cli/again.h"
#include "cli/commands.h"
#include "cli/event.h"
#include "cli/sse.h"

enum {
	LINE_MAX_BYTES = 9 << 20,
	EVENT_MAX_BYTES = 64 << 20,
	IDLE_MS = 45000, /* the server sends a sign of life every 15 s */
	SHOWN_STANDARD = 10,
	QUERY_BYTES = 64,
};

struct options {
	struct arg_number from, last;
	bool json;
};

struct tail {
	struct cli *cli;
	struct sse sse;
	struct again again;
	uint64_t next; /* the number that must come; 0: any */
	bool has_from;
	bool json;
	bool broken; /* the order was */
	bool said_back;
};

/* ---- order ------------------------------------------------------------------
 */

static bool
begins_epoch(const json_t *event)
{
	return strcmp(
		   api_text(json_object_get(event, "metadata"), "event_code"),
		   "log.begin") == 0;
}

static void
check_order(struct tail *tail, const json_t *event, uint64_t sequence)
{
	uint64_t next = tail->next;

	tail->next = sequence + 1;
	if (next == 0 || sequence == next)
		return;
	if (sequence > next && begins_epoch(event)) {
		cli_note(tail->cli,
		    "a new epoch of the log begins with record %" PRIu64,
		    sequence);
		return;
	}
	tail->broken = true;
	if (sequence > next)
		(void)cli_fail(tail->cli, CLI_FAILED,
		    "A GAP: records %" PRIu64 " to %" PRIu64 " did not come",
		    next, sequence - 1);
	else
		(void)cli_fail(tail->cli, CLI_FAILED,
		    "A REPEAT: record %" PRIu64 " came again", sequence);
}

/* ---- what comes
 * --------------------------------------------------------------
 */

/* One line of an event: an object of the record. */
static int
take_line(struct tail *tail, struct slice line, bool first)
{
	json_t *event = json_loadb((const char *)line.p, line.n, 0, NULL);
	uint64_t sequence = event_sequence(event);

	if (sequence == 0) {
		json_decref(event);
		return E_SYNTAX;
	}
	if (first)
		check_order(tail, event, sequence);
	if (tail->json)
		(void)printf("%.*s\n", SLICE_ARG(line));
	else
		event_print(&tail->cli->out, event);
	json_decref(event);
	return 0;
}

static int
take_event(struct tail *tail, const struct sse_event *event)
{
	struct slice rest = event->data, line;
	bool first = true;
	int r = 0;

	if (!tail->said_back && tail->again.reached)
		cli_note(tail->cli, "the stream goes on");
	tail->said_back = true;
	again_reached(&tail->again);
	while (rest.n > 0 && r == 0) {
		(void)slice_cut(&rest, '\n', &line);
		r = take_line(tail, line, first);
		first = false;
	}
	return r;
}

static int
on_bytes(void *arg, struct http_transfer *transfer UNUSED, struct slice bytes)
{
	struct tail *tail = arg;
	enum parse_result result;
	struct sse_event event;
	int r = 0;

	while (r == 0 &&
	       (result = sse_next(&tail->sse, &bytes, &event)) != PARSE_MORE)
		r = result == PARSE_DONE ? take_event(tail, &event) : E_SYNTAX;
	/* Whoever read it went away: that is the end. */
	if (r == 0 && fflush(stdout) != 0)
		r = E_IO;
	return r;
}

/* ---- following --------------------------------------------------------------
 */

static void
follow_once(struct tail *tail, struct http_answer *ret_answer)
{
	char query[QUERY_BYTES], last[QUERY_BYTES];
	struct http_call call = {.method = "GET",
	    .path = "/log/events",
	    .data = on_bytes,
	    .idle_ms = IDLE_MS,
	    .arg = tail};

	sse_reset(&tail->sse);
	if (tail->sse.id.n > 0) {
		(void)snprintf(last, sizeof(last), "Last-Event-ID: %.*s",
		    SLICE_ARG(buf_slice(&tail->sse.id)));
		call.header[call.n_headers++] = last;
	} else if (tail->has_from) {
		(void)snprintf(query, sizeof(query),
		    "/log/events?from=%" PRIu64, tail->next);
		call.path = query;
	}
	http_do(tail->cli->http, &call, ret_answer);
}

static int
follow(struct tail *tail)
{
	struct http_answer answer;
	int status;

	for (;;) {
		follow_once(tail, &answer);
		if (answer.error == E_SYNTAX || answer.error == E_LIMIT)
			return cli_fail(tail->cli, CLI_FAILED,
			    "what came is no stream of records");
		if (answer.error == E_IO)
			return tail->broken ? CLI_FAILED : CLI_OK;
		tail->said_back = false;
		status =
		    again_wait(&tail->again, tail->cli, &answer, "the stream");
		if (status != CLI_OK)
			return status;
	}
}

/* Where the last n records begin. */
static int
find_start(struct tail *tail, uint64_t n)
{
	json_t *page = NULL;
	int status = api_call(tail->cli, "log.search",
	    json_pack("{s:b,s:i}", "reverse", 1, "limit", 1), NULL, &page);
	uint64_t size = api_u64(page, "size");

	if (status == CLI_OK) {
		tail->has_from = true;
		tail->next = size >= n ? size - n + 1 : 1;
	}
	json_decref(page);
	return status;
}

static int
run(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct options *options = cli->options;
	struct tail tail = {.cli = cli,
	    .json = options->json || !cli->out.is_terminal,
	    .said_back = true};
	uint64_t last = options->last.given ? options->last.n : SHOWN_STANDARD;
	int status = cli_connect(cli);

	if (status != CLI_OK)
		return status;
	if (options->from.given) {
		tail.has_from = true;
		tail.next = MAX(options->from.n, 1);
	} else if (last > 0) {
		status = find_start(&tail, last);
	}
	sse_init(&tail.sse, LINE_MAX_BYTES, EVENT_MAX_BYTES);
	if (status == CLI_OK)
		status = follow(&tail);
	sse_free(&tail.sse);
	return status;
}

static const struct arg args[] = {
    {"from", 0, ARG_NUMBER, "N", "begin with record N",
	offsetof(struct options, from)},
    {"last", 'n', ARG_NUMBER, "N", "begin with the last N records (default 10)",
	offsetof(struct options, last)},
    {"json", 0, ARG_FLAG, NULL,
	"OCSF events, one JSON object a line; so it is when piped",
	offsetof(struct options, json)},
};

const struct command command_log_tail = {
    .name = "log tail",
    .operands = "",
    .summary = "follow the log as it grows",
    .text =
	"Shows each record within a second, until it is interrupted: the time\n"
	"(UTC), the record's number, and what happened. It comes back by "
	"itself\n"
	"when the connection is lost, and goes on behind the record that it "
	"saw\n"
	"last. Numbers follow each other without a gap; if one were missing "
	"or\n"
	"came twice, it would be said.\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .run = run,
};
