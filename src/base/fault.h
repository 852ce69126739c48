/*
 * Fault points: where a test build can make an allocation fail. (Writes, syncs
 * and renames fail from below, in tests/simfs.c, so that the libraries' own are
 * reached too.) A release has none: the call is a constant.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef CHANCERY_FAULTS
/*
 * Makes the nth allocation from now fail (1 is the next), and all after it
 * where persistent; 0 ends it. Counts go over all threads.
 */
void fault_arm(uint64_t nth, bool persistent);

/* How many faults have fired since the last fault_arm. */
uint64_t fault_fired(void);

/* Counts one allocation; true where it must fail. */
bool fault_alloc(void);
#else
static inline bool
fault_alloc(void)
{
	return false;
}
#endif

#endif
