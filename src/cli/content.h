/* The bytes of files, fetched and checked. */
#ifndef CLI_CONTENT_H
#define CLI_CONTENT_H

#include "cli/cli.h"

/*
 * Writes the bytes of a file or a version, by its id, to a descriptor, and
 * checks them against the digest that was stored with them. `account`: the
 * caller's own id. CLI_OK, or it was said what is wrong with `what`.
 */
int content_fetch(struct cli *cli, const char *account, const char *id,
    const char *what, int fd);

#endif
