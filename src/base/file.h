/*
 * Files: whole reads, whole writes, and replacement that a power cut can't
 * tear. All descriptors are close-on-exec from birth.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"

/* Closes *fd if it is one and sets it to -1. */
void fd_close(int *fd);

#define AUTO_CLOSE __attribute__((cleanup(fd_close)))

/* Opens name below the folder dir. E_NOT_FOUND, E_EXISTS, E_FULL, E_IO. */
int file_open(int dir, const char *name, int flags, mode_t mode, int *ret_fd);

/* Makes a folder unless it is there. */
int file_mkdir(int dir, const char *name, mode_t mode);

/* All bytes, retried over short writes and signals. */
int file_write(int fd, struct slice s);
int file_pwrite(int fd, struct slice s, uint64_t offset);

/* Exactly n bytes; E_SHORT where the file ends before. */
int file_pread(int fd, void *p, size_t n, uint64_t offset);

/* Appends the whole file to ret_buf; E_LIMIT unless it ends before the maximum.
 */
int file_read(int dir, const char *name, struct buf *ret_buf);

/*
 * Puts content in place of name: a temporary file, synced, renamed over it, the
 * folder synced. After a power cut either the old or the new content stands.
 */
int file_replace(int dir, const char *name, mode_t mode, struct slice content);

/* The same without syncs, for what can be made again: never torn, maybe old. */
int file_replace_unsynced(
    int dir, const char *name, mode_t mode, struct slice content);

/* Makes names in the folder durable. */
int file_sync_dir(int dir);

int file_sync(int fd);

int file_size(int fd, uint64_t *ret_size);

#endif
