#include "base/clock.h"

#include <stddef.h>

enum { SECOND_NS = 1000000000 };

static int64_t (*injected_wall)(void);
static uint64_t (*injected_boot)(void);

void
clock_inject(int64_t (*wall_ms)(void), uint64_t (*boot_ns)(void))
{
	injected_wall = wall_ms;
	injected_boot = boot_ns;
}

int64_t
clock_wall_ms(void)
{
	struct timespec now;

	if (injected_wall != NULL)
		return injected_wall();
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t
clock_boot_ns(void)
{
	struct timespec now;

	if (injected_boot != NULL)
		return injected_boot();
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

struct timespec
clock_after(uint64_t ns)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	ns += (uint64_t)at.tv_nsec;
	at.tv_sec += (time_t)(ns / SECOND_NS);
	at.tv_nsec = (long)(ns % SECOND_NS);
	return at;
}
