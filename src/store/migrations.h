/*
 * The schema, as the steps that lead to it. A step is a promise once released:
 * it is never edited, only followed by another.
 */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include "store/db.h"

/* How many steps there are: the version of the schema. */
uint64_t migrations_version(void);

/* The version that the database has, 0 where it is empty. */
int migrations_have(struct db *db, uint64_t *ret_version);

/*
 * Does the steps from the version that it has, within the transaction that the
 * caller has begun. E_VERSION, with nothing touched, where the database is
 * newer.
 */
int migrations_run(struct db *db);

#endif
