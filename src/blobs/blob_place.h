/*
 * Where a blob's file is, below the folder of blobs: "ab/cdef...". Core and
 * blobs name files so to each other, and neither takes any other name.
 */
#ifndef BLOBS_BLOB_PLACE_H
#define BLOBS_BLOB_PLACE_H

#include "base/slice.h"

enum { BLOB_NAME_BYTES = 32 /* hexadecimal */ };

/* False where it isn't one. */
bool blob_place_ok(struct slice place);

#endif
