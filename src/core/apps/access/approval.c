/*
 * approval.ask, approval.list, approval.mine, approval.give, approval.refuse:
 * two people for what one doesn't do alone (core/approval.h).
 *
 * The second one must be of other lineage than the first. All administrators
 * come from each other in the end, so it can't be that nothing of theirs ever
 * came from who asks; but nothing may have within the last day: who has stolen
 * one administrator's session doesn't make the other one from it, unseen.
 */
#include "core/approval.h"

#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/record.h"
#include "wire/cbor.h"

enum {
	WAITS_DAYS = 7,
	OPEN_MOST = 100, /* of one asker, at once */
	LINEAGE_MAX = 256,
};

/* ---- ask ----------------------------------------------------------------- */

struct ask_plan {
	const struct op *op;
	uint64_t subject;
	struct digest digest;
	uint64_t before; /* one that was never used */
};

/* What is asked for, from its encoding: an operation of two people. */
static int
read_call(struct run *run, struct slice call, const struct op **ret_op,
    void **ret_args)
{
	struct cbor_reader r = cbor_reader(call);
	const struct op *op;

	if (cbor_get_array(&r) != 2)
		return E_INVALID;
	op = op_get(cbor_get_uint(&r));
	if (r.error != 0 || op == NULL || op->second.when == OP_SECOND_NONE)
		return E_INVALID;
	if ((*ret_args = arena_alloc(run->arena, op->args->size)) == NULL)
		return E_NOMEM;
	*ret_op = op;
	return shape_decode(
	    op->args, r.in, &run->place->core->id_key, run->arena, *ret_args);
}

int
approval_look(struct run *run)
{
	const struct op *op;
	const void *subject;
	void *args;
	int r = read_call(run, RUN_ARGS(run, approval_ask)->call, &op, &args);

	/* What can't be read is refused further on. */
	if (r < 0)
		return r == E_NOMEM ? r : 0;
	subject = (const char *)args + op->second.at;
	return alert_named(run, subject);
}

static int
count_open(struct run *run, uint64_t *ret_n)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_COUNT);
	int r;

	stmt_u64(stmt, 1, run->who.principal);
	stmt_i64(stmt, 2, run->place->now);
	if ((r = stmt_step(stmt)) < 0)
		return r;
	*ret_n = stmt_col_u64(stmt, 0);
	stmt_done(stmt);
	return 0;
}

int
approval_ask_check(struct run *run)
{
	struct ask_plan *plan = RUN_PLAN(run, struct ask_plan);
	struct approval before;
	struct principal_row row;
	uint64_t n;
	void *args;
	int r =
	    read_call(run, RUN_ARGS(run, approval_ask)->call, &plan->op, &args);

	if (r < 0)
		return r;
	plan->subject = ((const struct id *)(const void *)((const char *)args +
							   plan->op->second.at))
	                    ->n;
	if ((r = access_live_principal(run, plan->subject, &row)) < 0 ||
	    (r = access_check_reach(run, plan->subject)) < 0 ||
	    (r = approval_digest(run, plan->op, args, &plan->digest)) < 0 ||
	    (r = count_open(run, &n)) < 0)
		return r;
	r = approval_find(
	    run, run->who.principal, plan->op, &plan->digest, &before);
	if (r < 0)
		return r;
	plan->before = r > 0 ? before.id : 0;
	if (r > 0 && run->place->now < before.expires)
		return E_EXISTS;
	return n < OPEN_MOST ? 0 : E_LIMIT;
}

/* Whom a recovery is about may refuse it; of all else who asks may. */
static uint64_t
refuser(const struct run *run, const struct ask_plan *plan)
{
	return plan->op->second.when == OP_SECOND_OR_DAY ? plan->subject
	                                                 : run->who.principal;
}

int
approval_ask_apply(struct run *run)
{
	const struct approval_ask *args = RUN_ARGS(run, approval_ask);
	const struct ask_plan *plan = RUN_PLAN(run, struct ask_plan);
	struct request_made *result = RUN_RESULT(run, request_made);
	int64_t now = run->place->now;
	int64_t expires = now + WAITS_DAYS * ACCESS_DAY_MS;
	int64_t ripe =
	    plan->op->second.when == OP_SECOND_OR_DAY ? now + ACCESS_DAY_MS : 0;
	struct stmt *stmt;
	uint64_t id;
	int r;

	if ((plan->before != 0 && (r = approval_end(run, plan->before)) < 0) ||
	    (r = run_make(run, KIND_REQUEST, &id)) < 0 ||
	    (r = run_number(run, FACT_TARGET, (int64_t)plan->subject)) < 0 ||
	    (r = run_number(run, FACT_EXPIRES, expires)) < 0 ||
	    (r = run_number(run, FACT_ASKED, plan->op->number)) < 0 ||
	    (ripe != 0 && (r = run_number(run, FACT_RIPE, ripe)) < 0) ||
	    (r = draft_bytes(
		 run->draft, FACT_DIGEST, digest_slice(&plan->digest))) < 0)
		return r;
	stmt = db_stmt(run->place->db, SQL_REQUEST_PUT);
	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->who.principal);
	stmt_u64(stmt, 3, run->who.session);
	stmt_u64(stmt, 4, plan->op->number);
	stmt_bytes(stmt, 5, digest_slice(&plan->digest));
	stmt_bytes(stmt, 6, args->call);
	stmt_u64(stmt, 7, plan->subject);
	stmt_u64(stmt, 8, refuser(run, plan));
	stmt_i64(stmt, 9, now);
	stmt_i64(stmt, 10, expires);
	stmt_i64(stmt, 11, ripe);
	if ((r = stmt_run(stmt)) < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){id, KIND_REQUEST}));
	SHAPE_SET(result, expires, expires);
	if (ripe != 0)
		SHAPE_SET(result, ripe, ripe);
	return 0;
}

/* ---- give, refuse -------------------------------------------------------- */

struct request_row {
	uint64_t asker, subject;
	int64_t expires;
	uint64_t approved, ended;
};

static int
load(struct run *run, uint64_t id, struct request_row *ret)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_GET);
	int r;

	stmt_u64(stmt, 1, id);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	*ret = (struct request_row){.asker = stmt_col_u64(stmt, 0),
	    .subject = stmt_col_u64(stmt, 1),
	    .expires = stmt_col_i64(stmt, 2),
	    .approved = stmt_col_u64(stmt, 3),
	    .ended = stmt_col_u64(stmt, 4)};
	stmt_done(stmt);
	return ret->ended == 0 && run->place->now < ret->expires ? 0
	                                                         : E_NOT_FOUND;
}

/* The records that something comes from, each once. */
struct way {
	uint64_t leaves[LINEAGE_MAX];
	size_t n;
	bool full;
};

static void
add(struct way *way, uint64_t ref)
{
	uint64_t leaf = ref_sequence(ref);

	for (size_t i = 0; i < way->n; i++)
		if (way->leaves[i] == leaf)
			return;
	if (ref == 0)
		return;
	if (way->n == LINEAGE_MAX)
		way->full = true;
	else
		way->leaves[way->n++] = leaf;
}

int
approval_check_lineage(struct run *run, uint64_t asker)
{
	const struct proof *proof = &run->on[0].proof;
	int64_t lately = run->place->now - ACCESS_DAY_MS;
	struct way way = {.n = 0};

	add(&way, run->who.session);
	add(&way, run->who.credential);
	add(&way, run->who.second);
	add(&way, run->who.principal);
	for (size_t i = 0; i < proof->n_own; i++)
		add(&way, proof->own[i]);
	for (size_t at = 0; at < way.n; at++) {
		struct leaf leaf = {.time = 0};
		int r = record_read(
		    run->place->db, run->arena, way.leaves[at], &leaf);

		if (r < 0)
			return r == E_NOT_FOUND ? E_LINEAGE : r;
		if (leaf.principal == asker && leaf.time >= lately)
			return E_LINEAGE;
		add(&way, leaf.session);
		for (size_t i = 0; i < leaf.n_credentials; i++)
			add(&way, leaf.credentials[i]);
		for (size_t i = 0; i < leaf.n_approved; i++)
			add(&way, leaf.approved[i]);
	}
	return way.full ? E_LINEAGE : 0;
}

int
approval_give_check(struct run *run)
{
	struct request_row *row = RUN_PLAN(run, struct request_row);
	uint64_t self = run->who.principal;
	int r = load(run, RUN_ARGS(run, request_ref)->request.n, row);

	if (r < 0 || (r = access_check_reach(run, row->subject)) < 0)
		return r;
	if (row->approved != 0)
		return E_STATE;
	/* A program is nobody who could think twice. */
	if (run->who.kind != PRINCIPAL_PERSON)
		return E_KIND;
	if (row->asker == self || row->subject == self)
		return E_LINEAGE;
	return approval_check_lineage(run, row->asker);
}

static int
note_request(struct run *run, uint64_t id, const struct request_row *row)
{
	int r = run_number(run, FACT_TARGET, (int64_t)row->subject);

	if (r == 0)
		r = run_number(run, FACT_GRANTEE, (int64_t)row->asker);
	return r < 0 ? r : run_from(run, id);
}

int
approval_give_apply(struct run *run)
{
	const struct request_row *row = RUN_PLAN(run, struct request_row);
	uint64_t id = RUN_ARGS(run, request_ref)->request.n;
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_APPROVE);
	int r;

	stmt_u64(stmt, 1, id);
	stmt_u64(stmt, 2, run->sequence);
	stmt_u64(stmt, 3, run->who.principal);
	stmt_u64(stmt, 4, run->who.session);
	return (r = stmt_run(stmt)) < 0 ? r : note_request(run, id, row);
}

int
approval_refuse_check(struct run *run)
{
	return load(run, RUN_ARGS(run, request_ref)->request.n,
	    RUN_PLAN(run, struct request_row));
}

int
approval_refuse_apply(struct run *run)
{
	return approval_end(run, RUN_ARGS(run, request_ref)->request.n);
}

/* ---- lists --------------------------------------------------------------- */

static int
take_request(struct run *run, struct stmt *stmt, struct approval_request *ret)
{
	SHAPE_SET(ret, id, ((struct id){stmt_col_u64(stmt, 0), KIND_REQUEST}));
	SHAPE_SET(ret, call, run_copy(run, stmt_col_bytes(stmt, 1)));
	SHAPE_SET(
	    ret, by, ((struct id){stmt_col_u64(stmt, 2), KIND_PRINCIPAL}));
	SHAPE_SET(ret, principal,
	    ((struct id){stmt_col_u64(stmt, 3), KIND_PRINCIPAL}));
	SHAPE_SET(ret, created, stmt_col_i64(stmt, 4));
	SHAPE_SET(ret, expires, stmt_col_i64(stmt, 5));
	if (stmt_col_i64(stmt, 6) != 0)
		SHAPE_SET(ret, ripe, stmt_col_i64(stmt, 6));
	if (stmt_col_u64(stmt, 7) != 0)
		SHAPE_SET(ret, approved_by,
		    ((struct id){stmt_col_u64(stmt, 8), KIND_PRINCIPAL}));
	return ret->call.p != NULL ? 0 : E_NOMEM;
}

static int
take_names(struct run *run, struct approval_request *request)
{
	struct principal_row row;
	int r;

	if ((r = access_principal(run, request->by.n, &row)) < 0)
		return r;
	SHAPE_SET(request, by_name, row.name);
	if ((r = access_principal(run, request->principal.n, &row)) < 0)
		return r;
	SHAPE_SET(request, name, row.name);
	if (!request->has_approved_by)
		return 0;
	if ((r = access_principal(run, request->approved_by.n, &row)) < 0)
		return r;
	SHAPE_SET(request, approved_name, row.name);
	return 0;
}

static int
list_requests(struct run *run, struct stmt *stmt)
{
	struct request_page *result = RUN_RESULT(run, request_page);
	struct approval_request *list =
	    arena_alloc(run->arena, OP_OBJECTS_MAX * sizeof(*list));
	size_t n = 0;
	int r;

	if (list == NULL) {
		stmt_done(stmt);
		return E_NOMEM;
	}
	while ((r = stmt_step(stmt)) > 0 && n < OP_OBJECTS_MAX) {
		if ((r = take_request(run, stmt, &list[n++])) < 0) {
			stmt_done(stmt);
			break;
		}
	}
	for (size_t i = 0; i < n && r == 0; i++)
		r = take_names(run, &list[i]);
	if (r < 0)
		return r;
	result->has_list = true;
	result->list.v = list;
	result->list.n = n;
	return run_number(run, FACT_COUNT, (int64_t)n);
}

int
approval_list_read(struct run *run)
{
	const struct approval_list *args = RUN_ARGS(run, approval_list);
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_LIST);

	stmt_i64(stmt, 1, run->place->now);
	stmt_u64(stmt, 2, args->has_unit ? args->unit.n : 0);
	return list_requests(run, stmt);
}

int
approval_mine_read(struct run *run)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_REQUEST_MINE);

	stmt_i64(stmt, 1, run->place->now);
	stmt_u64(stmt, 2, run->who.principal);
	return list_requests(run, stmt);
}
