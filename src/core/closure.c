#include "core/closure.h"

#include "core/index.h"
#include "core/record.h"
#include "core/search.h"
#include "op/op.h"

/* What a proof that cites a leaf has from it. */
struct lends {
	unsigned verdict;
};

/* The leaves to be looked at: a binary heap, the smallest number first. */
struct heap {
	uint64_t *v;
	size_t n, cap;
	struct map seen; /* what was ever in it */
};

struct find {
	struct place *place;
	struct closure *c;
	struct heap heap;
	uint64_t after;  /* leaves up to this one are done */
	uint64_t behind; /* the first leaf that the index doesn't cover */
};

/* Why something belongs to the closure. */
struct taint {
	unsigned verdict;
	unsigned rule;
	uint64_t cause;
};

/* ---- what waits
 * ------------------------------------------------------------------------ */

static int
heap_push(struct heap *heap, uint64_t leaf)
{
	size_t i;
	int r;

	if (map_get(&heap->seen, leaf) != NULL)
		return 0;
	if (heap->n == heap->cap) {
		size_t cap = MAX(2 * heap->cap, 256);
		uint64_t *v = mem_realloc(heap->v, cap * sizeof(*v));

		if (v == NULL)
			return E_NOMEM;
		heap->v = v;
		heap->cap = cap;
	}
	if ((r = map_put(&heap->seen, leaf, heap)) < 0)
		return r;
	for (i = heap->n++; i > 0 && heap->v[(i - 1) / 2] > leaf;
	     i = (i - 1) / 2)
		heap->v[i] = heap->v[(i - 1) / 2];
	heap->v[i] = leaf;
	return 0;
}

static uint64_t
heap_pop(struct heap *heap)
{
	uint64_t top = heap->v[0], last = heap->v[--heap->n];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < heap->n; i = child) {
		if (child + 1 < heap->n && heap->v[child + 1] < heap->v[child])
			child++;
		if (heap->v[child] >= last)
			break;
		heap->v[i] = heap->v[child];
	}
	heap->v[i] = last;
	return top;
}

static void
heap_free(struct heap *heap)
{
	mem_free(heap->v);
	map_free(&heap->seen);
}

/* What is not ahead is done; what the index doesn't cover is all looked at. */
static int
push(struct find *f, uint64_t leaf)
{
	if (leaf <= f->after || leaf > f->c->at || leaf >= f->behind)
		return 0;
	return heap_push(&f->heap, leaf);
}

static int
push_child(
    void *arg, uint64_t parent UNUSED, uint64_t child, const char *how UNUSED)
{
	int r = push(arg, child);

	return r < 0 ? r : 1;
}

static int
push_children(struct find *f, uint64_t leaf)
{
	return index_children_covered(f->place, leaf, push_child, f);
}

/* ---- what belongs to it
 * ---------------------------------------------------------------- */

const struct closure_row *
closure_row(const struct closure *closure, uint64_t ref)
{
	return map_get(&closure->by_ref, ref);
}

static int
add_row(struct find *f, enum kind kind, uint64_t ref, const struct taint *taint,
    int64_t since)
{
	struct closure *c = f->c;
	struct closure_row *row = map_get(&c->by_ref, ref);
	int r;

	if (row != NULL) {
		row->since = MIN(row->since, since);
		if (taint->verdict > row->verdict) {
			row->verdict = taint->verdict;
			row->rule = taint->rule;
			row->cause = taint->cause;
		}
		return 0;
	}
	if (c->n_rows == CLOSURE_MAX)
		return E_LIMIT;
	if (c->n_rows == c->rows_cap) {
		size_t cap = MAX(2 * c->rows_cap, 64);
		struct closure_row **rows =
		    mem_realloc(c->rows, cap * sizeof(struct closure_row *));

		if (rows == NULL)
			return E_NOMEM;
		c->rows = rows;
		c->rows_cap = cap;
	}
	if ((row = arena_alloc(c->arena, sizeof(*row))) == NULL)
		return E_NOMEM;
	*row = (struct closure_row){
	    ref, kind, taint->verdict, taint->rule, taint->cause, since};
	if ((r = map_put(&c->by_ref, ref, row)) < 0)
		return r;
	c->rows[c->n_rows++] = row;
	return 0;
}

static int
add_act(struct find *f, uint64_t leaf, const struct taint *taint)
{
	struct closure *c = f->c;

	if (c->n_acts == CLOSURE_MAX)
		return E_LIMIT;
	if (c->n_acts == c->acts_cap) {
		size_t cap = MAX(2 * c->acts_cap, 64);
		struct closure_act *acts =
		    mem_realloc(c->acts, cap * sizeof(*acts));

		if (acts == NULL)
			return E_NOMEM;
		c->acts = acts;
		c->acts_cap = cap;
	}
	c->acts[c->n_acts++] = (struct closure_act){
	    leaf, taint->verdict, taint->rule, taint->cause};
	return 0;
}

/* ---- one leaf
 * ------------------------------------------------------------------------ */

/* The stronger one; of equal ones the first. */
static void
stain(struct taint *taint, unsigned verdict, unsigned rule, uint64_t cause)
{
	if (verdict > taint->verdict)
		*taint = (struct taint){verdict, rule, cause};
}

/* By whom it was done, or approved. */
static struct taint
taint_of_actor(const struct closure *c, const struct leaf *leaf)
{
	const struct closure_row *row = closure_row(c, leaf->session);
	struct taint taint = {0, DESCENT_SEED, 0};

	if (row != NULL && leaf->time >= row->since)
		stain(&taint, row->verdict, DESCENT_DONE, row->ref);
	/* What has no session opens one, or is about one's own credentials. */
	for (size_t i = 0; leaf->session == 0 && i < leaf->n_credentials; i++) {
		row = closure_row(c, leaf->credentials[i]);
		if (row == NULL || leaf->time < row->since)
			continue;
		/* Where it is known where they came from, others may have
		 * been whose credential it is. */
		stain(&taint,
		    row->rule == DESCENT_SEED && c->by_address ? VERDICT_MAY
							       : row->verdict,
		    DESCENT_OPENED, row->ref);
	}
	for (size_t i = 0; i < leaf->n_approved; i++) {
		row = closure_row(c, leaf->approved[i]);
		if (row != NULL && leaf->time >= row->since)
			stain(&taint, row->verdict,
			    leaf->session == 0 ? DESCENT_LET_IN : DESCENT_DONE,
			    row->ref);
	}
	/* Whom the closure made acts for it, whoever let them in. */
	row = closure_row(c, leaf->principal);
	if (row != NULL && row->kind == KIND_PRINCIPAL)
		stain(&taint, row->verdict, DESCENT_DONE, row->ref);
	return taint;
}

static bool
is_content(enum kind kind)
{
	return kind == KIND_FILE || kind == KIND_FOLDER || kind == KIND_VERSION;
}

/* By which right, and from what. */
static int
taint_of_object(struct find *f, const struct leaf *leaf,
    const struct leaf_object *o, struct taint *taint)
{
	uint64_t proof[LEAF_PROOF_MAX];
	size_t n = leaf_proof_of(leaf, o, proof, LEAF_PROOF_MAX);

	for (size_t i = 0; i < n; i++) {
		const struct lends *lends = map_get(&f->c->acts_by, proof[i]);

		if (lends != NULL)
			stain(taint, lends->verdict, DESCENT_RIGHT, proof[i]);
	}
	for (size_t i = 0; i < o->n_from; i++) {
		const struct closure_row *row = closure_row(f->c, o->from[i]);

		if (row == NULL)
			continue;
		if (is_content(row->kind))
			stain(taint, VERDICT_MAY, DESCENT_COPIED, row->ref);
		else if (row->kind == KIND_STREAM)
			/* What was typed in that view of a document. */
			stain(taint, row->verdict, DESCENT_DONE, row->ref);
	}
	return 0;
}

/* Kinds that a proof cites for what they give; a place in a folder gives
 * nothing. */
static bool
gives(enum kind kind)
{
	return kind == KIND_GRANT || kind == KIND_PRINCIPAL ||
	       kind == KIND_UNIT;
}

static int
push_found(void *arg, uint64_t sequence)
{
	int r = push(arg, sequence);

	return r < 0 ? r : 1;
}

/* All that a principal did who was made in the closure. */
static int
push_doings(struct find *f, uint64_t principal)
{
	struct log_search query = {
	    .has_principal = true, .principal = {principal, KIND_PRINCIPAL}};
	struct search *search;
	uint64_t next = 0;
	int r = search_of(&query, &search);

	if (r < 0)
		return r;
	r = index_scan(f->place, search, push_found, f, SIZE_MAX, &next);
	search_free(&search);
	return r;
}

static int
add_made(struct find *f, const struct leaf *leaf, const struct leaf_made *made,
    const struct taint *taint)
{
	uint64_t ref = ref_make(leaf->sequence, made->place);
	struct taint why = *taint;
	int r;

	if (made->kind == KIND_SESSION && why.rule == DESCENT_DONE)
		why.rule = DESCENT_LET_IN;
	else if (made->kind == KIND_CREDENTIAL && why.rule == DESCENT_DONE)
		why.rule = DESCENT_REGISTERED;
	r = add_row(f, made->kind, ref, &why, leaf->time);
	return r == 0 && made->kind == KIND_PRINCIPAL ? push_doings(f, ref) : r;
}

/* What an object made; how much of what it gives is in the closure. */
static int
take_object(struct find *f, const struct leaf *leaf,
    const struct leaf_object *o, const struct taint *taint, size_t *n_gives,
    size_t *n_given)
{
	for (size_t i = 0; i < o->n_made; i++) {
		const struct leaf_made *made = &o->made[i];
		bool counts = gives(made->kind);
		int r;

		*n_gives += counts;
		if (taint->verdict == 0 || made->kind == KIND_EDGE ||
		    made->kind == KIND_BLOB)
			continue;
		*n_given += counts && taint->verdict == VERDICT_MUST;
		if ((r = add_made(f, leaf, made, taint)) < 0)
			return r;
	}
	return 0;
}

static int
note_lends(struct find *f, uint64_t leaf, unsigned verdict)
{
	struct lends *lends = arena_alloc(f->c->arena, sizeof(*lends));

	if (lends == NULL)
		return E_NOMEM;
	lends->verdict = verdict;
	return map_put(&f->c->acts_by, leaf, lends);
}

static int
take_leaf(struct find *f, const struct leaf *leaf)
{
	struct taint actor = taint_of_actor(f->c, leaf), most = actor;
	size_t n_gives = 0, n_given = 0, rows = f->c->n_rows;
	int r = 0;

	for (size_t i = 0; i < leaf->n_objects && r == 0; i++) {
		const struct leaf_object *o = &leaf->objects[i];
		struct taint taint = actor;

		if (o->outcome != 0)
			continue;
		r = taint_of_object(f, leaf, o, &taint);
		stain(&most, taint.verdict, taint.rule, taint.cause);
		if (r == 0)
			r = take_object(f, leaf, o, &taint, &n_gives, &n_given);
	}
	if (r < 0 || most.verdict == 0)
		return r;
	if ((r = add_act(f, leaf->sequence, &most)) < 0)
		return r;
	if (n_gives > 0 &&
	    (r = note_lends(f, leaf->sequence,
		 n_given == n_gives ? VERDICT_MUST : VERDICT_MAY)) < 0)
		return r;
	return f->c->n_rows > rows ? push_children(f, leaf->sequence) : 0;
}

/* Only what was done lets anything descend. In a document that was opened
 * something may be typed. */
static bool
was_done(const struct leaf *leaf)
{
	const struct op *op = op_get(leaf->op);

	return op != NULL && leaf->op != OP_CONTEXT && leaf->outcome == 0 &&
	       (op->effect != OP_READ || leaf->op == OP_DOCUMENT_OPEN);
}

static int
look_at(struct find *f, uint64_t from, uint64_t *ret_sequence)
{
	struct arena scratch = {NULL};
	struct slice bytes;
	struct leaf leaf;
	int r = record_from(f->place->db, &scratch, from, ret_sequence, &bytes);

	if (r == 0)
		r = leaf_decode(bytes, &scratch, &leaf);
	if (r == 0 && *ret_sequence <= f->c->at && was_done(&leaf))
		r = take_leaf(f, &leaf);
	arena_free(&scratch);
	return r;
}

/* ---- seeds
 * ---------------------------------------------------------------------------
 */

struct hits {
	struct find *f;
	struct search *search;
	const struct closure_seed *seed;
};

static const struct taint SEED = {VERDICT_MUST, DESCENT_SEED, 0};

/* Whoever acted from there is theirs from then on, with what they opened. */
static int
add_hit(void *arg, uint64_t sequence)
{
	struct hits *hits = arg;
	struct find *f = hits->f;
	struct arena scratch = {NULL};
	struct leaf leaf;
	int r;

	if (sequence > f->c->at)
		return 1;
	r = search_matches(hits->search, f->place->db, &scratch, sequence);
	if (r <= 0)
		goto out;
	if ((r = record_read(f->place->db, &scratch, sequence, &leaf)) < 0)
		goto out;
	if (leaf.session != 0)
		r = add_row(f, KIND_SESSION, leaf.session, &SEED, leaf.time);
	for (size_t i = 0; i < leaf.n_objects && r == 0; i++)
		for (size_t k = 0; k < leaf.objects[i].n_made && r == 0; k++)
			if (leaf.objects[i].made[k].kind == KIND_SESSION &&
			    leaf.session == 0)
				r = add_row(f, KIND_SESSION,
				    ref_make(sequence,
					leaf.objects[i].made[k].place),
				    &SEED, leaf.time);
out:
	arena_free(&scratch);
	return r < 0 ? r : 1;
}

static int
seed_address(struct find *f, const struct closure_seed *seed)
{
	struct log_search query = {.has_address = true,
	    .address = seed->address,
	    .has_since = true,
	    .since = seed->since,
	    .has_until = seed->until != 0,
	    .until = seed->until};
	struct hits hits = {.f = f, .seed = seed};
	uint64_t next = 0;
	int r = search_of(&query, &hits.search);

	if (r < 0)
		return r;
	r = index_scan(f->place, hits.search, add_hit, &hits, SIZE_MAX, &next);
	search_free(&hits.search);
	return r;
}

/* What a statement finds, which has its parameters. */
static int
seed_rows(struct find *f, struct stmt *stmt, enum kind kind, int64_t since)
{
	int r;

	while ((r = stmt_step(stmt)) > 0) {
		r = add_row(f, kind, stmt_col_u64(stmt, 0), &SEED, since);
		if (r < 0) {
			stmt_done(stmt);
			return r;
		}
	}
	return r;
}

/* A program's secret is at once the one session that was made with it. */
static int
seed_credential(struct find *f, uint64_t ref, int64_t since)
{
	uint64_t leaf = ref_sequence(ref);
	struct stmt *stmt;
	int r = add_row(f, KIND_CREDENTIAL, ref, &SEED, since);

	if (r < 0)
		return r;
	stmt = db_stmt(f->place->db, SQL_CLOSURE_SESSIONS_WITH);
	stmt_u64(stmt, 1, ref);
	stmt_u64(stmt, 2, ref_make(leaf, 0));
	stmt_u64(stmt, 3, ref_make(leaf + 1, 0));
	return seed_rows(f, stmt, KIND_SESSION, since);
}

/* All that somebody has, or had, to act by. */
static int
seed_principal(struct find *f, uint64_t ref, int64_t since)
{
	static const struct {
		enum sql rows;
		enum kind kind;
	} of[] = {{SQL_CLOSURE_CREDENTIALS_OF, KIND_CREDENTIAL},
	    {SQL_CLOSURE_SESSIONS_OF, KIND_SESSION}};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(of) && r == 0; i++) {
		struct stmt *stmt = db_stmt(f->place->db, of[i].rows);

		stmt_u64(stmt, 1, ref);
		stmt_u64(stmt, 2, ref_make(f->c->at + 1, 0));
		r = seed_rows(f, stmt, of[i].kind, since);
	}
	return r;
}

static int
seed_one(struct find *f, const struct closure_seed *seed)
{
	if (seed->kind == KIND_SESSION)
		return add_row(f, KIND_SESSION, seed->ref, &SEED, seed->since);
	if (seed->kind == KIND_CREDENTIAL)
		return seed_credential(f, seed->ref, seed->since);
	if (seed->kind == KIND_PRINCIPAL)
		return seed_principal(f, seed->ref, seed->since);
	return seed_address(f, seed);
}

/* R8: what the installation made is what all else rests on. */
static int
check_root(struct find *f)
{
	struct closure *c = f->c;

	for (size_t i = 0; i < c->n_rows && c->root == 0; i++) {
		struct arena scratch = {NULL};
		uint64_t sequence = ref_sequence(c->rows[i]->ref);
		struct leaf leaf = {.op = 0};
		int r = record_read(f->place->db, &scratch, sequence, &leaf);

		if (r == 0 && leaf.op == OP_CEREMONY_INSTALL)
			c->root = sequence;
		arena_free(&scratch);
		if (r < 0)
			return r;
	}
	return 0;
}

int
closure_find(struct place *place, struct arena *arena,
    const struct closure_seed *seeds, size_t n_seeds, uint64_t at,
    struct closure *ret_closure)
{
	struct find f = {.place = place, .c = ret_closure};
	uint64_t sequence;
	int r;

	*ret_closure = (struct closure){.arena = arena, .at = at};
	for (size_t i = 0; i < n_seeds; i++)
		ret_closure->by_address |= seeds[i].kind == KIND_NONE;
	r = index_covered(place, &f.behind);
	for (size_t i = 0; i < n_seeds && r == 0; i++)
		r = seed_one(&f, &seeds[i]);
	if (r == 0)
		r = check_root(&f);
	for (size_t i = 0; i < ret_closure->n_rows && r == 0; i++)
		r = push_children(&f, ref_sequence(ret_closure->rows[i]->ref));
	while (r == 0 && f.heap.n > 0) {
		f.after = heap_pop(&f.heap);
		r = look_at(&f, f.after, &sequence);
	}
	for (uint64_t n = f.behind; n <= at && r == 0; n = sequence + 1)
		r = look_at(&f, n, &sequence);
	heap_free(&f.heap);
	if (r < 0 && r != E_NOT_FOUND) {
		closure_free(ret_closure);
		return r;
	}
	return 0;
}

void
closure_free(struct closure *closure)
{
	map_free(&closure->by_ref);
	map_free(&closure->acts_by);
	mem_free(closure->rows);
	mem_free(closure->acts);
	closure->rows = NULL;
	closure->acts = NULL;
}
