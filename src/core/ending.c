#include "core/ending.h"

#include "base/mem.h"

int
endings_init(struct endings *endings, uint64_t at)
{
	*endings = (struct endings){.last = at, .complete = at};
	endings->ring = mem_calloc(ENDINGS_KEPT, sizeof(*endings->ring));
	return endings->ring != NULL ? 0 : E_NOMEM;
}

void
endings_free(struct endings *endings)
{
	map_free(&endings->rows);
	mem_free(endings->ring);
}

/* Numbers travel as the map's pointers; 0 is none. */
static uint64_t
sequence_of(const struct endings *endings, uint64_t ref)
{
	return (uint64_t)(uintptr_t)map_get(&endings->rows, ref);
}

static void
forget_oldest(struct endings *endings)
{
	uint64_t ref = endings->ring[endings->head];
	uint64_t sequence = (uint64_t)(uintptr_t)map_take(&endings->rows, ref);

	endings->complete = MAX(endings->complete, sequence);
	endings->head = (endings->head + 1) % ENDINGS_KEPT;
	endings->n--;
}

int
endings_add(struct endings *endings, uint64_t ref, uint64_t sequence)
{
	int r;

	if (endings->n == ENDINGS_KEPT)
		forget_oldest(endings);
	r = map_put(&endings->rows, ref, (void *)(uintptr_t)sequence);
	if (r < 0)
		return r;
	endings->ring[(endings->head + endings->n) % ENDINGS_KEPT] = ref;
	endings->n++;
	if (endings->batch++ == 0)
		endings->batch_last = endings->last;
	endings->last = sequence;
	return 0;
}

void
endings_commit(struct endings *endings)
{
	endings->batch = 0;
}

void
endings_rollback(struct endings *endings)
{
	if (endings->batch == 0)
		return;
	while (endings->batch > 0 && endings->n > 0) {
		size_t at = (endings->head + endings->n - 1) % ENDINGS_KEPT;

		(void)map_take(&endings->rows, endings->ring[at]);
		endings->n--;
		endings->batch--;
	}
	endings->batch = 0;
	endings->last = endings->batch_last;
}

int
endings_none(
    const struct endings *endings, const uint64_t *refs, size_t n, uint64_t at)
{
	if (endings->last <= at)
		return 1;
	if (at < endings->complete)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (sequence_of(endings, refs[i]) > at)
			return 0;
	return 1;
}
