/*
 * A draft: the leaf of an operation under way. Objects are encoded one by one
 * as they are finished, so that the size of the leaf is always known, and
 * whether there is room is asked before anything is done.
 *
 * A read is drafted by a reader before its number is known; the writer gives it
 * one.
 */
#ifndef CORE_DRAFT_H
#define CORE_DRAFT_H

#include "ledger/leaf.h"
#include "op/words.h"

enum {
	/* What an object takes at most, beside its proof. */
	DRAFT_OBJECT_MAX = 480,
	/* What a bare refusal of an object takes: room that is always kept. */
	DRAFT_REFUSAL_BYTES = 40,
	DRAFT_TAILS = 64, /* shared proofs; the rest stands with its object */
};

/* A text that goes beside the log. */
struct draft_opening {
	struct draft_opening *next;
	uint64_t subject; /* a reference; 0: the operation's principal */
	size_t slot;
	struct opening opening;
};

struct draft {
	struct arena *arena;
	struct leaf leaf;   /* its head; objects and proofs are kept below */
	struct buf objects; /* finished ones, encoded */
	size_t n_objects;
	unsigned outcomes[OUTCOME_MAX]; /* how many objects ended so */
	struct leaf_proof proofs[DRAFT_TAILS];
	uint64_t
	    proof_keys[DRAFT_TAILS]; /* what each shared tail was made from */
	size_t n_proofs, proof_bytes;
	struct draft_opening *openings, **openings_end;
	size_t slots;
	struct leaf_object object;              /* under way */
	struct draft_opening **object_openings; /* its first */
	size_t object_slots;
};

/* A draft whose memory is the arena's, but for draft->objects. */
void
draft_init(struct draft *draft, struct arena *arena, uint64_t op, uint64_t rev);
void draft_free(struct draft *draft);

/* True where one more object fits, with `left` refusals behind it. */
bool draft_has_room(const struct draft *draft, size_t left, size_t extra);

/* Begins an object. */
void draft_object(struct draft *draft);

/* Drops all that was noted of the object, but what it is. */
void draft_object_bare(struct draft *draft);

/* Parts of the object under way. E_NOMEM. */
int draft_made(
    struct draft *draft, enum kind kind, uint64_t place, uint64_t outside);
int draft_ended(struct draft *draft, uint64_t ref);
int draft_from(struct draft *draft, uint64_t ref);
int draft_number(struct draft *draft, uint64_t key, int64_t value);
int draft_bytes(struct draft *draft, uint64_t key, struct slice value);
int draft_text(
    struct draft *draft, uint64_t field, uint64_t subject, struct slice text);
/* The same of a text that is cut already, with a salt of its own. */
int draft_opened(struct draft *draft, uint64_t field, uint64_t subject,
    const struct opening *text);

/*
 * The rows that gave the right: own ones, and where they join a tail that other
 * objects of this leaf share. `key` tells equal tails. Given as references; the
 * leaf holds their leaves, equal neighbours once.
 */
int draft_proof(struct draft *draft, const uint64_t *own, size_t n_own,
    uint64_t key, const uint64_t *tail, size_t n_tail);

/*
 * Finishes the object. E_LIMIT, E_NOMEM. What it made, ended and holds is kept;
 * where outcome is an error, only its name and that.
 */
int draft_object_end(struct draft *draft, int outcome);

/* Appends the leaf's bytes, under the number and time in draft->leaf. */
int draft_encode(struct draft *draft, struct buf *buf);

#endif
