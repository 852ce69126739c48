/*
 * Repeats: what an operation with an Idempotency-Key told the first time, for
 * the session's next one with that key. No secrets, no content.
 */
#ifndef CORE_REPEAT_H
#define CORE_REPEAT_H

#include "core/run.h"

struct repeat {
	uint64_t sequence;    /* of the first one's leaf */
	struct slice results; /* its [code, result] for each object */
};

/*
 * Looks operation i of the call up. 1: found; 0: not; E_REUSED where the key
 * stands for other arguments. Errors of the store.
 */
int repeat_find(struct run *run, size_t i, struct repeat *ret_repeat);

/* Keeps what operation i has told: a day, and of a session the last 10,000. */
int repeat_keep(struct run *run, size_t i);

#endif
