/*
 * Whom a grant may name, that it reach a principal: itself, the groups that it
 * is in, directly or through other groups, and one of two groups that they are
 * in without a row that says so: the group of everyone, or of guests, in which
 * links are, too.
 */
#ifndef CORE_SUBJECT_H
#define CORE_SUBJECT_H

#include "base/base.h"

struct place;

enum {
	GROUP_DEPTH_MAX = 8, /* memberships from a group down to a member */
	GROUPS_OF_MAX = 500, /* that one principal is in directly */
	/* In all: what is beyond gives nobody anything. */
	SUBJECTS_MAX = 4096,
	/* Rows that a grant and its memberships are at most. */
	SUBJECT_ROWS_MAX = 1 + 2 * GROUP_DEPTH_MAX,
};

struct subject {
	uint64_t id;
	uint64_t member; /* the row by which `below` is in it; 0: none needed */
	uint32_t below;  /* its place in the list */
	uint32_t depth;  /* memberships down to the principal */
	int64_t expires; /* of these, the soonest; 0: never */
	bool seen;       /* the groups that it is in are in the list */
};

/* The principal first, then the nearer groups before those that they are in. */
struct subjects {
	uint64_t generation; /* of memberships, when it was made */
	uint64_t at;         /* the last leaf that was seen when it was made */
	int64_t expires;     /* it may change then; 0: never */
	unsigned kind;       /* PRINCIPAL_*, of the first */
	uint32_t n, cap;
	struct subject list[];
};

/*
 * All of them; kept in the place's cache, and good until the next decision
 * there. A group that has ended is none, nor is what it is in reached through
 * it. E_NOMEM and errors of the store.
 */
int subjects_of(
    struct place *place, uint64_t principal, const struct subjects **ret);

/* The place of one in the list, or n. */
uint32_t subjects_find(const struct subjects *subjects, uint64_t id);

/*
 * The rows that a grant to one of them rests on, behind the grant: the group,
 * and what puts the next one into it, down to the principal. How many. The
 * group of everyone, or of guests, is the last one, without what puts somebody
 * into it.
 */
size_t subjects_rows(const struct subjects *subjects, uint32_t i,
    uint64_t ret_rows[static SUBJECT_ROWS_MAX - 1]);

/* The sooner of two ends, of which 0 is never. */
static inline int64_t
sooner(int64_t a, int64_t b)
{
	return a == 0 ? b : b == 0 ? a : MIN(a, b);
}

/* True where a lasts longer than b. */
static inline bool
lasts_longer(int64_t a, int64_t b)
{
	return b != 0 && (a == 0 || a > b);
}

#endif
