/*
 * Core's answer to a call: the body of REPLY,
 * [[code, [[code, result (or none)] ...]] ...], operations and their objects.
 */
#ifndef FRONT_ANSWER_H
#define FRONT_ANSWER_H

#include "base/mem.h"
#include "base/slice.h"

enum { CALLS_OPS_MAX = 32 };

/* The answer of one operation, in the request's arena. */
struct call_answer {
	int code;                    /* of the operation as a whole */
	size_t n;                    /* objects */
	const int *codes;            /* of each */
	const struct slice *results; /* of each, encoded; empty: none */
};

/* E_GRAMMAR, E_NOMEM. */
int answers_read(struct slice body, struct arena *arena,
    struct call_answer **ret_answers, size_t *ret_n);

#endif
