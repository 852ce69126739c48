/* quota.get, quota.set. */
#include "core/apps/access/access.h"
#include "core/apps/files/files.h"

int
quota_get_read(struct run *run)
{
	struct quota *result = RUN_RESULT(run, quota);
	uint64_t principal = RUN_ARGS(run, quota_get)->principal.n;
	struct files_usage usage;
	int r = files_usage(run, principal, &usage);

	if (r < 0)
		return r;
	SHAPE_SET(result, principal, ((struct id){principal, KIND_PRINCIPAL}));
	SHAPE_SET(result, used, usage.used);
	if (usage.limit != 0)
		SHAPE_SET(result, limit, usage.limit);
	SHAPE_SET(result, own, usage.own);
	return 0;
}

int
quota_set_check(struct run *run)
{
	struct principal_row row;

	return access_principal(
	    run, RUN_ARGS(run, quota_set)->principal.n, &row);
}

/* What is stored already stays; it grows no more. */
int
quota_set_apply(struct run *run)
{
	const struct quota_set *args = RUN_ARGS(run, quota_set);
	struct stmt *stmt = db_stmt(run->place->db, SQL_PRINCIPAL_QUOTA);
	int r;

	stmt_u64(stmt, 1, args->principal.n);
	stmt_i64(stmt, 2, args->has_limit ? (int64_t)args->limit : -1);
	r = stmt_run(stmt);
	return r < 0 ? r
	             : run_number(run, FACT_TARGET, (int64_t)args->principal.n);
}
