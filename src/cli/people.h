/*
 * Principals on the command line: by id, by the name that a person signs in by,
 * or by a name that only one has. Who administers a unit, and no more, is shown
 * those of that unit and of those in it.
 */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include "cli/cli.h"
#include "op/id.h"

/* CLI_OK with the id, or it was said why not. */
int
people_find(struct cli *cli, const char *operand, char ret_id[static API_ID]);

/* The same of one kind ("person", "group"), unless it is NULL. */
int people_find_kind(struct cli *cli, const char *operand, const char *kind,
    char ret_id[static API_ID]);

/*
 * Calls `each` for every principal, or every group, by what `op` lists; it
 * returns CLI_OK to go on. Of a unit only, by id, unless that is NULL.
 */
int people_list(struct cli *cli, const char *op, const char *unit,
    int (*each)(void *arg, const json_t *principal), void *arg);

/* Whether one is of that kind; guests are people. */
bool people_is(const json_t *principal, const char *kind);

/* Does an operation on the principal that an operand names. */
int people_call(
    struct cli *cli, const char *op, const char *operand, const char *kind);

/* Lets a person enrol, by that operation, and prints the link. */
int
people_enrol(struct cli *cli, const char *op, const char *id, const char *who);

#endif
