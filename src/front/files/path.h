/*
 * Paths below /files/, as they stand in a request's target.
 */
#ifndef FRONT_FILES_PATH_H
#define FRONT_FILES_PATH_H

#include "base/mem.h"

enum { FILE_PATH_MAX = 4096 }; /* bytes, decoded */

/* Decoded: segments apart by '/', none of them empty. */
struct file_path {
	struct slice all;    /* without slashes at its ends */
	struct slice folder; /* all but the last segment */
	struct slice name;   /* the last segment */
	bool is_folder;      /* it ended in a slash */
};

/*
 * Decodes a path into the arena. Escaped slashes are refused: they would make
 * another path than the one it looks like. E_SYNTAX, E_LIMIT, E_NOMEM.
 */
int file_path_parse(
    struct slice text, struct arena *arena, struct file_path *ret_path);

#endif
