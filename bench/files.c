/*
 * bench-files FOLDER COUNT MIN MAX: fills a folder with COUNT files of MIN to
 * MAX bytes, sizes spread evenly over their logarithm, 100 files a folder. No
 * two are the same; every run makes the same ones.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "bench.h"

enum { FOLDER_FILES = 100, BLOCK = 64 << 10 };

/* xorshift64* (Vigna): a different run for each file. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717U;
}

NO_RETURN static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
write_file(const char *path, uint64_t *state, size_t size)
{
	static uint64_t block[BLOCK / sizeof(uint64_t)];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		die(path);
	while (size > 0) {
		size_t n = size < BLOCK ? size : BLOCK;

		for (size_t i = 0; i < n / 8 + 1 && i < BLOCK / 8; i++)
			block[i] = next_random(state);
		if (write(fd, block, n) != (ssize_t)n)
			die(path);
		size -= n;
	}
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	uint64_t state = 88172645463325252U;
	size_t count;
	double min, max;
	char path[4096];

	if (argc != 5) {
		(void)fputs(
		    "usage: bench-files FOLDER COUNT MIN MAX\n", stderr);
		return 2;
	}
	count = bench_number(argv[2]);
	min = (double)bench_number(argv[3]);
	max = (double)bench_number(argv[4]);
	if (mkdir(argv[1], 0755) < 0)
		die(argv[1]);
	for (size_t i = 0; i < count; i++) {
		double share = (double)(next_random(&state) >> 11) / 0x1p53;

		if (i % FOLDER_FILES == 0) {
			(void)snprintf(path, sizeof(path), "%s/%04zu", argv[1],
			    i / FOLDER_FILES);
			if (mkdir(path, 0755) < 0)
				die(path);
		}
		(void)snprintf(path, sizeof(path), "%s/%04zu/file-%06zu.dat",
		    argv[1], i / FOLDER_FILES, i);
		write_file(path, &state, (size_t)(min * pow(max / min, share)));
	}
	return 0;
}
