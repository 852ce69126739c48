/* Single values that the database keeps, by name. */
#ifndef STORE_META_H
#define STORE_META_H

#include "base/buf.h"
#include "store/db.h"

/* Appends the value. E_NOT_FOUND where there is none. */
int meta_get(struct db *db, const char *key, struct buf *ret_value);
int meta_put(struct db *db, const char *key, struct slice value);

int meta_get_u64(struct db *db, const char *key, uint64_t *ret_value);
int meta_put_u64(struct db *db, const char *key, uint64_t value);

#endif
