/* The last run of the bar, as it was reported. */
#ifndef CORE_APPS_SYSTEM_BAR_H
#define CORE_APPS_SYSTEM_BAR_H

#include "core/run.h"

/*
 * Ids in it are references; its lines are those that were reported. has_time is
 * false where nothing was. It stands in the call's arena.
 */
int bar_last(struct run *run, struct bar_shown *ret_shown);

/* All controls that there are were reported, and held. */
bool bar_is_green(const struct bar_shown *shown);

/* Nothing is kept of it any more. */
int bar_forget(struct run *run);

#endif
