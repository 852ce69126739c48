/*
 * Loose files: without a name, of bytes that another process is to read, or to
 * write into. They lie in the folder of what is new, and are gone with the last
 * descriptor.
 */
#ifndef BLOBS_LOOSE_H
#define BLOBS_LOOSE_H

#include "blobs/blob_file.h"

/*
 * A new one, which is the caller's, with these bytes, read from its beginning.
 * E_NOT_FOUND, E_DAMAGED where a blob isn't what was stored, E_FULL, E_IO.
 */
int loose_of_bytes(struct slice bytes, int *ret_fd);
int loose_of_blob(
    struct slice place, uint64_t size, struct slice sums, int *ret_fd);

/* So many first bytes of it into a new blob. E_SHORT: there are fewer. */
int loose_copy(int fd, uint64_t size, struct blob_writer *writer);

#endif
