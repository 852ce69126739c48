/* app.grant, app.revoke, app.list: who may use which app. */
#include "core/apps/access/access.h"
#include "core/core.h"
#include "core/subject.h"

int
app_grant_check(struct run *run)
{
	const struct app_grant *args = RUN_ARGS(run, app_grant);
	struct principal_row row;
	int r;

	if (args->has_expires && args->expires <= run->place->now)
		return E_INVALID;
	r = access_live_principal(run, args->principal.n, &row);
	/* What links may use, all may. */
	return r == 0 && row.kind == PRINCIPAL_LINK ? E_KIND : r;
}

int
app_grant_apply(struct run *run)
{
	const struct app_grant *args = RUN_ARGS(run, app_grant);
	struct grant_made *result = RUN_RESULT(run, grant_made);
	uint64_t app = run->place->core->apps[args->app], grant;
	int r = access_make_grant(run, KIND_APP, app, RELATION_USE,
	    args->principal.n, args->has_expires ? args->expires : 0, &grant);

	if (r < 0 || (r = run_number(run, FACT_TARGET, (int64_t)app)) < 0)
		return r;
	SHAPE_SET(result, id, ((struct id){grant, KIND_GRANT}));
	return run_number(run, FACT_GRANTEE, (int64_t)args->principal.n);
}

struct revoke_plan {
	uint64_t app, principal;
};

/*
 * Nobody takes from themselves what they need to give it back: a grant on the
 * app of the administration must be left that reaches the caller, and has no
 * end.
 */
static int
check_left(struct run *run, uint64_t grant, uint64_t app)
{
	const struct subjects *own;
	struct stmt *stmt;
	int r = subjects_of(run->place, run->who.principal, &own);

	for (uint32_t i = 0; r == 0 && i < own->n; i++) {
		stmt = db_stmt(run->place->db, SQL_TUPLE_OF);
		stmt_u64(stmt, 1, app);
		stmt_u64(stmt, 2, own->list[i].id);
		while ((r = stmt_step(stmt)) > 0) {
			if (stmt_col_u64(stmt, 0) == grant ||
			    stmt_col_i64(stmt, 2) != 0 ||
			    own->list[i].expires != 0)
				continue;
			stmt_done(stmt);
			return 0;
		}
	}
	return r < 0 ? r : E_LAST;
}

int
app_revoke_check(struct run *run)
{
	uint64_t grant = RUN_ARGS(run, grant_ref)->grant.n;
	struct revoke_plan *plan = RUN_PLAN(run, struct revoke_plan);
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_GET);
	bool is_app;
	int r;

	stmt_u64(stmt, 1, grant);
	if ((r = stmt_step(stmt)) <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	is_app = stmt_col_u64(stmt, 1) == KIND_APP;
	*plan =
	    (struct revoke_plan){stmt_col_u64(stmt, 2), stmt_col_u64(stmt, 4)};
	stmt_done(stmt);
	if (!is_app)
		return E_NOT_FOUND;
	return plan->app == run->place->core->apps[APP_ADMIN]
	           ? check_left(run, grant, plan->app)
	           : 0;
}

int
app_revoke_apply(struct run *run)
{
	const struct revoke_plan *plan = RUN_PLAN(run, struct revoke_plan);
	int r = access_end_grant(run, RUN_ARGS(run, grant_ref)->grant.n);

	if (r < 0 || (r = run_number(run, FACT_TARGET, (int64_t)plan->app)) < 0)
		return r;
	return run_number(run, FACT_GRANTEE, (int64_t)plan->principal);
}

int
app_list_read(struct run *run)
{
	struct stmt *stmt = db_stmt(run->place->db, SQL_TUPLE_ON);

	stmt_u64(stmt, 1, run->place->core->apps[RUN_ARGS(run, app_list)->app]);
	return access_list_grants(run, stmt);
}
