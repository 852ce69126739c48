/*
 * incident.scope, incident.acts: what descends from an incident's seeds, what
 * was done there, and what was read.
 */
#include <stdlib.h>

#include "core/apps/incident/incident.h"
#include "core/index.h"
#include "core/record.h"
#include "core/search.h"
#include "op/op.h"

enum { LISTED = 100, READS_MAX = 200000 };

/* As of which leaf: no later one is there. */
static uint64_t
as_of(const struct run *run, bool has, uint64_t at)
{
	return has ? MIN(at, run->place->at) : run->place->at;
}

static struct slice
op_name(const struct leaf *leaf)
{
	const struct op *op = op_get(leaf->op);

	return slice_str(op != NULL ? op->name : "unknown");
}

/* The record by which it descends; the installation is cited as itself. */
static uint64_t
cause_of(uint64_t cause)
{
	return cause >= REFS_A_LEAF ? ref_sequence(cause) : cause;
}

/* ---- scope
 * ------------------------------------------------------------------------- */

/* The row that another one is of, by a statement; 0: none. */
static int
of(struct run *run, enum sql sql, uint64_t ref, uint64_t *ret_of)
{
	struct stmt *stmt = db_stmt(run->place->db, sql);
	int r;

	*ret_of = 0;
	stmt_u64(stmt, 1, ref);
	if ((r = stmt_step(stmt)) > 0) {
		*ret_of = stmt_col_u64(stmt, 0);
		stmt_done(stmt);
	}
	return MIN(r, 0);
}

/* The top of a space has no name. */
static int
node_name(struct run *run, uint64_t id, struct incident_thing *ret)
{
	struct node_row node;
	int r = id != 0 ? node_load(run->place, id, &node) : E_NOT_FOUND;

	if (r == 0 && node.name.n > 0)
		SHAPE_SET(ret, name, node.name);
	return r == E_NOT_FOUND ? 0 : r;
}

static int
name_it(
    struct run *run, const struct closure_row *row, struct incident_thing *ret)
{
	static const enum sql whose[KIND_MAX] = {
	    [KIND_CREDENTIAL] = SQL_CREDENTIAL_OWNER,
	    [KIND_SESSION] = SQL_SESSION_GET,
	    [KIND_GRANT] = SQL_TUPLE_SUBJECT,
	    [KIND_VERSION] = SQL_VERSION_NODE,
	};
	uint64_t id = row->ref;
	int r = 0;

	if (whose[row->kind] != 0)
		r = of(run, whose[row->kind], row->ref, &id);
	if (r < 0)
		return r;
	if (whose[row->kind] != 0 && id != 0)
		SHAPE_SET(ret, of,
		    ((struct id){id, row->kind == KIND_VERSION
					 ? KIND_FILE
					 : KIND_PRINCIPAL}));
	if (row->kind == KIND_FOLDER || row->kind == KIND_FILE ||
	    row->kind == KIND_VERSION)
		return node_name(run, id, ret);
	return row->kind == KIND_PRINCIPAL || whose[row->kind] != 0
	           ? incident_name(run, id, &ret->name, &ret->has_name)
	           : 0;
}

static int
describe(
    struct run *run, const struct closure_row *row, struct incident_thing *ret)
{
	struct arena scratch = {NULL};
	struct leaf leaf;
	int lives = incident_lives(run, row);
	int r = lives < 0 ? lives
	                  : record_read(run->place->db, &scratch,
				ref_sequence(row->ref), &leaf);

	if (r == 0) {
		SHAPE_SET(ret, operation, op_name(&leaf));
		SHAPE_SET(ret, time, leaf.time);
		if (leaf.principal != 0)
			SHAPE_SET(ret, by,
			    ((struct id){leaf.principal, KIND_PRINCIPAL}));
	}
	arena_free(&scratch);
	if (r < 0)
		return r;
	SHAPE_SET(ret, id, ((struct id){row->ref, row->kind}));
	SHAPE_SET(ret, kind, slice_str(kind_text(row->kind)));
	SHAPE_SET(ret, verdict, row->verdict);
	SHAPE_SET(ret, rule, row->rule);
	SHAPE_SET(ret, sequence, ref_sequence(row->ref));
	SHAPE_SET(ret, live, lives > 0);
	if (row->cause != 0)
		SHAPE_SET(ret, cause, cause_of(row->cause));
	if ((r = name_it(run, row, ret)) < 0 || !ret->has_by)
		return r;
	return incident_name(run, ret->by.n, &ret->by_name, &ret->has_by_name);
}

static int
count(struct run *run, const struct closure *closure,
    struct incident_closure *result)
{
	uint64_t must[KIND_MAX] = {0}, may[KIND_MAX] = {0},
		 live[KIND_MAX] = {0};
	struct incident_count *counts =
	    arena_alloc(run->arena, KIND_MAX * sizeof(*counts));
	size_t n = 0;

	if (counts == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < closure->n_rows; i++) {
		const struct closure_row *row = closure->rows[i];
		int lives = incident_lives(run, row);

		if (lives < 0)
			return lives;
		must[row->kind] += row->verdict == VERDICT_MUST;
		may[row->kind] += row->verdict == VERDICT_MAY;
		live[row->kind] += lives > 0;
	}
	for (unsigned kind = KIND_NONE; kind < KIND_MAX; kind++) {
		struct incident_count *one = &counts[n];

		if (must[kind] + may[kind] == 0)
			continue;
		SHAPE_SET(one, kind, slice_str(kind_text((enum kind)kind)));
		SHAPE_SET(one, must, must[kind]);
		SHAPE_SET(one, may, may[kind]);
		SHAPE_SET(one, live, live[kind]);
		n++;
	}
	result->counts.v = counts;
	result->counts.n = n;
	return 0;
}

static int
put_page(struct run *run, const struct closure *closure,
    const struct incident_scope *args, struct incident_closure *result)
{
	size_t limit = args->has_limit ? MAX(args->limit, 1) : LISTED;
	struct incident_thing *list =
	    arena_alloc(run->arena, limit * sizeof(*list));
	size_t i = 0, n = 0;
	int r = 0;

	if (list == NULL)
		return E_NOMEM;
	while (args->has_after && i < closure->n_rows &&
	       closure->rows[i++]->ref != args->after.n)
		;
	for (; i < closure->n_rows && n < limit && r == 0; i++)
		r = describe(run, closure->rows[i], &list[n++]);
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	SHAPE_SET(result, more, i < closure->n_rows);
	return r;
}

int
incident_scope_read(struct run *run)
{
	const struct incident_scope *args = RUN_ARGS(run, incident_scope);
	struct incident_closure *result = RUN_RESULT(run, incident_closure);
	uint64_t at = as_of(run, args->has_at, args->at);
	struct incident_row row;
	struct closure closure;
	struct digest digest;
	int r = incident_check_caller(run);

	if (r < 0 || (r = incident_load(run, args->incident.n, &row)) < 0 ||
	    (r = incident_closure(run, row.id, at, &closure)) < 0)
		return r;
	SHAPE_SET(result, at, at);
	SHAPE_SET(result, acts, closure.n_acts);
	if (closure.root != 0)
		SHAPE_SET(result, root, closure.root);
	result->has_counts = true;
	/* Each row is asked whether it lives: once, not for each page. */
	if ((r = incident_digest(run, &closure, &digest)) == 0 &&
	    (args->has_after || (r = count(run, &closure, result)) == 0))
		r = put_page(run, &closure, args, result);
	closure_free(&closure);
	if (r < 0)
		return r;
	SHAPE_SET(result, digest, run_copy(run, digest_slice(&digest)));
	return result->digest.p != NULL
	           ? run_number(run, FACT_COUNT, (int64_t)result->list.n)
	           : E_NOMEM;
}

/* ---- what was done, what was read
 * ------------------------------------------------- */

struct page {
	struct run *run;
	const struct closure *closure;
	struct incident_act *list;
	size_t n, limit;
	bool more;
};

static int
put_act(
    struct page *page, const struct leaf *leaf, const struct closure_act *act)
{
	struct incident_act *ret = &page->list[page->n++];

	SHAPE_SET(ret, sequence, leaf->sequence);
	SHAPE_SET(ret, time, leaf->time);
	SHAPE_SET(ret, operation, op_name(leaf));
	SHAPE_SET(ret, verdict, act->verdict);
	SHAPE_SET(ret, rule, act->rule);
	SHAPE_SET(ret, objects, leaf->n_objects);
	if (act->cause != 0)
		SHAPE_SET(ret, cause, cause_of(act->cause));
	if (leaf->n_objects > 0 && leaf->objects[0].kind != KIND_NONE)
		SHAPE_SET(ret, object,
		    ((struct id){leaf->objects[0].ref, leaf->objects[0].kind}));
	if (leaf->principal == 0)
		return 0;
	SHAPE_SET(ret, by, ((struct id){leaf->principal, KIND_PRINCIPAL}));
	return incident_name(
	    page->run, leaf->principal, &ret->by_name, &ret->has_by_name);
}

static int
put_acts(struct page *page, uint64_t after)
{
	const struct closure *c = page->closure;

	for (size_t i = 0; i < c->n_acts; i++) {
		struct arena scratch = {NULL};
		struct leaf leaf;
		int r;

		if (c->acts[i].sequence <= after)
			continue;
		if (page->n == page->limit) {
			page->more = true;
			return 0;
		}
		r = record_read(
		    page->run->place->db, &scratch, c->acts[i].sequence, &leaf);
		if (r == 0)
			r = put_act(page, &leaf, &c->acts[i]);
		arena_free(&scratch);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Records of those whose sessions descend, as far as the index tells. */
struct candidates {
	uint64_t *v;
	size_t n;
	uint64_t after, at;
};

static int
add_candidate(void *arg, uint64_t sequence)
{
	struct candidates *c = arg;

	if (sequence <= c->after || sequence > c->at)
		return 1;
	if (c->n == READS_MAX)
		return E_LIMIT;
	c->v[c->n++] = sequence;
	return 1;
}

static int
find_of(struct run *run, uint64_t principal, struct candidates *candidates)
{
	struct log_search query = {
	    .has_principal = true, .principal = {principal, KIND_PRINCIPAL}};
	struct search *search;
	uint64_t next = 0;
	int r = search_of(&query, &search);

	if (r < 0)
		return r;
	r = index_scan(
	    run->place, search, add_candidate, candidates, SIZE_MAX, &next);
	search_free(&search);
	return r;
}

static int
find_candidates(struct page *page, struct candidates *candidates)
{
	const struct closure *c = page->closure;
	struct map done = {.n = 0};
	int r = 0;

	for (size_t i = 0; i < c->n_rows && r == 0; i++) {
		uint64_t principal;

		if (c->rows[i]->kind != KIND_SESSION)
			continue;
		r = of(page->run, SQL_SESSION_GET, c->rows[i]->ref, &principal);
		if (r < 0 || principal == 0 ||
		    map_get(&done, principal) != NULL)
			continue;
		if ((r = map_put(&done, principal, &done)) == 0)
			r = find_of(page->run, principal, candidates);
	}
	map_free(&done);
	return r;
}

static int
by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Content that was read: bytes, names, pages, the log. */
static bool
is_reading(const struct leaf *leaf)
{
	const struct op *op = op_get(leaf->op);

	return op != NULL && leaf->outcome == 0 &&
	       (op->effect == OP_READ || leaf->op == OP_DOCUMENT_SEEN);
}

static int
put_reads(struct page *page, struct candidates *candidates)
{
	qsort(candidates->v, candidates->n, sizeof(*candidates->v), by_number);
	for (size_t i = 0; i < candidates->n; i++) {
		struct arena scratch = {NULL};
		const struct closure_row *row;
		struct leaf leaf;
		int r = record_read(
		    page->run->place->db, &scratch, candidates->v[i], &leaf);

		if (r == 0 && is_reading(&leaf) &&
		    (row = closure_row(page->closure, leaf.session)) != NULL &&
		    leaf.time >= row->since) {
			if (page->n == page->limit)
				page->more = true;
			else
				r = put_act(page, &leaf,
				    &(struct closure_act){leaf.sequence,
					row->verdict, DESCENT_DONE, row->ref});
		}
		arena_free(&scratch);
		if (r < 0 || page->more)
			return r;
	}
	return 0;
}

static int
find_reads(struct page *page, uint64_t after)
{
	struct candidates candidates = {
	    .v = mem_calloc(READS_MAX, sizeof(uint64_t)),
	    .after = after,
	    .at = page->closure->at,
	};
	int r;

	if (candidates.v == NULL)
		return E_NOMEM;
	r = find_candidates(page, &candidates);
	if (r == 0)
		r = put_reads(page, &candidates);
	mem_free(candidates.v);
	return r;
}

int
incident_acts_read(struct run *run)
{
	const struct incident_acts *args = RUN_ARGS(run, incident_acts);
	struct incident_act_page *result = RUN_RESULT(run, incident_act_page);
	uint64_t at = as_of(run, args->has_at, args->at);
	uint64_t after = args->has_after ? args->after : 0;
	struct page page = {.run = run,
	    .limit = args->has_limit ? MAX(args->limit, 1) : LISTED};
	struct incident_row row;
	struct closure closure;
	int r = incident_check_caller(run);

	if (r < 0 || (r = incident_load(run, args->incident.n, &row)) < 0)
		return r;
	page.list = arena_alloc(run->arena, page.limit * sizeof(*page.list));
	if (page.list == NULL)
		return E_NOMEM;
	if ((r = incident_closure(run, row.id, at, &closure)) < 0)
		return r;
	page.closure = &closure;
	r = args->has_reads && args->reads ? find_reads(&page, after)
	                                   : put_acts(&page, after);
	closure_free(&closure);
	if (r < 0)
		return r;
	SHAPE_SET(result, at, at);
	SHAPE_SET(result, more, page.more);
	result->has_list = true;
	result->list.v = page.list;
	result->list.n = page.n;
	return run_number(run, FACT_COUNT, (int64_t)page.n);
}
