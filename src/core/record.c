#include "core/record.h"

#include <stdlib.h>

#include "ledger/bundle.h"
#include "wire/cbor.h"

int
record_leaf(struct db *db, struct arena *arena, uint64_t sequence,
    struct slice *ret_leaf)
{
	struct stmt *stmt = db_stmt(db, SQL_LEAF_GET);
	int r;

	stmt_u64(stmt, 1, sequence);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_leaf = arena_copy(arena, stmt_col_bytes(stmt, 0));
	stmt_done(stmt);
	return ret_leaf->p != NULL ? 0 : E_NOMEM;
}

int
record_from(struct db *db, struct arena *arena, uint64_t from,
    uint64_t *ret_sequence, struct slice *ret_leaf)
{
	struct stmt *stmt = db_stmt(db, SQL_LEAF_AFTER);
	int r;

	stmt_u64(stmt, 1, from - 1);
	stmt_u64(stmt, 2, 1);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret_leaf = arena_copy(arena, stmt_col_bytes(stmt, 1));
	*ret_sequence = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return ret_leaf->p != NULL ? 0 : E_NOMEM;
}

int
record_last(struct db *db, uint64_t *ret_sequence)
{
	struct stmt *stmt = db_stmt(db, SQL_LEAF_LAST);
	int r = stmt_step(stmt);

	if (r < 0)
		return r;
	*ret_sequence = r > 0 ? stmt_col_u64(stmt, 0) : 0;
	stmt_done(stmt);
	return 0;
}

struct openings {
	struct bundle_opening *list;
	size_t n, max;
};

/* What stands of one subject's texts in a leaf. */
static int
take_openings(struct db *db, struct arena *arena, uint64_t sequence,
    uint64_t subject, struct openings *to)
{
	struct stmt *stmt = db_stmt(db, SQL_OPENING_GET);
	int r;

	stmt_u64(stmt, 1, subject);
	stmt_u64(stmt, 2, sequence);
	while ((r = stmt_step(stmt)) > 0 && to->n < to->max) {
		struct bundle_opening *o = &to->list[to->n++];
		struct slice salt = stmt_col_bytes(stmt, 1);
		struct slice digest = stmt_col_bytes(stmt, 4);

		o->slot = (size_t)stmt_col_u64(stmt, 0);
		o->opening.text = arena_copy(arena, stmt_col_bytes(stmt, 2));
		o->opening.length = stmt_col_u64(stmt, 3);
		if (salt.n != LEAF_SALT_BYTES ||
		    (digest.n != 0 && digest.n != SHA256_BYTES)) {
			stmt_done(stmt);
			return E_CORRUPT;
		}
		if (o->opening.text.p == NULL) {
			stmt_done(stmt);
			return E_NOMEM;
		}
		memcpy(o->opening.salt, salt.p, salt.n);
		if (digest.n > 0)
			memcpy(o->opening.digest.b, digest.p, digest.n);
	}
	return r;
}

static int
by_slot(const void *a, const void *b)
{
	const struct bundle_opening *x = a, *y = b;

	return (x->slot > y->slot) - (x->slot < y->slot);
}

/* All openings of a leaf, one look for each subject that it names. */
static int
find_openings(struct db *db, struct arena *arena, const struct leaf *leaf,
    struct openings *to)
{
	uint64_t seen[8];
	size_t n_seen = 0, n_texts = leaf_slot(leaf, leaf->n_objects);
	int r;

	*to = (struct openings){.n = 0};
	if (n_texts == 0)
		return 0;
	to->max = n_texts;
	to->list = arena_alloc(arena, n_texts * sizeof(*to->list));
	if (to->list == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		for (size_t k = 0; k < o->n_texts; k++) {
			uint64_t subject = o->texts[k].subject != 0
			                       ? o->texts[k].subject
			                       : leaf->principal;
			size_t s = 0;

			while (s < n_seen && seen[s] != subject)
				s++;
			if (s < n_seen)
				continue;
			if (n_seen == ARRAY_SIZE(seen))
				return E_LIMIT;
			seen[n_seen++] = subject;
			r = take_openings(
			    db, arena, leaf->sequence, subject, to);
			if (r < 0)
				return r;
		}
	}
	if (n_seen > 1 && to->n > 1)
		qsort(to->list, to->n, sizeof(to->list[0]), by_slot);
	return 0;
}

static int
put_part(struct db *db, struct arena *arena, uint64_t sequence, struct buf *buf,
    struct leaf *ret_leaf)
{
	struct openings openings;
	struct slice bytes;
	int r;

	if ((r = record_leaf(db, arena, sequence, &bytes)) < 0 ||
	    (r = leaf_decode(bytes, arena, ret_leaf)) < 0 ||
	    (r = find_openings(db, arena, ret_leaf, &openings)) < 0)
		return r;
	bundle_put_part(buf, bytes, openings.list, openings.n);
	return buf->error;
}

int
record_put(
    struct db *db, struct arena *arena, uint64_t sequence, struct buf *buf)
{
	uint64_t *cited = arena_alloc(arena, BUNDLE_CITED_MAX * sizeof(*cited));
	struct leaf leaf, other;
	size_t n;
	int r;

	if (cited == NULL)
		return E_NOMEM;
	cbor_put_array(buf, 3);
	if ((r = put_part(db, arena, sequence, buf, &leaf)) < 0)
		return r;
	n = bundle_cites(&leaf, cited, BUNDLE_CITED_MAX);
	cbor_put_array(buf, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(buf, 2);
		r = put_part(db, arena, cited[i], buf, &other);
		if (r < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
	}
	return buf->error;
}
