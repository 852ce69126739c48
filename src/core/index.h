/*
 * The derived index of the log, in a database of its own: which records name a
 * principal, an object, an operation, an outcome, an address or a session, and
 * what cites what. The scribe builds it behind the commits in sorted chunks; it
 * can be made again from the log alone, and what it does not cover yet is read
 * from the log itself.
 */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include "core/place.h"
#include "core/search.h"

/*
 * Gives the numbers of records that may fit a query to `found`, in the query's
 * direction, until that gives 0 or an error, or `most` were given: then
 * *ret_next is where to go on. Every record that fits is among them.
 */
int index_scan(struct place *place, struct search *search,
    const struct log_search *query, int (*found)(void *arg, uint64_t sequence),
    void *arg, size_t most, uint64_t *ret_next);

/*
 * The records that cite one: gives (parent, child, how) to `found` until it
 * gives 0.
 */
int index_children(struct place *place, uint64_t parent,
    int (*found)(void *arg, uint64_t parent, uint64_t child, const char *how),
    void *arg);

#endif
