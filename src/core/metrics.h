/* Figures of core, for status and Prometheus. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include "op/shape.h"

struct core;

enum { METRICS_MAX = 400 };

/* Fills in the figures: how many. What is no constant stands in the arena. */
size_t metrics_read(struct core *core, struct arena *arena,
    struct metric *ret_list, size_t max);

/* The tree size that the last checkpoint signs. */
uint64_t metrics_checkpoint(struct core *core);

#endif
