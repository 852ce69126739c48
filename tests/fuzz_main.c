/*
 * The main of a fuzz target where libFuzzer is not linked. Each file of the
 * folders and files named is run as it is, cut short at every length, and with
 * every bit turned over; long ones at so many places, evenly spread. So every
 * build replays the committed corpora and what is close to them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

enum { INPUT_MAX = 1 << 20, CUTS_MAX = 512, FLIPS_MAX = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as large as the input, so that ASan sees a read past it. */
static uint8_t *
copy_of(struct slice in)
{
	uint8_t *copy = malloc(in.n > 0 ? in.n : 1);

	if (copy == NULL)
		abort();
	if (in.n > 0)
		memcpy(copy, in.p, in.n);
	return copy;
}

static void
run(struct slice in)
{
	uint8_t *copy = copy_of(in);

	(void)LLVMFuzzerTestOneInput(copy, in.n);
	free(copy);
}

static size_t
run_cuts(struct slice in)
{
	size_t step = in.n / CUTS_MAX + 1, n = 0;

	for (size_t length = 0; length < in.n; length += step, n++)
		run(slice_first(in, length));
	return n;
}

static size_t
run_flips(struct slice in)
{
	/* Odd, so that no bit of the bytes is left out. */
	size_t bits = 8 * in.n, step = (bits / FLIPS_MAX) | 1, n = 0;
	uint8_t *copy = copy_of(in);

	for (size_t bit = 0; bit < bits; bit += step, n++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);

		copy[bit / 8] ^= mask;
		run(slice_of(copy, in.n));
		copy[bit / 8] ^= mask;
	}
	free(copy);
	return n;
}

static size_t
run_file(int dir, const char *name)
{
	struct buf buf = BUF(INPUT_MAX);
	size_t n = 0;

	if (file_read(dir, name, &buf) == 0) {
		run(buf_slice(&buf));
		n = 1 + run_cuts(buf_slice(&buf)) + run_flips(buf_slice(&buf));
	}
	buf_free(&buf);
	return n;
}

static size_t
run_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL)
		return run_file(AT_FDCWD, path);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			n += run_file(dirfd(dir), entry->d_name);
	(void)closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		n += run_path(argv[i]);
	(void)printf("%zu inputs\n", n);
	return n > 0 ? 0 : 1;
}
