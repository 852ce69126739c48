/*
 * policy.except, policy.list, policy.end: what the policy forbids to all, for
 * one of them, until a time, by two people. An exception is a tuple on the
 * organisation; it gives no right to anything, and a role still wants a
 * passkey.
 */
#include "core/apps/access/access.h"
#include "core/core.h"

#define EXCEPTIONS BIT(RELATION_PASSWORD_ALONE)

enum { EXCEPTED_MOST_DAYS = 14 };

int
policy_except_check(struct run *run)
{
	const struct policy_except *args = RUN_ARGS(run, policy_except);
	int64_t now = run->place->now;
	struct principal_row row;
	int r;

	if (!(EXCEPTIONS & BIT(args->relation)) || args->expires <= now ||
	    args->expires > now + EXCEPTED_MOST_DAYS * ACCESS_DAY_MS)
		return E_INVALID;
	if ((r = access_live_principal(run, args->principal.n, &row)) < 0)
		return r;
	return row.kind == PRINCIPAL_PERSON ? 0 : E_KIND;
}

int
policy_except_apply(struct run *run)
{
	const struct policy_except *args = RUN_ARGS(run, policy_except);
	struct grant_made *result = RUN_RESULT(run, grant_made);
	uint64_t grant;
	int r = access_make_grant(run, KIND_ORG, run->place->core->org,
	    args->relation, args->principal.n, args->expires, &grant);

	if (r < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){grant, KIND_GRANT}));
	return run_number(run, FACT_GRANTEE, (int64_t)args->principal.n);
}

int
policy_list_read(struct run *run)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_EXCEPT);

	stmt_u64(stmt, 1, run->place->core->org);
	stmt_i64(stmt, 2, run->place->now);
	return access_list_grants(run, stmt);
}

static int
load(struct run *run, uint64_t grant, uint64_t *ret_principal)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	bool is_exception;
	int r;

	stmt_u64(stmt, 1, grant);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	is_exception = stmt_col_u64(stmt, 1) == KIND_ORG &&
	               (EXCEPTIONS & BIT(stmt_col_u64(stmt, 3)));
	*ret_principal = stmt_col_u64(stmt, 4);
	stmt_done(stmt);
	return is_exception ? 0 : E_NOT_FOUND;
}

int
policy_end_check(struct run *run)
{
	return load(
	    run, RUN_ARGS(run, grant_ref)->grant.n, RUN_PLAN(run, uint64_t));
}

int
policy_end_apply(struct run *run)
{
	uint64_t principal = *RUN_PLAN(run, uint64_t);
	int r = access_end_grant(run, RUN_ARGS(run, grant_ref)->grant.n);

	if (r < 0 || (r = access_end_excepted(run, principal)) < 0)
		return r;
	return run_number(run, FACT_GRANTEE, (int64_t)principal);
}
