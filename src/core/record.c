#include "core/record.h"

#include <stdlib.h>

#include "ledger/bundle.h"
#include "wire/cbor.h"

enum {
	CITED_HEAD_MAX = 9,    /* the head of their array */
	KEPT_BYTES_MAX = 4096, /* a larger leaf is not kept */
};

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
record_read(struct db *db, struct arena *arena, uint64_t sequence,
    struct leaf *ret_leaf)
{
	struct slice bytes;
	int r = record_leaf(db, arena, sequence, &bytes);

	return r < 0 ? r : leaf_decode(bytes, arena, ret_leaf);
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
	size_t n_seen = 0, n_texts = leaf_slot(leaf, leaf->n_objects);
	uint64_t *seen;
	int r;

	*to = (struct openings){.n = 0};
	if (n_texts == 0)
		return 0;
	to->max = n_texts;
	to->list = arena_alloc(arena, n_texts * sizeof(*to->list));
	seen = arena_alloc(arena, n_texts * sizeof(*seen));
	if (to->list == NULL || seen == NULL)
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

/* The leaves that a record cites: their numbers, and what of them it brings. */
struct cited {
	uint64_t *numbers;
	struct slice *parts; /* .p NULL: it is left out */
	size_t n, n_parts;
	size_t room; /* bytes left for them */
};

/* Who did it, and from where: what no record may lack. */
static bool
is_who(const struct leaf *leaf, uint64_t number)
{
	if (number == leaf->context || number == leaf->cites ||
	    number == ref_sequence(leaf->principal) ||
	    number == ref_sequence(leaf->session) ||
	    number == ref_sequence(leaf->behalf))
		return true;
	for (size_t i = 0; i < leaf->n_credentials; i++)
		if (number == ref_sequence(leaf->credentials[i]))
			return true;
	return false;
}

void
record_cache_free(struct record_cache *cache)
{
	for (size_t i = 0; i < RECORD_KEPT; i++) {
		cache->kept[i].number = 0;
		buf_free(&cache->kept[i].part);
	}
}

static void
keep(struct record_cache *cache, uint64_t number, struct slice part)
{
	struct record_kept *kept = &cache->kept[number % RECORD_KEPT];

	if (part.n > KEPT_BYTES_MAX)
		return;
	kept->part.max = KEPT_BYTES_MAX;
	buf_clear(&kept->part);
	buf_put_slice(&kept->part, part);
	kept->number = kept->part.error == 0 ? number : 0;
}

/* A leaf that is cited: [leaf, openings]. */
static int
put_cited(struct db *db, struct record_cache *cache, struct arena *arena,
    uint64_t number, struct buf *part)
{
	const struct record_kept *kept =
	    cache != NULL ? &cache->kept[number % RECORD_KEPT] : NULL;
	struct leaf leaf;
	int r;

	if (kept != NULL && kept->number == number) {
		buf_put_slice(part, buf_slice(&kept->part));
		return part->error;
	}
	cbor_put_array(part, 2);
	r = put_part(db, arena, number, part, &leaf);
	if (r == 0 && cache != NULL)
		keep(cache, number, buf_slice(part));
	return r;
}

/* Those that say who, or the others, as long as there is room. */
static int
take_cited(struct db *db, struct record_cache *cache, struct arena *arena,
    const struct leaf *leaf, bool who, struct cited *cited)
{
	struct buf part = BUF(BUNDLE_BYTES_MAX);
	int r = 0;

	for (size_t i = 0; i < cited->n && r == 0; i++) {
		if (is_who(leaf, cited->numbers[i]) != who)
			continue;
		buf_clear(&part);
		r = put_cited(db, cache, arena, cited->numbers[i], &part);
		if (r < 0 || part.n > cited->room)
			break;
		cited->parts[i] = arena_copy(arena, buf_slice(&part));
		if (cited->parts[i].p == NULL)
			r = E_NOMEM;
		cited->room -= part.n;
		cited->n_parts++;
	}
	buf_free(&part);
	return r == E_NOT_FOUND ? E_CORRUPT : r;
}

/*
 * A record may cite more than fits in one bundle, hundreds of long ones: who
 * did it comes first, and what is left out is not known to its reader.
 */
int
record_put(struct db *db, struct record_cache *cache, struct arena *arena,
    uint64_t sequence, struct buf *buf)
{
	struct cited cited = {.n = 0};
	size_t start = buf->n;
	struct leaf leaf;
	int r;

	cited.numbers =
	    arena_alloc(arena, BUNDLE_CITED_MAX * sizeof(*cited.numbers));
	cited.parts =
	    arena_alloc(arena, BUNDLE_CITED_MAX * sizeof(*cited.parts));
	if (cited.numbers == NULL || cited.parts == NULL)
		return E_NOMEM;
	cbor_put_array(buf, 3);
	if ((r = put_part(db, arena, sequence, buf, &leaf)) < 0)
		return r;
	cited.n = bundle_cites(&leaf, cited.numbers, BUNDLE_CITED_MAX);
	cited.room = BUNDLE_BYTES_MAX - (buf->n - start) - CITED_HEAD_MAX;
	if ((r = take_cited(db, cache, arena, &leaf, true, &cited)) < 0 ||
	    (r = take_cited(db, cache, arena, &leaf, false, &cited)) < 0)
		return r;
	cbor_put_array(buf, cited.n_parts);
	for (size_t i = 0; i < cited.n; i++)
		if (cited.parts[i].p != NULL)
			buf_put_slice(buf, cited.parts[i]);
	return buf->error;
}
