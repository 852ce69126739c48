/*
 * Units on the command line: by id, or by a name that only one has. Who
 * administers a unit, and no more, is shown that one and those in it.
 */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include "cli/cli.h"

/* Calls `each` for every unit; it returns CLI_OK to go on. */
int units_list(
    struct cli *cli, int (*each)(void *arg, const json_t *unit), void *arg);

/*
 * The same for the units that the caller administers; where there are none, it
 * says that what they asked for was refused.
 */
int units_list_own(struct cli *cli, const struct api_refusal *refusal,
    int (*each)(void *arg, const json_t *unit), void *arg);

/* CLI_OK with the id, or it was said why not. */
int
units_find(struct cli *cli, const char *operand, char ret_id[static API_ID]);

/*
 * Sets a unit as a member of arguments: that which an operand names. Nothing
 * where that is NULL.
 */
int units_set(
    struct cli *cli, const char *operand, json_t *args, const char *member);

/* The names of all units by their ids, to be freed; without those unknown. */
int units_names(struct cli *cli, json_t **ret_names);

/* One of them; its id where the name isn't known. */
const char *units_name(const json_t *names, const char *id);

/* Makes something of that name, in a unit unless that is NULL; prints its id.
 */
int
units_add(struct cli *cli, const char *op, const char *name, const char *unit);

#endif
