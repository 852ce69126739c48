/*
 * Time. All code takes it from here, so that tests can set it.
 *
 * Wall time is milliseconds since 1970 (UTC) and may step; boot time is
 * nanoseconds since the machine started, counts sleep, and never steps.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

int64_t clock_wall_ms(void);
uint64_t clock_boot_ns(void);

/*
 * So long from now, for a pthread_cond_timedwait on CLOCK_MONOTONIC. The
 * machine's own time, always: who is woken by it asks clock_boot_ns again.
 */
struct timespec clock_after(uint64_t ns);

static inline uint64_t
clock_boot_ms(void)
{
	return clock_boot_ns() / 1000000;
}

/*
 * For tests: both clocks come from these from now on; NULL gives the machine's
 * back. Not while another thread reads the time.
 */
void clock_inject(int64_t (*wall_ms)(void), uint64_t (*boot_ns)(void));

#endif
