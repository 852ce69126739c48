/*
 * The project's own offline verifier over a log folder, with its speed.
 *
 *	check_log FOLDER VKEY-FILE [OLDER-CHECKPOINT-FILE]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "ledger/verify.h"

/* The one line of a vkey file. */
static int
read_key(const char *file, struct note_key *ret_key)
{
	struct buf text = BUF(NOTE_VKEY_MAX);
	int r = file_read(AT_FDCWD, file, &text);

	if (r == 0)
		r = note_key_parse(slice_first(buf_slice(&text),
				       slice_index(buf_slice(&text), '\n')),
		    ret_key);
	buf_free(&text);
	return r;
}

static int
check(int dir, const struct verify_options *options)
{
	uint64_t began = clock_boot_ns(), ns;
	struct folder_problem problem;
	struct verify_result result;
	int r = verify_folder(dir, options, &result, &problem);

	if (r < 0) {
		(void)printf("%s: %s", problem.path, problem.text);
		if (problem.has_index)
			(void)printf(" (entry %" PRIu64 ")", problem.index);
		(void)printf("\n");
		return r;
	}
	ns = clock_boot_ns() - began;
	(void)printf("%" PRIu64 " entries verified, %.0f a second\n",
	    result.size, (double)result.size * 1e9 / (double)MAX(ns, 1));
	return 0;
}

int
main(int argc, char **argv)
{
	struct verify_options options = {.n_keys = 1};
	struct buf since = BUF(NOTE_MAX);
	AUTO_CLOSE int dir = -1;
	struct note_key key;
	int r;

	if (argc != 3 && argc != 4) {
		(void)fprintf(
		    stderr, "usage: check_log FOLDER VKEY-FILE [OLDER]\n");
		return 2;
	}
	if ((r = file_open(
		 AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0, &dir)) < 0 ||
	    (r = read_key(argv[2], &key)) < 0 ||
	    (argc == 4 && (r = file_read(AT_FDCWD, argv[3], &since)) < 0)) {
		(void)fprintf(stderr, "check_log: %s\n", error_text(r));
		return 2;
	}
	options.keys = &key;
	options.since = buf_slice(&since);
	r = check(dir, &options);
	buf_free(&since);
	return r < 0;
}
