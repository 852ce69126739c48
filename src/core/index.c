#include "core/index.h"

#include "core/core.h"

static uint64_t
first_of(struct place *place, const struct log_search *query)
{
	if (query->has_from)
		return query->reverse ? MIN(query->from, place->at)
		                      : MAX(query->from, place->core->base);
	return query->reverse ? place->at : place->core->base;
}

int
index_scan(struct place *place, struct search *search UNUSED,
    const struct log_search *query, int (*found)(void *arg, uint64_t sequence),
    void *arg, size_t most, uint64_t *ret_next)
{
	uint64_t at = first_of(place, query);

	for (size_t n = 0; at >= place->core->base && at <= place->at; n++) {
		int r;

		if (n == most) {
			*ret_next = at;
			return 0;
		}
		if ((r = found(arg, at)) <= 0)
			return r;
		at = query->reverse ? at - 1 : at + 1;
	}
	return 0;
}

int
index_children(struct place *place UNUSED, uint64_t parent UNUSED,
    int (*found)(void *arg, uint64_t parent, uint64_t child, const char *how)
	UNUSED,
    void *arg UNUSED)
{
	return 0;
}
