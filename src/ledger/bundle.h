/*
 * A record bundle: a leaf, the leaves that it cites one step away (as many as
 * fit, those that say who did it first), and the openings of all of them that
 * still stand. It is all that reading a record takes, so rendering is a pure
 * function of it, and whoever keeps it can render it again and check each text
 * against its commitment.
 *
 * CBOR: [leaf, openings, [[leaf, openings] ...]], leaves as byte strings, cited
 * ones ascending by number, openings ascending by slot as [[slot, salt, text]
 * or [slot, salt, text, length, digest] ...].
 */
#ifndef LEDGER_BUNDLE_H
#define LEDGER_BUNDLE_H

#include "ledger/leaf.h"

enum {
	BUNDLE_CITED_MAX = 2048,
	BUNDLE_BYTES_MAX = 1 << 20,
};

struct bundle_opening {
	size_t slot;
	struct opening opening;
};

/* One leaf with its openings. */
struct bundle_part {
	struct slice bytes; /* of the leaf */
	struct leaf leaf;
	const struct bundle_opening *openings;
	size_t n_openings;
};

struct bundle {
	struct bundle_part record;
	const struct bundle_part *cited;
	size_t n_cited;
};

/*
 * The numbers of the leaves that a leaf cites, ascending, each once, without
 * its own: at most max, the first ones where there are more.
 */
size_t bundle_cites(const struct leaf *leaf, uint64_t *ret_numbers, size_t max);

/* Writing: bundle_put_part for the record, then an array of parts. */
void bundle_put_part(struct buf *buf, struct slice leaf,
    const struct bundle_opening *openings, size_t n);

/* E_CORRUPT, also where an opening doesn't fit its commitment; E_NOMEM. */
int
bundle_decode(struct slice in, struct arena *arena, struct bundle *ret_bundle);

/* The cited part of that number, or NULL. */
const struct bundle_part *
bundle_cited(const struct bundle *bundle, uint64_t sequence);

/* The text of a slot; .p is NULL where it was erased. */
struct slice bundle_text(const struct bundle_part *part, size_t slot);

/* The first text of that field in a part: false where it has none at all. */
bool bundle_find_text(
    const struct bundle_part *part, uint64_t field, struct slice *ret_text);

#endif
