/*
 * A target's query as the arguments of an operation.
 */
#ifndef FRONT_QUERY_H
#define FRONT_QUERY_H

#include <jansson.h>

#include "op/shape.h"

/*
 * The members of a shape that stand in a query, as a JSON object: so one
 * binding serves both. E_SYNTAX, E_UTF8, E_LIMIT, E_NOMEM: a condition that
 * can't be read is no condition to be left out.
 */
int query_object(
    struct slice query, const struct shape *shape, json_t **ret_object);

#endif
