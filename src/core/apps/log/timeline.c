/* log.timeline: how many records, by time. */
#include "core/timeline.h"

#include "core/run.h"

enum { SPANS_STANDARD = 100 };

/* The same as log.search asks, for those who hold records against it. */
static int
make_search(const struct log_timeline *args, struct search **ret_search)
{
	struct log_search search = {.has_principal = args->has_principal,
	    .principal = args->principal,
	    .has_object = args->has_object,
	    .object = args->object,
	    .has_operation = args->has_operation,
	    .operation = args->operation,
	    .has_outcome = args->has_outcome,
	    .outcome = args->outcome,
	    .has_address = args->has_address,
	    .address = args->address};

	return search_of(&search, ret_search);
}

/* Whole seconds: as many spans as were asked for, or fewer. */
static int
plan_spans(const struct log_timeline *args, struct timeline_of *of)
{
	int64_t most =
		    args->has_buckets ? (int64_t)args->buckets : SPANS_STANDARD,
		seconds;

	if (most == 0 || args->since < 0 || args->until <= args->since)
		return E_INVALID;
	of->since = tally_second(args->since);
	seconds = tally_second(args->until - 1) + 1 - of->since;
	of->span = (seconds + most - 1) / most;
	of->n = (size_t)((seconds + of->span - 1) / of->span);
	return 0;
}

static int
give_spans(struct run *run, const struct timeline_of *of,
    const struct timeline_told *told)
{
	struct timeline *result = RUN_RESULT(run, timeline);
	struct time_count *list =
	    arena_alloc(run->arena, of->n * sizeof(*list));
	int64_t end = of->since + (int64_t)of->n * of->span;
	size_t n = 0;

	if (list == NULL)
		return E_NOMEM;
	for (int64_t at = of->since; at < told->until; at += of->span) {
		SHAPE_SET(&list[n], time, at * 1000);
		SHAPE_SET(&list[n], count, told->sums[n].count);
		SHAPE_SET(&list[n], denied, told->sums[n].denied);
		SHAPE_SET(&list[n], failed, told->sums[n].failed);
		n++;
	}
	SHAPE_SET(result, since, of->since * 1000);
	SHAPE_SET(result, until, end * 1000);
	SHAPE_SET(result, span, (uint64_t)of->span * 1000);
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	if (told->until < end) {
		SHAPE_SET(result, partial, true);
		SHAPE_SET(result, next, told->until * 1000);
	}
	SHAPE_SET(result, size, told->size);
	return 0;
}

int
log_timeline_read(struct run *run)
{
	const struct log_timeline *args = RUN_ARGS(run, log_timeline);
	struct timeline_of of = {
	    .rows = TIMELINE_ROWS, .leaves = TIMELINE_LEAVES};
	struct timeline_told *told = arena_alloc(run->arena, sizeof(*told));
	int r;

	if (told == NULL)
		return E_NOMEM;
	if ((r = plan_spans(args, &of)) < 0 ||
	    (r = make_search(args, &of.search)) < 0)
		return r;
	r = timeline_count(run->place, &of, told);
	search_free(&of.search);
	return r < 0 ? r : give_spans(run, &of, told);
}
