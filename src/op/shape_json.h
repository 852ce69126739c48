/*
 * The JSON form of shapes, as the HTTP API and JMAP have it: members by the
 * names of the fields. Ids are strings, times are UTCDate strings (RFC 8620,
 * section 1.4), states are strings, bytes are base64, sets of words are arrays.
 */
#ifndef OP_SHAPE_JSON_H
#define OP_SHAPE_JSON_H

#include <jansson.h>

#include "op/shape.h"
#include "wire/json.h"

/* What is wrong with an argument, for people. */
struct shape_problem {
	char text[160];
};

/*
 * Encodes a JSON object as a map of the shape (shape.h). E_INVALID, with what
 * is wrong and where, E_UTF8, E_LIMIT, E_NOMEM.
 */
int shape_from_json(const struct shape *shape, json_t *json, struct buf *ret,
    struct shape_problem *reterr_problem);

/* Writes an encoded map as a JSON object. E_CORRUPT. */
int shape_put_json(
    const struct shape *shape, struct slice in, struct json_writer *w);

/* The same, its members only, into an object that is open. */
int shape_put_members(
    const struct shape *shape, struct slice in, struct json_writer *w);

/* "2026-11-22T10:00:00.123Z" */
void json_put_time(struct json_writer *w, int64_t ms);
int time_from_text(struct slice text, int64_t *ret_ms);

/* A state: opaque to clients, a number inside. */
void json_put_state(struct json_writer *w, uint64_t state);

#endif
