/*
 * What the parts of `check` share: one snapshot of the database, and the list
 * of what is wrong. Nothing that is read here is believed: rows, leaves, tiles
 * and blobs may each have decayed, or have been edited by whoever can.
 */
#ifndef STATE_CHECK_H
#define STATE_CHECK_H

#include "core/epoch.h"
#include "core/head.h"
#include "ledger/leaf.h"
#include "ledger/note.h"
#include "state/tool.h"

enum { CHECK_EPOCHS = 64, CHECK_TOLD = 1000 };

/* One epoch of the log, and the checkpoint that its folder holds. */
struct check_epoch {
	struct epoch epoch;
	uint64_t last;   /* the last leaf of it that stands in the database */
	char folder[48]; /* "log", "log-1" */
	int dir;         /* -1: there is no such folder */
	struct checkpoint checkpoint; /* size 0: none; slices unset */
	struct digest root;           /* that it signs */
};

struct check {
	struct tool *tool;
	struct db *db; /* a reader, in one snapshot */
	struct check_epoch epochs[CHECK_EPOCHS];
	size_t n_epochs;
	uint64_t last; /* the last leaf of all */
	uint64_t problems;
	/* What was looked at. */
	uint64_t leaves, rows, texts, blobs, blob_bytes, orphans;
};

/* Says one thing that is wrong; beyond CHECK_TOLD it only counts. */
void
check_problem(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * The parts, each 0 or an error that ended it (E_NOMEM, E_IO ...); what they
 * find is told to check_problem.
 *
 * The checkpoints, before the snapshot: so all that they cover is in it.
 */
int check_checkpoints(struct check *check);
/* Leaves against bundles, tiles, roots and signatures, epoch by epoch. */
int check_log(struct check *check);
/* A leaf's effect: each row that it made or ended says so. */
int check_effect(struct check *check, struct slice bytes);
/* Each row, and each text: the leaves that made and ended it say so. */
int check_rows(struct check *check);
/* Each blob's file, whole; and files that no row names. */
int check_blobs(struct check *check);

/* The epoch of a number, or NULL. */
const struct check_epoch *
check_epoch_of(const struct check *check, uint64_t sequence);

/* True where the number's effect was lost in a restore. */
bool check_is_lost(const struct check *check, uint64_t sequence);

#endif
