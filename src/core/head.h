/*
 * The head: what each batch keeps of the log as a whole, in its own
 * transaction. The fencing number of this start must still stand: a core that
 * another one has taken over from commits nothing more.
 */
#ifndef CORE_HEAD_H
#define CORE_HEAD_H

#include "core/core_time.h"
#include "ledger/tree.h"
#include "store/db.h"

#define HEAD_DATABASE "chancery.db"

struct head {
	struct tree tree;
	struct core_time_mark mark;
};

/* All zero before the first commit. E_CORRUPT. */
int head_get(struct db *db, struct head *ret_head);

/* E_STATE where the fence is another's. */
int head_put(struct db *db, const struct head *head, uint64_t fence);

/*
 * An empty tree, for a log that begins or begins anew: the time of the last
 * record stays.
 */
int head_reset(struct db *db);

/* Takes the fence: one more than the last. Within a transaction. */
int head_take_fence(struct db *db, uint64_t *ret_fence);

#endif
