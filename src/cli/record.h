/*
 * A record's fields for people, as they stand in the leaf.
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <stdio.h>

#include "ledger/bundle.h"

/* Fetches a record's bundle. CLI_OK, or it was said why not. */
struct cli;
int record_fetch(struct cli *cli, uint64_t sequence, struct buf *ret_bundle);

/* E_CORRUPT, E_NOMEM, E_LIMIT. */
int record_print(FILE *file, struct slice bundle_bytes);

#endif
