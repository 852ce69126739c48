/* status.read: how the server is. */
#include "core/core.h"
#include "core/metrics.h"
#include "core/run.h"

int
status_read_read(struct run *run)
{
	struct status *result = RUN_RESULT(run, status);
	struct core *core = run->place->core;
	size_t n = 0;
	struct metric *list =
	    arena_alloc(run->arena, METRICS_MAX * sizeof(*list));

	if (list == NULL)
		return E_NOMEM;
	SHAPE_SET(result, version, slice_str(core->version));
	SHAPE_SET(result, origin, slice_str(core->origin));
	SHAPE_SET(result, sequence, run->place->at);
	SHAPE_SET(result, checkpoint, metrics_checkpoint(core));
	SHAPE_SET(result, started, core->started);
	SHAPE_SET(result, full, atomic_load(&core->full) != CORE_FULL_NOT);
	SHAPE_SET(result, clock_suspect, core_time_is_suspect(&core->time));
	n = metrics_read(core, run->arena, list, METRICS_MAX);
	result->has_metrics = true;
	result->metrics.v = list;
	result->metrics.n = n;
	return 0;
}
