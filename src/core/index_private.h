/* What the builder of the index and those who read it share: its terms. */
#ifndef CORE_INDEX_PRIVATE_H
#define CORE_INDEX_PRIVATE_H

#include "core/index.h"

/* What a term is of. Numbers are the index's own: it is rebuilt on a change. */
enum term_kind {
	TERM_PRINCIPAL = 1,
	TERM_OBJECT,
	TERM_OPERATION,
	TERM_OUTCOME,       /* but for what was simply allowed */
	TERM_ADDRESS,       /* of a context; the value is a keyed hash */
	TERM_CONTEXT = 7,   /* SQL_TERM_ADDRESS_* name it */
	TERM_UNALLOWED = 8, /* of value 1: nothing in it was allowed */
};

/* The reader's own connection; NULL where there is no index yet. */
struct db *index_of(struct place *place);

/* The term of a network address. */
uint64_t index_address(const struct core *core, struct slice address);

/* The first record that is not before a time: times ascend with numbers. */
int index_first_at(struct place *place, int64_t time, uint64_t *ret_sequence);

#endif
