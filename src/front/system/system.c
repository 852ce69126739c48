/* /ready and /metrics. */
#include "front/calls.h"
#include "front/conn.h"
#include "front/route.h"

enum { TEXT_MAX = 1 << 20 };

void
ready_serve(struct request *request)
{
	bool ready = request->front->core_ready && !request->front->draining;

	sum_add(&request->front->sums, SUM_PUBLIC, SLICE_NONE);
	respond(request, ready ? 200 : 503, SLICE("text/plain"),
	    ready ? SLICE("ready\n") : SLICE("not ready\n"));
}

/* A family of series, told once before the first of them. */
static void
put_family(struct buf *text, struct slice name, struct slice help, bool gauge)
{
	buf_printf(text, "# HELP %.*s %.*s\n# TYPE %.*s %s\n", SLICE_ARG(name),
	    SLICE_ARG(help), SLICE_ARG(name), gauge ? "gauge" : "counter");
}

static void
put_metric(struct buf *text, const char *name, const char *help, bool gauge,
    uint64_t value)
{
	put_family(text, slice_str(name), slice_str(help), gauge);
	buf_printf(text, "%s %llu\n", name, (unsigned long long)value);
}

/* Those that a front looks after. */
static void
put_limits(struct buf *text, const struct front *front)
{
	for (enum config_key key = 0; key < CONFIG_MAX; key++)
		if (config_is_limit(key) && key != CONFIG_max_upload_bytes &&
		    key != CONFIG_max_session_calls &&
		    key != CONFIG_max_session_streams &&
		    key != CONFIG_max_sessions && key != CONFIG_max_tokens &&
		    key != CONFIG_max_grants && key != CONFIG_max_waiting &&
		    key != CONFIG_quota_bytes &&
		    key != CONFIG_guest_quota_bytes)
			buf_printf(text,
			    "chancery_limit_met_total{limit=\"%s\","
			    "process=\"front %zu\"} %llu\n",
			    config_name(key), front->setup.index,
			    (unsigned long long)limit_count(key));
}

/* This front's own: each scrape reaches one of several. */
static void
put_front(struct buf *text, const struct front *front)
{
	put_metric(text, "chancery_front_connections", "Open connections", true,
	    front->n_conns);
	put_metric(text, "chancery_front_calls",
	    "Calls that core has not answered", true, front->calls.n);
	put_metric(text, "chancery_front_streams", "Streams carried", true,
	    front->streams.n);
	buf_put_str(text,
	    "# HELP chancery_front_events_total What never became an "
	    "operation\n# TYPE chancery_front_events_total counter\n");
	for (unsigned i = 1; i < SUM_MAX; i++)
		if (sum_word(i)[0] != '\0')
			buf_printf(text,
			    "chancery_front_events_total{event=\"%s\"} "
			    "%llu\n",
			    sum_word(i),
			    (unsigned long long)front->sums.total[i]);
}

/* Core's. The limits come last: a front's own join that family. */
static void
put_core(struct buf *text, const struct status *status)
{
	struct slice family = SLICE_NONE;

	for (size_t i = 0; i < status->metrics.n; i++) {
		const struct metric *m = &status->metrics.v[i];
		struct slice name =
		    slice_first(m->name, slice_index(m->name, '{'));

		if (!slice_eq(name, family))
			put_family(text, name, m->help, m->gauge);
		family = name;
		buf_printf(text, "%.*s %llu\n", SLICE_ARG(m->name),
		    (unsigned long long)m->value);
	}
}

static void
on_status(struct request *request, int code, const struct call_answer *answers,
    size_t n, void *arg UNUSED)
{
	struct buf text = BUF(TEXT_MAX);
	struct status *status = NULL;

	(void)n;
	if (request->gone)
		return;
	code = call_code(code, answers);
	if (code == 0)
		status = call_result(request, &shape_status, answers);
	if (status == NULL) {
		respond_error(request, code < 0 ? code : E_NOMEM);
		return;
	}
	put_core(&text, status);
	put_limits(&text, request->front);
	put_front(&text, request->front);
	respond(
	    request, 200, SLICE("text/plain; version=0.0.4"), buf_slice(&text));
	buf_free(&text);
}

void
metrics_serve(struct request *request)
{
	struct nothing nothing = {.has_unused = false};

	call_one(request, OP_STATUS_READ, &nothing, on_status, NULL);
}
