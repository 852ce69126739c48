#include "core/timeline.h"

#include "core/core.h"
#include "core/index_private.h"
#include "core/record.h"
#include "ledger/leaf.h"
#include "op/op.h"
#include "store/meta.h"

enum {
	ROWS_AT_ONCE = 512,
	ROWS_FEW = 4, /* where few are wanted; also what a look costs */
	CONTEXTS_MOST = 20000, /* connections from one address */
	CONDITIONS_MAX = 5,
};

#define NOWHERE UINT64_MAX

/* ---- the records of a term, ascending ------------------------------------ */

/* Records of one term, read a slice at a time. */
struct cursor {
	struct db *index;
	uint64_t kind, value;
	uint64_t last; /* none behind this one */
	uint64_t v[ROWS_AT_ONCE];
	size_t n, at, want;
	bool end;         /* there is nothing behind the slice */
	int64_t *left;    /* what may still be looked at */
	struct from *any; /* of an address: all its connections instead */
};

/* The next record of each connection from an address, the first on top. */
struct from {
	struct from_one {
		uint64_t next, context;
	} * heap;
	size_t n;
};

static void
cursor_init(struct cursor *c, struct db *index, uint64_t kind, uint64_t value,
    uint64_t last, int64_t *left)
{
	*c = (struct cursor){.index = index,
	    .kind = kind,
	    .value = value,
	    .last = last,
	    .left = left,
	    .want = ROWS_FEW};
}

/* Records of a term from a number on, at most so many, into v. */
static int
read_rows(const struct cursor *c, uint64_t value, uint64_t from, size_t most,
    uint64_t *v, size_t *ret_n)
{
	struct stmt *stmt = db_stmt(c->index, SQL_TERM_FORWARD);
	size_t n = 0;
	int r;

	stmt_u64(stmt, 1, c->kind);
	stmt_u64(stmt, 2, value);
	stmt_u64(stmt, 3, from);
	stmt_u64(stmt, 4, c->last);
	stmt_u64(stmt, 5, most);
	while ((r = stmt_step(stmt)) > 0)
		v[n++] = stmt_col_u64(stmt, 0);
	*c->left -= (int64_t)n + ROWS_FEW;
	*ret_n = n;
	return r;
}

static void
sift(struct from *from, size_t i)
{
	struct from_one *h = from->heap, moved = h[i];

	for (size_t k = 2 * i + 1; k < from->n; k = 2 * i + 1) {
		if (k + 1 < from->n && h[k + 1].next < h[k].next)
			k++;
		if (h[k].next >= moved.next)
			break;
		h[i] = h[k];
		i = k;
	}
	h[i] = moved;
}

/* The first record of a connection from a number on. */
static int
next_of(const struct cursor *c, struct from_one *one, uint64_t from)
{
	size_t n;
	int r = read_rows(c, one->context, from, 1, &one->next, &n);

	if (n == 0)
		one->next = NOWHERE;
	return r;
}

static int
seek_any(struct cursor *c, uint64_t from, uint64_t *ret_at)
{
	struct from *any = c->any;
	int r;

	while (any->n > 0 && any->heap[0].next < from) {
		if ((r = next_of(c, &any->heap[0], from)) < 0)
			return r;
		if (any->heap[0].next == NOWHERE)
			any->heap[0] = any->heap[--any->n];
		sift(any, 0);
	}
	*ret_at = any->n > 0 ? any->heap[0].next : NOWHERE;
	return 0;
}

/* The first record of the term from a number on, which only ascends. */
static int
seek(struct cursor *c, uint64_t from, uint64_t *ret_at)
{
	int r;

	if (c->any != NULL)
		return seek_any(c, from, ret_at);
	while (c->at < c->n && c->v[c->at] < from)
		c->at++;
	if (c->at == c->n && !c->end && from <= c->last) {
		/* Who reads one after the other gets more at once. */
		bool goes_on = c->n > 0 && from == c->v[c->n - 1] + 1;

		c->want = goes_on ? MIN(4 * c->want, (size_t)ROWS_AT_ONCE)
		                  : (size_t)ROWS_FEW;
		c->at = 0;
		if ((r = read_rows(c, c->value, from, c->want, c->v, &c->n)) <
		    0)
			return r;
		c->end = c->n < c->want;
	}
	*ret_at = c->at < c->n ? c->v[c->at] : NOWHERE;
	return 0;
}

static int
has(struct cursor *c, uint64_t sequence, bool *ret_has)
{
	uint64_t at;
	int r = seek(c, sequence, &at);

	*ret_has = r == 0 && at == sequence;
	return r;
}

/* ---- what fits all of several -------------------------------------------- */

struct scan {
	struct cursor all[CONDITIONS_MAX]; /* that a record must have ... */
	size_t n;
	struct cursor denied, failed, unallowed;
	bool but_unallowed; /* ... and this one it must not */
	int64_t left;
};

static void
add_condition(
    struct scan *scan, struct place *place, uint64_t kind, uint64_t value)
{
	cursor_init(&scan->all[scan->n++], index_of(place), kind, value,
	    INT64_MAX, &scan->left);
}

/* The next record from one on that has all. */
static int
next_match(struct scan *scan, uint64_t from, uint64_t *ret_match)
{
	size_t same = 0;
	int r;

	for (size_t i = 0; same < scan->n; i = (i + 1) % scan->n) {
		uint64_t at;

		if ((r = seek(&scan->all[i], from, &at)) < 0)
			return r;
		same = at == from ? same + 1 : 1;
		from = at;
		if (at == NOWHERE || scan->left <= 0)
			break;
	}
	*ret_match = from;
	return 0;
}

static int
count_match(struct scan *scan, uint64_t sequence, struct tally *sum)
{
	bool denied, failed, unallowed = false;
	int r;

	if (scan->but_unallowed &&
	    (r = has(&scan->unallowed, sequence, &unallowed)) < 0)
		return r;
	if (unallowed)
		return 0;
	if ((r = has(&scan->denied, sequence, &denied)) < 0 ||
	    (r = has(&scan->failed, sequence, &failed)) < 0)
		return r;
	sum->count++;
	sum->denied += denied;
	sum->failed += failed;
	return 0;
}

/*
 * Counts those from a number up to another, which is not among them. *ret_at is
 * that, or where there was too much to look at.
 */
static int
scan_range(struct scan *scan, uint64_t from, uint64_t to, struct tally *sum,
    uint64_t *ret_at)
{
	int r;

	while (from < to) {
		uint64_t match;

		if (scan->left <= 0) {
			*ret_at = from;
			return 0;
		}
		if ((r = next_match(scan, from, &match)) < 0)
			return r;
		if (scan->left <= 0 && match < to) {
			*ret_at = match;
			return 0;
		}
		if (match < to && (r = count_match(scan, match, sum)) < 0)
			return r;
		from = match < to ? match + 1 : to;
	}
	*ret_at = to;
	return 0;
}

/* ---- which conditions ---------------------------------------------------- */

/*
 * The connections from an address, each with its first record from one on.
 * False where they are too many to go by.
 */
static int
from_address(struct place *place, struct cursor *c, uint64_t address,
    uint64_t first, bool *ret_few)
{
	uint64_t *contexts =
	    arena_alloc(place->arena, CONTEXTS_MOST * sizeof(*contexts));
	struct from *any = arena_alloc(place->arena, sizeof(*any));
	size_t n = 0;
	int r;

	*ret_few = true;
	if (contexts == NULL || any == NULL)
		return E_NOMEM;
	c->kind = TERM_ADDRESS;
	r = read_rows(c, address, 0, CONTEXTS_MOST, contexts, &n);
	if (r < 0 || n == CONTEXTS_MOST) {
		*ret_few = false;
		return r;
	}
	c->kind = TERM_CONTEXT;
	any->heap = arena_alloc(place->arena, (n + 1) * sizeof(*any->heap));
	if (any->heap == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct from_one *one = &any->heap[any->n];

		one->context = contexts[i];
		if ((r = next_of(c, one, first)) < 0)
			return r;
		any->n += one->next != NOWHERE;
	}
	for (size_t i = any->n / 2; i > 0; i--)
		sift(any, i - 1);
	c->any = any;
	return 0;
}

/* It asks for more than sums tell. */
static bool
is_narrow(const struct log_search *q)
{
	return q->has_principal || q->has_object || q->has_address ||
	       (q->has_outcome && q->outcome != OUTCOME_ALLOWED);
}

/*
 * The scan of a narrow query from a record on; or, of one that asks for what
 * was allowed, the scan for what is to be taken off the sums.
 */
static int
scan_init(struct place *place, const struct timeline_of *of, uint64_t first,
    struct scan *scan, bool *ret_can)
{
	const struct log_search *q = search_query(of->search);
	struct db *index = index_of(place);
	struct cursor *last;

	*scan = (struct scan){.left = of->rows};
	*ret_can = true;
	cursor_init(&scan->denied, index, TERM_OUTCOME, OUTCOME_DENIED,
	    INT64_MAX, &scan->left);
	cursor_init(&scan->failed, index, TERM_OUTCOME, OUTCOME_FAILED,
	    INT64_MAX, &scan->left);
	cursor_init(
	    &scan->unallowed, index, TERM_UNALLOWED, 1, INT64_MAX, &scan->left);
	if (q->has_object)
		add_condition(scan, place, TERM_OBJECT, q->object.n);
	if (q->has_principal)
		add_condition(scan, place, TERM_PRINCIPAL, q->principal.n);
	if (q->has_outcome && q->outcome != OUTCOME_ALLOWED)
		add_condition(scan, place, TERM_OUTCOME, q->outcome);
	else if (q->has_outcome && is_narrow(q))
		scan->but_unallowed = true;
	else if (q->has_outcome)
		add_condition(scan, place, TERM_UNALLOWED, 1);
	if (q->has_operation)
		add_condition(
		    scan, place, TERM_OPERATION, search_op(of->search));
	if (!q->has_address)
		return 0;
	last = &scan->all[scan->n];
	add_condition(scan, place, TERM_CONTEXT, 0);
	return from_address(place, last, index_address(place->core, q->address),
	    first, ret_can);
}

/* ---- by the index -------------------------------------------------------- */

/* What is counted here. */
struct counting {
	struct place *place;
	const struct timeline_of *of;
	struct db *index;
	uint64_t covered; /* the first record that the index doesn't have */
	struct timeline_told *told;
};

static int64_t
begin_of(const struct timeline_of *of, size_t i)
{
	return of->since + (int64_t)i * of->span;
}

/* The second of a record. */
static int
second_of(struct place *place, uint64_t sequence, int64_t *ret_second)
{
	struct arena arena = {NULL};
	struct leaf leaf = {.time = 0};
	struct slice bytes;
	uint64_t found;
	int r = record_from(place->db, &arena, sequence, &found, &bytes);

	if (r == 0)
		r = leaf_decode(bytes, &arena, &leaf);
	arena_free(&arena);
	*ret_second = tally_second(leaf.time);
	return r;
}

/*
 * A span that was too much: up to the last whole second, which is counted
 * again; where it is one that alone was too much, all of that.
 */
static int
cut_span(struct counting *c, size_t i, uint64_t first, uint64_t at)
{
	struct tally *sum = &c->told->sums[i];
	struct scan scan;
	int64_t second;
	uint64_t to;
	bool can;
	/* The index may know of records that came behind this snapshot. */
	int r = second_of(c->place, MIN(at, c->place->at), &second);

	if (r < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	if (second <= begin_of(c->of, i))
		second = begin_of(c->of, i) + (i == 0);
	*sum = (struct tally){.count = 0};
	c->told->until = second;
	if ((r = tally_first(c->index, second, c->covered, &to)) < 0 ||
	    (r = scan_init(c->place, c->of, first, &scan, &can)) < 0)
		return r;
	scan.left = INT64_MAX;
	return scan_range(&scan, first, to, sum, &at);
}

/* By terms. 1; or 0 where there are none to go by. */
static int
count_terms(struct counting *c)
{
	const struct timeline_of *of = c->of;
	uint64_t first, to, at;
	struct scan scan;
	bool can;
	int r;

	if ((r = tally_first(c->index, of->since, c->covered, &first)) < 0 ||
	    (r = scan_init(c->place, of, first, &scan, &can)) < 0)
		return r;
	for (size_t i = 0; can && i < of->n; i++) {
		if ((r = tally_first(
			 c->index, begin_of(of, i + 1), c->covered, &to)) < 0 ||
		    (r = scan_range(&scan, first, to, &c->told->sums[i], &at)) <
			0)
			return r;
		if (at < to)
			return (r = cut_span(c, i, first, at)) < 0 ? r : 1;
		first = to;
	}
	return can;
}

/* By sums; off these what the terms have counted, if they have. */
static int
count_sums(struct counting *c, bool off)
{
	const struct timeline_of *of = c->of;
	uint64_t op = search_op(of->search);
	struct tally all;
	int r;

	for (size_t i = 0; i < of->n; i++) {
		struct tally *sum = &c->told->sums[i];
		int64_t end = MIN(begin_of(of, i + 1), c->told->until);

		r = tally_sum(c->index, op, begin_of(of, i), end, &all);
		if (r < 0)
			return r;
		if (off)
			all = (struct tally){all.count - sum->count,
			    all.denied - sum->denied, all.failed - sum->failed};
		*sum = all;
	}
	return 0;
}

/* What the index has: 1; 0 where it is of no use. */
static int
count_index(struct counting *c)
{
	const struct log_search *q = search_query(c->of->search);
	bool off = q->has_outcome && !is_narrow(q);
	int r = 1;

	if (is_narrow(q) || off)
		r = count_terms(c);
	if (r <= 0 || is_narrow(q))
		return r;
	r = count_sums(c, off);
	return r < 0 ? r : 1;
}

/* ---- by the log itself --------------------------------------------------- */

/* One record behind another. */
struct reading {
	struct arena arena;
	int64_t second; /* whose records `sum` has */
	struct tally sum;
	int64_t looked_at;
};

/* A second is complete: into its span. */
static void
settle(const struct counting *c, struct reading *reading)
{
	const struct timeline_of *of = c->of;
	struct tally *to;

	if (reading->sum.count == 0)
		return;
	to = &c->told->sums[(reading->second - of->since) / of->span];
	to->count += reading->sum.count;
	to->denied += reading->sum.denied;
	to->failed += reading->sum.failed;
	reading->sum = (struct tally){.count = 0};
}

/* 1 to go on; 0 at the end, or where it is too much. */
static int
read_one(struct counting *c, struct reading *reading, uint64_t *next)
{
	const struct timeline_of *of = c->of;
	struct place *place = c->place;
	struct leaf leaf;
	struct slice bytes;
	int64_t second;
	int r;

	if ((r = record_from(place->db, &reading->arena, *next, next, &bytes)) <
	    0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = leaf_decode(bytes, &reading->arena, &leaf)) < 0)
		return r;
	second = tally_second(leaf.time);
	if (second >= c->told->until)
		return 0;
	if (second != reading->second) {
		settle(c, reading);
		if (reading->looked_at >= of->leaves) {
			c->told->until = MAX(second, of->since);
			return 0;
		}
		reading->second = second;
	}
	reading->looked_at++;
	if (second < of->since)
		return 1;
	r = search_matches(of->search, place->db, &reading->arena, *next);
	if (r > 0)
		tally_count(&reading->sum, &leaf);
	return r < 0 ? r : 1;
}

static int
count_leaves(struct counting *c)
{
	struct reading reading = {.second = INT64_MIN};
	uint64_t next, first;
	int r = index_first_at(c->place, c->of->since * 1000, &first);

	if (r < 0)
		return r;
	next = MAX(c->covered, first);
	do {
		r = read_one(c, &reading, &next);
		next++;
		arena_reset(&reading.arena);
	} while (r > 0);
	if (r == 0)
		settle(c, &reading);
	arena_free(&reading.arena);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

int
timeline_count(struct place *place, const struct timeline_of *of,
    struct timeline_told *ret_told)
{
	struct counting c = {.place = place,
	    .of = of,
	    .index = index_of(place),
	    .covered = 1,
	    .told = ret_told};
	int r = 0;

	*ret_told = (struct timeline_told){
	    .until = begin_of(of, of->n), .size = place->at};
	if (c.index != NULL && (r = db_begin(c.index)) < 0)
		return r;
	if (c.index != NULL) {
		/* One snapshot: what it covers, and what it says. */
		r = meta_get_u64(c.index, "next", &c.covered);
		if (r == 0)
			r = count_index(&c);
		if (r == 0)
			c.covered = 1;
		db_end(c.index);
	}
	if (r < 0)
		return r;
	ret_told->size = MAX(ret_told->size, c.covered - 1);
	return count_leaves(&c);
}
