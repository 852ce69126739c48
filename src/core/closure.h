/*
 * The closure: all that descends from a compromise. Seeds say what is known of
 * it (a credential since a time, a session, a principal, an address and a
 * time); what follows from them is read off the log, rule by rule:
 *
 *	R1	a session that was opened by a compromised credential
 *	R2	a session that another one let in
 *	R3	what a session of the closure made, changed or approved
 *	R4	a credential that it registered, which is compromised from birth
 *	R5	what somebody did by a right that the closure gave
 *	R6	a secret that it was shown
 *	R7	what was copied or restored from content of the closure
 *	R8	what the installation itself rests on: then nothing is provable
 *
 * MUST is what descends for certain, MAY what possibly does. In this release
 * each secret is shown to whom it is made for, once, so R6 finds what R4 does.
 *
 * A leaf refers to earlier ones only. So leaves are taken in the order of their
 * numbers, each after all that it could descend from, and what comes out is the
 * same wherever and however often it is computed, up to the same leaf: the
 * derived index only says which leaves needn't be looked at.
 */
#ifndef CORE_CLOSURE_H
#define CORE_CLOSURE_H

#include "base/map.h"
#include "base/mem.h"
#include "core/place.h"
#include "ledger/leaf.h"
#include "op/words.h"

/* What is known. Times in ms since 1970; until 0: still. */
struct closure_seed {
	enum kind kind;       /* credential, session, principal; KIND_NONE: an
	                         address */
	uint64_t ref;         /* which; of an address 0 */
	struct slice address; /* in text */
	int64_t since, until;
};

/* A row that descends from the seeds, or is one. */
struct closure_row {
	uint64_t ref;
	enum kind kind;
	unsigned verdict; /* VERDICT_*, 0: it doesn't belong to it */
	unsigned rule;    /* DESCENT_* */
	uint64_t cause; /* the row or leaf by which: a session, a grant's leaf;
	                   0: a seed */
	int64_t since;  /* what a session or credential did from then on */
};

/* A record of what was done in the closure, whatever it made. */
struct closure_act {
	uint64_t sequence;
	unsigned verdict;
	unsigned rule;
	uint64_t cause;
};

struct closure {
	struct arena *arena;
	struct map by_ref;         /* reference -> struct closure_row */
	struct closure_row **rows; /* seeds, then in the order they were made */
	size_t n_rows, rows_cap;
	struct closure_act *acts; /* ascending */
	size_t n_acts, acts_cap;
	uint64_t at;     /* the last leaf that was taken into account */
	uint64_t root;   /* the leaf by which; 0: provable */
	bool by_address; /* a seed is an address: others only may be theirs */
	struct map acts_by; /* leaf -> struct closure_lends */
};

/*
 * The closure of the seeds up to the leaf `at`. Rows stand in the arena, and
 * what closure_free frees beside it. E_LIMIT where it is larger than
 * CLOSURE_MAX; E_NOMEM, E_CORRUPT, and errors of the store.
 */
enum { CLOSURE_MAX = 200000 };
int closure_find(struct place *place, struct arena *arena,
    const struct closure_seed *seeds, size_t n_seeds, uint64_t at,
    struct closure *ret_closure);
void closure_free(struct closure *closure);

/* The row of that reference, where it is in the closure; else NULL. */
const struct closure_row *
closure_row(const struct closure *closure, uint64_t ref);

#endif
