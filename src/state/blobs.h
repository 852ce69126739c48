/* Files of the blob folder, for who checks or copies all of them. */
#ifndef STATE_BLOBS_H
#define STATE_BLOBS_H

#include "base/hash.h"

/*
 * Reads a blob's file whole: its size, its checksums, and its digest. 0;
 * E_NOT_FOUND, E_DAMAGED, E_IO, E_NOMEM.
 */
int blobs_verify(int dir, struct slice place, uint64_t size,
    struct slice digest, struct slice sums);

/* "ab/cdef...", NUL-terminated; false where it is none. */
bool blobs_place(struct slice place, char ret_place[static 64]);

/* Each file of the folder: `found` may end it with an error. */
int blobs_each(int dir, int (*found)(void *arg, const char *place), void *arg);

#endif
