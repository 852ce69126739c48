/*
 * For LD_PRELOAD: each fsync and fdatasync takes SLOW_SYNC_US microseconds
 * more. A model of a disk that really flushes: power-protected NVMe about 100,
 * cloud volumes 1000. Adds no processor time.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct timespec delay;
static int (*real_fsync)(int), (*real_fdatasync)(int);

/* dlsym gives an object pointer; POSIX has it be a function's. */
static void
find(const char *name, int (**ret)(int))
{
	*(void **)ret = dlsym(RTLD_NEXT, name);
	if (*ret == NULL)
		abort();
}

/* At start: later there is a sandbox. */
__attribute__((constructor)) static void
begin(void)
{
	const char *text = getenv("SLOW_SYNC_US");
	long us = text != NULL ? strtol(text, NULL, 10) : 0;

	delay = (struct timespec){us / 1000000, us % 1000000 * 1000};
	find("fsync", &real_fsync);
	find("fdatasync", &real_fdatasync);
}

static int
then_wait(int r)
{
	int error = errno;

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
	errno = error;
	return r;
}

int
fsync(int fd)
{
	return then_wait(real_fsync(fd));
}

int
fdatasync(int fd)
{
	return then_wait(real_fdatasync(fd));
}
