/*
 * Housekeeping: what is over goes, as an operation of the server's own. Uploads
 * that nobody used, what was purged thirty days ago, bytes that nothing refers
 * to. While the clock is suspect nothing goes by its age.
 */
#ifndef CORE_COLLECT_H
#define CORE_COLLECT_H

#include "core/run.h"

enum {
	COLLECT_ROWS = 200,      /* in one operation */
	COLLECT_BLOB_HOURS = 24, /* that bytes of no use still stand */
	COLLECT_PLACES = 100,    /* of files, in one operation */
	COLLECT_PLACE_MAX = 64,
};

/* What one such operation did: the argument of collect_due. */
struct collected {
	size_t rows; /* COLLECT_ROWS: there may be more */
	uint64_t bytes;
};

/*
 * Whether there is anything to do now, as a snapshot shows it: a few looks at
 * indexes. 1, 0 or an error.
 */
int collect_is_due(struct db *db, int64_t now);

/* The operation: ends what is due. */
int collect_due(struct run *run, void *collected);

/* Files in the blob folder, by their places. */
struct collect_files {
	size_t n;
	char place[COLLECT_PLACES][COLLECT_PLACE_MAX];
};

/* 1 where no row names that file. */
int collect_is_orphan(struct db *db, struct slice place);

/* The operation: those that no row names are taken away. */
int collect_orphans(struct run *run, void *collect_files);

#endif
