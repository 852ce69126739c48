/* access.why: the whole truth about one right, with what it rests on. */
#include "base/buf.h"
#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/record.h"
#include "core/subject.h"
#include "ledger/leaf.h"

enum {
	STEPS_MAX = 128,
	MISSING_MAX = 2000,
	GROUPS_NAMED = 4,
};

struct steps {
	struct proof_step *list;
	size_t n;
};

/* Who made a row, and when: its leaf knows. */
static int
take_maker(struct run *run, uint64_t sequence, struct proof_step *step)
{
	struct principal_row by;
	struct leaf leaf;
	int r;

	SHAPE_SET(step, sequence, sequence);
	if ((r = record_read(run->place->db, run->arena, sequence, &leaf)) < 0)
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

static void
set_group(struct proof_step *step, const struct principal_row *group)
{
	SHAPE_SET(step, relation, RELATION_MEMBER);
	SHAPE_SET(step, object, ((struct id){group->id, KIND_PRINCIPAL}));
	SHAPE_SET(step, name, group->name);
}

/* Who is in the group that the grant names, down to whom it is asked of. */
static int
add_memberships(struct run *run, struct steps *steps, const struct proof *proof)
{
	size_t n;
	const uint64_t *rows = decide_memberships(proof, &n);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i += 2) {
		struct proof_step *step = &steps->list[steps->n];
		struct stmt *stmt;
		struct principal_row group;

		if ((r = access_principal(run, rows[i], &group)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		/* In the group of everyone one is by oneself. */
		if (i + 1 == n) {
			SHAPE_SET(step, subject,
			    RUN_ARGS(run, access_why)->principal);
			set_group(step, &group);
			steps->n++;
			return take_maker(run, ref_sequence(group.id), step);
		}
		stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
		stmt_u64(stmt, 1, rows[i + 1]);
		if ((r = stmt_step(stmt)) <= 0)
			return r < 0 ? r : E_CORRUPT;
		set_group(step, &group);
		SHAPE_SET(step, subject,
		    ((struct id){stmt_col_u64(stmt, 4), KIND_PRINCIPAL}));
		if (stmt_col_i64(stmt, 5) != 0)
			SHAPE_SET(step, expires, stmt_col_i64(stmt, 5));
		stmt_done(stmt);
		steps->n++;
		r = take_maker(run, ref_sequence(rows[i + 1]), step);
	}
	return r;
}

static int
add_grant(struct run *run, struct steps *steps, const struct proof *proof,
    struct id object, struct slice name)
{
	struct proof_step *step = &steps->list[steps->n++];
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	int r;

	stmt_u64(stmt, 1, proof->grant);
	r = stmt_step(stmt);
	if (r <= 0)
		return r < 0 ? r : E_CORRUPT;
	SHAPE_SET(step, relation, (unsigned)stmt_col_u64(stmt, 3));
	SHAPE_SET(step, subject,
	    ((struct id){stmt_col_u64(stmt, 4), KIND_PRINCIPAL}));
	if (stmt_col_i64(stmt, 5) != 0)
		SHAPE_SET(step, expires, stmt_col_i64(stmt, 5));
	stmt_done(stmt);
	SHAPE_SET(step, object, object);
	SHAPE_SET(step, name, name);
	r = take_maker(run, ref_sequence(proof->grant), step);
	return r < 0 ? r : add_memberships(run, steps, proof);
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
    const struct node_row *from)
{
	struct node_row node = *from, above;
	int r;

	while (steps->n < STEPS_MAX - SUBJECT_ROWS_MAX) {
		struct proof_step *step;

		if ((r = grant_is_on(run, proof->grant, node.id)) < 0)
			return r;
		if (r > 0)
			return add_grant(run, steps, proof,
			    (struct id){node.id, node.kind}, node.name);
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

/* The groups that they are in, of which one could have it for them. */
static int
say_groups(struct run *run, struct buf *text)
{
	const struct subjects *subjects;
	struct principal_row group;
	int r = subjects_of(
	    run->place, RUN_ARGS(run, access_why)->principal.n, &subjects);
	uint32_t n;

	if (r < 0 || subjects->n == 1)
		return r;
	n = MIN(subjects->n, GROUPS_NAMED + 1);
	buf_put_str(text, " So would any of their groups:");
	for (uint32_t i = 1; i < n; i++) {
		r = access_principal(run, subjects->list[i].id, &group);
		if (r < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		buf_printf(
		    text, "%s '%.*s'", i > 1 ? "," : "", SLICE_ARG(group.name));
	}
	buf_put_str(text, n < subjects->n ? " and more." : ".");
	return 0;
}

static int
say_missing_on(struct run *run, struct slice who, const char *what,
    struct slice name, const char *or_where)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	struct buf text = BUF(MISSING_MAX);
	struct access_answer *result = RUN_RESULT(run, access_answer);
	int r;

	buf_printf(&text, "'%.*s' would need %s on %s'%.*s'%s.", SLICE_ARG(who),
	    words_text(WORDS_RELATION, args->relation), what, SLICE_ARG(name),
	    or_where);
	r = say_groups(run, &text);
	SHAPE_SET(result, missing, run_copy(run, buf_slice(&text)));
	if (r == 0)
		r = text.error != 0             ? text.error
		    : result->missing.p == NULL ? E_NOMEM
		                                : 0;
	buf_free(&text);
	return r;
}

static int
say_missing(struct run *run, struct slice who, struct slice what, bool in_trash)
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
	if (in_trash)
		buf_put_str(&text,
		    " It lies in a trash: what was given on it, or on folders "
		    "in there, doesn't count.");
	if ((r = say_groups(run, &text)) < 0) {
		buf_free(&text);
		return r;
	}
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
		return say_missing(run, who->name, node->name, proof.in_trash);
	if (r < 0)
		return r;
	SHAPE_SET(RUN_RESULT(run, access_answer), allowed, true);
	return explain(run, steps, &proof, node);
}

/* Up through the units to the role. */
static int
why_unit(struct run *run, const struct principal_row *who, struct steps *steps)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	uint64_t unit = args->unit.n, in, above;
	struct slice name;
	struct proof proof;
	int r = access_live_unit(run, unit, &name);

	if (r < 0)
		return r;
	r = decide_unit(
	    run->place, args->principal.n, args->relation, unit, &proof, &in);
	if (r == E_DENIED)
		return say_missing_on(run, who->name, "the unit ", name,
		    ", on one above it, or on the organisation");
	while (r == 0 && unit != in) {
		struct proof_step *step = &steps->list[steps->n++];

		if ((r = access_unit_above(run, unit, &above)) < 0 ||
		    (r = access_live_unit(run, above, &name)) < 0)
			return r == E_NOT_FOUND ? E_CORRUPT : r;
		SHAPE_SET(step, object, ((struct id){above, KIND_UNIT}));
		SHAPE_SET(step, subject, ((struct id){unit, KIND_UNIT}));
		SHAPE_SET(step, name, name);
		r = take_maker(run, ref_sequence(unit), step);
		unit = above;
	}
	if (r < 0)
		return r;
	SHAPE_SET(RUN_RESULT(run, access_answer), allowed, true);
	return add_grant(run, steps, &proof, (struct id){in, KIND_UNIT}, name);
}

static int
why_app(struct run *run, const struct principal_row *who, struct steps *steps)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	struct slice app = slice_str(words_text(WORDS_APP, args->app));
	struct proof proof;
	int r =
	    args->relation == RELATION_USE
		? decide_app(run->place, args->principal.n, args->app, &proof)
		: E_DENIED;

	if (r == E_DENIED)
		return say_missing_on(run, who->name, "the app ", app, "");
	if (r < 0)
		return r;
	SHAPE_SET(RUN_RESULT(run, access_answer), allowed, true);
	return add_grant(run, steps, &proof,
	    (struct id){run->place->core->apps[args->app], KIND_APP}, app);
}

static int
why_org(struct run *run, const struct principal_row *who, struct steps *steps)
{
	const struct access_why *args = RUN_ARGS(run, access_why);
	struct proof proof;
	int r =
	    decide_org(run->place, args->principal.n, args->relation, &proof);

	/* A role in the organisation holds in each unit, too. */
	if (r == E_DENIED && args->has_unit)
		return why_unit(run, who, steps);
	if (r == E_DENIED)
		return say_missing(run, who->name, SLICE_NONE, false);
	if (r < 0)
		return r;
	SHAPE_SET(RUN_RESULT(run, access_answer), allowed, true);
	return add_grant(run, steps, &proof,
	    (struct id){run->place->core->org, KIND_ORG},
	    SLICE("the organisation"));
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
	else if (run->on[0].kind == KIND_ORG && args->has_app)
		r = why_app(run, &who, &steps);
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
