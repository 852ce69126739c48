/*
 * CBOR in diagnostic notation (RFC 8949, section 8), and a leaf as such, with
 * the names of its fields as comments.
 */
#ifndef CLI_DIAG_H
#define CLI_DIAG_H

#include "base/buf.h"

/* Appends a leaf, over several lines. E_CORRUPT where it is no CBOR. */
int diag_put_leaf(struct buf *buf, struct slice leaf);

/*
 * The name of an argument's field or a fact, in a leaf of that operation; NULL
 * for one of a newer release.
 */
const char *diag_field_name(uint64_t op, uint64_t key);

#endif
