/*
 * The main of a fuzz target where libFuzzer is not linked: runs each file of the
 * folders and files named, once. So every build replays the committed corpora.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
run_file(int dir, const char *name)
{
	struct buf buf = BUF(INPUT_MAX);
	uint8_t *copy;

	if (file_read(dir, name, &buf) < 0) {
		buf_free(&buf);
		return 0;
	}
	/* Exactly as large as the input, so that ASan sees a read past it. */
	copy = malloc(buf.n > 0 ? buf.n : 1);
	if (copy == NULL)
		abort();
	if (buf.n > 0)
		memcpy(copy, buf.p, buf.n);
	(void)LLVMFuzzerTestOneInput(copy, buf.n);
	free(copy);
	buf_free(&buf);
	return 1;
}

static int
run_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

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
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += run_path(argv[i]);
	(void)printf("%d inputs\n", n);
	return n > 0 ? 0 : 1;
}
