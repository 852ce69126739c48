/* Figures of core, for status and Prometheus. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include "op/shape.h"

struct core;

enum { METRICS_MAX = 200 };

/* Fills in the figures: how many. Names are constants. */
size_t metrics_read(struct core *core, struct metric *ret_list, size_t max);

/* The tree size that the last checkpoint signs. */
uint64_t metrics_checkpoint(struct core *core);

#endif
