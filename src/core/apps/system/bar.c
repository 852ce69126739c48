/*
 * bar.report, bar.show: how the bar came out when it was tried last. It
 * enforces nothing: chancery bar says what it has seen, and this keeps it for
 * others to look at. What it saw may name people, so it goes when anybody is
 * erased.
 */
#include "core/apps/system/bar.h"

#include "core/apps/access/access.h"
#include "core/core.h"
#include "store/meta.h"

#define KEY "bar"

enum { KEPT_MAX = 1 << 18 };

struct control {
	const char *name, *title, *nist, *scuba, *cis;
};

static const struct control controls[] = {
#define CONTROL(probe, name, title, nist, scuba, cis) \
	{name, title, nist, scuba, cis},
#include "op/control.def"
#undef CONTROL
};

/* Its place in the table, or how many there are. */
static size_t
find_control(struct slice name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(controls) &&
	       !slice_eq(slice_str(controls[i].name), name))
		i++;
	return i;
}

/* ---- keeping it ---------------------------------------------------------- */

int
bar_report_check(struct run *run)
{
	const struct bar_report *args = RUN_ARGS(run, bar_report);
	bool told[ARRAY_SIZE(controls)] = {false};

	for (size_t i = 0; i < args->list.n; i++) {
		const struct bar_outcome *outcome = &args->list.v[i];
		size_t k = find_control(outcome->control);

		if (k == ARRAY_SIZE(controls) || told[k])
			return E_INVALID;
		told[k] = true;
		for (size_t n = 0; n < outcome->records.n; n++)
			if (outcome->records.v[n].first >
			    outcome->records.v[n].last)
				return E_INVALID;
	}
	return args->list.n > 0 ? 0 : E_INVALID;
}

/* A line as it is shown, but for what the table says. */
static struct bar_line
line_of(const struct bar_outcome *outcome)
{
	struct bar_line line = {.has_control = true,
	    .control = outcome->control,
	    .has_title = true,
	    .title = outcome->control,
	    .has_state = true,
	    .state = outcome->state,
	    .has_text = true,
	    .text = outcome->text,
	    .has_records = outcome->has_records};

	line.records.v = outcome->records.v;
	line.records.n = outcome->records.n;
	return line;
}

int
bar_report_apply(struct run *run)
{
	const struct bar_report *args = RUN_ARGS(run, bar_report);
	struct bar_shown kept = {.has_time = true, .time = run->place->now};
	struct buf buf = BUF(KEPT_MAX);
	int64_t green = 0;
	int r;

	SHAPE_SET(&kept, by, ((struct id){run->who.principal, KIND_PRINCIPAL}));
	SHAPE_SET(&kept, sequence, run->sequence);
	kept.has_list = true;
	kept.list.n = args->list.n;
	kept.list.v =
	    arena_alloc(run->arena, args->list.n * sizeof(*kept.list.v));
	if (kept.list.v == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < args->list.n; i++) {
		kept.list.v[i] = line_of(&args->list.v[i]);
		green += args->list.v[i].state == BAR_STATE_GREEN;
	}
	shape_encode(&shape_bar_shown, &kept, NULL, &buf);
	r = buf.error;
	if (r == 0)
		r = meta_put(run->place->db, KEY, buf_slice(&buf));
	buf_free(&buf);
	return r < 0 ? r : run_number(run, FACT_COUNT, green);
}

/* ---- showing it ---------------------------------------------------------- */

int
bar_last(struct run *run, struct bar_shown *ret_shown)
{
	struct buf buf = BUF(KEPT_MAX);
	struct slice kept;
	int r = meta_get(run->place->db, KEY, &buf);

	*ret_shown = (struct bar_shown){.has_time = false};
	kept = run_copy(run, buf_slice(&buf));
	if (r == 0 && kept.p == NULL)
		r = E_NOMEM;
	if (r == 0 && kept.n > 0)
		r = shape_decode(
		    &shape_bar_shown, kept, NULL, run->arena, ret_shown);
	buf_free(&buf);
	return r == E_NOT_FOUND ? 0 : r;
}

int
bar_forget(struct run *run)
{
	return meta_put(run->place->db, KEY, SLICE(""));
}

bool
bar_is_green(const struct bar_shown *shown)
{
	for (size_t i = 0; i < shown->list.n; i++)
		if (shown->list.v[i].state != BAR_STATE_GREEN)
			return false;
	return shown->list.n == ARRAY_SIZE(controls);
}

/* What was reported of a control, or that nothing was. */
static struct bar_line
show_line(const struct control *control, const struct bar_shown *last)
{
	struct bar_line line = {.has_control = false};

	for (size_t i = 0; i < last->list.n; i++)
		if (slice_eq(last->list.v[i].control, slice_str(control->name)))
			line = last->list.v[i];
	SHAPE_SET(&line, control, slice_str(control->name));
	SHAPE_SET(&line, title, slice_str(control->title));
	if (control->nist != NULL)
		SHAPE_SET(&line, nist, slice_str(control->nist));
	if (control->scuba != NULL)
		SHAPE_SET(&line, scuba, slice_str(control->scuba));
	if (control->cis != NULL)
		SHAPE_SET(&line, cis, slice_str(control->cis));
	return line;
}

int
bar_show_read(struct run *run)
{
	struct bar_shown *result = RUN_RESULT(run, bar_shown);
	struct principal_row row;
	struct bar_shown last;
	int r;

	if ((r = bar_last(run, &last)) < 0)
		return r;
	result->has_list = true;
	result->list.n = ARRAY_SIZE(controls);
	result->list.v = arena_alloc(
	    run->arena, ARRAY_SIZE(controls) * sizeof(*result->list.v));
	if (result->list.v == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		result->list.v[i] = show_line(&controls[i], &last);
	if (!last.has_time)
		return 0;
	if ((r = access_principal(run, last.by.n, &row)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	SHAPE_SET(result, time, last.time);
	SHAPE_SET(result, by, last.by);
	SHAPE_SET(result, by_name, row.name);
	SHAPE_SET(result, sequence, last.sequence);
	return 0;
}
