/*
 * A small pool of threads for work that takes long, so that the loop's own
 * doesn't wait for it: so many at once, so many more that wait. Work is done in
 * the order it came.
 */
#ifndef KEEPER_POOL_H
#define KEEPER_POOL_H

#include "base/loop.h"

struct pool;

/* Stands in its owner, who keeps it until `done`. */
struct pool_job {
	struct pool_job *next;
	/* On a thread of the pool. */
	void (*work)(struct pool_job *job);
	/* On the loop, afterwards; the job is its owner's again. */
	void (*done)(struct pool_job *job);
};

/* E_NOMEM, E_IO. */
int pool_new(struct loop *loop, size_t threads, size_t waiting_max,
    struct pool **ret_pool);

/* E_BUSY where as many wait as may. */
int pool_submit(struct pool *pool, struct pool_job *job);

/* Waits for what is under way; the rest is done without its work. */
void pool_free(struct pool **pool);

#endif
