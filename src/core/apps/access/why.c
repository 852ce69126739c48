/* access.why: the whole truth about one right, with what it rests on. */
#include "base/buf.h"
#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/record.h"
#include "ledger/leaf.h"

enum { STEPS_MAX = 128, MISSING_MAX = 1000 };

struct steps {
	struct proof_step *list;
	size_t n;
};

/* Who made a row, and when: its leaf knows. */
static int
take_maker(struct run *run, uint64_t sequence, struct proof_step *step)
{
	struct principal_row by;
	struct slice bytes;
	struct leaf leaf;
	int r;

	SHAPE_SET(step, sequence, sequence);
	if ((r = record_leaf(run->place->db, run->arena, sequence, &bytes)) <
		0 ||
	    (r = leaf_decode(bytes, run->arena, &leaf)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	SHAPE_SET(step, time, leaf.time);
	if (leaf.principal == 0)
		return 0;
	if ((r = access_principal(run, leaf.principal, &by)) < 0)
		return r == E_NOT_FOUND ? E_CORRUPT : r;
	SHAPE_SET(step, by, ((struct id){by.id, KIND_PRINCIPAL}));
	SHAPE_SET(step, by_name, by.name);
	return 0;
}

static int
add_grant(struct run *run, struct steps *steps, const struct proof *proof,
    struct id object, struct slice name, uint64_t principal)
{
	struct proof_step *step = &steps->list[steps->n++];
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	int r;

	stmt_u64(stmt, 1, proof->grant);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	SHAPE_SET(step, relation, (unsigned)stmt_col_u64(stmt, 3));
	stmt_done(stmt);
	SHAPE_SET(step, object, object);
	SHAPE_SET(step, subject, ((struct id){principal, KIND_PRINCIPAL}));
	SHAPE_SET(step, name, name);
	if (proof->expires != 0)
		SHAPE_SET(step, expires, proof->expires);
	return take_maker(run, ref_sequence(proof->grant), step);
}

/* True where the grant is one on this very node. */
static int
grant_is_on(struct run *run, uint64_t grant, uint64_t object)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	bool on;
	int r;

	stmt_u64(stmt, 1, grant);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_CORRUPT;
	on = stmt_col_u64(stmt, 2) == object;
	stmt_done(stmt);
	return on;
}

/* Up from the node to where the grant stands, a step for each folder. */
static int
explain(struct run *run, struct steps *steps, const struct proof *proof,
    const struct node_row *from, uint64_t principal)
{
	struct node_row node = *from, above;
	int r;

	while (steps->n < STEPS_MAX - 1) {
		struct proof_step *step;

		if ((r = grant_is_on(run, proof->grant, node.id)) < 0)
			return r;
		if (r > 0)
			return add_grant(run, steps, proof,
			    (struct id){node.id, node.kind}, node.name,
			    principal);
		if ((r = node_load(run->place, node.parent, &above)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		step = &steps->list[steps->n++];
		SHAPE_SET(step, object, ((struct id){above.id, above.kind}));
		SHAPE_SET(step, subject, ((struct id){node.id, node.kind}));
		SHAPE_SET(step, name, above.name);
		if ((r = take_maker(run, ref_sequence(node.edge), step)) < 0)
			return r;
		node = above;
	}
	return 0;
}

static int
say_missing(struct run *run, struct slice who, struct slice what)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	struct access_answer *result = RUN_RESULT(run, access_answer);
	struct buf text = BUF(MISSING_MAX);
	int r;

	if (what.p != NULL)
		buf_printf(&text,
		    "'%.*s' would need %s (or a relation that includes it) "
		    "on '%.*s' or on a folder above it.",
		    SLICE_ARG(who), words_text(WORDS_RELATION, args->relation),
		    SLICE_ARG(what));
	else
		buf_printf(&text,
		    "'%.*s' would need the role %s in the organisation.",
		    SLICE_ARG(who), words_text(WORDS_RELATION, args->relation));
	SHAPE_SET(result, missing, run_copy(run, buf_slice(&text)));
	r = text.error != 0             ? text.error
	    : result->missing.p == NULL ? E_NOMEM
	                                : 0;
	buf_free(&text);
	return r;
}

static int
why_node(struct run *run, const struct principal_row *who, struct steps *steps)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	const struct node_row *node = &run->on[0].node;
	struct proof proof;
	int r = decide_node(
	    run->place, args->principal.n, args->relation, node, &proof);

	if (r == E_DENIED)
		return say_missing(run, who->name, node->name);
	if (r < 0)
		return r;
	SHAPE_SET(RUN_RESULT(run, access_answer), allowed, true);
	return explain(run, steps, &proof, node, args->principal.n);
}

static int
why_org(struct run *run, const struct principal_row *who, struct steps *steps)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	struct proof proof;
	int r =
	    decide_org(run->place, args->principal.n, args->relation, &proof);

	if (r == E_DENIED)
		return say_missing(run, who->name, SLICE_NONE);
	if (r < 0)
		return r;
	SHAPE_SET(RUN_RESULT(run, access_answer), allowed, true);
	return add_grant(run, steps, &proof,
	    (struct id){run->place->core->org, KIND_ORG},
	    SLICE("the organisation"), args->principal.n);
}

int
access_why_read(struct run *run)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	struct access_answer *result = RUN_RESULT(run, access_answer);
	struct steps steps = {.n = 0};
	struct principal_row who;
	int r = access_principal(run, args->principal.n, &who);

	if (r < 0)
		return r;
	steps.list = arena_alloc(run->arena, STEPS_MAX * sizeof(*steps.list));
	if (steps.list == NULL)
		return E_NOMEM;
	SHAPE_SET(result, allowed, false);
	if (who.ended != 0)
		SHAPE_SET(result, missing,
		    SLICE("the principal has ended: it may do nothing"));
	else if (run->on[0].kind == KIND_ORG)
		r = why_org(run, &who, &steps);
	else
		r = why_node(run, &who, &steps);
	if (r < 0)
		return r;
	result->has_proof = true;
	result->proof.v = steps.list;
	result->proof.n = steps.n;
	if ((r = run_number(run, FACT_GRANTEE, (int64_t)args->principal.n)) < 0)
		return r;
	return run_number(run, FACT_ALLOWED, result->allowed);
}
