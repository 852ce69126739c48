/*
 * Epochs of the log. An epoch is a tree of its own, under an origin of its own;
 * numbers go on from one to the next, with a gap of at least EPOCH_GAP between.
 * A first one begins with the installation, a later one with a restore from a
 * backup or a lost key, when a tool of the host's administrator notes it here
 * and the next start writes its first leaf. All leaves that are known stay in
 * the database, whatever their epoch; the log folder holds the present one, and
 * beside it stands that of each earlier one, as "log-<base>".
 */
#ifndef CORE_EPOCH_H
#define CORE_EPOCH_H

#include "base/hash.h"
#include "store/db.h"

enum {
	EPOCH_GAP = 1000000, /* numbers at least that no record ever has */
	EPOCH_ORIGIN_MAX = 255,
};

struct epoch {
	uint64_t base; /* the number of its first leaf */
	char origin[EPOCH_ORIGIN_MAX + 1];
	/* Of a first epoch all that follows is zero. */
	uint64_t previous;  /* base of the one before */
	uint64_t known;     /* the last leaf before it that stands here */
	uint64_t kept;      /* the last one whose effect stands here */
	struct digest root; /* of the previous one's tree, up to `known` */
	/* What the keeper had signed last, as far as is known; else 0. */
	uint64_t signed_size;
	struct digest signed_root;
};

/* The first epoch whose base is above `after`: 1, or 0 where there is none. */
int epoch_after(struct db *db, uint64_t after, struct epoch *ret_epoch);

/* E_NOT_FOUND. */
int epoch_get(struct db *db, uint64_t base, struct epoch *ret_epoch);

/*
 * Notes an epoch and makes it the present one, with an empty tree and a key
 * that the next start learns from the keeper, in the transaction that is open.
 */
int epoch_begin(struct db *db, const struct epoch *epoch);

/* A base for the epoch behind one whose numbers may have reached `last`. */
static inline uint64_t
epoch_base_above(uint64_t last)
{
	return (last / EPOCH_GAP + 2) * EPOCH_GAP + 1;
}

/* 1: what changed since that number can't be told, for some of it was lost. */
int epoch_lost(struct db *db, uint64_t since);

#endif
