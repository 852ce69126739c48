/*
 * A table from 64-bit keys to pointers: open addressing, linear probing, keys
 * mixed with a secret of the process (so that who chooses keys can't choose
 * collisions). Key 0 is not a key. Zero-initialised it is empty and ready.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/base.h"

struct map_slot {
	uint64_t key;
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t n;
	size_t cap; /* 0 or a power of two */
};

/* The value, or NULL. */
void *map_get(const struct map *map, uint64_t key);

/* Sets key's value (not NULL). E_NOMEM, with the map unchanged. */
int map_put(struct map *map, uint64_t key, void *value) MUST_USE;

/* Takes key out: its value, or NULL. */
void *map_take(struct map *map, uint64_t key);

/* Empty again; memory is kept. The values are the caller's. */
void map_clear(struct map *map);

void map_free(struct map *map);

/* for (size_t i = 0; map_next(&map, &i, &slot);) in no order; don't change it.
 */
bool map_next(const struct map *map, size_t *i, const struct map_slot **slot);

#endif
