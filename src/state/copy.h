/* Copies of files and of log folders, for backup and restore. */
#ifndef STATE_COPY_H
#define STATE_COPY_H

#include "base/file.h"

/*
 * Copies a file: through a link where `link` says so and both are on one disk.
 * What is there already with the right size stays: *ret_copied says whether it
 * was copied now. E_EXISTS where one of another size is there. Nothing is
 * synced (copy_sync).
 */
int copy_file(int from, int to, const char *name, bool link, bool *ret_copied);

/* The same of every file of a folder, not of those below. */
int copy_files(int from, int to);

/* Makes a folder and opens it. */
int copy_folder(int dir, const char *name, int *ret_fd);

/*
 * Copies a log folder that may be written meanwhile: full bundles and tiles,
 * keys and catalogues; then a checkpoint with its partials, last its note. What
 * is there of an earlier copy stays. *ret_size is what the checkpoint signs; 0:
 * there is none.
 */
int copy_log(int from, int to, uint64_t *ret_size);

/* The size that a log folder's checkpoint signs; 0 where there is none. */
int copy_log_size(int dir, uint64_t *ret_size);

/* All that was written below dir stands on the disk. */
int copy_sync(int dir);

/* All below a folder, and itself, belongs to that user (as root only). */
int copy_give(int dir, const char *name, unsigned uid);

#endif
