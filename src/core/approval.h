/*
 * Two people: what one administrator does not do alone (`second` in op.def).
 *
 * Who wants it done asks (approval.ask), somebody else approves, and then who
 * asked does it, once: the dispatcher looks here, behind all other refusals,
 * whether a request for just that, of this caller, may be used. Where the row
 * says so it may without anybody's approval when a day has passed; with a clock
 * that can't be trusted no day has passed.
 */
#ifndef CORE_APPROVAL_H
#define CORE_APPROVAL_H

#include "core/run.h"

enum { APPROVAL_CALL_MAX = 4096 };

/* A row of `request`. */
struct approval {
	uint64_t id; /* 0: none is needed */
	uint64_t asker, subject;
	int64_t created, expires, ripe; /* ripe 0: never by itself */
	uint64_t approved; /* the leaf that approved it, 0: nobody has */
	uint64_t approver, session; /* the approver's */
};

/*
 * Whether the object under way may be done: 0 and the request that is used up
 * by it, or E_APPROVAL where it waits for somebody, or was never asked for.
 */
int approval_seek(struct run *run, struct approval *ret_approval);

/* Uses the request up, beside what it was for: the record says who approved. */
int approval_use(struct run *run, const struct approval *approval);

/* The newest live one of an asker, of an operation with that argument, as the
 * digest of its encoding: 1, 0 or an error. */
int approval_find(struct run *run, uint64_t asker, const struct op *op,
    const struct digest *digest, struct approval *ret_approval);

/* What an argument (a struct of op->args) is known by. */
int approval_digest(struct run *run, const struct op *op, const void *args,
    struct digest *ret_digest);

/* Of approval.ask: whether whom the call is about is a canary. */
int approval_look(struct run *run);

/*
 * Of a second person: E_LINEAGE where the first one made a part of what the
 * caller acts by, from the nearest up, within the last day.
 */
int approval_check_lineage(struct run *run, uint64_t asker);

/* Ends a request. */
int approval_end(struct run *run, uint64_t id);

#endif
