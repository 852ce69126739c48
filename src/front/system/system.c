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

static void
put_metric(struct buf *text, const char *name, const char *help, bool gauge,
    uint64_t value)
{
	buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name,
	    gauge ? "gauge" : "counter", name);
	buf_put_u64(text, value);
	buf_put_u8(text, '\n');
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
	for (size_t i = 0; i < status->metrics.n; i++) {
		const struct metric *m = &status->metrics.v[i];

		buf_printf(&text, "# HELP %.*s %.*s\n# TYPE %.*s %s\n%.*s ",
		    SLICE_ARG(m->name), SLICE_ARG(m->help), SLICE_ARG(m->name),
		    m->gauge ? "gauge" : "counter", SLICE_ARG(m->name));
		buf_put_u64(&text, m->value);
		buf_put_u8(&text, '\n');
	}
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
