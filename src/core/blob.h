/*
 * Blobs: the rows of files in the blob folder. A row never names a file that is
 * not there, synced and linked; a file that no row names is taken away later.
 */
#ifndef CORE_BLOB_H
#define CORE_BLOB_H

#include "core/run.h"
#include "core/stream.h"

/*
 * The blob of bytes that were stored. Those that the same principal has already
 * are kept once.
 */
int blob_take(struct run *run, uint64_t space,
    const struct stream_ending *stored, uint64_t *ret_blob);

/* A file that was stored is not needed: it goes once this is durable. */
int blob_drop(struct run *run, const char *place);

/* Ends an upload: no file can have it any more. */
int blob_end_upload(struct run *run, uint64_t upload);

/* An upload's stream has ended: where it came whole, its blob. */
int blob_take_upload(
    struct run *run, uint64_t upload, const struct stream_ending *ending);

#endif
