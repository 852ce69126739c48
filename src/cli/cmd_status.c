/* chancery status: how the server is. */
#include <inttypes.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "op/shape_json.h"

struct options {
	bool json;
};

static void
put(const char *label, const char *text)
{
	(void)printf("%-11s %s\n", label, text);
}

static void
put_state(const struct cli *cli, const char *label, bool bad, const char *good,
    const char *words)
{
	(void)printf("%-11s %s%s%s\n", label,
	    term_colour(&cli->out, bad ? TERM_RED : TERM_GREEN),
	    bad ? words : good, term_colour(&cli->out, TERM_PLAIN));
}

static void
put_running(const json_t *status)
{
	char since[32], text[96];
	int64_t ms = 0;

	(void)time_from_text(slice_str(api_text(status, "started")), &ms);
	(void)snprintf(text, sizeof(text), "since %s (%s)",
	    api_time(status, "started", since),
	    format_span((uint64_t)MAX(clock_wall_ms() - ms, 0)).text);
	put("running", text);
}

static void
put_records(const json_t *status)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
	    "up to number %" PRIu64 "; the last checkpoint signs %s",
	    api_u64(status, "sequence"),
	    format_count(api_u64(status, "checkpoint")).text);
	put("records", text);
}

/* What a metric counts apart: the values of its labels, as "file.create
 * allowed". */
static void
put_labels(struct buf *buf, const char *name)
{
	bool inside = false, first = true;

	for (const char *c = strchr(name, '{'); c != NULL && *c != '\0'; c++) {
		if (*c != '"') {
			if (inside)
				buf_put_u8(buf, (uint8_t)*c);
			continue;
		}
		inside = !inside;
		if (inside && !first)
			buf_put_u8(buf, ' ');
		first = false;
	}
}

static bool
is_labelled(const json_t *metric)
{
	return strchr(api_text(metric, "name"), '{') != NULL;
}

static void
put_metric(const json_t *metric)
{
	struct buf words = BUF(512);

	if (is_labelled(metric))
		put_labels(&words, api_text(metric, "name"));
	else
		buf_put_str(&words, api_text(metric, "help"));
	(void)printf("%16s  %.*s\n",
	    format_count(api_u64(metric, "value")).text,
	    SLICE_ARG(buf_slice(&words)));
	buf_free(&words);
}

/* Those with labels stand below what they count; those of none are left out. */
static void
put_metrics(const json_t *list)
{
	const char *help = "";
	const json_t *metric;
	size_t i;

	(void)printf("\n");
	json_array_foreach(list, i, metric)
	{
		if (!is_labelled(metric))
			put_metric(metric);
	}
	json_array_foreach(list, i, metric)
	{
		if (!is_labelled(metric) || api_u64(metric, "value") == 0)
			continue;
		if (strcmp(help, api_text(metric, "help")) != 0) {
			help = api_text(metric, "help");
			(void)printf("\n%s\n", help);
		}
		put_metric(metric);
	}
}

static int
run(struct cli *cli, int n UNUSED, char **operands UNUSED)
{
	const struct options *options = cli->options;
	json_t *status = NULL;
	int r = api_call(cli, "status.read", json_object(), NULL, &status);

	if (r != CLI_OK)
		return r;
	(void)json_object_del(status, "ok");
	if (options->json) {
		(void)json_dumpf(status, stdout, JSON_COMPACT);
		(void)printf("\n");
	} else {
		put("server", cli->server.url);
		put("version", api_text(status, "version"));
		put("log", api_text(status, "origin"));
		put_records(status);
		put_running(status);
		put_state(cli, "storage", api_bool(status, "full"), "has room",
		    "NEARLY FULL: only ends, purges and security operations "
		    "are served");
		put_state(cli, "clock", api_bool(status, "clock_suspect"),
		    "good", "SUSPECT: nothing is deleted until it is set");
		if (api_has(status, "acknowledged"))
			put("to confirm", api_text(status, "acknowledged"));
		put_metrics(json_object_get(status, "metrics"));
	}
	json_decref(status);
	return CLI_OK;
}

static const struct arg args[] = {
    {"json", 0, ARG_FLAG, NULL, "all of it as one JSON object",
	offsetof(struct options, json)},
};

const struct command command_status = {
    .name = "status",
    .operands = "",
    .summary = "show how the server is",
    .text = "Its version and log, whether its storage and its clock are in "
	    "order, and\n"
	    "its figures (as /metrics has them for Prometheus).\n",
    .args = args,
    .n_args = ARRAY_SIZE(args),
    .size = sizeof(struct options),
    .run = run,
};
