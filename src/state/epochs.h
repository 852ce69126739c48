/*
 * A new epoch, by the tools that may begin one: restore and rekey --lost. The
 * order in which its parts come to stand makes each step safe to be cut off:
 * the database names the new origin first, and from then on no core opens it
 * until the keeper has that origin's key, which comes last.
 */
#ifndef STATE_EPOCHS_H
#define STATE_EPOCHS_H

#include "core/epoch.h"
#include "keeper/log_key.h"

/* The database's present epoch, and its last leaf. */
struct epochs_now {
	struct epoch epoch;
	uint64_t last;
	struct digest root; /* of the present epoch's tree */
	bool begun;         /* its first leaf stands */
};

int epochs_now(struct db *db, struct epochs_now *ret_now);

/* An origin of the same host as an earlier one's. */
void epochs_new_origin(const char *earlier, char ret_origin[NOTE_NAME_MAX + 1]);

/*
 * Begins an epoch behind `now` in the transaction that is open: `kept` is the
 * last record whose effect stands, `ever` the last one that is known to have
 * been, `last` what the keeper signed last (size 0: not known).
 */
int epochs_begin(struct db *db, const struct epochs_now *now, uint64_t kept,
    uint64_t ever, const struct log_key_signed *last, const char *origin);

#endif
