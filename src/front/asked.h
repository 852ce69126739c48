/*
 * What a request asks for beside its path: numbers of its query, a page of a
 * folder, conditions of a change, where a stream goes on.
 */
#ifndef FRONT_ASKED_H
#define FRONT_ASKED_H

#include "base/mem.h"
#include "op/op.h"
#include "wire/http.h"

/* A number of the query: 1 where it is there, else 0. E_*: it is none. */
int
asked_number(struct slice query, const char *name, uint64_t max, uint64_t *ret);

/* The id of that kind that a query names; E_INVALID where it names none. */
int asked_id(
    struct slice query, const char *name, enum kind kind, struct id *ret_id);

/*
 * The number of the event that a client which comes back has seen last: 1 where
 * it says so, else 0. E_*: it is none.
 */
int asked_last_event(const struct http_head *head, uint64_t *ret);

/* The query's cursor and limit. E_*: they can't be read. */
int asked_page(
    struct slice query, struct arena *arena, struct folder_list *ret_list);

/*
 * If-Match with one tag or "*", If-None-Match with "*", and the time of a file.
 * E_CONFLICT for every other condition; E_INVALID.
 */
int
asked_conditions(const struct http_head *head, struct file_create *ret_create);

/*
 * Whether the query's `types` name that one: apart by commas, or "*" for all,
 * as where there is none (RFC 8620, 7.3). What can't be read names nothing.
 */
bool asked_type(struct slice query, struct slice type);

#endif
