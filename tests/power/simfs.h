/*
 * A file system that can lose power. The program that links this has its own
 * open, write, sync, rename and so on: they do the real call and keep a journal
 * of what it did to files below one folder. From the journal any moment can be
 * built again as a power loss then might leave it:
 *
 * - what was synced before the moment is there;
 * - each unsynced write is kept, dropped or torn, at sectors of 512 bytes, some
 *   with garbage (never beyond the bytes written: that much SQLite, too,
 *   demands of a disk);
 * - a name that was made, renamed or removed, its folder not synced since, may
 *   be as before or as after; a rename is whole, for itself;
 * - a file that a process has mapped to write holds garbage, or is gone;
 * - writes before a sync that failed count as unsynced until they are written
 *   again: a later sync that succeeds doesn't cover them, as Linux has it.
 *
 * Syncs are not really done: the machine's own disk isn't under test.
 *
 * The journal is in shared memory: a child process writes it, and its parent
 * builds from it once the child is gone. One process at a time.
 */
#ifndef TESTS_POWER_SIMFS_H
#define TESTS_POWER_SIMFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before the first fork. */
void simfs_init(void);

/* Memory shared with children, zeroed; never freed. */
void *simfs_shared(size_t n);

/*
 * Begins a journal: all that is below the working folder is durable now, what
 * happens there from here on is kept.
 */
void simfs_begin(void);

/* Goes on with a journal that a process before this one began. */
void simfs_resume(void);

/* The moment: how many events there were; and that when the journal began. */
size_t simfs_now(void);
size_t simfs_start(void);

/* Removes all that is below the working folder. */
void simfs_clear(void);

/*
 * Puts the folder of moment k in place of all that is below the working folder.
 * The same seed and journal give the same. The journal ends.
 */
void simfs_cut(size_t k, uint64_t seed);

/* ---- faults -------------------------------------------------------------- */

enum simfs_fault {
	SIMFS_FAULT_NONE,
	SIMFS_FAULT_WRITE, /* of bytes, of a size */
	SIMFS_FAULT_SYNC,
	SIMFS_FAULT_NAME, /* opening, renaming, removing */
	SIMFS_FAULT_MAX,
};

/*
 * The nth such call from now fails, on the threads that fault_here named; all
 * after it too where persistent. NONE ends it.
 */
void simfs_fail(enum simfs_fault fault, uint64_t nth, bool persistent);

/* How many have failed since the last simfs_fail. */
uint64_t simfs_failed(void);

/* Random numbers of a seed, the same everywhere. */
struct dice {
	uint64_t state;
};
uint64_t dice_roll(struct dice *dice);
/* One of 0 to n - 1. */
uint64_t dice_of(struct dice *dice, uint64_t n);

#endif
