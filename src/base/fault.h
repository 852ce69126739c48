/*
 * Fault points: where a test build can make an allocation fail, and leave out
 * what its controls must show to be needed. (Writes, syncs and renames fail
 * from below, in tests/power/simfs.c, so that the libraries' own are reached
 * too.) A release has none: the calls are constants.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* What a control leaves out. */
enum fault_omit {
	FAULT_OMIT_NOTHING,
	FAULT_OMIT_WAIT,    /* replies leave before their commit is durable */
	FAULT_OMIT_REWRITE, /* a start takes the write-ahead log as it finds it
	                     */
};

#ifdef CHANCERY_FAULTS
/*
 * Makes the nth allocation from now fail (1 is the next), and all after it
 * where persistent; 0 ends it. Counted on the threads that fault_here named; on
 * all where it named none.
 */
void fault_arm(uint64_t nth, bool persistent);

/* How many faults have fired since the last fault_arm. */
uint64_t fault_fired(void);

/* Counts one allocation; true where it must fail. */
bool fault_alloc(void);

/* Faults are for the calling thread, and others that say so. */
void fault_here(void);
bool fault_is_here(void);

/* Leaves that out from now on. */
void fault_omit(enum fault_omit omit);
bool fault_omits(enum fault_omit omit);
#else
static inline bool
fault_alloc(void)
{
	return false;
}

static inline void
fault_here(void)
{
}

static inline bool
fault_omits(enum fault_omit omit)
{
	(void)omit;
	return false;
}
#endif

#endif
