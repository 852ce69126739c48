#include "core/search.h"

#include "core/record.h"
#include "ledger/leaf.h"
#include "op/op.h"

enum { QUERY_MAX = 4096 };

struct search {
	struct arena arena;
	struct log_search query;
	uint64_t op; /* number of query.operation; 0: any */
};

int
search_new(struct slice query, struct search **ret_search)
{
	struct search *search = mem_alloc(sizeof(*search));
	struct slice copy;
	const struct op *op;
	int r;

	if (search == NULL)
		return E_NOMEM;
	copy = arena_copy(&search->arena, query);
	r = copy.p == NULL ? E_NOMEM
	                   : shape_decode(&shape_log_search, copy, NULL,
				 &search->arena, &search->query);
	if (r == 0 && search->query.has_operation) {
		op = op_find(search->query.operation);
		if (op == NULL)
			r = E_INVALID;
		else
			search->op = op->number;
	}
	if (r < 0) {
		search_free(&search);
		return r;
	}
	*ret_search = search;
	return 0;
}

int
search_of(const struct log_search *query, struct search **ret_search)
{
	struct buf buf = BUF(QUERY_MAX);
	int r;

	shape_encode(&shape_log_search, query, NULL, &buf);
	r = buf.error != 0 ? buf.error
	                   : search_new(buf_slice(&buf), ret_search);
	buf_free(&buf);
	return r;
}

void
search_free(struct search **search)
{
	if (*search == NULL)
		return;
	arena_free(&(*search)->arena);
	mem_free(*search);
	*search = NULL;
}

const struct log_search *
search_query(const struct search *search)
{
	return &search->query;
}

uint64_t
search_op(const struct search *search)
{
	return search->op;
}

unsigned
search_outcome_of(int code)
{
	if (code == 0)
		return OUTCOME_ALLOWED;
	switch (error_info(code)->class) {
	case ERROR_CLASS_DENIED:
		return OUTCOME_DENIED;
	case ERROR_CLASS_REFUSED:
		return OUTCOME_REFUSED;
	case ERROR_CLASS_NONE:
	case ERROR_CLASS_FAILED:
	case ERROR_CLASS_UNKNOWN:
		break;
	}
	return OUTCOME_FAILED;
}

uint64_t
search_outcomes(const struct leaf *leaf)
{
	uint64_t outcomes = 0;

	if (leaf->outcome != 0 || leaf->n_objects == 0)
		return BIT(search_outcome_of(leaf->outcome));
	for (size_t i = 0; i < leaf->n_objects; i++)
		outcomes |= BIT(search_outcome_of(leaf->objects[i].outcome));
	return outcomes;
}

static bool
names_object(const struct leaf *leaf, uint64_t ref)
{
	for (size_t i = 0; i < leaf->n_objects; i++) {
		const struct leaf_object *o = &leaf->objects[i];

		if (o->ref == ref)
			return true;
		for (size_t k = 0; k < o->n_made; k++)
			if (ref_make(leaf->sequence, o->made[k].place) == ref)
				return true;
		for (size_t k = 0; k < o->n_ended; k++)
			if (o->ended[k] == ref)
				return true;
		for (size_t k = 0; k < o->n_from; k++)
			if (o->from[k] == ref)
				return true;
		for (size_t k = 0; k < o->n_numbers; k++)
			if ((o->numbers[k].key == FACT_TARGET ||
				o->numbers[k].key == FACT_GRANTEE) &&
			    (uint64_t)o->numbers[k].value == ref)
				return true;
	}
	return false;
}

static bool
fits(const struct search *search, const struct leaf *leaf)
{
	const struct log_search *q = &search->query;

	if (q->has_since && leaf->time < q->since)
		return false;
	if (q->has_until && leaf->time >= q->until)
		return false;
	if (search->op != 0 && leaf->op != search->op)
		return false;
	if (q->has_principal && leaf->principal != q->principal.n)
		return false;
	if (q->has_outcome && !(search_outcomes(leaf) & BIT(q->outcome)))
		return false;
	return !q->has_object || names_object(leaf, q->object.n);
}

/* The address stands in the opening of the context's first text. */
static int
from_address(const struct search *search, struct db *db, struct arena *arena,
    uint64_t context)
{
	struct stmt *stmt;
	struct leaf leaf;
	bool same;
	int r;

	if (context == 0)
		return 0;
	if ((r = record_read(db, arena, context, &leaf)) < 0)
		return r;
	stmt = db_stmt(db, SQL_OPENING_ONE);
	stmt_u64(stmt, 1, leaf.principal);
	stmt_u64(stmt, 2, context);
	stmt_u64(stmt, 3, 0);
	if ((r = stmt_step(stmt)) <= 0)
		return r;
	same = slice_eq(stmt_col_bytes(stmt, 0), search->query.address);
	stmt_done(stmt);
	return same;
}

int
search_matches(struct search *search, struct db *db, struct arena *arena,
    uint64_t sequence)
{
	struct leaf leaf;
	int r;

	if ((r = record_read(db, arena, sequence, &leaf)) < 0)
		return r;
	if (!fits(search, &leaf))
		return 0;
	if (!search->query.has_address)
		return 1;
	return from_address(
	    search, db, arena, leaf.op == OP_CONTEXT ? sequence : leaf.context);
}
