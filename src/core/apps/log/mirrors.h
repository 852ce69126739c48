/* Who mirrors the log, or did. */
#ifndef CORE_APPS_LOG_MIRRORS_H
#define CORE_APPS_LOG_MIRRORS_H

#include "core/run.h"
#include "core/scribe.h"

enum { MIRRORS_MAX = SCRIBE_MIRRORS };

/*
 * Those that are connected, and behind them those that were, the newest first;
 * each (principal, address) once. What was before the start, as far as the
 * index goes.
 */
int log_mirrors(struct run *run, struct log_mirror ret_list[static MIRRORS_MAX],
    size_t *ret_n);

#endif
