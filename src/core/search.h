/*
 * Searching the log: which records a query (the shape log_search) finds. The
 * derived index narrows them down; each is then held against the query itself,
 * so that the index may lag or be missing and nothing is lost.
 */
#ifndef CORE_SEARCH_H
#define CORE_SEARCH_H

#include "base/mem.h"
#include "op/shape.h"
#include "store/db.h"

struct search;

/* From an encoded log_search, ids as references. E_INVALID, E_NOMEM. */
int search_new(struct slice query, struct search **ret_search);
/* From one that isn't encoded yet; it copies what it keeps. */
int search_of(const struct log_search *query, struct search **ret_search);
void search_free(struct search **search);

const struct log_search *search_query(const struct search *search);
/* The number of the operation that it asks for; 0: any. */
uint64_t search_op(const struct search *search);

/* OUTCOME_* of a code. */
unsigned search_outcome_of(int code);

/* All that there are in a record: BIT(OUTCOME_*). */
struct leaf;
uint64_t search_outcomes(const struct leaf *leaf);

/* Whether the record of that number fits: 1, 0, or an error. In a snapshot. */
int search_matches(struct search *search, struct db *db, struct arena *arena,
    uint64_t sequence);

#endif
