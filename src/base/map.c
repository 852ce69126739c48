#include "base/map.h"

#include <pthread.h>
#include <sodium.h>

#include "base/mem.h"

enum { FIRST_SLOTS = 16 };

static uint64_t mix_secret;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_secret(void)
{
	randombytes_buf(&mix_secret, sizeof(mix_secret));
}

/* The finaliser of SplitMix64, over key and secret. */
static size_t
slot_of(const struct map *map, uint64_t key)
{
	uint64_t x = key ^ mix_secret;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (size_t)(x ^ (x >> 31)) & (map->cap - 1);
}

/* Where key stands, or the free slot where it would. */
static struct map_slot *
find(const struct map *map, uint64_t key)
{
	size_t i = slot_of(map, key);

	while (map->slots[i].key != 0 && map->slots[i].key != key)
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

void *
map_get(const struct map *map, uint64_t key)
{
	return map->n != 0 ? find(map, key)->value : NULL;
}

static int
grow(struct map *map)
{
	struct map old = *map;

	(void)pthread_once(&once, make_secret);
	map->cap = MAX(old.cap * 2, FIRST_SLOTS);
	map->slots = mem_calloc(map->cap, sizeof(*map->slots));
	if (map->slots == NULL) {
		*map = old;
		return E_NOMEM;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key != 0)
			*find(map, old.slots[i].key) = old.slots[i];
	mem_free(old.slots);
	return 0;
}

int
map_put(struct map *map, uint64_t key, void *value)
{
	struct map_slot *slot;
	int r;

	BUG_ON(key == 0 || value == NULL);
	if (map->n >= map->cap / 4 * 3 && (r = grow(map)) < 0)
		return r;
	slot = find(map, key);
	if (slot->key == 0)
		map->n++;
	*slot = (struct map_slot){key, value};
	return 0;
}

void *
map_take(struct map *map, uint64_t key)
{
	struct map_slot *slot;
	size_t hole, i;
	void *value;

	if (map->n == 0)
		return NULL;
	slot = find(map, key);
	if (slot->key == 0)
		return NULL;
	value = slot->value;
	map->n--;

	/* Close the gap, so that no probe ends early at it. */
	hole = i = (size_t)(slot - map->slots);
	for (;;) {
		size_t home;

		i = (i + 1) & (map->cap - 1);
		if (map->slots[i].key == 0)
			break;
		home = slot_of(map, map->slots[i].key);
		if (((i - home) & (map->cap - 1)) <
		    ((i - hole) & (map->cap - 1)))
			continue;
		map->slots[hole] = map->slots[i];
		hole = i;
	}
	map->slots[hole] = (struct map_slot){0, NULL};
	return value;
}

void
map_clear(struct map *map)
{
	if (map->slots != NULL)
		memset(map->slots, 0, map->cap * sizeof(*map->slots));
	map->n = 0;
}

void
map_free(struct map *map)
{
	mem_free(map->slots);
	*map = (struct map){0};
}

bool
map_next(const struct map *map, size_t *i, const struct map_slot **slot)
{
	while (*i < map->cap) {
		const struct map_slot *at = &map->slots[(*i)++];

		if (at->key != 0) {
			*slot = at;
			return true;
		}
	}
	return false;
}
