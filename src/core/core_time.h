/*
 * Core time: what records say. It follows the boot clock, is slewed towards the
 * wall clock, and never goes back.
 *
 * The wall clock is not believed blindly. Where it differs from core time by
 * over ten minutes, or lies before the last record when the server starts, the
 * clock is *suspect*: core goes on by the boot clock, and whatever deletes by
 * age deletes nothing, until the wall clock is right again.
 *
 * Usable from every thread.
 */
#ifndef CORE_CORE_TIME_H
#define CORE_CORE_TIME_H

#include <pthread.h>

#include "base/base.h"

enum {
	CORE_TIME_STEP_MS = 600000, /* a difference that makes it suspect */
	BOOT_ID_BYTES = 16,
};

struct core_time {
	pthread_mutex_t lock;
	int64_t ms;       /* core time ... */
	uint64_t boot_ns; /* ... at this boot time */
	bool suspect;
	int64_t behind; /* what the wall clock may lag: somebody said so */
};

/* What the database keeps of the last record's time. */
struct core_time_mark {
	int64_t ms; /* 0: there is no record yet */
	uint64_t boot_ns;
	uint8_t boot_id[BOOT_ID_BYTES];
};

/* Starts from the last record; boot_id names the machine's present boot. */
void core_time_start(struct core_time *time, const struct core_time_mark *last,
    const uint8_t boot_id[BOOT_ID_BYTES]);

/* Now, in ms since 1970. */
int64_t core_time_now(struct core_time *time);

/* Now with its boot time, for a mark. */
void core_time_mark(struct core_time *time, struct core_time_mark *ret_mark);

/*
 * Compares with the wall clock; to be called about once a second. 1 where
 * suspicion began or ended just now, else 0.
 */
int core_time_watch(struct core_time *time);

bool core_time_is_suspect(struct core_time *time);

/*
 * Somebody entitled says that the wall clock is right: not suspect from here
 * on. Core time steps forward to it; it never steps back, so where it is ahead
 * it goes slower until the wall clock has caught up. How far that lags is
 * returned. After a restart core_time_resume takes that, and when it was
 * accepted (core time), so that what was said once holds.
 */
int64_t core_time_accept(struct core_time *time);
void core_time_resume(struct core_time *time, int64_t behind, int64_t accepted);

#endif
