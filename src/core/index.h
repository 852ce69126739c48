/*
 * The derived index of the log, in a database of its own: which records name a
 * principal, an object, an operation, an outcome, an address, a session, and
 * which records cite which; and which words the names of folders and
 * files have, by space. The scribe builds it behind the commits, in sorted
 * chunks (a touch of it in each commit costs more than the commit: measured).
 * It can be made again from the log alone; what it does not cover yet is read
 * from the log itself, so no answer waits for it.
 */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include "core/place.h"
#include "core/search.h"

#define INDEX_DATABASE "index.db"

struct index_builder;

/* ---- building (the scribe)
 * ---------------------------------------------------- */

/*
 * Opens the index for building; one of another version is made anew. `log` is
 * the builder's connection to the log's database. E_NOMEM, E_IO.
 */
int index_builder_new(
    struct core *core, struct db *log, struct index_builder **ret_builder);
void index_builder_free(struct index_builder **builder);

/*
 * Takes in the next records, at most a chunk: how many, or an error. `last` is
 * the newest record; with `idle` a few are worth a chunk of their own too.
 */
int index_build(struct index_builder *builder, uint64_t last, bool idle);

/* ---- asking
 * --------------------------------------------------------------------- */

/*
 * Gives the numbers of records that may fit a query to `found`, in the query's
 * direction, until that gives 0 or an error, or `most` were given: then
 * *ret_next is where to go on. Every record that fits is among them.
 */
int index_scan(struct place *place, struct search *search,
    int (*found)(void *arg, uint64_t sequence), void *arg, size_t most,
    uint64_t *ret_next);

/*
 * The records that changed something and cite this one: gives (parent, child,
 * how) to `found`, in order, until it gives 0 or an error.
 */
int index_children(struct place *place, uint64_t parent,
    int (*found)(void *arg, uint64_t parent, uint64_t child, const char *how),
    void *arg);

/* The same of the records that the index covers alone. */
int index_children_covered(struct place *place, uint64_t parent,
    int (*found)(void *arg, uint64_t parent, uint64_t child, const char *how),
    void *arg);

/*
 * When a right that the record of that number gave was used last: the time of
 * the last operation that it allowed; 0: never, as far as the index goes.
 */
int index_used(struct place *place, uint64_t leaf, int64_t *ret_time);

/* The first record that the index does not cover; 1 where there is none. */
int index_covered(struct place *place, uint64_t *ret_next);

/*
 * Folders and files of a space by a word of their names that begins so
 * (core/words.h), behind a word and a node: gives them to `found`, in order,
 * until it gives 0 or an error. Their names may have changed since.
 */
int index_names(struct place *place, uint64_t space, struct slice prefix,
    struct slice after, uint64_t after_node,
    int (*found)(void *arg, struct slice word, uint64_t node), void *arg);

#endif
