/*
 * The leaf: the record of one operation, and at once the proof of its rights,
 * the node of the lineage and the entry of the change feed.
 *
 * It is deterministic CBOR (wire/cbor.h), under 64 KiB, a map by field number;
 * docs/LOG.md works an example by hand. Numbers are promises: fields are only
 * ever added.
 *
 * Every row that enforces something is named by a reference: the sequence
 * number of the leaf that made it, and its place there (op/id.h). So a leaf
 * that cites rows cites leaves.
 *
 * Text stands in no leaf. A leaf holds commitments, SHA-256(salt, field, text),
 * whose openings are kept beside the log and can be erased.
 */
#ifndef LEDGER_LEAF_H
#define LEDGER_LEAF_H

#include "base/hash.h"
#include "base/mem.h"
#include "op/id.h"

enum {
	LEAF_BYTES_MAX = 65535, /* an entry of a C2SP bundle */
	LEAF_OBJECTS_MAX = 500,
	LEAF_TEXT_MAX = 512, /* longer text is cut, with length and digest */
	LEAF_SALT_BYTES = 16,
	LEAF_PROOF_MAX = 400, /* leaves that one decision may rest on */
};

enum fact {
	FACT_NONE,
#define FACT(number, name, word, show) FACT_##name = (number),
#include "ledger/facts.def"
#undef FACT
};

/* Kinds of events that FACT_SUM_FIRST counts: the key is that and the kind. */
enum { FACT_SUM_MAX = 40 };

/* A commitment to a text. Slots count over all texts of a leaf. */
struct leaf_text {
	uint64_t field;   /* of the argument, or FACT_* */
	uint64_t subject; /* reference of whom it is about; 0: the principal */
	struct digest commitment;
};

struct leaf_number {
	uint64_t key; /* a field of the argument, or FACT_* */
	int64_t value;
};

struct leaf_bytes {
	uint64_t key; /* FACT_* */
	struct slice value;
};

/* A row that this leaf made: its reference is (this leaf, place). */
struct leaf_made {
	enum kind kind;
	uint64_t place;
	uint64_t outside; /* the outer id; 0 for kinds that have none */
};

/* What happened to one of the objects that the operation named. */
struct leaf_object {
	enum kind kind; /* KIND_NONE: it named none, or none that exists */
	uint64_t ref;
	uint64_t named; /* the leaf that gave it its name; 0: its own */
	int outcome;    /* 0 or E_* */

	/* The leaves whose rows gave the right, from the object up. */
	const uint64_t *proof;
	size_t n_proof;
	/* ... and where that joins a proof in leaf.proofs: its index + 1. */
	size_t joins;

	const struct leaf_made *made;
	size_t n_made;
	const uint64_t *ended; /* references */
	size_t n_ended;
	const uint64_t *from; /* references: copied, restored, derived */
	size_t n_from;
	const struct leaf_text *texts;
	size_t n_texts;
	const struct leaf_number *numbers; /* keys ascending */
	size_t n_numbers;
	const struct leaf_bytes *bytes; /* keys ascending */
	size_t n_bytes;
};

struct leaf_proof {
	const uint64_t *leaves;
	size_t n;
};

struct leaf {
	uint64_t sequence;
	uint64_t op, rev; /* the row of the operation table */
	int64_t time;     /* core time, ms since 1970 */
	int outcome;      /* of the operation as a whole: 0 or E_* */
	uint64_t context; /* sequence of its context leaf */
	uint64_t principal, session, behalf; /* references; 0: none */
	const uint64_t *credentials;         /* references */
	size_t n_credentials;
	const uint64_t *approved; /* references of sessions */
	size_t n_approved;
	uint64_t at;      /* a read: the last leaf of its snapshot */
	uint64_t cites;   /* the first of a repeat; the opening of a stream */
	unsigned cause;   /* CAUSE_*, as the client claims */
	unsigned trust;   /* TRUST_*; 0: enforced */
	int64_t happened; /* when, where that is not `time` */

	const struct leaf_proof *proofs; /* shared tails */
	size_t n_proofs;
	const struct leaf_object *objects;
	size_t n_objects;
};

/* Appends the leaf's bytes. E_LIMIT where they are over LEAF_BYTES_MAX. */
int leaf_encode(const struct leaf *leaf, struct buf *buf);

/* The same where its n_objects objects stand encoded already. */
void leaf_put_object(struct buf *buf, const struct leaf_object *object);
int leaf_encode_with(
    const struct leaf *leaf, struct slice objects, struct buf *buf);

/*
 * Reads a leaf; its arrays stand in the arena. Unknown fields are skipped, so
 * that older programs read newer leaves. E_CORRUPT, E_NOMEM.
 */
int leaf_decode(struct slice in, struct arena *arena, struct leaf *ret_leaf);

/* How many texts stand before object i: the slot of its first one. */
size_t leaf_slot(const struct leaf *leaf, size_t object);

/* All leaves that give the right on an object, joined: at most max. */
size_t leaf_proof_of(const struct leaf *leaf, const struct leaf_object *object,
    uint64_t *ret_leaves, size_t max);

/* The fact's word ("size"), or NULL. */
const char *fact_word(uint64_t key);

/* A text as it is kept beside the log. */
struct opening {
	uint8_t salt[LEAF_SALT_BYTES];
	struct slice text;    /* cut at LEAF_TEXT_MAX, at a character */
	uint64_t length;      /* of all of it */
	struct digest digest; /* SHA-256 of all of it; used where it was cut */
};

/* An opening for text: salt is drawn, ret_opening->text points into text. */
void opening_make(struct slice text, struct opening *ret_opening);

/* Another salt, for the same text in another leaf. */
void opening_salt(struct opening *opening);

/* True where text was cut. */
static inline bool
opening_is_cut(const struct opening *opening)
{
	return opening->length > opening->text.n;
}

/*
 * SHA-256(salt, field as 8 bytes big-endian, text), and where text was cut its
 * length as 8 bytes big-endian and its digest behind that.
 */
struct digest opening_commitment(const struct opening *opening, uint64_t field);

#endif
