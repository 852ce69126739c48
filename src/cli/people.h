/*
 * Principals on the command line: by id, or by a name that only one has.
 */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include "cli/cli.h"
#include "op/id.h"

/* CLI_OK with the id, or it was said why not. */
int
people_find(struct cli *cli, const char *operand, char ret_id[static API_ID]);

/* Calls `each` for every principal; it returns CLI_OK to go on. */
int people_list(struct cli *cli,
    int (*each)(void *arg, const json_t *principal), void *arg);

#endif
