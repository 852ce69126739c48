/*
 * Ids. Inside, an id is a reference: the sequence number of the leaf that made
 * the row, shifted, and the row's place among those that this leaf made. So an
 * id is never reused, no counter has to be kept, and each row's maker is known
 * from its name alone.
 *
 * Outside, the reference goes through a keyed permutation of 64 bits (counts
 * don't leak), with the letter of its kind in front, in 13 characters of
 * Crockford's base32 in lower case. No decision rests on an id being secret.
 */
#ifndef OP_ID_H
#define OP_ID_H

#include "base/buf.h"
#include "base/slice.h"

enum kind {
	KIND_NONE,
#define KIND(number, name, ...) KIND_##name = (number),
#include "op/kind.def"
#undef KIND
	KIND_NODE, /* in argument shapes only: a folder or a file */
	KIND_MAX,
};

enum {
	REF_SHIFT = 12,
	REFS_A_LEAF = 1 << REF_SHIFT,
	ID_TEXT_BYTES = 14,
};

/* References. */
static inline uint64_t
ref_make(uint64_t sequence, uint64_t place)
{
	return sequence << REF_SHIFT | place;
}

static inline uint64_t
ref_sequence(uint64_t ref)
{
	return ref >> REF_SHIFT;
}

static inline uint64_t
ref_place(uint64_t ref)
{
	return ref & (REFS_A_LEAF - 1);
}

/*
 * An id with its kind; n is a reference in core and its permuted form in any
 * other process. KIND_NONE: no id.
 */
struct id {
	uint64_t n;
	enum kind kind;
};

/* Whether a row of a kind lets somebody do something: kind.def. */
enum kind_authority {
	AUTHORITY_NONE,
	AUTHORITY_HOLDS,
	AUTHORITY_RESTS,
};

enum kind_authority kind_authority(enum kind kind);

/* 'f' for KIND_FILE; '?' for what has none. */
char kind_letter(enum kind kind);
/* "file"; never NULL. */
const char *kind_text(enum kind kind);
enum kind kind_from_letter(char letter);

/* True where an argument of kind `want` takes an id of kind `is`. */
bool kind_fits(enum kind want, enum kind is);

/* The key of the permutation: 16 random bytes, kept for ever. */
struct id_key {
	uint8_t b[16];
};

uint64_t id_permute(const struct id_key *key, uint64_t ref);
uint64_t id_unpermute(const struct id_key *key, uint64_t outside);

/* The text of a permuted id. */
void id_put_text(struct buf *buf, struct id id);

/* E_INVALID where it isn't one. */
int id_parse(struct slice text, struct id *ret_id);

#endif
